/* A session from dialling to ready, and every way in which it does not get there. */
#include "tests/unit/daemon/session_owner.h"

struct start {
	const char *what;
	struct manners m;
	enum session_end why;
	const char *text;
	uint64_t after_ms; /* of the end; 0: not looked at */
};

#define RAW(bytes)                                   \
	{                                            \
		.raw = {(bytes), sizeof(bytes) - 1 } \
	}
#define RAW_CLOSE(bytes)                                                     \
	{                                                                    \
		.raw = {(bytes), sizeof(bytes) - 1}, .close_after_raw = true \
	}

static void play_start(const struct start *t, const struct session_config *change)
{
	struct play w;
	struct owner o;
	play_open_listening(&w);
	w.manners = t->m;
	log_capture_expect(&w.log, "session.closed");
	struct session_config c = play_session_config(&w);
	if (change) {
		c.required = change->required;
		c.required_count = change->required_count;
		c.password = secret_is_set(change->password) ? change->password : c.password;
	}
	uint64_t begin = now_of(&w);
	owner_open(&o, &w, &c);
	owner_wait(&o, is_closed, HOUR_MS / 60);
	expect_end(&o, t->what, t->why, t->text);
	if (o.ready)
		fail_msg("%s: it was ready", t->what);
	if (t->after_ms && o.closed_at - begin != t->after_ms)
		fail_msg("%s: after %d ms", t->what, (int)(o.closed_at - begin));
	assert_int_equal(log_capture_count(&w.log, "session.closed"), 1);
	assert_int_equal(log_capture_count(&w.log, "session.ready"), 0);
	play_close(&w);
}

