/*
 * The rule set in force: kept in the store, changed by people, by files, or by time.
 *
 * Happy path of a change: the next life is made ─▶ what comes into force by it is read from the store and loaded ─▶ life,
 * steps and rule set are stored in one transaction ─▶ the decider is switched, which cannot fail ─▶ answered. So every
 * revision that a decision names is kept before the first decision that names it.
 *
 * At the start: the life is read ─▶ a deadline that passed meanwhile is seen to, as it would have been ─▶ the rule set in
 * force is loaded ─▶ the gateway runs. With `activate: files` the folder's rule set comes into force instead. With
 * `activate: staged` and a store that has none yet, the folder's is adopted, once, and that is recorded: whoever sets up
 * the daemon writes its configuration, too, so that asking them for a second person would protect nothing, and without any
 * rule set there is nobody whom the daemon could serve.
 *
 * Failure modes: the store cannot be written: nothing has changed, and what time wants is tried again. A rule set does not
 * load any more (another version of the program): a person's change is refused; what time brings into force is refused
 * and needs to be approved again; at the start without any other, the gateway does not start.
 */
#include "daemon/gateway_policy.h"
#include "daemon/api/api.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS  60000 /* wall clocks are set now and then: a far deadline is looked at so often */
#define RETRY_MS 10000 /* after the store has failed */
#define BUSY_MS  100

/* ---- changes ----------------------------------------------------------------------------------------------------------- */

void gateway_policy_wait(struct gateway *g, void (*go)(void *arg), void *arg)
{
	if (!g->policy->busy) {
		go(arg);
		return;
	}
	REQUIRE(!g->policy->resume);
	g->policy->resume = go;
	g->policy->resume_arg = arg;
}

struct policy_change *policy_change_new(struct gateway *g, gateway_done_cb done, void *arg)
{
	if (g->policy->busy)
		return NULL;
	struct policy_change *c = xcalloc(1, sizeof *c);
	*c = (struct policy_change){.gateway = g, .next = g->policy->life, .done = done, .arg = arg};
	g->policy->busy = true;
	return c;
}

void policy_change_drop(struct policy_change *c)
{
	c->gateway->policy->busy = false;
	policy_unref(&c->kept);
	policy_unref(&c->forced);
	arena_fini(&c->arena);
	free(c->life_text);
	free(c);
}

/* `why` may stand in the change. */
static void finish(struct policy_change *c, const char *why)
{
	struct gateway_policy *p = c->gateway->policy;
	void (*done)(void *, const char *) = c->done, (*resume)(void *) = p->resume;
	void *arg = c->arg;
	char *kept = why ? xstrdup(why) : NULL;
	p->resume = NULL;
	policy_change_drop(c);
	done(arg, kept);
	free(kept);
	if (resume)
		resume(p->resume_arg);
}

void policy_change_step(struct policy_change *c, const char *step, const char *revision,
                        const struct rules_person *who, const char *why)
{
	struct arena *a = &c->arena;
	REQUIRE(c->step_count < POLICY_STEPS_MAX);
	c->steps[c->step_count++] =
	    (struct store_rules_step){.step = str_c(step),
	                              .revision = arena_str(a, str_c(revision)),
	                              .person = arena_str(a, str_c(who ? who->name : "")),
	                              .login = arena_str(a, str_c(who ? who->login : "")),
	                              .why = arena_str(a, str_c(why)),
	                              .at = loop_wall(c->gateway->env.loop)};
}

static bool is_warning(struct str step)
{
	return str_eq_c(step, "fell back") || str_eq_c(step, "rolled back") || str_eq_c(step, "refused") ||
	       str_eq_c(step, "adopted");
}

static void log_steps(const struct policy_change *c)
{
	for (size_t i = 0; i < c->step_count; i++) {
		const struct store_rules_step *s = &c->steps[i];
		LOG(c->gateway->env.log, is_warning(s->step) ? LOG_WARNING : LOG_NOTICE, "rules.changed",
		    "a step of a rule set", F_STR("step", s->step), F_STR("revision", s->revision),
		    F_STR("person", s->person), F_STR("login", s->login), F_STR("why", s->why),
		    F_C("active", c->next.active));
	}
}

/* ---- time -------------------------------------------------------------------------------------------------------------- */

static void arm(struct gateway *g, uint64_t least_ms)
{
	struct gateway_policy *p = g->policy;
	instant_ms_t next = rules_life_next(&p->life), now = loop_wall(g->env.loop);
	loop_timer_cancel(g->env.loop, &p->due);
	if (next == INSTANT_NONE || g->stopping)
		return;
	uint64_t in_ms = next > now ? (uint64_t)(next - now) : 0;
	in_ms = in_ms > LOOK_MS ? LOOK_MS : in_ms < least_ms ? least_ms : in_ms;
	loop_timer_set(g->env.loop, &p->due, in_ms);
}

static void on_settled(void *arg, const char *why)
{
	struct gateway *g = arg;
	if (why && !g->stopping)
		LOG(g->env.log, LOG_ERROR, "rules.failed", why, F_C("active", g->policy->life.active));
	arm(g, why ? RETRY_MS : 0);
}

