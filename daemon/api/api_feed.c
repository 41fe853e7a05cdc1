/*
 * The change feed for partners: GET /v1/changes (pages, with long polling) and GET /v1/batches/{id}/events (server-sent
 * events, resumed by Last-Event-ID).
 *
 *   reading ─▶ something is there: a page is answered, or events are written ─▶ (a stream) reading, until nothing more is
 *      ▲                                                                          │
 *      └── every API_FEED_TICK_MS ── waiting ◀── nothing is there ◀───────────────┘
 *
 * Happy path: a page is one store operation; whoever waits is asked for again on one timer for all, which is off while
 * nobody waits. A stream that its client does not take is not read for until it has been.
 *
 * Failure modes: a cursor that is none: 400; a batch of somebody else: 404; more than API_FEEDS_MAX of a partner's at a
 * time: 429; the store cannot be read: 503, and a stream that has begun ends (its client comes again with the last id that
 * it saw); a reload takes the certificate off the list: 403, and streams end; the gateway stops: those who wait are answered,
 * and streams end.
 */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_changes.h"

#define WAIT_MAX_S 60
#define PING_MS    15000 /* so that nobody on the way takes the connection for dead */
#define EVENTS_LIMIT \
	200 /* of one operation: what is written at a time stays below the stream's high water, or little above */

struct feed_call {
	struct api_call call;
	struct list_node node; /* in api->feed.waiting, when `waiting` */
	struct store_get_changes get;
	struct store_get_batch batch;
	struct arena rows;
	bool stream, begun, waiting, blocked;
	uint64_t until_ms;   /* a page: when it is answered, whatever is there */
	uint64_t written_ms; /* a stream: when something was written last */
	uint64_t version;    /* a stream: of the batch, as it was told last */
};

static void read_on(struct feed_call *x);

static struct feed_call *of_call(struct api_call *c)
{
	return CONTAINER_OF(c, struct feed_call, call);
}

static void stop_waiting(struct feed_call *x)
{
	struct api_feed *f = &x->call.api->feed;
	if (x->waiting) {
		list_remove(&x->node);
		f->idle--;
	}
	if (x->blocked)
		f->idle--;
	x->waiting = x->blocked = false;
}

static void release(struct api_call *c)
{
	struct feed_call *x = of_call(c);
	stop_waiting(x);
	arena_fini(&x->rows);
}

static void on_tick(struct loop_timer *t)
{
	struct api *a = CONTAINER_OF(t, struct api, feed.tick);
	struct list due;
	struct list_node *n;
	list_init(&due);
	list_move_all(&due, &a->feed.waiting);
	while ((n = list_pop(&due))) {
		struct feed_call *x = LIST_ITEM(n, struct feed_call, node);
		x->waiting = false;
		a->feed.idle--;
		read_on(x);
	}
}

static void wait(struct feed_call *x)
{
	struct api *a = x->call.api;
	x->waiting = true;
	a->feed.idle++;
	list_push(&a->feed.waiting, &x->node);
	a->feed.tick.fire = on_tick;
	if (!loop_timer_is_set(&a->feed.tick))
		loop_timer_set(a->loop, &a->feed.tick, API_FEED_TICK_MS);
}

/* ---- pages ------------------------------------------------------------------------------------------------------------------- */

static void answer_page(struct feed_call *x)
{
	const struct store_get_changes *g = &x->get;
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-store"))};
	char cursor[STORE_CURSOR_MAX];
	struct buf b;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_open_in(&b, "changes", '[');
	for (size_t i = 0; i < g->count; i++)
		api_change_json(&b, &g->rows[i]);
	json_out_close(&b, ']');
	json_out_str_in(&b, "next", str_c(store_cursor_format(cursor, &g->cursor)));
	json_out_bool_in(&b, "more", g->more);
	json_out_close(&b, '}');
	http_respond(x->call.http, 200, fields, ARRAY_LEN(fields), buf_str(&b));
	buf_fini(&b);
	api_call_end(&x->call);
}

static void page_read(struct feed_call *x)
{
	struct api *a = x->call.api;
	if (x->get.count || a->feed.draining || loop_now(a->loop) >= x->until_ms)
		answer_page(x);
	else if (x->get.more)
		read_on(x);
	else
		wait(x);
}

/* ---- streams ----------------------------------------------------------------------------------------------------------------- */

static void write_text(struct feed_call *x, struct buf *b)
{
	if (buf_ok(b) && buf_len(b)) {
		http_write(x->call.http, buf_str(b));
		x->written_ms = loop_now(x->call.api->loop);
	}
	buf_fini(b);
}

