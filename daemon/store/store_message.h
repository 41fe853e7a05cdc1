/* The registries' messages: their effects, and which of them wait for a person. */
#ifndef VNEPP_STORE_STORE_MESSAGE_H
#define VNEPP_STORE_STORE_MESSAGE_H

#include "daemon/store/store.h"

/*
 * A poll message with all its effects, stored before it is acknowledged: a panData settles the item whose create is
 * pending; a name that is gone belongs to nobody (its renewal is refused), one that the registry renewed expires later.
 * What a person should look at waits until STORE_MESSAGE_DONE.
 */
struct store_message {
	struct store_op op;
	uint32_t account;                /* in */
	struct str id, kind, text, body; /* in: borrowed; `body`: the frame for people, without secrets */
	instant_ms_t at;                 /* in */
	instant_ms_t now;
	struct str domain;  /* in: the name it is about, A-labels; empty: none */
	bool is_pan;        /* in: pending action of a domain */
	struct str cl_trid; /* in: paTRID, may be empty */
	bool pan_approved;  /* in */
	bool gone;          /* in: `domain` is the account's no more */
	instant_ms_t
	    expires; /* in: it expires then, when that is later than we know; INSTANT_NONE: nothing new */
	struct str attention; /* in: why a person should look at it; empty: nobody needs to */
	const char *setting;  /* in: a setting to write with it (STORE_SETTING), or NULL */
	struct str setting_value;
	item_id_t settled;  /* out: the item it settled, or 0 */
	bool look;          /* out: approved, but its dates are not known: RECONCILING, <info> must tell */
	bool known;         /* out: `domain` was one of the account's */
	bool waits;         /* out: for a person; also a panData that settles nothing */
	bool past_boundary; /* out: of what it settled, as item_result.past_boundary */
	bool duplicate;     /* out: this message was stored before; nothing else has happened */
};

/* A person has dealt with it. ERR_NOT_FOUND: there is none, or nobody waits for it. */
struct store_message_done {
	struct store_op op;
	uint64_t message; /* in */
	struct str why;   /* in: borrowed */
	instant_ms_t now; /* in */
};

#define STORE_MESSAGES_MAX 500 /* rows of one reading operation */

struct store_message_row {
	uint64_t message; /* the store's number */
	uint32_t account;
	struct str id, kind, text, domain, attention, done_why;
	struct str body; /* only of a single one */
	item_id_t item;  /* that it settled, or 0 */
	instant_ms_t at, stored, done_at;
	bool waits; /* for a person */
};

/* Messages, newest first. */
struct store_get_messages {
	struct store_op op;
	uint64_t message; /* in: this one, with its body; 0: many */
	bool waiting;     /* in: only those that wait for a person */
	uint32_t limit;   /* in: at most STORE_MESSAGES_MAX */
	struct arena *arena;
	struct store_message_row *rows; /* out */
	size_t count;
	bool more;
};

#endif
