/*
 * The whole gateway in one process under a virtual clock, for tests of what it does with rule sets: a store that stays over
 * its restarts and can be made to fail, a registry, partners' HTTP clients (tests/sim), and rule sets made from the shipped
 * ones. Runs from the top of the tree.
 */
#ifndef VNEPP_TESTS_UNIT_GATEWAY_WORLD_H
#define VNEPP_TESTS_UNIT_GATEWAY_WORLD_H

#include "daemon/job/rules_life.h"
#include "daemon/net/http1.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "policy/policy.h"
#include "tests/harness/folder.h"
#include "tests/regsim/regsim_stream.h"
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define WALL_START   1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define MINUTE       60000ll
#define REVISION_MAX RULES_REVISION_MAX
#define LIVES_MAX    256

enum mode { MODE_STAGED, MODE_FILES, MODE_SANDBOX, MODE__COUNT };

/* Which operations of the store fail. */
struct faulty {
	struct store_backend backend;
	struct store_backend *real; /* owned */
	bool failing;
	enum store_op_type type; /* of these */
};

struct world {
	struct sim_world sim; /* network, clock and random numbers; the gateway is ours */
	struct folder dir;
	struct config *configs[MODE__COUNT];
	enum mode mode;
	struct policy_ruleset *base; /* the shipped one */
	struct faulty store;
	struct store_executor *executor;
	struct rng gateway_rng;
	char why[512];    /* why it did not start; empty: it did */
	struct buf log;   /* events of rule sets, one line each */
	json_t *answer;   /* owned; of the last question */
	char error[1024]; /* of the last question or reload; empty: none */
	bool answered;
	/* told of every event of a rule set, before it is logged */
	void (*on_rules)(struct world *w, const char *active);
	void *arg;
};

static const struct gateway_asker an = {1001, "an"}, binh = {1002, "binh"};

/* ---- files ------------------------------------------------------------------------------------------------------------- */

static const char world_config[] =
    "instance: test\n%s"
    "store: {path: test.db}\n"
    "api: {listen: \"127.0.0.1:0\", certificate: cert.pem, key: key.pem, client_ca: cert.pem}\n"
    "policy: {rules: \".\", activate: %s}\n"
    "stop_timeout: 20s\n"
    "partners: partners.yaml\n"
    "registries:\n"
    "  - name: sim\n"
    "    endpoints: [\"registry:700\"]\n"
    "    zones: [id.vn, biz.vn, com.vn]\n"
    "    dates: \"+07:00\"\n"
    "    settle: 15s\n"
    "    accounts:\n"
    "      - {name: one, login: gateway1, password_file: pw, sessions: 3, window: 4}\n";

static const char world_partners[] =
    "partners:\n"
    "  - {name: p0, certificates: [{san_dns: partner0.sim}], account: one}\n"
    "  - {name: p1, certificates: [{san_dns: partner1.sim}], account: one}\n";

static inline void world_setup(struct world *w)
{
	static const char *const sandbox[MODE__COUNT] = {"", "", "sandbox: {}\n"};
	static const char *const activate[MODE__COUNT] = {"staged", "files", "staged"};
	char text[4096];
	struct diag d;
	folder_make(&w->dir);
	folder_put(&w->dir, "pw", "secret-password\n");
	folder_put(&w->dir, "cert.pem", "not looked at\n");
	folder_put(&w->dir, "key.pem", "not looked at\n");
	folder_put(&w->dir, "partners.yaml", world_partners);
	diag_init(&d);
	for (int i = 0; i < MODE__COUNT; i++) {
		snprintf(text, sizeof text, world_config, sandbox[i], activate[i]);
		folder_put(&w->dir, "vneppd.yaml", text);
		w->configs[i] = config_load(folder_at(&w->dir, "vneppd.yaml"), 0, &d);
		INVARIANT(w->configs[i]);
	}
	w->base = policy_load_dir("policy/rules", NULL, &d);
	INVARIANT(w->base);
	diag_fini(&d);
}

/* The shipped rule set with its `n`th wording: another revision that decides alike. `broken`: cut off in the middle. */
static inline struct str world_text(struct world *w, int n, bool broken, struct buf *room)
{
	buf_clear(room);
	sim_law_text(w->base, n, room);
	struct str all = buf_str(room);
	return broken ? str_make(all.ptr, all.len / 2) : all;
}

