/*
 * Decisions: date boundaries by Hanoi midnight, the ledger, unverified sources, determinism, and the rule that a missing
 * fact is never a grant. The readings of the published clauses are in policy/cases/.
 */
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/policy/shipped.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)

struct fixture {
	struct shipped s;
	struct policy_ruleset *rules;
};

static int setup(void **state)
{
	static struct fixture f;
	*state = &f;
	if (!shipped_init(&f.s))
		return -1;
	f.rules = shipped_load(&f.s);
	return f.rules ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	policy_unref(&f->rules);
	shipped_fini(&f->s);
	return 0;
}

/* Loads the rules again after one replacement. */
static void reload(struct fixture *f, const char *file, const char *from, const char *to)
{
	if (!shipped_replace(&f->s, file, from, to))
		fail_msg("'%s' is not in %s", from, file);
	policy_unref(&f->rules);
	f->rules = shipped_load(&f->s);
	if (!f->rules)
		fail_msg("%s", shipped_findings(&f->s, true));
}

static instant_ms_t at(const char *text)
{
	instant_ms_t t;
	assert_true(instant_parse(str_c(text), HANOI_OFFSET_S, &t));
	return t;
}

static date_t on(int y, int m, int d)
{
	return date_make(y, m, d);
}

static const struct policy_evidence ekyc = {
    .type = {"ekyc", 4}, .reference = {"K-1", 3}, .date = DATE_NONE, .result = POLICY_CONFIRMED};
static const struct policy_evidence database = {.type = {"national_enterprise_db", 22},
                                                .date = DATE_NONE,
                                                .result = POLICY_CONFIRMED};
static const struct policy_evidence certificate = {
    .type = {"certificate", 11}, .reference = {"GCN-1", 5}, .date = 16000, .result = POLICY_CONFIRMED};

static struct policy_facts citizen(void)
{
	struct policy_facts f = POLICY_FACTS_NONE;
	f.op = POLICY_CREATE;
	f.at = at("2026-11-20T09:00:00");
	f.zone = STR("id.vn");
	f.period = 2;
	f.kind = POLICY_CITIZEN;
	f.citizenship = STR("VN");
	f.gender = POLICY_FEMALE;
	f.birth_date = on(2006, 3, 15);
	f.id_number = STR("012306000005");
	f.province = STR("12");
	f.province_list = STR("2025-07-01");
	f.evidence = &ekyc;
	f.evidence_count = 1;
	f.prior_grants = 0;
	return f;
}

static struct policy_facts enterprise(void)
{
	struct policy_facts f = citizen();
	f.zone = STR("biz.vn");
	f.kind = POLICY_ENTERPRISE;
	f.birth_date = DATE_NONE;
	f.gender = POLICY_GENDER_UNKNOWN;
	f.id_number = STR_NONE;
	f.tax_code = STR("0199999014");
	f.founded_on = on(2026, 5, 1);
	f.evidence = &database;
	return f;
}

static struct policy_facts household(void)
{
	struct policy_facts f = enterprise();
	f.kind = POLICY_HOUSEHOLD;
	f.tax_code = STR_NONE;
	f.founded_on = DATE_NONE;
	f.registration_number = STR("068203000011");
	f.evidence = &certificate;
	return f;
}

static struct policy_facts renewal(void)
{
	struct policy_facts f = citizen();
	f.op = POLICY_RENEW;
	f.period = 1;
	f.name_known = f.name_granted = POLICY_YES;
	f.ownership_changed = POLICY_NO;
	f.grant_from = on(2025, 11, 25);
	f.expires_on = on(2026, 11, 25);
	return f;
}

static struct policy_decision decide(const struct fixture *f, const struct policy_facts *facts)
{
	struct policy_decision d;
	policy_decide(f->rules, facts, &d);
	return d;
}

static void expect(const struct fixture *f, const struct policy_facts *facts, enum policy_outcome outcome,
                   const char *reason)
{
	struct policy_decision d = decide(f, facts);
	struct str got = policy_main_reason(&d);
	if (d.outcome != outcome || !str_eq_c(got, reason))
		fail_msg("%s %.*s, expected %s %s", policy_outcome_names[d.outcome], STR_ARG(got),
		         policy_outcome_names[outcome], reason);
}

