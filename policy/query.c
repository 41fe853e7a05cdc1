/* What others than decisions ask of a rule set. */
#include "policy/policy_int.h"

bool policy_has_grant(const struct policy_ruleset *r, struct str id)
{
	for (size_t i = 0; i < r->grant_count; i++)
		if (str_eq(r->grants[i].id, id))
			return true;
	return false;
}

bool policy_value(const struct policy_ruleset *r, struct str id, date_t on, int64_t *out)
{
	for (size_t i = 0; i < r->value_count; i++) {
		const struct law_value *v = &r->values[i];
		for (size_t k = 0; str_eq(v->id, id) && k < v->count; k++) {
			if (!window_has(v->dated[k].window, on))
				continue;
			*out = v->dated[k].value;
			return true;
		}
	}
	return false;
}

static bool asks_list(const struct check *c)
{
	bool asks = c->test.kind == TEST_FACT && c->test.fact == FACT_name_listed;
	for (size_t i = 0; i < c->when_count; i++)
		asks |= c->when[i].fact == FACT_name_listed;
	return asks && c->enabled;
}

bool policy_asks_name_lists(const struct policy_ruleset *r)
{
	for (size_t i = 0; i < r->checks.count; i++)
		if (asks_list(&r->checks.list[i]))
			return true;
	return false;
}

static bool counts(const struct checks *list, struct str type)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct test *t = &list->list[i].test;
		for (size_t k = 0; t->kind == TEST_EVIDENCE && k < t->in.count; k++)
			if (str_eq(t->in.list[k], type))
				return true;
	}
	return false;
}

bool policy_counts_evidence(const struct policy_ruleset *r, struct str type)
{
	bool found = counts(&r->checks, type);
	for (size_t i = 0; !found && i < r->grant_count; i++)
		found = counts(&r->grants[i].conditions, type);
	return found;
}
