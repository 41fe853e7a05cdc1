/*
 * The life of an EPP session.
 *
 *   session_new
 *       │                                                        ┌──────── commands ◀──┐
 *       ▼                 greeting               1000            ▼                     │
 *   DIALLING ──opened──▶ GREETING ──▶ LOGIN ──────────────▶ READY ──── answers ────────┘
 *       │                   │           │                      │ session_drain, max_age, 2002, 2200
 *       │ refused, TLS,     │ late,     │ refused, late,       ▼
 *       │ late              │ no EPP,   │ closed          DRAINING ──nothing in flight──▶ LOGOUT
 *       │                   │ lacks     │                      │                             │ 1500, any answer,
 *       │                   │ what we   │                      │ lost, late, 1500, 25xx,     │ closed, late
 *       │                   │ need      │                      │ not our answer              │
 *       └───────────────────┴───────────┴──────────┬───────────┴─────────────────────────────┘
 *                                                  ▼
 *                                               CLOSING ──stream closed──▶ commands end, on_closed, freed
 *
 * Happy path
 *  - session_new dials; the stream opens, the greeting comes; what it offers is intersected with what is configured.
 *  - <login> is sent when the ceiling allows; 1000 makes the session READY. Nothing is sent before.
 *  - Commands are appended to the stream's buffer, all frames of a turn leave in one write; answers are paired with
 *    the commands in order and checked by clTRID.
 *  - An idle session is proved by <poll op="req"> (a <hello> would prove the socket only). An old one drains.
 *  - session_drain: <logout>, 1500, close.
 *
 * Deadlines. Connecting (DNS, TCP, TLS), greeting, log-in and log-out have one each from the moment their state begins,
 * waiting for the ceiling included; each answer has one from the moment its command was handed in. After any of them
 * the session is broken at once, because a late answer would be read by the next command.
 *
 * Failure modes
 *  - A deadline passes, the other side closes or breaks, bytes come that are no frame, XML that cannot be read, an
 *    answer with a foreign clTRID or to nothing: broken. Frames that were received whole are still handled. Commands
 *    in flight end as UNKNOWN, and as NOT_SENT when their bytes were still in our own buffer.
 *  - An answer without clTRID is accepted by order for codes where servers are known to leave it out; else it is doubt.
 *  - 1500, 2500 to 2502 end the session after their answer is delivered; 2002 and 2200 make it useless: it drains.
 */
#include "daemon/session/session.h"
#include "daemon/net/dial.h"
#include "daemon/net/stream.h"
#include "daemon/session/session_int.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/command.h"
#include "epp/frame.h"

#include <stdio.h>
#include <stdlib.h>

/* What the window may bring beside one frame at its largest. */
#define IN_SLACK ((size_t)4 << 20)

static const struct sm_conf states[SESSION_STATE__COUNT] = {
    [SESSION_DIALLING] = {"dialling", SM_INITIAL, SM_TO(SESSION_GREETING) | SM_TO(SESSION_CLOSING)},
    [SESSION_GREETING] = {"greeting", 0, SM_TO(SESSION_LOGIN) | SM_TO(SESSION_CLOSING)},
    [SESSION_LOGIN] = {"login", 0, SM_TO(SESSION_READY) | SM_TO(SESSION_CLOSING)},
    [SESSION_READY] = {"ready", 0, SM_TO(SESSION_DRAINING) | SM_TO(SESSION_CLOSING)},
    [SESSION_DRAINING] = {"draining", 0, SM_TO(SESSION_LOGOUT) | SM_TO(SESSION_CLOSING)},
    [SESSION_LOGOUT] = {"logout", 0, SM_TO(SESSION_CLOSING)},
    [SESSION_CLOSING] = {"closing", SM_FINAL, 0},
};

const char *session_state_name(enum session_state s)
{
	return (unsigned)s < SESSION_STATE__COUNT ? states[s].name : "?";
}

const char *session_end_name(enum session_end e)
{
	static const char *const names[] = {"clean",   "connect",  "login",      "limit",    "lost",
	                                    "timeout", "protocol", "unsuitable", "discarded"};
	return (unsigned)e < ARRAY_LEN(names) ? names[e] : "?";
}

void session_move(struct session *s, enum session_state to)
{
	INVARIANT(s->magic == SESSION_MAGIC);
	sm_move(&s->sm, (int)to);
}

/* ---- ending ------------------------------------------------------------------------------------------------------ */

static void begin_closing(struct session *s, enum session_end why, const char *text)
{
	s->why = why;
	snprintf(s->text, sizeof s->text, "%s", text);
	session_move(s, SESSION_CLOSING);
	loop_timer_cancel(s->c.loop, &s->deadline);
	loop_timer_cancel(s->c.loop, &s->keepalive);
	loop_timer_cancel(s->c.loop, &s->age);
	loop_cancel_task(&s->more);
	ceiling_unclaim(&s->c.limits->all, &s->claim);
}

