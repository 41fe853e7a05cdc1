/* Which endpoint is next: fail-over, back-off, one probe at a time. */
#include "daemon/session/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define MIN_MS 1000
#define MAX_MS 60000

static struct rng rng;

static void open_set(struct endpoints *e, size_t n)
{
	rng_init_seed(&rng, 5);
	endpoints_init(e, n, MIN_MS, MAX_MS, &rng);
}

static size_t pick(const struct endpoints *e, uint64_t now)
{
	uint64_t wait;
	size_t i = endpoints_pick(e, now, &wait);
	if (i != ENDPOINT_NONE)
		assert_true(wait > 0);
	return i;
}

static void dial(struct endpoints *e, size_t i, uint64_t now)
{
	assert_int_equal(pick(e, now), i);
	endpoints_dialled(e, i);
}

static void break_one(struct endpoints *e, size_t i, uint64_t dialled, uint64_t now)
{
	endpoints_given_up(e, i);
	endpoints_failed(e, i, dialled, now);
}

static void one_probe_before_the_others(void **state)
{
	struct endpoints e;
	uint64_t wait;
	(void)state;
	open_set(&e, 2);
	dial(&e, 0, 100);
	/* Its outcome is waited for: the second endpoint is for when the first does not work. */
	assert_int_equal(endpoints_pick(&e, 100, &wait), ENDPOINT_NONE);
	assert_int_equal(wait, ENDPOINT_NEVER);
	endpoints_ready(&e, 0, 150);
	for (int i = 0; i < 5; i++)
		dial(&e, 0, 200);
	endpoints_lost(&e, 0);
	assert_int_equal(pick(&e, 300), ENDPOINT_NONE); /* those under way tell */
	for (int i = 0; i < 5; i++)
		endpoints_given_up(&e, 0);
	dial(&e, 0, 300);
	assert_int_equal(pick(&e, 300), ENDPOINT_NONE);
	endpoints_fini(&e);
}

static void the_next_one_when_it_fails(void **state)
{
	struct endpoints e;
	uint64_t wait;
	(void)state;
	open_set(&e, 3);
	dial(&e, 0, 0);
	break_one(&e, 0, 0, 10);
	dial(&e, 1, 10);
	assert_int_equal(pick(&e, 10), ENDPOINT_NONE);
	break_one(&e, 1, 10, 20);
	dial(&e, 2, 20);
	endpoints_ready(&e, 2, 25);
	dial(&e, 2, 30);
	/* The first is preferred again when its time has come, by one probe; the others go on where it works. */
	uint64_t later = e.list[0].retry_at_ms;
	e.list[1].retry_at_ms = later + 1;
	assert_in_range(later, 10 + MIN_MS, 10 + 2 * MIN_MS);
	assert_int_equal(pick(&e, later - 1), 2);
	dial(&e, 0, later);
	dial(&e, 2, later);
	break_one(&e, 0, later, later + 10);
	assert_true(e.list[0].retry_at_ms >= later + 10 + 2 * MIN_MS);
	(void)endpoints_pick(&e, later, &wait);
	endpoints_fini(&e);
}

static void back_off_doubles_up_to_a_ceiling_with_jitter(void **state)
{
	struct endpoints e;
	uint64_t now = 0, wait, longest = 0;
	(void)state;
	open_set(&e, 1);
	for (unsigned n = 1; n <= 40; n++) {
		dial(&e, 0, now);
		break_one(&e, 0, now, now + 1);
		now++;
		assert_int_equal(endpoints_pick(&e, now, &wait), ENDPOINT_NONE);
		uint64_t whole = n > 16 ? MAX_MS : (uint64_t)MIN_MS << n;
		whole = whole > MAX_MS ? MAX_MS : whole;
		assert_in_range(wait, whole / 2, whole);
		longest = wait > longest ? wait : longest;
		now += wait;
	}
	assert_true(longest > MAX_MS * 3 / 4 && longest <= MAX_MS);
	dial(&e, 0, now);
	endpoints_ready(&e, 0, now);
	assert_int_equal(endpoints_pick(&e, now, &wait), ENDPOINT_NONE);
	assert_int_equal(wait, MIN_MS);
	assert_int_equal(pick(&e, now + MIN_MS), 0);
	/* Logging in is not yet proof that it works: only having lived is. */
	endpoints_failed(&e, 0, now, now + 1);
	assert_int_equal(e.list[0].failures, 41);
	endpoints_settled(&e, 0);
	assert_int_equal(e.list[0].failures, 0);
	endpoints_fini(&e);
}

static void connections_of_one_moment_fail_once(void **state)
{
	struct endpoints e;
	(void)state;
	open_set(&e, 1);
	dial(&e, 0, 0);
	endpoints_ready(&e, 0, 5);
	for (int i = 0; i < 10; i++)
		dial(&e, 0, 1000);
	for (int i = 0; i < 10; i++)
		break_one(&e, 0, 1000, 1500 + (uint64_t)i);
	assert_int_equal(e.list[0].failures, 1);
	assert_int_equal(e.list[0].failed_at_ms, 1500);
	assert_int_equal(pick(&e, 1600), ENDPOINT_NONE);
	endpoints_fini(&e);
}

static void a_reset_forgets_all_but_what_is_under_way(void **state)
{
	struct endpoints e;
	(void)state;
	open_set(&e, 2);
	e.list[0].host = "a";
	e.list[0].port = 7;
	dial(&e, 0, 0);
	break_one(&e, 0, 0, 5);
	dial(&e, 1, 5);
	endpoints_reset(&e);
	dial(&e, 0, 5);
	assert_string_equal(e.list[0].host, "a");
	assert_int_equal(e.list[0].port, 7);
	endpoints_given_up(&e, 0);
	endpoints_given_up(&e, 1);
	endpoints_fini(&e);
}

static void a_barred_one_is_passed_over(void **state)
{
	struct endpoints e;
	(void)state;
	open_set(&e, 2);
	dial(&e, 0, 0);
	endpoints_given_up(&e, 0);
	assert_false(endpoints_bar(&e, 0));
	dial(&e, 1, 0);
	endpoints_ready(&e, 1, 1);
	assert_int_equal(pick(&e, 1000000), 1);
	assert_true(endpoints_bar(&e, 1));
	assert_int_equal(pick(&e, 1000000), ENDPOINT_NONE);
	endpoints_reset(&e);
	assert_int_equal(pick(&e, 1000000), 0);
	endpoints_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_probe_before_the_others),
	    cmocka_unit_test(the_next_one_when_it_fails),
	    cmocka_unit_test(back_off_doubles_up_to_a_ceiling_with_jitter),
	    cmocka_unit_test(connections_of_one_moment_fail_once),
	    cmocka_unit_test(a_barred_one_is_passed_over),
	    cmocka_unit_test(a_reset_forgets_all_but_what_is_under_way),
	};
	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
