/*
 * Samples and health.
 *
 * Happy path: every ten seconds the reader says what waits and since when; that and what was counted since becomes one
 * point, which the writer adds to the history; the writer counts newly registered names, and then the reader says how far
 * each target is.
 * Failure modes: the store does not answer in time, or cannot be read: the sample is left out, the figures keep what
 * they were; the history cannot be written: the point is missing from the plots. Nothing waits for any of this.
 */
#include "daemon/gateway_observe_int.h"
#include "daemon/gateway_policy.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "policy/targets.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERTS_EVERY   6   /* samples: files are exchanged while we run */
#define COUNT_MORE_MS 100 /* a store from before is counted in the background, the writer has other work */

const char *const gateway_observe_series[] = {"queued",    "held",        "doubt",  "done",     "failed",
                                              "lines",     "registry_us", "api_us", "store_us", "sessions",
                                              "in_flight", "limit_ppm",   NULL};

/* ---- the point -------------------------------------------------------------------------------------------------------- */

static void sum_up(const struct gateway_observer *o, struct observe_sums *s)
{
	const struct meter *m = o->env.meter;
	uint64_t us;
	*s = (struct observe_sums){.done = stats_get(&m->items[METER_ITEM_DONE]),
	                           .failed = stats_get(&m->items[METER_ITEM_FAILED])};
	list_for_each (n, &m->partners)
		s->lines += stats_get(&LIST_ITEM(n, struct meter_partner, node)->lines[METER_LINE_NEW]);
	list_for_each (n, &m->accounts) {
		const struct meter_account *a = LIST_ITEM(n, struct meter_account, node);
		for (int i = 0; i < METER_COMMAND__COUNT; i++) {
			s->registry_n += stats_count(&a->command[i], &us);
			s->registry_us += us;
		}
	}
	for (int i = 0; i < METER_ROUTE__COUNT; i++) {
		s->api_n += stats_count(&m->route[i], &us);
		s->api_us += us;
	}
	s->store_n = stats_count(&m->writer.group, &s->store_us);
}

static int64_t mean(uint64_t us, uint64_t us_before, uint64_t n, uint64_t n_before)
{
	return n > n_before ? (int64_t)((us - us_before) / (n - n_before)) : INT64_MIN;
}

static int64_t limit_used(const struct gateway_observer *o)
{
	int64_t most = INT64_MIN;
	for (size_t i = 0; i < o->g->base->registry_count; i++) {
		int64_t used = stats_get(&o->registries[i].used.value);
		if (o->g->registries[i].limits.all.limit && used > most)
			most = used;
	}
	return most;
}

static void fill_values(struct gateway_observer *o)
{
	struct observe_sums now, *was = &o->before;
	int64_t *v = o->values, ready = 0, flying = 0;
	const uint64_t *n = o->items;
	sum_up(o, &now);
	for (size_t i = 0; i < gateway_account_count(o->g); i++) {
		struct pool_stats p;
		pool_stats(gateway_account_at(o->g, i)->pool, &p);
		ready += p.ready;
		flying += p.in_flight;
	}
	v[SERIES_QUEUED] = (int64_t)(n[ITEM_QUEUED] + n[ITEM_SENDING]);
	v[SERIES_HELD] = (int64_t)(n[ITEM_WAITING] + n[ITEM_REVIEW] + n[ITEM_NEEDS_HUMAN]);
	v[SERIES_DOUBT] = (int64_t)(n[ITEM_UNKNOWN] + n[ITEM_RECONCILING] + n[ITEM_PENDING]);
	v[SERIES_DONE] = now.done - was->done;
	v[SERIES_FAILED] = now.failed - was->failed;
	v[SERIES_LINES] = now.lines - was->lines;
	v[SERIES_REGISTRY_US] = mean(now.registry_us, was->registry_us, now.registry_n, was->registry_n);
	v[SERIES_API_US] = mean(now.api_us, was->api_us, now.api_n, was->api_n);
	v[SERIES_STORE_US] = mean(now.store_us, was->store_us, now.store_n, was->store_n);
	v[SERIES_SESSIONS] = ready;
	v[SERIES_IN_FLIGHT] = flying;
	v[SERIES_LIMIT_PPM] = limit_used(o);
	*was = now;
}

static void on_added(struct store_op *op)
{
	CONTAINER_OF(op, struct gateway_observer, add.op)->sampling = false;
}

