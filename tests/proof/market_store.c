/* The store of the market: heaps of numbers. */
#include "daemon/store/store_held.h"
#include "tests/proof/market.h"

#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT  MARKET_ACCOUNT
#define STORE_MS 4 /* an operation takes less than so long */
#define REFILL   256

enum state { IN_QUEUE, IN_HAND, IN_DOUBT, OVER };

/* ---- heaps ------------------------------------------------------------------------------------------------------------ */

static bool before(struct line a, struct line b)
{
	return a.key != b.key ? a.key < b.key : a.item < b.item;
}

static void heap_push(struct line_heap *h, struct line l)
{
	size_t i = h->count++;
	if (i == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 64;
		h->at = xrealloc(h->at, h->cap, sizeof *h->at);
	}
	for (; i > 0 && before(l, h->at[(i - 1) / 2]); i = (i - 1) / 2)
		h->at[i] = h->at[(i - 1) / 2];
	h->at[i] = l;
}

static struct line heap_pop(struct line_heap *h)
{
	struct line top = h->at[0], last = h->at[--h->count];
	size_t i = 0, child;
	for (; (child = 2 * i + 1) < h->count; i = child) {
		child += child + 1 < h->count && before(h->at[child + 1], h->at[child]);
		if (!before(h->at[child], last))
			break;
		h->at[i] = h->at[child];
	}
	if (h->count)
		h->at[i] = last;
	return top;
}

/* ---- items ------------------------------------------------------------------------------------------------------------- */

static struct proof_item *item_at(struct market *m, item_id_t id)
{
	INVARIANT(id >= 1 && id <= m->h.item_count);
	return &m->h.items[id - 1];
}

instant_ms_t market_wall_of(uint64_t mono_ms)
{
	return MARKET_WALL_START + (instant_ms_t)(mono_ms - PROOF_START_MS);
}

static uint64_t mono_of(instant_ms_t wall)
{
	return (uint64_t)(wall - MARKET_WALL_START) + PROOF_START_MS;
}

static bool is_urgent(const struct proof_item *i, uint64_t now)
{
	return i->due != PROOF_NEVER && i->due <= now + LANE_URGENT_MS;
}

static void enqueue(struct market *m, uint32_t index, uint64_t now)
{
	struct proof_item *i = &m->h.items[index];
	i->state = IN_QUEUE;
	heap_push(&m->queues[i->partner][is_urgent(i, now) ? LANE_URGENT : i->lane],
	          (struct line){i->due, index});
}

void market_add(struct market *m, uint32_t partner, uint8_t lane, uint64_t due, bool contact)
{
	struct proof_history *h = &m->h;
	if (h->item_count == h->item_cap) {
		h->item_cap = h->item_cap ? 2 * h->item_cap : 4096;
		h->items = xrealloc(h->items, h->item_cap, sizeof *h->items);
	}
	h->items[h->item_count] = (struct proof_item){.came = market_now(m),
	                                              .due = due,
	                                              .sent = PROOF_NEVER,
	                                              .done = PROOF_NEVER,
	                                              .partner = partner,
	                                              .lane = lane,
	                                              .contact = contact};
	enqueue(m, (uint32_t)h->item_count++, market_now(m));
}

static enum item_op op_of(const struct proof_item *i)
{
	return i->lane == LANE_RENEW ? ITEM_RENEW : ITEM_CREATE;
}

/* Every item has a name of its own: the digits of its number in a request that was encoded once. */
static struct str payload_of(struct market *m, uint32_t index, struct arena *a)
{
	enum item_op op = op_of(&m->h.items[index]);
	struct str p = buf_str(&m->payloads[op]);
	char *copy = arena_alloc(a, p.len);
	memcpy(copy, p.ptr, p.len);
	uint32_t n = index;
	for (size_t k = 10; k-- > 0; n /= 10)
		copy[m->name_at[op] + k] = (char)('0' + n % 10);
	return str_make(copy, p.len);
}

static void make_payloads(struct market *m)
{
	static const char name[] = "n0000000000.id.vn";
	for (int op = 0; op < ITEM_OP__COUNT; op++) {
		struct item_request r = {.op = (enum item_op)op,
		                         .ref = STR("r"),
		                         .domain = str_c(name),
		                         .period = 1,
		                         .cur_exp_date =
		                             op == ITEM_RENEW ? date_make(2026, 12, 1) : DATE_NONE,
		                         .max_fee_vnd = -1,
		                         .applicant = {.birth_date = DATE_NONE,
		                                       .founded_on = DATE_NONE,
		                                       .registered_on = DATE_NONE}};
		buf_init(&m->payloads[op], ITEM_PAYLOAD_MAX);
		item_encode(&r, &m->payloads[op]);
		struct str p = buf_str(&m->payloads[op]);
		const char *at = memmem(p.ptr, p.len, name, sizeof name - 1);
		INVARIANT(at);
		m->name_at[op] = (size_t)(at - p.ptr) + 1;
	}
}