static void no_greeting(void **state)
{
	(void)state;
	static const struct start cases[] = {
	    {"silence",
	     {.greeting = ""},
	     SESSION_END_CONNECT,
	     "no answer in time while greeting",
	     2 * LATENCY_MS + GREETING_MS},
	    {"half a greeting", RAW("\0\0\x01\0<epp"), SESSION_END_CONNECT,
	     "no answer in time while greeting", 2 * LATENCY_MS + GREETING_MS},
	    {"closed at once",
	     {.greeting = "", .close_after_raw = true},
	     SESSION_END_CONNECT,
	     "the registry closed the connection",
	     0},
	    {"closed in a greeting", RAW_CLOSE("\0\0\x01\0<epp"), SESSION_END_CONNECT,
	     "closed in the middle of an answer", 0},
	    {"closed in a header", RAW_CLOSE("\0\0"), SESSION_END_CONNECT,
	     "closed in the middle of an answer", 0},
	    {"text", RAW_CLOSE("192.0.2.1 is not on the list\r\n"), SESSION_END_PROTOCOL,
	     "plain text instead of a frame: 192.0.2.1 is not on the list", 0},
	    {"length 0", RAW("\0\0\0\0"), SESSION_END_PROTOCOL, "a frame length of 0: the bytes are 00000000",
	     0},
	    {"length 4", RAW("\0\0\0\x04"), SESSION_END_PROTOCOL, "a frame length of 4", 0},
	    {"65537", RAW("\0\x01\0\x01"), SESSION_END_PROTOCOL, "a frame length of 65537", 0},
	    {"4 GB", RAW("\xff\xff\xff\xff"), SESSION_END_PROTOCOL, "a frame length of 4294967295", 0},
	    {"no XML", RAW("\0\0\0\x08what"), SESSION_END_PROTOCOL, "an answer that cannot be read", 0},
	    {"a length that does not count itself",
	     RAW("\0\0\0\x35<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"></epp>"), SESSION_END_PROTOCOL,
	     "an answer that cannot be read", 0},
	    {"another root", {.greeting = "<html/>"}, SESSION_END_PROTOCOL, "cannot be read", 0},
	    {"a DOCTYPE",
	     {.greeting = "<!DOCTYPE epp [<!ENTITY a 'b'>]>" GREETING},
	     SESSION_END_PROTOCOL,
	     "cannot be read",
	     0},
	    {"2502",
	     {.greeting = PLAY_EPP("<response><result code=\"2502\"><msg>x</msg></result><trID>"
	                           "<svTRID>1</svTRID></trID></response>")},
	     SESSION_END_LIMIT,
	     "2502 instead of a greeting",
	     0},
	    {"2500",
	     {.greeting = PLAY_EPP("<response><result code=\"2500\"><msg>x</msg></result><trID>"
	                           "<svTRID>1</svTRID></trID></response>")},
	     SESSION_END_CONNECT,
	     "2500 instead of a greeting",
	     0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		play_start(&cases[i], NULL);
}

static void an_unsuitable_greeting(void **state)
{
	(void)state;
	static const char *const needs[] = {EPP_URI_CONTACT, EPP_URI_LOGINSEC, EPP_URI_HOST};
	static const struct session_config required = {.required = needs, .required_count = 3};
	static const struct start cases[] = {
	    {"no domains",
	     {.greeting = GREETING_OF("1.0", "en", NOW_DATE, "<objURI>" EPP_URI_CONTACT "</objURI>", SECDNS)},
	     SESSION_END_UNSUITABLE,
	     "does not offer domain objects",
	     0},
	    {"another version",
	     {.greeting = GREETING_OF("2.0", "en", NOW_DATE, OBJECTS, SECDNS)},
	     SESSION_END_UNSUITABLE,
	     "does not offer EPP version 1.0",
	     0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		play_start(&cases[i], NULL);
	struct start missing = {
	    "required", {0}, SESSION_END_UNSUITABLE, "does not offer " EPP_URI_LOGINSEC ", " EPP_URI_HOST, 0};
	play_start(&missing, &required);
	struct start short_pw = {"short password", {0}, SESSION_END_UNSUITABLE, "pw", 0};
	play_start(&short_pw, &(struct session_config){.password = {"12345"}});
	struct start long_pw = {"long password", {0}, SESSION_END_UNSUITABLE, "pw", 0};
	play_start(&long_pw, &(struct session_config){.password = {"12345678901234567"}});
}

static void a_refused_log_in(void **state)
{
	(void)state;
	static const struct {
		int code;
		enum session_end why;
	} codes[] = {
	    {2200, SESSION_END_LOGIN}, {2501, SESSION_END_LOGIN}, {2201, SESSION_END_LOGIN},
	    {2306, SESSION_END_LOGIN}, {2103, SESSION_END_LOGIN}, {2102, SESSION_END_LOGIN},
	    {2001, SESSION_END_LOGIN}, {2307, SESSION_END_LOGIN}, {2502, SESSION_END_LIMIT},
	    {2400, SESSION_END_LOST},  {2500, SESSION_END_LOST},  {1500, SESSION_END_LOST},
	    {2002, SESSION_END_LOST},  {2104, SESSION_END_LOST},  {2304, SESSION_END_LOST},
	    {2599, SESSION_END_LOST},  {2299, SESSION_END_LOGIN},
	};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		char what[32], text[48];
		snprintf(what, sizeof what, "log-in %d", codes[i].code);
		snprintf(text, sizeof text, "log-in answered %d said", codes[i].code);
		struct start t = {what, {.login = codes[i].code}, codes[i].why, text, 0};
		play_start(&t, NULL);
		t.m.omit_trid = true;
		play_start(&t, NULL);
	}
}

static void a_log_in_without_answer(void **state)
{
	(void)state;
	static const struct start cases[] = {
	    {"silence",
	     {.login = SILENT},
	     SESSION_END_TIMEOUT,
	     "no answer in time while login",
	     2 * LATENCY_MS + LOGIN_MS},
	    {"closed", {.login = HANG_UP}, SESSION_END_LOST, "the registry closed the connection", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		play_start(&cases[i], NULL);
}

static bool odd_login(struct play *w, struct peer *p, const char *xml)
{
	(void)xml;
	switch (w->queue) {
	case 0: peer_answer_as(p, 1000, "somebody-else", NULL); break;
	case 1: peer_frame(p, GREETING); break;
	case 2: mem_stream_reset(p->s); break;
	case 3: peer_raw(p, "\0\x02\0\0", 4); break; /* before log-in the small limit holds */
	default: peer_raw(p, "\0\0\0\x0c<epp><", 10); peer_close(p);
	}
	return true;
}

static void odd_answers_to_the_log_in(void **state)
{
	(void)state;
	static const struct {
		enum session_end why;
		const char *text;
	} ends[] = {
	    {SESSION_END_PROTOCOL, "an answer with clTRID 'somebody-else' instead of 'S1-1-0-l'"},
	    {SESSION_END_PROTOCOL, "a greeting that nobody asked for"},
	    {SESSION_END_LOST, "the connection was cut"},
	    {SESSION_END_PROTOCOL, "a frame length of 131072"},
	    {SESSION_END_LOST, "closed in the middle of an answer"},
	};
	for (unsigned i = 0; i < ARRAY_LEN(ends); i++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		w.on_command = odd_login;
		w.queue = i;
		log_capture_expect(&w.log, "session.closed");
		owner_dial(&o, &w);
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, ends[i].text, ends[i].why, ends[i].text);
		assert_int_equal(o.ready, 0);
		play_close(&w);
	}
}

/* What stands between two frames and is no header is shown, not waited upon. */
static void bytes_after_a_greeting(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *text;
	} cases[] = {
	    {"\r\n\r\n", "plain text instead of a frame: \r\n\r\n"},
	    {"\xfe\xff\xfe\xff", "a frame length of 4278189823: the bytes are fefffeff"},
	    {"epp>", "plain text instead of a frame: epp>"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		w.manners.login = SILENT;
		log_capture_expect(&w.log, "session.closed");
		owner_dial(&o, &w);
		vloop_run_for(&w.v, 4 * LATENCY_MS);
		peer_raw(last_peer(&w), cases[i].bytes, 4);
		assert_true(owner_wait(&o, is_closed, 100));
		expect_end(&o, "trailing", SESSION_END_PROTOCOL, cases[i].text);
		play_close(&w);
	}
}

static bool watch_first_command(struct play *w, struct peer *p, const char *xml)
{
	(void)w;
	if (p->commands == 1)
		assert_non_null(strstr(xml, "<login>"));
	return false;
}

/* Nothing is sent, and no room is promised, before the log-in has been answered. */
static void the_log_in_is_a_barrier(void **state)
{
	(void)state;
	struct play w;
	struct owner o;
	play_open_listening(&w);
	w.on_command = watch_first_command;
	w.manners.login = SILENT;
	owner_dial(&o, &w);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(session_room(o.s), 0);
		assert_int_equal(session_places(o.s), 0);
		vloop_run_for(&w.v, 1);
	}
	assert_int_equal(session_state(o.s), SESSION_LOGIN);
	assert_int_equal(last_peer(&w)->commands, 1);
	peer_answer_as(last_peer(&w), 1000, "S1-1-0-l", NULL);
	assert_true(owner_wait(&o, is_ready, 100));
	assert_int_equal(session_room(o.s), 4);
	PLAY_CALL(&w, session_abort(o.s, SESSION_END_CLEAN, "enough"));
	assert_true(owner_wait(&o, is_closed, 0));
	play_close(&w);
}

/* RFC 8807 lifts the limit of 16 characters. */
static void a_long_password_goes_by_loginsec(void **state)
{
	(void)state;
	struct play w;
	struct owner o;
	play_open_listening(&w);
	w.manners.greeting = GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, LOGINSEC);
	struct session_config c = play_session_config(&w);
	c.password = secret_of("a much longer password than sixteen characters");
	owner_open(&o, &w, &c);
	assert_true(owner_wait(&o, is_ready, HOUR_MS));
	assert_non_null(strstr(w.last_login, "pw>a much longer password than sixteen characters<"));
	PLAY_CALL(&w, session_abort(o.s, SESSION_END_CLEAN, "enough"));
	assert_true(owner_wait(&o, is_closed, 0));
	play_close(&w);
}

static void nobody_there(void **state)
{
	(void)state;
	for (int hole = 0; hole < 2; hole++) {
		struct play w;
		struct owner o;
		play_open(&w);
		if (hole)
			play_listen(&w, 700, false);
		log_capture_expect(&w.log, "session.closed");
		struct session_config c = play_session_config(&w);
		uint64_t begin = now_of(&w);
		owner_open(&o, &w, &c);
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, "nobody", SESSION_END_CONNECT,
		           hole ? "timed out while connecting" : "connection refused");
		assert_int_equal(o.closed_at - begin, hole ? CONNECT_MS : 2 * LATENCY_MS);
		play_close(&w);
	}
}

/* What is used is what both sides know. */
static void the_log_in_has_what_both_know(void **state)
{
	(void)state;
	static const struct {
		const char *greeting, *lang, *has, *has_not;
	} cases[] = {
	    {GREETING, "en", "<lang>en</lang>", EPP_URI_HOST},
	    {GREETING, "vi", "<lang>en</lang>", EPP_URI_LOGINSEC},
	    {GREETING_OF("1.0", "fr", NOW_DATE, OBJECTS, SECDNS), "vi", "<lang>fr</lang>", EPP_URI_HOST},
	    {GREETING_OF("1.0", "en</lang><lang>vi", NOW_DATE, OBJECTS, SECDNS), "vi", "<lang>vi</lang>",
	     EPP_URI_HOST},
	    {GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, SECDNS "<extURI>urn:unknown</extURI>"), "en",
	     EPP_URI_SECDNS, "urn:unknown"},
	    {GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, LOGINSEC), "en", "[LOGIN-SECURITY]", EPP_URI_SECDNS},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		w.manners.greeting = cases[i].greeting;
		struct session_config c = play_session_config(&w);
		c.language = cases[i].lang;
		owner_open(&o, &w, &c);
		assert_true(owner_wait(&o, is_ready, HOUR_MS));
		assert_int_equal(o.greeted, 1);
		if (!strstr(w.last_login, cases[i].has) || strstr(w.last_login, cases[i].has_not))
			fail_msg("%zu: %s", i, w.last_login);
		assert_int_equal(session_has_extension(o.s, STR(EPP_URI_LOGINSEC)),
		                 strstr(cases[i].greeting, EPP_URI_LOGINSEC) != NULL);
		assert_false(log_capture_has(&w.log, "secret-pw"));
		PLAY_CALL(&w, session_drain(o.s));
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, "clean", SESSION_END_CLEAN, "logged out");
		assert_int_equal(w.logouts, 1);
		play_close(&w);
	}
}

