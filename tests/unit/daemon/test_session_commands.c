/* Commands of a ready session: pairing of answers, what ends it, and what each command in flight is told. */
#include "tests/unit/daemon/session_owner.h"

#define MANY 1000

struct stage {
	struct play w;
	struct owner o;
	struct cmd m[MANY];
};

static struct stage *stage_open(uint32_t window, const struct mem_opts *opts)
{
	struct stage *t = xcalloc(1, sizeof *t);
	play_open(&t->w);
	t->w.manners.other = SILENT;
	play_listen(&t->w, 700, true);
	struct session_config c = play_session_config(&t->w);
	c.window = window;
	owner_open(&t->o, &t->w, &c);
	assert_true(owner_wait(&t->o, is_ready, HOUR_MS));
	if (opts)
		mem_net_set_opts(t->w.net, opts);
	assert_int_equal(session_room(t->o.s), window);
	for (unsigned i = 0; i < MANY; i++)
		cmd_init(&t->m[i], &t->w, i);
	return t;
}

static void send_n(struct stage *t, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		owner_send(&t->o, &t->m[i]);
}

static bool all_arrived(void *arg)
{
	struct stage *t = arg;
	return last_peer(&t->w)->waiting_count == session_in_flight(t->o.s);
}

static void arrive(struct stage *t)
{
	assert_true(vloop_run_until(&t->w.v, all_arrived, t, 5000));
}

/* Ends it when it has not ended. */
static void stage_close(struct stage *t)
{
	if (t->o.s)
		PLAY_CALL(&t->w, session_abort(t->o.s, SESSION_END_CLEAN, "end of the test"));
	assert_true(owner_wait(&t->o, is_closed, HOUR_MS));
	play_close(&t->w);
	free(t);
}

