/* The tables, and the table of statements. */
#include "daemon/store/sqlite_int.h"

#include <stdio.h>

#define SCHEMA_VERSION 8

const char *const sq_statements[SQ__COUNT] = {
#define SQ(id, sql) [SQ_##id] = sql,
#include "daemon/store/sqlite_stmts.h"
#undef SQ
};

static const char schema[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    /* kind 0: partner, 1: account */
    "CREATE TABLE name(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE(kind, "
    "name));"
    "CREATE TABLE text(id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);"
    "CREATE TABLE batch(id INTEGER PRIMARY KEY AUTOINCREMENT, partner INTEGER NOT NULL, idem TEXT, hash BLOB,"
    " created INTEGER NOT NULL, published INTEGER, lines INTEGER NOT NULL, items INTEGER NOT NULL,"
    " repeats INTEGER NOT NULL, version INTEGER NOT NULL, trace INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX batch_idem ON batch(partner, idem) WHERE idem IS NOT NULL;"
    "CREATE INDEX batch_open ON batch(id) WHERE published IS NULL;"
    "CREATE TABLE batch_count(batch INTEGER, state INTEGER, n INTEGER NOT NULL, PRIMARY KEY(batch, state))"
    " WITHOUT ROWID;"
    /* Large columns last: what precedes them is read without touching overflow pages. Numbers given to lines of an
     * upload that was dropped are given again: nobody was told them. */
    "CREATE TABLE item(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, line INTEGER NOT NULL,"
    " partner INTEGER NOT NULL, account INTEGER NOT NULL, lane INTEGER NOT NULL, op INTEGER NOT NULL,"
    " paid INTEGER NOT NULL, fee INTEGER NOT NULL,"
    " state INTEGER NOT NULL, fault INTEGER NOT NULL, ref TEXT NOT NULL, domain TEXT NOT NULL,"
    " contact TEXT NOT NULL, reason TEXT NOT NULL, needs TEXT NOT NULL, decided_on INTEGER, rules INTEGER "
    "NOT NULL,"
    " quota TEXT, common INTEGER NOT NULL, grant_key BLOB, grant_from INTEGER, free_until INTEGER, due "
    "INTEGER, ditem "
    "TEXT NOT NULL,"
    /* record: the facts that the decision used (daemon/job/record.h) */
    " record BLOB NOT NULL, payload BLOB NOT NULL);"
    "CREATE UNIQUE INDEX item_ref ON item(partner, ref);"
    "CREATE INDEX item_line ON item(batch, line);"
    "CREATE TABLE line(batch INTEGER, line INTEGER, item INTEGER NOT NULL, PRIMARY KEY(batch, line)) WITHOUT "
    "ROWID;"
    /* Of a batch, in one lane, what is due at the same time (or, by the number that says so, never); `waiting` of them
     * are not claimed yet: those from next_item on. */
    "CREATE TABLE work(account INTEGER, partner INTEGER, lane INTEGER, due INTEGER, batch INTEGER,"
    " next_item INTEGER NOT NULL, end_item INTEGER NOT NULL, waiting INTEGER NOT NULL,"
    " PRIMARY KEY(account, partner, lane, due, batch)) WITHOUT ROWID;"
    "CREATE INDEX item_work ON item(batch, account, lane, due, id);"
    /* due: in the urgent lane the deadline, else, and for what is parked, the number that says never */
    "CREATE TABLE ready(account INTEGER, partner INTEGER, lane INTEGER, due INTEGER, not_before INTEGER,"
    " item INTEGER UNIQUE, PRIMARY KEY(account, partner, lane, due, not_before, item)) WITHOUT ROWID;"
    "CREATE INDEX ready_parked ON ready(account, item) WHERE not_before = 9007199254740991;"
    "CREATE TABLE claim(id INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, at INTEGER NOT NULL,"
    " runs BLOB NOT NULL);"
    /* counted: the attempt was made (something was sent) */
    "CREATE TABLE result(seq INTEGER PRIMARY KEY, item INTEGER NOT NULL, partner INTEGER NOT NULL, attempt "
    "INTEGER NOT "
    "NULL,"
    " state INTEGER NOT NULL, counted INTEGER NOT NULL, body BLOB NOT NULL, common INTEGER, ditem TEXT, "
    "record BLOB,"
    " grant_from INTEGER, free_until INTEGER);"
    "CREATE INDEX result_item ON result(item, seq);"
    "CREATE INDEX result_feed ON result(partner, seq);"
    /* after_seq: the newest result when the batch appeared */
    "CREATE TABLE publication(id INTEGER PRIMARY KEY, partner INTEGER NOT NULL, after_seq INTEGER NOT NULL,"
    " batch INTEGER NOT NULL UNIQUE);"
    "CREATE INDEX publication_feed ON publication(partner, id);"
    /* items in unknown, reconciling, pending or needs_human */
    "CREATE TABLE open_item(item INTEGER PRIMARY KEY);"
    /* items in waiting or review; look 1: a registry is to be asked about the name, for the person who decides */
    "CREATE TABLE held(item INTEGER PRIMARY KEY, state INTEGER NOT NULL, since INTEGER NOT NULL, subject "
    "BLOB, look INTEGER NOT NULL);"
    "CREATE INDEX held_look ON held(item) WHERE look = 1;"
    "CREATE INDEX held_since ON held(state, since);"
    "CREATE INDEX held_subject ON held(subject) WHERE subject IS NOT NULL;"
    /* what was added to an item later: store_held.h */
    "CREATE TABLE note(item INTEGER, n INTEGER, kind INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT "
    "NULL,"
    " body BLOB, PRIMARY KEY(item, n)) WITHOUT ROWID;"
    /* the departments' lists: store_list.h. state 0: coming, 1: in force, 2: undone; due: items up to that one have been
     * decided again; rows of a list that is gone mean nothing */
    "CREATE TABLE list(id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, type TEXT NOT NULL, "
    "issuer TEXT "
    "NOT NULL, date INTEGER NOT NULL, file TEXT NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL, hash BLOB, "
    "state "
    "INTEGER NOT NULL, rows INTEGER NOT NULL, decided INTEGER NOT NULL, due INTEGER, undone_at INTEGER, "
    "undone_by TEXT, "
    "undone_why TEXT);"
    "CREATE INDEX list_due ON list(id) WHERE due IS NOT NULL;"
    "CREATE TABLE list_row(list INTEGER, line INTEGER, key BLOB NOT NULL, on_date INTEGER, PRIMARY KEY(list, "
    "line)) "
    "WITHOUT ROWID;"
    "CREATE INDEX list_row_key ON list_row(key, list, line, on_date);"
    "CREATE TABLE domain(name TEXT PRIMARY KEY, partner INTEGER NOT NULL, account INTEGER NOT NULL, item "
    "INTEGER,"
    " renewed_by INTEGER, created INTEGER, expires INTEGER, grant_from INTEGER, free_until INTEGER) WITHOUT "
    "ROWID;"
    "CREATE INDEX domain_expires ON domain(partner, expires, name) WHERE expires IS NOT NULL;"
    "CREATE INDEX domain_free ON domain(partner, free_until, name) WHERE free_until IS NOT NULL;"
    /* a grant that is reserved or used; the item says which */
    "CREATE TABLE grant_ledger(key BLOB PRIMARY KEY, item INTEGER) WITHOUT ROWID;"
    /* … as long as it has not found its way there: sqlite_grants.c */
    "CREATE TABLE grant_fresh(key BLOB PRIMARY KEY, item INTEGER) WITHOUT ROWID;"
    /* who has registered a paid name in a zone where names can be free */
    "CREATE TABLE paid_subject(key BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE used(scope TEXT, day INTEGER, n INTEGER NOT NULL, PRIMARY KEY(scope, day)) WITHOUT ROWID;"
    "CREATE TABLE contact(account INTEGER, id TEXT, PRIMARY KEY(account, id)) WITHOUT ROWID;"
    "CREATE TABLE message(id INTEGER PRIMARY KEY, account INTEGER NOT NULL, msg_id TEXT NOT NULL,"
    " at INTEGER NOT NULL, stored INTEGER NOT NULL, kind TEXT NOT NULL, domain TEXT NOT NULL, item INTEGER,"
    " waits INTEGER NOT NULL, attention TEXT NOT NULL, done_at INTEGER, done_why TEXT, text TEXT NOT NULL,"
    " body TEXT NOT NULL, UNIQUE(account, msg_id, at));"
    "CREATE INDEX message_waits ON message(id) WHERE waits = 1;"
    "CREATE TABLE rules(id INTEGER PRIMARY KEY, revision TEXT NOT NULL UNIQUE, first_seen INTEGER NOT NULL,"
    " body TEXT NOT NULL);"
    "CREATE TABLE rules_step(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, step TEXT NOT NULL,"
    " revision TEXT NOT NULL, person TEXT NOT NULL, login TEXT NOT NULL, why TEXT NOT NULL);";

int store_sqlite_schema(void)
{
	return SCHEMA_VERSION;
}

const char *store_sqlite_library(void)
{
	return sqlite3_libversion();
}

static int version_of(struct sq *s)
{
	sqlite3_stmt *st = NULL;
	int v = -1; /* it cannot be read */
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return v;
}

enum err sq_schema(struct sq *s, struct errmsg *e)
{
	char text[64];
	int v = version_of(s);
	if (v == SCHEMA_VERSION)
		return OK;
	if (v < 0)
		return sq_fail_open(s, e);
	if (v != 0)
		return err_set(e, ERR_UNSUPPORTED,
		               "%s: made by another version of vneppd (schema %d, this is %d)", s->path, v,
		               SCHEMA_VERSION);
	snprintf(text, sizeof text, "PRAGMA user_version = %d", SCHEMA_VERSION);
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return OK;
	return err_wrap(e, sq_fail_open(s, e), "the tables cannot be made");
}
