/*
 * Batches that could not be taken back when they were given up, because the store could not be written.
 *
 * Happy path: a try a second, until the store takes the first one; then the others at once. A batch that is not there any
 * more is done with, too. The gateway stops meanwhile: the next start removes what was never published.
 */
#include "daemon/api/api_int.h"
#include "epp/base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void try_first(struct api *a);

static void on_retry(struct loop_timer *t)
{
	try_first(CONTAINER_OF(t, struct api, leftovers.retry));
}

static void on_taken_back(struct store_op *op)
{
	struct api *a = CONTAINER_OF(op, struct api, leftovers.op.op);
	struct api_leftovers *l = &a->leftovers;
	l->busy = false;
	if (l->stopped)
		return;
	if (op->err && op->err != ERR_NOT_FOUND) {
		loop_timer_set(a->loop, &l->retry, API_LEFTOVER_MS);
		return;
	}
	LOG(a->log, LOG_INFO, "batch.taken_back", "given up while the store could not be written",
	    F_U64("batch", l->op.batch));
	l->count--;
	memmove(l->batches, l->batches + 1, l->count * sizeof *l->batches);
	try_first(a);
}

static void try_first(struct api *a)
{
	struct api_leftovers *l = &a->leftovers;
	if (l->busy || l->stopped || l->count == 0)
		return;
	l->busy = true;
	l->op = (struct store_batch_abort){.batch = l->batches[0]};
	api_submit(a->writer, &l->op.op, STORE_BATCH_ABORT, on_taken_back);
}

void api_leftover_add(struct api *a, batch_id_t batch)
{
	struct api_leftovers *l = &a->leftovers;
	l->batches = xrealloc(l->batches, l->count + 1, sizeof *l->batches);
	l->batches[l->count++] = batch;
	l->retry.fire = on_retry;
	if (!l->stopped && !l->busy && !loop_timer_is_set(&l->retry))
		loop_timer_set(a->loop, &l->retry, API_LEFTOVER_MS);
}

void api_leftover_stop(struct api *a)
{
	a->leftovers.stopped = true;
	loop_timer_cancel(a->loop, &a->leftovers.retry);
}

void api_leftover_fini(struct api *a)
{
	api_leftover_stop(a);
	free(a->leftovers.batches);
}
