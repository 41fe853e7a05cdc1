/* Targets, read out of the rule set. */
#include "policy/targets.h"
#include "epp/base/check.h"
#include "policy/policy_int.h"

static const struct target none = {.count = -1, .percent = -1};

static size_t entries(size_t targets)
{
	return targets ? targets : 1;
}

/* A plan that a switch takes out has none. */
static size_t plan_entries(const struct policy_plan *p)
{
	return p->enabled ? entries(p->target_count) : 0;
}

size_t policy_target_count(const struct policy_ruleset *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->programme_count; i++)
		n += entries(r->programmes[i].target_count);
	for (size_t i = 0; i < r->plan_count; i++)
		n += plan_entries(&r->plans[i]);
	return n;
}

static void fill(struct policy_target *out, struct str id, const struct policy_source *source,
                 struct window window, const struct target *t)
{
	*out = (struct policy_target){.id = id,
	                              .document = source->document,
	                              .title = source->title,
	                              .verified = source->verified,
	                              .zone = t->zone,
	                              .from = window.from,
	                              .to = window.to,
	                              .count = t->count,
	                              .percent = t->percent};
}

void policy_target_at(const struct policy_ruleset *r, size_t i, struct policy_target *out)
{
	bool granted_only = r->readings[READING_targets].value != 0;
	for (size_t k = 0; k < r->programme_count; k++) {
		const struct policy_programme *p = &r->programmes[k];
		if (i < entries(p->target_count)) {
			fill(out, p->id, p->source, p->window, p->target_count ? &p->targets[i] : &none);
			out->granted_only = granted_only;
			return;
		}
		i -= entries(p->target_count);
	}
	for (size_t k = 0; k < r->plan_count; k++) {
		const struct policy_plan *p = &r->plans[k];
		if (i < plan_entries(p)) {
			fill(out, p->id, p->source, p->window, p->target_count ? &p->targets[i] : &none);
			out->province = p->province;
			out->list = p->list;
			out->granted_only = granted_only;
			return;
		}
		i -= plan_entries(p);
	}
	check_abort("REQUIRE", "target index", __FILE__, __LINE__);
}
