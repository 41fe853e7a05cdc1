/* The reader: encodings, limits, what is refused, reuse over many documents. */
#include "epp/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {"epp", "response", "name"};

struct seen {
	struct buf log; /* "epp(text)/" and so on */
};

static bool on_start(void *arg, const struct xml_elem *el)
{
	struct seen *s = arg;
	buf_printf(&s->log, "<%d|%d|%.*s", (int)el->ns, el->name, STR_ARG(el->local));
	for (size_t i = 0; i < el->attr_count; i++)
		buf_printf(&s->log, " %.*s=%.*s", STR_ARG(el->attrs[i].name), STR_ARG(el->attrs[i].value));
	buf_byte(&s->log, '>');
	return !str_eq_c(el->local, "stop");
}

static void on_text(void *arg, struct str piece)
{
	buf_add(&((struct seen *)arg)->log, piece);
}

static void on_end(void *arg, const struct xml_elem *el)
{
	(void)el;
	buf_byte(&((struct seen *)arg)->log, '/');
}

static const struct xml_reader reader = {on_start, on_text, on_end};

struct fixture {
	struct xml_parser *p;
	struct seen seen;
	struct errmsg e;
};

static enum err parse(struct fixture *f, struct str doc)
{
	buf_clear(&f->seen.log);
	f->e.text[0] = '\0';
	return xml_parse(f->p, doc, &reader, &f->seen, &f->e);
}

static void expect(struct fixture *f, struct str doc, const char *log)
{
	if (parse(f, doc) != OK)
		fail_msg("%s", f->e.text);
	assert_string_equal(buf_cstr(&f->seen.log), log);
}

static void refused(struct fixture *f, struct str doc, const char *part)
{
	assert_int_equal(parse(f, doc), ERR_XML);
	if (!strstr(f->e.text, part))
		fail_msg("\"%s\" has no \"%s\"", f->e.text, part);
	/* and the parser is as good as new */
	expect(f, STR("<name>x</name>"), "<0|2|name>x/");
}

static void names_are_told_by_namespace_not_prefix(void **state)
{
	struct fixture *f = *state;
	expect(f,
	       STR("<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><d:name "
	           "xmlns:d='urn:ietf:params:xml:ns:domain-1.0'>a"
	           "</d:name></epp>"),
	       "<2|0|epp><3|2|name>a//");
	expect(f,
	       STR("<x:epp xmlns:x='urn:ietf:params:xml:ns:epp-1.0'><name "
	           "xmlns='urn:ietf:params:xml:ns:domain-1.0'>a"
	           "</name></x:epp>"),
	       "<2|0|epp><3|2|name>a//");
	expect(f, STR("<domain:epp xmlns:domain='urn:x'/>"), "<1|0|epp>/");
	expect(f, STR("<name/>"), "<0|2|name>/");
}

static void undeclared_prefix_is_no_error(void **state)
{
	struct fixture *f = *state;
	expect(f, STR("<a><foo:name bar:b='1'>x</foo:name></a>"), "<0|-1|a><0|2|name b=1>x//");
}

static void text_comes_decoded(void **state)
{
	struct fixture *f = *state;
	expect(f, STR("<a b='&lt;&#x1ebf;'>&amp;<![CDATA[<x>]]>&#65;<!-- no --><?pi no?>\n</a>"),
	       "<0|-1|a b=<ế>&<x>A\n/");
}

