/* The HTTP/1.1 server on streams in memory, in virtual time. */
#include "daemon/net/http1.h"
#include "epp/base/alloc.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/stream_contract.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* ---- a server with a handler for every habit ---- */

struct web {
	struct vloop v;
	struct mem_net *net;
	struct http_server server;
	struct end client;
	struct buf body;           /* of the request being handled */
	struct http_request *held; /* by /hold, /pause, /flood */
	unsigned requests, body_ends, aborts, drains;
	enum err abort_why;
	size_t flood_left;
};

static struct web *web; /* the one under test */

static void on_body(struct http_request *r, struct str data)
{
	(void)r;
	buf_add(&web->body, data);
}

static void on_body_paused(struct http_request *r, struct str data)
{
	on_body(r, data);
	http_pause_body(r);
}

static void on_abort(struct http_request *r, enum err why)
{
	assert_non_null(r->arg);
	web->aborts++;
	web->abort_why = why;
	web->held = NULL;
}

static void answer_with_body(struct http_request *r)
{
	web->body_ends++;
	web->held = NULL;
	const struct http_field type = HTTP_FIELD("Content-Type", STR("text/plain"));
	http_respond(r, 200, &type, 1, buf_str(&web->body));
}

static void answer_in_pieces(struct http_request *r)
{
	web->body_ends++;
	http_begin(r, 200, NULL, 0, HTTP_LENGTH_UNKNOWN);
	http_write(r, STR("one,"));
	http_write(r, STR(""));
	http_write(r, STR("two,"));
	http_write(r, STR("three"));
	http_end(r);
}

static void flood(struct http_request *r)
{
	static char block[50000];
	while (web->flood_left && !http_full(r)) {
		size_t n = web->flood_left < sizeof block ? web->flood_left : sizeof block;
		http_write(r, str_make(block, n));
		web->flood_left -= n;
	}
	if (web->flood_left == 0) {
		web->held = NULL;
		http_end(r);
	}
}

static void on_drain(struct http_request *r)
{
	web->drains++;
	flood(r);
}

static void hold_on_body_end(struct http_request *r)
{
	(void)r;
	web->body_ends++;
}

static const struct http_events echo = {.on_body = on_body,
                                        .on_body_end = answer_with_body,
                                        .on_abort = on_abort};
static const struct http_events pieces = {.on_body_end = answer_in_pieces, .on_abort = on_abort};
static const struct http_events pause = {.on_body = on_body_paused,
                                         .on_body_end = answer_with_body,
                                         .on_abort = on_abort};
static const struct http_events hold = {.on_body = on_body,
                                        .on_body_end = hold_on_body_end,
                                        .on_abort = on_abort};
static const struct http_events flooding = {.on_drain = on_drain, .on_abort = on_abort};

static void on_request(void *arg, struct http_request *r)
{
	assert_ptr_equal(arg, web);
	assert_non_null(http_peer(r));
	web->requests++;
	buf_clear(&web->body);
	r->arg = web;
	r->whose = 3;
	r->ev = &echo;
	if (str_eq(r->path, STR("/now")))
		http_respond(r, 200, NULL, 0, STR("hello"));
	else if (str_eq(r->path, STR("/early")))
		http_problem(r, 413, "Too much", STR("say \"less\"\n"));
	else if (str_eq(r->path, STR("/none")))
		http_respond(r, 204, NULL, 0, STR_NONE);
	else if (str_eq(r->path, STR("/break")))
		http_break(r);
	else if (str_eq(r->path, STR("/pieces")))
		r->ev = &pieces;
	else if (str_eq(r->path, STR("/pause")))
		r->ev = &pause;
	else if (str_eq(r->path, STR("/hold")))
		r->ev = &hold;
	if (str_eq(r->path, STR("/flood"))) {
		r->ev = &flooding;
		http_begin(r, 200, NULL, 0, web->flood_left);
		flood(r);
	}
	if (r->ev == &pause || r->ev == &hold || (r->ev == &flooding && web->flood_left))
		web->held = r;
}

static void web_connect(struct web *w)
{
	struct stream *a, *b;
	mem_net_pair(w->net, &a, &b);
	stream_listen(a, &end_events, &w->client);
	w->client.s = a;
	http_server_on_stream(&w->server, b);
}

