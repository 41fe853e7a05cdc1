/* Looking into a request: fields, query parameters, percent-encoding. */
#include "daemon/net/http1_int.h"

struct str http_header(const struct http_request *r, const char *name)
{
	struct str n = str_c(name);
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, n))
			return r->headers[i].value;
	return STR_NONE;
}

size_t http_header_count(const struct http_request *r, const char *name)
{
	struct str n = str_c(name);
	size_t count = 0;
	for (size_t i = 0; i < r->header_count; i++)
		count += str_eq_nocase(r->headers[i].name, n);
	return count;
}

struct str http_header_list(const struct http_request *r, const char *name)
{
	struct str n = str_c(name), list = http_header(r, name);
	bool first = true;
	for (size_t i = 0; i < r->header_count; i++) {
		if (!str_eq_nocase(r->headers[i].name, n))
			continue;
		if (!first)
			list =
			    arena_printf(r->arena, "%.*s, %.*s", STR_ARG(list), STR_ARG(r->headers[i].value));
		first = false;
	}
	return list;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char low = (char)(c | 32);
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool http_decode(struct arena *a, struct str s, struct str *out)
{
	char *to = arena_alloc(a, s.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		char ch = s.ptr[i];
		if (ch == '%') {
			int high = s.len - i > 2 ? hex(s.ptr[i + 1]) : -1;
			int low = s.len - i > 2 ? hex(s.ptr[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			ch = (char)(high * 16 + low);
			i += 2;
		}
		if (ch == '\0')
			return false;
		to[n++] = ch;
	}
	to[n] = '\0';
	*out = str_make(to, n);
	return true;
}

bool http_query(const struct http_request *r, const char *name, struct str *out)
{
	struct str rest = r->query;
	while (!str_empty(rest)) {
		struct str value = str_split(&rest, '&');
		struct str key = str_split(&value, '=');
		if (str_eq_c(key, name))
			return http_decode(r->arena, value, out);
	}
	return false;
}

const struct stream_peer *http_peer(const struct http_request *r)
{
	return stream_peer(r->conn->s);
}
