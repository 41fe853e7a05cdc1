/* An explanation as a tree, as JSON, and as what an applicant is told. */
#include "policy/explain_int.h"

static const char *const results[] = {"pass", "fail", "missing", "unsure"};
static const char *const marks[] = {"pass   ", "FAIL   ", "MISSING", "UNSURE "};
static const char *const actions[] = {"send", "hold", "refuse"};

static const char *outcome_of(const struct spec *s)
{
	return s->flag_only ? "flag" : policy_outcome_names[s->outcome];
}

/* What the step gives when it does not pass; NULL: the engine's own request for what is missing. */
static const struct spec *spec_of(const struct step *s)
{
	if (s->result == STEP_FAIL)
		return &s->check->otherwise;
	return s->check->missing.given ? &s->check->missing : NULL;
}

static const struct policy_word *reason_of(const struct explanation *e, const struct step *s)
{
	const struct spec *spec = spec_of(s);
	if (!spec)
		return e->x.e.rules->verdicts[VERDICT_fact_missing].reason;
	return spec->flag_only ? spec->flags[0] : spec->reason;
}

/* A step that says nothing although its fact is missing: it would only have set a flag. */
static bool is_silent(const struct step *s)
{
	return s->result != STEP_PASS && s->result != STEP_FAIL && s->check->otherwise.flag_only &&
	       !s->check->missing.given;
}

static void day_or(date_t d, const char *open, struct buf *out)
{
	char text[DATE_TEXT_MAX];
	buf_printf(out, "%s", d == DATE_NONE ? open : date_format(text, d));
}

/* ---- the tree ------------------------------------------------------------------------------------------------------------ */

static void print_clauses(const struct cites *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct policy_clause *k = c->list[i];
		buf_printf(out, "  │      clause  %.*s: %.*s, %.*s", STR_ARG(k->id),
		           STR_ARG(k->source->document), STR_ARG(k->section));
		if (k->words.len)
			buf_printf(out, ": “%.*s”", STR_ARG(k->words));
		buf_add(out, k->source->verified   ? STR("\n")
		             : k->source->accepted ? STR(" (unverified, accepted)\n")
		                                   : STR(" (unverified)\n"));
	}
}

static void print_facts(const struct explanation *e, const struct test *t, struct buf *out)
{
	int facts[3];
	size_t n = explain_facts(t, facts);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "  │      fact    %s = ", e->x.e.rules->fact_names[facts[i]]);
		explain_value(e, facts[i], out);
		if (facts[i] == FACT_name_listed && e->x.e.facts->name_list.issuer.len) {
			buf_lit(out, ": ");
			policy_say_name_list(&e->x.e.facts->name_list, POLICY_EN, out);
		}
		buf_byte(out, '\n');
	}
	for (size_t i = 0; t->kind == TEST_EVIDENCE && i < e->x.e.facts->evidence_count; i++) {
		const struct policy_evidence *p = &e->x.e.facts->evidence[i];
		buf_printf(out, "  │      fact    evidence %.*s: %s\n", STR_ARG(p->type),
		           policy_result_names[p->result]);
	}
}

static void print_value(const struct explanation *e, const struct bound *b, struct buf *out)
{
	const struct dated_number *n = explain_bound(e, b);
	if (!n)
		return;
	buf_printf(out, "  │      value   %.*s = %lld, in force ", STR_ARG(b->value->id),
	           (long long)n->value);
	day_or(n->window.from, "always", out);
	buf_lit(out, " to ");
	day_or(n->window.to, "further notice", out);
	buf_byte(out, '\n');
}

static void print_step(const struct explanation *e, const struct step *s, struct buf *out)
{
	const struct check *c = s->check;
	buf_printf(out, "  ├─ %s %.*s: ", marks[s->result], STR_ARG(c->id));
	explain_test(e, &c->test, out);
	if (s->result == STEP_PASS && s->until != DATE_NONE) {
		buf_lit(out, "; until ");
		day_or(s->until, "", out);
	}
	buf_byte(out, '\n');
	print_facts(e, &c->test, out);
	print_value(e, &c->test.min, out);
	print_value(e, &c->test.max, out);
	if (s->result == STEP_PASS)
		return;
	print_clauses(&c->cites, out);
	const struct policy_word *w = reason_of(e, s);
	const struct spec *spec = spec_of(s);
	if (is_silent(s))
		buf_lit(out, "  │      gives   nothing: only a flag depends on it\n");
	else
		buf_printf(out, "  │      gives   %s %.*s\n", spec ? outcome_of(spec) : "review",
		           STR_ARG(w ? w->id : STR_NONE));
}

