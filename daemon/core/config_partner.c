/* The partners file: who may submit, how they are recognised, and what they may do. */
#include "daemon/core/config_int.h"

#define HEX_DIGITS 64 /* of a SHA-256 */

/* In the order of enum config_id_kind. */
static const char *const kind_keys[] = {"san_dns", "san_uri", "pin", "fingerprint"};
static const char *const operation_names[] = {"create", "renew", NULL};

/* ---- certificates ---- */

/* 64 hex digits in any case, colons between the bytes allowed (as `openssl x509 -fingerprint` prints them). */
static bool parse_digest(struct config_reading *r, struct str s, struct str *out)
{
	char *hex = arena_alloc(r->arena, HEX_DIGITS + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == ':' && n % 2 == 0 && n > 0)
			continue;
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (n == HEX_DIGITS || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		hex[n++] = c;
	}
	hex[n] = '\0';
	*out = str_make(hex, n);
	return n == HEX_DIGITS;
}

static bool parse_identity(struct config_reading *r, struct yaml_node *n, enum config_id_kind kind,
                           const char *text, struct str *out)
{
	switch (kind) {
	case CONFIG_ID_SAN_DNS: *out = str_c(config_value_lower(r->arena, str_c(text))); return true;
	case CONFIG_ID_SAN_URI: *out = str_c(text); return true;
	case CONFIG_ID_PIN:
	case CONFIG_ID_FINGERPRINT: break;
	}
	if (parse_digest(r, str_c(text), out))
		return true;
	yaml_error(r->d, n, "not a SHA-256 in hexadecimal (%d digits)", HEX_DIGITS);
	if (kind == CONFIG_ID_PIN)
		diag_help(r->d,
		          "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | "
		          "sha256sum");
	else
		diag_help(r->d, "openssl x509 -in cert.pem -noout -fingerprint -sha256");
	return false;
}

static void read_certificate(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	struct config_identity *id = &p->identities[p->identity_count];
	for (size_t kind = 0; kind < ARRAY_LEN(kind_keys); kind++) {
		const char *text;
		struct str value;
		if (!config_value_text(r, n, kind_keys[kind], YAML_OPTIONAL, &text))
			continue;
		struct yaml_node *at = yaml_get(n, kind_keys[kind]);
		if (!parse_identity(r, at, (enum config_id_kind)kind, text, &value) ||
		    !config_index_add_identity(r, at, (enum config_id_kind)kind, value, p))
			continue;
		*id = (struct config_identity){(enum config_id_kind)kind, value.ptr};
	}
	yaml_reject_unseen(r->d, n);
	if (n->count != 1) {
		yaml_error(r->d, n, "needs exactly one of san_dns, san_uri, pin, fingerprint");
		diag_help(r->d,
		          "any entry of the list is enough to recognise the partner: one key per entry");
	}
	if (id->value)
		p->identity_count++;
}

static void read_certificates(struct config_reading *r, struct yaml_node *map, struct config_partner *p)
{
	struct yaml_node *seq = config_value_seq(r, map, "certificates");
	if (!seq)
		return;
	p->identities = arena_calloc(r->arena, seq->count, sizeof *p->identities);
	for (struct yaml_node *n = seq->child; n; n = n->next)
		if (yaml_as_kind(r->d, n, YAML_MAP))
			read_certificate(r, n, p);
}

/* ---- accounts ---- */

static void unknown_account(struct config_reading *r, struct yaml_node *n, const struct config_registry *g)
{
	const char **names = arena_calloc(r->arena, g->account_count + 1, sizeof *names);
	for (size_t i = 0; i < g->account_count; i++)
		names[i] = g->accounts[i].name;
	yaml_error(r->d, n, "registry '%s' has no account '%.*s'", g->name, STR_ARG(n->text));
	yaml_suggest(r->d, n->text, names);
}

/* `account: common`: that account at every registry that has one of the name. */
static void read_common_account(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	size_t known = 0;
	for (size_t i = 0; i < r->c->registry_count; i++) {
		const struct config_account *a = config_registry_account(&r->c->registries[i], n->text);
		if (a) {
			p->accounts[i] = a->name;
			known++;
		}
	}
	if (known == 0 && r->c->registry_count == 1) {
		unknown_account(r, n, &r->c->registries[0]);
	} else if (known == 0 && r->c->registry_count > 0) {
		yaml_error(r->d, n, "no registry has an account '%.*s'", STR_ARG(n->text));
	}
}

/* `accounts: {registry: account}`: a registry that is not listed may not be used. */
static void read_account_of(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	struct config_registry *g = config_registry_named(r, n->key);
	n->seen = true;
	if (!g) {
		diag_error(r->d, n->key_pos, "there is no registry '%.*s'", STR_ARG(n->key));
		yaml_suggest(r->d, n->key, config_registry_names(r));
		return;
	}
	if (!yaml_as_kind(r->d, n, YAML_SCALAR))
		return;
	const struct config_account *a = config_registry_account(g, n->text);
	if (a)
		p->accounts[g - r->c->registries] = a->name;
	else
		unknown_account(r, n, g);
}

