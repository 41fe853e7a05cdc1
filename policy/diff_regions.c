/* Boxes of inputs that are decided differently, put together to regions; and a witness of each. */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

static size_t first_in(const struct space *s, const uint64_t *box, size_t dim, size_t from)
{
	while (from < s->dims[dim].count && !box_has(s, box, dim, from))
		from++;
	return from;
}

static bool is_full(const struct space *s, const uint64_t *box, size_t dim)
{
	for (size_t k = 0; k < s->dims[dim].count; k++)
		if (!box_has(s, box, dim, k))
			return false;
	return true;
}

bool diff_box_is_full(const struct policy_diff *d, const uint64_t *box, size_t dim)
{
	return is_full(&d->space, box, dim);
}

/* ---- witnesses ---- */

/* Classes that leave no choice to other dimensions are tried one by one, up to so many in all. */
#define TRIES_MAX 4000

static bool is_bound(const struct space *s, size_t dim)
{
	return s->dims[dim].form == FORM_DATE || dim == DIM_TODAY;
}

/* Looks for classes of dates that go together, dimension by dimension. */
static bool choose(const struct space *s, const uint64_t *box, size_t dim, struct point *p, struct built *out,
                   int *tries)
{
	while (dim < s->dim_count && (!is_bound(s, dim) || is_full(s, box, dim)))
		dim++;
	if (dim == s->dim_count)
		return space_build(s, p, out);
	size_t usual = s->sample_class[s->usual_sample];
	if (dim == DIM_TODAY && box_has(s, box, dim, usual)) {
		p->at[dim] = (uint16_t)usual; /* the day that people know best */
		if (choose(s, box, dim + 1, p, out, tries))
			return true;
	}
	for (size_t k = first_in(s, box, dim, 0); k < s->dims[dim].count && ++*tries < TRIES_MAX;
	     k = first_in(s, box, dim, k + 1)) {
		p->at[dim] = (uint16_t)k;
		if (choose(s, box, dim + 1, p, out, tries))
			return true;
	}
	p->at[dim] = CLASS_FREE;
	return false;
}

static bool find_point(const struct policy_diff *d, const uint64_t *box, struct point *p, struct built *out)
{
	const struct space *s = &d->space;
	int tries = 0;
	for (size_t i = 0; i < s->dim_count; i++) {
		bool quiet =
		    d->has_quiet && d->quiet.at[i] != CLASS_FREE && box_has(s, box, i, d->quiet.at[i]);
		p->at[i] = is_bound(s, i) ? CLASS_FREE
		           : quiet        ? d->quiet.at[i]
		                          : (uint16_t)first_in(s, box, i, 0);
	}
	return choose(s, box, 0, p, out, &tries);
}

/* Fewer reasons and needs on both sides are easier to read. */
static int clutter(const struct policy_diff *d, const struct built *b)
{
	int n = 0;
	struct policy_decision p;
	for (size_t side = 0; side < SIDES; side++) {
		policy_decide(d->space.rules[side], &b->facts, &p);
		n += p.reason_count + p.need_count + p.flag_count;
	}
	return n;
}

static bool same_decisions(const struct policy_diff *d, const struct built *a, const struct built *b)
{
	for (size_t side = 0; side < SIDES; side++) {
		struct policy_decision p, q;
		policy_decide(d->space.rules[side], &a->facts, &p);
		policy_decide(d->space.rules[side], &b->facts, &q);
		if (p.outcome != q.outcome || !str_eq(policy_main_reason(&p), policy_main_reason(&q)) ||
		    p.reason_count != q.reason_count || p.cite_count != q.cite_count)
			return false;
	}
	return true;
}

/* Facts that can be left out without another decision are left out. */
static void leave_out(const struct policy_diff *d, const uint64_t *box, struct point *p, int best)
{
	const struct space *s = &d->space;
	struct built now, without;
	for (size_t dim = 0; dim < s->dim_count; dim++) {
		size_t k = 0;
		uint16_t was = p->at[dim];
		while (k < s->dims[dim].count && !s->dims[dim].classes[k].missing)
			k++;
		if (k == s->dims[dim].count || !box_has(s, box, dim, k) || was == k ||
		    !space_build(s, p, &now))
			continue;
		p->at[dim] = (uint16_t)k;
		if (!space_build(s, p, &without) || clutter(d, &without) > best ||
		    !same_decisions(d, &now, &without))
			p->at[dim] = was;
	}
}

