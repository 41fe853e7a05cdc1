/*
 * What could not be told apart, decided by an operator: done, failed, or to be sent again.
 *
 * Happy path: the item is read and waits for a person ─▶ the decision is appended as its result, with the ledger's change
 * ─▶ its name is free again, a repeated one is queued ─▶ answered.
 *
 * Failure modes: the item waits for nobody, or something needed is missing: refused, with what it is. The store cannot
 * write: refused, nothing has changed. One decision at a time.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resolve_op {
	struct gateway *gateway;
	struct store_get_item get;
	struct store_finish finish;
	struct store_step step;
	struct arena arena;
	struct str why;
	enum item_state outcome;
	instant_ms_t created, expires; /* INSTANT_NONE: not given */
	void (*done)(void *arg, const char *why);
	void *arg;
};

static void end(struct resolve_op *r, const char *why)
{
	r->gateway->resolving = false;
	r->done(r->arg, why);
	arena_fini(&r->arena);
	free(r);
}

static void on_stored(struct store_op *op)
{
	struct resolve_op *r = CONTAINER_OF(op, struct resolve_op, finish.op);
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

static struct item_result result_of(const struct resolve_op *r)
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

static void write_decision(struct resolve_op *r)
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
	r->finish = (struct store_finish){.op = {.type = STORE_FINISH, .done = on_stored},
	                                  .steps = &r->step,
	                                  .count = 1,
	                                  .now = loop_wall(l)};
	r->gateway->env.writer->submit(r->gateway->env.writer, &r->finish.op);
}

static void on_read(struct store_op *op)
{
	struct resolve_op *r = CONTAINER_OF(op, struct resolve_op, get.op);
	const struct store_row *row = &r->get.row;
	if (op->err)
		end(r, op->err == ERR_NOT_FOUND ? "no such item" : op->errmsg.text);
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
	date_t d;
	*out = INSTANT_NONE;
	if (!text)
		return true;
	if (!date_parse(str_c(text), &d))
		return instant_parse(str_c(text), HANOI_OFFSET_S, out);
	*out = instant_of_date(d, HANOI_OFFSET_S);
	return true;
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

void gateway_resolve(struct gateway *g, const json_t *args, void (*done)(void *arg, const char *why),
                     void *arg)
{
	const char *why = json_string_value(json_object_get(args, "why"));
	json_int_t item = json_integer_value(json_object_get(args, "item"));
	struct resolve_op *r = xcalloc(1, sizeof *r);
	const char *wrong = NULL;
	*r = (struct resolve_op){.gateway = g, .done = done, .arg = arg};
	if (!g->running || g->stopping || g->resolving)
		wrong = "the gateway is starting, stopping, or at another decision";
	else if (!outcome_of(args, &r->outcome))
		wrong = "the outcome is done, failed or retry";
	else if (!why || !*why)
		wrong = "say why: it is kept with the item";
	else if (!moment_of(args, "created", &r->created) || !moment_of(args, "expires", &r->expires))
		wrong = "a date (YYYY-MM-DD) or a time (RFC 3339) is expected";
	if (wrong) {
		free(r);
		done(arg, wrong);
		return;
	}
	arena_init(&r->arena);
	r->why = arena_printf(&r->arena, "decided by an operator: %.300s", why);
	r->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = on_read},
	                                 .item = item > 0 ? (item_id_t)item : UINT64_MAX >> 1,
	                                 .arena = &r->arena};
	g->resolving = true;
	g->env.writer->submit(g->env.writer, &r->get.op);
}
