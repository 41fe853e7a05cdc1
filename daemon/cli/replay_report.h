/* What comes of replayed decisions: counts by what changes, and lines of JSON. */
#ifndef VNEPP_CLI_REPLAY_REPORT_H
#define VNEPP_CLI_REPLAY_REPORT_H

#include "daemon/job/replay.h"
#include "epp/base/arena.h"
#include "epp/base/map.h"

struct report_line {
	uint64_t item, seq; /* seq 0: at admission */
	struct str ref, domain;
	struct replay_stored was;
};

struct report_row;

struct report {
	struct arena arena; /* rows and their texts */
	struct map rows;    /* by what changes, grant and province */
	struct report_row *first;
	uint64_t results[REPLAY__COUNT];
	bool json;
};

void report_init(struct report *r, bool json);
void report_fini(struct report *r);
/* Counts it; with JSON, a line for what is not the same is appended to `out`. */
void report_add(struct report *r, enum replay_result result, const struct report_line *line,
                const struct replay *now, struct buf *out);
/* The end of the report. `revision`: under which all were decided; NULL: each under its own. */
void report_print(struct report *r, bool json, const char *revision, struct buf *out);
bool report_is_clean(const struct report *r);

#endif
