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
	struct str number; /* upper-case letters and digits only; in a list of names, the name */
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

/* ---- for other kinds of list (name_file.c) ---- */

/* The whole of it into `all`, which is the caller's to end in any case, with its checksum. */
enum err list_file_load(struct list_file *f, const char *name, FILE *in, struct buf *all,
                        struct errmsg *e) MUST_CHECK;
void list_file_wrong(struct list_file *f, const char *name, uint32_t line, uint32_t column, const char *field,
                     const char *words);
void list_file_add(struct list_file *f, struct list_file_row row);
/* ERR_INVALID: it has errors, or nothing in it. */
enum err list_file_done(struct list_file *f, const char *name, struct errmsg *e) MUST_CHECK;

#endif
