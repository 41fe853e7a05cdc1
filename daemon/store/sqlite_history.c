/* Figures over time: plots, what waits in the queues, and how many names were registered where. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

#include <string.h>

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS history(step INTEGER, series INTEGER, at INTEGER, n INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, high INTEGER NOT NULL, PRIMARY KEY(step, series, at)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS progress(day INTEGER, zone TEXT, province TEXT, names INTEGER NOT NULL,"
    " granted INTEGER NOT NULL, PRIMARY KEY(day, zone, province)) WITHOUT ROWID;";

enum err sq_history_schema(struct sq *s, struct errmsg *e)
{
	if (sqlite3_exec(s->db, tables, NULL, NULL, NULL) == SQLITE_OK)
		return OK;
	return err_wrap(e, sq_fail_open(s, e), "the tables cannot be made");
}

/* Makes room for one more of an array in the arena that grows by doubling. */
static void *grow(struct arena *a, void *list, size_t count, size_t size)
{
	if (count & (count - 1) || (count && count < 16))
		return list;
	void *more = arena_alloc(a, (count ? 2 * count : 16) * size);
	if (count)
		memcpy(more, list, count * size);
	return more;
}

/* ---- queues -------------------------------------------------------------------------------------------------------- */

static struct store_depth *depth_of(struct store_get_depths *o, const struct store_queue_key *key)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct store_queue_key *k = &o->depths[i].queue;
		if (k->account == key->account && k->partner == key->partner && k->lane == key->lane)
			return &o->depths[i];
	}
	o->depths = grow(o->arena, o->depths, o->count, sizeof *o->depths);
	o->depths[o->count] = (struct store_depth){.queue = *key, .oldest = INSTANT_NONE};
	return &o->depths[o->count++];
}

static enum err add_depths(struct sq *s, struct store_get_depths *o, enum sq_stmt which)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, which);
	while (sq_row(s, &o->op, st, &err)) {
		struct store_queue_key key = {.account = (uint32_t)sqlite3_column_int64(st, 0),
		                              .partner = (uint32_t)sqlite3_column_int64(st, 1),
		                              .lane = (uint8_t)sqlite3_column_int(st, 2)};
		struct store_depth *d = depth_of(o, &key);
		instant_ms_t oldest = sqlite3_column_int64(st, 4);
		d->items += (uint64_t)sqlite3_column_int64(st, 3);
		if (d->oldest == INSTANT_NONE || oldest < d->oldest)
			d->oldest = oldest;
	}
	sq_done(st);
	return err;
}

static enum err read_states(struct sq *s, struct store_get_depths *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_COUNTS_ALL);
	memset(o->items, 0, sizeof o->items);
	while (sq_row(s, &o->op, st, &err)) {
		int state = sqlite3_column_int(st, 0);
		if (CHECK(state >= 0 && state < ITEM_STATE__COUNT))
			o->items[state] = (uint64_t)sqlite3_column_int64(st, 1);
	}
	sq_done(st);
	return err;
}

static enum err read_partners(struct sq *s, struct store_get_depths *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PARTNER_DEPTHS);
	o->partners = NULL;
	o->partner_count = 0;
	sqlite3_bind_int(st, 1, ITEM_QUEUED);
	while (sq_row(s, &o->op, st, &err)) {
		o->partners = grow(o->arena, o->partners, o->partner_count, sizeof *o->partners);
		o->partners[o->partner_count++] =
		    (struct store_partner_depth){.partner = (uint32_t)sqlite3_column_int64(st, 0),
		                                 .items = (uint64_t)sqlite3_column_int64(st, 1)};
	}
	sq_done(st);
	return err;
}

enum err sq_get_depths(struct sq *s, struct store_get_depths *o)
{
	o->depths = NULL;
	o->count = 0;
	enum err err = read_states(s, o);
	if (!err)
		err = add_depths(s, o, SQ_WORK_DEPTHS);
	if (!err)
		err = add_depths(s, o, SQ_READY_DEPTHS);
	return err ? err : read_partners(s, o);
}

/* ---- history ------------------------------------------------------------------------------------------------------- */

static enum err add_point(struct sq *s, struct store_op *op, uint32_t step_s, size_t series, instant_ms_t at,
                          int64_t value)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_HISTORY_ADD);
	sqlite3_bind_int64(st, 1, step_s);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)series);
	sqlite3_bind_int64(st, 3, at);
	sqlite3_bind_int64(st, 4, value);
	return sq_run(s, op, st);
}

static enum err trim(struct sq *s, struct store_op *op, const struct store_history_step *step, size_t series,
                     instant_ms_t at)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_HISTORY_TRIM);
	sqlite3_bind_int64(st, 1, step->step_s);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)series);
	sqlite3_bind_int64(st, 3, at - (instant_ms_t)step->keep_s * 1000);
	return sq_run(s, op, st);
}

enum err sq_history_add(struct sq *s, struct store_history_add *o)
{
	enum err err = OK;
	for (size_t k = 0; k < STORE_HISTORY_STEPS; k++) {
		const struct store_history_step *step = &store_history_steps[k];
		instant_ms_t ms = (instant_ms_t)step->step_s * 1000, at = o->at - o->at % ms;
		for (size_t i = 0; i < o->count && !err; i++) {
			if (o->values[i] == INT64_MIN)
				continue;
			err = add_point(s, &o->op, step->step_s, i, at, o->values[i]);
			if (!err)
				err = trim(s, &o->op, step, i, at);
		}
	}
	return err;
}

