/* Renewals of names without history: the registry is asked, the person who decides sees what it says, and nothing else. */
#include "tests/unit/daemon/sched_world.h"

#include "daemon/store/store_held.h"

#define NAME "old.id.vn"

static int times, answer_with; /* so often the registry says this, then well */

SAY(say_first)
{
	assert_int_equal(letter, 'q'); /* nothing but <info> leaves */
	return times-- > 0 ? answer_with : SAY_WELL;
}

static void say(struct world *w, int what, int n)
{
	answer_with = what;
	times = n;
	w->say = say_first;
}

/* At the registry since last year; the ledger does not know it. */
static void have_at_registry(struct world *w, const char *name, size_t account)
{
	struct entry *e = entry_of(w, str_c(name));
	e->account = account;
	e->created = instant_of_date(date_make(2025, 12, 1), HANOI_S);
	e->expires = instant_of_date(date_make(2026, 12, 1), HANOI_S);
	INVARIANT(str_copy(e->registrant, sizeof e->registrant, STR("VN12345")));
}

static item_id_t renewal(struct world *w, const char *name)
{
	item_id_t item = admit_one(w, 0, 0, ITEM_RENEW, name, LINE_HELD);
	assert_state(w, item, ITEM_REVIEW, NULL);
	return item;
}

static item_id_t renewal_of_ours(struct world *w, const char *name)
{
	have_at_registry(w, name, 0);
	return renewal(w, name);
}

/* What was noted of it, and how often. */
static size_t notes_of(struct world *w, item_id_t item, char out[JOB_MESSAGE_MAX])
{
	struct arena a = {0};
	struct store_get_notes g = {.item = item, .arena = &a};
	op_run(w, &g.op, STORE_GET_NOTES);
	assert_int_equal(g.op.err, OK);
	out[0] = '\0';
	for (size_t i = 0; i < g.count; i++) {
		assert_int_equal(g.notes[i].kind, STORE_NOTE_REGISTRY);
		assert_true(str_eq(g.notes[i].by, STR("reg/one")));
		assert_true(str_copy(out, JOB_MESSAGE_MAX, g.notes[i].why));
	}
	size_t n = g.count;
	arena_fini(&a);
	return n;
}

static void assert_says(struct world *w, item_id_t item, const char *want)
{
	char says[JOB_MESSAGE_MAX];
	assert_int_equal(notes_of(w, item, says), 1);
	assert_string_equal(says, want);
	assert_state(w, item, ITEM_REVIEW, NULL);
}

static void assert_says_nothing(struct world *w, item_id_t item)
{
	char says[JOB_MESSAGE_MAX];
	assert_int_equal(notes_of(w, item, says), 0);
}

#define OURS "sponsor gateway1 (this account), registrant VN12345, created 2025-12-01, expires 2026-12-01"

static void the_registrys_word_is_noted(void **state)
{
	struct world *w = *state;
	have_at_registry(w, NAME, 0);
	have_at_registry(w, "theirs.id.vn", 1);
	item_id_t ours = renewal(w, NAME), theirs = renewal(w, "theirs.id.vn"),
	          none = renewal(w, "none.id.vn");
	say(w, 0, 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, 10000);
	assert_says(w, ours, OURS);
	assert_says(w, theirs,
	            "sponsor gateway2 (another registrar), registrant VN12345, created 2025-12-01, expires "
	            "2026-12-01");
	assert_says(w, none, "the registry does not know the name");
	assert_int_equal(w->sent_count, 3);
	sched_read(w->sched); /* asked once, and no more */
	vloop_run_for(&w->v, 10000);
	assert_int_equal(w->sent_count, 3);
}

static void what_comes_later_is_read_when_it_comes(void **state)
{
	struct world *w = *state;
	item_id_t items[30];
	have_at_registry(w, NAME, 0);
	say(w, 0, 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		char name[32];
		snprintf(name, sizeof name, "later%zu.id.vn", i);
		items[i] = renewal_of_ours(w, name);
		sched_read(w->sched); /* again and again: still each once */
	}
	vloop_run_for(&w->v, 20000);
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		assert_says(w, items[i], OURS);
	assert_int_equal(w->sent_count, ARRAY_LEN(items));
}

