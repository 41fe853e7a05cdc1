/*
 * POST /v1/batches: a body of any length becomes a durable batch, with a bounded amount of it in memory.
 *
 *   BEGINNING ─▶ RECEIVING ─▶ FLUSHING ─▶ PUBLISHING ─▶ 202
 *       │            └───────────┴──▶ ABORTING ─▶ 4xx, 5xx, or nobody left to hear it
 *       └▶ REPLAYING ─▶ LOOKING_UP ─▶ 202, replayed
 *
 * Happy path: the store makes an invisible batch; pieces of the body are cut into lines, lines become requests, every
 * INTAKE_CHUNK_LINES of them one operation of the store; with INTAKE_IN_FLIGHT of these under way the body waits. When all
 * is through, one row publishes the batch, and only then the partner hears 202.
 *
 * What goes wrong: bad lines are gathered to the end of the body (so that all are told) and the batch is taken back;
 * the body breaks a limit or its format, or the store fails: given up at once and taken back; the connection
 * ends: taken back, unless the publication was under way already: then the batch stays and the same Idempotency-Key
 * will find it. A dry run (intake_dry.c) has no batch: its chunks are only decided, and it begins at RECEIVING. If the
 * taking back fails too, it is tried again until it goes well (api_leftover.c).
 */
#include "daemon/api/intake_int.h"

#include <stdlib.h>

static const struct sm_conf conf[] = {
    [INTAKE_BEGINNING] = {"beginning", SM_INITIAL,
                          SM_TO(INTAKE_RECEIVING) | SM_TO(INTAKE_REPLAYING) | SM_TO(INTAKE_ENDED) |
                              SM_TO(INTAKE_ABORTING)},
    [INTAKE_RECEIVING] = {"receiving", 0, SM_TO(INTAKE_FLUSHING)},
    [INTAKE_REPLAYING] = {"replaying", 0, SM_TO(INTAKE_LOOKING_UP) | SM_TO(INTAKE_ENDED)},
    [INTAKE_FLUSHING] = {"flushing", 0, SM_TO(INTAKE_PUBLISHING) | SM_TO(INTAKE_ABORTING)},
    [INTAKE_PUBLISHING] = {"publishing", 0, SM_TO(INTAKE_ENDED) | SM_TO(INTAKE_ABORTING)},
    [INTAKE_ABORTING] = {"aborting", 0, SM_TO(INTAKE_ENDED)},
    [INTAKE_LOOKING_UP] = {"looking up", 0, SM_TO(INTAKE_ENDED)},
    [INTAKE_ENDED] = {"ended", SM_FINAL, 0},
};

static struct intake *of_call(struct api_call *c)
{
	return CONTAINER_OF(c, struct intake, call);
}

static void release(struct api_call *c)
{
	struct intake *x = of_call(c);
	struct sha256 unused;
	x->limiter->uploads--;
	loop_cancel_task(&x->task);
	intake_dry_free(x);
	unzip_free(x->unzip);
	if (x->hash)
		sha256_stream_finish(x->hash, &unused);
	split_fini(&x->split);
	for (size_t i = 0; i < ARRAY_LEN(x->chunks); i++) {
		decider_unref(&x->chunks[i].decider);
		arena_fini(&x->chunks[i].arena);
		free(x->chunks[i].lines);
	}
	line_errors_fini(&x->errors);
	arena_fini(&x->error_arena);
	arena_fini(&x->scratch);
	arena_fini(&x->line_arena);
	buf_fini(&x->payload);
}

void intake_end(struct intake *x)
{
	sm_move(&x->sm, INTAKE_ENDED);
	api_call_end(&x->call);
}

static void end_with_problem(struct intake *x)
{
	intake_answer_problem(x);
	intake_end(x);
}

/* ---- the end of a batch ------------------------------------------------------------------------------------------------ */

static void on_aborted(struct store_op *op)
{
	struct intake *x = CONTAINER_OF(op, struct intake, abort.op);
	if (op->err) {
		LOG(x->call.api->log, LOG_WARNING, "batch.abort_failed",
		    "an unpublished batch is taken back later", F_U64("batch", x->batch),
		    F_C("error", err_name(op->err)), F_C("text", op->errmsg.text));
		api_leftover_add(x->call.api, x->batch);
	}
	end_with_problem(x);
}

