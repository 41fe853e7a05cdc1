/* Shared by the files of the memory back end: store_mem.c (life, groups, start-up, ledgers), store_mem_intake.c,
 * store_mem_send.c, store_mem_message.c, store_mem_rules.c, store_mem_read.c (the operations). */
#ifndef VNEPP_STORE_STORE_MEM_INT_H
#define VNEPP_STORE_STORE_MEM_INT_H

#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_figures.h"
#include "daemon/store/store_list.h"
#include "daemon/store/store_rules.h"
#include "daemon/store/store_send.h"
#include "epp/base/buf.h"
#include "epp/base/map.h"
#include "epp/base/rng.h"

struct mem_item;

/* Texts are in the store's arena, which is freed with it. */
struct mem_result {
	struct mem_item *item;      /* NULL: a notice */
	uint32_t partner;           /* of a notice */
	struct store_change notice; /* the domain is in the arena */
	struct item_result r;
	bool counted;                      /* the attempt was made, the next one has the next number */
	struct str common, detail, record; /* a later decision, or empty */
	struct mem_result *decided_before; /* of the same item; NULL: at admission */
	size_t seq;                        /* from 1 */
};

struct mem_batch;

struct mem_note {
	enum store_note_kind kind;
	instant_ms_t at;
	struct str by, body;
};

struct mem_list {
	struct store_list l;
	struct store_list_row *rows; /* owned */
	size_t row_count;
	bool gone; /* it never came to its end */
};

struct mem_item {
	item_id_t id;
	struct mem_batch *batch;
	uint32_t line, account;
	uint8_t lane, base_lane; /* now, and as it was admitted */
	enum item_op op;
	enum item_state intake, state; /* state: now */
	enum item_fault fault;
	struct str quota; /* that it holds, as in sqlite_quota.c; empty: none */
	struct str ref, domain, payload, rules, common, detail, record;
	char contact[ITEM_CONTACT_MAX], reason[32], needs[64];
	date_t decided_on, grant_from, free_until;
	instant_ms_t due; /* INSTANT_NONE: never too late */
	bool paid;
	int64_t fee_vnd;
	uint8_t mark[DECIDE_MARK_MAX]; /* decide_mark() */
	uint32_t mark_len;
	struct mem_result *last;    /* the newest; NULL: none */
	struct mem_result *decided; /* the newest that carries a decision */
	instant_ms_t not_before;    /* QUEUED again; INSTANT_NONE: was never sent */
	/* The claim that holds it; 0: none. */
	uint64_t claim;
	uint32_t claim_epoch, claim_offset;
	instant_ms_t claimed_at;
	instant_ms_t held_since;          /* WAITING or REVIEW: since then */
	uint8_t list_key[DECIDE_KEY_LEN]; /* of its subject in the departments' lists */
	bool has_list_key, look; /* look: a registry is to be asked about its name, while it is held */
	struct mem_note *notes;  /* in the arena */
	size_t note_count;
};

struct mem_line {
	uint32_t line;
	struct mem_item *item; /* of this batch, or an older one */
};

struct mem_batch {
	batch_id_t id;
	uint32_t partner;
	struct str idempotency_key;
	instant_ms_t created;
	uint32_t trace;
	bool published;
	instant_ms_t published_at;
	uint64_t publication; /* its number, from 1 */
	uint8_t hash[32];
	struct mem_line *lines; /* owned; ascending */
	size_t line_count;
	uint64_t items, version;
	uint64_t counts[ITEM_STATE__COUNT]; /* of its own items */
};

struct mem_publication {
	struct mem_batch *batch;
	uint64_t after; /* results that were there */
};

struct mem_domain {
	uint32_t partner, account;
	item_id_t item, renewed_by; /* 0: not through this gateway */
	instant_ms_t created, expires;
	date_t grant_from, free_until;
	uint32_t told_partner; /* whom it was told that it begins to cost … */
	date_t told;           /* … on that day */
};

struct mem_name {
	bool is_account;
	const char *name; /* in the arena */
};

struct mem_point {
	uint32_t step_s;
	struct store_point p;
};

struct mem_progress {
	date_t day;
	struct store_progress_row row;
};

