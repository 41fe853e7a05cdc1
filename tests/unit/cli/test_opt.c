/* Options from tables. */
#include "daemon/cli/opt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

struct args {
	bool flag;
	const char *text;
	uint32_t number;
	int choice;
};

static const char *const choices[] = {"red", "green", NULL};
static const struct opt opts[] = {
    {"flag", 'f', OPT_FLAG, offsetof(struct args, flag), NULL, "a flag", NULL, 0, 0},
    {"text", 't', OPT_TEXT, offsetof(struct args, text), "TEXT", "a text", NULL, 0, 0},
    {"number", 0, OPT_NUMBER, offsetof(struct args, number), "N", "a number", NULL, 3, 9},
    {"choice", 0, OPT_CHOICE, offsetof(struct args, choice), "red|green", "a choice", choices, 0, 0},
};

struct outcome {
	enum err err;
	struct args args;
	int operands;
	char *words[8];
	struct errmsg e;
};

/* Words separated by '|'. */
static struct outcome parse(const char *line)
{
	static char copy[256];
	struct outcome o = {.err = OK};
	struct opt_set set = {opts, ARRAY_LEN(opts), &o.args};
	int count = 0;
	(void)strcpy(copy, line); /* the tests' own short texts */
	for (char *at = copy; at && count < 8; count++) {
		o.words[count] = at;
		at = strchr(at, '|');
		if (at)
			*at++ = 0;
	}
	o.operands = count;
	o.err = opt_parse(&set, 1, &o.operands, o.words, &o.e);
	return o;
}

static void test_all_forms(void **state)
{
	(void)state;
	struct outcome o = parse("one|-f|--text=a b|--number|5|-|--choice|green");
	assert_int_equal(o.err, OK);
	assert_true(o.args.flag);
	assert_string_equal(o.args.text, "a b");
	assert_int_equal(o.args.number, 5);
	assert_int_equal(o.args.choice, 1);
	assert_int_equal(o.operands, 2);
	assert_string_equal(o.words[0], "one");
	assert_string_equal(o.words[1], "-");
}

static void test_letters_with_values(void **state)
{
	(void)state;
	assert_string_equal(parse("-tx").args.text, "x");
	assert_string_equal(parse("-t|-x").args.text, "-x");
}

static void test_end_of_options(void **state)
{
	(void)state;
	struct outcome o = parse("--|--flag|-t");
	assert_int_equal(o.err, OK);
	assert_false(o.args.flag);
	assert_int_equal(o.operands, 2);
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
	    {"--nothing", "unknown option '--nothing'"},
	    {"-x", "unknown option '-x'"},
	    {"--fla", "unknown option '--fla'"},
	    {"--flag=yes", "--flag takes no value"},
	    {"-fx", "--flag takes no value"},
	    {"--text", "--text needs a value (TEXT)"},
	    {"--number=2", "--number: '2' is not a number from 3 to 9"},
	    {"--number=10", "--number: '10' is not a number from 3 to 9"},
	    {"--number=5x", "--number: '5x' is not a number from 3 to 9"},
	    {"--choice=blue", "--choice: 'blue' is not one of red, green"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outcome o = parse(cases[i].line);
		assert_int_equal(o.err, ERR_INVALID);
		assert_string_equal(o.e.text, cases[i].text);
	}
}

static void test_help(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	opt_help(opts, 2, &out);
	assert_string_equal(buf_cstr(&out), "  -f, --flag                a flag\n"
	                                    "  -t, --text TEXT           a text\n");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_forms),      cmocka_unit_test(test_letters_with_values),
	    cmocka_unit_test(test_end_of_options), cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_help),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