void intake_abort(struct intake *x)
{
	sm_move(&x->sm, INTAKE_ABORTING);
	if (x->dry) {
		end_with_problem(x);
		return;
	}
	x->abort.batch = x->batch;
	api_submit(x->call.api->writer, &x->abort.op, STORE_BATCH_ABORT, on_aborted);
}

static void on_published(struct store_op *op)
{
	struct intake *x = CONTAINER_OF(op, struct intake, publish.op);
	struct api *a = x->call.api;
	if (!op->err || op->err == ERR_FULL)
		intake_count_queued(&x->call, &x->publish.room);
	if (op->err == ERR_FULL)
		intake_fail_room(x, &x->publish.room);
	else if (op->err)
		intake_fail_store(x, op);
	if (op->err) {
		intake_abort(x);
		return;
	}
	intake_answer_accepted(x, false);
	intake_end(x);
	a->owner.on_published(a->owner.arg);
}

static void publish(struct intake *x)
{
	sm_move(&x->sm, INTAKE_PUBLISHING);
	if (x->dry) {
		intake_dry_publish(x);
		return;
	}
	x->publish.batch = x->batch;
	x->publish.room.queued = x->call.partner->max_queued;
	x->publish.room.per_day = x->call.partner->lines_per_day;
	x->publish.now = loop_wall(x->call.api->loop);
	memcpy(x->publish.payload_hash, x->digest.bytes, sizeof x->publish.payload_hash);
	api_submit(x->call.api->writer, &x->publish.op, STORE_BATCH_PUBLISH, on_published);
}

/* All chunks are back. */
static void conclude(struct intake *x)
{
	if (!x->problem.status && intake_is_busy(x))
		intake_fail_busy(x, "Another upload with the same lines is still running");
	if (!x->problem.status && intake_refused_by_lines(x))
		intake_fail(x, 422, "bad-lines", "Some lines are not right",
		            x->admit_valid
		                ? STR("No line is valid; nothing was admitted.")
		                : STR("Nothing was admitted. Mend the lines and send the file again."));
	if (!x->problem.status && x->lines_seen == 0)
		intake_fail(x, 422, "empty-batch", "There is no item in the body", STR_NONE);
	if (x->problem.status)
		intake_abort(x);
	else
		publish(x);
}

static void flush(struct intake *x)
{
	if (sm_state(&x->sm) == INTAKE_RECEIVING)
		sm_move(&x->sm, INTAKE_FLUSHING);
	if (x->in_flight == 0)
		conclude(x);
}

/* ---- the body -------------------------------------------------------------------------------------------------------------- */

static void pause_body(struct intake *x)
{
	if (!x->paused && !x->body_ended && x->call.http)
		http_pause_body(x->call.http);
	x->paused = true;
}

static void resume_body(struct intake *x)
{
	if (x->paused && !x->body_ended && x->call.http)
		http_resume_body(x->call.http);
	x->paused = false;
}

static void one_item(struct intake *x, enum split_status status, struct str text, uint32_t line)
{
	const struct config *c = x->call.view->config;
	if (status == SPLIT_TOO_LONG) {
		x->lines_seen++;
		line_errors_add(&x->errors, (struct line_place){line, x->split.began, 0}, STR_NONE,
		                "LINE_TOO_LONG", "at most %u bytes", c->api_max_line_bytes);
		return;
	}
	intake_line(x, text, line);
	if (x->dry && x->lines_seen > INTAKE_DRY_LINES_MAX)
		intake_fail(x, 413, "too-many-lines", "A dry run has too many lines",
		            arena_printf(&x->call.arena, "At most %d; divide the file.",
		                         INTAKE_DRY_LINES_MAX));
	if (x->lines_seen > c->api_max_lines)
		intake_fail(x, 413, "too-many-lines", "The batch has too many lines",
		            arena_printf(&x->call.arena, "At most %u; divide the file.", c->api_max_lines));
}

/* Up to `most` items; true when there may be more to take now. */
static bool take_items(struct intake *x, int most)
{
	struct str text;
	uint32_t line;
	for (int n = 0; n < most && !x->problem.status; n++) {
		if (!intake_chunk_room(x))
			return false;
		enum split_status status = split_next(&x->split, &text, &line);
		if (status == SPLIT_MORE && intake_unpack(x)) {
			n += INTAKE_TURN_LINES / INTAKE_TURN_PIECES - 1;
			continue;
		}
		if (status == SPLIT_BROKEN)
			intake_fail(x, 400, "bad-body", "The body cannot be read",
			            arena_printf(&x->call.arena, "line %u: %s", x->split.line,
			                         x->split.error));
		if (status == SPLIT_END || status == SPLIT_BROKEN)
			x->cut = true;
		if (status != SPLIT_ITEM && status != SPLIT_TOO_LONG)
			return false;
		one_item(x, status, text, line);
	}
	return !x->problem.status;
}