static void web_init_with(struct web *w, const struct mem_opts *opts)
{
	*w = (struct web){0};
	web = w;
	vloop_init(&w->v, 0);
	w->net = mem_net_new(&w->v.loop, opts, 7);
	http_server_init(&w->server, &w->v.loop, on_request, w);
	end_init(&w->client, NULL, NULL);
	buf_init(&w->body, 8u << 20);
	web_connect(w);
}

static void web_init(struct web *w)
{
	web_init_with(w, &(struct mem_opts){0});
}

static void web_fini(struct web *w)
{
	if (w->client.s)
		end_close(&w->client);
	http_server_abort(&w->server);
	assert_true(vloop_run_until(&w->v, NULL, NULL, 100000));
	assert_int_equal(w->server.conns.count, 0);
	end_fini(&w->client);
	buf_fini(&w->body);
	mem_net_free(w->net);
	vloop_fini(&w->v);
	web = NULL;
}

static void say(struct web *w, struct str text)
{
	if (w->client.s)
		stream_write(w->client.s, text);
	vloop_settle(&w->v);
}

/* What the server has said since the last time. */
static struct str heard(struct web *w)
{
	return buf_str(&w->client.got);
}

static int status_of(struct str answer)
{
	uint64_t status;
	if (!str_starts(answer, STR("HTTP/1.1 ")) || !str_to_u64(str_make(answer.ptr + 9, 3), &status))
		return 0;
	return (int)status;
}

static bool holds(struct str s, const char *text)
{
	return memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

static size_t count(struct str s, const char *text)
{
	size_t n = 0, len = strlen(text);
	for (size_t i = 0; i + len <= s.len; i++)
		n += memcmp(s.ptr + i, text, len) == 0;
	return n;
}

#define H "Host: a.example\r\n"

/* ---- what is right ---- */

static void answers_a_plain_request(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_eq(heard(&w), STR("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
	                                  "Content-Length: 5\r\n\r\nhello")));
	say(&w, STR("\r\nHEAD /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(&w), STR("Content-Length: 5\r\n\r\n")));
	say(&w, STR("GET /none HTTP/1.1\r\n" H "Connection: close\r\n\r\n"));
	assert_true(str_ends(heard(&w), STR("GMT\r\nConnection: close\r\n\r\n")));
	assert_true(vloop_run_until(&w.v, end_has_eof, &w.client, 10));
	assert_true(w.client.eof_clean);
	assert_int_equal(w.server.requests, 3);
	web_fini(&w);
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
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /hold HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H
	            "\r\n"));
	assert_int_equal(w.requests, 1);
	vloop_run_for(&w.v, 300000); /* the handler may take its time */
	assert_int_equal(heard(&w).len, 0);
	http_respond(w.held, 201, NULL, 0, STR("first"));
	assert_int_equal(w.requests, 1); /* never from inside */
	vloop_settle(&w.v);
	assert_int_equal(w.requests, 3);
	assert_int_equal(status_of(heard(&w)), 201);
	assert_int_equal(count(heard(&w), "hello"), 2);
	web_fini(&w);
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

static void streams_in_chunks(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /pieces HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(&w), STR("Transfer-Encoding: chunked\r\n\r\n"
	                                    "4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n")));
	buf_clear(&w.client.got);
	say(&w, STR("HEAD /pieces HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(&w), STR("Transfer-Encoding: chunked\r\n\r\n")));
	buf_clear(&w.client.got);
	say(&w, STR("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
	assert_true(str_ends(heard(&w), STR("Connection: close\r\n\r\none,two,three")));
	assert_true(w.client.eofs == 1 && w.client.eof_clean);
	web_fini(&w);
}

static void says_continue_only_when_the_body_is_wanted(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
	assert_true(str_eq(heard(&w), STR("HTTP/1.1 100 Continue\r\n\r\n")));
	say(&w, STR("abc"));
	assert_true(str_ends(heard(&w), STR("abc")));
	buf_clear(&w.client.got);
	say(&w, STR("POST /early HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n"));
	assert_int_equal(status_of(heard(&w)), 413);
	assert_true(holds(heard(&w), "Connection: close") && w.client.eofs == 1);
	web_fini(&w);
}

static void queries_and_headers_are_looked_up(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /hold?a=1&name=%C4%90%c3%a0+x&bad=%4&nul=%00&empty HTTP/1.1\r\n" H
	            "X-One: 1\r\nx-one: 2\r\n\r\n"));
	struct str v;
	assert_true(http_query(w.held, "name", &v) && str_eq(v, STR("\xc4\x90\xc3\xa0+x")));
	assert_true(http_query(w.held, "empty", &v) && v.len == 0);
	assert_false(http_query(w.held, "bad", &v));
	assert_false(http_query(w.held, "nul", &v));
	assert_false(http_query(w.held, "nam", &v));
	assert_true(str_eq(http_header(w.held, "X-ONE"), STR("1")));
	assert_true(str_empty(http_header(w.held, "X-Two")));
	assert_true(str_eq(w.held->host, STR("a.example")));
	const struct http_field f = HTTP_FIELD("Location", STR("/x\r\nInjected: 1"));
	http_respond(w.held, 303, &f, 1, STR_NONE);
	vloop_settle(&w.v);
	assert_true(holds(heard(&w), "Location: /x  Injected: 1\r\n"));
	web_fini(&w);
}

/* ---- what is wrong ---- */

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
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\nHost: a\0b\r\n\r\n"));
	assert_int_equal(status_of(heard(&w)), 400);
	web_fini(&w);
}

