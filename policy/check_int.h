/* A check of a rule: when it applies, what it tests, and what it says when the test fails. */
#ifndef VNEPP_POLICY_CHECK_INT_H
#define VNEPP_POLICY_CHECK_INT_H

#include "policy/fact_int.h"
#include "policy/law_int.h"
#include "policy/policy.h"

enum test_kind {
	TEST_FACT,             /* {fact, in | not_in | min | max | from | to | present} */
	TEST_AGE,              /* {age: {at_least, start, feb29}} or {age: {at_most, mode, feb29}} */
	TEST_WITHIN,           /* {within: {of, years, boundary, weekend}} */
	TEST_CITIZEN_ID,       /* {citizen_id: aspect} */
	TEST_TAX_CODE,         /* {tax_code: aspect} */
	TEST_HOUSEHOLD_NUMBER, /* {household_number: aspect} */
	TEST_EVIDENCE,         /* {evidence: {any_of, complete}} */
	TEST_NO_CONTRADICTION, /* {no_contradiction: true} */
	TEST__COUNT
};

enum { AGE_COMPLETED_YEARS, AGE_UNTIL_BIRTHDAY };
enum { START_BIRTHDAY, START_DAY_AFTER };
enum { FEB29_MAR1, FEB29_FEB28 };
enum { BOUNDARY_END_OF_ANNIVERSARY, BOUNDARY_BEFORE_ANNIVERSARY };
enum { WEEKEND_NOT_APPLIED, WEEKEND_APPLIED };
enum { CITIZEN_NOT_LEGACY, CITIZEN_SHAPE, CITIZEN_PLACE, CITIZEN_CENTURY, CITIZEN_YEAR, CITIZEN_GENDER };
enum { TAX_VALID, TAX_INDEPENDENT };
enum { HOUSEHOLD_KNOWN_FORM, HOUSEHOLD_TAX_CODE };

struct test {
	enum test_kind kind;
	int fact; /* index of the rule set's facts */
	enum fact_type type;
	struct text_list
	    in; /* TEST_FACT: allowed (or, with `negate`, barred) texts; TEST_EVIDENCE: types that count */
	struct text_list complete; /* TEST_EVIDENCE: types that need reference and date */
	bool negate;
	bool to_decision; /* TEST_FACT: a date not after the decision */
	struct bound min, max;
	struct window window;
	int at_least, at_most, years; /* -1: not given */
	struct choice start, mode, feb29, boundary, weekend;
	int aspect;
};

#define MATCH_MAX      6
#define CONTESTED_MAX  3
#define SPEC_FLAGS_MAX 2

/* One line of `when`: the fact is one of the texts. */
struct match {
	int fact;
	struct text_list in;
};

/* What a failed check says. */
struct spec {
	bool given;
	bool flag_only;
	enum policy_outcome outcome;
	const struct policy_word *reason;
	const struct policy_word *flags[SPEC_FLAGS_MAX];
	size_t flag_count;
};

/* The check's answer depends on how a switch stands: flag it, whatever was chosen. */
struct contested {
	const struct law_switch *by;
	const struct policy_word *flag;
	const struct policy_word *granted_reason; /* main reason of a grant, or NULL */
	struct cites cites;
};

struct check {
	struct str id;
	bool enabled;        /* false when `when.switch` stands otherwise */
	uint32_t ops, kinds; /* bit sets of enum policy_op and policy_kind */
	struct match when[MATCH_MAX];
	size_t when_count;
	struct test test;
	struct spec otherwise, missing;
	const char *needs; /* what to ask for when something is missing; NULL: the fact's own name */
	struct contested contested[CONTESTED_MAX];
	size_t contested_count;
	struct cites cites;
	struct yaml_node *node;
};

struct checks {
	struct check *list;
	size_t count;
};

#endif
