/*
 * Live figures: server-sent events.
 *
 * Happy path: a stream gets the status at once and then every HTTP_ADMIN_EVENT_MS, made once for all streams; and a
 * point whenever the history gets one.
 * Failure modes: a browser that does not keep up misses events (each is whole, so nothing is lost but time); too many
 * streams: 503; the peer goes: its stream is taken out.
 */
#include "daemon/admin/http_int.h"

#include <inttypes.h>

/* In the request's arena. */
struct event_stream {
	struct list_node node;
	struct http_admin *admin;
	struct http_request *http;
};

static void make_status(struct http_admin *a)
{
	buf_clear(&a->status);
	buf_lit(&a->status, "event: status\ndata: ");
	a->d.status(a->d.arg, &a->status);
	buf_lit(&a->status, "\n\n");
}

static void send(struct http_admin *a, struct str event)
{
	list_for_each (n, &a->streams) {
		struct event_stream *s = LIST_ITEM(n, struct event_stream, node);
		if (!http_full(s->http))
			http_write(s->http, event);
	}
}

static void on_tick(struct loop_timer *t)
{
	struct http_admin *a = CONTAINER_OF(t, struct http_admin, tick);
	if (list_empty(&a->streams))
		return;
	make_status(a);
	if (buf_ok(&a->status))
		send(a, buf_str(&a->status));
	loop_timer_set(a->d.loop, t, HTTP_ADMIN_EVENT_MS);
}

static void on_abort(struct http_request *r, enum err why)
{
	(void)why;
	list_remove(&((struct event_stream *)r->arg)->node);
}

void http_events_begin(struct http_admin *a, struct http_request *r)
{
	static const struct http_events ev = {.on_abort = on_abort};
	struct http_field f[HTTP_ADMIN_FIELDS];
	if (a->draining || a->streams.count >= HTTP_ADMIN_EVENTS_MAX) {
		http_problem(r, 503, "Service Unavailable", STR("too many pages are open"));
		return;
	}
	http_begin(r, 200, f, http_admin_fields(f, "text/event-stream"), HTTP_LENGTH_UNKNOWN);
	if (str_eq(r->method, STR("HEAD"))) {
		http_end(r);
		return;
	}
	struct event_stream *s = arena_calloc(r->arena, 1, sizeof *s);
	*s = (struct event_stream){.admin = a, .http = r};
	r->ev = &ev;
	r->arg = s;
	list_push(&a->streams, &s->node);
	make_status(a);
	http_write(r, STR("retry: 3000\n\n"));
	if (buf_ok(&a->status))
		http_write(r, buf_str(&a->status));
	a->tick.fire = on_tick;
	if (!loop_timer_is_set(&a->tick))
		loop_timer_set(a->d.loop, &a->tick, HTTP_ADMIN_EVENT_MS);
}

void http_admin_point(struct http_admin *a, int64_t at_ms, const int64_t *values, size_t count)
{
	struct buf b;
	if (list_empty(&a->streams))
		return;
	buf_init(&b, 8u << 10);
	buf_printf(&b, "event: point\ndata: {\"at\":%" PRId64 ",\"values\":{", at_ms);
	for (size_t i = 0, first = 1; i < count && a->d.series[i]; i++) {
		if (values[i] == INT64_MIN)
			continue;
		buf_printf(&b, "%s\"%s\":%" PRId64, first ? "" : ",", a->d.series[i], values[i]);
		first = 0;
	}
	buf_lit(&b, "}}\n\n");
	send(a, buf_str(&b));
	buf_fini(&b);
}

void http_events_end(struct http_admin *a)
{
	struct list_node *n;
	while ((n = list_pop(&a->streams)))
		http_end(LIST_ITEM(n, struct event_stream, node)->http);
	loop_timer_cancel(a->d.loop, &a->tick);
}
