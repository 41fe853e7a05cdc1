/* Which clauses cases must reach: those that something rests on which decides. */
#include "policy/coverage_int.h"

static void need(bool *needed, const struct policy_ruleset *r, const struct cites *c)
{
	for (size_t i = 0; i < c->count; i++)
		needed[c->list[i] - r->clauses] = true;
}

static void need_checks(bool *needed, const struct policy_ruleset *r, const struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		need(needed, r, &checks->list[i].cites);
		for (size_t k = 0; k < checks->list[i].contested_count; k++)
			need(needed, r, &checks->list[i].contested[k].cites);
	}
}

static void need_flags(bool *needed, const struct policy_ruleset *r, const struct dated_flags *f)
{
	for (size_t i = 0; i < f->count; i++)
		need(needed, r, &f->list[i].cites);
}

static void need_law(bool *needed, const struct policy_ruleset *r)
{
	for (size_t i = 0; i < r->grant_count; i++) {
		need_checks(needed, r, &r->grants[i].conditions);
		need(needed, r, &r->grants[i].term_cites);
		for (size_t k = 0; k < r->grants[i].authority_count; k++)
			need(needed, r, &r->grants[i].authorities[k].cites);
	}
	for (size_t i = 0; i < r->waiver_count; i++) {
		need_flags(needed, r, &r->waivers[i].flags);
		for (size_t k = 0; r->waivers[i].status == WAIVER_IN_FORCE && k < r->waivers[i].cover_count;
		     k++)
			need(needed, r, &r->waivers[i].covers[k].cites);
	}
	for (size_t i = 0; i < r->value_count; i++)
		for (size_t k = 0; k < r->values[i].count; k++)
			need(needed, r, &r->values[i].dated[k].cites);
	for (size_t i = 0; i < VERDICT__COUNT; i++)
		need(needed, r, &r->verdicts[i].cites);
}

static void need_tables(bool *needed, const struct policy_ruleset *r)
{
	struct str name;
	size_t at = 0;
	void *zone;
	for (size_t i = 0; i < r->fee_count; i++)
		need(needed, r, &r->fees[i].cites);
	for (size_t i = 0; i < r->programme_count; i++) {
		need(needed, r, &r->programmes[i].cites);
		need_flags(needed, r, &r->programmes[i].flags);
	}
	for (size_t i = 0; i < r->plan_count; i++) {
		need(needed, r, &r->plans[i].cites);
		need_flags(needed, r, &r->plans[i].flags);
	}
	for (size_t i = 0; i < r->province_list_count; i++)
		need(needed, r, &r->province_lists[i].cites);
	for (size_t i = 0; i < r->merge_count; i++)
		need(needed, r, &r->merges[i].cites);
	need(needed, r, &r->place_cites);
	while (map_next(&r->zone_by_name, &at, &name, &zone))
		need(needed, r, &((const struct zone *)zone)->cites);
}

void coverage_need_clauses(const struct policy_ruleset *r, bool *needed)
{
	need_checks(needed, r, &r->checks);
	need_law(needed, r);
	need_tables(needed, r);
}
