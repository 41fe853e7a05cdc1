/* What a registry takes on a day, names that are taken, and answers that are slow: as the scheduler keeps to it. */
#include "tests/unit/daemon/sched_world.h"

#define DAY_MS      86400000ull
#define MIDNIGHT_MS (15 * 3600000ull) /* from START_MS */

static struct caps caps;

static void cap(struct world *w, const struct limit of[CAPS__COUNT])
{
	log_capture_expect(&w->log, "cap.reached");
	caps_init(&caps, &w->v.loop, &w->disk.x, &w->log.log, "reg");
	caps_set(&caps, of);
	for (size_t i = 0; i < ACCOUNTS; i++)
		sched_cap_account(w->pools[i].account, &caps);
}

static void end(struct world *w)
{
	run_ends(w);
	caps_fini(&caps);
	caps.loop = NULL;
}

/* A test that has failed has not ended it. */
static int tear_down(void **state)
{
	struct world *w = *state;
	if (caps.loop)
		end(w);
	return world_tear_down(state);
}

static size_t sent(struct world *w, char letter, uint64_t from_ms, uint64_t to_ms)
{
	size_t n = 0;
	for (size_t i = 0; i < w->sent_count; i++)
		n += w->sent[i].letter == letter && w->sent[i].at_ms >= from_ms && w->sent[i].at_ms < to_ms;
	return n;
}

static void the_rest_goes_on_after_midnight(void **state)
{
	struct world *w = *state;
	uint64_t begin = loop_now(&w->v.loop), midnight = begin + MIDNIGHT_MS;
	cap(w, (struct limit[CAPS__COUNT]){[LIMIT_CREATE] = {.max = 30}});
	for (int i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof name, "old%d.id.vn", i);
		have_name(w, name, 0, 0);
	}
	admit_many(w, 0, 0, "a", 50);
	admit_many(w, 1, 1, "b", 20); /* another account of the same registry */
	sched_start(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 30);
	assert_int_equal(count_of(w, ITEM_QUEUED), 40);
	assert_true(sched_is_used_up(w->pools[0].account, LANE_CREATE));
	assert_false(sched_is_used_up(w->pools[0].account, LANE_RENEW));
	/* Renewals are of another class; nothing is claimed in vain meanwhile. */
	size_t claims = w->disk.claims;
	for (int i = 0; i < 5; i++) {
		char name[32];
		snprintf(name, sizeof name, "old%d.id.vn", i);
		(void)admit_one(w, 0, 0, ITEM_RENEW, name, 0);
	}
	vloop_run_for(&w->v, 3600000);
	assert_int_equal(count_of(w, ITEM_DONE), 35);
	assert_true(w->disk.claims - claims < 40);
	vloop_run_for(&w->v, MIDNIGHT_MS - 3600000 - 60000 - 1000);
	assert_int_equal(count_of(w, ITEM_DONE), 35);
	vloop_run_for(&w->v, 200000);
	assert_int_equal(count_of(w, ITEM_DONE), 65);
	vloop_run_for(&w->v, DAY_MS);
	assert_int_equal(count_of(w, ITEM_DONE), 75);
	assert_int_equal(sent(w, 't', begin, midnight), 35);
	assert_int_equal(sent(w, 't', midnight, midnight + DAY_MS), 30);
	end(w);
}

/* What is urgent is mixed: its creates wait, its renewals do not. */
static void urgent_creates_go_back(void **state)
{
	struct world *w = *state;
	cap(w, (struct limit[CAPS__COUNT]){[LIMIT_CREATE] = {.max = 1}});
	have_name(w, "old.id.vn", 0, 0);
	sched_start(w->sched);
	item_id_t first = admit_one(w, 0, 0, ITEM_CREATE, "one.id.vn", LINE_URGENT);
	item_id_t second = admit_one(w, 0, 0, ITEM_CREATE, "two.id.vn", LINE_URGENT);
	vloop_run_for(&w->v, 5000);
	item_id_t renewal = admit_one(w, 0, 0, ITEM_RENEW, "old.id.vn", LINE_URGENT);
	vloop_run_for(&w->v, 5000);
	assert_state(w, first, ITEM_DONE, NULL);
	assert_state(w, second, ITEM_QUEUED, "DAY_USED_UP");
	assert_state(w, renewal, ITEM_DONE, NULL);
	vloop_run_for(&w->v, MIDNIGHT_MS);
	assert_state(w, second, ITEM_DONE, NULL);
	end(w);
}

