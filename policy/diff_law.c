/* What grants, waivers and verdicts say when no check does: two diagrams, of the law and of the years. */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

struct law {
	struct policy_diff *d;
	const size_t *dims;
	size_t count;
	bool years;
	struct point point;
};

static uint32_t conclusion_of(struct policy_diff *d, const struct conclusion *c)
{
	for (size_t i = 0; i < d->conclusion_count; i++)
		if (diff_key_eq(&d->conclusions[i].keys[0], &c->keys[0]) &&
		    diff_key_eq(&d->conclusions[i].keys[1], &c->keys[1]))
			return (uint32_t)i;
	if (d->conclusion_count == d->conclusion_cap) {
		d->conclusion_cap = d->conclusion_cap ? 2 * d->conclusion_cap : 16;
		d->conclusions = xrealloc(d->conclusions, d->conclusion_cap, sizeof *d->conclusions);
	}
	d->conclusions[d->conclusion_count] = *c;
	return (uint32_t)d->conclusion_count++;
}

static uint32_t years_of(struct policy_diff *d, const struct split_years *y)
{
	for (size_t i = 0; i < d->split_count; i++)
		if (memcmp(&d->splits[i], y, sizeof *y) == 0)
			return (uint32_t)i;
	if (d->split_count == d->split_cap) {
		d->split_cap = d->split_cap ? 2 * d->split_cap : 16;
		d->splits = xrealloc(d->splits, d->split_cap, sizeof *d->splits);
	}
	d->splits[d->split_count] = *y;
	return (uint32_t)d->split_count++;
}

/* For one year, and for a renewal with the whole term left. */
static uint32_t conclude(struct policy_diff *d, struct built *b)
{
	struct conclusion c;
	struct policy_decision p;
	b->facts.period = 1;
	b->facts.expires_on = b->facts.op == POLICY_RENEW ? b->facts.grant_from : DATE_NONE;
	for (size_t side = 0; side < SIDES; side++) {
		policy_decide(d->bare[side], &b->facts, &p);
		diff_key_of(d, &p, &c.keys[side]);
	}
	return conclusion_of(d, &c);
}

static uint32_t count_years(struct policy_diff *d, const struct built *b)
{
	struct split_years y;
	struct policy_decision out;
	struct deciding x;
	for (size_t side = 0; side < SIDES; side++) {
		int left = -1, period = b->facts.period;
		diff_look_up(d->space.rules[side], b, &out, &x);
		const struct fact_value *v = &x.e.values[FACT_free_years_left];
		if (b->facts.op == POLICY_RENEW)
			left = v->known ? (int)v->number : -1;
		else if (out.grant)
			left = out.grant->years;
		/* of more years than any term has, the charged ones are as many as asked for: not compared */
		bool known = left >= 0 && period > 0;
		y.free[side] = known ? (period < left ? period : left) : -1;
		y.charged[side] = known ? period - y.free[side] : -1;
	}
	return years_of(d, &y);
}

static bool may_have_grant(const struct policy_diff *d, const struct klass *k)
{
	for (size_t side = 0; side < SIDES; side++)
		for (size_t i = 0; i < d->space.rules[side]->grant_count; i++)
			if (diff_in_list(&k->members, d->space.rules[side]->grants[i].zone))
				return true;
	return false;
}

static uint32_t build(struct law *l, size_t k)
{
	struct policy_diff *d = l->d;
	if (k == l->count) {
		struct built b;
		if (!space_build(&d->space, &l->point, &b))
			return NODE_VOID;
		return NODE_LEAF | (l->years ? count_years(d, &b) : conclude(d, &b));
	}
	uint32_t children[CLASSES_MAX], barren = NODE_VOID;
	size_t dim = l->dims[k];
	const struct dim *m = &d->space.dims[dim];
	for (size_t i = 0; i < m->count; i++) {
		bool empty = dim == DIM_ZONE && !may_have_grant(d, &m->classes[i]);
		if (empty && barren != NODE_VOID) {
			children[i] = barren; /* as the other zones without a grant */
			continue;
		}
		l->point.at[dim] = (uint16_t)i;
		children[i] = build(l, k + 1);
		if (empty)
			barren = children[i];
	}
	l->point.at[dim] = CLASS_FREE;
	return diff_graph_node(d, dim, children);
}

static uint32_t build_both(struct policy_diff *d, bool years, const size_t *create, size_t create_count,
                           const size_t *renew, size_t renew_count)
{
	uint32_t children[POLICY_OP__COUNT];
	const struct dim *m = &d->space.dims[DIM_OP];
	struct law l = {.d = d, .years = years};
	for (size_t i = 0; i < DIMS_MAX; i++)
		l.point.at[i] = CLASS_FREE;
	for (size_t i = 0; i < m->count; i++) {
		bool renewal = str_eq_c(m->classes[i].text, "renew");
		l.dims = renewal ? renew : create;
		l.count = renewal ? renew_count : create_count;
		l.point.at[DIM_OP] = (uint16_t)i;
		children[i] = build(&l, 0);
	}
	return diff_graph_node(d, DIM_OP, children);
}

/* The diagram of where a leaf differs on the two sides. */
static uint32_t mark(struct policy_diff *d, uint32_t node, const bool *differs, uint32_t *known)
{
	if (node == NODE_VOID)
		return node;
	if (node & NODE_LEAF)
		return NODE_LEAF | (differs[node & ~NODE_LEAF] ? 1u : 0);
	if (known[node] != NODE_VOID)
		return known[node];
	uint32_t children[CLASSES_MAX];
	size_t dim = d->nodes[node].dim, first = d->nodes[node].first;
	for (size_t i = 0; i < d->space.dims[dim].count; i++)
		children[i] = mark(d, d->children[first + i], differs, known);
	known[node] = diff_graph_node(d, dim, children);
	return known[node];
}

static uint32_t mark_all(struct policy_diff *d, uint32_t root, const bool *differs)
{
	uint32_t *known = xcalloc(d->node_count + 1, sizeof *known);
	memset(known, 0xff, (d->node_count + 1) * sizeof *known);
	uint32_t out = mark(d, root, differs, known);
	free(known);
	return out;
}

void diff_make_law(struct policy_diff *d)
{
	static const size_t create[] = {DIM_KIND, DIM_ZONE, DIM_TODAY},
	                    create_years[] = {DIM_KIND, DIM_ZONE, DIM_PERIOD},
	                    renew[] = {DIM_KIND, DIM_ZONE, DIM_GRANT, DIM_GRANT_FROM},
	                    renew_years[] = {DIM_KIND,   DIM_ZONE, DIM_GRANT,
	                                     DIM_PERIOD, DIM_USED, DIM_RELATIVE};
	d->law = build_both(d, false, create, ARRAY_LEN(create), renew, ARRAY_LEN(renew));
	d->years =
	    build_both(d, true, create_years, ARRAY_LEN(create_years), renew_years, ARRAY_LEN(renew_years));
	bool *differs = xcalloc(d->conclusion_count + d->split_count + 1, sizeof *differs);
	for (size_t i = 0; i < d->conclusion_count; i++)
		differs[i] = !diff_key_eq(&d->conclusions[i].keys[0], &d->conclusions[i].keys[1]);
	d->law_differs = mark_all(d, d->law, differs);
	for (size_t i = 0; i < d->split_count; i++)
		differs[i] = d->splits[i].free[0] != d->splits[i].free[1] ||
		             d->splits[i].charged[0] != d->splits[i].charged[1];
	d->years_differ = mark_all(d, d->years, differs);
	free(differs);
}
