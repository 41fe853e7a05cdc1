/*
 * Splitting boxes until both sides are known to agree or not.
 *
 * First by the checks that differ; where none of them does, nothing does (unless grant or waiver differ). Where one does,
 * by the checks that may decide, in their order, until the outcome is known on both sides; then by those that may give
 * the same reasons and clauses anyway and so hide the difference.
 */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

#define WORK_MAX  5000000 /* boxes in all: some ten seconds, for what changes nearly everything at once */
#define CAUSE_MAX 3000    /* boxes for one rule that differs, before its region is described as a whole */

/* A box, and what each item can still say in it. */
struct state {
	uint64_t *box, *masks; /* `masks` owned */
	size_t cause;          /* the item that differs; item_count: the law */
};

static bool is_one(uint64_t mask)
{
	return (mask & (mask - 1)) == 0;
}

/* The part's state: masks of items that read what has changed are found anew. */
static struct state narrow(struct policy_diff *d, const struct state *from, uint64_t *box)
{
	struct state out = {.box = box, .cause = from->cause};
	struct dim_bits changed = {{0}};
	out.masks = xmalloc((d->item_count + 1) * sizeof *out.masks);
	for (size_t i = 0; i < d->space.dim_count; i++) {
		const struct dim *m = &d->space.dims[i];
		if (memcmp(box + m->first_word, from->box + m->first_word, m->words * 8) != 0)
			changed.bits[i / 64] |= 1ull << i % 64;
	}
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *t = &d->items[i];
		bool anew = false;
		for (size_t k = 0; k < ARRAY_LEN(changed.bits); k++)
			anew |= (changed.bits[k] & t->read_bits.bits[k]) != 0;
		out.masks[i] = from->masks[i];
		if (anew && !is_one(from->masks[i]))
			out.masks[i] = diff_graph_possible(d, t->roots[ROOT_FULL], box);
	}
	return out;
}

/* False: some item has no facts in the box. */
static bool exists(const struct policy_diff *d, const struct state *s)
{
	for (size_t i = 0; i < d->item_count; i++)
		if (!s->masks[i])
			return false;
	return true;
}

typedef void (*part_cb)(struct policy_diff *d, struct state *s, uint32_t leaf);

static bool goes_on(struct policy_diff *d)
{
	if (++d->work > WORK_MAX && !d->stopped) {
		d->stopped = true;
		space_limit(&d->space,
		            "more than %d ways of deciding: regions are missing; compare smaller steps",
		            WORK_MAX);
	}
	if (++d->cause_work > CAUSE_MAX && d->bounded)
		d->over = true;
	return !d->stopped && !d->over;
}

static void each_part(struct policy_diff *d, const struct state *s, uint32_t root, part_cb cb)
{
	struct parts parts;
	diff_graph_split(d, root, s->box, &parts);
	for (size_t i = 0; i < parts.count && goes_on(d); i++) {
		struct state part = narrow(d, s, parts.boxes[i]);
		if (exists(d, &part))
			cb(d, &part, parts.leaves[i]);
		free(part.masks);
	}
	parts_free(&parts);
}

/* ---- words ---- */

struct said {
	struct word_set must[SIDES], may[SIDES];
};

/* `n`: words of a set that are in use. */
static void hear_item(const struct item *t, uint64_t mask, size_t n, struct said *out)
{
	for (size_t side = 0; mask && side < SIDES; side++)
		for (size_t i = 0; i < n; i++) {
			uint64_t all = UINT64_MAX, any = 0;
			for (uint64_t rest = mask; rest; rest &= rest - 1) {
				uint64_t bits = t->pairs[__builtin_ctzll(rest)][side].words.bits[i];
				all &= bits;
				any |= bits;
			}
			out->must[side].bits[i] |= all;
			out->may[side].bits[i] |= any;
		}
}

static void hear(const struct policy_diff *d, const struct state *s, struct said *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < d->item_count; i++)
		hear_item(&d->items[i], s->masks[i], (d->word_count + 63) / 64, out);
}

/* A word of one side that the other cannot say. */
static bool surely_differ(const struct said *said)
{
	for (size_t i = 0; i < ARRAY_LEN(said->must[0].bits); i++)
		if ((said->must[0].bits[i] & ~said->may[1].bits[i]) |
		    (said->must[1].bits[i] & ~said->may[0].bits[i]))
			return true;
	return false;
}

