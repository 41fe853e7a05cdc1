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

#include <stdarg.h>
#include <stdio.h>

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

enum job_next job_doubt(struct job *j, const char *text)
{
	snprintf(j->message, sizeof j->message, "%s", text);
	j->in_doubt = true;
	report(j, ITEM_UNKNOWN, "OUTCOME_UNKNOWN");
	return job_settle(j);
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
	default: return job_doubt(j, text);
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
