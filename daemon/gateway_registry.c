/* Registries and accounts: secrets, TLS contexts, pools, and what the poll queue brings. */
#include "daemon/core/meter.h"
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err account_init(struct gateway *g, struct gateway_registry *r, struct gateway_account *a,
                             const struct config_account *c, struct errmsg *e)
{
	enum err err;
	a->gateway = g;
	a->registry = r;
	a->config = c;
	snprintf(a->name, sizeof a->name, "%s/%s", r->config->name, c->name);
	a->facts = (struct job_registry){.login = str_c(c->login),
	                                 .ns_as_attrs = r->config->hosts == CONFIG_HOSTS_ATTRIBUTES,
	                                 .check_first = r->config->check_first,
	                                 .date_offset_s = r->config->date_offset_s,
	                                 .settle_ms = r->config->settle_ms};
	err = credentials_password(c->password_file, a->password, e);
	return err || g->env.plain ? err : credentials_account_tls(r->config, c, &a->tls, e);
}

enum err gateway_registries_new(struct gateway *g, struct errmsg *e)
{
	g->registries = xcalloc(g->base->registry_count, sizeof *g->registries);
	for (size_t i = 0; i < g->base->registry_count; i++) {
		struct gateway_registry *r = &g->registries[i];
		const struct config_registry *c = &g->base->registries[i];
		r->config = c;
		ceiling_init(&r->ceiling, c->commands_per_second, loop_now(g->env.loop));
		r->endpoints = xcalloc(c->endpoint_count, sizeof *r->endpoints);
		for (size_t k = 0; k < c->endpoint_count; k++)
			r->endpoints[k] = (struct pool_endpoint){c->endpoints[k].host, c->endpoints[k].port};
		r->accounts = xcalloc(c->account_count, sizeof *r->accounts);
		for (size_t k = 0; k < c->account_count; k++) {
			enum err err = account_init(g, r, &r->accounts[k], &c->accounts[k], e);
			if (err)
				return err_wrap(e, err, "registry %s", c->name);
		}
	}
	return OK;
}

void gateway_registries_free(struct gateway *g)
{
	for (size_t i = 0; g->registries && i < g->base->registry_count; i++) {
		struct gateway_registry *r = &g->registries[i];
		for (size_t k = 0; r->accounts && k < r->config->account_count; k++) {
			struct gateway_account *a = &r->accounts[k];
			if (a->pool)
				pool_free(a->pool);
			tls_ctx_unref(&a->tls);
			explicit_bzero(a->password, sizeof a->password);
			arena_fini(&a->message_arena);
		}
		ceiling_fini(&r->ceiling);
		free(r->endpoints);
		free(r->accounts);
	}
	free(g->registries);
}

size_t gateway_account_count(const struct gateway *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->base->registry_count; i++)
		n += g->base->registries[i].account_count;
	return n;
}

struct gateway_account *gateway_account_at(const struct gateway *g, size_t i)
{
	for (size_t r = 0; r < g->base->registry_count; r++) {
		size_t count = g->base->registries[r].account_count;
		if (i < count)
			return &g->registries[r].accounts[i];
		i -= count;
	}
	check_abort("REQUIRE", "account index", __FILE__, __LINE__);
}

struct gateway_account *gateway_account_find(const struct gateway *g, const char *registry,
                                             const char *account)
{
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++) {
		struct gateway_account *a = gateway_account_at(g, i);
		if (strcmp(a->registry->config->name, registry) == 0 && strcmp(a->config->name, account) == 0)
			return a;
	}
	return NULL;
}

void gateway_ceilings_set(struct gateway *g, const struct config *c)
{
	for (size_t i = 0; i < g->base->registry_count; i++)
		for (size_t k = 0; k < c->registry_count; k++)
			if (strcmp(g->base->registries[i].name, c->registries[k].name) == 0)
				ceiling_set(&g->registries[i].ceiling, c->registries[k].commands_per_second,
				            loop_now(g->env.loop));
}

/* ---- the poll queue -------------------------------------------------------------------------------------------------- */

