/* Responses: every kind of data from fixtures and small frames, hostile and odd ones, reuse without growth. */
#include "epp/response.h"

#include "epp/frame.h"
#include "epp/rescode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define EPP_NS         "urn:ietf:params:xml:ns:epp-1.0"
#define HEAD           "<epp xmlns='" EPP_NS "'><response>"
#define OK_HEAD        HEAD "<result code='1000'><msg>ok</msg></result>"
#define TAIL           "<trID><clTRID>ABC-1</clTRID><svTRID>SV-1</svTRID></trID></response></epp>"
#define DATA(ns, body) OK_HEAD "<resData xmlns:o='urn:ietf:params:xml:ns:" ns "-1.0'>" body "</resData>" TAIL
#define EXT(body)      OK_HEAD "<extension>" body "</extension>" TAIL

static struct epp_parser *parser;
static struct epp_response r;
static struct errmsg msg;

static void parse(struct str xml)
{
	enum err err = epp_parse(parser, xml, &r, &msg);
	if (err != OK)
		fail_msg("%s: %s", err_name(err), msg.text);
}

static void parse_file(const char *name)
{
	static char text[100000];
	char path[200];
	snprintf(path, sizeof(path), "tests/fixtures/epp/%s", name);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("run from the top of the tree: no %s", path);
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	parse(str_make(text, n));
}

static void refused(struct str xml, enum err want)
{
	msg.text[0] = '\0';
	assert_int_equal(epp_parse(parser, xml, &r, &msg), want);
	assert_int_equal(r.kind, EPP_KIND_NONE);
	assert_int_equal(r.result_count, 0);
	assert_true(msg.text[0] != '\0');
}

#define is(view, text) assert_true(str_eq_c((view), (text)))

static instant_ms_t at(const char *text)
{
	instant_ms_t t;
	assert_true(instant_parse(str_c(text), 0, &t));
	return t;
}

/* ---- greeting ---- */

static void greeting_is_read(void **state)
{
	(void)state;
	parse_file("greeting.xml");
	assert_int_equal(r.kind, EPP_KIND_GREETING);
	is(r.greeting.sv_id, "Example EPP server epp.example.vn");
	is(r.greeting.sv_date.raw, "2026-11-20T09:12:03.25+07:00");
	assert_true(r.greeting.sv_date.at == at("2026-11-20T02:12:03.250Z"));
	assert_int_equal(r.greeting.versions.count, 1);
	assert_int_equal(r.greeting.langs.count, 2);
	assert_int_equal(r.greeting.obj_uris.count, 3);
	assert_int_equal(r.greeting.ext_uris.count, 2);
	assert_true(epp_list_has(&r.greeting.ext_uris, STR("urn:example:registrant-1.0")));
	assert_false(epp_list_has(&r.greeting.obj_uris, STR("urn:example:registrant-1.0")));
	assert_int_equal(epp_response_code(&r), 0);
}

/* ---- results ---- */

static void refusal_is_read_with_all_its_reasons(void **state)
{
	(void)state;
	parse_file("refusal.xml");
	assert_int_equal(epp_response_code(&r), 2306);
	assert_int_equal(r.result_count, 2);
	is(r.results[0].msg, "Giá trị không hợp lệ");
	is(r.results[0].lang, "vi");
	assert_int_equal(r.results[0].value_count, 2);
	is(r.results[0].values[0].name, "postalInfo");
	is(r.results[0].values[0].uri, "urn:ietf:params:xml:ns:contact-1.0");
	is(r.results[0].values[0].text, "Sài Gòn");
	is(r.results[0].values[1].name, "ward");
	is(r.results[0].values[1].text, "Bến Nghé");
	is(r.results[0].values[1].reason, "Phường không có trong danh mục");
	assert_int_equal(r.results[1].code, 2005);
	assert_int_equal(r.results[1].value_count, 4);
	is(r.results[1].values[0].text, "[removed]");
	is(r.results[1].values[1].name, "");
	is(r.results[1].values[1].text, "bare words");
	is(r.results[1].values[2].text, "no such prefix");
	is(r.results[1].values[3].reason, "urn:ietf:params:xml:ns:rgp-1.0 not in login services");
	assert_int_equal(r.ext.unhandled.count, 1);
	is(r.ext.unhandled.items[0], "urn:ietf:params:xml:ns:rgp-1.0");
	assert_int_equal(r.ext.unknown_uris.count, 1);
	is(r.ext.unknown_uris.items[0], "urn:example:reason-1.0");
	is(r.trid.client, "VN-1-2s-f3-c");
}

