/* Whose turn it is: lanes, partners, deadlines, holds. On the real store. */
#include "tests/unit/daemon/sched_world.h"

static size_t index_of_partner(const struct world *w, uint32_t partner)
{
	size_t i = 0;
	while (w->partners[i] != partner)
		i++;
	return i;
}

/* ---- whose turn ------------------------------------------------------------------------------------------------------------ */

static void partners_take_turns(void **state)
{
	struct world *w = *state;
	size_t counts[PARTNERS] = {0};
	admit_many(w, 0, 0, "a", 400);
	admit_many(w, 1, 0, "b", 100);
	admit_many(w, 2, 0, "c", 100);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	for (size_t i = 0; i < 300; i++) {
		counts[index_of_partner(w, w->sent[i].partner)]++;
		/* while all three have work, none is more than what may be ready ahead of another */
		for (int p = 1; p < 3; p++)
			assert_true(counts[0] <= counts[p] + 8 && counts[p] <= counts[0] + 8);
	}
}

static void a_small_batch_does_not_wait_for_a_large_one(void **state)
{
	struct world *w = *state;
	size_t before;
	admit_many(w, 0, 0, "a", 2000);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	before = w->sent_count;
	assert_true(before > 10 && before < 1000);
	item_id_t small = admit_one(w, 1, 0, ITEM_CREATE, "small.id.vn", 0);
	while (state_of(w, small) != ITEM_DONE)
		vloop_run_for(&w->v, 10);
	assert_true(w->sent_count - before < 40);
	run_to_rest(w, 600000);
}

static void lanes_go_strictly_by_number(void **state)
{
	struct world *w = *state;
	char name[32];
	admit_many(w, 0, 0, "a", 300);
	sched_start(w->sched);
	vloop_run_for(&w->v, 200);
	size_t before = w->sent_count;
	assert_true(before > 0 && before < 200);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "r%d.id.vn", i);
		have_name(w, name, 1, 0);
		admit_one(w, 1, 0, ITEM_RENEW, name, 0);
	}
	item_id_t urgent = admit_one(w, 2, 0, ITEM_CREATE, "now.id.vn", LINE_URGENT);
	run_to_rest(w, 600000);
	size_t first_renewal = 0, last_renewal = 0, first = 0, creates = 0;
	for (size_t i = before; i < w->sent_count; i++) {
		if (w->sent[i].item == urgent)
			first = i;
		if (w->sent[i].partner == w->partners[1]) {
			first_renewal = first_renewal ? first_renewal : i;
			last_renewal = i;
		}
	}
	assert_true(first - before <= 16); /* only what was in memory already went before */
	assert_true(first_renewal - before <= 16 + 1);
	for (size_t i = first_renewal; i < last_renewal; i++)
		creates += w->sent[i].partner == w->partners[0];
	assert_true(creates <= 16);
}

/* Behind everything else, with a tenth that is sure. */
static void bulk_comes_last(void **state)
{
	struct world *w = *state;
	struct line bulk[300];
	char names[300][32];
	for (int i = 0; i < 300; i++) {
		snprintf(names[i], sizeof names[i], "bulk%d.id.vn", i);
		bulk[i] = (struct line){ITEM_CREATE, names[i], LINE_BULK};
	}
	admit(w, 1, 0, bulk, 300, NULL);
	admit_many(w, 0, 0, "a", 300);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	size_t before = 0, ours = 0;
	for (size_t i = 0; i < w->sent_count && ours < 300; i++) {
		before += w->sent[i].partner == w->partners[1];
		ours += w->sent[i].partner == w->partners[0];
	}
	assert_in_range(before, 300 / 9 - 4, 300 / 9 + 8);
	assert_int_equal(count_of(w, ITEM_DONE), 600);
}

static void accounts_do_not_wait_for_each_other(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 100);
	admit_many(w, 1, 1, "b", 100);
	w->pools[0].slots = 0;
	sched_start(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 100);
	for (size_t i = 0; i < w->sent_count; i++)
		assert_int_equal(w->sent[i].account, 1);
}

