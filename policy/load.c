/* Rule files into a rule set: texts to sections, sections to structures, all errors at once. */
#include "policy/load_int.h"

#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 256

static const char *const section_names[] = {
#define X(name, kind) #name,
    SECTION_LIST(X)
#undef X
};

static const enum yaml_kind section_kinds[] = {
#define X(name, kind) YAML_##kind,
    SECTION_LIST(X)
#undef X
};

const char *load_section_name(size_t section)
{
	return section_names[section];
}

enum yaml_kind load_section_kind(size_t section)
{
	return section_kinds[section];
}

/* ---- sections ---- */

static void add_entry(struct entries *s, struct yaml_node *n)
{
	if ((s->count & (s->count - 1)) == 0)
		s->nodes = xrealloc(s->nodes, s->count ? s->count * 2 : 1, sizeof(struct yaml_node *));
	s->nodes[s->count++] = n;
}

static void collect(struct loader *l, struct yaml_node *top)
{
	for (size_t i = 0; i < SECTION__COUNT; i++) {
		struct yaml_node *n = yaml_opt(l->d, top, section_names[i], section_kinds[i]);
		struct entries *s = &l->sections[i];
		if (!n)
			continue;
		if (n->kind == YAML_MAP) {
			if (s->count > 0) {
				diag_error(l->d, n->key_pos, "section '%s' stands twice", section_names[i]);
				diag_help(l->d, "the other one is in %s, line %d",
				          s->nodes[0]->key_pos.source->name, s->nodes[0]->key_pos.line);
			} else {
				add_entry(s, n);
			}
			continue;
		}
		for (struct yaml_node *e = n->child; e; e = e->next)
			if (yaml_as_kind(l->d, e, YAML_MAP))
				add_entry(s, e);
	}
	yaml_reject_unseen(l->d, top);
}

/* ---- references ---- */

static void suggest_id(struct loader *l, struct str word, const struct map *m)
{
	const char **names = xcalloc(m->count + 1, sizeof *names);
	struct arena copies;
	size_t at = 0, n = 0;
	struct str key;
	void *value;
	arena_init(&copies);
	while (map_next(m, &at, &key, &value))
		names[n++] = arena_str(&copies, key).ptr;
	yaml_suggest(l->d, word, names);
	arena_fini(&copies);
	free(names);
}

bool load_text(struct loader *l, struct yaml_node *n, struct str *out)
{
	if (!yaml_as_str(l->d, n, out))
		return false;
	if (out->len == 0 || load_is_nothing(n)) {
		yaml_shape_error(l->d, n, "is empty");
		return false;
	}
	return true;
}

void *load_find(struct loader *l, struct yaml_node *scalar, enum table t)
{
	static const char *const what[] = {"reason or flag", "source", "clause", "switch", "value", "grant"};
	struct str id;
	if (!load_text(l, scalar, &id))
		return NULL;
	void *thing = map_get(&l->tables[t], id);
	if (!thing) {
		yaml_error(l->d, scalar, "there is no %s '%.*s'", what[t], STR_ARG(id));
		suggest_id(l, id, &l->tables[t]);
	} else if (t == TABLE_WORDS) {
		((struct policy_word *)thing)->used = true;
	}
	return thing;
}

void *load_ref(struct loader *l, struct yaml_node *map, const char *key, enum table t)
{
	return load_find(l, yaml_need(l->d, map, key, YAML_SCALAR), t);
}

void load_enter(struct loader *l, enum table t, struct str id, void *thing, struct yaml_node *node)
{
	if (id.len == 0)
		return; /* its absence was told */
	if (map_get(&l->tables[t], id))
		yaml_error(l->d, node, "the id '%.*s' is taken", STR_ARG(id));
	else
		(void)map_put(&l->tables[t], id, thing); /* replaces nothing */
}

struct str load_id(struct loader *l, struct yaml_node *map)
{
	struct str id = STR_NONE;
	if (yaml_str(l->d, map, "id", YAML_REQUIRED, &id) && id.len == 0)
		yaml_shape_error(l->d, map, "'id' is empty");
	return id;
}

