/* Checks against the facts of one decision (condition.c). */
#ifndef VNEPP_POLICY_CONDITION_INT_H
#define VNEPP_POLICY_CONDITION_INT_H

#include "policy/policy_int.h"

#define DATE_FAR (INT32_MAX - 1000) /* later than any calendar date */

/* As date_add_years(), and DATE_FAR when that is past the calendar's end. */
static inline date_t years_after(date_t d, int years, bool feb29_mar1)
{
	date_t later = date_add_years(d, years, feb29_mar1);
	return later == DATE_NONE ? DATE_FAR : later;
}

enum answer { ANSWER_PASS, ANSWER_FAIL, ANSWER_MISSING };

struct evaluation {
	const struct policy_ruleset *rules;
	const struct policy_facts *facts;
	date_t today;
	struct fact_value values[FACTS_MAX];
};

struct answered {
	enum answer answer;
	const char *missing; /* name of the fact that lacks */
	date_t until;        /* last day on which the test still passes; DATE_NONE: no end */
};

/* UNSURE: a fact that `when` asks for is not known, everything else fits; `*unsure` is its index. */
enum applies { APPLIES_NO, APPLIES, APPLIES_UNSURE };
enum applies condition_applies(const struct evaluation *e, const struct check *c, int *unsure);
struct answered condition_test(const struct evaluation *e, const struct test *t);
/* The test passes under one option of the switch and fails under another. */
bool condition_contested(const struct evaluation *e, const struct test *t, const struct law_switch *by);

#endif
