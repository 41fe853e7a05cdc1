/* What the two halves of the rules' lint share. */
#ifndef VNEPP_POLICY_LINT_INT_H
#define VNEPP_POLICY_LINT_INT_H

#include "policy/lint.h"
#include "policy/policy_int.h"

/* Where a warning about an entry points to: its `key`, or the entry when it has none. */
struct diag_pos lint_place(const struct yaml_node *entry, const char *key);
/* lint_checks.c: the checks against each other and against the vocabulary */
void lint_checks(const struct policy_ruleset *r, struct diag *d);

#endif
