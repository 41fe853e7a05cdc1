/* The memory back end's sending: queues, claims, outcomes. */
#include "daemon/job/lane.h"
#include "daemon/store/store_mem_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- queues ------------------------------------------------------------------------------------------------------------ */

static bool is_due(const struct mem_item *i, instant_ms_t now)
{
	return i && i->batch->published && i->state == ITEM_QUEUED &&
	       (i->not_before == INSTANT_NONE || i->not_before <= now);
}

/* Never sent, and will be urgent one day. */
static bool may_go_ahead(const struct mem_item *i)
{
	return is_due(i, INT64_MAX) && i->not_before == INSTANT_NONE && i->lane != LANE_URGENT &&
	       i->due != INSTANT_NONE;
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct store_queue_key *a = pa, *b = pb;
	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	if (a->partner != b->partner)
		return a->partner < b->partner ? -1 : 1;
	return (a->lane > b->lane) - (a->lane < b->lane);
}

enum err mem_queues(struct mem *m, struct store_queues *o)
{
	o->keys = arena_alloc(o->arena, (m->item_count + 1) * sizeof *o->keys);
	o->count = 0;
	o->next_ready = o->next_urgent = INSTANT_NONE;
	for (size_t n = 0; n < m->item_count; n++) {
		const struct mem_item *i = m->items[n];
		if (!is_due(i, INT64_MAX))
			continue;
		if (may_go_ahead(i) &&
		    (o->next_urgent == INSTANT_NONE || i->due - LANE_URGENT_MS < o->next_urgent))
			o->next_urgent = i->due - LANE_URGENT_MS;
		if (!is_due(i, o->now)) {
			if (i->not_before != STORE_PARKED &&
			    (o->next_ready == INSTANT_NONE || i->not_before < o->next_ready))
				o->next_ready = i->not_before;
			continue;
		}
		struct store_queue_key key = {i->account, i->batch->partner, i->lane};
		size_t k = 0;
		while (k < o->count && compare_keys(&o->keys[k], &key) != 0)
			k++;
		if (k == o->count)
			o->keys[o->count++] = key;
	}
	qsort(o->keys, o->count, sizeof *o->keys, compare_keys);
	return OK;
}

/* ---- what has become urgent -------------------------------------------------------------------------------------------- */

static struct mem_item *next_urgent(struct mem *m, instant_ms_t now)
{
	struct mem_item *best = NULL;
	for (size_t n = 0; n < m->item_count; n++) {
		struct mem_item *i = m->items[n];
		if (i && may_go_ahead(i) && i->due - LANE_URGENT_MS <= now && (!best || i->due < best->due))
			best = i;
	}
	return best;
}

enum err mem_expedite(struct mem *m, struct store_expedite *o)
{
	struct mem_item *i;
	o->moved = 0;
	while (o->moved < o->limit && (i = next_urgent(m, o->now))) {
		i->lane = LANE_URGENT;
		i->not_before = i->due - LANE_URGENT_MS;
		o->moved++;
	}
	o->more = o->moved == o->limit;
	return OK;
}

/* ---- what was parked --------------------------------------------------------------------------------------------------- */

enum err mem_unpark(struct mem *m, struct store_unpark *o)
{
	o->moved = 0;
	for (size_t n = 0; n < m->item_count && o->moved < o->limit; n++) {
		struct mem_item *i = m->items[n];
		if (!is_due(i, INT64_MAX) || i->not_before != STORE_PARKED || i->account != o->account)
			continue;
		i->not_before = o->now;
		i->lane = lane_now(i->base_lane, i->due, o->now);
		o->moved++;
	}
	o->more = o->moved == o->limit;
	return OK;
}

/* ---- claims ------------------------------------------------------------------------------------------------------------ */

static instant_ms_t due_of(const struct mem_item *i)
{
	return i->due == INSTANT_NONE ? STORE_PARKED : i->due;
}

static instant_ms_t rank_of(const struct mem_item *i)
{
	return i->lane == LANE_URGENT && i->due != INSTANT_NONE ? i->due : STORE_PARKED;
}

static bool comes_before(const struct mem_item *a, const struct mem_item *b)
{
	bool a_new = a->not_before == INSTANT_NONE, b_new = b->not_before == INSTANT_NONE;
	if (a_new != b_new)
		return b_new; /* what is sent again comes before what is new */
	if (a_new && due_of(a) != due_of(b))
		return due_of(a) < due_of(b);
	if (a_new && a->batch != b->batch)
		return a->batch->id < b->batch->id;
	if (!a_new && rank_of(a) != rank_of(b))
		return rank_of(a) < rank_of(b);
	if (!a_new && a->not_before != b->not_before)
		return a->not_before < b->not_before;
	return a->id < b->id;
}

