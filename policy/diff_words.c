/* Classes in words: where a region lies. */
#include "policy/diff_int.h"

#include <stdio.h>

static bool has(const struct policy_diff *d, const uint64_t *box, size_t dim, size_t k)
{
	return box_has(&d->space, box, dim, k);
}

static void comma(struct buf *out, size_t *n, const char *word)
{
	if ((*n)++ > 0)
		buf_add(out, str_c(word));
}

static size_t missing_of(const struct dim *m)
{
	for (size_t k = 0; k < m->count; k++)
		if (m->classes[k].missing)
			return k;
	return m->count;
}

static void say_members(const struct klass *k, struct buf *out, size_t *n)
{
	for (size_t i = 0; i < k->members.count; i++) {
		comma(out, n, ", ");
		buf_add(out, k->members.list[i]);
	}
}

static void say_text(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	bool other = false;
	for (size_t k = 0; k < m->count; k++)
		other |= m->classes[k].other && has(d, box, dim, k);
	for (size_t k = 0; k < m->count; k++)
		if (!m->classes[k].missing && !m->classes[k].other && has(d, box, dim, k) != other) {
			if (other && n == 0)
				buf_lit(out, "any but ");
			say_members(&m->classes[k], out, &n);
		}
	if (other && n == 0) {
		buf_lit(out, "any");
		n = 1;
	}
	size_t missing = missing_of(m);
	if (missing < m->count && has(d, box, dim, missing)) {
		comma(out, &n, ", or ");
		buf_lit(out, "not given");
	}
}

static void say_range(const struct dim *m, int64_t lo, int64_t hi, struct buf *out)
{
	char from[DATE_TEXT_MAX], to[DATE_TEXT_MAX];
	bool first = lo <= m->classes[0].lo, last = true;
	for (size_t k = 0; k < m->count; k++)
		last &= m->classes[k].missing || m->classes[k].hi <= hi;
	if (m->form == FORM_TODAY) {
		date_format(from, (date_t)lo);
		date_format(to, (date_t)hi);
		if (!first)
			buf_printf(out, "from %s%s", from, last ? "" : " ");
		if (!last)
			buf_printf(out, "to %s", to);
	} else if (lo == hi) {
		buf_printf(out, "%lld", (long long)lo);
	} else if (last) {
		buf_printf(out, "%lld or more", (long long)lo);
	} else if (first) {
		buf_printf(out, "%lld or less", (long long)hi);
	} else {
		buf_printf(out, "%lld to %lld", (long long)lo, (long long)hi);
	}
}

/* Neighbouring classes are one range. */
static void say_numbers(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	for (size_t k = 0; k < m->count; k++) {
		size_t first = k;
		if (m->classes[k].missing || !has(d, box, dim, k))
			continue;
		while (k + 1 < m->count && !m->classes[k + 1].missing && has(d, box, dim, k + 1))
			k++;
		comma(out, &n, ", or ");
		say_range(m, m->classes[first].lo, m->classes[k].hi, out);
	}
	size_t missing = missing_of(m);
	if (missing < m->count && has(d, box, dim, missing)) {
		comma(out, &n, ", or ");
		buf_lit(out, "not given");
	}
}

/* ---- dates ---- */

static void say_variant(const struct cut *c, struct buf *out)
{
	if (c->kind == CUT_AGE_FROM && c->a == START_DAY_AFTER)
		buf_lit(out, ", counted from the day after");
	if ((c->kind == CUT_AGE_FROM || c->kind == CUT_AGE_TO) && c->b == FEB29_FEB28)
		buf_lit(out, ", those of 29 February on 28 February");
	if (c->kind == CUT_WITHIN && c->a == BOUNDARY_BEFORE_ANNIVERSARY)
		buf_lit(out, ", the anniversary not counted");
	if (c->kind == CUT_WITHIN && c->b == WEEKEND_APPLIED)
		buf_lit(out, ", or the working day after it");
}

static void say_cut(const struct cut *c, bool holds, struct buf *out)
{
	char day[DATE_TEXT_MAX];
	bool until = c->kind == CUT_AGE_TO && c->a == AGE_UNTIL_BIRTHDAY;
	switch (c->kind) {
	case CUT_DAY:
		if (holds)
			buf_printf(out, "from %s on", date_format(day, c->day));
		else
			buf_printf(out, "before %s", date_format(day, c->day));
		break;
	case CUT_TODAY:
		buf_add(out, holds ? STR("not after the decision") : STR("after the decision"));
		break;
	case CUT_AGE_FROM: buf_printf(out, holds ? "aged %d or more" : "not yet %d", c->n); break;
	case CUT_AGE_TO:
		if (until)
			buf_printf(out,
			           holds ? "up to the birthday number %d" : "past the birthday number %d",
			           c->n);
		else
			buf_printf(out, holds ? "not yet %d" : "aged %d or more", c->n + 1);
		break;
	case CUT_WITHIN:
		buf_printf(out,
		           holds ? "at most %d year%s before the decision" : "more than %d year%s before it",
		           c->n, c->n == 1 ? "" : "s");
		break;
	case CUT_DAYS:
		buf_printf(out, holds ? "at most %d days before the decision" : "more than %d days before it",
		           c->n);
		break;
	case CUT_END:
		buf_printf(out, holds ? "%d of %d free years left at least" : "not %d of %d free years left",
		           c->n, c->a);
		break;
	case CUT_WHOLE:
		buf_printf(out,
		           holds ? "%d years on not before the end of %d free years"
		                 : "%d years on before the end of %d free years",
		           c->n, c->a);
		break;
	}
	say_variant(c, out);
}

