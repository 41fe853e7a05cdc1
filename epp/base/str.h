/* A string view: bytes that somebody else owns, with their length. Not NUL-terminated unless said. */
#ifndef VNEPP_BASE_STR_H
#define VNEPP_BASE_STR_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *ptr; /* borrowed; may be NULL when len is 0 */
	size_t len;
};

#define STR_NONE ((struct str){NULL, 0})
/* A view of a string literal. */
#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
/* For printf: "%.*s", STR_ARG(s). Lengths over INT_MAX are cut. */
#define STR_ARG(s) ((s).len > 0x7fffffff ? 0x7fffffff : (int)(s).len), ((s).ptr ? (s).ptr : "")

static inline struct str str_make(const char *ptr, size_t len)
{
	return (struct str){ptr, len};
}

/* A view of a NUL-terminated string; NULL gives the empty view. */
static inline struct str str_c(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_empty(struct str s)
{
	return s.len == 0;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_eq_c(struct str a, const char *b)
{
	return str_eq(a, str_c(b));
}

/* Compares ASCII letters without case. */
bool str_eq_nocase(struct str a, struct str b);
/* Byte order, a shorter prefix first; <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Without ASCII white space on both ends. */
struct str str_trim(struct str s);
/* Cuts `*rest` at the first `sep`: returns what is before it, leaves what is after. No sep: all, leaves empty. */
struct str str_split(struct str *rest, char sep);
/* Decimal digits only, no sign, no white space; false on anything else or overflow. */
bool str_to_u64(struct str s, uint64_t *out) MUST_CHECK;
/* An optional '-' before the digits. */
bool str_to_i64(struct str s, int64_t *out) MUST_CHECK;
/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool str_is_utf8(struct str s);
/* So many bytes at its beginning are. */
size_t str_utf8_prefix(struct str s);
/* Copies with NUL into `out` of `size` bytes; false (and an empty string) when it does not fit or holds a NUL. */
bool str_copy(char *out, size_t size, struct str s) MUST_CHECK;
/* As one segment of a URL's path: what RFC 3986 section 2.3 does not leave as it is, as %XX. With NUL, and cut when it
 * does not fit: 3 * s.len + 1 is always enough. Returns `out`. */
char *str_percent(char *out, size_t size, struct str s);

#endif
