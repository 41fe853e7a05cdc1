/*
 * Every limit with what is used of it, and every queue with what waits in it.
 *
 * Happy path: the reading connection tells what the store has counted ─▶ what ceilings and rates know is added ─▶
 * answered.
 */
#include "daemon/api/api.h"
#include "daemon/core/meter.h"
#include "daemon/gateway_int.h"
#include "daemon/job/lane.h"
#include "daemon/store/store_figures.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct limits_question {
	struct gateway_call call;
	struct store_get_used used;
	struct store_get_depths depths;
	const char *partner; /* in the arena; NULL: everybody's */
	json_t *(*describe)(const struct limits_question *q);
};

/* ---- limits -------------------------------------------------------------------------------------------------------------- */

/* `resets`: taken over. */
static void add(json_t *list, const char *whose, const char *name, const struct limit *l, uint64_t used,
                json_t *resets, uint64_t near, uint64_t over)
{
	uint64_t left = used < l->max ? l->max - used : 0;
	json_array_append_new(list,
	                      json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:b, s:s?}", "of", whose,
	                                "limit", name, "max", (json_int_t)l->max, "used", (json_int_t)used,
	                                "left", (json_int_t)left, "resets", resets, "near", (json_int_t)near,
	                                "over", (json_int_t)over, "shadow", l->shadow, "reason", l->reason));
}

/* What is counted for a period: what came when much was used, and beyond the limit, follows from the count itself. */
static void add_period(json_t *list, const char *whose, const char *name, const struct limit *l,
                       uint64_t used, json_t *resets)
{
	uint64_t much = (uint64_t)l->max * CEILING_NEAR_PERCENT / 100;
	add(list, whose, name, l, used, resets, used > much ? used - much : 0,
	    used > l->max ? used - l->max : 0);
}

static void add_ceiling(json_t *list, const struct gateway *g, const char *whose, const char *name,
                        const struct limit *l, const struct ceiling *c)
{
	if (l->max)
		add(list, whose, name, l, ceiling_used(c, loop_now_us(g->env.loop)),
		    json_string("each second"), c->near, c->over);
}

static json_t *midnight(date_t day)
{
	return day == DATE_NONE ? json_string("never") : gateway_moment(instant_of_date(day, HANOI_OFFSET_S));
}

static void add_caps(json_t *list, const struct gateway_registry *r, const char *whose, date_t today)
{
	char name[64];
	for (int k = 0; k < CAPS__COUNT; k++) {
		const struct cap *c = &r->caps.caps[k];
		snprintf(name, sizeof name, "%s_per_day",
		         k == CAP_TAKEN ? "taken_names" : limit_class_names[k]);
		if (c->limit.max)
			add(list, whose, name, &r->day[k], c->day == today ? c->used : 0, midnight(today + 1),
			    c->near, c->over);
	}
}

static void add_widths(json_t *list, const struct gateway_account *a)
{
	struct pool_stats p = {0};
	char whose[STORE_NAME_MAX + 16];
	snprintf(whose, sizeof whose, "account %s", a->name);
	if (a->pool)
		pool_stats(a->pool, &p);
	if (a->sessions.limit.max)
		add(list, whose, "sessions", &a->sessions.limit, p.ready + p.connecting,
		    json_string("when one logs out"), a->sessions.near, a->sessions.over);
	if (a->window.limit.max)
		add(list, whose, "window", &a->window.limit, p.busiest, json_string("as answers come"),
		    a->window.near, a->window.over);
}

static void add_registries(json_t *list, const struct gateway *g, date_t today)
{
	for (size_t i = 0; i < g->base->registry_count; i++) {
		const struct gateway_registry *r = &g->registries[i];
		char whose[STORE_NAME_MAX + 16], name[64];
		snprintf(whose, sizeof whose, "registry %s", r->config->name);
		add_ceiling(list, g, whose, "commands_per_second", &r->all, &r->limits.all);
		for (int k = 0; k < LIMIT_CLASS__COUNT; k++) {
			snprintf(name, sizeof name, "%s_per_second", limit_class_names[k]);
			add_ceiling(list, g, whose, name, &r->of[k], &r->limits.of[k]);
		}
		add_caps(list, r, whose, today);
		for (size_t k = 0; k < r->config->account_count; k++)
			add_widths(list, &r->accounts[k]);
	}
}

