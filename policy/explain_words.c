/* Tests and facts in words. */
#include "policy/explain_int.h"
#include "policy/identity.h"

#define HIDDEN_DIGITS 6 /* of a personal number: what is left tells place, sex and year only */

static void say_list(const struct text_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%.*s", i ? ", " : "", STR_ARG(list->list[i]));
}

const struct dated_number *explain_bound(const struct explanation *e, const struct bound *b)
{
	for (size_t i = 0; b->value && i < b->value->count; i++)
		if (window_has(b->value->dated[i].window, e->x.e.today))
			return &b->value->dated[i];
	return NULL;
}

static void say_bound(const struct explanation *e, const struct bound *b, struct buf *out)
{
	const struct dated_number *n = explain_bound(e, b);
	if (!b->value)
		buf_printf(out, "%lld", (long long)b->literal);
	else if (n)
		buf_printf(out, "%lld (%.*s)", (long long)n->value, STR_ARG(b->value->id));
	else
		buf_printf(out, "%.*s (no value in force)", STR_ARG(b->value->id));
}

static void say_choice(const char *label, const char *word, const struct choice *c, struct buf *out)
{
	buf_printf(out, ", %s %s", label, word);
	if (c->by)
		buf_printf(out, " (switch %.*s)", STR_ARG(c->by->id));
}

static void say_fact_test(const struct explanation *e, const struct test *t, struct buf *out)
{
	char day[DATE_TEXT_MAX];
	buf_printf(out, "%s", e->x.e.rules->fact_names[t->fact]);
	if (t->type == FACT_TEXT && t->in.count) {
		buf_printf(out, " is %s", t->negate ? "none of " : t->in.count > 1 ? "one of " : "");
		say_list(&t->in, out);
	} else if (t->type == FACT_NUMBER && (t->min.given || t->max.given)) {
		if (t->min.given) {
			buf_lit(out, " at least ");
			say_bound(e, &t->min, out);
		}
		if (t->max.given) {
			buf_add(out, t->min.given ? STR(", at most ") : STR(" at most "));
			say_bound(e, &t->max, out);
		}
	} else if (t->to_decision) {
		buf_lit(out, " not after the decision");
	} else if (t->type == FACT_DATE && (t->window.from != DATE_NONE || t->window.to != DATE_NONE)) {
		if (t->window.from != DATE_NONE)
			buf_printf(out, " from %s", date_format(day, t->window.from));
		if (t->window.to != DATE_NONE)
			buf_printf(out, " to %s", date_format(day, t->window.to));
	} else {
		buf_lit(out, " is given");
	}
}

static void say_age(const struct test *t, struct buf *out)
{
	static const char *const starts[] = {"birthday", "day_after"};
	static const char *const modes[] = {"completed_years", "until_birthday"};
	static const char *const feb29[] = {"mar1", "feb28"};
	if (t->at_least >= 0) {
		buf_printf(out, "age at least %d", t->at_least);
		say_choice("counted from the", starts[t->start.value], &t->start, out);
	} else {
		buf_printf(out, "age at most %d", t->at_most);
		say_choice("counted by", modes[t->mode.value], &t->mode, out);
	}
	say_choice("29 February:", feb29[t->feb29.value], &t->feb29, out);
}

static void say_within(const struct explanation *e, const struct test *t, struct buf *out)
{
	static const char *const boundaries[] = {"end_of_anniversary", "before_anniversary"};
	static const char *const weekends[] = {"not_applied", "applied"};
	buf_printf(out, "within %d year%s of %s", t->years, t->years == 1 ? "" : "s",
	           e->x.e.rules->fact_names[t->fact]);
	say_choice("until the", boundaries[t->boundary.value], &t->boundary, out);
	say_choice("weekend rule", weekends[t->weekend.value], &t->weekend, out);
}

static void say_number(const struct test *t, struct buf *out)
{
	static const char *const citizen[] = {"is not a 9-digit card number",  "has 12 digits",
	                                      "begins with an assigned place", "fits the century of birth",
	                                      "fits the year of birth",        "fits the sex"};
	static const char *const tax[] = {"is valid", "is not a branch's"};
	static const char *const household[] = {"has a form in use", "is valid where it is a tax code"};
	if (t->kind == TEST_CITIZEN_ID)
		buf_printf(out, "the personal number %s", citizen[t->aspect]);
	else if (t->kind == TEST_TAX_CODE)
		buf_printf(out, "the tax code %s", tax[t->aspect]);
	else
		buf_printf(out, "the household's number %s", household[t->aspect]);
}

void explain_test(const struct explanation *e, const struct test *t, struct buf *out)
{
	switch (t->kind) {
	case TEST_FACT: say_fact_test(e, t, out); break;
	case TEST_AGE: say_age(t, out); break;
	case TEST_WITHIN: say_within(e, t, out); break;
	case TEST_CITIZEN_ID:
	case TEST_TAX_CODE:
	case TEST_HOUSEHOLD_NUMBER: say_number(t, out); break;
	case TEST_EVIDENCE:
		buf_lit(out, "confirmed evidence, one of ");
		say_list(&t->in, out);
		break;
	case TEST_NO_CONTRADICTION: buf_lit(out, "no evidence contradicts what was declared"); break;
	case TEST__COUNT: break;
	}
}

size_t explain_facts(const struct test *t, int facts[3])
{
	size_t n = 0;
	switch (t->kind) {
	case TEST_FACT:
	case TEST_WITHIN: facts[n++] = t->fact; break;
	case TEST_AGE: facts[n++] = FACT_birth_date; break;
	case TEST_CITIZEN_ID:
		facts[n++] = FACT_id_number;
		if (t->aspect == CITIZEN_GENDER)
			facts[n++] = FACT_gender;
		if (t->aspect == CITIZEN_CENTURY || t->aspect == CITIZEN_YEAR)
			facts[n++] = FACT_birth_date;
		break;
	case TEST_TAX_CODE: facts[n++] = FACT_tax_code; break;
	case TEST_HOUSEHOLD_NUMBER:
		facts[n++] = t->aspect == HOUSEHOLD_TAX_CODE ? FACT_tax_code : FACT_subject_number;
		break;
	default: break;
	}
	return n;
}

void explain_value(const struct explanation *e, int fact, struct buf *out)
{
	const struct fact_value *v = &e->x.e.values[fact];
	char day[DATE_TEXT_MAX];
	if (!v->known)
		buf_lit(out, "missing");
	else if (e->x.e.rules->facts[fact].type == FACT_NUMBER)
		buf_printf(out, "%lld", (long long)v->number);
	else if (e->x.e.rules->facts[fact].type == FACT_DATE)
		buf_printf(out, "%s", date_format(day, (date_t)v->number));
	else if (identity_is_personal(v->text) || identity_is_legacy(v->text)) {
		buf_append(out, v->text.ptr, v->text.len - HIDDEN_DIGITS);
		buf_lit(out, "······");
	} else
		buf_add(out, v->text);
}
