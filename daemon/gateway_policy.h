/*
 * Which rule set is in force: shared by gateway_policy.c (changes, time), gateway_policy_ask.c (what people ask),
 * gateway_policy_kept.c (what is kept), gateway_policy_json.c (the life as JSON) and gateway.c.
 */
#ifndef VNEPP_GATEWAY_POLICY_H
#define VNEPP_GATEWAY_POLICY_H

#include "daemon/gateway_int.h"
#include "daemon/job/rules_life.h"
#include "daemon/store/store_rules.h"

struct policy_ruleset;

#define POLICY_STEPS_MAX 3 /* of one change: fallen back, approved, in force */
#define POLICY_WHY_MAX   500

struct gateway_policy {
	struct gateway *gateway;
	struct rules_life life;
	bool busy; /* a change is on its way into the store */
	struct loop_timer due;
	/* The folder's revision when it was read last; empty: what is in it does not load, or it was not read. */
	char files[RULES_REVISION_MAX];
	/* A reload that has come during another change, and goes on when that is over. */
	void (*resume)(void *arg); /* NULL: none */
	void *resume_arg;
};

/* A change on its way: the next life, what is kept with it, what comes into force by it. */
struct policy_change {
	struct gateway *gateway;
	struct rules_life next, before_effect;
	struct store_rules_step steps[POLICY_STEPS_MAX];
	size_t step_count;
	struct policy_ruleset *kept;   /* owned; kept for ever with it, or NULL */
	struct policy_ruleset *forced; /* owned; in force when it is stored; NULL: what is, stays */
	bool starting;                 /* what is in force must be loaded, whatever happens */
	bool asked;                    /* by a person: what cannot be loaded is their error */
	bool effect;                   /* what was staged comes into force by it */
	struct store_setting setting;
	struct store_get_rules get;
	struct store_rules_keep keep;
	char *life_text; /* owned */
	struct arena arena;
	gateway_done_cb done; /* NULL or the reason why nothing has changed; `why` is borrowed */
	void *arg;
};

/* What was in force last is read, or the files are taken; overdue deadlines are seen to. `done` before the first decision,
 * with g->rules set, or with the reason why there is none. */
void gateway_policy_start(struct gateway *g, gateway_done_cb done, void *arg);
/* A reload has read the folder: `rules`, or NULL when it does not load. In `files` mode they come into force; else it is
 * only told when they differ. `done` once, now or later. */
void gateway_policy_files(struct gateway *g, const struct config *c, struct policy_ruleset *rules,
                          gateway_done_cb done, void *arg);
/* In staged mode: says in the log when the folder has something else than is in force. */
void gateway_policy_tell(struct gateway *g, const struct config *c);
void gateway_policy_new(struct gateway *g);
void gateway_policy_stop(struct gateway *g); /* nothing comes into force by time any more */
void gateway_policy_free(struct gateway *g);
/* Calls `go` when no change is under way any more: now, or later. One at a time: it is the reload's. */
void gateway_policy_wait(struct gateway *g, void (*go)(void *arg), void *arg);

/* gateway_policy.c, for people's changes: NULL while another one is under way. */
struct policy_change *policy_change_new(struct gateway *g, gateway_done_cb done, void *arg);
/* A step of the change; texts are copied. `who` NULL: the daemon by itself. */
void policy_change_step(struct policy_change *c, const char *step, const char *revision,
                        const struct rules_person *who, const char *why);
/* Not begun: nothing has changed, `done` is not called. */
void policy_change_drop(struct policy_change *c);
/* What must happen by now is added to it, what comes into force is loaded, all of it is stored. */
void policy_change_settle(struct policy_change *c);
/* The one that c->next calls active comes into force. */
void policy_change_load(struct policy_change *c);
/* Stored as it stands. */
void policy_change_store(struct policy_change *c);

/* gateway_policy_json.c: the life as it is stored. False: it is none. */
char *policy_life_text(const struct rules_life *l);
bool policy_life_read(struct str text, struct rules_life *out);
struct json_t *policy_kept_json(const struct gateway *g, const struct store_rules_row *r);
struct json_t *policy_steps_json(const struct store_get_rules_steps *s);

#endif
