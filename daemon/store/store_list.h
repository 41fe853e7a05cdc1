/*
 * Lists that decisions know: of the departments (who was founded or registered, by the keyed hash of the number), and of names
 * that are kept back (by the keyed hash of the name, or of a label under every zone; daemon/job/decide.h). A list comes in
 * chunks, invisible until one operation puts it into force, and can be undone; nothing of it is ever changed.
 * Of two lists in force that have a subject, the newer one counts; of names, a blocked one counts more than a reserved one.
 *
 * What waited for a subject or a name of a list that has come or gone is decided again, page by page; what is queued is decided
 * again when it is sent.
 */
#ifndef VNEPP_STORE_STORE_LIST_H
#define VNEPP_STORE_STORE_LIST_H

#include "daemon/store/store_held.h"

#define STORE_LIST_ROWS_MAX  1000
#define STORE_LIST_PAGE_MAX  500     /* held items looked at by one operation: bounds the writer's time */
#define STORE_LIST_LEFT_MS   3600000 /* a list that has not come to its end by then never will */
#define STORE_LIST_LISTS_MAX 500     /* told by one reading operation */

/* The numbers are stored. */
enum store_list_kind {
	STORE_LIST_ENTERPRISES = APPLICANT_ENTERPRISE,
	STORE_LIST_HOUSEHOLDS = APPLICANT_HOUSEHOLD,
	STORE_LIST_RESERVED = 16, /* from here on: of names */
	STORE_LIST_BLOCKED = 17,
};

enum store_list_state { STORE_LIST_COMING, STORE_LIST_IN_FORCE, STORE_LIST_UNDONE };

struct store_list {
	uint64_t list; /* its number, from 1 */
	enum store_list_kind kind;
	struct str type, issuer, file, by;
	date_t date;
	instant_ms_t at; /* begun */
	enum store_list_state state;
	uint64_t rows;
	uint8_t hash[32]; /* SHA-256 of the file */
	uint64_t decided; /* items that were decided again for it */
	bool deciding;    /* … and there may be more */
	instant_ms_t undone_at;
	struct str undone_by, undone_why;
};

/* Also removes what others began and left. */
struct store_list_begin {
	struct store_op op;
	enum store_list_kind kind;         /* in */
	struct str type, issuer, file, by; /* in: borrowed until done */
	date_t date;
	instant_ms_t now;
	uint64_t list; /* out */
};

struct store_list_row {
	uint8_t key[DECIDE_KEY_LEN];
	uint32_t line;
	date_t on; /* founded or registered; DATE_NONE: the list does not say */
};

/* ERR_NOT_FOUND: no such list is coming. */
struct store_list_rows {
	struct store_op op;
	uint64_t list;                     /* in */
	const struct store_list_row *rows; /* in: borrowed until done; at most STORE_LIST_ROWS_MAX */
	size_t count;
	uint64_t added, changed,
	    repeated; /* out: in no list in force; there with another day; there as here */
};

/* Into force: from here on it counts, and the one that it replaces does not. ERR_CONFLICT: that is not in force, or of
 * another kind. */
struct store_list_publish {
	struct store_op op;
	uint64_t list;      /* in */
	uint64_t replaces;  /* in: undone in the same moment; 0: none */
	struct str by, why; /* in, with `replaces`: borrowed until done */
	instant_ms_t now;   /* in, with `replaces` */
	uint8_t hash[32];   /* in */
	uint64_t rows;      /* out */
};

/* A list that is coming comes no more; so much of it is removed, `more`: ask again. */
struct store_list_drop {
	struct store_op op;
	uint64_t list; /* in */
	bool more;     /* out */
};

/* ERR_NOT_FOUND: no such list; ERR_CONFLICT: it is not in force. */
struct store_list_undo {
	struct store_op op;
	uint64_t list;      /* in */
	struct str by, why; /* in: borrowed until done */
	instant_ms_t now;
};

struct store_list_item {
	struct store_row row; /* as it stands now */
	enum item_state then;
	char reason[32];
};

/*
 * A page of what waits for subjects of a list. `preview`: what would become of them if the list, which is coming, were in
 * force; nothing is written. Else the oldest list that has work is taken, and its items are decided again.
 */
struct store_list_decide {
	struct store_op op;
	bool preview;
	uint64_t list;            /* in with preview; out without: 0: there is no work */
	item_id_t after;          /* in with preview: the item of the page before; out: the next page's */
	struct store_again again; /* in */
	struct arena *arena;      /* in with preview: borrowed */
	struct store_list_item *items; /* out with preview */
	size_t count;                  /* out: items decided */
	size_t queued;                 /* out: of them to be sent now */
	bool more;                     /* out: ask again */
	uint64_t decided;              /* out without preview: for this list in all */
};

/* Newest first. */
struct store_get_lists {
	struct store_op op;
	struct arena *arena;
	struct store_list *lists; /* out: at most STORE_LIST_LISTS_MAX */
	size_t count;
};

#define STORE_NAMED_MAX 100 /* entries told of one name */

/* An entry of a list in force that has a name, and the list. */
struct store_named {
	struct decide_named named;
	struct str file, by;
	instant_ms_t at;
};

/* Which lists in force have a name, the one that counts first. */
struct store_get_named {
	struct store_op op;
	const struct decider *decider; /* in: borrowed until done */
	struct str name;               /* in: ASCII form; or a label alone: under every zone */
	struct arena *arena;           /* in: borrowed */
	struct store_named *rows;      /* out: at most STORE_NAMED_MAX */
	size_t count;
};

/* Of names, not of subjects. */
bool store_list_of_names(enum store_list_kind kind);
/* Shared by the back ends (store_held.c): the error for a list that is not in the state that is needed. */
enum err store_list_wrong(struct errmsg *e, uint64_t list, bool found, enum store_list_state is,
                          enum store_list_state want);
enum err store_list_other_kind(struct errmsg *e, uint64_t list);

#endif
