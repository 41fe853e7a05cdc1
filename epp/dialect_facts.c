/* The table of facts. */
#include "epp/dialect_facts.h"

enum { OPEN, PERSONAL };

static const struct {
	struct str name;
	enum epp_fact_type type;
	enum epp_fact_list list;
	int who;
} facts[EPP_FACT__COUNT] = {
#define X(id, fact_name, fact_type, fact_list, reader) \
	[EPP_FACT__##                                  \
	    id] = {{fact_name, sizeof(fact_name) - 1}, EPP_FACT_##fact_type, EPP_LIST_##fact_list, reader},
    EPP_FACTS(X)
#undef X
};

const char *const epp_fact_names[] = {
#define X(id, name, type, list, who) name,
    EPP_FACTS(X)
#undef X
        NULL};

const char *const epp_fact_list_names[] = {"none", "evidence", "ns", "ds", "services", NULL};

static bool is_declared_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') &&
		    s.ptr[i] != '_')
			return false;
	return s.len > 0;
}

enum epp_fact epp_fact_find(struct str name)
{
	int i = 0;
	if (str_starts(name, STR("facts.")) && is_declared_name(str_make(name.ptr + 6, name.len - 6)))
		return EPP_FACT__DECLARED;
	while (i < EPP_FACT__DECLARED && !str_eq(facts[i].name, name))
		i++;
	return i < EPP_FACT__DECLARED ? (enum epp_fact)i : EPP_FACT__COUNT;
}

enum epp_fact_type epp_fact_type(enum epp_fact f)
{
	return facts[f].type;
}

enum epp_fact_list epp_fact_list(enum epp_fact f)
{
	return facts[f].list;
}

bool epp_fact_is_personal(enum epp_fact f)
{
	return facts[f].who == PERSONAL;
}

bool epp_fact_is_decided(enum epp_fact f)
{
	return str_starts(facts[f].name, STR("decision."));
}

const char *const *epp_fact_words(enum epp_fact f)
{
	static const char *const op[] = {"create", "renew", NULL};
	static const char *const if_not_free[] = {"refuse", "charge", NULL};
	static const char *const gender[] = {"male", "female", NULL};
	static const char *const result[] = {"unconfirmed", "confirmed", "contradicted", NULL};
	static const char *const kind[] = {"citizen",     "enterprise", "household_business",
	                                   "cooperative", "other",      NULL};
	static const char *const outcome[] = {"grant", "grant_partial", "no_grant", "review", "reject", NULL};
	static const char *const flag[] = {"true", "false", NULL};
	switch (f) {
	case EPP_FACT__OP: return op;
	case EPP_FACT__IF_NOT_FREE: return if_not_free;
	case EPP_FACT__GENDER: return gender;
	case EPP_FACT__EV_RESULT: return result;
	case EPP_FACT__KIND: return kind;
	case EPP_FACT__OUTCOME: return outcome;
	default: return facts[f].type == EPP_FACT_FLAG ? flag : NULL;
	}
}
