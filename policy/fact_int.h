/* Facts by name: the vocabulary of `when` and `require`. */
#ifndef VNEPP_POLICY_FACT_INT_H
#define VNEPP_POLICY_FACT_INT_H

#include "epp/base/str.h"
#include "epp/base/yaml.h"

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

#endif
