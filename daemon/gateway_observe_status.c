/* The status as one JSON object: what the page and status.json show. */
#include "daemon/core/log_ring.h"
#include "daemon/gateway_observe_int.h"
#include "daemon/gateway_policy.h"
#include "epp/base/check.h"
#include "policy/targets.h"

#include <jansson.h>
#include <stdlib.h>

#define ERRORS_SHOWN 20  /* on the page */
#define LIMITS_SHOWN 200 /* of partners: those that use nothing are left out when there are more in all */

static json_t *text(struct str s)
{
	json_t *j = json_stringn(s.ptr ? s.ptr : "", s.len);
	return j ? j : json_string("?"); /* not UTF-8 */
}

static json_t *instant(instant_ms_t t)
{
	char out[TIME_TEXT_MAX];
	return t == INSTANT_NONE ? json_null() : json_string(instant_format(out, t, HANOI_OFFSET_S, false));
}

static json_t *date(date_t d)
{
	char out[DATE_TEXT_MAX];
	return d == DATE_NONE ? json_null() : json_string(date_format(out, d));
}

static json_t *whole(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* ---- registries --------------------------------------------------------------------------------------------------------- */

static json_t *command_means(const struct meter_account *m)
{
	static const char *const names[METER_COMMAND__COUNT] = {"check", "contact_create", "create", "renew",
	                                                        "info"};
	json_t *out = json_object();
	for (int i = 0; m && i < METER_COMMAND__COUNT; i++) {
		uint64_t us, n = stats_count(&m->command[i], &us);
		if (n)
			json_object_set_new(out, names[i],
			                    json_pack("{s:I, s:I}", "count", (json_int_t)n, "mean_us",
			                              (json_int_t)(us / n)));
	}
	return out;
}

static json_t *account(const struct gateway_account *a)
{
	struct pool_stats p;
	pool_stats(a->pool, &p);
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:o, s:o, s:I, s:o}", "name",
	                 a->config->name, "money", sched_out_of_money(a->sched) ? "out" : "ok", "state",
	                 observe_account_state(&p), "sessions", (int)p.ready, "wanted", (int)p.wanted,
	                 "in_flight", (int)p.in_flight, "retry_in_s", (json_int_t)(p.retry_in_ms / 1000),
	                 "lost", (json_int_t)p.lost, "messages", (json_int_t)p.messages, "last_error",
	                 text(str_c(p.last_error)), "commands", command_means(a->meter), "skew_ms",
	                 (json_int_t)p.skew_ms, "password_expires", instant(p.password_expires));
}

static json_t *registries(const struct gateway_observer *o)
{
	json_t *out = json_array();
	for (size_t i = 0; o->g->running && i < o->g->base->registry_count; i++) {
		const struct gateway_registry *r = &o->g->registries[i];
		json_t *accounts = json_array();
		for (size_t k = 0; k < r->config->account_count; k++)
			if (!r->accounts[k].closed)
				json_array_append_new(accounts, account(&r->accounts[k]));
		json_array_append_new(out, json_pack("{s:s, s:I, s:I, s:o}", "name", r->config->name, "limit",
		                                     (json_int_t)r->limits.all.limit, "used_ppm",
		                                     (json_int_t)stats_get(&o->registries[i].used.value),
		                                     "accounts", accounts));
	}
	return out;
}

/* ---- queue, partners ----------------------------------------------------------------------------------------------------- */

static json_t *items(const struct gateway_observer *o)
{
	json_t *out = json_object();
	for (int i = 0; i < ITEM_STATE__COUNT; i++)
		json_object_set_new(out, item_state_name((enum item_state)i), whole(o->items[i]));
	return out;
}

static json_t *lanes(const struct gateway_observer *o)
{
	json_t *out = json_array();
	instant_ms_t now = loop_wall(o->g->env.loop);
	for (int i = 1; i < LANE__COUNT; i++) {
		const struct observe_lane *l = &o->lanes[i];
		json_array_append_new(
		    out, json_pack("{s:s, s:I, s:I}", "lane", lane_name((uint8_t)i), "items",
		                   (json_int_t)l->count, "oldest_s",
		                   (json_int_t)(l->since == INSTANT_NONE ? 0 : (now - l->since) / 1000)));
	}
	return out;
}

static json_t *lines(struct gateway_observer *o, const char *partner)
{
	const struct meter_partner *m = meter_partner_of(o->env.meter, partner);
	return json_pack("{s:I, s:I, s:I}", "new", (json_int_t)stats_get(&m->lines[METER_LINE_NEW]),
	                 "repeated", (json_int_t)stats_get(&m->lines[METER_LINE_REPEATED]), "bad",
	                 (json_int_t)stats_get(&m->lines[METER_LINE_BAD]));
}

