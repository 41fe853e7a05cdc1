/* What the readers of the configuration share. Private to daemon/core/config*.c. */
#ifndef VNEPP_CORE_CONFIG_INT_H
#define VNEPP_CORE_CONFIG_INT_H

#include "daemon/core/config.h"
#include "epp/base/arena.h"
#include "epp/base/map.h"
#include "epp/base/yaml.h"

#include <stdatomic.h>

#define CONFIG_NAME_MAX  64  /* names of partners, accounts and so on: they go into log lines and metrics */
#define CONFIG_VALUE_MAX 255 /* of a certificate's names: a DNS name is not longer */

/* What stands behind a struct config. */
struct config_snapshot {
	struct config config;
	atomic_uint refs;
	struct arena arena;    /* owned; texts, arrays and YAML nodes */
	struct map zones;      /* zone -> struct config_zone in the arena */
	struct map partners;   /* name -> struct config_partner */
	struct map identities; /* kind and value -> struct config_partner */
};

/* One loading. */
struct config_mapping;

/* Registries allow 4 to 100 connections per registrar. */
#define CONFIG_SESSIONS_MAX 100
/* More answers than this are never under way at once: 1,024 in 20 ms are 50,000 a second. */
#define CONFIG_WINDOW_MAX 1024
#define CONFIG_WEIGHT_MAX 1000

struct config_reading {
	struct config_mapping *mappings; /* files that were read; each once */
	struct config_snapshot *s;
	struct config *c; /* s->config */
	struct arena *arena;
	struct diag *d;
	const char *dir; /* of the main file, with its '/' at the end; "" for the working directory */
	int64_t now_ms;
};

/*
 * config_value.c: values. As the readers of yaml.h: an absent optional entry leaves *out alone and is no error; true
 * when *out was set. Texts are NUL-terminated and live in the arena.
 */
/* Not empty, no control characters. */
bool config_value_text(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       const char **out);
/* Letters, digits, '.', '_' and '-', at most CONFIG_NAME_MAX. */
bool config_value_name(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       const char **out);
void config_value_u32(struct config_reading *r, struct yaml_node *map, const char *key, uint32_t min,
                      uint32_t max, uint32_t *out);
/* A number, or {max: 20, shadow: true, reason: …}. True when it was given. */
bool config_value_limit(struct config_reading *r, struct yaml_node *map, const char *key, uint32_t max,
                        struct limit *out);
void config_value_ms(struct config_reading *r, struct yaml_node *map, const char *key, int64_t min_ms,
                     int64_t max_ms, uint64_t *out_ms);
/* "512", "64KB", "100MB", "2GB"; a KB is 1024 bytes. */
void config_value_bytes(struct config_reading *r, struct yaml_node *map, const char *key, uint64_t min,
                        uint64_t max, uint64_t *out);
/* A list that must be there, and not be empty; NULL, told: it is not there. An empty one is told, and given. */
struct yaml_node *config_value_seq(struct config_reading *r, struct yaml_node *map, const char *key);
/* A list of texts without repetition; `check` reports and returns false, or gives the text to keep. */
typedef bool (*config_value_check)(struct config_reading *r, struct yaml_node *n, const char **out);
bool config_value_list(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                       config_value_check check, const char ***out, size_t *count);
bool config_list_has(const char *const *list, size_t count, const char *text);
/* Adds it to the end of a copy, unless it is there. `text` is borrowed. */
void config_list_add(struct config_reading *r, const char ***list, size_t *count, const char *text);
bool config_value_is_zone(struct config_reading *r, struct yaml_node *n, const char **out);
/* A word of at least three characters. */
bool config_value_is_mark(struct config_reading *r, struct yaml_node *n, const char **out);
bool config_value_is_uri(struct config_reading *r, struct yaml_node *n, const char **out);
/* The section `log`. */
void config_value_log(struct config_reading *r, struct yaml_node *top, enum config_log_format *format,
                      int *level);
