/*
 * The nearest change of one fact that changes the outcome. Nothing is derived from the rules: other values are tried with
 * policy_decide() itself, dates day by day outwards, so that what is found is exactly what would be decided.
 */
#include "policy/explain_int.h"
#include "policy/identity.h"

#include <stdio.h>
#include <stdlib.h>

#define DAYS_MAX   (60 * 366) /* how far a date is moved */
#define MOMENT_MAX (12 * 366) /* how far the decision is moved: past every window of the rules */
#define NUMBER_MAX 400

/* Facts that may be changed, with a place for what `facts` points to. */
struct trial {
	struct explanation *e;
	struct policy_facts facts;
	struct policy_given *given;
	struct policy_evidence *evidence; /* one more than there are */
	char number[12], day[DATE_TEXT_MAX];
};

static bool flips(struct trial *t, struct policy_decision *d)
{
	policy_decide(t->e->x.e.rules, &t->facts, d);
	return d->outcome != t->e->decision.outcome;
}

static struct change *note(struct trial *t, const char *fact, const struct policy_decision *d,
                           int64_t distance)
{
	struct explanation *e = t->e;
	if (e->change_count == CHANGES_MAX)
		return NULL;
	struct change *c = &e->changes[e->change_count++];
	*c = (struct change){
	    .fact = fact, .outcome = d->outcome, .reason = policy_main_reason(d), .distance = distance};
	return c;
}

static void say_date(char *out, date_t d)
{
	char text[DATE_TEXT_MAX];
	snprintf(out, CHANGE_TEXT_MAX, "%s", d == DATE_NONE ? "missing" : date_format(text, d));
}

static void say(char *out, struct str s)
{
	if (s.len == 0)
		s = STR("missing");
	snprintf(out, CHANGE_TEXT_MAX, "%.*s", STR_ARG(s));
}

/* ---- dates ---- */

static void set_given(struct trial *t, size_t at, struct str value)
{
	t->given[at].value = value;
}

/* A date of the facts, or of a declared fact. */
struct place {
	const char *name;
	date_t *date; /* NULL: the declared fact at `given` */
	size_t given;
};

/* A personal number tells the year of birth and the sex: one that agreed with them before goes along with them. */
static void let_number_follow(struct trial *t)
{
	const struct policy_facts *f = t->e->x.e.facts;
	int y, m, day;
	t->facts.id_number = f->id_number;
	if (!identity_is_personal(f->id_number) || f->birth_date == DATE_NONE ||
	    t->facts.birth_date == DATE_NONE)
		return;
	date_split(f->birth_date, &y, &m, &day);
	if (identity_year(f->id_number) != y)
		return;
	date_split(t->facts.birth_date, &y, &m, &day);
	if (y < 1900 || y >= 2400)
		return;
	memcpy(t->number, f->id_number.ptr, sizeof t->number);
	t->number[3] = (char)('0' + (y / 100 - 19) * 2 + (identity_gender(f->id_number) == POLICY_FEMALE));
	t->number[4] = (char)('0' + y / 10 % 10);
	t->number[5] = (char)('0' + y % 10);
	t->facts.id_number = str_make(t->number, sizeof t->number);
}

static void put_date(struct trial *t, const struct place *p, date_t d)
{
	if (!p->date)
		set_given(t, p->given, str_c(date_format(t->day, d)));
	else
		*p->date = d;
	if (p->date == &t->facts.birth_date)
		let_number_follow(t);
}

static bool granted(enum policy_outcome o)
{
	return o == POLICY_GRANT || o == POLICY_GRANT_PARTIAL;
}

/* Moves outwards until the outcome is another, and on until it is a grant when that is another again. */
static bool is_wanted(const struct trial *t, const struct policy_decision *d, bool found)
{
	return !found || (granted(d->outcome) && !granted(t->e->decision.outcome));
}

static void note_date(struct trial *t, const char *fact, const struct policy_decision *d, date_t from,
                      date_t to, int64_t distance)
{
	struct change *c = note(t, fact, d, distance);
	if (!c)
		return;
	say_date(c->from, from);
	say_date(c->to, to);
}

static void try_date(struct trial *t, const struct place *p, date_t now)
{
	struct policy_decision d;
	date_t start = now != DATE_NONE ? now : t->e->x.e.today;
	bool found = false;
	if (now == DATE_NONE && p->date == &t->facts.birth_date && start != DATE_NONE)
		start = date_add_years(start, -20, false);
	if (start == DATE_NONE)
		return;
	for (date_t step = now == DATE_NONE ? 0 : 1; step <= DAYS_MAX; step++)
		for (int sign = step == 0 ? 1 : -1; sign <= 1; sign += 2) {
			put_date(t, p, start + sign * step);
			if (!flips(t, &d) || !is_wanted(t, &d, found))
				continue;
			note_date(t, p->name, &d, now, start + sign * step, step);
			found = true;
			if (granted(d.outcome) || granted(t->e->decision.outcome))
				return;
		}
}

