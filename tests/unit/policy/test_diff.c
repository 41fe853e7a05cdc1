/*
 * Comparing rule sets: random pairs of small ones against brute force, and what people are told. The oracle decides
 * invented applications under both sets and compares; the comparison must say "changes" for exactly those that do.
 *
 * DIFF_PAIRS: how many pairs (100; `make sim` takes 1,000); DIFF_SEED: the first.
 */
#include "policy/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "epp/base/rng.h"
#include "policy/cases.h"
#include "tests/unit/policy/shipped.h"

#include <time.h>

#define APPLICATIONS 200 /* of each pair */

/* ---- random rule sets ---- */

static const char *const tests[] = {
    "{fact: period, min: 1, max: 2}",
    "{fact: period, max: {value: most}}",
    "{fact: prior_grants, max: 0}",
    "{fact: prior_grants, max: 1}",
    "{fact: citizenship, in: [VN]}",
    "{fact: citizenship, not_in: [LA, VN]}",
    "{fact: gender, in: [male]}",
    "{fact: province_known, in: [\"true\"]}",
    "{fact: name_idn, in: [\"false\"]}",
    "{fact: grant_fits, in: [\"true\"]}",
    "{fact: zone_takes_kind, in: [\"true\"]}",
    "{fact: zone_has_grant, in: [\"true\"]}",
    "{fact: waiver_status, in: [in_force]}",
    "{fact: waiver_status, not_in: [undecided]}",
    "{fact: subject_number, present: true}",
    "{fact: name_known, in: [\"true\"]}",
    "{fact: name_granted, in: [\"true\"]}",
    "{fact: ownership_changed, in: [\"false\"]}",
    "{fact: grant_from, to: decision}",
    "{fact: expires_on, present: true}",
    "{fact: free_years_left, min: 1}",
    "{fact: free_term_whole, in: [\"true\"]}",
    "{fact: days_after_expiry, max: 30}",
    "{fact: days_after_expiry, max: {value: days}}",
    "{fact: founded_on, from: 2025-06-01, to: 2026-06-30}",
    "{fact: registered_on, to: decision}",
    "{fact: attended, in: [\"true\"]}",
    "{fact: staff, max: {value: most}}",
    "{fact: staff, min: 2, max: 7}",
    "{fact: field, in: [shop]}",
    "{fact: licensed_on, from: 2026-01-01}",
    "{within: {of: licensed_on, years: 1, boundary: end_of_anniversary, weekend: not_applied}}",
    "{within: {of: founded_on, years: 1, boundary: {switch: edge}, weekend: {switch: roll}}}",
    "{within: {of: founded_on, years: 2, boundary: before_anniversary, weekend: applied}}",
    "{age: {at_least: 18, start: {switch: lower}, feb29: {switch: leap}}}",
    "{age: {at_least: 20, start: day_after, feb29: feb28}}",
    "{age: {at_most: 23, mode: {switch: upper}, feb29: {switch: leap}}}",
    "{age: {at_most: 25, mode: until_birthday, feb29: mar1}}",
    "{citizen_id: not_legacy}",
    "{citizen_id: shape}",
    "{citizen_id: place}",
    "{citizen_id: century}",
    "{citizen_id: year}",
    "{citizen_id: gender}",
    "{tax_code: valid}",
    "{tax_code: independent}",
    "{household_number: known_form}",
    "{household_number: tax_code}",
    "{evidence: {any_of: [ekyc]}}",
    "{evidence: {any_of: [ekyc, paper], complete: [paper]}}",
    "{no_contradiction: \"true\"}",
    "{fact: plan, in: [north]}",
    "{fact: plan, not_in: [north]}",
};

static const char *const whens[] = {
    "",
    "",
    "op: [create]",
    "op: [create]",
    "op: [renew]",
    "kind: [citizen]",
    "op: [create], kind: [enterprise, household_business]",
    "op: [create], zone: [id.vn]",
    "attended: [\"true\"]",
    "field: [shop, farm]",
    "name_known: [\"true\"]",
    "gender: [female]",
    "grant_fits: [\"true\"]",
    "switch: {upper: completed_years}",
    "registration_exempt: [\"false\"]",
    "op: [create], plan: [none]",
    "op: [create], plan: [north]",
};

static const char *const outcomes[] = {
    "{outcome: reject, reason: R1}",   "{outcome: reject, reason: R2}", "{outcome: no_grant, reason: R2}",
    "{outcome: no_grant, reason: R3}", "{outcome: review, reason: R3}", "{outcome: review, reason: R4}",
    "{outcome: flag, flags: [F1]}",
};

static const char *const cites[] = {"[C1]", "[C2]", "[C3]", "[C1, C3]", "[C4]", "[U1]"};
static const char *const dates[] = {"2025-06-30", "2025-12-31", "2026-06-30", "2026-12-31", "2027-12-31"};

enum { CHECKS_MAX = 7, SWITCHES = 5 };

/* Numbers into the lists above; a pair of rule sets are two of these, the second with some of it changed. */
struct rule {
	unsigned id, when, test, outcome, missing, cite, contested;
};

struct rules {
	struct rule checks[CHECKS_MAX], conditions[CHECKS_MAX];
	size_t check_count, condition_count;
	unsigned switches[SWITCHES], years, authority, waiver, undecided, grounded, most, days, verdict,
	    household, place, staff_max, plan, plan_switch, term, gap;
};

static unsigned pick(struct rng *g, size_t n)
{
	return (unsigned)rng_below(g, n);
}

static struct rule random_rule(struct rng *g, unsigned id)
{
	return (struct rule){id,
	                     pick(g, ARRAY_LEN(whens)),
	                     pick(g, ARRAY_LEN(tests)),
	                     pick(g, ARRAY_LEN(outcomes)),
	                     pick(g, 4),
	                     pick(g, ARRAY_LEN(cites)),
	                     pick(g, 2)};
}

