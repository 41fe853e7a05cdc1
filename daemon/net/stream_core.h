/*
 * What every implementation of a stream has in common: states, the out buffer, flushing at the end of the turn,
 * water marks, deadlines of closing, and the order of events. Private to the implementations.
 *
 *   OPENING --core_open--> OPEN --stream_close--> CLOSING --core_end--> ENDED --release, core_gone--> freed
 *       \_____________________\______________________________core_end__/
 *
 * The implementation calls core_*() from the loop only (never from inside its own callbacks below, but for core_end()
 * and core_gone(), which are fine anywhere and in `release`).
 */
#ifndef VNEPP_NET_STREAM_CORE_H
#define VNEPP_NET_STREAM_CORE_H

#include "daemon/core/loop.h"
#include "daemon/net/stream.h"

struct stream_core;

struct stream_impl {
	/* At the end of the turn, after writing, closing or resuming: move `out` on; in CLOSING, when all is out, say
	 * good-bye and call core_end(OK). */
	void (*pump)(struct stream_core *c);
	/* Bytes that have left `out` but have not reached the system. NULL: none ever. */
	size_t (*in_flight)(const struct stream_core *c);
	/* Start or stop reading; in CLOSING what is read is dropped. May be NULL. */
	void (*set_reading)(struct stream_core *c, bool on);
	/* After core_end(): let go of everything below, then core_gone(), now or later. */
	void (*release)(struct stream_core *c);
	/* After on_closed: free the memory; the core's own is freed already. */
	void (*destroy)(struct stream_core *c);
	const struct stream_peer *(*peer)(const struct stream_core *c);
};

enum stream_state { STREAM_OPENING, STREAM_OPEN, STREAM_CLOSING, STREAM_ENDED };

struct stream_core {
	struct stream base;
	const struct stream_impl *impl;
	struct loop *loop; /* borrowed */
	enum stream_state state;
	struct buf out;
	struct buf sink; /* takes what is written after the end */
	struct loop_hook hook;
	struct loop_task task;
	struct loop_timer deadline; /* of closing */
	enum err why;               /* set by core_end() */
	char *text;                 /* owned; the reason in words */
	bool paused, full, drained, eof_told;
};

void core_init(struct stream_core *c, struct loop *loop, const struct stream_impl *impl);
/* The events. Each may end the stream (the state is to be looked at afterwards) but never frees it. */
void core_open(struct stream_core *c);
void core_data(struct stream_core *c, struct str data);
void core_eof(struct stream_core *c, bool clean);
/* The queue has become shorter: on_drain follows when it has passed the low mark. */
void core_drained(struct stream_core *c);
/* The end, whatever the state; the first reason counts. `text` is copied, NULL: the error's own. */
void core_end(struct stream_core *c, enum err why, const char *text);
/* Nothing is left below: reports on_closed and frees. */
void core_gone(struct stream_core *c);
size_t core_queued(const struct stream_core *c);

/* Delivers data to the owner just now? */
static inline bool core_reads(const struct stream_core *c)
{
	return c->state == STREAM_OPEN && !c->paused;
}

static inline struct stream_core *core_of(struct stream *s)
{
	return CONTAINER_OF(s, struct stream_core, base);
}

#endif
