/*
 * What became of a batch: lines by state, by decision, and why the others were not done, with the clause that says so.
 * Fed with results one by one; as tables for people or as JSON with stable keys.
 */
#ifndef VNEPP_CLI_SUMMARY_H
#define VNEPP_CLI_SUMMARY_H

#include "epp/base/buf.h"

#include <jansson.h>
#include <stdint.h>

struct summary;

struct summary *summary_new(void);
void summary_free(struct summary *s);
/* `item` is one result of design.md section 3; what is missing in it is not counted. */
void summary_add(struct summary *s, const json_t *item);
uint64_t summary_lines(const struct summary *s);
/* Lines that ended well. */
uint64_t summary_done(const struct summary *s);
void summary_print(const struct summary *s, struct buf *out);
/* {"lines":…,"counts":{…},"decisions":{…},"reasons":[{"state","reason","lines","clause","message"}]}; owned by the caller. */
json_t *summary_json(const struct summary *s);
/* enum cli_exit: all done, some, none. */
int summary_exit(const struct summary *s);

#endif
