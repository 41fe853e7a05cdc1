/* The exact sliding window: a ring of moments. */
#include "daemon/core/ceiling.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

#define LONG_AGO 0 /* a moment whose second is over */

void ceiling_init(struct ceiling *c, uint32_t per_second, uint64_t now_us)
{
	REQUIRE(per_second <= CEILING_MAX);
	*c = (struct ceiling){.limit = per_second};
	if (per_second == 0)
		return;
	c->at_us = xcalloc(per_second, sizeof *c->at_us);
	for (uint32_t i = 0; i < per_second; i++)
		c->at_us[i] = now_us;
}

void ceiling_fini(struct ceiling *c)
{
	free(c->at_us);
	*c = (struct ceiling){0};
}

/* What was taken and has not left keeps to the new limit, too. */
void ceiling_set(struct ceiling *c, uint32_t per_second, uint64_t now_us)
{
	if (per_second == c->limit)
		return;
	struct ceiling was = *c;
	ceiling_fini(c);
	ceiling_init(c, per_second, now_us);
	c->shadow = was.shadow;
	c->claims = was.claims;
	c->unsent = was.unsent;
	c->held = was.held;
	c->taken = was.taken;
	c->near = was.near;
	c->over = was.over;
}

/*
 * When the place after `claims` others comes free. What is held may leave at any moment, all of it at once: as many places
 * are not there. Whole rounds of the others are whole windows.
 */
static uint64_t wait_behind(const struct ceiling *c, uint32_t claims, uint64_t now_us)
{
	if (c->limit == 0 || c->shadow)
		return 0;
	if (c->held >= c->limit)
		return CEILING_WINDOW_US; /* sooner when it leaves */
	uint32_t places = c->limit - c->held, slot = c->held + claims % places;
	uint64_t rounds = claims / places + 1;
	uint64_t free_at = c->at_us[((uint64_t)c->head + slot) % c->limit] + rounds * CEILING_WINDOW_US;
	return free_at > now_us ? free_at - now_us : 0;
}

/* The slot of the `n`-th newest event, from 1 to the limit. */
static uint32_t newest(const struct ceiling *c, uint32_t n)
{
	return (uint32_t)(((uint64_t)c->head + c->limit - n) % c->limit);
}

static bool in_window(const struct ceiling *c, uint32_t n, uint64_t now_us)
{
	return c->at_us[newest(c, n)] + CEILING_WINDOW_US > now_us;
}

uint32_t ceiling_used(const struct ceiling *c, uint64_t now_us)
{
	uint32_t low = 0, high = c->limit; /* moments only grow: so many of the newest are in the window */
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		if (in_window(c, middle, now_us))
			low = middle;
		else
			high = middle - 1;
	}
	return c->held < c->limit - low ? low + c->held : c->limit;
}

static void put(struct ceiling *c, uint64_t now_us)
{
	c->at_us[c->head] = now_us;
	c->head = (c->head + 1) % c->limit;
}

static void stream(struct ceiling *c, uint64_t now_us)
{
	uint64_t even = CEILING_WINDOW_US / c->limit, fast = even / CEILING_STREAM_TIMES;
	bool little = !in_window(c, c->limit / CEILING_LITTLE_PART + 1, now_us);
	c->stream_us = (c->stream_us > now_us ? c->stream_us : now_us) + fast;
	c->even_us =
	    (c->even_us + CEILING_HESITATION_US > now_us ? c->even_us : now_us) + (little ? fast : even);
}

static void take(struct ceiling *c, uint64_t now_us)
{
	c->taken++;
	c->unsent++;
	if (c->limit == 0)
		return;
	c->over += in_window(c, c->limit, now_us);
	put(c, now_us);
	stream(c, now_us);
	uint32_t many = (uint32_t)(((uint64_t)c->limit * CEILING_NEAR_PERCENT + 99) / 100);
	c->near += in_window(c, many, now_us);
}

/* None of the `n` newest is earlier than now. */
static void not_before(struct ceiling *c, uint64_t n, uint64_t now_us)
{
	uint32_t known = n < c->limit ? (uint32_t)n : c->limit;
	for (uint32_t i = known; i > 0; i--) {
		uint64_t *at = &c->at_us[newest(c, i)];
		*at = *at < now_us ? now_us : *at;
	}
}

void ceiling_left(struct ceiling *c, uint32_t n, uint64_t now_us)
{
	not_before(c, c->unsent, now_us);
	c->unsent -= n < c->unsent ? n : c->unsent;
}

void ceiling_hold(struct ceiling *c, uint32_t n)
{
	uint32_t known = n < c->limit ? n : c->limit;
	for (uint32_t i = known; i > 0; i--)
		c->at_us[newest(c, i)] = LONG_AGO;
	if (known)
		c->head = newest(c, known);
	c->unsent -= n < c->unsent ? n : c->unsent;
	c->held += n;
}

void ceiling_release(struct ceiling *c, uint32_t n, uint64_t now_us)
{
	REQUIRE(n <= c->held);
	c->held -= n;
	for (uint32_t i = 0; i < n && i < c->limit; i++)
		put(c, now_us);
	/* What was taken before and has not left stays behind these. */
	not_before(c, n > 0 ? (uint64_t)n + c->unsent : 0, now_us);
}

uint64_t ceiling_stream_wait_us(const struct ceiling *c, uint64_t now_us)
{
	uint64_t from_us = c->stream_us > c->even_us ? c->stream_us : c->even_us;
	if (c->limit == 0 || c->shadow || from_us <= now_us + CEILING_CATCH_UP_US)
		return 0;
	return from_us - now_us - CEILING_CATCH_UP_US;
}

uint64_t ceiling_wait_us(const struct ceiling *c, uint64_t now_us)
{
	return wait_behind(c, c->claims, now_us);
}

bool ceiling_take(struct ceiling *c, uint64_t now_us)
{
	if (ceiling_wait_us(c, now_us) > 0)
		return false;
	take(c, now_us);
	return true;
}

uint64_t ceiling_claim_wait_us(const struct ceiling *c, uint64_t now_us)
{
	return wait_behind(c, 0, now_us);
}

void ceiling_unclaim(struct ceiling *c, struct ceiling_claim *claim)
{
	if (claim->waiting)
		c->claims--;
	claim->waiting = false;
}

bool ceiling_take_first(struct ceiling *c, struct ceiling_claim *claim, uint64_t now_us)
{
	if (ceiling_claim_wait_us(c, now_us) > 0) {
		c->claims += !claim->waiting;
		claim->waiting = true;
		return false;
	}
	ceiling_unclaim(c, claim);
	take(c, now_us);
	return true;
}
