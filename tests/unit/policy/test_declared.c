/* Facts that rule files declare: a new condition needs no code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy/check.h"
#include "tests/unit/policy/shipped.h"

static const char declared[] =
    "facts:\n"
    "  - {id: attended, type: flag, vi: \"đã học\", en: \"attended\", cite: [QD-6]}\n"
    "  - {id: staff, type: number, min: 0, max: 100000, vi: \"số lao động\", en: \"staff\"}\n"
    "  - {id: licensed_on, type: date, vi: \"ngày cấp phép\", en: \"licensed on\"}\n"
    "  - {id: field, type: code, codes: [farm, shop], vi: \"lĩnh vực\", en: \"field\"}\n";

static const char conditions[] =
    "      - id: attended\n        require: {fact: attended, in: [\"true\"]}\n"
    "        otherwise: {outcome: no_grant, reason: AGE_OVER_23}\n        cite: [QD-6]\n"
    "      - id: staff\n        when: {field: [shop]}\n        require: {fact: staff, max: {value: "
    "most-staff}}\n"
    "        otherwise: {outcome: no_grant, reason: AGE_UNDER_18}\n        cite: [QD-6]\n"
    "      - id: licensed\n        when: {field: [farm]}\n"
    "        require: {within: {of: licensed_on, years: 1, boundary: end_of_anniversary, weekend: "
    "not_applied}}\n"
    "        otherwise: {outcome: no_grant, reason: WINDOW_CLOSED}\n        cite: [QD-6]\n"
    "      - id: age-from-18\n";

static const char most[] = "values:\n  - id: most-staff\n    unit: persons\n    dated:\n"
                           "      - {from: 2023-06-01, value: 10, cite: [QD-6]}\n"
                           "      - {from: 2027-01-01, value: 50, expected: true, cite: [LC-4]}\n";

static struct policy_ruleset *load(struct shipped *s)
{
	assert_true(shipped_init(s));
	assert_true(shipped_replace(s, "facts.yaml", "facts:\n", declared));
	assert_true(shipped_replace(s, "grants.yaml", "      - id: age-from-18\n", conditions));
	assert_true(shipped_replace(s, "lifecycle.yaml", "values:\n", most));
	struct policy_ruleset *r = shipped_load_good(s);
	return r;
}

static struct policy_facts young(const struct policy_given *given, size_t count)
{
	struct policy_facts f = shipped_citizen(date_make(2004, 5, 6), "068204001234");
	f.given = given;
	f.given_count = count;
	return f;
}

#define GIVEN(n, v)                      \
	{                                \
		{n, sizeof(n) - 1},      \
		{                        \
			v, sizeof(v) - 1 \
		}                        \
	}

struct row {
	struct policy_given given[4];
	size_t count;
	enum policy_outcome outcome;
	const char *reason, *need;
};

static void conditions_on_declared_facts_decide(void **state)
{
	static const struct row rows[] = {
	    {{GIVEN("attended", "true"), GIVEN("field", "shop"), GIVEN("staff", "10")},
	     3,
	     POLICY_GRANT,
	     "OK",
	     NULL},
	    {{GIVEN("attended", "true"), GIVEN("field", "shop"), GIVEN("staff", "11")},
	     3,
	     POLICY_NO_GRANT,
	     "AGE_UNDER_18",
	     NULL},
	    {{GIVEN("attended", "false"), GIVEN("field", "shop"), GIVEN("staff", "1")},
	     3,
	     POLICY_NO_GRANT,
	     "AGE_OVER_23",
	     NULL},
	    {{GIVEN("attended", "true"), GIVEN("field", "farm"), GIVEN("licensed_on", "2025-11-20")},
	     3,
	     POLICY_GRANT,
	     "OK",
	     NULL},
	    {{GIVEN("attended", "true"), GIVEN("field", "farm"), GIVEN("licensed_on", "2025-11-19")},
	     3,
	     POLICY_NO_GRANT,
	     "WINDOW_CLOSED",
	     NULL},
	    /* a missing one is asked for, also when only `when` needs it */
	    {{GIVEN("field", "shop"), GIVEN("staff", "1")}, 2, POLICY_REVIEW, "FACT_MISSING", "attended"},
	    {{GIVEN("attended", "true")}, 1, POLICY_REVIEW, "FACT_MISSING", "field"},
	    {{GIVEN("attended", "true"), GIVEN("staff", "3"), GIVEN("licensed_on", "2026-11-01")},
	     3,
	     POLICY_GRANT,
	     "OK",
	     NULL}, /* whatever the field is, it passes */
	    /* what cannot be read is missing, never a grant */
	    {{GIVEN("attended", "yes"), GIVEN("field", "shop"), GIVEN("staff", "1")},
	     3,
	     POLICY_REVIEW,
	     "FACT_MISSING",
	     "attended"},
	    {{GIVEN("attended", "true"), GIVEN("field", "shop"), GIVEN("staff", "-1")},
	     3,
	     POLICY_REVIEW,
	     "FACT_MISSING",
	     "staff"},
	};
	struct shipped s;
	struct policy_ruleset *r = load(&s);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_facts f = young(rows[i].given, rows[i].count);
		struct policy_decision d;
		policy_decide(r, &f, &d);
		if (d.outcome != rows[i].outcome || !str_eq_c(policy_main_reason(&d), rows[i].reason))
			fail_msg("row %zu: %s %.*s", i, policy_outcome_names[d.outcome],
			         STR_ARG(policy_main_reason(&d)));
		if (rows[i].need)
			assert_string_equal(d.needs[0], rows[i].need);
	}
	policy_unref(&r);
	shipped_fini(&s);
}

