/* Waits: they grow, have jitter, end at a longest one; what a receiver asks for is heeded; a failing one gets one at a time. */
#include "daemon/webhook/webhook_pace.h"
#include "epp/base/attr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define HOUR_MS 3600000ull

static const struct webhook_patience usual = {5000, 12 * HOUR_MS};

static void waits_of_a_message_grow(void **state)
{
	static const uint64_t want[] = {5000,    15000,    45000,    135000,   405000,  1215000,
	                                3645000, 10935000, 32805000, 43200000, 43200000};
	struct rng rng;
	uint64_t total = 0;
	(void)state;
	rng_init_seed(&rng, 7);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		uint64_t least = UINT64_MAX, most = 0;
		for (int n = 0; n < 2000; n++) {
			uint64_t w = webhook_pace_wait((int64_t)i + 1, -1, &usual, &rng);
			least = w < least ? w : least;
			most = w > most ? w : most;
		}
		assert_true(least >= want[i] / 2 && most <= want[i]);
		assert_true(most - least > want[i] / 3); /* jitter */
		total += want[i];
	}
	assert_true(total > 24 * HOUR_MS);
	assert_true(webhook_pace_wait(INT64_MAX, -1, &usual, &rng) <= usual.longest_ms);
}

static void what_is_asked_for_counts_when_it_is_longer(void **state)
{
	struct rng rng;
	(void)state;
	rng_init_seed(&rng, 7);
	assert_int_equal(webhook_pace_wait(1, 60000, &usual, &rng), 60000);
	assert_true(webhook_pace_wait(1, 1000, &usual, &rng) >= 2500);
	assert_true(webhook_pace_wait(1, 0, &usual, &rng) >= 2500);
	assert_int_equal(webhook_pace_wait(1, INT64_MAX, &usual, &rng), WEBHOOK_PACE_ASKED_MS);
}

static void a_new_receiver_gets_one_until_it_has_taken_one(void **state)
{
	struct webhook_pace p = {0};
	(void)state;
	assert_int_equal(webhook_pace_room(&p, 0, 8), 1);
	assert_false(webhook_pace_fine(&p));
	assert_int_equal(webhook_pace_room(&p, 0, 8), 8);
}

static void some_failures_are_the_messages_own(void **state)
{
	struct webhook_pace p = {.proven = true};
	struct rng rng;
	(void)state;
	rng_init_seed(&rng, 7);
	for (int i = 0; i < WEBHOOK_PACE_PATIENCE - 1; i++) {
		webhook_pace_failed(&p, 1000, -1, &usual, &rng);
		assert_int_equal(webhook_pace_room(&p, 1000, 8), 8);
	}
	assert_false(webhook_pace_fine(&p));
}

static void a_failing_receiver_gets_one_at_a_time(void **state)
{
	struct webhook_pace p = {.proven = true};
	struct rng rng;
	uint64_t now = 1000, longest = 0;
	(void)state;
	rng_init_seed(&rng, 7);
	for (int i = 0; i < 40; i++) {
		webhook_pace_failed(&p, now, -1, &usual, &rng);
		if (i < WEBHOOK_PACE_PATIENCE - 1)
			continue;
		uint64_t wait = p.not_before_ms - now;
		assert_int_equal(webhook_pace_room(&p, now, 8), 0);
		assert_true(wait >= usual.first_ms / 2 && wait <= WEBHOOK_PACE_PAUSE_MS);
		longest = wait > longest ? wait : longest;
		now = p.not_before_ms;
		assert_int_equal(webhook_pace_room(&p, now, 8), 1);
	}
	assert_true(longest > WEBHOOK_PACE_PAUSE_MS / 2);
	assert_true(webhook_pace_fine(&p));
	assert_int_equal(webhook_pace_room(&p, now, 8), 8);
	assert_false(webhook_pace_fine(&p));
}

static void retry_after_holds_for_the_receiver_as_a_whole(void **state)
{
	struct webhook_pace p = {.proven = true};
	struct rng rng;
	(void)state;
	rng_init_seed(&rng, 7);
	webhook_pace_failed(&p, 1000, 30000, &usual, &rng);
	assert_int_equal(webhook_pace_room(&p, 30999, 8), 0);
	webhook_pace_failed(&p, 2000, 1000, &usual,
	                    &rng); /* another one that was under way: the later time stays */
	assert_int_equal(webhook_pace_room(&p, 30999, 8), 0);
	assert_int_equal(webhook_pace_room(&p, 31000, 8), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(waits_of_a_message_grow),
	                                   cmocka_unit_test(what_is_asked_for_counts_when_it_is_longer),
	                                   cmocka_unit_test(a_new_receiver_gets_one_until_it_has_taken_one),
	                                   cmocka_unit_test(some_failures_are_the_messages_own),
	                                   cmocka_unit_test(a_failing_receiver_gets_one_at_a_time),
	                                   cmocka_unit_test(retry_after_holds_for_the_receiver_as_a_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