static void declarations_and_marks_are_taken(void **state)
{
	struct fixture *f = *state;
	expect(f, STR("\xef\xbb\xbf<a/>"), "<0|-1|a>/");
	expect(f, STR("\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>"), "<0|-1|a>/");
	expect(f, STR("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\" ?>\n<a/>"), "<0|-1|a>/");
	refused(f, STR("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), "encoding");
	refused(f, STR("<?xml encoding='UTF-8'?><a/>"), "version");
	refused(f, STR("<?xml version='1.0'"), "declaration");
	refused(f, STR("<?xml version=1.0?><a/>"), "declaration");
	refused(f, STR("<?xml version='1.0' encoding?><a/>"), "declaration");
	refused(f, STR(" <?xml version='1.0'?><a/>"), "");
}

/* ASCII and a few other letters to UTF-16. */
static struct str utf16(struct buf *b, const char *text, bool big, bool mark)
{
	buf_clear(b);
	if (mark)
		buf_append(b, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		unsigned c = *p;
		if (c == 0xe1) { /* three bytes */
			c = (c & 15) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
			p += 2;
		}
		buf_byte(b, (char)(big ? c >> 8 : c));
		buf_byte(b, (char)(big ? c : c >> 8));
	}
	return buf_str(b);
}

static void utf16_is_read(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 10000);
	for (int i = 0; i < 4; i++) {
		expect(f, utf16(&b, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<a>ế</a>", i & 1, i & 2),
		       "<0|-1|a>ế/");
		refused(f, utf16(&b, "<!DOCTYPE a><a/>", i & 1, i & 2), "DOCTYPE");
	}
	utf16(&b, "<a></a>", false, true);
	buf_append(&b, "x", 1);
	refused(f, buf_str(&b), "odd");
	buf_fini(&b);
	refused(f, str_make("\xff\xfe<\0\x00\xd8>\0", 8), "UTF-16");
	refused(f, str_make("\xff\xfe<\0\x00\xdc>\0", 8), "UTF-16");
	expect(f, str_make("\xff\xfe<\0a\0>\0\x3d\xd8\x00\xde<\0/\0a\0>\0", 20), "<0|-1|a>\xf0\x9f\x98\x80/");
	refused(f, str_make("\0\0\0<", 4), "");
}

static void declarations_of_documents_are_refused(void **state)
{
	struct fixture *f = *state;
	refused(f, STR("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "line 1: a DOCTYPE");
	refused(f, STR("<?xml version='1.0'?>\n\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"),
	        "line 3: a DOCTYPE");
	refused(f, STR("<!doctype a><a/>"), "DOCTYPE");
	refused(f, STR("<!-- x --><!DOCTYPE a><a/>"), "DOCTYPE");
	refused(f, STR("<a><!ELEMENT b ANY></a>"), "declaration");
	refused(f, STR("<a>&b;</a>"), "entity");
	expect(f, STR("<a><!-- <!DOCTYPE x> --><![CDATA[<!DOCTYPE y>]]></a>"), "<0|-1|a><!DOCTYPE y>/");
}

static void malformed_documents_are_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  " ",
	                                  "x",
	                                  "<",
	                                  "<a",
	                                  "<a>",
	                                  "<a></b>",
	                                  "<a/><b/>",
	                                  "<a b></a>",
	                                  "<a b=c/>",
	                                  "<a b='1' b='2'/>",
	                                  "<a>]]></a>",
	                                  "<a>&#0;</a>",
	                                  "<a>&#xD800;</a>",
	                                  "<a>\x01</a>",
	                                  "<a b='<'/>",
	                                  "</a>",
	                                  "<a><!-- -- --></a>",
	                                  "<a><![CDATA[</a>",
	                                  "<a><!--",
	                                  "<1/>",
	                                  "<a>&amp</a>",
	                                  "<a/>x"};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused(f, str_c(bad[i]), "");
	refused(f, str_make("<a>\0</a>", 8), "NUL");
	refused(f, STR("<a>\xff</a>"), "UTF-8");
	refused(f, STR("<a>ok ok ok ok \xe1\xba</a>"), "UTF-8");
	refused(f, STR("<a>\n\n</b>"), "line 3");
	refused(f, STR("<?xml\nversion='1.0'?>\n<a>\n</b>"), "line 4");
}

static void messages_do_not_quote_the_document(void **state)
{
	static const char *const bad[] = {
	    "<pw>hunter2</secret>", "<pw>&hunter2;</pw>",
	    "<hunter2:a:b>",        "<pw hunter2>",
	    "<pw>hunter2&#0;</pw>", "<?xml version='1.0' encoding='hunter2'?><a/>",
	    "<!hunter2>",           "<a hunter2='1' hunter2='2'/>"};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(parse(f, str_c(bad[i])), ERR_XML);
		assert_null(strstr(f->e.text, "hunter2"));
	}
}

static void elements_are_limited(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int more = 0; more <= 1; more++) {
		buf_clear(&b);
		buf_lit(&b, "<a>");
		for (int i = 1; i < XML_MAX_ELEMENTS + more; i++)
			buf_lit(&b, "<a/>");
		buf_lit(&b, "</a>");
		assert_int_equal(parse(f, buf_str(&b)), more ? ERR_XML : OK);
	}
	assert_int_equal(parse(f, STR("<a/>")), OK); /* counted anew */
	buf_fini(&b);
}

static void depth_is_limited(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int depth = XML_MAX_DEPTH; depth <= XML_MAX_DEPTH + 1; depth++) {
		buf_clear(&b);
		for (int i = 0; i < depth; i++)
			buf_lit(&b, "<a>");
		for (int i = 0; i < depth; i++)
			buf_lit(&b, "</a>");
		assert_int_equal(parse(f, buf_str(&b)), depth <= XML_MAX_DEPTH ? OK : ERR_XML);
	}
	buf_clear(&b);
	for (int i = 0; i < 100000; i++)
		buf_lit(&b, "<a>");
	refused(f, buf_str(&b), "deep");
	buf_fini(&b);
}

