/* A recorded decision once more, under the same rules or under others. */
#ifndef VNEPP_JOB_REPLAY_H
#define VNEPP_JOB_REPLAY_H

#include "daemon/job/record.h"

enum replay_result {
	REPLAY_SAME,    /* byte by byte; under other rules but for their revision */
	REPLAY_DETAILS, /* clauses, flags, dates, fees */
	REPLAY_OUTCOME, /* another outcome or main reason */
	REPLAY_BROKEN,  /* the record cannot be read */
	REPLAY__COUNT
};

/* A decision as it was stored: JSON members and record. Views. */
struct replay_stored {
	struct str common, detail, record;
};

struct replay {
	struct record record;
	struct policy_decision decision; /* now */
	struct buf *text;                /* in: cleared and filled: common members, then the others */
	size_t common;                   /* of `text`: the common ones */
};

enum replay_result replay_decision(const struct policy_ruleset *rules, const struct replay_stored *was,
                                   struct replay *out);
/* The revision that a decision names, a view of its common members; empty: none. */
struct str replay_revision(struct str common);

#endif
