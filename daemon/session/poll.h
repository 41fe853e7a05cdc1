/*
 * The poll-queue worker of a pool: asks, hands the message out, acknowledges it once it is stored, asks again until
 * the queue is empty. One message at a time, over any session with room.
 */
#ifndef VNEPP_SESSION_POLL_H
#define VNEPP_SESSION_POLL_H

#include "daemon/core/ceiling.h"
#include "daemon/core/loop.h"
#include "daemon/session/session.h"

struct pool;
struct pool_config;

/* A message id longer than this cannot be acknowledged; none has been seen above 40. */
#define POLL_ID_MAX 256

enum poll_state {
	POLL_IDLE,    /* the timer says when to look */
	POLL_WAITING, /* for room in a window, or for the ceiling (timer set) */
	POLL_ASKING,  /* in flight */
	POLL_STORING, /* poll_stored() will come */
	POLL_ACKING,  /* in flight */
};

struct poll {
	struct pool *pool; /* borrowed: embedded in it */
	struct loop *loop;
	struct limits *limits;
	struct log *log;
	const char *registry, *account;
	enum poll_state state;
	bool stopped, ack_due; /* ack_due: `id` is stored and not acknowledged yet */
	struct session_command cmd;
	struct session_extension ext;
	struct ceiling_claim claim;
	struct loop_timer timer;
	uint64_t interval_ms,
	    quiet_until_ms; /* quiet: not before, whatever responses say of waiting messages */
	uint64_t counter, messages;
	char id[POLL_ID_MAX], acked[POLL_ID_MAX];
	void (*on_message)(void *arg, const struct epp_response *r);
	void *arg;
	const char *trid_prefix;
};

/* Everything is borrowed. */
void poll_init(struct poll *p, struct pool *pool, const struct pool_config *c,
               void (*on_message)(void *arg, const struct epp_response *r), void *arg,
               const char *trid_prefix);
void poll_start(struct poll *p);
/* Nothing more is asked or acknowledged; poll_stored() may still come. */
void poll_stop(struct poll *p);
/* There are messages (or a session has become ready). */
void poll_wake(struct poll *p);
/* A place in a window is free: go on if something waits. */
void poll_on_room(struct poll *p);
void poll_stored(struct poll *p, bool stored);

#endif
