/* The world of one seed: network, registry, store, and a gateway that is killed and started again. */
#include "daemon/net/http1.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "policy/policy.h"
#include "tests/regsim/regsim_stream.h"
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WALL_START  1795140000000 /* 2026-11-20T09:00:00+07:00 */
#define SUBMIT_MS   120000        /* batches begin within this time */
#define FAULTS_MS   900000        /* then the registry behaves */
#define SEED_END_MS 86400000      /* what does not come to rest in a day of virtual time never will */

void sim_wrong(struct sim_world *w, const char *fmt, ...)
{
	va_list ap;
	if (w->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->why, sizeof w->why, fmt, ap);
	va_end(ap);
}

/* ---- the log: every event goes into the hash ------------------------------------------------------------------------ */

static void write_event(struct log *log, enum log_level level, const char *event, const char *msg,
                        const struct log_field *fields, size_t n)
{
	struct sim_world *w = CONTAINER_OF(log, struct sim_world, log);
	struct buf line;
	buf_init(&line, 1u << 16);
	buf_printf(&line, "%llu %d %s %s", (unsigned long long)(w->v.now_us / 1000), (int)level, event,
	           msg ? msg : "");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&line, " %s=", fields[i].key);
		if (fields[i].type == LOG_FIELD_STR)
			buf_add(&line, fields[i].str);
		else if (fields[i].type == LOG_FIELD_U64)
			buf_printf(&line, "%llu", (unsigned long long)fields[i].u64);
		else
			buf_printf(&line, "%lld", (long long)fields[i].i64);
	}
	buf_lit(&line, "\n");
	sha256_stream_add(w->events, buf_str(&line));
	w->event_count++;
	if (w->verbose)
		fprintf(stderr, "%s", buf_cstr(&line));
	buf_fini(&line);
}

/* ---- the registry ------------------------------------------------------------------------------------------------------ */

static void on_registry_stream(void *arg, struct stream *s)
{
	regsim_serve_stream(((struct sim_world *)arg)->registry, s);
}

/* Each seed has its own mixture: some are calm, some storms, some have one fault only. */
static void choose_faults(struct sim_world *w, struct regsim_faults *f)
{
	unsigned scale = (unsigned)rng_below(&w->rng, 4);
	*f = (struct regsim_faults){
	    .delay_min_ms = 10, .delay_max_ms = 4000, .late_min_ms = 10, .late_max_ms = 28000};
	for (int i = 1; i < REGSIM_FAULT__COUNT; i++)
		if (rng_below(&w->rng, 3) > 0)
			f->per_mille[i] = (uint16_t)rng_below(&w->rng, 1 + (w->rush ? 2 : 6) * scale);
}

static void make_registry(struct sim_world *w)
{
	static const struct regsim_account accounts[] = {
	    {.login = "gateway1", .password = "secret-password", .balance_vnd = INT64_MAX / 4},
	    {.login = "gateway2", .password = "secret-password", .balance_vnd = INT64_MAX / 4}};
	struct regsim_options o;
	struct regsim_faults f;
	regsim_options_init(&o);
	o.seed = rng_u64(&w->rng);
	o.accounts = accounts;
	o.account_count = ARRAY_LEN(accounts);
	o.date_offset_s = HANOI_OFFSET_S;
	o.delay_ms = 20;
	o.pending_per_mille = (uint16_t)(rng_below(&w->rng, 2) * 40);
	o.refuse_per_mille = 300;
	o.pending_min_ms = 1000;
	o.pending_max_ms = 120000;
	o.ledger = REGSIM_LEDGER_TRANSFORMS;
	o.xsd_dir =
	    w->rush ? NULL : getenv("VNEPP_XSD_DIR"); /* as many frames as in all other seeds together */
	o.grammar = getenv("VNEPP_GRAMMAR");
	o.low_balance_vnd = rng_below(&w->rng, 2) ? 200000 : 0;
	w->registry = regsim_new(&o, &w->v.loop);
	choose_faults(w, &f);
	regsim_faults_set(w->registry, &f);
	mem_net_listen(w->net, "registry", "registry", 700, on_registry_stream, w);
	INVARIANT(regsim_seed_contact(w->registry, "CU0", "gateway1") &&
	          regsim_seed_contact(w->registry, "CU1", "gateway2"));
	char name[64];
	int partner;
	date_t created, expires;
	for (int i = 0; sim_history_name(i, name, &partner, &created, &expires); i++) {
		const char *login = partner == 0 ? "gateway1" : "gateway2";
		INVARIANT(regsim_seed_domain(w->registry, str_c(name), login, partner == 0 ? "CU0" : "CU1",
		                             instant_of_date(created, HANOI_OFFSET_S),
		                             instant_of_date(expires, HANOI_OFFSET_S)));
	}
}

/* ---- the gateway's process -------------------------------------------------------------------------------------------- */

