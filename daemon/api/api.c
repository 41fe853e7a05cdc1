/*
 * Requests to handlers: who is asking, what for, in which configuration.
 *
 * Happy path: http1 reports a head; the peer's certificate names a partner; the route's handler answers at once, or
 * makes a call that waits for the store and answers from its completion. What goes wrong: no partner (403), no route
 * (404, 405), a query parameter that nobody reads (400); the connection ends while the store works: the call
 * loses its request, waits for its operation, and is freed without an answer.
 */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "daemon/core/meter.h"
#include "daemon/net/stream.h"
#include "epp/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- views and limiters --------------------------------------------------------------------------------------------- */

static struct api_view *view_new(struct config *c, const uint32_t *partner_ids, const uint32_t *account_ids)
{
	size_t accounts = c->partner_count * c->registry_count;
	struct api_view *v = xcalloc(1, sizeof *v);
	*v = (struct api_view){.refs = 1,
	                       .config = config_ref(c),
	                       .partner_ids = xcalloc(c->partner_count + 1, sizeof(uint32_t)),
	                       .account_ids = xcalloc(accounts + 1, sizeof(uint32_t))};
	if (c->partner_count)
		memcpy(v->partner_ids, partner_ids, c->partner_count * sizeof(uint32_t));
	if (accounts)
		memcpy(v->account_ids, account_ids, accounts * sizeof(uint32_t));
	return v;
}

static struct api_view *view_ref(struct api_view *v)
{
	v->refs++;
	return v;
}

static void view_unref(struct api_view **pv)
{
	struct api_view *v = *pv;
	*pv = NULL;
	if (!v || --v->refs)
		return;
	config_unref(&v->config);
	free(v->partner_ids);
	free(v->account_ids);
	free(v);
}

struct str api_account_name(struct arena *a, const struct api_view *v, uint32_t account)
{
	const struct config *c = v->config;
	for (size_t i = 0; account && i < c->partner_count * c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i % c->registry_count];
		const struct config_partner *p = &c->partners[i / c->registry_count];
		if (v->account_ids[i] == account)
			return arena_printf(a, "%s/%s", r->name, p->accounts[i % c->registry_count]);
	}
	return STR_NONE;
}

static void set_rates(struct api *a)
{
	const struct config *c = a->view->config;
	uint64_t now = a->loop->clock->mono_us(a->loop->clock);
	for (size_t i = 0; i < c->partner_count; i++)
		gcra_set(&api_limiter_at(&a->limiters, a->view->partner_ids[i])->gcra,
		         c->partners[i].lines_per_second.max, c->partners[i].burst, now);
}

/* Nobody knows what was used before the start: it may have been everything. */
static void use_up_rates(struct api *a)
{
	uint64_t now = a->loop->clock->mono_us(a->loop->clock);
	for (size_t i = 0; i < a->view->config->partner_count; i++) {
		struct gcra *g = &api_limiter_at(&a->limiters, a->view->partner_ids[i])->gcra;
		gcra_charge(g, g->burst, now);
	}
}

/* NULL: no such partner. */
static const struct api_limiter *limiter_of(const struct api *a, const char *partner)
{
	const struct config *c = a->view->config;
	for (size_t i = 0; i < c->partner_count; i++)
		if (strcmp(c->partners[i].name, partner) == 0)
			return api_limiter_find(&a->limiters, a->view->partner_ids[i]);
	return NULL;
}

/* ---- calls ----------------------------------------------------------------------------------------------------------- */

static void on_abort(struct http_request *r, enum err why)
{
	(void)why; /* nothing was promised yet: a reading has no effect, a cancel is done all the same */
	((struct api_call *)r->arg)->http = NULL;
}

bool api_is_open(const struct api_request *q)
{
	const char *why = q->api->owner.admission_closed(q->api->owner.arg);
	if (why)
		api_problem_answer(q->http,
		                   &(struct api_problem){.status = 503,
		                                         .type = "admission-closed",
		                                         .title = "Nothing is admitted at the moment",
		                                         .detail = str_c(why),
		                                         .retry_after_s = API_RETRY_BUSY_S});
	return !why;
}

