/*
 * Why a decision is what it is: the rules that were asked, each with its clause and its words, the values in force, the
 * facts, pass or fail; and the nearest change of one fact that would change the outcome.
 *
 * Pure, like policy_decide(): facts, date and rule set in, text out; so a recorded decision can be explained from what was
 * recorded. Personal numbers are shown without their last six digits.
 */
#ifndef VNEPP_POLICY_EXPLAIN_H
#define VNEPP_POLICY_EXPLAIN_H

#include "policy/check.h"
#include "policy/policy.h"

/* `f->at` is the decision's date. Appends to `out`: a tree for people, or one JSON object and a line end. */
void policy_explain(const struct policy_ruleset *r, const struct policy_facts *f, enum policy_form form,
                    struct buf *out);

/*
 * What an applicant is told, in whole sentences: what was asked, the outcome and its reason, what the clause says, which
 * fact missed it, what can be done. Lines of text, each ended by a line end.
 */
void policy_explain_applicant(const struct policy_ruleset *r, const struct policy_facts *f,
                              enum policy_lang lang, struct buf *out);

/*
 * The list that keeps a name back, in a sentence: "Danh sách số 3 do VNNIC ban hành ngày 01/11/2026, dòng 17." Nothing when
 * no list does, or when it is not known who has issued it.
 */
void policy_say_name_list(const struct policy_name_list *l, enum policy_lang lang, struct buf *out);

#endif
