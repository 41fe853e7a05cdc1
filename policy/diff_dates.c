/*
 * Dates of two rule sets in comparison: what each is compared with, the classes that follow, and days of decision at which
 * there is a date of each. A class is the answers to all comparisons, so it means the same on every day.
 */
#include "policy/diff_int.h"

#include <stdlib.h>

#define FAR_DAYS   60000 /* how far from the decision a date is looked for; beyond, nothing changes any more */
#define YEARS_PAST 6     /* leap days and week-ends are tried this far beyond the last date of the rules */

static date_t birthday(date_t v, int years, int feb29)
{
	return years_after(v, years, feb29 == FEB29_MAR1);
}

static date_t last_day(const struct cut *c, date_t v)
{
	date_t last = years_after(v, c->n, false) - (c->a == BOUNDARY_BEFORE_ANNIVERSARY);
	int weekday = date_weekday(last);
	return c->b == WEEKEND_APPLIED && weekday >= 5 ? last + 7 - weekday : last;
}

static bool cut_holds(const struct cut *c, date_t v, date_t ref)
{
	switch (c->kind) {
	case CUT_DAY: return v >= c->day;
	case CUT_TODAY: return v <= ref;
	case CUT_AGE_FROM: return ref - (c->a == START_DAY_AFTER) >= birthday(v, c->n, c->b);
	case CUT_AGE_TO:
		return ref <= (c->a == AGE_UNTIL_BIRTHDAY ? birthday(v, c->n, c->b)
		                                          : birthday(v, c->n + 1, c->b) - 1);
	case CUT_WITHIN: return ref <= last_day(c, v);
	case CUT_DAYS: return (int64_t)ref - v <= c->n;
	case CUT_END: return years_after(v, c->n, false) <= years_after(ref, c->a, false) + c->b + 1;
	case CUT_WHOLE: return years_after(v, c->n, false) >= years_after(ref, c->a, false) + c->b - 1;
	}
	return false;
}

static void add_cut(struct space *s, size_t dim, struct cut c)
{
	struct dim *d = &s->dims[dim];
	if (!d->cuts)
		d->cuts = arena_calloc(s->arena, CUTS_MAX, sizeof *d->cuts);
	for (size_t i = 0; i < d->cut_count; i++) {
		const struct cut *o = &d->cuts[i];
		if (o->kind == c.kind && o->day == c.day && o->n == c.n && o->a == c.a && o->b == c.b)
			return;
	}
	if (d->cut_count == CUTS_MAX)
		space_limit(s, "more than %d comparisons of %.*s", CUTS_MAX, STR_ARG(d->name));
	else
		d->cuts[d->cut_count++] = c;
}

/* ---- what the rules compare dates with ---- */

static void add_window(struct space *s, size_t dim, struct window w)
{
	if (w.from != DATE_NONE)
		add_cut(s, dim, (struct cut){.kind = CUT_DAY, .day = w.from});
	if (w.to != DATE_NONE)
		add_cut(s, dim, (struct cut){.kind = CUT_DAY, .day = w.to + 1});
}

/* The switch's other options, too, when the check says that it is contested. */
static void add_choices(struct space *s, size_t dim, const struct check *c,
                        void (*add)(struct space *, size_t, const struct test *))
{
	add(s, dim, &c->test);
	for (size_t i = 0; i < c->contested_count; i++)
		for (size_t k = 0; k < c->contested[i].by->option_count; k++) {
			struct test varied = c->test;
			struct choice *all[] = {&varied.start, &varied.mode, &varied.feb29, &varied.boundary,
			                        &varied.weekend};
			for (size_t j = 0; j < ARRAY_LEN(all); j++)
				if (all[j]->by == c->contested[i].by)
					all[j]->value = all[j]->options[k];
			add(s, dim, &varied);
		}
}

static void add_age(struct space *s, size_t dim, const struct test *t)
{
	bool from = t->at_least >= 0;
	add_cut(s, dim,
	        (struct cut){.kind = from ? CUT_AGE_FROM : CUT_AGE_TO,
	                     .n = from ? t->at_least : t->at_most,
	                     .a = from ? t->start.value : t->mode.value,
	                     .b = t->feb29.value});
}

