/* The registry simulator's rules: conversations in hand-written XML. */
#include "tests/regsim/regsim_client.h"

/* A step leaves out what it does not look at. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define DAY_MS   86400000LL
#define START    1795116000000LL /* 2026-11-19T19:20:00Z: already the 20th in Hanoi */
#define D_NS     "xmlns=\"urn:ietf:params:xml:ns:domain-1.0\""
#define C_NS     "xmlns=\"urn:ietf:params:xml:ns:contact-1.0\""
#define H_NS     "xmlns=\"urn:ietf:params:xml:ns:host-1.0\""
#define AUTH     "<authInfo><pw>s3cret-pw</pw></authInfo>"
#define POLL_REQ REGSIM_CMD("<poll op=\"req\"/>", "P-1")

static const char *xsd_dir(void)
{
	const char *dir = getenv("VNEPP_XSD_DIR");
	dir = dir ? dir : "../shared/xsd";
	static char path[4096];
	snprintf(path, sizeof path, "%s/epp-all.xsd", dir);
	return access(path, R_OK) == 0 ? dir : NULL;
}

static xmlSchemaPtr schema; /* of the answers; NULL: no schema folder */

struct world {
	struct vloop loop;
	struct regsim *sim;
	struct regsim_client c;
};

static const struct regsim_account two_accounts[] = {
    {.login = "reg-a", .password = "pass-a1", .max_sessions = 2, .balance_vnd = 10000000},
    {.login = "reg-b", .password = "pass-b1", .balance_vnd = 50000},
};

static struct regsim_options base_options(void)
{
	struct regsim_options o;
	regsim_options_init(&o);
	o.accounts = two_accounts;
	o.account_count = 2;
	o.seed = 7;
	o.xsd_dir = xsd_dir();
	return o;
}

static void open_world(struct world *w, const struct regsim_options *o)
{
	vloop_init(&w->loop, START);
	w->sim = regsim_new(o, &w->loop.loop);
	assert_non_null(w->sim);
	assert_true(regsim_seed_contact(w->sim, "HOLDER-A", "reg-a"));
	assert_true(regsim_seed_contact(w->sim, "HOLDER-B", "reg-b"));
	regsim_client_open(&w->c, &w->loop, w->sim, "CN=test");
}

static void close_world(struct world *w)
{
	regsim_client_fini(&w->c);
	regsim_free(w->sim);
	vloop_fini(&w->loop);
}

/* Every answer must be valid itself. */
static void assert_valid(const char *answer)
{
	if (!schema)
		return;
	xmlDocPtr doc = xmlReadMemory(answer, (int)strlen(answer), NULL, NULL, XML_PARSE_NONET);
	xmlSchemaValidCtxtPtr v = xmlSchemaNewValidCtxt(schema);
	assert_non_null(doc);
	if (xmlSchemaValidateDoc(v, doc) != 0)
		fail_msg("not valid: %s", answer);
	xmlSchemaFreeValidCtxt(v);
	xmlFreeDoc(doc);
}

struct step {
	const char *send; /* NULL: moves the clock by `code` milliseconds */
	int code;
	const char *has, *has_not;
};

static void play(struct world *w, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		if (!s->send) {
			vloop_run_for(&w->loop, (uint64_t)s->code);
			continue;
		}
		const char *answer = regsim_client_ask(&w->c, s->send);
		if (!answer)
			fail_msg("step %zu: no answer to %s", i, s->send);
		assert_valid(answer);
		if (regsim_client_code(answer) != s->code)
			fail_msg("step %zu: expected %d after %s\ngot %s", i, s->code, s->send, answer);
		if (s->has && !strstr(answer, s->has))
			fail_msg("step %zu: no '%s' in %s", i, s->has, answer);
		if (s->has_not && strstr(answer, s->has_not))
			fail_msg("step %zu: unwanted '%s' in %s", i, s->has_not, answer);
	}
}

#define PLAY(w, ...)                                                    \
	do {                                                            \
		const struct step steps__[] = {__VA_ARGS__};            \
		play((w), steps__, sizeof steps__ / sizeof steps__[0]); \
	} while (0)

static void login(struct world *w, const char *who)
{
	const char *pw = strcmp(who, "reg-a") == 0 ? "pass-a1" : "pass-b1";
	assert_int_equal(regsim_client_login(&w->c, who, pw), 1000);
}

#define CREATE_X(name, period, rest)                                                                       \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" period rest AUTH "</create></create>", \
	           "C-1")
#define YEARS(n)     "<period unit=\"y\">" #n "</period>"
#define HOLDER       "<registrant>HOLDER-A</registrant>"
#define CREATE(name) CREATE_X(name, YEARS(2), HOLDER)
#define RENEW(name, date, n)                                                       \
	REGSIM_CMD("<renew><renew " D_NS "><name>" name "</name><curExpDate>" date \
	           "</curExpDate>" YEARS(n) "</renew></renew>",                    \
	           "R-1")
#define INFO(name) REGSIM_CMD("<info><info " D_NS "><name>" name "</name></info></info>", "I-1")
#define INFO_AUTH(name, pw)                                                      \
	REGSIM_CMD("<info><info " D_NS "><name>" name "</name><authInfo><pw>" pw \
	           "</pw></authInfo></info></info>",                             \
	           "I-2")
#define DOM_CHECK(names) REGSIM_CMD("<check><check " D_NS ">" names "</check></check>", "K-1")
#define DELETE(name)     REGSIM_CMD("<delete><delete " D_NS "><name>" name "</name></delete></delete>", "D-1")
#define LOGOUT           REGSIM_CMD("<logout/>", "Q-1")

