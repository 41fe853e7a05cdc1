/*
 * Documents that a registry might send in place of an answer: what each is, whether it is EPP, and what the log says
 * when it is not. Included by the tests that send them.
 */
#ifndef VNEPP_TESTS_HOSTILE_DOCUMENTS_H
#define VNEPP_TESTS_HOSTILE_DOCUMENTS_H

#include "epp/base/buf.h"
#include "epp/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A row leaves out what is not so. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CLTRID "@" /* stands for the clTRID that is waited for */

/* ---- documents ------------------------------------------------------------------------------------------------------------ */

#define EPP_DOC(inner)  "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">" inner "</epp>"
#define RESPONSE(inner) EPP_DOC("<response>" inner "</response>")
#define RESULT(code)    "<result code=\"" code "\"><msg>said</msg></result>"
#define TRID            "<trID><clTRID>" CLTRID "</clTRID><svTRID>sv</svTRID></trID>"
#define GOOD            RESPONSE(RESULT("1000") TRID)

enum reading {
	READ,    /* EPP: an answer */
	NOT_IN,  /* EPP, but no log-in succeeds with it */
	REFUSED, /* ends the session */
};

struct document {
	const char *what;
	enum reading reading;
	const char *xml; /* NULL: it is made */
	const char *why; /* REFUSED: what the log says of it, among other words */
	void (*make)(struct buf *out, size_t n);
	size_t n;
};

/* What is said of several. */
#define NO_EPP              "neither an EPP greeting nor an EPP response"
#define NO_CODE             "a response without a proper result code"
#define NO_DECLARATION      "a DOCTYPE or other declaration is not allowed"
#define TOO_DEEP            "elements are nested too deep"
#define TOO_MANY_ATTRIBUTES "too many attributes"
#define NO_UTF8             "not valid UTF-8, or a NUL in it"
#define TOO_LONG_TEXT       "the text of an element is too long"
#define WRONG_END           "an end tag does not fit its start tag"
#define WRONG_CHARACTER     "a character that XML does not allow"
#define NOT_ONE_DOCUMENT    "the document ends too early, or something follows it"

static void repeat(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add(out, str_c(text));
}

static void deep(struct buf *out, size_t n)
{
	repeat(out, "<a>", n);
	repeat(out, "</a>", n);
}

static void deep_open(struct buf *out, size_t n)
{
	repeat(out, "<a>", n);
}

static void deep_inside(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response>" RESULT("1000") "<extension>");
	repeat(out, "<x xmlns=\"urn:x\">", n);
	repeat(out, "</x>", n);
	buf_lit(out, "</extension>" TRID "</response></epp>");
}

static void attributes(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, " a%zu=\"\"", i);
	buf_lit(out, "/>");
}

static void namespaces(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, " xmlns:a%zu=\"urn:%zu\"", i, i);
	buf_lit(out, "/>");
}

static void long_name(struct buf *out, size_t n)
{
	buf_lit(out, "<");
	repeat(out, "n", n);
	buf_lit(out, "/>");
}

static void long_value(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\" a=\"");
	repeat(out, "v", n);
	buf_lit(out, "\"/>");
}

static void long_text(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response><result code=\"1000\"><msg>");
	repeat(out, "t", n);
	buf_lit(out, "</msg></result>" TRID "</response></epp>");
}

static void long_cltrid(struct buf *out, size_t n)
{
	buf_lit(out,
	        "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response>" RESULT("1000") "<trID><clTRID>");
	repeat(out, "t", n);
	buf_lit(out, "</clTRID><svTRID>sv</svTRID></trID></response></epp>");
}

static void many_elements(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response>" RESULT("1000") "<resData>");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "<e%zu/>", i);
	buf_lit(out, "</resData>" TRID "</response></epp>");
}

static void many_results(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response>");
	repeat(out, RESULT("2004"), n);
	buf_lit(out, TRID "</response></epp>");
}

static void comment(struct buf *out, size_t n)
{
	buf_lit(out, "<!--");
	repeat(out, "c", n);
	buf_lit(out, "-->" GOOD);
}

