/*
 * The calls that are one store operation: a batch's counts, cancelling it, one item, one name.
 *
 * Happy path: operation, answer from its completion. What is not this partner's is not found. A failing store is 503.
 */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_domains.h"
#include "epp/name.h"

#include <stdio.h>

static void answer_json(struct http_request *r, int status, struct buf *b, struct str etag)
{
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-cache")), HTTP_FIELD("ETag", etag)};
	http_respond(r, status, fields, etag.len ? 3 : 2, buf_str(b));
	buf_fini(b);
}

/* ---- GET /v1/batches/{id} --------------------------------------------------------------------------------------------- */

struct batch_call {
	struct api_call call;
	struct store_get_batch get;
	struct store_batch_cancel cancel;
};

/* RFC 9110 section 13.1.2: weak comparison, "*" is any. */
bool api_etag_matches(struct str header, struct str etag)
{
	while (header.len) {
		struct str one = str_trim(str_split(&header, ','));
		if (str_starts(one, STR("W/")))
			one = str_make(one.ptr + 2, one.len - 2);
		if (str_eq(one, STR("*")) || str_eq(one, etag))
			return true;
	}
	return false;
}

void api_batch_body(struct buf *b, const struct store_batch_info *i)
{
	buf_init(b, API_ANSWER_MAX);
	json_out_open(b, '{');
	json_out_key(b, "batch");
	buf_printf(b, "\"%llu\"", (unsigned long long)i->batch);
	json_out_u64_in(b, "lines", i->lines);
	json_out_u64_in(b, "new", i->items);
	json_out_u64_in(b, "repeated", i->lines - i->items);
	api_result_counts(b, i->counts);
	json_out_time_in(b, "created", i->created);
	api_result_links(b, i->batch);
	json_out_close(b, '}');
}

static void on_batch(struct store_op *op)
{
	struct batch_call *x = CONTAINER_OF(op, struct batch_call, get.op);
	struct api_call *c = &x->call;
	struct buf b;
	if (!api_call_usable(c, op, API_NO_SUCH_BATCH))
		return;
	struct str etag = arena_printf(&c->arena, "\"%llu-%llu\"", (unsigned long long)x->get.info.batch,
	                               (unsigned long long)x->get.info.version);
	if (api_etag_matches(http_header_list(c->http, "If-None-Match"), etag)) {
		struct http_field field = HTTP_FIELD("ETag", etag);
		http_respond(c->http, 304, &field, 1, STR_NONE);
	} else {
		api_batch_body(&b, &x->get.info);
		answer_json(c->http, 200, &b, etag);
	}
	api_call_end(c);
}

void api_get_batch(const struct api_request *q)
{
	batch_id_t id;
	if (!api_accept_json(q->http) || !api_path_batch(q, &id))
		return;
	struct batch_call *x = api_call_new(q, sizeof *x, NULL);
	x->get.batch = id;
	x->get.partner = q->partner_id;
	api_submit(q->api->reader, &x->get.op, STORE_GET_BATCH, on_batch);
}

/* ---- POST /v1/batches/{id}/cancel ---------------------------------------------------------------------------------------- */

/* Over before are those that nobody could have sent. */
static void left_by_state(struct buf *b, const char *key, const struct store_batch_cancel *o, bool over)
{
	json_out_open_in(b, key, '{');
	for (int s = 0; s < ITEM_STATE__COUNT; s++)
		if (o->left[s] && over == (s == ITEM_REFUSED || s == ITEM_CANCELLED))
			json_out_u64_in(b, item_state_name((enum item_state)s), o->left[s]);
	json_out_close(b, '}');
}

static void on_cancelled(struct store_op *op)
{
	struct batch_call *x = CONTAINER_OF(op, struct batch_call, cancel.op);
	struct api_call *c = &x->call;
	struct buf b;
	if (!op->err)
		LOG(c->api->log, LOG_INFO, "batch.cancelled", "on the partner's wish",
		    F_C("partner", c->partner->name), F_C("trace", c->trace), F_U64("batch", x->cancel.batch),
		    F_U64("cancelled", x->cancel.cancelled), F_U64("too_late", x->cancel.too_late));
	if (!api_call_usable(c, op, API_NO_SUCH_BATCH))
		return;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_key(&b, "batch");
	buf_printf(&b, "\"%llu\"", (unsigned long long)x->cancel.batch);
	json_out_u64_in(&b, "lines", x->cancel.lines);
	json_out_u64_in(&b, "cancelled", x->cancel.cancelled);
	json_out_u64_in(&b, "too_late", x->cancel.too_late);
	left_by_state(&b, "too_late_states", &x->cancel, false);
	json_out_u64_in(&b, "over", x->cancel.over);
	left_by_state(&b, "over_states", &x->cancel, true);
	json_out_u64_in(&b, "repeated", x->cancel.repeated);
	api_result_links(&b, x->cancel.batch);
	json_out_close(&b, '}');
	answer_json(c->http, 200, &b, STR_NONE);
	api_call_end(c);
}