/* ---- dates ---- */

static void age_turns_at_hanoi_midnight(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.birth_date = on(2008, 11, 21);
	facts.id_number = STR("012308000005");
	facts.at = at("2026-11-20T23:59:59.999");
	expect(f, &facts, POLICY_NO_GRANT, "AGE_UNDER_18");
	facts.at += 1;
	expect(f, &facts, POLICY_GRANT, "OK");
	facts.birth_date = on(2002, 11, 21);
	facts.id_number = STR("012302000005");
	facts.at -= 1;
	expect(f, &facts, POLICY_GRANT, "OK_CONTESTED_AGE");
	facts.at += 1;
	expect(f, &facts, POLICY_NO_GRANT, "AGE_OVER_23");
}

/* Day by day over a life: under 18, in, in but contested, over; and the strict reading ends one year earlier. */
static void every_day_of_the_range_has_one_answer(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	static const struct {
		int year, month, day;
		const char *id;
	} births[] = {{2004, 2, 29, "012304000005"},
	              {2003, 12, 31, "012303000005"},
	              {2001, 1, 1, "012301000005"}};
	for (size_t i = 0; i < ARRAY_LEN(births); i++) {
		facts.birth_date = on(births[i].year, births[i].month, births[i].day);
		facts.id_number = str_c(births[i].id);
		date_t first = date_add_years(facts.birth_date, 18, true);
		date_t contested = date_add_years(facts.birth_date, 23, true) + 1;
		date_t over = date_add_years(facts.birth_date, 24, true);
		for (date_t day = on(2023, 6, 1); day <= on(2026, 12, 31); day++) {
			facts.at = instant_of_date(day, HANOI_OFFSET_S) + 12 * 60 * MINUTE;
			struct policy_decision d = decide(f, &facts);
			bool granted = d.outcome == POLICY_GRANT;
			assert_int_equal(granted, day >= first && day < over);
			if (granted && day >= contested)
				assert_true(str_eq_c(policy_main_reason(&d), "OK_CONTESTED_AGE"));
			date_t last = over - 1 < on(2026, 12, 31) ? over - 1 : on(2026, 12, 31);
			assert_int_equal(d.eligible_until, granted ? last : DATE_NONE);
		}
	}
}

static void founding_year_ends_with_the_anniversary_in_hanoi(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(2025, 11, 19);
	facts.at = at("2026-11-19T23:59:59.999");
	expect(f, &facts, POLICY_GRANT, "OK_BOUNDARY");
	facts.at += 1;
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	reload(f, "site.yaml", "switches: {}", "switches: {founding-boundary: before_anniversary}");
	facts.at -= 1;
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	facts.at -= (instant_ms_t)24 * 60 * MINUTE;
	expect(f, &facts, POLICY_GRANT, "OK");
}

