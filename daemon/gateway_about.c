/* What this program is, what it was told, and where it keeps things: version, configuration in force, store. */
#include "daemon/gateway_int.h"
#include "daemon/core/log.h"
#include "daemon/store/store_figures.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

json_t *gateway_version(const struct gateway *g)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "version", VNEPP_VERSION, "instance",
	                 g->config->instance, "schema", store_sqlite_schema(), "rules",
	                 g->decider ? decider_revision(g->decider) : "", "openssl", tls_ctx_library(),
	                 "sqlite", store_sqlite_library());
}

/* ---- the configuration in force ----------------------------------------------------------------------------------------------- */

static json_t *words(const char *s)
{
	return s ? gateway_text(str_c(s)) : json_null();
}

static json_t *list_of(const char *const *list, size_t count)
{
	json_t *out = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, words(list[i]));
	return out;
}

static json_t *seconds(uint64_t ms)
{
	return json_real((double)ms / 1000);
}

static json_t *account(const struct config_account *a)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:i}", "name", a->name, "login", a->login,
	                 "password_file", words(a->password_file), "new_password_file",
	                 words(a->new_password_file), "certificate", words(a->certificate), "key",
	                 words(a->key), "sessions", (int)a->sessions, "window", (int)a->window);
}

static json_t *endpoints(const struct config_registry *r)
{
	json_t *out = json_array();
	char text[300];
	for (size_t i = 0; i < r->endpoint_count; i++) {
		snprintf(text, sizeof text, "%s:%u", r->endpoints[i].host, r->endpoints[i].port);
		json_array_append_new(out, words(text));
	}
	return out;
}

static json_t *timeouts(const struct config_registry *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "connect_s", seconds(r->connect_ms), "tls_s",
	                 seconds(r->tls_ms), "greeting_s", seconds(r->greeting_ms), "login_s",
	                 seconds(r->login_ms), "answer_s", seconds(r->answer_ms), "logout_s",
	                 seconds(r->logout_ms));
}

static json_t *registry(const struct config_registry *r)
{
	static const char *const scripts[] = {"any", "ascii", "idn"}, *const fees[] = {"off", "warn",
	                                                                               "enforce"};
	json_t *accounts = json_array();
	for (size_t i = 0; i < r->account_count; i++)
		json_array_append_new(accounts, account(&r->accounts[i]));
	json_t *out = json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
	                        r->name, "endpoints", endpoints(r), "zones", list_of(r->zones, r->zone_count),
	                        "script", scripts[r->script], "ca", words(r->ca_file), "crl",
	                        words(r->crl_file), "server_name", words(r->server_name), "source_address",
	                        words(r->source_address), "objects", list_of(r->objects, r->object_count),
	                        "extensions", list_of(r->extensions, r->extension_count), "require",
	                        list_of(r->required, r->required_count), "mapping", words(r->mapping_file));
	json_object_set_new(out, "timeouts", timeouts(r));
	json_object_update_new(
	    out, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:b, s:i, s:s, s:i}",
	                   "keepalive_s", seconds(r->keepalive_ms), "max_age_s", seconds(r->max_age_ms),
	                   "backoff_min_s", seconds(r->backoff_min_ms), "backoff_max_s",
	                   seconds(r->backoff_max_ms), "settle_s", seconds(r->settle_ms), "slow_s",
	                   seconds(r->slow_ms), "poll_s", seconds(r->poll_ms), "clock_skew_s",
	                   seconds(r->skew_warn_ms), "hosts",
	                   r->hosts == CONFIG_HOSTS_OBJECTS ? "objects" : "attributes", "contacts",
	                   r->create_contacts ? "create" : "given", "fee_match", fees[r->fee_match],
	                   "check_first", r->check_first, "check_names", (int)r->check_names, "low_balance",
	                   r->low_balance == CONFIG_LOW_BALANCE_STOP ? "stop" : "warn", "auth_info_length",
	                   (int)r->auth_length));
	json_object_set_new(out, "accounts", accounts);
	return out;
}

