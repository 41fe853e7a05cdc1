/* Whose turn it is, and how much may leave: lanes, partners, deadlines, holds, ceilings. On the real store. */
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

static int say_lost(struct world *w, const struct sched_job *j, char letter)
{
	(void)w, (void)j, (void)letter;
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

static void the_ceiling_is_kept_and_reached(void **state)
{
	struct world *w = *state;
	ceiling_set(&w->pools[0].limits.all, 7, loop_now_us(&w->v.loop));
	w->pools[0].slots = 20;
	admit_many(w, 0, 0, "a", 100);
	for (int i = 0; i < 5; i++)
		admit_one(w, 1, 0, ITEM_CREATE,
		          (const char *[]){"k.id.vn", "l.id.vn", "m.id.vn", "n.id.vn", "o.id.vn"}[i],
		          LINE_CONTACT);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(w->sent_count, 110);
	for (size_t i = 7; i < w->sent_count; i++)
		assert_true(w->sent[i].at_ms - w->sent[i - 7].at_ms >= 1000);
	/* 110 commands at 7 a second, after the first second */
	assert_true(w->sent[109].at_ms - w->sent[0].at_ms <= 16000);
	assert_int_equal(w->pools[0].limits.all.taken, 110);
}

static size_t sent_by(const struct world *w, size_t account, size_t from)
{
	size_t n = 0;
	for (size_t i = from; i < w->sent_count; i++)
		n += w->sent[i].account == account;
	return n;
}

/* Both go through one registry, whose ceiling is always used up. */
static void accounts_share_a_ceiling(void **state)
{
	struct world *w = *state;
	w->pools[1].account->limits = &w->pools[0].limits;
	ceiling_set(&w->pools[0].limits.all, 20, loop_now_us(&w->v.loop));
	w->pools[0].slots = 10;
	w->pools[1].slots = 3;
	admit_many(w, 0, 0, "a", 200);
	admit_many(w, 1, 1, "b", 200);
	sched_start(w->sched);
	vloop_run_for(&w->v, 11000);
	assert_in_range(w->sent_count, 199, 201);
	assert_in_range(sent_by(w, 0, 0), 95, 105);
	run_to_rest(w, 600000);
}

/* One has a flood of creates, the other renewals that are due: nine in ten are theirs. */
static void what_is_due_goes_first_over_accounts(void **state)
{
	struct world *w = *state;
	char name[32];
	w->v.clock.shift_ms = instant_of_date(date_make(2026, 12, 1), HANOI_S) - START_MS - 40 * 3600000ll;
	w->pools[1].account->limits = &w->pools[0].limits;
	ceiling_set(&w->pools[0].limits.all, 20, loop_now_us(&w->v.loop));
	w->pools[0].slots = w->pools[1].slots = 10;
	admit_many(w, 0, 0, "a", 300);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "r%d.com.vn", i);
		have_name(w, name, 1, 1);
		admit_one(w, 1, 1, ITEM_RENEW, name, 0);
	}
	sched_start(w->sched);
	vloop_run_for(&w->v, 2000);
	size_t from = w->sent_count;
	vloop_run_for(&w->v, 5000);
	assert_in_range(w->sent_count - from, 99, 101);
	assert_in_range(sent_by(w, 0, from), 9, 11);
	run_to_rest(w, 600000);
}

/* Creates have a limit of their own: renewals behind them go on, and nothing is lost of the whole. */
static void a_class_has_a_limit_of_its_own(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 3}};
	size_t creates = 0, renews = 0;
	uint64_t last_renew = 0, creates_at[200];
	limits_set(&w->pools[0].limits, (struct limit){.max = 20}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 10;
	admit_many(w, 0, 0, "a", 60);
	for (int i = 0; i < 60; i++) {
		char name[32];
		snprintf(name, sizeof name, "r%d.com.vn", i);
		struct entry *e = entry_of(w, str_c(name));
		e->created = START_MS - 1;
		e->expires = instant_of_date(date_make(2026, 12, 1), HANOI_S);
		admit_one(w, 1, 0, ITEM_RENEW, name, 0);
	}
	sched_start(w->sched);
	run_to_rest(w, 600000);
	for (size_t i = 0; i < w->sent_count; i++) {
		bool create = w->sent[i].partner == w->partners[0];
		if (create)
			creates_at[creates++] = w->sent[i].at_ms;
		else
			last_renew = w->sent[i].at_ms;
		renews += !create;
	}
	assert_true(creates == 60 && renews == 60);
	for (size_t i = 3; i < creates; i++)
		assert_true(creates_at[i] - creates_at[i - 3] >= 1000);
	assert_true(creates_at[59] - creates_at[0] < 23000); /* three a second, but for the first ones */
	assert_true(last_renew - w->sent[0].at_ms < 6000);   /* as if there were no creates */
	assert_int_equal(w->pools[0].limits.of[LIMIT_CREATE].taken, 60);
}

