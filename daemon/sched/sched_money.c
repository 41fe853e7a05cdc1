/*
 * Money: while the registry refuses what costs (2104), paid items are parked in the store, and what is free goes on.
 *
 * Happy path: 2104 to a paid item ─▶ out of money: nothing paid is claimed ─▶ after BILLING_PAUSE_MS the oldest of what
 * is parked goes out as a probe ─▶ it is carried out ─▶ everything parked is let go, page by page.
 *
 * Failure modes: the probe is refused for money: the next one goes after another pause; for another reason, or without an
 * answer: soon. The store cannot write: letting go is tried again. 2104 to an item that is free: the registry charges what
 * we take for free, so the whole account pauses (sched_drive.c). An operator holds a zone or a grant (sched_hold.c): what
 * is free is parked, too, and let go when that is lifted, money or not; what costs is parked again. A start does not know what the last run knew: everything
 * parked is let go, and parked again when the money is still out.
 */
#include "daemon/sched/sched_int.h"

#define PROBE_SOON_MS 10000 /* the last probe told nothing */
#define UNPARK_PAGE   1000  /* items let go by one operation: bounds the writer's time */

static void unpark(struct sched_account *a);

static void on_unparked(struct store_op *op)
{
	struct sched_money *m = CONTAINER_OF(op, struct sched_money, op.op);
	struct sched_account *a = CONTAINER_OF(m, struct sched_account, money);
	m->unparking = false;
	if (op->err) {
		sched_store_failed(a->sched, op);
		m->wanted = true;
		m->all |= m->paging_all;
		if (!a->sched->stopping)
			loop_timer_set(a->sched->c.loop, &m->retry, STORE_RETRY_MS);
	} else {
		m->all |= m->op.more && m->paging_all;
		m->wanted |= m->all || (m->op.more && !m->out);
		if (m->op.moved)
			sched_refresh(a->sched);
		if (m->wanted)
			unpark(a);
	}
	sched_stop_check(a->sched);
}

/* All of it, or the oldest one as a probe. */
static void unpark(struct sched_account *a)
{
	struct sched *s = a->sched;
	struct sched_money *m = &a->money;
	m->wanted = true;
	if (m->unparking || s->stopping || loop_timer_is_set(&m->retry))
		return;
	m->wanted = false;
	m->unparking = true;
	m->paging_all = m->all;
	m->all = false;
	m->op = (struct store_unpark){.op = {.type = STORE_UNPARK, .done = on_unparked},
	                              .account = a->id,
	                              .limit = m->out && !m->paging_all ? 1 : UNPARK_PAGE,
	                              .now = loop_wall(s->c.loop)};
	s->c.writer->submit(s->c.writer, &m->op.op);
}

static void on_retry(struct loop_timer *t)
{
	unpark(CONTAINER_OF(t, struct sched_account, money.retry));
}

static void on_probe(struct loop_timer *t)
{
	struct sched_account *a = CONTAINER_OF(t, struct sched_account, money.probe);
	a->money.probes = 1;
	unpark(a);
	/* It may come to nothing: paused, or no longer free to be sent. */
	loop_timer_set(a->sched->c.loop, t, BILLING_PAUSE_MS);
}

void sched_money_init(struct sched_account *a)
{
	a->money.probe.fire = on_probe;
	a->money.retry.fire = on_retry;
}

void sched_money_stop(struct sched_account *a)
{
	loop_timer_cancel(a->sched->c.loop, &a->money.probe);
	loop_timer_cancel(a->sched->c.loop, &a->money.retry);
}

void sched_money_release(struct sched_account *a, bool all)
{
	a->money.all |= all;
	if (a->money.all || !a->money.out)
		unpark(a);
}

bool sched_out_of_money(const struct sched_account *a)
{
	return a->money.out;
}

uint32_t sched_money_paid_max(const struct sched_account *a, uint32_t partner, uint8_t lane)
{
	if (sched_is_held_paid(a->sched, a->id, partner, lane))
		return 0;
	return a->money.out ? a->money.probes : UINT32_MAX;
}

void sched_money_claimed(struct sched_job *j)
{
	struct sched_money *m = &j->account->money;
	if (!j->paid || !m->out || m->probes == 0)
		return;
	m->probes--;
	j->probe = true;
}

static void park(struct list *l)
{
	list_for_each_safe (n, l) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		if (!j->paid || j->job.phase == JOB_LOOK)
			continue;
		list_remove(n);
		sched_put_back(j, SCHED_NO_MONEY);
	}
}

static void refused(struct sched_account *a)
{
	struct loop *loop = a->sched->c.loop;
	bool first = !a->money.out;
	if (first)
		LOG(a->sched->c.log, LOG_ERROR, "account.billing",
		    "the registry refuses for lack of money (2104): what costs waits, what is free goes on",
		    F_C("registry", a->registry), F_C("account", a->name),
		    F_U64("probe_ms", BILLING_PAUSE_MS));
	a->money.out = true;
	if (!loop_timer_is_set(&a->money.probe))
		loop_timer_set(loop, &a->money.probe, BILLING_PAUSE_MS);
	if (!first)
		return;
	park(&a->ready);
	park(&a->begun);
}

static void funded(struct sched_account *a)
{
	LOG(a->sched->c.log, LOG_NOTICE, "account.funded", "the registry takes what costs money again",
	    F_C("registry", a->registry), F_C("account", a->name));
	a->money.out = false;
	a->money.probes = 0;
	loop_timer_cancel(a->sched->c.loop, &a->money.probe);
	unpark(a);
}

void sched_money_ended(struct sched_job *j)
{
	struct sched_account *a = j->account;
	enum item_state state = j->job.result.state;
	if (a->sched->stopping)
		return;
	if (j->job.stops_account && j->paid)
		refused(a);
	else if (j->probe && a->money.out && (state == ITEM_DONE || state == ITEM_PENDING))
		funded(a);
	else if (j->probe && a->money.out)
		loop_timer_set(a->sched->c.loop, &a->money.probe, PROBE_SOON_MS);
}
