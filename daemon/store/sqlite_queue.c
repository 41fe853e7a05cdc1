/* The queue: where an item waits, what has work, what becomes urgent, what was parked. */
#include "daemon/job/lane.h"
#include "daemon/store/sqlite_int.h"

#include <string.h>

/* ---- where an item waits ----------------------------------------------------------------------------------------------- */

enum err sq_ready_add(struct sq *s, struct store_op *op, const struct store_queue_key *key, instant_ms_t due,
                      instant_ms_t not_before, item_id_t item)
{
	bool by_deadline = key->lane == LANE_URGENT && due != INSTANT_NONE && not_before != STORE_PARKED;
	sqlite3_stmt *st = sq_stmt(s, SQ_READY_ADD);
	sqlite3_bind_int64(st, 1, key->account);
	sqlite3_bind_int64(st, 2, key->partner);
	sqlite3_bind_int(st, 3, key->lane);
	sqlite3_bind_int64(st, 4, not_before);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)item);
	sqlite3_bind_int64(st, 6, by_deadline ? due : STORE_PARKED);
	return sq_run(s, op, st);
}

enum err sq_in_queue(struct sq *s, struct store_op *op, const struct store_queue_key *key, batch_id_t batch,
                     item_id_t item, bool has_result, bool *in, instant_ms_t *not_before)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, has_result ? SQ_READY_HAS : SQ_WORK_COVERS);
	if (has_result) {
		sqlite3_bind_int64(st, 1, (sqlite3_int64)item);
	} else {
		sqlite3_bind_int64(st, 1, key->account);
		sqlite3_bind_int64(st, 2, key->partner);
		sqlite3_bind_int(st, 3, key->lane);
		sqlite3_bind_int64(st, 4, (sqlite3_int64)batch);
		sqlite3_bind_int64(st, 5, (sqlite3_int64)item);
	}
	*in = sq_row(s, op, st, &err);
	if (*in && has_result && sqlite3_column_int64(st, 0) != STORE_PARKED)
		*not_before = sqlite3_column_int64(st, 0);
	sq_done(st);
	return err;
}

/* ---- queues --------------------------------------------------------------------------------------------------------- */

#define QUEUES_MAX 4096 /* accounts x partners x lanes: far above any installation */

enum err sq_queues(struct sq *s, struct store_queues *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_QUEUES);
	size_t cap = 64;
	o->keys = arena_alloc(o->arena, cap * sizeof *o->keys);
	o->count = 0;
	sqlite3_bind_int64(st, 1, o->now);
	while (o->count < QUEUES_MAX && sq_row(s, &o->op, st, &err)) {
		if (o->count == cap) {
			struct store_queue_key *more = arena_alloc(o->arena, 2 * cap * sizeof *more);
			memcpy(more, o->keys, cap * sizeof *more);
			o->keys = more;
			cap *= 2;
		}
		o->keys[o->count++] = (struct store_queue_key){(uint32_t)sqlite3_column_int64(st, 0),
		                                               (uint32_t)sqlite3_column_int64(st, 1),
		                                               (uint8_t)sqlite3_column_int(st, 2)};
	}
	sq_done(st);
	if (err)
		return err;
	st = sq_stmt(s, SQ_READY_NEXT);
	sqlite3_bind_int64(st, 1, o->now);
	o->next_ready = sq_row(s, &o->op, st, &err) ? sq_col_instant(st, 0) : INSTANT_NONE;
	sq_done(st);
	if (err)
		return err;
	st = sq_stmt(s, SQ_WORK_NEXT_DUE);
	sqlite3_bind_int(st, 1, LANE_URGENT);
	o->next_urgent = sq_row(s, &o->op, st, &err) ? sq_col_instant(st, 0) : INSTANT_NONE;
	sq_done(st);
	if (o->next_urgent != INSTANT_NONE)
		o->next_urgent -= LANE_URGENT_MS;
	return err;
}

/* ---- what has become urgent ------------------------------------------------------------------------------------------ */

/* A row of `work` that is urgent. */
struct range {
	struct store_queue_key key;
	batch_id_t batch;
	item_id_t next, end;
	instant_ms_t due;
};

