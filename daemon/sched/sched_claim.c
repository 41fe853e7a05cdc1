/*
 * Items out of the store.
 *
 * Happy path: STORE_QUEUES tells which queues have work; a claim asks one queue for at most twice the free places;
 * when it is committed, its items become jobs. One claim at a time per account; partners take turns.
 *
 * Failure modes: the store cannot write: claiming stops until a finish operation or a later try succeeds. A payload
 * that cannot be decoded (a damaged store) becomes an item for a person, not a crash.
 */
#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/dialect.h"

#include <stdlib.h>
#include <string.h>

/* ---- which queues have work ---------------------------------------------------------------------------------------- */

struct sched_account *sched_account_of(struct sched *s, uint32_t id)
{
	list_for_each (n, &s->accounts) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		if (a->id == id)
			return a;
	}
	return NULL;
}

static void activate(struct sched_account *a, const struct store_queue_key *key)
{
	const struct sched_config *c = &a->sched->c;
	if (sched_lane_waits(a, key->partner, key->lane))
		return; /* whoever lifts it asks for the queues again */
	fair_activate(&a->fair, key->partner, key->lane, c->weight ? c->weight(c->arg, key->partner) : 1);
}

static void on_next_ready(struct loop_timer *t)
{
	sched_refresh(CONTAINER_OF(t, struct sched, next_ready));
}

static void watch_next_ready(struct sched *s, instant_ms_t at)
{
	instant_ms_t now = loop_wall(s->c.loop);
	if (at == INSTANT_NONE || s->stopping)
		return;
	s->next_ready.fire = on_next_ready;
	loop_timer_set(s->c.loop, &s->next_ready, at > now ? (uint64_t)(at - now) + 1 : 1);
}

static void on_expedited(struct store_op *op)
{
	struct sched *s = CONTAINER_OF(op, struct sched, expedite_op.op);
	s->expediting = false;
	if (op->err) {
		sched_store_failed(s, op);
		watch_next_ready(s, loop_wall(s->c.loop) + STORE_RETRY_MS);
	} else {
		sched_refresh(s); /* it tells whether there is more */
	}
	sched_stop_check(s);
}

static void expedite(struct sched *s)
{
	if (s->expediting || s->stopping)
		return;
	s->expediting = true;
	s->expedite_op = (struct store_expedite){.op = {.type = STORE_EXPEDITE, .done = on_expedited},
	                                         .now = loop_wall(s->c.loop),
	                                         .limit = EXPEDITE_PAGE};
	s->c.writer->submit(s->c.writer, &s->expedite_op.op);
}

static instant_ms_t earlier(instant_ms_t a, instant_ms_t b)
{
	return a == INSTANT_NONE || (b != INSTANT_NONE && b < a) ? b : a;
}

/* The moments at which the queues have to be asked again. */
static void watch_queues(struct sched *s)
{
	instant_ms_t urgent = s->queues_op.next_urgent;
	if (urgent != INSTANT_NONE && urgent <= loop_wall(s->c.loop)) {
		expedite(s);
		urgent = INSTANT_NONE;
	}
	watch_next_ready(s, earlier(s->queues_op.next_ready, urgent));
}

static void on_queues(struct store_op *op)
{
	struct sched *s = CONTAINER_OF(op, struct sched, queues_op.op);
	s->queues_busy = false;
	for (size_t i = 0; !op->err && i < s->queues_op.count; i++) {
		struct sched_account *a = sched_account_of(s, s->queues_op.keys[i].account);
		if (!a)
			continue; /* an account that is not configured any more: its items wait */
		activate(a, &s->queues_op.keys[i]);
		sched_pump_later(a);
	}
	if (op->err)
		watch_next_ready(s, loop_wall(s->c.loop) + STORE_RETRY_MS);
	else
		watch_queues(s);
	if (s->queues_again)
		sched_refresh(s);
	sched_stop_check(s);
}

