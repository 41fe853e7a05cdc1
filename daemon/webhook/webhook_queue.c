/*
 * The queue of webhooks in SQLite. Statements are prepared each time: a delivery costs a round trip to a receiver
 * anyway. synchronous=NORMAL: a loss of power may take back the last commits, never half of one; what is lost is
 * read again from the daemon, or delivered again under its id.
 */
#include "daemon/webhook/webhook_queue.h"
#include "epp/base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define BUSY_MS 200 /* another process looks, or switches one on: some milliseconds */
#define VERSION 1

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS feed(partner TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS delivery(seq INTEGER PRIMARY KEY AUTOINCREMENT, partner TEXT NOT NULL,"
    " ref TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, queued INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS delivery_of_item ON delivery(partner, ref, seq);"
    "CREATE INDEX IF NOT EXISTS delivery_due ON delivery(partner, due, seq);"
    "CREATE TABLE IF NOT EXISTS receiver(partner TEXT PRIMARY KEY, url TEXT NOT NULL, delivered INTEGER NOT "
    "NULL,"
    " off INTEGER NOT NULL, trouble TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=1;"
    "COMMIT;";

struct webhook_queue {
	sqlite3 *db;
	int lock;             /* owned; -1: none */
	int64_t data_version; /* of SQLite's: changes when another process has written */
};

static enum err failed(struct webhook_queue *q, struct errmsg *e)
{
	int code = sqlite3_errcode(q->db) & 0xff;
	enum err err = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? ERR_LOCKED
	               : code == SQLITE_FULL || code == SQLITE_IOERR     ? ERR_DISK
	               : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_CORRUPT
	               : code == SQLITE_CANTOPEN || code == SQLITE_PERM  ? ERR_IO
	                                                                 : ERR_INTERNAL;
	return err_set(e, err, "the database: %s", sqlite3_errmsg(q->db));
}

static enum err run(struct webhook_queue *q, const char *sql, struct errmsg *e)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : failed(q, e);
}

/* ---- one statement ------------------------------------------------------------------------------------------------------------- */

/* A parameter: a text, or without one a number. */
struct value {
	const char *text;
	int64_t number;
};

#define TEXT(t)   ((struct value){(t), 0})
#define NUMBER(n) ((struct value){NULL, (n)})

/* NULL, and *err with its text, when it cannot be made. */
static sqlite3_stmt *prepare(struct webhook_queue *q, const char *sql, const struct value *values,
                             size_t count, enum err *err, struct errmsg *e)
{
	sqlite3_stmt *st = NULL;
	*err = OK;
	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) != SQLITE_OK) {
		*err = failed(q, e);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (values[i].text)
			sqlite3_bind_text(st, (int)i + 1, values[i].text, -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(st, (int)i + 1, values[i].number);
	}
	return st;
}

/* True: there is a row. */
static bool step(struct webhook_queue *q, sqlite3_stmt *st, enum err *err, struct errmsg *e)
{
	int code = sqlite3_step(st);
	*err = code == SQLITE_ROW || code == SQLITE_DONE ? OK : failed(q, e);
	return code == SQLITE_ROW;
}

static enum err change(struct webhook_queue *q, const char *sql, const struct value *values, size_t count,
                       struct errmsg *e)
{
	enum err err;
	sqlite3_stmt *st = prepare(q, sql, values, count, &err, e);
	if (st)
		(void)step(q, st, &err, e); /* it returns no row */
	sqlite3_finalize(st);
	return err;
}

/* The first column of the only row, 0 without one. */
static enum err number(struct webhook_queue *q, const char *sql, const struct value *values, size_t count,
                       int64_t *out, struct errmsg *e)
{
	enum err err;
	sqlite3_stmt *st = prepare(q, sql, values, count, &err, e);
	*out = 0;
	if (st && step(q, st, &err, e))
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return err;
}

static struct str column(sqlite3_stmt *st, int i, struct arena *a)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	return arena_str(a, str_make(text ? text : "", text ? (size_t)sqlite3_column_bytes(st, i) : 0));
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------- */