/* An item that is not settled and may say a word of one side on the other. */
static size_t find_hider(const struct policy_diff *d, const struct state *s, const struct said *said)
{
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *t = &d->items[i];
		for (size_t p = 0; !is_one(s->masks[i]) && p < t->pair_count; p++)
			for (size_t side = 0; s->masks[i] >> p & 1 && side < SIDES; side++)
				for (size_t k = 0; k < ARRAY_LEN(said->must[0].bits); k++)
					if (t->pairs[p][side].words.bits[k] &
					    (said->must[0].bits[k] ^ said->must[1].bits[k]))
						return i;
	}
	return d->item_count;
}

static size_t find_unsettled(const struct policy_diff *d, const struct state *s, bool any)
{
	for (size_t i = 0; i < d->item_count; i++)
		if (!is_one(s->masks[i]) && (any || s->masks[i] & d->items[i].different))
			return i;
	return d->item_count;
}

static void listen(struct policy_diff *d, struct state *s, uint32_t leaf);

static void leaf_found(struct policy_diff *d, const struct state *s, bool certain)
{
	diff_add_region(d, s->box, s->cause, certain);
}

/* The main reasons of both sides are settled; do outcome, reasons and clauses agree? */
static void listen(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	struct said said;
	(void)leaf;
	hear(d, s, &said);
	if (surely_differ(&said)) {
		leaf_found(d, s, true);
		return;
	}
	size_t next = find_unsettled(d, s, false);
	if (next == d->item_count && memcmp(&said.must[0], &said.must[1], sizeof said.must[0]) != 0)
		next = find_hider(d, s, &said);
	if (next < d->item_count)
		each_part(d, s, d->items[next].roots[ROOT_FULL], listen);
	else
		leaf_found(d, s, false); /* their words agree: the decisions themselves tell */
}

/* ---- who decides ---- */

/* The first item that surely speaks so on the side; item_count: none. */
static size_t find_decider(const struct policy_diff *d, const struct state *s, size_t side, bool certain)
{
	size_t best = d->item_count;
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *t = &d->items[i];
		uint64_t so = certain ? t->certain[side] : t->missing[side];
		if (s->masks[i] && !(s->masks[i] & ~so) &&
		    (best == d->item_count || t->rank[side] < d->items[best].rank[side]))
			best = i;
	}
	return best;
}

/* The first that may speak so before it. */
static size_t find_open(const struct policy_diff *d, const struct state *s, size_t side, bool certain,
                        size_t before)
{
	size_t best = before;
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *t = &d->items[i];
		uint64_t so = certain ? t->certain[side] : t->missing[side];
		if (s->masks[i] & so && s->masks[i] & ~so &&
		    (best == d->item_count || t->rank[side] < d->items[best].rank[side]))
			best = i;
	}
	return best;
}

static void settle_law(struct policy_diff *d, struct state *s, uint32_t leaf);

static void settle_years(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	size_t next = d->item_count;
	(void)leaf;
	for (size_t i = 0; i < d->item_count && next == d->item_count; i++)
		if (!is_one(s->masks[i]) && (d->items[i].several || s->masks[i] & d->items[i].different))
			next = i;
	if (next < d->item_count)
		each_part(d, s, d->items[next].roots[ROOT_FULL], settle_years);
	else
		leaf_found(d, s, false);
}

static void settle_law(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	(void)leaf;
	each_part(d, s, d->years, settle_years);
}

/* Outcome and main reason of the side, which this item decides. */
static void label(struct policy_diff *d, const struct state *s, size_t side, size_t decider, int *outcome,
                  int *reason)
{
	const struct item *t = &d->items[decider];
	for (size_t p = 0; p < t->pair_count; p++) {
		const struct speech *said = &t->pairs[p][side];
		if (!(s->masks[decider] >> p & 1))
			continue;
		*outcome = said->shaky ? POLICY_REVIEW : said->outcome;
		*reason = said->shaky ? d->unverified[side] : said->reason;
		return; /* an item has but one outcome for each way of speaking */
	}
}

