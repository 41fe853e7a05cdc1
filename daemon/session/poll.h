/*
 * The poll-queue worker of a pool: asks, hands the message out, acknowledges it once it is stored, asks again until
 * the queue is empty. One message at a time, over any session with room.
 */
#ifndef VNEPP_SESSION_POLL_H
#define VNEPP_SESSION_POLL_H

#include "daemon/core/loop.h"
#include "daemon/session/session.h"

struct pool;

#define POLL_ID_MAX \
	256 /* a message id longer than this cannot be acknowledged; none has been seen above 40 */

enum poll_state { POLL_IDLE, POLL_ASKING, POLL_STORING, POLL_ACKING };

struct poll {
	struct pool *pool; /* borrowed: embedded in it */
	struct loop *loop;
	struct ceiling *ceiling;
	enum poll_state state;
	bool wanted; /* somebody said that there are messages */
	struct session_command cmd;
	struct loop_timer timer; /* the next look, or the next try */
	uint64_t interval_ms, counter, messages;
	uint32_t epoch;
	char id[POLL_ID_MAX];
	void (*on_message)(void *arg, const struct epp_response *r);
	void *arg;
	const char *trid_prefix;
};

void poll_start(struct poll *p);
void poll_stop(struct poll *p);
/* There are messages (or a session has become ready). */
void poll_wake(struct poll *p);
/* A place in a window is free: go on if something waits. */
void poll_on_room(struct poll *p);
void poll_stored(struct poll *p, bool stored);

#endif
