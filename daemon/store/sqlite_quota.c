/* What is used of quotas: partners' lines per day, the programme's names per period. */
#include "daemon/store/sqlite_int.h"

#include <stdio.h>
#include <string.h>

#define SCOPE_MAX  80
#define HELD_DAYS  40  /* so long a partner's days are kept, for people */
#define HELD_FIELD ';' /* between the quotas that an item holds; '@' before the period's first day */

enum err sq_quota_used(struct sq *s, struct store_op *op, struct str scope, date_t day, uint64_t *n)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_USED_GET);
	sq_bind_str(st, 1, scope);
	sqlite3_bind_int(st, 2, day);
	*n = sq_row(s, op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

static enum err use(struct sq *s, struct store_op *op, struct str scope, date_t day, int64_t n)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_USED_ADD);
	sq_bind_str(st, 1, scope);
	sqlite3_bind_int(st, 2, day);
	sqlite3_bind_int64(st, 3, n);
	return sq_run(s, op, st);
}

/* ---- a partner's room -------------------------------------------------------------------------------------------------- */

static struct str lines_scope(char room[SCOPE_MAX], uint32_t partner)
{
	(void)snprintf(room, SCOPE_MAX, "lines/%u", partner);
	return str_c(room);
}

/* PARTNER_QUEUED or BATCH_QUEUED, of this partner or batch. */
static enum err count_queued(struct sq *s, struct store_op *op, enum sq_stmt which, uint64_t whose,
                             uint64_t *out)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, which);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)whose);
	sqlite3_bind_int(st, 2, ITEM_QUEUED);
	*out = sq_row(s, op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

enum err sq_queued_of(struct sq *s, struct store_op *op, uint32_t partner, uint64_t *n)
{
	return count_queued(s, op, SQ_PARTNER_QUEUED, partner, n);
}

/* Whether `more` (at least one) fit beside what is there. */
static bool is_full(const struct limit *l, uint64_t there, uint64_t more)
{
	return l->max && there + (more ? more : 1) > l->max;
}

static enum err queue_room(struct sq *s, struct store_op *op, struct store_room *r, uint32_t partner,
                           batch_id_t batch)
{
	if (!r->queued.max)
		return OK;
	enum err err = count_queued(s, op, SQ_PARTNER_QUEUED, partner, &r->waiting);
	if (!err && batch)
		err = count_queued(s, op, SQ_BATCH_QUEUED, batch, &r->adding);
	r->queue_full = !err && (!batch || r->adding) && is_full(&r->queued, r->waiting, r->adding);
	return err;
}

static enum err day_room(struct sq *s, struct store_op *op, struct store_room *r, uint32_t partner,
                         bool begins, instant_ms_t now)
{
	char scope[SCOPE_MAX];
	if (!r->per_day.max)
		return OK;
	enum err err = sq_quota_used(s, op, lines_scope(scope, partner), date_of_instant(now, HANOI_OFFSET_S),
	                             &r->today);
	r->day_full = !err && (begins || r->adding) && is_full(&r->per_day, r->today, r->adding);
	if (!err && r->day_full && !r->per_day.shadow)
		err = err_set(&op->errmsg, ERR_FULL, "this partner's lines of the day are used up");
	return err;
}

static enum err owner_of(struct sq *s, struct store_op *op, batch_id_t batch, uint32_t *partner,
                         uint64_t *items)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_OWNER);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	if (sq_row(s, op, st, &err)) {
		*partner = (uint32_t)sqlite3_column_int64(st, 0);
		*items = (uint64_t)sqlite3_column_int64(st, 1);
	}
	sq_done(st);
	return err;
}

static enum err full_queue(struct sq *s, struct store_op *op, struct store_room *r, uint32_t partner,
                           batch_id_t batch)
{
	enum err err = queue_room(s, op, r, partner, batch);
	if (!err && r->queue_full && !r->queued.shadow)
		err = err_set(&op->errmsg, ERR_FULL, "more lines of this partner would wait than may");
	return err;
}

enum err sq_room_begin(struct sq *s, struct store_batch_begin *o)
{
	struct store_room *r = &o->room;
	*r = (struct store_room){r->queued, r->per_day, 0, 0, 0, false, false};
	enum err err = full_queue(s, &o->op, r, o->partner, 0);
	return err ? err : day_room(s, &o->op, r, o->partner, true, o->now);
}

static enum err count_lines(struct sq *s, struct store_op *op, uint32_t partner, uint64_t lines,
                            instant_ms_t now)
{
	char scope[SCOPE_MAX];
	date_t today = date_of_instant(now, HANOI_OFFSET_S);
	if (lines == 0)
		return OK;
	sqlite3_stmt *st = sq_stmt(s, SQ_USED_TRIM);
	sqlite3_bind_int(st, 1, today - HELD_DAYS);
	enum err err = sq_run(s, op, st);
	return err ? err : use(s, op, lines_scope(scope, partner), today, (int64_t)lines);
}

