/*
 * Checks against each other. Two tests can be compared when they ask one fact: the texts, numbers or days with which
 * each passes are then two sets, and one may hold the other or have nothing in common with it.
 */
#include "policy/lint_int.h"

/* A check where it runs: of all, or of one grant. */
struct rule {
	const struct check *c;
	const struct policy_grant *grant; /* NULL: a common check */
	uint32_t ops, kinds;
};

#define KINDS_ALL ((1u << POLICY_KIND__COUNT) - 1)
#define OPS_ALL   ((1u << POLICY_OP__COUNT) - 1)

static bool has(const struct text_list *list, struct str s)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->list[i], s))
			return true;
	return false;
}

static bool all_in(const struct text_list *list, const struct text_list *of)
{
	for (size_t i = 0; i < list->count; i++)
		if (!has(of, list->list[i]))
			return false;
	return true;
}

static bool none_in(const struct text_list *list, const struct text_list *of)
{
	for (size_t i = 0; i < list->count; i++)
		if (has(of, list->list[i]))
			return false;
	return true;
}

/* ---- what two rules apply to ---- */

static const struct text_list *asked(const struct check *c, int fact)
{
	for (size_t i = 0; i < c->when_count; i++)
		if (c->when[i].fact == fact)
			return &c->when[i].in;
	return NULL;
}

/* Wherever `b` applies, `a` does. */
static bool covers(const struct rule *a, const struct rule *b)
{
	if ((b->ops & ~a->ops) || (b->kinds & ~a->kinds))
		return false;
	for (size_t i = 0; i < a->c->when_count; i++) {
		const struct text_list *other = asked(b->c, a->c->when[i].fact);
		bool implied = b->grant && (a->c->when[i].fact == FACT_grant_fits ||
		                            a->c->when[i].fact == FACT_zone_has_grant ||
		                            a->c->when[i].fact == FACT_zone_known);
		if (implied && has(&a->c->when[i].in, STR("true")))
			continue; /* the conditions of a grant are asked where it fits */
		if (!other || !all_in(other, &a->c->when[i].in))
			return false;
	}
	return true;
}

/* No application meets both. */
static bool apart(const struct rule *a, const struct rule *b)
{
	if (!(a->ops & b->ops) || !(a->kinds & b->kinds))
		return true;
	for (size_t i = 0; i < a->c->when_count; i++) {
		const struct text_list *other = asked(b->c, a->c->when[i].fact);
		if (other && none_in(other, &a->c->when[i].in))
			return true;
	}
	return false;
}

/* ---- with what two tests pass ---- */

struct range {
	int64_t from, to;
};

static bool range_of(const struct test *t, struct range *out)
{
	*out = (struct range){INT64_MIN, INT64_MAX};
	if (t->type == FACT_DATE) {
		if (t->window.from != DATE_NONE)
			out->from = t->window.from;
		if (t->window.to != DATE_NONE)
			out->to = t->window.to;
		return !t->to_decision;
	}
	if (t->min.given)
		out->from = t->min.literal;
	if (t->max.given)
		out->to = t->max.literal;
	return !t->min.value && !t->max.value;
}

enum relation { UNRELATED, SAME, NARROWER, WIDER, DISJOINT };

static enum relation compare_ranges(struct range a, struct range b)
{
	if (a.from == b.from && a.to == b.to)
		return SAME;
	if (a.from > b.to || b.from > a.to)
		return DISJOINT;
	if (a.from >= b.from && a.to <= b.to)
		return NARROWER;
	return a.from <= b.from && a.to >= b.to ? WIDER : UNRELATED;
}

/* Texts: `in` lists against each other; `not_in` against either. */
static enum relation compare_texts(const struct test *a, const struct test *b)
{
	bool ab = all_in(&a->in, &b->in), ba = all_in(&b->in, &a->in);
	if (a->in.count == 0 || b->in.count == 0)
		return a->in.count == b->in.count ? SAME : UNRELATED;
	if (!a->negate && !b->negate)
		return ab && ba                  ? SAME
		       : ab                      ? NARROWER
		       : ba                      ? WIDER
		       : none_in(&a->in, &b->in) ? DISJOINT
		                                 : UNRELATED;
	if (a->negate && b->negate)
		return ab && ba ? SAME : ab ? WIDER : ba ? NARROWER : UNRELATED;
	if (a->negate)
		return ba ? DISJOINT : none_in(&b->in, &a->in) ? WIDER : UNRELATED;
	return ab ? DISJOINT : none_in(&a->in, &b->in) ? NARROWER : UNRELATED;
}

