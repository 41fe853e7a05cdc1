/*
 * POST /v1/domains: one item, handed in as a batch of its own, and waited for as long as the client likes.
 *
 *   body ─▶ BATCH_BEGIN ─▶ BATCH_CHUNK ─▶ BATCH_PUBLISH ─▶ GET_ITEM ─▶ it rests, or the time is over: 201, 200 or 202
 *                               │                             ▲   └──▶ looked at again every LOOK_MS
 *                               └─ its reference is known ─▶ BATCH_ABORT
 *
 * Happy path: "Prefer: wait=N" (RFC 7240) says how long; 201 when the name is registered, 200 when it has ended otherwise
 * or was renewed, 202 while it moves or waits, with the result each time. The same item again answers with the first
 * outcome.
 *
 * What goes wrong: a bad item (422), its reference has other content or is being received (409), no room (429), the store
 * (503): nothing is kept. The connection ends: what was begun is finished, and the same call finds it.
 */
#include "daemon/api/api_body.h"
#include "daemon/api/intake_int.h"
#include "daemon/api/item_json.h"
#include "daemon/core/meter.h"
#include "daemon/job/lane.h"

#define WAIT_MAX_S 60
#define LOOK_MS    250

struct one_call {
	struct api_body body;
	struct line_errors errors;
	struct arena scratch;
	struct buf payload;
	struct item_request req;
	struct decider *decider; /* a reference */
	struct store_line line;
	struct store_batch_begin begin;
	struct store_batch_chunk chunk;
	struct store_batch_publish publish;
	struct store_batch_abort abort;
	struct store_get_item get;
	struct api_problem problem; /* how it ends after the abort; status 0: with the item */
	struct loop_timer look;
	bool prefers; /* a wait was asked for */
	uint64_t wait_s;
	uint64_t until_ms;
};

static struct one_call *of_call(struct api_call *c)
{
	return CONTAINER_OF(c, struct one_call, body.call);
}

static void release(struct api_call *c)
{
	struct one_call *x = of_call(c);
	loop_timer_cancel(c->api->loop, &x->look);
	line_errors_fini(&x->errors);
	arena_fini(&x->scratch);
	buf_fini(&x->payload);
	decider_unref(&x->decider);
	api_body_release(&x->body);
}

static void fail(struct one_call *x, const struct api_problem *p)
{
	api_body_end_with(&x->body, p);
}

static void fail_store(struct one_call *x, const struct store_op *op)
{
	api_problem_store(x->body.call.api, x->body.call.http, op);
	api_call_end(&x->body.call);
}

/* ---- the answer ------------------------------------------------------------------------------------------------------------- */

static struct str location(struct one_call *x, struct str ref)
{
	char segment[3 * ITEM_REF_MAX + 1];
	return arena_printf(&x->body.call.arena, "/v1/items/%s", str_percent(segment, sizeof segment, ref));
}

static int status_of(const struct store_row *row)
{
	if (row->state == ITEM_DONE && row->op == ITEM_CREATE)
		return 201;
	return item_state_final(row->state) ? 200 : 202;
}

static void answer(struct one_call *x)
{
	const struct store_row *row = &x->get.row;
	struct api_call *c = &x->body.call;
	struct http_field fields[4 + API_LIMIT_FIELDS] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                                                  HTTP_FIELD("Cache-Control", STR("no-cache")),
	                                                  HTTP_FIELD("Location", location(x, row->ref))};
	size_t n = 3;
	struct buf b;
	if (x->prefers)
		fields[n++] = HTTP_FIELD("Preference-Applied",
		                         arena_printf(&c->arena, "wait=%llu", (unsigned long long)x->wait_s));
	n += api_limit_fields(&c->arena, c->api, c->partner, c->partner_id, &x->publish.room, fields + n);
	buf_init(&b, API_ANSWER_MAX);
	api_result_json(&b, &c->arena, c->view, c->api, row);
	http_respond(c->http, status_of(row), fields, n, buf_str(&b));
	buf_fini(&b);
	api_call_end(c);
}

/* ---- waiting ---------------------------------------------------------------------------------------------------------------- */

static void look(struct one_call *x);

static void on_look(struct loop_timer *t)
{
	look(CONTAINER_OF(t, struct one_call, look));
}

static void on_item(struct store_op *op)
{
	struct one_call *x = CONTAINER_OF(op, struct one_call, get.op);
	struct api *a = x->body.call.api;
	if (!x->body.call.http) {
		api_call_end(&x->body.call);
		return;
	}
	if (op->err) {
		fail_store(x, op);
		return;
	}
	if (item_state_resting(x->get.row.state) || a->feed.draining || loop_now(a->loop) >= x->until_ms) {
		answer(x);
		return;
	}
	x->look.fire = on_look;
	loop_timer_set(a->loop, &x->look, LOOK_MS);
}