/* A log-in waits for the ceiling, before jobs, but not longer than a log-in may take. */
static void the_log_in_waits_for_the_ceiling(void **state)
{
	(void)state;
	for (int used_up = 0; used_up < 2; used_up++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		ceiling_set(&w.limits.all, used_up ? 1 : 10, 1000 * now_of(&w));
		if (used_up) {
			/* Others claimed before, so many that the whole time passes. */
			ceiling_take(&w.limits.all, 1000 * (now_of(&w) + 20000));
			w.limits.all.at_us[0] = 1000 * (now_of(&w) + 20000);
			log_capture_expect(&w.log, "session.closed");
		}
		struct session_config c = play_session_config(&w);
		uint64_t begin = now_of(&w);
		owner_open(&o, &w, &c);
		vloop_run_for(&w.v, 100);
		assert_int_equal(session_state(o.s), SESSION_LOGIN);
		assert_int_equal(w.limits.all.claims, 1);
		assert_int_equal(w.logins, 0);
		if (used_up) {
			assert_true(owner_wait(&o, is_closed, HOUR_MS));
			expect_end(&o, "ceiling", SESSION_END_TIMEOUT,
			           "the command ceiling left no place for the login");
			assert_int_equal(o.closed_at - begin, 2 * LATENCY_MS + LOGIN_MS);
		} else {
			assert_true(owner_wait(&o, is_ready, HOUR_MS));
			assert_int_equal(now_of(&w) - begin, 1000 + 2 * LATENCY_MS);
			PLAY_CALL(&w, session_abort(o.s, SESSION_END_CLEAN, "enough"));
			assert_true(owner_wait(&o, is_closed, 0));
		}
		play_close(&w);
	}
}

