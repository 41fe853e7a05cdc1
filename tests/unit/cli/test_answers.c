/* What the gateway answers: problems, a batch's status, results. */
#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/problem.h"
#include "daemon/cli/summary.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_problem(int status, const char *body, const char *expected, size_t entries)
{
	struct buf out;
	buf_init(&out, 65536);
	assert_int_equal(problem_print("a.csv", status, str_c(body), &out), entries);
	assert_string_equal(buf_cstr(&out), expected);
	buf_fini(&out);
}

static void test_bad_lines(void **state)
{
	(void)state;
	assert_problem(422,
	               "{\"title\":\"Bad lines\",\"detail\":\"2 of 9\",\"errors\":["
	               "{\"line\":3,\"column\":14,\"field\":\"period\",\"reason\":\"OUT_OF_RANGE\","
	               "\"expected\":\"1 to 10\"},"
	               "{\"line\":7,\"reason\":\"DUPLICATE\"},"
	               "{\"line\":8,\"column\":2,\"field\":\"\",\"reason\":\"SYNTAX\","
	               "\"expected\":\"a closing quote\"},"
	               "{\"line\":2,\"text_line\":9,\"column\":4,\"field\":\"op\",\"reason\":\"EMPTY\"},"
	               "{\"line\":3,\"text_line\":null,\"field\":\"ref\",\"reason\":\"REF_CONFLICT\"},{"
	               "\"column\":2,\"field\":\"x\\u001b[2J\"},7]}",
	               "a.csv:3:14: error: period: OUT_OF_RANGE (expected 1 to 10)\n"
	               "a.csv:7: error: DUPLICATE\n"
	               "a.csv:8:2: error: SYNTAX (expected a closing quote)\n"
	               "a.csv:9:4: error: op: EMPTY\n"
	               "a.csv: item 3: error: ref: REF_CONFLICT\n"
	               "a.csv: error: x?[2J: not accepted\n"
	               "a.csv: error: not accepted\n"
	               "a.csv: the gateway answers 422 Bad lines: 2 of 9\n",
	               7);
}

static void test_no_problem_document(void **state)
{
	(void)state;
	assert_problem(502, "<html>\nBad\x07", "a.csv: the gateway answers 502: <html>?Bad?\n", 0);
	assert_problem(500, "", "a.csv: the gateway answers 500\n", 0);
	assert_problem(400, "{\"errors\":\"none\",\"title\":5}", "a.csv: the gateway answers 400\n", 0);
}

static void test_status(void **state)
{
	struct batches_status s = {0};
	struct errmsg e;
	(void)state;
	assert_int_equal(batches_read_status(STR("{\"id\":\"b\",\"lines\":12,\"moving\":2,"
	                                         "\"counts\":{\"done\":10,\"queued\":2,\"failed\":0}}"),
	                                     &s, &e),
	                 OK);
	assert_int_equal(s.lines, 12);
	assert_int_equal(s.moving, 2);
	assert_int_equal(s.state_count, 2);
	assert_string_equal(s.states[0].name, "done");
}

/* A gateway that does not say what moves is understood by its states. */
static void test_status_without_moving(void **state)
{
	struct batches_status s = {0};
	struct errmsg e;
	(void)state;
	assert_int_equal(
	    batches_read_status(STR("{\"counts\":{\"done\":10,\"pending\":2,\"review\":3,\"sending\":4}}"),
	                        &s, &e),
	    OK);
	assert_int_equal(s.lines, 19);
	assert_int_equal(s.moving, 6);
}

static void test_status_refused(void **state)
{
	static const char *const bodies[] = {"",
	                                     "[]",
	                                     "{}",
	                                     "{\"counts\":[1]}",
	                                     "{\"counts\":{\"done\":1}",
	                                     "{\"counts\":{\"a_state_with_a_name_too_long\":1}}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct batches_status s = {0};
		struct errmsg e;
		assert_int_equal(batches_read_status(str_c(bodies[i]), &s, &e), ERR_PROTOCOL);
	}
}

