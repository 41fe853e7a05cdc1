/* Shared by the files of the SQLite back end: store_sqlite.c (files, groups), sqlite_schema.c (tables), sqlite_values.c (statements),
 * sqlite_intake.c, sqlite_queue.c, sqlite_claim.c, sqlite_send.c, sqlite_message.c, sqlite_ledger.c, sqlite_rules.c,
 * sqlite_read.c (the operations). */
#ifndef VNEPP_STORE_SQLITE_INT_H
#define VNEPP_STORE_SQLITE_INT_H

#include "daemon/store/store_list.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_rules.h"
#include "daemon/store/store_send.h"
#include "epp/base/buf.h"
#include "epp/base/map.h"

#include <sqlite3.h>

/* Every statement: name, reading connections may use it, text. Prepared when first used. */
enum sq_stmt {
#define SQ(id, sql) SQ_##id,
#include "daemon/store/sqlite_stmts.h"
#undef SQ
	SQ__COUNT
};

/* What an item's row says, and its state now. */
struct sq_item {
	item_id_t id;
	batch_id_t batch;
	uint32_t partner, account;
	uint8_t lane;
	int op, attempt;
	enum item_state
	    state; /* of the newest result, else of the intake; QUEUED also while a claim holds it */
	bool has_result;
	bool paid;          /* as decided at intake */
	bool decided_later; /* the free years are of a later decision than the intake's */
	date_t decided_on;  /* at intake */
	date_t grant_from, free_until;
	instant_ms_t due;              /* INSTANT_NONE: never too late */
	uint8_t mark[DECIDE_MARK_MAX]; /* decide_mark() */
	uint32_t mark_len;
	uint8_t list_key[DECIDE_KEY_LEN]; /* of the subject in the departments' lists */
	bool has_quota, has_list_key;
	char domain[256];
};

/* A claim, and the rows of its new items as they were read when it was made: they need not be read again when the
 * result comes. */
struct sq_claim {
	uint64_t id;
	uint32_t open;          /* items that have not left it yet */
	uint32_t count;         /* of `items`; 0 after a rollback or a start */
	uint32_t next;          /* where to look first: results come much in the order of sending */
	struct sq_item items[]; /* id 0: has a result by now */
};

/* Keys that may be in a table: sqlite_grants.c. */
struct sq_filter {
	uint8_t *bits;                                      /* owned; NULL: not begun */
	uint32_t room;                                      /* keys that it is made for */
	uint64_t keys;                                      /* that were put in */
	bool begun, whole;                                  /* whole: what it does not have is not there */
	uint8_t last[DECIDE_KEY_LEN], next[DECIDE_KEY_LEN]; /* how far it has been filled */
};

struct sq {
	struct store_backend backend;
	sqlite3 *db; /* owned */
	sqlite3_stmt *stmts[SQ__COUNT];
	bool reader, suspect; /* a write or sync failed: see mend() */
	bool tidied;          /* this group had STORE_TIDY */

	char *path, *vfs; /* owned */
	int lock_fd;
	uint32_t epoch;
	struct map texts;            /* decision text -> its id (as a pointer-sized number) */
	struct buf text;             /* the last one asked for: lines of a batch much agree */
	int64_t text_id;             /* its id, 0: none */
	uint64_t lists;              /* the departments', in force */
	uint64_t name_lists;         /* of names, in force */
	item_id_t stale;             /* items up to this one are decided again before they are sent */
	uint64_t list_preview;       /* counts as in force; 0: none */
	uint64_t fresh_grants;       /* in grant_fresh; the writer's */
	struct sq_filter grants;     /* of the ledger's keys; the writer's */
	struct map claims;           /* claim id (8 bytes) -> struct sq_claim, owned */
	struct item_request request; /* of the line that is being taken in */
	struct buf scratch;
	struct arena arena; /* emptied after every operation */
};

/* ---- store_sqlite.c ---- */

/* What went wrong while the file was opened. */
enum err sq_fail_open(struct sq *s, struct errmsg *e);

/* ---- sqlite_values.c ---- */
/* A statement ready to be bound; reset by sq_done(). NULL when it could not be made: running it gives the error. */
sqlite3_stmt *sq_stmt(struct sq *s, enum sq_stmt which);
/* Steps a statement that gives no rows and resets it. */
enum err sq_run(struct sq *s, struct store_op *op, sqlite3_stmt *st);
/* SQLITE_ROW: true. SQLITE_DONE: false. Else *err is set, and false. */
bool sq_row(struct sq *s, struct store_op *op, sqlite3_stmt *st, enum err *err);
void sq_done(sqlite3_stmt *st);
void sq_bind_str(sqlite3_stmt *st, int i,
                 struct str v); /* borrowed until the statement is reset; empty: '' */
