/*
 * Facts of items in a registry's own extensions: what the sample mapping makes of persons and organisations is valid by
 * EPP's schemas and by the one that stands for the registry's; a fact that is missing keeps the whole item here.
 */
#include "tests/unit/daemon/job_play.h"

#include "daemon/api/item_json.h"
#include "epp/dialect.h"
#include "epp/frame.h"
#include "tests/unit/epp/schema.h"

#define SAMPLE "systemd/mapping-vn-example.yaml"

static struct arena arena;
static struct diag diags;
static struct schema schema, own;
static const struct epp_dialect *sample;
static struct job_registry registry = {.login = {"gateway1", 8},
                                       .date_offset_s = HANOI_S,
                                       .settle_ms = 30000};

/* libxml2 2.9's validators lose a copy of some texts with white space; nothing of ours calls xmlStrdup(). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:xmlStrdup\n";
}

static const struct epp_dialect *dialect_of(const char *text)
{
	struct yaml_node *top =
	    text ? yaml_parse(&arena, &diags, "m.yaml", str_c(text)) : yaml_load(&arena, &diags, SAMPLE);
	const struct epp_dialect *d = epp_dialect_read(&arena, &diags, top);
	struct buf out;
	buf_init(&out, 1 << 20);
	diag_print(&diags, &out);
	if (!d || diags.warnings)
		fail_msg("%s", buf_cstr(&out));
	buf_fini(&out);
	return d;
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	diag_init(&diags);
	schema_load(&schema);
	xmlRelaxNGParserCtxtPtr r = xmlRelaxNGNewParserCtxt("tests/grammar/mapping-vn-example.rng");
	own.rng = xmlRelaxNGParse(r);
	xmlRelaxNGFreeParserCtxt(r);
	assert_non_null(own.rng);
	sample = dialect_of(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	xmlRelaxNGFree(own.rng);
	schema_free(&schema);
	diag_fini(&diags);
	arena_fini(&arena);
	return 0;
}

/* A line of a batch, read as the API reads it. */
static void request_of(const char *json, struct item_request *r)
{
	struct line_errors errors;
	struct item_draft draft;
	struct arena scratch;
	arena_init(&scratch);
	line_errors_init(&errors, &arena);
	item_draft_begin(&draft, r, &arena, &errors, 1, json);
	bool good = item_json_read(&draft, &scratch, str_c(json));
	if (!good)
		fail_msg("%.*s: %s %.*s", STR_ARG(errors.list[0].field), errors.list[0].reason,
		         STR_ARG(errors.list[0].expected));
	arena_fini(&scratch);
	line_errors_fini(&errors);
}

#define ADDRESS                                                                                                  \
	"\"address\":{\"street\":\"12 Hùng Vương\",\"ward\":\"Lâm Viên - Đà Lạt\",\"province\":\"68\"," \
	"\"province_list\":\"2025-07-01\",\"country\":\"VN\"}"
#define CONTACT "\"phone\":\"+84.912345678\",\"email\":\"a@example.vn\"," ADDRESS
#define CREATE(kind)                                                                                    \
	"{\"ref\":\"r-1\",\"op\":\"create\",\"domain\":\"ten.id.vn\",\"period\":2,\"applicant\":{" kind \
	"," CONTACT "},"
#define REST                                                                                                 \
	"\"evidence\":[{\"type\":\"ekyc\",\"issuer\":\"X\",\"reference\":\"K-991\",\"date\":\"2026-11-18\"," \
	"\"result\":\"confirmed\"},{\"type\":\"document_check\",\"result\":\"unconfirmed\"}],"               \
	"\"services\":[\"website\",\"email\"]}"
#define CITIZEN                                                                                             \
	CREATE("\"kind\":\"citizen\",\"name\":\"Nguyễn Văn <A>\",\"citizenship\":\"VN\",\"birth_date\":" \
	       "\"2004-05-06\",\"gender\":\"male\",\"id_number\":\"068204001234\"")                         \
	REST
