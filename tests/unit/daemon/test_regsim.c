/* The registry simulator's rules: log-in, syntax, creating and showing domains. */
#include "tests/unit/daemon/regsim_play.h"

static void test_greeting_and_hello(void **state)
{
	struct world *w = *state;
	open_world(w);
	const char *g = regsim_client_take(&w->c, 1000);
	assert_non_null(g);
	assert_valid(g);
	assert_non_null(strstr(g, "<svDate>2026-11-19T19:20:00.000Z</svDate>"));
	assert_non_null(strstr(g, "urn:ietf:params:xml:ns:secDNS-1.1"));
	g = regsim_client_ask(&w->c, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><hello/></epp>");
	assert_non_null(g);
	assert_non_null(strstr(g, "<greeting>"));
}

static void test_login_rules(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL; /* the rules behind the schema are looked at here */
	open_world(w);
	regsim_client_take(&w->c, 1000);
	PLAY(w, {DOM_CHECK("<name>a.vn</name>"), 2002, "<clTRID>K-1</clTRID>"}, {LOGOUT, 2002},
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
	assert_true(w->c.closed);
	assert_false(w->c.aborted);
}

static void test_login_failures_close(void **state)
{
	struct world *w = *state;
	open_world(w);
	regsim_refuse_logins(w->sim, 1);
	regsim_client_take(&w->c, 1000);
	PLAY(w, {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 2200},
	     {LOGIN_X("reg-a", "wrong-1", OPTS, OBJ), 2200}, {LOGIN_X("reg-a", "wrong-1", OPTS, OBJ), 2501});
	assert_true(w->c.closed);
}

static void test_login_new_password(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL;
	open_world(w);
	regsim_client_take(&w->c, 1000);
#define NEW_PW(old, fresh) LOGIN_X("reg-a", old, "<newPW>" fresh "</newPW>" OPTS, OBJ)
	PLAY(w, {NEW_PW("pass-a1", "short"), 2005}, {NEW_PW("pass-a1", "pass-a1"), 2306},
	     {NEW_PW("pass-a1", "fresh-pw-1"), 1000}, {LOGOUT, 1500});
	regsim_client_fini(&w->c);
	regsim_client_open(&w->c, &w->loop, w->sim, "");
	assert_int_equal(regsim_client_login(&w->c, "reg-a", "pass-a1"), 2200);
	assert_int_equal(regsim_client_login(&w->c, "reg-a", "fresh-pw-1"), 1000);
}

static void test_login_limits(void **state)
{
	struct world *w = *state;
	struct regsim_client b, c;
	struct regsim_account accounts[] = {two_accounts[0], two_accounts[1]};
	accounts[1].subject = "CN=partner-b";
	w->o.accounts = accounts;
	open_logged_in(w);
	assert_int_equal(open_other(w, &b, "", "reg-a"), 1000);
	assert_int_equal(open_other(w, &c, "O=x,CN=partner-b", "reg-a"), 2502);
	assert_true(c.closed);
	assert_int_equal(regsim_stats(w->sim)->sessions_most, 2);
	regsim_client_fini(&b);
	regsim_client_fini(&c);
	assert_int_equal(open_other(w, &b, "CN=partner-b", "reg-b"), 1000);
	assert_int_equal(open_other(w, &c, "CN=partner-a", "reg-b"), 2200);
	regsim_client_fini(&b);
	regsim_client_fini(&c);
}

static void test_syntax(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL; /* the reader alone must see all of it */
	open_logged_in(w);
#define RAW(body) "<epp xmlns=\"" REGSIM_CLIENT_NS "\">" body "</epp>"
	PLAY(
	    w, {"<epp", 2001, NULL, "clTRID>"}, {" ", 2001}, {"hello", 2001},
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
	assert_false(w->c.closed);
}

static void test_deep_and_hostile_xml(void **state)
{
	struct world *w = *state;
	struct buf b;
	w->o.xsd_dir = NULL;
	open_logged_in(w);
	buf_init(&b, 1u << 20);
	buf_lit(&b, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><command><info>");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "<x%d>", i);
	for (int i = 199; i >= 0; i--)
		buf_printf(&b, "</x%d>", i);
	buf_lit(&b, "</info><clTRID>DEEP</clTRID></command></epp>");
	PLAY(w, {buf_cstr(&b), 2001, "DEEP"});
	for (int round = 0; round < 4; round++) { /* fills the parser's dictionary until it is thrown away */
		buf_clear(&b);
		buf_lit(&b, "<epp xmlns=\"" REGSIM_CLIENT_NS "\"><command><info>");
		for (int i = 0; i < 3000; i++)
			buf_printf(&b, "<y%d-%d/>", round, i);
		buf_lit(&b, "</info></command></epp>");
		PLAY(w, {buf_cstr(&b), 2001}, {INFO("a.vn"), 2303, "I-1"});
	}
	buf_fini(&b);
}

static void test_domain_create(void **state)
{
	struct world *w = *state;
	struct regsim_domain_view d;
	const char *reserved[] = {"hanoi*"};
	w->o.reserved = reserved;
	w->o.reserved_count = 1;
	open_logged_in(w);
	PLAY(w, {CREATE("Shop.biz.vn"), 1000, "<domain:exDate>2028-11-19T19:20:00Z</domain:exDate>"},
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
	assert_true(regsim_domain(w->sim, STR("shop.biz.vn"), &d));
	assert_string_equal(d.account, "reg-a");
	assert_int_equal(d.times_created, 1);
	assert_true(str_eq(d.registrant, STR("HOLDER-A")));
	assert_int_equal(d.expires_on, date_make(2028, 11, 19));
	assert_false(regsim_domain(w->sim, STR("q.example"), &d));
}

static void test_domain_name_servers_and_ds(void **state)
{
	struct world *w = *state;
	open_logged_in(w);
#define ATTR(name, addr) "<hostAttr><hostName>" name "</hostName>" addr "</hostAttr>"
#define NS(x)            "<ns>" x "</ns>" HOLDER
#define WITH_DS(name, ds)                                                                            \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" HOLDER AUTH "</create></create>" \
	           "<extension><s:create xmlns:s=\"urn:ietf:params:xml:ns:secDNS-1.1\">" ds          \
	           "</s:create></extension>",                                                        \
	           "C-9")
	PLAY(w,
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
}

static void test_ds_rules_without_schema(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL;
	open_logged_in(w);
	PLAY(w,
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
}

static void test_domain_info_visibility(void **state)
{
	struct world *w = *state;
	struct regsim_client b;
	open_logged_in(w);
	PLAY(w, {CREATE("mine.vn"), 1000}, {INFO("mine.vn"), 1000, "<domain:pw>s3cret-pw</domain:pw>"},
	     {INFO("mine.vn"), 1000, "<domain:crDate>2026-11-19T19:20:00Z</domain:crDate>"},
	     {INFO("mine.vn"), 1000, "<domain:registrant>HOLDER-A</domain:registrant>"},
	     {INFO("other.vn"), 2303});
	assert_int_equal(open_other(w, &b, "", "reg-b"), 1000);
	const char *a = regsim_client_ask(&b, INFO("mine.vn"));
	assert_int_equal(regsim_client_code(a), 1000);
	assert_null(strstr(a, "s3cret"));
	assert_non_null(strstr(a, "<domain:clID>reg-a</domain:clID>"));
	assert_int_equal(regsim_client_ask_code(&b, INFO_AUTH("mine.vn", "wrong")), 2202);
	a = regsim_client_ask(&b, INFO_AUTH("mine.vn", "s3cret-pw"));
	assert_non_null(strstr(a, "s3cret"));
	assert_int_equal(regsim_client_ask_code(&b, RENEW("mine.vn", "2028-11-19", 1)), 2201);
	assert_int_equal(regsim_client_ask_code(&b, DELETE("mine.vn")), 2201);
	assert_int_equal(regsim_client_ask_code(&b, DELETE("none.vn")), 2303);
	regsim_client_fini(&b);
}

static void test_hidden_and_default_namespace(void **state)
{
	struct world *w = *state;
	w->o.hide_from_others = true;
	w->o.prefix = "";
	w->o.date_offset_s = HANOI_OFFSET_S;
	w->o.expire_midnight = true;
	open_world(w);
	assert_true(regsim_seed_domain(w->sim, STR("theirs.vn"), "reg-b", NULL, START - 90 * DAY_MS,
	                               START + 90 * DAY_MS));
	assert_false(regsim_seed_domain(w->sim, STR("theirs.vn"), "reg-b", NULL, START, START));
	log_in(w);
	PLAY(w, {INFO("theirs.vn"), 2201},
	     {CREATE("m.vn"), 1000, "<exDate>2028-11-20T00:00:00+07:00</exDate>"}, {CREATE("m.vn"), 2302},
	     {INFO("m.vn"), 1000, "<crDate>2026-11-20T02:20:00+07:00</crDate>"},
	     {RENEW("m.vn", "2028-11-19", 1), 2105},
	     {RENEW("m.vn", "2028-11-20", 1), 1000, "2029-11-20T00:00:00+07:00"},
	     {DOM_CHECK("<name>m.vn</name><name>free.vn</name>"), 1000,
	      "<name avail=\"0\">m.vn</name><reason>In use</reason>"},
	     {DOM_CHECK("<name>m.vn</name><name>free.vn</name>"), 1000, "<name avail=\"1\">free.vn</name>"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_greeting_and_hello),
	    T(test_login_rules),
	    T(test_login_failures_close),
	    T(test_login_new_password),
	    T(test_login_limits),
	    T(test_syntax),
	    T(test_deep_and_hostile_xml),
	    T(test_domain_create),
	    T(test_domain_name_servers_and_ds),
	    T(test_ds_rules_without_schema),
	    T(test_domain_info_visibility),
	    T(test_hidden_and_default_namespace),
	};
	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