static void test_greeting_and_hello(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	const char *g = regsim_client_take(&w.c, 1000);
	assert_non_null(g);
	assert_valid(g);
	assert_non_null(strstr(g, "<svDate>2026-11-19T19:20:00.000Z</svDate>"));
	assert_non_null(strstr(g, "urn:ietf:params:xml:ns:secDNS-1.1"));
	g = regsim_client_ask(&w.c, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><hello/></epp>");
	assert_non_null(g);
	assert_non_null(strstr(g, "<greeting>"));
	close_world(&w);
}

#define LOGIN_X(id, pw, opts, svcs) \
	REGSIM_CMD("<login><clID>" id "</clID><pw>" pw "</pw>" opts "<svcs>" svcs "</svcs></login>", "L-1")
#define OPTS "<options><version>1.0</version><lang>en</lang></options>"
#define OBJ  "<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>"

static void test_login_rules(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL; /* the rules behind the schema are looked at here */
	open_world(&w, &o);
	regsim_client_take(&w.c, 1000);
	PLAY(&w, {DOM_CHECK("<name>a.vn</name>"), 2002, "<clTRID>K-1</clTRID>"}, {LOGOUT, 2002},
	     {POLL_REQ, 2002},
	     {LOGIN_X("reg-a", "pass-a1", "<options><version>1.1</version><lang>en</lang></options>", OBJ),
	      2100},
	     {LOGIN_X("reg-a", "pass-a1", "<options><version>1.0</version><lang>fr</lang></options>", OBJ),
	      2102},
	     {LOGIN_X("reg-a", "pass-a1", OPTS, "<objURI>urn:x</objURI>"), 2307, "urn:x"},
	     {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ "<svcExtension><extURI>urn:y</extURI></svcExtension>"),
	      2103},
	     {LOGIN_X("reg-a", "pass-a1", OPTS, ""), 2003}, {LOGIN_X("nobody", "pass-a1", OPTS, OBJ), 2200},
	     {LOGIN_X("reg-a", "wrong-1", OPTS, OBJ), 2200}, {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 1000},
	     {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 2002},
	     {REGSIM_CMD("<check><check " C_NS "><id>abc</id></check></check>", "K-2"), 2307},
	     {LOGOUT, 1500});
	assert_true(w.c.closed);
	assert_false(w.c.aborted);
	close_world(&w);
}

static void test_login_failures_close(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	regsim_refuse_logins(w.sim, 1);
	regsim_client_take(&w.c, 1000);
	PLAY(&w, {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 2200},
	     {LOGIN_X("reg-a", "wrong-1", OPTS, OBJ), 2200}, {LOGIN_X("reg-a", "wrong-1", OPTS, OBJ), 2501});
	assert_true(w.c.closed);
	close_world(&w);
}

static void test_login_new_password(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL;
	open_world(&w, &o);
	regsim_client_take(&w.c, 1000);
#define NEW_PW(old, fresh) LOGIN_X("reg-a", old, "<newPW>" fresh "</newPW>" OPTS, OBJ)
	PLAY(&w, {NEW_PW("pass-a1", "short"), 2005}, {NEW_PW("pass-a1", "pass-a1"), 2306},
	     {NEW_PW("pass-a1", "fresh-pw-1"), 1000}, {LOGOUT, 1500});
	regsim_client_fini(&w.c);
	regsim_client_open(&w.c, &w.loop, w.sim, "");
	assert_int_equal(regsim_client_login(&w.c, "reg-a", "pass-a1"), 2200);
	assert_int_equal(regsim_client_login(&w.c, "reg-a", "fresh-pw-1"), 1000);
	close_world(&w);
}

static void test_login_limits(void **state)
{
	(void)state;
	struct world w;
	struct regsim_client b, c;
	struct regsim_options o = base_options();
	struct regsim_account accounts[] = {two_accounts[0], two_accounts[1]};
	accounts[1].subject = "CN=partner-b";
	o.accounts = accounts;
	open_world(&w, &o);
	login(&w, "reg-a");
	regsim_client_open(&b, &w.loop, w.sim, "");
	assert_int_equal(regsim_client_login(&b, "reg-a", "pass-a1"), 1000);
	regsim_client_open(&c, &w.loop, w.sim, "O=x,CN=partner-b");
	assert_int_equal(regsim_client_login(&c, "reg-a", "pass-a1"), 2502);
	assert_true(c.closed);
	assert_int_equal(regsim_stats(w.sim)->sessions_most, 2);
	regsim_client_fini(&b);
	regsim_client_fini(&c);
	regsim_client_open(&b, &w.loop, w.sim, "CN=partner-b");
	assert_int_equal(regsim_client_login(&b, "reg-b", "pass-b1"), 1000);
	regsim_client_open(&c, &w.loop, w.sim, "CN=partner-a");
	assert_int_equal(regsim_client_login(&c, "reg-b", "pass-b1"), 2200);
	regsim_client_fini(&b);
	regsim_client_fini(&c);
	close_world(&w);
}

static void test_syntax(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL; /* the reader alone must see all of it */
	open_world(&w, &o);
	login(&w, "reg-a");
#define RAW(body) "<epp xmlns=\"" REGSIM_CLIENT_NS "\">" body "</epp>"
	PLAY(
	    &w, {"<epp", 2001, NULL, "clTRID>"}, {" ", 2001}, {"hello", 2001},
	    {"<!DOCTYPE epp [<!ENTITY x \"y\">]>" RAW("<hello/>"), 2001, "DOCTYPE"}, {RAW(""), 2001},
	    {RAW("<command/>"), 2001}, {RAW("<greeting/>"), 2001}, {RAW("<extension><x/></extension>"), 2101},
	    {"<epp xmlns=\"urn:other\"><hello/></epp>", 2001},
	    {REGSIM_CMD("<frobnicate/>", "F-1"), 2000, "F-1"},
	    {REGSIM_CMD("<poll op=\"look\"/>", "F-2"), 2001},
	    {REGSIM_CMD("<transfer op=\"query\"><x:y xmlns:x=\"urn:x\"/></transfer>", "F-3"), 2101},
	    {REGSIM_CMD("<info><info xmlns=\"urn:unknown\"/></info>", "F-4"), 2307},
	    {REGSIM_CMD("<info><renew " D_NS "/></info>", "F-5"), 2001},
	    {REGSIM_CMD("<info><info " D_NS "><name>a.vn</name><name>b.vn</name></info></info>", "F-6"),
	     2001},
	    {REGSIM_CMD("<info><info " D_NS "/></info>", "F-7"), 2003},
	    {REGSIM_CMD("<renew><renew " D_NS
	                "><period unit=\"y\">1</period><name>a.vn</name></renew></renew>",
	                "F-8"),
	     2001, "out of order"},
	    {REGSIM_CMD("<info><info " D_NS ">text<name>a.vn</name></info></info>", "F-9"), 2001},
	    {REGSIM_CMD("<info><d:info xmlns:e=\"urn:x\"><name>a.vn</name></d:info></info>", "F-A"), 2001},
	    {REGSIM_CMD("<logout/><logout/>", "F-B"), 2001}, {REGSIM_CMD("<poll op=\"req\"/>", "ab"), 2001},
	    {REGSIM_CMD("<info><info " D_NS "><name>&lt;a&gt;&amp;&#98;.vn</name></info></info>", "F&amp;C"),
	     2303, "F&amp;C"},
	    {REGSIM_CMD("<info><info " D_NS "><name><![CDATA[a.vn]]></name></info></info>", "F-D"), 2303},
	    {REGSIM_CMD("<poll op=\"req\"/><extension><x:e xmlns:x=\"urn:ext\"/></extension>", "F-E"), 1300},
	    {REGSIM_CMD("<check><check " D_NS
	                "><name>a.vn</name></check></check><extension><x:e xmlns:x=\"urn:ext\"/></extension>",
	                "F-F"),
	     2103});
	assert_false(w.c.closed);
	close_world(&w);
}

