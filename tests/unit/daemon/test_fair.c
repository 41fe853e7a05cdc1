/* Whose turn it is: lanes, the last lane's tenth, weights, newcomers; and a million commands of adversarial arrivals. */
#include "daemon/sched/fair.h"
#include "epp/base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define PARTNERS 8
#define ROOM     64

/* What is waiting, and what was served. */
struct queues {
	struct fair fair;
	uint64_t waiting[FAIR_LANES][PARTNERS], served[FAIR_LANES][PARTNERS];
	uint32_t weight[PARTNERS];
	uint64_t total;
};

static int set_up(void **state)
{
	static struct queues q;
	memset(&q, 0, sizeof q);
	fair_init(&q.fair);
	for (int i = 0; i < PARTNERS; i++)
		q.weight[i] = 1;
	*state = &q;
	return 0;
}

static int tear_down(void **state)
{
	struct queues *q = *state;
	fair_fini(&q->fair);
	return 0;
}

static void add(struct queues *q, uint8_t lane, uint32_t partner, uint64_t n)
{
	q->waiting[lane][partner] += n;
	fair_activate(&q->fair, partner, lane, q->weight[partner]);
}

/* One claim; 0 when nobody has work. */
static uint32_t claim(struct queues *q, uint32_t room, struct fair_turn *t)
{
	if (!fair_next(&q->fair, room, t))
		return 0;
	uint64_t *w = &q->waiting[t->lane][t->partner];
	assert_true(*w > 0 && t->max > 0 && t->max <= room);
	uint32_t n = *w < t->max ? (uint32_t)*w : t->max;
	*w -= n;
	q->served[t->lane][t->partner] += n;
	q->total += n;
	fair_took(&q->fair, t, n, *w > 0);
	return n;
}

static void serve(struct queues *q, uint64_t n)
{
	struct fair_turn t;
	uint64_t end = q->total + n;
	while (q->total < end && claim(q, ROOM, &t) > 0)
		continue;
}

static void nobody_has_a_turn_without_work(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	assert_false(fair_next(&q->fair, ROOM, &t));
	add(q, 3, 1, 1);
	assert_false(fair_next(&q->fair, 0, &t));
	assert_int_equal(claim(q, ROOM, &t), 1);
	assert_int_equal(t.partner, 1);
	assert_int_equal(t.lane, 3);
	assert_false(fair_next(&q->fair, ROOM, &t));
}

static void asking_twice_gives_the_same_turn(void **state)
{
	struct queues *q = *state;
	struct fair_turn a, b;
	add(q, 3, 1, 100);
	add(q, 3, 2, 100);
	assert_true(fair_next(&q->fair, ROOM, &a));
	assert_true(fair_next(&q->fair, ROOM, &b));
	assert_int_equal(a.partner, b.partner);
	assert_int_equal(a.max, b.max);
}

/* What is urgent leaves the last lane its tenth and nobody else anything. */
static void the_urgent_lane_is_strict(void **state)
{
	struct queues *q = *state;
	for (uint8_t lane = 1; lane <= 4; lane++)
		add(q, lane, lane == 4, 100000);
	serve(q, 20000);
	assert_in_range(q->served[4][1], 1990, 2010);
	assert_int_equal(q->served[2][0] + q->served[3][0], 0);
	assert_in_range(q->served[1][0], 17900, 18070);
}

static void without_it_every_lane_has_a_part(void **state)
{
	struct queues *q = *state;
	for (uint8_t lane = 2; lane <= 5; lane++)
		add(q, lane, lane == 5, 100000);
	serve(q, 20000);
	assert_in_range(q->served[5][1], 1990, 2010);
	assert_in_range(q->served[3][0], 980, 1020);
	assert_in_range(q->served[4][0], 980, 1020);
	assert_in_range(q->served[2][0], 15960, 16080);
}

