/* From classes to facts, as witnesses and for asking the engine; and from facts to their classes. */
#include "policy/diff_int.h"

#include <stdio.h>

/* ---- evidence ---- */

static void add_piece(struct built *out, struct str type, bool complete, enum policy_result result)
{
	out->evidence[out->facts.evidence_count++] =
	    (struct policy_evidence){.type = type,
	                             .reference = complete ? STR("1") : STR_NONE,
	                             .date = complete ? out->today : DATE_NONE,
	                             .result = result};
}

static void put_evidence(const struct space *s, const struct point *p, struct built *out)
{
	out->facts.evidence = out->evidence;
	for (size_t g = 0; g < s->group_count; g++) {
		struct str type = s->dims[DIM_FIXED__COUNT + g].types.list[0];
		uint16_t k = p->at[DIM_FIXED__COUNT + g];
		bool bare = k == PIECES_GOOD_BARE || k == PIECES_GOOD_MIXED;
		if (k == PIECES_GOOD || bare)
			add_piece(out, type, !bare, POLICY_CONFIRMED);
		if (k == PIECES_BAD || k == PIECES_BAD_BARE || k == PIECES_GOOD_MIXED)
			add_piece(out, type, k != PIECES_BAD_BARE, POLICY_UNCONFIRMED);
	}
	if (p->at[DIM_CONTRADICTION] == 1)
		add_piece(out, STR("another_document"), false, POLICY_CONTRADICTED);
}

static enum pieces class_of_pieces(const struct dim *d, const struct policy_facts *f, date_t today)
{
	bool good = false, bad = false, whole_good = false, whole_bad = false;
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct policy_evidence *p = &f->evidence[i];
		if (!diff_in_list(&d->types, p->type))
			continue;
		bool whole = p->reference.len > 0 && p->date != DATE_NONE;
		bool confirms = p->result == POLICY_CONFIRMED && (p->date == DATE_NONE || p->date <= today);
		good |= confirms;
		bad |= !confirms;
		whole_good |= whole && confirms;
		whole_bad |= whole && !confirms;
	}
	if (d->count == PIECES_SIMPLE)
		return good ? PIECES_GOOD : bad ? PIECES_BAD : PIECES_NONE;
	if (whole_good)
		return PIECES_GOOD;
	if (good)
		return whole_bad ? PIECES_GOOD_MIXED : PIECES_GOOD_BARE;
	return whole_bad ? PIECES_BAD : bad ? PIECES_BAD_BARE : PIECES_NONE;
}

static size_t class_of_contradiction(const struct policy_facts *f)
{
	for (size_t i = 0; i < f->evidence_count; i++)
		if (f->evidence[i].result == POLICY_CONTRADICTED)
			return 1;
	return 0;
}

/* ---- texts, flags, numbers ---- */

static struct str text_at(const struct space *s, const struct point *p, size_t dim)
{
	uint16_t k = p->at[dim];
	if (k == CLASS_FREE)
		k = 0;
	return s->dims[dim].classes[k].missing ? STR_NONE : s->dims[dim].classes[k].text;
}

static enum policy_flag flag_at(const struct space *s, const struct point *p, size_t dim)
{
	struct str text = text_at(s, p, dim);
	return text.len == 0 ? POLICY_UNKNOWN : str_eq_c(text, "true") ? POLICY_YES : POLICY_NO;
}

static int64_t number_of(const struct klass *k)
{
	return k->lo > 1 ? k->lo : k->hi < 1 ? k->hi : 1;
}

static int number_at(const struct space *s, const struct point *p, size_t dim)
{
	uint16_t k = p->at[dim];
	if (k == CLASS_FREE)
		k = dim == DIM_PERIOD ? 1 : 0;
	return s->dims[dim].classes[k].missing ? -1 : (int)number_of(&s->dims[dim].classes[k]);
}

static int find_name(const char *const *names, struct str text)
{
	for (int i = 0; names[i]; i++)
		if (str_eq_c(text, names[i]))
			return i;
	return 0;
}

