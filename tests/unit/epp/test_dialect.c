/* Mappings: what they say is what is written, and every mistake in one is told with its place. */
#include "epp/dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD "namespaces: {x: \"urn:x\", y: \"urn:y\"}\ncommands:\n"

struct fixture {
	struct arena arena;
	struct diag d;
	struct buf out, findings;
	struct errmsg e;
	const char *facts[EPP_FACT__COUNT];         /* NULL: missing */
	const char *entries[EPP_LIST__COUNT][4][5]; /* by list, entry, and place of the fact in its list */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	arena_init(&f->arena);
	diag_init(&f->d);
	buf_init(&f->out, 1 << 20);
	buf_init(&f->findings, 1 << 20);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_fini(&f->arena);
	diag_fini(&f->d);
	buf_fini(&f->out);
	buf_fini(&f->findings);
	free(f);
	return 0;
}

static enum epp_fact first_of(enum epp_fact_list list)
{
	int i = 0;
	while (epp_fact_list((enum epp_fact)i) != list)
		i++;
	return (enum epp_fact)i;
}

static struct str get(void *arg, enum epp_fact fact, struct str name, size_t entry)
{
	if (fact == EPP_FACT__DECLARED)
		return str_eq_c(name, "facts.school") ? STR("A1") : STR_NONE;
	struct fixture *f = arg;
	enum epp_fact_list list = epp_fact_list(fact);
	if (list == EPP_LIST_NONE)
		return str_c(f->facts[fact]);
	assert_true(entry < 4);
	return str_c(f->entries[list][entry][fact - first_of(list)]);
}

static size_t count(void *arg, enum epp_fact_list list)
{
	struct fixture *f = arg;
	size_t n = 0;
	while (n < 4 && f->entries[list][n][0])
		n++;
	return n;
}

static void set(struct fixture *f, const char *fact, const char *text)
{
	enum epp_fact i = epp_fact_find(str_c(fact));
	assert_true(i < EPP_FACT__COUNT);
	f->facts[i] = text;
}

static struct epp_dialect *load(struct fixture *f, const char *text)
{
	diag_fini(&f->d);
	diag_init(&f->d);
	buf_clear(&f->findings);
	struct yaml_node *top = yaml_parse(&f->arena, &f->d, "m.yaml", str_c(text));
	struct epp_dialect *d = epp_dialect_read(&f->arena, &f->d, top);
	diag_print(&f->d, &f->findings);
	assert_true((d == NULL) == (f->d.errors > 0));
	return d;
}

static struct epp_dialect *good(struct fixture *f, const char *text)
{
	struct epp_dialect *d = load(f, text);
	if (!d)
		fail_msg("%s", buf_cstr(&f->findings));
	return d;
}

/* The extensions as XML without declarations: the trees' shape. */
static void show(struct buf *out, const struct epp_ext_element *el)
{
	buf_printf(out, "<%.*s%s%.*s", STR_ARG(el->prefix), el->prefix.len ? ":" : "", STR_ARG(el->name));
	for (size_t i = 0; i < el->attr_count; i++)
		buf_printf(out, " %.*s=%.*s", STR_ARG(el->attrs[i].name), STR_ARG(el->attrs[i].value));
	buf_printf(out, ">%.*s", STR_ARG(el->text));
	for (size_t i = 0; i < el->child_count; i++)
		show(out, &el->children[i]);
	buf_lit(out, "</>");
}

static enum err write_all(struct fixture *f, const struct epp_dialect *d, enum epp_dialect_command c)
{
	const struct epp_fact_source source = {get, count, f};
	const struct epp_ext_element *ext;
	size_t n;
	buf_clear(&f->out);
	f->e.text[0] = '\0';
	enum err err = epp_dialect_write(d, c, &source, &f->arena, &ext, &n, &f->e);
	for (size_t i = 0; i < n; i++)
		show(&f->out, &ext[i]);
	return err;
}

#define WRITES(f, yaml, xml)                                                                       \
	do {                                                                                       \
		assert_int_equal(write_all(f, good(f, HEAD yaml), EPP_DIALECT_DOMAIN_CREATE), OK); \
		assert_string_equal(buf_cstr(&(f)->out), xml);                                     \
	} while (0)

