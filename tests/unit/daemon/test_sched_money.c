/* A deposit that runs out: what costs waits, what is free goes on, nothing is hammered and nothing is forgotten. */
#include "tests/unit/daemon/sched_world.h"

static bool deposit_is_empty;
static size_t paid_seen; /* paid transforms that the registry saw while it was empty */

static bool costs(struct str name)
{
	return str_ends(name, STR(".com.vn"));
}

/* The registry knows what it charges for. */
SAY(say_by_deposit)
{
	if (letter != 't' || !costs(j->job.request.domain) || j->account != w->pools[0].account)
		return SAY_WELL;
	if (!deposit_is_empty)
		return SAY_WELL;
	paid_seen++;
	return 2104;
}

/* Creates, one in `every` free and the others to be paid. */
static void admit_mixed(struct world *w, const char *prefix, size_t n, size_t every)
{
	struct line *lines = xcalloc(n, sizeof *lines);
	char(*names)[40] = xcalloc(n, sizeof *names);
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "%s%zu.%s.vn", prefix, i, i % every ? "com" : "id");
		lines[i] = (struct line){ITEM_CREATE, names[i], 0};
	}
	admit(w, 0, 0, lines, n, NULL);
	free(names);
	free(lines);
}

static void begin(struct world *w)
{
	deposit_is_empty = true;
	paid_seen = 0;
	w->say = say_by_deposit;
	log_capture_expect(&w->log, "account.billing");
}

static void what_is_free_goes_on(void **state)
{
	struct world *w = *state;
	begin(w);
	admit_mixed(w, "m", 200, 2);
	sched_start(w->sched);
	vloop_run_for(&w->v, BILLING_PAUSE_MS - 1000);
	assert_int_equal(count_of(w, ITEM_DONE), 100);
	assert_int_equal(count_of(w, ITEM_QUEUED), 100);
	assert_int_equal(count_of(w, ITEM_FAILED), 0);
	assert_int_equal(log_capture_count(&w->log, "account.billing"), 1);
	assert_true(sched_out_of_money(w->pools[0].account));
	assert_true(paid_seen >= 1 && paid_seen <= w->pools[0].slots); /* what was in flight at once */
}

static void one_probe_at_a_time_until_there_is_money(void **state)
{
	struct world *w = *state;
	begin(w);
	admit_mixed(w, "p", 60, 60);
	sched_start(w->sched);
	vloop_run_for(&w->v, BILLING_PAUSE_MS - 1000);
	size_t before = paid_seen;
	vloop_run_for(&w->v, 4 * BILLING_PAUSE_MS);
	assert_int_equal(paid_seen, before + 4);
	deposit_is_empty = false;
	run_to_rest(w, 2 * BILLING_PAUSE_MS);
	assert_int_equal(count_of(w, ITEM_DONE), 60);
	assert_int_equal(log_capture_count(&w->log, "account.funded"), 1);
	assert_int_equal(log_capture_count(&w->log, "account.billing"), 1);
	assert_false(sched_out_of_money(w->pools[0].account));
	for (int i = 0; i < 60; i++) {
		char name[32];
		snprintf(name, sizeof name, "p%d.%s.vn", i, i ? "com" : "id");
		assert_int_equal(entry_of(w, str_c(name))->creates, 1);
	}
}

/* A probe that ends for a reason of its own tells nothing of money: the next one goes soon. */
static void a_probe_that_tells_nothing_is_followed_by_another(void **state)
{
	struct world *w = *state;
	begin(w);
	struct entry *e = entry_of(w, STR("t1.com.vn")); /* somebody else has it */
	e->created = START_MS - 1000;
	e->account = 1;
	admit_mixed(w, "t", 4, 4);
	sched_start(w->sched);
	vloop_run_for(&w->v, BILLING_PAUSE_MS - 1000);
	deposit_is_empty = false;
	vloop_run_for(&w->v, 30000);
	assert_int_equal(count_of(w, ITEM_FAILED), 1);
	assert_int_equal(count_of(w, ITEM_DONE), 3);
	assert_false(sched_out_of_money(w->pools[0].account));
}

/* Nothing was parked when the pause was over: whatever comes next is the probe. */
static void what_comes_later_is_the_probe(void **state)
{
	struct world *w = *state;
	begin(w);
	item_id_t only = admit_one(w, 0, 0, ITEM_CREATE, "only.com.vn", 0);
	(void)only;
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(paid_seen, 1);
	admit_mixed(w, "later", 10, 10);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(paid_seen, 1); /* parked unsent */
	assert_int_equal(count_of(w, ITEM_DONE), 1);
	deposit_is_empty = false;
	run_to_rest(w, 2 * BILLING_PAUSE_MS);
	assert_int_equal(count_of(w, ITEM_DONE), 11);
}

static void a_hold_of_what_costs(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.account = w->accounts[0], .of = {.paid = true}};
	w->say = say_by_deposit;
	deposit_is_empty = false;
	sched_set_holds(w->sched, &hold, 1);
	admit_mixed(w, "h", 40, 2);
	sched_start(w->sched);
	vloop_run_for(&w->v, 3600000);
	assert_int_equal(count_of(w, ITEM_DONE), 20);
	assert_int_equal(count_of(w, ITEM_QUEUED), 20);
	assert_true(sched_is_held_paid(w->sched, w->accounts[0], w->partners[0], LANE_CREATE));
	assert_false(sched_is_held(w->sched, w->accounts[0], w->partners[0], LANE_CREATE));
	uint64_t from = loop_now(&w->v.loop);
	sched_set_holds(w->sched, NULL, 0);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 40);
	assert_true(loop_now(&w->v.loop) - from <= 61000); /* at once, not at some next look */
}

