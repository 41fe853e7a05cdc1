/* The partners' API: what partners see. */
#include "daemon/job/lane.h"
#include "tests/unit/daemon/api_world.h"

/* ---- tests ------------------------------------------------------------------------------------------------------------- */

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
	ask(w, &type, "an.test", "POST", "/v1/batches",
	    "Content-Type: application/json\r\nIdempotency-Key: key-1\r\n", STR("[]"));
	expect_problem(&type, 422, "idempotency-key-reused");
	client_fini(&type);
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
	get(w, &c, "binh.test", "/v1/domains/o1.id.vn", "");
	expect_problem(&c, 404, "not-found");
	client_fini(&c);
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

static void api_hides_what_is_not_the_partners(void **state)
{
	struct world *w = *state;
	static const char *const what[] = {"", "/items", "/items?limit=1", "/cancel"};
	struct client c;
	char path[64], url[96];
	submit(w, "an.test", "s", 3, path);
	for (size_t i = 0; i < ARRAY_LEN(what); i++) {
		snprintf(url, sizeof url, "%s%s", path, what[i]);
		ask(w, &c, "binh.test", i == 3 ? "POST" : "GET", url, "", STR_NONE);
		expect_problem(&c, 404, "not-found");
		client_fini(&c);
	}
	get(w, &c, "an.test", "/v1/items/s-2", "");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "domain"), "s2.id.vn");
	client_fini(&c);
	get(w, &c, "binh.test", "/v1/items/s-2", "");
	expect_problem(&c, 404, "not-found");
	client_fini(&c);
	get(w, &c, "binh.test", "/v1/domains/s2.id.vn", "");
	expect_problem(&c, 404, "not-found");
	client_fini(&c);
}

static void api_keeps_partners_to_their_zones(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	ask(w, &c, "chi.test", "POST", "/v1/batches", NDJSON, lines(&b, "z", 1));
	expect_problem(&c, 422, "bad-lines");
	assert_string_equal(text(json_array_get(json_object_get(c.json, "errors"), 0), "reason"),
	                    "ZONE_NOT_ALLOWED");
	client_fini(&c);
	buf_fini(&b);
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

static void api_refuses_what_is_too_much(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	begin_upload(w, &c, "an.test", "", (8u << 20) + 1, STR_NONE);
	client_finish(w, &c);
	expect_problem(&c, 413, "body-too-large");
	client_fini(&c);
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, lines(&b, "t", 12001));
	expect_problem(&c, 413, "too-many-lines");
	client_fini(&c);
	buf_fini(&b);
	assert_empty(w);
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
	    TEST(api_answers_409_while_the_first_is_running),
	    TEST(api_leaves_nothing_of_a_broken_upload),
	    TEST(api_holds_the_body_while_the_store_is_busy),
	    cmocka_unit_test_setup_teardown(api_counts_a_rate_as_used_up_after_a_start, set_up_started,
	                                    tear_down),
	    TEST(api_says_when_the_rate_allows_more),
	    TEST(api_pages_through_results),
	    TEST(a_spreadsheet_never_gets_a_formula),
	    TEST(api_shows_outcomes),
	    TEST(api_says_when_nothing_has_changed),
	    TEST(api_hides_what_is_not_the_partners),
	    TEST(api_keeps_partners_to_their_zones),
	    TEST(api_shows_a_stranger_its_fingerprint),
	    TEST(api_refuses_what_it_does_not_know),
	    TEST(api_refuses_what_is_too_much),
	    TEST(api_closes_admission_when_told),
	    TEST(api_takes_new_limits_at_once),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