static void attributes_and_names_are_limited(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 2 << 20);
	for (int n = XML_MAX_ATTRS; n <= XML_MAX_ATTRS + 1; n++) {
		buf_clear(&b);
		buf_lit(&b, "<a");
		for (int i = 0; i < n; i++)
			buf_printf(&b, " b%d='>'", i);
		buf_lit(&b, "/>");
		assert_int_equal(parse(f, buf_str(&b)), n <= XML_MAX_ATTRS ? OK : ERR_XML);
	}
	buf_clear(&b);
	buf_lit(&b, "<a");
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, " xmlns:p%d='u'", i);
	refused(f, buf_str(&b), "attributes");
	char name[XML_MAX_NAME + 50];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < 3; i++) {
		char doc[2 * sizeof(name)];
		int len = i == 0   ? snprintf(doc, sizeof(doc), "<%s/>", name)
		          : i == 1 ? snprintf(doc, sizeof(doc), "<a %s='1'/>", name)
		                   : snprintf(doc, sizeof(doc), "<a xmlns:%s='u'/>", name);
		refused(f, str_make(doc, (size_t)len), "name");
	}
	buf_fini(&b);
}

static void long_texts_are_limited(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	buf_init(&b, 6 << 20);
	char *text = calloc(1, XML_MAX_TEXT + 2);
	memset(text, 'x', XML_MAX_TEXT + 1);
	buf_lit(&b, "<a>");
	buf_append(&b, text, XML_MAX_TEXT);
	buf_lit(&b, "</a>");
	assert_int_equal(parse(f, buf_str(&b)), OK);
	buf_clear(&b);
	buf_printf(&b, "<a>%s</a>", text);
	refused(f, buf_str(&b), "too long");
	buf_clear(&b);
	buf_printf(&b, "<a b='%s'/>", text);
	refused(f, buf_str(&b), "too long");
	buf_clear(&b);
	while (buf_len(&b) <= XML_MAX_BYTES)
		buf_append(&b, text, XML_MAX_TEXT);
	refused(f, buf_str(&b), "larger");
	free(text);
	buf_fini(&b);
}

static void reader_can_stop(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(parse(f, STR("<a>\n<stop/><never/></a>")), ERR_PROTOCOL);
	assert_null(strstr(buf_cstr(&f->seen.log), "never"));
	assert_non_null(strstr(f->e.text, "line 2"));
	expect(f, STR("<name/>"), "<0|2|name>/");
}

static void parser_is_reused_without_growing(void **state)
{
	struct fixture *f = *state;
	size_t before = 0;
	char doc[200];
	for (int i = 0; i < 20000; i++) {
		if (i == 1000)
			before = mallinfo2().uordblks;
		snprintf(doc, sizeof(doc), "<name xmlns='urn:x'>%d</name%s", i, i % 7 ? ">" : "");
		assert_int_equal(parse(f, str_c(doc)), i % 7 ? OK : ERR_XML);
	}
	assert_int_equal(xml_parser_recycled(f->p), 0);
	assert_true(mallinfo2().uordblks < before + 64 * 1024);
}

static void hostile_names_do_not_pile_up(void **state)
{
	struct fixture *f = *state;
	size_t before = mallinfo2().uordblks;
	char doc[300];
	for (int i = 0; i < 50000; i++) {
		snprintf(doc, sizeof(doc), "<n%d xmlns:p%d='urn:%d'><name q%d='1'/></n%d>", i, i, i, i, i);
		assert_int_equal(parse(f, str_c(doc)), OK);
	}
	assert_true(xml_parser_recycled(f->p) > 10);
	assert_true(mallinfo2().uordblks < before + 2 * 1024 * 1024);
	expect(f, STR("<name xmlns='urn:ietf:params:xml:ns:domain-1.0'/>"), "<3|2|name>/");
}

static int setup(void **state)
{
	static struct fixture f;
	f.p = xml_parser_new(names, ARRAY_LEN(names));
	buf_init(&f.seen.log, 8 << 20);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	xml_parser_free(f->p);
	buf_fini(&f->seen.log);
	return 0;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_are_told_by_namespace_not_prefix),
	    TEST(undeclared_prefix_is_no_error),
	    TEST(text_comes_decoded),
	    TEST(declarations_and_marks_are_taken),
	    TEST(utf16_is_read),
	    TEST(declarations_of_documents_are_refused),
	    TEST(malformed_documents_are_refused),
	    TEST(messages_do_not_quote_the_document),
	    TEST(elements_are_limited),
	    TEST(depth_is_limited),
	    TEST(attributes_and_names_are_limited),
	    TEST(long_texts_are_limited),
	    TEST(reader_can_stop),
	    TEST(parser_is_reused_without_growing),
	    TEST(hostile_names_do_not_pile_up),
	};
	return cmocka_run_group_tests_name("epp/xml", tests, NULL, NULL);
}
