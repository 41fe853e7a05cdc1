/* The scheduler when things fail: a full disk at every operation, stops, restarts, and everything at random. */
#include "tests/unit/daemon/sched_world.h"

static size_t created_once(struct world *w)
{
	size_t at = 0, n = 0;
	struct str name;
	void *value;
	while (map_next(&w->names, &at, &name, &value)) {
		const struct entry *e = value;
		assert_true(e->creates <= 1);
		n += e->creates;
	}
	return n;
}

/* ---- a full disk ---------------------------------------------------------------------------------------------------------- */

static bool full_for_a_while(struct world *w, const struct store_op *op)
{
	uint64_t now = loop_now(&w->v.loop);
	bool full = op->type == w->full_type && now >= w->full_from_ms && now < w->full_until_ms;
	w->full_count += full;
	return full;
}

static void fill_disk(struct world *w, enum store_op_type type, uint64_t from_ms, uint64_t ms)
{
	w->full_type = type;
	w->full_from_ms = loop_now(&w->v.loop) + from_ms;
	w->full_until_ms = w->full_from_ms + ms;
	w->disk.full = full_for_a_while;
}

static void a_claim_that_cannot_be_written_is_tried_again(void **state)
{
	struct world *w = *state;
	struct sched_stats s;
	log_capture_expect(&w->log, "store.failing");
	admit_many(w, 0, 0, "a", 60);
	fill_disk(w, STORE_CLAIM, 0, 30500);
	sched_start(w->sched);
	vloop_run_for(&w->v, 100);
	assert_true(w->store_failing);
	sched_stats(w->sched, &s);
	assert_true(s.store_failing);
	assert_int_equal(log_capture_count(&w->log, "store.failing"), 1);
	vloop_run_for(&w->v, 30000);
	assert_int_equal(w->sent_count, 0);
	assert_true(w->full_count >= 30 && w->full_count <= 32); /* once a second, no loop */
	assert_int_equal(log_capture_count(&w->log, "store.failing"), 1);
	run_to_rest(w, 60000);
	assert_false(w->store_failing);
	assert_int_equal(w->store_calls, 2);
	assert_int_equal(count_of(w, ITEM_DONE), 60);
	assert_int_equal(w->transforms, 60);
}

/* Enough may be ready by then, or no session be there: the disk is asked all the same, or all would stand for ever. */
static void a_failed_claim_is_made_again_whatever_has_changed(void **state)
{
	struct world *w = *state;
	for (uint32_t slots = 0; slots < 2; slots++) {
		log_capture_expect(&w->log, "store.failing");
		admit_many(w, 0, 0, slots ? "a" : "b", 60);
		sched_start(w->sched);
		fill_disk(w, STORE_CLAIM, 0, 3000);
		vloop_run_for(&w->v, 500);
		assert_true(w->store_failing);
		w->pools[0].slots = slots;
		vloop_run_for(&w->v, 5000);
		assert_false(w->store_failing);
		w->pools[0].slots = 4;
		sched_on_room(w->pools[0].account);
		run_to_rest(w, 60000);
		assert_int_equal(count_of(w, ITEM_DONE), 60 * (slots + 1));
		run_ends(w);
		run_begins(w);
	}
}

static void outcomes_that_cannot_be_written_are_kept_and_sending_pauses(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "store.failing");
	admit_many(w, 0, 0, "a", 300);
	fill_disk(w, STORE_FINISH, 200, 20000);
	sched_start(w->sched);
	vloop_run_for(&w->v, 400);
	assert_true(w->store_failing);
	size_t sent = w->sent_count;
	assert_true(sent > 0 && sent < 100);
	vloop_run_for(&w->v, 15000);
	assert_true(w->store_failing);
	assert_int_equal(w->sent_count, sent);
	assert_int_equal(log_capture_count(&w->log, "store.failing"), 1);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 300);
	assert_int_equal(w->transforms, 300);
	assert_int_equal(w->store_calls, 2);
}

