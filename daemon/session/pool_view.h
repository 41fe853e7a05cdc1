/*
 * What operators see of a pool: each session and each endpoint. Nothing here changes anything.
 */
#ifndef VNEPP_SESSION_POOL_VIEW_H
#define VNEPP_SESSION_POOL_VIEW_H

#include "daemon/session/session.h"
#include "epp/base/date.h"

#include <stddef.h>

struct pool;

struct pool_session_view {
	uint64_t id;
	enum session_state state;
	const char *host; /* borrowed from the pool */
	uint16_t port;
	char address[64], tls_version[16]; /* of the peer; empty before the connection stands */
	uint64_t age_ms;                   /* since it was dialled */
	uint32_t window, in_flight;
	instant_ms_t peer_expires; /* the registry's certificate; INSTANT_NONE: none yet */
};

struct pool_endpoint_view {
	const char *host; /* borrowed from the pool */
	uint16_t port;
	const char
	    *state; /* "working", "doubtful" (one probe at a time), "out", "barred" (lacks what we need) */
	uint32_t failures;        /* since it last worked for a while */
	uint32_t connecting, use; /* connections under way; sessions there */
	uint64_t retry_in_ms;     /* 0: at once */
};

/* At most `max`, in no order that means anything; returns how many. */
size_t pool_view_sessions(const struct pool *p, struct pool_session_view *out, size_t max);
/* In the configured order. */
size_t pool_view_endpoints(const struct pool *p, struct pool_endpoint_view *out, size_t max);

#endif
