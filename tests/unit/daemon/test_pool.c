/* The pool: how many sessions are open, where to, and what happens when they do not come or do not stay. */
#include "tests/unit/daemon/pool_play.h"

/* ---- opening --------------------------------------------------------------------------------------------------------------- */

static void one_session_goes_ahead_of_the_others(void **state)
{
	(void)state;
	struct pond *d = pond_listening(5);
	pond_start(d);
	assert_int_equal(stats_of(d).connecting, 1);
	while (d->w.logins == 0)
		vloop_run_for(&d->w.v, 1);
	assert_int_equal(d->w.connects, 1);
	pond_fill(d, 1000);
	assert_int_equal(d->w.connects, 5);
	assert_int_equal(pool_slots(d->p), 20);
	assert_int_equal(pool_room(d->p), 20);
	assert_true(d->rooms >= 5);
	assert_int_equal(stats_of(d).opened, 5);
	assert_int_equal(stats_of(d).lost, 0);
	pond_close(d);
}

static void log_ins_are_spread(void **state)
{
	(void)state;
	struct pond *d = pond_open(20, 1);
	unsigned before = 0, most = 0;
	play_listen(&d->w, 700, true);
	pond_start(d);
	for (int i = 0; i < 1000; i++) {
		vloop_run_for(&d->w.v, 1);
		most = d->w.connects - before > most ? d->w.connects - before : most;
		before = d->w.connects;
	}
	pond_fill(d, 0);
	assert_int_equal(d->w.connects, 20);
	assert_in_range(most, 1, 3);
	pond_close(d);
}

static void no_more_connect_than_may_log_in(void **state)
{
	(void)state;
	struct pond *d = pond_listening(10);
	ceiling_set(&d->w.limits.all, 2, 1000 * (now_of(&d->w) - 2000));
	pond_start(d);
	for (int i = 0; i < 1500; i++) {
		vloop_run_for(&d->w.v, 10);
		assert_true(stats_of(d).connecting <= 2);
	}
	pond_fill(d, 0);
	assert_int_equal(d->w.connects, 10); /* nobody was hung up on */
	pond_close(d);
}

static struct pool_limit counted_sessions, counted_window;

static void count_in(struct pool_config *c)
{
	counted_sessions = (struct pool_limit){.limit = {.max = 3, .shadow = true}};
	counted_window = (struct pool_limit){.limit = {.max = 2, .shadow = true}};
	c->session_limit = &counted_sessions;
	c->window_limit = &counted_window;
}

/* Limits in shadow: nothing is kept to, and what was near or beyond them is counted. */
static void what_is_used_is_counted(void **state)
{
	(void)state;
	struct pond *d = pond_open_with(5, 1, count_in);
	play_listen(&d->w, 700, true);
	pond_start(d);
	pond_fill(d, HOUR_MS);
	assert_int_equal(counted_sessions.near, 3); /* the third to the fifth */
	assert_int_equal(counted_sessions.over, 2);
	assert_int_equal(counted_window.near + counted_window.over, 0);
	for (unsigned i = 0; i < 15; i++) /* spread evenly: three on each */
		pond_send(d, i);
	assert_int_equal(stats_of(d).busiest, 3);
	assert_int_equal(counted_window.near, 10);
	assert_int_equal(counted_window.over, 5);
	pond_close(d);
}

static void a_wrong_password_is_tried_once(void **state)
{
	(void)state;
	static const int codes[] = {2200, 2501, 2306};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct pond *d = pond_open(8, 2);
		play_listen(&d->w, 700, true);
		play_listen(&d->w, 701, true);
		d->w.manners.login = codes[i];
		log_capture_expect(&d->w.log, "pool.stopped");
		pond_start(d);
		vloop_run_for(&d->w.v, 24 * HOUR_MS);
		assert_int_equal(d->w.logins, 1);
		assert_int_equal(d->w.connects, 1);
		assert_true(stats_of(d).stopped);
		assert_non_null(strstr(stats_of(d).last_error, "login: log-in answered"));
		assert_int_equal(log_capture_count(&d->w.log, "pool.stopped"), 1);
		assert_int_equal(pool_room(d->p), 0);
		/* Mended, and told so. */
		d->w.manners.login = 0;
		PLAY_CALL(&d->w, pool_resume(d->p));
		pond_fill(d, 1000);
		assert_false(stats_of(d).stopped);
		assert_int_equal(stats_of(d).ready, 8);
		pond_close(d);
	}
}

static void need_loginsec(struct pool_config *c)
{
	static const char *const needs[] = {EPP_URI_LOGINSEC};
	c->session.required = needs;
	c->session.required_count = 1;
}

