/* Additive increase, multiplicative decrease. */
#include "daemon/sched/pace.h"

#define SECOND_US 1000000u

void pace_init(struct pace *p, uint64_t now_us)
{
	*p = (struct pace){.second_us = now_us, .retry_parts = PACE_RETRIES_MAX * PACE_RETRY_EACH};
	gcra_init(&p->gcra, 0, 1);
}

uint64_t pace_wait_us(const struct pace *p, uint64_t now_us)
{
	return gcra_wait_us(&p->gcra, 1, now_us);
}

static void turn_second(struct pace *p, uint64_t now_us)
{
	if (now_us - p->second_us < SECOND_US)
		return;
	p->sent_before = now_us - p->second_us < 2 * (uint64_t)SECOND_US ? p->sent : 0;
	p->sent = 0;
	p->second_us = now_us;
}

void pace_sent(struct pace *p, uint64_t now_us)
{
	turn_second(p, now_us);
	p->sent++;
	gcra_charge(&p->gcra, 1, now_us);
}

/* What one second brought lately. */
static uint32_t lately(struct pace *p, uint64_t now_us)
{
	turn_second(p, now_us);
	uint32_t n = p->sent > p->sent_before ? p->sent : p->sent_before;
	return p->gcra.rate && n > p->gcra.rate ? p->gcra.rate : n;
}

/* A tenth of a second at once: the rate is kept within any second, and sending does not become one by one. */
static void set_rate(struct pace *p, uint32_t rate, uint64_t now_us)
{
	gcra_set(&p->gcra, rate, rate / 10 + 1, now_us);
}

bool pace_trouble(struct pace *p, uint32_t ceiling, uint64_t now_us)
{
	if (now_us < p->next_cut_us)
		return false;
	uint32_t was = lately(p, now_us);
	uint32_t rate = (uint32_t)((uint64_t)was * PACE_CUT_PERCENT / 100);
	if (p->gcra.rate == 0)
		p->highest = ceiling ? ceiling : 2 * was + 1;
	set_rate(p, rate > PACE_LOWEST ? rate : PACE_LOWEST, now_us);
	p->next_cut_us = now_us + PACE_CUT_EVERY_MS * 1000ull;
	p->next_raise_us = now_us + SECOND_US;
	p->cuts++;
	return true;
}

bool pace_well(struct pace *p, uint64_t now_us)
{
	if (p->retry_parts < PACE_RETRIES_MAX * PACE_RETRY_EACH)
		p->retry_parts++;
	if (p->gcra.rate == 0 || now_us < p->next_raise_us)
		return false;
	uint32_t rate = p->gcra.rate + (p->highest + PACE_RAISE_PARTS - 1) / PACE_RAISE_PARTS;
	bool over = rate >= p->highest;
	set_rate(p, over ? 0 : rate, now_us);
	p->next_raise_us = now_us + SECOND_US;
	return over;
}

uint32_t pace_rate(const struct pace *p)
{
	return p->gcra.rate;
}

bool pace_take_retry(struct pace *p)
{
	if (p->retry_parts < PACE_RETRY_EACH)
		return false;
	p->retry_parts -= PACE_RETRY_EACH;
	return true;
}
