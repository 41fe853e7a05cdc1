/*
 * Partners. Two kinds of days, by the seed:
 *
 *   odd    four partners have creates at all times (weights 1, 1, 1, 2), others come with bursts of what is urgent and
 *          one with a line at a time; the process is restarted, killed, its limits are reloaded, the clock is set
 *   even   work comes and goes: renewals with hours, minutes or days left, at times far more than the registry takes
 *          until they are due, behind creates of many kinds; in some the registry is in trouble, in some each class of
 *          commands has a limit of its own; the process is restarted, killed, its limits are reloaded
 */
#include "tests/proof/market.h"

#include "epp/base/alloc.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#define FLOODERS    4
#define SINGLE      (PROOF_PARTNERS - 1)
#define TICK_MS     500
#define HOUR_MS     3600000ull
#define WARM_MS     1000 /* a limit counts as used up after a start */
#define STRETCH_MIN 20000

struct crowd {
	struct market m;
	struct rng rng;
	uint64_t commands;
	uint64_t stretch_from; /* PROOF_NEVER: none is under way */
	uint32_t single;       /* the last single line's number, from 1 */
	uint64_t restarts, reloads;
	bool clock_steps, contacts;
};

static bool one_in(struct crowd *c, uint64_t n)
{
	return rng_below(&c->rng, n) == 0;
}

/* ---- stretches without a disturbance ---------------------------------------------------------------------------------- */

static void end_stretch(struct crowd *c)
{
	struct proof_history *h = &c->m.h;
	uint64_t now = market_now(&c->m);
	if (c->stretch_from != PROOF_NEVER && now > c->stretch_from + STRETCH_MIN && !c->m.troubled) {
		if (h->stretch_count == h->stretch_cap) {
			h->stretch_cap = h->stretch_cap ? 2 * h->stretch_cap : 64;
			h->stretches = xrealloc(h->stretches, h->stretch_cap, sizeof *h->stretches);
		}
		h->stretches[h->stretch_count++] =
		    (struct proof_stretch){c->stretch_from, now, c->m.limits.all.limit};
	}
	c->stretch_from = PROOF_NEVER;
}

static void begin_stretch(struct crowd *c)
{
	c->stretch_from = market_now(&c->m) + WARM_MS;
}

/* ---- disturbances ------------------------------------------------------------------------------------------------------- */

static void restart(struct crowd *c)
{
	end_stretch(c);
	if (one_in(c, 2))
		market_stop(&c->m);
	else
		market_crash(&c->m);
	market_run_none(&c->m, rng_below(&c->rng, 3000));
	market_boot(&c->m);
	c->restarts++;
	begin_stretch(c);
}

/* What the window can carry, or the ceiling would not be what holds. */
static uint32_t any_limit(struct crowd *c)
{
	uint64_t carries = (uint64_t)c->m.pool.slots * 1000 / c->m.pool.latency_ms / 4;
	uint64_t most = carries < 3000 ? carries : 3000;
	return (uint32_t)(5 + rng_below(&c->rng, most > 5 ? most - 5 : 1));
}

static void set_limits(struct crowd *c)
{
	uint32_t limit = any_limit(c), of[PROOF_CLASSES] = {0};
	for (int i = 0; c->m.h.classes_are_limited && i < PROOF_CLASSES; i++)
		of[i] = one_in(c, 4) ? 0 : 1 + (uint32_t)rng_below(&c->rng, limit);
	if (c->m.h.creates_are_limited)
		of[PROOF_CREATE] = 1 + (uint32_t)rng_below(&c->rng, limit);
	market_set_limit(&c->m, limit, of);
}

static void reload(struct crowd *c)
{
	end_stretch(c);
	set_limits(c);
	c->reloads++;
	begin_stretch(c);
}

/* Somebody sets the clock, by minutes or hours, forwards or backwards. */
static void set_clock(struct crowd *c)
{
	c->m.clock.shift_ms += (int64_t)rng_below(&c->rng, 4 * HOUR_MS) - (int64_t)(2 * HOUR_MS);
}

/* ---- days with work at all times ---------------------------------------------------------------------------------------- */

static void arrivals_of_floods(struct crowd *c)
{
	struct market *m = &c->m;
	uint32_t limit = m->limits.all.limit;
	if (one_in(c, 20)) {
		uint32_t partner = FLOODERS + (uint32_t)rng_below(&c->rng, SINGLE - FLOODERS);
		uint64_t n = 1 + rng_below(&c->rng, 8ull * limit), now = market_now(m);
		uint8_t lane = one_in(c, 3) ? LANE_CREATE : LANE_RENEW;
		for (uint64_t i = 0; i < n; i++)
			market_add(m, partner, lane, now + 1 + rng_below(&c->rng, 60 * HOUR_MS), false);
		market_kick(m);
	}
	if (c->single == 0 || m->h.items[c->single - 1].sent != PROOF_NEVER) {
		market_add(m, SINGLE, LANE_CREATE, PROOF_NEVER, false);
		c->single = (uint32_t)m->h.item_count;
		market_kick(m);
	}
}

