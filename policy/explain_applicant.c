/* What an applicant is told, in Vietnamese and in English. */
#include "policy/explain_int.h"
#include "policy/tongue_int.h"

struct tongue {
	const char *reason, *clause, *declared, *recorded, *lacks, *can, *looked;
	const char *counts, *shown, *results[POLICY_RESULT__COUNT]; /* of evidence */
};

static const struct tongue tongues[] = {[POLICY_VI] = {"Lý do: ",
                                                       "Quy định: ",
                                                       "Thông tin đã khai: ",
                                                       "Thông tin ghi nhận: ",
                                                       "Còn thiếu: ",
                                                       "Có thể làm: ",
                                                       "Người phụ trách đã xem xét và chấp nhận: ",
                                                       "Được chấp nhận: ",
                                                       "Đã nộp: ",
                                                       {"chưa được xác nhận", "đã được xác nhận",
                                                        "không khớp"}},
                                        [POLICY_EN] = {"Reason: ",
                                                       "The clause: ",
                                                       "What was declared: ",
                                                       "What is recorded: ",
                                                       "What is missing: ",
                                                       "What can be done: ",
                                                       "A person in charge has looked at it and approved: ",
                                                       "What is accepted: ",
                                                       "What was given: ",
                                                       {"not confirmed", "confirmed", "does not agree"}}};

static struct str said(const struct policy_word *w, enum policy_lang lang)
{
	return lang == POLICY_VI ? w->vi : w->en;
}

static struct str name_of(const struct fact_info *f, enum policy_lang lang)
{
	struct str name = lang == POLICY_VI ? f->vi : f->en;
	return name.len ? name : f->id;
}

void policy_say_name_list(const struct policy_name_list *l, enum policy_lang lang, struct buf *out)
{
	bool vi = lang == POLICY_VI;
	char day[DAY_IN_TONGUE_MAX];
	if (!l->kind || !l->issuer.len)
		return;
	buf_add(out, vi ? STR("Danh sách") : STR("List"));
	if (l->list)
		buf_printf(out, vi ? " số %llu" : " %llu", (unsigned long long)l->list);
	buf_printf(out, vi ? " do %.*s ban hành" : ", issued by %.*s", STR_ARG(l->issuer));
	if (l->date != DATE_NONE) {
		day_in_tongue(l->date, lang, day);
		buf_printf(out, vi ? " ngày %s" : " on %s", day);
	}
	if (l->line)
		buf_printf(out, vi ? ", dòng %u" : ", line %u", l->line);
	if (l->label)
		buf_add(out,
		        vi ? STR(" (nhãn này dưới mọi đuôi tên miền)") : STR(" (this label in every zone)"));
	buf_byte(out, '.');
}

static bool mentions(struct str words, struct str zone)
{
	return words.len && zone.len && memmem(words.ptr, words.len, zone.ptr, zone.len);
}

/* The words are about another free zone than the one that was asked for. */
static bool is_elsewhere(const struct explanation *e, const struct policy_clause *k)
{
	const struct policy_ruleset *r = e->x.e.rules;
	if (mentions(k->words, e->x.e.facts->zone))
		return false;
	for (size_t i = 0; i < r->grant_count; i++)
		if (mentions(k->words, r->grants[i].zone))
			return true;
	return false;
}

/* Of a province's plan, where another province asks. */
static bool is_of_another_province(const struct explanation *e, const struct policy_clause *k)
{
	const struct policy_ruleset *r = e->x.e.rules;
	bool of_plan = false;
	for (size_t i = 0; i < r->plan_count; i++) {
		if (r->plans[i].source != k->source)
			continue;
		of_plan = true;
		if (str_eq_c(r->plans[i].province, e->decision.province) ||
		    str_eq_c(r->plans[i].province, e->decision.area_before))
			return false;
	}
	return of_plan;
}

/* 2: it speaks of what was asked; 1: of another province; 0: of another zone. */
static int fit_of(const struct explanation *e, const struct policy_clause *k)
{
	return is_elsewhere(e, k) ? 0 : is_of_another_province(e, k) ? 1 : 2;
}

/* The clauses that fit best; of those that do not fit at all, the first. Some are known by their place alone. */
static void say_clauses(const struct explanation *e, const struct cites *c, enum policy_lang lang,
                        struct buf *out)
{
	int best = 0, said = 0;
	for (size_t i = 0; i < c->count; i++)
		if (c->list[i]->words.len && fit_of(e, c->list[i]) > best)
			best = fit_of(e, c->list[i]);
	for (size_t i = 0; i < c->count; i++) {
		const struct policy_clause *k = c->list[i];
		if (fit_of(e, k) < best || (best == 0 && said > 0))
			continue;
		buf_printf(out, "%s%.*s, %.*s", tongues[lang].clause, STR_ARG(k->source->document),
		           STR_ARG(k->section));
		if (k->words.len)
			buf_printf(out, ": “%.*s”", STR_ARG(k->words));
		buf_lit(out, "\n");
		said++;
	}
}

