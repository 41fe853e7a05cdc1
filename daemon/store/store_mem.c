/*
 * The memory back end: what the store means, in the simplest structures, for tests and simulation. Nothing of it is
 * durable; a crash of the gateway in a simulation leaves it as it stood after the last group.
 *
 * An operation checks everything that can fail before it changes anything: so a bad one leaves no trace, and a group
 * needs no way back. Memory that was given out is freed at the end only.
 */
#include "daemon/store/store_changes.h"
#include "daemon/store/store_domains.h"
#include "daemon/store/store_mem_int.h"
#include "daemon/store/store_preview.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/trid.h"

#include <stdlib.h>
#include <string.h>

#define IMPORTED 1 /* the grant of no item of ours: item 0, + 1 */

/* ---- helpers of all files ---------------------------------------------------------------------------------------------- */

void *mem_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1) || (count && count < 8))
		return array;
	return xrealloc(array, count < 8 ? 8 : 2 * count, size);
}

struct str mem_key(struct mem *m, uint32_t number, uint64_t more, struct str text)
{
	buf_clear(&m->key);
	buf_append(&m->key, &number, sizeof number);
	buf_append(&m->key, &more, sizeof more);
	buf_add(&m->key, text);
	return buf_str(&m->key);
}

struct mem_batch *mem_batch_find(struct mem *m, batch_id_t id)
{
	struct mem_batch *b = id >= 1 && id <= m->batch_count ? m->batches[id - 1] : NULL;
	return b && b->published ? b : NULL;
}

struct mem_item *mem_item_find(struct mem *m, item_id_t id)
{
	struct mem_item *i = id >= 1 && id <= m->item_count ? m->items[id - 1] : NULL;
	return i && i->batch->published ? i : NULL;
}

uint64_t mem_queued_of(const struct mem *m, uint32_t partner)
{
	uint64_t n = 0;
	for (size_t i = 0; i < m->batch_count; i++) {
		const struct mem_batch *b = m->batches[i];
		if (b && b->published && b->partner == partner)
			n += b->counts[ITEM_QUEUED];
	}
	return n;
}

void mem_item_move(struct mem_item *i, enum item_state to)
{
	if (i->state == to)
		return;
	i->batch->counts[i->state]--;
	i->batch->counts[to]++;
	i->batch->version++;
	i->state = to;
}

int mem_attempt_of(const struct mem_item *i)
{
	return i->last ? i->last->r.attempt + (i->last->counted && i->last->r.state == ITEM_QUEUED) : 1;
}

struct item_result mem_result_of(enum item_state state, int attempt, instant_ms_t at)
{
	return (struct item_result){.state = state,
	                            .attempt = attempt,
	                            .created = INSTANT_NONE,
	                            .expires = INSTANT_NONE,
	                            .charged_vnd = -1,
	                            .at = at};
}

void mem_result_add(struct mem *m, struct mem_item *i, const struct item_result *r, bool counted,
                    const struct decide_outcome *d)
{
	struct mem_result *n = arena_calloc(&m->arena, 1, sizeof *n);
	*n = (struct mem_result){.item = i, .r = *r, .counted = counted};
	struct str *texts[] = {&n->r.reason, &n->r.message, &n->r.needs, &n->r.cl_trid, &n->r.sv_trid};
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		*texts[k] = arena_str(&m->arena, *texts[k]);
	if (d) {
		n->common = arena_str(&m->arena, d->common);
		n->detail = arena_str(&m->arena, d->item);
		n->record = arena_str(&m->arena, d->record);
		n->decided_before = i->decided;
		n->seq = m->result_count + 1;
		i->decided = n;
	}
	m->results = mem_grow(m->results, m->result_count, sizeof *m->results);
	m->results[m->result_count++] = n;
	i->last = n;
	if (r->state == ITEM_FAILED || r->state == ITEM_CANCELLED || r->state == ITEM_REFUSED)
		mem_quota_release(m, i);
	if (i->state != r->state)
		i->held_since = r->at;
	i->look &= r->state == ITEM_WAITING || r->state == ITEM_REVIEW;
	mem_item_move(i, r->state);
}

