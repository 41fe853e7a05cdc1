/* Loading rule files: what a policy admin gets wrong and is told, revisions, reference counts. */
#include "policy/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/policy/shipped.h"

#include <pthread.h>

static void shipped_rules_load_without_a_finding(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *r = shipped_load_good(s);
	assert_int_equal(s->d.count, 0);
	assert_int_equal(strlen(policy_revision(r)), 7 + 64);
	policy_unref(&r);
	assert_null(r);
}

/* The first occurrence of `from` in a file becomes `to`; exactly these findings come out. */
struct mistake {
	const char *file, *from, *to, *findings;
};

static const struct mistake mistakes[] = {
    {"waivers.yaml", "register: {from: 2025-07-01, to: 2026-12-31}",
     "register: {from: 2025-07-01, to: 2026-02-30}",
     "waivers.yaml: error: waivers[2].register.to: '2026-02-30' is not a calendar date (YYYY-MM-DD)\n"},
    {"waivers.yaml", "to: 2026-12-31", "to: 2024-12-31",
     "waivers.yaml: error: waivers[2].register.to: ends before it begins\n"},
    {"waivers.yaml", "grant: youth-id, cite: [TT64-3]", "grant: youth-di, cite: [TT64-3]",
     "waivers.yaml: error: waivers[2].covers[0].grant: there is no grant 'youth-di'\n"},
    {"waivers.yaml", "{grant: youth-id, cite: [TT64-3]}", "{grant: youth-id}",
     "waivers.yaml: error: waivers[2].covers[0]: 'cite' is missing\n"},
    {"grants.yaml", "[QD-6, QD-7, ND147-PRIORITY]", "[QD-6, QD-77, ND147-PRIORITY]",
     "grants.yaml: error: grants[0].conditions[1].cite[1]: there is no clause 'QD-77'\n"},
    {"grants.yaml", "at_least: 18", "at_lest: 18",
     "grants.yaml: error: grants[0].conditions[1].require.age: an age test has either 'at_least' or "
     "'at_most'\n"
     "grants.yaml: error: grants[0].conditions[1].require.age: unknown key 'at_lest'\n"},
    {"grants.yaml", "reason: AGE_OVER_23", "reason: AGE_OVER_24",
     "grants.yaml: error: grants[0].conditions[2].otherwise.reason: there is no reason or flag "
     "'AGE_OVER_24'\n"},
    {"grants.yaml", "outcome: no_grant, reason: AGE_UNDER_18", "outcome: refuse, reason: AGE_UNDER_18",
     "grants.yaml: error: grants[0].conditions[1].otherwise.outcome: 'refuse' is none of: no_grant, "
     "review, reject, flag\n"},
    {"grants.yaml", "zone: id.vn", "zone: iz.vn",
     "grants.yaml: error: grants[0].zone: there is no zone 'iz.vn'\n"},
    {"grants.yaml", "mode: {switch: upper-age}", "mode: {switch: lower-age}",
     "grants.yaml: error: grants[0].conditions[2].require.age.mode: option 'birthday' of switch "
     "'lower-age' means nothing here\n"
     "grants.yaml: error: grants[0].conditions[2].require.age.mode: option 'day_after' of switch "
     "'lower-age' means nothing here\n"
     "grants.yaml: error: grants[0].conditions[2].contested[0]: the test does not ask the switch "
     "'upper-age'\n"},
    {"grants.yaml", "id: household\n", "id: new-enterprise\n",
     "grants.yaml: error: grants[2]: the id 'new-enterprise' is taken\n"
     "waivers.yaml: error: waivers[0].covers[2].grant: there is no grant 'household'\n"
     "waivers.yaml: error: waivers[1].covers[2].grant: there is no grant 'household'\n"
     "waivers.yaml: error: waivers[2].covers[2].grant: there is no grant 'household'\n"
     "waivers.yaml: error: waivers[3].covers[2].grant: there is no grant 'household'\n"},
    {"checks.yaml", "require: {fact: prior_grants, max: 0}", "require: {fact: prior_grants}",
     "checks.yaml: error: checks[24].require: says nothing about prior_grants\n"},
    {"checks.yaml", "require: {fact: prior_grants, max: 0}", "require: {fact: prior_grants, in: [\"0\"]}",
     "checks.yaml: error: checks[24].require: says nothing about prior_grants\n"
     "checks.yaml: error: checks[24].require: unknown key 'in'\n"},
    {"checks.yaml", "id: zone-takes-applicant", "id: zone-known",
     "checks.yaml: error: checks[1]: the id 'zone-known' is taken\n"},
    {"checks.yaml", "when: {op: [create], zone_known: [\"true\"]}",
     "when: {op: [creat], zone_knwon: [\"true\"]}",
     "checks.yaml: error: checks[1].when.op[0]: 'creat' is none of: create, renew\n"
     "checks.yaml: error: checks[1].when: there is no fact 'zone_knwon'\n"},
    {"checks.yaml", "granted: {reason: OK, cite: [QD-1]}", "granted: {reason: OK, cite: []}",
     "checks.yaml: error: verdicts.granted.cite: every rule needs a clause\n"},
    {"reasons.yaml", "    en: \"Eligible: the name is free of charge for the first two years.\"\n", "",
     "reasons.yaml: error: reasons[0]: 'en' is missing\n"},
    {"sources-law.yaml", "    reason: \"the circular itself was not read\"\n", "",
     "sources-law.yaml: error: sources[0]: an unverified source needs a 'reason'\n"},
    {"switches.yaml", "default: completed_years", "default: completed",
     "switches.yaml: error: switches[0].default: 'completed' is none of the options\n"},
    {"plan-lai-chau.yaml", ", when: {switch: {target-in-lai-chau: inferred}}", "",
     "switches.yaml: error: switches[24]: no rule asks the switch 'target-in-lai-chau'\n"},
    {"plan-lai-chau.yaml", "target-in-lai-chau: inferred", "target-in-laichau: inferred",
     "plan-lai-chau.yaml: error: there is no switch 'target-in-laichau'\n"},
    {"plan-ca-mau.yaml", "ca-mau-2026: attributed", "ca-mau-2026: counted",
     "plan-ca-mau.yaml: error: plans[0].when.switch.ca-mau-2026: 'counted' is no option of that switch\n"},
    {"grants.yaml", "when: {switch: {gap-january-2026: calendar_year}}", "when: {op: [create]}",
     "grants.yaml: error: grants[0].authority[2].when: 'switch' is missing\n"
     "grants.yaml: error: grants[0].authority[2].when: unknown key 'op'\n"},
    {"checks.yaml", "  term: {switch: start-of-term}", "  term: {switch: attribution}",
     "checks.yaml: error: readings.term: option 'address' of switch 'attribution' means nothing here\n"
     "checks.yaml: error: readings.term: option 'number' of switch 'attribution' means nothing here\n"},
    {"checks.yaml", "  term: {switch: start-of-term}", "  turm: grant_date",
     "checks.yaml: error: readings: unknown key 'turm'\n"},
    {"site.yaml", "source: tt64-2025,", "source: qd826,",
     "site.yaml: error: site.accept_unverified[2]: source 'qd826' is verified: there is nothing to "
     "accept\n"},
    {"site.yaml", "by: \"sample\", on: 2026-11-20", "on: 2026-11-20",
     "site.yaml: error: site.accept_unverified[0]: 'by' is missing\n"},
    {"site.yaml", "switches: {}", "switches: {upper-age: until_23}",
     "site.yaml: error: site.switches.upper-age: 'until_23' is none of: completed_years, "
     "until_birthday\n"},
    {"site.yaml", "switches: {}", "switches: {upperage: until_birthday}",
     "site.yaml: error: site.switches: there is no switch 'upperage'\n"},
    {"lifecycle.yaml", "from: 2024-12-25", "from: 2024-12-26",
     "lifecycle.yaml: error: values[2].dated[1]: leaves a gap after the entry before it\n"},
    {"fees.yaml", "from: 2025-05-03", "from: 2025-05-02",
     "fees.yaml: error: fees[1]: overlaps the entry before it\n"},
    {"fees.yaml", "levy: 100000, maintenance: 350000", "levy: 100.000, maintenance: 350000",
     "fees.yaml: error: fees[0].rates.second_level.levy: '100.000' is not a whole number\n"},
    {"fees.yaml", "      personal: {levy: 10000, maintenance: 50000}\n", "",
     "zones.yaml: error: zones[0]: no fee 'personal' in every fee table\n"
     "zones.yaml: error: zones[3]: no fee 'personal' in every fee table\n"},
    {"zones.yaml", "[biz.vn, com.vn,", "[biz.vn, id.vn,",
     "zones.yaml: error: zones[1]: the zone 'id.vn' stands twice\n"},
    {"plan-ca-mau.yaml", "province: \"96\"", "province: \"95\"",
     "plan-ca-mau.yaml: error: plans[0].province: '95' is not in the list '2025-07-01'\n"},
    {"plan-ca-mau.yaml", "count: 600", "count: 600, percent: 5",
     "plan-ca-mau.yaml: error: plans[0].targets[1]: a target has either 'count' or 'percent'\n"},
    {"provinces.yaml", "\"10\": \"15\"", "\"10\": \"10\"",
     "provinces.yaml: error: 10 -> 10: not in the lists\n"},
    {"plan-lai-chau.yaml", "plans:", "plan:", "plan-lai-chau.yaml: error: unknown key 'plan'\n"},
};

