/*
 * What rules mean, whatever they say: decisions are total and the same each time, and taking a fact away never makes a
 * grant out of what was none. Over random applications under the shipped rules, and under random rule sets.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "epp/base/rng.h"
#include "tests/unit/policy/shipped.h"

#define RULE_SETS  60
#define FACTS_EACH 400

static struct rng rng;

static uint64_t draw(uint64_t n)
{
	return rng_below(&rng, n);
}

static struct str pick(const char *const *list, size_t count)
{
	return str_c(list[draw(count)]);
}

#define PICK(...) \
	pick((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- applications ---- */

struct application {
	struct policy_facts facts;
	struct policy_evidence evidence[2];
	struct policy_given given[3];
	char number[16], staff[8];
};

static date_t some_date(void)
{
	return draw(6) == 0 ? DATE_NONE
	                    : date_make(1995 + (int)draw(35), 1 + (int)draw(12), 1 + (int)draw(28));
}

static enum policy_flag some_flag(void)
{
	return (enum policy_flag)draw(3);
}

static void fill_person(struct application *a)
{
	struct policy_facts *f = &a->facts;
	/* a renewal comes without its applicant: that is no missing fact */
	f->kind = f->op == POLICY_RENEW ? POLICY_KIND_NONE : (enum policy_kind)draw(POLICY_KIND__COUNT);
	f->citizenship = PICK("VN", "VN", "VN", "FR", "");
	f->gender = (enum policy_gender)draw(POLICY_GENDER__COUNT);
	f->birth_date =
	    draw(8) ? date_make(2000 + (int)draw(10), 1 + (int)draw(12), 1 + (int)draw(28)) : DATE_NONE;
	int y = 2004, m, day;
	if (f->birth_date != DATE_NONE)
		date_split(f->birth_date, &y, &m, &day);
	snprintf(a->number, sizeof a->number, "068%d%02d%06d", f->gender == POLICY_FEMALE ? 3 : 2, y % 100,
	         (int)draw(1000000));
	f->id_number = draw(6) ? str_c(a->number) : PICK("", "12", "123456789");
	f->tax_code = PICK("", "0100109106", "0100109106-001", "0000000000");
	f->registration_number = PICK("", "68B8123456", "x");
	f->founded_on = some_date();
	f->registered_on = some_date();
	f->registration_exempt = some_flag();
	f->province = PICK("68", "12", "99", "");
}

static void mend(struct application *a);

static void fill(struct application *a)
{
	*a = (struct application){.facts = POLICY_FACTS_NONE};
	struct policy_facts *f = &a->facts;
	f->op = (enum policy_op)draw(POLICY_OP__COUNT);
	f->at = draw(12)
	            ? instant_of_date(date_make(2023 + (int)draw(6), 1 + (int)draw(12), 1 + (int)draw(28)), 0)
	            : INSTANT_NONE;
	f->zone = PICK("id.vn", "id.vn", "biz.vn", "com.vn", "nowhere", "");
	f->period = (int)draw(13) - 1;
	fill_person(a);
	f->evidence = a->evidence;
	f->evidence_count = draw(3);
	for (size_t i = 0; i < f->evidence_count; i++)
		a->evidence[i] =
		    (struct policy_evidence){.type =
		                                 PICK("ekyc", "certificate", "national_enterprise_db", "x"),
		                             .reference = PICK("", "1"),
		                             .date = some_date(),
		                             .result = (enum policy_result)draw(POLICY_RESULT__COUNT)};
	f->prior_grants = (int)draw(4) - 1;
	f->prior_paid = some_flag();
	f->name_known = some_flag();
	f->name_granted = some_flag();
	f->ownership_changed = some_flag();
	f->grant_from = some_date();
	f->expires_on = some_date();
	f->charge = draw(2);
	f->max_fee_vnd = draw(2) ? -1 : 1000000;
	snprintf(a->staff, sizeof a->staff, "%d", (int)draw(30));
	a->given[0] = (struct policy_given){STR("attended"), PICK("true", "false", "maybe")};
	a->given[1] = (struct policy_given){STR("staff"), str_c(a->staff)};
	a->given[2] = (struct policy_given){STR("field"), PICK("farm", "shop", "mine")};
	f->given = a->given;
	f->given_count = draw(4);
	if (draw(4))
		mend(a);
}

