/*
 * Jobs through the registry.
 *
 * Happy path: a ready job takes its name, its command is built and sent in a free place of the window when the ceiling
 * allows; the answer moves the job; the next command follows at once, or the end is recorded.
 *
 * Failure modes: the name is busy: the job waits for it. The command cannot be built: the job ends. The answer is in
 * doubt: the job waits and looks (job.c). The session ended before the bytes left: the command goes to the next one. Stopping: whatever would go on is put back, doubt is recorded as UNKNOWN.
 */
#include "daemon/sched/sched_int.h"
#include "daemon/core/meter.h"
#include "epp/ns.h"

#include <stdio.h>

static struct sched_job *job_of(struct session_command *c)
{
	return CONTAINER_OF(c, struct sched_job, cmd);
}

static instant_ms_t wall(const struct sched_job *j)
{
	return loop_wall(j->account->sched->c.loop);
}

static enum err build(struct session_command *c, struct buf *out, struct errmsg *e)
{
	return job_build(&job_of(c)->job, str_c(c->cltrid), out, e);
}

static uint64_t mono_us(const struct sched_job *j)
{
	struct clock *c = j->account->sched->c.loop->clock;
	return c->mono_us(c);
}

static enum meter_command command_of(const struct job *j)
{
	switch (job_step_letter(j)) {
	case 'k':
	case 'h': return METER_CHECK;
	case 'c':
	case 'n': return METER_CONTACT;
	case 't': return j->request.op == ITEM_RENEW ? METER_RENEW : METER_CREATE;
	default: return METER_INFO;
	}
}

static void meter(const struct sched_job *j, enum session_outcome outcome, const struct epp_response *r)
{
	struct meter_account *m = j->account->meter;
	if (m && outcome == SESSION_ANSWERED)
		meter_command(m, command_of(&j->job), r->results[0].code, mono_us(j) - j->sent_us,
		              loop_now(j->account->sched->c.loop));
	else if (m)
		meter_command_lost(m, command_of(&j->job), mono_us(j) - j->sent_us);
}

/* The registry is overloaded, or says that we are too many: 2400, 2500 to 2502, or it ended the connection, or it takes
 * long to answer. NULL: nothing of that. */
static const char *trouble(const struct sched_job *j, enum session_outcome outcome,
                           const struct epp_response *r)
{
	int code = outcome == SESSION_ANSWERED ? r->results[0].code : 0;
	uint64_t slow_us = j->account->facts.slow_ms * 1000;
	if (outcome == SESSION_UNKNOWN)
		return "no answer";
	if (code == 2400 || (code >= 2500 && code <= 2502))
		return "its code";
	return slow_us && mono_us(j) - j->sent_us > slow_us ? "a slow answer" : NULL;
}

static void learn(const struct sched_job *j, enum session_outcome outcome, const struct epp_response *r)
{
	struct sched_account *a = j->account;
	uint64_t now_us = loop_now_us(a->sched->c.loop);
	const char *why = trouble(j, outcome, r);
	bool slower = why && pace_trouble(&a->pace, a->limits->all.limit, now_us);
	bool free_again = outcome == SESSION_ANSWERED && !why && pace_well(&a->pace, now_us);
	if (slower)
		LOG(a->sched->c.log, LOG_WARNING, "pace.cut",
		    "the registry is in trouble: sending slows down", F_C("registry", a->registry),
		    F_C("account", a->name), F_C("why", why), F_U64("per_second", pace_rate(&a->pace)));
	if (free_again)
		LOG(a->sched->c.log, LOG_NOTICE, "pace.free", "the registry bears the full rate again",
		    F_C("registry", a->registry), F_C("account", a->name));
}

static uint32_t letter_bit(const struct sched_job *j)
{
	return UINT32_C(1) << (job_step_letter(&j->job) - 'a');
}

/* Nothing left, nothing is in doubt: the same command again, under the same id, when there is room. */
static void not_sent(struct sched_job *j)
{
	j->letters &= ~letter_bit(j);
	sched_drive(j, JOB_SEND);
}

static void done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                 const char *text)
{
	struct sched_job *j = job_of(c);
	list_remove(&j->node);
	sched_caps_answered(j, outcome, outcome == SESSION_ANSWERED ? r->results[0].code : 0);
	if (outcome == SESSION_NOT_SENT) {
		not_sent(j);
		return;
	}
	meter(j, outcome, r);
	learn(j, outcome, r);
	if (outcome == SESSION_ANSWERED)
		sched_drive(j, job_answered(&j->job, r, c->cltrid, wall(j)));
	else
		sched_drive(j, job_lost(&j->job, c->cltrid, text, wall(j)));
}

static void on_waited(struct loop_timer *t)
{
	struct sched_job *j = CONTAINER_OF(t, struct sched_job, timer);
	if (j->unstored) { /* the disk is behind: what was reported comes first */
		loop_timer_set(j->account->sched->c.loop, t, STORE_RETRY_MS);
		return;
	}
	list_remove(&j->node);
	sched_drive(j, job_waited(&j->job));
}

void sched_put_back(struct sched_job *j, const char *reason, const char *why, uint64_t delay_ms)
{
	j->parked = false;
	if (j->job.reading) {
		sched_read_dropped(j);
		return;
	}
	job_put_back(&j->job, reason, why);
	sched_money_ended(j);
	sched_record(j, true, delay_ms);
}