void sq_bind_blob(sqlite3_stmt *st, int i, struct str v); /* the same; empty: NULL */
void sq_bind_date(sqlite3_stmt *st, int i, date_t d);     /* DATE_NONE: NULL */
void sq_bind_instant(sqlite3_stmt *st, int i, instant_ms_t t);
struct str sq_col_str(sqlite3_stmt *st, int i); /* valid until the next step */
struct str sq_col_copy(sqlite3_stmt *st, int i, struct arena *a);
date_t sq_col_date(sqlite3_stmt *st, int i);
instant_ms_t sq_col_instant(sqlite3_stmt *st, int i);

/* ---- sqlite_schema.c ---- */
extern const char *const sq_statements[SQ__COUNT];
enum err sq_schema(struct sq *s, struct errmsg *e) MUST_CHECK;

/* ---- operations ---- */
enum err sq_register(struct sq *s, struct store_register *o);
enum err sq_setting(struct sq *s, struct store_setting *o);
/* The same, with another operation. */
enum err sq_setting_write(struct sq *s, struct store_op *op, const char *name, struct str value);
enum err sq_recover(struct sq *s, struct store_recover *o);
enum err sq_batch_begin(struct sq *s, struct store_batch_begin *o);
enum err sq_batch_chunk(struct sq *s, struct store_batch_chunk *o);
enum err sq_batch_publish(struct sq *s, struct store_batch_publish *o);
enum err sq_batch_abort(struct sq *s, struct store_batch_abort *o);
/* With everything that came with it. */
enum err sq_batch_remove(struct sq *s, struct store_op *op, batch_id_t batch);
enum err sq_batch_cancel(struct sq *s, struct store_batch_cancel *o);
enum err sq_queues(struct sq *s, struct store_queues *o);
enum err sq_expedite(struct sq *s, struct store_expedite *o);
enum err sq_lease(struct sq *s, struct store_lease *o);
enum err sq_unpark(struct sq *s, struct store_unpark *o);
enum err sq_claim(struct sq *s, struct store_claim *o);
enum err sq_finish(struct sq *s, struct store_finish *o);
enum err sq_message(struct sq *s, struct store_message *o);
enum err sq_message_done(struct sq *s, struct store_message_done *o);
enum err sq_get_messages(struct sq *s, struct store_get_messages *o);
enum err sq_rules_keep(struct sq *s, struct store_rules_keep *o);
enum err sq_get_rules(struct sq *s, struct store_get_rules *o);
enum err sq_get_rules_steps(struct sq *s, struct store_get_rules_steps *o);
/* sqlite_keys.c: values by name; the chain of secret keys, whose first is made when there is none. */
enum err sq_meta_get(struct sq *s, struct store_op *op, const char *key, struct str *out);
enum err sq_meta_set(struct sq *s, struct store_op *op, const char *key, struct str value);
enum err sq_keys(struct sq *s, struct store_op *op, struct decide_keys *out);
enum err sq_rekey(struct sq *s, struct store_rekey *o);
enum err sq_get_records(struct sq *s, struct store_get_records *o);
enum err sq_import(struct sq *s, struct store_import *o);
enum err sq_get_batch(struct sq *s, struct store_get_batch *o);
enum err sq_get_items(struct sq *s, struct store_get_items *o);
enum err sq_get_item(struct sq *s, struct store_get_item *o);
enum err sq_get_open(struct sq *s, struct store_get_open *o);
enum err sq_get_domain(struct sq *s, struct store_get_domain *o);
enum err sq_get_counts(struct sq *s, struct store_get_counts *o);

/* ---- sqlite_history.c ---- */
/* Tables that older files may lack. */
enum err sq_history_schema(struct sq *s, struct errmsg *e) MUST_CHECK;
enum err sq_get_depths(struct sq *s, struct store_get_depths *o);
enum err sq_history_add(struct sq *s, struct store_history_add *o);
enum err sq_progress(struct sq *s, struct store_progress *o);
enum err sq_get_history(struct sq *s, struct store_get_history *o);
enum err sq_get_progress(struct sq *s, struct store_get_progress *o);

