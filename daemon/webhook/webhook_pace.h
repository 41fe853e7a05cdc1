/*
 * How often and how many at a time a receiver is tried. Each message has growing waits of its own, with jitter; a
 * receiver that fails time and again is tried with one message at a time and with growing pauses, until it takes
 * one. For one thread.
 */
#ifndef VNEPP_WEBHOOK_PACE_H
#define VNEPP_WEBHOOK_PACE_H

#include "epp/base/rng.h"

#include <stdbool.h>
#include <stdint.h>

#define WEBHOOK_PACE_PATIENCE 3 /* failures without a success between them: it is not the messages */
#define WEBHOOK_PACE_PAUSE_MS \
	300000 /* the longest pause: so late a receiver that is back hears of us, at most */
#define WEBHOOK_PACE_ASKED_MS 86400000 /* the longest wait that a receiver can ask for */

struct webhook_pace {
	uint32_t failures; /* since the last success */
	bool
	    proven; /* it has taken a message, and not failed time and again since: it gets several at a time */
	uint64_t not_before_ms; /* monotonic */
};

/* What the configuration says. */
struct webhook_patience {
	uint64_t first_ms, longest_ms;
};

static inline bool webhook_pace_is_failing(const struct webhook_pace *p)
{
	return p->failures >= WEBHOOK_PACE_PATIENCE;
}

/* How many may be under way now. */
uint32_t webhook_pace_room(const struct webhook_pace *p, uint64_t now_ms, uint32_t parallel);
/* True: it had failed time and again, and whatever waits may be tried at once. */
bool webhook_pace_fine(struct webhook_pace *p);
/* `asked_ms`: the receiver's own Retry-After; -1: none. */
void webhook_pace_failed(struct webhook_pace *p, uint64_t now_ms, int64_t asked_ms,
                         const struct webhook_patience *c, struct rng *rng);
/* How long a message waits that has failed `attempts` times, 1 or more. */
uint64_t webhook_pace_wait(int64_t attempts, int64_t asked_ms, const struct webhook_patience *c,
                           struct rng *rng);

#endif
