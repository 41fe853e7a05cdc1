/* Commands of a ready session: pairing of answers, and what an answer means for the session. */
#include "tests/unit/daemon/session_stage.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_come_in_order),
	    cmocka_unit_test(many_answers_at_once_are_handled_in_turns),
	    cmocka_unit_test(what_codes_mean),
	    cmocka_unit_test(what_is_no_answer),
	    cmocka_unit_test(half_an_answer_and_the_end),
	};
	return cmocka_run_group_tests_name("session_commands", tests, NULL, NULL);
}
