/* The memory back end's lists. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

static struct mem_list *list_of(struct mem *m, uint64_t number)
{
	return number >= 1 && number <= m->list_count && !m->lists[number - 1].gone ? &m->lists[number - 1]
	                                                                            : NULL;
}

static const struct store_list_row *row_of(const struct mem_list *l, const uint8_t *key)
{
	const struct store_list_row *last = NULL;
	for (size_t i = 0; i < l->row_count; i++)
		if (memcmp(l->rows[i].key, key, DECIDE_KEY_LEN) == 0 &&
		    (!last || l->rows[i].line > last->line))
			last = &l->rows[i];
	return last;
}

/* The entry that counts; `preview`: a list that counts as in force, 0: none. */
static const struct store_list_row *find(struct mem *m, const uint8_t *key, uint64_t preview,
                                         const struct mem_list **list)
{
	for (size_t n = m->list_count; n > 0; n--) {
		const struct mem_list *l = &m->lists[n - 1];
		bool counts = !l->gone && (l->l.state == STORE_LIST_IN_FORCE || n == preview);
		const struct store_list_row *r = counts ? row_of(l, key) : NULL;
		*list = l;
		if (r)
			return r;
	}
	return NULL;
}

void mem_list_find(struct mem *m, const struct decider *d, const struct item_request *r,
                   struct decide_listed *out)
{
	uint8_t key[DECIDE_KEY_LEN];
	const struct mem_list *l;
	*out = (struct decide_listed){.list = 0};
	const struct store_list_row *row =
	    decide_list_subject(d, r, key) ? find(m, key, m->list_preview, &l) : NULL;
	if (row)
		*out =
		    (struct decide_listed){l->l.list, row->line, l->l.type, l->l.issuer, l->l.date, row->on};
}

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

static bool has_name(const struct mem_list *l, const struct decide_name_keys *k)
{
	return row_of(l, k->name) || row_of(l, k->label);
}

static bool counts(const struct mem *m, const struct mem_list *l)
{
	return !l->gone && store_list_of_names(l->l.kind) &&
	       (l->l.state == STORE_LIST_IN_FORCE || (uint64_t)(l - m->lists) + 1 == m->list_preview);
}

/* The entries of lists of one kind, newest list first, the last line of each first; at most `max` more. */
static size_t names_of_kind(const struct mem *m, enum store_list_kind kind, const struct decide_name_keys *k,
                            struct store_named *out, size_t max)
{
	size_t count = 0;
	for (size_t n = m->list_count; n > 0; n--) {
		const struct mem_list *l = &m->lists[n - 1];
		size_t first = count;
		if (l->l.kind != kind || !counts(m, l))
			continue;
		for (size_t i = 0; i < l->row_count && count < max; i++) {
			const struct store_list_row *r = &l->rows[i];
			bool label = memcmp(r->key, k->label, sizeof k->label) == 0;
			if (!label && memcmp(r->key, k->name, sizeof k->name) != 0)
				continue;
			out[count++] =
			    (struct store_named){.named = {l->l.list, r->line, kind == STORE_LIST_BLOCKED,
			                                   label, l->l.issuer, l->l.date},
			                         .file = l->l.file,
			                         .by = l->l.by,
			                         .at = l->l.at};
		}
		for (size_t i = first + 1; i < count; i++)
			for (size_t j = i; j > first && out[j].named.line > out[j - 1].named.line; j--) {
				struct store_named swap = out[j];
				out[j] = out[j - 1];
				out[j - 1] = swap;
			}
	}
	return count;
}

static size_t names_find(const struct mem *m, const struct decide_name_keys *k,
                         struct store_named out[STORE_NAMED_MAX])
{
	size_t n = names_of_kind(m, STORE_LIST_BLOCKED, k, out, STORE_NAMED_MAX);
	return n + names_of_kind(m, STORE_LIST_RESERVED, k, out + n, STORE_NAMED_MAX - n);
}

void mem_name_find(struct mem *m, const struct decider *d, const struct item_request *r,
                   struct decide_named *out)
{
	struct store_named rows[STORE_NAMED_MAX];
	*out = (struct decide_named){.list = 0};
	if (m->list_count == 0 || r->op != ITEM_CREATE)
		return;
	struct decide_name_keys k = decide_name_keys(d, r->domain);
	if (names_find(m, &k, rows))
		*out = rows[0].named;
}

