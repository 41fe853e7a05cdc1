/*
 * The pool.
 *
 * Happy path: pool_start opens one session; when it is ready the others follow, spread by chance; commands go to the one
 * with the most room; a session that retires is replaced.
 *
 * Failure modes
 *  - Connecting fails, or a session does not live for half a minute: its endpoint backs off, the next one takes its place
 *    (endpoint.c). A session that is lost later is replaced at once, but by one probe before the others follow.
 *  - 2502 (too many sessions): as many sessions are wanted as are open; another is tried after a minute, and after twice
 *    as long each time that is refused.
 *  - Sessions break with commands in flight, as they do over some registries' quotas: the window is halved, and grows
 *    again while nothing breaks.
 *  - Log-in refused, or impossible (something required is not offered, a password that EPP cannot carry): stopped, with
 *    an alarm in the log; see pool.h. Sessions that are open go on. Where only one endpoint lacks what is required,
 *    only that one is given up.
 */
#include "daemon/session/pool_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPREAD_MS  800 /* within which all sessions come, one after the other: a registry's log-in is costly */
#define AGE_JITTER 8   /* sessions retire up to an eighth earlier, so that not all do at once */

static struct slot *slot_of(struct pool *p, const struct session *s)
{
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session == s)
			return &p->slots[i];
	check_abort("INVARIANT", "session of this pool", __FILE__, __LINE__);
}

/* ---- what sessions tell ---------------------------------------------------------------------------------------------- */

static void on_greeting(void *arg, struct session *s, const struct epp_greeting *g)
{
	struct pool *p = arg;
	p->last_view = slot_of(p, s)->endpoint;
	registry_view_greeting(&p->views[p->last_view], g, loop_wall(p->c.session.loop));
}

static void on_login_events(void *arg, struct session *s, const struct epp_login_sec *events)
{
	struct pool *p = arg;
	registry_view_login_events(&p->views[slot_of(p, s)->endpoint], events);
}

static void on_ready(void *arg, struct session *s)
{
	struct pool *p = arg;
	struct slot *slot = slot_of(p, s);
	slot->was_ready = true;
	if (slot->step == p->password.step && password_accepted(&p->password))
		LOG(p->c.session.log, LOG_NOTICE, "account.password_changed",
		    "the registry took the new password: make it password_file, and drop new_password_file",
		    POOL_FIELDS(p));
	endpoints_ready(&p->endpoints, slot->endpoint, pool_now(p));
	session_set_window(s, p->window);
	if (p->wanted < p->c.sessions)
		p->grow_ms = POOL_GROW_MS; /* there is room again */
	pool_fill(p);
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

/* ---- the end of a session -------------------------------------------------------------------------------------------- */

static void on_closed(void *arg, struct session *s, enum session_end why, const char *text)
{
	struct pool *p = arg;
	struct slot *used = slot_of(p, s), slot = *used;
	*used = (struct slot){0};
	p->open--;
	if (p->draining) {
		if (p->open == 0)
			loop_defer(p->c.session.loop, &p->drained);
		return;
	}
	pool_learn(p, &slot, s, why, text);
	pool_fill(p);
}

static void count(struct pool_limit *l, uint32_t used)
{
	if (!l || !l->limit.max)
		return;
	l->near += (uint64_t)used * 100 > (uint64_t)l->limit.max * CEILING_NEAR_PERCENT;
	l->over += used > l->limit.max;
}

/* ---- opening --------------------------------------------------------------------------------------------------------- */

static void open_one(struct pool *p, struct slot *slot, size_t endpoint)
{
	static const struct session_events ev = {.on_greeting = on_greeting,
	                                         .on_login_events = on_login_events,
	                                         .on_ready = on_ready,
	                                         .on_room = on_room,
	                                         .on_messages = on_messages,
	                                         .on_closed = on_closed};
	struct session_config c = p->c.session;
	c.id = ++p->next_id;
	c.host = p->endpoints.list[endpoint].host;
	c.port = p->endpoints.list[endpoint].port;
	c.parser = p->parser;
	c.password = password_current(&p->password);
	c.new_password = password_wanted(&p->password);
	c.window = p->window;
	c.max_age_ms -= rng_below(p->c.rng, c.max_age_ms / AGE_JITTER + 1);
	snprintf(c.trid_prefix, sizeof c.trid_prefix, "%s", p->trid_prefix);
	p->open++;
	p->opened++;
	count(p->c.session_limit, p->open);
	endpoints_dialled(&p->endpoints, endpoint);
	*slot = (struct slot){.endpoint = endpoint, .dialled_at = pool_now(p), .step = p->password.step};
	slot->session = session_new(&c, &ev, p);
}

static uint32_t connecting(const struct pool *p)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		n += p->slots[i].session && !p->slots[i].was_ready;
	return n;
}

