/*
 * What the tests of the partners' API share: a gateway's API over streams in memory, with a store in a
 * temporary folder, a virtual clock, the shipped rules, and a partner's client. Included once by each test program.
 */
#ifndef VNEPP_TESTS_API_WORLD_H
#define VNEPP_TESTS_API_WORLD_H

#include "daemon/api/api.h"
#include "daemon/net/http1.h"
#include "daemon/store/store_figures.h"
#include "tests/harness/log_capture.h"
#include "tests/harness/mem_stream.h"
#include "tests/harness/vloop.h"
#include "tests/unit/daemon/api_site.h"

#include <jansson.h>

/* ---- one test's world ---------------------------------------------------------------------------------------------------- */

/* An executor in front of the real one, which can hold operations back and count them. */
struct gate {
	struct store_executor x;
	struct store_executor *behind;
	struct store_op *held[64];
	size_t held_count;
	bool closed;
	enum store_op_type fail; /* operations of this type fail with fail_err, when that is set */
	enum err fail_err;
	size_t failed; /* how many have, so far; only the first does */
	struct store_op *failed_op;
	struct loop *loop;
	struct loop_task fail_task;
	size_t chunks, most_chunks; /* chunk operations held, and the most of them at a time */
};

static UNUSED void gate_fail(struct loop_task *t)
{
	struct gate *g = CONTAINER_OF(t, struct gate, fail_task);
	g->failed_op->done(g->failed_op);
}

static UNUSED void gate_submit(struct store_executor *x, struct store_op *op)
{
	struct gate *g = CONTAINER_OF(x, struct gate, x);
	if (g->fail_err && op->type == g->fail && g->failed == 0) {
		/* As a commit that fails: nothing of it has happened. */
		op->err = err_set(&op->errmsg, g->fail_err, "no space left on device");
		g->failed_op = op;
		g->failed++;
		g->fail_task.run = gate_fail;
		loop_defer(g->loop, &g->fail_task);
		return;
	}
	if (!g->closed) {
		g->behind->submit(g->behind, op);
		return;
	}
	assert_true(g->held_count < ARRAY_LEN(g->held));
	g->held[g->held_count++] = op;
	g->chunks += op->type == STORE_BATCH_CHUNK;
	if (g->chunks > g->most_chunks)
		g->most_chunks = g->chunks;
}

static UNUSED size_t gate_pending(const struct store_executor *x)
{
	const struct gate *g = CONTAINER_OF(x, struct gate, x);
	return g->held_count + g->behind->pending(g->behind);
}

static UNUSED void gate_release(struct gate *g)
{
	for (size_t i = 0; i < g->held_count; i++)
		g->behind->submit(g->behind, g->held[i]);
	g->held_count = g->chunks = 0;
}

struct world {
	struct vloop v;
	struct mem_net *net;
	struct store_backend *backend; /* owned: an inline executor leaves it alone */
	struct gate gate;
	struct log_capture log;
	struct api *api;
	uint32_t partners[3], accounts[3]; /* the store's numbers; accounts by partner */
	const char *closed;                /* why nothing is admitted */
	const char *limits_why;            /* why limits cannot be told */
	struct {
		sched_asked_cb done; /* NULL: nobody asks */
		void *ctx;
		size_t count;
		uint32_t account;
		bool silent; /* no answer comes until world_answer_names() */
		const char *why;
		struct loop_timer timer;
	} names;
	unsigned published;
};

static UNUSED void on_published(void *arg)
{
	((struct world *)arg)->published++;
}

static const char *admission_closed(void *arg)
{
	return ((struct world *)arg)->closed;
}

static UNUSED void tell_limits(void *arg, const char *partner,
                               void (*done)(void *ctx, const char *why, json_t *limits), void *ctx)
{
	const char *why = ((struct world *)arg)->limits_why;
	done(ctx, why, why ? NULL : json_pack("{s:s, s:[]}", "partner", partner, "limits"));
}