static void on_message_stored(struct store_op *op)
{
	struct gateway_account *a = CONTAINER_OF(op, struct gateway_account, message.op);
	struct log *log = a->gateway->env.log;
	if (op->err)
		LOG(log, LOG_ERROR, "poll.not_stored", op->errmsg.text, F_C("account", a->name),
		    F_STR("message_id", a->message.id));
	else
		LOG(log, a->message.understood ? LOG_INFO : LOG_WARNING, "poll.message",
		    a->message.understood ? "stored" : "stored for a person", F_C("account", a->name),
		    F_STR("message_id", a->message.id), F_U64("item", a->message.settled));
	if (!op->err && a->message.look)
		sched_look(a->gateway->sched, a->message.settled);
	else if (!op->err && a->message.settled)
		sched_settled(a->gateway->sched, a->message.domain);
	pool_message_stored(a->pool, op->err == OK);
	arena_reset(&a->message_arena);
}

static void on_message(void *arg, const struct epp_response *r)
{
	struct gateway_account *a = arg;
	struct arena *arena = &a->message_arena;
	struct gateway_env *env = &a->gateway->env;
	bool pan = r->data.kind == EPP_RES_DOMAIN_PAN;
	a->message = (struct store_message){
	    .op = {.type = STORE_MESSAGE, .done = on_message_stored},
	    .account = a->id,
	    .id = arena_str(arena, r->msgq.id),
	    .text = arena_str(arena, r->msgq.msg),
	    .xml = STR_NONE,
	    .at = r->msgq.q_date.at != INSTANT_NONE ? r->msgq.q_date.at : loop_wall(env->loop),
	    .now = loop_wall(env->loop),
	    .is_pan = pan,
	    .understood = pan,
	};
	if (pan) {
		a->message.domain = arena_str(arena, r->data.pan.name);
		a->message.cl_trid = arena_str(arena, r->data.pan.trid.client);
		a->message.pan_approved = r->data.pan.ok;
	}
	env->writer->submit(env->writer, &a->message.op);
}

/* ---- pools ------------------------------------------------------------------------------------------------------------- */

static void on_room(void *arg)
{
	sched_on_room(((struct gateway_account *)arg)->sched);
}

static void on_drained(void *arg)
{
	struct gateway_account *a = arg;
	a->drained = true;
	gateway_pool_drained(a->gateway);
}

static struct pool *make_pool(struct gateway_account *a)
{
	static const struct pool_events ev = {.on_room = on_room,
	                                      .on_message = on_message,
	                                      .on_drained = on_drained};
	const struct config_registry *r = a->registry->config;
	struct gateway_env *env = &a->gateway->env;
	struct pool_config c = {
	    .session = {.loop = env->loop,
	                .dialer = env->dialer,
	                .ceiling = &a->registry->ceiling,
	                .log = env->log,
	                .registry = r->name,
	                .account = a->config->name,
	                .server_name = r->server_name,
	                .source_address = r->source_address,
	                .tls = a->tls,
	                .login = a->config->login,
	                .password = a->password,
	                .language = r->language,
	                .objects = r->objects,
	                .object_count = r->object_count,
	                .extensions = r->extensions,
	                .extension_count = r->extension_count,
	                .required = r->required,
	                .required_count = r->required_count,
	                .window = a->config->window,
	                .connect_ms = r->connect_ms,
	                .greeting_ms = r->greeting_ms,
	                .login_ms = r->login_ms,
	                .answer_ms = r->answer_ms,
	                .logout_ms = r->logout_ms,
	                .keepalive_ms = r->keepalive_ms,
	                .max_age_ms = r->max_age_ms},
	    .endpoints = a->registry->endpoints,
	    .endpoint_count = r->endpoint_count,
	    .sessions = a->config->sessions,
	    .backoff_min_ms = r->backoff_min_ms,
	    .backoff_max_ms = r->backoff_max_ms,
	    .poll_ms = r->poll_ms,
	    .skew_warn_ms = r->skew_warn_ms,
	    .rng = env->rng,
	    .date_offset_s = r->date_offset_s,
	    .epoch = a->gateway->epoch,
	};
	snprintf(c.session.trid_prefix, sizeof c.session.trid_prefix, "S%u", a->id);
	return pool_new(&c, &ev, a);
}

void gateway_registries_start(struct gateway *g, const uint32_t *ids)
{
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++) {
		struct gateway_account *a = gateway_account_at(g, i);
		a->id = ids[i];
		a->pool = make_pool(a);
		a->sched = sched_add_account(g->sched, a->id, a->registry->config->name, a->config->name,
		                             a->pool, &a->registry->ceiling, &a->facts);
		if (a->gateway->env.meter)
			a->meter = meter_account_add(a->gateway->env.meter, a->registry->config->name,
			                             a->config->name);
		sched_meter_account(a->sched, a->meter);
	}
}
