/* Escaping: whatever goes in comes out as well-formed text, or not at all. */
#include "epp/xml_out.h"

#include "epp/base/rng.h"
#include "epp/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct buf out;

static struct str text(struct str s, enum err want)
{
	struct xml_out w;
	buf_clear(&out);
	xml_out_init(&w, &out);
	xml_out_text(&w, "field", s);
	assert_int_equal(w.err, want);
	return buf_str(&out);
}

static struct str attr(struct str s)
{
	struct xml_out w;
	buf_clear(&out);
	xml_out_init(&w, &out);
	xml_out_attr(&w, "field", s);
	assert_int_equal(w.err, OK);
	return buf_str(&out);
}

static void markup_is_escaped(void **state)
{
	(void)state;
	assert_true(str_eq_c(text(STR("a<b>&\"c'\td\r\n"), OK), "a&lt;b&gt;&amp;\"c'\td&#13;\n"));
	assert_true(str_eq_c(attr(STR("a<b>&\"c'\td\r\n")), "a&lt;b&gt;&amp;&quot;c'&#9;d&#13;&#10;"));
	assert_true(str_eq_c(text(STR("Nguyễn Văn A"), OK), "Nguyễn Văn A"));
	assert_true(str_eq_c(text(STR("]]>"), OK), "]]&gt;"));
	assert_true(str_eq_c(text(STR(""), OK), ""));
}

static void illegal_characters_are_refused(void **state)
{
	static const char *const bad[] = {"\x01",
	                                  "a\x1f",
	                                  "\x0b",
	                                  "\xc0\x80",
	                                  "\xed\xa0\x80",
	                                  "\xef\xbf\xbe",
	                                  "\xef\xbf\xbf",
	                                  "\xf4\x90\x80\x80",
	                                  "\xff",
	                                  "\xc3",
	                                  "\xe1\xba",
	                                  "\x80",
	                                  "\xf8\x88\x80\x80\x80"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		text(str_c(bad[i]), ERR_INVALID);
	text(str_make("a\0b", 3), ERR_INVALID);
	assert_true(str_eq_c(text(STR("\x7f\xc2\x85\xee\x80\x80\xf0\x9f\x98\x80"), OK),
	                     "\x7f\xc2\x85\xee\x80\x80\xf0\x9f\x98\x80"));
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = {"", "1a", "-a", "a b", "a:b", "a>", "ế", "a/"};
	struct xml_out w;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		buf_clear(&out);
		xml_out_init(&w, &out);
		xml_out_name(&w, "name", str_c(bad[i]));
		assert_int_equal(w.err, ERR_INVALID);
		assert_int_equal(buf_len(&out), 0);
	}
	xml_out_init(&w, &out);
	xml_out_name(&w, "name", STR("_id.Number-1"));
	assert_int_equal(w.err, OK);
}

static void first_failure_is_kept(void **state)
{
	struct xml_out w;
	(void)state;
	xml_out_init(&w, &out);
	xml_out_fail(&w, ERR_RANGE, "one", "first");
	xml_out_fail(&w, ERR_INVALID, "two", "second");
	assert_int_equal(w.err, ERR_RANGE);
	assert_string_equal(w.field, "one");
}

static void characters_are_counted(void **state)
{
	(void)state;
	assert_int_equal(xml_out_chars(STR("Đà Lạt")), 6);
	assert_int_equal(xml_out_chars(STR("")), 0);
	assert_true(xml_out_chars(STR("\xff")) == SIZE_MAX);
}

/* ---- random bytes, read back with the reader ---- */

struct seen {
	struct buf text;
	struct buf attr;
};

static bool on_start(void *arg, const struct xml_elem *el)
{
	struct seen *s = arg;
	buf_add(&s->attr, xml_elem_attr(el, "a"));
	return true;
}

static void on_text(void *arg, struct str piece)
{
	struct seen *s = arg;
	buf_add(&s->text, piece);
}

static void random_texts_come_back_the_same(void **state)
{
	static const char *const pieces[] = {"<",
	                                     ">",
	                                     "&",
	                                     "\"",
	                                     "'",
	                                     "\t",
	                                     "\n",
	                                     "\r",
	                                     " ",
	                                     "a",
	                                     "ế",
	                                     "]]>",
	                                     "<!--",
	                                     "&#0;",
	                                     "\x01",
	                                     "\xff",
	                                     "\xf0\x9f\x98\x80",
	                                     "<?",
	                                     "\xef\xbf\xbe"};
	static const struct xml_reader reader = {on_start, on_text, NULL};
	struct xml_parser *p = xml_parser_new(NULL, 0);
	struct rng rng;
	int good = 0;
	(void)state;
	rng_init_seed(&rng, 11);
	for (int i = 0; i < 5000; i++) {
		struct buf in;
		struct seen seen = {0};
		struct xml_out w;
		buf_init(&in, 1000);
		buf_init(&seen.text, 10000);
		buf_init(&seen.attr, 10000);
		for (uint64_t n = rng_below(&rng, 8); n > 0; n--)
			buf_add(&in, str_c(pieces[rng_below(&rng, ARRAY_LEN(pieces))]));
		buf_clear(&out);
		xml_out_init(&w, &out);
		buf_lit(&out, "<x a=\"");
		xml_out_attr(&w, "a", buf_str(&in));
		buf_lit(&out, "\">");
		xml_out_text(&w, "x", buf_str(&in));
		buf_lit(&out, "</x>");
		if (w.err == OK) {
			good++;
			assert_int_equal(xml_parse(p, buf_str(&out), &reader, &seen, NULL), OK);
			assert_true(str_eq(buf_str(&seen.text), buf_str(&in)));
			assert_true(str_eq(buf_str(&seen.attr), buf_str(&in)));
		}
		buf_fini(&in);
		buf_fini(&seen.text);
		buf_fini(&seen.attr);
	}
	assert_true(good > 1000);
	xml_parser_free(p);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&out, 100000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(markup_is_escaped),      cmocka_unit_test(illegal_characters_are_refused),
	    cmocka_unit_test(names_are_checked),      cmocka_unit_test(first_failure_is_kept),
	    cmocka_unit_test(characters_are_counted), cmocka_unit_test(random_texts_come_back_the_same),
	};
	return cmocka_run_group_tests_name("epp/xml_out", tests, setup, teardown);
}
