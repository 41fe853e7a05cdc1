/*
 * A new name refers to a contact and, where name servers are objects, to hosts. Mostly they are there; the registry says
 * when one is not (2303), and then, once, what is missing is made.
 *
 * Happy path: TRANSFORM (2303) ─▶ CONTACT, when it is ours to make (2302: it is there) ─▶ HOST_CHECK ─▶ HOST for each
 * that is not there ─▶ TRANSFORM.
 *
 * Failure modes: a host that somebody else made meanwhile (2302) is there. A host whose outcome is not known is checked
 * again. A host that is refused ends the item with the registry's words. 2303 again: it is the partner's to say which
 * object is meant.
 */
#include "daemon/job/job_int.h"
#include "epp/base/check.h"
#include "epp/rescode.h"

bool job_hosts_wanted(const struct job *j)
{
	return j->request.op == ITEM_CREATE && !j->registry->ns_as_attrs && j->request.ns_count > 0 &&
	       !j->hosts_known;
}

bool job_can_mend(const struct job *j)
{
	return j->request.op == ITEM_CREATE && !j->mended && (j->contact_id[0] || job_hosts_wanted(j));
}

enum job_next job_mend(struct job *j)
{
	j->mended = true;
	j->contact_known = false;
	if (!j->contact_id[0])
		return job_to_transform(j);
	job_move(j, JOB_CONTACT);
	return JOB_SEND;
}

const struct item_ns *job_host(const struct job *j)
{
	for (size_t i = 0; i < j->request.ns_count; i++)
		if (j->hosts_missing & 1u << i)
			return &j->request.ns[i];
	return NULL;
}

static enum job_next next_host(struct job *j)
{
	if (!job_host(j))
		return job_to_transform(j);
	job_move(j, JOB_HOST);
	return JOB_SEND;
}

/* A name server that is available is one that is not there. */
enum job_next job_host_check_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	const struct epp_chk *chk = &r->data.chk;
	if (rc->cls == EPP_RC_RETRY || rc->cls == EPP_RC_UNKNOWN)
		return job_lost(j, j->cltrid, "the registry failed", INSTANT_NONE);
	if (!epp_rescode_ok(code) || r->data.kind != EPP_RES_HOST_CHK)
		return job_refused(j, r);
	j->hosts_known = true;
	j->hosts_missing = 0;
	for (size_t i = 0; i < j->request.ns_count; i++)
		for (size_t k = 0; k < chk->count; k++)
			if (chk->items[k].avail && str_eq_nocase(chk->items[k].name, j->request.ns[i].name))
				j->hosts_missing |= (uint16_t)(1u << i);
	return next_host(j);
}

enum job_next job_host_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	const struct item_ns *made = job_host(j);
	INVARIANT(made);
	if (rc->flags & EPP_RC_AMBIGUOUS)
		return job_lost(j, j->cltrid, "the registry failed", INSTANT_NONE);
	if (!epp_rescode_ok(code) && code != 2302)
		return job_refused(j, r);
	j->hosts_missing &= (uint16_t) ~(1u << (made - j->request.ns));
	return next_host(j);
}
