/*
 * Findings in a file that a person wrote, with their place, printed as a compiler would:
 *
 *   rules/waiver-2025.yaml:27:21: error: window.until: '2026-02-30' is not a calendar date (YYYY-MM-DD)
 *      27 |     until: 2026-02-30
 *         |            ^~~~~~~~~~
 *
 * All findings are gathered; nothing stops at the first.
 */
#ifndef VNEPP_BASE_DIAG_H
#define VNEPP_BASE_DIAG_H

#include "epp/base/attr.h"
#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Findings kept for printing; further ones are only counted (a file of rubbish must not fill the screen). */
#define DIAG_MAX_ITEMS 500

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* A place in a source text. Lines and columns count from 1; columns count code points. line 0: the file as a whole. */
struct diag_pos {
	const struct diag_source *source; /* borrowed: lives as long as the set */
	int line, column;
	int width; /* code points to underline; at least 1 */
};

/* A finding that belongs to no file. */
#define DIAG_NOWHERE ((struct diag_pos){NULL, 0, 0, 0})

/* A source text kept for printing its lines. */
struct diag_source {
	char *name; /* owned; as the user named it */
	char *text; /* owned; NUL-terminated; may be NULL when the file could not be read */
	size_t len;
};

struct diag_item {
	enum diag_level level;
	struct diag_pos pos;
	char *text; /* owned */
	char *help; /* owned; how to mend it, or NULL */
};

/* A growing set of findings and the sources they point into. */
struct diag {
	struct diag_item *items;      /* owned */
	struct diag_source **sources; /* owned */
	size_t count, source_count;
	size_t errors, warnings; /* all of them, kept or not */
	size_t misshapen;        /* of the errors, those about a file's form: yaml_shape_error() */
	bool last_kept;          /* the newest finding is in `items`: diag_help() may add to it */
};

void diag_init(struct diag *d);
void diag_fini(struct diag *d);
/* Registers a text under a name; copies both. `text.ptr` NULL: the file could not be read. Owned by `d`; stays put. */
const struct diag_source *diag_add_source(struct diag *d, const char *name, struct str text);
void diag_add(struct diag *d, enum diag_level level, struct diag_pos pos, const char *fmt, ...) PRINTF(4, 5);
/* Adds a help line to the newest finding. */
void diag_help(struct diag *d, const char *fmt, ...) PRINTF(2, 3);
#define diag_error(d, pos, ...)   diag_add((d), DIAG_ERROR, (pos), __VA_ARGS__)
#define diag_warning(d, pos, ...) diag_add((d), DIAG_WARNING, (pos), __VA_ARGS__)
/*
 * All findings in order of source, line and column (equal places in order of arrival), with source line and caret, and
 * a closing count such as "2 errors, 1 warning". Nothing at all when there are none. Control characters and bytes that
 * are not UTF-8 are printed as '?', long lines as the part around the place.
 */
void diag_print(const struct diag *d, struct buf *out);
/* The same findings one per line, "file:line:column: error: text", without source lines, help and count. */
void diag_print_short(const struct diag *d, struct buf *out);

#endif