static void a_registry_without_what_is_required(void **state)
{
	(void)state;
	struct pond *d = pond_open_with(4, 1, need_loginsec);
	play_listen(&d->w, 700, true);
	log_capture_expect(&d->w.log, "pool.stopped");
	pond_start(d);
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_int_equal(d->w.connects, 1);
	assert_true(stats_of(d).stopped);
	assert_non_null(
	    strstr(stats_of(d).last_error, "unsuitable: the greeting does not offer " EPP_URI_LOGINSEC));
	/* An operator resumes, and it is still so. */
	PLAY_CALL(&d->w, pool_resume(d->p));
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_int_equal(d->w.connects, 2);
	assert_int_equal(log_capture_count(&d->w.log, "pool.stopped"), 2);
	pond_close(d);
}

/* A second endpoint that lacks what is required does not take the first one with it. */
static void an_unsuitable_endpoint_is_left_out(void **state)
{
	(void)state;
	struct manners lacking = {.greeting = GREETING};
	struct pond *d = pond_open_with(2, 2, need_loginsec);
	play_listen(&d->w, 700, true);
	play_listen(&d->w, 701, true);
	log_capture_expect(&d->w.log, "endpoint.unsuitable");
	d->w.manners.greeting = GREETING_OF("1.0", "en", NOW_DATE, OBJECTS, LOGINSEC);
	d->w.manners_of = &lacking;
	d->w.manners_port = 700;
	pond_start(d);
	pond_fill(d, 1000);
	assert_false(stats_of(d).stopped);
	assert_int_equal(d->w.connects, 3);
	assert_int_equal(log_capture_count(&d->w.log, "endpoint.unsuitable"), 1);
	/* It is tried again when an operator says so, and not before. */
	vloop_run_for(&d->w.v, HOUR_MS / 2);
	assert_int_equal(d->w.connects, 3);
	log_capture_expect(&d->w.log, "registry.greeting_changed");
	lacking.greeting = d->w.manners.greeting;
	PLAY_CALL(&d->w, pool_resume(d->p));
	mem_stream_reset(last_peer(&d->w)->s);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(last_peer(&d->w)->port, 700);
	pond_close(d);
}

/* A session that is open when the password becomes wrong goes on; what is lost is not replaced. */
static void a_stopped_pool_keeps_its_sessions(void **state)
{
	(void)state;
	struct pond *d = pond_full(3);
	vloop_run_for(&d->w.v, 40000);
	d->w.manners.login = 2200;
	log_capture_expect(&d->w.log, "pool.stopped");
	peer_close(d->w.peers[0]);
	vloop_run_for(&d->w.v, 1000);
	assert_true(stats_of(d).stopped);
	assert_int_equal(stats_of(d).ready, 2);
	peer_close(d->w.peers[1]);
	vloop_run_for(&d->w.v, HOUR_MS / 4);
	assert_int_equal(stats_of(d).ready, 1);
	assert_int_equal(d->w.connects, 4);
	pond_send(d, 0);
	pond_close(d);
}

/* ---- where to -------------------------------------------------------------------------------------------------------------- */

