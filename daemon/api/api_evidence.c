/*
 * POST /v1/items/{ref}/evidence: a partner adds what an item waits for.
 *
 * Happy path: the body is read and checked as in a batch ─▶ STORE_DECIDE adds it and decides the item again ─▶ the item
 * is read ─▶ 200 with its result, the same as GET would say.
 *
 * Failure modes: a bad body: 422 with every error; nothing was added. No such item of this partner: 404. It does not wait:
 * 409 with where it stands; but evidence that is all there already is answered as if it had just been added, so that the
 * call can be repeated. The store cannot write: 503, nothing was added.
 */
#include "daemon/api/api_int.h"
#include "daemon/api/item_json.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_held.h"

#define BODY_MAX (64u << 10) /* sixteen pieces with the longest texts have less than half of it */

struct evidence_call {
	struct api_call call;
	struct buf body;
	struct line_errors errors;
	struct arena scratch;
	struct item_request req;
	struct decider *decider; /* a reference */
	struct store_decide decide;
	struct store_get_item get;
	struct str ref;
};

static void release(struct api_call *c)
{
	struct evidence_call *x = CONTAINER_OF(c, struct evidence_call, call);
	buf_fini(&x->body);
	line_errors_fini(&x->errors);
	arena_fini(&x->scratch);
	decider_unref(&x->decider);
}

static void end_with(struct evidence_call *x, const struct api_problem *p)
{
	if (x->call.http)
		api_problem_answer(x->call.http, p);
	api_call_end(&x->call);
}

