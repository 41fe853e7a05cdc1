/* What an applicant is told, in Vietnamese and in English. */
#include "policy/explain_int.h"

#include <stdio.h>

struct tongue {
	const char *asked, *unnamed, *result, *reason, *clause, *declared, *recorded, *lacks, *can;
	const char *outcomes[POLICY_OUTCOME__COUNT];
};

static const struct tongue tongues[] = {[POLICY_VI] = {"Yêu cầu: ",
                                                       "tên miền",
                                                       "Kết quả: ",
                                                       "Lý do: ",
                                                       "Quy định: ",
                                                       "Thông tin đã khai: ",
                                                       "Thông tin ghi nhận: ",
                                                       "Còn thiếu: ",
                                                       "Có thể làm: ",
                                                       {"được miễn phí.", "được miễn phí một phần.",
                                                        "không thuộc diện miễn phí.", "chờ xem xét.",
                                                        "không thực hiện được."}},
                                        [POLICY_EN] = {"Asked: ",
                                                       "a name",
                                                       "Result: ",
                                                       "Reason: ",
                                                       "The clause: ",
                                                       "What was declared: ",
                                                       "What is recorded: ",
                                                       "What is missing: ",
                                                       "What can be done: ",
                                                       {"free of charge.", "free in part.", "not free.",
                                                        "to be looked at.", "cannot be carried out."}}};

static struct str said(const struct policy_word *w, enum policy_lang lang)
{
	return lang == POLICY_VI ? w->vi : w->en;
}

static struct str name_of(const struct fact_info *f, enum policy_lang lang)
{
	struct str name = lang == POLICY_VI ? f->vi : f->en;
	return name.len ? name : f->id;
}

/* 20/11/2026, as it is written in Vietnam; 2026-11-20 in English, where order is a matter of taste. */
static void say_day(date_t d, enum policy_lang lang, char text[DATE_TEXT_MAX + 8])
{
	int y, m, day;
	if (lang == POLICY_EN) {
		date_format(text, d);
		return;
	}
	date_split(d, &y, &m, &day);
	snprintf(text, DATE_TEXT_MAX + 8, "%02d/%02d/%04d", day % 100, m % 100, y % 10000);
}

void policy_say_name_list(const struct policy_name_list *l, enum policy_lang lang, struct buf *out)
{
	bool vi = lang == POLICY_VI;
	char day[DATE_TEXT_MAX + 8];
	if (!l->kind || !l->issuer.len)
		return;
	buf_add(out, vi ? STR("Danh sách") : STR("List"));
	if (l->list)
		buf_printf(out, vi ? " số %llu" : " %llu", (unsigned long long)l->list);
	buf_printf(out, vi ? " do %.*s ban hành" : ", issued by %.*s", STR_ARG(l->issuer));
	if (l->date != DATE_NONE) {
		say_day(l->date, lang, day);
		buf_printf(out, vi ? " ngày %s" : " on %s", day);
	}
	if (l->line)
		buf_printf(out, vi ? ", dòng %u" : ", line %u", l->line);
	if (l->label)
		buf_add(out,
		        vi ? STR(" (nhãn này dưới mọi đuôi tên miền)") : STR(" (this label in every zone)"));
	buf_byte(out, '.');
}

static void say_asked(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct tongue *t = &tongues[lang];
	const struct policy_facts *f = e->x.e.facts;
	char day[DATE_TEXT_MAX + 8];
	buf_printf(out, "%s", t->asked);
	if (f->zone.len == 0)
		buf_printf(out, "%s", t->unnamed);
	else if (f->op == POLICY_RENEW)
		buf_printf(out, lang == POLICY_VI ? "gia hạn tên miền “.%.*s”" : "renewal of a name in %.*s",
		           STR_ARG(f->zone));
	else
		buf_printf(out,
		           lang == POLICY_VI ? "đăng ký mới tên miền “.%.*s”"
		                             : "registration of a name in %.*s",
		           STR_ARG(f->zone));
	if (f->period > 0 && lang == POLICY_VI)
		buf_printf(out, ", thời hạn %d năm", f->period);
	else if (f->period > 0)
		buf_printf(out, ", for %d year%s", f->period, f->period == 1 ? "" : "s");
	if (e->x.e.today != DATE_NONE) {
		say_day(e->x.e.today, lang, day);
		buf_printf(out, lang == POLICY_VI ? ", ngày %s" : ", on %s", day);
	}
	buf_lit(out, ".\n");
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

/* The clauses whose words are known and fit; without any, the last one. */
static void say_clauses(const struct explanation *e, const struct cites *c, enum policy_lang lang,
                        struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < c->count; i++) {
		const struct policy_clause *k = c->list[i];
		bool only = !any && i + 1 == c->count;
		if ((k->words.len == 0 || is_elsewhere(e, k)) && !only)
			continue;
		buf_printf(out, "%s%.*s, %.*s", tongues[lang].clause, STR_ARG(k->source->document),
		           STR_ARG(k->section));
		if (k->words.len)
			buf_printf(out, ": “%.*s”", STR_ARG(k->words));
		buf_lit(out, "\n");
		any = true;
	}
}

