/* The hard ceiling: no window of one second, wherever it begins, holds more than the limit. */
#include "epp/base/rng.h"
#include "tests/unit/daemon/ceiling_ms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void nothing_for_a_second_after_a_start(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 3, T0);
	assert_false(take(&c, T0));
	assert_int_equal(wait_ms(&c, T0), 1000);
	assert_int_equal(wait_ms(&c, T0 + 999), 1);
	assert_false(take(&c, T0 + 999));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wait_ms(&c, T0 + 1000), 0);
		assert_true(take(&c, T0 + 1000));
	}
	assert_false(take(&c, T0 + 1000));
	assert_int_equal(c.taken, 3);
	ceiling_fini(&c);
}

static void the_oldest_of_the_last_n_says_when(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 2, T0);
	uint64_t t = T0 + 5000;
	assert_true(take(&c, t));
	assert_true(take(&c, t + 400));
	assert_int_equal(wait_ms(&c, t + 400), 600);
	assert_int_equal(wait_ms(&c, t + 999), 1);
	assert_false(take(&c, t + 999));
	assert_true(take(&c, t + 1000));
	assert_int_equal(wait_ms(&c, t + 1000), 400);
	assert_false(take(&c, t + 1399));
	assert_true(take(&c, t + 1400));
	ceiling_fini(&c);
}

/* As a stream a second's worth takes most of it, and nothing is lost. */
static void a_stream_reaches_the_limit(void **state)
{
	static const uint32_t limits[] = {1, 7, 100, 999, 2000, 100000};
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct ceiling c;
		uint64_t now = T0, most = 0, here = 0;
		init(&c, limits[i], now);
		while (c.taken < 5ull * limits[i]) {
			uint64_t a = wait_ms(&c, now), b = stream_wait_ms(&c, now);
			here = a || b ? 0 : here;
			now += a > b ? a : b;
			assert_true(take(&c, now));
			here++;
			most = here > most ? here : most;
		}
		assert_in_range(now, T0 + 5000, T0 + 6000);
		assert_true(most <=
		            limits[i] * CEILING_STREAM_TIMES * ((CEILING_CATCH_UP_US / 1000) + 1) / 1000 + 1);
		ceiling_fini(&c);
	}
}

/* The machine hesitates: what was to leave meanwhile leaves late, what comes behind does not. */
static void a_hesitation_costs_little(void **state)
{
	enum { LIMIT = 2000, SECONDS = 10, EVENTS = LIMIT * SECONDS };
	uint64_t *at = malloc(EVENTS * sizeof *at), now = T0, lost = 0;
	struct ceiling c;
	(void)state;
	assert_non_null(at);
	init(&c, LIMIT, now);
	while (c.taken < EVENTS) {
		if (now % 1000 == 300 && now / 1000 % 3 == 0)
			now += 65;
		while (c.taken < EVENTS && stream_wait_ms(&c, now) == 0 && ceiling_take(&c, 1000 * now)) {
			at[c.taken - 1] = now;
			left(&c, 1, now);
		}
		now++;
	}
	for (int i = 0; i + LIMIT < EVENTS; i++)
		lost += at[i + LIMIT] - at[i] - 1000;
	if (lost > (EVENTS - LIMIT) / 2) /* half a millisecond of a second */
		fail_msg("of a second %.1f ms are lost", (double)lost / (EVENTS - LIMIT));
	ceiling_fini(&c);
	free(at);
}

/* Who has sent little lately is not made to wait for an even stream. */
static void a_little_goes_twice_as_fast(void **state)
{
	struct ceiling c;
	uint64_t now = T0 + 5000, began = now;
	(void)state;
	init(&c, 20, T0);
	for (int i = 0; i < 5; i++) {
		now += stream_wait_ms(&c, now);
		assert_true(take(&c, now));
	}
	assert_in_range(now - began, 1, 100);
	ceiling_fini(&c);
}

static void one_per_second_is_exact(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 1, T0);
	for (uint64_t t = T0 + 1000; t < T0 + 20000; t += 1000) {
		assert_false(take(&c, t - 1));
		assert_true(take(&c, t));
		assert_false(take(&c, t));
	}
	assert_int_equal(c.taken, 19);
	ceiling_fini(&c);
}

/* A clock that stands still gives its limit once and then nothing, however often it is asked. */
static void a_clock_that_does_not_move(void **state)
{
	struct ceiling c;
	int taken = 0;
	(void)state;
	init(&c, 7, T0);
	for (int i = 0; i < 10000; i++)
		taken += take(&c, T0 + 1000);
	assert_int_equal(taken, 7);
	assert_int_equal(wait_ms(&c, T0 + 1000), 1000);
	ceiling_fini(&c);
}

