/* The shipped cases under all readings, and the runner's own honesty. Runs from the top of the tree. */
#include "policy/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RULES "policy/rules"

struct fixture {
	struct diag d;
	struct buf out;
	struct policy_test_counts counts;
	char dir[64], file[96];
};

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.dir = "/tmp/vnepp-cases-XXXXXX"};
	diag_init(&f.d);
	buf_init(&f.out, 16 << 20);
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.file, sizeof f.file, "%s/a.yaml", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	(void)unlink(f->file); /* not every test writes it */
	int bad = rmdir(f->dir);
	diag_fini(&f->d);
	buf_fini(&f->out);
	return bad;
}

static void write_case(struct fixture *f, const char *text)
{
	FILE *file = fopen(f->file, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void shipped_cases_pass_under_both_readings(void **state)
{
	struct fixture *f = *state;
	bool ok = policy_test_run(RULES, "policy/cases", POLICY_TEXT, false, &f->d, &f->out, &f->counts);
	diag_print(&f->d, &f->out);
	if (!ok)
		fail_msg("%s", buf_cstr(&f->out));
	assert_int_equal(f->counts.readings, 2);
	assert_true(f->counts.cases >= 44);
	assert_true(f->counts.passed > f->counts.cases && f->counts.passed <= 2 * f->counts.cases);
	assert_int_equal(f->counts.failed, 0);
}

static void json_has_one_line_for_each_case_and_reading(void **state)
{
	struct fixture *f = *state;
	assert_true(policy_test_run(RULES, "policy/cases", POLICY_JSON, false, &f->d, &f->out, &f->counts));
	struct str rest = buf_str(&f->out);
	size_t lines = 0;
	while (rest.len > 0) {
		struct str line = str_split(&rest, '\n');
		assert_true(str_starts(line, STR("{\"case\":\"")));
		assert_true(str_ends(line, STR("\"charged\":null}}}")));
		lines++;
	}
	assert_int_equal(lines, f->counts.passed + f->counts.failed);
}

#define HEAD                                  \
	"cases:\n"                            \
	"  - id: X\n"                         \
	"    about: a\n"                      \
	"    at: 2026-11-20T09:00:00+07:00\n" \
	"    facts: {op: create, zone: com.vn, period: 1, kind: enterprise, tax_code: \"0199999014\"}\n"

static void a_wrong_expectation_fails_with_its_place(void **state)
{
	struct fixture *f = *state;
	write_case(f, HEAD "    expect: {outcome: grant, reason: ZONE_NOT_GRANTED, flags: [RENEWAL_LATE]}\n");
	assert_false(policy_test_run(RULES, f->dir, POLICY_TEXT, false, &f->d, &f->out, &f->counts));
	assert_int_equal(f->counts.failed, 1);
	assert_int_equal(f->counts.passed, 0);
	buf_clear(&f->out);
	diag_print_short(&f->d, &f->out);
	char expected[512];
	snprintf(expected, sizeof expected,
	         "%s:6:23: error: X, reading default: outcome is 'no_grant'\n"
	         "%s:6:64: error: X, reading default: a flag that is not set is 'RENEWAL_LATE'\n",
	         f->file, f->file);
	assert_string_equal(buf_cstr(&f->out), expected);
}

static void broken_case_files_are_told(void **state)
{
	static const struct {
		const char *text, *finding;
	} cases[] = {
	    {HEAD, "'expect' is missing"},
	    {HEAD "    expect: {outcome: no_grant}\n", "'reason' is missing"},
	    {HEAD "    expect: {outcome: no_grant, reason: ZONE_NOT_GRANTED, fre_years: 0}\n",
	     "unknown key 'fre_years'"},
	    {HEAD "    expects: {}\n", "unknown key 'expects'"},
	    {"cases:\n  - {id: X, about: a, at: yesterday, facts: {op: create}, expect: {}}\n",
	     "'yesterday' is not a time"},
	    {"cases:\n  - {id: X, about: a, at: 2026-01-01T00:00:00Z, facts: {op: creat}, expect: {}}\n",
	     "'creat' is none of: create, renew"},
	    {"cases:\n  - {id: X, about: a, at: 2026-01-01T00:00:00Z, facts: {op: create, colour: red}, "
	     "expect: {}}\n",
	     "unknown key 'colour'"},
	    {"case: []\n", "'cases' is missing"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_case(f, cases[i].text);
		assert_false(policy_test_run(RULES, f->dir, POLICY_TEXT, false, &f->d, &f->out, &f->counts));
		buf_clear(&f->out);
		diag_print_short(&f->d, &f->out);
		if (!strstr(buf_cstr(&f->out), cases[i].finding))
			fail_msg("'%s' not in %s", cases[i].finding, buf_cstr(&f->out));
		diag_fini(&f->d);
	}
}

static void missing_folders_are_told(void **state)
{
	struct fixture *f = *state;
	assert_false(policy_test_run("/nowhere", f->dir, POLICY_TEXT, false, &f->d, &f->out, &f->counts));
	assert_false(policy_test_run(RULES, "/nowhere", POLICY_TEXT, false, &f->d, &f->out, &f->counts));
}

static void the_shipped_cases_reach_everything(void **state)
{
	struct fixture *f = *state;
	assert_true(policy_test_run(RULES, "policy/cases", POLICY_TEXT, true, &f->d, &f->out, &f->counts));
	if (!f->counts.reached_all)
		fail_msg("%s", buf_cstr(&f->out));
	assert_true(str_starts(buf_str(&f->out), STR("reached: ")));
}

static void what_is_not_reached_is_told(void **state)
{
	static const char one[] = "cases:\n"
	                          "  - id: X1\n"
	                          "    about: one\n"
	                          "    at: 2026-11-20T12:00:00+07:00\n"
	                          "    switches: {undecided-continuation: hold}\n"
	                          "    facts: {op: create, zone: nowhere, period: 1}\n"
	                          "    expect: {outcome: reject, reason: ZONE_UNKNOWN}\n";
	struct fixture *f = *state;
	write_case(f, one);
	assert_true(policy_test_run(RULES, f->dir, POLICY_TEXT, true, &f->d, &f->out, &f->counts));
	assert_false(f->counts.reached_all);
	const char *text = buf_cstr(&f->out);
	assert_non_null(strstr(text, "not reached: rule age-to-23: passing\n"));
	assert_non_null(strstr(text, "not reached: rule zone-known: passing\n"));
	assert_null(strstr(text, "rule zone-known: failing"));
	assert_non_null(strstr(text, "not reached: boundary period: minimum, just outside\n"));
	assert_non_null(strstr(text, "not reached: clause BLDS-148: by any case\n"));
	buf_clear(&f->out);
	assert_true(policy_test_run(RULES, f->dir, POLICY_JSON, true, &f->d, &f->out, &f->counts));
	assert_non_null(strstr(buf_cstr(&f->out),
	                       "{\"not_reached\":[{\"kind\":\"rule\",\"id\":\"zone-known\","
	                       "\"missing\":\"passing\",\"file\":\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(shipped_cases_pass_under_both_readings),
	    T(json_has_one_line_for_each_case_and_reading),
	    T(a_wrong_expectation_fails_with_its_place),
	    T(broken_case_files_are_told),
	    T(missing_folders_are_told),
	    T(the_shipped_cases_reach_everything),
	    T(what_is_not_reached_is_told),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