static void read_accounts(struct config_reading *r, struct yaml_node *map, struct config_partner *p)
{
	struct yaml_node *one = yaml_opt(r->d, map, "account", YAML_SCALAR);
	struct yaml_node *several = yaml_opt(r->d, map, "accounts", YAML_MAP);
	p->accounts = arena_calloc(r->arena, r->c->registry_count + 1, sizeof *p->accounts);
	if (!yaml_get(map, "account") == !yaml_get(map, "accounts")) {
		yaml_error(r->d, map, "needs either 'account' or 'accounts'");
		diag_help(r->d, "'account: NAME' for all registries, or 'accounts: {REGISTRY: NAME}'");
	} else if (one) {
		read_common_account(r, one, p);
	} else if (several) {
		if (several->count == 0)
			diag_error(r->d, several->key_pos, "accounts: the partner can use no registry");
		for (struct yaml_node *n = several->child; n; n = n->next)
			read_account_of(r, n, p);
	}
}

/* ---- what they may do ---- */

static bool is_usable(const struct config_reading *r, const struct config_partner *p, struct str zone)
{
	for (size_t i = 0; i < r->c->registry_count; i++)
		if (p->accounts[i] && config_index_serves(r, zone, &r->c->registries[i]))
			return true;
	return false;
}

static const char *const *all_zones(struct config_reading *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->c->registry_count; i++)
		count += r->c->registries[i].zone_count;
	const char **names = arena_calloc(r->arena, count + 1, sizeof *names);
	count = 0;
	for (size_t i = 0; i < r->c->registry_count; i++)
		for (size_t j = 0; j < r->c->registries[i].zone_count; j++)
			names[count++] = r->c->registries[i].zones[j];
	return names;
}

static void read_zones(struct config_reading *r, struct yaml_node *map, struct config_partner *p,
                       bool accounts_known)
{
	if (!config_value_list(r, map, "zones", YAML_OPTIONAL, config_value_is_zone, &p->zones,
	                       &p->zone_count) ||
	    r->c->registry_count == 0)
		return;
	for (struct yaml_node *n = yaml_get(map, "zones")->child; n; n = n->next) {
		if (n->kind != YAML_SCALAR)
			continue;
		struct str zone = str_c(config_value_lower(r->arena, n->text));
		if (!config_index_serves(r, zone, NULL)) {
			yaml_error(r->d, n, "no registry serves '%.*s'", STR_ARG(zone));
			yaml_suggest(r->d, zone, all_zones(r));
		} else if (accounts_known && !is_usable(r, p, zone)) {
			yaml_error(r->d, n, "'%s' has no account at the registry that serves '%.*s'", p->name,
			           STR_ARG(zone));
		}
	}
}

static bool is_operation(struct config_reading *r, struct yaml_node *n, const char **out)
{
	int choice;
	if (!yaml_as_enum(r->d, n, operation_names, &choice))
		return false;
	*out = operation_names[choice];
	return true;
}

static void read_operations(struct config_reading *r, struct yaml_node *map, struct config_partner *p)
{
	const char **list;
	size_t count;
	p->may_create = p->may_renew = true;
	if (!config_value_list(r, map, "operations", YAML_OPTIONAL, is_operation, &list, &count))
		return;
	p->may_create = p->may_renew = false;
	for (size_t i = 0; i < count; i++)
		*(list[i] == operation_names[0] ? &p->may_create : &p->may_renew) = true;
}

static void read_partner(struct config_reading *r, struct yaml_node *n, struct config_partner *p)
{
	*p = (struct config_partner){.name = "", .weight = 1};
	if (config_value_name(r, n, "name", YAML_REQUIRED, &p->name)) {
		struct yaml_node *at = yaml_get(n, "name");
		if (str_eq_c(at->text, "default")) /* the limits file uses it */
			yaml_error(r->d, at, "'default' cannot be a partner's name");
		(void)config_index_add_partner(r, at, p); /* reported */
	}
	read_certificates(r, n, p);
	size_t errors = r->d->errors;
	read_accounts(r, n, p);
	read_zones(r, n, p, r->d->errors == errors);
	read_operations(r, n, p);
	config_value_u32(r, n, "weight", 1, CONFIG_WEIGHT_MAX, &p->weight);
	yaml_reject_unseen(r->d, n);
}

static void read_file(struct config_reading *r, const char *path)
{
	struct yaml_node *top = yaml_load(r->arena, r->d, path);
	struct yaml_node *seq = yaml_need(r->d, top, "partners", YAML_SEQ);
	if (seq) {
		r->c->partners = arena_calloc(r->arena, seq->count, sizeof *r->c->partners);
		for (struct yaml_node *n = seq->child; n; n = n->next)
			if (yaml_as_kind(r->d, n, YAML_MAP))
				read_partner(r, n, &r->c->partners[r->c->partner_count++]);
		if (seq->count == 0)
			diag_warning(r->d, seq->key_pos, "partners: nobody may submit anything");
	}
	yaml_reject_unseen(r->d, top);
}

void config_partner_read_all(struct config_reading *r, struct yaml_node *top)
{
	const char *path;
	if (config_file_get(r, top, "partners", YAML_REQUIRED, CONFIG_FILE_PUBLIC, &path))
		read_file(r, path);
}
