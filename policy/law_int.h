/* What the rules of a rule set stand on: words, sources and clauses, windows of time, switches, readings, named numbers. */
#ifndef VNEPP_POLICY_LAW_INT_H
#define VNEPP_POLICY_LAW_INT_H

#include "epp/base/date.h"
#include "epp/base/str.h"
#include "epp/base/yaml.h"

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

#endif
