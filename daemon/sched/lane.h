/*
 * Lanes: how urgent an item is within its account's queue. A lower number is served first; within a lane partners take
 * turns. The numbers are stored with the items: never give one a new meaning.
 */
#ifndef VNEPP_SCHED_LANE_H
#define VNEPP_SCHED_LANE_H

#include "daemon/job/item.h"

#include <stdint.h>

enum lane {
	LANE_URGENT = 1, /* asked for by a person who waits */
	LANE_RENEW = 2,  /* a name that is not renewed in time is lost */
	LANE_CREATE = 3, /* the bulk */
	LANE__COUNT = 4
};

static inline uint8_t lane_of_op(enum item_op op)
{
	return op == ITEM_RENEW ? LANE_RENEW : LANE_CREATE;
}

#endif
