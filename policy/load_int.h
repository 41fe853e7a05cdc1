/* What the loader's files share. All reading goes on after an error, so that all errors are told at once. */
#ifndef VNEPP_POLICY_LOAD_INT_H
#define VNEPP_POLICY_LOAD_INT_H

#include "policy/policy_int.h"

#define LOAD_NUMBER_MAX 999999999      /* of limits that are no money */
#define MONEY_MAX       100000000000LL /* VND; far above any fee, far below overflow when multiplied by years */

/* Top-level sections of rule files. Lists may be spread over files; mappings stand in one file. */
#define SECTION_LIST(X)         \
	X(facts, SEQ)           \
	X(needs, SEQ)           \
	X(reasons, SEQ)         \
	X(flags, SEQ)           \
	X(sources, SEQ)         \
	X(switches, SEQ)        \
	X(values, SEQ)          \
	X(province_lists, SEQ)  \
	X(province_merges, SEQ) \
	X(birth_places, MAP)    \
	X(zones, SEQ)           \
	X(fees, SEQ)            \
	X(grants, SEQ)          \
	X(waivers, SEQ)         \
	X(programmes, SEQ)      \
	X(plans, SEQ)           \
	X(checks, SEQ)          \
	X(verdicts, MAP)        \
	X(readings, MAP)        \
	X(site, MAP)

enum section {
#define X(name, kind) SECTION_##name,
	SECTION_LIST(X)
#undef X
	    SECTION__COUNT
};

struct entries {
	struct yaml_node **nodes; /* owned; for a mapping at most one */
	size_t count;
};

enum table {
	TABLE_WORDS,
	TABLE_SOURCES,
	TABLE_CLAUSES,
	TABLE_SWITCHES,
	TABLE_VALUES,
	TABLE_GRANTS,
	TABLE__COUNT
};

struct loader {
	struct policy_ruleset *r;
	struct arena *a;
	struct diag *d;
	struct entries sections[SECTION__COUNT];
	struct map tables[TABLE__COUNT];
};

/* Sections by number: "facts"; YAML_SEQ or YAML_MAP. */
const char *load_section_name(size_t section);
enum yaml_kind load_section_kind(size_t section);
/* load_canonical.c: a plain null or nothing; the revision and the canonical content of the sections read */
bool load_is_nothing(const struct yaml_node *n);
void load_make_revision(struct loader *l);
/* A text that is there: an empty one, or none, is an error. */
bool load_text(struct loader *l, struct yaml_node *n, struct str *out);
/* The text of a required entry that names a thing of `table`; NULL with an error when there is none. */
void *load_ref(struct loader *l, struct yaml_node *map, const char *key, enum table t);
void *load_find(struct loader *l, struct yaml_node *scalar, enum table t);
/* Enters a thing under its id; an error when the id is taken. */
void load_enter(struct loader *l, enum table t, struct str id, void *thing, struct yaml_node *node);
/* The required texts `vi` and `en`. */
void load_tongues(struct loader *l, struct yaml_node *n, struct str *vi, struct str *en);
/* Reads the required `id`. */
struct str load_id(struct loader *l, struct yaml_node *map);
/* The required list `cite` of clause ids, at least one. */
void load_cites(struct loader *l, struct yaml_node *map, struct cites *out);
/* `from` and `to`, each optional. */
void load_window(struct loader *l, struct yaml_node *map, struct window *out);
/* An optional list of texts (`required`: at least one entry). */
void load_texts(struct loader *l, struct yaml_node *map, const char *key, bool required,
                struct text_list *out);
/* One of `names`, or {switch: id} whose options are all among them. Leaves *out alone when absent and not required. */
void load_choice(struct loader *l, struct yaml_node *map, const char *key, const char *const *names,
                 bool required, struct choice *out);
/* {id: option, ...}: all these switches stand so. NULL: nothing is asked. */
bool load_switch_stands(struct loader *l, struct yaml_node *n);
/* An entry's optional `when: {switch: {id: option}}`: false when it is not to count. */
bool load_entry_stands(struct loader *l, struct yaml_node *n);
/* An optional list `flags` of {flag, from, to, cite}. */
void load_dated_flags(struct loader *l, struct yaml_node *map, struct dated_flags *out);
/* Kinds in a text list as a bit set. */
uint32_t load_kinds(struct loader *l, struct yaml_node *list);

/*
 * `expected: true`: true, and noted, when the entry is known but not in force; the caller then leaves it out of what
 * decides. `id` says whose entry it is.
 */
bool load_expected(struct loader *l, struct yaml_node *n, const char *what, struct str id, struct window w);

/* An error when an entry overlaps the one before it in time or leaves a gap after it. */
void load_follows(struct loader *l, struct yaml_node *n, struct window before, struct window now);
/* As many zeroed elements as the section has entries. */
void *load_new_list(struct loader *l, enum section s, size_t size);
/* Each of them, in order. */
void load_each(struct loader *l, enum section s, void (*read)(struct loader *l, struct yaml_node *n));

/* load_law.c, load_switches.c and load_tables.c, called in this order */
void load_words(struct loader *l);
void load_sources(struct loader *l);
void load_switches(struct loader *l);
void load_site(struct loader *l);
void load_readings(struct loader *l);
void load_values(struct loader *l);
void load_provinces(struct loader *l);
void load_zones(struct loader *l);
void load_fees(struct loader *l);
void load_waivers(struct loader *l);
void load_programmes(struct loader *l);
void load_plans(struct loader *l);
/* Province lists, for whoever names one: by id, or NULL; a code in it; the required id in a mapping. */
const struct province_list *load_province_list(const struct loader *l, struct str id);
bool load_province_code(const struct province_list *p, struct str code);
struct str load_province_list_id(struct loader *l, struct yaml_node *n, const char *key);
/* load_facts.c; before everything that names a fact */
void load_facts(struct loader *l);
/* The fact that the required entry names, or -1 with an error. */
int load_fact(struct loader *l, struct yaml_node *map, const char *key);
/* An error for each text that the fact can never be. */
void load_fact_words(struct loader *l, struct yaml_node *list, int fact);
/* load_checks.c */
void load_grants(struct loader *l);
void load_checks(struct loader *l);
void load_verdicts(struct loader *l);

#endif