static inline struct policy_ruleset *world_rules(struct world *w, int n)
{
	struct diag d;
	struct buf room;
	diag_init(&d);
	buf_init(&room, 16u << 20);
	struct policy_text t = {"variant", world_text(w, n, false, &room)};
	struct policy_ruleset *r = policy_load_texts(&t, 1, &d);
	INVARIANT(r);
	buf_fini(&room);
	diag_fini(&d);
	return r;
}

static inline void world_revision(struct world *w, int n, char out[REVISION_MAX])
{
	struct policy_ruleset *r = world_rules(w, n);
	snprintf(out, REVISION_MAX, "%s", policy_revision(r));
	policy_unref(&r);
}

/* ---- the store --------------------------------------------------------------------------------------------------------- */

static inline void faulty_run(struct store_backend *b, struct store_op **ops, size_t count)
{
	struct faulty *f = CONTAINER_OF(b, struct faulty, backend);
	for (size_t i = 0; i < count; i++)
		if (f->failing && ops[i]->type == f->type)
			ops[i]->err = err_set(&ops[i]->errmsg, ERR_DISK, "no space is left on the device");
		else
			f->real->ops->run(f->real, &ops[i], 1);
}

static inline void faulty_close(struct store_backend *b)
{
	struct faulty *f = CONTAINER_OF(b, struct faulty, backend);
	f->real->ops->close(f->real);
}

/* An operation of our own, at once. */
static inline enum err world_play(struct world *w, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	w->store.real->ops->run(w->store.real, &op, 1);
	return op->err;
}

/* ---- the gateway ------------------------------------------------------------------------------------------------------- */

static inline void world_log(struct log *log, enum log_level level, const char *event, const char *msg,
                             const struct log_field *fields, size_t n)
{
	struct sim_world *sim = CONTAINER_OF(log, struct sim_world, log);
	struct world *w = CONTAINER_OF(sim, struct world, sim);
	char active[REVISION_MAX] = "";
	(void)level, (void)msg;
	if (strncmp(event, "rules.", 6) != 0)
		return;
	buf_printf(&w->log, "%s", event);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&w->log, " %s=%.*s", fields[i].key, STR_ARG(fields[i].str));
		if (strcmp(fields[i].key, "active") == 0)
			(void)!str_copy(active, sizeof active, fields[i].str);
	}
	buf_lit(&w->log, "\n");
	if (w->on_rules && strcmp(event, "rules.changed") == 0)
		w->on_rules(w, active);
}

static inline bool logged(struct world *w, const char *text)
{
	return strstr(buf_cstr(&w->log), text) != NULL;
}

static inline void world_on_ready(void *arg, const char *why)
{
	struct world *w = arg;
	snprintf(w->why, sizeof w->why, "%s", why ? why : "");
	w->sim.ready = true;
	if (!why)
		mem_net_listen(w->sim.net, "gateway", "api", 443, http_server_on_stream,
		               gateway_http(w->sim.gateway));
}

static inline void world_on_stopped(void *arg)
{
	((struct world *)arg)->sim.stopped = true;
}

static inline void world_on_registry(void *arg, struct stream *s)
{
	regsim_serve_stream(((struct world *)arg)->sim.registry, s);
}

/* One turn of both loops, then the clock jumps to whatever comes first, but not past `end_ms`. */
static inline bool world_step(struct world *w, uint64_t end_ms)
{
	struct vloop *v = &w->sim.v;
	loop_turn(&v->loop);
	if (w->sim.loop)
		loop_turn(w->sim.loop);
	uint64_t a = loop_next_deadline(&v->loop);
	uint64_t b = w->sim.loop ? loop_next_deadline(w->sim.loop) : LOOP_NEVER;
	uint64_t next = a < b ? a : b;
	if (next == LOOP_NEVER || next > end_ms)
		return false;
	if (next > v->now_us / 1000)
		v->now_us = next * 1000;
	return true;
}

static inline void world_run(struct world *w, uint64_t ms)
{
	uint64_t end = w->sim.v.now_us / 1000 + ms;
	while (world_step(w, end)) {
	}
	w->sim.v.now_us = end * 1000;
}

