/*
 * POST /v1/items/{ref}/retry: a failed or refused item is tried again under the same reference.
 *
 * Happy path: STORE_DECIDE decides it anew, under the rules in force now and with the evidence that was added since ─▶ the
 * item is read ─▶ 202 with where it stands. While it moves or waits, nothing happens and the answer is 200: so the call can
 * be repeated. No such item of this partner: 404. It is done or cancelled: 409. The store cannot write: 503.
 */
#include "daemon/api/api_body.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_held.h"

struct retry_call {
	struct api_call call;
	struct decider *decider; /* a reference */
	struct store_decide decide;
	struct store_get_item get;
};

static void release(struct api_call *c)
{
	decider_unref(&CONTAINER_OF(c, struct retry_call, call)->decider);
}

static void end_with(struct retry_call *x, const struct api_problem *p)
{
	if (x->call.http)
		api_problem_answer(x->call.http, p);
	api_call_end(&x->call);
}

static void on_read(struct store_op *op)
{
	struct retry_call *x = CONTAINER_OF(op, struct retry_call, get.op);
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-cache"))};
	struct buf b;
	if (op->err) {
		api_problem_store(x->call.api, x->call.http, op);
	} else if (x->call.http) {
		buf_init(&b, API_ANSWER_MAX);
		api_result_json(&b, &x->call.arena, x->call.view, x->call.api, &x->get.row);
		http_respond(x->call.http, x->decide.repeated ? 200 : 202, fields, ARRAY_LEN(fields),
		             buf_str(&b));
		buf_fini(&b);
	}
	api_call_end(&x->call);
}

static void state_member(struct buf *b, const void *arg)
{
	const struct store_decide *d = arg;
	json_out_str_in(b, "state", str_c(item_state_name(d->before)));
}

static void refused(struct retry_call *x, const struct store_op *op)
{
	if (op->err == ERR_NOT_FOUND)
		end_with(x, &(struct api_problem){.status = 404,
		                                  .type = "not-found",
		                                  .title = "There is no such resource",
		                                  .detail = STR("this partner has no item with this ref")});
	else
		end_with(x, &(struct api_problem){.status = 409,
		                                  .type = "not-retryable",
		                                  .title = "Only what failed or was refused is tried again",
		                                  .detail = str_c(op->errmsg.text),
		                                  .extra = state_member,
		                                  .arg = &x->decide});
}

static void on_decided(struct store_op *op)
{
	struct retry_call *x = CONTAINER_OF(op, struct retry_call, decide.op);
	const struct store_decide *d = &x->decide;
	struct api *a = x->call.api;
	if (op->err == ERR_NOT_FOUND || op->err == ERR_CONFLICT) {
		refused(x, op);
		return;
	}
	if (op->err) {
		api_problem_store(a, x->call.http, op);
		api_call_end(&x->call);
		return;
	}
	if (!d->repeated)
		LOG(a->log, LOG_INFO, "item.retried", "on the partner's wish",
		    F_C("partner", x->call.partner->name), F_C("trace", x->call.trace),
		    F_U64("item", d->item), F_U64("batch", d->batch), F_C("state", item_state_name(d->state)),
		    F_C("reason", d->reason));
	if (!d->repeated && d->state == ITEM_QUEUED)
		a->on_published(a->arg);
	x->get.item = d->item;
	x->get.arena = &x->call.arena;
	api_submit(a->writer, &x->get.op, STORE_GET_ITEM, on_read);
}

void api_retry_item(const struct api_request *q)
{
	const struct config *c = q->api->view->config;
	if (!api_accept_json(q->http) || !api_is_open(q))
		return;
	struct retry_call *x = api_call_new(q, sizeof *x, release);
	x->decider = decider_ref(q->api->decider);
	x->decide.how = STORE_DECIDE_RETRY;
	x->decide.partner = q->partner_id;
	x->decide.ref = arena_str(&x->call.arena, q->arg);
	x->decide.by = str_c(q->partner->name);
	x->decide.again = (struct store_again){.decider = x->decider,
	                                       .quotas = c->quotas,
	                                       .quota_count = c->quota_count,
	                                       .now = loop_wall(q->api->loop)};
	api_submit(q->api->writer, &x->decide.op, STORE_DECIDE, on_decided);
}
