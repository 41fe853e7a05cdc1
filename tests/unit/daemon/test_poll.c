/* The poll queue: stored before it is acknowledged, one after the other, and no message holds up more than itself. */
#include "tests/unit/daemon/pool_play.h"

static struct pond *queue_open(unsigned messages)
{
	struct pond *d = pond_listening(1);
	d->w.queue = messages;
	pond_start(d);
	pond_fill(d, 1000);
	return d;
}

static void the_queue_is_worked_until_it_is_empty(void **state)
{
	(void)state;
	struct pond *d = queue_open(5);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->messages, 5);
	assert_int_equal(d->w.acks, 5);
	assert_int_equal(d->w.polls, 6);
	assert_non_null(strstr(d->w.last_ack, "msgID=\"m5\""));
	assert_int_equal(stats_of(d).messages, 5);
	/* Then it is looked at from time to time. */
	vloop_run_for(&d->w.v, 10 * POLL_MS);
	assert_in_range(d->w.polls, 15, 16);
	pond_close(d);
}

static void no_acknowledgement_before_the_commit(void **state)
{
	(void)state;
	struct pond *d = queue_open(2);
	d->store_at_once = false;
	vloop_run_for(&d->w.v, 50000);
	assert_int_equal(d->messages, 1);
	assert_int_equal(d->w.acks, 0);
	assert_int_equal(d->w.polls, 1);
	PLAY_CALL(&d->w, pool_message_stored(d->p, true));
	vloop_run_for(&d->w.v, 100);
	assert_int_equal(d->w.acks, 1);
	assert_non_null(strstr(d->w.last_ack, "msgID=\"m1\""));
	assert_int_equal(d->messages, 2);
	assert_string_equal(d->last_message, "m2");
	PLAY_CALL(&d->w, pool_message_stored(d->p, true));
	vloop_run_for(&d->w.v, 100);
	assert_int_equal(d->w.queue, 0);
	pond_close(d);
}

static void what_is_not_stored_stays_at_the_registry(void **state)
{
	(void)state;
	struct pond *d = queue_open(1);
	d->store_at_once = false;
	d->w.manners.msgq = 1; /* each answer says that there is one */
	vloop_run_for(&d->w.v, 100);
	PLAY_CALL(&d->w, pool_message_stored(d->p, false));
	for (unsigned i = 0; i < 50; i++) {
		pond_send(d, i);
		vloop_run_for(&d->w.v, 100);
		peer_answer(last_peer(&d->w), 1000);
		vloop_run_for(&d->w.v, 100);
	}
	assert_int_equal(d->messages, 1); /* not again and again while the disk is full */
	vloop_run_for(&d->w.v, POLL_MS);
	assert_int_equal(d->messages, 2);
	PLAY_CALL(&d->w, pool_message_stored(d->p, true));
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->w.acks, 1);
	pond_close(d);
}

static void any_response_wakes_it(void **state)
{
	(void)state;
	struct pond *d = queue_open(0);
	vloop_run_for(&d->w.v, 2000);
	assert_int_equal(d->w.polls, 1);
	d->w.queue = 1;
	pond_send(d, 0);
	vloop_run_for(&d->w.v, 100);
	d->w.manners.msgq = 1;
	peer_answer(last_peer(&d->w), 1000);
	vloop_run_for(&d->w.v, 100);
	assert_int_equal(d->messages, 1);
	assert_int_equal(d->w.acks, 1);
	pond_close(d);
}

/* A registry whose every answer says that there are messages, and whose queue is empty or fails. */
static void a_registry_that_cries_wolf(void **state)
{
	(void)state;
	static const struct {
		int poll;
		unsigned most; /* polls in 100 s */
	} cases[] = {{0, 100}, {2400, 4}, {2101, 4}};
	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		struct pond *d = queue_open(0);
		log_capture_expect(&d->w.log, "poll.left");
		vloop_run_for(&d->w.v, 1000);
		d->w.manners.poll = cases[k].poll;
		d->w.manners.msgq = UINT32_MAX >> 1;
		d->w.manners.other = 0;
		for (unsigned i = 0; i < 500; i++) {
			pond_send(d, i % 250);
			vloop_run_for(&d->w.v, 200);
		}
		assert_in_range(d->w.polls, 2, cases[k].most);
		pond_close(d);
	}
}

