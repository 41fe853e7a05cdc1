/* The rate limiter. A "part" is 1/rate of a microsecond: one unit is worth exactly 1,000,000 parts at every rate. */
#include "daemon/sched/gcra.h"

#define PARTS_PER_UNIT 1000000ull

void gcra_init(struct gcra *g, uint32_t rate, uint32_t burst)
{
	*g = (struct gcra){.rate = rate < GCRA_MAX_RATE ? rate : GCRA_MAX_RATE,
	                   .burst = burst < GCRA_MAX_BURST ? burst : GCRA_MAX_BURST};
	if (g->burst == 0)
		g->burst = 1;
}

/* What is in the queue, in parts. GCRA_MAX_DEBT * GCRA_MAX_RATE is below 2^62. */
static uint64_t level(const struct gcra *g, uint64_t now_us)
{
	if (g->empty_us < now_us)
		return 0;
	return (g->empty_us - now_us) * g->rate + g->empty_frac;
}

static void set_level(struct gcra *g, uint64_t parts, uint64_t now_us)
{
	uint64_t most = GCRA_MAX_DEBT * g->rate;
	if (parts > most)
		parts = most;
	g->empty_us = now_us + parts / g->rate;
	g->empty_frac = (uint32_t)(parts % g->rate);
}

void gcra_set(struct gcra *g, uint32_t rate, uint32_t burst, uint64_t now_us)
{
	uint64_t used = g->rate ? level(g, now_us) : 0;
	gcra_init(g, rate, burst);
	if (g->rate)
		set_level(g, used, now_us);
}

uint64_t gcra_wait_us(const struct gcra *g, uint64_t cost, uint64_t now_us)
{
	if (g->rate == 0)
		return 0;
	uint64_t room = cost < g->burst ? g->burst - cost : 0;
	uint64_t held = level(g, now_us), most = room * PARTS_PER_UNIT;
	return held <= most ? 0 : (held - most + g->rate - 1) / g->rate;
}

void gcra_charge(struct gcra *g, uint64_t cost, uint64_t now_us)
{
	if (g->rate == 0)
		return;
	uint64_t cap = GCRA_MAX_DEBT * g->rate;
	uint64_t held = level(g, now_us);
	uint64_t parts = cost > cap / PARTS_PER_UNIT ? cap : cost * PARTS_PER_UNIT;
	set_level(g, held + parts, now_us);
}

uint64_t gcra_take(struct gcra *g, uint64_t cost, uint64_t now_us)
{
	uint64_t wait = gcra_wait_us(g, cost, now_us);
	if (wait == 0)
		gcra_charge(g, cost, now_us);
	return wait;
}

uint64_t gcra_left(const struct gcra *g, uint64_t now_us)
{
	if (g->rate == 0)
		return UINT64_MAX;
	uint64_t held = level(g, now_us), most = g->burst * PARTS_PER_UNIT;
	return held >= most ? 0 : (most - held) / PARTS_PER_UNIT;
}