/* Lower-case copy. */
const char *config_value_lower(struct arena *a, struct str s);

/*
 * config_mapping.c: the entry `mapping` of a registry, after its lists of URIs were read: compiles it, and adds its
 * namespaces to what is announced and required. `*written`: the YAML that it was read from, or NULL.
 */
void config_mapping_read(struct config_reading *r, struct yaml_node *map, struct config_registry *g,
                         const struct yaml_node **written);

/* config_address.c: hosts and ports. */
/* A numeric address with a port, "127.0.0.1:8443" or "[::1]:0". */
bool config_address_listen(struct config_reading *r, struct yaml_node *map, const char *key,
                           enum yaml_presence p, const char **out);
/* The same of this machine alone (127.0.0.0/8, ::1); or the path of a Unix socket: with a '/', relative ones counted from
 * the main file. A check for config_value_list(). */
bool config_address_is_local(struct config_reading *r, struct yaml_node *n, const char **out);
/* A numeric address without a port. */
bool config_address_ip(struct config_reading *r, struct yaml_node *map, const char *key, const char **out);
/* "epp.example.vn:700", "[2001:db8::1]:700"; port 700 unless given. */
bool config_address_endpoint(struct config_reading *r, struct yaml_node *n, struct config_endpoint *out);

/* config_file.c: paths, relative ones counted from the main file; "credential:NAME" is a file in $CREDENTIALS_DIRECTORY. They
 * are looked at, never changed. */
enum config_file_kind {
	CONFIG_FILE_PUBLIC,   /* anybody may read it */
	CONFIG_FILE_KEY,      /* not readable by others */
	CONFIG_FILE_PASSWORD, /* the same, and its first line is not empty */
};
bool config_file_path(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                      const char **out);
/* A file that exists and can be read. */
bool config_file_get(struct config_reading *r, struct yaml_node *map, const char *key, enum yaml_presence p,
                     enum config_file_kind kind, const char **out);
/* Where it stands, whatever is wrong with it. `map` may be NULL. */
struct config_place config_file_place(struct yaml_node *map, const char *key);
/* A folder that exists. */
bool config_file_folder(struct config_reading *r, struct yaml_node *map, const char *key, const char **out);
/* The folder of `path` with its '/', or "". */
const char *config_file_folder_of(struct arena *a, const char *path);
/* Warns when the folder in which `path` is to be made does not exist, or is not ours to write in. */
void config_file_warn_parent(struct config_reading *r, struct yaml_node *map, const char *key,
                             const char *path);

/* config_roles.c: `roles` of the section `admin`. */
void config_roles_read(struct config_reading *r, struct yaml_node *admin);

/* config_registry.c, config_partner.c, config_limits.c: parts of the configuration, in this order. */
void config_registry_read_all(struct config_reading *r, struct yaml_node *top);
void config_partner_read_all(struct config_reading *r, struct yaml_node *top);
void config_limits_read(struct config_reading *r, struct yaml_node *top);
const struct config_account *config_registry_account(const struct config_registry *g, struct str name);
/* NULL-terminated names, for yaml_suggest(). */
const char *const *config_registry_names(struct config_reading *r);
/* The one of that name, or NULL; never one without a name. */
struct config_registry *config_registry_named(struct config_reading *r, struct str name);

/* config_index.c: look-ups. Each reports at `n` (when it is not NULL) and returns false when the place is taken. */
bool config_index_add_zone(struct config_reading *r, struct yaml_node *n, struct str zone,
                           const struct config_registry *g);
bool config_index_add_partner(struct config_reading *r, struct yaml_node *n, struct config_partner *p);
bool config_index_add_identity(struct config_reading *r, struct yaml_node *n, enum config_id_kind kind,
                               struct str value, struct config_partner *p);
/* Some registry serves exactly this zone; `g` (may be NULL): this one does. */
bool config_index_serves(const struct config_reading *r, struct str zone, const struct config_registry *g);

#endif
