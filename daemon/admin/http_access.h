/*
 * Who may see what the administration listener shows. A browser is a strange client: any page that the operator looks
 * at may send requests to this machine, so Host and Origin are checked for every path; what shows names or more needs a
 * token as well (TCP), or the right user (Unix socket: the kernel says who).
 *
 *   Host     localhost, 127.0.0.0/8 or [::1], with any port: what other names lead here is DNS rebinding (421)
 *   Origin   absent, or this Host; Sec-Fetch-Site: cross-site is refused, too (403)
 *   token    Authorization: Bearer TOKEN, or the cookie that POST /login gives for it
 *   peer     root, the daemon's own user, members of the daemon's group
 */
#ifndef VNEPP_ADMIN_HTTP_ACCESS_H
#define VNEPP_ADMIN_HTTP_ACCESS_H

#include "epp/base/hash.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_ACCESS_COOKIE_S     43200 /* a shift */
#define HTTP_ACCESS_COOKIE_MAX   128
#define HTTP_ACCESS_FAILURES_MAX 10 /* wrong tokens in a minute; beyond that even the right one is refused */

struct http_request;

struct http_access {
	bool has_token;
	struct sha256 token, cookie_key; /* of the token; secret */
	uint64_t window_ms;              /* when the minute of failures began */
	unsigned failures;
};

enum http_access_answer {
	HTTP_ACCESS_YES,
	HTTP_ACCESS_NO,     /* no token, or a wrong one: 401 */
	HTTP_ACCESS_WRONG,  /* the same, and it was wrong */
	HTTP_ACCESS_LATER,  /* too many wrong ones: 429 */
	HTTP_ACCESS_NOBODY, /* not this user, or there is no token to know: 403 */
};

/* Empty: there is no token. */
void http_access_set_token(struct http_access *a, struct str token);

/* 0, or the status with which a request is refused whatever its path. */
int http_access_check_source(const struct http_request *r, const char **detail);
/* `now_ms` is the loop's time, `wall_s` the cookie's. */
enum http_access_answer http_access_check(struct http_access *a, const struct http_request *r,
                                          uint64_t now_ms, int64_t wall_s);
/* The same for a token that came in a form. */
enum http_access_answer http_access_check_token(struct http_access *a, struct str token, uint64_t now_ms);
/* The value of the cookie that stands for the token until `wall_s` + HTTP_ACCESS_COOKIE_S. */
void http_access_cookie(const struct http_access *a, int64_t wall_s, char out[HTTP_ACCESS_COOKIE_MAX]);

#endif
