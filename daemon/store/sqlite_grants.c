/*
 * The ledger of grants: which subject has one, and by which item.
 *
 * Keys are hashes: in a ledger of millions every new one falls on another page, and a batch of new people would read and
 * write most of the ledger. So grants are reserved in a small table of their own (grant_fresh), which fits into
 * memory, and move to the ledger later, in the order of keys, when the store has little to do (sq_tidy). When that
 * table is full, new ones go to the ledger at once. A key is in one of the two.
 *
 * Most subjects have no grant yet. A filter (Bloom's) knows which keys are certainly in neither table, so that nothing is
 * read for them. It is made in steps after the start; until it is whole, the tables are asked. It only ever says too often
 * that a key may be there: after a rollback, or when one was taken out.
 */
#include "daemon/store/sqlite_int.h"
#include "epp/base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define FRESH_MAX       200000u /* some 13 MB; beyond it a table of its own gains nothing */
#define MOVE_MAX        500     /* grants moved in a step: some milliseconds */
#define FILTER_STEP     20000   /* keys read in a step: the same */
#define FILTER_PROBES   4
#define FILTER_PER_KEY  10 /* bits: one of a hundred keys that are not there is looked for in vain */
#define FILTER_ROOM_MIN 200000u
#define FILTER_ROOM_MAX (50u << 20) /* keys: 64 MiB */

/* ---- the filter ------------------------------------------------------------------------------------------------------- */

static size_t place(const struct sq_filter *f, const uint8_t key[DECIDE_KEY_LEN], unsigned probe)
{
	uint64_t a, b; /* a hash already */
	memcpy(&a, key, sizeof a);
	memcpy(&b, key + sizeof a, sizeof b);
	return (size_t)((a + probe * (b | 1)) % ((uint64_t)f->room * FILTER_PER_KEY));
}

static void filter_add(struct sq_filter *f, const uint8_t key[DECIDE_KEY_LEN])
{
	for (unsigned i = 0; f->bits && i < FILTER_PROBES; i++) {
		size_t at = place(f, key, i);
		f->bits[at / 8] |= (uint8_t)(1u << at % 8);
	}
	f->keys++;
}

static bool filter_may_have(const struct sq_filter *f, const uint8_t key[DECIDE_KEY_LEN])
{
	for (unsigned i = 0; f->whole && i < FILTER_PROBES; i++) {
		size_t at = place(f, key, i);
		if (!(f->bits[at / 8] & 1u << at % 8))
			return false;
	}
	return true;
}

void sq_filter_fini(struct sq_filter *f)
{
	free(f->bits);
	*f = (struct sq_filter){.bits = NULL};
}

static void filter_begin(struct sq_filter *f, uint64_t keys)
{
	uint64_t room = keys + keys / 2 + FILTER_ROOM_MIN;
	sq_filter_fini(f);
	f->room = room < FILTER_ROOM_MAX ? (uint32_t)room : FILTER_ROOM_MAX;
	f->bits = xcalloc((size_t)f->room * FILTER_PER_KEY / 8 + 1, 1);
}

/* Too many keys for its room, and it could have more. */
static bool filter_is_small(const struct sq_filter *f)
{
	return f->keys > f->room && f->room < FILTER_ROOM_MAX;
}

/* At most `most` keys of the table into it, from f->last on. */
static enum err filter_read(struct sq *s, struct store_op *op, enum sq_stmt table, uint32_t most,
                            size_t *seen)
{
	struct sq_filter *f = &s->grants;
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, table);
	sqlite3_bind_blob(st, 1, f->last, f->begun ? (int)sizeof f->last : 0, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, most);
	for (*seen = 0; sq_row(s, op, st, &err); ++*seen) {
		struct str key = sq_col_str(st, 0);
		/* Whatever its length is: the next step must begin behind it. */
		memset(f->next, 0, sizeof f->next);
		memcpy(f->next, key.ptr, key.len < sizeof f->next ? key.len : sizeof f->next);
		filter_add(f, f->next);
	}
	sq_done(st);
	if (err)
		return err;
	memcpy(f->last, f->next, sizeof f->last);
	f->begun = true;
	return OK;
}