/* Words of closed lists as they are said in Vietnamese; English takes them as they are. */
static struct str in_tongue(struct str word, enum policy_lang lang)
{
	static const char *const words[][2] = {{"male", "nam"},
	                                       {"female", "nữ"},
	                                       {"citizen", "công dân"},
	                                       {"enterprise", "doanh nghiệp"},
	                                       {"household_business", "hộ kinh doanh"},
	                                       {"cooperative", "hợp tác xã"},
	                                       {"other", "khác"},
	                                       {"reserved", "được bảo vệ"},
	                                       {"blocked", "bị chặn"},
	                                       {"true", "có"},
	                                       {"false", "không"}};
	if (lang == POLICY_EN)
		return str_eq_c(word, "true") ? STR("yes") : str_eq_c(word, "false") ? STR("no") : word;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_c(word, words[i][0]))
			return str_c(words[i][1]);
	return word;
}

static void say_value(const struct explanation *e, int fact, enum policy_lang lang, struct buf *out)
{
	const struct fact_value *v = &e->x.e.values[fact];
	char day[DATE_TEXT_MAX + 8];
	struct buf text;
	if (e->x.e.rules->facts[fact].type == FACT_DATE) {
		say_day((date_t)v->number, lang, day);
		buf_printf(out, " %s", day);
		return;
	}
	buf_init(&text, 4096);
	explain_value(e, fact, &text);
	struct str word = in_tongue(buf_str(&text), lang);
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

static void say_facts(const struct explanation *e, const struct step *s, enum policy_lang lang,
                      struct buf *out)
{
	int facts[3];
	size_t n = explain_facts(&s->check->test, facts), said = 0;
	for (size_t i = 0; i < n; i++) {
		const struct fact_info *f = &e->x.e.rules->facts[facts[i]];
		bool declared = fact_is_declared(facts[i]) || facts[i] == FACT_subject_number;
		if (!is_told(e, facts[i]))
			continue;
		buf_printf(out, "%s%.*s",
		           said++     ? "; "
		           : declared ? tongues[lang].declared
		                      : tongues[lang].recorded,
		           STR_ARG(name_of(f, lang)));
		say_value(e, facts[i], lang, out);
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
}

static const struct policy_word *step_reason(const struct explanation *e, const struct step *s)
{
	if (s->result == STEP_FAIL)
		return s->check->otherwise.reason;
	if (s->check->missing.given)
		return s->check->missing.reason;
	return s->check->otherwise.flag_only ? NULL : e->x.e.rules->verdicts[VERDICT_fact_missing].reason;
}

/* One block for each reason: what it is, the clause, the facts, what can be done. False: this step gives none. */
static bool say_step(const struct explanation *e, const struct step *s, enum policy_lang lang,
                     struct buf *out)
{
	const struct policy_word *w = s->result == STEP_PASS ? NULL : step_reason(e, s);
	if (!w)
		return false;
	buf_printf(out, "%s%.*s\n", tongues[lang].reason, STR_ARG(said(w, lang)));
	say_clauses(e, &s->check->cites, lang, out);
	say_facts(e, s, lang, out);
	struct str advice = lang == POLICY_VI ? w->advice_vi : w->advice_en;
	if (advice.len)
		buf_printf(out, "%s%.*s\n", tongues[lang].can, STR_ARG(advice));
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

static void say_word(const struct policy_word *w, enum policy_lang lang, struct buf *out)
{
	buf_printf(out, "%s%.*s\n", tongues[lang].reason, STR_ARG(said(w, lang)));
	struct str advice = lang == POLICY_VI ? w->advice_vi : w->advice_en;
	if (advice.len)
		buf_printf(out, "%s%.*s\n", tongues[lang].can, STR_ARG(advice));
}

void explain_print_applicant(const struct explanation *e, enum policy_lang lang, struct buf *out)
{
	const struct policy_decision *d = &e->decision;
	const struct policy_word *told[POLICY_REASONS_MAX];
	size_t count = 0;
	say_asked(e, lang, out);
	buf_printf(out, "%s%s\n", tongues[lang].result, tongues[lang].outcomes[d->outcome]);
	for (int want = STEP_FAIL; want <= STEP_MISSING; want++)
		for (size_t i = 0; i < e->step_count; i++) {
			const struct step *s = &e->steps[i];
			enum step_result is = s->result == STEP_UNSURE ? STEP_MISSING : s->result;
			const struct policy_word *w = is == (enum step_result)want ? step_reason(e, s) : NULL;
			bool again = false;
			for (size_t k = 0; k < count; k++)
				again |= told[k] == w;
			if (w && !again && count < ARRAY_LEN(told) && say_step(e, s, lang, out))
				told[count++] = w;
		}
	for (size_t i = 0; i < d->reason_count; i++) {
		bool again = false;
		for (size_t k = 0; k < count; k++)
			again |= told[k] == d->reasons[i];
		if (!again)
			say_word(d->reasons[i], lang, out);
	}
	if (d->outcome == POLICY_GRANT || d->outcome == POLICY_GRANT_PARTIAL)
		say_grounds(e, lang, out);
	say_needs(e, lang, out);
}
