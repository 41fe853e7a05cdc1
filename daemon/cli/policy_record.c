/* Recorded decisions out of the daemon's JSON. */
#include "daemon/cli/policy_record.h"
#include "epp/base/hash.h"

static struct str text_of(const json_t *s)
{
	return str_make(json_string_value(s), json_string_length(s));
}

/* Hexadecimal digits; empty when they are none. */
static struct str unhex(struct str hex, struct arena *arena)
{
	uint8_t *out = arena_alloc(arena, hex.len / 2 + 1);
	return hash_unhex(hex, out) ? str_make((const char *)out, hex.len / 2) : STR_NONE;
}

void policy_record_read(const json_t *row, const json_t *commons, struct arena *arena,
                        struct report_line *out)
{
	size_t common = (size_t)json_integer_value(json_object_get(row, "common"));
	*out = (struct report_line){
	    .item = (uint64_t)json_integer_value(json_object_get(row, "item")),
	    .seq = (uint64_t)json_integer_value(json_object_get(row, "seq")),
	    .ref = text_of(json_object_get(row, "ref")),
	    .domain = text_of(json_object_get(row, "domain")),
	    .was = {text_of(json_array_get(commons, common)), text_of(json_object_get(row, "detail")),
	            unhex(text_of(json_object_get(row, "record")), arena)},
	};
}
