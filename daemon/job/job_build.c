/* The commands of a job. */
#include "daemon/job/job_int.h"
#include "epp/command.h"
#include "epp/base/rng.h"
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

/*
 * As long and random as the registry takes it, with a letter of each case, a digit and a sign, since some ask for them;
 * made for this command alone.
 */
static struct str auth_info(const struct job *j, char out[JOB_AUTH_MAX + 1])
{
	static const char *const sets[] = {"abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ",
	                                   "23456789", "-_.+"};
	static const char all[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.+";
	unsigned n = j->registry->auth_length < JOB_AUTH_MAX ? j->registry->auth_length : JOB_AUTH_MAX;
	if (n == 0)
		return STR_NONE;
	struct rng *rng = j->registry->rng;
	for (unsigned i = 0; i < n; i++) {
		const char *set = i < ARRAY_LEN(sets) ? sets[i] : all;
		out[i] = set[rng_below(rng, strlen(set))];
	}
	for (unsigned i = n - 1; i > 0; i--) { /* the first four must not always be of these kinds */
		unsigned k = (unsigned)rng_below(rng, i + 1);
		char c = out[i];
		out[i] = out[k];
		out[k] = c;
	}
	return str_make(out, n);
}

/* "0.00": what we expect to be charged; none when the registry does not know of fees, or has refused it. */
static struct epp_fee_limit fee_of(struct job *j, char room[32])
{
	j->fee_sent = j->registry->fee != JOB_FEE_OFF && j->offers & JOB_OFFERS_FEE && j->expected_vnd >= 0 &&
	              !j->fee_alone;
	if (!j->fee_sent)
		return (struct epp_fee_limit){STR_NONE, STR_NONE};
	snprintf(room, 32, "%lld.00", (long long)j->expected_vnd);
	return (struct epp_fee_limit){STR("VND"), str_c(room)};
}

static enum err build_create(struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	char auth[JOB_AUTH_MAX + 1], fee[32];
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
	    .auth_info = auth_info(j, auth),
	    .ds = ds,
	    .ds_count = r->ds_count,
	    .fee = fee_of(j, fee),
	};
	enum err err = epp_build_domain_create(out, cmd, &c, e);
	explicit_bzero(auth, sizeof auth);
	return err;
}

static enum err build_renew(struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	char fee[32];
	struct epp_domain_renew c = {
	    .name = j->request.domain,
	    .cur_exp_date = j->request.cur_exp_date,
	    .period_years = (unsigned)j->request.period,
	    .fee = fee_of(j, fee),
	};
	return epp_build_domain_renew(out, cmd, &c, e);
}

static enum err build_contact(const struct job *j, const struct epp_cmd *cmd, struct buf *out,
                              struct errmsg *e)
{
	const struct item_applicant *a = &j->request.applicant;
	char auth[JOB_AUTH_MAX + 1];
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
	                               .email = a->email,
	                               .auth_info = auth_info(j, auth)};
	enum err err = epp_build_contact_create(out, cmd, &c, e);
	explicit_bzero(auth, sizeof auth);
	return err;
}

static enum err build_host_check(const struct job *j, const struct epp_cmd *cmd, struct buf *out,
                                 struct errmsg *e)
{
	struct str names[ITEM_NS_MAX];
	for (size_t i = 0; i < j->request.ns_count; i++)
		names[i] = j->request.ns[i].name;
	return epp_build_host_check(out, cmd, names, j->request.ns_count, e);
}

static enum err build_host(const struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	const struct item_ns *ns = job_host(j);
	struct epp_addr addrs[ITEM_NS_ADDR_MAX];
	for (size_t i = 0; i < ns->addr_count; i++)
		addrs[i] = addr_of(ns->addrs[i]);
	struct epp_ns_host host = {ns->name, addrs, ns->addr_count};
	return epp_build_host_create(out, cmd, &host, e);
}

static enum err build_phase(struct job *j, const struct epp_cmd *cmd, struct buf *out, struct errmsg *e)
{
	switch (j->phase) {
	case JOB_CONTACT: return build_contact(j, cmd, out, e);
	case JOB_CONTACT_LOOK: return epp_build_contact_info(out, cmd, str_c(j->contact_id), STR_NONE, e);
	case JOB_HOST_CHECK: return build_host_check(j, cmd, out, e);
	case JOB_HOST: return build_host(j, cmd, out, e);
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
	/* Before anything of the item leaves, not only when the name itself does. */
	if (j->request.ds_count && !(j->offers & JOB_OFFERS_SECDNS) && !j->in_doubt)
		return err_set(e, ERR_UNSUPPORTED,
		               "the registry takes no DNSSEC data (secDNS-1.1): send it without 'ds'");
	arena_init(&arena);
	enum err err = j->registry->dialect ? job_facts_extend(j, &arena, &cmd, e) : OK;
	if (!err)
		err = build_phase(j, &cmd, out, e);
	arena_fini(&arena);
	return err;
}
