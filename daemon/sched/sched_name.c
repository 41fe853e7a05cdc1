/* One outstanding transform per name, across all partners, until it is final (design.md 2.3). */
#include "daemon/sched/sched_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

static struct name_lock *lock_new(struct sched *s, struct str name, struct sched_job *holder)
{
	struct name_lock *l = xcalloc(1, sizeof *l);
	l->sched = s;
	l->holder = holder;
	l->name = xmemdup0(name.ptr, name.len);
	INVARIANT(!map_put(&s->names, name, l));
	return l;
}

static void lock_free(struct sched *s, struct name_lock *l)
{
	INVARIANT(list_empty(&l->waiters));
	loop_timer_cancel(s->c.loop, &l->kept);
	(void)map_del(&s->names, str_c(l->name)); /* it is there: it was put by lock_new */
	free(l->name);
	free(l);
}

static void hand_over(struct name_lock *l, struct sched_job *j)
{
	loop_timer_cancel(l->sched->c.loop, &l->kept);
	l->kept_for = 0;
	l->holder = j;
	j->name = l;
	j->holds_name = true;
}

bool sched_name_take(struct sched_job *j)
{
	struct sched *s = j->account->sched;
	struct name_lock *l = map_get(&s->names, j->job.request.domain);
	if (j->holds_name)
		return true;
	if (!l) {
		j->name = lock_new(s, j->job.request.domain, j);
		j->holds_name = true;
		return true;
	}
	if (l->kept_for == j->item) {
		hand_over(l, j);
		return true;
	}
	/* What is in doubt cannot be put back: it waits, however long the item at rest takes. */
	bool at_rest = !l->holder && !l->kept_for;
	if (!j->job.in_doubt && (at_rest || l->waiters.count >= NAME_WAITERS_MAX)) {
		sched_put_back(j, SCHED_NAME_BUSY);
		return false;
	}
	j->name = l;
	list_push(&l->waiters, &j->node);
	return false;
}

/* The next waiter gets the name; nobody: the lock goes. */
static void pass_on(struct sched *s, struct name_lock *l)
{
	struct list_node *n = list_pop(&l->waiters);
	if (!n) {
		lock_free(s, l);
		return;
	}
	struct sched_job *next = LIST_ITEM(n, struct sched_job, node);
	hand_over(l, next);
	list_push(&next->account->begun, &next->node);
	sched_pump_later(next->account);
}

/* The lock that the job held and holds no more; NULL: it held none. */
static struct name_lock *let_go(struct sched_job *j)
{
	struct name_lock *l = j->name;
	if (!j->holds_name)
		return NULL;
	j->name = NULL;
	j->holds_name = false;
	l->holder = NULL;
	return l;
}

void sched_name_release(struct sched_job *j, bool rest)
{
	struct name_lock *l = let_go(j);
	if (!l)
		return;
	if (!rest) {
		pass_on(j->account->sched, l);
		return;
	}
	list_for_each_safe (n, &l->waiters) {
		struct sched_job *waiter = LIST_ITEM(n, struct sched_job, node);
		if (waiter->job.in_doubt)
			continue;
		list_remove(n);
		sched_put_back(waiter, SCHED_NAME_BUSY);
	}
}

static void on_kept_in_vain(struct loop_timer *t)
{
	struct name_lock *l = CONTAINER_OF(t, struct name_lock, kept);
	l->kept_for = 0;
	pass_on(l->sched, l);
}

void sched_name_keep(struct sched_job *j)
{
	struct name_lock *l = let_go(j);
	if (!l)
		return;
	l->kept_for = j->item;
	l->kept.fire = on_kept_in_vain;
	loop_timer_set(l->sched->c.loop, &l->kept, NAME_KEPT_MS);
}

void sched_name_rest(struct sched *s, struct str domain)
{
	if (!map_get(&s->names, domain))
		(void)lock_new(s, domain, NULL);
}

void sched_name_settled(struct sched *s, struct str domain)
{
	struct name_lock *l = map_get(&s->names, domain);
	if (l && !l->holder)
		pass_on(s, l);
}

void sched_name_adopt(struct sched_job *j)
{
	struct name_lock *l = map_get(&j->account->sched->names, j->job.request.domain);
	if (l && !l->holder)
		hand_over(l, j);
}

void sched_name_stop(struct sched *s)
{
	size_t at = 0;
	struct str name;
	void *value;
	while (map_next(&s->names, &at, &name, &value)) {
		struct name_lock *l = value;
		struct list_node *n;
		loop_timer_cancel(s->c.loop, &l->kept);
		while ((n = list_pop(&l->waiters)))
			sched_put_back(LIST_ITEM(n, struct sched_job, node), SCHED_STOPPED);
	}
}

void sched_name_fini(struct sched *s)
{
	size_t at = 0;
	struct str name;
	void *value;
	while (map_next(&s->names, &at, &name, &value)) {
		struct name_lock *l = value;
		loop_timer_cancel(s->c.loop, &l->kept);
		free(l->name);
		free(l);
	}
	map_fini(&s->names);
}