static struct mem_item *next_of(struct mem *m, const struct store_claim *o)
{
	struct mem_item *best = NULL;
	for (size_t n = 0; n < m->item_count; n++) {
		struct mem_item *i = m->items[n];
		if (is_due(i, o->now) && i->account == o->queue.account &&
		    i->batch->partner == o->queue.partner && i->lane == o->queue.lane &&
		    (!best || comes_before(i, best)))
			best = i;
	}
	return best;
}

static void hold(struct mem *m, struct store_claim *o, struct mem_item *i, const struct decide_outcome *d)
{
	bool refused = d->state != ITEM_REVIEW && decide_refuses_ineligible(o->decider);
	struct item_result r = mem_result_of(refused ? ITEM_REFUSED : ITEM_REVIEW, mem_attempt_of(i), o->now);
	r.fault = FAULT_GATEWAY;
	r.reason = str_c(d->reason);
	r.message = STR("decided again at sending: no longer as it was admitted");
	mem_result_add(m, i, &r, false, d);
	mem_grant_release(m, i);
	o->held += !refused;
}

/* True: it goes on. */
static bool decide_again(struct mem *m, struct store_claim *o, struct mem_item *i, struct store_claimed *c)
{
	struct item_request req;
	struct decide_ledger ledger;
	struct decide_outcome d;
	struct decide_subject subject;
	struct str approved;
	bool added;
	if (!mem_request(m, i, &req, &approved, &added))
		return true; /* a damaged row is the scheduler's to report */
	mem_ledger(m, o->decider, &req, i->batch->partner, i->id, &ledger, &subject);
	ledger.approved = approved;
	i->has_list_key = decide_list_subject(o->decider, &req, i->list_key);
	if (added) {
		buf_clear(&m->scratch);
		item_encode(&req, &m->scratch);
		c->payload = arena_str(o->arena, buf_str(&m->scratch));
	}
	decide_item(o->decider, &req, &ledger, DECIDE_SENDING,
	            decide_moment(o->decider, i->decided_on, o->now), &m->scratch, &d);
	bool lost = i->grant_from != DATE_NONE && d.free_from == DATE_NONE;
	if (d.state != ITEM_QUEUED || lost) { /* what was free is never charged instead */
		hold(m, o, i, &d);
		return false;
	}
	struct item_result r = mem_result_of(ITEM_SENDING, mem_attempt_of(i), o->now);
	r.reason = str_c(d.reason);
	mem_result_add(m, i, &r, false, &d);
	i->grant_from = d.free_from;
	i->free_until = d.free_until;
	i->due = lane_due(&req, d.eligible_until);
	c->fee_vnd = d.fee_vnd;
	return true;
}

static bool park(struct store_claim *o, struct mem_item *i)
{
	uint32_t paid = 0;
	for (size_t n = 0; n < o->count; n++)
		paid += o->items[n].paid;
	if ((!i->paid || paid < o->paid_max) && !store_holds_fit(o->holds, o->hold_count, i->domain, i->paid,
	                                                         i->decided ? i->decided->common : i->common))
		return false;
	i->not_before = STORE_PARKED;
	o->parked++;
	return true;
}

static void take(struct mem *m, struct store_claim *o, struct mem_item *i)
{
	if (park(o, i))
		return;
	bool fresh = i->not_before == INSTANT_NONE && i->id > m->stale &&
	             i->decided_on == date_of_instant(o->now, HANOI_OFFSET_S) &&
	             str_eq_c(i->rules, decider_revision(o->decider));
	struct store_claimed c = {.item = i->id,
	                          .batch = i->batch->id,
	                          .partner = i->batch->partner,
	                          .line = i->line,
	                          .offset = (uint32_t)o->count,
	                          .trace = i->batch->trace,
	                          .attempt = mem_attempt_of(i),
	                          .again = i->not_before != INSTANT_NONE,
	                          .paid = i->paid,
	                          .fee_vnd = i->fee_vnd,
	                          .admitted = i->batch->created,
	                          .payload = arena_str(o->arena, i->payload)};
	if (!fresh && !decide_again(m, o, i, &c))
		return;
	if (o->want_decisions) {
		c.decision_common = arena_str(o->arena, i->decided ? i->decided->common : i->common);
		c.decision_item = arena_str(o->arena, i->decided ? i->decided->detail : i->detail);
	}
	memcpy(c.contact_id, i->contact, sizeof c.contact_id);
	c.contact_known =
	    i->contact[0] && map_get(&m->contacts, mem_key(m, i->account, 0, str_c(i->contact)));
	if (o->count == 0)
		o->claim = ++m->claims;
	i->claim = o->claim;
	i->claim_epoch = m->epoch;
	i->claim_offset = c.offset;
	i->claimed_at = o->now;
	mem_item_move(i, ITEM_SENDING);
	o->items[o->count++] = c;
}

