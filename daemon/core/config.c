/* The configuration as a whole: the main file's own sections, and the life of a snapshot. */
#include "daemon/core/config_int.h"
#include "daemon/core/log.h"
#include "epp/base/alloc.h"

#include <stdlib.h>
#include <sys/un.h>

#define KB     (1ull << 10)
#define MB     (1ull << 20)
#define DAY_MS 86400000ull
#define GB     (1ull << 30)

#define DEFAULT_STORE          "/var/lib/vnepp/vnepp.db"
#define DEFAULT_CONTROL_SOCKET "/run/vnepp/control.sock"

static const char *const activate_names[] = {"staged", "files", NULL};

static void read_sandbox(struct config_reading *r, struct yaml_node *top)
{
	struct yaml_node *map = yaml_opt(r->d, top, "sandbox", YAML_MAP);
	struct str s;
	instant_ms_t start;
	r->c->sandbox = map != NULL;
	if (yaml_str(r->d, map, "clock", YAML_OPTIONAL, &s)) {
		if (instant_parse(s, HANOI_OFFSET_S, &start)) {
			r->c->clock_shift_ms = start - r->now_ms;
		} else {
			yaml_error(r->d, yaml_get(map, "clock"), "'%.*s' is not an instant", STR_ARG(s));
			diag_help(r->d,
			          "such as \"2026-11-20T09:00:00+07:00\"; without a zone it is Hanoi's");
		}
	}
	yaml_reject_unseen(r->d, map);
}

static void read_store(struct config_reading *r, struct yaml_node *top)
{
	struct yaml_node *map = yaml_opt(r->d, top, "store", YAML_MAP);
	r->c->store_path = DEFAULT_STORE;
	if (config_file_path(r, map, "path", YAML_OPTIONAL, &r->c->store_path))
		config_file_warn_parent(r, map, "path", r->c->store_path);
	yaml_reject_unseen(r->d, map);
}

static void read_api_limits(struct config_reading *r, struct yaml_node *map)
{
	struct config *c = r->c;
	uint64_t line_bytes = 64 * KB;
	c->api_max_connections = 4096;
	c->api_max_per_address = 64;
	c->api_max_per_partner = 64;
	c->api_max_body_bytes = 100 * MB;
	c->api_max_lines = 1000000;
	c->notice_ms = 60 * DAY_MS;
	config_value_ms(r, map, "notice", 0, 3660 * DAY_MS, &c->notice_ms);
	config_value_u32(r, map, "max_connections", 1, 65536, &c->api_max_connections);
	config_value_u32(r, map, "max_per_address", 1, 65536, &c->api_max_per_address);
	config_value_u32(r, map, "max_per_partner", 1, 65536, &c->api_max_per_partner);
	config_value_bytes(r, map, "max_body", KB, 4 * GB, &c->api_max_body_bytes);
	config_value_bytes(r, map, "max_line", KB, 16 * MB, &line_bytes);
	config_value_u32(r, map, "max_lines", 1, 10000000, &c->api_max_lines);
	c->api_max_line_bytes = (uint32_t)line_bytes;
	if (line_bytes <= c->api_max_body_bytes)
		return;
	if (yaml_get(map, "max_body"))
		yaml_error(r->d, yaml_get(map, "max_body"), "smaller than 'max_line'");
	else
		yaml_error(r->d, yaml_get(map, "max_line"), "larger than 'max_body'");
}

static void read_api(struct config_reading *r, struct yaml_node *top)
{
	struct config *c = r->c;
	struct yaml_node *map = yaml_need(r->d, top, "api", YAML_MAP);
	(void)config_address_listen(r, map, "listen", YAML_REQUIRED, &c->api_listen);
	(void)config_file_get(r, map, "certificate", YAML_REQUIRED, CONFIG_FILE_PUBLIC, &c->api_certificate);
	(void)config_file_get(r, map, "key", YAML_REQUIRED, CONFIG_FILE_KEY, &c->api_key);
	(void)config_file_get(r, map, "client_ca", YAML_REQUIRED, CONFIG_FILE_PUBLIC, &c->api_client_ca);
	(void)config_file_get(r, map, "client_crl", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &c->api_client_crl);
	c->api_certificate_at = config_file_place(map, "certificate");
	c->api_key_at = config_file_place(map, "key");
	c->api_client_ca_at = config_file_place(map, "client_ca");
	c->api_client_crl_at = config_file_place(map, "client_crl");
	read_api_limits(r, map);
	yaml_reject_unseen(r->d, map);
}

