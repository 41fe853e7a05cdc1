/* The figures that are looked up when somebody asks for /metrics, and their names. */
#include "certs/cert_info.h"
#include "daemon/api/api.h"
#include "daemon/core/log.h"
#include "daemon/core/log_ring.h"
#include "daemon/gateway_observe_int.h"
#include "daemon/net/http1.h"
#include "epp/base/alloc.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct stats *stats_of(struct gateway_observer *o)
{
	return &o->env.meter->stats;
}

/* ---- names ----------------------------------------------------------------------------------------------------------- */

static void plain(struct gateway_observer *o, struct observe_figure *f, enum stats_kind kind,
                  const char *name, const char *help)
{
	stats_register(stats_of(o), &f->value, kind, name, help, f->labels[0] ? f->labels : NULL);
}

static void micro(struct gateway_observer *o, struct observe_figure *f, const char *name, const char *help)
{
	stats_register_micro(stats_of(o), &f->value, STATS_GAUGE, name, help,
	                     f->labels[0] ? f->labels : NULL);
}

static void label(struct observe_figure *f, const char *key, const char *value)
{
	size_t len = strlen(f->labels);
	snprintf(f->labels + len, sizeof f->labels - len, "%s%s=\"%s\"", len ? "," : "", key, value);
}

static void init_process(struct gateway_observer *o)
{
	micro(o, &o->start, "process_start_time_seconds", "When the daemon was started.");
	plain(o, &o->memory, STATS_GAUGE, "process_resident_memory_bytes", "Memory in use.");
	stats_register_micro(stats_of(o), &o->cpu.value, STATS_COUNTER, "process_cpu_seconds_total",
	                     "Processor time used.", NULL);
	plain(o, &o->fds, STATS_GAUGE, "process_open_fds", "Open file descriptors.");
	plain(o, &o->turns, STATS_COUNTER, "vnepp_loop_turns_total", "Turns of the event loop.");
}

static void init_whole(struct gateway_observer *o)
{
	label(&o->build, "version", VNEPP_VERSION);
	label(&o->policy, "revision", "");
	label(&o->store_last, "what", "store");
	label(&o->reload_last, "what", "reload");
	label(&o->admission_last, "what", "admission");
	label(&o->warnings, "level", "warning");
	label(&o->errors, "level", "error");
	plain(o, &o->build, STATS_GAUGE, "vnepp_build_info", "The version; always 1.");
	plain(o, &o->policy, STATS_GAUGE, "vnepp_policy_info",
	      "The revision of the rules in force; always 1.");
	plain(o, &o->ready, STATS_GAUGE, "vnepp_ready", "1 when /readyz says so.");
	plain(o, &o->admission, STATS_GAUGE, "vnepp_admission_open", "1 when batches can be admitted.");
	plain(o, &o->pauses, STATS_GAUGE, "vnepp_pauses", "What operators and messages have paused.");
	plain(o, &o->pending, STATS_GAUGE, "vnepp_store_pending", "Operations that wait for the store.");
	plain(o, &o->connections, STATS_GAUGE, "vnepp_api_connections", "Open connections of partners.");
	plain(o, &o->displaced, STATS_COUNTER, "vnepp_api_displaced_total",
	      "Connections closed because they asked nothing while others needed the place.");
	plain(o, &o->crowded, STATS_COUNTER, "vnepp_api_crowded_total",
	      "Connections refused: all others had requests under way.");
	plain(o, &o->dropped, STATS_COUNTER, "vnepp_log_dropped_total",
	      "Log lines lost: the reader was too slow.");
	plain(o, &o->warnings, STATS_COUNTER, "vnepp_log_events_total", "Warnings and errors in the log.");
	plain(o, &o->errors, STATS_COUNTER, "vnepp_log_events_total", "Warnings and errors in the log.");
	micro(o, &o->store_last, "vnepp_last_success_timestamp_seconds",
	      "When it last went well; 0: not since the start.");
	micro(o, &o->admission_last, "vnepp_last_success_timestamp_seconds",
	      "When it last went well; 0: not since the start.");
	micro(o, &o->reload_last, "vnepp_last_success_timestamp_seconds",
	      "When it last went well; 0: not since the start.");
}

