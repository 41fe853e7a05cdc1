/* The memory back end's reading: batches, lines, items, counts; figures over time. */
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

/* ---- items -------------------------------------------------------------------------------------------------------------- */

static bool is_open(enum item_state s)
{
	return s == ITEM_UNKNOWN || s == ITEM_RECONCILING || s == ITEM_PENDING || s == ITEM_NEEDS_HUMAN;
}

static struct item_result copy_result(const struct mem_item *i, struct arena *a)
{
	struct item_result r = {
	    .created = INSTANT_NONE, .expires = INSTANT_NONE, .charged_vnd = -1, .at = INSTANT_NONE};
	if (i->last)
		r = i->last->r;
	else
		r.needs = str_c(i->needs);
	struct str *texts[] = {&r.reason, &r.message, &r.needs, &r.cl_trid, &r.sv_trid};
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		*texts[k] = arena_str(a, *texts[k]);
	return r;
}

struct store_row mem_row_of(const struct mem_item *i, bool want_payload, struct arena *a)
{
	const struct mem_result *d = i->decided;
	struct store_row row = {.item = i->id,
	                        .batch = i->batch->id,
	                        .line = i->line,
	                        .partner = i->batch->partner,
	                        .account = i->account,
	                        .op = i->op,
	                        .state = i->state,
	                        .ref = arena_str(a, i->ref),
	                        .domain = arena_str(a, i->domain),
	                        .payload = want_payload ? arena_str(a, i->payload) : STR_NONE,
	                        .decision_common = arena_str(a, d ? d->common : i->common),
	                        .decision_item = arena_str(a, d ? d->detail : i->detail),
	                        .result = copy_result(i, a),
	                        .intake_fault = i->fault,
	                        .lane = i->base_lane,
	                        .paid = i->paid,
	                        .admitted = i->batch->created,
	                        .waits_since = i->state == ITEM_REVIEW ? i->held_since : INSTANT_NONE,
	                        .not_before = INSTANT_NONE};
	if (i->state == ITEM_QUEUED && row.result.at != INSTANT_NONE && i->not_before != STORE_PARKED)
		row.not_before = i->not_before;
	memcpy(row.intake_reason, i->reason, sizeof row.intake_reason);
	return row;
}

enum err mem_get_item(struct mem *m, struct store_get_item *o)
{
	struct mem_item *i =
	    o->item ? mem_item_find(m, o->item) : map_get(&m->refs, mem_key(m, o->partner, 0, o->ref));
	if (!i || !i->batch->published || (o->partner && i->batch->partner != o->partner))
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such item");
	o->row = mem_row_of(i, o->want_payload, o->arena);
	return OK;
}

enum err mem_get_open(struct mem *m, struct store_get_open *o)
{
	o->rows = arena_alloc(o->arena, (o->limit + 1) * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	for (item_id_t id = o->after + 1; id <= m->item_count && !o->more; id++) {
		struct mem_item *i = mem_item_find(m, id);
		if (!i || !is_open(i->state))
			continue;
		o->more = o->count == o->limit;
		if (!o->more)
			o->rows[o->count++] = mem_row_of(i, true, o->arena);
	}
	return OK;
}

/* ---- batches ------------------------------------------------------------------------------------------------------------ */

static struct mem_batch *batch_of(struct mem *m, struct store_op *op, batch_id_t id, uint32_t partner)
{
	struct mem_batch *b = mem_batch_find(m, id);
	if (b && (partner == 0 || b->partner == partner))
		return b;
	(void)err_set(&op->errmsg, ERR_NOT_FOUND, "no such batch");
	return NULL;
}

enum err mem_get_batch(struct mem *m, struct store_get_batch *o)
{
	struct mem_batch *b = batch_of(m, &o->op, o->batch, o->partner);
	o->info = (struct store_batch_info){.batch = o->batch};
	if (!b)
		return ERR_NOT_FOUND;
	o->info.partner = b->partner;
	o->info.lines = b->line_count;
	o->info.items = b->items;
	o->info.created = b->created;
	o->info.version = b->version;
	for (size_t k = 0; k < b->line_count; k++) {
		const struct mem_item *i = b->lines[k].item;
		o->info.counts[i->state]++;
		if (i->batch != b)
			o->info.version += i->batch->version; /* its changes are this batch's, too */
	}
	return OK;
}

enum err mem_get_items(struct mem *m, struct store_get_items *o)
{
	struct mem_batch *b = batch_of(m, &o->op, o->batch, o->partner);
	if (!b)
		return ERR_NOT_FOUND;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	for (size_t k = 0; k < b->line_count && !o->more; k++) {
		const struct mem_line *l = &b->lines[k];
		if (l->line <= o->after_line)
			continue;
		o->more = o->count == o->limit;
		if (o->more || (o->by_state && l->item->state != o->state))
			continue;
		o->rows[o->count] = mem_row_of(l->item, false, o->arena);
		o->rows[o->count++].line = l->line;
	}
	return OK;
}

enum err mem_get_domain(struct mem *m, struct store_get_domain *o)
{
	const struct mem_domain *d = map_get(&m->domains, o->domain);
	if (!d)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "the name is not in the ledger");
	o->partner = d->partner;
	o->account = d->account;
	o->created = d->created;
	o->expires = d->expires;
	o->grant_from = d->grant_from;
	o->free_until = d->free_until;
	return OK;
}