/* A Unix socket's path, or "none". */
static void read_socket(struct config_reading *r, struct yaml_node *map, const char *key, const char **out)
{
	struct yaml_node *n = yaml_get(map, key);
	if (n && n->kind == YAML_SCALAR && n->plain && str_eq_c(n->text, "none")) {
		*out = NULL;
		return;
	}
	if (!config_file_path(r, map, key, YAML_OPTIONAL, out))
		return;
	size_t len = strlen(*out), max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	if (len > max)
		yaml_error(r->d, n, "the path is %zu bytes long, a Unix socket's is at most %zu", len, max);
	else
		config_file_warn_parent(r, map, key, *out);
}

/* One address, or a list of them. */
static void read_admin_listen(struct config_reading *r, struct yaml_node *map)
{
	struct config *c = r->c;
	struct yaml_node *n = yaml_get(map, "listen");
	if (n && n->kind == YAML_SEQ) {
		(void)config_value_list(r, map, "listen", YAML_OPTIONAL, config_address_is_local,
		                        &c->admin_listen, &c->admin_listen_count);
		if (c->admin_listen_count > CONFIG_ADMIN_LISTEN_MAX)
			yaml_error(r->d, n, "more than %d addresses", CONFIG_ADMIN_LISTEN_MAX);
	} else if (n && yaml_as_kind(r->d, n, YAML_SCALAR)) {
		const char **list = arena_calloc(r->arena, 1, sizeof *list);
		c->admin_listen = list;
		c->admin_listen_count = config_address_is_local(r, n, &list[0]);
	}
}

static void read_admin(struct config_reading *r, struct yaml_node *top)
{
	struct yaml_node *map = yaml_opt(r->d, top, "admin", YAML_MAP);
	r->c->control_socket = DEFAULT_CONTROL_SOCKET;
	read_socket(r, map, "control_socket", &r->c->control_socket);
	read_socket(r, map, "feed_socket", &r->c->feed_socket);
	read_admin_listen(r, map);
	(void)config_file_get(r, map, "token_file", YAML_OPTIONAL, CONFIG_FILE_PASSWORD,
	                      &r->c->admin_token_file);
	config_roles_read(r, map);
	yaml_reject_unseen(r->d, map);
}

static void read_policy(struct config_reading *r, struct yaml_node *top)
{
	struct yaml_node *map = yaml_need(r->d, top, "policy", YAML_MAP);
	int activate = r->c->sandbox;
	(void)config_file_folder(r, map, "rules", &r->c->rules_dir);
	(void)yaml_enum(r->d, map, "activate", YAML_OPTIONAL, activate_names, &activate);
	r->c->rules_activate = activate == 1;
	yaml_reject_unseen(r->d, map);
}

static void read_top(struct config_reading *r, struct yaml_node *top)
{
	r->c->instance = "vnepp";
	r->c->stop_ms = 30000;
	(void)config_value_name(r, top, "instance", YAML_OPTIONAL, &r->c->instance);
	read_sandbox(r, top);
	read_store(r, top);
	read_api(r, top);
	read_admin(r, top);
	read_policy(r, top);
	config_value_log(r, top, &r->c->log_format, &r->c->log_level);
	config_value_ms(r, top, "stop_timeout", 0, 3600 * 1000, &r->c->stop_ms);
	config_registry_read_all(r, top);
	config_partner_read_all(r, top);
	config_limits_read(r, top);
	yaml_reject_unseen(r->d, top);
}

struct config *config_load_anyway(const char *path, int64_t wall_now_ms, struct diag *d)
{
	struct config_snapshot *s = xcalloc(1, sizeof *s);
	atomic_init(&s->refs, 1);
	arena_init(&s->arena);
	map_init(&s->zones);
	map_init(&s->partners);
	map_init(&s->identities);
	struct config *c = &s->config;
	c->path = arena_str(&s->arena, str_c(path)).ptr;
	struct config_reading r = {.s = s, .c = c, .arena = &s->arena, .d = d, .now_ms = wall_now_ms};
	r.dir = config_file_folder_of(&s->arena, path);
	struct yaml_node *top = yaml_load(&s->arena, d, path);
	if (top)
		read_top(&r, top);
	return c;
}

struct config *config_load(const char *path, int64_t wall_now_ms, struct diag *d)
{
	size_t errors = d->errors;
	struct config *c = config_load_anyway(path, wall_now_ms, d);
	if (d->errors != errors)
		config_unref(&c);
	return c;
}

static struct config_snapshot *snapshot_of(struct config *c)
{
	return CONTAINER_OF(c, struct config_snapshot, config);
}

struct config *config_ref(struct config *c)
{
	atomic_fetch_add_explicit(&snapshot_of(c)->refs, 1, memory_order_relaxed);
	return c;
}

void config_unref(struct config **c)
{
	struct config_snapshot *s = *c ? snapshot_of(*c) : NULL;
	*c = NULL;
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	map_fini(&s->zones);
	map_fini(&s->partners);
	map_fini(&s->identities);
	arena_fini(&s->arena);
	free(s);
}
