/* The byte buffer: growth, its maximum, consuming at the front. */
#include "epp/base/buf.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

static void what_is_appended_is_held(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_len(&b), 0);
	assert_true(str_empty(buf_str(&b)));
	assert_string_equal(buf_cstr(&b), "");
	buf_lit(&b, "a");
	buf_byte(&b, 'b');
	buf_add(&b, STR("cd"));
	buf_add(&b, STR_NONE);
	buf_printf(&b, "%d-%s", 42, "e");
	buf_u64(&b, 0);
	buf_u64(&b, 18446744073709551615ull);
	assert_string_equal(buf_cstr(&b), "abcd42-e018446744073709551615");
	assert_true(buf_ok(&b));
	buf_fini(&b);
	buf_fini(&b);
}

static void an_append_past_the_maximum_changes_nothing(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 5);
	buf_lit(&b, "abc");
	buf_lit(&b, "def");
	assert_false(buf_ok(&b));
	assert_string_equal(buf_cstr(&b), "abc");
	buf_lit(&b, "d"); /* failed is failed */
	assert_string_equal(buf_cstr(&b), "abc");
	assert_null(buf_reserve(&b, 1));
	buf_clear(&b);
	assert_true(buf_ok(&b));
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_fini(&b);
}

static void the_maximum_itself_fits(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 5);
	buf_lit(&b, "abcde");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_cstr(&b), "abcde");
	buf_clear(&b);
	buf_printf(&b, "%s", "abcde");
	assert_true(buf_ok(&b));
	buf_printf(&b, "%s", "");
	assert_true(buf_ok(&b));
	buf_printf(&b, "%s", "f");
	assert_false(buf_ok(&b));
	assert_string_equal(buf_cstr(&b), "abcde");
	assert_int_equal(b.max, 5);
	buf_fini(&b);
}

static void the_front_is_consumed(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 100);
	buf_lit(&b, "abcdef");
	buf_consume(&b, 2);
	assert_true(str_eq_c(buf_str(&b), "cdef"));
	buf_truncate(&b, 3);
	assert_string_equal(buf_cstr(&b), "cde");
	buf_consume(&b, 3);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(b.off, 0);
	buf_fini(&b);
}

static void reserving_and_committing(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 10000);
	char *at = buf_reserve(&b, 4000);
	assert_non_null(at);
	memset(at, 'x', 4000);
	buf_commit(&b, 10);
	assert_string_equal(buf_cstr(&b), "xxxxxxxxxx");
	buf_fini(&b);
}

static void a_reset_gives_large_memory_back(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1 << 20);
	assert_non_null(buf_reserve(&b, 100000));
	buf_reset(&b, 4096);
	assert_null(b.mem);
	buf_lit(&b, "a");
	buf_reset(&b, 4096);
	assert_non_null(b.mem);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
}

/* Against a plain array: the content is right, and a stream through a small buffer does not make it grow. */
static void a_long_stream_stays_small(void **state)
{
	struct buf b;
	struct rng rng;
	unsigned char in = 0, out = 0;
	(void)state;
	buf_init(&b, 1000);
	rng_init_seed(&rng, 3);
	for (int i = 0; i < 20000; i++) {
		for (uint64_t n = rng_below(&rng, 200); n > 0 && buf_len(&b) < 1000; n--)
			buf_byte(&b, (char)in++);
		size_t take = rng_below(&rng, buf_len(&b) + 1);
		for (size_t j = 0; j < take; j++)
			if ((unsigned char)buf_data(&b)[j] != out++)
				fail_msg("wrong byte after %d rounds", i);
		buf_consume(&b, take);
	}
	assert_true(buf_ok(&b));
	assert_true(b.cap <= 2048);
	buf_fini(&b);
}

static void a_json_text_is_quoted_and_escaped(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 200);
	buf_json(&b, STR("say \"h\\i\"\n\x01\x7f"));
	buf_json(&b, STR("Hà Nội"));
	buf_json(&b, STR_NONE);
	assert_true(str_eq(buf_str(&b), STR("\"say \\\"h\\\\i\\\"\\u000a\\u0001\\u007f\"\"Hà Nội\"\"\"")));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_appended_is_held),
	    cmocka_unit_test(an_append_past_the_maximum_changes_nothing),
	    cmocka_unit_test(the_maximum_itself_fits),
	    cmocka_unit_test(the_front_is_consumed),
	    cmocka_unit_test(reserving_and_committing),
	    cmocka_unit_test(a_reset_gives_large_memory_back),
	    cmocka_unit_test(a_long_stream_stays_small),
	    cmocka_unit_test(a_json_text_is_quoted_and_escaped),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