/* The findings without ":line:column", which change whenever a rule file is edited. */
static const char *without_places(struct shipped *s)
{
	static char out[8192];
	const char *at = shipped_findings(s, false);
	size_t n = 0;
	for (; *at && n + 1 < sizeof out; at++) {
		bool digits = *at == ':' && at[1] >= '0' && at[1] <= '9' && at > buf_cstr(&s->out) &&
		              at[-1] != ' ' && strncmp(at - 5, ".yaml", 5) == 0;
		if (digits) {
			at += 1 + strspn(at + 1, "0123456789");
			at += 1 + strspn(at + 1, "0123456789");
		}
		out[n++] = *at;
	}
	out[n] = '\0';
	return out;
}

static void mistakes_are_told(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		const struct mistake *m = &mistakes[i];
		struct shipped s;
		assert_true(shipped_init(&s));
		if (!shipped_replace(&s, m->file, m->from, m->to))
			fail_msg("'%s' is not in %s", m->from, m->file);
		assert_null(shipped_load(&s));
		if (strcmp(without_places(&s), m->findings) != 0 && ++bad)
			print_error("%s -> %s:\n%s", m->from, m->to, without_places(&s));
		shipped_fini(&s);
	}
	assert_int_equal(bad, 0);
}

static void findings_come_all_at_once_with_carets(void **state)
{
	static const char waivers[] = "waivers:\n"
	                              "  - id: tt99\n"
	                              "    source: tt64-2025\n"
	                              "    status: in_force\n"
	                              "    register:\n"
	                              "      from: 2027-01-01\n"
	                              "      to: 2027-02-30\n"
	                              "    levey: waived\n"
	                              "    covers:\n"
	                              "      - {grant: youth-di, cite: [TT64-3]}\n";
	struct shipped *s = *state;
	shipped_add(s, "waiver-99.yaml", str_c(waivers));
	assert_null(shipped_load(s));
	assert_string_equal(
	    shipped_findings(s, true),
	    "waiver-99.yaml:2:5: error: waivers[0]: 'levy' is missing\n"
	    "    2 |   - id: tt99\n"
	    "      |     ^\n"
	    "      = help: add 'levy' with its value to this entry\n"
	    "waiver-99.yaml:7:11: error: waivers[0].register.to: '2027-02-30' is not a calendar date "
	    "(YYYY-MM-DD)\n"
	    "    7 |       to: 2027-02-30\n"
	    "      |           ^~~~~~~~~~\n"
	    "      = help: the last day of that month is 2027-02-28\n"
	    "waiver-99.yaml:8:5: error: waivers[0]: unknown key 'levey'\n"
	    "    8 |     levey: waived\n"
	    "      |     ^~~~~\n"
	    "      = help: did you mean 'levy'?\n"
	    "waiver-99.yaml:10:17: error: waivers[0].covers[0].grant: there is no grant 'youth-di'\n"
	    "   10 |       - {grant: youth-di, cite: [TT64-3]}\n"
	    "      |                 ^~~~~~~~\n"
	    "      = help: did you mean 'youth-id'?\n"
	    "4 errors\n");
}

