/* The contract, continued: what costs money is parked while there is none. */
#include "epp/base/check.h"
#include "tests/harness/store_contract_int.h"

#define FREE  PLAY_GRANT
#define COSTS PLAY_PAID

/* Lines of these kinds for account 0; the first one's number. */
static item_id_t admit_kinds(struct contract *c, const enum play_kind *kinds, size_t n)
{
	static unsigned counter;
	struct play_line lines[16];
	for (size_t i = 0; i < n; i++, counter++)
		lines[i] = (struct play_line){
		    .kind = kinds[i],
		    .ref = arena_printf(&c->a, "k%u", counter).ptr,
		    .name = arena_printf(&c->a, "k%u.%s.vn", counter, kinds[i] == FREE ? "id" : "com").ptr,
		    .person = counter,
		    .account = c->account[0]};
	return contract_admit(c, 0, lines, n);
}

static struct store_claim claim_paid(struct contract *c, uint32_t max, uint32_t paid_max)
{
	struct store_claim k = {.queue = {c->account[0], c->partner[0], 0},
	                        .max = max,
	                        .paid_max = paid_max,
	                        .decider = c->decider,
	                        .now = c->now,
	                        .arena = &c->a};
	assert_int_equal(play(c->b, &k.op, STORE_CLAIM), OK);
	return k;
}

static struct store_claim claim_but(struct contract *c, const struct store_hold *holds, size_t count)
{
	struct store_claim k = {.queue = {c->account[0], c->partner[0], 0},
	                        .max = 10,
	                        .paid_max = UINT32_MAX,
	                        .holds = holds,
	                        .hold_count = count,
	                        .decider = c->decider,
	                        .now = c->now,
	                        .arena = &c->a};
	assert_int_equal(play(c->b, &k.op, STORE_CLAIM), OK);
	return k;
}

static struct store_unpark unpark(struct contract *c, size_t account, uint32_t limit)
{
	struct store_unpark u = {.account = c->account[account], .limit = limit, .now = c->now};
	assert_int_equal(play(c->b, &u.op, STORE_UNPARK), OK);
	return u;
}

static size_t queue_count(struct contract *c, instant_ms_t *next_ready)
{
	struct store_queues q = {.now = c->now, .arena = &c->a};
	assert_int_equal(play(c->b, &q.op, STORE_QUEUES), OK);
	*next_ready = q.next_ready;
	return q.count;
}

static void what_costs_is_parked_and_what_is_free_is_claimed(void **state)
{
	static const enum play_kind kinds[] = {COSTS, FREE, COSTS, FREE, COSTS};
	CONTRACT_OF(c, state);
	instant_ms_t next;
	item_id_t first = admit_kinds(c, kinds, ARRAY_LEN(kinds));
	struct store_claim k = claim_paid(c, 10, 0);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.parked, 3);
	assert_false(k.more);
	for (size_t i = 0; i < k.count; i++) {
		assert_int_equal(k.items[i].item, first + 1 + 2 * i);
		assert_false(k.items[i].paid);
	}
	/* Nothing wakes for what is parked, and it still waits to be sent. */
	assert_int_equal(queue_count(c, &next), 0);
	assert_int_equal(next, INSTANT_NONE);
	c->now += 400 * PLAY_DAY;
	assert_int_equal(queue_count(c, &next), 0);
	assert_int_equal(next, INSTANT_NONE);
	contract_assert_state(c, first, ITEM_QUEUED);
	assert_true(contract_row(c, first).paid);
	assert_false(contract_row(c, first + 1).paid);
}

static void some_that_cost_may_be_claimed(void **state)
{
	static const enum play_kind kinds[] = {COSTS, COSTS, FREE, COSTS};
	CONTRACT_OF(c, state);
	item_id_t first = admit_kinds(c, kinds, ARRAY_LEN(kinds));
	struct store_claim k = claim_paid(c, 10, 1);
	assert_int_equal(k.count, 2);
	assert_int_equal(k.parked, 2);
	assert_int_equal(k.items[0].item, first + 2); /* what is free has a day by which it is due */
	assert_int_equal(k.items[1].item, first);
	assert_true(k.items[1].paid);
}

static void what_is_parked_is_let_go_oldest_first_and_once(void **state)
{
	static const enum play_kind kinds[] = {COSTS, COSTS, COSTS};
	CONTRACT_OF(c, state);
	instant_ms_t next;
	item_id_t first = admit_kinds(c, kinds, ARRAY_LEN(kinds));
	assert_int_equal(claim_paid(c, 10, 0).count, 0);
	assert_int_equal(unpark(c, 1, 10).moved, 0); /* another account's */
	struct store_unpark u = unpark(c, 0, 1);
	assert_true(u.moved == 1 && u.more);
	assert_int_equal(queue_count(c, &next), 1);
	struct store_claim k = claim_paid(c, 10, UINT32_MAX);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].item, first);
	assert_int_equal(k.items[0].attempt, 1);
	u = unpark(c, 0, 10);
	assert_true(u.moved == 2 && !u.more);
	assert_int_equal(unpark(c, 0, 10).moved, 0);
	assert_int_equal(claim_paid(c, 10, 0).parked, 2); /* there is still no money */
	assert_int_equal(unpark(c, 0, 10).moved, 2);
	assert_int_equal(claim_paid(c, 10, UINT32_MAX).count, 2);
}

