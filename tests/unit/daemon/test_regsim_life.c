/* The registry simulator's rules: what happens to objects after their creation, money, limits, and the ledger. */
#include "tests/unit/daemon/regsim_play.h"

static void test_renew_rules(void **state)
{
	struct world *w = *state;
	struct regsim_domain_view d;
	open_logged_in(w);
	PLAY(w, {CREATE("r.com.vn"), 1000}, {RENEW("none.com.vn", "2028-11-19", 1), 2303},
	     {RENEW("r.com.vn", "2028-11-18", 1), 2105, "curExpDate"},
	     {RENEW("r.com.vn", "2028-11-19", 9), 2105}, {RENEW("r.com.vn", "2028-11-19", 11), 2004},
	     {RENEW("r.com.vn", "2028-11-19", 3), 1000, "2031-11-19"},
	     {RENEW("r.com.vn", "2028-11-19", 3), 2105});
	assert_true(regsim_domain_status(w->sim, STR("r.com.vn"), "serverRenewProhibited", true));
	assert_false(regsim_domain_status(w->sim, STR("r.com.vn"), "nonsense", true));
	PLAY(w, {RENEW("r.com.vn", "2031-11-19", 1), 2304});
	assert_true(regsim_domain_status(w->sim, STR("r.com.vn"), "serverRenewProhibited", false));
	PLAY(w, {RENEW("r.com.vn", "2031-11-19", 1), 1000});
	assert_true(regsim_domain(w->sim, STR("r.com.vn"), &d));
	assert_int_equal(d.times_renewed, 2);
	assert_int_equal(regsim_stats(w->sim)->domains_renewed, 2);
}

static void test_renew_options(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL;
	w->o.bad_exp_code = 2306;
	w->o.renew_window_days = 60;
	open_world(w);
	assert_true(regsim_seed_domain(w->sim, STR("near.vn"), "reg-a", "HOLDER-A", START - 340 * DAY_MS,
	                               START + 25 * DAY_MS));
	assert_false(regsim_seed_domain(w->sim, STR("x.vn"), "reg-z", NULL, START, START));
	assert_false(regsim_seed_domain(w->sim, STR("x.vn"), "reg-a", "NOBODY", START, START));
	log_in(w);
	PLAY(w, {CREATE("far.vn"), 1000}, {RENEW("far.vn", "2028-11-19", 1), 2105, "too early"},
	     {RENEW("near.vn", "2026-12-15", 1), 2306}, {RENEW("near.vn", "soon", 1), 2005},
	     {REGSIM_CMD("<renew><renew " D_NS "><name>near.vn</name></renew></renew>", "R-2"), 2003},
	     {RENEW("near.vn", "2026-12-14", 1), 1000});
}

static void test_life_after_expiry(void **state)
{
	struct world *w = *state;
	struct regsim_domain_view d;
	w->o.idle_timeout_ms = 0;
	open_world(w);
	const char *names[] = {"e1.vn", "e2.vn"};
	for (int i = 0; i < 2; i++)
		assert_true(regsim_seed_domain(w->sim, str_c(names[i]), "reg-a", "HOLDER-A",
		                               START - 364 * DAY_MS, START + DAY_MS));
	log_in(w);
	vloop_run_for(&w->loop, 2 * DAY_MS);
	PLAY(w, {INFO("e1.vn"), 1000, "s=\"serverHold\""},
	     {RENEW("e1.vn", "2026-11-20", 1), 1000, "2027-11-20"});
	vloop_run_for(&w->loop, 30 * DAY_MS);
	PLAY(w, {INFO("e2.vn"), 1000, "s=\"pendingDelete\""}, {RENEW("e2.vn", "2026-11-20", 1), 2304},
	     {CREATE("e2.vn"), 2302});
	vloop_run_for(&w->loop, 15 * DAY_MS);
	PLAY(w, {INFO("e2.vn"), 2303}, {RENEW("e2.vn", "2026-11-20", 1), 2303}, {CREATE("e2.vn"), 1000});
	assert_true(regsim_domain(w->sim, STR("e2.vn"), &d));
	assert_int_equal(d.times_created, 1);
}