static void cdata(struct buf *out, size_t n)
{
	buf_lit(
	    out,
	    "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response><result code=\"1000\"><msg><![CDATA[");
	repeat(out, "]]", n);
	buf_lit(out, "]]></msg></result>" TRID "</response></epp>");
}

static void instruction(struct buf *out, size_t n)
{
	buf_lit(out, "<?x ");
	repeat(out, "?", n);
	buf_lit(out, "?>" GOOD);
}

static void white_space(struct buf *out, size_t n)
{
	repeat(out, " \n", n);
	buf_lit(out, GOOD);
}

static void space_behind(struct buf *out, size_t n)
{
	buf_lit(out, GOOD);
	repeat(out, " \r\n", n);
}

static void references(struct buf *out, size_t n)
{
	buf_lit(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><response><result code=\"1000\"><msg>");
	repeat(out, "&#65;", n);
	buf_lit(out, "</msg></result>" TRID "</response></epp>");
}

static void laughs(struct buf *out, size_t n)
{
	buf_lit(out, "<!DOCTYPE epp [<!ENTITY a0 \"ha\">");
	for (size_t i = 1; i < n; i++)
		buf_printf(out, "<!ENTITY a%zu \"&a%zu;&a%zu;&a%zu;\">", i, i - 1, i - 1, i - 1);
	buf_printf(out, "]><epp>&a%zu;</epp>", n - 1);
}