static void init_items(struct gateway_observer *o)
{
	static const char *const jobs[] = {"ready", "in_flight", "waiting"};
	for (int i = 0; i < ITEM_STATE__COUNT; i++) {
		label(&o->states[i], "state", item_state_name((enum item_state)i));
		plain(o, &o->states[i], STATS_GAUGE, "vnepp_items_stored",
		      "Items of all batches by state; queued ones may be on their way.");
	}
	for (int i = 0; i < 3; i++) {
		label(&o->jobs[i], "state", jobs[i]);
		plain(o, &o->jobs[i], STATS_GAUGE, "vnepp_jobs",
		      "Items taken out of the queue, by where they are.");
	}
	for (int i = 1; i < LANE__COUNT; i++) {
		label(&o->lanes[i].items, "lane", lane_name((uint8_t)i));
		label(&o->lanes[i].oldest, "lane", lane_name((uint8_t)i));
		plain(o, &o->lanes[i].items, STATS_GAUGE, "vnepp_queue_items",
		      "Items that wait to be sent; of batches with several lanes at most so many.");
		micro(o, &o->lanes[i].oldest, "vnepp_queue_oldest_seconds",
		      "Age of the oldest batch with a waiting item.");
		o->lanes[i].since = INSTANT_NONE;
	}
}

/* ---- registries and accounts ------------------------------------------------------------------------------------------ */

static void label_account(struct observe_figure *f, const struct gateway_account *a)
{
	label(f, "registry", a->registry->config->name);
	label(f, "account", a->config->name);
}

static void session_figure(struct gateway_observer *o, struct observe_figure *f,
                           const struct gateway_account *a, const char *state)
{
	label_account(f, a);
	label(f, "state", state);
	plain(o, f, STATS_GAUGE, "vnepp_sessions", "EPP sessions; wanted: as many as there should be.");
}

static void account_figure(struct gateway_observer *o, struct observe_figure *f,
                           const struct gateway_account *a, enum stats_kind kind, const char *name,
                           const char *help)
{
	label_account(f, a);
	plain(o, f, kind, name, help);
}

static void init_account(struct gateway_observer *o, const struct gateway_account *a,
                         struct observe_account *f)
{
	session_figure(o, &f->ready, a, "ready");
	session_figure(o, &f->connecting, a, "connecting");
	session_figure(o, &f->wanted, a, "wanted");
	account_figure(o, &f->in_flight, a, STATS_GAUGE, "vnepp_commands_in_flight",
	               "Commands that wait for the registry's answer.");
	account_figure(o, &f->stopped, a, STATS_GAUGE, "vnepp_account_stopped",
	               "1 when the account cannot log in and does not try again.");
	account_figure(o, &f->opened, a, STATS_COUNTER, "vnepp_sessions_opened_total", "Connections begun.");
	account_figure(o, &f->lost, a, STATS_COUNTER, "vnepp_sessions_lost_total",
	               "Connections that ended otherwise than by our log-out.");
	account_figure(o, &f->messages, a, STATS_COUNTER, "vnepp_poll_messages_total",
	               "Messages taken from the poll queue.");
	label_account(&f->skew, a);
	micro(o, &f->skew, "vnepp_registry_clock_skew_seconds", "The registry's clock minus ours.");
	label_account(&f->password, a);
	micro(o, &f->password, "vnepp_registry_password_expiry_timestamp_seconds",
	      "When the password ends, as the registry said at log-in; 0: it did not.");
	label(&f->last, "what", "registry");
	label_account(&f->last, a);
	micro(o, &f->last, "vnepp_last_success_timestamp_seconds",
	      "When it last went well; 0: not since the start.");
}

static void init_registry(struct gateway_observer *o, const struct gateway_registry *r,
                          struct observe_registry *f)
{
	label(&f->used, "registry", r->config->name);
	label(&f->taken, "registry", r->config->name);
	micro(o, &f->used, "vnepp_registry_limit_used_ratio",
	      "Commands of the last ten seconds against the registry's ceiling; 0 without one.");
	plain(o, &f->taken, STATS_COUNTER, "vnepp_registry_limit_taken_total",
	      "Commands counted against the registry's ceiling.");
}

