/* From an item and the ledger to a decision, with the shipped rules; keys, contact identifiers, the printed JSON. */
#include "daemon/job/decide.h"
#include "epp/base/rng.h"
#include "policy/policy.h"
#include "tests/harness/citizen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#define NOW_MS 1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define DAY_MS 86400000ll

static struct decider *decider;
static struct buf scratch;
static struct decide_outcome out;
static const uint8_t key[32] = "a key that only this test knows";
static const struct decide_ledger nothing = {.grant_from = DATE_NONE, .expires_on = DATE_NONE};

static struct item_request citizen(void)
{
	struct item_request r = {.op = ITEM_CREATE,
	                         .ref = STR("r-1"),
	                         .domain = STR("nguyenvana.id.vn"),
	                         .domain_u = STR("nguyenvana.id.vn"),
	                         .period = 2,
	                         .cur_exp_date = DATE_NONE,
	                         .max_fee_vnd = -1,
	                         .applicant = citizen_of_number(STR("068206001234"))};
	citizen_confirmed(&r);
	return r;
}

static struct item_request renewal(void)
{
	return (struct item_request){
	    .op = ITEM_RENEW,
	    .ref = STR("r-2"),
	    .domain = STR("shop.id.vn"),
	    .domain_u = STR("shop.id.vn"),
	    .period = 1,
	    .cur_exp_date = date_make(2026, 12, 1),
	    .max_fee_vnd = -1,
	    .applicant = {.birth_date = DATE_NONE, .founded_on = DATE_NONE, .registered_on = DATE_NONE}};
}

static void decide(const struct item_request *r, const struct decide_ledger *l, instant_ms_t now)
{
	decide_item(decider, r, l, DECIDE_ADMISSION, now, &scratch, &out);
}

static void assert_out(enum item_state state, enum item_fault fault, const char *reason)
{
	assert_string_equal(item_state_name(out.state), item_state_name(state));
	assert_int_equal(out.fault, fault);
	assert_string_equal(out.reason, reason);
}

/* ---- creates ---------------------------------------------------------------------------------------------------------- */

static void a_grant_reserves_the_subject_and_says_until_when(void **state)
{
	struct item_request r = citizen();
	(void)state;
	decide(&r, &nothing, NOW_MS);
	assert_out(ITEM_QUEUED, FAULT_NONE, "OK");
	assert_true(out.takes_grant);
	assert_int_equal(out.free_years, 2);
	assert_int_equal(out.charged_years, 0);
	assert_int_equal(out.fee_vnd, 0);
	assert_int_equal(out.decided_on, date_make(2026, 11, 20));
	assert_int_equal(out.free_from, date_make(2026, 11, 20));
	assert_int_equal(out.free_until, date_make(2028, 11, 20));
	assert_int_equal(out.eligible_until, date_make(2026, 12, 31));
}

/* Why it is not free comes first, that it costs too much after it. */
static void assert_too_dear(void)
{
	assert_out(ITEM_REFUSED, FAULT_POLICY, "ONE_PER_SUBJECT");
	assert_non_null(memmem(buf_data(&scratch), buf_len(&scratch), "\"FEE_OVER_MAXIMUM\"", 18));
}

static void a_second_grant_is_refused_or_bought_never_silently(void **state)
{
	struct item_request r = citizen();
	struct decide_ledger l = nothing;
	(void)state;
	l.subject_has_grant = true;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_REFUSED);
	assert_int_equal(out.fault, FAULT_POLICY);
	assert_false(out.takes_grant);
	/* charge without a maximum buys nothing */
	r.if_not_free = ITEM_CHARGE;
	decide(&r, &l, NOW_MS);
	assert_too_dear();
	r.max_fee_vnd = 100000000;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_false(out.takes_grant);
	assert_int_equal(out.free_years, 0);
	assert_int_equal(out.charged_years, 2);
	assert_true(out.fee_vnd > 0);
	/* exactly the fee is enough, one less is not */
	int64_t fee = out.fee_vnd;
	r.max_fee_vnd = fee;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(out.fee_vnd, fee);
	r.max_fee_vnd = fee - 1;
	decide(&r, &l, NOW_MS);
	assert_too_dear();
	/* refuse ignores the maximum */
	r.if_not_free = ITEM_REFUSE;
	r.max_fee_vnd = fee;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_REFUSED);
}