static bool bit(const struct klass *k, size_t cut)
{
	return k->sig.bits[cut / 64] >> cut % 64 & 1;
}

/* The answer to the cut is the same for all classes of the set: 0 or 1; -1: it is not. */
static int common_answer(const struct dim *m, const bool *set, size_t cut)
{
	int answer = -2;
	for (size_t k = 0; k < m->count; k++) {
		if (!set[k] || m->classes[k].missing)
			continue;
		int now = bit(&m->classes[k], cut);
		answer = answer == -2 || answer == now ? now : -1;
		if (answer == -1)
			return -1;
	}
	return answer;
}

/* Answer `a` to one cut says more than answer `b` to the other: there are classes with the latter only. */
static bool implies(const struct dim *m, size_t i, int a, size_t k, int b)
{
	bool more = false;
	for (size_t c = 0; c < m->count; c++) {
		if (m->classes[c].missing)
			continue;
		bool x = bit(&m->classes[c], i) == (a == 1), y = bit(&m->classes[c], k) == (b == 1);
		if (x && !y)
			return false;
		more |= y && !x;
	}
	return more || i < k;
}

/* All answers that the set shares, without those that follow from another. */
static void say_set(const struct dim *m, const bool *set, struct buf *out)
{
	int answers[CUTS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < m->cut_count; i++)
		answers[i] = common_answer(m, set, i);
	for (size_t i = 0; i < m->cut_count; i++) {
		bool told = answers[i] < 0;
		for (size_t k = 0; k < m->cut_count && !told; k++)
			told = k != i && answers[k] >= 0 && implies(m, k, answers[k], i, answers[i]);
		if (told)
			continue;
		comma(out, &n, " and ");
		say_cut(&m->cuts[i], answers[i] == 1, out);
	}
	if (n == 0)
		buf_lit(out, "any date");
}

/* The classes with the answers that the set shares are the set itself. */
static bool is_told(const struct dim *m, const bool *set)
{
	for (size_t k = 0; k < m->count; k++) {
		bool fits = !m->classes[k].missing && !set[k];
		for (size_t i = 0; i < m->cut_count && fits; i++) {
			int answer = common_answer(m, set, i);
			fits = answer < 0 || bit(&m->classes[k], i) == (answer == 1);
		}
		if (fits)
			return false;
	}
	return true;
}

static void say_dates(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	bool set[CLASSES_MAX] = {false}, any = false;
	size_t n = 0;
	for (size_t k = 1; k < m->count; k++)
		any |= set[k] = has(d, box, dim, k);
	if (any && is_told(m, set)) {
		say_set(m, set, out);
		n = 1;
	}
	for (size_t k = 1; k < m->count && any && n != 1; k++) {
		bool one[CLASSES_MAX] = {false};
		one[k] = true;
		if (!set[k])
			continue;
		buf_add(out, buf_len(out) && n ? STR("; or ") : STR(""));
		say_set(m, one, out);
		n += 2;
	}
	if (has(d, box, dim, 0))
		buf_add(out, any ? STR(", or not given") : STR("not given"));
}

/* ---- the rest ---- */

static void say_evidence(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	static const char *const states[] = {
	    "none",
	    "confirmed",
	    "not confirmed",
	    "confirmed, without reference or date",
	    "not confirmed, without reference or date",
	    "confirmed without reference or date, and another not confirmed"};
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0, types = 0;
	struct klass all = {.members = m->types};
	say_members(&all, out, &types);
	buf_lit(out, ": ");
	for (size_t k = 0; k < m->count; k++)
		if (has(d, box, dim, k)) {
			comma(out, &n, "; or ");
			buf_add(out, str_c(states[k]));
		}
}

static void say_numbered(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	const struct dim *m = &d->space.dims[dim];
	size_t n = 0;
	for (size_t k = 0; k < m->count; k++)
		if (has(d, box, dim, k)) {
			comma(out, &n, "; or ");
			buf_add(out, m->classes[k].missing ? STR("not given") : m->classes[k].text);
		}
}

void diff_say_dim(const struct policy_diff *d, const uint64_t *box, size_t dim, struct buf *out)
{
	switch (d->space.dims[dim].form) {
	case FORM_TEXT: say_text(d, box, dim, out); break;
	case FORM_NUMBER:
	case FORM_TODAY: say_numbers(d, box, dim, out); break;
	case FORM_DATE: say_dates(d, box, dim, out); break;
	case FORM_EVIDENCE: say_evidence(d, box, dim, out); break;
	case FORM_NUMBERED: say_numbered(d, box, dim, out); break;
	}
}