SAY(say_lost)
{
	return SAY_LOST;
}

/* Many outcomes are not known: looking after them goes first, and one command in ten is something new. */
static void looks_leave_a_tenth(void **state)
{
	struct world *w = *state;
	size_t looks = 0, others = 0;
	w->say = say_lost;
	w->pools[0].slots = 200;
	admit_many(w, 0, 0, "a", 200);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->sent_count, 200);
	w->say = NULL;
	w->pools[0].slots = 1;
	admit_many(w, 1, 0, "b", 1000);
	run_to_rest(w, 3600000);
	for (size_t i = 200; i < w->sent_count && looks < 150; i++) {
		looks += w->sent[i].letter == 'q';
		others += looks > 0 && w->sent[i].letter != 'q';
	}
	assert_int_equal(looks, 150);
	assert_in_range(others, 15, 19);
	assert_int_equal(count_of(w, ITEM_DONE), 1200);
}

/* ---- how much ------------------------------------------------------------------------------------------------------------------ */

static void a_claim_is_at_most_twice_the_slots(void **state)
{
	struct world *w = *state;
	struct sched_stats s;
	admit_many(w, 0, 0, "a", 500);
	sched_start(w->sched);
	for (int i = 0; i < 300; i++) {
		vloop_run_for(&w->v, 7);
		sched_stats(w->sched, &s);
		assert_true(s.ready <= 8 && s.in_flight <= 4);
		assert_true(s.jobs <= 8 + 4 + 8); /* ready, in flight, being stored */
	}
	assert_int_equal(w->disk.most_claimed, 8);
	run_to_rest(w, 600000);
	/* one row for many items, not one each */
	assert_true(w->disk.claims < 500 / 2);
}

static size_t queues_in(struct world *w, uint8_t lane)
{
	struct arena a;
	size_t n = 0;
	arena_init(&a);
	struct store_queues q = {.now = loop_wall(&w->v.loop), .arena = &a};
	op_run(w, &q.op, STORE_QUEUES);
	for (size_t i = 0; i < q.count; i++)
		n += q.keys[i].lane == lane;
	arena_fini(&a);
	return n;
}

static size_t sent_for(const struct world *w, uint32_t partner)
{
	size_t n = 0;
	for (size_t i = 0; i < w->sent_count; i++)
		n += w->sent[i].partner == partner;
	return n;
}

static void a_hold_stops_what_it_names(void **state)
{
	struct world *w = *state;
	const struct sched_hold holds[] = {{.partner = w->partners[0]},
	                                   {.account = w->accounts[1], .lane = LANE_URGENT}};
	w->pools[0].slots = 4;
	admit_many(w, 0, 0, "a", 50);
	admit_many(w, 1, 0, "b", 50);
	admit_one(w, 2, 1, ITEM_CREATE, "c.id.vn", LINE_URGENT | LINE_CONTACT);
	sched_set_holds(w->sched, holds, 2);
	sched_start(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(sent_for(w, w->partners[0]), 0);
	assert_int_equal(sent_for(w, w->partners[2]), 0);
	assert_int_equal(count_of(w, ITEM_DONE), 50);
	sched_set_holds(w->sched, NULL, 0);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 101);
}

/* In the middle of sending: what is in flight is seen through, what was claimed goes back and comes again. */
static void a_hold_sees_through_what_has_begun(void **state)
{
	struct world *w = *state;
	const struct sched_hold all = {0};
	w->pools[0].slots = 4;
	admit_many(w, 0, 0, "a", 100);
	sched_start(w->sched);
	while (w->sent_count < 20)
		vloop_run_for(&w->v, 1);
	sched_set_holds(w->sched, &all, 1);
	vloop_run_for(&w->v, 60000);
	size_t sent = w->sent_count;
	uint64_t done = count_of(w, ITEM_DONE);
	assert_int_equal(done + count_of(w, ITEM_QUEUED), 100);
	assert_in_range(done, 1, 40);
	vloop_run_for(&w->v, 600000);
	assert_int_equal(w->sent_count, sent);
	sched_set_holds(w->sched, NULL, 0);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 100);
}

