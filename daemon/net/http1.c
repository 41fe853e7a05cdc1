/*
 * Connections of the HTTP server.
 *
 * Happy path: IN_HEAD collects bytes up to the empty line, reads the head, tells the handler (on_request); IN_BODY gives
 * the body to llhttp and its pieces to the handler; IN_DONE waits for the answer; then the next request.
 * One function, process(), looks at the whole state and works on the bytes that are there; what cannot be worked on now
 * (a paused body, a pipelined request) is kept in `ahead`, and the stream is paused when that is enough.
 * Calls of the handler change state and defer process() to the next turn; it is never re-entered.
 *
 * Failures: a bad head or body is refused (http_conn_refuse) and the connection closed. The peer's end in a body, a
 * reset, a deadline: the stream ends; its on_closed tells the handler by on_abort, in one place, once. Answered before
 * the body has come: the rest is dropped up to HTTP_DISCARD_MAX, so that the peer can read the answer.
 */
#include "daemon/net/http1_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

/* The stream delivers at most 64 KiB after it was paused; so this is never reached. */
#define AHEAD_MAX  (1u << 20)
#define KEEP_BYTES (4u << 10)
/* How often a closing connection looks whether its last bytes have left. */
#define LEAVE_CHECK_MS 250

static void set_reading_deadline(struct http_conn *c);

/* The end at once; on_closed tells the handler. */
static void break_off(struct http_conn *c, enum err why)
{
	c->why = why;
	c->in = IN_DEAD;
	stream_abort(c->s);
}

void http_conn_tell_abort(struct http_conn *c, enum err why)
{
	if (!c->live)
		return;
	c->live = false;
	c->server->aborted++;
	if (c->req.ev && c->req.ev->on_abort)
		c->req.ev->on_abort(&c->req, c->why != OK ? c->why : why);
}

/* ---- the body, by llhttp ---- */

static struct http_conn *conn_of(llhttp_t *p)
{
	return p->data;
}

static int on_headers_complete(llhttp_t *p)
{
	p->upgrade = 0; /* whatever is offered, this stays HTTP/1 */
	return 0;
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
	struct http_conn *c = conn_of(p);
	if (len == 0)
		return 0; /* a span that was left open by a pause */
	c->body_read += len;
	if (!c->live)
		c->dropped += len;
	else if (c->req.ev && c->req.ev->on_body)
		c->req.ev->on_body(&c->req, str_make(at, len));
	c->parser_held = c->body_paused && c->live;
	return c->parser_held ? HPE_PAUSED : 0;
}

/* Trailers and chunk extensions mean nothing to us; but they may not go on for ever. */
static int on_extra(llhttp_t *p, const char *at, size_t len)
{
	struct http_conn *c = conn_of(p);
	(void)at;
	if (c->in == IN_BODY)
		c->extra += len;
	return c->extra > HTTP_HEAD_MAX ? HPE_USER : 0;
}

