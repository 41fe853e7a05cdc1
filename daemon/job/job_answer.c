/*
 * What an answer means for the job: of the contact, of the check, of the transform. The rules are in job.c's head.
 */
#include "daemon/job/job_int.h"
#include "epp/rescode.h"

#include <stdio.h>
#include <string.h>

static void keep_trids(struct job *j, const struct epp_response *r, const char *cltrid)
{
	snprintf(j->cltrid, sizeof j->cltrid, "%s", cltrid);
	if (!str_copy(j->svtrid, sizeof j->svtrid, r ? r->trid.server : STR_NONE))
		j->svtrid[0] = '\0'; /* longer than RFC 5730 allows */
}

/* A text that was cut off may end inside a character. */
static void cut_utf8(char *text)
{
	size_t n = strlen(text), k = n;
	while (k > 0 && ((unsigned char)text[k - 1] & 0xC0) == 0x80)
		k--;
	if (k > 0 && !str_is_utf8(str_make(text + k - 1, n - k + 1)))
		text[k - 1] = '\0';
}

static void add_words(char *out, size_t size, const char *sep, struct str words)
{
	size_t n = strlen(out);
	if (words.len == 0 || n + 1 >= size)
		return;
	snprintf(out + n, size - n, "%s%.*s", sep, STR_ARG(words));
}

/* The registry's own words: messages, the reasons beside echoed values (never the values: personal data), and what
 * extensions say that are not built in: sometimes only they tell why. */
static void words_of(const struct epp_response *r, char *out, size_t size)
{
	snprintf(out, size, "%d", r->results[0].code);
	for (size_t i = 0; i < r->result_count; i++) {
		const struct epp_result *res = &r->results[i];
		add_words(out, size, i ? "; " : " ", res->msg);
		for (size_t k = 0; k < res->value_count; k++)
			add_words(out, size, "; ", res->values[k].reason);
	}
	for (size_t i = 0; i < r->ext.unknown_text_count; i++)
		add_words(out, size, "; ", r->ext.unknown_texts[i].text);
	cut_utf8(out);
}

/* What a refusal means to the partner. An operation of -1: of any. */
static const struct refusal {
	int code, op;
	const char *reason;
	enum item_fault fault;
} refusals[] = {
    {2302, ITEM_CREATE, "NAME_TAKEN", FAULT_PARTNER},
    {2303, ITEM_CREATE, "REFERENCE_UNKNOWN", FAULT_PARTNER}, /* a contact or a name server of it */
    {2303, ITEM_RENEW, "NAME_UNKNOWN", FAULT_PARTNER},
    {2201, ITEM_RENEW, "NOT_SPONSOR", FAULT_PARTNER},
    {2003, -1, "VALUE_REFUSED", FAULT_PARTNER},
    {2004, -1, "VALUE_REFUSED", FAULT_PARTNER},
    {2005, -1, "VALUE_REFUSED", FAULT_PARTNER},
    {2304, -1, "STATUS_PROHIBITS", FAULT_REGISTRY},
    {2306, -1, "REGISTRY_POLICY", FAULT_REGISTRY},
    {2308, -1, "REGISTRY_POLICY", FAULT_REGISTRY},
    /* The registry does not understand what we send: that is the configuration's fault, or ours. */
    {2000, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2001, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2100, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2101, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2102, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2103, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {2307, -1, "REGISTRY_REFUSED", FAULT_GATEWAY},
    {0, -1, "REGISTRY_REFUSED", FAULT_REGISTRY}, /* whatever is not above */
};

/* A refusal that says nothing about doubt. */
enum job_next job_refused(struct job *j, const struct epp_response *r)
{
	int code = epp_response_code(r);
	char words[JOB_MESSAGE_MAX];
	const struct refusal *f = refusals;
	words_of(r, words, sizeof words);
	if (code == 2104) {
		j->stops_account = j->not_sent = true;
		return job_end(j, ITEM_QUEUED, FAULT_GATEWAY, "BILLING", "not carried out: %s", words);
	}
	while (f->code && (f->code != code || (f->op >= 0 && f->op != (int)j->request.op)))
		f++;
	return job_end(j, ITEM_FAILED, f->fault, f->reason, "%s", words);
}

static enum job_next back_to_queue(struct job *j, const struct epp_response *r)
{
	char words[JOB_MESSAGE_MAX];
	words_of(r, words, sizeof words);
	j->not_sent = true;
	return job_end(j, ITEM_QUEUED, FAULT_NONE, "SESSION", "not carried out: %s", words);
}

/* ---- contact and check ------------------------------------------------------------------------------------------- */

static enum job_next contact_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	if (epp_rescode_ok(code)) {
		j->contact_known = j->contact_made = true;
		return job_to_transform(j);
	}
	if (code == 2302) {
		job_move(j, JOB_CONTACT_LOOK);
		return JOB_SEND;
	}
	if (rc->flags & EPP_RC_AMBIGUOUS)
		return job_lost(j, j->cltrid, "the registry failed", INSTANT_NONE);
	return job_refused(j, r);
}

