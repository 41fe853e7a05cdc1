/* The bump allocator. */
#include "epp/base/arena.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN      16
#define BLOCK_SIZE 4000

struct arena_block {
	struct arena_block *next; /* owned; older */
	size_t size;
	max_align_t mem[];
};

void arena_init(struct arena *a)
{
	*a = (struct arena){0};
}

static void free_from(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
}

void arena_fini(struct arena *a)
{
	free_from(a->head);
	*a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
	a->used = 0;
	if (!a->head)
		return;
	/* Keep the oldest block, which has the standard size unless something large came first; large ones go back. */
	struct arena_block *keep = a->head;
	while (keep->next) {
		struct arena_block *next = keep->next;
		free(keep);
		keep = next;
	}
	a->head = keep;
	if (keep->size > BLOCK_SIZE) {
		arena_fini(a);
		return;
	}
	a->at = (char *)keep->mem;
	a->end = a->at + keep->size;
}

static void add_block(struct arena *a, size_t need)
{
	size_t size = a->head && need <= BLOCK_SIZE ? BLOCK_SIZE * 4 : BLOCK_SIZE;
	if (size < need)
		size = need;
	struct arena_block *b = xmalloc(sizeof *b + size);
	b->next = a->head;
	b->size = size;
	a->head = b;
	a->at = (char *)b->mem;
	a->end = a->at + size;
}

void *arena_alloc(struct arena *a, size_t size)
{
	REQUIRE(size < SIZE_MAX / 2);
	size_t need = (size + (ALIGN - 1)) & ~(size_t)(ALIGN - 1);
	if (need == 0)
		need = ALIGN;
	if (!a->at || (size_t)(a->end - a->at) < need)
		add_block(a, need);
	void *ptr = a->at;
	a->at += need;
	a->used += need;
	return ptr;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	REQUIRE(size == 0 || n <= SIZE_MAX / size);
	void *ptr = arena_alloc(a, n * size);
	memset(ptr, 0, n * size);
	return ptr;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.len + 1);
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return str_make(copy, s.len);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0);
	char *text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return str_make(text, (size_t)n);
}