/* Lists without end: the first ones are kept, memory stays bounded, and time does not grow with the square. */
static void lists_are_bounded(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1u << 20);
	buf_lit(&b, HEAD "<result code='2306'><msg/></result>");
	for (int i = 0; i < 3000; i++)
		buf_printf(&b, "<result code='2005'><msg>%d</msg></result>", i);
	buf_lit(&b, "<extension>");
	for (int i = 0; i < 900; i++)
		buf_printf(&b, "<x xmlns='urn:%d'/>", i);
	buf_lit(&b, "</extension></response></epp>");
	parse(buf_str(&b));
	assert_int_equal(epp_response_code(&r), 2306);
	assert_int_equal(r.result_count, 2048);
	is(r.results[2046].msg, "2045");
	is(r.results[2047].msg, "2999"); /* the last one of the frame */
	assert_int_equal(r.ext.unknown_uris.count, EPP_UNKNOWN_URIS);
	assert_true(r.cut);
	parse(STR(HEAD "<result code='1000'><msg/></result></response></epp>"));
	assert_false(r.cut);
	buf_fini(&b);
}

static void transaction_ids_may_be_absent(void **state)
{
	(void)state;
	parse(STR(HEAD
	          "<result code='2001'><msg/></result><trID><svTRID>S-1</svTRID></trID></response></epp>"));
	is(r.trid.client, "");
	is(r.trid.server, "S-1");
	parse(STR(HEAD "<result code='2500'><msg/></result></response></epp>"));
	is(r.trid.server, "");
	/* two where one belongs: the first counts */
	parse(STR(OK_HEAD "<trID><clTRID>one</clTRID><clTRID>two</clTRID><svTRID/></trID></response></epp>"));
	is(r.trid.client, "one");
}

static void message_queue_is_read(void **state)
{
	(void)state;
	parse(STR(OK_HEAD "<msgQ count='3' id='x'/>" TAIL));
	assert_true(r.msgq.present);
	assert_true(r.msgq.count == 3);
	assert_true(r.msgq.q_date.at == INSTANT_NONE);
	parse(STR(OK_HEAD "<msgQ count='18446744073709551616' id='x'/>" TAIL));
	assert_true(r.msgq.count == UINT64_MAX);
	parse(STR(OK_HEAD "<msgQ count='-1'/>" TAIL));
	assert_true(r.msgq.count == UINT64_MAX);
	is(r.msgq.id, "");
	parse(STR(OK_HEAD TAIL));
	assert_false(r.msgq.present);
}

static void pending_action_is_read_with_any_prefixes(void **state)
{
	(void)state;
	parse_file("poll-pending.xml");
	assert_int_equal(epp_response_code(&r), 1301);
	assert_true(r.msgq.count == 5);
	is(r.msgq.id, "12345");
	is(r.msgq.msg, "Pending action completed now.");
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_PAN);
	is(r.data.pan.name, "nguyenvana.id.vn");
	assert_false(r.data.pan.ok);
	is(r.data.pan.trid.client, "VN-1-2s-f3-c");
	is(r.data.pan.trid.server, "54321-XYZ");
	assert_true(r.data.pan.date.at == at("2026-06-08T22:00:00Z"));
	assert_true(r.ext.change_poll.present && r.ext.change_poll.before);
	is(r.ext.change_poll.operation, "custom");
	is(r.ext.change_poll.op, "bulk");
	is(r.ext.change_poll.who, "Registry desk");
	is(r.ext.change_poll.case_id, "urs123");
	is(r.ext.change_poll.reason, "Documents missing");
	is(r.trid.client, "VN-1-2s-f3-p");
}

/* ---- domain ---- */

