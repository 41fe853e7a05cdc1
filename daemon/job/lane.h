/*
 * Lanes: how urgent an item is within its account's queue. A lower number goes first (daemon/sched/fair.h says how much
 * the others get). The numbers are stored with the items: never give one a new meaning.
 */
#ifndef VNEPP_JOB_LANE_H
#define VNEPP_JOB_LANE_H

#include "daemon/job/item.h"

#include <stdint.h>

enum lane {
	LANE_URGENT = 1, /* it will soon be too late */
	LANE_RENEW = 2,  /* a name that is not renewed in time is lost */
	LANE_CREATE = 3,
	LANE_BULK = 4, /* what a partner has said is in no hurry */
	LANE__COUNT = 5
};

/* So long before it is too late an item is urgent: a weekend in which nobody looks. */
#define LANE_URGENT_MS (48 * 3600000ll)

static inline const char *lane_name(uint8_t lane)
{
	static const char *const names[LANE__COUNT] = {"none", "urgent", "renew", "create", "bulk"};
	return lane < LANE__COUNT ? names[lane] : "none";
}

static inline uint8_t lane_of_op(enum item_op op)
{
	return op == ITEM_RENEW ? LANE_RENEW : LANE_CREATE;
}

/*
 * When it is too late: a renewal on the day on which the name expires, a create for which the applicant gets the name
 * free when `eligible_until` is over. INSTANT_NONE: never.
 */
static inline instant_ms_t lane_due(const struct item_request *r, date_t eligible_until)
{
	date_t day = r->op == ITEM_RENEW ? r->cur_exp_date : eligible_until;
	if (day == DATE_NONE)
		return INSTANT_NONE;
	return instant_of_date(r->op == ITEM_RENEW ? day : day + 1, HANOI_OFFSET_S);
}

static inline uint8_t lane_now(uint8_t lane, instant_ms_t due, instant_ms_t now)
{
	return due != INSTANT_NONE && due - LANE_URGENT_MS <= now ? LANE_URGENT : lane;
}

#endif
