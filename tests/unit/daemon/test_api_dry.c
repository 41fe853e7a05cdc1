/* Dry runs and single decisions: they say what the live call would do, and leave nothing behind. */
#include "epp/base/rng.h"
#include "tests/unit/daemon/api_world.h"

#define JSON  "Content-Type: application/json\r\n"
#define DRY   "/v1/batches?dry_run=true"
#define LINES 2300 /* three chunks */

/* People who ask for one name, for two, with papers and without; references that come twice among the many. */
static struct str random_lines(struct buf *b, uint64_t seed, int n)
{
	struct rng rng;
	rng_init_seed(&rng, seed);
	buf_init(b, 16u << 20);
	for (int i = 1; i <= n; i++) {
		int person = (int)rng_below(&rng, (uint64_t)n), born = 1995 + (int)rng_below(&rng, 15);
		buf_printf(
		    b,
		    "{\"ref\":\"r-%llu-%d\",\"op\":\"create\",\"domain\":\"n%d.id.vn\",\"period\":%d,"
		    "\"applicant\":{"
		    "\"kind\":\"citizen\",\"name\":\"A\",\"citizenship\":\"VN\",\"birth_date\":\"%d-05-06\","
		    "\"gender\":\"male\",\"id_number\":\"0682%08d\",\"phone\":\"+84.912345678\",\"email\":"
		    "\"a@"
		    "example.vn\",\"address\":{\"street\":\"12\",\"ward\":\"X\",\"province\":\"68\","
		    "\"province_list\":\"2025-07-01\",\"country\":\"VN\"}}%s,\"ns\":[{\"name\":\"ns1.example."
		    "vn\"}]%s}\n",
		    (unsigned long long)seed, i, i, 1 + (int)rng_below(&rng, 3), born, person,
		    rng_below(&rng, 4)
		        ? ",\"evidence\":[{\"type\":\"ekyc\",\"issuer\":\"x\",\"reference\":\"K\","
		          "\"date\":\"2026-11-18\",\"result\":\"confirmed\"}]"
		        : "",
		    rng_below(&rng, 2) ? ",\"if_not_free\":\"charge\",\"max_fee_vnd\":900000" : "");
	}
	return buf_str(b);
}

static json_t *all_items(struct world *w, const char *path)
{
	json_t *all = json_array();
	char at[128];
	long long after = 0;
	do {
		struct client c;
		snprintf(at, sizeof at, "%s/items?limit=1000&after=%lld", path, after);
		get(w, &c, "an.test", at, "");
		expect_status(&c, 200);
		json_array_extend(all, json_object_get(c.json, "items"));
		after = atoll(text(c.json, "next"));
		client_fini(&c);
	} while (after);
	return all;
}

/* All that a result says but what only something kept can say. */
static void strip(json_t *item)
{
	json_object_del(item, "held");
	json_object_del(json_object_get(item, "decision"), "stage");
}

static void expect_equal(json_t *dry, json_t *live)
{
	assert_int_equal(json_array_size(dry), json_array_size(live));
	for (size_t i = 0; i < json_array_size(live); i++) {
		json_t *a = json_array_get(dry, i), *b = json_array_get(live, i);
		strip(a);
		strip(b);
		if (!json_equal(a, b))
			print_error("dry:  %s\nlive: %s\n", json_dumps(a, 0), json_dumps(b, 0));
		assert_true(json_equal(a, b));
	}
}

static void a_dry_run_is_what_the_live_call_does(void **state)
{
	struct world *w = *state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct client dry, live;
		struct buf b;
		char path[64];
		random_lines(&b, seed, LINES);
		ask(w, &dry, "an.test", "POST", DRY, NDJSON, buf_str(&b));
		expect_status(&dry, 200);
		assert_true(json_is_true(json_object_get(dry.json, "dry_run")));
		if (seed == 1)
			assert_empty(w);
		ask(w, &live, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
		expect_status(&live, 202);
		snprintf(path, sizeof path, "%.*s", STR_ARG(header(&live, "Location")));
		assert_true(
		    json_equal(json_object_get(dry.json, "counts"), json_object_get(live.json, "counts")));
		const json_t *counts = json_object_get(live.json, "counts");
		assert_true(json_integer_value(json_object_get(counts, "refused")) > 0);
		assert_true(json_integer_value(json_object_get(counts, "waiting")) > 0);
		json_t *items = all_items(w, path);
		expect_equal(json_object_get(dry.json, "items"), items);
		json_decref(items);
		client_fini(&dry);
		client_fini(&live);
		buf_fini(&b);
	}
	assert_int_equal(w->published, 3);
}

