/*
 * The change feed: what has become of a partner's items, in one order for ever. Two things make it up: results, by their
 * number (appended, per partner), and publications, each with the number of the last result before it. A publication
 * stands for all new lines of its batch, in input order, in the state in which they appeared; so it costs one row.
 * That an item is being sent is no change: nothing is written for it.
 *
 * Between the results stand notices: of no item, but of a name of the partner's that something is about to happen to.
 */
#ifndef VNEPP_STORE_STORE_CHANGES_H
#define VNEPP_STORE_STORE_CHANGES_H

#include "daemon/store/store.h"

#define STORE_CHANGES_SCAN 5000 /* of others' batches looked at by one operation: some milliseconds */
#define STORE_CURSOR_MAX   64   /* a cursor as text, with NUL */
#define STORE_CURSOR_ALL   UINT32_MAX

/* How far somebody has read. Zero: nothing. A change has the same one for ever, wherever the reading of it began. */
struct store_cursor {
	uint64_t seq;         /* the last result, or the one that the last publication stands behind */
	uint64_t publication; /* the last one that was begun */
	uint32_t line; /* of it, the last line; STORE_CURSOR_ALL (and 0 with no publication): all of them */
};
/* "12-3", or "12-3-77" in the midst of a publication. */
const char *store_cursor_format(char out[STORE_CURSOR_MAX], const struct store_cursor *c);
/* For back ends: ERR_RANGE with its text. */
enum err store_cursor_ahead(struct store_op *op);
bool store_cursor_parse(struct str s, struct store_cursor *out) MUST_CHECK;

enum store_notice_kind {
	STORE_NOTICE_NONE,  /* a change of an item */
	STORE_NOTICE_COSTS, /* the free years of a name end on `on`: from then on it costs */
};

struct store_change {
	struct store_cursor cursor; /* after this one */
	enum store_notice_kind notice;
	date_t on; /* of a notice; which has domain, expires and at, and nothing else */
	item_id_t item;
	batch_id_t batch;
	uint32_t line;
	enum item_op op;
	enum item_state state;
	enum item_fault fault;
	int code; /* EPP result code; 0: none */
	struct str ref, domain, reason;
	instant_ms_t expires; /* INSTANT_NONE: not known */
	instant_ms_t at;
};

enum store_changes_from {
	STORE_CHANGES_CURSOR,
	STORE_CHANGES_BATCH, /* the beginning of `batch` */
	STORE_CHANGES_NOW    /* nothing that is there already */
};

/*
 * Partners are told, once for each name and end of its free years, that it begins to cost: names whose first paid day is in
 * [from, until], that have not expired, and of which no paid year was bought yet. In order of that day, then name; at most
 * `limit` at once. Exactly once: what is told is told in the same transaction.
 */
struct store_notify {
	struct store_op op;
	date_t from, until;   /* in; out, with `more`: where to go on */
	char after_name[256]; /* in, out: names of `from` up to this one were looked at; empty: none */
	instant_ms_t now;     /* in */
	uint32_t limit;       /* in: at most STORE_PAGE_MAX */
	uint32_t told;        /* out */
	bool more;            /* out: ask again, as it is */
};

/* A partner's changes after the cursor, oldest first. ERR_NOT_FOUND: no such batch of this partner. ERR_RANGE: the
 * cursor is none that this store has given. */
struct store_get_changes {
	struct store_op op;
	uint32_t partner; /* in */
	batch_id_t batch; /* in: only of this one's own items; 0: of all */
	enum store_changes_from from;
	struct store_cursor cursor; /* in; out: where to go on */
	uint32_t limit;             /* in: at most STORE_PAGE_MAX */
	struct arena *arena;        /* in: borrowed */
	struct store_change *rows;  /* out */
	size_t count;
	bool more; /* out: ask again, though there may be none */
};

/* ---- shared by the back ends (store_changes.c) ---- */

/* A notice as it is stored: in the place of a result. */
void store_notice_encode(const struct store_change *c, struct buf *out);
enum err store_notice_decode(struct str blob,
                             struct store_change *out) MUST_CHECK; /* domain: a view into it */

#endif
