/* Intake: batches come in chunks, are decided line by line within the transaction, and appear with one row. */
#include "daemon/job/lane.h"
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <string.h>

/* ---- counts --------------------------------------------------------------------------------------------------------- */

enum err sq_tally_write(struct sq *s, struct store_op *op, struct sq_tally *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct sq_counts *c = &t->batches[i];
		for (int state = 0; state < ITEM_STATE__COUNT; state++) {
			if (c->delta[state] == 0)
				continue;
			sqlite3_stmt *st = sq_stmt(s, SQ_COUNT_ADD);
			sqlite3_bind_int64(st, 1, (sqlite3_int64)c->batch);
			sqlite3_bind_int(st, 2, state);
			sqlite3_bind_int64(st, 3, c->delta[state]);
			enum err err = sq_run(s, op, st);
			if (err)
				return err;
		}
		sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_TOUCH);
		sqlite3_bind_int64(st, 1, (sqlite3_int64)c->batch);
		enum err err = sq_run(s, op, st);
		if (err)
			return err;
	}
	t->count = 0;
	return OK;
}

enum err sq_tally_move(struct sq *s, struct store_op *op, struct sq_tally *t, batch_id_t batch, int from,
                       int to)
{
	size_t i = 0;
	if (from == to)
		return OK;
	while (i < t->count && t->batches[i].batch != batch)
		i++;
	if (i == SQ_COUNTS_MAX) {
		enum err err = sq_tally_write(s, op, t);
		if (err)
			return err;
		i = 0;
	}
	if (i == t->count) {
		t->batches[i] = (struct sq_counts){.batch = batch};
		t->count++;
	}
	if (from >= 0)
		t->batches[i].delta[from]--;
	if (to >= 0)
		t->batches[i].delta[to]++;
	return OK;
}

/* ---- batches ---------------------------------------------------------------------------------------------------------- */

static enum err run_for_batch(struct sq *s, struct store_op *op, enum sq_stmt which, batch_id_t batch)
{
	sqlite3_stmt *st = sq_stmt(s, which);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	return sq_run(s, op, st);
}

/* ERR_EXISTS, ERR_BUSY: the batch that has the key. A key that is too old is taken off its batch. */
static enum err look_for_key(struct sq *s, struct store_batch_begin *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_BY_KEY);
	sqlite3_bind_int64(st, 1, o->partner);
	sq_bind_str(st, 2, o->idempotency_key);
	bool found = sq_row(s, &o->op, st, &err);
	bool published = found && sqlite3_column_type(st, 1) != SQLITE_NULL;
	bool old = published && o->now - sqlite3_column_int64(st, 1) >= STORE_KEY_KEPT_MS;
	struct str hash = found ? sq_col_str(st, 2) : STR_NONE;
	if (found)
		o->batch = (batch_id_t)sqlite3_column_int64(st, 0);
	if (hash.len == sizeof o->payload_hash)
		memcpy(o->payload_hash, hash.ptr, sizeof o->payload_hash);
	sq_done(st);
	if (err || !found)
		return err;
	if (!old)
		return published ? ERR_EXISTS : ERR_BUSY;
	return run_for_batch(s, &o->op, SQ_BATCH_FORGET_KEY, o->batch);
}

enum err sq_batch_begin(struct sq *s, struct store_batch_begin *o)
{
	enum err err = o->idempotency_key.len ? look_for_key(s, o) : OK;
	if (!err)
		err = sq_room_begin(s, o);
	if (err)
		return err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_ADD);
	sqlite3_bind_int64(st, 1, o->partner);
	if (o->idempotency_key.len)
		sq_bind_str(st, 2, o->idempotency_key);
	sqlite3_bind_int64(st, 3, o->now);
	sqlite3_bind_int64(st, 4, o->trace);
	err = sq_run(s, &o->op, st);
	o->batch = (batch_id_t)sqlite3_last_insert_rowid(s->db);
	return err;
}

static enum err require_open(struct sq *s, struct store_op *op, batch_id_t batch)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_IS_OPEN);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	bool open = sq_row(s, op, st, &err) && sqlite3_column_int(st, 0);
	sq_done(st);
	if (!err && !open)
		err = err_set(&op->errmsg, ERR_NOT_FOUND, "no such batch is being received");
	return err;
}