/* Moves one dimension after the other to where the fewest reasons are left. */
static void tidy_up(const struct policy_diff *d, const uint64_t *box, struct point *p, struct built *out)
{
	const struct space *s = &d->space;
	int best = clutter(d, out);
	for (size_t dim = 0; dim < s->dim_count; dim++)
		for (size_t k = first_in(s, box, dim, 0); k < s->dims[dim].count && best > 2;
		     k = first_in(s, box, dim, k + 1)) {
			struct built b;
			uint16_t was = p->at[dim];
			p->at[dim] = (uint16_t)k;
			int n = space_build(s, p, &b) ? clutter(d, &b) : best;
			if (n < best)
				best = n;
			else
				p->at[dim] = was;
		}
	leave_out(d, box, p, best);
	(void)space_build(s, p, out); /* as before, or better */
}

/* A point of the box that exists, near to everyday: few reasons. False: the box is empty. */
static bool witness(struct policy_diff *d, const uint64_t *box, bool tidy, struct built *out)
{
	struct point p;
	if (!find_point(d, box, &p, out))
		return false;
	if (tidy)
		tidy_up(d, box, &p, out);
	return true;
}

void diff_find_quiet(struct policy_diff *d, const uint64_t *box)
{
	struct built b;
	if (!find_point(d, box, &d->quiet, &b))
		return;
	tidy_up(d, box, &d->quiet, &b);
	d->has_quiet = true;
}

/* ---- regions ---- */

/* How the free years differ where both are granted. */
static int both_free(const struct diff_key *old, const struct diff_key *now)
{
	return old->free_years && now->free_years ? now->free_years - old->free_years : 0;
}

static struct region *find_region(struct policy_diff *d, enum region_kind kind, size_t cause,
                                  const struct diff_key *old, const struct diff_key *now)
{
	for (size_t i = 0; i < d->region_count; i++) {
		struct region *r = &d->regions[i];
		if (r->kind != kind || r->cause != cause)
			continue;
		if (kind != REGION_FLIPS ||
		    (r->old.outcome == old->outcome && r->now.outcome == now->outcome &&
		     r->old.main == old->main && r->now.main == now->main &&
		     both_free(&r->old, &r->now) == both_free(old, now)))
			return r;
	}
	if (d->region_count == d->region_cap) {
		d->region_cap = d->region_cap ? 2 * d->region_cap : 16;
		d->regions = xrealloc(d->regions, d->region_cap, sizeof *d->regions);
	}
	struct region *r = &d->regions[d->region_count++];
	*r = (struct region){.kind = kind, .cause = cause, .old = *old, .now = *now};
	return r;
}

static void decide_both(struct policy_diff *d, const struct built *b, struct diff_key keys[SIDES])
{
	struct policy_decision p;
	for (size_t side = 0; side < SIDES; side++) {
		policy_decide(d->space.rules[side], &b->facts, &p);
		diff_key_of(d, &p, &keys[side]);
	}
}

static void add_box(const struct policy_diff *d, struct region *r, const uint64_t *box)
{
	if (r->box_count == r->box_cap) {
		r->box_cap = r->box_cap ? 2 * r->box_cap : 8;
		r->boxes = xrealloc(r->boxes, r->box_cap, sizeof *r->boxes);
	}
	r->boxes[r->box_count] = xmalloc(d->space.words * sizeof *box);
	memcpy(r->boxes[r->box_count++], box, d->space.words * sizeof *box);
}

void diff_add_region(struct policy_diff *d, const uint64_t *box, size_t cause, bool certain)
{
	struct built b;
	struct diff_key keys[SIDES];
	if (!witness(d, box, false, &b))
		return; /* no facts are in all these classes */
	decide_both(d, &b, keys);
	if (diff_key_eq(&keys[0], &keys[1]) && certain && witness(d, box, true, &b)) {
		decide_both(d, &b,
		            keys); /* so many reasons that the lists were cut; with fewer they differ */
		d->cut = true;
	}
	if (diff_key_eq(&keys[0], &keys[1]))
		return;
	bool flips = keys[0].outcome != keys[1].outcome || keys[0].main != keys[1].main ||
	             both_free(&keys[0], &keys[1]) != 0;
	add_box(d, find_region(d, flips ? REGION_FLIPS : REGION_CITES, cause, &keys[0], &keys[1]), box);
}

void diff_add_mixed(struct policy_diff *d, const uint64_t *box, size_t cause)
{
	struct diff_key none = {.main = -1};
	struct built b;
	if (witness(d, box, false, &b))
		add_box(d, find_region(d, REGION_MIXED, cause, &none, &none), box);
}