static void add_point(struct gateway_observer *o)
{
	struct loop *loop = o->g->env.loop;
	uint64_t now = loop_now(loop);
	observe_figures_rates(o, now - o->sampled_ms);
	o->sampled_ms = now;
	fill_values(o);
	o->add = (struct store_history_add){.op = {.type = STORE_HISTORY_ADD, .done = on_added},
	                                    .at = loop_wall(loop),
	                                    .values = o->values,
	                                    .count = SERIES__COUNT};
	if (o->env.on_point)
		o->env.on_point(o->env.arg, o->add.at, o->values, SERIES__COUNT);
	o->g->env.writer->submit(o->g->env.writer, &o->add.op);
}

/* ---- what waits -------------------------------------------------------------------------------------------------------- */

static const char *partner_of(const struct gateway *g, uint32_t id)
{
	for (size_t i = 0; i < g->config->partner_count; i++)
		if (g->partner_ids[i] == id)
			return g->config->partners[i].name;
	return NULL; /* one that is no longer configured */
}

static void keep_depths(struct gateway_observer *o)
{
	memcpy(o->items, o->depths.items, sizeof o->items);
	for (int i = 0; i < LANE__COUNT; i++) {
		o->lanes[i].count = 0;
		o->lanes[i].since = INSTANT_NONE;
	}
	list_for_each (n, &o->partners)
		LIST_ITEM(n, struct observe_partner, node)->items = 0;
	for (size_t i = 0; i < o->depths.count; i++) {
		const struct store_depth *d = &o->depths.depths[i];
		struct observe_lane *l = &o->lanes[d->queue.lane < LANE__COUNT ? d->queue.lane : LANE_CREATE];
		l->count += d->items;
		if (l->since == INSTANT_NONE || d->oldest < l->since)
			l->since = d->oldest;
	}
	for (size_t i = 0; i < o->depths.partner_count; i++) {
		const char *partner = partner_of(o->g, o->depths.partners[i].partner);
		if (partner)
			observe_figures_partner(o, partner)->items = o->depths.partners[i].items;
	}
}

static void on_depths(struct store_op *op)
{
	struct gateway_observer *o = CONTAINER_OF(op, struct gateway_observer, depths.op);
	if (!op->err)
		keep_depths(o);
	arena_reset(&o->depths_arena);
	if (op->err || o->stopped || o->g->stopping)
		o->sampling = false;
	else
		add_point(o);
}

/* ---- targets ------------------------------------------------------------------------------------------------------------- */

static bool zone_fits(struct str want, struct str zone)
{
	if (!want.len || str_eq(want, zone))
		return true;
	/* "vn" is everything under it. */
	return str_eq(want, STR("vn")) && str_ends(zone, STR(".vn"));
}

static bool province_fits(const struct policy_target *t, struct str province)
{
	struct str rest = province, code = str_split(&rest, '@');
	return !t->province.len || (str_eq(code, t->province) && str_eq(rest, t->list));
}

static bool read_target(struct gateway_observer *o);

static void on_target(struct store_op *op)
{
	struct gateway_observer *o = CONTAINER_OF(op, struct gateway_observer, reading.op);
	const struct policy_ruleset *rules = decider_rules(o->g->decider);
	bool same = strcmp(o->rules, decider_revision(o->g->decider)) == 0;
	if (!op->err && same) {
		struct observe_target *found = &o->targets[o->target];
		struct policy_target t;
		policy_target_at(rules, o->target, &t);
		*found = (struct observe_target){.known = true};
		for (size_t i = 0; i < o->reading.count; i++) {
			const struct store_progress_row *row = &o->reading.rows[i];
			if (!zone_fits(t.zone, row->zone) || !province_fits(&t, row->province))
				continue;
			found->names += row->names;
			found->granted += row->granted;
		}
	}
	arena_reset(&o->reading_arena);
	o->target++;
	o->reading_busy = !op->err && same && !o->stopped && read_target(o);
}

/* False: there is none left. */
static bool read_target(struct gateway_observer *o)
{
	struct policy_target t;
	if (o->target >= o->target_count)
		return false;
	policy_target_at(decider_rules(o->g->decider), o->target, &t);
	o->reading = (struct store_get_progress){.op = {.type = STORE_GET_PROGRESS, .done = on_target},
	                                         .from = t.from == DATE_NONE ? 0 : t.from,
	                                         .to = t.to == DATE_NONE ? INT32_MAX : t.to,
	                                         .arena = &o->reading_arena};
	o->g->env.reader->submit(o->g->env.reader, &o->reading.op);
	return true;
}

