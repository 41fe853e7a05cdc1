/* The contract, continued: the registry's create date against the last day on which the name was free. */
#include "epp/base/check.h"
#include "daemon/store/store_message.h"
#include "tests/harness/store_contract_int.h"

/* The shipped waiver ends with the year. */
#define LAST_DAY_ENDS instant_of_date(date_make(2027, 1, 1), HANOI_OFFSET_S)

static item_id_t admit_kind(struct contract *c, enum play_kind kind, const char *name)
{
	struct play_line l = {kind, name, name, 1, c->account[0], 0, NULL};
	return contract_admit(c, 0, &l, 1);
}

/* Claimed in time, and created by the registry's date at `created`. */
static struct store_step create_at(struct contract *c, item_id_t item, instant_ms_t created)
{
	struct store_claim k = contract_claim(c, 0, 1);
	assert_int_equal(k.count, 1);
	struct store_step s = contract_step(c, item, k.claim, ITEM_DONE);
	s.name = STORE_NAME_CREATED;
	s.result.created = created;
	s.result.expires = created + 730 * PLAY_DAY;
	s.past_boundary = true; /* an output: what was there before does not count */
	assert_int_equal(contract_finish(c, &s, 1), OK);
	return s;
}

static void a_name_created_in_time_has_no_flag(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_kind(c, PLAY_GRANT, "n1.id.vn");
	c->now = LAST_DAY_ENDS - 2000;
	assert_false(create_at(c, item, LAST_DAY_ENDS - 1).past_boundary);
	assert_false(contract_row(c, item).result.past_boundary);
}

/* Decided and sent on the last day, created by the registry's clock on the day after. */
static void a_name_created_too_late_is_flagged(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_kind(c, PLAY_GRANT, "n1.id.vn");
	c->now = LAST_DAY_ENDS - 2000;
	assert_true(create_at(c, item, LAST_DAY_ENDS).past_boundary);
	(void)contract_restart(c);
	struct store_row row = contract_row(c, item);
	assert_int_equal(row.state, ITEM_DONE); /* it is the partner's name all the same */
	assert_true(row.result.past_boundary);
	assert_int_equal(contract_counts(c).grants, 1);
}

static void what_is_paid_has_no_last_day(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_kind(c, PLAY_PAID, "n1.com.vn");
	c->now = LAST_DAY_ENDS - 2000;
	assert_false(create_at(c, item, LAST_DAY_ENDS + PLAY_DAY).past_boundary);
}

static void a_message_that_approves_is_compared_too(void **state)
{
	CONTRACT_OF(c, state);
	item_id_t item = admit_kind(c, PLAY_GRANT, "n1.id.vn");
	c->now = LAST_DAY_ENDS - 2000;
	struct store_claim k = contract_claim(c, 0, 1);
	struct store_step s = contract_step(c, item, k.claim, ITEM_PENDING);
	s.result.code = 1001;
	s.result.created = LAST_DAY_ENDS + 5000;
	s.result.expires = LAST_DAY_ENDS + 730 * PLAY_DAY;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	assert_false(s.past_boundary);
	struct store_message m = {.account = c->account[0],
	                          .id = STR("m1"),
	                          .kind = STR("pending"),
	                          .at = c->now,
	                          .now = c->now,
	                          .domain = STR("n1.id.vn"),
	                          .is_pan = true,
	                          .pan_approved = true,
	                          .expires = INSTANT_NONE};
	assert_int_equal(play(c->b, &m.op, STORE_MESSAGE), OK);
	assert_int_equal(m.settled, item);
	assert_true(m.past_boundary);
	assert_true(contract_row(c, item).result.past_boundary);
}

const struct CMUnitTest contract_created_tests[] = {CONTRACT_TEST(a_name_created_in_time_has_no_flag),
                                                    CONTRACT_TEST(a_name_created_too_late_is_flagged),
                                                    CONTRACT_TEST(what_is_paid_has_no_last_day),
                                                    CONTRACT_TEST(a_message_that_approves_is_compared_too),
                                                    CONTRACT_TESTS_END};
