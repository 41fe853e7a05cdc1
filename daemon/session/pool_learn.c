/*
 * What a pool learns from the end of a session: about its endpoint, the password, how many sessions and how wide a window
 * the registry bears. pool.c tells the rules.
 */
#include "daemon/session/pool_int.h"

#include <stdio.h>

#define GROW_MAX_MS    1800000 /* trying is a log-in, which counts against rates: not for ever each minute */
#define SETTLED_MS     30000   /* a session that lived so long says that the endpoint works */
#define WINDOW_GROW_MS 30000
#define NARROW_ONCE_MS 1000

/* ---- adapting -------------------------------------------------------------------------------------------------------- */

static void use_window(struct pool *p, uint32_t window)
{
	p->window = window;
	for (uint32_t i = 0; i < p->c.sessions; i++)
		if (p->slots[i].session)
			session_set_window(p->slots[i].session, window);
}

/* Sessions that break together are one event. */
static void narrow(struct pool *p)
{
	if (p->narrowed_at && pool_now(p) - p->narrowed_at < NARROW_ONCE_MS)
		return;
	p->narrowed_at = pool_now(p);
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
	pool_fill(p);
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

/* Something required is not there. Another endpoint may have it. */
static void bar_endpoint(struct pool *p, const struct slot *slot, const char *text)
{
	const struct endpoint *e = &p->endpoints.list[slot->endpoint];
	if (endpoints_bar(&p->endpoints, slot->endpoint))
		stop_with_alarm(p, text);
	else
		LOG(p->c.session.log, LOG_ERROR, "endpoint.unsuitable",
		    "not tried again until the configuration is reloaded; the others are", POOL_FIELDS(p),
		    F_C("host", e->host), F_U64("port", e->port), F_C("reason", text));
}

/* What the end of a session means for its endpoint. */
static void judge_endpoint(struct pool *p, const struct slot *slot, bool settled)
{
	if (settled) {
		endpoints_settled(&p->endpoints, slot->endpoint);
		endpoints_lost(&p->endpoints, slot->endpoint);
	} else {
		endpoints_failed(&p->endpoints, slot->endpoint, slot->dialled_at, pool_now(p));
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

void pool_learn(struct pool *p, const struct slot *slot, const struct session *s, enum session_end why,
                const char *text)
{
	bool settled = slot->was_ready && pool_now(p) - session_ready_since(s) >= SETTLED_MS;
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
	if (why == SESSION_END_LOGIN)
		stop_with_alarm(p, text);
	if (why == SESSION_END_UNSUITABLE)
		bar_endpoint(p, slot, text);
	if (why == SESSION_END_LIMIT)
		shrink(p);
	if (why != SESSION_END_LIMIT || p->open == 0)
		judge_endpoint(p, slot, settled);
}

void pool_learn_init(struct pool *p)
{
	p->wanted = p->c.sessions;
	p->window = p->c.session.window;
	p->grow_ms = POOL_GROW_MS;
	p->grow.fire = on_grow;
	p->widen.fire = on_widen;
}
