/* The sections that decide: checks, grants with their conditions, and the engine's own verdicts. */
#include "policy/load_int.h"

/* ---- tests: the one entry of `require` ---- */

static void load_bound(struct loader *l, struct yaml_node *map, const char *key, struct bound *out)
{
	struct yaml_node *n = yaml_get(map, key);
	if (!n)
		return;
	out->given = true;
	if (n->kind != YAML_MAP) {
		(void)yaml_i64(l->d, map, key, YAML_REQUIRED, -LOAD_NUMBER_MAX, LOAD_NUMBER_MAX,
		               &out->literal); /* told */
		return;
	}
	struct law_value *v = load_ref(l, n, "value", TABLE_VALUES);
	if (v)
		v->used = true;
	out->value = v;
	yaml_reject_unseen(l->d, n);
}

/* A date bound is a date or the word "decision". */
static void load_date_bounds(struct loader *l, struct yaml_node *n, struct test *t)
{
	struct yaml_node *to = yaml_get(n, "to");
	if (to && to->kind == YAML_SCALAR && str_eq_c(to->text, "decision")) {
		t->to_decision = true;
		t->window = (struct window){DATE_NONE, DATE_NONE};
		return;
	}
	load_window(l, n, &t->window);
}

static void load_fact_test(struct loader *l, struct yaml_node *n, struct test *t)
{
	bool present = false;
	t->window = (struct window){DATE_NONE, DATE_NONE};
	int fact = load_fact(l, n, "fact");
	if (fact < 0) {
		for (struct yaml_node *e = n->child; e; e = e->next)
			e->seen = true; /* what may stand there depends on the fact */
		return;
	}
	t->fact = fact;
	t->type = l->r->facts[fact].type;
	size_t errors = l->d->errors;
	if (t->type == FACT_TEXT) {
		load_texts(l, n, "in", false, &t->in);
		load_fact_words(l, yaml_get(n, "in"), fact);
		load_fact_words(l, yaml_get(n, "not_in"), fact);
		if (t->in.count == 0) {
			load_texts(l, n, "not_in", false, &t->in);
			t->negate = t->in.count > 0;
		}
	} else if (t->type == FACT_NUMBER) {
		load_bound(l, n, "min", &t->min);
		load_bound(l, n, "max", &t->max);
	} else {
		load_date_bounds(l, n, t);
	}
	(void)yaml_bool(l->d, n, "present", YAML_OPTIONAL, &present); /* told when wrong */
	bool bounded = t->in.count || t->min.given || t->max.given || t->to_decision ||
	               t->window.from != DATE_NONE || t->window.to != DATE_NONE;
	if (!bounded && !present && l->d->errors == errors)
		yaml_shape_error(l->d, n, "says nothing about %s", l->r->fact_names[fact]);
}

static void load_age_test(struct loader *l, struct yaml_node *n, struct test *t)
{
	static const char *const modes[] = {"completed_years", "until_birthday", NULL};
	static const char *const starts[] = {"birthday", "day_after", NULL};
	static const char *const feb29[] = {"mar1", "feb28", NULL};
	int64_t at_least = -1, at_most = -1;
	(void)yaml_i64(l->d, n, "at_least", YAML_OPTIONAL, 0, 150, &at_least); /* told when wrong */
	(void)yaml_i64(l->d, n, "at_most", YAML_OPTIONAL, 0, 150, &at_most);
	if ((at_least < 0) == (at_most < 0))
		yaml_shape_error(l->d, n, "an age test has either 'at_least' or 'at_most'");
	t->at_least = (int)at_least;
	t->at_most = (int)at_most;
	load_choice(l, n, "start", starts, at_least >= 0, &t->start);
	load_choice(l, n, "mode", modes, at_most >= 0, &t->mode);
	load_choice(l, n, "feb29", feb29, true, &t->feb29);
}

static void load_within_test(struct loader *l, struct yaml_node *n, struct test *t)
{
	static const char *const boundaries[] = {"end_of_anniversary", "before_anniversary", NULL};
	static const char *const weekends[] = {"not_applied", "applied", NULL};
	int64_t years = 1;
	int fact = load_fact(l, n, "of");
	if (fact >= 0 && l->r->facts[fact].type != FACT_DATE)
		yaml_error(l->d, yaml_get(n, "of"), "%s is not a date", l->r->fact_names[fact]);
	t->fact = fact >= 0 ? fact : 0;
	(void)yaml_i64(l->d, n, "years", YAML_REQUIRED, 1, 100, &years); /* told when wrong */
	t->years = (int)years;
	load_choice(l, n, "boundary", boundaries, true, &t->boundary);
	load_choice(l, n, "weekend", weekends, true, &t->weekend);
}

