/* What the simulator's files share. Nobody outside tests/regsim/rs_*.c and regsim.c includes this. */
#ifndef VNEPP_RS_INT_H
#define VNEPP_RS_INT_H

#include "daemon/core/loop.h"
#include "epp/base/arena.h"
#include "epp/base/rng.h"
#include "tests/regsim/regsim.h"
#include "tests/regsim/rs_command.h"
#include "tests/regsim/rs_table.h"

#define RS_CODE_MAX 3000

/* domain statuses first, in the order of rs_status_names */
enum {
	RS_STATUS_CLIENT_DELETE = 1 << 0,
	RS_STATUS_CLIENT_HOLD = 1 << 1,
	RS_STATUS_CLIENT_RENEW = 1 << 2,
	RS_STATUS_CLIENT_TRANSFER = 1 << 3,
	RS_STATUS_CLIENT_UPDATE = 1 << 4,
	RS_STATUS_PENDING_CREATE = 1 << 5,
	RS_STATUS_PENDING_DELETE = 1 << 6,
	RS_STATUS_SERVER_DELETE = 1 << 7,
	RS_STATUS_SERVER_HOLD = 1 << 8,
	RS_STATUS_SERVER_RENEW = 1 << 9,
	RS_STATUS_SERVER_TRANSFER = 1 << 10,
	RS_STATUS_SERVER_UPDATE = 1 << 11,
};
#define RS_STATUS_COUNT       12
#define RS_STATUS_CLIENT_LAST 4
extern const char *const rs_status_names[RS_STATUS_COUNT];

struct rs_message {
	struct list_node node; /* account.queue */
	uint64_t id;
	instant_ms_t at;
	char *text, *res_data; /* owned */
};

struct rs_account {
	char *login, *password, *subject; /* owned; subject may be NULL */
	struct regsim_account limits;     /* its strings are not used */
	uint32_t sessions, index;
	uint64_t rate_tat_us; /* when the next command is due, by GCRA */
	bool told_low;
	struct list queue;
};

/* What a log-in has agreed on. */
struct rs_session {
	struct rs_account *account; /* NULL before log-in */
	bool domain, contact, host, secdns, fee;
	unsigned failures;   /* log-ins refused on this connection */
	const char *subject; /* of the certificate; borrowed from the connection */
};

/* A rule and how often it has matched and struck. */
struct rs_script {
	struct regsim_rule rule; /* name owned */
	uint32_t matched, struck;
};

struct regsim {
	struct regsim_options o; /* pointers into `arena` */
	struct arena arena;
	struct loop *loop; /* borrowed */
	struct rng rng;
	struct rs_account *accounts; /* owned */
	struct rs_pool pool;
	struct rs_table domains, contacts, hosts;
	struct rs_parser *parser; /* owned */
	struct rs_xsd *xsd;       /* owned; NULL: no validation */
	struct arena scratch;     /* of the command at work */
	struct buf answer;        /* of the command at work */
	struct buf record;        /* an object's extra, while it is put together */
	struct list conns, late, pending;
	uint64_t last_svtrid, last_message;
	unsigned refuse_logins;

	struct regsim_faults faults;
	bool faults_on;
	struct rs_script *rules; /* owned */
	size_t rule_count;
	uint64_t fault_counts[REGSIM_FAULT__COUNT];

	struct regsim_entry **entries; /* owned chunks */
	size_t entry_count, entry_chunks;
	struct regsim_stats stats;
	uint64_t codes[RS_CODE_MAX];
};

/* One command at work. */
struct rs_exec {
	struct regsim *sim;
	struct rs_session *session;
	struct rs_command *cmd;
	struct buf *out; /* the answer without its frame header */
	instant_ms_t now;
	uint64_t svtrid;
	const struct rs_message *head; /* shown as msgQ; NULL: none */
	bool head_full;                /* with date and text: the answer to poll req */
	bool ack;                      /* count and id of what was acknowledged */
	uint64_t ack_id;
	struct str cltrid; /* put in the answer; empty: none */
	int code;          /* 0 until the result is written */
	bool res_open, ext_open;
	bool committed, hang_up;
	instant_ms_t expires;
	int64_t fee;
};

