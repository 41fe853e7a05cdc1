/* What the files of policy/ share: the rule set as it lies in memory. Everything is in the rule set's arena. */
#ifndef VNEPP_POLICY_POLICY_INT_H
#define VNEPP_POLICY_POLICY_INT_H

#include "epp/base/arena.h"
#include "epp/base/map.h"
#include "epp/base/yaml.h"
#include "policy/duties.h"
#include "policy/policy.h"

#include <stdatomic.h>

/* ---- facts by name: the vocabulary of `when` and `require` ---- */

enum fact_type { FACT_TEXT, FACT_NUMBER, FACT_DATE };

/* name, type. Yes/no facts are the texts "true" and "false". Those after `grant` are worked out by the engine. */
#define POLICY_FACT_LIST(X)          \
	X(op, TEXT)                  \
	X(kind, TEXT)                \
	X(zone, TEXT)                \
	X(period, NUMBER)            \
	X(citizenship, TEXT)         \
	X(gender, TEXT)              \
	X(birth_date, DATE)          \
	X(id_number, TEXT)           \
	X(tax_code, TEXT)            \
	X(registration_number, TEXT) \
	X(founded_on, DATE)          \
	X(registered_on, DATE)       \
	X(registration_exempt, TEXT) \
	X(province, TEXT)            \
	X(name_idn, TEXT)            \
	X(prior_grants, NUMBER)      \
	X(prior_paid, TEXT)          \
	X(name_listed, TEXT)         \
	X(name_known, TEXT)          \
	X(name_granted, TEXT)        \
	X(ownership_changed, TEXT)   \
	X(grant_from, DATE)          \
	X(expires_on, DATE)          \
	X(grant, TEXT)               \
	X(subject_number, TEXT)      \
	X(zone_known, TEXT)          \
	X(zone_takes_kind, TEXT)     \
	X(zone_has_grant, TEXT)      \
	X(grant_fits, TEXT)          \
	X(waiver_status, TEXT)       \
	X(free_years_left, NUMBER)   \
	X(free_term_whole, TEXT)     \
	X(days_after_expiry, NUMBER) \
	X(province_known, TEXT)      \
	X(plan, TEXT)

enum fact {
#define X(name, type) FACT_##name,
	POLICY_FACT_LIST(X)
#undef X
	    FACT__COUNT
};

#define FACTS_DECLARED_MAX 32
#define FACTS_MAX          (FACT__COUNT + FACTS_DECLARED_MAX)
#define FACT_DERIVED_FIRST \
	FACT_subject_number /* from here to FACT__COUNT: worked out, nobody can be asked for them */

static inline bool fact_is_derived(int fact)
{
	return fact >= FACT_DERIVED_FIRST && fact < FACT__COUNT;
}

/* The applicant can tell it: it is neither worked out nor out of the ledger. */
static inline bool fact_is_declared(int fact)
{
	return fact < FACT_prior_grants || fact >= FACT__COUNT;
}

struct text_list {
	struct str *list;
	size_t count;
};

struct fact_value {
	bool known;
	struct str text;
	int64_t number; /* a date's day number */
};

/* A fact of the vocabulary, built in or declared in the section `facts`. */
struct fact_info {
	struct str id, vi, en; /* what people call it; `vi` and `en` may be empty for one that is built in */
	enum fact_type type;
	struct text_list words; /* all that a text can be; empty: anything */
	int64_t min, max;       /* of a declared number */
	bool used;
	struct yaml_node *node; /* NULL: no file mentions it */
};

/* Reads a value; false when it is none of this fact. */
bool fact_parse(const struct fact_info *f, struct str text, struct fact_value *out);

/* ---- law ---- */

struct policy_word {
	struct str id, vi, en;
	struct str advice_vi, advice_en; /* what can be done; may be empty */
	bool reason;                     /* of the section `reasons`, not `flags` */
	bool used;
	struct yaml_node *node;
};

struct policy_source {
	struct str id, document, title, reading, reason;
	bool verified;
	bool accepted; /* by the site file */
};

struct policy_clause {
	struct str id, section, words, kind;
	const struct policy_source *source;
};

struct cites {
	const struct policy_clause **list;
	size_t count;
	bool grounded; /* one of them at least is verified or accepted */
};

struct window {
	date_t from, to; /* both included; DATE_NONE: open */
};