static void put_texts(const struct space *s, const struct point *p, struct built *out)
{
	struct policy_facts *f = &out->facts;
	f->op = (enum policy_op)find_name(policy_op_names, text_at(s, p, DIM_OP));
	f->kind = (enum policy_kind)find_name(policy_kind_names, text_at(s, p, DIM_KIND));
	f->gender = (enum policy_gender)find_name(policy_gender_names, text_at(s, p, DIM_GENDER));
	f->zone = text_at(s, p, DIM_ZONE);
	f->grant = text_at(s, p, DIM_GRANT);
	f->citizenship = text_at(s, p, DIM_CITIZENSHIP);
	f->province = text_at(s, p, DIM_PROVINCE);
	f->province_list = text_at(s, p, DIM_PROVINCE_LIST);
	f->registration_exempt = flag_at(s, p, DIM_EXEMPT);
	f->name_idn = flag_at(s, p, DIM_NAME_IDN) == POLICY_YES;
	f->name_list.kind =
	    (enum policy_listed)find_name(policy_listed_names, text_at(s, p, DIM_NAME_LISTED));
	f->prior_paid = flag_at(s, p, DIM_PRIOR_PAID);
	f->name_known = flag_at(s, p, DIM_NAME_KNOWN);
	f->name_granted = flag_at(s, p, DIM_NAME_GRANTED);
	f->ownership_changed = flag_at(s, p, DIM_OWNERSHIP);
	f->period = number_at(s, p, DIM_PERIOD);
	f->prior_grants = number_at(s, p, DIM_PRIOR_GRANTS);
	f->free_years_used = p->at[DIM_USED] == CLASS_FREE ? -1 : number_at(s, p, DIM_USED);
	f->name_length = 10;
}

static void put_declared(const struct space *s, const struct point *p, size_t sample, struct built *out)
{
	size_t n = 0;
	for (size_t i = s->declared_first; i < s->dim_count; i++) {
		const struct dim *d = &s->dims[i];
		uint16_t at = p->at[i];
		if (at == CLASS_FREE || d->classes[at].missing)
			continue;
		char *text = out->texts[n];
		struct str value = d->classes[at].text;
		if (d->form == FORM_NUMBER) {
			snprintf(text, sizeof out->texts[n], "%lld", (long long)number_of(&d->classes[at]));
			value = str_c(text);
		} else if (d->form == FORM_DATE) {
			value = str_c(date_format(text, space_rep(d, sample, at)));
		}
		out->given[n++] = (struct policy_given){d->name, value};
	}
	out->facts.given = out->given;
	out->facts.given_count = n;
}

/* ---- dates ---- */

static bool wants(const struct space *s, const struct point *p, size_t dim)
{
	return p->at[dim] != CLASS_FREE && !s->dims[dim].classes[p->at[dim]].missing;
}

static bool fits_sample(const struct space *s, const struct point *p, size_t sample)
{
	for (size_t i = DIM_BIRTH; i < s->dim_count; i++)
		if (s->dims[i].form == FORM_DATE && i != DIM_RELATIVE && wants(s, p, i) &&
		    space_rep(&s->dims[i], sample, p->at[i]) == DATE_NONE)
			return false;
	return true;
}

static date_t date_at(const struct space *s, const struct point *p, size_t dim, size_t sample)
{
	return wants(s, p, dim) ? space_rep(&s->dims[dim], sample, p->at[dim]) : DATE_NONE;
}

/* First free day and expiry: the expiry answers to the decision's day and to the first free day. */
static bool put_term(const struct space *s, const struct point *p, size_t sample, struct built *out)
{
	struct policy_facts *f = &out->facts;
	bool relative = wants(s, p, DIM_RELATIVE), expires = wants(s, p, DIM_EXPIRES);
	bool unrelated = p->at[DIM_RELATIVE] != CLASS_FREE && !relative;
	f->grant_from = date_at(s, p, DIM_GRANT_FROM, sample);
	f->expires_on = date_at(s, p, DIM_EXPIRES, sample);
	if (unrelated)
		return f->grant_from == DATE_NONE || f->expires_on == DATE_NONE;
	if (!relative)
		return true;
	const struct dim *r = &s->dims[DIM_RELATIVE];
	if (p->at[DIM_GRANT_FROM] == CLASS_FREE) {
		if (expires)
			return space_meet(s, sample, p, f);
		f->grant_from = s->origins[r->classes[p->at[DIM_RELATIVE]].home];
		f->expires_on = space_rep(r, r->classes[p->at[DIM_RELATIVE]].home, p->at[DIM_RELATIVE]);
		return p->at[DIM_EXPIRES] == CLASS_FREE;
	}
	if (f->grant_from == DATE_NONE || (!expires && p->at[DIM_EXPIRES] != CLASS_FREE))
		return false;
	if (!expires && f->grant_from == out->without) /* on whatever day it is decided */
		return false;
	if (space_meet(s, sample, p, f))
		return true;
	if (!expires)
		out->without = date_at(s, p, DIM_GRANT_FROM, sample);
	return false;
}

