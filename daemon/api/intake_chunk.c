/* Lines on their way to the store, some chunks of them at a time. */
#include "daemon/api/intake_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

static bool is_full(const struct intake_chunk *k)
{
	return k->op.count == INTAKE_CHUNK_LINES || k->arena.used >= INTAKE_CHUNK_BYTES;
}

void intake_chunk_clear(struct intake_chunk *k)
{
	arena_reset(&k->arena);
	decider_unref(&k->decider);
	k->op.count = 0;
	k->at_store = false;
}

static void on_chunk(struct store_op *op)
{
	struct intake_chunk *k = CONTAINER_OF(op, struct intake_chunk, op.op);
	struct intake *x = k->owner;
	if (op->err)
		intake_fail_store(x, op);
	else
		for (size_t i = 0; i < k->op.count; i++)
			intake_take_line(x, &k->lines[i]);
	intake_chunk_done(x, k);
}

void intake_chunk_submit(struct intake *x)
{
	struct intake_chunk *k = x->filling;
	x->filling = NULL;
	if (k->op.count == 0) {
		intake_chunk_clear(k);
		return;
	}
	k->at_store = true;
	x->in_flight++;
	if (x->dry) {
		intake_dry_chunk(x, k);
		return;
	}
	k->op.batch = x->batch;
	k->op.partner = x->call.partner_id;
	k->op.decider = k->decider;
	k->op.quotas = x->call.view->config->quotas;
	k->op.quota_count = x->call.view->config->quota_count;
	k->op.now = loop_wall(x->call.api->loop);
	k->op.lines = k->lines;
	api_submit(x->call.api->writer, &k->op.op, STORE_BATCH_CHUNK, on_chunk);
}

/* A dry run has one list of what its lines have taken: one chunk after the other. */
bool intake_chunk_may_go(const struct intake *x)
{
	return x->in_flight < (x->dry ? 1 : INTAKE_IN_FLIGHT);
}

struct intake_chunk *intake_chunk_room(struct intake *x)
{
	if (x->filling && is_full(x->filling)) {
		INVARIANT(sm_state(&x->sm) == INTAKE_RECEIVING);
		if (!intake_chunk_may_go(x))
			return NULL;
		intake_chunk_submit(x);
	}
	for (size_t i = 0; !x->filling && i < ARRAY_LEN(x->chunks); i++) {
		struct intake_chunk *k = &x->chunks[i];
		if (k->at_store)
			continue;
		if (!k->lines)
			k->lines = xcalloc(INTAKE_CHUNK_LINES, sizeof *k->lines);
		if (!k->decider)
			k->decider = decider_ref(x->call.api->decider);
		x->filling = k;
	}
	return x->filling;
}

void intake_chunk_drop(struct intake *x)
{
	if (x->filling)
		intake_chunk_clear(x->filling);
	x->filling = NULL;
}
