/* Every builder: the frame is valid by both grammars, or nothing is written and the reason names no value. */
#include "epp/command.h"

#include "epp/base/rng.h"
#include "epp/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/epp/schema.h"

/* libxml2 2.9's validators lose a copy of some texts with white space; nothing of ours calls xmlStrdup(). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:xmlStrdup\n";
}

static struct schema schema;
static struct buf out;
static struct errmsg msg;

static const struct epp_cmd cmd = {.cltrid = {"VN-1-2s-f3-c", 12}};

/* Takes the one frame that must be in `out`. */
static struct str frame_of(enum err err)
{
	struct str payload;
	size_t used;
	if (err != OK)
		fail_msg("%s: %s", err_name(err), msg.text);
	assert_int_equal(epp_frame_next(buf_str(&out), 1 << 20, &payload, &used), OK);
	assert_int_equal(used, buf_len(&out));
	return payload;
}

/* `registry_own`: has elements that the published schemas do not know. */
static void check(enum err err, bool registry_own)
{
	struct str xml = frame_of(err);
	if (!schema_check_rng(&schema, xml))
		fail_msg("%s\n%.*s", schema.why, STR_ARG(xml));
	if (!registry_own && !schema_check_xsd(&schema, xml))
		fail_msg("%s\n%.*s", schema.why, STR_ARG(xml));
}

#define VALID(call)         (buf_clear(&out), check((call), false))
#define VALID_BUT_OWN(call) (buf_clear(&out), check((call), true))

static void has(const char *part)
{
	if (!strstr(buf_cstr(&out) + EPP_FRAME_HEADER, part))
		fail_msg("no \"%s\" in %s", part, buf_cstr(&out) + EPP_FRAME_HEADER);
}

static void refused(enum err err, enum err want, const char *part)
{
	if (err != want)
		fail_msg("%s, not %s (%s)", err_name(err), err_name(want), part);
	if (!strstr(msg.text, part))
		fail_msg("\"%s\" has no \"%s\"", msg.text, part);
	assert_int_equal(buf_len(&out), 0);
	assert_true(buf_ok(&out));
	msg.text[0] = '\0';
}

#define REFUSED(call, want, part) (buf_clear(&out), refused((call), (want), (part)))

/* ---- session ---- */

static const struct str objs[] = {{"urn:ietf:params:xml:ns:domain-1.0", 33},
                                  {"urn:ietf:params:xml:ns:contact-1.0", 34}};
static const struct str exts[] = {{"urn:ietf:params:xml:ns:secDNS-1.1", 33}};

static struct epp_login login_of(const char *pw)
{
	return (struct epp_login){.cl_id = STR("ClientX"), .pw = str_c(pw), .obj_uris = objs, .obj_count = 2};
}

static void session_commands_are_valid(void **state)
{
	(void)state;
	VALID(epp_build_logout(&out, &cmd, &msg));
	VALID(epp_build_poll_req(&out, &cmd, &msg));
	VALID(epp_build_poll_ack(&out, &cmd, STR("12\"<&>345"), &msg));
	has("msgID=\"12&quot;&lt;&amp;&gt;345\"");
	REFUSED(epp_build_poll_ack(&out, &cmd, STR(""), &msg), ERR_INVALID, "msgID");
}

static void login_is_valid(void **state)
{
	struct epp_login l = login_of("foo-BAR2");
	(void)state;
	VALID(epp_build_login(&out, &cmd, &l, &msg));
	l.new_pw = STR("bar-FOO2<&>");
	l.ext_uris = exts;
	l.ext_count = 1;
	l.lang = STR("vi");
	VALID(epp_build_login(&out, &cmd, &l, &msg));
	has("<newPW>bar-FOO2&lt;&amp;&gt;</newPW>");
	has("<lang>vi</lang>");
	l.login_sec = true;
	l.pw = STR("a password with more than sixteen characters");
	VALID(epp_build_login(&out, &cmd, &l, &msg));
	has("<pw>[LOGIN-SECURITY]</pw><newPW>[LOGIN-SECURITY]</newPW>");
	has("<loginSec:pw>a password with");
	l.agent_app = STR("vnepp 0.1");
	l.agent_os = STR("Linux");
	VALID(epp_build_login(&out, &cmd, &l, &msg));
	l.agent_app = STR("");
	VALID(epp_build_login(&out, &cmd, &l, &msg));
}

