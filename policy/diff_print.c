/* The report of a comparison: regions with their witnesses, then what else differs in the texts. */
#include "policy/cases.h"
#include "policy/diff_int.h"

#define BOXES_SHOWN 4 /* of a region, for people; how many there are is said, and JSON has all */

/* ---- the witness, as `policy explain` takes it ---- */

static void member(struct buf *out, const char *name, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, value);
}

static void member_date(struct buf *out, const char *name, date_t d)
{
	char text[DATE_TEXT_MAX];
	if (d != DATE_NONE)
		member(out, name, str_c(date_format(text, d)));
}

static void member_number(struct buf *out, const char *name, int n)
{
	if (n >= 0)
		buf_printf(out, ",\"%s\":%d", name, n);
}

static void member_flag(struct buf *out, const char *name, enum policy_flag f)
{
	if (f != POLICY_UNKNOWN)
		buf_printf(out, ",\"%s\":%s", name, f == POLICY_YES ? "true" : "false");
}

static void print_evidence(const struct policy_facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct policy_evidence *e = &f->evidence[i];
		buf_add(out, i ? STR(",") : STR(",\"evidence\":["));
		buf_lit(out, "{\"type\":");
		buf_json(out, e->type);
		member(out, "issuer", e->issuer);
		member(out, "reference", e->reference);
		member_date(out, "date", e->date);
		member(out, "result", str_c(policy_result_names[e->result]));
		buf_byte(out, '}');
	}
	buf_append(out, "]", f->evidence_count > 0);
}

static void print_given(const struct policy_facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->given_count; i++) {
		buf_add(out, i ? STR(",") : STR(",\"facts\":{"));
		buf_json(out, f->given[i].name);
		buf_byte(out, ':');
		buf_json(out, f->given[i].value);
	}
	buf_append(out, "}", f->given_count > 0);
}

void policy_facts_print(const struct policy_facts *f, struct buf *out)
{
	char time[TIME_TEXT_MAX];
	buf_printf(out, "{\"at\":\"%s\",\"facts\":{\"op\":\"%s\"",
	           instant_format(time, f->at, HANOI_OFFSET_S, false), policy_op_names[f->op]);
	member(out, "zone", f->zone);
	member_number(out, "period", f->period);
	if (f->name_idn)
		buf_lit(out, ",\"name_idn\":true");
	if (f->kind)
		member(out, "kind", str_c(policy_kind_names[f->kind]));
	member(out, "citizenship", f->citizenship);
	if (f->gender)
		member(out, "gender", str_c(policy_gender_names[f->gender]));
	member_date(out, "birth_date", f->birth_date);
	member(out, "id_number", f->id_number);
	member(out, "tax_code", f->tax_code);
	member(out, "registration_number", f->registration_number);
	member_date(out, "founded_on", f->founded_on);
	member_date(out, "registered_on", f->registered_on);
	if (f->registration_exempt == POLICY_YES)
		buf_lit(out, ",\"registration_exempt\":true");
	member(out, "province", f->province);
	member(out, "province_list", f->province_list);
	print_evidence(f, out);
	print_given(f, out);
	member_number(out, "prior_grants", f->prior_grants);
	if (f->name_list.kind)
		member(out, "name_listed", str_c(policy_listed_names[f->name_list.kind]));
	member_flag(out, "prior_paid", f->prior_paid);
	member_flag(out, "name_known", f->name_known);
	member_flag(out, "name_granted", f->name_granted);
	member_flag(out, "ownership_changed", f->ownership_changed);
	member(out, "grant", f->grant);
	member_date(out, "grant_from", f->grant_from);
	member_number(out, "free_years_used", f->free_years_used);
	member_date(out, "expires_on", f->expires_on);
	buf_lit(out, "}}");
}

/* ---- for people ---- */

static bool vi(const struct policy_diff *d)
{
	return d->lang == POLICY_VI;
}

static struct str say(const struct policy_diff *d, const char *en, const char *in_vi)
{
	return str_c(vi(d) ? in_vi : en);
}