static void add_within(struct space *s, size_t dim, const struct test *t)
{
	add_cut(
	    s, dim,
	    (struct cut){.kind = CUT_WITHIN, .n = t->years, .a = t->boundary.value, .b = t->weekend.value});
}

static void add_days(struct space *s, const struct bound *b, int below)
{
	if (b->given && !b->value)
		add_cut(s, DIM_EXPIRES, (struct cut){.kind = CUT_DAYS, .n = (int)b->literal - below});
	for (size_t i = 0; b->given && b->value && i < b->value->count; i++)
		add_cut(s, DIM_EXPIRES,
		        (struct cut){.kind = CUT_DAYS, .n = (int)b->value->dated[i].value - below});
}

static void gather_check(void *ctx, size_t side, const struct check *c)
{
	struct space *s = ctx;
	const struct test *t = &c->test;
	const struct cut today = {.kind = CUT_TODAY};
	size_t dim = t->kind == TEST_AGE ? DIM_BIRTH : space_dim_of(s, t->fact, side);
	if (t->kind == TEST_AGE || t->kind == TEST_WITHIN) {
		add_cut(s, dim, today);
		add_choices(s, dim, c, t->kind == TEST_AGE ? add_age : add_within);
	} else if (t->kind == TEST_FACT && t->type == FACT_DATE && dim < DIMS_MAX) {
		add_window(s, dim, t->window);
		if (t->to_decision)
			add_cut(s, dim, today);
	} else if (t->kind == TEST_FACT && t->fact == FACT_days_after_expiry) {
		add_days(s, &t->min, 1);
		add_days(s, &t->max, 0);
	}
}

static void gather_law(struct space *s, const struct policy_ruleset *r)
{
	static const size_t both[] = {DIM_TODAY, DIM_GRANT_FROM};
	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		for (size_t i = 0; i < r->waiver_count; i++)
			add_window(s, both[k], r->waivers[i].window);
		for (size_t i = 0; i < r->grant_count; i++)
			for (size_t j = 0; j < r->grants[i].authority_count; j++)
				add_window(s, both[k], r->grants[i].authorities[j].window);
	}
	for (size_t i = 0; i < r->value_count; i++)
		for (size_t j = 0; j < r->values[i].count; j++)
			add_window(s, DIM_TODAY, r->values[i].dated[j].window);
	for (size_t i = 0; i < r->province_list_count; i++)
		add_window(s, DIM_TODAY, r->province_lists[i].window);
	for (size_t i = 0; s->asks_plan && i < r->plan_count; i++)
		add_window(s, DIM_TODAY, r->plans[i].window);
	for (size_t i = 0; i < r->grant_count; i++)
		for (int k = 0; k <= r->grants[i].years; k++) {
			struct cut c = {.kind = CUT_WHOLE,
			                .n = k,
			                .a = r->grants[i].years,
			                .b = r->readings[READING_term].value};
			add_cut(s, DIM_RELATIVE, c);
			c.kind = CUT_END;
			if (k > 0)
				add_cut(s, DIM_RELATIVE, c);
		}
}

void space_gather_dates(struct space *s)
{
	space_each_check(s, gather_check, s);
	for (size_t side = 0; side < SIDES; side++)
		gather_law(s, s->rules[side]);
}

/* ---- classes of one date ---- */

static struct signature sign(const struct dim *d, date_t v, date_t ref)
{
	struct signature out = {{0}};
	for (size_t i = 0; i < d->cut_count; i++)
		if (cut_holds(&d->cuts[i], v, ref))
			out.bits[i / 64] |= 1ull << i % 64;
	return out;
}

static size_t find_class(const struct dim *d, const struct signature *sig)
{
	for (size_t i = 0; i < d->count; i++)
		if (!d->classes[i].missing && memcmp(&d->classes[i].sig, sig, sizeof *sig) == 0)
			return i;
	return d->count;
}

size_t space_class_of_date(const struct dim *d, date_t v, date_t ref)
{
	struct signature sig = sign(d, v, ref);
	return find_class(d, &sig);
}