void api_cancel_batch(const struct api_request *q)
{
	batch_id_t id;
	if (!api_accept_json(q->http) || !api_path_batch(q, &id))
		return;
	struct batch_call *x = api_call_new(q, sizeof *x, NULL);
	x->cancel.batch = id;
	x->cancel.partner = q->partner_id;
	x->cancel.now = loop_wall(q->api->loop);
	api_submit(q->api->writer, &x->cancel.op, STORE_BATCH_CANCEL, on_cancelled);
}

/* ---- GET /v1/items/{ref} -------------------------------------------------------------------------------------------------- */

struct item_call {
	struct api_call call;
	struct store_get_item get;
};

static void on_item(struct store_op *op)
{
	struct item_call *x = CONTAINER_OF(op, struct item_call, get.op);
	struct buf b;
	if (!api_call_usable(&x->call, op, API_NO_SUCH_ITEM))
		return;
	buf_init(&b, API_ANSWER_MAX);
	api_result_json(&b, &x->call.arena, x->call.view, x->call.api, &x->get.row);
	answer_json(x->call.http, 200, &b, STR_NONE);
	api_call_end(&x->call);
}

void api_get_item(const struct api_request *q)
{
	if (!api_accept_json(q->http))
		return;
	if (q->arg.len > ITEM_REF_MAX) {
		api_problem_not_found(q->http, API_NO_SUCH_ITEM);
		return;
	}
	struct item_call *x = api_call_new(q, sizeof *x, NULL);
	x->get.partner = q->partner_id;
	x->get.ref = arena_str(&x->call.arena, q->arg);
	x->get.arena = &x->call.arena;
	api_submit(q->api->reader, &x->get.op, STORE_GET_ITEM, on_item);
}

/* ---- GET /v1/domains/{name} ------------------------------------------------------------------------------------------------ */

struct domain_call {
	struct api_call call;
	struct store_get_domain get;
	struct epp_name name;
};

static void on_domain(struct store_op *op)
{
	struct domain_call *x = CONTAINER_OF(op, struct domain_call, get.op);
	struct api_call *c = &x->call;
	struct buf b;
	if (!op->err && x->get.partner != c->partner_id)
		op->err = ERR_NOT_FOUND; /* another partner's name is nobody's business */
	if (!api_call_usable(c, op, "this partner has no such name"))
		return;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_str_in(&b, "domain", str_c(x->name.ascii));
	json_out_str_in(&b, "domain_unicode", str_c(x->name.unicode));
	json_out_text_in(&b, "account", api_account_name(&c->arena, c->view, x->get.account));
	json_out_time_in(&b, "created", x->get.created);
	json_out_time_in(&b, "expires", x->get.expires);
	json_out_date_in(&b, "expires_on",
	                 x->get.expires == INSTANT_NONE ? DATE_NONE
	                                                : date_of_instant(x->get.expires, HANOI_OFFSET_S));
	json_out_date_in(&b, "free_from", x->get.grant_from);
	json_out_date_in(&b, "free_until", x->get.free_until);
	json_out_close(&b, '}');
	answer_json(c->http, 200, &b, STR_NONE);
	api_call_end(c);
}

void api_get_domain(const struct api_request *q)
{
	struct errmsg e = {{0}};
	struct epp_name name;
	if (!api_accept_json(q->http))
		return;
	if (epp_name_parse(q->arg, &name, &e)) {
		struct api_problem p = {.status = 400,
		                        .type = "bad-name",
		                        .title = "This is no domain name",
		                        .detail = str_c(e.text)};
		api_problem_answer(q->http, &p);
		return;
	}
	struct domain_call *x = api_call_new(q, sizeof *x, NULL);
	x->name = name;
	x->get.domain = str_make(x->name.ascii, x->name.ascii_len);
	api_submit(q->api->reader, &x->get.op, STORE_GET_DOMAIN, on_domain);
}
