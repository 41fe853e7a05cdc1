/*
 * Names asked of a registry by <check>, several with one command, for somebody who wants to know before anything is handed in.
 *
 * Happy path: the names of one who asks stand in the account's list ─▶ a group of them leaves when the window, the ceiling and
 * the day's cap have room, behind what is to be sent but with a tenth for itself; who asks take turns ─▶ answers ─▶ `done`,
 * when all have come.
 *
 * Failure modes: no session becomes ready within seconds, the day's checks are used up, the gateway stops: `done` with why, and what is known. The
 * wait is over: the same; what is still under way is thrown away when it comes. The registry refuses a group: its names are not
 * known, with the registry's words.
 */
#include "daemon/core/meter.h"
#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/command.h"
#include "epp/rescode.h"

#include <stdio.h>
#include <stdlib.h>

#define JOBS_IN_A_ROW 9    /* then a question: a tenth */
#define UNREACHED_MS  3000 /* while no session is ready: one may be about to be */

struct sched_question {
	struct list_node node, all_node; /* in account.questions while names are left; in sched.questions */
	struct sched_account *account;   /* NULL: not known here */
	struct sched *sched;
	struct arena arena;
	struct str *names;
	struct sched_name_answer *answers;
	size_t count, next, flying;
	struct loop_timer deadline;
	uint64_t until_ms;
	struct loop_task end;
	bool listed, over, told;
	const char *why;
	sched_asked_cb done;
	void *arg;
};

struct flight {
	struct session_command cmd;
	struct sched_question *q;
	size_t first, count;
	uint64_t sent_us;
};

static uint64_t mono_us(const struct sched *s)
{
	struct clock *c = s->c.loop->clock;
	return c->mono_us(c);
}

static void question_free(struct sched_question *q)
{
	loop_timer_cancel(q->sched->c.loop, &q->deadline);
	loop_cancel_task(&q->end);
	if (q->listed)
		list_remove(&q->node);
	list_remove(&q->all_node);
	arena_fini(&q->arena);
	free(q);
}

static void on_end(struct loop_task *t)
{
	struct sched_question *q = CONTAINER_OF(t, struct sched_question, end);
	struct sched *s = q->sched;
	q->told = true;
	q->done(q->arg, q->why, q->answers, q->count);
	if (q->flying == 0)
		question_free(q);
	sched_stop_check(s);
}

/* `why`: some of it is not known; NULL: all has come. */
static void finish(struct sched_question *q, const char *why)
{
	if (q->over)
		return;
	q->over = true;
	q->why = why;
	loop_timer_cancel(q->sched->c.loop, &q->deadline);
	if (q->listed)
		list_remove(&q->node);
	q->listed = false;
	q->end.run = on_end;
	loop_defer(q->sched->c.loop, &q->end);
}

static bool is_reached(const struct sched_question *q)
{
	return pool_slots(q->account->pool) > 0;
}

static void on_deadline(struct loop_timer *t)
{
	struct sched_question *q = CONTAINER_OF(t, struct sched_question, deadline);
	uint64_t now = loop_now(q->sched->c.loop);
	if (now < q->until_ms && is_reached(q))
		loop_timer_set(q->sched->c.loop, t, q->until_ms - now);
	else
		finish(q, is_reached(q) ? "the registry has not answered in time"
		                        : "the registry cannot be reached at the moment");
}

/* ---- one command ---------------------------------------------------------------------------------------------------------- */

static void set_unknown(struct sched_question *q, const struct flight *f, struct str words)
{
	struct str reason = arena_str(&q->arena, words);
	for (size_t i = f->first; i < f->first + f->count; i++)
		q->answers[i] = (struct sched_name_answer){SCHED_NAME_UNKNOWN, reason};
}

/* Names come back in any order, and some registries leave out what they do not like. */
static void take_answer(struct sched_question *q, const struct flight *f, const struct epp_chk *chk)
{
	for (size_t i = 0; i < chk->count; i++) {
		const struct epp_chk_item *c = &chk->items[i];
		for (size_t k = f->first; k < f->first + f->count; k++)
			if (str_eq_nocase(q->names[k], c->name))
				q->answers[k] =
				    (struct sched_name_answer){c->avail ? SCHED_NAME_FREE : SCHED_NAME_TAKEN,
				                               arena_str(&q->arena, c->reason)};
	}
}

static void take(struct flight *f, enum session_outcome outcome, const struct epp_response *r,
                 const char *text)
{
	struct sched_question *q = f->q;
	int code = outcome == SESSION_ANSWERED ? epp_response_code(r) : 0;
	if (outcome != SESSION_ANSWERED)
		set_unknown(q, f, str_c(text));
	else if (!epp_rescode_ok(code) || r->data.kind != EPP_RES_DOMAIN_CHK)
		set_unknown(q, f, arena_printf(&q->arena, "%d %.*s", code, STR_ARG(r->results[0].msg)));
	else
		take_answer(q, f, &r->data.chk);
}

static void count_command(const struct flight *f, enum session_outcome outcome, const struct epp_response *r)
{
	struct sched_account *a = f->q->account;
	uint64_t took_us = mono_us(a->sched) - f->sent_us;
	if (a->meter && outcome == SESSION_ANSWERED)
		meter_command(a->meter, METER_CHECK, epp_response_code(r), took_us,
		              loop_now(a->sched->c.loop));
	else if (a->meter)
		meter_command_lost(a->meter, METER_CHECK, took_us);
}

