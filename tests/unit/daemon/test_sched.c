/* The scheduler: whose turn it is, how fast, one transform per name, what waits and until when. */
#include "tests/unit/daemon/sched_world.h"

/* ---- the happy path ---------------------------------------------------------------------------------------------------- */

static void everything_is_sent_once_and_stored(void **state)
{
	struct world *w = *state;
	struct sched_stats s;
	admit_many(w, 0, 0, "a", 200);
	have_name(w, "shop.id.vn", 1, 1);
	item_id_t renewal = admit_one(w, 1, 1, ITEM_RENEW, "shop.id.vn", 0);
	item_id_t contact = admit_one(w, 2, 0, ITEM_CREATE, "c.id.vn", LINE_CONTACT);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 202);
	assert_state(w, renewal, ITEM_DONE, "RENEWED");
	assert_state(w, contact, ITEM_DONE, "CREATED");
	assert_int_equal(w->transforms, 202);
	assert_int_equal(w->sent_count, 203);
	assert_int_equal(w->pools[0].most, 4);
	sched_stats(w->sched, &s);
	assert_int_equal(s.jobs, 0);
	assert_int_equal(s.claimed, 202);
	assert_int_equal(s.done, 202);
	assert_int_equal(log_capture_count(&w->log, "item.end"), 202);
}

/* Every command has an id of its own; a claimed transform's follows from epoch, claim and offset. */
static void ids_are_unique_and_follow_from_the_claim(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 50);
	admit_one(w, 0, 0, ITEM_CREATE, "b.id.vn", LINE_CONTACT);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	for (size_t i = 0; i < w->sent_count; i++) {
		struct epp_trid t;
		assert_true(epp_trid_parse(str_c(w->sent[i].cltrid), &t));
		assert_int_equal(t.epoch, w->epoch);
		assert_int_equal(t.step, w->sent[i].letter);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(w->sent[i].cltrid, w->sent[k].cltrid);
	}
}

static void a_known_contact_is_not_made_again(void **state)
{
	struct world *w = *state;
	admit_one(w, 0, 0, ITEM_CREATE, "a.id.vn", LINE_CONTACT | LINE_SAME_PERSON);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	assert_int_equal(w->sent_count, 2);
	admit_one(w, 0, 0, ITEM_CREATE, "b.id.vn", LINE_CONTACT | LINE_SAME_PERSON);
	run_to_rest(w, 60000);
	assert_int_equal(w->sent_count, 3);
	/* Under another account it is another contact. */
	admit_one(w, 0, 1, ITEM_CREATE, "c.id.vn", LINE_CONTACT | LINE_SAME_PERSON);
	run_to_rest(w, 60000);
	assert_int_equal(w->sent_count, 5);
	assert_int_equal(count_of(w, ITEM_DONE), 3);
}

static void nothing_is_sent_before_it_starts_or_without_sessions(void **state)
{
	struct world *w = *state;
	admit_many(w, 0, 0, "a", 10);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(w->sent_count, 0);
	w->pools[0].slots = 0;
	sched_start(w->sched);
	vloop_run_for(&w->v, 60000);
	assert_int_equal(w->sent_count, 0);
	assert_int_equal(w->disk.claims, 0); /* nor is anything claimed that could not be sent */
	w->pools[0].slots = 2;
	sched_on_room(w->pools[0].account);
	run_to_rest(w, 60000);
	assert_int_equal(count_of(w, ITEM_DONE), 10);
	assert_int_equal(w->pools[0].most, 2);
}

/* ---- one transform per name ----------------------------------------------------------------------------------------------------- */

static void one_name_wanted_by_many_is_created_once(void **state)
{
	struct world *w = *state;
	char name[16];
	w->pools[0].slots = w->pools[1].slots = 16;
	for (int n = 0; n < 5; n++) {
		snprintf(name, sizeof name, "x%d.id.vn", n);
		for (size_t p = 0; p < PARTNERS; p++)
			for (int i = 0; i < 5; i++)
				admit_one(w, p, p % ACCOUNTS, ITEM_CREATE, name, 0);
	}
	sched_start(w->sched);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 5);
	assert_int_equal(count_of(w, ITEM_FAILED), 95);
	assert_int_equal(w->transforms, 100);
}

SAY(say_lose_first_transforms)
{
	if (letter != 't' || w->transforms > 3)
		return SAY_WELL;
	return w->transforms % 2 ? SAY_LOST_DONE : SAY_LOST;
}