void *api_call_new(const struct api_request *q, size_t size, void (*release)(struct api_call *c))
{
	static const struct http_events ev = {.on_abort = on_abort};
	struct api_call *c = xcalloc(1, size);
	c->api = q->api;
	c->http = q->http;
	c->view = view_ref(q->api->view);
	c->partner_index = q->partner_index;
	c->partner = q->partner;
	c->partner_id = q->partner_id;
	c->release = release;
	api_trace_of(q->api, q->http, c->trace);
	arena_init(&c->arena);
	list_push(&q->api->calls, &c->node);
	q->http->ev = &ev;
	q->http->arg = c;
	return c;
}

void api_call_end(struct api_call *c)
{
	list_remove(&c->node);
	if (c->release)
		c->release(c);
	view_unref(&c->view);
	arena_fini(&c->arena);
	free(c);
}

bool api_call_usable(struct api_call *c, const struct store_op *op, const char *what)
{
	if (op->err && op->err != ERR_NOT_FOUND)
		api_problem_store(c->api, c->http, op);
	else if (c->http && op->err)
		api_problem_not_found(c->http, what);
	else if (c->http)
		return true;
	api_call_end(c);
	return false;
}

void api_submit(struct store_executor *x, struct store_op *op, enum store_op_type type,
                void (*done)(struct store_op *op))
{
	op->type = type;
	op->done = done;
	x->submit(x, op);
}

/* ---- routes ---------------------------------------------------------------------------------------------------------- */

struct route {
	const char *method;
	const char *pattern;       /* '*' is one segment, handed to the handler */
	const char *const *params; /* query parameters that are read; NULL-terminated */
	void (*handle)(const struct api_request *q);
	enum meter_route as;
};

static const char *const no_params[] = {NULL};
static const char *const submit_params[] = {"admission", "priority", "dry_run", "check", NULL};
static const char *const changes_params[] = {"after", "limit", "wait", NULL};
static const char *const domains_params[] = {"expiring", "after", "limit", NULL};
static const char *const items_params[] = {"state", "after", "limit", NULL};

static const struct route routes[] = {
    {"POST", "/v1/batches", submit_params, intake_begin, METER_SUBMIT},
    {"GET", "/v1/batches/*", no_params, api_get_batch, METER_BATCH},
    {"GET", "/v1/batches/*/items", items_params, api_get_items, METER_ITEMS},
    {"GET", "/v1/batches/*/events", no_params, api_get_events, METER_EVENTS},
    {"GET", "/v1/changes", changes_params, api_get_changes, METER_CHANGES},
    {"POST", "/v1/batches/*/cancel", no_params, api_cancel_batch, METER_CANCEL},
    {"GET", "/v1/items/*", no_params, api_get_item, METER_ITEM},
    {"POST", "/v1/items/*/evidence", no_params, api_add_evidence, METER_ITEM},
    {"POST", "/v1/items/*/retry", no_params, api_retry_item, METER_ITEM},
    {"GET", "/v1/domains", domains_params, api_get_domains, METER_DOMAIN},
    {"POST", "/v1/domains", no_params, api_submit_one, METER_SUBMIT},
    {"GET", "/v1/domains/*", no_params, api_get_domain, METER_DOMAIN},
    {"GET", "/v1/openapi.json", no_params, api_get_contract, METER_OTHER},
    {"POST", "/v1/decisions", no_params, api_decide, METER_DECISION},
    {"GET", "/v1/limits", no_params, api_get_limits, METER_LIMITS},
};

static bool path_fits(struct str path, const char *pattern, struct str *segment)
{
	struct str p = str_c(pattern);
	if (str_ends(path, STR("/")))
		return false;
	while (p.len && path.len) {
		struct str want = str_split(&p, '/'), have = str_split(&path, '/');
		if (str_eq(want, STR("*")) && have.len)
			*segment = have;
		else if (!str_eq(want, have))
			return false;
	}
	return !p.len && !path.len;
}

static bool method_fits(struct str method, const char *want)
{
	return str_eq_c(method, want) || (str_eq(method, STR("HEAD")) && strcmp(want, "GET") == 0);
}

