/* Findings with places: order, carets, cutting, counts. */
#include "epp/base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

struct fixture {
	struct diag d;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	diag_fini(&f->d);
	buf_fini(&f->out);
	return 0;
}

static void expect(struct fixture *f, const char *text)
{
	buf_clear(&f->out);
	diag_print(&f->d, &f->out);
	assert_string_equal(buf_cstr(&f->out), text);
}

static void prints_nothing_without_findings(void **state)
{
	expect(*state, "");
}

static void prints_line_and_caret(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *s =
	    diag_add_source(&f->d, "a.yaml", STR("window:\n    until: 2026-02-30\n"));
	diag_error(&f->d, ((struct diag_pos){s, 2, 12, 10}), "'%s' is not a date", "2026-02-30");
	expect(f, "a.yaml:2:12: error: '2026-02-30' is not a date\n"
	          "    2 |     until: 2026-02-30\n"
	          "      |            ^~~~~~~~~~\n"
	          "1 error\n");
}

static void sorts_by_source_line_and_column(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *a = diag_add_source(&f->d, "a", STR("x y\nz\n"));
	const struct diag_source *b = diag_add_source(&f->d, "b", STR("q\n"));
	diag_error(&f->d, ((struct diag_pos){b, 1, 1, 1}), "four");
	diag_warning(&f->d, ((struct diag_pos){a, 2, 1, 1}), "three");
	diag_error(&f->d, ((struct diag_pos){a, 1, 3, 1}), "two");
	diag_error(&f->d, ((struct diag_pos){a, 1, 1, 1}), "one");
	diag_print_short(&f->d, &f->out);
	assert_string_equal(buf_cstr(&f->out), "a:1:1: error: one\na:1:3: error: two\n"
	                                       "a:2:1: warning: three\nb:1:1: error: four\n");
	buf_clear(&f->out);
	diag_print(&f->d, &f->out);
	assert_true(str_ends(buf_str(&f->out), STR("\n3 errors, 1 warning\n")));
}

static void counts_code_points_and_keeps_tabs(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *s = diag_add_source(&f->d, "v", STR("\tNguyễn Văn: sai\n"));
	diag_error(&f->d, ((struct diag_pos){s, 1, 14, 3}), "no");
	diag_help(&f->d, "write %s", "đúng");
	expect(f, "v:1:14: error: no\n"
	          "    1 | \tNguyễn Văn: sai\n"
	          "      | \t            ^~~\n"
	          "      = help: write đúng\n"
	          "1 error\n");
}

static void points_past_the_end_of_a_line(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *s = diag_add_source(&f->d, "v", STR("ab\r\ncd"));
	diag_error(&f->d, ((struct diag_pos){s, 1, 4, 9}), "no");
	diag_error(&f->d, ((struct diag_pos){s, 9, 1, 1}), "line that is not there");
	expect(f, "v:1:4: error: no\n    1 | ab\n      |    ^\n"
	          "v:9:1: error: line that is not there\n    9 | \n      | ^\n2 errors\n");
}

static void finding_without_a_line_or_a_file(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *s = diag_add_source(&f->d, "gone.yaml", STR_NONE);
	diag_error(&f->d, ((struct diag_pos){s, 0, 0, 0}), "cannot be read");
	diag_add(&f->d, DIAG_NOTE, DIAG_NOWHERE, "so it is");
	expect(f, "gone.yaml: error: cannot be read\nnote: so it is\n1 error\n");
}

static void control_characters_and_bad_bytes_are_masked(void **state)
{
	struct fixture *f = *state;
	const struct diag_source *s = diag_add_source(&f->d, "v", STR("a\033[2J\xff z\n"));
	diag_error(&f->d, ((struct diag_pos){s, 1, 8, 1}), "'%s'", "\033]0;");
	expect(f, "v:1:8: error: '?]0;'\n    1 | a?[2J? z\n      |        ^\n1 error\n");
}

static void long_lines_show_the_part_around_the_place(void **state)
{
	struct fixture *f = *state;
	char line[1000];
	memset(line, 'x', sizeof line);
	const struct diag_source *s = diag_add_source(&f->d, "v", str_make(line, sizeof line));
	diag_error(&f->d, ((struct diag_pos){s, 1, 500, 4}), "no");
	diag_print(&f->d, &f->out);
	assert_true(buf_len(&f->out) < 500);
	assert_non_null(strstr(buf_cstr(&f->out), "^~~~\n"));
	assert_non_null(strstr(buf_cstr(&f->out), "xxx...\n"));
}

static void long_messages_are_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	char text[3001];
	for (size_t i = 0; i < 3000; i += 2)
		memcpy(text + i, "đ", 2);
	for (size_t lead = 0; lead < 2; lead++) {
		text[3000] = '\0';
		diag_error(&f->d, DIAG_NOWHERE, "%s%s", lead ? "x" : "", text);
		assert_true(str_is_utf8(str_c(f->d.items[lead].text)));
		assert_true(strlen(f->d.items[lead].text) > 1000);
	}
}

static void counts_on_above_the_maximum(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < DIAG_MAX_ITEMS + 100; i++) {
		diag_error(&f->d, DIAG_NOWHERE, "%d", i);
		diag_help(&f->d, "help %d", i);
	}
	assert_int_equal(f->d.errors, DIAG_MAX_ITEMS + 100);
	diag_print(&f->d, &f->out);
	assert_true(str_ends(buf_str(&f->out), STR("error: 499\n      = help: help 499\n"
	                                           "600 errors (the first 500 findings are shown)\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(prints_nothing_without_findings),
	    T(prints_line_and_caret),
	    T(sorts_by_source_line_and_column),
	    T(counts_code_points_and_keeps_tabs),
	    T(points_past_the_end_of_a_line),
	    T(finding_without_a_line_or_a_file),
	    T(control_characters_and_bad_bytes_are_masked),
	    T(long_lines_show_the_part_around_the_place),
	    T(long_messages_are_cut_between_characters),
	    T(counts_on_above_the_maximum),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
