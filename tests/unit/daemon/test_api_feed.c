/* The change feed: pages, long polling, server-sent events; and who waits when the gateway stops. */
#include "tests/unit/daemon/api_world.h"

#include <string.h>

/* Cancels a batch: a change of each of its lines. */
static void cancel(struct world *w, const char *san, const char *batch)
{
	struct client c;
	char path[96];
	snprintf(path, sizeof path, "%s/cancel", batch);
	ask(w, &c, san, "POST", path, "", STR_NONE);
	expect_status(&c, 200);
	client_fini(&c);
}

/* "ref:state …" */
static void expect_changes(const struct client *c, const char *want)
{
	char got[1024] = "";
	size_t i, n = 0;
	json_t *change;
	json_array_foreach(json_object_get(c->json, "changes"), i, change) n +=
	    (size_t)snprintf(got + n, sizeof got - n, "%s%s:%s", i ? " " : "", text(change, "ref"),
	                     text(change, "state"));
	assert_string_equal(got, want);
}

static void changes_come_in_pages(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64], other[64], path[96];
	submit(w, "an.test", "a", 3, batch);
	submit(w, "binh.test", "z", 1, other);
	cancel(w, "an.test", batch);
	get(w, &c, "an.test", "/v1/changes?limit=4", "");
	expect_status(&c, 200);
	expect_changes(&c, "a-1:queued a-2:queued a-3:queued a-1:cancelled");
	assert_true(json_is_true(json_object_get(c.json, "more")));
	const json_t *last = json_array_get(json_object_get(c.json, "changes"), 3);
	assert_string_equal(text(last, "cursor"), text(c.json, "next"));
	assert_string_equal(text(last, "reason"), "CANCELLED");
	assert_string_equal(text(last, "domain"), "a1.id.vn");
	assert_true(*text(last, "at"));
	snprintf(path, sizeof path, "/v1/changes?after=%s", text(c.json, "next"));
	client_fini(&c);
	get(w, &c, "an.test", path, "");
	expect_changes(&c, "a-2:cancelled a-3:cancelled");
	assert_true(json_is_false(json_object_get(c.json, "more")));
	snprintf(path, sizeof path, "/v1/changes?after=%s", text(c.json, "next"));
	client_fini(&c);
	get(w, &c, "an.test", path, "");
	expect_changes(&c, "");
	client_fini(&c);
	get(w, &c, "binh.test", "/v1/changes", ""); /* its own only; the person had a grant already */
	expect_changes(&c, "z-1:refused");
	client_fini(&c);
}

static void now_is_behind_what_there_is(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64], path[96];
	submit(w, "an.test", "a", 1, batch);
	get(w, &c, "an.test", "/v1/changes?after=now", "");
	expect_changes(&c, "");
	snprintf(path, sizeof path, "/v1/changes?after=%s", text(c.json, "next"));
	client_fini(&c);
	submit(w, "an.test", "b", 1, batch);
	get(w, &c, "an.test", path, "");
	expect_changes(&c, "b-1:refused");
	client_fini(&c);
}

static void parameters_are_checked(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {
	    "/v1/changes?after=x", "/v1/changes?after=",  "/v1/changes?limit=0",    "/v1/changes?limit=1001",
	    "/v1/changes?wait=61", "/v1/changes?wait=-1", "/v1/changes?after=900-1"};
	char batch[64], path[96];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect_refusal(w, "an.test", "GET", bad[i], "", STR_NONE, 400, "bad-parameter");
	expect_refusal(w, "an.test", "GET", "/v1/changes", "Accept: text/csv\r\n", STR_NONE, 406,
	               "not-acceptable");
	submit(w, "an.test", "a", 1, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	expect_refusal(w, "an.test", "GET", path, "Last-Event-ID: x\r\n", STR_NONE, 400, "bad-parameter");
	/* as after a restored backup */
	expect_refusal(w, "an.test", "GET", path, "Last-Event-ID: 900-900\r\n", STR_NONE, 400,
	               "bad-parameter");
	expect_refusal(w, "an.test", "GET", path, "Accept: application/json\r\n", STR_NONE, 406,
	               "not-acceptable");
	/* somebody else's */
	expect_refusal(w, "binh.test", "GET", path, "", STR_NONE, 404, "not-found");
	expect_refusal(w, "an.test", "GET", "/v1/batches/x/events", "", STR_NONE, 404, "not-found");
}

/* ---- those who wait ------------------------------------------------------------------------------------------------------------- */

static void start(struct world *w, struct client *c, const char *san, const char *path, const char *headers)
{
	char head[512];
	client_dial(w, c, san);
	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: api\r\nConnection: close\r\n%s\r\n", path,
	         headers);
	stream_write(c->stream, str_c(head));
	vloop_run_for(&w->v, 50);
}