static void say_value(const struct explanation *e, int fact, enum policy_lang lang, struct buf *out)
{
	const struct fact_value *v = &e->x.e.values[fact];
	char day[DAY_IN_TONGUE_MAX];
	struct buf text;
	if (e->x.e.rules->facts[fact].type == FACT_DATE) {
		day_in_tongue((date_t)v->number, lang, day);
		buf_printf(out, " %s", day);
		return;
	}
	buf_init(&text, 4096);
	explain_value(e, fact, &text);
	struct str word = word_in_tongue(buf_str(&text), lang);
	bool colon = e->x.e.rules->facts[fact].type == FACT_NUMBER || str_eq_c(v->text, "true") ||
	             str_eq_c(v->text, "false");
	buf_printf(out, "%s%.*s", colon ? ": " : " ", STR_ARG(word));
	buf_fini(&text);
}

/* What was declared, or is in the ledger; what follows from it the reason has said already. */
static bool is_told(const struct explanation *e, int fact)
{
	bool follows = fact_is_derived(fact) && e->x.e.rules->facts[fact].type == FACT_TEXT &&
	               fact != FACT_subject_number;
	return e->x.e.values[fact].known && !follows;
}

/* What a fact that is worked out follows from; others tell of themselves. At most 3. */
static size_t behind(const struct explanation *e, int fact, int out[3])
{
	bool renewal = e->x.e.facts->op == POLICY_RENEW;
	size_t n = 0;
	switch (fact) {
	case FACT_zone_takes_kind:
	case FACT_grant_fits: out[n++] = FACT_kind; break;
	case FACT_waiver_status:
		if (renewal)
			out[n++] = FACT_grant_from;
		break;
	case FACT_free_term_whole:
	case FACT_free_years_left:
		out[n++] = FACT_grant_from;
		out[n++] = FACT_expires_on;
		break;
	case FACT_days_after_expiry: out[n++] = FACT_expires_on; break;
	case FACT_plan:
	case FACT_province_known: out[n++] = FACT_province; break;
	default: out[n++] = fact; break;
	}
	return n;
}

static void say_fact(const struct explanation *e, int fact, enum policy_lang lang, size_t *said,
                     struct buf *out)
{
	bool declared = fact_is_declared(fact) || fact == FACT_subject_number || fact == FACT_expires_on;
	if (!is_told(e, fact))
		return;
	buf_printf(out, "%s%.*s",
	           (*said)++  ? "; "
	           : declared ? tongues[lang].declared
	                      : tongues[lang].recorded,
	           STR_ARG(name_of(&e->x.e.rules->facts[fact], lang)));
	say_value(e, fact, lang, out);
}

/* A type of evidence in words: an entry of the section `needs`, or as it stands. */
static void say_type(const struct explanation *e, struct str type, enum policy_lang lang, struct buf *out)
{
	struct str name = need_name(e->x.e.rules, type, lang);
	buf_add(out, name.len ? name : type);
}

static bool concerns(const struct test *t, const struct policy_evidence *p)
{
	if (t->kind == TEST_NO_CONTRADICTION)
		return p->result == POLICY_CONTRADICTED;
	for (size_t i = 0; i < t->in.count; i++)
		if (str_eq(t->in.list[i], p->type))
			return true;
	return false;
}

/* What counts as evidence, and what there is of it. */
static void say_evidence(const struct explanation *e, const struct test *t, enum policy_lang lang,
                         struct buf *out)
{
	const struct policy_facts *f = e->x.e.facts;
	size_t said = 0;
	for (size_t i = 0; t->kind == TEST_EVIDENCE && i < t->in.count; i++) {
		buf_printf(out, "%s", i ? "; " : tongues[lang].counts);
		say_type(e, t->in.list[i], lang, out);
	}
	if (t->kind == TEST_EVIDENCE)
		buf_lit(out, ".\n");
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct policy_evidence *p = &f->evidence[i];
		if (!concerns(t, p))
			continue;
		buf_printf(out, "%s", said++ ? "; " : tongues[lang].shown);
		say_type(e, p->type, lang, out);
		buf_printf(out, ": %s", tongues[lang].results[p->result]);
	}
	if (said)
		buf_lit(out, ".\n");
}

static void say_facts(const struct explanation *e, const struct step *s, enum policy_lang lang,
                      struct buf *out)
{
	int facts[3], under[3];
	size_t n = explain_facts(&s->check->test, facts), said = 0;
	for (size_t i = 0; i < n; i++) {
		size_t m = behind(e, facts[i], under);
		for (size_t k = 0; k < m; k++)
			say_fact(e, under[k], lang, &said, out);
	}
	if (said)
		buf_lit(out, ".\n");
	for (size_t i = 0; i < n; i++) {
		size_t before = buf_len(out);
		if (facts[i] == FACT_name_listed)
			policy_say_name_list(&e->x.e.facts->name_list, lang, out);
		if (buf_len(out) > before)
			buf_byte(out, '\n');
	}
	if (s->check->test.kind == TEST_EVIDENCE || s->check->test.kind == TEST_NO_CONTRADICTION)
		say_evidence(e, &s->check->test, lang, out);
}

