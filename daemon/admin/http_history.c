/*
 * The past, for plots.
 *
 * Happy path: the reader fetches the points of one step, the answer has them by series.
 * Failure modes: a step that is not kept: 400; the store cannot be read: 503; the peer goes meanwhile: the reading waits
 * for its operation and is freed without an answer.
 */
#include "daemon/admin/http_int.h"
#include "daemon/store/store.h"
#include "daemon/store/store_figures.h"
#include "epp/base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>

#define HISTORY_MAX (16u << 20)

struct reading {
	struct list_node node;
	struct http_admin *admin;
	struct http_request *http; /* NULL: gone */
	struct store_get_history op;
	struct arena arena;
};

static void reading_free(struct reading *g)
{
	list_remove(&g->node);
	arena_fini(&g->arena);
	free(g);
}

static void write_series(const struct reading *g, size_t series, const char *name, struct buf *out)
{
	bool first = true;
	buf_printf(out, "\"%s\":[", name);
	for (size_t i = 0; i < g->op.count; i++) {
		const struct store_point *p = &g->op.points[i];
		if (p->series != series || p->count <= 0)
			continue;
		buf_printf(out, "%s[%" PRId64 ",%" PRId64 ",%" PRId64 "]", first ? "" : ",", p->at,
		           p->sum / p->count, p->high);
		first = false;
	}
	buf_byte(out, ']');
}

static void answer(struct reading *g)
{
	const char *const *series = g->admin->d.series;
	struct buf b;
	buf_init(&b, HISTORY_MAX);
	buf_printf(&b, "{\"step\":%u,\"series\":{", g->op.step_s);
	for (size_t i = 0; series[i]; i++) {
		if (i)
			buf_byte(&b, ',');
		write_series(g, i, series[i], &b);
	}
	buf_lit(&b, "}}\n");
	http_admin_answer(g->http, 200, "application/json", buf_str(&b));
	buf_fini(&b);
}

static void on_read(struct store_op *op)
{
	struct reading *g = CONTAINER_OF(op, struct reading, op.op);
	if (g->http && op->err)
		http_problem(g->http, 503, "Service Unavailable", STR("the store cannot be read"));
	else if (g->http)
		answer(g);
	reading_free(g);
}

static void on_abort(struct http_request *r, enum err why)
{
	(void)why;
	((struct reading *)r->arg)->http = NULL;
}

static const struct store_history_step *step_asked(const struct http_request *r)
{
	struct str text;
	uint64_t step_s;
	if (!http_query(r, "step", &text) || !str_to_u64(text, &step_s))
		return NULL;
	for (size_t i = 0; i < STORE_HISTORY_STEPS; i++)
		if (store_history_steps[i].step_s == step_s)
			return &store_history_steps[i];
	return NULL;
}

void http_history_begin(struct http_admin *a, struct http_request *r)
{
	static const struct http_events ev = {.on_abort = on_abort};
	const struct store_history_step *step = step_asked(r);
	if (!step || !a->d.reader) {
		http_problem(r, step ? 503 : 400, step ? "Service Unavailable" : "Bad Request",
		             STR("step is one of 10, 60, 900, 21600 (seconds)"));
		return;
	}
	struct reading *g = xcalloc(1, sizeof *g);
	g->admin = a;
	g->http = r;
	g->op = (struct store_get_history){.op = {.type = STORE_GET_HISTORY, .done = on_read},
	                                   .step_s = step->step_s,
	                                   .from = loop_wall(a->d.loop) - (instant_ms_t)step->keep_s * 1000,
	                                   .arena = &g->arena};
	list_push(&a->readings, &g->node);
	r->ev = &ev;
	r->arg = g;
	a->d.reader->submit(a->d.reader, &g->op.op);
}

void http_history_free(struct http_admin *a)
{
	while (a->readings.first)
		reading_free(LIST_ITEM(a->readings.first, struct reading, node));
}