static void work(struct intake *x)
{
	uint64_t before = x->lines_seen;
	bool more = take_items(x, INTAKE_TURN_LINES);
	intake_charge(&x->call, x->lines_seen - before);
	if (x->problem.status || (x->cut && (!x->filling || intake_chunk_may_go(x)))) {
		if (x->problem.status)
			intake_chunk_drop(x);
		else if (x->filling)
			intake_chunk_submit(x);
		pause_body(x);
		flush(x);
		return;
	}
	if (more) {
		pause_body(x);
		loop_defer(x->call.api->loop, &x->task);
	} else if (x->cut || !intake_chunk_room(x)) {
		pause_body(x); /* a chunk comes back and calls again */
	} else {
		resume_body(x);
	}
}

void intake_chunk_done(struct intake *x, struct intake_chunk *k)
{
	intake_chunk_clear(k);
	x->in_flight--;
	if (sm_state(&x->sm) == INTAKE_RECEIVING)
		work(x);
	else
		flush(x);
}

static void on_looked_up(struct store_op *op)
{
	struct intake *x = CONTAINER_OF(op, struct intake, lookup.op);
	if (op->err) {
		intake_fail_store(x, op);
		end_with_problem(x);
		return;
	}
	intake_answer_accepted(x, true);
	intake_end(x);
}

static void end_replay(struct intake *x)
{
	if (memcmp(x->digest.bytes, x->begin.payload_hash, SHA256_LEN) != 0) {
		intake_fail(
		    x, 422, "idempotency-key-reused", "This Idempotency-Key belongs to another request",
		    STR("The body, its media type, admission or priority differs from what was sent with "
		        "this key before. A new batch needs a new key."));
		line_errors_fini(&x->errors);
		end_with_problem(x);
		return;
	}
	sm_move(&x->sm, INTAKE_LOOKING_UP);
	x->problem.status = 0;
	x->lookup.batch = x->batch;
	x->lookup.partner = x->call.partner_id;
	api_submit(x->call.api->writer, &x->lookup.op, STORE_GET_BATCH, on_looked_up);
}

/* A replay reads the lines again only to name the bad ones of an admission of the valid. */
static bool replay_some(struct intake *x)
{
	if (!x->admit_valid)
		return intake_unpack(x);
	bool more = take_items(x, 1); /* so that a chunk never fills: it would go to the store */
	intake_chunk_drop(x);
	return more;
}

/* May end the request. */
static void work_replaying(struct intake *x)
{
	bool more = true;
	for (int n = 0; more && !x->problem.status; n++) {
		if (x->unzip && n == INTAKE_TURN_PIECES) {
			pause_body(x);
			loop_defer(x->call.api->loop, &x->task);
			return;
		}
		more = replay_some(x);
	}
	if (x->problem.status)
		end_with_problem(x);
	else if (!x->hash)
		end_replay(x);
	else
		resume_body(x);
}

/* Something has come, or nothing more will, or there is time for more. */
static void go_on(struct intake *x)
{
	if (sm_state(&x->sm) == INTAKE_RECEIVING)
		work(x);
	else if (sm_state(&x->sm) == INTAKE_REPLAYING)
		work_replaying(x);
}

static void on_task(struct loop_task *t)
{
	struct intake *x = CONTAINER_OF(t, struct intake, task);
	go_on(x);
}

static void on_body(struct http_request *r, struct str data)
{
	struct intake *x = of_call(r->arg);
	if (sm_state(&x->sm) != INTAKE_RECEIVING && sm_state(&x->sm) != INTAKE_REPLAYING)
		return; /* given up already */
	if (x->unzip)
		intake_zip_bytes(x, data);
	else
		intake_body_bytes(x, data);
	go_on(x);
}

static void on_body_end(struct http_request *r)
{
	struct intake *x = of_call(r->arg);
	x->body_ended = true;
	if (!x->unzip)
		intake_body_complete(x);
	go_on(x);
}

