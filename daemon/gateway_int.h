/* Shared by the files of the gateway: gateway.c (life), gateway_reload.c, gateway_registry.c (accounts and their changes), gateway_pool.c
 * (sessions), gateway_message.c (the poll queue), gateway_control.c (status and imports). */
#ifndef VNEPP_GATEWAY_INT_H
#define VNEPP_GATEWAY_INT_H

#include "certs/tls_ctx.h"
#include "daemon/core/limits.h"
#include "daemon/credentials.h"
#include "daemon/gateway.h"
#include "daemon/job/decide.h"
#include "daemon/job/job.h"
#include "daemon/sched/caps.h"
#include "daemon/sched/sched.h"
#include "daemon/session/pool.h"
#include "daemon/store/store_message.h"
#include "daemon/store/store_read.h"
#include "epp/base/hash.h"
#include "epp/base/secret.h"

struct gateway_account;

/* An account's way to its registry, made from one configuration (gateway_pool.c). */
struct gateway_pool {
	struct gateway *gateway;
	struct gateway_account *account; /* once it was opened */
	struct config *config;           /* a reference; the next two are its */
	const struct config_registry *registry_config;
	const struct config_account *account_config;
	struct sha256 digest; /* of what it was made from, files included */
	struct secret_box password, new_password;
	struct tls_ctx *tls;
	struct pool_endpoint *endpoints; /* owned */
	struct arena ext_arena;          /* of the next three */
	struct session_extension login_ext, poll_ext, logout_ext;
	struct pool *pool;     /* owned; NULL before it is opened */
	bool drained, storing; /* all sessions are gone; a message is on its way into the store */
	/* The poll message being stored (gateway_message.c). */
	struct store_message message;
	struct arena message_arena;
	struct json_t *message_pauses; /* owned: what is in force with it, or NULL */
};

/* One login at one registry, with its sessions. */
struct gateway_account {
	struct gateway *gateway;
	struct gateway_registry *registry;
	const struct config_account *config; /* of the configuration at start: its name holds for ever */
	char name[STORE_NAME_MAX];           /* "registry/account" */
	uint32_t id;                         /* the store's number */
	uint32_t opened;                     /* ways so far: keeps clTRIDs of our own unique */
	struct gateway_pool *way;            /* owned; in use */
	struct gateway_pool *next;           /* owned; takes over when `way` has logged out, or NULL */
	struct pool *pool;                   /* of `way`; NULL before start */
	bool drained;                        /* `way` has logged out */
	bool closed;                         /* not configured any more */
	struct sched_account *sched;
	struct meter_account *meter; /* borrowed; NULL when nobody counts */
	struct pool_limit sessions, window;
	struct session_tap tap; /* whoever looks at frames (gateway_trace.c) */
};

struct gateway_registry {
	const struct config_registry *config;
	struct limit all, of[LIMIT_CLASS__COUNT]; /* as they are configured now */
	struct limits limits;
	struct limit day[CAPS__COUNT]; /* as they are configured now */
	struct caps caps;
	struct gateway_account *accounts; /* owned; config->account_count of them */
};

struct gateway {
	struct gateway_env env;
	struct config *base;   /* of the start: what registries and accounts there are */
	struct config *config; /* in force: partners and limits */
	struct decider *decider;
	struct policy_ruleset *rules;        /* of the folder, then in force; until the decider is made */
	struct gateway_registry *registries; /* owned; base->registry_count of them */
	struct api *api;
	struct sched *sched;
	uint32_t *partner_ids; /* owned; in the order of config->partners */
	uint32_t epoch;
	struct decide_keys keys;
	instant_ms_t started_at;
	bool running, stopping, sched_stopped, stopped, store_failing;
	struct store_recover recover;
	struct store_register reg;
	const char **reg_names; /* owned while registering */
	uint32_t *reg_ids;
	struct loop_timer deadline;
	struct gateway_reload_op *reload; /* owned; under way */
	struct store_setting setting;     /* what is read at the start */
	struct arena setting_arena;
	struct gateway_policy *policy; /* owned; which rule set is in force */
	struct json_t *pauses;         /* owned; an array */
	struct gateway_lists *lists;   /* owned; NULL before it runs */
	struct gateway_review *review; /* owned; NULL before it runs */
	struct gateway_tidy *tidy;     /* owned */
	struct gateway_notice *notice; /* owned; NULL before it runs */
	bool resolving;                /* a decision of an operator is being stored */
	bool pausing;                  /* a change of them is on its way into the store */
	struct gateway_watch *watch;   /* owned; NULL before it runs */
	struct list traces;            /* of struct gateway_trace; owned */
	struct gateway_drain *drain;   /* owned; NULL: not asked for (gateway_drain.c) */
};

/* A question or a command on its way through the store: the first member of whatever carries it (gateway_call.c). */
struct gateway_call {
	struct gateway *gateway;
	struct arena arena; /* what is read, and what is answered */
	gateway_answer_cb done;
	void *arg;
};
/* A zeroed struct of `size` bytes with the call at its head. */
void *gateway_call_new(struct gateway *g, size_t size, gateway_answer_cb done, void *arg);
/* The same for what can be asked while the gateway runs; NULL when it is starting, which was answered. */
void *gateway_question_new(struct gateway *g, size_t size, gateway_answer_cb done, void *arg);
/* Answers, and frees it. With `why` (it may be in the call) an answer is dropped. */
void gateway_call_end(struct gateway_call *c, const char *why, struct json_t *answer);
/* What a store operation says is wrong, NULL: nothing. `not_found`: in words of the question's, or NULL. */
const char *gateway_wrong(const struct store_op *op, const char *not_found);

