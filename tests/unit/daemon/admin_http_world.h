/*
 * What the tests of the administration listener share: one on streams in memory and a store in memory, in virtual time,
 * which says what a gateway would say, and a client. Included once by each test program.
 */
#ifndef VNEPP_TESTS_ADMIN_HTTP_WORLD_H
#define VNEPP_TESTS_ADMIN_HTTP_WORLD_H

#include "daemon/admin/http_access.h"
#include "daemon/admin/http_admin.h"
#include "daemon/admin/http_int.h"
#include "daemon/core/stats.h"
#include "daemon/net/http1.h"
#include "daemon/net/stream.h"
#include "daemon/store/store.h"
#include "epp/base/check.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define START_MS 1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define TOKEN    "a token of the test"

static const char *const series[] = {"queued", "done", NULL};

struct world {
	struct vloop v;
	struct mem_net *net;
	struct store_backend *backend;
	struct store_executor *store;
	struct log_capture log;
	struct stats stats;
	struct stats_value figure;
	struct http_admin *admin;
	enum http_admin_health store_health;
	unsigned refreshed, statuses;
	struct buf answer; /* the newest */
};

/* ---- what the gateway would say ---- */

static inline void refresh(void *arg)
{
	struct world *w = arg;
	w->refreshed++;
	stats_set(&w->figure, 7);
}

static inline size_t checks(void *arg, struct http_admin_check *out, size_t max)
{
	struct world *w = arg;
	assert_true(max >= 2);
	out[0] = (struct http_admin_check){.health = w->store_health, .name = "store", .text = "as told"};
	out[1] = (struct http_admin_check){.health = HTTP_ADMIN_WARNS,
	                                   .name = "registry r/a",
	                                   .text = "connecting"};
	return 2;
}

static inline void status(void *arg, struct buf *out)
{
	struct world *w = arg;
	buf_printf(out, "{\"status\":%u}", ++w->statuses);
}

static inline int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct mem_opts opts = {.latency_ms = 1};
	struct errmsg e;
	vloop_init(&w->v, START_MS);
	w->net = mem_net_new(&w->v.loop, &opts, 1);
	log_capture_init(&w->log);
	stats_init(&w->stats);
	stats_register(&w->stats, &w->figure, STATS_GAUGE, "vnepp_figure", "A figure.", NULL);
	assert_int_equal(store_sqlite_open(":memory:", NULL, &w->backend, &e), OK);
	w->store = store_inline_new(&w->v.loop, w->backend, NULL);
	struct http_admin_deps deps = {.loop = &w->v.loop,
	                               .log = &w->log.log,
	                               .stats = &w->stats,
	                               .reader = w->store,
	                               .series = series,
	                               .refresh = refresh,
	                               .checks = checks,
	                               .status = status,
	                               .arg = w};
	w->admin = http_admin_new(&deps);
	buf_init(&w->answer, 1u << 20);
	*state = w;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *w = *state;
	http_admin_drain(w->admin);
	http_server_abort(http_admin_server(w->admin));
	vloop_run_for(&w->v, 60000);
	http_admin_free(w->admin);
	store_inline_free(w->store);
	w->backend->ops->close(w->backend);
	stats_unregister(&w->figure.entry);
	stats_fini(&w->stats);
	mem_net_free(w->net);
	assert_int_equal(log_capture_fini(&w->log), 0);
	vloop_fini(&w->v);
	buf_fini(&w->answer);
	free(w);
	return 0;
}

static inline void use_token(struct world *w, const char *text)
{
	char path[] = "/tmp/vnepp-token-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
	bool fine = http_admin_load_token(w->admin, path);
	unlink(path);
	assert_true(fine);
}

/* ---- a client ---- */

struct client {
	struct stream *s; /* NULL: closed */
	struct buf in;
};

static inline void on_data(void *arg, struct str data)
{
	buf_add(&((struct client *)arg)->in, data);
}

static inline void on_closed(void *arg, enum err why, const char *text)
{
	(void)why;
	(void)text;
	((struct client *)arg)->s = NULL;
}

static inline void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct client *)arg)->s);
}

/* Who connects: TCP unless `peer` says otherwise. */
static inline void client_open(struct world *w, struct client *c, const struct stream_peer *peer)
{
	static const struct stream_events ev = {.on_data = on_data, .on_eof = on_eof, .on_closed = on_closed};
	static const struct stream_peer tcp = {.address = "127.0.0.1:40000"};
	struct stream *served;
	*c = (struct client){0};
	buf_init(&c->in, 1u << 20);
	mem_net_pair(w->net, &served, &c->s);
	mem_stream_set_peer(served, peer ? peer : &tcp);
	http_server_on_stream(http_admin_server(w->admin), served);
	stream_listen(c->s, &ev, c);
}

static inline void client_close(struct world *w, struct client *c)
{
	if (c->s)
		stream_abort(c->s);
	vloop_run_for(&w->v, 100);
	assert_null(c->s);
	buf_fini(&c->in);
}

static inline bool is_closed(void *arg)
{
	return !((struct client *)arg)->s;
}

/* `head` without the first line's version: "GET / HTTP/1.1\r\n" and all fields. The answer is kept. */
static inline int ask(struct world *w, const struct stream_peer *peer, const char *request)
{
	struct client c;
	int code = 0;
	client_open(w, &c, peer);
	stream_write(c.s, str_c(request));
	assert_true(vloop_run_until(&w->v, is_closed, &c, 5000));
	assert_int_equal(sscanf(buf_cstr(&c.in), "HTTP/1.1 %d", &code), 1);
	buf_clear(&w->answer);
	buf_add(&w->answer, buf_str(&c.in));
	client_close(w, &c);
	return code;
}

static inline int get(struct world *w, const char *path, const char *fields)
{
	char request[2048];
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nConnection: close\r\n%s\r\n", path, fields);
	return ask(w, NULL, request);
}

static inline bool says(struct world *w, const char *text)
{
	return strstr(buf_cstr(&w->answer), text) != NULL;
}

#define HOST "Host: localhost:9443\r\n"
#define AUTH HOST "Authorization: Bearer " TOKEN "\r\n"

static inline int log_in(struct world *w, const char *body)
{
	char request[2048];
	snprintf(request, sizeof request,
	         "POST /login HTTP/1.1\r\nConnection: close\r\n" HOST
	         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
	         strlen(body), body);
	return ask(w, NULL, request);
}

/* What only those who are let in may see. */
static const char *const secret_paths[] = {"/",       "/status.json", "/history.json?step=10",
                                           "/events", "/status.js",   "/words.js",
                                           "/plot.js"};

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

#endif