/* A notice that comes while the log-in waits. */
static void a_notice_before_the_log_in(void **state)
{
	(void)state;
	static const struct {
		int code;
		enum session_end why;
	} codes[] = {{2502, SESSION_END_LIMIT},
	             {2500, SESSION_END_LOST},
	             {2501, SESSION_END_LOST},
	             {1500, SESSION_END_LOST},
	             {1000, SESSION_END_PROTOCOL}};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		ceiling_set(&w.limits.all, 1, 1000 * now_of(&w));
		log_capture_expect(&w.log, "session.closed");
		owner_dial(&o, &w);
		vloop_run_for(&w.v, 100);
		peer_answer_as(last_peer(&w), codes[i].code, NULL, NULL);
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, "notice", codes[i].why,
		           codes[i].code == 1000 ? "an answer to nothing" : "ended");
		assert_int_equal(w.logins, 0);
		play_close(&w);
	}
}

static void security_events_are_handed_on(void **state)
{
	(void)state;
	for (int bad = 0; bad < 2; bad++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		w.manners.greeting = GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, LOGINSEC);
		w.manners.login = bad ? 2200 : 0;
		w.manners.login_ext =
		    "<extension><l:loginSecData xmlns:l=\"" EPP_URI_LOGINSEC "\">"
		    "<l:event type=\"password\" level=\"warning\" exDate=\"2026-12-01T00:00:00Z\">soon"
		    "</l:event><l:event type=\"certificate\" level=\"error\"/></l:loginSecData></extension>";
		log_capture_expect(&w.log, "session.closed");
		owner_dial(&o, &w);
		assert_true(owner_wait(&o, bad ? is_closed : is_ready, HOUR_MS));
		assert_int_equal(o.events, 2);
		if (!bad)
			PLAY_CALL(&w, session_drain(o.s));
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		play_close(&w);
	}
}

