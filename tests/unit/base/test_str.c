/* String views: comparing, cutting, numbers, UTF-8. */
#include "epp/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void views_compare_by_bytes(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_true(str_eq_c(STR_NONE, ""));
	assert_true(str_eq_c(STR_NONE, NULL));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_true(str_cmp(STR("b"), STR_NONE) > 0);
}

static void case_is_ignored_in_ascii_only(void **state)
{
	(void)state;
	assert_true(str_eq_nocase(STR("Id.VN"), STR("iD.vn")));
	assert_false(str_eq_nocase(STR("id.vn"), STR("id.vm")));
	assert_false(str_eq_nocase(STR("id"), STR("id.")));
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("\xc3\x80"), STR("\xc3\xa0")));
}

static void ends_are_found(void **state)
{
	(void)state;
	assert_true(str_starts(STR("id.vn"), STR("id")));
	assert_true(str_starts(STR("id"), STR("")));
	assert_false(str_starts(STR("id"), STR("id.")));
	assert_true(str_ends(STR("id.vn"), STR(".vn")));
	assert_false(str_ends(STR("vn"), STR(".vn")));
	assert_true(str_ends(STR_NONE, STR_NONE));
}

static void white_space_is_trimmed(void **state)
{
	(void)state;
	assert_true(str_eq_c(str_trim(STR(" \t\r\n a b\v\f ")), "a b"));
	assert_true(str_empty(str_trim(STR(" \n "))));
	assert_true(str_empty(str_trim(STR_NONE)));
}

static void a_text_is_cut_at_separators(void **state)
{
	struct str rest = STR("a,,b,");
	(void)state;
	assert_true(str_eq_c(str_split(&rest, ','), "a"));
	assert_true(str_eq_c(str_split(&rest, ','), ""));
	assert_true(str_eq_c(str_split(&rest, ','), "b"));
	assert_true(str_empty(rest));
	assert_true(str_eq_c(str_split(&rest, ','), ""));
	rest = STR("whole");
	assert_true(str_eq_c(str_split(&rest, ','), "whole"));
	assert_true(str_empty(rest));
}

static void numbers_are_strict(void **state)
{
	static const char *const bad[] = {
	    "", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999999"};
	uint64_t u = 7;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_to_u64(str_c(bad[i]), &u));
	assert_int_equal(u, 7);
	assert_true(str_to_u64(STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_true(str_to_u64(STR("007"), &u));
	assert_int_equal(u, 7);
}

static void signed_numbers_reach_both_ends(void **state)
{
	static const char *const bad[] = {
	    "", "-", "--1", "+1", "9223372036854775808", "-9223372036854775809"};
	int64_t i64 = 7;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_to_i64(str_c(bad[i]), &i64));
	assert_int_equal(i64, 7);
	assert_true(str_to_i64(STR("9223372036854775807"), &i64));
	assert_true(i64 == INT64_MAX);
	assert_true(str_to_i64(STR("-9223372036854775808"), &i64));
	assert_true(i64 == INT64_MIN);
	assert_true(str_to_i64(STR("-0"), &i64));
	assert_int_equal(i64, 0);
}

static void utf8_is_checked_as_the_rfc_says(void **state)
{
	static const char *const good[] = {"",
	                                   "a",
	                                   "\x7f",
	                                   "\xc2\x80",
	                                   "\xdf\xbf",
	                                   "\xe0\xa0\x80",
	                                   "\xed\x9f\xbf",
	                                   "\xee\x80\x80",
	                                   "\xef\xbf\xbf",
	                                   "\xf0\x90\x80\x80",
	                                   "\xf4\x8f\xbf\xbf",
	                                   "Nguy\xe1\xbb\x85n"};
	static const char *const bad[] = {"\x80",
	                                  "\xbf",
	                                  "\xc0\x80",
	                                  "\xc1\xbf",
	                                  "\xc2",
	                                  "\xc2 ",
	                                  "\xe0\x9f\xbf",
	                                  "\xe1\xbb",
	                                  "\xe1\xbb ",
	                                  "\xed\xa0\x80",
	                                  "\xf0\x8f\xbf\xbf",
	                                  "\xf0\x90\x80",
	                                  "\xf4\x90\x80\x80",
	                                  "\xf5\x80\x80\x80",
	                                  "\xfe",
	                                  "\xff",
	                                  "a\xff"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(str_is_utf8(str_c(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_is_utf8(str_c(bad[i])));
	assert_false(str_is_utf8(STR("a\0b")));
	assert_int_equal(str_utf8_prefix(STR("a\0b")), 1);
	assert_int_equal(str_utf8_prefix(STR("\xc6\xa1\xed\xa0\x80")), 2);
	assert_int_equal(str_utf8_prefix(STR("ab\xc3")), 2);
	assert_int_equal(str_utf8_prefix(STR_NONE), 0);
}

static void copying_needs_room_for_all(void **state)
{
	char out[4] = "xyz";
	(void)state;
	assert_true(str_copy(out, sizeof out, STR("abc")));
	assert_string_equal(out, "abc");
	assert_false(str_copy(out, sizeof out, STR("abcd")));
	assert_string_equal(out, "");
	assert_false(str_copy(out, sizeof out, STR("a\0b")));
	assert_true(str_copy(out, 1, STR_NONE));
	assert_string_equal(out, "");
}

static void a_path_has_plain_letters_only(void **state)
{
	char out[16];
	(void)state;
	assert_string_equal(str_percent(out, sizeof out, STR("aZ9-_.~")), "aZ9-_.~");
	assert_string_equal(str_percent(out, sizeof out, STR("a/b c")), "a%2Fb%20c");
	assert_string_equal(str_percent(out, sizeof out, STR("\xc3\xa0\0")), "%C3%A0%00");
	assert_string_equal(str_percent(out, sizeof out, STR_NONE), "");
	assert_string_equal(str_percent(out, 7, STR("///")), "%2F%2F");
	assert_string_equal(str_percent(out, 6, STR("///")), "%2F");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(views_compare_by_bytes),
	    cmocka_unit_test(case_is_ignored_in_ascii_only),
	    cmocka_unit_test(ends_are_found),
	    cmocka_unit_test(white_space_is_trimmed),
	    cmocka_unit_test(a_text_is_cut_at_separators),
	    cmocka_unit_test(numbers_are_strict),
	    cmocka_unit_test(signed_numbers_reach_both_ends),
	    cmocka_unit_test(utf8_is_checked_as_the_rfc_says),
	    cmocka_unit_test(copying_needs_room_for_all),
	    cmocka_unit_test(a_path_has_plain_letters_only),
	};
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