static void count_items(const struct mem *m, uint64_t items[ITEM_STATE__COUNT])
{
	memset(items, 0, ITEM_STATE__COUNT * sizeof *items);
	for (size_t i = 0; i < m->batch_count; i++)
		for (int s = 0; m->batches[i] && s < ITEM_STATE__COUNT; s++)
			items[s] += m->batches[i]->counts[s];
}

enum err mem_get_counts(struct mem *m, struct store_get_counts *o)
{
	count_items(m, o->items);
	o->batches = 0;
	for (size_t i = 0; i < m->batch_count; i++)
		o->batches += m->batches[i] && m->batches[i]->published;
	o->domains = m->domains.count;
	o->grants = m->grants.count;
	o->messages_waiting = m->messages_waiting;
	return OK;
}

/* ---- queues -------------------------------------------------------------------------------------------------------------- */

static struct store_depth *depth_of(struct store_get_depths *o, const struct mem_item *i)
{
	for (size_t k = 0; k < o->count; k++) {
		const struct store_queue_key *q = &o->depths[k].queue;
		if (q->account == i->account && q->partner == i->batch->partner && q->lane == i->lane)
			return &o->depths[k];
	}
	o->depths[o->count] = (struct store_depth){.queue = {i->account, i->batch->partner, i->lane},
	                                           .oldest = i->batch->created};
	return &o->depths[o->count++];
}

static void add_partner(struct store_get_depths *o, const struct mem_batch *b)
{
	size_t k = 0;
	while (k < o->partner_count && o->partners[k].partner != b->partner)
		k++;
	if (k == o->partner_count)
		o->partners[o->partner_count++] = (struct store_partner_depth){.partner = b->partner};
	o->partners[k].items += b->counts[ITEM_QUEUED];
}

enum err mem_get_depths(struct mem *m, struct store_get_depths *o)
{
	o->depths = arena_alloc(o->arena, (m->item_count + 1) * sizeof *o->depths);
	o->count = 0;
	count_items(m, o->items);
	for (item_id_t id = 1; id <= m->item_count; id++) {
		const struct mem_item *i = mem_item_find(m, id);
		if (!i || i->state != ITEM_QUEUED)
			continue;
		struct store_depth *d = depth_of(o, i);
		d->items++;
		if (i->batch->created < d->oldest)
			d->oldest = i->batch->created;
	}
	o->partners = arena_alloc(o->arena, (m->batch_count + 1) * sizeof *o->partners);
	o->partner_count = 0;
	for (size_t i = 0; i < m->batch_count; i++)
		if (m->batches[i] && m->batches[i]->published && m->batches[i]->counts[ITEM_QUEUED])
			add_partner(o, m->batches[i]);
	return OK;
}

/* ---- history -------------------------------------------------------------------------------------------------------------- */

static void add_point(struct mem *m, uint32_t step_s, uint32_t series, instant_ms_t at, int64_t value)
{
	for (size_t k = 0; k < m->point_count; k++) {
		struct store_point *p = &m->points[k].p;
		if (m->points[k].step_s != step_s || p->series != series || p->at != at)
			continue;
		p->count++;
		p->sum += value;
		p->high = value > p->high ? value : p->high;
		return;
	}
	m->points = mem_grow(m->points, m->point_count, sizeof *m->points);
	m->points[m->point_count++] = (struct mem_point){step_s, {series, at, 1, value, value}};
}

static void drop_points(struct mem *m, uint32_t step_s, uint32_t series, instant_ms_t before)
{
	for (size_t k = 0; k < m->point_count;) {
		const struct mem_point *p = &m->points[k];
		if (p->step_s == step_s && p->p.series == series && p->p.at < before)
			m->points[k] = m->points[--m->point_count];
		else
			k++;
	}
}

