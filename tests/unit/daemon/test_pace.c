/* The rate below the ceiling: cuts, climbing back, the retry budget; and a registry that bears only so much. */
#include "daemon/sched/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define T0     1000000000ull
#define SECOND 1000000ull

/* Sends whenever it may for `us`, asked every millisecond; how many left. */
static uint32_t send_for(struct pace *p, uint64_t *now, uint64_t us, uint32_t most_per_second)
{
	uint32_t n = 0;
	for (uint64_t end = *now + us; *now < end; *now += 1000)
		for (uint32_t i = 0; i < most_per_second / 1000 && pace_wait_us(p, *now) == 0; i++, n++)
			pace_sent(p, *now);
	return n;
}

static void pace_without_trouble_limits_nothing(void **state)
{
	struct pace p;
	uint64_t now = T0;
	(void)state;
	pace_init(&p, now);
	assert_int_equal(send_for(&p, &now, SECOND, 50000), 50000);
	assert_int_equal(pace_rate(&p), 0);
	assert_false(pace_well(&p, now));
}

static void pace_is_cut_once_per_second_whatever_comes(void **state)
{
	struct pace p;
	uint64_t now = T0;
	(void)state;
	pace_init(&p, now);
	send_for(&p, &now, SECOND, 1000);
	assert_true(pace_trouble(&p, 2000, now));
	assert_int_equal(pace_rate(&p), 700);
	for (int i = 0; i < 300; i++)
		assert_false(pace_trouble(&p, 2000, now + (uint64_t)i));
	assert_int_equal(pace_rate(&p), 700);
	assert_int_equal(p.cuts, 1);
	assert_in_range(send_for(&p, &now, SECOND, 5000), 690, 780);
	assert_true(pace_trouble(&p, 2000, now));
	assert_in_range(pace_rate(&p), 480, 500);
}

static void pace_climbs_back_to_the_ceiling_and_ends(void **state)
{
	struct pace p;
	uint64_t now = T0;
	int seconds = 0;
	(void)state;
	pace_init(&p, now);
	send_for(&p, &now, SECOND, 1000);
	assert_true(pace_trouble(&p, 1000, now));
	do {
		uint32_t before = pace_rate(&p);
		send_for(&p, &now, SECOND, 1000);
		bool over = pace_well(&p, now);
		assert_false(pace_well(&p, now)); /* once per second */
		assert_int_equal(pace_rate(&p), over ? 0 : before + 10);
		seconds++;
	} while (pace_rate(&p));
	assert_int_equal(seconds, 30);
}

static void pace_never_falls_to_nothing(void **state)
{
	struct pace p;
	uint64_t now = T0;
	(void)state;
	pace_init(&p, now);
	for (int i = 0; i < 100; i++) {
		assert_true(pace_trouble(&p, 0, now));
		now += SECOND;
		assert_true(pace_rate(&p) >= PACE_LOWEST);
		send_for(&p, &now, SECOND, 1000);
	}
	assert_true(pace_wait_us(&p, now + SECOND) == 0);
}

/* A registry that answers 2502 above 300 per second: nearly all of what it bears is used, and little is refused. */
static void pace_finds_what_the_registry_bears(void **state)
{
	struct pace p;
	uint64_t now = T0;
	uint32_t done = 0, refused = 0;
	(void)state;
	pace_init(&p, now);
	for (int second = 0; second < 600; second++) {
		uint32_t this_second = 0;
		for (int ms = 0; ms < 1000; ms++, now += 1000) {
			while (this_second < 2000 && pace_wait_us(&p, now) == 0) {
				pace_sent(&p, now);
				if (++this_second <= 300) {
					done++;
					(void)pace_well(
					    &p, now); /* whether the limit is gone does not matter here */
				} else {
					refused++;
					(void)pace_trouble(&p, 1000, now); /* nor whether it was cut */
				}
			}
		}
	}
	assert_true(done > 600 * 300 * 7 / 10);
	assert_true(refused < done / 10);
}

static void pace_repeats_a_tenth_at_most(void **state)
{
	struct pace p;
	uint32_t retries = 0;
	(void)state;
	pace_init(&p, T0);
	while (pace_take_retry(&p))
		retries++;
	assert_int_equal(retries, PACE_RETRIES_MAX);
	for (uint32_t i = 0; i < 5000; i++) {
		(void)pace_well(&p, T0 + i); /* there is no limit to disappear */
		retries += pace_take_retry(&p);
	}
	assert_int_equal(retries, PACE_RETRIES_MAX + 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pace_without_trouble_limits_nothing),
	    cmocka_unit_test(pace_is_cut_once_per_second_whatever_comes),
	    cmocka_unit_test(pace_climbs_back_to_the_ceiling_and_ends),
	    cmocka_unit_test(pace_never_falls_to_nothing),
	    cmocka_unit_test(pace_finds_what_the_registry_bears),
	    cmocka_unit_test(pace_repeats_a_tenth_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
