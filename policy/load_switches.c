/* Switches: what they are, how a site sets them, and what asks them: words that one chooses, entries that one takes out. */
#include "policy/load_int.h"

/* ---- the switches themselves, and the site's choices ---- */

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
		(void)load_text(l, o, &meaning); /* told when it is none */
		if (s->option_count == SWITCH_OPTIONS_MAX) {
			yaml_shape_error(l->d, o, "more than %d options", SWITCH_OPTIONS_MAX);
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
	l->r->switches = load_new_list(l, SECTION_switches, sizeof *l->r->switches);
	load_each(l, SECTION_switches, read_switch);
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
	if (!load_text(l, n, &choice))
		return;
	size_t i = option_index(s, choice);
	if (i < s->option_count) {
		s->chosen = i;
		return;
	}
	const char *names[SWITCH_OPTIONS_MAX + 1] = {0};
	struct buf list;
	buf_init(&list, 600);
	for (size_t k = 0; k < s->option_count; k++) {
		names[k] = s->options[k].ptr;
		buf_printf(&list, "%s%s", k ? ", " : "", names[k]);
	}
	yaml_error(l->d, n, "'%.*s' is none of: %s", STR_ARG(choice), buf_cstr(&list));
	yaml_suggest(l->d, choice, names);
	buf_fini(&list);
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

/* ---- what asks a switch ---- */

static void choose_by_switch(struct loader *l, struct yaml_node *n, const char *const *names,
                             struct choice *out)
{
	struct law_switch *sw = load_ref(l, n, "switch", TABLE_SWITCHES);
	yaml_reject_unseen(l->d, n);
	if (!sw)
		return;
	sw->used = true;
	out->by = sw;
	for (size_t i = 0; i < sw->option_count; i++) {
		int value = 0;
		while (names[value] && !str_eq_c(sw->options[i], names[value]))
			value++;
		out->options[i] = value;
		if (!names[value])
			yaml_error(l->d, n, "option '%.*s' of switch '%.*s' means nothing here",
			           STR_ARG(sw->options[i]), STR_ARG(sw->id));
	}
	out->value = out->options[sw->chosen];
}

void load_choice(struct loader *l, struct yaml_node *map, const char *key, const char *const *names,
                 bool required, struct choice *out)
{
	struct yaml_node *n = yaml_get(map, key);
	if (n && n->kind == YAML_MAP)
		choose_by_switch(l, n, names, out);
	else if (n || required)
		(void)yaml_enum(l->d, map, key, YAML_REQUIRED, names, &out->value); /* told when wrong */
}

bool load_switch_stands(struct loader *l, struct yaml_node *n)
{
	bool stands = true;
	for (struct yaml_node *e = n ? n->child : NULL; e; e = e->next) {
		struct law_switch *s = map_get(&l->tables[TABLE_SWITCHES], e->key);
		struct str option;
		e->seen = true;
		if (!s) {
			diag_error(l->d, e->key_pos, "there is no switch '%.*s'", STR_ARG(e->key));
			continue;
		}
		if (!load_text(l, e, &option))
			continue;
		s->used = true;
		size_t i = option_index(s, option);
		if (i == s->option_count)
			yaml_error(l->d, e, "'%.*s' is no option of that switch", STR_ARG(option));
		stands = stands && i == s->chosen;
	}
	return stands;
}

bool load_entry_stands(struct loader *l, struct yaml_node *n)
{
	struct yaml_node *when = yaml_opt(l->d, n, "when", YAML_MAP);
	if (!when)
		return true;
	bool stands = load_switch_stands(l, yaml_need(l->d, when, "switch", YAML_MAP));
	yaml_reject_unseen(l->d, when);
	return stands;
}

/* ---- readings ---- */

static const char *const reading_names[] = {
#define X(name, first, second) #name,
    READING_LIST(X)
#undef X
};

static const char *const reading_words[][3] = {
#define X(name, first, second) {first, second, NULL},
    READING_LIST(X)
#undef X
};

void load_readings(struct loader *l)
{
	const struct entries *s = &l->sections[SECTION_readings];
	if (s->count == 0)
		return; /* rules of before: the first word of each */
	l->r->has_readings = true;
	for (size_t i = 0; i < READING__COUNT; i++)
		load_choice(l, s->nodes[0], reading_names[i], reading_words[i], false, &l->r->readings[i]);
	for (size_t i = 0; i < READING__COUNT; i++) {
		struct yaml_node *n = yaml_get(s->nodes[0], reading_names[i]);
		if (n)
			n->seen = true;
	}
	yaml_reject_unseen(l->d, s->nodes[0]);
}
