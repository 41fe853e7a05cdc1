/*
 * The pool.
 *
 * Happy path: pool_start opens one session; when it is ready the others follow; commands go to the one with the most
 * room; a session that retires is replaced.
 *
 * Failure modes
 *  - Connecting fails, or a session does not live for SETTLED_MS: its endpoint backs off, the next one takes its place
 *    (endpoint.c). A session that is lost later is replaced at once, but by one probe before the others follow.
 *  - 2502 (too many sessions): as many sessions are wanted as are open; another is tried after GROW_MS, and after twice
 *    as long each time that is refused.
 *  - Sessions break with commands in flight, as they do over some registries' quotas: the window is halved, and grows
 *    again while nothing breaks.
 *  - Log-in refused, or impossible (something required is not offered, a password that EPP cannot carry): stopped, with
 *    an alarm in the log; see pool.h. Sessions that are open go on.
 */
#include "daemon/session/pool.h"
#include "daemon/core/ceiling.h"
#include "daemon/core/loop.h"
#include "daemon/session/endpoint.h"
#include "daemon/session/password.h"
#include "daemon/session/poll.h"
#include "daemon/session/registry_view.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW_MS        60000   /* a registry that had no room may have some in a minute */
#define GROW_MAX_MS    1800000 /* trying is a log-in, which counts against rates: not for ever each minute */
#define SETTLED_MS     30000   /* a session that lived so long says that the endpoint works */
#define WINDOW_GROW_MS 30000
#define AGE_JITTER     8 /* sessions retire up to an eighth earlier, so that not all do at once */

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
	struct registry_view view;
	struct password password;
	bool started, stopped, draining;
	struct loop_timer retry, grow, widen;
	uint64_t grow_ms;
	struct loop_task drained;
	struct poll poll;
	struct epp_parser *parser; /* owned; one for all sessions, because answers are handled as they come */
	uint64_t next_id, opened, lost;
	char trid_prefix[24];
	char last_error[200];
};

#define POOL_FIELDS(p) F_C("registry", (p)->c.session.registry), F_C("account", (p)->c.session.account)

static void fill(struct pool *p);

static struct slot *slot_of(struct pool *p, const struct session *s)
{
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session == s)
			return &p->slots[i];
	check_abort("INVARIANT", "session of this pool", __FILE__, __LINE__);
}

static uint64_t now_ms(const struct pool *p)
{
	return loop_now(p->c.session.loop);
}

/* ---- what sessions tell ---------------------------------------------------------------------------------------------- */

static void on_greeting(void *arg, struct session *s, const struct epp_greeting *g)
{
	struct pool *p = arg;
	(void)s;
	registry_view_greeting(&p->view, g, loop_wall(p->c.session.loop));
}

static void on_login_events(void *arg, struct session *s, const struct epp_login_sec *events)
{
	struct pool *p = arg;
	(void)s;
	registry_view_login_events(&p->view, events);
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
	endpoints_ready(&p->endpoints, slot->endpoint, now_ms(p));
	session_set_window(s, p->window);
	if (p->wanted < p->c.sessions)
		p->grow_ms = GROW_MS; /* there is room again */
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

/* ---- adapting -------------------------------------------------------------------------------------------------------- */

static void use_window(struct pool *p, uint32_t window)
{
	p->window = window;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session)
			session_set_window(p->slots[i].session, window);
}

static void narrow(struct pool *p)
{
	if (p->window > 1)
		LOG(p->c.session.log, LOG_INFO, "pool.window",
		    "halved: a session broke with commands in flight", POOL_FIELDS(p),
		    F_U64("window", p->window / 2));
	use_window(p, p->window > 1 ? p->window / 2 : 1);
	loop_timer_set(p->c.session.loop, &p->widen, WINDOW_GROW_MS);
}

static void on_widen(struct loop_timer *t)
{
	struct pool *p = CONTAINER_OF(t, struct pool, widen);
	uint32_t most = p->c.session.window, more = p->window + (p->window + 1) / 2;
	use_window(p, more < most ? more : most);
	if (p->window < most)
		loop_timer_set(p->c.session.loop, &p->widen, WINDOW_GROW_MS);
	poll_on_room(&p->poll);
	p->ev.on_room(p->arg);
}

static void shrink(struct pool *p)
{
	p->wanted = p->open > 1 ? p->open : 1;
	LOG(p->c.session.log, LOG_INFO, "pool.sessions", "fewer: the registry has no room (2502)",
	    POOL_FIELDS(p), F_U64("wanted", p->wanted), F_U64("again_in_ms", p->grow_ms));
	loop_timer_set(p->c.session.loop, &p->grow, p->grow_ms);
	p->grow_ms = 2 * p->grow_ms < GROW_MAX_MS ? 2 * p->grow_ms : GROW_MAX_MS;
}

static void on_grow(struct loop_timer *t)
{
	struct pool *p = CONTAINER_OF(t, struct pool, grow);
	if (p->wanted < p->c.sessions) {
		p->wanted++;
		loop_timer_set(p->c.session.loop, &p->grow, p->grow_ms);
	}
	fill(p);
}

/* ---- the end of a session -------------------------------------------------------------------------------------------- */

static void stop_with_alarm(struct pool *p, const char *text)
{
	if (!p->stopped)
		LOG(p->c.session.log, LOG_ERROR, "pool.stopped",
		    "this account cannot log in: not trying again until the configuration is reloaded",
		    POOL_FIELDS(p), F_C("reason", text));
	p->stopped = true;
}