static void print_grant(const struct explanation *e, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	if (!d->grant) {
		buf_lit(out, "grant: none fits the zone and the applicant\n");
		return;
	}
	buf_printf(out, "grant %.*s: %d years\n", STR_ARG(d->grant->id), d->grant->years);
	print_clauses(&d->grant->term_cites, out);
	for (size_t i = 0; i < d->grant->authority_count; i++) {
		const struct authority *a = &d->grant->authorities[i];
		if (!window_has(a->window, grant_day(&e->x)))
			continue;
		buf_lit(out, "  ├─ authority ");
		day_or(a->window.from, "always", out);
		buf_lit(out, " to ");
		day_or(a->window.to, "further notice", out);
		buf_byte(out, '\n');
		print_clauses(&a->cites, out);
	}
}

static void print_waiver(const struct explanation *e, struct buf *out)
{
	static const char *const statuses[] = {"none", "in force", "undecided"};
	const struct policy_waiver *w = e->decision.waiver;
	if (!w) {
		buf_lit(out, "waiver: none on this date\n");
		return;
	}
	buf_printf(out, "waiver %.*s: %.*s, %s, registrations ", STR_ARG(w->id), STR_ARG(w->source->document),
	           statuses[w->status]);
	day_or(w->window.from, "always", out);
	buf_lit(out, " to ");
	day_or(w->window.to, "further notice", out);
	buf_byte(out, '\n');
	if (e->x.cover)
		print_clauses(&e->x.cover->cites, out);
}

static void print_changes(const struct explanation *e, struct buf *out)
{
	if (e->change_count == 0) {
		buf_lit(out, "no change of one fact alone changes the outcome\n");
		return;
	}
	buf_lit(out, "nearest change of one fact that changes the outcome\n");
	for (size_t i = 0; i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		buf_printf(out, "  %s %s: %s instead of %s", i ? "  " : "=>", c->fact, c->to, c->from);
		if (c->distance > 1)
			buf_printf(out, " (%lld apart)", (long long)c->distance);
		buf_printf(out, " gives %s %.*s\n", policy_outcome_names[c->outcome], STR_ARG(c->reason));
	}
}

