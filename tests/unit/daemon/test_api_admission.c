/* The partners' API: which batches are taken, which lines are refused, and what comes a second time. */
#include "daemon/job/lane.h"
#include "tests/unit/daemon/api_world.h"

static void api_admits_a_batch(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, lines(&b, "a", 1300));
	expect_status(&c, 202);
	assert_true(str_starts(header(&c, "Location"), STR("/v1/batches/")));
	assert_int_equal(number(&c, "lines"), 1300);
	assert_int_equal(number(&c, "new"), 1300);
	assert_int_equal(number(&c, "repeated"), 0);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(c.json, "counts"), "queued")),
	                 1300);
	assert_int_equal(number(&c, "moving"), 1300);
	assert_int_equal(w->published, 1);
	client_fini(&c);
	/* The same lines again, without a key: the old items answer. */
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "lines"), 1300);
	assert_int_equal(number(&c, "new"), 0);
	assert_int_equal(number(&c, "repeated"), 1300);
	client_fini(&c);
	buf_fini(&b);
	assert_true(log_capture_has(&w->log, "batch.admitted"));
}

static void api_formats_give_the_same(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b, array;
	lines(&b, "f", 3);
	buf_init(&array, 1 << 20);
	buf_lit(&array, "[");
	struct str rest = buf_str(&b);
	for (int i = 0; i < 3; i++) {
		struct str line = str_split(&rest, '\n');
		buf_printf(&array, "%s%.*s", i ? ",\n" : "", STR_ARG(line));
	}
	buf_lit(&array, "]\n");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_status(&c, 202);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", "Content-Type: application/json; charset=UTF-8\r\n",
	    buf_str(&array));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "repeated"), 3);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", "Content-Type: text/csv\r\n",
	    STR("ref,op,domain,period,cur_exp_date\r\nr-1,renew,x.id.vn,1,2026-12-01\r\n"));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "lines"), 1);
	client_fini(&c);
	buf_fini(&b);
	buf_fini(&array);
}

static void api_refuses_bad_lines_as_a_whole(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	lines(&b, "b", 2);
	buf_lit(&b, "\n{\"ref\":\"x\",\"op\":\"renew\",\"domain\":\"a_b.id.vn\",\"period\":1}\nnot json\n");
	buf_lit(&b, "{\"ref\":\"y\",\"op\":\"renew\",\"domain\":\"a.com.vn\",\"period\":1,\"cur_exp_date\":"
	            "\"2026-12-01\"}\n");
	buf_lit(&b, "{\"ref\":\"z\",\"op\":\"renew\",\"domain\":\"b.a.id.vn\",\"period\":1,\"cur_exp_date\":"
	            "\"2026-12-01\"}\n");
	for (int i = 0; i < 500; i++)
		buf_lit(&b, "0123456789");
	buf_lit(&b, "\n");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_problem(&c, 422, "bad-lines");
	assert_int_equal(number(&c, "lines"), 7);
	assert_int_equal(number(&c, "bad_lines"), 5);
	static const struct {
		int line;
		const char *field, *reason;
	} want[] = {
	    {4, "domain", "BAD_NAME"},        {4, "cur_exp_date", "MISSING"},   {5, "", "SYNTAX"},
	    {6, "domain", "ZONE_NOT_SERVED"}, {7, "domain", "ZONE_NOT_SERVED"}, {8, "", "LINE_TOO_LONG"}};
	const json_t *errors = json_object_get(c.json, "errors");
	assert_int_equal(json_array_size(errors), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const json_t *e = json_array_get(errors, i);
		assert_int_equal(json_integer_value(json_object_get(e, "line")), want[i].line);
		assert_string_equal(text(e, "field"), want[i].field);
		assert_string_equal(text(e, "reason"), want[i].reason);
	}
	client_fini(&c);
	assert_empty(w);
	assert_int_equal(w->published, 0);
	/* On wish the good ones are taken. */
	ask(w, &c, "an.test", "POST", "/v1/batches?admission=valid", NDJSON, buf_str(&b));
	expect_status(&c, 202);
	assert_int_equal(number(&c, "new"), 2);
	assert_int_equal(number(&c, "bad_lines"), 5);
	assert_int_equal(json_array_size(json_object_get(c.json, "errors")), 6);
	client_fini(&c);
	buf_fini(&b);
}

