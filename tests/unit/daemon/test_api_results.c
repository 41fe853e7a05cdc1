/* The partners' API: what partners read of their batches and items, in pages and formats. */
#include "tests/unit/daemon/api_world.h"

static void api_pages_through_results(void **state)
{
	struct world *w = *state;
	struct client c;
	char path[64], url[160];
	unsigned seen = 0, after = 0, pages = 0;
	submit(w, "an.test", "p", 25, path);
	for (bool more = true; more; pages++) {
		snprintf(url, sizeof url, "%s/items?limit=10&after=%u", path, after);
		get(w, &c, "an.test", url, "");
		expect_status(&c, 200);
		const json_t *items = json_object_get(c.json, "items");
		for (size_t i = 0; i < json_array_size(items); i++) {
			const json_t *item = json_array_get(items, i);
			assert_int_equal(json_integer_value(json_object_get(item, "line")), ++seen);
			assert_string_equal(text(item, "state"), "queued");
			assert_string_equal(text(item, "account"), "reg/one");
			assert_string_equal(text(json_object_get(item, "decision"), "outcome"), "grant");
			assert_true(json_is_null(json_object_get(item, "code")));
			assert_true(json_is_null(json_object_get(item, "created")));
		}
		after = (unsigned)atoi(text(c.json, "next"));
		more = !json_is_null(json_object_get(c.json, "next"));
		assert_int_equal(header(&c, "Link").len > 0, more);
		client_fini(&c);
	}
	assert_int_equal(seen, 25);
	assert_int_equal(pages, 3);
	snprintf(url, sizeof url, "%s/items?state=done", path);
	get(w, &c, "an.test", url, "");
	assert_int_equal(json_array_size(json_object_get(c.json, "items")), 0);
	client_fini(&c);
	snprintf(url, sizeof url, "%s/items?limit=2", path);
	get(w, &c, "an.test", url, "Accept: text/csv;q=0.5, application/x-ndjson\r\n");
	expect_status(&c, 200);
	assert_true(str_eq(header(&c, "Content-Type"), STR("application/x-ndjson")));
	struct str rest = c.body;
	for (int i = 1; i <= 2; i++) {
		struct str line = str_split(&rest, '\n');
		json_t *o = json_loadb(line.ptr, line.len, 0, NULL);
		assert_int_equal(json_integer_value(json_object_get(o, "line")), i);
		json_decref(o);
	}
	assert_int_equal(rest.len, 0);
	client_fini(&c);
	get(w, &c, "an.test", url, "Accept: text/csv\r\n");
	expect_status(&c, 200);
	assert_true(str_starts(c.body, STR("ref,line,op,domain,account,state,")));
	assert_non_null(memmem(c.body.ptr, c.body.len, "p-2,2,create,p2.id.vn,reg/one,queued,", 37));
	client_fini(&c);
}

static void a_spreadsheet_never_gets_a_formula(void **state)
{
	static const char *const cells[] = {"\r\n'=1+2,2,", "\r\n'+84,3,", "\r\n'-5,4,", "\r\n\"'@a,b\",5,"};
	struct world *w = *state;
	struct client c;
	char url[80];
	ask(w, &c, "an.test", "POST", "/v1/batches", "Content-Type: text/csv\r\n",
	    STR("ref,op,domain,period,cur_exp_date\r\n=1+2,renew,a.id.vn,1,2026-12-01\r\n"
	        "+84,renew,b.id.vn,1,2026-12-01\r\n-5,renew,c.id.vn,1,2026-12-01\r\n"
	        "\"@a,b\",renew,d.id.vn,1,2026-12-01\r\n"));
	expect_status(&c, 202);
	snprintf(url, sizeof url, "%.*s/items", STR_ARG(header(&c, "Location")));
	client_fini(&c);
	get(w, &c, "an.test", url, "Accept: text/csv\r\n");
	for (unsigned i = 0; i < ARRAY_LEN(cells); i++)
		assert_non_null(memmem(c.body.ptr, c.body.len, cells[i], strlen(cells[i])));
	client_fini(&c);
	get(w, &c, "an.test", url, ""); /* only there */
	assert_non_null(memmem(c.body.ptr, c.body.len, "\"=1+2\"", 6));
	client_fini(&c);
}

