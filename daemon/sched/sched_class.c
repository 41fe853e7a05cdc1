/*
 * Classes of commands with a limit of their own, and what they hold back.
 *
 * Happy path: of a lane whose commands are limited only a second's worth is claimed ─▶ what it holds back is in nobody's
 * way, and leaves as its class allows.
 *
 * Failure modes: what is urgent stands in one queue by its deadline, whatever its class. When nothing may leave but for
 * the limit of its class, urgent items of that class fill what may be claimed: most of them go back until about the moment
 * at which their class has come to them, so that urgent ones of other classes come to light behind them.
 */
#include "daemon/job/lane.h"
#include "daemon/sched/sched_int.h"

#define BACK_MIN_MS 1000
#define BACK_MAX_MS 60000 /* limits may be raised meanwhile */

/* What a lane's items need of limited classes within a second, at most; UINT32_MAX: no class of theirs is limited. */
static uint32_t class_limit(const struct sched_account *a, uint8_t lane)
{
	static const enum limit_class of_create[] = {LIMIT_CHECK, LIMIT_CONTACT, LIMIT_CREATE},
	                              of_renew[] = {LIMIT_RENEW};
	const enum limit_class *classes = lane == LANE_RENEW ? of_renew : of_create;
	size_t count = lane == LANE_RENEW ? ARRAY_LEN(of_renew) : ARRAY_LEN(of_create);
	uint32_t least = UINT32_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct ceiling *c = &a->limits->of[classes[i]];
		if (c->limit && !c->shadow && c->limit < least)
			least = c->limit;
	}
	return least;
}

static void less_room(const struct list *l, uint32_t *room)
{
	list_for_each (n, l) {
		uint8_t lane = LIST_ITEM(n, const struct sched_job, node)->lane;
		if (lane < LANE__COUNT && room[lane] != UINT32_MAX && room[lane] > 0)
			room[lane]--;
	}
}

/*
 * What may be claimed of each lane besides what is here of it: of a limited class no more than a second's worth, so that
 * what it holds back is not in the way of others. That goes for what waits behind its contact, too, or more and more would
 * gather where contacts may leave faster than names. What is urgent may be of any class.
 */
void sched_class_room(const struct sched_account *a, uint32_t want, uint32_t *room)
{
	for (uint8_t lane = 0; lane < LANE__COUNT; lane++) {
		uint32_t limit = lane < LANE_RENEW ? want : class_limit(a, lane);
		room[lane] = limit != UINT32_MAX && limit > want ? want : limit;
	}
	less_room(&a->ready, room);
	less_room(&a->begun, room);
}

/* ---- letting pass ---------------------------------------------------------------------------------------------------------------- */

static bool is_back(const struct sched_job *j, uint64_t now_us)
{
	bool has_begun = j->letters || j->job.in_doubt || j->claim == 0;
	return j->lane == LANE_URGENT && !has_begun &&
	       ceiling_wait_us(&j->account->limits->of[sched_class_of(j)], now_us) > 0;
}

/* When the class will have come to one more that goes back. */
static uint64_t back_ms(struct sched_account *a, enum limit_class c, uint64_t now_us)
{
	uint64_t *at_us = &a->class_comes_us[c];
	*at_us = (*at_us > now_us ? *at_us : now_us) + CEILING_WINDOW_US / a->limits->of[c].limit;
	uint64_t ms = (*at_us - now_us) / 1000;
	return ms < BACK_MIN_MS ? BACK_MIN_MS : ms > BACK_MAX_MS ? BACK_MAX_MS : ms;
}

void sched_class_let_pass(struct sched_account *a, uint32_t want)
{
	uint64_t now_us = loop_now_us(a->sched->c.loop);
	uint32_t kept = 0, most = want / 2 + 1;
	list_for_each_safe (n, &a->ready) {
		struct sched_job *j = LIST_ITEM(n, struct sched_job, node);
		if (!is_back(j, now_us) || kept++ < most)
			continue;
		list_remove(n);
		fair_less(&a->fair, j->lane);
		sched_put_back(j, "CLASS_FULL", "the registry takes only so many of these in a second",
		               back_ms(a, sched_class_of(j), now_us));
	}
}
