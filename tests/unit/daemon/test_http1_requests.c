/* The HTTP/1.1 server: requests that are right, however they arrive, and what the handler is told of them. */
#include "tests/unit/daemon/http1_world.h"

static void answers_a_plain_request(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_eq(heard(w), STR("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
	                                 "Content-Length: 5\r\n\r\nhello")));
	say(w, STR("\r\nHEAD /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(w), STR("Content-Length: 5\r\n\r\n")));
	say(w, STR("GET /none HTTP/1.1\r\n" H "Connection: close\r\n\r\n"));
	assert_true(str_ends(heard(w), STR("GMT\r\nConnection: close\r\n\r\n")));
	assert_true(vloop_run_until(&w->v, end_has_eof, &w->client, 10));
	assert_true(w->client.eof_clean);
	assert_int_equal(w->server.requests, 3);
}

static const struct {
	const char *request, *body;
} good[] = {
    {"POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nabcde", "abcde"},
    {"POST /echo HTTP/1.1\r\n" H "content-length:  0 \r\n\r\n", ""},
    {"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
     "abcde"},
    {"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
     "abc"},
    {"GET http://other.example/echo?x HTTP/1.1\r\n" H "\r\n", ""},
    {"GET /echo HTTP/1.1\r\n" H "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", ""},
    {"GET /echo HTTP/1.1\r\n" H "X: \xc3\xa9\tz\r\nEmpty:\r\n\r\n", ""},
    {"POST /echo HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab", "ab"},
    {"OPTIONS * HTTP/1.1\r\n" H "\r\n", ""},
};

static void reads_every_good_request_split_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t len = strlen(good[i].request);
		for (size_t cut = 0; cut <= len; cut++) {
			struct web w;
			web_init(&w);
			say(&w, str_make(good[i].request, cut));
			say(&w, str_make(good[i].request + cut, len - cut));
			if (status_of(heard(&w)) != 200 || !str_ends(heard(&w), str_c(good[i].body)) ||
			    !str_eq_c(buf_str(&w.body), good[i].body) || w.client.eofs)
				fail_msg("request %zu cut at %zu: %.*s", i, cut, STR_ARG(heard(&w)));
			assert_int_equal(w.body_ends, 1);
			web_fini(&w);
		}
	}
}

static void reads_every_good_request_byte_by_byte_and_pipelined(void **state)
{
	(void)state;
	for (size_t piece = 0; piece < 3; piece++) {
		struct web w;
		web_init_with(&w, &(struct mem_opts){.piece_max = piece == 2 ? 13 : piece});
		struct buf all = {0};
		buf_init(&all, 1u << 20);
		for (size_t i = 0; i < ARRAY_LEN(good); i++)
			buf_add(&all, str_c(good[i].request));
		say(&w, buf_str(&all));
		assert_int_equal(count(heard(&w), "HTTP/1.1 200 OK"), ARRAY_LEN(good));
		assert_int_equal(w.requests, ARRAY_LEN(good));
		buf_fini(&all);
		web_fini(&w);
	}
}

static void pipelined_requests_wait_for_their_turn(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /hold HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H
	           "\r\n"));
	assert_int_equal(w->requests, 1);
	vloop_run_for(&w->v, 300000); /* the handler may take its time */
	assert_int_equal(heard(w).len, 0);
	http_respond(w->held, 201, NULL, 0, STR("first"));
	assert_int_equal(w->requests, 1); /* never from inside */
	vloop_settle(&w->v);
	assert_int_equal(w->requests, 3);
	assert_int_equal(status_of(heard(w)), 201);
	assert_int_equal(count(heard(w), "hello"), 2);
}

static void a_flood_of_pipelined_requests_is_held_back(void **state)
{
	(void)state;
	struct web w;
	web_init_with(&w, &(struct mem_opts){.window_bytes = 4096});
	say(&w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));
	for (int i = 0; i < 4000; i++)
		stream_write(w.client.s, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	vloop_settle(&w.v);
	assert_true(stream_queued(w.client.s) > 100000);
	http_respond(w.held, 200, NULL, 0, STR_NONE);
	vloop_settle(&w.v);
	assert_int_equal(count(heard(&w), "hello"), 4000);
	web_fini(&w);
}

static void says_continue_only_when_the_body_is_wanted(void **state)
{
	struct web *w = *state;
	say(w, STR("POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
	assert_true(str_eq(heard(w), STR("HTTP/1.1 100 Continue\r\n\r\n")));
	say(w, STR("abc"));
	assert_true(str_ends(heard(w), STR("abc")));
	buf_clear(&w->client.got);
	say(w, STR("POST /early HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n"));
	assert_int_equal(status_of(heard(w)), 413);
	assert_true(holds(heard(w), "Connection: close") && w->client.eofs == 1);
}

static void queries_and_headers_are_looked_up(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /hold?a=1&name=%C4%90%c3%a0+x&bad=%4&nul=%00&empty HTTP/1.1\r\n" H
	           "X-One: 1\r\nx-one: 2\r\n\r\n"));
	struct str v;
	assert_true(http_query(w->held, "name", &v) && str_eq(v, STR("\xc4\x90\xc3\xa0+x")));
	assert_true(http_query(w->held, "empty", &v) && v.len == 0);
	assert_false(http_query(w->held, "bad", &v));
	assert_false(http_query(w->held, "nul", &v));
	assert_false(http_query(w->held, "nam", &v));
	assert_true(str_eq(http_header(w->held, "X-ONE"), STR("1")));
	assert_true(str_empty(http_header(w->held, "X-Two")));
	assert_true(str_eq(http_header_list(w->held, "X-One"), STR("1, 2")));
	assert_true(str_empty(http_header_list(w->held, "X-Two")));
	assert_int_equal(http_header_count(w->held, "x-ONE"), 2);
	assert_int_equal(http_header_count(w->held, "X-Two"), 0);
	assert_true(str_eq(w->held->host, STR("a.example")));
	const struct http_field f = HTTP_FIELD("Location", STR("/x\r\nInjected: 1"));
	http_respond(w->held, 303, &f, 1, STR_NONE);
	vloop_settle(&w->v);
	assert_true(holds(heard(w), "Location: /x  Injected: 1\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WEB_TEST(answers_a_plain_request),
	    cmocka_unit_test(reads_every_good_request_split_at_every_byte),
	    cmocka_unit_test(reads_every_good_request_byte_by_byte_and_pipelined),
	    WEB_TEST(pipelined_requests_wait_for_their_turn),
	    cmocka_unit_test(a_flood_of_pipelined_requests_is_held_back),
	    WEB_TEST(says_continue_only_when_the_body_is_wanted),
	    WEB_TEST(queries_and_headers_are_looked_up),
	};
	return cmocka_run_group_tests_name("http1_requests", tests, NULL, NULL);
}