static const char *outcome_name(const struct policy_diff *d, enum policy_outcome o)
{
	static const char *const names[] = {"được miễn phí", "được miễn phí một phần",
	                                    "không thuộc diện miễn phí", "phải xem xét thêm",
	                                    "không chấp nhận"};
	return vi(d) ? names[o] : policy_outcome_names[o];
}

static void print_outcome(const struct policy_diff *d, const struct policy_decision *p, struct buf *out)
{
	buf_printf(out, "%s %.*s", outcome_name(d, p->outcome), STR_ARG(policy_main_reason(p)));
	if (p->outcome == POLICY_GRANT || p->outcome == POLICY_GRANT_PARTIAL)
		buf_printf(out, vi(d) ? " (miễn phí %d năm, nộp phí %d năm)" : " (%d free, %d charged)",
		           p->free_years, p->charged_years);
}

static void print_decision(const struct policy_diff *d, struct str label, const struct policy_decision *p,
                           struct buf *out)
{
	buf_printf(out, "   %.*s   ", STR_ARG(label));
	print_outcome(d, p, out);
	for (size_t i = 1; i < p->reason_count; i++)
		buf_printf(out, ", %.*s", STR_ARG(policy_code(p->reasons[i])));
	buf_printf(out, "\n          %.*s ", STR_ARG(say(d, "cites", "căn cứ")));
	for (size_t i = 0; i < p->cite_count; i++)
		buf_printf(out, "%s%.*s %.*s", i ? "; " : "", STR_ARG(p->cites[i].clause->source->document),
		           STR_ARG(p->cites[i].clause->section));
	if (p->cite_count == 0)
		buf_add(out, say(d, "nothing", "không có"));
	if (p->reason_count)
		buf_printf(out, "\n          %.*s",
		           STR_ARG(policy_reason_message(p->rules, policy_main_reason(p), d->lang)));
	buf_byte(out, '\n');
}

static struct str cause_of(const struct policy_diff *d, const struct region *r)
{
	if (r->cause == d->item_count)
		return say(d, "grant or waiver", "diện miễn phí hoặc văn bản miễn thu");
	const struct item *t = &d->items[r->cause];
	return t->check[t->check[0] ? 0 : 1]->id;
}

static struct str cause_kind(const struct policy_diff *d, const struct region *r)
{
	if (r->cause == d->item_count)
		return STR_NONE;
	const struct item *t = &d->items[r->cause];
	if (!t->check[0])
		return say(d, "new rule ", "quy tắc mới ");
	if (!t->check[1])
		return say(d, "rule taken away ", "quy tắc đã bỏ ");
	return t->moved ? say(d, "moved rule ", "quy tắc đổi thứ tự ") : say(d, "rule ", "quy tắc ");
}

static void print_box(const struct policy_diff *d, const uint64_t *box, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < d->space.dim_count; i++) {
		const struct dim *m = &d->space.dims[i];
		if (diff_box_is_full(d, box, i))
			continue;
		struct str en = m->en.len ? m->en : m->name, own = m->vi.len ? m->vi : en;
		buf_printf(out, "          %.*s: ", STR_ARG(vi(d) ? own : en));
		diff_say_dim(d, box, i, out);
		buf_byte(out, '\n');
		any = true;
	}
	if (!any)
		buf_printf(out, "          %.*s\n", STR_ARG(say(d, "everywhere", "mọi trường hợp")));
}

/* Reasons and clauses (document, a tab, section) of one decision that the other does not have. */
static void print_words(const struct policy_diff *d, struct str label, const struct word_set *has,
                        const struct word_set *lacks, struct buf *out)
{
	size_t n = 0;
	for (size_t w = 0; w < d->word_count; w++) {
		struct str rest = d->words[w], first = str_split(&rest, '\t');
		if (!(has->bits[w / 64] & ~lacks->bits[w / 64] & 1ull << w % 64))
			continue;
		if (n++ == 0)
			buf_printf(out, "\n   %.*s", STR_ARG(label));
		else
			buf_lit(out, "; ");
		buf_printf(out, "%.*s%s%.*s", STR_ARG(first), rest.len ? " " : "", STR_ARG(rest));
	}
}