/* gateway_pool.c: everything that can fail comes with prepare. */
enum err gateway_pool_prepare(struct gateway *g, struct config *config, const struct config_registry *r,
                              const struct config_account *a, struct gateway_pool **out,
                              struct errmsg *e) MUST_CHECK;
void gateway_pool_open(struct gateway_pool *w, struct gateway_account *a);
void gateway_pool_close(struct gateway_pool *w);
/* Not opened, or closed. */
void gateway_pool_free(struct gateway_pool *w);
struct job_registry gateway_pool_facts(const struct gateway_pool *w);

/* gateway_message.c: a pool's events.on_message; `arg` is the way. */
void gateway_message(void *arg, const struct epp_response *r);

/* gateway_registry.c */
/* A way has logged out: the next one takes over, or the gateway's stop goes on. */
void gateway_pool_closed(struct gateway_pool *w);
/* What another configuration means for the accounts that there are. Preparing can fail, applying cannot. */
struct gateway_changes;
enum err gateway_changes_prepare(struct gateway *g, struct config *c, struct gateway_changes **out,
                                 struct errmsg *e) MUST_CHECK;
void gateway_changes_apply(struct gateway *g, struct gateway_changes *ch);
void gateway_changes_free(struct gateway_changes *ch);
enum err gateway_registries_new(struct gateway *g, struct errmsg *e) MUST_CHECK;
void gateway_registries_free(struct gateway *g);
/* Numbers of accounts in the order of registries and their accounts; makes pools and hands them to the scheduler. */
void gateway_registries_start(struct gateway *g, const uint32_t *ids);
/* Another way takes over, which is taken over, when the sessions in use have logged out. */
void gateway_account_replace(struct gateway_account *a, struct gateway_pool *next);
size_t gateway_account_count(const struct gateway *g);
struct gateway_account *gateway_account_at(const struct gateway *g, size_t i);
/* By the configuration's names; NULL when there is none. */
struct gateway_account *gateway_account_find(const struct gateway *g, const char *registry,
                                             const char *account);
/* The store's account numbers as the API wants them: by partner, then registry; 0: may not use it. The caller frees it. */
uint32_t *gateway_account_table(const struct gateway *g, const struct config *c);
/* In the configuration's order, for STORE_REGISTER. The caller frees the array. */
const char **gateway_partner_names(const struct config *c);
void gateway_ceilings_set(struct gateway *g, const struct config *c);
#define GATEWAY_PAUSES "pauses" /* settings in the store */
#define GATEWAY_POLICY "policy"
/* gateway_pause.c */
/* What the setting becomes when what costs money at this account is paused, and the text of it, both to be freed; NULL:
 * it is paused already. Whoever has stored it takes it into force. */
char *gateway_pause_paid(struct gateway *g, const struct gateway_account *a, const char *why,
                         struct json_t **list);
void gateway_pause_take(struct gateway *g, struct json_t *list, const char *text);
/* What was stored, and into force. */
void gateway_pauses_load(struct gateway *g, struct str text);
void gateway_pauses_apply(struct gateway *g);
/* gateway_tidy.c */
void gateway_tidy_start(struct gateway *g);
void gateway_tidy_stop(struct gateway *g);
void gateway_tidy_free(struct gateway *g);
/* gateway_review.c: what has waited for a person too long is refused. */
void gateway_review_start(struct gateway *g);
void gateway_review_stop(struct gateway *g);
void gateway_review_free(struct gateway *g);
/* When an item that has waited since then is refused; INSTANT_NONE: never. */
instant_ms_t gateway_review_ends(const struct gateway *g, instant_ms_t since);
/* gateway_notice.c: partners are told of names that begin to cost; again after a reload. */
void gateway_notice_start(struct gateway *g);
void gateway_notice_stop(struct gateway *g);
void gateway_notice_free(struct gateway *g);
/* gateway_list_decide.c: what waits for a list is decided again. */
void gateway_lists_start(struct gateway *g);
/* A list has come or gone. */
void gateway_lists_decide(struct gateway *g);
void gateway_lists_stop(struct gateway *g);
void gateway_lists_free(struct gateway *g);
/* gateway_limits.c: of one partner, by its name. */
void gateway_limits_of(struct gateway *g, const char *partner, gateway_answer_cb done, void *arg);
/* gateway_item.c: what holds an item now. */
struct api_held;
void gateway_explain(const struct gateway *g, const struct store_row *row, struct api_held *out);
/* gateway_json.c: null for what is empty or none; times in Hanoi. */
struct json_t *gateway_text(struct str s);
struct json_t *gateway_moment(instant_ms_t t);
/* A time (RFC 3339), or a date: its midnight in Hanoi. */
bool gateway_moment_parse(struct str s, instant_ms_t *out) MUST_CHECK;
/* By the store's number; NULL, "(not configured)" when it is not configured any more. */
const struct gateway_account *gateway_account_of(const struct gateway *g, uint32_t id);
const char *gateway_account_name(const struct gateway *g, uint32_t id);
const char *gateway_partner_name(const struct gateway *g, uint32_t id);
/* The store's number of a partner that is configured; 0: none, so for NULL. */
uint32_t gateway_partner_id(const struct gateway *g, const char *name);
/* gateway_watch.c: new certificates are taken as they come. */
void gateway_watch_start(struct gateway *g);
void gateway_watch_stop(struct gateway *g);
void gateway_watch_free(struct gateway *g);
/* gateway_trace.c: an account opens; the gateway stops: every trace is answered. */
void gateway_trace_stop(struct gateway *g);
/* gateway_drain.c: it looks no more; every operation of the store is back, or will never come. */
void gateway_drain_stop(struct gateway *g);
void gateway_drain_free(struct gateway *g);
/* gateway.c: another pool has logged out. */
void gateway_pool_drained(struct gateway *g);

#endif
