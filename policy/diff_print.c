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
	print_json_str(out, value);
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
		print_json_str(out, e->type);
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
		print_json_str(out, f->given[i].name);
		buf_byte(out, ':');
		print_json_str(out, f->given[i].value);
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

static void print_outcome(const struct policy_decision *p, struct buf *out)
{
	buf_printf(out, "%s %.*s", policy_outcome_names[p->outcome], STR_ARG(policy_main_reason(p)));
	if (p->outcome == POLICY_GRANT || p->outcome == POLICY_GRANT_PARTIAL)
		buf_printf(out, " (%d free, %d charged)", p->free_years, p->charged_years);
}

static void print_decision(const char *label, const struct policy_decision *p, struct buf *out)
{
	buf_printf(out, "   %s   ", label);
	print_outcome(p, out);
	for (size_t i = 1; i < p->reason_count; i++)
		buf_printf(out, ", %.*s", STR_ARG(policy_code(p->reasons[i])));
	buf_lit(out, "\n          cites ");
	for (size_t i = 0; i < p->cite_count; i++)
		buf_printf(out, "%s%.*s %.*s", i ? "; " : "", STR_ARG(p->cites[i].clause->source->document),
		           STR_ARG(p->cites[i].clause->section));
	if (p->cite_count == 0)
		buf_lit(out, "nothing");
	for (int lang = POLICY_VI; lang <= POLICY_EN && p->reason_count; lang++)
		buf_printf(out, "\n          %.*s",
		           STR_ARG(policy_reason_message(p->rules, policy_main_reason(p),
		                                         (enum policy_lang)lang)));
	buf_byte(out, '\n');
}

static struct str cause_of(const struct policy_diff *d, const struct region *r)
{
	if (r->cause == d->item_count)
		return STR("grant or waiver");
	const struct item *t = &d->items[r->cause];
	return t->check[t->check[0] ? 0 : 1]->id;
}

static const char *cause_kind(const struct policy_diff *d, const struct region *r)
{
	if (r->cause == d->item_count)
		return "";
	const struct item *t = &d->items[r->cause];
	return !t->check[0]   ? "new rule "
	       : !t->check[1] ? "rule taken away "
	       : t->moved     ? "moved rule "
	                      : "rule ";
}

static void print_box(const struct policy_diff *d, const uint64_t *box, struct buf *out)
{
	bool any = false;
	for (size_t i = 0; i < d->space.dim_count; i++) {
		const struct dim *m = &d->space.dims[i];
		if (diff_box_is_full(d, box, i))
			continue;
		struct str en = m->en.len ? m->en : m->name;
		buf_printf(out, "          %.*s%s%.*s%s: ", STR_ARG(en), m->vi.len ? " (" : "",
		           STR_ARG(m->vi), m->vi.len ? ")" : "");
		diff_say_dim(d, box, i, out);
		buf_byte(out, '\n');
		any = true;
	}
	if (!any)
		buf_lit(out, "          everywhere\n");
}

static void print_region(const struct policy_diff *d, size_t at, struct buf *out)
{
	const struct region *r = &d->regions[at];
	buf_printf(out, "\n%zu. ", at + 1);
	if (r->kind == REGION_FLIPS) {
		print_outcome(&r->decisions[0], out);
		buf_lit(out, "  ->  ");
		print_outcome(&r->decisions[1], out);
	} else if (r->kind == REGION_CITES) {
		buf_lit(out, "the outcome stays, reasons or clauses change");
	} else {
		buf_lit(out, "outcome, reasons or clauses change, as other rules decide as well");
	}
	buf_printf(out, "\n   because of %s%.*s\n   where\n", cause_kind(d, r), STR_ARG(cause_of(d, r)));
	for (size_t i = 0; i < r->box_count && i < BOXES_SHOWN; i++) {
		if (i > 0)
			buf_lit(out, "       or\n");
		print_box(d, r->boxes[i], out);
	}
	if (r->box_count > BOXES_SHOWN)
		buf_printf(out, "       or %zu more such parts (--json lists them all)\n",
		           r->box_count - BOXES_SHOWN);
	buf_lit(out, "   for example ");
	policy_facts_print(&r->witness.facts, out);
	buf_byte(out, '\n');
	print_decision("before", &r->decisions[0], out);
	print_decision("after ", &r->decisions[1], out);
}

static void print_texts(const struct policy_diff *d, struct buf *out)
{
	buf_lit(out, "\nWhat differs in the rule files (words, fees, plans, sources and rules):\n");
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
	buf_printf(out, "from %s\nto   %s\n", policy_revision(d->space.rules[0]),
	           policy_revision(d->space.rules[1]));
	if (d->region_count)
		buf_printf(out, "%zu region%s of inputs decided differently\n", d->region_count,
		           d->region_count == 1 ? "" : "s");
	else
		buf_lit(out, "no input is decided differently\n");
	print_limits(d, "not complete: ", out);
	if (d->cut)
		buf_printf(out,
		           "a decision lists at most %d reasons and %d clauses: where more apply, a "
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
		print_json_str(out, d->space.dims[i].name);
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
	print_json_str(out, t->path);
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
		print_json_str(out, str_split(&rest, '\n'));
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

void policy_diff_print(const struct policy_diff *d, enum policy_form form, struct buf *out)
{
	if (form == POLICY_JSON)
		print_json(d, out);
	else
		print_text(d, out);
}
