/*
 * One walk over the rule set numbers everything that can be reached; recording a case and printing the report are both
 * such a walk. Rule sets of the same files walk alike, whatever their switches are.
 */
#include "policy/coverage.h"

#include "epp/base/alloc.h"
#include "policy/coverage_int.h"
#include "policy/decide_int.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE_IN = 1, SIDE_OUT = 2, SIDE_MISSING = 4 };

struct coverage {
	const struct policy_ruleset *rules; /* borrowed */
	uint8_t *rule_sides, *edge_sides;   /* owned; SIDE_ bits: passed and failed; inside and outside */
	size_t rule_count, edge_count;
	bool *clauses; /* owned; by index */
};

/* A walk: a case that is recorded, or the report. */
struct walk {
	struct coverage *c;
	const struct policy_ruleset *r;
	struct deciding *x; /* NULL: counting or printing */
	struct buf *out;    /* NULL: counting or recording */
	enum policy_form form;
	size_t rule, edge, missed;
	struct coverage_counts *counts;
};

/* ---- the report's lines ---- */

static void miss(struct walk *w, const char *kind, const struct yaml_node *at, struct str id,
                 const char *what)
{
	if (w->form == POLICY_JSON) {
		buf_printf(w->out, "%s{\"kind\":\"%s\",\"id\":", w->missed ? "," : "", kind);
		buf_json(w->out, id);
		buf_printf(w->out, ",\"missing\":\"%s\",\"file\":", what);
		buf_json(w->out, str_c(at ? at->pos.source->name : ""));
		buf_printf(w->out, ",\"line\":%d}", at ? at->pos.line : 0);
	} else if (at) {
		buf_printf(w->out, "%s:%d: not reached: %s %.*s: %s\n", at->pos.source->name, at->pos.line,
		           kind, STR_ARG(id), what);
	} else {
		buf_printf(w->out, "not reached: %s %.*s: %s\n", kind, STR_ARG(id), what);
	}
	w->missed++;
}

/* ---- clauses ---- */

static void mark(struct walk *w, const struct cites *c)
{
	for (size_t i = 0; i < c->count; i++)
		w->c->clauses[c->list[i] - w->r->clauses] = true;
}

/* ---- boundaries ---- */

/* The next boundary: inside is the last value that is in, outside the first that is out. */
static void edge(struct walk *w, const struct yaml_node *at, struct str id, const char *what, bool inside,
                 bool outside)
{
	size_t n = w->edge++;
	if (w->x) {
		w->c->edge_sides[n] |= (uint8_t)((inside ? SIDE_IN : 0) | (outside ? SIDE_OUT : 0));
		return;
	}
	if (!w->out)
		return;
	char text[120];
	bool in = w->c->edge_sides[n] & SIDE_IN, out = w->c->edge_sides[n] & SIDE_OUT;
	w->counts->boundaries++;
	w->counts->boundaries_reached += in && out;
	if (in && out)
		return;
	snprintf(text, sizeof text, "%s, %s", what,
	         in    ? "just outside"
	         : out ? "just inside"
	               : "on either side");
	miss(w, "boundary", at, id, text);
}

/* Both ends of a window, asked about on day `on` (when `asked`). */
static void window_edges(struct walk *w, const struct yaml_node *at, struct str id, struct window win,
                         bool asked, date_t on)
{
	char what[64], day[DATE_TEXT_MAX];
	if (win.from != DATE_NONE) {
		snprintf(what, sizeof what, "from %s", date_format(day, win.from));
		edge(w, at, id, what, asked && on == win.from, asked && on == win.from - 1);
	}
	if (win.to != DATE_NONE) {
		snprintf(what, sizeof what, "to %s", date_format(day, win.to));
		edge(w, at, id, what, asked && on == win.to, asked && on == win.to + 1);
	}
}

static enum answer answer_on(const struct walk *w, const struct test *t, date_t day)
{
	struct evaluation e = w->x->e;
	e.today = day;
	return condition_test(&e, t).answer;
}

/* Tests that change their answer with the day: the first day that passes, the last one. */
static void moving_edges(struct walk *w, const struct check *c, bool asked, bool begins, bool ends)
{
	enum answer today = ANSWER_MISSING, before = ANSWER_MISSING, after = ANSWER_MISSING;
	if (asked && w->x->e.today != DATE_NONE) {
		today = answer_on(w, &c->test, w->x->e.today);
		before = answer_on(w, &c->test, w->x->e.today - 1);
		after = answer_on(w, &c->test, w->x->e.today + 1);
	}
	if (begins)
		edge(w, c->node, c->id, "first day", today == ANSWER_PASS && before != ANSWER_PASS,
		     today == ANSWER_FAIL && after == ANSWER_PASS);
	if (ends)
		edge(w, c->node, c->id, "last day", today == ANSWER_PASS && after == ANSWER_FAIL,
		     today == ANSWER_FAIL && before == ANSWER_PASS);
}