/* The pools fail the test when a second one is sent while the first is in doubt. */
static void doubt_keeps_the_name(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	item_id_t second = admit_one(w, 1, 1, ITEM_CREATE, "x.id.vn", 0);
	start_with(w, say_lose_first_transforms);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(w->transforms, 1);
	assert_state(w, first, ITEM_UNKNOWN, "OUTCOME_UNKNOWN");
	assert_int_equal(state_of(w, second), ITEM_SENDING);
	run_to_rest(w, 600000);
	assert_state(w, first, ITEM_DONE, "CREATED");
	assert_state(w, second, ITEM_FAILED, "NAME_TAKEN");
	assert_int_equal(entry_of(w, STR("x.id.vn"))->creates, 1);
}

static void a_pending_item_keeps_its_name_until_it_is_settled(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	item_id_t second = admit_one(w, 1, 1, ITEM_CREATE, "x.id.vn", 0);
	start_with(w, say_pending);
	vloop_run_for(&w->v, 10000);
	assert_state(w, first, ITEM_PENDING, "PENDING");
	assert_state(w, second, ITEM_QUEUED, "NAME_BUSY");
	vloop_run_for(&w->v, 300000);
	assert_int_equal(w->transforms, 1); /* it asked again every minute, and was put back */
	assert_state(w, second, ITEM_QUEUED, "NAME_BUSY");
	/* the registry declines the first */
	struct store_message m = registry_decides_x(w, false);
	assert_int_equal(m.settled, first);
	sched_settled(w->sched, STR("x.id.vn"));
	run_to_rest(w, 600000);
	assert_state(w, first, ITEM_FAILED, NULL);
	assert_state(w, second, ITEM_DONE, "CREATED");
}

/* Both wait for the first, whose outcome the registry tells at any moment. */
static void who_waits_for_a_name_is_not_overtaken(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	start_with(w, say_pending);
	vloop_run_for(&w->v, 10000);
	w->say = NULL;
	item_id_t second = admit_x(w);
	vloop_run_for(&w->v, 35000);
	item_id_t third = admit_x(w);
	vloop_run_for(&w->v, 40000);
	struct store_message m = registry_decides_x(w, false);
	assert_int_equal(m.settled, first);
	sched_settled(w->sched, STR("x.id.vn"));
	run_to_rest(w, 600000);
	assert_state(w, second, ITEM_DONE, "CREATED");
	assert_state(w, third, ITEM_FAILED, "NAME_TAKEN");
}

static void an_approved_item_reads_its_dates(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	start_with(w, say_pending);
	vloop_run_for(&w->v, 10000);
	assert_int_equal(state_of(w, first), ITEM_PENDING);
	registry_makes(w, "x.id.vn");
	struct store_message m = registry_decides_x(w, true);
	assert_true(m.look);
	assert_int_equal(state_of(w, first), ITEM_RECONCILING);
	sched_look(w->sched, m.settled);
	item_id_t second = admit_one(w, 1, 1, ITEM_CREATE, "x.id.vn", 0);
	run_to_rest(w, 600000);
	assert_state(w, first, ITEM_DONE, "CREATED");
	assert_state(w, second, ITEM_FAILED, "NAME_TAKEN");
	/* Somebody else's item, one that is not RECONCILING, and none at all are left alone. */
	sched_look(w->sched, second);
	sched_look(w->sched, 999999);
	vloop_run_for(&w->v, 60000);
	assert_state(w, second, ITEM_FAILED, "NAME_TAKEN");
}

/* Those who wait for a name in memory are few; the others wait in the queue. */
static void waiters_for_a_name_are_bounded(void **state)
{
	struct world *w = *state;
	struct line lines[NAME_WAITERS_MAX + 40];
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		lines[i] = (struct line){ITEM_CREATE, "x.id.vn", 0};
	w->pools[0].slots = 64;
	w->say = say_never;
	admit(w, 0, 0, lines, ARRAY_LEN(lines), NULL);
	sched_start(w->sched);
	vloop_run_for(&w->v, 30000);
	assert_int_equal(w->transforms, 1);
	assert_int_equal(count_of(w, ITEM_SENDING), 1 + NAME_WAITERS_MAX);
	assert_int_equal(count_of(w, ITEM_QUEUED), 39);
	w->say = NULL;
	world_release(w, SAY_WELL);
	run_to_rest(w, 600000);
	assert_int_equal(count_of(w, ITEM_DONE), 1);
	assert_int_equal(count_of(w, ITEM_FAILED), ARRAY_LEN(lines) - 1);
}