/* Every second name is taken; with `why` nobody knows. */
static UNUSED void world_answer_names(struct loop_timer *t)
{
	struct world *w = CONTAINER_OF(t, struct world, names.timer);
	struct sched_name_answer answers[64] = {{SCHED_NAME_UNKNOWN, STR_NONE}};
	for (size_t i = 0; i < w->names.count && !w->names.why; i++)
		answers[i] = i % 2 ? (struct sched_name_answer){SCHED_NAME_TAKEN, STR("In use, \"=x\"")}
		                   : (struct sched_name_answer){SCHED_NAME_FREE, STR_NONE};
	w->names.done(w->names.ctx, w->names.why, answers, w->names.count);
	w->names.done = NULL;
}

static UNUSED void ask_names(void *arg, uint32_t account, uint32_t partner, const struct str *names,
                             size_t count, uint64_t wait_ms, sched_asked_cb done, void *ctx)
{
	struct world *w = arg;
	assert_true(!w->names.done && count > 0 && count < 64 && names[0].len > 0 && wait_ms > 0);
	assert_int_equal(partner, w->partners[0]);
	w->names.done = done;
	w->names.ctx = ctx;
	w->names.count = count;
	w->names.account = account;
	w->names.timer.fire = world_answer_names;
	if (!w->names.silent)
		loop_timer_set(&w->v.loop, &w->names.timer, 10);
}

/* In steps of a millisecond: the clock does not run on to the next deadline when the condition has come true. */
static UNUSED bool run_until(struct world *w, bool (*pred)(void *arg), void *arg, unsigned max_ms)
{
	for (; max_ms > 0 && !pred(arg); max_ms--)
		vloop_run_for(&w->v, 1);
	return pred(arg);
}

static UNUSED uint32_t register_one(struct world *w, const char *name, bool account);

/* Just started: every rate counts as used up. */
static UNUSED int set_up_started(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct mem_opts opts = {.latency_ms = 1};
	vloop_init(&w->v, START_MS);
	w->net = mem_net_new(&w->v.loop, &opts, 1);
	log_capture_init(&w->log);
	w->gate.x = (struct store_executor){gate_submit, gate_pending};
	w->gate.loop = &w->v.loop;
	w->backend = new_store();
	w->gate.behind = store_inline_new(&w->v.loop, w->backend, NULL);
	uint32_t one = register_one(w, "reg/one", true), two = register_one(w, "reg/two", true);
	const uint32_t partners[] = {register_one(w, "an", false), register_one(w, "binh", false),
	                             register_one(w, "chi", false)};
	const uint32_t accounts[] = {one, two, two};
	memcpy(w->partners, partners, sizeof partners);
	memcpy(w->accounts, accounts, sizeof accounts);
	struct api_deps deps = {.loop = &w->v.loop,
	                        .writer = &w->gate.x,
	                        .reader = &w->gate.x,
	                        .log = &w->log.log,
	                        .config = config,
	                        .partner_ids = partners,
	                        .account_ids = accounts,
	                        .decider = decider,
	                        .owner = {.on_published = on_published,
	                                  .admission_closed = admission_closed,
	                                  .limits = tell_limits,
	                                  .ask_names = ask_names,
	                                  .arg = w}};
	w->api = api_new(&deps);
	mem_net_listen(w->net, "gateway", "api", 443, http_server_on_stream, api_http(w->api));
	*state = w;
	return 0;
}

/* … and a second later as free again. */
static UNUSED int set_up(void **state)
{
	int err = set_up_started(state);
	vloop_run_for(&((struct world *)*state)->v, 1000);
	return err;
}

static UNUSED int tear_down(void **state)
{
	struct world *w = *state;
	mem_net_unlisten(w->net, "api", 443);
	http_server_abort(api_http(w->api));
	vloop_run_for(&w->v, 60000);
	assert_int_equal(api_active(w->api), 0);
	api_free(w->api);
	store_inline_free(w->gate.behind);
	w->backend->ops->close(w->backend);
	remove_files("store.db");
	mem_net_free(w->net);
	assert_int_equal(log_capture_fini(&w->log), 0);
	vloop_fini(&w->v);
	free(w);
	return 0;
}

static UNUSED void op_done(struct store_op *op)
{
	op->next = op; /* a mark that nobody else reads by then */
}

static UNUSED bool op_is_done(void *arg)
{
	const struct store_op *op = arg;
	return op->next == op;
}

