/* The sections that say what the law is: sources, switches, values, provinces, zones, fees, waivers, plans. */
#include "policy/load_int.h"

#define MONEY_MAX 100000000000LL /* VND; far above any fee, far below overflow when multiplied by years */

static void *new_list(struct loader *l, enum section s, size_t size)
{
	return arena_calloc(l->a, l->sections[s].count, size);
}

/* ---- words ---- */

static void read_word(struct loader *l, struct yaml_node *n)
{
	struct policy_word *w = &l->r->words[l->r->word_count++];
	w->id = load_id(l, n);
	(void)yaml_str(l->d, n, "vi", YAML_REQUIRED, &w->vi); /* told when missing */
	(void)yaml_str(l->d, n, "en", YAML_REQUIRED, &w->en);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_WORDS, w->id, w, n);
	if (w->id.len > 0)
		(void)map_put(&l->r->word_by_id, w->id, w); /* a second one was told */
}

void load_words(struct loader *l)
{
	const struct entries *reasons = &l->sections[SECTION_reasons], *flags = &l->sections[SECTION_flags];
	l->r->words = arena_calloc(l->a, reasons->count + flags->count, sizeof *l->r->words);
	for (size_t i = 0; i < reasons->count; i++)
		read_word(l, reasons->nodes[i]);
	for (size_t i = 0; i < flags->count; i++)
		read_word(l, flags->nodes[i]);
}

/* ---- sources and clauses ---- */

static void read_clause(struct loader *l, struct yaml_node *n, const struct policy_source *source)
{
	static const char *const kinds[] = {"enforce", "record", "report", NULL};
	struct policy_clause *c = &l->r->clauses[l->r->clause_count++];
	int kind = 0;
	c->source = source;
	c->id = load_id(l, n);
	(void)yaml_str(l->d, n, "section", YAML_REQUIRED, &c->section); /* told when missing */
	(void)yaml_str(l->d, n, "words", YAML_OPTIONAL, &c->words);
	if (yaml_enum(l->d, n, "kind", YAML_REQUIRED, kinds, &kind))
		c->kind = str_c(kinds[kind]);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_CLAUSES, c->id, c, n);
}

static size_t count_clauses(const struct loader *l)
{
	size_t count = 0;
	for (size_t i = 0; i < l->sections[SECTION_sources].count; i++) {
		struct yaml_node *list = yaml_get(l->sections[SECTION_sources].nodes[i], "clauses");
		count += list ? list->count : 0;
	}
	return count;
}

static void read_source(struct loader *l, struct yaml_node *n)
{
	struct policy_source *s = &l->r->sources[l->r->source_count++];
	date_t issued;
	s->id = load_id(l, n);
	(void)yaml_str(l->d, n, "document", YAML_REQUIRED, &s->document); /* told when missing */
	(void)yaml_str(l->d, n, "title", YAML_REQUIRED, &s->title);
	(void)yaml_str(l->d, n, "reading", YAML_REQUIRED, &s->reading);
	(void)yaml_date(l->d, n, "issued", YAML_OPTIONAL, &issued);
	bool told = yaml_bool(l->d, n, "verified", YAML_REQUIRED, &s->verified);
	if (!yaml_str(l->d, n, "reason", YAML_OPTIONAL, &s->reason) && told && !s->verified)
		yaml_error(l->d, n, "an unverified source needs a 'reason'");
	struct yaml_node *list = yaml_need(l->d, n, "clauses", YAML_SEQ);
	for (struct yaml_node *c = list ? list->child : NULL; c; c = c->next)
		if (yaml_as_kind(l->d, c, YAML_MAP))
			read_clause(l, c, s);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_SOURCES, s->id, s, n);
}

void load_sources(struct loader *l)
{
	l->r->sources = new_list(l, SECTION_sources, sizeof *l->r->sources);
	l->r->clauses = arena_calloc(l->a, count_clauses(l), sizeof *l->r->clauses);
	for (size_t i = 0; i < l->sections[SECTION_sources].count; i++)
		read_source(l, l->sections[SECTION_sources].nodes[i]);
}

/* ---- switches and the site's choices ---- */

static size_t option_index(const struct law_switch *s, struct str name)
{
	size_t i = 0;
	while (i < s->option_count && !str_eq(s->options[i], name))
		i++;
	return i;
}