static void weekend_rule_is_a_switch(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(2025, 11, 15); /* the anniversary is a Sunday */
	facts.at = at("2026-11-16T09:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.flag_count, 1);
	assert_true(str_eq_c(policy_code(d.flags[0]), "WEEKEND_ROLL_ARGUABLE"));
	reload(f, "site.yaml", "switches: {}", "switches: {weekend-roll: applied}");
	expect(f, &facts, POLICY_GRANT, "OK");
	facts.at = at("2026-11-17T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "FOUNDED_OVER_1Y");
}

static void windows_open_and_close_at_hanoi_midnight(void **state)
{
	static const struct {
		const char *edge; /* the first instant of a new state */
		const char *before, *after;
	} edges[] = {
	    {"2023-06-01T00:00:00", "", "20/2023/TT-BTC"},
	    {"2025-07-01T00:00:00", "20/2023/TT-BTC", "64/2025/TT-BTC"},
	    {"2027-01-01T00:00:00", "64/2025/TT-BTC", ""},
	};
	struct fixture *f = *state;
	struct policy_facts facts = household(); /* no age, no founding date: only the window counts */
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		facts.at = at(edges[i].edge) - 1;
		struct policy_decision d = decide(f, &facts);
		assert_true(str_eq_c(policy_waiver_name(&d), edges[i].before));
		assert_int_equal(d.outcome == POLICY_GRANT, edges[i].before[0] != '\0');
		facts.at += 1;
		d = decide(f, &facts);
		assert_true(str_eq_c(policy_waiver_name(&d), edges[i].after));
		assert_int_equal(d.outcome == POLICY_GRANT, edges[i].after[0] != '\0');
	}
	facts.at = at("2031-01-01T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "WINDOW_CLOSED");
}

static void undecided_continuation_can_hold(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.at = at("2027-01-01T00:00:00");
	expect(f, &facts, POLICY_NO_GRANT, "PHASE2_UNDECIDED");
	reload(f, "site.yaml", "switches: {}", "switches: {undecided-continuation: hold}");
	expect(f, &facts, POLICY_REVIEW, "PHASE2_UNDECIDED");
}

static void instants_outside_of_the_calendar_are_missing(void **state)
{
	static const instant_ms_t instants[] = {INSTANT_NONE, INT64_MAX, INT64_MIN + 1, -62200000000000LL};
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
		facts.at = instants[i];
		expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
	}
}

static void dates_at_the_calendars_end_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = enterprise();
	facts.founded_on = on(9999, 12, 31);
	expect(f, &facts, POLICY_REVIEW, "FACT_MISSING");
	facts = citizen();
	facts.birth_date = on(9999, 12, 31);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
	facts = renewal();
	facts.expires_on = on(9999, 12, 31);
	assert_int_equal(decide(f, &facts).outcome, POLICY_NO_GRANT);
	facts.grant_from = on(9998, 12, 31);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
	facts.expires_on = on(1, 1, 1);
	facts.grant_from = on(1, 1, 1);
	assert_int_not_equal(decide(f, &facts).outcome, POLICY_GRANT);
}

/* ---- ledger ---- */

static void the_key_is_one_for_each_zone_kind_and_number(void **state)
{
	struct fixture *f = *state;
	char keys[POLICY_NUMBERS_MAX][POLICY_KEY_MAX], *key = keys[0];
	struct policy_facts facts = citizen();
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key, "id.vn/citizen/012306000005");
	facts = enterprise();
	facts.tax_code = STR("0199999014-001");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key, "biz.vn/enterprise/0199999014001");
	facts = household();
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 1);
	assert_string_equal(key,
	                    "biz.vn/household_business/068203000011"); /* not the citizen of that number */
	facts.registration_number = STR("0000000000000");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts.registration_number = STR("12345678901234567890123456789012345678901234567890");
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts = renewal();
	facts.kind = POLICY_KIND_NONE;
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	facts = citizen();
	facts.kind = POLICY_COOPERATIVE;
	assert_int_equal(policy_subject_keys(f->rules, &facts, keys), 0);
	assert_string_equal(key, "");
}

static void free_years_are_split(void **state)
{
	struct fixture *f = *state;
	for (int period = 1; period <= 10; period++) {
		struct policy_facts facts = citizen();
		facts.period = period;
		struct policy_decision d = decide(f, &facts);
		assert_int_equal(d.free_years, period < 2 ? period : 2);
		assert_int_equal(d.free_years + d.charged_years, period);
		assert_int_equal(d.outcome, period > 2 ? POLICY_GRANT_PARTIAL : POLICY_GRANT);
		assert_int_equal(d.expected_vnd, 50000 * d.charged_years);
		assert_int_equal(d.action, period > 2 ? POLICY_REFUSE : POLICY_SEND);
		facts = renewal();
		facts.period = period;
		d = decide(f, &facts);
		assert_int_equal(d.free_years, 1);
		assert_int_equal(d.charged_years, period - 1);
	}
}

/* A name granted on any day and renewed year by year is free twice in all, never three times. */
static void a_name_is_free_for_two_years_and_no_more(void **state)
{
	struct fixture *f = *state;
	for (date_t start = on(2024, 1, 1); start <= on(2026, 12, 31); start++)
		for (int tolerance = 0; tolerance <= 1; tolerance++) {
			int free_years = 1; /* of the create */
			for (int year = 1; year <= 4; year++) {
				struct policy_facts facts = renewal();
				facts.grant_from = start;
				facts.expires_on = date_add_years(start, year, tolerance == 1);
				facts.at = instant_of_date(facts.expires_on, HANOI_OFFSET_S);
				free_years += decide(f, &facts).free_years;
			}
			assert_int_equal(free_years, 2);
		}
}

