/*
 * Intake: a batch comes in chunks of lines, each of which is decided within the transaction, and appears with one row that
 * publishes it; or it is taken back. What was not sent yet is cancelled.
 */
#ifndef VNEPP_STORE_STORE_INTAKE_H
#define VNEPP_STORE_STORE_INTAKE_H

#include "daemon/core/quota.h"
#include "daemon/store/store.h"

/* What a partner may have in the store: lines that wait to be sent, and new ones on a day in Hanoi. */
struct store_room {
	struct limit queued, per_day; /* in */
	uint64_t waiting, adding,
	    today; /* out: now; what a publication would add; admitted today. Those with a limit */
	bool queue_full, day_full; /* out: a limit is reached; in shadow it only says so */
};

/* A key is its batch's for so long after the publication; then it may begin another one. */
#define STORE_KEY_KEPT_DAYS 30
#define STORE_KEY_KEPT_MS   (STORE_KEY_KEPT_DAYS * 86400000ll)

struct store_batch_begin {
	struct store_op op;
	uint32_t partner;           /* in */
	struct str idempotency_key; /* in: borrowed until done; empty: none */
	instant_ms_t now;           /* in */
	uint32_t trace;             /* in: of the request, as clTRIDs have it; 0: none */
	struct store_room
	    room; /* nothing is left, and the key is not known: ERR_FULL, and no batch is made */
	batch_id_t
	    batch; /* out: the new batch; with ERR_EXISTS the published one under this key, with ERR_BUSY
	                               one that is still being received */
	uint8_t payload_hash[32]; /* out with ERR_EXISTS: what that batch's body hashed to */
};

enum store_line_outcome {
	STORE_LINE_NEW,      /* stored */
	STORE_LINE_SAME,     /* this ref with this content is known: the old item answers */
	STORE_LINE_CONFLICT, /* this ref is known with other content: an error */
	STORE_LINE_BUSY,     /* this ref is in another upload, which is not finished */
	STORE_LINE_TWICE, /* an earlier line of this very upload has this ref, with this content: an error */
};

struct store_line {
	/* in: views borrowed until done */
	uint32_t line; /* from 1, in the body */
	uint32_t account;
	uint8_t lane;
	struct str payload; /* item_encode() */
	const struct item_request
	    *request; /* its decoded form; NULL: the back end decodes it when its turn comes */
	char contact_id[ITEM_CONTACT_MAX]; /* contact to create first, or "" */
	/* out */
	enum store_line_outcome outcome;
	item_id_t item;
	enum item_state state; /* SAME: as it was decided, or of its newest result */
	char reason[32];
};

struct store_batch_chunk {
	struct store_op op;
	batch_id_t batch; /* in */
	uint32_t partner; /* in */
	const struct decider
	    *decider; /* in: borrowed until done; decides each line in order, within the transaction */
	const struct quota
	    *quotas; /* in: of the programme; borrowed until done. A line beyond one is REFUSED */
	size_t quota_count;
	instant_ms_t now;         /* in */
	struct store_line *lines; /* in/out: caller's; at most STORE_CHUNK_MAX */
	size_t count;
};

struct store_batch_publish {
	struct store_op op;
	batch_id_t batch;         /* in */
	uint8_t payload_hash[32]; /* in */
	instant_ms_t now;         /* in */
	struct store_room room;   /* more than there is: ERR_FULL, and it is not published */
};

/* Removes an unpublished batch with all its items, refs and reserved grants. */
struct store_batch_abort {
	struct store_op op;
	batch_id_t batch;
};

/* Cancels what is QUEUED, WAITING or REVIEW; grants go back. */
struct store_batch_cancel {
	struct store_op op;
	batch_id_t batch;                 /* in */
	uint32_t partner;                 /* in: must own it, else ERR_NOT_FOUND */
	instant_ms_t now;                 /* in */
	uint64_t cancelled;               /* out */
	uint64_t lines;                   /* out: of the batch; what follows makes them up */
	uint64_t too_late;                /* out: being sent, or sent */
	uint64_t over;                    /* out: refused or cancelled before */
	uint64_t repeated;                /* out: an earlier batch has them */
	uint64_t left[ITEM_STATE__COUNT]; /* out: of those too late or over, in each state */
};

#endif
