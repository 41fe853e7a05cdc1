/*
 * The gateway's life.
 *
 * Happy path: STORE_RECOVER (epoch, keys) ─▶ accounts and partners get their numbers ─▶ pauses ─▶ rules in force ─▶ decider, scheduler, pools, API
 * ─▶ on_ready. Stopping: admission closes ─▶ the scheduler puts back and waits ─▶ pools log out ─▶ on_stopped.
 *
 * Failure modes: the store cannot be recovered or a name cannot be registered: on_ready with the reason, nothing was
 * started. The stop's deadline passes: sessions are broken, what was in flight is recorded as UNKNOWN; when that cannot
 * be stored either, the stop is given up. The store fails while running: admission answers 503 and sending pauses until it
 * works again.
 */
#include "daemon/gateway.h"
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/net/http1.h"
#include "daemon/gateway_policy.h"
#include "epp/base/alloc.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define GIVE_UP_MS 5000 /* for the last outcomes to be stored, after the stop's deadline */

enum err gateway_new(const struct gateway_env *env, struct config *config, struct policy_ruleset *rules,
                     struct gateway **out, struct errmsg *e)
{
	struct gateway *g = xcalloc(1, sizeof *g);
	g->env = *env;
	g->base = config_ref(config);
	g->config = config_ref(config);
	g->rules = rules ? policy_ref(rules) : NULL;
	gateway_policy_new(g);
	g->started_at = loop_wall(env->loop);
	enum err err = gateway_registries_new(g, e);
	if (err) {
		gateway_free(g);
		return err;
	}
	*out = g;
	return OK;
}

/* ---- starting ------------------------------------------------------------------------------------------------------- */

static struct decider *current_decider(void *arg)
{
	return decider_ref(((struct gateway *)arg)->decider);
}

static uint32_t weight_of(void *arg, uint32_t partner)
{
	const struct gateway *g = arg;
	for (size_t i = 0; i < g->config->partner_count; i++)
		if (g->partner_ids[i] == partner)
			return g->config->partners[i].weight;
	return 1; /* not configured any more: what it handed in is still done */
}

static const char *name_of(void *arg, uint32_t partner)
{
	return gateway_partner_name(arg, partner);
}

static void on_store(void *arg, bool failing)
{
	struct gateway *g = arg;
	g->store_failing = failing;
	LOG(g->env.log, failing ? LOG_ERROR : LOG_NOTICE, failing ? "admission.closed" : "admission.open",
	    failing ? "the store cannot be written: nothing is admitted or sent"
	            : "the store can be written again",
	    F_C("instance", g->config->instance));
}

static void stop_on(struct gateway *g)
{
	/* Sessions are closed only after the last answer is stored. */
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++)
		pool_drain(gateway_account_at(g, i)->pool);
}

static void on_sched_stopped(void *arg)
{
	struct gateway *g = arg;
	g->sched_stopped = true;
	stop_on(g);
}

void gateway_pool_drained(struct gateway *g)
{
	size_t n = gateway_account_count(g);
	if (!g->sched_stopped || g->stopped)
		return; /* after the deadline the pools may be through before the last outcome is stored */
	for (size_t i = 0; i < n; i++)
		if (!gateway_account_at(g, i)->drained)
			return;
	g->stopped = true;
	loop_timer_cancel(g->env.loop, &g->deadline);
	g->env.on_stopped(g->env.arg);
}

static void explain(void *arg, const struct store_row *row, struct api_held *out)
{
	gateway_explain(arg, row, out);
}

static void limits(void *arg, const char *partner, void (*done)(void *ctx, const char *why, json_t *limits),
                   void *ctx)
{
	gateway_limits_of(arg, partner, done, ctx);
}

/* The API asks for the reason why nothing is admitted; NULL: it is open. */
static const char *admission_closed(void *arg)
{
	const struct gateway *g = arg;
	if (g->stopping)
		return "the gateway is stopping";
	if (g->store_failing)
		return "the store cannot be written at the moment";
	if (g->drain)
		return "the gateway takes nothing new: an operator drains it";
	return NULL;
}

static void on_published(void *arg)
{
	sched_kick(((struct gateway *)arg)->sched);
	sched_read(((struct gateway *)arg)->sched);
}

