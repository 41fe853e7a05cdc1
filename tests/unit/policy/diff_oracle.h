/*
 * What a comparison of rule sets is held against: random applications, which like the days and ages at which rules turn,
 * and whether two rule sets decide one of them differently. The oracle decides under both and compares what is printed.
 */
#ifndef VNEPP_TESTS_UNIT_POLICY_DIFF_ORACLE_H
#define VNEPP_TESTS_UNIT_POLICY_DIFF_ORACLE_H

#include "epp/base/rng.h"
#include "policy/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static inline unsigned pick(struct rng *g, size_t n)
{
	return (unsigned)rng_below(g, n);
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

static inline date_t note_day(struct rng *g)
{
	date_t d = 0;
	assert_true(date_parse(str_c(days_of_note[pick(g, ARRAY_LEN(days_of_note))]), &d));
	return d;
}

static inline date_t random_today(struct rng *g)
{
	switch (pick(g, 4)) {
	case 0: return note_day(g) + (date_t)pick(g, 3) - 1;
	case 1: return date_make(2023 + (int)pick(g, 8), 3, 1) + (date_t)pick(g, 5) - 3;
	default: return date_make(2023, 1, 1) + (date_t)pick(g, 8 * 365);
	}
}

static inline date_t years_before(date_t d, unsigned years, struct rng *g)
{
	return date_add_years(d, -(int)years, pick(g, 2)) + (date_t)pick(g, 7) - 3;
}

static inline date_t random_birth(struct rng *g, date_t today)
{
	static const unsigned ages[] = {17, 18, 19, 20, 21, 23, 24, 25, 26};
	if (pick(g, 10) == 0)
		return DATE_NONE;
	if (pick(g, 8) == 0)
		return date_make(1996 + 4 * (int)pick(g, 4), 2, 29);
	return years_before(today, pick(g, 3) ? ages[pick(g, ARRAY_LEN(ages))] : pick(g, 60), g);
}

static inline date_t random_past(struct rng *g, date_t today)
{
	if (pick(g, 8) == 0)
		return DATE_NONE;
	return pick(g, 3) == 0 ? note_day(g) + (date_t)pick(g, 3) - 1 : years_before(today, pick(g, 4), g);
}

static inline void random_id(struct rng *g, struct application *a)
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

static inline void random_evidence(struct rng *g, date_t today, struct application *a)
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

static inline void random_given(struct rng *g, date_t today, struct application *a)
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

static inline void random_ledger(struct rng *g, date_t today, struct policy_facts *f)
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

static inline void random_application(struct rng *g, struct application *a)
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

static inline struct str member(struct str printed, const char *name)
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
static inline bool has_all(struct str a, struct str b, const char *name)
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

static inline struct str decide(const struct policy_ruleset *r, const struct policy_facts *f, struct buf *out,
                                struct policy_decision *p)
{
	buf_clear(out);
	policy_decide(r, f, p);
	policy_print_common(p, out);
	buf_byte(out, '\0');
	return buf_str(out);
}

static inline bool changes(const struct policy_ruleset *a, const struct policy_ruleset *b,
                           const struct policy_facts *f)
{
	struct buf one, other;
	struct policy_decision x, y;
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

/* Every example that the comparison gives is one. */
static inline void assert_witnesses(const struct policy_diff *d, const struct policy_ruleset *a,
                                    const struct policy_ruleset *b)
{
	for (size_t i = 0; i < policy_diff_regions(d); i++)
		assert_true(changes(a, b, policy_diff_witness(d, i)));
}

#endif
