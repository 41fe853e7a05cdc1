/* What is dated and what is said: windows without gap or overlap, words that somebody is told, sources. */
#include "policy/lint.h"
#include "policy/decide_int.h"
#include "policy/lint_int.h"

struct diag_pos lint_place(const struct yaml_node *entry, const char *key)
{
	if (!entry)
		return DIAG_NOWHERE;
	for (const struct yaml_node *n = entry->child; n; n = n->next)
		if (str_eq_c(n->key, key))
			return n->pos;
	return entry->pos;
}

static const char *day(date_t d, char text[DATE_TEXT_MAX])
{
	return d == DATE_NONE ? "ever" : date_format(text, d);
}

/* ---- grants, waivers and authorities in time ---- */

/* The first day from `on` to `last` without an authority; DATE_NONE: there is none. */
static date_t uncovered(const struct policy_grant *g, date_t on, date_t last)
{
	for (size_t i = 0; i < g->authority_count; i++) {
		const struct window *w = &g->authorities[i].window;
		if (!g->authorities[i].enabled || !window_has(*w, on))
			continue;
		if (w->to == DATE_NONE || (last != DATE_NONE && w->to >= last))
			return DATE_NONE;
		on = w->to + 1;
	}
	return on;
}

static void lint_waiver(const struct policy_waiver *w, struct diag *d)
{
	char text[DATE_TEXT_MAX];
	for (size_t i = 0; w->status == WAIVER_IN_FORCE && i < w->cover_count; i++) {
		const struct policy_grant *g = w->covers[i].grant;
		date_t from = w->window.from != DATE_NONE ? w->window.from : DATE_NONE + 1;
		date_t gap = uncovered(g, from, w->window.to);
		if (gap != DATE_NONE) {
			diag_warning(d, lint_place(g->node, "authority"),
			             "grant '%.*s' has no authority on %s, when waiver '%.*s' is in force",
			             STR_ARG(g->id), day(gap, text), STR_ARG(w->id));
			diag_help(d, "add an entry for that day: until then it is held as NO_AUTHORITY");
		}
		if (!w->covers[i].cites.grounded) {
			diag_warning(d, lint_place(w->node, "covers"),
			             "waiver '%.*s' rests on unverified sources alone for '%.*s': its grants "
			             "are held for review",
			             STR_ARG(w->id), STR_ARG(g->id));
			diag_help(d, "accept the source in the site file, or cite a verified clause");
		}
	}
}

static void lint_grant_windows(const struct policy_ruleset *r, const struct policy_grant *g, struct diag *d)
{
	char text[DATE_TEXT_MAX];
	date_t end = DATE_NONE, next;
	size_t in_force = 0;
	for (size_t i = 0; i < r->waiver_count; i++)
		if (r->waivers[i].status == WAIVER_IN_FORCE && lookup_cover(&r->waivers[i], g))
			in_force++;
	if (in_force == 0) {
		diag_warning(d, lint_place(g->node, "id"), "no waiver in force covers grant '%.*s'",
		             STR_ARG(g->id));
		diag_help(d, "add it to the 'covers' of a waiver");
		return;
	}
	for (size_t i = 0; i < r->waiver_count; i++) {
		const struct policy_waiver *w = &r->waivers[i];
		if (w->status != WAIVER_IN_FORCE || !lookup_cover(w, g))
			continue;
		if (end != DATE_NONE && w->window.from != DATE_NONE && w->window.from > end + 1) {
			next = w->window.from;
			diag_warning(d, lint_place(w->node, "register"),
			             "grant '%.*s' has no waiver from %s until this one begins",
			             STR_ARG(g->id), day(end + 1, text));
			diag_help(d, "registrations of those %d days pay", (int)(next - end - 1));
		}
		if (w->window.to == DATE_NONE)
			return;
		if (end == DATE_NONE || w->window.to > end)
			end = w->window.to;
	}
}

/* ---- lists that are looked up by date ---- */

static bool overlap(struct window a, struct window b)
{
	return (a.to == DATE_NONE || b.from == DATE_NONE || b.from <= a.to) &&
	       (b.to == DATE_NONE || a.from == DATE_NONE || a.from <= b.to);
}

