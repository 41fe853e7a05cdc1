/* Holds: what an operator has paused. */
#include "daemon/sched/sched_int.h"
#include "epp/base/check.h"

#include <string.h>

bool sched_is_held(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane)
{
	for (size_t i = 0; i < s->hold_count; i++) {
		const struct sched_hold *h = &s->holds[i];
		if (!h->paid && (h->account == 0 || h->account == account) &&
		    (h->partner == 0 || h->partner == partner) && (h->lane == 0 || h->lane == lane))
			return true;
	}
	return false;
}

bool sched_is_held_paid(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane)
{
	for (size_t i = 0; i < s->hold_count; i++) {
		const struct sched_hold *h = &s->holds[i];
		if (h->paid && (h->account == 0 || h->account == account) &&
		    (h->partner == 0 || h->partner == partner) && (h->lane == 0 || h->lane == lane))
			return true;
	}
	return false;
}

bool sched_lane_waits(const struct sched_account *a, uint32_t partner, uint8_t lane)
{
	return sched_is_held(a->sched, a->id, partner, lane) || sched_is_used_up(a, lane);
}

bool sched_job_put_back_held(struct sched_job *j)
{
	struct sched *s = j->account->sched;
	if (j->letters || j->job.in_doubt || j->claim == 0)
		return false; /* it has begun */
	if (sched_is_held(s, j->account->id, j->partner, j->lane))
		sched_put_back(j, SCHED_PAUSED);
	else if (j->paid && sched_is_held_paid(s, j->account->id, j->partner, j->lane))
		sched_put_back(j, SCHED_PAID_HELD);
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

void sched_set_holds(struct sched *s, const struct sched_hold *holds, size_t count)
{
	REQUIRE(count <= SCHED_HOLDS_MAX);
	if (count)
		memcpy(s->holds, holds, count * sizeof *holds);
	s->hold_count = count;
	list_for_each (n, &s->accounts) {
		struct sched_account *a = LIST_ITEM(n, struct sched_account, node);
		sched_stop_turns(a);
		put_back_held(&a->ready);
		put_back_held(&a->begun);
		if (s->started)
			sched_money_release(a);
	}
	if (s->started)
		sched_refresh(s);
}