/* Most facts as a grant needs them, so that one fact more or less matters. */
static void mend(struct application *a)
{
	struct policy_facts *f = &a->facts;
	bool keep = false;
#define MEND(member, value) (keep = draw(12) == 0, f->member = keep ? f->member : (value))
	MEND(at, instant_of_date(date_make(2026, 11, 20), 0));
	MEND(zone, STR("id.vn"));
	MEND(period, 1 + (int)draw(2));
	if (f->op == POLICY_CREATE)
		MEND(kind, POLICY_CITIZEN);
	MEND(citizenship, STR("VN"));
	MEND(gender, POLICY_MALE);
	MEND(birth_date, date_make(2004, 5, 6));
	MEND(id_number, STR("068204001234"));
	MEND(founded_on, date_make(2026, 8, 6));
	MEND(registered_on, date_make(2026, 8, 6));
	a->evidence[0] =
	    (struct policy_evidence){.type = STR("ekyc"), .date = DATE_NONE, .result = POLICY_CONFIRMED};
	MEND(evidence_count, (size_t)1);
	MEND(prior_grants, 0);
	MEND(name_known, POLICY_YES);
	MEND(name_granted, POLICY_YES);
	MEND(ownership_changed, POLICY_NO);
	MEND(grant_from, date_make(2025, 12, 1));
	MEND(expires_on, date_make(2026, 12, 1));
	MEND(given_count, (size_t)3);
#undef MEND
}

static bool granted(const struct policy_decision *d)
{
	return d->outcome == POLICY_GRANT || d->outcome == POLICY_GRANT_PARTIAL;
}

/* Takes the n-th fact away; false when there is no such fact. What counts as declared when it is absent stays. */
static bool take_away(struct policy_facts *f, size_t n)
{
	switch (n) {
	case 0: f->at = INSTANT_NONE; return true;
	case 1: f->zone = STR_NONE; return true;
	case 2: f->period = -1; return true;
	case 3: f->kind = POLICY_KIND_NONE; return true;
	case 4: f->citizenship = STR_NONE; return true;
	case 5: f->gender = POLICY_GENDER_UNKNOWN; return true;
	case 6: f->birth_date = DATE_NONE; return true;
	case 7: f->id_number = STR_NONE; return true;
	case 8: f->founded_on = DATE_NONE; return true;
	case 9: f->registered_on = DATE_NONE; return true;
	case 10: f->evidence_count = 0; return true;
	case 11: f->prior_grants = -1; return true;
	case 12: f->name_known = POLICY_UNKNOWN; return true;
	case 13: f->name_granted = POLICY_UNKNOWN; return true;
	case 14: f->ownership_changed = POLICY_UNKNOWN; return true;
	case 15: f->grant_from = DATE_NONE; return true;
	case 16: f->expires_on = DATE_NONE; return true;
	case 17: f->given_count = 0; return true;
	case 18: f->prior_paid = POLICY_UNKNOWN; return true;
	default: return false;
	}
}

static void print(const struct policy_decision *d, struct buf *out)
{
	buf_clear(out);
	policy_print_common(d, out);
	policy_print_item(d, out);
}

/* Everything that holds of one application. Counts the grants, so that a test that sees none is noticed. */
static size_t hold(const struct policy_ruleset *r, const struct application *a, struct buf *one,
                   struct buf *two)
{
	struct policy_decision d, again;
	policy_decide(r, &a->facts, &d);
	policy_decide(r, &a->facts, &again);
	print(&d, one);
	print(&again, two);
	assert_true(str_eq(buf_str(one), buf_str(two)));
	assert_true(d.reason_count > 0);
	assert_true((unsigned)d.outcome < POLICY_OUTCOME__COUNT);
	if (granted(&d))
		assert_true(d.grant && d.waiver && d.free_years > 0 && d.cite_count > 0);
	else
		assert_int_equal(d.free_years, 0);
	struct policy_facts less = a->facts;
	for (size_t n = 0; take_away(&less, n); n++, less = a->facts) {
		policy_decide(r, &less, &again);
		if (granted(&again) && !granted(&d)) {
			print(&again, two);
			fail_msg("without fact %zu it is granted: %s\nbut was %s", n, buf_cstr(two),
			         buf_cstr(one));
		}
	}
	return granted(&d);
}

static void check_rules(const struct policy_ruleset *r, size_t count, size_t *grants)
{
	struct application a;
	struct buf one, two;
	buf_init(&one, 1 << 20);
	buf_init(&two, 1 << 20);
	for (size_t i = 0; i < count; i++) {
		fill(&a);
		*grants += hold(r, &a, &one, &two);
	}
	buf_fini(&one);
	buf_fini(&two);
}

static void shipped_rules_never_grant_for_want_of_a_fact(void **state)
{
	struct shipped s;
	size_t grants = 0;
	(void)state;
	assert_true(shipped_init(&s));
	struct policy_ruleset *r = shipped_load(&s);
	assert_non_null(r);
	rng_init_seed(&rng, 1);
	check_rules(r, 60000, &grants);
	assert_true(grants > 100);
	policy_unref(&r);
	shipped_fini(&s);
}