/* A run that dies has used what it had put down; none is sent twice, and never more than the cap. */
static void a_restart_sends_no_more(void **state)
{
	struct world *w = *state;
	const struct limit of[CAPS__COUNT] = {[LIMIT_CREATE] = {.max = 20}};
	uint64_t begin = loop_now(&w->v.loop);
	cap(w, of);
	admit_many(w, 0, 0, "a", 60);
	for (int i = 0; i < 4; i++) {
		sched_start(w->sched);
		vloop_run_for(&w->v, 50 + 30 * (uint64_t)i);
		end(w);
		run_begins(w);
		cap(w, of);
	}
	sched_start(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_in_range(sent(w, 't', begin, UINT64_MAX), 12, 20);
	end(w);
}

static void too_many_taken_names_are_asked_for_first(void **state)
{
	struct world *w = *state;
	uint64_t begin = loop_now(&w->v.loop);
	cap(w, (struct limit[CAPS__COUNT]){[CAP_TAKEN] = {.max = 6}});
	for (int i = 0; i < 40; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%d.id.vn", i);
		if (i % 2)
			entry_of(w, str_c(name))->created = START_MS - 1000; /* somebody has it */
	}
	admit_many(w, 0, 0, "n", 40);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 20);
	assert_int_equal(count_of(w, ITEM_FAILED), 20);
	assert_true(sent(w, 'k', begin, UINT64_MAX) >= 20);
	assert_in_range(caps.caps[CAP_TAKEN].used, 3, 6);
	assert_int_equal(caps.caps[CAP_TAKEN].open, 0);
	assert_int_equal(caps.caps[CAP_TAKEN].over, 0);
	end(w);
}

/* Good answers give the chance back: where nothing is taken nothing is asked. */
static void names_that_are_free_cost_nothing(void **state)
{
	struct world *w = *state;
	uint64_t begin = loop_now(&w->v.loop);
	cap(w, (struct limit[CAPS__COUNT]){[CAP_TAKEN] = {.max = 100}});
	admit_many(w, 0, 0, "n", 300);
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 300);
	assert_int_equal(sent(w, 'k', begin, UINT64_MAX), 0);
	assert_int_equal(caps.caps[CAP_TAKEN].used, 0);
	assert_int_equal(caps.caps[CAP_TAKEN].open, 0);
	end(w);
}

SAY(no_checks)
{
	return letter == 'k' ? 2400 : letter == 't' && j->item % 2 == 0 ? 2302 : SAY_WELL;
}

static void a_check_that_fails_is_made_again(void **state)
{
	struct world *w = *state;
	cap(w, (struct limit[CAPS__COUNT]){[CAP_TAKEN] = {.max = 2}});
	w->say = no_checks;
	admit_many(w, 0, 0, "n", 10);
	sched_start(w->sched);
	vloop_run_for(&w->v, 600000);
	w->say = NULL;
	run_to_rest(w, 3600000);
	assert_int_equal(count_of(w, ITEM_DONE) + count_of(w, ITEM_FAILED), 10);
	assert_true(count_of(w, ITEM_FAILED) <= 2);
	assert_int_equal(caps.caps[CAP_TAKEN].over, 0);
	end(w);
}

static void slow_answers_slow_the_sending_down(void **state)
{
	struct world *w = *state;
	struct job_registry facts = {.login = {"gateway1", 8},
	                             .date_offset_s = HANOI_S,
	                             .settle_ms = SETTLE_MS,
	                             .slow_ms = 2 * LATENCY_MS};
	sched_set_account(w->pools[0].account, &w->pools[0], &facts);
	admit_many(w, 0, 0, "a", 200);
	sched_start(w->sched);
	vloop_run_for(&w->v, 500);
	assert_int_equal(log_capture_count(&w->log, "pace.cut"), 0);
	facts.slow_ms = LATENCY_MS / 2;
	sched_set_account(w->pools[0].account, &w->pools[0], &facts);
	vloop_run_for(&w->v, 500);
	assert_true(log_capture_has(&w->log, "why=a slow answer"));
	assert_true(pace_rate(&w->pools[0].account->pace) > 0);
	facts.slow_ms = 0;
	sched_set_account(w->pools[0].account, &w->pools[0], &facts);
	run_to_rest(w, 3600000);
	assert_int_equal(count_of(w, ITEM_DONE), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_rest_goes_on_after_midnight),
	    TEST(urgent_creates_go_back),
	    TEST(a_restart_sends_no_more),
	    TEST(too_many_taken_names_are_asked_for_first),
	    TEST(names_that_are_free_cost_nothing),
	    TEST(a_check_that_fails_is_made_again),
	    TEST(slow_answers_slow_the_sending_down),
	};
	return cmocka_run_group_tests_name("sched_caps", tests, rules_load, rules_drop);
}