static void test_money(void **state)
{
	struct world *w = *state;
	static const struct regsim_zone zones[] = {{"id.vn", 10000, 50000, REGSIM_WAIVER_ZERO, 2},
	                                           {"biz.vn", 100000, 250000, REGSIM_WAIVER_REBATE, 2},
	                                           {"com.vn", 100000, 250000, REGSIM_WAIVER_NONE, 2}};
	w->o.zones = zones;
	w->o.zone_count = 3;
	w->o.low_balance_vnd = 100000;
	open_world(w);
	int64_t *money = regsim_balance(w->sim, "reg-a");
	assert_null(regsim_balance(w->sim, "reg-x"));
	*money = 0;
	log_in(w);
	PLAY(w, {CREATE("f.id.vn"), 1000}, {CREATE_X("g.id.vn", YEARS(3), HOLDER), 2104},
	     {CREATE("f.biz.vn"), 2104}, {RENEW("f.id.vn", "2028-11-19", 1), 2104},
	     {POLL_REQ, 1300 + 1, "Low account balance"});
	*money = 600000;
	PLAY(w, {CREATE_X("g.id.vn", YEARS(3), HOLDER), 1000});
	assert_int_equal(*money, 550000);
	PLAY(w, {CREATE("f.biz.vn"), 2104}, {CREATE("f.com.vn"), 2104});
	*money = 600000;
	PLAY(w, {CREATE("f.biz.vn"), 1000});
	assert_int_equal(*money, 600000);
	PLAY(w, {CREATE("f.com.vn"), 1000});
	assert_int_equal(*money, 0);
	const struct regsim_entry *e = regsim_ledger_at(w->sim, regsim_ledger_count(w->sim) - 1);
	assert_int_equal(e->fee_vnd, 600000);
}

static void test_fee_extension(void **state)
{
	struct world *w = *state;
	const char *exts[] = {"urn:ietf:params:xml:ns:epp:fee-1.0"};
	w->o.ext_uris = exts;
	w->o.ext_uri_count = 1;
	open_world(w);
	regsim_client_take(&w->c, 1000);
#define FEE_NS "xmlns:f=\"urn:ietf:params:xml:ns:epp:fee-1.0\""
#define WITH_FEE(name, fee)                                                                          \
	REGSIM_CMD("<create><create " D_NS "><name>" name "</name>" HOLDER AUTH "</create></create>" \
	           "<extension><f:create " FEE_NS ">" fee "</f:create></extension>",                 \
	           "C-3")
	PLAY(w,
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
}

static void test_pending_create(void **state)
{
	struct world *w = *state;
	struct regsim_domain_view d;
	w->o.pending_glob = "p*.com.vn";
	w->o.refuse_glob = "px.com.vn";
	w->o.pending_min_ms = w->o.pending_max_ms = 5000;
	open_logged_in(w);
	PLAY(w, {CREATE("pa.com.vn"), 1001, "crDate", "exDate"}, {CREATE("px.com.vn"), 1001},
	     {CREATE("pa.com.vn"), 2302}, {INFO("pa.com.vn"), 1000, "s=\"pendingCreate\"", "exDate"},
	     {RENEW("pa.com.vn", "2028-11-19", 1), 2304}, {DELETE("pa.com.vn"), 2304}, {POLL_REQ, 1300});
	assert_int_equal(regsim_outstanding(w->sim), 2);
	assert_int_equal(*regsim_balance(w->sim, "reg-a"), 10000000 - 1200000);
	PLAY(w, {NULL, 5001, NULL, NULL}, {POLL_REQ, 1301, "paResult=\"1\">pa.com.vn"},
	     {POLL_REQ, 1301, "<msgQ count=\"2\" id=\"1\">"}, {POLL_REQ, 1301, "C-1</clTRID>"},
	     {REGSIM_CMD("<poll op=\"ack\"/>", "P-2"), 2003},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"77\"/>", "P-2"), 2303},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"1\"/>", "P-3"), 1000, "<msgQ count=\"1\" id=\"1\"/>"},
	     {POLL_REQ, 1301, "paResult=\"0\">px.com.vn"},
	     {REGSIM_CMD("<poll op=\"ack\" msgID=\"2\"/>", "P-4"), 1000, "count=\"0\""}, {POLL_REQ, 1300},
	     {INFO("pa.com.vn"), 1000, "exDate", "pendingCreate"}, {INFO("px.com.vn"), 2303},
	     {RENEW("pa.com.vn", "2028-11-19", 1), 1000});
	assert_int_equal(*regsim_balance(w->sim, "reg-a"), 10000000 - 600000 - 250000);
	assert_true(regsim_domain(w->sim, STR("px.com.vn"), &d));
	assert_false(d.exists);
	assert_int_equal(regsim_stats(w->sim)->approved, 1);
	assert_int_equal(regsim_stats(w->sim)->refused, 1);
}

static void test_poll_everywhere(void **state)
{
	struct world *w = *state;
	w->o.msgq_everywhere = true;
	open_world(w);
	assert_true(regsim_poll_push(w->sim, "reg-a", STR("Maintenance <tonight> & more"), STR_NONE));
	assert_false(regsim_poll_push(w->sim, "reg-z", STR("x"), STR_NONE));
	assert_int_equal(regsim_poll_count(w->sim, "reg-a"), 1);
	log_in(w);
	PLAY(w, {INFO("a.vn"), 2303, "<msgQ count=\"1\" id=\"1\"/>"},
	     {POLL_REQ, 1301, "Maintenance &lt;tonight&gt; &amp; more"});
}

