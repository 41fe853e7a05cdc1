/*
 * What the registries say of names whose history nobody here knows: an <info> for each renewal that waits for a person on
 * that account, so that the person sees it.
 *
 * Happy path: a page of such items is read ─▶ a job of one <info> each, behind whatever else is ready ─▶ its words are
 * stored as a note of the item (STORE_LOOKED) ─▶ the next page.
 *
 * Failure modes: the registry does not say: slower and slower for a day, then that is what is noted. The store cannot be
 * written: tried again. Stopping: the job is dropped, the next start asks again. The account is not configured any more: the
 * item is left alone.
 */
#include "daemon/sched/sched_int.h"
#include "daemon/store/store_held.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

#define PAGE 8 /* jobs at a time: there is no hurry, and what is to be sent must not wait for them */

struct noted {
	struct store_looked op;
	struct sched *sched;
	struct sched_job *job;
	struct arena arena;
	struct loop_timer retry;
};

static void page_over(struct sched *s)
{
	if (s->reading_jobs > 0 || s->stopping)
		return;
	if (s->read_op.more || s->read_again)
		sched_read(s);
}

/* ---- noted ----------------------------------------------------------------------------------------------------------------------- */

static void job_over(struct sched_job *j)
{
	struct sched *s = j->account->sched;
	list_remove(&j->node);
	s->reading_jobs--;
	sched_job_free(j);
	page_over(s);
}

static void submit_note(struct loop_timer *t)
{
	struct noted *n = CONTAINER_OF(t, struct noted, retry);
	n->sched->c.writer->submit(n->sched->c.writer, &n->op.op);
}

static void on_noted(struct store_op *op)
{
	struct noted *n = CONTAINER_OF(op, struct noted, op.op);
	struct sched *s = n->sched;
	if (op->err && op->err != ERR_NOT_FOUND && !s->stopping) {
		sched_store_failed(s, op);
		loop_timer_set(s->c.loop, &n->retry, STORE_RETRY_MS);
		return;
	}
	if (!op->err)
		sched_store_works(s);
	job_over(n->job);
	arena_fini(&n->arena);
	free(n);
	sched_stop_check(s);
}

void sched_read_ended(struct sched_job *j)
{
	struct sched *s = j->account->sched;
	struct noted *n = xcalloc(1, sizeof *n);
	n->sched = s;
	n->job = j;
	n->retry.fire = submit_note;
	arena_init(&n->arena);
	n->op = (struct store_looked){.op = {.type = STORE_LOOKED, .done = on_noted},
	                              .item = j->item,
	                              .by = arena_printf(&n->arena, "%s/%s", j->account->registry,
	                                                 j->account->name),
	                              .says = arena_str(&n->arena, j->job.result.message),
	                              .now = loop_wall(s->c.loop)};
	list_push(&j->account->ending, &j->node);
	sched_pump_later(j->account);
	submit_note(&n->retry);
}

static void on_dropped(struct loop_timer *t)
{
	struct sched_job *j = CONTAINER_OF(t, struct sched_job, timer);
	struct sched *s = j->account->sched;
	job_over(j);
	sched_stop_check(s);
}

/* Not at once: whoever gave the answer may still look at the job. */
void sched_read_dropped(struct sched_job *j)
{
	list_push(&j->account->ending, &j->node);
	j->timer.fire = on_dropped;
	loop_timer_set(j->account->sched->c.loop, &j->timer, 0);
}

/* ---- a page ---------------------------------------------------------------------------------------------------------------------- */

static void begin_read(struct sched *s, struct sched_group *g, struct sched_job *j,
                       const struct store_row *row)
{
	struct sched_account *a = sched_account_of(s, row->account);
	if (!a || item_decode(row->payload, &j->job.request)) {
		g->left--;
		return;
	}
	j->account = a;
	j->group = g;
	j->item = row->item;
	j->batch = row->batch;
	j->partner = row->partner;
	j->job.registry = &a->facts;
	j->job.expected_vnd = -1;
	j->job.attempt = 1;
	s->reading_jobs++;
	(void)job_begin_read(&j->job); /* always JOB_SEND */
	list_push(&a->ready, &j->node);
	sched_pump_later(a);
}

static void on_page(struct store_op *op)
{
	struct sched *s = CONTAINER_OF(op, struct sched, read_op.op);
	struct sched_group *g = s->read_group;
	s->read_group = NULL;
	s->looking--;
	if (op->err || s->stopping) {
		sched_group_drop(g);
		sched_stop_check(s);
		return;
	}
	g->jobs = xcalloc(s->read_op.count + 1, sizeof *g->jobs);
	g->left = (uint32_t)s->read_op.count + 1; /* one of our own, so that it outlives this function */
	for (size_t i = 0; i < s->read_op.count; i++) {
		s->read_after = s->read_op.rows[i].item;
		begin_read(s, g, &g->jobs[i], &s->read_op.rows[i]);
	}
	if (--g->left == 0)
		sched_group_drop(g);
	page_over(s);
}

void sched_read(struct sched *s)
{
	bool fresh = !s->read_op.more;
	s->read_again = s->read_group || s->reading_jobs > 0;
	if (!s->started || s->stopping || s->read_again)
		return;
	s->read_group = sched_group_new();
	s->looking++;
	s->read_op = (struct store_get_unread){.op = {.type = STORE_GET_UNREAD, .done = on_page},
	                                       .after = fresh ? 0 : s->read_after,
	                                       .limit = PAGE,
	                                       .arena = &s->read_group->arena};
	s->c.writer->submit(s->c.writer, &s->read_op.op);
}