/* About where the answer turns: a term of years before the reference, or after it. */
static date_t guess(const struct cut *c, date_t ref)
{
	switch (c->kind) {
	case CUT_TODAY: return ref;
	case CUT_DAYS: return ref - c->n;
	case CUT_END:
	case CUT_WHOLE: return date_add_years(ref, c->a - c->n, false);
	case CUT_AGE_TO: return date_add_years(ref, -c->n - (c->a == AGE_COMPLETED_YEARS), false);
	default: return date_add_years(ref, -c->n, false);
	}
}

/* The first day at which the answer is another than long before; DATE_NONE: it never is. */
static date_t turn(const struct cut *c, date_t ref)
{
	date_t near = guess(c, ref), low = near - 5, high = near + 4;
	if (near == DATE_NONE || cut_holds(c, low, ref) == cut_holds(c, high, ref)) {
		low = ref - FAR_DAYS;
		high = ref + FAR_DAYS;
	}
	bool before = cut_holds(c, low, ref);
	if (cut_holds(c, high, ref) == before)
		return DATE_NONE;
	while (high - low > 1) {
		date_t mid = low + (high - low) / 2;
		if (cut_holds(c, mid, ref) == before)
			low = mid;
		else
			high = mid;
	}
	return high;
}

static size_t gather_turns(const struct dim *d, date_t ref, date_t *out, size_t n)
{
	for (size_t i = 0; i < d->cut_count; i++) {
		date_t at = d->cuts[i].kind == CUT_DAY ? d->cuts[i].day : turn(&d->cuts[i], ref);
		if (at != DATE_NONE)
			out[n++] = at;
	}
	return n;
}

static int by_day(const void *a, const void *b)
{
	date_t x = *(const date_t *)a, y = *(const date_t *)b;
	return (x > y) - (x < y);
}

static void add_rep(struct space *s, struct dim *d, size_t sample, date_t v, date_t ref)
{
	struct signature sig = sign(d, v, ref);
	size_t k = find_class(d, &sig);
	if (k == d->count) {
		if (d->count == CLASSES_MAX) {
			space_limit(s, "more than %d kinds of %.*s", CLASSES_MAX, STR_ARG(d->name));
			return;
		}
		d->classes[d->count++] = (struct klass){.sig = sig, .home = sample};
	}
	d->reps[d->rep_count++] = (struct date_rep){k, v};
}

/* All classes that there are at the reference day. */
static void make_reps(struct space *s, struct dim *d, size_t sample, date_t ref)
{
	date_t turns[CUTS_MAX];
	size_t n = 0;
	d->rep_at[sample] = d->rep_count;
	n = gather_turns(d, ref, turns, 0);
	qsort(turns, n, sizeof *turns, by_day);
	if (n == 0)
		add_rep(s, d, sample, ref - 8000, ref); /* any day */
	else
		add_rep(s, d, sample, turns[0] - 1, ref);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || turns[i] != turns[i - 1])
			add_rep(s, d, sample, turns[i], ref);
	d->rep_at[sample + 1] = d->rep_count;
}

static void make_date_dim(struct space *s, struct dim *d, const date_t *refs, size_t count)
{
	d->classes = arena_calloc(s->arena, CLASSES_MAX, sizeof *d->classes);
	d->classes[d->count++].missing = true;
	d->reps = arena_calloc(s->arena, count * (d->cut_count + 2), sizeof *d->reps);
	d->rep_at = arena_calloc(s->arena, count + 1, sizeof *d->rep_at);
	for (size_t i = 0; i < count; i++)
		make_reps(s, d, i, refs[i]);
}

date_t space_rep(const struct dim *d, size_t at, size_t klass)
{
	for (size_t i = d->rep_at[at]; i < d->rep_at[at + 1]; i++)
		if (d->reps[i].klass == klass)
			return d->reps[i].date;
	return DATE_NONE;
}

/* The classes of the expiry against one first free day: from each start on, up to the next. */
#define SPANS_MAX 64
struct spans {
	date_t from;
	size_t count;
	date_t starts[SPANS_MAX + 1]; /* the first is long ago */
	size_t classes[SPANS_MAX];
};