void observe_figures_init(struct gateway_observer *o)
{
	struct gateway *g = o->g;
	size_t n = gateway_account_count(g);
	o->registries = xcalloc(g->base->registry_count + 1, sizeof *o->registries);
	o->accounts = xcalloc(n + 1, sizeof *o->accounts);
	o->certs = xcalloc(OBSERVE_CERTS_MAX, sizeof *o->certs);
	init_whole(o);
	init_process(o);
	init_items(o);
	for (size_t i = 0; i < g->base->registry_count; i++)
		init_registry(o, &g->registries[i], &o->registries[i]);
	for (size_t i = 0; i < n; i++)
		init_account(o, gateway_account_at(g, i), &o->accounts[i]);
	observe_figures_config(o);
}

/* ---- partners and certificates ----------------------------------------------------------------------------------------- */

struct observe_partner *observe_figures_partner(struct gateway_observer *o, const char *name)
{
	list_for_each (n, &o->partners) {
		struct observe_partner *p = LIST_ITEM(n, struct observe_partner, node);
		if (strcmp(p->name, name) == 0)
			return p;
	}
	struct observe_partner *p = xcalloc(1, sizeof *p);
	snprintf(p->name, sizeof p->name, "%s", name);
	label(&p->queued, "partner", name);
	label(&p->used, "partner", name);
	plain(o, &p->queued, STATS_GAUGE, "vnepp_partner_queue_items",
	      "Items of a partner that wait to be sent.");
	micro(o, &p->used, "vnepp_partner_limit_used_ratio",
	      "How much of a partner's allowance of lines is used up.");
	(void)meter_partner_of(o->env.meter, name); /* so that its counters are there from the start */
	list_push(&o->partners, &p->node);
	return p;
}

/* The system's time, not a sandbox's: certificates know no other. */
static instant_ms_t system_now(const struct gateway_observer *o)
{
	return loop_wall(o->g->env.loop) - o->g->env.loop->clock->shift_ms;
}

static void add_cert(struct gateway_observer *o, const char *use, const char *name,
                     const struct cert_info *info, const char *file)
{
	if (o->cert_count == OBSERVE_CERTS_MAX)
		return;
	struct observe_cert *c = &o->certs[o->cert_count++];
	struct errmsg why;
	*c = (struct observe_cert){.not_after = info->not_after,
	                           .validity = cert_info_validity(info, system_now(o), &why)};
	snprintf(c->file, sizeof c->file, "%s", file ? file : "");
	snprintf(c->use, sizeof c->use, "%s", use);
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->subject, sizeof c->subject, "%s", info->subject);
	label(&c->expiry, "use", use);
	label(&c->expiry, "name", name);
	if (info->is_list)
		micro(o, &c->expiry, "vnepp_revocation_list_expiry_timestamp_seconds",
		      "When a list of revoked certificates runs out; then everybody is refused.");
	else
		micro(o, &c->expiry, "vnepp_certificate_expiry_timestamp_seconds",
		      "When a certificate ceases to be valid.");
	stats_set(&c->expiry.value, info->not_after * 1000);
}

/* A file that cannot be read is told where it is used. */
static void add_cert_file(struct gateway_observer *o, const char *use, const char *name, const char *file)
{
	struct cert_info info;
	if (file && cert_info_load(&info, file, NULL) == OK)
		add_cert(o, use, name, &info, file);
}

static void add_list_file(struct gateway_observer *o, const char *use, const char *name, const char *file)
{
	struct cert_info info;
	if (file && cert_info_load_list(&info, file, NULL) == OK)
		add_cert(o, use, name, &info, file);
}

static void read_certs(struct gateway_observer *o)
{
	const struct config *c = o->g->config;
	for (size_t i = 0; i < o->cert_count; i++)
		stats_unregister(&o->certs[i].expiry.value.entry);
	o->cert_count = 0;
	add_cert_file(o, "api", c->instance, c->api_certificate);
	add_cert_file(o, "partners_ca", c->instance, c->api_client_ca);
	add_list_file(o, "partners_crl", c->instance, c->api_client_crl);
	for (size_t i = 0; i < o->g->base->registry_count; i++) {
		const struct config_registry *r = &o->g->base->registries[i];
		add_cert_file(o, "registry_ca", r->name, r->ca_file);
		add_list_file(o, "registry_crl", r->name, r->crl_file);
	}
	for (size_t i = 0; i < gateway_account_count(o->g); i++) {
		const struct gateway_account *a = gateway_account_at(o->g, i);
		const struct cert_info *info = a->way->tls ? tls_ctx_cert(a->way->tls) : NULL;
		if (info)
			add_cert(o, "registry_client", a->name, info, a->way->account_config->certificate);
	}
}