static void try_dates(struct trial *t)
{
	struct policy_facts *f = &t->facts;
	const struct place places[] = {{"birth_date", &f->birth_date, 0},
	                               {"founded_on", &f->founded_on, 0},
	                               {"registered_on", &f->registered_on, 0},
	                               {"grant_from", &f->grant_from, 0},
	                               {"expires_on", &f->expires_on, 0}};
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		date_t now = *places[i].date;
		try_date(t, &places[i], now);
		*places[i].date = now;
		f->id_number = t->e->x.e.facts->id_number;
	}
}

/* The day of the decision, at the same time of day. */
static void try_moment(struct trial *t)
{
	struct policy_decision d;
	instant_ms_t now = t->facts.at;
	bool found = false, done = t->e->x.e.today == DATE_NONE;
	for (int step = 1; step <= MOMENT_MAX && !done; step++)
		for (int sign = -1; sign <= 1 && !done; sign += 2) {
			t->facts.at = now + (instant_ms_t)sign * step * 86400000;
			if (!flips(t, &d) || !is_wanted(t, &d, found))
				continue;
			note_date(t, "at", &d, t->e->x.e.today, t->e->x.e.today + sign * step, step);
			found = true;
			done = granted(d.outcome) || granted(t->e->decision.outcome);
		}
	t->facts.at = now;
}

/* ---- texts, flags and numbers ---- */

static bool try_once(struct trial *t, const char *fact, struct str from, struct str to)
{
	struct policy_decision d;
	if (!flips(t, &d))
		return false;
	struct change *c = note(t, fact, &d, 1);
	if (c) {
		say(c->from, from);
		say(c->to, to);
	}
	return true;
}

static struct str flag_text(enum policy_flag f)
{
	return f == POLICY_YES ? STR("true") : f == POLICY_NO ? STR("false") : STR_NONE;
}

static void try_flag(struct trial *t, const char *fact, enum policy_flag *flag)
{
	enum policy_flag now = *flag;
	for (enum policy_flag f = POLICY_NO; f <= POLICY_YES; f++) {
		*flag = f;
		if (f != now && try_once(t, fact, flag_text(now), flag_text(f)))
			break;
	}
	*flag = now;
}

static void try_flags(struct trial *t)
{
	struct policy_facts *f = &t->facts;
	try_flag(t, "registration_exempt", &f->registration_exempt);
	try_flag(t, "prior_paid", &f->prior_paid);
	try_flag(t, "name_known", &f->name_known);
	try_flag(t, "name_granted", &f->name_granted);
	try_flag(t, "ownership_changed", &f->ownership_changed);
}

/* Another name. */
static void try_name_listed(struct trial *t)
{
	enum policy_listed now = t->facts.name_list.kind;
	t->facts.name_list.kind = POLICY_NOT_LISTED;
	if (now)
		(void)try_once(t, "name_listed", str_c(policy_listed_names[now]),
		               str_c(policy_listed_names[POLICY_NOT_LISTED]));
	t->facts.name_list.kind = now;
}

static void try_kind(struct trial *t)
{
	enum policy_kind now = t->facts.kind;
	for (int k = POLICY_CITIZEN; k < POLICY_KIND__COUNT; k++) {
		t->facts.kind = (enum policy_kind)k;
		if (t->facts.kind != now &&
		    try_once(t, "kind", str_c(policy_kind_names[now]), str_c(policy_kind_names[k])))
			break;
	}
	t->facts.kind = now;
}

static void try_gender(struct trial *t)
{
	enum policy_gender now = t->facts.gender;
	for (int g = POLICY_MALE; g < POLICY_GENDER__COUNT; g++) {
		t->facts.gender = (enum policy_gender)g;
		if (t->facts.gender != now &&
		    try_once(t, "gender", str_c(policy_gender_names[now]), str_c(policy_gender_names[g])))
			break;
	}
	t->facts.gender = now;
}

/* The texts that checks list for the fact. */
static void try_listed(struct trial *t, const struct checks *checks, int fact, struct str *place, bool *found)
{
	struct str now = *place;
	for (size_t i = 0; i < checks->count && !*found; i++) {
		const struct test *test = &checks->list[i].test;
		if (test->kind != TEST_FACT || test->fact != fact || test->negate)
			continue;
		for (size_t k = 0; k < test->in.count && !*found; k++) {
			*place = test->in.list[k];
			*found = !str_eq(*place, now) &&
			         try_once(t, t->e->x.e.rules->fact_names[fact], now, *place);
		}
	}
	*place = now;
}

