/* The YAML loader: what is read, what is refused and where, and the readers of typed values. */
#include "epp/base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	struct arena arena;
	struct diag d;
	struct buf out;
};

static int setup(void **state)
{
	static struct fixture f;
	arena_init(&f.arena);
	diag_init(&f.d);
	buf_init(&f.out, 1 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	diag_fini(&f->d);
	arena_fini(&f->arena);
	buf_fini(&f->out);
	return 0;
}

static struct yaml_node *parse(struct fixture *f, const char *text)
{
	return yaml_parse(&f->arena, &f->d, "t", str_c(text));
}

static struct yaml_node *parse_good(struct fixture *f, const char *text)
{
	struct yaml_node *n = parse(f, text);
	if (!n) {
		diag_print(&f->d, &f->out);
		fail_msg("%s", buf_cstr(&f->out));
	}
	return n;
}

static const char *findings(struct fixture *f)
{
	buf_clear(&f->out);
	diag_print_short(&f->d, &f->out);
	return buf_cstr(&f->out);
}

static void reads_nodes_with_places(void **state)
{
	struct fixture *f = *state;
	struct yaml_node *top =
	    parse_good(f, "# words\na: 1\nlist:\n  - x\n  - {b: \"q r\"}\ntext: |\n  one\n  two\n");
	assert_int_equal(top->kind, YAML_MAP);
	assert_int_equal(top->count, 3);
	struct yaml_node *list = yaml_need(&f->d, top, "list", YAML_SEQ);
	assert_int_equal(list->count, 2);
	assert_int_equal(list->key_pos.line, 3);
	assert_int_equal(list->key_pos.width, 4);
	struct yaml_node *b = yaml_get(list->child->next, "b");
	assert_string_equal(b->text.ptr, "q r");
	assert_false(b->plain);
	assert_int_equal(b->pos.line, 5);
	assert_int_equal(b->pos.column, 9);
	assert_int_equal(b->pos.width, 5);
	assert_string_equal(yaml_get(top, "text")->text.ptr, "one\ntwo\n");
}

static void every_scalar_is_text(void **state)
{
	struct fixture *f = *state;
	struct yaml_node *top = parse_good(f, "no: NO\ncode: 01\ntilde: ~\n");
	struct str s;
	assert_true(yaml_str(&f->d, top, "no", YAML_REQUIRED, &s));
	assert_string_equal(s.ptr, "NO");
	assert_true(yaml_str(&f->d, top, "code", YAML_REQUIRED, &s));
	assert_string_equal(s.ptr, "01");
	assert_true(yaml_str(&f->d, top, "tilde", YAML_REQUIRED, &s));
	assert_string_equal(s.ptr, "~");
}

static void empty_file_is_an_empty_mapping(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(parse_good(f, "")->count, 0);
	assert_int_equal(parse_good(f, "# nothing\n")->count, 0);
	assert_int_equal(yaml_parse(&f->arena, &f->d, "t", STR_NONE)->count, 0);
}

static void byte_order_mark_is_skipped(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(yaml_get(parse_good(f, "\xef\xbb\xbfk: v\n"), "k")->pos.column, 4);
}

static void null_and_nothing_are_missing(void **state)
{
	struct fixture *f = *state;
	struct yaml_node *top = parse_good(f, "a:\nb: null\nc: \"null\"\nd: ''\n");
	struct str s = STR("kept");
	assert_false(yaml_str(&f->d, top, "a", YAML_OPTIONAL, &s));
	assert_false(yaml_str(&f->d, top, "b", YAML_OPTIONAL, &s));
	assert_string_equal(s.ptr, "kept");
	assert_true(yaml_str(&f->d, top, "c", YAML_REQUIRED, &s));
	assert_string_equal(s.ptr, "null");
	assert_true(yaml_str(&f->d, top, "d", YAML_REQUIRED, &s));
	assert_int_equal(s.len, 0);
	assert_int_equal(f->d.errors, 0);
	assert_false(yaml_str(&f->d, top, "a", YAML_REQUIRED, &s));
	assert_string_equal(findings(f), "t:1:1: error: 'a' is missing\n");
}

static void refuses_what_we_do_not_allow(void **state)
{
	static const struct {
		const char *text, *finding;
	} cases[] = {
	    {"a: &x 1\n", "t:1:4: error: anchors (&name) are not allowed\n"},
	    {"a: *x\n", "t:1:4: error: aliases (*name) are not allowed\n"},
	    {"a: !!int 1\n", "t:1:4: error: tags (!name) are not allowed\n"},
	    {"a: ! 1\n", "t:1:4: error: tags (!name) are not allowed\n"},
	    {"a: !x {b: 1}\n", "t:1:4: error: tags (!name) are not allowed\n"},
	    {"a: &x [1]\n", "t:1:4: error: anchors (&name) are not allowed\n"},
	    {"%YAML 1.1\n---\na: 1\n", "t:1:1: error: directives (%YAML, %TAG) are not allowed\n"},
	    {"a: 1\n---\nb: 1\n", "t:2:1: error: more than one document in one file\n"},
	    {"a: 1\nb: 2\na: 3\n", "t:3:1: error: duplicate key 'a'\n"},
	    {"{a: 1, a: 2}\n", "t:1:8: error: duplicate key 'a'\n"},
	    {"? [a]\n: 1\n", "t:1:3: error: a key must be plain text\n"},
	    {"? *x\n: 1\n",
	     "t:1:3: error: aliases (*name) are not allowed\nt:1:3: error: a key must be plain text\n"},
	    {"- a\n", "t:1:1: error: the file must be a mapping ('key: value' lines)\n"},
	    {"word\n", "t:1:1: error: the file must be a mapping ('key: value' lines)\n"},
	    {"a: \"x\\0y\"\n", "t:1:4: error: a text cannot hold a NUL character\n"},
	    {"a: 1\nb: \xc3\x28\n", "t:2:4: error: not UTF-8 text\n"},
	    {"a: \xed\xa0\x80\n", "t:1:4: error: not UTF-8 text\n"},
	    {"a: \x01\n", "t:1:4: error: control characters are not allowed\n"},
	    {"a: 'x\n",
	     "t:2:1: error: YAML: found unexpected end of stream (while scanning a quoted scalar that "
	     "begins in line 1)\n"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_null(parse(f, cases[i].text));
		assert_string_equal(findings(f), cases[i].finding);
		diag_fini(&f->d);
		diag_init(&f->d);
	}
}

static void gathers_all_findings_of_a_file(void **state)
{
	struct fixture *f = *state;
	assert_null(parse(f, "a: *x\na: &y 2\nb: {c: 1, c: 2}\n"));
	assert_string_equal(findings(f), "t:1:4: error: aliases (*name) are not allowed\n"
	                                 "t:2:1: error: duplicate key 'a'\n"
	                                 "t:2:4: error: anchors (&name) are not allowed\n"
	                                 "t:3:11: error: duplicate key 'c'\n");
}

static void tab_indentation_gets_a_help_line(void **state)
{
	struct fixture *f = *state;
	assert_null(parse(f, "a:\n\tb: 1\n"));
	buf_clear(&f->out);
	diag_print(&f->d, &f->out);
	assert_non_null(strstr(buf_cstr(&f->out), "= help: indent with spaces, not with tabs\n"));
}

static void limits_stop_the_reading(void **state)
{
	struct fixture *f = *state;
	struct buf text;
	buf_init(&text, YAML_MAX_BYTES + 1024);
	buf_lit(&text, "a: ");
	for (int i = 0; i < YAML_MAX_DEPTH; i++)
		buf_byte(&text, '[');
	assert_null(parse(f, buf_cstr(&text)));
	assert_string_equal(findings(f), "t:1:35: error: nested deeper than 32 levels\n");
	diag_fini(&f->d);
	buf_clear(&text);
	buf_lit(&text, "a: [");
	for (int i = 0; i < YAML_MAX_NODES; i++)
		buf_lit(&text, "1,");
	buf_lit(&text, "]\n");
	assert_null(parse(f, buf_cstr(&text)));
	assert_non_null(strstr(findings(f), "more than 200000 entries in one file"));
	diag_fini(&f->d);
	buf_clear(&text);
	while (buf_len(&text) <= YAML_MAX_BYTES)
		buf_lit(&text, "# a comment that fills the file\n");
	assert_null(parse(f, buf_cstr(&text)));
	assert_string_equal(findings(f), "t: error: larger than 4194304 bytes\n");
	buf_fini(&text);
}

static void large_mappings_find_duplicates(void **state)
{
	struct fixture *f = *state;
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_printf(&text, "k%d: 1\n", i);
	buf_lit(&text, "k77: 1\n");
	assert_null(parse(f, buf_cstr(&text)));
	assert_string_equal(findings(f), "t:5001:1: error: duplicate key 'k77'\n");
	buf_fini(&text);
}

static void wrong_values_are_told_with_their_path(void **state)
{
	static const char *const colours[] = {"red", "green", "blue", NULL};
	struct fixture *f = *state;
	struct yaml_node *top =
	    parse_good(f, "w:\n- {d: 2026-02-30, n: 1x, r: 11, b: yes, t: 5 s, e: grean, s: [1], m: 1}\n");
	struct yaml_node *m = yaml_need(&f->d, top, "w", YAML_SEQ)->child;
	date_t date = 7;
	int64_t n = 7;
	bool b = true;
	int e = 7;
	struct str s = STR("x");
	assert_false(yaml_date(&f->d, m, "d", YAML_OPTIONAL, &date));
	assert_false(yaml_i64(&f->d, m, "n", YAML_OPTIONAL, 1, 10, &n));
	assert_false(yaml_i64(&f->d, m, "r", YAML_OPTIONAL, 1, 10, &n));
	assert_false(yaml_bool(&f->d, m, "b", YAML_OPTIONAL, &b));
	assert_false(yaml_duration(&f->d, m, "t", YAML_OPTIONAL, 0, 1000, &n));
	assert_false(yaml_enum(&f->d, m, "e", YAML_OPTIONAL, colours, &e));
	assert_false(yaml_str(&f->d, m, "s", YAML_OPTIONAL, &s));
	assert_null(yaml_opt(&f->d, m, "m", YAML_MAP));
	assert_null(yaml_need(&f->d, m, "q", YAML_MAP));
	assert_int_equal(date + n + b + e + (int64_t)s.len, 7 + 7 + 1 + 7 + 1);
	assert_string_equal(findings(f),
	                    "t:2:3: error: w[0]: 'q' is missing\n"
	                    "t:2:7: error: w[0].d: '2026-02-30' is not a calendar date (YYYY-MM-DD)\n"
	                    "t:2:22: error: w[0].n: '1x' is not a whole number\n"
	                    "t:2:29: error: w[0].r: 11 is not within 1 and 10\n"
	                    "t:2:36: error: w[0].b: 'yes' is not true or false\n"
	                    "t:2:44: error: w[0].t: '5 s' is not a duration\n"
	                    "t:2:52: error: w[0].e: 'grean' is none of: red, green, blue\n"
	                    "t:2:59: error: w[0].s: must be one value\n"
	                    "t:2:70: error: w[0].m: must be a mapping\n");
	buf_clear(&f->out);
	diag_print(&f->d, &f->out);
	assert_non_null(strstr(buf_cstr(&f->out), "= help: did you mean 'green'?"));
}

static void right_values_are_read(void **state)
{
	static const char *const colours[] = {"red", "green", NULL};
	struct fixture *f = *state;
	struct yaml_node *m = parse_good(f, "d: 2026-11-20\nn: -3\nb: true\nc: false\nt: [250ms, 30s, 15m, "
	                                    "12h, 3d]\nt1: 250ms\nt2: 3d\ne: green\n");
	date_t date;
	int64_t n;
	bool b;
	int e;
	assert_true(yaml_date(&f->d, m, "d", YAML_REQUIRED, &date) && date == date_make(2026, 11, 20));
	assert_true(yaml_i64(&f->d, m, "n", YAML_REQUIRED, -3, 0, &n) && n == -3);
	assert_true(yaml_bool(&f->d, m, "b", YAML_REQUIRED, &b) && b);
	assert_true(yaml_bool(&f->d, m, "c", YAML_REQUIRED, &b) && !b);
	assert_true(yaml_duration(&f->d, m, "t1", YAML_REQUIRED, 0, INT64_MAX, &n) && n == 250);
	assert_true(yaml_duration(&f->d, m, "t2", YAML_REQUIRED, 0, INT64_MAX, &n) && n == 3 * 86400000LL);
	assert_true(yaml_enum(&f->d, m, "e", YAML_REQUIRED, colours, &e) && e == 1);
	assert_int_equal(f->d.errors, 0);
}

static void unknown_keys_are_told_with_the_nearest(void **state)
{
	struct fixture *f = *state;
	struct yaml_node *m = parse_good(f, "listen: 1\ntimeuot: 5s\nwholly_other: 1\n");
	int64_t n;
	assert_true(yaml_i64(&f->d, m, "listen", YAML_REQUIRED, 0, 9, &n));
	assert_false(yaml_duration(&f->d, m, "timeout", YAML_OPTIONAL, 0, 9, &n));
	yaml_reject_unseen(&f->d, m);
	buf_clear(&f->out);
	diag_print(&f->d, &f->out);
	assert_string_equal(buf_cstr(&f->out), "t:2:1: error: unknown key 'timeuot'\n"
	                                       "    2 | timeuot: 5s\n"
	                                       "      | ^~~~~~~\n"
	                                       "      = help: did you mean 'timeout'?\n"
	                                       "t:3:1: error: unknown key 'wholly_other'\n"
	                                       "    3 | wholly_other: 1\n"
	                                       "      | ^~~~~~~~~~~~\n"
	                                       "2 errors\n");
}

static void an_absent_mapping_is_silent(void **state)
{
	struct fixture *f = *state;
	struct str s;
	assert_false(yaml_str(&f->d, NULL, "a", YAML_REQUIRED, &s));
	assert_null(yaml_need(&f->d, NULL, "a", YAML_MAP));
	yaml_reject_unseen(&f->d, NULL);
	assert_int_equal(f->d.errors, 0);
}

static void files_are_loaded_or_told(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/vnepp-yaml-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "k: v\n", 5), 5);
	assert_int_equal(close(fd), 0);
	struct yaml_node *n = yaml_load(&f->arena, &f->d, path);
	assert_int_equal(unlink(path), 0);
	assert_string_equal(yaml_get(n, "k")->text.ptr, "v");
	assert_null(yaml_load(&f->arena, &f->d, "/nowhere/x.yaml"));
	assert_string_equal(findings(f),
	                    "/nowhere/x.yaml: error: cannot be read: No such file or directory\n");
	assert_null(yaml_load(&f->arena, &f->d, "/tmp"));
	assert_int_equal(f->d.errors, 2);
}

