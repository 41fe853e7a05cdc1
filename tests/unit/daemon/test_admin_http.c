/* The administration listener: who is let in, what is answered, live events, history. */
#include "daemon/admin/http_access.h"
#include "daemon/admin/http_admin.h"
#include "daemon/admin/http_int.h"
#include "daemon/core/stats.h"
#include "daemon/net/http1.h"
#include "daemon/net/stream.h"
#include "daemon/store/store.h"
#include "daemon/store/store_figures.h"
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
};

/* ---- what the gateway would say ---- */

static void refresh(void *arg)
{
	struct world *w = arg;
	w->refreshed++;
	stats_set(&w->figure, 7);
}

static size_t checks(void *arg, struct http_admin_check *out, size_t max)
{
	struct world *w = arg;
	assert_true(max >= 2);
	out[0] = (struct http_admin_check){.health = w->store_health, .name = "store", .text = "as told"};
	out[1] = (struct http_admin_check){.health = HTTP_ADMIN_WARNS,
	                                   .name = "registry r/a",
	                                   .text = "connecting"};
	return 2;
}

static void status(void *arg, struct buf *out)
{
	struct world *w = arg;
	buf_printf(out, "{\"status\":%u}", ++w->statuses);
}

static int set_up(void **state)
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
	*state = w;
	return 0;
}

static int tear_down(void **state)
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
	free(w);
	return 0;
}

static void use_token(struct world *w, const char *text)
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

static void on_data(void *arg, struct str data)
{
	buf_add(&((struct client *)arg)->in, data);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	(void)why;
	(void)text;
	((struct client *)arg)->s = NULL;
}

static void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct client *)arg)->s);
}

/* Who connects: TCP unless `peer` says otherwise. */
static void client_open(struct world *w, struct client *c, const struct stream_peer *peer)
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

static void client_close(struct world *w, struct client *c)
{
	if (c->s)
		stream_abort(c->s);
	vloop_run_for(&w->v, 100);
	assert_null(c->s);
	buf_fini(&c->in);
}

static bool is_closed(void *arg)
{
	return !((struct client *)arg)->s;
}

/* `head` without the first line's version: "GET / HTTP/1.1\r\n" and all fields. The whole answer, in `out`. */
static int ask(struct world *w, const struct stream_peer *peer, const char *request, struct buf *out)
{
	struct client c;
	int code = 0;
	client_open(w, &c, peer);
	stream_write(c.s, str_c(request));
	assert_true(vloop_run_until(&w->v, is_closed, &c, 5000));
	assert_int_equal(sscanf(buf_cstr(&c.in), "HTTP/1.1 %d", &code), 1);
	if (out) {
		buf_init(out, 1u << 20);
		buf_add(out, buf_str(&c.in));
	}
	client_close(w, &c);
	return code;
}

static int get(struct world *w, const char *path, const char *fields, struct buf *out)
{
	char request[2048];
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nConnection: close\r\n%s\r\n", path, fields);
	return ask(w, NULL, request, out);
}

#define HOST "Host: localhost:9443\r\n"
#define AUTH HOST "Authorization: Bearer " TOKEN "\r\n"

/* ---- who is let in ---- */

static void requests_from_elsewhere_are_refused(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *fields;
		int code;
	} cases[] = {
	    {HOST, 200},
	    {"Host: LOCALHOST\r\n", 200},
	    {"Host: 127.0.0.1:1\r\n", 200},
	    {"Host: 127.9.8.7\r\n", 200},
	    {"Host: [::1]:9443\r\n", 200},
	    {"Host: [::1]\r\n", 200},
	    {"Host: gateway.example\r\n", 421},
	    {"Host: localhost.example\r\n", 421},
	    {"Host: 127.0.0.1.example\r\n", 421},
	    {"Host: 127.example\r\n", 421},
	    {"Host: 192.0.2.1\r\n", 421},
	    {"Host: [::2]:9443\r\n", 421},
	    {"Host: localhost:99999\r\n", 421},
	    {"Host: localhost:80x\r\n", 421},
	    {HOST "Origin: http://localhost:9443\r\n", 200},
	    {HOST "Origin: http://localhost:9444\r\n", 403},
	    {HOST "Origin: http://evil.example\r\n", 403},
	    {HOST "Origin: http://evil.example/localhost:9443\r\n", 403},
	    {HOST "Origin: null\r\n", 403},
	    {HOST "Origin: localhost:9443\r\n", 403},
	    {HOST "Sec-Fetch-Site: same-origin\r\n", 200},
	    {HOST "Sec-Fetch-Site: none\r\n", 200},
	    {HOST "Sec-Fetch-Site: cross-site\r\n", 403},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (get(w, "/livez", cases[i].fields, NULL) != cases[i].code)
			fail_msg("%s is not answered with %d", cases[i].fields, cases[i].code);
}