void observe_figures_config(struct gateway_observer *o)
{
	const struct config *c = o->g->config;
	for (size_t i = 0; i < c->partner_count; i++)
		(void)observe_figures_partner(o, c->partners[i].name);
	read_certs(o);
}

/* ---- the end ------------------------------------------------------------------------------------------------------------- */

static void gone(struct observe_figure *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		stats_unregister(&f[i].value.entry);
}

static void fini_whole(struct gateway_observer *o)
{
	struct observe_figure *const all[] = {
	    &o->build,     &o->start,   &o->ready,       &o->admission,  &o->policy,         &o->dropped,
	    &o->warnings,  &o->errors,  &o->connections, &o->turns,      &o->memory,         &o->cpu,
	    &o->fds,       &o->pending, &o->pauses,      &o->store_last, &o->admission_last, &o->reload_last,
	    &o->displaced, &o->crowded};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		gone(all[i], 1);
	gone(o->states, ARRAY_LEN(o->states));
	gone(o->jobs, ARRAY_LEN(o->jobs));
	for (int i = 0; i < LANE__COUNT; i++) {
		gone(&o->lanes[i].items, 1);
		gone(&o->lanes[i].oldest, 1);
	}
}

void observe_figures_fini(struct gateway_observer *o)
{
	struct list_node *n;
	fini_whole(o);
	for (size_t i = 0; i < o->g->base->registry_count; i++) {
		gone(&o->registries[i].used, 1);
		gone(&o->registries[i].taken, 1);
	}
	for (size_t i = 0; i < gateway_account_count(o->g); i++)
		gone(&o->accounts[i].ready, sizeof o->accounts[i] / sizeof(struct observe_figure));
	for (size_t i = 0; i < o->cert_count; i++)
		gone(&o->certs[i].expiry, 1);
	while ((n = list_pop(&o->partners))) {
		struct observe_partner *p = LIST_ITEM(n, struct observe_partner, node);
		gone(&p->queued, 1);
		gone(&p->used, 1);
		free(p);
	}
	free(o->registries);
	free(o->accounts);
	free(o->certs);
}

/* ---- bringing them up to date --------------------------------------------------------------------------------------------- */

void observe_figures_rates(struct gateway_observer *o, uint64_t elapsed_ms)
{
	for (size_t i = 0; i < o->g->base->registry_count; i++) {
		const struct ceiling *c = &o->g->registries[i].limits.all;
		struct observe_registry *f = &o->registries[i];
		uint64_t taken = c->taken - f->taken_before;
		f->taken_before = c->taken;
		stats_set(&f->used.value,
		          c->limit && elapsed_ms ? (int64_t)(taken * 1000000000 / elapsed_ms / c->limit) : 0);
	}
}

/* Microseconds since 1970 of a moment of the loop's or the monotonic clock; 0 stays 0. */
static int64_t wall_of(const struct gateway_observer *o, uint64_t now_us, int64_t then_us)
{
	return then_us ? loop_wall(o->g->env.loop) * 1000 - ((int64_t)now_us - then_us) : 0;
}

static void refresh_accounts(struct gateway_observer *o)
{
	struct loop *loop = o->g->env.loop;
	for (size_t i = 0; o->g->running && i < gateway_account_count(o->g); i++) {
		const struct gateway_account *a = gateway_account_at(o->g, i);
		struct observe_account *f = &o->accounts[i];
		struct pool_stats p;
		pool_stats(a->pool, &p);
		stats_set(&f->ready.value, p.ready);
		stats_set(&f->connecting.value, p.connecting);
		stats_set(&f->wanted.value, a->closed ? 0 : p.wanted);
		stats_set(&f->skew.value, p.skew_ms * 1000);
		stats_set(&f->password.value,
		          p.password_expires == INSTANT_NONE ? 0 : p.password_expires * 1000);
		stats_set(&f->in_flight.value, p.in_flight);
		stats_set(&f->stopped.value, p.stopped);
		stats_set(&f->opened.value, (int64_t)p.opened);
		stats_set(&f->lost.value, (int64_t)p.lost);
		stats_set(&f->messages.value, (int64_t)p.messages);
		int64_t last_ms = a->meter ? atomic_load(&a->meter->last_ms) : 0;
		stats_set(&f->last.value, wall_of(o, loop_now(loop) * 1000, last_ms * 1000));
	}
	for (size_t i = 0; i < o->g->base->registry_count; i++)
		stats_set(&o->registries[i].taken.value, (int64_t)o->g->registries[i].limits.all.taken);
}

