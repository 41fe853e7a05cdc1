/*
 * The job's machine.
 *
 * Happy path: the registrant contact is created when it is not known, then <create> or <renew>; the answer ends it.
 *
 * Failure modes
 *  - The outcome of a transform is not known (lost session, 2400, 2500): UNKNOWN, then <info> after the settling delay
 *    (job_look.c).
 *  - 1500 (any 15xx) to anything but a log-out is no answer: the session ended, nobody knows before or after what.
 *  - The contact's outcome is not known: its identifier follows from its data, so asking for it and creating it again
 *    is harmless.
 *  - 2302 for a contact: it exists; ours if we sponsor it. 2302 for a name (or a check that says so) on a first attempt:
 *    taken. On later ones an earlier attempt may have come true after all: look.
 *  - The registry takes a contact and does not know it, again and again: after JOB_ATTEMPTS_MAX the item ends.
 *  - 2303 for a new name: something that it refers to is not there (any more). Once, the contact and the name servers that
 *    are objects are made (job_mend.c), and the name is tried again.
 *  - The registry refuses the fee that we expect (2004): job_fee.
 *  - 2304 for a renewal: look, so that the refusal can say why (redemption, a lock).
 *  - A check whose answer does not say: the check is a courtesy, so the job goes on without it.
 *  - 2104: the account has no money. Not the item's fault: it goes back to the queue without counting.
 *  - 2105 for a renewal: look, so that the refusal can name the true expiry date.
 *  - The session was of no use (2002, 2200, 2501, 2502): nothing happened, back to the queue without counting. Should the
 *    registry have carried it out all the same, 2302 or 2105 says so the next time: look, as on later attempts.
 */
#include "daemon/job/job_int.h"
#include "epp/base/check.h"
#include "epp/rescode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const unsigned allowed[JOB_PHASE__COUNT] = {
    [JOB_CONTACT] = 1u << JOB_CONTACT | 1u << JOB_CONTACT_LOOK | 1u << JOB_HOST_CHECK | 1u << JOB_CHECK |
                    1u << JOB_TRANSFORM | 1u << JOB_OVER,
    [JOB_CONTACT_LOOK] = 1u << JOB_CONTACT | 1u << JOB_CONTACT_LOOK | 1u << JOB_HOST_CHECK | 1u << JOB_CHECK |
                         1u << JOB_TRANSFORM | 1u << JOB_OVER,
    [JOB_HOST_CHECK] =
        1u << JOB_HOST_CHECK | 1u << JOB_HOST | 1u << JOB_CHECK | 1u << JOB_TRANSFORM | 1u << JOB_OVER,
    [JOB_HOST] =
        1u << JOB_HOST | 1u << JOB_HOST_CHECK | 1u << JOB_CHECK | 1u << JOB_TRANSFORM | 1u << JOB_OVER,
    [JOB_CHECK] = 1u << JOB_CHECK | 1u << JOB_TRANSFORM | 1u << JOB_LOOK | 1u << JOB_OVER,
    [JOB_TRANSFORM] = 1u << JOB_TRANSFORM | 1u << JOB_CHECK | 1u << JOB_CONTACT | 1u << JOB_HOST_CHECK |
                      1u << JOB_LOOK | 1u << JOB_OVER,
    [JOB_LOOK] = 1u << JOB_LOOK | 1u << JOB_OVER,
};

void job_move(struct job *j, enum job_phase to)
{
	INVARIANT(allowed[j->phase] & 1u << to);
	j->checked |= j->phase == JOB_CHECK;
	j->phase = to;
}

enum job_next job_end(struct job *j, enum item_state state, enum item_fault fault, const char *reason,
                      const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(j->message, sizeof j->message, fmt, ap);
	va_end(ap);
	job_move(j, JOB_OVER);
	j->result.state = state;
	j->result.fault = fault;
	j->result.reason = str_c(reason);
	j->result.message = str_c(j->message);
	j->result.attempt = j->attempt;
	j->result.cl_trid = str_c(j->cltrid);
	j->result.sv_trid = str_c(j->svtrid);
	return JOB_END;
}

