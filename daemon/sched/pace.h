/*
 * How fast a registry is spoken to below its hard ceiling: additive increase, multiplicative decrease on its answers.
 *
 *   pace_trouble()   it is overloaded or closed the connection: the rate is cut to PACE_CUT_PERCENT of what was really sent,
 *                    at most once per PACE_CUT_EVERY_MS, because the commands in flight all tell the same news
 *   pace_well()      a good answer: every second with one raises the rate by a hundredth of the highest
 *
 * Without trouble nothing is limited here. After trouble the rate climbs back to the ceiling (without one: to twice what
 * was sent when the trouble came), and the limit disappears. Also the budget for repeated commands: one for every
 * PACE_RETRY_EACH that went well, so that repeating never becomes the load.
 */
#ifndef VNEPP_SCHED_PACE_H
#define VNEPP_SCHED_PACE_H

#include "daemon/sched/gcra.h"

#define PACE_CUT_PERCENT  70
#define PACE_CUT_EVERY_MS 1000
#define PACE_RAISE_PARTS  100 /* of the highest rate, per second */
#define PACE_LOWEST       1   /* commands per second: less would never learn that it is over */
#define PACE_RETRY_EACH   10
#define PACE_RETRIES_MAX  100 /* saved up; a few may be repeated at once at the start */

struct pace {
	struct gcra gcra; /* rate 0: no limit now */
	uint32_t highest; /* where the limit disappears */
	uint64_t next_cut_us, next_raise_us;
	uint64_t second_us;         /* the second that `sent` counts */
	uint32_t sent, sent_before; /* in it, and in the one before */
	uint32_t retry_parts;       /* PACE_RETRY_EACH make one retry */
	uint64_t cuts;              /* since init */
};

void pace_init(struct pace *p, uint64_t now_us);
/* How long the next command must wait; 0: now. */
uint64_t pace_wait_us(const struct pace *p, uint64_t now_us) MUST_CHECK;
void pace_sent(struct pace *p, uint64_t now_us);
/* `ceiling`: of the registry, 0: none. True: the rate was cut (to be logged). */
bool pace_trouble(struct pace *p, uint32_t ceiling, uint64_t now_us);
/* True: the limit has disappeared (to be logged). */
bool pace_well(struct pace *p, uint64_t now_us);
/* Commands per second; 0: no limit. */
uint32_t pace_rate(const struct pace *p);
/* One repeated command is within the budget, and taken from it. */
bool pace_take_retry(struct pace *p);

#endif
