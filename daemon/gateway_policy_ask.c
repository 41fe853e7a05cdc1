/*
 * What people do with rule sets: stage, activate, confirm, roll back, withdraw, and look.
 *
 * Happy path: who asks and what for is checked ─▶ the next life is made ─▶ stored (gateway_policy.c) ─▶ answered with what
 * is in force and staged then.
 * Failure modes: the wrong person, nothing there, too late, a rule set that does not load: refused with the reason, nothing
 * has changed. Another change is under way: refused, to be tried again.
 */
#include "daemon/gateway_policy.h"
#include "epp/base/check.h"
#include "policy/policy.h"

#include <jansson.h>
#include <string.h>

#define HISTORY_DEFAULT 50

struct policy_ask {
	struct gateway_call call;
	struct rules_person who;
	const json_t *args; /* borrowed while the change is begun */
	struct errmsg e;
	struct policy_change *change;
	struct store_get_rules_steps steps;
};

static void on_changed(void *arg, const char *why)
{
	struct policy_ask *a = arg;
	gateway_call_end(&a->call, why, why ? NULL : gateway_policy_summary(a->call.gateway));
}

static const char *text_of(const json_t *args, const char *key)
{
	return json_string_value(json_object_get(args, key));
}

/* What is printed on terminals and in logs later. */
static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static enum err read_person(struct policy_ask *a, const struct gateway_asker *asker)
{
	const char *as = text_of(a->args, "as");
	if (!asker || !asker->login)
		return err_set(&a->e, ERR_DENIED,
		               "who asks is not known; rule sets are changed over the control socket only");
	a->who.uid = asker->uid;
	if (!str_copy(a->who.login, sizeof a->who.login, str_c(asker->login)) ||
	    !str_copy(a->who.name, sizeof a->who.name, str_c(as && *as ? as : asker->login)))
		return err_set(&a->e, ERR_TOO_LONG, "--as: a name has at most %d bytes", RULES_NAME_MAX - 1);
	if (has_controls(a->who.name))
		return err_set(&a->e, ERR_INVALID, "--as: a name has no control characters");
	return OK;
}

/* An optional or needed text for the record. */
static enum err read_why(struct policy_ask *a, bool needed, const char **why)
{
	*why = text_of(a->args, "why");
	if (needed && (!*why || !**why))
		return err_set(&a->e, ERR_INVALID, "say why (--why TEXT): it is kept with the step");
	*why = *why ? *why : "";
	if (strlen(*why) > POLICY_WHY_MAX)
		return err_set(&a->e, ERR_TOO_LONG, "--why: at most %d bytes are kept", POLICY_WHY_MAX);
	if (has_controls(*why))
		return err_set(&a->e, ERR_INVALID, "--why: one line without control characters");
	return OK;
}

/* ---- staging ----------------------------------------------------------------------------------------------------------- */

static enum err read_moment(struct policy_ask *a, instant_ms_t *at)
{
	const char *text = text_of(a->args, "at");
	date_t d;
	*at = INSTANT_NONE;
	if (!text)
		return err_set(&a->e, ERR_INVALID, "say when (--at DATE or --at now)");
	if (strcmp(text, "now") == 0 || instant_parse(str_c(text), HANOI_OFFSET_S, at))
		return OK;
	if (!date_parse(str_c(text), &d))
		return err_set(&a->e, ERR_INVALID,
		               "--at: '%.40s' is not 'now', a date (YYYY-MM-DD, 00:00 in Hanoi) or a time "
		               "(2027-01-01T00:00:00+07:00)",
		               text);
	*at = instant_of_date(d, HANOI_OFFSET_S);
	return OK;
}

/* The text as it was sent must be a rule set for this program, whatever the sender's program makes of it. */
static enum err load_sent(struct policy_ask *a)
{
	struct diag d;
	struct buf found;
	json_t *sent = json_object_get(a->args, "text");
	struct policy_text text = {"the rule set that was sent",
	                           str_make(json_string_value(sent), json_string_length(sent))};
	if (!json_is_string(sent))
		return err_set(&a->e, ERR_INVALID, "\"text\" must be the rule set's canonical text");
	diag_init(&d);
	a->change->kept = policy_load_texts(&text, 1, &d);
	enum err err = OK;
	if (!a->change->kept) {
		buf_init(&found, 1u << 20);
		diag_print_short(&d, &found);
		err =
		    err_set(&a->e, ERR_CONFIG, "the daemon does not load it: %.*s", STR_ARG(buf_str(&found)));
		buf_fini(&found);
	}
	diag_fini(&d);
	return err;
}

static enum err stage(struct policy_ask *a)
{
	struct policy_change *c = a->change;
	instant_ms_t at;
	const char *why;
	char replaced[RULES_REVISION_MAX];
	enum err err = read_moment(a, &at);
	if (!err)
		err = read_why(a, false, &why);
	if (!err)
		err = load_sent(a);
	if (err)
		return err;
	const char *revision = policy_revision(c->kept);
	memcpy(replaced, c->next.staged.revision, sizeof replaced);
	err = rules_life_stage(&c->next, revision, at, &a->who, loop_wall(a->call.gateway->env.loop), &a->e);
	if (err)
		return err;
	if (replaced[0] && strcmp(replaced, revision) != 0)
		policy_change_step(c, "replaced", replaced, &a->who, "another one was staged");
	policy_change_step(c, "staged", revision, &a->who, why);
	policy_change_store(c);
	return OK;
}

/* ---- the other steps --------------------------------------------------------------------------------------------------- */