static void test_deep_and_hostile_xml(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	struct buf b;
	o.xsd_dir = NULL;
	open_world(&w, &o);
	login(&w, "reg-a");
	buf_init(&b, 1u << 20);
	buf_lit(&b, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><command><info>");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "<x%d>", i);
	for (int i = 199; i >= 0; i--)
		buf_printf(&b, "</x%d>", i);
	buf_lit(&b, "</info><clTRID>DEEP</clTRID></command></epp>");
	PLAY(&w, {buf_cstr(&b), 2001, "DEEP"});
	for (int round = 0; round < 4; round++) { /* fills the parser's dictionary until it is thrown away */
		buf_clear(&b);
		buf_lit(&b, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><command><info>");
		for (int i = 0; i < 3000; i++)
			buf_printf(&b, "<y%d-%d/>", round, i);
		buf_lit(&b, "</info></command></epp>");
		PLAY(&w, {buf_cstr(&b), 2001}, {INFO("a.vn"), 2303, "I-1"});
	}
	buf_fini(&b);
	close_world(&w);
}

static void test_domain_create(void **state)
{
	(void)state;
	struct world w;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	const char *reserved[] = {"hanoi*"};
	o.reserved = reserved;
	o.reserved_count = 1;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE("Shop.biz.vn"), 1000, "<domain:exDate>2028-11-19T19:20:00Z</domain:exDate>"},
	     {CREATE("shop.biz.vn"), 2302, "<clTRID>C-1</clTRID>"}, {CREATE("shop.example"), 2306},
	     {CREATE("a.shop.biz.vn"), 2306}, {CREATE("biz.vn"), 2306}, {CREATE("-x.biz.vn"), 2005},
	     {CREATE("x_y.biz.vn"), 2005}, {CREATE("ab--cd.biz.vn"), 2005},
	     {CREATE("xn--tnmin-xyz.biz.vn"), 1000}, {CREATE("hanoi1.vn"), 2306, "reserved"},
	     {CREATE_X("p.id.vn", YEARS(11), HOLDER), 2004},
	     {CREATE_X("p.id.vn", "<period unit=\"m\">12</period>", HOLDER), 2004},
	     {CREATE_X("p.id.vn", "", HOLDER), 1000, "2027-11-19T"},
	     {CREATE_X("q.id.vn", YEARS(1), ""), 2003},
	     {CREATE_X("q.id.vn", YEARS(1), "<registrant>NOBODY</registrant>"), 2303, "no such contact"},
	     {CREATE_X("q.id.vn", YEARS(1), "<registrant>HOLDER-B</registrant>"), 2201},
	     {CREATE_X("q.id.vn", YEARS(1), HOLDER "<contact type=\"admin\">HOLDER-A</contact>"), 1000});
	assert_true(regsim_domain(w.sim, STR("shop.biz.vn"), &d));
	assert_string_equal(d.account, "reg-a");
	assert_int_equal(d.times_created, 1);
	assert_true(str_eq(d.registrant, STR("HOLDER-A")));
	assert_int_equal(d.expires_on, date_make(2028, 11, 19));
	assert_false(regsim_domain(w.sim, STR("q.example"), &d));
	close_world(&w);
}

static void test_domain_name_servers_and_ds(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	login(&w, "reg-a");
#define ATTR(name, addr) "<hostAttr><hostName>" name "</hostName>" addr "</hostAttr>"
#define NS(x)            "<ns>" x "</ns>" HOLDER
#define WITH_DS(name, ds)                                                                            \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" HOLDER AUTH "</create></create>" \
	           "<extension><s:create xmlns:s=\"urn:ietf:params:xml:ns:secDNS-1.1\">" ds          \
	           "</s:create></extension>",                                                        \
	           "C-9")
	PLAY(&w,
	     {CREATE_X(
	          "n1.vn", "",
	          NS(ATTR("ns1.example.com", "") ATTR(
	              "ns2.n1.vn",
	              "<hostAddr ip=\"v4\">192.0.2.1</hostAddr><hostAddr ip=\"v6\">2001:db8::1</hostAddr>"))),
	      1000},
	     {INFO("n1.vn"), 1000,
	      "<domain:hostAttr><domain:hostName>ns2.n1.vn</domain:hostName><domain:hostAddr "
	      "ip=\"v4\">192.0.2.1</domain:hostAddr><domain:hostAddr "
	      "ip=\"v6\">2001:db8::1</domain:hostAddr></domain:hostAttr>"},
	     {CREATE_X("n2.vn", "", NS(ATTR("bad name", ""))), 2005},
	     {CREATE_X("n2.vn", "", NS(ATTR("ns1.n2.vn", "<hostAddr>1.2.3.400</hostAddr>"))), 2005},
	     {CREATE_X("n2.vn", "", NS("<hostObj>ns1.example.net</hostObj>")), 2303},
	     {REGSIM_CMD("<create><create " H_NS "><name>ns1.example.net</name></create></create>", "H-1"),
	      1000},
	     {CREATE_X("n2.vn", "", NS("<hostObj>ns1.example.net</hostObj>")), 1000},
	     {INFO("n2.vn"), 1000, "<domain:status s=\"ok\"></domain:status>"},
	     {REGSIM_CMD("<delete><delete " H_NS "><name>ns1.example.net</name></delete></delete>", "H-2"),
	      2305},
	     {DELETE("n2.vn"), 1000},
	     {REGSIM_CMD("<delete><delete " H_NS "><name>ns1.example.net</name></delete></delete>", "H-3"),
	      1000},
	     {WITH_DS("ds.vn", "<s:dsData><s:keyTag>12345</s:keyTag><s:alg>13</s:alg><s:digestType>2</"
	                       "s:digestType><s:digest>49FD46E6C4B45C55</s:digest></s:dsData>"),
	      1000},
	     {INFO("ds.vn"), 1000, "<sec:digest>49FD46E6C4B45C55</sec:digest>"},
	     {INFO("ds.vn"), 1000, "<domain:status s=\"inactive\">"},
	     {WITH_DS("key.vn", "<s:keyData><s:flags>257</s:flags><s:protocol>3</s:protocol><s:alg>1</"
	                        "s:alg><s:pubKey>AQPJ</s:pubKey></s:keyData>"),
	      1000},
	     {INFO("key.vn"), 1000, "<sec:pubKey>AQPJ</sec:pubKey>"});
	close_world(&w);
}

