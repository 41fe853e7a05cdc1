/* The list `registries`: where each registry is, how it is spoken to, and the accounts that we have there. */
#include "daemon/core/config_int.h"
#include "epp/base/hash.h"
#include "epp/ns.h"

#define SECOND          1000
#define MINUTE          (60 * SECOND)
#define HOUR            (60 * MINUTE)
#define DAY             (24LL * HOUR)
#define AUTH_LENGTH_MIN 8 /* what registries with a short limit take */
#define AUTH_LENGTH_MAX 64

static const char *const script_names[] = {"any", "ascii", "idn", NULL};
static const char *const hosts_names[] = {"attributes", "objects", NULL};
static const char *const contacts_names[] = {"given", "create", NULL};
static const char *const fee_names[] = {"off", "warn", "enforce", NULL};
static const char *const low_balance_names[] = {"stop", "warn", NULL};

/* What we can use when the configuration does not say; the greeting decides what is used. */
static const char *const default_objects[] = {EPP_URI_DOMAIN, EPP_URI_CONTACT, EPP_URI_HOST};
static const char *const default_extensions[] = {
    "urn:ietf:params:xml:ns:secDNS-1.1",     "urn:ietf:params:xml:ns:rgp-1.0",
    "urn:ietf:params:xml:ns:epp:fee-1.0",    "urn:ietf:params:xml:ns:epp:loginSec-1.0",
    "urn:ietf:params:xml:ns:changePoll-1.0", "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0",
};

const char *const *config_registry_names(struct config_reading *r)
{
	const char **names = arena_calloc(r->arena, r->c->registry_count + 1, sizeof *names);
	for (size_t i = 0; i < r->c->registry_count; i++)
		names[i] = r->c->registries[i].name;
	return names;
}

struct config_registry *config_registry_named(struct config_reading *r, struct str name)
{
	for (size_t i = 0; i < r->c->registry_count; i++)
		if (name.len > 0 && str_eq_c(name, r->c->registries[i].name))
			return &r->c->registries[i];
	return NULL;
}

const struct config_account *config_registry_account(const struct config_registry *g, struct str name)
{
	for (size_t i = 0; i < g->account_count; i++)
		if (name.len > 0 && str_eq_c(name, g->accounts[i].name))
			return &g->accounts[i];
	return NULL;
}

static const char **copy_list(struct config_reading *r, const char *const *from, size_t count)
{
	const char **list = arena_calloc(r->arena, count, sizeof *list);
	memcpy(list, from, count * sizeof *list);
	return list;
}

/* ---- accounts ---- */

static void read_credentials(struct config_reading *r, struct yaml_node *n, struct config_account *a)
{
	bool has_certificate = yaml_get(n, "certificate"), has_key = yaml_get(n, "key");
	(void)config_value_text(r, n, "login", YAML_REQUIRED, &a->login);
	(void)config_file_get(r, n, "password_file", YAML_REQUIRED, CONFIG_FILE_PASSWORD, &a->password_file);
	(void)config_file_get(r, n, "new_password_file", YAML_OPTIONAL, CONFIG_FILE_PASSWORD,
	                      &a->new_password_file);
	(void)config_file_get(r, n, "certificate", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &a->certificate);
	(void)config_file_get(r, n, "key", YAML_OPTIONAL, CONFIG_FILE_KEY, &a->key);
	a->password_at = config_file_place(n, "password_file");
	a->new_password_at = config_file_place(n, "new_password_file");
	a->certificate_at = config_file_place(n, "certificate");
	a->key_at = config_file_place(n, "key");
	if (has_certificate != has_key) {
		yaml_error(r->d, n, "'%s' is missing", has_key ? "certificate" : "key");
		diag_help(r->d, "a client certificate needs both 'certificate' and 'key'");
	}
	/* RFC 5730, section 2.9.1.1: clIDType */
	if (a->login && (strlen(a->login) < 3 || strlen(a->login) > 16))
		yaml_error(r->d, yaml_get(n, "login"), "'%s' is not 3 to 16 characters long", a->login);
}

/* Whatever is written under a node, but for one of its entries: when it is the same, nothing has changed. */
static void digest_node(struct sha256_stream *h, const struct yaml_node *n, const char *but)
{
	const char kind = (char)('0' + n->kind);
	sha256_stream_add(h, str_make(&kind, 1));
	sha256_stream_add(h, n->text);
	for (const struct yaml_node *c = n->child; c; c = c->next) {
		if (but && str_eq_c(c->key, but))
			continue;
		sha256_stream_add(h, c->key);
		sha256_stream_add(h, STR("\n"));
		digest_node(h, c, NULL);
	}
	sha256_stream_add(h, STR("\n"));
}

