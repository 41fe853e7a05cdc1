/* The HTTP/1.1 server: answers in pieces, longer than the buffers, too short, or given before the body has come. */
#include "tests/unit/daemon/http1_world.h"

static void streams_in_chunks(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /pieces HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(w), STR("Transfer-Encoding: chunked\r\n\r\n"
	                                   "4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n")));
	buf_clear(&w->client.got);
	say(w, STR("HEAD /pieces HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(w), STR("Transfer-Encoding: chunked\r\n\r\n")));
	buf_clear(&w->client.got);
	say(w, STR("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
	assert_true(str_ends(heard(w), STR("Connection: close\r\n\r\none,two,three")));
	assert_true(w->client.eofs == 1 && w->client.eof_clean);
}

static void drain_lets_a_long_answer_go_on(void **state)
{
	struct web *w = *state;
	w->flood_left = 5u << 20;
	say(w, STR("GET /flood HTTP/1.1\r\n" H "\r\n"));
	assert_true(heard(w).len > 5u << 20 && w->drains > 3);
	say(w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(w), STR("hello")));
}

static void a_slow_reader_gets_all_of_the_last_answer(void **state)
{
	(void)state;
	struct web w;
	web_init_with(&w, &(struct mem_opts){.window_bytes = 20000, .latency_ms = 1000}); /* 20 kB a second */
	w.flood_left = 250000;
	stream_write(w.client.s, STR("GET /flood HTTP/1.0\r\n\r\n"));
	assert_true(vloop_run_until(&w.v, end_has_eof, &w.client, 100000));
	assert_true(w.client.eof_clean && heard(&w).len > 250000);
	web_fini(&w);
}

static void a_short_answer_is_seen_as_broken(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));
	http_begin(w->held, 200, NULL, 0, 100);
	http_write(w->held, STR("not all"));
	http_end(w->held);
	vloop_settle(&w->v);
	assert_true(w->client.eofs == 1 && !w->client.eof_clean && w->aborts == 0);
	web_renew(w);
	say(w, STR("GET /break HTTP/1.1\r\n" H "\r\n"));
	assert_true(w->client.eofs == 1 && !w->client.eof_clean && w->aborts == 0);
}

static void pausing_works_at_every_piece(void **state)
{
	(void)state;
	static const char *const requests[] = {
	    "POST /pause HTTP/1.1\r\n" H "Content-Length: 12\r\n\r\nabcdefghijkl",
	    "POST /pause HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n6\r\nfghijk\r\n1\r\nl\r\n0\r\n\r\n"};
	for (size_t i = 0; i < 2; i++) {
		for (size_t piece = 0; piece < 4; piece++) {
			struct web w;
			web_init_with(&w, &(struct mem_opts){.piece_max = piece});
			say(&w, str_c(requests[i]));
			say(&w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
			for (int n = 0; n < 50 && w.held; n++) {
				http_resume_body(w.held);
				vloop_settle(&w.v);
			}
			assert_true(holds(heard(&w), "abcdefghijkl") && str_ends(heard(&w), STR("hello")));
			web_fini(&w);
		}
	}
}

static void an_early_answer_drops_a_bounded_rest(void **state)
{
	struct web *w = *state;
	say(w, STR("POST /early HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\nabc"));
	assert_int_equal(status_of(heard(w)), 413);
	assert_true(holds(heard(w), "say \\\"less\\\"\\u000a"));
	say(w, STR("defghijklmnopqrstGET /now HTTP/1.1\r\n" H
	           "\r\n")); /* a short rest: the connection goes on */
	assert_true(str_ends(heard(w), STR("hello")));
	web_renew(w);
	say(w, STR("POST /early HTTP/1.1\r\n" H "Content-Length: 90000000\r\n\r\n"));
	assert_true(holds(heard(w), "Connection: close"));
	fill(w, "0123456789abcdef", 1000);
	say(w, STR_NONE);
	assert_int_equal(w->client.eofs, 0); /* so that the answer is not lost in a reset */
	for (int i = 0; i < 100 && !w->client.eofs; i++) {
		fill(w, "0123456789abcdef", 1000);
		say(w, STR_NONE);
	}
	assert_int_equal(w->client.eofs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WEB_TEST(streams_in_chunks),
	    WEB_TEST(drain_lets_a_long_answer_go_on),
	    cmocka_unit_test(a_slow_reader_gets_all_of_the_last_answer),
	    WEB_TEST(a_short_answer_is_seen_as_broken),
	    cmocka_unit_test(pausing_works_at_every_piece),
	    WEB_TEST(an_early_answer_drops_a_bounded_rest),
	};
	return cmocka_run_group_tests_name("http1_answers", tests, NULL, NULL);
}
