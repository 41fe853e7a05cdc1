/*
 * The partners' API in memory for fuzz targets: the shipped rules, a store in memory, a virtual clock, and one partner
 * that sends whatever bytes it is told. Included once by each target.
 */
#ifndef VNEPP_TESTS_FUZZ_API_PLAY_H
#define VNEPP_TESTS_FUZZ_API_PLAY_H

#include "daemon/api/api.h"
#include "daemon/core/config.h"
#include "daemon/job/decide.h"
#include "daemon/net/http1.h"
#include "daemon/store/store.h"
#include "daemon/store/store_read.h"
#include "epp/base/check.h"
#include "epp/base/rng.h"
#include "policy/policy.h"
#include "tests/harness/folder.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>

#define START_MS 1795140000000ll /* 2026-11-20T09:00:00+07:00 */

/* ---- once for the process ----------------------------------------------------------------------------------------------- */

static struct config *config;
static struct decider *decider;

/* The files are needed only while they are loaded. */
static void load_config(struct diag *d)
{
	static const char *const files[][2] = {
	    {"vneppd.yaml",
	     "instance: fuzz\nsandbox: {clock: \"2026-11-20T09:00:00+07:00\"}\nstore: {path: none.db}\n"
	     "api: {listen: \"127.0.0.1:0\", certificate: pem, key: pem, client_ca: pem}\n"
	     "policy: {rules: ., activate: files}\npartners: partners.yaml\nregistries:\n"
	     "  - {name: reg, endpoints: [\"registry:700\"], zones: [id.vn, biz.vn], contacts: create, "
	     "accounts: [{name: one, login: gateway1, password_file: pem}]}\n"},
	    {"partners.yaml", "partners: [{name: an, certificates: [{san_dns: an.test}], account: one}]\n"},
	    {"pem", "not-looked-at\n"}};
	struct folder dir;
	folder_make(&dir);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		folder_put(&dir, files[i][0], files[i][1]);
	config = config_load(folder_at(&dir, "vneppd.yaml"), START_MS, d);
	INVARIANT(folder_remove(&dir) == 0);
}

static void play_load(void)
{
	static const uint8_t key[32] = "a key that only this test knows";
	struct diag d;
	struct buf out;
	if (config)
		return;
	diag_init(&d);
	buf_init(&out, 1u << 20);
	load_config(&d);
	struct policy_ruleset *set = policy_load_dir("policy/rules", NULL, &d);
	diag_print(&d, &out);
	if (d.errors)
		fprintf(stderr, "%s", buf_cstr(&out));
	REQUIRE(config && set);
	decider = decider_new(set, key);
	buf_fini(&out);
	diag_fini(&d);
}

/* ---- one input's world ------------------------------------------------------------------------------------------------- */

struct play {
	struct vloop v;
	struct mem_net *net;
	struct rng rng;
	struct store_backend *backend;
	struct store_executor *store;
	struct log_capture log;
	struct api *api;
};

static void on_published(void *arg)
{
	(void)arg;
}

static const char *admission_closed(void *arg)
{
	(void)arg;
	return NULL;
}

static void explain(void *arg, const struct store_row *row, struct api_held *out)
{
	(void)arg;
	(void)row;
	*out = (struct api_held){.by = "nothing", .who = "nobody", .until = INSTANT_NONE};
}

static void tell_limits(void *arg, const char *partner,
                        void (*done)(void *ctx, const char *why, json_t *limits), void *ctx)
{
	(void)arg;
	done(ctx, NULL, json_pack("{s:s, s:[]}", "partner", partner, "limits"));
}

static void op_done(struct store_op *op)
{
	op->next = op; /* a mark that nobody else reads by then */
}

static bool op_is_done(void *arg)
{
	const struct store_op *op = arg;
	return op->next == op;
}

static uint32_t play_register(struct play *p, const char *name, bool account)
{
	uint32_t id = 0;
	struct store_register r = {.is_account = account, .names = &name, .ids = &id, .count = 1};
	r.op.type = STORE_REGISTER;
	r.op.done = op_done;
	p->store->submit(p->store, &r.op);
	REQUIRE(vloop_run_until(&p->v, op_is_done, &r.op, 1000) && r.op.err == OK);
	return id;
}

