/*
 * The ceiling as the network sees it, in every seed; and a rush: batches of thousands of lines, ceilings that are
 * reloaded, a clock that is set by up to a minute, while the gateway is killed again and again.
 */
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/frame.h"
#include "tests/sim/sim.h"

#include <string.h>

#define WINDOW_MS     1000
#define RELOAD_MS     20000
#define CLOCK_MS      30000
#define CLOCK_STEP_MS 60000 /* beyond two minutes nobody could tell an own name from an older one */
#define HEADER        4     /* RFC 5734: the length of the frame, itself included */

static const struct sim_ceilings plain_ceilings = {.all = 40}; /* as sim_setup.c has it */
const struct sim_ceilings sim_rush_ceilings[SIM_RUSH_LIMITS] = {
    {.all = 400},
    {.all = 1500, .of = {[LIMIT_INFO] = 90, [LIMIT_CONTACT] = 450, [LIMIT_CREATE] = 500, [LIMIT_RENEW] = 3}},
    {.all = SIM_LIMIT_MAX},
    {.all = 250, .of = {[LIMIT_INFO] = 40, [LIMIT_CONTACT] = 120, [LIMIT_CREATE] = 100, [LIMIT_RENEW] = 2}}};

struct config *sim_config(const struct sim_world *w)
{
	return w->rush         ? w->setup->rush[w->config]
	       : sim_law_is(w) ? w->setup->law
	                       : w->setup->configs[w->seed % SIM_DIALECTS];
}

/* ---- the watch ----------------------------------------------------------------------------------------------------------- */

static void count(struct sim_world *w, struct sim_ring *r, uint32_t limit, const char *what)
{
	uint64_t now = w->v.now_us / 1000;
	uint64_t before = r->count >= limit ? r->at[(r->count - limit) % ARRAY_LEN(r->at)] : 0;
	if (limit && r->count >= limit && now - before < WINDOW_MS)
		sim_wrong(w, "%u + 1 %s left within %llu ms", limit, what,
		          (unsigned long long)(now - before));
	r->full += limit && r->count >= limit && now - before < WINDOW_MS + WINDOW_MS / 20;
	r->at[r->count++ % ARRAY_LEN(r->at)] = now;
}

/* The element that begins at or after `*at`; `*at` is behind its name. */
static struct str next_element(struct str xml, size_t *at)
{
	size_t from = *at;
	while (from < xml.len &&
	       (xml.ptr[from] != '<' || (from + 1 < xml.len && strchr("/?!", xml.ptr[from + 1]))))
		from++;
	size_t to = from = from < xml.len ? from + 1 : xml.len;
	while (to < xml.len && !strchr(" \t\r\n/>", xml.ptr[to]))
		to++;
	*at = to;
	return str_make(xml.ptr + from, to - from);
}

/* <epp><command><create><domain:create>: what is done, and to what. */
static enum limit_class class_of(struct str xml)
{
	size_t at = 0;
	struct str verb, object;
	(void)next_element(xml, &at);
	(void)next_element(xml, &at);
	verb = next_element(xml, &at);
	object = next_element(xml, &at);
	if (str_eq_c(verb, "check"))
		return LIMIT_CHECK;
	if (str_eq_c(verb, "info"))
		return LIMIT_INFO;
	if (str_eq_c(verb, "renew"))
		return LIMIT_RENEW;
	if (str_eq_c(verb, "create"))
		return str_eq_c(object, "domain:create") ? LIMIT_CREATE : LIMIT_CONTACT;
	return LIMIT_NO_CLASS;
}

static void count_frame(struct sim_world *w, struct str xml, bool old)
{
	struct sim_watch *s = &w->watch;
	const struct sim_ceilings *limit = old ? &s->former : &s->limit;
	enum limit_class c = class_of(xml);
	count(w, &s->all, limit->all, "commands");
	if (c != LIMIT_NO_CLASS)
		count(w, &s->of[c], limit->of[c], limit_class_names[c]);
}

/* What the mark of an end stands for; left to the end of the process. */
struct way {
	struct buf frame; /* of which a part has been handed over */
	uint64_t old;     /* bytes still to come that were put into the stream before the last reload */
};

static struct way *way_of(uint64_t *mark)
{
	if (!*mark) {
		struct way *made = xcalloc(1, sizeof *made);
		buf_init(&made->frame, 1u << 20);
		*mark = (uintptr_t)made;
	}
	return (struct way *)(uintptr_t)*mark;
}

static void on_bytes(void *arg, const char *from, const char *to, uint64_t *mark, struct str bytes)
{
	struct sim_world *w = arg;
	if (strcmp(from, "gateway") != 0 || strcmp(to, "registry") != 0)
		return;
	struct way *way = way_of(mark);
	buf_add(&way->frame, bytes);
	while (buf_len(&way->frame) >= HEADER) {
		uint32_t len = epp_frame_length(buf_str(&way->frame));
		if (buf_len(&way->frame) < len)
			break;
		count_frame(w, str_make(buf_data(&way->frame) + HEADER, len - HEADER), way->old > 0);
		buf_consume(&way->frame, len);
		way->old -= len < way->old ? len : way->old;
	}
}

static void on_queued(uint64_t *mark, size_t bytes)
{
	struct way *way = way_of(mark);
	way->old = buf_len(&way->frame) + bytes;
}

static uint32_t looser(uint32_t a, uint32_t b)
{
	return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

/* What is in the stream already cannot be called back: it leaves under the limit under which it was put there. */
static void remember_limit(struct sim_world *w)
{
	struct sim_watch *s = &w->watch;
	if (s->former.all == 0)
		s->former = s->limit; /* the first reload */
	s->former.all = looser(s->former.all, s->limit.all);
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		s->former.of[i] = looser(s->former.of[i], s->limit.of[i]);
	mem_net_queued(w->net, "gateway", on_queued);
}

void sim_watch_limit(struct sim_world *w)
{
	w->watch.limit = w->rush ? sim_rush_ceilings[w->config] : plain_ceilings;
}

void sim_watch_init(struct sim_world *w)
{
	mem_net_tap(w->net, on_bytes, w);
}

void sim_watch_report(const struct sim_world *w, struct sim_report *out)
{
	out->commands = w->watch.all.count;
	out->full = w->watch.all.full;
	for (int i = 0; i < LIMIT_CLASS__COUNT; i++)
		out->full_of_class += w->watch.of[i].full;
}

/* ---- a rush ------------------------------------------------------------------------------------------------------------ */

static void on_reloaded(void *arg, const char *why)
{
	struct sim_world *w = arg;
	w->reloading = false;
	if (why)
		return;
	remember_limit(w);
	w->config = w->wanted;
	sim_watch_limit(w);
}

static void on_reload(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_reload);
	loop_timer_set(&w->v.loop, t, 1 + rng_below(&w->rng, RELOAD_MS));
	if (!w->ready || w->reloading)
		return;
	w->reloading = true;
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
