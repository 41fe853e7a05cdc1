/* The commands of a job. */
#include "daemon/job/job_int.h"
#include "epp/command.h"
#include "epp/dialect.h"

#include <stdio.h>

static struct epp_addr addr_of(struct str text)
{
	return (struct epp_addr){.v6 = text.len && memchr(text.ptr, ':', text.len), .text = text};
}

static struct str registrant_of(const struct job *j)
{
	return j->request.registrant.len ? j->request.registrant : str_c(j->contact_id);
}

static size_t contacts_of(const struct item_request *r, struct epp_contact_ref out[3])
{
	size_t n = 0;
	if (r->admin.len)
		out[n++] = (struct epp_contact_ref){STR("admin"), r->admin};
	if (r->tech.len)
		out[n++] = (struct epp_contact_ref){STR("tech"), r->tech};
	if (r->billing.len)
		out[n++] = (struct epp_contact_ref){STR("billing"), r->billing};
	return n;
}

static enum err build_create(const struct job *j, const struct epp_cmd *cmd, struct buf *out,
                             struct errmsg *e)
{
	const struct item_request *r = &j->request;
	struct epp_addr addrs[ITEM_NS_MAX][ITEM_NS_ADDR_MAX];
	struct epp_ns_host ns[ITEM_NS_MAX];
	struct epp_contact_ref contacts[3];
	struct epp_ds ds[ITEM_DS_MAX];
	for (size_t i = 0; i < r->ns_count; i++) {
		for (size_t k = 0; k < r->ns[i].addr_count; k++)
			addrs[i][k] = addr_of(r->ns[i].addrs[k]);
		ns[i] = (struct epp_ns_host){r->ns[i].name, addrs[i],
		                             j->registry->ns_as_attrs ? r->ns[i].addr_count : 0};
	}
	for (size_t i = 0; i < r->ds_count; i++)
		ds[i] =
		    (struct epp_ds){r->ds[i].key_tag, r->ds[i].alg, r->ds[i].digest_type, r->ds[i].digest};
	struct epp_domain_create c = {
	    .name = r->domain,
	    .period_years = (unsigned)r->period,
	    .ns = ns,
	    .ns_count = r->ns_count,
	    .ns_as_attrs = j->registry->ns_as_attrs,
	    .registrant = registrant_of(j),
	    .contacts = contacts,
	    .contact_count = contacts_of(r, contacts),
	    .ds = ds,
	    .ds_count = r->ds_count,
	};
	return epp_build_domain_create(out, cmd, &c, e);
}

static enum err build_renew(const struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	struct epp_domain_renew c = {
	    .name = j->request.domain,
	    .cur_exp_date = j->request.cur_exp_date,
	    .period_years = (unsigned)j->request.period,
	};
	return epp_build_domain_renew(out, cmd, &c, e);
}

static enum err build_contact(const struct job *j, const struct epp_cmd *cmd, struct buf *out,
                              struct errmsg *e)
{
	const struct item_applicant *a = &j->request.applicant;
	bool person = a->kind == APPLICANT_CITIZEN;
	struct str city = a->address.ward.len ? a->address.ward : a->address.district;
	struct epp_postal postal = {
	    .type = STR("loc"),
	    .name = a->name,
	    .org = person ? STR_NONE : a->name,
	    .street = {a->address.street},
	    .street_count = a->address.street.len ? 1 : 0,
	    .city = city.len ? city : a->address.province,
	    .sp = a->address.province,
	    .cc = a->address.country.len ? a->address.country : STR("VN"),
	};
	struct epp_contact_create c = {.id = str_c(j->contact_id),
	                               .postal = &postal,
	                               .postal_count = 1,
	                               .voice = a->phone,
	                               .email = a->email};
	return epp_build_contact_create(out, cmd, &c, e);
}

static enum err build_phase(struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	switch (j->phase) {
	case JOB_CONTACT: return build_contact(j, cmd, out, e);
	case JOB_CONTACT_LOOK: return epp_build_contact_info(out, cmd, str_c(j->contact_id), STR_NONE, e);
	case JOB_CHECK: return epp_build_domain_check(out, cmd, &j->request.domain, 1, e);
	case JOB_TRANSFORM:
		return j->request.op == ITEM_CREATE ? build_create(j, cmd, out, e)
		                                    : build_renew(j, cmd, out, e);
	case JOB_LOOK: return epp_build_domain_info(out, cmd, j->request.domain, STR("none"), STR_NONE, e);
	default: return err_set(e, ERR_INTERNAL, "nothing to send");
	}
}

enum err job_build(struct job *j, struct str cltrid, struct buf *out, struct errmsg *e)
{
	struct epp_cmd cmd = {.cltrid = cltrid};
	struct arena arena;
	arena_init(&arena);
	enum err err = j->registry->dialect ? job_facts_extend(j, &arena, &cmd, e) : OK;
	if (!err)
		err = build_phase(j, &cmd, out, e);
	arena_fini(&arena);
	return err;
}
