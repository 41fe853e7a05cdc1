/* The contract, continued: what the ledger knows of applicants, and readings of the rules that the store carries out. */
#include "epp/base/check.h"
#include "daemon/store/store_domains.h"
#include "tests/harness/store_contract_int.h"

/* The shipped waiver ends with the year. */
#define AFTER_THE_WAIVER (instant_of_date(date_make(2027, 1, 1), HANOI_OFFSET_S) + 3600000)

/* The line of a kind, to be changed before it is handed in. */
static struct item_request *request_of(struct contract *c, enum play_kind kind, const char *ref,
                                       const char *name)
{
	struct play_line l = {kind, ref, name, 1, c->account[0], 0, NULL};
	struct store_line made = play_line(&c->a, &l, 1);
	struct item_request *r = arena_alloc(&c->a, sizeof *r);
	*r = *made.request;
	return r;
}

static item_id_t hand_in(struct contract *c, const struct item_request *r)
{
	struct store_line l = {.line = 1, .account = c->account[0], .request = r};
	play_line_encode(&c->a, &l);
	contract_admit_line(c, &l);
	return l.item;
}

static void registered(struct contract *c, item_id_t item)
{
	struct store_claim k = contract_claim(c, 0, 1);
	assert_int_equal(k.count, 1);
	struct store_step s = contract_step(c, item, k.claim, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = c->now;
	s.result.expires = c->now + 365 * PLAY_DAY;
	assert_int_equal(contract_finish(c, &s, 1), OK);
}

static void assert_reads(struct contract *c, item_id_t item, enum item_state state, const char *reason)
{
	struct store_row row = contract_row(c, item);
	assert_string_equal(item_state_name(row.state), item_state_name(state));
	if (!strstr(arena_str(&c->a, row.decision_common).ptr, reason))
		fail_msg("no %s in %.*s", reason, STR_ARG(row.decision_common));
}

/* ---- paid names ---------------------------------------------------------------------------------------------------------- */

/* An enterprise of many years, which pays; then one that is new, with the same number. */
static item_id_t pay_then_ask(struct contract *c, bool ends_well)
{
	struct item_request *r = request_of(c, PLAY_LISTED, "p1", "cu.biz.vn");
	r->applicant.founded_on = date_make(2019, 1, 1);
	r->if_not_free = ITEM_CHARGE;
	r->evidence[0] = (struct item_evidence){STR("national_enterprise_db"), STR("x"), STR("N-1"),
	                                        STR("confirmed"), date_make(2026, 11, 18)};
	r->evidence_count = 1;
	item_id_t paid = hand_in(c, r);
	contract_assert_state(c, paid, ITEM_QUEUED);
	if (ends_well)
		registered(c, paid);
	else
		contract_end(c, paid, contract_claim(c, 0, 1).claim, ITEM_FAILED);
	(void)contract_restart(c);
	struct item_request *again = request_of(c, PLAY_LISTED, "p2", "moi.biz.vn");
	again->evidence[0] = r->evidence[0];
	again->evidence_count = 1;
	return hand_in(c, again);
}

static void a_paid_name_is_remembered_and_flagged(void **state)
{
	CONTRACT_OF(c, state);
	assert_reads(c, pay_then_ask(c, true), ITEM_QUEUED, "\"flags\":[\"PRIOR_PAID_NAME\"]");
	assert_int_equal(contract_counts(c).grants, 1); /* it has used none */
}

static void or_bars_the_grant(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	c->decider = play_decider_choosing("earlier-paid-name", "bar");
	assert_reads(c, pay_then_ask(c, true), ITEM_REFUSED, "PRIOR_PAID_NAME");
	decider_unref(&c->decider);
	c->decider = was;
}

static void one_that_was_not_registered_counts_for_nothing(void **state)
{
	CONTRACT_OF(c, state);
	assert_reads(c, pay_then_ask(c, false), ITEM_QUEUED, "\"flags\":[]");
}

static void one_from_before_is_imported(void **state)
{
	CONTRACT_OF(c, state);
	struct item_request *r = request_of(c, PLAY_GRANT, "g1", "moi.id.vn");
	struct store_import_row row = {.domain = STR("cu.id.vn"),
	                               .partner = c->partner[0],
	                               .account = c->account[0],
	                               .created = 1000,
	                               .expires = 2000,
	                               .grant_from = DATE_NONE};
	struct store_import i = {.rows = &row, .count = 1};
	decide_subject(c->decider, r, &row.subject);
	assert_int_equal(play(c->b, &i.op, STORE_IMPORT), OK);
	assert_reads(c, hand_in(c, r), ITEM_QUEUED, "\"flags\":[\"PRIOR_PAID_NAME\"]");
}

/* ---- the numbers of one household --------------------------------------------------------------------------------------- */

static item_id_t household(struct contract *c, const char *ref, const char *name, const char *number,
                           const char *tax, const char *owner)
{
	struct item_request *r = request_of(c, PLAY_GRANT, ref, name);
	r->applicant.kind = APPLICANT_HOUSEHOLD;
	r->applicant.birth_date = DATE_NONE;
	r->applicant.gender = GENDER_UNKNOWN;
	r->applicant.registration_number = str_c(number);
	r->applicant.registered_on = date_make(2019, 1, 1);
	r->applicant.tax_code = str_c(tax);
	r->applicant.id_number = str_c(owner);
	r->evidence[0].type = STR("certificate");
	return hand_in(c, r);
}

static void a_household_has_one_grant_under_all_its_numbers(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t first = household(c, "h1", "quan.biz.vn", "68B8100073", "0199999007", "068090000123");
	contract_assert_state(c, first, ITEM_QUEUED);
	assert_reads(c, household(c, "h2", "quan2.biz.vn", "068090000123", "", ""), ITEM_REFUSED,
	             "ONE_PER_SUBJECT");
	assert_reads(c, household(c, "h3", "quan3.biz.vn", "0199999007", "", ""), ITEM_REFUSED,
	             "ONE_PER_SUBJECT");
	contract_assert_state(c, household(c, "h4", "quan4.biz.vn", "68B8100074", "", ""), ITEM_QUEUED);
	/* What it did not get in the end it has not had, under any of them. */
	contract_end(c, first, contract_claim(c, 0, 1).claim, ITEM_FAILED);
	contract_assert_state(c, household(c, "h5", "quan5.biz.vn", "068090000123", "", ""), ITEM_QUEUED);
	assert_reads(c, household(c, "h6", "quan6.biz.vn", "68B8100073", "", "068090000123"), ITEM_REFUSED,
	             "ONE_PER_SUBJECT");
}

static void an_upload_that_is_dropped_gives_them_all_back(void **state)
{
	CONTRACT_OF(c, state);
	uint64_t before = contract_counts(c).grants;
	struct item_request *r = request_of(c, PLAY_GRANT, "h1", "quan.biz.vn");
	r->applicant.kind = APPLICANT_HOUSEHOLD;
	r->applicant.birth_date = DATE_NONE;
	r->applicant.registration_number = STR("68B8100073");
	r->applicant.registered_on = date_make(2019, 1, 1);
	r->applicant.tax_code = STR("0199999007");
	r->evidence[0].type = STR("certificate");
	struct store_line l = {.line = 1, .account = c->account[0], .request = r, .payload = STR("x")};
	struct store_batch_chunk k = contract_chunk_of(c, 0, contract_begin(c, 0, NULL), &l, 1);
	assert_int_equal(play(c->b, &k.op, STORE_BATCH_CHUNK), OK);
	assert_int_equal(l.state, ITEM_QUEUED);
	assert_int_equal(contract_counts(c).grants, before + 3); /* of three numbers */
	(void)contract_restart(c);
	assert_int_equal(contract_counts(c).grants, before);
}

static void or_each_number_is_a_subject(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	c->decider = play_decider_choosing("household-aliases", "first_number");
	contract_assert_state(c,
	                      household(c, "h1", "quan.biz.vn", "68B8100073", "0199999007", "068090000123"),
	                      ITEM_QUEUED);
	contract_assert_state(c, household(c, "h2", "quan2.biz.vn", "068090000123", "", ""), ITEM_QUEUED);
	decider_unref(&c->decider);
	c->decider = was;
}

/* ---- another holder ------------------------------------------------------------------------------------------------------ */

static item_id_t renew_as(struct contract *c, const char *ref, const char *number)
{
	struct item_request *r = request_of(c, PLAY_RENEW, ref, "g1.id.vn");
	if (number) {
		r->applicant.kind = APPLICANT_CITIZEN;
		r->applicant.id_number = str_c(number);
	}
	r->if_not_free = ITEM_REFUSE;
	return hand_in(c, r);
}

static void a_renewal_may_say_who_holds_the_name(void **state)
{
	CONTRACT_OF(c, state);
	struct item_request *r = request_of(c, PLAY_GRANT, "g1", "g1.id.vn");
	struct str own = r->applicant.id_number;
	registered(c, hand_in(c, r));
	assert_reads(c, renew_as(c, "r1", NULL), ITEM_QUEUED, "SECOND_FREE_YEAR");
	assert_reads(c, renew_as(c, "r2", own.ptr), ITEM_QUEUED, "SECOND_FREE_YEAR");
	assert_reads(c, renew_as(c, "r3", "068206999999"), ITEM_REVIEW, "OWNERSHIP_CHANGED");
	(void)contract_restart(c);
	assert_reads(c, renew_as(c, "r4", "068206999998"), ITEM_REVIEW, "OWNERSHIP_CHANGED");
}

/* A renewal that does not say who holds the name: its clauses are those of the grant that the name got. */
static void a_renewal_is_of_the_grant_that_the_name_got(void **state)
{
	CONTRACT_OF(c, state);
	struct item_request *first = request_of(c, PLAY_LISTED, "e1", "moi.biz.vn"), *r;
	first->evidence[0] = request_of(c, PLAY_GRANT, "other", "other.id.vn")->evidence[0];
	first->evidence_count = 1;
	first->evidence[0].type = STR("national_enterprise_db");
	registered(c, hand_in(c, first));
	registered(c, household(c, "h1", "quan.biz.vn", "68B8100073", "", ""));
	(void)contract_restart(c);
	r = request_of(c, PLAY_RENEW, "r1", "moi.biz.vn");
	r->if_not_free = ITEM_REFUSE;
	assert_reads(c, hand_in(c, r), ITEM_QUEUED, "\"grant\":\"new-enterprise\"");
	r = request_of(c, PLAY_RENEW, "r2", "quan.biz.vn");
	r->if_not_free = ITEM_REFUSE;
	assert_reads(c, hand_in(c, r), ITEM_QUEUED, "\"grant\":\"household\"");
}

/* ---- what waited too long ------------------------------------------------------------------------------------------------ */

static item_id_t admit_then_wait(struct contract *c)
{
	struct play_line l = {PLAY_GRANT, "g1", "g1.id.vn", 1, c->account[0], 0, NULL};
	item_id_t item = contract_admit(c, 0, &l, 1);
	c->now = AFTER_THE_WAIVER;
	return item;
}

static void what_turns_ineligible_in_the_queue_is_held(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_then_wait(c);
	assert_int_equal(contract_claim(c, 0, 1).count, 0);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_REVIEW);
	assert_int_equal(row.result.fault, FAULT_GATEWAY);
	contract_assert_str(row.result.reason, "PHASE2_UNDECIDED");
	assert_int_equal(contract_counts(c).grants, 0);
}