static void wrong_logins_are_refused_without_the_password(void **state)
{
	static const char *const bad[] = {
	    "",           "short",      "hunter2hunter2hunter2", "hunter2\x01", " hunter2", "hunter2  x",
	    "hunter2\nx", "hunter2\xff"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct epp_login l = login_of(bad[i]);
		buf_clear(&out);
		enum err err = epp_build_login(&out, &cmd, &l, &msg);
		assert_true(err == ERR_INVALID || err == ERR_TOO_LONG);
		assert_null(strstr(msg.text, "hunter2"));
		assert_memory_equal(msg.text, "pw ", 3);
		l.login_sec = true;
		if (i != 2) { /* as long as it likes there */
			assert_int_equal(epp_build_login(&out, &cmd, &l, &msg), ERR_INVALID);
			assert_int_equal(buf_len(&out), 0);
		}
	}
	struct epp_login l = login_of("foo-BAR2");
	l.obj_count = 0;
	REFUSED(epp_build_login(&out, &cmd, &l, &msg), ERR_INVALID, "objURI");
}

static void transaction_id_is_checked(void **state)
{
	static const char *const bad[] = {"", "ab", " abc", "abc ", "a\002c"};
	char longer[66];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct epp_cmd c = {.cltrid = str_c(bad[i])};
		REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "clTRID");
	}
	memset(longer, 'x', 65);
	longer[65] = '\0';
	struct epp_cmd c = {.cltrid = str_c(longer)};
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_TOO_LONG, "clTRID");
	c.cltrid.len = 64;
	VALID(epp_build_logout(&out, &c, &msg));
}

/* ---- domain ---- */

static const struct str names[] = {{"nguyenvana.id.vn", 16}, {"xn--tingvit-5t4cyc.vn", 21}, {"a.vn", 4}};
static const struct epp_addr addrs[] = {{false, {"192.0.2.1", 9}}, {true, {"2001:db8::1", 11}}};
static const struct epp_ns_host hosts[] = {{{"ns1.example.vn", 14}, addrs, 2},
                                           {{"ns2.example.vn", 14}, NULL, 0}};
static const struct epp_contact_ref contacts[] = {{{"admin", 5}, {"VN-000001", 9}},
                                                  {{"tech", 4}, {"VN-000002", 9}}};
static const struct epp_ds ds[] = {
    {12345, 13, 2, {"49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC1234", 64}}};

static struct epp_domain_create create_of(void)
{
	return (struct epp_domain_create){.name = names[0],
	                                  .period_years = 2,
	                                  .ns = hosts,
	                                  .ns_count = 2,
	                                  .registrant = STR("VN-000000"),
	                                  .contacts = contacts,
	                                  .contact_count = 2,
	                                  .auth_info = STR("2fooBAR")};
}

static void domain_check_and_info_are_valid(void **state)
{
	(void)state;
	VALID(epp_build_domain_check(&out, &cmd, names, 1, &msg));
	VALID(epp_build_domain_check(&out, &cmd, names, 3, &msg));
	REFUSED(epp_build_domain_check(&out, &cmd, names, 0, &msg), ERR_INVALID, "domain:name is missing");
	VALID(epp_build_domain_info(&out, &cmd, names[0], STR(""), STR(""), &msg));
	VALID(epp_build_domain_info(&out, &cmd, names[0], STR("none"), STR("secret<"), &msg));
	has("<domain:name hosts=\"none\">nguyenvana.id.vn<");
	REFUSED(epp_build_domain_info(&out, &cmd, names[0], STR("some"), STR(""), &msg), ERR_INVALID,
	        "hosts");
	REFUSED(epp_build_domain_info(&out, &cmd, STR(""), STR(""), STR(""), &msg), ERR_INVALID,
	        "domain:name");
}