static bool misses_birth(const struct space *s, const struct point *p)
{
	uint16_t id = p->at[DIM_ID_NUMBER];
	return !wants(s, p, DIM_BIRTH) && id != CLASS_FREE && diff_number_misses_birth(s, id);
}

static bool put_all(const struct space *s, const struct point *p, size_t sample, struct built *out)
{
	struct policy_facts *f = &out->facts;
	out->today = s->samples[sample];
	f->at = instant_of_date(out->today, HANOI_OFFSET_S) + 12 * 3600000;
	f->birth_date = date_at(s, p, DIM_BIRTH, sample);
	if (misses_birth(s, p)) { /* a number can only miss a date of birth that there is */
		if (p->at[DIM_BIRTH] != CLASS_FREE)
			return false;
		f->birth_date = date_make(2004, 5, 6);
	}
	f->founded_on = date_at(s, p, DIM_FOUNDED, sample);
	f->registered_on = date_at(s, p, DIM_REGISTERED, sample);
	if (!put_term(s, p, sample, out))
		return false;
	size_t missing_id = s->dims[DIM_ID_NUMBER].count - 1;
	f->id_number =
	    diff_put_id_number(s, p->at[DIM_ID_NUMBER] == CLASS_FREE ? missing_id : p->at[DIM_ID_NUMBER],
	                       out);
	if (p->at[DIM_TAX_CODE] != CLASS_FREE)
		f->tax_code = diff_put_number(s, DIM_TAX_CODE, p->at[DIM_TAX_CODE]);
	if (p->at[DIM_REGISTRATION] != CLASS_FREE)
		f->registration_number = diff_put_number(s, DIM_REGISTRATION, p->at[DIM_REGISTRATION]);
	put_declared(s, p, sample, out);
	out->facts.evidence_count = 0;
	put_evidence(s, p, out);
	return true;
}

/* The first sample of the day's class. */
static size_t first_sample(const struct space *s, size_t klass)
{
	size_t low = 0, high = s->sample_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->sample_class[mid] < klass)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool try_sample(const struct space *s, const struct point *p, size_t sample, struct built *out)
{
	return fits_sample(s, p, sample) && put_all(s, p, sample, out);
}

bool space_build(const struct space *s, const struct point *p, struct built *out)
{
	size_t first = 0;
	out->facts = POLICY_FACTS_NONE;
	out->without = DATE_NONE;
	put_texts(s, p, out);
	if (p->at[DIM_TODAY] != CLASS_FREE) {
		for (size_t i = first_sample(s, p->at[DIM_TODAY]);
		     i < s->sample_count && s->sample_class[i] == p->at[DIM_TODAY]; i++)
			if (try_sample(s, p, i, out))
				return true;
		return false;
	}
	if (try_sample(s, p, s->usual_sample, out))
		return true;
	for (size_t i = DIM_BIRTH; i < s->dim_count; i++) /* days at which there is each date */
		if (s->dims[i].form == FORM_DATE && i != DIM_RELATIVE && wants(s, p, i) &&
		    s->dims[i].classes[p->at[i]].home > first)
			first = s->dims[i].classes[p->at[i]].home;
	for (size_t i = first; i < s->sample_count; i++)
		if (try_sample(s, p, i, out))
			return true;
	return false;
}

/* ---- classes of given facts ---- */

static size_t class_of_text(const struct dim *d, struct str text)
{
	size_t other = d->count, missing = d->count;
	for (size_t i = 0; i < d->count; i++) {
		if (d->classes[i].missing)
			missing = i;
		else if (d->classes[i].other)
			other = i;
		else if (diff_in_list(&d->classes[i].members, text))
			return i;
	}
	return text.len == 0 ? missing : other < d->count ? other : missing;
}

static size_t class_of_number(const struct dim *d, bool known, int64_t n)
{
	size_t missing = d->count;
	for (size_t i = 0; i < d->count; i++) {
		if (d->classes[i].missing)
			missing = i;
		else if (known && n >= d->classes[i].lo && n <= d->classes[i].hi)
			return i;
	}
	return missing;
}

static struct str flag_text(enum policy_flag f)
{
	return f == POLICY_UNKNOWN ? STR_NONE : f == POLICY_YES ? STR("true") : STR("false");
}

