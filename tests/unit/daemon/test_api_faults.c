/* The partners' API when things go wrong: connections lost at every step, a store that fails, a crash. */
#include "tests/unit/daemon/api_world.h"

static const enum store_op_type steps[] = {STORE_BATCH_BEGIN, STORE_BATCH_CHUNK, STORE_BATCH_PUBLISH};

static bool gate_holds(void *arg)
{
	return ((struct world *)arg)->gate.held_count > 0;
}

/* Lets operations pass until one of this type is held. */
static void hold_at(struct world *w, enum store_op_type type)
{
	w->gate.closed = true;
	for (int i = 0; i < 10; i++) {
		assert_true(run_until(w, gate_holds, w, 1000));
		if (w->gate.held[0]->type == type)
			return;
		gate_release(&w->gate);
	}
	fail();
}

static void start_upload(struct world *w, struct client *c, struct str body, const char *headers)
{
	char head[512];
	client_dial(w, c, "an.test");
	snprintf(head, sizeof head,
	         "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\n" NDJSON
	         "%sContent-Length: %zu\r\n\r\n",
	         headers, body.len);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, body);
}

static void api_survives_a_lost_connection_at_every_step(void **state)
{
	struct world *w = *state;
	struct buf body;
	lines(&body, "s", 20);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct client c;
		start_upload(w, &c, buf_str(&body), "Idempotency-Key: k\r\n");
		hold_at(w, steps[i]);
		stream_abort(c.stream);
		assert_true(run_until(w, is_closed, &c, 1000));
		vloop_run_for(&w->v, 100);
		gate_release(&w->gate);
		w->gate.closed = false;
		vloop_run_for(&w->v, 1000);
		assert_int_equal(api_active(w->api), 0);
		if (steps[i] == STORE_BATCH_BEGIN)
			assert_empty(w);
		client_fini(&c);
	}
	/* The publication was under way in the last round: it stands, and the key finds it. */
	struct client c;
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", buf_str(&body));
	expect_status(&c, 202);
	assert_true(str_eq(header(&c, "Idempotency-Replayed"), STR("true")));
	assert_int_equal(number(&c, "new"), 20);
	assert_int_equal(w->published, 1);
	client_fini(&c);
	buf_fini(&body);
}

static void api_acknowledges_nothing_that_the_store_did_not_take(void **state)
{
	struct world *w = *state;
	struct buf body;
	lines(&body, "d", 20);
	log_capture_expect(&w->log, "batch.store_failed");
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct client c;
		w->gate.fail = steps[i];
		w->gate.fail_err = ERR_DISK;
		w->gate.failed = 0;
		ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&body));
		expect_problem(&c, 503, "store-unavailable");
		assert_true(header(&c, "Retry-After").len > 0);
		assert_int_equal(w->gate.failed, 1);
		client_fini(&c);
		assert_empty(w);
	}
	w->gate.fail_err = OK;
	assert_int_equal(w->published, 0);
	buf_fini(&body);
}

/* Without a key the lines themselves tell: nothing is wrong with them, and what becomes of the other upload is open. */
static void api_says_to_come_again_while_its_lines_are_in_another_upload(void **state)
{
	static const char *const paths[] = {"/v1/batches", "/v1/batches?admission=valid"};
	struct world *w = *state;
	struct client first, c;
	struct buf body;
	lines(&body, "b", 1500); /* a chunk is at the store, the rest is not */
	client_dial(w, &first, "an.test");
	stream_write(first.stream, STR("POST /v1/batches HTTP/1.1\r\nHost: api\r\n" NDJSON
	                               "Content-Length: 8000000\r\n\r\n"));
	stream_write(first.stream, buf_str(&body));
	vloop_run_for(&w->v, 1000);
	buf_fini(&body);
	lines(&body, "b", 10);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		ask(w, &c, "an.test", "POST", paths[i], NDJSON, buf_str(&body));
		expect_problem(&c, 409, "upload-under-way");
		assert_true(str_eq_c(header(&c, "Retry-After"), "5"));
		client_fini(&c);
	}
	buf_lit(&body, "{}\n"); /* this has to be mended, whatever becomes of the others */
	expect_refusal(w, "an.test", "POST", paths[0], NDJSON, buf_str(&body), 422, "bad-lines");
	stream_abort(first.stream);
	assert_true(run_until(w, is_closed, &first, 1000));
	vloop_run_for(&w->v, 1000);
	client_fini(&first);
	ask(w, &c, "an.test", "POST", paths[1], NDJSON, buf_str(&body));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 10);
	client_fini(&c);
	buf_fini(&body);
}

/* Else its key and its references would be taken until the next start. */
static void api_takes_a_batch_back_later_when_the_store_cannot(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	lines(&body, "t", 20);
	log_capture_expect(&w->log, "batch.abort_failed");
	w->gate.fail = STORE_BATCH_ABORT;
	w->gate.fail_err = ERR_DISK;
	size_t good = buf_len(&body);
	buf_lit(&body, "{}\n");
	expect_refusal(w, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", buf_str(&body),
	               422, "bad-lines");
	assert_int_equal(w->gate.failed, 1);
	buf_truncate(&body, good);
	expect_refusal(w, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", buf_str(&body),
	               409, "upload-under-way");
	w->gate.failed = 0; /* once more */
	vloop_run_for(&w->v, 3000);
	assert_empty(w);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", buf_str(&body));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 20);
	client_fini(&c);
	buf_fini(&body);
}