static void read_targets(struct gateway_observer *o)
{
	const char *revision = decider_revision(o->g->decider);
	if (strcmp(o->rules, revision) != 0) {
		size_t n = policy_target_count(decider_rules(o->g->decider));
		snprintf(o->rules, sizeof o->rules, "%s", revision);
		o->target_count = n < OBSERVE_TARGETS_MAX ? n : OBSERVE_TARGETS_MAX;
		memset(o->targets, 0, sizeof o->targets);
	}
	o->target = 0;
	o->reading_busy = read_target(o);
}

static void on_counted(struct store_op *op)
{
	struct gateway_observer *o = CONTAINER_OF(op, struct gateway_observer, progress.op);
	o->counting = false;
	if (op->err || o->stopped || o->g->stopping)
		return;
	if (o->progress.more)
		loop_timer_set(o->g->env.loop, &o->count_more, COUNT_MORE_MS);
	else if (!o->reading_busy)
		read_targets(o);
}

static void count_names(struct gateway_observer *o)
{
	loop_timer_cancel(o->g->env.loop, &o->count_more);
	o->counting = true;
	o->progress = (struct store_progress){.op = {.type = STORE_PROGRESS, .done = on_counted}};
	o->g->env.writer->submit(o->g->env.writer, &o->progress.op);
}

static void on_count_more(struct loop_timer *t)
{
	struct gateway_observer *o = CONTAINER_OF(t, struct gateway_observer, count_more);
	if (!o->counting && !o->g->stopping)
		count_names(o);
}

/* ---- the tick ------------------------------------------------------------------------------------------------------------ */

static void sample(struct gateway_observer *o)
{
	if (!o->sampling) {
		o->sampling = true;
		o->depths = (struct store_get_depths){.op = {.type = STORE_GET_DEPTHS, .done = on_depths},
		                                      .arena = &o->depths_arena};
		o->g->env.reader->submit(o->g->env.reader, &o->depths.op);
	}
	if (!o->counting)
		count_names(o);
	observe_limits_ask(o);
	if (o->ticks % CERTS_EVERY == 0)
		observe_figures_config(o);
	o->ticks++;
}

static void on_tick(struct loop_timer *t)
{
	struct gateway_observer *o = CONTAINER_OF(t, struct gateway_observer, tick);
	if (o->g->running && !o->g->stopping)
		sample(o);
	loop_timer_set(o->g->env.loop, t, GATEWAY_OBSERVE_MS);
}

/* ---- health ----------------------------------------------------------------------------------------------------------------- */

const char *observe_state(const struct gateway *g)
{
	return g->stopping        ? "stopping"
	       : g->store_failing ? "store failing"
	       : g->drain         ? "draining"
	       : g->running       ? "running"
	                          : "starting";
}

bool observe_open(const struct gateway *g)
{
	return g->running && !g->stopping && !g->store_failing && !g->drain;
}

const char *observe_account_state(const struct pool_stats *p)
{
	return p->stopped ? "stopped" : p->ready ? "ready" : "connecting";
}

struct checks {
	struct http_admin_check *list;
	size_t count, max;
};

static void add_check(struct checks *c, enum http_admin_health health, const char *kind, const char *name,
                      const char *text)
{
	if (c->count == c->max)
		return;
	struct http_admin_check *k = &c->list[c->count++];
	k->health = health;
	snprintf(k->name, sizeof k->name, "%s%s%s", kind, name[0] ? " " : "", name);
	snprintf(k->text, sizeof k->text, "%s", text);
}

static void check_accounts(struct gateway_observer *o, struct checks *c)
{
	char text[160];
	for (size_t i = 0; o->g->running && i < gateway_account_count(o->g); i++) {
		const struct gateway_account *a = gateway_account_at(o->g, i);
		struct pool_stats p;
		if (a->closed)
			continue;
		pool_stats(a->pool, &p);
		bool poor = sched_out_of_money(a->sched);
		snprintf(text, sizeof text, "%s, %u of %u sessions%s%s%s", observe_account_state(&p), p.ready,
		         p.wanted, poor ? ", out of money: what costs waits" : "",
		         p.ready || !p.last_error[0] ? "" : ": ", p.ready ? "" : p.last_error);
		add_check(c, p.ready && !poor ? HTTP_ADMIN_FINE : HTTP_ADMIN_WARNS, "registry", a->name,
		          text);
	}
}