static void test_ds_rules_without_schema(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w,
	     {WITH_DS("d1.vn", "<s:dsData><s:keyTag>70000</s:keyTag><s:alg>13</s:alg><s:digestType>2</"
	                       "s:digestType><s:digest>AB</s:digest></s:dsData>"),
	      2005},
	     {WITH_DS("d1.vn", "<s:dsData><s:keyTag>1</s:keyTag><s:alg>13</s:alg></s:dsData>"), 2003},
	     {WITH_DS("d1.vn", "<s:dsData><s:keyTag>1</s:keyTag><s:alg>13</s:alg><s:digestType>2</"
	                       "s:digestType><s:digest>ABC</s:digest></s:dsData>"),
	      2005},
	     {CREATE_X("d1.vn", "<period unit=\"y\">two</period>", HOLDER), 2005},
	     {CREATE_X("d1.vn", "<period>1</period>", HOLDER), 2004},
	     {CREATE_X("d1.vn", "", "<ns></ns>" HOLDER), 2003},
	     {CREATE_X("d1.vn", "", HOLDER "<contact type=\"boss\">HOLDER-A</contact>"), 2005},
	     {REGSIM_CMD("<create><create " D_NS "><name>d1.vn</name>" HOLDER "</create></create>", "C-2"),
	      2003},
	     {INFO("d1.vn"), 2303});
	close_world(&w);
}

static void test_domain_info_visibility(void **state)
{
	(void)state;
	struct world w;
	struct regsim_client b;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE("mine.vn"), 1000}, {INFO("mine.vn"), 1000, "<domain:pw>s3cret-pw</domain:pw>"},
	     {INFO("mine.vn"), 1000, "<domain:crDate>2026-11-19T19:20:00Z</domain:crDate>"},
	     {INFO("mine.vn"), 1000, "<domain:registrant>HOLDER-A</domain:registrant>"},
	     {INFO("other.vn"), 2303});
	regsim_client_open(&b, &w.loop, w.sim, "");
	assert_int_equal(regsim_client_login(&b, "reg-b", "pass-b1"), 1000);
	const char *a = regsim_client_ask(&b, INFO("mine.vn"));
	assert_int_equal(regsim_client_code(a), 1000);
	assert_null(strstr(a, "s3cret"));
	assert_non_null(strstr(a, "<domain:clID>reg-a</domain:clID>"));
	assert_int_equal(regsim_client_code(regsim_client_ask(&b, INFO_AUTH("mine.vn", "wrong"))), 2202);
	a = regsim_client_ask(&b, INFO_AUTH("mine.vn", "s3cret-pw"));
	assert_non_null(strstr(a, "s3cret"));
	assert_int_equal(regsim_client_code(regsim_client_ask(&b, RENEW("mine.vn", "2028-11-19", 1))), 2201);
	assert_int_equal(regsim_client_code(regsim_client_ask(&b, DELETE("mine.vn"))), 2201);
	assert_int_equal(regsim_client_code(regsim_client_ask(&b, DELETE("none.vn"))), 2303);
	regsim_client_fini(&b);
	close_world(&w);
}

static void test_hidden_and_default_namespace(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.hide_from_others = true;
	o.prefix = "";
	o.date_offset_s = HANOI_OFFSET_S;
	o.expire_midnight = true;
	open_world(&w, &o);
	assert_true(regsim_seed_domain(w.sim, STR("theirs.vn"), "reg-b", NULL, START - 90 * DAY_MS,
	                               START + 90 * DAY_MS));
	assert_false(regsim_seed_domain(w.sim, STR("theirs.vn"), "reg-b", NULL, START, START));
	login(&w, "reg-a");
	PLAY(&w, {INFO("theirs.vn"), 2201},
	     {CREATE("m.vn"), 1000, "<exDate>2028-11-20T00:00:00+07:00</exDate>"}, {CREATE("m.vn"), 2302},
	     {INFO("m.vn"), 1000, "<crDate>2026-11-20T02:20:00+07:00</crDate>"},
	     {RENEW("m.vn", "2028-11-19", 1), 2105},
	     {RENEW("m.vn", "2028-11-20", 1), 1000, "2029-11-20T00:00:00+07:00"},
	     {DOM_CHECK("<name>m.vn</name><name>free.vn</name>"), 1000,
	      "<name avail=\"0\">m.vn</name><reason>In use</reason>"},
	     {DOM_CHECK("<name>m.vn</name><name>free.vn</name>"), 1000, "<name avail=\"1\">free.vn</name>"});
	close_world(&w);
}

