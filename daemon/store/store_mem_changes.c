/* The memory back end's change feed: the same order, found by looking at everything. */
#include "daemon/store/store_changes.h"
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

void mem_publication_add(struct mem *m, struct mem_batch *b)
{
	m->publications = mem_grow(m->publications, m->publication_count, sizeof *m->publications);
	m->publications[m->publication_count++] = (struct mem_publication){b, m->result_count};
	b->publication = m->publication_count;
}

static struct store_change change_of(struct store_get_changes *o, const struct mem_item *i)
{
	return (struct store_change){.cursor = o->cursor,
	                             .item = i->id,
	                             .batch = i->batch->id,
	                             .line = i->line,
	                             .op = i->op,
	                             .ref = arena_str(o->arena, i->ref),
	                             .domain = arena_str(o->arena, i->domain),
	                             .on = DATE_NONE,
	                             .expires = INSTANT_NONE};
}

static void fill(struct store_get_changes *o, struct store_change *c, const struct item_result *r)
{
	c->state = r->state;
	c->fault = r->fault;
	c->reason = arena_str(o->arena, r->reason);
	c->code = r->code;
	c->expires = r->expires;
	c->at = r->at;
}

/* The newest result of an item among the first `count`; NULL: none. */
static const struct mem_result *result_before(const struct mem *m, const struct mem_item *i, uint64_t count)
{
	while (count > 0 && m->results[count - 1]->item != i)
		count--;
	return count ? m->results[count - 1] : NULL;
}

static void add_line(struct mem *m, struct store_get_changes *o, const struct mem_publication *p,
                     const struct mem_item *i)
{
	struct store_change c = change_of(o, i);
	const struct mem_result *r = result_before(m, i, p->after);
	c.state = i->intake;
	c.fault = i->fault;
	c.reason = arena_str(o->arena, str_c(i->reason));
	c.at = p->batch->published_at;
	if (r)
		fill(o, &c, &r->r);
	o->rows[o->count++] = c;
}

static void publication(struct mem *m, struct store_get_changes *o, const struct mem_publication *p)
{
	const struct mem_batch *b = p->batch;
	if (o->cursor.publication != b->publication)
		o->cursor = (struct store_cursor){o->cursor.seq, b->publication, 0};
	if (p->after > o->cursor.seq)
		o->cursor.seq = p->after;
	for (size_t k = 0; k < b->line_count && (!o->batch || b->id == o->batch); k++) {
		const struct mem_line *l = &b->lines[k];
		if (l->item->batch != b || l->line <= o->cursor.line)
			continue;
		o->more = o->count == o->limit;
		if (o->more)
			return;
		o->cursor.line = l->line;
		add_line(m, o, p, l->item);
	}
	o->cursor.line = STORE_CURSOR_ALL;
}

static void notice(struct store_get_changes *o, const struct mem_result *r)
{
	if (o->batch) /* it is of no batch */
		return;
	struct store_change *c = &o->rows[o->count++];
	*c = r->notice;
	c->cursor = o->cursor;
	c->domain = arena_str(o->arena, r->notice.domain);
}

static void result(struct mem *m, struct store_get_changes *o, uint64_t seq)
{
	const struct mem_result *r = m->results[seq - 1];
	const struct mem_batch *b = r->item ? r->item->batch : NULL;
	o->cursor.seq = seq;
	if (!b) {
		notice(o, r);
		return;
	}
	if (b->published && seq > m->publications[b->publication - 1].after &&
	    (!o->batch || b->id == o->batch)) {
		struct store_change c = change_of(o, r->item);
		fill(o, &c, &r->r);
		o->rows[o->count++] = c;
	}
}

static uint32_t partner_of(const struct mem_result *r)
{
	return r->item ? r->item->batch->partner : r->partner;
}

/* The partner's next result; 0: none. */
static uint64_t next_result(const struct mem *m, const struct store_get_changes *o)
{
	for (uint64_t seq = o->cursor.seq + 1; seq <= m->result_count; seq++)
		if (partner_of(m->results[seq - 1]) == o->partner)
			return seq;
	return 0;
}

static const struct mem_publication *next_publication(const struct mem *m, const struct store_get_changes *o)
{
	bool amid = o->cursor.publication && o->cursor.line != STORE_CURSOR_ALL;
	for (uint64_t n = o->cursor.publication + !amid; n >= 1 && n <= m->publication_count; n++)
		if (m->publications[n - 1].batch->partner == o->partner)
			return &m->publications[n - 1];
	return NULL;
}

