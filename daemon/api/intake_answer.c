/* What the partner hears of a batch. */
#include "daemon/api/intake_int.h"
#include "daemon/api/json_out.h"
#include "daemon/core/meter.h"

#include <stdio.h>

void intake_fail(struct intake *x, int status, const char *type, const char *title, struct str detail)
{
	if (x->problem.status)
		return;
	x->problem = (struct api_problem){
	    .status = status, .type = type, .title = title, .detail = arena_str(&x->call.arena, detail)};
}

void intake_fail_busy(struct intake *x, const char *title)
{
	intake_fail(x, 409, "upload-under-way", title,
	            STR("Send the same again when it has had time to finish."));
	x->problem.retry_after_s = API_RETRY_BUSY_S;
}

void intake_fail_store(struct intake *x, const struct store_op *op)
{
	bool later = err_class(op->err) == ERR_CLASS_RETRY;
	LOG(x->call.api->log, LOG_ERROR, "batch.store_failed", "the store did not take a batch",
	    F_C("partner", x->call.partner->name), F_C("trace", x->call.trace), F_U64("batch", x->batch),
	    F_C("error", err_name(op->err)), F_C("text", op->errmsg.text));
	intake_fail(x, later ? 503 : 500, later ? "store-unavailable" : "internal",
	            later ? "The store cannot take this at the moment" : "Internal error",
	            later ? STR("Nothing was admitted; send the same again later.")
	                  : STR("Nothing was admitted."));
	x->problem.retry_after_s = later ? API_RETRY_BUSY_S : 0;
}

static void queue_members(struct buf *b, const void *arg)
{
	const struct intake *x = arg;
	json_out_u64_in(b, "max_queued", x->room.queued.max);
	json_out_u64_in(b, "queued", x->room.waiting);
	json_out_u64_in(b, "adding", x->room.adding);
}

static void fail_queue(struct intake *x)
{
	const struct store_room *r = &x->room;
	struct arena *a = &x->call.arena;
	bool never = r->adding > r->queued.max;
	intake_fail(
	    x, 429, "quota", "This partner's queue is full",
	    never
	        ? arena_printf(
	              a,
	              "At most %u lines may wait to be sent, %llu do; this batch alone has %llu. Divide it.",
	              r->queued.max, (unsigned long long)r->waiting, (unsigned long long)r->adding)
	        : arena_printf(a,
	                       "At most %u lines may wait to be sent, and %llu do. Nothing was admitted; "
	                       "send the same "
	                       "again when some have been sent, or cancel a batch that is not needed.",
	                       r->queued.max, (unsigned long long)r->waiting));
	if (x->problem.retry_after_s == 0 && !never)
		x->problem.retry_after_s = API_RETRY_QUOTA_S;
	x->problem.extra = queue_members;
	x->problem.arg = x;
}

static void day_members(struct buf *b, const void *arg)
{
	const struct intake *x = arg;
	char text[TIME_TEXT_MAX];
	json_out_u64_in(b, "lines_per_day", x->room.per_day.max);
	json_out_u64_in(b, "used", x->room.today);
	json_out_u64_in(b, "adding", x->room.adding);
	json_out_str_in(b, "retry_at", str_c(instant_format(text, x->tomorrow, HANOI_OFFSET_S, false)));
}

/* Until the next midnight in Hanoi. */
static void fail_day(struct intake *x)
{
	const struct store_room *r = &x->room;
	instant_ms_t now = loop_wall(x->call.api->loop);
	x->tomorrow = instant_of_date(date_of_instant(now, HANOI_OFFSET_S) + 1, HANOI_OFFSET_S);
	intake_fail(
	    x, 429, "quota", "This partner's lines of the day are used up",
	    arena_printf(
	        &x->call.arena,
	        "At most %u new lines on a day in Hanoi, %llu were admitted today, this batch has %llu. "
	        "Nothing was admitted; send the same again tomorrow%s.",
	        r->per_day.max, (unsigned long long)r->today, (unsigned long long)r->adding,
	        r->adding > r->per_day.max ? ", divided" : ""));
	if (x->problem.retry_after_s == 0)
		x->problem.retry_after_s = (uint64_t)(x->tomorrow - now + 999) / 1000;
	x->problem.extra = day_members;
	x->problem.arg = x;
}

void intake_fail_room(struct intake *x, const struct store_room *room)
{
	x->room = *room;
	if (room->queue_full && !room->queued.shadow)
		fail_queue(x);
	else
		fail_day(x);
}

