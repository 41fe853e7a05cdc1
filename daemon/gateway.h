/*
 * The gateway: the one place that wires store, policy, scheduler, session pools, API and control together. Everything
 * that touches the outside comes in through struct gateway_env, so that the whole of it also runs in one process on a
 * virtual clock with streams and files in memory.
 *
 * Life: gateway_start ─▶ (store recovered, names registered) on_ready ─▶ … gateway_reload … ─▶ gateway_stop ─▶ on_stopped.
 */
#ifndef VNEPP_GATEWAY_H
#define VNEPP_GATEWAY_H

#include "daemon/core/config.h"
#include "daemon/core/loop.h"
#include "daemon/store/store.h"
#include "epp/base/err.h"
#include "epp/base/logapi.h"
#include "epp/base/rng.h"

struct dialer;
struct gateway;
struct http_server;
struct json_t;
struct meter;
struct policy_ruleset;

/* Once, now or later: NULL, or an error text. */
typedef void (*gateway_done_cb)(void *arg, const char *why);
/* Once, now or later: an error text, or a new object that the callee takes over. */
typedef void (*gateway_answer_cb)(void *arg, const char *why, struct json_t *answer);

/* Borrowed for the gateway's life. */
struct gateway_env {
	struct loop *loop;
	struct rng *rng;
	struct dialer *dialer;
	struct store_executor *writer, *reader; /* may be the same */
	struct log *log;
	struct meter *meter; /* NULL: nobody counts */
	bool plain;          /* streams in memory: no TLS contexts are loaded */
	/* The store is recovered, the API may be opened. `why` is NULL, or what prevents it: then only free is left. */
	void (*on_ready)(void *arg, const char *why);
	void (*on_stopped)(void *arg);
	/* The stop cannot come to its end (the store cannot be written): the process may end as it is, the next start looks
	 * up what was not stored. May be NULL. */
	void (*on_given_up)(void *arg);
	void *arg;
};

/* Takes a reference of `config` and one of `rules`, the folder's; with policy.activate `staged` they may be NULL: what is in
 * force is in the store. Loads certificates and passwords: ERR_CONFIG and others with text. */
enum err gateway_new(const struct gateway_env *env, struct config *config, struct policy_ruleset *rules,
                     struct gateway **out, struct errmsg *e) MUST_CHECK;
void gateway_start(struct gateway *g);
/* Connections of partners are given to http_server_on_stream() of this. */
struct http_server *gateway_http(struct gateway *g);
/* Requests that are not over; their connections, and what the store does for them. */
size_t gateway_requests(struct gateway *g);
/*
 * Prepares the new configuration off to the side and switches: partners, limits, and with policy.activate `files` the
 * rules (else `rules` may be NULL, and it is only said when they are not those in force). Registries that changed are named
 * in the log: they need a restart. `done` comes later, with NULL or the reason why nothing has changed.
 */
void gateway_reload(struct gateway *g, struct config *config, struct policy_ruleset *rules,
                    gateway_done_cb done, void *arg);
/* Stops admission, waits for what is in flight up to the configured deadline, logs out. on_stopped follows. Before
 * on_ready the start goes no further, and neither of them comes. */
void gateway_stop(struct gateway *g);
/* After on_stopped, on_ready with a reason, or instead of gateway_start(). */
void gateway_free(struct gateway *g);

/* ---- for the control socket ---- */

/* What is going on, as a new JSON object. */
struct json_t *gateway_status(struct gateway *g);
/* Every limit with what is used of it; every queue with what waits in it. */
void gateway_limits(struct gateway *g, gateway_answer_cb done, void *arg);
/* partners[] */
void gateway_partners(struct gateway *g, gateway_answer_cb done, void *arg);
void gateway_queue(struct gateway *g, gateway_answer_cb done, void *arg);
/* Pauses what `args` name (registry, account, partner, lane, only, or all; why), or resumes exactly that, without names
 * everything. `done` once, now or later, with an error text, or with what is paused now (borrowed). */
void gateway_pause(struct gateway *g, const struct json_t *args, bool on,
                   void (*done)(void *arg, const char *why, struct json_t *pauses), void *arg);