/* Any cut and any changed byte of a good file either parses or gives findings; never both, never neither. */
static void damaged_texts_never_pass_silently(void **state)
{
	static const char text[] =
	    "a: {b: [1, 'x', \"y\\n\"]}\nc: |\n  t\n- d\n? e\n: &f *g !h\n%T\n...\n---\n";
	struct fixture *f = *state;
	for (size_t len = 0; len < sizeof text; len++)
		for (int with = 0; with < 256; with += 5) {
			char copy[sizeof text];
			memcpy(copy, text, sizeof text);
			if (len > 0)
				copy[len / 2] = (char)with;
			bool parsed = yaml_parse(&f->arena, &f->d, "t", str_make(copy, len)) != NULL;
			assert_true(parsed == (f->d.errors == 0));
			diag_fini(&f->d);
			arena_reset(&f->arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(reads_nodes_with_places),
	    T(every_scalar_is_text),
	    T(empty_file_is_an_empty_mapping),
	    T(byte_order_mark_is_skipped),
	    T(null_and_nothing_are_missing),
	    T(refuses_what_we_do_not_allow),
	    T(gathers_all_findings_of_a_file),
	    T(tab_indentation_gets_a_help_line),
	    T(limits_stop_the_reading),
	    T(large_mappings_find_duplicates),
	    T(wrong_values_are_told_with_their_path),
	    T(right_values_are_read),
	    T(unknown_keys_are_told_with_the_nearest),
	    T(an_absent_mapping_is_silent),
	    T(files_are_loaded_or_told),
	    T(damaged_texts_never_pass_silently),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
