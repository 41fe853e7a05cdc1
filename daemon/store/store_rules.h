/* Rule sets that were in force, what became of them, and the decisions that were taken under them. */
#ifndef VNEPP_STORE_STORE_RULES_H
#define VNEPP_STORE_STORE_RULES_H

#include "daemon/store/store.h"

/* One step on a rule set's way into force and out of it. Texts may be empty. */
struct store_rules_step {
	struct str step;          /* a word of the caller's, such as "staged" */
	struct str revision;      /* which is about */
	struct str person, login; /* who, as given; whose login it came from */
	struct str why;
	instant_ms_t at;
};

/*
 * Keeps a rule set under its revision, for ever, together with steps and a setting: all of it or nothing. A revision
 * that is kept already stays as it is. Without a text it must be kept already (ERR_NOT_FOUND, nothing has happened).
 */
struct store_rules_keep {
	struct store_op op;
	struct str revision,
	    text;         /* in: borrowed; `revision` empty: none is kept; `text`: policy_canonical() */
	instant_ms_t now; /* in: when it was first seen */
	const struct store_rules_step *steps; /* in: borrowed */
	size_t step_count;
	const char *setting; /* in: a setting to write with it (STORE_SETTING), or NULL */
	struct str setting_value;
	bool added; /* out: it was not kept before */
};

struct store_rules_row {
	struct str revision;
	struct str text; /* only of a single one */
	instant_ms_t first_seen;
};

/* Rule sets, the one that was first seen last first. */
struct store_get_rules {
	struct store_op op;
	struct str revision; /* in: this one, with its text (ERR_NOT_FOUND); empty: many */
	uint32_t limit;      /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_rules_row *rows; /* out */
	size_t count;
	bool more;
};

/* What became of rule sets, newest first. */
struct store_get_rules_steps {
	struct store_op op;
	uint32_t limit; /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_rules_step *rows; /* out */
	size_t count;
	bool more;
};

/* A decision as it was taken: at admission, and each later one. */
struct store_record {
	item_id_t item;
	uint64_t seq; /* of the result that carries it; 0: at admission */
	struct str ref, domain;
	struct str common, detail; /* JSON members */
	struct str record;         /* daemon/job/record.h */
};

/* All decisions of up to `limit` items of published batches behind `after`, oldest first, of one item together. */
struct store_get_records {
	struct store_op op;
	item_id_t after; /* in: 0: from the first on; out: the last item that was looked at */
	uint32_t limit;  /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_record *rows; /* out */
	size_t count;
	bool more;
};

#endif
