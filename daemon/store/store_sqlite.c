/*
 * The SQLite back end: one file, one transaction per group of operations.
 *
 * Failure modes: when an operation fails, the group is rolled back and run again with a savepoint for each, so that
 * the others stand. A transaction that cannot be committed fails every operation of the group with ERR_DISK. The
 * connection is kept then: what it wrote stands behind the end of the log as only this connection knows it, and is
 * written over by the next group. A new connection would read the log from the disk, where the end of a group whose sync
 * failed may well be: what was answered with a failure would have happened. (After a crash at this moment it may have.)
 */
#include "daemon/store/sqlite_int.h"
#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_preview.h"
#include "epp/base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define WAL_MAX_FRAMES  64000 /* 260 MB */
#define WAL_IDLE_FRAMES 4000  /* 16 MB: a tenth of a second on an ordinary disk */
#define WAL_TEST_FRAMES 200
#define BUSY_MS         5000 /* a reader's checkpoint lock is held for milliseconds */
#define TEXTS_MAX       4096 /* decision texts kept in memory; a rule set makes some hundreds */
#define SCRATCH_MAX     (1u << 20)
#define LOCK_SUFFIX     ".lock"

/* ---- what is kept in memory ----------------------------------------------------------------------------------------- */

static void forget_claims(struct sq *s)
{
	size_t at = 0;
	struct str key;
	void *claim;
	while (map_next(&s->claims, &at, &key, &claim))
		free(claim);
	map_fini(&s->claims);
}

static void forget(struct sq *s)
{
	s->text_id = 0;
	map_fini(&s->texts);
	forget_claims(s);
}

/* Whether an item of a claim's runs has not left it: nothing is recorded, or it is still in doubt. */
static enum err still_open(struct sq *s, struct store_op *op, item_id_t id, bool *open)
{
	enum err err;
	sqlite3_stmt *st = sq_stmt(s, SQ_RESULT_LAST);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	bool has = sq_row(s, op, st, &err);
	int state = has ? sqlite3_column_int(st, 0) : ITEM_SENDING;
	sq_done(st);
	*open = state == ITEM_SENDING || state == ITEM_UNKNOWN || state == ITEM_RECONCILING;
	if (err || state != ITEM_QUEUED)
		return err;
	st = sq_stmt(s, SQ_READY_HAS);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	*open = !sq_row(s, op, st, &err);
	sq_done(st);
	return err;
}

static enum err load_claim(struct sq *s, struct store_op *op, uint64_t id, struct str runs)
{
	struct sq_claim *c = xcalloc(1, sizeof *c); /* without rows */
	c->id = id;
	for (size_t i = 0; i + 12 <= runs.len; i += 12) {
		uint64_t first;
		uint32_t count;
		memcpy(&first, runs.ptr + i, 8);
		memcpy(&count, runs.ptr + i + 8, 4);
		for (uint32_t k = 0; k < count; k++) {
			bool open;
			enum err err = still_open(s, op, first + k, &open);
			if (err) {
				free(c);
				return err;
			}
			c->open += open;
		}
	}
	free(map_put(&s->claims, str_make((const char *)&c->id, sizeof c->id), c));
	return OK;
}

/* Reads back what memory must know; after opening, and whenever an operation was rolled back. */
static enum err reload(struct sq *s, struct store_op *op)
{
	enum err err = OK;
	forget(s);
	if (s->reader)
		return OK;
	sqlite3_stmt *st = sq_stmt(s, SQ_CLAIM_ALL);
	while (!err && sq_row(s, op, st, &err)) {
		struct str runs = sq_col_copy(st, 2, &s->arena);
		err = load_claim(s, op, (uint64_t)sqlite3_column_int64(st, 0), runs);
	}
	sq_done(st);
	arena_reset(&s->arena);
	if (!err)
		err = sq_grants_load(s, op);
	return err ? err : sq_lists_load(s, op);
}

/* ---- opening -------------------------------------------------------------------------------------------------------- */

enum err sq_fail_open(struct sq *s, struct errmsg *e)
{
	int rc = sqlite3_errcode(s->db) & 0xff, cause = sqlite3_system_errno(s->db);
	bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
	return err_set(e, damaged ? ERR_CORRUPT : ERR_DISK, "%s: %s%s%s", s->path, sqlite3_errmsg(s->db),
	               cause ? ": " : "", cause ? strerror(cause) : "");
}

static enum err pragma(struct sq *s, const char *text, struct errmsg *e)
{
	return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? OK : sq_fail_open(s, e);
}