static void queues_that_cannot_be_read_are_asked_again(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 10);
	fill_disk(w, STORE_QUEUES, 0, 10000);
	sched_start(w->sched);
	vloop_run_for(&w->v, 9000);
	assert_int_equal(w->sent_count, 0);
	assert_true(w->full_count >= 8 && w->full_count <= 11);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 10);
}

/* Before all open items are read nobody knows which names are taken: nothing may be claimed. */
static void nothing_is_claimed_before_what_is_open_was_read(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "store.failing");
	admit_many(w, 0, 0, "a", 10);
	fill_disk(w, STORE_GET_OPEN, 0, 10500);
	sched_start(w->sched);
	vloop_run_for(&w->v, 5000);
	admit_many(w, 1, 1, "b", 10); /* and a kick does not get around it */
	vloop_run_for(&w->v, 5000);
	assert_true(w->full_count >= 10 && w->full_count <= 12);
	assert_int_equal(w->disk.claims, 0);
	assert_true(w->store_failing);
	run_to_rest(w, 60000);
	assert_false(w->store_failing);
	assert_int_equal(count_of(w, ITEM_DONE), 20);
}

static void it_stops_although_what_is_open_cannot_be_read(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "store.failing");
	fill_disk(w, STORE_GET_OPEN, 0, UINT32_MAX);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1500); /* between two tries */
	run_ends(w);
	start_again(w); /* and while the first is under way */
	run_ends(w);
	run_begins(w);
}

static bool full_for_doubt(struct world *w, const struct store_op *op)
{
	if (op->type != STORE_FINISH || loop_now(&w->v.loop) >= w->full_until_ms)
		return false;
	const struct store_finish *f = CONTAINER_OF(op, const struct store_finish, op);
	return f->count > 0 && f->steps[0].result.state == (enum item_state)w->full_type;
}

/*
 * The report of a doubt fails while everything else can be written: what comes of the doubt must not overtake it, or
 * the item would be unknown for ever.
 */
static void reports_overtaken(struct world *w, enum item_state report)
{
	log_capture_expect(&w->log, "store.failing");
	item_id_t item = admit_x(w);
	w->full_type = (enum store_op_type)report;
	w->full_until_ms = loop_now(&w->v.loop) + 3 * SETTLE_MS;
	w->disk.full = full_for_doubt;
	start_with(w, say_lost_done);
	for (int i = 0; i < 30;
	     i++) { /* other work comes and goes, and proves again and again that the disk works */
		char name[32];
		snprintf(name, sizeof name, "y%d.id.vn", i);
		w->say = i == 0 ? say_lost_done : NULL;
		vloop_run_for(&w->v, 333);
		admit_one(w, 1, 1, ITEM_CREATE, name, 0);
	}
	for (int i = 0; i < 30 && state_of(w, item) != ITEM_DONE; i++)
		vloop_run_for(&w->v, 1000);
	run_to_rest(w, 60000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->transforms, 31);
}

static void doubt_is_written_before_what_came_of_it(void **state)
{
	reports_overtaken(*state, ITEM_UNKNOWN);
}

static void looking_is_written_before_what_was_seen(void **state)
{
	reports_overtaken(*state, ITEM_RECONCILING);
}

/* A stop in the middle of it: the last word is the end's. */
static void a_stop_while_a_report_cannot_be_written(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "store.failing");
	item_id_t item = admit_x(w);
	w->full_type = (enum store_op_type)ITEM_RECONCILING;
	w->full_until_ms = loop_now(&w->v.loop) + 2 * SETTLE_MS;
	w->disk.full = full_for_doubt;
	start_with(w, say_lost_done);
	vloop_run_for(&w->v, SETTLE_MS + 1000);
	run_ends(w);
	assert_state(w, item, ITEM_UNKNOWN, "OUTCOME_UNKNOWN");
	start_again(w);
	run_to_rest(w, 60000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->transforms, 1);
}

