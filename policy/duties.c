/* Reports of programmes and plans as days on which they are due. */
#include "policy/duties.h"
#include "policy/policy_int.h"

#include <stdlib.h>

const char *const policy_every_names[] = {"quarter", "year", "once", NULL};

struct search {
	date_t from, to;
	struct policy_duty *out;
	size_t max, count;
};

/* The last day of a month; months count on over the year's end. */
static date_t month_end(int year, int month)
{
	return date_make(year + month / 12, month % 12 + 1, 1) - 1;
}

/* `day` of a month, or its last one. */
static date_t day_of(int year, int month, int day)
{
	date_t last = month_end(year, month), d = date_make(year, month, 1) + day - 1;
	return d < last ? d : last;
}

static void add(struct search *s, struct policy_duty d)
{
	if (d.due < s->from || d.due > s->to)
		return;
	if (s->count < s->max)
		s->out[s->count] = d;
	s->count++;
}

/* One period: from the first of `month` on, so many months of it. */
static void add_period(struct search *s, struct policy_duty d, const struct report *r, struct window w,
                       int year, int month, int months)
{
	int last = month + months - 1, named = months == 12 && r->month ? r->month : last;
	d.from = date_make(year, month, 1);
	d.to = month_end(year, last);
	if (r->day)
		d.due = day_of(year, named, r->day);
	else
		d.due = r->due.value == DUE_LAST_DAY ? d.to : month_end(year, last + 1);
	if (w.from != DATE_NONE && d.to < w.from)
		return;
	if (w.to != DATE_NONE && d.from > w.to)
		return;
	if (w.from != DATE_NONE && d.from < w.from)
		d.from = w.from;
	if (w.to != DATE_NONE && d.to > w.to)
		d.to = w.to;
	add(s, d);
}

static void add_report(struct search *s, struct policy_duty d, const struct report *r, struct window w)
{
	int first, last, month, day;
	d.every = (enum policy_every)r->every;
	for (size_t i = 0; i < r->cites.count && i < POLICY_DUTY_CLAUSES_MAX; i++)
		d.clauses[d.clause_count++] = r->cites.list[i]->id;
	if (r->every == POLICY_ONCE) {
		d.from = w.from;
		d.to = w.to;
		d.due = r->on != DATE_NONE ? r->on : w.to;
		if (d.due != DATE_NONE)
			add(s, d);
		return;
	}
	date_split(s->from, &first, &month, &day);
	date_split(s->to, &last, &month, &day);
	for (int year = first - 1; year <= last;
	     year++) /* what is due in January may be of the year before */
		for (int m = 1; m <= 12; m += r->every == POLICY_EVERY_QUARTER ? 3 : 12)
			add_period(s, d, r, w, year, m, r->every == POLICY_EVERY_QUARTER ? 3 : 12);
}

static int by_due(const void *a, const void *b)
{
	const struct policy_duty *x = a, *y = b;
	if (x->due != y->due)
		return (x->due > y->due) - (x->due < y->due);
	return str_cmp(x->id, y->id) ? str_cmp(x->id, y->id) : (int)x->every - (int)y->every;
}

size_t policy_duties(const struct policy_ruleset *r, date_t from, date_t to, struct policy_duty *out,
                     size_t max)
{
	struct search s = {from, to, out, max, 0};
	for (size_t i = 0; i < r->programme_count; i++) {
		const struct policy_programme *p = &r->programmes[i];
		for (size_t k = 0; k < p->report_count; k++)
			add_report(&s, (struct policy_duty){.id = p->id, .document = p->source->document},
			           &p->reports[k], p->window);
	}
	for (size_t i = 0; i < r->plan_count; i++) {
		const struct policy_plan *p = &r->plans[i];
		for (size_t k = 0; p->enabled && k < p->report_count; k++)
			add_report(&s,
			           (struct policy_duty){
			               .id = p->id, .document = p->source->document, .province = p->province},
			           &p->reports[k], p->window);
	}
	qsort(out, s.count < max ? s.count : max, sizeof *out, by_due);
	return s.count;
}