static UNUSED void run_op(struct world *w, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	op->done = op_done;
	w->gate.behind->submit(w->gate.behind, op);
	assert_true(run_until(w, op_is_done, op, 10000));
	assert_int_equal(op->err, OK);
}

static UNUSED uint32_t register_one(struct world *w, const char *name, bool account)
{
	uint32_t id = 0;
	struct store_register r = {.is_account = account, .names = &name, .ids = &id, .count = 1};
	run_op(w, &r.op, STORE_REGISTER);
	return id;
}

/* Nothing at all is in the store. */
static UNUSED void assert_empty(struct world *w)
{
	struct store_get_counts c = {0};
	run_op(w, &c.op, STORE_GET_COUNTS);
	assert_int_equal(c.batches, 0);
	assert_int_equal(c.grants, 0);
	for (int s = 0; s < ITEM_STATE__COUNT; s++)
		assert_int_equal(c.items[s], 0);
}

/* ---- a partner's client -------------------------------------------------------------------------------------------------- */

struct client {
	struct mem_dialer dialer;
	struct stream *stream;
	struct buf in;
	bool open, closed;
	int status;
	struct str head, body;
	json_t *json; /* of the body, when it is some */
};

static UNUSED void client_open(void *arg)
{
	((struct client *)arg)->open = true;
}

static UNUSED void client_data(void *arg, struct str data)
{
	buf_add(&((struct client *)arg)->in, data);
}

static UNUSED void client_eof(void *arg, bool clean)
{
	(void)clean;
	stream_close(((struct client *)arg)->stream);
}

static UNUSED void client_closed(void *arg, enum err why, const char *text)
{
	struct client *c = arg;
	(void)why;
	(void)text;
	c->stream = NULL;
	c->closed = true;
}

static UNUSED bool is_open(void *arg)
{
	return ((struct client *)arg)->open;
}

static UNUSED bool is_closed(void *arg)
{
	return ((struct client *)arg)->closed;
}

static UNUSED void client_dial(struct world *w, struct client *c, const char *san)
{
	static const struct stream_events ev = {
	    .on_open = client_open, .on_data = client_data, .on_eof = client_eof, .on_closed = client_closed};
	struct dial_target target = {.host = "api", .port = 443, .timeout_ms = 5000};
	*c = (struct client){0};
	buf_init(&c->in, 64u << 20);
	mem_dialer_init(&c->dialer, w->net, "client");
	c->dialer.identity =
	    (struct stream_peer){.address = "192.0.2.7:40000", .tls = true, .subject = "CN=test"};
	snprintf(c->dialer.identity.san_dns[0], sizeof c->dialer.identity.san_dns[0], "%s", san);
	memset(c->dialer.identity.fingerprint, 'a', 64);
	c->stream = c->dialer.dialer.dial(&c->dialer.dialer, &target);
	stream_listen(c->stream, &ev, c);
	assert_true(run_until(w, is_open, c, 10000));
}

static UNUSED void client_fini(struct client *c)
{
	json_decref(c->json);
	buf_fini(&c->in);
}

/* Reads the answer once the server has closed. */
static UNUSED void client_finish(struct world *w, struct client *c)
{
	assert_true(run_until(w, is_closed, c, 120000));
	struct str all = buf_str(&c->in);
	while (str_starts(all, STR("HTTP/1.1 100"))) {
		const char *end = memmem(all.ptr, all.len, "\r\n\r\n", 4);
		all = str_make(end + 4, all.len - (size_t)(end + 4 - all.ptr));
	}
	const char *end = all.len ? memmem(all.ptr, all.len, "\r\n\r\n", 4) : NULL;
	if (!end)
		return;
	c->status = atoi(all.ptr + 9);
	c->head = str_make(all.ptr, (size_t)(end - all.ptr) + 2);
	c->body = str_make(end + 4, all.len - c->head.len - 2);
	c->json = json_loadb(c->body.ptr, c->body.len, 0, NULL);
}

