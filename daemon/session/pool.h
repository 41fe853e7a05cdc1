/*
 * The sessions of one account at one registry: keeps as many open as configured, spreads commands over them, fails over
 * and backs off when the registry refuses (endpoint.h), stays below the configured maxima where the registry takes less,
 * compares what the registry says of itself (registry_view.h), and works the poll queue (poll.h).
 *
 * A new password takes the place of the old one as password.h says; session.new_password is not for the owner to set.
 *
 * A pool that gets its log-in refused (2200, 2501) stops and says so: trying again would lock the account. Only
 * pool_resume() (a reload, an operator) starts it again.
 */
#ifndef VNEPP_SESSION_POOL_H
#define VNEPP_SESSION_POOL_H

#include "daemon/session/session.h"
#include "epp/base/rng.h"

struct pool;

struct pool_endpoint {
	const char *host;
	uint16_t port;
};

/* How much is used of a limit that is not the pool's own to keep: it may be in shadow. */
struct pool_limit {
	struct limit limit;
	uint64_t near, over; /* times that CEILING_NEAR_PERCENT were used; beyond it */
};

/* Everything borrowed for the pool's life; times in milliseconds. */
struct pool_config {
	struct session_config session; /* id, host and port are filled in per session */
	struct secret new_password;    /* none: session.password is to stay */
	const struct pool_endpoint *endpoints;
	size_t endpoint_count;
	uint32_t sessions;
	struct pool_limit *session_limit, *window_limit; /* counted in; may change; NULL: nobody counts */
	uint64_t backoff_min_ms, backoff_max_ms, poll_ms;
	uint64_t skew_warn_ms; /* difference of clocks worth a warning; 0: none */
	struct rng *rng;
	int date_offset_s;
	uint32_t epoch; /* of the store: makes clTRIDs of our own unique over restarts */
};

struct pool_events {
	/* There may be room for commands. */
	void (*on_room)(void *arg);
	/* A message from the poll queue; `r` is valid during the call. Answer with pool_message_stored(). */
	void (*on_message)(void *arg, const struct epp_response *r);
	/* After pool_drain(): the last session has closed. */
	void (*on_drained)(void *arg);
};

struct pool *pool_new(const struct pool_config *c, const struct pool_events *ev, void *arg);
/* No session may be left (on_drained, or never started). */
void pool_free(struct pool *p);
/* Starts connecting. */
void pool_start(struct pool *p);

/* Commands that may be handed in now, over all sessions: so many, even when it says less after the first of them. */
uint32_t pool_room(const struct pool *p);
/* Commands that fit when all ready sessions are empty. */
uint32_t pool_slots(const struct pool *p);
/* The registry's greeting offered this namespace, and we log in with it. */
bool pool_offers(const struct pool *p, const char *uri);
/* To the session with the most room; the caller has seen pool_room() > 0 and taken from the ceiling. */
enum err pool_send(struct pool *p, struct session_command *c, struct errmsg *e) MUST_CHECK;

/*
 * The message given by on_message is durable (or was before): acknowledge it. False: leave it, ask again later. Once
 * for each on_message, also while draining and afterwards.
 */
void pool_message_stored(struct pool *p, bool stored);

/* No further commands; log out. on_drained follows, later, once, however often this is called. */
void pool_drain(struct pool *p);
/* The deadline is over: break what is left. */
void pool_abort(struct pool *p);
/* A stopped pool connects again. */
void pool_resume(struct pool *p);

struct pool_stats {
	uint32_t wanted, ready, connecting, in_flight;
	uint32_t busiest; /* in flight on one session, at most */
	uint32_t window;  /* in use, at most the configured one */
	bool stopped;
	uint64_t opened, lost, messages, greeting_changes;
	int64_t skew_ms; /* the registry's clock minus ours */
	instant_ms_t password_expires,
	    certificate_expires; /* as the registry said; INSTANT_NONE: it did not */
	uint64_t retry_in_ms;    /* 0: not waiting */
	const char *last_error;
};
void pool_stats(const struct pool *p, struct pool_stats *out);

#endif
