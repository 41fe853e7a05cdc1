/*
 * A registry that sends whatever it likes, byte by byte: for each document as a greeting, as the answer to the log-in
 * and as the answer to a command, the session is in the state that it should be, the command in flight is told the
 * truth, one line in the log says why, and memory does not grow.
 *
 * What can be read as EPP is taken; everything else ends the session, and a command in flight is of unknown outcome.
 */
#include "tests/unit/daemon/session_owner.h"

#include <malloc.h>

#define CLTRID     "@" /* stands for the clTRID that is waited for */
#define MIB        (1u << 20)
#define MEMORY_MAX (2u * MIB) /* that one answer may cost, beyond its own bytes */

/* ---- documents ------------------------------------------------------------------------------------------------------------ */

#define RESPONSE(inner) PLAY_EPP("<response>" inner "</response>")
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
	const char *xml; /* or: */
	void (*make)(struct buf *out, size_t n);
	size_t n;
};

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

static void cut_at(struct buf *out, size_t n)
{
	buf_add(out, str_make(GOOD, n));
}

static void bytes_of(struct buf *out, size_t n)
{
	uint64_t x = n * 0x9e3779b97f4a7c15ull + 1;
	for (size_t i = 0; i < 600; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		buf_byte(out, (char)x);
	}
}

/* One byte of a good answer is another. */
static void damaged(struct buf *out, size_t n)
{
	buf_lit(out, GOOD);
	buf_data(out)[n] ^= 0x15;
}

