#include "daemon/api/api_limiter.h"

#include "epp/base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 64 /* the store gives small numbers: hardly a place in a block stays empty */

_Static_assert(sizeof(struct api_limiter) <= 56, "an idle key has 64 bytes, with its part of the blocks");

struct api_limiter *api_limiter_at(struct api_limiters *l, uint32_t partner)
{
	size_t block = partner / BLOCK;
	if (block >= l->count) {
		l->blocks = xrealloc(l->blocks, block + 1, sizeof *l->blocks);
		memset(l->blocks + l->count, 0, (block + 1 - l->count) * sizeof *l->blocks);
		l->count = block + 1;
	}
	if (!l->blocks[block])
		l->blocks[block] = xcalloc(BLOCK, sizeof **l->blocks);
	return &l->blocks[block][partner % BLOCK];
}

const struct api_limiter *api_limiter_find(const struct api_limiters *l, uint32_t partner)
{
	size_t block = partner / BLOCK;
	return block < l->count && l->blocks[block] ? &l->blocks[block][partner % BLOCK] : NULL;
}

void api_limiters_fini(struct api_limiters *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->blocks[i]);
	free(l->blocks);
	*l = (struct api_limiters){0};
}