static int on_message_complete(llhttp_t *p)
{
	conn_of(p)->message_complete = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {.on_headers_complete = on_headers_complete,
                                           .on_body = on_body,
                                           .on_header_field = on_extra,
                                           .on_header_value = on_extra,
                                           .on_chunk_extension_name = on_extra,
                                           .on_chunk_extension_value = on_extra,
                                           .on_message_complete = on_message_complete};

/* Gives bytes to the parser, takes off what it has used; false when they are no HTTP. */
static bool parse(struct http_conn *c, struct str *in)
{
	c->parser_held = false;
	enum llhttp_errno e = llhttp_execute(&c->parser, in->ptr, in->len);
	size_t used = in->len;
	if (e == HPE_PAUSED)
		used = (size_t)(llhttp_get_error_pos(&c->parser) - in->ptr);
	else if (e != HPE_OK)
		return false;
	*in = str_make(in->ptr + used, in->len - used);
	if (e == HPE_PAUSED)
		llhttp_resume(&c->parser);
	return true;
}

/* ---- the states of reading ---- */

static void body_ended(struct http_conn *c)
{
	c->in = IN_DONE;
	if (c->live && c->req.ev && c->req.ev->on_body_end)
		c->req.ev->on_body_end(&c->req);
}

static void request_begins(struct http_conn *c)
{
	struct http_server *s = c->server;
	INVARIANT(c->open); /* nobody is served before the handshake has told who it is */
	s->requests++;
	c->live = true;
	c->in = IN_BODY;
	s->on_request(s->arg, &c->req);
	if (c->message_complete && c->in == IN_BODY && !c->body_paused)
		body_ended(c);
	http_conn_continue(c);
}

static void reset_exchange(struct http_conn *c)
{
	arena_reset(&c->arena);
	llhttp_init(&c->parser, HTTP_REQUEST, &settings);
	c->parser.data = c;
	c->answer = ANSWER_NONE;
	c->has_body = c->message_complete = c->body_paused = c->expect_continue = false;
	c->keep_alive = c->head_only = c->chunked = false;
	c->body_read = 0;
	c->extra = c->dropped = 0;
}

static void head_complete(struct http_conn *c, struct str head)
{
	const char *detail = NULL;
	reset_exchange(c);
	int status = http_head_parse(c, head, &detail);
	struct str rest = head;
	if (status == 0 && (!parse(c, &rest) || rest.len != 0)) {
		detail = "the request head is not valid HTTP";
		status = 400;
	}
	buf_reset(&c->head, KEEP_BYTES);
	if (status)
		http_conn_refuse(c, status, detail);
	else
		request_begins(c);
}

/* Bytes up to and with the empty line; 0 when it is not there yet. */
static size_t head_len(struct str s)
{
	const char *at = s.len >= 4 ? memmem(s.ptr, s.len, "\r\n\r\n", 4) : NULL;
	return at ? (size_t)(at - s.ptr) + 4 : 0;
}

/* What can be said against a head that is not complete. */
static int check_partial(struct str s, const char **detail)
{
	const char *lf = memchr(s.ptr, '\n', s.len);
	size_t line = lf ? (size_t)(lf - s.ptr) : s.len;
	*detail = "the request line is too long";
	if (line > HTTP_LINE_MAX)
		return 414;
	*detail = "the header section is too long";
	if (s.len - line > HTTP_HEAD_MAX)
		return 431;
	*detail = "lines must end with CR and LF";
	for (; lf; lf = memchr(lf + 1, '\n', s.len - (size_t)(lf + 1 - s.ptr)))
		if (lf == s.ptr || lf[-1] != '\r')
			return 400;
	return 0;
}

/* An empty line before the request line is skipped (RFC 9112 section 2.2); true when there is nothing else. */
static bool skip_empty_line(struct http_conn *c)
{
	if (str_starts(buf_str(&c->head), STR("\r\n")))
		buf_consume(&c->head, 2);
	return buf_len(&c->head) == 0;
}

static void read_head(struct http_conn *c, struct str *in)
{
	bool first = buf_len(&c->head) == 0;
	size_t room = HTTP_LINE_MAX + HTTP_HEAD_MAX + 4 - buf_len(&c->head);
	size_t n = in->len < room ? in->len : room;
	buf_append(&c->head, in->ptr, n);
	*in = str_make(in->ptr + n, in->len - n);
	if (first)
		set_reading_deadline(c);
	if (skip_empty_line(c))
		return;
	struct str all = buf_str(&c->head);
	size_t len = head_len(all);
	const char *detail;
	int status = check_partial(len ? str_make(all.ptr, len) : all, &detail);
	if (status) {
		reset_exchange(c);
		c->req = (struct http_request){.minor_version = 1};
		http_conn_refuse(c, status, detail);
	} else if (len) {
		/* What was taken too much goes back: it is the end of what came just now. */
		size_t back = all.len - len;
		*in = str_make(in->ptr - back, in->len + back);
		head_complete(c, str_make(all.ptr, len));
	}
}

static void read_body(struct http_conn *c, struct str *in)
{
	bool good = c->message_complete || parse(c, in);
	if (c->in != IN_BODY)
		return;
	if (!good)
		http_conn_refuse(c, c->extra > HTTP_HEAD_MAX ? 431 : 400,
		                 c->extra > HTTP_HEAD_MAX ? "trailers or chunk extensions are too long"
		                                          : "the request body is not valid HTTP");
	else if (c->message_complete && !(c->body_paused && c->live))
		body_ended(c);
	else if (c->dropped > HTTP_DISCARD_MAX)
		c->in = IN_DEAD;
}

/* ---- the whole ---- */

/* The exchange is over: on to the next request, or close. True: on. */
static bool next_request(struct http_conn *c)
{
	if (c->answer != ANSWER_DONE || !c->keep_alive)
		return false;
	c->in = IN_HEAD;
	c->answer = ANSWER_NONE;
	set_reading_deadline(c);
	return true;
}

/* The peer has said all, and there is nothing left of it: what was begun will not be completed. */
static void starved(struct http_conn *c)
{
	if (!c->saw_eof)
		return;
	if (c->in == IN_BODY && c->live) {
		break_off(c, ERR_TRUNCATED);
		return;
	}
	c->in = IN_DEAD;
	c->answer = ANSWER_DONE;
	c->keep_alive = false;
}

static void work(struct http_conn *c, struct str *in)
{
	for (;;) {
		if (c->closing || c->in == IN_DEAD) {
			*in = STR_NONE;
			return;
		}
		bool held = c->body_paused && c->live;
		switch (c->in) {
		case IN_HEAD:
			if (in->len == 0) {
				starved(c);
				return;
			}
			read_head(c, in);
			break;
		case IN_BODY:
			if (held)
				return;
			/* A parser that was held may have more to say without more bytes. */
			if (in->len == 0 && !c->message_complete && !c->parser_held) {
				starved(c);
				return;
			}
			read_body(c, in);
			break;
		case IN_DONE:
			if (!next_request(c))
				return;
			break;
		case IN_DEAD: break;
		}
	}
}

/* No more requests on this connection and the answer is out: close when it has left. */
static void close_when_done(struct http_conn *c)
{
	bool read = c->in == IN_DONE || c->in == IN_DEAD || c->saw_eof || c->expect_continue;
	if (c->closing || c->answer != ANSWER_DONE || c->keep_alive || !read)
		return;
	c->closing = true;
	loop_timer_cancel(c->server->loop, &c->timer);
	if (stream_queued(c->s) < STREAM_LOW_WATER) {
		stream_close(c->s);
		return;
	}
	/* stream_close() has a deadline that a slow peer with a long answer would miss. */
	c->stalled_since_ms = loop_now(c->server->loop);
	loop_timer_set(c->server->loop, &c->stall, LEAVE_CHECK_MS);
}

static void set_flow(struct http_conn *c)
{
	bool held = c->in == IN_BODY && c->body_paused && c->live;
	if (!c->closing && (held || buf_len(&c->ahead) >= HTTP_PIPELINE_MAX))
		stream_pause(c->s);
	else
		stream_resume(c->s);
}

static void keep_rest(struct http_conn *c, struct str in)
{
	size_t had = buf_len(&c->ahead);
	if (in.len == 0)
		buf_reset(&c->ahead, KEEP_BYTES);
	else if (had)
		buf_consume(&c->ahead, had - in.len);
	else
		buf_add(&c->ahead, in);
}

static void process(struct http_conn *c, struct str in)
{
	work(c, &in);
	keep_rest(c, in);
	close_when_done(c);
	set_flow(c);
}

void http_conn_answered(struct http_conn *c)
{
	loop_defer(c->server->loop, &c->task);
}

/* After bytes were worked on: the body has a new deadline, a head keeps the one that it began with. */
static void move_deadline(struct http_conn *c)
{
	if (c->in != IN_HEAD)
		set_reading_deadline(c);
}

static void run_task(struct loop_task *t)
{
	struct http_conn *c = CONTAINER_OF(t, struct http_conn, task);
	http_conn_continue(c);
	process(c, buf_str(&c->ahead));
	move_deadline(c);
}

void http_pause_body(struct http_request *r)
{
	struct http_conn *c = r->conn;
	c->body_paused = true;
	loop_timer_cancel(c->server->loop, &c->timer);
	loop_defer(c->server->loop, &c->task);
}

void http_resume_body(struct http_request *r)
{
	struct http_conn *c = r->conn;
	c->body_paused = false;
	loop_defer(c->server->loop, &c->task);
}

/* ---- deadlines ---- */

static void set_reading_deadline(struct http_conn *c)
{
	struct loop *l = c->server->loop;
	bool held = c->body_paused && c->live;
	if (c->in == IN_HEAD && !c->closing)
		loop_timer_set(l, &c->timer, buf_len(&c->head) ? HTTP_HEAD_MS : HTTP_IDLE_MS);
	else if (c->in == IN_BODY && !held && !c->closing)
		loop_timer_set(l, &c->timer, HTTP_BODY_MS);
	else
		loop_timer_cancel(l, &c->timer);
}

static void reading_late(struct loop_timer *t)
{
	struct http_conn *c = CONTAINER_OF(t, struct http_conn, timer);
	if (c->in == IN_HEAD && buf_len(&c->head) == 0) {
		c->closing = true;
		stream_close(c->s);
		return;
	}
	if (c->in == IN_HEAD) {
		reset_exchange(c);
		c->req = (struct http_request){.minor_version = 1};
	}
	c->why = ERR_TIMEOUT;
	if (c->answer == ANSWER_NONE)
		http_conn_refuse(c, 408, "the request did not come in time");
	else
		break_off(c, ERR_TIMEOUT);
}

static int64_t has_left(const struct http_conn *c)
{
	return (int64_t)c->written - (int64_t)stream_queued(c->s);
}

void http_conn_wrote(struct http_conn *c, size_t len)
{
	c->written += len;
	stream_flush(c->s);
	if (loop_timer_is_set(&c->stall))
		return;
	c->sent_before = has_left(c);
	c->stalled_since_ms = loop_now(c->server->loop);
	loop_timer_set(c->server->loop, &c->stall, HTTP_STALL_MS);
}

static void writing_late(struct loop_timer *t)
{
	struct http_conn *c = CONTAINER_OF(t, struct http_conn, stall);
	struct loop *l = c->server->loop;
	if (c->closing && stream_queued(c->s) < STREAM_LOW_WATER) {
		stream_close(c->s);
		return;
	}
	if (stream_queued(c->s) == 0)
		return;
	if (has_left(c) > c->sent_before) {
		c->sent_before = has_left(c);
		c->stalled_since_ms = loop_now(l);
	} else if (loop_now(l) - c->stalled_since_ms >= HTTP_STALL_MS) {
		break_off(c, ERR_TIMEOUT);
		return;
	}
	loop_timer_set(l, &c->stall, c->closing ? LEAVE_CHECK_MS : HTTP_STALL_MS);
}

/* ---- the stream's events ---- */

static void on_open(void *arg)
{
	struct http_conn *c = arg;
	c->open = true;
	set_reading_deadline(c);
}

static void on_data(void *arg, struct str data)
{
	struct http_conn *c = arg;
	if (buf_len(&c->ahead)) {
		buf_add(&c->ahead, data);
		data = buf_str(&c->ahead);
	}
	process(c, data);
	move_deadline(c);
}

static void on_drain(void *arg)
{
	struct http_conn *c = arg;
	if (c->live && c->answer == ANSWER_BEGUN && c->req.ev && c->req.ev->on_drain)
		c->req.ev->on_drain(&c->req);
}

static void on_eof(void *arg, bool clean)
{
	struct http_conn *c = arg;
	c->saw_eof = true;
	if (!clean)
		break_off(c, ERR_TRUNCATED);
	else
		process(c, buf_str(&c->ahead)); /* requests that have come whole are still answered */
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct http_conn *c = arg;
	struct loop *l = c->server->loop;
	(void)text;
	http_conn_tell_abort(c, why != OK ? why : ERR_CLOSED);
	loop_cancel_task(&c->task);
	loop_timer_cancel(l, &c->timer);
	loop_timer_cancel(l, &c->stall);
	list_remove(&c->node);
	buf_fini(&c->head);
	buf_fini(&c->ahead);
	arena_fini(&c->arena);
	free(c);
}

static const struct stream_events events = {
    .on_open = on_open, .on_data = on_data, .on_drain = on_drain, .on_eof = on_eof, .on_closed = on_closed};

/* ---- the server ---- */

void http_server_init(struct http_server *s, struct loop *loop,
                      void (*on_request)(void *arg, struct http_request *r), void *arg)
{
	*s = (struct http_server){.loop = loop, .on_request = on_request, .arg = arg};
}

void http_server_on_stream(void *server, struct stream *stream)
{
	struct http_server *s = server;
	struct http_conn *c = xcalloc(1, sizeof *c);
	c->server = s;
	c->s = stream;
	buf_init(&c->head, HTTP_LINE_MAX + HTTP_HEAD_MAX + 4);
	buf_init(&c->ahead, AHEAD_MAX);
	arena_init(&c->arena);
	c->task.run = run_task;
	c->timer.fire = reading_late;
	c->stall.fire = writing_late;
	list_push(&s->conns, &c->node);
	stream_listen(stream, &events, c);
}

void http_server_drain(struct http_server *s)
{
	s->draining = true;
	list_for_each (n, &s->conns) {
		struct http_conn *c = LIST_ITEM(n, struct http_conn, node);
		if (c->open && c->in == IN_HEAD && buf_len(&c->head) == 0 && !c->closing) {
			c->closing = true;
			loop_timer_cancel(s->loop, &c->timer);
			stream_close(c->s);
		}
	}
}

void http_server_abort(struct http_server *s)
{
	list_for_each (n, &s->conns)
		stream_abort(LIST_ITEM(n, struct http_conn, node)->s);
}
