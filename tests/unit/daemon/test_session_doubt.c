/* What each command in flight is told when a session ends, and ends that begin inside a callback. */
#include "tests/unit/daemon/session_stage.h"

/* ---- deadlines, and what left ------------------------------------------------------------------------------------------ */

static void the_oldest_command_has_the_deadline(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	log_capture_expect(&t->w.log, "session.closed");
	uint64_t begin = now_of(&t->w);
	send_n(t, 0, 1);
	vloop_run_for(&t->w.v, 30000);
	send_n(t, 1, 1);
	vloop_run_for(&t->w.v, 20000);
	peer_answer(last_peer(&t->w), 1000);
	vloop_run_for(&t->w.v, 1000);
	expect(t, 0, SESSION_ANSWERED, 1000);
	send_n(t, 2, 1);
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	assert_int_equal(t->o.closed_at - begin, 30000 + ANSWER_MS);
	expect_end(&t->o, "late", SESSION_END_TIMEOUT, "no answer in time while ready");
	expect(t, 1, SESSION_UNKNOWN, 0);
	expect(t, 2, SESSION_UNKNOWN, 0);
	assert_string_equal(t->m[1].text, "no answer in time while ready");
	stage_close(t);
}

static void then_send_another(struct cmd *m)
{
	struct stage *t = CONTAINER_OF(m->w, struct stage, w);
	struct errmsg e;
	assert_int_equal(session_send(t->o.s, &t->m[10].c, &e), OK);
}

/* Handed in, in the same turn in which the session ends: not one byte left. */
static void what_never_left_is_not_sent(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		send_n(t, 0, 3);
		arrive(t);
		t->m[0].then = then_send_another;
		peer_answer(last_peer(&t->w), 1000);
		if (how == 0)
			peer_answer(last_peer(&t->w), 2500);
		else if (how == 1)
			peer_raw(last_peer(&t->w), "\0\0\0\0", 4);
		else
			peer_close(last_peer(&t->w)); /* what was read in an earlier turn had left */
		vloop_run_for(&t->w.v, 1000);
		expect(t, 0, SESSION_ANSWERED, 1000);
		expect(t, 2, SESSION_UNKNOWN, 0);
		expect(t, 10, how == 2 ? t->m[10].outcome : SESSION_NOT_SENT, 0);
		assert_int_equal(t->o.lost, (how == 0 ? 1u : 2u) + (t->m[10].outcome == SESSION_UNKNOWN));
		stage_close(t);
	}
}

/* The registry does not read: what is still in our own buffer was not sent, what is beyond is in doubt. */
static void a_registry_that_does_not_read(void **state)
{
	(void)state;
	struct mem_opts opts = {.latency_ms = 1, .window_bytes = 10000};
	struct stage *t = stage_open(MANY, &opts);
	log_capture_expect(&t->w.log, "session.closed");
	stream_pause(last_peer(&t->w)->s);
	for (unsigned i = 0; i < 500; i++)
		t->m[i].pad = 2000;
	/* As many as there was room for, although the buffer is full long before. */
	uint32_t room = session_room(t->o.s);
	assert_int_equal(room, MANY);
	send_n(t, 0, 500);
	assert_int_equal(session_room(t->o.s), 0);
	assert_int_equal(session_places(t->o.s), MANY - 500);
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	expect_end(&t->o, "does not read", SESSION_END_TIMEOUT, "no answer in time");
	unsigned unknown = 0;
	for (unsigned i = 0; i < 500; i++) {
		assert_int_equal(t->m[i].done, 1);
		unknown += t->m[i].outcome == SESSION_UNKNOWN;
		if (i > 0 && t->m[i].outcome == SESSION_UNKNOWN)
			assert_int_equal(t->m[i - 1].outcome, SESSION_UNKNOWN);
	}
	/* 2,000 bytes and some: five whole ones and a part of the next are in 10,000 bytes. */
	assert_in_range(unknown, 4, 6);
	assert_int_equal(t->o.lost, unknown);
	stage_close(t);
}