/* How the set with which `a` passes stands to that of `b`. */
static enum relation compare(const struct test *a, const struct test *b)
{
	struct range x, y;
	if (a->kind != b->kind)
		return UNRELATED;
	switch (a->kind) {
	case TEST_CITIZEN_ID:
	case TEST_TAX_CODE:
	case TEST_HOUSEHOLD_NUMBER: return a->aspect == b->aspect ? SAME : UNRELATED;
	case TEST_NO_CONTRADICTION: return SAME;
	case TEST_FACT: break;
	default: return UNRELATED;
	}
	if (a->fact != b->fact)
		return UNRELATED;
	if (a->type == FACT_TEXT)
		return compare_texts(a, b);
	return range_of(a, &x) && range_of(b, &y) ? compare_ranges(x, y) : UNRELATED;
}

static bool same_result(const struct spec *a, const struct spec *b)
{
	return a->outcome == b->outcome && a->flag_only == b->flag_only;
}

/* `a` stands before `b`. */
static void lint_pair(const struct rule *a, const struct rule *b, struct diag *d)
{
	struct str x = a->c->id, y = b->c->id;
	struct diag_pos at = lint_place(b->c->node, "id");
	if (!a->c->enabled || !b->c->enabled || a->c->otherwise.flag_only || b->c->otherwise.flag_only ||
	    apart(a, b))
		return;
	enum relation rel = compare(&a->c->test, &b->c->test);
	if (rel == DISJOINT) {
		diag_warning(d, at, "'%.*s' conflicts with '%.*s': nothing can pass both", STR_ARG(y),
		             STR_ARG(x));
		diag_help(d, "narrow one of them with 'when', or change what it requires");
	} else if (rel == SAME && covers(a, b) && !same_result(&a->c->otherwise, &b->c->otherwise)) {
		diag_warning(
		    d, at,
		    "'%.*s' conflicts with '%.*s', which requires the same, stands before it and decides",
		    STR_ARG(y), STR_ARG(x));
		diag_help(d, "remove one of the two, or let them apply to different cases");
	} else if ((rel == SAME || rel == NARROWER) && covers(a, b)) {
		diag_warning(d, at,
		             "'%.*s' never decides: '%.*s' fails whenever it does, and stands before it",
		             STR_ARG(y), STR_ARG(x));
		diag_help(d, "remove it, or move it before '%.*s'", STR_ARG(x));
	}
}

/* ---- names that a rule writes ---- */

static bool is_grant(const struct policy_ruleset *r, struct str id)
{
	for (size_t i = 0; i < r->grant_count; i++)
		if (str_eq(r->grants[i].id, id))
			return true;
	return false;
}

static bool is_plan(const struct policy_ruleset *r, struct str id)
{
	for (size_t i = 0; i < r->plan_count; i++)
		if (str_eq(r->plans[i].id, id))
			return true;
	return str_eq_c(id, "none");
}

static bool is_province(const struct policy_ruleset *r, struct str code)
{
	for (size_t i = 0; i < r->province_list_count; i++)
		if (has(&r->province_lists[i].codes, code))
			return true;
	return false;
}

static bool is_known(const struct policy_ruleset *r, int fact, struct str name)
{
	switch (fact) {
	case FACT_zone: return map_get(&r->zone_by_name, name) != NULL;
	case FACT_grant: return is_grant(r, name);
	case FACT_plan: return is_plan(r, name);
	case FACT_province: return is_province(r, name);
	default: return true;
	}
}

static void lint_names(const struct policy_ruleset *r, const struct check *c, int fact,
                       const struct text_list *names, const char *where, struct diag *d)
{
	for (size_t i = 0; i < names->count; i++) {
		if (is_known(r, fact, names->list[i]))
			continue;
		diag_warning(d, lint_place(c->node, where), "'%.*s' asks for a %s '%.*s', which there is not",
		             STR_ARG(c->id), r->fact_names[fact], STR_ARG(names->list[i]));
		diag_help(d, "write it as the other files do: nothing is ever that %s", r->fact_names[fact]);
	}
}

/* ---- one rule alone ---- */

/* The texts that the fact can have where the rule applies; none: not known. */
static const struct text_list *possible(const struct policy_ruleset *r, const struct check *c)
{
	const struct text_list *when = asked(c, c->test.fact);
	return when ? when : &r->facts[c->test.fact].words;
}

static bool cannot_fail(const struct policy_ruleset *r, const struct check *c)
{
	const struct test *t = &c->test;
	const struct fact_info *f = &r->facts[t->fact];
	struct range range;
	if (t->kind != TEST_FACT)
		return false;
	if (t->type == FACT_TEXT && t->in.count > 0) {
		const struct text_list *texts = possible(r, c);
		return texts->count > 0 && (t->negate ? none_in(texts, &t->in) : all_in(texts, &t->in));
	}
	return t->type == FACT_NUMBER && (t->min.given || t->max.given) && t->fact >= FACT__COUNT &&
	       range_of(t, &range) && range.from <= f->min && range.to >= f->max;
}

