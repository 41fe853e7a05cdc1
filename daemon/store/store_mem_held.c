/* The memory back end's items that wait. */
#include "daemon/job/lane.h"
#include "daemon/store/store_mem_int.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <string.h>

static bool is_held(const struct mem_item *i)
{
	return i->state == ITEM_WAITING || i->state == ITEM_REVIEW;
}

static void add_note(struct mem *m, struct mem_item *i, enum store_note_kind kind, instant_ms_t at,
                     struct str by, struct str body)
{
	struct mem_note *all = arena_calloc(&m->arena, i->note_count + 1, sizeof *all);
	if (i->note_count)
		memcpy(all, i->notes, i->note_count * sizeof *all);
	all[i->note_count++] =
	    (struct mem_note){kind, at, arena_str(&m->arena, by), arena_str(&m->arena, body)};
	i->notes = all;
}

bool mem_request(struct mem *m, const struct mem_item *i, struct item_request *out, struct str *approved,
                 bool *added)
{
	*approved = STR_NONE;
	*added = false;
	if (item_decode(i->payload, out))
		return false;
	for (size_t k = 0; k < i->note_count; k++) {
		const struct mem_note *n = &i->notes[k];
		struct str codes, why;
		store_approval_split(n->body, &codes, &why);
		if (n->kind == STORE_NOTE_APPROVED)
			*approved = arena_printf(&m->arena, "%.*s%s%.*s", STR_ARG(*approved),
			                         approved->len ? " " : "", STR_ARG(codes));
		if (n->kind == STORE_NOTE_FACTS) {
			*added = true;
			INVARIANT(store_facts_merge(out, n->body));
		}
		if (n->kind != STORE_NOTE_EVIDENCE)
			continue;
		*added = true;
		INVARIANT(out->evidence_count < ITEM_EVIDENCE_MAX &&
		          !store_evidence_decode(n->body, &out->evidence[out->evidence_count]));
		out->evidence_count++;
	}
	return true;
}

/* ---- decided again ------------------------------------------------------------------------------------------------------- */

static void take(struct mem *m, const struct store_again *with, struct mem_item *i,
                 const struct item_request *req, struct decide_outcome *d)
{
	const struct store_batch_chunk like = {.quotas = with->quotas,
	                                       .quota_count = with->quota_count,
	                                       .now = with->now};
	mem_quota_release(m, i);
	i->quota = mem_quota_take(m, &like, req, d);
	i->paid = d->charged_years > 0;
	i->fee_vnd = d->fee_vnd;
	i->due = lane_due(req, d->eligible_until);
}

/* What the policy says of it now. */
static void decide(struct mem *m, const struct store_again *with, const struct mem_item *i,
                   struct item_request *req, struct decide_subject *subject, struct decide_outcome *d)
{
	struct decide_ledger ledger;
	struct str approved;
	bool added;
	INVARIANT(mem_request(m, i, req, &approved, &added));
	mem_ledger(m, with->decider, req, i->batch->partner, i->id, &ledger, subject);
	ledger.approved = approved;
	decide_item(with->decider, req, &ledger, DECIDE_AGAIN, with->now, &m->scratch, d);
}

void mem_again_preview(struct mem *m, const struct store_again *with, struct mem_item *i, char reason[32],
                       enum item_state *state)
{
	struct item_request req;
	struct decide_outcome d;
	struct decide_subject subject;
	decide(m, with, i, &req, &subject, &d); /* nothing is reserved */
	memcpy(reason, d.reason, sizeof d.reason);
	*state = d.state;
}

static void decide_again(struct mem *m, const struct store_again *with, struct mem_item *i, int attempt,
                         char reason[32], enum item_state *state)
{
	struct item_request req;
	struct decide_outcome d;
	struct decide_subject subject;
	decide(m, with, i, &req, &subject, &d);
	take(m, with, i, &req, &d);
	mem_mark(m, i, &subject, &d);
	struct item_result r = store_again_result(&d, attempt, with->now);
	i->grant_from = d.free_from;
	i->free_until = d.free_until;
	mem_result_add(m, i, &r, false, &d);
	if (d.state == ITEM_QUEUED) {
		i->not_before = with->now;
		i->lane = lane_now(i->base_lane, i->due, with->now);
	}
	memcpy(reason, d.reason, sizeof d.reason);
	*state = d.state;
}

