/* Reads webhooks.yaml with the place of every error. */
#include "daemon/core/config_webhook.h"
#include "daemon/core/config_int.h"
#include "epp/base/alloc.h"
#include "epp/base/base64.h"
#include "epp/base/logapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define DEFAULT_FEED     "/run/vnepp-feed/feed.sock"
#define DEFAULT_DATABASE "/var/lib/vnepp-webhook/webhook.db"
#define SECOND           1000
#define HOUR             (3600 * SECOND)
#define DAY              (24LL * HOUR)
#define URL_MAX          2000
#define PREFIX           "whsec_"

/* What stands behind a struct config_webhook. */
struct snapshot {
	struct config_webhook config;
	struct arena arena;
};

bool config_webhook_is_secret(struct secret s, uint8_t *out, size_t *len)
{
	struct str text = str_c(secret_reveal(s));
	size_t head = strlen(PREFIX);
	if (!str_starts(text, STR(PREFIX)))
		return false;
	return base64_read(str_make(text.ptr + head, text.len - head), out, CONFIG_WEBHOOK_KEY_MAX, len) &&
	       *len >= CONFIG_WEBHOOK_KEY_MIN;
}

/* ---- secrets ------------------------------------------------------------------------------------------------------------------ */

static void secret_error(struct config_reading *r, const struct yaml_node *n, const char *path, size_t line,
                         const char *what)
{
	yaml_error(r->d, n, "'%s', line %zu: %s", path, line, what);
	diag_help(r->d, "echo \"whsec_$(openssl rand -base64 32)\" makes one; at most %d, one in each line",
	          CONFIG_WEBHOOK_SECRETS_MAX);
}

/* False: this line ends the reading. */
static bool take_secret(struct config_reading *r, const struct yaml_node *n, const char *path, size_t line,
                        const char *text, struct config_webhook_receiver *w)
{
	uint8_t key[CONFIG_WEBHOOK_KEY_MAX];
	size_t len;
	if (w->secret_count == CONFIG_WEBHOOK_SECRETS_MAX) {
		secret_error(r, n, path, line, "one secret too many");
		return false;
	}
	struct secret_box *box = &w->secrets[w->secret_count];
	if (!str_copy(box->hidden, sizeof box->hidden, str_c(text)) ||
	    !config_webhook_is_secret(secret_in(box), key, &len)) {
		secret_wipe(box);
		secret_error(r, n, path, line, "not a secret: whsec_ and base64 of 24 to 64 bytes");
		return false;
	}
	explicit_bzero(key, sizeof key);
	w->secret_count++;
	return true;
}

/* One in each line; empty lines are left out. The file is fit for secrets: config_file_get() has looked. */
static void read_secrets(struct config_reading *r, struct yaml_node *map, struct config_webhook_receiver *w)
{
	const char *path;
	char line[SECRET_MAX + 2];
	bool more = true;
	if (!config_file_get(r, map, "secrets", YAML_REQUIRED, CONFIG_FILE_KEY, &path))
		return;
	struct yaml_node *n = yaml_get(map, "secrets");
	FILE *f = fopen(path, "re");
	for (size_t number = 1; f && more && fgets(line, sizeof line, f); number++) {
		line[strcspn(line, "\r\n")] = '\0';
		more = line[0] == '\0' || take_secret(r, n, path, number, line, w);
	}
	explicit_bzero(line, sizeof line);
	if (!f)
		yaml_error(r->d, n, "'%s' cannot be read any more", path);
	else
		(void)fclose(f); /* was only read */
	if (f && more && w->secret_count == 0)
		secret_error(r, n, path, 1, "there is no secret");
}

/* ---- receivers ---------------------------------------------------------------------------------------------------------------- */

/* NULL: it will do. */
static const char *why_no_url(struct str s)
{
	struct str rest = s;
	size_t scheme = strlen("https://");
	if (!str_starts(s, STR("https://")))
		return "does not begin with https://";
	if (s.len > URL_MAX)
		return "is too long";
	rest = str_make(s.ptr + scheme, s.len - scheme);
	if (rest.len == 0 || memchr("/:?", rest.ptr[0], 3))
		return "names no host";
	if (memchr(s.ptr, '@', s.len) || memchr(s.ptr, '#', s.len) || memchr(s.ptr, '\\', s.len))
		return "holds an '@', '#' or '\\'";
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
			return "holds a space or something that is not ASCII (write it as %XX, a host as "
			       "xn--)";
	return NULL;
}

static void read_url(struct config_reading *r, struct yaml_node *map, struct config_webhook_receiver *w)
{
	if (!config_value_text(r, map, "url", YAML_REQUIRED, &w->url))
		return;
	const char *why = why_no_url(str_c(w->url));
	if (why)
		yaml_error(r->d, yaml_get(map, "url"), "'%s' %s", w->url, why);
}

