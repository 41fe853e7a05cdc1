/* The partners' API: strangers, other partners' batches, and requests that it does not know. */
#include "tests/unit/daemon/api_world.h"

static void api_hides_what_is_not_the_partners(void **state)
{
	struct world *w = *state;
	static const char *const what[] = {"", "/items", "/items?limit=1", "/cancel"};
	struct client c;
	char path[64], url[96];
	submit(w, "an.test", "s", 3, path);
	for (size_t i = 0; i < ARRAY_LEN(what); i++) {
		snprintf(url, sizeof url, "%s%s", path, what[i]);
		expect_refusal(w, "binh.test", i == 3 ? "POST" : "GET", url, "", STR_NONE, 404, "not-found");
	}
	get(w, &c, "an.test", "/v1/items/s-2", "");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "domain"), "s2.id.vn");
	client_fini(&c);
	expect_refusal(w, "binh.test", "GET", "/v1/items/s-2", "", STR_NONE, 404, "not-found");
	expect_refusal(w, "binh.test", "GET", "/v1/domains/s2.id.vn", "", STR_NONE, 404, "not-found");
}

static void api_shows_a_stranger_its_fingerprint(void **state)
{
	struct world *w = *state;
	struct client c;
	log_capture_expect(&w->log, "api.unknown_partner");
	get(w, &c, "nobody.test", "/v1/batches/1", "");
	expect_problem(&c, 403, "unknown-partner");
	assert_int_equal(strlen(text(c.json, "fingerprint")), 64);
	client_fini(&c);
}

static void api_refuses_what_it_does_not_know(void **state)
{
	static const struct {
		const char *method, *path, *headers, *type;
		int status;
	} cases[] = {
	    {"GET", "/", "", "not-found", 404},
	    {"GET", "/v1", "", "not-found", 404},
	    {"GET", "/v1/batches/", "", "not-found", 404},
	    {"GET", "/v1/batches/0", "", "not-found", 404},
	    {"GET", "/v1/batches/x", "", "not-found", 404},
	    {"GET", "/v1/batches/99999999999999999999", "", "not-found", 404},
	    {"GET", "/v1/batches/77", "", "not-found", 404},
	    {"GET", "/v1/batches/77/items", "", "not-found", 404},
	    {"GET", "/v1/batches", "", "method-not-allowed", 405},
	    {"DELETE", "/v1/batches/1", "", "method-not-allowed", 405},
	    {"GET", "/v1/batches/1/cancel", "", "method-not-allowed", 405},
	    {"POST", "/v1/batches", "Content-Type: text/plain\r\n", "unsupported-media-type", 415},
	    {"POST", "/v1/batches", "", "unsupported-media-type", 415},
	    {"POST", "/v1/batches", "Content-Type: text/csv; charset=latin1\r\n", "unsupported-media-type",
	     415},
	    {"POST", "/v1/batches", NDJSON "Content-Encoding: gzip\r\n", "bad-encoding", 400},
	    {"POST", "/v1/batches", NDJSON "Content-Encoding: gzip, gzip\r\n", "unsupported-coding", 415},
	    {"POST", "/v1/batches?admision=valid", NDJSON, "unknown-parameter", 400},
	    {"POST", "/v1/batches?dryrun=true", NDJSON, "unknown-parameter", 400},
	    {"POST", "/v1/batches?admission=some", NDJSON, "bad-parameter", 400},
	    {"POST", "/v1/batches?priority=high", NDJSON, "bad-parameter", 400},
	    {"POST", "/v1/batches", NDJSON "Idempotency-Key: a b\r\n", "bad-idempotency-key", 400},
	    {"POST", "/v1/batches", NDJSON "Idempotency-Key: \r\n", "bad-idempotency-key", 400},
	    {"POST", "/v1/batches", NDJSON "Idempotency-Key: a\r\nidempotency-key: a\r\n",
	     "bad-idempotency-key", 400},
	    {"POST", "/v1/batches?admission=all&priority=bulk&admission=valid", NDJSON, "bad-parameter", 400},
	    {"GET", "/v1/changes?after=now&after=now", "", "bad-parameter", 400},
	    {"POST", "/v1/batches", NDJSON, "empty-batch", 422},
	    {"POST", "/v1/batches", "Content-Type: application/json\r\n", "bad-body", 400},
	    {"GET", "/v1/batches/1/items?limit=0", "", "bad-parameter", 400},
	    {"GET", "/v1/batches/1/items?limit=1001", "", "bad-parameter", 400},
	    {"GET", "/v1/batches/1/items?after=x", "", "bad-parameter", 400},
	    {"GET", "/v1/batches/1/items?state=lost", "", "bad-parameter", 400},
	    {"GET", "/v1/batches/1", "Accept: text/html\r\n", "not-acceptable", 406},
	    {"GET", "/v1/batches/1/items", "Accept: image/*, text/csv;q=0\r\n", "not-acceptable", 406},
	    {"GET", "/v1/items/nope", "", "not-found", 404},
	    {"GET", "/v1/domains/a_b.vn", "", "bad-name", 400},
	    {"GET", "/v1/domains/a.id.vn", "", "not-found", 404},
	    {"GET", "/v1/items/%zz", "", "bad-path", 400},
	};
	struct world *w = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct client c;
		ask(w, &c, "an.test", cases[i].method, cases[i].path, cases[i].headers, STR_NONE);
		if (c.status != cases[i].status)
			print_error("%s %s\n", cases[i].method, cases[i].path);
		expect_problem(&c, cases[i].status, cases[i].type);
		if (c.status == 405)
			assert_true(header(&c, "Allow").len > 0);
		client_fini(&c);
	}
	assert_empty(w);
}

static void api_says_which_states_there_are(void **state)
{
	struct world *w = *state;
	struct client c;
	get(w, &c, "an.test", "/v1/batches/1/items?state=lost", "");
	expect_problem(&c, 400, "bad-parameter");
	assert_non_null(strstr(text(c.json, "detail"), "needs_human"));
	client_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(api_hides_what_is_not_the_partners),
	    TEST(api_shows_a_stranger_its_fingerprint),
	    TEST(api_refuses_what_it_does_not_know),
	    TEST(api_says_which_states_there_are),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
