/*
 * A bump allocator that is freed whole: one per EPP exchange, per HTTP request, per parsed file. What must live
 * longer is copied out.
 */
#ifndef VNEPP_BASE_ARENA_H
#define VNEPP_BASE_ARENA_H

#include "epp/base/attr.h"
#include "epp/base/str.h"

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head; /* owned; newest first */
	char *at;
	char *end;
	size_t used; /* bytes handed out since the last reset */
};

void arena_init(struct arena *a);
/* Frees all memory; a zeroed arena is fine. */
void arena_fini(struct arena *a);
/* Forgets everything handed out, keeps one block for the next use. */
void arena_reset(struct arena *a);
/* `size` bytes aligned for any type, not zeroed. Never NULL. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;
/* `n` zeroed elements. */
void *arena_calloc(struct arena *a, size_t n, size_t size) MUST_CHECK;
/* A NUL-terminated copy (the NUL is not counted in the view). */
struct str arena_str(struct arena *a, struct str s) MUST_CHECK;
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) MUST_CHECK;

#endif