/* Items of the last lane need a second command each: its tenth is of commands. */
/* Neither is it the last lane then, nor one in between. */
static void a_skipped_lane_gets_no_turn(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	add(q, 2, 0, 100000);
	add(q, 3, 0, 100000);
	add(q, 4, 1, 100000);
	q->fair.skipped = 1u << 4;
	serve(q, 10000);
	assert_int_equal(q->served[4][1], 0);
	assert_in_range(q->served[3][0], 980, 1020);
	q->fair.skipped = 1u << 2 | 1u << 3 | 1u << 4;
	assert_false(fair_next(&q->fair, ROOM, &t));
	q->fair.skipped = 0;
	serve(q, 10000);
	assert_in_range(q->served[4][1], 970, 1030);
}

static void what_an_item_takes_besides_counts(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	uint64_t commands = 0, low = 0;
	add(q, 1, 0, 1000000);
	add(q, 3, 1, 1000000);
	while (commands < 20000) {
		uint32_t n = claim(q, ROOM, &t);
		commands += n;
		low += t.lane == 3 ? n : 0;
		for (uint32_t i = 0; i < n && t.lane == 3; i++, commands++, low++)
			fair_more(&q->fair, t.partner, t.lane);
	}
	assert_in_range(low, 1950, 2050);
}

/* Half of what the first lane takes goes back: the last one has a tenth of what is sent. */
static void what_goes_back_is_not_owed(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	uint64_t commands = 0, low = 0;
	add(q, 1, 0, 1000000);
	add(q, 3, 1, 1000000);
	while (commands < 20000) {
		uint32_t n = claim(q, ROOM, &t);
		for (uint32_t i = 0; i < n; i++) {
			bool back = t.lane == 1 && i % 2;
			if (back)
				fair_less(&q->fair, t.lane);
			commands += !back;
			low += t.lane == 3;
		}
	}
	assert_in_range(low, 1950, 2050);
}

/* … and so is a partner's share. */
static void partners_share_commands_not_items(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	uint64_t had[2] = {0};
	add(q, 3, 0, 1000000);
	add(q, 3, 1, 1000000);
	while (had[0] + had[1] < 30000) {
		uint32_t n = claim(q, ROOM, &t);
		had[t.partner] += n;
		for (uint32_t i = 0; i < 2 * n && t.partner == 1; i++, had[1]++)
			fair_more(&q->fair, t.partner, t.lane);
	}
	assert_in_range(had[1], 14500, 15500);
}

/* It had much more than its turn, alone; then others come, and it has nothing to pay when it comes back. */
static void a_debt_ends_with_the_work(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	add(q, 3, 0, 10);
	for (int i = 0; i < 1000; i++)
		fair_more(&q->fair, 0, 3);
	while (claim(q, ROOM, &t) > 0)
		continue;
	add(q, 3, 1, 100000);
	add(q, 3, 0, 100000);
	serve(q, 10000);
	assert_in_range(q->served[3][0], 4900, 5100);
}

static void two_lanes_are_nine_to_one(void **state)
{
	struct queues *q = *state;
	add(q, 2, 0, 100000);
	add(q, 3, 1, 100000);
	serve(q, 20000);
	assert_in_range(q->served[3][1], 1990, 2010);
}

static void the_last_lane_is_not_owed_what_it_did_not_ask_for(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	add(q, 1, 0, 100000);
	serve(q, 5000);
	add(q, 4, 1, 1000);
	uint64_t before = q->total;
	while (q->served[4][1] == 0)
		assert_true(claim(q, ROOM, &t) > 0);
	assert_true(q->served[4][1] <= ROOM / 9 && q->total - before <= 2 * ROOM);
}

static void weights_hold_within_every_round(void **state)
{
	struct queues *q = *state;
	static const uint32_t weights[] = {1, 2, 3, 10};
	for (uint32_t p = 0; p < 4; p++) {
		q->weight[p] = weights[p];
		add(q, 3, p, 10000000);
	}
	serve(q, 100000);
	for (uint32_t p = 0; p < 4; p++) {
		double share = (double)q->served[3][p] / (double)q->total;
		double due = weights[p] / 16.0;
		assert_true(share > due * 0.98 && share < due * 1.02);
	}
}

