/* Where results are written to: standard output, or a file that appears only when it is complete. */
#ifndef VNEPP_CLI_RESULTS_H
#define VNEPP_CLI_RESULTS_H

#include "epp/base/arena.h"
#include "epp/base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct results_file {
	FILE *out;
	const char *path, *part; /* NULL: standard output */
};

/* `path` NULL: standard output. Texts live in `arena`. */
enum err results_open(struct results_file *f, const char *path, struct arena *arena,
                      struct errmsg *e) MUST_CHECK;
/* Keeps the file when `complete` and every byte could be written; removes it otherwise. */
enum err results_close(struct results_file *f, bool complete, struct errmsg *e) MUST_CHECK;

#endif
