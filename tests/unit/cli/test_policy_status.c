/* What people read of rule sets: in force, staged, the folder, the history. */
#include "daemon/cli/policy_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_printed(const char *answer, const char *expected)
{
	struct buf out;
	json_t *o = json_loads(answer, 0, NULL);
	assert_non_null(o);
	buf_init(&out, 65536);
	policy_status_print(o, &out);
	assert_string_equal(buf_cstr(&out), expected);
	buf_fini(&out);
	json_decref(o);
}

static void nothing_is_staged(void **state)
{
	(void)state;
	assert_printed("{\"activate\":\"staged\",\"two_people\":true,"
	               "\"active\":{\"revision\":\"sha256:aa\",\"since\":\"2026-11-20T09:00:00+07:00\","
	               "\"confirm_by\":null,\"else\":null},\"staged\":null,"
	               "\"files\":{\"folder\":\"/etc/vnepp/rules\",\"revision\":\"sha256:aa\",\"state\":\"is "
	               "in force\"}}",
	               "in force    sha256:aa\n"
	               "            since 2026-11-20T09:00:00+07:00\n"
	               "staged      nothing\n"
	               "folder      /etc/vnepp/rules is in force\n"
	               "activate    staged: one person stages, another one activates\n");
}

static void deadlines_and_people_are_told(void **state)
{
	(void)state;
	assert_printed(
	    "{\"activate\":\"files\",\"two_people\":false,"
	    "\"active\":{\"revision\":\"sha256:bb\",\"since\":\"S\",\"confirm_by\":\"T\",\"else\":\"sha256:"
	    "aa\"},"
	    "\"staged\":{\"revision\":\"sha256:cc\",\"by\":\"An\",\"login\":\"an\",\"staged_at\":\"U\","
	    "\"at\":\"V\","
	    "\"state\":\"approved; takes effect by "
	    "itself\",\"approved_by\":\"binh\",\"approved_login\":\"binh\","
	    "\"approved_at\":\"W\"},"
	    "\"files\":{\"folder\":\"rules\",\"revision\":\"sha256:aa\",\"state\":\"differs from what is in "
	    "force\"}}",
	    "in force    sha256:bb\n"
	    "            since S\n"
	    "            waits to be confirmed before T: vnepp policy confirm\n"
	    "            else sha256:aa comes back\n"
	    "staged      sha256:cc\n"
	    "            by An (login an) at U, to take effect at V\n"
	    "            approved by binh at W\n"
	    "            approved; takes effect by itself\n"
	    "folder      rules differs from what is in force\n"
	    "            sha256:aa\n"
	    "activate    files: what is in the folder comes into force at every start and reload\n");
}

static void history_is_a_table(void **state)
{
	(void)state;
	assert_printed("{\"activate\":\"staged\",\"two_people\":false,\"active\":{\"revision\":\"sha256:aa\","
	               "\"since\":\"S\"},"
	               "\"staged\":{\"revision\":\"sha256:cc\",\"by\":\"an\",\"login\":\"an\",\"staged_at\":"
	               "\"U\",\"at\":\"now\","
	               "\"state\":\"waits\"},\"files\":{\"folder\":\"rules\",\"revision\":null,\"state\":"
	               "\"does not load\"},"
	               "\"history\":[{\"at\":\"U\",\"step\":\"staged\",\"revision\":\"sha256:"
	               "0123456789abcdef\",\"person\":\"an\","
	               "\"login\":\"an\",\"why\":\"new\\u001b[2J\"}],\"more\":true}",
	               "in force    sha256:aa\n"
	               "            since S\n"
	               "staged      sha256:cc\n"
	               "            by an at U, to take effect now\n"
	               "            waits\n"
	               "folder      rules does not load\n"
	               "activate    staged: in a sandbox one person may do both\n"
	               "\n"
	               "  at  step    revision             person  login  why\n"
	               "  U   staged  sha256:0123456789ab  an      an     new?[2J\n"
	               "older steps are left out: --limit N shows more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_staged),
	    cmocka_unit_test(deadlines_and_people_are_told),
	    cmocka_unit_test(history_is_a_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
