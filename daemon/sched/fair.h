/*
 * Whose turn it is within one account: lanes by urgency, partners by weight inside a lane. Knows no store and no clock.
 *
 *   Lanes     the lane with the lowest number that has work is served; but the last lane that has work gets one
 *             command in FAIR_SURE for certain, and so do the lanes in between together, in turns. Lanes up to
 *             FAIR_STRICT are what is urgent: beside them only the last lane has its part, and what is urgent gets nine
 *             in ten. What waits in between becomes urgent itself when it is time.
 *   Partners  deficit round robin: a turn gives a partner `weight` times the round's quantum; what it does not use up
 *             in one claim it keeps for the next claim of the same turn. A partner that comes back queues up behind
 *             those that are waiting: with one line it waits for at most one round.
 *
 * The quantum is set once per round from the room that there is, so that rounds are as long as the window is wide and
 * shares stay exact within a round.
 *
 * What an item takes beyond one command (its contact goes first) is told by fair_more() and counts the same.
 */
#ifndef VNEPP_SCHED_FAIR_H
#define VNEPP_SCHED_FAIR_H

#include "epp/base/list.h"
#include "epp/base/map.h"

#include <stdbool.h>
#include <stdint.h>

#define FAIR_LANES  8  /* lanes 0 to 7 */
#define FAIR_SURE   10 /* one command in so many is sure */
#define FAIR_STRICT 1  /* the highest lane that is strict */

struct fair_queue; /* one partner's work in one lane */

struct fair_lane {
	struct list turns;   /* fair_queue.node; the first has the turn */
	uint64_t weights;    /* of those in `turns`, summed up */
	uint32_t quantum;    /* commands per unit of weight in this round */
	uint32_t turns_left; /* of this round */
};

struct fair {
	struct fair_lane lanes[FAIR_LANES];
	struct map queues; /* (partner, lane) -> struct fair_queue, owned */
	/* Owed to the last lane, and to those in between, in parts of a command: FAIR_SURE - 1 make one. Negative: what
	 * they had taken needed more commands than were owed. */
	int64_t owed_last, owed_between;
	uint32_t skipped; /* lanes that get no turn now, as bits; the caller's to set */
	uint8_t last;     /* the lane that it is owed to */
	uint8_t between;  /* the one of them that was served last */
};

void fair_init(struct fair *f);
void fair_fini(struct fair *f);
/* The queue has work. `weight` from 1: in force from its next turn on. */
void fair_activate(struct fair *f, uint32_t partner, uint8_t lane, uint32_t weight);

/* Every queue that there is, with work or without: `*at` begins with 0; false after the last. */
bool fair_each(const struct fair *f, size_t *at, uint32_t *partner, uint8_t *lane);
/* The queue has no turn any more, until it is activated again. Also while a turn of it is under way. */
void fair_deactivate(struct fair *f, uint32_t partner, uint8_t lane);

struct fair_turn {
	struct fair_queue *queue;
	uint32_t partner;
	uint8_t lane;
	uint32_t max; /* commands */
	bool between; /* neither the first nor the last lane with work */
};

/* Whose turn it is, and for how many of `room` (at least 1). False: nobody has work. Changes nothing that a second
 * call would see. */
bool fair_next(struct fair *f, uint32_t room, struct fair_turn *out);
/* `n` were taken in that turn. `more`: the queue may hold more; else it is inactive until it is activated again. */
void fair_took(struct fair *f, const struct fair_turn *t, uint32_t n, bool more);
/* One further command went out for what the queue had taken. */
void fair_more(struct fair *f, uint32_t partner, uint8_t lane);
/* One of what was taken in the lane went back unsent: the others are not owed a part of it. */
void fair_less(struct fair *f, uint8_t lane);

#endif
