/*
 * One item for an operator: what is known of it, what holds it, and who can change that.
 *
 * Happy path: the reading connection finds it ─▶ what the scheduler and the pools know is added ─▶ answered. Without a
 * number: those whose outcome is open, the ones for a person among them.
 */
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/job/lane.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct item_question {
	struct gateway_call call;
	struct store_get_item get;
};

/* ---- what holds it ------------------------------------------------------------------------------------------------------- */

/* Put back, for a while. */
static void again_later(const struct store_row *row, struct api_held *r)
{
	if (str_eq_c(row->result.reason, "NAME_BUSY"))
		*r =
		    (struct api_held){"name", "operator", row->not_before,
		                      "another command for this name is not settled yet: see what holds that "
		                      "one; it is tried again then"};
	else
		*r = (struct api_held){"retry", "nobody", row->not_before,
		                       "it is tried again then: see 'reason' and 'message'"};
}

/* The sender's side: from what stands still longest to what passes by itself. */
static void queued(const struct gateway *g, const struct store_row *row, struct api_held *r)
{
	const struct gateway_account *a = gateway_account_of(g, row->account);
	struct store_queue_key queue = {row->account, row->partner, row->lane};
	struct pool_stats p;
	if (!a || a->closed) {
		*r = (struct api_held){"account", "operator", INSTANT_NONE,
		                       "its account is not configured any more"};
		return;
	}
	pool_stats(a->pool, &p);
	if (sched_is_held(g->sched, a->id, row->partner, row->lane))
		*r = (struct api_held){"pause", "operator", INSTANT_NONE,
		                       "paused: see 'pauses' in vnepp status, and vnepp resume"};
	else if (row->paid && sched_is_held_paid(g->sched, a->id, row->partner, row->lane))
		*r = (struct api_held){
		    "pause", "operator", INSTANT_NONE,
		    "what costs money is paused: see 'pauses' in vnepp status, and vnepp resume"};
	else if (sched_is_held_item(g->sched, &queue, row->domain, row->paid, row->decision_common))
		*r = (struct api_held){
		    "pause", "operator", INSTANT_NONE,
		    "its zone or its grant is paused: see 'pauses' in vnepp status, and vnepp resume"};
	else if (sched_is_used_up(a->sched, row->lane))
		*r = (struct api_held){
		    "day", "operator", caps_day_end(&a->registry->caps),
		    "what the registry takes of these commands on a day is used up: see vnepp "
		    "limits"};
	else if (row->paid && sched_out_of_money(a->sched))
		*r = (struct api_held){
		    "money", "operator", INSTANT_NONE,
		    "the registry refuses for lack of money (2104): top up the deposit, it goes on "
		    "by itself"};
	else if (g->store_failing)
		*r = (struct api_held){"store", "operator", INSTANT_NONE,
		                       "the store cannot be written: nothing is sent"};
	else if (row->not_before != INSTANT_NONE && row->not_before > loop_wall(g->env.loop))
		again_later(row, r);
	else if (p.stopped || p.ready == 0) {
		*r = (struct api_held){"registry", p.stopped ? "operator" : "registry", INSTANT_NONE, ""};
		if (p.retry_in_ms)
			r->until = loop_wall(g->env.loop) + (instant_ms_t)p.retry_in_ms;
		snprintf(r->detail, sizeof r->detail, "%s is not logged in%s%.160s", a->name,
		         p.last_error[0] ? ": " : "", p.last_error);
	} else {
		*r = (struct api_held){"turn", "nobody", INSTANT_NONE, "it waits for its turn"};
		if (a->registry->limits.all.limit)
			snprintf(r->detail, sizeof r->detail,
			         "it waits for its turn; %s sends at most %u commands per second", a->name,
			         a->registry->limits.all.limit);
	}
}

void gateway_explain(const struct gateway *g, const struct store_row *row, struct api_held *r)
{
	switch (row->state) {
	case ITEM_QUEUED: queued(g, row, r); break;
	case ITEM_SENDING:
		*r = (struct api_held){"registry", "nobody", INSTANT_NONE,
		                       "claimed: it leaves next, or its answer is on the way"};
		break;
	case ITEM_WAITING:
		*r = (struct api_held){"evidence", "partner", INSTANT_NONE,
		                       "something is missing: see 'needs'"};
		break;
	case ITEM_REVIEW:
		*r = (struct api_held){"review", "policy admin", INSTANT_NONE,
		                       "a person must decide: see 'reason'"};
		if (row->waits_since != INSTANT_NONE)
			r->until = gateway_review_ends(g, row->waits_since);
		break;
	case ITEM_PENDING:
		*r = (struct api_held){"registry", "registry", INSTANT_NONE,
		                       "the registry decides later, by a message in its poll queue"};
		break;
	case ITEM_UNKNOWN:
	case ITEM_RECONCILING:
		*r = (struct api_held){"doubt", "nobody", INSTANT_NONE,
		                       "the registry is being asked whether it was carried out"};
		break;
	case ITEM_NEEDS_HUMAN:
		*r = (struct api_held){"doubt", "operator", INSTANT_NONE,
		                       "what was seen cannot be told apart: see 'message'"};
		break;
	default: *r = (struct api_held){"nothing", "nobody", INSTANT_NONE, "it has ended"}; break;
	}
}

