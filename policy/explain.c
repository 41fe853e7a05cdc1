/* The decision once more, with everything that was asked on the way. */
#include "policy/explain_int.h"

static void add_step(struct explanation *e, const struct check *c, bool condition)
{
	int unsure = 0;
	struct step *s = &e->steps[e->step_count];
	enum applies applies = condition_applies(&e->x.e, c, &unsure);
	if (applies == APPLIES_NO)
		return;
	struct answered a = condition_test(&e->x.e, &c->test);
	*s = (struct step){.check = c, .condition = condition, .until = a.until, .missing = a.missing};
	s->result = a.answer == ANSWER_PASS ? STEP_PASS : a.answer == ANSWER_FAIL ? STEP_FAIL : STEP_MISSING;
	if (applies == APPLIES_UNSURE && s->result != STEP_PASS) {
		s->result = STEP_UNSURE;
		s->missing = e->x.e.rules->fact_names[unsure];
	}
	e->step_count++;
}

static void add_steps(struct explanation *e)
{
	const struct policy_ruleset *r = e->x.e.rules;
	const struct policy_grant *g = e->decision.grant;
	size_t conditions = g && e->x.e.facts->op == POLICY_CREATE ? g->conditions.count : 0;
	e->steps = arena_calloc(&e->arena, r->checks.count + conditions, sizeof *e->steps);
	for (size_t i = 0; i < r->checks.count; i++)
		add_step(e, &r->checks.list[i], false);
	for (size_t i = 0; i < conditions; i++)
		add_step(e, &g->conditions.list[i], true);
}

/* What policy_decide() has found is found again, for its parts to be shown. */
static void begin(struct explanation *e, const struct policy_ruleset *r, const struct policy_facts *f)
{
	struct policy_decision found = {.outcome = POLICY_REVIEW};
	*e = (struct explanation){.x = {.e = {.rules = r, .facts = f}, .out = &found}};
	arena_init(&e->arena);
	policy_decide(r, f, &e->decision);
	e->x.e.today = e->decision.decided_on;
	lookup_all(&e->x);
	e->x.out = &e->decision;
	add_steps(e);
}

void policy_explain(const struct policy_ruleset *r, const struct policy_facts *f, enum policy_form form,
                    struct buf *out)
{
	struct explanation e;
	begin(&e, r, f);
	explain_changes(&e);
	if (form == POLICY_JSON)
		explain_print_json(&e, out);
	else
		explain_print_text(&e, out);
	arena_fini(&e.arena);
}

void policy_explain_applicant(const struct policy_ruleset *r, const struct policy_facts *f,
                              enum policy_lang lang, struct buf *out)
{
	struct explanation e;
	begin(&e, r, f);
	explain_print_applicant(&e, lang, out);
	arena_fini(&e.arena);
}