static void a_new_weight_counts_from_the_next_turn(void **state)
{
	struct queues *q = *state;
	add(q, 3, 0, 10000000);
	add(q, 3, 1, 10000000);
	serve(q, 10000);
	uint64_t before = q->served[3][1];
	q->weight[1] = 4;
	fair_activate(&q->fair, 1, 3, 4);
	serve(q, 50000);
	assert_in_range(q->served[3][1] - before, 39000, 41000);
}

static void one_line_waits_for_at_most_one_round(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	for (uint32_t p = 0; p < 7; p++)
		add(q, 3, p, 100000);
	serve(q, 12345);
	add(q, 3, 7, 1);
	uint64_t before = q->total;
	while (q->served[3][7] == 0)
		assert_true(claim(q, ROOM, &t) > 0);
	assert_true(q->total - before <= 2 * ROOM); /* the rest of this round, and at most one more */
}

static void who_has_little_does_not_save_up(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	add(q, 3, 0, 10000000);
	for (int i = 0; i < 1000; i++) {
		add(q, 3, 1, 1);
		claim(q, ROOM, &t);
		claim(q, ROOM, &t);
	}
	add(q, 3, 1, 100000);
	uint64_t before = q->served[3][1], total = q->total;
	serve(q, 6400);
	assert_in_range(q->served[3][1] - before, (q->total - total) / 2 - ROOM,
	                (q->total - total) / 2 + ROOM);
}

/* Jain's index over what partners got who always had work, in every stretch of 6,000 commands. */
static void jain(struct queues *q, uint32_t partners)
{
	double sum = 0, squares = 0;
	for (uint32_t p = 0; p < partners; p++) {
		double x = (double)q->served[3][p];
		sum += x;
		squares += x * x;
		q->served[3][p] = 0;
	}
	assert_true(sum * sum / (partners * squares) >= 0.99);
}

static void equal_partners_get_equal_shares_whatever_the_others_do(void **state)
{
	struct queues *q = *state;
	struct fair_turn t;
	struct rng rng;
	rng_init_seed(&rng, 20261120);
	for (uint32_t p = 0; p < 4; p++)
		add(q, 3, p, UINT64_C(1) << 40);
	uint64_t next = 6000;
	while (q->total < 1000000) {
		if (rng_below(&rng, 4) == 0) /* bursts of others in any lane */
			add(q, (uint8_t)(1 + rng_below(&rng, 4)), 4 + (uint32_t)rng_below(&rng, 4),
			    1 + rng_below(&rng, 40));
		assert_true(claim(q, 1 + (uint32_t)rng_below(&rng, ROOM), &t) > 0);
		if (q->total >= next) {
			jain(q, 4);
			next += 6000;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(nobody_has_a_turn_without_work),
	    TEST(asking_twice_gives_the_same_turn),
	    TEST(the_urgent_lane_is_strict),
	    TEST(without_it_every_lane_has_a_part),
	    TEST(a_skipped_lane_gets_no_turn),
	    TEST(what_an_item_takes_besides_counts),
	    TEST(what_goes_back_is_not_owed),
	    TEST(partners_share_commands_not_items),
	    TEST(a_debt_ends_with_the_work),
	    TEST(two_lanes_are_nine_to_one),
	    TEST(the_last_lane_is_not_owed_what_it_did_not_ask_for),
	    TEST(weights_hold_within_every_round),
	    TEST(a_new_weight_counts_from_the_next_turn),
	    TEST(one_line_waits_for_at_most_one_round),
	    TEST(who_has_little_does_not_save_up),
	    TEST(equal_partners_get_equal_shares_whatever_the_others_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