#define SPANS_KEPT 1024 /* first free days are asked for again and again */

static const struct spans *spans_of(const struct space *s, date_t from)
{
	struct spans *out = &s->spans[(uint32_t)from % SPANS_KEPT];
	const struct dim *r = &s->dims[DIM_RELATIVE];
	date_t turns[CUTS_MAX];
	if (out->count && out->from == from)
		return out;
	size_t n = gather_turns(r, from, turns, 0);
	qsort(turns, n, sizeof *turns, by_day);
	*out = (struct spans){.from = from};
	for (size_t i = 0; i <= n && out->count < SPANS_MAX; i++) {
		date_t start = i == 0 ? from - 2 * FAR_DAYS : turns[i - 1];
		if (i > 1 && turns[i - 1] == turns[i - 2])
			continue;
		out->starts[out->count] = start;
		out->classes[out->count++] = space_class_of_date(r, start, from);
	}
	out->starts[out->count] = from + 2 * FAR_DAYS;
	return out;
}

/* The days of the wanted class against the decision's day, one span after the other; false: no more. */
static bool next_span(const struct dim *e, size_t sample, size_t klass, size_t *at, date_t *first,
                      date_t *last)
{
	size_t begin = e->rep_at[sample], end = e->rep_at[sample + 1];
	for (; begin + *at < end; (*at)++) {
		size_t i = begin + *at;
		if (e->reps[i].klass != klass)
			continue;
		*first = i == begin ? e->reps[i].date - FAR_DAYS : e->reps[i].date;
		*last = i + 1 == end ? e->reps[i].date + FAR_DAYS : e->reps[i + 1].date - 1;
		(*at)++;
		return true;
	}
	return false;
}

static bool meet_between(const struct spans *r, size_t klass, date_t first, date_t last, date_t *out)
{
	for (size_t i = 0; i < r->count; i++) {
		date_t low = r->starts[i] > first ? r->starts[i] : first;
		if (r->classes[i] == klass && low < r->starts[i + 1] && low <= last) {
			*out = low;
			return true;
		}
	}
	return false;
}

static bool meet_from(const struct space *s, size_t sample, const struct point *p, date_t from, date_t *out)
{
	const struct spans *r = spans_of(s, from);
	size_t wanted = p->at[DIM_RELATIVE], at = 0;
	date_t first, last;
	if (p->at[DIM_EXPIRES] ==
	    CLASS_FREE) { /* rather a day near to the first free one than one long ago */
		return meet_between(r, wanted, from - 366, from + FAR_DAYS, out) ||
		       meet_between(r, wanted, from - FAR_DAYS, from + FAR_DAYS, out);
	}
	while (next_span(&s->dims[DIM_EXPIRES], sample, p->at[DIM_EXPIRES], &at, &first, &last))
		if (meet_between(r, wanted, first, last, out))
			return true;
	return false;
}

bool space_meet(const struct space *s, size_t sample, const struct point *p, struct policy_facts *f)
{
	if (f->grant_from != DATE_NONE)
		return meet_from(s, sample, p, f->grant_from, &f->expires_on);
	for (int back = 0; back < 40; back++) { /* first free days up to ten years ago */
		f->grant_from = s->samples[sample] - back * 92;
		if (meet_from(s, sample, p, f->grant_from, &f->expires_on))
			return true;
	}
	return false;
}

/* ---- days of decision ---- */

#define SAMPLES_MAX 20000

static void add_sample(struct space *s, size_t klass, date_t day)
{
	const struct klass *k = &s->dims[DIM_TODAY].classes[klass];
	if (day < k->lo || day > k->hi)
		return;
	for (size_t i = s->sample_count; i-- > 0 && s->sample_class[i] == klass;)
		if (s->samples[i] == day)
			return;
	if (s->sample_count == SAMPLES_MAX) {
		space_limit(s, "more than %d days of decision", SAMPLES_MAX);
		return;
	}
	s->samples[s->sample_count] = day;
	s->sample_class[s->sample_count++] = klass;
}