static void utf16(struct buf *out, const char *text, bool big, bool mark)
{
	if (mark)
		buf_append(out, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (; *text; text++) {
		const char pair[2] = {big ? '\0' : *text, big ? *text : '\0'};
		buf_append(out, pair, 2);
	}
}

/* n: 1 big endian, 2 with a mark */
static void wide(struct buf *out, size_t n)
{
	utf16(out, GOOD, n & 1, n & 2);
}

static void wide_cut(struct buf *out, size_t n)
{
	(void)n;
	utf16(out, GOOD, false, true);
	buf_truncate(out, buf_len(out) - 1);
}

static void nul_inside(struct buf *out, size_t n)
{
	buf_add(out, str_make(GOOD, n));
	buf_append(out, "\0", 1);
	buf_add(out, str_make(&GOOD[n], sizeof(GOOD) - 1 - n));
}

static const struct document documents[] = {
    {"a good answer", READ, GOOD},
    {"a byte order mark", READ, "\xef\xbb\xbf" GOOD},
    {"a declaration", READ, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n" GOOD},
    {"a declaration in single quotes", READ, "<?xml version='1.0'?>" GOOD},
    {"a prefix", READ,
     "<e:epp xmlns:e=\"urn:ietf:params:xml:ns:epp-1.0\"><e:response><e:result code=\"1000\"><e:msg>x</e:msg>"
     "</e:result><e:trID><e:clTRID>" CLTRID
     "</e:clTRID><e:svTRID>s</e:svTRID></e:trID></e:response></e:epp>"},
    {"a language", READ, RESPONSE("<result code=\"1000\"><msg lang=\"vi\">Xong</msg></result>" TRID)},
    {"an empty message", READ, RESPONSE("<result code=\"1000\"><msg/></result>" TRID)},
    {"no message", READ, RESPONSE("<result code=\"1000\"/>" TRID)},
    {"no svTRID", READ, RESPONSE(RESULT("1000") "<trID><clTRID>" CLTRID "</clTRID></trID>")},
    {"line breaks everywhere", READ,
     "\n<epp\nxmlns=\"urn:ietf:params:xml:ns:epp-1.0\"\n>\n<response\n>\n" RESULT("1000") "\n" TRID
                                                                                          "\n</response\n>\n"
                                                                                          "</epp\n>\n"},
    {"comments inside", READ, RESPONSE("<!-- a -->" RESULT("1000") "<!-- b -->" TRID "<!---->")},
    {"an unknown extension", READ,
     RESPONSE(RESULT("1000") "<extension><a xmlns=\"urn:vn:what\"><b c=\"d\">e</b></a></extension>" TRID)},
    {"unknown data", READ, RESPONSE(RESULT("1000") "<resData><a xmlns=\"urn:vn:what\"/></resData>" TRID)},
    {"an extension in no namespace", READ,
     RESPONSE(RESULT("1000") "<extension><a xmlns=\"\"/></extension>" TRID)},
    {"a DOCTYPE in a comment", READ, RESPONSE("<!-- <!DOCTYPE x> -->" RESULT("1000") TRID)},
    {"a DOCTYPE in a CDATA section", READ,
     RESPONSE("<result code=\"1000\"><msg><![CDATA[<!DOCTYPE x>]]></msg></result>" TRID)},
    {"references", READ, RESPONSE("<result code=\"1000\"><msg>&lt;&amp;&#x110;&gt;</msg></result>" TRID)},
    {"white space before", READ, NULL, NULL, white_space, 1},
    {"white space behind", READ, NULL, NULL, space_behind, 100},
    {"UTF-16, little, mark", READ, NULL, NULL, wide, 2},
    {"UTF-16, big, mark", READ, NULL, NULL, wide, 3},
    {"a long comment", READ, NULL, NULL, comment, 1000},
    {"three results", NOT_IN, NULL, NULL, many_results, 3},
    {"an extension 50 deep", READ, NULL, NULL, deep_inside, 50},

    {"nothing at all", REFUSED, " ", NOT_ONE_DOCUMENT},
    {"another document", REFUSED, "<html><body>502 Bad Gateway</body></html>", NO_EPP},
    {"JSON", REFUSED, "{\"code\":1000}", "there is no XML document"},
    {"HTTP", REFUSED, "HTTP/1.1 503 Service Unavailable\r\n\r\n", "there is no XML document"},
    {"no namespace", REFUSED, "<epp><response>" RESULT("1000") TRID "</response></epp>", NO_EPP},
    {"a wrong namespace", REFUSED,
     "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.1\"><response>" RESULT("1000") TRID "</response></epp>",
     NO_EPP},
    {"an empty epp", REFUSED, EPP_DOC(""), NO_EPP},
    {"a command", REFUSED, EPP_DOC("<command><logout/></command>"), NO_EPP},
    {"a hello", REFUSED, EPP_DOC("<hello/>"), NO_EPP},
    {"no result", REFUSED, RESPONSE(TRID), NO_CODE},
    {"no code", REFUSED, RESPONSE("<result><msg>x</msg></result>" TRID), NO_CODE},
    {"an empty code", REFUSED, RESPONSE(RESULT("") TRID), NO_CODE},
    {"a code of letters", REFUSED, RESPONSE(RESULT("OK") TRID), NO_CODE},
    {"a code of 3 digits", REFUSED, RESPONSE(RESULT("200") TRID), NO_CODE},
    {"a code of 5 digits", REFUSED, RESPONSE(RESULT("10000") TRID), NO_CODE},
    {"a negative code", REFUSED, RESPONSE(RESULT("-1000") TRID), NO_CODE},
    {"a code of no class", NOT_IN, RESPONSE(RESULT("9999") TRID)},
    {"a code of 2^32 + 1000", REFUSED, RESPONSE(RESULT("4294968296") TRID), NO_CODE},
    {"the code in the text", REFUSED, RESPONSE("<result>1000</result>" TRID), NO_CODE},
    {"a response in a response", REFUSED, RESPONSE("<response>" RESULT("1000") TRID "</response>"), NO_CODE},
    {"two responses in one epp", REFUSED,
     EPP_DOC("<response>" RESULT("1000") TRID "</response><response>" RESULT("1000") TRID "</response>"),
     "more than one greeting or response in one document"},
    {"two documents in one frame", REFUSED, GOOD GOOD, NOT_ONE_DOCUMENT},
    {"the clTRID twice", READ,
     RESPONSE(RESULT("1000") "<trID><clTRID>" CLTRID "</clTRID><clTRID>" CLTRID
                             "</clTRID><svTRID>s</svTRID></trID>")},
    {"text behind", REFUSED, GOOD "text", NOT_ONE_DOCUMENT},
    {"an open tag", REFUSED, EPP_DOC("<response>" RESULT("1000") TRID), WRONG_END},
    {"crossed tags", REFUSED, RESPONSE("<result code=\"1000\"><msg></result></msg>" TRID), WRONG_END},
    {"an attribute twice", REFUSED, RESPONSE("<result code=\"1000\" code=\"1000\"/>" TRID),
     "an attribute is given twice"},
    {"an unbound prefix", REFUSED, RESPONSE("<x:result code=\"1000\"/>" TRID), NO_CODE},
    {"a bare ampersand", REFUSED, RESPONSE("<result code=\"1000\"><msg>a & b</msg></result>" TRID),
     "a name is missing (after '<' or '&')"},
    {"an unknown entity", REFUSED, RESPONSE("<result code=\"1000\"><msg>&nbsp;</msg></result>" TRID),
     "an entity that XML does not have"},
    {"a reference to NUL", REFUSED, RESPONSE("<result code=\"1000\"><msg>&#0;</msg></result>" TRID),
     WRONG_CHARACTER},
    {"a reference to a surrogate", REFUSED,
     RESPONSE("<result code=\"1000\"><msg>&#xD800;</msg></result>" TRID), WRONG_CHARACTER},
    {"bad UTF-8", REFUSED, RESPONSE("<result code=\"1000\"><msg>\xc3\x28</msg></result>" TRID), NO_UTF8},
    {"overlong UTF-8", REFUSED, RESPONSE("<result code=\"1000\"><msg>\xc0\xaf</msg></result>" TRID), NO_UTF8},
    {"a control byte", REFUSED, RESPONSE("<result code=\"1000\"><msg>\x01</msg></result>" TRID),
     WRONG_CHARACTER},
    {"an unknown encoding", REFUSED, "<?xml version=\"1.0\" encoding=\"x-klingon\"?>" GOOD,
     "the declared encoding is neither UTF-8 nor UTF-16"},
    {"an encoding that it is not", READ, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" GOOD},
    {"a declaration twice", READ, "<?xml version=\"1.0\"?><?xml version=\"1.0\"?>" GOOD},
    {"a DOCTYPE", REFUSED, "<!DOCTYPE epp>" GOOD, NO_DECLARATION},
    {"an external DTD", REFUSED, "<!DOCTYPE epp SYSTEM \"http://192.0.2.1/x.dtd\">" GOOD, NO_DECLARATION},
    {"an external entity", REFUSED, "<!DOCTYPE epp [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" GOOD,
     NO_DECLARATION},
    {"a parameter entity", REFUSED, "<!DOCTYPE epp [<!ENTITY % x SYSTEM \"http://192.0.2.1/\"> %x;]>" GOOD,
     NO_DECLARATION},
    {"a DOCTYPE behind white space", REFUSED, "<?xml version=\"1.0\"?>\n \n<!DOCTYPE epp>" GOOD,
     NO_DECLARATION},
    {"a billion laughs", REFUSED, NULL, NO_DECLARATION, laughs, 40},
    {"UTF-16, little, no mark", READ, NULL, NULL, wide, 0},
    {"UTF-16, big, no mark", READ, NULL, NULL, wide, 1},
    {"UTF-16, half a letter", REFUSED, NULL, "UTF-16 with an odd number of bytes", wide_cut, 0},
    /* read as UTF-16, whose letters are nobody's: what is wrong first depends on the length of the clTRID */
    {"NUL before", REFUSED, NULL, "a name is ", nul_inside, 0},
    {"NUL inside", REFUSED, NULL, NO_UTF8, nul_inside, 60},
    {"NUL behind", REFUSED, NULL, NO_UTF8, nul_inside, sizeof(GOOD) - 1},
    {"depth 100", REFUSED, NULL, TOO_DEEP, deep, 100},
    {"depth 8,000", REFUSED, NULL, TOO_DEEP, deep, 8000},
    {"8,000 open tags", REFUSED, NULL, TOO_DEEP, deep_open, 8000},
    {"an extension 100 deep", REFUSED, NULL, TOO_DEEP, deep_inside, 100},
    {"1,000 attributes", REFUSED, NULL, TOO_MANY_ATTRIBUTES, attributes, 1000},
    {"6,000 attributes", REFUSED, NULL, TOO_MANY_ATTRIBUTES, attributes, 6000},
    {"2,500 namespaces", REFUSED, NULL, TOO_MANY_ATTRIBUTES, namespaces, 2500},
    {"a name of 60,000", REFUSED, NULL, "a name is too long", long_name, 60000},
    {"an attribute of 60,000", REFUSED, NULL, NO_EPP, long_value, 60000},
    {"a clTRID of 60,000", REFUSED, NULL, "an answer with clTRID 'tttt", long_cltrid, 60000},
};

/* Above the greeting's 64 KiB: only as answers. */
static const struct document large[] = {
    {"a message of 200,000", READ, NULL, NULL, long_text, 200000},
    {"a message of 1,000,000", REFUSED, NULL, TOO_LONG_TEXT, long_text, 1000000},
    {"a clTRID of 1,000,000", REFUSED, NULL, TOO_LONG_TEXT, long_cltrid, 1000000},
    {"depth 100,000", REFUSED, NULL, TOO_DEEP, deep, 100000},
    {"300,000 open tags", REFUSED, NULL, TOO_DEEP, deep_open, 300000},
    {"100,000 attributes", REFUSED, NULL, TOO_MANY_ATTRIBUTES, attributes, 100000},
    {"40,000 namespaces", REFUSED, NULL, TOO_MANY_ATTRIBUTES, namespaces, 40000},
    {"7,000 elements", READ, NULL, NULL, many_elements, 7000}, /* XML_MAX_ELEMENTS */
    {"100,000 elements", REFUSED, NULL, "over a limit", many_elements, 100000},
    {"a name of 1,000,000", REFUSED, NULL, "a name is too long", long_name, 1000000},
    {"an attribute of 1,000,000", REFUSED, NULL, "the value of an attribute is too long", long_value,
     1000000},
    {"a comment of 900,000", READ, NULL, NULL, comment, 900000},
    {"an instruction of 900,000", READ, NULL, NULL, instruction, 900000},
    {"a CDATA section of 900,000", REFUSED, NULL, TOO_LONG_TEXT, cdata, 450000},
    {"100,000 references", READ, NULL, NULL, references, 100000},
    {"white space of 900,000 behind", READ, NULL, NULL, space_behind, 300000},
    {"3,000 results", READ, NULL, NULL, many_results, 3000}, /* two elements each */
    {"10,000 results", REFUSED, NULL, "over a limit", many_results, 10000},
};

/* It is a response, if to another command: no greeting. */
static bool is_whole_answer(const struct document *d)
{
	return d->reading != REFUSED || (d->why && strncmp(d->why, "an answer with", 14) == 0);
}

/* ---- their bytes ---- */

static void compose(struct buf *doc, const struct document *d)
{
	buf_clear(doc);
	if (d->make)
		d->make(doc, d->n);
	else
		buf_add(doc, str_c(d->xml));
	assert_true(buf_ok(doc));
}

/* Its own length, over what stands at its beginning. */
static inline void close_frame(struct buf *out, size_t begin)
{
	size_t len = buf_len(out) - begin;
	for (size_t i = 0; i < 4; i++)
		buf_data(out)[begin + i] = (char)(len >> (24 - 8 * i));
}

/* The document with the clTRID in its place, framed. UTF-16 is left as it is but for the id's bytes. */
static void put_frame(struct buf *frame, struct str doc, const char *cltrid)
{
	buf_clear(frame);
	buf_append(frame, "\0\0\0\0", 4);
	bool is_wide = doc.len > 3 &&
	               (doc.ptr[1] == '\0' || doc.ptr[0] == '\0' || doc.ptr[2] == '\0' || doc.ptr[3] == '\0');
	bool big = is_wide && (doc.ptr[0] == '\0' || (unsigned char)doc.ptr[0] == 0xfe);
	for (size_t i = 0; i < doc.len; i++) {
		if (doc.ptr[i] != CLTRID[0] || (is_wide && !big && doc.ptr[i + 1] != '\0')) {
			buf_byte(frame, doc.ptr[i]);
			continue;
		}
		for (const char *c = cltrid; *c; c++) {
			if (is_wide && c != cltrid && big)
				buf_byte(frame, '\0');
			buf_byte(frame, *c);
			if (is_wide && !big && c[1])
				buf_byte(frame, '\0');
		}
	}
	close_frame(frame, 0);
}

#endif
