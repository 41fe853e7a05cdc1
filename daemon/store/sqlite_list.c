/* Lists: how they come, count, and go; and what waited for them. Those of names are looked into by sqlite_names.c. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_list.h"
#include "epp/base/check.h"

#include <string.h>

#define DROP_ROWS 5000 /* of a list that comes no more, by one operation */

/* ---- looking up ------------------------------------------------------------------------------------------------------------ */

/* Columns: list, line, on_date, type, issuer, date. */
static sqlite3_stmt *find(struct sq *s, const uint8_t *key)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_FIND);
	sq_bind_blob(st, 1, str_make((const char *)key, DECIDE_KEY_LEN));
	sqlite3_bind_int64(st, 2, (sqlite3_int64)s->list_preview);
	return st;
}

enum err sq_list_find(struct sq *s, struct store_op *op, const struct decider *d,
                      const struct item_request *r, struct decide_listed *out)
{
	uint8_t key[DECIDE_KEY_LEN];
	enum err err;
	*out = (struct decide_listed){.list = 0};
	if ((s->lists == 0 && !s->list_preview) || !decide_list_subject(d, r, key))
		return OK;
	sqlite3_stmt *st = find(s, key);
	if (sq_row(s, op, st, &err))
		*out = (struct decide_listed){.list = (uint64_t)sqlite3_column_int64(st, 0),
		                              .line = (uint32_t)sqlite3_column_int64(st, 1),
		                              .on = sq_col_date(st, 2),
		                              .type = sq_col_copy(st, 3, &s->arena),
		                              .issuer = sq_col_copy(st, 4, &s->arena),
		                              .date = sq_col_date(st, 5)};
	sq_done(st);
	return err;
}

enum err sq_lists_load(struct sq *s, struct store_op *op)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_LISTS_IN_FORCE);
	if (sq_row(s, op, st, &err)) {
		s->lists = (uint64_t)sqlite3_column_int64(st, 0);
		s->stale = (item_id_t)sqlite3_column_int64(st, 1);
		s->name_lists = (uint64_t)sqlite3_column_int64(st, 2);
	}
	sq_done(st);
	return err;
}

/* What was admitted until now is decided again before it is sent. */
static enum err mark_stale(struct sq *s, struct store_op *op)
{
	enum err err = sq_run(s, op, sq_stmt(s, SQ_LIST_STALE));
	return err ? err : sq_lists_load(s, op);
}

/* ---- coming ----------------------------------------------------------------------------------------------------------------- */

static enum err run_for(struct sq *s, struct store_op *op, enum sq_stmt which, int64_t number)
{
	sqlite3_stmt *st = sq_stmt(s, which);
	sqlite3_bind_int64(st, 1, number);
	return sq_run(s, op, st);
}

enum err sq_lists_forget(struct sq *s, struct store_op *op, instant_ms_t before)
{
	enum err err = run_for(s, op, SQ_LIST_LEFT_ROWS, before);
	return err ? err : run_for(s, op, SQ_LIST_LEFT, before);
}

enum err sq_list_begin(struct sq *s, struct store_list_begin *o)
{
	enum err err = sq_lists_forget(s, &o->op, o->now - STORE_LIST_LEFT_MS);
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_ADD);
	sqlite3_bind_int(st, 1, (int)o->kind);
	sq_bind_str(st, 2, o->type);
	sq_bind_str(st, 3, o->issuer);
	sq_bind_date(st, 4, o->date);
	sq_bind_str(st, 5, o->file);
	sq_bind_str(st, 6, o->by);
	sqlite3_bind_int64(st, 7, o->now);
	if (!err)
		err = sq_run(s, &o->op, st);
	o->list = (uint64_t)sqlite3_last_insert_rowid(s->db);
	return err;
}

static enum err require_state(struct sq *s, struct store_op *op, uint64_t list, enum store_list_state want,
                              enum store_list_kind *kind)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_STATE);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)list);
	bool found = sq_row(s, op, st, &err);
	int state = found ? sqlite3_column_int(st, 0) : -1;
	*kind = found ? (enum store_list_kind)sqlite3_column_int(st, 1) : STORE_LIST_ENTERPRISES;
	sq_done(st);
	if (err || state == (int)want)
		return err;
	return store_list_wrong(&op->errmsg, list, found, (enum store_list_state)state, want);
}

static enum err compare_name(struct sq *s, struct store_list_rows *o, enum store_list_kind kind,
                             const struct store_list_row *r)
{
	enum store_list_kind there;
	enum err err;
	bool known = sq_name_known(s, &o->op, r->key, &there, &err);
	*(!known ? &o->added : there == kind ? &o->repeated : &o->changed) += 1;
	return err;
}

static enum err compare(struct sq *s, struct store_list_rows *o, enum store_list_kind kind,
                        const struct store_list_row *r)
{
	enum err err;
	if (store_list_of_names(kind))
		return compare_name(s, o, kind, r);
	sqlite3_stmt *st = find(s, r->key);
	bool known = sq_row(s, &o->op, st, &err);
	bool same = known && sq_col_date(st, 2) == r->on;
	sq_done(st);
	*(!known ? &o->added : same ? &o->repeated : &o->changed) += 1;
	return err;
}

