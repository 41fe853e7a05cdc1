/* The pool at work: where commands go, fewer sessions and narrower windows where the registry takes less, what the
 * registry says of itself, and the stop. */
#include "tests/unit/daemon/pool_play.h"

/* ---- commands ---------------------------------------------------------------------------------------------------------------- */

static void commands_go_where_most_room_is(void **state)
{
	(void)state;
	struct pond *d = pond_idle(3);
	for (unsigned i = 0; i < 7; i++)
		pond_send(d, i);
	assert_int_equal(pool_room(d->p), 5);
	assert_int_equal(stats_of(d).in_flight, 7);
	vloop_run_for(&d->w.v, 100);
	for (int i = 0; i < 3; i++)
		assert_in_range(d->w.peers[i]->waiting_count, 2, 3);
	for (unsigned i = 7; i < 12; i++)
		pond_send(d, i);
	assert_int_equal(pool_room(d->p), 0);
	vloop_run_for(&d->w.v, 100);
	unsigned rooms = d->rooms;
	peer_answer(d->w.peers[1], 1000);
	vloop_run_for(&d->w.v, 100);
	assert_int_equal(d->rooms, rooms + 1);
	assert_int_equal(pool_room(d->p), 1);
	pond_close(d);
}

static void wide(struct pool_config *c)
{
	c->session.window = 128;
}

/* What pool_room() said once may be handed in, although the first frames already fill the buffer. */
static void room_that_was_told_holds(void **state)
{
	(void)state;
	struct pond *d = pond_open_with(2, 1, wide);
	play_listen(&d->w, 700, true);
	pond_start(d);
	pond_fill(d, 1000);
	vloop_run_for(&d->w.v, 1000);
	uint32_t room = pool_room(d->p);
	assert_int_equal(room, 256);
	for (unsigned i = 0; i < room; i++) {
		struct errmsg e;
		d->m[i].pad = 8000;
		PLAY_CALL(&d->w, assert_int_equal(pool_send(d->p, &d->m[i].c, &e), OK));
	}
	assert_int_equal(pool_room(d->p), 0);
	pond_close(d);
}

static void answer_who_waits(struct pond *d, int code)
{
	for (size_t i = 0; i < d->w.peer_count; i++)
		if (d->w.peers[i]->waiting_count)
			peer_answer(d->w.peers[i], code);
}

/* ---- fewer sessions ------------------------------------------------------------------------------------------------------------ */

static unsigned most_sessions, refusals;

static bool limited(struct play *w, struct peer *p, const char *xml)
{
	if (!strstr(xml, "<login>"))
		return false;
	unsigned in = 0;
	for (size_t i = 0; i < w->peer_count; i++)
		in += w->peers[i]->s && w->peers[i] != p && w->peers[i]->commands > 0;
	if (in < most_sessions)
		return false;
	refusals++;
	peer_answer_to(p, xml, 2502);
	peer_close(p);
	return true;
}

static void too_many_sessions_are_fewer_and_tried_again(void **state)
{
	(void)state;
	struct pond *d = pond_listening(6);
	d->w.on_command = limited;
	most_sessions = 4;
	refusals = 0;
	pond_start(d);
	vloop_run_for(&d->w.v, 10000);
	assert_in_range(refusals, 1, 2); /* who comes after the first refusal does not try */
	assert_int_equal(stats_of(d).wanted, 4);
	assert_int_equal(stats_of(d).ready, 4);
	/* Tried again, ever less often, while the four go on. */
	vloop_run_for(&d->w.v, 2 * HOUR_MS);
	assert_in_range(refusals, 6, 16); /* a replacement of one that retires starts anew */
	assert_int_equal(stats_of(d).ready, 4);
	assert_false(stats_of(d).stopped);
	/* There is room again. */
	most_sessions = 100;
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_int_equal(stats_of(d).wanted, 6);
	assert_int_equal(stats_of(d).ready, 6);
	pond_close(d);
}

static void no_room_at_all_backs_off(void **state)
{
	(void)state;
	struct pond *d = pond_listening(6);
	d->w.on_command = limited;
	most_sessions = 0;
	refusals = 0;
	pond_start(d);
	vloop_run_for(&d->w.v, HOUR_MS / 4);
	assert_in_range(refusals, 10, 40);
	assert_false(stats_of(d).stopped);
	most_sessions = 100;
	vloop_run_for(&d->w.v, 2 * HOUR_MS);
	assert_int_equal(stats_of(d).ready, 6);
	pond_close(d);
}

