/* The report of `policy check`: findings, what the rule set holds, which unverified sources it rests on. */
#ifndef VNEPP_POLICY_CHECK_H
#define VNEPP_POLICY_CHECK_H

#include "policy/policy.h"

enum policy_form { POLICY_TEXT, POLICY_JSON };

/* `r` is NULL when the files had errors, which are in `d`. Appends to `out`. */
void policy_check_print(const struct policy_ruleset *r, const struct diag *d, enum policy_form form,
                        struct buf *out);
/* How many unverified sources the site file has not accepted. */
size_t policy_check_unaccepted(const struct policy_ruleset *r);

#endif
