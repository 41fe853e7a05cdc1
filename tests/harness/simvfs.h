/*
 * Files for SQLite that live in memory and lose what was not synced: a VFS of its own per instance, with a panel of
 * switches for faults and a crash. Deterministic: time, randomness and the dice of a crash are the caller's. One
 * connection at a time is meant (WAL with locking_mode = EXCLUSIVE: there is no shared memory), locks are kept all the
 * same. For one thread.
 *
 * What it is strict about, as disks and kernels are: a write that fails has written some of its bytes; after a sync
 * that failed the pages count as clean, so that a later sync does not save them unless they are written again; a new
 * file that was never synced is gone after a crash, a deleted one may come back.
 */
#ifndef VNEPP_TESTS_SIMVFS_H
#define VNEPP_TESTS_SIMVFS_H

#include "epp/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define SIMVFS_SECTOR 512 /* what a disk writes whole, or torn */

struct simvfs;

/* `clock` is borrowed and may be NULL (the time is 0). Seeds SQLite's own generator, which is the process's, too. */
struct simvfs *simvfs_new(struct clock *clock, uint64_t seed);
/* Every connection is closed. */
void simvfs_free(struct simvfs *v);
/* For sqlite3_open_v2() and store_sqlite_open(). */
const char *simvfs_name(const struct simvfs *v);

/* ---- faults --------------------------------------------------------------------------------------------------------- */

enum simvfs_call {
	SIMVFS_OPEN,
	SIMVFS_READ,
	SIMVFS_WRITE,
	SIMVFS_TRUNCATE,
	SIMVFS_SYNC,
	SIMVFS_DELETE,
	SIMVFS_CALL__COUNT
};

/* Calls so far, failed ones included. */
uint64_t simvfs_count(const struct simvfs *v, enum simvfs_call call);
/* The n-th call of this kind from now on (1: the next) fails with `rc` (SQLITE_FULL, SQLITE_IOERR_FSYNC, …). */
void simvfs_fail(struct simvfs *v, enum simvfs_call call, uint64_t nth, int rc);
/* The n-th and every later one. */
void simvfs_fail_from(struct simvfs *v, enum simvfs_call call, uint64_t nth, int rc);
/* simvfs_power_off() at the n-th call. */
void simvfs_cut_power(struct simvfs *v, enum simvfs_call call, uint64_t nth);
/* Takes back every fault that was set. */
void simvfs_heal(struct simvfs *v);
/* Calls that were made to fail since simvfs_new(). */
uint64_t simvfs_faults(const struct simvfs *v);

/* ---- crashes -------------------------------------------------------------------------------------------------------- */

enum simvfs_loss {
	SIMVFS_LOSE_ALL,  /* nothing that was not synced is there */
	SIMVFS_LOSE_SOME, /* of the sectors that were not synced some are there, some not, some are torn */
	SIMVFS_LOSE_NONE, /* only the process has died: the kernel keeps what was written */
};

/* The process is dead: whatever is called from now on fails and changes nothing. */
void simvfs_power_off(struct simvfs *v);
/* After that, and after everything that was open was closed: what is left, with faults healed. */
void simvfs_crash(struct simvfs *v, enum simvfs_loss loss);

#endif
