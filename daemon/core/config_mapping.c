/*
 * The entry `mapping` of a registry: a file, or the mapping itself. What it writes can only be sent in a session that has
 * agreed on its namespaces, so these are announced and required.
 */
#include "daemon/core/config_int.h"
#include "epp/dialect.h"

struct config_mapping {
	struct config_mapping *next;
	const char *path;
	const struct yaml_node *top; /* NULL: could not be read */
	const struct epp_dialect *dialect;
};

static const struct config_mapping *load(struct config_reading *r, const char *path)
{
	struct config_mapping *m = r->mappings;
	while (m && strcmp(m->path, path) != 0)
		m = m->next;
	if (m)
		return m;
	m = arena_calloc(r->arena, 1, sizeof *m);
	struct yaml_node *top = yaml_load(r->arena, r->d, path);
	*m = (struct config_mapping){r->mappings, path, top, epp_dialect_read(r->arena, r->d, top)};
	r->mappings = m;
	return m;
}

static void announce(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	for (size_t i = 0; i < epp_dialect_uri_count(g->mapping); i++) {
		struct diag_pos pos;
		const char *uri = epp_dialect_uri(g->mapping, i, &pos).ptr;
		if (yaml_get(map, "extensions") && !config_list_has(g->extensions, g->extension_count, uri)) {
			diag_error(r->d, pos, "'%s' is not in 'extensions' of the registry '%s'", uri,
			           g->name);
			diag_help(r->d, "add it there; without that list it is announced by itself");
		}
		config_list_add(r, &g->extensions, &g->extension_count, uri);
		config_list_add(r, &g->required, &g->required_count, uri);
	}
}

void config_mapping_read(struct config_reading *r, struct yaml_node *map, struct config_registry *g,
                         const struct yaml_node **written)
{
	struct yaml_node *n = yaml_get(map, "mapping");
	*written = NULL;
	if (!n)
		return;
	if (n->kind == YAML_MAP) {
		g->mapping = epp_dialect_read(r->arena, r->d, n);
		*written = n;
	} else if (n->kind == YAML_SEQ) {
		yaml_error(r->d, n, "neither a file nor a mapping");
	} else if (config_file_get(r, map, "mapping", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &g->mapping_file)) {
		const struct config_mapping *m = load(r, g->mapping_file);
		g->mapping = m->dialect;
		*written = m->top;
	}
	if (g->mapping)
		announce(r, map, g);
}