static void ask_names(void *arg, uint32_t account, uint32_t partner, const struct str *names, size_t count,
                      uint64_t wait_ms, sched_asked_cb done, void *ctx)
{
	sched_ask_names(((struct gateway *)arg)->sched, account, partner, names, count, wait_ms, done, ctx);
}

static void make_sched(struct gateway *g)
{
	struct sched_config sc = {.loop = g->env.loop,
	                          .writer = g->env.writer,
	                          .log = g->env.log,
	                          .meter = g->env.meter,
	                          .epoch = g->epoch,
	                          .decider = current_decider,
	                          .weight = weight_of,
	                          .partner = name_of,
	                          .on_store = on_store,
	                          .on_stopped = on_sched_stopped,
	                          .arg = g};
	g->sched = sched_new(&sc);
}

static void make_api(struct gateway *g)
{
	uint32_t *accounts = gateway_account_table(g, g->config);
	struct api_deps deps = {.loop = g->env.loop,
	                        .writer = g->env.writer,
	                        .reader = g->env.reader,
	                        .log = g->env.log,
	                        .meter = g->env.meter,
	                        .config = g->config,
	                        .partner_ids = g->partner_ids,
	                        .account_ids = accounts,
	                        .decider = g->decider,
	                        .owner = {.on_published = on_published,
	                                  .admission_closed = admission_closed,
	                                  .explain = explain,
	                                  .limits = limits,
	                                  .ask_names = ask_names,
	                                  .arg = g}};
	g->api = api_new(&deps);
	free(accounts);
}

static void run(struct gateway *g)
{
	g->decider = decider_new_keys(g->rules, &g->keys);
	g->rules = NULL;
	make_sched(g);
	gateway_registries_start(g, g->reg_ids);
	free(g->reg_names);
	free(g->reg_ids);
	g->reg_names = NULL;
	g->reg_ids = NULL;
	make_api(g);
	g->running = true;
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++)
		pool_start(gateway_account_at(g, i)->pool);
	gateway_pauses_apply(g);
	sched_start(g->sched);
	gateway_review_start(g);
	gateway_tidy_start(g);
	gateway_notice_start(g);
	gateway_lists_start(g);
	gateway_watch_start(g);
	g->env.on_ready(g->env.arg, NULL);
}

/* A step of the start is done, or has failed: that is told. */
static bool goes_on(struct gateway *g, const char *why)
{
	if (!g->stopping && why)
		g->env.on_ready(g->env.arg, why);
	return !g->stopping && !why;
}

static void on_policy(void *arg, const char *why)
{
	struct gateway *g = arg;
	if (!goes_on(g, why))
		return;
	gateway_policy_tell(g, g->config);
	run(g);
}

static void on_setting(struct store_op *op)
{
	struct gateway *g = CONTAINER_OF(op, struct gateway, setting.op);
	if (!goes_on(g, op->err ? op->errmsg.text : NULL))
		return;
	gateway_pauses_load(g, g->setting.value);
	gateway_policy_start(g, on_policy, g);
}

static void on_partners(struct store_op *op)
{
	struct gateway *g = CONTAINER_OF(op, struct gateway, reg.op);
	if (!goes_on(g, op->err ? op->errmsg.text : NULL))
		return;
	g->setting = (struct store_setting){.op = {.type = STORE_SETTING, .done = on_setting},
	                                    .name = GATEWAY_PAUSES,
	                                    .arena = &g->setting_arena};
	g->env.writer->submit(g->env.writer, &g->setting.op);
}

static void on_accounts(struct store_op *op)
{
	struct gateway *g = CONTAINER_OF(op, struct gateway, reg.op);
	if (!goes_on(g, op->err ? op->errmsg.text : NULL))
		return;
	free(g->reg_names);
	g->reg_names = gateway_partner_names(g->config);
	g->partner_ids = xcalloc(g->config->partner_count + 1, sizeof *g->partner_ids);
	g->reg = (struct store_register){.op = {.type = STORE_REGISTER, .done = on_partners},
	                                 .names = g->reg_names,
	                                 .ids = g->partner_ids,
	                                 .count = g->config->partner_count};
	g->env.writer->submit(g->env.writer, &g->reg.op);
}