static void read_options(struct loader *l, struct yaml_node *n, struct law_switch *s)
{
	struct yaml_node *map = yaml_need(l->d, n, "options", YAML_MAP);
	for (struct yaml_node *o = map ? map->child : NULL; o; o = o->next) {
		struct str meaning;
		o->seen = true;
		(void)yaml_as_str(l->d, o, &meaning); /* told when it is none */
		if (s->option_count == SWITCH_OPTIONS_MAX) {
			yaml_error(l->d, o, "more than %d options", SWITCH_OPTIONS_MAX);
			return;
		}
		s->options[s->option_count++] = o->key;
	}
}

static void read_switch(struct loader *l, struct yaml_node *n)
{
	struct law_switch *s = &l->r->switches[l->r->switch_count++];
	struct str fallback = STR_NONE;
	struct cites cites = {0};
	s->node = n;
	s->id = load_id(l, n);
	(void)yaml_str(l->d, n, "ambiguity", YAML_OPTIONAL, &s->ambiguity); /* told when wrong */
	(void)yaml_str(l->d, n, "reason", YAML_REQUIRED, &s->reason);
	(void)yaml_bool(l->d, n, "recorded", YAML_OPTIONAL, &s->recorded);
	read_options(l, n, s);
	if (yaml_str(l->d, n, "default", YAML_REQUIRED, &fallback)) {
		s->fallback = s->chosen = option_index(s, fallback);
		if (s->fallback == s->option_count) {
			yaml_error(l->d, yaml_get(n, "default"), "'%.*s' is none of the options",
			           STR_ARG(fallback));
			s->fallback = s->chosen = 0;
		}
	}
	load_cites(l, n, &cites);
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_SWITCHES, s->id, s, n);
}

void load_switches(struct loader *l)
{
	l->r->switches = new_list(l, SECTION_switches, sizeof *l->r->switches);
	for (size_t i = 0; i < l->sections[SECTION_switches].count; i++)
		read_switch(l, l->sections[SECTION_switches].nodes[i]);
}

static void read_acceptance(struct loader *l, struct yaml_node *n)
{
	struct str by, why;
	date_t on;
	struct policy_source *s = load_ref(l, n, "source", TABLE_SOURCES);
	(void)yaml_str(l->d, n, "by", YAML_REQUIRED,
	               &by); /* told when missing; kept in the canonical content */
	(void)yaml_date(l->d, n, "on", YAML_REQUIRED, &on);
	(void)yaml_str(l->d, n, "why", YAML_REQUIRED, &why);
	yaml_reject_unseen(l->d, n);
	if (!s)
		return;
	if (s->verified)
		yaml_error(l->d, n, "source '%.*s' is verified: there is nothing to accept", STR_ARG(s->id));
	s->accepted = true;
}

static void read_site_switch(struct loader *l, struct yaml_node *n)
{
	struct str choice;
	struct law_switch *s = map_get(&l->tables[TABLE_SWITCHES], n->key);
	n->seen = true;
	if (!s) {
		diag_error(l->d, n->key_pos, "site.switches: there is no switch '%.*s'", STR_ARG(n->key));
		return;
	}
	if (!yaml_as_str(l->d, n, &choice))
		return;
	size_t i = option_index(s, choice);
	if (i < s->option_count) {
		s->chosen = i;
		return;
	}
	const char *names[SWITCH_OPTIONS_MAX + 1] = {0};
	for (size_t k = 0; k < s->option_count; k++)
		names[k] = s->options[k].ptr;
	int ignored;
	(void)yaml_as_enum(l->d, n, names, &ignored); /* tells what is allowed */
}

void load_site(struct loader *l)
{
	struct yaml_node *site = l->sections[SECTION_site].count ? l->sections[SECTION_site].nodes[0] : NULL;
	struct str name;
	(void)yaml_str(l->d, site, "name", YAML_REQUIRED, &name); /* for people only */
	struct yaml_node *list = yaml_opt(l->d, site, "accept_unverified", YAML_SEQ);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
		if (yaml_as_kind(l->d, n, YAML_MAP))
			read_acceptance(l, n);
	struct yaml_node *switches = yaml_opt(l->d, site, "switches", YAML_MAP);
	for (struct yaml_node *n = switches ? switches->child : NULL; n; n = n->next)
		read_site_switch(l, n);
	yaml_reject_unseen(l->d, site);
}

/* ---- dated values ---- */

