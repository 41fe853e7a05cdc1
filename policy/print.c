/* Decisions as JSON members, and the words of a rule set. */
#include "policy/policy_int.h"

void policy_print_name_list(const struct policy_name_list *l, struct buf *out)
{
	char day[DATE_TEXT_MAX];
	if (!l->kind)
		return;
	buf_printf(out,
	           ",\"name_list\":{\"list\":%llu,\"line\":%u,\"kind\":\"%s\",\"match\":\"%s\",\"issuer\":",
	           (unsigned long long)l->list, l->line, policy_listed_names[l->kind],
	           l->label ? "label" : "name");
	buf_json(out, l->issuer);
	if (l->date == DATE_NONE)
		buf_lit(out, ",\"date\":null}");
	else
		buf_printf(out, ",\"date\":\"%s\"}", date_format(day, l->date));
}

/* A text, or null when it is empty. */
static void print_text(struct buf *out, struct str s)
{
	if (s.len == 0)
		buf_lit(out, "null");
	else
		buf_json(out, s);
}

static void print_words(struct buf *out, const struct policy_word *const *list, size_t count)
{
	buf_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_byte(out, ',');
		buf_json(out, list[i]->id);
	}
	buf_byte(out, ']');
}

static void print_cites(struct buf *out, const struct policy_decision *d)
{
	static const char *const roles[] = {"eligibility", "waiver", "term", "reason", "flag"};
	buf_lit(out, ",\"cites\":[");
	for (size_t i = 0; i < d->cite_count; i++) {
		const struct policy_clause *c = d->cites[i].clause;
		buf_append(out, ",", i > 0);
		buf_lit(out, "{\"document\":");
		buf_json(out, c->source->document);
		buf_lit(out, ",\"clause\":");
		buf_json(out, c->section);
		buf_lit(out, ",\"role\":");
		buf_json(out, str_c(roles[d->cites[i].role]));
		buf_lit(out, ",\"verified\":");
		buf_add(out, c->source->verified ? STR("true}") : STR("false}"));
	}
	buf_byte(out, ']');
}

static void print_attribution(struct buf *out, const struct policy_decision *d)
{
	buf_lit(out, ",\"attribution\":{\"programme\":");
	print_text(out, d->programme ? d->programme->source->document : STR_NONE);
	buf_lit(out, ",\"plan\":");
	print_text(out, d->plan ? d->plan->id : STR_NONE);
	buf_lit(out, ",\"province\":");
	print_text(out, str_c(d->province));
	buf_lit(out, ",\"province_list\":");
	print_text(out, str_c(d->province_list));
	if (d->area_before[0]) {
		buf_lit(out, ",\"area_before\":");
		print_text(out, str_c(d->area_before));
	}
	buf_byte(out, '}');
}

static bool is_granted(const struct policy_decision *d)
{
	return d->outcome == POLICY_GRANT || d->outcome == POLICY_GRANT_PARTIAL;
}

/* What is granted with the name. Rule sets of before have no word on it, and their decisions stay as they were. */
static void print_services(struct buf *out, const struct policy_decision *d)
{
	if (!d->rules->has_readings || !is_granted(d))
		return;
	buf_lit(out, ",\"services\":[");
	for (size_t i = 0; i < d->grant->services.count; i++) {
		buf_append(out, ",", i > 0);
		buf_json(out, d->grant->services.list[i]);
	}
	buf_byte(out, ']');
}

void policy_print_common(const struct policy_decision *d, struct buf *out)
{
	buf_lit(out, "\"outcome\":");
	buf_json(out, str_c(policy_outcome_names[d->outcome]));
	buf_lit(out, ",\"grant\":");
	print_text(out, d->grant ? d->grant->id : STR_NONE);
	buf_lit(out, ",\"reasons\":");
	print_words(out, d->reasons, d->reason_count);
	buf_lit(out, ",\"flags\":");
	print_words(out, d->flags, d->flag_count);
	buf_lit(out, ",\"needs\":[");
	for (size_t i = 0; i < d->need_count; i++) {
		buf_append(out, ",", i > 0);
		buf_json(out, str_c(d->needs[i]));
	}
	buf_lit(out, "],\"waiver\":");
	print_text(out, policy_waiver_name(d));
	print_attribution(out, d);
	print_cites(out, d);
	print_services(out, d);
	buf_lit(out, ",\"rules\":\"");
	buf_add(out, str_c(policy_revision(d->rules)));
	buf_byte(out, '"');
}

