/*
 * Memory that cannot fail: running out aborts. Sizes that come from a peer or a user are capped by the caller
 * before they get here.
 */
#ifndef VNEPP_BASE_ALLOC_H
#define VNEPP_BASE_ALLOC_H

#include "epp/base/attr.h"

void *xmalloc(size_t size) MUST_CHECK;
/* `n` zeroed elements; the product is checked. */
void *xcalloc(size_t n, size_t size) MUST_CHECK;
/* `n` elements in place of `ptr`; the product is checked. */
void *xrealloc(void *ptr, size_t n, size_t size) MUST_CHECK;
char *xstrdup(const char *s) MUST_CHECK;
/* A NUL-terminated copy of `len` bytes. */
char *xmemdup0(const void *ptr, size_t len) MUST_CHECK;

#endif