static size_t waiting_in(struct world *w, uint8_t lane)
{
	struct arena a = {0};
	struct store_get_depths d = {.op = {.type = STORE_GET_DEPTHS}, .arena = &a};
	struct store_op *op = &d.op;
	size_t n = 0;
	w->backend->ops->run(w->backend, &op, 1);
	assert_int_equal(d.op.err, OK);
	for (size_t i = 0; i < d.count; i++)
		n += d.depths[i].queue.lane == lane ? d.depths[i].items : 0;
	arena_fini(&a);
	return n;
}

static void api_puts_bulk_behind(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *path, *prefix;
		int count;
	} batches[] = {{"/v1/batches", "a", 2},
	               {"/v1/batches?priority=normal", "b", 3},
	               {"/v1/batches?priority=bulk", "c", 5}};
	size_t normal = 0;
	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		struct client c;
		struct buf b;
		ask(w, &c, "an.test", "POST", batches[i].path, NDJSON,
		    lines(&b, batches[i].prefix, batches[i].count));
		expect_status(&c, 202);
		client_fini(&c);
		buf_fini(&b);
		size_t others = waiting_in(w, LANE_CREATE) + waiting_in(w, LANE_RENEW);
		assert_true((waiting_in(w, LANE_BULK) > 0) == (i == 2));
		assert_true(i == 2 ? others == normal : others > normal);
		normal = others;
	}
}

static void api_tells_conflicts_of_refs(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char path[64];
	submit(w, "an.test", "k", 2, path);
	buf_init(&b, 1 << 20);
	buf_lit(&b, "{\"ref\":\"k-2\",\"op\":\"renew\",\"domain\":\"a.id.vn\",\"period\":1,\"cur_exp_date\":"
	            "\"2026-12-01\"}\n");
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_problem(&c, 422, "bad-lines");
	assert_string_equal(text(json_array_get(json_object_get(c.json, "errors"), 0), "reason"),
	                    "REF_CONFLICT");
	client_fini(&c);
	/* Another partner's refs are its own. */
	ask(w, &c, "binh.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_status(&c, 202);
	client_fini(&c);
	buf_fini(&b);
}

/* The same lines under another key: the answer counts them as they stand now. */
static void api_counts_repeated_lines_as_they_stand(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char path[64], cancel[96];
	submit(w, "an.test", "k", 2, path);
	snprintf(cancel, sizeof cancel, "%s/cancel", path);
	ask(w, &c, "an.test", "POST", cancel, "", STR_NONE);
	expect_status(&c, 200);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, lines(&b, "k", 2));
	expect_status(&c, 202);
	const json_t *counts = json_object_get(c.json, "counts");
	assert_int_equal(json_integer_value(json_object_get(c.json, "repeated")), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "cancelled")), 2);
	assert_int_equal(json_integer_value(json_object_get(counts, "queued")), 0);
	assert_int_equal(json_integer_value(json_object_get(c.json, "moving")), 0);
	client_fini(&c);
	buf_fini(&b);
}

static void api_repeats_the_answer_under_a_key(void **state)
{
	struct world *w = *state;
	struct client a, b, other, type;
	struct buf body;
	static const char headers[] = NDJSON "Idempotency-Key: key-1\r\n";
	lines(&body, "i", 5);
	ask(w, &a, "an.test", "POST", "/v1/batches", headers, buf_str(&body));
	expect_status(&a, 202);
	ask(w, &b, "an.test", "POST", "/v1/batches", headers, buf_str(&body));
	expect_status(&b, 202);
	assert_true(str_eq(header(&b, "Idempotency-Replayed"), STR("true")));
	assert_true(str_empty(header(&a, "Idempotency-Replayed")));
	assert_true(str_eq(header(&a, "Location"), header(&b, "Location")));
	assert_true(json_equal(a.json, b.json));
	assert_int_equal(w->published, 1);
	add_line(&body, "i", 6);
	ask(w, &other, "an.test", "POST", "/v1/batches", headers, buf_str(&body));
	expect_problem(&other, 422, "idempotency-key-reused");
	expect_refusal(w, "an.test", "POST", "/v1/batches",
	               "Content-Type: application/json\r\nIdempotency-Key: key-1\r\n", STR("[]"), 422,
	               "idempotency-key-reused");
	/* Of another hurry is another request. */
	struct buf first;
	expect_refusal(w, "an.test", "POST", "/v1/batches?priority=bulk", headers, lines(&first, "i", 5), 422,
	               "idempotency-key-reused");
	buf_fini(&first);
	/* The key is the partner's own. */
	ask(w, &type, "binh.test", "POST", "/v1/batches", headers, buf_str(&body));
	expect_status(&type, 202);
	assert_true(str_empty(header(&type, "Idempotency-Replayed")));
	client_fini(&a);
	client_fini(&b);
	client_fini(&other);
	client_fini(&type);
	buf_fini(&body);
}

