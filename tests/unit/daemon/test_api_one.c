/* One item at a time: handed in and waited for, tried again; and which names end soon. */
#include "daemon/job/lane.h"
#include "daemon/store/store_domains.h"
#include "tests/unit/daemon/api_world.h"

#define JSON "Content-Type: application/json\r\n"

/* ---- what the registry would do --------------------------------------------------------------------------------------------- */

/* Ends the partner's next item that waits to be sent. */
static void end_next(struct world *w, size_t partner, enum item_state state)
{
	struct arena a = {0};
	struct store_claim k = {.queue = {w->accounts[partner], w->partners[partner],
	                                  lane_of_op(ITEM_CREATE)},
	                        .max = 1,
	                        .paid_max = UINT32_MAX,
	                        .decider = decider,
	                        .now = loop_wall(&w->v.loop),
	                        .arena = &a};
	run_op(w, &k.op, STORE_CLAIM);
	assert_int_equal(k.count, 1);
	struct store_step step = {
	    .item = k.items[0].item,
	    .claim = k.claim,
	    .leaves_claim = true,
	    .name = state == ITEM_DONE ? STORE_NAME_CREATED : STORE_NAME_NONE,
	    .grant = state == ITEM_DONE ? STORE_GRANT_KEEP : STORE_GRANT_RELEASE,
	    .result = {.state = state,
	               .attempt = k.items[0].attempt,
	               .code = state == ITEM_DONE ? 1000 : 2306,
	               .fault = state == ITEM_DONE ? FAULT_NONE : FAULT_REGISTRY,
	               .created = state == ITEM_DONE ? loop_wall(&w->v.loop) : INSTANT_NONE,
	               .expires =
	                   state == ITEM_DONE ? loop_wall(&w->v.loop) + 730 * 86400000ll : INSTANT_NONE,
	               .charged_vnd = -1,
	               .at = loop_wall(&w->v.loop)}};
	struct store_finish f = {.steps = &step, .count = 1, .now = loop_wall(&w->v.loop)};
	run_op(w, &f.op, STORE_FINISH);
	arena_fini(&a);
}

static struct str one_line(struct buf *b, const char *prefix, int i)
{
	buf_init(b, 1u << 16);
	add_line(b, prefix, i);
	return buf_str(b);
}

static void post_one(struct world *w, struct client *c, const char *san, const char *prefix, int i,
                     const char *headers)
{
	char fields[256];
	struct buf b;
	snprintf(fields, sizeof fields, JSON "%s", headers);
	ask(w, c, san, "POST", "/v1/domains", fields, one_line(&b, prefix, i));
	buf_fini(&b);
}

/* Sends the request and leaves it waiting. */
static void start_one(struct world *w, struct client *c, const char *prefix, int i, const char *headers)
{
	char head[512];
	struct buf b;
	struct str body = one_line(&b, prefix, i);
	client_dial(w, c, "an.test");
	snprintf(head, sizeof head,
	         "POST /v1/domains HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: %zu\r\n" JSON
	         "%s\r\n",
	         body.len, headers);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, body);
	vloop_run_for(&w->v, 200);
	buf_fini(&b);
}

/* ---- handing one in ----------------------------------------------------------------------------------------------------------- */

static void one_item_is_taken_and_still_moves(void **state)
{
	struct world *w = *state;
	struct client c;
	post_one(w, &c, "an.test", "o", 1, "");
	expect_status(&c, 202);
	assert_true(str_eq(header(&c, "Location"), STR("/v1/items/o-1")));
	assert_string_equal(text(c.json, "state"), "queued");
	assert_true(str_empty(header(&c, "Preference-Applied")));
	assert_int_equal(w->published, 1);
	client_fini(&c);
	post_one(w, &c, "an.test", "o", 1, ""); /* the same again */
	expect_status(&c, 202);
	assert_int_equal(w->published, 1);
	client_fini(&c);
}