static void read_partner(struct config_reading *r, struct config_webhook *c, struct yaml_node *map,
                         struct config_webhook_receiver *w)
{
	if (!config_value_name(r, map, "partner", YAML_REQUIRED, &w->partner))
		return;
	for (size_t i = 0; i < c->count; i++)
		if (c->receivers[i].partner && strcmp(c->receivers[i].partner, w->partner) == 0)
			yaml_error(r->d, yaml_get(map, "partner"), "there is an entry for '%s' already",
			           w->partner);
}

static void read_receiver(struct config_reading *r, struct config_webhook *c, struct yaml_node *map)
{
	static const char *const from_names[] = {"now", "beginning", NULL};
	struct config_webhook_receiver *w = &c->receivers[c->count];
	int from = 0;
	if (!yaml_as_kind(r->d, map, YAML_MAP))
		return;
	read_partner(r, c, map, w);
	read_url(r, map, w);
	read_secrets(r, map, w);
	(void)config_file_get(r, map, "ca", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &w->ca_file);
	(void)yaml_bool(r->d, map, "internal", YAML_OPTIONAL, &w->internal);
	(void)yaml_enum(r->d, map, "from", YAML_OPTIONAL, from_names, &from);
	w->beginning = from == 1;
	yaml_reject_unseen(r->d, map);
	c->count++;
}

static void read_receivers(struct config_reading *r, struct config_webhook *c, struct yaml_node *top)
{
	struct yaml_node *list = yaml_need(r->d, top, "receivers", YAML_SEQ);
	if (list && list->count > CONFIG_WEBHOOK_RECEIVERS_MAX) {
		yaml_error(r->d, list, "more than %d entries", CONFIG_WEBHOOK_RECEIVERS_MAX);
		return;
	}
	c->receivers = arena_calloc(r->arena, (list ? list->count : 0) + 1, sizeof *c->receivers);
	for (struct yaml_node *n = list ? list->child : NULL; n; n = n->next)
		read_receiver(r, c, n);
}

/* ---- the rest ----------------------------------------------------------------------------------------------------------------- */

static void read_retry(struct config_reading *r, struct config_webhook *c, struct yaml_node *top)
{
	struct yaml_node *map = yaml_opt(r->d, top, "retry", YAML_MAP);
	c->retry_first_ms = 5 * SECOND;
	c->retry_longest_ms = 12 * HOUR;
	c->give_up_ms = 5 * DAY;
	config_value_ms(r, map, "first", 10, DAY, &c->retry_first_ms);
	config_value_ms(r, map, "longest", 10, 7 * DAY, &c->retry_longest_ms);
	config_value_ms(r, map, "give_up", 10, 60 * DAY, &c->give_up_ms);
	if (c->retry_longest_ms < c->retry_first_ms)
		yaml_error(r->d, map, "'longest' is shorter than 'first'");
	yaml_reject_unseen(r->d, map);
}

static void read_feed(struct config_reading *r, struct config_webhook *c, struct yaml_node *top)
{
	size_t max = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	c->feed = DEFAULT_FEED;
	if (config_file_path(r, top, "feed", YAML_OPTIONAL, &c->feed) && strlen(c->feed) > max)
		yaml_error(r->d, yaml_get(top, "feed"), "the path is longer than a Unix socket's, %zu bytes",
		           max);
}

static void read_top(struct config_reading *r, struct config_webhook *c, struct yaml_node *top)
{
	c->database = DEFAULT_DATABASE;
	c->timeout_ms = 15 * SECOND;
	c->parallel = 8;
	read_feed(r, c, top);
	if (config_file_path(r, top, "database", YAML_OPTIONAL, &c->database))
		config_file_warn_parent(r, top, "database", c->database);
	config_value_ms(r, top, "timeout", 10, 60 * SECOND, &c->timeout_ms);
	config_value_u32(r, top, "parallel", 1, CONFIG_WEBHOOK_PARALLEL_MAX, &c->parallel);
	config_value_log(r, top, &c->log_format, &c->log_level);
	read_retry(r, c, top);
	read_receivers(r, c, top);
	yaml_reject_unseen(r->d, top);
}

struct config_webhook *config_webhook_load(const char *path, struct diag *d)
{
	size_t errors = d->errors;
	struct snapshot *s = xcalloc(1, sizeof *s);
	arena_init(&s->arena);
	struct config_reading r = {.arena = &s->arena, .d = d, .dir = config_file_folder_of(&s->arena, path)};
	struct yaml_node *top = yaml_load(&s->arena, d, path);
	if (top)
		read_top(&r, &s->config, top);
	if (d->errors == errors)
		return &s->config;
	config_webhook_free(&s->config);
	return NULL;
}

void config_webhook_free(struct config_webhook *c)
{
	if (!c)
		return;
	struct snapshot *s = CONTAINER_OF(c, struct snapshot, config);
	for (size_t i = 0; i < c->count; i++)
		explicit_bzero(c->receivers[i].secrets, sizeof c->receivers[i].secrets);
	arena_fini(&s->arena);
	free(s);
}
