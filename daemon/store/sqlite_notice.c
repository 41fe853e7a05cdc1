/* Notices: what partners are told of their names before it happens. They stand among the results, without an item. */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_changes.h"
#include "epp/base/check.h"

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS told(name TEXT PRIMARY KEY, partner INTEGER NOT NULL, free_until INTEGER NOT "
    "NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS domain_paid ON domain(free_until, name) WHERE free_until IS NOT NULL;";

enum err sq_notice_schema(struct sq *s, struct errmsg *e)
{
	if (sqlite3_exec(s->db, tables, NULL, NULL, NULL) == SQLITE_OK)
		return OK;
	return err_wrap(e, sq_fail_open(s, e), "the tables cannot be made");
}

static enum err tell(struct sq *s, struct store_notify *o, uint32_t partner, const struct store_change *c)
{
	buf_clear(&s->scratch);
	store_notice_encode(c, &s->scratch);
	sqlite3_stmt *st = sq_stmt(s, SQ_NOTICE_ADD);
	sqlite3_bind_int64(st, 1, partner);
	sq_bind_blob(st, 2, buf_str(&s->scratch));
	enum err err = sq_run(s, &o->op, st);
	st = sq_stmt(s, SQ_TOLD_PUT);
	sq_bind_str(st, 1, c->domain);
	sqlite3_bind_int64(st, 2, partner);
	sqlite3_bind_int(st, 3, c->on);
	return err ? err : sq_run(s, &o->op, st);
}

/* Columns: name, partner, expires, free_until. What is read is not written: the names stay as they are. */
static enum err tell_all(struct sq *s, struct store_notify *o, sqlite3_stmt *st)
{
	enum err err = OK;
	while (sq_row(s, &o->op, st, &err)) {
		struct store_change c = {.notice = STORE_NOTICE_COSTS,
		                         .domain = sq_col_copy(st, 0, &s->arena),
		                         .expires = sq_col_instant(st, 2),
		                         .on = sq_col_date(st, 3),
		                         .at = o->now};
		if (o->told == o->limit) {
			o->more = true;
			break;
		}
		err = tell(s, o, (uint32_t)sqlite3_column_int64(st, 1), &c);
		if (err)
			break;
		o->from = c.on;
		if (!str_copy(o->after_name, sizeof o->after_name, c.domain))
			o->after_name[0] = '\0'; /* names are shorter */
		o->told++;
	}
	return err;
}

enum err sq_notify(struct sq *s, struct store_notify *o)
{
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	sqlite3_stmt *st = sq_stmt(s, SQ_NOTICE_DUE);
	o->told = 0;
	o->more = false;
	sqlite3_bind_int(st, 1, o->from);
	sq_bind_str(st, 2, arena_str(&s->arena, str_c(o->after_name)));
	sqlite3_bind_int(st, 3, o->until);
	sqlite3_bind_int64(st, 4, o->now);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)o->limit + 1);
	enum err err = tell_all(s, o, st);
	sq_done(st);
	return err;
}