/* ---- messages that cannot be acknowledged ----------------------------------------------------------------------------------------- */

static void a_message_that_cannot_be_named(void **state)
{
	(void)state;
	static char too_long[400];
	memset(too_long, 'x', sizeof too_long - 1);
	const char *ids[] = {"", too_long, "   "};
	for (size_t k = 0; k < ARRAY_LEN(ids); k++) {
		struct pond *d = queue_open(1);
		log_capture_expect(&d->w.log, "poll.left");
		d->w.manners.message_id = ids[k];
		vloop_run_for(&d->w.v, 10 * POLL_MS);
		assert_int_equal(d->messages, 0);
		assert_in_range(d->w.polls, 9, 13);
		assert_int_equal(log_capture_count(&d->w.log, "poll.left"), d->w.polls);
		pond_close(d);
	}
}

static void a_refused_acknowledgement(void **state)
{
	(void)state;
	struct pond *d = queue_open(1);
	log_capture_expect(&d->w.log, "poll.left");
	d->w.manners.message_id = "same";
	d->w.manners.ack = 2303;
	vloop_run_for(&d->w.v, 5 * POLL_MS);
	/* Handed out again each time: the store knows it by its id. */
	assert_in_range(d->w.acks, 4, 7);
	assert_int_equal(d->messages, d->w.acks);
	d->w.manners.ack = 0;
	vloop_run_for(&d->w.v, 2 * POLL_MS);
	assert_int_equal(d->w.queue, 0);
	pond_close(d);
}

static void a_message_that_comes_again_after_its_acknowledgement(void **state)
{
	(void)state;
	struct pond *d = queue_open(10);
	log_capture_expect(&d->w.log, "poll.left");
	d->w.manners.message_id = "same";
	vloop_run_for(&d->w.v, POLL_MS / 2);
	assert_int_equal(d->messages, 1);
	vloop_run_for(&d->w.v, 20 * POLL_MS);
	/* Every second interval, rather than as fast as it goes; and not never. */
	assert_in_range(d->messages, 8, 12);
	pond_close(d);
}

static void a_lost_acknowledgement(void **state)
{
	(void)state;
	static const int faults[] = {HANG_UP, 1500, 2500, SILENT};
	for (size_t k = 0; k < ARRAY_LEN(faults); k++) {
		struct pond *d = queue_open(2);
		d->w.manners.ack = faults[k];
		d->w.manners.message_id = faults[k] == HANG_UP ? NULL : "m1";
		vloop_run_for(&d->w.v, 200);
		assert_int_equal(d->messages, 1);
		d->w.manners.ack = 0;
		vloop_run_for(&d->w.v, faults[k] == SILENT ? 2 * ANSWER_MS : 20000);
		if (faults[k] != HANG_UP)
			assert_string_equal(d->last_message, "m1"); /* again */
		assert_true(d->messages >= 2);
		d->w.manners.message_id = NULL;
		vloop_run_for(&d->w.v, 3 * POLL_MS);
		assert_int_equal(d->w.queue, 0);
		log_capture_expect(&d->w.log, "poll.left");
		pond_close(d);
	}
}

/* ---- waiting ---------------------------------------------------------------------------------------------------------------------------- */

static void full_windows_make_it_wait(void **state)
{
	(void)state;
	struct pond *d = queue_open(0);
	vloop_run_for(&d->w.v, 2000);
	vloop_run_for(&d->w.v, POLL_MS - 10000);
	for (unsigned i = 0; i < 4; i++)
		pond_send(d, i);
	d->w.queue = 1;
	uint64_t turns = d->w.v.loop.turns;
	vloop_run_for(&d->w.v, ANSWER_MS - 2000);
	assert_int_equal(d->w.polls, 1);
	assert_true(d->w.v.loop.turns - turns < 30); /* it does not ask the pool over and over */
	for (int i = 0; i < 4; i++)
		peer_answer(last_peer(&d->w), 1000);
	vloop_run_for(&d->w.v, 100);
	assert_int_equal(d->messages, 1);
	assert_int_equal(d->w.acks, 1);
	pond_close(d);
}

