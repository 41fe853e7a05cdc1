/*
 * The pool.
 *
 * Happy path: pool_start opens `wanted` sessions; each reports ready; commands go to the one with the most room; a
 * session that retires is replaced.
 *
 * Failure modes
 *  - Connecting fails or sessions are lost before they carried anything: exponential back-off with jitter up to a
 *    ceiling, the next endpoint each time, one attempt at a time until one succeeds.
 *  - 2502 (too many sessions): one session fewer is wanted; another is tried again after GROW_MS.
 *  - Log-in refused, or impossible (no domain objects, a password that EPP cannot carry): stopped, with an alarm in
 *    the log; see pool.h.
 */
#include "daemon/session/pool.h"
#include "daemon/core/ceiling.h"
#include "daemon/core/loop.h"
#include "daemon/session/poll.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW_MS 60000 /* a registry that had no room may have some in a minute */

struct slot {
	struct session *session; /* borrowed until its on_closed; NULL: none */
	bool was_ready;
};

struct pool {
	struct pool_config c;
	struct pool_events ev;
	void *arg;
	struct slot *slots; /* owned; c.sessions of them */
	uint32_t wanted;    /* at most c.sessions; fewer after 2502 */
	uint32_t open;      /* slots with a session */
	uint32_t failures;  /* in a row */
	uint32_t endpoint;  /* the one in use */
	bool started, stopped, draining;
	struct loop_timer retry, grow;
	struct loop_task drained;
	struct poll poll;
	struct epp_parser *parser; /* owned; one for all sessions, because answers are handled as they come */
	uint64_t next_id, opened, lost, greeting_hash;
	char trid_prefix[24];
	char last_error[200];
};

static void fill(struct pool *p);

static struct slot *slot_of(struct pool *p, const struct session *s)
{
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session == s)
			return &p->slots[i];
	check_abort("INVARIANT", "session of this pool", __FILE__, __LINE__);
}

static void on_ready(void *arg, struct session *s)
{
	struct pool *p = arg;
	uint64_t hash = session_greeting_hash(s);
	slot_of(p, s)->was_ready = true;
	p->failures = 0;
	if (p->greeting_hash && p->greeting_hash != hash)
		LOG(p->c.session.log, LOG_WARNING, "registry.greeting_changed",
		    "the registry offers other objects or extensions than before",
		    F_C("registry", p->c.session.registry));
	p->greeting_hash = hash;
	fill(p);
	poll_wake(&p->poll);
	p->ev.on_room(p->arg);
}

static void on_room(void *arg, struct session *s)
{
	struct pool *p = arg;
	(void)s;
	poll_on_room(&p->poll);
	p->ev.on_room(p->arg);
}

static void on_messages(void *arg, uint64_t count)
{
	struct pool *p = arg;
	(void)count;
	poll_wake(&p->poll);
}

static uint64_t backoff_ms(struct pool *p)
{
	uint32_t doublings = p->failures > 16 ? 16 : p->failures;
	uint64_t ms = p->c.backoff_min_ms << doublings;
	if (ms > p->c.backoff_max_ms)
		ms = p->c.backoff_max_ms;
	return ms / 2 + rng_below(p->c.rng, ms / 2 + 1);
}

static void stop_with_alarm(struct pool *p, const char *text)
{
	p->stopped = true;
	LOG(p->c.session.log, LOG_ERROR, "pool.stopped",
	    "this account cannot log in: not trying again until the configuration is reloaded",
	    F_C("registry", p->c.session.registry), F_C("account", p->c.session.account),
	    F_C("reason", text));
}

/* What the end of a session means for the next attempt. */
static void learn(struct pool *p, bool was_ready, enum session_end why, const char *text)
{
	snprintf(p->last_error, sizeof p->last_error, "%s: %s", session_end_name(why), text);
	if (why == SESSION_END_CLEAN)
		return;
	p->lost++;
	if (why == SESSION_END_LOGIN || why == SESSION_END_UNSUITABLE) {
		stop_with_alarm(p, text);
	} else if (why == SESSION_END_LIMIT) {
		p->wanted = p->open > 1 ? p->open : 1;
		loop_timer_set(p->c.session.loop, &p->grow, GROW_MS);
	}
	if (!was_ready || why != SESSION_END_LOST) {
		p->endpoint = (uint32_t)((p->endpoint + 1) % p->c.endpoint_count);
		p->failures++;
	}
}

static void on_closed(void *arg, struct session *s, enum session_end why, const char *text)
{
	struct pool *p = arg;
	struct slot *slot = slot_of(p, s);
	bool was_ready = slot->was_ready;
	*slot = (struct slot){0};
	p->open--;
	learn(p, was_ready, why, text);
	if (p->draining) {
		if (p->open == 0)
			loop_defer(p->c.session.loop, &p->drained);
		return;
	}
	if (p->failures > 0 && !loop_timer_is_set(&p->retry))
		loop_timer_set(p->c.session.loop, &p->retry, backoff_ms(p));
	fill(p);
}

static void open_one(struct pool *p, struct slot *slot)
{
	static const struct session_events ev = {
	    .on_ready = on_ready, .on_room = on_room, .on_messages = on_messages, .on_closed = on_closed};
	struct session_config c = p->c.session;
	c.id = ++p->next_id;
	c.host = p->c.endpoints[p->endpoint].host;
	c.port = p->c.endpoints[p->endpoint].port;
	c.parser = p->parser;
	snprintf(c.trid_prefix, sizeof c.trid_prefix, "%s", p->trid_prefix);
	p->open++;
	p->opened++;
	slot->session = session_new(&c, &ev, p);
}

