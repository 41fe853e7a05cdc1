/* Writing answers. */
#include "daemon/net/http1_int.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <string.h>

/* A body that is no longer than this is read to its end for the sake of the connection. */
#define READ_ON_MAX (64u << 10)

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {{100, "Continue"},
	             {200, "OK"},
	             {201, "Created"},
	             {202, "Accepted"},
	             {204, "No Content"},
	             {206, "Partial Content"},
	             {301, "Moved Permanently"},
	             {302, "Found"},
	             {303, "See Other"},
	             {304, "Not Modified"},
	             {307, "Temporary Redirect"},
	             {308, "Permanent Redirect"},
	             {400, "Bad Request"},
	             {401, "Unauthorized"},
	             {403, "Forbidden"},
	             {404, "Not Found"},
	             {405, "Method Not Allowed"},
	             {406, "Not Acceptable"},
	             {408, "Request Timeout"},
	             {409, "Conflict"},
	             {410, "Gone"},
	             {411, "Length Required"},
	             {412, "Precondition Failed"},
	             {413, "Content Too Large"},
	             {414, "URI Too Long"},
	             {415, "Unsupported Media Type"},
	             {417, "Expectation Failed"},
	             {421, "Misdirected Request"},
	             {422, "Unprocessable Content"},
	             {428, "Precondition Required"},
	             {429, "Too Many Requests"},
	             {431, "Request Header Fields Too Large"},
	             {500, "Internal Server Error"},
	             {501, "Not Implemented"},
	             {503, "Service Unavailable"},
	             {504, "Gateway Timeout"},
	             {505, "HTTP Version Not Supported"},
	             {507, "Insufficient Storage"}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].status == status)
			return known[i].text;
	return "Unknown";
}

/* ---- the head of an answer ---- */

/* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7. */
static void add_date(struct buf *b, instant_ms_t wall)
{
	static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	date_t d = date_of_instant(wall, 0);
	int y, m, day;
	date_split(d, &y, &m, &day);
	unsigned s = (unsigned)((wall - instant_of_date(d, 0)) / 1000);
	buf_printf(b, "Date: %s, %02d %s %04d %02u:%02u:%02u GMT\r\n", days[date_weekday(d)], day,
	           months[m - 1], y, s / 3600, s / 60 % 60, s % 60);
}

static void add_clean(struct buf *b, struct str s)
{
	char *at = buf_reserve(b, s.len);
	for (size_t i = 0; at && i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		at[i] = (ch < 0x20 && ch != '\t') || ch == 0x7f ? ' ' : (char)ch;
	}
	if (at)
		buf_commit(b, s.len);
}

static void add_fields(struct buf *b, const struct http_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_clean(b, fields[i].name);
		buf_lit(b, ": ");
		add_clean(b, fields[i].value);
		buf_lit(b, "\r\n");
	}
}

static bool has_no_body(int status)
{
	return status / 100 == 1 || status == 204 || status == 304;
}

/* May the connection serve another request after this answer? */
static bool may_go_on(const struct http_conn *c)
{
	if (!c->keep_alive || c->server->draining || (c->saw_eof && buf_len(&c->ahead) == 0) ||
	    c->in == IN_DEAD)
		return false;
	if (c->in != IN_BODY)
		return true;
	/* A client that waits for 100 Continue may or may not send the body now: nobody can tell. */
	uint64_t all = c->req.content_length;
	return !c->expect_continue && all != HTTP_LENGTH_UNKNOWN && all - c->body_read <= READ_ON_MAX;
}

static void add_framing(struct http_conn *c, struct buf *b, int status, uint64_t length)
{
	bool no_body = has_no_body(status);
	c->keep_alive = may_go_on(c);
	c->chunked = !no_body && length == HTTP_LENGTH_UNKNOWN && c->req.minor_version == 1;
	if (c->chunked)
		buf_lit(b, "Transfer-Encoding: chunked\r\n");
	else if (length == HTTP_LENGTH_UNKNOWN && !no_body)
		c->keep_alive = false; /* HTTP/1.0: the end of the connection is the end of the body */
	else if (!no_body)
		buf_printf(b, "Content-Length: %llu\r\n", (unsigned long long)length);
	if (!c->keep_alive)
		buf_lit(b, "Connection: close\r\n");
	else if (c->req.minor_version == 0)
		buf_lit(b, "Connection: keep-alive\r\n");
	c->head_only |= no_body;
	c->answer_left = length;
}

