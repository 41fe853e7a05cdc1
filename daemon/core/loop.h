/*
 * The event loop as the rest of the daemon sees it: deadlines, tasks for the next turn, hooks for the end of this
 * turn, and messages from other threads. The engine underneath is libuv (loop_uv.h) or, in simulation, a virtual one
 * that calls loop_turn() and jumps to loop_next_deadline().
 *
 * All structs are embedded in what they serve, zeroed before first use, and belong to the caller. Everything but
 * loop_post() is for the loop's own thread.
 *
 * A turn: take the messages, fire what is due, run the tasks, run the end-of-turn hooks and those that they arm
 * (a chain that does not end goes on in the next turn).
 * I/O callbacks of libuv come between two turns, so what they arm runs before the loop waits again.
 */
#ifndef VNEPP_CORE_LOOP_H
#define VNEPP_CORE_LOOP_H

#include "epp/base/clock.h"
#include "epp/base/list.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_NEVER UINT64_MAX

/* Something to do in the next turn, once. */
struct loop_task {
	struct list_node node;
	void (*run)(struct loop_task *t);
};

/* Something to do at the end of this turn, once (flush a buffer, submit a group). */
struct loop_hook {
	struct list_node node;
	void (*run)(struct loop_hook *h);
};

/* A deadline. Fires once; set it again for the next time. */
struct loop_timer {
	size_t slot; /* place in the heap, counted from 1; 0: not set */
	uint64_t at_ms;
	uint64_t order; /* equal deadlines fire in the order in which they were set */
	void (*fire)(struct loop_timer *t);
};

/* A message from another thread. The sender owns it until run() is called on the loop's thread. */
struct loop_msg {
	struct loop_msg *next;
	void (*run)(struct loop_msg *m);
};

struct loop {
	struct clock *clock; /* borrowed */
	uint64_t now_ms;     /* monotonic, cached per turn */
	bool stale;          /* set by engines before they wait: whoever asks next reads the clock again */
	struct list tasks, hooks;
	struct loop_timer **heap; /* owned */
	size_t heap_len, heap_cap;
	uint64_t order;
	pthread_mutex_t inbox_lock;
	struct loop_msg *inbox_first, *inbox_last; /* under inbox_lock */
	/* The engine's: wakes a waiting loop; from any thread. May be NULL when nothing waits. */
	void (*wake)(struct loop *l);
	uint64_t turns;
};

void loop_init(struct loop *l, struct clock *clock);
void loop_fini(struct loop *l);

/* Monotonic milliseconds, read once per turn, and once for the I/O callbacks that follow it. */
static inline uint64_t loop_now(struct loop *l)
{
	if (l->stale) {
		l->now_ms = l->clock->mono_us(l->clock) / 1000;
		l->stale = false;
	}
	return l->now_ms;
}

/* Monotonic microseconds now (read fresh). */
static inline uint64_t loop_now_us(const struct loop *l)
{
	return l->clock->mono_us(l->clock);
}

/* Wall time now (read fresh). */
static inline instant_ms_t loop_wall(const struct loop *l)
{
	return l->clock->wall(l->clock);
}

/* Already deferred: nothing changes. */
void loop_defer(struct loop *l, struct loop_task *t);
void loop_cancel_task(struct loop_task *t);
/* Already armed: nothing changes. */
void loop_at_turn_end(struct loop *l, struct loop_hook *h);
void loop_cancel_hook(struct loop_hook *h);
/* Sets or moves the deadline; `in_ms` from now. */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t in_ms);
/* The same, `in_us` from loop_now_us(): fires in the first whole millisecond that is not before. */
void loop_timer_set_us(struct loop *l, struct loop_timer *t, uint64_t in_us);
void loop_timer_cancel(struct loop *l, struct loop_timer *t);
static inline bool loop_timer_is_set(const struct loop_timer *t)
{
	return t->slot != 0;
}
/* From any thread. */
void loop_post(struct loop *l, struct loop_msg *m);

/* For engines. Runs one turn. */
void loop_turn(struct loop *l);
/* For engines. When the next turn must come: 0 at once, LOOP_NEVER when nothing is set. */
uint64_t loop_next_deadline(struct loop *l);

#endif