static void test_renew_rules(void **state)
{
	(void)state;
	struct world w;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE("r.com.vn"), 1000}, {RENEW("none.com.vn", "2028-11-19", 1), 2303},
	     {RENEW("r.com.vn", "2028-11-18", 1), 2105, "curExpDate"},
	     {RENEW("r.com.vn", "2028-11-19", 9), 2105}, {RENEW("r.com.vn", "2028-11-19", 11), 2004},
	     {RENEW("r.com.vn", "2028-11-19", 3), 1000, "2031-11-19"},
	     {RENEW("r.com.vn", "2028-11-19", 3), 2105});
	assert_true(regsim_domain_status(w.sim, STR("r.com.vn"), "serverRenewProhibited", true));
	assert_false(regsim_domain_status(w.sim, STR("r.com.vn"), "nonsense", true));
	PLAY(&w, {RENEW("r.com.vn", "2031-11-19", 1), 2304});
	assert_true(regsim_domain_status(w.sim, STR("r.com.vn"), "serverRenewProhibited", false));
	PLAY(&w, {RENEW("r.com.vn", "2031-11-19", 1), 1000});
	assert_true(regsim_domain(w.sim, STR("r.com.vn"), &d));
	assert_int_equal(d.times_renewed, 2);
	assert_int_equal(regsim_stats(w.sim)->domains_renewed, 2);
	close_world(&w);
}

static void test_renew_options(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL;
	o.bad_exp_code = 2306;
	o.renew_window_days = 60;
	open_world(&w, &o);
	assert_true(regsim_seed_domain(w.sim, STR("near.vn"), "reg-a", "HOLDER-A", START - 340 * DAY_MS,
	                               START + 25 * DAY_MS));
	assert_false(regsim_seed_domain(w.sim, STR("x.vn"), "reg-z", NULL, START, START));
	assert_false(regsim_seed_domain(w.sim, STR("x.vn"), "reg-a", "NOBODY", START, START));
	login(&w, "reg-a");
	PLAY(&w, {CREATE("far.vn"), 1000}, {RENEW("far.vn", "2028-11-19", 1), 2105, "too early"},
	     {RENEW("near.vn", "2026-12-15", 1), 2306}, {RENEW("near.vn", "soon", 1), 2005},
	     {REGSIM_CMD("<renew><renew " D_NS "><name>near.vn</name></renew></renew>", "R-2"), 2003},
	     {RENEW("near.vn", "2026-12-14", 1), 1000});
	close_world(&w);
}

static void test_life_after_expiry(void **state)
{
	(void)state;
	struct world w;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	o.idle_timeout_ms = 0;
	open_world(&w, &o);
	const char *names[] = {"e1.vn", "e2.vn"};
	for (int i = 0; i < 2; i++)
		assert_true(regsim_seed_domain(w.sim, str_c(names[i]), "reg-a", "HOLDER-A",
		                               START - 364 * DAY_MS, START + DAY_MS));
	login(&w, "reg-a");
	vloop_run_for(&w.loop, 2 * DAY_MS);
	PLAY(&w, {INFO("e1.vn"), 1000, "s=\"serverHold\""},
	     {RENEW("e1.vn", "2026-11-20", 1), 1000, "2027-11-20"});
	vloop_run_for(&w.loop, 30 * DAY_MS);
	PLAY(&w, {INFO("e2.vn"), 1000, "s=\"pendingDelete\""}, {RENEW("e2.vn", "2026-11-20", 1), 2304},
	     {CREATE("e2.vn"), 2302});
	vloop_run_for(&w.loop, 15 * DAY_MS);
	PLAY(&w, {INFO("e2.vn"), 2303}, {RENEW("e2.vn", "2026-11-20", 1), 2303}, {CREATE("e2.vn"), 1000});
	assert_true(regsim_domain(w.sim, STR("e2.vn"), &d));
	assert_int_equal(d.times_created, 1);
	close_world(&w);
}

static void test_money(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	static const struct regsim_zone zones[] = {{"id.vn", 10000, 50000, REGSIM_WAIVER_ZERO, 2},
	                                           {"biz.vn", 100000, 250000, REGSIM_WAIVER_REBATE, 2},
	                                           {"com.vn", 100000, 250000, REGSIM_WAIVER_NONE, 2}};
	o.zones = zones;
	o.zone_count = 3;
	o.low_balance_vnd = 100000;
	open_world(&w, &o);
	int64_t *money = regsim_balance(w.sim, "reg-a");
	assert_null(regsim_balance(w.sim, "reg-x"));
	*money = 0;
	login(&w, "reg-a");
	PLAY(&w, {CREATE("f.id.vn"), 1000}, {CREATE_X("g.id.vn", YEARS(3), HOLDER), 2104},
	     {CREATE("f.biz.vn"), 2104}, {RENEW("f.id.vn", "2028-11-19", 1), 2104},
	     {POLL_REQ, 1300 + 1, "Low account balance"});
	*money = 600000;
	PLAY(&w, {CREATE_X("g.id.vn", YEARS(3), HOLDER), 1000});
	assert_int_equal(*money, 550000);
	PLAY(&w, {CREATE("f.biz.vn"), 2104}, {CREATE("f.com.vn"), 2104});
	*money = 600000;
	PLAY(&w, {CREATE("f.biz.vn"), 1000});
	assert_int_equal(*money, 600000);
	PLAY(&w, {CREATE("f.com.vn"), 1000});
	assert_int_equal(*money, 0);
	const struct regsim_entry *e = regsim_ledger_at(w.sim, regsim_ledger_count(w.sim) - 1);
	assert_int_equal(e->fee_vnd, 600000);
	close_world(&w);
}

