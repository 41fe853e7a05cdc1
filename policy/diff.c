/* Two rule sets compared: the whole of it. */
#include "policy/diff_int.h"

#include "epp/base/alloc.h"

#include <stdlib.h>

struct policy_diff *policy_diff_new(const struct policy_ruleset *from, const struct policy_ruleset *to)
{
	struct policy_diff *d = xcalloc(1, sizeof *d);
	arena_init(&d->arena);
	map_init(&d->word_by_text);
	map_init(&d->node_by_key);
	d->words = arena_calloc(&d->arena, WORDS_MAX, sizeof *d->words);
	space_init(&d->space, &d->arena, from, to);
	if (strcmp(policy_revision(from), policy_revision(to)) == 0)
		return d; /* the same text */
	diff_make_items(d);
	diff_make_law(d);
	diff_solve(d);
	diff_finish_regions(d);
	diff_compare_texts(d);
	return d;
}

void policy_diff_free(struct policy_diff **pd)
{
	struct policy_diff *d = *pd;
	*pd = NULL;
	if (!d)
		return;
	for (size_t i = 0; i < d->region_count; i++) {
		for (size_t k = 0; k < d->regions[i].box_count; k++)
			free(d->regions[i].boxes[k]);
		free(d->regions[i].boxes);
	}
	free(d->regions);
	free(d->texts);
	free(d->nodes);
	free(d->children);
	free(d->conclusions);
	free(d->splits);
	map_fini(&d->word_by_text);
	map_fini(&d->node_by_key);
	buf_fini(&d->space.limits);
	arena_fini(&d->arena);
	free(d);
}

size_t policy_diff_regions(const struct policy_diff *d)
{
	return d->region_count;
}

const struct policy_facts *policy_diff_witness(const struct policy_diff *d, size_t region)
{
	return &d->regions[region].witness.facts;
}

size_t policy_diff_texts(const struct policy_diff *d)
{
	return d->text_count;
}

bool policy_diff_is_complete(const struct policy_diff *d)
{
	return buf_len(&d->space.limits) == 0;
}

static bool box_covers(const struct policy_diff *d, const uint64_t *box, const struct point *p)
{
	for (size_t i = 0; i < d->space.dim_count; i++)
		if (!box_has(&d->space, box, i, p->at[i]))
			return false;
	return true;
}

bool policy_diff_covers(const struct policy_diff *d, const struct policy_facts *f)
{
	struct point p;
	if (!space_classify(&d->space, f, &p))
		return false;
	for (size_t i = 0; i < d->region_count; i++)
		for (size_t k = 0; k < d->regions[i].box_count; k++)
			if (box_covers(d, d->regions[i].boxes[k], &p))
				return true;
	return false;
}