static void digest_account(struct config_account *a, const struct yaml_node *registry,
                           const struct yaml_node *mapping, const struct yaml_node *n)
{
	struct sha256 out;
	struct sha256_stream *h = sha256_stream_new();
	digest_node(h, registry, "accounts");
	digest_node(h, n, NULL);
	if (mapping)
		digest_node(h, mapping, NULL);
	sha256_stream_finish(h, &out);
	memcpy(a->digest, out.bytes, sizeof a->digest);
}

static void read_account(struct config_reading *r, struct yaml_node *n, struct config_registry *g)
{
	struct config_account *a = &g->accounts[g->account_count];
	*a = (struct config_account){.name = "", .sessions = 4, .window = 8};
	if (config_value_name(r, n, "name", YAML_REQUIRED, &a->name) &&
	    config_registry_account(g, str_c(a->name)))
		yaml_error(r->d, yaml_get(n, "name"), "there is an account '%s' already", a->name);
	read_credentials(r, n, a);
	config_value_u32(r, n, "sessions", 1, CONFIG_SESSIONS_MAX, &a->sessions);
	config_value_u32(r, n, "window", 1, CONFIG_WINDOW_MAX, &a->window);
	yaml_reject_unseen(r->d, n);
	g->account_count++;
}

static void read_accounts(struct config_reading *r, struct yaml_node *map, const struct yaml_node *mapping,
                          struct config_registry *g)
{
	struct yaml_node *seq = config_value_seq(r, map, "accounts");
	if (!seq)
		return;
	g->accounts = arena_calloc(r->arena, seq->count, sizeof *g->accounts);
	for (struct yaml_node *n = seq->child; n; n = n->next)
		if (yaml_as_kind(r->d, n, YAML_MAP)) {
			read_account(r, n, g);
			digest_account(&g->accounts[g->account_count - 1], map, mapping, n);
		}
}

/* ---- where and how ---- */

static void read_endpoints(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	struct yaml_node *seq = config_value_seq(r, map, "endpoints");
	if (!seq)
		return;
	g->endpoints = arena_calloc(r->arena, seq->count, sizeof *g->endpoints);
	for (struct yaml_node *n = seq->child; n; n = n->next)
		if (config_address_endpoint(r, n, &g->endpoints[g->endpoint_count]))
			g->endpoint_count++;
}

/* The zones go into the index, so the script must be known before; after a wrong one nobody complains of conflicts. */
static void read_zones(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	int script = CONFIG_SCRIPT_ANY;
	bool known =
	    yaml_enum(r->d, map, "script", YAML_OPTIONAL, script_names, &script) || !yaml_get(map, "script");
	g->script = (enum config_script)script;
	if (!config_value_list(r, map, "zones", YAML_REQUIRED, config_value_is_zone, &g->zones,
	                       &g->zone_count))
		return;
	size_t i = 0;
	for (struct yaml_node *n = yaml_get(map, "zones")->child; n && i < g->zone_count; n = n->next)
		if (n->kind == YAML_SCALAR && str_eq_nocase(n->text, str_c(g->zones[i])))
			(void)config_index_add_zone(r, known ? n : NULL, str_c(g->zones[i++]),
			                            g); /* reported */
}

static void read_dates(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	struct str s;
	instant_ms_t t;
	if (!yaml_str(r->d, map, "dates", YAML_OPTIONAL, &s))
		return;
	if (s.len == 0 || s.len > 6 || !memchr("Z+-", s.ptr[0], 3) ||
	    !instant_parse(arena_printf(r->arena, "1970-01-01T00:00:00%s", s.ptr), 0, &t)) {
		yaml_error(r->d, yaml_get(map, "dates"), "'%.*s' is not a time zone", STR_ARG(s));
		diag_help(r->d, "hours and minutes east of UTC, in quotes: \"+07:00\"; or Z");
		return;
	}
	g->date_offset_s = (int)(-t / 1000); /* local midnight, seen from UTC */
}

static void read_tls(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	struct yaml_node *tls = yaml_opt(r->d, map, "tls", YAML_MAP);
	(void)config_file_get(r, tls, "ca", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &g->ca_file);
	(void)config_file_get(r, tls, "crl", YAML_OPTIONAL, CONFIG_FILE_PUBLIC, &g->crl_file);
	g->ca_at = config_file_place(tls, "ca");
	g->crl_at = config_file_place(tls, "crl");
	(void)config_value_text(r, tls, "server_name", YAML_OPTIONAL, &g->server_name);
	yaml_reject_unseen(r->d, tls);
}