#define ENTERPRISE                                                                                            \
	CREATE(                                                                                               \
	    "\"kind\":\"enterprise\",\"name\":\"Công ty A & B\",\"tax_code\":\"0312345678\",\"founded_on\":" \
	    "\"2026-03-01\",\"representative\":{\"name\":\"Trần Thị B\",\"position\":\"Giám đốc\","   \
	    "\"id_number\":\"068190009876\"}")                                                                \
	REST
#define HOUSEHOLD                                                                                             \
	CREATE("\"kind\":\"household_business\",\"name\":\"Quán C\",\"registration_number\":\"41A8012345\"," \
	       "\"registered_on\":\"2026-02-03\"")                                                            \
	REST

static void begin(struct play *p, const char *json, unsigned how, const struct epp_dialect *d)
{
	play_begin(p, ITEM_CREATE, 1, how);
	p->job.offers |= JOB_OFFERS_SECDNS;
	request_of(json, &p->job.request);
	registry.dialect = d;
	p->job.registry = &registry;
	p->job.decision_common =
	    STR("\"stage\":\"sending\",\"outcome\":\"grant\",\"grant\":\"youth-id\",\"reasons\":"
	        "[\"OK\",\"B\"],\"flags\":[],\"waiver\":\"64/2025/TT-BTC\",\"attribution\":"
	        "{\"plan\":null,\"province\":\"68\"}");
	p->job.decision_item =
	    STR("\"free_years\":2,\"charged_years\":0,\"free_until\":\"2028-11-20\",\"fee_vnd\":"
	        "{\"levy\":0,\"expected\":50000,\"charged\":null}");
}

static struct str build(struct play *p, struct buf *out)
{
	struct str payload;
	struct errmsg e = {""};
	size_t used;
	buf_clear(out);
	if (job_build(&p->job, STR("V-1-2-3-t"), out, &e))
		fail_msg("%s", e.text);
	assert_int_equal(epp_frame_next(buf_str(out), 1 << 20, &payload, &used), OK);
	return payload;
}

static xmlNode *child(xmlNode *n, const char *name)
{
	for (n = n ? n->children : NULL; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0)
			return n;
	return NULL;
}

static struct str text_of(xmlDoc *doc, xmlChar **mem)
{
	int len;
	xmlDocDumpMemory(doc, mem, &len);
	return str_make((const char *)*mem, (size_t)len);
}

/* The extension by the registry's grammar, the rest by EPP's: strictly, since what they do not know is taken out. */
static void valid(struct str xml)
{
	xmlDoc *doc = xmlReadMemory(xml.ptr, (int)xml.len, NULL, NULL, XML_PARSE_NONET);
	xmlNode *ext = child(child(xmlDocGetRootElement(doc), "command"), "extension");
	xmlDoc *alone = xmlNewDoc(NULL);
	xmlChar *mem;
	assert_non_null(ext);
	if (!schema_check_rng(&schema, xml))
		fail_msg("%s\n%.*s", schema.why, STR_ARG(xml));
	xmlDocSetRootElement(alone, xmlDocCopyNode(ext->children, alone, 1));
	xmlUnlinkNode(ext);
	xmlFreeNode(ext);
	if (!schema_check_rng(&own, text_of(alone, &mem)))
		fail_msg("%s\n%s", own.why, (char *)mem);
	xmlFree(mem);
	if (!schema_check_xsd(&schema, text_of(doc, &mem)))
		fail_msg("%s\n%s", schema.why, (char *)mem);
	xmlFree(mem);
	xmlFreeDoc(alone);
	xmlFreeDoc(doc);
}

static void has(struct str xml, const char *part)
{
	if (!memmem(xml.ptr, xml.len, part, strlen(part)))
		fail_msg("no %s in %.*s", part, STR_ARG(xml));
}

static void hasnt(struct str xml, const char *part)
{
	if (memmem(xml.ptr, xml.len, part, strlen(part)))
		fail_msg("%s in %.*s", part, STR_ARG(xml));
}

