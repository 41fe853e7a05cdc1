/*
 * GET /v1/batches/{id}/items: one page of results in input order, as JSON, NDJSON or CSV.
 *
 * A page is one store operation; the cursor is the last line of the page before, so that a page never depends on
 * what has changed meanwhile. What can go wrong: parameters that cannot be read (400), a batch of somebody else (404).
 */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"

const char *const api_item_types[] = {"application/json", "application/x-ndjson", "text/csv", NULL};

struct items_call {
	struct api_call call;
	struct store_get_items get;
	struct str state; /* as asked for; empty without */
	int format;
};

static struct str next_path(const struct items_call *x)
{
	const struct store_get_items *g = &x->get;
	return arena_printf((struct arena *)g->arena, "/v1/batches/%llu/items?after=%u&limit=%u%s%.*s",
	                    (unsigned long long)g->batch, g->rows[g->count - 1].line, g->limit,
	                    x->state.len ? "&state=" : "", STR_ARG(x->state));
}

static void write_json(struct buf *b, struct items_call *x)
{
	const struct store_get_items *g = &x->get;
	json_out_open(b, '{');
	json_out_open_in(b, "items", '[');
	for (size_t i = 0; i < g->count; i++)
		api_result_json(b, &x->call.arena, x->call.view, x->call.api, &g->rows[i]);
	json_out_close(b, ']');
	json_out_key(b, "next");
	if (g->more)
		buf_printf(b, "\"%u\"", g->rows[g->count - 1].line);
	else
		buf_lit(b, "null");
	json_out_close(b, '}');
}

static void write_lines(struct buf *b, struct items_call *x)
{
	const struct store_get_items *g = &x->get;
	if (x->format == API_AS_CSV)
		api_result_csv_header(b, "");
	for (size_t i = 0; i < g->count; i++) {
		if (x->format == API_AS_CSV) {
			api_result_csv(b, &x->call.arena, x->call.view, x->call.api->decider, &g->rows[i]);
			continue;
		}
		api_result_json(b, &x->call.arena, x->call.view, x->call.api, &g->rows[i]);
		buf_byte(b, '\n');
	}
}

static void answer(struct items_call *x)
{
	struct http_field fields[4] = {HTTP_FIELD("Content-Type", str_c(api_item_types[x->format])),
	                               HTTP_FIELD("Cache-Control", STR("no-cache")),
	                               HTTP_FIELD("Vary", STR("Accept"))};
	size_t n = 3;
	struct buf b;
	buf_init(&b, API_ANSWER_MAX);
	if (x->format == API_AS_JSON)
		write_json(&b, x);
	else
		write_lines(&b, x);
	if (x->get.more)
		fields[n++] = HTTP_FIELD("Link", arena_printf(&x->call.arena, "<%.*s>; rel=\"next\"",
		                                              STR_ARG(next_path(x))));
	http_respond(x->call.http, 200, fields, n, buf_str(&b));
	buf_fini(&b);
}

static void on_items(struct store_op *op)
{
	struct items_call *x = CONTAINER_OF(op, struct items_call, get.op);
	if (!api_call_usable(&x->call, op, API_NO_SUCH_BATCH))
		return;
	answer(x);
	api_call_end(&x->call);
}

struct asked {
	uint64_t after;
	uint32_t limit;
	struct str state_text;
	enum item_state state;
};

static struct str known_states(struct arena *a)
{
	struct str list = STR("state: one of");
	for (const char *const *name = item_state_names; *name; name++)
		list = arena_printf(a, "%.*s %s", STR_ARG(list), *name);
	return list;
}

static bool read_asked(struct http_request *r, struct asked *a)
{
	*a = (struct asked){.after = 0};
	if (!api_query_number(r, "after", 0, UINT32_MAX, &a->after)) {
		api_problem_parameter(r, STR("after: the cursor of the page before"));
		return false;
	}
	if (!api_query_limit(r, &a->limit))
		return false;
	if (http_query(r, "state", &a->state_text) && !item_state_parse(a->state_text, &a->state)) {
		api_problem_parameter(r, known_states(r->arena));
		return false;
	}
	return true;
}

bool api_accept_items(struct http_request *r, int *as)
{
	*as = api_accept(r, api_item_types);
	return *as >= 0;
}

void api_get_items(const struct api_request *q)
{
	struct asked a;
	batch_id_t id;
	int format;
	if (!api_accept_items(q->http, &format) || !read_asked(q->http, &a) || !api_path_batch(q, &id))
		return;
	struct items_call *x = api_call_new(q, sizeof *x, NULL);
	x->format = format;
	x->state = a.state_text.len ? arena_str(&x->call.arena, a.state_text) : STR_NONE;
	x->get.batch = id;
	x->get.partner = q->partner_id;
	x->get.after_line = (uint32_t)a.after;
	x->get.limit = a.limit;
	x->get.by_state = a.state_text.len > 0;
	x->get.state = a.state;
	x->get.arena = &x->call.arena;
	api_submit(q->api->reader, &x->get.op, STORE_GET_ITEMS, on_items);
}
