/* Comparing rule sets: what people are told when one place of the shipped rules changes. */
#include "tests/unit/policy/diff_oracle.h"
#include "tests/unit/policy/shipped.h"

static struct policy_ruleset *shipped(const char *file, const char *from, const char *to)
{
	struct shipped s;
	assert_true(shipped_init(&s));
	if (file)
		assert_true(shipped_replace(&s, file, from, to));
	struct policy_ruleset *r = shipped_load_good(&s);
	shipped_fini(&s);
	return r;
}

static struct buf told; /* by the newest report */
static size_t regions;  /* in it */

/* What a change of one place in one file changes; valid until the next report. */
static const char *report_as(enum policy_form form, enum policy_lang lang, const char *file, const char *from,
                             const char *to)
{
	struct policy_ruleset *a = shipped(NULL, NULL, NULL), *b = shipped(file, from, to);
	struct policy_diff *d = policy_diff_new(a, b);
	buf_clear(&told);
	policy_diff_print(d, form, lang, &told);
	assert_true(policy_diff_is_complete(d));
	assert_witnesses(d, a, b);
	regions = policy_diff_regions(d);
	policy_diff_free(&d);
	policy_unref(&a);
	policy_unref(&b);
	return buf_cstr(&told);
}

static const char *report(const char *file, const char *from, const char *to)
{
	return report_as(POLICY_TEXT, POLICY_EN, file, from, to);
}

static void the_same_rules_do_not_differ(void **state)
{
	(void)state;
	const char *text = report("grants.yaml", "# Who gets a free name.", "# Another comment.");
	assert_int_equal(regions, 0);
	assert_says(text, "no input is decided differently\n");
	assert_null(strstr(text, "What differs"));
}

static void another_age_is_a_region(void **state)
{
	(void)state;
	const char *text = report("grants.yaml", "age: {at_most: 23", "age: {at_most: 25");
	assert_true(regions > 0);
	assert_says(text, "1. no_grant AGE_OVER_23 ");
	assert_says(text, "->  grant OK");
	assert_says(text, "because of rule age-to-23\n");
	assert_says(text, "date of birth: ");
	assert_says(text, "zone: id.vn\n");
	assert_says(text, "The applicant is over 23 on the day of registration.");
	assert_says(text,
	            "grants/youth-id/conditions/age-to-23/require/age/at_most\n      - 23\n      + 25\n");
}

static void an_official_reads_it_in_vietnamese(void **state)
{
	(void)state;
	const char *text =
	    report_as(POLICY_TEXT, POLICY_VI, "grants.yaml", "age: {at_most: 23", "age: {at_most: 25");
	assert_says(text, " nhóm hồ sơ được xét khác đi\n");
	assert_says(text, "1. không thuộc diện miễn phí AGE_OVER_23  ->  được miễn phí");
	assert_says(text, "do quy tắc age-to-23\n");
	assert_says(text, "thao tác: đăng ký mới\n");
	assert_says(text, "loại chủ thể: công dân\n");
	assert_says(text, "ngày sinh: ");
	assert_says(text, "đủ 24 tuổi trở lên và chưa đủ 26 tuổi");
	assert_says(text, "ngày xét: từ ngày 01/06/2023 đến hết ngày 31/12/2026\n");
	assert_says(text, "xác thực điện tử (eKYC), đối chiếu giấy tờ tùy thân: đã xác nhận\n");
	assert_says(text, "Người đăng ký đã quá 23 tuổi vào ngày đăng ký.");
	assert_null(strstr(text, "because"));
	assert_null(strstr(text, "The applicant"));
}

static void another_end_of_a_waiver_is_a_region(void **state)
{
	(void)state;
	const char *text = report("waivers.yaml", "register: {from: 2025-07-01, to: 2026-12-31}",
	                          "register: {from: 2025-07-01, to: 2026-11-30}");
	assert_true(regions > 0);
	assert_says(text, "day of the decision: from 2026-12-01 to 2026-12-31\n");
	assert_says(text, "no_grant WINDOW_CLOSED");
}

static void another_clause_is_named(void **state)
{
	(void)state;
	const char *text = report("checks.yaml", "reason: ONE_PER_SUBJECT}\n    cite: [FAQ-ONE]",
	                          "reason: ONE_PER_SUBJECT}\n    cite: [LIFE-30]");
	assert_true(regions > 0);
	assert_says(text, ". the outcome stays, reasons or clauses change\n   no longer  ");
	assert_says(text, "\n   now also   ");
	assert_says(text, "because of rule one-per-subject\n");
}

static void words_and_fees_are_texts_alone(void **state)
{
	(void)state;
	const char *text = report("reasons.yaml", "Eligible: the name is free", "Eligible: it is free");
	assert_int_equal(regions, 0);
	assert_says(text, "reasons/OK/en\n      - Eligible: the name is free of charge");
	text = report_as(POLICY_JSON, POLICY_EN, "fees.yaml", "business: {levy: 100000, maintenance: 250000}",
	                 "business: {levy: 100000, maintenance: 300000}");
	assert_int_equal(regions, 0);
	assert_says(text, "\"regions\":[],\"texts\":[{\"path\":\"fees/1/rates/business/maintenance\","
	                  "\"before\":\"250000\",\"after\":\"300000\"}]}");
}

static void rules_taken_away_and_moved_are_named(void **state)
{
	(void)state;
	const char *text =
	    report("checks.yaml", "  - id: no-contradiction\n", "  - id: nothing-contradicts\n");
	assert_int_equal(regions, 0); /* another name, the same meaning */
	assert_says(text, "checks/no-contradiction\n");
	text = report_as(POLICY_JSON, POLICY_EN, "checks.yaml", "require: {no_contradiction: \"true\"}",
	                 "require: {fact: op, present: true}");
	assert_true(regions > 0);
	assert_says(text, "\"because_of\":\"no-contradiction\"");
	assert_says(text, "{\"fact\":\"contradiction\",\"is\":\"a document contradicts\"}");
}

static int set_up(void **state)
{
	(void)state;
	buf_init(&told, 64 << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_fini(&told);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_rules_do_not_differ),
	    cmocka_unit_test(another_age_is_a_region),
	    cmocka_unit_test(an_official_reads_it_in_vietnamese),
	    cmocka_unit_test(another_end_of_a_waiver_is_a_region),
	    cmocka_unit_test(another_clause_is_named),
	    cmocka_unit_test(words_and_fees_are_texts_alone),
	    cmocka_unit_test(rules_taken_away_and_moved_are_named),
	};
	return cmocka_run_group_tests_name("diff_shipped", tests, set_up, tear_down);
}