static void play_init(struct play *p)
{
	struct mem_opts opts = {.latency_ms = 1};
	*p = (struct play){.net = NULL};
	vloop_init(&p->v, START_MS);
	p->net = mem_net_new(&p->v.loop, &opts, 1);
	log_capture_init(&p->log);
	rng_init_seed(&p->rng, 1);
	p->backend = store_mem_new(&p->rng);
	p->store = store_inline_new(&p->v.loop, p->backend, NULL);
	const uint32_t account = play_register(p, "reg/one", true), partner = play_register(p, "an", false);
	struct api_deps deps = {.loop = &p->v.loop,
	                        .writer = p->store,
	                        .reader = p->store,
	                        .log = &p->log.log,
	                        .config = config,
	                        .partner_ids = &partner,
	                        .account_ids = &account,
	                        .decider = decider,
	                        .owner = {.on_published = on_published,
	                                  .admission_closed = admission_closed,
	                                  .explain = explain,
	                                  .limits = tell_limits,
	                                  .arg = p}};
	p->api = api_new(&deps);
	mem_net_listen(p->net, "gateway", "api", 443, http_server_on_stream, api_http(p->api));
}

static void play_fini(struct play *p)
{
	mem_net_unlisten(p->net, "api", 443);
	http_server_abort(api_http(p->api));
	vloop_run_for(&p->v, 60000);
	REQUIRE(api_active(p->api) == 0);
	api_free(p->api);
	store_inline_free(p->store);
	p->backend->ops->close(p->backend);
	mem_net_free(p->net);
	REQUIRE(log_capture_fini(&p->log) == 0); /* no input is worth a warning */
	vloop_fini(&p->v);
}

/* ---- the partner ------------------------------------------------------------------------------------------------------- */

struct answer {
	struct mem_dialer dialer;
	struct stream *stream;
	struct str bytes; /* to send */
	struct buf in;
	bool closed;
	int status;
};

static void on_open(void *arg)
{
	struct answer *a = arg;
	stream_write(a->stream, a->bytes);
}

static void on_data(void *arg, struct str data)
{
	buf_add(&((struct answer *)arg)->in, data);
}

static void on_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct answer *)arg)->stream);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	(void)why;
	(void)text;
	((struct answer *)arg)->closed = true;
}

static bool is_closed(void *arg)
{
	return ((struct answer *)arg)->closed;
}

/* The whole answer to these bytes on a connection of their own; they ask for its end. answer_fini() frees. */
static void play_ask(struct play *p, struct str bytes, struct answer *a)
{
	static const struct stream_events events = {
	    .on_open = on_open, .on_data = on_data, .on_eof = on_eof, .on_closed = on_closed};
	struct dial_target target = {.host = "api", .port = 443, .timeout_ms = 5000};
	*a = (struct answer){.bytes = bytes};
	buf_init(&a->in, 64u << 20);
	mem_dialer_init(&a->dialer, p->net, "client");
	a->dialer.identity = (struct stream_peer){.address = "192.0.2.7:40000", .tls = true};
	snprintf(a->dialer.identity.san_dns[0], sizeof a->dialer.identity.san_dns[0], "an.test");
	memset(a->dialer.identity.fingerprint, 'a', 64);
	a->stream = a->dialer.dialer.dial(&a->dialer.dialer, &target);
	stream_listen(a->stream, &events, a);
	REQUIRE(vloop_run_until(&p->v, is_closed, a, 3600000)); /* everything has a limit */
	if (str_starts(buf_str(&a->in), STR("HTTP/1.1 ")))
		a->status = atoi(buf_cstr(&a->in) + 9);
}

static bool answer_has(struct answer *a, const char *text)
{
	return strstr(buf_cstr(&a->in), text) != NULL;
}

static void answer_fini(struct answer *a)
{
	buf_fini(&a->in);
}

#endif