static void try_citizenship(struct trial *t)
{
	const struct policy_ruleset *r = t->e->x.e.rules;
	bool found = false;
	try_listed(t, &r->checks, FACT_citizenship, &t->facts.citizenship, &found);
	for (size_t i = 0; i < r->grant_count && !found; i++)
		try_listed(t, &r->grants[i].conditions, FACT_citizenship, &t->facts.citizenship, &found);
}

static void try_zone(struct trial *t)
{
	const struct policy_ruleset *r = t->e->x.e.rules;
	struct str now = t->facts.zone;
	bool found = false;
	for (size_t i = 0; i < r->grant_count && !found; i++) {
		t->facts.zone = r->grants[i].zone;
		found = !str_eq(now, t->facts.zone) && try_once(t, "zone", now, t->facts.zone);
	}
	t->facts.zone = now;
}

static void try_number(struct trial *t, const char *fact, int *place, int least, int most)
{
	struct policy_decision d;
	int now = *place;
	for (int step = 1; step <= most; step++)
		for (int sign = -1; sign <= 1; sign += 2) {
			*place = (now < least ? least - 1 : now) + sign * step;
			if (*place < least || *place > most || !flips(t, &d))
				continue;
			struct change *c = note(t, fact, &d, step);
			if (c) {
				snprintf(c->from, sizeof c->from, "%d", now);
				snprintf(c->to, sizeof c->to, "%d", *place);
			}
			*place = now;
			return;
		}
	*place = now;
}

/* ---- numbers of persons and organisations: one of the right form, whatever it is ---- */

static void try_personal(struct trial *t)
{
	char number[13];
	int y = 2000, m = 1, day = 1;
	struct str now = t->facts.id_number;
	if (t->facts.birth_date != DATE_NONE)
		date_split(t->facts.birth_date, &y, &m, &day);
	if (y < 1900 || y >= 2400)
		return;
	snprintf(number, sizeof number, "001%d%02d000001",
	         (y / 100 - 19) * 2 + (t->facts.gender == POLICY_FEMALE ? 1 : 0), y % 100);
	t->facts.id_number = str_c(number);
	(void)try_once(t, "id_number", now.len ? STR("this one") : STR_NONE,
	               STR("one that fits the other facts"));
	t->facts.id_number = now;
}

static void try_tax_code(struct trial *t)
{
	char code[] = "0100000000";
	bool dependent;
	struct str now = t->facts.tax_code;
	while (!identity_tax_code(str_c(code), &dependent) && code[9] < '9')
		code[9]++;
	t->facts.tax_code = str_c(code);
	(void)try_once(t, "tax_code", now.len ? STR("this one") : STR_NONE,
	               STR("one that is valid and no branch's"));
	t->facts.tax_code = now;
}

static void try_registration(struct trial *t)
{
	struct str now = t->facts.registration_number;
	t->facts.registration_number = STR("001300000001");
	(void)try_once(t, "registration_number", now.len ? STR("this one") : STR_NONE,
	               STR("one in a form that is in use"));
	t->facts.registration_number = now;
}

/* ---- evidence ---- */

static bool try_piece(struct trial *t, struct policy_evidence *p, const char *to)
{
	struct policy_evidence before = *p;
	char from[CHANGE_TEXT_MAX], text[CHANGE_TEXT_MAX];
	p->result = POLICY_CONFIRMED;
	if (p->reference.len == 0)
		p->reference = STR("1");
	if (p->date == DATE_NONE || p->date > t->e->x.e.today)
		p->date = t->e->x.e.today;
	snprintf(from, sizeof from, "%.*s %s", STR_ARG(p->type), policy_result_names[before.result]);
	snprintf(text, sizeof text, "%.*s %s", STR_ARG(p->type), to);
	bool found = try_once(t, "evidence", str_c(from), str_c(text));
	*p = before;
	return found;
}

