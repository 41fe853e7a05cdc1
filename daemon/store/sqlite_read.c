/* Reading: batches, pages of lines, single items, what is open. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <string.h>

static enum err count_repeats(struct sq *s, struct store_get_batch *o);

static enum err read_counts(struct sq *s, struct store_op *op, batch_id_t batch,
                            uint64_t counts[ITEM_STATE__COUNT])
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_COUNT_GET);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	while (sq_row(s, op, st, &err)) {
		int state = sqlite3_column_int(st, 0);
		int64_t n = sqlite3_column_int64(st, 1);
		if (CHECK(state >= 0 && state < ITEM_STATE__COUNT && n >= 0))
			counts[state] += (uint64_t)n;
	}
	sq_done(st);
	return err;
}

enum err sq_get_batch(struct sq *s, struct store_get_batch *o)
{
	enum err err;
	int64_t repeats = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_GET);
	o->info = (struct store_batch_info){.batch = o->batch};
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	bool found = sq_row(s, &o->op, st, &err);
	if (found) {
		o->info.partner = (uint32_t)sqlite3_column_int64(st, 0);
		o->info.lines = (uint64_t)sqlite3_column_int64(st, 1);
		o->info.items = (uint64_t)sqlite3_column_int64(st, 2);
		o->info.created = sqlite3_column_int64(st, 3);
		o->info.version = (uint64_t)sqlite3_column_int64(st, 4);
		repeats = sqlite3_column_int64(st, 5);
		found = o->partner == 0 || o->partner == o->info.partner;
	}
	sq_done(st);
	if (err || !found)
		return err ? err : err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such batch");
	err = read_counts(s, &o->op, o->batch, o->info.counts);
	return err || repeats == 0 ? err : count_repeats(s, o);
}

/* ---- one item ---------------------------------------------------------------------------------------------------------- */

/* QUEUED is what was written last; a claim makes it SENDING without writing. */
static enum err state_now(struct sq *s, struct store_op *op, struct store_row *row, bool has_result)
{
	struct store_queue_key key = {row->account, row->partner, row->lane};
	bool in = true;
	if (row->state != ITEM_QUEUED)
		return OK;
	enum err err = sq_in_queue(s, op, &key, row->batch, row->item, has_result, &in, &row->not_before);
	if (!in)
		row->state = ITEM_SENDING;
	return err;
}

static enum err later_decision(struct sq *s, struct store_op *op, struct store_row *row, struct arena *a)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_DECIDED_LAST);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)row->item);
	if (sq_row(s, op, st, &err)) {
		row->decision_common = sq_col_copy(st, 0, a);
		row->decision_item = sq_col_copy(st, 1, a);
	}
	sq_done(st);
	return err;
}

/* What is still being received is not there yet. */
static enum err read_batch_time(struct sq *s, struct store_op *op, struct store_row *row)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_CREATED);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)row->batch);
	bool published = sq_row(s, op, st, &err) && sqlite3_column_int(st, 1);
	row->admitted = published ? sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err || published ? err : err_set(&op->errmsg, ERR_NOT_FOUND, "no such item");
}

static enum err read_since(struct sq *s, struct store_op *op, struct store_row *row)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_HELD_SINCE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)row->item);
	if (sq_row(s, op, st, &err))
		row->waits_since = sqlite3_column_int64(st, 0);
	sq_done(st);
	return err;
}

static void fill_row(sqlite3_stmt *st, struct store_row *row, bool want_payload, struct arena *a,
                     struct str *needs)
{
	row->batch = (batch_id_t)sqlite3_column_int64(st, 0);
	row->line = (uint32_t)sqlite3_column_int64(st, 1);
	row->partner = (uint32_t)sqlite3_column_int64(st, 2);
	row->account = (uint32_t)sqlite3_column_int64(st, 3);
	row->op = (enum item_op)sqlite3_column_int(st, 5);
	row->state = (enum item_state)sqlite3_column_int(st, 6);
	row->intake_fault = (enum item_fault)sqlite3_column_int(st, 7);
	row->ref = sq_col_copy(st, 8, a);
	row->domain = sq_col_copy(st, 9, a);
	snprintf(row->intake_reason, sizeof row->intake_reason, "%s",
	         (const char *)sqlite3_column_text(st, 10));
	*needs = sq_col_copy(st, 11, a);
	row->payload = want_payload ? sq_col_copy(st, 12, a) : STR_NONE;
	row->decision_common = sq_col_copy(st, 13, a);
	row->decision_item = sq_col_copy(st, 14, a);
	row->paid = sqlite3_column_int(st, 18) != 0;
}

enum err sq_row_read(struct sq *s, struct store_op *op, item_id_t id, bool want_payload, struct arena *a,
                     struct store_row *row)
{
	enum err err, bad = OK;
	struct str needs = STR_NONE;
	bool has_result = false;
	*row = (struct store_row){.item = id, .waits_since = INSTANT_NONE, .not_before = INSTANT_NONE};
	row->result = (struct item_result){
	    .created = INSTANT_NONE, .expires = INSTANT_NONE, .charged_vnd = -1, .at = INSTANT_NONE};
	sqlite3_stmt *st = sq_stmt(s, SQ_ROW);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	bool found = sq_row(s, op, st, &err);
	if (found) {
		fill_row(st, row, want_payload, a, &needs);
		row->lane = (uint8_t)sqlite3_column_int(st, 4);
		has_result = sqlite3_column_type(st, 15) != SQLITE_NULL;
		if (has_result) {
			bad = item_result_decode(sq_col_copy(st, 15, a), &row->result);
			row->state = row->result.state;
		} else {
			row->result.needs = needs;
		}
	}
	sq_done(st);
	if (err || bad || !found)
		return err   ? err
		       : bad ? err_set(&op->errmsg, bad, "item %llu is damaged", (unsigned long long)id)
		             : ERR_NOT_FOUND;
	err = state_now(s, op, row, has_result);
	if (!err && row->state == ITEM_REVIEW)
		err = read_since(s, op, row);
	if (!err && has_result)
		err = later_decision(s, op, row, a);
	return err ? err : read_batch_time(s, op, row);
}