static void look(struct one_call *x)
{
	arena_reset(&x->scratch);
	x->get = (struct store_get_item){.item = x->line.item, .arena = &x->scratch};
	api_submit(x->body.call.api->reader, &x->get.op, STORE_GET_ITEM, on_item);
}

/* ---- intake ----------------------------------------------------------------------------------------------------------------- */

static struct api_problem no_room(struct one_call *x, const struct store_room *r)
{
	bool queue = r->queue_full && !r->queued.shadow;
	instant_ms_t now = loop_wall(x->body.call.api->loop);
	instant_ms_t tomorrow = instant_of_date(date_of_instant(now, HANOI_OFFSET_S) + 1, HANOI_OFFSET_S);
	return (struct api_problem){
	    .status = 429,
	    .type = "quota",
	    .title = queue ? "This partner's queue is full" : "This partner's lines of the day are used up",
	    .detail = queue ? STR("Send the same again when some lines have been sent.")
	                    : STR("Send the same again after midnight in Hanoi."),
	    .retry_after_s = queue ? API_RETRY_QUOTA_S : (uint64_t)(tomorrow - now + 999) / 1000};
}

static void on_aborted(struct store_op *op)
{
	struct one_call *x = CONTAINER_OF(op, struct one_call, abort.op);
	if (op->err)
		api_leftover_add(x->body.call.api, x->begin.batch);
	if (x->problem.status)
		fail(x, &x->problem);
	else
		look(x);
}

static void abort_batch(struct one_call *x)
{
	x->abort.batch = x->begin.batch;
	api_submit(x->body.call.api->writer, &x->abort.op, STORE_BATCH_ABORT, on_aborted);
}

/* The store has failed while there is a batch: it is taken back, and then the client is told. */
static void give_up(struct one_call *x, const struct store_op *op)
{
	bool later = err_class(op->err) == ERR_CLASS_RETRY;
	LOG(x->body.call.api->log, LOG_ERROR, "batch.store_failed", "the store did not take a batch",
	    F_C("partner", x->body.call.partner->name), F_C("trace", x->body.call.trace),
	    F_U64("batch", x->begin.batch), F_C("error", err_name(op->err)), F_C("text", op->errmsg.text));
	x->problem = (struct api_problem){.status = later ? 503 : 500,
	                                  .type = later ? "store-unavailable" : "internal",
	                                  .title = later ? "The store cannot take this at the moment"
	                                                 : "Internal error",
	                                  .detail = STR("Nothing was admitted; send the same again later."),
	                                  .retry_after_s = later ? API_RETRY_BUSY_S : 0};
	abort_batch(x);
}

static void on_published(struct store_op *op)
{
	struct one_call *x = CONTAINER_OF(op, struct one_call, publish.op);
	struct api_call *c = &x->body.call;
	if (op->err == ERR_FULL) {
		x->problem = no_room(x, &x->publish.room);
		abort_batch(x);
		return;
	}
	if (op->err) {
		give_up(x, op);
		return;
	}
	LOG(c->api->log, LOG_INFO, "batch.admitted", "durable", F_C("partner", c->partner->name),
	    F_C("trace", c->trace), F_U64("batch", x->begin.batch), F_U64("lines", 1), F_U64("new", 1));
	meter_lines(c->api->meter, c->partner->name, 1, 0, 0, loop_now(c->api->loop));
	c->api->owner.on_published(c->api->owner.arg);
	look(x);
}

static void publish(struct one_call *x)
{
	struct api_call *c = &x->body.call;
	struct sha256 digest;
	hash_sha256(buf_str(&x->body.text), &digest);
	x->publish.batch = x->begin.batch;
	x->publish.room =
	    (struct store_room){.queued = c->partner->max_queued, .per_day = c->partner->lines_per_day};
	x->publish.now = loop_wall(c->api->loop);
	memcpy(x->publish.payload_hash, digest.bytes, sizeof x->publish.payload_hash);
	api_submit(c->api->writer, &x->publish.op, STORE_BATCH_PUBLISH, on_published);
}

static void on_chunk(struct store_op *op)
{
	struct one_call *x = CONTAINER_OF(op, struct one_call, chunk.op);
	if (op->err) {
		give_up(x, op);
		return;
	}
	switch (x->line.outcome) {
	case STORE_LINE_NEW: publish(x); return;
	case STORE_LINE_SAME: break;
	case STORE_LINE_TWICE: /* not of one line */
	case STORE_LINE_CONFLICT:
		x->problem =
		    (struct api_problem){.status = 409,
		                         .type = "ref-conflict",
		                         .title = "This ref has other content",
		                         .detail =
		                             STR("A ref stands for one content for ever. Use a new one.")};
		break;
	case STORE_LINE_BUSY:
		x->problem =
		    (struct api_problem){.status = 409,
		                         .type = "upload-under-way",
		                         .title = "Another upload with this ref is not finished",
		                         .detail = STR("Send the same again when it has had time to finish."),
		                         .retry_after_s = API_RETRY_BUSY_S};
		break;
	}
	abort_batch(x);
}