static void no_limit_and_changes_of_limit(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 0, T0);
	for (int i = 0; i < 1000; i++)
		assert_true(take(&c, T0));
	assert_int_equal(wait_ms(&c, T0), 0);
	/* What was sent without a limit counts: the new one begins as used up. */
	set(&c, 5, T0);
	assert_false(take(&c, T0 + 999));
	for (int i = 0; i < 5; i++)
		assert_true(take(&c, T0 + 1000));
	assert_int_equal(c.taken, 1005);
	/* The same limit again changes nothing. */
	set(&c, 5, T0 + 1900);
	assert_true(take(&c, T0 + 2000));
	set(&c, 50, T0 + 2000);
	assert_int_equal(wait_ms(&c, T0 + 2000), 1000);
	set(&c, 0, T0 + 2000);
	assert_true(take(&c, T0 + 2000));
	ceiling_fini(&c);
	assert_null(c.at_us);
}

/* ---- random schedules ------------------------------------------------------------------------------------------------- */

#define EVENTS_MAX 20000

/* With events in order it is enough that any limit+1 of them in a row span a second. */
static void assert_no_window_holds_more(const uint64_t *at, size_t n, uint32_t limit)
{
	for (size_t i = limit; i < n; i++)
		if (at[i] - at[i - limit] < WINDOW_MS)
			fail_msg("%u+1 events within %llu ms", limit,
			         (unsigned long long)(at[i] - at[i - limit]));
}

/* How a caller may come: in bursts, evenly, exactly when told, around the moment told, after long silence. */
static uint64_t next_moment(struct rng *r, int habit, const struct ceiling *c, uint64_t now)
{
	uint64_t wait = wait_ms(c, now);
	switch (habit) {
	case 0: return now + rng_below(r, 3);
	case 1: return now + rng_below(r, 400);
	case 2: return now + wait;
	case 3: return now + (wait ? wait - 1 + rng_below(r, 3) : rng_below(r, 2));
	case 4: return now + (rng_below(r, 50) ? 0 : rng_below(r, 5000));
	default: return now + rng_below(r, 1 + 2000 / (c->limit ? c->limit : 1));
	}
}

static void one_schedule(struct rng *r, uint64_t *at)
{
	struct ceiling c;
	uint32_t limit = 1 + (uint32_t)rng_below(r, rng_below(r, 2) ? 8 : 200);
	uint64_t now = T0;
	size_t n = 0;
	int habit = 0;
	/* What was sent in the last second before a restart counts, too. */
	for (uint32_t i = 0; i < limit; i++)
		at[n++] = now;
	init(&c, limit, now);
	for (int i = 0; i < 1500 && n < EVENTS_MAX; i++) {
		if (rng_below(r, 100) == 0)
			habit = (int)rng_below(r, 6);
		now = next_moment(r, habit, &c, now);
		uint64_t wait = wait_ms(&c, now);
		bool taken = take(&c, now);
		assert_int_equal(taken, wait == 0);
		if (taken)
			at[n++] = now;
		else
			assert_true(wait <= WINDOW_MS);
	}
	assert_no_window_holds_more(at, n, limit);
	assert_int_equal(c.taken, n - limit);
	ceiling_fini(&c);
}

static void no_window_of_any_start_holds_more_than_the_limit(void **state)
{
	struct rng r;
	uint64_t *at = malloc(EVENTS_MAX * sizeof *at);
	(void)state;
	assert_non_null(at);
	rng_init_seed(&r, 1);
	for (int i = 0; i < 5000; i++)
		one_schedule(&r, at);
	free(at);
}

/* Whoever takes as soon as told loses nothing: the limit is reached, second after second. */
static void the_limit_is_reached(void **state)
{
	static const uint32_t limits[] = {1, 2, 3, 7, 100, 999, 1000, 1001, 20000};
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct ceiling c;
		uint64_t now = T0;
		init(&c, limits[i], now);
		while (c.taken < 5ull * limits[i]) {
			now += wait_ms(&c, now);
			assert_true(take(&c, now));
		}
		assert_int_equal(now, T0 + 5000);
		ceiling_fini(&c);
	}
}

