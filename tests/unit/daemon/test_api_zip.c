/* Batches that come packed: as if they had not been, within the same limits. */
#include "tests/unit/daemon/api_world.h"
#include "tests/unit/daemon/gzip_make.h"

#define GZIP       "Content-Encoding: gzip\r\n"
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_packed_body_is_a_body(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body, packed;
	buf_init(&packed, 16u << 20);
	struct str all = lines(&body, "z", 3000);
	gzip_add(&packed, str_make(all.ptr, 1000));
	gzip_add(&packed, str_make(all.ptr + 1000, all.len - 1000));
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "Content-Encoding: X-GZip\r\n", buf_str(&packed));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 3000);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, all);
	expect_status(&c, 202);
	assert_int_equal(number(&c, "repeated"), 3000);
	client_fini(&c);
	buf_fini(&body);
	buf_fini(&packed);
}

/* The payload is what is packed, not how: a packer writes the time of day into its head. */
static void a_key_knows_the_payload_however_it_is_packed(void **state)
{
	static const char *const paths[] = {"/v1/batches", "/v1/batches?admission=valid"};
	struct world *w = *state;
	struct client c;
	struct buf body, packed;
	for (int way = 0; way < 2; way++) {
		char headers[128];
		snprintf(headers, sizeof headers, NDJSON GZIP "Idempotency-Key: key-%d\r\n", way);
		lines(&body, way ? "v" : "k", 2500);
		if (way)
			buf_lit(&body, "{}\n");
		buf_init(&packed, 16u << 20);
		gzip_add(&packed, buf_str(&body));
		for (int again = 0; again < 2; again++) {
			ask(w, &c, "an.test", "POST", paths[way], headers, buf_str(&packed));
			expect_status(&c, 202);
			assert_int_equal(header(&c, "Idempotency-Replayed").len > 0, again);
			assert_int_equal(number(&c, "new"), 2500);
			if (way)
				assert_int_equal(number(&c, "bad_lines"), 1);
			client_fini(&c);
		}
		snprintf(headers, sizeof headers, NDJSON "Idempotency-Key: key-%d\r\n", way);
		ask(w, &c, "an.test", "POST", paths[way], headers, buf_str(&body));
		expect_status(&c, 202);
		assert_true(str_eq_c(header(&c, "Idempotency-Replayed"), "true"));
		client_fini(&c);
		snprintf(headers, sizeof headers, NDJSON GZIP "Idempotency-Key: key-%d\r\n", way);
		buf_lit(&body, "\n");
		buf_truncate(&packed, 0);
		gzip_add(&packed, buf_str(&body));
		expect_refusal(w, "an.test", "POST", paths[way], headers, buf_str(&packed), 422,
		               "idempotency-key-reused");
		buf_truncate(&packed, buf_len(&packed) - 1);
		expect_refusal(w, "an.test", "POST", paths[way], headers, buf_str(&packed), 400,
		               "bad-encoding");
		buf_fini(&body);
		buf_fini(&packed);
	}
	assert_int_equal(api_active(w->api), 0);
}

/* Nothing is kept of it, wherever it breaks. */
static void what_is_not_well_packed_is_refused(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body, packed;
	buf_init(&packed, 16u << 20);
	lines(&body, "x", 2500);
	gzip_add(&packed, buf_str(&body));
	size_t all = buf_len(&packed), cuts[] = {0, 1, 17, all / 2, all - 8, all - 1};
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON GZIP,
		    str_make(buf_data(&packed), cuts[i]));
		expect_problem(&c, 400, "bad-encoding");
		assert_non_null(strstr(text(c.json, "detail"), "ends in the middle"));
		client_fini(&c);
		assert_empty(w);
	}
	buf_data(&packed)[all - 5] ^= 1; /* of the check sum */
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON GZIP, buf_str(&packed));
	expect_problem(&c, 400, "bad-encoding");
	assert_non_null(strstr(text(c.json, "detail"), "incorrect data check"));
	client_fini(&c);
	expect_refusal(w, "an.test", "POST", "/v1/batches", NDJSON GZIP, buf_str(&body), 400, "bad-encoding");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "Content-Encoding: br\r\n", buf_str(&body));
	expect_problem(&c, 415, "unsupported-coding");
	assert_true(str_eq_c(header(&c, "Accept-Encoding"), "gzip, identity"));
	client_fini(&c);
	assert_empty(w);
	buf_fini(&body);
	buf_fini(&packed);
}

