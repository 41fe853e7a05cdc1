/*
 * The shares and the ceiling alone, for as many commands as one likes, in virtual time: adversarial arrivals of partners
 * in lanes, restarts, reloads of the ceiling. What is sent is judged by a recorder that knows nothing of the limiters:
 *
 *   - no window of one second, of any start, holds more than the highest ceiling in force in it
 *   - while work exists and nothing was restarted or reloaded, at least 99.5 % of the allowed rate is used
 *   - the last lane gets its tenth, partners of equal weight equal parts (Jain's index over any 60 s at least 0.99), and
 *     weights hold within 2 %
 *   - a partner with one line behind a flood waits for at most one round
 */
#include "daemon/core/ceiling.h"
#include "daemon/sched/fair.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "tests/proof/proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTNERS    12
#define FLOODERS    4 /* partners 0 to 3 always have work in the lane of creates, with weights 1, 1, 1, 2 */
#define LANE_FIRST  1
#define LANE_FLOOD  3
#define LANE_LAST   4
#define ROOM_MOST   640
#define WINDOW_MS   1000
#define CEILING_TOP 5000
#define JAIN_MS     60000

struct recorder {
	uint64_t *at;    /* ring of the last CEILING_TOP + 1 moments */
	uint32_t *limit; /* in force then */
	uint64_t count;
};

struct proof {
	struct rng rng;
	struct ceiling ceiling;
	struct fair fair;
	struct recorder rec;
	uint64_t now_ms, sent, commands;
	uint64_t waiting[FAIR_LANES][PARTNERS];
	uint64_t served[FAIR_LANES][PARTNERS];
	/* the stretch since the last restart or reload */
	uint64_t stretch_ms, stretch_sent;
	uint64_t jain_ms, jain[FLOODERS];
	/* a single line behind the flood: when it came, in commands of its lane */
	uint64_t single_since, flood_sent, longest_wait;
	uint64_t last_sent, others_sent; /* while both had work */
	double worst_use, worst_jain;
	char why[256];
};

