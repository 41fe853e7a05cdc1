/*
 * What <info> says about a command whose outcome is not known (design.md 2.3).
 *
 *   create   not there              not created, if it is still not there after settling once more: may be sent again
 *            somebody else's        refused: the name is taken
 *            ours, other registrant, or older than our command      ours from another command: refused
 *            ours, without registrant or create date                cannot be told apart: a person must look
 *            ours, pendingCreate    pending            ours        done
 *   renew    not there, not ours    refused
 *            ours, pendingRenew     pending
 *            the old expiry date    not renewed, if still so after settling once more: may be sent again
 *            the old date and our years      done      another date      a person must look
 *
 * 2201 and 2202 say "not yours": a sponsor may always look. The result keeps the code and ids of the command itself.
 */
#include "daemon/job/job_int.h"
#include "epp/rescode.h"

#include <stdio.h>

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
static bool created_by_us(const struct job *j, instant_ms_t at)
{
	if (j->sent_at == INSTANT_NONE || at >= j->sent_at - CLOCK_TOLERANCE_MS)
		return true;
	bool midnight = (at / 1000 + j->registry->date_offset_s) % DAY_S == 0;
	return midnight && date_of_instant(at, j->registry->date_offset_s) ==
	                       date_of_instant(j->sent_at, j->registry->date_offset_s);
}

static enum job_next name_taken(struct job *j)
{
	return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", "the name belongs to another registrar");
}

static enum job_next look_create(struct job *j, const struct epp_domain_inf *d)
{
	struct str registrant = j->request.registrant.len ? j->request.registrant : str_c(j->contact_id);
	instant_ms_t at = d->c.cr_date.at;
	bool pending = has_status(&d->c, "pendingCreate");
	if (!str_eq(d->c.cl_id, j->registry->login))
		return name_taken(j);
	if ((d->registrant.len && registrant.len && !str_eq_nocase(d->registrant, registrant)) ||
	    (at != INSTANT_NONE && !created_by_us(j, at)))
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN",
		               "the name exists already, from another command of this account");
	/* What is pending may have no create date yet. */
	if ((at == INSTANT_NONE && !pending) || (registrant.len && !d->registrant.len))
		return job_end(j, ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "OUTCOME_UNKNOWN",
		               "the name is ours, but <info> shows no %s: from this command or another one?",
		               at == INSTANT_NONE ? "create date" : "registrant");
	j->result.created = at;
	j->result.expires = d->ex_date.at;
	if (pending)
		return job_end(j, ITEM_PENDING, FAULT_NONE, "PENDING",
		               "accepted; the registry decides later");
	return job_end(j, ITEM_DONE, FAULT_NONE, "CREATED", "created; the answer was lost, <info> shows it");
}

/* 29 February has no counterpart in most years: registries choose either neighbour. */
static bool renewed_to(date_t from, int years, date_t expires)
{
	return expires == date_add_years(from, years, false) || expires == date_add_years(from, years, true);
}

static enum job_next not_sponsor(struct job *j)
{
	return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NOT_SPONSOR", "the name belongs to another registrar");
}

/* 2105, on a first attempt: the refusal names the true date. */
static enum job_next not_renewable(struct job *j, const char *expires, const char *said, bool same)
{
	return job_end(j, ITEM_FAILED, FAULT_PARTNER, same ? "NOT_RENEWABLE" : "CUR_EXP_DATE",
	               "refused with 2105; the name expires on %s, the request said %s", expires, said);
}

/* 2304: the name is locked, or waits to be restored; the statuses say which. */
static enum job_next prohibited(struct job *j, const struct epp_domain_inf *d, const struct epp_rgp *rgp)
{
	char list[JOB_MESSAGE_MAX / 2] = "", words[JOB_MESSAGE_MAX / 2];
	bool redemption = false;
	size_t n = 0;
	for (size_t i = 0; i < d->c.status_count && n < sizeof list; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, " %.*s", STR_ARG(d->c.statuses[i].value));
	for (size_t i = 0; i < rgp->status_count; i++) {
		redemption |= str_eq_c(rgp->statuses[i].value, "redemptionPeriod") ||
		              str_eq_c(rgp->statuses[i].value, "pendingRestore") ||
		              str_eq_c(rgp->statuses[i].value, "pendingDelete");
		if (n < sizeof list)
			n += (size_t)snprintf(list + n, sizeof list - n, " rgp:%.*s",
			                      STR_ARG(rgp->statuses[i].value));
	}
	snprintf(words, sizeof words, "%.120s", j->message);
	return job_end(j, ITEM_FAILED, FAULT_REGISTRY, redemption ? "IN_REDEMPTION" : "STATUS_PROHIBITS",
	               "%s%s;%s", redemption ? "the name was deleted and must be restored first: " : "",
	               words, list);
}

static enum job_next look_renew(struct job *j, const struct epp_domain_inf *d, const struct epp_rgp *rgp)
{
	char was[DATE_TEXT_MAX], now[DATE_TEXT_MAX];
	date_t asked = j->request.cur_exp_date;
	if (!str_eq(d->c.cl_id, j->registry->login))
		return not_sponsor(j);
	if (!j->in_doubt && j->result.code == 2304)
		return prohibited(j, d, rgp);
	if (d->ex_date.at == INSTANT_NONE)
		return job_look_again(j, "<info> shows no expiry date");
	date_t expires = date_of_instant(d->ex_date.at, j->registry->date_offset_s);
	date_format(was, asked);
	date_format(now, expires);
	if (!j->in_doubt)
		return not_renewable(j, now, was, expires == asked);
	if (renewed_to(asked, j->request.period, expires)) {
		j->result.expires = d->ex_date.at;
		return job_end(j, ITEM_DONE, FAULT_NONE, "RENEWED",
		               "renewed; the answer was lost, <info> shows it");
	}
	if (expires != asked)
		return job_end(j, ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "OUTCOME_UNKNOWN",
		               "the name expires on %s; before the renewal it was %s, for %d years", now, was,
		               j->request.period);
	if (has_status(&d->c, "pendingRenew"))
		return job_end(j, ITEM_PENDING, FAULT_NONE, "PENDING",
		               "accepted; the registry decides later");
	return nothing_happened(j);
}

enum job_next job_look_answered(struct job *j, const struct epp_response *r)
{
	int code = epp_response_code(r);
	if (j->reading)
		return job_read_answered(j, r);
	if (code == 2303) {
		if (j->request.op == ITEM_RENEW)
			return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_UNKNOWN",
			               "the registry does not know the name");
		return nothing_happened(j);
	}
	if (code == 2201 || code == 2202)
		return j->request.op == ITEM_CREATE ? name_taken(j) : not_sponsor(j);
	if (!epp_rescode_ok(code) || r->data.kind != EPP_RES_DOMAIN_INF)
		return job_look_again(j, "<info> was not answered with the object");
	return j->request.op == ITEM_CREATE ? look_create(j, &r->data.domain)
	                                    : look_renew(j, &r->data.domain, &r->ext.rgp);
}
