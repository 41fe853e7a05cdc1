/* What the files of the coverage share. */
#ifndef VNEPP_POLICY_COVERAGE_INT_H
#define VNEPP_POLICY_COVERAGE_INT_H

#include "policy/policy_int.h"

/* Sets needed[i] for each clause i of the rule set that a case must reach. */
void coverage_need_clauses(const struct policy_ruleset *r, bool *needed);

#endif
