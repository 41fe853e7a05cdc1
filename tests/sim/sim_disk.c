/*
 * The gateway's disk: of a third of the seeds each the memory store, SQLite in memory, and SQLite on simulated files,
 * which are full or cannot be synced for a while, and lose at a crash what was not synced.
 */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <sqlite3.h>
#include <stdio.h>

#define FAULTS_MAX   6
#define FAULT_GAP_MS 60000
#define FAULT_MAX_MS 20000

static struct sim_world *world_of(struct sim_disk *d)
{
	return CONTAINER_OF(d, struct sim_world, disk);
}

/* ---- a disk that fails for a while ---------------------------------------------------------------------------------- */

static void plan_fault(struct sim_world *w)
{
	if (w->disk.faults_left == 0)
		return;
	w->disk.faults_left--;
	loop_timer_set(&w->v.loop, &w->disk.next_fault, 1 + rng_below(&w->rng, FAULT_GAP_MS));
}

static void on_end_of_fault(struct loop_timer *t)
{
	struct sim_world *w = world_of(CONTAINER_OF(t, struct sim_disk, end_of_fault));
	LOG(&w->log, LOG_NOTICE, "sim.disk_works", "again");
	simvfs_heal(w->disk.files);
	plan_fault(w);
}

static void on_fault(struct loop_timer *t)
{
	static const struct {
		const char *what;
		enum simvfs_call call;
		int rc;
		bool for_ever;
	} kinds[] = {{"full", SIMVFS_WRITE, SQLITE_FULL, true},
	             {"cannot be written", SIMVFS_WRITE, SQLITE_IOERR_WRITE, true},
	             {"cannot be synced", SIMVFS_SYNC, SQLITE_IOERR_FSYNC, true},
	             {"one write fails", SIMVFS_WRITE, SQLITE_IOERR_WRITE, false},
	             {"one sync fails", SIMVFS_SYNC, SQLITE_IOERR_FSYNC, false}};
	struct sim_world *w = world_of(CONTAINER_OF(t, struct sim_disk, next_fault));
	size_t k = (size_t)rng_below(&w->rng, ARRAY_LEN(kinds));
	uint64_t nth = 1 + rng_below(&w->rng, 40);
	LOG(&w->log, LOG_NOTICE, "sim.disk_fails", kinds[k].what, F_U64("call", nth));
	if (kinds[k].for_ever)
		simvfs_fail_from(w->disk.files, kinds[k].call, nth, kinds[k].rc);
	else
		simvfs_fail(w->disk.files, kinds[k].call, nth, kinds[k].rc);
	w->disk.faults++;
	loop_timer_set(&w->v.loop, &w->disk.end_of_fault, 1 + rng_below(&w->rng, FAULT_MAX_MS));
}

void sim_disk_calm(struct sim_world *w)
{
	loop_timer_cancel(&w->v.loop, &w->disk.next_fault);
	loop_timer_cancel(&w->v.loop, &w->disk.end_of_fault);
	w->disk.faults_left = 0;
	if (w->disk.files)
		simvfs_heal(w->disk.files);
}

bool sim_disk_has_failed(const struct sim_world *w)
{
	return w->disk.files && simvfs_faults(w->disk.files) > w->disk.faults_before;
}

/* ---- opening and crashing --------------------------------------------------------------------------------------------- */

void sim_disk_init(struct sim_world *w)
{
	struct sim_disk *d = &w->disk;
	d->kind = (enum sim_store)(w->seed % SIM_STORE__COUNT);
	if (w->rush && d->kind == SIM_STORE_MEMORY)
		d->kind = SIM_STORE_SQLITE; /* it walks through all items, which are too many here */
	d->next_fault.fire = on_fault;
	d->end_of_fault.fire = on_end_of_fault;
	if (d->kind != SIM_STORE_FILES)
		return;
	d->files = simvfs_new(&w->v.clock, rng_u64(&w->rng));
	d->faults_left = (unsigned)rng_below(&w->rng, FAULTS_MAX);
	plan_fault(w);
}

void sim_disk_open(struct sim_world *w)
{
	struct sim_disk *d = &w->disk;
	struct errmsg e = {""};
	if (d->files)
		d->faults_before = simvfs_faults(d->files);
	if (d->store)
		return; /* it has survived */
	if (d->kind == SIM_STORE_MEMORY) {
		d->store = store_mem_new(&w->rng);
		return;
	}
	const char *vfs = d->files ? simvfs_name(d->files) : NULL;
	if (store_sqlite_open(d->files ? "vnepp.db" : ":memory:", vfs, &d->store, &e))
		fprintf(stderr, "the store cannot be opened: %s\n", e.text);
	INVARIANT(d->store);
}

void sim_disk_crash(struct sim_world *w, bool power)
{
	struct sim_disk *d = &w->disk;
	if (!d->files)
		return;
	bool failing = loop_timer_is_set(&d->end_of_fault);
	enum simvfs_loss loss =
	    !power ? SIMVFS_LOSE_NONE : (enum simvfs_loss)rng_below(&w->rng, SIMVFS_LOSE_NONE + 1);
	simvfs_power_off(d->files);
	d->store->ops->close(d->store);
	d->store = NULL;
	simvfs_crash(d->files, loss);
	loop_timer_cancel(&w->v.loop, &d->end_of_fault);
	if (failing)
		plan_fault(w);
}