/* Runs until *flag; false after ten virtual minutes. */
static inline bool world_until(struct world *w, const bool *flag)
{
	uint64_t end = w->sim.v.now_us / 1000 + 10 * MINUTE;
	while (!*flag && world_step(w, end)) {
	}
	return *flag;
}

static inline instant_ms_t world_now(struct world *w)
{
	return w->sim.v.clock.wall(&w->sim.v.clock);
}

/* `files`: the folder's rule set, or NULL when it does not load. */
static inline void world_boot(struct world *w, enum mode mode, struct policy_ruleset *files)
{
	struct errmsg e;
	struct sim_world *s = &w->sim;
	s->ready = s->stopped = false;
	w->mode = mode;
	s->loop = xcalloc(1, sizeof *s->loop);
	loop_init(s->loop, &s->v.clock);
	rng_init_seed(&w->gateway_rng, rng_u64(&s->rng));
	w->executor = store_inline_new(s->loop, &w->store.backend, &w->gateway_rng);
	mem_dialer_init(&s->dialer, s->net, "gateway");
	struct gateway_env env = {.loop = s->loop,
	                          .rng = &w->gateway_rng,
	                          .dialer = &s->dialer.dialer,
	                          .writer = w->executor,
	                          .reader = w->executor,
	                          .log = &s->log,
	                          .plain = true,
	                          .on_ready = world_on_ready,
	                          .on_stopped = world_on_stopped,
	                          .arg = w};
	INVARIANT(gateway_new(&env, w->configs[mode], files, &s->gateway, &e) == OK);
	gateway_start(s->gateway);
	assert_true(world_until(w, &s->ready));
}

/* With the folder's rule set of this wording; it must start. */
static inline void world_start(struct world *w, enum mode mode, int wording)
{
	struct policy_ruleset *r = world_rules(w, wording);
	world_boot(w, mode, r);
	policy_unref(&r);
	assert_string_equal(w->why, "");
}

static inline void world_stop(struct world *w)
{
	struct sim_world *s = &w->sim;
	if (!s->gateway)
		return;
	if (!w->why[0]) {
		mem_net_unlisten(s->net, "api", 443);
		gateway_stop(s->gateway);
		assert_true(world_until(w, &s->stopped));
		world_run(w, 10000); /* connections let go */
	}
	gateway_free(s->gateway);
	s->gateway = NULL;
	store_inline_free(w->executor);
	loop_fini(s->loop);
	free(s->loop);
	s->loop = NULL;
}

/* Killed: everything in its memory is gone; it stays reachable here, so that it is no leak. */
static inline void world_kill(struct world *w)
{
	static void *volatile lives[LIVES_MAX][3];
	static size_t count;
	struct sim_world *s = &w->sim;
	REQUIRE(count < LIVES_MAX && !lives[count][0]);
	lives[count][0] = s->gateway;
	lives[count][1] = w->executor;
	lives[count++][2] = s->loop;
	mem_net_crash(s->net, "gateway");
	s->gateway = NULL;
	w->executor = NULL;
	s->loop = NULL;
}

/* ---- questions --------------------------------------------------------------------------------------------------------- */

static inline void world_answered(void *arg, const char *why, json_t *answer)
{
	struct world *w = arg;
	snprintf(w->error, sizeof w->error, "%s", why ? why : "");
	json_decref(w->answer);
	w->answer = answer;
	w->answered = true;
}

/* Takes over `args`; the answer is awaited. True: done. */
static inline bool world_ask(struct world *w, enum gateway_policy_step step, json_t *args,
                             const struct gateway_asker *who)
{
	w->answered = false;
	gateway_policy(w->sim.gateway, step, args, who, world_answered, w);
	json_decref(args);
	assert_true(world_until(w, &w->answered));
	return !w->error[0];
}

static inline bool world_stage(struct world *w, int wording, const char *at, const struct gateway_asker *who)
{
	struct buf room;
	buf_init(&room, 16u << 20);
	struct str text = world_text(w, wording, false, &room);
	bool done = world_ask(w, GATEWAY_POLICY_STAGE,
	                      json_pack("{s:s#, s:s}", "text", text.ptr, (int)text.len, "at", at), who);
	buf_fini(&room);
	return done;
}