static void on_due(struct loop_timer *t)
{
	struct gateway_policy *p = CONTAINER_OF(t, struct gateway_policy, due);
	struct gateway *g = p->gateway;
	if (g->stopping)
		return;
	if (rules_life_due(&p->life, loop_wall(g->env.loop)) == RULES_DUE_NOTHING)
		arm(g, 0);
	else if (p->busy || g->reload)
		arm(g, BUSY_MS);
	else
		policy_change_settle(policy_change_new(g, on_settled, g));
}

/* ---- storing ----------------------------------------------------------------------------------------------------------- */

static void switch_rules(struct policy_change *c)
{
	struct gateway *g = c->gateway;
	struct policy_ruleset *rules = c->forced;
	c->forced = NULL;
	if (!rules)
		return;
	if (!g->running) {
		policy_unref(&g->rules);
		g->rules = rules;
		return;
	}
	struct decider *decider = decider_new_keys(rules, &g->keys);
	api_set_decider(g->api, decider);
	decider_unref(&g->decider);
	g->decider = decider;
}

static void take(struct policy_change *c)
{
	c->gateway->policy->life = c->next;
	switch_rules(c);
	log_steps(c);
	arm(c->gateway, 0);
	finish(c, NULL);
}

static void on_kept(struct store_op *op)
{
	struct policy_change *c = CONTAINER_OF(op, struct policy_change, keep.op);
	if (op->err)
		finish(c, op->errmsg.text);
	else
		take(c);
}

void policy_change_store(struct policy_change *c)
{
	struct gateway *g = c->gateway;
	if (g->stopping &&
	    c->starting) { /* the store takes nothing more: what is there holds at the next start */
		finish(c, "the gateway is stopping");
		return;
	}
	c->life_text = policy_life_text(&c->next);
	c->keep = (struct store_rules_keep){.op = {.type = STORE_RULES_KEEP, .done = on_kept},
	                                    .now = loop_wall(g->env.loop),
	                                    .steps = c->steps,
	                                    .step_count = c->step_count,
	                                    .setting = GATEWAY_POLICY,
	                                    .setting_value = str_c(c->life_text)};
	if (c->kept) {
		c->keep.revision = str_c(policy_revision(c->kept));
		c->keep.text = policy_canonical(c->kept);
	}
	g->env.writer->submit(g->env.writer, &c->keep.op);
}

/* ---- loading what is kept ---------------------------------------------------------------------------------------------- */

/* NULL, with the reason in `why`. */
static struct policy_ruleset *load_kept(const struct store_rules_row *row, struct buf *why)
{
	struct diag d;
	char name[RULES_REVISION_MAX];
	snprintf(name, sizeof name, "%.*s", STR_ARG(row->revision)); /* for messages */
	struct policy_text text = {name, row->text};
	diag_init(&d);
	struct policy_ruleset *r = policy_load_texts(&text, 1, &d);
	if (r && !str_eq_c(row->revision, policy_revision(r))) {
		buf_printf(why, "its kept text is of another revision, %s", policy_revision(r));
		policy_unref(&r);
	} else if (!r) {
		diag_print_short(&d, why);
	}
	diag_fini(&d);
	return r;
}

/* What is approved does not load. A person is told; without one, it needs to be approved again. */
static void refuse(struct policy_change *c, const char *why)
{
	const char *revision = c->before_effect.staged.revision;
	c->step_count--; /* that it came into force */
	c->effect = false;
	c->next = c->before_effect;
	policy_change_step(c, "refused", revision, NULL, why);
	rules_life_refuse(&c->next);
	LOG(c->gateway->env.log, LOG_ERROR, "rules.refused",
	    "it does not load any more: stage and approve it anew", F_C("revision", revision),
	    F_C("why", why));
	if (c->starting)
		policy_change_load(c);
	else
		policy_change_store(c);
}

static void on_unloadable(struct policy_change *c, struct str why)
{
	char text[POLICY_WHY_MAX];
	snprintf(text, sizeof text, "%.*s", (int)(why.len < sizeof text ? why.len : sizeof text - 1),
	         why.ptr);
	if (c->effect && !c->asked) {
		refuse(c, text);
		return;
	}
	finish(c, arena_printf(&c->arena,
	                       "%s does not load in this version of the program, nothing has changed: %s",
	                       c->next.active, text)
	              .ptr);
}

static void on_read(struct store_op *op)
{
	struct policy_change *c = CONTAINER_OF(op, struct policy_change, get.op);
	struct buf why;
	if (op->err) {
		finish(c, op->errmsg.text);
		return;
	}
	buf_init(&why, 1u << 20);
	c->forced = load_kept(&c->get.rows[0], &why);
	if (!c->forced)
		on_unloadable(c, buf_str(&why));
	else if (c->step_count)
		policy_change_store(c);
	else
		take(c); /* a start at which nothing has happened */
	buf_fini(&why);
}