static void check_certs(struct gateway_observer *o, struct checks *c)
{
	char text[160], until[DATE_TEXT_MAX];
	instant_ms_t now = loop_wall(o->g->env.loop) - o->g->env.loop->clock->shift_ms;
	for (size_t i = 0; i < o->cert_count; i++) {
		const struct observe_cert *k = &o->certs[i];
		date_format(until, date_of_instant(k->not_after, HANOI_OFFSET_S));
		snprintf(text, sizeof text, "%s %s", k->not_after < now ? "expired on" : "valid until",
		         until);
		add_check(c, k->validity == CERT_VALID ? HTTP_ADMIN_FINE : HTTP_ADMIN_WARNS, k->use, k->name,
		          text);
	}
}

/* Forgotten pauses are the commonest reason why nothing is sent. */
static void check_pauses(const struct gateway *g, struct checks *c)
{
	char text[160];
	size_t n = json_array_size(g->pauses);
	if (n == 0)
		return;
	snprintf(text, sizeof text, "%zu in force: 'vnepp status' lists them, 'vnepp resume' lifts them", n);
	add_check(c, HTTP_ADMIN_WARNS, "pauses", "", text);
}

/* A rule set that goes again unless somebody confirms it is worth a look. */
static void check_policy(const struct gateway *g, struct checks *c)
{
	char text[160], until[TIME_TEXT_MAX];
	instant_ms_t confirm_by = g->policy->life.confirm_by;
	if (!g->decider)
		add_check(c, HTTP_ADMIN_FAILS, "policy", "", "no rules in force");
	else if (confirm_by == INSTANT_NONE)
		add_check(c, HTTP_ADMIN_FINE, "policy", "", decider_revision(g->decider));
	else {
		snprintf(text, sizeof text, "%s waits to be confirmed before %s",
		         decider_revision(g->decider),
		         instant_format(until, confirm_by, HANOI_OFFSET_S, false));
		add_check(c, HTTP_ADMIN_WARNS, "policy", "", text);
	}
}

size_t gateway_observe_checks(void *arg, struct http_admin_check *out, size_t max)
{
	struct gateway_observer *o = arg;
	const struct gateway *g = o->g;
	struct checks c = {out, 0, max};
	bool starting = !g->running, failing = g->store_failing;
	add_check(&c, starting || g->stopping ? HTTP_ADMIN_FAILS : HTTP_ADMIN_FINE, "gateway", "",
	          observe_state(g));
	add_check(&c, starting || failing ? HTTP_ADMIN_FAILS : HTTP_ADMIN_FINE, "store", "",
	          starting  ? "not recovered yet"
	          : failing ? "cannot be written"
	                    : "written");
	add_check(&c, observe_open(g) ? HTTP_ADMIN_FINE : HTTP_ADMIN_FAILS, "admission", "",
	          observe_open(g) ? "open"
	          : g->drain      ? "closed: an operator drains the gateway"
	                          : "closed");
	check_pauses(g, &c);
	check_policy(g, &c);
	check_accounts(o, &c);
	check_certs(o, &c);
	return c.count;
}

/* ---- life --------------------------------------------------------------------------------------------------------------------- */

struct gateway_observer *gateway_observe_new(const struct gateway_observe_env *env)
{
	struct gateway_observer *o = xcalloc(1, sizeof *o);
	o->env = *env;
	o->g = env->gateway;
	o->sampled_ms = loop_now(o->g->env.loop);
	observe_figures_init(o);
	o->tick.fire = on_tick;
	o->count_more.fire = on_count_more;
	loop_timer_set(o->g->env.loop, &o->tick, GATEWAY_OBSERVE_MS / 10);
	return o;
}

void gateway_observe_stop(struct gateway_observer *o)
{
	o->stopped = true;
	loop_timer_cancel(o->g->env.loop, &o->tick);
	loop_timer_cancel(o->g->env.loop, &o->count_more);
}

void gateway_observe_reloaded(struct gateway_observer *o, bool done)
{
	struct meter *m = o->env.meter;
	stats_add(done ? &m->reloads : &m->reloads_refused, 1);
	if (!done)
		return;
	stats_set(&o->reload_last.value, loop_wall(o->g->env.loop) * 1000);
	observe_figures_config(o);
}

void gateway_observe_free(struct gateway_observer *o)
{
	gateway_observe_stop(o);
	observe_figures_fini(o);
	observe_limits_fini(o);
	arena_fini(&o->depths_arena);
	arena_fini(&o->reading_arena);
	free(o);
}
