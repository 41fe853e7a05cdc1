/* Decisions: who has had a name, how many years of it are free, and what the others cost. */
#include "tests/unit/policy/decide_world.h"

static void the_key_is_one_for_each_zone_kind_and_number(void **state)
{
	struct fixture *f = *state;
	char keys[POLICY_NUMBERS_MAX][POLICY_KEY_MAX], *key = keys[0];
	struct policy_facts facts = citizen();
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key, "id.vn/citizen/012306000005");
	facts = enterprise();
	facts.tax_code = STR("0199999014-001");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key, "biz.vn/enterprise/0199999014001");
	facts = household();
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key,
	                    "biz.vn/household_business/068203000011"); /* not the citizen of that number */
	facts.registration_number = STR("0000000000000");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts.registration_number = STR("12345678901234567890123456789012345678901234567890");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts = renewal();
	facts.kind = POLICY_KIND_NONE;
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts = citizen();
	facts.kind = POLICY_COOPERATIVE;
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	assert_string_equal(key, "");
}

static void zone_of_a_name(void **state)
{
	(void)state;
	assert_true(str_eq_c(policy_zone_of(STR("nguyenvana.id.vn")), "id.vn"));
	assert_true(str_eq_c(policy_zone_of(STR("abc.vn")), "vn"));
	assert_int_equal(policy_zone_of(STR("vn")).len, 0);
	assert_int_equal(policy_zone_of(STR_NONE).len, 0);
}

static void free_years_are_split(void **state)
{
	struct fixture *f = *state;
	for (int period = 1; period <= 10; period++) {
		struct policy_facts facts = citizen();
		facts.period = period;
		struct policy_decision d = decide(f, &facts);
		assert_int_equal(d.free_years, period < 2 ? period : 2);
		assert_int_equal(d.free_years + d.charged_years, period);
		assert_int_equal(d.outcome, period > 2 ? POLICY_GRANT_PARTIAL : POLICY_GRANT);
		assert_int_equal(d.expected_vnd, 50000 * d.charged_years);
		assert_int_equal(d.action, period > 2 ? POLICY_REFUSE : POLICY_SEND);
		facts = renewal();
		facts.period = period;
		d = decide(f, &facts);
		assert_int_equal(d.free_years, 1);
		assert_int_equal(d.charged_years, period - 1);
	}
}

/* A name granted on any day and renewed year by year is free twice in all, never three times. */
static void a_name_is_free_for_two_years_and_no_more(void **state)
{
	struct fixture *f = *state;
	for (date_t start = on(2024, 1, 1); start <= on(2026, 12, 31); start++)
		for (int tolerance = 0; tolerance <= 1; tolerance++) {
			int free_years = 1; /* of the create */
			for (int year = 1; year <= 4; year++) {
				struct policy_facts facts = renewal();
				facts.grant_from = start;
				facts.expires_on = date_add_years(start, year, tolerance == 1);
				facts.at = instant_of_date(facts.expires_on, HANOI_OFFSET_S);
				free_years += decide(f, &facts).free_years;
			}
			assert_int_equal(free_years, 2);
		}
}

static void ownership_and_history_are_switches(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = renewal();
	facts.ownership_changed = POLICY_YES;
	expect(f, &facts, POLICY_REVIEW, "OWNERSHIP_CHANGED");
	struct policy_facts unknown = renewal();
	unknown.name_known = POLICY_NO;
	unknown.name_granted = unknown.ownership_changed = POLICY_UNKNOWN;
	expect(f, &unknown, POLICY_REVIEW, "LEDGER_UNKNOWN");
	unknown.name_known = POLICY_UNKNOWN;
	expect(f, &unknown, POLICY_REVIEW, "LEDGER_UNKNOWN");
	reload(f, "site.yaml", "switches: {}",
	       "switches: {ownership-change: ends, unknown-history: as_paid}");
	unknown.name_known = POLICY_NO;
	expect(f, &facts, POLICY_NO_GRANT, "OWNERSHIP_CHANGED");
	expect(f, &unknown, POLICY_NO_GRANT, "LEDGER_UNKNOWN");
	reload(f, "site.yaml", "ownership-change: ends", "ownership-change: continues");
	expect(f, &facts, POLICY_GRANT, "SECOND_FREE_YEAR");
}

static void money_needs_word_and_limit(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.prior_grants = 1;
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.expected_vnd, 110000);
	assert_int_equal(d.action, POLICY_REFUSE);
	facts.charge = true;
	assert_int_equal(decide(f, &facts).action, POLICY_REFUSE); /* no limit given: nothing may be bought */
	facts.max_fee_vnd = 109999;
	assert_int_equal(decide(f, &facts).action, POLICY_REFUSE);
	facts.max_fee_vnd = 110000;
	assert_int_equal(decide(f, &facts).action, POLICY_SEND);
	facts.at = at("2020-01-01T00:00:00"); /* before any known fee */
	facts.birth_date = on(2000, 3, 15);
	facts.id_number = STR("012300000005");
	d = decide(f, &facts);
	assert_int_equal(d.expected_vnd, -1);
	assert_int_equal(d.action, POLICY_HOLD);
}

static void the_levy_under_circular_64_is_a_switch(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	assert_int_equal(decide(f, &facts).expected_vnd, 0);
	reload(f, "site.yaml", "switches: {}", "switches: {levy-under-tt64: charged}");
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.outcome, POLICY_GRANT);
	assert_int_equal(d.levy_vnd, 10000);
	assert_int_equal(d.expected_vnd, 10000);
	assert_int_equal(d.action, POLICY_REFUSE); /* even a levy is not paid silently */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_key_is_one_for_each_zone_kind_and_number),
	    T(zone_of_a_name),
	    T(free_years_are_split),
	    T(a_name_is_free_for_two_years_and_no_more),
	    T(ownership_and_history_are_switches),
	    T(money_needs_word_and_limit),
	    T(the_levy_under_circular_64_is_a_switch),
	};
	return cmocka_run_group_tests_name("decide_ledger", tests, NULL, NULL);
}
