/* Dry runs: what intake reads, read without writing. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_preview.h"

static enum err known(void *arg, struct store_preview *o, struct store_preview_line *l, bool *found)
{
	struct sq *s = arg;
	enum err err;
	item_id_t id = 0;
	sqlite3_stmt *st = sq_stmt(s, SQ_ITEM_BY_REF);
	sqlite3_bind_int64(st, 1, o->partner);
	sq_bind_str(st, 2, l->request->ref);
	*found = sq_row(s, &o->op, st, &err);
	if (*found) {
		bool same = str_eq(sq_col_str(st, 1), l->payload);
		id = (item_id_t)sqlite3_column_int64(st, 0);
		l->outcome = !same                       ? STORE_LINE_CONFLICT
		             : sqlite3_column_int(st, 4) ? STORE_LINE_BUSY
		                                         : STORE_LINE_SAME;
	}
	sq_done(st);
	if (err || !*found || l->outcome != STORE_LINE_SAME)
		return err;
	err = sq_row_read(s, &o->op, id, false, o->arena, &l->row);
	l->row.line = l->line;
	return err;
}

static enum err ledger(void *arg, struct store_preview *o, const struct item_request *r,
                       struct decide_ledger *out, struct decide_subject *subject)
{
	enum err err = sq_ledger(arg, &o->op, o->decider, r, o->partner, 0, out, subject);
	out->listed.type = arena_str(o->arena, out->listed.type);
	out->listed.issuer = arena_str(o->arena, out->listed.issuer);
	out->named.issuer = arena_str(o->arena, out->named.issuer);
	return err;
}

static enum err used(void *arg, struct store_preview *o, struct str scope, date_t begin, uint64_t *n)
{
	return sq_quota_used(arg, &o->op, scope, begin, n);
}

static enum err waiting(void *arg, struct store_preview *o, uint64_t *n)
{
	return sq_queued_of(arg, &o->op, o->partner, n);
}

enum err sq_preview(struct sq *s, struct store_preview *o)
{
	struct store_preview_source from = {known, ledger, used, waiting, s, &s->scratch};
	enum err err = s->reader ? sq_lists_load(s, &o->op) : OK; /* the writer knows them */
	return err ? err : store_preview_run(o, &from);
}
