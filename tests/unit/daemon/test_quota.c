/* How many lines of a partner may wait to be sent (limits: max_queued): refused exactly, and what the partner hears. */
#include "tests/unit/daemon/api_world.h"

#define LIMIT 10

/* People of their own for every prefix: each has one grant. */
static struct str people(struct buf *b, const char *prefix, int n)
{
	buf_init(b, 1u << 20);
	for (int i = 1; i <= n; i++)
		add_line(b, prefix, (prefix[0] - 'a') * 100 + i);
	return buf_str(b);
}

/* "an" may have ten lines in the queue; the others have no such limit. */
static int set_up_limited(void **state)
{
	config->partners[0].max_queued.max = LIMIT;
	return set_up(state);
}

static int tear_down_limited(void **state)
{
	config->partners[0].max_queued.max = 0;
	return tear_down(state);
}

static void hand_in(struct world *w, struct client *c, const char *san, const char *prefix, int n,
                    const char *headers)
{
	struct buf b;
	char all[256];
	snprintf(all, sizeof all, NDJSON "%s", headers);
	ask(w, c, san, "POST", "/v1/batches", all, people(&b, prefix, n));
	buf_fini(&b);
}

static void expect_admitted(struct world *w, const char *san, const char *prefix, int n)
{
	struct client c;
	hand_in(w, &c, san, prefix, n, "");
	expect_status(&c, 202);
	client_fini(&c);
}

/* The problem with its members, and nothing of the batch stays. */
static void expect_full(struct world *w, const char *prefix, int n, long long queued, long long adding)
{
	struct client c;
	struct store_get_counts before = {0}, after = {0};
	run_op(w, &before.op, STORE_GET_COUNTS);
	hand_in(w, &c, "an.test", prefix, n, "");
	expect_problem(&c, 429, "quota");
	assert_int_equal(number(&c, "max_queued"), LIMIT);
	assert_int_equal(number(&c, "queued"), queued);
	assert_int_equal(number(&c, "adding"), adding);
	assert_non_null(strstr(text(c.json, "detail"), "At most 10 lines may wait"));
	assert_non_null(strstr(text(c.json, "detail"), adding > LIMIT ? "Divide it" : "send the same again"));
	/* What can never fit need not be sent again. */
	assert_int_equal(header(&c, "Retry-After").len > 0, adding <= LIMIT);
	run_op(w, &after.op, STORE_GET_COUNTS);
	assert_int_equal(after.batches, before.batches);
	assert_int_equal(after.items[ITEM_QUEUED], before.items[ITEM_QUEUED]);
	assert_int_equal(after.grants, before.grants);
	client_fini(&c);
}

static void claim(struct world *w, uint32_t max, struct store_claimed **items, uint64_t *id, struct arena *a)
{
	struct store_claim c = {.queue = {w->accounts[0], w->partners[0], 3 /* creates */},
	                        .max = max,
	                        .paid_max = UINT32_MAX,
	                        .decider = decider,
	                        .now = START_MS,
	                        .arena = a};
	run_op(w, &c.op, STORE_CLAIM);
	assert_int_equal(c.count, max);
	*items = c.items;
	*id = c.claim;
}

static void finish_first(struct world *w, const struct store_claimed *item, uint64_t id,
                         enum item_state state)
{
	struct store_step s = {.item = item->item,
	                       .claim = id,
	                       .leaves_claim = true,
	                       .result = {.state = state,
	                                  .attempt = 1,
	                                  .created = INSTANT_NONE,
	                                  .expires = INSTANT_NONE,
	                                  .charged_vnd = -1},
	                       .not_before = START_MS + 3600000};
	struct store_finish f = {.steps = &s, .count = 1, .now = START_MS};
	run_op(w, &f.op, STORE_FINISH);
}

static void the_limit_is_exact(void **state)
{
	struct world *w = *state;
	expect_full(w, "a", LIMIT + 1, 0, LIMIT + 1);
	expect_admitted(w, "an.test", "b", 6);
	expect_full(w, "c", 5, 6, 5);
	expect_admitted(w, "an.test", "d", 4);
	expect_full(w, "e", 1, 10, 0); /* before the body is read */
	/* Nobody else is bound by it. */
	expect_admitted(w, "binh.test", "f", 30);
}

static void what_is_sent_makes_room_and_what_comes_back_takes_it(void **state)
{
	struct world *w = *state;
	struct arena a = {0};
	struct store_claimed *items;
	uint64_t id;
	expect_admitted(w, "an.test", "a", 10);
	claim(w, 3, &items, &id, &a);
	expect_full(w, "b", 4, 7, 4);
	expect_admitted(w, "an.test", "c", 2); /* nine wait */
	finish_first(w, &items[0], id, ITEM_QUEUED);
	expect_full(w, "d", 1, 10, 0);
	finish_first(w, &items[1], id, ITEM_DONE);
	expect_full(w, "d", 1, 10, 0);
	arena_fini(&a);
}