/* ---- not before ------------------------------------------------------------------------------------------------------------------ */

SAY(say_lose_first)
{
	return letter == 't' && w->transforms == 1 ? SAY_LOST : SAY_WELL;
}

static void what_did_not_happen_is_sent_again_under_another_id(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_lose_first);
	run_to_rest(w, 600000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->sent_count, 4); /* create, twice <info>, create */
	assert_string_equal(((char[]){w->sent[0].letter, w->sent[1].letter, w->sent[2].letter,
	                              w->sent[3].letter, 0}),
	                    "tqqt");
	assert_string_not_equal(w->sent[0].cltrid, w->sent[3].cltrid);
	assert_true(w->sent[1].at_ms - w->sent[0].at_ms >= SETTLE_MS);
	assert_true(w->sent[2].at_ms - w->sent[1].at_ms >= SETTLE_MS);
	assert_true(w->sent[3].at_ms - w->sent[2].at_ms >= RETRY_AFTER_MS);
}

/* The first was not carried out and is sent again: the second waits for it. */
static void who_is_sent_again_keeps_the_name(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	start_with(w, say_lose_first);
	vloop_run_for(&w->v, 1000);
	item_id_t second = admit_x(w);
	item_id_t third = admit_one(w, 1, 0, ITEM_CREATE, "x.id.vn", 0);
	run_to_rest(w, 600000);
	assert_state(w, first, ITEM_DONE, "CREATED");
	assert_state(w, second, ITEM_FAILED, "NAME_TAKEN");
	assert_state(w, third, ITEM_FAILED, "NAME_TAKEN");
}

SAY(say_lose_second)
{
	return letter == 't' && w->transforms == 2 ? SAY_LOST : SAY_WELL;
}

/* The registry has the name for us: only the store knows that it was another item. What is told is what is recorded. */
static void what_the_store_refuses_is_told_so(void **state)
{
	struct world *w = *state;
	struct sched_stats s;
	item_id_t first = admit_x(w);
	start_with(w, say_lose_second);
	run_to_rest(w, 600000);
	item_id_t second = admit_x(w);
	run_to_rest(w, 600000);
	assert_state(w, first, ITEM_DONE, "CREATED");
	assert_state(w, second, ITEM_FAILED, "NAME_TAKEN");
	sched_stats(w->sched, &s);
	assert_int_equal(s.done, 1);
	assert_int_equal(s.failed, 1);
	assert_int_equal(log_capture_count(&w->log, "item.end"), 2);
	assert_true(log_capture_has(&w->log, "item.end failed"));
	assert_true(log_capture_has(&w->log, "reason=NAME_TAKEN"));
}

/* … but not for ever, when it was cancelled meanwhile. */
static void a_name_is_not_kept_in_vain(void **state)
{
	struct world *w = *state;
	item_id_t first = admit_x(w);
	start_with(w, say_lose_first);
	while (state_of(w, first) != ITEM_UNKNOWN)
		vloop_run_for(&w->v, 10);
	item_id_t second = admit_one(w, 1, 0, ITEM_CREATE, "x.id.vn", 0);
	while (state_of(w, first) != ITEM_QUEUED)
		vloop_run_for(&w->v, 10);
	struct store_batch_cancel c = {.batch = 1, .partner = w->partners[0], .now = loop_wall(&w->v.loop)};
	op_run(w, &c.op, STORE_BATCH_CANCEL);
	assert_int_equal(c.cancelled, 1);
	run_to_rest(w, NAME_KEPT_MS + 10000);
	assert_state(w, second, ITEM_DONE, "CREATED");
}

static void attempts_are_counted_over_claims(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_lose_every);
	run_to_rest(w, 600000);
	assert_state(w, item, ITEM_FAILED, "ATTEMPTS_USED_UP");
	assert_int_equal(w->transforms, JOB_ATTEMPTS_MAX);
}

SAY(say_not_sent)
{
	return w->sent_count % 3 ? SAY_NOT_SENT : SAY_WELL;
}

/* Nothing is in doubt, so nothing is looked up; the id is that of the claim, however often it takes. */
static void what_never_left_goes_again_under_its_own_id(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_one(w, 0, 0, ITEM_CREATE, "x.id.vn", LINE_CONTACT);
	start_with(w, say_not_sent);
	run_to_rest(w, 600000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->sent_count, 6); /* three times each */
	for (size_t i = 0; i < 6; i++) {
		struct epp_trid t;
		assert_int_equal(w->sent[i].letter, i < 3 ? 'c' : 't');
		assert_string_equal(w->sent[i].cltrid, w->sent[i < 3 ? 0 : 3].cltrid);
		assert_true(epp_trid_parse(str_c(w->sent[i].cltrid), &t));
	}
	assert_int_equal(log_capture_count(&w->log, "item.end"), 1);
}