static void random_rules(struct rng *g, struct rules *r)
{
	*r = (struct rules){.check_count = pick(g, CHECKS_MAX), .condition_count = pick(g, CHECKS_MAX)};
	for (unsigned i = 0; i < CHECKS_MAX; i++) {
		r->checks[i] = random_rule(g, i);
		r->conditions[i] = random_rule(g, 10 + i);
	}
	for (size_t i = 0; i < SWITCHES; i++)
		r->switches[i] = pick(g, 2);
	r->years = 1 + pick(g, 2);
	r->authority = pick(g, ARRAY_LEN(dates));
	r->waiver = pick(g, ARRAY_LEN(dates));
	r->undecided = pick(g, 2);
	r->grounded = pick(g, 8) != 0;
	r->most = pick(g, 3);
	r->days = pick(g, 3);
	r->household = pick(g, 2);
	r->place = pick(g, 4);
	r->staff_max = pick(g, 2);
	r->plan = pick(g, ARRAY_LEN(dates));
	r->plan_switch = pick(g, 2);
	r->term = pick(g, 2);
	r->gap = pick(g, 4);
}

static void change_rule(struct rng *g, struct rule *r)
{
	struct rule other = random_rule(g, r->id);
	switch (pick(g, 6)) {
	case 0: r->when = other.when; break;
	case 1: r->test = other.test; break;
	case 2: r->outcome = other.outcome; break;
	case 3: r->missing = other.missing; break;
	case 4: r->cite = other.cite; break;
	default: r->contested = other.contested; break;
	}
}

static void swap_rules(struct rng *g, struct rule *list, size_t count)
{
	if (count < 2)
		return;
	struct rule *a = &list[pick(g, count)], *b = &list[pick(g, count)], was = *a;
	*a = *b;
	*b = was;
}

static void change_rules(struct rng *g, struct rules *r)
{
	struct rules other;
	random_rules(g, &other);
	switch (pick(g, 19)) {
	case 15:
		r->plan = other.plan;
		r->plan_switch = other.plan_switch;
		break;
	case 16: r->term = other.term; break;
	case 17: r->gap = other.gap; break;
	case 0:
	case 1:
	case 2: change_rule(g, &r->checks[pick(g, CHECKS_MAX)]); break;
	case 3:
	case 4:
	case 5: change_rule(g, &r->conditions[pick(g, CHECKS_MAX)]); break;
	case 6: swap_rules(g, r->checks, r->check_count); break;
	case 7: swap_rules(g, r->conditions, r->condition_count); break;
	case 8: r->check_count = other.check_count; break;
	case 9: r->condition_count = other.condition_count; break;
	case 10: r->switches[pick(g, SWITCHES)] ^= 1; break;
	case 11: r->years = other.years; break;
	case 12: r->authority = other.authority; break;
	case 13: r->waiver = other.waiver; break;
	case 14:
		r->undecided = other.undecided;
		r->place = other.place;
		break;
	default:
		r->most = other.most;
		r->days = other.days;
		r->verdict = pick(g, 2);
		r->grounded = other.grounded;
		r->household = other.household;
		r->staff_max = other.staff_max;
		break;
	}
}

/* ---- as files ---- */

static bool is_declared_when(const char *when)
{
	return *when != '\0';
}

static bool is_flag(const struct rule *r)
{
	return r->outcome == ARRAY_LEN(outcomes) - 1;
}

static void write_rule(const struct rule *r, const char *indent, struct buf *out)
{
	const char *test = tests[r->test];
	bool upper = strstr(test, "switch: upper") != NULL, edge = strstr(test, "switch: edge") != NULL;
	buf_printf(out, "%s- id: rule-%u\n%s  require: %s\n%s  otherwise: %s\n%s  cite: %s\n", indent, r->id,
	           indent, test, indent, outcomes[r->outcome], indent, cites[r->cite]);
	if (is_declared_when(whens[r->when]))
		buf_printf(out, "%s  when: {%s}\n", indent, whens[r->when]);
	if (r->missing == 1 && !is_flag(r))
		buf_printf(out, "%s  missing: {outcome: no_grant, reason: R4}\n", indent);
	if (r->contested && (upper || edge))
		buf_printf(out,
		           "%s  contested:\n%s    - {switch: %s, flag: F2, granted_reason: R5, cite: [C2]}\n",
		           indent, indent, upper ? "upper" : "edge");
}

static void write_switches(const struct rules *r, struct buf *out)
{
	static const char *const ids[] = {"upper", "lower", "leap", "edge", "roll"};
	static const char *const options[][2] = {{"completed_years", "until_birthday"},
	                                         {"birthday", "day_after"},
	                                         {"mar1", "feb28"},
	                                         {"end_of_anniversary", "before_anniversary"},
	                                         {"not_applied", "applied"}};
	buf_lit(out, "switches:\n");
	for (size_t i = 0; i < SWITCHES; i++)
		buf_printf(out,
		           "  - {id: %s, ambiguity: A1, default: %s, options: {%s: x, %s: y}, reason: z, "
		           "cite: [C1]}\n",
		           ids[i], options[i][r->switches[i]], options[i][0], options[i][1]);
}