struct mem {
	struct store_backend backend;
	struct arena arena; /* every text, result, item and domain, until the end */
	uint32_t epoch;
	struct decide_keys keys;
	struct mem_name *names; /* owned, as all arrays here; number - 1 is the index */
	size_t name_count;
	struct mem_batch **batches; /* by number - 1; NULL: dropped */
	size_t batch_count;
	struct mem_item **items; /* by number - 1; NULL: dropped */
	size_t item_count;
	struct mem_result **results; /* in the order in which they came */
	size_t result_count, progress_at;
	struct mem_publication *publications; /* by number - 1 */
	size_t publication_count;
	uint64_t claims, messages_waiting;
	struct store_message_row *messages; /* by number - 1 */
	size_t message_count;
	struct mem_list *lists; /* owned; by number - 1 */
	size_t list_count;
	item_id_t stale; /* as in sqlite_int.h */
	uint64_t list_preview;
	struct map refs;        /* partner, ref -> struct mem_item */
	struct map domains;     /* -> struct mem_domain */
	struct map grants;      /* subject key -> item + 1, as a pointer-sized number */
	struct map paid;        /* keys of subjects with a paid name */
	struct map contacts;    /* account, id */
	struct map message_ids; /* account, time, id */
	struct map settings;    /* -> struct str */
	struct store_used *used;
	size_t used_count;
	struct store_rules_row *rules; /* as they came, with their texts */
	size_t rules_count;
	struct store_rules_step *rules_steps; /* as they came */
	size_t rules_step_count;
	struct mem_point *points;
	size_t point_count;
	struct mem_progress *progress;
	size_t progress_count;
	struct buf scratch, key; /* for decisions; for the maps' keys */
};

/* Room for one more element: the array, at another place perhaps. */
void *mem_grow(void *array, size_t count, size_t size) MUST_CHECK;
/* A map's key of several parts, valid until the next one is made. */
struct str mem_key(struct mem *m, uint32_t number, uint64_t more, struct str text);
/* NULL: there is none, or it is not published. */
struct mem_batch *mem_batch_find(struct mem *m, batch_id_t id);
struct mem_item *mem_item_find(struct mem *m, item_id_t id);
/* Waiting to be sent, in published batches. */
uint64_t mem_queued_of(const struct mem *m, uint32_t partner);
void mem_item_move(struct mem_item *i, enum item_state to);
/* Appends a result and moves the item to its state. `d`: a later decision, or NULL. */
void mem_result_add(struct mem *m, struct mem_item *i, const struct item_result *r, bool counted,
                    const struct decide_outcome *d);
/* The number of the attempt that is made now, or would be. */
int mem_attempt_of(const struct mem_item *i);
void mem_grant_release(struct mem *m, const struct mem_item *i);
void mem_ledger(struct mem *m, const struct decider *d, const struct item_request *r, uint32_t partner,
                item_id_t item, struct decide_ledger *out, struct decide_subject *subject);
/* The item keeps its subject's mark, and the grants that it takes. */
void mem_mark(struct mem *m, struct mem_item *i, const struct decide_subject *s,
              const struct decide_outcome *d);
/* The item has registered its name: at full fee, which its subject is remembered for. */
void mem_paid_note(struct mem *m, const struct mem_item *i);
/* The name as an item's outcome made it. */
void mem_domain_made(struct mem *m, const struct mem_item *i, const struct item_result *r);
struct item_result mem_result_of(enum item_state state, int attempt, instant_ms_t at);

struct store_row mem_row_of(const struct mem_item *i, bool want_payload, struct arena *a);
/* store_mem_held.c, as the functions of sqlite_held.c. */
bool mem_request(struct mem *m, const struct mem_item *i, struct item_request *out, struct str *approved,
                 bool *added) MUST_CHECK;
void mem_again(struct mem *m, const struct store_again *with, struct mem_item *i, char reason[32],
               enum item_state *state);
void mem_again_preview(struct mem *m, const struct store_again *with, struct mem_item *i, char reason[32],
                       enum item_state *state);
/* store_mem_list.c, as the functions of sqlite_list.c. */
void mem_list_find(struct mem *m, const struct decider *d, const struct item_request *r,
                   struct decide_listed *out);
void mem_name_find(struct mem *m, const struct decider *d, const struct item_request *r,
                   struct decide_named *out);
void mem_lists_forget(struct mem *m, instant_ms_t before);

