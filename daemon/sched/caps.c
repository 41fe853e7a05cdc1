/*
 * Happy path: a cap is asked for ─▶ a part of it is put down in the store ─▶ used, one by one ─▶ before it runs out the
 * next part is put down ─▶ … ─▶ the cap is reached, which the log tells once ─▶ midnight in Hanoi: a new day, from nothing.
 *
 * Failure modes: the store cannot write: nothing more may be used, and it is asked again. The clock steps to another day:
 * that day's counts are the store's, and what this run has left of the other day is lost.
 */
#include "daemon/sched/caps.h"
#include "epp/base/check.h"

#include <stdio.h>

#define AGAIN_MS 1000  /* the store could not write */
#define WATCH_MS 60000 /* how late the end of a day may be seen: clocks step */

static date_t today(const struct caps *c)
{
	return date_of_instant(loop_wall(c->loop), HANOI_OFFSET_S);
}

static struct cap *cap_of(struct caps *c, int which)
{
	REQUIRE(which >= 0 && which < CAPS__COUNT);
	return &c->caps[which];
}

static bool waits(struct cap *p)
{
	return p->limit.max && (p->leasing || p->used >= p->leased);
}

static void on_again(struct loop_timer *t)
{
	struct caps *c = CONTAINER_OF(t, struct caps, again);
	bool waiting = false;
	for (int i = 0; i < CAPS__COUNT; i++)
		waiting |= waits(&c->caps[i]);
	if (waiting)
		loop_timer_set(c->loop, t, WATCH_MS);
	if (c->on_change)
		c->on_change(c->arg);
}

/* Never longer than that: for the end of the day, and for a store that works again. */
static void look_again(struct caps *c, uint64_t in_ms)
{
	if (!loop_timer_is_set(&c->again) || c->again.at_ms > loop_now(c->loop) + in_ms)
		loop_timer_set(c->loop, &c->again, in_ms);
}

static uint64_t part_of(const struct cap *p)
{
	uint64_t n = p->limit.max / CAPS_PARTS;
	return n < 1 ? 1 : n > CAPS_PART_MAX ? CAPS_PART_MAX : n;
}

static void on_leased(struct store_op *op)
{
	struct cap *p = CONTAINER_OF(op, struct cap, lease.op);
	struct caps *c = p->caps;
	p->leasing = false;
	if (op->err) {
		look_again(c, AGAIN_MS);
		if (c->on_change)
			c->on_change(c->arg); /* somebody may be waiting for its end */
		return;
	}
	if (p->day != p->lease.day) { /* the first of this day: what was there before is used */
		p->day = p->lease.day;
		p->used = p->lease.total - p->lease.granted;
		p->open = 0;
		p->told = false;
	}
	p->leased = p->lease.total;
	look_again(c, WATCH_MS);
	if (c->on_change)
		c->on_change(c->arg);
}

static void lease(struct cap *p)
{
	struct caps *c = p->caps;
	if (p->leasing)
		return;
	p->leasing = true;
	p->lease = (struct store_lease){.op = {.type = STORE_LEASE, .done = on_leased},
	                                .scope = p->scope,
	                                .day = today(c),
	                                .max = p->limit.shadow ? UINT32_MAX : p->limit.max,
	                                .wanted = part_of(p)};
	c->writer->submit(c->writer, &p->lease.op);
}

static bool is_reached(const struct cap *p)
{
	return !p->limit.shadow && p->leased >= p->limit.max;
}

/* Puts the next part down in time, so that nobody waits for the disk. */
static void see_to_it(struct cap *p)
{
	if (p->day != today(p->caps) || (!is_reached(p) && p->used + part_of(p) / 2 >= p->leased))
		lease(p);
}

void caps_init(struct caps *c, struct loop *loop, struct store_executor *writer, struct log *log,
               const char *registry)
{
	*c = (struct caps){.loop = loop, .writer = writer, .log = log, .registry = registry};
	c->again.fire = on_again;
	for (int i = 0; i < CAPS__COUNT; i++) {
		struct cap *p = &c->caps[i];
		p->caps = c;
		p->day = DATE_NONE;
		snprintf(p->scope, sizeof p->scope, STORE_LEASE_SCOPE "%s/%s", registry,
		         i == CAP_TAKEN ? "taken" : limit_class_names[i]);
	}
}

void caps_fini(struct caps *c)
{
	REQUIRE(!caps_busy(c));
	if (c->loop)
		loop_timer_cancel(c->loop, &c->again);
}

void caps_watch(struct caps *c, void (*on_change)(void *arg), void *arg)
{
	c->on_change = on_change;
	c->arg = arg;
}

void caps_set(struct caps *c, const struct limit of[CAPS__COUNT])
{
	c->any = false;
	for (int i = 0; i < CAPS__COUNT; i++) {
		c->caps[i].limit = of[i];
		c->caps[i].told = false;
		c->any |= of[i].max > 0;
	}
	if (c->on_change)
		c->on_change(c->arg);
}

bool caps_busy(const struct caps *c)
{
	for (int i = 0; i < CAPS__COUNT; i++)
		if (c->caps[i].leasing)
			return true;
	return false;
}

bool caps_may(struct caps *c, int which)
{
	struct cap *p = cap_of(c, which);
	if (!p->limit.max)
		return true;
	see_to_it(p);
	return p->limit.shadow || (p->day == today(c) && p->used < p->leased && p->used < p->limit.max);
}

static void tell(struct caps *c, struct cap *p, int which)
{
	p->told = true;
	if (which == CAP_TAKEN)
		LOG(c->log, LOG_WARNING, "cap.reached",
		    "so many creates came upon taken names today: from now on each is checked first",
		    F_C("registry", c->registry), F_C("of", "taken_names"), F_U64("max", p->limit.max));
	else
		LOG(c->log, LOG_WARNING, "cap.reached",
		    "no more of these today: what waits goes on after midnight in Hanoi",
		    F_C("registry", c->registry), F_C("of", limit_class_names[which]),
		    F_U64("max", p->limit.max));
}

bool caps_used_up(struct caps *c, int which)
{
	struct cap *p = cap_of(c, which);
	if (!p->limit.max || p->limit.shadow || p->day != today(c) || p->used < p->limit.max)
		return false;
	if (!p->told && p->used - p->open >= p->limit.max)
		tell(c, p, which);
	return true;
}

void caps_take(struct caps *c, int which)
{
	struct cap *p = cap_of(c, which);
	if (!p->limit.max)
		return;
	p->used++;
	p->near += p->used * 100 > (uint64_t)p->limit.max * CEILING_NEAR_PERCENT;
	p->over += p->used > p->limit.max;
	see_to_it(p);
}

void caps_take_open(struct caps *c)
{
	caps_take(c, CAP_TAKEN);
	c->caps[CAP_TAKEN].open++;
}

void caps_settle(struct caps *c, date_t day, bool counts)
{
	struct cap *p = &c->caps[CAP_TAKEN];
	if (!p->limit.max || p->day != day || !p->open)
		return;
	p->open--;
	p->used -= !counts;
}

instant_ms_t caps_day_end(const struct caps *c)
{
	return instant_of_date(today(c) + 1, HANOI_OFFSET_S);
}