void session_finish(struct session *s, enum session_end why, bool abort, const char *text)
{
	if (session_is(s, SESSION_CLOSING))
		return;
	begin_closing(s, why, text);
	if (!abort) {
		stream_close(s->stream);
		return;
	}
	/* What is still in the stream's buffer is dropped now; where it begins in the middle of a frame, that one is in
	 * doubt. */
	s->unsent_from = s->written - buf_len(stream_out(s->stream));
	stream_abort(s->stream);
}

/* Nothing more will come: what has not been answered is in doubt, unless it never left. */
static void fail_flying(struct session *s)
{
	struct list_node *n;
	session_leave_end(s);
	while ((n = list_pop(&s->flying))) {
		struct session_command *c = LIST_ITEM(n, struct session_command, node);
		bool left = c->sent_pos < s->unsent_from;
		s->lost += left && c != &s->own;
		c->done(c, left ? SESSION_UNKNOWN : SESSION_NOT_SENT, NULL, s->text);
	}
}

static void session_free(struct session *s)
{
	buf_fini(&s->in);
	free(s->ext_uris);
	free(s->obj_uris);
	s->magic = 0;
	free(s);
}

/* How it ended when the other side just went, in each state. */
static enum session_end gone_end(const struct session *s)
{
	switch ((enum session_state)sm_state(&s->sm)) {
	case SESSION_DIALLING:
	case SESSION_GREETING: return SESSION_END_CONNECT;
	case SESSION_LOGOUT: return s->discard ? SESSION_END_DISCARDED : SESSION_END_CLEAN;
	default: return SESSION_END_LOST;
	}
}

static void on_stream_closed(void *arg, enum err why, const char *text)
{
	struct session *s = arg;
	s->deaf = true;
	session_read_rest(s);
	if (!session_is(s, SESSION_CLOSING)) {
		char words[ERRMSG_MAX];
		snprintf(words, sizeof words, "%s: %s", err_text(why), text);
		begin_closing(s, gone_end(s), words);
	}
	s->stream = NULL;
	fail_flying(s);
	LOG(s->c.log, s->why == SESSION_END_CLEAN ? LOG_INFO : LOG_WARNING, "session.closed", s->text,
	    SESSION_FIELDS(s), F_C("reason", session_end_name(s->why)), F_U64("unknown", s->lost),
	    F_U64("age_ms", loop_now(s->c.loop) - s->opened_ms));
	s->ev.on_closed(s->arg, s, s->why, s->text);
	session_free(s);
}

void session_abort(struct session *s, enum session_end why, const char *text)
{
	REQUIRE(s->magic == SESSION_MAGIC);
	session_finish(s, why, true, text);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* The oldest command decides, because all have the same patience and answers come in order. */
void session_watch_oldest(struct session *s)
{
	if (list_empty(&s->flying)) {
		loop_timer_cancel(s->c.loop, &s->deadline);
		return;
	}
	const struct session_command *c = LIST_ITEM(s->flying.first, struct session_command, node);
	uint64_t now = loop_now(s->c.loop), at = c->sent_ms + s->c.answer_ms;
	if (session_is(s, SESSION_LOGIN) || session_is(s, SESSION_LOGOUT))
		at = s->give_up_at;
	loop_timer_set(s->c.loop, &s->deadline, at > now ? at - now : 0);
}

static enum err put(struct session *s, struct session_command *c, struct errmsg *e)
{
	struct buf *out = stream_out(s->stream);
	size_t before = buf_len(out);
	enum err err = c->build(c, out, e);
	if (err)
		return err;
	struct str all = buf_str(out);
	if (buf_ok(out))
		session_show(s, true, str_make(all.ptr + before, all.len - before));
	c->sent_pos = s->written;
	s->written += buf_len(out) - before;
	c->end_pos = s->written;
	stream_flush(s->stream);
	c->sent_ms = s->idle_since = loop_now(s->c.loop);
	c->session = s->c.id;
	list_push(&s->flying, &c->node);
	session_leave_put(s);
	if (s->flying.count == 1)
		session_watch_oldest(s);
	return OK;
}

enum err session_send(struct session *s, struct session_command *c, struct errmsg *e)
{
	REQUIRE(s->magic == SESSION_MAGIC && session_places(s) > 0);
	return put(s, c, e);
}

struct session *session_of_own(struct session_command *c)
{
	return CONTAINER_OF(c, struct session, own);
}

bool session_put_own(struct session *s, char step, session_build_fn build, session_done_fn done)
{
	struct errmsg e;
	if (s->own_busy || !ceiling_take_first(&s->c.limits->all, &s->claim, loop_now_us(s->c.loop)))
		return false;
	s->own = (struct session_command){.build = build, .done = done, .class = LIMIT_NO_CLASS};
	snprintf(s->own.cltrid, sizeof s->own.cltrid, "%s-%llx-%llx-%c", s->c.trid_prefix,
	         (unsigned long long)s->c.id, (unsigned long long)s->own_counter++, step);
	s->own_busy = true;
	if (put(s, &s->own, &e)) {
		s->own_busy = false;
		session_finish(s, SESSION_END_UNSUITABLE, true, e.text);
	}
	return true;
}

uint64_t session_claim_wait_ms(const struct session *s)
{
	uint64_t wait_us = ceiling_claim_wait_us(&s->c.limits->all, loop_now_us(s->c.loop));
	return wait_us > 1000 ? (wait_us + 999) / 1000 : 1;
}

/* ---- keepalive ----------------------------------------------------------------------------------------------------- */

static enum err build_poll(struct session_command *c, struct buf *out, struct errmsg *e)
{
	const struct session_extension *x = &session_of_own(c)->c.poll_ext;
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid), .ext = x->list, .ext_count = x->count};
	return epp_build_poll_req(out, &cmd, e);
}