static void number_edge(struct walk *w, const struct check *c, const struct bound *b, bool asked, int step)
{
	int64_t limit = b->literal, n = 0;
	bool known = asked && w->x->e.values[c->test.fact].known;
	if (!b->given)
		return;
	for (size_t i = 0; b->value && w->x && i < b->value->count; i++)
		if (window_has(b->value->dated[i].window, w->x->e.today))
			limit = b->value->dated[i].value;
	if (known)
		n = w->x->e.values[c->test.fact].number;
	edge(w, c->node, c->id, step < 0 ? "minimum" : "maximum", known && n == limit,
	     known && n == limit + step);
}

static void fact_edges(struct walk *w, const struct check *c, bool asked)
{
	const struct test *t = &c->test;
	bool known = asked && w->x->e.values[t->fact].known;
	date_t day = known ? (date_t)w->x->e.values[t->fact].number : DATE_NONE;
	if (t->type == FACT_NUMBER) {
		number_edge(w, c, &t->min, asked, -1);
		number_edge(w, c, &t->max, asked, 1);
	} else if (t->type == FACT_DATE && t->to_decision) {
		edge(w, c->node, c->id, "day of the decision", known && day == w->x->e.today,
		     known && day == w->x->e.today + 1);
	} else if (t->type == FACT_DATE) {
		window_edges(w, c->node, c->id, t->window, known, day);
	}
}

/* ---- rules ---- */

static void value_edges(struct walk *w, const struct bound *b)
{
	for (size_t i = 0; w->x && b->value && i < b->value->count; i++)
		if (window_has(b->value->dated[i].window, w->x->e.today))
			mark(w, &b->value->dated[i].cites);
}

/* Nothing but that the fact is given: what would fail is what is missing. */
static bool is_presence(const struct test *t)
{
	return t->kind == TEST_FACT && t->in.count == 0 && !t->min.given && !t->max.given &&
	       !t->to_decision && t->window.from == DATE_NONE && t->window.to == DATE_NONE;
}

static void record_rule(struct walk *w, const struct check *c, bool asked)
{
	uint8_t *sides = &w->c->rule_sides[w->rule];
	if (!asked)
		return;
	switch (condition_test(&w->x->e, &c->test).answer) {
	case ANSWER_PASS: *sides |= SIDE_IN; break;
	case ANSWER_FAIL: *sides |= SIDE_OUT; break;
	case ANSWER_MISSING: *sides |= SIDE_MISSING; break;
	}
	if ((*sides & SIDE_MISSING) && is_presence(&c->test))
		*sides |= SIDE_OUT;
	if ((*sides & SIDE_IN) && (*sides & SIDE_OUT))
		mark(w, &c->cites);
	if (c->test.kind == TEST_CITIZEN_ID && c->test.aspect == CITIZEN_PLACE)
		mark(w, &w->r->place_cites);
	value_edges(w, &c->test.min);
	value_edges(w, &c->test.max);
}

static void report_rule(struct walk *w, const struct check *c)
{
	uint8_t sides = w->c->rule_sides[w->rule];
	bool missing = !c->missing.given || (sides & SIDE_MISSING);
	bool all = (sides & SIDE_IN) && (sides & SIDE_OUT) && missing;
	w->counts->rules++;
	w->counts->rules_reached += all;
	if (!(sides & SIDE_IN))
		miss(w, "rule", c->node, c->id, "passing");
	if (!(sides & SIDE_OUT))
		miss(w, "rule", c->node, c->id, "failing");
	if (!missing)
		miss(w, "rule", c->node, c->id, "its fact missing");
}

static void walk_rule(struct walk *w, const struct check *c, bool here)
{
	int unsure;
	bool asked = w->x && here && condition_applies(&w->x->e, c, &unsure) == APPLIES;
	if (w->x)
		record_rule(w, c, asked);
	else if (w->out)
		report_rule(w, c);
	w->rule++;
	if (c->test.kind == TEST_FACT)
		fact_edges(w, c, asked);
	else if (c->test.kind == TEST_AGE)
		moving_edges(w, c, asked, c->test.at_least >= 0, c->test.at_most >= 0);
	else if (c->test.kind == TEST_WITHIN)
		moving_edges(w, c, asked, false, true);
}

/* ---- what is dated ---- */