static void begin(struct http_conn *c, int status, const struct http_field *fields, size_t n, uint64_t length)
{
	REQUIRE(c->answer == ANSWER_NONE && status >= 200 && status <= 999);
	c->answer = ANSWER_BEGUN;
	c->status = status;
	c->head_only = str_eq(c->req.method, STR("HEAD"));
	struct buf *b = stream_out(c->s);
	size_t before = buf_len(b);
	buf_printf(b, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	add_date(b, loop_wall(c->server->loop));
	add_fields(b, fields, n);
	add_framing(c, b, status, length);
	buf_lit(b, "\r\n");
	http_conn_wrote(c, buf_len(b) - before);
}

/* ---- the body of an answer ---- */

static void write_piece(struct http_conn *c, struct str data)
{
	if (c->answer_left != HTTP_LENGTH_UNKNOWN) {
		if (!CHECK(data.len <= c->answer_left))
			data.len = (size_t)c->answer_left;
		c->answer_left -= data.len;
	}
	if (c->head_only || str_empty(data))
		return;
	struct buf *b = stream_out(c->s);
	size_t before = buf_len(b);
	if (c->chunked)
		buf_printf(b, "%zx\r\n", data.len);
	buf_add(b, data);
	if (c->chunked)
		buf_lit(b, "\r\n");
	http_conn_wrote(c, buf_len(b) - before);
}

static void tell_answered(const struct http_conn *c)
{
	const struct http_server *s = c->server;
	if (s->on_answered)
		s->on_answered(s->answered_arg, &c->req, c->status,
		               s->loop->clock->mono_us(s->loop->clock) - c->began_us);
}

static void end(struct http_conn *c)
{
	if (c->chunked && !c->head_only) {
		buf_lit(stream_out(c->s), "0\r\n\r\n");
		http_conn_wrote(c, 5);
	}
	bool complete = c->head_only || c->answer_left == 0 || c->answer_left == HTTP_LENGTH_UNKNOWN;
	c->answer = ANSWER_DONE;
	http_conn_set_live(c, false);
	if (!complete)
		stream_abort(c->s);
	tell_answered(c);
	http_conn_answered(c);
}

static struct http_conn *live_conn(const struct http_request *r)
{
	REQUIRE(r->conn->live);
	return r->conn;
}

void http_begin(struct http_request *r, int status, const struct http_field *fields, size_t n,
                uint64_t length)
{
	begin(live_conn(r), status, fields, n, length);
}

void http_write(struct http_request *r, struct str data)
{
	struct http_conn *c = live_conn(r);
	REQUIRE(c->answer == ANSWER_BEGUN);
	write_piece(c, data);
}

bool http_full(const struct http_request *r)
{
	return stream_queued(live_conn(r)->s) >= STREAM_HIGH_WATER;
}

void http_end(struct http_request *r)
{
	struct http_conn *c = live_conn(r);
	REQUIRE(c->answer == ANSWER_BEGUN);
	end(c);
}

void http_break(struct http_request *r)
{
	struct http_conn *c = live_conn(r);
	http_conn_set_live(c, false);
	c->answer = ANSWER_DONE;
	c->in = IN_DEAD;
	stream_abort(c->s);
}

void http_respond(struct http_request *r, int status, const struct http_field *fields, size_t n,
                  struct str body)
{
	struct http_conn *c = live_conn(r);
	begin(c, status, fields, n, has_no_body(status) ? 0 : body.len);
	if (!has_no_body(status))
		write_piece(c, body);
	end(c);
}

/* ---- problem details ---- */

static void add_json(struct buf *b, struct str s)
{
	bool utf8 = str_is_utf8(s);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		if (ch == '"' || ch == '\\')
			buf_printf(b, "\\%c", ch);
		else if (ch < 0x20)
			buf_printf(b, "\\u%04x", ch);
		else
			buf_byte(b, ch >= 0x80 && !utf8 ? '?' : (char)ch);
	}
}

static void problem(struct http_conn *c, int status, const char *title, struct str detail)
{
	struct buf b;
	buf_init(&b, 64u << 10);
	buf_lit(&b, "{\"type\":\"about:blank\",\"title\":\"");
	add_json(&b, str_c(title));
	buf_printf(&b, "\",\"status\":%d,\"detail\":\"", status);
	add_json(&b, str_make(detail.ptr, detail.len < 4096 ? detail.len : 4096));
	buf_lit(&b, "\"}\n");
	const struct http_field type = HTTP_FIELD("Content-Type", STR("application/problem+json"));
	begin(c, status, &type, 1, buf_len(&b));
	write_piece(c, buf_str(&b));
	buf_fini(&b);
}

void http_problem(struct http_request *r, int status, const char *title, struct str detail)
{
	struct http_conn *c = live_conn(r);
	problem(c, status, title, detail);
	end(c);
}

void http_conn_refuse(struct http_conn *c, int status, const char *detail)
{
	c->server->refused++;
	c->in = IN_DEAD;
	c->keep_alive = false;
	/* First, so that the handler does not answer, too. */
	http_conn_tell_abort(c, ERR_PROTOCOL);
	if (c->answer != ANSWER_NONE) {
		stream_abort(c->s); /* in the middle of another answer: all that can be said is the end */
		return;
	}
	problem(c, status, http_reason(status), str_c(detail));
	c->answer = ANSWER_DONE;
	http_conn_answered(c);
}

void http_conn_continue(struct http_conn *c)
{
	if (!c->live || !c->expect_continue || c->answer != ANSWER_NONE || c->in != IN_BODY || c->body_paused)
		return;
	c->expect_continue = false;
	struct str line = STR("HTTP/1.1 100 Continue\r\n\r\n");
	buf_add(stream_out(c->s), line);
	http_conn_wrote(c, line.len);
}
