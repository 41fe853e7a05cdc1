/* Sending: which queues have work, claims of items that are sent next, and what became of each. */
#ifndef VNEPP_STORE_STORE_SEND_H
#define VNEPP_STORE_STORE_SEND_H

#include "daemon/store/store.h"
#include "daemon/store/store_hold.h"

struct store_queue_key {
	uint32_t account, partner;
	uint8_t lane;
};

/* Queues with anything to claim now. */
struct store_queues {
	struct store_op op;
	instant_ms_t now;             /* in */
	struct store_queue_key *keys; /* out: from `arena` */
	size_t count;                 /* out */
	instant_ms_t next_ready; /* out: when the next waiting retry becomes claimable; INSTANT_NONE: none */
	instant_ms_t
	    next_urgent; /* out: when the first item in a lower lane becomes urgent: STORE_EXPEDITE is due;
	                                    INSTANT_NONE: none */
	struct arena *arena; /* in: borrowed */
};

/*
 * Items that were never sent and are urgent (daemon/job/lane.h) leave their place for the urgent lane, where the
 * one that is due first goes first. At most `limit` at once; `more`: there may be others.
 */
struct store_expedite {
	struct store_op op;
	instant_ms_t now; /* in */
	uint32_t limit;   /* in */
	uint32_t moved;   /* out */
	bool more;        /* out */
};

/*
 * Parked: in the queue, and not to be claimed before STORE_UNPARK lets it. What costs money is parked while the account
 * has none, so that it is neither tried again and again nor in the way of what is free. As a `not_before`.
 */
#define STORE_PARKED \
	9007199254740991ll  /* milliseconds; the partial index in sqlite_schema.c has this very number */
#define STORE_PARK_MAX 1000 /* items parked by one claim: bounds the writer's time */

/* Parked items of one account, oldest first, may be claimed from now on. */
struct store_unpark {
	struct store_op op;
	uint32_t account; /* in */
	uint32_t limit;   /* in */
	instant_ms_t now; /* in */
	uint32_t moved;   /* out */
	bool more;        /* out: there may be others */
};

/*
 * Part of what may be used on a day: put down before it is used, so that after a crash what was put down counts as used.
 * What is put down for a day in all never passes `max`.
 */
struct store_lease {
	struct store_op op;
	const char *scope; /* in: borrowed; begins with STORE_LEASE_SCOPE */
	date_t day;        /* in: in Hanoi */
	uint64_t max;      /* in */
	uint64_t wanted;   /* in: at least 1 */
	uint64_t granted;  /* out: 0 to wanted */
	uint64_t total;    /* out: put down for that day, with this */
};
#define STORE_LEASE_SCOPE "day/"

/* A claimed item; views live in the operation's arena. */
struct store_claimed {
	item_id_t item;
	batch_id_t batch;
	uint32_t partner, line;
	uint32_t offset;       /* in the claim: (epoch, claim, offset, trace) makes the clTRID */
	uint32_t trace;        /* of the batch: store_batch_begin */
	int attempt;           /* from 1 */
	bool again;            /* it has been claimed before: something may have been sent, counted or not */
	instant_ms_t admitted; /* nothing was sent for it before */
	bool paid;             /* the decision says that years of it are charged */
	int64_t fee_vnd;       /* expected by the decision in force, in total; negative: not known */
	bool contact_known;
	char contact_id[ITEM_CONTACT_MAX];
	struct str payload;
	struct str decision_common, decision_item; /* the decision in force as JSON members; when wanted */
};

/*
 * Up to `max` items of one queue: the earliest deadline first, then oldest first, repeated ones
 * before new ones. Committed before it is given back: from
 * then on, after a crash, each of them is UNKNOWN. Items decided on another Hanoi date or under another revision are
 * decided again; what is no longer free becomes REVIEW (fault: gateway) and is not among the claimed. Of items that cost
 * money at most `paid_max` are claimed; others are parked, and so are those that a hold names.
 */
struct store_claim {
	struct store_op op;
	struct store_queue_key queue;   /* in */
	uint32_t max;                   /* in */
	uint32_t paid_max;              /* in: UINT32_MAX: any number */
	const struct store_hold *holds; /* in: borrowed until done */
	size_t hold_count;              /* in */
	bool want_decisions;            /* in: the registry is told of them */
	const struct decider *decider;  /* in: borrowed until done */
	instant_ms_t now;               /* in */
	struct arena *arena;            /* in: borrowed */
	uint64_t claim;                 /* out; 0 when nothing was claimed */
	struct store_claimed *items;    /* out: from arena */
	size_t count;                   /* out */
	bool more;                      /* out: the queue may hold more */
	uint32_t held;                  /* out: turned to REVIEW */
	uint32_t parked;                /* out */
};

enum store_name_effect { STORE_NAME_NONE, STORE_NAME_CREATED, STORE_NAME_RENEWED };
enum store_grant_effect { STORE_GRANT_KEEP, STORE_GRANT_RELEASE };

/* One step of one item. */
struct store_step {
	item_id_t item;
	uint64_t claim; /* the claim that held it, 0 when none does (reconciliation after a start) */
	bool
	    leaves_claim; /* this step ends its being sent (anything but RECONCILING and UNKNOWN in the same run) */
	struct item_result
	    result; /* views borrowed until done; result.state QUEUED: send again at not_before */
	instant_ms_t not_before; /* for QUEUED; STORE_PARKED: parked */
	bool not_sent;           /* QUEUED because nothing was sent: the attempt does not count */
	enum store_name_effect name;
	enum store_grant_effect grant;
	bool past_boundary; /* out: item_result.past_boundary, as it is recorded */
	bool taken;         /* out: another item has the name, store_taken_result() is recorded */
	char
	    contact_created[ITEM_CONTACT_MAX]; /* a contact now known to exist at the item's account, or "" */
};

struct store_finish {
	struct store_op op;
	struct store_step *steps; /* in: caller's */
	size_t count;
	instant_ms_t now;
};

#endif