enum err mem_history_add(struct mem *m, struct store_history_add *o)
{
	for (size_t k = 0; k < STORE_HISTORY_STEPS; k++) {
		const struct store_history_step *s = &store_history_steps[k];
		instant_ms_t ms = (instant_ms_t)s->step_s * 1000, at = o->at - o->at % ms;
		for (uint32_t i = 0; i < o->count; i++) {
			if (o->values[i] == INT64_MIN)
				continue;
			add_point(m, s->step_s, i, at, o->values[i]);
			drop_points(m, s->step_s, i, at - (instant_ms_t)s->keep_s * 1000);
		}
	}
	return OK;
}

static int compare_points(const void *pa, const void *pb)
{
	const struct store_point *a = pa, *b = pb;
	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

enum err mem_get_history(struct mem *m, struct store_get_history *o)
{
	o->points = arena_alloc(o->arena, (m->point_count + 1) * sizeof *o->points);
	o->count = 0;
	for (size_t k = 0; k < m->point_count; k++)
		if (m->points[k].step_s == o->step_s && m->points[k].p.at >= o->from)
			o->points[o->count++] = m->points[k].p;
	qsort(o->points, o->count, sizeof *o->points, compare_points);
	return OK;
}

/* ---- progress -------------------------------------------------------------------------------------------------------------- */

static struct str text_after(struct str text, struct str key)
{
	const char *at = text.len ? memmem(text.ptr, text.len, key.ptr, key.len) : NULL;
	if (!at)
		return STR_NONE;
	struct str rest = str_make(at + key.len, (size_t)(text.ptr + text.len - at) - key.len);
	return str_split(&rest, '"');
}

/* What an item's decision says about where its applicant is registered: a code and its list. */
static struct str province_of(struct mem *m, struct str decision)
{
	struct str code = text_after(decision, STR("\"province\":\""));
	struct str list = text_after(decision, STR("\"province_list\":\""));
	return code.len ? arena_printf(&m->arena, "%.*s@%.*s", STR_ARG(code), STR_ARG(list)) : STR_NONE;
}

static void add_progress(struct mem *m, date_t day, const struct store_progress_row *row)
{
	for (size_t k = 0; k < m->progress_count; k++) {
		struct mem_progress *p = &m->progress[k];
		if (p->day != day || !str_eq(p->row.zone, row->zone) ||
		    !str_eq(p->row.province, row->province))
			continue;
		p->row.names += row->names;
		p->row.granted += row->granted;
		return;
	}
	m->progress = mem_grow(m->progress, m->progress_count, sizeof *m->progress);
	m->progress[m->progress_count++] = (struct mem_progress){day, *row};
}

enum err mem_progress(struct mem *m, struct store_progress *o)
{
	size_t seen = 0;
	for (; m->progress_at < m->result_count && seen < STORE_PROGRESS_MAX; seen++) {
		const struct mem_result *r = m->results[m->progress_at++];
		const struct mem_item *i = r->item;
		if (!i || r->r.state != ITEM_DONE || i->op != ITEM_CREATE)
			continue;
		const struct mem_domain *d = map_get(&m->domains, i->domain);
		struct store_progress_row row = {.zone = i->domain,
		                                 .province = province_of(m, i->common),
		                                 .names = 1};
		(void)str_split(&row.zone, '.'); /* the label goes, the zone stays */
		row.granted = d && d->item == i->id && d->grant_from != DATE_NONE;
		add_progress(m, date_of_instant(r->r.at, HANOI_OFFSET_S), &row);
	}
	o->more = seen == STORE_PROGRESS_MAX;
	return OK;
}

static int compare_rows(const void *pa, const void *pb)
{
	const struct store_progress_row *a = pa, *b = pb;
	int order = str_cmp(a->zone, b->zone);
	return order ? order : str_cmp(a->province, b->province);
}

enum err mem_get_progress(struct mem *m, struct store_get_progress *o)
{
	o->rows = arena_alloc(o->arena, (m->progress_count + 1) * sizeof *o->rows);
	o->count = 0;
	for (size_t k = 0; k < m->progress_count; k++) {
		const struct mem_progress *p = &m->progress[k];
		size_t n = 0;
		if (p->day < o->from || p->day > o->to)
			continue;
		while (n < o->count && compare_rows(&o->rows[n], &p->row) != 0)
			n++;
		if (n == o->count)
			o->rows[o->count++] = (struct store_progress_row){p->row.zone, p->row.province, 0, 0};
		o->rows[n].names += p->row.names;
		o->rows[n].granted += p->row.granted;
	}
	qsort(o->rows, o->count, sizeof *o->rows, compare_rows);
	return OK;
}