/*
 * When the last run ended after a sync that failed, the kernel may show what is not on disk. Whatever were appended to
 * such a log would be lost with it when the power goes: so its content is written to the file itself, and synced there.
 */
static enum err begin_log_anew(struct sq *s, struct errmsg *e)
{
	return pragma(s, "PRAGMA wal_checkpoint(TRUNCATE)", e);
}

/*
 * The log is written back to the file when it is long, or, while there is little else to do, when it is worth while: so a
 * batch seldom has to wait for it.
 */
static int on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct sq *s = arg;
	bool due =
	    frames >= (s->vfs ? WAL_TEST_FRAMES : WAL_MAX_FRAMES) || (s->tidied && frames >= WAL_IDLE_FRAMES);
	if (!due)
		return SQLITE_OK;
	/* Readers may be in its way: then the next one does it. */
	(void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static enum err connect_file(struct sq *s, struct errmsg *e)
{
	int flags = (s->reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
	            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	int rc = sqlite3_open_v2(s->path, &s->db, flags, s->vfs);
	if (rc != SQLITE_OK)
		return s->db ? sq_fail_open(s, e) : err_set(e, ERR_DISK, "%s: no memory", s->path);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	enum err err = OK;
	if (s->vfs) /* another file system is a test's: no shared memory, and checkpoints to be seen */
		err = pragma(s, "PRAGMA locking_mode = EXCLUSIVE", e);
	if (!err && !s->reader)
		err = pragma(s,
		             "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		             "PRAGMA journal_size_limit = 268435456",
		             e);
	if (!err && !s->reader)
		err = begin_log_anew(s, e);
	if (!err)
		err = pragma(s, s->reader ? "PRAGMA cache_size = -8192" : "PRAGMA cache_size = -16384", e);
	if (!s->reader)
		(void)sqlite3_wal_hook(s->db, on_commit, s); /* there was none */
	if (!err && !s->reader)
		err = sq_schema(s, e);
	if (!err && !s->reader)
		err = sq_history_schema(s, e);
	if (!err && !s->reader)
		err = sq_notice_schema(s, e);
	return err;
}

static void disconnect(struct sq *s)
{
	for (int i = 0; i < SQ__COUNT; i++) {
		sqlite3_finalize(s->stmts[i]);
		s->stmts[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

/* A second daemon on the same store would send everything twice. */
static enum err take_lock(struct sq *s, struct errmsg *e)
{
	char path[4096], holder[32] = "";
	if (snprintf(path, sizeof path, "%s" LOCK_SUFFIX, s->path) >= (int)sizeof path)
		return err_set(e, ERR_TOO_LONG, "%s: the path is too long", s->path);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return err_set(e, ERR_DISK, "%s: %s", path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = read(s->lock_fd, holder, sizeof holder - 1);
		holder[n > 0 ? strspn(holder, "0123456789") : 0] = '\0';
		return err_set(e, ERR_LOCKED, "%s: in use by another vneppd (process %s)", s->path,
		               holder[0] ? holder : "unknown");
	}
	int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
	if (ftruncate(s->lock_fd, 0) != 0 || write(s->lock_fd, holder, (size_t)n) != n)
		return err_set(e, ERR_DISK, "%s: %s", path, strerror(errno));
	return OK;
}

/* ---- groups --------------------------------------------------------------------------------------------------------- */

static enum err dispatch_read(struct sq *s, struct store_op *op)
{
	switch (op->type) {
	case STORE_QUEUES: return sq_queues(s, CONTAINER_OF(op, struct store_queues, op));
	case STORE_PREVIEW: return sq_preview(s, CONTAINER_OF(op, struct store_preview, op));
	case STORE_GET_CHANGES: return sq_get_changes(s, CONTAINER_OF(op, struct store_get_changes, op));
	case STORE_GET_DOMAINS: return sq_get_domains(s, CONTAINER_OF(op, struct store_get_domains, op));
	case STORE_GET_BATCH: return sq_get_batch(s, CONTAINER_OF(op, struct store_get_batch, op));
	case STORE_GET_ITEMS: return sq_get_items(s, CONTAINER_OF(op, struct store_get_items, op));
	case STORE_GET_ITEM: return sq_get_item(s, CONTAINER_OF(op, struct store_get_item, op));
	case STORE_GET_LISTS: return sq_get_lists(s, CONTAINER_OF(op, struct store_get_lists, op));
	case STORE_GET_NAMED: return sq_get_named(s, CONTAINER_OF(op, struct store_get_named, op));
	case STORE_GET_HELD: return sq_get_held(s, CONTAINER_OF(op, struct store_get_held, op));
	case STORE_GET_UNREAD: return sq_get_unread(s, CONTAINER_OF(op, struct store_get_unread, op));
	case STORE_GET_NOTES: return sq_get_notes(s, CONTAINER_OF(op, struct store_get_notes, op));
	case STORE_GET_OPEN: return sq_get_open(s, CONTAINER_OF(op, struct store_get_open, op));
	case STORE_GET_MESSAGES: return sq_get_messages(s, CONTAINER_OF(op, struct store_get_messages, op));
	case STORE_GET_RULES: return sq_get_rules(s, CONTAINER_OF(op, struct store_get_rules, op));
	case STORE_GET_RULES_STEPS:
		return sq_get_rules_steps(s, CONTAINER_OF(op, struct store_get_rules_steps, op));
	case STORE_GET_RECORDS: return sq_get_records(s, CONTAINER_OF(op, struct store_get_records, op));
	case STORE_GET_USED: return sq_get_used(s, CONTAINER_OF(op, struct store_get_used, op));
	case STORE_GET_DOMAIN: return sq_get_domain(s, CONTAINER_OF(op, struct store_get_domain, op));
	case STORE_GET_COUNTS: return sq_get_counts(s, CONTAINER_OF(op, struct store_get_counts, op));
	case STORE_GET_DEPTHS: return sq_get_depths(s, CONTAINER_OF(op, struct store_get_depths, op));
	case STORE_GET_HISTORY: return sq_get_history(s, CONTAINER_OF(op, struct store_get_history, op));
	case STORE_GET_PROGRESS: return sq_get_progress(s, CONTAINER_OF(op, struct store_get_progress, op));
	default: return err_set(&op->errmsg, ERR_DENIED, "a reading connection cannot do this");
	}
}

static enum err dispatch(struct sq *s, struct store_op *op)
{
	if (s->reader)
		return dispatch_read(s, op);
	switch (op->type) {
	case STORE_REGISTER: return sq_register(s, CONTAINER_OF(op, struct store_register, op));
	case STORE_REKEY: return sq_rekey(s, CONTAINER_OF(op, struct store_rekey, op));
	case STORE_SETTING: return sq_setting(s, CONTAINER_OF(op, struct store_setting, op));
	case STORE_RECOVER: return sq_recover(s, CONTAINER_OF(op, struct store_recover, op));
	case STORE_BATCH_BEGIN: return sq_batch_begin(s, CONTAINER_OF(op, struct store_batch_begin, op));
	case STORE_BATCH_CHUNK: return sq_batch_chunk(s, CONTAINER_OF(op, struct store_batch_chunk, op));
	case STORE_BATCH_PUBLISH:
		return sq_batch_publish(s, CONTAINER_OF(op, struct store_batch_publish, op));
	case STORE_BATCH_ABORT: return sq_batch_abort(s, CONTAINER_OF(op, struct store_batch_abort, op));
	case STORE_BATCH_CANCEL: return sq_batch_cancel(s, CONTAINER_OF(op, struct store_batch_cancel, op));
	case STORE_LEASE: return sq_lease(s, CONTAINER_OF(op, struct store_lease, op));
	case STORE_UNPARK: return sq_unpark(s, CONTAINER_OF(op, struct store_unpark, op));
	case STORE_EXPEDITE: return sq_expedite(s, CONTAINER_OF(op, struct store_expedite, op));
	case STORE_CLAIM: return sq_claim(s, CONTAINER_OF(op, struct store_claim, op));
	case STORE_FINISH: return sq_finish(s, CONTAINER_OF(op, struct store_finish, op));
	case STORE_MESSAGE_DONE: return sq_message_done(s, CONTAINER_OF(op, struct store_message_done, op));
	case STORE_MESSAGE: return sq_message(s, CONTAINER_OF(op, struct store_message, op));
	case STORE_RULES_KEEP: return sq_rules_keep(s, CONTAINER_OF(op, struct store_rules_keep, op));
	case STORE_LIST_BEGIN: return sq_list_begin(s, CONTAINER_OF(op, struct store_list_begin, op));
	case STORE_LIST_ROWS: return sq_list_rows(s, CONTAINER_OF(op, struct store_list_rows, op));
	case STORE_LIST_PUBLISH: return sq_list_publish(s, CONTAINER_OF(op, struct store_list_publish, op));
	case STORE_LIST_DROP: return sq_list_drop(s, CONTAINER_OF(op, struct store_list_drop, op));
	case STORE_LIST_UNDO: return sq_list_undo(s, CONTAINER_OF(op, struct store_list_undo, op));
	case STORE_LIST_DECIDE: return sq_list_decide(s, CONTAINER_OF(op, struct store_list_decide, op));
	case STORE_DECIDE: return sq_decide(s, CONTAINER_OF(op, struct store_decide, op));
	case STORE_LOOKED: return sq_looked(s, CONTAINER_OF(op, struct store_looked, op));
	case STORE_NOTIFY: return sq_notify(s, CONTAINER_OF(op, struct store_notify, op));
	case STORE_EXPIRE: return sq_expire(s, CONTAINER_OF(op, struct store_expire, op));
	case STORE_IMPORT: return sq_import(s, CONTAINER_OF(op, struct store_import, op));
	case STORE_HISTORY_ADD: return sq_history_add(s, CONTAINER_OF(op, struct store_history_add, op));
	case STORE_PROGRESS: return sq_progress(s, CONTAINER_OF(op, struct store_progress, op));
	case STORE_TIDY: s->tidied = true; return sq_tidy(s, CONTAINER_OF(op, struct store_tidy, op));
	default: return dispatch_read(s, op);
	}
}

/* `why` may be empty: then an operation knows. */
static void fail_all(struct store_op **ops, size_t count, const struct errmsg *why)
{
	struct errmsg text = *why;
	for (size_t i = 0; i < count && !text.text[0]; i++)
		if (ops[i]->err == ERR_DISK)
			text = ops[i]->errmsg;
	for (size_t i = 0; i < count; i++)
		ops[i]->err = err_set(&ops[i]->errmsg, ERR_DISK, "%s",
		                      text.text[0] ? text.text : "the store cannot be written");
}

static void roll_back(struct sq *s)
{
	struct store_op quiet = {0};
	if (!sqlite3_get_autocommit(s->db))
		(void)sq_run(s, &quiet, sq_stmt(s, SQ_ROLLBACK)); /* a failure shows when it is used again */
}

/* After a failure: whatever may still be open is rolled back, and memory read anew. True: the store can be used. */
static bool mend(struct sq *s, struct store_op *quiet)
{
	if (!s->suspect)
		return true;
	roll_back(s);
	s->suspect = false;
	if (sqlite3_get_autocommit(s->db) && reload(s, quiet) == OK && !s->suspect)
		return true;
	s->suspect = true;
	return false;
}

/* All but errors that say what is, and leave nothing half done. */
static bool needs_rollback(const struct store_op *op)
{
	enum err e = op->err;
	return e && (op->type == STORE_FINISH || (e != ERR_EXISTS && e != ERR_NOT_FOUND && e != ERR_FULL));
}

static void run_apart(struct sq *s, struct store_op *op)
{
	struct store_op quiet = {0};
	if (s->suspect) {
		op->err = err_set(&op->errmsg, ERR_DISK, "an earlier write of this group failed");
		return;
	}
	op->err = sq_run(s, op, sq_stmt(s, SQ_SAVEPOINT));
	if (op->err)
		return;
	op->err = dispatch(s, op);
	arena_reset(&s->arena);
	if (needs_rollback(op))
		(void)sq_run(s, &quiet, sq_stmt(s, SQ_ROLLBACK_TO)); /* a failure shows at the commit */
	(void)sq_run(s, &quiet, sq_stmt(s, SQ_RELEASE));
	if (needs_rollback(op) && !s->suspect && reload(s, &quiet))
		s->suspect = true;
}

/* True: every operation stands. Without savepoints, which cost a copy of every page that is touched. */
static bool run_together(struct sq *s, struct store_op **ops, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ops[i]->err = dispatch(s, ops[i]);
		arena_reset(&s->arena);
		if (needs_rollback(ops[i]) || s->suspect)
			return false;
	}
	return true;
}

/* One bad operation does not spoil the group: after the first that fails everything is run again, each apart. */
static enum err run_again(struct sq *s, struct store_op *quiet, struct store_op **ops, size_t count)
{
	enum err err = sq_run(s, quiet, sq_stmt(s, SQ_ROLLBACK));
	if (!err)
		err = reload(s, quiet);
	if (!err)
		err = sq_run(s, quiet, sq_stmt(s, s->reader ? SQ_BEGIN_READ : SQ_BEGIN));
	for (size_t i = 0; i < count && !err; i++) {
		ops[i]->errmsg = (struct errmsg){""};
		run_apart(s, ops[i]);
	}
	return err;
}

static void run(struct store_backend *b, struct store_op **ops, size_t count)
{
	struct sq *s = CONTAINER_OF(b, struct sq, backend);
	struct store_op quiet = {0};
	s->tidied = false;
	if (!mend(s, &quiet)) {
		fail_all(ops, count, &quiet.errmsg);
		return;
	}
	if (sq_run(s, &quiet, sq_stmt(s, s->reader ? SQ_BEGIN_READ : SQ_BEGIN))) {
		fail_all(ops, count, &quiet.errmsg);
		return;
	}
	if (!run_together(s, ops, count) && !s->suspect && run_again(s, &quiet, ops, count))
		s->suspect = true;
	if (s->suspect || sq_run(s, &quiet, sq_stmt(s, SQ_COMMIT))) {
		fail_all(ops, count, &quiet.errmsg);
		roll_back(s);
		s->suspect = true;
	}
}

static void close_backend(struct store_backend *b)
{
	struct sq *s = CONTAINER_OF(b, struct sq, backend);
	disconnect(s);
	forget(s);
	sq_filter_fini(&s->grants);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	buf_fini(&s->scratch);
	buf_fini(&s->text);
	arena_fini(&s->arena);
	free(s->path);
	free(s->vfs);
	free(s);
}

static enum err open_backend(const char *path, const char *vfs, bool reader, struct store_backend **out,
                             struct errmsg *e)
{
	static const struct store_backend_ops ops = {run, close_backend};
	/* Without its own account of memory, which costs a lock at every allocation. Refused, and not needed, once SQLite
	 * has been used. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	struct sq *s = xcalloc(1, sizeof *s);
	struct store_op quiet = {0};
	s->backend.ops = &ops;
	s->reader = reader;
	s->path = xstrdup(path);
	s->vfs = vfs ? xstrdup(vfs) : NULL;
	s->lock_fd = -1;
	buf_init(&s->scratch, SCRATCH_MAX);
	buf_init(&s->text, SCRATCH_MAX);
	bool in_memory = strcmp(path, ":memory:") == 0;
	enum err err = reader || vfs || in_memory ? OK : take_lock(s, e);
	if (!err)
		err = connect_file(s, e);
	if (!err && (err = reload(s, &quiet)))
		*e = quiet.errmsg;
	if (err)
		close_backend(&s->backend);
	else
		*out = &s->backend;
	return err;
}

enum err store_sqlite_open(const char *path, const char *vfs, struct store_backend **out, struct errmsg *e)
{
	return open_backend(path, vfs, false, out, e);
}

enum err store_sqlite_open_reader(const char *path, const char *vfs, struct store_backend **out,
                                  struct errmsg *e)
{
	return open_backend(path, vfs, true, out, e);
}

/* ---- decision texts --------------------------------------------------------------------------------------------------- */

static void keep_text(struct sq *s, struct str text, int64_t id)
{
	buf_clear(&s->text);
	buf_add(&s->text, text);
	s->text_id = buf_ok(&s->text) ? id : 0;
}

enum err sq_text_id(struct sq *s, struct store_op *op, struct str text, int64_t *id)
{
	enum err err;
	if (s->text_id && str_eq(buf_str(&s->text), text)) {
		*id = s->text_id;
		return OK;
	}
	void *known = map_get(&s->texts, text);
	if (known) {
		*id = (int64_t)(intptr_t)known;
		keep_text(s, text, *id);
		return OK;
	}
	sqlite3_stmt *st = sq_stmt(s, SQ_TEXT_GET);
	sq_bind_str(st, 1, text);
	bool found = sq_row(s, op, st, &err);
	*id = found ? sqlite3_column_int64(st, 0) : 0;
	sq_done(st);
	if (err)
		return err;
	if (!found) {
		st = sq_stmt(s, SQ_TEXT_ADD);
		sq_bind_str(st, 1, text);
		err = sq_run(s, op, st);
		if (err)
			return err;
		*id = sqlite3_last_insert_rowid(s->db);
	}
	if (s->texts.count >= TEXTS_MAX)
		map_fini(&s->texts);
	(void)map_put(&s->texts, text, (void *)(intptr_t)*id); /* it was not there */
	keep_text(s, text, *id);
	return OK;
}
