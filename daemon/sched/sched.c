/* The scheduler's life: accounts, the pump, starting and stopping. */
#include "daemon/sched/sched_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

static void on_pause_over(struct loop_timer *t)
{
	struct sched_account *a = CONTAINER_OF(t, struct sched_account, pause);
	a->no_money = false;
	sched_pump_later(a);
}

void sched_pause(struct sched_account *a, uint64_t ms)
{
	struct loop *l = a->sched->c.loop;
	if (!loop_timer_is_set(&a->pause) || a->pause.at_ms < loop_now(l) + ms)
		loop_timer_set(l, &a->pause, ms);
}

static void on_ceiling(struct loop_timer *t)
{
	sched_pump_later(CONTAINER_OF(t, struct sched_account, ceiling_timer));
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t send_wait_us(const struct sched_account *a, uint64_t now_us, bool *shared)
{
	uint64_t ceiling = ceiling_wait_us(&a->limits->all, now_us);
	uint64_t pace = pace_wait_us(&a->pace, now_us);
	ceiling = later(ceiling, ceiling_stream_wait_us(&a->limits->all, now_us));
	*shared = ceiling > 0 && pace == 0;
	return later(ceiling, pace);
}

/*
 * The first job of a list whose class of commands may leave now: behind a limit of creates, renewals go on. Mostly it is
 * the first of all. NULL: `*soonest` is when to look again, if that is sooner; whoever waits for its day is told (caps.h).
 */
static struct sched_job *first_allowed(const struct sched_account *a, const struct list *l, uint64_t now_us,
                                       uint64_t *soonest)
{
	list_for_each (n, l) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		if (!sched_caps_may(j))
			continue;
		uint64_t own = a->limits->classed ? limits_wait_us(a->limits, sched_class_of(j), now_us) : 0;
		if (own == 0)
			return j;
		*soonest = own < *soonest ? own : *soonest;
	}
	return NULL;
}

/* NULL: `*wait` is when to look again; `*shared`: what others may use, too, is what holds it back. */
static struct sched_job *next_to_send(struct sched_account *a, uint64_t now_us, uint64_t *wait, bool *shared)
{
	bool new_first = a->begun_in_a_row >= BEGUN_IN_A_ROW;
	const struct list *first = new_first ? &a->ready : &a->begun,
	                  *second = new_first ? &a->begun : &a->ready;
	uint64_t soonest = UINT64_MAX;
	*wait = send_wait_us(a, now_us, shared);
	if (*wait > 0)
		return NULL;
	struct sched_job *j = first_allowed(a, first, now_us, &soonest);
	if (!j)
		j = first_allowed(a, second, now_us, &soonest);
	a->held_back = !j;
	*wait = soonest;
	return j;
}

static void note_sent(struct sched_account *a, enum limit_class class, uint64_t now_us)
{
	limits_take(a->limits, class, now_us);
	pace_sent(&a->pace, now_us);
	sched_line_sent(a);
}

static void wait_for_ceiling(struct sched_account *a, uint64_t wait_us, bool shared)
{
	if (shared)
		sched_line_enter(a);
	if (wait_us != UINT64_MAX)
		loop_timer_set_us(a->sched->c.loop, &a->ceiling_timer, wait_us);
}

/* One command of a question, when it is its turn. *went: it has left. False: jobs may go on. */
static bool pump_question(struct sched_account *a, bool jobs, bool *went)
{
	uint64_t now_us = loop_now_us(a->sched->c.loop);
	bool shared = false;
	*went = false;
	if (!sched_ask_turn(a, jobs) || !sched_ask_may(a))
		return false;
	uint64_t wait_us =
	    later(send_wait_us(a, now_us, &shared), limits_wait_us(a->limits, LIMIT_CHECK, now_us));
	if (wait_us > 0) {
		if (!jobs)
			wait_for_ceiling(a, wait_us, shared);
		return false;
	}
	if (sched_line_yields(a))
		return false;
	*went = sched_ask_send(a);
	if (!*went)
		return true;
	note_sent(a, LIMIT_CHECK, now_us);
	sched_ask_sent(a);
	return true;
}

