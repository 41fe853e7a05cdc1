/* The limits file: ceilings per registry, rates and queues per partner. */
#include "daemon/core/config_int.h"

#define RATE_MAX  1000000    /* per second; far above any registry */
#define QUEUE_MAX 1000000000 /* lines */

struct partner_limits {
	uint32_t lines_per_second, burst, max_queued;
};

/* Starts from what *out holds: a partner's own entry changes only what it names. */
static void read_partner_limits(struct config_reading *r, struct yaml_node *n, struct partner_limits *out)
{
	bool has_burst = yaml_get(n, "burst");
	config_value_u32(r, n, "lines_per_second", 1, RATE_MAX, &out->lines_per_second);
	config_value_u32(r, n, "burst", 1, QUEUE_MAX, &out->burst);
	config_value_u32(r, n, "max_queued", 1, QUEUE_MAX, &out->max_queued);
	yaml_reject_unseen(r->d, n);
	if (has_burst && out->lines_per_second == 0) {
		yaml_error(r->d, yaml_get(n, "burst"), "means nothing without 'lines_per_second'");
	} else if (has_burst && out->burst < out->lines_per_second) {
		yaml_error(r->d, yaml_get(n, "burst"), "smaller than 'lines_per_second'");
		diag_help(r->d, "the burst is what may come at once; at least one second's worth");
	}
	if (out->burst < out->lines_per_second)
		out->burst = out->lines_per_second;
}

static void set_partner(struct config_partner *p, const struct partner_limits *l)
{
	p->lines_per_second = l->lines_per_second;
	p->burst = l->burst;
	p->max_queued = l->max_queued;
}

static struct config_partner *partner_named(struct config_reading *r, struct str name)
{
	return map_get(&r->s->partners, name);
}

static void unknown_partner(struct config_reading *r, const struct yaml_node *n)
{
	const char **names = arena_calloc(r->arena, r->c->partner_count + 2, sizeof *names);
	for (size_t i = 0; i < r->c->partner_count; i++)
		names[i] = r->c->partners[i].name;
	names[r->c->partner_count] = "default";
	diag_error(r->d, n->key_pos, "there is no partner '%.*s'", STR_ARG(n->key));
	yaml_suggest(r->d, n->key, names);
}

static void read_partners(struct config_reading *r, struct yaml_node *map)
{
	struct partner_limits common = {0};
	struct yaml_node *entry = yaml_opt(r->d, map, "default", YAML_MAP);
	read_partner_limits(r, entry, &common);
	for (size_t i = 0; i < r->c->partner_count; i++)
		set_partner(&r->c->partners[i], &common);
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		if (str_eq_c(n->key, "default"))
			continue;
		struct config_partner *p = partner_named(r, n->key);
		struct partner_limits own = common;
		n->seen = true;
		if (!p && r->c->partner_count > 0)
			unknown_partner(r, n);
		if (!yaml_as_kind(r->d, n, YAML_MAP))
			continue;
		read_partner_limits(r, n, &own);
		if (p)
			set_partner(p, &own);
	}
}

static void read_registries(struct config_reading *r, struct yaml_node *map)
{
	for (struct yaml_node *n = map ? map->child : NULL; n; n = n->next) {
		struct config_registry *g = config_registry_named(r, n->key);
		uint32_t ceiling = 0;
		n->seen = true;
		if (!g && r->c->registry_count > 0) {
			diag_error(r->d, n->key_pos, "there is no registry '%.*s'", STR_ARG(n->key));
			yaml_suggest(r->d, n->key, config_registry_names(r));
		}
		if (!yaml_as_kind(r->d, n, YAML_MAP))
			continue;
		config_value_u32(r, n, "commands_per_second", 1, RATE_MAX, &ceiling);
		yaml_reject_unseen(r->d, n);
		if (g)
			g->commands_per_second = ceiling;
	}
}

void config_limits_read(struct config_reading *r, struct yaml_node *top)
{
	const char *path;
	if (!config_file_get(r, top, "limits", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &path))
		return;
	struct yaml_node *file = yaml_load(r->arena, r->d, path);
	read_registries(r, yaml_opt(r->d, file, "registries", YAML_MAP));
	read_partners(r, yaml_opt(r->d, file, "partners", YAML_MAP));
	yaml_reject_unseen(r->d, file);
}