static enum err find_urgent(struct sq *s, struct store_expedite *o, struct range *r, bool *found)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_WORK_URGENT);
	sqlite3_bind_int64(st, 1, o->now + LANE_URGENT_MS);
	sqlite3_bind_int(st, 2, LANE_URGENT);
	*found = sq_row(s, &o->op, st, &err);
	if (*found)
		*r = (struct range){{(uint32_t)sqlite3_column_int64(st, 0),
		                     (uint32_t)sqlite3_column_int64(st, 1),
		                     (uint8_t)sqlite3_column_int(st, 2)},
		                    (batch_id_t)sqlite3_column_int64(st, 3),
		                    (item_id_t)sqlite3_column_int64(st, 4),
		                    (item_id_t)sqlite3_column_int64(st, 5),
		                    sqlite3_column_int64(st, 6)};
	sq_done(st);
	return err;
}

enum err sq_work_taken(struct sq *s, struct store_op *op, const struct store_queue_key *key, instant_ms_t due,
                       batch_id_t batch, item_id_t next, item_id_t end, uint32_t taken)
{
	bool rest = next <= end;
	sqlite3_stmt *st = sq_stmt(s, rest ? SQ_WORK_SET : SQ_WORK_DEL);
	sqlite3_bind_int64(st, 1, key->account);
	sqlite3_bind_int64(st, 2, key->partner);
	sqlite3_bind_int(st, 3, key->lane);
	sqlite3_bind_int64(st, 4, due);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)batch);
	if (rest) {
		sqlite3_bind_int64(st, 6, (sqlite3_int64)next);
		sqlite3_bind_int64(st, 7, taken);
	}
	return sq_run(s, op, st);
}

static enum err expedite_range(struct sq *s, struct store_expedite *o, const struct range *r)
{
	struct store_queue_key key = {r->key.account, r->key.partner, LANE_URGENT};
	uint32_t room = o->limit - o->moved, n = 0;
	item_id_t *found = arena_alloc(&s->arena, (room + 1) * sizeof *found);
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEMS_URGENT);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)r->batch);
	sqlite3_bind_int64(st, 2, r->key.account);
	sqlite3_bind_int(st, 3, r->key.lane);
	sqlite3_bind_int64(st, 4, r->due);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)r->next);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)r->end);
	sqlite3_bind_int(st, 7, ITEM_QUEUED);
	sqlite3_bind_int64(st, 8, room);
	while (sq_row(s, &o->op, st, &err))
		found[n++] = (item_id_t)sqlite3_column_int64(st, 0);
	sq_done(st);
	for (uint32_t i = 0; i < n && !err; i++)
		err = sq_ready_add(s, &o->op, &key, r->due, r->due - LANE_URGENT_MS, found[i]);
	o->moved += n;
	item_id_t next = n == room && n > 0 ? found[n - 1] + 1 : r->end + 1;
	return err ? err : sq_work_taken(s, &o->op, &r->key, r->due, r->batch, next, r->end, n);
}

enum err sq_expedite(struct sq *s, struct store_expedite *o)
{
	struct range r;
	bool found = true;
	enum err err = OK;
	o->moved = 0;
	while (!err && found && o->moved < o->limit) {
		err = find_urgent(s, o, &r, &found);
		if (!err && found)
			err = expedite_range(s, o, &r);
	}
	o->more = found;
	return err;
}

/* ---- what was parked --------------------------------------------------------------------------------------------------- */

static enum err unpark_one(struct sq *s, struct store_unpark *o, item_id_t id)
{
	struct sq_item i;
	sqlite3_stmt *st = sq_stmt(s, SQ_READY_DEL);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	enum err err = sq_run(s, &o->op, st);
	if (!err)
		err = sq_item_load(s, &o->op, id, &i);
	if (err)
		return err;
	struct store_queue_key key = {i.account, i.partner, lane_now(i.lane, i.due, o->now)};
	o->moved++;
	return sq_ready_add(s, &o->op, &key, i.due, o->now, id);
}

enum err sq_unpark(struct sq *s, struct store_unpark *o)
{
	item_id_t *found = arena_alloc(&s->arena, (o->limit + 1) * sizeof *found);
	uint32_t n = 0;
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PARKED_GET);
	sqlite3_bind_int64(st, 1, o->account);
	sqlite3_bind_int64(st, 2, o->limit);
	while (sq_row(s, &o->op, st, &err))
		found[n++] = (item_id_t)sqlite3_column_int64(st, 0);
	sq_done(st);
	o->moved = 0;
	for (uint32_t i = 0; i < n && !err; i++)
		err = unpark_one(s, o, found[i]);
	o->more = n == o->limit;
	return err;
}
