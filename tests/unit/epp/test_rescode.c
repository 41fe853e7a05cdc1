/* Result codes: all of the RFC's, and how unlisted ones are judged. */
#include "epp/rescode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void all_codes_of_the_rfc_are_there(void **state)
{
	static const int all[] = {1000, 1001, 1300, 1301, 1500, 2000, 2001, 2002, 2003, 2004, 2005, 2100,
	                          2101, 2102, 2103, 2104, 2105, 2106, 2200, 2201, 2202, 2300, 2301, 2302,
	                          2303, 2304, 2305, 2306, 2307, 2308, 2400, 2500, 2501, 2502};
	unsigned n = sizeof(all) / sizeof(*all);
	(void)state;
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(epp_rescode_at(i)->code, all[i]);
		assert_ptr_equal(epp_rescode_find(all[i]), epp_rescode_at(i));
		assert_true(strlen(epp_rescode_at(i)->text) > 5);
		assert_int_not_equal(epp_rescode_find(all[i])->cls, EPP_RC_UNKNOWN);
	}
	assert_null(epp_rescode_at(n));
}

static void consequences_are_right(void **state)
{
	(void)state;
	assert_int_equal(epp_rescode_find(1001)->cls, EPP_RC_PENDING);
	assert_int_equal(epp_rescode_find(2104)->cls, EPP_RC_BILLING);
	assert_int_equal(epp_rescode_find(2302)->cls, EPP_RC_OBJECT_STATE);
	assert_int_equal(epp_rescode_find(2002)->flags, EPP_RC_DISCARD);
	assert_true(epp_rescode_find(1500)->flags & EPP_RC_ENDS_SESSION);
	assert_true(epp_rescode_find(2501)->flags & EPP_RC_ALARM);
	assert_true(epp_rescode_find(2200)->flags & EPP_RC_ALARM);
	assert_true(epp_rescode_find(2400)->flags & EPP_RC_AMBIGUOUS);
	assert_true(epp_rescode_find(2500)->flags & EPP_RC_AMBIGUOUS);
	assert_false(epp_rescode_find(2302)->flags & EPP_RC_AMBIGUOUS);
	assert_true(epp_rescode_ok(1001));
	assert_false(epp_rescode_ok(2000));
}

static void unlisted_codes_go_by_their_range(void **state)
{
	(void)state;
	assert_int_equal(epp_rescode_find(1099)->cls, EPP_RC_SUCCESS);
	assert_int_equal(epp_rescode_find(2399)->cls, EPP_RC_PERMANENT);
	assert_true(epp_rescode_find(2499)->flags & EPP_RC_AMBIGUOUS);
	assert_true(epp_rescode_find(2599)->flags & EPP_RC_ENDS_SESSION);
	assert_int_equal(epp_rescode_find(0)->cls, EPP_RC_UNKNOWN);
	assert_int_equal(epp_rescode_find(-2000)->cls, EPP_RC_UNKNOWN);
	assert_int_equal(epp_rescode_find(9999)->cls, EPP_RC_UNKNOWN);
	assert_true(epp_rescode_find(9999)->flags & EPP_RC_AMBIGUOUS);
	assert_string_equal(epp_rescode_class_name(EPP_RC_BILLING), "billing");
	assert_string_equal(epp_rescode_class_name((enum epp_rescode_class)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_codes_of_the_rfc_are_there),
	    cmocka_unit_test(consequences_are_right),
	    cmocka_unit_test(unlisted_codes_go_by_their_range),
	};
	return cmocka_run_group_tests_name("epp/rescode", tests, NULL, NULL);
}