static void test_location(void **state)
{
	char id[BATCHES_ID_MAX];
	(void)state;
	assert_true(batches_id_of_location("/v1/batches/b-17", id));
	assert_string_equal(id, "b-17");
	assert_true(batches_id_of_location("https://host:1/v1/batches/42", id));
	assert_string_equal(id, "42");
	assert_false(batches_id_of_location("", id));
	assert_false(batches_id_of_location("/v1/batches/", id));
	assert_false(batches_id_of_location("/v1/batches/a?b", id));
	assert_false(batches_id_valid("../1"));
}

static void add(struct summary *s, const char *text)
{
	json_t *item = json_loads(text, 0, NULL);
	assert_non_null(item);
	summary_add(s, item);
	json_decref(item);
}

#define REFUSED                                                                                                \
	"{\"state\":\"refused\",\"message\":\"Chưa đủ 18 tuổi\",\"decision\":{\"outcome\":\"no_grant\"," \
	"\"reasons\":[\"AGE_UNDER_18\"],\"cites\":[{\"document\":\"A\",\"clause\":\"1\",\"role\":"             \
	"\"waiver\"},"                                                                                         \
	"{\"document\":\"B\",\"clause\":\"2\",\"role\":\"reason\"}]}}"

static void test_summary(void **state)
{
	struct buf out;
	(void)state;
	struct summary *s = summary_new();
	assert_int_equal(summary_exit(s), CLI_DONE);
	add(s, REFUSED);
	assert_int_equal(summary_exit(s), CLI_FAILED);
	add(s, REFUSED);
	add(s, "{\"state\":\"done\",\"decision\":{\"outcome\":\"grant\"}}");
	add(s, "{\"state\":\"failed\",\"code\":2302,\"message\":\"Object "
	       "exists\",\"decision\":{\"outcome\":\"grant\"}}");
	assert_int_equal(summary_exit(s), CLI_PARTLY);
	assert_int_equal(summary_lines(s), 4);
	assert_int_equal(summary_done(s), 1);
	buf_init(&out, 65536);
	summary_print(s, &out);
	assert_string_equal(buf_cstr(&out), "  state    lines   share\n"
	                                    "  done         1  25.0 %\n"
	                                    "  refused      2  50.0 %\n"
	                                    "  failed       1  25.0 %\n"
	                                    "\n"
	                                    "  decision  lines   share\n"
	                                    "  grant         2  50.0 %\n"
	                                    "  no_grant      2  50.0 %\n"
	                                    "\n"
	                                    "  not done  reason        lines  clause  message\n"
	                                    "  refused   AGE_UNDER_18      2  B, 2    Chưa đủ 18 tuổi\n"
	                                    "  failed    2302              1          Object exists\n");
	buf_fini(&out);
	json_t *doc = summary_json(s);
	assert_int_equal(json_integer_value(json_object_get(doc, "lines")), 4);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(doc, "counts"), "refused")), 2);
	assert_int_equal(json_array_size(json_object_get(doc, "reasons")), 2);
	json_decref(doc);
	summary_free(s);
}

/* A result that is no object, or has nothing of what we look for, is a line all the same. */
static void test_summary_of_nonsense(void **state)
{
	(void)state;
	struct summary *s = summary_new();
	add(s, "[]");
	add(s, "{\"state\":7,\"decision\":[],\"code\":\"x\"}");
	assert_int_equal(summary_lines(s), 2);
	assert_int_equal(summary_exit(s), CLI_FAILED);
	summary_free(s);
}

static void test_many_reasons(void **state)
{
	char text[128];
	(void)state;
	struct summary *s = summary_new();
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof text, "{\"state\":\"failed\",\"code\":2400,\"reason\":\"R%d\"}",
		               i);
		add(s, text);
	}
	json_t *doc = summary_json(s);
	assert_in_range(json_array_size(json_object_get(doc, "reasons")), 500, 501);
	json_decref(doc);
	summary_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_lines),      cmocka_unit_test(test_no_problem_document),
	    cmocka_unit_test(test_status),         cmocka_unit_test(test_status_without_moving),
	    cmocka_unit_test(test_status_refused), cmocka_unit_test(test_location),
	    cmocka_unit_test(test_summary),        cmocka_unit_test(test_summary_of_nonsense),
	    cmocka_unit_test(test_many_reasons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
