/* The frame printer: readable, never failing, and no planted secret survives it. */
#include "epp/redact.h"

#include "epp/base/rng.h"
#include "epp/command.h"
#include "epp/dialect.h"
#include "epp/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#define EPP_NS  "urn:ietf:params:xml:ns:epp-1.0"
#define DOMAIN  "xmlns:domain='urn:ietf:params:xml:ns:domain-1.0'"
#define CONTACT "xmlns:contact='urn:ietf:params:xml:ns:contact-1.0'"

static struct buf out;

static const char *print(struct str frame)
{
	buf_clear(&out);
	assert_int_equal(epp_redact_print(frame, &out), OK);
	return buf_cstr(&out);
}

static void shows(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in\n%s", part, text);
}

static void hides(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in\n%s", part, text);
}

static void frame_is_an_outline(void **state)
{
	(void)state;
	assert_string_equal(
	    print(
	        STR("<?xml version='1.0'?><epp xmlns='" EPP_NS "'><command><create><d:create "
	            "xmlns:d='urn:ietf:params:xml:ns:domain-1.0'><d:name>a.vn</d:name><d:period unit='y'>2"
	            "</d:period><d:authInfo><d:pw>hunter2</d:pw></d:authInfo></d:create></create><extension>"
	            "<x:create xmlns:x='urn:x'><x:kind>citizen</x:kind></x:create></extension>"
	            "<clTRID>VN-1</clTRID></command></epp>")),
	    "epp\n"
	    "  command\n"
	    "    create\n"
	    "      domain:create\n"
	    "        domain:name: a.vn\n"
	    "        domain:period unit=\"y\": 2\n"
	    "        domain:authInfo: [removed]\n"
	    "    extension\n"
	    "      x:create {urn:x}\n"
	    "        x:kind: [hidden]\n"
	    "    clTRID: VN-1\n");
}

static void mixed_text_is_shown_in_order(void **state)
{
	(void)state;
	assert_string_equal(print(STR("<a>one <b>two</b> three<c/>\n\n four  five </a>")),
	                    "a: one\n  b: two\n  | three\n  c\n  | four five\n");
}

