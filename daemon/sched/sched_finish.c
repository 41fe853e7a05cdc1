/*
 * Outcomes into the store: steps gather during a turn and leave as one operation at its end.
 *
 * Failure modes: the store cannot write: the operation is kept and tried again every STORE_RETRY_MS; admission and
 * sending stop meanwhile. Nothing that the registry answered is forgotten. Operations may overtake one another then, so
 * a job has one step under way at a time: the newest result is what an item is.
 */
#include "daemon/sched/sched_int.h"
#include "daemon/core/meter.h"
#include "daemon/store/store_held.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

static const char *partner_of(const struct sched_job *j)
{
	const struct sched_config *c = &j->account->sched->c;
	return c->partner ? c->partner(c->arg, j->partner) : "";
}

static void log_end(struct sched_job *j)
{
	const struct item_result *r = &j->job.result;
	LOG(j->account->sched->c.log, r->state == ITEM_NEEDS_HUMAN ? LOG_WARNING : LOG_INFO, "item.end",
	    item_state_name(r->state), F_U64("item", j->item), F_U64("batch", j->batch),
	    F_C("partner", partner_of(j)), F_U64("session", j->cmd.session), F_STR("reason", r->reason),
	    F_I64("code", r->code), F_I64("attempt", r->attempt), F_STR("cltrid", r->cl_trid),
	    F_STR("svtrid", r->sv_trid), F_C("registry", j->account->registry),
	    F_C("account", j->account->name));
	if (job_fee_differs(&j->job))
		LOG(j->account->sched->c.log, LOG_WARNING, "fee.differs",
		    "the registry's fee is not the one that was expected", F_U64("item", j->item),
		    F_I64("expected_vnd", j->job.expected_vnd), F_I64("charged_vnd", r->charged_vnd),
		    F_C("registry", j->account->registry), F_C("account", j->account->name));
}

static void log_late(const struct sched_job *j)
{
	char created[TIME_TEXT_MAX];
	LOG(j->account->sched->c.log, LOG_WARNING, "create.late",
	    "the registry created a free name on a day on which it is not free any more",
	    F_U64("item", j->item), F_U64("batch", j->batch),
	    F_C("created", instant_format(created, j->job.result.created, HANOI_OFFSET_S, false)),
	    F_C("registry", j->account->registry), F_C("account", j->account->name));
}

static const struct {
	enum item_state state;
	enum meter_item as;
} metered[] = {{ITEM_DONE, METER_ITEM_DONE},       {ITEM_FAILED, METER_ITEM_FAILED},
               {ITEM_PENDING, METER_ITEM_PENDING}, {ITEM_UNKNOWN, METER_ITEM_UNKNOWN},
               {ITEM_QUEUED, METER_ITEM_QUEUED},   {ITEM_NEEDS_HUMAN, METER_ITEM_NEEDS_HUMAN}};

static void count(struct sched *s, enum item_state state)
{
	s->stats.done += state == ITEM_DONE;
	s->stats.failed += state == ITEM_FAILED;
	s->stats.unknown += state == ITEM_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(metered); i++)
		if (metered[i].state == state)
			meter_item(s->c.meter, metered[i].as);
}

static void submit(struct finish_group *g)
{
	struct sched *s = g->sched;
	g->op.now = loop_wall(s->c.loop);
	s->finishing++;
	s->c.writer->submit(s->c.writer, &g->op.op);
}

static void on_retry(struct loop_timer *t)
{
	submit(CONTAINER_OF(t, struct finish_group, retry));
}

static void end_job(struct sched_job *j)
{
	enum item_state state = j->job.result.state;
	bool rest = state == ITEM_PENDING || state == ITEM_NEEDS_HUMAN;
	list_remove(&j->node);
	if (state == ITEM_QUEUED && !j->job.not_sent && !j->account->sched->stopping)
		sched_name_keep(j);
	else
		sched_name_release(j, rest);
	sched_pump_later(j->account);
	sched_job_free(j);
}

/* A report is on disk: it is told, and what waited for that goes on. */
static void step_stored(struct sched_job *j, const struct store_step *step)
{
	struct sched_account *a = j->account;
	count(a->sched, step->taken ? ITEM_FAILED : step->result.state);
	j->unstored--;
	if (step->leaves_claim) {
		if (step->taken)
			j->job.result = store_taken_result(j->job.request.op, j->job.result);
		log_end(j);
		end_job(j);
	} else if (j->end_held) {
		j->end_held = false;
		list_remove(&j->node);
		sched_record(j, true, j->held_ms);
	} else if (j->parked) {
		j->parked = false;
		list_remove(&j->node);
		list_push(&a->begun, &j->node);
		sched_pump_later(a);
	}
}