static void values_are_checked_by_type(void **state)
{
	static const struct {
		struct policy_given given;
		const char *says; /* NULL: fine */
	} rows[] = {
	    {GIVEN("attended", "false"), NULL},
	    {GIVEN("attended", "1"), "one of false, true"},
	    {GIVEN("staff", "100000"), NULL},
	    {GIVEN("staff", "100001"), "a whole number from 0 to 100000"},
	    {GIVEN("staff", "ten"), "a whole number from 0 to 100000"},
	    {GIVEN("licensed_on", "2026-02-30"), "a calendar date YYYY-MM-DD"},
	    {GIVEN("field", "farm"), NULL},
	    {GIVEN("field", "mine"), "one of farm, shop"},
	    {GIVEN("birth_date", "2004-05-06"),
	     "a fact that the rules ask for: attended, staff, licensed_on, field, "
	     "certificate_on, enterprise_size"},
	    {GIVEN("nothing", "1"), "a fact that the rules ask for: attended, staff, licensed_on, field, "
	                            "certificate_on, enterprise_size"},
	};
	struct shipped s;
	struct policy_ruleset *r = load(&s);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct errmsg e = {""};
		enum err err = policy_given_check(r, &rows[i].given, &e);
		assert_int_equal(err, rows[i].says ? ERR_INVALID : OK);
		if (rows[i].says)
			assert_string_equal(e.text, rows[i].says);
	}
	policy_unref(&r);
	shipped_fini(&s);
}

static void what_is_expected_is_listed_and_decides_nothing(void **state)
{
	static const struct policy_given given[] = {GIVEN("attended", "true"), GIVEN("field", "shop"),
	                                            GIVEN("staff", "20")};
	struct shipped s;
	struct policy_ruleset *r = load(&s);
	struct policy_decision d;
	(void)state;
	policy_check_print(r, &s.d, POLICY_TEXT, &s.out);
	assert_non_null(strstr(buf_cstr(&s.out),
	                       "expected from 2027-01-01, not in force: value most-staff (lifecycle.yaml:"));
	buf_clear(&s.out);
	policy_check_print(r, &s.d, POLICY_JSON, &s.out);
	assert_non_null(
	    strstr(buf_cstr(&s.out),
	           "\"expected\":[{\"what\":\"value\",\"id\":\"most-staff\",\"from\":\"2027-01-01\"}]"));
	/* 50 would let 20 pass; 10 is in force */
	struct policy_facts f = young(given, ARRAY_LEN(given));
	f.at = instant_of_date(date_make(2027, 2, 1), HANOI_OFFSET_S);
	policy_decide(r, &f, &d);
	bool told = false;
	for (size_t i = 0; i < d.reason_count; i++)
		told |= str_eq_c(policy_code(d.reasons[i]), "AGE_UNDER_18");
	assert_true(told);
	policy_unref(&r);
	assert_true(shipped_replace(&s, "lifecycle.yaml", "{from: 2027-01-01, value: 50,", "{value: 50,"));
	assert_null(shipped_load(&s));
	assert_non_null(strstr(shipped_findings(&s, false), "what is expected needs its 'from'"));
	shipped_fini(&s);
}

static const struct {
	const char *from, *to, *finding;
} mistakes[] = {
    {"{id: attended, type: flag,", "{id: Trained, type: flag,", "'Trained' cannot name a fact"},
    {"{id: attended, type: flag,", "{id: attended, type: flagg,",
     "'flagg' is none of: number, date, code, flag"},
    {"{id: attended, type: flag,", "{id: birth_date, type: date,",
     "'birth_date' is built in: it has its type"},
    {"codes: [farm, shop], ", "", "'codes' is missing"},
    {"codes: [farm, shop]", "codes: [farm]", "field is never 'shop'"},
    {"{id: staff, type: number, min: 0, max: 100000,", "{id: staff, type: number, min: 9, max: 3,",
     "facts[1].max"},
    {"{id: staff,", "{id: crew,", "there is no"},
    {"facts:\n", "facts:\n  - {id: idle, type: flag, vi: \"x\", en: \"y\"}\n",
     "no rule asks the fact 'idle'"},
    {"cite: [QD-6]", "cite: [QD-99]", "there is no clause 'QD-99'"},
};

static void mistakes_in_declarations_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		struct shipped s;
		struct policy_ruleset *r = load(&s);
		policy_unref(&r);
		assert_true(shipped_replace(&s, "facts.yaml", mistakes[i].from, mistakes[i].to));
		assert_null(shipped_load(&s));
		assert_says(shipped_findings(&s, true), mistakes[i].finding);
		shipped_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conditions_on_declared_facts_decide),
	    cmocka_unit_test(values_are_checked_by_type),
	    cmocka_unit_test(what_is_expected_is_listed_and_decides_nothing),
	    cmocka_unit_test(mistakes_in_declarations_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