/* 2502 to a command of a session that was open. */
static void a_session_taken_away_is_not_fought_for(void **state)
{
	(void)state;
	struct pond *d = pond_idle(3);
	pond_send(d, 0);
	vloop_run_for(&d->w.v, 100);
	answer_who_waits(d, 2502);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->m[0].code, 2502);
	assert_int_equal(stats_of(d).wanted, 2);
	assert_int_equal(d->w.connects, 3);
	vloop_run_for(&d->w.v, 61000);
	assert_int_equal(stats_of(d).ready, 3);
	pond_close(d);
}

/* ---- narrower windows ------------------------------------------------------------------------------------------------------------ */

static void broken_sessions_narrow_the_window(void **state)
{
	(void)state;
	struct pond *d = pond_full(1);
	static const uint32_t windows[] = {2, 1, 1};
	for (size_t k = 0; k < ARRAY_LEN(windows); k++) {
		vloop_run_for(&d->w.v, 100); /* the poll that follows a log-in is over */
		pond_send(d, (unsigned)k);
		vloop_run_for(&d->w.v, 100);
		mem_stream_reset(last_peer(&d->w)->s);
		vloop_run_for(&d->w.v, 10);
		assert_int_equal(d->m[k].outcome, SESSION_UNKNOWN);
		assert_int_equal(stats_of(d).window, windows[k]);
		pond_fill(d, 20000);
		assert_int_equal(pool_slots(d->p), windows[k]);
		vloop_run_for(&d->w.v, 100);
	}
	/* It grows again while nothing breaks. */
	unsigned rooms = d->rooms;
	vloop_run_for(&d->w.v, 200000);
	assert_int_equal(stats_of(d).window, 4);
	assert_int_equal(pool_room(d->p), 4);
	assert_true(d->rooms > rooms);
	/* An idle session that is lost says nothing of the window. */
	mem_stream_reset(last_peer(&d->w)->s);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(stats_of(d).window, 4);
	pond_close(d);
}

static void sessions_that_break_together_narrow_it_once(void **state)
{
	(void)state;
	struct pond *d = pond_idle(4);
	for (unsigned i = 0; i < 8; i++)
		pond_send(d, i);
	vloop_run_for(&d->w.v, 100);
	for (int i = 0; i < 4; i++)
		mem_stream_reset(d->w.peers[i]->s);
	vloop_run_for(&d->w.v, 100);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(d->m[i].outcome, SESSION_UNKNOWN);
	assert_int_equal(stats_of(d).window, 2);
	pond_close(d);
}

/* ---- what the registry says of itself ---------------------------------------------------------------------------------------------- */

static void reopen(struct pond *d, const char *greeting)
{
	d->w.manners.greeting = greeting;
	vloop_run_for(&d->w.v, 31000);
	peer_close(last_peer(&d->w));
	vloop_run_for(&d->w.v, 3000);
	pond_fill(d, 3000);
}

static void a_changed_greeting_is_told_once_as_a_difference(void **state)
{
	(void)state;
	struct pond *d = pond_full(1);
	/* Another order, a repetition. */
	reopen(d, GREETING_OF("1.0", "en", NOW_DATE,
	                      "<objURI>" EPP_URI_CONTACT "</objURI><objURI>" EPP_URI_DOMAIN "</objURI>",
	                      SECDNS SECDNS));
	assert_int_equal(stats_of(d).greeting_changes, 0);
	log_capture_expect(&d->w.log, "registry.greeting_changed");
	const char *other = GREETING_OF("1.0", "en", NOW_DATE, OBJECTS "<objURI>urn:new</objURI>",
	                                LOGINSEC "<extURI>urn:a</extURI>");
	reopen(d, other);
	assert_int_equal(stats_of(d).greeting_changes, 1);
	assert_true(
	    log_capture_has(&d->w.log, "added=urn:a " EPP_URI_LOGINSEC " urn:new removed=" EPP_URI_SECDNS));
	reopen(d, other);
	assert_int_equal(stats_of(d).greeting_changes, 1);
	reopen(d, GREETING);
	assert_int_equal(stats_of(d).greeting_changes, 2);
	assert_int_equal(log_capture_count(&d->w.log, "registry.greeting_changed"), 2);
	pond_close(d);
}

