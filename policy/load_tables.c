/* The sections that are tables: provinces, zones and fees. */
#include "policy/load_int.h"

/* ---- provinces ---- */

const struct province_list *load_province_list(const struct loader *l, struct str id)
{
	for (size_t i = 0; i < l->r->province_list_count; i++)
		if (str_eq(l->r->province_lists[i].id, id))
			return &l->r->province_lists[i];
	return NULL;
}

/* The keys of a mapping from codes to names (or to other codes, in `to`). */
static void read_codes(struct loader *l, struct yaml_node *map, struct text_list *keys, struct text_list *to)
{
	size_t count = map ? map->count : 0;
	*keys = (struct text_list){arena_calloc(l->a, count, sizeof(struct str)), 0};
	*to = (struct text_list){arena_calloc(l->a, count, sizeof(struct str)), 0};
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		n->seen = true;
		uint64_t digits;
		if (n->key.len != 2 || !str_to_u64(n->key, &digits)) {
			l->d->misshapen++;
			diag_error(l->d, n->key_pos, "'%.*s' is not a two-digit code", STR_ARG(n->key));
		}
		keys->list[keys->count++] = n->key;
		if (load_text(l, n, &to->list[to->count]))
			to->count++;
	}
}

static void read_province_list(struct loader *l, struct yaml_node *n)
{
	struct province_list *p = &l->r->province_lists[l->r->province_list_count++];
	struct text_list names;
	p->node = n;
	p->id = load_id(l, n);
	load_window(l, n, &p->window);
	load_cites(l, n, &p->cites);
	read_codes(l, yaml_need(l->d, n, "codes", YAML_MAP), &p->codes, &names);
	yaml_reject_unseen(l->d, n);
}

bool load_province_code(const struct province_list *p, struct str code)
{
	for (size_t i = 0; p && i < p->codes.count; i++)
		if (str_eq(p->codes.list[i], code))
			return true;
	return false;
}

struct str load_province_list_id(struct loader *l, struct yaml_node *n, const char *key)
{
	struct str id = STR_NONE;
	if (yaml_str(l->d, n, key, YAML_REQUIRED, &id) && !load_province_list(l, id))
		yaml_error(l->d, yaml_get(n, key), "there is no province list '%.*s'", STR_ARG(id));
	return id;
}

static void read_merge(struct loader *l, struct yaml_node *n)
{
	struct merge *m = &l->r->merges[l->r->merge_count++];
	m->from_list = load_province_list_id(l, n, "from_list");
	m->to_list = load_province_list_id(l, n, "to_list");
	load_cites(l, n, &m->cites);
	struct yaml_node *map = yaml_need(l->d, n, "codes", YAML_MAP);
	read_codes(l, map, &m->old_codes, &m->new_codes);
	for (struct yaml_node *e = map ? map->child : NULL; e; e = e->next)
		if (!load_province_code(load_province_list(l, m->from_list), e->key) ||
		    !load_province_code(load_province_list(l, m->to_list), e->text))
			diag_error(l->d, e->key_pos, "%.*s -> %.*s: not in the lists", STR_ARG(e->key),
			           STR_ARG(e->text));
	yaml_reject_unseen(l->d, n);
}

static void read_birth_places(struct loader *l, struct yaml_node *n)
{
	int64_t from = 0, to = -1;
	struct str id = load_province_list_id(l, n, "province_list");
	const struct province_list *p = load_province_list(l, id);
	l->r->place_list = id;
	(void)yaml_i64(l->d, n, "country_from", YAML_REQUIRED, 100, 999, &from); /* told when wrong */
	(void)yaml_i64(l->d, n, "country_to", YAML_REQUIRED, 100, 999, &to);
	if (to >= 0 && to < from)
		yaml_error(l->d, yaml_get(n, "country_to"), "is below 'country_from'");
	load_cites(l, n, &l->r->place_cites);
	yaml_reject_unseen(l->d, n);
	for (int64_t i = from; i <= to && from > 0; i++)
		l->r->places[i] = true;
	for (size_t i = 0; p && i < p->codes.count; i++) {
		uint64_t code;
		if (str_to_u64(p->codes.list[i], &code) && code < 100)
			l->r->places[code] = true;
	}
}

void load_provinces(struct loader *l)
{
	l->r->province_lists = load_new_list(l, SECTION_province_lists, sizeof *l->r->province_lists);
	load_each(l, SECTION_province_lists, read_province_list);
	l->r->merges = load_new_list(l, SECTION_province_merges, sizeof *l->r->merges);
	load_each(l, SECTION_province_merges, read_merge);
	if (l->sections[SECTION_birth_places].count)
		read_birth_places(l, l->sections[SECTION_birth_places].nodes[0]);
}

