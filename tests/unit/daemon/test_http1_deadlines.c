/* The HTTP/1.1 server: peers that are slow to ask, to send a body or to read. */
#include "tests/unit/daemon/http1_world.h"

static uint64_t now_ms(const struct web *w)
{
	return w->v.now_us / 1000;
}

static void a_slow_head_is_refused(void **state)
{
	struct web *w = *state;
	vloop_settle(&w->v);
	uint64_t from = now_ms(w);
	for (int i = 0; i < 20 && !w->client.eofs; i++) {
		say(w, i ? STR("x") : STR("GET /"));
		vloop_run_for(&w->v, 900);
	}
	assert_int_equal(status_of(heard(w)), 408);
	assert_in_range(now_ms(w) - from, HTTP_HEAD_MS, HTTP_HEAD_MS + 1000);
}

static void an_idle_connection_closes_without_a_word(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	buf_clear(&w->client.got);
	uint64_t from = now_ms(w);
	assert_true(vloop_run_until(&w->v, end_has_eof, &w->client, 100000));
	assert_int_equal(now_ms(w) - from, HTTP_IDLE_MS);
	assert_true(heard(w).len == 0 && w->client.eof_clean);
}

static void a_stopped_body_is_refused_and_aborted_once(void **state)
{
	struct web *w = *state;
	say(w, STR("POST /echo HTTP/1.1\r\n" H "Content-Length: 10000\r\n\r\nabc"));
	vloop_run_for(&w->v, HTTP_BODY_MS - 1);
	fill(w, "d", HTTP_BODY_MIN);
	vloop_run_for(&w->v, HTTP_BODY_MS - 1);
	assert_int_equal(w->aborts, 0);
	assert_true(vloop_run_until(&w->v, end_has_eof, &w->client, 10));
	assert_int_equal(status_of(heard(w)), 408);
	assert_true(w->aborts == 1 && w->abort_why == ERR_TIMEOUT);
}

/* The same for one that is wanted and one that is only dropped. */
static void a_body_in_drops_is_refused(const char *path, int status)
{
	char head[128];
	struct web w;
	web_init(&w);
	vloop_settle(&w.v);
	uint64_t from = now_ms(&w);
	snprintf(head, sizeof head, "POST %s HTTP/1.1\r\n" H "Content-Length: 60000\r\n\r\n", path);
	say(&w, str_c(head));
	for (int i = 0; i < 100 && !w.client.eofs; i++) {
		say(&w, STR("x"));
		vloop_run_for(&w.v, 1000);
	}
	assert_int_equal(status_of(heard(&w)), status);
	assert_in_range(now_ms(&w) - from, HTTP_BODY_MS, HTTP_BODY_MS + 1000);
	web_fini(&w);
}

static void a_slow_body_is_refused(void **state)
{
	(void)state;
	a_body_in_drops_is_refused("/echo", 408);
	a_body_in_drops_is_refused("/early", 413);
}

static void a_paused_body_has_no_deadline(void **state)
{
	struct web *w = *state;
	say(w, STR("POST /pause HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\nabc"));
	assert_int_equal(buf_len(&w->body), 3);
	vloop_run_for(&w->v, 10 * HTTP_BODY_MS);
	say(w, STR("def"));
	assert_int_equal(buf_len(&w->body), 3);
	http_resume_body(w->held);
	vloop_settle(&w->v);
	assert_int_equal(buf_len(&w->body), 6);
	assert_int_equal(w->body_ends, 0); /* it paused again with the last byte */
	http_resume_body(w->held);
	vloop_settle(&w->v);
	assert_int_equal(w->body_ends, 1);
	assert_true(str_ends(heard(w), STR("abcdef")));
}

static void a_peer_that_does_not_read_is_dropped(void **state)
{
	struct web *w = *state;
	w->flood_left = 5u << 20;
	vloop_settle(&w->v);
	stream_pause(w->client.s);
	say(w, STR("GET /flood HTTP/1.1\r\n" H "\r\n"));
	assert_non_null(w->held);
	vloop_run_for(&w->v, HTTP_STALL_MS - 1000);
	assert_int_equal(w->aborts, 0);
	vloop_run_for(&w->v, HTTP_STALL_MS + 2000);
	assert_true(w->aborts == 1 && w->abort_why == ERR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WEB_TEST(a_slow_head_is_refused),
	    WEB_TEST(an_idle_connection_closes_without_a_word),
	    WEB_TEST(a_stopped_body_is_refused_and_aborted_once),
	    cmocka_unit_test(a_slow_body_is_refused),
	    WEB_TEST(a_paused_body_has_no_deadline),
	    WEB_TEST(a_peer_that_does_not_read_is_dropped),
	};
	return cmocka_run_group_tests_name("http1_deadlines", tests, NULL, NULL);
}
