/*
 * Happy path: tls_turns_take() -> waiting -> a free desk takes it: away, work() in a thread of libuv's pool -> on_back()
 * on the loop: back(), and the desk takes the next one.
 * Failures are those of work(), which keeps them for back().
 */
#include "daemon/net/tls_turns.h"
#include "daemon/core/loop_uv.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

struct desk {
	uv_work_t req;
	struct tls_turns *turns;
	struct tls_turn *turn; /* NULL: free */
};

struct tls_turns {
	struct loop *loop; /* borrowed */
	uint32_t refs, threads;
	struct list waiting;
	struct loop_task task; /* without threads: serves one */
	struct desk desks[TLS_TURNS_THREADS_MAX];
};

static void in_thread(uv_work_t *req)
{
	struct tls_turn *turn = CONTAINER_OF(req, struct desk, req)->turn;
	turn->work(turn);
}

static void give_desks(struct tls_turns *t);

static void on_back(uv_work_t *req, int status)
{
	struct desk *d = CONTAINER_OF(req, struct desk, req);
	struct tls_turns *t = d->turns;
	struct tls_turn *turn = d->turn;
	(void)status; /* nobody cancels it */
	d->turn = NULL;
	turn->away = false;
	turn->back(turn);
	give_desks(t);
	tls_turns_unref(&t);
}

static struct tls_turn *next(struct tls_turns *t)
{
	struct list_node *n = list_pop(&t->waiting);
	return n ? LIST_ITEM(n, struct tls_turn, node) : NULL;
}

static void give_desks(struct tls_turns *t)
{
	for (struct desk *d = t->desks; d < t->desks + t->threads && t->waiting.count; d++) {
		if (d->turn)
			continue;
		d->turns = tls_turns_ref(t);
		d->turn = next(t);
		d->turn->away = true;
		INVARIANT(uv_queue_work(loop_uv_of(t->loop), &d->req, in_thread, on_back) == 0);
	}
}

static void serve_one(struct loop_task *task)
{
	struct tls_turns *t = CONTAINER_OF(task, struct tls_turns, task);
	struct tls_turn *turn = next(t);
	if (t->waiting.count)
		loop_defer(t->loop, task);
	if (!turn)
		return;
	t = tls_turns_ref(t);
	turn->work(turn);
	turn->back(turn);
	tls_turns_unref(&t);
}

uint32_t tls_turns_threads(void)
{
	unsigned cores = uv_available_parallelism();
	return cores < 2 ? 1 : cores - 1 < TLS_TURNS_THREADS_MAX ? cores - 1 : TLS_TURNS_THREADS_MAX;
}

struct tls_turns *tls_turns_new(struct loop *loop, uint32_t threads)
{
	REQUIRE(threads <= TLS_TURNS_THREADS_MAX);
	struct tls_turns *t = xcalloc(1, sizeof *t);
	t->loop = loop;
	t->refs = 1;
	t->threads = threads;
	t->task.run = serve_one;
	return t;
}

struct tls_turns *tls_turns_ref(struct tls_turns *t)
{
	t->refs++;
	return t;
}

void tls_turns_unref(struct tls_turns **t)
{
	struct tls_turns *old = *t;
	*t = NULL;
	if (!old || --old->refs)
		return;
	REQUIRE(old->waiting.count == 0);
	loop_cancel_task(&old->task);
	free(old);
}

void tls_turns_take(struct tls_turns *t, struct tls_turn *turn)
{
	REQUIRE(!turn->away);
	if (list_in(&turn->node))
		return;
	list_push(&t->waiting, &turn->node);
	if (t->threads)
		give_desks(t);
	else
		loop_defer(t->loop, &t->task);
}

void tls_turn_leave(struct tls_turn *turn)
{
	if (list_in(&turn->node))
		list_remove(&turn->node);
}

uint32_t tls_turns_waiting(const struct tls_turns *t)
{
	return (uint32_t)t->waiting.count;
}