static void load_evidence_test(struct loader *l, struct yaml_node *n, struct test *t)
{
	load_texts(l, n, "any_of", true, &t->in);
	load_texts(l, n, "complete", false, &t->complete);
}

static void load_aspect(struct loader *l, struct yaml_node *require, const char *key,
                        const char *const *names, struct test *t)
{
	(void)yaml_enum(l->d, require, key, YAML_REQUIRED, names, &t->aspect); /* told when wrong */
}

static void load_named_test(struct loader *l, struct yaml_node *require, enum test_kind kind, struct test *t)
{
	static const char *const names[] = {"",         "age",
	                                    "within",   "citizen_id",
	                                    "tax_code", "household_number",
	                                    "evidence", "no_contradiction"};
	static const char *const citizen[] = {"not_legacy", "shape",  "place", "century",
	                                      "year",       "gender", NULL};
	static const char *const tax[] = {"valid", "independent", NULL};
	static const char *const household[] = {"known_form", "tax_code", NULL};
	static const char *const yes[] = {"true", NULL};
	t->kind = kind;
	if (kind == TEST_CITIZEN_ID) {
		load_aspect(l, require, names[kind], citizen, t);
	} else if (kind == TEST_TAX_CODE) {
		load_aspect(l, require, names[kind], tax, t);
	} else if (kind == TEST_HOUSEHOLD_NUMBER) {
		load_aspect(l, require, names[kind], household, t);
	} else if (kind == TEST_NO_CONTRADICTION) {
		load_aspect(l, require, names[kind], yes, t);
	} else {
		struct yaml_node *n = yaml_need(l->d, require, names[kind], YAML_MAP);
		if (kind == TEST_AGE)
			load_age_test(l, n, t);
		else if (kind == TEST_WITHIN)
			load_within_test(l, n, t);
		else
			load_evidence_test(l, n, t);
		yaml_reject_unseen(l->d, n);
	}
}

static void load_test(struct loader *l, struct yaml_node *check, struct test *t)
{
	static const char *const kinds[] = {"fact",     "age",
	                                    "within",   "citizen_id",
	                                    "tax_code", "household_number",
	                                    "evidence", "no_contradiction"};
	struct yaml_node *require = yaml_need(l->d, check, "require", YAML_MAP);
	if (!require)
		return;
	size_t found = 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!yaml_get(require, kinds[i]) || found++ > 0)
			continue;
		if (i == TEST_FACT)
			load_fact_test(l, require, t);
		else
			load_named_test(l, require, (enum test_kind)i, t);
	}
	if (found > 1)
		yaml_shape_error(l->d, require, "one test only: write a check for each");
	else if (found == 0)
		yaml_shape_error(
		    l->d, require,
		    "no test: fact, age, within, citizen_id, tax_code, household_number, evidence or "
		    "no_contradiction");
	yaml_reject_unseen(l->d, require);
}

/* ---- the rest of a check ---- */

static uint32_t load_ops(struct loader *l, struct yaml_node *list)
{
	uint32_t ops = 0;
	for (struct yaml_node *n = list->child; n; n = n->next) {
		int op;
		if (yaml_as_enum(l->d, n, policy_op_names, &op))
			ops |= 1u << op;
	}
	return ops;
}

static void load_match(struct loader *l, struct yaml_node *when, struct yaml_node *n, struct check *c)
{
	struct fact_info *info = map_get(&l->r->fact_by_id, n->key);
	if (!info) {
		struct yaml_node at = *when; /* its path, but the place of the key */
		at.pos = n->key_pos;
		n->seen = true;
		yaml_error(l->d, &at, "there is no fact '%.*s'", STR_ARG(n->key));
		yaml_suggest(l->d, n->key, l->r->fact_names);
		(void)yaml_as_kind(l->d, n, YAML_SEQ); /* its form is told whatever it means */
		return;
	}
	info->used = true;
	if (info->type != FACT_TEXT) {
		n->seen = true;
		yaml_shape_error(l->d, n,
		                 "only texts can be matched; test a number or a date with 'require'");
		return;
	}
	if (c->when_count == MATCH_MAX) {
		yaml_error(l->d, n, "more than %d facts in one 'when'", MATCH_MAX);
		return;
	}
	struct match *m = &c->when[c->when_count++];
	m->fact = (int)(info - l->r->facts);
	load_texts(l, when, l->r->fact_names[m->fact], true, &m->in);
	load_fact_words(l, n, m->fact);
}

