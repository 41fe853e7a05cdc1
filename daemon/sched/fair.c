/* Lanes and deficit round robin. */
#include "daemon/sched/fair.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

struct fair_queue {
	struct list_node node; /* in its lane's turns while it has work */
	uint32_t partner, weight;
	uint64_t deficit; /* commands left of its turn */
	uint64_t debt;    /* commands that it has had beyond what it took */
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

static bool has_work(const struct fair *f, uint8_t lane)
{
	return !list_empty(&f->lanes[lane].turns) && !(f->skipped >> lane & 1);
}

/* The lanes at both ends of what has work; false when nothing has. */
static bool ends(const struct fair *f, uint8_t *first, uint8_t *last)
{
	bool found = false;
	for (uint8_t i = 0; i < FAIR_LANES; i++) {
		if (!has_work(f, i))
			continue;
		*first = found ? *first : i;
		*last = i;
		found = true;
	}
	return found;
}

/* The lane between the ends whose turn it is; 0 when none there has work. */
static uint8_t next_between(const struct fair *f, uint8_t first, uint8_t last)
{
	for (uint8_t k = 1; k <= FAIR_LANES; k++) {
		uint8_t lane = (uint8_t)((f->between + k) % FAIR_LANES);
		if (lane > first && lane < last && has_work(f, lane))
			return lane;
	}
	return 0;
}

static void end_turn(struct fair_lane *l, struct fair_queue *q, bool more)
{
	q->deficit = 0;
	list_remove(&q->node);
	if (l->turns_left)
		l->turns_left--;
	if (more) {
		list_push(&l->turns, &q->node);
		return;
	}
	l->weights -= q->weight;
	q->debt = 0; /* who comes back later begins anew */
}

/* The queue whose turn it is, with what is left of it. Debts are paid first: with whole turns when they are as large. */
static struct fair_queue *turn_of(struct fair_lane *l, uint32_t room)
{
	for (;;) {
		struct fair_queue *q = LIST_ITEM(l->turns.first, struct fair_queue, node);
		if (q->deficit > 0)
			return q;
		if (l->turns_left == 0) {
			l->turns_left = (uint32_t)l->turns.count;
			l->quantum = room / l->weights > 1 ? (uint32_t)(room / l->weights) : 1;
		}
		uint64_t turn = (uint64_t)l->quantum * q->weight, paid = q->debt < turn ? q->debt : turn;
		q->deficit = turn - paid;
		q->debt -= paid;
		if (q->deficit > 0)
			return q;
		end_turn(l, q, true);
	}
}

/* Commands. */
static uint32_t whole(int64_t owed)
{
	int64_t n = owed / (FAIR_SURE - 1);
	return n <= 0 ? 0 : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* The lane to serve, and how many commands it is sure of; UINT32_MAX: as many as it can use. */
static uint8_t pick_lane(struct fair *f, uint8_t first, uint8_t last, uint32_t *sure)
{
	uint8_t between = next_between(f, first, last);
	if (first == last || last != f->last)
		f->owed_last = 0;
	if (!between || first <= FAIR_STRICT)
		f->owed_between = 0;
	f->last = last;
	*sure = whole(f->owed_last);
	if (*sure)
		return last;
	*sure = whole(f->owed_between);
	if (*sure)
		return between;
	*sure = UINT32_MAX;
	return first;
}

bool fair_next(struct fair *f, uint32_t room, struct fair_turn *out)
{
	uint8_t first = 0, last = 0;
	uint32_t sure;
	if (room == 0 || !ends(f, &first, &last))
		return false;
	uint8_t lane = pick_lane(f, first, last, &sure);
	struct fair_lane *l = &f->lanes[lane];
	struct fair_queue *q = turn_of(l, room);
	uint64_t max = q->deficit < room ? q->deficit : room;
	*out = (struct fair_turn){q, q->partner, lane, max < sure ? (uint32_t)max : sure,
	                          lane > first && lane < last};
	return true;
}

bool fair_each(const struct fair *f, size_t *at, uint32_t *partner, uint8_t *lane)
{
	struct str key;
	void *value;
	if (!map_next(&f->queues, at, &key, &value))
		return false;
	const struct fair_queue *q = value;
	*partner = q->partner;
	*lane = q->lane;
	return true;
}

void fair_deactivate(struct fair *f, uint32_t partner, uint8_t lane)
{
	REQUIRE(lane < FAIR_LANES);
	struct fair_queue *q = queue_of(f, partner, lane);
	if (list_in(&q->node))
		end_turn(&f->lanes[lane], q, false);
}

/* A ninth of what others get is owed on top; what is given pays it back. */
static void settle(int64_t *owed, bool given, uint32_t n)
{
	*owed += given ? -(int64_t)n * (FAIR_SURE - 1) : (int64_t)n;
}

void fair_took(struct fair *f, const struct fair_turn *t, uint32_t n, bool more)
{
	struct fair_queue *q = t->queue;
	REQUIRE(n <= t->max);
	settle(&f->owed_last, t->lane == f->last, n);
	settle(&f->owed_between, t->between, n);
	if (t->between)
		f->between = t->lane;
	if (!list_in(&q->node))
		return; /* it was deactivated meanwhile */
	q->deficit = q->deficit > n ? q->deficit - n : 0;
	if (q->deficit == 0 || !more)
		end_turn(&f->lanes[t->lane], q, more);
}

void fair_more(struct fair *f, uint32_t partner, uint8_t lane)
{
	uint8_t first = lane, last = lane;
	struct fair_queue *q = queue_of(f, partner, lane);
	if (!ends(f, &first, &last))
		return;
	settle(&f->owed_last, lane == f->last, 1);
	settle(&f->owed_between, lane > first && lane < last, 1);
	if (list_in(&q->node))
		q->debt++;
}

void fair_less(struct fair *f, uint8_t lane)
{
	f->owed_last -= lane != f->last;
	f->owed_between -= f->owed_between > 0;
}
