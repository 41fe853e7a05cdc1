/* Options, environment and profile file make one connection. */
#include "daemon/cli/conn.h"

#include "epp/base/diag.h"
#include "epp/base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *from_env(const char *given, const char *name)
{
	const char *value = getenv(name);
	return given ? given : value && *value ? value : NULL;
}

/* The profile's usual place, or NULL when there is no home folder. */
static const char *default_profile(struct arena *arena)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config == '/')
		return arena_printf(arena, "%s/vnepp/vnepp.yaml", config).ptr;
	if (home && *home == '/')
		return arena_printf(arena, "%s/.config/vnepp/vnepp.yaml", home).ptr;
	return NULL;
}

struct reading {
	struct arena *arena;
	struct diag *diag;
	struct yaml_node *map;
	const char *path;
};

static void take(struct reading *r, const char *key, bool is_file, const char **into)
{
	struct str value;
	if (!yaml_str(r->diag, r->map, key, YAML_OPTIONAL, &value) || *into)
		return;
	const char *slash = strrchr(r->path, '/');
	if (is_file && slash && value.len && value.ptr[0] != '/')
		value =
		    arena_printf(r->arena, "%.*s%.*s", (int)(slash - r->path + 1), r->path, STR_ARG(value));
	*into = value.ptr;
}

static enum err read_profile(struct conn *c, struct arena *arena, const char *path, struct errmsg *e)
{
	struct diag diag;
	struct buf out;
	diag_init(&diag);
	struct reading r = {arena, &diag, yaml_load(arena, &diag, path), path};
	if (r.map) {
		take(&r, "url", false, &c->url);
		take(&r, "cert", true, &c->cert);
		take(&r, "key", true, &c->key);
		take(&r, "ca", true, &c->ca);
		take(&r, "socket", true, &c->socket);
		yaml_reject_unseen(&diag, r.map);
	}
	enum err err = diag.errors ? err_set(e, ERR_CONFIG, "the profile %s has errors", path) : OK;
	buf_init(&out, 1u << 20);
	diag_print(&diag, &out);
	(void)fwrite(buf_data(&out), 1, buf_len(&out), stderr); /* nothing is left to do without a stderr */
	buf_fini(&out);
	diag_fini(&diag);
	return err;
}

enum err conn_resolve(struct conn *c, struct arena *arena, struct errmsg *e)
{
	c->url = from_env(c->url, "VNEPP_URL");
	c->cert = from_env(c->cert, "VNEPP_CERT");
	c->key = from_env(c->key, "VNEPP_KEY");
	c->ca = from_env(c->ca, "VNEPP_CA");
	c->socket = from_env(c->socket, "VNEPP_SOCKET");
	c->profile = from_env(c->profile, "VNEPP_CONFIG");
	const char *path = c->profile ? c->profile : default_profile(arena);
	if (path && (c->profile || access(path, F_OK) == 0))
		return read_profile(c, arena, path, e);
	return OK;
}