static void walk_flags(struct walk *w, const struct dated_flags *f, bool asked, date_t on)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct dated_flag *x = &f->list[i];
		window_edges(w, x->node, x->flag ? x->flag->id : STR_NONE, x->window, asked, on);
		if (asked && window_has(x->window, on))
			mark(w, &x->cites);
	}
}

static void walk_grant(struct walk *w, const struct policy_grant *g)
{
	bool here = w->x && w->x->out->grant == g;
	date_t on = here ? grant_day(w->x) : DATE_NONE;
	for (size_t i = 0; i < g->conditions.count; i++)
		walk_rule(w, &g->conditions.list[i], here && w->x->e.facts->op == POLICY_CREATE);
	for (size_t i = 0; i < g->authority_count; i++) {
		window_edges(w, g->authorities[i].node, g->id, g->authorities[i].window, here, on);
		if (here && window_has(g->authorities[i].window, on))
			mark(w, &g->authorities[i].cites);
	}
	if (here)
		mark(w, &g->term_cites);
}

static void walk_waiver(struct walk *w, const struct policy_waiver *x)
{
	const struct cover *cover = w->x && w->x->out->grant ? lookup_cover(x, w->x->out->grant) : NULL;
	date_t on = cover ? grant_day(w->x) : DATE_NONE;
	window_edges(w, x->node, x->id, x->window, cover != NULL, on);
	walk_flags(w, &x->flags, cover != NULL, on);
	if (cover && w->x->out->waiver == x)
		mark(w, &cover->cites);
}

static bool is_asked(const struct walk *w, const struct law_value *v)
{
	int unsure;
	for (size_t i = 0; w->x && i < w->r->checks.count; i++) {
		const struct check *c = &w->r->checks.list[i];
		if ((c->test.min.value == v || c->test.max.value == v) &&
		    condition_applies(&w->x->e, c, &unsure) == APPLIES && w->x->e.values[c->test.fact].known)
			return true;
	}
	const struct policy_grant *g = w->x ? w->x->out->grant : NULL;
	for (size_t i = 0; g && i < g->conditions.count; i++)
		if (g->conditions.list[i].test.min.value == v || g->conditions.list[i].test.max.value == v)
			return true;
	return false;
}

static void walk_tables(struct walk *w)
{
	const struct policy_ruleset *r = w->r;
	date_t today = w->x ? w->x->e.today : DATE_NONE;
	bool paid = w->x && w->x->zone &&
	            (w->x->out->outcome != POLICY_REVIEW && w->x->out->outcome != POLICY_REJECT);
	for (size_t i = 0; i < r->value_count; i++) {
		if (str_eq_c(r->values[i].id, POLICY_REVIEW_PERIOD))
			continue; /* of the queue, not of a decision */
		bool asked = is_asked(w, &r->values[i]);
		for (size_t k = 0; k < r->values[i].count; k++)
			window_edges(w, r->values[i].dated[k].node, r->values[i].id,
			             r->values[i].dated[k].window, asked, today);
	}
	for (size_t i = 0; i < r->fee_count; i++) {
		window_edges(w, r->fees[i].node, STR("fees"), r->fees[i].window, paid, today);
		if (paid && w->x->out->expected_vnd > 0 && window_has(r->fees[i].window, today))
			mark(w, &r->fees[i].cites);
	}
}

static bool is_of(const struct walk *w, struct str province, struct str list)
{
	const struct policy_facts *f = w->x ? w->x->e.facts : NULL;
	return f && ((str_eq(f->province, province) && str_eq(f->province_list, list)) ||
	             (str_eq_c(province, w->x->out->province) && str_eq_c(list, w->x->out->province_list)));
}

static void walk_attribution(struct walk *w)
{
	const struct policy_ruleset *r = w->r;
	const struct policy_decision *d = w->x ? w->x->out : NULL;
	date_t today = w->x ? w->x->e.today : DATE_NONE;
	for (size_t i = 0; i < r->programme_count; i++) {
		const struct policy_programme *p = &r->programmes[i];
		window_edges(w, p->node, p->id, p->window, d, today);
		walk_flags(w, &p->flags, d != NULL, today);
		if (d && d->programme == p)
			mark(w, &p->cites);
	}
	for (size_t i = 0; i < r->plan_count; i++) {
		const struct policy_plan *p = &r->plans[i];
		window_edges(w, p->node, p->id, p->window, is_of(w, p->province, p->list), today);
		walk_flags(w, &p->flags, is_of(w, p->province, p->list), today);
		if (d && d->plan == p)
			mark(w, &p->cites);
	}
	for (size_t i = 0; i < r->province_list_count; i++) {
		const struct province_list *p = &r->province_lists[i];
		bool asked = d && d->province[0];
		window_edges(w, p->node, p->id, p->window, asked, today);
		if (asked && str_eq_c(p->id, d->province_list))
			mark(w, &p->cites);
	}
	for (size_t i = 0; i < r->merge_count; i++)
		if (d && d->area_before[0] && str_eq_c(r->merges[i].to_list, d->province_list)) {
			mark(w, &r->merges[i].cites);
			for (size_t k = 0; k < r->province_list_count; k++)
				if (str_eq(r->province_lists[k].id, r->merges[i].from_list))
					mark(w, &r->province_lists[k].cites);
		}
}