static void ownership_and_history_are_switches(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = renewal();
	facts.ownership_changed = POLICY_YES;
	expect(f, &facts, POLICY_REVIEW, "OWNERSHIP_CHANGED");
	struct policy_facts unknown = renewal();
	unknown.name_known = POLICY_NO;
	unknown.name_granted = unknown.ownership_changed = POLICY_UNKNOWN;
	expect(f, &unknown, POLICY_REVIEW, "LEDGER_UNKNOWN");
	unknown.name_known = POLICY_UNKNOWN;
	expect(f, &unknown, POLICY_REVIEW, "LEDGER_UNKNOWN");
	reload(f, "site.yaml", "switches: {}",
	       "switches: {ownership-change: ends, unknown-history: as_paid}");
	unknown.name_known = POLICY_NO;
	expect(f, &facts, POLICY_NO_GRANT, "OWNERSHIP_CHANGED");
	expect(f, &unknown, POLICY_NO_GRANT, "LEDGER_UNKNOWN");
	reload(f, "site.yaml", "ownership-change: ends", "ownership-change: continues");
	expect(f, &facts, POLICY_GRANT, "SECOND_FREE_YEAR");
}

static void money_needs_word_and_limit(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	facts.prior_grants = 1;
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.expected_vnd, 110000);
	assert_int_equal(d.action, POLICY_REFUSE);
	facts.charge = true;
	assert_int_equal(decide(f, &facts).action, POLICY_REFUSE); /* no limit given: nothing may be bought */
	facts.max_fee_vnd = 109999;
	assert_int_equal(decide(f, &facts).action, POLICY_REFUSE);
	facts.max_fee_vnd = 110000;
	assert_int_equal(decide(f, &facts).action, POLICY_SEND);
	facts.at = at("2020-01-01T00:00:00"); /* before any known fee */
	facts.birth_date = on(2000, 3, 15);
	facts.id_number = STR("012300000005");
	d = decide(f, &facts);
	assert_int_equal(d.expected_vnd, -1);
	assert_int_equal(d.action, POLICY_HOLD);
}

static void the_levy_under_circular_64_is_a_switch(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	assert_int_equal(decide(f, &facts).expected_vnd, 0);
	reload(f, "site.yaml", "switches: {}", "switches: {levy-under-tt64: charged}");
	struct policy_decision d = decide(f, &facts);
	assert_int_equal(d.outcome, POLICY_GRANT);
	assert_int_equal(d.levy_vnd, 10000);
	assert_int_equal(d.expected_vnd, 10000);
	assert_int_equal(d.action, POLICY_REFUSE); /* even a levy is not paid silently */
}

/* ---- unverified sources ---- */

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

static void cites_say_whether_they_are_verified(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	struct policy_decision d = decide(f, &facts);
	struct buf out;
	buf_init(&out, 65536);
	policy_print_common(&d, &out);
	assert_non_null(strstr(buf_cstr(&out),
	                       "{\"document\":\"507/QĐ-BKHCN\",\"clause\":\"III.2.1.2\",\"role\":"
	                       "\"eligibility\",\"verified\":false}"));
	assert_non_null(strstr(buf_cstr(&out), "{\"document\":\"826/QĐ-BTTTT\",\"clause\":\"3.2\",\"role\":"
	                                       "\"term\",\"verified\":true}"));
	buf_fini(&out);
}

/* ---- printing and determinism ---- */