static enum err count_repeats(struct sq *s, struct store_get_batch *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_REPEATS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	while (sq_row(s, &o->op, st, &err)) {
		struct store_row row;
		err = sq_row_read(s, &o->op, (item_id_t)sqlite3_column_int64(st, 0), false, &s->arena, &row);
		if (err)
			break;
		o->info.counts[row.state]++;
		/* Any change of the older item changes what this batch shows. */
		o->info.version += (uint64_t)row.result.at + (uint64_t)row.state;
	}
	sq_done(st);
	return err;
}

static enum err owned_batch(struct sq *s, struct store_get_items *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_GET);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	bool found = sq_row(s, &o->op, st, &err) &&
	             (o->partner == 0 || (uint32_t)sqlite3_column_int64(st, 0) == o->partner);
	sq_done(st);
	return err ? err : found ? OK : err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such batch");
}

enum err sq_get_items(struct sq *s, struct store_get_items *o)
{
	enum err err = owned_batch(s, o);
	if (err)
		return err;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	sqlite3_stmt *st = sq_stmt(s, SQ_PAGE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int64(st, 2, o->after_line);
	/* With a state filter lines are skipped, so the page is filled by reading on. */
	sqlite3_bind_int64(st, 3, o->by_state ? -1 : (sqlite3_int64)o->limit + 1);
	while (!err && sq_row(s, &o->op, st, &err)) {
		struct store_row *row = &o->rows[o->count];
		if (o->count == o->limit) {
			o->more = true;
			break;
		}
		uint32_t line = (uint32_t)sqlite3_column_int64(st, 1);
		err = sq_row_read(s, &o->op, (item_id_t)sqlite3_column_int64(st, 0), false, o->arena, row);
		row->line = line;
		if (!err && (!o->by_state || row->state == o->state))
			o->count++;
	}
	sq_done(st);
	return err;
}

enum err sq_get_item(struct sq *s, struct store_get_item *o)
{
	enum err err;
	item_id_t id = o->item;
	if (id == 0) {
		sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_ID_BY_REF);
		sqlite3_bind_int64(st, 1, o->partner);
		sq_bind_str(st, 2, o->ref);
		id = sq_row(s, &o->op, st, &err) ? (item_id_t)sqlite3_column_int64(st, 0) : 0;
		sq_done(st);
		if (err || id == 0)
			return err ? err : err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such item");
	}
	err = sq_row_read(s, &o->op, id, o->want_payload, o->arena, &o->row);
	if (!err && o->partner && o->row.partner != o->partner)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such item");
	return err;
}

enum err sq_get_open(struct sq *s, struct store_get_open *o)
{
	enum err err = OK;
	o->rows = arena_alloc(o->arena, (o->limit + 1) * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	sqlite3_stmt *st = sq_stmt(s, SQ_OPEN_ALL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)o->limit + 1);
	while (!err && sq_row(s, &o->op, st, &err)) {
		if (o->count == o->limit) {
			o->more = true;
			break;
		}
		err = sq_row_read(s, &o->op, (item_id_t)sqlite3_column_int64(st, 0), true, o->arena,
		                  &o->rows[o->count]);
		o->count++;
	}
	sq_done(st);
	return err;
}

enum err sq_get_domain(struct sq *s, struct store_get_domain *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_DOMAIN_GET);
	sq_bind_str(st, 1, o->domain);
	bool found = sq_row(s, &o->op, st, &err);
	if (found) {
		o->partner = (uint32_t)sqlite3_column_int64(st, 0);
		o->account = (uint32_t)sqlite3_column_int64(st, 1);
		o->created = sq_col_instant(st, 3);
		o->expires = sq_col_instant(st, 4);
		o->grant_from = sq_col_date(st, 5);
		o->free_until = sq_col_date(st, 6);
	}
	sq_done(st);
	return err     ? err
	       : found ? OK
	               : err_set(&o->op.errmsg, ERR_NOT_FOUND, "the name is not in the ledger");
}

enum err sq_get_counts(struct sq *s, struct store_get_counts *o)
{
	enum err err;
	memset(o->items, 0, sizeof o->items);
	sqlite3_stmt *st = sq_stmt(s, SQ_COUNTS_ALL);
	while (sq_row(s, &o->op, st, &err))
		o->items[sqlite3_column_int(st, 0)] = (uint64_t)sqlite3_column_int64(st, 1);
	sq_done(st);
	if (err)
		return err;
	st = sq_stmt(s, SQ_TOTALS);
	if (sq_row(s, &o->op, st, &err)) {
		o->batches = (uint64_t)sqlite3_column_int64(st, 0);
		o->domains = (uint64_t)sqlite3_column_int64(st, 1);
		o->grants = (uint64_t)sqlite3_column_int64(st, 2);
		o->messages_waiting = (uint64_t)sqlite3_column_int64(st, 3);
	}
	sq_done(st);
	return err;
}