/* A line whose ref is known. True: it is not a new item. */
static bool repeated(struct sq *s, struct store_batch_chunk *o, struct store_line *l, enum err *err)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_BY_REF);
	sqlite3_bind_int64(st, 1, o->partner);
	sq_bind_str(st, 2, l->request->ref);
	bool found = sq_row(s, &o->op, st, err);
	if (found) {
		bool same = str_eq(sq_col_str(st, 1), l->payload);
		l->item = (item_id_t)sqlite3_column_int64(st, 0);
		l->state = (enum item_state)sqlite3_column_int(st, 2);
		snprintf(l->reason, sizeof l->reason, "%s", (const char *)sqlite3_column_text(st, 3));
		bool open = sqlite3_column_int(st, 4),
		     own = (batch_id_t)sqlite3_column_int64(st, 5) == o->batch;
		l->outcome = !same  ? STORE_LINE_CONFLICT
		             : own  ? STORE_LINE_TWICE
		             : open ? STORE_LINE_BUSY
		                    : STORE_LINE_SAME;
	}
	sq_done(st);
	return found;
}

static enum err add_repeat(struct sq *s, struct store_batch_chunk *o, const struct store_line *l)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_LINE_ADD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int64(st, 2, l->line);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)l->item);
	return sq_run(s, &o->op, st);
}

#define QUOTA_HELD_MAX 1024 /* QUOTA_MATCH_MAX names with their periods */

struct new_item {
	struct decide_outcome decision;
	struct decide_subject subject;
	bool unknown_name; /* a renewal of a name without history */
	int64_t common;
	instant_ms_t due;
	struct buf quota; /* that it takes */
};

static enum err insert_item(struct sq *s, struct store_batch_chunk *o, struct store_line *l,
                            const struct new_item *n, int64_t rules)
{
	const struct decide_outcome *d = &n->decision;
	struct str mark = decide_mark(&n->subject, d);
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_ADD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int64(st, 2, l->line);
	sqlite3_bind_int64(st, 3, o->partner);
	sqlite3_bind_int64(st, 4, l->account);
	sqlite3_bind_int(st, 5, l->lane);
	sqlite3_bind_int(st, 6, (int)l->request->op);
	sqlite3_bind_int(st, 7, (int)d->state);
	sqlite3_bind_int(st, 8, (int)d->fault);
	sq_bind_str(st, 9, l->request->ref);
	sq_bind_str(st, 10, l->request->domain);
	sq_bind_str(st, 11, str_c(l->contact_id));
	sq_bind_str(st, 12, str_c(d->reason));
	sq_bind_str(st, 13, str_c(d->needs));
	sq_bind_date(st, 14, d->decided_on);
	sqlite3_bind_int64(st, 15, rules);
	sqlite3_bind_int64(st, 16, n->common);
	sq_bind_str(st, 17, d->item);
	if (mark.len)
		sq_bind_blob(st, 18, mark);
	sq_bind_date(st, 19, d->free_from);
	sq_bind_date(st, 20, d->free_until);
	sq_bind_blob(st, 21, l->payload);
	sq_bind_instant(st, 22, n->due);
	sqlite3_bind_int(st, 23, d->charged_years > 0);
	sqlite3_bind_int64(st, 25, d->fee_vnd);
	sq_bind_blob(st, 26, d->record);
	if (buf_len(&n->quota))
		sq_bind_str(st, 24, buf_str(&n->quota));
	enum err err = sq_run(s, &o->op, st);
	l->item = (item_id_t)sqlite3_last_insert_rowid(s->db);
	return err;
}

static enum err reserve(struct sq *s, struct store_batch_chunk *o, const struct store_line *l,
                        const struct new_item *n)
{
	if (!n->decision.takes_grant)
		return OK;
	return sq_grant_reserve(s, &o->op, decide_mark(&n->subject, &n->decision), l->item);
}

/* What waits is found by its time, and by its subject. */
static enum err wait_for_somebody(struct sq *s, struct store_batch_chunk *o, const struct store_line *l,
                                  const struct new_item *n)
{
	uint8_t key[DECIDE_KEY_LEN];
	enum item_state state = n->decision.state;
	if (state != ITEM_WAITING && state != ITEM_REVIEW)
		return OK;
	bool listed = decide_list_subject(o->decider, l->request, key);
	return sq_held_put(s, &o->op, l->item, state, o->now, listed ? key : NULL,
	                   n->unknown_name && state == ITEM_REVIEW);
}

static enum err take_quota(struct sq *s, struct store_batch_chunk *o, const struct store_line *l,
                           struct new_item *n)
{
	bool full;
	enum err err = sq_quota_take(s, o, &o->op, l->request, &n->decision, &n->quota, &full);
	if (!err && full)
		decide_beyond_quota(&n->decision);
	return err;
}

static enum err decided(struct sq *s, struct store_batch_chunk *o, struct store_line *l, struct new_item *n,
                        int64_t rules)
{
	enum err err = take_quota(s, o, l, n);
	n->due = lane_due(l->request, n->decision.eligible_until);
	if (!err)
		err = sq_text_id(s, &o->op, n->decision.common, &n->common);
	if (!err)
		err = insert_item(s, o, l, n, rules);
	if (!err)
		err = wait_for_somebody(s, o, l, n);
	return err ? err : reserve(s, o, l, n);
}