static void decided(struct policy_diff *d, struct state *s, const size_t deciders[SIDES])
{
	int outcomes[SIDES] = {0}, reasons[SIDES] = {0};
	for (size_t side = 0; side < SIDES; side++)
		label(d, s, side, deciders[side], &outcomes[side], &reasons[side]);
	if (outcomes[0] != outcomes[1] || reasons[0] != reasons[1])
		leaf_found(d, s, true);
	else
		listen(d, s, 0);
}

/* Splits until the decider is known on both sides. */
static void settle(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	size_t deciders[SIDES] = {d->item_count, d->item_count};
	(void)leaf;
	for (size_t side = 0; side < SIDES; side++)
		for (int certain = 1; certain >= 0; certain--) {
			size_t decider = find_decider(d, s, side, certain);
			size_t open = find_open(d, s, side, certain, decider);
			if (open != decider) {
				each_part(d, s, d->items[open].roots[certain ? ROOT_CERTAIN : ROOT_MISSING],
				          settle);
				return;
			}
			deciders[side] = decider;
			if (decider < d->item_count)
				break;
		}
	if (deciders[0] == d->item_count || deciders[1] == d->item_count)
		each_part(d, s, d->law, settle_law);
	else if (s->cause < d->item_count)
		decided(d, s, deciders);
	/* else only the law differs, and it is not asked */
}

/* ---- what differs ---- */

static void find_difference(struct policy_diff *d, struct state *s, uint32_t leaf);

static void law_differs(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	s->cause = d->item_count;
	if (leaf)
		settle(d, s, 0);
}

static void years_differ(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	s->cause = d->item_count;
	if (leaf)
		settle(d, s, 0);
	else
		each_part(d, s, d->law_differs, law_differs);
}

/* Where no other rule says anything on either side. */
static void settle_alone(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	(void)leaf;
	for (size_t i = 0; i < d->item_count; i++) {
		const struct item *t = &d->items[i];
		uint64_t says = t->certain[0] | t->certain[1] | t->missing[0] | t->missing[1];
		if (i == s->cause || !(s->masks[i] & says))
			continue;
		if (!(s->masks[i] & ~says))
			return;
		bool certain = s->masks[i] & (t->certain[0] | t->certain[1]);
		each_part(d, s, t->roots[certain ? ROOT_CERTAIN : ROOT_MISSING], settle_alone);
		return;
	}
	settle(d, s, 0);
}

/* Where a rule differs, and cannot but change what is said: with every outcome when they are few, else as a whole. */
static void settle_cause(struct policy_diff *d, struct state *s)
{
	struct said said;
	size_t count = d->region_count, *counts = xcalloc(count + 1, sizeof *counts);
	for (size_t i = 0; i < count; i++)
		counts[i] = d->regions[i].box_count;
	hear(d, s, &said);
	d->bounded = surely_differ(&said);
	d->cause_work = 0;
	settle(d, s, 0);
	if (d->over) {
		diff_drop_regions(d, counts, count);
		diff_add_mixed(d, s->box, s->cause);
		d->over = false;
		d->cause_work = 0;
		settle_alone(d, s, 0); /* what of it is found is found */
	}
	d->bounded = d->over = false;
	free(counts);
}

static void after_item(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	if (leaf)
		settle_cause(d, s);
	else
		find_difference(d, s, 0);
}

static void find_difference(struct policy_diff *d, struct state *s, uint32_t leaf)
{
	(void)leaf;
	for (size_t i = 0; i < d->item_count; i++) {
		if (!(s->masks[i] & d->items[i].different))
			continue;
		s->cause = i;
		each_part(d, s, d->items[i].roots[ROOT_DIFFERENT], after_item);
		return;
	}
	each_part(d, s, d->years_differ, years_differ);
}

void diff_solve(struct policy_diff *d)
{
	struct state all = {.cause = d->item_count};
	all.box = xcalloc(d->space.words + 1, sizeof *all.box);
	all.masks = xcalloc(d->item_count + 1, sizeof *all.masks);
	for (size_t i = 0; i < d->space.dim_count; i++)
		for (size_t k = 0; k < d->space.dims[i].count; k++)
			all.box[d->space.dims[i].first_word + k / 64] |= 1ull << k % 64;
	for (size_t i = 0; i < d->item_count; i++)
		all.masks[i] = d->items[i].all;
	diff_find_quiet(d, all.box);
	find_difference(d, &all, 0);
	free(all.box);
	free(all.masks);
}
