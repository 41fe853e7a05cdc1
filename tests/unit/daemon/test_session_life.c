/* Keepalive, retirement, log-out, draining and breaking in every state. */
#include "tests/unit/daemon/session_stage.h"

/* ---- keepalive ----------------------------------------------------------------------------------------------------------- */

static void an_idle_session_polls(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	vloop_run_for(&t->w.v, KEEPALIVE_MS - 100);
	assert_int_equal(t->w.polls, 0);
	vloop_run_for(&t->w.v, 200);
	assert_int_equal(t->w.polls, 1);
	vloop_run_for(&t->w.v, 3 * KEEPALIVE_MS);
	assert_int_equal(t->w.polls, 4);
	assert_int_equal(session_state(t->o.s), SESSION_READY);
	assert_int_equal(session_in_flight(t->o.s), 0);
	stage_close(t);
}

static void a_busy_session_does_not_poll(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	t->w.manners.other = 0;
	for (int i = 0; i < 10; i++) {
		cmd_init(&t->m[0], &t->w, (unsigned)i);
		owner_send(&t->o, &t->m[0]);
		vloop_run_for(&t->w.v, KEEPALIVE_MS / 2);
		assert_int_equal(t->m[0].outcome, SESSION_ANSWERED);
	}
	assert_int_equal(t->w.polls, 0);
	/* The last command counts, not the last look. */
	vloop_run_for(&t->w.v, KEEPALIVE_MS / 2 + 100);
	assert_int_equal(t->w.polls, 1);
	stage_close(t);
}

static void a_keepalive_finds_out(void **state)
{
	(void)state;
	static const struct {
		int poll;
		enum session_end why;
		const char *text;
	} cases[] = {
	    {2002, SESSION_END_DISCARDED, "logged out"},
	    {2200, SESSION_END_DISCARDED, "logged out"},
	    {2500, SESSION_END_LOST, "ended the session with 2500"},
	    {2501, SESSION_END_LOGIN, "ended the session with 2501"},
	    {SILENT, SESSION_END_TIMEOUT, "no answer in time while ready"},
	    {HANG_UP, SESSION_END_LOST, "closed the connection"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		t->w.manners.poll = cases[i].poll;
		uint64_t begin = now_of(&t->w);
		assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
		expect_end(&t->o, "keepalive", cases[i].why, cases[i].text);
		assert_in_range(t->o.closed_at - begin, KEEPALIVE_MS - 1,
		                KEEPALIVE_MS + (cases[i].poll == SILENT ? ANSWER_MS : 100));
		assert_int_equal(t->o.lost, 0);
		stage_close(t);
	}
}

/* 1300, 1301 and refusals that say nothing of the log-in. */
static void a_keepalive_is_content_with(void **state)
{
	(void)state;
	static const int codes[] = {0, 2101, 2400, 2201, 2306};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct stage *t = stage_open(4, NULL);
		t->w.manners.poll = codes[i];
		t->w.queue = codes[i] == 0;
		vloop_run_for(&t->w.v, 3 * KEEPALIVE_MS);
		assert_int_equal(session_state(t->o.s), SESSION_READY);
		assert_true(t->w.polls >= 2);
		assert_int_equal(t->o.messages, codes[i] == 0 ? t->w.polls : 0);
		stage_close(t);
	}
}

static void a_keepalive_waits_for_the_ceiling(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	vloop_run_for(&t->w.v, KEEPALIVE_MS - 100);
	ceiling_set(&t->w.limits.all, 1, 1000 * now_of(&t->w));
	vloop_run_for(&t->w.v, 500);
	assert_int_equal(t->w.polls, 0);
	assert_int_equal(t->w.limits.all.claims, 1);
	vloop_run_for(&t->w.v, 600);
	assert_int_equal(t->w.polls, 1);
	assert_int_equal(t->w.limits.all.claims, 0);
	/* It waits again, and the session drains: the claim goes with it. */
	vloop_run_for(&t->w.v, KEEPALIVE_MS - 1500);
	ceiling_set(&t->w.limits.all, 2, 1000 * (now_of(&t->w) + 1000));
	vloop_run_for(&t->w.v, 1500);
	assert_int_equal(t->w.limits.all.claims, 1);
	PLAY_CALL(&t->w, session_drain(t->o.s));
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	expect_end(&t->o, "drain", SESSION_END_CLEAN, "logged out");
	stage_close(t);
}