static void the_second_endpoint_takes_over(void **state)
{
	(void)state;
	struct pond *d = pond_open(3, 2);
	play_listen(&d->w, 701, true);
	uint64_t begin = now_of(&d->w);
	pond_start(d);
	while (d->w.connects == 0)
		vloop_run_for(&d->w.v, 1);
	assert_true(now_of(&d->w) - begin < 200); /* no back-off between the two */
	pond_fill(d, 1000);
	assert_int_equal(d->w.connects, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(d->w.peers[i]->port, 701);
	/* The first is back: those that are opened later go there again. */
	play_listen(&d->w, 700, true);
	vloop_run_for(&d->w.v, 40000);
	assert_int_equal(d->w.connects, 3);
	peer_close(d->w.peers[0]);
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(last_peer(&d->w)->port, 700);
	pond_fill(d, 0);
	pond_close(d);
}

/* While the preferred endpoint hangs, what is missing is opened where it works. */
static void a_probe_that_hangs_holds_nobody_up(void **state)
{
	(void)state;
	struct pond *d = pond_open(3, 2);
	play_listen(&d->w, 701, true);
	pond_start(d);
	pond_fill(d, 1000);
	play_listen(&d->w, 700, false);
	vloop_run_for(&d->w.v, 40000);
	for (int i = 0; i < 3; i++)
		peer_close(d->w.peers[i]);
	vloop_run_for(&d->w.v, 2000);
	assert_int_equal(stats_of(d).ready, 2);
	assert_int_equal(stats_of(d).connecting, 1);
	vloop_run_for(&d->w.v, CONNECT_MS);
	assert_int_equal(stats_of(d).ready, 3);
	pond_close(d);
}

static void nobody_there_backs_off(void **state)
{
	(void)state;
	struct pond *d = pond_open(5, 2);
	pond_start(d);
	vloop_run_for(&d->w.v, 10000);
	uint64_t early = stats_of(d).opened;
	assert_in_range(early, 4, 16);
	vloop_run_for(&d->w.v, HOUR_MS);
	/* Two endpoints, each once in 30 to 60 s. */
	uint64_t later = stats_of(d).opened - early;
	assert_in_range(later, 110, 250);
	assert_true(stats_of(d).retry_in_ms > 0);
	assert_non_null(strstr(stats_of(d).last_error, "connect: "));
	play_listen(&d->w, 700, true);
	pond_fill(d, BACKOFF_MAX_MS + 1000);
	assert_int_equal(stats_of(d).ready, 5);
	pond_close(d);
}

static void nothing_is_opened_before_the_start_or_after_the_drain(void **state)
{
	(void)state;
	struct pond *d = pond_listening(3);
	PLAY_CALL(&d->w, pool_resume(d->p));
	vloop_run_for(&d->w.v, 1000);
	assert_int_equal(d->w.connects, 0);
	PLAY_CALL(&d->w, pool_drain(d->p));
	PLAY_CALL(&d->w, pool_start(d->p));
	PLAY_CALL(&d->w, pool_resume(d->p));
	vloop_run_for(&d->w.v, HOUR_MS);
	assert_int_equal(d->w.connects, 0);
	assert_int_equal(d->drained, 1);
	pond_close(d);
}

/* ---- staying -------------------------------------------------------------------------------------------------------------- */

static void lost_sessions_come_back_behind_a_probe(void **state)
{
	(void)state;
	struct pond *d = pond_full(6);
	vloop_run_for(&d->w.v, 40000);
	mem_net_unlisten(d->w.net, "registry", 700);
	for (int i = 0; i < 6; i++)
		mem_stream_reset(d->w.peers[i]->s);
	vloop_run_for(&d->w.v, 200);
	/* One attempt for all six. */
	assert_int_equal(stats_of(d).opened, 7);
	assert_int_equal(stats_of(d).lost, 7);
	play_listen(&d->w, 700, true);
	pond_fill(d, 2 * BACKOFF_MS + 1000);
	assert_int_equal(stats_of(d).opened, 13);
	pond_close(d);
}

static bool close_after_login(struct play *w, struct peer *p, const char *xml)
{
	if (!strstr(xml, "<login>") || w->queue)
		return false;
	w->logins++;
	peer_answer_to(p, xml, 1000);
	peer_close(p);
	return true;
}

/* A registry that lets us in and hangs up is not hammered. */
static void sessions_that_do_not_stay_back_off(void **state)
{
	(void)state;
	struct pond *d = pond_listening(4);
	d->w.on_command = close_after_login;
	pond_start(d);
	vloop_run_for(&d->w.v, HOUR_MS / 4);
	assert_in_range(d->w.logins, 15, 64); /* in a quarter of an hour; 30 to 60 s between them at last */
	pond_close(d);
}

/* It logs us in, and answers every command with 2002. */
static void sessions_that_are_useless_back_off(void **state)
{
	(void)state;
	struct pond *d = pond_listening(1);
	d->w.manners.poll = 2002;
	pond_start(d);
	vloop_run_for(&d->w.v, HOUR_MS / 4);
	assert_in_range(d->w.logins, 10, 50);
	assert_true(log_capture_count(&d->w.log, "session.closed") >= d->w.logins - 1);
	pond_close(d);
}

static void three_hours(struct pool_config *c)
{
	c->session.max_age_ms = 3 * HOUR_MS;
}

static void sessions_retire_one_after_the_other(void **state)
{
	(void)state;
	struct pond *d = pond_open_with(4, 1, three_hours);
	play_listen(&d->w, 700, true);
	pond_start(d);
	uint32_t fewest = 4;
	pond_fill(d, 1000);
	for (int i = 0; i < 7 * 3600 * 10; i++) {
		vloop_run_for(&d->w.v, 100);
		uint32_t ready = stats_of(d).ready;
		fewest = ready < fewest ? ready : fewest;
	}
	assert_true(fewest >= 3);
	assert_in_range(stats_of(d).opened, 12, 14);
	assert_int_equal(stats_of(d).lost, 0);
	pond_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_session_goes_ahead_of_the_others),
	    cmocka_unit_test(log_ins_are_spread),
	    cmocka_unit_test(no_more_connect_than_may_log_in),
	    cmocka_unit_test(what_is_used_is_counted),
	    cmocka_unit_test(a_wrong_password_is_tried_once),
	    cmocka_unit_test(a_registry_without_what_is_required),
	    cmocka_unit_test(an_unsuitable_endpoint_is_left_out),
	    cmocka_unit_test(a_stopped_pool_keeps_its_sessions),
	    cmocka_unit_test(the_second_endpoint_takes_over),
	    cmocka_unit_test(a_probe_that_hangs_holds_nobody_up),
	    cmocka_unit_test(nobody_there_backs_off),
	    cmocka_unit_test(nothing_is_opened_before_the_start_or_after_the_drain),
	    cmocka_unit_test(lost_sessions_come_back_behind_a_probe),
	    cmocka_unit_test(sessions_that_do_not_stay_back_off),
	    cmocka_unit_test(sessions_that_are_useless_back_off),
	    cmocka_unit_test(sessions_retire_one_after_the_other),
	};
	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