/* ---- limits ---- */

static void fill(struct web *w, const char *text, size_t n)
{
	for (size_t i = 0; i < n && w->client.s; i++)
		stream_write(w->client.s, str_c(text));
}

static void limits_are_kept(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /"));
	fill(&w, "aaaaaaaa", 1030);
	say(&w, STR_NONE);
	assert_int_equal(status_of(heard(&w)), 414);
	web_fini(&w);

	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\n" H));
	fill(&w, "X: y\r\n", 64);
	say(&w, STR("\r\n"));
	assert_int_equal(status_of(heard(&w)), 431);
	web_fini(&w);

	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\n" H));
	fill(&w, "X: y\r\n", 63);
	say(&w, STR("\r\n"));
	assert_int_equal(status_of(heard(&w)), 200);
	web_fini(&w);

	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\n" H "X: "));
	fill(&w, "aaaaaaaa", 2048);
	say(&w, STR_NONE);
	assert_int_equal(status_of(heard(&w)), 431);
	web_fini(&w);

	web_init(&w);
	say(&w, STR("POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n"));
	fill(&w, "T: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 300);
	say(&w, STR_NONE);
	assert_int_equal(status_of(heard(&w)), 431);
	web_fini(&w);

	web_init(&w);
	say(&w, STR("POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"));
	fill(&w, "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=b\r\nx\r\n", 400);
	say(&w, STR_NONE);
	assert_int_equal(status_of(heard(&w)), 431);
	assert_int_equal(w.aborts, 1);
	web_fini(&w);
}

/* ---- deadlines, in virtual time ---- */

static uint64_t now_ms(const struct web *w)
{
	return w->v.now_us / 1000;
}

static void a_slow_head_is_refused(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	vloop_settle(&w.v);
	uint64_t from = now_ms(&w);
	for (int i = 0; i < 20 && !w.client.eofs; i++) {
		say(&w, i ? STR("x") : STR("GET /"));
		vloop_run_for(&w.v, 900);
	}
	assert_int_equal(status_of(heard(&w)), 408);
	assert_in_range(now_ms(&w) - from, HTTP_HEAD_MS, HTTP_HEAD_MS + 1000);
	web_fini(&w);
}

static void an_idle_connection_closes_without_a_word(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	buf_clear(&w.client.got);
	uint64_t from = now_ms(&w);
	assert_true(vloop_run_until(&w.v, end_has_eof, &w.client, 100000));
	assert_int_equal(now_ms(&w) - from, HTTP_IDLE_MS);
	assert_true(heard(&w).len == 0 && w.client.eof_clean);
	web_fini(&w);
}

static void a_stopped_body_is_refused_and_aborted_once(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("POST /echo HTTP/1.1\r\n" H "Content-Length: 10000\r\n\r\nabc"));
	vloop_run_for(&w.v, HTTP_BODY_MS - 1);
	fill(&w, "d", HTTP_BODY_MIN);
	vloop_run_for(&w.v, HTTP_BODY_MS - 1);
	assert_int_equal(w.aborts, 0);
	assert_true(vloop_run_until(&w.v, end_has_eof, &w.client, 10));
	assert_int_equal(status_of(heard(&w)), 408);
	assert_true(w.aborts == 1 && w.abort_why == ERR_TIMEOUT);
	web_fini(&w);
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

/* ---- room for others ---- */

#define CROWD 3

static void crowd_connect(struct web *w, struct end crowd[CROWD])
{
	for (size_t i = 0; i < CROWD; i++) {
		struct stream *a, *b;
		end_init(&crowd[i], NULL, NULL);
		mem_net_pair(w->net, &a, &b);
		stream_listen(a, &end_events, &crowd[i]);
		crowd[i].s = a;
		http_server_on_stream(&w->server, b);
	}
	vloop_settle(&w->v);
}

static void crowd_say(struct web *w, struct end *e, const char *text)
{
	stream_write(e->s, str_c(text));
	vloop_settle(&w->v);
}

static void whoever_has_asked_nothing_makes_room_first(void **state)
{
	(void)state;
	struct end crowd[CROWD];
	struct web w;
	web_init(&w);
	crowd_connect(&w, crowd);
	say(&w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));                 /* under way */
	crowd_say(&w, &crowd[0], "GET /now HTTP/1.1\r\n" H "\r\nGET /"); /* answered, and slow now */
	crowd_say(&w, &crowd[1], "GET / HT");
	struct {
		bool made;
		unsigned gone;
	} steps[] = {{true, 1}, {true, 2}, {true, 0}, {false, 0}}; /* the oldest that has asked nothing, … */
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		assert_int_equal(http_server_make_room(&w.server, NULL), steps[i].made);
		vloop_settle(&w.v);
		if (steps[i].made)
			assert_int_equal(crowd[steps[i].gone].closed, 1);
	}
	assert_true(w.server.displaced == 3 && w.server.crowded == 1 && w.server.conns.count == 1);
	assert_true(w.held && w.aborts == 0 && !w.client.closed);
	http_respond(w.held, 200, NULL, 0, STR("done")); /* and rests from here on */
	vloop_settle(&w.v);
	assert_int_equal(status_of(heard(&w)), 200);
	assert_true(http_server_make_room(&w.server, NULL));
	for (size_t i = 0; i < CROWD; i++)
		end_fini(&crowd[i]);
	web_fini(&w);
}