static uint64_t used_of(const struct store_get_used *u, const char *scope, date_t begin)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->list[i].begin == begin && str_eq_c(u->list[i].scope, scope))
			return u->list[i].used;
	return 0;
}

static uint64_t waiting_of(const struct limits_question *q, uint32_t partner)
{
	for (size_t i = 0; i < q->depths.partner_count; i++)
		if (q->depths.partners[i].partner == partner)
			return q->depths.partners[i].items;
	return 0;
}

static void add_partner(json_t *list, const struct limits_question *q, size_t i, date_t today)
{
	const struct gateway *g = q->call.gateway;
	const struct config_partner *p = &g->config->partners[i];
	struct api_rate rate;
	char whose[STORE_NAME_MAX + 16], scope[32];
	snprintf(whose, sizeof whose, "partner %s", p->name);
	snprintf(scope, sizeof scope, "lines/%u", g->partner_ids[i]);
	api_rate_of(g->api, p->name, &rate);
	if (p->lines_per_second.max) {
		struct limit burst = p->lines_per_second;
		burst.max = p->burst;
		add(list, whose, "lines_per_second", &burst, rate.used,
		    gateway_moment(loop_wall(g->env.loop) + (instant_ms_t)rate.empty_in_ms), rate.near,
		    rate.over);
	}
	if (p->uploads.max)
		add(list, whose, "uploads", &p->uploads, rate.uploads, json_string("when one ends"),
		    rate.near_uploads, rate.over_uploads);
	if (p->max_queued.max)
		add(list, whose, "max_queued", &p->max_queued, waiting_of(q, g->partner_ids[i]),
		    json_string("as they are sent"), rate.near_queued, rate.over_queued);
	if (p->lines_per_day.max)
		add_period(list, whose, "lines_per_day", &p->lines_per_day, used_of(&q->used, scope, today),
		           midnight(today + 1));
}

static json_t *limits(const struct limits_question *q)
{
	const struct config *c = q->call.gateway->config;
	date_t today = date_of_instant(loop_wall(q->call.gateway->env.loop), HANOI_OFFSET_S);
	json_t *list = json_array();
	add_registries(list, q->call.gateway, today);
	for (size_t i = 0; i < c->partner_count; i++)
		add_partner(list, q, i, today);
	for (size_t i = 0; i < c->quota_count; i++) {
		const struct quota *u = &c->quotas[i];
		add_period(list, "programme", u->name, &u->limit,
		           used_of(&q->used, u->name, quota_begin(u->period, today)),
		           midnight(quota_end(u->period, today)));
	}
	return json_pack("{s:o}", "limits", list);
}

static json_t *limits_of_partner(const struct limits_question *q)
{
	const struct gateway *g = q->call.gateway;
	date_t today = date_of_instant(loop_wall(g->env.loop), HANOI_OFFSET_S);
	json_t *list = json_array();
	for (size_t i = 0; i < g->config->partner_count; i++)
		if (strcmp(g->config->partners[i].name, q->partner) == 0)
			add_partner(list, q, i, today);
	return json_pack("{s:s, s:o}", "partner", q->partner, "limits", list);
}

/* ---- partners ------------------------------------------------------------------------------------------------------------ */

static bool is_paused(const struct gateway *g, uint32_t partner)
{
	bool all = gateway_account_count(g) > 0;
	for (size_t i = 0; i < gateway_account_count(g); i++)
		all = all && sched_is_held(g->sched, gateway_account_at(g, i)->id, partner, 0);
	return all;
}