/* Each endpoint is compared with itself. */
static void endpoints_may_offer_different_things(void **state)
{
	(void)state;
	struct manners other = {.greeting = GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, LOGINSEC)};
	struct pond *d = pond_open(1, 2);
	play_listen(&d->w, 701, true);
	d->w.manners_of = &other;
	d->w.manners_port = 701;
	pond_start(d);
	pond_fill(d, 1000);
	play_listen(&d->w, 700, true);
	reopen(d, NULL);
	assert_int_equal(last_peer(&d->w)->port, 700);
	mem_net_unlisten(d->w.net, "registry", 700);
	reopen(d, NULL);
	assert_int_equal(last_peer(&d->w)->port, 701);
	assert_int_equal(stats_of(d).greeting_changes, 0);
	pond_close(d);
}

static void skew(struct pool_config *c)
{
	c->skew_warn_ms = 200000;
}

static void a_clock_that_differs_is_told(void **state)
{
	(void)state;
	struct pond *d = pond_open_with(1, 1, skew);
	play_listen(&d->w, 700, true);
	log_capture_expect(&d->w.log, "registry.clock_skew");
	d->w.manners.greeting = GREETING_OF("1.0", "en", "2026-11-20T02:05:00.5Z", OBJECTS, SECDNS);
	pond_start(d);
	pond_fill(d, 1000);
	assert_in_range(stats_of(d).skew_ms, 300400, 300500);
	assert_int_equal(log_capture_count(&d->w.log, "registry.clock_skew"), 1);
	assert_true(log_capture_has(&d->w.log, "ahead_ms=300"));
	reopen(d, d->w.manners.greeting);
	assert_int_equal(log_capture_count(&d->w.log, "registry.clock_skew"), 1);
	/* In another zone, and right again. */
	reopen(d, GREETING_OF("1.0", "en", "2026-11-20T09:01:00+07:00", OBJECTS, SECDNS));
	assert_int_equal(log_capture_count(&d->w.log, "registry.clock_skew"), 2);
	assert_true(log_capture_has(&d->w.log, "notice registry.clock_skew"));
	/* Behind, and not readable, which says nothing. */
	reopen(d, GREETING_OF("1.0", "en", "2026-11-20T01:00:00Z", OBJECTS, SECDNS));
	assert_true(stats_of(d).skew_ms < -3600000);
	reopen(d, GREETING_OF("1.0", "en", "yesterday", OBJECTS, SECDNS));
	assert_int_equal(log_capture_count(&d->w.log, "registry.clock_skew"), 3);
	pond_close(d);
}

#define EVENTS(password)                                                                           \
	"<extension><l:loginSecData xmlns:l=\"" EPP_URI_LOGINSEC "\">"                             \
	"<l:event type=\"password\" level=\"warning\" exDate=\"" password "T00:00:00Z\">soon"      \
	"</l:event><l:event type=\"certificate\" level=\"info\" exDate=\"2027-06-01T00:00:00Z\"/>" \
	"</l:loginSecData></extension>"

static void what_expires_is_told_once(void **state)
{
	(void)state;
	struct pond *d = pond_listening(4);
	log_capture_expect(&d->w.log, "registry.login_event");
	d->w.manners.login_ext = EVENTS("2026-12-01");
	assert_int_equal(stats_of(d).password_expires, INSTANT_NONE);
	pond_start(d);
	pond_fill(d, 1000);
	assert_int_equal(log_capture_count(&d->w.log, "registry.login_event"), 2);
	assert_true(log_capture_has(&d->w.log, "warning registry.login_event"));
	assert_true(
	    log_capture_has(&d->w.log, "type=password name= severity=warning expires=2026-12-01T00:00:00Z"));
	instant_ms_t at;
	assert_true(instant_parse(STR("2026-12-01T00:00:00Z"), 0, &at));
	assert_int_equal(stats_of(d).password_expires, at);
	assert_true(instant_parse(STR("2027-06-01T00:00:00Z"), 0, &at));
	assert_int_equal(stats_of(d).certificate_expires, at);
	d->w.manners.login_ext = EVENTS("2027-03-01");
	reopen(d, NULL);
	assert_int_equal(log_capture_count(&d->w.log, "registry.login_event"), 4);
	pond_close(d);
}

/* ---- the stop ------------------------------------------------------------------------------------------------------------------------ */