static inline bool window_has(struct window w, date_t d)
{
	return (w.from == DATE_NONE || d >= w.from) && (w.to == DATE_NONE || d <= w.to);
}

struct dated_flag {
	struct window window;
	struct cites cites;
	struct yaml_node *node;
	const struct policy_word *flag;
};

struct dated_flags {
	struct dated_flag *list;
	size_t count;
};

#define SWITCH_OPTIONS_MAX 6

struct law_switch {
	struct str id, ambiguity, reason;
	struct str options[SWITCH_OPTIONS_MAX];
	size_t option_count;
	size_t fallback, chosen; /* the default; what holds */
	bool recorded;           /* decides nothing: reports, or a reading without an alternative in force */
	bool used;
	struct yaml_node *node;
};

/* A word out of a closed list, given outright or by a switch. */
struct choice {
	int value;
	const struct law_switch *by;     /* NULL: outright */
	int options[SWITCH_OPTIONS_MAX]; /* the value of each option of `by` */
};

/*
 * Readings that no check can express: what the engine itself does. The first word of each is what rules of before meant.
 *   registration  which day counts as that of the registration: sent and compared with the registry's, or admitted
 *   term          the first paid day: two years after the grant, or a day later as the Civil Code counts terms
 *   attribution   by the address, or by the prefix of a personal number
 *   services      free as long as the name, or as long as it is held
 *   waiting       what turned ineligible in our own queue
 *   households    one of whose numbers is known to have had a grant under another
 *   targets       what counts towards a target
 */
#define READING_LIST(X)                                           \
	X(registration, "registry_create_date", "admission_date") \
	X(term, "grant_date", "day_after")                        \
	X(attribution, "address", "number")                       \
	X(services, "free_term_only", "while_held")               \
	X(waiting, "hold", "refuse")                              \
	X(households, "linked_only", "first_number")              \
	X(targets, "three_figures", "granted_only")

enum reading_id {
#define X(name, first, second) READING_##name,
	READING_LIST(X)
#undef X
	    READING__COUNT
};

struct dated_number {
	struct window window;
	struct cites cites;
	struct yaml_node *node;
	int64_t value;
};

/* A named number with dated values. */
struct law_value {
	struct str id;
	struct dated_number *dated;
	size_t count;
	bool used;
	struct yaml_node *node;
};

/* A bound: a number, or a named value as of the decision's date. */
struct bound {
	bool given;
	int64_t literal;
	const struct law_value *value;
};

enum test_kind {
	TEST_FACT,             /* {fact, in | not_in | min | max | from | to | present} */
	TEST_AGE,              /* {age: {at_least, start, feb29}} or {age: {at_most, mode, feb29}} */
	TEST_WITHIN,           /* {within: {of, years, boundary, weekend}} */
	TEST_CITIZEN_ID,       /* {citizen_id: aspect} */
	TEST_TAX_CODE,         /* {tax_code: aspect} */
	TEST_HOUSEHOLD_NUMBER, /* {household_number: aspect} */
	TEST_EVIDENCE,         /* {evidence: {any_of, complete}} */
	TEST_NO_CONTRADICTION, /* {no_contradiction: true} */
	TEST__COUNT
};

enum { AGE_COMPLETED_YEARS, AGE_UNTIL_BIRTHDAY };
enum { START_BIRTHDAY, START_DAY_AFTER };
enum { FEB29_MAR1, FEB29_FEB28 };
enum { BOUNDARY_END_OF_ANNIVERSARY, BOUNDARY_BEFORE_ANNIVERSARY };
enum { WEEKEND_NOT_APPLIED, WEEKEND_APPLIED };
enum { CITIZEN_NOT_LEGACY, CITIZEN_SHAPE, CITIZEN_PLACE, CITIZEN_CENTURY, CITIZEN_YEAR, CITIZEN_GENDER };
enum { TAX_VALID, TAX_INDEPENDENT };
enum { HOUSEHOLD_KNOWN_FORM, HOUSEHOLD_TAX_CODE };

struct test {
	enum test_kind kind;
	int fact; /* index of the rule set's facts */
	enum fact_type type;
	struct text_list
	    in; /* TEST_FACT: allowed (or, with `negate`, barred) texts; TEST_EVIDENCE: types that count */
	struct text_list complete; /* TEST_EVIDENCE: types that need reference and date */
	bool negate;
	bool to_decision; /* TEST_FACT: a date not after the decision */
	struct bound min, max;
	struct window window;
	int at_least, at_most, years; /* -1: not given */
	struct choice start, mode, feb29, boundary, weekend;
	int aspect;
};