enum err sq_room_publish(struct sq *s, struct store_batch_publish *o)
{
	struct store_room *r = &o->room;
	uint32_t partner = 0;
	uint64_t items = 0;
	*r = (struct store_room){r->queued, r->per_day, 0, 0, 0, false, false};
	enum err err = owner_of(s, &o->op, o->batch, &partner, &items);
	if (!err)
		err = full_queue(s, &o->op, r, partner, o->batch);
	if (err)
		return err;
	r->adding = items;
	err = day_room(s, &o->op, r, partner, false, o->now);
	return err ? err : count_lines(s, &o->op, partner, items, o->now);
}

/* ---- the programme's ---------------------------------------------------------------------------------------------------- */

static enum err take_each(struct sq *s, struct store_op *op, const struct quota *const *list, size_t n,
                          date_t today, struct buf *held)
{
	enum err err = OK;
	for (size_t i = 0; i < n && !err; i++) {
		date_t begin = quota_begin(list[i]->period, today);
		err = use(s, op, str_c(list[i]->name), begin, 1);
		buf_printf(held, "%s%s@%d", i ? ";" : "", list[i]->name, begin);
	}
	return err;
}

enum err sq_quota_take(struct sq *s, const struct store_batch_chunk *o, struct store_op *op,
                       const struct item_request *r, const struct decide_outcome *d, struct buf *held,
                       bool *full)
{
	const struct quota *list[QUOTA_MATCH_MAX];
	date_t today = date_of_instant(o->now, HANOI_OFFSET_S);
	*full = false;
	if (o->quota_count == 0 || r->op != ITEM_CREATE || d->state == ITEM_REFUSED)
		return OK;
	size_t n =
	    quota_matches(o->quotas, o->quota_count, d->zone, str_c(d->province), d->free_years > 0, list);
	for (size_t i = 0; i < n; i++) {
		uint64_t used;
		enum err err =
		    sq_quota_used(s, op, str_c(list[i]->name), quota_begin(list[i]->period, today), &used);
		if (err)
			return err;
		*full |= !list[i]->limit.shadow && used >= list[i]->limit.max;
	}
	return *full ? OK : take_each(s, op, list, n, today, held);
}

static enum err release(struct sq *s, struct store_op *op, struct str held)
{
	enum err err = OK;
	while (held.len && !err) {
		struct str day = str_split(&held, HELD_FIELD);
		struct str scope = str_split(&day, '@');
		int64_t begin;
		if (str_to_i64(day, &begin))
			err = use(s, op, scope, (date_t)begin, -1);
	}
	return err;
}

enum err sq_quota_release(struct sq *s, struct store_op *op, const struct sq_item *i)
{
	enum err err;
	if (!i->has_quota)
		return OK;
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_QUOTA);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)i->id);
	struct str held = sq_row(s, op, st, &err) ? sq_col_copy(st, 0, &s->arena) : STR_NONE;
	sq_done(st);
	if (!err)
		err = release(s, op, held);
	if (err)
		return err;
	st = sq_stmt(s, SQ_ITEM_QUOTA_DROP);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)i->id);
	return sq_run(s, op, st);
}

enum err sq_quota_release_batch(struct sq *s, struct store_op *op, batch_id_t batch)
{
	enum err err = OK;
	sqlite3_stmt *st = sq_stmt(s, SQ_BATCH_QUOTAS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)batch);
	while (!err && sq_row(s, op, st, &err))
		err = release(s, op, sq_col_copy(st, 0, &s->arena));
	sq_done(st);
	return err;
}

/* ---- daily caps -------------------------------------------------------------------------------------------------------- */

enum err sq_lease(struct sq *s, struct store_lease *o)
{
	enum err err = sq_quota_used(s, &o->op, str_c(o->scope), o->day, &o->total);
	uint64_t left = o->total < o->max ? o->max - o->total : 0;
	o->granted = o->wanted < left ? o->wanted : left;
	if (err || !o->granted)
		return err;
	o->total += o->granted;
	return use(s, &o->op, str_c(o->scope), o->day, (int64_t)o->granted);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------- */

enum err sq_get_used(struct sq *s, struct store_get_used *o)
{
	enum err err;
	size_t cap = 64;
	sqlite3_stmt *st = sq_stmt(s, SQ_USED_ALL);
	o->list = arena_alloc(o->arena, cap * sizeof *o->list);
	o->count = 0;
	while (sq_row(s, &o->op, st, &err)) {
		if (o->count == cap) {
			struct store_used *more = arena_alloc(o->arena, 2 * cap * sizeof *more);
			memcpy(more, o->list, cap * sizeof *more);
			o->list = more;
			cap *= 2;
		}
		o->list[o->count++] =
		    (struct store_used){sq_col_copy(st, 0, o->arena), sqlite3_column_int(st, 1),
		                        (uint64_t)sqlite3_column_int64(st, 2)};
	}
	sq_done(st);
	return err;
}
