/* Allocation that aborts when memory runs out. */
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *ptr)
{
	if (!ptr)
		check_abort("memory", "allocation", __FILE__, __LINE__);
	return ptr;
}

void *xmalloc(size_t size)
{
	return must(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *ptr, size_t n, size_t size)
{
	REQUIRE(size == 0 || n <= SIZE_MAX / size);
	size_t bytes = n * size;
	return must(realloc(ptr, bytes ? bytes : 1));
}

char *xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

char *xmemdup0(const void *ptr, size_t len)
{
	REQUIRE(len < SIZE_MAX);
	char *copy = xmalloc(len + 1);
	if (len)
		memcpy(copy, ptr, len);
	copy[len] = '\0';
	return copy;
}
