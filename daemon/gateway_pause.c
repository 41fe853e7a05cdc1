/*
 * What an operator has paused: by registry, account, partner, lane, zone and grant, all of it or only what costs money.
 * Kept in the store, so that a restart in the middle of an incident does not start sending again.
 *
 * Happy path: a command is checked ─▶ the new list is written ─▶ it is in force, and the command is answered.
 * Failure modes: a name that does not exist, or nothing to resume: refused, with what there is. The store cannot write:
 * refused, nothing has changed. A name that is not configured any more pauses nothing.
 */
#include "daemon/gateway_int.h"
#include "daemon/job/lane.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_MAX 200

static const char *const members[] = {"registry", "account", "partner", "lane", "zone", "grant", "only"};
#define ONLY_PAID "paid"

struct pause_op {
	struct store_setting op;
	struct gateway *gateway;
	json_t *list; /* owned; in force when it is stored */
	char *text;   /* owned */
	void (*done)(void *arg, const char *why, json_t *pauses);
	void *arg;
};

/* ---- meaning ---------------------------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static uint8_t lane_number(const char *name)
{
	for (uint8_t i = 1; i < LANE__COUNT; i++)
		if (strcmp(lane_name(i), name) == 0)
			return i;
	return 0;
}

static bool names_account(const struct gateway_account *a, const json_t *pause)
{
	const char *registry = text_of(pause, "registry"), *account = text_of(pause, "account");
	return (!registry || strcmp(registry, a->registry->config->name) == 0) &&
	       (!account || strcmp(account, a->name) == 0);
}

static void add_holds(const struct gateway *g, const json_t *pause, struct sched_hold *holds, size_t *n)
{
	const char *partner = text_of(pause, "partner"), *lane = text_of(pause, "lane");
	struct sched_hold h = {.of = {.zone = str_c(text_of(pause, "zone")),
	                              .grant = str_c(text_of(pause, "grant")),
	                              .paid = text_of(pause, "only") != NULL},
	                       .partner = gateway_partner_id(g, partner),
	                       .lane = lane ? lane_number(lane) : 0};
	bool whole = !text_of(pause, "registry") && !text_of(pause, "account");
	if (partner && h.partner == 0)
		return;
	if (whole && *n < SCHED_HOLDS_MAX)
		holds[(*n)++] = h;
	for (size_t i = 0; !whole && i < gateway_account_count(g) && *n < SCHED_HOLDS_MAX; i++) {
		if (!names_account(gateway_account_at(g, i), pause))
			continue;
		h.account = gateway_account_at(g, i)->id;
		holds[(*n)++] = h;
	}
}

static size_t holds_of(const struct gateway *g, const json_t *list, struct sched_hold holds[SCHED_HOLDS_MAX])
{
	size_t n = 0, i;
	json_t *pause;
	json_array_foreach(list, i, pause) add_holds(g, pause, holds, &n);
	return n;
}

void gateway_pauses_apply(struct gateway *g)
{
	struct sched_hold holds[SCHED_HOLDS_MAX];
	sched_set_holds(g->sched, holds, holds_of(g, g->pauses, holds));
}

void gateway_pauses_load(struct gateway *g, struct str text)
{
	json_error_t why;
	g->pauses = text.len ? json_loadb(text.ptr, text.len, 0, &why) : NULL;
	if (!json_is_array(g->pauses)) {
		json_decref(g->pauses);
		g->pauses = json_array();
	}
	if (json_array_size(g->pauses))
		LOG(g->env.log, LOG_WARNING, "pause.kept", "paused before the start, and still",
		    F_U64("pauses", json_array_size(g->pauses)));
}

void gateway_pause_take(struct gateway *g, json_t *list, const char *text)
{
	json_decref(g->pauses);
	g->pauses = json_incref(list);
	if (!g->stopping)
		gateway_pauses_apply(g);
	LOG(g->env.log, LOG_NOTICE, "pause.changed",
	    json_array_size(g->pauses) ? "paused" : "nothing is paused",
	    F_U64("pauses", json_array_size(g->pauses)), F_C("list", text));
}

/* ---- commands ---------------------------------------------------------------------------------------------------------- */

static bool known_account(const struct gateway *g, const json_t *pause)
{
	for (size_t i = 0; i < gateway_account_count(g); i++)
		if (names_account(gateway_account_at(g, i), pause))
			return true;
	return false;
}

/* One that a registry serves, or one below it. */
static bool known_zone(const struct gateway *g, const char *zone)
{
	char name[STORE_NAME_MAX + 8];
	struct str served;
	if (snprintf(name, sizeof name, "x.%s", zone) >= (int)sizeof name)
		return false;
	return config_route(g->config, str_c(name), false, &served) ||
	       config_route(g->config, str_c(name), true, &served);
}