/* What the end of a session means for its endpoint. */
static void judge_endpoint(struct pool *p, const struct slot *slot, bool settled)
{
	if (settled) {
		endpoints_settled(&p->endpoints, slot->endpoint);
		endpoints_lost(&p->endpoints, slot->endpoint);
	} else {
		endpoints_failed(&p->endpoints, slot->endpoint, slot->dialled_at, now_ms(p));
	}
}

/* True: another password is to be tried at once. `code` answered the log-in, 0: nothing did. */
static bool learn_password(struct pool *p, const struct slot *slot, enum session_end why, int code)
{
	if (slot->was_ready || slot->step != p->password.step)
		return false;
	if (why != SESSION_END_LOGIN) {
		if (code != 2502)
			password_unanswered(&p->password);
		return false;
	}
	enum password_verdict v = password_refused(&p->password, code);
	if (v == PASSWORD_NOT_TAKEN)
		LOG(p->c.session.log, LOG_ERROR, "account.password_refused",
		    "the registry does not take the new password: the old one is used on", POOL_FIELDS(p),
		    F_I64("code", code));
	return v != PASSWORD_GIVE_UP;
}

/* What it means for the next attempt; `slot` is no longer in use. */
static void learn(struct pool *p, const struct slot *slot, const struct session *s, enum session_end why,
                  const char *text)
{
	bool settled = slot->was_ready && now_ms(p) - session_ready_since(s) >= SETTLED_MS;
	if (!slot->was_ready)
		endpoints_given_up(&p->endpoints, slot->endpoint);
	if (why == SESSION_END_CLEAN) {
		if (settled)
			endpoints_settled(&p->endpoints, slot->endpoint);
		return;
	}
	snprintf(p->last_error, sizeof p->last_error, "%s: %s", session_end_name(why), text);
	p->lost++;
	if (session_lost(s) > 0)
		narrow(p);
	if (learn_password(p, slot, why, session_login_code(s)))
		return;
	if (why == SESSION_END_LOGIN || why == SESSION_END_UNSUITABLE)
		stop_with_alarm(p, text);
	if (why == SESSION_END_LIMIT)
		shrink(p);
	if (why != SESSION_END_LIMIT || p->open == 0)
		judge_endpoint(p, slot, settled);
}

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
	learn(p, &slot, s, why, text);
	fill(p);
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
	endpoints_dialled(&p->endpoints, endpoint);
	*slot = (struct slot){.endpoint = endpoint, .dialled_at = now_ms(p), .step = p->password.step};
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
	uint32_t per_second = p->c.session.ceiling->limit;
	return per_second ? per_second : UINT32_MAX;
}

/* Opens what is missing and may be opened now. Called whenever one of the reasons not to has changed. */
static void fill(struct pool *p)
{
	uint64_t wait = ENDPOINT_NEVER;
	uint32_t under_way = connecting(p), most = connecting_most(p);
	loop_timer_cancel(p->c.session.loop, &p->retry);
	if (!p->started || p->stopped || p->draining)
		return;
	for (uint32_t i = 0; i < p->c.sessions && p->open < p->wanted && under_way < most; i++) {
		if (p->slots[i].session)
			continue;
		size_t endpoint = endpoints_pick(&p->endpoints, now_ms(p), &wait);
		if (endpoint == ENDPOINT_NONE)
			break;
		open_one(p, &p->slots[i], endpoint);
		under_way++;
	}
	if (wait != ENDPOINT_NEVER)
		loop_timer_set(p->c.session.loop, &p->retry, wait);
}

static void on_retry(struct loop_timer *t)
{
	fill(CONTAINER_OF(t, struct pool, retry));
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
	p->wanted = c->sessions;
	p->window = c->session.window;
	p->grow_ms = GROW_MS;
	endpoints_init(&p->endpoints, c->endpoint_count, c->backoff_min_ms, c->backoff_max_ms, c->rng);
	for (size_t i = 0; i < c->endpoint_count; i++) {
		p->endpoints.list[i].host = c->endpoints[i].host;
		p->endpoints.list[i].port = c->endpoints[i].port;
	}
	registry_view_init(&p->view, c->session.log, c->session.registry, c->session.account,
	                   c->skew_warn_ms);
	password_init(&p->password, c->session.password, c->new_password);
	p->retry.fire = on_retry;
	p->grow.fire = on_grow;
	p->widen.fire = on_widen;
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
	endpoints_fini(&p->endpoints);
	registry_view_fini(&p->view);
	free(p->slots);
	free(p);
}

void pool_start(struct pool *p)
{
	p->started = true;
	poll_start(&p->poll);
	fill(p);
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
	fill(p);
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
	return session_send(best, c, e);
}

void pool_message_stored(struct pool *p, bool stored)
{
	poll_stored(&p->poll, stored);
}

/* ---- what is shown --------------------------------------------------------------------------------------------------- */

void pool_stats(const struct pool *p, struct pool_stats *out)
{
	*out = (struct pool_stats){.wanted = p->wanted,
	                           .window = p->window,
	                           .stopped = p->stopped,
	                           .opened = p->opened,
	                           .lost = p->lost,
	                           .messages = p->poll.messages,
	                           .greeting_changes = p->view.changes,
	                           .skew_ms = p->view.skew_ms,
	                           .password_expires = p->view.password_expires,
	                           .certificate_expires = p->view.certificate_expires,
	                           .last_error = p->last_error};
	uint64_t now = now_ms(p);
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
