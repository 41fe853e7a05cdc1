/* What a decision rests on besides the checks: facts as values, and what the rule set holds for zone, grant and date. */
#include "policy/decide_int.h"
#include "policy/identity.h"

struct str policy_zone_of(struct str domain)
{
	const char *dot = domain.len ? memchr(domain.ptr, '.', domain.len) : NULL;
	if (!dot)
		return STR_NONE;
	return str_make(dot + 1, domain.len - (size_t)(dot - domain.ptr) - 1);
}

/* ---- facts as values ---- */

static void set_text(struct deciding *x, enum fact f, struct str s)
{
	x->e.values[f] = (struct fact_value){s.len > 0, s, 0};
}

static void set_bool(struct deciding *x, enum fact f, bool yes)
{
	set_text(x, f, yes ? STR("true") : STR("false"));
}

static void set_flag(struct deciding *x, enum fact f, enum policy_flag flag)
{
	if (flag != POLICY_UNKNOWN)
		set_bool(x, f, flag == POLICY_YES);
}

static void set_date(struct deciding *x, enum fact f, date_t d)
{
	x->e.values[f] = (struct fact_value){d != DATE_NONE, STR_NONE, d};
}

static void set_number(struct deciding *x, enum fact f, int64_t n)
{
	x->e.values[f] = (struct fact_value){true, STR_NONE, n};
}

/* Declared facts; what the rule set does not know, or cannot read, stays missing. */
static void take_given(struct deciding *x, const struct policy_facts *f)
{
	for (size_t i = 0; i < f->given_count; i++) {
		const struct fact_info *info = map_get(&x->e.rules->fact_by_id, f->given[i].name);
		size_t at = info ? (size_t)(info - x->e.rules->facts) : 0;
		struct fact_value v;
		if (at >= FACT__COUNT && fact_parse(info, f->given[i].value, &v))
			x->e.values[at] = v;
	}
}

static void take_facts(struct deciding *x, const struct policy_facts *f)
{
	set_text(x, FACT_op, str_c(policy_op_names[f->op]));
	if (f->kind != POLICY_KIND_NONE)
		set_text(x, FACT_kind, str_c(policy_kind_names[f->kind]));
	if (f->gender != POLICY_GENDER_UNKNOWN)
		set_text(x, FACT_gender, str_c(policy_gender_names[f->gender]));
	set_text(x, FACT_zone, f->zone);
	if (f->period >= 0)
		set_number(x, FACT_period, f->period);
	set_text(x, FACT_citizenship, f->citizenship);
	set_date(x, FACT_birth_date, f->birth_date);
	set_text(x, FACT_id_number, f->id_number);
	set_text(x, FACT_tax_code, f->tax_code);
	set_text(x, FACT_registration_number, f->registration_number);
	set_date(x, FACT_founded_on, f->founded_on);
	set_date(x, FACT_registered_on, f->registered_on);
	set_bool(x, FACT_registration_exempt, f->registration_exempt == POLICY_YES);
	set_text(x, FACT_province, f->province);
	set_bool(x, FACT_name_idn, f->name_idn);
	if (f->prior_grants >= 0)
		set_number(x, FACT_prior_grants, f->prior_grants);
	set_flag(x, FACT_prior_paid, f->prior_paid);
	set_text(x, FACT_name_listed, str_c(policy_listed_names[f->name_list.kind]));
	set_flag(x, FACT_name_known, f->name_known);
	set_flag(x, FACT_name_granted, f->name_granted);
	set_flag(x, FACT_ownership_changed, f->ownership_changed);
	set_date(x, FACT_grant_from, f->grant_from);
	set_date(x, FACT_expires_on, f->expires_on);
	set_text(x, FACT_grant, f->grant);
	take_given(x, f);
	if (f->expires_on != DATE_NONE)
		set_number(x, FACT_days_after_expiry, (int64_t)x->e.today - f->expires_on);
}

/* ---- the subject ---- */

/* The number under which a subject is known: by kind, the first that is given. */
static struct str subject_number(const struct policy_facts *f)
{
	if (f->kind == POLICY_CITIZEN)
		return f->id_number;
	if (f->kind == POLICY_ENTERPRISE)
		return f->tax_code;
	if (f->kind != POLICY_HOUSEHOLD)
		return STR_NONE;
	if (f->registration_number.len > 0)
		return f->registration_number;
	return f->tax_code.len > 0 ? f->tax_code : f->id_number;
}

