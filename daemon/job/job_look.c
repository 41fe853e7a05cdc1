/*
 * What <info> says about a command whose outcome is not known (design.md 2.3).
 *
 *   create   not there              not created, if it is still not there after settling once more: may be sent again
 *            somebody else's        refused: the name is taken
 *            ours, other registrant, or older than our command      ours from another command: refused
 *            ours, pendingCreate    pending            ours        done
 *   renew    not there, not ours    refused
 *            the old expiry date    not renewed, if still so after settling once more: may be sent again
 *            the old date and our years      done      another date      a person must look
 */
#include "daemon/job/job_int.h"
#include "epp/base/check.h"
#include "epp/rescode.h"

/* The registry's clock against ours: a create date this much before we sent may still be ours. */
#define CLOCK_TOLERANCE_MS 120000
/* Some registries give creation dates as midnight of their day: then only the day can be compared. */
#define DAY_S 86400

static enum job_next nothing_happened(struct job *j)
{
	if (++j->absent < 2) {
		j->wait_ms = j->registry->settle_ms;
		return JOB_WAIT;
	}
	if (j->attempt >= JOB_ATTEMPTS_MAX) {
		j->result.retryable = true;
		return job_end(j, ITEM_FAILED, FAULT_REGISTRY, "ATTEMPTS_USED_UP",
		               "sent %d times, and the registry did not carry it out", j->attempt);
	}
	return job_end(j, ITEM_QUEUED, FAULT_NONE, "NOT_CARRIED_OUT",
	               "the registry did not carry it out: it will be sent again");
}

static bool has_status(const struct epp_inf_common *c, const char *status)
{
	for (size_t i = 0; i < c->status_count; i++)
		if (str_eq_c(c->statuses[i].value, status))
			return true;
	return false;
}

/* Not before our command, as far as the registry's dates can tell. */
static bool created_by_us(const struct job *j, const struct epp_domain_inf *d)
{
	instant_ms_t at = d->c.cr_date.at;
	if (at == INSTANT_NONE || j->sent_at == INSTANT_NONE)
		return true;
	if (at >= j->sent_at - CLOCK_TOLERANCE_MS)
		return true;
	bool midnight = (at / 1000 + j->registry->date_offset_s) % DAY_S == 0;
	return midnight && date_of_instant(at, j->registry->date_offset_s) ==
	                       date_of_instant(j->sent_at, j->registry->date_offset_s);
}

static enum job_next look_create(struct job *j, const struct epp_domain_inf *d)
{
	struct str registrant = j->request.registrant.len ? j->request.registrant : str_c(j->contact_id);
	if (!str_eq(d->c.cl_id, j->registry->login))
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN",
		               "the name belongs to another registrar");
	if ((d->registrant.len && registrant.len && !str_eq_nocase(d->registrant, registrant)) ||
	    !created_by_us(j, d))
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN",
		               "the name exists already, from another command of this account");
	j->result.created = d->c.cr_date.at;
	j->result.expires = d->ex_date.at;
	if (has_status(&d->c, "pendingCreate"))
		return job_end(j, ITEM_PENDING, FAULT_NONE, "PENDING",
		               "accepted; the registry decides later");
	return job_end(j, ITEM_DONE, FAULT_NONE, "CREATED", "created; the answer was lost, <info> shows it");
}

static enum job_next look_renew(struct job *j, const struct epp_domain_inf *d)
{
	char was[DATE_TEXT_MAX], now[DATE_TEXT_MAX];
	if (!str_eq(d->c.cl_id, j->registry->login))
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NOT_SPONSOR",
		               "the name belongs to another registrar");
	if (d->ex_date.at == INSTANT_NONE)
		return job_look_again(j, "<info> shows no expiry date");
	date_t expires = date_of_instant(d->ex_date.at, j->registry->date_offset_s);
	date_t wanted = date_add_years(j->request.cur_exp_date, j->request.period, false);
	date_format(was, j->request.cur_exp_date);
	date_format(now, expires);
	if (!j->in_doubt)
		return job_end(j, ITEM_FAILED, FAULT_PARTNER,
		               expires == j->request.cur_exp_date ? "NOT_RENEWABLE" : "CUR_EXP_DATE",
		               "refused with 2105; the name expires on %s, the request said %s", now, was);
	if (expires == j->request.cur_exp_date)
		return nothing_happened(j);
	/* 29 February has no counterpart in most years: registries choose either neighbour. */
	if (expires == wanted || expires == wanted + 1) {
		j->result.expires = d->ex_date.at;
		return job_end(j, ITEM_DONE, FAULT_NONE, "RENEWED",
		               "renewed; the answer was lost, <info> shows it");
	}
	return job_end(j, ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "OUTCOME_UNKNOWN",
	               "the name expires on %s; before the renewal it was %s, for %d years", now, was,
	               j->request.period);
}

enum job_next job_look_answered(struct job *j, const struct epp_response *r)
{
	int code = epp_response_code(r);
	if (code == 2303) {
		if (j->request.op == ITEM_RENEW)
			return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_UNKNOWN",
			               "the registry does not know the name");
		return nothing_happened(j);
	}
	if (code == 2201 && j->request.op == ITEM_CREATE)
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN",
		               "the name belongs to another registrar");
	if (!epp_rescode_ok(code) || r->data.kind != EPP_RES_DOMAIN_INF)
		return job_look_again(j, "<info> was not answered with the object");
	return j->request.op == ITEM_CREATE ? look_create(j, &r->data.domain)
	                                    : look_renew(j, &r->data.domain);
}
