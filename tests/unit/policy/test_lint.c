/* What is doubtful in rules that load: each kind of finding once, and none in the shipped rules. */
#include "policy/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/policy/shipped.h"

static void shipped_rules_have_no_findings(void **state)
{
	struct shipped s;
	(void)state;
	assert_true(shipped_init(&s));
	struct policy_ruleset *r = shipped_load(&s);
	assert_non_null(r);
	assert_int_equal(policy_lint(r, &s.d), 0);
	assert_string_equal(shipped_findings(&s, true), "");
	policy_unref(&r);
	shipped_fini(&s);
}

struct doubt {
	const char *file, *from, *to;
	const char *finding; /* is among them */
};

static const char shown[] = "  - id: one-per-subject\n";

static const struct doubt doubts[] = {
    {"checks.yaml", shown,
     "  - id: again\n    when: {op: [create], grant_fits: [\"true\"]}\n    require: {fact: prior_grants, "
     "max: 0}\n"
     "    otherwise: {outcome: no_grant, reason: ONE_PER_SUBJECT}\n    cite: [QD-2]\n  - id: "
     "one-per-subject\n",
     "'one-per-subject' never decides: 'again' fails whenever it does"},
    {"checks.yaml", shown,
     "  - id: again\n    when: {op: [create]}\n    require: {fact: prior_grants, max: 0}\n"
     "    otherwise: {outcome: review, reason: FACT_MISSING}\n    cite: [QD-2]\n  - id: one-per-subject\n",
     "'one-per-subject' conflicts with 'again', which requires the same, stands before it and decides"},
    {"checks.yaml", shown,
     "  - id: two\n    when: {op: [create]}\n    require: {fact: prior_grants, min: 1}\n"
     "    otherwise: {outcome: no_grant, reason: ONE_PER_SUBJECT}\n    cite: [QD-2]\n  - id: "
     "one-per-subject\n",
     "'one-per-subject' conflicts with 'two': nothing can pass both"},
    {"grants.yaml", "      - id: age-from-18\n",
     "      - id: foreign\n        require: {fact: citizenship, not_in: [VN]}\n"
     "        otherwise: {outcome: reject, reason: NOT_CITIZEN}\n        cite: [QD-6]\n      - id: "
     "age-from-18\n",
     "'foreign' conflicts with 'citizenship': nothing can pass both"},
    {"checks.yaml", shown,
     "  - id: any\n    require: {fact: op, in: [create, renew]}\n"
     "    otherwise: {outcome: reject, reason: ONE_PER_SUBJECT}\n    cite: [QD-2]\n  - id: one-per-subject\n",
     "'any' can never fire: its test passes with every value that can come"},
    {"grants.yaml", "      - id: not-exempt\n", "      - id: not-exempt\n        when: {kind: [citizen]}\n",
     "'not-exempt' can never fire: 'when' names an operation or kind that never comes here"},
    {"grants.yaml", "{at_least: 18,", "{at_least: 28,", "'age-to-23': nobody is at least 28 and at most 23"},
    {"grants.yaml", "otherwise: {outcome: no_grant, reason: NO_CERTIFICATE}",
     "otherwise: {outcome: no_grant, reason: NO_CERTIFICATE}\n        missing: {outcome: review, reason: "
     "FACT_MISSING}",
     "'not-exempt': its fact is never missing"},
    {"site.yaml", "switches: {}", "switches: {gap-january-2026: from_signing}",
     "grant 'youth-id' has no authority on 2026-01-01, when waiver 'tt64-2025' is in force"},
    {"checks.yaml", "zone: [biz.vn]", "zone: [bizvn]",
     "'term-of-the-plan' asks for a zone 'bizvn', which there is not"},
    {"checks.yaml", "not_in: [lam-dong-1815]", "not_in: [lam-dong]",
     "'term-of-the-plan' asks for a plan 'lam-dong', which there is not"},
    {"checks.yaml", "grant: [new-enterprise]", "grant: [new-firm]",
     "'founding-at-renewal' asks for a grant 'new-firm', which there is not"},
    {"checks.yaml", "    require: {fact: plan, not_in: [lam-dong-1815]}",
     "    require: {fact: province, not_in: [\"99\"]}",
     "'term-of-the-plan' asks for a province '99', which there is not"},
    {"waivers.yaml", "register: {from: 2025-07-01, to: 2026-12-31}",
     "register: {from: 2026-02-01, to: 2026-12-31}",
     "grant 'household' has no waiver from 2026-01-01 until this one begins"},
    {"reasons.yaml", "flags:\n", "flags:\n  - {id: NOBODY, vi: \"không ai\", en: \"nobody\"}\n",
     "no rule gives the flag 'NOBODY'"},
    {"facts.yaml", "  - {id: citizenship, vi: \"quốc tịch\", en: \"citizenship\"}\n", "",
     "the fact 'citizenship' has no name in Vietnamese and English"},
    {"facts.yaml",
     "  - {id: evidence, vi: \"giấy tờ hoặc kết quả xác thực\", en: \"a document or the result of a "
     "verification\"}\n",
     "", "'evidence', which 'identity-shown' asks for, has no name in Vietnamese and English"},
    {"plan-ca-mau.yaml", "plans:\n",
     "plans:\n  - {id: other, source: cm0109, province: \"96\", province_list: 2025-07-01, from: 2025-10-01, "
     "cite: [CM-1]}\n",
     "plan 'ca-mau-0109' overlaps 'other' of the same province"},
    {"programmes.yaml", "to: 2025-12-31", "to: 2026-01-01",
     "programme 'national-2026' overlaps 'national-2024'"},
    {"provinces.yaml", "to: 2025-06-30", "to: 2025-06-29",
     "province list '2025-07-01' does not follow 'before-2025-07-01' day on day"},
    {"site.yaml", "{source: vnnic-faq,", "{source: mst,",
     "'one-per-subject' rests on unverified sources alone: what it refuses is held for review"},
    {"site.yaml", "{source: tt64-2025,", "{source: mst,",
     "waiver 'tt64-2025' rests on unverified sources alone for 'youth-id'"},
};

static void each_doubt_is_told_with_help(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(doubts); i++) {
		const struct doubt *x = &doubts[i];
		struct shipped s;
		assert_true(shipped_init(&s));
		if (!shipped_replace(&s, x->file, x->from, x->to))
			fail_msg("'%s' is not in %s", x->from, x->file);
		struct policy_ruleset *r = shipped_load_good(&s);
		assert_true(policy_lint(r, &s.d) > 0);
		assert_says(shipped_findings(&s, true), x->finding);
		for (size_t k = 0; k < s.d.count; k++)
			assert_non_null(s.d.items[k].help);
		policy_unref(&r);
		shipped_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shipped_rules_have_no_findings),
	    cmocka_unit_test(each_doubt_is_told_with_help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