/* The next keys of the ledger into it; behind the last one, all of the small table: none has moved meanwhile. */
static enum err filter_step(struct sq *s, struct store_op *op)
{
	struct sq_filter *f = &s->grants;
	size_t seen;
	enum err err = filter_read(s, op, SQ_GRANT_KEYS, FILTER_STEP, &seen);
	if (err || seen == FILTER_STEP)
		return err;
	f->begun = false;
	err = filter_read(s, op, SQ_GRANT_FRESH_KEYS, UINT32_MAX, &seen);
	f->whole = !err;
	return err;
}

static enum err filter_go_on(struct sq *s, struct store_op *op)
{
	struct sq_filter *f = &s->grants;
	if (f->bits && !filter_is_small(f))
		return filter_step(s, op);
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_LAST); /* most items have a grant */
	uint64_t items = sq_row(s, op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	if (!err)
		filter_begin(f, items > f->keys ? items : f->keys);
	return err;
}

/* ---- grants ----------------------------------------------------------------------------------------------------------- */

static void bind_key(sqlite3_stmt *st, const uint8_t key[DECIDE_KEY_LEN])
{
	sq_bind_blob(st, 1, str_make((const char *)key, DECIDE_KEY_LEN));
}

static enum err find_in(struct sq *s, struct store_op *op, enum sq_stmt table,
                        const uint8_t key[DECIDE_KEY_LEN], bool *found, item_id_t *item)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, table);
	bind_key(st, key);
	*found = sq_row(s, op, st, &err);
	if (*found)
		*item = (item_id_t)sqlite3_column_int64(st, 0);
	sq_done(st);
	return err;
}

enum err sq_grant_find(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], bool *found,
                       item_id_t *item)
{
	enum err err = OK;
	*found = false;
	if (!filter_may_have(&s->grants, key))
		return OK;
	if (s->reader || s->fresh_grants)
		err = find_in(s, op, SQ_GRANT_FRESH_GET, key, found, item);
	return err || *found ? err : find_in(s, op, SQ_GRANT_GET, key, found, item);
}

static enum err put(struct sq *s, struct store_op *op, enum sq_stmt table, const uint8_t key[DECIDE_KEY_LEN],
                    item_id_t item)
{
	sqlite3_stmt *st = sq_stmt(s, table);
	bind_key(st, key);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)item);
	return sq_run(s, op, st);
}

static enum err reserve(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], item_id_t item)
{
	filter_add(&s->grants, key);
	if (s->fresh_grants >= FRESH_MAX)
		return put(s, op, SQ_GRANT_ADD, key, item);
	s->fresh_grants++;
	return put(s, op, SQ_GRANT_FRESH_ADD, key, item);
}

enum err sq_grant_reserve(struct sq *s, struct store_op *op, struct str keys, item_id_t item)
{
	enum err err = OK;
	for (size_t i = 0; i + DECIDE_KEY_LEN <= keys.len && !err; i += DECIDE_KEY_LEN)
		err = reserve(s, op, (const uint8_t *)keys.ptr + i, item);
	return err;
}

enum err sq_paid_find(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], bool *found)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PAID_GET);
	bind_key(st, key);
	*found = sq_row(s, op, st, &err);
	sq_done(st);
	return err;
}

enum err sq_paid_put(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN])
{
	sqlite3_stmt *st = sq_stmt(s, SQ_PAID_ADD);
	bind_key(st, key);
	return sq_run(s, op, st);
}

enum err sq_paid_note(struct sq *s, struct store_op *op, const struct sq_item *i)
{
	bool paid = i->op == ITEM_CREATE && i->grant_from == DATE_NONE && i->mark_len == DECIDE_KEY_LEN;
	return paid ? sq_paid_put(s, op, i->mark) : OK;
}