static void refresh_items(struct gateway_observer *o)
{
	struct sched_stats s = {0};
	instant_ms_t now = loop_wall(o->g->env.loop);
	if (o->g->running)
		sched_stats(o->g->sched, &s);
	stats_set(&o->jobs[0].value, (int64_t)s.ready);
	stats_set(&o->jobs[1].value, (int64_t)s.in_flight);
	stats_set(&o->jobs[2].value, (int64_t)s.waiting);
	for (int i = 0; i < ITEM_STATE__COUNT; i++)
		stats_set(&o->states[i].value, (int64_t)o->items[i]);
	for (int i = 1; i < LANE__COUNT; i++) {
		struct observe_lane *l = &o->lanes[i];
		stats_set(&l->items.value, (int64_t)l->count);
		stats_set(&l->oldest.value, l->since == INSTANT_NONE ? 0 : (now - l->since) * 1000);
	}
	list_for_each (n, &o->partners) {
		struct observe_partner *p = LIST_ITEM(n, struct observe_partner, node);
		stats_set(&p->queued.value, (int64_t)p->items);
		stats_set(&p->used.value, o->g->api ? api_limit_used_ppm(o->g->api, p->name) : 0);
	}
}

static int64_t open_fds(void)
{
	int64_t n = -1; /* the folder itself is one while it is read */
	DIR *d = opendir("/proc/self/fd");
	if (!d)
		return 0;
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int64_t resident_bytes(void)
{
	long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static void refresh_process(struct gateway_observer *o)
{
	struct rusage u;
	if (getrusage(RUSAGE_SELF, &u) == 0)
		stats_set(&o->cpu.value, (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
		                             u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	stats_set(&o->memory.value, resident_bytes());
	stats_set(&o->fds.value, open_fds());
	stats_set(&o->start.value, o->g->started_at * 1000);
	stats_set(&o->turns.value, (int64_t)o->g->env.loop->turns);
}

static void refresh_whole(struct gateway_observer *o)
{
	struct gateway *g = o->g;
	uint64_t warnings = 0, errors = 0;
	if (o->env.ring)
		(void)log_ring_read(o->env.ring, NULL, 0, &warnings, &errors);
	stats_set(&o->build.value, 1);
	stats_set(&o->ready.value, observe_open(g));
	stats_set(&o->admission.value, observe_open(g));
	stats_set(&o->policy.value, g->decider != NULL);
	snprintf(o->policy.labels, sizeof o->policy.labels, "revision=\"%s\"",
	         g->decider ? decider_revision(g->decider) : "");
	stats_set(&o->dropped.value, o->env.sink ? (int64_t)log_dropped(o->env.sink) : 0);
	stats_set(&o->warnings.value, (int64_t)warnings);
	stats_set(&o->errors.value, (int64_t)errors);
	stats_set(&o->pauses.value, (int64_t)json_array_size(g->pauses));
	stats_set(&o->pending.value, (int64_t)g->env.writer->pending(g->env.writer));
	stats_set(&o->connections.value, g->api ? (int64_t)gateway_http(g)->conns.count : 0);
	stats_set(&o->displaced.value, g->api ? (int64_t)gateway_http(g)->displaced : 0);
	stats_set(&o->crowded.value, g->api ? (int64_t)gateway_http(g)->crowded : 0);
	stats_set(&o->admission_last.value,
	          wall_of(o, loop_now(g->env.loop) * 1000, (int64_t)o->env.meter->admitted_ms * 1000));
	struct clock *c = g->env.loop->clock;
	stats_set(&o->store_last.value,
	          wall_of(o, c->mono_us(c), atomic_load(&o->env.meter->writer.last_us)));
}

void gateway_observe_refresh(void *arg)
{
	struct gateway_observer *o = arg;
	refresh_whole(o);
	refresh_process(o);
	refresh_items(o);
	refresh_accounts(o);
}