static void result_reset(struct job *j)
{
	j->result = (struct item_result){.attempt = j->attempt,
	                                 .created = INSTANT_NONE,
	                                 .expires = INSTANT_NONE,
	                                 .charged_vnd = -1,
	                                 .at = INSTANT_NONE};
}

enum job_next job_to_transform(struct job *j)
{
	bool check = j->registry->check_first && j->request.op == ITEM_CREATE && j->phase != JOB_CHECK;
	if (j->mended && job_hosts_wanted(j))
		job_move(j, JOB_HOST_CHECK);
	else
		job_move(j, check && !j->mended ? JOB_CHECK : JOB_TRANSFORM);
	return JOB_SEND;
}

bool job_fee_differs(const struct job *j)
{
	const struct item_result *r = &j->result;
	return r->state == ITEM_DONE && j->expected_vnd >= 0 &&
	       (j->fee_alone || (r->charged_vnd >= 0 && r->charged_vnd != j->expected_vnd));
}

enum job_next job_begin(struct job *j)
{
	result_reset(j);
	j->sent_at = INSTANT_NONE;
	bool needs_contact = j->request.op == ITEM_CREATE && j->contact_id[0] && !j->contact_known;
	if (needs_contact)
		j->phase = JOB_CONTACT;
	else if (j->registry->check_first && j->request.op == ITEM_CREATE)
		j->phase = JOB_CHECK;
	else
		j->phase = JOB_TRANSFORM;
	return JOB_SEND;
}

bool job_check_first(struct job *j)
{
	if (j->phase != JOB_TRANSFORM || j->request.op != ITEM_CREATE || j->checked || j->mended)
		return false;
	job_move(j, JOB_CHECK);
	return true;
}

bool job_step(struct job *j)
{
	if (j->phase != JOB_CONTACT && j->phase != JOB_CHECK)
		return false;
	(void)job_to_transform(j); /* always JOB_SEND */
	return true;
}

enum job_next job_begin_read(struct job *j)
{
	result_reset(j);
	j->reading = true;
	j->phase = JOB_LOOK;
	return JOB_SEND;
}

enum job_next job_begin_look(struct job *j, instant_ms_t sent_at)
{
	result_reset(j);
	j->in_doubt = true;
	j->sent_at = sent_at;
	j->phase = JOB_TRANSFORM;
	return job_settle(j);
}

char job_step_letter(const struct job *j)
{
	static const char letters[JOB_PHASE__COUNT] = {
	    [JOB_CONTACT] = 'c', [JOB_CONTACT_LOOK] = 'i', [JOB_HOST_CHECK] = 'h', [JOB_HOST] = 'n',
	    [JOB_CHECK] = 'k',   [JOB_TRANSFORM] = 't',    [JOB_LOOK] = 'q'};
	return letters[j->phase];
}

bool job_is_transform(const struct job *j)
{
	return j->phase == JOB_TRANSFORM;
}

/* The step is recorded, the job goes on. */
static void report(struct job *j, enum item_state state, const char *reason)
{
	j->report = true;
	j->result.state = state;
	j->result.attempt = j->attempt;
	j->result.reason = str_c(reason);
	j->result.message = str_c(j->message);
	j->result.cl_trid = str_c(j->cltrid);
	j->result.sv_trid = str_c(j->svtrid);
}

enum job_next job_settle(struct job *j)
{
	job_move(j, JOB_LOOK);
	j->looks = j->absent = 0;
	j->wait_ms = j->registry->settle_ms;
	return JOB_WAIT;
}

