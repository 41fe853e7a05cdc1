/* A pool as operators see it. */
#include "daemon/session/pool_view.h"
#include "daemon/net/stream.h"
#include "daemon/session/pool_int.h"
#include "daemon/session/session_int.h"

#include <string.h>

static void view_stream(const struct session *s, struct pool_session_view *v)
{
	const struct stream_peer *peer = s->stream ? stream_peer(s->stream) : NULL;
	v->peer_expires = INSTANT_NONE;
	if (!peer)
		return;
	memcpy(v->address, peer->address, sizeof v->address);
	memcpy(v->tls_version, peer->tls_version, sizeof v->tls_version);
	if (peer->not_after)
		v->peer_expires = peer->not_after;
}

size_t pool_view_sessions(const struct pool *p, struct pool_session_view *out, size_t max)
{
	size_t n = 0;
	for (uint32_t i = 0; i < p->c.sessions && n < max; i++) {
		const struct session *s = p->slots[i].session;
		const struct endpoint *at = &p->endpoints.list[p->slots[i].endpoint];
		if (!s)
			continue;
		out[n] = (struct pool_session_view){.id = session_id(s),
		                                    .state = session_state(s),
		                                    .host = at->host,
		                                    .port = at->port,
		                                    .age_ms = pool_now(p) - s->opened_ms,
		                                    .window = s->c.window,
		                                    .in_flight = session_in_flight(s)};
		view_stream(s, &out[n++]);
	}
	return n;
}

static const char *state_of(const struct endpoint *e, uint64_t now_ms)
{
	if (e->barred)
		return "barred";
	if (e->works_from_ms <= now_ms)
		return "working";
	return e->retry_at_ms > now_ms ? "out" : "doubtful";
}

size_t pool_view_endpoints(const struct pool *p, struct pool_endpoint_view *out, size_t max)
{
	uint64_t now = pool_now(p);
	size_t n = p->endpoints.count < max ? p->endpoints.count : max;
	for (size_t i = 0; i < n; i++) {
		const struct endpoint *e = &p->endpoints.list[i];
		out[i] = (struct pool_endpoint_view){.host = e->host,
		                                     .port = e->port,
		                                     .state = state_of(e, now),
		                                     .failures = e->failures,
		                                     .connecting = e->connecting,
		                                     .retry_in_ms =
		                                         e->retry_at_ms > now ? e->retry_at_ms - now : 0};
		for (uint32_t k = 0; k < p->c.sessions; k++)
			out[i].use += p->slots[k].session && p->slots[k].endpoint == i;
	}
	return n;
}