void diff_drop_regions(struct policy_diff *d, const size_t *counts, size_t count)
{
	for (size_t i = 0; i < d->region_count; i++) {
		struct region *r = &d->regions[i];
		size_t keep = i < count ? counts[i] : 0;
		while (r->box_count > keep)
			free(r->boxes[--r->box_count]);
		if (i >= count)
			free(r->boxes);
	}
	d->region_count = count;
}

/* ---- neighbours become one ---- */

struct keyed {
	uint64_t hash;
	uint64_t *box;
};

static uint64_t hash_box(const struct policy_diff *d, const uint64_t *box, size_t without)
{
	uint64_t h = 1469598103934665603ull;
	const struct dim *m = &d->space.dims[without];
	for (size_t i = 0; i < d->space.words; i++)
		if (i < m->first_word || i >= m->first_word + m->words)
			h = (h ^ box[i]) * 1099511628211ull ^ h >> 29;
	return h;
}

static int by_hash(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

static bool differ_only_in(const struct policy_diff *d, const uint64_t *a, const uint64_t *b, size_t dim)
{
	const struct dim *m = &d->space.dims[dim];
	size_t after = m->first_word + m->words;
	return memcmp(a, b, m->first_word * sizeof *a) == 0 &&
	       memcmp(a + after, b + after, (d->space.words - after) * sizeof *a) == 0;
}

static bool merge_along(const struct policy_diff *d, struct region *r, size_t dim, struct keyed *list)
{
	const struct dim *m = &d->space.dims[dim];
	size_t kept = 0, count = r->box_count;
	for (size_t i = 0; i < count; i++)
		list[i] = (struct keyed){hash_box(d, r->boxes[i], dim), r->boxes[i]};
	qsort(list, count, sizeof *list, by_hash);
	for (size_t i = 0; i < count; i++) {
		uint64_t *last = kept ? r->boxes[kept - 1] : NULL;
		if (kept && list[i].hash == list[i - 1].hash && differ_only_in(d, last, list[i].box, dim)) {
			for (size_t w = 0; w < m->words; w++)
				last[m->first_word + w] |= list[i].box[m->first_word + w];
			free(list[i].box);
		} else {
			r->boxes[kept++] = list[i].box;
		}
	}
	r->box_count = kept;
	return kept < count;
}

static void merge(const struct policy_diff *d, struct region *r)
{
	struct keyed *list = xcalloc(r->box_count, sizeof *list);
	bool again = r->box_count > 1;
	while (again) {
		again = false;
		for (size_t i = d->space.dim_count; i-- > 0 && r->box_count > 1;)
			again |= merge_along(d, r, i, list);
	}
	free(list);
}

/* Pointers into the facts' own arrays stand where the copy's are. */
static void copy_built(struct built *to, const struct built *from)
{
	*to = *from;
	to->facts.given = to->given;
	to->facts.evidence = to->evidence;
	if (from->facts.id_number.ptr == from->id_number)
		to->facts.id_number.ptr = to->id_number;
	for (size_t i = 0; i < to->facts.given_count; i++) {
		const char *text = from->given[i].value.ptr;
		if (text >= from->texts[0] && text < from->texts[0] + sizeof from->texts)
			to->given[i].value.ptr = to->texts[0] + (text - from->texts[0]);
	}
}

/* The witness with the fewest reasons of the first few boxes. */
static void find_witness(struct policy_diff *d, struct region *r)
{
	int best = -1;
	for (size_t i = 0; i < r->box_count && i < 8; i++) {
		struct built b;
		if (!witness(d, r->boxes[i], true, &b))
			continue;
		int n = clutter(d, &b);
		if (best >= 0 && n >= best)
			continue;
		best = n;
		copy_built(&r->witness, &b);
	}
	for (size_t side = 0; side < SIDES; side++) {
		policy_decide(d->space.rules[side], &r->witness.facts, &r->decisions[side]);
		diff_key_of(d, &r->decisions[side], side ? &r->now : &r->old);
	}
}

static int by_weight(const void *a, const void *b)
{
	const struct region *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	bool gx = x->old.free_years || x->now.free_years, gy = y->old.free_years || y->now.free_years;
	if (gx != gy)
		return gx ? -1 : 1;
	return x->cause != y->cause ? (x->cause < y->cause ? -1 : 1)
	                            : (x->box_count < y->box_count) - (x->box_count > y->box_count);
}

void diff_finish_regions(struct policy_diff *d)
{
	for (size_t i = 0; i < d->region_count; i++)
		merge(d, &d->regions[i]);
	if (d->region_count) /* an empty array is NULL, which qsort() does not take */
		qsort(d->regions, d->region_count, sizeof *d->regions, by_weight);
	for (size_t i = 0; i < d->region_count; i++)
		find_witness(d, &d->regions[i]);
}
