/*
 * Facts in, decision out.
 *
 * Everything that applies is evaluated; the checks' order in the rule files is their rank. The first check that fails
 * for certain decides; only when none does, the first that lacks a fact decides (a person asked for a paper should not
 * have been refused anyway). With neither, the grant stands, provided that its sources are verified or accepted.
 */
#include "policy/identity.h"
#include "policy/policy_int.h"

#include "epp/base/check.h"

#include <stdio.h>

const char *const policy_op_names[] = {"create", "renew", NULL};
const char *const policy_kind_names[] = {"none",        "citizen", "enterprise", "household_business",
                                         "cooperative", "other",   NULL};
const char *const policy_gender_names[] = {"unknown", "male", "female", NULL};
const char *const policy_result_names[] = {"unconfirmed", "confirmed", "contradicted", NULL};
const char *const policy_outcome_names[] = {"grant", "grant_partial", "no_grant", "review", "reject", NULL};

struct finding {
	const struct check *check;
	const struct spec *spec;
};

struct findings {
	struct finding list[POLICY_REASONS_MAX];
	size_t count;
};

struct deciding {
	struct evaluation e;
	struct policy_decision *out;
	const struct zone *zone;
	const struct cover *cover;
	struct findings certain, missing;
	const struct policy_word *granted_reason;
	struct spec ask; /* what a missing fact means when its check does not say */
};

struct str policy_zone_of(struct str domain)
{
	const char *dot = domain.len ? memchr(domain.ptr, '.', domain.len) : NULL;
	if (!dot)
		return STR_NONE;
	return str_make(dot + 1, domain.len - (size_t)(dot - domain.ptr) - 1);
}

/* ---- the decision's lists ---- */

static void add_word(const struct policy_word **list, uint8_t *count, size_t max, const struct policy_word *w)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i] == w)
			return;
	if (w && *count < max)
		list[(*count)++] = w;
}

static void add_reason(struct policy_decision *d, const struct policy_word *w)
{
	add_word(d->reasons, &d->reason_count, POLICY_REASONS_MAX, w);
}

static void add_flag(struct policy_decision *d, const struct policy_word *w)
{
	add_word(d->flags, &d->flag_count, POLICY_FLAGS_MAX, w);
}

static void add_cites(struct policy_decision *d, const struct cites *c, enum policy_role role)
{
	for (size_t i = 0; i < c->count; i++) {
		size_t k = 0;
		while (k < d->cite_count && d->cites[k].clause != c->list[i])
			k++;
		if (k == d->cite_count && k < POLICY_CITES_MAX)
			d->cites[d->cite_count++] = (struct policy_cite){c->list[i], role};
	}
}

static void add_need(struct policy_decision *d, const char *name)
{
	for (size_t i = 0; i < d->need_count; i++)
		if (strcmp(d->needs[i], name) == 0)
			return;
	if (d->need_count < POLICY_NEEDS_MAX)
		d->needs[d->need_count++] = name;
}

static void add_dated_flags(struct policy_decision *d, const struct dated_flags *f, date_t on)
{
	for (size_t i = 0; i < f->count; i++)
		if (window_has(f->list[i].window, on))
			add_flag(d, f->list[i].flag);
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

static void take_facts(struct deciding *x, const struct policy_facts *f)
{
	set_text(x, FACT_op, str_c(policy_op_names[f->op]));
	if (f->kind != POLICY_KIND_NONE)
		set_text(x, FACT_kind, str_c(policy_kind_names[f->kind]));
	if (f->gender != POLICY_GENDER_UNKNOWN)
		set_text(x, FACT_gender, str_c(policy_gender_names[f->gender]));
	set_text(x, FACT_zone, f->zone);
	if (f->period > 0)
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
	set_flag(x, FACT_name_known, f->name_known);
	set_flag(x, FACT_name_granted, f->name_granted);
	set_flag(x, FACT_ownership_changed, f->ownership_changed);
	set_date(x, FACT_grant_from, f->grant_from);
	set_date(x, FACT_expires_on, f->expires_on);
	set_text(x, FACT_grant, f->grant);
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

bool policy_subject_key(const struct policy_facts *f, char out[POLICY_KEY_MAX])
{
	char number[40];
	out[0] = '\0';
	if (f->op != POLICY_CREATE || f->zone.len == 0 || f->zone.len > 30 ||
	    !identity_normalize(subject_number(f), number, sizeof number))
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
	/* a renewal may come without its applicant: any grant of the zone tells the term */
	return f->op == POLICY_RENEW && f->kind == POLICY_KIND_NONE ? in_zone : NULL;
}

static bool zone_has_grant(const struct policy_ruleset *r, struct str zone)
{
	for (size_t i = 0; i < r->grant_count; i++)
		if (str_eq(r->grants[i].zone, zone))
			return true;
	return false;
}

static const struct cover *find_cover(const struct policy_waiver *w, const struct policy_grant *g)
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
		const struct cover *c = find_cover(w, x->out->grant);
		if (!c || !window_has(w->window, on))
			continue;
		if (!x->out->waiver || w->window.from > x->out->waiver->window.from) {
			x->out->waiver = w;
			x->cover = c;
		}
	}
}

