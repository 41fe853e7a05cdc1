/* Base64: the vectors of RFC 4648 section 10 both ways, and what no encoder makes. */
#include "epp/base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const struct {
	const char *bytes, *text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void the_vectors_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct buf b;
		uint8_t out[16];
		size_t len;
		buf_init(&b, 64);
		base64_add(&b, (const uint8_t *)vectors[i].bytes, strlen(vectors[i].bytes));
		assert_string_equal(buf_cstr(&b), vectors[i].text);
		assert_true(base64_read(str_c(vectors[i].text), out, sizeof out, &len));
		assert_int_equal(len, strlen(vectors[i].bytes));
		assert_memory_equal(out, vectors[i].bytes, len);
		buf_fini(&b);
	}
}

static void every_byte_comes_back(void **state)
{
	uint8_t all[256], out[256];
	struct buf b;
	(void)state;
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	buf_init(&b, 1024);
	for (size_t n = 0; n <= sizeof all; n++) {
		size_t len;
		buf_clear(&b);
		base64_add(&b, all, n);
		assert_true(base64_read(buf_str(&b), out, sizeof out, &len));
		assert_int_equal(len, n);
		assert_memory_equal(out, all, n);
	}
	buf_fini(&b);
}

static void padding_may_be_left_out_but_not_overdone(void **state)
{
	uint8_t out[8];
	size_t len;
	(void)state;
	assert_true(base64_read(STR("Zm9vYg"), out, sizeof out, &len));
	assert_int_equal(len, 4);
	assert_false(base64_read(STR("Zm9vYg="), out, sizeof out, &len));
	assert_false(base64_read(STR("Zm9vYg==="), out, sizeof out, &len));
	assert_false(base64_read(STR("Zm9v===="), out, sizeof out, &len));
	assert_false(base64_read(STR("===="), out, sizeof out, &len));
}

static void what_no_encoder_makes_is_refused(void **state)
{
	static const char *const wrong[] = {"Zm9v\n", "Zm 9v", "Zm9-", "Zm9_", "Z",
	                                    "Zm9vY",  "Zh==",  "Zm9=", "Z=g=", "Zm9v."};
	uint8_t out[8];
	size_t len;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (base64_read(str_c(wrong[i]), out, sizeof out, &len))
			fail_msg("'%s' was taken", wrong[i]);
	assert_false(base64_read(STR("Zm9vYmFy"), out, 5, &len));
	assert_true(base64_read(STR("Zm9vYmFy"), out, 6, &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_of_the_rfc),
	                                   cmocka_unit_test(every_byte_comes_back),
	                                   cmocka_unit_test(padding_may_be_left_out_but_not_overdone),
	                                   cmocka_unit_test(what_no_encoder_makes_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