static void print_title(const struct policy_diff *d, const struct region *r, struct buf *out)
{
	if (r->kind == REGION_FLIPS) {
		print_outcome(d, &r->decisions[0], out);
		buf_lit(out, "  ->  ");
		print_outcome(d, &r->decisions[1], out);
	} else if (r->kind == REGION_CITES) {
		buf_add(out, say(d, "the outcome stays, reasons or clauses change",
		                 "kết quả giữ nguyên, lý do hoặc căn cứ thay đổi"));
		print_words(d, say(d, "no longer  ", "bỏ    "), &r->old.words, &r->now.words, out);
		print_words(d, say(d, "now also   ", "thêm  "), &r->now.words, &r->old.words, out);
	} else {
		buf_add(out, say(d, "outcome, reasons or clauses change, as other rules decide as well",
		                 "kết quả, lý do hoặc căn cứ thay đổi, tùy theo các quy tắc khác"));
	}
}

static void print_region(const struct policy_diff *d, size_t at, struct buf *out)
{
	const struct region *r = &d->regions[at];
	buf_printf(out, "\n%zu. ", at + 1);
	print_title(d, r, out);
	buf_printf(out, "\n   %.*s %.*s%.*s\n   %.*s\n", STR_ARG(say(d, "because of", "do")),
	           STR_ARG(cause_kind(d, r)), STR_ARG(cause_of(d, r)), STR_ARG(say(d, "where", "khi")));
	for (size_t i = 0; i < r->box_count && i < BOXES_SHOWN; i++) {
		if (i > 0)
			buf_printf(out, "       %.*s\n", STR_ARG(say(d, "or", "hoặc khi")));
		print_box(d, r->boxes[i], out);
	}
	if (r->box_count > BOXES_SHOWN)
		buf_printf(out,
		           vi(d) ? "       hoặc %zu trường hợp khác (--json liệt kê tất cả)\n"
		                 : "       or %zu more such parts (--json lists them all)\n",
		           r->box_count - BOXES_SHOWN);
	buf_printf(out, "   %.*s ", STR_ARG(say(d, "for example", "ví dụ")));
	policy_facts_print(&r->witness.facts, out);
	buf_byte(out, '\n');
	print_decision(d, say(d, "before", "trước "), &r->decisions[0], out);
	print_decision(d, say(d, "after ", "sau   "), &r->decisions[1], out);
}

static void print_texts(const struct policy_diff *d, struct buf *out)
{
	buf_printf(
	    out, "\n%.*s\n",
	    STR_ARG(say(d, "What differs in the rule files (words, fees, plans, sources and rules):",
	                "Những chỗ khác nhau trong bộ quy tắc (lời văn, phí, kế hoạch, nguồn và quy tắc):")));
	for (size_t i = 0; i < d->text_count; i++) {
		const struct text_change *t = &d->texts[i];
		buf_printf(out, "   %.*s\n", STR_ARG(t->path));
		if (t->from.len)
			buf_printf(out, "      - %.*s\n", STR_ARG(t->from));
		if (t->to.len)
			buf_printf(out, "      + %.*s\n", STR_ARG(t->to));
	}
}

static void print_limits(const struct policy_diff *d, const char *before, struct buf *out)
{
	struct str rest = buf_str(&d->space.limits);
	while (rest.len) {
		struct str line = str_split(&rest, '\n');
		buf_printf(out, "%s%.*s\n", before, STR_ARG(line));
	}
}