/* The route; else NULL with 404, or 405 and what is allowed. */
static const struct route *find_route(struct http_request *r, struct str *segment)
{
	const char *allow = NULL;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!path_fits(r->path, routes[i].pattern, segment))
			continue;
		if (method_fits(r->method, routes[i].method)) {
			r->tag = (unsigned)routes[i].as + 1;
			return &routes[i];
		}
		bool get = strcmp(routes[i].method, "GET") == 0;
		allow = allow ? "GET, HEAD, POST" : get ? "GET, HEAD" : routes[i].method;
	}
	struct api_problem p = {.status = allow ? 405 : 404,
	                        .type = allow ? "method-not-allowed" : "not-found",
	                        .title = allow ? "This method is not for this resource"
	                                       : "There is no such resource",
	                        .detail = r->path,
	                        .allow = allow};
	api_problem_answer(r, &p);
	return NULL;
}

static void on_answered(void *arg, const struct http_request *r, int status, uint64_t us)
{
	const struct api *a = arg;
	meter_request(a->meter, r->tag ? (enum meter_route)(r->tag - 1) : METER_OTHER, status, us);
}

/* ---- partners -------------------------------------------------------------------------------------------------------- */

static const struct config_partner *identify(const struct config *c, const struct stream_peer *peer)
{
	const struct config_partner *p = NULL;
	if (peer->fingerprint[0])
		p = config_identify(c, CONFIG_ID_FINGERPRINT, str_c(peer->fingerprint));
	if (!p && peer->spki_pin[0])
		p = config_identify(c, CONFIG_ID_PIN, str_c(peer->spki_pin));
	for (size_t i = 0; !p && i < ARRAY_LEN(peer->san_uri); i++)
		if (peer->san_uri[i][0])
			p = config_identify(c, CONFIG_ID_SAN_URI, str_c(peer->san_uri[i]));
	for (size_t i = 0; !p && i < ARRAY_LEN(peer->san_dns); i++)
		if (peer->san_dns[i][0])
			p = config_identify(c, CONFIG_ID_SAN_DNS, str_c(peer->san_dns[i]));
	return p;
}

bool api_call_allowed(const struct api_call *c)
{
	const struct api_view *now = c->api->view;
	if (now == c->view)
		return true;
	const struct config_partner *p = identify(now->config, http_peer(c->http));
	return p && now->partner_ids[p - now->config->partners] == c->partner_id;
}

static void fingerprint_members(struct buf *b, const void *arg)
{
	const struct stream_peer *peer = arg;
	json_out_text_in(b, "fingerprint", str_c(peer->fingerprint));
	json_out_text_in(b, "pin", str_c(peer->spki_pin));
	json_out_text_in(b, "subject", str_c(peer->subject));
}

/* It has not come as far as a request: TLS refuses it, with the reason in an alert. */
static void on_refused(void *arg, const struct stream_peer *peer, const char *text)
{
	struct api *a = arg;
	LOG(a->log, LOG_WARNING, "api.refused_certificate", text, F_C("address", peer->address));
}

static void refuse_stranger(struct api *a, struct http_request *r, const struct stream_peer *peer)
{
	bool named = peer->fingerprint[0] || peer->san_dns[0][0] || peer->san_uri[0][0];
	LOG(a->log, LOG_WARNING, "api.unknown_partner", "a certificate that belongs to no partner",
	    F_C("address", peer->address), F_C("fingerprint", peer->fingerprint),
	    F_C("subject", peer->subject));
	struct api_problem p = {
	    .status = 403,
	    .type = "unknown-partner",
	    .title = "This client certificate belongs to no partner",
	    .detail =
	        named ? arena_printf(r->arena,
	                             "The operator adds the certificate to the partners file by its SHA-256 "
	                             "fingerprint %s.",
	                             peer->fingerprint)
	              : STR("No client certificate was given."),
	    .extra = fingerprint_members,
	    .arg = peer};
	api_problem_answer(r, &p);
}

/* One partner's requests cannot take the connections of all. */
static bool begin_request(struct api *a, struct http_request *r, uint32_t partner)
{
	struct api_limiter *l = api_limiter_at(&a->limiters, partner);
	uint32_t most = a->view->config->api_max_per_partner;
	if (l->requests < most) {
		l->requests++;
		r->whose = partner;
		return true;
	}
	struct api_problem p = {
	    .status = 429,
	    .type = "too-many-requests",
	    .title = "This partner has too many requests under way",
	    .detail = arena_printf(
	        r->arena,
	        "At most %u at a time, over all connections; send this one when another has been answered.",
	        most),
	    .retry_after_s = API_RETRY_REQUESTS_S};
	api_problem_answer(r, &p);
	return false;
}