static void domain_info_is_read(void **state)
{
	const struct epp_domain_inf *d = &r.data.domain;
	(void)state;
	epp_parser_set_offset(parser, HANOI_OFFSET_S);
	parse_file("domain-info.xml");
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_INF);
	is(d->c.name, "nguyenvana.id.vn");
	is(d->c.roid, "EXAMPLE1-REP");
	assert_int_equal(d->c.status_count, 2);
	is(d->c.statuses[0].value, "clientHold");
	is(d->c.statuses[0].text, "Payment overdue.");
	is(d->c.statuses[1].value, "inactive");
	is(d->registrant, "VN-000001");
	assert_int_equal(d->contact_count, 2);
	is(d->contacts[1].type, "tech");
	is(d->contacts[1].id, "VN-000003");
	assert_int_equal(d->ns_count, 2);
	is(d->ns[0].name, "ns1.nguyenvana.id.vn");
	assert_int_equal(d->ns[0].addr_count, 2);
	assert_true(d->ns[0].addrs[1].v6);
	is(d->ns[0].addrs[1].text, "2001:db8::1");
	is(d->ns[1].name, "ns2.example.vn");
	assert_int_equal(d->ns[1].addr_count, 0);
	assert_int_equal(d->host_count, 2);
	is(d->hosts[1], "ns9.nguyenvana.id.vn");
	is(d->c.cl_id, "ClientX");
	is(d->c.cr_id, "ClientY");
	assert_true(d->c.cr_date.at == at("2026-11-19T17:00:00Z"));
	assert_true(d->ex_date.at == at("2028-11-19T17:00:00Z")); /* no zone: the registry's */
	is(d->ex_date.raw, "2028-11-20T00:00:00");
	assert_true(d->c.up_date.at == at("2026-11-21T09:00:00Z"));
	assert_true(d->c.tr_date.at == at("2026-11-22T09:00:00Z"));
	assert_true(d->c.has_auth_info);
	is(d->c.auth_info, "2fooBAR");
}

static void extensions_of_domain_info_are_read(void **state)
{
	(void)state;
	parse_file("domain-info.xml");
	assert_true(r.ext.secdns.present);
	assert_true(r.ext.secdns.max_sig_life == 604800);
	assert_int_equal(r.ext.secdns.ds_count, 1);
	assert_int_equal(r.ext.secdns.ds[0].key_tag, 12345);
	assert_int_equal(r.ext.secdns.ds[0].alg, 13);
	is(r.ext.secdns.ds[0].digest, "49FD46E6C4B45C55D4AC");
	assert_int_equal(r.ext.rgp.status_count, 1);
	is(r.ext.rgp.statuses[0].value, "addPeriod");
	is(r.ext.unknown_uris.items[0], "urn:example:registrant-1.0");
	assert_int_equal(r.ext.unknown_text_count, 3);
	is(r.ext.unknown_texts[0].name, "kind");
	is(r.ext.unknown_texts[0].text, "citizen");
	is(r.ext.unknown_texts[1].text, "068204001234");
	is(r.ext.unknown_texts[2].text, "[removed]");
}

static void hosts_as_objects_are_read(void **state)
{
	(void)state;
	parse(STR(
	    DATA("domain",
	         "<o:infData><o:name>a.vn</o:name><o:ns><o:hostObj>n1</o:hostObj><o:hostObj>n2</o:hostObj>"
	         "<o:hostObj>n3</o:hostObj><o:hostObj>n4</o:hostObj><o:hostObj>n5</o:hostObj></o:ns></"
	         "o:infData>")));
	assert_int_equal(r.data.domain.ns_count, 5);
	is(r.data.domain.ns[0].name, "n1");
	is(r.data.domain.ns[4].name, "n5");
	assert_false(r.data.domain.c.has_auth_info);
	assert_true(r.data.domain.ex_date.at == INSTANT_NONE);
	assert_true(r.data.domain.c.cr_date.at == INSTANT_NONE);
}