/* ---- names of partners and accounts ------------------------------------------------------------------------------------------ */

static uint32_t number_of(struct mem *m, bool is_account, const char *name)
{
	for (size_t i = 0; i < m->name_count; i++)
		if (m->names[i].is_account == is_account && strcmp(m->names[i].name, name) == 0)
			return (uint32_t)(i + 1);
	m->names = mem_grow(m->names, m->name_count, sizeof *m->names);
	m->names[m->name_count++] = (struct mem_name){is_account, arena_str(&m->arena, str_c(name)).ptr};
	return (uint32_t)m->name_count;
}

enum err mem_setting(struct mem *m, struct store_setting *o)
{
	struct str *kept = map_get(&m->settings, str_c(o->name));
	if (!o->value.ptr) {
		o->value = kept ? arena_str(o->arena, *kept) : STR_NONE;
		return OK;
	}
	if (!kept) {
		kept = arena_alloc(&m->arena, sizeof *kept);
		INVARIANT(!map_put(&m->settings, str_c(o->name), kept));
	}
	*kept = arena_str(&m->arena, o->value);
	return OK;
}

static enum err do_register(struct mem *m, struct store_register *o)
{
	for (size_t i = 0; i < o->count; i++)
		o->ids[i] = number_of(m, o->is_account, o->names[i]);
	return OK;
}

/* ---- start-up ------------------------------------------------------------------------------------------------------------------ */

/* Handed to the sender and nothing heard since: it may have been carried out. */
static void doubt(struct mem *m, struct mem_item *i)
{
	char cltrid[EPP_TRID_MAX + 1];
	struct epp_trid trid = {i->claim_epoch, i->claim, i->claim_offset, 't', i->batch->trace};
	struct item_result r = mem_result_of(ITEM_UNKNOWN, mem_attempt_of(i), i->claimed_at);
	(void)epp_trid_format(cltrid, &trid); /* its length is not needed */
	r.cl_trid = str_c(cltrid);
	r.reason = STR("OUTCOME_UNKNOWN");
	r.message = STR("the gateway stopped while this was being sent");
	mem_result_add(m, i, &r, true, NULL);
}

/* The newest claim first, and within it as it was sent: the order in which the feed tells them. */
static int compare_claimed(const void *pa, const void *pb)
{
	const struct mem_item *a = *(struct mem_item *const *)pa, *b = *(struct mem_item *const *)pb;
	if (a->claim != b->claim)
		return a->claim > b->claim ? -1 : 1;
	return (a->claim_offset > b->claim_offset) - (a->claim_offset < b->claim_offset);
}

static void doubt_claimed(struct mem *m, struct store_recover *o)
{
	struct mem_item **claimed = xcalloc(m->item_count + 1, sizeof *claimed);
	size_t n = 0;
	for (size_t i = 0; i < m->item_count; i++)
		if (m->items[i] && m->items[i]->claim)
			claimed[n++] = m->items[i];
	qsort(claimed, n, sizeof *claimed, compare_claimed);
	for (size_t i = 0; i < n; i++) {
		if (claimed[i]->state == ITEM_SENDING) {
			doubt(m, claimed[i]);
			o->unknown++;
		}
		claimed[i]->claim = 0;
	}
	free(claimed);
}

static enum err recover(struct mem *m, struct store_recover *o)
{
	o->orphans = o->unknown = 0;
	o->epoch = ++m->epoch;
	o->keys = m->keys;
	for (size_t i = 0; i < m->batch_count; i++) {
		if (!m->batches[i] || m->batches[i]->published)
			continue;
		mem_batch_drop(m, m->batches[i]);
		o->orphans++;
	}
	mem_lists_forget(m, INT64_MAX);
	doubt_claimed(m, o);
	return OK;
}

/* ---- ledgers -------------------------------------------------------------------------------------------------------------------- */

static struct str key_at(const uint8_t *keys, uint32_t i)
{
	return str_make((const char *)keys + i * DECIDE_KEY_LEN, DECIDE_KEY_LEN);
}

