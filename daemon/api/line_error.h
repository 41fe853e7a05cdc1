/*
 * What is wrong with the lines of a batch: the first ones in full, the rest counted. Texts are copied into the arena.
 */
#ifndef VNEPP_API_LINE_ERROR_H
#define VNEPP_API_LINE_ERROR_H

#include "epp/base/arena.h"
#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stddef.h>
#include <stdint.h>

#define LINE_ERRORS_KEPT  1000 /* a person mends a file in rounds; a thousand places fill an afternoon */
#define LINE_ERRORS_EACH  16   /* of one line */
#define LINE_ERROR_QUOTED 64   /* bytes of a name that came from the file */

/* Where it stands. */
struct line_place {
	uint32_t line; /* as item numbers count: see split.h */
	uint32_t
	    text_line; /* of the text: another one inside an item of several lines, and in a JSON array; 0: not known */
	uint32_t column; /* of that line: code points from 1; 0: not known */
};

struct line_error {
	struct line_place at;
	struct str field;    /* "applicant.birth_date"; empty: the line as a whole */
	const char *reason;  /* a stable code, "MISSING" */
	struct str expected; /* in words, for a person */
};

struct line_errors {
	struct arena *arena;     /* borrowed; texts live there */
	struct line_error *list; /* owned */
	size_t count, cap;
	uint64_t total;     /* errors, kept or not */
	uint64_t bad_lines; /* lines with at least one */
	uint32_t last_line; /* of the newest error */
	uint32_t of_line;   /* errors of that line so far */
};

void line_errors_init(struct line_errors *e, struct arena *arena);
void line_errors_fini(struct line_errors *e);
/* `field` is cut to a sane length. Errors of one line must come one after the other. */
void line_errors_add(struct line_errors *e, struct line_place at, struct str field, const char *reason,
                     const char *fmt, ...) PRINTF(5, 6);
/* By line, those of a line in the order in which they came. */
void line_errors_sort(struct line_errors *e);
/* The name among `names` (NULL-terminated) that is nearest to `word`, or NULL when none is near. */
const char *line_error_nearest(struct str word, const char *const *names);

#endif