static const char *const secret_paths[] = {"/",       "/status.json", "/history.json?step=10",
                                           "/events", "/status.js",   "/words.js",
                                           "/plot.js"};
static const char *const open_paths[] = {"/livez", "/readyz", "/readyz?verbose", "/metrics", "/style.css"};

static void names_need_a_token(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++)
		assert_int_equal(get(w, secret_paths[i], AUTH, NULL), 403); /* there is no token at all */
	use_token(w, "  " TOKEN "  \nanother line\n");
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++) {
		assert_int_equal(get(w, secret_paths[i], HOST, NULL), 401);
		if (strcmp(secret_paths[i], "/events") != 0)
			assert_int_equal(get(w, secret_paths[i], AUTH, NULL), 200);
	}
	for (size_t i = 0; i < ARRAY_LEN(open_paths); i++)
		assert_int_equal(get(w, open_paths[i], HOST, NULL), 200);
	assert_int_equal(get(w, "/status.json", HOST "Authorization: Basic " TOKEN "\r\n", NULL), 401);
	assert_int_equal(get(w, "/status.json", HOST "Authorization: Bearer\r\n", NULL), 401);
	assert_int_equal(get(w, "/status.json", HOST "Cookie: vnepp=" TOKEN "\r\n", NULL), 401);
}

static void guessing_is_slowed_down(void **state)
{
	struct world *w = *state;
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	for (int i = 0; i < HTTP_ACCESS_FAILURES_MAX; i++)
		assert_int_equal(get(w, "/status.json", HOST "Authorization: Bearer wrong\r\n", NULL), 401);
	assert_int_equal(get(w, "/status.json", AUTH, NULL), 429);
	vloop_run_for(&w->v, 61000);
	assert_int_equal(get(w, "/status.json", AUTH, NULL), 200);
}

static int log_in(struct world *w, const char *body, struct buf *out)
{
	char request[2048];
	snprintf(request, sizeof request,
	         "POST /login HTTP/1.1\r\nConnection: close\r\n" HOST
	         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
	         strlen(body), body);
	return ask(w, NULL, request, out);
}

/* The field with the cookie of an answer. */
static void cookie_of(struct buf *answer, char *out, size_t size)
{
	const char *at = strstr(buf_cstr(answer), "Set-Cookie: vnepp=");
	assert_non_null(at);
	at += strlen("Set-Cookie: ");
	snprintf(out, size, HOST "Cookie: other=1; %.*s\r\n", (int)strcspn(at, ";"), at);
}

static void a_cookie_stands_for_the_token(void **state)
{
	struct world *w = *state;
	struct buf answer;
	char fields[512];
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	assert_int_equal(log_in(w, "token=wrong", NULL), 401);
	assert_int_equal(log_in(w, "nothing", NULL), 401);
	assert_int_equal(log_in(w, "username=operator&token=a%20token%20of%20the%20test", &answer), 303);
	assert_non_null(strstr(buf_cstr(&answer), "HttpOnly; SameSite=Strict"));
	assert_null(strstr(buf_cstr(&answer), "token of"));
	cookie_of(&answer, fields, sizeof fields);
	buf_fini(&answer);
	assert_int_equal(get(w, "/status.json", fields, NULL), 200);
	vloop_run_for(&w->v, (HTTP_ACCESS_COOKIE_S - 60) * 1000ull);
	assert_int_equal(get(w, "/status.json", fields, NULL), 200);
	vloop_run_for(&w->v, 120 * 1000);
	assert_int_equal(get(w, "/status.json", fields, NULL), 401);
}

static void another_token_ends_cookies(void **state)
{
	struct world *w = *state;
	struct buf answer;
	char fields[512];
	use_token(w, TOKEN "\n");
	assert_int_equal(log_in(w, "token=a%20token%20of%20the%20test", &answer), 303);
	cookie_of(&answer, fields, sizeof fields);
	buf_fini(&answer);
	use_token(w, "a new one\n");
	assert_int_equal(get(w, "/status.json", fields, NULL), 401);
	char *digit = strstr(fields, "vnepp=") + 6;
	*digit = *digit == '1' ? '2' : '1'; /* a longer life is not believed */
	assert_int_equal(get(w, "/status.json", fields, NULL), 401);
}

