/* Calendar arithmetic and instants. */
#include "epp/base/clock.h"
#include "epp/base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

static const char *text_of(date_t d)
{
	static char out[DATE_TEXT_MAX];
	return date_format(out, d);
}

static void known_days(void **state)
{
	(void)state;
	assert_int_equal(date_make(1970, 1, 1), 0);
	assert_int_equal(date_make(1969, 12, 31), -1);
	assert_int_equal(date_make(2000, 2, 29), 11016);
	assert_int_equal(date_make(2026, 11, 20), 20777);
	assert_int_equal(date_make(1, 1, 1), -719162);
	assert_int_equal(date_make(9999, 12, 31), 2932896);
	assert_int_equal(date_weekday(0), 3);
	assert_int_equal(date_weekday(date_make(2026, 11, 20)), 4);
	assert_int_equal(date_weekday(date_make(1, 1, 1)), 0);
}

static void days_that_do_not_exist(void **state)
{
	(void)state;
	assert_int_equal(date_make(2026, 2, 29), DATE_NONE);
	assert_int_equal(date_make(1900, 2, 29), DATE_NONE);
	assert_int_equal(date_make(2026, 4, 31), DATE_NONE);
	assert_int_equal(date_make(2026, 0, 1), DATE_NONE);
	assert_int_equal(date_make(2026, 13, 1), DATE_NONE);
	assert_int_equal(date_make(2026, 1, 0), DATE_NONE);
	assert_int_equal(date_make(0, 1, 1), DATE_NONE);
	assert_int_equal(date_make(10000, 1, 1), DATE_NONE);
}

static void every_day_goes_there_and_back(void **state)
{
	(void)state;
	for (date_t d = date_make(1, 1, 1); d <= date_make(9999, 12, 31); d++) {
		int y, m, day;
		date_split(d, &y, &m, &day);
		if (date_make(y, m, day) != d)
			fail_msg("day %d: %d-%d-%d", d, y, m, day);
	}
}

static void dates_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",           "2026-11-2",   "2026-11-200", "2026-1-020",
	                                  "2026/11/20", "2026-02-30",  "0000-01-01",  "-026-11-20",
	                                  "2026-11-2x", " 2026-11-20", "20261120",    "2026-11-20 "};
	date_t d = 5;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(date_parse(str_c(bad[i]), &d));
	assert_false(date_parse(STR_NONE, &d));
	assert_int_equal(d, 5);
	assert_true(date_parse(STR("2026-11-20"), &d));
	assert_string_equal(text_of(d), "2026-11-20");
	assert_string_equal(text_of(DATE_NONE), "");
	assert_string_equal(text_of(date_make(1, 2, 3)), "0001-02-03");
}

static void years_are_added(void **state)
{
	(void)state;
	assert_string_equal(text_of(date_add_years(date_make(2026, 11, 20), 2, false)), "2028-11-20");
	assert_string_equal(text_of(date_add_years(date_make(2024, 2, 29), 1, false)), "2025-02-28");
	assert_string_equal(text_of(date_add_years(date_make(2024, 2, 29), 1, true)), "2025-03-01");
	assert_string_equal(text_of(date_add_years(date_make(2024, 2, 29), 4, true)), "2028-02-29");
	assert_string_equal(text_of(date_add_years(date_make(2024, 2, 29), -1, false)), "2023-02-28");
	assert_int_equal(date_add_years(date_make(9999, 1, 1), 1, false), DATE_NONE);
	assert_int_equal(date_add_years(DATE_NONE, 1, false), DATE_NONE);
}

static void an_instant_has_a_date_in_each_zone(void **state)
{
	instant_ms_t t;
	(void)state;
	assert_true(instant_parse(STR("2026-11-20T16:59:59.999Z"), 0, &t));
	assert_string_equal(text_of(date_of_instant(t, HANOI_OFFSET_S)), "2026-11-20");
	assert_string_equal(text_of(date_of_instant(t + 1, HANOI_OFFSET_S)), "2026-11-21");
	assert_string_equal(text_of(date_of_instant(t + 1, 0)), "2026-11-20");
	assert_int_equal(date_of_instant(-1, 0), -1);
	assert_int_equal(date_of_instant(0, -1), -1);
	assert_int_equal(date_of_instant(-86400000, 0), -1);
	assert_int_equal(date_of_instant(-86400001, 0), -2);
	date_t d = date_make(2026, 11, 20);
	assert_int_equal(date_of_instant(instant_of_date(d, HANOI_OFFSET_S), HANOI_OFFSET_S), d);
	assert_int_equal(date_of_instant(instant_of_date(d, HANOI_OFFSET_S) - 1, HANOI_OFFSET_S), d - 1);
}

