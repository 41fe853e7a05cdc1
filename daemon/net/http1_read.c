/*
 * Reading requests: collecting heads, giving bodies to llhttp, telling the handler.
 *
 * Called by process() with the bytes that are there; each function takes off what it has used. Bad bytes end in
 * http_conn_refuse(). The handler is called from here, and may answer, pause or break at any of these places.
 */
#include "daemon/net/http1_int.h"
#include "epp/base/check.h"

#include <string.h>

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
	if (s->on_answered)
		c->began_us = s->loop->clock->mono_us(s->loop->clock);
	http_conn_set_live(c, true);
	c->in = IN_BODY;
	loop_timer_cancel(s->loop, &c->timer); /* it was the head's */
	c->body_mark = 0;
	s->on_request(s->arg, &c->req);
	if (c->message_complete && c->in == IN_BODY && !c->body_paused)
		body_ended(c);
	http_conn_continue(c);
}

void http_conn_begin_exchange(struct http_conn *c)
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
	http_conn_begin_exchange(c);
	int status = http_head_parse(c, head, &detail);
	struct str rest = head;
	if (status == 0 && (!parse(c, &rest) || rest.len != 0)) {
		detail = "the request head is not valid HTTP";
		status = 400;
	}
	buf_reset(&c->head, HTTP_KEEP_BYTES);
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

void http_read_head(struct http_conn *c, struct str *in)
{
	bool first = buf_len(&c->head) == 0;
	size_t room = HTTP_LINE_MAX + HTTP_HEAD_MAX + 4 - buf_len(&c->head);
	size_t n = in->len < room ? in->len : room;
	buf_append(&c->head, in->ptr, n);
	*in = str_make(in->ptr + n, in->len - n);
	if (first)
		http_conn_set_deadline(c);
	if (skip_empty_line(c))
		return;
	struct str all = buf_str(&c->head);
	size_t len = head_len(all);
	const char *detail;
	int status = check_partial(len ? str_make(all.ptr, len) : all, &detail);
	if (status) {
		http_conn_begin_exchange(c);
		c->req = (struct http_request){.minor_version = 1};
		http_conn_refuse(c, status, detail);
	} else if (len) {
		/* What was taken too much goes back: it is the end of what came just now. */
		size_t back = all.len - len;
		*in = str_make(in->ptr - back, in->len + back);
		head_complete(c, str_make(all.ptr, len));
	}
}

void http_read_body(struct http_conn *c, struct str *in)
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
