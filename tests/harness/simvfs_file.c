/*
 * One simulated file: what the kernel has of it (`data`), and what a crash brings back: the old content of every sector
 * that was changed since the last sync (`undo`), and the length at that time. A sync forgets the undo; a crash applies it.
 */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/harness/simvfs_int.h"

#include <stdlib.h>
#include <string.h>

#define PAGE     4096u /* what the kernel writes back at a time */
#define FILE_MAX (1u << 30)

/* ---- what a crash brings back ----------------------------------------------------------------------------------------- */

static void undo_clear(struct simvfs_file *f)
{
	for (size_t i = 0; i < f->undo_count; i++)
		f->undo_of[f->undo[i].sector] = 0;
	f->undo_count = 0;
}

static void undo_reserve(struct simvfs_file *f, size_t sector)
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
static struct simvfs_undo *undo_keep(struct simvfs_file *f, size_t sector)
{
	undo_reserve(f, sector);
	if (f->undo_of[sector])
		return &f->undo[f->undo_of[sector] - 1];
	struct simvfs_undo *u = &f->undo[f->undo_count++];
	size_t at = sector * SIMVFS_SECTOR;
	size_t n = at >= f->len ? 0 : f->len - at < SIMVFS_SECTOR ? f->len - at : SIMVFS_SECTOR;
	*u = (struct simvfs_undo){.sector = sector};
	if (n)
		memcpy(u->old, f->data + at, n);
	f->undo_of[sector] = (uint32_t)f->undo_count;
	return u;
}

/* Before bytes from `from` to `to` change. What is behind the disk's end needs no undo. */
static void undo_range(struct simvfs_file *f, size_t from, size_t to)
{
	size_t end = to < f->disk_len ? to : f->disk_len;
	for (size_t s = from / SIMVFS_SECTOR; s * SIMVFS_SECTOR < end; s++)
		(void)undo_keep(f, s); /* kept; nothing to set */
}

/* A page that is written to is dirty again as a whole. */
static void dirty_again(struct simvfs_file *f, size_t from, size_t to)
{
	size_t last = (to + PAGE - 1) / PAGE * PAGE;
	for (size_t s = from / PAGE * PAGE / SIMVFS_SECTOR; s * SIMVFS_SECTOR < last && s < f->undo_of_cap;
	     s++)
		if (f->undo_of[s])
			f->undo[f->undo_of[s] - 1].lost = false;
}

void simvfs_file_synced(struct simvfs_file *f)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->undo_count; i++) {
		struct simvfs_undo *u = &f->undo[i];
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
void simvfs_file_sync_failed(struct simvfs_file *f)
{
	static const uint8_t nothing[SIMVFS_SECTOR];
	size_t first = f->disk_len / SIMVFS_SECTOR;
	for (size_t s = first; s * SIMVFS_SECTOR < f->len; s++) {
		size_t known = f->undo_count;
		struct simvfs_undo *u = undo_keep(f, s);
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

/* ---- changes ------------------------------------------------------------------------------------------------- */

static void set_len(struct simvfs_file *f, size_t len)
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

void simvfs_file_cut(struct simvfs_file *f, size_t len)
{
	undo_range(f, len, f->len);
	set_len(f, len);
}

void simvfs_file_write(struct simvfs_file *f, size_t from, const void *data, size_t n)
{
	undo_range(f, from, from + n);
	dirty_again(f, from, from + n);
	if (from + n > f->len)
		set_len(f, from + n);
	memcpy(f->data + from, data, n);
}

void simvfs_file_gone(struct simvfs_file *f)
{
	undo_clear(f);
	simvfs_file_synced(f);
}

void simvfs_file_free(struct simvfs_file *f)
{
	list_remove(&f->node);
	free(f->name);
	free(f->data);
	free(f->undo);
	free(f->undo_of);
	free(f);
}

/* ---- crashes ------------------------------------------------------------------------------------------------- */

/* One sector: as it was, as it is, or torn: the one before a place and the other behind it. */
static void draw_sector(struct rng *rng, uint8_t *now, const uint8_t *old, size_t n, enum simvfs_loss loss)
{
	enum { AS_IT_WAS, AS_IT_IS, BEGINNING_SURVIVES, END_SURVIVES, FATES };
	uint64_t fate = loss == SIMVFS_LOSE_SOME ? rng_below(rng, FATES) : AS_IT_WAS;
	size_t place = fate >= BEGINNING_SURVIVES ? (size_t)rng_below(rng, n) : 0;
	if (fate == AS_IT_WAS || fate == BEGINNING_SURVIVES)
		memcpy(now + place, old + place, n - place);
	else if (fate == END_SURVIVES)
		memcpy(now, old, place);
}

static void undo_one(struct rng *rng, struct simvfs_file *f, const struct simvfs_undo *u,
                     enum simvfs_loss loss)
{
	size_t at = u->sector * SIMVFS_SECTOR;
	if (at < f->len)
		draw_sector(rng, f->data + at, u->old,
		            f->len - at < SIMVFS_SECTOR ? f->len - at : SIMVFS_SECTOR, loss);
}

/* What was written behind the disk's end. */
static void undo_growth(struct rng *rng, struct simvfs_file *f, enum simvfs_loss loss)
{
	static const uint8_t nothing[SIMVFS_SECTOR];
	for (size_t at = f->disk_len; at < f->len;) {
		size_t end = (at / SIMVFS_SECTOR + 1) * SIMVFS_SECTOR;
		if (end > f->len)
			end = f->len;
		draw_sector(rng, f->data + at, nothing, end - at, loss);
		at = end;
	}
}

void simvfs_file_crash(struct rng *rng, struct simvfs_file *f, enum simvfs_loss loss)
{
	bool lucky = loss == SIMVFS_LOSE_SOME && rng_below(rng, 2);
	if (f->exists != f->on_disk && !lucky) {
		f->exists = f->on_disk;
		if (!f->exists) {
			undo_clear(f);
			set_len(f, 0);
		}
	}
	if (f->exists) {
		if (loss == SIMVFS_LOSE_ALL || rng_below(rng, 2))
			set_len(f, f->disk_len);
		for (size_t i = 0; i < f->undo_count; i++)
			undo_one(rng, f, &f->undo[i], loss);
		undo_growth(rng, f, loss);
	}
	undo_clear(f);
	f->disk_len = f->len;
	f->on_disk = f->exists;
}
