/*
 * The desk, in some of the seeds: lines that wait for evidence, for a person, or for a department's list; partners who add
 * evidence, an official who approves and refuses, lists of subjects and of names that come, count, are replaced and undone,
 * over crashes, power failures and failing disks. At the end nobody has two grants, no blocked name was sent, nothing that
 * waits is forgotten, and what partners were told agrees with the registry (sim_check.c).
 */
#include "daemon/store/store_list.h"
#include "daemon/store/store_figures.h"
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <stdio.h>
#include <string.h>

#define DESK_EACH    7 /* seeds */
#define DESK_MS      8000
#define DESK_REST_MS 60000 /* what the last steps have moved comes to rest within so long */
#define COMPANIES    SIM_DESK_COMPANIES
#define NAMES        40

static const struct gateway_asker official = {1002, "official"};

static const char *const codes[COMPANIES] = {"0199999007", "0199999014", "0199999021", "0199999039",
                                             "0199999046", "0199999053", "0199999060", "0199999078"};

static const char *const kinds[] = {"enterprise", "reserved", "blocked"};

bool sim_desk_is(const struct sim_world *w)
{
	return !w->rush && w->seed % DESK_EACH == 3;
}

/* ---- lines --------------------------------------------------------------------------------------------------------------- */

static void add_company(struct sim_batch *b, int line, struct rng *r)
{
	int company = (int)rng_below(r, COMPANIES), name = (int)rng_below(r, NAMES);
	bool attested = rng_below(r, 4) == 0;
	buf_printf(
	    &b->lines,
	    "{\"ref\":\"p%d-b%d-%d-e%d\",\"op\":\"create\",\"domain\":\"cty%d.biz.vn\",\"period\":2,"
	    "\"if_not_free\":\"refuse\",\"applicant\":{\"kind\":\"enterprise\",\"name\":\"Công ty %d\","
	    "\"tax_code\":\"%s\",\"founded_on\":\"2026-05-01\",\"phone\":\"+84.912345678\","
	    "\"email\":\"a@example.vn\",\"address\":{\"street\":\"1 Lê Lợi\",\"ward\":\"Bến Thành\","
	    "\"province\":\"79\",\"province_list\":\"2025-07-01\",\"country\":\"VN\"}},\"evidence\":[%s],"
	    "\"ns\":[{\"name\":\"ns1.example.net\"},{\"name\":\"ns2.example.net\"}]}\n",
	    b->partner, b->number, line, company, name, company, codes[company],
	    attested ? "{\"type\":\"registrar_attested\",\"result\":\"unconfirmed\"}" : "");
}

bool sim_desk_line(struct sim_batch *b, int line)
{
	struct sim_desk *d = &b->world->desk;
	if (!sim_desk_is(b->world) || rng_below(&d->rng, 3) == 0)
		return false;
	if (rng_below(&d->rng, 10) > 0) {
		add_company(b, line, &d->rng);
		return true;
	}
	buf_printf(
	    &b->lines,
	    "{\"ref\":\"p%d-b%d-%d-r\",\"op\":\"renew\",\"domain\":\"nobody%d.id.vn\",\"cur_exp_date\":"
	    "\"2026-12-01\",\"period\":1,\"if_not_free\":\"refuse\"}\n",
	    b->partner, b->number, line, (int)rng_below(&d->rng, 5));
	return true;
}

/* ---- partners ------------------------------------------------------------------------------------------------------------ */

static void on_added(void *arg, int status, struct str head, struct str body)
{
	struct sim_http *h = arg;
	(void)head;
	/* not answered; added; not there yet; not waiting any more; the store fails */
	bool fine = status == 0 || status == 200 || status == 404 || status == 409 || status == 503;
	if (!fine)
		sim_wrong(h->world, "evidence was answered with %d: %.*s", status, STR_ARG(body));
}

/* The reference of one of the batch's companies; empty: that line is another's. */
static struct str some_ref(struct sim_desk *d, const struct sim_batch *b)
{
	struct str rest = buf_str(&b->lines), line = STR_NONE;
	for (uint64_t n = rng_below(&d->rng, b->line_count) + 1; n > 0; n--)
		line = str_split(&rest, '\n');
	line = str_make(line.ptr + strlen("{\"ref\":\""), line.len - strlen("{\"ref\":\""));
	struct str ref = str_split(&line, '"');
	return memchr(ref.ptr, 'e', ref.len) ? ref : STR_NONE;
}