static void test_fee_extension(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	const char *exts[] = {"urn:ietf:params:xml:ns:epp:fee-1.0"};
	o.ext_uris = exts;
	o.ext_uri_count = 1;
	open_world(&w, &o);
	regsim_client_take(&w.c, 1000);
#define FEE_NS "xmlns:f=\"urn:ietf:params:xml:ns:epp:fee-1.0\""
#define WITH_FEE(name, fee)                                                                          \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" HOLDER AUTH "</create></create>" \
	           "<extension><f:create " FEE_NS ">" fee "</f:create></extension>",                 \
	           "C-3")
	PLAY(&w,
	     {LOGIN_X("reg-a", "pass-a1", OPTS,
	              OBJ "<svcExtension><extURI>urn:ietf:params:xml:ns:epp:fee-1.0</extURI></svcExtension>"),
	      1000},
	     {REGSIM_CMD(
	          "<check><check " D_NS
	          "><name>a.id.vn</name><name>a.com.vn</name></check></check><extension><f:check " FEE_NS ">"
	          "<f:command name=\"create\"><f:period unit=\"y\">2</f:period></f:command><f:command "
	          "name=\"transfer\"/></f:check></extension>",
	          "K-3"),
	      1000, "<fee:period unit=\"y\">2</fee:period><fee:fee>600000</fee:fee>"},
	     {WITH_FEE("a.com.vn", "<f:currency>USD</f:currency><f:fee>350000</f:fee>"), 2004},
	     {WITH_FEE("a.com.vn", "<f:fee>349999</f:fee>"), 2004},
	     {WITH_FEE("a.com.vn", "<f:currency>VND</f:currency><f:fee>350000.00</f:fee>"), 1000,
	      "<fee:fee>350000</fee:fee><fee:balance>9650000</fee:balance>"});
	close_world(&w);
}

static void test_pending_create(void **state)
{
	(void)state;
	struct world w;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	o.pending_glob = "p*.com.vn";
	o.refuse_glob = "px.com.vn";
	o.pending_min_ms = o.pending_max_ms = 5000;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE("pa.com.vn"), 1001, "crDate", "exDate"}, {CREATE("px.com.vn"), 1001},
	     {CREATE("pa.com.vn"), 2302}, {INFO("pa.com.vn"), 1000, "s=\"pendingCreate\"", "exDate"},
	     {RENEW("pa.com.vn", "2028-11-19", 1), 2304}, {DELETE("pa.com.vn"), 2304}, {POLL_REQ, 1300});
	assert_int_equal(regsim_outstanding(w.sim), 2);
	assert_int_equal(*regsim_balance(w.sim, "reg-a"), 10000000 - 1200000);
	PLAY(&w, {NULL, 5001, NULL, NULL}, {POLL_REQ, 1301, "paResult=\"1\">pa.com.vn"},
	     {POLL_REQ, 1301, "<msgQ count=\"2\" id=\"1\">"}, {POLL_REQ, 1301, "C-1</clTRID>"},
	     {REGSIM_CMD("<poll op=\"ack\"/>", "P-2"), 2003},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"77\"/>", "P-2"), 2303},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"1\"/>", "P-3"), 1000, "<msgQ count=\"1\" id=\"1\"/>"},
	     {POLL_REQ, 1301, "paResult=\"0\">px.com.vn"},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"2\"/>", "P-4"), 1000, "count=\"0\""}, {POLL_REQ, 1300},
	     {INFO("pa.com.vn"), 1000, "exDate", "pendingCreate"}, {INFO("px.com.vn"), 2303},
	     {RENEW("pa.com.vn", "2028-11-19", 1), 1000});
	assert_int_equal(*regsim_balance(w.sim, "reg-a"), 10000000 - 600000 - 250000);
	assert_true(regsim_domain(w.sim, STR("px.com.vn"), &d));
	assert_false(d.exists);
	assert_int_equal(regsim_stats(w.sim)->approved, 1);
	assert_int_equal(regsim_stats(w.sim)->refused, 1);
	close_world(&w);
}

static void test_poll_everywhere(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.msgq_everywhere = true;
	open_world(&w, &o);
	assert_true(regsim_poll_push(w.sim, "reg-a", STR("Maintenance <tonight> & more"), STR_NONE));
	assert_false(regsim_poll_push(w.sim, "reg-z", STR("x"), STR_NONE));
	assert_int_equal(regsim_poll_count(w.sim, "reg-a"), 1);
	login(&w, "reg-a");
	PLAY(&w, {INFO("a.vn"), 2303, "<msgQ count=\"1\" id=\"1\"/>"},
	     {POLL_REQ, 1301, "Maintenance &lt;tonight&gt; &amp; more"});
	close_world(&w);
}

#define CONTACT(id, postal, rest) \
	REGSIM_CMD("<create><create " C_NS "><id>" id "</id>" postal rest AUTH "</create></create>", "N-1")
#define ADDR(cc)   "<addr><street>12 Hùng Vương</street><city>Đà Lạt</city><cc>" cc "</cc></addr>"
#define POSTAL(cc) "<postalInfo type=\"loc\"><name>Nguyễn Văn A</name>" ADDR(cc) "</postalInfo>"
#define MAIL       "<voice>+84.912345678</voice><email>a@example.vn</email>"

static void test_contacts(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	o.xsd_dir = NULL;
	open_world(&w, &o);
	login(&w, "reg-a");
#define CON_INFO(id) REGSIM_CMD("<info><info " C_NS "><id>" id "</id></info></info>", "N-2")
	PLAY(
	    &w, {CONTACT("KH-1", POSTAL("VN"), MAIL), 1000, "<contact:id>KH-1</contact:id>"},
	    {CONTACT("KH-1", POSTAL("VN"), MAIL), 2302}, {CONTACT("K", POSTAL("VN"), MAIL), 2005},
	    {CONTACT("KH-2", "", MAIL), 2003}, {CONTACT("KH-2", POSTAL("vn"), MAIL), 2005},
	    {CONTACT("KH-2", POSTAL("VN"), "<voice>0912</voice><email>a@b</email>"), 2005},
	    {CONTACT("KH-2", POSTAL("VN"), "<email>nobody</email>"), 2005},
	    {CONTACT("KH-2", POSTAL("VN"), ""), 2003},
	    {CONTACT("KH-2", "<postalInfo type=\"x\"><name>n</name>" ADDR("VN") "</postalInfo>", MAIL), 2005},
	    {CONTACT("KH-2",
	             "<postalInfo type=\"loc\"><name>n</name><org>o</org>" ADDR(
	                 "VN") "</postalInfo>"
	                       "<postalInfo type=\"int\"><name>n</name>" ADDR("VN") "</postalInfo>",
	             MAIL),
	     1000},
	    {CON_INFO("KH-1"), 1000,
	     "<contact:street>12 Hùng Vương</contact:street><contact:city>Đà Lạt</contact:city>"},
	    {CON_INFO("KH-2"), 1000, "</contact:addr></contact:postalInfo><contact:postalInfo type=\"int\">"},
	    {CON_INFO("KH-3"), 2303}, {CON_INFO("HOLDER-B"), 2201}, {CREATE("holder.vn"), 1000},
	    {CON_INFO("HOLDER-A"), 1000, "linked"},
	    {REGSIM_CMD("<delete><delete " C_NS "><id>HOLDER-A</id></delete></delete>", "N-3"), 2305},
	    {REGSIM_CMD("<delete><delete " C_NS "><id>KH-2</id></delete></delete>", "N-4"), 1000},
	    {CON_INFO("KH-2"), 2303},
	    {REGSIM_CMD("<check><check " C_NS "><id>KH-1</id><id>KH-9</id></check></check>", "N-5"), 1000,
	     "<contact:id avail=\"1\">KH-9"},
	    {REGSIM_CMD("<update><update " C_NS "><id>KH-1</id></update></update>", "N-6"), 2101});
	assert_true(regsim_contact_exists(w.sim, STR("KH-1")));
	assert_false(regsim_contact_exists(w.sim, STR("KH-2")));
	close_world(&w);
}