/* What waits for the registry to read may leave at any moment: its places in the limits stay free until then. */
static void what_is_not_read_counts_when_it_leaves(void **state)
{
	static const struct limit of[LIMIT_CLASS__COUNT] = {[LIMIT_CREATE] = {.max = 4}};
	struct mem_opts opts = {.latency_ms = 1, .window_bytes = 5000};
	struct stage *t = stage_open(20, &opts);
	struct limits *l = &t->w.limits;
	(void)state;
	limits_set(l, (struct limit){.max = 10}, of, 1000 * (now_of(&t->w) - 2000));
	stream_pause(last_peer(&t->w)->s);
	for (unsigned i = 0; i < 4; i++) {
		t->m[i].pad = 2000;
		t->m[i].c.class = i < 3 ? LIMIT_CREATE : LIMIT_INFO;
		limits_take(l, t->m[i].c.class, 1000 * now_of(&t->w));
	}
	send_n(t, 0, 4);
	vloop_run_for(&t->w.v, 3000);
	assert_int_equal(l->all.held, 2); /* two whole ones are in 5,000 bytes */
	assert_int_equal(l->of[LIMIT_CREATE].held, 1);
	assert_int_equal(l->of[LIMIT_INFO].held, 1);
	assert_int_equal(l->all.unsent, 0);
	assert_int_equal(session_room(t->o.s), 0);
	assert_int_equal(session_places(t->o.s), 16);
	uint64_t now_us = 1000 * now_of(&t->w);
	for (int i = 0; i < 8; i++)
		assert_int_equal(ceiling_wait_us(&l->all, now_us), 0), limits_take(l, LIMIT_RENEW, now_us);
	assert_true(ceiling_wait_us(&l->all, now_us) > 0);
	limits_left(l, &(struct limits_count){{[LIMIT_RENEW] = 8}}, now_us);
	unsigned rooms = t->o.room;
	stream_resume(last_peer(&t->w)->s);
	/* Some are answered before anybody has looked whether they left. */
	while (t->m[3].done == 0) {
		vloop_run_for(&t->w.v, 1);
		if (last_peer(&t->w)->waiting_count > 0)
			peer_answer(last_peer(&t->w), 1000);
	}
	vloop_run_for(&t->w.v, 100);
	assert_int_equal(l->all.held + l->of[LIMIT_CREATE].held + l->of[LIMIT_INFO].held, 0);
	assert_int_equal(ceiling_used(&l->all, 1000 * now_of(&t->w)), 10);
	assert_int_equal(ceiling_used(&l->of[LIMIT_CREATE], 1000 * now_of(&t->w)), 1);
	assert_true(t->o.room > rooms);
	assert_int_equal(session_room(t->o.s), 20);
	stage_close(t);
}

/* It never leaves: the places are given back with the session. */
static void what_is_not_read_ends_with_the_session(void **state)
{
	struct mem_opts opts = {.latency_ms = 1, .window_bytes = 5000};
	struct stage *t = stage_open(20, &opts);
	struct limits *l = &t->w.limits;
	(void)state;
	log_capture_expect(&t->w.log, "session.closed");
	ceiling_set(&l->all, 10, 1000 * (now_of(&t->w) - 2000));
	stream_pause(last_peer(&t->w)->s);
	for (unsigned i = 0; i < 4; i++) {
		t->m[i].pad = 2000;
		limits_take(l, t->m[i].c.class, 1000 * now_of(&t->w));
	}
	send_n(t, 0, 4);
	vloop_run_for(&t->w.v, 100);
	assert_int_equal(l->all.held, 2);
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	assert_int_equal(l->all.held, 0);
	stage_close(t);
}

static void a_command_that_cannot_be_built(void **state)
{
	(void)state;
	struct stage *t = stage_open(2, NULL);
	struct errmsg e;
	t->m[0].unbuildable = true;
	assert_int_equal(session_send(t->o.s, &t->m[0].c, &e), ERR_INVALID);
	assert_int_equal(session_room(t->o.s), 2);
	send_n(t, 1, 2);
	arrive(t);
	peer_answer(last_peer(&t->w), 1000);
	peer_answer(last_peer(&t->w), 1000);
	vloop_run_for(&t->w.v, 1000);
	assert_int_equal(t->m[0].done, 0);
	expect(t, 2, SESSION_ANSWERED, 1000);
	stage_close(t);
}

static void the_window_can_change(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	send_n(t, 0, 4);
	session_set_window(t->o.s, 2);
	assert_int_equal(session_room(t->o.s), 0);
	arrive(t);
	for (int i = 0; i < 3; i++)
		peer_answer(last_peer(&t->w), 1000);
	vloop_run_for(&t->w.v, 100);
	assert_int_equal(session_room(t->o.s), 1);
	session_set_window(t->o.s, 8);
	assert_int_equal(session_room(t->o.s), 7);
	stage_close(t);
}