static void a_drain_waits_for_answers_and_logs_out(void **state)
{
	(void)state;
	struct pond *d = pond_idle(3);
	pond_send(d, 0);
	vloop_run_for(&d->w.v, 100);
	PLAY_CALL(&d->w, pool_drain(d->p));
	assert_int_equal(pool_room(d->p), 0);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->w.logouts, 2);
	assert_int_equal(d->drained, 0);
	PLAY_CALL(&d->w, pool_drain(d->p));
	answer_who_waits(d, 1000);
	assert_true(vloop_run_until(&d->w.v, is_drained, d, 1000));
	assert_int_equal(d->m[0].outcome, SESSION_ANSWERED);
	assert_int_equal(d->w.logouts, 3);
	PLAY_CALL(&d->w, pool_drain(d->p));
	PLAY_CALL(&d->w, pool_abort(d->p));
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_int_equal(d->drained, 1);
	pond_close(d);
}

static void the_deadline_breaks_what_is_left(void **state)
{
	(void)state;
	struct pond *d = pond_idle(2);
	pond_send(d, 0);
	vloop_run_for(&d->w.v, 100);
	pond_send(d, 1);
	PLAY_CALL(&d->w, pool_drain(d->p));
	PLAY_CALL(&d->w, pool_abort(d->p));
	assert_int_equal(d->m[0].done, 0);
	assert_true(vloop_run_until(&d->w.v, is_drained, d, 0));
	/* The first had left, the second was handed in, in the same turn. */
	assert_int_equal(d->m[0].outcome, SESSION_UNKNOWN);
	assert_int_equal(d->m[1].outcome, SESSION_NOT_SENT);
	assert_string_equal(d->m[0].text, "stopped before the answer came");
	assert_int_equal(d->w.connects, 2);
	pond_close(d);
}

static void a_drain_while_connecting(void **state)
{
	(void)state;
	for (uint64_t after = 0; after < 40; after++) {
		struct pond *d = pond_open(4, 2);
		play_listen(&d->w, 700, true);
		pond_start(d);
		vloop_run_for(&d->w.v, after);
		PLAY_CALL(&d->w, pool_drain(d->p));
		assert_true(vloop_run_until(&d->w.v, is_drained, d, 1000));
		vloop_run_for(&d->w.v, HOUR_MS);
		assert_int_equal(peers_open(&d->w), 0);
		pond_close(d);
	}
}

static void drain_in_room(void *arg)
{
	struct pond *d = arg;
	d->rooms++;
	pool_drain(d->p);
}

static void free_in_drained(void *arg)
{
	struct pond *d = arg;
	d->drained++;
	pool_free(d->p);
	d->p = NULL;
}

/* The owner drains it when it says that there is room, and frees it when it says that it is through. */
static void drained_and_freed_from_inside(void **state)
{
	(void)state;
	static const struct pool_events ev = {.on_room = drain_in_room,
	                                      .on_message = pond_message,
	                                      .on_drained = free_in_drained};
	struct pond *d = pond_open(3, 1);
	pool_free(d->p);
	play_listen(&d->w, 700, true);
	struct pool_config c = pond_config(d, 3, 1);
	d->p = pool_new(&c, &ev, d);
	pond_start(d);
	assert_true(vloop_run_until(&d->w.v, is_drained, d, 10000));
	assert_int_equal(d->rooms, 1);
	assert_int_equal(d->drained, 1);
	play_close(&d->w);
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_go_where_most_room_is),
	    cmocka_unit_test(room_that_was_told_holds),
	    cmocka_unit_test(too_many_sessions_are_fewer_and_tried_again),
	    cmocka_unit_test(no_room_at_all_backs_off),
	    cmocka_unit_test(a_session_taken_away_is_not_fought_for),
	    cmocka_unit_test(broken_sessions_narrow_the_window),
	    cmocka_unit_test(sessions_that_break_together_narrow_it_once),
	    cmocka_unit_test(endpoints_may_offer_different_things),
	    cmocka_unit_test(a_changed_greeting_is_told_once_as_a_difference),
	    cmocka_unit_test(a_clock_that_differs_is_told),
	    cmocka_unit_test(what_expires_is_told_once),
	    cmocka_unit_test(a_drain_waits_for_answers_and_logs_out),
	    cmocka_unit_test(the_deadline_breaks_what_is_left),
	    cmocka_unit_test(a_drain_while_connecting),
	    cmocka_unit_test(drained_and_freed_from_inside),
	};
	return cmocka_run_group_tests_name("pool_adapt", tests, NULL, NULL);
}
