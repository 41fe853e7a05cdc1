/* The configuration: limits of registries and partners, and quotas. */
#include "tests/unit/daemon/config_world.h"

static void limits_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_limits(f, "{ascii:", "{asci:", "limits.yaml:1:14:", "did you mean 'ascii'?");
	refuse_limits(f, "beta:", "bta:", ":4:3:", "did you mean 'beta'?");
	refuse_limits(f, "commands_per_second: 50", "commands_per_second: 0",
	              ":1:43:", "is not within 1 and");
	refuse_limits(f, "burst: 400", "burst: 4", ":4:17:", "smaller than 'lines_per_second'");
	refuse_limits(f, "burst: 400", "bursts: 400", ":4:10:", "did you mean 'burst'?");
	refuse_limits(f, "lines_per_second: 100, ", "", ":4:17:", "means nothing without");
	refuse_limits(f, "{commands_per_second: 50}", "{window: 0}", ":1:30:", "is not within 1 and");
	refuse_limits(f, "{commands_per_second: 50}", "{classes_per_day: {creat: 5}}",
	              ":1:40:", "did you mean 'create'?");
	refuse_limits(f, "{commands_per_second: 50}", "{commands_per_second: {shadow: true}}",
	              ":1:43:", "'max' is missing");
	refuse_limits(f, "{commands_per_second: 50}", "{classes_per_second: {creat: 5}}",
	              ":1:43:", "did you mean 'create'?");
	refuse_limits(f, "max_queued: 5000", "max_queued: {max: 5000, shadows: true}",
	              ":3:", "did you mean 'shadow'?");
}

static void a_limit_may_be_in_shadow_and_have_a_reason(void **state)
{
	struct fixture *f = *state;
	edit_limits(
	    f, "{commands_per_second: 50}",
	    "{commands_per_second: {max: 50, reason: contract}, classes_per_second: {create: 5, renew: "
	    "{max: 7, "
	    "shadow: true}}, classes_per_day: {create: 900}, taken_names_per_day: {max: 40, reason: fines}}");
	load_good(f);
	const struct config_registry *g = &f->c->registries[0];
	assert_int_equal(g->commands_per_second.max, 50);
	assert_string_equal(g->commands_per_second.reason, "contract");
	assert_false(g->commands_per_second.shadow);
	assert_int_equal(g->class_per_second[LIMIT_CREATE].max, 5);
	assert_true(g->class_per_second[LIMIT_RENEW].max == 7 && g->class_per_second[LIMIT_RENEW].shadow);
	assert_int_equal(g->class_per_second[LIMIT_CHECK].max, 0);
	assert_int_equal(g->class_per_day[LIMIT_CREATE].max, 900);
	assert_int_equal(g->taken_per_day.max, 40);
	assert_string_equal(g->taken_per_day.reason, "fines");
	assert_int_equal(g->slow_ms, g->answer_ms / 3);
}

static void sessions_and_windows_may_be_limited(void **state)
{
	struct fixture *f = *state;
	edit_limits(f, "{commands_per_second: 50}", "{commands_per_second: 50, sessions: 7, window: 3}");
	load_good(f);
	assert_int_equal(f->c->registries[0].accounts[0].sessions, 7);
	assert_int_equal(f->c->registries[0].accounts[0].window, 3);
	/* In shadow the account's own is in force. */
	edit_limits(
	    f, "{commands_per_second: 50}",
	    "{commands_per_second: 50, sessions: {max: 2, shadow: true, reason: annex}, window: {max: 5}}");
	load_good(f);
	assert_int_equal(f->c->registries[0].accounts[0].sessions, 3);
	assert_int_equal(f->c->registries[0].accounts[0].window, 5);
	assert_true(f->c->registries[0].sessions.shadow && f->c->registries[0].sessions.max == 2);
	assert_string_equal(f->c->registries[0].sessions.reason, "annex");
}

static void a_partners_weight_may_stand_with_its_limits(void **state)
{
	struct fixture *f = *state;
	edit_limits(f, "burst: 400", "burst: 400, weight: 9");
	load_good(f);
	assert_int_equal(config_partner(f->c, "beta")->weight, 9);
}

static void quotas_are_read(void **state)
{
	struct fixture *f = *state;
	static const char two[] =
	    "quotas:\n"
	    "  - {name: a, zone: ID.vn, period: year, max: 5, reason: target}\n"
	    "  - {name: b, province: \"68\", period: day, counts: names, max: 7, shadow: true}\n"
	    "registries: {ascii:";
	edit_limits(f, "registries: {ascii:", two);
	load_good(f);
	assert_int_equal(f->c->quota_count, 2);
	const struct quota *a = &f->c->quotas[0], *b = &f->c->quotas[1];
	assert_string_equal(a->zone, "id.vn");
	assert_null(a->province);
	assert_true(a->period == QUOTA_YEAR && a->grants && a->limit.max == 5 && !a->limit.shadow);
	assert_string_equal(b->province, "68");
	assert_true(b->period == QUOTA_DAY && !b->grants && b->limit.max == 7 && b->limit.shadow);
}

static void refuse_quotas(struct fixture *f, const char *quotas, const char *place, const char *text)
{
	char to[160];
	snprintf(to, sizeof to, "quotas: [%s]\nregistries: {ascii:", quotas);
	refuse_limits(f, "registries: {ascii:", to, place, text);
}

static void quotas_are_checked(void **state)
{
	struct fixture *f = *state;
	refuse_quotas(f, "{name: a, period: week, max: 1}", ":1:28:", "week");
	refuse_quotas(f, "{name: a, period: day}", ":1:", "'max' is missing");
	refuse_quotas(f, "{name: a, period: day, max: 1, province: \"168\"}",
	              ":1:", "not the code of a province");
	refuse_quotas(f, "{name: a, period: day, max: 1}, {name: a, period: day, max: 1}",
	              ":1:", "a quota 'a' already");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(limits_are_checked),
	    TEST(a_limit_may_be_in_shadow_and_have_a_reason),
	    TEST(sessions_and_windows_may_be_limited),
	    TEST(a_partners_weight_may_stand_with_its_limits),
	    TEST(quotas_are_read),
	    TEST(quotas_are_checked),
	};
	return cmocka_run_group_tests_name("config_limits", tests, NULL, NULL);
}