static void an_approved_item_that_cannot_be_read_is_read_later(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_pending);
	vloop_run_for(&w->v, 5000);
	registry_makes(w, "x.id.vn");
	(void)registry_decides_x(w, true);
	fill_disk(w, STORE_GET_ITEM, 0, 3000);
	sched_look(w->sched, item);
	vloop_run_for(&w->v, 2500);
	assert_int_equal(state_of(w, item), ITEM_RECONCILING);
	run_to_rest(w, 60000);
	assert_state(w, item, ITEM_DONE, "CREATED");
}

/* ---- stopping ---------------------------------------------------------------------------------------------------------------- */

static void a_stop_puts_back_what_was_not_sent_and_waits_for_the_rest(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 100);
	start_with(w, say_never);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->transforms, 4);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(w->stopped, 0); /* four are in flight */
	assert_int_equal(count_of(w, ITEM_SENDING), 4);
	assert_int_equal(count_of(w, ITEM_QUEUED), 96);
	w->say = NULL;
	world_release(w, SAY_WELL);
	run_ends(w);
	assert_int_equal(count_of(w, ITEM_DONE), 4);
	assert_int_equal(count_of(w, ITEM_QUEUED), 96);
	assert_int_equal(w->transforms, 4);
	start_again(w);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 100);
	assert_int_equal(w->transforms, 100);
	assert_int_equal(created_once(w), 100);
}

/* The deadline of the stop breaks the sessions: doubt, which the next run settles. */
static void what_is_broken_at_the_stop_is_looked_up_by_the_next_run(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 20);
	start_with(w, say_never);
	vloop_run_for(&w->v, 1000);
	sched_stop(w->sched);
	world_release(w, SAY_LOST_DONE);
	run_ends(w);
	assert_int_equal(count_of(w, ITEM_UNKNOWN), 4);
	assert_int_equal(count_of(w, ITEM_QUEUED), 16);
	w->say = NULL;
	start_again(w);
	vloop_run_for(&w->v, SETTLE_MS - 100);
	assert_int_equal(count_of(w, ITEM_UNKNOWN), 4); /* it settles first */
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 20);
	assert_int_equal(created_once(w), 20);
	assert_int_equal(w->transforms, 20);
}

static void a_stop_at_any_moment_loses_nothing(void **state)
{
	struct world *w = *state;
	char prefix[16];
	for (unsigned ms = 0; ms < 120; ms += 3) {
		snprintf(prefix, sizeof prefix, "s%u-", ms);
		admit_many(w, ms % PARTNERS, ms % ACCOUNTS, prefix, 30);
		sched_start(w->sched);
		vloop_run_for(&w->v, ms);
		run_ends(w);
		assert_int_equal(count_of(w, ITEM_SENDING), 0);
		assert_int_equal(count_of(w, ITEM_UNKNOWN), 0);
		run_begins(w);
	}
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 40 * 30);
	assert_int_equal(created_once(w), 40 * 30);
	assert_int_equal(w->transforms, 40 * 30);
}

static void a_stop_waits_for_the_disk(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "store.failing");
	admit_many(w, 0, 0, "a", 20);
	sched_start(w->sched);
	fill_disk(w, STORE_FINISH, 0, 10000);
	vloop_run_for(&w->v, 500);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 5000);
	assert_int_equal(w->stopped, 0);
	run_ends(w);
	assert_int_equal(count_of(w, ITEM_SENDING), 0);
	assert_int_equal(count_of(w, ITEM_DONE) + count_of(w, ITEM_QUEUED), 20);
	assert_int_equal(count_of(w, ITEM_DONE), w->transforms);
	run_begins(w);
}

/* A message that settles an item may come while the pools say good-bye. */
static void what_comes_after_the_stop_is_told_nobody_twice(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->stopped, 1);
	sched_look(w->sched, item);
	sched_settled(w->sched, STR("x.id.vn"));
	sched_kick(w->sched);
	sched_on_room(w->pools[0].account);
	vloop_run_for(&w->v, 5000);
	assert_int_equal(w->stopped, 1);
	assert_int_equal(w->transforms, 1);
}

static void a_scheduler_that_never_started_is_freed(void **state)
{
	struct world *w = *state;
	sched_kick(w->sched);
	sched_on_room(w->pools[0].account);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->disk.claims, 0);
	sched_free(w->sched);
	w->sched = NULL;
	run_begins(w);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->stopped, 1);
}