static void on_begun(struct store_op *op)
{
	struct one_call *x = CONTAINER_OF(op, struct one_call, begin.op);
	struct api_call *c = &x->body.call;
	if (op->err == ERR_FULL) {
		struct api_problem p = no_room(x, &x->begin.room);
		fail(x, &p);
		return;
	}
	if (op->err) {
		fail_store(x, op);
		return;
	}
	x->chunk = (struct store_batch_chunk){.batch = x->begin.batch,
	                                      .partner = c->partner_id,
	                                      .decider = x->decider,
	                                      .quotas = c->view->config->quotas,
	                                      .quota_count = c->view->config->quota_count,
	                                      .now = loop_wall(c->api->loop),
	                                      .lines = &x->line,
	                                      .count = 1};
	api_submit(c->api->writer, &x->chunk.op, STORE_BATCH_CHUNK, on_chunk);
}

static void begin(struct one_call *x)
{
	struct api_call *c = &x->body.call;
	x->until_ms = loop_now(c->api->loop) + x->wait_s * 1000;
	x->begin.partner = c->partner_id;
	x->begin.room =
	    (struct store_room){.queued = c->partner->max_queued, .per_day = c->partner->lines_per_day};
	x->begin.now = loop_wall(c->api->loop);
	x->begin.trace = api_trace_end(c->trace);
	api_submit(c->api->writer, &x->begin.op, STORE_BATCH_BEGIN, on_begun);
}

/* ---- the request ------------------------------------------------------------------------------------------------------------ */

static bool read_item(struct one_call *x)
{
	struct api_call *c = &x->body.call;
	struct str text = buf_str(&x->body.text);
	struct intake_checked checked;
	struct item_draft d;
	item_draft_begin(&d, &x->req, &c->arena, &x->errors, 1, text.ptr);
	if (!item_json_read(&d, &x->scratch, text) || !intake_check(c, &d, x->decider, &checked))
		return false;
	item_encode(&x->req, &x->payload);
	if (!buf_ok(&x->payload)) {
		item_draft_error(&d, (struct item_place){ITEM_GROUP_TOP, -1, NULL}, NULL, "TOO_LONG",
		                 "a shorter item");
		return false;
	}
	x->line = (struct store_line){.line = 1,
	                              .account = checked.account,
	                              .lane = lane_of_op(x->req.op),
	                              .request = &x->req,
	                              .payload = buf_str(&x->payload)};
	memcpy(x->line.contact_id, checked.contact_id, sizeof x->line.contact_id);
	return true;
}

static void on_complete(struct api_body *b)
{
	struct one_call *x = CONTAINER_OF(b, struct one_call, body);
	intake_charge(&b->call, 1);
	if (read_item(x)) {
		begin(x);
		return;
	}
	line_errors_sort(&x->errors);
	fail(x, &(struct api_problem){.status = 422,
	                              .type = "bad-item",
	                              .title = "The item is not right",
	                              .detail = STR("Nothing was admitted."),
	                              .extra = api_problem_errors,
	                              .arg = &x->errors});
}

/* RFC 7240: parameters and what is not understood are ignored, and of one preference the first is heeded. */
static void read_prefer(const struct http_request *r, struct one_call *x)
{
	struct str rest = http_header_list(r, "Prefer");
	while (rest.len && !x->prefers) {
		struct str params = str_split(&rest, ','), value = str_split(&params, ';');
		struct str name = str_trim(str_split(&value, '='));
		uint64_t n;
		value = str_trim(value);
		if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
			value = str_make(value.ptr + 1, value.len - 2);
		if (!str_eq_nocase(name, STR("wait")) || !str_to_u64(value, &n))
			continue;
		x->prefers = true;
		x->wait_s = n < WAIT_MAX_S ? n : WAIT_MAX_S;
	}
}

void api_submit_one(const struct api_request *q)
{
	if (!api_accept_json(q->http) || !api_is_open(q) || !intake_check_rate(q))
		return;
	struct one_call *x =
	    api_body_new(q, sizeof *x, q->api->view->config->api_max_line_bytes, on_complete, release);
	if (!x)
		return;
	arena_init(&x->scratch);
	buf_init(&x->payload, ITEM_PAYLOAD_MAX);
	line_errors_init(&x->errors, &x->body.call.arena);
	x->decider = decider_ref(q->api->decider);
	read_prefer(q->http, x);
}