static void a_long_form_is_not_kept(void **state)
{
	struct world *w = *state;
	char body[1500];
	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	memcpy(body, "token=", 6);
	use_token(w, TOKEN "\n");
	log_capture_expect(&w->log, "admin.denied");
	assert_int_equal(log_in(w, body, NULL), 401);
}

static void a_token_file_must_have_one(void **state)
{
	struct world *w = *state;
	char path[] = "/tmp/vnepp-token-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && close(fd) == 0);
	use_token(w, TOKEN "\n");
	assert_false(http_admin_load_token(w->admin, path));
	unlink(path);
	assert_false(http_admin_load_token(w->admin, path));
	assert_int_equal(get(w, "/status.json", AUTH, NULL), 200); /* the old one stays */
	assert_true(http_admin_load_token(w->admin, NULL));
	assert_int_equal(get(w, "/status.json", AUTH, NULL), 403);
}

static void unix_sockets_tell_who_it_is(void **state)
{
	struct world *w = *state;
	uint32_t me = geteuid(), ours = getegid();
	const struct {
		struct stream_peer peer;
		int code;
	} cases[] = {
	    {{.local = true, .uid = 0, .gid = ours + 1}, 200},
	    {{.local = true, .uid = me, .gid = ours + 1}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours + 1, .groups = {9999, ours}, .group_count = 2}, 200},
	    {{.local = true, .uid = me + 1, .gid = ours + 1, .groups = {9999, ours}, .group_count = 1}, 403},
	    {{.local = true, .uid = me + 1, .gid = ours + 1}, 403},
	    {{.local = false, .uid = 0, .gid = ours}, 401},
	};
	use_token(w, TOKEN "\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ask(w, &cases[i].peer,
		                     "GET /status.json HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n", NULL),
		                 cases[i].code);
		assert_int_equal(ask(w, &cases[i].peer,
		                     "GET /livez HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n", NULL),
		                 200);
	}
}

/* ---- what is answered ---- */

static void unknown_paths_and_methods(void **state)
{
	struct world *w = *state;
	struct buf b;
	assert_int_equal(get(w, "/nothing", HOST, NULL), 404);
	assert_int_equal(get(w, "/../etc/passwd", HOST, NULL), 404);
	assert_int_equal(get(w, "/login", HOST, &b), 405);
	assert_non_null(strstr(buf_cstr(&b), "Allow: POST\r\n"));
	buf_fini(&b);
	assert_int_equal(ask(w, NULL,
	                     "POST /livez HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n" HOST "\r\n",
	                     &b),
	                 405);
	assert_non_null(strstr(buf_cstr(&b), "Allow: GET, HEAD\r\n"));
	buf_fini(&b);
	assert_int_equal(ask(w, NULL, "HEAD /metrics HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n", &b),
	                 200);
	assert_null(strstr(buf_cstr(&b), "vnepp_figure"));
	buf_fini(&b);
	assert_int_equal(log_in(w, "token=x", NULL), 403);
	assert_int_equal(
	    ask(w, NULL, "POST /logout HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n" HOST "\r\n",
	        &b),
	    303);
	assert_non_null(strstr(buf_cstr(&b), "vnepp=; Path=/; Max-Age=0"));
	buf_fini(&b);
}

static void every_answer_is_locked_up(void **state)
{
	struct world *w = *state;
	struct buf b;
	use_token(w, TOKEN "\n");
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++) {
		if (strcmp(secret_paths[i], "/events") == 0)
			continue;
		assert_int_equal(get(w, secret_paths[i], AUTH, &b), 200);
		assert_non_null(
		    strstr(buf_cstr(&b), "Content-Security-Policy: default-src 'none'; script-src 'self'"));
		assert_null(strstr(buf_cstr(&b), "unsafe-"));
		assert_non_null(strstr(buf_cstr(&b), "X-Content-Type-Options: nosniff\r\n"));
		assert_non_null(strstr(buf_cstr(&b), "X-Frame-Options: DENY\r\n"));
		assert_non_null(strstr(buf_cstr(&b), "Cache-Control: no-store\r\n"));
		buf_fini(&b);
	}
}