static void write_law(const struct rules *r, struct buf *out)
{
	static const char *const places[] = {"\"01\"", "\"01\", \"02\"", "\"02\"", "\"96\""};
	buf_lit(out, "sources:\n"
	             "  - id: law\n    document: 1/L\n    title: law\n    verified: true\n    reading: read\n"
	             "    clauses:\n"
	             "      - {id: C1, section: \"1\", kind: enforce}\n      - {id: C2, section: \"2\", "
	             "kind: enforce}\n"
	             "      - {id: C3, section: \"3\", kind: enforce}\n      - {id: C4, section: \"4\", "
	             "kind: enforce}\n"
	             "      - {id: C5, section: \"5\", kind: enforce}\n"
	             "  - id: hearsay\n    document: 2/H\n    title: hearsay\n    verified: false\n"
	             "    reading: heard\n    reason: not read\n"
	             "    clauses:\n      - {id: U1, section: \"1\", kind: enforce}\n");
	buf_lit(out, "reasons:\n");
	for (int i = 1; i <= 9; i++)
		buf_printf(out, "  - {id: R%d, vi: \"lý do\", en: reason}\n", i);
	buf_lit(out, "flags:\n  - {id: F1, vi: cờ, en: flag}\n  - {id: F2, vi: cờ, en: flag}\n");
	buf_printf(out,
	           "facts:\n  - {id: attended, type: flag, vi: a, en: b, cite: [C1]}\n"
	           "  - {id: staff, type: number, min: 0, max: %d, vi: a, en: b}\n"
	           "  - {id: licensed_on, type: date, vi: a, en: b}\n"
	           "  - {id: field, type: code, codes: [farm, shop, mine], vi: a, en: b}\n",
	           r->staff_max ? 10 : 20);
	buf_printf(
	    out,
	    "values:\n  - id: most\n    unit: pieces\n    dated:\n"
	    "      - {from: 2023-01-01, to: 2026-05-31, value: %u, cite: [C1]}\n"
	    "      - {from: 2026-06-01, value: 3, cite: [C1]}\n"
	    "  - id: days\n    unit: days\n    dated:\n      - {from: 2023-01-01, value: %u, cite: [C1]}\n",
	    1 + r->most, 24 + 3 * r->days);
	buf_printf(
	    out,
	    "province_lists:\n  - {id: \"old\", to: 2025-06-30, cite: [C1], codes: {\"01\": a, \"02\": b}}\n"
	    "  - {id: \"new\", from: 2025-07-01, cite: [C1], codes: {%s: a}}\n",
	    places[r->place] == places[1] ? "\"01\": a, \"02\"" : places[r->place]);
	buf_printf(
	    out,
	    "zones:\n  - {zones: [id.vn], holders: [citizen], fee: f, cite: [C1]}\n"
	    "  - {zones: [biz.vn, com.vn], fee: f, cite: [C1]}\n"
	    "fees:\n  - from: 2023-01-01\n    cite: [C1]\n    rates:\n      f: {levy: 1, maintenance: 2}\n"
	    "birth_places: {province_list: \"%s\", country_from: 100, country_to: 20%u, cite: [C1]}\n",
	    r->most == 1 ? "new" : "old", r->most);
}

static void write_grant(const struct rules *r, const char *id, const char *zone, const char *kind, bool full,
                        struct buf *out)
{
	char next[DATE_TEXT_MAX];
	date_t until = 0;
	assert_true(date_parse(str_c(dates[r->authority]), &until));
	buf_printf(out,
	           "  - id: %s\n    zone: %s\n    subject: %s\n    term: {years: %u, cite: [C2]}\n"
	           "    services: [website]\n    authority:\n"
	           "      - {from: 2024-01-01, to: %s, cite: [%s]%s}\n"
	           "      - {from: %s, cite: [C5]}\n",
	           id, zone, kind, r->years, dates[r->authority], r->grounded ? "C1" : "U1",
	           r->gap == 0 ? ", when: {switch: {leap: mar1}}" : "", date_format(next, until + 1));
	buf_lit(out, "    conditions:\n");
	for (size_t i = 0; full && i < r->condition_count; i++)
		write_rule(&r->conditions[i], "      ", out);
	if (!full || r->condition_count == 0)
		buf_lit(
		    out,
		    "      - {id: always, require: {fact: zone, present: true}, otherwise: {outcome: review, "
		    "reason: R9}, cite: [C4]}\n");
}

/* Rules that never apply: what nothing asks for is an error. */
static void write_users(struct buf *out)
{
	static const char *const asking[] = {
	    "{fact: period, max: {value: most}}",
	    "{fact: days_after_expiry, max: {value: days}}",
	    "{within: {of: founded_on, years: 1, boundary: {switch: edge}, weekend: {switch: roll}}}",
	    "{age: {at_least: 18, start: {switch: lower}, feb29: {switch: leap}}}",
	    "{age: {at_most: 23, mode: {switch: upper}, feb29: {switch: leap}}}",
	    "{fact: attended, present: true}",
	    "{fact: staff, present: true}",
	    "{fact: licensed_on, present: true}",
	    "{fact: field, present: true}",
	};
	for (size_t i = 0; i < ARRAY_LEN(asking); i++)
		buf_printf(
		    out,
		    "  - id: user-%zu\n    when: {zone: [nowhere.vn]}\n    require: %s\n"
		    "    otherwise: {outcome: flag, flags: [F%zu]}\n    cite: [C1, C2, C3, C4, C5, U1]\n",
		    i, asking[i], 1 + i % 2);
	for (int i = 1; i <= 5; i++)
		buf_printf(out,
		           "  - id: reason-%d\n    when: {op: [create], kind: [other], zone: [nowhere.vn], "
		           "zone_known: "
		           "[\"true\"]}\n    require: {fact: op, present: true}\n"
		           "    otherwise: {outcome: review, reason: R%d}\n    cite: [C1]\n",
		           i, i);
}