/* More at once could not log in in time: registries hang up on who connects and says nothing. */
static uint32_t connecting_most(const struct pool *p)
{
	uint32_t per_second = p->c.session.limits->all.limit;
	return per_second ? per_second : UINT32_MAX;
}

void pool_fill(struct pool *p)
{
	uint64_t wait = ENDPOINT_NEVER;
	uint32_t under_way = connecting(p), most = connecting_most(p);
	loop_timer_cancel(p->c.session.loop, &p->retry);
	if (!p->started || p->stopped || p->draining)
		return;
	for (uint32_t i = 0; i < p->c.sessions && p->open < p->wanted && under_way < most; i++) {
		if (p->slots[i].session)
			continue;
		if (p->next_open_ms > pool_now(p)) {
			wait = p->next_open_ms - pool_now(p);
			break;
		}
		size_t endpoint = endpoints_pick(&p->endpoints, pool_now(p), &wait);
		if (endpoint == ENDPOINT_NONE)
			break;
		open_one(p, &p->slots[i], endpoint);
		p->next_open_ms = pool_now(p) + rng_below(p->c.rng, SPREAD_MS / p->c.sessions + 1);
		under_way++;
	}
	if (wait != ENDPOINT_NEVER)
		loop_timer_set(p->c.session.loop, &p->retry, wait);
}

static void on_retry(struct loop_timer *t)
{
	pool_fill(CONTAINER_OF(t, struct pool, retry));
}

static void on_drained(struct loop_task *t)
{
	struct pool *p = CONTAINER_OF(t, struct pool, drained);
	p->ev.on_drained(p->arg);
}

/* ---- life ------------------------------------------------------------------------------------------------------------ */

struct pool *pool_new(const struct pool_config *c, const struct pool_events *ev, void *arg)
{
	struct pool *p = xcalloc(1, sizeof *p);
	p->c = *c;
	p->ev = *ev;
	p->arg = arg;
	p->slots = xcalloc(c->sessions, sizeof *p->slots);
	pool_learn_init(p);
	endpoints_init(&p->endpoints, c->endpoint_count, c->backoff_min_ms, c->backoff_max_ms, c->rng);
	p->views = xcalloc(c->endpoint_count, sizeof *p->views);
	for (size_t i = 0; i < c->endpoint_count; i++) {
		p->endpoints.list[i].host = c->endpoints[i].host;
		p->endpoints.list[i].port = c->endpoints[i].port;
		registry_view_init(&p->views[i], c->session.log, c->session.registry, c->session.account,
		                   c->skew_warn_ms);
	}
	password_init(&p->password, c->session.password, c->new_password);
	p->retry.fire = on_retry;
	p->drained.run = on_drained;
	p->parser = epp_parser_new();
	epp_parser_set_offset(p->parser, c->date_offset_s);
	snprintf(p->trid_prefix, sizeof p->trid_prefix, "%.14s-%x", c->session.trid_prefix, c->epoch);
	poll_init(&p->poll, p, c, ev->on_message, arg, p->trid_prefix);
	return p;
}

