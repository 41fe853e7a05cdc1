/*
 * GET /v1/domains?expiring=30d: which of a partner's names expire, or begin to cost, in that time. Pages by a cursor.
 *
 * Happy path: one store operation, one page. A parameter that cannot be read: 400; a failing store: 503.
 */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_domains.h"
#include "epp/name.h"

#define DAYS_MAX 3660
#define DAY_MS   86400000ll

struct domains_call {
	struct api_call call;
	struct store_get_domains get;
};

static void add_row(struct buf *b, struct domains_call *x, const struct store_domain_row *r)
{
	struct errmsg e = {{0}};
	struct epp_name name;
	bool costs = r->what == STORE_ENDING_COSTS;
	json_out_open(b, '{');
	json_out_str_in(b, "domain", r->domain);
	json_out_str_in(b, "domain_unicode",
	                epp_name_parse(r->domain, &name, &e) ? r->domain : str_c(name.unicode));
	json_out_str_in(b, "what", costs ? STR("starts_to_cost") : STR("expires"));
	json_out_date_in(b, "on", date_of_instant(r->at, HANOI_OFFSET_S));
	json_out_text_in(b, "account", api_account_name(&x->call.arena, x->call.view, r->account));
	json_out_time_in(b, "created", r->created);
	json_out_time_in(b, "expires", r->expires);
	json_out_date_in(b, "expires_on", date_of_instant(r->expires, HANOI_OFFSET_S));
	json_out_date_in(b, "free_from", r->grant_from);
	json_out_date_in(b, "free_until", r->free_until);
	json_out_close(b, '}');
}

static void answer(struct domains_call *x)
{
	const struct store_get_domains *g = &x->get;
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-store"))};
	struct buf b;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_open_in(&b, "domains", '[');
	for (size_t i = 0; i < g->count; i++)
		add_row(&b, x, &g->rows[i]);
	json_out_close(&b, ']');
	if (g->more)
		json_out_str_in(&b, "next",
		                arena_printf(&x->call.arena, "%lld-%.*s", (long long)g->rows[g->count - 1].at,
		                             STR_ARG(g->rows[g->count - 1].domain)));
	else
		json_out_null_in(&b, "next");
	json_out_close(&b, '}');
	http_respond(x->call.http, 200, fields, ARRAY_LEN(fields), buf_str(&b));
	buf_fini(&b);
}

static void on_domains(struct store_op *op)
{
	struct domains_call *x = CONTAINER_OF(op, struct domains_call, get.op);
	if (op->err)
		api_problem_store(x->call.api, x->call.http, op);
	else if (x->call.http)
		answer(x);
	api_call_end(&x->call);
}

/* "30d" */
static bool read_days(struct http_request *r, uint64_t *out)
{
	struct str text;
	if (!http_query(r, "expiring", &text) || !str_ends(text, STR("d")))
		return false;
	return str_to_u64(str_make(text.ptr, text.len - 1), out) && *out >= 1 && *out <= DAYS_MAX;
}

static bool read_after(struct http_request *r, instant_ms_t *at, struct str *name)
{
	struct str text;
	if (!http_query(r, "after", &text))
		return true;
	*name = text;
	return str_to_i64(str_split(name, '-'), at) && name->len > 0 && *at > 0 &&
	       *at < DAYS_MAX * 100 * DAY_MS;
}

void api_get_domains(const struct api_request *q)
{
	uint64_t days;
	uint32_t limit;
	struct str name = STR_NONE;
	instant_ms_t now = loop_wall(q->api->loop), after = now;
	if (!api_accept_json(q->http))
		return;
	if (!read_days(q->http, &days)) {
		api_problem_parameter(q->http, STR("expiring: days from now, such as 30d"));
		return;
	}
	if (!read_after(q->http, &after, &name)) {
		api_problem_parameter(q->http, STR("after: \"next\" of the page before"));
		return;
	}
	if (!api_query_limit(q->http, &limit))
		return;
	struct domains_call *x = api_call_new(q, sizeof *x, NULL);
	x->get.partner = q->partner_id;
	x->get.after = after;
	x->get.after_name = arena_str(&x->call.arena, name);
	x->get.before = now + (instant_ms_t)days * DAY_MS;
	x->get.limit = limit;
	x->get.arena = &x->call.arena;
	api_submit(q->api->reader, &x->get.op, STORE_GET_DOMAINS, on_domains);
}