static void write_rules(const struct rules *r, struct buf *out)
{
	static const char *const verdicts[] = {"granted",      "granted_renewal",   "granted_partly",
	                                       "fact_missing", "source_unverified", "no_authority",
	                                       "fee_unknown",  "fee_over_maximum",  "approved"};
	write_law(r, out);
	write_switches(r, out);
	buf_lit(out, "checks:\n");
	for (size_t i = 0; i < r->check_count; i++)
		write_rule(&r->checks[i], "  ", out);
	write_users(out);
	if (r->check_count == 0)
		buf_lit(out, "  - {id: always, require: {fact: op, present: true}, otherwise: {outcome: "
		             "review, reason: "
		             "R9}, cite: [C4]}\n");
	buf_printf(out, "readings: {term: %s}\n", r->term ? "day_after" : "grant_date");
	buf_printf(
	    out,
	    "plans:\n  - {id: north, source: law, province: \"01\", province_list: old, from: 2025-03-01, "
	    "to: %s, cite: [C1]%s}\n",
	    dates[r->plan], r->plan_switch ? ", when: {switch: {upper: completed_years}}" : "");
	buf_lit(out, "verdicts:\n");
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		buf_printf(out, "  %s: {reason: R%d, cite: [%s]}\n", verdicts[i],
		           i == 3   ? 4
		           : i == 2 ? 8
		                    : 6 + (int)(i % 2),
		           i == 4 && r->verdict ? "C4" : "C5");
	buf_lit(out, "grants:\n");
	write_grant(r, "youth", "id.vn", "citizen", true, out);
	write_grant(r, "firm", "biz.vn", "enterprise", false, out);
	if (r->household)
		write_grant(r, "house", "biz.vn", "household_business", true, out);
	buf_lit(out, "waivers:\n");
	for (int i = 0; i < 2; i++) {
		char from[16];
		snprintf(from, sizeof from, "%s", i ? dates[r->waiver] : "2024-03-01");
		buf_printf(out,
		           "  - id: w%d\n    source: law\n    status: %s\n    register: {from: %s, to: %s}\n"
		           "    levy: waived\n    covers:\n      - {grant: youth, cite: [C3]}\n"
		           "      - {grant: firm, cite: [C%d]}\n",
		           i, i && r->undecided ? "undecided" : "in_force", from,
		           i ? "2029-12-31" : dates[r->waiver], 3 + i);
		if (r->household)
			buf_lit(out, "      - {grant: house, cite: [C4]}\n");
	}
}

static struct policy_ruleset *load(const struct rules *r)
{
	struct buf text;
	struct diag diag;
	buf_init(&text, 1 << 20);
	diag_init(&diag);
	write_rules(r, &text);
	struct policy_text file = {"random.yaml", buf_str(&text)};
	struct policy_ruleset *out = policy_load_texts(&file, 1, &diag);
	if (!out) {
		struct buf findings;
		buf_init(&findings, 1 << 20);
		diag_print(&diag, &findings);
		fail_msg("%s", buf_cstr(&findings));
	}
	diag_fini(&diag);
	buf_fini(&text);
	return out;
}

/* ---- random applications ---- */

struct application {
	struct policy_facts facts;
	struct policy_evidence evidence[3];
	struct policy_given given[4];
	char id[16], staff[16], licensed[16];
};

static const char *const days_of_note[] = {"2024-01-01", "2024-03-01", "2025-06-30", "2025-07-01",
                                           "2025-12-31", "2026-01-01", "2026-05-31", "2026-06-01",
                                           "2026-06-30", "2026-07-01", "2026-12-31", "2027-01-01",
                                           "2027-12-31", "2028-01-01", "2028-06-01", "2029-12-31",
                                           "2030-01-01", "2022-12-31", "2023-01-01"};

static date_t note_day(struct rng *g)
{
	date_t d = 0;
	assert_true(date_parse(str_c(days_of_note[pick(g, ARRAY_LEN(days_of_note))]), &d));
	return d;
}

static date_t random_today(struct rng *g)
{
	switch (pick(g, 4)) {
	case 0: return note_day(g) + (date_t)pick(g, 3) - 1;
	case 1: return date_make(2023 + (int)pick(g, 8), 3, 1) + (date_t)pick(g, 5) - 3;
	default: return date_make(2023, 1, 1) + (date_t)pick(g, 8 * 365);
	}
}

static date_t years_before(date_t d, unsigned years, struct rng *g)
{
	return date_add_years(d, -(int)years, pick(g, 2)) + (date_t)pick(g, 7) - 3;
}

static date_t random_birth(struct rng *g, date_t today)
{
	static const unsigned ages[] = {17, 18, 19, 20, 21, 23, 24, 25, 26};
	if (pick(g, 10) == 0)
		return DATE_NONE;
	if (pick(g, 8) == 0)
		return date_make(1996 + 4 * (int)pick(g, 4), 2, 29);
	return years_before(today, pick(g, 3) ? ages[pick(g, ARRAY_LEN(ages))] : pick(g, 60), g);
}

static date_t random_past(struct rng *g, date_t today)
{
	if (pick(g, 8) == 0)
		return DATE_NONE;
	return pick(g, 3) == 0 ? note_day(g) + (date_t)pick(g, 3) - 1 : years_before(today, pick(g, 4), g);
}

static void random_id(struct rng *g, struct application *a)
{
	static const char *const odd[] = {"", "123456789", "0123456789", "41A8000123", "X1", "999304000001"};
	int y = 2004, m, d;
	if (pick(g, 3) == 0) {
		a->facts.id_number = str_c(odd[pick(g, ARRAY_LEN(odd))]);
		return;
	}
	if (a->facts.birth_date != DATE_NONE)
		date_split(a->facts.birth_date, &y, &m, &d);
	y += pick(g, 6) == 0 ? 1 : pick(g, 6) == 0 ? 100 : 0;
	snprintf(a->id, sizeof a->id, "00%u%u%02u000001", 1 + pick(g, 5),
	         (unsigned)((y / 100 - 19) * 2) % 10 + (a->facts.gender == POLICY_FEMALE) * (pick(g, 5) != 0),
	         (unsigned)(y % 100));
	a->facts.id_number = str_c(a->id);
}