static json_t *partners(const struct limits_question *q)
{
	const struct gateway *g = q->call.gateway;
	date_t today = date_of_instant(loop_wall(g->env.loop), HANOI_OFFSET_S);
	json_t *list = json_array();
	for (size_t i = 0; i < g->config->partner_count; i++) {
		const struct config_partner *p = &g->config->partners[i];
		const struct meter_partner *m = g->env.meter ? meter_partner_of(g->env.meter, p->name) : NULL;
		char scope[32];
		snprintf(scope, sizeof scope, "lines/%u", g->partner_ids[i]);
		json_array_append_new(
		    list, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
		                    p->name, "paused", is_paused(g, g->partner_ids[i]), "queued",
		                    (json_int_t)waiting_of(q, g->partner_ids[i]), "max_queued",
		                    (json_int_t)p->max_queued.max, "lines_today",
		                    (json_int_t)used_of(&q->used, scope, today), "max_today",
		                    (json_int_t)p->lines_per_day.max, "rate_used_percent",
		                    (json_int_t)(api_limit_used_ppm(g->api, p->name) / 10000), "weight",
		                    (json_int_t)p->weight, "new",
		                    (json_int_t)(m ? stats_get(&m->lines[METER_LINE_NEW]) : 0), "repeated",
		                    (json_int_t)(m ? stats_get(&m->lines[METER_LINE_REPEATED]) : 0), "bad",
		                    (json_int_t)(m ? stats_get(&m->lines[METER_LINE_BAD]) : 0)));
	}
	return json_pack("{s:o}", "partners", list);
}

/* ---- queue --------------------------------------------------------------------------------------------------------------- */

static json_t *queue(const struct limits_question *q)
{
	const struct gateway *g = q->call.gateway;
	json_t *list = json_array();
	for (size_t i = 0; i < q->depths.count; i++) {
		const struct store_depth *d = &q->depths.depths[i];
		const struct gateway_account *a = gateway_account_of(g, d->queue.account);
		bool used_up = a && sched_is_used_up(a->sched, d->queue.lane);
		bool paused = a && sched_is_held(g->sched, a->id, d->queue.partner, d->queue.lane);
		bool partly = a && sched_is_held_partly(g->sched, a->id, d->queue.partner, d->queue.lane);
		json_array_append_new(
		    list,
		    json_pack("{s:s, s:s, s:s, s:I, s:o, s:s}", "account",
		              gateway_account_name(g, d->queue.account), "lane", lane_name(d->queue.lane),
		              "partner", gateway_partner_name(g, d->queue.partner), "items",
		              (json_int_t)d->items, "oldest", gateway_moment(d->oldest), "state",
		              !a || a->closed                ? "account not configured"
		              : paused                       ? "paused"
		              : used_up                      ? "the registry's day is used up"
		              : partly                       ? "moving, but for a paused zone or grant"
		              : sched_out_of_money(a->sched) ? "what costs waits for money"
		                                             : "moving"));
	}
	return json_pack("{s:o}", "queue", list);
}

/* ---- asking --------------------------------------------------------------------------------------------------------------- */

static void end(struct limits_question *q, const struct store_op *op)
{
	gateway_call_end(&q->call, gateway_wrong(op, NULL), op->err ? NULL : q->describe(q));
}

static void on_depths(struct store_op *op)
{
	end(CONTAINER_OF(op, struct limits_question, depths.op), op);
}

static void on_used(struct store_op *op)
{
	struct limits_question *q = CONTAINER_OF(op, struct limits_question, used.op);
	if (op->err) {
		end(q, op);
		return;
	}
	q->depths = (struct store_get_depths){.op = {.type = STORE_GET_DEPTHS, .done = on_depths},
	                                      .arena = &q->call.arena};
	q->call.gateway->env.reader->submit(q->call.gateway->env.reader, &q->depths.op);
}

static void ask(struct gateway *g, json_t *(*describe)(const struct limits_question *q), const char *partner,
                gateway_answer_cb done, void *arg)
{
	struct limits_question *q = gateway_question_new(g, sizeof *q, done, arg);
	if (!q)
		return;
	q->describe = describe;
	q->partner = partner ? arena_printf(&q->call.arena, "%s", partner).ptr : NULL;
	q->used =
	    (struct store_get_used){.op = {.type = STORE_GET_USED, .done = on_used}, .arena = &q->call.arena};
	g->env.reader->submit(g->env.reader, &q->used.op);
}

void gateway_limits(struct gateway *g, gateway_answer_cb done, void *arg)
{
	ask(g, limits, NULL, done, arg);
}

void gateway_limits_of(struct gateway *g, const char *partner, gateway_answer_cb done, void *arg)
{
	ask(g, limits_of_partner, partner, done, arg);
}

void gateway_queue(struct gateway *g, gateway_answer_cb done, void *arg)
{
	ask(g, queue, NULL, done, arg);
}

void gateway_partners(struct gateway *g, gateway_answer_cb done, void *arg)
{
	ask(g, partners, NULL, done, arg);
}