static void api_keeps_partners_to_their_zones(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	ask(w, &c, "chi.test", "POST", "/v1/batches", NDJSON, lines(&b, "z", 1));
	expect_problem(&c, 422, "bad-lines");
	const json_t *e = json_array_get(json_object_get(c.json, "errors"), 0);
	assert_string_equal(text(e, "reason"), "ZONE_NOT_ALLOWED");
	assert_string_equal(text(e, "expected"), "a name directly under biz.vn");
	client_fini(&c);
	buf_fini(&b);
}

/* In an array "line" is the item's place in it, as in its result; a person looks for the line of the text. */
static void api_tells_where_in_an_array_an_error_stands(void **state)
{
	static const char pretty[] =
	    "[\n  {\"ref\": \"p-1\",\n   \"op\": \"renew\", \"domain\": \"a.id.vn\",\n"
	    "   \"period\": 1, \"cur_exp_date\": \"2026-12-01\"},\n"
	    "  {\"ref\": \"p-2\",\n   \"op\": \"renew\",\n   \"period\": 0}\n]\n";
	struct world *w = *state;
	struct client c;
	ask(w, &c, "an.test", "POST", "/v1/batches", "Content-Type: application/json\r\n", str_c(pretty));
	expect_problem(&c, 422, "bad-lines");
	const json_t *errors = json_object_get(c.json, "errors"), *period = json_array_get(errors, 0);
	assert_string_equal(text(period, "field"), "period");
	assert_int_equal(json_integer_value(json_object_get(period, "line")), 2);
	assert_int_equal(json_integer_value(json_object_get(period, "text_line")), 7);
	assert_int_equal(json_integer_value(json_object_get(period, "column")), 14);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(errors, 1), "text_line")), 5);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", "Content-Type: application/json\r\n",
	    STR("[\n{},\n\n]"));
	expect_problem(&c, 400, "bad-body");
	assert_string_equal(text(c.json, "detail"),
	                    "line 4: an item is missing between the last comma and ']'");
	client_fini(&c);
}

static void api_closes_admission_when_told(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	w->closed = "the store cannot be written";
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, lines(&b, "c", 1));
	expect_problem(&c, 503, "admission-closed");
	assert_true(header(&c, "Retry-After").len > 0);
	assert_string_equal(text(c.json, "detail"), "the store cannot be written");
	client_fini(&c);
	buf_fini(&b);
}

static void api_takes_new_limits_at_once(void **state)
{
	struct world *w = *state;
	char path[64];
	submit(w, "an.test", "l", 1, path);
	api_set_config(w->api, config, w->partners, w->accounts);
	api_set_decider(w->api, decider);
	submit(w, "an.test", "l2", 1, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(api_admits_a_batch),
	    TEST(api_formats_give_the_same),
	    TEST(api_refuses_bad_lines_as_a_whole),
	    TEST(api_puts_bulk_behind),
	    TEST(api_tells_conflicts_of_refs),
	    TEST(api_counts_repeated_lines_as_they_stand),
	    TEST(api_repeats_the_answer_under_a_key),
	    TEST(api_keeps_partners_to_their_zones),
	    TEST(api_tells_where_in_an_array_an_error_stands),
	    TEST(api_closes_admission_when_told),
	    TEST(api_takes_new_limits_at_once),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
