/* The facts of a job's item, decision and evidence, under the names that a registry's mapping uses. */
#include "daemon/job/job_int.h"
#include "epp/dialect.h"
#include "policy/policy.h"
#include "policy/printed.h"

struct facts {
	const struct job *job;
	struct arena *arena; /* for what must be put into words */
};

static struct str date_text(const struct facts *f, date_t d)
{
	char text[DATE_TEXT_MAX];
	return arena_str(f->arena, str_c(date_format(text, d)));
}

static struct str number_text(const struct facts *f, long long n)
{
	return n < 0 ? STR_NONE : arena_printf(f->arena, "%lld", n);
}

static struct str flag_text(bool yes)
{
	return yes ? STR("true") : STR("false");
}

static struct str request_fact(const struct facts *f, enum epp_fact fact)
{
	const struct item_request *r = &f->job->request;
	switch (fact) {
	case EPP_FACT__OP: return str_c(item_op_name(r->op));
	case EPP_FACT__REF: return r->ref;
	case EPP_FACT__DOMAIN: return r->domain;
	case EPP_FACT__DOMAIN_UNICODE: return r->domain_u;
	case EPP_FACT__ZONE: return policy_zone_of(r->domain);
	case EPP_FACT__NAME_IDN: return flag_text(!str_eq(r->domain, r->domain_u));
	case EPP_FACT__PERIOD: return number_text(f, r->period);
	case EPP_FACT__CUR_EXP_DATE: return date_text(f, r->cur_exp_date);
	case EPP_FACT__IF_NOT_FREE: return r->if_not_free == ITEM_CHARGE ? STR("charge") : STR("refuse");
	case EPP_FACT__MAX_FEE_VND: return number_text(f, r->max_fee_vnd);
	case EPP_FACT__SERVICES: return r->services;
	case EPP_FACT__REGISTRANT: return r->registrant.len ? r->registrant : str_c(f->job->contact_id);
	case EPP_FACT__ADMIN: return r->admin;
	case EPP_FACT__TECH: return r->tech;
	case EPP_FACT__BILLING: return r->billing;
	case EPP_FACT__LOGIN: return f->job->registry->login;
	default: return STR_NONE;
	}
}

static struct str applicant_fact(const struct facts *f, enum epp_fact fact)
{
	const struct item_applicant *a = &f->job->request.applicant;
	if (a->kind == APPLICANT_NONE)
		return STR_NONE;
	switch (fact) {
	case EPP_FACT__KIND: return str_c(applicant_kind_name(a->kind));
	case EPP_FACT__NAME: return a->name;
	case EPP_FACT__CITIZENSHIP: return a->citizenship;
	case EPP_FACT__BIRTH_DATE: return date_text(f, a->birth_date);
	case EPP_FACT__GENDER:
		return a->gender == GENDER_MALE     ? STR("male")
		       : a->gender == GENDER_FEMALE ? STR("female")
		                                    : STR_NONE;
	case EPP_FACT__ID_NUMBER: return a->id_number;
	case EPP_FACT__PHONE: return a->phone;
	case EPP_FACT__EMAIL: return a->email;
	case EPP_FACT__TAX_CODE: return a->tax_code;
	case EPP_FACT__FOUNDED_ON: return date_text(f, a->founded_on);
	case EPP_FACT__REGISTRATION_NUMBER: return a->registration_number;
	case EPP_FACT__REGISTERED_ON: return date_text(f, a->registered_on);
	case EPP_FACT__REGISTRATION_EXEMPT: return flag_text(a->registration_exempt);
	case EPP_FACT__STREET: return a->address.street;
	case EPP_FACT__WARD: return a->address.ward;
	case EPP_FACT__DISTRICT: return a->address.district;
	case EPP_FACT__PROVINCE: return a->address.province;
	case EPP_FACT__PROVINCE_LIST: return a->address.province_list;
	case EPP_FACT__COUNTRY: return a->address.country;
	case EPP_FACT__REP_NAME: return a->representative.name;
	case EPP_FACT__REP_POSITION: return a->representative.position;
	case EPP_FACT__REP_ID_NUMBER: return a->representative.id_number;
	default: return STR_NONE;
	}
}

static struct str evidence_fact(const struct facts *f, enum epp_fact fact, size_t entry)
{
	const struct item_evidence *e = &f->job->request.evidence[entry];
	switch (fact) {
	case EPP_FACT__EV_TYPE: return e->type;
	case EPP_FACT__EV_ISSUER: return e->issuer;
	case EPP_FACT__EV_REFERENCE: return e->reference;
	case EPP_FACT__EV_DATE: return date_text(f, e->date);
	default: return e->result;
	}
}

static struct str addrs_text(const struct facts *f, const struct item_ns *ns)
{
	struct str all = STR_NONE;
	for (size_t i = 0; i < ns->addr_count; i++)
		all = arena_printf(f->arena, "%.*s%s%.*s", STR_ARG(all), i ? " " : "", STR_ARG(ns->addrs[i]));
	return all;
}