static void an_address_makes_room_for_itself(void **state)
{
	(void)state;
	static const struct {
		const char *address, *host;
		bool same;
	} cases[] = {{"192.0.2.1:4000", "192.0.2.1", true},     {"192.0.2.10:4000", "192.0.2.1", false},
	             {"[2001:db8::1]:40", "2001:db8::1", true}, {"[2001:db8::11]:4", "2001:db8::1", false},
	             {"192.0.2.1:4000", "192.0.2.2", false},    {"memory", "192.0.2.1", false}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct web w;
		struct stream *a, *b;
		struct stream_peer peer = {.tls = true};
		web_init(&w);
		mem_net_pair(w.net, &a, &b);
		snprintf(peer.address, sizeof peer.address, "%s", cases[i].address);
		mem_stream_set_peer(b, &peer);
		struct end other;
		end_init(&other, NULL, NULL);
		other.s = a;
		stream_listen(a, &end_events, &other);
		http_server_on_stream(&w.server, b);
		vloop_settle(&w.v);
		assert_int_equal(http_server_make_room(&w.server, cases[i].host), cases[i].same);
		vloop_settle(&w.v);
		assert_int_equal(other.closed, cases[i].same);
		assert_int_equal(w.client.closed, 0);
		if (other.s)
			end_close(&other);
		vloop_settle(&w.v);
		end_fini(&other);
		web_fini(&w);
	}
}

static unsigned over;

static void on_over(void *arg, const struct http_request *r)
{
	assert_ptr_equal(arg, web);
	over += r->whose;
}

static void the_end_of_a_request_is_told_once_however_it_comes(void **state)
{
	(void)state;
	static const char *const requests[] = {
	    "GET /now HTTP/1.1\r\n" H "\r\n", "GET /pieces HTTP/1.1\r\n" H "\r\n",
	    "GET /break HTTP/1.1\r\n" H "\r\n", "POST /echo HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\nabc",
	    "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nx\r\n"};
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct web w;
		web_init(&w);
		w.server.on_over = on_over;
		over = 0;
		say(&w, str_c(requests[i]));
		if (w.client.s)
			end_close(&w.client);
		vloop_settle(&w.v);
		assert_int_equal(over, 3);
		web_fini(&w);
		assert_int_equal(over, 3);
	}
}