static const struct document documents[] = {
    {"a good answer", READ, GOOD, NULL, 0},
    {"a byte order mark", READ, "\xef\xbb\xbf" GOOD, NULL, 0},
    {"a declaration", READ, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n" GOOD, NULL, 0},
    {"a declaration in single quotes", READ, "<?xml version='1.0'?>" GOOD, NULL, 0},
    {"a prefix", READ,
     "<e:epp xmlns:e=\"urn:ietf:params:xml:ns:epp-1.0\"><e:response><e:result code=\"1000\"><e:msg>x</e:msg>"
     "</e:result><e:trID><e:clTRID>" CLTRID "</e:clTRID><e:svTRID>s</e:svTRID></e:trID></e:response></e:epp>",
     NULL, 0},
    {"a language", READ, RESPONSE("<result code=\"1000\"><msg lang=\"vi\">Xong</msg></result>" TRID), NULL,
     0},
    {"an empty message", READ, RESPONSE("<result code=\"1000\"><msg/></result>" TRID), NULL, 0},
    {"no message", READ, RESPONSE("<result code=\"1000\"/>" TRID), NULL, 0},
    {"no svTRID", READ, RESPONSE(RESULT("1000") "<trID><clTRID>" CLTRID "</clTRID></trID>"), NULL, 0},
    {"line breaks everywhere", READ,
     "\n<epp\nxmlns=\"urn:ietf:params:xml:ns:epp-1.0\"\n>\n<response\n>\n" RESULT("1000") "\n" TRID
                                                                                          "\n</response\n>\n"
                                                                                          "</epp\n>\n",
     NULL, 0},
    {"comments inside", READ, RESPONSE("<!-- a -->" RESULT("1000") "<!-- b -->" TRID "<!---->"), NULL, 0},
    {"an unknown extension", READ,
     RESPONSE(RESULT("1000") "<extension><a xmlns=\"urn:vn:what\"><b c=\"d\">e</b></a></extension>" TRID),
     NULL, 0},
    {"unknown data", READ, RESPONSE(RESULT("1000") "<resData><a xmlns=\"urn:vn:what\"/></resData>" TRID),
     NULL, 0},
    {"an extension in no namespace", READ,
     RESPONSE(RESULT("1000") "<extension><a xmlns=\"\"/></extension>" TRID), NULL, 0},
    {"a DOCTYPE in a comment", READ, RESPONSE("<!-- <!DOCTYPE x> -->" RESULT("1000") TRID), NULL, 0},
    {"a DOCTYPE in a CDATA section", READ,
     RESPONSE("<result code=\"1000\"><msg><![CDATA[<!DOCTYPE x>]]></msg></result>" TRID), NULL, 0},
    {"references", READ, RESPONSE("<result code=\"1000\"><msg>&lt;&amp;&#x110;&gt;</msg></result>" TRID),
     NULL, 0},
    {"white space before", READ, NULL, white_space, 1},
    {"white space behind", READ, NULL, space_behind, 100},
    {"UTF-16, little, mark", READ, NULL, wide, 2},
    {"UTF-16, big, mark", READ, NULL, wide, 3},
    {"a long comment", READ, NULL, comment, 1000},
    {"three results", NOT_IN, NULL, many_results, 3},
    {"an extension 50 deep", READ, NULL, deep_inside, 50},

    {"nothing at all", REFUSED, " ", NULL, 0},
    {"another document", REFUSED, "<html><body>502 Bad Gateway</body></html>", NULL, 0},
    {"JSON", REFUSED, "{\"code\":1000}", NULL, 0},
    {"HTTP", REFUSED, "HTTP/1.1 503 Service Unavailable\r\n\r\n", NULL, 0},
    {"no namespace", REFUSED, "<epp><response>" RESULT("1000") TRID "</response></epp>", NULL, 0},
    {"a wrong namespace", REFUSED,
     "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.1\"><response>" RESULT("1000") TRID "</response></epp>", NULL,
     0},
    {"an empty epp", REFUSED, PLAY_EPP(""), NULL, 0},
    {"a command", REFUSED, PLAY_EPP("<command><logout/></command>"), NULL, 0},
    {"a hello", REFUSED, PLAY_EPP("<hello/>"), NULL, 0},
    {"no result", REFUSED, RESPONSE(TRID), NULL, 0},
    {"no code", REFUSED, RESPONSE("<result><msg>x</msg></result>" TRID), NULL, 0},
    {"an empty code", REFUSED, RESPONSE(RESULT("") TRID), NULL, 0},
    {"a code of letters", REFUSED, RESPONSE(RESULT("OK") TRID), NULL, 0},
    {"a code of 3 digits", REFUSED, RESPONSE(RESULT("200") TRID), NULL, 0},
    {"a code of 5 digits", REFUSED, RESPONSE(RESULT("10000") TRID), NULL, 0},
    {"a negative code", REFUSED, RESPONSE(RESULT("-1000") TRID), NULL, 0},
    {"a code of no class", NOT_IN, RESPONSE(RESULT("9999") TRID), NULL, 0},
    {"a code of 2^32 + 1000", REFUSED, RESPONSE(RESULT("4294968296") TRID), NULL, 0},
    {"the code in the text", REFUSED, RESPONSE("<result>1000</result>" TRID), NULL, 0},
    {"a response in a response", REFUSED, RESPONSE("<response>" RESULT("1000") TRID "</response>"), NULL, 0},
    {"two responses in one epp", REFUSED,
     PLAY_EPP("<response>" RESULT("1000") TRID "</response><response>" RESULT("1000") TRID "</response>"),
     NULL, 0},
    {"two documents in one frame", REFUSED, GOOD GOOD, NULL, 0},
    {"the clTRID twice", READ,
     RESPONSE(RESULT("1000") "<trID><clTRID>" CLTRID "</clTRID><clTRID>" CLTRID
                             "</clTRID><svTRID>s</svTRID></trID>"),
     NULL, 0},
    {"text behind", REFUSED, GOOD "text", NULL, 0},
    {"an open tag", REFUSED, PLAY_EPP("<response>" RESULT("1000") TRID), NULL, 0},
    {"crossed tags", REFUSED, RESPONSE("<result code=\"1000\"><msg></result></msg>" TRID), NULL, 0},
    {"an attribute twice", REFUSED, RESPONSE("<result code=\"1000\" code=\"1000\"/>" TRID), NULL, 0},
    {"an unbound prefix", REFUSED, RESPONSE("<x:result code=\"1000\"/>" TRID), NULL, 0},
    {"a bare ampersand", REFUSED, RESPONSE("<result code=\"1000\"><msg>a & b</msg></result>" TRID), NULL, 0},
    {"an unknown entity", REFUSED, RESPONSE("<result code=\"1000\"><msg>&nbsp;</msg></result>" TRID), NULL,
     0},
    {"a reference to NUL", REFUSED, RESPONSE("<result code=\"1000\"><msg>&#0;</msg></result>" TRID), NULL, 0},
    {"a reference to a surrogate", REFUSED,
     RESPONSE("<result code=\"1000\"><msg>&#xD800;</msg></result>" TRID), NULL, 0},
    {"bad UTF-8", REFUSED, RESPONSE("<result code=\"1000\"><msg>\xc3\x28</msg></result>" TRID), NULL, 0},
    {"overlong UTF-8", REFUSED, RESPONSE("<result code=\"1000\"><msg>\xc0\xaf</msg></result>" TRID), NULL, 0},
    {"a control byte", REFUSED, RESPONSE("<result code=\"1000\"><msg>\x01</msg></result>" TRID), NULL, 0},
    {"an unknown encoding", REFUSED, "<?xml version=\"1.0\" encoding=\"x-klingon\"?>" GOOD, NULL, 0},
    {"an encoding that it is not", READ, "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" GOOD, NULL, 0},
    {"a declaration twice", READ, "<?xml version=\"1.0\"?><?xml version=\"1.0\"?>" GOOD, NULL, 0},
    {"a DOCTYPE", REFUSED, "<!DOCTYPE epp>" GOOD, NULL, 0},
    {"an external DTD", REFUSED, "<!DOCTYPE epp SYSTEM \"http://192.0.2.1/x.dtd\">" GOOD, NULL, 0},
    {"an external entity", REFUSED, "<!DOCTYPE epp [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" GOOD, NULL,
     0},
    {"a parameter entity", REFUSED, "<!DOCTYPE epp [<!ENTITY % x SYSTEM \"http://192.0.2.1/\"> %x;]>" GOOD,
     NULL, 0},
    {"a DOCTYPE behind white space", REFUSED, "<?xml version=\"1.0\"?>\n \n<!DOCTYPE epp>" GOOD, NULL, 0},
    {"a billion laughs", REFUSED, NULL, laughs, 40},
    {"UTF-16, little, no mark", READ, NULL, wide, 0},
    {"UTF-16, big, no mark", READ, NULL, wide, 1},
    {"UTF-16, half a letter", REFUSED, NULL, wide_cut, 0},
    {"NUL before", REFUSED, NULL, nul_inside, 0},
    {"NUL inside", REFUSED, NULL, nul_inside, 60},
    {"NUL behind", REFUSED, NULL, nul_inside, sizeof(GOOD) - 1},
    {"depth 100", REFUSED, NULL, deep, 100},
    {"depth 8,000", REFUSED, NULL, deep, 8000},
    {"8,000 open tags", REFUSED, NULL, deep_open, 8000},
    {"an extension 100 deep", REFUSED, NULL, deep_inside, 100},
    {"1,000 attributes", REFUSED, NULL, attributes, 1000},
    {"6,000 attributes", REFUSED, NULL, attributes, 6000},
    {"3,000 namespaces", REFUSED, NULL, namespaces, 3000},
    {"a name of 60,000", REFUSED, NULL, long_name, 60000},
    {"an attribute of 60,000", REFUSED, NULL, long_value, 60000},
    {"a clTRID of 60,000", REFUSED, NULL, long_cltrid, 60000},
};

/* Above the greeting's 64 KiB: only as answers. */
static const struct document large[] = {
    {"a message of 200,000", READ, NULL, long_text, 200000},
    {"a message of 1,000,000", REFUSED, NULL, long_text, 1000000},
    {"a clTRID of 1,000,000", REFUSED, NULL, long_cltrid, 1000000},
    {"depth 100,000", REFUSED, NULL, deep, 100000},
    {"300,000 open tags", REFUSED, NULL, deep_open, 300000},
    {"100,000 attributes", REFUSED, NULL, attributes, 100000},
    {"40,000 namespaces", REFUSED, NULL, namespaces, 40000},
    {"7,000 elements", READ, NULL, many_elements, 7000}, /* XML_MAX_ELEMENTS */
    {"100,000 elements", REFUSED, NULL, many_elements, 100000},
    {"a name of 1,000,000", REFUSED, NULL, long_name, 1000000},
    {"an attribute of 1,000,000", REFUSED, NULL, long_value, 1000000},
    {"a comment of 900,000", READ, NULL, comment, 900000},
    {"an instruction of 900,000", READ, NULL, instruction, 900000},
    {"a CDATA section of 900,000", REFUSED, NULL, cdata, 450000},
    {"100,000 references", READ, NULL, references, 100000},
    {"white space of 900,000 behind", READ, NULL, space_behind, 300000},
    {"3,000 results", READ, NULL, many_results, 3000}, /* two elements each */
    {"10,000 results", REFUSED, NULL, many_results, 10000},
};

/* ---- stages ----------------------------------------------------------------------------------------------------------------- */

enum stage { AS_GREETING, AS_LOGIN_ANSWER, AS_ANSWER };
static const char *const stage_names[] = {"greeting", "log-in", "answer"};

struct scene {
	struct play w;
	struct owner o;
	struct cmd m;
	struct buf doc, frame;
	enum stage stage;
};

static struct scene *scene; /* for the peer's callback */

static void compose(struct buf *doc, const struct document *d)
{
	buf_clear(doc);
	if (d->make)
		d->make(doc, d->n);
	else
		buf_add(doc, str_c(d->xml));
	assert_true(buf_ok(doc));
}

/* The document with the clTRID in its place, framed. UTF-16 is left as it is but for the id's bytes. */
static void put_frame(struct scene *s, const char *cltrid)
{
	struct str doc = buf_str(&s->doc);
	buf_clear(&s->frame);
	buf_append(&s->frame, "\0\0\0\0", 4);
	bool is_wide = doc.len > 3 &&
	               (doc.ptr[1] == '\0' || doc.ptr[0] == '\0' || doc.ptr[2] == '\0' || doc.ptr[3] == '\0');
	bool big = is_wide && (doc.ptr[0] == '\0' || (unsigned char)doc.ptr[0] == 0xfe);
	for (size_t i = 0; i < doc.len; i++) {
		if (doc.ptr[i] != CLTRID[0] || (is_wide && !big && doc.ptr[i + 1] != '\0')) {
			buf_byte(&s->frame, doc.ptr[i]);
			continue;
		}
		for (const char *c = cltrid; *c; c++) {
			if (is_wide && c != cltrid && big)
				buf_byte(&s->frame, '\0');
			buf_byte(&s->frame, *c);
			if (is_wide && !big && c[1])
				buf_byte(&s->frame, '\0');
		}
	}
	size_t len = buf_len(&s->frame);
	for (int i = 0; i < 4; i++)
		buf_data(&s->frame)[i] = (char)(len >> (24 - 8 * i));
}

static bool hostile_command(struct play *w, struct peer *p, const char *xml)
{
	struct scene *s = scene;
	char id[EPP_TRID_MAX + 1];
	bool login = strstr(xml, "<login>") != NULL;
	(void)w;
	if (s->stage != (login ? AS_LOGIN_ANSWER : AS_ANSWER) || strstr(xml, "<logout"))
		return false;
	assert_int_equal(sscanf(strstr(xml, "<clTRID>"), "<clTRID>%64[^<]", id), 1);
	put_frame(s, id);
	peer_raw(p, buf_data(&s->frame), buf_len(&s->frame));
	return true;
}

static void scene_open(struct scene *s, enum stage stage)
{
	scene = s;
	s->stage = stage;
	play_open(&s->w);
	s->w.on_command = hostile_command;
	play_listen(&s->w, 700, true);
	log_capture_expect(&s->w.log, "session.closed");
	struct session_config c = play_session_config(&s->w);
	if (stage == AS_GREETING) {
		put_frame(s, "x");
		s->w.manners.raw = buf_str(&s->frame);
	}
	owner_open(&s->o, &s->w, &c);
	if (stage != AS_ANSWER)
		return;
	assert_true(owner_wait(&s->o, is_ready, HOUR_MS));
	cmd_init(&s->m, &s->w, 1);
	owner_send(&s->o, &s->m);
}

static void scene_close(struct scene *s)
{
	if (s->o.s)
		PLAY_CALL(&s->w, session_abort(s->o.s, SESSION_END_CLEAN, "end of the test"));
	assert_true(owner_wait(&s->o, is_closed, HOUR_MS));
	play_close(&s->w);
}

static size_t memory(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

static void judge(struct scene *s, const struct document *d)
{
	char what[128];
	bool ends = d->reading == REFUSED || s->stage == AS_GREETING ||
	            (d->reading == NOT_IN && s->stage == AS_LOGIN_ANSWER);
	snprintf(what, sizeof what, "%s as %s", d->what, stage_names[s->stage]);
	if (s->o.closed != ends)
		fail_msg("%s: %s%s", what, ends ? "it goes on" : "it has ended: ", s->o.text);
	if (ends && (s->o.why == SESSION_END_CLEAN || s->o.text[0] == '\0'))
		fail_msg("%s: it ended as %s: %s", what, session_end_name(s->o.why), s->o.text);
	if (log_capture_count(&s->w.log, "session.closed") != ends)
		fail_msg("%s: %zu lines tell of the end", what,
		         log_capture_count(&s->w.log, "session.closed"));
	if (s->stage == AS_LOGIN_ANSWER && s->o.ready == ends)
		fail_msg("%s: ready %u", what, s->o.ready);
	if (s->stage != AS_ANSWER)
		return;
	if (s->m.done != 1 || s->m.outcome != (ends ? SESSION_UNKNOWN : SESSION_ANSWERED))
		fail_msg("%s: the command was told %d", what, (int)s->m.outcome);
}

static void play_document(const struct document *d, enum stage stage)
{
	struct scene *s = xcalloc(1, sizeof *s);
	buf_init(&s->doc, 4u * MIB);
	buf_init(&s->frame, 4u * MIB);
	compose(&s->doc, d);
	scene_open(s, stage);
	size_t before = memory();
	vloop_run_for(&s->w.v, 1000);
	size_t after = memory(),
	       bytes = 8 * buf_len(&s->doc); /* in the peer's, the stream's and our own buffers */
	if (after > before + bytes + MEMORY_MAX)
		fail_msg("%s as %s: %zu bytes more", d->what, stage_names[stage], after - before);
	judge(s, d);
	scene_close(s);
	buf_fini(&s->doc);
	buf_fini(&s->frame);
	free(s);
}

/* ---- tests ------------------------------------------------------------------------------------------------------------------ */

static void every_document_as_a_greeting(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_GREETING);
}

static void every_document_as_an_answer_to_the_log_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_LOGIN_ANSWER);
}

