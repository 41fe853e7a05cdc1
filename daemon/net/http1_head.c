/*
 * Request heads (RFC 9112 sections 2 to 5), read strictly: CRLF only, no folding, no space before the colon, one Host,
 * one way to tell the length. What a proxy in front of us could read in another way is refused.
 */
#include "daemon/net/http1_int.h"

#include <string.h>

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static bool is_token(struct str s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < s.len; i++) {
		char ch = s.ptr[i];
		bool alnum = (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z');
		if (!alnum && (ch == '\0' || !strchr(others, ch)))
			return false;
	}
	return s.len > 0;
}

/* Field values: no control bytes but tab; bytes over 127 are opaque. */
static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		if ((ch < 0x20 && ch != '\t') || ch == 0x7f)
			return false;
	}
	return true;
}

/* RFC 3986 leaves nothing but visible ASCII, and of that not these. */
static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];
		if (ch <= 0x20 || ch >= 0x7f || strchr("#\"<>\\^`{|}", ch))
			return false;
	}
	return s.len > 0;
}

/* ---- the request line ---- */

static int read_version(struct http_request *r, struct str v, const char **detail)
{
	if (str_eq(v, STR("HTTP/1.1")) || str_eq(v, STR("HTTP/1.0"))) {
		r->minor_version = v.ptr[7] - '0';
		return 0;
	}
	bool other = v.len == 8 && str_starts(v, STR("HTTP/")) && v.ptr[5] >= '0' && v.ptr[5] <= '9' &&
	             v.ptr[6] == '.' && v.ptr[7] >= '0' && v.ptr[7] <= '9';
	*detail = "only HTTP/1.1 and HTTP/1.0 are spoken here";
	return other ? 505 : 400;
}

static int read_target(struct http_request *r, struct str t, const char **detail)
{
	*detail = "the request target is not a path";
	if (!is_target(t))
		return 400;
	struct str scheme = str_make(t.ptr, t.len < 8 ? t.len : 8);
	size_t skip = scheme.len >= 7 && str_eq_nocase(str_make(t.ptr, 7), STR("http://")) ? 7
	              : str_eq_nocase(scheme, STR("https://"))                             ? 8
	                                                                                   : 0;
	if (skip) { /* the absolute form: the authority counts for nothing here */
		size_t end = skip;
		while (end < t.len && t.ptr[end] != '/' && t.ptr[end] != '?')
			end++;
		if (end == skip)
			return 400;
		t = str_make(t.ptr + end, t.len - end);
	}
	r->query = t;
	r->path = str_split(&r->query, '?');
	if (str_empty(r->path) && skip)
		r->path = STR("/");
	bool star = str_eq(r->path, STR("*")) && str_eq(r->method, STR("OPTIONS"));
	return star || str_starts(r->path, STR("/")) ? 0 : 400;
}

static int read_request_line(struct http_request *r, struct str line, const char **detail)
{
	*detail = "the request line is not 'METHOD target HTTP/1.1'";
	struct str rest = line;
	r->method = str_split(&rest, ' ');
	struct str target = str_split(&rest, ' ');
	if (!is_token(r->method) || str_empty(target) || str_empty(rest))
		return 400;
	int status = read_version(r, rest, detail);
	if (status)
		return status;
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		known |= str_eq_c(r->method, methods[i]);
	if (!known) {
		*detail = "this method is not implemented";
		return 501;
	}
	return read_target(r, target, detail);
}

/* ---- the fields ---- */

static int read_field(struct http_conn *c, struct str line, const char **detail)
{
	if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
		*detail = "folded header lines are not accepted";
		return 400;
	}
	if (c->req.header_count == HTTP_HEADERS_MAX) {
		*detail = "too many header fields";
		return 431;
	}
	*detail = "a header line is not 'Name: value'";
	if (!memchr(line.ptr, ':', line.len))
		return 400;
	struct http_field *f = &c->fields[c->req.header_count];
	f->value = line;
	f->name = str_split(&f->value, ':');
	if (!is_token(f->name) || !is_value(f->value))
		return 400;
	f->value = str_trim(f->value);
	c->req.header_count++;
	return 0;
}

/* What the fields say about the message as a whole; counted, because a second one is suspicious. */
struct facts {
	unsigned hosts, lengths, encodings;
	struct str encoding, expect;
	bool close, keep;
};