static void not_found(struct evidence_call *x)
{
	end_with(x, &(struct api_problem){.status = 404,
	                                  .type = "not-found",
	                                  .title = "There is no such resource",
	                                  .detail = STR("this partner has no item with this ref")});
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------- */

static void on_read(struct store_op *op)
{
	struct evidence_call *x = CONTAINER_OF(op, struct evidence_call, get.op);
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-cache"))};
	struct buf b;
	if (op->err) {
		api_problem_store(x->call.api, x->call.http, op);
	} else if (x->call.http) {
		buf_init(&b, API_ANSWER_MAX);
		api_result_json(&b, &x->call.arena, x->call.view, x->call.api, &x->get.row);
		http_respond(x->call.http, 200, fields, ARRAY_LEN(fields), buf_str(&b));
		buf_fini(&b);
	}
	api_call_end(&x->call);
}

static void state_member(struct buf *b, const void *arg)
{
	const struct store_decide *d = arg;
	json_out_str_in(b, "state", str_c(item_state_name(d->before)));
}

static void refused(struct evidence_call *x, const struct store_op *op)
{
	bool conflict = op->err == ERR_CONFLICT;
	end_with(x,
	         &(struct api_problem){.status = conflict ? 409 : 422,
	                               .type = conflict ? "not-waiting" : "too-much-evidence",
	                               .title = conflict ? "The item does not wait for evidence"
	                                                 : "An item cannot have that many pieces of evidence",
	                               .detail = str_c(op->errmsg.text),
	                               .extra = state_member,
	                               .arg = &x->decide});
}

static void on_decided(struct store_op *op)
{
	struct evidence_call *x = CONTAINER_OF(op, struct evidence_call, decide.op);
	const struct store_decide *d = &x->decide;
	struct api *a = x->call.api;
	if (!op->err && !d->repeated)
		LOG(a->log, LOG_INFO, "evidence.added", "to an item that waited",
		    F_C("partner", x->call.partner->name), F_C("trace", x->call.trace),
		    F_U64("item", d->item), F_U64("batch", d->batch), F_C("state", item_state_name(d->state)),
		    F_C("reason", d->reason));
	if (!op->err && d->state == ITEM_QUEUED && !d->repeated)
		a->on_published(a->arg);
	if (op->err == ERR_NOT_FOUND) {
		not_found(x);
	} else if (op->err == ERR_CONFLICT || op->err == ERR_TOO_LONG) {
		refused(x, op);
	} else if (op->err) {
		api_problem_store(a, x->call.http, op);
		api_call_end(&x->call);
	} else {
		x->get.item = d->item;
		x->get.arena = &x->call.arena;
		api_submit(a->writer, &x->get.op, STORE_GET_ITEM, on_read);
	}
}

/* ---- the request ------------------------------------------------------------------------------------------------------------ */

static void error_members(struct buf *b, const void *arg)
{
	api_problem_errors(b, arg);
}

static void submit(struct evidence_call *x)
{
	const struct config *c = x->call.view->config;
	x->decider = decider_ref(x->call.api->decider);
	x->decide.how = STORE_DECIDE_EVIDENCE;
	x->decide.partner = x->call.partner_id;
	x->decide.ref = x->ref;
	x->decide.evidence = x->req.evidence;
	x->decide.evidence_count = x->req.evidence_count;
	x->decide.by = str_c(x->call.partner->name);
	x->decide.again = (struct store_again){.decider = x->decider,
	                                       .quotas = c->quotas,
	                                       .quota_count = c->quota_count,
	                                       .now = loop_wall(x->call.api->loop)};
	api_submit(x->call.api->writer, &x->decide.op, STORE_DECIDE, on_decided);
}

static void on_body(struct http_request *r, struct str data)
{
	struct evidence_call *x = CONTAINER_OF((struct api_call *)r->arg, struct evidence_call, call);
	buf_add(&x->body, data);
}

static void on_body_end(struct http_request *r)
{
	struct evidence_call *x = CONTAINER_OF((struct api_call *)r->arg, struct evidence_call, call);
	struct str text = buf_str(&x->body);
	struct item_draft d;
	if (!buf_ok(&x->body)) {
		end_with(x, &(struct api_problem){.status = 413,
		                                  .type = "too-large",
		                                  .title = "More evidence than is read at once",
		                                  .detail = STR("at most 64 kB")});
		return;
	}
	item_draft_begin(&d, &x->req, &x->call.arena, &x->errors, 1, text.ptr);
	if (item_json_read_evidence(&d, &x->scratch, text)) {
		submit(x);
		return;
	}
	end_with(x, &(struct api_problem){.status = 422,
	                                  .type = "bad-evidence",
	                                  .title = "The evidence is not right",
	                                  .detail = STR("Nothing was added."),
	                                  .extra = error_members,
	                                  .arg = &x->errors});
}

static void on_abort(struct http_request *r, enum err why)
{
	struct evidence_call *x = CONTAINER_OF((struct api_call *)r->arg, struct evidence_call, call);
	(void)why;
	x->call.http = NULL;
	if (!x->decider) /* nothing is at the store yet */
		api_call_end(&x->call);
}

static bool is_json(struct http_request *r)
{
	struct str type;
	if (api_content_type(r, &type) && str_eq_nocase(type, STR("application/json")))
		return true;
	api_problem_answer(r, &(struct api_problem){.status = 415,
	                                            .type = "unsupported-media-type",
	                                            .title = "This media type is not read here",
	                                            .detail = STR("application/json, in UTF-8")});
	return false;
}

static bool is_open(const struct api_request *q)
{
	const char *why = q->api->admission_closed(q->api->arg);
	if (why)
		api_problem_answer(q->http,
		                   &(struct api_problem){.status = 503,
		                                         .type = "store-unavailable",
		                                         .title = "Nothing is admitted at the moment",
		                                         .detail = str_c(why),
		                                         .retry_after_s = API_RETRY_BUSY_S});
	return !why;
}

void api_add_evidence(const struct api_request *q)
{
	static const struct http_events ev = {.on_body = on_body,
	                                      .on_body_end = on_body_end,
	                                      .on_abort = on_abort};
	if (!api_accept_json(q->http) || !is_json(q->http) || !is_open(q))
		return;
	struct evidence_call *x = api_call_new(q, sizeof *x, release);
	buf_init(&x->body, BODY_MAX);
	arena_init(&x->scratch);
	line_errors_init(&x->errors, &x->call.arena);
	x->ref = arena_str(&x->call.arena, q->arg);
	q->http->ev = &ev;
}