static void lint_overlaps(const struct policy_ruleset *r, struct diag *d)
{
	for (size_t i = 0; i < r->plan_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct policy_plan *a = &r->plans[k], *b = &r->plans[i];
			if (!a->enabled || !b->enabled || !str_eq(a->province, b->province) ||
			    !str_eq(a->list, b->list) || !overlap(a->window, b->window))
				continue;
			diag_warning(d, lint_place(b->node, "id"),
			             "plan '%.*s' overlaps '%.*s' of the same province, which counts",
			             STR_ARG(b->id), STR_ARG(a->id));
			diag_help(d, "let the first one end the day before");
		}
	for (size_t i = 1; i < r->programme_count; i++) {
		const struct policy_programme *a = &r->programmes[i - 1], *b = &r->programmes[i];
		if (!overlap(a->window, b->window))
			continue;
		diag_warning(d, lint_place(b->node, "id"), "programme '%.*s' overlaps '%.*s'", STR_ARG(b->id),
		             STR_ARG(a->id));
		diag_help(d, "the later one counts on the days that they share");
	}
	for (size_t i = 1; i < r->province_list_count; i++) {
		const struct province_list *a = &r->province_lists[i - 1], *b = &r->province_lists[i];
		if (a->window.to != DATE_NONE && b->window.from == a->window.to + 1)
			continue;
		diag_warning(d, lint_place(b->node, "id"),
		             "province list '%.*s' does not follow '%.*s' day on day", STR_ARG(b->id),
		             STR_ARG(a->id));
		diag_help(d, "a list holds until the day before the next one");
	}
}

/* ---- words ---- */

static bool refuses_with(const struct checks *checks, const struct policy_word *w)
{
	for (size_t i = 0; i < checks->count; i++)
		if (checks->list[i].otherwise.reason == w || checks->list[i].missing.reason == w)
			return true;
	return false;
}

static void lint_advice(const struct policy_ruleset *r, const struct policy_word *w, struct diag *d)
{
	bool refuses = refuses_with(&r->checks, w);
	for (size_t i = 0; i < r->grant_count; i++)
		refuses |= refuses_with(&r->grants[i].conditions, w);
	if (!refuses || w->advice_vi.len)
		return;
	diag_warning(d, lint_place(w->node, "id"),
	             "'%.*s' refuses or holds, and does not say what the applicant can do", STR_ARG(w->id));
	diag_help(d, "add advice: {vi: \"...\", en: \"...\"}");
}

static void lint_words(const struct policy_ruleset *r, struct diag *d)
{
	for (size_t i = 0; i < r->word_count; i++) {
		const struct policy_word *w = &r->words[i];
		lint_advice(r, w, d);
		if (w->used)
			continue;
		diag_warning(d, lint_place(w->node, "id"), "no rule gives the %s '%.*s'",
		             w->reason ? "reason" : "flag", STR_ARG(w->id));
		diag_help(d, "remove it, or let a rule give it");
	}
}

static void lint_fact_words(const struct policy_ruleset *r, const struct check *c, struct diag *d)
{
	const struct fact_info *f = &r->facts[c->test.fact];
	if (c->test.kind != TEST_FACT || f->vi.len)
		return;
	diag_warning(d, lint_place(c->node, "require"),
	             "the fact '%.*s' has no name in Vietnamese and English", STR_ARG(f->id));
	diag_help(d, "add it to the section 'facts': {id: %.*s, vi: \"...\", en: \"...\"}", STR_ARG(f->id));
}

/* What a check asks for when its fact is missing: by its own word, or the fact's name. */
static void lint_need(const struct policy_ruleset *r, const struct check *c, struct diag *d)
{
	const char *asked = c->needs ? c->needs : c->test.kind == TEST_EVIDENCE ? "evidence" : NULL;
	if (!asked || c->otherwise.flag_only || need_name(r, str_c(asked), POLICY_VI).len)
		return;
	diag_warning(d, lint_place(c->node, c->needs ? "needs" : "require"),
	             "'%s', which '%.*s' asks for, has no name in Vietnamese and English", asked,
	             STR_ARG(c->id));
	diag_help(d, "add it to the section 'needs': {id: %s, vi: \"...\", en: \"...\"}", asked);
}

static void lint_messages(const struct policy_ruleset *r, const struct checks *checks, struct diag *d)
{
	for (size_t i = 0; i < checks->count; i++) {
		lint_fact_words(r, &checks->list[i], d);
		lint_need(r, &checks->list[i], d);
	}
}

size_t policy_lint(const struct policy_ruleset *r, struct diag *d)
{
	size_t before = d->warnings;
	lint_checks(r, d);
	for (size_t i = 0; i < r->waiver_count; i++)
		lint_waiver(&r->waivers[i], d);
	for (size_t i = 0; i < r->grant_count; i++) {
		lint_grant_windows(r, &r->grants[i], d);
		lint_messages(r, &r->grants[i].conditions, d);
	}
	lint_messages(r, &r->checks, d);
	lint_overlaps(r, d);
	lint_words(r, d);
	return d->warnings - before;
}