/* rs_exec.c: runs the command, writes the whole answer, records it. `fault` is only recorded. */
void rs_exec_run(struct rs_exec *x, enum regsim_fault fault, bool late);
/* Only the answer, nothing done: for answers that faults make up. */
void rs_exec_refuse(struct rs_exec *x, int code, enum regsim_fault fault);
/* Nothing done and nothing said: only recorded, with code 0. */
void rs_exec_lost(struct rs_exec *x, enum regsim_fault fault);

/* One function per command; each writes the result. */
void rs_session_greeting(struct regsim *sim, struct buf *out);
void rs_session_login(struct rs_exec *x);
void rs_session_logout(struct rs_exec *x);
void rs_session_leave(struct regsim *sim, struct rs_session *s);
void rs_poll(struct rs_exec *x);
void rs_domain(struct rs_exec *x);
void rs_contact(struct rs_exec *x);
void rs_host(struct rs_exec *x);

/* rs_account.c */
struct rs_account *rs_account_find(struct regsim *sim, struct str login);
bool rs_account_over_rate(struct regsim *sim, struct rs_account *a);
/* The charge for `years` from `years_held` on: what must be covered, and what is taken in the end. */
void rs_account_price(const struct regsim_zone *z, bool create, int years_held, int years, int64_t *cover,
                      int64_t *take);
void rs_account_take(struct regsim *sim, struct rs_account *a, int64_t vnd);
/* Both texts are copied. */
void rs_account_message(struct regsim *sim, struct rs_account *a, struct str text, struct str res_data);

/* rs_rules.c: the domain's life */
const struct regsim_zone *rs_rules_zone(const struct regsim *sim, struct str name);
bool rs_rules_name_ok(struct str name);
instant_ms_t rs_rules_expiry(const struct regsim *sim, instant_ms_t from, int years);
/* Brings a name up to date: what has expired for too long is gone. NULL stays NULL. */
struct rs_object *rs_rules_settle(struct regsim *sim, struct rs_object *d);
/* The domain as it stands now, or NULL when it does not exist. */
struct rs_object *rs_rules_domain(struct regsim *sim, struct str name);
uint32_t rs_rules_status(const struct regsim *sim, const struct rs_object *d);
/* Drops the links to contacts and hosts and marks it deleted. */
void rs_rules_remove(struct regsim *sim, struct rs_object *d);
/* The contact of that id, that exists, or NULL. */
struct rs_object *rs_rules_existing(const struct rs_table *t, struct str name);

/* rs_pending.c: `cltrid`, `svtrid` are the create's */
void rs_pending_start(struct rs_exec *x, struct rs_object *d, int64_t fee);
bool rs_pending_wanted(struct regsim *sim, struct str name);
void rs_pending_fini(struct regsim *sim);

/* rs_late.c: runs `frame` again, without a connection, in `in_ms`. Copies. */
void rs_late_start(struct regsim *sim, const struct rs_session *s, struct str frame, uint64_t in_ms,
                   enum regsim_fault fault);
void rs_late_fini(struct regsim *sim);

/* rs_fault.c: what strikes this command; *arg is filled with the rule's or a drawn value. */
enum regsim_fault rs_fault_choose(struct regsim *sim, enum regsim_op op, enum regsim_kind kind,
                                  struct str name, int64_t *arg);
uint64_t rs_fault_between(struct regsim *sim, uint32_t min, uint32_t max);
void rs_fault_fini(struct regsim *sim);
bool rs_fault_glob(const char *glob, struct str name);

/* rs_ledger.c */
/* What the command's unknown extensions hold, for an entry; NULL: there are none. */
const char *rs_ledger_ext(struct regsim *sim, const struct rs_command *c);
void rs_ledger_add(struct regsim *sim, const struct regsim_entry *e, struct str name, struct str cltrid);
void rs_ledger_fini(struct regsim *sim);

/* rs_conn.c */
void rs_conn_drop_all(struct regsim *sim);

/* rs_xsd.c */
struct rs_xsd *rs_xsd_new(const char *dir, const char *grammar) MUST_CHECK;
void rs_xsd_free(struct rs_xsd *x);
/* False: not valid; `why` gets the first message. Elements of `lax` namespaces inside <extension> are not looked at. */
bool rs_xsd_check(struct rs_xsd *x, struct str frame, const char *const *lax, size_t n, char *why,
                  size_t size) MUST_CHECK;

#endif
