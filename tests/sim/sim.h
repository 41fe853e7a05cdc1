/*
 * The simulation: the whole gateway and a registry in one process under a virtual clock, from a seed. Random batches
 * of two partners, faults of the registry and of the network, crashes and restarts of the gateway; at the end the
 * registry's ledger and what partners were told must agree. The same seed gives the same events, to the byte.
 */
#ifndef VNEPP_TESTS_SIM_H
#define VNEPP_TESTS_SIM_H

#include "daemon/core/config.h"
#include "daemon/gateway.h"
#include "daemon/net/stream.h"
#include "daemon/store/store.h"
#include "epp/base/hash.h"
#include "tests/harness/folder.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/simvfs.h"
#include "tests/harness/vloop.h"
#include "tests/regsim/regsim.h"

#include <jansson.h>

#define SIM_DIALECTS      2 /* name servers as attributes of the name, or as objects of their own */
#define SIM_PARTNERS      2
#define SIM_BATCHES_MAX   16 /* of a rush */
#define SIM_PLAIN_BATCHES 7
#define SIM_LINES_MAX     60
#define SIM_RUSH_LIMITS   4    /* ceilings that a rush changes between */
#define SIM_RUSH_LINES    4000 /* of each batch of a rush */
#define SIM_LIMIT_MAX     4000 /* the highest ceiling of any configuration */
#define SIM_HISTORY       40   /* names that exist before the gateway's time */

/* What all seeds share: files in a temporary folder, read once. */
struct sim_setup {
	struct folder dir;
	struct config *configs[SIM_DIALECTS];
	struct config *rush[SIM_RUSH_LIMITS];
	struct config *law; /* rule sets are staged */
	struct policy_ruleset *rules;
};

struct sim_world;

/* One HTTP exchange at a time, on a connection of its own. */
struct sim_http {
	struct sim_world *world;
	struct mem_dialer dialer;
	struct stream *stream; /* NULL: none */
	struct buf in;
	struct loop_timer patience;
	char request[512];
	struct str body;
	bool busy;
	int status;
	size_t head_len;
	/* status 0: no complete answer; `body` valid during the call */
	void (*done)(void *arg, int status, struct str head, struct str body);
	void *arg;
};

/* A batch from its lines to its results. */
struct sim_batch {
	struct sim_world *world;
	struct sim_http http;
	int partner, number;
	struct buf lines; /* NDJSON */
	size_t line_count;
	struct loop_timer timer;
	enum { SIM_SENDING, SIM_FOLLOWING, SIM_FETCHING, SIM_FETCHED } state;
	char id[64];
	json_t *results; /* owned; array of result objects */
	unsigned tries;
};

/* Where the gateway keeps what it must not forget; the seed says which. */
enum sim_store {
	SIM_STORE_MEMORY, /* survives a crash as it stands */
	SIM_STORE_SQLITE, /* in memory; the same */
	SIM_STORE_FILES,  /* SQLite on files that fail for a while and lose at a crash what was not synced */
	SIM_STORE__COUNT
};

struct sim_disk {
	enum sim_store kind;
	struct simvfs *files;        /* owned; NULL: not SIM_STORE_FILES */
	struct store_backend *store; /* owned; NULL: not open */
	struct loop_timer next_fault, end_of_fault;
	unsigned faults_left;
	uint64_t faults_before; /* simvfs_faults() when the store was opened */
	unsigned faults;        /* times that the disk has failed for a while */
};

/* What a registry takes within a second, as the limits file has it: commands, and those of each class; 0: any number. */
struct sim_ceilings {
	uint32_t all, of[LIMIT_CLASS__COUNT];
};
extern const struct sim_ceilings sim_rush_ceilings[SIM_RUSH_LIMITS];

/* Moments of one kind of frames, counted by a ring that knows nothing of the gateway's own. */
struct sim_ring {
	uint64_t at[SIM_LIMIT_MAX + 1];
	uint64_t count;
	/* Frames that used up a second, or nearly: what the ceiling held back goes like that. */
	uint64_t full;
};

/*
 * Every frame that the gateway hands to the network towards the registry: no second of any start may hold more than the
 * ceiling in force, nor more of a class than its own. A frame counts when its last byte is handed over.
 */
struct sim_watch {
	struct sim_ring all, of[LIMIT_CLASS__COUNT];
	struct sim_ceilings limit;  /* in force */
	struct sim_ceilings former; /* the loosest of those before */
};

/* A policy admin (sim_law.c). */
struct sim_law {
	struct rng rng; /* of its own: other seeds' histories do not depend on it */
	struct loop_timer next;
	unsigned steps;
};

/* Partners and an official at what waits (sim_desk.c). */
#define SIM_DESK_COMPANIES 8
struct sim_desk {
	struct rng rng; /* of its own */
	struct loop_timer next;
	struct sim_http http[SIM_PARTNERS];
	char body[SIM_PARTNERS][160]; /* of the request under way */
	json_int_t list;              /* that is coming */
	unsigned steps;
	bool busy;     /* results are not final yet */
	int kind;      /* of the list that comes */
	unsigned kept; /* results of names that a list has */
};