static void add_evidence(struct sim_world *w)
{
	struct sim_desk *d = &w->desk;
	const struct sim_batch *b = &w->batches[rng_below(&d->rng, w->batch_count)];
	struct sim_http *h = &d->http[b->partner];
	struct str ref = some_ref(d, b);
	char path[160];
	if (h->busy || !ref.len)
		return;
	snprintf(path, sizeof path, "/v1/items/%.*s/evidence", STR_ARG(ref));
	snprintf(d->body[b->partner], sizeof d->body[0],
	         "{\"type\":\"registrar_attested\",\"reference\":\"A-%d\",\"result\":\"%s\"}",
	         (int)rng_below(&d->rng, 3), rng_below(&d->rng, 3) ? "confirmed" : "unconfirmed");
	sim_http_send(h, "POST", path, "Content-Type: application/json\r\n", str_c(d->body[b->partner]),
	              on_added, h);
}

/* ---- the official -------------------------------------------------------------------------------------------------------- */

static void on_answer(void *arg, const char *why, json_t *answer)
{
	struct sim_world *w = arg;
	LOG(&w->log, LOG_INFO, "sim.desk", why ? why : "done", F_U64("step", ++w->desk.steps));
	json_decref(answer);
}

static void on_queue(void *arg, const char *why, json_t *answer)
{
	struct sim_world *w = arg;
	json_t *list = json_object_get(answer, "review");
	size_t n = json_array_size(list);
	if (!why && n > 0) {
		const json_t *one = json_array_get(list, rng_below(&w->desk.rng, n));
		json_t *args =
		    json_pack("{s:O, s:s}", "item", json_object_get(one, "item"), "why", "the simulation");
		gateway_review_decide(w->gateway, rng_below(&w->desk.rng, 3) > 0, args, &official, on_answer,
		                      w);
		json_decref(args);
	}
	json_decref(answer);
}

/* Takes over `args`. */
static void ask_list(struct sim_world *w, enum gateway_list_step step, json_t *args,
                     void (*done)(void *arg, const char *why, json_t *answer))
{
	gateway_list(w->gateway, step, args, &official, done, w);
	json_decref(args);
}

static void on_rows(void *arg, const char *why, json_t *answer)
{
	static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct sim_world *w = arg;
	json_decref(answer);
	json_int_t replaces = rng_below(&w->desk.rng, 4) ? 0 : (json_int_t)(1 + rng_below(&w->desk.rng, 6));
	if (!why)
		ask_list(w, rng_below(&w->desk.rng, 8) ? GATEWAY_LIST_PUBLISH : GATEWAY_LIST_DROP,
		         json_pack("{s:I, s:s, s:I}", "list", w->desk.list, "sha256", hash, "replaces",
		                   replaces),
		         on_answer);
}

/* Some companies, and of some another day than they say. */
static void add_companies(struct rng *r, json_t *rows)
{
	for (int i = 0; i < COMPANIES; i++)
		if (rng_below(r, 2))
			json_array_append_new(rows, json_pack("[i, s, s]", i + 2, codes[i],
			                                      rng_below(r, 4) ? "2026-05-01" : "2020-05-01"));
}

/* Some names, and labels in every zone. */
static void add_names(struct rng *r, json_t *rows)
{
	char name[32];
	for (int i = 0; i < NAMES; i++) {
		if (rng_below(r, 8))
			continue;
		(void)snprintf(name, sizeof name, "cty%d%s", i, rng_below(r, 3) ? ".biz.vn" : ""); /* short */
		json_array_append_new(rows, json_pack("[i, s]", i + 2, name));
	}
}

static void on_begun(void *arg, const char *why, json_t *answer)
{
	struct sim_world *w = arg;
	struct rng *r = &w->desk.rng;
	json_t *rows = json_array();
	w->desk.list = json_integer_value(json_object_get(answer, "list"));
	json_decref(answer);
	(w->desk.kind == 0 ? add_companies : add_names)(r, rows);
	if (!why && json_array_size(rows))
		ask_list(w, GATEWAY_LIST_ROWS,
		         json_pack("{s:I, s:s, s:O}", "list", w->desk.list, "kind", kinds[w->desk.kind],
		                   "rows", rows),
		         on_rows);
	json_decref(rows);
}