static void the_sample_tells_of_persons(void **state)
{
	struct play p;
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	begin(&p, CITIZEN, NEEDS_CONTACT, sample);
	struct str xml = build(&p, &out);
	valid(xml);
	has(xml,
	    "<vnContact:create xmlns:vnContact=\"urn:example:vn-registry:contact-1.0\"><vnContact:person>"
	    "<vnContact:idNumber>068204001234</vnContact:idNumber><vnContact:birthDate>06/05/2004"
	    "</vnContact:birthDate><vnContact:sex>1</vnContact:sex>");
	has(xml, "<vnContact:province list=\"2025-07-01\">68</vnContact:province>");
	hasnt(xml, "organisation");
	play_event(&p, "1000");
	xml = build(&p, &out);
	valid(xml);
	has(xml,
	    "<vnDomain:programme><vnDomain:grant>youth-id</vnDomain:grant><vnDomain:freeUntil>2028-11-20"
	    "</vnDomain:freeUntil><vnDomain:waiver>64/2025/TT-BTC</vnDomain:waiver></vnDomain:programme>");
	has(xml, "<vnDomain:proof type=\"ekyc\"><vnDomain:issuer>X</vnDomain:issuer>");
	has(xml, "<vnDomain:service>website</vnDomain:service><vnDomain:service>email</vnDomain:service>");
	hasnt(xml, "document_check");
	buf_fini(&out);
}

static void the_sample_tells_of_organisations(void **state)
{
	struct play p;
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	begin(&p, ENTERPRISE, NEEDS_CONTACT, sample);
	struct str xml = build(&p, &out);
	valid(xml);
	has(xml,
	    "<vnContact:organisation kind=\"DN\"><vnContact:taxCode>0312345678</vnContact:taxCode>"
	    "<vnContact:foundedOn>01/03/2026</vnContact:foundedOn><vnContact:representative><vnContact:name>"
	    "Trần Thị B</vnContact:name><vnContact:position>Giám đốc</vnContact:position>");
	hasnt(xml, "person");
	begin(&p, HOUSEHOLD, NEEDS_CONTACT, sample);
	xml = build(&p, &out);
	valid(xml);
	has(xml, "<vnContact:organisation "
	         "kind=\"HKD\"><vnContact:businessCode>41A8012345</vnContact:businessCode>");
	hasnt(xml, "representative");
	buf_fini(&out);
}

static void the_sample_tells_of_renewals(void **state)
{
	struct play p;
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 20);
	begin(&p, CITIZEN, 0, sample);
	p.job.request.op = ITEM_RENEW;
	p.job.request.cur_exp_date = date_make(2026, 12, 1);
	struct str xml = build(&p, &out);
	valid(xml);
	has(xml, "<vnDomain:renew "
	         "xmlns:vnDomain=\"urn:example:vn-registry:domain-1.0\"><vnDomain:grant>youth-id<");
	p.job.decision_common = STR("\"outcome\":\"no_grant\",\"grant\":null");
	hasnt(build(&p, &out), "extension");
	buf_fini(&out);
}