/* Entries follow each other in time, without gap or overlap. */
static void check_follows(struct loader *l, struct yaml_node *n, struct window before, struct window now)
{
	if (before.to == DATE_NONE || now.from == DATE_NONE || now.from <= before.to)
		yaml_error(l->d, n, "overlaps the entry before it");
	else if (now.from != before.to + 1)
		yaml_error(l->d, n, "leaves a gap after the entry before it");
}

static void read_value(struct loader *l, struct yaml_node *n)
{
	struct law_value *v = &l->r->values[l->r->value_count++];
	struct str unit;
	v->node = n;
	v->id = load_id(l, n);
	(void)yaml_str(l->d, n, "unit", YAML_REQUIRED, &unit); /* for people only */
	struct yaml_node *list = yaml_need(l->d, n, "dated", YAML_SEQ);
	v->dated = arena_calloc(l->a, list ? list->count : 0, sizeof *v->dated);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct dated_number *x = &v->dated[v->count++];
		struct cites cites = {0};
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		load_window(l, e, &x->window);
		(void)yaml_i64(l->d, e, "value", YAML_REQUIRED, 0, MONEY_MAX,
		               &x->value); /* told when wrong */
		load_cites(l, e, &cites);
		yaml_reject_unseen(l->d, e);
		if (v->count > 1)
			check_follows(l, e, x[-1].window, x->window);
	}
	yaml_reject_unseen(l->d, n);
	load_enter(l, TABLE_VALUES, v->id, v, n);
}

void load_values(struct loader *l)
{
	l->r->values = new_list(l, SECTION_values, sizeof *l->r->values);
	for (size_t i = 0; i < l->sections[SECTION_values].count; i++)
		read_value(l, l->sections[SECTION_values].nodes[i]);
}

/* ---- provinces ---- */

static const struct province_list *find_list(const struct loader *l, struct str id)
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
		if (n->key.len != 2)
			diag_error(l->d, n->key_pos, "'%.*s' is not a two-digit code", STR_ARG(n->key));
		keys->list[keys->count++] = n->key;
		if (yaml_as_str(l->d, n, &to->list[to->count]))
			to->count++;
	}
}

static void read_province_list(struct loader *l, struct yaml_node *n)
{
	struct province_list *p = &l->r->province_lists[l->r->province_list_count++];
	struct text_list names;
	struct cites cites = {0};
	p->id = load_id(l, n);
	load_window(l, n, &p->window);
	load_cites(l, n, &cites);
	read_codes(l, yaml_need(l->d, n, "codes", YAML_MAP), &p->codes, &names);
	yaml_reject_unseen(l->d, n);
}

static bool has_code(const struct province_list *p, struct str code)
{
	for (size_t i = 0; p && i < p->codes.count; i++)
		if (str_eq(p->codes.list[i], code))
			return true;
	return false;
}

static struct str need_list(struct loader *l, struct yaml_node *n, const char *key)
{
	struct str id = STR_NONE;
	if (yaml_str(l->d, n, key, YAML_REQUIRED, &id) && !find_list(l, id))
		yaml_error(l->d, yaml_get(n, key), "there is no province list '%.*s'", STR_ARG(id));
	return id;
}

static void read_merge(struct loader *l, struct yaml_node *n)
{
	struct merge *m = &l->r->merges[l->r->merge_count++];
	struct cites cites = {0};
	m->from_list = need_list(l, n, "from_list");
	m->to_list = need_list(l, n, "to_list");
	load_cites(l, n, &cites);
	struct yaml_node *map = yaml_need(l->d, n, "codes", YAML_MAP);
	read_codes(l, map, &m->old_codes, &m->new_codes);
	for (struct yaml_node *e = map ? map->child : NULL; e; e = e->next)
		if (!has_code(find_list(l, m->from_list), e->key) ||
		    !has_code(find_list(l, m->to_list), e->text))
			diag_error(l->d, e->key_pos, "%.*s -> %.*s: not in the lists", STR_ARG(e->key),
			           STR_ARG(e->text));
	yaml_reject_unseen(l->d, n);
}

