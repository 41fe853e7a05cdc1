/*
 * W3C Trace Context: whose trace a request belongs to. What the log says of the request carries its trace-id; a request
 * without one, or with a traceparent that is none, gets one of its own, so that every line of it can be found together.
 */
#include "daemon/api/api_int.h"
#include "epp/base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_hex(struct str s, size_t len)
{
	bool zero = true;
	for (size_t i = 0; i < s.len; i++) {
		if (!strchr("0123456789abcdef", s.ptr[i]) || s.ptr[i] == '\0')
			return false;
		zero &= s.ptr[i] == '0';
	}
	return s.len == len && !zero;
}

/* version "-" trace-id "-" parent-id "-" flags; a later version may have more after it. */
bool api_trace_parse(struct str s, char out[API_TRACE_MAX])
{
	struct str version = str_split(&s, '-'), id = str_split(&s, '-'), parent = str_split(&s, '-');
	struct str flags = str_split(&s, '-');
	bool first = str_eq(version, STR("00"));
	if (!(first || is_hex(version, 2)) || str_eq(version, STR("ff")) || (first && s.len))
		return false;
	if (!is_hex(id, 32) || !is_hex(parent, 16) || !(str_eq(flags, STR("00")) || is_hex(flags, 2)))
		return false;
	return str_copy(out, API_TRACE_MAX, id);
}

/* Unlike any other of this gateway's; not for secrets. */
static void make(const struct api *a, char out[API_TRACE_MAX])
{
	char seed[96];
	struct sha256 digest;
	(void)snprintf(seed, sizeof seed, "%s/%lld/%llu", a->view->config->instance,
	               (long long)loop_wall(a->loop), (unsigned long long)a->http.requests);
	hash_sha256(str_c(seed), &digest);
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest.bytes[i]);
}

void api_trace_of(const struct api *a, const struct http_request *r, char out[API_TRACE_MAX])
{
	if (http_header_count(r, "traceparent") != 1 || !api_trace_parse(http_header(r, "traceparent"), out))
		make(a, out);
}

uint32_t api_trace_end(const char trace[API_TRACE_MAX])
{
	return (uint32_t)strtoul(trace + API_TRACE_MAX - 9, NULL, 16);
}