/* Whoever approves may name what they have looked at: something else may have been staged meanwhile. */
static enum err check_named(struct policy_ask *a)
{
	const char *named = text_of(a->args, "revision"), *staged = a->change->next.staged.revision;
	if (!named || !staged[0] || str_starts(str_c(staged), str_c(named)) ||
	    str_starts(str_c(staged + strlen("sha256:")), str_c(named)))
		return OK;
	return err_set(&a->e, ERR_CONFLICT, "what is staged is %s, and not %.80s", staged, named);
}

static enum err read_confirm(struct policy_ask *a, int64_t *ms)
{
	const char *text = text_of(a->args, "confirm_within");
	*ms = 0;
	if (text && (!duration_parse(str_c(text), ms) || *ms == 0))
		return err_set(&a->e, ERR_INVALID,
		               "--confirm-within: '%.40s' is not a duration such as 15m or 2h", text);
	return OK;
}

static enum err activate(struct policy_ask *a)
{
	struct gateway *g = a->call.gateway;
	struct policy_change *c = a->change;
	instant_ms_t now = loop_wall(g->env.loop);
	bool alone = g->config->sandbox || g->config->rules_activate;
	int64_t confirm_ms;
	const char *why;
	enum err err = read_confirm(a, &confirm_ms);
	if (!err)
		err = read_why(a, false, &why);
	if (!err)
		err = check_named(a);
	if (!err)
		err = rules_life_approve(&c->next, &a->who, confirm_ms, alone, now, &a->e);
	if (err)
		return err;
	policy_change_step(c, "approved", c->next.staged.revision, &a->who, why);
	c->asked = true;
	if (rules_life_due(&c->next, now) == RULES_DUE_EFFECT)
		policy_change_settle(c);
	else
		policy_change_store(c);
	return OK;
}

static enum err confirm(struct policy_ask *a)
{
	struct policy_change *c = a->change;
	const char *why;
	enum err err = read_why(a, false, &why);
	if (!err)
		err = rules_life_confirm(&c->next, loop_wall(a->call.gateway->env.loop), &a->e);
	if (err)
		return err;
	policy_change_step(c, "confirmed", c->next.active, &a->who, why);
	policy_change_store(c);
	return OK;
}

static enum err roll_back(struct policy_ask *a)
{
	struct policy_change *c = a->change;
	const char *why;
	char gone[RULES_REVISION_MAX];
	memcpy(gone, c->next.active, sizeof gone);
	enum err err = read_why(a, true, &why);
	if (!err)
		err = rules_life_roll_back(&c->next, loop_wall(a->call.gateway->env.loop), &a->e);
	if (err)
		return err;
	policy_change_step(c, "rolled back", gone, &a->who, why);
	c->asked = true;
	policy_change_load(c);
	return OK;
}

static enum err withdraw(struct policy_ask *a)
{
	struct policy_change *c = a->change;
	const char *why;
	char gone[RULES_REVISION_MAX];
	memcpy(gone, c->next.staged.revision, sizeof gone);
	enum err err = read_why(a, true, &why);
	if (!err)
		err = rules_life_withdraw(&c->next, &a->e);
	if (err)
		return err;
	policy_change_step(c, "withdrawn", gone, &a->who, why);
	policy_change_store(c);
	return OK;
}

void gateway_policy(struct gateway *g, enum gateway_policy_step step, const json_t *args,
                    const struct gateway_asker *asker, gateway_answer_cb done, void *arg)
{
	static enum err (*const begin[GATEWAY_POLICY__COUNT])(
	    struct policy_ask *) = {[GATEWAY_POLICY_STAGE] = stage,
	                            [GATEWAY_POLICY_ACTIVATE] = activate,
	                            [GATEWAY_POLICY_CONFIRM] = confirm,
	                            [GATEWAY_POLICY_ROLL_BACK] = roll_back,
	                            [GATEWAY_POLICY_WITHDRAW] = withdraw};
	struct policy_ask *a = gateway_call_new(g, sizeof *a, done, arg);
	a->args = args;
	enum err err = read_person(a, asker);
	if (!err && (!g->running || g->stopping))
		err = err_set(&a->e, ERR_BUSY, "the gateway is starting or stopping");
	if (!err && !g->reload)
		a->change = policy_change_new(g, on_changed, a);
	if (!err && !a->change)
		err = err_set(&a->e, ERR_BUSY,
		              "a reload or another change of the rules is under way; try again");
	if (!err)
		err = begin[step](a); /* OK: on_changed will come */
	if (!err)
		return;
	if (a->change)
		policy_change_drop(a->change);
	gateway_call_end(&a->call, a->e.text, NULL);
}

/* ---- looking ----------------------------------------------------------------------------------------------------------- */

static void on_steps(struct store_op *op)
{
	struct policy_ask *a = CONTAINER_OF(op, struct policy_ask, steps.op);
	if (op->err) {
		gateway_call_end(&a->call, op->errmsg.text, NULL);
		return;
	}
	json_t *answer = gateway_policy_summary(a->call.gateway);
	json_object_set_new(answer, "history", policy_steps_json(&a->steps));
	json_object_set_new(answer, "more", json_boolean(a->steps.more));
	gateway_call_end(&a->call, NULL, answer);
}

void gateway_policy_status(struct gateway *g, uint32_t limit, gateway_answer_cb done, void *arg)
{
	struct policy_ask *a = gateway_question_new(g, sizeof *a, done, arg);
	if (!a)
		return;
	a->steps = (struct store_get_rules_steps){.op = {.type = STORE_GET_RULES_STEPS, .done = on_steps},
	                                          .limit = limit == 0               ? HISTORY_DEFAULT
	                                                   : limit < STORE_PAGE_MAX ? limit
	                                                                            : STORE_PAGE_MAX,
	                                          .arena = &a->call.arena};
	g->env.reader->submit(g->env.reader, &a->steps.op);
}