static void domain_create_is_valid(void **state)
{
	struct epp_domain_create c = create_of();
	(void)state;
	VALID(epp_build_domain_create(&out, &cmd, &c, &msg));
	has("<domain:hostObj>ns1.example.vn</domain:hostObj>");
	has("<domain:period unit=\"y\">2</domain:period>");
	c.ns_as_attrs = true;
	VALID(epp_build_domain_create(&out, &cmd, &c, &msg));
	has("<domain:hostAddr ip=\"v6\">2001:db8::1</domain:hostAddr>");
	c.ds = ds;
	c.ds_count = 1;
	c.fee = (struct epp_fee_limit){STR("VND"), STR("0.00")};
	VALID(epp_build_domain_create(&out, &cmd, &c, &msg));
	has("<fee:currency>VND</fee:currency><fee:fee>0.00</fee:fee>");
	struct epp_domain_create bare = {.name = names[2]};
	VALID(epp_build_domain_create(&out, &cmd, &bare, &msg));
	has("<domain:authInfo><domain:pw></domain:pw></domain:authInfo>");
}

static void wrong_domain_creates_are_refused(void **state)
{
	struct epp_domain_create c = create_of();
	(void)state;
	c.period_years = 100;
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_RANGE, "period");
	c = create_of();
	c.registrant = STR("a-registrant-with-17");
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_TOO_LONG, "registrant");
	c = create_of();
	struct epp_contact_ref owner = {STR("owner"), STR("VN-1")};
	c.contacts = &owner;
	c.contact_count = 1;
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "type of domain:contact");
	c = create_of();
	struct epp_addr bad_addr[] = {{false, STR("2001:db8::1")}};
	struct epp_ns_host bad_host = {STR("ns1.vn"), bad_addr, 1};
	c.ns = &bad_host;
	c.ns_count = 1;
	c.ns_as_attrs = true;
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "IPv4");
	c = create_of();
	struct epp_ds bad_ds = {70000, 13, 2, STR("ABCD")};
	c.ds = &bad_ds;
	c.ds_count = 1;
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_RANGE, "secDNS");
	bad_ds = (struct epp_ds){1, 13, 2, STR("ABC")};
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "digest");
	c = create_of();
	c.auth_info = STR("hunter2\x03");
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "domain:pw");
}

static void fees_are_checked(void **state)
{
	static const char *const bad[] = {"1,5", "-1", ".", "1.2.3", "abc", "1e5"};
	struct epp_domain_create c = create_of();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		c.fee = (struct epp_fee_limit){STR("VND"), str_c(bad[i])};
		REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "fee:fee");
	}
	c.fee = (struct epp_fee_limit){STR("vnd"), STR("5")};
	REFUSED(epp_build_domain_create(&out, &cmd, &c, &msg), ERR_INVALID, "currency");
}

static void domain_renew_is_valid(void **state)
{
	struct epp_domain_renew r = {names[0], date_make(2026, 12, 1), 2, {STR("VND"), STR("300000")}};
	(void)state;
	VALID(epp_build_domain_renew(&out, &cmd, &r, &msg));
	has("<domain:curExpDate>2026-12-01</domain:curExpDate>");
	has("<fee:renew ");
	r.cur_exp_date = DATE_NONE;
	REFUSED(epp_build_domain_renew(&out, &cmd, &r, &msg), ERR_INVALID, "curExpDate");
}

/* ---- contact and host ---- */

