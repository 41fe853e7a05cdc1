/* STORE_DECIDE ─▶ the item is read ─▶ its result is the answer. */
#include "daemon/api/api_redecide.h"
#include "daemon/api/json_out.h"

static void end_with(struct api_call *c, const struct api_problem *p)
{
	if (c->http)
		api_problem_answer(c->http, p);
	api_call_end(c);
}

static void on_read(struct store_op *op)
{
	struct api_redecide *x = CONTAINER_OF(op, struct api_redecide, get.op);
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-cache"))};
	struct api_call *c = x->call;
	struct buf b;
	if (op->err) {
		api_problem_store(c->api, c->http, op);
	} else if (c->http) {
		buf_init(&b, API_ANSWER_MAX);
		api_result_json(&b, &c->arena, c->view, c->api, &x->get.row);
		http_respond(c->http, x->decide.repeated ? x->status_repeated : x->status, fields,
		             ARRAY_LEN(fields), buf_str(&b));
		buf_fini(&b);
	}
	api_call_end(c);
}

static void on_failed(struct api_redecide *x, struct store_op *op)
{
	struct api_call *c = x->call;
	struct api_problem p;
	if (op->err == ERR_NOT_FOUND) {
		if (c->http)
			api_problem_not_found(c->http, API_NO_SUCH_ITEM);
		api_call_end(c);
	} else if (op->err == ERR_CONFLICT || op->err == ERR_EXISTS || op->err == ERR_TOO_LONG) {
		p = x->problem(x, op);
		end_with(c, &p);
	} else {
		api_problem_store(c->api, c->http, op);
		api_call_end(c);
	}
}

static void on_decided(struct store_op *op)
{
	struct api_redecide *x = CONTAINER_OF(op, struct api_redecide, decide.op);
	struct api *a = x->call->api;
	if (op->err) {
		on_failed(x, op);
		return;
	}
	if (!x->decide.repeated) {
		x->on_decided(x);
		if (x->decide.state == ITEM_QUEUED)
			a->owner.on_published(a->owner.arg);
	}
	x->get.item = x->decide.item;
	x->get.arena = &x->call->arena;
	api_submit(a->writer, &x->get.op, STORE_GET_ITEM, on_read);
}

void api_redecide_submit(struct api_redecide *x, struct api_call *call, struct str ref)
{
	const struct config *c = call->view->config;
	x->call = call;
	x->decider = decider_ref(call->api->decider);
	x->decide.partner = call->partner_id;
	x->decide.ref = ref;
	x->decide.by = str_c(call->partner->name);
	x->decide.again = (struct store_again){.decider = x->decider,
	                                       .quotas = c->quotas,
	                                       .quota_count = c->quota_count,
	                                       .now = loop_wall(call->api->loop)};
	api_submit(call->api->writer, &x->decide.op, STORE_DECIDE, on_decided);
}

void api_redecide_release(struct api_redecide *x)
{
	decider_unref(&x->decider);
}

void api_redecide_state(struct buf *b, const void *arg)
{
	const struct store_decide *d = arg;
	json_out_str_in(b, "state", str_c(item_state_name(d->before)));
}