static void a_client_may_wait_for_the_name(void **state)
{
	struct world *w = *state;
	struct client c;
	start_one(w, &c, "o", 1, "Prefer: respond-async, wait=20\r\n");
	vloop_run_for(&w->v, 3000);
	assert_false(c.closed);
	end_next(w, 0, ITEM_DONE);
	client_finish(w, &c);
	expect_status(&c, 201);
	assert_string_equal(text(c.json, "state"), "done");
	assert_true(str_eq(header(&c, "Preference-Applied"), STR("wait=20")));
	client_fini(&c);
	post_one(w, &c, "an.test", "o", 1, ""); /* the first outcome */
	expect_status(&c, 201);
	client_fini(&c);
}

/* RFC 7240: several fields are one list, a value may be quoted and have parameters, the first of a name counts. */
static void a_wish_to_wait_is_understood_in_every_form(void **state)
{
	static const struct {
		const char *headers, *applied;
	} forms[] = {{"Prefer: respond-async\r\nPrefer: wait=7\r\n", "wait=7"},
	             {"Prefer: Wait=\"7\"\r\n", "wait=7"},
	             {"Prefer: wait = 7; x=y, wait=9\r\n", "wait=7"},
	             {"Prefer: wait=900\r\n", "wait=60"},
	             {"Prefer: wait=soon\r\n", ""},
	             {"Prefer: wait=\"\r\n", ""}};
	struct world *w = *state;
	struct client c;
	post_one(w, &c, "an.test", "o", 1, "");
	client_fini(&c);
	end_next(w, 0, ITEM_DONE);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		post_one(w, &c, "an.test", "o", 1, forms[i].headers);
		expect_status(&c, 201);
		if (!str_eq_c(header(&c, "Preference-Applied"), forms[i].applied))
			fail_msg("%s: %.*s", forms[i].headers, STR_ARG(header(&c, "Preference-Applied")));
		client_fini(&c);
	}
}

static void waiting_has_an_end(void **state)
{
	struct world *w = *state;
	struct client c;
	uint64_t began = loop_now(&w->v.loop);
	post_one(w, &c, "an.test", "o", 1, "Prefer: wait=2\r\n");
	expect_status(&c, 202);
	assert_true(loop_now(&w->v.loop) - began >= 2000 && loop_now(&w->v.loop) - began < 3000);
	client_fini(&c);
	post_one(w, &c, "an.test", "p", 1,
	         "Prefer: wait=9\r\n"); /* the same person: refused, nothing to wait for */
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "state"), "refused");
	assert_true(*text(c.json, "message"));
	client_fini(&c);
	start_one(w, &c, "q", 9, "Prefer: wait=50\r\n");
	api_drain(w->api); /* the gateway stops */
	vloop_run_for(&w->v, 1000);
	client_finish(w, &c);
	expect_status(&c, 202);
	client_fini(&c);
}

static void what_cannot_be_taken_is_told(void **state)
{
	struct world *w = *state;
	struct client c;
	ask(w, &c, "an.test", "POST", "/v1/domains", JSON, STR("{\"op\":\"create\"}"));
	expect_problem(&c, 422, "bad-item");
	assert_true(json_array_size(json_object_get(c.json, "errors")) >= 3); /* ref among them */
	client_fini(&c);
	expect_refusal(w, "an.test", "POST", "/v1/domains", NDJSON, STR("{}"), 415, "unsupported-media-type");
	post_one(w, &c, "an.test", "o", 1, "");
	client_fini(&c);
	expect_refusal(
	    w, "an.test", "POST", "/v1/domains", JSON,
	    STR("{\"ref\":\"o-1\",\"op\":\"renew\",\"domain\":\"x.id.vn\",\"period\":1,\"cur_exp_date\":"
	        "\"2026-12-01\"}"),
	    409, "ref-conflict");
	w->closed = "the store cannot be written at the moment";
	post_one(w, &c, "an.test", "z", 2, "");
	expect_problem(&c, 503, "admission-closed");
	client_fini(&c);
	w->closed = NULL;
	ask(w, &c, "an.test", "PUT", "/v1/domains", JSON, STR_NONE);
	expect_problem(&c, 405, "method-not-allowed");
	assert_true(str_eq(header(&c, "Allow"), STR("GET, HEAD, POST")));
	client_fini(&c);
	struct store_get_counts n = {0};
	run_op(w, &n.op, STORE_GET_COUNTS);
	assert_int_equal(n.batches, 1);
}

