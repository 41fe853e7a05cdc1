/* The canonical layout: what it looks like, that it is stable, and that no comment is lost wherever one stands. */
#include "policy/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "epp/base/rng.h"
#include "tests/unit/policy/shipped.h"

static bool format(const char *text, struct buf *out, struct diag *d)
{
	buf_clear(out);
	return policy_format("a.yaml", str_c(text), d, out);
}

static const struct {
	const char *from, *to;
} rows[] = {
    {"a:   1\n\n\n\nb: x   # why\n", "a: 1\n\nb: x # why\n"},
    {"# head\n\na:\n- b: 1\n  c: 2\n- {d: 3}\n", "# head\n\na:\n  - b: 1\n    c: 2\n  - {d: 3}\n"},
    {"a: {b:  1,c: [x,   y]}\n", "a: {b: 1, c: [x, y]}\n"},
    {"a: 'it''s # no comment'\n", "a: \"it's # no comment\"\n"},
    {"a: [x, # first\n    y]\n", "a:\n  - x # first\n  - y\n"},
    {"a:\n  b: 1\n  # about the end of a\n# about c\nc: 2\n# end\n",
     "a:\n  b: 1\n  # about the end of a\n# about c\nc: 2\n# end\n"},
    {"a: |\n  one # no comment\n  two\nb: 1\n", "a: |\n  one # no comment\n  two\nb: 1\n"},
    {"a: >-\n  one\n  two\n", "a: \"one two\"\n"},
    {"a: plain words\n   on two lines # and why\n", "a: plain words on two lines # and why\n"},
    {"\"01\": x\n'02': y\n", "\"01\": x\n\"02\": y\n"},
    {"a: []\nb: {}\nc:\nd: null\n", "a: []\nb: {}\nc:\nd: null\n"},
    {"a: # here\n  b: 1\n", "a: # here\n  b: 1\n"},
    {"", ""},
    {"# only a comment\n", "# only a comment\n"},
    {"a: \"tab\\tquote\\\" back\\\\ é\"\n", "a: \"tab\\tquote\\\" back\\\\ é\"\n"},
};

static void layouts_are_canonical_and_stable(void **state)
{
	struct diag d;
	struct buf out, again;
	(void)state;
	diag_init(&d);
	buf_init(&out, 1 << 20);
	buf_init(&again, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!format(rows[i].from, &out, &d))
			fail_msg("refused: %s", rows[i].from);
		assert_string_equal(buf_cstr(&out), rows[i].to);
		assert_true(format(buf_cstr(&out), &again, &d));
		assert_string_equal(buf_cstr(&again), buf_cstr(&out));
	}
	buf_fini(&out);
	buf_fini(&again);
	diag_fini(&d);
}

static void long_lists_are_filled_and_long_mappings_unfolded(void **state)
{
	char text[400] = "a: [", map[300] = "m: {";
	struct diag d;
	struct buf out;
	(void)state;
	for (int i = 0; i < 30; i++)
		strcat(text, i ? ", word12" : "word12");
	strcat(text, "]\n");
	for (int i = 0; i < 12; i++)
		sprintf(map + strlen(map), "%skey%02d: value", i ? ", " : "", i);
	strcat(map, "}\n");
	diag_init(&d);
	buf_init(&out, 1 << 20);
	assert_true(format(text, &out, &d));
	assert_true(str_starts(buf_str(&out), STR("a: [word12, ")));
	assert_non_null(strstr(buf_cstr(&out), ",\n    word12"));
	assert_true(format(map, &out, &d));
	assert_true(str_starts(buf_str(&out), STR("m:\n  key00: value\n  key01: value\n")));
	buf_fini(&out);
	diag_fini(&d);
}

static void what_cannot_be_read_is_left_alone(void **state)
{
	struct diag d;
	struct buf out;
	(void)state;
	diag_init(&d);
	buf_init(&out, 1 << 20);
	assert_false(format("a: [\n", &out, &d));
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(d.errors, 1);
	buf_fini(&out);
	diag_fini(&d);
}

static void shipped_files_are_canonical(void **state)
{
	struct shipped s;
	(void)state;
	assert_true(shipped_init(&s));
	for (size_t i = 0; i < s.count; i++) {
		buf_clear(&s.out);
		assert_true(policy_format(s.texts[i].name, s.texts[i].text, &s.d, &s.out));
		if (!str_eq(buf_str(&s.out), s.texts[i].text))
			fail_msg("policy/rules/%s: run vnepp policy fmt", s.texts[i].name);
	}
	shipped_fini(&s);
}

/* Comments and blank lines behind and between random lines of the shipped files. */
static void litter(struct rng *rng, struct str text, struct buf *out, int *count)
{
	buf_clear(out);
	while (text.len) {
		struct str line = str_split(&text, '\n');
		uint64_t dice = rng_below(rng, 20);
		if (dice == 0)
			buf_printf(out, "%*s# own %d\n", (int)rng_below(rng, 9), "", (*count)++);
		if (dice == 1)
			buf_lit(out, "\n\n");
		buf_add(out, line);
		if (dice == 2 && line.len)
			buf_printf(out, "%*s# behind %d", 1 + (int)rng_below(rng, 3), "", (*count)++);
		buf_byte(out, '\n');
	}
}

static size_t comments_in(struct str text)
{
	size_t n = 0;
	for (size_t i = 0; i + 6 < text.len; i++)
		n += memcmp(text.ptr + i, "# own ", 6) == 0 || memcmp(text.ptr + i, "# behi", 6) == 0;
	return n;
}

static void no_comment_is_lost_wherever_it_stands(void **state)
{
	struct shipped s;
	struct rng rng;
	struct buf messy, again;
	(void)state;
	assert_true(shipped_init(&s));
	rng_init_seed(&rng, 4);
	buf_init(&messy, 8 << 20);
	buf_init(&again, 8 << 20);
	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < s.count; i++) {
			int count = 0;
			litter(&rng, s.texts[i].text, &messy, &count);
			buf_clear(&s.out);
			if (!policy_format(s.texts[i].name, buf_str(&messy), &s.d, &s.out))
				fail_msg("%s:\n%s\n%s", s.texts[i].name, shipped_findings(&s, true),
				         buf_cstr(&messy));
			assert_int_equal(comments_in(buf_str(&s.out)), comments_in(buf_str(&messy)));
			buf_clear(&again);
			assert_true(policy_format(s.texts[i].name, buf_str(&s.out), &s.d, &again));
			if (!str_eq(buf_str(&again), buf_str(&s.out)))
				fail_msg("not stable: %s:\n%s\n----\n%s", s.texts[i].name, buf_cstr(&s.out),
				         buf_cstr(&again));
		}
	buf_fini(&messy);
	buf_fini(&again);
	shipped_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(layouts_are_canonical_and_stable),
	    cmocka_unit_test(long_lists_are_filled_and_long_mappings_unfolded),
	    cmocka_unit_test(what_cannot_be_read_is_left_alone),
	    cmocka_unit_test(shipped_files_are_canonical),
	    cmocka_unit_test(no_comment_is_lost_wherever_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