void mem_grant_release(struct mem *m, const struct mem_item *i)
{
	for (uint32_t k = 0; k < i->mark_len / DECIDE_KEY_LEN; k++)
		if ((uintptr_t)map_get(&m->grants, key_at(i->mark, k)) == i->id + 1)
			(void)map_del(&m->grants, key_at(i->mark, k)); /* it was there */
}

void mem_mark(struct mem *m, struct mem_item *i, const struct decide_subject *s,
              const struct decide_outcome *d)
{
	struct str mark = decide_mark(s, d);
	i->mark_len = (uint32_t)mark.len;
	if (mark.len)
		memcpy(i->mark, mark.ptr, mark.len);
	for (uint32_t k = 0; k < s->count && d->takes_grant; k++)
		INVARIANT(!map_put(&m->grants, key_at(i->mark, k), (void *)(uintptr_t)(i->id + 1)));
}

void mem_paid_note(struct mem *m, const struct mem_item *i)
{
	if (i->op == ITEM_CREATE && i->grant_from == DATE_NONE && i->mark_len == DECIDE_KEY_LEN)
		(void)map_put(&m->paid, key_at(i->mark, 0), m); /* it may be there */
}

/* The renewal names its holder: is that who got the grant of the item that made the name? */
static bool is_holder(struct mem *m, const struct mem_domain *d, const struct decide_subject *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		uintptr_t by = (uintptr_t)map_get(&m->grants, key_at(s->keys, i));
		if (by && (d->item == 0 || by == d->item + 1))
			return true;
	}
	return false;
}

static void ledger_name(struct mem *m, const struct item_request *r, uint32_t partner,
                        const struct decide_subject *s, struct decide_ledger *out)
{
	const struct mem_domain *d = map_get(&m->domains, r->domain);
	if (!d)
		return;
	out->ownership_changed =
	    r->applicant.kind != APPLICANT_NONE && d->grant_from != DATE_NONE && !is_holder(m, d, s);
	out->name_known = true;
	out->name_foreign = d->partner != partner;
	out->grant_from = d->grant_from;
	out->name_granted = d->grant_from != DATE_NONE;
	const struct mem_item *made = out->name_granted && d->item ? mem_item_find(m, d->item) : NULL;
	if (made)
		out->grant = decide_grant_of(made->decided ? made->decided->common : made->common, &m->arena);
	out->expires_on =
	    d->expires == INSTANT_NONE ? DATE_NONE : date_of_instant(d->expires, HANOI_OFFSET_S);
}

/* `item`: whose own grant does not count against it. */
void mem_ledger(struct mem *m, const struct decider *d, const struct item_request *r, uint32_t partner,
                item_id_t item, struct decide_ledger *out, struct decide_subject *subject)
{
	decide_subject(d, r, subject);
	*out = (struct decide_ledger){.grant_from = DATE_NONE, .expires_on = DATE_NONE};
	for (uint32_t i = 0; i < subject->count && r->op == ITEM_CREATE; i++) {
		uintptr_t holder = (uintptr_t)map_get(&m->grants, key_at(subject->keys, i));
		out->subject_has_grant |= holder && (item == 0 || holder != item + 1);
	}
	out->subject_had_paid = subject->has_paid && map_get(&m->paid, key_at(subject->paid, 0));
	mem_list_find(m, d, r, &out->listed);
	mem_name_find(m, d, r, &out->named);
	if (r->op == ITEM_RENEW)
		ledger_name(m, r, partner, subject, out);
}

static struct mem_domain *domain_put(struct mem *m, struct str name)
{
	struct mem_domain *d = map_get(&m->domains, name);
	if (d)
		return d;
	d = arena_calloc(&m->arena, 1, sizeof *d);
	(void)map_put(&m->domains, name, d); /* it was not there */
	return d;
}

void mem_domain_made(struct mem *m, const struct mem_item *i, const struct item_result *r)
{
	struct mem_domain *d = domain_put(m, i->domain);
	d->partner = i->batch->partner;
	d->account = i->account;
	d->item = i->id;
	d->created = r->created;
	d->expires = r->expires;
	d->grant_from = i->grant_from;
	d->free_until = i->free_until;
}