static void keepalive_done(struct session_command *c, enum session_outcome outcome,
                           const struct epp_response *r, const char *text)
{
	(void)outcome;
	(void)r; /* a waiting message was reported by its msgQ, a refusal has ended the session */
	(void)text;
	session_of_own(c)->own_busy = false;
}

static void on_keepalive(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, keepalive);
	uint64_t idle = loop_now(s->c.loop) - s->idle_since;
	uint64_t next = s->c.keepalive_ms;
	if (idle < s->c.keepalive_ms)
		next = s->c.keepalive_ms - idle;
	else if (!list_empty(&s->flying))
		next =
		    s->c.keepalive_ms / 4 + 1; /* its answer proves as much; how long ago is looked at then */
	else if (!session_put_own(s, 'k', build_poll, keepalive_done))
		next = session_claim_wait_ms(s);
	if (!session_is(s, SESSION_CLOSING))
		loop_timer_set(s->c.loop, &s->keepalive, next);
}

/* ---- log-out --------------------------------------------------------------------------------------------------------- */

static enum err build_logout(struct session_command *c, struct buf *out, struct errmsg *e)
{
	const struct session_extension *x = &session_of_own(c)->c.logout_ext;
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid), .ext = x->list, .ext_count = x->count};
	return epp_build_logout(out, &cmd, e);
}

static void logout_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                        const char *text)
{
	(void)outcome;
	(void)r; /* whatever the answer is, it ends the session */
	(void)text;
	session_of_own(c)->own_busy = false;
}

static void send_logout(struct session *s)
{
	uint64_t now = loop_now(s->c.loop), wait = session_claim_wait_ms(s);
	if (!session_put_own(s, 'o', build_logout, logout_done))
		loop_timer_set(s->c.loop, &s->deadline,
		               now + wait < s->give_up_at ? wait : s->give_up_at - now);
}

void session_try_logout(struct session *s)
{
	if (!session_is(s, SESSION_DRAINING) || !list_empty(&s->flying))
		return;
	session_move(s, SESSION_LOGOUT);
	s->give_up_at = loop_now(s->c.loop) + s->c.logout_ms;
	send_logout(s);
}

void session_drain(struct session *s)
{
	REQUIRE(s->magic == SESSION_MAGIC);
	if (session_is(s, SESSION_READY)) {
		session_move(s, SESSION_DRAINING);
		loop_timer_cancel(s->c.loop, &s->keepalive);
		loop_timer_cancel(s->c.loop, &s->age);
		ceiling_unclaim(&s->c.limits->all, &s->claim); /* of a keepalive */
		session_try_logout(s);
	} else if (sm_state(&s->sm) < SESSION_READY) {
		session_finish(s, SESSION_END_CLEAN, true, "closed before it was logged in");
	}
}

static void on_age(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, age);
	LOG(s->c.log, LOG_DEBUG, "session.retire", "retired by age", SESSION_FIELDS(s));
	session_drain(s);
}

/* ---- deadlines ------------------------------------------------------------------------------------------------------- */

