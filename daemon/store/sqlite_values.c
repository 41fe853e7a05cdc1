/* Statements, what their results mean, and values in and out of them. */
#include "daemon/store/sqlite_int.h"

static bool is_disk(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_NOMEM: return true;
	default: return false;
	}
}

/* The message goes to `op`. */
static enum err fail(struct sq *s, struct store_op *op, int rc)
{
	if (is_disk(rc)) {
		s->suspect = true;
		return err_set(&op->errmsg, ERR_DISK, "%s: %s", s->path, sqlite3_errmsg(s->db));
	}
	if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
		return err_set(&op->errmsg, ERR_CORRUPT, "%s: %s", s->path, sqlite3_errmsg(s->db));
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return err_set(&op->errmsg, ERR_BUSY, "%s: %s", s->path, sqlite3_errmsg(s->db));
	return err_set(&op->errmsg, ERR_INTERNAL, "%s: %s", s->path, sqlite3_errmsg(s->db));
}

sqlite3_stmt *sq_stmt(struct sq *s, enum sq_stmt which)
{
	if (!s->stmts[which])
		(void)sqlite3_prepare_v3(s->db, sq_statements[which], -1, SQLITE_PREPARE_PERSISTENT,
		                         &s->stmts[which], NULL); /* what runs it tells a failure */
	return s->stmts[which];
}

void sq_done(sqlite3_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

static int run_step(struct sq *s, sqlite3_stmt *st)
{
	return st ? sqlite3_step(st) : sqlite3_errcode(s->db);
}

enum err sq_run(struct sq *s, struct store_op *op, sqlite3_stmt *st)
{
	int rc = run_step(s, st);
	enum err err = rc == SQLITE_DONE ? OK : fail(s, op, rc);
	sq_done(st);
	return err;
}

bool sq_row(struct sq *s, struct store_op *op, sqlite3_stmt *st, enum err *err)
{
	int rc = run_step(s, st);
	*err = rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : fail(s, op, rc);
	return rc == SQLITE_ROW;
}

void sq_bind_str(sqlite3_stmt *st, int i, struct str v)
{
	sqlite3_bind_text(st, i, v.ptr ? v.ptr : "", (int)v.len, SQLITE_STATIC);
}

void sq_bind_blob(sqlite3_stmt *st, int i, struct str v)
{
	if (v.len)
		sqlite3_bind_blob(st, i, v.ptr, (int)v.len, SQLITE_STATIC);
}

void sq_bind_date(sqlite3_stmt *st, int i, date_t d)
{
	if (d != DATE_NONE)
		sqlite3_bind_int(st, i, d);
}

void sq_bind_instant(sqlite3_stmt *st, int i, instant_ms_t t)
{
	if (t != INSTANT_NONE)
		sqlite3_bind_int64(st, i, t);
}

struct str sq_col_str(sqlite3_stmt *st, int i)
{
	const void *p = sqlite3_column_blob(st, i);
	return str_make(p, (size_t)sqlite3_column_bytes(st, i));
}

struct str sq_col_copy(sqlite3_stmt *st, int i, struct arena *a)
{
	return arena_str(a, sq_col_str(st, i));
}

date_t sq_col_date(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? DATE_NONE : sqlite3_column_int(st, i);
}

instant_ms_t sq_col_instant(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? INSTANT_NONE : sqlite3_column_int64(st, i);
}