/* Some of 400 items are claimed, and few of them have begun. */
static void hold_in_the_middle(struct world *w, const char *prefix, size_t every,
                               const struct sched_hold *hold)
{
	w->say = say_by_deposit;
	deposit_is_empty = false;
	admit_mixed(w, prefix, 400, every);
	sched_start(w->sched);
	vloop_run_for(&w->v, 5 * LATENCY_MS);
	sched_set_holds(w->sched, hold, 1);
}

/* A hold in the middle: what is claimed and has not begun goes back, parked. */
static void a_hold_while_it_is_sending(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.of = {.paid = true}};
	hold_in_the_middle(w, "x", 400, &hold);
	vloop_run_for(&w->v, 1000);
	size_t done = count_of(w, ITEM_DONE);
	assert_true(done > 1 && done < 400);
	vloop_run_for(&w->v, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), done);
	assert_int_equal(count_of(w, ITEM_QUEUED), 400 - done);
	sched_set_holds(w->sched, NULL, 0);
	run_to_rest(w, 120000);
	assert_int_equal(count_of(w, ITEM_DONE), 400);
}

static void a_hold_of_a_zone(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.of = {.zone = STR("id.vn")}};
	hold_in_the_middle(w, "z", 2, &hold);
	size_t free = 0;
	vloop_run_for(&w->v, 600000);
	for (int i = 0; i < 400; i += 2) {
		char name[32];
		snprintf(name, sizeof name, "z%d.id.vn", i);
		free += entry_of(w, str_c(name))->creates;
	}
	assert_in_range(free, 1, 99); /* what had begun was seen through */
	assert_int_equal(count_of(w, ITEM_DONE), 200 + free);
	assert_true(sched_is_held_partly(w->sched, w->accounts[0], w->partners[0], LANE_CREATE));
	sched_set_holds(w->sched, NULL, 0);
	run_to_rest(w, 120000);
	assert_int_equal(count_of(w, ITEM_DONE), 400);
}

/* In the middle: which of what is claimed has the grant is found out by claiming it anew. */
static void a_hold_of_a_grant(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.partner = w->partners[0], .of = {.grant = STR("youth-id")}};
	hold_in_the_middle(w, "g", 2, &hold);
	vloop_run_for(&w->v, 600000);
	size_t done = count_of(w, ITEM_DONE);
	assert_in_range(done, 201, 300);
	assert_int_equal(count_of(w, ITEM_QUEUED), 400 - done);
	hold.of.grant = STR("new-enterprise");
	sched_set_holds(w->sched, &hold, 1); /* another one: these go on */
	run_to_rest(w, 120000);
	assert_int_equal(count_of(w, ITEM_DONE), 400);
}

/* What was parked for its zone is free, and does not wait for money when the zone is resumed. */
static void a_zone_resumed_while_the_money_is_out(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.of = {.zone = STR("id.vn")}};
	begin(w);
	sched_set_holds(w->sched, &hold, 1);
	admit_mixed(w, "r", 3000, 2);
	sched_start(w->sched);
	vloop_run_for(&w->v, BILLING_PAUSE_MS / 2);
	assert_true(sched_out_of_money(w->pools[0].account));
	assert_int_equal(count_of(w, ITEM_DONE), 0);
	size_t before = paid_seen;
	sched_set_holds(w->sched, NULL, 0);
	vloop_run_for(&w->v, BILLING_PAUSE_MS / 4);
	assert_int_equal(count_of(w, ITEM_DONE), 1500);
	assert_int_equal(count_of(w, ITEM_QUEUED), 1500);
	assert_int_equal(paid_seen, before);
}

static bool unpark_fails(struct world *w, const struct store_op *op)
{
	(void)w;
	return op->type == STORE_UNPARK;
}

static void letting_go_is_tried_again_when_the_disk_was_full(void **state)
{
	struct world *w = *state;
	struct sched_hold hold = {.of = {.paid = true}};
	w->say = say_by_deposit;
	deposit_is_empty = false;
	sched_set_holds(w->sched, &hold, 1);
	admit_mixed(w, "d", 10, 10);
	sched_start(w->sched);
	vloop_run_for(&w->v, 10000);
	log_capture_expect(&w->log, "store.failing");
	w->disk.full = unpark_fails;
	sched_set_holds(w->sched, NULL, 0);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(count_of(w, ITEM_DONE), 1);
	w->disk.full = NULL;
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 10);
}

static void stopping_without_money(void **state)
{
	struct world *w = *state;
	begin(w);
	admit_mixed(w, "s", 50, 50);
	sched_start(w->sched);
	vloop_run_for(&w->v, 1000);
	sched_stop(w->sched);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->stopped, 1);
	assert_int_equal(count_of(w, ITEM_QUEUED), 49);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {T(what_is_free_goes_on),
	                                   T(one_probe_at_a_time_until_there_is_money),
	                                   T(a_probe_that_tells_nothing_is_followed_by_another),
	                                   T(what_comes_later_is_the_probe),
	                                   T(a_hold_of_what_costs),
	                                   T(a_hold_while_it_is_sending),
	                                   T(a_hold_of_a_zone),
	                                   T(a_hold_of_a_grant),
	                                   T(a_zone_resumed_while_the_money_is_out),
	                                   T(letting_go_is_tried_again_when_the_disk_was_full),
	                                   T(stopping_without_money)};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
