/*
 * A file is what the kernel has of it (`data`), and what a crash brings back: the old content of every sector that was
 * changed since the last sync (`undo`), and the length at that time. A sync forgets the undo; a crash applies it.
 */
#include "tests/harness/simvfs.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/list.h"
#include "epp/base/rng.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE         4096u /* what the kernel writes back at a time */
#define FILE_MAX     (1u << 30)
#define PATH_MAX_LEN 512
#define JULIAN_EPOCH 210866760000000ll /* 1970-01-01 in SQLite's milliseconds */

struct undo {
	size_t sector;
	bool lost; /* written before a sync that failed: the next sync does not save it */
	uint8_t old[SIMVFS_SECTOR];
};

struct file {
	struct list_node node;
	struct list handles;
	char *name; /* owned */
	bool exists;
	uint8_t *data; /* owned */
	size_t len, cap;
	/* What is on disk. */
	bool on_disk;
	size_t disk_len;
	struct undo *undo; /* owned */
	size_t undo_count, undo_cap;
	uint32_t *undo_of; /* owned; by sector: 1 + index into undo, 0: none */
	size_t undo_of_cap;
};

struct handle {
	sqlite3_file base;
	struct simvfs *vfs;
	struct file *file;
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

/* ---- what a crash brings back ----------------------------------------------------------------------------------------- */

static void undo_clear(struct file *f)
{
	for (size_t i = 0; i < f->undo_count; i++)
		f->undo_of[f->undo[i].sector] = 0;
	f->undo_count = 0;
}

static void undo_reserve(struct file *f, size_t sector)
{
	if (sector >= f->undo_of_cap) {
		size_t cap = f->undo_of_cap ? f->undo_of_cap : 64;
		while (cap <= sector)
			cap *= 2;
		f->undo_of = xrealloc(f->undo_of, cap, sizeof *f->undo_of);
		memset(f->undo_of + f->undo_of_cap, 0, (cap - f->undo_of_cap) * sizeof *f->undo_of);
		f->undo_of_cap = cap;
	}
	if (f->undo_count == f->undo_cap) {
		f->undo_cap = f->undo_cap ? 2 * f->undo_cap : 64;
		f->undo = xrealloc(f->undo, f->undo_cap, sizeof *f->undo);
	}
}

/* Keeps a sector as it is now, unless an older state of it is kept. */
static struct undo *undo_keep(struct file *f, size_t sector)
{
	undo_reserve(f, sector);
	if (f->undo_of[sector])
		return &f->undo[f->undo_of[sector] - 1];
	struct undo *u = &f->undo[f->undo_count++];
	size_t at = sector * SIMVFS_SECTOR;
	size_t n = at >= f->len ? 0 : f->len - at < SIMVFS_SECTOR ? f->len - at : SIMVFS_SECTOR;
	*u = (struct undo){.sector = sector};
	if (n)
		memcpy(u->old, f->data + at, n);
	f->undo_of[sector] = (uint32_t)f->undo_count;
	return u;
}

/* Before bytes from `from` to `to` change. What is behind the disk's end needs no undo. */
static void undo_range(struct file *f, size_t from, size_t to)
{
	size_t end = to < f->disk_len ? to : f->disk_len;
	for (size_t s = from / SIMVFS_SECTOR; s * SIMVFS_SECTOR < end; s++)
		(void)undo_keep(f, s); /* kept; nothing to set */
}

/* A page that is written to is dirty again as a whole. */
static void dirty_again(struct file *f, size_t from, size_t to)
{
	size_t last = (to + PAGE - 1) / PAGE * PAGE;
	for (size_t s = from / PAGE * PAGE / SIMVFS_SECTOR; s * SIMVFS_SECTOR < last && s < f->undo_of_cap;
	     s++)
		if (f->undo_of[s])
			f->undo[f->undo_of[s] - 1].lost = false;
}

static void synced(struct file *f)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->undo_count; i++) {
		struct undo *u = &f->undo[i];
		f->undo_of[u->sector] = 0;
		if (!u->lost)
			continue;
		f->undo[kept] = *u;
		f->undo_of[u->sector] = (uint32_t)++kept;
	}
	f->undo_count = kept;
	f->disk_len = f->len;
	f->on_disk = f->exists;
}