/* The only finding, at this place and with these words. */
static bool finds(struct fixture *f, const char *yaml, const char *place, const char *words)
{
	(void)load(f, yaml);
	const char *text = buf_cstr(&f->findings);
	char head[64];
	snprintf(head, sizeof head, "m.yaml:%s: ", place);
	if (f->d.errors + f->d.warnings == 1 && strncmp(text, head, strlen(head)) == 0 && strstr(text, words))
		return true;
	print_error("wanted one finding %s%s, got:\n%s", head, words, text);
	return false;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void facts_constants_and_attributes_are_written(void **state)
{
	struct fixture *f = *state;
	set(f, "domain", "a.id.vn");
	set(f, "applicant.kind", "citizen");
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      attributes: {v: \"1\", kind: {fact: applicant.kind}, none: {fact: ref}}\n"
	       "      content:\n"
	       "        - {element: name, fact: domain}\n"
	       "        - {element: fixed, text: yes & no}\n"
	       "        - {element: empty}\n"
	       "        - {element: missing, fact: ref}\n"
	       "        - {element: y:other, fact: domain}\n",
	       "<x:a v=1 kind=citizen><name>a.id.vn</><fixed>yes & no</><empty></><y:other>a.id.vn</></>");
	assert_int_equal(
	    write_all(f, good(f, HEAD "  domain:renew: [{element: x:a}]"), EPP_DIALECT_DOMAIN_CREATE), OK);
	assert_int_equal(buf_len(&f->out), 0);
}

static void facts_that_rule_files_declare_are_written(void **state)
{
	struct fixture *f = *state;
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      content:\n"
	       "        - {element: s, fact: facts.school, when: {facts.school: A1}}\n"
	       "        - {element: t, fact: facts.other}\n",
	       "<x:a><s>A1</></>");
	assert_int_equal(
	    write_all(f, good(f, HEAD "  domain:create: [{element: x:a, fact: facts.other, required: true}]"),
	              EPP_DIALECT_DOMAIN_CREATE),
	    ERR_NOT_FOUND);
	assert_non_null(strstr(f->e.text, ": facts.other"));
}

static void dates_and_values_are_written_as_the_registry_wants(void **state)
{
	struct fixture *f = *state;
	set(f, "applicant.birth_date", "2004-05-06");
	set(f, "applicant.gender", "female");
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      content:\n"
	       "        - {element: d, fact: applicant.birth_date}\n"
	       "        - {element: d, fact: applicant.birth_date, format: DD/MM/YYYY}\n"
	       "        - {element: d, fact: applicant.birth_date, format: YYYYMMDD}\n"
	       "        - {element: d, fact: applicant.birth_date, format: \"YYYY-MM-DDT00:00:00Z\"}\n"
	       "        - {element: g, fact: applicant.gender, values: {male: \"1\", female: \"2\"}}\n"
	       "        - {element: g, fact: applicant.gender, values: {male: \"1\"}, other: \"9\"}\n"
	       "        - {element: k, fact: applicant.kind, default: \"-\"}\n",
	       "<x:a><d>2004-05-06</><d>06/05/2004</><d>20040506</><d>2004-05-06T00:00:00Z</><g>2</><g>9</"
	       "><k>-</></>");
}

static void conditions_choose(void **state)
{
	struct fixture *f = *state;
	static const char yaml[] =
	    HEAD "  domain:create:\n"
	         "    - element: x:a\n"
	         "      keep_empty: true\n"
	         "      content:\n"
	         "        - {element: is, when: {applicant.kind: citizen}}\n"
	         "        - {element: any, when: {applicant.kind: [citizen, other]}}\n"
	         "        - {element: not, when: {applicant.kind: {not: citizen}}}\n"
	         "        - {element: there, when: {applicant.kind: {present: true}}}\n"
	         "        - {element: absent, when: {applicant.kind: {present: false}}}\n"
	         "        - {element: both, when: {applicant.kind: citizen, op: create}}\n";
	struct epp_dialect *d = good(f, yaml);
	set(f, "applicant.kind", "citizen");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:a><is></><any></><there></></>");
	set(f, "op", "create");
	set(f, "applicant.kind", "other");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:a><any></><not></><there></></>");
	set(f, "applicant.kind", NULL);
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:a><not></><absent></></>");
}