/* Killed: the network forgets its ends, everything in its memory is gone. */
static void forget(struct sim_world *w, bool power)
{
	mem_net_crash(w->net, "gateway");
	loop_timer_cancel(&w->v.loop, &w->next_start);
	loop_timer_cancel(&w->v.loop, &w->next_import);
	sim_disk_crash(w, power);
	w->ready = false;
	w->loop = NULL;
	w->gateway = NULL;
	w->executor = NULL;
}

static void import_history(struct sim_world *w);

static void on_import_again(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_import);
	if (w->ready)
		import_history(w);
}

static void on_imported(void *arg, const char *why, uint64_t added, uint64_t replaced)
{
	struct sim_world *w = arg;
	(void)added;
	(void)replaced;
	if (why && !sim_disk_has_failed(w))
		sim_wrong(w, "import: %s", why);
	w->imported = !why;
	w->next_import.fire = on_import_again;
	if (why)
		loop_timer_set(&w->v.loop, &w->next_import, 1000);
}

static void import_history(struct sim_world *w)
{
	char name[64], a[DATE_TEXT_MAX], b[DATE_TEXT_MAX], partner_name[8];
	int partner;
	date_t created, expires;
	json_t *rows = json_array();
	for (int i = 0; sim_history_name(i, name, &partner, &created, &expires); i++) {
		snprintf(partner_name, sizeof partner_name, "p%d", partner);
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "domain", name, "partner",
		                                      partner_name, "created", date_format(a, created),
		                                      "expires", date_format(b, expires), "grant_from", a));
	}
	gateway_import(w->gateway, rows, on_imported, w);
	json_decref(rows);
}

/* What supervises the process starts it again. */
static void on_start_again(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_start);
	LOG(&w->log, LOG_NOTICE, "sim.start_again", "it had not started");
	forget(w, false);
	sim_boot(w);
}

static void on_ready(void *arg, const char *why)
{
	struct sim_world *w = arg;
	w->next_start.fire = on_start_again;
	if (why && sim_disk_has_failed(w)) {
		loop_timer_set(&w->v.loop, &w->next_start, 1000);
		return;
	}
	if (why) {
		sim_wrong(w, "the gateway did not start: %s", why);
		return;
	}
	w->ready = true;
	mem_net_listen(w->net, "gateway", "api", 443, http_server_on_stream, gateway_http(w->gateway));
	if (!w->imported)
		import_history(w);
}

static void on_stopped(void *arg)
{
	struct sim_world *w = arg;
	w->stopped = true;
}

void sim_boot(struct sim_world *w)
{
	struct errmsg e;
	w->ready = w->stopped = w->reloading = false;
	w->loop = xcalloc(1, sizeof *w->loop);
	loop_init(w->loop, &w->v.clock);
	w->gateway_rng = xcalloc(1, sizeof *w->gateway_rng);
	rng_init_seed(w->gateway_rng, rng_u64(&w->rng));
	sim_disk_open(w);
	w->executor = store_inline_new(w->loop, w->disk.store, w->gateway_rng);
	mem_dialer_init(&w->dialer, w->net, "gateway");
	struct gateway_env env = {.loop = w->loop,
	                          .rng = w->gateway_rng,
	                          .dialer = &w->dialer.dialer,
	                          .writer = w->executor,
	                          .reader = w->executor,
	                          .log = &w->log,
	                          .plain = true,
	                          .on_ready = on_ready,
	                          .on_stopped = on_stopped,
	                          .arg = w};
	sim_watch_limit(w);
	INVARIANT(gateway_new(&env, sim_config(w), w->setup->rules, &w->gateway, &e) == OK);
	gateway_start(w->gateway);
}

static void plan_crash(struct sim_world *w);

static void on_crash(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, next_crash);
	w->crashes++;
	LOG(&w->log, LOG_NOTICE, "sim.crash", "killed", F_U64("n", w->crashes));
	forget(w, true);
	sim_boot(w);
	plan_crash(w);
}

static void plan_crash(struct sim_world *w)
{
	if (w->crashes_left == 0)
		return;
	w->crashes_left--;
	w->next_crash.fire = on_crash;
	loop_timer_set(&w->v.loop, &w->next_crash, 1 + rng_below(&w->rng, 60000));
}

/* ---- time ----------------------------------------------------------------------------------------------------------------- */

bool sim_step(struct sim_world *w)
{
	loop_turn(&w->v.loop);
	loop_turn(w->loop);
	uint64_t a = loop_next_deadline(&w->v.loop), b = loop_next_deadline(w->loop);
	uint64_t next = a < b ? a : b;
	if (next == LOOP_NEVER)
		return false;
	if (next > w->v.now_us / 1000)
		w->v.now_us = next * 1000;
	w->loop->stale = true; /* as after every wait: the network's events come before its next turn */
	return true;
}

