/* Reading batches and items. */
#ifndef VNEPP_STORE_STORE_READ_H
#define VNEPP_STORE_STORE_READ_H

#include "daemon/store/store.h"

struct store_batch_info {
	batch_id_t batch;
	uint32_t partner;
	uint64_t lines, items; /* lines in the body; new items among them */
	uint64_t counts
	    [ITEM_STATE__COUNT]; /* of the lines (a repeated line counts in the state of the item it points at) */
	instant_ms_t created;
	uint64_t version; /* grows with every change: the ETag */
};

struct store_get_batch {
	struct store_op op;
	batch_id_t batch;             /* in */
	uint32_t partner;             /* in: 0: any (operators) */
	struct store_batch_info info; /* out */
};

/* One line's item as it stands; views live in the arena. */
struct store_row {
	item_id_t item;
	batch_id_t batch;
	uint32_t line, partner, account;
	enum item_op op;
	uint8_t lane; /* as it was admitted */
	enum item_state state;
	struct str ref, domain;
	struct str payload;                        /* only with want_payload */
	struct str decision_common, decision_item; /* JSON members */
	struct item_result result;                 /* the newest; .at INSTANT_NONE when there is none */
	char intake_reason[32];                    /* main reason of the decision at intake */
	bool paid;                                 /* as decided at intake: years of it are charged */
	enum item_fault intake_fault;
	instant_ms_t admitted;
	instant_ms_t waits_since; /* in REVIEW: since then; INSTANT_NONE: it is not */
	instant_ms_t
	    not_before; /* QUEUED again: it waits until then; INSTANT_NONE: it is not, or for something else */
};

/* Lines of a batch in input order. */
struct store_get_items {
	struct store_op op;
	batch_id_t batch;       /* in */
	uint32_t partner;       /* in: 0: any */
	uint32_t after_line;    /* in: 0: from the first */
	uint32_t limit;         /* in: at most STORE_PAGE_MAX */
	bool by_state;          /* in */
	enum item_state state;  /* in, with by_state */
	struct arena *arena;    /* in: borrowed */
	struct store_row *rows; /* out */
	size_t count;           /* out */
	bool more;              /* out */
};

struct store_get_item {
	struct store_op op;
	item_id_t item;    /* in: or 0 and (partner, ref) */
	uint32_t partner;  /* in: 0: any */
	struct str ref;    /* in */
	bool want_payload; /* in */
	struct arena *arena;
	struct store_row row; /* out */
};

/* Items in UNKNOWN, RECONCILING, PENDING or NEEDS_HUMAN, by ascending id. */
struct store_get_open {
	struct store_op op;
	item_id_t after; /* in */
	uint32_t limit;  /* in */
	struct arena *arena;
	struct store_row *rows; /* out, with payload */
	size_t count;
	bool more;
};

#endif