static void classify_texts(const struct space *s, const struct policy_facts *f, size_t *at)
{
	const struct {
		size_t dim;
		struct str text;
	} texts[] = {
	    {DIM_OP, str_c(policy_op_names[f->op])},
	    {DIM_KIND, f->kind ? str_c(policy_kind_names[f->kind]) : STR_NONE},
	    {DIM_GENDER, f->gender ? str_c(policy_gender_names[f->gender]) : STR_NONE},
	    {DIM_ZONE, f->zone},
	    {DIM_GRANT, f->grant},
	    {DIM_CITIZENSHIP, f->citizenship},
	    {DIM_PROVINCE, f->province},
	    {DIM_PROVINCE_LIST, f->province_list},
	    {DIM_EXEMPT, f->registration_exempt == POLICY_YES ? STR("true") : STR("false")},
	    {DIM_NAME_IDN, f->name_idn ? STR("true") : STR("false")},
	    {DIM_NAME_LISTED, str_c(policy_listed_names[f->name_list.kind])},
	    {DIM_PRIOR_PAID, flag_text(f->prior_paid)},
	    {DIM_NAME_KNOWN, flag_text(f->name_known)},
	    {DIM_NAME_GRANTED, flag_text(f->name_granted)},
	    {DIM_OWNERSHIP, flag_text(f->ownership_changed)},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		at[texts[i].dim] = class_of_text(&s->dims[texts[i].dim], texts[i].text);
}

static size_t class_of_date(const struct dim *d, date_t v, date_t ref)
{
	return v == DATE_NONE ? 0 : space_class_of_date(d, v, ref);
}

static void classify_dates(const struct space *s, const struct policy_facts *f, date_t today, size_t *at)
{
	const struct dim *d = s->dims;
	at[DIM_TODAY] = class_of_number(&d[DIM_TODAY], true, today);
	at[DIM_BIRTH] = class_of_date(&d[DIM_BIRTH], f->birth_date, today);
	at[DIM_FOUNDED] = class_of_date(&d[DIM_FOUNDED], f->founded_on, today);
	at[DIM_REGISTERED] = class_of_date(&d[DIM_REGISTERED], f->registered_on, today);
	at[DIM_GRANT_FROM] = class_of_date(&d[DIM_GRANT_FROM], f->grant_from, today);
	at[DIM_EXPIRES] = class_of_date(&d[DIM_EXPIRES], f->expires_on, today);
	at[DIM_RELATIVE] =
	    f->grant_from == DATE_NONE ? 0 : class_of_date(&d[DIM_RELATIVE], f->expires_on, f->grant_from);
}

static size_t class_of_declared(const struct dim *d, const struct policy_facts *f, date_t today)
{
	struct str value = STR_NONE;
	int64_t number = 0;
	date_t date = DATE_NONE;
	for (size_t i = 0; i < f->given_count; i++)
		if (str_eq(f->given[i].name, d->name))
			value = f->given[i].value;
	bool is_date = date_parse(value, &date), is_number = str_to_i64(value, &number);
	if (d->form == FORM_DATE)
		return class_of_date(d, is_date ? date : DATE_NONE, today);
	if (d->form == FORM_NUMBER)
		return class_of_number(d, is_number, number);
	return class_of_text(d, value);
}

bool space_classify(const struct space *s, const struct policy_facts *f, struct point *out)
{
	size_t at[DIMS_MAX] = {0};
	date_t today = date_of_instant(f->at, HANOI_OFFSET_S);
	classify_texts(s, f, at);
	classify_dates(s, f, today, at);
	at[DIM_PERIOD] = class_of_number(&s->dims[DIM_PERIOD], f->period >= 0, f->period);
	at[DIM_PRIOR_GRANTS] =
	    class_of_number(&s->dims[DIM_PRIOR_GRANTS], f->prior_grants >= 0, f->prior_grants);
	at[DIM_USED] = class_of_number(&s->dims[DIM_USED], f->free_years_used >= 0, f->free_years_used);
	at[DIM_ID_NUMBER] = diff_class_of_id(s, f);
	at[DIM_TAX_CODE] = diff_class_of_tax_code(s, f->tax_code);
	at[DIM_REGISTRATION] = diff_class_of_registration(s, f->registration_number);
	at[DIM_CONTRADICTION] = class_of_contradiction(f);
	for (size_t g = 0; g < s->group_count; g++)
		at[DIM_FIXED__COUNT + g] = class_of_pieces(&s->dims[DIM_FIXED__COUNT + g], f, today);
	for (size_t i = s->declared_first; i < s->dim_count; i++)
		at[i] = class_of_declared(&s->dims[i], f, today);
	for (size_t i = 0; i < s->dim_count; i++) {
		if (at[i] >= s->dims[i].count)
			return false;
		out->at[i] = (uint16_t)at[i];
	}
	return true;
}
