/* Evaluation of one check: does it apply, does it pass, until when, and does a contested reading matter. */
#include "policy/identity.h"
#include "policy/condition_int.h"
#include "policy/policy_int.h"

#define MONDAY   0
#define SATURDAY 5

static bool in_list(const struct text_list *list, struct str text)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->list[i], text))
			return true;
	return false;
}

enum applies condition_applies(const struct evaluation *e, const struct check *c, int *unsure)
{
	enum applies result = APPLIES;
	if (!c->enabled || !(c->ops & 1u << e->facts->op))
		return APPLIES_NO;
	if (!(c->kinds & 1u << e->facts->kind)) {
		if (e->facts->kind != POLICY_KIND_NONE)
			return APPLIES_NO;
		*unsure = FACT_kind;
		result = APPLIES_UNSURE;
	}
	for (size_t i = 0; i < c->when_count; i++) {
		const struct fact_value *v = &e->values[c->when[i].fact];
		if (v->known && !in_list(&c->when[i].in, v->text))
			return APPLIES_NO;
		if (v->known || result == APPLIES_UNSURE)
			continue;
		*unsure = c->when[i].fact;
		result = APPLIES_UNSURE;
	}
	return result;
}

static struct answered answer(bool pass)
{
	return (struct answered){pass ? ANSWER_PASS : ANSWER_FAIL, NULL, DATE_NONE};
}

static struct answered lacks(const struct evaluation *e, int fact)
{
	return (struct answered){ANSWER_MISSING, e->rules->fact_names[fact], DATE_NONE};
}

/* Passes up to and with `last`. */
static struct answered until(const struct evaluation *e, date_t last)
{
	struct answered a = answer(e->today <= last);
	a.until = last;
	return a;
}

/* ---- declared facts ---- */

/* False when a named value has nothing in force on the date. */
static bool bound_value(const struct evaluation *e, const struct bound *b, int64_t *out)
{
	*out = b->literal;
	for (size_t i = 0; b->value && i < b->value->count; i++)
		if (window_has(b->value->dated[i].window, e->today)) {
			*out = b->value->dated[i].value;
			return true;
		}
	return !b->value;
}

static struct answered test_number(const struct evaluation *e, const struct test *t, int64_t n)
{
	int64_t bound;
	if (t->min.given) {
		if (!bound_value(e, &t->min, &bound))
			return lacks(e, t->fact);
		if (n < bound)
			return answer(false);
	}
	if (t->max.given) {
		if (!bound_value(e, &t->max, &bound))
			return lacks(e, t->fact);
		if (n > bound)
			return answer(false);
	}
	return answer(true);
}

static struct answered test_fact(const struct evaluation *e, const struct test *t)
{
	const struct fact_value *v = &e->values[t->fact];
	if (!v->known)
		return lacks(e, t->fact);
	if (t->type == FACT_NUMBER)
		return test_number(e, t, v->number);
	if (t->type == FACT_DATE)
		return answer(t->to_decision ? v->number <= e->today
		                             : window_has(t->window, (date_t)v->number));
	return answer(t->in.count == 0 || in_list(&t->in, v->text) != t->negate);
}

/* ---- dates ---- */

static date_t birthday(date_t born, int years, int feb29)
{
	return years_after(born, years, feb29 == FEB29_MAR1);
}

static struct answered test_age(const struct evaluation *e, const struct test *t)
{
	date_t born = e->facts->birth_date;
	if (born == DATE_NONE || born > e->today)
		return lacks(e, FACT_birth_date);
	if (t->at_least >= 0)
		return answer(e->today - (t->start.value == START_DAY_AFTER) >=
		              birthday(born, t->at_least, t->feb29.value));
	if (t->mode.value == AGE_UNTIL_BIRTHDAY)
		return until(e, birthday(born, t->at_most, t->feb29.value));
	return until(e, birthday(born, t->at_most + 1, t->feb29.value) - 1);
}

/*
 * A term in years ends at the end of the matching day, 28 February when there is none (Civil Code art. 147, 148);
 * with the weekend rule, at the end of the next working day.
 */
static struct answered test_within(const struct evaluation *e, const struct test *t)
{
	const struct fact_value *v = &e->values[t->fact];
	if (!v->known || v->number > e->today)
		return lacks(e, t->fact);
	date_t last = years_after((date_t)v->number, t->years, false);
	if (t->boundary.value == BOUNDARY_BEFORE_ANNIVERSARY)
		last--;
	int weekday = date_weekday(last);
	if (t->weekend.value == WEEKEND_APPLIED && weekday >= SATURDAY)
		last += 7 - (weekday - MONDAY);
	return until(e, last);
}

/* ---- numbers of persons and organisations ---- */

static bool is_assigned(const struct evaluation *e, struct str personal)
{
	return e->rules->places[identity_place(personal)];
}

