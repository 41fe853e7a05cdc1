/* Widths of texts on a terminal, tables, progress bars. */
#include "daemon/cli/progress.h"
#include "daemon/cli/table.h"
#include "daemon/cli/width.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_width(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
	    {"", 0},
	    {"abc", 3},
	    {"Nguyễn Văn Ước", 14},   /* NFC */
	    {"e\xcc\x82\xcc\x81", 1}, /* e, circumflex, acute: NFD */
	    {"漢字", 4},
	    {"a\x1b[31mb", 7}, /* an escape sequence is shown as text */
	    {"\xff\xfe", 2},   /* not UTF-8 */
	    {"\xe1\xba", 2},   /* cut off in the middle */
	    {"a\xe2\x80\xae"
	     "b",
	     3}, /* right-to-left override */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(width_of(str_c(cases[i].text)), cases[i].columns);
}

static void assert_appended(const char *text, size_t columns, const char *expected)
{
	struct buf out;
	buf_init(&out, 1024);
	size_t used = width_append(&out, str_c(text), columns);
	assert_string_equal(buf_cstr(&out), expected);
	assert_int_equal(used, width_of(str_c(expected)));
	buf_fini(&out);
}

static void test_append(void **state)
{
	(void)state;
	assert_appended("Hà Nội", 6, "Hà Nội");
	assert_appended("Hà Nội", 5, "Hà N…");
	assert_appended("漢字", 3, "漢…");
	assert_appended("漢字漢", 4, "漢…"); /* half of a wide character is never shown */
	assert_appended("a\x1b[0m\nb\xff", 20, "a?[0m?b?");
	assert_appended("abc", 0, "");
}

static void test_table(void **state)
{
	static const struct table_column columns[] = {{"name", false, 8},
	                                              {"lines", true, 0},
	                                              {"note", false, 0}};
	struct table t;
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	table_init(&t, columns, ARRAY_LEN(columns));
	table_print(&t, &out);
	assert_int_equal(buf_len(&out), 0);
	table_cell(&t, STR("Đặng Thị Ước"));
	table_number(&t, 7);
	table_cell(&t, STR("x"));
	table_cell(&t, STR("An"));
	table_number(&t, 123456);
	table_cell(&t, STR("phở"));
	table_print(&t, &out);
	assert_string_equal(buf_cstr(&out), "  name       lines  note\n"
	                                    "  Đặng Th…       7  x\n"
	                                    "  An        123456  phở\n");
	table_fini(&t);
	buf_fini(&out);
}

static void assert_bar(unsigned columns, uint64_t done, uint64_t total, double rate, const char *expected)
{
	struct buf out;
	buf_init(&out, 4096);
	progress_render(&out, columns, done, total, rate);
	assert_string_equal(buf_cstr(&out), expected);
	assert_true(width_of(buf_str(&out)) <= columns);
	buf_fini(&out);
}

static void test_bar(void **state)
{
	(void)state;
	assert_bar(50, 5, 10, 1, "[##########          ] 5/10 lines  1/s  0:06 left");
	assert_bar(50, 10, 10, 3, "[##############################] 10/10 lines  3/s");
	assert_bar(60, 0, 7200, 1, "[                          ] 0/7200 lines  1/s  2:00 h left");
	assert_bar(60, 0, 10, 0, "[                                ] 0/10 lines  0/s  waiting");
	assert_bar(60, 12, 10, 0, "[########################################] 12/10 lines  0/s");
	assert_bar(60, 0, 0, 0, "[########################################] 0/0 lines  0/s");
	assert_bar(12, 5, 10, 1, " 5/10 lines…");
}

static void test_rate(void **state)
{
	struct progress p;
	FILE *sink = fopen("/dev/null", "w");
	(void)state;
	assert_non_null(sink);
	progress_init(&p, sink);
	assert_true(progress_rate(&p) < 0.001);
	for (uint64_t i = 0; i <= 100; i++) /* 10 lines in each of 100 half seconds */
		progress_update(&p, i * 10, 2000, 1000000 + i * 500000);
	assert_int_equal((int)(progress_rate(&p) + 0.5), 20);
	progress_update(&p, 0, 2000, 60 * 1000000ull); /* going back is no rate */
	assert_true(progress_rate(&p) >= 0);
	(void)fclose(sink); /* nothing of it matters */
}

/* A file is no terminal: a plain line at once, then one every three seconds, and never a control character. */
static void test_plain_lines(void **state)
{
	struct progress p;
	char *text = NULL;
	size_t len = 0;
	FILE *out = tmpfile();
	(void)state;
	assert_non_null(out);
	progress_init(&p, out);
	for (uint64_t i = 0; i < 40; i++)
		progress_update(&p, i, 40, 1 + i * 100000);
	progress_clear(&p);
	rewind(out);
	assert_true(getdelim(&text, &len, 0, out) > 0);
	assert_null(strchr(text, '\r'));
	assert_string_equal(text, "0 of 40 lines, 0 per second  waiting\n"
	                          "30 of 40 lines, 10 per second  0:02 left\n");
	free(text);
	(void)fclose(out); /* nothing of it matters */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_width), cmocka_unit_test(test_append), cmocka_unit_test(test_table),
	    cmocka_unit_test(test_bar),   cmocka_unit_test(test_rate),   cmocka_unit_test(test_plain_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
