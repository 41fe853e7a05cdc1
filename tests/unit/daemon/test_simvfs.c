/* The simulated file system forgets what disks forget. */
#include "epp/base/check.h"
#include "tests/harness/simvfs.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define N (8 * SIMVFS_SECTOR)

struct disk {
	struct simvfs *v;
	sqlite3_vfs *vfs;
	sqlite3_file *f; /* owned */
};

static void open_file(struct disk *d)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
	d->f = calloc(1, (size_t)d->vfs->szOsFile);
	assert_int_equal(d->vfs->xOpen(d->vfs, "f", d->f, flags, NULL), SQLITE_OK);
}

static void close_file(struct disk *d)
{
	assert_int_equal(d->f->pMethods->xClose(d->f), SQLITE_OK);
	free(d->f);
}

static struct disk disk_new(uint64_t seed)
{
	struct disk d = {.v = simvfs_new(NULL, seed)};
	d.vfs = sqlite3_vfs_find(simvfs_name(d.v));
	assert_non_null(d.vfs);
	open_file(&d);
	return d;
}

static void disk_free(struct disk *d)
{
	close_file(d);
	simvfs_free(d->v);
}

static int put(struct disk *d, char c, size_t from, size_t n)
{
	char data[2 * N];
	memset(data, c, n);
	return d->f->pMethods->xWrite(d->f, data, (int)n, (sqlite3_int64)from);
}

static int sync_file(struct disk *d)
{
	return d->f->pMethods->xSync(d->f, SQLITE_SYNC_NORMAL);
}

static size_t size_of(struct disk *d)
{
	sqlite3_int64 n;
	assert_int_equal(d->f->pMethods->xFileSize(d->f, &n), SQLITE_OK);
	return (size_t)n;
}

static char at(struct disk *d, size_t from)
{
	char c = '?';
	assert_int_equal(d->f->pMethods->xRead(d->f, &c, 1, (sqlite3_int64)from), SQLITE_OK);
	return c;
}

static void crash(struct disk *d, enum simvfs_loss loss)
{
	simvfs_power_off(d->v);
	assert_int_not_equal(put(d, 'x', 0, 1), SQLITE_OK);
	assert_int_not_equal(sync_file(d), SQLITE_OK);
	assert_int_not_equal(d->vfs->xDelete(d->vfs, "f", 1), SQLITE_OK);
	close_file(d);
	simvfs_crash(d->v, loss);
	open_file(d);
}

static void what_was_synced_stays_and_the_rest_goes(void **state)
{
	struct disk d = disk_new(1);
	(void)state;
	assert_int_equal(put(&d, 'a', 0, N), SQLITE_OK);
	assert_int_equal(sync_file(&d), SQLITE_OK);
	assert_int_equal(put(&d, 'b', 100, N), SQLITE_OK); /* over it, and behind it */
	assert_int_equal(at(&d, 100), 'b');
	crash(&d, SIMVFS_LOSE_NONE); /* of the process only */
	assert_int_equal(at(&d, 100), 'b');
	assert_int_equal(size_of(&d), N + 100);
	crash(&d, SIMVFS_LOSE_ALL);
	assert_int_equal(size_of(&d), N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(at(&d, i), 'a');
	/* What was cut off comes back, too. */
	assert_int_equal(d.f->pMethods->xTruncate(d.f, 10), SQLITE_OK);
	assert_int_equal(put(&d, 'c', 0, 5), SQLITE_OK);
	crash(&d, SIMVFS_LOSE_ALL);
	assert_int_equal(size_of(&d), N);
	assert_int_equal(at(&d, 0), 'a');
	assert_int_equal(at(&d, N - 1), 'a');
	disk_free(&d);
}

static void a_new_file_is_there_when_it_was_synced(void **state)
{
	struct disk d = disk_new(1);
	(void)state;
	assert_int_equal(put(&d, 'a', 0, 10), SQLITE_OK);
	crash(&d, SIMVFS_LOSE_ALL);
	assert_int_equal(size_of(&d), 0);
	disk_free(&d);
}

static void a_deleted_file_may_come_back(void **state)
{
	(void)state;
	for (int synced = 0; synced < 2; synced++) {
		struct disk d = disk_new(1);
		int there;
		assert_int_equal(put(&d, 'a', 0, 10), SQLITE_OK);
		assert_int_equal(sync_file(&d), SQLITE_OK);
		assert_int_equal(d.vfs->xDelete(d.vfs, "f", synced), SQLITE_OK);
		assert_int_equal(d.vfs->xAccess(d.vfs, "f", SQLITE_ACCESS_EXISTS, &there), SQLITE_OK);
		assert_false(there);
		crash(&d, SIMVFS_LOSE_ALL);
		assert_int_equal(size_of(&d), synced ? 0 : 10);
		disk_free(&d);
	}
}

static void some_sectors_survive_some_do_not_some_are_torn(void **state)
{
	size_t old = 0, new = 0, torn = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct disk d = disk_new(seed);
		assert_int_equal(put(&d, 'a', 0, N), SQLITE_OK);
		assert_int_equal(sync_file(&d), SQLITE_OK);
		assert_int_equal(put(&d, 'b', 0, N), SQLITE_OK);
		crash(&d, SIMVFS_LOSE_SOME);
		assert_int_equal(size_of(&d), N);
		for (size_t s = 0; s < N; s += SIMVFS_SECTOR) {
			size_t changes = 0;
			for (size_t i = s + 1; i < s + SIMVFS_SECTOR; i++)
				changes += at(&d, i) != at(&d, i - 1);
			assert_true(changes <= 1);
			torn += changes;
			old += !changes && at(&d, s) == 'a';
			new += !changes &&at(&d, s) == 'b';
		}
		disk_free(&d);
	}
	assert_true(old > 50 && new > 50 && torn > 50);
	assert_int_equal(old + new + torn, 400);
}

