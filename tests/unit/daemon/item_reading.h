/* One line read as an item, from JSON or CSV, with what is wrong with it; what tests of the readers share. */
#ifndef VNEPP_TESTS_ITEM_READING_H
#define VNEPP_TESTS_ITEM_READING_H

#include "daemon/api/item_csv.h"
#include "daemon/api/item_json.h"

#define READING_LINE 7 /* the line that it is in its batch */

struct reading {
	struct arena arena, scratch;
	struct line_errors errors;
	struct item_request req;
	struct item_draft draft;
	struct buf text; /* for the test */
};

static inline void reading_init(struct reading *r)
{
	arena_init(&r->arena);
	arena_init(&r->scratch);
	line_errors_init(&r->errors, &r->arena);
	buf_init(&r->text, 1 << 20);
}

static inline void reading_fini(struct reading *r)
{
	line_errors_fini(&r->errors);
	arena_fini(&r->arena);
	arena_fini(&r->scratch);
	buf_fini(&r->text);
}

static inline void reading_begin(struct reading *r, uint32_t line, const char *text)
{
	line_errors_fini(&r->errors);
	line_errors_init(&r->errors, &r->arena);
	item_draft_begin(&r->draft, &r->req, &r->arena, &r->errors, line, text);
}

static inline bool reading_json(struct reading *r, const char *text)
{
	reading_begin(r, READING_LINE, text);
	return item_json_read(&r->draft, &r->scratch, str_c(text));
}

static inline bool reading_csv_header(struct reading *r, struct item_csv *csv, const char *header)
{
	*csv = (struct item_csv){0};
	reading_begin(r, 1, header);
	return item_csv_header(csv, &r->draft, &r->scratch, str_c(header));
}

/* One header, one record. */
static inline bool reading_csv(struct reading *r, const char *header, const char *record)
{
	struct item_csv csv;
	if (!reading_csv_header(r, &csv, header))
		return false;
	reading_begin(r, READING_LINE, record);
	return item_csv_read(&csv, &r->draft, &r->scratch, str_c(record));
}

#endif