static void expect(struct stage *t, unsigned i, enum session_outcome outcome, int code)
{
	const struct cmd *m = &t->m[i];
	if (m->done != 1 || m->outcome != outcome || m->code != code)
		fail_msg("command %u: done %u, outcome %d, code %d", i, m->done, (int)m->outcome, m->code);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------- */

static void answers_come_in_order(void **state)
{
	(void)state;
	static const struct mem_opts opts[] = {{.latency_ms = 3},
	                                       {.latency_ms = 3, .piece_max = 1},
	                                       {.latency_ms = 3, .piece_max = 7}};
	for (size_t k = 0; k < ARRAY_LEN(opts); k++) {
		struct stage *t = stage_open(8, &opts[k]);
		send_n(t, 0, 8);
		assert_int_equal(session_room(t->o.s), 0);
		arrive(t);
		for (int i = 0; i < 8; i++)
			peer_answer(last_peer(&t->w), 2000 + 100 * (i % 2) + 300); /* merged: one write */
		vloop_run_for(&t->w.v, 1000);
		for (unsigned i = 0; i < 8; i++)
			expect(t, i, SESSION_ANSWERED, i % 2 ? 2400 : 2300);
		assert_int_equal(t->o.room, 8);
		assert_int_equal(session_room(t->o.s), 8);
		stage_close(t);
	}
}

static void many_answers_at_once_are_handled_in_turns(void **state)
{
	(void)state;
	for (int closes = 0; closes < 3; closes++) {
		struct stage *t = stage_open(MANY, NULL);
		send_n(t, 0, MANY);
		arrive(t);
		for (int i = 0; i < MANY; i++)
			peer_answer(last_peer(&t->w), 1000);
		if (closes == 1)
			peer_close(last_peer(&t->w));
		cmds_done = 0;
		uint64_t turns = t->w.v.loop.turns;
		while (cmds_done == 0)
			loop_turn(&t->w.v.loop), t->w.v.now_us += 1000;
		assert_in_range(cmds_done, 1, MANY - 1);
		if (closes == 2) /* the rest has been received, and counts */
			mem_stream_reset(last_peer(&t->w)->s);
		if (closes)
			log_capture_expect(&t->w.log, "session.closed");
		vloop_run_for(&t->w.v, 1000);
		assert_true(t->w.v.loop.turns > turns + 2);
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(t->m[i].done, 1);
		if (closes < 2)
			assert_int_equal(t->m[MANY - 1].outcome, SESSION_ANSWERED);
		assert_int_equal(t->o.closed, closes > 0);
		stage_close(t);
	}
}

/* A code, whether the answer bears the clTRID, what the command is told, and how the session ends (or goes on). */
static void what_codes_mean(void **state)
{
	(void)state;
	enum { GOES_ON = 100 };
	static const struct {
		int code;
		bool no_trid;
		enum session_outcome told;
		int end;
	} cases[] = {
	    {1000, false, SESSION_ANSWERED, GOES_ON},
	    {1001, false, SESSION_ANSWERED, GOES_ON},
	    {2104, false, SESSION_ANSWERED, GOES_ON},
	    {2302, false, SESSION_ANSWERED, GOES_ON},
	    {2400, false, SESSION_ANSWERED, GOES_ON},
	    {2002, false, SESSION_ANSWERED, SESSION_END_DISCARDED},
	    {2200, false, SESSION_ANSWERED, SESSION_END_DISCARDED},
	    {1500, false, SESSION_ANSWERED, SESSION_END_LOST},
	    {2500, false, SESSION_ANSWERED, SESSION_END_LOST},
	    {2599, false, SESSION_ANSWERED, SESSION_END_LOST},
	    {2501, false, SESSION_ANSWERED, SESSION_END_LOGIN},
	    {2502, false, SESSION_ANSWERED, SESSION_END_LIMIT},
	    /* Without clTRID: by order where servers are known to leave it out, else in doubt. */
	    {2000, true, SESSION_ANSWERED, GOES_ON},
	    {2001, true, SESSION_ANSWERED, GOES_ON},
	    {2005, true, SESSION_ANSWERED, GOES_ON},
	    {2400, true, SESSION_ANSWERED, GOES_ON},
	    {2002, true, SESSION_ANSWERED, SESSION_END_DISCARDED},
	    {2500, true, SESSION_ANSWERED, SESSION_END_LOST},
	    {1500, true, SESSION_UNKNOWN, SESSION_END_LOST},
	    {2501, true, SESSION_UNKNOWN, SESSION_END_LOST},
	    {2502, true, SESSION_UNKNOWN, SESSION_END_LIMIT},
	    {1000, true, SESSION_UNKNOWN, SESSION_END_PROTOCOL},
	    {1001, true, SESSION_UNKNOWN, SESSION_END_PROTOCOL},
	    {2302, true, SESSION_UNKNOWN, SESSION_END_PROTOCOL},
	    {2006, true, SESSION_UNKNOWN, SESSION_END_PROTOCOL},
	};
	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		send_n(t, 0, 3);
		arrive(t);
		peer_answer(last_peer(&t->w), 1000);
		t->w.manners.omit_trid = cases[k].no_trid;
		peer_answer(last_peer(&t->w), cases[k].code);
		t->w.manners.omit_trid = false;
		vloop_run_for(&t->w.v, 2 * LATENCY_MS);
		expect(t, 0, SESSION_ANSWERED, 1000);
		expect(t, 1, cases[k].told, cases[k].told == SESSION_ANSWERED ? cases[k].code : 0);
		if (cases[k].end == GOES_ON) {
			assert_int_equal(session_state(t->o.s), SESSION_READY);
		} else if (cases[k].end == SESSION_END_DISCARDED) {
			/* What is in flight may still be answered; then it logs out. */
			assert_int_equal(session_state(t->o.s), SESSION_DRAINING);
			assert_int_equal(session_room(t->o.s), 0);
			peer_answer(last_peer(&t->w), 2002);
			assert_true(owner_wait(&t->o, is_closed, 1000));
			expect(t, 2, SESSION_ANSWERED, 2002);
			expect_end(&t->o, "discarded", SESSION_END_DISCARDED, "logged out");
			assert_int_equal(t->w.logouts, 1);
		} else {
			char what[32];
			snprintf(what, sizeof what, "%d", cases[k].code);
			expect_end(&t->o, what, (enum session_end)cases[k].end, "");
			expect(t, 2, SESSION_UNKNOWN, 0);
			assert_int_equal(t->o.lost, cases[k].told == SESSION_UNKNOWN ? 2 : 1);
			assert_int_equal(t->w.logouts, 0);
		}
		stage_close(t);
	}
}