static json_t *partner(const struct config *c, const struct config_partner *p)
{
	static const char *const kinds[] = {"san_dns", "san_uri", "pin", "fingerprint"};
	json_t *ids = json_array(), *accounts = json_object();
	for (size_t i = 0; i < p->identity_count; i++)
		json_array_append_new(ids, json_pack("{s:s}", kinds[p->identities[i].kind],
		                                     p->identities[i].value));
	for (size_t i = 0; i < c->registry_count; i++)
		json_object_set_new(accounts, c->registries[i].name, words(p->accounts[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:b, s:i}", "name", p->name, "certificates", ids,
	                 "accounts", accounts, "zones",
	                 p->zones ? list_of(p->zones, p->zone_count) : json_null(), "create", p->may_create,
	                 "renew", p->may_renew, "weight", (int)p->weight);
}

static json_t *admin(const struct config *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "control_socket", words(c->control_socket),
	                 "feed_socket", words(c->feed_socket), "listen",
	                 list_of(c->admin_listen, c->admin_listen_count), "token_file",
	                 words(c->admin_token_file), "roles", c->has_roles);
}

static json_t *api(const struct config *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:I, s:i, s:i, s:I}", "listen",
	                 words(c->api_listen), "certificate", words(c->api_certificate), "key",
	                 words(c->api_key), "client_ca", words(c->api_client_ca), "client_crl",
	                 words(c->api_client_crl), "max_connections", (int)c->api_max_connections,
	                 "max_per_address", (int)c->api_max_per_address, "max_per_partner",
	                 (int)c->api_max_per_partner, "max_body_bytes", (json_int_t)c->api_max_body_bytes,
	                 "max_line_bytes", (int)c->api_max_line_bytes, "max_lines", (int)c->api_max_lines,
	                 "notice_ms", (json_int_t)c->notice_ms);
}

json_t *gateway_config(const struct gateway *g)
{
	const struct config *c = g->config;
	static const char *const formats[] = {"auto", "json", "logfmt"};
	json_t *registries = json_array(), *partners = json_array();
	for (size_t i = 0; i < c->registry_count; i++)
		json_array_append_new(registries, registry(&c->registries[i]));
	for (size_t i = 0; i < c->partner_count; i++)
		json_array_append_new(partners, partner(c, &c->partners[i]));
	return json_pack("{s:o, s:s, s:b, s:o, s:o, s:o, s:{s:o, s:s}, s:{s:s, s:s}, s:o, s:o, s:o}", "file",
	                 words(c->path), "instance", c->instance, "sandbox", c->sandbox, "store",
	                 words(c->store_path), "api", api(c), "admin", admin(c), "policy", "rules",
	                 words(c->rules_dir), "activate", c->rules_activate ? "files" : "staged", "log",
	                 "format", formats[c->log_format], "level", log_level_names[c->log_level],
	                 "stop_timeout_s", seconds(c->stop_ms), "registries", registries, "partners",
	                 partners);
}

/* ---- the store ------------------------------------------------------------------------------------------------------------------ */

struct store_question {
	struct gateway_call call;
	struct store_get_depths depths;
};

/* -1: there is none. */
static json_int_t size_of(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;
	if (snprintf(name, sizeof name, "%s%s", path, suffix) >= (int)sizeof name || stat(name, &st) != 0)
		return -1;
	return (json_int_t)st.st_size;
}

static json_t *describe(const struct store_question *q)
{
	const struct gateway *g = q->call.gateway;
	const char *path = g->base->store_path;
	json_t *items = json_object();
	uint64_t all = 0;
	for (int i = 0; i < ITEM_STATE__COUNT; i++) {
		all += q->depths.items[i];
		json_object_set_new(items, item_state_name((enum item_state)i),
		                    json_integer((json_int_t)q->depths.items[i]));
	}
	return json_pack("{s:o, s:I, s:I, s:i, s:I, s:b, s:I, s:o}", "path", words(path), "bytes",
	                 size_of(path, ""), "log_bytes", size_of(path, "-wal"), "schema",
	                 store_sqlite_schema(), "epoch", (json_int_t)g->epoch, "written", !g->store_failing,
	                 "items_total", (json_int_t)all, "items", items);
}

static void on_depths(struct store_op *op)
{
	struct store_question *q = CONTAINER_OF(op, struct store_question, depths.op);
	gateway_call_end(&q->call, gateway_wrong(op, NULL), op->err ? NULL : describe(q));
}

void gateway_store(struct gateway *g, gateway_answer_cb done, void *arg)
{
	struct store_question *q = gateway_question_new(g, sizeof *q, done, arg);
	if (!q)
		return;
	q->depths = (struct store_get_depths){.op = {.type = STORE_GET_DEPTHS, .done = on_depths},
	                                      .arena = &q->call.arena};
	g->env.reader->submit(g->env.reader, &q->depths.op);
}