static struct epp_contact_create contact_of(struct epp_postal *p)
{
	*p = (struct epp_postal){.type = STR("loc"),
	                         .name = STR("Nguyễn Văn A"),
	                         .org = STR("Công ty <B> & C"),
	                         .street = {STR("12 Hùng Vương"), STR("Tầng 3")},
	                         .street_count = 2,
	                         .city = STR("Đà Lạt"),
	                         .sp = STR("Lâm Đồng"),
	                         .pc = STR("66000"),
	                         .cc = STR("VN")};
	return (struct epp_contact_create){.id = STR("VN-000001"),
	                                   .postal = p,
	                                   .postal_count = 1,
	                                   .voice = STR("+84.912345678"),
	                                   .voice_ext = STR("12"),
	                                   .fax = STR("+84.2838123456"),
	                                   .email = STR("a@example.vn"),
	                                   .auth_info = STR("2fooBAR")};
}

static void contact_commands_are_valid(void **state)
{
	struct epp_postal p[2];
	struct epp_contact_create c = contact_of(p);
	const struct str id = STR("VN-000001");
	(void)state;
	VALID(epp_build_contact_info(&out, &cmd, id, STR(""), &msg));
	VALID(epp_build_contact_info(&out, &cmd, id, STR("x"), &msg));
	VALID(epp_build_contact_create(&out, &cmd, &c, &msg));
	has("Công ty &lt;B&gt; &amp; C");
	p[1] = (struct epp_postal){
	    .type = STR("int"), .name = STR("Nguyen Van A"), .city = STR("Da Lat"), .cc = STR("VN")};
	c.postal_count = 2;
	c.disclose = 0x1ff;
	VALID(epp_build_contact_create(&out, &cmd, &c, &msg));
	has("<contact:disclose flag=\"0\"><contact:name type=\"int\"/>");
}

static void wrong_contacts_are_refused(void **state)
{
	static const char *const phones[] = {"0912345678", "+84912345678",       "+84.", "+.1", "+8444.1",
	                                     "+84.12a",    "+84.123456789012345"};
	struct epp_postal p[2];
	struct epp_contact_create c = contact_of(p);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(phones); i++) {
		c.voice = str_c(phones[i]);
		REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "contact:voice");
	}
	c = contact_of(p);
	p[0].city = STR("  ");
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "contact:city is blank");
	c = contact_of(p);
	p[0].cc = STR("VNM");
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_TOO_LONG, "contact:cc");
	c = contact_of(p);
	p[0].type = STR("int");
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "ASCII");
	c = contact_of(p);
	p[1] = p[0];
	c.postal_count = 2;
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "twice");
	c = contact_of(p);
	c.postal_count = 0;
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "postalInfo");
	c = contact_of(p);
	p[0].street_count = 4;
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_RANGE, "street");
	c = contact_of(p);
	p[0].name = STR("068204001234\x0b");
	REFUSED(epp_build_contact_create(&out, &cmd, &c, &msg), ERR_INVALID, "contact:name");
	assert_null(strstr(msg.text, "0682"));
}

static void host_commands_are_valid(void **state)
{
	(void)state;
	VALID(epp_build_host_check(&out, &cmd, names, 3, &msg));
	VALID(epp_build_host_create(&out, &cmd, &hosts[0], &msg));
	VALID(epp_build_host_create(&out, &cmd, &hosts[1], &msg));
	struct epp_addr bad = {true, STR("1.2.3.4")};
	struct epp_ns_host host = {STR("ns1.vn"), &bad, 1};
	REFUSED(epp_build_host_create(&out, &cmd, &host, &msg), ERR_INVALID, "IPv6");
}

/* ---- configured extensions ---- */