static UNUSED void ask(struct world *w, struct client *c, const char *san, const char *method,
                       const char *path, const char *headers, struct str body)
{
	char head[2048];
	client_dial(w, c, san);
	snprintf(head, sizeof head,
	         "%s %s HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", method,
	         path, body.len, headers);
	stream_write(c->stream, str_c(head));
	stream_write(c->stream, body);
	client_finish(w, c);
}

static UNUSED void get(struct world *w, struct client *c, const char *san, const char *path,
                       const char *headers)
{
	ask(w, c, san, "GET", path, headers, STR_NONE);
}

/* The header's value, up to the end of its line. */
static UNUSED struct str header(const struct client *c, const char *name)
{
	char want[64];
	snprintf(want, sizeof want, "\r\n%s: ", name);
	const char *at = c->head.len ? memmem(c->head.ptr, c->head.len, want, strlen(want)) : NULL;
	if (!at)
		return STR_NONE;
	struct str rest =
	    str_make(at + strlen(want), c->head.len - (size_t)(at + strlen(want) - c->head.ptr));
	return str_split(&rest, '\r');
}

static UNUSED long long number(const struct client *c, const char *key)
{
	return json_integer_value(json_object_get(c->json, key));
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static UNUSED void expect_status(const struct client *c, int status)
{
	if (c->status != status)
		print_error("%.*s\n%.*s\n", STR_ARG(c->head), STR_ARG(c->body));
	assert_int_equal(c->status, status);
}

static UNUSED void expect_problem(const struct client *c, int status, const char *type)
{
	char urn[128];
	expect_status(c, status);
	snprintf(urn, sizeof urn, "urn:vnepp:problem:%s", type);
	assert_string_equal(text(c->json, "type"), urn);
	assert_true(str_eq(header(c, "Content-Type"), STR("application/problem+json")));
	assert_int_equal(number(c, "status"), status);
}

/* Asks for what is refused. */
static UNUSED void expect_refusal(struct world *w, const char *san, const char *method, const char *path,
                                  const char *headers, struct str body, int status, const char *type)
{
	struct client c;
	ask(w, &c, san, method, path, headers, body);
	expect_problem(&c, status, type);
	client_fini(&c);
}

/* ---- lines ------------------------------------------------------------------------------------------------------------- */

#define NDJSON "Content-Type: application/x-ndjson\r\n"

static UNUSED void add_line(struct buf *b, const char *prefix, int i)
{
	buf_printf(
	    b,
	    "{\"ref\":\"%s-%d\",\"op\":\"create\",\"domain\":\"%s%d.id.vn\",\"period\":2,\"applicant\":{"
	    "\"kind\":\"citizen\",\"name\":\"Nguyễn Văn "
	    "%d\",\"citizenship\":\"VN\",\"birth_date\":\"2004-05-06\","
	    "\"gender\":\"male\",\"id_number\":\"0682040%05d\",\"phone\":\"+84.912345678\",\"email\":\"a%d@"
	    "example.vn\","
	    "\"address\":{\"street\":\"%d Hùng Vương\",\"ward\":\"Xuân Hương\",\"province\":\"68\","
	    "\"province_list\":\"2025-07-01\",\"country\":\"VN\"}},\"evidence\":[{\"type\":\"ekyc\","
	    "\"issuer\":\"x\","
	    "\"reference\":\"K-%d\",\"date\":\"2026-11-18\",\"result\":\"confirmed\"}],"
	    "\"ns\":[{\"name\":\"ns1.example.vn\"},{\"name\":\"ns2.example.vn\"}]}\n",
	    prefix, i, prefix, i, i, i, i, i, i);
}

static UNUSED struct str lines(struct buf *b, const char *prefix, int n)
{
	buf_init(b, 16u << 20);
	for (int i = 1; i <= n; i++)
		add_line(b, prefix, i);
	return buf_str(b);
}

/* Submits, expects 202, and gives the batch's path. */
static UNUSED void submit(struct world *w, const char *san, const char *prefix, int n, char path[64])
{
	struct client c;
	struct buf b;
	ask(w, &c, san, "POST", "/v1/batches", NDJSON, lines(&b, prefix, n));
	expect_status(&c, 202);
	snprintf(path, 64, "%.*s", STR_ARG(header(&c, "Location")));
	client_fini(&c);
	buf_fini(&b);
}

#endif