enum err mem_get_named(struct mem *m, struct store_get_named *o)
{
	struct decide_name_keys k = decide_name_keys(o->decider, o->name);
	o->rows = arena_alloc(o->arena, STORE_NAMED_MAX * sizeof *o->rows);
	o->count = names_find(m, &k, o->rows);
	for (size_t i = 0; i < o->count; i++) {
		struct str *texts[] = {&o->rows[i].named.issuer, &o->rows[i].file, &o->rows[i].by};
		for (size_t t = 0; t < ARRAY_LEN(texts); t++)
			*texts[t] = arena_str(o->arena, *texts[t]);
	}
	return OK;
}

/* ---- coming and going -------------------------------------------------------------------------------------------------- */

static void forget(struct mem_list *l)
{
	l->gone = true;
	free(l->rows);
	l->rows = NULL;
	l->row_count = 0;
}

void mem_lists_forget(struct mem *m, instant_ms_t before)
{
	for (size_t i = 0; i < m->list_count; i++)
		if (!m->lists[i].gone && m->lists[i].l.state == STORE_LIST_COMING &&
		    m->lists[i].l.at <= before)
			forget(&m->lists[i]);
}

enum err mem_list_begin(struct mem *m, struct store_list_begin *o)
{
	mem_lists_forget(m, o->now - STORE_LIST_LEFT_MS);
	m->lists = mem_grow(m->lists, m->list_count, sizeof *m->lists);
	m->lists[m->list_count++] = (struct mem_list){.l = {.kind = o->kind,
	                                                    .type = arena_str(&m->arena, o->type),
	                                                    .issuer = arena_str(&m->arena, o->issuer),
	                                                    .file = arena_str(&m->arena, o->file),
	                                                    .by = arena_str(&m->arena, o->by),
	                                                    .date = o->date,
	                                                    .at = o->now,
	                                                    .undone_at = INSTANT_NONE}};
	m->lists[m->list_count - 1].l.list = o->list = m->list_count;
	return OK;
}

static enum err require_state(struct mem *m, struct store_op *op, uint64_t number, enum store_list_state want)
{
	const struct mem_list *l = list_of(m, number);
	if (l && l->l.state == want)
		return OK;
	return store_list_wrong(&op->errmsg, number, l != NULL, l ? l->l.state : want, want);
}

static void add_name(struct mem *m, struct store_list_rows *o, struct mem_list *l,
                     const struct store_list_row *r)
{
	struct store_named rows[STORE_NAMED_MAX];
	struct decide_name_keys k;
	memcpy(k.name, r->key, sizeof k.name);
	memcpy(k.label, r->key, sizeof k.label);
	bool known = names_find(m, &k, rows) > 0;
	bool same = known && rows[0].named.blocked == (l->l.kind == STORE_LIST_BLOCKED);
	*(!known ? &o->added : same ? &o->repeated : &o->changed) += 1;
	l->rows = mem_grow(l->rows, l->row_count, sizeof *l->rows);
	l->rows[l->row_count++] = *r;
}

enum err mem_list_rows(struct mem *m, struct store_list_rows *o)
{
	REQUIRE(o->count <= STORE_LIST_ROWS_MAX);
	enum err err = require_state(m, &o->op, o->list, STORE_LIST_COMING);
	o->added = o->changed = o->repeated = 0;
	if (err)
		return err;
	struct mem_list *l = list_of(m, o->list);
	for (size_t i = 0; i < o->count && store_list_of_names(l->l.kind); i++)
		add_name(m, o, l, &o->rows[i]);
	for (size_t i = 0; i < o->count && !store_list_of_names(l->l.kind); i++) {
		const struct mem_list *in;
		const struct store_list_row *known = find(m, o->rows[i].key, 0, &in);
		*(!known ? &o->added : known->on == o->rows[i].on ? &o->repeated : &o->changed) += 1;
		l->rows = mem_grow(l->rows, l->row_count, sizeof *l->rows);
		l->rows[l->row_count++] = o->rows[i];
	}
	return OK;
}

/* What was admitted until now is decided again before it is sent. */
static void mark_stale(struct mem *m)
{
	m->stale = m->item_count;
	while (m->stale && !m->items[m->stale - 1])
		m->stale--;
}

static void undo(struct mem *m, uint64_t number, struct str by, struct str why, instant_ms_t now)
{
	struct mem_list *l = list_of(m, number);
	l->l.state = STORE_LIST_UNDONE;
	l->l.undone_at = now;
	l->l.undone_by = arena_str(&m->arena, by);
	l->l.undone_why = arena_str(&m->arena, why);
	l->l.deciding = true;
	mark_stale(m);
}