/* ---- the store ------------------------------------------------------------------------------------------------------------ */

static bool has_work(const struct market *m, uint32_t partner, uint8_t lane)
{
	return m->queues[partner][lane].count > 0 || (lane == LANE_CREATE && m->endless[partner]);
}

/* What was to be sent later is in its queue again; INSTANT_NONE: nothing is left to come. */
static instant_ms_t let_in(struct market *m, uint64_t now)
{
	while (m->later.count && m->later.at[0].key <= market_now(m))
		enqueue(m, heap_pop(&m->later).item, now);
	return m->later.count ? market_wall_of(m->later.at[0].key) + m->clock.shift_ms : INSTANT_NONE;
}

static void run_queues(struct market *m, struct store_queues *o)
{
	uint64_t now = mono_of(o->now);
	o->keys = arena_alloc(o->arena, PROOF_PARTNERS * LANE__COUNT * sizeof *o->keys);
	o->count = 0;
	o->next_ready = let_in(m, now);
	o->next_urgent = INSTANT_NONE;
	for (uint32_t p = 0; p < PROOF_PARTNERS; p++) {
		for (uint8_t lane = LANE_URGENT; lane < LANE__COUNT; lane++) {
			const struct line_heap *q = &m->queues[p][lane];
			if (has_work(m, p, lane))
				o->keys[o->count++] = (struct store_queue_key){ACCOUNT, p + 1, lane};
			if (lane == LANE_URGENT || !q->count || q->at[0].key == PROOF_NEVER)
				continue;
			instant_ms_t at = market_wall_of(q->at[0].key) - LANE_URGENT_MS;
			if (o->next_urgent == INSTANT_NONE || at < o->next_urgent)
				o->next_urgent = at;
		}
	}
}

static void run_expedite(struct market *m, struct store_expedite *o)
{
	uint64_t now = mono_of(o->now);
	o->moved = 0;
	o->more = false;
	for (uint32_t p = 0; p < PROOF_PARTNERS; p++) {
		for (uint8_t lane = LANE_RENEW; lane < LANE__COUNT; lane++) {
			struct line_heap *q = &m->queues[p][lane];
			while (q->count && is_urgent(&m->h.items[q->at[0].item], now)) {
				if (o->moved++ == o->limit) {
					o->moved--;
					o->more = true;
					return;
				}
				heap_push(&m->queues[p][LANE_URGENT], heap_pop(q));
			}
		}
	}
}

static void run_claim(struct market *m, struct store_claim *o)
{
	uint32_t partner = o->queue.partner - 1;
	struct line_heap *q = &m->queues[partner][o->queue.lane];
	let_in(m, mono_of(o->now));
	o->items = arena_calloc(o->arena, o->max, sizeof *o->items);
	o->claim = ++m->claims;
	for (o->count = 0; o->count < o->max && has_work(m, partner, o->queue.lane); o->count++) {
		if (q->count == 0)
			for (int k = 0; k < REFILL; k++)
				market_add(m, partner, LANE_CREATE, PROOF_NEVER, false);
		uint32_t index = heap_pop(q).item;
		struct proof_item *i = &m->h.items[index];
		struct store_claimed *c = &o->items[o->count];
		i->state = IN_HAND;
		*c = (struct store_claimed){.item = index + 1,
		                            .batch = 1,
		                            .partner = o->queue.partner,
		                            .offset = (uint32_t)o->count,
		                            .attempt = 1,
		                            .admitted = MARKET_WALL_START,
		                            .fee_vnd = -1,
		                            .payload = payload_of(m, index, o->arena)};
		if (i->contact)
			memcpy(c->contact_id, "CONTACT", sizeof "CONTACT");
	}
	o->more = has_work(m, partner, o->queue.lane);
}

static void run_finish(struct market *m, struct store_finish *o)
{
	for (size_t n = 0; n < o->count; n++) {
		const struct store_step *s = &o->steps[n];
		struct proof_item *i = item_at(m, s->item);
		if (!s->leaves_claim)
			continue;
		i->state = OVER;
		if (s->result.state == ITEM_DONE && i->done == PROOF_NEVER)
			market_wrong(m, "item %llu is done, and the registry has not carried it out",
			             (unsigned long long)s->item);
		if (s->result.state == ITEM_UNKNOWN || s->result.state == ITEM_RECONCILING)
			i->state = IN_DOUBT;
		if (s->result.state != ITEM_QUEUED)
			continue;
		/* Its slack begins again: something had taken it out of the queue. */
		i->came = mono_of(s->not_before - m->clock.shift_ms);
		i->sent = PROOF_NEVER;
		i->state = IN_QUEUE;
		heap_push(&m->later, (struct line){i->came, (uint32_t)s->item - 1});
	}
}