/* ---- operations ---- */
enum err mem_list_begin(struct mem *m, struct store_list_begin *o);
enum err mem_list_rows(struct mem *m, struct store_list_rows *o);
enum err mem_list_publish(struct mem *m, struct store_list_publish *o);
enum err mem_list_drop(struct mem *m, struct store_list_drop *o);
enum err mem_list_undo(struct mem *m, struct store_list_undo *o);
enum err mem_list_decide(struct mem *m, struct store_list_decide *o);
enum err mem_get_lists(struct mem *m, struct store_get_lists *o);
enum err mem_get_named(struct mem *m, struct store_get_named *o);
enum err mem_decide(struct mem *m, struct store_decide *o);
enum err mem_expire(struct mem *m, struct store_expire *o);
enum err mem_get_held(struct mem *m, struct store_get_held *o);
enum err mem_get_notes(struct mem *m, struct store_get_notes *o);
enum err mem_get_unread(struct mem *m, struct store_get_unread *o);
enum err mem_looked(struct mem *m, struct store_looked *o);
enum err mem_batch_begin(struct mem *m, struct store_batch_begin *o);
enum err mem_batch_chunk(struct mem *m, struct store_batch_chunk *o);
enum err mem_batch_publish(struct mem *m, struct store_batch_publish *o);
enum err mem_batch_abort(struct mem *m, struct store_batch_abort *o);
enum err mem_batch_cancel(struct mem *m, struct store_batch_cancel *o);
void mem_batch_drop(struct mem *m, struct mem_batch *b);
enum err mem_queues(struct mem *m, struct store_queues *o);
enum err mem_expedite(struct mem *m, struct store_expedite *o);
enum err mem_lease(struct mem *m, struct store_lease *o);
enum err mem_unpark(struct mem *m, struct store_unpark *o);
enum err mem_claim(struct mem *m, struct store_claim *o);
enum err mem_finish(struct mem *m, struct store_finish *o);
/* store_mem_quota.c, as the functions of sqlite_quota.c. `b`: NULL: one that begins. */
enum err mem_room(struct mem *m, struct store_op *op, struct store_room *r, uint32_t partner,
                  const struct mem_batch *b, instant_ms_t now);
void mem_room_take(struct mem *m, const struct mem_batch *b, instant_ms_t now);
enum err mem_get_used(struct mem *m, struct store_get_used *o);
struct str mem_quota_take(struct mem *m, const struct store_batch_chunk *o, const struct item_request *r,
                          struct decide_outcome *d);
void mem_quota_release(struct mem *m, struct mem_item *i);
enum err mem_rekey(struct mem *m, struct store_rekey *o);
enum err mem_setting(struct mem *m, struct store_setting *o);
enum err mem_message(struct mem *m, struct store_message *o);
enum err mem_message_done(struct mem *m, struct store_message_done *o);
enum err mem_get_messages(struct mem *m, struct store_get_messages *o);
enum err mem_rules_keep(struct mem *m, struct store_rules_keep *o);
enum err mem_get_rules(struct mem *m, struct store_get_rules *o);
enum err mem_get_rules_steps(struct mem *m, struct store_get_rules_steps *o);
enum err mem_get_records(struct mem *m, struct store_get_records *o);
enum err mem_get_changes(struct mem *m, struct store_get_changes *o);
enum err mem_notify(struct mem *m, struct store_notify *o);
/* store_mem_changes.c: the batch appears. */
void mem_publication_add(struct mem *m, struct mem_batch *b);
struct store_get_domains;
enum err mem_get_domains(struct mem *m, struct store_get_domains *o);
struct store_preview;
enum err mem_preview(struct mem *m, struct store_preview *o);
enum err mem_get_batch(struct mem *m, struct store_get_batch *o);
enum err mem_get_items(struct mem *m, struct store_get_items *o);
enum err mem_get_item(struct mem *m, struct store_get_item *o);
enum err mem_get_open(struct mem *m, struct store_get_open *o);
enum err mem_get_domain(struct mem *m, struct store_get_domain *o);
enum err mem_get_counts(struct mem *m, struct store_get_counts *o);
enum err mem_get_depths(struct mem *m, struct store_get_depths *o);
enum err mem_history_add(struct mem *m, struct store_history_add *o);
enum err mem_get_history(struct mem *m, struct store_get_history *o);
enum err mem_progress(struct mem *m, struct store_progress *o);
enum err mem_get_progress(struct mem *m, struct store_get_progress *o);

#endif
