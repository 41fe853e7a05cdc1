/* The gateway and what waits: a person's decisions, the departments' lists, the end of the waiting; and a store that fails. */
#include "tests/unit/gateway/gateway_world.h"
#include "daemon/store/store_read.h"

#define DAY       (24 * 60 * MINUTE)
#define LIST_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct sim_http http;
static int http_status;
static bool http_done;

/* ---- partners ------------------------------------------------------------------------------------------------------------ */

static void on_http(void *arg, int status, struct str head, struct str body)
{
	(void)arg, (void)head, (void)body;
	http_status = status;
	http_done = true;
}

static int send_http(struct world *w, const char *method, const char *path, const char *headers,
                     const char *body)
{
	http_done = false;
	sim_http_send(&http, method, path, headers, str_c(body), on_http, NULL);
	assert_true(world_until(w, &http_done));
	while (http.busy)
		world_run(w, 10);
	return http_status;
}

static void hand_in(struct world *w, const char *line)
{
	assert_int_equal(send_http(w, "POST", "/v1/batches", "Content-Type: application/x-ndjson\r\n", line),
	                 202);
}

#define APPLICANT                                                                                 \
	"\"phone\":\"+84.912345678\",\"email\":\"a@example.vn\",\"address\":{\"street\":\"1 Lê " \
	"Lợi\",\"ward\":\"Bến "                                                               \
	"Thành\",\"province\":\"79\",\"province_list\":\"2025-07-01\",\"country\":\"VN\"}}"

static void hand_in_company(struct world *w, const char *ref, const char *code, const char *evidence)
{
	char line[2048];
	snprintf(
	    line, sizeof line,
	    "{\"ref\":\"%s\",\"op\":\"create\",\"domain\":\"%s.biz.vn\",\"period\":2,\"applicant\":{\"kind\":"
	    "\"enterprise\",\"name\":\"Công ty\",\"tax_code\":\"%s\",\"founded_on\":\"2026-05-01\"," APPLICANT
	    ",\"evidence\":[%s],\"if_not_free\":\"refuse\"}\n",
	    ref, ref, code, evidence);
	hand_in(w, line);
}

/* It has a contradiction that a person must look at. */
static void hand_in_doubtful(struct world *w, const char *ref, const char *code)
{
	hand_in_company(
	    w, ref, code,
	    "{\"type\":\"registrar_attested\",\"result\":\"confirmed\"},{\"type\":\"certificate\","
	    "\"result\":\"contradicted\"}");
}

static enum item_state state_of(struct world *w, item_id_t item)
{
	struct arena a = {0};
	struct store_get_item g = {.item = item, .arena = &a};
	assert_int_equal(world_play(w, &g.op, STORE_GET_ITEM), OK);
	arena_fini(&a);
	return g.row.state;
}

/* ---- questions ----------------------------------------------------------------------------------------------------------- */

static bool answered(struct world *w)
{
	assert_true(world_until(w, &w->answered));
	return !w->error[0];
}

static bool decide(struct world *w, bool approve, json_int_t item, const char *why)
{
	json_t *args = json_pack("{s:I, s:s?}", "item", item, "why", why);
	w->answered = false;
	gateway_review_decide(w->sim.gateway, approve, args, &an, world_answered, w);
	json_decref(args);
	return answered(w);
}

static bool queue(struct world *w)
{
	w->answered = false;
	gateway_review_list(w->sim.gateway, world_answered, w);
	return answered(w);
}

/* Takes over `args`. */
static bool list(struct world *w, enum gateway_list_step step, json_t *args)
{
	w->answered = false;
	gateway_list(w->sim.gateway, step, args, &an, world_answered, w);
	json_decref(args);
	return answered(w);
}

static json_t *beginning(const char *kind, const char *type, const char *date)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", kind, "type", type, "issuer", "Sở Tài chính",
	                 "date", date, "file", "list.csv");
}

static json_int_t number(struct world *w, const char *key)
{
	return json_integer_value(json_object_get(w->answer, key));
}

static const char *word(struct world *w, const char *key)
{
	const char *s = json_string_value(json_object_get(w->answer, key));
	return s ? s : "";
}

/* A list with one company, not in force yet. */
static json_int_t coming(struct world *w, const char *code)
{
	assert_true(
	    list(w, GATEWAY_LIST_BEGIN, beginning("enterprise", "finance_department_list", "2026-11-01")));
	json_int_t n = number(w, "list");
	assert_true(list(w, GATEWAY_LIST_ROWS,
	                 json_pack("{s:I, s:s, s:[[i, s, s]]}", "list", n, "kind", "enterprise", "rows", 2,
	                           code, "2026-05-01")));
	assert_int_equal(number(w, "added"), 1);
	return n;
}

