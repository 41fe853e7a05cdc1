/* The sections that say what the law is: sources, values, waivers, programmes, plans. */
#include "policy/load_int.h"

/* ---- words ---- */

/* What people are told stands in both languages. */
void load_tongues(struct loader *l, struct yaml_node *n, struct str *vi, struct str *en)
{
	bool both = yaml_str(l->d, n, "vi", YAML_REQUIRED, vi); /* told when missing */
	both = yaml_str(l->d, n, "en", YAML_REQUIRED, en) && both;
	if (both && (str_trim(*vi).len == 0 || str_trim(*en).len == 0))
		yaml_shape_error(l->d, n, "the Vietnamese or the English text is empty");
	else if (both && str_eq(*vi, *en))
		yaml_error(l->d, n, "the Vietnamese and the English text are the same");
}

static void read_word(struct loader *l, struct yaml_node *n, bool reason)
{
	struct policy_word *w = &l->r->words[l->r->word_count++];
	w->id = load_id(l, n);
	w->reason = reason;
	w->node = n;
	load_tongues(l, n, &w->vi, &w->en);
	static const char *const givers[] = {"rule", "gateway", NULL};
	int giver = 0;
	(void)yaml_enum(l->d, n, "given_by", YAML_OPTIONAL, givers, &giver); /* told when wrong */
	w->used = giver == 1;
	struct yaml_node *advice = yaml_opt(l->d, n, "advice", YAML_MAP);
	load_tongues(l, advice, &w->advice_vi, &w->advice_en);
	yaml_reject_unseen(l->d, advice);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_WORDS, w->id, w, n);
	if (w->id.len > 0)
		(void)map_put(&l->r->word_by_id, w->id, w); /* a second one was told */
}

void load_words(struct loader *l)
{
	const struct entries *reasons = &l->sections[SECTION_reasons], *flags = &l->sections[SECTION_flags];
	l->r->words = arena_calloc(l->a, reasons->count + flags->count, sizeof *l->r->words);
	for (size_t i = 0; i < reasons->count; i++)
		read_word(l, reasons->nodes[i], true);
	for (size_t i = 0; i < flags->count; i++)
		read_word(l, flags->nodes[i], false);
}

/* ---- sources and clauses ---- */

static void read_clause(struct loader *l, struct yaml_node *n, const struct policy_source *source)
{
	static const char *const kinds[] = {"enforce", "record", "report", NULL};
	struct policy_clause *c = &l->r->clauses[l->r->clause_count++];
	int kind = 0;
	c->source = source;
	c->id = load_id(l, n);
	(void)yaml_str(l->d, n, "section", YAML_REQUIRED, &c->section); /* told when missing */
	(void)yaml_str(l->d, n, "words", YAML_OPTIONAL, &c->words);
	if (yaml_enum(l->d, n, "kind", YAML_REQUIRED, kinds, &kind))
		c->kind = str_c(kinds[kind]);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_CLAUSES, c->id, c, n);
}

static size_t count_clauses(const struct loader *l)
{
	size_t count = 0;
	for (size_t i = 0; i < l->sections[SECTION_sources].count; i++) {
		struct yaml_node *list = yaml_get(l->sections[SECTION_sources].nodes[i], "clauses");
		count += list ? list->count : 0;
	}
	return count;
}

static void read_source(struct loader *l, struct yaml_node *n)
{
	struct policy_source *s = &l->r->sources[l->r->source_count++];
	date_t issued;
	s->id = load_id(l, n);
	(void)yaml_str(l->d, n, "document", YAML_REQUIRED, &s->document); /* told when missing */
	(void)yaml_str(l->d, n, "title", YAML_REQUIRED, &s->title);
	(void)yaml_str(l->d, n, "reading", YAML_REQUIRED, &s->reading);
	(void)yaml_date(l->d, n, "issued", YAML_OPTIONAL, &issued);
	bool told = yaml_bool(l->d, n, "verified", YAML_REQUIRED, &s->verified);
	if (!yaml_str(l->d, n, "reason", YAML_OPTIONAL, &s->reason) && told && !s->verified)
		yaml_shape_error(l->d, n, "an unverified source needs a 'reason'");
	struct yaml_node *list = yaml_need(l->d, n, "clauses", YAML_SEQ);
	for (struct yaml_node *c = list ? list->child : NULL; c; c = c->next)
		if (yaml_as_kind(l->d, c, YAML_MAP))
			read_clause(l, c, s);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_SOURCES, s->id, s, n);
}