static const struct authority *find_authority(const struct policy_grant *g, date_t on)
{
	for (size_t i = 0; i < g->authority_count; i++)
		if (window_has(g->authorities[i].window, on))
			return &g->authorities[i];
	return NULL;
}

/* The day that the grant is counted from: of the name when it is renewed, today for a new one. */
static date_t grant_day(const struct deciding *x)
{
	return x->e.facts->op == POLICY_RENEW ? x->e.facts->grant_from : x->e.today;
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
	set_bool(x, FACT_zone_has_grant, zone_has_grant(x->e.rules, f->zone));
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
	date_t end = years_after(f->grant_from, g->years, false);
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
		if (str_eq(p->list, list) && str_eq(p->province, code) && window_has(p->window, on))
			return p;
	}
	return NULL;
}

/* By the address's code and its list, never by the prefix of a number (A21). */
static void attribute(struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	const struct policy_facts *f = x->e.facts;
	struct policy_decision *d = x->out;
	date_t on = x->e.today;
	for (size_t i = 0; i < r->programme_count; i++)
		if (window_has(r->programmes[i].window, on))
			d->programme = &r->programmes[i];
	const struct province_list *list = list_on(r, f->province_list, on);
	bool known = has_code(list, f->province);
	if (f->province.len > 0)
		set_bool(x, FACT_province_known, known);
	if (!known)
		return;
	struct str code = f->province, list_id = list->id;
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
}

/* ---- checks ---- */

static void note(struct findings *f, const struct check *c, const struct spec *s)
{
	if (f->count < POLICY_REASONS_MAX)
		f->list[f->count++] = (struct finding){c, s};
}

static void run_contested(struct deciding *x, const struct check *c)
{
	for (size_t i = 0; i < c->contested_count; i++) {
		const struct contested *k = &c->contested[i];
		if (!condition_contested(&x->e, &c->test, k->by))
			continue;
		add_flag(x->out, k->flag);
		add_cites(x->out, &k->cites, POLICY_ROLE_FLAG);
		if (!x->granted_reason)
			x->granted_reason = k->granted_reason;
	}
}

static void run_failed(struct deciding *x, const struct check *c)
{
	for (size_t i = 0; i < c->otherwise.flag_count; i++)
		add_flag(x->out, c->otherwise.flags[i]);
	if (c->otherwise.flag_only)
		add_cites(x->out, &c->cites, POLICY_ROLE_FLAG);
	else
		note(&x->certain, c, &c->otherwise);
}

static void run_check(struct deciding *x, const struct check *c)
{
	if (!condition_applies(&x->e, c))
		return;
	struct answered a = condition_test(&x->e, &c->test);
	run_contested(x, c);
	if (a.answer == ANSWER_FAIL) {
		run_failed(x, c);
		return;
	}
	if (a.answer == ANSWER_MISSING) {
		if (c->otherwise.flag_only && !c->missing.given)
			return; /* without the fact there is nothing to flag */
		note(&x->missing, c, c->missing.given ? &c->missing : &x->ask);
		add_need(x->out, c->needs ? c->needs : a.missing);
		return;
	}
	if (a.until != DATE_NONE && (x->out->eligible_until == DATE_NONE || a.until < x->out->eligible_until))
		x->out->eligible_until = a.until;
}

static void run_checks(struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	const struct policy_grant *g = x->out->grant;
	for (size_t i = 0; i < r->checks.count; i++)
		run_check(x, &r->checks.list[i]);
	for (size_t i = 0; g && x->e.facts->op == POLICY_CREATE && i < g->conditions.count; i++)
		run_check(x, &g->conditions.list[i]);
}

/* ---- conclusion ---- */

static void give_verdict(struct deciding *x, enum verdict_id v)
{
	add_reason(x->out, x->e.rules->verdicts[v].reason);
	add_cites(x->out, &x->e.rules->verdicts[v].cites, POLICY_ROLE_REASON);
}