static void a_paused_body_has_no_deadline(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("POST /pause HTTP/1.1\r\n" H "Content-Length: 6\r\n\r\nabc"));
	assert_int_equal(buf_len(&w.body), 3);
	vloop_run_for(&w.v, 10 * HTTP_BODY_MS);
	say(&w, STR("def"));
	assert_int_equal(buf_len(&w.body), 3);
	http_resume_body(w.held);
	vloop_settle(&w.v);
	assert_int_equal(buf_len(&w.body), 6);
	assert_int_equal(w.body_ends, 0); /* it paused again with the last byte */
	http_resume_body(w.held);
	vloop_settle(&w.v);
	assert_int_equal(w.body_ends, 1);
	assert_true(str_ends(heard(&w), STR("abcdef")));
	web_fini(&w);
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

static void a_peer_that_does_not_read_is_dropped(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	w.flood_left = 5u << 20;
	vloop_settle(&w.v);
	stream_pause(w.client.s);
	say(&w, STR("GET /flood HTTP/1.1\r\n" H "\r\n"));
	assert_non_null(w.held);
	vloop_run_for(&w.v, HTTP_STALL_MS - 1000);
	assert_int_equal(w.aborts, 0);
	vloop_run_for(&w.v, HTTP_STALL_MS + 2000);
	assert_true(w.aborts == 1 && w.abort_why == ERR_TIMEOUT);
	web_fini(&w);
}

/* ---- long answers ---- */

static void drain_lets_a_long_answer_go_on(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	w.flood_left = 5u << 20;
	say(&w, STR("GET /flood HTTP/1.1\r\n" H "\r\n"));
	assert_true(heard(&w).len > 5u << 20 && w.drains > 3);
	say(&w, STR("GET /now HTTP/1.1\r\n" H "\r\n"));
	assert_true(str_ends(heard(&w), STR("hello")));
	web_fini(&w);
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
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));
	http_begin(w.held, 200, NULL, 0, 100);
	http_write(w.held, STR("not all"));
	http_end(w.held);
	vloop_settle(&w.v);
	assert_true(w.client.eofs == 1 && !w.client.eof_clean && w.aborts == 0);
	web_fini(&w);
	web_init(&w);
	say(&w, STR("GET /break HTTP/1.1\r\n" H "\r\n"));
	assert_true(w.client.eofs == 1 && !w.client.eof_clean && w.aborts == 0);
	web_fini(&w);
}

/* ---- answers before the body, and the peer's end ---- */

static void an_early_answer_drops_a_bounded_rest(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("POST /early HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\nabc"));
	assert_int_equal(status_of(heard(&w)), 413);
	assert_true(holds(heard(&w), "say \\\"less\\\"\\u000a"));
	say(&w, STR("defghijklmnopqrstGET /now HTTP/1.1\r\n" H
	            "\r\n")); /* a short rest: the connection goes on */
	assert_true(str_ends(heard(&w), STR("hello")));
	web_fini(&w);

	web_init(&w);
	say(&w, STR("POST /early HTTP/1.1\r\n" H "Content-Length: 90000000\r\n\r\n"));
	assert_true(holds(heard(&w), "Connection: close"));
	fill(&w, "0123456789abcdef", 1000);
	say(&w, STR_NONE);
	assert_int_equal(w.client.eofs, 0); /* so that the answer is not lost in a reset */
	for (int i = 0; i < 100 && !w.client.eofs; i++) {
		fill(&w, "0123456789abcdef", 1000);
		say(&w, STR_NONE);
	}
	assert_int_equal(w.client.eofs, 1);
	web_fini(&w);
}

static void the_end_in_a_body_aborts_once(void **state)
{
	(void)state;
	static const char request[] = "POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nabcde";
	for (size_t cut = 0; cut < sizeof request - 1; cut++) {
		for (int how = 0; how < 3; how++) {
			struct web w;
			web_init_with(&w, &(struct mem_opts){.latency_ms = 1});
			vloop_run_for(&w.v, 5);
			say(&w, str_make(request, cut));
			vloop_run_for(&w.v, 5);
			if (how == 0)
				end_close(&w.client);
			else if (how == 1)
				end_abort(&w.client);
			else
				mem_stream_half_close(w.client.s);
			vloop_run_for(&w.v, 10);
			assert_int_equal(w.aborts, w.requests);
			assert_int_equal(w.body_ends, 0);
			assert_int_equal(w.server.conns.count, 0);
			web_fini(&w);
		}
	}
}

