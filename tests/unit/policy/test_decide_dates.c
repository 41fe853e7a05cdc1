/* Decisions: ages, years and windows turn at midnight in Hanoi, whatever the date. */
#include "tests/unit/policy/decide_world.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)

static void age_turns_at_hanoi_midnight(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.birth_date = on(2008, 11, 21);
	facts.id_number = STR("012308000005");
	facts.at = at("2026-11-20T23:59:59.999");
	expect(f, &facts, POLICY_NO_GRANT, "AGE_UNDER_18");
	facts.at += 1;
	expect(f, &facts, POLICY_GRANT, "OK");
	facts.birth_date = on(2002, 11, 21);
	facts.id_number = STR("012302000005");
	facts.at -= 1;
	expect(f, &facts, POLICY_GRANT, "OK_CONTESTED_AGE");
	facts.at += 1;
	expect(f, &facts, POLICY_NO_GRANT, "AGE_OVER_23");
}

/* Day by day over a life: under 18, in, in but contested, over; and the strict reading ends one year earlier. */
static void every_day_of_the_range_has_one_answer(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	static const struct {
		int year, month, day;
		const char *id;
	} births[] = {{2004, 2, 29, "012304000005"},
	              {2003, 12, 31, "012303000005"},
	              {2001, 1, 1, "012301000005"}};
	for (size_t i = 0; i < ARRAY_LEN(births); i++) {
		facts.birth_date = on(births[i].year, births[i].month, births[i].day);
		facts.id_number = str_c(births[i].id);
		date_t first = date_add_years(facts.birth_date, 18, true);
		date_t contested = date_add_years(facts.birth_date, 23, true) + 1;
		date_t over = date_add_years(facts.birth_date, 24, true);
		for (date_t day = on(2023, 6, 1); day <= on(2026, 12, 31); day++) {
			facts.at = instant_of_date(day, HANOI_OFFSET_S) + 12 * 60 * MINUTE;
			struct policy_decision d = decide(f, &facts);
			bool granted = d.outcome == POLICY_GRANT;
			assert_int_equal(granted, day >= first && day < over);
			if (granted && day >= contested)
				assert_true(str_eq_c(policy_main_reason(&d), "OK_CONTESTED_AGE"));
			date_t last = over - 1 < on(2026, 12, 31) ? over - 1 : on(2026, 12, 31);
			assert_int_equal(d.eligible_until, granted ? last : DATE_NONE);
		}
	}
}

static void founding_year_ends_with_the_anniversary_in_hanoi(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(2025, 11, 19);
	facts.at = at("2026-11-19T23:59:59.999");
	expect(f, &facts, POLICY_GRANT, "OK_BOUNDARY");
	facts.at += 1;
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	reload(f, "site.yaml", "switches: {}", "switches: {founding-boundary: before_anniversary}");
	facts.at -= 1;
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	facts.at -= (instant_ms_t)24 * 60 * MINUTE;
	expect(f, &facts, POLICY_GRANT, "OK");
}

static void weekend_rule_is_a_switch(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(2025, 11, 15); /* the anniversary is a Sunday */
	facts.at = at("2026-11-16T09:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.flag_count, 1);
	assert_true(str_eq_c(policy_code(d.flags[0]), "WEEKEND_ROLL_ARGUABLE"));
	reload(f, "site.yaml", "switches: {}", "switches: {weekend-roll: applied}");
	expect(f, &facts, POLICY_GRANT, "OK");
	facts.at = at("2026-11-17T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
}

static void windows_open_and_close_at_hanoi_midnight(void **state)
{
	static const struct {
		const char *edge; /* the first instant of a new state */
		const char *before, *after;
	} edges[] = {
	    {"2023-06-01T00:00:00", "", "20/2023/TT-BTC"},
	    {"2025-07-01T00:00:00", "20/2023/TT-BTC", "64/2025/TT-BTC"},
	    {"2027-01-01T00:00:00", "64/2025/TT-BTC", ""},
	};
	struct fixture *f = *state;
	struct policy_facts facts = household(); /* no age, no founding date: only the window counts */
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		facts.at = at(edges[i].edge) - 1;
		struct policy_decision d = decide(f, &facts);
		assert_true(str_eq_c(policy_waiver_name(&d), edges[i].before));
		assert_int_equal(d.outcome == POLICY_GRANT, edges[i].before[0] != '\0');
		facts.at += 1;
		d = decide(f, &facts);
		assert_true(str_eq_c(policy_waiver_name(&d), edges[i].after));
		assert_int_equal(d.outcome == POLICY_GRANT, edges[i].after[0] != '\0');
	}
	facts.at = at("2031-01-01T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "WINDOW_CLOSED");
}

static void undecided_continuation_can_hold(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.at = at("2027-01-01T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "PHASE2_UNDECIDED");
	reload(f, "site.yaml", "switches: {}", "switches: {undecided-continuation: hold}");
	expect(f, &facts, POLICY_REVIEW, "PHASE2_UNDECIDED");
}

static void instants_outside_of_the_calendar_are_missing(void **state)
{
	static const instant_ms_t instants[] = {INSTANT_NONE, INT64_MAX, INT64_MIN + 1, -62200000000000LL};
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
		facts.at = instants[i];
		expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
	}
}

static void dates_at_the_calendars_end_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(9999, 12, 31);
	expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
	facts = citizen();
	facts.birth_date = on(9999, 12, 31);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
	facts = renewal();
	facts.expires_on = on(9999, 12, 31);
	assert_int_equal(decide(f, &facts).outcome, POLICY_NO_GRANT);
	facts.grant_from = on(9998, 12, 31);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
	facts.expires_on = on(1, 1, 1);
	facts.grant_from = on(1, 1, 1);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(age_turns_at_hanoi_midnight),
	    T(every_day_of_the_range_has_one_answer),
	    T(founding_year_ends_with_the_anniversary_in_hanoi),
	    T(weekend_rule_is_a_switch),
	    T(windows_open_and_close_at_hanoi_midnight),
	    T(undecided_continuation_can_hold),
	    T(instants_outside_of_the_calendar_are_missing),
	    T(dates_at_the_calendars_end_do_no_harm),
	};
	return cmocka_run_group_tests_name("decide_dates", tests, NULL, NULL);
}
