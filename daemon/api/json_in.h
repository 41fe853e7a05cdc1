/*
 * A strict pull reader for one JSON text (RFC 8259) in memory: no tree is built, every value has a place. It takes
 * what a strict parser takes and nothing more: no duplicate is looked for here (the caller knows its members), but bad
 * UTF-8, control bytes in strings, lone surrogates, \u0000, NaN, 01, trailing commas and trailing text are errors.
 *
 * Reading: look at json_in_kind(), then call exactly one of the readers for the value. After an error every call
 * returns false or JSON_IN_BAD.
 */
#ifndef VNEPP_API_JSON_IN_H
#define VNEPP_API_JSON_IN_H

#include "epp/base/arena.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define JSON_IN_DEPTH 32

enum json_in_kind {
	JSON_IN_BAD, /* an error, or the end of the text */
	JSON_IN_OBJECT,
	JSON_IN_ARRAY,
	JSON_IN_STRING,
	JSON_IN_NUMBER,
	JSON_IN_TRUE,
	JSON_IN_FALSE,
	JSON_IN_NULL
};

struct json_in {
	const char *begin, *at, *end;
	struct arena *arena; /* strings with escapes are decoded into it */
	const char *error;   /* what should be there, in words; or NULL */
	const char *error_at;
	int depth;
	bool first[JSON_IN_DEPTH]; /* no member or element of this level has been read */
};

/* `text` must live as long as the strings read from it. */
void json_in_init(struct json_in *j, struct arena *arena, struct str text);
/* Skips white space and says what comes. */
enum json_in_kind json_in_kind(struct json_in *j);
/* "an object" …, for messages. */
const char *json_in_kind_text(enum json_in_kind k);

bool json_in_enter(struct json_in *j); /* the '{' or '[' that json_in_kind() has seen */
/* The next member's name, with its place; false after the last one (which is taken) and on errors. */
bool json_in_member(struct json_in *j, struct str *name, const char **at);
/* There is a next element; false after the last one (which is taken) and on errors. */
bool json_in_element(struct json_in *j);
bool json_in_string(struct json_in *j, struct str *out);
/* Any number; `*whole` when it is an integer without fraction and exponent that fits in 64 bits. */
bool json_in_number(struct json_in *j, int64_t *out, bool *whole);
/* Any value, with everything in it. */
bool json_in_skip(struct json_in *j);
/* Nothing but white space is left; an error otherwise. */
bool json_in_end(struct json_in *j);

#endif