static void read_birth_places(struct loader *l, struct yaml_node *n)
{
	struct cites cites = {0};
	int64_t from = 0, to = -1;
	struct str id = need_list(l, n, "province_list");
	const struct province_list *p = find_list(l, id);
	(void)yaml_i64(l->d, n, "country_from", YAML_REQUIRED, 100, 999, &from); /* told when wrong */
	(void)yaml_i64(l->d, n, "country_to", YAML_REQUIRED, from, 999, &to);
	load_cites(l, n, &cites);
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
	l->r->province_lists = new_list(l, SECTION_province_lists, sizeof *l->r->province_lists);
	for (size_t i = 0; i < l->sections[SECTION_province_lists].count; i++)
		read_province_list(l, l->sections[SECTION_province_lists].nodes[i]);
	l->r->merges = new_list(l, SECTION_province_merges, sizeof *l->r->merges);
	for (size_t i = 0; i < l->sections[SECTION_province_merges].count; i++)
		read_merge(l, l->sections[SECTION_province_merges].nodes[i]);
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
	struct cites cites = {0};
	load_texts(l, n, "zones", true, &names);
	struct yaml_node *kinds = yaml_opt(l->d, n, "holders", YAML_SEQ);
	if (kinds)
		z.kinds = load_kinds(l, kinds);
	(void)yaml_str(l->d, n, "fee", YAML_REQUIRED, &z.group); /* told when missing */
	(void)yaml_str(l->d, n, "fee_idn", YAML_OPTIONAL, &z.group_idn);
	(void)yaml_str(l->d, n, "fee_1_character", YAML_OPTIONAL, &z.group_1);
	(void)yaml_str(l->d, n, "fee_2_characters", YAML_OPTIONAL, &z.group_2);
	load_cites(l, n, &cites);
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
	for (size_t i = 0; i < l->sections[SECTION_zones].count; i++)
		read_zone(l, l->sections[SECTION_zones].nodes[i]);
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

static void read_fees(struct loader *l, struct yaml_node *n)
{
	struct fees *f = &l->r->fees[l->r->fee_count++];
	struct cites cites = {0};
	load_window(l, n, &f->window);
	load_cites(l, n, &cites);
	struct yaml_node *rates = yaml_need(l->d, n, "rates", YAML_MAP);
	f->rates = arena_calloc(l->a, rates ? rates->count : 0, sizeof *f->rates);
	for (struct yaml_node *e = rates ? rates->child : NULL; e; e = e->next)
		read_rate(l, e, &f->rates[f->count++]);
	yaml_reject_unseen(l->d, n);
	if (l->r->fee_count > 1)
		check_follows(l, n, f[-1].window, f->window);
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

void load_fees(struct loader *l)
{
	l->r->fees = new_list(l, SECTION_fees, sizeof *l->r->fees);
	for (size_t i = 0; i < l->sections[SECTION_fees].count; i++)
		read_fees(l, l->sections[SECTION_fees].nodes[i]);
	for (size_t i = 0; i < l->r->fee_count; i++)
		check_rates(l, &l->r->fees[i]);
}

/* ---- waivers ---- */

static void read_covers(struct loader *l, struct yaml_node *n, struct policy_waiver *w)
{
	struct yaml_node *list = yaml_need(l->d, n, "covers", YAML_SEQ);
	w->covers = arena_calloc(l->a, list ? list->count : 0, sizeof *w->covers);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct cover *c = &w->covers[w->cover_count++];
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		c->grant = load_ref(l, e, "grant", TABLE_GRANTS);
		load_cites(l, e, &c->cites);
		yaml_reject_unseen(l->d, e);
	}
}

static void read_waiver(struct loader *l, struct yaml_node *n)
{
	static const char *const statuses[] = {"none", "in_force", "undecided", NULL};
	static const char *const levies[] = {"waived", "charged", NULL};
	struct choice status = {0};
	struct policy_waiver *w = &l->r->waivers[l->r->waiver_count++];
	w->node = n;
	w->id = load_id(l, n);
	w->source = load_ref(l, n, "source", TABLE_SOURCES);
	load_choice(l, n, "status", statuses, true, &status);
	w->status = (enum waiver_status)status.value;
	struct yaml_node *window = yaml_need(l->d, n, "register", YAML_MAP);
	load_window(l, window, &w->window);
	yaml_reject_unseen(l->d, window);
	load_choice(l, n, "levy", levies, true, &w->levy);
	load_dated_flags(l, n, &w->flags);
	read_covers(l, n, w);
	yaml_reject_unseen(l->d, n);
}

void load_waivers(struct loader *l)
{
	l->r->waivers = new_list(l, SECTION_waivers, sizeof *l->r->waivers);
	for (size_t i = 0; i < l->sections[SECTION_waivers].count; i++)
		read_waiver(l, l->sections[SECTION_waivers].nodes[i]);
}

/* ---- programmes and plans ---- */

static void read_targets(struct loader *l, struct yaml_node *n, struct target **out, size_t *count)
{
	struct yaml_node *list = yaml_opt(l->d, n, "targets", YAML_SEQ);
	*out = arena_calloc(l->a, list ? list->count : 0, sizeof **out);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct target *t = &(*out)[(*count)++];
		struct str base;
		t->count = t->percent = -1;
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		(void)yaml_str(l->d, e, "zone", YAML_OPTIONAL, &t->zone); /* all zones when absent */
		bool counted = yaml_i64(l->d, e, "count", YAML_OPTIONAL, 0, MONEY_MAX, &t->count);
		bool shared = yaml_i64(l->d, e, "percent", YAML_OPTIONAL, 0, 100, &t->percent);
		(void)yaml_str(l->d, e, "base", YAML_OPTIONAL,
		               &base); /* of the percentage; often nobody said */
		if (counted == shared)
			yaml_error(l->d, e, "a target has either 'count' or 'percent'");
		load_cites(l, e, &t->cites);
		yaml_reject_unseen(l->d, e);
	}
}