static void test_hosts(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	assert_true(regsim_seed_domain(w.sim, STR("other.vn"), "reg-b", NULL, START, START + DAY_MS));
	login(&w, "reg-a");
#define HOST(name, addr) \
	REGSIM_CMD("<create><create " H_NS "><name>" name "</name>" addr "</create></create>", "H-1")
	PLAY(&w, {HOST("ns1.example.com", ""), 1000}, {HOST("ns1.example.com", ""), 2302},
	     {HOST("ns1.a.vn", ""), 2303}, {CREATE("a.vn"), 1000}, {HOST("ns1.a.vn", ""), 2003},
	     {HOST("ns1.a.vn", "<addr>999.1.1.1</addr>"), 2005},
	     {HOST("ns1.a.vn", "<addr>192.0.2.7</addr><addr ip=\"v6\">2001:db8::7</addr>"), 1000},
	     {HOST("ns1.other.vn", "<addr>192.0.2.7</addr>"), 2201}, {HOST("bad_name.example", ""), 2005},
	     {REGSIM_CMD("<info><info " H_NS "><name>NS1.a.vn</name></info></info>", "H-2"), 1000,
	      "<host:addr ip=\"v6\">2001:db8::7</host:addr>"},
	     {REGSIM_CMD("<check><check " H_NS "><name>ns1.a.vn</name><name>ns2.a.vn</name></check></check>",
	                 "H-3"),
	      1000, "avail=\"0\">ns1"},
	     {DELETE("a.vn"), 2305});
	assert_true(regsim_host_exists(w.sim, STR("ns1.a.vn")));
	close_world(&w);
}

static void test_update_and_delete(void **state)
{
	(void)state;
	struct world w;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	open_world(&w, &o);
	assert_true(regsim_seed_contact(w.sim, "HOLDER-2", "reg-a"));
	login(&w, "reg-a");
#define UPDATE(name, body) \
	REGSIM_CMD("<update><update " D_NS "><name>" name "</name>" body "</update></update>", "U-1")
	PLAY(&w, {CREATE("u.vn"), 1000},
	     {UPDATE("u.vn", "<add><status s=\"clientRenewProhibited\"/></add>"), 1000},
	     {RENEW("u.vn", "2028-11-19", 1), 2304},
	     {UPDATE("u.vn", "<rem><status s=\"clientRenewProhibited\"/></rem>"), 1000},
	     {RENEW("u.vn", "2028-11-19", 1), 1000},
	     {UPDATE("u.vn", "<add><status s=\"serverHold\"/></add>"), 2306},
	     {UPDATE("u.vn",
	             "<chg><registrant>HOLDER-2</registrant><authInfo><pw>other-pw</pw></authInfo></chg>"),
	      1000},
	     {INFO("u.vn"), 1000, "<domain:pw>other-pw</domain:pw>"},
	     {INFO("u.vn"), 1000, "<domain:registrant>HOLDER-2"},
	     {UPDATE("u.vn", "<add><contact type=\"tech\">HOLDER-2</contact></add>"), 2102},
	     {UPDATE("u.vn", "<add><status s=\"clientDeleteProhibited\"/></add>"), 1000},
	     {DELETE("u.vn"), 2304},
	     {UPDATE("u.vn", "<rem><status s=\"clientDeleteProhibited\"/></rem>"), 1000},
	     {DELETE("u.vn"), 1000}, {DELETE("u.vn"), 2303}, {CREATE("u.vn"), 1000});
	assert_true(regsim_domain(w.sim, STR("u.vn"), &d));
	assert_int_equal(d.times_created, 2);
	close_world(&w);
}

static void test_rate_and_deadlines(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	struct regsim_account a = two_accounts[0];
	struct regsim_account both[] = {a, two_accounts[1]};
	both[0].rate_per_s = 10;
	both[0].burst = 3;
	o.accounts = both;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {POLL_REQ, 1300}, {POLL_REQ, 1300}, {POLL_REQ, 1300}, {NULL, 100, NULL, NULL},
	     {POLL_REQ, 1300}, {POLL_REQ, 2502});
	assert_true(w.c.closed);
	close_world(&w);

	both[0].burst = 1;
	o.over_rate = REGSIM_OVER_SILENT;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {POLL_REQ, 1300});
	assert_null(regsim_client_ask(&w.c, POLL_REQ));
	assert_true(w.c.closed && w.c.aborted);
	assert_int_equal(regsim_stats(w.sim)->over_rate, 1);
	close_world(&w);

	open_world(&w, &o); /* never logs in */
	vloop_run_for(&w.loop, 9999);
	assert_false(w.c.closed);
	vloop_run_for(&w.loop, 2);
	assert_true(w.c.closed);
	close_world(&w);

	o.max_age_ms = 700000;
	open_world(&w, &o);
	login(&w, "reg-a");
	vloop_run_for(&w.loop, 590000);
	PLAY(&w, {POLL_REQ, 1300});
	vloop_run_for(&w.loop, 100000);
	assert_false(w.c.closed);
	vloop_run_for(&w.loop, 10001);
	assert_true(w.c.closed);
	assert_int_equal(regsim_stats(w.sim)->timeouts, 1);
	close_world(&w);
}