static void prints_the_decision_object(void **state)
{
	struct fixture *f = *state;
	struct policy_facts facts = citizen();
	struct policy_decision d = decide(f, &facts);
	struct buf out;
	buf_init(&out, 65536);
	policy_print_item(&d, &out);
	assert_string_equal(
	    buf_cstr(&out),
	    "\"free_years\":2,\"charged_years\":0,\"free_from\":\"2026-11-20\",\"free_until\":"
	    "\"2028-11-20\",\"services_until\":\"2028-11-20\",\"eligible_until\":\"2026-12-31\","
	    "\"fee_vnd\":{\"levy\":0,\"maintenance\":0,\"expected\":0,\"charged\":null}");
	buf_clear(&out);
	policy_print_common(&d, &out);
	assert_non_null(
	    strstr(buf_cstr(&out), ",\"services\":[\"website\",\"email\",\"cv\",\"blog\"],\"rules\""));
	assert_non_null(strstr(buf_cstr(&out),
	                       "\"outcome\":\"grant\",\"grant\":\"youth-id\",\"reasons\":[\"OK\"],"
	                       "\"flags\":[],\"needs\":[],\"waiver\":\"64/2025/TT-BTC\","
	                       "\"attribution\":{\"programme\":\"507/QĐ-BKHCN\",\"plan\":"
	                       "\"lai-chau-2026\",\"province\":\"12\",\"province_list\":"
	                       "\"2025-07-01\"},\"cites\":[{"));
	buf_fini(&out);
}

static void the_same_path_prints_the_same_common_part(void **state)
{
	struct fixture *f = *state;
	struct policy_facts a = citizen(), b = citizen();
	struct buf x, y;
	buf_init(&x, 65536);
	buf_init(&y, 65536);
	b.birth_date = on(2005, 7, 1);
	b.id_number = STR("012305123456");
	b.period = 1;
	b.at = at("2026-03-01T10:00:00");
	struct policy_decision da = decide(f, &a), db = decide(f, &b);
	policy_print_common(&da, &x);
	policy_print_common(&db, &y);
	assert_string_equal(buf_cstr(&x), buf_cstr(&y));
	buf_fini(&x);
	buf_fini(&y);
}

static void the_same_facts_give_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct policy_facts all[] = {citizen(), enterprise(), household(), renewal()};
	struct policy_ruleset *again = policy_load_dir("policy/rules", NULL, &f->s.d);
	assert_non_null(again);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct policy_decision a, b;
		struct buf x, y;
		memset(&a, 0xaa, sizeof a);
		memset(&b, 0x55, sizeof b);
		buf_init(&x, 65536);
		buf_init(&y, 65536);
		policy_decide(f->rules, &all[i], &a);
		policy_decide(again, &all[i], &b);
		policy_print_common(&a, &x);
		policy_print_item(&a, &x);
		policy_print_common(&b, &y);
		policy_print_item(&b, &y);
		assert_string_equal(buf_cstr(&x), buf_cstr(&y));
		assert_string_equal(a.key, b.key);
		buf_fini(&x);
		buf_fini(&y);
	}
	policy_unref(&again);
}

/* ---- missing facts ---- */

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

static void zone_of_a_name(void **state)
{
	(void)state;
	assert_true(str_eq_c(policy_zone_of(STR("nguyenvana.id.vn")), "id.vn"));
	assert_true(str_eq_c(policy_zone_of(STR("abc.vn")), "vn"));
	assert_int_equal(policy_zone_of(STR("vn")).len, 0);
	assert_int_equal(policy_zone_of(STR_NONE).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(age_turns_at_hanoi_midnight),
	    T(every_day_of_the_range_has_one_answer),
	    T(founding_year_ends_with_the_anniversary_in_hanoi),
	    T(weekend_rule_is_a_switch),
	    T(windows_open_and_close_at_hanoi_midnight),
	    T(undecided_continuation_can_hold),
	    T(instants_outside_of_the_calendar_are_missing),
	    T(dates_at_the_calendars_end_do_no_harm),
	    T(the_key_is_one_for_each_zone_kind_and_number),
	    T(free_years_are_split),
	    T(a_name_is_free_for_two_years_and_no_more),
	    T(ownership_and_history_are_switches),
	    T(money_needs_word_and_limit),
	    T(the_levy_under_circular_64_is_a_switch),
	    T(what_rests_on_an_unaccepted_source_is_held),
	    T(verified_clauses_decide_without_acceptance),
	    T(cites_say_whether_they_are_verified),
	    T(prints_the_decision_object),
	    T(the_same_path_prints_the_same_common_part),
	    T(the_same_facts_give_the_same_bytes),
	    T(a_missing_fact_is_never_a_grant),
	    T(wild_facts_are_decided_too),
	    T(an_edited_rule_file_cannot_grant_without_waiver_or_period),
	    T(zone_of_a_name),
#undef T
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