static enum job_next contact_foreign(struct job *j)
{
	return job_end(j, ITEM_FAILED, FAULT_REGISTRY, "CONTACT_FOREIGN",
	               "the contact %s belongs to another registrar", j->contact_id);
}

static enum job_next contact_absent(struct job *j)
{
	if (++j->contact_tries >= JOB_ATTEMPTS_MAX) {
		j->result.retryable = true;
		return job_end(j, ITEM_FAILED, FAULT_REGISTRY, "ATTEMPTS_USED_UP",
		               "the contact was sent %d times, and the registry does not know it",
		               j->contact_tries);
	}
	job_move(j, JOB_CONTACT); /* the same identifier for the same data: harmless to send again */
	j->wait_ms = j->registry->settle_ms;
	return JOB_WAIT;
}

static enum job_next contact_look_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	if (code == 2303)
		return contact_absent(j);
	if (code == 2201 || code == 2202)
		return contact_foreign(j);
	if (epp_rescode_ok(code) && r->data.kind == EPP_RES_CONTACT_INF) {
		if (!str_eq(r->data.contact.c.cl_id, j->registry->login))
			return contact_foreign(j);
		j->contact_known = j->contact_made = true;
		return job_to_transform(j);
	}
	if (epp_rescode_ok(code) || rc->cls == EPP_RC_RETRY || rc->cls == EPP_RC_UNKNOWN)
		return job_lost(j, j->cltrid, "the registry did not say", INSTANT_NONE);
	return job_refused(j, r);
}

/* A transform was sent before, or an answer said that it was of no use and it was carried out all the same. */
static bool may_have_left(const struct job *j)
{
	return j->attempt > 1 || j->again;
}

static enum job_next check_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	if (rc->cls == EPP_RC_RETRY || rc->cls == EPP_RC_UNKNOWN)
		return job_lost(j, j->cltrid, "the registry failed", INSTANT_NONE);
	if (!epp_rescode_ok(code))
		return job_refused(j, r);
	bool taken =
	    r->data.kind == EPP_RES_DOMAIN_CHK && r->data.chk.count == 1 && !r->data.chk.items[0].avail;
	if (taken && may_have_left(j))
		return job_doubt(j, "the name is not available: from an earlier attempt?");
	if (taken)
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "NAME_TAKEN", "not available: %.*s",
		               STR_ARG(r->data.chk.items[0].reason));
	job_move(j, JOB_TRANSFORM);
	return JOB_SEND;
}

/* ---- create and renew ---------------------------------------------------------------------------------------------- */

/* Fees are VND in whole numbers; anything else is not known. */
static int64_t charged_of(const struct epp_response *r)
{
	int64_t sum = 0;
	if (!r->ext.fee.present)
		return -1;
	for (size_t i = 0; i < r->ext.fee.fee_count; i++) {
		struct str amount = r->ext.fee.fees[i].amount, whole = str_split(&amount, '.');
		int64_t v;
		if (!str_to_i64(whole, &v))
			return -1;
		sum += v;
	}
	return sum;
}