#define MATCH_MAX      6
#define CONTESTED_MAX  3
#define SPEC_FLAGS_MAX 2

/* One line of `when`: the fact is one of the texts. */
struct match {
	int fact;
	struct text_list in;
};

/* What a failed check says. */
struct spec {
	bool given;
	bool flag_only;
	enum policy_outcome outcome;
	const struct policy_word *reason;
	const struct policy_word *flags[SPEC_FLAGS_MAX];
	size_t flag_count;
};

/* The check's answer depends on how a switch stands: flag it, whatever was chosen. */
struct contested {
	const struct law_switch *by;
	const struct policy_word *flag;
	const struct policy_word *granted_reason; /* main reason of a grant, or NULL */
	struct cites cites;
};

struct check {
	struct str id;
	bool enabled;        /* false when `when.switch` stands otherwise */
	uint32_t ops, kinds; /* bit sets of enum policy_op and policy_kind */
	struct match when[MATCH_MAX];
	size_t when_count;
	struct test test;
	struct spec otherwise, missing;
	const char *needs; /* what to ask for when something is missing; NULL: the fact's own name */
	struct contested contested[CONTESTED_MAX];
	size_t contested_count;
	struct cites cites;
	struct yaml_node *node;
};

struct checks {
	struct check *list;
	size_t count;
};

struct authority {
	bool enabled; /* false: a switch takes it out */
	struct yaml_node *node;
	struct window window;
	struct cites cites;
};

struct policy_grant {
	struct str id, zone;
	enum policy_kind kind;
	int years;
	struct cites term_cites;
	struct authority *authorities;
	size_t authority_count;
	struct text_list services;
	struct checks conditions;
	struct yaml_node *node;
};

enum waiver_status { WAIVER_NONE, WAIVER_IN_FORCE, WAIVER_UNDECIDED };

struct cover {
	const struct policy_grant *grant;
	struct cites cites;
};

struct policy_waiver {
	struct str id;
	const struct policy_source *source;
	enum waiver_status status;
	struct window window;
	struct choice levy; /* 0: waived, 1: charged */
	struct cover *covers;
	size_t cover_count;
	struct dated_flags flags;
	struct yaml_node *node;
};

struct target {
	struct str zone;        /* empty: all zones */
	int64_t count, percent; /* -1: not this kind */
	struct cites cites;
};

/* When a report is due. */
enum report_due {
	DUE_LAST_DAY,    /* of the period */
	DUE_MONTH_AFTER, /* the last day of the month after it */
};
struct report {
	int every; /* enum policy_every */
	struct choice due;
	int day, month; /* in the period's last month, of a year in this month; 0: not given */
	date_t on;      /* DATE_NONE: not given */
	struct cites cites;
};

struct policy_programme {
	struct str id;
	struct cites cites;
	struct yaml_node *node;
	const struct policy_source *source;
	struct window window;
	struct dated_flags flags;
	struct target *targets;
	size_t target_count;
	struct report *reports;
	size_t report_count;
};

struct policy_plan {
	bool enabled; /* false: a switch takes it out */
	struct str id;
	struct cites cites;
	struct yaml_node *node;
	const struct policy_source *source;
	struct str province, list;
	struct window window;
	bool follows_national;
	struct dated_flags flags;
	struct target *targets;
	size_t target_count;
	struct report *reports;
	size_t report_count;
};

struct zone {
	struct cites cites;
	struct str name, first; /* the entry's first zone: an entry describes several */
	struct yaml_node *node;
	uint32_t kinds; /* who may hold a name; bit set, all when the file says nothing */
	struct str group, group_idn, group_1,
	    group_2; /* fee groups; those for IDN and short labels may be empty */
};

struct rate {
	struct str group;
	int64_t levy, maintenance;
};

struct fees {
	struct cites cites;
	struct yaml_node *node;
	struct window window;
	struct rate *rates;
	size_t count;
};

struct province_list {
	struct str id;
	struct cites cites;
	struct yaml_node *node;
	struct window window;
	struct text_list codes;
};

struct merge {
	struct cites cites;
	struct str from_list, to_list;
	struct text_list old_codes, new_codes; /* pairs */
};

/* Known, not in force: an entry with `expected: true`. It decides nothing. */
#define EXPECTED_MAX 64
struct expected {
	const char *what; /* "value", "fees", ... */
	struct str id;
	struct window window;
	struct yaml_node *node;
};