/* NULL, or what is wrong with the names. */
static const char *check_names(const struct gateway *g, const json_t *pause)
{
	const char *partner = text_of(pause, "partner"), *lane = text_of(pause, "lane"),
	           *zone = text_of(pause, "zone"), *grant = text_of(pause, "grant");
	if (!known_account(g, pause))
		return "no such registry or account; an account is named \"registry/account\"";
	if (partner && gateway_partner_id(g, partner) == 0)
		return "no such partner in the partners file";
	if (lane && lane_number(lane) == 0)
		return "the lanes are urgent, renew, create and bulk";
	if (zone && !known_zone(g, zone))
		return "no registry serves this zone; it is written as in the configuration, such as id.vn";
	if (grant && (!g->decider || !policy_has_grant(decider_rules(g->decider), str_c(grant))))
		return "no such grant in the rules in force; 'vnepp policy show' lists them under 'grants'";
	if (text_of(pause, "only") && strcmp(text_of(pause, "only"), ONLY_PAID) != 0)
		return "only what is 'paid' can be told apart";
	return NULL;
}

static json_t *scope_of(const json_t *args)
{
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *text = text_of(args, members[i]);
		json_object_set_new(o, members[i], text ? json_string(text) : json_null());
	}
	return o;
}

static bool is_everything(const json_t *scope)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (text_of(scope, members[i]))
			return false;
	return true;
}

static bool same_scope(const json_t *a, const json_t *b)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *x = text_of(a, members[i]), *y = text_of(b, members[i]);
		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return true;
}

static size_t find(const json_t *list, const json_t *scope)
{
	size_t i = 0;
	while (i < json_array_size(list) && !same_scope(json_array_get(list, i), scope))
		i++;
	return i;
}

static void on_stored(struct store_op *op)
{
	struct pause_op *p = CONTAINER_OF(op, struct pause_op, op.op);
	struct gateway *g = p->gateway;
	g->pausing = false;
	if (!op->err)
		gateway_pause_take(g, p->list, p->text);
	p->done(p->arg, op->err ? op->errmsg.text : NULL, g->pauses);
	json_decref(p->list);
	free(p->text);
	free(p);
}

/* Takes over `list`. */
static void store(struct gateway *g, json_t *list, void (*done)(void *arg, const char *why, json_t *pauses),
                  void *arg)
{
	struct pause_op *p = xcalloc(1, sizeof *p);
	*p = (struct pause_op){
	    .gateway = g, .list = list, .text = json_dumps(list, JSON_COMPACT), .done = done, .arg = arg};
	p->op = (struct store_setting){.op = {.type = STORE_SETTING, .done = on_stored},
	                               .name = GATEWAY_PAUSES,
	                               .value = str_c(p->text)};
	g->pausing = true;
	g->env.writer->submit(g->env.writer, &p->op.op);
}

static json_t *paused(struct gateway *g, json_t *scope, const char *why, const char **wrong)
{
	struct sched_hold holds[SCHED_HOLDS_MAX];
	json_t *list = json_copy(g->pauses);
	char since[TIME_TEXT_MAX];
	instant_format(since, loop_wall(g->env.loop), HANOI_OFFSET_S, false);
	json_object_set_new(scope, "since", json_string(since));
	json_object_set_new(scope, "why", why ? json_stringn(why, strnlen(why, WHY_MAX)) : json_null());
	size_t i = find(list, scope);
	if (i < json_array_size(list))
		json_array_set(list, i, scope);
	else
		json_array_append(list, scope);
	if (holds_of(g, list, holds) == SCHED_HOLDS_MAX)
		*wrong = "too many pauses; pause a registry or everything instead";
	return list;
}

static json_t *resumed(struct gateway *g, const json_t *scope, const char **wrong)
{
	json_t *list = json_copy(g->pauses);
	size_t i = find(list, scope);
	if (is_everything(scope))
		json_array_clear(list);
	else if (i < json_array_size(list))
		json_array_remove(list, i);
	else
		*wrong = "nothing is paused under exactly these names; 'vnepp status' lists what is";
	return list;
}

void gateway_pause(struct gateway *g, const json_t *args, bool on,
                   void (*done)(void *arg, const char *why, json_t *pauses), void *arg)
{
	const char *wrong = NULL;
	json_t *scope = scope_of(args), *list = NULL;
	if (!g->running || g->stopping || g->pausing)
		wrong = "the gateway is starting, stopping, or at another pause";
	else if (on && is_everything(scope) && !json_is_true(json_object_get(args, "all")))
		wrong = "say what: a registry, an account, a partner, a lane, a zone, a grant, what is paid, "
		        "or all";
	else if (on)
		wrong = check_names(g, scope);
	if (!wrong)
		list = on ? paused(g, scope, text_of(args, "why"), &wrong) : resumed(g, scope, &wrong);
	json_decref(scope);
	if (wrong) {
		json_decref(list);
		done(arg, wrong, NULL);
		return;
	}
	store(g, list, done, arg);
}

/* ---- what a registry pauses by a message ------------------------------------------------------------------------------- */

char *gateway_pause_paid(struct gateway *g, const struct gateway_account *a, const char *why, json_t **list)
{
	const char *wrong = NULL;
	json_t *scope = json_pack("{s:n, s:s, s:n, s:n, s:n, s:n, s:s}", "registry", "account", a->name,
	                          "partner", "lane", "zone", "grant", "only", ONLY_PAID);
	*list = NULL;
	if (find(g->pauses, scope) == json_array_size(g->pauses))
		*list = paused(g, scope, why, &wrong);
	json_decref(scope);
	return *list ? json_dumps(*list, JSON_COMPACT) : NULL;
}
