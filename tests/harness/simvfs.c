/*
 * The VFS: its methods, its locks, and the switches that make calls fail. What a file forgets is in simvfs_file.c.
 */
#include "tests/harness/simvfs_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_LEN 512
#define JULIAN_EPOCH 210866760000000ll /* 1970-01-01 in SQLite's milliseconds */

struct handle {
	sqlite3_file base;
	struct simvfs *vfs;
	struct simvfs_file *file;
	struct list_node node; /* in file->handles */
	int lock;
	bool delete_on_close;
};

struct fault {
	uint64_t at; /* the call's number; 0: none */
	bool for_ever, power;
	int rc;
};

struct simvfs {
	sqlite3_vfs vfs;
	char name[32];
	struct clock *clock; /* borrowed */
	struct rng rng;
	struct list files;
	struct fault faults[SIMVFS_CALL__COUNT];
	uint64_t counts[SIMVFS_CALL__COUNT];
	uint64_t failed;
	bool off;
};

/* ---- faults --------------------------------------------------------------------------------------------------------- */

/* SQLITE_OK, or what the call must answer. */
static int pass(struct simvfs *v, enum simvfs_call call)
{
	struct fault *f = &v->faults[call];
	uint64_t n = ++v->counts[call];
	bool hit = f->at && (n == f->at || (f->for_ever && n > f->at));
	if (hit && f->power)
		v->off = true;
	if (!hit && !v->off)
		return SQLITE_OK;
	v->failed++;
	return v->off ? SQLITE_IOERR : f->rc;
}

static void set_fault(struct simvfs *v, enum simvfs_call call, uint64_t nth, struct fault f)
{
	REQUIRE(nth > 0);
	f.at = v->counts[call] + nth;
	v->faults[call] = f;
}

void simvfs_fail(struct simvfs *v, enum simvfs_call call, uint64_t nth, int rc)
{
	set_fault(v, call, nth, (struct fault){.rc = rc});
}

void simvfs_fail_from(struct simvfs *v, enum simvfs_call call, uint64_t nth, int rc)
{
	set_fault(v, call, nth, (struct fault){.rc = rc, .for_ever = true});
}

void simvfs_cut_power(struct simvfs *v, enum simvfs_call call, uint64_t nth)
{
	set_fault(v, call, nth, (struct fault){.power = true});
}

void simvfs_heal(struct simvfs *v)
{
	memset(v->faults, 0, sizeof v->faults);
}

uint64_t simvfs_count(const struct simvfs *v, enum simvfs_call call)
{
	return v->counts[call];
}