static void a_file_that_does_not_parse_hides_no_other(void **state)
{
	struct shipped *s = *state;
	assert_true(shipped_replace(s, "fees.yaml", "fees:\n", "fees:\n\t- x\n"));
	assert_true(shipped_replace(s, "zones.yaml", "zones:\n", "zones: *x\nmore:\n"));
	assert_null(shipped_load(s));
	assert_int_equal(s->d.errors, 2);
	assert_non_null(strstr(shipped_findings(s, false), "error: YAML: "));
	assert_non_null(strstr(shipped_findings(s, false), "zones.yaml:2:8: error: aliases"));
}

static void a_section_that_is_a_mapping_stands_once(void **state)
{
	struct shipped *s = *state;
	shipped_add(s, "zz.yaml", STR("site:\n  name: other\n"));
	assert_null(shipped_load(s));
	assert_string_equal(shipped_findings(s, true), "zz.yaml:1:1: error: section 'site' stands twice\n"
	                                               "    1 | site:\n      | ^~~~\n"
	                                               "      = help: the other one is in site.yaml, line 3\n"
	                                               "1 error\n");
}

static void nothing_at_all_is_an_error(void **state)
{
	struct shipped *s = *state;
	assert_null(policy_load_texts(NULL, 0, &s->d));
	assert_true(s->d.errors > 0);
	assert_null(policy_load_dir("/nowhere", NULL, &s->d));
	assert_null(policy_load_dir("policy/rules", "/nowhere/site.yaml", &s->d));
	assert_null(policy_load_dir("systemd/empty-folder", NULL, &s->d));
}