static void on_deadline(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, deadline);
	bool patient = !s->own_busy && loop_now(s->c.loop) < s->give_up_at;
	char text[96];
	if (session_is(s, SESSION_LOGIN) && patient) {
		session_try_login(s);
	} else if (session_is(s, SESSION_LOGOUT)) {
		if (patient)
			send_logout(s);
		else
			session_finish(s, gone_end(s), true,
			               s->own_busy
			                   ? "log-out was not answered"
			                   : "closed without log-out: the command ceiling is used up");
	} else {
		snprintf(text, sizeof text,
		         session_is(s, SESSION_LOGIN) && !s->own_busy
		             ? "the command ceiling left no place for the %s"
		             : "no answer in time while %s",
		         sm_state_name(&s->sm));
		session_finish(s, session_is(s, SESSION_GREETING) ? SESSION_END_CONNECT : SESSION_END_TIMEOUT,
		               true, text);
	}
}

/* ---- the stream's events --------------------------------------------------------------------------------------------- */

static void on_stream_open(void *arg)
{
	struct session *s = arg;
	if (!session_is(s, SESSION_DIALLING))
		return;
	session_move(s, SESSION_GREETING);
	loop_timer_set(s->c.loop, &s->deadline, s->c.greeting_ms);
}

static void on_stream_data(void *arg, struct str data)
{
	struct session *s = arg;
	if (session_is(s, SESSION_CLOSING))
		return;
	buf_add(&s->in, data);
	if (!buf_ok(&s->in))
		session_finish(s, SESSION_END_PROTOCOL, true, "more answers than were asked for");
	else if (!list_in(&s->more.node))
		session_read(s);
}

static void on_stream_eof(void *arg, bool clean)
{
	struct session *s = arg;
	s->deaf = true;
	session_read_rest(s);
	if (session_is(s, SESSION_CLOSING))
		return;
	session_finish(s, gone_end(s), true,
	               session_is(s, SESSION_LOGOUT) ? "logged out"
	               : buf_len(&s->in) > 0         ? "the registry closed in the middle of an answer"
	               : clean                       ? "the registry closed the connection"
	                                             : "the connection was cut");
}

static void on_more(struct loop_task *t)
{
	session_read(CONTAINER_OF(t, struct session, more));
}

struct session *session_new(const struct session_config *c, const struct session_events *ev, void *arg)
{
	static const struct stream_events stream_ev = {
	    .on_open = on_stream_open,
	    .on_data = on_stream_data,
	    .on_eof = on_stream_eof,
	    .on_closed = on_stream_closed,
	};
	struct session *s = xcalloc(1, sizeof *s);
	s->magic = SESSION_MAGIC;
	s->c = *c;
	s->ev = *ev;
	s->arg = arg;
	sm_init(&s->sm, "session", states, ARRAY_LEN(states), SESSION_DIALLING);
	s->deadline.fire = on_deadline;
	s->keepalive.fire = on_keepalive;
	s->age.fire = on_age;
	s->more.run = on_more;
	session_leave_init(s);
	s->unsent_from = UINT64_MAX;
	s->opened_ms = s->idle_since = loop_now(c->loop);
	buf_init(&s->in, EPP_FRAME_MAX_AFTER_LOGIN + IN_SLACK);
	struct dial_target target = {
	    .host = c->host,
	    .port = c->port,
	    .source_address = c->source_address,
	    .tls = c->tls,
	    .server_name = c->server_name,
	    .timeout_ms = c->connect_ms,
	    .handshake_ms = c->tls_ms,
	};
	s->stream = c->dialer->dial(c->dialer, &target);
	stream_listen(s->stream, &stream_ev, s);
	return s;
}

/* ---- what others ask --------------------------------------------------------------------------------------------------- */

uint64_t session_id(const struct session *s)
{
	return s->c.id;
}

enum session_state session_state(const struct session *s)
{
	return (enum session_state)sm_state(&s->sm);
}

uint32_t session_places(const struct session *s)
{
	if (!session_is(s, SESSION_READY) || s->deaf || s->flying.count >= s->c.window)
		return 0;
	return s->c.window - (uint32_t)s->flying.count;
}

uint32_t session_room(const struct session *s)
{
	uint32_t places = session_places(s);
	bool full = session_leave_waits(s) || (places && stream_queued(s->stream) > STREAM_HIGH_WATER);
	return full ? 0 : places;
}

void session_set_window(struct session *s, uint32_t window)
{
	REQUIRE(window > 0);
	s->c.window = window;
}

uint32_t session_in_flight(const struct session *s)
{
	return (uint32_t)s->flying.count;
}

uint32_t session_lost(const struct session *s)
{
	return s->lost;
}

int session_login_code(const struct session *s)
{
	return s->login_code;
}

uint64_t session_ready_since(const struct session *s)
{
	return s->ready_ms;
}

bool session_has_extension(const struct session *s, struct str uri)
{
	for (size_t i = 0; i < s->ext_count; i++)
		if (str_eq(s->ext_uris[i], uri))
			return true;
	return false;
}
