/*
 * Two rule sets compared: exactly the inputs that are decided differently, as regions with a witness each, and what else
 * differs in their texts.
 *
 * Different is: another outcome (free and charged years among it), another main reason, another set of reasons, or
 * another set of clauses cited. What the partner lets be charged is no part of the input (fees are compared as texts),
 * nor is what a person approves. A region is exact; where too many rules speak at once it is told as a whole, and says so.
 */
#ifndef VNEPP_POLICY_DIFF_H
#define VNEPP_POLICY_DIFF_H

#include "policy/check.h"
#include "policy/policy.h"

struct policy_diff;

/* Both rule sets must outlive the result. */
struct policy_diff *policy_diff_new(const struct policy_ruleset *from,
                                    const struct policy_ruleset *to) MUST_CHECK;
void policy_diff_free(struct policy_diff **d); /* NULLs *d */

size_t policy_diff_regions(const struct policy_diff *d);
/* Facts of the region that `from` and `to` decide differently; they live as long as `d`. */
const struct policy_facts *policy_diff_witness(const struct policy_diff *d, size_t region);
/* How many texts differ: words, fees, plans, sources, and the rules themselves. */
size_t policy_diff_texts(const struct policy_diff *d);
/* False: a bound was reached, and the regions may not be all; the printed report says which. */
bool policy_diff_is_complete(const struct policy_diff *d);
/* Do these facts lie in one of the regions? */
bool policy_diff_covers(const struct policy_diff *d, const struct policy_facts *f);

/* For people in their language, or one JSON object and a line end. Appends. */
void policy_diff_print(struct policy_diff *d, enum policy_form form, enum policy_lang lang, struct buf *out);

#endif