static void put_back_for_money(struct list *l)
{
	list_for_each_safe (n, l) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		if (j->job.phase == JOB_LOOK)
			continue;
		list_remove(n);
		sched_put_back(j, "BILLING", "the account has no money (2104)", BILLING_PAUSE_MS);
	}
}

/*
 * The registry wants money for what we take for free. What has not begun, or could be begun again, waits in the queue
 * until the deposit was topped up; a look is free.
 */
static void pause_for_money(struct sched_account *a)
{
	if (!a->no_money)
		LOG(a->sched->c.log, LOG_ERROR, "account.billing",
		    "the registry refuses what is free for lack of money (2104): the account pauses",
		    F_C("registry", a->registry), F_C("account", a->name),
		    F_U64("pause_ms", BILLING_PAUSE_MS));
	a->no_money = true;
	sched_pause(a, BILLING_PAUSE_MS);
	put_back_for_money(&a->ready);
	put_back_for_money(&a->begun);
}

static uint64_t delay_of(struct sched_job *j)
{
	if (j->job.stops_account)
		return j->paid ? DELAY_PARKED : BILLING_PAUSE_MS;
	if (j->job.result.state != ITEM_QUEUED)
		return 0;
	/* What a crash left open mostly never left: sending it is no repeating, and no news of the registry. */
	bool after_crash = j->claim == 0 && j->job.attempt == 1;
	return j->job.not_sent || after_crash || pace_take_retry(&j->account->pace) ? RETRY_AFTER_MS
	                                                                            : RETRY_LATER_MS;
}

static void ended(struct sched_job *j)
{
	if (j->job.reading) {
		sched_read_ended(j);
		return;
	}
	struct sched_account *a = j->account;
	uint64_t delay_ms = delay_of(j);
	sched_money_ended(j);
	if (j->job.stops_account && !j->paid && !a->sched->stopping)
		pause_for_money(a);
	sched_record(j, true, delay_ms);
	sched_pump_later(a);
}

void sched_drive(struct sched_job *j, enum job_next next)
{
	struct sched_account *a = j->account;
	struct sched *s = a->sched;
	if (j->job.report) {
		j->job.report = false;
		sched_record(j, false, 0);
	}
	if (s->stopping && next != JOB_END) {
		sched_put_back(j, SCHED_STOPPED);
		return;
	}
	switch (next) {
	case JOB_END: ended(j); break;
	case JOB_WAIT:
		list_push(&a->waiting, &j->node);
		j->timer.fire = on_waited;
		loop_timer_set(s->c.loop, &j->timer, j->job.wait_ms);
		break;
	case JOB_SEND:
		if (j->unstored) {
			j->parked = true;
			list_push(&a->waiting, &j->node);
			break;
		}
		list_push(&a->begun, &j->node);
		sched_pump_later(a);
		break;
	}
}

/*
 * The transform's id is a function of epoch, claim and offset, so that it is known after a crash. Commands that may
 * come twice for one claimed item, and those of items that no claim holds, add a count.
 */
static void name_command(struct sched_job *j)
{
	char letter = job_step_letter(&j->job);
	struct epp_trid t = {j->account->sched->c.epoch, j->claim, j->offset, letter, j->trace};
	size_t n = epp_trid_format(j->cmd.cltrid, &t);
	uint32_t bit = letter_bit(j);
	if (j->letters & bit || j->claim == 0)
		snprintf(j->cmd.cltrid + n, sizeof j->cmd.cltrid - n, "-%llx",
		         (unsigned long long)j->account->sched->query_counter++);
	j->letters |= bit;
}

enum limit_class sched_class_of(const struct sched_job *j)
{
	switch (job_step_letter(&j->job)) {
	case 'k':
	case 'h': return LIMIT_CHECK;
	case 'c':
	case 'n': return LIMIT_CONTACT;
	case 't': return j->job.request.op == ITEM_RENEW ? LIMIT_RENEW : LIMIT_CREATE;
	default: return LIMIT_INFO;
	}
}

/* The caller has seen room and that the limits allow it. False: nothing was sent. */
bool sched_send(struct sched_job *j)
{
	struct sched_account *a = j->account;
	struct errmsg e = {""};
	if (!j->job.reading && !sched_name_take(j)) /* reading a name is in nobody's way */
		return false;
	j->cmd.build = build;
	j->cmd.done = done;
	j->job.offers = (pool_offers(a->pool, EPP_URI_SECDNS) ? JOB_OFFERS_SECDNS : 0) |
	                (pool_offers(a->pool, EPP_URI_FEE) ? JOB_OFFERS_FEE : 0);
	bool further = j->letters && j->claim && j->job.phase != JOB_LOOK;
	name_command(j);
	if (job_is_transform(&j->job) && j->job.attempt == 1 && !j->job.again)
		j->job.sent_at = wall(j);
	if (pool_send(a->pool, &j->cmd, &e)) {
		sched_drive(j, job_unbuildable(&j->job, e.text));
		return false;
	}
	j->sent_us = mono_us(j);
	if (further)
		fair_more(&a->fair, j->partner, j->lane);
	list_push(&a->flying, &j->node);
	return true;
}