enum job_next job_look_again(struct job *j, const char *why)
{
	uint64_t first_ms =
	    j->registry->settle_ms > JOB_LOOK_MIN_MS ? j->registry->settle_ms : JOB_LOOK_MIN_MS;
	uint64_t ms = first_ms << (j->looks > 12 ? 12 : j->looks);
	j->wait_ms = ms > JOB_LOOK_MAX_MS ? JOB_LOOK_MAX_MS : ms;
	j->looks++;
	j->looked_ms += j->wait_ms;
	if (j->reading && j->looked_ms > JOB_LOOK_GIVEUP_MS)
		return job_end(j, ITEM_REVIEW, FAULT_NONE, "READ", "the registry has not said for a day: %s",
		               why);
	if (j->looked_ms > JOB_LOOK_GIVEUP_MS)
		return job_end(j, ITEM_NEEDS_HUMAN, FAULT_REGISTRY, "OUTCOME_UNKNOWN",
		               "the registry has not said for a day whether the command was carried out: %s",
		               why);
	return JOB_WAIT;
}

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

static enum job_next doubt(struct job *j, const char *text)
{
	snprintf(j->message, sizeof j->message, "%s", text);
	j->in_doubt = true;
	report(j, ITEM_UNKNOWN, "OUTCOME_UNKNOWN");
	return job_settle(j);
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
		return doubt(j, "the name is not available: from an earlier attempt?");
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
		return doubt(j, "the registry answered without the object's dates");
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
		return doubt(j, words);
	if (may_have_left(j) && (code == 2302 || code == 2105))
		return doubt(j, words);
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

enum job_next job_lost(struct job *j, const char *cltrid, const char *text, instant_ms_t now)
{
	if (cltrid != j->cltrid && j->phase != JOB_LOOK) {
		snprintf(j->cltrid, sizeof j->cltrid, "%s", cltrid);
		j->svtrid[0] = '\0';
		j->result.code = 0;
	}
	j->result.at = now;
	switch (j->phase) {
	case JOB_CONTACT:
		job_move(j, JOB_CONTACT_LOOK);
		j->wait_ms = j->registry->settle_ms;
		return JOB_WAIT;
	case JOB_HOST:
		job_move(j, JOB_HOST_CHECK); /* what is there shows */
		j->wait_ms = j->registry->settle_ms;
		return JOB_WAIT;
	case JOB_HOST_CHECK:
	case JOB_CONTACT_LOOK:
	case JOB_CHECK:
		if (++j->looks > JOB_ATTEMPTS_MAX) {
			j->not_sent = true;
			return job_end(j, ITEM_QUEUED, FAULT_NONE, "SESSION", "not sent: %s", text);
		}
		j->wait_ms = j->registry->settle_ms;
		return JOB_WAIT;
	case JOB_LOOK: return job_look_again(j, text);
	default: return doubt(j, text);
	}
}

enum job_next job_unbuildable(struct job *j, const char *text)
{
	if (j->in_doubt)
		return job_end(j, ITEM_NEEDS_HUMAN, FAULT_GATEWAY, "OUTCOME_UNKNOWN", "cannot ask: %s", text);
	if (j->lacks_facts)
		return job_end(j, ITEM_FAILED, FAULT_PARTNER, "REGISTRY_FACT_MISSING", "%s", text);
	return job_end(j, ITEM_FAILED, FAULT_PARTNER, "CANNOT_BE_SENT", "%s", text);
}

enum job_next job_waited(struct job *j)
{
	if (j->phase == JOB_LOOK && j->in_doubt && j->looks == 0 && j->absent == 0) {
		snprintf(j->message, sizeof j->message, "asking the registry what happened");
		report(j, ITEM_RECONCILING, "OUTCOME_UNKNOWN");
	}
	return JOB_SEND;
}

void job_put_back(struct job *j, const char *reason, const char *why)
{
	if (j->in_doubt) {
		(void)job_end(j, ITEM_UNKNOWN, FAULT_NONE, "OUTCOME_UNKNOWN", "%s", why);
		return;
	}
	j->not_sent = true;
	(void)job_end(j, ITEM_QUEUED, FAULT_NONE, reason, "%s", why);
}