static bool publish(struct world *w, json_int_t n)
{
	return list(w, GATEWAY_LIST_PUBLISH, json_pack("{s:I, s:s}", "list", n, "sha256", LIST_HASH));
}

/* ---- reviews --------------------------------------------------------------------------------------------------------------- */

static void begin(struct world *w)
{
	world_start(w, MODE_FILES, 0);
	buf_fini(&http.in); /* of the life before */
	sim_http_init(&http, &w->sim, 0);
}

static void begin_with_one_in_review(struct world *w)
{
	begin(w);
	hand_in_doubtful(w, "a", "0199999007");
}

/* For a list, which is coming: its number. */
static json_int_t begin_with_one_waiting(struct world *w)
{
	begin(w);
	hand_in_company(w, "a", "0199999007", "");
	assert_int_equal(state_of(w, 1), ITEM_WAITING);
	return coming(w, "0199999007");
}

static int end(void **state)
{
	int failed = world_fini(state);
	buf_fini(&http.in);
	return failed;
}

static void a_person_decides(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	hand_in_doubtful(w, "b", "0199999014");
	assert_true(queue(w));
	assert_int_equal(json_array_size(json_object_get(w->answer, "review")), 2);
	assert_true(decide(w, true, 1, "seen"));
	assert_string_equal(word(w, "state"), "queued");
	assert_true(decide(w, false, 2, "not theirs"));
	assert_string_equal(word(w, "state"), "refused");
	world_run(w, 10000);
	assert_int_equal(state_of(w, 1), ITEM_DONE); /* it was sent at once */
	assert_true(queue(w));
	assert_int_equal(json_array_size(json_object_get(w->answer, "review")), 0);
}

static void a_decision_that_is_wrong_changes_nothing(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	assert_refused(w, decide(w, true, 1, NULL), "say why");
	assert_refused(w, decide(w, true, 1, ""), "say why");
	assert_refused(w, decide(w, true, 0, "x"), "from 1");
	assert_refused(w, decide(w, true, 99, "x"), "no such item");
	store_fails(w, STORE_DECIDE);
	assert_refused(w, decide(w, true, 1, "x"), "no space");
	store_works(w);
	assert_int_equal(state_of(w, 1), ITEM_REVIEW);
	assert_true(decide(w, true, 1, "x"));
	assert_refused(w, decide(w, false, 1, "x"), "does not wait for a person");
}

static void what_nobody_decides_expires_on_its_day(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	world_run(w, (uint64_t)(30 * DAY - 10 * MINUTE));
	assert_int_equal(state_of(w, 1), ITEM_REVIEW);
	world_run(w, (uint64_t)(11 * MINUTE));
	assert_int_equal(state_of(w, 1), ITEM_REFUSED);
}

static void a_store_that_fails_is_asked_again_to_expire(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	store_fails(w, STORE_EXPIRE);
	world_run(w, (uint64_t)(31 * DAY));
	assert_int_equal(state_of(w, 1), ITEM_REVIEW);
	store_works(w);
	world_run(w, 2 * MINUTE);
	assert_int_equal(state_of(w, 1), ITEM_REFUSED);
}

/* The day may pass while nobody is there. */
static void what_expired_meanwhile_is_seen_at_the_start(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	world_stop(w);
	world_run(w, (uint64_t)(31 * DAY));
	begin(w);
	world_run(w, 1000);
	assert_int_equal(state_of(w, 1), ITEM_REFUSED);
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */

static void a_list_decides_what_waits(void **state)
{
	struct world *w = *state;
	begin(w);
	hand_in_company(w, "a", "0199999007", "");
	assert_int_equal(state_of(w, 1), ITEM_WAITING);
	json_int_t n = coming(w, "0199999007");
	assert_true(list(w, GATEWAY_LIST_PREVIEW, json_pack("{s:I}", "list", n)));
	const json_t *one = json_array_get(json_object_get(w->answer, "items"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "ref")), "a");
	assert_string_equal(json_string_value(json_object_get(one, "then")), "queued");
	assert_int_equal(state_of(w, 1), ITEM_WAITING);
	assert_true(publish(w, n));
	world_run(w, 10000);
	assert_int_equal(state_of(w, 1), ITEM_DONE);
	assert_true(list(w, GATEWAY_LIST_TELL, json_object()));
	one = json_array_get(json_object_get(w->answer, "lists"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "by")), "an");
	assert_string_equal(json_string_value(json_object_get(one, "sha256")), LIST_HASH);
	assert_int_equal(json_integer_value(json_object_get(one, "decided")), 1);
}

static void what_waits_is_decided_when_the_store_works_again(void **state)
{
	struct world *w = *state;
	json_int_t n = begin_with_one_waiting(w);
	store_fails(w, STORE_LIST_DECIDE);
	assert_true(publish(w, n));
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 1), ITEM_WAITING);
	store_works(w);
	world_run(w, MINUTE);
	assert_int_equal(state_of(w, 1), ITEM_DONE);
}