static void a_dry_run_answers_in_every_form(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *accept, *type, *begins;
	} forms[] = {{"Accept: application/x-ndjson\r\n", "application/x-ndjson", "{\"ref\":\"f-1\""},
	             {"Accept: text/csv\r\n", "text/csv", "ref,line,op"}};
	struct buf b;
	lines(&b, "f", 3);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct client c;
		char fields[128];
		size_t rows = 0;
		snprintf(fields, sizeof fields, NDJSON "%s", forms[i].accept);
		ask(w, &c, "an.test", "POST", DRY, fields, buf_str(&b));
		expect_status(&c, 200);
		assert_true(str_eq_c(header(&c, "Content-Type"), forms[i].type));
		assert_true(str_starts(c.body, str_c(forms[i].begins)));
		for (size_t k = 0; k < c.body.len; k++)
			rows += c.body.ptr[k] == '\n';
		assert_int_equal(rows, 3 + i);
		client_fini(&c);
	}
	buf_fini(&b);
	assert_empty(w);
}

static void a_dry_run_refuses_as_the_live_call_does(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char path[64];
	submit(w, "an.test", "old", 1, path);
	lines(&b, "old", 1);
	struct str one = buf_str(&b);
	buf_lit(&b,
	        "{\"ref\":\"old-1\",\"op\":\"renew\",\"domain\":\"a.id.vn\",\"period\":1,\"cur_exp_date\":"
	        "\"2026-12-01\"}\n"); /* known with other content */
	add_line(&b, "twice", 7);
	add_line(&b, "twice", 7);
	(void)one;
	ask(w, &c, "an.test", "POST", DRY, NDJSON, buf_str(&b));
	expect_problem(&c, 422, "bad-lines");
	const json_t *errors = json_object_get(c.json, "errors");
	assert_int_equal(json_array_size(errors), 2);
	assert_string_equal(text(json_array_get(errors, 0), "reason"), "REF_CONFLICT");
	assert_string_equal(text(json_array_get(errors, 1), "reason"), "DUPLICATE");
	client_fini(&c);
	ask(w, &c, "an.test", "POST", DRY "&admission=valid", NDJSON, buf_str(&b));
	expect_status(&c, 200);
	assert_int_equal(number(&c, "new"), 1);
	assert_int_equal(number(&c, "repeated"), 1);
	assert_int_equal(number(&c, "bad_lines"), 2);
	client_fini(&c);
	expect_refusal(w, "an.test", "POST", "/v1/batches?dry_run=yes", NDJSON, buf_str(&b), 400,
	               "bad-parameter");
	expect_refusal(w, "an.test", "POST", DRY, NDJSON, STR("\n"), 422, "empty-batch");
	expect_refusal(w, "an.test", "POST", DRY, NDJSON "Accept: image/png\r\n", buf_str(&b), 406,
	               "not-acceptable");
	buf_fini(&b);
}

static void a_dry_run_has_a_limit_of_lines(void **state)
{
	struct world *w = *state;
	struct buf b;
	buf_init(&b, 8u << 20);
	for (int i = 0; i < 10001; i++)
		buf_lit(&b, "{}\n");
	expect_refusal(w, "an.test", "POST", DRY, NDJSON, buf_str(&b), 413, "too-many-lines");
	buf_fini(&b);
}

static void a_dry_run_says_when_the_store_fails(void **state)
{
	struct world *w = *state;
	struct buf b;
	log_capture_expect(&w->log, "batch.store_failed");
	w->gate.fail = STORE_PREVIEW;
	w->gate.fail_err = ERR_DISK;
	expect_refusal(w, "an.test", "POST", DRY, NDJSON, lines(&b, "d", 2), 503, "store-unavailable");
	buf_fini(&b);
	assert_true(log_capture_has(&w->log, "batch.store_failed"));
}

/* The connection ends while a chunk is at the store. */
static void a_dry_run_may_lose_its_client(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char head[256];
	struct str body = lines(&b, "l", 5);
	w->gate.closed = true;
	client_dial(w, &c, "an.test");
	snprintf(head, sizeof head,
	         "POST " DRY " HTTP/1.1\r\nHost: api\r\nContent-Length: %zu\r\n" NDJSON "\r\n", body.len);
	stream_write(c.stream, str_c(head));
	stream_write(c.stream, body);
	vloop_run_for(&w->v, 100);
	assert_int_equal(w->gate.held_count, 1);
	stream_abort(c.stream);
	vloop_run_for(&w->v, 100);
	w->gate.closed = false;
	gate_release(&w->gate);
	vloop_run_for(&w->v, 1000);
	assert_int_equal(api_active(w->api), 0);
	assert_empty(w);
	client_fini(&c);
	buf_fini(&b);
}