static void wrong(struct proof *p, const char *fmt, ...) PRINTF(2, 3);
static void wrong(struct proof *p, const char *fmt, ...)
{
	va_list ap;
	if (p->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(p->why, sizeof p->why, fmt, ap);
	va_end(ap);
}

/* ---- the judge ---- */

static void record(struct proof *p)
{
	struct recorder *r = &p->rec;
	uint64_t slot = r->count % (CEILING_TOP + 1);
	r->at[slot] = p->now_ms;
	r->limit[slot] = p->ceiling.limit;
	r->count++;
	/* The window that ends here holds too many when the command `most` places before is in it, too. */
	uint32_t most = p->ceiling.limit;
	if (r->count <= most)
		return;
	uint64_t before = (r->count - 1 - most) % (CEILING_TOP + 1);
	if (r->at[before] + WINDOW_MS > p->now_ms && r->limit[before] > most) { /* a reload in between */
		most = r->limit[before];
		before = (r->count - 1 - most) % (CEILING_TOP + 1);
	}
	if (r->count > most && r->at[before] + WINDOW_MS > p->now_ms)
		wrong(p, "%u + 1 commands within %llu ms at %llu", most,
		      (unsigned long long)(p->now_ms - r->at[before]), (unsigned long long)p->now_ms);
}

static void end_stretch(struct proof *p)
{
	uint64_t ms = p->now_ms - p->stretch_ms;
	if (ms > 20 * WINDOW_MS) { /* the first second is not used by rule; the last may be cut */
		double use =
		    (double)p->stretch_sent / ((double)(ms - 2 * WINDOW_MS) * p->ceiling.limit / WINDOW_MS);
		p->worst_use = use < p->worst_use ? use : p->worst_use;
		if (use < 0.995)
			wrong(p, "only %.4f of %u per second was used over %llu ms", use, p->ceiling.limit,
			      (unsigned long long)ms);
	}
	p->stretch_ms = p->now_ms;
	p->stretch_sent = 0;
}

static void judge_shares(struct proof *p)
{
	static const double weight[FLOODERS] = {1, 1, 1, 2};
	double sum = 0, squares = 0, total = 0;
	for (int i = 0; i < FLOODERS; i++) {
		double x = (double)p->jain[i] / weight[i];
		sum += x;
		squares += x * x;
		total += (double)p->jain[i];
	}
	if (total > 60 * 200) { /* a fifth of a round more or less must not show */
		double index = sum * sum / (FLOODERS * squares);
		double heavy = (double)p->jain[3] / total;
		p->worst_jain = index < p->worst_jain ? index : p->worst_jain;
		if (index < 0.99)
			wrong(p, "Jain's index %.4f over a minute", index);
		if (heavy < 0.4 * 0.98 || heavy > 0.4 * 1.02)
			wrong(p, "a weight of 2 in 5 got %.4f of a minute", heavy);
	}
	memset(p->jain, 0, sizeof p->jain);
	p->jain_ms = p->now_ms;
}

/* ---- the world ---- */

static void add(struct proof *p, uint8_t lane, uint32_t partner, uint64_t n)
{
	p->waiting[lane][partner] += n;
	fair_activate(&p->fair, partner, lane, partner == 3 ? 2 : 1);
}

static void arrivals(struct proof *p)
{
	if (rng_below(&p->rng, 200) ==
	    0) /* bursts of what is urgent, and of bulk; at times more than is allowed */
		add(p, rng_below(&p->rng, 2) ? LANE_FIRST : LANE_LAST,
		    FLOODERS + (uint32_t)rng_below(&p->rng, PARTNERS - FLOODERS - 1),
		    1 + rng_below(&p->rng, 300));
	if (p->waiting[LANE_FLOOD][PARTNERS - 1] == 0 && rng_below(&p->rng, 100) == 0) {
		add(p, LANE_FLOOD, PARTNERS - 1, 1);
		p->single_since = p->flood_sent;
	}
}

static void restart(struct proof *p)
{
	uint32_t limit = p->ceiling.limit;
	end_stretch(p);
	ceiling_fini(&p->ceiling);
	ceiling_init(&p->ceiling, limit, p->now_ms * 1000);
}

static void reload(struct proof *p)
{
	end_stretch(p);
	ceiling_set(&p->ceiling, 1 + (uint32_t)rng_below(&p->rng, CEILING_TOP), p->now_ms * 1000);
}

static void account_for(struct proof *p, const struct fair_turn *t, uint32_t n)
{
	bool last_waits = false;
	for (int i = 0; i < PARTNERS; i++)
		last_waits |= p->waiting[LANE_LAST][i] > 0;
	p->served[t->lane][t->partner] += n;
	if (t->lane == LANE_LAST)
		p->last_sent += n;
	else if (last_waits)
		p->others_sent += n;
	if (t->lane == LANE_FLOOD) {
		p->flood_sent += n;
		if (t->partner < FLOODERS)
			p->jain[t->partner] += n;
	}
	if (t->lane == LANE_FLOOD && t->partner == PARTNERS - 1) {
		uint64_t wait = p->flood_sent - 1 - p->single_since;
		p->longest_wait = wait > p->longest_wait ? wait : p->longest_wait;
	}
}

/* Claims what the room holds and sends it as the ceiling allows. */
static void send_some(struct proof *p)
{
	struct fair_turn t;
	while (ceiling_wait_us(&p->ceiling, p->now_ms * 1000) == 0) {
		uint32_t room = 1 + (uint32_t)rng_below(&p->rng, ROOM_MOST);
		if (!fair_next(&p->fair, room, &t))
			return;
		uint64_t *w = &p->waiting[t.lane][t.partner];
		uint32_t n = 0;
		while (n < t.max && n < *w && ceiling_take(&p->ceiling, p->now_ms * 1000)) {
			record(p);
			n++;
		}
		*w -= n;
		p->sent += n;
		p->stretch_sent += n;
		account_for(p, &t, n);
		fair_took(&p->fair, &t, n, *w > 0);
	}
}

static void run(struct proof *p)
{
	for (uint32_t i = 0; i < FLOODERS; i++)
		add(p, LANE_FLOOD, i, UINT64_C(1) << 60);
	while (p->sent < p->commands && !p->why[0]) {
		arrivals(p);
		send_some(p);
		if (rng_below(&p->rng, 600000) == 0)
			restart(p);
		if (rng_below(&p->rng, 300000) == 0)
			reload(p);
		if (p->now_ms - p->jain_ms >= JAIN_MS)
			judge_shares(p);
		p->now_ms++;
	}
	end_stretch(p);
	/* A round: what was left of this one, and the next. */
	if (p->longest_wait > 2 * ROOM_MOST)
		wrong(p, "one line waited for %llu others", (unsigned long long)p->longest_wait);
	double tenth = p->last_sent ? (double)p->last_sent / (double)(p->last_sent + p->others_sent) : 0.1;
	if (tenth < 0.099)
		wrong(p, "the last lane got %.4f while it had work", tenth);
}

bool proof_limits(uint64_t commands, uint64_t seed)
{
	struct proof p = {.commands = commands, .now_ms = 1000000, .worst_use = 1, .worst_jain = 1};
	rng_init_seed(&p.rng, seed);
	fair_init(&p.fair);
	ceiling_init(&p.ceiling, 1000, p.now_ms * 1000);
	p.stretch_ms = p.jain_ms = p.now_ms;
	p.rec.at = xcalloc(CEILING_TOP + 1, sizeof *p.rec.at);
	p.rec.limit = xcalloc(CEILING_TOP + 1, sizeof *p.rec.limit);
	run(&p);
	printf(
	    "shares and ceiling: %llu commands in %llu s of virtual time: use of the ceiling at least %.4f, "
	    "Jain's index at least %.4f, one line waited for at most %llu others, the last lane got %.3f\n",
	    (unsigned long long)p.sent, (unsigned long long)(p.now_ms - 1000000) / 1000, p.worst_use,
	    p.worst_jain, (unsigned long long)p.longest_wait,
	    p.last_sent ? (double)p.last_sent / (double)(p.last_sent + p.others_sent) : 0);
	if (p.why[0])
		printf("seed %llu: %s\n", (unsigned long long)seed, p.why);
	fair_fini(&p.fair);
	ceiling_fini(&p.ceiling);
	free(p.rec.at);
	free(p.rec.limit);
	return !p.why[0];
}