static void begin_stream(struct feed_call *x)
{
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("text/event-stream")),
	                              HTTP_FIELD("Cache-Control", STR("no-store"))};
	x->begun = true;
	http_begin(x->call.http, 200, fields, ARRAY_LEN(fields), HTTP_LENGTH_UNKNOWN);
}

static void end_stream(struct feed_call *x)
{
	http_end(x->call.http);
	api_call_end(&x->call);
}

static void write_changes(struct feed_call *x)
{
	char cursor[STORE_CURSOR_MAX];
	struct buf b;
	buf_init(&b, API_ANSWER_MAX);
	for (size_t i = 0; i < x->get.count; i++) {
		const struct store_change *c = &x->get.rows[i];
		struct buf one;
		buf_init(&one, API_ANSWER_MAX);
		api_change_json(&one, c);
		buf_printf(&b, "id: %s\nevent: change\ndata: %.*s\n\n",
		           store_cursor_format(cursor, &c->cursor), STR_ARG(buf_str(&one)));
		buf_fini(&one);
	}
	write_text(x, &b);
}

/* It has written what there was: what now? */
static void stream_go_on(struct feed_call *x, bool more)
{
	struct api *a = x->call.api;
	struct buf b;
	if (a->feed.draining) {
		end_stream(x);
	} else if (http_full(x->call.http)) {
		x->blocked = true;
		a->feed.idle++;
	} else if (more) {
		read_on(x);
	} else {
		buf_init(&b, 16);
		if (loop_now(a->loop) - x->written_ms >= PING_MS)
			buf_lit(&b, ":\n\n");
		write_text(x, &b);
		wait(x);
	}
}

static void on_counts(struct store_op *op)
{
	struct feed_call *x = CONTAINER_OF(op, struct feed_call, batch.op);
	struct buf b, body;
	if (!x->call.http) {
		api_call_end(&x->call);
		return;
	}
	if (op->err) {
		end_stream(x);
		return;
	}
	buf_init(&b, API_ANSWER_MAX);
	if (x->batch.info.version != x->version || !x->version) {
		api_batch_body(&body, &x->batch.info);
		buf_printf(&b, "event: batch\ndata: %.*s\n\n", STR_ARG(buf_str(&body)));
		buf_fini(&body);
		x->version = x->batch.info.version;
	}
	write_text(x, &b);
	stream_go_on(x, false);
}