bool intake_refused_by_lines(const struct intake *x)
{
	return x->errors.bad_lines > 0 && !(x->admit_valid && x->errors.bad_lines < x->lines_seen);
}

bool intake_is_busy(const struct intake *x)
{
	return !x->dry && x->lines_busy > 0 && (x->admit_valid || x->lines_busy == x->errors.bad_lines);
}

static void error_members(struct buf *b, const void *arg)
{
	const struct intake *x = arg;
	json_out_u64_in(b, "lines", x->lines_seen);
	api_problem_errors(b, &x->errors);
}

size_t intake_limit_fields(struct intake *x, struct http_field out[API_LIMIT_FIELDS])
{
	const struct api_call *c = &x->call;
	const struct store_room *room = x->room.per_day.max ? &x->room : &x->publish.room;
	return api_limit_fields(&x->call.arena, c->api, c->partner, c->partner_id, room, out);
}

void intake_answer_problem(struct intake *x)
{
	struct http_field fields[API_LIMIT_FIELDS];
	LOG(x->call.api->log, LOG_INFO, "batch.refused", x->problem.title,
	    F_C("partner", x->call.partner->name), F_C("trace", x->call.trace),
	    F_U64("status", x->problem.status), F_C("problem", x->problem.type),
	    F_U64("lines", x->lines_seen), F_U64("bad_lines", x->errors.bad_lines),
	    F_U64("ms", loop_now(x->call.api->loop) - x->started_ms));
	if (!x->dry)
		meter_lines(x->call.api->meter, x->call.partner->name, 0, 0, x->errors.bad_lines, 0);
	if (!x->call.http)
		return;
	line_errors_sort(&x->errors);
	if (x->errors.count && !x->problem.extra) {
		x->problem.extra = error_members;
		x->problem.arg = x;
	}
	x->problem.fields = fields;
	x->problem.field_count = intake_limit_fields(x, fields);
	api_problem_answer(x->call.http, &x->problem);
}

static void body(struct intake *x, struct buf *b, uint64_t lines, uint64_t new_lines, const uint64_t *counts)
{
	json_out_open(b, '{');
	json_out_key(b, "batch");
	buf_printf(b, "\"%llu\"", (unsigned long long)x->batch);
	json_out_u64_in(b, "lines", lines);
	json_out_u64_in(b, "new", new_lines);
	json_out_u64_in(b, "repeated", lines - new_lines);
	api_result_counts(b, counts);
	api_result_links(b, x->batch);
	if (x->errors.bad_lines) {
		line_errors_sort(&x->errors);
		api_problem_errors(b, &x->errors);
	}
	json_out_close(b, '}');
}

void intake_answer_accepted(struct intake *x, bool replayed)
{
	const struct store_batch_info *old = &x->lookup.info;
	struct http_field fields[3 + API_LIMIT_FIELDS] = {
	    HTTP_FIELD("Content-Type", STR("application/json"))};
	size_t n = 1;
	struct buf b;
	LOG(x->call.api->log, LOG_INFO, replayed ? "batch.replayed" : "batch.admitted",
	    replayed ? "the answer of before" : "durable", F_C("partner", x->call.partner->name),
	    F_C("trace", x->call.trace), F_U64("batch", x->batch),
	    F_U64("lines", replayed ? old->lines : x->lines_new + x->lines_same), F_U64("new", x->lines_new),
	    F_U64("bad_lines", x->errors.bad_lines), F_U64("bytes", x->body_bytes),
	    F_U64("ms", loop_now(x->call.api->loop) - x->started_ms));
	if (!replayed)
		meter_lines(x->call.api->meter, x->call.partner->name, x->lines_new, x->lines_same,
		            x->errors.bad_lines, loop_now(x->call.api->loop));
	if (!x->call.http)
		return;
	buf_init(&b, API_ANSWER_MAX);
	if (replayed)
		body(x, &b, old->lines, old->items, old->counts);
	else
		body(x, &b, x->lines_new + x->lines_same, x->lines_new, x->counts);
	fields[n++] = HTTP_FIELD("Location", arena_printf(&x->call.arena, "/v1/batches/%llu",
	                                                  (unsigned long long)x->batch));
	if (replayed)
		fields[n++] = HTTP_FIELD("Idempotency-Replayed", STR("true"));
	n += intake_limit_fields(x, fields + n);
	http_respond(x->call.http, 202, fields, n, buf_str(&b));
	buf_fini(&b);
}
