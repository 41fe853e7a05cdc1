/* The memory back end's names that end soon. */
#include "daemon/store/store_domains.h"
#include "daemon/store/store_mem_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

static int compare(const void *pa, const void *pb)
{
	const struct store_domain_row *a = pa, *b = pb;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return str_cmp(a->domain, b->domain);
}

static size_t add(struct store_get_domains *o, struct store_domain_row *list, size_t n, struct str name,
                  const struct mem_domain *d, enum store_ending what, instant_ms_t at)
{
	struct store_domain_row last = {.at = o->after, .domain = o->after_name};
	struct store_domain_row row = {.what = what,
	                               .at = at,
	                               .domain = arena_str(o->arena, name),
	                               .account = d->account,
	                               .created = d->created,
	                               .expires = d->expires,
	                               .grant_from = d->grant_from,
	                               .free_until = d->free_until};
	if (compare(&row, &last) <= 0 || at >= o->before)
		return n;
	list[n] = row;
	return n + 1;
}

enum err mem_get_domains(struct mem *m, struct store_get_domains *o)
{
	struct store_domain_row *all = xcalloc(2 * m->domains.count + 1, sizeof *all);
	size_t at = 0, n = 0;
	struct str name;
	void *value;
	REQUIRE(o->limit > 0 && o->limit <= STORE_PAGE_MAX);
	while (map_next(&m->domains, &at, &name, &value)) {
		const struct mem_domain *d = value;
		if (d->partner != o->partner || d->expires == INSTANT_NONE)
			continue;
		n = add(o, all, n, name, d, STORE_ENDING_EXPIRES, d->expires);
		if (d->free_until != DATE_NONE && d->free_until < date_of_instant(d->expires, HANOI_OFFSET_S))
			n = add(o, all, n, name, d, STORE_ENDING_COSTS,
			        instant_of_date(d->free_until, HANOI_OFFSET_S));
	}
	qsort(all, n, sizeof *all, compare);
	o->more = n > o->limit;
	o->count = o->more ? o->limit : n;
	o->rows = arena_alloc(o->arena, o->limit * sizeof *o->rows);
	for (size_t i = 0; i < o->count; i++)
		o->rows[i] = all[i];
	free(all);
	return OK;
}