/* ---- sqlite_quota.c ---- */
/* Whether there is room for a partner's batch; ERR_FULL with a text when there is not. Publishing counts its lines. */
enum err sq_room_begin(struct sq *s, struct store_batch_begin *o);
enum err sq_room_publish(struct sq *s, struct store_batch_publish *o);
enum err sq_get_used(struct sq *s, struct store_get_used *o);
/* What is used in the period that began then; QUEUED lines of a partner. */
enum err sq_quota_used(struct sq *s, struct store_op *op, struct str scope, date_t day, uint64_t *n);
enum err sq_queued_of(struct sq *s, struct store_op *op, uint32_t partner, uint64_t *n);
/* The names of the quotas that a decided item takes, with their periods, into `held` (empty: none). *full: one of them
 * is used up, nothing was taken. */
enum err sq_quota_take(struct sq *s, const struct store_batch_chunk *o, struct store_op *op,
                       const struct item_request *r, const struct decide_outcome *d, struct buf *held,
                       bool *full);
/* Gives back what an item that ended without success has taken. */
enum err sq_quota_release(struct sq *s, struct store_op *op, const struct sq_item *i);
enum err sq_quota_release_batch(struct sq *s, struct store_op *op, batch_id_t batch);

/* ---- shared by operations ---- */

/* `due`: of the item, INSTANT_NONE: never. */
enum err sq_ready_add(struct sq *s, struct store_op *op, const struct store_queue_key *key, instant_ms_t due,
                      instant_ms_t not_before, item_id_t item);
/* Whether an item whose newest state is QUEUED waits; else a claim holds it. `key`: as it was admitted. */
enum err sq_in_queue(struct sq *s, struct store_op *op, const struct store_queue_key *key, batch_id_t batch,
                     item_id_t item, bool has_result, bool *in, instant_ms_t *not_before);

/* `taken` items of a row of `work` are not in it any more: those before `next`; after the last one the row goes. */
enum err sq_work_taken(struct sq *s, struct store_op *op, const struct store_queue_key *key, instant_ms_t due,
                       batch_id_t batch, item_id_t next, item_id_t end, uint32_t taken);

/* Changes of a batch's counts, gathered over an operation. */
struct sq_counts {
	batch_id_t batch;
	int64_t delta[ITEM_STATE__COUNT];
};
#define SQ_COUNTS_MAX 16 /* batches touched at once; more are written in between */
struct sq_tally {
	struct sq_counts batches[SQ_COUNTS_MAX];
	size_t count;
};
enum err sq_tally_move(struct sq *s, struct store_op *op, struct sq_tally *t, batch_id_t batch, int from,
                       int to);
enum err sq_tally_write(struct sq *s, struct store_op *op, struct sq_tally *t);

enum err sq_item_load(struct sq *s, struct store_op *op, item_id_t id, struct sq_item *out);
/* Appends a result; `i` as it was until now. `counted`: the attempt was made, the next one has the next number.
 * `common`/`detail`: a later decision's texts, or empty. */
enum err sq_result_add(struct sq *s, struct store_op *op, const struct sq_item *i,
                       const struct item_result *r, bool counted, const struct decide_outcome *d);
/* The text's number, stored when it is new. */
enum err sq_text_id(struct sq *s, struct store_op *op, struct str text, int64_t *id);
/* The ledger's facts for a request. `item`: whose own grant does not count against it; 0: none. */
enum err sq_ledger(struct sq *s, struct store_op *op, const struct decider *d, const struct item_request *r,
                   uint32_t partner, item_id_t item, struct decide_ledger *out,
                   struct decide_subject *subject);
/* What an item keeps of its subject, as it is stored. */
void sq_item_mark(struct sq_item *i, struct str mark);

/* ---- sqlite_grants.c ---- */
/* *item: who has it, 0 for what was imported; only when it was found. */
enum err sq_grant_find(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], bool *found,
                       item_id_t *item);
/* It was not found. */
/* All keys of a subject, for the item. */
enum err sq_grant_reserve(struct sq *s, struct store_op *op, struct str keys, item_id_t item);
/* Whoever has a paid name in the zone. */
enum err sq_paid_find(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], bool *found);
enum err sq_paid_put(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN]);
/* The item has registered its name: at full fee, which its subject is remembered for. */
enum err sq_paid_note(struct sq *s, struct store_op *op, const struct sq_item *i);
enum err sq_grant_import(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN]);
enum err sq_grant_release(struct sq *s, struct store_op *op, const struct sq_item *i);
/* Those of a batch that is taken back. */
enum err sq_grants_drop(struct sq *s, struct store_op *op, batch_id_t batch);
/* What memory must know, after opening and after a rollback. */
enum err sq_grants_load(struct sq *s, struct store_op *op);
void sq_filter_fini(struct sq_filter *f);
enum err sq_tidy(struct sq *s, struct store_tidy *o);