void load_sources(struct loader *l)
{
	l->r->sources = load_new_list(l, SECTION_sources, sizeof *l->r->sources);
	l->r->clauses = arena_calloc(l->a, count_clauses(l), sizeof *l->r->clauses);
	load_each(l, SECTION_sources, read_source);
}

/* ---- dated values ---- */

static void read_value(struct loader *l, struct yaml_node *n)
{
	struct law_value *v = &l->r->values[l->r->value_count++];
	struct str unit;
	v->node = n;
	v->id = load_id(l, n);
	(void)yaml_str(l->d, n, "unit", YAML_REQUIRED, &unit); /* for people only */
	struct yaml_node *list = yaml_need(l->d, n, "dated", YAML_SEQ);
	v->dated = arena_calloc(l->a, list ? list->count : 0, sizeof *v->dated);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct dated_number *x = &v->dated[v->count++];
		x->node = e;
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		load_window(l, e, &x->window);
		(void)yaml_i64(l->d, e, "value", YAML_REQUIRED, 0, MONEY_MAX,
		               &x->value); /* told when wrong */
		load_cites(l, e, &x->cites);
		bool expected = load_expected(l, e, "value", v->id, x->window);
		yaml_reject_unseen(l->d, e);
		if (expected)
			v->count--;
		else if (v->count > 1)
			load_follows(l, e, x[-1].window, x->window);
	}
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_VALUES, v->id, v, n);
}

void load_values(struct loader *l)
{
	l->r->values = load_new_list(l, SECTION_values, sizeof *l->r->values);
	load_each(l, SECTION_values, read_value);
}

/* ---- waivers ---- */

static void read_covers(struct loader *l, struct yaml_node *n, struct policy_waiver *w)
{
	struct yaml_node *list = yaml_need(l->d, n, "covers", YAML_SEQ);
	w->covers = arena_calloc(l->a, list ? list->count : 0, sizeof *w->covers);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct cover *c = &w->covers[w->cover_count++];
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		c->grant = load_ref(l, e, "grant", TABLE_GRANTS);
		load_cites(l, e, &c->cites);
		yaml_reject_unseen(l->d, e);
	}
}

static void read_waiver(struct loader *l, struct yaml_node *n)
{
	static const char *const statuses[] = {"none", "in_force", "undecided", NULL};
	static const char *const levies[] = {"waived", "charged", NULL};
	struct choice status = {0};
	struct policy_waiver *w = &l->r->waivers[l->r->waiver_count++];
	w->node = n;
	w->id = load_id(l, n);
	w->source = load_ref(l, n, "source", TABLE_SOURCES);
	load_choice(l, n, "status", statuses, true, &status);
	w->status = (enum waiver_status)status.value;
	struct yaml_node *window = yaml_need(l->d, n, "register", YAML_MAP);
	load_window(l, window, &w->window);
	yaml_reject_unseen(l->d, window);
	load_choice(l, n, "levy", levies, true, &w->levy);
	load_dated_flags(l, n, &w->flags);
	read_covers(l, n, w);
	if (load_expected(l, n, "waiver", w->id, w->window))
		l->r->waiver_count--;
	yaml_reject_unseen(l->d, n);
}

void load_waivers(struct loader *l)
{
	l->r->waivers = load_new_list(l, SECTION_waivers, sizeof *l->r->waivers);
	load_each(l, SECTION_waivers, read_waiver);
}

/* ---- programmes and plans ---- */

