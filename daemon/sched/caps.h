/*
 * What a registry takes on one day in Hanoi: commands of each class, and creates of names that are taken (some registries
 * punish too many of these). Shared by the accounts of one registry; for the loop's thread.
 *
 * Exact across crashes: what may be used is put down in the store in parts before it is used, and what was put down by a
 * run that has died counts as used. A crash costs at most one part of each (a CAPS_PARTS-th of the cap).
 */
#ifndef VNEPP_SCHED_CAPS_H
#define VNEPP_SCHED_CAPS_H

#include "daemon/core/limits.h"
#include "daemon/core/loop.h"
#include "daemon/store/store.h"
#include "daemon/store/store_send.h"
#include "epp/base/logapi.h"

#define CAPS_PARTS    64
#define CAPS_PART_MAX 1000
#define CAP_TAKEN     LIMIT_CLASS__COUNT /* creates that end with 2302 */
#define CAPS__COUNT   (LIMIT_CLASS__COUNT + 1)

struct cap {
	struct store_lease lease;
	struct caps *caps;
	struct limit limit;
	char scope[STORE_NAME_MAX + 32];
	date_t day;            /* that the counts are of; DATE_NONE: not known yet */
	uint64_t used, leased; /* used: of them, or by runs before this one */
	uint64_t open;         /* of `used`, those that may be given back */
	uint64_t near,
	    over;           /* since the start: used beyond CEILING_NEAR_PERCENT; beyond the cap, in shadow */
	bool leasing, told; /* a lease is under way; the log has told that the cap is reached */
};

struct caps {
	struct loop *loop;             /* borrowed */
	struct store_executor *writer; /* borrowed */
	struct log *log;               /* borrowed */
	const char *registry;          /* borrowed */
	struct cap caps[CAPS__COUNT];
	bool any; /* something is limited */
	struct loop_timer again;
	/* More may be used, or less: whoever waits looks again. */
	void (*on_change)(void *arg);
	void *arg;
};

/* Without limits until caps_set(). */
void caps_init(struct caps *c, struct loop *loop, struct store_executor *writer, struct log *log,
               const char *registry);
/* No lease may be under way: caps_busy(). */
void caps_fini(struct caps *c);
void caps_watch(struct caps *c, void (*on_change)(void *arg), void *arg);
void caps_set(struct caps *c, const struct limit of[CAPS__COUNT]);
bool caps_busy(const struct caps *c);

/* One command of the class may leave now. False: the store has not answered yet, or the day is used up. */
bool caps_may(struct caps *c, int which) MUST_CHECK;
/* Nothing more today. */
bool caps_used_up(struct caps *c, int which) MUST_CHECK;
/* One leaves; caps_may() has said so. */
void caps_take(struct caps *c, int which);
/* A create leaves that may turn out to be one of a taken name: it counts (CAP_TAKEN) until it is settled. */
void caps_take_open(struct caps *c);
/* What was taken open on that day is known: it counts on, or it was none. */
void caps_settle(struct caps *c, date_t day, bool counts);
/* When the day ends: Hanoi's midnight. */
instant_ms_t caps_day_end(const struct caps *c);

#endif
