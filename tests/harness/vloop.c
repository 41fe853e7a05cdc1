/* The virtual loop: turns of a struct loop, and jumps of a clock in between. */
#include "tests/harness/vloop.h"

#include <limits.h>

#define START_US 1000000000ull /* not 0, so that a forgotten initialisation shows */
/* More turns than this without the clock moving is a loop that never comes to rest. */
#define SETTLE_MAX 1000000

static uint64_t mono_us(struct clock *c)
{
	return CONTAINER_OF(c, struct vloop, clock)->now_us;
}

static instant_ms_t wall(struct clock *c)
{
	const struct vloop *v = CONTAINER_OF(c, struct vloop, clock);
	return v->wall_start + (instant_ms_t)((v->now_us - START_US) / 1000) + c->shift_ms;
}

void vloop_init(struct vloop *v, instant_ms_t wall_start)
{
	*v = (struct vloop){.now_us = START_US, .wall_start = wall_start};
	v->clock.mono_us = mono_us;
	v->clock.wall = wall;
	loop_init(&v->loop, &v->clock);
}

void vloop_fini(struct vloop *v)
{
	loop_fini(&v->loop);
}

/* The clock jumps to the next deadline but not past `end_ms`. False: nothing is left before that. */
static bool jump(struct vloop *v, uint64_t end_ms)
{
	uint64_t next = loop_next_deadline(&v->loop);
	if (next == LOOP_NEVER || next > end_ms)
		return false;
	if (next > v->now_us / 1000)
		v->now_us = next * 1000;
	return true;
}

static uint64_t end_of(const struct vloop *v, uint64_t in_ms)
{
	uint64_t now_ms = v->now_us / 1000;
	return in_ms >= LOOP_NEVER - now_ms ? LOOP_NEVER - 1 : now_ms + in_ms;
}

bool vloop_run_until(struct vloop *v, bool (*pred)(void *arg), void *arg, uint64_t max_ms)
{
	uint64_t end = end_of(v, max_ms);
	if (pred && pred(arg))
		return true;
	do {
		loop_turn(&v->loop);
		if (pred && pred(arg))
			return true;
	} while (jump(v, end));
	return !pred && loop_next_deadline(&v->loop) == LOOP_NEVER;
}

void vloop_run_for(struct vloop *v, uint64_t ms)
{
	uint64_t end = end_of(v, ms);
	do {
		loop_turn(&v->loop);
	} while (jump(v, end));
	v->now_us = end * 1000;
	vloop_settle(v);
}

void vloop_settle(struct vloop *v)
{
	uint64_t now_ms = v->now_us / 1000;
	size_t turns = 0;
	do {
		INVARIANT(turns++ < SETTLE_MAX);
		loop_turn(&v->loop);
	} while (loop_next_deadline(&v->loop) <= now_ms);
}