static void domain_transforms_are_read(void **state)
{
	(void)state;
	parse(STR(DATA("domain", "<o:creData><o:name>a.vn</o:name><o:crDate>2026-11-20T02:12:03.0Z</o:crDate>"
	                         "<o:exDate>2028-11-20T02:12:03.0Z</o:exDate></o:creData>")));
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_CRE);
	is(r.data.cre.name, "a.vn");
	assert_true(r.data.cre.cr_date.at == at("2026-11-20T02:12:03Z"));
	assert_true(r.data.cre.ex_date.at == at("2028-11-20T02:12:03Z"));
	parse(
	    STR(DATA("domain", "<o:renData><o:name>a.vn</o:name><o:exDate>nonsense</o:exDate></o:renData>")));
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_REN);
	is(r.data.cre.ex_date.raw, "nonsense");
	assert_true(r.data.cre.ex_date.at == INSTANT_NONE);
	assert_true(r.data.cre.cr_date.at == INSTANT_NONE);
	parse(STR(DATA("domain",
	               "<o:trnData><o:name>a.vn</o:name><o:trStatus>pending</o:trStatus><o:reID>X</o:reID>"
	               "<o:acID>Y</o:acID><o:acDate>2026-01-01T00:00:00Z</o:acDate></o:trnData>")));
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_TRN);
	is(r.data.trn.status, "pending");
	is(r.data.trn.ac_id, "Y");
	assert_true(r.data.trn.ex_date.at == INSTANT_NONE);
}

static void checks_are_read(void **state)
{
	(void)state;
	parse(STR(DATA(
	    "domain",
	    "<o:chkData><o:cd><o:name avail='1'>a.vn</o:name></o:cd><o:cd><o:name avail='0'>b.vn</o:name>"
	    "<o:reason lang='en'>In use</o:reason></o:cd><o:cd><o:name "
	    "avail='true'>c.vn</o:name></o:cd></o:chkData>")));
	assert_int_equal(r.data.kind, EPP_RES_DOMAIN_CHK);
	assert_int_equal(r.data.chk.count, 3);
	assert_true(r.data.chk.items[0].avail);
	assert_false(r.data.chk.items[1].avail);
	is(r.data.chk.items[1].reason, "In use");
	assert_true(r.data.chk.items[2].avail);
	parse(STR(DATA("contact", "<o:chkData><o:cd><o:id avail='false'>VN-1</o:id></o:cd></o:chkData>")));
	assert_int_equal(r.data.kind, EPP_RES_CONTACT_CHK);
	is(r.data.chk.items[0].name, "VN-1");
	parse(STR(DATA("host", "<o:chkData><o:cd><o:name avail='1'>ns1.vn</o:name></o:cd></o:chkData>")));
	assert_int_equal(r.data.kind, EPP_RES_HOST_CHK);
	is(r.data.chk.items[0].name, "ns1.vn");
}

/* ---- contact and host ---- */

static void contact_info_is_read(void **state)
{
	const struct epp_contact_inf *c = &r.data.contact;
	(void)state;
	parse_file("contact-info.xml");
	assert_int_equal(r.data.kind, EPP_RES_CONTACT_INF);
	is(c->c.name, "VN-000001");
	assert_int_equal(c->c.status_count, 2);
	is(c->c.statuses[1].text, "fine");
	assert_int_equal(c->postal_count, 2);
	is(c->postal[0].type, "loc");
	is(c->postal[0].org, "Công ty B & C");
	assert_int_equal(c->postal[0].street_count, 3);
	is(c->postal[0].street[2], "Lầu 2");
	is(c->postal[0].sp, "Lâm Đồng");
	is(c->postal[1].type, "int");
	is(c->postal[1].city, "Da Lat");
	is(c->voice, "+84.912345678");
	is(c->voice_ext, "1234");
	is(c->fax, "");
	is(c->email, "a@example.vn");
	is(c->c.cr_id, "ClientX");
	assert_true(c->c.has_auth_info);
	is(r.trid.client, "");
}