static void random_evidence(struct rng *g, date_t today, struct application *a)
{
	static const char *const types[] = {"ekyc", "paper", "other"};
	a->facts.evidence = a->evidence;
	a->facts.evidence_count = pick(g, 4);
	for (size_t i = 0; i < a->facts.evidence_count; i++)
		a->evidence[i] = (struct policy_evidence){
		    .type = str_c(types[pick(g, ARRAY_LEN(types))]),
		    .reference = pick(g, 3) ? STR("K-1") : STR_NONE,
		    .date = pick(g, 3) ? today + (date_t)pick(g, 3) - 1 : DATE_NONE,
		    .result = (enum policy_result)pick(g, POLICY_RESULT__COUNT),
		};
}

static void random_given(struct rng *g, date_t today, struct application *a)
{
	static const char *const fields[] = {"farm", "shop", "mine", "moon"};
	struct policy_facts *f = &a->facts;
	f->given = a->given;
	if (pick(g, 4))
		a->given[f->given_count++] =
		    (struct policy_given){STR("attended"), pick(g, 2) ? STR("true") : STR("false")};
	if (pick(g, 4)) {
		snprintf(a->staff, sizeof a->staff, "%u", pick(g, 24));
		a->given[f->given_count++] = (struct policy_given){STR("staff"), str_c(a->staff)};
	}
	date_t licensed = random_past(g, today);
	if (licensed != DATE_NONE)
		a->given[f->given_count++] =
		    (struct policy_given){STR("licensed_on"), str_c(date_format(a->licensed, licensed))};
	if (pick(g, 4))
		a->given[f->given_count++] =
		    (struct policy_given){STR("field"), str_c(fields[pick(g, ARRAY_LEN(fields))])};
}

static void random_ledger(struct rng *g, date_t today, struct policy_facts *f)
{
	static const char *const grants[] = {"", "youth", "firm", "house", "gone"};
	f->prior_grants = (int)pick(g, 4) - 1;
	f->prior_paid = (enum policy_flag)pick(g, 3);
	f->name_known = (enum policy_flag)pick(g, 3);
	f->name_granted = (enum policy_flag)pick(g, 3);
	f->ownership_changed = (enum policy_flag)pick(g, 3);
	f->grant = str_c(grants[pick(g, ARRAY_LEN(grants))]);
	f->grant_from = random_past(g, today);
	f->free_years_used = (int)pick(g, 5) - 1;
	if (pick(g, 6) == 0)
		return;
	if (f->grant_from != DATE_NONE && pick(g, 2))
		f->expires_on =
		    date_add_years(f->grant_from, (int)pick(g, 4), false) + (date_t)pick(g, 7) - 3;
	else
		f->expires_on = today - 35 + (date_t)pick(g, 40);
}

static void random_application(struct rng *g, struct application *a)
{
	static const char *const zones[] = {"id.vn", "biz.vn", "com.vn", "name.vn", ""};
	static const char *const taxes[] = {"",           "0100109106",   "0100109106001",
	                                    "0100109107", "001204000001", "777",
	                                    "41A8000123"};
	static const char *const numbers[] = {"", "41A8000123", "0100109106", "003204000001", "9"};
	static const char *const countries[] = {"VN", "VN", "LA", "FR", ""};
	static const char *const provinces[] = {"01", "02", "96", "77", ""};
	static const char *const lists[] = {"", "old", "new", "odd"};
	date_t today = random_today(g);
	struct policy_facts *f = &a->facts;
	*f = POLICY_FACTS_NONE;
	f->op = pick(g, 3) ? POLICY_CREATE : POLICY_RENEW;
	f->at = instant_of_date(today, HANOI_OFFSET_S) + (instant_ms_t)pick(g, 86400) * 1000;
	f->zone = str_c(zones[pick(g, 3) ? pick(g, 2) : pick(g, ARRAY_LEN(zones))]);
	f->name_idn = pick(g, 2);
	f->period = (int)pick(g, 7) - 1;
	f->kind = str_eq_c(f->zone, "id.vn") && pick(g, 4) ? POLICY_CITIZEN
	                                                   : (enum policy_kind)pick(g, POLICY_KIND__COUNT);
	f->citizenship = str_c(countries[pick(g, ARRAY_LEN(countries))]);
	f->gender = (enum policy_gender)pick(g, POLICY_GENDER__COUNT);
	f->birth_date = random_birth(g, today);
	random_id(g, a);
	f->tax_code = str_c(taxes[pick(g, ARRAY_LEN(taxes))]);
	f->registration_number = str_c(numbers[pick(g, ARRAY_LEN(numbers))]);
	f->founded_on = random_past(g, today);
	f->registered_on = random_past(g, today);
	f->registration_exempt = (enum policy_flag)pick(g, 3);
	f->province = str_c(provinces[pick(g, ARRAY_LEN(provinces))]);
	f->province_list = str_c(lists[pick(g, ARRAY_LEN(lists))]);
	random_evidence(g, today, a);
	random_given(g, today, a);
	random_ledger(g, today, f);
}

/* ---- the oracle ---- */

static struct str member(struct str printed, const char *name)
{
	char key[40];
	struct str rest = printed;
	snprintf(key, sizeof key, "\"%s\":", name);
	while (rest.len && !str_starts(rest, str_c(key))) {
		rest.ptr++;
		rest.len--;
	}
	return rest;
}

