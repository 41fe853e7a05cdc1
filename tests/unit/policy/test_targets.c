/* The targets of the shipped rules, as a report reads them. */
#include "policy/targets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/policy/shipped.h"

static const struct {
	const char *id, *province, *zone, *from, *to;
	int64_t count, percent;
} wanted[] = {
    {"national-2024", "", "id.vn", "2024-05-21", "2025-12-31", 350000, -1},
    {"national-2024", "", "biz.vn", "2024-05-21", "2025-12-31", 50000, -1},
    {"national-2024", "", "vn", "2024-05-21", "2025-12-31", 1000000, -1},
    {"national-2026", "", "", "2026-01-01", "2030-12-31", -1, -1},
    {"ca-mau-0109", "96", "id.vn", "2025-09-23", "2026-12-31", 2400, -1},
    {"ca-mau-0109", "96", "biz.vn", "2025-09-23", "2026-12-31", 600, -1},
    {"lai-chau-2026", "12", "", "2026-01-01", "2030-12-31", 300, -1},
    {"lai-chau-2026", "12", "id.vn", "2026-01-01", "2030-12-31", 80, -1},
    {"lam-dong-1815", "68", "id.vn", "2025-08-13", "2025-12-31", -1, 20},
    {"lam-dong-1815", "68", "biz.vn", "2025-08-13", "2025-12-31", -1, 25},
    {"tra-vinh", "84", "id.vn", "2024-05-21", "2025-12-31", 3609, -1},
    {"tra-vinh", "84", "biz.vn", "2024-05-21", "2025-12-31", 417, -1},
};

static void the_shipped_targets(void **state)
{
	struct policy_ruleset *r = shipped_load(*state);
	char text[DATE_TEXT_MAX];
	assert_non_null(r);
	assert_int_equal(policy_target_count(r), ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct policy_target t;
		policy_target_at(r, i, &t);
		assert_true(str_eq_c(t.id, wanted[i].id));
		assert_true(str_eq_c(t.province, wanted[i].province));
		assert_true(str_eq_c(t.zone, wanted[i].zone));
		assert_string_equal(date_format(text, t.from), wanted[i].from);
		assert_string_equal(date_format(text, t.to), wanted[i].to);
		assert_int_equal(t.count, wanted[i].count);
		assert_int_equal(t.percent, wanted[i].percent);
		assert_true(t.document.len > 0);
		assert_true(t.list.len > 0 || t.province.len == 0);
	}
	policy_unref(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_shipped_targets, shipped_set_up, shipped_tear_down)};
	return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
