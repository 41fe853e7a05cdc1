/*
 * Facts in, decision out.
 *
 * Everything that applies is evaluated; the checks' order in the rule files is their rank. The first check that fails
 * for certain decides; only when none does, the first that lacks a fact decides (a person asked for a paper should not
 * have been refused anyway). With neither, the grant stands, provided that its sources are verified or accepted.
 */
#include "policy/decide_int.h"

const char *const policy_op_names[] = {"create", "renew", NULL};
const char *const policy_kind_names[] = {"none",        "citizen", "enterprise", "household_business",
                                         "cooperative", "other",   NULL};
const char *const policy_gender_names[] = {"unknown", "male", "female", NULL};
const char *const policy_result_names[] = {"unconfirmed", "confirmed", "contradicted", NULL};
const char *const policy_listed_names[] = {"none", "reserved", "blocked", NULL};
const char *const policy_outcome_names[] = {"grant", "grant_partial", "no_grant", "review", "reject", NULL};

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

/* A person has looked at this very doubt. */
static bool is_approved(const struct deciding *x, const struct policy_word *doubt)
{
	struct str rest = x->e.facts->approved;
	while (rest.len)
		if (str_eq(str_split(&rest, ' '), policy_code(doubt)))
			return true;
	return false;
}

static void run_failed(struct deciding *x, const struct check *c)
{
	for (size_t i = 0; i < c->otherwise.flag_count; i++)
		add_flag(x->out, c->otherwise.flags[i]);
	if (c->otherwise.flag_only)
		add_cites(x->out, &c->cites, POLICY_ROLE_FLAG);
	else if (c->otherwise.outcome == POLICY_REVIEW && is_approved(x, c->otherwise.reason))
		note(&x->excepted, c, &c->otherwise);
	else
		note(&x->certain, c, &c->otherwise);
}

/*
 * Whether the check applies is not known. When its test passes, it does not matter; otherwise what is missing decides,
 * or leaving a fact out would be a way around the check.
 */
static void run_unsure(struct deciding *x, const struct check *c, int fact)
{
	if (c->otherwise.flag_only || condition_test(&x->e, &c->test).answer == ANSWER_PASS)
		return;
	note(&x->missing, c, c->missing.given ? &c->missing : &x->ask);
	if (fact_is_declared(fact)) /* what the ledger lacks, a person looks for */
		add_need(x->out, x->e.rules->fact_names[fact]);
}

static void run_check(struct deciding *x, const struct check *c)
{
	int unsure = 0;
	enum applies applies = condition_applies(&x->e, c, &unsure);
	if (applies == APPLIES_UNSURE)
		run_unsure(x, c, unsure);
	if (applies != APPLIES)
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

/* That a person has approved is seen in the decision, and what there was to approve. */
static void report_approval(struct deciding *x)
{
	if (!x->e.facts->approved.len)
		return;
	add_flag(x->out, x->e.rules->verdicts[VERDICT_approved].reason);
	report(x, &x->excepted);
}

static bool sources_approved(const struct deciding *x)
{
	return is_approved(x, x->e.rules->verdicts[VERDICT_source_unverified].reason);
}

/* A certain finding decides, unless it rests on sources that nobody vouches for. */
static void conclude_refused(struct deciding *x)
{
	const struct finding *f = &x->certain.list[0];
	x->out->outcome = f->spec->outcome;
	bool vouched = f->check->cites.grounded || sources_approved(x);
	if (!vouched && f->spec->outcome != POLICY_REVIEW) {
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

static const struct authority *find_authority(const struct policy_grant *g, date_t on)
{
	for (size_t i = 0; i < g->authority_count; i++)
		if (g->authorities[i].enabled && window_has(g->authorities[i].window, on))
			return &g->authorities[i];
	return NULL;
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
	d->free_until =
	    date_add_years(d->free_from, d->grant->years, false) + x->e.rules->readings[READING_term].value;
	d->outcome = d->charged_years > 0 ? POLICY_GRANT_PARTIAL : POLICY_GRANT;
}

static void conclude_granted(struct deciding *x)
{
	struct policy_decision *d = x->out;
	bool renewal = x->e.facts->op == POLICY_RENEW;
	const struct authority *a = d->grant ? find_authority(d->grant, grant_day(x)) : NULL;
	d->outcome = POLICY_REVIEW;
	/* the checks of the rule files see to these; what an edited file lets through must still not be a grant */
	if (x->e.facts->period <= 0) {
		give_verdict(x, VERDICT_fact_missing);
		add_need(d, "period");
		return;
	}
	if (!a || !x->cover || d->waiver->status != WAIVER_IN_FORCE ||
	    (renewal && !x->e.values[FACT_free_years_left].known)) {
		if (x->excepted.count > 0) /* approved, but nothing says that it is free: at full fee */
			d->outcome = POLICY_NO_GRANT;
		else
			give_verdict(x, VERDICT_no_authority);
		return;
	}
	bool grounded = a->cites.grounded && x->cover->cites.grounded && d->grant->term_cites.grounded;
	if (!grounded && !sources_approved(x)) {
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
		if (!follows || !lookup_cover(w, x->out->grant))
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
	lookup_all(&x);
	run_checks(&x);
	if (x.e.today == DATE_NONE)
		conclude_undated(&x);
	else if (x.certain.count > 0)
		conclude_refused(&x);
	else if (x.missing.count > 0)
		conclude_missing(&x);
	else
		conclude_granted(&x);
	report_approval(&x);
	set_eligible_until(&x);
	set_fees(&x);
	set_action(&x);
	lookup_key(f, out->key);
}