static bool is_always_known(const struct test *t)
{
	static const enum fact known[] = {FACT_op,          FACT_registration_exempt, FACT_name_idn,
	                                  FACT_name_listed, FACT_zone_has_grant,      FACT_waiver_status};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (t->kind == TEST_FACT && t->fact == (int)known[i])
			return true;
	return t->kind == TEST_NO_CONTRADICTION;
}

static void lint_sources(const struct rule *x, struct diag *d)
{
	const struct check *c = x->c;
	bool refuses = c->otherwise.given && !c->otherwise.flag_only && c->otherwise.outcome != POLICY_REVIEW;
	if (c->cites.grounded || !refuses || !c->enabled)
		return;
	diag_warning(d, lint_place(c->node, "cite"),
	             "'%.*s' rests on unverified sources alone: what it refuses is held for review",
	             STR_ARG(c->id));
	diag_help(d, "cite a verified clause too, or accept the source in the site file");
}

static void lint_alone(const struct policy_ruleset *r, const struct rule *x, struct diag *d)
{
	const struct check *c = x->c;
	if (!x->ops || !x->kinds) {
		diag_warning(d, lint_place(c->node, "when"),
		             "'%.*s' can never fire: 'when' names an operation or kind that never comes here",
		             STR_ARG(c->id));
		diag_help(d, x->grant ? "conditions of a grant are asked when its subject creates a name"
		                      : "list at least one operation and kind");
	} else if (cannot_fail(r, c)) {
		diag_warning(d, lint_place(c->node, "require"),
		             "'%.*s' can never fire: its test passes with every value that can come",
		             STR_ARG(c->id));
		diag_help(d, "remove the check, or shorten its list");
	}
	if (c->test.kind == TEST_FACT && c->test.min.given && c->test.max.given && !c->test.min.value &&
	    !c->test.max.value && c->test.min.literal > c->test.max.literal) {
		diag_warning(d, lint_place(c->node, "require"), "'%.*s' can never pass: min is above max",
		             STR_ARG(c->id));
		diag_help(d, "exchange the two");
	}
	if (c->missing.given && is_always_known(&c->test)) {
		diag_warning(d, lint_place(c->node, "missing"), "'%.*s': its fact is never missing",
		             STR_ARG(c->id));
		diag_help(d, "remove 'missing'");
	}
	for (size_t i = 0; i < c->when_count; i++)
		lint_names(r, c, c->when[i].fact, &c->when[i].in, "when", d);
	if (c->test.kind == TEST_FACT && c->test.type == FACT_TEXT)
		lint_names(r, c, c->test.fact, &c->test.in, "require", d);
	lint_sources(x, d);
}

/* ---- all ---- */

static struct rule common_rule(const struct check *c)
{
	return (struct rule){c, NULL, c->ops & OPS_ALL, c->kinds & KINDS_ALL};
}

static struct rule grant_rule(const struct policy_grant *g, const struct check *c)
{
	return (struct rule){c, g, c->ops & 1u << POLICY_CREATE, c->kinds & 1u << g->kind};
}

static void lint_ages(const struct policy_grant *g, struct diag *d)
{
	int at_least = -1;
	for (size_t i = 0; i < g->conditions.count; i++)
		if (g->conditions.list[i].test.kind == TEST_AGE && g->conditions.list[i].test.at_least >= 0)
			at_least = g->conditions.list[i].test.at_least;
	for (size_t i = 0; i < g->conditions.count; i++) {
		const struct check *c = &g->conditions.list[i];
		if (c->test.kind != TEST_AGE || c->test.at_most < 0 || c->test.at_most >= at_least)
			continue;
		diag_warning(d, lint_place(c->node, "require"),
		             "'%.*s': nobody is at least %d and at most %d", STR_ARG(c->id), at_least,
		             c->test.at_most);
		diag_help(d, "exchange the two ages");
	}
}

static void lint_grant(const struct policy_ruleset *r, const struct policy_grant *g, struct diag *d)
{
	for (size_t i = 0; i < g->conditions.count; i++) {
		struct rule b = grant_rule(g, &g->conditions.list[i]);
		lint_alone(r, &b, d);
		for (size_t k = 0; k < r->checks.count; k++) {
			struct rule a = common_rule(&r->checks.list[k]);
			lint_pair(&a, &b, d);
		}
		for (size_t k = 0; k < i; k++) {
			struct rule a = grant_rule(g, &g->conditions.list[k]);
			lint_pair(&a, &b, d);
		}
	}
	lint_ages(g, d);
}

void lint_checks(const struct policy_ruleset *r, struct diag *d)
{
	for (size_t i = 0; i < r->checks.count; i++) {
		struct rule b = common_rule(&r->checks.list[i]);
		lint_alone(r, &b, d);
		for (size_t k = 0; k < i; k++) {
			struct rule a = common_rule(&r->checks.list[k]);
			lint_pair(&a, &b, d);
		}
	}
	for (size_t i = 0; i < r->grant_count; i++)
		lint_grant(r, &r->grants[i], d);
}