static void three_years_are_partly_free_and_only_with_a_maximum(void **state)
{
	struct item_request r = citizen();
	(void)state;
	r.period = 3;
	decide(&r, &nothing, NOW_MS);
	assert_int_equal(out.state, ITEM_REFUSED);
	r.if_not_free = ITEM_CHARGE;
	r.max_fee_vnd = 10000000;
	decide(&r, &nothing, NOW_MS);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(out.free_years, 2);
	assert_int_equal(out.charged_years, 1);
	assert_true(out.takes_grant && out.fee_vnd > 0);
}

static void a_day_is_a_day_in_hanoi(void **state)
{
	struct item_request r = citizen();
	(void)state;
	r.applicant.birth_date = date_make(2008, 11, 21); /* 18 tomorrow */
	r.applicant.id_number = STR("068208001234");
	decide(&r, &nothing, NOW_MS);
	assert_out(ITEM_REFUSED, FAULT_POLICY, "AGE_UNDER_18");
	/* 17:00 UTC is midnight in Hanoi */
	instant_ms_t midnight = instant_of_date(date_make(2026, 11, 21), HANOI_OFFSET_S);
	decide(&r, &nothing, midnight - 1);
	assert_int_equal(out.state, ITEM_REFUSED);
	assert_int_equal(out.decided_on, date_make(2026, 11, 20));
	decide(&r, &nothing, midnight);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(out.decided_on, date_make(2026, 11, 21));
	/* the programme's last moment */
	midnight = instant_of_date(date_make(2027, 1, 1), HANOI_OFFSET_S);
	decide(&r, &nothing, midnight - 1);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(out.eligible_until, date_make(2026, 12, 31));
	decide(&r, &nothing, midnight);
	assert_int_not_equal(out.state, ITEM_QUEUED);
}

static void what_is_missing_is_named_and_waited_for(void **state)
{
	struct item_request r = citizen();
	(void)state;
	r.evidence_count = 0;
	decide(&r, &nothing, NOW_MS);
	assert_int_equal(out.state, ITEM_WAITING);
	assert_int_equal(out.fault, FAULT_PARTNER);
	assert_true(out.needs[0]);
	assert_false(out.takes_grant);
	/* an evidence that nobody confirmed is none */
	r = citizen();
	r.evidence[0].result = STR("something else");
	decide(&r, &nothing, NOW_MS);
	assert_int_not_equal(out.state, ITEM_QUEUED);
	r.evidence[0].result = STR("contradicted");
	decide(&r, &nothing, NOW_MS);
	assert_int_not_equal(out.state, ITEM_QUEUED);
	assert_int_not_equal(out.state, ITEM_WAITING);
}

static void what_the_ledger_knows_of_the_name_is_nothing_to_a_create(void **state)
{
	struct item_request r = citizen();
	struct decide_ledger l = {.name_known = true,
	                          .name_foreign = true,
	                          .name_granted = true,
	                          .grant_from = date_make(2025, 1, 1),
	                          .expires_on = date_make(2026, 1, 1),
	                          .ownership_changed = true};
	(void)state;
	decide(&r, &l, NOW_MS);
	assert_out(ITEM_QUEUED, FAULT_NONE, "OK");
}

/* ---- renewals ---------------------------------------------------------------------------------------------------------- */