static void read_connection(struct facts *f, struct str value)
{
	while (!str_empty(value)) {
		struct str token = str_trim(str_split(&value, ','));
		f->close |= str_eq_nocase(token, STR("close"));
		f->keep |= str_eq_nocase(token, STR("keep-alive"));
	}
}

static bool is_host(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr("/?#@ ,\t", s.ptr[i]) || (unsigned char)s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0;
}

static int gather(struct http_conn *c, struct facts *f, const char **detail)
{
	struct http_request *r = &c->req;
	for (size_t i = 0; i < r->header_count; i++) {
		struct str n = c->fields[i].name, v = c->fields[i].value;
		if (str_eq_nocase(n, STR("host"))) {
			f->hosts++;
			r->host = v;
		} else if (str_eq_nocase(n, STR("content-length"))) {
			f->lengths++;
			*detail = "Content-Length is not a number";
			if (!str_to_u64(v, &r->content_length) || r->content_length > INT64_MAX)
				return 400;
		} else if (str_eq_nocase(n, STR("transfer-encoding"))) {
			f->encodings++;
			f->encoding = v;
		} else if (str_eq_nocase(n, STR("connection"))) {
			read_connection(f, v);
		} else if (str_eq_nocase(n, STR("expect"))) {
			f->expect = v;
		}
	}
	return 0;
}

static int judge_host(const struct http_request *r, const struct facts *f, const char **detail)
{
	*detail = "exactly one Host header with a host name is needed";
	if (f->hosts > 1 || (f->hosts == 0 && r->minor_version == 1))
		return 400;
	return f->hosts == 0 || is_host(r->host) ? 0 : 400;
}

static int judge_length(struct http_conn *c, const struct facts *f, const char **detail)
{
	struct http_request *r = &c->req;
	*detail = "there must be one Content-Length, or one Transfer-Encoding, not both";
	if (f->lengths > 1 || f->encodings > 1 || (f->lengths && f->encodings))
		return 400;
	if (f->encodings) {
		*detail = "HTTP/1.0 has no Transfer-Encoding";
		if (r->minor_version == 0)
			return 400;
		*detail = "the only Transfer-Encoding known here is chunked";
		if (!str_eq_nocase(f->encoding, STR("chunked")))
			return 501;
		r->content_length = HTTP_LENGTH_UNKNOWN;
	}
	c->has_body = r->content_length != 0;
	return 0;
}

static int judge(struct http_conn *c, const char **detail)
{
	struct facts f = {0};
	int status = gather(c, &f, detail);
	if (status == 0)
		status = judge_host(&c->req, &f, detail);
	if (status == 0)
		status = judge_length(c, &f, detail);
	if (status)
		return status;
	c->keep_alive = !f.close && (c->req.minor_version == 1 || f.keep);
	if (str_empty(f.expect))
		return 0;
	*detail = "the only expectation known here is 100-continue";
	if (!str_eq_nocase(f.expect, STR("100-continue")))
		return 417;
	c->expect_continue = c->req.minor_version == 1 && c->has_body;
	return 0;
}

/* Cuts a line with its CRLF off; false when there is a CR or LF anywhere else. */
static bool next_line(struct str *rest, struct str *line)
{
	const char *lf = memchr(rest->ptr, '\n', rest->len);
	if (!lf || lf == rest->ptr || lf[-1] != '\r')
		return false;
	*line = str_make(rest->ptr, (size_t)(lf - rest->ptr) - 1);
	*rest = str_make(lf + 1, rest->len - line->len - 2);
	return !memchr(line->ptr, '\r', line->len);
}

int http_head_parse(struct http_conn *c, struct str head, const char **detail)
{
	struct http_request *r = &c->req;
	*r = (struct http_request){.conn = c, .arena = &c->arena, .headers = c->fields};
	struct str rest = arena_str(&c->arena, head), line;
	*detail = "lines must end with CR and LF";
	if (!next_line(&rest, &line))
		return 400;
	int status = read_request_line(r, line, detail);
	while (status == 0) {
		*detail = "lines must end with CR and LF";
		if (!next_line(&rest, &line))
			return 400;
		if (str_empty(line))
			return judge(c, detail);
		status = read_field(c, line, detail);
	}
	return status;
}