static void a_crash_leaves_the_rest_to_the_next_start(void **state)
{
	struct world *w = *state;
	json_int_t n = begin_with_one_waiting(w);
	store_fails(w, STORE_LIST_DECIDE);
	assert_true(publish(w, n));
	world_kill(w);
	store_works(w);
	begin(w);
	world_run(w, 10000);
	assert_int_equal(state_of(w, 1), ITEM_DONE);
}

static void a_list_that_was_not_finished_never_counts(void **state)
{
	struct world *w = *state;
	json_int_t n = begin_with_one_waiting(w);
	world_kill(w);
	begin(w);
	assert_refused(w, publish(w, n), "no list 1 is coming");
	n = coming(w, "0199999007");
	assert_true(list(w, GATEWAY_LIST_DROP, json_pack("{s:I}", "list", n)));
	assert_false(publish(w, n));
	world_run(w, 10000);
	assert_int_equal(state_of(w, 1), ITEM_WAITING);
}

static void what_is_asked_wrongly_is_said(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *kind, *type, *date, *error;
	} bad[] = {{"citizen", "finance_department_list", "2026-11-01",
	            "enterprise, household, reserved or blocked"},
	           {"enterprise", "gossip", "2026-11-01", "no rule counts evidence of type 'gossip'"},
	           {"enterprise", "finance_department_list", "2026-11-31", "is a day"},
	           {"enterprise", "finance_department_list", "2026-11-21", "today at the latest"}};
	begin(w);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_refused(w,
		               list(w, GATEWAY_LIST_BEGIN, beginning(bad[i].kind, bad[i].type, bad[i].date)),
		               bad[i].error);
	}
	json_int_t n = coming(w, "0199999007");
	assert_refused(w,
	               list(w, GATEWAY_LIST_ROWS,
	                    json_pack("{s:I, s:s, s:[]}", "list", n, "kind", "enterprise", "rows")),
	               "1 to 1,000");
	assert_refused(w,
	               list(w, GATEWAY_LIST_ROWS,
	                    json_pack("{s:I, s:s, s:[[i, s, s], [i, s, s]]}", "list", n, "kind", "enterprise",
	                              "rows", 3, "0199999014", "2026-05-01", 4, "", "2026-05-01")),
	               "row 1:");
	assert_refused(w,
	               list(w, GATEWAY_LIST_ROWS,
	                    json_pack("{s:I, s:s, s:[[i, s, s]]}", "list", n, "kind", "enterprise", "rows", 3,
	                              "0199999014", "2026-05-32")),
	               "row 0:");
	assert_refused(w, list(w, GATEWAY_LIST_PUBLISH, json_pack("{s:I, s:s}", "list", n, "sha256", "ABC")),
	               "64 digits");
	assert_refused(w, list(w, GATEWAY_LIST_PREVIEW, json_pack("{s:I}", "list", (json_int_t)99)),
	               "no list 99 is coming");
	assert_refused(w, list(w, GATEWAY_LIST_UNDO, json_pack("{s:I, s:s}", "list", n, "why", "x")),
	               "there is no list 1");
	assert_true(publish(w, n));
	assert_refused(w, list(w, GATEWAY_LIST_UNDO, json_pack("{s:I}", "list", n)), "say why");
	assert_true(list(w, GATEWAY_LIST_UNDO, json_pack("{s:I, s:s}", "list", n, "why", "x")));
	assert_refused(w, list(w, GATEWAY_LIST_UNDO, json_pack("{s:I, s:s}", "list", n, "why", "x")),
	               "was undone before");
}

static void a_gateway_that_stops_takes_nothing_more(void **state)
{
	struct world *w = *state;
	begin_with_one_in_review(w);
	gateway_stop(w->sim.gateway);
	assert_refused(w, decide(w, true, 1, "x"), "stopping");
	assert_refused(w, list(w, GATEWAY_LIST_TELL, json_object()), "stopping");
	assert_true(world_until(w, &w->sim.stopped));
	assert_int_equal(state_of(w, 1), ITEM_REVIEW);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_init, end)

int main(void)
{
	const struct CMUnitTest tests[] = {T(a_person_decides),
	                                   T(a_decision_that_is_wrong_changes_nothing),
	                                   T(what_nobody_decides_expires_on_its_day),
	                                   T(a_store_that_fails_is_asked_again_to_expire),
	                                   T(what_expired_meanwhile_is_seen_at_the_start),
	                                   T(a_list_decides_what_waits),
	                                   T(what_waits_is_decided_when_the_store_works_again),
	                                   T(a_crash_leaves_the_rest_to_the_next_start),
	                                   T(a_list_that_was_not_finished_never_counts),
	                                   T(what_is_asked_wrongly_is_said),
	                                   T(a_gateway_that_stops_takes_nothing_more)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