static void a_half_closed_client_still_gets_its_answers(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	vloop_settle(&w.v);
	stream_write(w.client.s, STR("GET /hold HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\n"));
	mem_stream_half_close(w.client.s);
	vloop_run_for(&w.v, 1000);
	assert_non_null(w.held);
	http_respond(w.held, 200, NULL, 0, STR("late"));
	vloop_settle(&w.v);
	assert_true(holds(heard(&w), "late") && str_ends(heard(&w), STR("hello")) && w.client.eof_clean);
	assert_int_equal(w.aborts, 0);
	web_fini(&w);
}

static void a_reset_while_the_handler_works_aborts(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab"));
	assert_int_equal(w.body_ends, 1);
	mem_stream_reset(w.client.s);
	vloop_settle(&w.v);
	assert_true(w.aborts == 1 && w.abort_why == ERR_TRUNCATED);
	assert_int_equal(w.server.aborted, 1);
	web_fini(&w);
}

static void drain_closes_idle_connections_and_finishes_the_others(void **state)
{
	(void)state;
	struct web w;
	web_init(&w);
	say(&w, STR("GET /hold HTTP/1.1\r\n" H "\r\n"));
	http_server_drain(&w.server);
	vloop_settle(&w.v);
	assert_int_equal(w.client.eofs, 0);
	http_respond(w.held, 200, NULL, 0, STR("bye"));
	vloop_settle(&w.v);
	assert_true(holds(heard(&w), "Connection: close\r\n") && w.client.eof_clean);
	web_fini(&w);
	web_init(&w);
	vloop_settle(&w.v);
	http_server_drain(&w.server);
	vloop_settle(&w.v);
	assert_true(w.client.eof_clean);
	web_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_a_plain_request),
	    cmocka_unit_test(reads_every_good_request_split_at_every_byte),
	    cmocka_unit_test(reads_every_good_request_byte_by_byte_and_pipelined),
	    cmocka_unit_test(pipelined_requests_wait_for_their_turn),
	    cmocka_unit_test(a_flood_of_pipelined_requests_is_held_back),
	    cmocka_unit_test(streams_in_chunks),
	    cmocka_unit_test(says_continue_only_when_the_body_is_wanted),
	    cmocka_unit_test(queries_and_headers_are_looked_up),
	    cmocka_unit_test(refuses_every_malformed_request),
	    cmocka_unit_test(refuses_nul_bytes),
	    cmocka_unit_test(limits_are_kept),
	    cmocka_unit_test(a_slow_head_is_refused),
	    cmocka_unit_test(an_idle_connection_closes_without_a_word),
	    cmocka_unit_test(a_stopped_body_is_refused_and_aborted_once),
	    cmocka_unit_test(a_slow_body_is_refused),
	    cmocka_unit_test(whoever_has_asked_nothing_makes_room_first),
	    cmocka_unit_test(an_address_makes_room_for_itself),
	    cmocka_unit_test(the_end_of_a_request_is_told_once_however_it_comes),
	    cmocka_unit_test(a_paused_body_has_no_deadline),
	    cmocka_unit_test(pausing_works_at_every_piece),
	    cmocka_unit_test(a_peer_that_does_not_read_is_dropped),
	    cmocka_unit_test(drain_lets_a_long_answer_go_on),
	    cmocka_unit_test(a_slow_reader_gets_all_of_the_last_answer),
	    cmocka_unit_test(a_short_answer_is_seen_as_broken),
	    cmocka_unit_test(an_early_answer_drops_a_bounded_rest),
	    cmocka_unit_test(the_end_in_a_body_aborts_once),
	    cmocka_unit_test(a_half_closed_client_still_gets_its_answers),
	    cmocka_unit_test(a_reset_while_the_handler_works_aborts),
	    cmocka_unit_test(drain_closes_idle_connections_and_finishes_the_others),
	};
	return cmocka_run_group_tests_name("http1", tests, NULL, NULL);
}