static void what_is_left_empty_is_left_out(void **state)
{
	struct fixture *f = *state;
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      content: [{element: b, content: [{element: c, fact: ref}]}]\n",
	       "");
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      keep_empty: true\n"
	       "      content: [{element: b, content: [{element: c, fact: ref}]}]\n",
	       "<x:a></>");
}

static void lists_are_written_entry_by_entry(void **state)
{
	struct fixture *f = *state;
	f->entries[EPP_LIST_EVIDENCE][0][0] = "document_check";
	f->entries[EPP_LIST_EVIDENCE][0][4] = "contradicted";
	f->entries[EPP_LIST_EVIDENCE][1][0] = "ekyc";
	f->entries[EPP_LIST_EVIDENCE][1][4] = "confirmed";
	f->entries[EPP_LIST_EVIDENCE][2][0] = "certificate";
	f->entries[EPP_LIST_EVIDENCE][2][4] = "confirmed";
	f->entries[EPP_LIST_SERVICES][0][0] = "email";
	WRITES(f,
	       "  domain:create:\n"
	       "    - element: x:a\n"
	       "      content:\n"
	       "        - {element: e, each: evidence, fact: evidence.type, attributes: {r: {fact: "
	       "evidence.result}}}\n"
	       "        - {element: good, each: evidence, when: {evidence.result: confirmed}, fact: "
	       "evidence.type}\n"
	       "        - element: first\n"
	       "          each: evidence\n"
	       "          when: {evidence.result: confirmed}\n"
	       "          at_most: 1\n"
	       "          required: true\n"
	       "          content: [{element: t, fact: evidence.type}]\n"
	       "        - {element: s, each: services, fact: service}\n"
	       "        - {element: n, each: ns, fact: ns.name}\n",
	       "<x:a><e r=contradicted>document_check</><e r=confirmed>ekyc</><e r=confirmed>certificate</>"
	       "<good>ekyc</><good>certificate</><first><t>ekyc</></><s>email</></>");
}

static void what_is_demanded_is_told_all_at_once(void **state)
{
	struct fixture *f = *state;
	struct epp_dialect *d =
	    good(f, HEAD "  domain:create:\n"
	                 "    - element: x:a\n"
	                 "      attributes: {k: {fact: applicant.kind, required: true}}\n"
	                 "      content:\n"
	                 "        - {element: b, fact: applicant.birth_date, required: true}\n"
	                 "        - {element: b, fact: applicant.birth_date, required: true}\n"
	                 "        - {element: c, fact: ref, required: true, when: {op: renew}}\n"
	                 "        - {element: e, each: evidence, required: true, content: [{element: t, "
	                 "fact: evidence.type}]}\n");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), ERR_NOT_FOUND);
	assert_string_equal(f->e.text, "the registry demands on domain:create what the item does not have: "
	                               "applicant.kind, applicant.birth_date, evidence");
	assert_int_equal(buf_len(&f->out), 0);
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_RENEW), OK);
}

static void a_value_that_does_not_fit_is_told_without_it(void **state)
{
	struct fixture *f = *state;
	struct epp_dialect *d = good(f, HEAD "  domain:create: [{element: x:a, fact: ref, max_length: 3}]");
	set(f, "ref", "ữữữ");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), OK);
	set(f, "ref", "abcd");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), ERR_TOO_LONG);
	assert_string_equal(f->e.text, "ref is longer than the registry takes (for x:a)");
	d = good(f, HEAD "  domain:create: [{element: x:a, fact: ref, values: {a: b}}]");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), ERR_INVALID);
	assert_null(strstr(f->e.text, "abcd"));
	assert_non_null(strstr(f->e.text, "does not translate"));
}

