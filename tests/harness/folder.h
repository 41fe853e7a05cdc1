/* A folder of a test's own, with files that it writes; removed with everything in it. */
#ifndef VNEPP_TESTS_FOLDER_H
#define VNEPP_TESTS_FOLDER_H

#include "epp/base/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct folder {
	char path[96];
};

static inline void folder_make(struct folder *f)
{
	const char *tmp = getenv("TMPDIR"); /* no long one: sockets have short names */
	snprintf(f->path, sizeof f->path, "%s/vnepp-test-XXXXXX", tmp && strlen(tmp) < 48 ? tmp : "/tmp");
	INVARIANT(mkdtemp(f->path));
}

/* "FOLDER/name", which may be in a folder below; eight may be in use at once. */
static inline const char *folder_at(const struct folder *f, const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	INVARIANT(snprintf(path, sizeof paths[0], "%s/%s", f->path, name) < (int)sizeof paths[0]);
	return path;
}

static inline void folder_put_as(const struct folder *f, const char *name, const char *text, mode_t mode)
{
	const char *path = folder_at(f, name);
	FILE *file = fopen(path, "w");
	INVARIANT(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0);
}

static inline void folder_put(const struct folder *f, const char *name, const char *text)
{
	folder_put_as(f, name, text, 0600);
}

static inline void folder_add(const struct folder *f, const char *name)
{
	INVARIANT(mkdir(folder_at(f, name), 0755) == 0);
}

static inline int folder_remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st, (void)flag, (void)walk;
	return remove(path);
}

/* 0, or -1 when something is left. */
static inline int folder_remove(const struct folder *f)
{
	return nftw(f->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