/* A file beside the database: SQLite's own locks come and go with each transaction. */
static enum err take_lock(struct webhook_queue *q, const char *path, struct errmsg *e)
{
	char name[4096];
	if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
		return err_set(e, ERR_TOO_LONG, "the path is too long");
	q->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (q->lock < 0)
		return err_set(e, ERR_IO, "its lock cannot be made: %s", strerror(errno));
	if (flock(q->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_LOCKED, "another vnepp-webhookd delivers from it");
	return OK;
}

static enum err open_file(struct webhook_queue *q, const char *path, int flags, struct errmsg *e)
{
	if (sqlite3_open_v2(path, &q->db, SQLITE_OPEN_READWRITE | flags, NULL) != SQLITE_OK)
		return failed(q, e);
	sqlite3_busy_timeout(q->db, BUSY_MS);
	return OK;
}

static enum err check_version(struct webhook_queue *q, bool fresh_too, struct errmsg *e)
{
	int64_t version;
	enum err err = number(q, "PRAGMA user_version", NULL, 0, &version, e);
	if (err || version == VERSION || (version == 0 && fresh_too))
		return err;
	return err_set(e, ERR_UNSUPPORTED,
	               "it is of another version (%lld) of vnepp-webhookd, this one knows %d",
	               (long long)version, VERSION);
}

enum err webhook_queue_open(const char *path, struct webhook_queue **out, struct errmsg *e)
{
	struct webhook_queue *q = xcalloc(1, sizeof *q);
	q->lock = -1;
	enum err err = take_lock(q, path, e);
	if (!err)
		err = open_file(q, path, SQLITE_OPEN_CREATE, e);
	if (!err)
		err = check_version(q, true, e);
	if (!err)
		err = run(q, schema, e);
	if (err) {
		webhook_queue_close(q);
		return err_wrap(e, err, "%s", path);
	}
	(void)webhook_queue_was_touched(q); /* from here on */
	*out = q;
	return OK;
}

enum err webhook_queue_open_beside(const char *path, struct webhook_queue **out, struct errmsg *e)
{
	if (access(path, F_OK) != 0)
		return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
	struct webhook_queue *q = xcalloc(1, sizeof *q);
	q->lock = -1;
	enum err err = open_file(q, path, 0, e);
	if (!err)
		err = check_version(q, false, e);
	if (err) {
		webhook_queue_close(q);
		return err_wrap(e, err, "%s", path);
	}
	*out = q;
	return OK;
}

void webhook_queue_close(struct webhook_queue *q)
{
	if (!q)
		return;
	(void)sqlite3_close(q->db); /* no statement is left open */
	if (q->lock >= 0)
		(void)close(q->lock); /* nothing is in it */
	free(q);
}

bool webhook_queue_was_touched(struct webhook_queue *q)
{
	int64_t version;
	if (number(q, "PRAGMA data_version", NULL, 0, &version, NULL))
		return false; /* whoever reads the data next says why */
	bool touched = version != q->data_version;
	q->data_version = version;
	return touched;
}

static enum err end(struct webhook_queue *q, enum err err, struct errmsg *e)
{
	if (!err)
		err = run(q, "COMMIT", e);
	if (err)
		(void)sqlite3_exec(q->db, "ROLLBACK", NULL, NULL,
		                   NULL); /* the first error is the one to tell */
	return err;
}

/* ---- reading the feed ---------------------------------------------------------------------------------------------------------- */

enum err webhook_queue_cursor(struct webhook_queue *q, const char *partner, struct arena *a, struct str *out,
                              struct errmsg *e)
{
	enum err err;
	sqlite3_stmt *st = prepare(q, "SELECT cursor FROM feed WHERE partner=?", &TEXT(partner), 1, &err, e);
	*out = STR_NONE;
	if (st && step(q, st, &err, e))
		*out = column(st, 0, a);
	sqlite3_finalize(st);
	return err;
}

enum err webhook_queue_add(struct webhook_queue *q, const char *partner, const struct webhook_message *m,
                           size_t count, const char *cursor, int64_t now_ms, struct errmsg *e)
{
	enum err err = run(q, "BEGIN IMMEDIATE", e);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		struct value v[] = {TEXT(partner), TEXT(m[i].ref), TEXT(m[i].id), TEXT(m[i].body),
		                    NUMBER(now_ms)};
		err = change(q, "INSERT INTO delivery(partner, ref, id, body, queued) VALUES(?,?,?,?,?)", v,
		             ARRAY_LEN(v), e);
	}
	struct value at[] = {TEXT(partner), TEXT(cursor)};
	if (!err)
		err = change(q,
		             "INSERT INTO feed VALUES(?1, ?2) ON CONFLICT(partner) DO UPDATE SET cursor=?2 "
		             "WHERE cursor<>?2",
		             at, ARRAY_LEN(at), e);
	return end(q, err, e);
}