static void some_step(struct sim_world *w)
{
	struct rng *r = &w->desk.rng;
	switch (rng_below(r, 8)) {
	case 0:
	case 1: gateway_review_list(w->gateway, on_queue, w); break;
	case 2:
		w->desk.kind = rng_below(r, 2) ? 0 : 1 + (int)rng_below(r, 2);
		ask_list(w, GATEWAY_LIST_BEGIN,
		         json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", kinds[w->desk.kind], "type",
		                   "finance_department_list", "issuer", "a department", "date", "2026-11-19",
		                   "file", "f"),
		         on_begun);
		break;
	case 3:
		ask_list(w, GATEWAY_LIST_UNDO,
		         json_pack("{s:I, s:s}", "list", (json_int_t)(1 + rng_below(r, 6)), "why",
		                   "the simulation"),
		         on_answer);
		break;
	default: add_evidence(w); break;
	}
}

static void on_step(struct loop_timer *t)
{
	struct sim_world *w = CONTAINER_OF(t, struct sim_world, desk.next);
	if (w->ready)
		some_step(w);
	loop_timer_set(&w->v.loop, t, 1 + rng_below(&w->desk.rng, DESK_MS));
}

void sim_desk_init(struct sim_world *w)
{
	if (!sim_desk_is(w))
		return;
	rng_init_seed(&w->desk.rng, w->seed);
	for (int i = 0; i < SIM_PARTNERS; i++)
		sim_http_init(&w->desk.http[i], w, i);
	w->desk.busy = true;
	w->desk.next.fire = on_step;
	loop_timer_set(&w->v.loop, &w->desk.next, 1 + rng_below(&w->desk.rng, DESK_MS));
}

static void on_rest(struct loop_timer *t)
{
	CONTAINER_OF(t, struct sim_world, desk.next)->desk.busy = false;
}

void sim_desk_calm(struct sim_world *w)
{
	if (!sim_desk_is(w))
		return;
	w->desk.next.fire = on_rest;
	loop_timer_set(&w->v.loop, &w->desk.next, DESK_REST_MS);
}

/* ---- the end ------------------------------------------------------------------------------------------------------------- */

static void check_grants(struct sim_world *w)
{
	unsigned granted[COMPANIES] = {0};
	for (size_t i = 0; i < w->batch_count; i++) {
		size_t k;
		json_t *r;
		json_array_foreach(w->batches[i].results, k, r)
		{
			const char *ref = json_string_value(json_object_get(r, "ref"));
			const char *state = json_string_value(json_object_get(r, "state"));
			const json_t *d = json_object_get(r, "decision");
			int p, b, line, company;
			if (sscanf(ref, "p%d-b%d-%d-e%d", &p, &b, &line, &company) == 4 &&
			    company < COMPANIES && strcmp(state, "done") == 0 &&
			    json_integer_value(json_object_get(d, "free_years")) > 0)
				granted[company]++;
			const json_t *kept = json_object_get(json_object_get(d, "name_list"), "kind");
			w->desk.kept += kept != NULL;
			if (kept && strcmp(json_string_value(kept), "blocked") == 0 &&
			    strcmp(state, "done") == 0)
				sim_wrong(w, "%s was sent, though its name was blocked", ref);
		}
	}
	for (int i = 0; i < COMPANIES; i++)
		if (granted[i] > 1)
			sim_wrong(w, "company %d has %u free names", i, granted[i]);
}

static enum err run_op(struct sim_world *w, struct store_op *op, enum store_op_type type)
{
	op->type = type;
	w->disk.store->ops->run(w->disk.store, &op, 1);
	return op->err;
}

/* Whoever waits is in the queue, and nobody else. */
static void check_held(struct sim_world *w, enum item_state state)
{
	struct arena a = {0};
	struct store_get_counts c = {.op = {.err = OK}};
	struct store_get_held g = {.state = state, .limit = STORE_HELD_MAX, .arena = &a};
	enum err err = run_op(w, &c.op, STORE_GET_COUNTS);
	if (!err)
		err = run_op(w, &g.op, STORE_GET_HELD);
	if (err)
		sim_wrong(w, "the queue cannot be read");
	else if (!g.more && g.count != c.items[state])
		sim_wrong(w, "%zu in the queue, %llu in state %s", g.count,
		          (unsigned long long)c.items[state], item_state_name(state));
	arena_fini(&a);
}

void sim_desk_check(struct sim_world *w)
{
	if (!sim_desk_is(w))
		return;
	check_grants(w);
	check_held(w, ITEM_WAITING);
	check_held(w, ITEM_REVIEW);
	if (w->verbose)
		printf("desk: %u steps, %u names kept back\n", w->desk.steps, w->desk.kept);
}