/* ---- retirement ---------------------------------------------------------------------------------------------------------- */

static void short_life(struct session_config *c)
{
	c->max_age_ms = 30000;
}

static void an_old_session_retires(void **state)
{
	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		struct stage *t = stage_open_with(4, short_life);
		uint64_t ready_at = session_ready_since(t->o.s);
		assert_int_equal(ready_at, now_of(&t->w));
		vloop_run_for(&t->w.v, 29000);
		if (busy)
			owner_send(&t->o, &t->m[0]);
		vloop_run_for(&t->w.v, 1000 + 4 * LATENCY_MS);
		if (busy) {
			assert_int_equal(session_state(t->o.s), SESSION_DRAINING);
			assert_int_equal(session_room(t->o.s), 0);
			peer_answer(last_peer(&t->w), 1000);
			assert_true(owner_wait(&t->o, is_closed, 1000));
			assert_int_equal(t->m[0].outcome, SESSION_ANSWERED);
		}
		expect_end(&t->o, "old", SESSION_END_CLEAN, "logged out");
		assert_int_equal(log_capture_count(&t->w.log, "session.retire"), 1);
		stage_close(t);
	}
}

/* ---- log-out --------------------------------------------------------------------------------------------------------------- */

static void every_answer_to_a_log_out_will_do(void **state)
{
	(void)state;
	static const struct {
		int logout;
		const char *text;
		uint64_t ms;
	} cases[] = {
	    {0, "logged out", 100},       {1000, "logged out", 100},
	    {2400, "logged out", 100},    {2500, "logged out", 100},
	    {HANG_UP, "logged out", 100}, {SILENT, "log-out was not answered", LOGOUT_MS},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (int no_trid = 0; no_trid < 2; no_trid++) {
			struct stage *t = stage_open(4, NULL);
			t->w.manners.logout = cases[i].logout;
			t->w.manners.omit_trid = no_trid;
			uint64_t begin = now_of(&t->w);
			PLAY_CALL(&t->w, session_drain(t->o.s));
			PLAY_CALL(&t->w, session_drain(t->o.s));
			assert_int_equal(session_state(t->o.s), SESSION_LOGOUT);
			assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
			expect_end(&t->o, "log-out", SESSION_END_CLEAN, cases[i].text);
			assert_true(t->o.closed_at - begin <= cases[i].ms);
			assert_int_equal(t->w.logouts, 1);
			stage_close(t);
		}
	}
}

static void a_log_out_waits_for_the_ceiling_a_little(void **state)
{
	(void)state;
	for (int never = 0; never < 2; never++) {
		struct stage *t = stage_open(4, NULL);
		ceiling_set(&t->w.limits.all, 1, 1000 * (now_of(&t->w) + (never ? 3600000 : 0)));
		PLAY_CALL(&t->w, session_drain(t->o.s));
		vloop_run_for(&t->w.v, 500);
		assert_int_equal(session_state(t->o.s), SESSION_LOGOUT);
		assert_int_equal(t->w.logouts, 0);
		assert_true(owner_wait(&t->o, is_closed, LOGOUT_MS));
		expect_end(&t->o, "ceiling", SESSION_END_CLEAN,
		           never ? "closed without log-out" : "logged out");
		assert_int_equal(t->w.logouts, !never);
		stage_close(t);
	}
}

/* ---- draining and breaking, in every state ---------------------------------------------------------------------------------- */

static bool reached(void *arg)
{
	struct owner *o = arg;
	return o->s && (unsigned)session_state(o->s) == o->w->queue;
}

/* It dials; the registry greets and answers as far as this state. */
static void open_towards(unsigned at, struct play *w, struct owner *o, struct cmd *m)
{
	play_open_listening(w);
	log_capture_expect(&w->log, "session.closed");
	w->manners.greeting = at == SESSION_GREETING ? "" : NULL;
	w->manners.other = w->manners.logout = SILENT;
	owner_dial(o, w);
	cmd_init(m, w, 1);
}

