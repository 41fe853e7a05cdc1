/* The report of `policy check`. */
#include "policy/check.h"

#include "policy/policy_int.h"

size_t policy_check_unaccepted(const struct policy_ruleset *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->source_count; i++)
		n += !r->sources[i].verified && !r->sources[i].accepted;
	return n;
}

static void print_sources(const struct policy_ruleset *r, bool accepted, struct buf *out)
{
	for (size_t i = 0; i < r->source_count; i++) {
		const struct policy_source *s = &r->sources[i];
		if (s->verified || s->accepted != accepted)
			continue;
		buf_printf(out, "  %-16.*s %.*s\n", STR_ARG(s->id), STR_ARG(s->document));
		buf_printf(out, "  %-16s known from: %.*s\n", "", STR_ARG(s->reading));
		buf_printf(out, "  %-16s but: %.*s\n", "", STR_ARG(s->reason));
	}
}

static void print_switches(const struct policy_ruleset *r, struct buf *out)
{
	for (size_t i = 0; i < r->switch_count; i++) {
		const struct law_switch *s = &r->switches[i];
		if (s->chosen != s->fallback)
			buf_printf(out, "switch %.*s stands at %.*s (default %.*s)\n", STR_ARG(s->id),
			           STR_ARG(s->options[s->chosen]), STR_ARG(s->options[s->fallback]));
	}
}

static void print_expected(const struct policy_ruleset *r, struct buf *out)
{
	char from[DATE_TEXT_MAX];
	for (size_t i = 0; i < r->expected_count; i++) {
		const struct expected *x = &r->expected[i];
		buf_printf(out, "expected from %s, not in force: %s %.*s (%s:%d)\n",
		           date_format(from, x->window.from), x->what, STR_ARG(x->id),
		           x->node->pos.source->name, x->node->pos.line);
	}
}

static void print_text(const struct policy_ruleset *r, struct buf *out)
{
	size_t unverified = 0, open = policy_check_unaccepted(r), plans = 0;
	for (size_t i = 0; i < r->source_count; i++)
		unverified += !r->sources[i].verified;
	for (size_t i = 0; i < r->plan_count; i++)
		plans += r->plans[i].enabled; /* a switch may take one out */
	buf_printf(out, "%zu sources, %zu clauses, %zu grants, %zu waivers, %zu plans, %zu switches\n",
	           r->source_count, r->clause_count, r->grant_count, r->waiver_count, plans, r->switch_count);
	buf_printf(out, "revision %s\n", r->revision);
	print_switches(r, out);
	print_expected(r, out);
	if (unverified > open) {
		buf_printf(out, "%zu unverified sources, accepted by the site file:\n", unverified - open);
		print_sources(r, true, out);
	}
	if (open > 0) {
		buf_printf(out, "%zu unverified sources, not accepted (what rests on them alone is held):\n",
		           open);
		print_sources(r, false, out);
	}
}

static void print_finding(const struct diag_item *it, struct buf *out)
{
	static const char *const levels[] = {"error", "warning", "note"};
	buf_printf(out, "{\"level\":\"%s\",\"file\":", levels[it->level]);
	buf_json(out, str_c(it->pos.source ? it->pos.source->name : ""));
	buf_printf(out, ",\"line\":%d,\"column\":%d,\"message\":", it->pos.line, it->pos.column);
	buf_json(out, str_c(it->text));
	buf_lit(out, ",\"help\":");
	if (it->help)
		buf_json(out, str_c(it->help));
	else
		buf_lit(out, "null");
	buf_byte(out, '}');
}

static void print_unverified(const struct policy_ruleset *r, struct buf *out)
{
	const char *comma = "";
	for (size_t i = 0; i < r->source_count; i++) {
		const struct policy_source *s = &r->sources[i];
		if (s->verified)
			continue;
		buf_printf(out, "%s{\"source\":", comma);
		buf_json(out, s->id);
		buf_lit(out, ",\"document\":");
		buf_json(out, s->document);
		buf_lit(out, ",\"reason\":");
		buf_json(out, s->reason);
		buf_printf(out, ",\"accepted\":%s}", s->accepted ? "true" : "false");
		comma = ",";
	}
}

static void print_expected_json(const struct policy_ruleset *r, struct buf *out)
{
	char from[DATE_TEXT_MAX];
	for (size_t i = 0; i < r->expected_count; i++) {
		const struct expected *x = &r->expected[i];
		buf_printf(out, "%s{\"what\":\"%s\",\"id\":", i ? "," : "", x->what);
		buf_json(out, x->id);
		buf_printf(out, ",\"from\":\"%s\"}", date_format(from, x->window.from));
	}
}

static void print_switches_json(const struct policy_ruleset *r, struct buf *out)
{
	for (size_t i = 0; i < r->switch_count; i++) {
		const struct law_switch *s = &r->switches[i];
		buf_printf(out, "%s{\"switch\":", i ? "," : "");
		buf_json(out, s->id);
		buf_lit(out, ",\"ambiguity\":");
		buf_json(out, s->ambiguity);
		buf_lit(out, ",\"stands_at\":");
		buf_json(out, s->options[s->chosen]);
		buf_lit(out, ",\"default\":");
		buf_json(out, s->options[s->fallback]);
		buf_byte(out, '}');
	}
}

static void print_json(const struct policy_ruleset *r, const struct diag *d, struct buf *out)
{
	buf_printf(out, "{\"errors\":%zu,\"misshapen\":%zu,\"warnings\":%zu,\"findings\":[", d->errors,
	           d->misshapen, d->warnings);
	for (size_t i = 0; i < d->count; i++) {
		buf_append(out, ",", i > 0);
		print_finding(&d->items[i], out);
	}
	buf_lit(out, "],\"revision\":");
	if (r)
		buf_json(out, str_c(r->revision));
	else
		buf_lit(out, "null");
	buf_lit(out, ",\"expected\":[");
	if (r)
		print_expected_json(r, out);
	buf_lit(out, "],\"switches\":[");
	if (r)
		print_switches_json(r, out);
	buf_lit(out, "],\"unverified\":[");
	if (r)
		print_unverified(r, out);
	buf_lit(out, "]}\n");
}

void policy_check_print(const struct policy_ruleset *r, const struct diag *d, enum policy_form form,
                        struct buf *out)
{
	if (form == POLICY_JSON) {
		print_json(r, d, out);
		return;
	}
	diag_print(d, out);
	if (r)
		print_text(r, out);
}
