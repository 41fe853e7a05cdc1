/* How much may leave: ceilings, of all commands and of classes. On the real store. */
#include "tests/unit/daemon/sched_world.h"

static size_t sent_by(const struct world *w, size_t account, size_t from)
{
	size_t n = 0;
	for (size_t i = from; i < w->sent_count; i++)
		n += w->sent[i].account == account;
	return n;
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

/* Urgent creates of a partner behind his urgent renewals, which are due before, and of which only two a second may leave. */
static void what_is_urgent_does_not_wait_behind_a_limited_class(void **state)
{
	struct world *w = *state;
	struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_RENEW] = {.max = 2}};
	size_t renewals = 0, creates = 0;
	item_id_t first = 0, item;
	char name[32];
	limits_set(&w->pools[0].limits, (struct limit){.max = 50}, of, loop_now_us(&w->v.loop));
	w->pools[0].slots = 10;
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof name, "r%d.com.vn", i);
		have_name(w, name, 0, 0);
		admit_one(w, 0, 0, ITEM_RENEW, name, LINE_URGENT);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "u%d.id.vn", i);
		item = admit_one(w, 0, 0, ITEM_CREATE, name, LINE_URGENT);
		first = first ? first : item;
	}
	sched_start(w->sched);
	vloop_run_for(&w->v, 8000);
	for (size_t i = 0; i < w->sent_count; i++) {
		creates += w->sent[i].item >= first;
		renewals += w->sent[i].item < first;
	}
	assert_int_equal(creates, 100);
	assert_in_range(renewals, 10, 16);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 220);
	assert_true(w->sent[w->sent_count - 1].at_ms - w->sent[0].at_ms <
	            75000); /* two a second all the time */
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
	    T(the_ceiling_is_kept_and_reached),
	    T(accounts_share_a_ceiling),
	    T(what_is_due_goes_first_over_accounts),
	    T(a_class_has_a_limit_of_its_own),
	    T(a_limited_class_is_in_nobodys_way),
	    T(what_waits_behind_its_contact_is_bounded),
	    T(what_is_urgent_and_limited_is_in_nobodys_way),
	    T(what_is_urgent_does_not_wait_behind_a_limited_class),
	    T(a_limit_in_shadow_only_counts),
	    T(what_is_not_sent_takes_nothing_from_the_ceiling),
	};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