/* ---- restarts --------------------------------------------------------------------------------------------------------------------- */

/* Claims as a run that then crashed: nothing else was written. */
static void claim_and_crash(struct world *w, size_t partner, size_t account, uint32_t max)
{
	struct arena a = {0};
	struct store_claim c = {.queue = {w->accounts[account], w->partners[partner], LANE_CREATE},
	                        .max = max,
	                        .paid_max = UINT32_MAX,
	                        .decider = w->decider,
	                        .now = loop_wall(&w->v.loop),
	                        .arena = &a};
	op_run(w, &c.op, STORE_CLAIM);
	assert_int_equal(c.count, max);
	arena_fini(&a);
	sched_free(w->sched);
	run_begins(w);
	assert_int_equal(count_of(w, ITEM_UNKNOWN), max);
}

static void after_a_crash_what_was_claimed_is_looked_up_first(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 10);
	struct entry *e = entry_of(w, STR("a2.id.vn")); /* one of them had gone through */
	e->created = loop_wall(&w->v.loop) + 1000;
	e->expires = instant_of_date(date_make(2027, 11, 20), HANOI_S);
	claim_and_crash(w, 0, 0, 6);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 10);
	assert_int_equal(w->transforms, 9);
	size_t looks = 0;
	for (size_t i = 0; i < w->sent_count; i++)
		looks += w->sent[i].letter == 'q';
	assert_int_equal(looks, 5 * 2 + 1);
}

/* More of them than one page of the store holds. */
static void many_open_items_are_taken_up(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 3 * OPEN_PAGE + 10);
	claim_and_crash(w, 0, 0, 3 * OPEN_PAGE + 5);
	w->pools[0].slots = 50;
	sched_start(w->sched);
	run_to_rest(w, RETRY_LATER_MS -
	                   1000); /* a crash is not the registry's trouble: nobody has to be left alone */
	assert_int_equal(count_of(w, ITEM_DONE), 3 * OPEN_PAGE + 10);
	assert_int_equal(created_once(w), 3 * OPEN_PAGE + 10);
}

static void a_name_at_rest_is_kept_over_a_restart(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	start_with(w, say_pending);
	vloop_run_for(&w->v, 5000);
	assert_int_equal(state_of(w, first), ITEM_PENDING);
	run_ends(w);
	run_begins(w);
	item_id_t second = admit_one(w, 1, 1, ITEM_CREATE, "x.id.vn", 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, 200000);
	assert_state(w, second, ITEM_QUEUED, "NAME_BUSY");
	assert_int_equal(w->transforms, 1);
	sched_stop(w->sched);
	run_ends(w);
	run_begins(w);
}

/* Its items wait, and its names stay taken, until it is configured again. */
static void an_account_that_is_gone(void **state)
{
	struct world *w = *state;
	w->accounts[1] = registered(w, "reg/gone", true);
	admit_many(w, 0, 1, "a", 3);
	claim_and_crash(w, 0, 1, 1);
	w->accounts[1] = registered(w, "reg/two", true);
	sched_free(w->sched);
	run_begins(w);
	item_id_t other = admit_one(w, 1, 0, ITEM_CREATE, "a0.id.vn", 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, 100000);
	assert_int_equal(w->transforms, 0);
	assert_state(w, other, ITEM_QUEUED, "NAME_BUSY");
	assert_int_equal(count_of(w, ITEM_UNKNOWN), 1);
	assert_int_equal(count_of(w, ITEM_QUEUED), 3);
	run_ends(w);
	w->accounts[1] = registered(w, "reg/gone", true);
	start_again(w);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 3);
	assert_state(w, other, ITEM_FAILED, "NAME_TAKEN");
}

/* ---- at random ------------------------------------------------------------------------------------------------------------------------ */

