/* Reports and the days on which they are due, under each reading. */
#include "tests/unit/policy/shipped.h"

#include "policy/duties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MOST 64

static struct {
	struct shipped shipped;
	struct policy_ruleset *rules;
	struct policy_duty list[MOST];
	size_t count;
} w;

static int set_up(void **state)
{
	(void)state;
	return shipped_init(&w.shipped) ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	policy_unref(&w.rules);
	shipped_fini(&w.shipped);
	return 0;
}

static void read_between(date_t from, date_t to)
{
	w.rules = shipped_load_good(&w.shipped);
	w.count = policy_duties(w.rules, from, to, w.list, MOST);
	assert_in_range(w.count, 0, MOST);
}

static const struct policy_duty *find(const char *id, enum policy_every every, date_t due)
{
	for (size_t i = 0; i < w.count; i++)
		if (str_eq_c(w.list[i].id, id) && w.list[i].every == every && w.list[i].due == due)
			return &w.list[i];
	return NULL;
}

static void set_switch(const char *text)
{
	assert_true(shipped_replace(&w.shipped, "site.yaml", "switches: {}", text));
}

static void before_the_20th_is_the_19th(void **state)
{
	(void)state;
	read_between(date_make(2025, 1, 1), date_make(2025, 12, 31));
	assert_non_null(find("tra-vinh", POLICY_EVERY_QUARTER, date_make(2025, 3, 19)));
	assert_non_null(find("tra-vinh", POLICY_EVERY_QUARTER, date_make(2025, 12, 19)));
	assert_non_null(find("tra-vinh", POLICY_EVERY_YEAR, date_make(2025, 12, 14)));
}

static void or_the_20th_itself(void **state)
{
	(void)state;
	set_switch("switches: {before-the-20th: that_day}");
	read_between(date_make(2025, 1, 1), date_make(2025, 12, 31));
	assert_null(find("tra-vinh", POLICY_EVERY_QUARTER, date_make(2025, 3, 19)));
	assert_non_null(find("tra-vinh", POLICY_EVERY_QUARTER, date_make(2025, 3, 20)));
	assert_non_null(find("tra-vinh", POLICY_EVERY_YEAR, date_make(2025, 12, 15)));
}

static void without_a_day_it_is_the_last_one(void **state)
{
	(void)state;
	read_between(date_make(2025, 9, 1), date_make(2026, 12, 31));
	const struct policy_duty *d = find("ca-mau-0109", POLICY_EVERY_QUARTER, date_make(2025, 9, 30));
	assert_non_null(d);
	assert_int_equal(d->from, date_make(2025, 9, 23)); /* the plan begins within the quarter */
	assert_int_equal(d->to, date_make(2025, 9, 30));
	assert_int_equal(d->clause_count, 2);
	assert_true(str_eq_c(d->province, "96"));
	assert_non_null(find("ca-mau-0109", POLICY_EVERY_YEAR, date_make(2026, 12, 31)));
	assert_non_null(find("lam-dong-1815", POLICY_ONCE, date_make(2025, 12, 31)));
}

static void or_that_of_the_month_after(void **state)
{
	(void)state;
	set_switch("switches: {reports-without-a-day: month_after}");
	read_between(date_make(2026, 1, 1), date_make(2027, 1, 31));
	const struct policy_duty *d = find("ca-mau-0109", POLICY_EVERY_YEAR, date_make(2027, 1, 31));
	assert_non_null(d);
	assert_int_equal(d->to, date_make(2026, 12, 31));
	/* of the last quarter of 2025 */
	assert_non_null(find("ca-mau-0109", POLICY_EVERY_QUARTER, date_make(2026, 1, 31)));
	assert_null(find("ca-mau-0109", POLICY_EVERY_QUARTER, date_make(2026, 3, 31)));
}

static void they_come_in_order_of_the_day(void **state)
{
	(void)state;
	read_between(date_make(2024, 1, 1), date_make(2026, 12, 31));
	assert_in_range(w.count, 20, MOST);
	for (size_t i = 1; i < w.count; i++)
		assert_true(w.list[i - 1].due <= w.list[i].due);
}

static void nothing_is_due_outside_of_the_plans(void **state)
{
	(void)state;
	read_between(date_make(2023, 1, 1), date_make(2023, 12, 31));
	assert_int_equal(w.count, 0);
	assert_int_equal(policy_duties(w.rules, date_make(2031, 2, 1), date_make(2031, 12, 31), w.list, MOST),
	                 0);
}

static void more_than_there_is_room_for_is_counted(void **state)
{
	(void)state;
	read_between(date_make(2024, 1, 1), date_make(2026, 12, 31));
	struct policy_duty one;
	assert_int_equal(policy_duties(w.rules, date_make(2024, 1, 1), date_make(2026, 12, 31), &one, 1),
	                 w.count);
}

static void a_day_that_a_month_lacks_is_its_last(void **state)
{
	(void)state;
	assert_true(shipped_replace(&w.shipped, "plan-tra-vinh.yaml", "due_day: 19", "due_day: 31"));
	read_between(date_make(2025, 6, 1), date_make(2025, 6, 30));
	assert_non_null(find("tra-vinh", POLICY_EVERY_QUARTER, date_make(2025, 6, 30)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(before_the_20th_is_the_19th),
	    TEST(or_the_20th_itself),
	    TEST(without_a_day_it_is_the_last_one),
	    TEST(or_that_of_the_month_after),
	    TEST(they_come_in_order_of_the_day),
	    TEST(nothing_is_due_outside_of_the_plans),
	    TEST(more_than_there_is_room_for_is_counted),
	    TEST(a_day_that_a_month_lacks_is_its_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