/* Results that the engine itself gives; each has its words and clauses in the section `verdicts`. */
#define VERDICT_LIST(X)      \
	X(granted)           \
	X(granted_renewal)   \
	X(granted_partly)    \
	X(approved)          \
	X(fact_missing)      \
	X(source_unverified) \
	X(no_authority)      \
	X(fee_unknown)       \
	X(fee_over_maximum)

enum verdict_id {
#define X(name) VERDICT_##name,
	VERDICT_LIST(X)
#undef X
	    VERDICT__COUNT
};

struct verdict {
	const struct policy_word *reason;
	struct cites cites;
};

struct policy_ruleset {
	atomic_uint refs;
	struct arena arena;
	char revision[8 + SHA256_HEX];
	struct str canonical;

	struct fact_info facts[FACTS_MAX]; /* the first FACT__COUNT are enum fact */
	const char *fact_names[FACTS_MAX + 1];
	size_t fact_count;
	struct map fact_by_id;
	struct policy_word *needs; /* what is asked for and is no single fact */
	size_t need_count;
	struct policy_word *words; /* reasons, then flags */
	size_t word_count;
	struct policy_source *sources;
	size_t source_count;
	struct policy_clause *clauses;
	size_t clause_count;
	struct law_switch *switches;
	size_t switch_count;
	struct law_value *values;
	size_t value_count;
	struct policy_grant *grants;
	size_t grant_count;
	struct policy_waiver *waivers;
	size_t waiver_count;
	struct policy_programme *programmes;
	size_t programme_count;
	struct policy_plan *plans;
	size_t plan_count;
	struct zone *zones;
	size_t zone_count;
	struct map zone_by_name;
	struct map word_by_id;
	struct fees *fees;
	size_t fee_count;
	struct province_list *province_lists;
	size_t province_list_count;
	struct merge *merges;
	size_t merge_count;
	struct cites place_cites;
	bool places[1000];     /* first three digits of a personal number that are assigned */
	struct str place_list; /* the province list that those below 100 are from */
	struct checks checks;
	struct expected expected[EXPECTED_MAX];
	size_t expected_count;
	struct verdict verdicts[VERDICT__COUNT];
	struct choice readings[READING__COUNT];
	bool has_readings;
};

/* What people call something that is asked for: a fact, or an entry of `needs`; empty when neither has words. */
struct str need_name(const struct policy_ruleset *r, struct str need, enum policy_lang lang);

/* ---- evaluation, condition.c ---- */

#define DATE_FAR (INT32_MAX - 1000) /* later than any calendar date */

/* As date_add_years(), and DATE_FAR when that is past the calendar's end. */
static inline date_t years_after(date_t d, int years, bool feb29_mar1)
{
	date_t later = date_add_years(d, years, feb29_mar1);
	return later == DATE_NONE ? DATE_FAR : later;
}

enum answer { ANSWER_PASS, ANSWER_FAIL, ANSWER_MISSING };

struct evaluation {
	const struct policy_ruleset *rules;
	const struct policy_facts *facts;
	date_t today;
	struct fact_value values[FACTS_MAX];
};

struct answered {
	enum answer answer;
	const char *missing; /* name of the fact that lacks */
	date_t until;        /* last day on which the test still passes; DATE_NONE: no end */
};

/* UNSURE: a fact that `when` asks for is not known, everything else fits; `*unsure` is its index. */
enum applies { APPLIES_NO, APPLIES, APPLIES_UNSURE };
enum applies condition_applies(const struct evaluation *e, const struct check *c, int *unsure);
struct answered condition_test(const struct evaluation *e, const struct test *t);
/* The test passes under one option of the switch and fails under another. */
bool condition_contested(const struct evaluation *e, const struct test *t, const struct law_switch *by);

/* ---- words for people, tongue.c ---- */

/* Words of closed lists and yes and no, as they are said in Vietnamese; English takes them as they are. */
struct str word_in_tongue(struct str word, enum policy_lang lang);
/* 20/11/2026, as it is written in Vietnam; 2026-11-20 in English, where order is a matter of taste. Returns `text`. */
#define DAY_IN_TONGUE_MAX (DATE_TEXT_MAX + 8)
const char *day_in_tongue(date_t d, enum policy_lang lang, char text[DAY_IN_TONGUE_MAX]);

#endif