/* Evidence tests of the rules that apply: add a confirmed piece of the first type that they take. */
static void try_evidence(struct trial *t)
{
	struct policy_facts *f = &t->facts;
	for (size_t i = 0; i < f->evidence_count; i++)
		if (t->evidence[i].result != POLICY_CONFIRMED && try_piece(t, &t->evidence[i], "confirmed"))
			return;
	for (size_t i = 0; i < t->e->step_count; i++) {
		const struct step *s = &t->e->steps[i];
		if (s->check->test.kind != TEST_EVIDENCE || s->result == STEP_PASS ||
		    s->check->test.in.count == 0)
			continue;
		struct policy_evidence *more = &t->evidence[f->evidence_count++];
		*more = (struct policy_evidence){.type = s->check->test.in.list[0],
		                                 .reference = STR("1"),
		                                 .date = t->e->x.e.today,
		                                 .result = POLICY_CONFIRMED};
		char text[CHANGE_TEXT_MAX];
		snprintf(text, sizeof text, "%.*s confirmed", STR_ARG(more->type));
		bool found = try_once(t, "evidence", STR("none of the kind"), str_c(text));
		f->evidence_count--;
		if (found)
			return;
	}
}

/* ---- declared facts ---- */

static size_t given_place(struct trial *t, struct str name)
{
	size_t i = 0;
	while (i < t->facts.given_count && !str_eq(t->given[i].name, name))
		i++;
	return i;
}

static void try_declared_number(struct trial *t, const struct fact_info *info, size_t at, struct str now)
{
	char text[24];
	struct fact_value v = {0};
	struct policy_decision d;
	int64_t start = fact_parse(info, now, &v) ? v.number : info->min > -NUMBER_MAX ? info->min - 1 : 0;
	for (int64_t step = 1; step <= NUMBER_MAX; step++)
		for (int sign = -1; sign <= 1; sign += 2) {
			int64_t n = start + sign * step;
			if (n < info->min || n > info->max)
				continue;
			snprintf(text, sizeof text, "%lld", (long long)n);
			set_given(t, at, str_c(text));
			if (!flips(t, &d))
				continue;
			struct change *c = note(t, info->id.ptr, &d, step);
			if (c) {
				say(c->from, now);
				say(c->to, str_c(text));
			}
			return;
		}
}

static void try_declared(struct trial *t)
{
	const struct policy_ruleset *r = t->e->x.e.rules;
	for (size_t i = FACT__COUNT; i < r->fact_count; i++) {
		const struct fact_info *info = &r->facts[i];
		size_t count = t->facts.given_count, at = given_place(t, info->id);
		struct str now = at < count ? t->given[at].value : STR_NONE;
		struct fact_value v;
		if (at == count) {
			t->given[at] = (struct policy_given){info->id, STR_NONE};
			t->facts.given_count++;
		}
		if (info->type == FACT_DATE)
			try_date(t, &(struct place){info->id.ptr, NULL, at},
			         fact_parse(info, now, &v) ? (date_t)v.number : DATE_NONE);
		else if (info->type == FACT_NUMBER)
			try_declared_number(t, info, at, now);
		for (size_t k = 0; info->type == FACT_TEXT && k < info->words.count; k++) {
			set_given(t, at, info->words.list[k]);
			if (!str_eq(info->words.list[k], now) &&
			    try_once(t, info->id.ptr, now, info->words.list[k]))
				break;
		}
		set_given(t, at, now);
		t->facts.given_count = count;
	}
}

/* ---- all ---- */

/* Towards a grant first, then the shorter way. */
static int by_distance(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	if (granted(x->outcome) != granted(y->outcome))
		return granted(x->outcome) ? -1 : 1;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return strcmp(x->fact, y->fact);
}

void explain_changes(struct explanation *e)
{
	const struct policy_facts *f = e->x.e.facts;
	struct trial t = {.e = e, .facts = *f};
	t.given = arena_calloc(&e->arena, f->given_count + 1, sizeof *t.given);
	t.evidence = arena_calloc(&e->arena, f->evidence_count + 1, sizeof *t.evidence);
	if (f->given_count)
		memcpy(t.given, f->given, f->given_count * sizeof *t.given);
	if (f->evidence_count)
		memcpy(t.evidence, f->evidence, f->evidence_count * sizeof *t.evidence);
	t.facts.given = t.given;
	t.facts.evidence = t.evidence;
	try_evidence(&t);
	try_flags(&t);
	try_name_listed(&t);
	try_kind(&t);
	try_gender(&t);
	try_citizenship(&t);
	try_zone(&t);
	try_number(&t, "period", &t.facts.period, 1, 100);
	try_number(&t, "prior_grants", &t.facts.prior_grants, 0, 3);
	try_number(&t, "free_years_used", &t.facts.free_years_used, 0, 10);
	try_personal(&t);
	try_tax_code(&t);
	try_registration(&t);
	try_declared(&t);
	try_dates(&t);
	try_moment(&t);
	qsort(e->changes, e->change_count, sizeof *e->changes, by_distance);
}