static void read_feed(struct mem *m, struct store_get_changes *o)
{
	for (unsigned scanned = 0; !o->more; scanned++) {
		uint64_t seq = next_result(m, o);
		const struct mem_publication *p = next_publication(m, o);
		if (!seq && !p)
			return;
		if (o->count == o->limit || scanned >= STORE_CHANGES_SCAN)
			o->more = true;
		else if (p && (!seq || p->after < seq))
			publication(m, o, p);
		else
			result(m, o, seq);
	}
}

static void go_to_end(struct mem *m, struct store_get_changes *o)
{
	struct store_cursor *c = &o->cursor;
	const struct mem_publication *p;
	uint64_t seq;
	*c = (struct store_cursor){0, 0, STORE_CURSOR_ALL};
	while ((seq = next_result(m, o)))
		c->seq = seq;
	while ((p = next_publication(m, o))) {
		c->publication = p->batch->publication;
		if (p->after > c->seq)
			c->seq = p->after;
	}
}

enum err mem_get_changes(struct mem *m, struct store_get_changes *o)
{
	struct mem_batch *b = o->batch ? mem_batch_find(m, o->batch) : NULL;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	if (o->batch && (!b || b->partner != o->partner))
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such batch");
	if (b && o->from == STORE_CHANGES_BATCH)
		o->cursor = (struct store_cursor){m->publications[b->publication - 1].after,
		                                  b->publication - 1, STORE_CURSOR_ALL};
	if (o->from == STORE_CHANGES_NOW)
		go_to_end(m, o);
	if (o->cursor.seq > m->result_count || o->cursor.publication > m->publication_count)
		return store_cursor_ahead(&o->op);
	read_feed(m, o);
	return OK;
}

/* ---- notices ------------------------------------------------------------------------------------------------------------- */

static bool is_due(const struct store_notify *o, struct str name, const struct mem_domain *d)
{
	if (d->partner == 0 || d->free_until == DATE_NONE || d->expires == INSTANT_NONE ||
	    d->expires <= o->now)
		return false;
	if (d->told == d->free_until && d->told_partner == d->partner)
		return false;
	bool after =
	    d->free_until > o->from || (d->free_until == o->from && str_cmp(name, str_c(o->after_name)) > 0);
	return after && d->free_until <= o->until &&
	       date_of_instant(d->expires, HANOI_OFFSET_S) <= d->free_until + 1;
}

/* The first of those that are due; NULL: there is none. */
static struct mem_domain *next_due(const struct mem *m, const struct store_notify *o, struct str *name)
{
	struct mem_domain *first = NULL;
	struct str key;
	void *value;
	size_t at = 0;
	while (map_next(&m->domains, &at, &key, &value)) {
		struct mem_domain *d = value;
		if (!is_due(o, key, d) ||
		    (first && (d->free_until > first->free_until ||
		               (d->free_until == first->free_until && str_cmp(key, *name) > 0))))
			continue;
		first = d;
		*name = key;
	}
	return first;
}

static void tell(struct mem *m, struct store_notify *o, struct str name, struct mem_domain *d)
{
	struct mem_result *n = arena_calloc(&m->arena, 1, sizeof *n);
	n->partner = d->partner;
	n->notice = (struct store_change){.notice = STORE_NOTICE_COSTS,
	                                  .on = d->free_until,
	                                  .domain = arena_str(&m->arena, name),
	                                  .expires = d->expires,
	                                  .at = o->now};
	m->results = mem_grow(m->results, m->result_count, sizeof *m->results);
	m->results[m->result_count++] = n;
	d->told = d->free_until;
	d->told_partner = d->partner;
	o->from = d->free_until;
	if (!str_copy(o->after_name, sizeof o->after_name, name))
		o->after_name[0] = '\0'; /* names are shorter */
	o->told++;
}

enum err mem_notify(struct mem *m, struct store_notify *o)
{
	struct str name;
	struct mem_domain *d;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->told = 0;
	while ((d = next_due(m, o, &name)) && o->told < o->limit)
		tell(m, o, name, d);
	o->more = d != NULL;
	return OK;
}