struct sim_world {
	const struct sim_setup *setup;
	uint64_t seed;
	bool verbose;
	bool rush; /* as much as the ceilings let through, ceilings that change, a clock that is set */
	struct sim_watch watch;
	size_t config, wanted; /* of setup->rush: in force; being reloaded */
	bool reloading;        /* one is under way: another would be refused, and is not asked for */
	struct loop_timer next_reload, next_clock;
	struct sim_law law;
	struct sim_desk desk;
	struct rng rng;
	struct vloop v;
	struct mem_net *net;
	struct regsim *registry;
	struct sim_disk disk;
	/* The gateway's process: forgotten at a crash. */
	struct loop *loop;
	struct rng *gateway_rng;
	struct store_executor *executor;
	struct gateway *gateway;
	struct mem_dialer dialer;
	bool ready, stopped;
	/* The log of both, hashed. */
	struct log log;
	struct sha256_stream *events;
	uint64_t event_count;
	struct sim_batch batches[SIM_BATCHES_MAX];
	size_t batch_count;
	unsigned crashes, stops, crashes_left;
	struct loop_timer next_crash, next_start, next_import, next_letter, next_deposit, next_pause;
	unsigned letters; /* odd messages that the registry has put into its queues */
	bool imported, quiet;
	char why[512]; /* the first thing that was wrong; empty: none */
};

struct sim_report {
	uint8_t events[SHA256_LEN];
	uint64_t event_count;
	unsigned revisions; /* that were named and are kept */
	uint64_t decisions; /* that came out again from their records */
	unsigned crashes, faults, items, done, failed, needs_human, other;
	uint64_t commands, full; /* frames to the registry; those that used up a second */
	uint64_t full_of_class;  /* those that used up a second of their class */
	char why[512];
};

/* sim_setup.c */
void sim_setup_init(struct sim_setup *s);
void sim_setup_fini(struct sim_setup *s);

/* sim_world.c: runs a seed to its end. What it allocates is left to the end of the process. */
void sim_run(const struct sim_setup *setup, uint64_t seed, bool rush, bool verbose, struct sim_report *out);
void sim_wrong(struct sim_world *w, const char *fmt, ...) PRINTF(2, 3);
/* Starts the gateway's process; then listens for partners. */
void sim_boot(struct sim_world *w);
/* One turn of both loops, then the clock jumps to whatever comes first. False: nothing will ever happen again. */
bool sim_step(struct sim_world *w) MUST_CHECK;

/* sim_disk.c */
void sim_disk_init(struct sim_world *w);
void sim_disk_open(struct sim_world *w);
/* The gateway's process has died. `power`: the machine, too. */
void sim_disk_crash(struct sim_world *w, bool power);
/* The disk works from now on. */
void sim_disk_calm(struct sim_world *w);
/* It has made the gateway's writing fail since it was opened. */
bool sim_disk_has_failed(const struct sim_world *w);

/* sim_office.c: money and odd messages. */
void sim_office_init(struct sim_world *w);
/* The deposit is filled up, and an operator looks after what is paused. */
void sim_office_calm(struct sim_world *w);

/* sim_rush.c: the ceiling's watch, for every seed; what makes a rush of one. */
void sim_watch_init(struct sim_world *w);
/* A process begins, or has reloaded. */
void sim_watch_limit(struct sim_world *w);
void sim_watch_report(const struct sim_world *w, struct sim_report *out);
void sim_rush_init(struct sim_world *w);
void sim_rush_calm(struct sim_world *w);
struct config *sim_config(const struct sim_world *w);

/* sim_law.c: rule sets that come and go, in some of the seeds. */
bool sim_law_is(const struct sim_world *w);
void sim_law_init(struct sim_world *w);
void sim_law_calm(struct sim_world *w);
/* Every result's revision is kept; how many there are. */
unsigned sim_law_check(struct sim_world *w);
/* The rule set with its `n`th wording: another revision that decides alike. Appends. */
void sim_law_text(const struct policy_ruleset *base, int n, struct buf *out);

/* sim_record.c: every decision comes out again from its record; how many there are. */
uint64_t sim_record_check(struct sim_world *w);

/* sim_desk.c: what waits, and who ends the waiting, in some of the seeds. */
bool sim_desk_is(const struct sim_world *w);
void sim_desk_init(struct sim_world *w);
void sim_desk_calm(struct sim_world *w);
/* A line that waits, into the batch; false: not this one. */
bool sim_desk_line(struct sim_batch *b, int line);
void sim_desk_check(struct sim_world *w);

/* sim_http.c */
void sim_http_init(struct sim_http *h, struct sim_world *w, int partner);
void sim_http_send(struct sim_http *h, const char *method, const char *path, const char *headers,
                   struct str body, void (*done)(void *arg, int status, struct str head, struct str body),
                   void *arg);

/* sim_batch.c */
void sim_batch_make(struct sim_batch *b, struct sim_world *w, int partner, int number);
void sim_batch_start(struct sim_batch *b, uint64_t in_ms);
bool sim_history_name(int i, char out[64], int *partner, date_t *created, date_t *expires);

/* sim_feed.c: the change feed has told everything. */
void sim_feed_check(struct sim_world *w);

/* sim_check.c: the closing proof. */
void sim_check(struct sim_world *w, struct sim_report *out);

#endif
