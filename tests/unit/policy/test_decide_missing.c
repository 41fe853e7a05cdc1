/* Decisions: nothing is granted on a missing fact, a source that nobody accepted, a wild value or a lost check. */
#include "tests/unit/policy/decide_world.h"

static void forget(struct fixture *f, const char *source)
{
	char from[64];
	snprintf(from, sizeof from, "    - {source: %s, by", source);
	reload(f, "site.yaml", from, "    # {source: forgotten, by");
}

static void what_rests_on_an_unaccepted_source_is_held(void **state)
{
	struct fixture *f = *state;
	struct policy_facts person = citizen(), firm = enterprise(), second = citizen();
	second.prior_grants = 1;
	forget(f, "tt64-2025-biz");
	expect(f, &firm, POLICY_REVIEW, "SOURCE_UNVERIFIED");
	expect(f, &person, POLICY_GRANT, "OK");
	forget(f, "qd507");
	expect(f, &person, POLICY_REVIEW, "SOURCE_UNVERIFIED");
	expect(f, &second, POLICY_NO_GRANT, "ONE_PER_SUBJECT");
	forget(f, "vnnic-faq");
	expect(f, &second, POLICY_REVIEW, "SOURCE_UNVERIFIED");
	struct policy_decision d = decide(f, &second);
	assert_true(str_eq_c(policy_code(d.reasons[1]), "ONE_PER_SUBJECT"));
	assert_int_equal(d.action, POLICY_HOLD);
}

static void verified_clauses_decide_without_acceptance(void **state)
{
	struct fixture *f = *state;
	static const char *const all[] = {"tt20-2023", "tt10-2025", "tt64-2025", "tt64-2025-biz",
	                                  "qd507",     "vnnic-faq", "zones-vn"};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		forget(f, all[i]);
	struct policy_facts facts = citizen();
	facts.birth_date = on(2010, 3, 15);
	facts.id_number = STR("012310000005");
	expect(f, &facts, POLICY_NO_GRANT, "AGE_UNDER_18");
}

/* Takes away the facts whose bit is set; false when none of them was needed for the grant. */
static bool take_away(struct policy_facts *f, unsigned bits)
{
	bool renewed = f->op == POLICY_RENEW;
	if (bits & 1)
		f->zone = STR_NONE;
	if (bits & 2)
		f->period = 0;
	if (bits & 4)
		f->at = INSTANT_NONE;
	if (!renewed && bits & 8)
		f->kind = POLICY_KIND_NONE;
	if (!renewed && bits & 16)
		f->evidence_count = 0;
	if (!renewed && bits & 32)
		f->prior_grants = -1;
	if (!renewed && bits & 64)
		f->id_number = f->tax_code = f->registration_number = STR_NONE;
	if (!renewed && bits & 128)
		f->birth_date = f->founded_on = DATE_NONE;
	if (!renewed && bits & 256)
		f->citizenship = STR_NONE;
	if (!renewed && bits & 512)
		f->gender = POLICY_GENDER_UNKNOWN;
	if (renewed && bits & 8)
		f->name_known = POLICY_UNKNOWN;
	if (renewed && bits & 16)
		f->name_granted = POLICY_UNKNOWN;
	if (renewed && bits & 32)
		f->ownership_changed = POLICY_UNKNOWN;
	if (renewed && bits & 64)
		f->grant_from = DATE_NONE;
	if (renewed && bits & 128)
		f->expires_on = DATE_NONE;
	if (renewed)
		return bits & 0xff;
	unsigned needed = 0x7f;
	if (f->kind == POLICY_CITIZEN || bits & 8)
		needed |= 128 | 256 | 512;
	if (f->kind == POLICY_ENTERPRISE)
		needed |= 128;
	return bits & needed;
}

static void a_missing_fact_is_never_a_grant(void **state)
{
	struct fixture *f = *state;
	const struct policy_facts whole[] = {citizen(), enterprise(), household(), renewal()};
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		for (unsigned bits = 0; bits < 1024; bits++) {
			struct policy_facts facts = whole[i];
			bool lacking = take_away(&facts, bits);
			struct policy_decision d = decide(f, &facts);
			bool granted = d.outcome == POLICY_GRANT || d.outcome == POLICY_GRANT_PARTIAL;
			if (granted == lacking)
				fail_msg("facts %zu without %#x: %s", i, bits,
				         policy_outcome_names[d.outcome]);
			if (!granted && d.outcome == POLICY_REVIEW)
				assert_true(d.need_count > 0);
			assert_true(granted || (d.free_years == 0 && d.reason_count > 0));
		}
}

/* Values nobody should send: the answer is a decision, not a crash, and never a grant. */
static void wild_facts_are_decided_too(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	char rubbish[300];
	memset(rubbish, '9', sizeof rubbish);
	facts.id_number = str_make(rubbish, sizeof rubbish);
	expect(f, &facts, POLICY_REJECT, "ID_FORMAT");
	facts = citizen();
	facts.zone = str_make(rubbish, sizeof rubbish);
	expect(f, &facts, POLICY_REJECT, "ZONE_UNKNOWN");
	facts = citizen();
	facts.period = INT32_MAX;
	expect(f, &facts, POLICY_REJECT, "PERIOD_OUT_OF_RANGE");
	facts.period = -5;
	expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
	facts = citizen();
	facts.province = facts.province_list = str_make(rubbish, sizeof rubbish);
	expect(f, &facts, POLICY_GRANT, "OK"); /* residence is no condition */
}

/* A rule file that lost its checks must not give names away. */
static void an_edited_rule_file_cannot_grant_without_waiver_or_period(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	reload(f, "checks.yaml",
	       "when: {op: [create], grant_fits: [\"true\"], switch: {undecided-continuation: refuse}}",
	       "when: {op: [renew], switch: {undecided-continuation: refuse}}");
	facts.at = at("2027-01-01T00:00:00");
	expect(f, &facts, POLICY_REVIEW, "NO_AUTHORITY");
	reload(f, "checks.yaml",
	       "require: {fact: period, min: {value: period-min}, max: {value: period-max}}",
	       "when: {citizenship: [XX]}\n    require: {fact: period, min: {value: period-min}, max: "
	       "{value: period-max}}");
	facts = citizen();
	facts.period = 0;
	expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(what_rests_on_an_unaccepted_source_is_held),
	    T(verified_clauses_decide_without_acceptance),
	    T(a_missing_fact_is_never_a_grant),
	    T(wild_facts_are_decided_too),
	    T(an_edited_rule_file_cannot_grant_without_waiver_or_period),
	};
	return cmocka_run_group_tests_name("decide_missing", tests, NULL, NULL);
}
