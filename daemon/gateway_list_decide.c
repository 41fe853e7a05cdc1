/*
 * What waits for a list, decided again when one comes or goes: page by page, until nothing is left.
 *
 * The gateway stops between two pages: the next start goes on where it stood. The store cannot be written: the page is tried
 * again.
 */
#include "daemon/gateway_int.h"
#include "daemon/store/store_list.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

#define RETRY_MS 5000 /* when the store could not be written */

struct gateway_lists {
	struct gateway *gateway;
	struct store_list_decide op;
	struct decider *decider; /* references while busy */
	struct config *config;
	struct loop_timer retry;
	bool busy, again;
};

static void decide_page(struct gateway_lists *w);

static void on_retry(struct loop_timer *t)
{
	decide_page(CONTAINER_OF(t, struct gateway_lists, retry));
}

static void on_page(struct store_op *op)
{
	struct gateway_lists *w = CONTAINER_OF(op, struct gateway_lists, op.op);
	struct gateway *g = w->gateway;
	w->busy = false;
	decider_unref(&w->decider);
	config_unref(&w->config);
	if (!op->err && w->op.list && !w->op.more)
		LOG(g->env.log, LOG_NOTICE, "evidence.decided", "what waited for a list was decided again",
		    F_U64("list", w->op.list), F_U64("items", w->op.decided));
	if (g->stopping)
		return;
	if (!op->err && w->op.queued)
		sched_kick(g->sched);
	if (op->err) {
		w->retry.fire = on_retry;
		loop_timer_set(g->env.loop, &w->retry, RETRY_MS);
	} else if (w->op.list || w->again) {
		decide_page(w);
	}
}

static void decide_page(struct gateway_lists *w)
{
	struct gateway *g = w->gateway;
	w->again = w->busy;
	if (w->busy || g->stopping)
		return;
	w->busy = true;
	w->decider = decider_ref(g->decider);
	w->config = config_ref(g->config);
	w->op = (struct store_list_decide){.op = {.type = STORE_LIST_DECIDE, .done = on_page},
	                                   .again = {.decider = w->decider,
	                                             .quotas = w->config->quotas,
	                                             .quota_count = w->config->quota_count,
	                                             .now = loop_wall(g->env.loop)}};
	g->env.writer->submit(g->env.writer, &w->op.op);
}

void gateway_lists_decide(struct gateway *g)
{
	decide_page(g->lists);
}

void gateway_lists_start(struct gateway *g)
{
	g->lists = xcalloc(1, sizeof *g->lists);
	g->lists->gateway = g;
	decide_page(g->lists);
}

void gateway_lists_stop(struct gateway *g)
{
	if (g->lists)
		loop_timer_cancel(g->env.loop, &g->lists->retry);
}

void gateway_lists_free(struct gateway *g)
{
	gateway_lists_stop(g);
	if (g->lists) {
		decider_unref(&g->lists->decider);
		config_unref(&g->lists->config);
	}
	free(g->lists);
	g->lists = NULL;
}