/* Report duties: their form is checked here, reports read them. */
static void read_reports(struct loader *l, struct yaml_node *n)
{
	static const char *const periods[] = {"quarter", "year", "once", NULL};
	struct yaml_node *list = yaml_opt(l->d, n, "reports", YAML_SEQ);
	for (struct yaml_node *e = list ? list->child : NULL; e; e = e->next) {
		struct cites cites = {0};
		int every;
		int64_t day, month;
		date_t on;
		if (!yaml_as_kind(l->d, e, YAML_MAP))
			continue;
		(void)yaml_enum(l->d, e, "every", YAML_REQUIRED, periods, &every); /* told when wrong */
		(void)yaml_i64(l->d, e, "due_day", YAML_OPTIONAL, 1, 31, &day);
		(void)yaml_i64(l->d, e, "due_month", YAML_OPTIONAL, 1, 12, &month);
		(void)yaml_date(l->d, e, "due_on", YAML_OPTIONAL, &on);
		load_cites(l, e, &cites);
		yaml_reject_unseen(l->d, e);
	}
}

static void read_programme(struct loader *l, struct yaml_node *n)
{
	struct policy_programme *p = &l->r->programmes[l->r->programme_count++];
	struct target *targets;
	size_t target_count = 0;
	struct cites cites = {0};
	p->id = load_id(l, n);
	p->source = load_ref(l, n, "source", TABLE_SOURCES);
	load_window(l, n, &p->window);
	load_cites(l, n, &cites);
	load_dated_flags(l, n, &p->flags);
	read_targets(l, n, &targets, &target_count);
	read_reports(l, n);
	yaml_reject_unseen(l->d, n);
}

void load_programmes(struct loader *l)
{
	l->r->programmes = new_list(l, SECTION_programmes, sizeof *l->r->programmes);
	for (size_t i = 0; i < l->sections[SECTION_programmes].count; i++)
		read_programme(l, l->sections[SECTION_programmes].nodes[i]);
}

static void read_plan(struct loader *l, struct yaml_node *n)
{
	struct policy_plan *p = &l->r->plans[l->r->plan_count++];
	struct cites cites = {0};
	struct text_list confirmers = {0};
	p->id = load_id(l, n);
	p->source = load_ref(l, n, "source", TABLE_SOURCES);
	p->list = need_list(l, n, "province_list");
	if (yaml_str(l->d, n, "province", YAML_REQUIRED, &p->province) && find_list(l, p->list) &&
	    !has_code(find_list(l, p->list), p->province))
		yaml_error(l->d, yaml_get(n, "province"), "'%.*s' is not in the list '%.*s'",
		           STR_ARG(p->province), STR_ARG(p->list));
	load_window(l, n, &p->window);
	(void)yaml_bool(l->d, n, "follows_national", YAML_OPTIONAL,
	                &p->follows_national); /* told when wrong */
	load_cites(l, n, &cites);
	load_texts(l, n, "confirmers", false, &confirmers);
	load_dated_flags(l, n, &p->flags);
	read_targets(l, n, &p->targets, &p->target_count);
	read_reports(l, n);
	yaml_reject_unseen(l->d, n);
}

void load_plans(struct loader *l)
{
	l->r->plans = new_list(l, SECTION_plans, sizeof *l->r->plans);
	for (size_t i = 0; i < l->sections[SECTION_plans].count; i++)
		read_plan(l, l->sections[SECTION_plans].nodes[i]);
}