/* Every entry of the list at `name` is in the other text's list, too; entries hold no brackets. */
static bool has_all(struct str a, struct str b, const char *name)
{
	struct str from = member(a, name), in = member(b, name);
	(void)str_split(&from, '[');
	(void)str_split(&in, '[');
	from = str_split(&from, ']');
	in = str_split(&in, ']');
	while (from.len) {
		char one[200];
		struct str end = from;
		struct str entry = str_split(&end, name[0] == 'c' ? '}' : ',');
		if (name[0] == 'c') { /* without the role and what stands behind it */
			const char *role = strstr(entry.ptr, ",\"role\"");
			entry.len = (size_t)(role - entry.ptr);
			if (entry.ptr[0] == ',') {
				entry.ptr++;
				entry.len--;
			}
		}
		from = end;
		assert_true(str_copy(one, sizeof one, entry));
		char *text = strndup(in.ptr, in.len);
		bool found = strstr(text, one) != NULL;
		free(text);
		if (!found)
			return false;
	}
	return true;
}

static struct str decide(const struct policy_ruleset *r, const struct policy_facts *f, struct buf *out,
                         struct policy_decision *p)
{
	buf_clear(out);
	policy_decide(r, f, p);
	policy_print_common(p, out);
	buf_byte(out, '\0');
	return buf_str(out);
}

static bool changes(const struct policy_ruleset *a, const struct policy_ruleset *b,
                    const struct policy_facts *f)
{
	static struct buf one, other;
	struct policy_decision x, y;
	buf_fini(&one);
	buf_fini(&other);
	buf_init(&one, 1 << 20);
	buf_init(&other, 1 << 20);
	struct str s = decide(a, f, &one, &x), t = decide(b, f, &other, &y);
	bool granted = x.outcome == POLICY_GRANT || x.outcome == POLICY_GRANT_PARTIAL;
	bool differ = x.outcome != y.outcome || !str_eq(policy_main_reason(&x), policy_main_reason(&y)) ||
	              (granted && (x.free_years != y.free_years || x.charged_years != y.charged_years)) ||
	              !has_all(s, t, "reasons") || !has_all(t, s, "reasons") || !has_all(s, t, "cites") ||
	              !has_all(t, s, "cites");
	buf_fini(&one);
	buf_fini(&other);
	return differ;
}

static void tell(uint64_t seed, const struct rules *a, const struct rules *b, struct policy_diff *d,
                 const struct policy_facts *f, const char *what)
{
	struct buf out;
	buf_init(&out, 64 << 20);
	write_rules(a, &out);
	buf_lit(&out, "\n========\n");
	write_rules(b, &out);
	buf_lit(&out, "\n========\n");
	policy_facts_print(f, &out);
	buf_lit(&out, "\n========\n");
	policy_diff_print(d, POLICY_TEXT, POLICY_EN, &out);
	FILE *file = getenv("DIFF_TELL") ? fopen(getenv("DIFF_TELL"), "w") : NULL;
	if (file) {
		(void)fwrite(buf_data(&out), 1, buf_len(&out), file); /* for whoever looks into it */
		fclose(file);
	}
	buf_fini(&out);
	fail_msg("pair %llu: %s (DIFF_TELL=FILE writes the rules and the application)",
	         (unsigned long long)seed, what);
}

static size_t run_pair(uint64_t seed, size_t *changed)
{
	struct rng g;
	struct rules ra, rb;
	rng_init_seed(&g, seed);
	random_rules(&g, &ra);
	rb = ra;
	for (unsigned n = 1 + pick(&g, 3); n > 0; n--)
		change_rules(&g, &rb);
	struct policy_ruleset *a = load(&ra), *b = load(&rb);
	struct policy_diff *d = policy_diff_new(a, b);
	size_t regions = policy_diff_regions(d);
	for (size_t i = 0; i < regions; i++) {
		const struct policy_facts *f = policy_diff_witness(d, i);
		if (!changes(a, b, f))
			tell(seed, &ra, &rb, d, f, "a witness does not change");
		if (!policy_diff_covers(d, f))
			tell(seed, &ra, &rb, d, f, "a witness is outside of its region");
	}
	for (int i = 0; i < APPLICATIONS; i++) {
		struct application x = {.facts = POLICY_FACTS_NONE};
		random_application(&g, &x);
		bool differs = changes(a, b, &x.facts), covered = policy_diff_covers(d, &x.facts);
		*changed += differs;
		if (differs != covered)
			tell(seed, &ra, &rb, d, &x.facts,
			     differs ? "a change is not found" : "no change where one is said");
	}
	assert_true(policy_diff_is_complete(d));
	policy_diff_free(&d);
	assert_null(d);
	policy_unref(&a);
	policy_unref(&b);
	return regions;
}

static void brute_force_agrees(void **state)
{
	const char *pairs = getenv("DIFF_PAIRS"), *first = getenv("DIFF_SEED");
	size_t count = pairs ? (size_t)atoi(pairs) : 100, regions = 0, changed = 0,
	       from = first ? (size_t)atoi(first) : 1;
	(void)state;
	for (size_t i = 0; i < count; i++)
		regions += run_pair(from + i, &changed);
	print_message("%zu pairs, %zu regions, %zu of %zu applications decided differently\n", count, regions,
	              changed, count * APPLICATIONS);
	if (count >= 50) { /* it has looked at something */
		assert_true(regions > count);
		assert_true(changed > count * APPLICATIONS / 50);
	}
}

/* ---- the shipped rules ---- */

static struct policy_ruleset *shipped(const char *file, const char *from, const char *to)
{
	struct shipped s;
	assert_true(shipped_init(&s));
	if (file)
		assert_true(shipped_replace(&s, file, from, to));
	struct policy_ruleset *r = shipped_load(&s);
	if (!r)
		fail_msg("%s", shipped_findings(&s, true));
	shipped_fini(&s);
	return r;
}

