/*
 * What intake would make of lines, without a trace: for dry runs and single decisions. A reading operation: nobody waits
 * for it, and nothing of it is in the store. A dry run comes in chunks, as a batch does; what its earlier lines would have
 * taken (references, grants, quotas) is kept beside it in a struct store_sofar, so that two lines of one file compete for
 * one grant as they would in a batch.
 */
#ifndef VNEPP_STORE_STORE_PREVIEW_H
#define VNEPP_STORE_STORE_PREVIEW_H

#include "daemon/store/store.h"
#include "daemon/store/store_intake.h"
#include "daemon/store/store_read.h"
#include "epp/base/map.h"

/* What the lines of one dry run have taken. Given to one operation at a time. */
struct store_sofar {
	struct arena arena;
	struct map refs;                    /* -> uint8_t[32], the hash of the line that has it */
	struct map grants;                  /* by subject key */
	struct map used;                    /* "quota@day" -> uint64_t */
	uint64_t fresh;                     /* lines that would be new items */
	uint64_t counts[ITEM_STATE__COUNT]; /* of these */
};
void store_sofar_init(struct store_sofar *s);
void store_sofar_fini(struct store_sofar *s);

struct store_preview_line {
	/* in: views borrowed until done */
	uint32_t line, account;
	const struct item_request *request;
	struct str payload; /* item_encode(); empty: whether the reference is known does not matter */
	/* out: views live in the operation's arena */
	enum store_line_outcome outcome;
	struct store_row
	    row; /* NEW: as it would stand after the commit, item and batch 0; SAME: the item that is known */
	struct decide_ledger ledger; /* NEW: what the decision rests on */
	bool decided;                /* `ledger` is filled */
	int64_t fee_vnd;             /* NEW: expected in total; negative: not known */
};

struct store_preview {
	struct store_op op;
	uint32_t partner;              /* in */
	const struct decider *decider; /* in: borrowed until done, like the next two */
	const struct quota *quotas;
	size_t quota_count;
	instant_ms_t now;                 /* in */
	struct store_sofar *sofar;        /* in/out: borrowed until done */
	struct store_preview_line *lines; /* in/out: caller's; at most STORE_CHUNK_MAX */
	size_t count;
	bool conclude;          /* in: after these lines the batch would be published: is there room? */
	struct store_room room; /* in/out, with conclude: ERR_FULL as a publication */
	struct arena *arena;    /* in: borrowed */
};

/* ---- shared by the back ends (store_preview.c) ---- */

/* What a back end knows. */
struct store_preview_source {
	/* Whether the partner has the reference: *found, with outcome and, when SAME, row of the line filled in. */
	enum err (*known)(void *arg, struct store_preview *o, struct store_preview_line *l, bool *found);
	/* As at intake; views live in the operation's arena. */
	enum err (*ledger)(void *arg, struct store_preview *o, const struct item_request *r,
	                   struct decide_ledger *out, struct decide_subject *subject);
	enum err (*used)(void *arg, struct store_preview *o, struct str scope, date_t begin, uint64_t *n);
	enum err (*waiting)(void *arg, struct store_preview *o, uint64_t *n); /* QUEUED, of the partner */
	void *arg;
	struct buf *scratch; /* for the decisions */
};
enum err store_preview_run(struct store_preview *o, const struct store_preview_source *from);

#endif