/* A zone is its names, not others that end in the same letters; a grant is what the decision in force took. */
static void what_a_hold_names_is_parked(void **state)
{
	static const enum play_kind kinds[] = {FREE, COSTS, FREE, COSTS};
	const struct store_hold of_zone = {.zone = STR("id.vn")},
	                        paid_of_zone = {.zone = STR("id.vn"), .paid = true},
	                        of_part = {.zone = STR("om.vn")}, of_vn = {.zone = STR("vn")},
	                        of_grant = {.grant = STR("youth-id")}, of_other = {.grant = STR("youth")},
	                        both = {.zone = STR("com.vn"), .grant = STR("youth-id")};
	CONTRACT_OF(c, state);
	item_id_t first = admit_kinds(c, kinds, ARRAY_LEN(kinds));
	struct store_claim k = claim_but(c, &of_zone, 1);
	assert_true(k.count == 2 && k.parked == 2 && k.items[0].item == first + 1);
	assert_int_equal(unpark(c, 0, 10).moved, 2);
	k = claim_but(c, &of_grant, 1);
	assert_true(k.count == 0 && k.parked == 2);
	assert_int_equal(k.claim, 0);
	assert_int_equal(unpark(c, 0, 10).moved, 2);
	const struct store_hold others[] = {paid_of_zone, of_part, of_other, both};
	k = claim_but(c, others, ARRAY_LEN(others));
	assert_true(k.count == 2 && k.parked == 0);
	(void)admit_kinds(c, kinds, ARRAY_LEN(kinds));
	assert_int_equal(claim_but(c, &of_vn, 1).parked, 4);
}

static void a_step_parks_what_it_puts_back(void **state)
{
	static const enum play_kind kinds[] = {COSTS};
	CONTRACT_OF(c, state);
	instant_ms_t next;
	item_id_t item = admit_kinds(c, kinds, 1);
	struct store_claim k = claim_paid(c, 10, UINT32_MAX);
	struct store_step s = contract_step(c, item, k.claim, ITEM_QUEUED);
	s.not_before = STORE_PARKED;
	s.not_sent = true;
	assert_int_equal(contract_finish(c, &s, 1), OK);
	contract_assert_state(c, item, ITEM_QUEUED);
	assert_int_equal(queue_count(c, &next), 0);
	assert_int_equal(unpark(c, 0, 10).moved, 1);
	k = claim_paid(c, 10, UINT32_MAX);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.items[0].attempt, 1);
}

static void what_is_parked_can_be_cancelled_and_survives_a_restart(void **state)
{
	static const enum play_kind kinds[] = {COSTS, COSTS};
	CONTRACT_OF(c, state);
	item_id_t first = admit_kinds(c, kinds, ARRAY_LEN(kinds));
	assert_int_equal(claim_paid(c, 10, 0).parked, 2);
	assert_int_equal(contract_restart(c).unknown, 0); /* it was never sent */
	contract_assert_state(c, first, ITEM_QUEUED);
	struct store_batch_cancel x = {.batch = contract_row(c, first).batch,
	                               .partner = c->partner[0],
	                               .now = c->now};
	assert_int_equal(play(c->b, &x.op, STORE_BATCH_CANCEL), OK);
	assert_int_equal(x.cancelled, 2);
	assert_int_equal(unpark(c, 0, 10).moved, 0);
}

/* One claim does not write without end; the next one goes on where it stopped. */
static void a_claim_parks_so_many_and_no_more(void **state)
{
	CONTRACT_OF(c, state);
	for (unsigned i = 0; i < STORE_PARK_MAX + 100; i += 50)
		(void)contract_admit_many(c, 0, "p", i, 50);
	struct store_claim k = claim_paid(c, 100, 0);
	assert_true(k.count == 0 && k.more);
	assert_in_range(k.parked, STORE_PARK_MAX, STORE_PARK_MAX + 99);
	uint32_t parked = k.parked;
	k = claim_paid(c, 100, 0);
	assert_true(k.count == 0 && !k.more);
	assert_int_equal(parked + k.parked, STORE_PARK_MAX + 100);
}

const struct CMUnitTest contract_park_tests[] = {
    CONTRACT_TEST(what_costs_is_parked_and_what_is_free_is_claimed),
    CONTRACT_TEST(some_that_cost_may_be_claimed),
    CONTRACT_TEST(what_is_parked_is_let_go_oldest_first_and_once),
    CONTRACT_TEST(what_a_hold_names_is_parked),
    CONTRACT_TEST(a_step_parks_what_it_puts_back),
    CONTRACT_TEST(what_is_parked_can_be_cancelled_and_survives_a_restart),
    CONTRACT_TEST(a_claim_parks_so_many_and_no_more),
    CONTRACT_TESTS_END};