/* One element for each fact, and what must stand in it. */
static void every_fact_has_its_value(void **state)
{
	static const struct {
		const char *fact, *value;
	} facts[] = {
	    {"op", "create"},
	    {"ref", "r-1"},
	    {"domain", "ten.id.vn"},
	    {"domain_unicode", "ten.id.vn"},
	    {"zone", "id.vn"},
	    {"name_idn", "false"},
	    {"period", "2"},
	    {"if_not_free", "refuse"},
	    {"services", "website,email"},
	    {"applicant.kind", "enterprise"},
	    {"applicant.name", "Công ty A &amp; B"},
	    {"applicant.phone", "+84.912345678"},
	    {"applicant.email", "a@example.vn"},
	    {"applicant.tax_code", "0312345678"},
	    {"applicant.founded_on", "2026-03-01"},
	    {"applicant.registration_exempt", "false"},
	    {"applicant.address.street", "12 Hùng Vương"},
	    {"applicant.address.ward", "Lâm Viên - Đà Lạt"},
	    {"applicant.address.province", "68"},
	    {"applicant.address.province_list", "2025-07-01"},
	    {"applicant.address.country", "VN"},
	    {"applicant.representative.name", "Trần Thị B"},
	    {"applicant.representative.position", "Giám đốc"},
	    {"applicant.representative.id_number", "068190009876"},
	    {"contacts.registrant", CONTACT_ID},
	    {"account.login", "gateway1"},
	    {"decision.outcome", "grant"},
	    {"decision.grant", "youth-id"},
	    {"decision.reason", "OK"},
	    {"decision.free_years", "2"},
	    {"decision.charged_years", "0"},
	    {"decision.free_until", "2028-11-20"},
	    {"decision.waiver", "64/2025/TT-BTC"},
	    {"decision.attribution.province", "68"},
	    {"decision.fee_vnd.levy", "0"},
	    {"decision.fee_vnd.expected", "50000"},
	};
	struct buf yaml, out;
	struct play p;
	char part[300];
	(void)state;
	buf_init(&yaml, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_lit(&yaml, "namespaces: {x: \"urn:x\"}\ncommands:\n  domain:create:\n    - element: x:all\n      "
	               "content:\n");
	for (int i = 0; i < EPP_FACT__COUNT; i++)
		if (epp_fact_list((enum epp_fact)i) == EPP_LIST_NONE && i != EPP_FACT__DECLARED)
			buf_printf(&yaml, "        - {element: %s, fact: %s}\n", epp_fact_names[i],
			           epp_fact_names[i]);
	buf_lit(
	    &yaml,
	    "        - element: n\n          each: ns\n          content:\n"
	    "            - {element: name, fact: ns.name}\n            - {element: addrs, fact: ns.addrs}\n"
	    "        - element: d\n          each: ds\n          content:\n"
	    "            - {element: tag, fact: ds.key_tag}\n            - {element: alg, fact: ds.alg}\n"
	    "            - {element: type, fact: ds.digest_type}\n            - {element: digest, fact: "
	    "ds.digest}\n");
	begin(&p, ENTERPRISE, 0, dialect_of(buf_cstr(&yaml)));
	p.job.request.ns[0] = (struct item_ns){STR("ns1.a.vn"), {STR("192.0.2.1"), STR("2001:db8::1")}, 2};
	p.job.request.ds[0] = (struct item_ds){12345, 13, 2, STR("AB12")};
	p.job.request.ns_count = p.job.request.ds_count = 1;
	struct str xml = build(&p, &out);
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		snprintf(part, sizeof part, "<x:%s>%s</x:%s>", facts[i].fact, facts[i].value, facts[i].fact);
		has(xml, part);
	}
	has(xml, "<x:n><x:name>ns1.a.vn</x:name><x:addrs>192.0.2.1 2001:db8::1</x:addrs></x:n>");
	has(xml,
	    "<x:d><x:tag>12345</x:tag><x:alg>13</x:alg><x:type>2</x:type><x:digest>AB12</x:digest></x:d>");
	hasnt(xml, "birth_date");
	hasnt(xml, "attribution.plan");
	hasnt(xml, "max_fee_vnd");
	buf_fini(&yaml);
	buf_fini(&out);
}

#define WANTS(command, fact)                                                              \
	"namespaces: {x: \"urn:x\"}\ncommands: {" command ": [{element: x:a, fact: " fact \
	", required: true}]}"

/* Also when only the last command demands it: no contact is made for an item that cannot be sent. */
static void what_is_missing_ends_the_item_before_anything_is_sent(void **state)
{
	static const char *const mappings[] = {WANTS("contact:create", "applicant.gender"),
	                                       WANTS("domain:create", "applicant.gender")};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mappings); i++) {
		struct play p;
		struct buf out;
		struct errmsg e = {""};
		buf_init(&out, 1 << 16);
		begin(&p, CITIZEN, NEEDS_CONTACT, dialect_of(mappings[i]));
		p.job.request.applicant.gender = GENDER_UNKNOWN;
		assert_int_equal(job_step_letter(&p.job), 'c');
		assert_int_equal(job_build(&p.job, STR("V-1"), &out, &e), ERR_NOT_FOUND);
		assert_int_equal(buf_len(&out), 0);
		assert_int_equal(job_unbuildable(&p.job, e.text), JOB_END);
		assert_int_equal(p.job.result.state, ITEM_FAILED);
		assert_int_equal(p.job.result.fault, FAULT_PARTNER);
		assert_true(str_eq(p.job.result.reason, STR("REGISTRY_FACT_MISSING")));
		assert_non_null(
		    memmem(p.job.result.message.ptr, p.job.result.message.len, "applicant.gender", 16));
		buf_fini(&out);
	}
}

