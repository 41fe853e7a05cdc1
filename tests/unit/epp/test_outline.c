/* What a frame is at a glance, whoever wrote it. */
#include "epp/outline.h"
#include "epp/base/buf.h"
#include "epp/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define EPP "urn:ietf:params:xml:ns:epp-1.0"
#define DOM "urn:ietf:params:xml:ns:domain-1.0"

static struct arena arena;
static struct epp_outline o;
static struct errmsg why;

static enum err read_text(const char *xml)
{
	arena_reset(&arena);
	return epp_outline_read(str_c(xml), &arena, &o, &why);
}

static void is(struct str got, const char *want)
{
	if (!str_eq_c(got, want))
		fail_msg("'%.*s' instead of '%s'", STR_ARG(got), want);
}

static void commands(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text(
	        "<epp xmlns='" EPP "'><command><create><d:create xmlns:d='" DOM
	        "'><d:name>ten.id.vn</d:name><d:authInfo><d:pw>secret</d:pw></d:authInfo></d:create>"
	        "</create><extension><x:y xmlns:x='urn:x'/></extension><clTRID>C-1</clTRID></command></epp>"),
	    OK);
	assert_int_equal(o.kind, EPP_OUTLINE_COMMAND);
	is(o.verb, "create");
	is(o.object, DOM);
	is(o.name, "ten.id.vn");
	is(o.cltrid, "C-1");
	assert_int_equal(o.extension_count, 1);
	is(o.extensions[0], "urn:x");
	assert_int_equal(read_text("<e:epp xmlns:e='" EPP
	                           "'><e:command><e:poll op='ack' msgID='7'/></e:command></e:epp>"),
	                 OK);
	is(o.verb, "poll");
	is(o.poll_op, "ack");
	is(o.poll_id, "7");
	assert_int_equal(read_text("<epp xmlns='" EPP
	                           "'><command><login><clID>us</clID><pw>secret</pw><svcs><objURI>" DOM
	                           "</objURI><svcExtension><extURI>urn:e</extURI></svcExtension></svcs></"
	                           "login></command></epp>"),
	                 OK);
	is(o.verb, "login");
	is(o.login, "us");
	is(o.objects[0], DOM);
	is(o.extensions[0], "urn:e");
	assert_int_equal(read_text("<epp xmlns='" EPP "'><hello/></epp>"), OK);
	assert_int_equal(o.kind, EPP_OUTLINE_HELLO);
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text(
	        "<epp xmlns='" EPP "'><response><result code='2302'><msg>Đã có 012345678901</msg></result>"
	        "<result code='x'><msg/></result><msgQ count='3' id='9'/><resData><d:creData xmlns:d='" DOM
	        "'><d:name>a.vn</d:name><d:crDate>1</d:crDate><d:exDate>2</d:exDate></d:creData></resData>"
	        "<trID><clTRID>C</clTRID><svTRID>S</svTRID></trID></response></epp>"),
	    OK);
	assert_int_equal(o.kind, EPP_OUTLINE_RESPONSE);
	assert_int_equal(o.result_count, 2);
	assert_int_equal(o.results[0].code, 2302);
	assert_null(memmem(o.results[0].message.ptr, o.results[0].message.len, "012345678901", 12));
	assert_int_equal(o.results[1].code, 0);
	is(o.verb, "creData");
	is(o.name, "a.vn");
	is(o.created, "1");
	is(o.expires, "2");
	is(o.msg_count, "3");
	is(o.cltrid, "C");
	is(o.svtrid, "S");
	assert_int_equal(
	    read_text(
	        "<epp xmlns='" EPP
	        "'><response><result code='1000'><msg/></result><resData><d:chkData xmlns:d='" DOM
	        "'><d:cd><d:name avail='1'>b.vn</d:name></d:cd></d:chkData></resData></response></epp>"),
	    OK);
	is(o.name, "b.vn");
}

/* Of an object that nobody here knows there is the namespace, and nothing of what stands in it. */
static void strangers(void **state)
{
	(void)state;
	assert_int_equal(read_text(
	                     "<epp xmlns='" EPP
	                     "'><command><info><p:info xmlns:p='urn:person'><p:name>Nguyễn Văn A</p:name>"
	                     "<p:id>012345678901</p:id></p:info></info></command></epp>"),
	                 OK);
	is(o.object, "urn:person");
	is(o.name, "");
	assert_int_equal(read_text("<html><body/></html>"), OK);
	assert_int_equal(o.kind, EPP_OUTLINE_OTHER);
	assert_int_equal(read_text("<epp xmlns='urn:other'><response/></epp>"), OK);
	assert_int_equal(o.kind, EPP_OUTLINE_OTHER);
}

static void broken_frames_are_read_as_far_as_they_go(void **state)
{
	(void)state;
	assert_int_equal(read_text("<epp xmlns='" EPP
	                           "'><response><result code='1000'><msg>ok</msg></result><resData><d:inf"),
	                 ERR_XML);
	assert_int_equal(o.results[0].code, 1000);
	assert_true(why.text[0] != '\0');
	assert_int_equal(read_text(""), ERR_XML);
	assert_int_equal(read_text("plain words"), ERR_XML);
}

/* Many results, many extensions, long names: kept within limits, counted or dropped, never written beyond. */
static void more_than_there_is_room_for(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1u << 20);
	buf_lit(&b, "<epp xmlns='" EPP "'><response>");
	for (int i = 0; i < 100; i++)
		buf_lit(&b, "<result code='1000'><msg>m</msg></result>");
	buf_lit(&b, "<extension>");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "<x:y xmlns:x='urn:%d'/>", i);
	buf_lit(&b, "</extension><trID><clTRID>");
	for (int i = 0; i < 9000; i++)
		buf_lit(&b, "c");
	buf_lit(&b, "</clTRID></trID></response></epp>");
	assert_int_equal(read_text(buf_cstr(&b)), OK);
	assert_int_equal(o.result_count, EPP_OUTLINE_RESULTS);
	assert_int_equal(o.extension_count, EPP_OUTLINE_URIS);
	assert_true(o.cltrid.len <= 4096);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(commands), cmocka_unit_test(answers),
	                                   cmocka_unit_test(strangers),
	                                   cmocka_unit_test(broken_frames_are_read_as_far_as_they_go),
	                                   cmocka_unit_test(more_than_there_is_room_for)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
