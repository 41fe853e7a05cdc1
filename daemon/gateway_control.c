/* What the control socket asks of the gateway: its state, and names from before its time. */
#include "daemon/admin/admin_proto.h"
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/store/store_domains.h"
#include "epp/base/alloc.h"
#include "epp/base/arena.h"
#include "epp/name.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- status -------------------------------------------------------------------------------------------------------- */

static json_t *account_status(const struct gateway_account *a)
{
	struct pool_stats p;
	pool_stats(a->pool, &p);
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:b, s:I, s:I, s:s, s:I, s:I, s:s}", "registry",
	                 a->registry->config->name, "account", a->config->name, "state",
	                 p.stopped     ? "stopped"
	                 : p.ready > 0 ? "ready"
	                               : "connecting",
	                 "sessions", (int)p.ready, "wanted", (int)p.wanted, "connecting", (int)p.connecting,
	                 "in_flight", (int)p.in_flight, "stopped", p.stopped, "opened", (json_int_t)p.opened,
	                 "lost", (json_int_t)p.lost, "money", sched_out_of_money(a->sched) ? "out" : "ok",
	                 "messages", (json_int_t)p.messages, "retry_in_ms", (json_int_t)p.retry_in_ms,
	                 "last_error", p.last_error);
}

static const char *state_of(const struct gateway *g)
{
	return g->stopping        ? "stopping"
	       : g->store_failing ? "store failing"
	       : g->drain         ? "draining"
	       : g->running       ? "running"
	                          : "starting";
}

json_t *gateway_status(struct gateway *g)
{
	struct sched_stats s = {0};
	char since[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	json_t *accounts = json_array();
	if (g->running)
		sched_stats(g->sched, &s);
	for (size_t i = 0; g->running && i < gateway_account_count(g); i++)
		json_array_append_new(accounts, account_status(gateway_account_at(g, i)));
	json_t *empty = json_array();
	json_t *status =
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:s, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, "
	              "s:I}, s:o, s:O}",
	              "instance", g->config->instance, "version", VNEPP_VERSION, "state", state_of(g),
	              "since", instant_format(since, g->started_at, HANOI_OFFSET_S, false), "now",
	              instant_format(now, loop_wall(g->env.loop), HANOI_OFFSET_S, false), "sandbox",
	              g->config->sandbox, "epoch", (json_int_t)g->epoch, "rules",
	              g->decider ? decider_revision(g->decider) : "", "jobs", "held", (json_int_t)s.jobs,
	              "ready", (json_int_t)s.ready, "in_flight", (json_int_t)s.in_flight, "waiting",
	              (json_int_t)s.waiting, "since_start", "claimed", (json_int_t)s.claimed, "done",
	              (json_int_t)s.done, "failed", (json_int_t)s.failed, "unknown", (json_int_t)s.unknown,
	              "accounts", accounts, "pauses", g->pauses ? g->pauses : empty);
	json_decref(empty);
	return status;
}

/* ---- import -------------------------------------------------------------------------------------------------------- */

struct import {
	struct gateway *gateway;
	struct store_import op;
	struct arena arena;
	void (*done)(void *arg, const char *why, uint64_t added, uint64_t replaced);
	void *arg;
};

static struct str text_of(const json_t *o, const char *key)
{
	return str_c(json_string_value(json_object_get(o, key)));
}

static bool time_of(const json_t *o, const char *key, instant_ms_t *out)
{
	return gateway_moment_parse(text_of(o, key), out);
}

static size_t partner_index(const struct gateway *g, struct str name)
{
	size_t i = 0;
	while (i < g->config->partner_count && !str_eq_c(name, g->config->partners[i].name))
		i++;
	return i;
}

static uint32_t account_for(struct gateway *g, const json_t *o, size_t partner, struct str domain, bool idn)
{
	struct str given = text_of(o, "account"), registry = given, zone;
	char r[STORE_NAME_MAX], a[STORE_NAME_MAX];
	if (given.len) {
		registry = str_split(&given, '/');
		if (!str_copy(r, sizeof r, registry) || !str_copy(a, sizeof a, given))
			return 0;
	} else {
		const struct config_registry *c = config_route(g->config, domain, idn, &zone);
		const char *name =
		    c ? g->config->partners[partner].accounts[c - g->config->registries] : NULL;
		if (!name || !str_copy(r, sizeof r, str_c(c->name)) || !str_copy(a, sizeof a, str_c(name)))
			return 0;
	}
	const struct gateway_account *account = gateway_account_find(g, r, a);
	return account ? account->id : 0;
}