enum err sq_grant_import(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN])
{
	bool known;
	item_id_t item;
	enum err err = sq_grant_find(s, op, key, &known, &item);
	if (err || known)
		return err;
	filter_add(&s->grants, key);
	return put(s, op, SQ_GRANT_ADD, key, 0); /* of no item of ours */
}

static enum err release(struct sq *s, struct store_op *op, const uint8_t key[DECIDE_KEY_LEN], item_id_t item)
{
	enum err err = put(s, op, SQ_GRANT_FRESH_DEL, key, item);
	if (err)
		return err;
	if (sqlite3_changes(s->db) == 0)
		return put(s, op, SQ_GRANT_DEL, key, item);
	s->fresh_grants--;
	return OK;
}

enum err sq_grant_release(struct sq *s, struct store_op *op, const struct sq_item *i)
{
	enum err err = OK;
	for (uint32_t k = 0; k + DECIDE_KEY_LEN <= i->mark_len && !err; k += DECIDE_KEY_LEN)
		err = release(s, op, i->mark + k, i->id);
	return err;
}

static enum err run_of_batch(struct sq *s, struct store_op *op, enum sq_stmt which, batch_id_t batch)
{
	sqlite3_stmt *st = sq_stmt(s, which);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	return sq_run(s, op, st);
}

static enum err count_of_batch(struct sq *s, struct store_op *op, batch_id_t batch, uint64_t *n)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_GRANTS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	*n = sq_row(s, op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

/* Only when some have moved meanwhile the ledger is looked through: each key is on another page there. */
enum err sq_grants_drop(struct sq *s, struct store_op *op, batch_id_t batch)
{
	uint64_t all, fresh;
	enum err err = count_of_batch(s, op, batch, &all);
	if (err || all == 0)
		return err;
	err = run_of_batch(s, op, SQ_BATCH_DEL_FRESH, batch);
	if (err)
		return err;
	fresh = (uint64_t)sqlite3_changes(s->db);
	s->fresh_grants -= fresh;
	return fresh == all ? OK : run_of_batch(s, op, SQ_BATCH_DEL_GRANTS, batch);
}

enum err sq_grants_load(struct sq *s, struct store_op *op)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_GRANT_FRESH_COUNT);
	s->fresh_grants = sq_row(s, op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

/* ---- what can wait ------------------------------------------------------------------------------------------------------- */

/* The smallest keys, so that neighbours in the ledger go there together. */
static enum err move_some(struct sq *s, struct store_op *op)
{
	static const enum sq_stmt steps[] = {SQ_GRANT_MOVE, SQ_GRANT_FRESH_TRIM};
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_GRANT_FRESH_NTH);
	sqlite3_bind_int64(st, 1,
	                   (s->fresh_grants < MOVE_MAX ? (sqlite3_int64)s->fresh_grants : MOVE_MAX) - 1);
	bool found = sq_row(s, op, st, &err);
	struct str upto = found ? sq_col_copy(st, 0, &s->arena) : STR_NONE;
	sq_done(st);
	for (size_t i = 0; i < ARRAY_LEN(steps) && found && !err; i++) {
		st = sq_stmt(s, steps[i]);
		sq_bind_blob(st, 1, upto);
		err = sq_run(s, op, st);
	}
	if (found && !err)
		s->fresh_grants -= (uint64_t)sqlite3_changes(s->db);
	return err;
}

enum err sq_tidy(struct sq *s, struct store_tidy *o)
{
	enum err err = OK;
	if (!s->grants.whole || filter_is_small(&s->grants))
		err = filter_go_on(s, &o->op);
	else if (s->fresh_grants)
		err = move_some(s, &o->op);
	o->more = !s->grants.whole || s->fresh_grants > 0;
	return err;
}
