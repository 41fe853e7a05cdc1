/* The rate limiter: exact waits, debt, odd rates, change of limits. */
#include "daemon/sched/gcra.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define T0 1000000000ull

static void gcra_admits_a_burst_and_then_one_per_interval(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 10, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(gcra_take(&g, 1, T0), 0);
	assert_int_equal(gcra_take(&g, 1, T0), 100000);
	assert_int_equal(gcra_take(&g, 1, T0 + 99999), 1);
	assert_int_equal(gcra_take(&g, 1, T0 + 100000), 0);
	assert_int_equal(gcra_take(&g, 1, T0 + 100000), 100000);
	assert_int_equal(gcra_left(&g, T0 + 100000 + 250000), 2);
}

static void gcra_refusal_costs_nothing(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 10, 1);
	assert_int_equal(gcra_take(&g, 1, T0), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(gcra_take(&g, 1, T0), 100000);
	assert_int_equal(gcra_take(&g, 1, T0 + 100000), 0);
}

static void gcra_rate_that_does_not_divide_a_second_is_exact_in_the_long_run(void **state)
{
	struct gcra g;
	uint64_t now = T0, taken = 0;
	(void)state;
	gcra_init(&g, 7, 2);
	while (taken < 7 * 1000 + 2) {
		uint64_t wait = gcra_take(&g, 1, now);
		taken += wait == 0;
		now += wait;
	}
	assert_int_equal(now - T0, 1000000000ull); /* 7,000 intervals are exactly 1,000 s */
}

static void gcra_debt_is_paid_before_the_next(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 100, 50);
	assert_int_equal(gcra_wait_us(&g, 1, T0), 0);
	gcra_charge(&g, 1000, T0);
	/* 1,000 in the queue, 49 may be left when one more comes: 951 at 100 per second. */
	assert_int_equal(gcra_wait_us(&g, 1, T0), 9510000);
	assert_int_equal(gcra_left(&g, T0), 0);
	assert_int_equal(gcra_wait_us(&g, 1, T0 + 9509999), 1);
	assert_int_equal(gcra_wait_us(&g, 1, T0 + 9510000), 0);
}

static void gcra_cost_above_the_burst_waits_for_an_empty_queue(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 10, 5);
	assert_int_equal(gcra_take(&g, 500, T0), 0);
	assert_int_equal(gcra_wait_us(&g, 500, T0), 50000000);
}

static void gcra_without_rate_admits_everything(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 0, 0);
	gcra_charge(&g, UINT64_MAX, T0);
	assert_int_equal(gcra_take(&g, UINT64_MAX, T0), 0);
	assert_true(gcra_left(&g, T0) == UINT64_MAX);
}

static void gcra_huge_costs_do_not_overflow(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, UINT32_MAX, UINT32_MAX);
	for (int i = 0; i < 10; i++)
		gcra_charge(&g, UINT64_MAX, T0);
	assert_true(gcra_wait_us(&g, 1, T0) > 0);
	assert_true(gcra_wait_us(&g, 1, T0) <= GCRA_MAX_DEBT);
	assert_int_equal(gcra_wait_us(&g, 1, T0 + GCRA_MAX_DEBT), 0);
}

static void gcra_change_keeps_what_was_used(void **state)
{
	struct gcra g;
	(void)state;
	gcra_init(&g, 10, 5);
	gcra_charge(&g, 25, T0);
	gcra_set(&g, 20, 5, T0);
	assert_int_equal(gcra_wait_us(&g, 1, T0), 1050000); /* 21 units at 20 per second */
	gcra_set(&g, 0, 0, T0);
	assert_int_equal(gcra_wait_us(&g, 1, T0), 0);
	gcra_set(&g, 10, 5, T0);
	assert_int_equal(gcra_wait_us(&g, 1, T0), 0);
}

static void gcra_told_wait_is_exact_for_random_traffic(void **state)
{
	struct rng rng;
	(void)state;
	rng_init_seed(&rng, 20261120);
	for (int round = 0; round < 200; round++) {
		struct gcra g;
		uint64_t now = T0;
		gcra_init(&g, 1 + (uint32_t)rng_below(&rng, 5000), 1 + (uint32_t)rng_below(&rng, 2000));
		for (int i = 0; i < 50; i++) {
			uint64_t cost = 1 + rng_below(&rng, 3000);
			uint64_t wait = gcra_wait_us(&g, cost, now);
			if (wait) {
				assert_int_equal(gcra_wait_us(&g, cost, now + wait - 1), 1);
				assert_int_equal(gcra_wait_us(&g, cost, now + wait), 0);
			}
			now += wait;
			gcra_charge(&g, cost, now);
			now += rng_below(&rng, 100000);
		}
	}
}

static void gcra_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct gcra) <= 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gcra_admits_a_burst_and_then_one_per_interval),
	    cmocka_unit_test(gcra_refusal_costs_nothing),
	    cmocka_unit_test(gcra_rate_that_does_not_divide_a_second_is_exact_in_the_long_run),
	    cmocka_unit_test(gcra_debt_is_paid_before_the_next),
	    cmocka_unit_test(gcra_cost_above_the_burst_waits_for_an_empty_queue),
	    cmocka_unit_test(gcra_without_rate_admits_everything),
	    cmocka_unit_test(gcra_huge_costs_do_not_overflow),
	    cmocka_unit_test(gcra_change_keeps_what_was_used),
	    cmocka_unit_test(gcra_told_wait_is_exact_for_random_traffic),
	    cmocka_unit_test(gcra_is_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