static void passwords_are_never_shown(void **state)
{
	static const char *const frames[] = {
	    "<login><pw>hunter2</pw></login>",
	    "<login><newPW>hunter2</newPW></login>",
	    "<x:login xmlns:x='urn:x'><x:PW>hunter2</x:PW></x:login>",
	    "<l:loginSec xmlns:l='urn:ietf:params:xml:ns:epp:loginSec-1.0'><l:pw>hunter2</l:pw></l:loginSec>",
	    "<authInfo><ext><deep a='hunter2'>x hunter2<more>hunter2</more></deep></ext></authInfo>",
	    "<authInfo x='hunter2'/>",
	    "<undeclared:authInfo><undeclared:pw>hunter2</undeclared:pw></undeclared:authInfo>",
	    "<a:b:pw>hunter2</a:b:pw>",
	    "<a pw='hunter2' newPW='hunter2'/>",
	    "<pw><![CDATA[hunter2]]></pw>",
	    "<pw>&#104;unter2</pw>",
	    "<a><!-- hunter2 --><?pi hunter2?></a>",
	    "<pw>hunter2",
	    "<pw>hunter2</wp><b>hunter2</b>",
	    "<pw hunter2",
	    "<pw>hunter2<",
	    "<pw>hunter2&hunter2;</pw>",
	    "<a><pw>x</pw></b>hunter2",
	    "hunter2",
	    "<!DOCTYPE a [<!ENTITY b 'hunter2'>]><a>&b;hunter2</a>",
	    "<a/>hunter2",
	    "<pass-word>hunter2</pass-word>",
	    "<msg>&lt;pw>hunter2&lt;/pw></msg>",
	    "<msg><![CDATA[<pw>hunter2</pw>]]></msg>",
	    "<msg a='&lt;pw>hunter2&lt;/pw>'/>",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		hides(print(str_c(frames[i])), "unter2");
}

#define COMMAND(ext) "<epp xmlns='" EPP_NS "'><command><extension>" ext "</extension></command></epp>"
#define ANSWER(code, ext)                                                          \
	"<epp xmlns='" EPP_NS "'><response><result code='" code "'/><resData>" ext \
	"</resData></response></epp>"
#define OWN "<x:a xmlns:x='urn:x' n='Lan Hoa'>Lan Hoa<x:b>Lan Hoa</x:b><c>Lan Hoa</c></x:a>"

/* A registry's own elements: nobody here knows which of them tell of a person. */
static void what_stands_in_a_registrys_own_elements_is_hidden(void **state)
{
	static const char *const frames[] = {
	    COMMAND(OWN),
	    ANSWER("1000", OWN),
	    OWN,
	    COMMAND("<x:a>Lan Hoa<b>Lan Hoa</b></x:a>"),
	    COMMAND("<a xmlns='urn:x'>Lan Hoa</a>"),
	    COMMAND("<a xmlns='urn:x'><b xmlns=''>Lan Hoa</b></a>"),
	    COMMAND("<a xmlns='urn:ietf:params:xml:ns:contact-1.1'>Lan Hoa</a>"),
	    ANSWER("1301", "") OWN,
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		hides(print(str_c(frames[i])), "Lan");
	assert_string_equal(print(STR(COMMAND(OWN))), "epp\n  command\n    extension\n"
	                                              "      x:a {urn:x} n=\"[hidden]\": [hidden]\n"
	                                              "        x:b: [hidden]\n"
	                                              "        c: [hidden]\n");
	/* A poll message is for people. */
	shows(print(STR(ANSWER("1301", OWN))), "x:a {urn:x} n=\"Lan Hoa\": Lan Hoa");
	/* What a registry's element holds of the standard's own is judged as such. */
	shows(print(STR(COMMAND(
	          "<x:a xmlns:x='urn:x'><d:name xmlns:d='urn:ietf:params:xml:ns:domain-1.0'>a.vn</d:name>"
	          "</x:a>"))),
	      "domain:name: a.vn");
}

static void a_mapping_says_what_is_open_and_where_it_comes_from(void **state)
{
	static const struct epp_dialect_known known[] = {
	    {.uri = {"urn:x", 5}, .element = {"a", 1}, .attr = {"n", 1}, .note = {"domain", 6}, .open = true},
	    {.uri = {"urn:x", 5}, .element = {"b", 1}, .note = {"applicant.name", 14}},
	    {.uri = {"urn:y", 5}, .element = {"a", 1}, .note = {"never", 5}, .open = true},
	};
	const struct epp_redact_opts opts = {.known = known, .known_count = ARRAY_LEN(known), .notes = true};
	(void)state;
	buf_clear(&out);
	assert_int_equal(epp_redact_print_opts(STR(COMMAND(OWN)), &opts, &out), OK);
	assert_string_equal(buf_cstr(&out), "epp\n  command\n    extension\n"
	                                    "      x:a {urn:x} n=\"Lan Hoa\": [hidden]  (n: domain)\n"
	                                    "        x:b: [hidden]  (applicant.name)\n"
	                                    "        c: [hidden]\n");
}

static void identity_numbers_are_never_shown(void **state)
{
	static const char *const frames[] = {
	    "<contact:id " CONTACT ">068204001234</contact:id>",
	    "<contact:street " CONTACT ">CCCD 068204001234, nhà 5</contact:street>",
	    "<contact:name " CONTACT ">x068204001234x</contact:name>",
	    "<contact:voice " CONTACT ">068204001234</contact:voice>",
	    "<domain:registrant " DOMAIN ">068204001234</domain:registrant>",
	    "<x:a xmlns:x='urn:x' b='068204001234'>068204001234</x:a>",
	    "<x:a xmlns:x='urn:068204001234'/>",
	    "<a068204001234/>",
	    "<msg xmlns='" EPP_NS "'>the number 068204001234 is taken</msg>",
	    "<a>068204<!-- -->001234</a>",
	    "<a>068204<![CDATA[001234]]></a>",
	    "<a>&#48;68204001234</a>",
	    "<a>068204001234",
	    "<a>068204001234<b",
	    "<idNumber>068204001234 and 5</idNumber>",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		hides(print(str_c(frames[i])), "068204001234");
	hides(print(STR("<a>068 204 001 234</a>")), "001 234");
	hides(print(STR("<a>068.204.001-234</a>")), "204");
	hides(print(STR("<a>123456789</a>")), "123456789");
	hides(print(STR("<a>12345678 123456789</a>")), "123456789");
	hides(print(STR("<id-no>7</id-no>")), "7");
	shows(print(STR("<a>number: 123456789, 12345678</a>")), "number: [number removed], 12345678");
}

static void useful_numbers_are_shown(void **state)
{
	(void)state;
	shows(print(STR("<clTRID xmlns='" EPP_NS "'>123456789</clTRID>")), "clTRID: 123456789");
	shows(print(STR("<domain:name " DOMAIN ">123456789.vn</domain:name>")), "123456789.vn");
	shows(print(STR("<contact:voice " CONTACT ">+84.912345678</contact:voice>")), "+84.912345678");
	shows(print(STR("<a>2026-11-20T02:12:03.0Z</a>")), "2026-11-20T02:12:03.0Z");
	shows(print(STR("<a>0101234567</a>")), "0101234567");
	shows(print(STR("<result xmlns='" EPP_NS "' code='2302'/>")), "result code=\"2302\"");
}

static void names_can_be_added(void **state)
{
	struct str names[] = {STR("birthDate"), STR("serial")};
	struct epp_redact_opts opts = {.names = names, .name_count = 2};
	(void)state;
	buf_clear(&out);
	assert_int_equal(epp_redact_print_opts(STR("<a><birthdate>2004</birthdate><b serial='77'>ok</b></a>"),
	                                       &opts, &out),
	                 OK);
	hides(buf_cstr(&out), "2004");
	hides(buf_cstr(&out), "77");
	shows(buf_cstr(&out), "ok");
}

static void broken_frames_say_where(void **state)
{
	(void)state;
	const char *text = print(STR("<a>\n<b>shown</b>\n<c></d>not shown"));
	shows(text, "a\n  b: shown\n  c\n-- broken here, the rest is not shown: line 3: an end tag");
	hides(text, "not shown<");
	shows(print(STR("")), "-- broken here");
	shows(print(STR("not xml at all")), "-- broken here");
	shows(print(STR("<a><b>ok</b><c>\xff\xfe</c></a>")),
	      "-- 2 bytes that are not UTF-8 are shown as '?'\na\n  b: ok\n  c: ??\n");
	shows(print(STR("<a>ti\xe1\xba")), "a\n");
	shows(print(str_make("<a>x\0y</a>", 10)), "a: x?y");
	shows(print(STR("\xff\xfe<\0a\0/\0>")), "-- broken here");
}

static void headers_are_understood(void **state)
{
	(void)state;
	shows(print(str_make("\0\0\0\x08<a/>", 8)), "-- frame of 8 bytes\na\n");
	shows(print(str_make("\0\0\0\x09<a/>", 8)), "-- frame of 9 bytes, only 8 are there\na\n");
	shows(print(str_make("\0\0\0\x08<a/>\0\0\0\x08<b/>", 16)),
	      "-- frame of 8 bytes\na\n-- frame of 8 bytes\nb\n");
	shows(print(str_make("\0\0\0\x02<a/>", 8)), "header that says 2 bytes");
	shows(print(str_make("\0\0\0\x08<a/>junk", 12)), "-- 4 bytes that are no frame");
	shows(print(str_make("\0\0", 2)), "--");
	shows(print(str_make("\0<\0a\0/\0>", 8)), "a\n");
	shows(print(str_make("\xff\xfe<\0a\0/\0>\0", 10)), "a\n");
}

static void terminals_are_not_steered(void **state)
{
	(void)state;
	shows(print(STR("<a>x&#x9b;31m\xe2\x80\xae\x7f</a>")), "x\\xc2\\x9b31m\\xe2\\x80\\xae\\x7f");
	shows(print(STR("<a b='&#10;x'/>")), "a b=\" x\"");
}

static void full_buffer_is_told(void **state)
{
	struct buf small;
	(void)state;
	buf_init(&small, 10);
	assert_int_equal(epp_redact_print(STR("<a><b>long enough text</b></a>"), &small), ERR_FULL);
	buf_fini(&small);
}

static void messages_lose_their_numbers(void **state)
{
	(void)state;
	buf_clear(&out);
	epp_redact_text(STR("  ID 068204001234\nis taken "), &out);
	assert_string_equal(buf_cstr(&out), "ID [number removed] is taken");
}

/* ---- planted secrets in damaged frames ---- */

#define SECRET "Tr0ub4dor"
#define NUMBER "068204001234"

static void put_login(struct buf *b)
{
	struct str obj = STR("urn:ietf:params:xml:ns:domain-1.0");
	struct epp_cmd cmd = {.cltrid = STR("VN-1-2s-f3-l")};
	struct epp_login l = {.cl_id = STR("ClientX"),
	                      .pw = STR(SECRET),
	                      .new_pw = STR(SECRET "x"),
	                      .obj_uris = &obj,
	                      .obj_count = 1,
	                      .login_sec = true};
	assert_int_equal(epp_build_login(b, &cmd, &l, NULL), OK);
	l.login_sec = false;
	assert_int_equal(epp_build_login(b, &cmd, &l, NULL), OK);
}

static void put_contact(struct buf *b)
{
	struct epp_ext_attr attr = {STR("idNumber"), STR(NUMBER)};
	struct epp_ext_element kid = {
	    .name = STR("number"), .text = STR(NUMBER), .attrs = &attr, .attr_count = 1};
	struct epp_ext_element ext = {
	    .uri = STR("urn:x"), .prefix = STR("x"), .name = STR("a"), .children = &kid, .child_count = 1};
	struct epp_cmd cmd = {.cltrid = STR("VN-1-2s-f3-c"), .ext = &ext, .ext_count = 1};
	struct epp_postal p = {
	    .type = STR("loc"), .name = STR("A " NUMBER), .city = STR("B"), .cc = STR("VN")};
	struct epp_contact_create c = {.id = STR(NUMBER),
	                               .postal = &p,
	                               .postal_count = 1,
	                               .email = STR(NUMBER "@a.vn"),
	                               .auth_info = STR(SECRET)};
	assert_int_equal(epp_build_contact_create(b, &cmd, &c, NULL), OK);
}

/* Damage that leaves the secret's own tags alone may move it, but must not show it. */
static void damage(struct rng *rng, struct buf *b)
{
	static const char *const pieces[] = {"<",   ">",    "&", "\"", "</pw>", "<!--", "-->", "<![CDATA[",
	                                     "]]>", "\xff", "'", "<?", "/>",    " ",    "<x>"};
	struct buf copy;
	buf_init(&copy, 100000);
	struct str s = buf_str(b);
	size_t at = (size_t)rng_below(rng, s.len + 1);
	buf_append(&copy, s.ptr, at);
	if (rng_below(rng, 3))
		buf_add(&copy, str_c(pieces[rng_below(rng, ARRAY_LEN(pieces))]));
	else
		at = s.len; /* cut off */
	buf_append(&copy, s.ptr + at, s.len - at);
	buf_clear(b);
	buf_add(b, buf_str(&copy));
	buf_fini(&copy);
}

static void planted_secrets_never_survive(void **state)
{
	struct rng rng;
	struct buf b;
	(void)state;
	rng_init_seed(&rng, 5);
	buf_init(&b, 100000);
	for (int i = 0; i < 10000; i++) {
		buf_clear(&b);
		put_login(&b);
		put_contact(&b);
		for (uint64_t n = rng_below(&rng, 5); n > 0; n--)
			damage(&rng, &b);
		const char *text = print(buf_str(&b));
		hides(text, SECRET);
		hides(text, NUMBER);
	}
	buf_fini(&b);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
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
	    cmocka_unit_test(frame_is_an_outline),
	    cmocka_unit_test(mixed_text_is_shown_in_order),
	    cmocka_unit_test(passwords_are_never_shown),
	    cmocka_unit_test(what_stands_in_a_registrys_own_elements_is_hidden),
	    cmocka_unit_test(a_mapping_says_what_is_open_and_where_it_comes_from),
	    cmocka_unit_test(identity_numbers_are_never_shown),
	    cmocka_unit_test(useful_numbers_are_shown),
	    cmocka_unit_test(names_can_be_added),
	    cmocka_unit_test(broken_frames_say_where),
	    cmocka_unit_test(headers_are_understood),
	    cmocka_unit_test(terminals_are_not_steered),
	    cmocka_unit_test(full_buffer_is_told),
	    cmocka_unit_test(messages_lose_their_numbers),
	    cmocka_unit_test(planted_secrets_never_survive),
	};
	return cmocka_run_group_tests_name("epp/redact", tests, setup, teardown);
}