void sched_refresh(struct sched *s)
{
	s->queues_again = s->queues_busy;
	if (s->queues_busy || s->stopping)
		return;
	s->queues_busy = true;
	arena_reset(&s->queues_arena);
	s->queues_op = (struct store_queues){.op = {.type = STORE_QUEUES, .done = on_queues},
	                                     .now = loop_wall(s->c.loop),
	                                     .arena = &s->queues_arena};
	s->c.writer->submit(s->c.writer, &s->queues_op.op);
}

/* ---- jobs ---------------------------------------------------------------------------------------------------------- */

struct sched_group *sched_group_new(void)
{
	struct sched_group *g = xcalloc(1, sizeof *g);
	arena_init(&g->arena);
	return g;
}

void sched_group_drop(struct sched_group *g)
{
	arena_fini(&g->arena);
	free(g->jobs);
	free(g);
}

static void damaged(struct sched_job *j)
{
	j->job.result = (struct item_result){.state = ITEM_NEEDS_HUMAN,
	                                     .attempt = j->job.attempt,
	                                     .fault = FAULT_GATEWAY,
	                                     .reason = STR("DAMAGED"),
	                                     .message = STR("the stored request cannot be read"),
	                                     .created = INSTANT_NONE,
	                                     .expires = INSTANT_NONE,
	                                     .charged_vnd = -1};
	sched_record(j, true, 0);
}

static void start_claimed(struct sched_account *a, struct sched_group *g, struct sched_job *j,
                          const struct store_claimed *c, uint64_t claim)
{
	j->account = a;
	j->group = g;
	j->item = c->item;
	j->batch = c->batch;
	j->partner = c->partner;
	j->claim = claim;
	j->lane = a->turn.lane;
	j->paid = c->paid;
	j->decided = a->claim.want_decisions;
	sched_money_claimed(j);
	j->offset = c->offset;
	j->trace = c->trace;
	j->job.registry = &a->facts;
	j->job.attempt = c->attempt;
	j->job.again = c->again;
	j->job.expected_vnd = c->fee_vnd;
	j->job.contact_known = c->contact_known;
	j->job.decision_common = c->decision_common;
	j->job.decision_item = c->decision_item;
	memcpy(j->job.contact_id, c->contact_id, sizeof j->job.contact_id);
	if (item_decode(c->payload, &j->job.request)) {
		damaged(j);
		return;
	}
	(void)job_begin(&j->job); /* always JOB_SEND */
	j->job.sent_at = c->admitted;
	list_push(&a->ready, &j->node);
}

static void on_claimed(struct store_op *op)
{
	struct sched_account *a = CONTAINER_OF(op, struct sched_account, claim.op);
	struct sched_group *g = a->claim_group;
	struct decider *decider = (struct decider *)a->claim.decider;
	a->claiming = false;
	a->claim_group = NULL;
	a->claim_failed = op->err != OK;
	decider_unref(&decider);
	if (op->err) {
		sched_group_drop(g);
		sched_store_failed(a->sched, op);
		sched_pause(a, STORE_RETRY_MS);
		sched_stop_check(a->sched);
		return;
	}
	sched_store_works(a->sched);
	fair_took(&a->fair, &a->turn, (uint32_t)a->claim.count, a->claim.more);
	a->sched->stats.claimed += a->claim.count;
	if (a->claim.count == 0) {
		sched_group_drop(g);
	} else {
		g->left = (uint32_t)a->claim.count;
		g->jobs = xcalloc(a->claim.count, sizeof *g->jobs);
		for (size_t i = 0; i < a->claim.count; i++)
			start_claimed(a, g, &g->jobs[i], &a->claim.items[i], a->claim.claim);
	}
	sched_pump_later(a);
	sched_stop_check(a->sched);
}

/* Jobs that may be ready at a time: enough to hide the disk, and no more than a second of what the ceiling allows, so
 * that what is urgent is not behind what was claimed long ago. */
static uint32_t ahead(const struct sched_account *a)
{
	uint32_t n = 2 * pool_slots(a->pool), ceiling = a->limits->all.limit;
	return ceiling && n > ceiling ? ceiling : n;
}

