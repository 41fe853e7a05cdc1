/* The memory back end's intake: batches in chunks, decided line by line, visible when they are published. */
#include "daemon/job/lane.h"
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

static struct mem_batch *batch_of_key(struct mem *m, uint32_t partner, struct str key)
{
	for (size_t i = 0; i < m->batch_count && key.len; i++) {
		struct mem_batch *b = m->batches[i];
		if (b && b->partner == partner && str_eq(b->idempotency_key, key))
			return b;
	}
	return NULL;
}

enum err mem_batch_begin(struct mem *m, struct store_batch_begin *o)
{
	struct mem_batch *b = batch_of_key(m, o->partner, o->idempotency_key);
	if (b && b->published && o->now - b->published_at >= STORE_KEY_KEPT_MS) {
		b->idempotency_key = STR_NONE;
		b = NULL;
	}
	if (b) {
		o->batch = b->id;
		if (b->published)
			memcpy(o->payload_hash, b->hash, sizeof o->payload_hash);
		return b->published ? ERR_EXISTS : ERR_BUSY;
	}
	enum err err = mem_room(m, &o->op, &o->room, o->partner, NULL, o->now);
	if (err)
		return err;
	b = arena_calloc(&m->arena, 1, sizeof *b);
	m->batches = mem_grow(m->batches, m->batch_count, sizeof *m->batches);
	m->batches[m->batch_count++] = b;
	b->id = o->batch = m->batch_count;
	b->partner = o->partner;
	b->idempotency_key = arena_str(&m->arena, o->idempotency_key);
	b->created = o->now;
	b->trace = o->trace;
	return OK;
}

static struct mem_batch *open_batch(struct mem *m, struct store_op *op, batch_id_t id)
{
	struct mem_batch *b = id >= 1 && id <= m->batch_count ? m->batches[id - 1] : NULL;
	if (b && !b->published)
		return b;
	(void)err_set(&op->errmsg, ERR_NOT_FOUND, "no such batch is being received");
	return NULL;
}

/* Lines come in the order of the body. */
static void add_line(struct mem_batch *b, uint32_t line, struct mem_item *item)
{
	b->lines = mem_grow(b->lines, b->line_count, sizeof *b->lines);
	size_t at = b->line_count++;
	for (; at > 0 && b->lines[at - 1].line > line; at--)
		b->lines[at] = b->lines[at - 1];
	b->lines[at] = (struct mem_line){line, item};
}

static void repeat(struct mem_batch *b, struct store_line *l, struct mem_item *known)
{
	l->item = known->id;
	l->state = known->last ? known->last->r.state : known->intake;
	memcpy(l->reason, known->reason, sizeof l->reason);
	if (!str_eq(known->payload, l->payload))
		l->outcome = STORE_LINE_CONFLICT;
	else if (known->batch == b)
		l->outcome = STORE_LINE_TWICE;
	else if (!known->batch->published)
		l->outcome = STORE_LINE_BUSY;
	else
		l->outcome = STORE_LINE_SAME;
	if (l->outcome == STORE_LINE_SAME)
		add_line(b, l->line, known);
}

static struct mem_item *new_item(struct mem *m)
{
	struct mem_item *i = arena_calloc(&m->arena, 1, sizeof *i);
	/* Numbers of lines that were dropped at the end are given again. */
	while (m->item_count && !m->items[m->item_count - 1])
		m->item_count--;
	m->items = mem_grow(m->items, m->item_count, sizeof *m->items);
	m->items[m->item_count++] = i;
	i->id = m->item_count;
	i->not_before = INSTANT_NONE;
	return i;
}

static void fill_request(struct mem *m, struct mem_item *i, const struct store_line *l)
{
	i->line = l->line;
	i->account = l->account;
	i->lane = i->base_lane = l->lane;
	i->op = l->request->op;
	i->ref = arena_str(&m->arena, l->request->ref);
	i->domain = arena_str(&m->arena, l->request->domain);
	i->payload = arena_str(&m->arena, l->payload);
	memcpy(i->contact, l->contact_id, sizeof i->contact);
}

static void fill_decision(struct mem *m, struct mem_item *i, const struct decide_outcome *d,
                          const struct decider *decider)
{
	i->intake = i->state = d->state;
	i->fault = d->fault;
	memcpy(i->reason, d->reason, sizeof i->reason);
	memcpy(i->needs, d->needs, sizeof i->needs);
	i->decided_on = d->decided_on;
	i->rules = arena_str(&m->arena, str_c(decider_revision(decider)));
	i->common = arena_str(&m->arena, d->common);
	i->detail = arena_str(&m->arena, d->item);
	i->record = arena_str(&m->arena, d->record);
	i->paid = d->charged_years > 0;
	i->fee_vnd = d->fee_vnd;
	i->grant_from = d->free_from;
	i->free_until = d->free_until;
}

