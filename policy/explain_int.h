/* An explanation before it is printed. */
#ifndef VNEPP_POLICY_EXPLAIN_INT_H
#define VNEPP_POLICY_EXPLAIN_INT_H

#include "policy/decide_int.h"
#include "policy/explain.h"

enum step_result { STEP_PASS, STEP_FAIL, STEP_MISSING, STEP_UNSURE };

/* One rule that applies, or may. */
struct step {
	const struct check *check;
	enum step_result result;
	bool condition;      /* of the grant, not common */
	const char *missing; /* MISSING, UNSURE: the fact */
	date_t until;        /* PASS: the last day on which it does; DATE_NONE: no end */
};

#define CHANGE_TEXT_MAX 48

/* Another value of one fact, and what comes of it. */
struct change {
	const char *fact; /* its name; "at" the date of the decision, "evidence" */
	char from[CHANGE_TEXT_MAX], to[CHANGE_TEXT_MAX];
	int64_t distance; /* days of a date, difference of a number, 1 else */
	enum policy_outcome outcome;
	struct str reason;
};

#define CHANGES_MAX 24

struct explanation {
	struct arena arena;
	struct deciding x; /* the facts as values, the rules found */
	struct policy_decision decision;
	struct step *steps;
	size_t step_count;
	struct change changes[CHANGES_MAX]; /* nearest first; those that lead to a grant before the others */
	size_t change_count;
};

/* explain_change.c */
void explain_changes(struct explanation *e);

/* explain_words.c: a test, and facts, in words */
void explain_test(const struct explanation *e, const struct test *t, struct buf *out);
/* Facts that the test asks; at most 3, the number is returned. */
size_t explain_facts(const struct test *t, int facts[3]);
/* "2004-05-06", "068204······", "missing" */
void explain_value(const struct explanation *e, int fact, struct buf *out);
/* The value in force of a bound by name; NULL when the bound has none. */
const struct dated_number *explain_bound(const struct explanation *e, const struct bound *b);

/* explain_print.c */
void explain_print_text(const struct explanation *e, struct buf *out);
void explain_print_json(const struct explanation *e, struct buf *out);
/* explain_head.c */
bool explain_is_granted(const struct policy_decision *d);
void explain_print_head(const struct explanation *e, enum policy_lang lang, struct buf *out);
/* explain_applicant.c */
void explain_print_applicant(const struct explanation *e, enum policy_lang lang, struct buf *out);

#endif
