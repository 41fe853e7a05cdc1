/*
 * The judge. Reads the history when all is over; knows the promises of issue and README, and nothing of how the scheduler
 * keeps them.
 *
 *   ceiling     no second of any start holds more commands than the ceiling that was in force when the last of them left,
 *               nor more of a class than its own
 *   memory      (market.c) what waits in memory is not more than what can soon be sent
 *   use         while work exists and nobody disturbs, 99.5 % of what is allowed
 *   shares      in any minute Jain's index of partners who always have work is 0.99, and weights hold within 2 %
 *   tenth       the lowest lane that always has work gets a tenth
 *   one line    waits for at most one round of its lane behind a flood, and for what had been claimed before it came
 *   deadlines   when something urgent misses its deadline, nothing that was not urgent had been sent in its slack, beyond
 *               a tenth, and beyond what had been claimed before it came. Its slack begins when it is in the queue and
 *               within 48 hours of its deadline. Where creates have a limit of their
 *               own that goes for renewals.
 */
#include "epp/base/alloc.h"
#include "tests/proof/proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LANE_OF_CREATES 3
#define SLOT_MS         100 /* minutes begin at every tenth of a second */
#define MINUTE_SLOTS    (60000 / SLOT_MS)
/* A round is as long as what may be claimed ahead. In fewer rounds a part of one more or less shows. */
#define JAIN_ROUNDS   20
#define WEIGHT_ROUNDS 100

static void wrong(struct proof_figures *f, const char *fmt, ...) PRINTF(2, 3);
static void wrong(struct proof_figures *f, const char *fmt, ...)
{
	va_list ap;
	if (f->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof f->why, fmt, ap);
	va_end(ap);
}

