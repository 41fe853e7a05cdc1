/* The generic part of the loop: a binary heap of deadlines, two lists, one inbox. */
#include "daemon/core/loop.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

/* Hooks may arm further hooks (TLS flushes into TCP); so many per hook that was armed at first, the rest waits. */
#define HOOK_CHAIN_MAX 16

void loop_init(struct loop *l, struct clock *clock)
{
	*l = (struct loop){.clock = clock};
	INVARIANT(pthread_mutex_init(&l->inbox_lock, NULL) == 0);
	l->now_ms = clock->mono_us(clock) / 1000;
}

void loop_fini(struct loop *l)
{
	REQUIRE(l->heap_len == 0 && list_empty(&l->tasks) && list_empty(&l->hooks) && !l->inbox_first);
	free(l->heap);
	pthread_mutex_destroy(&l->inbox_lock);
}

void loop_defer(struct loop *l, struct loop_task *t)
{
	REQUIRE(t->run);
	if (!list_in(&t->node))
		list_push(&l->tasks, &t->node);
}

void loop_cancel_task(struct loop_task *t)
{
	if (list_in(&t->node))
		list_remove(&t->node);
}

void loop_at_turn_end(struct loop *l, struct loop_hook *h)
{
	REQUIRE(h->run);
	if (!list_in(&h->node))
		list_push(&l->hooks, &h->node);
}

void loop_cancel_hook(struct loop_hook *h)
{
	if (list_in(&h->node))
		list_remove(&h->node);
}

static bool earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void place(struct loop *l, size_t slot, struct loop_timer *t)
{
	l->heap[slot - 1] = t;
	t->slot = slot;
}

static void sift_up(struct loop *l, size_t slot, struct loop_timer *t)
{
	while (slot > 1 && earlier(t, l->heap[slot / 2 - 1])) {
		place(l, slot, l->heap[slot / 2 - 1]);
		slot /= 2;
	}
	place(l, slot, t);
}

static void sift_down(struct loop *l, size_t slot, struct loop_timer *t)
{
	for (;;) {
		size_t child = slot * 2;
		if (child > l->heap_len)
			break;
		if (child < l->heap_len && earlier(l->heap[child], l->heap[child - 1]))
			child++;
		if (!earlier(l->heap[child - 1], t))
			break;
		place(l, slot, l->heap[child - 1]);
		slot = child;
	}
	place(l, slot, t);
}

void loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	size_t slot = t->slot;
	if (slot == 0)
		return;
	INVARIANT(slot <= l->heap_len && l->heap[slot - 1] == t);
	struct loop_timer *last = l->heap[--l->heap_len];
	t->slot = 0;
	if (last == t)
		return;
	if (slot > 1 && earlier(last, l->heap[slot / 2 - 1]))
		sift_up(l, slot, last);
	else
		sift_down(l, slot, last);
}

static void set_at(struct loop *l, struct loop_timer *t, uint64_t at_ms)
{
	REQUIRE(t->fire);
	loop_timer_cancel(l, t);
	t->at_ms = at_ms;
	t->order = l->order++;
	if (l->heap_len == l->heap_cap) {
		l->heap_cap = l->heap_cap ? l->heap_cap * 2 : 64;
		l->heap = xrealloc(l->heap, l->heap_cap, sizeof *l->heap);
	}
	l->heap_len++;
	sift_up(l, l->heap_len, t);
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t in_ms)
{
	uint64_t now = loop_now(l);
	set_at(l, t, in_ms > UINT64_MAX - now ? UINT64_MAX : now + in_ms);
}

void loop_timer_set_us(struct loop *l, struct loop_timer *t, uint64_t in_us)
{
	uint64_t at_us = loop_now_us(l) + in_us;
	set_at(l, t, at_us / 1000 + (at_us % 1000 > 0));
}

void loop_post(struct loop *l, struct loop_msg *m)
{
	m->next = NULL;
	pthread_mutex_lock(&l->inbox_lock);
	bool was_empty = !l->inbox_first;
	if (was_empty)
		l->inbox_first = m;
	else
		l->inbox_last->next = m;
	l->inbox_last = m;
	/* Woken under the lock, so that whoever stops the loop can be sure that no sender is still inside wake(). */
	if (was_empty && l->wake)
		l->wake(l);
	pthread_mutex_unlock(&l->inbox_lock);
}

static void run_messages(struct loop *l)
{
	pthread_mutex_lock(&l->inbox_lock);
	struct loop_msg *m = l->inbox_first;
	l->inbox_first = l->inbox_last = NULL;
	pthread_mutex_unlock(&l->inbox_lock);
	while (m) {
		struct loop_msg *next = m->next;
		m->run(m);
		m = next;
	}
}

static void run_timers(struct loop *l)
{
	/* Timers set by these callbacks wait for the next turn, even when they are due at once. */
	uint64_t limit = l->order;
	while (l->heap_len && l->heap[0]->at_ms <= l->now_ms && l->heap[0]->order < limit) {
		struct loop_timer *t = l->heap[0];
		loop_timer_cancel(l, t);
		t->fire(t);
	}
}

static void run_tasks(struct loop *l)
{
	for (size_t n = l->tasks.count; n > 0 && !list_empty(&l->tasks); n--) {
		struct loop_task *t = LIST_ITEM(list_pop(&l->tasks), struct loop_task, node);
		t->run(t);
	}
}

static void run_hooks(struct loop *l)
{
	/* What is left over runs in the next turn, which comes at once; I/O gets its share in between. */
	for (size_t left = l->hooks.count * HOOK_CHAIN_MAX; left > 0 && !list_empty(&l->hooks); left--) {
		struct loop_hook *h = LIST_ITEM(list_pop(&l->hooks), struct loop_hook, node);
		h->run(h);
	}
}

void loop_turn(struct loop *l)
{
	l->turns++;
	l->stale = true;
	(void)loop_now(l); /* reads the clock */
	run_messages(l);
	run_timers(l);
	run_tasks(l);
	run_hooks(l);
}

uint64_t loop_next_deadline(struct loop *l)
{
	pthread_mutex_lock(&l->inbox_lock);
	bool waiting = l->inbox_first != NULL;
	pthread_mutex_unlock(&l->inbox_lock);
	if (waiting || !list_empty(&l->tasks) || !list_empty(&l->hooks))
		return 0;
	return l->heap_len ? l->heap[0]->at_ms : LOOP_NEVER;
}