uint64_t simvfs_faults(const struct simvfs *v)
{
	return v->failed;
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static struct simvfs_file *find(struct simvfs *v, const char *name)
{
	list_for_each (n, &v->files) {
		struct simvfs_file *f = LIST_ITEM(n, struct simvfs_file, node);
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

/* ---- the methods of a file ------------------------------------------------------------------------------------------------ */

static struct handle *handle_of(sqlite3_file *base)
{
	return CONTAINER_OF(base, struct handle, base);
}

static int file_close(sqlite3_file *base)
{
	struct handle *h = handle_of(base);
	list_remove(&h->node);
	if (h->delete_on_close) {
		simvfs_file_cut(h->file, 0);
		h->file->exists = false;
	}
	return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int n, sqlite3_int64 at)
{
	struct handle *h = handle_of(base);
	if (pass(h->vfs, SIMVFS_READ))
		return SQLITE_IOERR_READ;
	size_t len = h->file->len, from = (size_t)at;
	size_t have = from >= len ? 0 : len - from < (size_t)n ? len - from : (size_t)n;
	if (have)
		memcpy(out, h->file->data + from, have);
	memset((char *)out + have, 0, (size_t)n - have);
	return have == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int n, sqlite3_int64 at)
{
	struct handle *h = handle_of(base);
	size_t from = (size_t)at, count = (size_t)n;
	int rc = pass(h->vfs, SIMVFS_WRITE);
	if (rc)
		count = h->vfs->off ? 0 : (size_t)rng_below(&h->vfs->rng, count + 1);
	if (count == 0)
		return rc;
	simvfs_file_write(h->file, from, data, count);
	return rc;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	struct handle *h = handle_of(base);
	int rc = pass(h->vfs, SIMVFS_TRUNCATE);
	if (rc)
		return rc;
	if ((size_t)len < h->file->len)
		simvfs_file_cut(h->file, (size_t)len);
	return SQLITE_OK;
}

/* With the first sync of a new file its folder is synced: what was deleted before does not come back. */
static void folder_synced(struct simvfs *v)
{
	list_for_each (n, &v->files) {
		struct simvfs_file *f = LIST_ITEM(n, struct simvfs_file, node);
		if (!f->exists)
			simvfs_file_gone(f);
	}
}

static int file_sync(sqlite3_file *base, int flags)
{
	struct handle *h = handle_of(base);
	(void)flags;
	int rc = pass(h->vfs, SIMVFS_SYNC);
	if (!rc && !h->file->on_disk)
		folder_synced(h->vfs);
	if (!rc)
		simvfs_file_synced(h->file);
	else if (!h->vfs->off)
		simvfs_file_sync_failed(h->file);
	return rc;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
	struct handle *h = handle_of(base);
	*out = (sqlite3_int64)h->file->len;
	return h->vfs->off ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int highest_other_lock(const struct handle *h)
{
	int lock = SQLITE_LOCK_NONE;
	list_for_each (n, &h->file->handles) {
		const struct handle *other = LIST_ITEM(n, struct handle, node);
		if (other != h && other->lock > lock)
			lock = other->lock;
	}
	return lock;
}

static int file_lock(sqlite3_file *base, int lock)
{
	struct handle *h = handle_of(base);
	int other = highest_other_lock(h);
	if (h->vfs->off)
		return SQLITE_IOERR_LOCK;
	if ((lock == SQLITE_LOCK_SHARED && other >= SQLITE_LOCK_PENDING) ||
	    (lock == SQLITE_LOCK_RESERVED && other >= SQLITE_LOCK_RESERVED) ||
	    (lock == SQLITE_LOCK_EXCLUSIVE && other >= SQLITE_LOCK_SHARED))
		return SQLITE_BUSY;
	if (lock > h->lock)
		h->lock = lock;
	return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int lock)
{
	struct handle *h = handle_of(base);
	if (lock < h->lock)
		h->lock = lock;
	return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out)
{
	*out = highest_other_lock(handle_of(base)) >= SQLITE_LOCK_RESERVED;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
	(void)base;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
	(void)base;
	return SIMVFS_SECTOR;
}

static int file_device(sqlite3_file *base)
{
	(void)base;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as SQLite takes every disk to be: a torn write stays in its bytes */
}

/* ---- the methods of the VFS ------------------------------------------------------------------------------------------------- */

static struct simvfs *self_of(sqlite3_vfs *base)
{
	return CONTAINER_OF(base, struct simvfs, vfs);
}

static struct simvfs_file *create(struct simvfs *v, const char *name)
{
	struct simvfs_file *f = xcalloc(1, sizeof *f);
	f->name = xstrdup(name);
	list_push(&v->files, &f->node);
	return f;
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *out, int flags, int *out_flags)
{
	static const sqlite3_io_methods methods = {.iVersion = 1,
	                                           .xClose = file_close,
	                                           .xRead = file_read,
	                                           .xWrite = file_write,
	                                           .xTruncate = file_truncate,
	                                           .xSync = file_sync,
	                                           .xFileSize = file_size,
	                                           .xLock = file_lock,
	                                           .xUnlock = file_unlock,
	                                           .xCheckReservedLock = file_check_reserved,
	                                           .xFileControl = file_control,
	                                           .xSectorSize = file_sector_size,
	                                           .xDeviceCharacteristics = file_device};
	struct simvfs *v = self_of(base);
	struct handle *h = handle_of(out);
	char temporary[32];
	out->pMethods = NULL;
	int rc = pass(v, SIMVFS_OPEN);
	if (rc)
		return SQLITE_CANTOPEN;
	if (!name) {
		snprintf(temporary, sizeof temporary, "temporary-%llu",
		         (unsigned long long)v->counts[SIMVFS_OPEN]);
		name = temporary;
	}
	struct simvfs_file *f = find(v, name);
	if ((!f || !f->exists) && !(flags & SQLITE_OPEN_CREATE))
		return SQLITE_CANTOPEN;
	if (!f)
		f = create(v, name);
	f->exists = true;
	*h = (struct handle){.vfs = v, .file = f, .delete_on_close = flags & SQLITE_OPEN_DELETEONCLOSE};
	list_push(&f->handles, &h->node);
	h->base.pMethods = &methods;
	if (out_flags)
		*out_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync_folder)
{
	struct simvfs *v = self_of(base);
	int rc = pass(v, SIMVFS_DELETE);
	struct simvfs_file *f = find(v, name);
	if (rc)
		return SQLITE_IOERR_DELETE;
	if (!f || !f->exists)
		return SQLITE_IOERR_DELETE_NOENT;
	simvfs_file_cut(f, 0);
	f->exists = false;
	if (sync_folder)
		simvfs_file_gone(f);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
	struct simvfs_file *f = find(self_of(base), name);
	(void)flags;
	*out = f && f->exists;
	return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *base, const char *name, int size, char *out)
{
	(void)base;
	return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *base, int n, char *out)
{
	struct simvfs *v = self_of(base);
	v->rng.fill(&v->rng, out, (size_t)n);
	return n;
}

/* Nobody else is there who could give up a lock meanwhile. */
static int vfs_sleep(sqlite3_vfs *base, int us)
{
	(void)base;
	return us;
}

static int vfs_last_error(sqlite3_vfs *base, int n, char *out)
{
	(void)base;
	if (n > 0)
		out[0] = '\0';
	return 0;
}

static int vfs_time_ms(sqlite3_vfs *base, sqlite3_int64 *out)
{
	struct simvfs *v = self_of(base);
	*out = JULIAN_EPOCH + (v->clock ? v->clock->wall(v->clock) : 0);
	return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *base, double *out)
{
	sqlite3_int64 ms;
	int rc = vfs_time_ms(base, &ms);
	*out = (double)ms / 86400000.0;
	return rc;
}

struct simvfs *simvfs_new(struct clock *clock, uint64_t seed)
{
	static unsigned counter; /* SQLite finds a VFS by its name */
	struct simvfs *v = xcalloc(1, sizeof *v);
	snprintf(v->name, sizeof v->name, "simvfs-%u", ++counter);
	v->clock = clock;
	rng_init_seed(&v->rng, seed);
	v->vfs = (sqlite3_vfs){.iVersion = 2,
	                       .szOsFile = sizeof(struct handle),
	                       .mxPathname = PATH_MAX_LEN,
	                       .zName = v->name,
	                       .xOpen = vfs_open,
	                       .xDelete = vfs_delete,
	                       .xAccess = vfs_access,
	                       .xFullPathname = vfs_full_path,
	                       .xRandomness = vfs_randomness,
	                       .xSleep = vfs_sleep,
	                       .xCurrentTime = vfs_time,
	                       .xGetLastError = vfs_last_error,
	                       .xCurrentTimeInt64 = vfs_time_ms};
	INVARIANT(sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK);
	INVARIANT(sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)(seed & 0x7fffffff) | 1, NULL) ==
	          SQLITE_OK);
	return v;
}

void simvfs_free(struct simvfs *v)
{
	sqlite3_vfs_unregister(&v->vfs);
	list_for_each_safe (n, &v->files) {
		struct simvfs_file *f = LIST_ITEM(n, struct simvfs_file, node);
		REQUIRE(list_empty(&f->handles));
		simvfs_file_free(f);
	}
	free(v);
}

const char *simvfs_name(const struct simvfs *v)
{
	return v->name;
}

/* ---- crashes ------------------------------------------------------------------------------------------------------------------ */

void simvfs_power_off(struct simvfs *v)
{
	v->off = true;
}

void simvfs_crash(struct simvfs *v, enum simvfs_loss loss)
{
	simvfs_heal(v);
	v->off = false;
	list_for_each (n, &v->files) {
		struct simvfs_file *f = LIST_ITEM(n, struct simvfs_file, node);
		REQUIRE(list_empty(&f->handles));
		if (loss != SIMVFS_LOSE_NONE)
			simvfs_file_crash(&v->rng, f, loss);
	}
}