static void or_refused(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	c->decider = play_decider_choosing("ineligible-while-waiting", "refuse");
	item_id_t item = admit_then_wait(c);
	assert_int_equal(contract_claim(c, 0, 1).count, 0);
	(void)contract_restart(c);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_REFUSED);
	assert_int_equal(row.result.fault, FAULT_GATEWAY);
	contract_assert_str(row.result.reason, "PHASE2_UNDECIDED");
	struct store_get_counts n = contract_counts(c);
	assert_int_equal(n.items[ITEM_REFUSED], 1);
	assert_int_equal(n.items[ITEM_QUEUED], 0);
	assert_int_equal(n.grants, 0);
	decider_unref(&c->decider);
	c->decider = was;
}

static void or_the_day_of_admission_counts(void **state)
{
	CONTRACT_OF(c, state);
	struct decider *was = c->decider;
	c->decider = play_decider_choosing("time-of-registration", "admission_date");
	item_id_t item = admit_then_wait(c);
	registered(c, item);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_DONE);
	assert_false(row.result.past_boundary);
	assert_int_equal(contract_counts(c).grants, 1);
	decider_unref(&c->decider);
	c->decider = was;
}

const struct CMUnitTest contract_subject_tests[] = {
    CONTRACT_TEST(a_paid_name_is_remembered_and_flagged),
    CONTRACT_TEST(or_bars_the_grant),
    CONTRACT_TEST(one_that_was_not_registered_counts_for_nothing),
    CONTRACT_TEST(one_from_before_is_imported),
    CONTRACT_TEST(a_household_has_one_grant_under_all_its_numbers),
    CONTRACT_TEST(an_upload_that_is_dropped_gives_them_all_back),
    CONTRACT_TEST(or_each_number_is_a_subject),
    CONTRACT_TEST(a_renewal_may_say_who_holds_the_name),
    CONTRACT_TEST(a_renewal_is_of_the_grant_that_the_name_got),
    CONTRACT_TEST(what_turns_ineligible_in_the_queue_is_held),
    CONTRACT_TEST(or_refused),
    CONTRACT_TEST(or_the_day_of_admission_counts),
    CONTRACT_TESTS_END};