static void draining_and_breaking_in_every_state(void **state)
{
	(void)state;
	for (unsigned at = SESSION_DIALLING; at < SESSION_CLOSING; at++) {
		for (int how = 0; how < 3; how++) {
			struct play w;
			struct owner o;
			struct cmd m;
			open_towards(at, &w, &o, &m);
			w.queue = at;
			if (at >= SESSION_DRAINING) {
				assert_true(owner_wait(&o, is_ready, HOUR_MS));
				if (at == SESSION_DRAINING)
					owner_send(&o, &m);
				PLAY_CALL(&w, session_drain(o.s));
			}
			assert_true(owner_wait(&o, reached, 1000));
			if (how == 0)
				PLAY_CALL(&w, session_drain(o.s));
			else
				PLAY_CALL(&w, session_abort(o.s, SESSION_END_LOST, "broken"));
			if (how == 2) {
				assert_int_equal(session_state(o.s), SESSION_CLOSING);
				PLAY_CALL(&w, session_drain(o.s));
				PLAY_CALL(&w, session_abort(o.s, SESSION_END_LIMIT, "again"));
			}
			assert_true(owner_wait(&o, is_closed, 2 * ANSWER_MS));
			bool late = how == 0 && at == SESSION_DRAINING;
			assert_int_equal(o.why, late  ? SESSION_END_TIMEOUT
			                        : how ? SESSION_END_LOST
			                              : SESSION_END_CLEAN);
			assert_int_equal(m.done, at == SESSION_DRAINING);
			w.queue = 0;
			play_close(&w);
		}
	}
}

/* The other side goes in every state. */
static void losing_it_in_every_state(void **state)
{
	(void)state;
	for (unsigned at = SESSION_GREETING; at < SESSION_CLOSING; at++) {
		for (int reset = 0; reset < 2; reset++) {
			struct play w;
			struct owner o;
			struct cmd m;
			open_towards(at, &w, &o, &m);
			w.manners.login = at == SESSION_LOGIN ? SILENT : 0;
			vloop_run_for(&w.v, 100);
			if (at >= SESSION_READY && at <= SESSION_DRAINING)
				owner_send(&o, &m);
			if (at >= SESSION_DRAINING)
				PLAY_CALL(&w, session_drain(o.s));
			vloop_run_for(&w.v, 100);
			assert_int_equal(session_state(o.s), at);
			if (reset)
				mem_stream_reset(last_peer(&w)->s);
			else
				peer_close(last_peer(&w));
			assert_true(owner_wait(&o, is_closed, 1000));
			assert_int_equal(o.why, at == SESSION_GREETING ? SESSION_END_CONNECT
			                        : at == SESSION_LOGOUT ? SESSION_END_CLEAN
			                                               : SESSION_END_LOST);
			assert_int_equal(o.lost, at == SESSION_READY || at == SESSION_DRAINING);
			play_close(&w);
		}
	}
}

/* A registry that crashes takes its ends without a word; what is written later finds out. */
static void a_registry_that_vanishes(void **state)
{
	(void)state;
	struct stage *t = stage_open(4, NULL);
	log_capture_expect(&t->w.log, "session.closed");
	mem_net_crash(t->w.net, "registry");
	last_peer(&t->w)->s = NULL;
	owner_send(&t->o, &t->m[0]);
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	expect_end(&t->o, "vanished", SESSION_END_LOST, "");
	/* Whether its bytes left cannot be told: they were in the system's hands or not. */
	assert_int_equal(t->m[0].done, 1);
	assert_int_not_equal(t->m[0].outcome, SESSION_ANSWERED);
	stage_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_idle_session_polls),
	    cmocka_unit_test(a_busy_session_does_not_poll),
	    cmocka_unit_test(a_keepalive_finds_out),
	    cmocka_unit_test(a_keepalive_is_content_with),
	    cmocka_unit_test(a_keepalive_waits_for_the_ceiling),
	    cmocka_unit_test(an_old_session_retires),
	    cmocka_unit_test(every_answer_to_a_log_out_will_do),
	    cmocka_unit_test(a_log_out_waits_for_the_ceiling_a_little),
	    cmocka_unit_test(draining_and_breaking_in_every_state),
	    cmocka_unit_test(losing_it_in_every_state),
	    cmocka_unit_test(a_registry_that_vanishes),
	};
	return cmocka_run_group_tests_name("session_life", tests, NULL, NULL);
}