static void report(struct deciding *x, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		add_reason(x->out, f->list[i].spec->reason);
		add_cites(x->out, &f->list[i].check->cites, POLICY_ROLE_REASON);
	}
}

/* A certain finding decides, unless it rests on sources that nobody vouches for. */
static void conclude_refused(struct deciding *x)
{
	const struct finding *f = &x->certain.list[0];
	x->out->outcome = f->spec->outcome;
	if (!f->check->cites.grounded && f->spec->outcome != POLICY_REVIEW) {
		x->out->outcome = POLICY_REVIEW;
		give_verdict(x, VERDICT_source_unverified);
	}
	report(x, &x->certain);
	report(x, &x->missing);
}

static void conclude_missing(struct deciding *x)
{
	x->out->outcome = x->missing.list[0].spec->outcome;
	report(x, &x->missing);
}

/* Without a date no rule has a meaning. */
static void conclude_undated(struct deciding *x)
{
	x->out->outcome = POLICY_REVIEW;
	give_verdict(x, VERDICT_fact_missing);
	add_need(x->out, "at");
}

static void cite_grant(struct deciding *x, const struct authority *a)
{
	add_cites(x->out, &a->cites, POLICY_ROLE_ELIGIBILITY);
	add_cites(x->out, &x->cover->cites, POLICY_ROLE_WAIVER);
	add_cites(x->out, &x->out->grant->term_cites, POLICY_ROLE_TERM);
}

static void set_free_term(struct deciding *x)
{
	struct policy_decision *d = x->out;
	const struct policy_facts *f = x->e.facts;
	int left = f->op == POLICY_RENEW ? (int)x->e.values[FACT_free_years_left].number : d->grant->years;
	d->free_years = f->period < left ? f->period : left;
	d->charged_years = f->period - d->free_years;
	d->free_from = grant_day(x);
	d->free_until = date_add_years(d->free_from, d->grant->years, false);
	d->outcome = d->charged_years > 0 ? POLICY_GRANT_PARTIAL : POLICY_GRANT;
}

static void conclude_granted(struct deciding *x)
{
	struct policy_decision *d = x->out;
	bool renewal = x->e.facts->op == POLICY_RENEW;
	const struct authority *a = d->grant ? find_authority(d->grant, grant_day(x)) : NULL;
	d->outcome = POLICY_REVIEW;
	if (!a || !x->cover || (renewal && !x->e.values[FACT_free_years_left].known)) {
		give_verdict(x, VERDICT_no_authority);
		return;
	}
	if (!a->cites.grounded || !x->cover->cites.grounded || !d->grant->term_cites.grounded) {
		give_verdict(x, VERDICT_source_unverified);
		cite_grant(x, a);
		return;
	}
	set_free_term(x);
	if (d->charged_years > 0)
		give_verdict(x, VERDICT_granted_partly);
	add_reason(d, x->granted_reason);
	if (d->reason_count == 0)
		add_reason(d,
		           x->e.rules->verdicts[renewal ? VERDICT_granted_renewal : VERDICT_granted].reason);
	cite_grant(x, a);
	add_dated_flags(d, &d->waiver->flags, grant_day(x));
	if (d->programme && !renewal)
		add_dated_flags(d, &d->programme->flags, x->e.today);
	if (d->plan && !renewal)
		add_dated_flags(d, &d->plan->flags, x->e.today);
}

static bool is_granted(const struct policy_decision *d)
{
	return d->outcome == POLICY_GRANT || d->outcome == POLICY_GRANT_PARTIAL;
}

/* The last day of the waivers in force that follow each other without a gap; DATE_NONE: no end. */
static date_t last_free_day(const struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	date_t end = x->out->waiver->window.to;
	for (size_t i = 0; i < r->waiver_count && end != DATE_NONE; i++) {
		const struct policy_waiver *w = &r->waivers[i];
		bool follows = window_has(w->window, end + 1) && w->status == WAIVER_IN_FORCE;
		if (!follows || !find_cover(w, x->out->grant))
			continue;
		end = w->window.to;
		i = (size_t)-1; /* from the start again: each round moves the end on */
	}
	return end;
}

static void set_eligible_until(struct deciding *x)
{
	struct policy_decision *d = x->out;
	bool open = is_granted(d) || d->outcome == POLICY_REVIEW;
	bool free_today = d->waiver && d->waiver->status == WAIVER_IN_FORCE;
	if (!open || x->e.facts->op != POLICY_CREATE || !free_today) {
		d->eligible_until = DATE_NONE;
		return;
	}
	date_t end = last_free_day(x);
	if (end != DATE_NONE && (d->eligible_until == DATE_NONE || end < d->eligible_until))
		d->eligible_until = end;
}