/* Whose turn it is, when more is wanted. */
static bool next_turn(struct sched_account *a)
{
	uint32_t want = ahead(a), ready = (uint32_t)a->ready.count, most = want - want / CLAIM_PART,
	         room[LANE__COUNT];
	/* Nothing of it may leave now because of its class: others may. */
	ready = a->held_back && ready > most ? most : ready;
	if (want == 0 || ready > most)
		return false;
	if (a->held_back)
		sched_class_let_pass(a, want);
	a->fair.skipped = 0;
	if (!a->limits->classed)
		return fair_next(&a->fair, want - ready, &a->turn);
	sched_class_room(a, want, room);
	for (uint8_t lane = 0; lane < LANE__COUNT; lane++)
		a->fair.skipped |= (uint32_t)(room[lane] == 0) << lane;
	if (!fair_next(&a->fair, want - ready, &a->turn))
		return false;
	if (a->turn.max > room[a->turn.lane])
		a->turn.max = room[a->turn.lane];
	return true;
}

void sched_claim(struct sched_account *a)
{
	struct sched *s = a->sched;
	if (a->claiming || s->stopping || s->opening || s->retrying || s->finishing > FINISH_DEPTH_MAX ||
	    loop_timer_is_set(&a->pause))
		return;
	if (!a->claim_failed && !next_turn(a))
		return;
	a->claiming = true;
	a->claim_group = sched_group_new();
	struct store_queue_key queue = {a->id, a->turn.partner, a->turn.lane};
	const struct store_hold *holds;
	size_t hold_count = sched_fine_holds(s, &queue, &a->claim_group->arena, &holds);
	a->claim = (struct store_claim){
	    .op = {.type = STORE_CLAIM, .done = on_claimed},
	    .queue = queue,
	    .max = a->turn.max,
	    .holds = holds,
	    .hold_count = hold_count,
	    .want_decisions = (a->facts.dialect && epp_dialect_uses(a->facts.dialect, EPP_FACT__COUNT)) ||
	                      store_holds_ask_grant(holds, hold_count),
	    .paid_max = sched_money_paid_max(a, a->turn.partner, a->turn.lane),
	    .decider = s->c.decider(s->c.arg),
	    .now = loop_wall(s->c.loop),
	    .arena = &a->claim_group->arena,
	};
	s->c.writer->submit(s->c.writer, &a->claim.op);
}

/* ---- what the last run left open ------------------------------------------------------------------------------------ */

static void take_up(struct sched *s, struct sched_group *g, struct sched_job *j, const struct store_row *row,
                    bool was_at_rest)
{
	struct sched_account *a = sched_account_of(s, row->account);
	if (!a) {
		sched_name_rest(s, row->domain);
		if (--g->left == 0)
			sched_group_drop(g);
		return;
	}
	j->account = a;
	j->group = g;
	j->item = row->item;
	j->batch = row->batch;
	j->partner = row->partner;
	j->job.registry = &a->facts;
	j->job.expected_vnd = -1;
	j->job.attempt = row->result.attempt > 0 ? row->result.attempt : 1;
	if (!str_copy(j->job.cltrid, sizeof j->job.cltrid, row->result.cl_trid) ||
	    !str_copy(j->job.svtrid, sizeof j->job.svtrid, row->result.sv_trid))
		j->job.svtrid[0] = '\0'; /* longer than RFC 5730 allows */
	if (item_decode(row->payload, &j->job.request)) {
		damaged(j);
		return;
	}
	enum job_next next = job_begin_look(&j->job, row->admitted);
	if (was_at_rest)
		sched_name_adopt(j);
	if (sched_name_take(j))
		sched_drive(j, next);
}

static void on_open_retry(struct loop_timer *t)
{
	sched_open(CONTAINER_OF(t, struct sched, open_retry));
}

