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
	a->gateway = g;
	a->registry = r;
	a->config = c;
	snprintf(a->name, sizeof a->name, "%s/%s", r->config->name, c->name);
	return gateway_pool_prepare(g, g->base, r->config, c, &a->way, e);
}

static const struct config_account *account_in(const struct config_registry *r, const char *name)
{
	for (size_t i = 0; r && i < r->account_count; i++)
		if (strcmp(r->accounts[i].name, name) == 0)
			return &r->accounts[i];
	return NULL;
}

/* What the limits file says of them, or the account itself; of one that is not configured any more nothing. */
static void set_widths(struct gateway_registry *r, const struct config_registry *c)
{
	for (size_t i = 0; i < r->config->account_count; i++) {
		struct gateway_account *a = &r->accounts[i];
		const struct config_account *now = account_in(c, a->config->name);
		a->sessions.limit =
		    c->sessions.max ? c->sessions : (struct limit){.max = now ? now->sessions : 0};
		a->window.limit = c->window.max ? c->window : (struct limit){.max = now ? now->window : 0};
	}
}

static void set_limits(struct gateway_registry *r, const struct config_registry *c, uint64_t now_us)
{
	r->all = c->commands_per_second;
	memcpy(r->of, c->class_per_second, sizeof r->of);
	limits_set(&r->limits, r->all, r->of, now_us);
	memcpy(r->day, c->class_per_day, sizeof c->class_per_day);
	r->day[CAP_TAKEN] = c->taken_per_day;
	caps_set(&r->caps, r->day);
	set_widths(r, c);
}

enum err gateway_registries_new(struct gateway *g, struct errmsg *e)
{
	g->registries = xcalloc(g->base->registry_count, sizeof *g->registries);
	for (size_t i = 0; i < g->base->registry_count; i++) {
		struct gateway_registry *r = &g->registries[i];
		const struct config_registry *c = &g->base->registries[i];
		r->config = c;
		limits_init(&r->limits, (struct limit){0}, r->of, loop_now_us(g->env.loop));
		caps_init(&r->caps, g->env.loop, g->env.writer, g->env.log, c->name);
		r->accounts = xcalloc(c->account_count, sizeof *r->accounts);
		for (size_t k = 0; k < c->account_count; k++) {
			enum err err = account_init(g, r, &r->accounts[k], &c->accounts[k], e);
			if (err)
				return err_wrap(e, err, "registry %s", c->name);
		}
		set_limits(r, c, loop_now_us(g->env.loop));
	}
	return OK;
}

void gateway_registries_free(struct gateway *g)
{
	for (size_t i = 0; g->registries && i < g->base->registry_count; i++) {
		struct gateway_registry *r = &g->registries[i];
		for (size_t k = 0; r->accounts && k < r->config->account_count; k++) {
			struct gateway_account *a = &r->accounts[k];
			gateway_pool_free(a->way);
			gateway_pool_free(a->next);
		}
		limits_fini(&r->limits);
		caps_fini(&r->caps);
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
				set_limits(&g->registries[i], &c->registries[k], loop_now_us(g->env.loop));
}

/* ---- ways in use ------------------------------------------------------------------------------------------------------- */

static void open_way(struct gateway_account *a)
{
	struct job_registry facts = gateway_pool_facts(a->way);
	gateway_pool_open(a->way, a);
	a->pool = a->way->pool;
	a->drained = false;
	sched_set_account(a->sched, a->pool, &facts);
}

void gateway_registries_start(struct gateway *g, const uint32_t *ids)
{
	size_t n = gateway_account_count(g);
	for (size_t i = 0; i < n; i++) {
		struct gateway_account *a = gateway_account_at(g, i);
		a->id = ids[i];
		a->sched = sched_add_account(g->sched, a->id, a->registry->config->name, a->config->name,
		                             &a->registry->limits);
		sched_cap_account(a->sched, &a->registry->caps);
		open_way(a);
		if (a->gateway->env.meter)
			a->meter = meter_account_add(a->gateway->env.meter, a->registry->config->name,
			                             a->config->name);
		sched_meter_account(a->sched, a->meter);
	}
}

/* ---- reload ------------------------------------------------------------------------------------------------------------ */

struct gateway_changes {
	struct gateway_pool **ways; /* by account; NULL: as it is */
	bool *removed;
	size_t count;
};

static const struct config_registry *registry_in(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->registry_count; i++)
		if (strcmp(c->registries[i].name, name) == 0)
			return &c->registries[i];
	return NULL;
}