static void a_cancelled_batch_makes_room(void **state)
{
	struct world *w = *state;
	struct client c;
	char path[64], cancel[80];
	hand_in(w, &c, "an.test", "a", 8, "");
	expect_status(&c, 202);
	snprintf(path, sizeof path, "%.*s", STR_ARG(header(&c, "Location")));
	client_fini(&c);
	expect_full(w, "b", 3, 8, 3);
	snprintf(cancel, sizeof cancel, "%s/cancel", path);
	ask(w, &c, "an.test", "POST", cancel, "", STR_NONE);
	expect_status(&c, 200);
	client_fini(&c);
	expect_admitted(w, "an.test", "b", 10);
}

/* Only what waits to be sent counts: not repeated lines, not what is refused or held. */
static void only_lines_that_wait_count(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	expect_admitted(w, "an.test", "a", 9);
	/* the same nine and one more */
	expect_admitted(w, "an.test", "a", 10);
	expect_full(w, "b", 1, 10, 0);
	/* A full queue refuses a batch of repeats, too, unless its key is known: nobody has looked into it yet. */
	hand_in(w, &c, "an.test", "a", 10, "");
	expect_problem(&c, 429, "quota");
	client_fini(&c);
	/* People who have had their grant are refused, and wait for nothing. */
	config->partners[0].max_queued.max = 11;
	buf_init(&b, 1u << 20);
	for (int i = 0; i < 5; i++) {
		struct buf line;
		people(&line, "a", 1);
		struct str rest = buf_str(&line);
		rest = str_split(&rest, '\n');
		buf_printf(
		    &b, "{\"ref\":\"again-%d\",\"op\":\"create\",\"domain\":\"again%d.id.vn\"%.*s\n", i, i,
		    STR_ARG(str_make(strstr(rest.ptr, ",\"period\""),
		                     rest.len - (size_t)(strstr(rest.ptr, ",\"period\"") - rest.ptr))));
		buf_fini(&line);
	}
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&b));
	expect_status(&c, 202);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(c.json, "counts"), "refused")),
	                 5);
	client_fini(&c);
	buf_fini(&b);
}

static void a_known_key_answers_as_before_however_full_it_is(void **state)
{
	struct world *w = *state;
	struct client c;
	hand_in(w, &c, "an.test", "a", 10, "Idempotency-Key: k1\r\n");
	expect_status(&c, 202);
	client_fini(&c);
	hand_in(w, &c, "an.test", "a", 10, "Idempotency-Key: k1\r\n");
	expect_status(&c, 202);
	assert_true(str_eq_c(header(&c, "Idempotency-Replayed"), "true"));
	client_fini(&c);
	/* A key that met a full queue is free to be used again. */
	hand_in(w, &c, "an.test", "b", 1, "Idempotency-Key: k2\r\n");
	expect_problem(&c, 429, "quota");
	client_fini(&c);
	config->partners[0].max_queued.max = 11;
	hand_in(w, &c, "an.test", "b", 1, "Idempotency-Key: k2\r\n");
	expect_status(&c, 202);
	client_fini(&c);
}

static void start_upload(struct world *w, struct client *c, struct str body)
{
	char head[256];
	client_dial(w, c, "an.test");
	snprintf(head, sizeof head,
	         "POST /v1/batches HTTP/1.1\r\nHost: api\r\nConnection: close\r\n" NDJSON
	         "Content-Length: %zu\r\n\r\n",
	         body.len);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, body);
}

/* Both begin while there is room for either; only one finds it in the end. */
static void uploads_at_a_time_do_not_share_the_same_room(void **state)
{
	struct world *w = *state;
	struct client a, b;
	struct buf la, lb;
	start_upload(w, &a, people(&la, "a", 6));
	start_upload(w, &b, people(&lb, "b", 6));
	client_finish(w, &a);
	client_finish(w, &b);
	assert_int_equal(a.status == 202 ? b.status : a.status, 429);
	assert_true(a.status == 202 || b.status == 202);
	client_fini(&a);
	client_fini(&b);
	buf_fini(&la);
	buf_fini(&lb);
	expect_full(w, "c", 5, 6, 5);
	expect_admitted(w, "an.test", "c", 4);
}

/* Counted by the store: another process on the same file knows as much. */
static void a_restart_forgets_nothing(void **state)
{
	struct world *w = *state;
	struct arena a = {0};
	struct store_claimed *items;
	uint64_t id;
	expect_admitted(w, "an.test", "a", 10);
	claim(w, 4, &items, &id, &a);
	finish_first(w, &items[0], id, ITEM_QUEUED);
	arena_fini(&a);
	w->backend->ops->close(w->backend);
	store_inline_free(w->gate.behind);
	w->backend = new_store();
	w->gate.behind = store_inline_new(&w->v.loop, w->backend, NULL);
	struct store_recover r = {.now = START_MS};
	run_op(w, &r.op, STORE_RECOVER);
	assert_int_equal(r.unknown, 3);
	expect_full(w, "b", 4, 7, 4);
	expect_admitted(w, "an.test", "b", 3);
	expect_full(w, "c", 1, 10, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up_limited, tear_down_limited)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_limit_is_exact),
	    T(what_is_sent_makes_room_and_what_comes_back_takes_it),
	    T(a_cancelled_batch_makes_room),
	    T(only_lines_that_wait_count),
	    T(a_known_key_answers_as_before_however_full_it_is),
	    T(uploads_at_a_time_do_not_share_the_same_room),
	    T(a_restart_forgets_nothing),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