static void add_item(struct mem *m, struct store_batch_chunk *o, struct mem_batch *b, struct store_line *l)
{
	struct decide_ledger ledger;
	struct decide_outcome d;
	struct decide_subject subject;
	mem_ledger(m, o->decider, l->request, b->partner, 0, &ledger, &subject);
	decide_item(o->decider, l->request, &ledger, DECIDE_ADMISSION, o->now, &m->scratch, &d);
	struct str quota = mem_quota_take(m, o, l->request, &d);
	instant_ms_t due = lane_due(l->request, d.eligible_until);
	struct mem_item *i = new_item(m);
	i->batch = b;
	i->due = due;
	i->held_since = o->now;
	i->look = l->request->op == ITEM_RENEW && !ledger.name_known && d.state == ITEM_REVIEW;
	i->has_list_key = decide_list_subject(o->decider, l->request, i->list_key);
	i->quota = quota;
	fill_request(m, i, l);
	fill_decision(m, i, &d, o->decider);
	mem_mark(m, i, &subject, &d);
	INVARIANT(!map_put(&m->refs, mem_key(m, b->partner, 0, i->ref), i));
	add_line(b, l->line, i);
	b->items++;
	b->counts[i->state]++;
	b->version++;
	l->outcome = STORE_LINE_NEW;
	l->item = i->id;
	l->state = i->state;
	memcpy(l->reason, i->reason, sizeof l->reason);
}

enum err mem_batch_chunk(struct mem *m, struct store_batch_chunk *o)
{
	struct mem_batch *b = open_batch(m, &o->op, o->batch);
	struct item_request room;
	REQUIRE(o->count <= STORE_CHUNK_MAX);
	if (!b)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < o->count; i++) {
		struct store_line *l = &o->lines[i];
		bool decodes = !l->request;
		if (decodes && item_decode(l->payload, &room))
			return err_set(&o->op.errmsg, ERR_CORRUPT, "line %u is no request", l->line);
		if (decodes)
			l->request = &room;
		struct mem_item *known = map_get(&m->refs, mem_key(m, o->partner, 0, l->request->ref));
		if (known)
			repeat(b, l, known);
		else
			add_item(m, o, b, l);
		if (decodes)
			l->request = NULL;
	}
	return OK;
}

enum err mem_batch_publish(struct mem *m, struct store_batch_publish *o)
{
	struct mem_batch *b = open_batch(m, &o->op, o->batch);
	if (!b)
		return ERR_NOT_FOUND;
	enum err err = mem_room(m, &o->op, &o->room, b->partner, b, o->now);
	if (err)
		return err;
	mem_room_take(m, b, o->now);
	b->published = true;
	b->published_at = o->now;
	mem_publication_add(m, b);
	memcpy(b->hash, o->payload_hash, sizeof b->hash);
	return OK;
}

void mem_batch_drop(struct mem *m, struct mem_batch *b)
{
	for (size_t k = 0; k < b->line_count; k++) {
		struct mem_item *i = b->lines[k].item;
		if (i->batch != b)
			continue;
		mem_grant_release(m, i);
		mem_quota_release(m, i);
		INVARIANT(map_del(&m->refs, mem_key(m, b->partner, 0, i->ref)) == i);
		m->items[i->id - 1] = NULL;
	}
	m->batches[b->id - 1] = NULL;
	free(b->lines);
}

enum err mem_batch_abort(struct mem *m, struct store_batch_abort *o)
{
	struct mem_batch *b = open_batch(m, &o->op, o->batch);
	if (!b)
		return ERR_NOT_FOUND;
	mem_batch_drop(m, b);
	return OK;
}

static void cancel_item(struct mem *m, struct store_batch_cancel *o, struct mem_item *i)
{
	if (i->state != ITEM_QUEUED && i->state != ITEM_WAITING && i->state != ITEM_REVIEW) {
		store_cancel_left(o, i->state);
		return;
	}
	struct item_result r = mem_result_of(ITEM_CANCELLED, mem_attempt_of(i), o->now);
	r.reason = STR("CANCELLED");
	r.message = STR("cancelled by the partner");
	mem_result_add(m, i, &r, false, NULL);
	mem_grant_release(m, i);
	o->cancelled++;
}

enum err mem_batch_cancel(struct mem *m, struct store_batch_cancel *o)
{
	struct mem_batch *b = mem_batch_find(m, o->batch);
	if (!b || (o->partner && b->partner != o->partner))
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such batch");
	store_cancel_begin(o, b->line_count, b->items);
	for (size_t k = 0; k < b->line_count; k++)
		if (b->lines[k].item->batch == b)
			cancel_item(m, o, b->lines[k].item);
	return OK;
}