static void figures_by_what_is_accepted(void **state)
{
	struct world *w = *state;
	struct buf b;
	assert_int_equal(get(w, "/metrics", HOST, &b), 200);
	assert_non_null(strstr(buf_cstr(&b), "Content-Type: text/plain; version=0.0.4"));
	assert_non_null(strstr(buf_cstr(&b), "\nvnepp_figure 7\n"));
	assert_null(strstr(buf_cstr(&b), "# EOF"));
	buf_fini(&b);
	assert_int_equal(get(w, "/metrics",
	                     HOST "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n", &b),
	                 200);
	assert_non_null(strstr(buf_cstr(&b), "Content-Type: application/openmetrics-text; version=1.0.0"));
	assert_non_null(strstr(buf_cstr(&b), "\nvnepp_figure 7\n# EOF\n"));
	buf_fini(&b);
	assert_int_equal(w->refreshed, 2);
}

static void readiness_says_what_is_missing(void **state)
{
	struct world *w = *state;
	struct buf b;
	assert_int_equal(get(w, "/readyz", HOST, &b), 200);
	assert_null(strstr(buf_cstr(&b), "registry"));
	buf_fini(&b);
	assert_int_equal(get(w, "/readyz?verbose", HOST, &b), 200);
	assert_non_null(strstr(buf_cstr(&b), "[+] store: as told\n[!] registry r/a: connecting\nready\n"));
	buf_fini(&b);
	w->store_health = HTTP_ADMIN_FAILS;
	assert_int_equal(get(w, "/readyz", HOST, &b), 503);
	assert_non_null(strstr(buf_cstr(&b), "\r\n\r\n[-] store: as told\nnot ready\n"));
	buf_fini(&b);
	assert_int_equal(get(w, "/readyz?verbose=1", HOST, &b), 503);
	assert_non_null(strstr(buf_cstr(&b), "[!] registry"));
	buf_fini(&b);
}

static void the_page_is_small_and_asks_nobody(void **state)
{
	size_t all = 0;
	(void)state;
	for (const struct http_page_file *f = http_page_files; f->path; f++) {
		struct str text = str_make((const char *)f->data, f->len);
		all += f->len;
		assert_true(str_is_utf8(text));
		/* The one address is the name of SVG. */
		const char *at = memmem(text.ptr, text.len, "://", 3);
		if (at)
			assert_memory_equal(at - 4, "http://www.w3.org/2000/svg", 26);
		assert_null(memmem(text.ptr, text.len, "innerHTML", 9));
		assert_null(memmem(text.ptr, text.len, " style=", 7));
		assert_null(memmem(text.ptr, text.len, " onclick", 8));
	}
	assert_in_range(all, 10000, 100000);
}

/* ---- live ---- */

static void open_events(struct world *w, struct client *c)
{
	client_open(w, c, NULL);
	stream_write(c->s, STR("GET /events HTTP/1.1\r\n" AUTH "\r\n"));
	vloop_run_for(&w->v, 10);
}

