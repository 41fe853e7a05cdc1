/*
 * What could not be told apart, in an operator's hands: decided (done, failed, or to be sent again), or the registry is asked
 * once more what became of it.
 *
 * Happy path: the item is read and waits for a person. Decided: that is appended as its result, with the ledger's change ─▶
 * its name is free again, a repeated one is queued ─▶ answered. Asked: it is RECONCILING, durably ─▶ answered; the scheduler
 * looks, and ends it as it would after any lost answer (job_look.c).
 *
 * Failure modes: the item waits for nobody, is being looked at already, or something needed is missing: refused, with what it
 * is. The store cannot write: refused, nothing has changed. The process ends before the registry has answered: the next
 * start looks. One decision at a time.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct doubt {
	struct gateway *gateway;
	struct store_get_item get;
	struct store_finish finish;
	struct store_step step;
	struct arena arena;
	struct str why; /* this, and what follows: of a decision */
	enum item_state outcome;
	instant_ms_t created, expires; /* INSTANT_NONE: not given */
	gateway_done_cb done;
	void *arg;
};

/* NULL, and told: not now. */
static struct doubt *begin(struct gateway *g, gateway_done_cb done, void *arg)
{
	if (!g->running || g->stopping || g->resolving) {
		done(arg, "the gateway is starting, stopping, or at another decision");
		return NULL;
	}
	struct doubt *r = xcalloc(1, sizeof *r);
	*r = (struct doubt){.gateway = g, .done = done, .arg = arg};
	arena_init(&r->arena);
	g->resolving = true;
	return r;
}

static void end(struct doubt *r, const char *why)
{
	r->gateway->resolving = false;
	r->done(r->arg, why);
	arena_fini(&r->arena);
	free(r);
}

static void read_item(struct doubt *r, item_id_t item, void (*done)(struct store_op *op))
{
	struct store_executor *writer = r->gateway->env.writer;
	r->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = done},
	                                 .item = item ? item : UINT64_MAX >> 1, /* which nobody has */
	                                 .arena = &r->arena};
	writer->submit(writer, &r->get.op);
}

static void store_step(struct doubt *r, void (*done)(struct store_op *op))
{
	struct store_executor *writer = r->gateway->env.writer;
	r->finish = (struct store_finish){.op = {.type = STORE_FINISH, .done = done},
	                                  .steps = &r->step,
	                                  .count = 1,
	                                  .now = loop_wall(r->gateway->env.loop)};
	writer->submit(writer, &r->finish.op);
}

/* ---- decided ------------------------------------------------------------------------------------------------------------------- */

static void on_resolved(struct store_op *op)
{
	struct doubt *r = CONTAINER_OF(op, struct doubt, finish.op);
	struct gateway *g = r->gateway;
	if (op->err) {
		end(r, op->errmsg.text);
		return;
	}
	LOG(g->env.log, LOG_NOTICE, "item.resolved", item_state_name(r->outcome),
	    F_U64("item", r->get.row.item), F_U64("batch", r->get.row.batch), F_STR("why", r->why));
	if (!g->stopping) {
		sched_settled(g->sched, r->get.row.domain);
		sched_kick(g->sched);
	}
	end(r, NULL);
}

static struct item_result result_of(const struct doubt *r)
{
	struct item_result res = r->get.row.result;
	res.state = r->outcome;
	res.fault = r->outcome == ITEM_FAILED ? FAULT_REGISTRY : FAULT_NONE;
	res.retryable = r->outcome == ITEM_FAILED;
	res.reason = STR("RESOLVED");
	res.message = r->why;
	res.created = r->created != INSTANT_NONE ? r->created : res.created;
	res.expires = r->expires != INSTANT_NONE ? r->expires : res.expires;
	res.at = loop_wall(r->gateway->env.loop);
	return res;
}

