/*
 * A rate limiter (generic cell rate algorithm) with costs, in integers only: at most `burst` units at once, `rate` units
 * per second in the long run. One limiter is a virtual queue that drains at `rate`: a unit is admitted when the queue
 * then holds no more than `burst`. Work whose size nobody knows beforehand is admitted on debt: it is charged as it
 * turns up, and the next one waits until the debt is paid.
 *
 * Times are monotonic microseconds. All answers are exact: one microsecond before the moment told the answer is still
 * no, at that moment it is yes.
 */
#ifndef VNEPP_SCHED_GCRA_H
#define VNEPP_SCHED_GCRA_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stdint.h>

#define GCRA_MAX_RATE  1000000u                  /* units per second */
#define GCRA_MAX_BURST 100000000u                /* units; so that no product below leaves 64 bits */
#define GCRA_MAX_DEBT  (30ull * 86400 * 1000000) /* microseconds: nobody is locked out for longer */

/* 24 bytes per key. */
struct gcra {
	uint64_t empty_us;   /* when the virtual queue is empty again, whole microseconds … */
	uint32_t empty_frac; /* … and 1/rate parts of one; < rate */
	uint32_t rate;       /* units per second; 0: no limit */
	uint32_t burst;
};

/* Larger values are cut to the maxima; `burst` 0 means 1. `rate` 0: everything is admitted. */
void gcra_init(struct gcra *g, uint32_t rate, uint32_t burst);
/* Other values from now on; what has been used stays used: the same units are still in the queue. */
void gcra_set(struct gcra *g, uint32_t rate, uint32_t burst, uint64_t now_us);
/* How long `cost` units must wait; 0: they are admitted now. Costs above the burst wait as the burst does. */
uint64_t gcra_wait_us(const struct gcra *g, uint64_t cost, uint64_t now_us) MUST_CHECK;
/* Puts units into the queue, whatever is in it. */
void gcra_charge(struct gcra *g, uint64_t cost, uint64_t now_us);
/* Both: charges only when the answer is 0. */
uint64_t gcra_take(struct gcra *g, uint64_t cost, uint64_t now_us) MUST_CHECK;
/* Units that would be admitted now. UINT64_MAX without a limit. */
uint64_t gcra_left(const struct gcra *g, uint64_t now_us);

#endif