static void folder_and_texts_give_the_same_revision(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *a = shipped_load_good(s), *b = policy_load_dir("policy/rules", NULL, &s->d);
	assert_non_null(b);
	assert_string_equal(policy_revision(a), policy_revision(b));
	policy_unref(&a);
	policy_unref(&b);
}

static void another_site_file_takes_the_place_of_the_folders_own(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *a = shipped_load_good(s);
	struct policy_ruleset *b = policy_load_dir("policy/rules", "policy/cases/strict-site.yaml", &s->d);
	assert_non_null(b);
	assert_string_not_equal(policy_revision(a), policy_revision(b));
	policy_unref(&a);
	policy_unref(&b);
}

static void layout_does_not_change_the_revision_and_content_does(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *a = shipped_load_good(s), *b;
	assert_true(shipped_replace(s, "fees.yaml", "fees:\n", "# a comment\nfees:\n\n"));
	assert_true(shipped_replace(s, "fees.yaml", "{levy: 100000, maintenance: 350000}",
	                            "{\"maintenance\": '350000',   levy: 100000}"));
	b = shipped_load_good(s);
	assert_string_equal(policy_revision(a), policy_revision(b));
	policy_unref(&b);
	assert_true(shipped_replace(s, "fees.yaml", "100000", "100001"));
	b = shipped_load_good(s);
	assert_string_not_equal(policy_revision(a), policy_revision(b));
	policy_unref(&a);
	policy_unref(&b);
}

static void canonical_content_loads_to_the_same_revision(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *a = shipped_load_good(s);
	struct policy_text text = {"canonical", policy_canonical(a)};
	struct policy_ruleset *b = policy_load_texts(&text, 1, &s->d);
	assert_non_null(b);
	assert_string_equal(policy_revision(a), policy_revision(b));
	assert_true(str_eq(policy_canonical(a), policy_canonical(b)));
	policy_unref(&a);
	policy_unref(&b);
}