static void day_of_floods(struct crowd *c)
{
	struct market *m = &c->m;
	m->h.flooders = FLOODERS;
	m->h.weights[FLOODERS - 1] = 2;
	for (int i = 0; i < FLOODERS; i++)
		m->endless[i] = true;
	c->clock_steps = one_in(c, 3);
	market_kick(m);
	begin_stretch(c);
	while (m->h.send_count < c->commands && !m->why[0]) {
		arrivals_of_floods(c);
		if (one_in(c, 1000))
			restart(c);
		if (one_in(c, 600))
			reload(c);
		if (c->clock_steps && one_in(c, 200))
			set_clock(c);
		market_run_for(m, TICK_MS + rng_below(&c->rng, TICK_MS));
	}
	end_stretch(c);
}

/* ---- days with work that comes and goes ------------------------------------------------------------------------------------ */

static uint64_t any_due(struct crowd *c, uint64_t now)
{
	switch (rng_below(&c->rng, 6)) {
	case 0: return now + 1 + rng_below(&c->rng, 20000);
	case 1: return now + 1 + rng_below(&c->rng, HOUR_MS / 6);
	case 2: return now + HOUR_MS / 12;
	case 3: return now + 1 + rng_below(&c->rng, 47 * HOUR_MS);
	case 4: return now + PROOF_URGENT_MS + rng_below(&c->rng, HOUR_MS);
	default: return now + 10 * 24 * HOUR_MS + rng_below(&c->rng, 300 * 24 * HOUR_MS);
	}
}

static void add_batch(struct crowd *c, uint32_t partner)
{
	struct market *m = &c->m;
	bool renew = one_in(c, 2), one_day = one_in(c, 2);
	uint8_t lane = one_in(c, 4) ? LANE_BULK : LANE_CREATE;
	uint64_t n = 1 + rng_below(&c->rng, one_in(c, 4) ? 400ull * m->limits.all.limit : 2000);
	uint64_t now = market_now(m), due = any_due(c, now);
	for (uint64_t i = 0; i < n; i++) {
		if (renew)
			market_add(m, partner, LANE_RENEW, one_day ? due : any_due(c, now), false);
		else
			market_add(m, partner, lane, one_in(c, 3) ? due : PROOF_NEVER,
			           c->contacts && one_in(c, 2));
	}
}

static void day_of_deadlines(struct crowd *c)
{
	static const uint64_t pauses[] = {200, 5000, 60000, HOUR_MS, 46 * HOUR_MS};
	struct market *m = &c->m;
	c->contacts = one_in(c, 2);
	bool troubled = one_in(c, 3);
	while (m->h.send_count < c->commands && !m->why[0]) {
		uint64_t batches = 1 + rng_below(&c->rng, 6);
		for (uint64_t i = 0; i < batches && market_waiting(m) < c->commands; i++)
			add_batch(c, (uint32_t)rng_below(&c->rng, PROOF_PARTNERS));
		m->trouble = troubled && one_in(c, 3) ? 1 + (unsigned)rng_below(&c->rng, 20) : 0;
		market_kick(m);
		market_run_for(m, 1 + rng_below(&c->rng, pauses[rng_below(&c->rng, 5)]));
		if (one_in(c, 15))
			restart(c);
		if (one_in(c, 15))
			reload(c);
	}
}

void proof_crowd(uint64_t commands, uint64_t seed, struct proof_figures *out)
{
	struct crowd *c = xcalloc(1, sizeof *c);
	c->commands = commands;
	c->stretch_from = PROOF_NEVER;
	rng_init_seed(&c->rng, seed);
	market_init(&c->m, seed, 8 + (uint32_t)rng_below(&c->rng, 312), 1 + rng_below(&c->rng, 40), 0);
	c->m.h.creates_are_limited = one_in(c, 8);
	c->m.h.classes_are_limited = seed % 8 == 4;
	c->m.check_first = c->m.h.classes_are_limited && one_in(c, 2);
	set_limits(c);
	market_boot(&c->m);
	if (seed % 2)
		day_of_floods(c);
	else
		day_of_deadlines(c);
	c->m.h.end = market_now(&c->m);
	c->m.h.clock_was_set = c->clock_steps;
	*out = (struct proof_figures){.commands = c->m.h.send_count,
	                              .virtual_s = (market_now(&c->m) - PROOF_START_MS) / 1000,
	                              .restarts = c->restarts,
	                              .reloads = c->reloads};
	memcpy(out->why, c->m.why, sizeof out->why);
	proof_judge(&c->m.h, out);
	market_crash(&c->m);
	market_fini(&c->m);
	free(c);
}