static void on_over(void *arg, const struct http_request *r)
{
	struct api *a = arg;
	api_limiter_at(&a->limiters, r->whose)->requests--;
}

static void on_request(void *arg, struct http_request *r)
{
	struct api *a = arg;
	struct str segment = STR_NONE;
	const struct stream_peer *peer = http_peer(r);
	const struct config *c = a->view->config;
	const struct config_partner *p = identify(c, peer);
	if (!p) {
		refuse_stranger(a, r, peer);
		return;
	}
	struct api_request q = {
	    .api = a, .http = r, .partner = p, .partner_index = (size_t)(p - c->partners)};
	q.partner_id = a->view->partner_ids[q.partner_index];
	if (!begin_request(a, r, q.partner_id))
		return;
	const struct route *route = find_route(r, &segment);
	if (!route || !api_query_known(r, route->params))
		return;
	if (!http_decode(r->arena, segment, &q.arg)) {
		struct api_problem bad = {.status = 400,
		                          .type = "bad-path",
		                          .title = "The path is not well encoded",
		                          .detail = r->path};
		api_problem_answer(r, &bad);
		return;
	}
	route->handle(&q);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

struct api *api_new(const struct api_deps *deps)
{
	struct api *a = xcalloc(1, sizeof *a);
	a->loop = deps->loop;
	a->writer = deps->writer;
	a->reader = deps->reader;
	a->log = deps->log;
	a->meter = deps->meter;
	a->view = view_new(deps->config, deps->partner_ids, deps->account_ids);
	a->decider = decider_ref(deps->decider);
	a->owner = deps->owner;
	set_rates(a);
	use_up_rates(a);
	http_server_init(&a->http, deps->loop, on_request, a);
	a->http.on_over = on_over;
	a->http.on_refused = on_refused;
	a->http.on_answered = deps->meter ? on_answered : NULL;
	a->http.answered_arg = a;
	return a;
}

void api_free(struct api *a)
{
	while (a->calls.first)
		api_call_end(LIST_ITEM(a->calls.first, struct api_call, node));
	api_leftover_fini(a);
	loop_timer_cancel(a->loop, &a->feed.tick);
	api_limiters_fini(&a->limiters);
	view_unref(&a->view);
	decider_unref(&a->decider);
	free(a);
}

struct http_server *api_http(struct api *a)
{
	return &a->http;
}

size_t api_active(const struct api *a)
{
	return a->calls.count - a->feed.idle;
}

void api_set_config(struct api *a, struct config *config, const uint32_t *partner_ids,
                    const uint32_t *account_ids)
{
	struct api_view *v = view_new(config, partner_ids, account_ids);
	view_unref(&a->view);
	a->view = v;
	set_rates(a);
}

void api_set_decider(struct api *a, struct decider *d)
{
	decider_ref(d);
	decider_unref(&a->decider);
	a->decider = d;
}

void api_rate_of(const struct api *a, const char *partner, struct api_rate *out)
{
	uint64_t now = a->loop->clock->mono_us(a->loop->clock);
	*out = (struct api_rate){0};
	const struct api_limiter *l = limiter_of(a, partner);
	if (!l)
		return;
	uint64_t left = gcra_left(&l->gcra, now);
	*out = (struct api_rate){.used = left < l->gcra.burst ? l->gcra.burst - left : 0,
	                         .empty_in_ms = l->gcra.empty_us > now ? (l->gcra.empty_us - now) / 1000 : 0,
	                         .near = l->near,
	                         .over = l->over,
	                         .uploads = l->uploads,
	                         .near_uploads = l->near_uploads,
	                         .over_uploads = l->over_uploads,
	                         .near_queued = l->near_queued,
	                         .over_queued = l->over_queued};
}

int64_t api_limit_used_ppm(const struct api *a, const char *partner)
{
	uint64_t now = a->loop->clock->mono_us(a->loop->clock);
	const struct api_limiter *l = limiter_of(a, partner);
	if (!l || l->gcra.rate == 0)
		return 0;
	uint64_t left = gcra_left(&l->gcra, now), burst = l->gcra.burst ? l->gcra.burst : 1;
	return left >= burst ? 0 : (int64_t)((burst - left) * 1000000 / burst);
}

void api_drain(struct api *a)
{
	api_leftover_stop(a);
	api_feed_drain(a);
	http_server_drain(&a->http);
}
