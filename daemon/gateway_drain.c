/*
 * What still moves, and draining: nothing new is taken, what is there is sent, and somebody is told when that is over.
 *
 * Happy path: drain ─▶ admission answers 503, /readyz says so ─▶ the queue is looked at every other second ─▶ nothing
 * moves: logged once. It holds until an operator ends it, or until a restart.
 *
 * Failure modes: something is paused or waits for a registry that is away: it goes on moving nowhere, and the answer shows
 * how much. The store cannot be read: looked at again later.
 */
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/store/store_figures.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdlib.h>

#define LOOK_MS 2000

struct gateway_drain {
	struct gateway *gateway;
	struct store_get_depths depths;
	struct arena arena;
	struct loop_timer look;
	bool looking; /* the reader has the operation */
	bool over;    /* ended by an operator, while it was looking: freed when that comes back */
	bool empty;   /* has been said */
};

struct moving_question {
	struct gateway_call call;
	union {
		struct store_op op;
		struct store_get_depths depths;
		struct store_get_batch batch;
	} u;
};

/* ---- what moves ------------------------------------------------------------------------------------------------------------ */

/* Those that end without a person, a partner or a message of the registry. */
static bool moves(enum item_state s)
{
	return s == ITEM_QUEUED || s == ITEM_SENDING || s == ITEM_UNKNOWN || s == ITEM_RECONCILING;
}

static json_t *describe(const uint64_t items[ITEM_STATE__COUNT], uint64_t uploads)
{
	json_t *states = json_object();
	uint64_t moving = 0;
	for (int i = 0; i < ITEM_STATE__COUNT; i++) {
		enum item_state s = (enum item_state)i;
		moving += moves(s) ? items[i] : 0;
		json_object_set_new(states, item_state_name(s), json_integer((json_int_t)items[i]));
	}
	return json_pack("{s:b, s:I, s:I, s:o}", "idle", moving == 0 && uploads == 0, "moving",
	                 (json_int_t)moving, "requests", (json_int_t)uploads, "items", states);
}

static void end(struct moving_question *q, const char *why, json_t *answer)
{
	if (answer)
		json_object_set_new(answer, "draining", json_boolean(q->call.gateway->drain != NULL));
	gateway_call_end(&q->call, why, answer);
}

static void on_depths(struct store_op *op)
{
	struct moving_question *q = CONTAINER_OF(op, struct moving_question, u.op);
	end(q, gateway_wrong(op, NULL),
	    op->err ? NULL : describe(q->u.depths.items, api_active(q->call.gateway->api)));
}

static void on_batch(struct store_op *op)
{
	struct moving_question *q = CONTAINER_OF(op, struct moving_question, u.op);
	end(q, gateway_wrong(op, "no such batch"), op->err ? NULL : describe(q->u.batch.info.counts, 0));
}

void gateway_moving(struct gateway *g, uint64_t batch, gateway_answer_cb done, void *arg)
{
	struct moving_question *q = gateway_question_new(g, sizeof *q, done, arg);
	if (!q)
		return;
	if (batch)
		q->u.batch = (struct store_get_batch){.op = {.type = STORE_GET_BATCH, .done = on_batch},
		                                      .batch = batch};
	else
		q->u.depths = (struct store_get_depths){.op = {.type = STORE_GET_DEPTHS, .done = on_depths},
		                                        .arena = &q->call.arena};
	g->env.reader->submit(g->env.reader, &q->u.op);
}

/* ---- draining ---------------------------------------------------------------------------------------------------------------- */

static void drain_free(struct gateway_drain *d)
{
	arena_fini(&d->arena);
	free(d);
}

static void tell_empty(struct gateway_drain *d)
{
	const struct gateway *g = d->gateway;
	uint64_t moving = 0;
	for (int i = 0; i < ITEM_STATE__COUNT; i++)
		moving += moves((enum item_state)i) ? d->depths.items[i] : 0;
	if (moving || api_active(g->api) || d->empty) {
		d->empty = d->empty && !moving;
		return;
	}
	d->empty = true;
	LOG(g->env.log, LOG_NOTICE, "drain.empty", "everything that was admitted has been sent and answered",
	    F_C("instance", g->config->instance));
}

static void on_looked(struct store_op *op)
{
	struct gateway_drain *d = CONTAINER_OF(op, struct gateway_drain, depths.op);
	d->looking = false;
	if (d->over) {
		drain_free(d);
		return;
	}
	if (!op->err)
		tell_empty(d);
	arena_reset(&d->arena);
	if (!d->gateway->stopping)
		loop_timer_set(d->gateway->env.loop, &d->look, LOOK_MS);
}

static void on_look(struct loop_timer *t)
{
	struct gateway_drain *d = CONTAINER_OF(t, struct gateway_drain, look);
	d->depths = (struct store_get_depths){.op = {.type = STORE_GET_DEPTHS, .done = on_looked},
	                                      .arena = &d->arena};
	d->looking = true;
	d->gateway->env.reader->submit(d->gateway->env.reader, &d->depths.op);
}

static void begin(struct gateway *g)
{
	struct gateway_drain *d = xcalloc(1, sizeof *d);
	d->gateway = g;
	d->look.fire = on_look;
	arena_init(&d->arena);
	g->drain = d;
	on_look(&d->look);
}

void gateway_drain_stop(struct gateway *g)
{
	if (g->drain)
		loop_timer_cancel(g->env.loop, &g->drain->look);
}

void gateway_drain_free(struct gateway *g)
{
	gateway_drain_stop(g);
	if (g->drain)
		drain_free(g->drain);
	g->drain = NULL;
}

static void finish(struct gateway *g)
{
	struct gateway_drain *d = g->drain;
	gateway_drain_stop(g);
	g->drain = NULL;
	d->over = true;
	if (!d->looking)
		drain_free(d);
}

void gateway_drain(struct gateway *g, bool on)
{
	if (on == (g->drain != NULL) || !g->running || g->stopping)
		return;
	if (on)
		begin(g);
	else
		finish(g);
	LOG(g->env.log, LOG_NOTICE, on ? "drain.begun" : "drain.ended",
	    on ? "nothing new is admitted, what is there is sent" : "batches are admitted again",
	    F_C("instance", g->config->instance));
}