void mem_again(struct mem *m, const struct store_again *with, struct mem_item *i, char reason[32],
               enum item_state *state)
{
	decide_again(m, with, i, mem_attempt_of(i), reason, state);
}

/* ---- one item ------------------------------------------------------------------------------------------------------------- */

/* What of it is new, in `list`. */
static size_t new_evidence(const struct store_decide *o, struct item_request *req,
                           const struct item_evidence **list)
{
	size_t n = 0;
	for (size_t k = 0; k < o->evidence_count; k++) {
		if (store_evidence_has(req, &o->evidence[k]))
			continue;
		list[n++] = &o->evidence[k];
		if (req->evidence_count < ITEM_EVIDENCE_MAX)
			req->evidence[req->evidence_count++] = o->evidence[k];
	}
	return n;
}

static enum err add_evidence(struct mem *m, struct store_decide *o, struct mem_item *i)
{
	const struct item_evidence *list[ITEM_EVIDENCE_MAX];
	struct item_request req;
	struct str approved;
	bool added;
	REQUIRE(o->evidence_count <= ITEM_EVIDENCE_MAX);
	INVARIANT(mem_request(m, i, &req, &approved, &added));
	size_t had = req.evidence_count, n = new_evidence(o, &req, list);
	bool facts = false;
	enum err err = o->added ? store_facts_compare(&req, o->added, &facts, &o->op.errmsg) : OK;
	o->repeated = n == 0 && !facts;
	if (!err && !o->repeated)
		err = store_must_wait(o);
	if (!err && had + n > ITEM_EVIDENCE_MAX)
		err = err_set(&o->op.errmsg, ERR_TOO_LONG, "an item has at most %d pieces of evidence",
		              ITEM_EVIDENCE_MAX);
	for (size_t k = 0; k < n && !err; k++) {
		buf_clear(&m->scratch);
		store_evidence_encode(list[k], &m->scratch);
		add_note(m, i, STORE_NOTE_EVIDENCE, o->again.now, o->by, buf_str(&m->scratch));
	}
	if (facts && !err) {
		buf_clear(&m->scratch);
		store_facts_encode(o->added, &m->scratch);
		add_note(m, i, STORE_NOTE_FACTS, o->again.now, o->by, buf_str(&m->scratch));
	}
	return err;
}

static void end_refused(struct mem *m, struct mem_item *i, struct str reason, struct str words,
                        instant_ms_t now)
{
	struct item_result r = store_refused_result(reason, words, mem_attempt_of(i), now);
	mem_result_add(m, i, &r, false, NULL);
	mem_grant_release(m, i);
}

static void refuse(struct mem *m, struct store_decide *o, struct mem_item *i)
{
	add_note(m, i, STORE_NOTE_REFUSED, o->again.now, o->by, o->why);
	end_refused(m, i, STR("REVIEW_REFUSED"), o->why, o->again.now);
	o->state = ITEM_REFUSED;
	snprintf(o->reason, sizeof o->reason, "REVIEW_REFUSED");
}

/* Of the doubts that the decision in force has, and of no others. */
static void approve(struct mem *m, const struct store_decide *o, struct mem_item *i)
{
	struct str codes = store_reasons_of(i->decided ? i->decided->common : i->common, &m->arena);
	add_note(m, i, STORE_NOTE_APPROVED, o->again.now, o->by,
	         store_approval_make(codes, o->why, &m->arena));
}

static enum err retry(struct mem *m, struct store_decide *o, struct mem_item *i)
{
	o->op.err = OK;
	if (!store_may_retry(o))
		return o->op.err;
	mem_grant_release(m, i);
	decide_again(m, &o->again, i, mem_attempt_of(i) + (o->before == ITEM_FAILED), o->reason, &o->state);
	return OK;
}

enum err mem_decide(struct mem *m, struct store_decide *o)
{
	struct mem_item *i =
	    o->item ? mem_item_find(m, o->item) : map_get(&m->refs, mem_key(m, o->partner, 0, o->ref));
	enum err err = OK;
	o->repeated = false;
	o->reason[0] = '\0';
	if (!i || !i->batch->published || (o->partner && i->batch->partner != o->partner))
		return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no such item");
	o->item = i->id;
	o->batch = i->batch->id;
	o->before = o->state = i->state;
	if (o->how == STORE_DECIDE_RETRY)
		return retry(m, o, i);
	if (o->how == STORE_DECIDE_EVIDENCE)
		err = add_evidence(m, o, i);
	else
		err = store_must_wait(o);
	if (err || o->repeated)
		return err;
	if (o->how == STORE_DECIDE_APPROVE)
		approve(m, o, i);
	if (o->how == STORE_DECIDE_REFUSE)
		refuse(m, o, i);
	else
		mem_again(m, &o->again, i, o->reason, &o->state);
	return OK;
}