static void another_partners_name_is_refused_before_any_rule(void **state)
{
	struct item_request r = renewal();
	struct decide_ledger l = {
	    .name_known = true, .name_foreign = true, .grant_from = DATE_NONE, .expires_on = DATE_NONE};
	(void)state;
	r.if_not_free = ITEM_CHARGE;
	r.max_fee_vnd = 1000000000;
	decide(&r, &l, NOW_MS);
	assert_out(ITEM_REFUSED, FAULT_PARTNER, "NOT_YOURS");
	assert_false(out.takes_grant);
	assert_int_equal(out.fee_vnd, -1);
	assert_int_equal(out.decided_on, date_make(2026, 11, 20));
	assert_int_equal(out.free_from, DATE_NONE);
}

static void a_renewal_without_history_is_a_persons(void **state)
{
	struct item_request r = renewal();
	(void)state;
	decide(&r, &nothing, NOW_MS);
	assert_int_equal(out.state, ITEM_REVIEW);
	assert_int_equal(out.fault, FAULT_POLICY);
	assert_string_equal(out.needs, "");
}

static void a_granted_names_second_year_is_free_its_third_is_not(void **state)
{
	struct item_request r = renewal();
	struct decide_ledger l = {.name_known = true,
	                          .name_granted = true,
	                          .grant_from = date_make(2025, 12, 1),
	                          .expires_on = date_make(2026, 12, 1)};
	(void)state;
	decide(&r, &l, NOW_MS);
	assert_out(ITEM_QUEUED, FAULT_NONE, "SECOND_FREE_YEAR");
	assert_int_equal(out.free_years, 1);
	assert_false(out.takes_grant); /* it was taken at the create */
	l.expires_on = date_make(2027, 12, 1);
	r.cur_exp_date = l.expires_on;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_REFUSED);
	assert_int_equal(out.free_years, 0);
}

static void a_grant_of_29_february_counts_in_whole_years(void **state)
{
	struct item_request r = renewal();
	struct decide_ledger l = {.name_known = true,
	                          .name_granted = true,
	                          .grant_from = date_make(2024, 2, 29)};
	(void)state;
	l.expires_on = r.cur_exp_date = date_make(2025, 2, 28);
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.free_years, 1);
	l.expires_on = r.cur_exp_date = date_make(2026, 2, 28);
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.free_years, 0);
}

static void a_paid_name_is_renewed_for_money_only(void **state)
{
	struct item_request r = renewal();
	struct decide_ledger l = {.name_known = true,
	                          .grant_from = DATE_NONE,
	                          .expires_on = date_make(2026, 12, 1)};
	(void)state;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_REFUSED);
	assert_int_equal(out.fault, FAULT_POLICY);
	r.if_not_free = ITEM_CHARGE;
	r.max_fee_vnd = 1000000;
	decide(&r, &l, NOW_MS);
	assert_int_equal(out.state, ITEM_QUEUED);
	assert_int_equal(out.charged_years, 1);
	assert_true(out.fee_vnd > 0 && out.fee_vnd <= r.max_fee_vnd);
}

/* ---- what is printed ----------------------------------------------------------------------------------------------------- */

static json_t *printed(void)
{
	struct buf b;
	json_error_t e;
	buf_init(&b, 1u << 20);
	buf_printf(&b, "{%.*s,%.*s}", STR_ARG(out.common), STR_ARG(out.item));
	json_t *o = json_loadb(buf_data(&b), buf_len(&b), JSON_REJECT_DUPLICATES, &e);
	if (!o)
		fail_msg("%s: %.*s", e.text, STR_ARG(buf_str(&b)));
	buf_fini(&b);
	return o;
}

