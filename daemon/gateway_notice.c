/*
 * Notices: a name's free years end soon, and its partner reads so in the change feed.
 *
 * Happy path: once an hour, after every start and after every reload, STORE_NOTIFY tells what has come into sight, page by page,
 * until there is nothing more.
 *
 * Failure modes: the store cannot be written: nothing was told, it is tried again. A crash: what was told is on disk with the
 * mark that it was, or neither is. The daemon was down when a notice was due: it is told when it comes back, until some weeks
 * after the day itself.
 */
#include "daemon/gateway_int.h"
#include "daemon/store/store_changes.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

#define LOOK_MS    3600000
#define RETRY_MS   60000 /* when the store could not be written */
#define PAGE       200   /* names told by one operation: bounds the writer's time */
#define LATE_DAYS  30    /* so long after its first paid day a name is told of that was never told of */
#define MS_PER_DAY 86400000ll

struct gateway_notice {
	struct gateway *gateway;
	struct store_notify op;
	struct loop_timer timer;
	uint64_t told; /* since it began to look */
	bool busy, again;
};

static void look(struct gateway_notice *w);

static void on_timer(struct loop_timer *t)
{
	look(CONTAINER_OF(t, struct gateway_notice, timer));
}

static void look_in(struct gateway_notice *w, uint64_t delay_ms)
{
	w->timer.fire = on_timer;
	loop_timer_set(w->gateway->env.loop, &w->timer, delay_ms);
}

static void submit(struct gateway_notice *w)
{
	w->busy = true;
	w->gateway->env.writer->submit(w->gateway->env.writer, &w->op.op);
}

static void on_told(struct store_op *op)
{
	struct gateway_notice *w = CONTAINER_OF(op, struct gateway_notice, op.op);
	struct gateway *g = w->gateway;
	w->busy = false;
	w->told += op->err ? 0 : w->op.told;
	if (g->stopping)
		return;
	if (!op->err && w->op.more) {
		submit(w);
		return;
	}
	if (w->told)
		LOG(g->env.log, LOG_INFO, "notice.told", "partners are told of names that begin to cost",
		    F_U64("names", w->told));
	look_in(w, op->err ? RETRY_MS : w->again ? 0 : LOOK_MS);
	w->again = false;
}

static void look(struct gateway_notice *w)
{
	struct gateway *g = w->gateway;
	instant_ms_t now = loop_wall(g->env.loop);
	date_t today = date_of_instant(now, HANOI_OFFSET_S);
	w->again = w->busy;
	if (w->busy || g->stopping)
		return;
	if (g->config->notice_ms == 0) {
		look_in(w, LOOK_MS);
		return;
	}
	w->told = 0;
	w->op = (struct store_notify){.op = {.type = STORE_NOTIFY, .done = on_told},
	                              .from = today - LATE_DAYS,
	                              .until = today + (date_t)(g->config->notice_ms / MS_PER_DAY),
	                              .now = now,
	                              .limit = PAGE};
	submit(w);
}

void gateway_notice_start(struct gateway *g)
{
	if (!g->notice) {
		g->notice = xcalloc(1, sizeof *g->notice);
		g->notice->gateway = g;
	}
	look(g->notice);
}

void gateway_notice_stop(struct gateway *g)
{
	if (g->notice)
		loop_timer_cancel(g->env.loop, &g->notice->timer);
}

void gateway_notice_free(struct gateway *g)
{
	gateway_notice_stop(g);
	free(g->notice);
	g->notice = NULL;
}
