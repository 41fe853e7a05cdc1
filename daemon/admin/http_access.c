/* Host, Origin, tokens, users. */
#include "daemon/admin/http_access.h"
#include "daemon/net/http1.h"
#include "daemon/net/stream.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COOKIE_NAME "vnepp="
#define MINUTE_MS   60000

void http_access_set_token(struct http_access *a, struct str token)
{
	a->has_token = token.len > 0;
	hash_sha256(token, &a->token);
	hash_hmac_sha256(token, STR("vnepp status page cookie"), &a->cookie_key);
}

/* ---- where a request comes from ------------------------------------------------------------------------------------- */

/* "localhost:9443" without its port; false when that is no port. */
static bool cut_port(struct str *host)
{
	uint64_t port;
	const char *end = host->len && host->ptr[0] == '[' ? memchr(host->ptr, ']', host->len) : NULL;
	const char *from = end ? end : host->ptr;
	const char *colon = memchr(from, ':', host->len - (size_t)(from - host->ptr));
	if (!colon)
		return true;
	struct str rest = str_make(colon + 1, (size_t)(host->ptr + host->len - colon) - 1);
	host->len = (size_t)(colon - host->ptr);
	return str_to_u64(rest, &port) && port <= 65535;
}

/* Digits and dots that begin with "127.": a name of four labels would need a letter in its last one. */
static bool is_loopback_v4(struct str s)
{
	if (!str_starts(s, STR("127.")))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '.' && (s.ptr[i] < '0' || s.ptr[i] > '9'))
			return false;
	return true;
}

static bool is_here(struct str host)
{
	if (!host.len || !cut_port(&host))
		return false;
	return str_eq_nocase(host, STR("localhost")) || is_loopback_v4(host) || str_eq(host, STR("[::1]"));
}

static bool same_origin(struct str origin, struct str host)
{
	struct str rest = origin;
	if (str_starts(origin, STR("http://")))
		rest = str_make(origin.ptr + 7, origin.len - 7);
	else if (str_starts(origin, STR("https://")))
		rest = str_make(origin.ptr + 8, origin.len - 8);
	else
		return false;
	return str_eq_nocase(rest, host);
}

int http_access_check_source(const struct http_request *r, const char **detail)
{
	struct str origin = http_header(r, "origin"), site = http_header(r, "sec-fetch-site");
	*detail = "the Host must be localhost or a loopback address";
	if (!is_here(r->host))
		return 421;
	*detail = "the request comes from a page of another site";
	if (origin.len && !same_origin(origin, r->host))
		return 403;
	return str_eq(site, STR("cross-site")) ? 403 : 0;
}

/* ---- tokens ---------------------------------------------------------------------------------------------------------- */

/* Takes the same time wherever they differ. */
static bool equal(const uint8_t *a, const uint8_t *b)
{
	unsigned differs = 0;
	for (size_t i = 0; i < SHA256_LEN; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}

static bool too_many(struct http_access *a, uint64_t now_ms)
{
	if (now_ms - a->window_ms >= MINUTE_MS) {
		a->window_ms = now_ms;
		a->failures = 0;
	}
	return a->failures >= HTTP_ACCESS_FAILURES_MAX;
}

enum http_access_answer http_access_check_token(struct http_access *a, struct str token, uint64_t now_ms)
{
	struct sha256 hash;
	if (!a->has_token)
		return HTTP_ACCESS_NOBODY;
	if (too_many(a, now_ms))
		return HTTP_ACCESS_LATER;
	hash_sha256(token, &hash);
	if (equal(hash.bytes, a->token.bytes))
		return HTTP_ACCESS_YES;
	a->failures++;
	return HTTP_ACCESS_WRONG;
}

/* "<until, seconds>.<HMAC in hex>" */
static void cookie_text(const struct http_access *a, int64_t until_s, char out[HTTP_ACCESS_COOKIE_MAX])
{
	char text[32], hex[SHA256_HEX];
	struct sha256 mac;
	snprintf(text, sizeof text, "%lld", (long long)until_s);
	hash_hmac_sha256(str_make((const char *)a->cookie_key.bytes, SHA256_LEN), str_c(text), &mac);
	hash_hex(hex, mac.bytes, SHA256_LEN);
	snprintf(out, HTTP_ACCESS_COOKIE_MAX, "%s.%s", text, hex);
}

void http_access_cookie(const struct http_access *a, int64_t wall_s, char out[HTTP_ACCESS_COOKIE_MAX])
{
	cookie_text(a, wall_s + HTTP_ACCESS_COOKIE_S, out);
}

static bool cookie_fits(const struct http_access *a, struct str value, int64_t wall_s)
{
	char want[HTTP_ACCESS_COOKIE_MAX];
	struct sha256 have_hash, want_hash;
	struct str rest = value;
	int64_t until_s;
	if (!str_to_i64(str_split(&rest, '.'), &until_s) || until_s < wall_s ||
	    until_s > wall_s + HTTP_ACCESS_COOKIE_S)
		return false;
	cookie_text(a, until_s, want);
	hash_sha256(value, &have_hash);
	hash_sha256(str_c(want), &want_hash);
	return equal(have_hash.bytes, want_hash.bytes);
}

static bool has_cookie(const struct http_access *a, const struct http_request *r, int64_t wall_s)
{
	struct str rest = http_header(r, "cookie"), name = STR(COOKIE_NAME);
	while (rest.len) {
		struct str one = str_trim(str_split(&rest, ';'));
		if (str_starts(one, name) &&
		    cookie_fits(a, str_make(one.ptr + name.len, one.len - name.len), wall_s))
			return true;
	}
	return false;
}

/* Over a Unix socket: root, who runs the daemon, and their group. */
static bool may_see_everything(const struct stream_peer *p)
{
	bool group = p->gid == getegid();
	for (uint32_t i = 0; i < p->group_count; i++)
		group |= p->groups[i] == getegid();
	return p->local && (p->uid == 0 || p->uid == geteuid() || group);
}

enum http_access_answer http_access_check(struct http_access *a, const struct http_request *r,
                                          uint64_t now_ms, int64_t wall_s)
{
	struct str authorization = http_header(r, "authorization"), bearer = STR("Bearer ");
	const struct stream_peer *p = http_peer(r);
	if (p->local)
		return may_see_everything(p) ? HTTP_ACCESS_YES : HTTP_ACCESS_NOBODY;
	if (!a->has_token)
		return HTTP_ACCESS_NOBODY;
	if (authorization.len > bearer.len && str_eq_nocase(str_make(authorization.ptr, bearer.len), bearer))
		return http_access_check_token(
		    a, str_trim(str_make(authorization.ptr + bearer.len, authorization.len - bearer.len)),
		    now_ms);
	return has_cookie(a, r, wall_s) ? HTTP_ACCESS_YES : HTTP_ACCESS_NO;
}