void policy_change_load(struct policy_change *c)
{
	struct gateway *g = c->gateway;
	if (g->stopping && c->starting) {
		finish(c, "the gateway is stopping");
		return;
	}
	c->get = (struct store_get_rules){.op = {.type = STORE_GET_RULES, .done = on_read},
	                                  .revision = str_c(c->next.active),
	                                  .arena = &c->arena};
	g->env.writer->submit(g->env.writer, &c->get.op);
}

void policy_change_settle(struct policy_change *c)
{
	instant_ms_t now = loop_wall(c->gateway->env.loop);
	if (rules_life_due(&c->next, now) == RULES_DUE_FALL_BACK) {
		char gone[RULES_REVISION_MAX];
		memcpy(gone, c->next.active, sizeof gone);
		rules_life_fall_back(&c->next, now);
		policy_change_step(c, "fell back", gone, NULL, "not confirmed by its deadline");
	}
	if (rules_life_due(&c->next, now) == RULES_DUE_EFFECT) {
		struct rules_person approver = c->next.staged.approver;
		c->before_effect = c->next;
		c->effect = true;
		rules_life_take_effect(&c->next, now);
		policy_change_step(c, "in force", c->next.active, &approver, "");
	}
	policy_change_load(c);
}

/* ---- the start --------------------------------------------------------------------------------------------------------- */

static void take_files(struct policy_change *c, struct policy_ruleset *rules, const char *step,
                       const char *why)
{
	const char *revision = policy_revision(rules);
	if (rules_life_take_files(&c->next, revision, loop_wall(c->gateway->env.loop)))
		policy_change_step(c, step, revision, NULL, why);
	c->next.confirm_by = INSTANT_NONE; /* the files have the last word */
	c->kept = policy_ref(rules);
	c->forced = policy_ref(rules);
	policy_change_store(c);
}

static void note_files(struct gateway *g, const struct policy_ruleset *files)
{
	snprintf(g->policy->files, sizeof g->policy->files, "%s", files ? policy_revision(files) : "");
}

static void on_life_read(struct store_op *op)
{
	struct policy_change *c = CONTAINER_OF(op, struct policy_change, setting.op);
	struct gateway *g = c->gateway;
	struct rules_life *life = &g->policy->life;
	struct policy_ruleset *files = g->rules;
	if (op->err || (c->setting.value.len && !policy_life_read(c->setting.value, life))) {
		finish(c, op->err ? op->errmsg.text
		                  : "what the store says of the rules in force cannot be read");
		return;
	}
	c->next = *life;
	note_files(g, files);
	if (g->config->rules_activate && files)
		take_files(c, files, "files", "policy.activate is 'files'");
	else if (life->active[0])
		policy_change_settle(c);
	else if (files)
		take_files(c, files, "adopted", "the first start: nothing was in force before");
	else
		finish(c, "no rule set was ever in force, and those in the folder of policy.rules do not "
		          "load: mend "
		          "them ('vnepp policy check' says what is wrong), and start again");
}

void gateway_policy_start(struct gateway *g, gateway_done_cb done, void *arg)
{
	struct policy_change *c = policy_change_new(g, done, arg);
	INVARIANT(c); /* nobody else has begun yet */
	c->starting = true;
	c->setting = (struct store_setting){.op = {.type = STORE_SETTING, .done = on_life_read},
	                                    .name = GATEWAY_POLICY,
	                                    .arena = &c->arena};
	g->env.writer->submit(g->env.writer, &c->setting.op);
}

void gateway_policy_new(struct gateway *g)
{
	g->policy = xcalloc(1, sizeof *g->policy);
	g->policy->gateway = g;
	g->policy->due.fire = on_due;
	rules_life_init(&g->policy->life);
}

void gateway_policy_stop(struct gateway *g)
{
	loop_timer_cancel(g->env.loop, &g->policy->due);
}

void gateway_policy_free(struct gateway *g)
{
	gateway_policy_stop(g);
	free(g->policy);
}

/* ---- the folder -------------------------------------------------------------------------------------------------------- */

void gateway_policy_tell(struct gateway *g, const struct config *c)
{
	const char *active = g->policy->life.active, *files = g->policy->files;
	if (c->rules_activate || strcmp(files, active) == 0)
		return;
	LOG(g->env.log, LOG_NOTICE, "rules.differ",
	    files[0]
	        ? "the folder has another rule set than is in force: 'vnepp policy stage' stages it"
	        : "what is in the folder does not load: 'vnepp policy check' says why; it is not in force",
	    F_C("folder", c->rules_dir), F_C("files", files), F_C("active", active));
}

void gateway_policy_files(struct gateway *g, const struct config *c, struct policy_ruleset *rules,
                          gateway_done_cb done, void *arg)
{
	struct rules_life *life = &g->policy->life;
	note_files(g, rules);
	bool same = strcmp(g->policy->files, life->active) == 0 && life->confirm_by == INSTANT_NONE;
	if (!c->rules_activate || same) {
		gateway_policy_tell(g, c);
		done(arg, NULL);
		return;
	}
	REQUIRE(rules);
	struct policy_change *change = policy_change_new(g, done, arg);
	INVARIANT(change); /* a reload and other changes do not begin while one of them is under way */
	take_files(change, rules, "files", "policy.activate is 'files'");
}