static void commands_of_a_session_have_the_account(void **state)
{
	struct fixture *f = *state;
	struct epp_dialect *d = good(f, HEAD "  login: [{element: x:a, fact: account.login}]\n"
	                                     "  logout: [{element: x:b, text: bye}]\n");
	set(f, "account.login", "gateway1");
	assert_int_equal(write_all(f, d, EPP_DIALECT_SESSION_LOGIN), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:a>gateway1</>");
	assert_int_equal(write_all(f, d, EPP_DIALECT_SESSION_LOGOUT), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:b>bye</>");
	assert_int_equal(write_all(f, d, EPP_DIALECT_SESSION_POLL), OK);
	assert_int_equal(buf_len(&f->out), 0);
}

static void two_elements_that_exclude_each_other_may_share_a_namespace(void **state)
{
	struct fixture *f = *state;
	static const char yaml[] = HEAD "  domain:create:\n"
	                                "    - {element: x:p, when: {applicant.kind: citizen}}\n"
	                                "    - {element: x:o, when: {applicant.kind: [enterprise, other]}}\n"
	                                "    - {element: x:n, when: {applicant.kind: {present: false}}}\n"
	                                "    - {element: y:z}\n";
	struct epp_dialect *d = good(f, yaml);
	set(f, "applicant.kind", "other");
	assert_int_equal(write_all(f, d, EPP_DIALECT_DOMAIN_CREATE), OK);
	assert_string_equal(buf_cstr(&f->out), "<x:o></><y:z></>");
	assert_int_equal(epp_dialect_uri_count(d), 2);
	assert_true(str_eq_c(epp_dialect_uri(d, 1, NULL), "urn:y"));
	assert_true(epp_dialect_uses(d, EPP_FACT__KIND));
	assert_false(epp_dialect_uses(d, EPP_FACT__REF));
	assert_false(epp_dialect_uses(d, EPP_FACT__COUNT));
	assert_non_null(good(f,
	                     HEAD "  domain:create:\n"
	                          "    - {element: x:p, when: {applicant.kind: [citizen, other]}}\n"
	                          "    - {element: x:o, when: {applicant.kind: {not: [other, citizen]}}}\n"));
}

static void a_printer_is_told_what_is_personal(void **state)
{
	struct fixture *f = *state;
	size_t n;
	struct epp_dialect *d =
	    good(f, HEAD "  domain:create:\n"
	                 "    - element: x:a\n"
	                 "      attributes: {v: \"1\", n: {fact: applicant.name}}\n"
	                 "      content:\n"
	                 "        - {element: b, fact: applicant.birth_date}\n"
	                 "        - {element: d, fact: domain}\n"
	                 "        - {element: sir, text: \"yes\", when: {applicant.gender: male}}\n"
	                 "        - {element: any, fact: domain}\n"
	                 "  domain:renew:\n"
	                 "    - {element: x:any, fact: applicant.email}\n");
	const struct epp_dialect_known *k = epp_dialect_known(d, &f->arena, &n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&f->out, "%.*s@%.*s %d %.*s\n", STR_ARG(k[i].element), STR_ARG(k[i].attr),
		           k[i].open, STR_ARG(k[i].note));
	assert_string_equal(buf_cstr(&f->out), "a@v 1 constant\n"
	                                       "a@n 0 applicant.name\n"
	                                       "b@ 0 applicant.birth_date\n"
	                                       "d@ 1 domain\n"
	                                       "sir@ 0 constant\n"
	                                       "any@ 0 domain, applicant.email\n");
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------ */

#define ONE(element) "namespaces: {x: \"urn:x\"}\ncommands:\n  domain:create:\n    - " element "\n"

static const struct {
	const char *yaml, *place, *words;
} mistakes[] = {
    {"commands: {domain:create: [{element: x:a}]}", "1:1", "'namespaces' is missing"},
    {"namespaces: {x: \"urn:x\"}", "1:1", "'commands' is missing"},
    {"namespaces: {x: nothing}\ncommands: {domain:create: [{element: x:a}]}", "1:17",
     "'nothing' is not a URI"},
    {"namespaces: {x: \"urn:a b\"}\ncommands: {domain:create: [{element: x:a}]}", "1:17", "is not a URI"},
    {"namespaces: {x: \"urn:ietf:params:xml:ns:domain-1.0\"}\ncommands: {domain:create: [{element: x:a}]}",
     "1:17", "is built in"},
    {"namespaces: {x: \"urn:x\", y: \"urn:x\"}\ncommands: {domain:create: [{element: x:a}]}", "1:29",
     "has the prefix 'x' already"},
    {"namespaces: {Xml1: \"urn:x\"}\ncommands: {domain:create: [{element: Xml1:a}]}", "1:14",
     "is not a prefix"},
    {"namespaces: {x: \"urn:x\", y: \"urn:y\"}\ncommands: {domain:create: [{element: x:a}]}", "1:29",
     "no element has the prefix 'y'"},
    {"namespaces: {x: \"urn:x\"}\ncommands: {domain:create: [{element: x:a}], domain:crate: [{element: "
     "x:a}]}",
     "2:45", "there is no command 'domain:crate'"},
    {"namespaces: {x: \"urn:x\"}\ncommands: {domain:create: [{element: x:a}]}\nmore: 1", "3:1",
     "unknown key"},
    {ONE("{element: vn:a}"), "4:17", "the prefix 'vn' is not in 'namespaces'"},
    {ONE("{element: a}"), "4:17", "'a' has no prefix"},
    {ONE("{element: x:1a}"), "4:17", "'1a' is not a name for an element"},
    {ONE("{element: \"x:a:b\"}"), "4:17", "is not a name for an element"},
    {ONE("{element: \"x:\"}"), "4:17", "'' is not a name for an element"},
    {ONE("{fact: ref}"), "4:7", "'element' is missing"},
    {ONE("{element: x:a, colour: red}"), "4:22", "unknown key"},
    {ONE("{element: x:a, fact: applicant.birthdate}"), "4:28", "did you mean 'applicant.birth_date'"},
    {ONE("{element: x:a, fact: ref, text: b}"), "4:33", "not together with 'fact'"},
    {ONE("{element: x:a, fact: ref, content: [{element: b}]}"), "4:33", "not together with"},
    {ONE("{element: x:a, content: []}"), "4:22", "the list is empty"},
    {ONE("{element: x:a, text: \"\\x01\"}"), "4:28", "XML does not allow"},
    {ONE("{element: x:a, text: b, required: true}"), "4:31", "only beside 'fact'"},
    {ONE("{element: x:a, fact: ref, required: true, default: b}"), "4:58", "has no default"},
    {ONE("{element: x:a, fact: ref, other: b}"), "4:40", "only beside 'values'"},
    {ONE("{element: x:a, fact: ref, format: YYYY}"), "4:41", "'ref' is not a date"},
    {ONE("{element: x:a, fact: cur_exp_date, format: DD.MM.YY}"), "4:50", "is not a form of dates"},
    {ONE("{element: x:a, fact: cur_exp_date, format: DD/MM}"), "4:50", "is not a form of dates"},
    {ONE("{element: x:a, fact: applicant.gender, values: {man: \"1\"}, other: \"2\"}"), "4:55",
     "'applicant.gender' is never 'man'"},
    {ONE("{element: x:a, fact: applicant.gender, values: {male: \"1\"}}"), "4:46", "none for 'female'"},
    {ONE("{element: x:a, when: {applicant.kind: person}}"), "4:45", "is never 'person'"},
    {ONE("{element: x:a, when: {applicant.knd: citizen}}"), "4:29", "there is no fact"},
    {ONE("{element: x:a, when: {cur_exp_date: soon}}"), "4:43", "not a calendar date"},
    {ONE("{element: x:a, when: {op: {is: create}}}"), "4:33", "is not a condition"},
    {ONE("{element: x:a, fact: evidence.type}"), "4:28", "may have several of 'evidence.type'"},
    {ONE("{element: x:a, content: [{element: b, each: ns, fact: evidence.type}]}"), "4:61",
     "'each: evidence'"},
    {ONE("{element: x:a, each: ns, fact: ns.name}"), "4:28", "comes once"},
    {ONE("{element: x:a, content: [{element: b, each: all}]}"), "4:51", "is none of: evidence"},
    {ONE("{element: x:a, content: [{element: b, at_most: 2}]}"), "4:45", "only beside 'each'"},
    {ONE("{element: x:a, attributes: {xmlns: b}}"), "4:35", "is not a name for an attribute"},
    {ONE("{element: x:a, attributes: {b: {default: c}}}"), "4:38", "neither 'fact' nor 'text'"},
    {ONE("{element: x:a}\n    - {element: x:b}"), "5:7", "a second extension of the namespace of 'x:a'"},
    {ONE("{element: x:a, when: {op: create}}\n    - {element: x:b, when: {op: {present: true}}}"), "5:7",
     "a second extension"},
    {"namespaces: {x: \"urn:x\"}\ncommands: {domain:info: [{element: x:a, fact: decision.grant}]}", "2:47",
     "is not at hand when domain:info is sent"},
    {"namespaces: {x: \"urn:x\"}\ncommands: {login: [{element: x:a, fact: domain}]}", "2:41",
     "'domain' is not at hand when login is sent"},
    {"namespaces: {x: \"urn:x\"}\ncommands: {poll: [{element: x:a, content: [{element: b, each: ns}]}]}",
     "2:63", "there is no item when poll is sent"},
};

static void every_mistake_is_told_with_its_place(void **state)
{
	size_t told = 0;
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
		told += finds(*state, mistakes[i].yaml, mistakes[i].place, mistakes[i].words);
	assert_int_equal(told, sizeof mistakes / sizeof *mistakes);
}

static void all_mistakes_are_told_at_once_with_a_caret(void **state)
{
	struct fixture *f = *state;
	assert_null(load(f, "namespaces: {x: \"urn:x\"}\n"
	                    "commands:\n"
	                    "  contact:create:\n"
	                    "    - element: x:a\n"
	                    "      content:\n"
	                    "        - {element: 9b, fact: applicant.birth_dat}\n"
	                    "        - {element: z:c, fact: period, values: {}}\n"));
	assert_int_equal(f->d.errors, 4);
	if (!strstr(buf_cstr(&f->findings), "m.yaml:6:31: error: there is no fact 'applicant.birth_dat'\n"
	                                    "    6 |         - {element: 9b, fact: applicant.birth_dat}\n"
	                                    "      |                               ^~~~~~~~~~~~~~~~~~~\n"))
		fail_msg("%s", buf_cstr(&f->findings));
}

static void depth_and_number_have_limits(void **state)
{
	struct fixture *f = *state;
	struct buf yaml;
	buf_init(&yaml, 1 << 20);
	buf_lit(&yaml, HEAD "  domain:create:\n    - {element: y:q}\n    - element: x:a\n      content:\n");
	for (int i = 0; i <= EPP_DIALECT_MAX_ELEMENTS; i++)
		buf_lit(&yaml, "        - {element: b}\n");
	assert_null(load(f, buf_cstr(&yaml)));
	assert_non_null(strstr(buf_cstr(&f->findings), "more than 1000 elements"));
	assert_int_equal(f->d.errors, 1);
	buf_clear(&yaml);
	buf_lit(&yaml, "namespaces: {x: \"urn:x\"}\ncommands: {domain:create: [{element: x:a");
	for (int i = 0; i < EPP_EXT_MAX_DEPTH - 4; i++)
		buf_lit(&yaml, ", content: [{element: b");
	for (int i = 0; i < EPP_EXT_MAX_DEPTH - 4; i++)
		buf_lit(&yaml, "}]");
	buf_lit(&yaml, "}]}\n");
	assert_non_null(good(f, buf_cstr(&yaml)));
	buf_fini(&yaml);
}

static void every_fact_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < EPP_FACT__DECLARED; i++)
		assert_int_equal(epp_fact_find(str_c(epp_fact_names[i])), i);
	assert_int_equal(epp_fact_find(STR("facts.school_year")), EPP_FACT__DECLARED);
	assert_int_equal(epp_fact_find(STR("facts.")), EPP_FACT__COUNT);
	assert_int_equal(epp_fact_find(STR("facts.A")), EPP_FACT__COUNT);
	assert_int_equal(epp_fact_find(STR("facts")), EPP_FACT__COUNT);
	assert_true(epp_fact_is_personal(EPP_FACT__ID_NUMBER));
	assert_false(epp_fact_is_personal(EPP_FACT__DOMAIN));
	assert_true(epp_fact_is_decided(EPP_FACT__GRANT));
	assert_null(epp_fact_words(EPP_FACT__NAME));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(facts_constants_and_attributes_are_written),
	    T(facts_that_rule_files_declare_are_written),
	    T(dates_and_values_are_written_as_the_registry_wants),
	    T(conditions_choose),
	    T(what_is_left_empty_is_left_out),
	    T(lists_are_written_entry_by_entry),
	    T(what_is_demanded_is_told_all_at_once),
	    T(a_value_that_does_not_fit_is_told_without_it),
	    T(commands_of_a_session_have_the_account),
	    T(two_elements_that_exclude_each_other_may_share_a_namespace),
	    T(a_printer_is_told_what_is_personal),
	    T(every_mistake_is_told_with_its_place),
	    T(all_mistakes_are_told_at_once_with_a_caret),
	    T(depth_and_number_have_limits),
	    T(every_fact_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