static enum err add_row(struct sq *s, struct store_list_rows *o, const struct store_list_row *r)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_ROW_ADD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	sqlite3_bind_int64(st, 2, r->line);
	sq_bind_blob(st, 3, str_make((const char *)r->key, sizeof r->key));
	sq_bind_date(st, 4, r->on);
	return sq_run(s, &o->op, st);
}

enum err sq_list_rows(struct sq *s, struct store_list_rows *o)
{
	REQUIRE(o->count <= STORE_LIST_ROWS_MAX);
	enum store_list_kind kind;
	enum err err = require_state(s, &o->op, o->list, STORE_LIST_COMING, &kind);
	o->added = o->changed = o->repeated = 0;
	for (size_t i = 0; i < o->count && !err; i++) {
		err = compare(s, o, kind, &o->rows[i]);
		if (!err)
			err = add_row(s, o, &o->rows[i]);
	}
	return err;
}

static enum err run_undo(struct sq *s, struct store_op *op, uint64_t list, struct str by, struct str why,
                         instant_ms_t now)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_UNDO);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)list);
	sqlite3_bind_int64(st, 2, now);
	sq_bind_str(st, 3, by);
	sq_bind_str(st, 4, why);
	return sq_run(s, op, st);
}

static enum err replace(struct sq *s, struct store_list_publish *o, enum store_list_kind kind)
{
	enum store_list_kind old;
	enum err err = require_state(s, &o->op, o->replaces, STORE_LIST_IN_FORCE, &old);
	if (!err && old != kind)
		err = store_list_other_kind(&o->op.errmsg, o->replaces);
	return err ? err : run_undo(s, &o->op, o->replaces, o->by, o->why, o->now);
}

enum err sq_list_publish(struct sq *s, struct store_list_publish *o)
{
	enum store_list_kind kind;
	enum err err = require_state(s, &o->op, o->list, STORE_LIST_COMING, &kind);
	if (!err && o->replaces)
		err = replace(s, o, kind);
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_PUBLISH);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	sq_bind_blob(st, 2, str_make((const char *)o->hash, sizeof o->hash));
	if (!err)
		err = sq_run(s, &o->op, st);
	if (!err)
		err = mark_stale(s, &o->op);
	if (err)
		return err;
	st = sq_stmt(s, SQ_LIST_ROWS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	o->rows = sq_row(s, &o->op, st, &err) ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	return err;
}

enum err sq_list_drop(struct sq *s, struct store_list_drop *o)
{
	enum store_list_kind kind;
	enum err err = require_state(s, &o->op, o->list, STORE_LIST_COMING, &kind);
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_DROP_ROWS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	sqlite3_bind_int64(st, 2, DROP_ROWS);
	if (!err)
		err = sq_run(s, &o->op, st);
	o->more = !err && sqlite3_changes(s->db) == DROP_ROWS;
	return err || o->more ? err : run_for(s, &o->op, SQ_LIST_DROP, (int64_t)o->list);
}

enum err sq_list_undo(struct sq *s, struct store_list_undo *o)
{
	enum store_list_kind kind;
	enum err err = require_state(s, &o->op, o->list, STORE_LIST_IN_FORCE, &kind);
	if (!err)
		err = run_undo(s, &o->op, o->list, o->by, o->why, o->now);
	return err ? err : mark_stale(s, &o->op);
}

/* ---- what waited for it ------------------------------------------------------------------------------------------------------ */

/* Items of a page of what waits whose subject is in the list; o->after and o->more for the next page. */
static enum err read_page(struct sq *s, struct store_list_decide *o, enum store_list_kind kind,
                          item_id_t *items, size_t *n)
{
	enum err err;
	size_t seen = 0;
	if (store_list_of_names(kind))
		return sq_name_page(s, o, items, n);
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_HELD);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 3, STORE_LIST_PAGE_MAX);
	*n = 0;
	while (sq_row(s, &o->op, st, &err)) {
		o->after = (item_id_t)sqlite3_column_int64(st, 0);
		seen++;
		if (sqlite3_column_int(st, 1))
			items[(*n)++] = o->after;
	}
	sq_done(st);
	o->more = seen == STORE_LIST_PAGE_MAX;
	return err;
}

static enum err preview_item(struct sq *s, struct store_list_decide *o, item_id_t id)
{
	struct store_list_item *x = &o->items[o->count];
	struct sq_item item;
	enum err err = sq_row_read(s, &o->op, id, false, o->arena, &x->row);
	if (err == ERR_NOT_FOUND)
		return OK; /* its upload is not finished */
	if (!err)
		err = sq_item_load(s, &o->op, id, &item);
	if (!err)
		err = sq_again_preview(s, &o->op, &o->again, &item, x->reason, &x->then);
	o->count++;
	o->queued += x->then == ITEM_QUEUED;
	return err;
}