static enum applicant_kind kind_of(struct str name)
{
	for (int k = 1; k < APPLICANT__COUNT; k++)
		if (str_eq_c(name, applicant_kind_name((enum applicant_kind)k)))
			return (enum applicant_kind)k;
	return APPLICANT_NONE;
}

/* The key of whoever took the grant; false: the subject is given, but does not make a key. */
static bool subject_of(struct gateway *g, const json_t *o, struct store_import_row *row)
{
	const json_t *s = json_object_get(o, "subject");
	if (!s || json_is_null(s))
		return true;
	struct item_request r = {.op = ITEM_CREATE,
	                         .domain = row->domain,
	                         .domain_u = row->domain,
	                         .period = 1,
	                         .cur_exp_date = DATE_NONE,
	                         .max_fee_vnd = -1};
	r.applicant = (struct item_applicant){.kind = kind_of(text_of(s, "kind")),
	                                      .id_number = text_of(s, "id_number"),
	                                      .tax_code = text_of(s, "tax_code"),
	                                      .registration_number = text_of(s, "registration_number"),
	                                      .birth_date = DATE_NONE,
	                                      .founded_on = DATE_NONE,
	                                      .registered_on = DATE_NONE};
	decide_subject(g->decider, &r, &row->subject);
	return row->subject.count > 0;
}

/* NULL, or what is wrong with the row. */
static const char *read_row(struct gateway *g, struct arena *arena, const json_t *o,
                            struct store_import_row *row)
{
	struct epp_name name;
	struct errmsg e;
	size_t partner = partner_index(g, text_of(o, "partner"));
	struct str grant = text_of(o, "grant_from");
	*row = (struct store_import_row){.created = INSTANT_NONE, .grant_from = DATE_NONE};
	if (epp_name_parse(text_of(o, "domain"), &name, &e))
		return "\"domain\" is not a domain name";
	if (partner == g->config->partner_count)
		return "\"partner\" is not in the partners file";
	row->domain = arena_str(arena, str_c(name.ascii));
	row->partner = g->partner_ids[partner];
	row->account = account_for(g, o, partner, row->domain, name.idn);
	if (row->account == 0)
		return "no account of this partner serves the name, or \"account\" is not configured";
	if (!time_of(o, "expires", &row->expires))
		return "\"expires\" must be a date or a time (RFC 3339)";
	if (json_object_get(o, "created") && !time_of(o, "created", &row->created))
		return "\"created\" must be a date or a time (RFC 3339)";
	if (grant.len && !date_parse(grant, &row->grant_from))
		return "\"grant_from\" must be a date (YYYY-MM-DD)";
	if (!subject_of(g, o, row))
		return "\"subject\" needs a kind and the number by which that kind is known";
	return NULL;
}

static void import_free(struct import *i)
{
	arena_fini(&i->arena);
	free(i);
}

static void on_imported(struct store_op *op)
{
	struct import *i = CONTAINER_OF(op, struct import, op.op);
	if (!op->err)
		gateway_notice_start(i->gateway); /* what was brought in may begin to cost soon */
	i->done(i->arg, op->err ? op->errmsg.text : NULL, i->op.added, i->op.replaced);
	import_free(i);
}

void gateway_import(struct gateway *g, const json_t *rows,
                    void (*done)(void *arg, const char *why, uint64_t added, uint64_t replaced), void *arg)
{
	char why[160];
	size_t n = json_array_size(rows);
	if (!g->running || n == 0 || n > ADMIN_IMPORT_ROWS) {
		done(arg, "rows[] must hold 1 to 1,000 objects, and the gateway must be running", 0, 0);
		return;
	}
	struct import *i = xcalloc(1, sizeof *i);
	*i = (struct import){.gateway = g, .done = done, .arg = arg};
	i->op = (struct store_import){.op = {.type = STORE_IMPORT, .done = on_imported},
	                              .rows = arena_calloc(&i->arena, n, sizeof *i->op.rows),
	                              .count = n};
	for (size_t k = 0; k < n; k++) {
		const char *wrong = read_row(g, &i->arena, json_array_get(rows, k), &i->op.rows[k]);
		if (wrong) {
			snprintf(why, sizeof why, "row %zu: %s", k, wrong);
			import_free(i);
			done(arg, why, 0, 0);
			return;
		}
	}
	g->env.writer->submit(g->env.writer, &i->op.op);
}
