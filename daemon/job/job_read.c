/*
 * What the registry says of a name whose history nobody here knows: read for the person who has to decide about its
 * renewal. Nothing follows from it by itself.
 */
#include "daemon/job/job_int.h"
#include "epp/rescode.h"

#include <stdio.h>

static void add_day(const struct job *j, char *out, size_t size, const char *what, instant_ms_t at)
{
	char day[DATE_TEXT_MAX];
	size_t n = strlen(out);
	if (at != INSTANT_NONE && n < size)
		snprintf(out + n, size - n, ", %s %s", what,
		         date_format(day, date_of_instant(at, j->registry->date_offset_s)));
}

static void add_statuses(const struct epp_inf_common *c, char *out, size_t size)
{
	for (size_t i = 0; i < c->status_count; i++) {
		size_t n = strlen(out);
		if (n < size)
			snprintf(out + n, size - n, "%s%.40s", i ? " " : ", status ",
			         c->statuses[i].value.ptr ? c->statuses[i].value.ptr : "");
	}
}

static enum job_next told(struct job *j, const struct epp_domain_inf *d)
{
	char words[JOB_MESSAGE_MAX];
	bool ours = str_eq(d->c.cl_id, j->registry->login);
	snprintf(words, sizeof words, "sponsor %.*s (%s), registrant %.*s", STR_ARG(d->c.cl_id),
	         ours ? "this account" : "another registrar", STR_ARG(d->registrant));
	add_day(j, words, sizeof words, "created", d->c.cr_date.at);
	add_day(j, words, sizeof words, "expires", d->ex_date.at);
	add_statuses(&d->c, words, sizeof words);
	j->result.created = d->c.cr_date.at;
	j->result.expires = d->ex_date.at;
	return job_end(j, ITEM_REVIEW, FAULT_NONE, "READ", "%s", words);
}

enum job_next job_read_answered(struct job *j, const struct epp_response *r)
{
	int code = epp_response_code(r);
	if (code == 2303)
		return job_end(j, ITEM_REVIEW, FAULT_NONE, "READ", "the registry does not know the name");
	if (code == 2201 || code == 2202)
		return job_end(
		    j, ITEM_REVIEW, FAULT_NONE, "READ",
		    "the registry does not show the name to this account (%d): another registrar's", code);
	if (!epp_rescode_ok(code) || r->data.kind != EPP_RES_DOMAIN_INF)
		return job_look_again(j, "<info> was not answered with the object");
	return told(j, &r->data.domain);
}
