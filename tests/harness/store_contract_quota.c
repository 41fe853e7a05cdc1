/* The contract, continued: quotas of partners and of the programme. */
#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

static const struct quota two_a_month = {
    .name = "id-month", .zone = "id.vn", .period = QUOTA_MONTH, .grants = true, .limit = {.max = 2}};
static const struct quota shadow_of_one = {.name = "any-day",
                                           .period = QUOTA_DAY,
                                           .limit = {.max = 1, .shadow = true}};

static uint64_t used(struct contract *c, const char *scope, date_t begin)
{
	struct store_get_used g = {.arena = &c->a};
	assert_int_equal(play(c->b, &g.op, STORE_GET_USED), OK);
	for (size_t i = 0; i < g.count; i++)
		if (str_eq_c(g.list[i].scope, scope) && g.list[i].begin == begin)
			return g.list[i].used;
	return 0;
}

static uint64_t used_this_month(struct contract *c)
{
	return used(c, two_a_month.name, date_make(2026, 11, 1));
}

static void with_quota(struct contract *c, const struct quota *q)
{
	c->quotas = q;
	c->quota_count = 1;
}

/* Grants r<from>… of different persons; the first one's number. */
static item_id_t grants(struct contract *c, unsigned from, unsigned n)
{
	struct play_line lines[8];
	for (unsigned i = 0; i < n; i++)
		lines[i] = (struct play_line){.kind = PLAY_GRANT,
		                              .ref = arena_printf(&c->a, "r%u", from + i).ptr,
		                              .name = arena_printf(&c->a, "n%u.id.vn", from + i).ptr,
		                              .person = from + i,
		                              .account = c->account[0]};
	struct store_line out[8];
	batch_id_t b = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, b, lines, n, 1, out);
	contract_publish(c, b);
	return out[0].item;
}

static void beyond_a_quota_is_refused_in_line_order(void **state)
{
	CONTRACT_OF(c, state);
	with_quota(c, &two_a_month);
	item_id_t first = grants(c, 0, 3);
	contract_assert_state(c, first, ITEM_QUEUED);
	contract_assert_state(c, first + 1, ITEM_QUEUED);
	contract_assert_state(c, first + 2, ITEM_REFUSED);
	struct store_row row = contract_row(c, first + 2);
	assert_string_equal(row.intake_reason, "QUOTA_REACHED");
	assert_int_equal(row.intake_fault, FAULT_POLICY);
	assert_int_equal(used_this_month(c), 2);
	assert_int_equal(contract_counts(c).grants, 2); /* the person keeps the grant for another day */
	/* What is not a grant, and another month, are not touched by it. */
	contract_assert_state(c, contract_admit_many(c, 0, "p", 50, 1), ITEM_QUEUED);
	c->now += 15 * PLAY_DAY;
	contract_assert_state(c, grants(c, 10, 1), ITEM_QUEUED);
	assert_int_equal(used_this_month(c), 2);
	assert_int_equal(used(c, two_a_month.name, date_make(2026, 12, 1)), 1);
}

static void what_ends_without_success_gives_it_back(void **state)
{
	CONTRACT_OF(c, state);
	with_quota(c, &two_a_month);
	item_id_t first = grants(c, 0, 2);
	struct store_claim k = contract_claim(c, 0, 2);
	contract_end(c, first, k.claim, ITEM_DONE);
	assert_int_equal(used_this_month(c), 2);
	contract_end(c, first + 1, k.claim, ITEM_FAILED);
	assert_int_equal(used_this_month(c), 1);
	first = grants(c, 10, 2);
	contract_assert_state(c, first + 1, ITEM_REFUSED);
	struct store_batch_cancel x = {.batch = contract_row(c, first).batch,
	                               .partner = c->partner[0],
	                               .now = c->now};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(used_this_month(c), 1);
	c->now += 15 * PLAY_DAY; /* in another month it goes back to where it was taken */
	item_id_t third = grants(c, 20, 1);
	k = contract_claim(c, 0, 1);
	c->now += 31 * PLAY_DAY;
	contract_end(c, third, k.claim, ITEM_FAILED);
	assert_int_equal(used(c, two_a_month.name, date_make(2026, 12, 1)), 0);
}