static void a_failing_call_fails_once_or_for_ever(void **state)
{
	struct disk d = disk_new(1);
	(void)state;
	simvfs_fail(d.v, SIMVFS_WRITE, 2, SQLITE_FULL);
	assert_int_equal(put(&d, 'a', 0, 10), SQLITE_OK);
	assert_int_equal(put(&d, 'a', 0, 10), SQLITE_FULL);
	assert_int_equal(put(&d, 'a', 0, 10), SQLITE_OK);
	simvfs_fail_from(d.v, SIMVFS_SYNC, 1, SQLITE_IOERR_FSYNC);
	assert_int_equal(sync_file(&d), SQLITE_IOERR_FSYNC);
	assert_int_equal(sync_file(&d), SQLITE_IOERR_FSYNC);
	simvfs_heal(d.v);
	assert_int_equal(sync_file(&d), SQLITE_OK);
	assert_int_equal(simvfs_faults(d.v), 3);
	assert_int_equal(simvfs_count(d.v, SIMVFS_SYNC), 3);
	disk_free(&d);
}

/* The kernel drops what it could not write: a later sync that goes well says nothing about it. */
static void a_sync_that_failed_has_lost_its_pages(void **state)
{
	struct disk d = disk_new(1);
	(void)state;
	assert_int_equal(put(&d, 'a', 0, 2 * N), SQLITE_OK);
	assert_int_equal(sync_file(&d), SQLITE_OK);
	assert_int_equal(put(&d, 'b', 0, 2 * N), SQLITE_OK);
	simvfs_fail(d.v, SIMVFS_SYNC, 1, SQLITE_IOERR_FSYNC);
	assert_int_equal(sync_file(&d), SQLITE_IOERR_FSYNC);
	assert_int_equal(at(&d, 0), 'b');
	assert_int_equal(put(&d, 'c', 0, 10), SQLITE_OK); /* this page is dirty again */
	assert_int_equal(sync_file(&d), SQLITE_OK);
	crash(&d, SIMVFS_LOSE_ALL);
	assert_int_equal(at(&d, 0), 'c');
	assert_int_equal(at(&d, 10), 'b');
	assert_int_equal(at(&d, 4096), 'a');
	disk_free(&d);
}

static void locks_are_kept(void **state)
{
	struct disk d = disk_new(1), other = d;
	int reserved;
	(void)state;
	open_file(&other);
	assert_int_equal(d.f->pMethods->xLock(d.f, SQLITE_LOCK_SHARED), SQLITE_OK);
	assert_int_equal(other.f->pMethods->xLock(other.f, SQLITE_LOCK_SHARED), SQLITE_OK);
	assert_int_equal(d.f->pMethods->xLock(d.f, SQLITE_LOCK_RESERVED), SQLITE_OK);
	assert_int_equal(other.f->pMethods->xCheckReservedLock(other.f, &reserved), SQLITE_OK);
	assert_true(reserved);
	assert_int_equal(other.f->pMethods->xLock(other.f, SQLITE_LOCK_RESERVED), SQLITE_BUSY);
	assert_int_equal(d.f->pMethods->xLock(d.f, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
	assert_int_equal(other.f->pMethods->xUnlock(other.f, SQLITE_LOCK_NONE), SQLITE_OK);
	assert_int_equal(d.f->pMethods->xLock(d.f, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
	assert_int_equal(other.f->pMethods->xLock(other.f, SQLITE_LOCK_SHARED), SQLITE_BUSY);
	close_file(&other);
	disk_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_synced_stays_and_the_rest_goes),
	    cmocka_unit_test(a_new_file_is_there_when_it_was_synced),
	    cmocka_unit_test(a_deleted_file_may_come_back),
	    cmocka_unit_test(some_sectors_survive_some_do_not_some_are_torn),
	    cmocka_unit_test(a_failing_call_fails_once_or_for_ever),
	    cmocka_unit_test(a_sync_that_failed_has_lost_its_pages),
	    cmocka_unit_test(locks_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
