/* What the files of policy/ share: the rule set as it lies in memory. Everything is in the rule set's arena. */
#ifndef VNEPP_POLICY_POLICY_INT_H
#define VNEPP_POLICY_POLICY_INT_H

#include "epp/base/arena.h"
#include "epp/base/map.h"
#include "policy/check_int.h"
#include "policy/duties.h"
#include "policy/policy.h"

#include <stdatomic.h>

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

#endif