SAY(say_anything)
{
	static const int says[] = {2400,     2500,     2502,          2002,          1500,
	                           SAY_LOST, SAY_LOST, SAY_LOST_DONE, SAY_LOST_DONE, SAY_NOT_SENT};
	return rng_below(&w->rng, 4) ? SAY_WELL : says[rng_below(&w->rng, ARRAY_LEN(says))];
}

static bool full_at_random(struct world *w, const struct store_op *op)
{
	if (op->type != STORE_CLAIM && op->type != STORE_FINISH && op->type != STORE_QUEUES &&
	    op->type != STORE_GET_OPEN)
		return false;
	return rng_below(&w->rng, 6) == 0;
}

static void admit_anything(struct world *w)
{
	struct line lines[40];
	char names[40][32];
	size_t partner = rng_below(&w->rng, PARTNERS), n = 1 + rng_below(&w->rng, ARRAY_LEN(lines));
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "z%d.id.vn", (int)rng_below(&w->rng, 60));
		lines[i] = (struct line){ITEM_CREATE, names[i], rng_below(&w->rng, 2) ? LINE_CONTACT : 0};
	}
	admit(w, partner, partner % ACCOUNTS, lines, n, NULL);
}

/* One story: batches, answers of all kinds, a disk that comes and goes, stops and starts. The pools watch the names. */
static void one_story(uint64_t seed)
{
	struct world *w = world_new();
	void *state = w;
	rng_init_seed(&w->rng, seed);
	log_capture_expect(&w->log, "store.failing");
	ceiling_set(&w->pools[0].limits.all, (uint32_t)rng_below(&w->rng, 40), loop_now_us(&w->v.loop));
	w->say = say_anything;
	w->disk.full = rng_below(&w->rng, 2) ? full_at_random : NULL;
	for (int run = 0; run < 4; run++) {
		sched_start(w->sched);
		for (int i = 0; i < 3; i++) {
			admit_anything(w);
			vloop_run_for(&w->v, rng_below(&w->rng, 3000));
		}
		run_ends(w);
		run_begins(w);
	}
	w->disk.full = NULL;
	start_with(w, NULL);
	run_to_rest(w, 3600000);
	/* Of those who were told DONE there is one for each name that exists. */
	assert_int_equal(count_of(w, ITEM_DONE), created_once(w));
	assert_int_equal(count_of(w, ITEM_NEEDS_HUMAN), 0);
	for (size_t i = 0; i < w->sent_count; i++)
		for (size_t k = i > 200 ? i - 200 : 0; k < i; k++)
			if (w->sent[k].say != SAY_NOT_SENT)
				assert_string_not_equal(w->sent[i].cltrid, w->sent[k].cltrid);
	world_tear_down(&state);
}

static void whatever_happens_nothing_is_lost_or_doubled(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++)
		one_story(seed);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_claim_that_cannot_be_written_is_tried_again),
	    T(a_failed_claim_is_made_again_whatever_has_changed),
	    T(outcomes_that_cannot_be_written_are_kept_and_sending_pauses),
	    T(queues_that_cannot_be_read_are_asked_again),
	    T(nothing_is_claimed_before_what_is_open_was_read),
	    T(it_stops_although_what_is_open_cannot_be_read),
	    T(doubt_is_written_before_what_came_of_it),
	    T(looking_is_written_before_what_was_seen),
	    T(a_stop_while_a_report_cannot_be_written),
	    T(an_approved_item_that_cannot_be_read_is_read_later),
	    T(a_stop_puts_back_what_was_not_sent_and_waits_for_the_rest),
	    T(what_is_broken_at_the_stop_is_looked_up_by_the_next_run),
	    T(a_stop_at_any_moment_loses_nothing),
	    T(a_stop_waits_for_the_disk),
	    T(what_comes_after_the_stop_is_told_nobody_twice),
	    T(a_scheduler_that_never_started_is_freed),
	    T(after_a_crash_what_was_claimed_is_looked_up_first),
	    T(many_open_items_are_taken_up),
	    T(a_name_at_rest_is_kept_over_a_restart),
	    T(an_account_that_is_gone),
	    cmocka_unit_test(whatever_happens_nothing_is_lost_or_doubled),
	};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