static void a_page_waits_for_what_comes(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64];
	start(w, &c, "an.test", "/v1/changes?wait=30", "");
	vloop_run_for(&w->v, 5000);
	assert_false(c.closed);
	assert_int_equal(api_active(w->api), 0); /* nothing is under way for it */
	submit(w, "an.test", "a", 1, batch);
	client_finish(w, &c);
	expect_status(&c, 200);
	expect_changes(&c, "a-1:queued");
	client_fini(&c);
}

static void a_page_waits_no_longer_than_it_should(void **state)
{
	struct world *w = *state;
	struct client c;
	start(w, &c, "an.test", "/v1/changes?wait=3", "");
	vloop_run_for(&w->v, 2500);
	assert_false(c.closed);
	vloop_run_for(&w->v, 1500);
	assert_true(c.closed);
	client_finish(w, &c);
	expect_status(&c, 200);
	expect_changes(&c, "");
	assert_string_equal(text(c.json, "next"), "0-0");
	client_fini(&c);
}

static void whoever_goes_is_forgotten(void **state)
{
	struct world *w = *state;
	struct client page, stream;
	char batch[64], path[96];
	submit(w, "an.test", "a", 1, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &page, "an.test", "/v1/changes?after=now&wait=60", "");
	start(w, &stream, "an.test", path, "");
	stream_abort(page.stream);
	stream_abort(stream.stream);
	vloop_run_for(&w->v, 50);
	cancel(w, "an.test", batch);
	vloop_run_for(&w->v, 2000);
	assert_int_equal(api_active(w->api), 0);
	client_fini(&page);
	client_fini(&stream);
}

/* … and also when it goes while the store is being asked. */
static void whoever_goes_while_it_reads_is_forgotten(void **state)
{
	struct world *w = *state;
	struct client page;
	w->gate.closed = true;
	start(w, &page, "an.test", "/v1/changes?wait=60", "");
	assert_int_equal(w->gate.held_count, 1);
	stream_abort(page.stream);
	vloop_run_for(&w->v, 50);
	w->gate.closed = false;
	gate_release(&w->gate);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(api_active(w->api), 0);
	client_fini(&page);
}

static bool has(const struct client *c, const char *what)
{
	struct str s = buf_str((struct buf *)&c->in);
	return s.len && memmem(s.ptr, s.len, what, strlen(what));
}

static void a_stream_tells_changes_and_counts(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64], other[64], path[96];
	submit(w, "an.test", "a", 2, batch);
	submit(w, "an.test", "b", 1, other);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &c, "an.test", path, "Accept: text/event-stream\r\n");
	assert_true(has(&c, "200 OK") && has(&c, "text/event-stream") && has(&c, "retry: 3000"));
	assert_true(has(&c, "event: change\ndata: {\"cursor\":\"0-1-1\",\"kind\":\"item\",\"ref\":\"a-1\""));
	assert_true(has(&c, "id: 0-1-2\n"));
	assert_true(has(&c, "event: batch\ndata: {\"batch\":\"1\",\"lines\":2"));
	assert_false(has(&c, "b-1"));
	assert_false(has(&c, "cancelled\",\"code"));
	cancel(w, "an.test", batch);
	vloop_run_for(&w->v, 1000);
	assert_true(has(&c, "\"state\":\"cancelled\""));
	assert_true(has(&c, "\"cancelled\":2"));
	assert_false(has(&c, "\n:\n\n"));
	vloop_run_for(&w->v, 20000);
	assert_true(has(&c, "\n:\n\n")); /* it is still there */
	assert_false(c.closed);
	stream_abort(c.stream);
	vloop_run_for(&w->v, 50);
	client_fini(&c);
}

static void a_stream_goes_on_where_it_was_cut(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64], path[96];
	submit(w, "an.test", "a", 3, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &c, "an.test", path, "Last-Event-ID: 0-1-2\r\n");
	assert_false(has(&c, "a-1") || has(&c, "a-2"));
	assert_true(has(&c, "a-3"));
	stream_abort(c.stream);
	vloop_run_for(&w->v, 50);
	client_fini(&c);
}

