/*
 * Holds: what an operator has paused. Whole queues are not claimed from. What is finer than a queue, the claim itself leaves
 * out and parks; a hold that is lifted lets everything parked go, and what is still held is parked again.
 */
#include "daemon/sched/sched_int.h"
#include "epp/base/check.h"

static bool covers(const struct sched_hold *h, uint32_t account, uint32_t partner, uint8_t lane)
{
	return (h->account == 0 || h->account == account) && (h->partner == 0 || h->partner == partner) &&
	       (h->lane == 0 || h->lane == lane);
}

static bool is_fine(const struct sched_hold *h)
{
	return h->of.zone.len || h->of.grant.len;
}

bool sched_is_held(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane)
{
	for (size_t i = 0; i < s->hold_count; i++)
		if (!s->holds[i].of.paid && !is_fine(&s->holds[i]) &&
		    covers(&s->holds[i], account, partner, lane))
			return true;
	return false;
}

bool sched_is_held_paid(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane)
{
	for (size_t i = 0; i < s->hold_count; i++)
		if (s->holds[i].of.paid && !is_fine(&s->holds[i]) &&
		    covers(&s->holds[i], account, partner, lane))
			return true;
	return false;
}

bool sched_is_held_partly(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane)
{
	for (size_t i = 0; i < s->hold_count; i++)
		if (is_fine(&s->holds[i]) && covers(&s->holds[i], account, partner, lane))
			return true;
	return false;
}

bool sched_is_held_item(const struct sched *s, const struct store_queue_key *queue, struct str domain,
                        bool paid, struct str common)
{
	for (size_t i = 0; i < s->hold_count; i++)
		if (is_fine(&s->holds[i]) &&
		    covers(&s->holds[i], queue->account, queue->partner, queue->lane) &&
		    store_hold_fits(&s->holds[i].of, domain, paid, common))
			return true;
	return false;
}

size_t sched_fine_holds(const struct sched *s, const struct store_queue_key *queue, struct arena *arena,
                        const struct store_hold **out)
{
	struct store_hold *list = arena_alloc(arena, (s->hold_count + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < s->hold_count; i++) {
		const struct sched_hold *h = &s->holds[i];
		if (is_fine(h) && covers(h, queue->account, queue->partner, queue->lane))
			list[n++] = (struct store_hold){arena_str(arena, h->of.zone),
			                                arena_str(arena, h->of.grant), h->of.paid};
	}
	*out = list;
	return n;
}

bool sched_lane_waits(const struct sched_account *a, uint32_t partner, uint8_t lane)
{
	return sched_is_held(a->sched, a->id, partner, lane) || sched_is_used_up(a, lane);
}

/* Its grant is not known, and a hold asks for it: it goes back to be claimed anew, which tells. */
static bool is_to_be_told(const struct sched_job *j)
{
	const struct sched *s = j->account->sched;
	for (size_t i = 0; i < s->hold_count && !j->decided; i++) {
		const struct sched_hold *h = &s->holds[i];
		struct store_hold rest = {.zone = h->of.zone, .paid = h->of.paid};
		if (h->of.grant.len && covers(h, j->account->id, j->partner, j->lane) &&
		    store_hold_fits(&rest, j->job.request.domain, j->paid, STR_NONE))
			return true;
	}
	return false;
}

bool sched_job_put_back_held(struct sched_job *j)
{
	struct sched *s = j->account->sched;
	struct store_queue_key queue = {j->account->id, j->partner, j->lane};
	if (j->letters || j->job.in_doubt || j->claim == 0)
		return false; /* it has begun */
	if (sched_is_held(s, j->account->id, j->partner, j->lane) || is_to_be_told(j))
		sched_put_back(j, SCHED_PAUSED);
	else if (j->paid && sched_is_held_paid(s, j->account->id, j->partner, j->lane))
		sched_put_back(j, SCHED_PAID_HELD);
	else if (sched_is_held_item(s, &queue, j->job.request.domain, j->paid, j->job.decision_common))
		sched_put_back(j, SCHED_FINE_HELD);
	else
		return false;
	return true;
}

static void put_back_held(struct list *l)
{
	struct list left = {0};
	list_for_each_safe (n, l) {
		list_remove(n);
		if (!sched_job_put_back_held(LIST_ITEM(n, struct sched_job, node)))
			list_push(&left, n);
	}
	list_move_all(l, &left);
}

/* A queue that has a turn under way keeps it in vain: what its claim brings goes back. */
void sched_stop_turns(struct sched_account *a)
{
	size_t at = 0;
	uint32_t partner;
	uint8_t lane;
	while (fair_each(&a->fair, &at, &partner, &lane))
		if (sched_lane_waits(a, partner, lane))
			fair_deactivate(&a->fair, partner, lane);
}

/* True: some of the former ones were finer than a queue, so that what is free may be parked, too. */
static bool replace(struct sched *s, const struct sched_hold *holds, size_t count)
{
	bool fine = false;
	for (size_t i = 0; i < s->hold_count; i++)
		fine = fine || is_fine(&s->holds[i]);
	arena_reset(&s->holds_arena);
	for (size_t i = 0; i < count; i++) {
		s->holds[i] = holds[i];
		s->holds[i].of.zone = arena_str(&s->holds_arena, holds[i].of.zone);
		s->holds[i].of.grant = arena_str(&s->holds_arena, holds[i].of.grant);
	}
	s->hold_count = count;
	return fine;
}

void sched_set_holds(struct sched *s, const struct sched_hold *holds, size_t count)
{
	REQUIRE(count <= SCHED_HOLDS_MAX);
	bool fine = replace(s, holds, count);
	list_for_each (n, &s->accounts) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		sched_stop_turns(a);
		put_back_held(&a->ready);
		put_back_held(&a->begun);
		if (s->started)
			sched_money_release(a, fine);
	}
	if (s->started)
		sched_refresh(s);
}