/* A partner's changes (ADMIN_CMD_CHANGES). */
void gateway_changes(struct gateway *g, const struct json_t *args, gateway_answer_cb done, void *arg);
/* One item with what holds it. */
void gateway_item(struct gateway *g, uint64_t id, gateway_answer_cb done, void *arg);
/* Those that are pending, in doubt or for a person, by ascending number behind `after`: items[], more. */
void gateway_items_open(struct gateway *g, uint64_t after, gateway_answer_cb done, void *arg);
/* An operator's decision on an item that waits for one: item, outcome (done, failed, retry), why, expires, created. */
void gateway_resolve(struct gateway *g, const struct json_t *args, gateway_done_cb done, void *arg);
/* Every EPP session and endpoint: sessions[], endpoints[]; a new object. */
struct json_t *gateway_sessions(struct gateway *g);
/* The configuration in force, without secrets; a new object. */
struct json_t *gateway_config(const struct gateway *g);
/* Program, libraries, rules; a new object. */
struct json_t *gateway_version(const struct gateway *g);
/* Where the store is, how large, how much is in it. */
void gateway_store(struct gateway *g, gateway_answer_cb done, void *arg);
/* What still moves: idle, and how many of what; with `batch` (0: none) of that one alone, with its states. */
void gateway_moving(struct gateway *g, uint64_t batch, gateway_answer_cb done, void *arg);
/* Who looks at frames. */
struct gateway_trace_events {
	/* Takes over an object: event ("frame") at registry account session direction bytes cut text; or event ("alive"), each
	 * second. False: it was left out. */
	bool (*on_frame)(void *arg, struct json_t *frame);
	bool (*is_gone)(void *arg); /* nobody looks any more */
	gateway_answer_cb done;     /* registry frames left_out */
};
struct gateway_asker;
/* The frames of `registry` for so many `seconds`, secrets removed. */
void gateway_trace(struct gateway *g, const struct json_t *args, const struct gateway_asker *who,
                   const struct gateway_trace_events *ev, void *arg);
/* Nothing new is admitted until `on` is false, or a restart; what is there is sent. */
void gateway_drain(struct gateway *g, bool on);
/* An item that waits for an operator: the registry is asked once more what became of it. */
void gateway_reconcile(struct gateway *g, uint64_t item, gateway_done_cb done, void *arg);
/* Messages of the registries that wait for a person, with `all` every one; or one of them (0: many). */
void gateway_messages(struct gateway *g, uint64_t message, bool all, gateway_answer_cb done, void *arg);
/* A person has dealt with it, and says why. */
void gateway_message_done(struct gateway *g, uint64_t message, const char *why, gateway_done_cb done,
                          void *arg);
/* Who asks, in the kernel's words; `login` borrowed, NULL: not known. */
struct gateway_asker {
	int64_t uid;
	const char *login;
};
enum gateway_policy_step {
	GATEWAY_POLICY_STAGE,     /* text: the canonical rule set; at: "now", a date, a time; why */
	GATEWAY_POLICY_ACTIVATE,  /* confirm_within: "15m"; revision: what they believe is staged; why */
	GATEWAY_POLICY_CONFIRM,   /* why */
	GATEWAY_POLICY_ROLL_BACK, /* why, needed; so for the next */
	GATEWAY_POLICY_WITHDRAW,
	GATEWAY_POLICY__COUNT
};
/* A person's step with a rule set; every one may have `as`, how they call themselves. The answer is
 * gateway_policy_summary(). */
void gateway_policy(struct gateway *g, enum gateway_policy_step step, const struct json_t *args,
                    const struct gateway_asker *asker, gateway_answer_cb done, void *arg);
/* What is in force, what is staged, and how the folder compares; a new object. */
struct json_t *gateway_policy_summary(const struct gateway *g);
/* The same with what happened, newest first (`limit` 0: some). */
void gateway_policy_status(struct gateway *g, uint32_t limit, gateway_answer_cb done, void *arg);
/* What waits for a person; one item of it with everything that is known; a person's decision (item, why), with who it is. */
void gateway_review_list(struct gateway *g, gateway_answer_cb done, void *arg);
void gateway_review_show(struct gateway *g, uint64_t item, gateway_answer_cb done, void *arg);
void gateway_review_decide(struct gateway *g, bool approve, const struct json_t *args,
                           const struct gateway_asker *who, gateway_answer_cb done, void *arg);
/* Rule sets that are kept, newest first; or one of them with its text: by revision, its beginning, "active" or "staged". */
void gateway_policy_kept(struct gateway *g, const char *revision, uint32_t limit, gateway_answer_cb done,
                         void *arg);
/* Decisions with the facts that they used, of the items behind `after`, or of one `item`. */
void gateway_policy_records(struct gateway *g, uint64_t item, uint64_t after, uint32_t limit,
                            gateway_answer_cb done, void *arg);
/* Lists, of the departments and of names. Arguments and answers: daemon/admin/admin_proto.h. */
enum gateway_list_step {
	GATEWAY_LIST_BEGIN,
	GATEWAY_LIST_ROWS,
	GATEWAY_LIST_PREVIEW,
	GATEWAY_LIST_PUBLISH,
	GATEWAY_LIST_DROP,
	GATEWAY_LIST_UNDO,
	GATEWAY_LIST_CHECK,
	GATEWAY_LIST_TELL
};
void gateway_list(struct gateway *g, enum gateway_list_step step, const struct json_t *args,
                  const struct gateway_asker *who, gateway_answer_cb done, void *arg);
/* Rows of the ledger from before; `done` later, with an error text or NULL. */
void gateway_import(struct gateway *g, const struct json_t *rows,
                    void (*done)(void *arg, const char *why, uint64_t added, uint64_t replaced), void *arg);

#endif