static void load_when(struct loader *l, struct yaml_node *check, struct check *c)
{
	c->ops = c->kinds = UINT32_MAX;
	c->enabled = true;
	struct yaml_node *when = yaml_opt(l->d, check, "when", YAML_MAP);
	if (!when)
		return;
	struct yaml_node *ops = yaml_opt(l->d, when, "op", YAML_SEQ);
	struct yaml_node *kinds = yaml_opt(l->d, when, "kind", YAML_SEQ);
	if (ops)
		c->ops = load_ops(l, ops);
	if (kinds)
		c->kinds = load_kinds(l, kinds);
	c->enabled = load_switch_stands(l, yaml_opt(l->d, when, "switch", YAML_MAP));
	for (struct yaml_node *n = when->child; n; n = n->next)
		if (!n->seen)
			load_match(l, when, n, c);
	yaml_reject_unseen(l->d, when);
}

static void load_spec(struct loader *l, struct yaml_node *check, const char *key, bool required,
                      struct spec *s)
{
	static const char *const outcomes[] = {"no_grant", "review", "reject", "flag", NULL};
	static const enum policy_outcome values[] = {POLICY_NO_GRANT, POLICY_REVIEW, POLICY_REJECT,
	                                             POLICY_GRANT};
	struct yaml_node *n =
	    required ? yaml_need(l->d, check, key, YAML_MAP) : yaml_opt(l->d, check, key, YAML_MAP);
	int outcome = 0;
	if (!n)
		return;
	s->given = true;
	s->outcome = POLICY_REVIEW;
	if (yaml_enum(l->d, n, "outcome", YAML_REQUIRED, outcomes, &outcome))
		s->outcome = values[outcome];
	s->flag_only = s->outcome == POLICY_GRANT;
	if (!s->flag_only)
		s->reason = load_ref(l, n, "reason", TABLE_WORDS);
	struct yaml_node *flags = yaml_opt(l->d, n, "flags", YAML_SEQ);
	for (struct yaml_node *e = flags ? flags->child : NULL; e; e = e->next) {
		if (s->flag_count == SPEC_FLAGS_MAX)
			yaml_shape_error(l->d, e, "more than %d flags", SPEC_FLAGS_MAX);
		else
			s->flags[s->flag_count++] = load_find(l, e, TABLE_WORDS);
	}
	if (s->flag_only && s->flag_count == 0)
		yaml_shape_error(l->d, n, "outcome 'flag' needs 'flags'");
	yaml_reject_unseen(l->d, n);
}

/* The switch stands in the check's test, or its options could make no difference. */
static bool asks(const struct test *t, const struct law_switch *s)
{
	return t->start.by == s || t->mode.by == s || t->feb29.by == s || t->boundary.by == s ||
	       t->weekend.by == s;
}

static void load_contested(struct loader *l, struct yaml_node *check, struct check *c)
{
	struct yaml_node *list = yaml_opt(l->d, check, "contested", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		if (!yaml_as_kind(l->d, n, YAML_MAP))
			continue;
		if (c->contested_count == CONTESTED_MAX) {
			yaml_shape_error(l->d, n, "more than %d contested switches", CONTESTED_MAX);
			return;
		}
		struct contested *x = &c->contested[c->contested_count++];
		x->by = load_ref(l, n, "switch", TABLE_SWITCHES);
		x->flag = load_ref(l, n, "flag", TABLE_WORDS);
		if (yaml_get(n, "granted_reason"))
			x->granted_reason = load_ref(l, n, "granted_reason", TABLE_WORDS);
		load_cites(l, n, &x->cites);
		yaml_reject_unseen(l->d, n);
		if (x->by && !asks(&c->test, x->by))
			yaml_error(l->d, n, "the test does not ask the switch '%.*s'", STR_ARG(x->by->id));
	}
}

static void load_check(struct loader *l, struct yaml_node *n, struct check *c)
{
	struct str needs;
	c->node = n;
	c->id = load_id(l, n);
	load_when(l, n, c);
	load_test(l, n, &c->test);
	load_spec(l, n, "otherwise", true, &c->otherwise);
	load_spec(l, n, "missing", false, &c->missing);
	if (c->missing.given && c->missing.flag_only)
		yaml_shape_error(l->d, n, "a missing fact cannot be waved through with a flag");
	if (yaml_str(l->d, n, "needs", YAML_OPTIONAL, &needs))
		c->needs = needs.ptr;
	load_contested(l, n, c);
	load_cites(l, n, &c->cites);
	yaml_reject_unseen(l->d, n);
}