/* ---- the answer ---------------------------------------------------------------------------------------------------------- */

/* Of the decision in force, as text: the last day on which it is free. */
static struct str eligible_until(const struct store_row *row)
{
	static const char key[] = "\"eligible_until\":\"";
	struct str all = row->decision_item;
	const char *at = all.len ? memmem(all.ptr, all.len, key, sizeof key - 1) : NULL;
	if (!at)
		return STR_NONE; /* null, or none was taken */
	struct str rest = str_make(at + sizeof key - 1, all.len - (size_t)(at + sizeof key - 1 - all.ptr));
	return str_split(&rest, '"');
}

static json_t *describe(const struct gateway *g, const struct store_row *row, struct arena *scratch)
{
	const struct item_result *res = &row->result;
	bool ended = res->at != INSTANT_NONE;
	struct api_held r;
	gateway_explain(g, row, &r);
	return json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o, "
	                 "s:i, s:i, s:o, s:o, "
	                 "s:o, s:o, s:o}",
	                 "item", (json_int_t)row->item, "batch", (json_int_t)row->batch, "line",
	                 (json_int_t)row->line, "partner", gateway_partner_name(g, row->partner), "ref",
	                 gateway_text(row->ref), "domain", gateway_text(row->domain), "account",
	                 gateway_account_name(g, row->account), "op",
	                 row->op == ITEM_CREATE ? "create" : "renew", "state", item_state_name(row->state),
	                 "held_by", r.by, "who_can_change_it", r.who, "held_until", gateway_moment(r.until),
	                 "detail", r.detail, "reason",
	                 gateway_text(ended && res->reason.len ? res->reason : str_c(row->intake_reason)),
	                 "message", gateway_text(api_result_message(row, g->decider, scratch)), "needs",
	                 gateway_text(res->needs), "code", res->code, "attempts", res->attempt, "cltrid",
	                 gateway_text(res->cl_trid), "svtrid", gateway_text(res->sv_trid), "admitted",
	                 gateway_moment(row->admitted), "eligible_until", gateway_text(eligible_until(row)),
	                 "at", gateway_moment(res->at));
}

static void on_read(struct store_op *op)
{
	struct item_question *i = CONTAINER_OF(op, struct item_question, get.op);
	json_t *item = op->err ? NULL : describe(i->call.gateway, &i->get.row, &i->call.arena);
	gateway_call_end(&i->call, gateway_wrong(op, "no such item"), item);
}

void gateway_item(struct gateway *g, uint64_t id, gateway_answer_cb done, void *arg)
{
	if (id == 0) {
		done(arg, "an item is named by its number, from 1", NULL);
		return;
	}
	struct item_question *i = gateway_question_new(g, sizeof *i, done, arg);
	if (!i)
		return;
	i->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = on_read},
	                                 .item = id,
	                                 .arena = &i->call.arena};
	g->env.reader->submit(g->env.reader, &i->get.op);
}

/* ---- what is open -------------------------------------------------------------------------------------------------------- */

#define OPEN_PAGE 200

struct open_question {
	struct gateway_call call;
	struct store_get_open get;
};

static json_t *describe_open(const struct gateway *g, const struct store_row *row)
{
	return json_pack("{s:I, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "item", (json_int_t)row->item,
	                 "state", item_state_name(row->state), "op",
	                 row->op == ITEM_CREATE ? "create" : "renew", "domain", gateway_text(row->domain),
	                 "partner", gateway_partner_name(g, row->partner), "account",
	                 gateway_account_name(g, row->account), "at", gateway_moment(row->result.at),
	                 "reason", gateway_text(row->result.reason), "message",
	                 gateway_text(row->result.message), "cltrid", gateway_text(row->result.cl_trid));
}

static void on_open(struct store_op *op)
{
	struct open_question *q = CONTAINER_OF(op, struct open_question, get.op);
	json_t *list = json_array();
	for (size_t i = 0; !op->err && i < q->get.count; i++)
		json_array_append_new(list, describe_open(q->call.gateway, &q->get.rows[i]));
	gateway_call_end(&q->call, gateway_wrong(op, NULL),
	                 json_pack("{s:o, s:b}", "items", list, "more", q->get.more));
}

void gateway_items_open(struct gateway *g, uint64_t after, gateway_answer_cb done, void *arg)
{
	struct open_question *q = gateway_question_new(g, sizeof *q, done, arg);
	if (!q)
		return;
	q->get = (struct store_get_open){.op = {.type = STORE_GET_OPEN, .done = on_open},
	                                 .after = after,
	                                 .limit = OPEN_PAGE,
	                                 .arena = &q->call.arena};
	g->env.reader->submit(g->env.reader, &q->get.op);
}
