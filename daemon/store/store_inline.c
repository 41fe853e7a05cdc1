/*
 * The executor of simulations and tests: operations run in the loop's own thread, in order, after a delay drawn from
 * a seed, and are given back after another; a crash may therefore fall between commit and completion.
 */
#include "daemon/store/store.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"

#include <stdlib.h>

struct store_inline {
	struct store_executor executor;
	struct loop *loop;
	struct store_backend *backend; /* borrowed */
	struct rng *rng;
	struct store_op *first, *last;       /* not run yet */
	struct store_op *ready, *ready_last; /* run, not given back */
	struct loop_timer run_timer, back_timer;
	size_t pending;
};

static uint64_t delay(struct store_inline *x)
{
	return x->rng ? rng_below(x->rng, STORE_INLINE_MAX_DELAY_MS + 1) : 0;
}

static void append(struct store_op **first, struct store_op **last, struct store_op *op)
{
	op->next = NULL;
	*(*last ? &(*last)->next : first) = op;
	*last = op;
}

static void on_run(struct loop_timer *t)
{
	struct store_inline *x = CONTAINER_OF(t, struct store_inline, run_timer);
	while (x->first) {
		struct store_op *op = x->first;
		x->first = op->next;
		if (!x->first)
			x->last = NULL;
		x->backend->ops->run(x->backend, &op, 1);
		append(&x->ready, &x->ready_last, op);
	}
	if (!loop_timer_is_set(&x->back_timer))
		loop_timer_set(x->loop, &x->back_timer, delay(x));
}

static void on_back(struct loop_timer *t)
{
	struct store_inline *x = CONTAINER_OF(t, struct store_inline, back_timer);
	struct store_op *op = x->ready;
	x->ready = x->ready_last = NULL;
	while (op) {
		struct store_op *next = op->next;
		x->pending--;
		op->done(op);
		op = next;
	}
}

static void submit(struct store_executor *ex, struct store_op *op)
{
	struct store_inline *x = CONTAINER_OF(ex, struct store_inline, executor);
	REQUIRE(op->done);
	op->err = OK;
	x->pending++;
	append(&x->first, &x->last, op);
	if (!loop_timer_is_set(&x->run_timer))
		loop_timer_set(x->loop, &x->run_timer, delay(x));
}

static size_t pending(const struct store_executor *ex)
{
	return CONTAINER_OF(ex, const struct store_inline, executor)->pending;
}

struct store_executor *store_inline_new(struct loop *loop, struct store_backend *b, struct rng *rng)
{
	struct store_inline *x = xcalloc(1, sizeof *x);
	x->executor = (struct store_executor){submit, pending};
	x->loop = loop;
	x->backend = b;
	x->rng = rng;
	x->run_timer.fire = on_run;
	x->back_timer.fire = on_back;
	return &x->executor;
}

void store_inline_free(struct store_executor *ex)
{
	struct store_inline *x = CONTAINER_OF(ex, struct store_inline, executor);
	loop_timer_cancel(x->loop, &x->run_timer);
	loop_timer_cancel(x->loop, &x->back_timer);
	free(x);
}