/* `rules`: the revision's text. */
static enum err add_item(struct sq *s, struct store_batch_chunk *o, struct store_line *l, int64_t rules)
{
	struct decide_ledger ledger;
	struct new_item n;
	enum err err = sq_ledger(s, &o->op, o->decider, l->request, o->partner, 0, &ledger, &n.subject);
	if (err)
		return err;
	buf_init(&n.quota, QUOTA_HELD_MAX);
	n.unknown_name = l->request->op == ITEM_RENEW && !ledger.name_known;
	decide_item(o->decider, l->request, &ledger, DECIDE_ADMISSION, o->now, &s->scratch, &n.decision);
	err = decided(s, o, l, &n, rules);
	buf_fini(&n.quota);
	l->outcome = STORE_LINE_NEW;
	l->state = n.decision.state;
	memcpy(l->reason, n.decision.reason, sizeof l->reason);
	return err;
}

static enum err read_request(struct sq *s, struct store_op *op, struct store_line *l)
{
	if (l->request)
		return OK;
	l->request = &s->request;
	return item_decode(l->payload, &s->request)
	           ? err_set(&op->errmsg, ERR_CORRUPT, "line %u is no request", l->line)
	           : OK;
}

/* A line of the batch: *items or *repeats is one more, or it is neither. */
static enum err take_line(struct sq *s, struct store_batch_chunk *o, struct store_line *l, int64_t rules,
                          struct sq_tally *tally, int64_t *items, int64_t *repeats)
{
	enum err err;
	if (!repeated(s, o, l, &err)) {
		if (!err)
			err = add_item(s, o, l, rules);
		++*items;
		return err ? err : sq_tally_move(s, &o->op, tally, o->batch, -1, (int)l->state);
	}
	if (err || l->outcome != STORE_LINE_SAME)
		return err;
	++*repeats;
	return add_repeat(s, o, l);
}

enum err sq_batch_chunk(struct sq *s, struct store_batch_chunk *o)
{
	struct sq_tally tally = {.count = 0};
	int64_t items = 0, repeats = 0, rules;
	REQUIRE(o->count <= STORE_CHUNK_MAX);
	enum err err = require_open(s, &o->op, o->batch);
	if (!err)
		err = sq_text_id(s, &o->op, str_c(decider_revision(o->decider)), &rules);
	for (size_t i = 0; i < o->count && !err; i++) {
		struct store_line *l = &o->lines[i];
		err = read_request(s, &o->op, l);
		if (!err)
			err = take_line(s, o, l, rules, &tally, &items, &repeats);
		if (l->request == &s->request)
			l->request = NULL;
	}
	if (err)
		return err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_GROW);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int64(st, 2, items + repeats);
	sqlite3_bind_int64(st, 3, items);
	sqlite3_bind_int64(st, 4, repeats);
	err = sq_run(s, &o->op, st);
	return err ? err : sq_tally_write(s, &o->op, &tally);
}

enum err sq_batch_publish(struct sq *s, struct store_batch_publish *o)
{
	enum err err = require_open(s, &o->op, o->batch);
	if (!err)
		err = sq_room_publish(s, o);
	if (err)
		return err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_PUBLISH);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int64(st, 2, o->now);
	sq_bind_blob(st, 3, str_make((const char *)o->payload_hash, sizeof o->payload_hash));
	err = sq_run(s, &o->op, st);
	if (!err)
		err = run_for_batch(s, &o->op, SQ_PUBLICATION_ADD, o->batch);
	if (err)
		return err;
	st = sq_stmt(s, SQ_BATCH_WORK);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->batch);
	sqlite3_bind_int(st, 2, ITEM_QUEUED);
	return sq_run(s, &o->op, st);
}

enum err sq_batch_remove(struct sq *s, struct store_op *op, batch_id_t batch)
{
	static const enum sq_stmt steps[] = {SQ_BATCH_DEL_HELD, SQ_BATCH_DEL_ITEMS, SQ_BATCH_DEL_LINES,
	                                     SQ_BATCH_DEL_COUNTS, SQ_BATCH_DEL};
	enum err err = sq_quota_release_batch(s, op, batch);
	if (!err)
		err = sq_grants_drop(s, op, batch);
	for (size_t i = 0; i < ARRAY_LEN(steps) && !err; i++)
		err = run_for_batch(s, op, steps[i], batch);
	return err;
}

enum err sq_batch_abort(struct sq *s, struct store_batch_abort *o)
{
	enum err err = require_open(s, &o->op, o->batch);
	return err ? err : sq_batch_remove(s, &o->op, o->batch);
}
