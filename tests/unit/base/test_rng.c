/* Randomness: the seeded generator repeats itself, both stay in their range. */
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void a_seed_gives_the_same_numbers_for_ever(void **state)
{
	/* The published first numbers of SplitMix64 from seed 1234567: seeds in reports must keep their meaning. */
	static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
	                                4593380528125082431u, 16408922859458223821u};
	struct rng r;
	(void)state;
	rng_init_seed(&r, 1234567);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		assert_true(rng_u64(&r) == want[i]);
}

static void seeds_differ(void **state)
{
	struct rng a, b;
	(void)state;
	rng_init_seed(&a, 1);
	rng_init_seed(&b, 2);
	assert_true(rng_u64(&a) != rng_u64(&b));
}

static void bytes_are_filled_to_the_last(void **state)
{
	struct rng r;
	(void)state;
	for (size_t len = 0; len < 40; len++) {
		unsigned char bytes[48], again[48];
		memset(bytes, 0xEE, sizeof bytes);
		rng_init_seed(&r, len);
		r.fill(&r, bytes, len);
		rng_init_seed(&r, len);
		r.fill(&r, again, len);
		assert_memory_equal(bytes, again, len);
		for (size_t i = len; i < sizeof bytes; i++)
			assert_int_equal(bytes[i], 0xEE);
	}
}

static void numbers_stay_below(void **state)
{
	struct rng r;
	int seen[10] = {0};
	(void)state;
	rng_init_seed(&r, 5);
	for (int i = 0; i < 10000; i++)
		seen[rng_below(&r, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(seen[i], 800, 1200);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_below(&r, 1), 0);
		assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
		assert_true(rng_below(&r, (1ull << 63) + 1) <= 1ull << 63);
	}
}

static void the_kernel_does_not_repeat_itself(void **state)
{
	struct rng r;
	unsigned char large[1000] = {0}, zero[100] = {0};
	(void)state;
	rng_init_kernel(&r);
	assert_true(rng_u64(&r) != rng_u64(&r));
	r.fill(&r, large, sizeof large);
	for (size_t at = 0; at + sizeof zero <= sizeof large; at += sizeof zero)
		assert_memory_not_equal(large + at, zero, sizeof zero);
	assert_true(rng_below(&r, 3) < 3);
}

static void what_the_kernel_gave_is_not_kept(void **state)
{
	struct rng r;
	unsigned char out[RNG_KEPT * 3] = {0};
	size_t given = 0;
	(void)state;
	rng_init_kernel(&r);
	for (size_t len = 0; given + len <= sizeof out; given += len, len += 7) {
		r.fill(&r, out + given, len);
		for (size_t i = 0; i < RNG_KEPT - r.left; i++)
			assert_int_equal(r.kept[i], 0);
	}
	for (size_t at = 0; at + 16 <= given; at += 16) /* no stretch was left out, none given twice */
		for (size_t other = at + 16; other + 16 <= given; other += 16)
			assert_memory_not_equal(out + at, out + other, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_seed_gives_the_same_numbers_for_ever),
	    cmocka_unit_test(seeds_differ),
	    cmocka_unit_test(bytes_are_filled_to_the_last),
	    cmocka_unit_test(numbers_stay_below),
	    cmocka_unit_test(the_kernel_does_not_repeat_itself),
	    cmocka_unit_test(what_the_kernel_gave_is_not_kept),
	};
	return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
