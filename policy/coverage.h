/*
 * What a run of cases reaches: every rule passed and failed (and missing its fact, where the file says what follows then),
 * every clause that something which decides rests on, every boundary on both sides: the last day and the day after, the
 * limit and the number beyond it.
 */
#ifndef VNEPP_POLICY_COVERAGE_H
#define VNEPP_POLICY_COVERAGE_H

#include "policy/check.h"
#include "policy/policy.h"

struct coverage;

struct coverage_counts {
	size_t rules, rules_reached;
	size_t clauses, clauses_reached;
	size_t boundaries, boundaries_reached;
};

/* `r` is borrowed: the rule set of the default reading. */
struct coverage *coverage_new(const struct policy_ruleset *r);
void coverage_free(struct coverage **c); /* NULLs *c */
/* One case under one reading: a rule set of the same files, other switches. */
void coverage_add(struct coverage *c, const struct policy_ruleset *r, const struct policy_facts *f);
/* What was not reached, each with its place, and the counts; JSON: one line. True when everything was. */
bool coverage_print(struct coverage *c, enum policy_form form, struct buf *out,
                    struct coverage_counts *counts);

#endif