/* Two items end: one is created, one fails; the partner sees all of it. */
static void finish_two(struct world *w)
{
	struct arena arena = {0};
	instant_ms_t now = loop_wall(&w->v.loop);
	struct store_claim claim = {
	    .queue = {.account = w->accounts[0], .partner = w->partners[0], .lane = 3},
	    .max = 2,
	    .paid_max = UINT32_MAX,
	    .decider = decider,
	    .now = now,
	    .arena = &arena};
	run_op(w, &claim.op, STORE_CLAIM);
	assert_int_equal(claim.count, 2);
	struct store_step steps[2] = {{.item = claim.items[0].item,
	                               .claim = claim.claim,
	                               .leaves_claim = true,
	                               .name = STORE_NAME_CREATED},
	                              {.item = claim.items[1].item,
	                               .claim = claim.claim,
	                               .leaves_claim = true,
	                               .grant = STORE_GRANT_RELEASE}};
	/* 23:30 in UTC is the next day in Hanoi. */
	instant_ms_t created = START_MS + 21 * 3600000ll + 1800000;
	steps[0].result = (struct item_result){.state = ITEM_DONE,
	                                       .attempt = 1,
	                                       .code = 1000,
	                                       .message = STR("Command completed successfully"),
	                                       .created = created,
	                                       .expires = created + 730 * 86400000ll,
	                                       .cl_trid = STR("V-1"),
	                                       .sv_trid = STR("S-1"),
	                                       .charged_vnd = -1,
	                                       .at = now};
	steps[1].result = (struct item_result){.state = ITEM_FAILED,
	                                       .attempt = 1,
	                                       .code = 2302,
	                                       .fault = FAULT_PARTNER,
	                                       .reason = STR("NAME_TAKEN"),
	                                       .message = STR("Object exists, \"taken\""),
	                                       .created = INSTANT_NONE,
	                                       .expires = INSTANT_NONE,
	                                       .cl_trid = STR("V-2"),
	                                       .sv_trid = STR("S-2"),
	                                       .charged_vnd = -1,
	                                       .at = now};
	struct store_finish finish = {.steps = steps, .count = 2, .now = now};
	run_op(w, &finish.op, STORE_FINISH);
	arena_fini(&arena);
}

static void api_shows_outcomes(void **state)
{
	struct world *w = *state;
	struct client c;
	char path[64], url[96];
	submit(w, "an.test", "o", 3, path);
	finish_two(w);
	snprintf(url, sizeof url, "%s/items", path);
	get(w, &c, "an.test", url, "");
	const json_t *items = json_object_get(c.json, "items"), *done = json_array_get(items, 0);
	const json_t *failed = json_array_get(items, 1);
	assert_string_equal(text(done, "state"), "done");
	assert_int_equal(json_integer_value(json_object_get(done, "code")), 1000);
	assert_string_equal(text(done, "created"), "2026-11-21T06:30:00+07:00");
	assert_string_equal(text(done, "expires"), "2028-11-20T06:30:00+07:00");
	assert_string_equal(text(done, "expires_on"), "2028-11-20");
	assert_string_equal(text(json_object_get(done, "trid"), "client"), "V-1");
	assert_string_equal(text(json_object_get(done, "trid"), "server"), "S-1");
	assert_true(json_is_null(json_object_get(done, "fault")));
	assert_int_equal(json_integer_value(json_object_get(done, "attempts")), 1);
	assert_string_equal(text(json_object_get(done, "decision"), "grant"), "youth-id");
	assert_string_equal(text(failed, "state"), "failed");
	assert_string_equal(text(failed, "fault"), "partner");
	assert_string_equal(text(failed, "reason"), "NAME_TAKEN");
	assert_string_equal(text(failed, "message"), "Object exists, \"taken\"");
	assert_true(json_is_null(json_object_get(failed, "expires_on")));
	assert_string_equal(text(json_array_get(items, 2), "state"), "queued");
	client_fini(&c);
	snprintf(url, sizeof url, "%s/items?state=failed", path);
	get(w, &c, "an.test", url, "Accept: text/csv\r\n");
	assert_non_null(
	    memmem(c.body.ptr, c.body.len,
	           "2302,NAME_TAKEN,\"Object exists, \"\"taken\"\"\",partner,false,,,,,V-2,S-2,1,", 69));
	client_fini(&c);
	get(w, &c, "an.test", path, "");
	assert_int_equal(number(&c, "moving"), 1);
	client_fini(&c);
	get(w, &c, "an.test", "/v1/domains/o1.id.vn", "");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "expires_on"), "2028-11-20");
	client_fini(&c);
	expect_refusal(w, "binh.test", "GET", "/v1/domains/o1.id.vn", "", STR_NONE, 404, "not-found");
}

static void api_says_when_nothing_has_changed(void **state)
{
	struct world *w = *state;
	struct client a, b, c;
	char path[64], url[96], headers[128];
	submit(w, "an.test", "e", 3, path);
	get(w, &a, "an.test", path, "");
	expect_status(&a, 200);
	assert_int_equal(number(&a, "moving"), 3);
	assert_true(header(&a, "ETag").len > 2);
	snprintf(headers, sizeof headers, "If-None-Match: \"x\", W/%.*s\r\n", STR_ARG(header(&a, "ETag")));
	get(w, &b, "an.test", path, headers);
	expect_status(&b, 304);
	assert_int_equal(b.body.len, 0);
	snprintf(url, sizeof url, "%s/cancel", path);
	ask(w, &c, "an.test", "POST", url, "", STR_NONE);
	expect_status(&c, 200);
	assert_int_equal(number(&c, "cancelled"), 3);
	client_fini(&c);
	client_fini(&b);
	get(w, &b, "an.test", path, headers);
	expect_status(&b, 200);
	assert_int_equal(number(&b, "moving"), 0);
	client_fini(&a);
	client_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(api_pages_through_results),
	    TEST(a_spreadsheet_never_gets_a_formula),
	    TEST(api_shows_outcomes),
	    TEST(api_says_when_nothing_has_changed),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