/* Changes in the middle never let more pass than the larger of both limits. */
static void changes_in_the_middle_never_let_more_pass(void **state)
{
	struct rng r;
	(void)state;
	rng_init_seed(&r, 2);
	for (int round = 0; round < 500; round++) {
		uint64_t at[4000], now = T0;
		uint32_t limit = 10, most = 10;
		struct ceiling c;
		size_t n = 0;
		init(&c, limit, now);
		for (int i = 0; i < 4000; i++) {
			now += rng_below(&r, 20);
			if (rng_below(&r, 200) == 0) {
				limit = 1 + (uint32_t)rng_below(&r, 30);
				most = limit > most ? limit : most;
				set(&c, limit, now);
			}
			if (take(&c, now))
				at[n++] = now;
		}
		assert_no_window_holds_more(at, n, most);
		ceiling_fini(&c);
	}
}

static void a_claim_goes_before_all_others(void **state)
{
	struct ceiling c;
	struct ceiling_claim a = {0}, b = {0};
	(void)state;
	init(&c, 2, T0);
	uint64_t t = T0 + 5000;
	assert_true(take(&c, t));
	assert_true(take(&c, t + 400));
	assert_false(take_first(&c, &a, t + 500));
	assert_false(take_first(&c, &a, t + 500)); /* still one claim */
	assert_int_equal(claim_wait_ms(&c, t + 500), 500);
	/* The place at t + 1000 is not for others. */
	assert_int_equal(wait_ms(&c, t + 500), 900);
	assert_false(take(&c, t + 1000));
	assert_true(take_first(&c, &a, t + 1000));
	assert_false(take(&c, t + 1399));
	assert_true(take(&c, t + 1400));
	/* More claims than places: others wait for whole windows more. */
	assert_false(take_first(&c, &a, t + 1500));
	assert_false(take_first(&c, &b, t + 1500));
	assert_int_equal(wait_ms(&c, t + 1500), 1500);
	set(&c, 1, t + 1500);
	assert_int_equal(wait_ms(&c, t + 1500), 3000);
	ceiling_unclaim(&c, &a);
	ceiling_unclaim(&c, &a);
	ceiling_unclaim(&c, &b);
	assert_int_equal(wait_ms(&c, t + 1500), 1000);
	set(&c, 0, t + 1500);
	assert_true(take_first(&c, &a, t + 1500));
	assert_int_equal(c.claims, 0);
	ceiling_fini(&c);
}

static void what_is_used_and_what_is_near(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 10, T0);
	assert_int_equal(used(&c, T0), 10); /* as if just used up */
	uint64_t t = T0 + 2000;
	assert_int_equal(used(&c, t), 0);
	for (uint32_t i = 1; i <= 10; i++) {
		assert_true(take(&c, t + i));
		assert_int_equal(used(&c, t + i), i);
		assert_int_equal(c.near, i < 8 ? 0 : i - 7);
	}
	assert_int_equal(used(&c, t + 1001), 9);
	assert_int_equal(used(&c, t + 1009), 1);
	assert_int_equal(used(&c, t + 1010), 0);
	assert_int_equal(c.over, 0);
	ceiling_fini(&c);
}

static void a_shadow_counts_and_lets_pass(void **state)
{
	struct ceiling c;
	(void)state;
	init(&c, 4, T0);
	c.shadow = true;
	uint64_t t = T0 + 2000;
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(wait_ms(&c, t), 0);
		assert_true(take(&c, t));
	}
	assert_int_equal(c.over, 6);
	set(&c, 5, t); /* a change keeps what was counted */
	assert_true(c.shadow && c.over == 6 && c.taken == 10);
	ceiling_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_for_a_second_after_a_start),
	    cmocka_unit_test(the_oldest_of_the_last_n_says_when),
	    cmocka_unit_test(a_hesitation_costs_little),
	    cmocka_unit_test(a_little_goes_twice_as_fast),
	    cmocka_unit_test(one_per_second_is_exact),
	    cmocka_unit_test(a_stream_reaches_the_limit),
	    cmocka_unit_test(a_clock_that_does_not_move),
	    cmocka_unit_test(no_limit_and_changes_of_limit),
	    cmocka_unit_test(no_window_of_any_start_holds_more_than_the_limit),
	    cmocka_unit_test(the_limit_is_reached),
	    cmocka_unit_test(changes_in_the_middle_never_let_more_pass),
	    cmocka_unit_test(a_claim_goes_before_all_others),
	    cmocka_unit_test(what_is_used_and_what_is_near),
	    cmocka_unit_test(a_shadow_counts_and_lets_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
