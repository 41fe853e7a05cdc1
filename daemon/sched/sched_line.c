/*
 * Accounts that share a registry's ceiling, and what is left of it at the moment.
 *
 * Happy path: whoever is held back by the ceiling stands in line. When a place comes free, what is urgent or in doubt
 * goes first, and after nine such commands one of those that wait for something else; among equals whoever has sent
 * last goes last.
 *
 * Failure modes: the first in line cannot send after all (its window is full, it has nothing left): its own pump finds
 * that out, it leaves the line, and the next one goes.
 */
#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"

#define PASSED_MAX 9 /* with its own command: a tenth */

static bool is_urgent(const struct sched_account *a)
{
	const struct list_node *n = a->ready.first;
	return !list_empty(&a->begun) ||
	       (n && LIST_ITEM(n, const struct sched_job, node)->lane == LANE_URGENT);
}

static bool goes_before(const struct sched_line *a, const struct sched_line *b)
{
	bool a_prior = a->urgent || a->passed >= PASSED_MAX, b_prior = b->urgent || b->passed >= PASSED_MAX;
	return a_prior != b_prior ? a_prior : a->last_sent < b->last_sent;
}

void sched_line_leave(struct sched_account *a)
{
	a->line.waits = false;
}

void sched_line_enter(struct sched_account *a)
{
	a->line.waits = true;
	a->line.urgent = is_urgent(a);
}

bool sched_line_yields(struct sched_account *a)
{
	a->line.urgent = is_urgent(a);
	list_for_each (n, &a->sched->accounts) {
		struct sched_account *b = LIST_ITEM(n, struct sched_account, node);
		if (b == a || b->limits != a->limits || !b->line.waits || !goes_before(&b->line, &a->line))
			continue;
		a->line.waits = true;
		sched_pump_later(b);
		sched_pump_later(a); /* after it */
		return true;
	}
	return false;
}

void sched_line_sent(struct sched_account *a)
{
	list_for_each (n, &a->sched->accounts) {
		struct sched_account *b = LIST_ITEM(n, struct sched_account, node);
		if (b != a && b->limits == a->limits && b->line.waits && !b->line.urgent)
			b->line.passed += a->line.urgent;
	}
	a->line.passed = 0;
	a->line.last_sent = ++a->sched->line_order;
}
