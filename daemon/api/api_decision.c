/*
 * POST /v1/decisions: one item, decided and explained. Nothing of it is kept, and its reference is not looked at.
 *
 * Happy path: the body is read and checked as a line of a batch ─▶ STORE_PREVIEW decides it on what the ledger knows now
 * ─▶ 200 with what a result would say, what the applicant is told, and why. A bad item: 422 with every error. The store
 * cannot be read: 503.
 */
#include "daemon/api/api_body.h"
#include "daemon/api/intake_int.h"
#include "daemon/api/item_json.h"
#include "daemon/api/json_out.h"

#define EXPLAIN_MAX (4u << 20)

struct decision_call {
	struct api_body body;
	struct line_errors errors;
	struct arena scratch;
	struct item_request req;
	struct decider *decider; /* a reference */
	struct store_sofar sofar;
	struct store_preview_line line;
	struct store_preview preview;
};

static void release(struct api_call *c)
{
	struct decision_call *x = CONTAINER_OF(c, struct decision_call, body.call);
	line_errors_fini(&x->errors);
	arena_fini(&x->scratch);
	store_sofar_fini(&x->sofar);
	decider_unref(&x->decider);
	api_body_release(&x->body);
}

/* The explanation's text is one line; what the applicant is told is several. */
static void explanation(struct decision_call *x, struct buf *b)
{
	struct buf tree, vi, en;
	buf_init(&tree, EXPLAIN_MAX);
	buf_init(&vi, EXPLAIN_MAX);
	buf_init(&en, EXPLAIN_MAX);
	decide_explain(x->decider, &x->req, &x->line.ledger, x->preview.now, &tree, &vi, &en);
	json_out_open_in(b, "told", '{');
	json_out_text_in(b, "vi", str_trim(buf_str(&vi)));
	json_out_text_in(b, "en", str_trim(buf_str(&en)));
	json_out_close(b, '}');
	json_out_key(b, "explanation");
	buf_add(b, buf_len(&tree) ? str_trim(buf_str(&tree)) : STR("null"));
	buf_fini(&tree);
	buf_fini(&vi);
	buf_fini(&en);
}

static void answer(struct decision_call *x)
{
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-store"))};
	struct api_call *c = &x->body.call;
	struct buf b;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_key(&b, "result");
	api_result_json(&b, &c->arena, c->view, c->api, &x->line.row);
	explanation(x, &b);
	json_out_close(&b, '}');
	http_respond(c->http, 200, fields, ARRAY_LEN(fields), buf_str(&b));
	buf_fini(&b);
}

static void on_decided(struct store_op *op)
{
	struct decision_call *x = CONTAINER_OF(op, struct decision_call, preview.op);
	struct api_call *c = &x->body.call;
	if (op->err)
		api_problem_store(c->api, c->http, op);
	else if (c->http)
		answer(x);
	api_call_end(c);
}

static void submit(struct decision_call *x)
{
	struct api_call *c = &x->body.call;
	x->line.request = &x->req;
	x->line.line = 1;
	x->preview = (struct store_preview){.partner = c->partner_id,
	                                    .decider = x->decider,
	                                    .quotas = c->view->config->quotas,
	                                    .quota_count = c->view->config->quota_count,
	                                    .now = loop_wall(c->api->loop),
	                                    .sofar = &x->sofar,
	                                    .lines = &x->line,
	                                    .count = 1,
	                                    .arena = &c->arena};
	api_submit(c->api->reader, &x->preview.op, STORE_PREVIEW, on_decided);
}

static void on_complete(struct api_body *b)
{
	struct decision_call *x = CONTAINER_OF(b, struct decision_call, body);
	struct api_call *c = &b->call;
	struct str text = buf_str(&b->text);
	struct intake_checked checked;
	struct item_draft d;
	item_draft_begin(&d, &x->req, &c->arena, &x->errors, 1, text.ptr);
	d.no_ref = true;
	if (item_json_read(&d, &x->scratch, text) && intake_check(c, &d, x->decider, &checked)) {
		x->line.account = checked.account;
		submit(x);
		return;
	}
	line_errors_sort(&x->errors);
	api_body_end_with(b, &(struct api_problem){.status = 422,
	                                           .type = "bad-item",
	                                           .title = "The item is not right",
	                                           .extra = api_problem_errors,
	                                           .arg = &x->errors});
}

void api_decide(const struct api_request *q)
{
	if (!api_accept_json(q->http))
		return;
	struct decision_call *x =
	    api_body_new(q, sizeof *x, q->api->view->config->api_max_line_bytes, on_complete, release);
	if (!x)
		return;
	arena_init(&x->scratch);
	line_errors_init(&x->errors, &x->body.call.arena);
	store_sofar_init(&x->sofar);
	x->decider = decider_ref(q->api->decider);
}