void explain_print_text(const struct explanation *e, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	buf_printf(out, "%s %.*s: %s\nas of ", policy_outcome_names[d->outcome],
	           STR_ARG(policy_main_reason(d)), actions[d->action]);
	day_or(d->decided_on, "no date", out);
	buf_printf(out, ", rules %s\n\n", policy_revision(d->rules));
	print_grant(e, out);
	print_waiver(e, out);
	buf_lit(out, "rules that apply, in order of rank\n");
	for (size_t i = 0; i < e->step_count; i++)
		print_step(e, &e->steps[i], out);
	for (size_t i = 0; i < d->flag_count; i++)
		buf_printf(out, "  flag %.*s: %.*s\n", STR_ARG(d->flags[i]->id), STR_ARG(d->flags[i]->en));
	buf_byte(out, '\n');
	print_changes(e, out);
	buf_byte(out, '\n');
	explain_print_applicant(e, POLICY_VI, out);
	buf_byte(out, '\n');
	explain_print_applicant(e, POLICY_EN, out);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------ */

static void json_day(const char *key, date_t d, struct buf *out)
{
	char text[DATE_TEXT_MAX];
	if (d == DATE_NONE)
		buf_printf(out, ",\"%s\":null", key);
	else
		buf_printf(out, ",\"%s\":\"%s\"", key, date_format(text, d));
}

static void json_text(const char *key, struct str s, struct buf *out)
{
	buf_printf(out, ",\"%s\":", key);
	if (s.len)
		buf_json(out, s);
	else
		buf_lit(out, "null");
}

static void json_clauses(const struct cites *c, struct buf *out)
{
	buf_lit(out, ",\"clauses\":[");
	for (size_t i = 0; i < c->count; i++) {
		const struct policy_clause *k = c->list[i];
		buf_append(out, ",", i > 0);
		buf_lit(out, "{\"id\":");
		buf_json(out, k->id);
		json_text("document", k->source->document, out);
		json_text("clause", k->section, out);
		json_text("words", k->words, out);
		buf_printf(out, ",\"verified\":%s,\"accepted\":%s}", k->source->verified ? "true" : "false",
		           k->source->accepted ? "true" : "false");
	}
	buf_byte(out, ']');
}

static void json_facts(const struct explanation *e, const struct test *t, struct buf *out)
{
	struct buf value;
	int facts[3];
	size_t n = explain_facts(t, facts);
	buf_init(&value, 4096);
	buf_lit(out, ",\"facts\":[");
	for (size_t i = 0; i < n; i++) {
		const struct fact_info *f = &e->x.e.rules->facts[facts[i]];
		buf_clear(&value);
		explain_value(e, facts[i], &value);
		buf_append(out, ",", i > 0);
		buf_lit(out, "{\"fact\":");
		buf_json(out, f->id);
		json_text("value", e->x.e.values[facts[i]].known ? buf_str(&value) : STR_NONE, out);
		json_text("vi", f->vi, out);
		json_text("en", f->en, out);
		if (facts[i] == FACT_name_listed)
			policy_print_name_list(&e->x.e.facts->name_list, out);
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
	buf_fini(&value);
}

static void json_values(const struct explanation *e, const struct test *t, struct buf *out)
{
	const struct bound *const bounds[] = {&t->min, &t->max};
	bool any = false;
	buf_lit(out, ",\"values\":[");
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		const struct dated_number *n = explain_bound(e, bounds[i]);
		if (!n)
			continue;
		buf_append(out, ",", any);
		any = true;
		buf_lit(out, "{\"value\":");
		buf_json(out, bounds[i]->value->id);
		buf_printf(out, ",\"is\":%lld", (long long)n->value);
		json_day("from", n->window.from, out);
		json_day("to", n->window.to, out);
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
}

static void json_step(const struct explanation *e, const struct step *s, struct buf *out)
{
	const struct check *c = s->check;
	struct buf test;
	buf_init(&test, 4096);
	explain_test(e, &c->test, &test);
	buf_lit(out, "{\"rule\":");
	buf_json(out, c->id);
	buf_printf(out, ",\"condition\":%s,\"result\":\"%s\"", s->condition ? "true" : "false",
	           results[s->result]);
	json_text("test", buf_str(&test), out);
	json_facts(e, &c->test, out);
	json_values(e, &c->test, out);
	json_clauses(&c->cites, out);
	json_day("until", s->until, out);
	if (s->result == STEP_PASS || is_silent(s)) {
		buf_lit(out, ",\"gives\":null}");
	} else {
		const struct spec *spec = spec_of(s);
		const struct policy_word *w = reason_of(e, s);
		buf_printf(out, ",\"gives\":{\"outcome\":\"%s\"", spec ? outcome_of(spec) : "review");
		json_text("reason", w ? w->id : STR_NONE, out);
		buf_lit(out, "}}");
	}
	buf_fini(&test);
}

static void json_changes(const struct explanation *e, struct buf *out)
{
	buf_lit(out, ",\"changes\":[");
	for (size_t i = 0; i < e->change_count; i++) {
		const struct change *c = &e->changes[i];
		buf_append(out, ",", i > 0);
		buf_printf(out, "{\"fact\":\"%s\"", c->fact);
		json_text("from", str_c(c->from), out);
		json_text("to", str_c(c->to), out);
		buf_printf(out, ",\"distance\":%lld,\"outcome\":\"%s\"", (long long)c->distance,
		           policy_outcome_names[c->outcome]);
		json_text("reason", c->reason, out);
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
}

static void json_words(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	struct buf words;
	buf_init(&words, 1u << 20);
	explain_print_applicant(e, lang, &words);
	buf_json(out, buf_str(&words));
	buf_fini(&words);
}

void explain_print_json(const struct explanation *e, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	buf_printf(out, "{\"action\":\"%s\"", actions[d->action]);
	json_day("as_of", d->decided_on, out);
	buf_lit(out, ",\"decision\":{");
	policy_print_common(d, out);
	buf_byte(out, ',');
	policy_print_item(d, out);
	buf_lit(out, "},\"asked\":[");
	for (size_t i = 0; i < e->step_count; i++) {
		buf_append(out, ",", i > 0);
		json_step(e, &e->steps[i], out);
	}
	buf_byte(out, ']');
	json_changes(e, out);
	buf_lit(out, ",\"applicant\":{\"vi\":");
	json_words(e, POLICY_VI, out);
	buf_lit(out, ",\"en\":");
	json_words(e, POLICY_EN, out);
	buf_lit(out, "}}\n");
}