static void one_item_counts_for_the_rate(void **state)
{
	struct world *w = *state;
	struct client c;
	for (int i = 1; i <= 11; i++) { /* binh: bursts of 10 */
		post_one(w, &c, "binh.test", "r", i, "");
		if (c.status == 429)
			break;
		client_fini(&c);
	}
	expect_problem(&c, 429, "rate-limited");
	client_fini(&c);
}

/* Each step of the way can fail: nothing is left, and the client is told. */
static void a_failing_store_keeps_nothing(void **state)
{
	struct world *w = *state;
	static const enum store_op_type types[] = {STORE_BATCH_BEGIN, STORE_BATCH_CHUNK, STORE_BATCH_PUBLISH};
	log_capture_expect(&w->log, "batch.store_failed");
	log_capture_expect(&w->log, "api.store_failed");
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct client c;
		w->gate.fail = types[i];
		w->gate.fail_err = ERR_DISK;
		w->gate.failed = 0;
		post_one(w, &c, "an.test", "f", 1, "");
		expect_problem(&c, 503, "store-unavailable");
		client_fini(&c);
		vloop_run_for(&w->v, 3000);
		assert_empty(w);
	}
}

static void a_client_that_goes_leaves_its_item(void **state)
{
	struct world *w = *state;
	struct client c;
	start_one(w, &c, "o", 1, "Prefer: wait=30\r\n");
	stream_abort(c.stream);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(api_active(w->api), 0);
	client_fini(&c);
	get(w, &c, "an.test", "/v1/items/o-1", "");
	expect_status(&c, 200);
	client_fini(&c);
}

/* ---- again ---------------------------------------------------------------------------------------------------------------------- */

static void retry(struct world *w, struct client *c, const char *san, const char *ref)
{
	char path[64];
	snprintf(path, sizeof path, "/v1/items/%s/retry", ref);
	ask(w, c, san, "POST", path, "", STR_NONE);
}

static void what_failed_is_tried_again(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64];
	submit(w, "an.test", "t", 1, batch);
	end_next(w, 0, ITEM_FAILED);
	w->published = 0;
	retry(w, &c, "an.test", "t-1");
	expect_status(&c, 202);
	assert_string_equal(text(c.json, "state"), "queued");
	assert_int_equal(number(&c, "attempts"), 2);
	assert_int_equal(w->published, 1);
	client_fini(&c);
	retry(w, &c, "an.test", "t-1"); /* it moves: the same answer */
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "state"), "queued");
	assert_int_equal(w->published, 1);
	client_fini(&c);
	assert_true(log_capture_has(&w->log, "item.retried"));
	end_next(w, 0, ITEM_DONE);
	retry(w, &c, "an.test", "t-1");
	expect_problem(&c, 409, "not-retryable");
	assert_string_equal(text(c.json, "state"), "done");
	client_fini(&c);
}

static void what_cannot_be_tried_again_is_told(void **state)
{
	struct world *w = *state;
	struct client c;
	char batch[64];
	submit(w, "an.test", "t", 1, batch);
	retry(w, &c, "an.test", "no");
	expect_problem(&c, 404, "not-found");
	client_fini(&c);
	retry(w, &c, "binh.test", "t-1"); /* somebody else's */
	expect_problem(&c, 404, "not-found");
	client_fini(&c);
	w->closed = "the gateway is stopping";
	retry(w, &c, "an.test", "t-1");
	expect_problem(&c, 503, "admission-closed");
	client_fini(&c);
	w->closed = NULL;
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_DECIDE;
	w->gate.fail_err = ERR_DISK;
	retry(w, &c, "an.test", "t-1");
	expect_problem(&c, 503, "store-unavailable");
	client_fini(&c);
}

