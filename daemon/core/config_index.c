/* Look-ups in a snapshot: zones by name and script, partners by name and by certificate. */
#include "daemon/core/config_int.h"

/* Who serves a zone: one registry for ASCII names, one for IDN names, often the same. */
struct config_zone {
	struct str name;
	const struct config_registry *by_script[2]; /* [idn] */
	int line[2];
};

#define IDENTITY_KEY_MAX (CONFIG_VALUE_MAX + 2)

static const struct config_snapshot *snapshot_of(const struct config *c)
{
	return CONTAINER_OF(c, struct config_snapshot, config);
}

static bool serves_script(const struct config_registry *g, bool idn)
{
	return g->script == CONFIG_SCRIPT_ANY || g->script == (idn ? CONFIG_SCRIPT_IDN : CONFIG_SCRIPT_ASCII);
}

bool config_index_add_zone(struct config_reading *r, struct yaml_node *n, struct str zone,
                           const struct config_registry *g)
{
	struct config_zone *z = map_get(&r->s->zones, zone);
	if (!z) {
		z = arena_calloc(r->arena, 1, sizeof *z);
		z->name = zone;
		(void)map_put(&r->s->zones, zone, z); /* nothing is replaced */
	}
	for (int idn = 0; idn < 2; idn++) {
		const struct config_registry *other = z->by_script[idn];
		if (!serves_script(g, idn) || other == g)
			continue;
		if (other && (!n || z->line[idn] == 0))
			return false;
		if (other) {
			yaml_error(r->d, n, "registry '%s' (line %d) serves the %s names of '%.*s' already",
			           other->name, z->line[idn], idn ? "IDN" : "ASCII", STR_ARG(zone));
			diag_help(r->d, "each zone belongs to one registry per script: see 'script'");
			return false;
		}
		z->by_script[idn] = g;
		z->line[idn] = n ? n->pos.line : 0;
	}
	return true;
}

bool config_index_serves(const struct config_reading *r, struct str zone, const struct config_registry *g)
{
	const struct config_zone *z = map_get(&r->s->zones, zone);
	return z && (!g || z->by_script[0] == g || z->by_script[1] == g);
}

const struct config_registry *config_route(const struct config *c, struct str name, bool idn,
                                           struct str *zone)
{
	const struct map *zones = &snapshot_of(c)->zones;
	if (map_get(zones, name))
		return NULL;
	/* One label less each time: the first zone that fits is the longest. */
	struct str rest = name;
	(void)str_split(&rest, '.'); /* the label is not needed */
	for (; rest.len > 0; (void)str_split(&rest, '.')) {
		const struct config_zone *z = map_get(zones, rest);
		if (!z || !z->by_script[idn])
			continue;
		if (zone)
			*zone = z->name;
		return z->by_script[idn];
	}
	return NULL;
}

bool config_index_add_partner(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	if (map_get(&r->s->partners, str_c(p->name))) {
		yaml_error(r->d, n, "there is a partner '%s' already", p->name);
		return false;
	}
	(void)map_put(&r->s->partners, str_c(p->name), p); /* nothing is replaced */
	return true;
}

const struct config_partner *config_partner(const struct config *c, const char *name)
{
	return map_get(&snapshot_of(c)->partners, str_c(name));
}

/* Kind and value in one key; URIs are compared as they are, everything else without case. False: too long. */
static bool identity_key(char out[IDENTITY_KEY_MAX], enum config_id_kind kind, struct str value,
                         struct str *key)
{
	if (value.len > CONFIG_VALUE_MAX)
		return false;
	out[0] = (char)('0' + kind);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];
		bool upper = kind != CONFIG_ID_SAN_URI && c >= 'A' && c <= 'Z';
		out[i + 1] = upper ? (char)(c - 'A' + 'a') : c;
	}
	*key = str_make(out, value.len + 1);
	return true;
}

bool config_index_add_identity(struct config_reading *r, struct yaml_node *n, enum config_id_kind kind,
                               struct str value, struct config_partner *p)
{
	char text[IDENTITY_KEY_MAX];
	struct str key;
	if (!identity_key(text, kind, value, &key)) {
		yaml_error(r->d, n, "longer than %d characters", CONFIG_VALUE_MAX);
		return false;
	}
	const struct config_partner *other = map_get(&r->s->identities, key);
	if (other) {
		yaml_error(r->d, n, "partner '%s' is recognised by this already", other->name);
		diag_help(r->d, "a certificate must lead to one partner");
		return false;
	}
	(void)map_put(&r->s->identities, key, p); /* nothing is replaced */
	return true;
}

const struct config_partner *config_identify(const struct config *c, enum config_id_kind kind,
                                             struct str value)
{
	char text[IDENTITY_KEY_MAX];
	struct str key;
	return identity_key(text, kind, value, &key) ? map_get(&snapshot_of(c)->identities, key) : NULL;
}
