/* The administration listener: what is answered, live events, history. */
#include "tests/unit/daemon/admin_http_world.h"
#include "daemon/store/store_figures.h"

/* ---- what is answered ---- */

static void unknown_paths_and_methods(void **state)
{
	struct world *w = *state;
	assert_int_equal(get(w, "/nothing", HOST), 404);
	assert_int_equal(get(w, "/../etc/passwd", HOST), 404);
	assert_int_equal(get(w, "/login", HOST), 405);
	assert_true(says(w, "Allow: POST\r\n"));
	assert_int_equal(
	    ask(w, NULL, "POST /livez HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n" HOST "\r\n"),
	    405);
	assert_true(says(w, "Allow: GET, HEAD\r\n"));
	assert_int_equal(ask(w, NULL, "HEAD /metrics HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n"), 200);
	assert_false(says(w, "vnepp_figure"));
	assert_int_equal(log_in(w, "token=x"), 403);
	assert_int_equal(
	    ask(w, NULL, "POST /logout HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n" HOST "\r\n"),
	    303);
	assert_true(says(w, "vnepp=; Path=/; Max-Age=0"));
}

static void every_answer_is_locked_up(void **state)
{
	struct world *w = *state;
	use_token(w, TOKEN "\n");
	for (size_t i = 0; i < ARRAY_LEN(secret_paths); i++) {
		if (strcmp(secret_paths[i], "/events") == 0)
			continue;
		assert_int_equal(get(w, secret_paths[i], AUTH), 200);
		assert_true(says(w, "Content-Security-Policy: default-src 'none'; script-src 'self'"));
		assert_false(says(w, "unsafe-"));
		assert_true(says(w, "X-Content-Type-Options: nosniff\r\n"));
		assert_true(says(w, "X-Frame-Options: DENY\r\n"));
		assert_true(says(w, "Cache-Control: no-store\r\n"));
	}
}

static void figures_by_what_is_accepted(void **state)
{
	struct world *w = *state;
	assert_int_equal(get(w, "/metrics", HOST), 200);
	assert_true(says(w, "Content-Type: text/plain; version=0.0.4"));
	assert_true(says(w, "\nvnepp_figure 7\n"));
	assert_false(says(w, "# EOF"));
	assert_int_equal(
	    get(w, "/metrics", HOST "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n"), 200);
	assert_true(says(w, "Content-Type: application/openmetrics-text; version=1.0.0"));
	assert_true(says(w, "\nvnepp_figure 7\n# EOF\n"));
	assert_int_equal(w->refreshed, 2);
}

static void readiness_says_what_is_missing(void **state)
{
	struct world *w = *state;
	assert_int_equal(get(w, "/readyz", HOST), 200);
	assert_false(says(w, "registry"));
	assert_int_equal(get(w, "/readyz?verbose", HOST), 200);
	assert_true(says(w, "[+] store: as told\n[!] registry r/a: connecting\nready\n"));
	w->store_health = HTTP_ADMIN_FAILS;
	assert_int_equal(get(w, "/readyz", HOST), 503);
	assert_true(says(w, "\r\n\r\n[-] store: as told\nnot ready\n"));
	assert_int_equal(get(w, "/readyz?verbose=1", HOST), 503);
	assert_true(says(w, "[!] registry"));
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
	assert_int_equal(get(w, "/events", AUTH), 503);
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
	use_token(w, TOKEN "\n");
	add(w, START_MS, 10, 1);
	add(w, START_MS + 10000, 30, INT64_MIN);
	assert_int_equal(get(w, "/history.json?step=10", AUTH), 200);
	assert_true(says(w,
	                 "{\"step\":10,\"series\":{\"queued\":[[1795140000000,10,10],[1795140010000,30,30]],"
	                 "\"done\":[[1795140000000,1,1]]}}\n"));
	assert_int_equal(get(w, "/history.json?step=60", AUTH), 200);
	assert_true(says(w, "\"queued\":[[1795140000000,20,30]],\"done\":[[1795140000000,1,1]]"));
	static const char *const bad[] = {"/history.json", "/history.json?step=", "/history.json?step=11",
	                                  "/history.json?step=-10"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(get(w, bad[i], AUTH), 400);
}

static void history_forgets_what_is_old(void **state)
{
	struct world *w = *state;
	use_token(w, TOKEN "\n");
	add(w, START_MS, 10, 1);
	add(w, START_MS + 10000 + 3 * 3600 * 1000, 30, 1);
	vloop_run_for(&w->v, 3 * 3600 * 1000);
	assert_int_equal(get(w, "/history.json?step=10", AUTH), 200);
	assert_false(says(w, "[1795140000000,"));
	assert_int_equal(get(w, "/history.json?step=900", AUTH), 200);
	assert_true(says(w, "[1795140000000,10,10]"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(unknown_paths_and_methods),         TEST(every_answer_is_locked_up),
	    TEST(figures_by_what_is_accepted),       TEST(readiness_says_what_is_missing),
	    TEST(the_page_is_small_and_asks_nobody), TEST(events_come_every_two_seconds),
	    TEST(streams_of_events_are_limited),     TEST(history_at_every_step),
	    TEST(history_forgets_what_is_old),       TEST(a_reader_that_goes_is_forgotten),
	};
	return cmocka_run_group_tests_name("admin_http", tests, NULL, NULL);
}