static void nobody_to_ask(void **state)
{
	(void)state;
	struct pond *d = pond_open(1, 1);
	pond_start(d);
	uint64_t turns = d->w.v.loop.turns;
	vloop_run_for(&d->w.v, 24 * HOUR_MS);
	/* What is done is connecting, twice a minute or less, and nothing beside it. */
	assert_true(d->w.v.loop.turns - turns < 24 * 120 * 8);
	d->w.queue = 1;
	play_listen(&d->w, 700, true);
	pond_fill(d, 2 * BACKOFF_MAX_MS);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->messages, 1);
	assert_int_equal(d->w.acks, 1);
	pond_close(d);
}

static void the_ceiling_makes_it_wait_but_not_starve(void **state)
{
	(void)state;
	struct pond *d = queue_open(1);
	d->store_at_once = false;
	d->w.manners.other = 0;
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->messages, 1);
	ceiling_set(&d->w.limits.all, 5, 1000 * now_of(&d->w));
	PLAY_CALL(&d->w, pool_message_stored(d->p, true));
	assert_int_equal(d->w.limits.all.claims, 1);
	/* Others take whatever they get. */
	unsigned sent = 0;
	for (int i = 0; i < 3000 && sent < 200; i++) {
		vloop_run_for(&d->w.v, 1);
		if (pool_room(d->p) > 0 && ceiling_take(&d->w.limits.all, 1000 * now_of(&d->w)))
			pond_send(d, sent++);
	}
	assert_true(sent >= 8);
	assert_int_equal(d->w.acks, 1);
	pond_close(d);
}

/* ---- stopping ---------------------------------------------------------------------------------------------------------------------------- */

static void stopping_in_every_state(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct pond *d = queue_open(3);
		d->store_at_once = false;
		log_capture_expect(&d->w.log, "poll.left");
		if (how == 0) { /* while storing, which ends before the log-out */
			vloop_run_for(&d->w.v, 100);
			PLAY_CALL(&d->w, pool_drain(d->p));
			PLAY_CALL(&d->w, pool_message_stored(d->p, true));
		} else if (how == 1) { /* which ends long after it */
			vloop_run_for(&d->w.v, 100);
			PLAY_CALL(&d->w, pool_drain(d->p));
			assert_true(vloop_run_until(&d->w.v, is_drained, d, 1000));
			PLAY_CALL(&d->w, pool_message_stored(d->p, false));
		} else { /* while asking */
			PLAY_CALL(&d->w, pool_drain(d->p));
		}
		assert_true(vloop_run_until(&d->w.v, is_drained, d, 1000));
		if (how == 2 && d->messages) /* the answer came before the log-out */
			PLAY_CALL(&d->w, pool_message_stored(d->p, true));
		assert_int_equal(d->w.acks, 0);
		assert_true(vloop_run_until(&d->w.v, NULL, NULL, HOUR_MS)); /* nothing is left to happen */
		pond_close(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_queue_is_worked_until_it_is_empty),
	    cmocka_unit_test(no_acknowledgement_before_the_commit),
	    cmocka_unit_test(what_is_not_stored_stays_at_the_registry),
	    cmocka_unit_test(any_response_wakes_it),
	    cmocka_unit_test(a_registry_that_cries_wolf),
	    cmocka_unit_test(a_message_that_cannot_be_named),
	    cmocka_unit_test(a_refused_acknowledgement),
	    cmocka_unit_test(a_message_that_comes_again_after_its_acknowledgement),
	    cmocka_unit_test(a_lost_acknowledgement),
	    cmocka_unit_test(full_windows_make_it_wait),
	    cmocka_unit_test(nobody_to_ask),
	    cmocka_unit_test(the_ceiling_makes_it_wait_but_not_starve),
	    cmocka_unit_test(stopping_in_every_state),
	};
	return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