/* What is required must be something that we would log in with. */
static void check_required(struct config_reading *r, struct yaml_node *map, const struct config_registry *g)
{
	for (size_t i = 0; i < g->required_count; i++) {
		if (config_list_has(g->objects, g->object_count, g->required[i]) ||
		    config_list_has(g->extensions, g->extension_count, g->required[i]))
			continue;
		yaml_error(r->d, yaml_get(map, "require"), "'%s' is neither in 'objects' nor in 'extensions'",
		           g->required[i]);
	}
}

/* What our own settings make us send must be offered, too: better no log-in than items that all fail. */
static void require_object(struct config_reading *r, struct yaml_node *map, struct config_registry *g,
                           const char *setting, const char *uri)
{
	if (g->object_count == 0)
		return; /* nothing in it could be read */
	if (!config_list_has(g->objects, g->object_count, uri)) {
		yaml_error(r->d, yaml_get(map, "objects"), "'%s' needs '%s' here", setting, uri);
		return;
	}
	config_list_add(r, &g->required, &g->required_count, uri);
}

static void read_dialect(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	int choice = 1;
	(void)config_value_text(r, map, "language", YAML_OPTIONAL, &g->language);
	if (!config_value_list(r, map, "objects", YAML_OPTIONAL, config_value_is_uri, &g->objects,
	                       &g->object_count)) {
		g->objects = copy_list(r, default_objects, ARRAY_LEN(default_objects));
		g->object_count = ARRAY_LEN(default_objects);
	}
	if (!config_value_list(r, map, "extensions", YAML_OPTIONAL, config_value_is_uri, &g->extensions,
	                       &g->extension_count)) {
		g->extensions = copy_list(r, default_extensions, ARRAY_LEN(default_extensions));
		g->extension_count = ARRAY_LEN(default_extensions);
	}
	(void)config_value_list(r, map, "require", YAML_OPTIONAL, config_value_is_uri, &g->required,
	                        &g->required_count);
	check_required(r, map, g);
	if (yaml_enum(r->d, map, "hosts", YAML_OPTIONAL, hosts_names, &choice))
		g->hosts = choice == 0 ? CONFIG_HOSTS_ATTRIBUTES : CONFIG_HOSTS_OBJECTS;
	if (yaml_enum(r->d, map, "contacts", YAML_OPTIONAL, contacts_names, &choice))
		g->create_contacts = choice == 1;
	if (g->create_contacts)
		require_object(r, map, g, "contacts: create", EPP_URI_CONTACT);
	if (g->hosts == CONFIG_HOSTS_OBJECTS)
		require_object(r, map, g, "hosts: objects", EPP_URI_HOST);
	(void)yaml_bool(r->d, map, "check_first", YAML_OPTIONAL, &g->check_first);
	config_value_u32(r, map, "check_names", 1, 1000, &g->check_names);
	config_value_u32(r, map, "auth_info_length", 0, AUTH_LENGTH_MAX, &g->auth_length);
	if (g->auth_length > 0 && g->auth_length < AUTH_LENGTH_MIN)
		yaml_error(r->d, yaml_get(map, "auth_info_length"), "shorter than %d: it could be guessed",
		           AUTH_LENGTH_MIN);
}

/* Low-balance messages that are known from elsewhere; a registry of its own words needs them in its configuration. */
static const char *const default_marks[] = {"lowbalance-poll", "lowCreditData"};

static void read_money(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	int choice;
	if (yaml_enum(r->d, map, "fee_match", YAML_OPTIONAL, fee_names, &choice))
		g->fee_match = (enum config_fee)choice;
	if (yaml_enum(r->d, map, "low_balance", YAML_OPTIONAL, low_balance_names, &choice))
		g->low_balance = choice == 0 ? CONFIG_LOW_BALANCE_STOP : CONFIG_LOW_BALANCE_WARN;
	if (!config_value_list(r, map, "low_balance_marks", YAML_OPTIONAL, config_value_is_mark,
	                       &g->low_balance_marks, &g->low_balance_mark_count)) {
		g->low_balance_marks = copy_list(r, default_marks, ARRAY_LEN(default_marks));
		g->low_balance_mark_count = ARRAY_LEN(default_marks);
	}
}

/* ---- times ---- */

static void read_timeouts(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	struct yaml_node *t = yaml_opt(r->d, map, "timeouts", YAML_MAP);
	config_value_ms(r, t, "connect", 10, 10 * MINUTE, &g->connect_ms);
	config_value_ms(r, t, "tls", 10, 10 * MINUTE, &g->tls_ms);
	config_value_ms(r, t, "greeting", 10, 10 * MINUTE, &g->greeting_ms);
	config_value_ms(r, t, "login", 10, 10 * MINUTE, &g->login_ms);
	config_value_ms(r, t, "answer", 10, 10 * MINUTE, &g->answer_ms);
	config_value_ms(r, t, "logout", 10, 10 * MINUTE, &g->logout_ms);
	yaml_reject_unseen(r->d, t);
}