static void print_date(struct buf *out, date_t date)
{
	char text[DATE_TEXT_MAX];
	int y, m, day;
	if (date == DATE_NONE) {
		buf_lit(out, "null");
		return;
	}
	date_split(date, &y, &m, &day);
	text[0] = (char)('0' + y / 1000 % 10);
	text[1] = (char)('0' + y / 100 % 10);
	text[2] = (char)('0' + y / 10 % 10);
	text[3] = (char)('0' + y % 10);
	text[4] = text[7] = '-';
	text[5] = (char)('0' + m / 10);
	text[6] = (char)('0' + m % 10);
	text[8] = (char)('0' + day / 10);
	text[9] = (char)('0' + day % 10);
	buf_byte(out, '"');
	buf_append(out, text, 10);
	buf_byte(out, '"');
}

static void print_money(struct buf *out, int64_t vnd)
{
	if (vnd < 0)
		buf_lit(out, "null");
	else
		buf_u64(out, (unsigned long long)vnd);
}

void policy_print_item(const struct policy_decision *d, struct buf *out)
{
	buf_lit(out, "\"free_years\":");
	buf_u64(out, (unsigned)d->free_years);
	buf_lit(out, ",\"charged_years\":");
	buf_u64(out, (unsigned)d->charged_years);
	buf_lit(out, ",\"free_from\":");
	print_date(out, d->free_from);
	buf_lit(out, ",\"free_until\":");
	print_date(out, d->free_until);
	if (d->rules->has_readings && is_granted(d)) {
		buf_lit(out, ",\"services_until\":");
		print_date(out, d->rules->readings[READING_services].value == 0 ? d->free_until : DATE_NONE);
	}
	buf_lit(out, ",\"eligible_until\":");
	print_date(out, d->eligible_until);
	buf_lit(out, ",\"fee_vnd\":{\"levy\":");
	print_money(out, d->levy_vnd);
	buf_lit(out, ",\"maintenance\":");
	print_money(out, d->maintenance_vnd);
	buf_lit(out, ",\"expected\":");
	print_money(out, d->expected_vnd);
	buf_lit(out, ",\"charged\":null}");
}

/* ---- words ---- */

struct str policy_code(const struct policy_word *w)
{
	return w->id;
}

struct str policy_main_reason(const struct policy_decision *d)
{
	return d->reason_count > 0 ? d->reasons[0]->id : STR_NONE;
}

struct str policy_waiver_name(const struct policy_decision *d)
{
	return d->waiver && d->waiver->status == WAIVER_IN_FORCE ? d->waiver->source->document : STR_NONE;
}

const char *policy_revision(const struct policy_ruleset *r)
{
	return r->revision;
}

static size_t count_enabled(const struct checks *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++)
		n += c->list[i].enabled;
	return n;
}

size_t policy_rule_count(const struct policy_ruleset *r)
{
	size_t n = count_enabled(&r->checks);
	for (size_t i = 0; i < r->grant_count; i++)
		n += count_enabled(&r->grants[i].conditions);
	return n;
}

bool policy_admission_counts(const struct policy_ruleset *r)
{
	return r->readings[READING_registration].value != 0;
}

bool policy_refuses_ineligible(const struct policy_ruleset *r)
{
	return r->readings[READING_waiting].value != 0;
}

struct str policy_canonical(const struct policy_ruleset *r)
{
	return r->canonical;
}

struct str policy_reason_message(const struct policy_ruleset *r, struct str code, enum policy_lang lang)
{
	const struct policy_word *w = map_get(&r->word_by_id, code);
	if (!w)
		return STR_NONE;
	return lang == POLICY_VI ? w->vi : w->en;
}

struct str policy_reason_advice(const struct policy_ruleset *r, struct str code, enum policy_lang lang)
{
	const struct policy_word *w = map_get(&r->word_by_id, code);
	if (!w)
		return STR_NONE;
	return lang == POLICY_VI ? w->advice_vi : w->advice_en;
}