static void import_row(struct mem *m, struct store_import *o, const struct store_import_row *r)
{
	*(map_get(&m->domains, r->domain) ? &o->replaced : &o->added) += 1;
	struct mem_domain *d = domain_put(m, r->domain);
	*d = (struct mem_domain){.partner = r->partner,
	                         .account = r->account,
	                         .renewed_by = d->renewed_by,
	                         .told_partner = d->told_partner,
	                         .told = d->told,
	                         .created = r->created,
	                         .expires = r->expires,
	                         .grant_from = r->grant_from,
	                         .free_until = r->grant_from == DATE_NONE
	                                           ? DATE_NONE
	                                           : date_add_years(r->grant_from, 2, false)};
	for (uint32_t i = 0; i < r->subject.count && r->grant_from != DATE_NONE; i++)
		if (!map_get(&m->grants, key_at(r->subject.keys, i)))
			(void)map_put(&m->grants, key_at(r->subject.keys, i),
			              (void *)(uintptr_t)IMPORTED); /* it was not there */
	if (r->subject.has_paid && r->grant_from == DATE_NONE)
		(void)map_put(&m->paid, key_at(r->subject.paid, 0), m); /* it may be there */
}

static enum err import(struct mem *m, struct store_import *o)
{
	o->added = o->replaced = 0;
	for (size_t i = 0; i < o->count; i++)
		import_row(m, o, &o->rows[i]);
	return OK;
}

/* ---- groups ---------------------------------------------------------------------------------------------------------------------- */

#define OP(kind) CONTAINER_OF(op, struct kind, op)

static enum err dispatch(struct mem *m, struct store_op *op)
{
	switch (op->type) {
	case STORE_REGISTER: return do_register(m, OP(store_register));
	case STORE_REKEY: return mem_rekey(m, OP(store_rekey));
	case STORE_SETTING: return mem_setting(m, OP(store_setting));
	case STORE_RECOVER: return recover(m, OP(store_recover));
	case STORE_BATCH_BEGIN: return mem_batch_begin(m, OP(store_batch_begin));
	case STORE_BATCH_CHUNK: return mem_batch_chunk(m, OP(store_batch_chunk));
	case STORE_BATCH_PUBLISH: return mem_batch_publish(m, OP(store_batch_publish));
	case STORE_BATCH_ABORT: return mem_batch_abort(m, OP(store_batch_abort));
	case STORE_BATCH_CANCEL: return mem_batch_cancel(m, OP(store_batch_cancel));
	case STORE_LEASE: return mem_lease(m, OP(store_lease));
	case STORE_UNPARK: return mem_unpark(m, OP(store_unpark));
	case STORE_EXPEDITE: return mem_expedite(m, OP(store_expedite));
	case STORE_CLAIM: return mem_claim(m, OP(store_claim));
	case STORE_FINISH: return mem_finish(m, OP(store_finish));
	case STORE_MESSAGE_DONE: return mem_message_done(m, OP(store_message_done));
	case STORE_RULES_KEEP: return mem_rules_keep(m, OP(store_rules_keep));
	case STORE_GET_RULES: return mem_get_rules(m, OP(store_get_rules));
	case STORE_GET_RULES_STEPS: return mem_get_rules_steps(m, OP(store_get_rules_steps));
	case STORE_GET_RECORDS: return mem_get_records(m, OP(store_get_records));
	case STORE_GET_USED: return mem_get_used(m, OP(store_get_used));
	case STORE_GET_MESSAGES: return mem_get_messages(m, OP(store_get_messages));
	case STORE_MESSAGE: return mem_message(m, OP(store_message));
	case STORE_LIST_BEGIN: return mem_list_begin(m, OP(store_list_begin));
	case STORE_LIST_ROWS: return mem_list_rows(m, OP(store_list_rows));
	case STORE_LIST_PUBLISH: return mem_list_publish(m, OP(store_list_publish));
	case STORE_LIST_DROP: return mem_list_drop(m, OP(store_list_drop));
	case STORE_LIST_UNDO: return mem_list_undo(m, OP(store_list_undo));
	case STORE_LIST_DECIDE: return mem_list_decide(m, OP(store_list_decide));
	case STORE_GET_LISTS: return mem_get_lists(m, OP(store_get_lists));
	case STORE_GET_NAMED: return mem_get_named(m, OP(store_get_named));
	case STORE_DECIDE: return mem_decide(m, OP(store_decide));
	case STORE_NOTIFY: return mem_notify(m, OP(store_notify));
	case STORE_EXPIRE: return mem_expire(m, OP(store_expire));
	case STORE_GET_HELD: return mem_get_held(m, OP(store_get_held));
	case STORE_GET_UNREAD: return mem_get_unread(m, OP(store_get_unread));
	case STORE_LOOKED: return mem_looked(m, OP(store_looked));
	case STORE_GET_NOTES: return mem_get_notes(m, OP(store_get_notes));
	case STORE_IMPORT: return import(m, OP(store_import));
	case STORE_QUEUES: return mem_queues(m, OP(store_queues));
	case STORE_PREVIEW: return mem_preview(m, OP(store_preview));
	case STORE_GET_CHANGES: return mem_get_changes(m, OP(store_get_changes));
	case STORE_GET_DOMAINS: return mem_get_domains(m, OP(store_get_domains));
	case STORE_GET_BATCH: return mem_get_batch(m, OP(store_get_batch));
	case STORE_GET_ITEMS: return mem_get_items(m, OP(store_get_items));
	case STORE_GET_ITEM: return mem_get_item(m, OP(store_get_item));
	case STORE_GET_OPEN: return mem_get_open(m, OP(store_get_open));
	case STORE_GET_DOMAIN: return mem_get_domain(m, OP(store_get_domain));
	case STORE_GET_COUNTS: return mem_get_counts(m, OP(store_get_counts));
	case STORE_GET_DEPTHS: return mem_get_depths(m, OP(store_get_depths));
	case STORE_HISTORY_ADD: return mem_history_add(m, OP(store_history_add));
	case STORE_PROGRESS: return mem_progress(m, OP(store_progress));
	case STORE_TIDY: OP(store_tidy)->more = false; return OK; /* nothing here is ever untidy */
	case STORE_GET_HISTORY: return mem_get_history(m, OP(store_get_history));
	case STORE_GET_PROGRESS: return mem_get_progress(m, OP(store_get_progress));
	case STORE_OP__COUNT: break;
	}
	return err_set(&op->errmsg, ERR_DENIED, "no such operation");
}

