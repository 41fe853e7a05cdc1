/* The memory back end's dry runs. */
#include "daemon/store/store_mem_int.h"
#include "daemon/store/store_preview.h"

static enum err known(void *arg, struct store_preview *o, struct store_preview_line *l, bool *found)
{
	struct mem *m = arg;
	const struct mem_item *i = map_get(&m->refs, mem_key(m, o->partner, 0, l->request->ref));
	*found = i != NULL;
	if (!i)
		return OK;
	l->outcome = !str_eq(i->payload, l->payload) ? STORE_LINE_CONFLICT
	             : !i->batch->published          ? STORE_LINE_BUSY
	                                             : STORE_LINE_SAME;
	l->row = mem_row_of(i, false, o->arena);
	l->row.line = l->line;
	return OK;
}

static enum err ledger(void *arg, struct store_preview *o, const struct item_request *r,
                       struct decide_ledger *out, struct decide_subject *subject)
{
	mem_ledger(arg, o->decider, r, o->partner, 0, out, subject);
	out->listed.type = arena_str(o->arena, out->listed.type);
	out->listed.issuer = arena_str(o->arena, out->listed.issuer);
	return OK;
}

static enum err used(void *arg, struct store_preview *o, struct str scope, date_t begin, uint64_t *n)
{
	const struct mem *m = arg;
	(void)o;
	*n = 0;
	for (size_t i = 0; i < m->used_count; i++)
		if (m->used[i].begin == begin && str_eq(m->used[i].scope, scope))
			*n = m->used[i].used;
	return OK;
}

static enum err waiting(void *arg, struct store_preview *o, uint64_t *n)
{
	*n = mem_queued_of(arg, o->partner);
	return OK;
}

enum err mem_preview(struct mem *m, struct store_preview *o)
{
	struct store_preview_source from = {known, ledger, used, waiting, m, &m->scratch};
	return store_preview_run(o, &from);
}
