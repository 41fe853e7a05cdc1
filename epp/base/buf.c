/* The growable byte buffer. */
#include "epp/base/buf.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small enough not to matter, large enough that a typical frame needs no second allocation. */
#define FIRST_CAP 512

static void sane(const struct buf *b)
{
	INVARIANT(b->off <= b->end && b->end <= b->cap);
}

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){.max = max_bytes};
}

void buf_fini(struct buf *b)
{
	free(b->mem);
	*b = (struct buf){.max = b->max};
}

/* Moves the content to the front: cheap, because it is done only when the front is at least half the memory. */
static void compact(struct buf *b)
{
	if (b->off == 0)
		return;
	memmove(b->mem, b->mem + b->off, b->end - b->off);
	b->end -= b->off;
	b->off = 0;
}

char *buf_reserve(struct buf *b, size_t n)
{
	sane(b);
	size_t held = b->end - b->off;
	if (b->failed || n > b->max || held > b->max - n) {
		b->failed = true;
		return NULL;
	}
	if (b->cap - b->end < n && b->off >= b->cap / 2)
		compact(b);
	if (b->cap - b->end < n) {
		size_t want = b->cap ? b->cap : FIRST_CAP;
		while (want - b->end < n || want < b->end)
			want *= 2;
		b->mem = xrealloc(b->mem, want, 1);
		b->cap = want;
	}
	return b->mem + b->end;
}

void buf_commit(struct buf *b, size_t n)
{
	REQUIRE(n <= b->cap - b->end);
	b->end += n;
}

void buf_append(struct buf *b, const void *ptr, size_t n)
{
	if (n == 0)
		return;
	char *at = buf_reserve(b, n);
	if (!at)
		return;
	memcpy(at, ptr, n);
	b->end += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0);
	/* vsnprintf writes a NUL that is not kept: the maximum does not count it. */
	size_t max = b->max;
	b->max += (size_t)n <= max && buf_len(b) <= max - (size_t)n && max < SIZE_MAX;
	char *at = buf_reserve(b, (size_t)n + 1);
	b->max = max;
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		b->end += (size_t)n;
	}
	va_end(again);
}

void buf_u64(struct buf *b, unsigned long long value)
{
	char digits[24];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	buf_append(b, digits + at, sizeof digits - at);
}

void buf_json(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;
	buf_byte(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buf_append(b, s.ptr + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\') {
			buf_byte(b, '\\');
			buf_byte(b, (char)c);
		} else {
			buf_lit(b, "\\u00");
			buf_byte(b, hex[c >> 4]);
			buf_byte(b, hex[c & 15]);
		}
	}
	buf_append(b, s.ptr + from, s.len - from);
	buf_byte(b, '"');
}

const char *buf_cstr(struct buf *b)
{
	size_t max = b->max;
	bool failed = b->failed;
	b->failed = false;
	b->max = buf_len(b) + 1;
	char *at = buf_reserve(b, 1);
	*at = '\0';
	b->max = max;
	b->failed = failed;
	return b->mem + b->off;
}

void buf_consume(struct buf *b, size_t n)
{
	sane(b);
	REQUIRE(n <= buf_len(b));
	b->off += n;
	if (b->off == b->end)
		b->off = b->end = 0;
}

void buf_truncate(struct buf *b, size_t n)
{
	sane(b);
	REQUIRE(n <= buf_len(b));
	b->end = b->off + n;
}

void buf_clear(struct buf *b)
{
	b->off = b->end = 0;
	b->failed = false;
}

void buf_reset(struct buf *b, size_t keep_bytes)
{
	if (b->cap > keep_bytes)
		buf_fini(b);
	else
		buf_clear(b);
}