/* The registry is away; the names expire on 1 December. */
static void waiting_makes_urgent(void **state)
{
	struct world *w = *state;
	int64_t urgent_ms = instant_of_date(date_make(2026, 12, 1), HANOI_S) - LANE_URGENT_MS - START_MS;
	w->pools[0].slots = 0;
	have_name(w, "x.com.vn", 0, 0);
	admit_one(w, 0, 0, ITEM_RENEW, "x.com.vn", 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, (uint64_t)urgent_ms - 60000);
	assert_int_equal(queues_in(w, LANE_URGENT), 0);
	assert_int_equal(queues_in(w, LANE_RENEW), 1);
	vloop_run_for(&w->v, 120000);
	assert_int_equal(queues_in(w, LANE_URGENT), 1);
	w->pools[0].slots = 1;
	sched_on_room(w->pools[0].account);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 1);
}

/* Renewals that came with forty hours left, behind a flood of creates, through the real store. */
static void what_is_due_goes_before_a_flood(void **state)
{
	struct world *w = *state;
	instant_ms_t due = instant_of_date(date_make(2026, 12, 1), HANOI_S);
	size_t creates = 0, renewals = 0;
	w->v.clock.shift_ms = due - START_MS - 40 * 3600000ll;
	admit_many(w, 0, 0, "a", 400);
	sched_start(w->sched);
	vloop_run_for(&w->v, 200);
	size_t from = w->sent_count;
	for (int i = 0; i < 90; i++) {
		char name[32];
		snprintf(name, sizeof name, "r%d.com.vn", i);
		have_name(w, name, 1, 0);
		admit_one(w, 1, 0, ITEM_RENEW, name, 0);
	}
	assert_true(queues_in(w, LANE_RENEW) == 1);
	run_to_rest(w, 600000);
	for (size_t i = from; i < w->sent_count && renewals < 90; i++) {
		renewals += w->sent[i].partner == w->partners[1];
		creates += w->sent[i].partner == w->partners[0];
	}
	assert_int_equal(renewals, 90);
	assert_in_range(creates, 10, 10 + 2 * 8); /* a tenth, and what had been claimed before */
}

/* Above 20 commands in any second it answers 2400, and does nothing. */
SAY(say_overloaded)
{
	uint64_t now = loop_now(&w->v.loop);
	size_t n = 0;
	while (n < w->sent_count && now - w->sent[w->sent_count - 1 - n].at_ms < 1000)
		n++;
	return n > 20 ? 2400 : SAY_WELL;
}

static void an_overloaded_registry_is_left_alone(void **state)
{
	struct world *w = *state;
	w->say = say_overloaded;
	w->pools[0].slots = 20;
	admit_many(w, 0, 0, "a", 300);
	sched_start(w->sched);
	run_to_rest(w, 3600000);
	assert_true(count_of(w, ITEM_DONE) + count_of(w, ITEM_FAILED) == 300);
	assert_true(count_of(w, ITEM_DONE) > 270);
	assert_in_range(log_capture_count(&w->log, "pace.cut"), 1, 60);
	assert_true(w->sent_count < 300 * 2 + 150); /* a create is a check and a transform at most */
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(partners_take_turns),
	    T(a_small_batch_does_not_wait_for_a_large_one),
	    T(lanes_go_strictly_by_number),
	    T(bulk_comes_last),
	    T(looks_leave_a_tenth),
	    T(accounts_do_not_wait_for_each_other),
	    T(a_claim_is_at_most_twice_the_slots),
	    T(a_hold_stops_what_it_names),
	    T(a_hold_sees_through_what_has_begun),
	    T(waiting_makes_urgent),
	    T(what_is_due_goes_before_a_flood),
	    T(an_overloaded_registry_is_left_alone),
	};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