/* Sends what is ready while there is room and the ceiling allows, then sees to it that more becomes ready. */
static void pump(struct sched_account *a)
{
	struct sched *s = a->sched;
	sched_caps_put_back(a);
	sched_line_leave(a);
	a->held_back = false;
	uint32_t room = s->store_failing || s->finishing > FINISH_DEPTH_MAX ? 0 : pool_room(a->pool);
	while (room > 0) {
		uint64_t now_us = loop_now_us(s->c.loop), wait_us;
		bool shared, went, jobs = !list_empty(&a->ready) || !list_empty(&a->begun);
		if (pump_question(a, jobs, &went)) {
			room -= went;
			continue;
		}
		if (!jobs)
			break;
		struct sched_job *j = next_to_send(a, now_us, &wait_us, &shared);
		if (!j) {
			wait_for_ceiling(a, wait_us, shared);
			break;
		}
		if (sched_line_yields(a))
			break;
		enum limit_class class = sched_class_of(j);
		bool begun = j->node.owner == &a->begun;
		list_remove(&j->node);
		if (sched_job_put_back_held(j))
			continue;
		if (!sched_caps_risk(j))
			continue;
		j->cmd.class = class;
		if (sched_send(j)) {
			sched_caps_sent(j, class);
			note_sent(a, class, now_us);
			a->begun_in_a_row = begun ? a->begun_in_a_row + 1 : 0;
			a->jobs_in_a_row++;
			room--;
		}
	}
	sched_claim(a);
}

static void on_pump(struct loop_task *t)
{
	struct sched_account *a = CONTAINER_OF(t, struct sched_account, pump);
	if (a->sched->started)
		pump(a);
}

void sched_pump_later(struct sched_account *a)
{
	loop_defer(a->sched->c.loop, &a->pump);
}

void sched_on_room(struct sched_account *a)
{
	sched_pump_later(a);
}

void sched_store_failed(struct sched *s, const struct store_op *op)
{
	if (s->store_failing)
		return;
	s->store_failing = true;
	LOG(s->c.log, LOG_ERROR, "store.failing", op->errmsg.text, F_C("error", err_name(op->err)));
	s->c.on_store(s->c.arg, true);
}

void sched_store_works(struct sched *s)
{
	if (!s->store_failing || s->retrying > 0)
		return;
	s->store_failing = false;
	s->c.on_store(s->c.arg, false);
	list_for_each (n, &s->accounts)
		sched_pump_later(LIST_ITEM(n, struct sched_account, node));
}

struct sched *sched_new(const struct sched_config *c)
{
	struct sched *s = xcalloc(1, sizeof *s);
	s->c = *c;
	map_init(&s->names);
	return s;
}

struct sched_account *sched_add_account(struct sched *s, uint32_t id, const char *registry,
                                        const char *account, struct limits *limits)
{
	struct sched_account *a = xcalloc(1, sizeof *a);
	a->sched = s;
	a->id = id;
	a->registry = registry;
	a->name = account;
	a->limits = limits;
	fair_init(&a->fair);
	pace_init(&a->pace, loop_now_us(s->c.loop));
	a->pause.fire = on_pause_over;
	a->ceiling_timer.fire = on_ceiling;
	a->pump.run = on_pump;
	sched_money_init(a);
	list_push(&s->accounts, &a->node);
	return a;
}

void sched_meter_account(struct sched_account *a, struct meter_account *m)
{
	a->meter = m;
}

void sched_set_account(struct sched_account *a, struct pool *pool, const struct job_registry *facts)
{
	a->pool = pool;
	a->facts = *facts;
}