static void on_abort(struct http_request *r, enum err why)
{
	struct intake *x = of_call(r->arg);
	int state = sm_state(&x->sm);
	x->call.http = NULL;
	if (state == INTAKE_RECEIVING || state == INTAKE_FLUSHING)
		intake_fail(x, 499, "connection-lost", "The connection ended before the batch was complete",
		            str_c(err_text(why)));
	if (state == INTAKE_RECEIVING) {
		loop_cancel_task(&x->task);
		intake_chunk_drop(x);
		flush(x);
	} else if (state == INTAKE_REPLAYING) {
		intake_end(x);
	}
}

/* ---- the beginning ---------------------------------------------------------------------------------------------------------- */

/* An empty body may have ended meanwhile. */
static void receive(struct intake *x, enum intake_state state)
{
	sm_move(&x->sm, (int)state);
	resume_body(x);
	if (x->body_ended)
		go_on(x);
}

static void on_begun(struct store_op *op)
{
	struct intake *x = CONTAINER_OF(op, struct intake, begin.op);
	x->batch = x->begin.batch;
	if (op->err == ERR_EXISTS && x->call.http) {
		receive(x, INTAKE_REPLAYING);
	} else if (op->err == OK && x->call.http) {
		receive(x, INTAKE_RECEIVING);
	} else if (op->err == OK) {
		intake_fail(x, 499, "connection-lost", "The connection ended before the batch was complete",
		            STR_NONE);
		intake_abort(x);
	} else if (op->err == ERR_BUSY) {
		intake_fail_busy(x, "The first request with this Idempotency-Key is still running");
		end_with_problem(x);
	} else if (op->err == ERR_EXISTS) {
		intake_end(x);
	} else if (op->err == ERR_FULL) {
		intake_count_queued(&x->call, &x->begin.room);
		intake_fail_room(x, &x->begin.room);
		end_with_problem(x);
	} else {
		intake_fail_store(x, op);
		end_with_problem(x);
	}
}

/* The body's hash also covers what else makes the request. */
static struct sha256_stream *new_hash(const struct intake *x)
{
	static const struct str names[] = {{"ndjson\n", 7}, {"json\n", 5}, {"csv\n", 4}};
	struct sha256_stream *s = sha256_stream_new();
	sha256_stream_add(s, names[x->format]);
	sha256_stream_add(s, x->admit_valid ? STR("valid\n") : STR("all\n"));
	sha256_stream_add(s, x->bulk ? STR("bulk\n") : STR_NONE);
	return s;
}

void intake_start(const struct api_request *q, const struct intake_asked *asked)
{
	static const struct http_events ev = {.on_body = on_body,
	                                      .on_body_end = on_body_end,
	                                      .on_abort = on_abort};
	struct intake *x = api_call_new(q, sizeof *x, release);
	x->started_ms = loop_now(q->api->loop);
	x->format = asked->format;
	x->admit_valid = asked->admit_valid;
	x->bulk = asked->bulk;
	x->limiter = api_limiter_at(&q->api->limiters, q->partner_id);
	x->limiter->uploads++;
	x->task.run = on_task;
	x->hash = new_hash(x);
	x->unzip = asked->gzip ? unzip_new() : NULL;
	split_init(&x->split, x->format, q->api->view->config->api_max_line_bytes);
	arena_init(&x->error_arena);
	arena_init(&x->scratch);
	arena_init(&x->line_arena);
	line_errors_init(&x->errors, &x->error_arena);
	buf_init(&x->payload, ITEM_PAYLOAD_MAX);
	for (size_t i = 0; i < ARRAY_LEN(x->chunks); i++) {
		x->chunks[i].owner = x;
		arena_init(&x->chunks[i].arena);
	}
	sm_init(&x->sm, "intake", conf, ARRAY_LEN(conf), INTAKE_BEGINNING);
	q->http->ev = &ev;
	if (asked->dry) {
		intake_dry_new(x, asked->dry_as, asked->check);
		sm_move(&x->sm, INTAKE_RECEIVING);
		return;
	}
	pause_body(x); /* until the store has a batch for it */
	x->begin.partner = q->partner_id;
	x->begin.room.queued = q->partner->max_queued;
	x->begin.room.per_day = q->partner->lines_per_day;
	x->begin.idempotency_key = arena_str(&x->call.arena, asked->key);
	x->begin.now = loop_wall(q->api->loop);
	x->begin.trace = api_trace_end(x->call.trace);
	api_submit(q->api->writer, &x->begin.op, STORE_BATCH_BEGIN, on_begun);
}