static void every_outcome_prints_members_of_one_object(void **state)
{
	static const char *const stages[] = {"admission", "sending", "preview"};
	struct item_request c = citizen(), n = renewal();
	struct decide_ledger foreign = nothing;
	(void)state;
	foreign.name_foreign = true;
	for (int stage = DECIDE_ADMISSION; stage <= DECIDE_PREVIEW; stage++) {
		const struct item_request *rs[] = {&c, &n, &n};
		const struct decide_ledger *ls[] = {&nothing, &nothing, &foreign};
		for (int i = 0; i < 3; i++) {
			decide_item(decider, rs[i], ls[i], (enum decide_stage)stage, NOW_MS, &scratch, &out);
			json_t *o = printed();
			assert_string_equal(json_string_value(json_object_get(o, "stage")), stages[stage]);
			assert_string_equal(json_string_value(json_object_get(o, "rules")),
			                    decider_revision(decider));
			assert_true(json_is_array(json_object_get(o, "reasons")));
			assert_true(json_is_array(json_object_get(o, "cites")));
			assert_string_equal(
			    json_string_value(json_array_get(json_object_get(o, "reasons"), 0)), out.reason);
			assert_true(json_is_integer(json_object_get(o, "free_years")));
			json_decref(o);
		}
	}
}

static void the_same_facts_give_the_same_bytes(void **state)
{
	struct item_request r = citizen();
	char first[8192];
	(void)state;
	decide(&r, &nothing, NOW_MS);
	size_t n = buf_len(&scratch);
	assert_true(n < sizeof first);
	memcpy(first, buf_data(&scratch), n);
	for (int i = 0; i < 10; i++) {
		decide(&r, &nothing, NOW_MS);
		assert_int_equal(buf_len(&scratch), n);
		assert_memory_equal(buf_data(&scratch), first, n);
	}
}

/* Any facts: one of four states, JSON that can be read, and nothing is taken or bought that was not asked for. */
static void any_facts_give_one_sound_outcome(void **state)
{
	static const char *const domains[] = {"a.id.vn",    "shop.biz.vn", "x.vn",
	                                      "ten.com.vn", "b.name.vn",   "vn"};
	struct rng g;
	(void)state;
	rng_init_seed(&g, 3);
	for (int i = 0; i < 20000; i++) {
		struct item_request r = rng_below(&g, 3) ? citizen() : renewal();
		date_t today = date_make(2026, 11, 20);
		r.domain = r.domain_u = str_c(domains[rng_below(&g, 6)]);
		r.period = (int)rng_below(&g, 11);
		r.applicant.kind = (enum applicant_kind)rng_below(&g, APPLICANT__COUNT);
		r.applicant.gender = (enum gender)rng_below(&g, 3);
		r.applicant.birth_date = rng_below(&g, 4) ? today - (date_t)rng_below(&g, 20000) : DATE_NONE;
		r.applicant.founded_on = rng_below(&g, 2) ? today - (date_t)rng_below(&g, 1000) : DATE_NONE;
		r.applicant.registered_on =
		    rng_below(&g, 2) ? today - (date_t)rng_below(&g, 1000) : DATE_NONE;
		r.applicant.tax_code = rng_below(&g, 2) ? STR("0312345678") : STR_NONE;
		r.applicant.registration_exempt = rng_below(&g, 2);
		r.if_not_free = (enum item_if_not_free)rng_below(&g, 2);
		r.max_fee_vnd = (int64_t)rng_below(&g, 1000000) - 1;
		struct decide_ledger l = {
		    .subject_has_grant = rng_below(&g, 4) == 0,
		    .name_known = rng_below(&g, 2),
		    .name_foreign = rng_below(&g, 4) == 0,
		    .name_granted = rng_below(&g, 2),
		    .grant_from = rng_below(&g, 2) ? today - (date_t)rng_below(&g, 900) : DATE_NONE,
		    .expires_on = rng_below(&g, 2) ? today + (date_t)rng_below(&g, 900) : DATE_NONE,
		    .ownership_changed = rng_below(&g, 4) == 0};
		decide(&r, &l, NOW_MS + (int64_t)rng_below(&g, 90) * DAY_MS);
		assert_true(out.state == ITEM_QUEUED || out.state == ITEM_WAITING ||
		            out.state == ITEM_REVIEW || out.state == ITEM_REFUSED);
		assert_true((out.state == ITEM_QUEUED) == (out.fault == FAULT_NONE));
		assert_true((out.state == ITEM_WAITING) == (out.needs[0] != '\0') ||
		            out.state == ITEM_REFUSED);
		assert_true(!out.takes_grant || (out.state == ITEM_QUEUED && r.op == ITEM_CREATE &&
		                                 !l.subject_has_grant && out.free_years > 0));
		assert_true(out.reason[0] && memchr(out.reason, 0, sizeof out.reason));
		if (out.state == ITEM_QUEUED && out.charged_years > 0)
			assert_true(r.if_not_free == ITEM_CHARGE && out.fee_vnd <= r.max_fee_vnd);
		if (r.op == ITEM_RENEW && l.name_foreign)
			assert_string_equal(out.reason, "NOT_YOURS");
		json_decref(printed());
	}
}

