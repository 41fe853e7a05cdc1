/* The system's clocks. */
#include "epp/base/clock.h"

#include <time.h>

static uint64_t system_mono_us(struct clock *c)
{
	(void)c;
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static instant_ms_t system_wall(struct clock *c)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (instant_ms_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + c->shift_ms;
}

void clock_init_system(struct clock *c, int64_t shift_ms)
{
	*c = (struct clock){.mono_us = system_mono_us, .wall = system_wall, .shift_ms = shift_ms};
}