static enum err replace(struct mem *m, struct store_list_publish *o)
{
	enum err err = require_state(m, &o->op, o->replaces, STORE_LIST_IN_FORCE);
	if (!err && list_of(m, o->replaces)->l.kind != list_of(m, o->list)->l.kind)
		err = store_list_other_kind(&o->op.errmsg, o->replaces);
	if (!err)
		undo(m, o->replaces, o->by, o->why, o->now);
	return err;
}

enum err mem_list_publish(struct mem *m, struct store_list_publish *o)
{
	enum err err = require_state(m, &o->op, o->list, STORE_LIST_COMING);
	if (!err && o->replaces)
		err = replace(m, o);
	if (err)
		return err;
	struct mem_list *l = list_of(m, o->list);
	l->l.state = STORE_LIST_IN_FORCE;
	l->l.rows = o->rows = l->row_count;
	l->l.deciding = true;
	memcpy(l->l.hash, o->hash, sizeof l->l.hash);
	mark_stale(m);
	return OK;
}

enum err mem_list_drop(struct mem *m, struct store_list_drop *o)
{
	enum err err = require_state(m, &o->op, o->list, STORE_LIST_COMING);
	o->more = false;
	if (!err)
		forget(list_of(m, o->list));
	return err;
}

enum err mem_list_undo(struct mem *m, struct store_list_undo *o)
{
	enum err err = require_state(m, &o->op, o->list, STORE_LIST_IN_FORCE);
	if (!err)
		undo(m, o->list, o->by, o->why, o->now);
	return err;
}

/* ---- what waited for it ---------------------------------------------------------------------------------------------------- */

static bool waits_for(const struct decider *d, const struct mem_item *i, const struct mem_list *l)
{
	if (i->state != ITEM_WAITING && i->state != ITEM_REVIEW)
		return false;
	if (!store_list_of_names(l->l.kind))
		return i->has_list_key && row_of(l, i->list_key);
	struct decide_name_keys k = decide_name_keys(d, i->domain);
	return i->op == ITEM_CREATE && has_name(l, &k);
}

static void preview(struct mem *m, struct store_list_decide *o, struct mem_item *i)
{
	struct store_list_item *x = &o->items[o->count++];
	x->row = mem_row_of(i, false, o->arena);
	m->list_preview = o->list;
	mem_again_preview(m, &o->again, i, x->reason, &x->then);
	m->list_preview = 0;
	o->queued += x->then == ITEM_QUEUED;
}

static void again(struct mem *m, struct store_list_decide *o, struct mem_item *i)
{
	char reason[32];
	enum item_state then;
	mem_again(m, &o->again, i, reason, &then);
	o->count++;
	o->queued += then == ITEM_QUEUED;
}

static struct mem_list *next_due(struct mem *m)
{
	for (size_t i = 0; i < m->list_count; i++)
		if (!m->lists[i].gone && m->lists[i].l.deciding)
			return &m->lists[i];
	return NULL;
}

/* All at once: memory has no transaction that could become long. */
enum err mem_list_decide(struct mem *m, struct store_list_decide *o)
{
	enum err err = o->preview ? require_state(m, &o->op, o->list, STORE_LIST_COMING) : OK;
	struct mem_list *l = o->preview ? list_of(m, o->list) : next_due(m);
	o->count = o->queued = 0;
	o->more = false;
	if (!o->preview)
		o->list = l ? l->l.list : 0;
	if (err || !l)
		return err;
	if (o->preview)
		o->items = arena_alloc(o->arena, (m->item_count + 1) * sizeof *o->items);
	for (item_id_t id = o->preview ? o->after + 1 : 1; id <= m->item_count; id++) {
		struct mem_item *i = mem_item_find(m, id);
		if (i && waits_for(o->again.decider, i, l))
			(o->preview ? preview : again)(m, o, i);
	}
	o->after = m->item_count;
	if (!o->preview) {
		l->l.decided += o->count;
		l->l.deciding = false;
	}
	o->decided = l->l.decided;
	return OK;
}

enum err mem_get_lists(struct mem *m, struct store_get_lists *o)
{
	o->lists = arena_alloc(o->arena, STORE_LIST_LISTS_MAX * sizeof *o->lists);
	o->count = 0;
	for (size_t n = m->list_count; n > 0 && o->count < STORE_LIST_LISTS_MAX; n--) {
		struct store_list l = m->lists[n - 1].l;
		if (m->lists[n - 1].gone || l.state == STORE_LIST_COMING)
			continue;
		struct str *texts[] = {&l.type, &l.issuer, &l.file, &l.by, &l.undone_by, &l.undone_why};
		for (size_t k = 0; k < ARRAY_LEN(texts); k++)
			*texts[k] = arena_str(o->arena, *texts[k]);
		o->lists[o->count++] = l;
	}
	return OK;
}
