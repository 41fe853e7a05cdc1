/* The file that is handed in: read several times if need be, so standard input is kept in an unnamed file. */
#ifndef VNEPP_CLI_SOURCE_H
#define VNEPP_CLI_SOURCE_H

#include "epp/base/err.h"

#include <stdint.h>
#include <stdio.h>

#define SOURCE_KEY_LEN 48 /* "vnepp-" and 40 digits, with NUL */

struct source {
	const char *name; /* for messages; "-" is standard input */
	FILE *file;
	uint64_t len_bytes;
	/* Made of content and file name: the same file sent again is the same batch. */
	char key[SOURCE_KEY_LEN];
};

/* `name` is borrowed. */
enum err source_open(const char *name, struct source *out, struct errmsg *e) MUST_CHECK;
void source_close(struct source *s);

#endif