static void a_value_that_cannot_be_written_is_another_reason(void **state)
{
	struct play p;
	struct buf out;
	struct errmsg e = {""};
	(void)state;
	buf_init(&out, 1 << 16);
	begin(&p, CITIZEN, 0,
	      dialect_of("namespaces: {x: \"urn:x\"}\ncommands: {domain:create: [{element: x:a, fact: "
	                 "applicant.id_number, max_length: 5}]}"));
	assert_int_equal(job_build(&p.job, STR("V-1"), &out, &e), ERR_TOO_LONG);
	assert_null(strstr(e.text, "068204"));
	(void)job_unbuildable(&p.job, e.text);
	assert_true(str_eq(p.job.result.reason, STR("CANNOT_BE_SENT")));
	buf_fini(&out);
}

static void questions_are_extended_too(void **state)
{
	struct play p;
	struct buf out;
	(void)state;
	buf_init(&out, 1 << 16);
	begin(&p, CITIZEN, NEEDS_CONTACT | CHECK_FIRST,
	      dialect_of("namespaces: {x: \"urn:x\"}\ncommands:\n  contact:info: [{element: x:ci, fact: "
	                 "account.login}]\n"
	                 "  domain:check: [{element: x:dk, fact: zone}]\n  domain:info: [{element: x:di, "
	                 "fact: ref}]\n"));
	registry.check_first = true;
	play_event(&p, "2302");
	has(build(&p, &out), "<x:ci xmlns:x=\"urn:x\">gateway1</x:ci>");
	play_event(&p, "contact:gateway1");
	has(build(&p, &out), "<x:dk xmlns:x=\"urn:x\">id.vn</x:dk>");
	play_event(&p, "chk:1");
	hasnt(build(&p, &out), "extension");
	play_script(&p, "lost wait");
	has(build(&p, &out), "<x:di xmlns:x=\"urn:x\">r-1</x:di>");
	registry.check_first = false;
	buf_fini(&out);
}

/* The names that a mapping uses are those of the batch line. */
static void facts_are_called_as_in_a_batch(void **state)
{
	static const struct {
		enum item_group group;
		const char *prefix;
	} groups[] = {{ITEM_GROUP_TOP, ""},
	              {ITEM_GROUP_APPLICANT, "applicant."},
	              {ITEM_GROUP_ADDRESS, "applicant.address."},
	              {ITEM_GROUP_REPRESENTATIVE, "applicant.representative."},
	              {ITEM_GROUP_CONTACTS, "contacts."},
	              {ITEM_GROUP_EVIDENCE, "evidence."},
	              {ITEM_GROUP_NS, "ns."},
	              {ITEM_GROUP_DS, "ds."}};
	(void)state;
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		size_t n;
		const struct item_member *m = item_group_members(groups[g].group, &n);
		for (size_t i = 0; i < n; i++) {
			char name[100];
			snprintf(name, sizeof name, "%s%s", groups[g].prefix, m[i].name);
			bool whole = m[i].type == ITEM_VALUE_OBJECT || m[i].type == ITEM_VALUE_EVIDENCE ||
			             m[i].type == ITEM_VALUE_NS || m[i].type == ITEM_VALUE_FACTS ||
			             m[i].type == ITEM_VALUE_DS;
			if (!whole && epp_fact_find(str_c(name)) == EPP_FACT__COUNT)
				fail_msg("a mapping cannot name %s", name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_sample_tells_of_persons),
	    cmocka_unit_test(the_sample_tells_of_organisations),
	    cmocka_unit_test(the_sample_tells_of_renewals),
	    cmocka_unit_test(every_fact_has_its_value),
	    cmocka_unit_test(what_is_missing_ends_the_item_before_anything_is_sent),
	    cmocka_unit_test(a_value_that_cannot_be_written_is_another_reason),
	    cmocka_unit_test(questions_are_extended_too),
	    cmocka_unit_test(facts_are_called_as_in_a_batch),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