static void on_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                    const char *text)
{
	struct flight *f = CONTAINER_OF(c, struct flight, cmd);
	struct sched_question *q = f->q;
	struct sched *s = q->sched;
	count_command(f, outcome, r);
	q->flying--;
	q->account->asking--;
	if (!q->over) /* who asked has gone on otherwise */
		take(f, outcome, r, text);
	free(f);
	if (q->told && q->flying == 0)
		question_free(q);
	else if (!q->over && q->flying == 0 && q->next == q->count)
		finish(q, NULL);
	sched_stop_check(s);
}

static enum err build(struct session_command *c, struct buf *out, struct errmsg *e)
{
	const struct flight *f = CONTAINER_OF(c, struct flight, cmd);
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	return epp_build_domain_check(out, &cmd, f->q->names + f->first, f->count, e);
}

static struct flight *next_flight(struct sched_question *q)
{
	struct sched *s = q->sched;
	struct flight *f = xcalloc(1, sizeof *f);
	struct epp_trid t = {.epoch = s->c.epoch, .step = 'k'};
	size_t left = q->count - q->next, most = q->account->facts.check_names;
	f->q = q;
	f->first = q->next;
	f->count = most && left > most ? most : left;
	f->cmd.build = build;
	f->cmd.done = on_done;
	f->cmd.class = LIMIT_CHECK;
	size_t n = epp_trid_format(f->cmd.cltrid, &t);
	(void)snprintf(f->cmd.cltrid + n, sizeof f->cmd.cltrid - n, "-%llx",
	               (unsigned long long)s->query_counter++); /* both are short */
	return f;
}

bool sched_ask_send(struct sched_account *a)
{
	struct sched_question *q = LIST_ITEM(list_pop(&a->questions), struct sched_question, node);
	struct flight *f = next_flight(q);
	struct errmsg e = {""};
	q->next += f->count;
	q->listed = q->next < q->count;
	if (q->listed)
		list_push(&a->questions, &q->node); /* the next one's turn */
	f->sent_us = mono_us(a->sched);
	bool sent = pool_send(a->pool, &f->cmd, &e) == OK;
	q->flying += sent;
	a->asking += sent;
	if (sent)
		return true;
	set_unknown(q, f, str_c(e.text));
	free(f);
	if (q->next == q->count && q->flying == 0)
		finish(q, NULL);
	return false;
}

/* ---- whose turn it is ------------------------------------------------------------------------------------------------------ */

bool sched_ask_turn(const struct sched_account *a, bool jobs)
{
	return !list_empty(&a->questions) && (!jobs || a->jobs_in_a_row >= JOBS_IN_A_ROW);
}

bool sched_ask_may(struct sched_account *a)
{
	struct list_node *n;
	if (!a->caps || !a->caps->any || caps_may(a->caps, LIMIT_CHECK))
		return true;
	while (caps_used_up(a->caps, LIMIT_CHECK) && (n = a->questions.first))
		finish(LIST_ITEM(n, struct sched_question, node),
		       "what the registry takes of checks on a day is used up");
	return false;
}

void sched_ask_sent(struct sched_account *a)
{
	if (a->caps && a->caps->any)
		caps_take(a->caps, LIMIT_CHECK);
	a->jobs_in_a_row = 0;
}

/* ---- who asks -------------------------------------------------------------------------------------------------------------- */

/* NULL: it can be asked. */
static const char *hindrance(const struct sched *s, const struct sched_account *a, uint32_t partner)
{
	if (!s->started || s->stopping)
		return "the gateway is starting or stopping";
	if (!a || !a->pool)
		return "its registry is not configured";
	return sched_is_held(s, a->id, partner, LANE_CREATE) ? "sending is paused by an operator" : NULL;
}

void sched_ask_names(struct sched *s, uint32_t account, uint32_t partner, const struct str *names,
                     size_t count, uint64_t wait_ms, sched_asked_cb done, void *arg)
{
	REQUIRE(count > 0);
	struct sched_question *q = xcalloc(1, sizeof *q);
	q->sched = s;
	q->account = sched_account_of(s, account);
	q->done = done;
	q->arg = arg;
	q->count = count;
	q->names = arena_alloc(&q->arena, count * sizeof *q->names);
	q->answers = arena_calloc(&q->arena, count, sizeof *q->answers);
	for (size_t i = 0; i < count; i++)
		q->names[i] = arena_str(&q->arena, names[i]);
	list_push(&s->questions, &q->all_node);
	const char *why = hindrance(s, q->account, partner);
	if (why) {
		finish(q, why);
		return;
	}
	q->listed = true;
	list_push(&q->account->questions, &q->node);
	q->deadline.fire = on_deadline;
	q->until_ms = loop_now(s->c.loop) + wait_ms;
	loop_timer_set(s->c.loop, &q->deadline,
	               !is_reached(q) && wait_ms > UNREACHED_MS ? UNREACHED_MS : wait_ms);
	sched_pump_later(q->account);
}

void sched_ask_stop(struct sched *s)
{
	list_for_each (n, &s->questions)
		finish(LIST_ITEM(n, struct sched_question, all_node), "the gateway stops");
}

void sched_ask_fini(struct sched *s)
{
	while (!list_empty(&s->questions))
		question_free(LIST_ITEM(s->questions.first, struct sched_question, all_node));
}
