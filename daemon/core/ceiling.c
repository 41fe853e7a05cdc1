/* The exact sliding window: a ring of moments. */
#include "daemon/core/ceiling.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

void ceiling_init(struct ceiling *c, uint32_t per_second, uint64_t now_ms)
{
	REQUIRE(per_second <= CEILING_MAX);
	*c = (struct ceiling){.limit = per_second};
	if (per_second == 0)
		return;
	c->at = xcalloc(per_second, sizeof *c->at);
	for (uint32_t i = 0; i < per_second; i++)
		c->at[i] = now_ms;
}

void ceiling_fini(struct ceiling *c)
{
	free(c->at);
	*c = (struct ceiling){0};
}

void ceiling_set(struct ceiling *c, uint32_t per_second, uint64_t now_ms)
{
	if (per_second == c->limit)
		return;
	struct ceiling was = *c;
	ceiling_fini(c);
	ceiling_init(c, per_second, now_ms);
	c->shadow = was.shadow;
	c->claims = was.claims;
	c->taken = was.taken;
	c->near = was.near;
	c->over = was.over;
}

/* When the place after `before` others comes free. Whole rounds of the ring are whole windows. */
static uint64_t wait_behind(const struct ceiling *c, uint32_t before, uint64_t now_ms)
{
	if (c->limit == 0 || c->shadow)
		return 0;
	uint64_t rounds = before / c->limit + 1;
	uint64_t free_at =
	    c->at[(c->head + (uint64_t)before % c->limit) % c->limit] + rounds * CEILING_WINDOW_MS;
	return free_at > now_ms ? free_at - now_ms : 0;
}

/* The moment of the `n`-th newest event, from 1 to the limit. */
static uint64_t newest(const struct ceiling *c, uint32_t n)
{
	return c->at[((uint64_t)c->head + c->limit - n) % c->limit];
}

uint32_t ceiling_used(const struct ceiling *c, uint64_t now_ms)
{
	uint32_t low = 0, high = c->limit; /* moments only grow: so many of the newest are in the window */
	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		if (newest(c, middle) + CEILING_WINDOW_MS > now_ms)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

static void take(struct ceiling *c, uint64_t now_ms)
{
	c->taken++;
	if (c->limit == 0)
		return;
	c->over += newest(c, c->limit) + CEILING_WINDOW_MS > now_ms;
	c->at[c->head] = now_ms;
	c->head = (c->head + 1) % c->limit;
	c->unsent += c->unsent < c->limit;
	c->stream_us = (c->stream_us > now_ms * 1000 ? c->stream_us : now_ms * 1000) +
	               CEILING_WINDOW_MS * 1000 / CEILING_STREAM_TIMES / c->limit;
	uint32_t many = (uint32_t)(((uint64_t)c->limit * CEILING_NEAR_PERCENT + 99) / 100);
	c->near += newest(c, many) + CEILING_WINDOW_MS > now_ms;
}

void ceiling_left(struct ceiling *c, uint64_t now_ms)
{
	for (; c->unsent > 0; c->unsent--) {
		uint64_t *at = &c->at[((uint64_t)c->head + c->limit - c->unsent) % c->limit];
		*at = *at < now_ms ? now_ms : *at;
	}
}

uint64_t ceiling_stream_wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	if (c->limit == 0 || c->shadow)
		return 0;
	uint64_t from_ms = c->stream_us / 1000;
	return from_ms > now_ms + CEILING_CATCH_UP_MS ? from_ms - now_ms - CEILING_CATCH_UP_MS : 0;
}

uint64_t ceiling_wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	return wait_behind(c, c->claims, now_ms);
}

bool ceiling_take(struct ceiling *c, uint64_t now_ms)
{
	if (ceiling_wait_ms(c, now_ms) > 0)
		return false;
	take(c, now_ms);
	return true;
}

uint64_t ceiling_claim_wait_ms(const struct ceiling *c, uint64_t now_ms)
{
	return wait_behind(c, 0, now_ms);
}

void ceiling_unclaim(struct ceiling *c, struct ceiling_claim *claim)
{
	if (claim->waiting)
		c->claims--;
	claim->waiting = false;
}

bool ceiling_take_first(struct ceiling *c, struct ceiling_claim *claim, uint64_t now_ms)
{
	if (ceiling_claim_wait_ms(c, now_ms) > 0) {
		c->claims += !claim->waiting;
		claim->waiting = true;
		return false;
	}
	ceiling_unclaim(c, claim);
	take(c, now_ms);
	return true;
}