static void an_upload_that_is_dropped_gives_it_back(void **state)
{
	CONTRACT_OF(c, state);
	with_quota(c, &two_a_month);
	struct play_line l = {PLAY_GRANT, "r1", "n1.id.vn", 1, c->account[0], 0, NULL};
	struct store_batch_abort x = {.batch = contract_begin(c, 0, NULL)};
	contract_chunk(c, 0, x.batch, &l, 1, 1, NULL);
	assert_int_equal(used_this_month(c), 1);
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_ABORT), OK);
	assert_int_equal(used_this_month(c), 0);
	batch_id_t open = contract_begin(c, 0, NULL);
	contract_chunk(c, 0, open, &l, 1, 1, NULL);
	assert_int_equal(used_this_month(c), 1);
	assert_int_equal(contract_restart(c).orphans, 1);
	assert_int_equal(used_this_month(c), 0);
}

static void a_quota_in_shadow_counts_beyond_itself(void **state)
{
	CONTRACT_OF(c, state);
	with_quota(c, &shadow_of_one);
	item_id_t first = grants(c, 0, 3);
	contract_assert_state(c, first + 2, ITEM_QUEUED);
	assert_int_equal(used(c, shadow_of_one.name, date_of_instant(c->now, HANOI_OFFSET_S)), 3);
}

static void a_partners_day(void **state)
{
	CONTRACT_OF(c, state);
	date_t today = date_of_instant(c->now, HANOI_OFFSET_S);
	char scope[32];
	struct play_line l[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0, NULL},
	                        {PLAY_REFUSED, "r2", "n2.id.vn", 0, c->account[0], 0, NULL}};
	struct store_batch_begin b = {.partner = c->partner[0], .now = c->now, .room.per_day.max = 3};
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK);
	contract_chunk(c, 0, b.batch, l, 2, 1, NULL);
	struct store_batch_publish p = {.batch = b.batch, .now = c->now, .room.per_day.max = 3};
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), OK);
	snprintf(scope, sizeof scope, "lines/%u", c->partner[0]);
	assert_int_equal(used(c, scope, today), 2);
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK); /* one more fits */
	struct play_line more[] = {{PLAY_PAID, "r1", "n1.com.vn", 0, c->account[0], 0,
	                            NULL}, /* known: not new */
	                           {PLAY_PAID, "r3", "n3.com.vn", 0, c->account[0], 0, NULL},
	                           {PLAY_PAID, "r4", "n4.com.vn", 0, c->account[0], 0, NULL}};
	struct store_line out[3];
	contract_chunk(c, 0, b.batch, more, 3, 1, out);
	p.batch = b.batch;
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), ERR_FULL);
	assert_true(p.room.day_full && p.room.today == 2 && p.room.adding == 2);
	p.room.per_day.shadow = true;
	assert_int_equal(play(c->b, &p.op, STORE_BATCH_PUBLISH), OK);
	assert_true(p.room.day_full);
	assert_int_equal(used(c, scope, today), 4);
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), ERR_FULL);
	b.now += PLAY_DAY;
	assert_int_equal(play(c->b, &b.op, STORE_BATCH_BEGIN), OK);
	assert_int_equal(b.room.today, 0);
}

static struct store_lease lease(struct contract *c, const char *scope, date_t day, uint64_t wanted)
{
	struct store_lease l = {.scope = scope, .day = day, .max = 10, .wanted = wanted};
	assert_int_equal(play(c->b, &l.op, STORE_LEASE), OK);
	return l;
}

static void a_daily_cap_is_leased_in_parts(void **state)
{
	CONTRACT_OF(c, state);
	date_t today = date_make(2026, 11, 20);
	struct store_lease l = lease(c, "day/reg/create", today, 4);
	assert_true(l.granted == 4 && l.total == 4);
	l = lease(c, "day/reg/create", today, 4);
	assert_true(l.granted == 4 && l.total == 8);
	l = lease(c, "day/reg/create", today, 4); /* never above the cap */
	assert_true(l.granted == 2 && l.total == 10);
	l = lease(c, "day/reg/create", today, 1);
	assert_true(l.granted == 0 && l.total == 10);
	l = lease(c, "day/reg/create", today + 1, 1);
	assert_true(l.granted == 1 && l.total == 1);
	l = lease(c, "day/other/create", today, 1);
	assert_true(l.granted == 1 && l.total == 1);
	assert_int_equal(used(c, "day/reg/create", today), 10);
}

const struct CMUnitTest contract_quota_tests[] = {CONTRACT_TEST(beyond_a_quota_is_refused_in_line_order),
                                                  CONTRACT_TEST(what_ends_without_success_gives_it_back),
                                                  CONTRACT_TEST(an_upload_that_is_dropped_gives_it_back),
                                                  CONTRACT_TEST(a_quota_in_shadow_counts_beyond_itself),
                                                  CONTRACT_TEST(a_partners_day),
                                                  CONTRACT_TEST(a_daily_cap_is_leased_in_parts),
                                                  CONTRACT_TESTS_END};
