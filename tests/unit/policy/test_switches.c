/* Every ambiguity is a switch; every switch that decides changes a decision, and no other changes any. */
#include "policy/cases.h"
#include "policy/policy_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>

#define FACTS_MOST 400
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
		/* what decides has an alternative; what does not says so */
		assert_true(w.rules->switches[i].recorded || w.rules->switches[i].option_count > 1);
	}
}

/* Everything but the revision, which names the switches. */
static bool same(const struct policy_decision *x, const struct policy_decision *y)
{
	bool flags = x->flag_count == y->flag_count;
	for (size_t i = 0; flags && i < x->flag_count; i++)
		flags = str_eq(policy_code(x->flags[i]), policy_code(y->flags[i]));
	return flags && x->outcome == y->outcome && x->action == y->action &&
	       x->expected_vnd == y->expected_vnd && x->eligible_until == y->eligible_until &&
	       str_eq(policy_main_reason(x), policy_main_reason(y));
}

static size_t differences(struct str id, struct str option)
{
	struct policy_choice choice = {id, option};
	struct policy_ruleset *other = policy_load_dir_choosing(RULES, NULL, &choice, 1, &w.d);
	size_t n = 0;
	assert_non_null(other);
	assert_string_not_equal(policy_revision(other), policy_revision(w.rules));
	for (size_t i = 0; i < w.count; i++) {
		struct policy_decision x, y;
		policy_decide(w.rules, &w.facts[i], &x);
		policy_decide(other, &w.facts[i], &y);
		n += !same(&x, &y);
	}
	policy_unref(&other);
	return n;
}

static void each_option_changes_decisions_or_is_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < w.rules->switch_count; i++) {
		const struct law_switch *s = &w.rules->switches[i];
		for (size_t k = 0; k < s->option_count; k++) {
			if (k == s->fallback)
				continue;
			size_t n = differences(s->id, s->options[k]);
			if (s->recorded != (n == 0))
				fail_msg("switch %.*s at %.*s: %zu decisions differ", STR_ARG(s->id),
				         STR_ARG(s->options[k]), n);
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
	    cmocka_unit_test(each_option_changes_decisions_or_is_recorded),
	    cmocka_unit_test(unknown_choices_are_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
