/*
 * The common part of streams.
 *
 * Happy path: core_init, core_open, any number of core_data, stream_close -> pump -> core_end(OK) -> release ->
 * core_gone -> on_closed.
 * Failure: core_end(why) in any state. It only marks and defers: it may be called from inside a stream_*() call, where
 * no event may be delivered. Everything after it is silent until on_closed.
 * Full: an append past STREAM_MAX_QUEUED marks the buffer failed; the next flush ends the stream with ERR_FULL.
 */
#include "daemon/net/stream_core.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

static bool writable(const struct stream_core *c)
{
	return c->state <= STREAM_OPEN;
}

static struct buf *op_out(struct stream *s)
{
	struct stream_core *c = core_of(s);
	if (writable(c))
		return &c->out;
	buf_clear(&c->sink);
	return &c->sink;
}

size_t core_queued(const struct stream_core *c)
{
	return buf_len(&c->out) + (c->impl->in_flight ? c->impl->in_flight(c) : 0);
}

static void op_flush(struct stream *s)
{
	struct stream_core *c = core_of(s);
	if (!writable(c))
		return;
	size_t queued = core_queued(c);
	if (!buf_ok(&c->out) || queued > STREAM_MAX_QUEUED) {
		core_end(c, ERR_FULL, "the peer does not read: too many bytes are waiting for it");
		return;
	}
	/* Not only at the high mark: a stream on top may wait for our low mark without having seen our high one. */
	if (queued >= STREAM_LOW_WATER)
		c->full = true;
	if (c->state == STREAM_OPEN)
		loop_at_turn_end(c->loop, &c->hook);
}

static size_t op_queued(const struct stream *s)
{
	return core_queued(CONTAINER_OF(s, const struct stream_core, base));
}

static void set_reading(struct stream_core *c, bool on)
{
	if (c->impl->set_reading)
		c->impl->set_reading(c, on);
}

static void op_pause(struct stream *s)
{
	struct stream_core *c = core_of(s);
	if (!writable(c) || c->paused)
		return;
	c->paused = true;
	if (c->state == STREAM_OPEN)
		set_reading(c, false);
}

static void op_resume(struct stream *s)
{
	struct stream_core *c = core_of(s);
	if (!writable(c) || !c->paused)
		return;
	c->paused = false;
	if (c->state != STREAM_OPEN)
		return;
	set_reading(c, true);
	loop_at_turn_end(c->loop, &c->hook);
}

static void op_abort(struct stream *s)
{
	core_end(core_of(s), ERR_CANCELED, "given up by this side");
}

static void op_close(struct stream *s)
{
	struct stream_core *c = core_of(s);
	if (c->state == STREAM_OPENING)
		op_abort(s);
	if (c->state != STREAM_OPEN)
		return;
	if (!buf_ok(&c->out)) {
		core_end(c, ERR_FULL, "the peer does not read: too many bytes are waiting for it");
		return;
	}
	c->state = STREAM_CLOSING;
	set_reading(c, true);
	loop_timer_set(c->loop, &c->deadline, STREAM_CLOSE_MS);
	loop_at_turn_end(c->loop, &c->hook);
}

static const struct stream_peer *op_peer(const struct stream *s)
{
	const struct stream_core *c = CONTAINER_OF(s, const struct stream_core, base);
	return c->impl->peer(c);
}

static const struct stream_ops ops = {.out = op_out,
                                      .flush = op_flush,
                                      .queued = op_queued,
                                      .pause = op_pause,
                                      .resume = op_resume,
                                      .close = op_close,
                                      .abort = op_abort,
                                      .peer = op_peer};

static void run_hook(struct loop_hook *h)
{
	struct stream_core *c = CONTAINER_OF(h, struct stream_core, hook);
	c->impl->pump(c);
}

static void run_task(struct loop_task *t)
{
	struct stream_core *c = CONTAINER_OF(t, struct stream_core, task);
	if (c->state == STREAM_ENDED) {
		c->impl->release(c);
	} else if (c->drained && c->state == STREAM_OPEN) {
		c->drained = false;
		if (c->base.ev.on_drain)
			c->base.ev.on_drain(c->base.arg);
	}
}

static void fire_deadline(struct loop_timer *t)
{
	struct stream_core *c = CONTAINER_OF(t, struct stream_core, deadline);
	core_end(c, ERR_TIMEOUT, "the peer did not take the last bytes in time");
}

void core_init(struct stream_core *c, struct loop *loop, const struct stream_impl *impl)
{
	c->base = (struct stream){.ops = &ops};
	c->impl = impl;
	c->loop = loop;
	c->state = STREAM_OPENING;
	buf_init(&c->out, STREAM_MAX_QUEUED);
	buf_init(&c->sink, STREAM_MAX_QUEUED);
	c->hook.run = run_hook;
	c->task.run = run_task;
	c->deadline.fire = fire_deadline;
}

void core_open(struct stream_core *c)
{
	if (c->state != STREAM_OPENING)
		return;
	c->state = STREAM_OPEN;
	loop_at_turn_end(c->loop, &c->hook);
	if (c->base.ev.on_open)
		c->base.ev.on_open(c->base.arg);
}

void core_data(struct stream_core *c, struct str data)
{
	if (c->state == STREAM_OPEN && c->base.ev.on_data)
		c->base.ev.on_data(c->base.arg, data);
}

void core_eof(struct stream_core *c, bool clean)
{
	if (c->state != STREAM_OPEN || c->eof_told)
		return;
	c->eof_told = true;
	if (c->base.ev.on_eof)
		c->base.ev.on_eof(c->base.arg, clean);
}

void core_drained(struct stream_core *c)
{
	if (c->state == STREAM_ENDED || !c->full || core_queued(c) >= STREAM_LOW_WATER)
		return;
	c->full = false;
	c->drained = true;
	loop_defer(c->loop, &c->task);
}

void core_end(struct stream_core *c, enum err why, const char *text)
{
	if (c->state == STREAM_ENDED)
		return;
	c->state = STREAM_ENDED;
	c->why = why;
	c->text = xstrdup(text ? text : err_text(why));
	loop_cancel_hook(&c->hook);
	loop_timer_cancel(c->loop, &c->deadline);
	loop_defer(c->loop, &c->task);
}

void core_gone(struct stream_core *c)
{
	REQUIRE(c->state == STREAM_ENDED);
	loop_cancel_task(&c->task);
	if (c->base.ev.on_closed)
		c->base.ev.on_closed(c->base.arg, c->why, c->text);
	buf_fini(&c->out);
	buf_fini(&c->sink);
	free(c->text);
	c->impl->destroy(c);
}