static void a_registry_that_does_not_say_is_asked_again(void **state)
{
	static const int bad[] = {SAY_LOST, SAY_LOST_DONE, 2400, 2500, 2502, SAY_NOT_SENT};
	struct world *w = *state;
	char name[32];
	sched_start(w->sched);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(name, sizeof name, "bad%zu.id.vn", i);
		say(w, bad[i], 2);
		item_id_t item = renewal_of_ours(w, name);
		sched_read(w->sched);
		vloop_run_for(&w->v, 120000);
		assert_says(w, item, OURS);
	}
}

static void after_a_day_that_is_what_is_noted(void **state)
{
	struct world *w = *state;
	item_id_t item = renewal_of_ours(w, NAME);
	say(w, 2400, 100000);
	sched_start(w->sched);
	vloop_run_for(&w->v, 2 * 86400000ull);
	char says[JOB_MESSAGE_MAX];
	assert_int_equal(notes_of(w, item, says), 1);
	assert_non_null(strstr(says, "has not said for a day"));
	assert_in_range(w->sent_count, 100, 400); /* slower and slower */
}

static void a_stop_in_the_middle_asks_again_at_the_next_start(void **state)
{
	struct world *w = *state;
	item_id_t item = renewal_of_ours(w, NAME);
	say(w, SAY_NEVER, 1);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->sent_count, 1);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 100);
	assert_int_equal(w->stopped, 0); /* what is in flight is waited for */
	world_release(w, SAY_LOST);
	run_ends(w);
	assert_says_nothing(w, item);
	run_begins(w);
	say(w, 2400, 1); /* this time it is stopped while it waits to ask again */
	sched_start(w->sched);
	vloop_run_for(&w->v, 500);
	run_ends(w);
	assert_says_nothing(w, item);
	run_begins(w);
	say(w, 0, 0);
	sched_start(w->sched);
	vloop_run_for(&w->v, 10000);
	assert_says(w, item, OURS);
}

static bool notes_fail(struct world *w, const struct store_op *op)
{
	return op->type == STORE_LOOKED && loop_now(&w->v.loop) < w->full_until_ms;
}

static void a_full_disk_loses_nothing(void **state)
{
	struct world *w = *state;
	item_id_t item = renewal_of_ours(w, NAME);
	say(w, 0, 0);
	log_capture_expect(&w->log, "store.failing");
	w->full_until_ms = loop_now(&w->v.loop) + 10000;
	w->disk.full = notes_fail;
	sched_start(w->sched);
	vloop_run_for(&w->v, 5000);
	assert_says_nothing(w, item);
	assert_true(w->store_failing);
	vloop_run_for(&w->v, 10000);
	assert_says(w, item, OURS);
	assert_false(w->store_failing);
	assert_int_equal(w->sent_count, 1);
}

/* A person was faster. */
static void what_was_decided_meanwhile_stays_decided(void **state)
{
	struct world *w = *state;
	item_id_t item = renewal_of_ours(w, NAME);
	say(w, SAY_NEVER, 1);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	struct store_decide d = {.how = STORE_DECIDE_REFUSE,
	                         .item = item,
	                         .by = STR("lan"),
	                         .why = STR("no"),
	                         .again = {.decider = w->decider, .now = loop_wall(&w->v.loop)}};
	op_run(w, &d.op, STORE_DECIDE);
	assert_int_equal(d.op.err, OK);
	world_release(w, SAY_WELL);
	vloop_run_for(&w->v, 10000);
	assert_state(w, item, ITEM_REFUSED, "REVIEW_REFUSED");
	assert_int_equal(w->sent_count, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {TEST(the_registrys_word_is_noted),
	                                   TEST(what_comes_later_is_read_when_it_comes),
	                                   TEST(a_registry_that_does_not_say_is_asked_again),
	                                   TEST(after_a_day_that_is_what_is_noted),
	                                   TEST(a_stop_in_the_middle_asks_again_at_the_next_start),
	                                   TEST(a_full_disk_loses_nothing),
	                                   TEST(what_was_decided_meanwhile_stays_decided)};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
