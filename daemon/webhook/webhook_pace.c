/* Waits grow threefold for a message (5 s, 15 s, 45 s, … 12 h), twofold for a receiver; jitter takes up to a half away. */
#include "daemon/webhook/webhook_pace.h"

#define GROW_MESSAGE  3
#define GROW_RECEIVER 2

static uint64_t grown(uint64_t first, uint64_t factor, uint64_t times, uint64_t longest)
{
	uint64_t wait = first;
	while (times-- > 0 && wait < longest)
		wait *= factor;
	return wait < longest ? wait : longest;
}

static uint64_t jittered(uint64_t wait, struct rng *rng)
{
	return wait - rng_below(rng, wait / 2 + 1);
}

/* What was asked for counts when it is longer, up to a day. */
static uint64_t at_least(uint64_t wait, int64_t asked_ms)
{
	uint64_t asked = asked_ms <= 0                      ? 0
	                 : asked_ms > WEBHOOK_PACE_ASKED_MS ? WEBHOOK_PACE_ASKED_MS
	                                                    : (uint64_t)asked_ms;
	return wait > asked ? wait : asked;
}

uint32_t webhook_pace_room(const struct webhook_pace *p, uint64_t now_ms, uint32_t parallel)
{
	if (now_ms < p->not_before_ms)
		return 0;
	return p->proven ? parallel : 1;
}

bool webhook_pace_fine(struct webhook_pace *p)
{
	bool was_failing = webhook_pace_is_failing(p);
	*p = (struct webhook_pace){.proven = true};
	return was_failing;
}

void webhook_pace_failed(struct webhook_pace *p, uint64_t now_ms, int64_t asked_ms,
                         const struct webhook_patience *c, struct rng *rng)
{
	uint64_t wait = 0;
	if (p->failures < UINT32_MAX)
		p->failures++;
	if (webhook_pace_is_failing(p)) {
		p->proven = false;
		uint64_t longest =
		    c->longest_ms < WEBHOOK_PACE_PAUSE_MS ? c->longest_ms : WEBHOOK_PACE_PAUSE_MS;
		wait =
		    jittered(grown(c->first_ms, GROW_RECEIVER, p->failures - WEBHOOK_PACE_PATIENCE, longest),
		             rng);
	}
	wait = at_least(wait, asked_ms);
	if (now_ms + wait > p->not_before_ms)
		p->not_before_ms = now_ms + wait;
}

uint64_t webhook_pace_wait(int64_t attempts, int64_t asked_ms, const struct webhook_patience *c,
                           struct rng *rng)
{
	uint64_t times = attempts > 0 ? (uint64_t)attempts - 1 : 0;
	return at_least(jittered(grown(c->first_ms, GROW_MESSAGE, times, c->longest_ms), rng), asked_ms);
}