static unsigned count(struct client *c, const char *what)
{
	unsigned n = 0;
	for (const char *at = buf_cstr(&c->in); (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void events_come_every_two_seconds(void **state)
{
	struct world *w = *state;
	struct client a, b;
	use_token(w, TOKEN "\n");
	open_events(w, &a);
	assert_non_null(strstr(buf_cstr(&a.in), "Content-Type: text/event-stream\r\n"));
	assert_int_equal(count(&a, "event: status\ndata: {\"status\":1}\n\n"), 1);
	open_events(w, &b);
	assert_int_equal(w->statuses, 2);
	vloop_run_for(&w->v, 2 * HTTP_ADMIN_EVENT_MS);
	assert_int_equal(w->statuses, 4); /* made once for both */
	assert_int_equal(count(&a, "event: status"), 3);
	assert_int_equal(count(&b, "event: status"), 3);
	const int64_t values[] = {INT64_MIN, 5};
	http_admin_point(w->admin, 1234, values, 2);
	vloop_run_for(&w->v, 10);
	assert_int_equal(count(&a, "event: point\ndata: {\"at\":1234,\"values\":{\"done\":5}}\n\n"), 1);
	client_close(w, &a);
	vloop_run_for(&w->v, HTTP_ADMIN_EVENT_MS);
	client_close(w, &b);
	vloop_run_for(&w->v, HTTP_ADMIN_EVENT_MS);
	unsigned before = w->statuses;
	vloop_run_for(&w->v, 10 * HTTP_ADMIN_EVENT_MS);
	assert_int_equal(w->statuses, before); /* nobody looks, nothing is made */
	http_admin_point(w->admin, 1234, values, 2);
}

static void streams_of_events_are_limited(void **state)
{
	struct world *w = *state;
	struct client c[HTTP_ADMIN_EVENTS_MAX];
	use_token(w, TOKEN "\n");
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		open_events(w, &c[i]);
	assert_int_equal(get(w, "/events", AUTH, NULL), 503);
	client_close(w, &c[0]);
	open_events(w, &c[0]);
	assert_int_equal(count(&c[0], "event: status"), 1);
	http_admin_drain(w->admin);
	vloop_run_for(&w->v, 100);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		client_close(w, &c[i]);
}

/* ---- the past ---- */

static void op_done(struct store_op *op)
{
	assert_int_equal(op->err, OK);
}

static void add(struct world *w, instant_ms_t at, int64_t queued, int64_t done)
{
	const int64_t values[] = {queued, done};
	struct store_history_add o = {
	    .op = {.type = STORE_HISTORY_ADD, .done = op_done}, .at = at, .values = values, .count = 2};
	w->store->submit(w->store, &o.op);
	vloop_run_for(&w->v, 1);
}

static void history_at_every_step(void **state)
{
	struct world *w = *state;
	struct buf b;
	use_token(w, TOKEN "\n");
	add(w, START_MS, 10, 1);
	add(w, START_MS + 10000, 30, INT64_MIN);
	assert_int_equal(get(w, "/history.json?step=10", AUTH, &b), 200);
	assert_non_null(strstr(
	    buf_cstr(&b), "{\"step\":10,\"series\":{\"queued\":[[1795140000000,10,10],[1795140010000,30,30]],"
	                  "\"done\":[[1795140000000,1,1]]}}\n"));
	buf_fini(&b);
	assert_int_equal(get(w, "/history.json?step=60", AUTH, &b), 200);
	assert_non_null(
	    strstr(buf_cstr(&b), "\"queued\":[[1795140000000,20,30]],\"done\":[[1795140000000,1,1]]"));
	buf_fini(&b);
	static const char *const bad[] = {"/history.json", "/history.json?step=", "/history.json?step=11",
	                                  "/history.json?step=-10"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(get(w, bad[i], AUTH, NULL), 400);
}

static void history_forgets_what_is_old(void **state)
{
	struct world *w = *state;
	struct buf b;
	use_token(w, TOKEN "\n");
	add(w, START_MS, 10, 1);
	add(w, START_MS + 10000 + 3 * 3600 * 1000, 30, 1);
	vloop_run_for(&w->v, 3 * 3600 * 1000);
	assert_int_equal(get(w, "/history.json?step=10", AUTH, &b), 200);
	assert_null(strstr(buf_cstr(&b), "[1795140000000,"));
	buf_fini(&b);
	assert_int_equal(get(w, "/history.json?step=900", AUTH, &b), 200);
	assert_non_null(strstr(buf_cstr(&b), "[1795140000000,10,10]"));
	buf_fini(&b);
}

static void a_reader_that_goes_is_forgotten(void **state)
{
	struct world *w = *state;
	struct client c;
	use_token(w, TOKEN "\n");
	client_open(w, &c, NULL);
	stream_write(c.s, STR("GET /history.json?step=10 HTTP/1.1\r\n" AUTH "\r\n"));
	vloop_run_for(&w->v, 1);
	client_close(w, &c);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(requests_from_elsewhere_are_refused),
	    TEST(names_need_a_token),
	    TEST(guessing_is_slowed_down),
	    TEST(a_cookie_stands_for_the_token),
	    TEST(another_token_ends_cookies),
	    TEST(a_long_form_is_not_kept),
	    TEST(a_token_file_must_have_one),
	    TEST(unix_sockets_tell_who_it_is),
	    TEST(unknown_paths_and_methods),
	    TEST(every_answer_is_locked_up),
	    TEST(figures_by_what_is_accepted),
	    TEST(readiness_says_what_is_missing),
	    TEST(the_page_is_small_and_asks_nobody),
	    TEST(events_come_every_two_seconds),
	    TEST(streams_of_events_are_limited),
	    TEST(history_at_every_step),
	    TEST(history_forgets_what_is_old),
	    TEST(a_reader_that_goes_is_forgotten),
	};
	return cmocka_run_group_tests_name("admin_http", tests, NULL, NULL);
}
