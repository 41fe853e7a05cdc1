/* The owner of one session, for tests: counts what it is told. After session_play.h; included once by a test program. */
#ifndef VNEPP_TESTS_SESSION_OWNER_H
#define VNEPP_TESTS_SESSION_OWNER_H

#include "tests/unit/daemon/session_play.h"

struct owner {
	struct play *w;
	struct session *s; /* NULL: freed */
	unsigned greeted, ready, room, closed, messages, events;
	enum session_end why;
	char text[ERRMSG_MAX];
	uint64_t closed_at, lost;
	void (*in_ready)(struct owner *o);
	void (*in_room)(struct owner *o);
	void (*in_greeting)(struct owner *o);
};

static struct owner *owner_of(void *arg)
{
	struct owner *o = arg;
	assert_false(o->w->calling);
	assert_int_equal(o->closed, 0);
	return o;
}

static void o_greeting(void *arg, struct session *s, const struct epp_greeting *g)
{
	struct owner *o = owner_of(arg);
	(void)s;
	assert_true(g->obj_uris.count > 0 || g->versions.count > 0);
	o->greeted++;
	if (o->in_greeting)
		o->in_greeting(o);
}

static void o_login_events(void *arg, struct session *s, const struct epp_login_sec *e)
{
	(void)s;
	owner_of(arg)->events += (unsigned)e->event_count;
}

static void o_ready(void *arg, struct session *s)
{
	struct owner *o = owner_of(arg);
	assert_int_equal(o->ready++, 0);
	assert_int_equal(session_state(s), SESSION_READY);
	if (o->in_ready)
		o->in_ready(o);
}

static void o_room(void *arg, struct session *s)
{
	struct owner *o = owner_of(arg);
	assert_int_equal(session_state(s), SESSION_READY);
	o->room++;
	if (o->in_room)
		o->in_room(o);
}

static void o_messages(void *arg, uint64_t count)
{
	assert_true(count > 0);
	owner_of(arg)->messages++;
}

static void o_closed(void *arg, struct session *s, enum session_end why, const char *text)
{
	struct owner *o = owner_of(arg);
	assert_ptr_equal(o->s, s);
	assert_int_equal(session_state(s), SESSION_CLOSING);
	assert_int_equal(session_in_flight(s), 0);
	assert_int_equal(session_room(s), 0);
	o->lost = session_lost(s);
	o->closed++;
	o->why = why;
	o->closed_at = now_of(o->w);
	snprintf(o->text, sizeof o->text, "%s", text);
	o->s = NULL;
}

static const struct session_events owner_events = {.on_greeting = o_greeting,
                                                   .on_login_events = o_login_events,
                                                   .on_ready = o_ready,
                                                   .on_room = o_room,
                                                   .on_messages = o_messages,
                                                   .on_closed = o_closed};

static void owner_open(struct owner *o, struct play *w, const struct session_config *c)
{
	*o = (struct owner){.w = w};
	w->calling = true;
	o->s = session_new(c, &owner_events, o);
	w->calling = false;
	assert_int_equal(session_state(o->s), SESSION_DIALLING);
	assert_int_equal(session_room(o->s), 0);
}

/* With the usual settings. */
static UNUSED void owner_dial(struct owner *o, struct play *w)
{
	struct session_config c = play_session_config(w);
	owner_open(o, w, &c);
}

static bool is_ready(void *arg)
{
	return ((struct owner *)arg)->ready > 0;
}

static bool is_closed(void *arg)
{
	return ((struct owner *)arg)->closed > 0;
}

static UNUSED bool owner_wait(struct owner *o, bool (*what)(void *), uint64_t ms)
{
	return vloop_run_until(&o->w->v, what, o, ms);
}

static UNUSED void owner_send(struct owner *o, struct cmd *m)
{
	struct errmsg e;
	PLAY_CALL(o->w, assert_int_equal(session_send(o->s, &m->c, &e), OK));
}

static UNUSED void expect_end(struct owner *o, const char *what, enum session_end why, const char *text)
{
	if (!o->closed)
		fail_msg("%s: it has not closed", what);
	if (o->why != why || !strstr(o->text, text))
		fail_msg("%s: expected %s with '%s', got %s: %s", what, session_end_name(why), text,
		         session_end_name(o->why), o->text);
}

#endif