static const struct policy_word *step_reason(const struct explanation *e, const struct step *s)
{
	if (s->result == STEP_FAIL)
		return s->check->otherwise.reason;
	if (s->check->missing.given)
		return s->check->missing.reason;
	return s->check->otherwise.flag_only ? NULL : e->x.e.rules->verdicts[VERDICT_fact_missing].reason;
}

/* A person has looked at this doubt: it stands in nobody's way any more. */
static bool is_approved(const struct explanation *e, const struct step *s)
{
	struct str rest = e->x.e.facts->approved;
	if (s->result != STEP_FAIL || s->check->otherwise.outcome != POLICY_REVIEW ||
	    !s->check->otherwise.reason)
		return false;
	while (rest.len)
		if (str_eq(str_split(&rest, ' '), s->check->otherwise.reason->id))
			return true;
	return false;
}

/* What can be done is for whoever did not get what was asked. */
static void say_advice(const struct explanation *e, const struct policy_word *w, enum policy_lang lang,
                       struct buf *out)
{
	struct str advice = lang == POLICY_VI ? w->advice_vi : w->advice_en;
	if (advice.len && e->decision.action != POLICY_SEND)
		buf_printf(out, "%s%.*s\n", tongues[lang].can, STR_ARG(advice));
}

/* One block for each reason: what it is, the clause, the facts, what can be done. False: this step gives none. */
static bool say_step(const struct explanation *e, const struct step *s, enum policy_lang lang,
                     struct buf *out)
{
	const struct policy_word *w = s->result == STEP_PASS ? NULL : step_reason(e, s);
	if (!w)
		return false;
	bool approved = is_approved(e, s);
	buf_printf(out, "%s%.*s\n", approved ? tongues[lang].looked : tongues[lang].reason,
	           STR_ARG(said(w, lang)));
	say_clauses(e, &s->check->cites, lang, out);
	say_facts(e, s, lang, out);
	if (!approved)
		say_advice(e, w, lang, out);
	return true;
}

static void say_needs(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	for (size_t i = 0; i < d->need_count; i++) {
		struct str need = str_c(d->needs[i]);
		struct str name = need_name(e->x.e.rules, need, lang);
		buf_printf(out, "%s%.*s", i ? ", " : tongues[lang].lacks, STR_ARG(name.len ? name : need));
	}
	if (d->need_count)
		buf_lit(out, ".\n");
}

/* What stands behind a grant: eligibility, waiver and term, each clause once. */
static void say_grounds(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	for (size_t i = 0; i < d->cite_count; i++) {
		const struct policy_clause *one = d->cites[i].clause;
		struct cites c = {&one, 1, true};
		if (d->cites[i].role <= POLICY_ROLE_TERM)
			say_clauses(e, &c, lang, out);
	}
}

static void say_word(const struct explanation *e, const struct policy_word *w, enum policy_lang lang,
                     struct buf *out)
{
	buf_printf(out, "%s%.*s\n", tongues[lang].reason, STR_ARG(said(w, lang)));
	say_advice(e, w, lang, out);
}

/* Reasons that have been told. */
struct told {
	const struct policy_word *list[POLICY_REASONS_MAX];
	size_t count;
};

static bool has_told(const struct told *t, const struct policy_word *w)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i] == w)
			return true;
	return false;
}

/* The steps that came out as `want`, each reason once; those that a person has approved, or the others. */
static void say_steps(const struct explanation *e, enum step_result want, bool approved,
                      enum policy_lang lang, struct told *told, struct buf *out)
{
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *s = &e->steps[i];
		enum step_result is = s->result == STEP_UNSURE ? STEP_MISSING : s->result;
		const struct policy_word *w = is == want ? step_reason(e, s) : NULL;
		if (w && is_approved(e, s) == approved && !has_told(told, w) &&
		    told->count < ARRAY_LEN(told->list) && say_step(e, s, lang, out))
			told->list[told->count++] = w;
	}
}

void explain_print_applicant(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	struct told told = {.count = 0};
	explain_print_head(e, lang, out);
	say_steps(e, STEP_FAIL, false, lang, &told, out);
	say_steps(e, STEP_MISSING, false, lang, &told, out);
	struct told approved = told;
	for (size_t i = 0; i < d->reason_count; i++) {
		bool excepted = false;
		for (size_t k = 0; k < e->step_count; k++)
			excepted |=
			    is_approved(e, &e->steps[k]) && step_reason(e, &e->steps[k]) == d->reasons[i];
		if (!excepted && !has_told(&told, d->reasons[i]))
			say_word(e, d->reasons[i], lang, out);
	}
	if (explain_is_granted(d))
		say_grounds(e, lang, out);
	say_steps(e, STEP_FAIL, true, lang, &approved, out);
	say_needs(e, lang, out);
}
