/*
 * Random rule sets, as numbers and as the files that they stand for, and small changes of them. All that a rule file may
 * hold occurs: every fact, check and calculation, switches, dated values, declared facts, plans and grants.
 */
#ifndef VNEPP_TESTS_UNIT_POLICY_DIFF_RULES_H
#define VNEPP_TESTS_UNIT_POLICY_DIFF_RULES_H

#include "tests/unit/policy/diff_oracle.h" /* pick() */

static const char *const requirements[] = {
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

static inline struct rule random_rule(struct rng *g, unsigned id)
{
	return (struct rule){id,
	                     pick(g, ARRAY_LEN(whens)),
	                     pick(g, ARRAY_LEN(requirements)),
	                     pick(g, ARRAY_LEN(outcomes)),
	                     pick(g, 4),
	                     pick(g, ARRAY_LEN(cites)),
	                     pick(g, 2)};
}

static inline void random_rules(struct rng *g, struct rules *r)
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

static inline void change_rule(struct rng *g, struct rule *r)
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

static inline void swap_rules(struct rng *g, struct rule *list, size_t count)
{
	if (count < 2)
		return;
	struct rule *a = &list[pick(g, count)], *b = &list[pick(g, count)], was = *a;
	*a = *b;
	*b = was;
}

static inline void change_rules(struct rng *g, struct rules *r)
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

static inline bool is_declared_when(const char *when)
{
	return *when != '\0';
}

static inline bool is_flag(const struct rule *r)
{
	return r->outcome == ARRAY_LEN(outcomes) - 1;
}

static inline void write_rule(const struct rule *r, const char *indent, struct buf *out)
{
	const char *test = requirements[r->test];
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

static inline void write_switches(const struct rules *r, struct buf *out)
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

static inline void write_law(const struct rules *r, struct buf *out)
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

static inline void write_grant(const struct rules *r, const char *id, const char *zone, const char *kind,
                               bool full, struct buf *out)
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
static inline void write_users(struct buf *out)
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

static inline void write_rules(const struct rules *r, struct buf *out)
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

static inline struct policy_ruleset *rules_load(const struct rules *r)
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

#endif