/* ---- single decisions ----------------------------------------------------------------------------------------------------- */

/* ---- and the registry is asked ------------------------------------------------------------------------------------------- */

static const json_t *said_of(const struct client *c, size_t item)
{
	return json_object_get(json_array_get(json_object_get(c->json, "items"), item), "registry");
}

static void a_dry_run_asks_the_registry_when_it_is_told_to(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	lines(&b, "n", 3);
	ask(w, &c, "an.test", "POST", DRY "&check=true", NDJSON, buf_str(&b));
	expect_status(&c, 200);
	assert_int_equal(w->names.account, w->accounts[0]);
	assert_true(json_is_true(json_object_get(said_of(&c, 0), "available")));
	assert_true(json_is_false(json_object_get(said_of(&c, 1), "available")));
	assert_string_equal(text(said_of(&c, 1), "reason"), "In use, \"=x\"");
	const json_t *check = json_object_get(c.json, "check");
	assert_int_equal(json_integer_value(json_object_get(check, "asked")), 3);
	assert_int_equal(json_integer_value(json_object_get(check, "available")), 2);
	assert_int_equal(json_integer_value(json_object_get(check, "taken")), 1);
	client_fini(&c);
	ask(w, &c, "an.test", "POST", DRY "&check=true", NDJSON "Accept: text/csv\r\n", buf_str(&b));
	expect_status(&c, 200);
	assert_true(memmem(c.body.ptr, c.body.len, ",flags,registry.available,registry.reason\r\n", 41));
	assert_true(memmem(c.body.ptr, c.body.len, ",false,\"In use, \"\"=x\"\"\"\r\n", 24));
	client_fini(&c);
	/* Without it nobody is asked. */
	ask(w, &c, "an.test", "POST", DRY "&check=false", NDJSON, buf_str(&b));
	expect_status(&c, 200);
	assert_null(json_object_get(c.json, "check"));
	assert_null(said_of(&c, 0));
	client_fini(&c);
	buf_fini(&b);
	assert_empty(w);
}

static void a_registry_that_cannot_be_asked_is_told(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	w->names.why = "the registry cannot be reached at the moment";
	ask(w, &c, "an.test", "POST", DRY "&check=true", NDJSON, lines(&b, "n", 2));
	expect_status(&c, 200);
	assert_true(json_is_null(json_object_get(said_of(&c, 1), "available")));
	assert_string_equal(text(said_of(&c, 1), "reason"), w->names.why);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(c.json, "check"), "unknown")), 2);
	client_fini(&c);
	buf_fini(&b);
}

static void only_a_dry_run_asks(void **state)
{
	struct world *w = *state;
	static const char *const paths[] = {"/v1/batches?check=true", "/v1/batches?dry_run=false&check=true",
	                                    DRY "&check=maybe"};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct buf b;
		expect_refusal(w, "an.test", "POST", paths[i], NDJSON, lines(&b, "n", 1), 400,
		               "bad-parameter");
		buf_fini(&b);
	}
	assert_empty(w);
}

/* Nothing to ask about: renewals, and what is refused anyhow. */
static void nothing_to_ask_is_no_question(void **state)
{
	struct world *w = *state;
	struct client c;
	ask(w, &c, "an.test", "POST", DRY "&check=true", NDJSON,
	    STR("{\"ref\":\"x\",\"op\":\"renew\",\"domain\":\"a.id.vn\",\"period\":1,\"cur_exp_date\":\"2026-"
	        "12-"
	        "01\"}\n"));
	expect_status(&c, 200);
	assert_true(json_is_false(json_object_get(said_of(&c, 0), "asked")));
	assert_true(json_is_null(json_object_get(said_of(&c, 0), "available")));
	client_fini(&c);
}

static void a_client_that_goes_while_the_registry_is_asked_does_no_harm(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char head[256];
	struct str body = lines(&b, "n", 2);
	w->names.silent = true;
	client_dial(w, &c, "an.test");
	snprintf(head, sizeof head,
	         "POST " DRY "&check=true HTTP/1.1\r\nHost: api\r\nContent-Length: %zu\r\n" NDJSON "\r\n",
	         body.len);
	stream_write(c.stream, str_c(head));
	stream_write(c.stream, body);
	vloop_run_for(&w->v, 50);
	assert_non_null(w->names.done);
	stream_abort(c.stream);
	vloop_run_for(&w->v, 50);
	world_answer_names(&w->names.timer);
	vloop_run_for(&w->v, 50);
	client_fini(&c);
	buf_fini(&b);
}