/* Days on which a term of years ends after a fixed day. */
static void add_crossings(struct space *s, size_t klass)
{
	for (size_t i = 0; i < s->dim_count; i++) {
		const struct dim *d = &s->dims[i];
		for (size_t j = 0; d->form == FORM_DATE && i != DIM_RELATIVE && j < d->cut_count; j++)
			for (size_t k = 0; d->cuts[j].kind == CUT_DAY && k < d->cut_count; k++) {
				const struct cut *c = &d->cuts[k];
				int n = c->n + (c->kind == CUT_AGE_TO && c->a == AGE_COMPLETED_YEARS);
				if (c->kind == CUT_DAY || c->kind == CUT_TODAY)
					continue;
				date_t at = c->kind == CUT_DAYS ? d->cuts[j].day + c->n
				                                : years_after(d->cuts[j].day, n, false);
				for (int step = -3; step <= 3; step++)
					add_sample(s, klass, at + step);
			}
	}
}

static void sample_class(struct space *s, size_t klass, date_t first, date_t last)
{
	const struct klass *k = &s->dims[DIM_TODAY].classes[klass];
	date_t from = k->lo < first ? first : (date_t)k->lo, to = k->hi > last ? last : (date_t)k->hi;
	int year, year_to, m, day;
	date_t middle = from + (to - from) / 2;
	for (int i = 0; i < 7; i++)
		add_sample(s, klass, middle + i);
	add_sample(s, klass, from);
	add_sample(s, klass, to);
	date_split(from, &year, &m, &day);
	date_split(to, &year_to, &m, &day);
	for (; year <= year_to; year++)
		for (int i = -2; i <= 2; i++)
			add_sample(s, klass, date_make(year, 3, 1) + i);
	add_crossings(s, klass);
}

static void make_today(struct space *s)
{
	struct dim *d = &s->dims[DIM_TODAY];
	date_t days[CUTS_MAX];
	for (size_t i = 0; i < d->cut_count; i++)
		days[i] = d->cuts[i].day;
	qsort(days, d->cut_count, sizeof *days, by_day);
	d->classes = arena_calloc(s->arena, d->cut_count + 1, sizeof *d->classes);
	date_t low = date_make(1, 1, 2), high = date_make(9999, 12, 30);
	for (size_t i = 0; i <= d->cut_count; i++)
		d->classes[i] =
		    (struct klass){.lo = i ? days[i - 1] : low, .hi = i < d->cut_count ? days[i] - 1 : high};
	d->count = d->cut_count + 1;
	s->samples = arena_calloc(s->arena, SAMPLES_MAX, sizeof *s->samples);
	s->sample_class = arena_calloc(s->arena, SAMPLES_MAX, sizeof *s->sample_class);
	date_t middle = date_make(2026, 1, 1);
	date_t first = d->cut_count ? days[0] : middle, last = d->cut_count ? days[d->cut_count - 1] : middle;
	for (size_t i = 0; i < d->count; i++)
		sample_class(s, i, first - YEARS_PAST * 366, last + YEARS_PAST * 366);
	for (size_t i = 0; i < s->sample_count && s->samples[i] <= date_make(2026, 11, 20); i++)
		s->usual_sample = i;
}

/* First free days at the ends of months and years, where years differ in length. */
static void make_origins(struct space *s)
{
	s->origins = arena_calloc(s->arena, 32, sizeof *s->origins);
	for (int year = 2023; year <= 2027; year++)
		for (int i = -3; i <= 2; i++)
			s->origins[s->origin_count++] = date_make(year, 3, 1) + i;
	s->origins[s->origin_count++] = date_make(2025, 11, 20);
}

void space_make_dates(struct space *s)
{
	make_today(s);
	make_origins(s);
	s->spans = arena_calloc(s->arena, SPANS_KEPT, sizeof *s->spans);
	for (size_t i = 0; i < s->dim_count; i++) {
		struct dim *d = &s->dims[i];
		if (d->form == FORM_DATE && i == DIM_RELATIVE)
			make_date_dim(s, d, s->origins, s->origin_count);
		else if (d->form == FORM_DATE)
			make_date_dim(s, d, s->samples, s->sample_count);
	}
}