static instant_ms_t at(const char *text)
{
	instant_ms_t t;
	if (!instant_parse(str_c(text), HANOI_OFFSET_S, &t))
		fail_msg("'%s' was not read", text);
	return t;
}

static void instants_are_read(void **state)
{
	(void)state;
	assert_int_equal(at("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(at("1970-01-01T07:00:00"), 0);
	assert_int_equal(at("1970-01-01T00:00:00-01:30"), 5400000);
	assert_int_equal(at("1969-12-31T23:59:59.5Z"), -500);
	assert_int_equal(at("2026-11-20T09:12:03.1239999+07:00"), at("2026-11-20T02:12:03.123Z"));
	assert_int_equal(at("2026-12-31T23:59:60Z"), at("2027-01-01T00:00:00Z"));
}

static void what_is_no_instant_is_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "2026-11-20",
	                                  "2026-11-20T",
	                                  "2026-11-20 09:00:00Z",
	                                  "2026-11-20T09:00Z",
	                                  "2026-11-20T24:00:00Z",
	                                  "2026-11-20T09:60:00Z",
	                                  "2026-11-20T09:00:61Z",
	                                  "2026-11-20T09:00:00.Z",
	                                  "2026-11-20T09:00:00z",
	                                  "2026-11-20T09:00:00+7:00",
	                                  "2026-11-20T09:00:00+15:00",
	                                  "2026-11-20T09:00:00+07:60",
	                                  "2026-11-20T09:00:00+07",
	                                  "2026-11-20T09:00:00Zx",
	                                  "2026-02-30T09:00:00Z"};
	instant_ms_t t = 5;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (instant_parse(str_c(bad[i]), 0, &t))
			fail_msg("'%s' was read", bad[i]);
	assert_false(instant_parse(STR_NONE, 0, &t));
	assert_int_equal(t, 5);
}

static void instants_are_written(void **state)
{
	char out[TIME_TEXT_MAX];
	(void)state;
	instant_ms_t t = at("2026-11-20T02:12:03.045Z");
	assert_string_equal(instant_format(out, t, HANOI_OFFSET_S, false), "2026-11-20T09:12:03+07:00");
	assert_string_equal(instant_format(out, t, 0, true), "2026-11-20T02:12:03.045Z");
	assert_string_equal(instant_format(out, t, -5400, false), "2026-11-20T00:42:03-01:30");
	assert_string_equal(instant_format(out, -1, 0, true), "1969-12-31T23:59:59.999Z");
	for (int hour = 0; hour < 48; hour++) {
		instant_ms_t again;
		instant_format(out, t + hour * 3600000, HANOI_OFFSET_S, true);
		assert_true(instant_parse(str_c(out), 0, &again));
		assert_int_equal(again, t + hour * 3600000);
	}
}

static void the_system_clock_is_shifted(void **state)
{
	struct clock now, later;
	(void)state;
	clock_init_system(&now, 0);
	clock_init_system(&later, 86400000);
	instant_ms_t a = now.wall(&now), b = later.wall(&later), c = now.wall(&now);
	assert_true(b - 86400000 >= a && b - 86400000 <= c);
	uint64_t m = now.mono_us(&now);
	assert_true(later.mono_us(&later) >= m);
}

static void durations_have_a_unit(void **state)
{
	static const char *const none[] = {
	    "", "5", "s", "5 s", "-1s", "1.5h", "1w", "99999999999999999999s", "9223372036854775807m"};
	int64_t ms;
	(void)state;
	assert_true(duration_parse(STR("250ms"), &ms) && ms == 250);
	assert_true(duration_parse(STR("30s"), &ms) && ms == 30000);
	assert_true(duration_parse(STR("15m"), &ms) && ms == 900000);
	assert_true(duration_parse(STR("2h"), &ms) && ms == 7200000);
	assert_true(duration_parse(STR("3d"), &ms) && ms == 3 * 86400000LL);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(duration_parse(str_c(none[i]), &ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_days),
	    cmocka_unit_test(days_that_do_not_exist),
	    cmocka_unit_test(every_day_goes_there_and_back),
	    cmocka_unit_test(dates_are_read_strictly),
	    cmocka_unit_test(years_are_added),
	    cmocka_unit_test(an_instant_has_a_date_in_each_zone),
	    cmocka_unit_test(instants_are_read),
	    cmocka_unit_test(what_is_no_instant_is_refused),
	    cmocka_unit_test(instants_are_written),
	    cmocka_unit_test(durations_have_a_unit),
	    cmocka_unit_test(the_system_clock_is_shifted),
	};
	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