static bool write_key(const struct policy_facts *f, struct str of, char out[POLICY_KEY_MAX])
{
	char number[40];
	out[0] = '\0';
	if (f->zone.len == 0 || f->zone.len > 30 || !identity_normalize(of, number, sizeof number))
		return false;
	const char *kind = policy_kind_names[f->kind];
	size_t n = f->zone.len;
	memcpy(out, f->zone.ptr, n);
	out[n++] = '/';
	memcpy(out + n, kind, strlen(kind));
	n += strlen(kind);
	out[n++] = '/';
	memcpy(out + n, number, strlen(number) + 1);
	return true;
}

void lookup_key(const struct policy_facts *f, char out[POLICY_KEY_MAX])
{
	out[0] = '\0';
	if (f->op == POLICY_CREATE)
		(void)write_key(f, subject_number(f), out); /* none is an empty text */
}

size_t policy_subject_keys(const struct policy_ruleset *r, const struct policy_facts *f,
                           char out[POLICY_NUMBERS_MAX][POLICY_KEY_MAX])
{
	const struct str more[] = {f->tax_code, f->id_number};
	bool linked = f->kind == POLICY_HOUSEHOLD && r->readings[READING_households].value == 0;
	size_t n = write_key(f, subject_number(f), out[0]);
	for (size_t i = 0; n > 0 && linked && i < ARRAY_LEN(more); i++) {
		bool known = !write_key(f, more[i], out[n]);
		for (size_t k = 0; !known && k < n; k++)
			known = strcmp(out[k], out[n]) == 0;
		n += !known;
	}
	return n;
}

/* ---- what the rule set says of zone, grant, waiver ---- */

static const struct policy_grant *find_grant(const struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	const struct policy_facts *f = x->e.facts;
	const struct policy_grant *in_zone = NULL;
	for (size_t i = 0; i < r->grant_count; i++) {
		const struct policy_grant *g = &r->grants[i];
		if (!str_eq(g->zone, f->zone))
			continue;
		if (f->op == POLICY_RENEW && f->grant.len > 0 && str_eq(g->id, f->grant))
			return g;
		if (g->kind == f->kind)
			return g;
		in_zone = g;
	}
	/* a renewal may come without its applicant; of a name that was imported any grant of the zone tells the term */
	return f->op == POLICY_RENEW && f->kind == POLICY_KIND_NONE ? in_zone : NULL;
}

bool policy_grants_in(const struct policy_ruleset *r, struct str zone)
{
	for (size_t i = 0; i < r->grant_count; i++)
		if (str_eq(r->grants[i].zone, zone))
			return true;
	return false;
}

const struct cover *lookup_cover(const struct policy_waiver *w, const struct policy_grant *g)
{
	for (size_t i = 0; i < w->cover_count; i++)
		if (w->covers[i].grant == g)
			return &w->covers[i];
	return NULL;
}

/* The newest waiver that covers the grant on the date. */
static void find_waiver(struct deciding *x, date_t on)
{
	const struct policy_ruleset *r = x->e.rules;
	for (size_t i = 0; i < r->waiver_count; i++) {
		const struct policy_waiver *w = &r->waivers[i];
		const struct cover *c = lookup_cover(w, x->out->grant);
		if (!c || !window_has(w->window, on))
			continue;
		if (!x->out->waiver || w->window.from > x->out->waiver->window.from) {
			x->out->waiver = w;
			x->cover = c;
		}
	}
}

static void look_up_law(struct deciding *x)
{
	static const char *const statuses[] = {"none", "in_force", "undecided"};
	const struct policy_facts *f = x->e.facts;
	struct policy_decision *d = x->out;
	enum waiver_status status = WAIVER_NONE;
	x->zone = map_get(&x->e.rules->zone_by_name, f->zone);
	d->grant = find_grant(x);
	if (d->grant && grant_day(x) != DATE_NONE)
		find_waiver(x, grant_day(x));
	if (d->waiver)
		status = d->waiver->status;
	if (f->zone.len > 0)
		set_bool(x, FACT_zone_known, x->zone != NULL);
	if (x->zone && f->kind != POLICY_KIND_NONE)
		set_bool(x, FACT_zone_takes_kind, x->zone->kinds & 1u << f->kind);
	set_bool(x, FACT_zone_has_grant, policy_grants_in(x->e.rules, f->zone));
	if (f->kind != POLICY_KIND_NONE || f->op == POLICY_RENEW)
		set_bool(x, FACT_grant_fits, d->grant != NULL);
	set_text(x, FACT_waiver_status, str_c(statuses[status]));
	set_text(x, FACT_subject_number, subject_number(f));
}

/* ---- renewals: how much of the free term is left ---- */

/*
 * Year k of the renewal is free when it ends within the free term. One day of tolerance: 29 February, and registries
 * that count the expiry in another zone.
 */
