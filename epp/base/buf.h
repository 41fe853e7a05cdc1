/*
 * A growable byte buffer with a maximum. Bytes are appended at the end and consumed at the front.
 * An append that would pass the maximum changes nothing and marks the buffer failed; the writer of a long text can
 * therefore append freely and ask buf_ok() once at the end.
 */
#ifndef VNEPP_BASE_BUF_H
#define VNEPP_BASE_BUF_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *mem;  /* owned */
	size_t off; /* first byte not consumed */
	size_t end; /* one past the last byte */
	size_t cap; /* bytes allocated */
	size_t max; /* bytes that may be held */
	bool failed;
};

/* Holds at most `max_bytes`; allocates nothing yet. */
void buf_init(struct buf *b, size_t max_bytes);
/* Frees; the buffer may be initialised again. A zeroed buffer is fine. */
void buf_fini(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->off;
}

static inline char *buf_data(struct buf *b)
{
	return b->mem + b->off;
}

/* What is held; valid until the next call that changes the buffer. */
static inline struct str buf_str(const struct buf *b)
{
	return str_make(b->mem ? b->mem + b->off : "", b->end - b->off);
}

/* No append has failed since init or clear. */
static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

/* Room for `n` more bytes at the returned place, to be followed by buf_commit(); NULL (and failed) past the maximum. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

void buf_append(struct buf *b, const void *ptr, size_t n);
static inline void buf_add(struct buf *b, struct str s)
{
	buf_append(b, s.ptr, s.len);
}
#define buf_lit(b, lit) buf_append((b), "" lit, sizeof(lit) - 1)
static inline void buf_byte(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* Decimal digits; many times faster than buf_printf. */
void buf_u64(struct buf *b, unsigned long long value);
/* As a JSON string, with its quotes: control characters as \u00XX, everything else as it is. UTF-8 stays UTF-8. */
void buf_json(struct buf *b, struct str s);
/* Appends a NUL that does not count, and returns the text; "" when nothing is held. */
const char *buf_cstr(struct buf *b);

/* Drops `n` bytes at the front; n <= buf_len(). */
void buf_consume(struct buf *b, size_t n);
/* Cuts the content to its first `n` bytes; n <= buf_len(). */
void buf_truncate(struct buf *b, size_t n);
/* Empties, keeps the memory, forgets a failure. */
void buf_clear(struct buf *b);
/* Empties and gives the memory back when it is larger than `keep_bytes`. */
void buf_reset(struct buf *b, size_t keep_bytes);

#endif