static void cancel_timers(struct pool *p)
{
	loop_timer_cancel(p->c.session.loop, &p->retry);
	loop_timer_cancel(p->c.session.loop, &p->grow);
	loop_timer_cancel(p->c.session.loop, &p->widen);
	poll_stop(&p->poll);
}

void pool_free(struct pool *p)
{
	REQUIRE(p->open == 0);
	cancel_timers(p);
	loop_cancel_task(&p->drained);
	epp_parser_free(p->parser);
	for (size_t i = 0; i < p->endpoints.count; i++)
		registry_view_fini(&p->views[i]);
	free(p->views);
	endpoints_fini(&p->endpoints);
	free(p->slots);
	free(p);
}

void pool_start(struct pool *p)
{
	p->started = true;
	poll_start(&p->poll);
	pool_fill(p);
}

void pool_drain(struct pool *p)
{
	if (p->draining)
		return;
	p->draining = true;
	cancel_timers(p);
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
	password_reset(&p->password);
	endpoints_reset(&p->endpoints);
	pool_fill(p);
}

/* ---- commands -------------------------------------------------------------------------------------------------------- */

uint32_t pool_room(const struct pool *p)
{
	uint32_t room = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session)
			room += session_room(p->slots[i].session);
	return room;
}

bool pool_offers(const struct pool *p, const char *uri)
{
	const struct registry_view *v = &p->views[p->last_view];
	bool ours = false;
	for (size_t i = 0; i < p->c.session.extension_count && !ours; i++)
		ours = strcmp(p->c.session.extensions[i], uri) == 0;
	for (size_t i = 0; i < v->uri_count && ours; i++)
		if (str_eq_c(v->uris[i], uri))
			return true;
	return false;
}

uint32_t pool_slots(const struct pool *p)
{
	uint32_t ready = 0;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		ready += p->slots[i].session && session_state(p->slots[i].session) == SESSION_READY;
	return ready * p->window;
}

enum err pool_send(struct pool *p, struct session_command *c, struct errmsg *e)
{
	struct session *best = NULL;
	uint32_t most = 0;
	/* Places, not room: what was said once by pool_room() holds, although the first frames wait to be written. */
	for (uint32_t i = 0; i < p->c.sessions; i++) {
		struct session *s = p->slots[i].session;
		uint32_t places = s ? session_places(s) : 0;
		if (places > most) {
			most = places;
			best = s;
		}
	}
	REQUIRE(best);
	enum err err = session_send(best, c, e);
	if (!err)
		count(p->c.window_limit, session_in_flight(best));
	return err;
}

void pool_message_stored(struct pool *p, bool stored)
{
	poll_stored(&p->poll, stored);
}

/* ---- what is shown --------------------------------------------------------------------------------------------------- */

void pool_stats(const struct pool *p, struct pool_stats *out)
{
	const struct registry_view *v = &p->views[p->last_view];
	*out = (struct pool_stats){.wanted = p->wanted,
	                           .window = p->window,
	                           .stopped = p->stopped,
	                           .opened = p->opened,
	                           .lost = p->lost,
	                           .messages = p->poll.messages,
	                           .skew_ms = v->skew_ms,
	                           .password_expires = v->password_expires,
	                           .certificate_expires = v->certificate_expires,
	                           .last_error = p->last_error};
	for (size_t i = 0; i < p->endpoints.count; i++)
		out->greeting_changes += p->views[i].changes;
	uint64_t now = pool_now(p);
	if (loop_timer_is_set(&p->retry) && p->retry.at_ms > now)
		out->retry_in_ms = p->retry.at_ms - now;
	for (uint32_t i = 0; i < p->c.sessions; i++) {
		const struct session *s = p->slots[i].session;
		if (!s)
			continue;
		*(session_state(s) == SESSION_READY ? &out->ready : &out->connecting) += 1;
		out->in_flight += session_in_flight(s);
		if (session_in_flight(s) > out->busiest)
			out->busiest = session_in_flight(s);
	}
}