/* Bytes that are no answer to what was asked. */
static void what_is_no_answer(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		int in_flight;
		const char *raw;
		size_t len;
		const char *xml; /* instead of raw, in a frame */
		enum session_end why;
		const char *text;
	} cases[] = {
	    {"another clTRID", 2, NULL, 0,
	     PLAY_EPP("<response><result code=\"1000\"><msg>x</msg></result><trID><clTRID>VN-1</clTRID>"
	              "<svTRID>1</svTRID></trID></response>"),
	     SESSION_END_PROTOCOL, "an answer with clTRID 'VN-1' instead of 'VN-0'"},
	    {"nothing asked", 0, NULL, 0,
	     PLAY_EPP("<response><result code=\"1000\"><msg>x</msg></result><trID><clTRID>VN-0</clTRID>"
	              "<svTRID>1</svTRID></trID></response>"),
	     SESSION_END_PROTOCOL, "an answer to nothing"},
	    {"idle: 2500", 0, NULL, 0,
	     PLAY_EPP("<response><result code=\"2500\"><msg>x</msg></result><trID><svTRID>1</svTRID></trID>"
	              "</response>"),
	     SESSION_END_LOST, "ended the session with 2500"},
	    {"idle: 2501", 0, NULL, 0,
	     PLAY_EPP("<response><result code=\"2501\"><msg>x</msg></result><trID><svTRID>1</svTRID></trID>"
	              "</response>"),
	     SESSION_END_LOST, "ended the session with 2501"},
	    {"idle: 2502", 0, NULL, 0,
	     PLAY_EPP("<response><result code=\"2502\"><msg>x</msg></result><trID><svTRID>1</svTRID></trID>"
	              "</response>"),
	     SESSION_END_LIMIT, "ended the session with 2502"},
	    {"a greeting", 2, NULL, 0, GREETING, SESSION_END_PROTOCOL, "a greeting that nobody asked for"},
	    {"no XML", 2, NULL, 0, "what?", SESSION_END_PROTOCOL, "an answer that cannot be read"},
	    {"half an element", 2, NULL, 0, "<epp><resp", SESSION_END_PROTOCOL, "cannot be read"},
	    {"too large", 2, "\0\x10\0\x01", 4, NULL, SESSION_END_PROTOCOL, "a frame length of 1048577"},
	    {"text", 2, "Connection quota exceeded", 25, NULL, SESSION_END_PROTOCOL,
	     "plain text instead of a frame: Connection quota exceeded"},
	    {"zeros", 2, "\0\0\0\0\0\0\0\0", 8, NULL, SESSION_END_PROTOCOL,
	     "a frame length of 0: the bytes are 0000000000000000"},
	};
	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		send_n(t, 0, (unsigned)cases[k].in_flight);
		arrive(t);
		if (cases[k].xml)
			peer_frame(last_peer(&t->w), cases[k].xml);
		else
			peer_raw(last_peer(&t->w), cases[k].raw, cases[k].len);
		vloop_run_for(&t->w.v, 1000);
		expect_end(&t->o, cases[k].what, cases[k].why, cases[k].text);
		for (int i = 0; i < cases[k].in_flight; i++)
			expect(t, (unsigned)i, SESSION_UNKNOWN, 0);
		assert_int_equal(t->o.lost, cases[k].in_flight);
		stage_close(t);
	}
}

static void half_an_answer_and_the_end(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct stage *t = stage_open(4, NULL);
		log_capture_expect(&t->w.log, "session.closed");
		send_n(t, 0, 2);
		arrive(t);
		peer_answer(last_peer(&t->w), 1000);
		peer_raw(last_peer(&t->w), "\0\0\x01\0<epp xmlns", 14);
		if (how == 0)
			peer_close(last_peer(&t->w));
		vloop_run_for(&t->w.v, 1000);
		if (how == 1)
			mem_stream_reset(last_peer(&t->w)->s);
		assert_true(owner_wait(&t->o, is_closed, HOUR_MS)); /* how 2: the deadline */
		expect_end(&t->o, "half", how == 2 ? SESSION_END_TIMEOUT : SESSION_END_LOST,
		           how == 2 ? "no answer in time while ready" : "closed in the middle of an answer");
		expect(t, 0, SESSION_ANSWERED, 1000);
		expect(t, 1, SESSION_UNKNOWN, 0);
		stage_close(t);
	}
}

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
		play_open(&w);
		play_listen(&w, 700, true);
		struct session_config c = play_session_config(&w);
		owner_open(&o, &w, &c);
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
	    cmocka_unit_test(answers_come_in_order),
	    cmocka_unit_test(many_answers_at_once_are_handled_in_turns),
	    cmocka_unit_test(what_codes_mean),
	    cmocka_unit_test(what_is_no_answer),
	    cmocka_unit_test(half_an_answer_and_the_end),
	    cmocka_unit_test(the_oldest_command_has_the_deadline),
	    cmocka_unit_test(what_never_left_is_not_sent),
	    cmocka_unit_test(a_registry_that_does_not_read),
	    cmocka_unit_test(a_command_that_cannot_be_built),
	    cmocka_unit_test(the_window_can_change),
	    cmocka_unit_test(messages_are_reported),
	    cmocka_unit_test(giving_up_from_inside_an_answer),
	    cmocka_unit_test(giving_up_from_inside_an_event),
	    cmocka_unit_test(commands_may_be_freed_when_done),
	};
	return cmocka_run_group_tests_name("session_commands", tests, NULL, NULL);
}