/* ---- rule sets ---- */

static const char facts[] =
    "facts:\n"
    "  - {id: attended, type: flag, vi: \"đã học\", en: \"attended\"}\n"
    "  - {id: staff, type: number, min: 0, max: 99, vi: \"số người\", en: \"staff\"}\n"
    "  - {id: field, type: code, codes: [farm, shop], vi: \"lĩnh vực\", en: \"field\"}\n";

/* One random line for `when`, or nothing. */
static void some_when(struct buf *out)
{
	static const char *const lines[] = {
	    "",
	    "",
	    "citizenship: [VN]",
	    "gender: [male]",
	    "kind: [citizen]",
	    "attended: [\"true\"]",
	    "field: [farm]",
	    "name_known: [\"true\"]",
	    "name_granted: [\"true\"]",
	    "prior_paid: [\"true\"]",
	    "zone_known: [\"true\"]",
	    "op: [create], field: [shop]",
	    "attended: [\"false\"], gender: [female]",
	};
	struct str line = pick(lines, ARRAY_LEN(lines));
	if (line.len)
		buf_printf(out, "    when: {%.*s}\n", STR_ARG(line));
}

static void some_check(struct buf *out, int n)
{
	static const char *const tests[] = {
	    "{fact: attended, in: [\"true\"]}",
	    "{fact: field, not_in: [farm]}",
	    "{fact: staff, max: %d}",
	    "{fact: staff, min: %d}",
	    "{fact: birth_date, from: 2002-01-01}",
	    "{fact: founded_on, to: decision}",
	    "{fact: citizenship, in: [VN]}",
	    "{fact: gender, not_in: [female]}",
	    "{fact: prior_paid, in: [\"false\"]}",
	    "{fact: expires_on, present: true}",
	    "{age: {at_least: %d, start: birthday, feb29: mar1}}",
	    "{within: {of: registered_on, years: 2, boundary: end_of_anniversary, weekend: not_applied}}",
	    "{evidence: {any_of: [ekyc, certificate]}}",
	    "{citizen_id: shape}",
	};
	static const char *const outcomes[] = {"{outcome: no_grant, reason: AGE_OVER_23}",
	                                       "{outcome: review, reason: FACT_MISSING}",
	                                       "{outcome: reject, reason: NOT_CITIZEN}"};
	char test[160];
	struct str chosen = pick(tests, ARRAY_LEN(tests)), number;
	const char *percent = strstr(chosen.ptr, "%d");
	number = percent ? str_make(chosen.ptr, (size_t)(percent - chosen.ptr)) : chosen;
	snprintf(test, sizeof test, "%.*s", STR_ARG(number));
	if (percent)
		snprintf(test + strlen(test), sizeof test - strlen(test), "%d%s", (int)draw(25), percent + 2);
	buf_printf(out, "  - id: random-%d\n", n);
	some_when(out);
	buf_printf(out, "    require: %s\n    otherwise: %s\n", test,
	           pick(outcomes, ARRAY_LEN(outcomes)).ptr);
	if (draw(3) == 0)
		buf_lit(out, "    missing: {outcome: review, reason: EVIDENCE_MISSING}\n");
	buf_lit(out, "    cite: [QD-6]\n");
}

static void random_rules_never_grant_for_want_of_a_fact(void **state)
{
	size_t grants = 0, loaded = 0;
	(void)state;
	rng_init_seed(&rng, 2);
	for (int set = 0; set < RULE_SETS; set++) {
		struct shipped s;
		struct buf checks;
		assert_true(shipped_init(&s));
		buf_init(&checks, 1 << 20);
		buf_lit(&checks, "checks:\n");
		/* every declared fact is asked, or the rules do not load */
		buf_lit(&checks,
		        "  - id: asks\n    when: {attended: [\"true\"], field: [farm]}\n"
		        "    require: {fact: staff, min: 0}\n"
		        "    otherwise: {outcome: review, reason: FACT_MISSING}\n    cite: [QD-6]\n");
		for (int n = 0, count = 1 + (int)draw(6); n < count; n++)
			some_check(&checks, n);
		assert_true(shipped_replace(&s, "facts.yaml", "facts:\n", facts));
		assert_true(shipped_replace(&s, "checks.yaml", "checks:\n", buf_cstr(&checks)));
		struct policy_ruleset *r = shipped_load_good(&s);
		loaded++;
		check_rules(r, FACTS_EACH, &grants);
		policy_unref(&r);
		buf_fini(&checks);
		shipped_fini(&s);
	}
	assert_int_equal(loaded, RULE_SETS);
	assert_true(grants > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shipped_rules_never_grant_for_want_of_a_fact),
	    cmocka_unit_test(random_rules_never_grant_for_want_of_a_fact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