static enum err preview_page(struct sq *s, struct store_list_decide *o, const item_id_t *items, size_t n)
{
	enum err err = OK;
	o->items = arena_alloc(o->arena, (n + 1) * sizeof *o->items);
	s->list_preview = o->list;
	for (size_t i = 0; i < n && !err; i++)
		err = preview_item(s, o, items[i]);
	s->list_preview = 0;
	return err;
}

static enum err decide_item_again(struct sq *s, struct store_list_decide *o, struct sq_tally *t, item_id_t id)
{
	struct sq_item item;
	struct store_row row;
	char reason[32];
	enum item_state then;
	enum err err = sq_row_read(s, &o->op, id, false, &s->arena, &row);
	if (err == ERR_NOT_FOUND)
		return OK; /* its upload is not finished: intake has seen the list, or the next attempt will */
	if (!err)
		err = sq_item_load(s, &o->op, id, &item);
	if (!err)
		err = sq_again(s, &o->op, t, &o->again, &item, reason, &then);
	o->count++;
	o->queued += !err && then == ITEM_QUEUED;
	return err;
}

/* The oldest list with work, and where that stands. */
static enum err next_due(struct sq *s, struct store_list_decide *o, enum store_list_kind *kind)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_DUE);
	bool found = sq_row(s, &o->op, st, &err);
	o->list = found ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	o->after = found ? (item_id_t)sqlite3_column_int64(st, 1) : 0;
	o->decided = found ? (uint64_t)sqlite3_column_int64(st, 2) : 0;
	*kind = found ? (enum store_list_kind)sqlite3_column_int(st, 3) : STORE_LIST_ENTERPRISES;
	sq_done(st);
	return err;
}

static enum err move_due(struct sq *s, struct store_list_decide *o)
{
	o->decided += o->count;
	sqlite3_stmt *st = sq_stmt(s, SQ_LIST_DUE_SET);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->list);
	if (o->more)
		sqlite3_bind_int64(st, 2, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)o->decided);
	return sq_run(s, &o->op, st);
}

static enum err decide_page(struct sq *s, struct store_list_decide *o, const item_id_t *items, size_t n)
{
	struct sq_tally tally = {.count = 0};
	enum err err = OK;
	for (size_t i = 0; i < n && !err; i++)
		err = decide_item_again(s, o, &tally, items[i]);
	if (!err)
		err = sq_tally_write(s, &o->op, &tally);
	return err ? err : move_due(s, o);
}

enum err sq_list_decide(struct sq *s, struct store_list_decide *o)
{
	item_id_t *items = arena_alloc(&s->arena, STORE_LIST_PAGE_MAX * sizeof *items);
	enum store_list_kind kind;
	size_t n;
	enum err err =
	    o->preview ? require_state(s, &o->op, o->list, STORE_LIST_COMING, &kind) : next_due(s, o, &kind);
	o->count = o->queued = 0;
	o->more = false;
	if (err || o->list == 0)
		return err;
	err = read_page(s, o, kind, items, &n);
	if (err)
		return err;
	return o->preview ? preview_page(s, o, items, n) : decide_page(s, o, items, n);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

enum err sq_get_lists(struct sq *s, struct store_get_lists *o)
{
	enum err err;
	o->lists = arena_alloc(o->arena, STORE_LIST_LISTS_MAX * sizeof *o->lists);
	o->count = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_LISTS);
	sqlite3_bind_int(st, 1, STORE_LIST_LISTS_MAX);
	while (sq_row(s, &o->op, st, &err)) {
		struct store_list *l = &o->lists[o->count++];
		struct str hash = sq_col_str(st, 8);
		*l = (struct store_list){.list = (uint64_t)sqlite3_column_int64(st, 0),
		                         .kind = (enum store_list_kind)sqlite3_column_int(st, 1),
		                         .type = sq_col_copy(st, 2, o->arena),
		                         .issuer = sq_col_copy(st, 3, o->arena),
		                         .date = sq_col_date(st, 4),
		                         .file = sq_col_copy(st, 5, o->arena),
		                         .by = sq_col_copy(st, 6, o->arena),
		                         .at = sq_col_instant(st, 7),
		                         .state = (enum store_list_state)sqlite3_column_int(st, 9),
		                         .rows = (uint64_t)sqlite3_column_int64(st, 10),
		                         .decided = (uint64_t)sqlite3_column_int64(st, 11),
		                         .deciding = sqlite3_column_type(st, 12) != SQLITE_NULL,
		                         .undone_at = sq_col_instant(st, 13),
		                         .undone_by = sq_col_copy(st, 14, o->arena),
		                         .undone_why = sq_col_copy(st, 15, o->arena)};
		if (hash.len == sizeof l->hash)
			memcpy(l->hash, hash.ptr, sizeof l->hash);
	}
	sq_done(st);
	return err;
}