static void extension_trees_are_built(void **state)
{
	struct epp_ext_attr attrs[] = {{STR("type"), STR("c\"c<c&d")}, {STR("list"), STR("2025-07-01")}};
	struct epp_ext_element other = {.uri = STR("urn:example:other"),
	                                .prefix = STR("o"),
	                                .name = STR("flag")};
	struct epp_ext_element kids[] = {
	    {.name = STR("idNumber"), .text = STR("068204001234"), .attrs = attrs, .attr_count = 2},
	    {.name = STR("birthDate"), .text = STR("2004-05-06")},
	    {.name = STR("more"), .children = &other, .child_count = 1}};
	struct epp_ext_element root = {.uri = STR("urn:example:vn-1.0?a&b"),
	                               .prefix = STR("vn"),
	                               .name = STR("create"),
	                               .children = kids,
	                               .child_count = 3};
	struct epp_ext_element plain = root;
	plain.prefix = STR("");
	struct epp_ext_element both[] = {root, plain};
	struct epp_cmd c = {.cltrid = cmd.cltrid, .ext = both, .ext_count = 2};
	struct epp_domain_create create = create_of();
	(void)state;
	create.ds = ds;
	create.ds_count = 1;
	VALID_BUT_OWN(epp_build_domain_create(&out, &c, &create, &msg));
	has("<vn:create xmlns:vn=\"urn:example:vn-1.0?a&amp;b\"><vn:idNumber type=\"c&quot;c&lt;c&amp;d\" "
	    "list=\"2025-07-01\">"
	    "068204001234</vn:idNumber><vn:birthDate>2004-05-06</vn:birthDate><vn:more><o:flag "
	    "xmlns:o=\"urn:example:other\"/>"
	    "</vn:more></vn:create><create xmlns=\"urn:example:vn-1.0?a&amp;b\"><idNumber ");
}

static void wrong_extension_trees_are_refused(void **state)
{
	struct epp_ext_attr attrs[] = {{STR("a"), STR("1")}, {STR("a"), STR("2")}};
	struct epp_ext_attr xmlns = {STR("xmlns"), STR("urn:x")};
	struct epp_ext_element el = {.uri = STR("urn:x"), .prefix = STR("x"), .name = STR("a")};
	struct epp_cmd c = {.cltrid = cmd.cltrid, .ext = &el, .ext_count = 1};
	(void)state;
	VALID_BUT_OWN(epp_build_logout(&out, &c, &msg));
	el.attrs = attrs;
	el.attr_count = 2;
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "twice");
	el.attrs = &xmlns;
	el.attr_count = 1;
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "begins with xml");
	el.attr_count = 0;
	el.name = STR("a b");
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "element name");
	el.name = STR("a");
	el.prefix = STR("xmlns");
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "prefix");
	el.prefix = STR("x");
	el.uri = STR("");
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "namespace");
	el.uri = STR("urn:x");
	el.text = STR("068204001234\x01");
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_INVALID, "a text of an extension");
	struct epp_ext_element deep[EPP_EXT_MAX_DEPTH + 1];
	for (size_t i = 0; i < ARRAY_LEN(deep); i++)
		deep[i] = (struct epp_ext_element){.uri = STR("urn:x"),
		                                   .prefix = STR("x"),
		                                   .name = STR("a"),
		                                   .children = i + 1 < ARRAY_LEN(deep) ? &deep[i + 1] : NULL,
		                                   .child_count = i + 1 < ARRAY_LEN(deep)};
	c.ext = deep;
	REFUSED(epp_build_logout(&out, &c, &msg), ERR_RANGE, "deep");
	c.ext = deep + 1;
	VALID_BUT_OWN(epp_build_logout(&out, &c, &msg));
}

/* ---- the grammar itself ---- */

