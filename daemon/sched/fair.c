/* Lanes and deficit round robin. */
#include "daemon/sched/fair.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

struct fair_queue {
	struct list_node node; /* in its lane's turns while it has work */
	uint32_t partner, weight;
	uint64_t deficit; /* commands left of its turn */
	uint8_t lane;
};

void fair_init(struct fair *f)
{
	*f = (struct fair){.last = 0};
	map_init(&f->queues);
}

void fair_fini(struct fair *f)
{
	size_t at = 0;
	struct str key;
	void *q;
	while (map_next(&f->queues, &at, &key, &q))
		free(q);
	map_fini(&f->queues);
}

static struct fair_queue *queue_of(struct fair *f, uint32_t partner, uint8_t lane)
{
	uint32_t key[2] = {partner, lane};
	struct str k = str_make((const char *)key, sizeof key);
	struct fair_queue *q = map_get(&f->queues, k);
	if (q)
		return q;
	q = xcalloc(1, sizeof *q);
	q->partner = partner;
	q->lane = lane;
	INVARIANT(!map_put(&f->queues, k, q));
	return q;
}

static void set_weight(struct fair_lane *l, struct fair_queue *q, uint32_t weight)
{
	weight = weight ? weight : 1;
	if (list_in(&q->node))
		l->weights += (uint64_t)weight - q->weight;
	q->weight = weight;
}

void fair_activate(struct fair *f, uint32_t partner, uint8_t lane, uint32_t weight)
{
	REQUIRE(lane < FAIR_LANES);
	struct fair_queue *q = queue_of(f, partner, lane);
	struct fair_lane *l = &f->lanes[lane];
	set_weight(l, q, weight);
	if (list_in(&q->node))
		return;
	l->weights += q->weight;
	list_push(&l->turns, &q->node);
}

/* The lanes at both ends of what has work; false when nothing has. */
static bool ends(const struct fair *f, uint8_t *first, uint8_t *last)
{
	bool found = false;
	for (uint8_t i = 0; i < FAIR_LANES; i++) {
		if (list_empty(&f->lanes[i].turns))
			continue;
		*first = found ? *first : i;
		*last = i;
		found = true;
	}
	return found;
}

static void begin_turn(struct fair_lane *l, struct fair_queue *q, uint32_t room)
{
	if (q->deficit > 0)
		return;
	if (l->turns_left == 0) {
		l->turns_left = (uint32_t)l->turns.count;
		l->quantum = room / l->weights > 1 ? (uint32_t)(room / l->weights) : 1;
	}
	q->deficit = (uint64_t)l->quantum * q->weight;
}

bool fair_next(struct fair *f, uint32_t room, struct fair_turn *out)
{
	uint8_t first = 0, last = 0;
	if (room == 0 || !ends(f, &first, &last))
		return false;
	if (first == last || last != f->last) {
		f->last = last;
		f->owed = 0;
	}
	uint32_t owed = f->owed / (FAIR_LAST - 1);
	uint8_t lane = owed ? last : first;
	struct fair_lane *l = &f->lanes[lane];
	struct fair_queue *q = LIST_ITEM(l->turns.first, struct fair_queue, node);
	begin_turn(l, q, room);
	uint64_t max = q->deficit < room ? q->deficit : room;
	if (owed && max > owed)
		max = owed;
	*out = (struct fair_turn){q, q->partner, lane, (uint32_t)max};
	return true;
}

static void end_turn(struct fair_lane *l, struct fair_queue *q, bool more)
{
	q->deficit = 0;
	list_remove(&q->node);
	if (l->turns_left)
		l->turns_left--;
	if (more)
		list_push(&l->turns, &q->node);
	else
		l->weights -= q->weight;
}

/* What others get, the last lane gets a ninth of on top. */
static void owe(struct fair *f, uint8_t lane, uint32_t n)
{
	if (lane != f->last)
		f->owed += n;
	else
		f->owed = f->owed > n * (FAIR_LAST - 1) ? f->owed - n * (FAIR_LAST - 1) : 0;
}

void fair_took(struct fair *f, const struct fair_turn *t, uint32_t n, bool more)
{
	struct fair_queue *q = t->queue;
	REQUIRE(n <= t->max && list_in(&q->node));
	owe(f, t->lane, n);
	q->deficit -= n;
	if (q->deficit == 0 || !more)
		end_turn(&f->lanes[t->lane], q, more);
}
