/*
 * The facts that a registry's mapping may name: of the item, of its decision, of its evidence. They are called as
 * partners and rule files call them. No values here: whoever has an item gives them.
 */
#ifndef VNEPP_EPP_DIALECT_FACTS_H
#define VNEPP_EPP_DIALECT_FACTS_H

#include "epp/base/str.h"

#include <stdbool.h>

enum epp_fact_type {
	EPP_FACT_TEXT,
	EPP_FACT_WORD,   /* one of a few: epp_fact_words() */
	EPP_FACT_DATE,   /* "YYYY-MM-DD" */
	EPP_FACT_NUMBER, /* decimal digits */
	EPP_FACT_FLAG,   /* "true" or "false" */
};

/* What an item may have several of; a fact of such an entry is named inside of `each` only. */
enum epp_fact_list {
	EPP_LIST_NONE,
	EPP_LIST_EVIDENCE,
	EPP_LIST_NS,
	EPP_LIST_DS,
	EPP_LIST_SERVICES,
	EPP_LIST__COUNT
};

/*
 * id, name, type, list, who may read it in a printed frame. PERSONAL: it tells who a person is, or of one; a number of
 * an organisation counts, because a household business has its owner's.
 */
/* clang-format off */
#define EPP_FACTS(X) \
	X(OP, "op", WORD, NONE, OPEN) \
	X(REF, "ref", TEXT, NONE, OPEN) \
	X(DOMAIN, "domain", TEXT, NONE, OPEN) \
	X(DOMAIN_UNICODE, "domain_unicode", TEXT, NONE, OPEN) \
	X(ZONE, "zone", TEXT, NONE, OPEN) \
	X(NAME_IDN, "name_idn", FLAG, NONE, OPEN) \
	X(PERIOD, "period", NUMBER, NONE, OPEN) \
	X(CUR_EXP_DATE, "cur_exp_date", DATE, NONE, OPEN) \
	X(IF_NOT_FREE, "if_not_free", WORD, NONE, OPEN) \
	X(MAX_FEE_VND, "max_fee_vnd", NUMBER, NONE, OPEN) \
	X(SERVICES, "services", TEXT, NONE, OPEN) \
	X(KIND, "applicant.kind", WORD, NONE, OPEN) \
	X(NAME, "applicant.name", TEXT, NONE, PERSONAL) \
	X(CITIZENSHIP, "applicant.citizenship", TEXT, NONE, PERSONAL) \
	X(BIRTH_DATE, "applicant.birth_date", DATE, NONE, PERSONAL) \
	X(GENDER, "applicant.gender", WORD, NONE, PERSONAL) \
	X(ID_NUMBER, "applicant.id_number", TEXT, NONE, PERSONAL) \
	X(PHONE, "applicant.phone", TEXT, NONE, PERSONAL) \
	X(EMAIL, "applicant.email", TEXT, NONE, PERSONAL) \
	X(TAX_CODE, "applicant.tax_code", TEXT, NONE, PERSONAL) \
	X(FOUNDED_ON, "applicant.founded_on", DATE, NONE, OPEN) \
	X(REGISTRATION_NUMBER, "applicant.registration_number", TEXT, NONE, PERSONAL) \
	X(REGISTERED_ON, "applicant.registered_on", DATE, NONE, OPEN) \
	X(REGISTRATION_EXEMPT, "applicant.registration_exempt", FLAG, NONE, OPEN) \
	X(STREET, "applicant.address.street", TEXT, NONE, PERSONAL) \
	X(WARD, "applicant.address.ward", TEXT, NONE, PERSONAL) \
	X(DISTRICT, "applicant.address.district", TEXT, NONE, PERSONAL) \
	X(PROVINCE, "applicant.address.province", TEXT, NONE, OPEN) \
	X(PROVINCE_LIST, "applicant.address.province_list", TEXT, NONE, OPEN) \
	X(COUNTRY, "applicant.address.country", TEXT, NONE, OPEN) \
	X(REP_NAME, "applicant.representative.name", TEXT, NONE, PERSONAL) \
	X(REP_POSITION, "applicant.representative.position", TEXT, NONE, PERSONAL) \
	X(REP_ID_NUMBER, "applicant.representative.id_number", TEXT, NONE, PERSONAL) \
	X(REGISTRANT, "contacts.registrant", TEXT, NONE, OPEN) \
	X(ADMIN, "contacts.admin", TEXT, NONE, OPEN) \
	X(TECH, "contacts.tech", TEXT, NONE, OPEN) \
	X(BILLING, "contacts.billing", TEXT, NONE, OPEN) \
	X(EV_TYPE, "evidence.type", TEXT, EVIDENCE, OPEN) \
	X(EV_ISSUER, "evidence.issuer", TEXT, EVIDENCE, OPEN) \
	X(EV_REFERENCE, "evidence.reference", TEXT, EVIDENCE, PERSONAL) \
	X(EV_DATE, "evidence.date", DATE, EVIDENCE, OPEN) \
	X(EV_RESULT, "evidence.result", WORD, EVIDENCE, OPEN) \
	X(NS_NAME, "ns.name", TEXT, NS, OPEN) \
	X(NS_ADDRS, "ns.addrs", TEXT, NS, OPEN) \
	X(DS_KEY_TAG, "ds.key_tag", NUMBER, DS, OPEN) \
	X(DS_ALG, "ds.alg", NUMBER, DS, OPEN) \
	X(DS_DIGEST_TYPE, "ds.digest_type", NUMBER, DS, OPEN) \
	X(DS_DIGEST, "ds.digest", TEXT, DS, OPEN) \
	X(SERVICE, "service", TEXT, SERVICES, OPEN) \
	X(OUTCOME, "decision.outcome", WORD, NONE, OPEN) \
	X(GRANT, "decision.grant", TEXT, NONE, OPEN) \
	X(REASON, "decision.reason", TEXT, NONE, OPEN) \
	X(FREE_YEARS, "decision.free_years", NUMBER, NONE, OPEN) \
	X(CHARGED_YEARS, "decision.charged_years", NUMBER, NONE, OPEN) \
	X(FREE_FROM, "decision.free_from", DATE, NONE, OPEN) \
	X(FREE_UNTIL, "decision.free_until", DATE, NONE, OPEN) \
	X(ELIGIBLE_UNTIL, "decision.eligible_until", DATE, NONE, OPEN) \
	X(WAIVER, "decision.waiver", TEXT, NONE, OPEN) \
	X(PLAN, "decision.attribution.plan", TEXT, NONE, OPEN) \
	X(PLAN_PROVINCE, "decision.attribution.province", TEXT, NONE, OPEN) \
	X(PLAN_PROVINCE_LIST, "decision.attribution.province_list", TEXT, NONE, OPEN) \
	X(FEE_LEVY, "decision.fee_vnd.levy", NUMBER, NONE, OPEN) \
	X(FEE_MAINTENANCE, "decision.fee_vnd.maintenance", NUMBER, NONE, OPEN) \
	X(FEE_EXPECTED, "decision.fee_vnd.expected", NUMBER, NONE, OPEN) \
	X(RULES, "decision.rules", TEXT, NONE, OPEN) \
	X(LOGIN, "account.login", TEXT, NONE, OPEN) \
	X(DECLARED, "facts", TEXT, NONE, PERSONAL)
/* clang-format on */

enum epp_fact {
#define X(id, name, type, list, who) EPP_FACT__##id,
	EPP_FACTS(X)
#undef X
	    EPP_FACT__COUNT
};

/* All names, NULL-terminated, in the order of enum epp_fact. */
extern const char *const epp_fact_names[];
/* "none", "evidence", "ns", "ds", "services"; NULL-terminated, in the order of enum epp_fact_list. */
extern const char *const epp_fact_list_names[];

/* EPP_FACT__COUNT: there is none of that name. "facts.NAME", a fact that rule files declare, is EPP_FACT__DECLARED. */
enum epp_fact epp_fact_find(struct str name);
enum epp_fact_type epp_fact_type(enum epp_fact f);
enum epp_fact_list epp_fact_list(enum epp_fact f);
/* Nothing of it may stand in a log or on a screen. */
bool epp_fact_is_personal(enum epp_fact f);
/* Of the decision: it changes with the rules and the day. */
bool epp_fact_is_decided(enum epp_fact f);
/* What an EPP_FACT_WORD or EPP_FACT_FLAG may be, NULL-terminated; NULL for other types. */
const char *const *epp_fact_words(enum epp_fact f);

#endif
