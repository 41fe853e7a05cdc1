/* The HTTP/1.1 server: requests that are wrong, or longer than the limits. */
#include "tests/unit/daemon/http1_world.h"

static const struct {
	const char *what, *request;
	int status;
} bad[] = {
    {"no version", "GET /\r\n\r\n", 400},
    {"HTTP/0.9", "GET / HTTP/0.9\r\n" H "\r\n", 505},
    {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", 505},
    {"lower-case version", "GET / http/1.1\r\n" H "\r\n", 400},
    {"long version", "GET / HTTP/1.10\r\n" H "\r\n", 400},
    {"two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 400},
    {"space after the version", "GET / HTTP/1.1 \r\n" H "\r\n", 400},
    {"tab instead of space", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400},
    {"space before the method", " GET / HTTP/1.1\r\n" H "\r\n", 400},
    {"unknown method", "BREW / HTTP/1.1\r\n" H "\r\n", 501},
    {"lower-case method", "get / HTTP/1.1\r\n" H "\r\n", 501},
    {"CONNECT", "CONNECT a.example:443 HTTP/1.1\r\n" H "\r\n", 501},
    {"bad method", "G@T / HTTP/1.1\r\n" H "\r\n", 400},
    {"relative target", "GET x HTTP/1.1\r\n" H "\r\n", 400},
    {"star target", "GET * HTTP/1.1\r\n" H "\r\n", 400},
    {"fragment", "GET /#x HTTP/1.1\r\n" H "\r\n", 400},
    {"raw UTF-8 target", "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400},
    {"no authority", "GET http:///x HTTP/1.1\r\n" H "\r\n", 400},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\n" H "host: b.example\r\n\r\n", 400},
    {"two equal Hosts", "GET / HTTP/1.1\r\n" H H "\r\n", 400},
    {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"odd Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"Host list", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400},
    {"folded line", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400},
    {"folded by tab", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 400},
    {"folded Transfer-Encoding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
     400},
    {"first line folded", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    {"bare LF", "GET / HTTP/1.1\n" H "\r\n", 400},
    {"bare LF in the head", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"bare CR", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
    {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"no colon", "GET / HTTP/1.1\r\n" H "XYZ\r\n\r\n", 400},
    {"no name", "GET / HTTP/1.1\r\n" H ": x\r\n\r\n", 400},
    {"bad name", "GET / HTTP/1.1\r\n" H "X(y): x\r\n\r\n", 400},
    {"control byte in a value", "GET / HTTP/1.1\r\n" H "X: a\001b\r\n\r\n", 400},
    {"both lengths",
     "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"both, the other way", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
     400},
    {"two lengths", "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
    {"two equal lengths", "POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"length list", "POST / HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc", 400},
    {"negative length", "POST / HTTP/1.1\r\n" H "Content-Length: -3\r\n\r\nabc", 400},
    {"length with a sign", "POST / HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", 400},
    {"hexadecimal length", "POST / HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc", 400},
    {"empty length", "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400},
    {"huge length", "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"length over 63 bits", "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n", 400},
    {"other encoding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"encoding list", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"chunked twice", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n", 501},
    {"two encodings",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"encoding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"other expectation", "POST / HTTP/1.1\r\n" H "Expect: tea\r\nContent-Length: 1\r\n\r\n", 417},
    {"chunk size no number", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"negative chunk size", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
    {"huge chunk size", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
     400},
    {"chunk too long", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
     400},
    {"chunk line by LF", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n",
     400},
    {"space in chunk size",
     "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n 2\r\nab\r\n0\r\n\r\n", 400},
    {"TLS to a plain port", "\x16\x03\x01\x02\x05\x01\n\x01\xfc\x03\x03", 400},
};

static void refuses_every_malformed_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		for (size_t piece = 0; piece < 2; piece++) {
			struct web w;
			web_init_with(&w, &(struct mem_opts){.piece_max = piece});
			say(&w, str_c(bad[i].request));
			say(&w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
			int status = status_of(heard(&w));
			if (status != bad[i].status || holds(heard(&w), "hello") || !w.client.eofs)
				fail_msg("%s: expected %d: %.*s", bad[i].what, bad[i].status,
				         STR_ARG(heard(&w)));
			assert_true(holds(heard(&w), "Connection: close\r\n"));
			assert_true(holds(heard(&w), "application/problem+json"));
			assert_int_equal(w.server.refused, 1);
			assert_int_equal(w.aborts, w.requests);
			web_fini(&w);
		}
	}
}

/* A NUL cannot stand in a C string. */
static void refuses_nul_bytes(void **state)
{
	struct web *w = *state;
	say(w, STR("GET /now HTTP/1.1\r\nHost: a\0b\r\n\r\n"));
	assert_int_equal(status_of(heard(w)), 400);
}

/* As much as there may be, and more; `piece` comes so often between `head` and `tail`. */
static const struct {
	const char *head, *piece;
	size_t times;
	const char *tail;
	int status;
	unsigned aborts;
} limits[] = {
    {"GET /", "aaaaaaaa", 1030, "", 414, 0},
    {"GET /now HTTP/1.1\r\n" H, "X: y\r\n", 64, "\r\n", 431, 0},
    {"GET /now HTTP/1.1\r\n" H, "X: y\r\n", 63, "\r\n", 200, 0},
    {"GET /now HTTP/1.1\r\n" H "X: ", "aaaaaaaa", 2048, "", 431, 0},
    {"POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n",
     "T: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 300, "", 431, 1},
    {"POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n",
     "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b\r\nx\r\n", 400, "", 431, 1},
};

static void limits_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct web w;
		web_init(&w);
		say(&w, str_c(limits[i].head));
		fill(&w, limits[i].piece, limits[i].times);
		say(&w, str_c(limits[i].tail));
		assert_int_equal(status_of(heard(&w)), limits[i].status);
		assert_int_equal(w.aborts, limits[i].aborts);
		web_fini(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_every_malformed_request),
	    WEB_TEST(refuses_nul_bytes),
	    cmocka_unit_test(limits_are_kept),
	};
	return cmocka_run_group_tests_name("http1_refused", tests, NULL, NULL);
}