static void every_reason_speaks_vietnamese_and_english(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *r = shipped_load_good(s);
	struct str vi = policy_reason_message(r, STR("AGE_UNDER_18"), POLICY_VI);
	struct str en = policy_reason_message(r, STR("AGE_UNDER_18"), POLICY_EN);
	assert_true(str_starts(vi, STR("Người đăng ký chưa đủ 18 tuổi")));
	assert_true(str_starts(en, STR("The applicant is not yet 18")));
	assert_int_equal(policy_reason_message(r, STR("UPPER_AGE_CONTESTED"), POLICY_VI).len > 0, 1);
	assert_int_equal(policy_reason_message(r, STR("NO_SUCH"), POLICY_VI).len, 0);
	policy_unref(&r);
}

static void *ref_and_unref(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		struct policy_ruleset *r = policy_ref(arg);
		policy_unref(&r);
	}
	return NULL;
}

static void references_are_counted_across_threads(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *r = shipped_load_good(s), *second = policy_ref(r), *none = NULL;
	pthread_t threads[4];
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, r), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	policy_unref(&r);
	assert_int_equal(strlen(policy_revision(second)), 7 + 64);
	policy_unref(&second);
	policy_unref(&none); /* nothing to give back */
}

static void check_lists_unverified_sources(void **state)
{
	struct shipped *s = *state;
	struct policy_ruleset *r = shipped_load_good(s);
	size_t before = policy_check_unaccepted(r);
	policy_unref(&r);
	assert_true(shipped_replace(s, "site.yaml",
	                            "    - {source: qd507, by: \"sample\", on: 2026-11-20, why: \"for the "
	                            "demonstration and the shipped cases\"}\n",
	                            ""));
	r = shipped_load_good(s);
	assert_int_equal(policy_check_unaccepted(r), before + 1);
	policy_check_print(r, &s->d, POLICY_TEXT, &s->out);
	const char *text = buf_cstr(&s->out);
	const char *open = strstr(text, "not accepted");
	assert_non_null(open);
	assert_non_null(strstr(open, "507/QĐ-BKHCN"));
	assert_null(strstr(open, "64/2025/TT-BTC"));
	assert_non_null(strstr(text, "64/2025/TT-BTC"));
	buf_clear(&s->out);
	policy_check_print(r, &s->d, POLICY_JSON, &s->out);
	assert_non_null(strstr(buf_cstr(&s->out), "{\"source\":\"qd507\",\"document\":\"507/QĐ-BKHCN\""));
	policy_unref(&r);
	buf_clear(&s->out);
	diag_error(&s->d, DIAG_NOWHERE, "a \"finding\"");
	policy_check_print(NULL, &s->d, POLICY_JSON, &s->out);
	assert_string_equal(
	    buf_cstr(&s->out),
	    "{\"errors\":1,\"misshapen\":0,\"warnings\":0,\"findings\":[{\"level\":\"error\",\"file\":\"\","
	    "\"line\":0,"
	    "\"column\":0,\"message\":\"a \\\"finding\\\"\",\"help\":null}],\"revision\":null,"
	    "\"expected\":[],\"switches\":[],\"unverified\":[]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, shipped_set_up, shipped_tear_down)
	    T(shipped_rules_load_without_a_finding),
	    T(mistakes_are_told),
	    T(findings_come_all_at_once_with_carets),
	    T(a_file_that_does_not_parse_hides_no_other),
	    T(a_section_that_is_a_mapping_stands_once),
	    T(nothing_at_all_is_an_error),
	    T(folder_and_texts_give_the_same_revision),
	    T(another_site_file_takes_the_place_of_the_folders_own),
	    T(layout_does_not_change_the_revision_and_content_does),
	    T(canonical_content_loads_to_the_same_revision),
	    T(every_reason_speaks_vietnamese_and_english),
	    T(references_are_counted_across_threads),
	    T(check_lists_unverified_sources),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