/* ---- sqlite_held.c ---- */
enum err sq_decide(struct sq *s, struct store_decide *o);
enum err sq_expire(struct sq *s, struct store_expire *o);
enum err sq_get_held(struct sq *s, struct store_get_held *o);
enum err sq_get_notes(struct sq *s, struct store_get_notes *o);
enum err sq_get_unread(struct sq *s, struct store_get_unread *o);
enum err sq_looked(struct sq *s, struct store_looked *o);
/* An item is in `state` from `at` on; `key`: of its subject in the departments' lists, NULL: none, or as it was; `look`: when it is new, a registry is to be
 * asked. */
enum err sq_held_put(struct sq *s, struct store_op *op, item_id_t item, enum item_state state,
                     instant_ms_t at, const uint8_t *key, bool look);
enum err sq_held_drop(struct sq *s, struct store_op *op, item_id_t item);
/* A stored request with the evidence that was added later; *approved: the codes of reasons that a person has approved. Views live in `a`. */
enum err sq_request(struct sq *s, struct store_op *op, item_id_t item, struct str payload, struct arena *a,
                    struct item_request *out, struct str *approved, bool *added);
/* One item that waits, decided again. `i` was loaded; *state: where it stands then. */
enum err sq_again(struct sq *s, struct store_op *op, struct sq_tally *t, const struct store_again *with,
                  struct sq_item *i, char reason[32], enum item_state *state);
/* What would become of it; nothing is written. */
enum err sq_again_preview(struct sq *s, struct store_op *op, const struct store_again *with,
                          struct sq_item *i, char reason[32], enum item_state *state);
/* ---- sqlite_list.c ---- */
enum err sq_list_begin(struct sq *s, struct store_list_begin *o);
enum err sq_list_rows(struct sq *s, struct store_list_rows *o);
enum err sq_list_publish(struct sq *s, struct store_list_publish *o);
enum err sq_list_drop(struct sq *s, struct store_list_drop *o);
enum err sq_list_undo(struct sq *s, struct store_list_undo *o);
enum err sq_list_decide(struct sq *s, struct store_list_decide *o);
enum err sq_get_lists(struct sq *s, struct store_get_lists *o);
/* sqlite_names.c: lists of names. */
enum err sq_get_named(struct sq *s, struct store_get_named *o);
enum err sq_name_find(struct sq *s, struct store_op *op, const struct decider *d,
                      const struct item_request *r, struct decide_named *out);
/* How a list in force that has the key stands to one of this kind: of what kind is the one that counts? False: there is none. */
bool sq_name_known(struct sq *s, struct store_op *op, const uint8_t *key, enum store_list_kind *kind,
                   enum err *err);
/* Held creates of a page whose name is in the list, as sq_list_decide() reads a page. */
enum err sq_name_page(struct sq *s, struct store_list_decide *o, item_id_t *items, size_t *n);
/* The entry that counts for the request's subject. Costs nothing while there is no list. */
enum err sq_list_find(struct sq *s, struct store_op *op, const struct decider *d,
                      const struct item_request *r, struct decide_listed *out);
/* What memory knows of lists. */
enum err sq_lists_load(struct sq *s, struct store_op *op);
/* Those that were begun then or before and never came to their end. */
enum err sq_lists_forget(struct sq *s, struct store_op *op, instant_ms_t before);
/* ---- sqlite_changes.c ---- */
struct store_get_changes;
struct store_notify;
/* sqlite_notice.c: its tables may be added to a store of before. */
enum err sq_notice_schema(struct sq *s, struct errmsg *e) MUST_CHECK;
enum err sq_notify(struct sq *s, struct store_notify *o);
enum err sq_get_changes(struct sq *s, struct store_get_changes *o);
/* ---- sqlite_domains.c ---- */
struct store_get_domains;
enum err sq_get_domains(struct sq *s, struct store_get_domains *o);
/* ---- sqlite_preview.c ---- */
struct store_preview;
enum err sq_preview(struct sq *s, struct store_preview *o);
/* A row as readers see it. */
enum err sq_row_read(struct sq *s, struct store_op *op, item_id_t id, bool want_payload, struct arena *a,
                     struct store_row *row);
/* A pending item of this name at this account, other than `but`; *id 0: none. */
enum err sq_pending_item(struct sq *s, struct store_op *op, struct str domain, uint32_t account,
                         item_id_t but, item_id_t *id);
/* A panData decides the pending item o->settled. */
enum err sq_settle(struct sq *s, struct store_message *o);

#endif
