/*
 * What the programmes and the provincial plans want to be reached, for reports: one entry per target, and one without
 * a number for a programme or plan that names none.
 */
#ifndef VNEPP_POLICY_TARGETS_H
#define VNEPP_POLICY_TARGETS_H

#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy_ruleset;

/* Views into the rule set. */
struct policy_target {
	struct str id, document, title;
	bool verified;       /* its source was seen in full */
	struct str province; /* code; empty: the whole country */
	struct str list;     /* the list that the code is from */
	struct str zone;     /* empty: all zones */
	date_t from, to;     /* both included; DATE_NONE: open */
	int64_t count,
	    percent;       /* registrations, or a percentage of a base that nobody named; -1: not this kind */
	bool granted_only; /* A25: what was granted free counts, not every registration */
};

/* Programmes first, then plans, in the order of the files. */
size_t policy_target_count(const struct policy_ruleset *r);
/* `i` is below the count. */
void policy_target_at(const struct policy_ruleset *r, size_t i, struct policy_target *out);

#endif