/* The report of what a change of one place in one file changes; to be freed. */
static char *report(const char *file, const char *from, const char *to, enum policy_form form,
                    enum policy_lang lang, size_t *regions)
{
	struct buf out;
	struct policy_ruleset *a = shipped(NULL, NULL, NULL), *b = shipped(file, from, to);
	struct policy_diff *d = policy_diff_new(a, b);
	buf_init(&out, 64 << 20);
	policy_diff_print(d, form, lang, &out);
	assert_true(policy_diff_is_complete(d));
	for (size_t i = 0; i < policy_diff_regions(d); i++)
		assert_true(changes(a, b, policy_diff_witness(d, i)));
	*regions = policy_diff_regions(d);
	policy_diff_free(&d);
	policy_unref(&a);
	policy_unref(&b);
	char *text = strdup(buf_cstr(&out));
	buf_fini(&out);
	return text;
}

static void assert_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void the_same_rules_do_not_differ(void **state)
{
	size_t regions;
	(void)state;
	char *text = report("grants.yaml", "# Who gets a free name.", "# Another comment.", POLICY_TEXT,
	                    POLICY_EN, &regions);
	assert_int_equal(regions, 0);
	assert_says(text, "no input is decided differently\n");
	assert_null(strstr(text, "What differs"));
	free(text);
}

static void another_age_is_a_region(void **state)
{
	size_t regions;
	(void)state;
	char *text =
	    report("grants.yaml", "age: {at_most: 23", "age: {at_most: 25", POLICY_TEXT, POLICY_EN, &regions);
	assert_true(regions > 0);
	assert_says(text, "1. no_grant AGE_OVER_23 ");
	assert_says(text, "->  grant OK");
	assert_says(text, "because of rule age-to-23\n");
	assert_says(text, "date of birth: ");
	assert_says(text, "zone: id.vn\n");
	assert_says(text, "The applicant is over 23 on the day of registration.");
	assert_says(text,
	            "grants/youth-id/conditions/age-to-23/require/age/at_most\n      - 23\n      + 25\n");
	free(text);
}

static void an_official_reads_it_in_vietnamese(void **state)
{
	size_t regions;
	(void)state;
	char *text =
	    report("grants.yaml", "age: {at_most: 23", "age: {at_most: 25", POLICY_TEXT, POLICY_VI, &regions);
	assert_says(text, " nhóm hồ sơ được xét khác đi\n");
	assert_says(text, "1. không thuộc diện miễn phí AGE_OVER_23  ->  được miễn phí");
	assert_says(text, "do quy tắc age-to-23\n");
	assert_says(text, "thao tác: đăng ký mới\n");
	assert_says(text, "loại chủ thể: công dân\n");
	assert_says(text, "ngày sinh: ");
	assert_says(text, "đủ 24 tuổi trở lên và chưa đủ 26 tuổi");
	assert_says(text, "ngày xét: từ ngày 01/06/2023 đến hết ngày 31/12/2026\n");
	assert_says(text, "xác thực điện tử (eKYC), đối chiếu giấy tờ tùy thân: đã xác nhận\n");
	assert_says(text, "Người đăng ký đã quá 23 tuổi vào ngày đăng ký.");
	assert_null(strstr(text, "because"));
	assert_null(strstr(text, "The applicant"));
	free(text);
}

static void another_end_of_a_waiver_is_a_region(void **state)
{
	size_t regions;
	(void)state;
	char *text = report("waivers.yaml", "register: {from: 2025-07-01, to: 2026-12-31}",
	                    "register: {from: 2025-07-01, to: 2026-11-30}", POLICY_TEXT, POLICY_EN, &regions);
	assert_true(regions > 0);
	assert_says(text, "day of the decision: from 2026-12-01 to 2026-12-31\n");
	assert_says(text, "no_grant WINDOW_CLOSED");
	free(text);
}

static void another_clause_is_named(void **state)
{
	size_t regions;
	(void)state;
	char *text =
	    report("checks.yaml", "reason: ONE_PER_SUBJECT}\n    cite: [FAQ-ONE]",
	           "reason: ONE_PER_SUBJECT}\n    cite: [LIFE-30]", POLICY_TEXT, POLICY_EN, &regions);
	assert_true(regions > 0);
	assert_says(text, ". the outcome stays, reasons or clauses change\n   no longer  ");
	assert_says(text, "\n   now also   ");
	assert_says(text, "because of rule one-per-subject\n");
	free(text);
}

static void words_and_fees_are_texts_alone(void **state)
{
	size_t regions;
	(void)state;
	char *text = report("reasons.yaml", "Eligible: the name is free", "Eligible: it is free", POLICY_TEXT,
	                    POLICY_EN, &regions);
	assert_int_equal(regions, 0);
	assert_says(text, "reasons/OK/en\n      - Eligible: the name is free of charge");
	free(text);
	text = report("fees.yaml", "business: {levy: 100000, maintenance: 250000}",
	              "business: {levy: 100000, maintenance: 300000}", POLICY_JSON, POLICY_EN, &regions);
	assert_int_equal(regions, 0);
	assert_says(text, "\"regions\":[],\"texts\":[{\"path\":\"fees/1/rates/business/maintenance\","
	                  "\"before\":\"250000\",\"after\":\"300000\"}]}");
	free(text);
}

static void rules_taken_away_and_moved_are_named(void **state)
{
	size_t regions;
	(void)state;
	char *text = report("checks.yaml", "  - id: no-contradiction\n", "  - id: nothing-contradicts\n",
	                    POLICY_TEXT, POLICY_EN, &regions);
	assert_int_equal(regions, 0); /* another name, the same meaning */
	assert_says(text, "checks/no-contradiction\n");
	free(text);
	text = report("checks.yaml", "require: {no_contradiction: \"true\"}",
	              "require: {fact: op, present: true}", POLICY_JSON, POLICY_EN, &regions);
	assert_true(regions > 0);
	assert_says(text, "\"because_of\":\"no-contradiction\"");
	assert_says(text, "{\"fact\":\"contradiction\",\"is\":\"a document contradicts\"}");
	free(text);
}

