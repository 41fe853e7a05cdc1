/* The hard ceiling: what counts is when bytes have left, whatever holds them back. */
#include "epp/base/rng.h"
#include "tests/unit/daemon/ceiling_ms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define EVENTS_MAX 20000

/* They were taken at t and left later: the next second counts from there. */
static void what_left_later_counts_from_then(void **state)
{
	struct ceiling c;
	uint64_t t = T0 + 5000;
	(void)state;
	init(&c, 3, T0);
	assert_true(take(&c, t));
	left(&c, 1, t + 1);
	assert_true(take(&c, t + 10));
	assert_true(take(&c, t + 10));
	left(&c, 2, t + 17);
	left(&c, 2, t + 400); /* nothing new */
	assert_int_equal(wait_ms(&c, t + 500), 501);
	assert_true(take(&c, t + 1001));
	assert_int_equal(wait_ms(&c, t + 1001), 16);
	left(&c, 1, t); /* a clock that went back changes nothing */
	assert_true(take(&c, t + 1017));
	ceiling_fini(&c);
	init(&c, 0, T0);
	assert_true(take(&c, T0));
	left(&c, 1, T0 + 1);
	ceiling_fini(&c);
}

/* Of two streams that are written in one turn the second leaves later. */
static void what_leaves_one_after_the_other(void **state)
{
	struct ceiling c;
	uint64_t t = T0 + 5000;
	(void)state;
	init(&c, 3, T0);
	for (int i = 0; i < 3; i++)
		assert_true(take(&c, t));
	left(&c, 1, t + 2);
	left(&c, 2, t + 9);
	assert_int_equal(wait_ms(&c, t + 9), 993);
	assert_true(take(&c, t + 1002));
	assert_int_equal(wait_ms(&c, t + 1002), 7);
	ceiling_fini(&c);
}

/* A limit that is lowered, raised or set in the turn in which something was taken that has not left yet. */
static void a_change_before_it_has_left(void **state)
{
	static const uint32_t from[] = {2, 2, 2, 0}, to[] = {1, 5, 2, 2};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct ceiling c;
		uint64_t t = T0 + 5000;
		init(&c, from[i], T0);
		assert_true(take(&c, t));
		assert_true(take(&c, t));
		set(&c, to[i], t);
		left(&c, 2, t + 6);
		/* At t + 1000 nothing but what had left before could be gone from the window. */
		uint32_t places = 0;
		while (take(&c, t + 1005) && places < 9)
			places++;
		assert_int_equal(places, to[i] > 2 ? to[i] - 2 : 0);
		ceiling_fini(&c);
	}
}

static void what_does_not_leave_keeps_its_place(void **state)
{
	struct ceiling c;
	uint64_t t = T0 + 5000;
	(void)state;
	init(&c, 4, T0);
	for (int i = 0; i < 3; i++)
		assert_true(take(&c, t));
	left(&c, 1, t);
	ceiling_hold(&c, 2); /* two wait, for however long */
	assert_int_equal(used(&c, t), 3);
	assert_true(take(&c, t + 10));
	left(&c, 1, t + 10);
	assert_false(take(&c, t + 999));
	for (int round = 1; round < 5; round++) {
		assert_true(take(&c, t + 1010 * round));
		assert_true(take(&c, t + 1010 * round));
		assert_false(take(&c, t + 1010 * round));
		left(&c, 2, t + 1010 * round);
	}
	/* They leave at once, with one that is just being taken. */
	t += 1010 * 4 + 500;
	assert_int_equal(wait_ms(&c, t), 500);
	ceiling_release(&c, 1, 1000 * t);
	ceiling_release(&c, 1, 1000 * (t + 1));
	assert_int_equal(used(&c, t + 1), 4);
	assert_int_equal(wait_ms(&c, t + 1), 499);
	assert_true(take(&c, t + 500));
	assert_true(take(&c, t + 500));
	assert_int_equal(wait_ms(&c, t + 500), 500);
	ceiling_fini(&c);
	/* Without a limit it is kept in mind for one that comes. */
	init(&c, 0, T0);
	assert_true(take(&c, T0));
	ceiling_hold(&c, 1);
	set(&c, 2, T0);
	assert_true(take(&c, T0 + 2000));
	assert_false(take(&c, T0 + 2000));
	left(&c, 1, T0 + 2000);
	ceiling_release(&c, 1, 1000 * (T0 + 2500));
	assert_int_equal(wait_ms(&c, T0 + 2500), 500);
	ceiling_fini(&c);
}

/* Some leave late, some are stuck for a while: by the moments at which they left, the limit is never crossed. */
static void counted_when_it_leaves(void **state)
{
	struct rng r;
	uint64_t *at = malloc(EVENTS_MAX * sizeof *at);
	size_t all = 0;
	(void)state;
	assert_non_null(at);
	rng_init_seed(&r, 3);
	for (int round = 0; round < 300; round++) {
		struct ceiling c;
		uint32_t limit = 1 + (uint32_t)rng_below(&r, 20), stuck = 0;
		uint64_t now = 1000 * T0;
		size_t n = 0;
		ceiling_init(&c, limit, now);
		for (int i = 0; i < 2000; i++) {
			uint32_t taken = 0, late;
			now += rng_below(&r, 40000);
			while (taken < 1 + rng_below(&r, 8) && ceiling_take(&c, now))
				taken++;
			late = rng_below(&r, 4) ? 0 : (uint32_t)rng_below(&r, taken + 1);
			now += rng_below(&r, 5000);
			ceiling_hold(&c, late);
			stuck += late;
			ceiling_left(&c, taken - late, now);
			for (uint32_t k = 0; k < taken - late; k++)
				at[n++] = now;
			late = rng_below(&r, 10) ? 0 : (uint32_t)rng_below(&r, stuck + 1);
			now += rng_below(&r, 2) ? 0 : rng_below(&r, 1000);
			ceiling_release(&c, late, now);
			stuck -= late;
			for (uint32_t k = 0; k < late; k++)
				at[n++] = now;
		}
		for (size_t i = limit; i < n; i++)
			if (at[i] - at[i - limit] < CEILING_WINDOW_US)
				fail_msg("round %d: %u+1 left within %llu us", round, limit,
				         (unsigned long long)(at[i] - at[i - limit]));
		all += n;
		ceiling_fini(&c);
	}
	assert_true(all > 50000);
	free(at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_left_later_counts_from_then),
	    cmocka_unit_test(what_leaves_one_after_the_other),
	    cmocka_unit_test(a_change_before_it_has_left),
	    cmocka_unit_test(what_does_not_leave_keeps_its_place),
	    cmocka_unit_test(counted_when_it_leaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
