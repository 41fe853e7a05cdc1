/* Decisions with the facts that they used: of items as they were admitted, and of later results. */
#include "daemon/store/sqlite_int.h"
#include "epp/base/check.h"

/* Room for one more row, in the caller's arena. */
static struct store_record *add_row(struct store_get_records *o, size_t *cap)
{
	if (o->count == *cap) {
		struct store_record *more = arena_alloc(o->arena, 2 * *cap * sizeof *more);
		memcpy(more, o->rows, o->count * sizeof *more);
		o->rows = more;
		*cap *= 2;
	}
	return &o->rows[o->count++];
}

static enum err add_later(struct sq *s, struct store_get_records *o, size_t *cap)
{
	enum err err;
	const struct store_record first = o->rows[o->count - 1];
	sqlite3_stmt *st = sq_stmt(s, SQ_RECORD_LATER);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)first.item);
	while (sq_row(s, &o->op, st, &err))
		*add_row(o, cap) = (struct store_record){.item = first.item,
		                                         .seq = (uint64_t)sqlite3_column_int64(st, 0),
		                                         .ref = first.ref,
		                                         .domain = first.domain,
		                                         .common = sq_col_copy(st, 1, o->arena),
		                                         .detail = sq_col_copy(st, 2, o->arena),
		                                         .record = sq_col_copy(st, 3, o->arena)};
	sq_done(st);
	return err;
}

enum err sq_get_records(struct sq *s, struct store_get_records *o)
{
	enum err err, later = OK;
	size_t items = 0, cap = o->limit;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, cap * sizeof *o->rows);
	o->count = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_RECORD_ITEMS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 2, o->limit);
	while (!later && sq_row(s, &o->op, st, &err)) {
		o->after = (item_id_t)sqlite3_column_int64(st, 0);
		*add_row(o, &cap) = (struct store_record){.item = o->after,
		                                          .ref = sq_col_copy(st, 1, o->arena),
		                                          .domain = sq_col_copy(st, 2, o->arena),
		                                          .common = sq_col_copy(st, 3, o->arena),
		                                          .detail = sq_col_copy(st, 4, o->arena),
		                                          .record = sq_col_copy(st, 5, o->arena)};
		later = add_later(s, o, &cap);
		items++;
	}
	sq_done(st);
	o->more = items == o->limit;
	return later ? later : err;
}
