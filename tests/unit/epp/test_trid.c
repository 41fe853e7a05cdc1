/* Client transaction ids: text and back, and what is none of ours. */
#include "epp/trid.h"

#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void known_ids_have_known_texts(void **state)
{
	char text[EPP_TRID_MAX + 1];
	(void)state;
	assert_int_equal(epp_trid_format(text, &(struct epp_trid){1, 100, 543, 'c', 0}), 12);
	assert_string_equal(text, "VN-1-2s-f3-c");
	assert_int_equal(epp_trid_format(text, &(struct epp_trid){0, 0, 0, 'a', 0}), 10);
	assert_string_equal(text, "VN-0-0-0-a");
	assert_int_equal(epp_trid_format(text, &(struct epp_trid){1, 100, 543, 'c', 0x0e0e4736}), 21);
	assert_string_equal(text, "VN-1-2s-f3-c-0e0e4736");
	size_t longest =
	    epp_trid_format(text, &(struct epp_trid){UINT64_MAX, UINT64_MAX, UINT64_MAX, 'z', UINT32_MAX});
	assert_int_equal(longest, strlen(text));
	assert_int_equal(longest, 55);
	assert_true(longest <= EPP_TRID_MAX);
}

static void every_id_comes_back(void **state)
{
	struct rng rng;
	(void)state;
	rng_init_seed(&rng, 7);
	for (int i = 0; i < 10000; i++) {
		char text[EPP_TRID_MAX + 1];
		struct epp_trid out,
		    in = {rng_u64(&rng) >> rng_below(&rng, 64), rng_u64(&rng) >> rng_below(&rng, 64),
		          rng_u64(&rng) >> rng_below(&rng, 64), (char)('a' + rng_below(&rng, 26)),
		          (uint32_t)(rng_u64(&rng) >> rng_below(&rng, 64))};
		size_t len = epp_trid_format(text, &in);
		assert_true(epp_trid_parse(str_make(text, len), &out));
		assert_true(in.epoch == out.epoch && in.claim == out.claim && in.offset == out.offset &&
		            in.step == out.step && in.trace == out.trace);
	}
}

static void what_is_not_ours_is_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "VN",
	                                  "VN-",
	                                  "VN-1-2-3",
	                                  "VN-1-2-3-",
	                                  "VN-1-2-3-cc",
	                                  "VN-1-2-3-C",
	                                  "VN-1-2-3-1",
	                                  "VN-01-2-3-c",
	                                  "VN-1--3-c",
	                                  "VN-1-2-3-c-",
	                                  "vn-1-2-3-c",
	                                  "VN-1-2S-3-c",
	                                  "VN-1-2-3-c ",
	                                  "VN-3w5e11264sgsg-1-1-c",
	                                  "ABC-12345",
	                                  "VN-1-2-3-4-c",
	                                  "VN-1-2-3-c-0e0e473",
	                                  "VN-1-2-3-c-0e0e47367",
	                                  "VN-1-2-3-c-0e0e473g",
	                                  "VN-1-2-3-c-0E0E4736",
	                                  "VN-1-2-3-c-00000000",
	                                  "VN-1-2-3-c0e0e47361"};
	struct epp_trid out;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (epp_trid_parse(str_c(bad[i]), &out))
			fail_msg("%s was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_ids_have_known_texts),
	    cmocka_unit_test(every_id_comes_back),
	    cmocka_unit_test(what_is_not_ours_is_refused),
	};
	return cmocka_run_group_tests_name("epp/trid", tests, NULL, NULL);
}
