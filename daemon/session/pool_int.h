/* Shared by the files of a pool: pool.c (opening, spreading, life) and pool_learn.c (what the end of a session means). */
#ifndef VNEPP_SESSION_POOL_INT_H
#define VNEPP_SESSION_POOL_INT_H

#include "daemon/core/loop.h"
#include "daemon/session/endpoint.h"
#include "daemon/session/password.h"
#include "daemon/session/poll.h"
#include "daemon/session/pool.h"
#include "daemon/session/registry_view.h"

/* A registry that had no room may have some in a minute. */
#define POOL_GROW_MS 60000

struct slot {
	struct session *session; /* borrowed until its on_closed; NULL: none */
	bool was_ready;
	size_t endpoint;
	uint64_t dialled_at;
	enum password_step step; /* of the password that it logs in with */
};

struct pool {
	struct pool_config c;
	struct pool_events ev;
	void *arg;
	struct slot *slots; /* owned; c.sessions of them */
	uint32_t wanted;    /* at most c.sessions; fewer after 2502 */
	uint32_t open;      /* slots with a session */
	uint32_t window;    /* at most the configured one */
	struct endpoints endpoints;
	struct registry_view *views; /* owned; by endpoint, for each may offer something else */
	size_t last_view;            /* of the newest greeting */
	uint64_t narrowed_at;
	struct password password;
	bool started, stopped, draining;
	struct loop_timer retry, grow, widen;
	uint64_t grow_ms, next_open_ms;
	struct loop_task drained;
	struct poll poll;
	struct epp_parser *parser; /* owned; one for all sessions, because answers are handled as they come */
	uint64_t next_id, opened, lost;
	char trid_prefix[24];
	char last_error[200];
};

#define POOL_FIELDS(p) F_C("registry", (p)->c.session.registry), F_C("account", (p)->c.session.account)

static inline uint64_t pool_now(const struct pool *p)
{
	return loop_now(p->c.session.loop);
}

/* pool.c: opens what is missing and may be opened now. Called whenever one of the reasons not to has changed. */
void pool_fill(struct pool *p);

/* pool_learn.c */
/* What the end of `s` means for the next attempt; `slot` is what it had, and is no longer in use. */
void pool_learn(struct pool *p, const struct slot *slot, const struct session *s, enum session_end why,
                const char *text);
void pool_learn_init(struct pool *p);

#endif
