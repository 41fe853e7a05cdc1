/* One decision in the making: what decide.c and lookup.c share. */
#ifndef VNEPP_POLICY_DECIDE_INT_H
#define VNEPP_POLICY_DECIDE_INT_H

#include "policy/policy_int.h"
#include "policy/condition_int.h"

struct finding {
	const struct check *check;
	const struct spec *spec;
};

struct findings {
	struct finding list[POLICY_REASONS_MAX];
	size_t count;
};

struct deciding {
	struct evaluation e;
	struct policy_decision *out;
	const struct zone *zone;
	const struct cover *cover;
	struct findings certain, missing;
	struct findings excepted; /* would be left to a person, who has approved */
	const struct policy_word *granted_reason;
	struct spec ask; /* what a missing fact means when its check does not say */
};

/* The day that the grant is counted from: of the name when it is renewed, today for a new one. */
static inline date_t grant_day(const struct deciding *x)
{
	return x->e.facts->op == POLICY_RENEW ? x->e.facts->grant_from : x->e.today;
}

/* Fills in everything that checks ask: facts as values, zone, grant, waiver, free years left, attribution. */
void lookup_all(struct deciding *x);
/* The decision's `key`. */
void lookup_key(const struct policy_facts *f, char out[POLICY_KEY_MAX]);
/* The waiver's entry for a grant, or NULL. */
const struct cover *lookup_cover(const struct policy_waiver *w, const struct policy_grant *g);

#endif
