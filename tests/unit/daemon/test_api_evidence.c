/* A partner adds what an item waits for: what is answered, what is refused, and what is left when the connection goes. */
#include "tests/unit/daemon/api_world.h"

#define JSON "Content-Type: application/json\r\n"
#define PIECE                                                                                           \
	"{\"type\":\"ekyc\",\"issuer\":\"x\",\"reference\":\"K-9\",\"date\":\"2026-11-18\",\"result\":" \
	"\"confirmed\"}"
#define PATH "/v1/items/bare-1/evidence"

/* An item that waits for evidence: bare-1 of partner an. */
static void wait_for_evidence(struct world *w)
{
	static const char given[] =
	    "\"evidence\":[{\"type\":\"ekyc\",\"issuer\":\"x\",\"reference\":\"K-1\",\"date\":"
	    "\"2026-11-18\",\"result\":\"confirmed\"}],";
	struct client c;
	struct buf line, bare;
	buf_init(&line, 1u << 16);
	buf_init(&bare, 1u << 16);
	add_line(&line, "bare", 1);
	struct str all = buf_str(&line);
	const char *at = memmem(all.ptr, all.len, given, strlen(given));
	assert_non_null(at);
	buf_append(&bare, all.ptr, (size_t)(at - all.ptr));
	buf_append(&bare, at + strlen(given), all.len - (size_t)(at - all.ptr) - strlen(given));
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON, buf_str(&bare));
	expect_status(&c, 202);
	client_fini(&c);
	buf_fini(&line);
	buf_fini(&bare);
	w->published = 0;
}

static void expect_state(struct world *w, const char *state)
{
	struct client c;
	get(w, &c, "an.test", "/v1/items/bare-1", "");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "state"), state);
	client_fini(&c);
}

static void add(struct world *w, struct client *c, const char *body)
{
	ask(w, c, "an.test", "POST", PATH, JSON, str_c(body));
}

static void expect_added(struct world *w, const char *body)
{
	struct client c;
	add(w, &c, body);
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "ref"), "bare-1");
	assert_string_equal(text(c.json, "state"), "queued");
	assert_string_equal(text(json_object_get(c.json, "decision"), "stage"), "again");
	client_fini(&c);
}

static void evidence_decides_the_item_again(void **state)
{
	struct world *w = *state;
	wait_for_evidence(w);
	expect_state(w, "waiting");
	expect_added(w, PIECE);
	assert_int_equal(w->published, 1); /* the scheduler is told */
	expect_state(w, "queued");
	expect_added(w, "[" PIECE "," PIECE "]"); /* the same once more: the same answer */
	assert_int_equal(w->published, 1);
}

static void several_pieces_come_as_an_array(void **state)
{
	struct world *w = *state;
	wait_for_evidence(w);
	expect_added(w, " [{\"type\":\"letter\"},\n" PIECE "] ");
}

static void expect_bad(struct world *w, const char *body, const char *field, const char *reason)
{
	struct client c;
	add(w, &c, body);
	expect_problem(&c, 422, "bad-evidence");
	const json_t *first = json_array_get(json_object_get(c.json, "errors"), 0);
	assert_string_equal(text(first, "field"), field);
	assert_string_equal(text(first, "reason"), reason);
	client_fini(&c);
}

static void bad_evidence_adds_nothing(void **state)
{
	struct world *w = *state;
	wait_for_evidence(w);
	expect_bad(w, "", "evidence", "SYNTAX");
	expect_bad(w, "[]", "evidence", "MISSING");
	expect_bad(w, "7", "evidence", "WRONG_TYPE");
	expect_bad(w, "{}", "evidence[0].type", "MISSING");
	expect_bad(w, PIECE " x", "evidence", "SYNTAX");
	expect_bad(w, "[" PIECE ",7]", "evidence[1]", "WRONG_TYPE");
	expect_bad(w, "{\"type\":\"ekyc\",\"date\":\"2026-02-30\"}", "evidence[0].date", "NOT_A_DATE");
	expect_bad(w, "{\"type\":\"ekyc\",\"typ\":1}", "evidence[0].typ", "UNKNOWN_MEMBER");
	expect_state(w, "waiting");
	assert_int_equal(w->published, 0);
}

/* What `needs` may ask for besides: facts that the rules declare, and the sex. */
static void facts_may_come_with_it_or_alone(void **state)
{
	struct world *w = *state;
	struct client c;
	wait_for_evidence(w);
	expect_bad(w, "{\"facts\":{\"nobody\":1}}", "facts.nobody", "BAD_FACT");
	expect_bad(w, "{\"facts\":{\"enterprise_size\":\"huge\"}}", "facts.enterprise_size", "BAD_FACT");
	expect_bad(w, "{\"facts\":{}}", "evidence", "MISSING");
	expect_bad(w, "{\"facts\":{},\"period\":2}", "period", "NOT_ALLOWED");
	expect_bad(w, "{\"applicant\":{\"name\":\"B\"}}", "applicant.name", "NOT_ALLOWED");
	add(w, &c, "{\"facts\":{\"enterprise_size\":\"small\"}}");
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "state"), "waiting"); /* for its evidence */
	client_fini(&c);
	expect_added(w, "{\"evidence\":[" PIECE "],\"facts\":{\"certificate_on\":\"2026-01-01\"}}");
	expect_added(w, "{\"facts\":{\"enterprise_size\":\"small\"}}"); /* it is there already */
	add(w, &c, "{\"facts\":{\"enterprise_size\":\"large\"}}");
	expect_problem(&c, 409, "said-otherwise");
	client_fini(&c);
}