enum err mem_claim(struct mem *m, struct store_claim *o)
{
	o->claim = 0;
	o->count = 0;
	o->held = o->parked = 0;
	o->more = true;
	o->items = arena_alloc(o->arena, (o->max + 1) * sizeof *o->items);
	while (o->count < o->max && o->parked < STORE_PARK_MAX) {
		struct mem_item *i = next_of(m, o);
		if (!i) {
			o->more = false;
			break;
		}
		take(m, o, i);
	}
	return OK;
}

#define PENDING_CODE 1001 /* RFC 5730: carried out, action pending */

/* ---- outcomes ---------------------------------------------------------------------------------------------------------- */

/* The ledger knows this very registration, or this very expiry date, from before. */
static bool made_by_another(struct mem *m, const struct mem_item *i, const struct item_result *r)
{
	const struct mem_domain *d = map_get(&m->domains, i->domain);
	if (!d)
		return false;
	if (i->op == ITEM_CREATE)
		return d->created != INSTANT_NONE && d->created == r->created && d->item != i->id;
	return d->expires != INSTANT_NONE && d->expires == r->expires && d->renewed_by != i->id;
}

/* <info> shows a create that waits for the registry's decision, and it is another item's. */
static bool pends_for_another(struct mem *m, const struct mem_item *i, const struct item_result *r)
{
	for (size_t n = 0; n < m->item_count && r->state == ITEM_PENDING && r->code != PENDING_CODE; n++) {
		const struct mem_item *o = m->items[n];
		if (o && o != i && o->state == ITEM_PENDING && o->account == i->account &&
		    str_eq(o->domain, i->domain))
			return true;
	}
	return false;
}

static void name_effect(struct mem *m, const struct store_step *step, const struct mem_item *i,
                        const struct item_result *r)
{
	struct mem_domain *d = map_get(&m->domains, i->domain);
	if (step->name == STORE_NAME_CREATED && r->state == ITEM_DONE)
		mem_domain_made(m, i, r);
	if (step->name == STORE_NAME_CREATED && r->state == ITEM_DONE)
		mem_paid_note(m, i);
	if (step->name != STORE_NAME_RENEWED || r->state != ITEM_DONE || !d)
		return;
	d->expires = r->expires;
	d->renewed_by = i->id;
}

static void finish_step(struct mem *m, const struct store_finish *o, struct store_step *step,
                        struct mem_item *i)
{
	struct item_result r = step->result;
	step->taken =
	    (step->name != STORE_NAME_NONE && made_by_another(m, i, &r)) || pends_for_another(m, i, &r);
	if (step->taken)
		r = store_taken_result(i->op, r);
	r.past_boundary = step->past_boundary = store_past_boundary(i->op, i->grant_from, i->due, &r);
	mem_result_add(m, i, &r, !step->not_sent, NULL);
	name_effect(m, step, i, &r);
	if (step->grant == STORE_GRANT_RELEASE || r.state == ITEM_FAILED)
		mem_grant_release(m, i);
	if (r.state == ITEM_QUEUED) {
		i->not_before = step->not_before;
		i->lane = lane_now(i->base_lane, i->due,
		                   step->not_before == STORE_PARKED ? o->now : step->not_before);
	}
	if (step->contact_created[0])
		(void)map_put(&m->contacts, mem_key(m, i->account, 0, str_c(step->contact_created)),
		              m); /* it may be there */
	if (step->leaves_claim && step->claim)
		i->claim = 0;
}

enum err mem_finish(struct mem *m, struct store_finish *o)
{
	for (size_t k = 0; k < o->count; k++)
		if (!mem_item_find(m, o->steps[k].item))
			return err_set(&o->op.errmsg, ERR_NOT_FOUND, "no item %llu",
			               (unsigned long long)o->steps[k].item);
	for (size_t k = 0; k < o->count; k++)
		finish_step(m, o, &o->steps[k], mem_item_find(m, o->steps[k].item));
	return OK;
}