/* ---- keys and contacts ----------------------------------------------------------------------------------------------------- */

static void a_subject_is_its_number_and_zone_whatever_else_differs(void **state)
{
	struct item_request a = citizen(), b = citizen();
	struct decide_subject ka, kb;
	(void)state;
	decide_subject(decider, &a, &ka);
	assert_int_equal(ka.count, 1);
	assert_true(ka.has_paid);
	assert_memory_not_equal(ka.keys, ka.paid, DECIDE_KEY_LEN);
	b.domain = b.domain_u = STR("other.id.vn");
	b.applicant.name = STR("NGUYEN VAN A");
	b.applicant.email = STR("b@example.vn");
	b.period = 1;
	decide_subject(decider, &b, &kb);
	assert_memory_equal(ka.keys, kb.keys, DECIDE_KEY_LEN);
	b.applicant.id_number = STR("068206001235");
	decide_subject(decider, &b, &kb);
	assert_memory_not_equal(ka.keys, kb.keys, DECIDE_KEY_LEN);
	b.applicant.id_number = STR_NONE;
	decide_subject(decider, &b, &kb);
	assert_int_equal(kb.count, 0);
	b = renewal();
	decide_subject(decider, &b, &kb);
	assert_int_equal(kb.count, 0);
	b.domain = a.domain;
	b.applicant = a.applicant; /* who holds it now */
	decide_subject(decider, &b, &kb);
	assert_int_equal(kb.count, 1);
	assert_memory_equal(ka.keys, kb.keys, DECIDE_KEY_LEN);
	assert_false(kb.has_paid);
}

/* One household, three numbers: each known as the other. */
static void the_numbers_of_one_household_are_one_subject(void **state)
{
	struct item_request a = citizen();
	struct decide_subject all, one;
	(void)state;
	a.domain = a.domain_u = STR("quan.biz.vn");
	a.applicant = (struct item_applicant){.kind = APPLICANT_HOUSEHOLD,
	                                      .registration_number = STR("41A8000123"),
	                                      .tax_code = STR("0107000000"),
	                                      .id_number = STR("068206001234"),
	                                      .birth_date = DATE_NONE,
	                                      .founded_on = DATE_NONE,
	                                      .registered_on = DATE_NONE};
	decide_subject(decider, &a, &all);
	assert_int_equal(all.count, 3);
	a.applicant.registration_number = STR("068206001234");
	decide_subject(decider, &a, &one);
	assert_int_equal(one.count, 2); /* the owner's number is its own number */
	assert_memory_equal(one.keys, all.keys + 2 * DECIDE_KEY_LEN, DECIDE_KEY_LEN);
	a.domain = STR("quan.com.vn");
	decide_subject(decider, &a, &one);
	assert_false(one.has_paid); /* nothing is free there */
}

/* The stored key tells nothing to whoever does not have the secret. */
static void keys_and_contacts_depend_on_the_secret(void **state)
{
	static const uint8_t other_key[32] = "another key";
	struct diag d;
	struct item_request r = citizen();
	struct decide_subject ka, kb;
	char ca[ITEM_CONTACT_MAX], cb[ITEM_CONTACT_MAX];
	(void)state;
	diag_init(&d);
	struct decider *other = decider_new(policy_load_dir("policy/rules", NULL, &d), other_key);
	assert_string_equal(decider_revision(other), decider_revision(decider));
	decide_subject(decider, &r, &ka);
	decide_subject(other, &r, &kb);
	assert_memory_not_equal(ka.keys, kb.keys, DECIDE_KEY_LEN);
	decide_contact_id(decider, 1, &r, ca);
	decide_contact_id(other, 1, &r, cb);
	assert_string_not_equal(ca, cb);
	decider_unref(&other);
	assert_null(other);
	diag_fini(&d);
}