static void too_much_is_refused(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf many;
	wait_for_evidence(w);
	buf_init(&many, 1u << 20);
	buf_byte(&many, '[');
	for (int i = 0; i < ITEM_EVIDENCE_MAX; i++)
		buf_printf(&many, "%s{\"type\":\"letter\",\"reference\":\"L-%d\"}", i ? "," : "", i);
	buf_byte(&many, ']');
	ask(w, &c, "an.test", "POST", PATH, JSON, buf_str(&many));
	expect_status(&c, 200);
	assert_string_equal(text(c.json, "state"), "waiting");
	client_fini(&c);
	add(w, &c, PIECE);
	expect_problem(&c, 422, "too-much-evidence");
	client_fini(&c);
	while (buf_len(&many) < 100000)
		buf_lit(&many, "          ");
	expect_refusal(w, "an.test", "POST", PATH, JSON, buf_str(&many), 413, "too-large");
	buf_fini(&many);
}

static void what_does_not_wait_says_where_it_stands(void **state)
{
	struct world *w = *state;
	struct client c;
	char path[64];
	submit(w, "an.test", "good", 1, path);
	ask(w, &c, "an.test", "POST", "/v1/items/good-1/evidence", JSON, STR(PIECE));
	expect_problem(&c, 409, "not-waiting");
	assert_string_equal(text(c.json, "state"), "queued");
	client_fini(&c);
}

static void only_its_partner_can_add(void **state)
{
	struct world *w = *state;
	wait_for_evidence(w);
	expect_refusal(w, "binh.test", "POST", PATH, JSON, STR(PIECE), 404, "not-found");
	expect_refusal(w, "an.test", "POST", "/v1/items/nobody/evidence", JSON, STR(PIECE), 404, "not-found");
	expect_refusal(w, "an.test", "POST", PATH, NDJSON, STR(PIECE), 415, "unsupported-media-type");
	expect_refusal(w, "an.test", "GET", PATH, "", STR_NONE, 405, "method-not-allowed");
	expect_state(w, "waiting");
}

static void a_store_that_cannot_write_adds_nothing(void **state)
{
	struct world *w = *state;
	struct client c;
	wait_for_evidence(w);
	log_capture_expect(&w->log, "api.store_failed");
	w->gate.fail = STORE_DECIDE;
	w->gate.fail_err = ERR_DISK;
	add(w, &c, PIECE);
	expect_problem(&c, 503, "store-unavailable");
	assert_true(header(&c, "Retry-After").len > 0);
	client_fini(&c);
	w->closed = "the store cannot be written at the moment";
	add(w, &c, PIECE);
	expect_problem(&c, 503, "admission-closed");
	client_fini(&c);
	w->closed = NULL;
	expect_state(w, "waiting");
	expect_added(w, PIECE);
	assert_int_equal(log_capture_count(&w->log, "api.store_failed"), 1);
}

static void send_part(struct world *w, struct client *c, struct str part)
{
	char head[256];
	client_dial(w, c, "an.test");
	snprintf(head, sizeof head,
	         "POST " PATH " HTTP/1.1\r\nHost: api\r\nContent-Length: %zu\r\n" JSON "\r\n",
	         sizeof PIECE - 1);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, part);
	vloop_run_for(&w->v, 20);
}

static void a_connection_that_goes_early_adds_nothing(void **state)
{
	struct world *w = *state;
	wait_for_evidence(w);
	for (size_t n = 0; n < sizeof PIECE - 1; n += 7) {
		struct client c;
		send_part(w, &c, str_make(PIECE, n));
		assert_int_equal(api_active(w->api), 1);
		stream_close(c.stream);
		assert_true(run_until(w, is_closed, &c, 1000));
		vloop_run_for(&w->v, 20);
		assert_int_equal(api_active(w->api), 0);
		client_fini(&c);
	}
	expect_state(w, "waiting");
}

/* What was handed to the store is done, whoever still listens; the call can be repeated. */
static void a_connection_that_goes_late_does_not_undo_it(void **state)
{
	struct world *w = *state;
	struct client c;
	wait_for_evidence(w);
	w->gate.closed = true;
	send_part(w, &c, STR(PIECE));
	assert_int_equal(w->gate.held_count, 1);
	stream_close(c.stream);
	assert_true(run_until(w, is_closed, &c, 1000));
	w->gate.closed = false;
	gate_release(&w->gate);
	vloop_run_for(&w->v, 50);
	assert_int_equal(api_active(w->api), 0);
	client_fini(&c);
	expect_state(w, "queued");
	expect_added(w, PIECE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {TEST(evidence_decides_the_item_again),
	                                   TEST(several_pieces_come_as_an_array),
	                                   TEST(bad_evidence_adds_nothing),
	                                   TEST(facts_may_come_with_it_or_alone),
	                                   TEST(too_much_is_refused),
	                                   TEST(what_does_not_wait_says_where_it_stands),
	                                   TEST(only_its_partner_can_add),
	                                   TEST(a_store_that_cannot_write_adds_nothing),
	                                   TEST(a_connection_that_goes_early_adds_nothing),
	                                   TEST(a_connection_that_goes_late_does_not_undo_it)};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