void load_cites(struct loader *l, struct yaml_node *map, struct cites *out)
{
	struct yaml_node *list = yaml_need(l->d, map, "cite", YAML_SEQ);
	if (!list)
		return;
	if (list->count == 0)
		yaml_shape_error(l->d, list, "every rule needs a clause");
	out->list = arena_calloc(l->a, list->count, sizeof *out->list);
	for (struct yaml_node *n = list->child; n; n = n->next) {
		const struct policy_clause *c = load_find(l, n, TABLE_CLAUSES);
		if (!c)
			continue;
		out->list[out->count++] = c;
		out->grounded |= c->source->verified || c->source->accepted;
	}
}

void load_follows(struct loader *l, struct yaml_node *n, struct window before, struct window now)
{
	char day[DATE_TEXT_MAX];
	if (before.to == DATE_NONE || now.from == DATE_NONE || now.from <= before.to)
		yaml_error(l->d, n, "overlaps the entry before it");
	else if (now.from != before.to + 1)
		yaml_error(l->d, n, "leaves a gap after the entry before it");
	else
		return;
	if (before.to == DATE_NONE)
		diag_help(l->d, "the entry before it has no end: give it a 'to'");
	else
		diag_help(l->d, "let it begin on %s, the day after the entry before it ends",
		          date_format(day, before.to + 1));
}

void *load_new_list(struct loader *l, enum section s, size_t size)
{
	return arena_calloc(l->a, l->sections[s].count, size);
}

void load_each(struct loader *l, enum section s, void (*read)(struct loader *l, struct yaml_node *n))
{
	for (size_t i = 0; i < l->sections[s].count; i++)
		read(l, l->sections[s].nodes[i]);
}

void load_window(struct loader *l, struct yaml_node *map, struct window *out)
{
	*out = (struct window){DATE_NONE, DATE_NONE};
	(void)yaml_date(l->d, map, "from", YAML_OPTIONAL, &out->from); /* stays open when absent */
	if (yaml_date(l->d, map, "to", YAML_OPTIONAL, &out->to) && out->from != DATE_NONE &&
	    out->to < out->from)
		yaml_error(l->d, yaml_get(map, "to"), "ends before it begins");
}

void load_texts(struct loader *l, struct yaml_node *map, const char *key, bool required,
                struct text_list *out)
{
	struct yaml_node *list =
	    required ? yaml_need(l->d, map, key, YAML_SEQ) : yaml_opt(l->d, map, key, YAML_SEQ);
	if (!list)
		return;
	if (list->count == 0)
		yaml_shape_error(l->d, list, "the list is empty");
	out->list = arena_calloc(l->a, list->count, sizeof *out->list);
	for (struct yaml_node *n = list->child; n; n = n->next)
		if (load_text(l, n, &out->list[out->count]))
			out->count++;
}

void load_dated_flags(struct loader *l, struct yaml_node *map, struct dated_flags *out)
{
	struct yaml_node *list = yaml_opt(l->d, map, "flags", YAML_SEQ);
	if (!list)
		return;
	out->list = arena_calloc(l->a, list->count, sizeof *out->list);
	for (struct yaml_node *n = list->child; n; n = n->next) {
		struct dated_flag *f = &out->list[out->count++];
		f->node = n;
		if (!yaml_as_kind(l->d, n, YAML_MAP))
			continue;
		f->flag = load_ref(l, n, "flag", TABLE_WORDS);
		load_window(l, n, &f->window);
		load_cites(l, n, &f->cites);
		yaml_reject_unseen(l->d, n);
	}
}

uint32_t load_kinds(struct loader *l, struct yaml_node *list)
{
	uint32_t kinds = 0;
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next) {
		int kind;
		if (yaml_as_enum(l->d, n, policy_kind_names, &kind))
			kinds |= 1u << kind;
	}
	return kinds;
}

/* ---- expected: known, not in force ---- */