static json_t *partners(struct gateway_observer *o)
{
	const struct config *c = o->g->config;
	json_t *out = json_array();
	for (size_t i = 0; i < c->partner_count; i++) {
		const struct config_partner *p = &c->partners[i];
		struct observe_partner *f = observe_figures_partner(o, p->name);
		json_array_append_new(
		    out, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "name", p->name, "queued",
		                   (json_int_t)f->items, "max_queued", (json_int_t)p->max_queued.max,
		                   "limit_per_s", (json_int_t)p->lines_per_second.max, "burst",
		                   (json_int_t)p->burst, "used_ppm", (json_int_t)stats_get(&f->used.value),
		                   "weight", (json_int_t)p->weight, "lines", lines(o, p->name)));
	}
	return out;
}

/* ---- limits, policy --------------------------------------------------------------------------------------------------------- */

static bool is_idle_partner(const json_t *limit)
{
	const char *of = json_string_value(json_object_get(limit, "of"));
	return of && strncmp(of, "partner ", 8) == 0 &&
	       json_integer_value(json_object_get(limit, "used")) == 0 &&
	       json_integer_value(json_object_get(limit, "over")) == 0;
}

static json_t *limits(const struct gateway_observer *o)
{
	json_t *all = json_object_get(o->limits, "limits"), *out = json_array(), *limit;
	bool many = json_array_size(all) > LIMITS_SHOWN;
	size_t i;
	json_array_foreach(all, i, limit) if (!many || !is_idle_partner(limit)) json_array_append(out, limit);
	return out;
}

static json_t *staged(const struct rules_staged *s)
{
	return s->revision[0] ? json_pack("{s:s, s:o, s:b, s:s}", "revision", s->revision, "at",
	                                  instant(s->at), "approved", s->approved, "by", s->by.name)
	                      : json_null();
}

static json_t *policy(const struct gateway *g)
{
	const struct rules_life *l = &g->policy->life;
	return json_pack("{s:s, s:o, s:o, s:o}", "revision", g->decider ? decider_revision(g->decider) : "",
	                 "since", instant(l->since), "confirm_by", instant(l->confirm_by), "staged",
	                 staged(&l->staged));
}

/* ---- certificates, errors, progress ----------------------------------------------------------------------------------------- */

static json_t *certificates(const struct gateway_observer *o)
{
	static const char *const states[] = {[CERT_VALID] = "valid",
	                                     [CERT_RUNS_OUT] = "runs out",
	                                     [CERT_EXPIRED] = "expired",
	                                     [CERT_NOT_YET] = "not valid yet"};
	json_t *out = json_array();
	instant_ms_t now = loop_wall(o->g->env.loop) - o->g->env.loop->clock->shift_ms;
	for (size_t i = 0; i < o->cert_count; i++) {
		const struct observe_cert *c = &o->certs[i];
		json_array_append_new(out, json_pack("{s:s, s:s, s:o, s:o, s:I, s:s}", "use", c->use, "name",
		                                     c->name, "subject", text(str_c(c->subject)), "expires",
		                                     date(date_of_instant(c->not_after, HANOI_OFFSET_S)),
		                                     "days", (json_int_t)((c->not_after - now) / 86400000),
		                                     "state", states[c->validity]));
	}
	return out;
}

static json_t *errors(const struct gateway_observer *o, size_t max, uint64_t *warnings_total,
                      uint64_t *errors_total)
{
	json_t *out = json_array();
	struct log_ring_entry e[LOG_RING_MAX];
	size_t n = o->env.ring ? log_ring_read(o->env.ring, e, max, warnings_total, errors_total) : 0;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    out, json_pack("{s:o, s:o, s:I, s:s, s:s, s:o, s:o}", "at", instant(e[i].at), "last",
		                   instant(e[i].last), "count", (json_int_t)e[i].count, "level",
		                   e[i].level == LOG_ERROR ? "error" : "warning", "event", e[i].event, "text",
		                   text(str_c(e[i].text)), "fields", text(str_c(e[i].fields))));
	return out;
}

static json_t *number_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *progress(const struct gateway_observer *o)
{
	json_t *out = json_array();
	for (size_t i = 0; o->g->decider && i < o->target_count; i++) {
		struct policy_target t;
		if (strcmp(o->rules, decider_revision(o->g->decider)) != 0)
			break; /* counted for other rules: the next minute knows */
		policy_target_at(decider_rules(o->g->decider), i, &t);
		json_array_append_new(
		    out, json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
		                   "id", text(t.id), "document", text(t.document), "title", text(t.title),
		                   "verified", t.verified, "province", text(t.province), "province_list",
		                   text(t.list), "zone", text(t.zone), "from", date(t.from), "to", date(t.to),
		                   "target", number_or_null(t.count), "percent", number_or_null(t.percent),
		                   "granted_only", t.granted_only, "names",
		                   o->targets[i].known ? whole(o->targets[i].names) : json_null(), "granted",
		                   o->targets[i].known ? whole(o->targets[i].granted) : json_null()));
	}
	return out;
}