SAY(say_lost_then_not_sent)
{
	return letter == 't' ? SAY_LOST_DONE : w->sent_count < 5 ? SAY_NOT_SENT : SAY_WELL;
}

/* A look that never left has not failed: no slowing down, and the doubt stays. */
static void a_look_that_never_left_is_no_look(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_lost_then_not_sent);
	run_to_rest(w, 2 * SETTLE_MS);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->sent_count, 5);
	assert_int_equal(w->transforms, 1);
}

static void what_never_left_goes_back_at_a_stop(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_never);
	vloop_run_for(&w->v, 1000);
	sched_stop(w->sched);
	world_release(w, SAY_NOT_SENT);
	run_ends(w);
	assert_state(w, item, ITEM_QUEUED, "STOPPING");
	w->say = NULL;
	start_again(w);
	run_to_rest(w, 60000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(entry_of(w, STR("x.id.vn"))->creates, 1);
}

SAY(say_no_session)
{
	return letter == 't' && w->transforms <= 10 ? 2502 : SAY_WELL;
}

static void what_was_not_carried_out_does_not_count(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	start_with(w, say_no_session);
	run_to_rest(w, 600000);
	assert_state(w, item, ITEM_DONE, "CREATED");
	assert_int_equal(w->transforms, 11);
	for (size_t i = 1; i < 11; i++) /* and is no loop */
		assert_true(w->sent[i].at_ms - w->sent[i - 1].at_ms >= RETRY_AFTER_MS);
}

/* ---- the deposit ------------------------------------------------------------------------------------------------------------------ */

static bool deposit_is_empty;

SAY(say_no_money)
{
	return letter == 't' && deposit_is_empty && j->account == w->pools[0].account ? 2104 : SAY_WELL;
}

static void an_empty_deposit_stops_the_account_not_the_items(void **state)
{
	struct world *w = *state;
	deposit_is_empty = true;
	log_capture_expect(&w->log, "account.billing");
	admit_many(w, 0, 0, "a", 100);
	admit_many(w, 1, 1, "b", 100);
	start_with(w, say_no_money);
	vloop_run_for(&w->v, BILLING_PAUSE_MS - 1000);
	assert_int_equal(count_of(w, ITEM_DONE), 100); /* the other account's */
	assert_int_equal(count_of(w, ITEM_QUEUED), 100);
	assert_int_equal(count_of(w, ITEM_FAILED), 0);
	assert_int_equal(log_capture_count(&w->log, "account.billing"), 1);
	/* not hammered: no more than were in flight */
	assert_true(w->transforms <= 100 + 4);
	vloop_run_for(&w->v, 2 * BILLING_PAUSE_MS);
	assert_true(w->transforms <= 100 + 4 * 4);
	assert_int_equal(count_of(w, ITEM_QUEUED), 100);
	deposit_is_empty = false;
	run_to_rest(w, 2 * BILLING_PAUSE_MS);
	assert_int_equal(count_of(w, ITEM_DONE), 200);
	for (int i = 0; i < 100; i++) {
		char name[32];
		snprintf(name, sizeof name, "a%d.id.vn", i);
		assert_int_equal(entry_of(w, str_c(name))->creates, 1);
	}
}

SAY(say_doubt_then_no_money)
{
	if (letter != 't')
		return SAY_WELL;
	return str_starts(j->job.request.domain, STR("doubt")) ? SAY_LOST_DONE : say_no_money(w, j, letter);
}

/* A look is free, and what is in doubt does not wait for money. */
static void doubt_is_settled_without_money(void **state)
{
	struct world *w = *state;
	deposit_is_empty = true;
	log_capture_expect(&w->log, "account.billing");
	item_id_t doubt = admit_one(w, 0, 0, ITEM_CREATE, "doubt.id.vn", 0);
	admit_many(w, 0, 0, "a", 20);
	start_with(w, say_doubt_then_no_money);
	vloop_run_for(&w->v, 4 * SETTLE_MS);
	assert_state(w, doubt, ITEM_DONE, "CREATED");
	assert_int_equal(count_of(w, ITEM_QUEUED), 20);
	deposit_is_empty = false;
	run_to_rest(w, 2 * BILLING_PAUSE_MS);
}