void sched_start(struct sched *s)
{
	s->started = true;
	list_for_each (n, &s->accounts)
		sched_money_release(LIST_ITEM(n, struct sched_account, node), false);
	sched_open(s);
}

void sched_kick(struct sched *s)
{
	if (s->started)
		sched_refresh(s);
}

void sched_settled(struct sched *s, struct str domain)
{
	sched_name_settled(s, domain);
}

static void on_stopped(struct loop_task *t)
{
	struct sched *s = CONTAINER_OF(t, struct sched, stopped);
	s->c.on_stopped(s->c.arg);
}

static size_t jobs_of(const struct sched_account *a)
{
	return a->ready.count + a->begun.count + a->flying.count + a->waiting.count + a->ending.count +
	       a->asking;
}

void sched_stop_check(struct sched *s)
{
	if (!s->stopping || s->told_stopped || s->finishing || s->retrying || s->filling || s->queues_busy ||
	    s->expediting || s->opening || s->looking || !list_empty(&s->questions))
		return;
	list_for_each (n, &s->accounts) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		if (jobs_of(a) || a->claiming || a->money.unparking || (a->caps && caps_busy(a->caps))) {
			/* What a claim or a name's release made ready meanwhile goes back, too. */
			struct list_node *r;
			while ((r = list_pop(&a->ready)) || (r = list_pop(&a->begun)))
				sched_put_back(LIST_ITEM(r, struct sched_job, node), SCHED_STOPPED);
			return;
		}
	}
	s->told_stopped = true;
	s->stopped.run = on_stopped;
	loop_defer(s->c.loop, &s->stopped);
}

static void put_back_all(struct sched *s, struct list *l)
{
	struct list_node *n;
	while ((n = list_pop(l))) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		loop_timer_cancel(s->c.loop, &j->timer);
		sched_put_back(j, SCHED_STOPPED);
	}
}

void sched_stop(struct sched *s)
{
	s->stopping = true;
	loop_timer_cancel(s->c.loop, &s->next_ready);
	if (loop_timer_is_set(&s->open_retry)) {
		loop_timer_cancel(s->c.loop, &s->open_retry);
		s->opening = false;
	}
	list_for_each (n, &s->accounts) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		loop_timer_cancel(s->c.loop, &a->pause);
		loop_timer_cancel(s->c.loop, &a->ceiling_timer);
		sched_money_stop(a);
		put_back_all(s, &a->ready);
		put_back_all(s, &a->begun);
		put_back_all(s, &a->waiting);
	}
	sched_name_stop(s);
	sched_ask_stop(s);
	sched_stop_check(s);
}

void sched_free(struct sched *s)
{
	struct list_node *n;
	while ((n = list_pop(&s->accounts))) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		INVARIANT(jobs_of(a) == 0 && !a->claiming);
		loop_timer_cancel(s->c.loop, &a->pause);
		loop_timer_cancel(s->c.loop, &a->ceiling_timer);
		sched_money_stop(a);
		loop_cancel_task(&a->pump);
		fair_fini(&a->fair);
		free(a);
	}
	loop_timer_cancel(s->c.loop, &s->next_ready);
	loop_timer_cancel(s->c.loop, &s->open_retry);
	loop_cancel_task(&s->stopped);
	sched_ask_fini(s);
	sched_finish_fini(s);
	sched_name_fini(s);
	if (s->read_group)
		sched_group_drop(s->read_group);
	arena_fini(&s->queues_arena);
	arena_fini(&s->holds_arena);
	arena_fini(&s->open_arena);
	free(s);
}

void sched_stats(const struct sched *s, struct sched_stats *out)
{
	*out = s->stats;
	out->store_failing = s->store_failing;
	out->stopping = s->stopping;
	list_for_each (n, &s->accounts) {
		const struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		out->jobs += jobs_of(a);
		out->ready += a->ready.count + a->begun.count;
		out->in_flight += a->flying.count;
		out->waiting += a->waiting.count;
	}
}