/* Opens what is missing; after a failure one at a time, when the back-off is over. */
static void fill(struct pool *p)
{
	uint32_t connecting = 0;
	if (!p->started || p->stopped || p->draining || loop_timer_is_set(&p->retry))
		return;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		connecting += p->slots[i].session && !p->slots[i].was_ready;
	for (uint32_t i = 0; i < p->c.sessions && p->open < p->wanted; i++) {
		if (p->slots[i].session)
			continue;
		if (p->failures > 0 && connecting > 0)
			return;
		open_one(p, &p->slots[i]);
		connecting++;
	}
}

static void on_retry(struct loop_timer *t)
{
	fill(CONTAINER_OF(t, struct pool, retry));
}

static void on_grow(struct loop_timer *t)
{
	struct pool *p = CONTAINER_OF(t, struct pool, grow);
	if (p->wanted < p->c.sessions) {
		p->wanted++;
		loop_timer_set(p->c.session.loop, &p->grow, GROW_MS);
	}
	fill(p);
}

static void on_drained(struct loop_task *t)
{
	struct pool *p = CONTAINER_OF(t, struct pool, drained);
	p->ev.on_drained(p->arg);
}

struct pool *pool_new(const struct pool_config *c, const struct pool_events *ev, void *arg)
{
	struct pool *p = xcalloc(1, sizeof *p);
	p->c = *c;
	p->ev = *ev;
	p->arg = arg;
	p->slots = xcalloc(c->sessions, sizeof *p->slots);
	p->wanted = c->sessions;
	p->retry.fire = on_retry;
	p->grow.fire = on_grow;
	p->drained.run = on_drained;
	p->parser = epp_parser_new();
	epp_parser_set_offset(p->parser, c->date_offset_s);
	snprintf(p->trid_prefix, sizeof p->trid_prefix, "%.8s-%x", c->session.trid_prefix, c->epoch);
	p->poll = (struct poll){.pool = p,
	                        .loop = c->session.loop,
	                        .ceiling = c->session.ceiling,
	                        .interval_ms = c->poll_ms,
	                        .epoch = c->epoch,
	                        .on_message = ev->on_message,
	                        .arg = arg,
	                        .trid_prefix = p->trid_prefix};
	return p;
}

void pool_free(struct pool *p)
{
	REQUIRE(p->open == 0);
	loop_timer_cancel(p->c.session.loop, &p->retry);
	loop_timer_cancel(p->c.session.loop, &p->grow);
	loop_cancel_task(&p->drained);
	poll_stop(&p->poll);
	epp_parser_free(p->parser);
	free(p->slots);
	free(p);
}

void pool_start(struct pool *p)
{
	p->started = true;
	poll_start(&p->poll);
	fill(p);
}

uint32_t pool_room(const struct pool *p)
{
	uint32_t room = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session && p->slots[i].was_ready)
			room += session_room(p->slots[i].session);
	return room;
}

uint32_t pool_slots(const struct pool *p)
{
	uint32_t ready = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		ready += p->slots[i].session && session_state(p->slots[i].session) == SESSION_READY;
	return ready * p->c.session.window;
}

enum err pool_send(struct pool *p, struct session_command *c, struct errmsg *e)
{
	struct session *best = NULL;
	uint32_t most = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++) {
		struct session *s = p->slots[i].session;
		uint32_t room = s && p->slots[i].was_ready ? session_room(s) : 0;
		if (room > most) {
			most = room;
			best = s;
		}
	}
	REQUIRE(best);
	return session_send(best, c, e);
}

void pool_message_stored(struct pool *p, bool stored)
{
	poll_stored(&p->poll, stored);
}

void pool_drain(struct pool *p)
{
	p->draining = true;
	loop_timer_cancel(p->c.session.loop, &p->retry);
	loop_timer_cancel(p->c.session.loop, &p->grow);
	poll_stop(&p->poll);
	if (p->open == 0)
		loop_defer(p->c.session.loop, &p->drained);
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session)
			session_drain(p->slots[i].session);
}

void pool_abort(struct pool *p)
{
	REQUIRE(p->draining);
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session)
			session_abort(p->slots[i].session, SESSION_END_TIMEOUT,
			              "stopped before the answer came");
}

void pool_resume(struct pool *p)
{
	p->stopped = false;
	p->failures = 0;
	loop_timer_cancel(p->c.session.loop, &p->retry);
	fill(p);
}

void pool_stats(const struct pool *p, struct pool_stats *out)
{
	*out = (struct pool_stats){.wanted = p->wanted,
	                           .stopped = p->stopped,
	                           .opened = p->opened,
	                           .lost = p->lost,
	                           .messages = p->poll.messages,
	                           .last_error = p->last_error};
	uint64_t now = loop_now(p->c.session.loop);
	if (loop_timer_is_set(&p->retry) && p->retry.at_ms > now)
		out->retry_in_ms = p->retry.at_ms - now;
	for (uint32_t i = 0; i < p->c.sessions; i++) {
		const struct session *s = p->slots[i].session;
		if (!s)
			continue;
		*(session_state(s) == SESSION_READY ? &out->ready : &out->connecting) += 1;
		out->in_flight += session_in_flight(s);
	}
}
