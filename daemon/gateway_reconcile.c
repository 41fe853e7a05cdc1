/*
 * An operator has the registry asked once more what became of an item that could not be told apart.
 *
 * Happy path: the item is read and waits for an operator ─▶ it is RECONCILING, durably ─▶ the scheduler looks, and ends it
 * as it would after any lost answer (job_look.c).
 *
 * Failure modes: it waits for nobody, or is being looked at already: refused, with what it is. The store cannot write:
 * refused, nothing has changed. The process ends in between: the next start looks.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

struct reconcile_op {
	struct gateway *gateway;
	struct store_get_item get;
	struct store_finish finish;
	struct store_step step;
	struct arena arena;
	void (*done)(void *arg, const char *why);
	void *arg;
};

static void end(struct reconcile_op *r, const char *why)
{
	r->gateway->resolving = false;
	r->done(r->arg, why);
	arena_fini(&r->arena);
	free(r);
}

static void on_stored(struct store_op *op)
{
	struct reconcile_op *r = CONTAINER_OF(op, struct reconcile_op, finish.op);
	struct gateway *g = r->gateway;
	if (op->err) {
		end(r, op->errmsg.text);
		return;
	}
	LOG(g->env.log, LOG_NOTICE, "item.reconcile", "an operator has the registry asked again",
	    F_U64("item", r->get.row.item), F_U64("batch", r->get.row.batch));
	if (!g->stopping)
		sched_look(g->sched, r->get.row.item);
	end(r, NULL);
}

static void write_step(struct reconcile_op *r)
{
	struct gateway *g = r->gateway;
	struct item_result res = r->get.row.result;
	res.state = ITEM_RECONCILING;
	res.fault = FAULT_NONE;
	res.reason = STR("ASKED_AGAIN");
	res.message = STR("an operator has the registry asked again");
	res.at = loop_wall(g->env.loop);
	r->step = (struct store_step){.item = r->get.row.item, .result = res, .not_before = res.at};
	r->finish = (struct store_finish){
	    .op = {.type = STORE_FINISH, .done = on_stored}, .steps = &r->step, .count = 1, .now = res.at};
	g->env.writer->submit(g->env.writer, &r->finish.op);
}

static void on_read(struct store_op *op)
{
	struct reconcile_op *r = CONTAINER_OF(op, struct reconcile_op, get.op);
	const struct store_row *row = &r->get.row;
	char text[160];
	if (op->err) {
		end(r, op->err == ERR_NOT_FOUND ? "no such item" : op->errmsg.text);
	} else if (row->state == ITEM_UNKNOWN || row->state == ITEM_RECONCILING) {
		end(r, "the registry is being asked already; see vnepp item NUMBER");
	} else if (row->state != ITEM_NEEDS_HUMAN) {
		snprintf(text, sizeof text, "its outcome is not in doubt: it is %s; see vnepp item NUMBER",
		         item_state_name(row->state));
		end(r, text);
	} else {
		write_step(r);
	}
}

void gateway_reconcile(struct gateway *g, uint64_t item, void (*done)(void *arg, const char *why), void *arg)
{
	if (!g->running || g->stopping || g->resolving) {
		done(arg, "the gateway is starting, stopping, or at another decision");
		return;
	}
	struct reconcile_op *r = xcalloc(1, sizeof *r);
	*r = (struct reconcile_op){.gateway = g, .done = done, .arg = arg};
	arena_init(&r->arena);
	r->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = on_read},
	                                 .item = item ? item : UINT64_MAX >> 1,
	                                 .arena = &r->arena};
	g->resolving = true;
	g->env.writer->submit(g->env.writer, &r->get.op);
}