/* ---- many rules ---- */

enum { MANY = 90, MANY_FACTS = 10 };

/* The shipped rules and MANY of their own; `changed`: some of them with another limit or outcome. */
static struct policy_ruleset *load_many(bool changed)
{
	static const char *const kinds[] = {"reject", "no_grant", "review"};
	struct shipped s;
	struct buf more;
	assert_true(shipped_init(&s));
	buf_init(&more, 1 << 20);
	buf_lit(&more, "facts:\n");
	for (int i = 0; i < MANY_FACTS; i++)
		buf_printf(&more,
		           "  - {id: fact_%d, type: number, min: 0, max: 1000, vi: \"dữ kiện %d\", en: "
		           "\"fact %d\"}\n",
		           i, i, i);
	buf_lit(&more, "checks:\n");
	for (int i = 0; i < MANY; i++) {
		bool other = changed && i % 18 == 7;
		buf_printf(
		    &more,
		    "  - id: more-%d\n    when: {op: [create]}\n    require: {fact: fact_%d, max: %d}\n"
		    "    otherwise: {outcome: %s, reason: MORE_%d}\n    cite: [QD-6]\n",
		    i, i % MANY_FACTS, 10 + i + (other ? 3 : 0), kinds[(i + (other && i % 36 == 7)) % 3], i);
	}
	buf_lit(&more, "reasons:\n");
	for (int i = 0; i < MANY; i++)
		buf_printf(&more, "  - {id: MORE_%d, vi: \"lý do %d\", en: \"reason %d\"}\n", i, i, i);
	shipped_add(&s, "more.yaml", buf_str(&more));
	struct policy_ruleset *r = shipped_load(&s);
	if (!r)
		fail_msg("%s", shipped_findings(&s, true));
	buf_fini(&more);
	shipped_fini(&s);
	return r;
}

/* Facts about the limits, and the others so that a few rules speak: decisions list 16 reasons at most. */
static void random_many(struct rng *g, struct application *a, struct policy_given given[MANY_FACTS],
                        char texts[MANY_FACTS][8])
{
	random_application(g, a);
	for (int i = 0; i < MANY_FACTS; i++) {
		unsigned value = pick(g, 4) ? pick(g, 11) : 5 + pick(g, 20);
		if (pick(g, MANY_FACTS) == 0)
			value = pick(g, 110);
		snprintf(texts[i], sizeof texts[0], "%u", value);
		given[i].value = str_c(texts[i]);
	}
	static const char *const names[MANY_FACTS] = {"fact_0", "fact_1", "fact_2", "fact_3", "fact_4",
	                                              "fact_5", "fact_6", "fact_7", "fact_8", "fact_9"};
	for (int i = 0; i < MANY_FACTS; i++)
		given[i].name = str_c(names[i]);
	a->facts.given = given;
	a->facts.given_count = pick(g, 8) ? MANY_FACTS : pick(g, MANY_FACTS);
}

static bool is_cut(const struct policy_ruleset *r, const struct policy_facts *f)
{
	struct policy_decision p;
	policy_decide(r, f, &p);
	return p.reason_count == POLICY_REASONS_MAX || p.cite_count == POLICY_CITES_MAX;
}

/* Too many ways of deciding to tell them one by one: regions as a whole, and still exactly those. */
static void many_rules_are_compared_as_well(void **state)
{
	struct rng g;
	struct buf out;
	struct policy_ruleset *a = load_many(false), *b = load_many(true);
	struct policy_diff *d = policy_diff_new(a, b);
	size_t changed = 0;
	(void)state;
	rng_init_seed(&g, 11);
	buf_init(&out, 64 << 20);
	policy_diff_print(d, POLICY_TEXT, POLICY_EN, &out);
	assert_true(policy_diff_is_complete(d));
	assert_says(buf_cstr(&out), "as other rules decide as well");
	for (size_t i = 0; i < policy_diff_regions(d); i++)
		assert_true(changes(a, b, policy_diff_witness(d, i)));
	for (int i = 0; i < 20000; i++) {
		struct application x = {.facts = POLICY_FACTS_NONE};
		struct policy_given given[MANY_FACTS];
		char texts[MANY_FACTS][8];
		random_many(&g, &x, given, texts);
		if (is_cut(a, &x.facts) || is_cut(b, &x.facts))
			continue;
		bool differs = changes(a, b, &x.facts), covered = policy_diff_covers(d, &x.facts);
		changed += differs;
		if (differs != covered)
			fail_msg("application %d: %s", i,
			         differs ? "a change is not found" : "no change where one is said");
	}
	assert_true(changed > 100);
	buf_fini(&out);
	policy_diff_free(&d);
	policy_unref(&a);
	policy_unref(&b);
}

int main(void)
{
	const struct CMUnitTest all[] = {
	    cmocka_unit_test(the_same_rules_do_not_differ),
	    cmocka_unit_test(another_age_is_a_region),
	    cmocka_unit_test(an_official_reads_it_in_vietnamese),
	    cmocka_unit_test(another_end_of_a_waiver_is_a_region),
	    cmocka_unit_test(another_clause_is_named),
	    cmocka_unit_test(words_and_fees_are_texts_alone),
	    cmocka_unit_test(rules_taken_away_and_moved_are_named),
	    cmocka_unit_test(many_rules_are_compared_as_well),
	    cmocka_unit_test(brute_force_agrees),
	};
	return cmocka_run_group_tests(all, NULL, NULL);
}
