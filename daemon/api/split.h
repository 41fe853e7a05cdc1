/*
 * From the bytes of a body to the texts of its items, without ever holding the body: lines of NDJSON, elements of a
 * JSON array, records of CSV. Push bytes as they come, take items until SPLIT_MORE.
 *
 * Every item has a number, ascending and unique: its physical line for NDJSON and CSV (the header is line 1; an item of
 * several lines counts as its first), its place in the array for JSON. Skipped are empty lines, records whose cells are
 * all empty (spreadsheets leave them behind) and a byte-order mark.
 */
#ifndef VNEPP_API_SPLIT_H
#define VNEPP_API_SPLIT_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum split_format { SPLIT_NDJSON, SPLIT_JSON, SPLIT_CSV };

enum split_status {
	SPLIT_ITEM,
	SPLIT_TOO_LONG, /* an item over the limit; it is skipped, `line` says which */
	SPLIT_MORE,     /* nothing complete is held */
	SPLIT_END,      /* after split_finish(): all was taken */
	SPLIT_BROKEN,   /* the frame around the items is wrong, see `error`; nothing follows */
};

struct split {
	enum split_format format;
	size_t max_item; /* bytes */
	struct buf held;
	size_t scan;     /* of `held`: looked at already */
	size_t taken;    /* of `held`: to be dropped at the next call */
	uint32_t line;   /* of the text, where the item being read begins, or what is between items is read */
	uint32_t breaks; /* line breaks within it so far */
	uint32_t began;  /* of the text: the line in which the item that was handed out begins */
	uint32_t next;   /* JSON: elements so far */
	int depth;       /* JSON: of the value being read */
	bool quoted, escaped, skipping, finished, started;
	enum {
		SPLIT_BEFORE_ARRAY,
		SPLIT_FIRST,
		SPLIT_VALUE,
		SPLIT_AFTER_VALUE,
		SPLIT_WANT_VALUE,
		SPLIT_AFTER_ARRAY
	} json;
	const char *error; /* at `line` */
};

void split_init(struct split *s, enum split_format format, size_t max_item);
void split_fini(struct split *s);
/* False when more is held than should be: the caller pushes without taking. */
bool split_push(struct split *s, struct str data) MUST_CHECK;
/* No more bytes will come. */
void split_finish(struct split *s);
/* `*text` is valid until the next call of any of these. */
enum split_status split_next(struct split *s, struct str *text, uint32_t *line);

#endif