static void run_open(struct market *m, struct store_get_open *o)
{
	o->rows = arena_calloc(o->arena, o->limit, sizeof *o->rows);
	o->count = 0;
	for (; m->open_at < m->open_count && o->count < o->limit; m->open_at++) {
		uint32_t index = m->open[m->open_at];
		struct store_row *r = &o->rows[o->count++];
		*r = (struct store_row){.item = index + 1,
		                        .batch = 1,
		                        .partner = m->h.items[index].partner + 1,
		                        .account = ACCOUNT,
		                        .op = op_of(&m->h.items[index]),
		                        .state = ITEM_UNKNOWN,
		                        .payload = payload_of(m, index, o->arena),
		                        .admitted = MARKET_WALL_START};
		r->result = (struct item_result){.state = ITEM_UNKNOWN, .attempt = 1};
	}
	o->more = m->open_at < m->open_count;
}

static void run_op(struct market *m, struct store_op *op)
{
	op->err = OK;
	switch (op->type) {
	case STORE_QUEUES: run_queues(m, CONTAINER_OF(op, struct store_queues, op)); break;
	case STORE_EXPEDITE: run_expedite(m, CONTAINER_OF(op, struct store_expedite, op)); break;
	case STORE_CLAIM: run_claim(m, CONTAINER_OF(op, struct store_claim, op)); break;
	case STORE_FINISH: run_finish(m, CONTAINER_OF(op, struct store_finish, op)); break;
	case STORE_GET_OPEN: run_open(m, CONTAINER_OF(op, struct store_get_open, op)); break;
	case STORE_GET_UNREAD: CONTAINER_OF(op, struct store_get_unread, op)->count = 0; break; /* none */
	case STORE_UNPARK: CONTAINER_OF(op, struct store_unpark, op)->more = false; break;
	default: market_wrong(m, "the scheduler uses operation %d", (int)op->type);
	}
}

static void on_give_back(struct loop_timer *t)
{
	struct market *m = CONTAINER_OF(t, struct market, give_back);
	struct store_op *op = m->op_first;
	m->op_first = m->op_last = NULL;
	while (op) {
		struct store_op *next = op->next;
		op->done(op);
		op = next;
	}
}

static void submit(struct store_executor *x, struct store_op *op)
{
	struct market *m = CONTAINER_OF(x, struct market, store);
	run_op(m, op);
	op->next = NULL;
	*(m->op_last ? &m->op_last->next : &m->op_first) = op;
	m->op_last = op;
	if (!loop_timer_is_set(&m->give_back))
		loop_timer_set(m->loop, &m->give_back, rng_below(&m->rng, STORE_MS));
}

static size_t pending(const struct store_executor *x)
{
	size_t n = 0;
	for (const struct store_op *op = CONTAINER_OF(x, const struct market, store)->op_first; op;
	     op = op->next)
		n++;
	return n;
}

/* ---- life ------------------------------------------------------------------------------------------------------------------- */

void market_store_init(struct market *m)
{
	make_payloads(m);
	m->store = (struct store_executor){submit, pending};
	m->give_back.fire = on_give_back;
}

void market_store_crash(struct market *m, bool killed)
{
	if (killed) {
		m->op_first = m->op_last = NULL;
		m->give_back = (struct loop_timer){.fire = on_give_back};
	}
	m->open = xrealloc(m->open, m->h.item_count + 1, sizeof *m->open);
	m->open_count = m->open_at = 0;
	for (uint32_t k = 0; k < m->h.item_count; k++) {
		struct proof_item *i = &m->h.items[k];
		if (i->state != IN_HAND && i->state != IN_DOUBT)
			continue;
		if (!killed && i->state == IN_HAND)
			market_wrong(m, "item %u is still being sent after a stop", k + 1);
		i->state = IN_DOUBT;
		if (i->sent == PROOF_NEVER)
			i->came = PROOF_NEVER; /* until it is in the queue again */
		m->open[m->open_count++] = k;
	}
}

size_t market_waiting(const struct market *m)
{
	size_t n = m->later.count;
	for (size_t p = 0; p < PROOF_PARTNERS; p++)
		for (int lane = 0; lane < LANE__COUNT; lane++)
			n += m->queues[p][lane].count;
	return n;
}

void market_store_fini(struct market *m)
{
	for (size_t p = 0; p < PROOF_PARTNERS; p++)
		for (int lane = 0; lane < LANE__COUNT; lane++)
			free(m->queues[p][lane].at);
	for (int op = 0; op < ITEM_OP__COUNT; op++)
		buf_fini(&m->payloads[op]);
	free(m->later.at);
	free(m->open);
}
