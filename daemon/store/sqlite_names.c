/* Lists of names that are kept back: which of them have a name, and what waits that has one of their names. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_list.h"

#include <string.h>

static void bind_keys(sqlite3_stmt *st, const struct decide_name_keys *k)
{
	sq_bind_blob(st, 1, str_make((const char *)k->name, sizeof k->name));
	sq_bind_blob(st, 2, str_make((const char *)k->label, sizeof k->label));
}

/* Columns: list, line, kind, by label, issuer, date, file, who, at. */
static sqlite3_stmt *find(struct sq *s, const struct decide_name_keys *k, int limit)
{
	sqlite3_stmt *st = sq_stmt(s, SQ_NAME_FIND);
	bind_keys(st, k);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)s->list_preview);
	sqlite3_bind_int(st, 4, limit);
	return st;
}

static struct decide_named entry_of(sqlite3_stmt *st, struct arena *a)
{
	return (struct decide_named){.list = (uint64_t)sqlite3_column_int64(st, 0),
	                             .line = (uint32_t)sqlite3_column_int64(st, 1),
	                             .blocked = sqlite3_column_int(st, 2) == STORE_LIST_BLOCKED,
	                             .label = sqlite3_column_int(st, 3) != 0,
	                             .issuer = sq_col_copy(st, 4, a),
	                             .date = sq_col_date(st, 5)};
}

enum err sq_name_find(struct sq *s, struct store_op *op, const struct decider *d,
                      const struct item_request *r, struct decide_named *out)
{
	enum err err;
	*out = (struct decide_named){.list = 0};
	if ((s->name_lists == 0 && !s->list_preview) || r->op != ITEM_CREATE)
		return OK;
	struct decide_name_keys k = decide_name_keys(d, r->domain);
	sqlite3_stmt *st = find(s, &k, 1);
	if (sq_row(s, op, st, &err))
		*out = entry_of(st, &s->arena);
	sq_done(st);
	return err;
}

bool sq_name_known(struct sq *s, struct store_op *op, const uint8_t *key, enum store_list_kind *kind,
                   enum err *err)
{
	struct decide_name_keys k;
	memcpy(k.name, key, sizeof k.name);
	memcpy(k.label, key, sizeof k.label);
	sqlite3_stmt *st = find(s, &k, 1);
	bool found = sq_row(s, op, st, err);
	if (found)
		*kind = (enum store_list_kind)sqlite3_column_int(st, 2);
	sq_done(st);
	return found;
}

/* ---- what waits ---------------------------------------------------------------------------------------------------------- */

static enum err in_list(struct sq *s, struct store_list_decide *o, struct str name, bool *yes)
{
	enum err err;
	struct decide_name_keys k = decide_name_keys(o->again.decider, name);
	sqlite3_stmt *st = sq_stmt(s, SQ_NAME_IN_LIST);
	bind_keys(st, &k);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)o->list);
	*yes = sq_row(s, &o->op, st, &err);
	sq_done(st);
	return err;
}

enum err sq_name_page(struct sq *s, struct store_list_decide *o, item_id_t *items, size_t *n)
{
	enum err err;
	size_t seen = 0;
	bool listed = false;
	sqlite3_stmt *st = sq_stmt(s, SQ_NAME_HELD);
	sqlite3_bind_int(st, 1, ITEM_CREATE);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)o->after);
	sqlite3_bind_int64(st, 3, STORE_LIST_PAGE_MAX);
	*n = 0;
	while (sq_row(s, &o->op, st, &err)) {
		o->after = (item_id_t)sqlite3_column_int64(st, 0);
		seen++;
		err = in_list(s, o, sq_col_str(st, 1), &listed);
		if (err)
			break;
		if (listed)
			items[(*n)++] = o->after;
	}
	sq_done(st);
	o->more = seen == STORE_LIST_PAGE_MAX;
	return err;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

enum err sq_get_named(struct sq *s, struct store_get_named *o)
{
	enum err err;
	struct decide_name_keys k = decide_name_keys(o->decider, o->name);
	o->rows = arena_alloc(o->arena, STORE_NAMED_MAX * sizeof *o->rows);
	o->count = 0;
	sqlite3_stmt *st = find(s, &k, STORE_NAMED_MAX);
	while (sq_row(s, &o->op, st, &err))
		o->rows[o->count++] = (struct store_named){.named = entry_of(st, o->arena),
		                                           .file = sq_col_copy(st, 6, o->arena),
		                                           .by = sq_col_copy(st, 7, o->arena),
		                                           .at = sq_col_instant(st, 8)};
	sq_done(st);
	return err;
}