static void stream_read(struct feed_call *x)
{
	struct buf b;
	if (!x->begun) {
		begin_stream(x);
		if (str_eq(x->call.http->method, STR("HEAD"))) {
			end_stream(x);
			return;
		}
		buf_init(&b, 64);
		buf_lit(&b, "retry: 3000\n\n");
		write_text(x, &b);
	}
	write_changes(x);
	if (x->get.more || http_full(x->call.http)) {
		stream_go_on(x, true);
		return;
	}
	x->batch = (struct store_get_batch){.batch = x->get.batch, .partner = x->call.partner_id};
	api_submit(x->call.api->reader, &x->batch.op, STORE_GET_BATCH, on_counts);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------- */

static void on_failed(struct feed_call *x, const struct store_op *op)
{
	struct api_call *c = &x->call;
	if (x->begun) {
		api_problem_store(c->api, NULL, op); /* for the log */
		end_stream(x);
		return;
	}
	if (op->err == ERR_NOT_FOUND)
		api_problem_not_found(c->http, API_NO_SUCH_BATCH);
	else if (op->err == ERR_RANGE)
		api_problem_parameter(c->http, str_c(op->errmsg.text));
	else
		api_problem_store(c->api, c->http, op);
	api_call_end(c);
}

/* The certificate was taken off the list while its owner waited. */
static void turn_out(struct feed_call *x)
{
	if (x->begun) {
		end_stream(x);
		return;
	}
	api_problem_answer(x->call.http,
	                   &(struct api_problem){.status = 403,
	                                         .type = "unknown-partner",
	                                         .title = "This client certificate belongs to no partner"});
	api_call_end(&x->call);
}

static void on_changes(struct store_op *op)
{
	struct feed_call *x = CONTAINER_OF(op, struct feed_call, get.op);
	if (!x->call.http)
		api_call_end(&x->call);
	else if (!api_call_allowed(&x->call))
		turn_out(x);
	else if (op->err)
		on_failed(x, op);
	else if (x->stream)
		stream_read(x);
	else
		page_read(x);
}

/* From the cursor on, which the operation has left where to go on; only the first one begins elsewhere. */
static void read_on(struct feed_call *x)
{
	if (x->get.op.done)
		x->get.from = STORE_CHANGES_CURSOR;
	arena_reset(&x->rows);
	x->get.op = (struct store_op){.err = OK};
	api_submit(x->call.api->reader, &x->get.op, STORE_GET_CHANGES, on_changes);
}

static void on_drain(struct http_request *r)
{
	struct feed_call *x = of_call(r->arg);
	if (x->blocked) {
		stop_waiting(x);
		read_on(x);
	}
}

static void on_abort(struct http_request *r, enum err why)
{
	struct feed_call *x = of_call(r->arg);
	bool idle = x->waiting || x->blocked;
	(void)why;
	x->call.http = NULL;
	if (idle)
		api_call_end(&x->call);
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------- */

/* One partner's feeds are few: its own programs. */
static bool has_room(const struct api_request *q)
{
	size_t n = 0;
	list_for_each (node, &q->api->calls) {
		const struct api_call *c = LIST_ITEM(node, struct api_call, node);
		n += c->release == release && c->partner_id == q->partner_id;
	}
	if (n < API_FEEDS_MAX)
		return true;
	api_problem_answer(q->http,
	                   &(struct api_problem){
	                       .status = 429,
	                       .type = "too-many-feeds",
	                       .title = "This partner waits for changes on too many connections",
	                       .detail = arena_printf(q->http->arena, "At most %d at a time.", API_FEEDS_MAX),
	                       .retry_after_s = API_RETRY_BUSY_S});
	return false;
}

static struct feed_call *new_feed(const struct api_request *q, uint32_t limit)
{
	static const struct http_events ev = {.on_drain = on_drain, .on_abort = on_abort};
	struct feed_call *x = api_call_new(q, sizeof *x, release);
	q->http->ev = &ev;
	arena_init(&x->rows);
	x->get.partner = q->partner_id;
	x->get.limit = limit;
	x->get.arena = &x->rows;
	return x;
}

static bool read_after(struct http_request *r, struct store_cursor *cursor, bool *now)
{
	struct str text;
	*cursor = (struct store_cursor){0};
	*now = false;
	if (!http_query(r, "after", &text))
		return true;
	*now = str_eq(text, STR("now"));
	return *now || store_cursor_parse(text, cursor);
}

void api_get_changes(const struct api_request *q)
{
	uint64_t wait_s = 0;
	uint32_t limit;
	struct store_cursor cursor;
	bool now;
	if (!api_accept_json(q->http))
		return;
	if (!read_after(q->http, &cursor, &now)) {
		api_problem_parameter(q->http, STR("after: \"next\" of the page before, or now"));
		return;
	}
	if (!api_query_limit(q->http, &limit))
		return;
	if (!api_query_number(q->http, "wait", 0, WAIT_MAX_S, &wait_s)) {
		api_problem_parameter(q->http, STR("wait: seconds, from 0 to 60"));
		return;
	}
	if (!has_room(q))
		return;
	struct feed_call *x = new_feed(q, limit);
	x->get.cursor = cursor;
	x->get.from = now ? STORE_CHANGES_NOW : STORE_CHANGES_CURSOR;
	x->until_ms = loop_now(q->api->loop) + wait_s * 1000;
	read_on(x);
}

void api_get_events(const struct api_request *q)
{
	static const char *const types[] = {"text/event-stream", NULL};
	struct str last = http_header(q->http, "Last-Event-ID");
	struct store_cursor cursor = {0};
	batch_id_t id;
	if (api_accept(q->http, types) < 0 || !api_path_batch(q, &id))
		return;
	if (last.len && !store_cursor_parse(last, &cursor)) {
		api_problem_parameter(q->http, STR("Last-Event-ID: an id that an event of this stream had"));
		return;
	}
	if (!has_room(q))
		return;
	struct feed_call *x = new_feed(q, EVENTS_LIMIT);
	x->stream = true;
	x->get.batch = id;
	x->get.cursor = cursor;
	x->get.from = last.len ? STORE_CHANGES_CURSOR : STORE_CHANGES_BATCH;
	read_on(x);
}

/* ---- the end ----------------------------------------------------------------------------------------------------------------- */

void api_feed_drain(struct api *a)
{
	struct list_node *next;
	a->feed.draining = true;
	loop_timer_cancel(a->loop, &a->feed.tick);
	for (struct list_node *n = a->calls.first; n; n = next) {
		struct api_call *c = LIST_ITEM(n, struct api_call, node);
		next = n->next;
		if (c->release != release)
			continue;
		struct feed_call *x = of_call(c);
		if (!x->waiting && !x->blocked)
			continue; /* it is reading, and will see */
		stop_waiting(x);
		if (x->stream)
			end_stream(x);
		else
			answer_page(x);
	}
}
