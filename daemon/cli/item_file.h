/* One item out of a batch file on this machine, read as the gateway would read it. */
#ifndef VNEPP_CLI_ITEM_FILE_H
#define VNEPP_CLI_ITEM_FILE_H

#include "daemon/job/item.h"

struct policy_ruleset;

struct item_file_item {
	struct item_request request;
	uint32_t line; /* as the gateway counts: the physical line; JSON: the element */
	bool idn;
};

/*
 * The item at `line` (0: the first) of the file `name` ("-": standard input): NDJSON, a JSON array or object, or CSV, by
 * its name and content. Texts live in `arena`. ERR_INVALID and a text for each mistake in `findings` when the line is
 * not right; ERR_NOT_FOUND: there is no such line.
 */
enum err item_file_read(const char *name, uint32_t line, const struct policy_ruleset *rules,
                        struct arena *arena, struct item_file_item *out, struct buf *findings,
                        struct errmsg *e) MUST_CHECK;

#endif