static enum err prepare_one(struct gateway *g, struct config *c, struct gateway_changes *ch, size_t i,
                            struct errmsg *e)
{
	struct gateway_account *a = gateway_account_at(g, i);
	const struct config_registry *r = registry_in(c, a->registry->config->name);
	const struct config_account *ca = account_in(r, a->config->name);
	const struct gateway_pool *used = a->next ? a->next : a->way;
	ch->removed[i] = !ca;
	if (!ca)
		return OK;
	enum err err = gateway_pool_prepare(g, c, r, ca, &ch->ways[i], e);
	if (err)
		return err_wrap(e, err, "registry %s", r->name);
	if (used && !a->closed && memcmp(&used->digest, &ch->ways[i]->digest, sizeof used->digest) == 0) {
		gateway_pool_free(ch->ways[i]);
		ch->ways[i] = NULL;
	}
	return OK;
}

enum err gateway_changes_prepare(struct gateway *g, struct config *c, struct gateway_changes **out,
                                 struct errmsg *e)
{
	struct gateway_changes *ch = xcalloc(1, sizeof *ch);
	enum err err = OK;
	ch->count = gateway_account_count(g);
	ch->ways = xcalloc(ch->count + 1, sizeof *ch->ways);
	ch->removed = xcalloc(ch->count + 1, sizeof *ch->removed);
	for (size_t i = 0; i < ch->count && !err; i++)
		err = prepare_one(g, c, ch, i, e);
	if (err)
		gateway_changes_free(ch);
	else
		*out = ch;
	return err;
}

void gateway_changes_free(struct gateway_changes *ch)
{
	if (!ch)
		return;
	for (size_t i = 0; i < ch->count; i++)
		gateway_pool_free(ch->ways[i]);
	free(ch->ways);
	free(ch->removed);
	free(ch);
}

static void log_change(const struct gateway_account *a, const char *text)
{
	LOG(a->gateway->env.log, LOG_NOTICE, "account.changed", text,
	    F_C("registry", a->registry->config->name), F_C("account", a->config->name));
}

/* The sessions in use log out first: a registry counts them, and would refuse new ones beside them. */
static void change(struct gateway_account *a, struct gateway_pool *next)
{
	gateway_pool_free(a->next);
	a->next = next;
	a->closed = !next;
	if (a->drained && next)
		gateway_pool_closed(a->way);
	else
		gateway_pool_close(a->way);
}

void gateway_account_replace(struct gateway_account *a, struct gateway_pool *next)
{
	change(a, next);
}

void gateway_changes_apply(struct gateway *g, struct gateway_changes *ch)
{
	for (size_t i = 0; i < ch->count; i++) {
		struct gateway_account *a = gateway_account_at(g, i);
		if (ch->ways[i]) {
			log_change(a, "its sessions log out and come back with the new settings");
			change(a, ch->ways[i]);
			ch->ways[i] = NULL;
		} else if (ch->removed[i] && !a->closed) {
			log_change(a, "not configured any more: its sessions log out, its items wait");
			change(a, NULL);
		} else if (!ch->removed[i]) {
			pool_resume(a->pool);
		}
	}
}

void gateway_pool_closed(struct gateway_pool *w)
{
	struct gateway_account *a = w->account;
	a->drained = true;
	if (a->gateway->stopping || !a->next) {
		gateway_pool_drained(a->gateway);
		return;
	}
	a->way = a->next;
	a->next = NULL;
	open_way(a);
	gateway_pool_free(w);
	pool_start(a->pool);
}

uint32_t *gateway_account_table(const struct gateway *g, const struct config *c)
{
	uint32_t *t = xcalloc(c->partner_count * c->registry_count + 1, sizeof *t);
	for (size_t p = 0; p < c->partner_count; p++) {
		for (size_t r = 0; r < c->registry_count; r++) {
			const char *name = c->partners[p].accounts[r];
			struct gateway_account *a =
			    name ? gateway_account_find(g, c->registries[r].name, name) : NULL;
			t[p * c->registry_count + r] = a ? a->id : 0;
		}
	}
	return t;
}

const char **gateway_partner_names(const struct config *c)
{
	const char **names = xcalloc(c->partner_count + 1, sizeof *names);
	for (size_t i = 0; i < c->partner_count; i++)
		names[i] = c->partners[i].name;
	return names;
}