static void contact_and_host_data_are_read(void **state)
{
	(void)state;
	parse(STR(DATA("contact",
	               "<o:creData><o:id>VN-1</o:id><o:crDate>2026-11-20T02:12:03Z</o:crDate></o:creData>")));
	assert_int_equal(r.data.kind, EPP_RES_CONTACT_CRE);
	is(r.data.cre.name, "VN-1");
	parse(STR(DATA("contact",
	               "<o:panData><o:id "
	               "paResult='1'>VN-1</o:id><o:paTRID><clTRID>ABC-1</clTRID></o:paTRID></o:panData>")));
	assert_int_equal(r.data.kind, EPP_RES_CONTACT_PAN);
	assert_true(r.data.pan.ok);
	is(r.data.pan.trid.client, "ABC-1");
	parse(STR(DATA(
	    "host",
	    "<o:infData><o:name>ns1.a.vn</o:name><o:roid>NS1-REP</o:roid><o:status s='linked'/>"
	    "<o:addr>192.0.2.2</o:addr><o:addr ip='v6'>2001:db8::2</o:addr><o:clID>X</o:clID></o:infData>")));
	assert_int_equal(r.data.kind, EPP_RES_HOST_INF);
	assert_int_equal(r.data.host.addr_count, 2);
	assert_false(r.data.host.addrs[0].v6);
	is(r.data.host.addrs[1].text, "2001:db8::2");
	is(r.data.host.c.cl_id, "X");
	parse(STR(DATA("host", "<o:creData><o:name>ns1.a.vn</o:name></o:creData>")));
	assert_int_equal(r.data.kind, EPP_RES_HOST_CRE);
	parse(STR(DATA("host", "<o:panData><o:name paResult='1'>ns1.a.vn</o:name></o:panData>")));
	assert_int_equal(r.data.kind, EPP_RES_HOST_PAN);
}

/* ---- extensions ---- */

static void fees_are_read(void **state)
{
	(void)state;
	parse(STR(
	    EXT("<fee:creData xmlns:fee='urn:ietf:params:xml:ns:epp:fee-1.0'><fee:currency>VND</fee:currency>"
	        "<fee:fee "
	        "description='levy'>50000</fee:fee><fee:credit>-20000.00</fee:credit><fee:balance>-5.00</"
	        "fee:balance>"
	        "<fee:creditLimit>1000</fee:creditLimit></fee:creData>")));
	assert_true(r.ext.fee.present);
	is(r.ext.fee.currency, "VND");
	assert_int_equal(r.ext.fee.fee_count, 2);
	is(r.ext.fee.fees[0].amount, "50000");
	is(r.ext.fee.fees[0].description, "levy");
	assert_true(r.ext.fee.fees[1].credit);
	is(r.ext.fee.fees[1].amount, "-20000.00");
	is(r.ext.fee.balance, "-5.00");
	is(r.ext.fee.credit_limit, "1000");
	parse(
	    STR(EXT("<f:chkData xmlns:f='urn:ietf:params:xml:ns:epp:fee-1.0'><f:currency>VND</f:currency>"
	            "<f:cd avail='1'><f:objID>a.vn</f:objID><f:class>premium</f:class><f:command "
	            "name='create'><f:period unit='y'>2</f:period>"
	            "<f:fee>1</f:fee><f:fee>2</f:fee></f:command><f:command "
	            "name='renew'><f:reason>no</f:reason></f:command></f:cd>"
	            "<f:cd avail='0'><f:objID>b.vn</f:objID><f:command name='create'/></f:cd></f:chkData>")));
	assert_int_equal(r.ext.fee.quote_count, 3);
	is(r.ext.fee.quotes[0].name, "a.vn");
	is(r.ext.fee.quotes[0].command, "create");
	is(r.ext.fee.quotes[0].period, "2");
	is(r.ext.fee.quotes[0].period_unit, "y");
	assert_int_equal(r.ext.fee.quotes[0].fee_count, 2);
	is(r.ext.fee.quotes[0].fees[1].amount, "2");
	is(r.ext.fee.quotes[1].reason, "no");
	is(r.ext.fee.quotes[2].name, "b.vn");
	assert_false(r.ext.fee.quotes[2].avail);
}

