/*
 * What partners have used of their rates, by the store's number of the partner; kept over reloads. In blocks, so that a
 * limiter never moves: uploads hold on to theirs. 56 bytes each.
 */
#ifndef VNEPP_API_API_LIMITER_H
#define VNEPP_API_API_LIMITER_H

#include "daemon/sched/gcra.h"

#include <stddef.h>

struct api_limiter {
	struct gcra gcra;
	uint32_t requests; /* under way now */
	uint32_t uploads;  /* batches being received now */
	/* Since the start: admitted with little left, and beyond the limit. */
	uint32_t near, over, near_uploads, over_uploads, near_queued, over_queued;
};

struct api_limiters {
	struct api_limiter **blocks; /* owned */
	size_t count;
};

/* Made with everything 0 when it is asked for first. */
struct api_limiter *api_limiter_at(struct api_limiters *l, uint32_t partner);
/* NULL: nobody has asked for it. */
const struct api_limiter *api_limiter_find(const struct api_limiters *l, uint32_t partner);
void api_limiters_fini(struct api_limiters *l);

#endif
