/*
 * What is wrong with rules that load: rules that can never fire, that say the same twice or contradict each other, days
 * that no rule covers, texts that nobody is told, rules that rest on unverified sources alone.
 */
#ifndef VNEPP_POLICY_LINT_H
#define VNEPP_POLICY_LINT_H

#include "policy/policy.h"

/* Adds a warning with its place and a help line for each. Returns how many. */
size_t policy_lint(const struct policy_ruleset *r, struct diag *d);

#endif