static void read_times(struct config_reading *r, struct yaml_node *map, struct config_registry *g)
{
	struct yaml_node *b = yaml_opt(r->d, map, "backoff", YAML_MAP);
	read_timeouts(r, map, g);
	config_value_ms(r, map, "keepalive", 100, HOUR, &g->keepalive_ms);
	config_value_ms(r, map, "max_age", SECOND, 30 * DAY, &g->max_age_ms);
	config_value_ms(r, b, "min", 1, HOUR, &g->backoff_min_ms);
	config_value_ms(r, b, "max", 1, DAY, &g->backoff_max_ms);
	yaml_reject_unseen(r->d, b);
	config_value_ms(r, map, "settle", 0, DAY, &g->settle_ms);
	config_value_ms(r, map, "poll", 10, DAY, &g->poll_ms);
	g->slow_ms = g->answer_ms / 3;
	config_value_ms(r, map, "slow", 10, 10 * MINUTE, &g->slow_ms);
	config_value_ms(r, map, "clock_skew", 0, DAY, &g->skew_warn_ms);
	if (b && g->backoff_min_ms > g->backoff_max_ms)
		diag_error(r->d, b->key_pos, "backoff: 'min' is longer than 'max'");
	struct yaml_node *age = yaml_get(map, "max_age");
	if (g->keepalive_ms >= g->max_age_ms && (age || yaml_get(map, "keepalive")))
		yaml_error(r->d, age ? age : yaml_get(map, "keepalive"),
		           "'keepalive' must be shorter than 'max_age'");
}

/*
 * Idle limits of 5 minutes, ages of 24 hours and log-in within about 10 s are what registries are known to ask. An answer
 * may take as long as a registry under load needs, since giving up makes the outcome unknown; a log-out is worth little.
 */
static void set_defaults(struct config_registry *g)
{
	*g = (struct config_registry){
	    .name = "",
	    .language = "en",
	    .hosts = CONFIG_HOSTS_ATTRIBUTES,
	    .check_names = 10,
	    .create_contacts = true,
	    .connect_ms = 10 * SECOND,
	    .tls_ms = 5 * SECOND,
	    .greeting_ms = 10 * SECOND,
	    .login_ms = 10 * SECOND,
	    .answer_ms = 60 * SECOND,
	    .logout_ms = 5 * SECOND,
	    .keepalive_ms = 4 * MINUTE,
	    .max_age_ms = 20 * HOUR,
	    .backoff_min_ms = 1 * SECOND,
	    .backoff_max_ms = 5 * MINUTE,
	    .settle_ms = 30 * SECOND,
	    .poll_ms = 1 * MINUTE,
	    .skew_warn_ms = 1 * MINUTE,
	    .fee_match = CONFIG_FEE_WARN,
	    .auth_length = 32,
	};
}

static void read_registry(struct config_reading *r, struct yaml_node *n, struct config_registry *g)
{
	const struct yaml_node *mapping;
	const char *name;
	if (config_value_name(r, n, "name", YAML_REQUIRED, &name)) {
		if (config_registry_named(r, str_c(name)))
			yaml_error(r->d, yaml_get(n, "name"), "there is a registry '%s' already", name);
		g->name = name;
	}
	read_endpoints(r, n, g);
	read_zones(r, n, g);
	read_dates(r, n, g);
	read_tls(r, n, g);
	(void)config_address_ip(r, n, "source_address", &g->source_address);
	read_dialect(r, n, g);
	read_money(r, n, g);
	config_mapping_read(r, n, g, &mapping);
	read_times(r, n, g);
	read_accounts(r, n, mapping, g);
	yaml_reject_unseen(r->d, n);
}

void config_registry_read_all(struct config_reading *r, struct yaml_node *top)
{
	struct yaml_node *seq = config_value_seq(r, top, "registries");
	if (!seq)
		return;
	r->c->registries = arena_calloc(r->arena, seq->count, sizeof *r->c->registries);
	for (struct yaml_node *n = seq->child; n; n = n->next) {
		struct config_registry *g = &r->c->registries[r->c->registry_count];
		if (!yaml_as_kind(r->d, n, YAML_MAP))
			continue;
		set_defaults(g);
		read_registry(r, n, g);
		r->c->registry_count++;
	}
}