bool load_expected(struct loader *l, struct yaml_node *n, const char *what, struct str id, struct window w)
{
	struct policy_ruleset *r = l->r;
	bool expected = false;
	(void)yaml_bool(l->d, n, "expected", YAML_OPTIONAL, &expected); /* told when wrong */
	if (!expected)
		return false;
	if (w.from == DATE_NONE) {
		yaml_error(l->d, n, "what is expected needs its 'from'");
		return true;
	}
	if (r->expected_count == EXPECTED_MAX)
		yaml_error(l->d, n, "more than %d expected entries", EXPECTED_MAX);
	else
		r->expected[r->expected_count++] = (struct expected){what, id, w, n};
	return true;
}

/* ---- switches chosen by the caller ---- */

static struct yaml_node *add_child(struct loader *l, struct yaml_node *map, struct str key,
                                   enum yaml_kind kind)
{
	struct yaml_node *n = arena_calloc(l->a, 1, sizeof *n), **at = &map->child;
	*n = (struct yaml_node){.kind = kind,
	                        .pos = map->pos,
	                        .key = arena_str(l->a, key),
	                        .key_pos = map->pos,
	                        .parent = map,
	                        .doc = map->doc};
	while (*at)
		at = &(*at)->next;
	*at = n;
	map->count++;
	return n;
}

/* As if the site file said so: what is decided, and the revision, are those of such a site. */
static void choose(struct loader *l, const struct policy_choice *choices, size_t count)
{
	if (count == 0)
		return;
	if (l->sections[SECTION_site].count == 0) {
		diag_error(l->d, DIAG_NOWHERE, "switches can be chosen only where there is a site file");
		return;
	}
	struct yaml_node *site = l->sections[SECTION_site].nodes[0], *map = yaml_get(site, "switches");
	if (!map)
		map = add_child(l, site, STR("switches"), YAML_MAP);
	for (size_t i = 0; map->kind == YAML_MAP && i < count; i++) {
		struct yaml_node *n = map->child;
		while (n && !str_eq(n->key, choices[i].id))
			n = n->next;
		if (!n)
			n = add_child(l, map, choices[i].id, YAML_SCALAR);
		n->text = arena_str(l->a, choices[i].option);
	}
}

/* ---- the whole ---- */

static void read_all(struct loader *l)
{
	load_words(l);
	load_sources(l);
	load_facts(l);
	load_switches(l);
	load_site(l);
	load_readings(l);
	load_values(l);
	load_provinces(l);
	load_zones(l);
	load_fees(l);
	load_grants(l);
	load_waivers(l);
	load_programmes(l);
	load_plans(l);
	load_checks(l);
	load_verdicts(l);
}

static void report_unused(struct loader *l)
{
	for (size_t i = 0; i < l->r->switch_count; i++) {
		const struct law_switch *sw = &l->r->switches[i];
		if (!sw->used && !sw->recorded)
			yaml_error(l->d, sw->node, "no rule asks the switch '%.*s'", STR_ARG(sw->id));
	}
	for (size_t i = 0; i < l->r->value_count; i++)
		if (!l->r->values[i].used && !str_eq_c(l->r->values[i].id, POLICY_REVIEW_PERIOD))
			yaml_error(l->d, l->r->values[i].node, "no rule asks the value '%.*s'",
			           STR_ARG(l->r->values[i].id));
}

static void report_unused_facts(struct loader *l)
{
	for (size_t i = FACT__COUNT; i < l->r->fact_count; i++) {
		const struct fact_info *f = &l->r->facts[i];
		if (f->used)
			continue;
		yaml_error(l->d, f->node, "no rule asks the fact '%.*s'", STR_ARG(f->id));
		diag_help(l->d, "remove it, or write a check that requires it");
	}
}

static void free_ruleset(struct policy_ruleset *r)
{
	map_fini(&r->zone_by_name);
	map_fini(&r->word_by_id);
	map_fini(&r->fact_by_id);
	arena_fini(&r->arena);
	free(r);
}