SAY(say_hold_one)
{
	if (letter != 't')
		return SAY_WELL;
	return str_starts(j->job.request.domain, STR("doubt"))  ? SAY_LOST_DONE
	       : str_starts(j->job.request.domain, STR("hold")) ? SAY_NEVER
	                                                        : SAY_WELL;
}

/* The money ends while a look waits for the ceiling: it is not put back with the others. */
static void a_look_that_is_ready_goes_on_without_money(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "account.billing");
	ceiling_set(&w->pools[0].limits.all, 1, loop_now_us(&w->v.loop));
	item_id_t doubt = admit_one(w, 0, 0, ITEM_CREATE, "doubt.id.vn", 0);
	item_id_t held = admit_one(w, 0, 0, ITEM_CREATE, "hold.id.vn", 0);
	admit_many(w, 0, 0, "a", 20);
	start_with(w, say_hold_one);
	for (int ms = 0; ms < 20000 && state_of(w, doubt) != ITEM_RECONCILING; ms++)
		vloop_run_for(&w->v, 1);
	size_t looks = w->sent_count;
	world_release(w, 2104);
	vloop_run_for(&w->v, 3);
	assert_int_equal(w->sent_count, looks); /* not sent yet */
	assert_state(w, held, ITEM_QUEUED, "BILLING");
	assert_int_equal(state_of(w, doubt), ITEM_RECONCILING);
	vloop_run_for(&w->v, 1500);
	assert_state(w, doubt, ITEM_DONE, "CREATED");
	w->say = NULL;
	run_to_rest(w, 2 * BILLING_PAUSE_MS);
}

/* A name that came to be while the item waited in the queue is not its own, although it is younger than the item. */
static void what_was_created_before_it_was_sent_is_not_its_own(void **state)
{
	struct world *w = *state;
	item_id_t item = admit_x(w);
	w->pools[0].slots = 0;
	start_with(w, say_lose_every);
	vloop_run_for(&w->v, 600000);
	registry_makes(w, "x.id.vn");
	vloop_run_for(&w->v, 600000);
	w->pools[0].slots = 4;
	sched_on_room(w->pools[0].account);
	run_to_rest(w, 60000);
	assert_state(w, item, ITEM_FAILED, "NAME_TAKEN");
}

static void a_damaged_request_is_a_persons(void **state)
{
	struct world *w = *state;
	log_capture_expect(&w->log, "item.end");
	item_id_t bad = admit_one(w, 0, 0, ITEM_CREATE, "bad.id.vn", LINE_DAMAGED);
	item_id_t good = admit_one(w, 0, 0, ITEM_CREATE, "good.id.vn", 0);
	sched_start(w->sched);
	run_to_rest(w, 60000);
	assert_state(w, bad, ITEM_NEEDS_HUMAN, "DAMAGED");
	assert_state(w, good, ITEM_DONE, "CREATED");
	assert_int_equal(w->transforms, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(everything_is_sent_once_and_stored),
	    T(ids_are_unique_and_follow_from_the_claim),
	    T(a_known_contact_is_not_made_again),
	    T(nothing_is_sent_before_it_starts_or_without_sessions),
	    T(one_name_wanted_by_many_is_created_once),
	    T(doubt_keeps_the_name),
	    T(a_pending_item_keeps_its_name_until_it_is_settled),
	    T(who_waits_for_a_name_is_not_overtaken),
	    T(an_approved_item_reads_its_dates),
	    T(waiters_for_a_name_are_bounded),
	    T(what_did_not_happen_is_sent_again_under_another_id),
	    T(who_is_sent_again_keeps_the_name),
	    T(what_the_store_refuses_is_told_so),
	    T(a_name_is_not_kept_in_vain),
	    T(attempts_are_counted_over_claims),
	    T(what_never_left_goes_again_under_its_own_id),
	    T(a_look_that_never_left_is_no_look),
	    T(what_never_left_goes_back_at_a_stop),
	    T(what_was_not_carried_out_does_not_count),
	    T(an_empty_deposit_stops_the_account_not_the_items),
	    T(doubt_is_settled_without_money),
	    T(a_look_that_is_ready_goes_on_without_money),
	    T(what_was_created_before_it_was_sent_is_not_its_own),
	    T(a_damaged_request_is_a_persons),
	};
	return cmocka_run_group_tests(tests, rules_load, rules_drop);
}
