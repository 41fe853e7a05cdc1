/* The memory back end's decisions with the facts that they used. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

static void add_row(struct store_get_records *o, size_t *cap, const struct store_record *r)
{
	if (o->count == *cap) {
		struct store_record *more = arena_alloc(o->arena, 2 * *cap * sizeof *more);
		memcpy(more, o->rows, o->count * sizeof *more);
		o->rows = more;
		*cap *= 2;
	}
	o->rows[o->count++] = (struct store_record){.item = r->item,
	                                            .seq = r->seq,
	                                            .ref = arena_str(o->arena, r->ref),
	                                            .domain = arena_str(o->arena, r->domain),
	                                            .common = arena_str(o->arena, r->common),
	                                            .detail = arena_str(o->arena, r->detail),
	                                            .record = arena_str(o->arena, r->record)};
}

/* Later decisions, the oldest first. */
static void add_later(struct store_get_records *o, size_t *cap, const struct mem_result *later,
                      const struct store_record *first)
{
	struct store_record r = *first;
	if (!later)
		return;
	add_later(o, cap, later->decided_before, first);
	r.seq = later->seq;
	r.common = later->common;
	r.detail = later->detail;
	r.record = later->record;
	add_row(o, cap, &r);
}

static void add_item(struct store_get_records *o, size_t *cap, const struct mem_item *i)
{
	const struct store_record r = {.item = i->id,
	                               .ref = i->ref,
	                               .domain = i->domain,
	                               .common = i->common,
	                               .detail = i->detail,
	                               .record = i->record};
	add_row(o, cap, &r);
	add_later(o, cap, i->decided, &r);
}

enum err mem_get_records(struct mem *m, struct store_get_records *o)
{
	size_t items = 0, cap = o->limit;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, cap * sizeof *o->rows);
	o->count = 0;
	for (size_t n = (size_t)o->after; n < m->item_count && items < o->limit; n++) {
		const struct mem_item *i = m->items[n];
		if (!i || !i->batch->published)
			continue;
		add_item(o, &cap, i);
		o->after = i->id;
		items++;
	}
	o->more = items == o->limit;
	return OK;
}
