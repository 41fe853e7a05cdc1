/*
 * A department's list as it comes: CSV with a header (separated by commas, semicolons or tabs) or one JSON object per line.
 * Everything that is wrong with it is found at once.
 *
 *   number    (tax_code, registration_number)  needed: the number by which the subject is known
 *   date      (founded_on, registered_on)      needed: of the first certificate, YYYY-MM-DD
 *   name, province                             text; a two-digit code
 */
#ifndef VNEPP_CLI_LIST_FILE_H
#define VNEPP_CLI_LIST_FILE_H

#include "epp/base/arena.h"
#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/err.h"
#include "epp/base/hash.h"

#include <stdio.h>

#define LIST_FILE_MAX    (256u << 20) /* bytes: millions of enterprises */
#define LIST_FILE_ERRORS 1000         /* printed in full; the rest is counted */

struct list_file_row {
	uint32_t line;
	struct str number; /* upper-case letters and digits only */
	date_t on;
};

struct list_file {
	struct arena arena;
	struct list_file_row *rows; /* owned */
	size_t count;
	char sha256[SHA256_HEX];
	size_t errors;   /* in the file */
	struct buf text; /* "FILE:LINE:COLUMN: error: field: what is wrong\n" of each */
};

/* `until`: the list's own date: nothing in it is later. ERR_INVALID: the list has errors; others: it cannot be read. */
enum err list_file_read(struct list_file *f, const char *name, FILE *in, bool household, date_t until,
                        struct errmsg *e) MUST_CHECK;
void list_file_fini(struct list_file *f);

#endif