/* ---- money ---- */

static struct str fee_group(const struct deciding *x)
{
	const struct zone *z = x->zone;
	const struct policy_facts *f = x->e.facts;
	if (f->name_idn && z->group_idn.len > 0)
		return z->group_idn;
	if (f->name_length == 1 && z->group_1.len > 0)
		return z->group_1;
	if (f->name_length == 2 && z->group_2.len > 0)
		return z->group_2;
	return z->group;
}

static const struct rate *find_rate(const struct deciding *x)
{
	const struct policy_ruleset *r = x->e.rules;
	for (size_t i = 0; x->zone && i < r->fee_count; i++) {
		const struct fees *t = &r->fees[i];
		for (size_t k = 0; window_has(t->window, x->e.today) && k < t->count; k++)
			if (str_eq(t->rates[k].group, fee_group(x)))
				return &t->rates[k];
	}
	return NULL;
}

static void set_fees(struct deciding *x)
{
	struct policy_decision *d = x->out;
	const struct rate *rate = find_rate(x);
	d->levy_vnd = d->maintenance_vnd = d->expected_vnd = -1;
	if (d->outcome == POLICY_REVIEW || d->outcome == POLICY_REJECT)
		return;
	if (!is_granted(d)) {
		if (x->e.facts->period <= 0)
			return;
		d->charged_years = x->e.facts->period;
	}
	bool levied = x->e.facts->op == POLICY_CREATE && !(is_granted(d) && d->waiver->levy.value == 0);
	if (!rate && (levied || d->charged_years > 0))
		return;
	d->levy_vnd = levied ? rate->levy : 0;
	d->maintenance_vnd = d->charged_years > 0 ? rate->maintenance * d->charged_years : 0;
	d->expected_vnd = d->levy_vnd + d->maintenance_vnd;
}

/* Nothing is ever bought silently: what costs needs the partner's word and its limit. */
static void set_action(struct deciding *x)
{
	struct policy_decision *d = x->out;
	const struct policy_facts *f = x->e.facts;
	if (d->outcome == POLICY_REVIEW)
		d->action = POLICY_HOLD;
	else if (d->outcome == POLICY_REJECT)
		d->action = POLICY_REFUSE;
	else if (d->expected_vnd == 0)
		d->action = POLICY_SEND;
	else if (!f->charge)
		d->action = POLICY_REFUSE;
	else if (d->expected_vnd < 0) {
		d->action = POLICY_HOLD;
		give_verdict(x, VERDICT_fee_unknown);
	} else if (d->expected_vnd > f->max_fee_vnd) {
		d->action = POLICY_REFUSE;
		give_verdict(x, VERDICT_fee_over_maximum);
	} else {
		d->action = POLICY_SEND;
	}
}

/* The Hanoi date; DATE_NONE for an instant outside of the calendar's years. */
static date_t hanoi_date(instant_ms_t t)
{
	if (t < instant_of_date(date_make(1, 1, 2), 0) || t > instant_of_date(date_make(9999, 12, 30), 0))
		return DATE_NONE;
	return date_of_instant(t, HANOI_OFFSET_S);
}

void policy_decide(const struct policy_ruleset *r, const struct policy_facts *f, struct policy_decision *out)
{
	struct deciding x = {.e = {.rules = r, .facts = f, .today = hanoi_date(f->at)}, .out = out};
	x.ask = (struct spec){.given = true,
	                      .outcome = POLICY_REVIEW,
	                      .reason = r->verdicts[VERDICT_fact_missing].reason};
	*out = (struct policy_decision){.rules = r,
	                                .decided_on = x.e.today,
	                                .free_from = DATE_NONE,
	                                .free_until = DATE_NONE,
	                                .eligible_until = DATE_NONE};
	take_facts(&x, f);
	look_up_law(&x);
	count_free_years(&x);
	attribute(&x);
	run_checks(&x);
	if (x.e.today == DATE_NONE)
		conclude_undated(&x);
	else if (x.certain.count > 0)
		conclude_refused(&x);
	else if (x.missing.count > 0)
		conclude_missing(&x);
	else
		conclude_granted(&x);
	set_eligible_until(&x);
	set_fees(&x);
	set_action(&x);
	(void)policy_subject_key(f, out->key); /* none is an empty text */
}