static void login_events_are_read(void **state)
{
	(void)state;
	parse(STR(EXT("<l:loginSecData xmlns:l='urn:ietf:params:xml:ns:epp:loginSec-1.0'><l:event "
	              "type='password' level='warning'"
	              " exDate='2026-12-01T00:00:00.0Z' lang='en'>Password expires</l:event><l:event "
	              "type='stat' name='failed'"
	              " level='error' value='100' duration='P1D'/></l:loginSecData>")));
	assert_int_equal(r.ext.login_sec.event_count, 2);
	is(r.ext.login_sec.events[0].text, "Password expires");
	assert_true(r.ext.login_sec.events[0].ex_date.at == at("2026-12-01T00:00:00Z"));
	is(r.ext.login_sec.events[1].value, "100");
	is(r.ext.login_sec.events[1].duration, "P1D");
	assert_true(r.ext.login_sec.events[1].ex_date.at == INSTANT_NONE);
}

static void unknown_extensions_are_bounded(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1 << 20);
	buf_lit(&b, OK_HEAD "<extension>");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "<x:a xmlns:x='urn:%d'>t</x:a>", i % 3);
	buf_lit(&b,
	        "<domain:a xmlns:domain='urn:ietf:params:xml:ns:domain-1.0'>no</domain:a></extension>" TAIL);
	parse(buf_str(&b));
	assert_int_equal(r.ext.unknown_uris.count, 3);
	assert_int_equal(r.ext.unknown_text_count, EPP_UNKNOWN_TEXTS);
	is(r.trid.client, "ABC-1");
	buf_fini(&b);
}

/* ---- odd and hostile ---- */

static void second_object_is_not_read_over_the_first(void **state)
{
	(void)state;
	parse(STR(OK_HEAD
	          "<resData><c:chkData xmlns:c='urn:ietf:params:xml:ns:contact-1.0'><c:cd><c:id "
	          "avail='1'>VN-1</c:id></c:cd></c:chkData>"
	          "<d:infData xmlns:d='urn:ietf:params:xml:ns:domain-1.0'><d:name>a.vn</d:name><d:status "
	          "s='ok'/><d:ns><d:hostObj>n</d:hostObj>"
	          "</d:ns></d:infData></resData>" TAIL));
	assert_int_equal(r.data.kind, EPP_RES_CONTACT_CHK);
	assert_int_equal(r.data.chk.count, 1);
	is(r.data.chk.items[0].name, "VN-1");
	parse(STR(OK_HEAD "<resData><x:data xmlns:x='urn:x'>1</x:data></resData>" TAIL));
	assert_int_equal(r.data.kind, EPP_RES_OTHER);
}

static void unknown_elements_are_skipped(void **state)
{
	(void)state;
	parse(STR(HEAD "<new><result code='2400'/></new><result code='1000' "
	               "x='y'><msg>ok</msg><more><msg>no</msg></more></result>"
	               "<result xmlns='urn:other' code='2500'/>" TAIL));
	assert_int_equal(r.result_count, 1);
	is(r.results[0].msg, "ok");
	/* the right name in the wrong namespace */
	parse(STR(DATA("domain", "<o:creData><name>wrong</name><x:name "
	                         "xmlns:x='urn:x'>wrong</x:name><o:name>a.vn</o:name></o:creData>")));
	is(r.data.cre.name, "a.vn");
}

static void what_is_no_response_is_refused(void **state)
{
	static const char *const protocol[] = {"<x/>",
	                                       "<epp xmlns='" EPP_NS "'/>",
	                                       "<epp><response/></epp>",
	                                       "<epp xmlns='" EPP_NS "'><hello/></epp>",
	                                       "<epp xmlns='" EPP_NS "'><command><logout/></command></epp>",
	                                       HEAD "</response></epp>",
	                                       HEAD "<result code=''><msg/></result></response></epp>",
	                                       HEAD "<result><msg/></result></response></epp>",
	                                       HEAD "<result code='99999999999999999999'/></response></epp>",
	                                       HEAD "<result code='-1000'/></response></epp>",
	                                       HEAD
	                                       "<result code='1000'/><result code='abc'/></response></epp>"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(protocol); i++)
		refused(str_c(protocol[i]), ERR_PROTOCOL);
	refused(STR(OK_HEAD), ERR_XML);
	refused(STR(""), ERR_XML);
	refused(STR("<!DOCTYPE epp>" OK_HEAD TAIL), ERR_XML);
	refused(STR(OK_HEAD "<x>\xff</x>" TAIL), ERR_XML);
	refused(str_make("<epp>\0</epp>", 12), ERR_XML);
	/* and good ones go on */
	parse(STR(OK_HEAD TAIL));
}