static uint64_t elapsed_ms(const struct sim_world *w)
{
	return w->v.now_us / 1000 - 1000000;
}

static bool all_fetched(const struct sim_world *w)
{
	for (size_t i = 0; i < w->batch_count; i++)
		if (w->batches[i].state != SIM_FETCHED)
			return false;
	return true;
}

/* Results are fetched anew when the registry has nothing more to come: a late message may have settled something. */
static void run_to_the_end(struct sim_world *w)
{
	bool calm = false;
	while (!w->why[0] && elapsed_ms(w) < SEED_END_MS) {
		if (!calm && elapsed_ms(w) > FAULTS_MS) {
			calm = true;
			regsim_faults_switch(w->registry, false);
			sim_disk_calm(w);
			sim_office_calm(w);
			sim_law_calm(w);
			sim_desk_calm(w);
			sim_rush_calm(w);
		}
		if (calm && all_fetched(w) && regsim_outstanding(w->registry) == 0 &&
		    regsim_poll_count(w->registry, "gateway1") == 0 &&
		    regsim_poll_count(w->registry, "gateway2") == 0)
			break;
		if (!sim_step(w))
			break;
	}
}

/* A graceful stop at the end: everything is put away, nothing is left open. */
static void stop_gracefully(struct sim_world *w)
{
	uint64_t limit = elapsed_ms(w) + 120000;
	mem_net_unlisten(w->net, "api", 443);
	gateway_stop(w->gateway);
	while (!w->stopped && elapsed_ms(w) < limit && sim_step(w)) {
	}
	if (!w->stopped)
		sim_wrong(w, "the gateway did not stop within two minutes");
}

/* A rush is larger and rougher, and its network is not cut into pieces. */
static void plan(struct sim_world *w)
{
	w->crashes_left = (unsigned)rng_below(&w->rng, 5);
	w->batch_count = 1 + rng_below(&w->rng, SIM_PLAIN_BATCHES);
	if (!w->rush)
		return;
	w->crashes_left += 3;
	w->batch_count = SIM_BATCHES_MAX;
	w->config = (size_t)rng_below(&w->rng, SIM_RUSH_LIMITS);
	sim_rush_init(w);
}

void sim_run(const struct sim_setup *setup, uint64_t seed, bool rush, bool verbose, struct sim_report *out)
{
	struct sim_world *w = xcalloc(1, sizeof *w);
	struct mem_opts opts = {0};
	struct sha256 digest;
	*out = (struct sim_report){0};
	w->setup = setup;
	w->seed = seed;
	w->verbose = verbose;
	w->rush = rush;
	rng_init_seed(&w->rng, seed);
	vloop_init(&w->v, WALL_START);
	w->log = (struct log){.level = LOG_DEBUG, .write = write_event};
	w->events = sha256_stream_new();
	opts.latency_ms = rng_below(&w->rng, 30);
	opts.jitter_ms = rng_below(&w->rng, 20);
	/* In half of the rushes the network takes little at a time: frames wait for the registry to read. */
	opts.window_bytes = rush && seed % 2 ? 6000 + seed % 8000 : 0;
	opts.piece_max = !rush && rng_below(&w->rng, 4) == 0 ? 1 + rng_below(&w->rng, 100) : 0;
	w->net = mem_net_new(&w->v.loop, &opts, rng_u64(&w->rng));
	make_registry(w);
	sim_office_init(w);
	sim_law_init(w);
	sim_desk_init(w);
	sim_disk_init(w);
	sim_watch_init(w);
	plan(w);
	sim_boot(w);
	plan_crash(w);
	for (size_t i = 0; i < w->batch_count; i++) {
		sim_batch_make(&w->batches[i], w, (int)rng_below(&w->rng, SIM_PARTNERS), (int)i);
		sim_batch_start(&w->batches[i], 2000 + rng_below(&w->rng, SUBMIT_MS));
	}
	run_to_the_end(w);
	if (regsim_stats(w->registry)->xsd_failed)
		sim_wrong(w, "%llu frames are not valid",
		          (unsigned long long)regsim_stats(w->registry)->xsd_failed);
	if (!w->why[0])
		sim_check(w, out);
	if (!w->why[0])
		sim_feed_check(w);
	if (!w->why[0])
		out->revisions = sim_law_check(w);
	if (!w->why[0])
		out->decisions = sim_record_check(w);
	if (!w->why[0])
		sim_desk_check(w);
	if (!w->why[0])
		stop_gracefully(w);
	out->crashes = w->crashes;
	sim_watch_report(w, out);
	out->faults = w->disk.faults;
	out->event_count = w->event_count;
	sha256_stream_finish(w->events, &digest);
	memcpy(out->events, digest.bytes, sizeof out->events);
	memcpy(out->why, w->why, sizeof out->why);
}