static struct answered test_citizen_id(const struct evaluation *e, const struct test *t)
{
	struct str id = e->facts->id_number;
	int year, month, day;
	if (id.len == 0)
		return lacks(e, FACT_id_number);
	if (t->aspect == CITIZEN_NOT_LEGACY)
		return answer(!identity_is_legacy(id));
	if (t->aspect == CITIZEN_SHAPE)
		return answer(identity_is_personal(id) || identity_is_legacy(id));
	if (!identity_is_personal(id))
		return answer(true); /* its shape is another check's finding */
	if (t->aspect == CITIZEN_PLACE)
		return answer(is_assigned(e, id));
	if (t->aspect == CITIZEN_GENDER) {
		if (e->facts->gender == POLICY_GENDER_UNKNOWN)
			return lacks(e, FACT_gender);
		return answer(identity_gender(id) == e->facts->gender);
	}
	if (e->facts->birth_date == DATE_NONE)
		return lacks(e, FACT_birth_date);
	date_split(e->facts->birth_date, &year, &month, &day);
	if (t->aspect == CITIZEN_CENTURY)
		return answer(identity_century(id) == year / 100 * 100);
	return answer(identity_year(id) % 100 == year % 100);
}

static struct answered test_tax_code(const struct evaluation *e, const struct test *t)
{
	bool dependent = false;
	if (e->facts->tax_code.len == 0)
		return lacks(e, FACT_tax_code);
	bool valid = identity_tax_code(e->facts->tax_code, &dependent);
	if (t->aspect == TAX_INDEPENDENT)
		return answer(!valid || !dependent); /* an invalid one is another check's finding */
	return answer(valid);
}

static struct answered test_household_number(const struct evaluation *e, const struct test *t)
{
	bool dependent;
	struct str tax = e->facts->tax_code;
	const struct fact_value *v = &e->values[FACT_subject_number];
	if (t->aspect == HOUSEHOLD_TAX_CODE)
		return answer(tax.len == 0 || identity_tax_code(tax, &dependent) ||
		              (identity_is_personal(tax) && is_assigned(e, tax)));
	if (!v->known)
		return lacks(e, FACT_registration_number);
	enum identity_household form = identity_household(v->text);
	return answer(form != IDENTITY_HOUSEHOLD_NONE &&
	              (form != IDENTITY_HOUSEHOLD_PERSONAL || is_assigned(e, v->text)));
}

/* ---- evidence ---- */

/* One confirmed piece of a listed type is enough; what is dated after the decision confirms nothing yet. */
static struct answered test_evidence(const struct evaluation *e, const struct test *t)
{
	struct answered best = {ANSWER_MISSING, "evidence", DATE_NONE};
	for (size_t i = 0; i < e->facts->evidence_count; i++) {
		const struct policy_evidence *p = &e->facts->evidence[i];
		if (!in_list(&t->in, p->type))
			continue;
		if (in_list(&t->complete, p->type) && (p->reference.len == 0 || p->date == DATE_NONE))
			continue; /* as good as not given: it is asked for */
		if (p->result == POLICY_CONFIRMED && (p->date == DATE_NONE || p->date <= e->today))
			return answer(true);
		best = answer(false);
	}
	return best;
}

static struct answered test_no_contradiction(const struct evaluation *e)
{
	for (size_t i = 0; i < e->facts->evidence_count; i++)
		if (e->facts->evidence[i].result == POLICY_CONTRADICTED)
			return answer(false);
	return answer(true);
}

struct answered condition_test(const struct evaluation *e, const struct test *t)
{
	switch (t->kind) {
	case TEST_FACT: return test_fact(e, t);
	case TEST_AGE: return test_age(e, t);
	case TEST_WITHIN: return test_within(e, t);
	case TEST_CITIZEN_ID: return test_citizen_id(e, t);
	case TEST_TAX_CODE: return test_tax_code(e, t);
	case TEST_HOUSEHOLD_NUMBER: return test_household_number(e, t);
	case TEST_EVIDENCE: return test_evidence(e, t);
	case TEST_NO_CONTRADICTION: return test_no_contradiction(e);
	case TEST__COUNT: break;
	}
	return (struct answered){ANSWER_MISSING, "rule", DATE_NONE};
}

static void set_option(struct choice *c, const struct law_switch *by, size_t option)
{
	if (c->by == by)
		c->value = c->options[option];
}

bool condition_contested(const struct evaluation *e, const struct test *t, const struct law_switch *by)
{
	bool passed = false, failed = false;
	struct test varied = *t;
	for (size_t i = 0; i < by->option_count; i++) {
		set_option(&varied.start, by, i);
		set_option(&varied.mode, by, i);
		set_option(&varied.feb29, by, i);
		set_option(&varied.boundary, by, i);
		set_option(&varied.weekend, by, i);
		struct answered a = condition_test(e, &varied);
		passed |= a.answer == ANSWER_PASS;
		failed |= a.answer == ANSWER_FAIL;
	}
	return passed && failed;
}