enum err webhook_queue_count(struct webhook_queue *q, const char *partner, int64_t *out, struct errmsg *e)
{
	return number(q, "SELECT count(*) FROM delivery WHERE partner=?", &TEXT(partner), 1, out, e);
}

/* ---- delivering ---------------------------------------------------------------------------------------------------------------- */

static bool is_among(int64_t seq, const int64_t *busy, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (busy[i] == seq)
			return true;
	return false;
}

static enum err read_delivery(sqlite3_stmt *st, struct arena *a, struct webhook_delivery *out,
                              struct errmsg *e)
{
	*out = (struct webhook_delivery){.seq = sqlite3_column_int64(st, 0),
	                                 .ref = column(st, 1, a),
	                                 .body = column(st, 3, a),
	                                 .attempts = sqlite3_column_int64(st, 4),
	                                 .first_ms = sqlite3_column_int64(st, 5)};
	if (!str_copy(out->id, sizeof out->id, column(st, 2, a)))
		return err_set(e, ERR_CORRUPT, "the database: message %lld has no id", (long long)out->seq);
	return OK;
}

enum err webhook_queue_next(struct webhook_queue *q, const char *partner, int64_t now_ms, const int64_t *busy,
                            size_t busy_count, struct arena *a, struct webhook_delivery *out,
                            struct errmsg *e)
{
	enum err err;
	struct value v[] = {TEXT(partner), NUMBER(now_ms), NUMBER((int64_t)busy_count + 1)};
	bool found = false;
	sqlite3_stmt *st = prepare(q,
	                           "SELECT seq, ref, id, body, attempts, first FROM delivery AS d"
	                           " WHERE partner=?1 AND due<=?2 AND NOT EXISTS(SELECT 1 FROM delivery AS o"
	                           " WHERE o.partner=d.partner AND o.ref=d.ref AND o.seq<d.seq)"
	                           " ORDER BY due, seq LIMIT ?3",
	                           v, ARRAY_LEN(v), &err, e);
	while (st && !found && step(q, st, &err, e))
		found = !is_among(sqlite3_column_int64(st, 0), busy, busy_count);
	if (found)
		err = read_delivery(st, a, out, e);
	sqlite3_finalize(st);
	return err || found ? err : ERR_NOT_FOUND;
}

enum err webhook_queue_due(struct webhook_queue *q, const char *partner, int64_t now_ms, int64_t *out,
                           struct errmsg *e)
{
	struct value v[] = {TEXT(partner), NUMBER(now_ms)};
	return number(q, "SELECT min(due) FROM delivery WHERE partner=? AND due>?", v, ARRAY_LEN(v), out, e);
}

enum err webhook_queue_done(struct webhook_queue *q, const char *partner, const struct webhook_delivery *d,
                            int64_t delivered_ms, struct errmsg *e)
{
	struct value next[] = {TEXT(partner), TEXT(d->ref.ptr)}, at[] = {TEXT(partner), NUMBER(delivered_ms)};
	enum err err = run(q, "BEGIN IMMEDIATE", e);
	if (err)
		return err;
	err = change(q, "DELETE FROM delivery WHERE seq=?", &NUMBER(d->seq), 1, e);
	if (!err)
		err = change(q, "UPDATE delivery SET due=0 WHERE partner=? AND ref=? AND due<>0", next,
		             ARRAY_LEN(next), e);
	if (!err && delivered_ms)
		err = change(q,
		             "UPDATE receiver SET delivered=?2, trouble=CASE off WHEN 0 THEN '' ELSE trouble "
		             "END WHERE partner=?1",
		             at, ARRAY_LEN(at), e);
	return end(q, err, e);
}