static void grammar_refuses_what_is_wrong(void **state)
{
#define HEAD "<epp xmlns='urn:ietf:params:xml:ns:epp-1.0'><command>"
#define TAIL "<clTRID>ABC-123</clTRID></command></epp>"
	static const char *const bad[] = {
	    "<epp><hello/></epp>",
	    HEAD "<logout/></command></epp>",
	    HEAD "<logout>x</logout>" TAIL,
	    HEAD "<poll op='ack'/>" TAIL,
	    HEAD "<poll op='req' msgID='1'/>" TAIL,
	    HEAD "<logout/><extension/>" TAIL,
	    HEAD "<logout/><extension><x/></extension>" TAIL,
	    HEAD "<check><d:check xmlns:d='urn:ietf:params:xml:ns:domain-1.0'/></check>" TAIL,
	    HEAD "<check><d:check "
	         "xmlns:d='urn:ietf:params:xml:ns:domain-1.0'><name>a.vn</name></d:check></check>" TAIL,
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (schema_check_rng(&schema, str_c(bad[i])))
			fail_msg("taken: %s", bad[i]);
	}
	assert_true(schema_check_rng(&schema, STR(HEAD "<logout/>" TAIL)));
}

/* ---- the buffer ---- */

static void full_buffer_is_left_as_it_was(void **state)
{
	struct epp_domain_create c = create_of();
	(void)state;
	buf_clear(&out);
	size_t whole = frame_of(epp_build_domain_create(&out, &cmd, &c, &msg)).len + EPP_FRAME_HEADER;
	for (size_t max = 0; max <= whole; max++) {
		struct buf small;
		buf_init(&small, max + 3);
		buf_lit(&small, "abc");
		assert_int_equal(epp_build_domain_create(&small, &cmd, &c, &msg),
		                 max < whole ? ERR_FULL : OK);
		assert_int_equal(buf_len(&small), max < whole ? 3 : 3 + whole);
		assert_true(buf_ok(&small));
		buf_fini(&small);
	}
}

static void random_texts_never_break_a_frame(void **state)
{
	static const char *const pieces[] = {"<", "&",  "\"", "]]>",  "ế",    "a",
	                                     " ", "\n", "\r", "\x01", "\xff", "</contact:name>"};
	struct rng rng;
	int good = 0;
	(void)state;
	rng_init_seed(&rng, 3);
	for (int i = 0; i < 2000; i++) {
		struct epp_postal p;
		struct epp_contact_create c = contact_of(&p);
		char text[5][64] = {{0}};
		for (int k = 0; k < 5; k++) {
			for (uint64_t n = rng_below(&rng, 4); n > 0; n--)
				strcat(text[k],
				       pieces[rng_below(&rng, rng_below(&rng, 4) ? 9 : ARRAY_LEN(pieces))]);
		}
		p.name = str_c(text[0]);
		p.org = str_c(text[1]);
		p.street[0] = str_c(text[2]);
		c.voice_ext = str_c(text[3]);
		c.auth_info = str_c(text[4]);
		buf_clear(&out);
		enum err err = epp_build_contact_create(&out, &cmd, &c, &msg);
		assert_true(err == OK || err == ERR_INVALID);
		if (err == OK) {
			check(err, false);
			good++;
		}
	}
	assert_true(good > 200);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
	schema_load(&schema);
	return schema.rng ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&out);
	schema_free(&schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(session_commands_are_valid),
	    cmocka_unit_test(login_is_valid),
	    cmocka_unit_test(wrong_logins_are_refused_without_the_password),
	    cmocka_unit_test(transaction_id_is_checked),
	    cmocka_unit_test(domain_check_and_info_are_valid),
	    cmocka_unit_test(domain_create_is_valid),
	    cmocka_unit_test(wrong_domain_creates_are_refused),
	    cmocka_unit_test(fees_are_checked),
	    cmocka_unit_test(domain_renew_is_valid),
	    cmocka_unit_test(contact_commands_are_valid),
	    cmocka_unit_test(wrong_contacts_are_refused),
	    cmocka_unit_test(host_commands_are_valid),
	    cmocka_unit_test(extension_trees_are_built),
	    cmocka_unit_test(wrong_extension_trees_are_refused),
	    cmocka_unit_test(grammar_refuses_what_is_wrong),
	    cmocka_unit_test(full_buffer_is_left_as_it_was),
	    cmocka_unit_test(random_texts_never_break_a_frame),
	};
	return cmocka_run_group_tests_name("epp/build", tests, setup, teardown);
}
