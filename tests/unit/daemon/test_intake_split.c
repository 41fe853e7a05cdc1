/* Bodies cut into items: the same items wherever the body is cut. */
#include "daemon/api/split.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Pushes `body` in pieces of `piece` bytes (0: random), writes "line:text|" … and how it ended; when an item of an array
 * begins in another line of the text than its number says, that line, too: "number@line:text|". */
static void run(enum split_format format, size_t max, struct str body, size_t piece, struct rng *rng,
                struct buf *out)
{
	struct split s;
	struct str text;
	uint32_t line;
	enum split_status status = SPLIT_MORE;
	split_init(&s, format, max);
	buf_init(out, 1 << 20);
	for (size_t at = 0;;) {
		size_t n = piece ? piece : 1 + (size_t)rng_below(rng, 9);
		if (n > body.len - at)
			n = body.len - at;
		assert_true(split_push(&s, str_make(body.ptr + at, n)));
		at += n;
		if (at == body.len)
			split_finish(&s);
		while ((status = split_next(&s, &text, &line)) == SPLIT_ITEM || status == SPLIT_TOO_LONG) {
			buf_printf(out, "%u", line);
			if (format == SPLIT_JSON && s.began != line)
				buf_printf(out, "@%u", s.began);
			buf_printf(out, ":%.*s|", STR_ARG(status == SPLIT_ITEM ? text : STR("LONG")));
		}
		if (status == SPLIT_BROKEN || at == body.len)
			break;
	}
	buf_add(out, status == SPLIT_END      ? STR("end")
	             : status == SPLIT_BROKEN ? str_c(s.error)
	                                      : STR("more"));
	if (status == SPLIT_BROKEN && s.line > 1)
		buf_printf(out, " in line %u", s.line);
	split_fini(&s);
}

static void check(enum split_format format, struct str body, const char *expected)
{
	struct rng rng;
	struct buf out;
	rng_init_seed(&rng, 7);
	for (size_t round = 0; round < 40; round++) {
		run(format, 12, body, round < 20 ? round + 1 : 0, &rng, &out);
		assert_string_equal(buf_cstr(&out), expected);
		buf_fini(&out);
	}
}

static void split_lines(void **state)
{
	(void)state;
	check(SPLIT_NDJSON, STR(""), "end");
	check(SPLIT_NDJSON, STR("\n\r\n \n"), "end");
	check(SPLIT_NDJSON, STR("a\nb\r\n\nc"), "1:a|2:b|4:c|end");
	check(SPLIT_NDJSON,
	      STR("\xEF\xBB\xBF"
	          "a\n"),
	      "1:a|end");
	check(SPLIT_NDJSON, STR("a\n0123456789ab\n0123456789abc\nd\n"), "1:a|2:0123456789ab|3:LONG|4:d|end");
	check(SPLIT_NDJSON, STR("0123456789012345678901234567890123456789"), "1:LONG|end");
}

static void split_elements(void **state)
{
	(void)state;
	check(SPLIT_JSON, STR("[]"), "end");
	check(SPLIT_JSON, STR(" [ ] \n"), "end");
	check(SPLIT_JSON, STR("[{\"a\":1},{\"b\":[2]}]"), "1:{\"a\":1}|2@1:{\"b\":[2]}|end");
	check(SPLIT_JSON, STR("\xEF\xBB\xBF[\n {\"]\":\",\"} ,\n1 ]"), "1@2:{\"]\":\",\"} |2@3:1 |end");
	check(SPLIT_JSON, STR("[\"\\\"]\",2]"), "1:\"\\\"]\"|2@1:2|end");
	check(SPLIT_JSON, STR("[0123456789abcdef,{\"a\":[0,1,2,3]},3]"), "1:LONG|2@1:LONG|3@1:3|end");
	check(SPLIT_JSON, STR("[\n\n{\"a\":\n1},\n\n{\n}\n, [0,1,2,3,4,5,6,\n\n7],\n8]"),
	      "1@3:{\"a\":\n1}|2@6:{\n}\n|3@8:LONG|4@11:8|end");
}

static void split_broken_arrays(void **state)
{
	(void)state;
	check(SPLIT_JSON, STR(""), "the body is empty");
	check(SPLIT_JSON, STR("{}"), "the body should be a JSON array of items");
	check(SPLIT_JSON, STR("[1"), "the array does not end: ']' is missing");
	check(SPLIT_JSON, STR("[1,"), "1:1|the array does not end: ']' is missing");
	check(SPLIT_JSON, STR("["), "the array does not end: ']' is missing");
	check(SPLIT_JSON, STR("[1,]"), "1:1|an item is missing between the last comma and ']'");
	check(SPLIT_JSON, STR("[,1]"), "an item is missing before this comma");
	check(SPLIT_JSON, STR("[1]x"), "1:1|more text after the array");
	check(SPLIT_JSON, STR("[1][2]"), "1:1|more text after the array");
	check(SPLIT_JSON, STR("[1,\n2,\n\n]"),
	      "1:1|2:2|an item is missing between the last comma and ']' in line 4");
	check(SPLIT_JSON, STR("[1,\n{\n\n"), "1:1|the array does not end: ']' is missing in line 4");
	check(SPLIT_JSON, STR("[1,\n2,\n"), "1:1|2:2|the array does not end: ']' is missing in line 3");
	check(SPLIT_JSON, STR("[\"a]"), "the array does not end: ']' is missing");
}

static void split_records(void **state)
{
	(void)state;
	check(SPLIT_CSV, STR("a,b\r\n1,2\n"), "1:a,b|2:1,2|end");
	check(SPLIT_CSV, STR("a,b\n,\n1,\n , \r\n,,,\n"), "1:a,b|3:1,|end");
	check(SPLIT_CSV, STR("a,b\n\"\",\n\"\n"), "1:a,b|2:\"\",|3:\"\n|end");
	check(SPLIT_CSV,
	      STR("\xEF\xBB\xBF"
	          "a\n\"x\ny\"\nb"),
	      "1:a|2:\"x\ny\"|4:b|end");
	check(SPLIT_CSV, STR("a,\"b\"\"\n\"\nc"), "1:a,\"b\"\"\n\"|3:c|end");
	check(SPLIT_CSV, STR("5\",x\ny\n"), "1:5\",x|2:y|end");
	check(SPLIT_CSV, STR("a\n\"open\nb\n"), "1:a|2:\"open\nb\n|end");
	check(SPLIT_CSV, STR("a\n\"\n\n0123456789abc\"\nb\n"), "1:a|2:LONG|5:b|end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(split_lines),
	    cmocka_unit_test(split_elements),
	    cmocka_unit_test(split_broken_arrays),
	    cmocka_unit_test(split_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