/* The kernel has given up on what was dirty and calls it clean. */
static void sync_failed(struct file *f)
{
	static const uint8_t nothing[SIMVFS_SECTOR];
	size_t first = f->disk_len / SIMVFS_SECTOR;
	for (size_t s = first; s * SIMVFS_SECTOR < f->len; s++) {
		size_t known = f->undo_count;
		struct undo *u = undo_keep(f, s);
		if (f->undo_count == known)
			continue;
		size_t cut = s == first ? f->disk_len % SIMVFS_SECTOR : 0;
		memcpy(u->old + cut, nothing, SIMVFS_SECTOR - cut);
	}
	for (size_t i = 0; i < f->undo_count; i++)
		f->undo[i].lost = true;
	f->disk_len = f->disk_len > f->len ? f->disk_len : f->len;
	f->on_disk = f->on_disk || f->exists;
}

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static struct file *find(struct simvfs *v, const char *name)
{
	list_for_each (n, &v->files) {
		struct file *f = LIST_ITEM(n, struct file, node);
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

static void set_len(struct file *f, size_t len)
{
	INVARIANT(len <= FILE_MAX);
	if (len > f->cap) {
		size_t cap = f->cap ? f->cap : PAGE;
		while (cap < len)
			cap *= 2;
		f->data = xrealloc(f->data, cap, 1);
		f->cap = cap;
	}
	if (len > f->len)
		memset(f->data + f->len, 0, len - f->len);
	f->len = len;
}

static void cut(struct file *f, size_t len)
{
	undo_range(f, len, f->len);
	set_len(f, len);
}

static void file_free(struct file *f)
{
	list_remove(&f->node);
	free(f->name);
	free(f->data);
	free(f->undo);
	free(f->undo_of);
	free(f);
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
		cut(h->file, 0);
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
	undo_range(h->file, from, from + count);
	dirty_again(h->file, from, from + count);
	if (from + count > h->file->len)
		set_len(h->file, from + count);
	memcpy(h->file->data + from, data, count);
	return rc;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
	struct handle *h = handle_of(base);
	int rc = pass(h->vfs, SIMVFS_TRUNCATE);
	if (rc)
		return rc;
	if ((size_t)len < h->file->len)
		cut(h->file, (size_t)len);
	return SQLITE_OK;
}

/* With the first sync of a new file its folder is synced: what was deleted before does not come back. */
static void folder_synced(struct simvfs *v)
{
	list_for_each (n, &v->files) {
		struct file *f = LIST_ITEM(n, struct file, node);
		if (f->exists)
			continue;
		undo_clear(f);
		synced(f);
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
		synced(h->file);
	else if (!h->vfs->off)
		sync_failed(h->file);
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

static struct file *create(struct simvfs *v, const char *name)
{
	struct file *f = xcalloc(1, sizeof *f);
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
	struct file *f = find(v, name);
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
	struct file *f = find(v, name);
	if (rc)
		return SQLITE_IOERR_DELETE;
	if (!f || !f->exists)
		return SQLITE_IOERR_DELETE_NOENT;
	cut(f, 0);
	f->exists = false;
	if (sync_folder) {
		undo_clear(f);
		synced(f);
	}
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
	struct file *f = find(self_of(base), name);
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
		struct file *f = LIST_ITEM(n, struct file, node);
		REQUIRE(list_empty(&f->handles));
		file_free(f);
	}
	free(v);
}

const char *simvfs_name(const struct simvfs *v)
{
	return v->name;
}

/* ---- crashes ------------------------------------------------------------------------------------------------------------------ */

/* One sector: as it was, as it is, or torn: the one before a place and the other behind it. */
static void draw_sector(struct simvfs *v, uint8_t *now, const uint8_t *old, size_t n, enum simvfs_loss loss)
{
	enum { AS_IT_WAS, AS_IT_IS, BEGINNING_SURVIVES, END_SURVIVES, FATES };
	uint64_t fate = loss == SIMVFS_LOSE_SOME ? rng_below(&v->rng, FATES) : AS_IT_WAS;
	size_t place = fate >= BEGINNING_SURVIVES ? (size_t)rng_below(&v->rng, n) : 0;
	if (fate == AS_IT_WAS || fate == BEGINNING_SURVIVES)
		memcpy(now + place, old + place, n - place);
	else if (fate == END_SURVIVES)
		memcpy(now, old, place);
}

static void undo_one(struct simvfs *v, struct file *f, const struct undo *u, enum simvfs_loss loss)
{
	size_t at = u->sector * SIMVFS_SECTOR;
	if (at < f->len)
		draw_sector(v, f->data + at, u->old,
		            f->len - at < SIMVFS_SECTOR ? f->len - at : SIMVFS_SECTOR, loss);
}

/* What was written behind the disk's end. */
static void undo_growth(struct simvfs *v, struct file *f, enum simvfs_loss loss)
{
	static const uint8_t nothing[SIMVFS_SECTOR];
	for (size_t at = f->disk_len; at < f->len;) {
		size_t end = (at / SIMVFS_SECTOR + 1) * SIMVFS_SECTOR;
		if (end > f->len)
			end = f->len;
		draw_sector(v, f->data + at, nothing, end - at, loss);
		at = end;
	}
}

static void file_crash(struct simvfs *v, struct file *f, enum simvfs_loss loss)
{
	bool lucky = loss == SIMVFS_LOSE_SOME && rng_below(&v->rng, 2);
	if (f->exists != f->on_disk && !lucky) {
		f->exists = f->on_disk;
		if (!f->exists) {
			undo_clear(f);
			set_len(f, 0);
		}
	}
	if (f->exists) {
		if (loss == SIMVFS_LOSE_ALL || rng_below(&v->rng, 2))
			set_len(f, f->disk_len);
		for (size_t i = 0; i < f->undo_count; i++)
			undo_one(v, f, &f->undo[i], loss);
		undo_growth(v, f, loss);
	}
	undo_clear(f);
	f->disk_len = f->len;
	f->on_disk = f->exists;
}

void simvfs_power_off(struct simvfs *v)
{
	v->off = true;
}

void simvfs_crash(struct simvfs *v, enum simvfs_loss loss)
{
	simvfs_heal(v);
	v->off = false;
	list_for_each (n, &v->files) {
		struct file *f = LIST_ITEM(n, struct file, node);
		REQUIRE(list_empty(&f->handles));
		if (loss != SIMVFS_LOSE_NONE)
			file_crash(v, f, loss);
	}
}