static void every_document_as_an_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		play_document(&documents[i], AS_ANSWER);
	for (size_t i = 0; i < ARRAY_LEN(large); i++)
		play_document(&large[i], AS_ANSWER);
}

static void a_good_answer_cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(GOOD) - 1; n++)
		play_document(&(struct document){"cut", REFUSED, NULL, cut_at, n}, AS_ANSWER);
}

static void noise(void **state)
{
	(void)state;
	for (size_t n = 0; n < 100; n++)
		play_document(&(struct document){"noise", REFUSED, NULL, bytes_of, n}, (enum stage)(n % 3));
}

/* Whatever one wrong byte does: an answer is never taken for another one's, and never for more than it says. */
static void one_wrong_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++) {
		struct scene *s = xcalloc(1, sizeof *s);
		buf_init(&s->doc, MIB);
		buf_init(&s->frame, MIB);
		damaged(&s->doc, n);
		scene_open(s, AS_ANSWER);
		log_capture_expect(&s->w.log, "session.ready");
		vloop_run_for(&s->w.v, 1000);
		assert_int_equal(s->m.done, 1);
		if (s->m.outcome == SESSION_ANSWERED) {
			char *code = strstr(buf_cstr(&s->doc), "code=\"");
			assert_true(code && atoi(code + 6) == s->m.code);
		}
		scene_close(s);
		buf_fini(&s->doc);
		buf_fini(&s->frame);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_document_as_a_greeting),
	    cmocka_unit_test(every_document_as_an_answer_to_the_log_in),
	    cmocka_unit_test(every_document_as_an_answer),
	    cmocka_unit_test(a_good_answer_cut_anywhere),
	    cmocka_unit_test(noise),
	    cmocka_unit_test(one_wrong_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
