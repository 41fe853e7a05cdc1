/*
 * What the tests of the HTTP/1.1 server share: a server on streams in memory, in virtual time, with a handler for every
 * habit, and one client. Included once by each test program.
 */
#ifndef VNEPP_TESTS_HTTP1_WORLD_H
#define VNEPP_TESTS_HTTP1_WORLD_H

#include "daemon/net/http1.h"
#include "epp/base/alloc.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/stream_end.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define H "Host: a.example\r\n"

/* ---- the server's handlers ---- */

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

static inline void on_body(struct http_request *r, struct str data)
{
	(void)r;
	buf_add(&web->body, data);
}

static inline void on_body_paused(struct http_request *r, struct str data)
{
	on_body(r, data);
	http_pause_body(r);
}

static inline void on_abort(struct http_request *r, enum err why)
{
	assert_non_null(r->arg);
	web->aborts++;
	web->abort_why = why;
	web->held = NULL;
}

static inline void answer_with_body(struct http_request *r)
{
	web->body_ends++;
	web->held = NULL;
	const struct http_field type = HTTP_FIELD("Content-Type", STR("text/plain"));
	http_respond(r, 200, &type, 1, buf_str(&web->body));
}

static inline void answer_in_pieces(struct http_request *r)
{
	web->body_ends++;
	http_begin(r, 200, NULL, 0, HTTP_LENGTH_UNKNOWN);
	http_write(r, STR("one,"));
	http_write(r, STR(""));
	http_write(r, STR("two,"));
	http_write(r, STR("three"));
	http_end(r);
}

static inline void flood(struct http_request *r)
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

static inline void on_drain(struct http_request *r)
{
	web->drains++;
	flood(r);
}

static inline void hold_on_body_end(struct http_request *r)
{
	(void)r;
	web->body_ends++;
}

static const struct http_events echo = {.on_body = on_body,
                                        .on_body_end = answer_with_body,
                                        .on_abort = on_abort};
static const struct http_events pieces = {.on_body_end = answer_in_pieces, .on_abort = on_abort};
static const struct http_events pausing = {.on_body = on_body_paused,
                                           .on_body_end = answer_with_body,
                                           .on_abort = on_abort};
static const struct http_events holding = {.on_body = on_body,
                                           .on_body_end = hold_on_body_end,
                                           .on_abort = on_abort};
static const struct http_events flooding = {.on_drain = on_drain, .on_abort = on_abort};

static inline void on_request(void *arg, struct http_request *r)
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
		r->ev = &pausing;
	else if (str_eq(r->path, STR("/hold")))
		r->ev = &holding;
	if (str_eq(r->path, STR("/flood"))) {
		r->ev = &flooding;
		http_begin(r, 200, NULL, 0, web->flood_left);
		flood(r);
	}
	if (r->ev == &pausing || r->ev == &holding || (r->ev == &flooding && web->flood_left))
		web->held = r;
}

/* ---- one server, one client ---- */

/* A client of this server; `peer`: whom the server sees, NULL: somebody. */
static inline void web_connect(struct web *w, struct end *client, const struct stream_peer *peer)
{
	struct stream *a, *b;
	mem_net_pair(w->net, &a, &b);
	if (peer)
		mem_stream_set_peer(b, peer);
	end_init(client);
	client->s = a;
	stream_listen(a, &end_events, client);
	http_server_on_stream(&w->server, b);
}

static inline void web_init_with(struct web *w, const struct mem_opts *opts)
{
	*w = (struct web){0};
	web = w;
	vloop_init(&w->v, 0);
	w->net = mem_net_new(&w->v.loop, opts, 7);
	http_server_init(&w->server, &w->v.loop, on_request, w);
	buf_init(&w->body, 8u << 20);
	web_connect(w, &w->client, NULL);
}

static inline void web_init(struct web *w)
{
	web_init_with(w, &(struct mem_opts){0});
}

static inline void web_fini(struct web *w)
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

/* Another server and another client. */
static inline void web_renew(struct web *w)
{
	web_fini(w);
	web_init(w);
}

static inline int web_set_up(void **state)
{
	static struct web w;
	web_init(&w);
	*state = &w;
	return 0;
}

static inline int web_tear_down(void **state)
{
	web_fini(*state);
	return 0;
}

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, web_set_up, web_tear_down)

/* ---- what is said and heard ---- */

static inline void say(struct web *w, struct str text)
{
	if (w->client.s)
		stream_write(w->client.s, text);
	vloop_settle(&w->v);
}

static inline void fill(struct web *w, const char *text, size_t n)
{
	for (size_t i = 0; i < n && w->client.s; i++)
		stream_write(w->client.s, str_c(text));
}

/* What the server has said since the last time. */
static inline struct str heard(struct web *w)
{
	return buf_str(&w->client.got);
}

static inline int status_of(struct str answer)
{
	uint64_t status;
	if (!str_starts(answer, STR("HTTP/1.1 ")) || !str_to_u64(str_make(answer.ptr + 9, 3), &status))
		return 0;
	return (int)status;
}

static inline bool holds(struct str s, const char *text)
{
	return memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

static inline size_t count(struct str s, const char *text)
{
	size_t n = 0, len = strlen(text);
	for (size_t i = 0; i + len <= s.len; i++)
		n += memcmp(s.ptr + i, text, len) == 0;
	return n;
}

#endif