static void api_tells_an_internal_error_from_a_full_disk(void **state)
{
	struct world *w = *state;
	struct client c;
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_GET_BATCH;
	w->gate.fail_err = ERR_CORRUPT;
	get(w, &c, "an.test", "/v1/batches/1", "");
	expect_problem(&c, 500, "internal");
	assert_true(str_empty(header(&c, "Retry-After")));
	client_fini(&c);
}

static void api_readers_survive_a_lost_connection(void **state)
{
	static const char *const paths[] = {"/v1/batches/1", "/v1/batches/1/items", "/v1/items/x",
	                                    "/v1/domains/a.id.vn"};
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct client c;
		char head[256];
		w->gate.closed = true;
		client_dial(w, &c, "an.test");
		snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: api\r\n\r\n", paths[i]);
		stream_write(c.stream, str_c(head));
		assert_true(run_until(w, gate_holds, w, 1000));
		stream_abort(c.stream);
		vloop_run_for(&w->v, 100);
		assert_int_equal(api_active(w->api), 1);
		gate_release(&w->gate);
		w->gate.closed = false;
		vloop_run_for(&w->v, 100);
		assert_int_equal(api_active(w->api), 0);
		client_fini(&c);
	}
}

/* Whole calls under way, their operations never to come back: freeing the API takes all of it. */
static void api_is_freed_in_the_middle(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	start_upload(w, &c, lines(&body, "x", 900), "");
	hold_at(w, STORE_BATCH_CHUNK);
	stream_abort(c.stream);
	vloop_run_for(&w->v, 100);
	assert_int_equal(api_active(w->api), 1);
	w->gate.held_count = 0; /* the executor is gone */
	struct api_deps deps = {
	    .loop = &w->v.loop,
	    .writer = &w->gate.x,
	    .reader = &w->gate.x,
	    .log = &w->log.log,
	    .config = config,
	    .partner_ids = w->partners,
	    .account_ids = w->accounts,
	    .decider = decider,
	    .owner = {.on_published = on_published, .admission_closed = admission_closed, .arg = w}};
	mem_net_unlisten(w->net, "api", 443);
	api_free(w->api);
	w->api = api_new(&deps);
	mem_net_listen(w->net, "gateway", "api", 443, http_server_on_stream, api_http(w->api));
	w->gate.closed = false;
	client_fini(&c);
	buf_fini(&body);
}

static void api_waits_with_100_until_it_is_ready(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	struct str all = lines(&body, "w", 5);
	client_dial(w, &c, "an.test");
	buf_printf(
	    stream_out(c.stream),
	    "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\nExpect: 100-continue\r\n" NDJSON
	    "Content-Length: %zu\r\n\r\n",
	    all.len);
	stream_flush(c.stream);
	vloop_run_for(&w->v, 200);
	assert_true(str_starts(buf_str(&c.in), STR("HTTP/1.1 100")));
	stream_write(c.stream, all);
	client_finish(w, &c);
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 5);
	client_fini(&c);
	buf_fini(&body);
}

/* The bad lines of an admission of the valid are told again in a replay. */
static void api_replays_an_admission_of_the_valid(void **state)
{
	struct world *w = *state;
	static const char path[] = "/v1/batches?admission=valid", headers[] = NDJSON "Idempotency-Key: v\r\n";
	struct client a, b, c;
	struct buf body;
	lines(&body, "v", 600);
	buf_lit(&body, "{}\n");
	ask(w, &a, "an.test", "POST", path, headers, buf_str(&body));
	expect_status(&a, 202);
	assert_int_equal(number(&a, "new"), 600);
	assert_int_equal(number(&a, "bad_lines"), 1);
	ask(w, &b, "an.test", "POST", path, headers, buf_str(&body));
	expect_status(&b, 202);
	assert_true(json_equal(a.json, b.json));
	/* The whole, instead of the valid, is another request. */
	ask(w, &c, "an.test", "POST", "/v1/batches", headers, buf_str(&body));
	expect_problem(&c, 422, "idempotency-key-reused");
	client_fini(&a);
	client_fini(&b);
	client_fini(&c);
	/* Nothing valid at all is refused even so. */
	expect_refusal(w, "an.test", "POST", path, NDJSON, STR("{}\n[]\n"), 422, "bad-lines");
	buf_fini(&body);
}

static void api_tells_a_thousand_errors_and_their_number(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	buf_init(&body, 1 << 20);
	for (int i = 0; i < 1500; i++)
		buf_lit(&body, "nonsense\n");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&body));
	expect_problem(&c, 422, "bad-lines");
	assert_int_equal(number(&c, "bad_lines"), 1500);
	assert_int_equal(json_array_size(json_object_get(c.json, "errors")), 1000);
	client_fini(&c);
	buf_fini(&body);
}

/* Whatever way the bytes come. */
static void api_takes_a_body_byte_by_byte(void **state)
{
	struct world *w = *state;
	struct mem_opts small = {.piece_max = 3};
	struct client c;
	struct buf body;
	mem_net_set_opts(w->net, &small);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, lines(&body, "y", 10));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 10);
	client_fini(&c);
	buf_fini(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(api_survives_a_lost_connection_at_every_step),
	    TEST(api_acknowledges_nothing_that_the_store_did_not_take),
	    TEST(api_says_to_come_again_while_its_lines_are_in_another_upload),
	    TEST(api_takes_a_batch_back_later_when_the_store_cannot),
	    TEST(api_tells_an_internal_error_from_a_full_disk),
	    TEST(api_readers_survive_a_lost_connection),
	    TEST(api_is_freed_in_the_middle),
	    TEST(api_waits_with_100_until_it_is_ready),
	    TEST(api_replays_an_admission_of_the_valid),
	    TEST(api_tells_a_thousand_errors_and_their_number),
	    TEST(api_takes_a_body_byte_by_byte),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