/* ---- who waits ------------------------------------------------------------------------------------------------------------- */

static bool comes_before(const struct mem_item *a, const struct mem_item *b)
{
	return a->held_since != b->held_since ? a->held_since < b->held_since : a->id < b->id;
}

/* The next one in this state after (since, item). */
static struct mem_item *next_held(struct mem *m, enum item_state state, instant_ms_t since, item_id_t item)
{
	struct mem_item *best = NULL;
	for (item_id_t id = 1; id <= m->item_count; id++) {
		struct mem_item *i = mem_item_find(m, id);
		bool after = i && (i->held_since != since ? i->held_since > since : i->id > item);
		if (after && i->state == state && (!best || comes_before(i, best)))
			best = i;
	}
	return best;
}

enum err mem_expire(struct mem *m, struct store_expire *o)
{
	struct mem_item *i;
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->expired = 0;
	while ((i = next_held(m, ITEM_REVIEW, 0, 0)) && i->held_since <= o->before && o->expired < o->limit) {
		end_refused(m, i, STR("REVIEW_EXPIRED"), STR_NONE, o->now);
		o->expired++;
	}
	o->next = i ? i->held_since : INSTANT_NONE;
	return OK;
}

enum err mem_get_held(struct mem *m, struct store_get_held *o)
{
	instant_ms_t since = o->after_since;
	item_id_t item = o->after_item;
	struct mem_item *i;
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->since = arena_alloc(o->arena, o->limit * sizeof *o->since);
	o->count = 0;
	while ((i = next_held(m, o->state, since, item)) && o->count < o->limit) {
		INVARIANT(is_held(i));
		o->rows[o->count] = mem_row_of(i, false, o->arena);
		o->since[o->count++] = since = i->held_since;
		item = i->id;
	}
	o->more = i != NULL;
	return OK;
}

enum err mem_get_notes(struct mem *m, struct store_get_notes *o)
{
	struct mem_item *i = mem_item_find(m, o->item);
	size_t n = i ? i->note_count : 0;
	o->notes = arena_alloc(o->arena, (n + 1) * sizeof *o->notes);
	o->count = n;
	for (size_t k = 0; k < n; k++) {
		struct str body = arena_str(o->arena, i->notes[k].body);
		o->notes[k] = (struct store_note){.kind = i->notes[k].kind,
		                                  .at = i->notes[k].at,
		                                  .by = arena_str(o->arena, i->notes[k].by)};
		if (o->notes[k].kind == STORE_NOTE_APPROVED)
			store_approval_split(body, &o->notes[k].codes, &o->notes[k].why);
		else if (o->notes[k].kind == STORE_NOTE_EVIDENCE)
			INVARIANT(!store_evidence_decode(body, &o->notes[k].evidence));
		else if (o->notes[k].kind == STORE_NOTE_FACTS)
			o->notes[k].why = STR("facts");
		else
			o->notes[k].why = body;
	}
	return OK;
}

enum err mem_get_unread(struct mem *m, struct store_get_unread *o)
{
	REQUIRE(o->limit > 0 && o->limit <= STORE_HELD_MAX);
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	o->count = 0;
	o->more = false;
	for (item_id_t id = o->after + 1; id <= m->item_count && !o->more; id++) {
		struct mem_item *i = mem_item_find(m, id);
		if (!i || !i->look)
			continue;
		o->more = o->count == o->limit;
		if (!o->more)
			o->rows[o->count++] = mem_row_of(i, true, o->arena);
	}
	return OK;
}

enum err mem_looked(struct mem *m, struct store_looked *o)
{
	struct mem_item *i = mem_item_find(m, o->item);
	if (!i || !i->look)
		return err_set(&o->op.errmsg, ERR_NOT_FOUND,
		               "the item does not wait for the registry's word");
	i->look = false;
	add_note(m, i, STORE_NOTE_REGISTRY, o->now, o->by, o->says);
	return OK;
}