static void a_decision_explains_itself(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	ask(w, &c, "an.test", "POST", "/v1/decisions", JSON, lines(&b, "d", 1));
	expect_status(&c, 200);
	const json_t *result = json_object_get(c.json, "result"),
	             *decision = json_object_get(result, "decision");
	assert_string_equal(text(result, "state"), "queued");
	assert_string_equal(text(decision, "stage"), "preview");
	assert_string_equal(text(decision, "outcome"), "grant");
	assert_true(json_is_object(json_object_get(decision, "fee_vnd")));
	assert_true(json_array_size(json_object_get(decision, "cites")) > 0);
	assert_true(*text(decision, "eligible_until"));
	assert_true(*text(json_object_get(c.json, "told"), "vi") &&
	            *text(json_object_get(c.json, "told"), "en"));
	assert_true(json_is_object(json_object_get(c.json, "explanation")));
	client_fini(&c);
	buf_fini(&b);
	assert_empty(w);
}

static void a_decision_knows_the_ledger(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char path[64];
	submit(w, "an.test", "d", 1, path);
	ask(w, &c, "an.test", "POST", "/v1/decisions", JSON, lines(&b, "d", 1)); /* the same person again */
	expect_status(&c, 200);
	assert_string_equal(text(json_object_get(c.json, "result"), "state"), "refused");
	assert_true(*text(json_object_get(c.json, "result"), "message"));
	client_fini(&c);
	buf_fini(&b);
}

static void a_decision_needs_no_reference(void **state)
{
	struct world *w = *state;
	struct client c;
	ask(w, &c, "an.test", "POST", "/v1/decisions", JSON,
	    STR("{\"op\":\"renew\",\"domain\":\"x.id.vn\",\"period\":1,\"cur_exp_date\":\"2026-12-01\"}"));
	expect_status(&c, 200);
	assert_string_equal(text(json_object_get(c.json, "result"), "domain"), "x.id.vn");
	client_fini(&c);
}

static void a_bad_item_is_not_decided(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	static const struct {
		const char *body, *field, *reason;
	} bad[] = {{"{", "", "SYNTAX"},
	           {"[]", "", "WRONG_TYPE"},
	           {"{\"op\":\"renew\",\"domain\":\"x.com.vn\",\"period\":1,\"cur_exp_date\":\"2026-12-01\"}",
	            "domain", "ZONE_NOT_SERVED"}};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ask(w, &c, "an.test", "POST", "/v1/decisions", JSON, str_c(bad[i].body));
		expect_problem(&c, 422, "bad-item");
		const json_t *first = json_array_get(json_object_get(c.json, "errors"), 0);
		assert_string_equal(text(first, "field"), bad[i].field);
		assert_string_equal(text(first, "reason"), bad[i].reason);
		client_fini(&c);
	}
	expect_refusal(w, "an.test", "POST", "/v1/decisions", NDJSON, lines(&b, "d", 1), 415,
	               "unsupported-media-type");
	buf_fini(&b);
	lines(&b, "d", 40);
	expect_refusal(w, "an.test", "POST", "/v1/decisions", JSON, buf_str(&b), 413, "too-large");
	buf_fini(&b);
}

static void a_decision_says_when_the_store_fails(void **state)
{
	struct world *w = *state;
	struct buf b;
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_PREVIEW;
	w->gate.fail_err = ERR_DISK;
	expect_refusal(w, "an.test", "POST", "/v1/decisions", JSON, lines(&b, "d", 1), 503,
	               "store-unavailable");
	buf_fini(&b);
	assert_true(log_capture_has(&w->log, "api.store_failed"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_dry_run_is_what_the_live_call_does),
	    TEST(a_dry_run_answers_in_every_form),
	    TEST(a_dry_run_refuses_as_the_live_call_does),
	    TEST(a_dry_run_has_a_limit_of_lines),
	    TEST(a_dry_run_says_when_the_store_fails),
	    TEST(a_dry_run_may_lose_its_client),
	    TEST(a_dry_run_asks_the_registry_when_it_is_told_to),
	    TEST(a_registry_that_cannot_be_asked_is_told),
	    TEST(only_a_dry_run_asks),
	    TEST(nothing_to_ask_is_no_question),
	    TEST(a_client_that_goes_while_the_registry_is_asked_does_no_harm),
	    TEST(a_decision_explains_itself),
	    TEST(a_decision_knows_the_ledger),
	    TEST(a_decision_needs_no_reference),
	    TEST(a_bad_item_is_not_decided),
	    TEST(a_decision_says_when_the_store_fails),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
