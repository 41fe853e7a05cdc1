/* Figures: what is stored and waits now, what is used of quotas, and how that was over time. */
#ifndef VNEPP_STORE_STORE_FIGURES_H
#define VNEPP_STORE_STORE_FIGURES_H

#include "daemon/store/store_send.h"

struct store_get_counts {
	struct store_op op;
	uint64_t items[ITEM_STATE__COUNT]; /* over everything stored */
	uint64_t batches, domains, grants, messages_waiting;
};

/* ---- of now ---- */

/* One queue: an account's, for a partner, in a lane. */
struct store_depth {
	struct store_queue_key queue;
	uint64_t items; /* waiting; of a batch with several lanes or accounts, at most so many */
	instant_ms_t oldest;
};

struct store_partner_depth {
	uint32_t partner;
	uint64_t items; /* QUEUED, of published batches */
};

struct store_get_depths {
	struct store_op op;
	struct arena *arena;               /* in: borrowed */
	uint64_t items[ITEM_STATE__COUNT]; /* out: over everything stored, as store_get_counts */
	struct store_depth *depths;        /* out */
	size_t count;
	struct store_partner_depth *partners; /* out: those with anything queued, exactly */
	size_t partner_count;
};

/* What is used of a quota in a period. Partners' lines are under "lines/NUMBER",
 * registries' daily caps under STORE_LEASE_SCOPE, the programme's quotas under their names. */
struct store_used {
	struct str scope;
	date_t begin; /* of the period */
	uint64_t used;
};

struct store_get_used {
	struct store_op op;
	struct arena *arena;
	struct store_used *list; /* out: by scope, then begin */
	size_t count;
};

/* ---- over time ---- */

/*
 * History is kept at falling resolution: every figure goes into a point of each of these steps, and a point is dropped
 * when it is older than the step's reach. Nothing is lost by a restart.
 */
#define STORE_HISTORY_STEPS 4
struct store_history_step {
	uint32_t step_s, keep_s;
};
extern const struct store_history_step store_history_steps[STORE_HISTORY_STEPS];

struct store_history_add {
	struct store_op op;
	instant_ms_t at;       /* in */
	const int64_t *values; /* in: caller's; the index is the series, INT64_MIN: nothing to say */
	size_t count;
};

struct store_point {
	uint32_t series;
	instant_ms_t at; /* the beginning of the step */
	int64_t count, sum, high;
};

struct store_get_history {
	struct store_op op;
	uint32_t step_s; /* in: one of store_history_steps */
	instant_ms_t from;
	struct arena *arena;
	struct store_point *points; /* out: by series, then time */
	size_t count;
};

#define STORE_PROGRESS_MAX \
	2000 /* results looked at by one operation: some milliseconds of the writer's time */

struct store_progress {
	struct store_op op;
	bool more; /* out: ask again */
};

/* Names registered through this gateway. */
struct store_progress_row {
	struct str zone, province; /* as decided: "68@2025-07-01", a code and its list; or empty */
	uint64_t names, granted;
};

struct store_get_progress {
	struct store_op op;
	date_t from, to; /* in: Hanoi dates of registration, both included */
	struct arena *arena;
	struct store_progress_row *rows; /* out */
	size_t count;
};

#endif
