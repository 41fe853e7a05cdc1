/* The partners' API: uploads that are slow, broken, too large, at once with another one, or faster than the rate. */
#include "tests/unit/daemon/api_world.h"

/* Sends a head that promises `length` bytes, and `part` of them. */
static void begin_upload(struct world *w, struct client *c, const char *san, const char *headers,
                         size_t length, struct str part)
{
	char head[1024];
	client_dial(w, c, san);
	snprintf(head, sizeof head,
	         "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\n" NDJSON
	         "%sContent-Length: %zu\r\n\r\n",
	         headers, length);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, part);
	vloop_run_for(&w->v, 500);
}

static void api_answers_409_while_the_first_is_running(void **state)
{
	struct world *w = *state;
	struct client first, second;
	struct buf body;
	lines(&body, "r", 10);
	struct str all = buf_str(&body);
	begin_upload(w, &first, "an.test", "Idempotency-Key: k\r\n", all.len, str_make(all.ptr, 1000));
	ask(w, &second, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", all);
	expect_problem(&second, 409, "upload-under-way");
	assert_true(header(&second, "Retry-After").len > 0);
	stream_write(first.stream, str_make(all.ptr + 1000, all.len - 1000));
	client_finish(w, &first);
	expect_status(&first, 202);
	assert_int_equal(number(&first, "new"), 10);
	client_fini(&first);
	client_fini(&second);
	buf_fini(&body);
}

static void api_leaves_nothing_of_a_broken_upload(void **state)
{
	struct world *w = *state;
	struct buf body;
	lines(&body, "q", 1200);
	struct str all = buf_str(&body);
	size_t cuts[] = {0, 1, 700, all.len / 2, all.len - 1};
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		struct client c;
		begin_upload(w, &c, "an.test", "Idempotency-Key: k\r\n", all.len, str_make(all.ptr, cuts[i]));
		stream_abort(c.stream);
		assert_true(run_until(w, is_closed, &c, 10000));
		vloop_run_for(&w->v, 1000);
		client_fini(&c);
		assert_empty(w);
		assert_int_equal(api_active(w->api), 0);
	}
	struct client c;
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "Idempotency-Key: k\r\n", all);
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 1200);
	client_fini(&c);
	buf_fini(&body);
}

static void api_holds_the_body_while_the_store_is_busy(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	struct mem_opts narrow = {.latency_ms = 1, .window_bytes = 64u << 10};
	mem_net_set_opts(w->net, &narrow);
	lines(&body, "h", 12000);
	struct str all = buf_str(&body);
	assert_true(all.len > (2u << 20));
	begin_upload(w, &c, "an.test", "", all.len, STR_NONE);
	w->gate.closed = true;
	stream_write(c.stream, all);
	vloop_run_for(&w->v, 2000);
	assert_int_equal(w->gate.chunks, 8);
	assert_int_equal(w->gate.held_count, 8);
	uint64_t taken = mem_stream_sent(c.stream);
	assert_true(taken < all.len * 9 / 10);
	vloop_run_for(&w->v, 2000);
	assert_int_equal(mem_stream_sent(c.stream), taken); /* it stands still */
	for (int i = 0; i < 20 && !c.closed; i++) {
		gate_release(&w->gate);
		vloop_run_for(&w->v, 1000);
	}
	w->gate.closed = false;
	client_finish(w, &c);
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 12000);
	assert_int_equal(w->gate.most_chunks, 8);
	client_fini(&c);
	buf_fini(&body);
}

static void api_refuses_what_is_too_much(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	begin_upload(w, &c, "an.test", "", (8u << 20) + 1, STR_NONE);
	client_finish(w, &c);
	expect_problem(&c, 413, "body-too-large");
	client_fini(&c);
	expect_refusal(w, "an.test", "POST", "/v1/batches", NDJSON, lines(&b, "t", 12001), 413,
	               "too-many-lines");
	buf_fini(&b);
	assert_empty(w);
}

/* What was used before a restart nobody knows. */
static void api_counts_a_rate_as_used_up_after_a_start(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body;
	char path[64];
	ask(w, &c, "binh.test", "POST", "/v1/batches", NDJSON, lines(&body, "r", 1));
	expect_problem(&c, 429, "rate-limited");
	assert_in_range(number(&c, "retry_after_ms"), 90, 100); /* one line at 10 a second */
	client_fini(&c);
	buf_fini(&body);
	vloop_run_for(&w->v, 100);
	submit(w, "binh.test", "r", 1, path);
	submit(w, "an.test", "s", 1, path); /* has no rate */
}

static void api_says_when_the_rate_allows_more(void **state)
{
	struct world *w = *state;
	struct client c;
	char path[64];
	submit(w, "binh.test", "m", 30, path); /* above the burst of 10: on debt */
	struct buf body;
	ask(w, &c, "binh.test", "POST", "/v1/batches", NDJSON, lines(&body, "n", 1));
	expect_problem(&c, 429, "rate-limited");
	uint64_t seconds = 0;
	long long ms = number(&c, "retry_after_ms");
	assert_true(str_to_u64(header(&c, "Retry-After"), &seconds));
	assert_true(ms > 1500 && ms <= 2100); /* 30 sent, 9 may be left: 2.1 s after the lines came */
	assert_int_equal(seconds, (ms + 999) / 1000);
	client_fini(&c);
	struct client early, late;
	client_dial(w, &early, "binh.test");
	client_dial(w, &late, "binh.test");
	/* One connection asks a little before the moment, the other one at it. */
	instant_ms_t at = 0;
	ask(w, &c, "binh.test", "POST", "/v1/batches", NDJSON, buf_str(&body));
	expect_problem(&c, 429, "rate-limited");
	assert_true(instant_parse(str_c(text(c.json, "retry_at")), 0, &at));
	client_fini(&c);
	char head[256];
	snprintf(head, sizeof head,
	         "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\n" NDJSON
	         "Content-Length: %zu\r\n\r\n",
	         buf_len(&body));
	instant_ms_t now = loop_wall(&w->v.loop);
	vloop_run_for(&w->v, (uint64_t)(at - now) - 2); /* the way takes 1 ms */
	stream_write(early.stream, str_c(head));
	stream_write(early.stream, buf_str(&body));
	vloop_run_for(&w->v, 1);
	stream_write(late.stream, str_c(head));
	stream_write(late.stream, buf_str(&body));
	client_finish(w, &early);
	client_finish(w, &late);
	expect_problem(&early, 429, "rate-limited");
	expect_status(&late, 202);
	client_fini(&early);
	client_fini(&late);
	buf_fini(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(api_answers_409_while_the_first_is_running),
	    TEST(api_leaves_nothing_of_a_broken_upload),
	    TEST(api_holds_the_body_while_the_store_is_busy),
	    TEST(api_refuses_what_is_too_much),
	    cmocka_unit_test_setup_teardown(api_counts_a_rate_as_used_up_after_a_start, set_up_started,
	                                    tear_down),
	    TEST(api_says_when_the_rate_allows_more),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