/* Nothing is claimed before all of it is read: only then every name that is taken is known. */
static void open_failed(struct sched *s)
{
	sched_store_failed(s, &s->open_op.op);
	if (s->stopping) {
		s->opening = false;
		sched_stop_check(s);
		return;
	}
	s->open_retry.fire = on_open_retry;
	loop_timer_set(s->c.loop, &s->open_retry, STORE_RETRY_MS);
}

static void on_open(struct store_op *op)
{
	struct sched *s = CONTAINER_OF(op, struct sched, open_op.op);
	struct store_get_open *o = &s->open_op;
	if (op->err) {
		open_failed(s);
		return;
	}
	s->opening = false;
	sched_store_works(s);
	struct sched_group *g = sched_group_new();
	g->jobs = xcalloc(o->count + 1, sizeof *g->jobs);
	g->left = (uint32_t)o->count + 1; /* one of our own, so that it outlives this function */
	g->arena = s->open_arena;
	s->open_arena = (struct arena){0};
	for (size_t i = 0; i < o->count; i++) {
		const struct store_row *row = &o->rows[i];
		if (row->state == ITEM_UNKNOWN || row->state == ITEM_RECONCILING) {
			take_up(s, g, &g->jobs[i], row, false);
		} else {
			g->left--;
			sched_name_rest(s, row->domain);
		}
	}
	item_id_t last = o->count ? o->rows[o->count - 1].item : o->after;
	bool more = o->more;
	if (--g->left == 0)
		sched_group_drop(g);
	o->after = last;
	if (more && !s->stopping) {
		sched_open(s);
	} else {
		sched_refresh(s);
		sched_read(s);
	}
	sched_stop_check(s);
}

void sched_open(struct sched *s)
{
	item_id_t after = s->open_op.after;
	s->opening = true;
	s->open_op = (struct store_get_open){.op = {.type = STORE_GET_OPEN, .done = on_open},
	                                     .after = after,
	                                     .limit = OPEN_PAGE,
	                                     .arena = &s->open_arena};
	s->c.writer->submit(s->c.writer, &s->open_op.op);
}

/* ---- what a message approved --------------------------------------------------------------------------------------- */

struct look_op {
	struct store_get_item get;
	struct sched *sched;
	struct sched_group *group;
	struct loop_timer retry;
};

static void submit_look(struct loop_timer *t)
{
	struct look_op *l = CONTAINER_OF(t, struct look_op, retry);
	l->sched->c.writer->submit(l->sched->c.writer, &l->get.op);
}

static void on_look(struct store_op *op)
{
	struct look_op *l = CONTAINER_OF(op, struct look_op, get.op);
	struct sched *s = l->sched;
	struct sched_group *g = l->group;
	if (op->err && op->err != ERR_NOT_FOUND && !s->stopping) {
		loop_timer_set(s->c.loop, &l->retry, STORE_RETRY_MS);
		return;
	}
	s->looking--;
	if (op->err || l->get.row.state != ITEM_RECONCILING || s->stopping) {
		sched_group_drop(g); /* it stays RECONCILING and is taken up at the next start */
	} else {
		g->jobs = xcalloc(1, sizeof *g->jobs);
		g->left = 1;
		take_up(s, g, &g->jobs[0], &l->get.row, true);
	}
	free(l);
	sched_stop_check(s);
}

void sched_look(struct sched *s, item_id_t item)
{
	struct look_op *l = xcalloc(1, sizeof *l);
	l->sched = s;
	l->group = sched_group_new();
	l->get = (struct store_get_item){.op = {.type = STORE_GET_ITEM, .done = on_look},
	                                 .item = item,
	                                 .want_payload = true,
	                                 .arena = &l->group->arena};
	l->retry.fire = submit_look;
	s->looking++;
	submit_look(&l->retry);
}

void sched_job_free(struct sched_job *j)
{
	struct sched_group *g = j->group;
	INVARIANT(!list_in(&j->node) && g->left > 0);
	if (--g->left == 0)
		sched_group_drop(g);
}
