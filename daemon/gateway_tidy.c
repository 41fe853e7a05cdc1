/*
 * What the store can do when there is little else to do (STORE_TIDY), in small steps: at once while nothing waits for it,
 * and now and then all the same when something always does.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

#define STEP_MS 10   /* between steps */
#define BUSY_MS 500  /* … while others wait for the store */
#define REST_MS 5000 /* when nothing was left to do; and after a failure */

struct gateway_tidy {
	struct gateway *gateway;
	struct loop_timer timer;
	struct store_tidy op;
	bool busy;
	uint64_t last_ms; /* the last step */
};

static void look_in(struct gateway_tidy *t, uint64_t ms)
{
	loop_timer_set(t->gateway->env.loop, &t->timer, ms);
}

static void on_tidied(struct store_op *op)
{
	struct gateway_tidy *t = CONTAINER_OF(op, struct gateway_tidy, op.op);
	t->busy = false;
	if (!t->gateway->stopping)
		look_in(t, op->err || !t->op.more ? REST_MS : STEP_MS);
}

static void look(struct loop_timer *timer)
{
	struct gateway_tidy *t = CONTAINER_OF(timer, struct gateway_tidy, timer);
	struct gateway *g = t->gateway;
	uint64_t now = loop_now(g->env.loop);
	if (g->stopping || t->busy)
		return;
	if (g->env.writer->pending(g->env.writer) && now - t->last_ms < BUSY_MS) {
		look_in(t, STEP_MS);
		return;
	}
	t->last_ms = now;
	t->busy = true;
	t->op = (struct store_tidy){.op = {.type = STORE_TIDY, .done = on_tidied}};
	g->env.writer->submit(g->env.writer, &t->op.op);
}

void gateway_tidy_start(struct gateway *g)
{
	g->tidy = xcalloc(1, sizeof *g->tidy);
	g->tidy->gateway = g;
	g->tidy->timer.fire = look;
	look_in(g->tidy, STEP_MS);
}

void gateway_tidy_stop(struct gateway *g)
{
	if (g->tidy)
		loop_timer_cancel(g->env.loop, &g->tidy->timer);
}

void gateway_tidy_free(struct gateway *g)
{
	gateway_tidy_stop(g);
	free(g->tidy);
	g->tidy = NULL;
}