static void test_extension_needed(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	const char *exts[] = {"urn:example:vn-1.0"};
	const struct regsim_need need = {REGSIM_OP_CREATE, REGSIM_KIND_DOMAIN, "urn:example:vn-1.0",
	                                 "idNumber"};
	o.ext_uris = exts;
	o.ext_uri_count = 1;
	o.needs = &need;
	o.need_count = 1;
	open_world(&w, &o);
	regsim_client_take(&w.c, 1000);
#define WITH_VN(x)                                                                                     \
	REGSIM_CMD("<create><create " D_NS "><name>v.vn</name>" HOLDER AUTH "</create></create>"       \
	           "<extension><v:create xmlns:v=\"urn:example:vn-1.0\">" x "</v:create></extension>", \
	           "C-4")
	PLAY(&w, {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 1000}, {CREATE("v.vn"), 2003, "idNumber"},
	     {WITH_VN("<v:idNumber/>"), 2003},
	     {WITH_VN("<v:person><v:idNumber>068204001234</v:idNumber></v:person>"), 1000});
	close_world(&w);
}

static void test_schema_validation(void **state)
{
	(void)state;
	struct world w;
	struct regsim_options o = base_options();
	if (!o.xsd_dir) {
		print_message("no schema folder (VNEPP_XSD_DIR or ../shared/xsd)\n");
		skip();
	}
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE_X("s.vn", "<period unit=\"q\">1</period>", HOLDER), 2001, "unit"},
	     {REGSIM_CMD("<renew><renew " D_NS
	                 "><name>s.vn</name><curExpDate>20281119</curExpDate></renew></renew>",
	                 "X-1"),
	      2001},
	     {INFO("s.vn"), 2303});
	assert_int_equal(regsim_stats(w.sim)->xsd_failed, 2);
	close_world(&w);
	o.xsd_dir = "/nowhere";
	vloop_init(&w.loop, START);
	assert_null(regsim_new(&o, &w.loop.loop));
	vloop_fini(&w.loop);
}

static void test_ledger(void **state)
{
	(void)state;
	struct world w;
	struct buf b;
	struct regsim_domain_view d;
	struct regsim_options o = base_options();
	size_t at = 0;
	o.ledger = REGSIM_LEDGER_TRANSFORMS;
	open_world(&w, &o);
	login(&w, "reg-a");
	PLAY(&w, {CREATE("l.id.vn"), 1000}, {INFO("l.id.vn"), 1000}, {CREATE("l.id.vn"), 2302});
	assert_int_equal(regsim_ledger_count(w.sim), 2);
	const struct regsim_entry *e = regsim_ledger_at(w.sim, 0);
	assert_true(e->committed && e->code == 1000);
	assert_string_equal(e->name, "l.id.vn");
	assert_string_equal(e->cltrid, "C-1");
	assert_false(regsim_ledger_at(w.sim, 1)->committed);
	assert_int_equal(regsim_code_count(w.sim, 2302), 1);
	buf_init(&b, 1u << 16);
	regsim_entry_json(e, &b);
	assert_string_equal(
	    buf_cstr(&b),
	    "{\"seq\":1,\"at\":\"2026-11-19T19:20:00.000Z\",\"account\":\"reg-a\",\"op\":\"create\",\"kind\":"
	    "\"domain\","
	    "\"name\":\"l.id.vn\",\"cltrid\":\"C-1\",\"svtrid\":\"SIM-000000000002\",\"code\":1000,"
	    "\"committed\":true,"
	    "\"late\":false,\"fault\":\"none\",\"expires\":\"2028-11-19T19:20:00Z\",\"fee_vnd\":0}\n");
	assert_true(regsim_domain_next(w.sim, &at, &d));
	buf_clear(&b);
	regsim_domain_json(&d, &b);
	assert_string_equal(buf_cstr(&b), "{\"domain\":\"l.id.vn\",\"account\":\"reg-a\",\"registrant\":"
	                                  "\"HOLDER-A\",\"exists\":true,\"pending\":false,"
	                                  "\"created\":\"2026-11-19T19:20:00Z\",\"expires\":\"2028-11-19T19:"
	                                  "20:00Z\",\"expires_on\":\"2028-11-19\","
	                                  "\"times_created\":1,\"times_renewed\":0}\n");
	assert_false(regsim_domain_next(w.sim, &at, &d));
	buf_fini(&b);
	close_world(&w);
}

static int load_schema(void **state)
{
	(void)state;
	char path[4200];
	if (!xsd_dir())
		return 0;
	snprintf(path, sizeof path, "%s/epp-all.xsd", xsd_dir());
	xmlSchemaParserCtxtPtr p = xmlSchemaNewParserCtxt(path);
	schema = xmlSchemaParse(p);
	xmlSchemaFreeParserCtxt(p);
	return schema ? 0 : -1;
}

static int free_schema(void **state)
{
	(void)state;
	xmlSchemaFree(schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_greeting_and_hello),
	    cmocka_unit_test(test_login_rules),
	    cmocka_unit_test(test_login_failures_close),
	    cmocka_unit_test(test_login_new_password),
	    cmocka_unit_test(test_login_limits),
	    cmocka_unit_test(test_syntax),
	    cmocka_unit_test(test_deep_and_hostile_xml),
	    cmocka_unit_test(test_domain_create),
	    cmocka_unit_test(test_domain_name_servers_and_ds),
	    cmocka_unit_test(test_ds_rules_without_schema),
	    cmocka_unit_test(test_domain_info_visibility),
	    cmocka_unit_test(test_hidden_and_default_namespace),
	    cmocka_unit_test(test_renew_rules),
	    cmocka_unit_test(test_renew_options),
	    cmocka_unit_test(test_life_after_expiry),
	    cmocka_unit_test(test_money),
	    cmocka_unit_test(test_fee_extension),
	    cmocka_unit_test(test_pending_create),
	    cmocka_unit_test(test_poll_everywhere),
	    cmocka_unit_test(test_contacts),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_update_and_delete),
	    cmocka_unit_test(test_rate_and_deadlines),
	    cmocka_unit_test(test_extension_needed),
	    cmocka_unit_test(test_schema_validation),
	    cmocka_unit_test(test_ledger),
	};
	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