static void every_cut_of_a_frame_is_refused(void **state)
{
	static const char whole[] =
	    DATA("domain",
	         "<o:infData><o:name>a.vn</o:name><o:authInfo><o:pw>x</o:pw></o:authInfo></o:infData>");
	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char *copy = malloc(n ? n : 1);
		memcpy(copy, whole, n);
		assert_int_equal(epp_parse(parser, str_make(copy, n), &r, &msg), ERR_XML);
		free(copy);
	}
	parse(str_c(whole));
}

/* The same answer through the framing, fed one byte more at a time. */
static void split_frames_are_parsed_once_whole(void **state)
{
	static const char xml[] = DATA("domain", "<o:creData><o:name>a.vn</o:name></o:creData>");
	struct buf b;
	struct str payload;
	size_t used, whole = 0;
	(void)state;
	buf_init(&b, 10000);
	size_t frame_at = epp_frame_begin(&b);
	buf_append(&b, xml, sizeof(xml) - 1);
	assert_int_equal(epp_frame_end(&b, frame_at), OK);
	for (size_t n = 0; n <= buf_len(&b); n++) {
		if (epp_frame_next(str_make(buf_data(&b), n), EPP_FRAME_MAX_BEFORE_LOGIN, &payload, &used) !=
		    OK)
			continue;
		parse(payload);
		is(r.data.cre.name, "a.vn");
		whole++;
	}
	assert_int_equal(whole, 1);
	buf_fini(&b);
}

static void utf16_response_is_read(void **state)
{
	static const char text[] = OK_HEAD TAIL;
	char wide[2 * sizeof(text)];
	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		wide[2 * i] = 0;
		wide[2 * i + 1] = text[i];
	}
	parse(str_make(wide, 2 * (sizeof(text) - 1)));
	is(r.trid.client, "ABC-1");
	parse(STR("\xef\xbb\xbf" OK_HEAD TAIL));
	is(r.trid.client, "ABC-1");
}

static void parser_is_reused_without_growing(void **state)
{
	size_t before = 0;
	(void)state;
	for (int i = 0; i < 10000; i++) {
		char text[600];
		if (i == 500)
			before = mallinfo2().uordblks;
		snprintf(text, sizeof(text), DATA("domain", "<o:creData><o:name>n%d.vn</o:name></o:creData>"),
		         i);
		parse(str_c(text));
		snprintf(text, sizeof(text), "n%d.vn", i);
		is(r.data.cre.name, text);
	}
	assert_true(mallinfo2().uordblks < before + 32 * 1024);
}

static int setup(void **state)
{
	(void)state;
	parser = epp_parser_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	epp_parser_free(parser);
	return 0;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(greeting_is_read),
	    TEST(refusal_is_read_with_all_its_reasons),
	    TEST(lists_are_bounded),
	    TEST(transaction_ids_may_be_absent),
	    TEST(message_queue_is_read),
	    TEST(pending_action_is_read_with_any_prefixes),
	    TEST(domain_info_is_read),
	    TEST(extensions_of_domain_info_are_read),
	    TEST(hosts_as_objects_are_read),
	    TEST(domain_transforms_are_read),
	    TEST(checks_are_read),
	    TEST(contact_info_is_read),
	    TEST(contact_and_host_data_are_read),
	    TEST(fees_are_read),
	    TEST(login_events_are_read),
	    TEST(unknown_extensions_are_bounded),
	    TEST(second_object_is_not_read_over_the_first),
	    TEST(unknown_elements_are_skipped),
	    TEST(what_is_no_response_is_refused),
	    TEST(every_cut_of_a_frame_is_refused),
	    TEST(split_frames_are_parsed_once_whole),
	    TEST(utf16_response_is_read),
	    TEST(parser_is_reused_without_growing),
	};
	return cmocka_run_group_tests_name("epp/response", tests, NULL, NULL);
}
