/* Every ambiguity is a switch with another reading, and every other reading changes something: a decision, a target, the
 * day of a report, or what the gateway is told to do. */
#include "policy/cases.h"
#include "policy/targets.h"
#include "policy/policy_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>

#define FACTS_MOST 400
#define DUTIES     64
#define RULES      "policy/rules"

static struct {
	struct arena arena;
	struct diag d;
	struct policy_ruleset *rules;
	struct policy_facts facts[FACTS_MOST]; /* of the shipped cases */
	size_t count;
} w;

static void read_cases(const char *path)
{
	struct yaml_node *top = yaml_load(&w.arena, &w.d, path), *list = top ? yaml_get(top, "cases") : NULL;
	for (struct yaml_node *n = list ? list->child : NULL; n && w.count < FACTS_MOST; n = n->next) {
		struct policy_facts *f = &w.facts[w.count];
		assert_true(policy_facts_read(&w.arena, &w.d, yaml_get(n, "facts"), f));
		assert_true(instant_parse(yaml_get(n, "at")->text, HANOI_OFFSET_S, &f->at));
		w.count++;
	}
}

static int set_up(void **state)
{
	(void)state;
	arena_init(&w.arena);
	diag_init(&w.d);
	w.rules = policy_load_dir(RULES, NULL, &w.d);
	DIR *dir = opendir("policy/cases");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		char path[300];
		snprintf(path, sizeof path, "policy/cases/%s", e->d_name);
		if (str_ends(str_c(path), STR(".yaml")) && !str_ends(str_c(path), STR("-site.yaml")))
			read_cases(path);
	}
	if (dir)
		closedir(dir);
	return w.rules && w.count > 100 ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	policy_unref(&w.rules);
	arena_fini(&w.arena);
	diag_fini(&w.d);
	return 0;
}

static void all_38_ambiguities_are_switches(void **state)
{
	(void)state;
	for (int a = 1; a <= 38; a++) {
		char name[8];
		size_t i = 0;
		snprintf(name, sizeof name, "A%d", a);
		while (i < w.rules->switch_count && !str_eq_c(w.rules->switches[i].ambiguity, name))
			i++;
		if (i == w.rules->switch_count)
			fail_msg("%s has no switch", name);
		assert_true(w.rules->switches[i].reason.len > 0);
		assert_true(w.rules->switches[i].option_count > 1);
		assert_false(w.rules->switches[i].recorded);
	}
}

static bool same_item(const struct policy_decision *x, const struct policy_decision *y)
{
	struct buf a, b;
	buf_init(&a, 1000);
	buf_init(&b, 1000);
	policy_print_item(x, &a);
	policy_print_item(y, &b);
	bool same = str_eq(buf_str(&a), buf_str(&b));
	buf_fini(&a);
	buf_fini(&b);
	return same;
}

static struct str plan_of(const struct policy_decision *d)
{
	return d->plan ? d->plan->id : STR_NONE;
}

/* Everything but the revision, which names the switches. */
static bool same(const struct policy_decision *x, const struct policy_decision *y)
{
	bool flags = x->flag_count == y->flag_count;
	for (size_t i = 0; flags && i < x->flag_count; i++)
		flags = str_eq(policy_code(x->flags[i]), policy_code(y->flags[i]));
	return flags && x->outcome == y->outcome && x->action == y->action && same_item(x, y) &&
	       str_eq(plan_of(x), plan_of(y)) && strcmp(x->province, y->province) == 0 &&
	       str_eq(policy_main_reason(x), policy_main_reason(y));
}

static size_t decided_otherwise(const struct policy_ruleset *other)
{
	size_t n = 0;
	for (size_t i = 0; i < w.count; i++) {
		struct policy_decision x, y;
		policy_decide(w.rules, &w.facts[i], &x);
		policy_decide(other, &w.facts[i], &y);
		n += !same(&x, &y);
	}
	return n;
}

static bool targets_differ(const struct policy_ruleset *other)
{
	size_t n = policy_target_count(other);
	if (n != policy_target_count(w.rules))
		return true;
	for (size_t i = 0; i < n; i++) {
		struct policy_target x, y;
		policy_target_at(w.rules, i, &x);
		policy_target_at(other, i, &y);
		if (x.count != y.count || x.percent != y.percent || x.from != y.from || x.to != y.to ||
		    x.granted_only != y.granted_only || !str_eq(x.province, y.province))
			return true;
	}
	return false;
}

static bool reports_differ(const struct policy_ruleset *other)
{
	struct policy_duty x[DUTIES], y[DUTIES];
	date_t from = date_make(2025, 1, 1), to = date_make(2026, 12, 31);
	size_t n = policy_duties(w.rules, from, to, x, DUTIES);
	assert_in_range(n, 10, DUTIES);
	if (policy_duties(other, from, to, y, DUTIES) != n)
		return true;
	for (size_t i = 0; i < n; i++)
		if (x[i].due != y[i].due)
			return true;
	return false;
}

/* What the gateway asks by itself; tests of the store show what it does then. */
static bool orders_differ(const struct policy_ruleset *other)
{
	const struct policy_facts house = {.op = POLICY_CREATE,
	                                   .zone = STR("biz.vn"),
	                                   .kind = POLICY_HOUSEHOLD,
	                                   .registration_number = STR("41A8000123"),
	                                   .id_number = STR("068206001234")};
	char keys[POLICY_NUMBERS_MAX][POLICY_KEY_MAX];
	return policy_admission_counts(other) != policy_admission_counts(w.rules) ||
	       policy_refuses_ineligible(other) != policy_refuses_ineligible(w.rules) ||
	       policy_subject_keys(other, &house, keys) != policy_subject_keys(w.rules, &house, keys);
}

static void each_other_reading_changes_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < w.rules->switch_count; i++) {
		const struct law_switch *s = &w.rules->switches[i];
		for (size_t k = 0; k < s->option_count; k++) {
			struct policy_choice choice = {s->id, s->options[k]};
			struct policy_ruleset *other =
			    policy_load_dir_choosing(RULES, NULL, &choice, 1, &w.d);
			assert_non_null(other);
			bool differs = decided_otherwise(other) > 0 || targets_differ(other) ||
			               reports_differ(other) || orders_differ(other);
			policy_unref(&other);
			if (differs != (k != s->fallback))
				fail_msg("switch %.*s at %.*s: %s", STR_ARG(s->id), STR_ARG(s->options[k]),
				         differs ? "the default itself changes something"
				                 : "nothing changes");
		}
	}
}

static void unknown_choices_are_refused(void **state)
{
	static const struct policy_choice wrong[] = {{{"upper-age", 9}, {"until_25", 8}},
	                                             {{"upperage", 8}, {"until_birthday", 14}}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct diag d;
		diag_init(&d);
		assert_null(policy_load_dir_choosing(RULES, NULL, &wrong[i], 1, &d));
		assert_int_equal(d.errors, 1);
		diag_fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_38_ambiguities_are_switches),
	    cmocka_unit_test(each_other_reading_changes_something),
	    cmocka_unit_test(unknown_choices_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