enum err webhook_queue_again(struct webhook_queue *q, const char *partner, const struct webhook_delivery *d,
                             int64_t now_ms, int64_t due_ms, const char *trouble, struct errmsg *e)
{
	struct value one[] = {NUMBER(d->seq), NUMBER(now_ms)},
	             item[] = {TEXT(partner), TEXT(d->ref.ptr), NUMBER(due_ms)},
	             why[] = {TEXT(partner), TEXT(trouble)};
	enum err err = run(q, "BEGIN IMMEDIATE", e);
	if (err)
		return err;
	err = change(q,
	             "UPDATE delivery SET attempts=attempts+1, first=CASE first WHEN 0 THEN ?2 ELSE first "
	             "END WHERE seq=?1",
	             one, ARRAY_LEN(one), e);
	if (!err)
		err = change(q, "UPDATE delivery SET due=?3 WHERE partner=?1 AND ref=?2", item,
		             ARRAY_LEN(item), e);
	if (!err)
		err = change(q, "UPDATE receiver SET trouble=?2 WHERE partner=?1 AND off=0", why,
		             ARRAY_LEN(why), e);
	return end(q, err, e);
}

enum err webhook_queue_hurry(struct webhook_queue *q, const char *partner, struct errmsg *e)
{
	return change(q, "UPDATE delivery SET due=0 WHERE partner=? AND due<>0", &TEXT(partner), 1, e);
}

/* ---- receivers ----------------------------------------------------------------------------------------------------------------- */

static enum err read_fortune(struct webhook_queue *q, const char *partner, struct arena *a,
                             struct webhook_fortune *out, struct errmsg *e)
{
	enum err err;
	sqlite3_stmt *st = prepare(q, "SELECT delivered, off, trouble FROM receiver WHERE partner=?",
	                           &TEXT(partner), 1, &err, e);
	*out = (struct webhook_fortune){.trouble = STR("")};
	if (st && step(q, st, &err, e))
		*out = (struct webhook_fortune){.delivered_ms = sqlite3_column_int64(st, 0),
		                                .off_ms = sqlite3_column_int64(st, 1),
		                                .trouble = column(st, 2, a)};
	sqlite3_finalize(st);
	return err;
}

/* As if nothing had been tried yet. */
static enum err begin_anew(struct webhook_queue *q, const char *partner, struct errmsg *e)
{
	return change(q, "UPDATE delivery SET due=0, first=0, attempts=0 WHERE partner=?", &TEXT(partner), 1,
	              e);
}

enum err webhook_queue_fortune(struct webhook_queue *q, const char *partner, const char *url, struct arena *a,
                               struct webhook_fortune *out, struct errmsg *e)
{
	struct value v[] = {TEXT(partner), TEXT(url)};
	enum err err = run(q, "BEGIN IMMEDIATE", e);
	if (err)
		return err;
	err = change(q,
	             "INSERT INTO receiver VALUES(?1, ?2, 0, 0, '') ON CONFLICT(partner) DO UPDATE"
	             " SET url=?2, delivered=0, off=0, trouble='' WHERE url<>?2",
	             v, ARRAY_LEN(v), e);
	if (!err && sqlite3_changes(q->db))
		err = begin_anew(q, partner, e);
	err = end(q, err, e);
	return err ? err : read_fortune(q, partner, a, out, e);
}

enum err webhook_queue_switch_off(struct webhook_queue *q, const char *partner, int64_t now_ms,
                                  const char *why, struct errmsg *e)
{
	struct value v[] = {TEXT(partner), NUMBER(now_ms), TEXT(why)};
	return change(q, "UPDATE receiver SET off=?2, trouble=?3 WHERE partner=?1", v, ARRAY_LEN(v), e);
}

enum err webhook_queue_switch_on(struct webhook_queue *q, const char *partner, struct errmsg *e)
{
	enum err err = run(q, "BEGIN IMMEDIATE", e);
	if (err)
		return err;
	err = change(q, "UPDATE receiver SET off=0, trouble='' WHERE partner=? AND off<>0", &TEXT(partner), 1,
	             e);
	if (!err && sqlite3_changes(q->db) == 0)
		err = err_set(e, ERR_NOT_FOUND, "'%s' is not switched off", partner);
	if (!err)
		err = begin_anew(q, partner, e);
	return end(q, err, e);
}

enum err webhook_queue_standing(struct webhook_queue *q, const char *partner, struct arena *a,
                                struct webhook_standing *out, struct errmsg *e)
{
	*out = (struct webhook_standing){.partner = str_c(partner)};
	enum err err = webhook_queue_count(q, partner, &out->waiting, e);
	if (!err)
		err = number(q, "SELECT min(queued) FROM delivery WHERE partner=?", &TEXT(partner), 1,
		             &out->oldest_ms, e);
	return err ? err : read_fortune(q, partner, a, &out->fortune, e);
}