static void on_recovered(struct store_op *op)
{
	struct gateway *g = CONTAINER_OF(op, struct gateway, recover.op);
	if (!goes_on(g, op->err ? op->errmsg.text : NULL))
		return;
	g->epoch = g->recover.epoch;
	g->keys = g->recover.keys;
	LOG(g->env.log, LOG_NOTICE, "store.recovered", "ready", F_U64("epoch", g->epoch),
	    F_U64("orphans", g->recover.orphans), F_U64("unknown", g->recover.unknown));
	size_t n = gateway_account_count(g);
	g->reg_names = xcalloc(n + 1, sizeof *g->reg_names);
	g->reg_ids = xcalloc(n + 1, sizeof *g->reg_ids);
	for (size_t i = 0; i < n; i++)
		g->reg_names[i] = gateway_account_at(g, i)->name;
	g->reg = (struct store_register){.op = {.type = STORE_REGISTER, .done = on_accounts},
	                                 .is_account = true,
	                                 .names = g->reg_names,
	                                 .ids = g->reg_ids,
	                                 .count = n};
	g->env.writer->submit(g->env.writer, &g->reg.op);
}

void gateway_start(struct gateway *g)
{
	g->recover = (struct store_recover){.op = {.type = STORE_RECOVER, .done = on_recovered},
	                                    .now = loop_wall(g->env.loop)};
	g->env.writer->submit(g->env.writer, &g->recover.op);
}

struct http_server *gateway_http(struct gateway *g)
{
	return api_http(g->api);
}

size_t gateway_requests(struct gateway *g)
{
	return g->api ? api_http(g->api)->conns.count + api_active(g->api) : 0;
}

/* ---- stopping --------------------------------------------------------------------------------------------------------- */

static void on_give_up(struct loop_timer *t)
{
	struct gateway *g = CONTAINER_OF(t, struct gateway, deadline);
	LOG(g->env.log, LOG_ERROR, "stop.given_up",
	    "outcomes cannot be stored: the next start looks them up at the registries",
	    F_C("instance", g->config->instance));
	if (g->env.on_given_up)
		g->env.on_given_up(g->env.arg);
}

static void on_deadline(struct loop_timer *t)
{
	struct gateway *g = CONTAINER_OF(t, struct gateway, deadline);
	LOG(g->env.log, LOG_WARNING, "stop.deadline",
	    "sessions are broken; what was in flight is of unknown outcome",
	    F_U64("after_ms", g->config->stop_ms));
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++) {
		struct pool *p = gateway_account_at(g, i)->pool;
		pool_drain(p);
		pool_abort(p);
	}
	g->deadline.fire = on_give_up;
	loop_timer_set(g->env.loop, &g->deadline, GIVE_UP_MS);
}

void gateway_stop(struct gateway *g)
{
	if (g->stopping)
		return;
	g->stopping = true;
	gateway_policy_stop(g);
	if (!g->running)
		return; /* the start goes no further; nothing has been begun */
	g->deadline.fire = on_deadline;
	loop_timer_set(g->env.loop, &g->deadline, g->config->stop_ms);
	api_drain(g->api);
	gateway_review_stop(g);
	gateway_tidy_stop(g);
	gateway_notice_stop(g);
	gateway_lists_stop(g);
	gateway_drain_stop(g);
	gateway_watch_stop(g);
	gateway_trace_stop(g);
	sched_stop(g->sched);
}

void gateway_free(struct gateway *g)
{
	if (g->api)
		api_free(g->api);
	if (g->sched)
		sched_free(g->sched);
	gateway_registries_free(g);
	gateway_review_free(g);
	gateway_tidy_free(g);
	gateway_notice_free(g);
	gateway_lists_free(g);
	gateway_drain_free(g);
	gateway_watch_free(g);
	loop_timer_cancel(g->env.loop, &g->deadline);
	gateway_policy_free(g);
	decider_unref(&g->decider);
	policy_unref(&g->rules);
	config_unref(&g->config);
	config_unref(&g->base);
	free(g->partner_ids);
	free(g->reg_names);
	free(g->reg_ids);
	json_decref(g->pauses);
	arena_fini(&g->setting_arena);
	explicit_bzero(&g->keys, sizeof g->keys);
	free(g);
}