static void count_free_years(struct deciding *x)
{
	const struct policy_facts *f = x->e.facts;
	const struct policy_grant *g = x->out->grant;
	if (f->op != POLICY_RENEW || !g || f->grant_from == DATE_NONE || f->expires_on == DATE_NONE)
		return;
	date_t end = years_after(f->grant_from, g->years, false) + x->e.rules->readings[READING_term].value;
	int left = 0;
	while (left < g->years && years_after(f->expires_on, left + 1, false) <= end + 1)
		left++;
	bool whole = years_after(f->expires_on, left, false) >= end - 1 || left == g->years;
	if (f->free_years_used >= 0 && left > g->years - f->free_years_used)
		left = f->free_years_used < g->years ? g->years - f->free_years_used : 0;
	set_number(x, FACT_free_years_left, left);
	set_bool(x, FACT_free_term_whole, whole);
}

/* ---- attribution ---- */

static const struct province_list *list_on(const struct policy_ruleset *r, struct str id, date_t on)
{
	for (size_t i = 0; i < r->province_list_count; i++) {
		const struct province_list *p = &r->province_lists[i];
		if (id.len > 0 ? str_eq(p->id, id) : window_has(p->window, on))
			return p;
	}
	return NULL;
}

static bool has_code(const struct province_list *p, struct str code)
{
	for (size_t i = 0; p && i < p->codes.count; i++)
		if (str_eq(p->codes.list[i], code))
			return true;
	return false;
}

/* The code after the merger, or an empty text. */
static struct str merged_code(const struct policy_ruleset *r, struct str list, struct str code,
                              struct str *to_list)
{
	for (size_t i = 0; i < r->merge_count; i++) {
		const struct merge *m = &r->merges[i];
		if (!str_eq(m->from_list, list))
			continue;
		for (size_t k = 0; k < m->old_codes.count; k++)
			if (str_eq(m->old_codes.list[k], code)) {
				*to_list = m->to_list;
				return m->new_codes.list[k];
			}
	}
	return STR_NONE;
}

static const struct policy_plan *find_plan(const struct policy_ruleset *r, struct str list, struct str code,
                                           date_t on)
{
	for (size_t i = 0; i < r->plan_count; i++) {
		const struct policy_plan *p = &r->plans[i];
		if (p->enabled && str_eq(p->list, list) && str_eq(p->province, code) &&
		    window_has(p->window, on))
			return p;
	}
	return NULL;
}

/* The place of an address, or under the other reading (A21) the one where a citizen's birth was registered. */
static struct str place_of(const struct deciding *x, const struct province_list **list)
{
	const struct policy_ruleset *r = x->e.rules;
	const struct policy_facts *f = x->e.facts;
	*list = list_on(r, f->province_list, x->e.today);
	if (r->readings[READING_attribution].value == 0)
		return f->province;
	*list = list_on(r, r->place_list, x->e.today);
	if (f->kind != POLICY_CITIZEN || !identity_is_personal(f->id_number))
		return STR_NONE;
	return str_make(f->id_number.ptr + 1, f->id_number.ptr[0] == '0' ? 2 : 0);
}

/* Whether a plan holds here, for the checks that ask; without a place it is not known. */
static void set_plan(struct deciding *x, bool known)
{
	if (known)
		set_text(x, FACT_plan, x->out->plan ? x->out->plan->id : STR("none"));
}

static void attribute(struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	const struct policy_facts *f = x->e.facts;
	const struct province_list *list;
	struct policy_decision *d = x->out;
	date_t on = x->e.today;
	for (size_t i = 0; i < r->programme_count; i++)
		if (window_has(r->programmes[i].window, on))
			d->programme = &r->programmes[i];
	struct str code = place_of(x, &list);
	bool known = has_code(list, code);
	if (f->province.len > 0)
		set_bool(x, FACT_province_known, has_code(list_on(r, f->province_list, on), f->province));
	if (!known)
		return;
	struct str list_id = list->id;
	d->plan = find_plan(r, list_id, code, on);
	if (!window_has(list->window, on)) {
		struct str now = merged_code(r, list_id, code, &list_id);
		if (now.len > 0) {
			(void)!str_copy(d->area_before, sizeof d->area_before, code); /* two digits fit */
			code = now;
		}
		if (!d->plan)
			d->plan = find_plan(r, list_id, code, on);
	}
	(void)!str_copy(d->province, sizeof d->province, code);              /* two digits fit */
	(void)!str_copy(d->province_list, sizeof d->province_list, list_id); /* too long: left empty */
	set_plan(x, known);
}

void lookup_all(struct deciding *x)
{
	take_facts(x, x->e.facts);
	look_up_law(x);
	count_free_years(x);
	attribute(x);
}