static void the_same_applicant_is_the_same_contact_under_one_account(void **state)
{
	struct item_request a = citizen(), b = citizen();
	char ca[ITEM_CONTACT_MAX], cb[ITEM_CONTACT_MAX];
	(void)state;
	decide_contact_id(decider, 1, &a, ca);
	assert_int_equal(strlen(ca), 16);
	assert_int_equal(strspn(ca, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 16);
	b.domain = b.domain_u = STR("other.id.vn");
	b.ref = STR("r-9");
	b.period = 1;
	b.evidence_count = 0;
	b.if_not_free = ITEM_CHARGE;
	decide_contact_id(decider, 1, &b, cb);
	assert_string_equal(ca, cb);
	decide_contact_id(decider, 2, &b, cb);
	assert_string_not_equal(ca, cb);
	b.applicant.email = STR("b@example.vn");
	decide_contact_id(decider, 1, &b, cb);
	assert_string_not_equal(ca, cb);
	b.registrant = STR("HOLDER-A");
	decide_contact_id(decider, 1, &b, cb);
	assert_string_equal(cb, "");
	b = renewal();
	decide_contact_id(decider, 1, &b, cb);
	assert_string_equal(cb, "");
}

static void a_decider_lives_as_long_as_anybody_holds_it(void **state)
{
	struct decider *second = decider_ref(decider), *none = NULL;
	(void)state;
	assert_ptr_equal(second, decider);
	decider_unref(&second);
	assert_null(second);
	decider_unref(&none);
	assert_non_null(decider_rules(decider));
}

static int set_up(void **state)
{
	struct diag d;
	(void)state;
	diag_init(&d);
	struct policy_ruleset *rules = policy_load_dir("policy/rules", NULL, &d);
	diag_fini(&d);
	if (!rules)
		return -1;
	decider = decider_new(rules, key);
	buf_init(&scratch, 1u << 20);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	decider_unref(&decider);
	buf_fini(&scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_grant_reserves_the_subject_and_says_until_when),
	    cmocka_unit_test(a_second_grant_is_refused_or_bought_never_silently),
	    cmocka_unit_test(three_years_are_partly_free_and_only_with_a_maximum),
	    cmocka_unit_test(a_day_is_a_day_in_hanoi),
	    cmocka_unit_test(what_is_missing_is_named_and_waited_for),
	    cmocka_unit_test(what_the_ledger_knows_of_the_name_is_nothing_to_a_create),
	    cmocka_unit_test(another_partners_name_is_refused_before_any_rule),
	    cmocka_unit_test(a_renewal_without_history_is_a_persons),
	    cmocka_unit_test(a_granted_names_second_year_is_free_its_third_is_not),
	    cmocka_unit_test(a_grant_of_29_february_counts_in_whole_years),
	    cmocka_unit_test(a_paid_name_is_renewed_for_money_only),
	    cmocka_unit_test(every_outcome_prints_members_of_one_object),
	    cmocka_unit_test(the_same_facts_give_the_same_bytes),
	    cmocka_unit_test(any_facts_give_one_sound_outcome),
	    cmocka_unit_test(a_subject_is_its_number_and_zone_whatever_else_differs),
	    cmocka_unit_test(the_numbers_of_one_household_are_one_subject),
	    cmocka_unit_test(keys_and_contacts_depend_on_the_secret),
	    cmocka_unit_test(the_same_applicant_is_the_same_contact_under_one_account),
	    cmocka_unit_test(a_decider_lives_as_long_as_anybody_holds_it),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
