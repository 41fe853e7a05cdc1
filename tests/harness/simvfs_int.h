/* Shared by simvfs.c (the VFS, faults) and simvfs_file.c (a file and what a crash brings back). */
#ifndef VNEPP_TESTS_SIMVFS_INT_H
#define VNEPP_TESTS_SIMVFS_INT_H

#include "epp/base/list.h"
#include "tests/harness/simvfs.h"

#include <stddef.h>

struct rng;

struct simvfs_undo {
	size_t sector;
	bool lost; /* written before a sync that failed: the next sync does not save it */
	uint8_t old[SIMVFS_SECTOR];
};

struct simvfs_file {
	struct list_node node;
	struct list handles;
	char *name; /* owned */
	bool exists;
	uint8_t *data; /* owned */
	size_t len, cap;
	/* What is on disk. */
	bool on_disk;
	size_t disk_len;
	struct simvfs_undo *undo; /* owned */
	size_t undo_count, undo_cap;
	uint32_t *undo_of; /* owned; by sector: 1 + index into undo, 0: none */
	size_t undo_of_cap;
};

void simvfs_file_write(struct simvfs_file *f, size_t from, const void *data, size_t n);
void simvfs_file_cut(struct simvfs_file *f, size_t len);
/* All that was written is on disk, but for what a sync that failed has lost. */
void simvfs_file_synced(struct simvfs_file *f);
/* The kernel has given up on what was dirty and calls it clean. */
void simvfs_file_sync_failed(struct simvfs_file *f);
/* It is deleted, and its folder was synced. */
void simvfs_file_gone(struct simvfs_file *f);
void simvfs_file_crash(struct rng *rng, struct simvfs_file *f, enum simvfs_loss loss);
void simvfs_file_free(struct simvfs_file *f);

#endif