void load_checks(struct loader *l)
{
	const struct entries *s = &l->sections[SECTION_checks];
	struct checks *out = &l->r->checks;
	out->list = arena_calloc(l->a, s->count, sizeof *out->list);
	for (size_t i = 0; i < s->count; i++)
		load_check(l, s->nodes[i], &out->list[out->count++]);
	for (size_t i = 0; i < out->count; i++)
		for (size_t k = 0; k < i; k++)
			if (out->list[i].id.len && str_eq(out->list[i].id, out->list[k].id))
				yaml_error(l->d, out->list[i].node, "the id '%.*s' is taken",
				           STR_ARG(out->list[i].id));
}

/* ---- grants ---- */

static void load_authorities(struct loader *l, struct yaml_node *n, struct policy_grant *g)
{
	struct yaml_node *list = yaml_need(l->d, n, "authority", YAML_SEQ);
	g->authorities = arena_calloc(l->a, list ? list->count : 0, sizeof *g->authorities);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct authority *x = &g->authorities[g->authority_count++];
		x->node = e;
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		load_window(l, e, &x->window);
		load_cites(l, e, &x->cites);
		x->enabled = load_entry_stands(l, e);
		bool expected = load_expected(l, e, "authority of", g->id, x->window);
		yaml_reject_unseen(l->d, e);
		if (expected)
			g->authority_count--;
		else if (g->authority_count > 1)
			load_follows(l, e, x[-1].window, x->window);
	}
}

static void load_term(struct loader *l, struct yaml_node *n, struct policy_grant *g)
{
	struct yaml_node *term = yaml_need(l->d, n, "term", YAML_MAP);
	int64_t years = 1;
	(void)yaml_i64(l->d, term, "years", YAML_REQUIRED, 1, 100, &years); /* told when wrong */
	g->years = (int)years;
	if (term)
		load_cites(l, term, &g->term_cites);
	yaml_reject_unseen(l->d, term);
}

static void load_grant(struct loader *l, struct yaml_node *n)
{
	struct policy_grant *g = &l->r->grants[l->r->grant_count++];
	int kind = 0;
	g->node = n;
	g->id = load_id(l, n);
	if (yaml_str(l->d, n, "zone", YAML_REQUIRED, &g->zone) && !map_get(&l->r->zone_by_name, g->zone))
		yaml_error(l->d, yaml_get(n, "zone"), "there is no zone '%.*s'", STR_ARG(g->zone));
	if (yaml_enum(l->d, n, "subject", YAML_REQUIRED, policy_kind_names, &kind))
		g->kind = (enum policy_kind)kind;
	for (const struct policy_grant *o = l->r->grants; o != g; o++)
		if (o->kind == g->kind && str_eq(o->zone, g->zone))
			yaml_error(l->d, n, "grant '%.*s' is for the same zone and subject", STR_ARG(o->id));
	load_term(l, n, g);
	load_authorities(l, n, g);
	load_texts(l, n, "services", false, &g->services);
	struct yaml_node *list = yaml_need(l->d, n, "conditions", YAML_SEQ);
	g->conditions.list = arena_calloc(l->a, list ? list->count : 0, sizeof *g->conditions.list);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next)
		if (yaml_as_kind(l->d, e, YAML_MAP))
			load_check(l, e, &g->conditions.list[g->conditions.count++]);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_GRANTS, g->id, g, n);
}

void load_grants(struct loader *l)
{
	const struct entries *s = &l->sections[SECTION_grants];
	l->r->grants = arena_calloc(l->a, s->count, sizeof *l->r->grants);
	for (size_t i = 0; i < s->count; i++)
		load_grant(l, s->nodes[i]);
}

/* ---- verdicts ---- */

void load_verdicts(struct loader *l)
{
	static const char *const names[] = {
#define X(name) #name,
	    VERDICT_LIST(X)
#undef X
	};
	if (l->sections[SECTION_verdicts].count == 0) {
		diag_error(l->d, DIAG_NOWHERE, "no file has the section 'verdicts'");
		return;
	}
	struct yaml_node *map = l->sections[SECTION_verdicts].nodes[0];
	for (size_t i = 0; i < VERDICT__COUNT; i++) {
		struct yaml_node *n = yaml_need(l->d, map, names[i], YAML_MAP);
		if (!n)
			continue;
		l->r->verdicts[i].reason = load_ref(l, n, "reason", TABLE_WORDS);
		load_cites(l, n, &l->r->verdicts[i].cites);
		yaml_reject_unseen(l->d, n);
	}
	yaml_reject_unseen(l->d, map);
}