static void on_stored(struct store_op *op)
{
	struct finish_group *g = CONTAINER_OF(op, struct finish_group, op.op);
	struct sched *s = g->sched;
	bool requeued = false;
	s->finishing--;
	if (op->err) {
		sched_store_failed(s, op);
		s->retrying += !g->failed;
		g->failed = true;
		loop_timer_set(s->c.loop, &g->retry, STORE_RETRY_MS);
		return;
	}
	s->retrying -= g->failed;
	g->failed = false;
	sched_store_works(s);
	for (size_t i = 0; i < g->op.count; i++) {
		if (g->steps[i].past_boundary)
			log_late(g->jobs[i]);
		requeued |= g->steps[i].result.state == ITEM_QUEUED;
		step_stored(g->jobs[i], &g->steps[i]);
	}
	arena_reset(&g->texts);
	g->op.count = 0;
	list_push(&s->idle_groups, &g->node);
	if (requeued)
		sched_refresh(s);
	sched_stop_check(s);
}

static void on_flush(struct loop_hook *h)
{
	struct sched *s = CONTAINER_OF(h, struct sched, flush);
	struct finish_group *g = s->filling;
	s->filling = NULL;
	if (g)
		submit(g);
}

static struct finish_group *group_to_fill(struct sched *s)
{
	if (s->filling && s->filling->op.count == FINISH_MAX) {
		submit(s->filling);
		s->filling = NULL;
	}
	if (s->filling)
		return s->filling;
	struct list_node *n = list_pop(&s->idle_groups);
	struct finish_group *g = n ? LIST_ITEM(n, struct finish_group, node) : xcalloc(1, sizeof *g);
	g->sched = s;
	g->op.op.type = STORE_FINISH;
	g->op.op.done = on_stored;
	g->op.steps = g->steps;
	g->retry.fire = on_retry;
	s->filling = g;
	s->flush.run = on_flush;
	loop_at_turn_end(s->c.loop, &s->flush);
	return g;
}

static void effects(const struct sched_job *j, struct store_step *step)
{
	bool create = j->job.request.op == ITEM_CREATE;
	if (step->result.state == ITEM_DONE) {
		step->name = create ? STORE_NAME_CREATED : STORE_NAME_RENEWED;
	} else if (step->result.state == ITEM_FAILED) {
		step->grant = STORE_GRANT_RELEASE;
	}
}

static instant_ms_t moment_of(instant_ms_t now, uint64_t delay_ms)
{
	const instant_ms_t grid = NAME_PUT_BACK_MS;
	if (delay_ms == DELAY_PARKED)
		return STORE_PARKED;
	if (delay_ms == DELAY_NAME_BUSY)
		return (now + grid / 2 + grid - 1) / grid * grid;
	return now + (instant_ms_t)delay_ms;
}

void sched_record(struct sched_job *j, bool end, uint64_t delay_ms)
{
	struct sched *s = j->account->sched;
	if (j->unstored) {
		INVARIANT(end); /* a job does not go on before its report is on disk */
		j->end_held = true;
		j->held_ms = delay_ms;
		list_push(&j->account->ending, &j->node);
		return;
	}
	struct finish_group *g = group_to_fill(s);
	struct store_step *step = &g->steps[g->op.count];
	instant_ms_t now = loop_wall(s->c.loop);
	j->job.result.at = now;
	*step = (struct store_step){.item = j->item,
	                            .claim = j->claim,
	                            .leaves_claim = end,
	                            .result = j->job.result,
	                            .not_before = moment_of(now, delay_ms),
	                            .not_sent = j->job.not_sent};
	step->result.message = arena_str(&g->texts, j->job.result.message);
	step->result.cl_trid = arena_str(&g->texts, j->job.result.cl_trid);
	step->result.sv_trid = arena_str(&g->texts, j->job.result.sv_trid);
	effects(j, step);
	if (j->job.contact_made) {
		memcpy(step->contact_created, j->job.contact_id, sizeof step->contact_created);
		j->job.contact_made = false;
	}
	g->jobs[g->op.count++] = j;
	j->unstored++;
	if (end)
		list_push(&j->account->ending, &j->node);
}

void sched_finish_fini(struct sched *s)
{
	struct list_node *n;
	INVARIANT(!s->filling && s->finishing == 0);
	while ((n = list_pop(&s->idle_groups))) {
		struct finish_group *g = LIST_ITEM(n, struct finish_group, node);
		arena_fini(&g->texts);
		free(g);
	}
}