/* The first send at or after a moment. */
static size_t first_at(const struct proof_history *h, uint64_t ms)
{
	size_t low = 0, high = h->send_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (h->sends[middle].at < ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void judge_ceiling(const struct proof_history *h, struct proof_figures *f)
{
	for (size_t i = 0; i < h->send_count; i++) {
		const struct proof_send *s = &h->sends[i];
		if (s->limit && i >= s->limit && s->at - h->sends[i - s->limit].at < 1000)
			wrong(f, "%u + 1 commands in %llu ms at %llu", s->limit,
			      (unsigned long long)(s->at - h->sends[i - s->limit].at),
			      (unsigned long long)s->at);
	}
}

static void judge_class(const struct proof_history *h, struct proof_figures *f, uint8_t class)
{
	static const char *const names[PROOF_CLASSES] = {"checks", "infos", "contacts", "creates",
	                                                 "renewals"};
	uint64_t *at = xcalloc(h->send_count + 1, sizeof *at);
	size_t n = 0;
	for (size_t i = 0; i < h->send_count; i++) {
		const struct proof_send *s = &h->sends[i];
		if (s->class != class)
			continue;
		uint64_t took =
		    s->class_limit && n >= s->class_limit ? s->at - at[n - s->class_limit] : UINT64_MAX;
		if (took < 1000)
			wrong(f, "%u + 1 %s in %llu ms at %llu", s->class_limit, names[class],
			      (unsigned long long)took, (unsigned long long)s->at);
		f->full[class] += took < 1050;
		at[n++] = s->at;
	}
	free(at);
}

static void judge_use(const struct proof_history *h, struct proof_figures *f)
{
	f->use = 1;
	for (size_t k = 0; k < h->stretch_count && h->flooders && !h->creates_are_limited; k++) {
		const struct proof_stretch *s = &h->stretches[k];
		uint64_t seconds = (s->to - s->from) / 1000;
		double n = (double)(first_at(h, s->from + seconds * 1000) - first_at(h, s->from));
		double use = n / ((double)s->limit * (double)seconds);
		f->use = use < f->use ? use : f->use;
		if (use < 0.995)
			wrong(f, "%.4f of %u per second was used in %llu s from %llu", use, s->limit,
			      (unsigned long long)seconds, (unsigned long long)s->from);
	}
}

/* ---- shares ----------------------------------------------------------------------------------------------------------- */

static void judge_minute(const struct proof_history *h, const uint64_t *counts, uint32_t round,
                         struct proof_figures *f)
{
	double sum = 0, squares = 0, total = 0, weights = 0;
	for (uint32_t p = 0; p < h->flooders; p++) {
		double x = (double)counts[p] / h->weights[p];
		sum += x;
		squares += x * x;
		total += (double)counts[p];
		weights += h->weights[p];
	}
	if (total < JAIN_ROUNDS * (double)round)
		return;
	double index = sum * sum / (h->flooders * squares);
	f->jain = index < f->jain ? index : f->jain;
	if (index < 0.99)
		wrong(f, "Jain's index %.4f in a minute", index);
	for (uint32_t p = 0; p < h->flooders && total >= WEIGHT_ROUNDS * (double)round; p++) {
		double due = total * h->weights[p] / weights, off = (double)counts[p] / due - 1;
		off = off < 0 ? -off : off;
		f->weight_off = off > f->weight_off ? off : f->weight_off;
		if (off > 0.02)
			wrong(f, "partner %u has %.4f of its share of a minute's %.0f", p,
			      (double)counts[p] / due, total);
	}
}

static void judge_shares(const struct proof_history *h, struct proof_figures *f)
{
	f->jain = 1;
	if (!h->flooders || !h->send_count)
		return;
	uint64_t start = h->sends[0].at, slots = (h->end - start) / SLOT_MS + 1;
	uint32_t(*bins)[PROOF_PARTNERS] = xcalloc(slots, sizeof *bins);
	uint64_t counts[PROOF_PARTNERS] = {0};
	uint32_t *rounds = xcalloc(slots, sizeof *rounds), round = 0;
	for (size_t i = 0; i < h->send_count; i++) {
		const struct proof_item *it = &h->items[h->sends[i].item];
		if (it->lane == LANE_OF_CREATES && it->partner < h->flooders)
			bins[(h->sends[i].at - start) / SLOT_MS][it->partner]++;
		rounds[(h->sends[i].at - start) / SLOT_MS] =
		    h->sends[i].limit < h->ahead ? h->sends[i].limit : h->ahead;
	}
	for (uint64_t s = 0; s < slots && !f->why[0]; s++) {
		for (uint32_t p = 0; p < h->flooders; p++)
			counts[p] +=
			    (uint64_t)bins[s][p] - (s >= MINUTE_SLOTS ? bins[s - MINUTE_SLOTS][p] : 0);
		round = rounds[s] > round ? rounds[s] : round; /* the longest that there was */
		judge_minute(h, counts, round, f);
	}
	free(bins);
	free(rounds);
}

/* What is in doubt goes first, as what is urgent does. */
static bool was_urgent(const struct proof_history *h, const struct proof_send *s)
{
	const struct proof_item *i = &h->items[s->item];
	return s->look || (i->due != PROOF_NEVER && i->due <= s->at + PROOF_URGENT_MS);
}

static bool is_low(const struct proof_history *h, const struct proof_send *s)
{
	return h->items[s->item].lane == LANE_OF_CREATES && !was_urgent(h, s);
}

/* So many commands in a row that what was claimed ahead does not show. Creates are the lowest lane. */
static void judge_tenth(const struct proof_history *h, struct proof_figures *f)
{
	size_t window = 100 * (size_t)h->ahead, low = 0;
	for (size_t i = 0; i < h->send_count && h->flooders && !h->creates_are_limited; i++) {
		low += is_low(h, &h->sends[i]);
		if (i < window)
			continue;
		low -= is_low(h, &h->sends[i - window]);
		double share = (double)low / (double)window;
		f->last_lane = share < f->last_lane ? share : f->last_lane;
		if (share < 0.099 - 0.01) /* a hundredth of the window may have been claimed before */
			wrong(f, "the lowest lane has %.4f of %zu commands", share, window);
	}
}

static void judge_single(const struct proof_history *h, struct proof_figures *f)
{
	for (size_t k = 0; k < h->item_count && h->flooders; k++) {
		const struct proof_item *i = &h->items[k];
		uint64_t waited = 0;
		if (i->partner != PROOF_PARTNERS - 1 || i->came == PROOF_NEVER || i->sent == PROOF_NEVER)
			continue;
		for (size_t s = first_at(h, i->came); h->sends[s].item != k; s++)
			waited += is_low(h, &h->sends[s]) && !h->sends[s].follows;
		waited = waited * 1000 / h->ahead;
		f->single_wait = waited > f->single_wait ? waited : f->single_wait;
		if (waited > 2000) /* one round, and what had been claimed before */
			wrong(f, "item %zu waited for %.2f rounds", k, (double)waited / 1000);
	}
}

/* ---- deadlines ------------------------------------------------------------------------------------------------------------ */

/* calm[i]: how many of the first i commands were not urgent. */
static void judge_item(const struct proof_history *h, const struct proof_item *i, const uint32_t *calm,
                       struct proof_figures *f)
{
	if (i->due == PROOF_NEVER || i->came == PROOF_NEVER || i->came >= i->due)
		return;
	f->urgent++;
	if (i->sent <= i->due || i->due > h->end)
		return;
	f->missed++;
	if (h->creates_are_limited && i->lane >= LANE_OF_CREATES)
		return; /* it may have waited for nothing but the limit of creates */
	uint64_t from = i->due > PROOF_URGENT_MS ? i->due - PROOF_URGENT_MS : 0;
	size_t a = first_at(h, i->came > from ? i->came : from), b = first_at(h, i->due);
	uint64_t all = b - a, other = calm[b] - calm[a];
	if (other > all / 10 + 2 * h->ahead)
		wrong(f,
		      "item %zu of lane %u missed its deadline at %llu by %lld ms, and %llu of %llu commands "
		      "of "
		      "its slack were not urgent",
		      (size_t)(i - h->items), i->lane, (unsigned long long)i->due,
		      i->sent == PROOF_NEVER ? -1 : (long long)(i->sent - i->due), (unsigned long long)other,
		      (unsigned long long)all);
}

static void judge_deadlines(const struct proof_history *h, struct proof_figures *f)
{
	uint32_t *calm = xcalloc(h->send_count + 1, sizeof *calm);
	for (size_t i = 0; i < h->send_count; i++)
		calm[i + 1] = calm[i] + !was_urgent(h, &h->sends[i]);
	for (size_t i = 0; i < h->item_count; i++)
		judge_item(h, &h->items[i], calm, f);
	free(calm);
}

void proof_judge(const struct proof_history *h, struct proof_figures *f)
{
	judge_ceiling(h, f);
	for (uint8_t class = 0; class < PROOF_CLASSES; class ++)
		judge_class(h, f, class);
	judge_use(h, f);
	judge_shares(h, f);
	f->last_lane = 1;
	if (h->clock_was_set)
		return;
	judge_tenth(h, f);
	judge_single(h, f);
	if (!h->classes_are_limited)
		judge_deadlines(h, f);
}
