/*
 * Another configuration takes over while the gateway runs.
 *
 * Happy path: everything that can fail is prepared off to the side ─▶ its partners get their numbers ─▶ its rules, where they
 * come with it ─▶ the switch, which cannot fail. What goes wrong on the way: `done` has the reason, and nothing has changed.
 */
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/gateway_policy.h"
#include "epp/base/alloc.h"
#include "policy/policy.h"

#include <stdlib.h>

struct gateway_reload_op {
	struct gateway *gateway;
	struct config *config;
	struct gateway_changes *changes;
	struct policy_ruleset *rules;
	struct store_register reg;
	const char **names;
	uint32_t *ids;
	gateway_done_cb done;
	void *arg;
};

static void reload_drop(struct gateway_reload_op *r)
{
	config_unref(&r->config);
	policy_unref(&r->rules);
	gateway_changes_free(r->changes);
	free(r->names);
	free(r->ids);
	free(r);
}

/* Nothing here can fail. */
static void reload_switch(struct gateway *g, struct gateway_reload_op *r)
{
	uint32_t *accounts = gateway_account_table(g, r->config);
	api_set_config(g->api, r->config, r->ids, accounts);
	free(accounts);
	config_unref(&g->config);
	g->config = config_ref(r->config);
	free(g->partner_ids);
	g->partner_ids = r->ids;
	r->ids = NULL;
	gateway_ceilings_set(g, g->config);
	gateway_changes_apply(g, r->changes);
	gateway_pauses_apply(g);
	gateway_notice_start(g);
	LOG(g->env.log, LOG_NOTICE, "config.reloaded", "in force", F_C("rules", decider_revision(g->decider)),
	    F_U64("partners", g->config->partner_count));
}

static void reload_over(struct gateway_reload_op *r, const char *why)
{
	r->gateway->reload = NULL;
	r->done(r->arg, why);
	reload_drop(r);
}

static void on_reload_rules(void *arg, const char *why)
{
	struct gateway_reload_op *r = arg;
	struct gateway *g = r->gateway;
	if (!why && g->stopping)
		why = "the gateway is stopping";
	if (!why)
		reload_switch(g, r);
	reload_over(r, why);
}

static void reload_rules(void *arg)
{
	struct gateway_reload_op *r = arg;
	gateway_policy_files(r->gateway, r->config, r->rules, on_reload_rules, r);
}

static void on_reload_registered(struct store_op *op)
{
	struct gateway_reload_op *r = CONTAINER_OF(op, struct gateway_reload_op, reg.op);
	struct gateway *g = r->gateway;
	if (op->err || g->stopping)
		reload_over(r, op->err ? op->errmsg.text : "the gateway is stopping");
	else
		gateway_policy_wait(g, reload_rules, r);
}

/* Registries and accounts that are new come at the next start; they are named, so that nobody waits for them. */
static void name_new_accounts(struct gateway *g, const struct config *c)
{
	for (size_t i = 0; i < c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i];
		for (size_t k = 0; k < r->account_count; k++)
			if (!gateway_account_find(g, r->name, r->accounts[k].name))
				LOG(g->env.log, LOG_WARNING, "config.restart_needed",
				    "a new registry account is taken up at the next start",
				    F_C("registry", r->name), F_C("account", r->accounts[k].name));
	}
}

void gateway_reload(struct gateway *g, struct config *config, struct policy_ruleset *rules,
                    gateway_done_cb done, void *arg)
{
	if (g->reload || !g->running || g->stopping) {
		done(arg, "another reload is under way, or the gateway is starting or stopping");
		return;
	}
	struct gateway_changes *changes;
	struct errmsg e;
	if (gateway_changes_prepare(g, config, &changes, &e)) {
		done(arg, e.text);
		return;
	}
	name_new_accounts(g, config);
	struct gateway_reload_op *r = xcalloc(1, sizeof *r);
	*r = (struct gateway_reload_op){.gateway = g,
	                                .config = config_ref(config),
	                                .changes = changes,
	                                .rules = rules ? policy_ref(rules) : NULL,
	                                .names = gateway_partner_names(config),
	                                .ids = xcalloc(config->partner_count + 1, sizeof *r->ids),
	                                .done = done,
	                                .arg = arg};
	r->reg = (struct store_register){.op = {.type = STORE_REGISTER, .done = on_reload_registered},
	                                 .names = r->names,
	                                 .ids = r->ids,
	                                 .count = config->partner_count};
	g->reload = r;
	g->env.writer->submit(g->env.writer, &r->reg.op);
}
