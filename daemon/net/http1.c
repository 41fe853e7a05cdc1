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

#include <stdlib.h>
#include <string.h>

/* The stream delivers at most 64 KiB after it was paused; so this is never reached. */
#define AHEAD_MAX (1u << 20)
/* How often a closing connection looks whether its last bytes have left. */
#define LEAVE_CHECK_MS 250

void http_conn_break(struct http_conn *c, enum err why)
{
	c->why = why;
	c->in = IN_DEAD;
	stream_abort(c->s);
}

void http_conn_set_live(struct http_conn *c, bool live)
{
	struct http_server *s = c->server;
	if (c->live == live)
		return;
	c->live = live;
	if (list_in(&c->rest))
		list_remove(&c->rest);
	if (!live)
		list_push(&s->resting, &c->rest);
	if (!live && c->req.whose && s->on_over)
		s->on_over(s->arg, &c->req);
}

void http_conn_tell_abort(struct http_conn *c, enum err why)
{
	if (!c->live)
		return;
	http_conn_set_live(c, false);
	c->server->aborted++;
	if (c->req.ev && c->req.ev->on_abort)
		c->req.ev->on_abort(&c->req, c->why != OK ? c->why : why);
}

/* ---- the whole ---- */

/* The exchange is over: on to the next request, or close. True: on. */
static bool next_request(struct http_conn *c)
{
	if (c->answer != ANSWER_DONE || !c->keep_alive)
		return false;
	c->in = IN_HEAD;
	c->answer = ANSWER_NONE;
	http_conn_set_deadline(c);
	return true;
}

/* The peer has said all, and there is nothing left of it: what was begun will not be completed. */
static void starved(struct http_conn *c)
{
	if (!c->saw_eof)
		return;
	if (c->in == IN_BODY && c->live) {
		http_conn_break(c, ERR_TRUNCATED);
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
			http_read_head(c, in);
			break;
		case IN_BODY:
			if (held)
				return;
			/* A parser that was held may have more to say without more bytes. */
			if (in->len == 0 && !c->message_complete && !c->parser_held) {
				starved(c);
				return;
			}
			http_read_body(c, in);
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
		buf_reset(&c->ahead, HTTP_KEEP_BYTES);
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

/* After bytes were worked on: the body has a new deadline when enough of it has come, a head keeps the one that it began
 * with. */
static void move_deadline(struct http_conn *c)
{
	bool little = c->in == IN_BODY && loop_timer_is_set(&c->timer) && c->body_read >= c->body_mark &&
	              c->body_read - c->body_mark < HTTP_BODY_MIN;
	if (c->in != IN_HEAD && !little)
		http_conn_set_deadline(c);
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

void http_conn_set_deadline(struct http_conn *c)
{
	struct loop *l = c->server->loop;
	bool held = c->body_paused && c->live;
	if (c->in == IN_HEAD && !c->closing)
		loop_timer_set(l, &c->timer, buf_len(&c->head) ? HTTP_HEAD_MS : HTTP_IDLE_MS);
	else if (c->in == IN_BODY && !held && !c->closing)
		loop_timer_set(l, &c->timer, HTTP_BODY_MS);
	else
		loop_timer_cancel(l, &c->timer);
	c->body_mark = c->body_read;
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
		http_conn_begin_exchange(c);
		c->req = (struct http_request){.minor_version = 1};
	}
	c->why = ERR_TIMEOUT;
	if (c->answer == ANSWER_NONE)
		http_conn_refuse(c, 408, "the request did not come in time");
	else
		http_conn_break(c, ERR_TIMEOUT);
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
		http_conn_break(c, ERR_TIMEOUT);
		return;
	}
	loop_timer_set(l, &c->stall, c->closing ? LEAVE_CHECK_MS : HTTP_STALL_MS);
}

/* ---- the stream's events ---- */

static void on_open(void *arg)
{
	struct http_conn *c = arg;
	c->open = true;
	http_conn_set_deadline(c);
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
		http_conn_break(c, ERR_TRUNCATED);
	else
		process(c, buf_str(&c->ahead)); /* requests that have come whole are still answered */
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct http_conn *c = arg;
	struct loop *l = c->server->loop;
	if (why == ERR_CERT && c->server->on_refused)
		c->server->on_refused(c->server->arg, stream_peer(c->s), text);
	http_conn_tell_abort(c, why != OK ? why : ERR_CLOSED);
	loop_cancel_task(&c->task);
	loop_timer_cancel(l, &c->timer);
	loop_timer_cancel(l, &c->stall);
	list_remove(&c->node);
	if (list_in(&c->rest))
		list_remove(&c->rest);
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
	list_push(&s->fresh, &c->rest);
	stream_listen(stream, &events, c);
}

/* "192.0.2.1:49152" and "[2001:db8::1]:49152" are of "192.0.2.1" and "2001:db8::1". */
static bool is_of(const char *address, const char *host)
{
	size_t n = strlen(host);
	address += address[0] == '[';
	return strncmp(address, host, n) == 0 && (address[n] == ':' || address[n] == ']');
}

static struct http_conn *oldest(struct list *l, const char *host)
{
	list_for_each (n, l) {
		struct http_conn *c = LIST_ITEM(n, struct http_conn, rest);
		if (!host || is_of(stream_peer(c->s)->address, host))
			return c;
	}
	return NULL;
}

bool http_server_make_room(void *server, const char *host)
{
	struct http_server *s = server;
	struct http_conn *c = oldest(&s->fresh, host);
	if (!c)
		c = oldest(&s->resting, host);
	if (!c) {
		s->crowded++;
		return false;
	}
	s->displaced++;
	list_remove(&c->rest); /* it is on its way out */
	http_conn_break(c, ERR_FULL);
	return true;
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