static void print_text(const struct policy_diff *d, struct buf *out)
{
	buf_printf(out, "%.*s %s\n%.*s %s\n", STR_ARG(say(d, "from", "từ ")),
	           policy_revision(d->space.rules[0]), STR_ARG(say(d, "to  ", "đến")),
	           policy_revision(d->space.rules[1]));
	if (d->region_count)
		buf_printf(out,
		           vi(d) ? "%zu nhóm hồ sơ được xét khác đi\n"
		                 : "%zu region(s) of inputs decided differently\n",
		           d->region_count);
	else
		buf_printf(out, "%.*s\n",
		           STR_ARG(say(d, "no input is decided differently",
		                       "không hồ sơ nào được xét khác đi")));
	print_limits(d, vi(d) ? "chưa đầy đủ: " : "not complete: ", out);
	if (d->cut)
		buf_printf(out,
		           vi(d) ? "một quyết định chỉ nêu tối đa %d lý do và %d căn cứ: khi có nhiều hơn, "
		                   "khác biệt có thể "
		                   "không hiện ra\n"
		                 : "a decision lists at most %d reasons and %d clauses: where more apply, a "
		                   "difference among "
		                   "them may not show\n",
		           POLICY_REASONS_MAX, POLICY_CITES_MAX);
	for (size_t i = 0; i < d->region_count; i++)
		print_region(d, i, out);
	if (d->text_count)
		print_texts(d, out);
}

/* ---- JSON ---- */

static void json_decision(const char *name, const struct policy_decision *p, struct buf *out)
{
	buf_printf(out, ",\"%s\":{", name);
	policy_print_common(p, out);
	buf_byte(out, ',');
	policy_print_item(p, out);
	buf_byte(out, '}');
}

static void json_box(const struct policy_diff *d, const uint64_t *box, struct buf *out)
{
	struct buf words;
	size_t n = 0;
	buf_init(&words, 1 << 20);
	buf_byte(out, '[');
	for (size_t i = 0; i < d->space.dim_count; i++) {
		if (diff_box_is_full(d, box, i))
			continue;
		buf_clear(&words);
		diff_say_dim(d, box, i, &words);
		buf_add(out, n++ ? STR(",{\"fact\":") : STR("{\"fact\":"));
		buf_json(out, d->space.dims[i].name);
		member(out, "is", buf_str(&words));
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
	buf_fini(&words);
}

static void json_region(const struct policy_diff *d, const struct region *r, struct buf *out)
{
	static const char *const kinds[] = {"outcome", "cites", "outcome_or_cites"};
	buf_printf(out, "{\"changes\":\"%s\"", kinds[r->kind]);
	member(out, "because_of", cause_of(d, r));
	buf_lit(out, ",\"where\":[");
	for (size_t i = 0; i < r->box_count; i++) {
		buf_append(out, ",", i > 0);
		json_box(d, r->boxes[i], out);
	}
	buf_lit(out, "],\"witness\":");
	policy_facts_print(&r->witness.facts, out);
	json_decision("before", &r->decisions[0], out);
	json_decision("after", &r->decisions[1], out);
	buf_byte(out, '}');
}

static void json_text(const struct text_change *t, struct buf *out)
{
	buf_lit(out, "{\"path\":");
	buf_json(out, t->path);
	member(out, "before", t->from);
	member(out, "after", t->to);
	buf_byte(out, '}');
}

static void print_json(const struct policy_diff *d, struct buf *out)
{
	struct str rest = buf_str(&d->space.limits);
	buf_printf(out, "{\"from\":\"%s\",\"to\":\"%s\",\"complete\":%s,\"limits\":[",
	           policy_revision(d->space.rules[0]), policy_revision(d->space.rules[1]),
	           rest.len ? "false" : "true");
	for (size_t n = 0; rest.len; n++) {
		buf_append(out, ",", n > 0);
		buf_json(out, str_split(&rest, '\n'));
	}
	buf_lit(out, "],\"regions\":[");
	for (size_t i = 0; i < d->region_count; i++) {
		buf_append(out, ",", i > 0);
		json_region(d, &d->regions[i], out);
	}
	buf_lit(out, "],\"texts\":[");
	for (size_t i = 0; i < d->text_count; i++) {
		buf_append(out, ",", i > 0);
		json_text(&d->texts[i], out);
	}
	buf_lit(out, "]}\n");
}

void policy_diff_print(struct policy_diff *d, enum policy_form form, enum policy_lang lang, struct buf *out)
{
	d->lang = form == POLICY_JSON ? POLICY_EN : lang;
	if (form == POLICY_JSON)
		print_json(d, out);
	else
		print_text(d, out);
}