static void write_decision(struct doubt *r)
{
	struct loop *l = r->gateway->env.loop;
	bool create = r->get.row.op == ITEM_CREATE;
	r->step =
	    (struct store_step){.item = r->get.row.item,
	                        .leaves_claim = true,
	                        .result = result_of(r),
	                        .not_before = loop_wall(l),
	                        .name = r->outcome != ITEM_DONE ? STORE_NAME_NONE
	                                : create                ? STORE_NAME_CREATED
	                                                        : STORE_NAME_RENEWED,
	                        .grant = r->outcome == ITEM_FAILED ? STORE_GRANT_RELEASE : STORE_GRANT_KEEP};
	store_step(r, on_resolved);
}

static void on_undecided(struct store_op *op)
{
	struct doubt *r = CONTAINER_OF(op, struct doubt, get.op);
	const struct store_row *row = &r->get.row;
	if (op->err)
		end(r, gateway_wrong(op, "no such item"));
	else if (row->state != ITEM_NEEDS_HUMAN)
		end(r, "only an item in needs_human waits for an operator; see vnepp item NUMBER");
	else if (r->outcome == ITEM_DONE && r->expires == INSTANT_NONE && row->result.expires == INSTANT_NONE)
		end(r, "done needs --expires: when the name now expires, as the registry says");
	else
		write_decision(r);
}

static bool moment_of(const json_t *args, const char *key, instant_ms_t *out)
{
	const char *text = json_string_value(json_object_get(args, key));
	*out = INSTANT_NONE;
	return !text || gateway_moment_parse(str_c(text), out);
}

static bool outcome_of(const json_t *args, enum item_state *out)
{
	const char *text = json_string_value(json_object_get(args, "outcome"));
	*out = !text                         ? ITEM_NEEDS_HUMAN
	       : strcmp(text, "done") == 0   ? ITEM_DONE
	       : strcmp(text, "failed") == 0 ? ITEM_FAILED
	       : strcmp(text, "retry") == 0  ? ITEM_QUEUED
	                                     : ITEM_NEEDS_HUMAN;
	return *out != ITEM_NEEDS_HUMAN;
}

void gateway_resolve(struct gateway *g, const json_t *args, gateway_done_cb done, void *arg)
{
	const char *why = json_string_value(json_object_get(args, "why"));
	json_int_t item = json_integer_value(json_object_get(args, "item"));
	struct doubt *r = begin(g, done, arg);
	const char *wrong = NULL;
	if (!r)
		return;
	if (!outcome_of(args, &r->outcome))
		wrong = "the outcome is done, failed or retry";
	else if (!why || !*why)
		wrong = "say why: it is kept with the item";
	else if (!moment_of(args, "created", &r->created) || !moment_of(args, "expires", &r->expires))
		wrong = "a date (YYYY-MM-DD) or a time (RFC 3339) is expected";
	if (wrong) {
		end(r, wrong);
		return;
	}
	r->why = arena_printf(&r->arena, "decided by an operator: %.300s", why);
	read_item(r, item > 0 ? (item_id_t)item : 0, on_undecided);
}

/* ---- asked again --------------------------------------------------------------------------------------------------------------- */

static void on_reconciling(struct store_op *op)
{
	struct doubt *r = CONTAINER_OF(op, struct doubt, finish.op);
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

static void write_step(struct doubt *r)
{
	struct item_result res = r->get.row.result;
	res.state = ITEM_RECONCILING;
	res.fault = FAULT_NONE;
	res.reason = STR("ASKED_AGAIN");
	res.message = STR("an operator has the registry asked again");
	res.at = loop_wall(r->gateway->env.loop);
	r->step = (struct store_step){.item = r->get.row.item, .result = res, .not_before = res.at};
	store_step(r, on_reconciling);
}

static void on_doubtful(struct store_op *op)
{
	struct doubt *r = CONTAINER_OF(op, struct doubt, get.op);
	const struct store_row *row = &r->get.row;
	char text[160];
	if (op->err) {
		end(r, gateway_wrong(op, "no such item"));
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

void gateway_reconcile(struct gateway *g, uint64_t item, gateway_done_cb done, void *arg)
{
	struct doubt *r = begin(g, done, arg);
	if (r)
		read_item(r, item, on_doubtful);
}