static inline bool world_activate(struct world *w, const char *confirm_within,
                                  const struct gateway_asker *who)
{
	return world_ask(w, GATEWAY_POLICY_ACTIVATE, json_pack("{s:s?}", "confirm_within", confirm_within),
	                 who);
}

static inline void world_reloaded(void *arg, const char *why)
{
	world_answered(arg, why, NULL);
}

static inline bool world_reload(struct world *w, enum mode mode, struct policy_ruleset *rules)
{
	w->answered = false;
	w->mode = mode;
	gateway_reload(w->sim.gateway, w->configs[mode], rules, world_reloaded, w);
	assert_true(world_until(w, &w->answered));
	return !w->error[0];
}

/* What decides now, as the gateway's status says. */
static inline void world_decides(struct world *w, char out[REVISION_MAX])
{
	json_t *status = gateway_status(w->sim.gateway);
	snprintf(out, REVISION_MAX, "%s", json_string_value(json_object_get(status, "rules")));
	json_decref(status);
}

/* The wording that decides, and the one that policy status calls active, are this one. */
static inline void assert_in_force(struct world *w, int wording)
{
	char decides[REVISION_MAX], want[REVISION_MAX];
	json_t *summary = gateway_policy_summary(w->sim.gateway);
	world_revision(w, wording, want);
	world_decides(w, decides);
	assert_string_equal(decides, want);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(summary, "active"), "revision")), want);
	json_decref(summary);
}

static inline void assert_error(struct world *w, const char *text)
{
	if (!strstr(w->error, text))
		fail_msg("'%s' does not say '%s'", w->error, text);
}

/* What was asked is refused in these words. */
#define assert_refused(w, asked, words)   \
	do {                              \
		assert_false(asked);      \
		assert_error((w), words); \
	} while (0)

/* The store cannot write operations of this type, until it works again. */
static inline void store_fails(struct world *w, enum store_op_type type)
{
	w->store.failing = true;
	w->store.type = type;
}

static inline void store_works(struct world *w)
{
	w->store.failing = false;
}

/* ---- life -------------------------------------------------------------------------------------------------------------- */

static inline void world_registry(struct world *w)
{
	static const struct regsim_account account = {.login = "gateway1",
	                                              .password = "secret-password",
	                                              .balance_vnd = INT64_MAX / 4};
	struct regsim_options o;
	regsim_options_init(&o);
	o.seed = rng_u64(&w->sim.rng);
	o.accounts = &account;
	o.account_count = 1;
	o.date_offset_s = HANOI_OFFSET_S;
	o.delay_ms = 20;
	w->sim.registry = regsim_new(&o, &w->sim.v.loop);
	mem_net_listen(w->sim.net, "registry", "registry", 700, world_on_registry, w);
}

static inline int world_init(void **state)
{
	static const struct store_backend_ops ops = {faulty_run, faulty_close};
	struct world *w = xcalloc(1, sizeof *w);
	struct mem_opts net = {.latency_ms = 2};
	struct errmsg e;
	rng_init_seed(&w->sim.rng, 1);
	vloop_init(&w->sim.v, WALL_START);
	w->sim.log = (struct log){.level = LOG_DEBUG, .write = world_log};
	buf_init(&w->log, 64u << 20);
	world_setup(w);
	w->sim.net = mem_net_new(&w->sim.v.loop, &net, 1);
	world_registry(w);
	w->store.backend.ops = &ops;
	INVARIANT(store_sqlite_open(":memory:", NULL, &w->store.real, &e) == OK);
	*state = w;
	return 0;
}

static inline int world_fini(void **state)
{
	struct world *w = *state;
	world_stop(w);
	regsim_free(w->sim.registry);
	world_run(w, 1000);
	mem_net_free(w->sim.net);
	w->store.backend.ops->close(&w->store.backend);
	for (int i = 0; i < MODE__COUNT; i++)
		config_unref(&w->configs[i]);
	INVARIANT(folder_remove(&w->dir) == 0);
	json_decref(w->answer);
	policy_unref(&w->base);
	buf_fini(&w->log);
	vloop_fini(&w->sim.v);
	free(w);
	return 0;
}

#endif
