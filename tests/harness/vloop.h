/* The virtual loop: a struct loop whose clock stands still while work is being done and jumps to the next deadline. */
#ifndef VNEPP_TESTS_VLOOP_H
#define VNEPP_TESTS_VLOOP_H

#include "daemon/core/loop.h"

struct vloop {
	struct loop loop;
	struct clock
	    clock; /* for everything that wants the virtual time; the wall clock moves with the monotonic one */
	uint64_t now_us;
	instant_ms_t wall_start;
};

/* Monotonic time starts at 1,000 s, wall time at `wall_start` (plus clock.shift_ms). */
void vloop_init(struct vloop *v, instant_ms_t wall_start);
/* Nothing may be left in the loop. */
void vloop_fini(struct vloop *v);

/*
 * Runs until pred(arg) is true (asked before the first turn and after each, before the clock moves); false when nothing
 * is left to happen, or when `max_ms` of virtual time have passed. pred NULL: until nothing is left, or the time has
 * passed; true in the first case.
 */
bool vloop_run_until(struct vloop *v, bool (*pred)(void *arg), void *arg, uint64_t max_ms);
/* Runs for this long, whatever happens; the clock has then advanced by exactly so much. */
void vloop_run_for(struct vloop *v, uint64_t ms);
/* Runs turns without moving the clock until nothing is left to do now. */
void vloop_settle(struct vloop *v);

#endif
