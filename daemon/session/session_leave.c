/*
 * When what was sent has left: the registry's limits count that moment, not the one at which it was put into the stream.
 *
 * Happy path: commands are put into the stream during a turn ─▶ at its end the layers of the stream hand them to the
 * system ─▶ they have left, the limits are told.
 *
 * Failure modes: the other side does not read, and the system takes no more: the rest is held, its places in the limits
 * stay free, nothing is added to this session, and it is looked at again until it has left. The stream ends before: the
 * limits are told as if it had left.
 */
#include "daemon/net/stream.h"
#include "daemon/session/session_int.h"

#define LAYERS    2  /* TLS and TCP flush at a turn's end, one after the other */
#define UNHOLD_MS 10 /* how late it may be seen that the other side reads again */

static struct session_command *command_of(struct list_node *n)
{
	return LIST_ITEM(n, struct session_command, node);
}

/* What ends up to `pos` has left. Commands leave in their order: what has left, what is held, what is new. */
static bool settle(struct session *s, uint64_t pos)
{
	struct limits_count left = {{0}}, held = {{0}}, released = {{0}};
	bool was_held = false;
	for (struct list_node *n = s->flying.last; n; n = n->prev) {
		struct session_command *c = command_of(n);
		if (c->way == SESSION_LEFT)
			break;
		was_held |= c->way == SESSION_HELD;
		if (c->end_pos <= pos) {
			(c->way == SESSION_HELD ? &released : &left)->of[c->class]++;
			c->way = SESSION_LEFT;
		} else if (c->way == SESSION_LEAVING) {
			held.of[c->class]++;
			c->way = SESSION_HELD;
		}
	}
	uint64_t now_us = loop_now_us(s->c.loop);
	limits_hold(s->c.limits, &held);
	limits_left(s->c.limits, &left, now_us);
	limits_release(s->c.limits, &released, now_us);
	return was_held;
}

/* Bytes of which more are queued below than there were (TLS adds some) are taken for not left: never the other way. */
static void look(struct session *s)
{
	size_t queued = stream_queued(s->stream);
	bool was_held = settle(s, queued < s->written ? s->written - queued : 0);
	if (session_leave_waits(s))
		loop_timer_set(s->c.loop, &s->unhold, UNHOLD_MS);
	else if (was_held && session_is(s, SESSION_READY))
		s->ev.on_room(s->arg, s);
}

static void on_leave(struct loop_hook *h)
{
	struct session *s = CONTAINER_OF(h, struct session, leave);
	if (stream_queued(s->stream) > 0 && s->leave_layers-- > 0)
		loop_at_turn_end(s->c.loop, h);
	else
		look(s);
}

static void on_unhold(struct loop_timer *t)
{
	look(CONTAINER_OF(t, struct session, unhold));
}

void session_leave_init(struct session *s)
{
	s->leave.run = on_leave;
	s->unhold.fire = on_unhold;
}

void session_leave_put(struct session *s)
{
	command_of(s->flying.last)->way = SESSION_LEAVING;
	s->leave_layers = LAYERS;
	loop_at_turn_end(s->c.loop, &s->leave);
}

void session_leave_answered(struct session *s, const struct session_command *c)
{
	if (c->way != SESSION_LEFT)
		(void)settle(s, c->end_pos);
}

void session_leave_end(struct session *s)
{
	loop_cancel_hook(&s->leave);
	loop_timer_cancel(s->c.loop, &s->unhold);
	(void)settle(s, UINT64_MAX);
}

bool session_leave_waits(const struct session *s)
{
	return s->flying.last && command_of(s->flying.last)->way == SESSION_HELD;
}
