/* Terminal columns of UTF-8 text, without the locale's tables: the C library's depend on what is installed. */
#include "daemon/cli/width.h"

#include <stdint.h>

/* One character: its bytes, its code point and its columns. */
struct glyph {
	size_t len;
	uint32_t code;
	size_t columns;
	bool shown; /* false: print '?' */
};

static uint32_t decode(const unsigned char *p, size_t left, size_t *len)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n && i < left; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*len = n;
	return c;
}

static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1f64f) ||
	       (c >= 0x20000 && c <= 0x3fffd);
}

/* Combining marks, joiners and the marks of direction, which are also not shown. */
static bool is_zero(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x20d0 && c <= 0x20ff) ||
	       (c >= 0xfe00 && c <= 0xfe0f);
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static struct glyph next_glyph(struct str s)
{
	size_t len;
	const unsigned char *p = (const unsigned char *)s.ptr;
	uint32_t c = decode(p, s.len, &len);
	/* NUL is refused by str_is_utf8() and must not be shown either. */
	if (len > s.len || !str_is_utf8(str_make(s.ptr, len)))
		return (struct glyph){.len = 1, .columns = 1};
	if (is_control(c))
		return (struct glyph){.len = len, .code = c, .columns = 1};
	return (struct glyph){len, c, is_zero(c) ? 0 : is_wide(c) ? 2 : 1, true};
}

size_t width_of(struct str s)
{
	size_t columns = 0;
	while (s.len) {
		struct glyph g = next_glyph(s);
		columns += g.columns;
		s = str_make(s.ptr + g.len, s.len - g.len);
	}
	return columns;
}

size_t width_append(struct buf *out, struct str s, size_t columns)
{
	bool cut = width_of(s) > columns;
	size_t used = 0, room = cut && columns ? columns - 1 : columns;
	while (s.len) {
		struct glyph g = next_glyph(s);
		if (used + g.columns > room)
			break;
		buf_add(out, g.shown ? str_make(s.ptr, g.len) : STR("?"));
		used += g.columns;
		s = str_make(s.ptr + g.len, s.len - g.len);
	}
	if (cut && columns) {
		buf_lit(out, "…");
		used++;
	}
	return used;
}