/* ---- names that end -------------------------------------------------------------------------------------------------------------- */

static void import_names(struct world *w)
{
	instant_ms_t now = loop_wall(&w->v.loop), day = 86400000ll;
	struct store_import_row rows[] = {
	    {STR("b.id.vn"), w->partners[0], w->accounts[0], now, now + 5 * day, DATE_NONE, {.count = 0}},
	    {STR("a-b.id.vn"), w->partners[0], w->accounts[0], now, now + 5 * day, DATE_NONE, {.count = 0}},
	    {STR("free.id.vn"),
	     w->partners[0],
	     w->accounts[0],
	     now,
	     now + 500 * day,
	     date_add_years(date_of_instant(now, HANOI_OFFSET_S) + 9, -2, false),
	     {.count = 0}},
	    {STR("theirs.id.vn"),
	     w->partners[1],
	     w->accounts[1],
	     now,
	     now + 5 * day,
	     DATE_NONE,
	     {.count = 0}}};
	struct store_import i = {.rows = rows, .count = ARRAY_LEN(rows)};
	run_op(w, &i.op, STORE_IMPORT);
}

static void names_that_end_are_told_in_pages(void **state)
{
	struct world *w = *state;
	static const char *const want[] = {"a-b.id.vn expires 2026-11-25", "b.id.vn expires 2026-11-25",
	                                   "free.id.vn starts_to_cost 2026-11-29"};
	char path[128] = "/v1/domains?expiring=30d&limit=1";
	import_names(w);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct client c;
		char got[128];
		get(w, &c, "an.test", path, "");
		expect_status(&c, 200);
		const json_t *row = json_array_get(json_object_get(c.json, "domains"), 0);
		snprintf(got, sizeof got, "%s %s %s", text(row, "domain"), text(row, "what"),
		         text(row, "on"));
		assert_string_equal(got, want[i]);
		assert_string_equal(text(row, "account"), "reg/one");
		assert_true(json_is_null(json_object_get(c.json, "next")) == (i + 1 == ARRAY_LEN(want)));
		snprintf(path, sizeof path, "/v1/domains?expiring=30d&limit=1&after=%s",
		         text(c.json, "next"));
		client_fini(&c);
	}
}

static void questions_about_names_are_checked(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = {
	    "/v1/domains",
	    "/v1/domains?expiring=30",
	    "/v1/domains?expiring=0d",
	    "/v1/domains?expiring=d",
	    "/v1/domains?expiring=99999d",
	    "/v1/domains?expiring=3d&limit=0",
	    "/v1/domains?expiring=3d&after=x",
	    "/v1/domains?expiring=3d&after=5",
	    "/v1/domains?expiring=3d&after=-5-a.id.vn",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect_refusal(w, "an.test", "GET", bad[i], "", STR_NONE, 400, "bad-parameter");
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_GET_DOMAINS;
	w->gate.fail_err = ERR_DISK;
	expect_refusal(w, "an.test", "GET", "/v1/domains?expiring=3d", "", STR_NONE, 503,
	               "store-unavailable");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_item_is_taken_and_still_moves),
	    TEST(a_client_may_wait_for_the_name),
	    TEST(a_wish_to_wait_is_understood_in_every_form),
	    TEST(waiting_has_an_end),
	    TEST(what_cannot_be_taken_is_told),
	    TEST(one_item_counts_for_the_rate),
	    TEST(a_failing_store_keeps_nothing),
	    TEST(a_client_that_goes_leaves_its_item),
	    TEST(what_failed_is_tried_again),
	    TEST(what_cannot_be_tried_again_is_told),
	    TEST(names_that_end_are_told_in_pages),
	    TEST(questions_about_names_are_checked),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