#define CONTACT(id, postal, rest) \
	REGSIM_CMD("<create><create " C_NS "><id>" id "</id>" postal rest AUTH "</create></create>", "N-1")
#define ADDR(cc)   "<addr><street>12 Hùng Vương</street><city>Đà Lạt</city><cc>" cc "</cc></addr>"
#define POSTAL(cc) "<postalInfo type=\"loc\"><name>Nguyễn Văn A</name>" ADDR(cc) "</postalInfo>"
#define MAIL       "<voice>+84.912345678</voice><email>a@example.vn</email>"

static void test_contacts(void **state)
{
	struct world *w = *state;
	w->o.xsd_dir = NULL;
	open_logged_in(w);
#define CON_INFO(id) REGSIM_CMD("<info><info " C_NS "><id>" id "</id></info></info>", "N-2")
	PLAY(
	    w, {CONTACT("KH-1", POSTAL("VN"), MAIL), 1000, "<contact:id>KH-1</contact:id>"},
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
	assert_true(regsim_contact_exists(w->sim, STR("KH-1")));
	assert_false(regsim_contact_exists(w->sim, STR("KH-2")));
}

static void test_hosts(void **state)
{
	struct world *w = *state;
	open_world(w);
	assert_true(regsim_seed_domain(w->sim, STR("other.vn"), "reg-b", NULL, START, START + DAY_MS));
	log_in(w);
#define HOST(name, addr) \
	REGSIM_CMD("<create><create " H_NS "><name>" name "</name>" addr "</create></create>", "H-1")
	PLAY(w, {HOST("ns1.example.com", ""), 1000}, {HOST("ns1.example.com", ""), 2302},
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
	assert_true(regsim_host_exists(w->sim, STR("ns1.a.vn")));
}

static void test_update_and_delete(void **state)
{
	struct world *w = *state;
	struct regsim_domain_view d;
	open_world(w);
	assert_true(regsim_seed_contact(w->sim, "HOLDER-2", "reg-a"));
	log_in(w);
#define UPDATE(name, body) \
	REGSIM_CMD("<update><update " D_NS "><name>" name "</name>" body "</update></update>", "U-1")
	PLAY(w, {CREATE("u.vn"), 1000},
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
	assert_true(regsim_domain(w->sim, STR("u.vn"), &d));
	assert_int_equal(d.times_created, 2);
}

static void test_rate_and_deadlines(void **state)
{
	struct world *w = *state;
	struct regsim_account a = two_accounts[0];
	struct regsim_account both[] = {a, two_accounts[1]};
	both[0].rate_per_s = 10;
	both[0].burst = 3;
	w->o.accounts = both;
	open_logged_in(w);
	PLAY(w, {POLL_REQ, 1300}, {POLL_REQ, 1300}, {POLL_REQ, 1300}, {NULL, 100, NULL, NULL},
	     {POLL_REQ, 1300}, {POLL_REQ, 2502});
	assert_true(w->c.closed);
	both[0].burst = 1;
	w->o.over_rate = REGSIM_OVER_SILENT;
	open_logged_in(w);
	PLAY(w, {POLL_REQ, 1300});
	assert_null(regsim_client_ask(&w->c, POLL_REQ));
	assert_true(w->c.closed && w->c.aborted);
	assert_int_equal(regsim_stats(w->sim)->over_rate, 1);
	open_world(w); /* never logs in */
	vloop_run_for(&w->loop, 9999);
	assert_false(w->c.closed);
	vloop_run_for(&w->loop, 2);
	assert_true(w->c.closed);
	w->o.max_age_ms = 700000;
	open_logged_in(w);
	vloop_run_for(&w->loop, 590000);
	PLAY(w, {POLL_REQ, 1300});
	vloop_run_for(&w->loop, 100000);
	assert_false(w->c.closed);
	vloop_run_for(&w->loop, 10001);
	assert_true(w->c.closed);
	assert_int_equal(regsim_stats(w->sim)->timeouts, 1);
}

static void test_extension_needed(void **state)
{
	struct world *w = *state;
	const char *exts[] = {"urn:example:vn-1.0"};
	const struct regsim_need need = {REGSIM_OP_CREATE, REGSIM_KIND_DOMAIN, "urn:example:vn-1.0",
	                                 "idNumber", "0*"};
	w->o.ext_uris = exts;
	w->o.ext_uri_count = 1;
	w->o.needs = &need;
	w->o.need_count = 1;
	open_world(w);
	regsim_client_take(&w->c, 1000);
#define WITH_VN(x)                                                                                     \
	REGSIM_CMD("<create><create " D_NS "><name>v.vn</name>" HOLDER AUTH "</create></create>"       \
	           "<extension><v:create xmlns:v=\"urn:example:vn-1.0\">" x "</v:create></extension>", \
	           "C-4")
	PLAY(w, {LOGIN_X("reg-a", "pass-a1", OPTS, OBJ), 1000}, {CREATE("v.vn"), 2003, "idNumber"},
	     {WITH_VN("<v:idNumber/>"), 2003}, {WITH_VN("<v:idNumber>1</v:idNumber>"), 2306, "idNumber"},
	     {WITH_VN("<v:person><v:idNumber>068204001234</v:idNumber><v:sex>1</v:sex></v:person>"), 1000});
	const struct regsim_entry *last = regsim_ledger_at(w->sim, regsim_ledger_count(w->sim) - 1);
	assert_string_equal(last->ext, "idNumber=068204001234; sex=1");
	assert_null(regsim_ledger_at(w->sim, 0)->ext);
}

static void test_schema_validation(void **state)
{
	struct world *w = *state;
	if (!w->o.xsd_dir) {
		print_message("no schema folder (VNEPP_XSD_DIR or ../shared/xsd)\n");
		skip();
	}
	open_logged_in(w);
	PLAY(w, {CREATE_X("s.vn", "<period unit=\"q\">1</period>", HOLDER), 2001, "unit"},
	     {REGSIM_CMD("<renew><renew " D_NS
	                 "><name>s.vn</name><curExpDate>20281119</curExpDate></renew></renew>",
	                 "X-1"),
	      2001},
	     {INFO("s.vn"), 2303});
	assert_int_equal(regsim_stats(w->sim)->xsd_failed, 2);
	w->o.xsd_dir = "/nowhere";
	assert_null(regsim_new(&w->o, &w->loop.loop));
}

static void test_ledger(void **state)
{
	struct world *w = *state;
	struct buf b;
	struct regsim_domain_view d;
	size_t at = 0;
	w->o.ledger = REGSIM_LEDGER_TRANSFORMS;
	open_logged_in(w);
	PLAY(w, {CREATE("l.id.vn"), 1000}, {INFO("l.id.vn"), 1000}, {CREATE("l.id.vn"), 2302});
	assert_int_equal(regsim_ledger_count(w->sim), 2);
	const struct regsim_entry *e = regsim_ledger_at(w->sim, 0);
	assert_true(e->committed && e->code == 1000);
	assert_string_equal(e->name, "l.id.vn");
	assert_string_equal(e->cltrid, "C-1");
	assert_false(regsim_ledger_at(w->sim, 1)->committed);
	assert_int_equal(regsim_code_count(w->sim, 2302), 1);
	buf_init(&b, 1u << 16);
	regsim_entry_json(e, &b);
	assert_string_equal(
	    buf_cstr(&b),
	    "{\"seq\":1,\"at\":\"2026-11-19T19:20:00.000Z\",\"account\":\"reg-a\",\"op\":\"create\",\"kind\":"
	    "\"domain\","
	    "\"name\":\"l.id.vn\",\"cltrid\":\"C-1\",\"svtrid\":\"SIM-000000000002\",\"code\":1000,"
	    "\"committed\":true,"
	    "\"late\":false,\"fault\":\"none\",\"expires\":\"2028-11-19T19:20:00Z\",\"fee_vnd\":0}\n");
	assert_true(regsim_domain_next(w->sim, &at, &d));
	buf_clear(&b);
	regsim_domain_json(&d, &b);
	assert_string_equal(buf_cstr(&b), "{\"domain\":\"l.id.vn\",\"account\":\"reg-a\",\"registrant\":"
	                                  "\"HOLDER-A\",\"exists\":true,\"pending\":false,"
	                                  "\"created\":\"2026-11-19T19:20:00Z\",\"expires\":\"2028-11-19T19:"
	                                  "20:00Z\",\"expires_on\":\"2028-11-19\","
	                                  "\"times_created\":1,\"times_renewed\":0}\n");
	assert_false(regsim_domain_next(w->sim, &at, &d));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_renew_rules),
	    T(test_renew_options),
	    T(test_life_after_expiry),
	    T(test_money),
	    T(test_fee_extension),
	    T(test_pending_create),
	    T(test_poll_everywhere),
	    T(test_contacts),
	    T(test_hosts),
	    T(test_update_and_delete),
	    T(test_rate_and_deadlines),
	    T(test_extension_needed),
	    T(test_schema_validation),
	    T(test_ledger),
	};
	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