static void in_greeting_abort(struct owner *o)
{
	session_abort(o->s, SESSION_END_CLEAN, "not this one");
}

static void in_greeting_drain(struct owner *o)
{
	session_drain(o->s);
}

static void giving_up_from_inside_the_greeting(void **state)
{
	(void)state;
	for (int drain = 0; drain < 2; drain++) {
		struct play w;
		struct owner o;
		play_open_listening(&w);
		owner_dial(&o, &w);
		o.in_greeting = drain ? in_greeting_drain : in_greeting_abort;
		assert_true(owner_wait(&o, is_closed, HOUR_MS));
		expect_end(&o, "greeting", SESSION_END_CLEAN, drain ? "before it was logged in" : "not this");
		assert_int_equal(w.logins, 0);
		play_close(&w);
	}
}

static void every_state_and_end_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < SESSION_STATE__COUNT; i++)
		assert_string_not_equal(session_state_name((enum session_state)i), "?");
	for (int i = 0; i < SESSION_END__COUNT; i++)
		assert_string_not_equal(session_end_name((enum session_end)i), "?");
	assert_string_equal(session_state_name(SESSION_STATE__COUNT), "?");
	assert_string_equal(session_end_name(SESSION_END__COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_there),
	    cmocka_unit_test(no_greeting),
	    cmocka_unit_test(an_unsuitable_greeting),
	    cmocka_unit_test(a_refused_log_in),
	    cmocka_unit_test(a_log_in_without_answer),
	    cmocka_unit_test(odd_answers_to_the_log_in),
	    cmocka_unit_test(bytes_after_a_greeting),
	    cmocka_unit_test(the_log_in_is_a_barrier),
	    cmocka_unit_test(a_long_password_goes_by_loginsec),
	    cmocka_unit_test(the_log_in_has_what_both_know),
	    cmocka_unit_test(the_log_in_waits_for_the_ceiling),
	    cmocka_unit_test(a_notice_before_the_log_in),
	    cmocka_unit_test(security_events_are_handed_on),
	    cmocka_unit_test(giving_up_from_inside_the_greeting),
	    cmocka_unit_test(every_state_and_end_has_a_name),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