/* ---- for the control socket ---------------------------------------------------------------------------------------------- */

json_t *gateway_observe_certificates(struct gateway_observer *o)
{
	json_t *list = certificates(o);
	for (size_t i = 0; i < o->cert_count; i++)
		json_object_set_new(json_array_get(list, i), "file", text(str_c(o->certs[i].file)));
	return json_pack("{s:o}", "certificates", list);
}

json_t *gateway_observe_errors(struct gateway_observer *o)
{
	uint64_t warnings_total = 0, errors_total = 0;
	json_t *list = errors(o, LOG_RING_MAX, &warnings_total, &errors_total);
	return json_pack("{s:I, s:I, s:o}", "warnings_total", (json_int_t)warnings_total, "errors_total",
	                 (json_int_t)errors_total, "errors", list);
}

json_t *gateway_observe_ready(struct gateway_observer *o)
{
	struct http_admin_check checks[HTTP_ADMIN_CHECKS_MAX];
	static const char *const health[] = {"ok", "warning", "failed"};
	size_t n = gateway_observe_checks(o, checks, HTTP_ADMIN_CHECKS_MAX);
	json_t *list = json_array();
	bool ready = true;
	for (size_t i = 0; i < n; i++) {
		ready = ready && checks[i].health != HTTP_ADMIN_FAILS;
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "check", checks[i].name, "health",
		                                      health[checks[i].health], "text",
		                                      text(str_c(checks[i].text))));
	}
	return json_pack("{s:b, s:o}", "ready", ready, "checks", list);
}

/* For whoever looks first: how much is where, and what is not as it should be. */
void gateway_observe_add(struct gateway_observer *o, json_t *status)
{
	struct http_admin_check checks[HTTP_ADMIN_CHECKS_MAX];
	size_t n = gateway_observe_checks(o, checks, HTTP_ADMIN_CHECKS_MAX);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		if (checks[i].health != HTTP_ADMIN_FINE)
			json_array_append_new(list, json_pack("{s:s, s:o}", "check", checks[i].name, "text",
			                                      text(str_c(checks[i].text))));
	json_object_set_new(status, "items", items(o));
	json_object_set_new(status, "attention", list);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------- */

static void set_jobs(const struct gateway *g, json_t *j)
{
	struct sched_stats s = {0};
	if (g->running)
		sched_stats(g->sched, &s);
	json_object_set_new(j, "jobs",
	                    json_pack("{s:I, s:I, s:I, s:I}", "held", (json_int_t)s.jobs, "ready",
	                              (json_int_t)s.ready, "in_flight", (json_int_t)s.in_flight, "waiting",
	                              (json_int_t)s.waiting));
	json_object_set_new(j, "since_start",
	                    json_pack("{s:I, s:I, s:I, s:I}", "claimed", (json_int_t)s.claimed, "done",
	                              (json_int_t)s.done, "failed", (json_int_t)s.failed, "unknown",
	                              (json_int_t)s.unknown));
}

void gateway_observe_status(void *arg, struct buf *out)
{
	struct gateway_observer *o = arg;
	const struct gateway *g = o->g;
	uint64_t warnings_total = 0, errors_total = 0;
	gateway_observe_refresh(o);
	json_t *j =
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	              "instance", g->config->instance, "version", VNEPP_VERSION, "state", observe_state(g),
	              "since", instant(g->started_at), "now", instant(loop_wall(g->env.loop)), "sandbox",
	              g->config->sandbox, "epoch", (json_int_t)g->epoch, "rules",
	              g->decider ? decider_revision(g->decider) : "", "admission", observe_open(g),
	              "registries", registries(o), "items", items(o), "lanes", lanes(o), "partners",
	              partners(o), "certificates", certificates(o), "errors",
	              errors(o, ERRORS_SHOWN, &warnings_total, &errors_total), "progress", progress(o));
	INVARIANT(j);
	json_object_set_new(j, "policy", policy(g));
	json_object_set_new(j, "pauses", g->pauses ? json_incref(g->pauses) : json_array());
	json_object_set_new(j, "limits", limits(o));
	json_object_update_new(j, gateway_sessions(o->g)); /* sessions, endpoints */
	json_object_set_new(j, "warnings_total", whole(warnings_total));
	json_object_set_new(j, "errors_total", whole(errors_total));
	set_jobs(g, j);
	char *written = json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER);
	INVARIANT(written);
	buf_add(out, str_c(written));
	free(written);
	json_decref(j);
}