static void read_targets(struct loader *l, struct yaml_node *n, struct target **out, size_t *count)
{
	struct yaml_node *list = yaml_opt(l->d, n, "targets", YAML_SEQ);
	*out = arena_calloc(l->a, list ? list->count : 0, sizeof **out);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct target *t = &(*out)[(*count)++];
		struct str base;
		t->count = t->percent = -1;
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		(void)yaml_str(l->d, e, "zone", YAML_OPTIONAL, &t->zone); /* all zones when absent */
		bool counted = yaml_i64(l->d, e, "count", YAML_OPTIONAL, 0, MONEY_MAX, &t->count);
		bool shared = yaml_i64(l->d, e, "percent", YAML_OPTIONAL, 0, 100, &t->percent);
		(void)yaml_str(l->d, e, "base", YAML_OPTIONAL,
		               &base); /* of the percentage; often nobody said */
		if (counted == shared)
			yaml_shape_error(l->d, e, "a target has either 'count' or 'percent'");
		load_cites(l, e, &t->cites);
		if (!load_entry_stands(l, e))
			(*count)--;
		yaml_reject_unseen(l->d, e);
	}
}

static void read_report(struct loader *l, struct yaml_node *n, struct report *out)
{
	static const char *const dues[] = {"last_day", "month_after", NULL};
	int64_t day = 0, month = 0;
	*out = (struct report){.on = DATE_NONE};
	(void)yaml_enum(l->d, n, "every", YAML_REQUIRED, policy_every_names,
	                &out->every); /* told when wrong */
	(void)yaml_i64(l->d, n, "due_day", YAML_OPTIONAL, 1, 31, &day);
	(void)yaml_i64(l->d, n, "due_month", YAML_OPTIONAL, 1, 12, &month);
	(void)yaml_date(l->d, n, "due_on", YAML_OPTIONAL, &out->on);
	load_choice(l, n, "due", dues, false, &out->due);
	if (yaml_get(n, "due"))
		yaml_get(n, "due")->seen = true;
	out->day = (int)day;
	out->month = (int)month;
	load_cites(l, n, &out->cites);
}

static void read_reports(struct loader *l, struct yaml_node *n, struct report **out, size_t *count)
{
	struct yaml_node *list = yaml_opt(l->d, n, "reports", YAML_SEQ);
	*out = arena_calloc(l->a, list ? list->count : 0, sizeof **out);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		read_report(l, e, &(*out)[*count]);
		*count += load_entry_stands(l, e);
		yaml_reject_unseen(l->d, e);
	}
}

static void read_programme(struct loader *l, struct yaml_node *n)
{
	struct policy_programme *p = &l->r->programmes[l->r->programme_count++];
	p->node = n;
	p->id = load_id(l, n);
	p->source = load_ref(l, n, "source", TABLE_SOURCES);
	load_window(l, n, &p->window);
	load_cites(l, n, &p->cites);
	load_dated_flags(l, n, &p->flags);
	read_targets(l, n, &p->targets, &p->target_count);
	read_reports(l, n, &p->reports, &p->report_count);
	yaml_reject_unseen(l->d, n);
}

void load_programmes(struct loader *l)
{
	l->r->programmes = load_new_list(l, SECTION_programmes, sizeof *l->r->programmes);
	load_each(l, SECTION_programmes, read_programme);
}

static void read_plan(struct loader *l, struct yaml_node *n)
{
	struct policy_plan *p = &l->r->plans[l->r->plan_count++];
	struct text_list confirmers = {0};
	p->node = n;
	p->id = load_id(l, n);
	p->enabled = load_entry_stands(l, n);
	p->source = load_ref(l, n, "source", TABLE_SOURCES);
	p->list = load_province_list_id(l, n, "province_list");
	if (yaml_str(l->d, n, "province", YAML_REQUIRED, &p->province) && load_province_list(l, p->list) &&
	    !load_province_code(load_province_list(l, p->list), p->province))
		yaml_error(l->d, yaml_get(n, "province"), "'%.*s' is not in the list '%.*s'",
		           STR_ARG(p->province), STR_ARG(p->list));
	load_window(l, n, &p->window);
	(void)yaml_bool(l->d, n, "follows_national", YAML_OPTIONAL,
	                &p->follows_national); /* told when wrong */
	load_cites(l, n, &p->cites);
	load_texts(l, n, "confirmers", false, &confirmers);
	load_dated_flags(l, n, &p->flags);
	read_targets(l, n, &p->targets, &p->target_count);
	read_reports(l, n, &p->reports, &p->report_count);
	yaml_reject_unseen(l->d, n);
}

void load_plans(struct loader *l)
{
	l->r->plans = load_new_list(l, SECTION_plans, sizeof *l->r->plans);
	load_each(l, SECTION_plans, read_plan);
}