enum err sq_get_history(struct sq *s, struct store_get_history *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_HISTORY_GET);
	o->points = NULL;
	o->count = 0;
	sqlite3_bind_int64(st, 1, o->step_s);
	sqlite3_bind_int64(st, 2, o->from);
	while (sq_row(s, &o->op, st, &err)) {
		o->points = grow(o->arena, o->points, o->count, sizeof *o->points);
		o->points[o->count++] = (struct store_point){.series = (uint32_t)sqlite3_column_int64(st, 0),
		                                             .at = sqlite3_column_int64(st, 1),
		                                             .count = sqlite3_column_int64(st, 2),
		                                             .sum = sqlite3_column_int64(st, 3),
		                                             .high = sqlite3_column_int64(st, 4)};
	}
	sq_done(st);
	return err;
}

/* ---- progress ------------------------------------------------------------------------------------------------------ */

/* The text behind `key` up to the next quote. */
static struct str text_after(struct str decision, struct str key)
{
	const char *at = decision.len ? memmem(decision.ptr, decision.len, key.ptr, key.len) : NULL;
	if (!at)
		return STR_NONE;
	at += key.len;
	struct str rest = str_make(at, (size_t)(decision.ptr + decision.len - at));
	return str_split(&rest, '"');
}

/* The decision's text is our own (policy_print_common): its attribution names the province of registration and the list
 * that the code is from. */
static struct str province_of(struct sq *s, struct str decision)
{
	struct str code = text_after(decision, STR("\"province\":\""));
	struct str list = text_after(decision, STR("\"province_list\":\""));
	return code.len ? arena_printf(&s->arena, "%.*s@%.*s", STR_ARG(code), STR_ARG(list)) : STR_NONE;
}

static struct str zone_of(struct str domain)
{
	struct str rest = domain;
	(void)str_split(&rest, '.');
	return rest;
}

static enum err add_name(struct sq *s, struct store_op *op, date_t day, struct str zone, struct str province,
                         bool granted)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_ADD);
	sqlite3_bind_int(st, 1, day);
	sq_bind_str(st, 2, zone);
	sq_bind_str(st, 3, province);
	sqlite3_bind_int(st, 4, granted);
	return sq_run(s, op, st);
}

static enum err count_item(struct sq *s, struct store_op *op, sqlite3_int64 item, date_t day)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_ITEM);
	sqlite3_bind_int64(st, 1, item);
	if (sq_row(s, op, st, &err) && sqlite3_column_int(st, 0) == ITEM_CREATE)
		err = add_name(s, op, day, zone_of(sq_col_str(st, 1)), province_of(s, sq_col_str(st, 2)),
		               sqlite3_column_type(st, 3) != SQLITE_NULL);
	sq_done(st);
	return err;
}

static enum err progress_seq(struct sq *s, struct store_op *op, sqlite3_int64 *seq)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_SEQ);
	*seq = sq_row(s, op, st, &err) ? sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

static enum err set_progress_seq(struct sq *s, struct store_op *op, sqlite3_int64 seq)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_SEQ_SET);
	sqlite3_bind_int64(st, 1, seq);
	return sq_run(s, op, st);
}

enum err sq_progress(struct sq *s, struct store_progress *o)
{
	sqlite3_int64 seq;
	size_t seen = 0;
	enum err err = progress_seq(s, &o->op, &seq), done;
	if (err)
		return err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_NEXT);
	sqlite3_bind_int64(st, 1, seq);
	sqlite3_bind_int64(st, 2, STORE_PROGRESS_MAX);
	while (!err && sq_row(s, &o->op, st, &err)) {
		struct item_result r;
		seen++;
		seq = sqlite3_column_int64(st, 0);
		if (sqlite3_column_int(st, 2) == ITEM_DONE && item_result_decode(sq_col_str(st, 3), &r) == OK)
			err = count_item(s, &o->op, sqlite3_column_int64(st, 1),
			                 date_of_instant(r.at, HANOI_OFFSET_S));
	}
	sq_done(st);
	o->more = seen == STORE_PROGRESS_MAX;
	done = err || seen == 0 ? OK : set_progress_seq(s, &o->op, seq);
	return err ? err : done;
}

enum err sq_get_progress(struct sq *s, struct store_get_progress *o)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_PROGRESS_GET);
	o->rows = NULL;
	o->count = 0;
	sqlite3_bind_int(st, 1, o->from);
	sqlite3_bind_int(st, 2, o->to);
	while (sq_row(s, &o->op, st, &err)) {
		o->rows = grow(o->arena, o->rows, o->count, sizeof *o->rows);
		o->rows[o->count++] =
		    (struct store_progress_row){.zone = sq_col_copy(st, 0, o->arena),
		                                .province = sq_col_copy(st, 1, o->arena),
		                                .names = (uint64_t)sqlite3_column_int64(st, 2),
		                                .granted = (uint64_t)sqlite3_column_int64(st, 3)};
	}
	sq_done(st);
	return err;
}