static enum job_next transform_done(struct job *j, const struct epp_response *r, int code)
{
	bool create = j->request.op == ITEM_CREATE;
	if (r->data.kind == (create ? EPP_RES_DOMAIN_CRE : EPP_RES_DOMAIN_REN)) {
		j->result.created = create ? r->data.cre.cr_date.at : INSTANT_NONE;
		j->result.expires = r->data.cre.ex_date.at;
	}
	j->result.charged_vnd = charged_of(r);
	if (code != 1001 && j->result.expires == INSTANT_NONE)
		return job_doubt(j, "the registry answered without the object's dates");
	if (code == 1001)
		return job_end(j, ITEM_PENDING, FAULT_NONE, "PENDING",
		               "accepted; the registry decides later");
	return job_end(j, ITEM_DONE, FAULT_NONE, create ? "CREATED" : "RENEWED", "%s%s",
	               create ? "created" : "renewed",
	               job_fee_differs(j) ? "; the registry's fee is not the expected one" : "");
}

/* The registry would charge something else than we expect: it has done nothing. */
static enum job_next fee_refused(struct job *j, const char *words)
{
	if (j->registry->fee == JOB_FEE_ENFORCE)
		return job_end(j, ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "FEE_REFUSED",
		               "the registry refuses the expected fee of %lld VND: %s",
		               (long long)j->expected_vnd, words);
	j->fee_alone = true;
	job_move(j, JOB_TRANSFORM);
	return JOB_SEND;
}

static enum job_next transform_answered(struct job *j, const struct epp_response *r, int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	char words[JOB_MESSAGE_MAX];
	if (epp_rescode_ok(code))
		return transform_done(j, r, code);
	words_of(r, words, sizeof words);
	if (rc->flags & EPP_RC_AMBIGUOUS)
		return job_doubt(j, words);
	if (may_have_left(j) && (code == 2302 || code == 2105))
		return job_doubt(j, words);
	if (j->request.op == ITEM_RENEW && (code == 2105 || code == 2304)) {
		memcpy(j->message, words, sizeof words);
		return job_settle(j);
	}
	if (code == 2303 && job_can_mend(j))
		return job_mend(j);
	if (code == 2004 && j->fee_sent)
		return fee_refused(j, words);
	return job_refused(j, r);
}

enum job_next job_answered(struct job *j, const struct epp_response *r, const char *cltrid, instant_ms_t now)
{
	int code = epp_response_code(r);
	unsigned flags = epp_rescode_find(code)->flags;
	j->result.at = now;
	/* A look asks about the transform: the result has that one's code and ids. */
	if (j->phase != JOB_LOOK) {
		/* That a question was answered well says nothing of the item. */
		bool question =
		    j->phase == JOB_CHECK || j->phase == JOB_CONTACT_LOOK || j->phase == JOB_HOST_CHECK;
		j->result.code = question && epp_rescode_ok(code) ? 0 : code;
		keep_trids(j, r, cltrid);
	}
	bool useless = epp_rescode_find(code)->cls == EPP_RC_SESSION ||
	               (flags & EPP_RC_DISCARD && !(flags & EPP_RC_AMBIGUOUS) && !epp_rescode_ok(code));
	if (j->phase == JOB_LOOK)
		return useless ? job_look_again(j, "the session was of no use") : job_look_answered(j, r);
	if (useless)
		return back_to_queue(j, r);
	if (epp_rescode_ok(code) && flags & EPP_RC_ENDS_SESSION)
		return job_lost(j, j->cltrid, "the registry ended the session instead of answering", now);
	switch (j->phase) {
	case JOB_CONTACT: return contact_answered(j, r, code);
	case JOB_CONTACT_LOOK: return contact_look_answered(j, r, code);
	case JOB_HOST_CHECK: return job_host_check_answered(j, r, code);
	case JOB_HOST: return job_host_answered(j, r, code);
	case JOB_CHECK: return check_answered(j, r, code);
	default: return transform_answered(j, r, code);
	}
}