static void feeds_have_a_limit(void **state)
{
	struct world *w = *state;
	struct client many[16], more;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		start(w, &many[i], "an.test", "/v1/changes?wait=60", "");
	get(w, &more, "an.test", "/v1/changes?wait=1", "");
	expect_problem(&more, 429, "too-many-feeds");
	assert_true(header(&more, "Retry-After").len > 0);
	client_fini(&more);
	get(w, &more, "binh.test", "/v1/changes?wait=0", ""); /* nobody else is in its way */
	expect_status(&more, 200);
	client_fini(&more);
	stream_abort(many[0].stream);
	vloop_run_for(&w->v, 50);
	get(w, &more, "an.test", "/v1/changes", "");
	expect_status(&more, 200);
	client_fini(&more);
	for (size_t i = 1; i < ARRAY_LEN(many); i++)
		stream_abort(many[i].stream);
	vloop_run_for(&w->v, 50);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		client_fini(&many[i]);
}

static void a_stop_ends_those_who_wait(void **state)
{
	struct world *w = *state;
	struct client page, stream, late;
	char batch[64], path[96];
	submit(w, "an.test", "a", 1, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &page, "an.test", "/v1/changes?after=now&wait=60", "");
	start(w, &stream, "an.test", path, "");
	assert_int_equal(api_active(w->api), 0);
	api_drain(w->api);
	client_finish(w, &page);
	expect_status(&page, 200);
	expect_changes(&page, "");
	assert_true(run_until(w, is_closed, &stream, 1000));
	assert_true(has(&stream, "\r\n0\r\n\r\n")); /* whole */
	get(w, &late, "an.test", "/v1/changes?wait=60", "");
	expect_changes(&late, "a-1:queued");
	client_fini(&late);
	get(w, &late, "an.test", path, "");
	expect_status(&late, 200);
	client_fini(&late);
	client_fini(&page);
	client_fini(&stream);
}

/* The shared configuration without partner an; binh stays. */
static struct config *config_without_an(void)
{
	struct diag d;
	folder_put(&dir, "partners.yaml",
	           "partners:\n  - {name: binh, certificates: [{san_dns: binh.test}], account: two}\n");
	diag_init(&d);
	struct config *c = config_load(folder_at(&dir, "vneppd.yaml"), START_MS, &d);
	assert_non_null(c);
	diag_fini(&d);
	folder_put(&dir, "partners.yaml", partners_text);
	return c;
}

static void a_reload_turns_out_who_is_not_listed_any_more(void **state)
{
	struct world *w = *state;
	struct client page, stream, other;
	char batch[64], path[96];
	submit(w, "an.test", "a", 1, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &page, "an.test", "/v1/changes?after=now&wait=60", "");
	start(w, &stream, "an.test", path, "");
	start(w, &other, "binh.test", "/v1/changes?wait=60", "");
	struct config *less = config_without_an();
	api_set_config(w->api, less, &w->partners[1], &w->accounts[1]);
	config_unref(&less);
	client_finish(w, &page);
	expect_problem(&page, 403, "unknown-partner");
	assert_true(run_until(w, is_closed, &stream, 2000));
	assert_false(other.closed);
	submit(w, "binh.test", "b", 1, batch);
	client_finish(w, &other);
	expect_changes(&other, "b-1:refused");
	client_fini(&page);
	client_fini(&stream);
	client_fini(&other);
}

static void a_failing_store_is_told(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64], path[96];
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_GET_CHANGES;
	w->gate.fail_err = ERR_DISK;
	expect_refusal(w, "an.test", "GET", "/v1/changes?wait=5", "", STR_NONE, 503, "store-unavailable");
	w->gate.fail_err = OK;
	submit(w, "an.test", "a", 1, batch);
	snprintf(path, sizeof path, "%s/events", batch);
	start(w, &c, "an.test", path, "");
	w->gate.failed = 0;
	w->gate.fail_err = ERR_DISK; /* under a stream: it ends, and the client comes again */
	assert_true(run_until(w, is_closed, &c, 2000));
	client_fini(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(changes_come_in_pages),
	    TEST(now_is_behind_what_there_is),
	    TEST(parameters_are_checked),
	    TEST(a_page_waits_for_what_comes),
	    TEST(a_page_waits_no_longer_than_it_should),
	    TEST(whoever_goes_is_forgotten),
	    TEST(whoever_goes_while_it_reads_is_forgotten),
	    TEST(a_stream_tells_changes_and_counts),
	    TEST(a_stream_goes_on_where_it_was_cut),
	    TEST(feeds_have_a_limit),
	    TEST(a_stop_ends_those_who_wait),
	    TEST(a_reload_turns_out_who_is_not_listed_any_more),
	    TEST(a_failing_store_is_told),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