static void messages_are_reported(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	send_n(t, 0, 2);
	arrive(t);
	peer_answer(last_peer(&t->w), 1000);
	t->w.manners.msgq = 3;
	peer_answer(last_peer(&t->w), 2302);
	vloop_run_for(&t->w.v, 100);
	assert_int_equal(t->o.messages, 1);
	stage_close(t);
}

/* ---- from inside callbacks ------------------------------------------------------------------------------------------------ */

static void then_drain(struct cmd *m)
{
	session_drain(CONTAINER_OF(m->w, struct stage, w)->o.s);
}

static void then_abort(struct cmd *m)
{
	session_abort(CONTAINER_OF(m->w, struct stage, w)->o.s, SESSION_END_LOST, "given up");
}

static void giving_up_from_inside_an_answer(void **state)
{
	(void)state;
	for (int drain = 0; drain < 2; drain++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		send_n(t, 0, 3);
		arrive(t);
		t->m[0].then = drain ? then_drain : then_abort;
		for (int i = 0; i < 3; i++)
			peer_answer(last_peer(&t->w), 1000);
		assert_true(owner_wait(&t->o, is_closed, 1000));
		expect(t, 0, SESSION_ANSWERED, 1000);
		expect(t, 2, drain ? SESSION_ANSWERED : SESSION_UNKNOWN, drain ? 1000 : 0);
		assert_int_equal(t->o.why, drain ? SESSION_END_CLEAN : SESSION_END_LOST);
		assert_int_equal(t->w.logouts, (unsigned)drain);
		stage_close(t);
	}
}

static void in_ready_give_up(struct owner *o)
{
	if (o->messages++)
		session_drain(o->s);
	else
		session_abort(o->s, SESSION_END_CLEAN, "no more");
}

static void in_room_drain(struct owner *o)
{
	session_drain(o->s);
}

static void giving_up_from_inside_an_event(void **state)
{
	(void)state;
	for (unsigned drain = 0; drain < 2; drain++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		owner_dial(&o, &w);
		o.in_ready = in_ready_give_up;
		o.messages = drain;
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, "ready", SESSION_END_CLEAN, drain ? "logged out" : "no more");
		play_close(&w);
	}
	struct stage *t = stage_open(4, NULL);
	t->o.in_room = in_room_drain;
	send_n(t, 0, 1);
	arrive(t);
	peer_answer(last_peer(&t->w), 1000);
	assert_true(owner_wait(&t->o, is_closed, 1000));
	expect_end(&t->o, "room", SESSION_END_CLEAN, "logged out");
	stage_close(t);
}

/* The memory of a command is its owner's again when done() is called. */
static void commands_may_be_freed_when_done(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++) {
		struct stage *t = stage_open(8, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		cmds_done = 0;
		for (unsigned i = 0; i < 6; i++) {
			struct cmd *m = xcalloc(1, sizeof *m);
			cmd_init(m, &t->w, i);
			m->frees = true;
			owner_send(&t->o, m);
		}
		vloop_run_for(&t->w.v, 100);
		for (int i = 0; i < 6 * answered; i++)
			peer_answer(last_peer(&t->w), 1000);
		peer_close(last_peer(&t->w));
		assert_true(owner_wait(&t->o, is_closed, 1000));
		assert_int_equal(cmds_done, 6);
		stage_close(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_oldest_command_has_the_deadline),
	    cmocka_unit_test(what_never_left_is_not_sent),
	    cmocka_unit_test(a_registry_that_does_not_read),
	    cmocka_unit_test(what_is_not_read_counts_when_it_leaves),
	    cmocka_unit_test(what_is_not_read_ends_with_the_session),
	    cmocka_unit_test(a_command_that_cannot_be_built),
	    cmocka_unit_test(the_window_can_change),
	    cmocka_unit_test(messages_are_reported),
	    cmocka_unit_test(giving_up_from_inside_an_answer),
	    cmocka_unit_test(giving_up_from_inside_an_event),
	    cmocka_unit_test(commands_may_be_freed_when_done),
	};
	return cmocka_run_group_tests_name("session_doubt", tests, NULL, NULL);
}
