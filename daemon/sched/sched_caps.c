/*
 * What a registry takes on a day (caps.h), as the scheduler keeps to it.
 *
 * Happy path: a command leaves only when its class has something left today. A create that was not checked may turn out
 * to be one of a taken name: it counts as such until its answer says otherwise.
 *
 * Failure modes: the class is used up: what has not begun goes back until midnight, and its lane is not claimed from; what
 * has begun waits. Too many creates came upon taken names: from then on <check> comes first, so that nobody waits for
 * that. The store cannot put a part down: whoever needs it waits.
 */
#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"

static bool is_used_up(const struct sched_account *a, int which)
{
	return a->caps && a->caps->any && caps_used_up(a->caps, which);
}

bool sched_is_used_up(const struct sched_account *a, uint8_t lane)
{
	if (lane == LANE_RENEW)
		return is_used_up(a, LIMIT_RENEW);
	/* Bulk has both; it waits with the creates rather than being claimed and put back line by line. */
	return (lane == LANE_CREATE || lane == LANE_BULK) &&
	       (is_used_up(a, LIMIT_CREATE) || is_used_up(a, LIMIT_CONTACT));
}

/* A create that could come upon a taken name: with <check> before it it could not. */
static bool is_risk(const struct sched_job *j)
{
	return job_is_transform(&j->job) && j->job.request.op == ITEM_CREATE && !j->job.checked;
}

bool sched_caps_may(const struct sched_job *j)
{
	struct caps *c = j->account->caps;
	if (!c || !c->any)
		return true;
	/* What the store has not put down yet is waited for; when it is used up a check comes first. */
	if (is_risk(j) && !caps_may(c, CAP_TAKEN) && !caps_used_up(c, CAP_TAKEN))
		return false;
	return caps_may(c, (int)sched_class_of(j));
}

static bool goes_back(const struct sched_job *j)
{
	bool has_begun = j->letters || j->job.in_doubt || j->claim == 0;
	return !has_begun && is_used_up(j->account, (int)sched_class_of(j));
}

static void put_back(struct list *from, uint64_t delay_ms)
{
	list_for_each_safe (n, from) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		if (!goes_back(j))
			continue;
		list_remove(n);
		sched_put_back(j, "DAY_USED_UP",
		               "what the registry takes of these commands on a day is used up", delay_ms);
	}
}

void sched_caps_put_back(struct sched_account *a)
{
	bool some = false;
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		some |= is_used_up(a, i);
	if (!some)
		return;
	uint64_t delay_ms = (uint64_t)(caps_day_end(a->caps) - loop_wall(a->sched->c.loop));
	sched_stop_turns(a);
	put_back(&a->ready, delay_ms);
	put_back(&a->begun, delay_ms);
}

bool sched_caps_risk(struct sched_job *j)
{
	struct caps *c = j->account->caps;
	if (!c || !c->any || !is_risk(j) || caps_may(c, CAP_TAKEN) || !job_check_first(&j->job))
		return true;
	list_push_front(&j->account->ready, &j->node);
	return false;
}

void sched_caps_sent(struct sched_job *j, enum limit_class class)
{
	struct caps *c = j->account->caps;
	if (!c || !c->any)
		return;
	caps_take(c, (int)class);
	if (!is_risk(j))
		return;
	caps_take_open(c);
	j->taken_day = date_of_instant(loop_wall(c->loop), HANOI_OFFSET_S);
}

/* An outcome that nobody knows may have been 2302: it counts on. */
void sched_caps_answered(struct sched_job *j, enum session_outcome outcome, int code)
{
	struct caps *c = j->account->caps;
	bool taken = code == 2302 && job_is_transform(&j->job);
	if (j->taken_day)
		caps_settle(c, j->taken_day, taken || outcome == SESSION_UNKNOWN);
	else if (c && c->any && taken)
		caps_take(c, CAP_TAKEN); /* the check has said otherwise */
	j->taken_day = 0;
}

static void on_change(void *arg)
{
	struct sched *s = arg;
	list_for_each (n, &s->accounts)
		sched_pump_later(LIST_ITEM(n, struct sched_account, node));
	if (s->started)
		sched_refresh(s);
	sched_stop_check(s);
}

void sched_cap_account(struct sched_account *a, struct caps *caps)
{
	a->caps = caps;
	caps_watch(caps, on_change, a->sched);
}