/* max_body (8 MB here) is of what it unpacks to. */
static void a_bomb_is_refused(void **state)
{
	static const char bytes[] = {'\n', ' ', 'x', '['};
	static const char *const types[] = {NDJSON, "Content-Type: application/json\r\n",
	                                    "Content-Type: text/csv\r\n"};
	struct world *w = *state;
	struct client c;
	struct buf packed;
	for (size_t i = 0; i < ARRAY_LEN(bytes) * ARRAY_LEN(types); i++) {
		char headers[128];
		buf_init(&packed, 16u << 20);
		gzip_add_bomb(&packed, bytes[i / ARRAY_LEN(types)], 256u << 20);
		snprintf(headers, sizeof headers, "%s" GZIP, types[i % ARRAY_LEN(types)]);
		ask(w, &c, "an.test", "POST", "/v1/batches", headers, buf_str(&packed));
		assert_true(c.status == 413 || c.status == 400);
		if (bytes[i / ARRAY_LEN(types)] == '\n')
			expect_problem(&c, 413, "body-too-large");
		client_fini(&c);
		assert_empty(w);
		buf_fini(&packed);
	}
	/* Members of nothing, without an end. */
	buf_init(&packed, 16u << 20);
	while (buf_len(&packed) < (9u << 20))
		gzip_add(&packed, STR_NONE);
	client_dial(w, &c, "an.test");
	buf_printf(stream_out(c.stream),
	           "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\n" NDJSON GZIP
	           "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
	           buf_len(&packed));
	stream_write(c.stream, buf_str(&packed));
	stream_write(c.stream, STR("\r\n0\r\n\r\n"));
	client_finish(w, &c);
	expect_problem(&c, 413, "body-too-large");
	client_fini(&c);
	assert_empty(w);
	buf_fini(&packed);
}

static void a_packed_body_may_lose_its_client(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body, packed;
	buf_init(&packed, 16u << 20);
	lines(&body, "l", 5000);
	gzip_add(&packed, buf_str(&body));
	for (int replay = 0; replay < 2; replay++) {
		for (size_t cut = 0; cut < buf_len(&packed); cut += buf_len(&packed) / 7) {
			client_dial(w, &c, "an.test");
			buf_printf(
			    stream_out(c.stream),
			    "POST /v1/batches HTTP/1.1\r\nHost: api\r\nIdempotency-Key: l\r\n" NDJSON GZIP
			    "Content-Length: %zu\r\n\r\n",
			    buf_len(&packed));
			stream_write(c.stream, str_make(buf_data(&packed), cut));
			vloop_run_for(&w->v, cut % 5 * 10);
			stream_abort(c.stream);
			assert_true(run_until(w, is_closed, &c, 1000));
			vloop_run_for(&w->v, 1000);
			client_fini(&c);
			assert_int_equal(api_active(w->api), 0);
			if (!replay)
				assert_empty(w);
		}
		ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON GZIP "Idempotency-Key: l\r\n",
		    buf_str(&packed));
		expect_status(&c, 202);
		assert_int_equal(number(&c, "new"), 5000);
		client_fini(&c);
	}
	buf_fini(&body);
	buf_fini(&packed);
}

static void a_dry_run_may_be_packed(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf body, packed;
	buf_init(&packed, 16u << 20);
	lines(&body, "d", 1500);
	gzip_add(&packed, buf_str(&body));
	ask(w, &c, "an.test", "POST", "/v1/batches?dry_run=true", NDJSON GZIP, buf_str(&packed));
	expect_status(&c, 200);
	assert_int_equal(number(&c, "lines"), 1500);
	client_fini(&c);
	assert_empty(w);
	buf_fini(&body);
	buf_fini(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_packed_body_is_a_body),
	    TEST(a_key_knows_the_payload_however_it_is_packed),
	    TEST(what_is_not_well_packed_is_refused),
	    TEST(a_bomb_is_refused),
	    TEST(a_packed_body_may_lose_its_client),
	    TEST(a_dry_run_may_be_packed),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