static void walk_all(struct walk *w)
{
	const struct policy_ruleset *r = w->r;
	for (size_t i = 0; i < r->checks.count; i++)
		walk_rule(w, &r->checks.list[i], true);
	for (size_t i = 0; i < r->grant_count; i++)
		walk_grant(w, &r->grants[i]);
	for (size_t i = 0; i < r->waiver_count; i++)
		walk_waiver(w, &r->waivers[i]);
	walk_tables(w);
	walk_attribution(w);
}

/* ---- the module ---- */

struct coverage *coverage_new(const struct policy_ruleset *r)
{
	struct coverage *c = xcalloc(1, sizeof *c);
	struct walk w = {.c = c, .r = r};
	c->rules = r;
	walk_all(&w);
	c->rule_count = w.rule;
	c->edge_count = w.edge;
	c->rule_sides = xcalloc(w.rule + 1, 1);
	c->edge_sides = xcalloc(w.edge + 1, 1);
	c->clauses = xcalloc(r->clause_count + 1, sizeof *c->clauses);
	return c;
}

void coverage_free(struct coverage **pc)
{
	struct coverage *c = *pc;
	*pc = NULL;
	if (!c)
		return;
	free(c->rule_sides);
	free(c->edge_sides);
	free(c->clauses);
	free(c);
}

void coverage_add(struct coverage *c, const struct policy_ruleset *r, const struct policy_facts *f)
{
	struct policy_decision decision, found = {.outcome = POLICY_REVIEW};
	struct deciding x = {.e = {.rules = r, .facts = f}, .out = &found};
	struct walk w = {.c = c, .r = r, .x = &x};
	policy_decide(r, f, &decision);
	x.e.today = decision.decided_on;
	lookup_all(&x);
	x.out = &decision;
	walk_all(&w);
	for (size_t i = 0; i < decision.cite_count; i++)
		c->clauses[decision.cites[i].clause - r->clauses] = true;
	if (x.zone)
		mark(&w, &x.zone->cites);
}

/* ---- the report ---- */

static void report_clauses(struct walk *w)
{
	const struct policy_ruleset *r = w->r;
	bool *needed = xcalloc(r->clause_count + 1, sizeof *needed);
	coverage_need_clauses(r, needed);
	for (size_t i = 0; i < r->clause_count; i++) {
		if (!needed[i])
			continue;
		w->counts->clauses++;
		w->counts->clauses_reached += w->c->clauses[i];
		if (!w->c->clauses[i])
			miss(w, "clause", NULL, r->clauses[i].id, "by any case");
	}
	free(needed);
}

static void print_counts(const struct coverage_counts *n, enum policy_form form, struct buf *out)
{
	const struct {
		const char *name;
		size_t reached, all;
	} rows[] = {{"rules", n->rules_reached, n->rules},
	            {"clauses", n->clauses_reached, n->clauses},
	            {"boundaries", n->boundaries_reached, n->boundaries}};
	buf_add(out, form == POLICY_JSON ? STR("]") : STR("reached: "));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (form == POLICY_JSON)
			buf_printf(out, ",\"%s\":{\"reached\":%zu,\"all\":%zu}", rows[i].name,
			           rows[i].reached, rows[i].all);
		else
			buf_printf(out, "%s%zu of %zu %s (%zu %%)", i ? ", " : "", rows[i].reached,
			           rows[i].all, rows[i].name,
			           rows[i].all ? rows[i].reached * 100 / rows[i].all : 100);
	buf_add(out, form == POLICY_JSON ? STR("}\n") : STR("\n"));
}

bool coverage_print(struct coverage *c, enum policy_form form, struct buf *out,
                    struct coverage_counts *counts)
{
	struct walk w = {.c = c, .r = c->rules, .out = out, .form = form, .counts = counts};
	*counts = (struct coverage_counts){0};
	if (form == POLICY_JSON)
		buf_lit(out, "{\"not_reached\":[");
	walk_all(&w);
	report_clauses(&w);
	print_counts(counts, form, out);
	return w.missed == 0;
}
