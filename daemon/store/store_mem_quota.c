/* The memory back end's quotas. */
#include "daemon/store/store_mem_int.h"

#include <stdio.h>
#include <stdlib.h>

#define HELD_DAYS 40 /* as in sqlite_quota.c */

static uint64_t *used_of(struct mem *m, struct str scope, date_t day)
{
	for (size_t i = 0; i < m->used_count; i++)
		if (m->used[i].begin == day && str_eq(m->used[i].scope, scope))
			return &m->used[i].used;
	m->used = mem_grow(m->used, m->used_count, sizeof *m->used);
	m->used[m->used_count] = (struct store_used){arena_str(&m->arena, scope), day, 0};
	return &m->used[m->used_count++].used;
}

static struct str lines_scope(char room[32], uint32_t partner)
{
	(void)snprintf(room, 32, "lines/%u", partner);
	return str_c(room);
}

static bool is_of_a_day(struct str scope)
{
	return str_starts(scope, STR("lines/")) || str_starts(scope, STR(STORE_LEASE_SCOPE));
}

static bool is_full(const struct limit *l, uint64_t there, uint64_t more)
{
	return l->max && there + (more ? more : 1) > l->max;
}

enum err mem_room(struct mem *m, struct store_op *op, struct store_room *r, uint32_t partner,
                  const struct mem_batch *b, instant_ms_t now)
{
	char room[32];
	uint64_t queued = b ? b->counts[ITEM_QUEUED] : 0;
	r->waiting = r->queued.max ? mem_queued_of(m, partner) : 0;
	r->adding = r->queued.max ? queued : 0;
	r->today = 0;
	r->day_full = false;
	r->queue_full = (!b || queued) && is_full(&r->queued, r->waiting, queued);
	if (r->queue_full && !r->queued.shadow)
		return err_set(&op->errmsg, ERR_FULL, "more lines of this partner would wait than may");
	r->adding = b ? b->items : 0;
	if (!r->per_day.max)
		return OK;
	r->today = *used_of(m, lines_scope(room, partner), date_of_instant(now, HANOI_OFFSET_S));
	r->day_full = (!b || b->items) && is_full(&r->per_day, r->today, r->adding);
	if (r->day_full && !r->per_day.shadow)
		return err_set(&op->errmsg, ERR_FULL, "this partner's lines of the day are used up");
	return OK;
}

void mem_room_take(struct mem *m, const struct mem_batch *b, instant_ms_t now)
{
	char room[32];
	date_t today = date_of_instant(now, HANOI_OFFSET_S);
	size_t kept = 0;
	if (b->items == 0)
		return;
	for (size_t i = 0; i < m->used_count; i++)
		if (!is_of_a_day(m->used[i].scope) || m->used[i].begin >= today - HELD_DAYS)
			m->used[kept++] = m->used[i];
	m->used_count = kept;
	*used_of(m, lines_scope(room, b->partner), today) += b->items;
}

static int compare_used(const void *pa, const void *pb)
{
	const struct store_used *a = pa, *b = pb;
	int order = str_cmp(a->scope, b->scope);
	return order ? order : (a->begin > b->begin) - (a->begin < b->begin);
}

/* A row that was only asked for is none. */
enum err mem_get_used(struct mem *m, struct store_get_used *o)
{
	o->list = arena_alloc(o->arena, (m->used_count + 1) * sizeof *o->list);
	o->count = 0;
	for (size_t i = 0; i < m->used_count; i++)
		if (m->used[i].used)
			o->list[o->count++] = (struct store_used){arena_str(o->arena, m->used[i].scope),
			                                          m->used[i].begin, m->used[i].used};
	qsort(o->list, o->count, sizeof *o->list, compare_used);
	return OK;
}

struct str mem_quota_take(struct mem *m, const struct store_batch_chunk *o, const struct item_request *r,
                          struct decide_outcome *d)
{
	const struct quota *list[QUOTA_MATCH_MAX];
	date_t today = date_of_instant(o->now, HANOI_OFFSET_S);
	bool full = false;
	if (o->quota_count == 0 || r->op != ITEM_CREATE || d->state == ITEM_REFUSED)
		return STR_NONE;
	size_t n =
	    quota_matches(o->quotas, o->quota_count, d->zone, str_c(d->province), d->free_years > 0, list);
	for (size_t i = 0; i < n; i++)
		full |= !list[i]->limit.shadow &&
		        *used_of(m, str_c(list[i]->name), quota_begin(list[i]->period, today)) >=
		            list[i]->limit.max;
	if (full) {
		decide_beyond_quota(d);
		return STR_NONE;
	}
	struct str held = STR_NONE;
	for (size_t i = 0; i < n; i++) {
		date_t begin = quota_begin(list[i]->period, today);
		*used_of(m, str_c(list[i]->name), begin) += 1;
		held =
		    arena_printf(&m->arena, "%.*s%s%s@%d", STR_ARG(held), i ? ";" : "", list[i]->name, begin);
	}
	return held;
}

void mem_quota_release(struct mem *m, struct mem_item *i)
{
	struct str held = i->quota;
	i->quota = STR_NONE;
	while (held.len) {
		struct str day = str_split(&held, ';');
		struct str scope = str_split(&day, '@');
		int64_t begin;
		if (str_to_i64(day, &begin))
			*used_of(m, scope, (date_t)begin) -= 1;
	}
}

enum err mem_lease(struct mem *m, struct store_lease *o)
{
	uint64_t *used = used_of(m, str_c(o->scope), o->day), left = *used < o->max ? o->max - *used : 0;
	o->granted = o->wanted < left ? o->wanted : left;
	o->total = *used += o->granted;
	return OK;
}