/* Creates under a tight limit wait in memory; renewals that come then have the rest of the ceiling at once. */
static void a_limited_class_is_in_nobodys_way(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 1}};
	size_t renewals = 0;
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 50;
	admit_many(w, 0, 0, "a", 200);
	sched_start(w->sched);
	vloop_run_for(&w->v, 10000);
	size_t before = w->sent_count;
	assert_in_range(before, 8, 11);
	for (int i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof name, "r%d.com.vn", i);
		have_name(w, name, 1, 0);
		admit_one(w, 1, 0, ITEM_RENEW, name, 0);
	}
	vloop_run_for(&w->v, 3000);
	for (size_t i = before; i < w->sent_count; i++)
		renewals += w->sent[i].partner == w->partners[1];
	assert_int_equal(renewals, 100);
	run_to_rest(w, 600000);
}

/* Contacts may leave faster than creates: what waits behind its contact is not claimed without end. */
static void what_waits_behind_its_contact_is_bounded(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 2}};
	struct line lines[400];
	char names[400][32];
	struct sched_stats s;
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 20;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		snprintf(names[i], sizeof names[i], "k%zu.id.vn", i);
		lines[i] = (struct line){ITEM_CREATE, names[i], LINE_CONTACT};
	}
	admit(w, 0, 0, lines, ARRAY_LEN(lines), NULL);
	sched_start(w->sched);
	for (int i = 0; i < 20; i++) {
		vloop_run_for(&w->v, 1000);
		sched_stats(w->sched, &s);
		assert_in_range(s.jobs, 1, 30);
	}
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 400);
}

/* Urgent creates that their class holds back do not stop what is not of it. */
static void what_is_urgent_and_limited_is_in_nobodys_way(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 1}};
	size_t renewals = 0;
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 20;
	for (int i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof name, "u%d.id.vn", i);
		admit_one(w, 0, 0, ITEM_CREATE, name, LINE_URGENT);
		snprintf(name, sizeof name, "r%d.com.vn", i);
		have_name(w, name, 1, 0);
		admit_one(w, 1, 0, ITEM_RENEW, name, 0);
	}
	sched_start(w->sched);
	vloop_run_for(&w->v, 6000);
	for (size_t i = 0; i < w->sent_count; i++)
		renewals += w->sent[i].partner == w->partners[1];
	assert_int_equal(renewals, 100);
	assert_in_range(w->sent_count - renewals, 5, 6);
	run_to_rest(w, 600000);
}

static void a_limit_in_shadow_only_counts(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 3, .shadow = true}};
	limits_set(&w->pools[0].limits, (struct limit){0}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 10;
	admit_many(w, 0, 0, "a", 60);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_true(w->sent[59].at_ms - w->sent[0].at_ms < 1000);
	assert_int_equal(w->pools[0].limits.of[LIMIT_CREATE].taken, 60);
	assert_in_range(w->pools[0].limits.of[LIMIT_CREATE].over, 50, 60);
}

/* Above 20 commands in any second it answers 2400, and does nothing. */
static int say_overloaded(struct world *w, const struct sched_job *j, char letter)
{
	uint64_t now = loop_now(&w->v.loop);
	size_t n = 0;
	(void)j;
	(void)letter;
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

/* What cannot be built, or finds its name taken, takes nothing from the ceiling. */
static void what_is_not_sent_takes_nothing_from_the_ceiling(void **state)
{
	struct world *w = *state;
	item_id_t bad = admit_one(w, 0, 0, ITEM_CREATE, "bad.id.vn", LINE_UNBUILDABLE);
	ceiling_set(&w->pools[0].limits.all, 1, loop_now_us(&w->v.loop));
	item_id_t good = admit_one(w, 0, 0, ITEM_CREATE, "good.id.vn", 0);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	assert_state(w, bad, ITEM_FAILED, "CANNOT_BE_SENT");
	assert_state(w, good, ITEM_DONE, "CREATED");
	assert_int_equal(w->pools[0].limits.all.taken, 1);
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
	    T(the_ceiling_is_kept_and_reached),
	    T(accounts_share_a_ceiling),
	    T(what_is_due_goes_first_over_accounts),
	    T(a_class_has_a_limit_of_its_own),
	    T(a_limited_class_is_in_nobodys_way),
	    T(what_waits_behind_its_contact_is_bounded),
	    T(what_is_urgent_and_limited_is_in_nobodys_way),
	    T(a_limit_in_shadow_only_counts),
	    T(an_overloaded_registry_is_left_alone),
	    T(what_is_not_sent_takes_nothing_from_the_ceiling),
	};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