static struct policy_ruleset *load_texts_choosing(const struct policy_text *texts, size_t count,
                                                  const struct policy_choice *choices, size_t choice_count,
                                                  struct diag *d)
{
	size_t errors = d->errors;
	struct policy_ruleset *r = xcalloc(1, sizeof *r);
	struct loader l = {.r = r, .a = &r->arena, .d = d};
	atomic_init(&r->refs, 1);
	arena_init(&r->arena);
	map_init(&r->zone_by_name);
	map_init(&r->word_by_id);
	map_init(&r->fact_by_id);
	for (size_t t = 0; t < TABLE__COUNT; t++)
		map_init(&l.tables[t]);
	for (size_t i = 0; i < count; i++) {
		struct yaml_node *top = yaml_parse(l.a, d, texts[i].name, texts[i].text);
		if (top)
			collect(&l, top);
	}
	if (d->errors == errors)
		choose(&l, choices, choice_count);
	if (d->errors == errors) /* what a broken file holds would be missed everywhere else */
		read_all(&l);
	if (d->errors == errors)
		report_unused(&l);
	if (d->errors == errors)
		report_unused_facts(&l);
	if (d->errors == errors)
		load_make_revision(&l);
	for (size_t t = 0; t < TABLE__COUNT; t++)
		map_fini(&l.tables[t]);
	for (size_t i = 0; i < SECTION__COUNT; i++)
		free(l.sections[i].nodes);
	if (d->errors == errors)
		return r;
	free_ruleset(r);
	return NULL;
}

struct policy_ruleset *policy_load_texts(const struct policy_text *texts, size_t count, struct diag *d)
{
	return load_texts_choosing(texts, count, NULL, 0, d);
}

struct policy_ruleset *policy_ref(struct policy_ruleset *r)
{
	unsigned before = atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	REQUIRE(before > 0);
	return r;
}

void policy_unref(struct policy_ruleset **r)
{
	struct policy_ruleset *gone = *r;
	*r = NULL;
	if (gone && atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) == 1)
		free_ruleset(gone);
}

/* ---- folders ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the rule files in a folder, sorted; each owned by the caller. */
static size_t list_files(const char *dir, bool with_site, char **names, struct diag *d)
{
	size_t count = 0;
	DIR *folder = opendir(dir);
	if (!folder) {
		const struct diag_source *s = diag_add_source(d, dir, STR_NONE);
		diag_error(d, ((struct diag_pos){s, 0, 0, 0}), "cannot be read: %s", strerror(errno));
		return 0;
	}
	for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
		if (e->d_name[0] == '.' || !str_ends(str_c(e->d_name), STR(".yaml")))
			continue;
		if (!with_site && strcmp(e->d_name, "site.yaml") == 0)
			continue;
		if (count == FILES_MAX) {
			diag_error(d, DIAG_NOWHERE, "%s: more than %d rule files", dir, FILES_MAX);
			break;
		}
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		names[count++] = xstrdup(path);
	}
	(void)closedir(folder); /* was only read */
	qsort(names, count, sizeof *names, by_name);
	return count;
}

struct policy_ruleset *policy_load_dir(const char *dir, const char *site_path, struct diag *d)
{
	return policy_load_dir_choosing(dir, site_path, NULL, 0, d);
}

struct policy_ruleset *policy_load_dir_choosing(const char *dir, const char *site_path,
                                                const struct policy_choice *choices, size_t choice_count,
                                                struct diag *d)
{
	char *names[FILES_MAX + 1];
	struct buf bufs[FILES_MAX + 1];
	struct policy_text texts[FILES_MAX + 1] = {0};
	size_t errors = d->errors;
	struct policy_ruleset *r = NULL;
	size_t count = list_files(dir, !site_path, names, d);
	if (count == 0 && d->errors == errors)
		diag_error(d, DIAG_NOWHERE, "%s: no rule files (*.yaml)", dir);
	if (site_path)
		names[count++] = xstrdup(site_path);
	for (size_t i = 0; i < count; i++) {
		texts[i].name = names[i];
		if (yaml_read_text(d, names[i], &bufs[i]))
			texts[i].text = buf_str(&bufs[i]);
	}
	if (d->errors == errors)
		r = load_texts_choosing(texts, count, choices, choice_count, d);
	for (size_t i = 0; i < count; i++) {
		buf_fini(&bufs[i]);
		free(names[i]);
	}
	return r;
}
