/* W3C Trace Context: taken up from the request, found again in the log. */
#include "daemon/api/api_int.h"
#include "tests/unit/daemon/api_world.h"

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void traceparents_are_read_strictly(void **state)
{
	static const char *const good[] = {"00-" ID "-" PARENT "-01", "00-" ID "-" PARENT "-00",
	                                   "cc-" ID "-" PARENT "-01-what-comes-later"};
	static const char *const bad[] = {"",
	                                  ID,
	                                  "00-" ID "-" PARENT,
	                                  "00-" ID "-" PARENT "-01-more",
	                                  "ff-" ID "-" PARENT "-01",
	                                  "0-" ID "-" PARENT "-01",
	                                  "00-" ID "0-" PARENT "-01",
	                                  "00-00000000000000000000000000000000-" PARENT "-01",
	                                  "00-" ID "-0000000000000000-01",
	                                  "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
	                                  "00-" ID "-" PARENT "-0x"};
	char id[API_TRACE_MAX];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(api_trace_parse(str_c(good[i]), id));
		assert_string_equal(id, ID);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (api_trace_parse(str_c(bad[i]), id))
			fail_msg("'%s' was taken", bad[i]);
}

static void a_batch_is_found_by_its_trace(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	ask(w, &c, "an.test", "POST", "/v1/batches", NDJSON "traceparent: 00-" ID "-" PARENT "-01\r\n",
	    lines(&b, "t", 1));
	expect_status(&c, 202);
	assert_true(log_capture_has(&w->log, "batch.admitted durable partner=an trace=" ID " batch=1"));
	client_fini(&c);
	buf_fini(&b);
}

/* Two requests of one moment. */
static void a_request_without_one_gets_its_own(void **state)
{
	struct world *w = *state;
	struct client c;
	struct buf b;
	char first[API_TRACE_MAX] = "", second[API_TRACE_MAX] = "", batch[64];
	ask(w, &c, "an.test", "POST", "/v1/batches",
	    NDJSON "traceparent: 00-" ID "-" PARENT "-01\r\ntraceparent: 00-" ID "-" PARENT "-01\r\n",
	    lines(&b, "two", 1)); /* of which one should be heeded? */
	expect_status(&c, 202);
	assert_false(log_capture_has(&w->log, "trace=" ID));
	client_fini(&c);
	buf_fini(&b);
	submit(w, "an.test", "a", 1, batch);
	ask(w, &c, "an.test", "POST", "/v1/batches/2/cancel", "traceparent: nonsense\r\n", STR_NONE);
	expect_status(&c, 200);
	client_fini(&c);
	const char *log = buf_cstr(&w->log.lines), *at = strstr(log, "batch.admitted");
	assert_true(at && sscanf(strstr(at, "trace="), "trace=%32[0-9a-f]", first) == 1);
	at = strstr(log, "batch.cancelled");
	assert_true(at && sscanf(strstr(at, "trace="), "trace=%32[0-9a-f]", second) == 1);
	assert_int_equal(strlen(first), 32);
	assert_int_equal(strlen(second), 32);
	assert_string_not_equal(first, second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(traceparents_are_read_strictly),
	    TEST(a_batch_is_found_by_its_trace),
	    TEST(a_request_without_one_gets_its_own),
	};
	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