static struct str ds_fact(const struct facts *f, enum epp_fact fact, size_t entry)
{
	const struct item_ds *d = &f->job->request.ds[entry];
	switch (fact) {
	case EPP_FACT__DS_KEY_TAG: return number_text(f, d->key_tag);
	case EPP_FACT__DS_ALG: return number_text(f, d->alg);
	case EPP_FACT__DS_DIGEST_TYPE: return number_text(f, d->digest_type);
	default: return d->digest;
	}
}

static struct str service_at(struct str services, size_t entry)
{
	struct str one = str_split(&services, ',');
	while (entry-- > 0)
		one = str_split(&services, ',');
	return one;
}

static struct str list_fact(const struct facts *f, enum epp_fact fact, size_t entry)
{
	const struct item_request *r = &f->job->request;
	switch (epp_fact_list(fact)) {
	case EPP_LIST_EVIDENCE: return evidence_fact(f, fact, entry);
	case EPP_LIST_NS: return fact == EPP_FACT__NS_NAME ? r->ns[entry].name : addrs_text(f, &r->ns[entry]);
	case EPP_LIST_DS: return ds_fact(f, fact, entry);
	default: return service_at(r->services, entry);
	}
}

/* Facts of a decision are called as in the result that partners read; "reason" is the main one of its reasons. */
static struct str decision_fact(const struct facts *f, enum epp_fact fact)
{
	struct str path = str_c(epp_fact_names[fact]);
	(void)str_split(&path, '.'); /* "decision" */
	if (fact == EPP_FACT__REASON)
		path = STR("reasons");
	struct str s = policy_printed_get(f->job->decision_common, path, f->arena);
	return s.len ? s : policy_printed_get(f->job->decision_item, path, f->arena);
}

static struct str declared_fact(const struct facts *f, struct str name)
{
	const struct item_request *r = &f->job->request;
	(void)str_split(&name, '.'); /* "facts" */
	for (size_t i = 0; i < r->fact_count; i++)
		if (str_eq(r->facts[i].name, name))
			return r->facts[i].value;
	return STR_NONE;
}

static struct str get(void *arg, enum epp_fact fact, struct str name, size_t entry)
{
	const struct facts *f = arg;
	if (fact == EPP_FACT__DECLARED)
		return declared_fact(f, name);
	if (epp_fact_list(fact) != EPP_LIST_NONE)
		return list_fact(f, fact, entry);
	if (epp_fact_is_decided(fact))
		return decision_fact(f, fact);
	struct str s = request_fact(f, fact);
	return s.len ? s : applicant_fact(f, fact);
}

static size_t count(void *arg, enum epp_fact_list list)
{
	const struct item_request *r = &((const struct facts *)arg)->job->request;
	size_t n = r->services.len > 0;
	switch (list) {
	case EPP_LIST_EVIDENCE: return r->evidence_count;
	case EPP_LIST_NS: return r->ns_count;
	case EPP_LIST_DS: return r->ds_count;
	case EPP_LIST_SERVICES: break;
	default: return 0;
	}
	for (size_t i = 0; i < r->services.len; i++)
		n += r->services.ptr[i] == ',';
	return n;
}

static enum epp_dialect_command transform_of(const struct job *j)
{
	return j->request.op == ITEM_CREATE ? EPP_DIALECT_DOMAIN_CREATE : EPP_DIALECT_DOMAIN_RENEW;
}

static enum epp_dialect_command command_of(const struct job *j)
{
	switch (j->phase) {
	case JOB_CONTACT: return EPP_DIALECT_CONTACT_CREATE;
	case JOB_CONTACT_LOOK: return EPP_DIALECT_CONTACT_INFO;
	case JOB_HOST_CHECK: return EPP_DIALECT_HOST_CHECK;
	case JOB_HOST: return EPP_DIALECT_HOST_CREATE;
	case JOB_CHECK: return EPP_DIALECT_DOMAIN_CHECK;
	case JOB_LOOK: return EPP_DIALECT_DOMAIN_INFO;
	default: return transform_of(j);
	}
}

enum err job_facts_extend(struct job *j, struct arena *arena, struct epp_cmd *cmd, struct errmsg *e)
{
	struct facts f = {j, arena};
	const struct epp_fact_source source = {get, count, &f};
	const struct epp_dialect *d = j->registry->dialect;
	enum err err = OK;
	if (j->phase == JOB_CONTACT || j->phase == JOB_CHECK)
		err = epp_dialect_write(d, transform_of(j), &source, arena, &cmd->ext, &cmd->ext_count, e);
	if (!err)
		err = epp_dialect_write(d, command_of(j), &source, arena, &cmd->ext, &cmd->ext_count, e);
	j->lacks_facts = err == ERR_NOT_FOUND;
	return err;
}
