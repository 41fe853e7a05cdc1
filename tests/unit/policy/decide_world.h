/*
 * What the tests of decisions share: the shipped rules, which a test may change and load again, and four applications
 * that are granted. Included once by each test program.
 */
#ifndef VNEPP_TESTS_UNIT_POLICY_DECIDE_WORLD_H
#define VNEPP_TESTS_UNIT_POLICY_DECIDE_WORLD_H

#include "tests/unit/policy/shipped.h"

struct fixture {
	struct shipped s;
	struct policy_ruleset *rules;
};

static inline int set_up(void **state)
{
	static struct fixture f;
	*state = &f;
	if (!shipped_init(&f.s))
		return -1;
	f.rules = shipped_load(&f.s);
	return f.rules ? 0 : -1;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	policy_unref(&f->rules);
	shipped_fini(&f->s);
	return 0;
}

/* Loads the rules again after one replacement. */
static inline void reload(struct fixture *f, const char *file, const char *from, const char *to)
{
	if (!shipped_replace(&f->s, file, from, to))
		fail_msg("'%s' is not in %s", from, file);
	policy_unref(&f->rules);
	f->rules = shipped_load_good(&f->s);
}

static inline instant_ms_t at(const char *text)
{
	instant_ms_t t;
	assert_true(instant_parse(str_c(text), HANOI_OFFSET_S, &t));
	return t;
}

static inline date_t on(int y, int m, int d)
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

static inline struct policy_facts citizen(void)
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

static inline struct policy_facts enterprise(void)
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

static inline struct policy_facts household(void)
{
	struct policy_facts f = enterprise();
	f.kind = POLICY_HOUSEHOLD;
	f.tax_code = STR_NONE;
	f.founded_on = DATE_NONE;
	f.registration_number = STR("068203000011");
	f.evidence = &certificate;
	return f;
}

static inline struct policy_facts renewal(void)
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

static inline struct policy_decision decide(const struct fixture *f, const struct policy_facts *facts)
{
	struct policy_decision d;
	policy_decide(f->rules, facts, &d);
	return d;
}

static inline void expect(const struct fixture *f, const struct policy_facts *facts,
                          enum policy_outcome outcome, const char *reason)
{
	struct policy_decision d = decide(f, facts);
	struct str got = policy_main_reason(&d);
	if (d.outcome != outcome || !str_eq_c(got, reason))
		fail_msg("%s %.*s, expected %s %s", policy_outcome_names[d.outcome], STR_ARG(got),
		         policy_outcome_names[outcome], reason);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