static void run(struct store_backend *b, struct store_op **ops, size_t count)
{
	struct mem *m = CONTAINER_OF(b, struct mem, backend);
	for (size_t i = 0; i < count; i++)
		ops[i]->err = dispatch(m, ops[i]);
}

static void close_backend(struct store_backend *b)
{
	struct mem *m = CONTAINER_OF(b, struct mem, backend);
	for (size_t i = 0; i < m->batch_count; i++)
		if (m->batches[i])
			free(m->batches[i]->lines);
	for (size_t i = 0; i < m->list_count; i++)
		free(m->lists[i].rows);
	free(m->lists);
	free(m->names);
	free(m->batches);
	free(m->items);
	free(m->results);
	free(m->publications);
	free(m->points);
	free(m->progress);
	map_fini(&m->refs);
	map_fini(&m->domains);
	map_fini(&m->grants);
	map_fini(&m->paid);
	map_fini(&m->contacts);
	map_fini(&m->message_ids);
	free(m->messages);
	free(m->used);
	free(m->rules);
	free(m->rules_steps);
	map_fini(&m->settings);
	buf_fini(&m->scratch);
	buf_fini(&m->key);
	arena_fini(&m->arena);
	free(m);
}

struct store_backend *store_mem_new(struct rng *rng)
{
	static const struct store_backend_ops ops = {run, close_backend};
	struct mem *m = xcalloc(1, sizeof *m);
	m->backend.ops = &ops;
	m->keys.count = 1;
	rng->fill(rng, m->keys.key[0], sizeof m->keys.key[0]);
	buf_init(&m->scratch, 1u << 20);
	buf_init(&m->key, 1u << 16);
	return &m->backend;
}