/* ---- zones and fees ---- */

static void enter_zone(struct loader *l, struct yaml_node *n, struct zone *z)
{
	if (map_get(&l->r->zone_by_name, z->name))
		yaml_error(l->d, n, "the zone '%.*s' stands twice", STR_ARG(z->name));
	else
		(void)map_put(&l->r->zone_by_name, z->name, z); /* replaces nothing */
}

/* One entry describes all its zones. */
static void read_zone(struct loader *l, struct yaml_node *n)
{
	struct text_list names = {0};
	struct zone z = {.kinds = UINT32_MAX};
	load_texts(l, n, "zones", true, &names);
	struct yaml_node *kinds = yaml_opt(l->d, n, "holders", YAML_SEQ);
	if (kinds)
		z.kinds = load_kinds(l, kinds);
	(void)yaml_str(l->d, n, "fee", YAML_REQUIRED, &z.group); /* told when missing */
	(void)yaml_str(l->d, n, "fee_idn", YAML_OPTIONAL, &z.group_idn);
	(void)yaml_str(l->d, n, "fee_1_character", YAML_OPTIONAL, &z.group_1);
	(void)yaml_str(l->d, n, "fee_2_characters", YAML_OPTIONAL, &z.group_2);
	load_cites(l, n, &z.cites);
	yaml_reject_unseen(l->d, n);
	for (size_t i = 0; i < names.count; i++) {
		struct zone *copy = arena_calloc(l->a, 1, sizeof *copy);
		*copy = z;
		copy->name = names.list[i];
		copy->first = names.list[0];
		copy->node = n;
		enter_zone(l, n, copy);
	}
}

void load_zones(struct loader *l)
{
	load_each(l, SECTION_zones, read_zone);
}

static void read_rate(struct loader *l, struct yaml_node *n, struct rate *out)
{
	out->group = n->key;
	n->seen = true;
	if (!yaml_as_kind(l->d, n, YAML_MAP))
		return;
	(void)yaml_i64(l->d, n, "levy", YAML_REQUIRED, 0, MONEY_MAX, &out->levy); /* told when wrong */
	(void)yaml_i64(l->d, n, "maintenance", YAML_REQUIRED, 0, MONEY_MAX, &out->maintenance);
	yaml_reject_unseen(l->d, n);
}

static void check_rate(struct loader *l, const struct fees *f, const struct zone *z, struct str group)
{
	size_t i = 0;
	while (i < f->count && !str_eq(f->rates[i].group, group))
		i++;
	if (group.len > 0 && i == f->count)
		yaml_error(l->d, z->node, "no fee '%.*s' in every fee table", STR_ARG(group));
}

static void check_rates(struct loader *l, const struct fees *f)
{
	struct str name;
	size_t at = 0;
	void *value;
	while (map_next(&l->r->zone_by_name, &at, &name, &value)) {
		const struct zone *z = value;
		if (!str_eq(z->name, z->first))
			continue; /* an entry's zones share their fees: told once */
		check_rate(l, f, z, z->group);
		check_rate(l, f, z, z->group_idn);
		check_rate(l, f, z, z->group_1);
		check_rate(l, f, z, z->group_2);
	}
}

static void read_fees(struct loader *l, struct yaml_node *n)
{
	struct fees *f = &l->r->fees[l->r->fee_count++];
	f->node = n;
	load_window(l, n, &f->window);
	load_cites(l, n, &f->cites);
	struct yaml_node *rates = yaml_need(l->d, n, "rates", YAML_MAP);
	f->rates = arena_calloc(l->a, rates ? rates->count : 0, sizeof *f->rates);
	for (struct yaml_node *e = rates ? rates->child : NULL; e; e = e->next)
		read_rate(l, e, &f->rates[f->count++]);
	bool expected = load_expected(l, n, "fees", STR_NONE, f->window);
	yaml_reject_unseen(l->d, n);
	check_rates(l, f);
	if (expected)
		l->r->fee_count--;
	else if (l->r->fee_count > 1)
		load_follows(l, n, f[-1].window, f->window);
}

void load_fees(struct loader *l)
{
	l->r->fees = load_new_list(l, SECTION_fees, sizeof *l->r->fees);
	load_each(l, SECTION_fees, read_fees);
}
