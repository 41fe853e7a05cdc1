/*
 * The ceiling as the network sees it, in every seed; and a rush: batches of thousands of lines, ceilings that are
 * reloaded, a clock that is set by up to a minute, while the gateway is killed again and again.
 */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <string.h>

#define WINDOW_MS     1000
#define RELOAD_MS     20000
#define CLOCK_MS      30000
#define CLOCK_STEP_MS 60000 /* beyond two minutes nobody could tell an own name from an older one */
#define PLAIN_LIMIT   40    /* as sim_setup.c has it */
#define HEADER        4     /* RFC 5734: the length of the frame, itself included */

static const uint32_t rush_limits[SIM_RUSH_LIMITS] = {400, 1500, SIM_LIMIT_MAX};

struct config *sim_config(const struct sim_world *w)
{
	return w->rush         ? w->setup->rush[w->config]
	       : sim_law_is(w) ? w->setup->law
	                       : w->setup->configs[w->seed % SIM_DIALECTS];
}

static void count_frame(struct sim_world *w)
{
	struct sim_watch *s = &w->watch;
	uint64_t now = w->v.now_us / 1000;
	uint64_t before = s->count >= s->limit ? s->at[(s->count - s->limit) % ARRAY_LEN(s->at)] : 0;
	if (s->count >= s->limit && now - before < WINDOW_MS)
		sim_wrong(w, "%u + 1 commands left within %llu ms", s->limit,
		          (unsigned long long)(now - before));
	s->full += s->count >= s->limit && now - before < WINDOW_MS + WINDOW_MS / 20;
	s->at[s->count++ % ARRAY_LEN(s->at)] = now;
}

/* The mark: bytes of the frame that are still to come, and above them those of a header that was cut. */
static void on_bytes(void *arg, const char *from, const char *to, uint64_t *mark, struct str bytes)
{
	struct sim_world *w = arg;
	uint32_t left = (uint32_t)*mark, header = (uint32_t)(*mark >> 32) & 0xFFFFFF;
	uint32_t have = (uint32_t)(*mark >> 56);
	if (strcmp(from, "gateway") != 0 || strcmp(to, "registry") != 0)
		return;
	for (size_t i = 0; i < bytes.len;) {
		if (left > 0) {
			size_t n = bytes.len - i < left ? bytes.len - i : left;
			left -= (uint32_t)n;
			i += n;
			continue;
		}
		header = header << 8 | (unsigned char)bytes.ptr[i++];
		if (++have < HEADER)
			continue;
		count_frame(w);
		left = header - HEADER;
		header = have = 0;
	}
	*mark = left | (uint64_t)(header & 0xFFFFFF) << 32 | (uint64_t)have << 56;
}

void sim_watch_limit(struct sim_world *w)
{
	w->watch.limit = w->rush ? rush_limits[w->config] : PLAIN_LIMIT;
}

void sim_watch_init(struct sim_world *w)
{
	mem_net_tap(w->net, on_bytes, w);
}

/* ---- a rush ------------------------------------------------------------------------------------------------------------ */

static void on_reloaded(void *arg, const char *why)
{
	struct sim_world *w = arg;
	if (why)
		return;
	w->config = w->wanted;
	sim_watch_limit(w);
}

static void on_reload(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_reload);
	loop_timer_set(&w->v.loop, t, 1 + rng_below(&w->rng, RELOAD_MS));
	if (!w->ready)
		return;
	w->wanted = (size_t)rng_below(&w->rng, SIM_RUSH_LIMITS);
	gateway_reload(w->gateway, w->setup->rush[w->wanted], w->setup->rules, on_reloaded, w);
}

static void on_clock(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_clock);
	w->v.clock.shift_ms = (int64_t)rng_below(&w->rng, 2 * CLOCK_STEP_MS) - CLOCK_STEP_MS;
	loop_timer_set(&w->v.loop, t, 1 + rng_below(&w->rng, CLOCK_MS));
}

void sim_rush_init(struct sim_world *w)
{
	w->next_reload.fire = on_reload;
	w->next_clock.fire = on_clock;
	loop_timer_set(&w->v.loop, &w->next_reload, 1 + rng_below(&w->rng, RELOAD_MS));
	loop_timer_set(&w->v.loop, &w->next_clock, 1 + rng_below(&w->rng, CLOCK_MS));
}

void sim_rush_calm(struct sim_world *w)
{
	loop_timer_cancel(&w->v.loop, &w->next_reload);
	loop_timer_cancel(&w->v.loop, &w->next_clock);
}
