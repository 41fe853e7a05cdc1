/* Client transaction ids as text. */
#include "epp/trid.h"

#include "epp/base/check.h"

static const char digits36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static char *put36(char *at, uint64_t n)
{
	char t[13]; /* 36^13 > 2^64 */
	size_t len = 0;
	do {
		t[len++] = digits36[n % 36];
	} while (n /= 36);
	while (len)
		*at++ = t[--len];
	return at;
}

size_t epp_trid_format(char out[EPP_TRID_MAX + 1], const struct epp_trid *t)
{
	REQUIRE(t->step >= 'a' && t->step <= 'z');
	char *at = out;
	*at++ = 'V';
	*at++ = 'N';
	*at++ = '-';
	at = put36(at, t->epoch);
	*at++ = '-';
	at = put36(at, t->claim);
	*at++ = '-';
	at = put36(at, t->offset);
	*at++ = '-';
	*at++ = t->step;
	if (t->trace) {
		*at++ = '-';
		for (int shift = 28; shift >= 0; shift -= 4)
			*at++ = digits36[t->trace >> shift & 15];
	}
	*at = '\0';
	return (size_t)(at - out);
}

static int digit36(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : -1;
}

static bool get36(struct str s, uint64_t *out)
{
	uint64_t n = 0;
	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int d = digit36(s.ptr[i]);
		if (d < 0 || n > (UINT64_MAX - (uint64_t)d) / 36)
			return false;
		n = n * 36 + (uint64_t)d;
	}
	*out = n;
	return true;
}

/* Eight digits, not all of them 0. */
static bool get_trace(struct str s, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.len; i++) {
		int d = digit36(s.ptr[i]);
		if (d < 0 || d > 15)
			return false;
		*out = *out << 4 | (uint32_t)d;
	}
	return s.len == 8 && *out;
}

bool epp_trid_parse(struct str s, struct epp_trid *out)
{
	if (s.len > EPP_TRID_MAX || !str_eq_c(str_split(&s, '-'), "VN"))
		return false;
	if (!get36(str_split(&s, '-'), &out->epoch) || !get36(str_split(&s, '-'), &out->claim) ||
	    !get36(str_split(&s, '-'), &out->offset))
		return false;
	out->step = s.len ? s.ptr[0] : '\0';
	out->trace = 0;
	if (s.len > 1 && (s.ptr[1] != '-' || !get_trace(str_make(s.ptr + 2, s.len - 2), &out->trace)))
		return false;
	return out->step >= 'a' && out->step <= 'z';
}
