/*
 * The EPP session.
 *
 * Happy path
 *  - session_new dials; the stream opens, the greeting comes; what it offers is intersected with what is configured.
 *  - <login> is sent when the ceiling allows; 1000 makes the session READY.
 *  - Commands are appended to the stream's buffer, all frames of a turn leave in one write; answers are paired with
 *    the commands in order and checked by clTRID.
 *  - An idle session is proved by <poll op="req"> (a <hello> would prove the socket only). An old one drains.
 *  - session_drain: <logout>, 1500, close.
 *
 * Failure modes
 *  - Deadline of connecting, greeting, log-in or an answer: the session is broken at once, because a late answer would
 *    be read by the next command. Every command in flight ends as UNKNOWN.
 *  - Closed or broken by the other side, bytes that are no frame, XML that cannot be read, an answer with a foreign
 *    clTRID: the same.
 *  - An answer without clTRID is accepted by order for codes where servers are known to leave it out; else it is doubt.
 *  - 1500, 2500 to 2502 end the session after their answer is delivered; 2002 and 2200 make it useless: it drains.
 */
#include "daemon/session/session.h"
#include "daemon/core/ceiling.h"
#include "daemon/core/loop.h"
#include "daemon/net/dial.h"
#include "daemon/net/stream.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"
#include "epp/command.h"
#include "epp/frame.h"
#include "epp/ns.h"
#include "epp/rescode.h"

#include <stdio.h>
#include <stdlib.h>

#define SESSION_MAGIC 0x53455353u
/* Frames handled before the loop gets its turn: one busy registry must not keep the others waiting. */
#define FRAMES_PER_TURN 256
/* A log-out that is not answered is not worth more patience than this. */
#define LOGOUT_MS 5000

struct session {
	uint32_t magic;
	struct session_config c;
	struct session_events ev;
	void *arg;
	enum session_state state;
	struct stream *stream;      /* borrowed from itself until its on_closed */
	struct buf in;              /* received, not parsed yet */
	struct list flying;         /* session_command.node, in the order sent */
	struct session_command own; /* log-in, keepalive, log-out: one at a time */
	bool own_busy;
	struct loop_timer deadline; /* of the state, or of the oldest command in flight */
	struct loop_timer keepalive, age;
	struct loop_task more; /* frames left over from the last turn */
	uint64_t idle_since;
	uint64_t opened_ms, own_counter, greeting_hash;
	struct str *ext_uris, *obj_uris; /* agreed with the greeting; texts borrowed from the configuration */
	size_t ext_count, obj_count;
	bool login_sec;
	enum session_end why;
	char text[ERRMSG_MAX];
};

static const char *const state_names[] = {"dialling", "greeting", "login",  "ready",
                                          "draining", "logout",   "closing"};

const char *session_state_name(enum session_state s)
{
	return (unsigned)s < SESSION_STATE__COUNT ? state_names[s] : "?";
}

const char *session_end_name(enum session_end e)
{
	static const char *const names[] = {"clean", "connect", "login",    "limit",
	                                    "lost",  "timeout", "protocol", "unsuitable"};
	return (unsigned)e < ARRAY_LEN(names) ? names[e] : "?";
}

/* Which states may follow which. */
static const unsigned allowed[SESSION_STATE__COUNT] = {
    [SESSION_DIALLING] = 1u << SESSION_GREETING | 1u << SESSION_CLOSING,
    [SESSION_GREETING] = 1u << SESSION_LOGIN | 1u << SESSION_CLOSING,
    [SESSION_LOGIN] = 1u << SESSION_READY | 1u << SESSION_CLOSING,
    [SESSION_READY] = 1u << SESSION_DRAINING | 1u << SESSION_CLOSING,
    [SESSION_DRAINING] = 1u << SESSION_LOGOUT | 1u << SESSION_CLOSING,
    [SESSION_LOGOUT] = 1u << SESSION_CLOSING,
};

static void move(struct session *s, enum session_state to)
{
	INVARIANT(s->magic == SESSION_MAGIC && (allowed[s->state] & 1u << to));
	s->state = to;
}

#define SESSION_FIELDS(s) \
	F_C("registry", (s)->c.registry), F_C("account", (s)->c.account), F_U64("session", (s)->c.id)

/* ---- ending ------------------------------------------------------------------------------------------------------ */

static void forget_timers(struct session *s)
{
	loop_timer_cancel(s->c.loop, &s->deadline);
	loop_timer_cancel(s->c.loop, &s->keepalive);
	loop_timer_cancel(s->c.loop, &s->age);
	loop_cancel_task(&s->more);
}

static void end(struct session *s, enum session_end why, bool abort, const char *text)
{
	if (s->state == SESSION_CLOSING)
		return;
	s->why = why;
	snprintf(s->text, sizeof s->text, "%s", text);
	move(s, SESSION_CLOSING);
	forget_timers(s);
	if (abort)
		stream_abort(s->stream);
	else
		stream_close(s->stream);
}

/* Every command that has not been answered is in doubt. From the stream's on_closed: nothing else will come. */
static void fail_flying(struct session *s)
{
	struct list_node *n;
	while ((n = list_pop(&s->flying))) {
		struct session_command *c = LIST_ITEM(n, struct session_command, node);
		c->done(c, SESSION_UNKNOWN, NULL, s->text);
	}
}

static void on_stream_closed(void *arg, enum err why, const char *text)
{
	struct session *s = arg;
	if (s->state != SESSION_CLOSING) {
		s->why = s->state <= SESSION_GREETING ? SESSION_END_CONNECT : SESSION_END_LOST;
		snprintf(s->text, sizeof s->text, "%s: %s", err_text(why), text ? text : "");
		move(s, SESSION_CLOSING);
		forget_timers(s);
	}
	s->stream = NULL;
	fail_flying(s);
	LOG(s->c.log, s->why == SESSION_END_CLEAN ? LOG_INFO : LOG_WARNING, "session.closed", s->text,
	    SESSION_FIELDS(s), F_C("reason", session_end_name(s->why)),
	    F_U64("age_ms", loop_now(s->c.loop) - s->opened_ms));
	s->ev.on_closed(s->arg, s, s->why, s->text);
	buf_fini(&s->in);
	free(s->ext_uris);
	free(s->obj_uris);
	s->magic = 0;
	free(s);
}

void session_abort(struct session *s, enum session_end why, const char *text)
{
	REQUIRE(s->magic == SESSION_MAGIC);
	end(s, why, true, text);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* The oldest command decides, because all have the same patience and answers come in order. */
static void watch_oldest(struct session *s)
{
	if (list_empty(&s->flying)) {
		loop_timer_cancel(s->c.loop, &s->deadline);
		return;
	}
	const struct session_command *c = LIST_ITEM(s->flying.first, struct session_command, node);
	uint64_t patience = s->state == SESSION_LOGIN    ? s->c.login_ms
	                    : s->state == SESSION_LOGOUT ? LOGOUT_MS
	                                                 : s->c.answer_ms;
	uint64_t at = c->sent_ms + patience, now = loop_now(s->c.loop);
	loop_timer_set(s->c.loop, &s->deadline, at > now ? at - now : 0);
}

static enum err put(struct session *s, struct session_command *c, struct errmsg *e)
{
	enum err err = c->build(c, stream_out(s->stream), e);
	if (err)
		return err;
	stream_flush(s->stream);
	c->sent_ms = s->idle_since = loop_now(s->c.loop);
	list_push(&s->flying, &c->node);
	if (s->flying.count == 1)
		watch_oldest(s);
	return OK;
}

enum err session_send(struct session *s, struct session_command *c, struct errmsg *e)
{
	REQUIRE(s->magic == SESSION_MAGIC && session_room(s) > 0);
	return put(s, c, e);
}

/* A command of our own; false when the ceiling or an earlier one is in the way. */
static bool put_own(struct session *s, char step,
                    enum err (*build)(struct session_command *, struct buf *, struct errmsg *),
                    void (*done)(struct session_command *, enum session_outcome, const struct epp_response *,
                                 const char *))
{
	struct errmsg e;
	if (s->own_busy || !ceiling_take(s->c.ceiling, loop_now(s->c.loop)))
		return false;
	s->own = (struct session_command){.build = build, .done = done};
	snprintf(s->own.cltrid, sizeof s->own.cltrid, "%s-%llx-%llx-%c", s->c.trid_prefix,
	         (unsigned long long)s->c.id, (unsigned long long)s->own_counter++, step);
	enum err err = put(s, &s->own, &e);
	if (err) {
		end(s, SESSION_END_UNSUITABLE, true, e.text);
		return true;
	}
	s->own_busy = true;
	return true;
}

static struct session *owner(struct session_command *c)
{
	return CONTAINER_OF(c, struct session, own);
}

/* ---- log-in -------------------------------------------------------------------------------------------------------- */

static enum err build_login(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct session *s = owner(c);
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	struct epp_login login = {
	    .cl_id = str_c(s->c.login),
	    .pw = str_c(s->c.password),
	    .lang = str_c(s->c.language),
	    .obj_uris = s->obj_uris,
	    .obj_count = s->obj_count,
	    .ext_uris = s->ext_uris,
	    .ext_count = s->ext_count,
	    .login_sec = s->login_sec,
	    .agent_app = STR("vnepp"),
	};
	return epp_build_login(out, &cmd, &login, e);
}

static void become_ready(struct session *s)
{
	move(s, SESSION_READY);
	loop_timer_cancel(s->c.loop, &s->deadline);
	loop_timer_set(s->c.loop, &s->keepalive, s->c.keepalive_ms);
	loop_timer_set(s->c.loop, &s->age, s->c.max_age_ms);
	LOG(s->c.log, LOG_INFO, "session.ready", "logged in", SESSION_FIELDS(s),
	    F_C("peer", stream_peer(s->stream)->address), F_C("tls", stream_peer(s->stream)->tls_version),
	    F_U64("took_ms", loop_now(s->c.loop) - s->opened_ms));
	s->ev.on_ready(s->arg, s);
}

static void login_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                       const char *text)
{
	struct session *s = owner(c);
	char why[ERRMSG_MAX];
	s->own_busy = false;
	if (outcome != SESSION_ANSWERED)
		return;
	(void)text;
	int code = epp_response_code(r);
	if (epp_rescode_ok(code)) {
		become_ready(s);
		return;
	}
	snprintf(why, sizeof why, "log-in answered %d %.*s", code, STR_ARG(r->results[0].msg));
	end(s,
	    code == 2502                   ? SESSION_END_LIMIT
	    : code == 2400 || code == 2500 ? SESSION_END_LOST
	                                   : SESSION_END_LOGIN,
	    false, why);
}

static void try_login(struct session *s)
{
	if (!put_own(s, 'l', build_login, login_done))
		loop_timer_set(s->c.loop, &s->deadline,
		               ceiling_wait_ms(s->c.ceiling, loop_now(s->c.loop)) + 1);
}

/* Keeps of `ours` what `offered` has. */
static size_t intersect(const struct epp_str_list *offered, const char *const *ours, size_t count,
                        struct str *out)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (epp_list_has(offered, str_c(ours[i])))
			out[n++] = str_c(ours[i]);
	return n;
}

static uint64_t hash_list(uint64_t h, const struct epp_str_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		for (size_t k = 0; k < l->items[i].len; k++)
			h = (h ^ (unsigned char)l->items[i].ptr[k]) * 0x100000001b3u;
	return h;
}

static void on_greeting(struct session *s, const struct epp_greeting *g)
{
	struct str domain = str_c(EPP_URI_DOMAIN);
	s->obj_uris = xcalloc(s->c.object_count + 1, sizeof *s->obj_uris);
	s->ext_uris = xcalloc(s->c.extension_count + 1, sizeof *s->ext_uris);
	s->obj_count = intersect(&g->obj_uris, s->c.objects, s->c.object_count, s->obj_uris);
	s->ext_count = intersect(&g->ext_uris, s->c.extensions, s->c.extension_count, s->ext_uris);
	s->login_sec = session_has_extension(s, str_c(EPP_URI_LOGINSEC));
	s->greeting_hash = hash_list(hash_list(0xcbf29ce484222325u, &g->obj_uris), &g->ext_uris);
	if (!epp_list_has(&g->obj_uris, domain)) {
		end(s, SESSION_END_UNSUITABLE, true, "the greeting does not offer domain objects");
		return;
	}
	move(s, SESSION_LOGIN);
	try_login(s);
}

bool session_has_extension(const struct session *s, struct str uri)
{
	for (size_t i = 0; i < s->ext_count; i++)
		if (str_eq(s->ext_uris[i], uri))
			return true;
	return false;
}

/* ---- keepalive, log-out --------------------------------------------------------------------------------------------- */

static enum err build_poll(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	return epp_build_poll_req(out, &cmd, e);
}

static void keepalive_done(struct session_command *c, enum session_outcome outcome,
                           const struct epp_response *r, const char *text)
{
	(void)outcome;
	(void)r; /* a waiting message was reported by its msgQ, a refusal has ended the session */
	(void)text;
	owner(c)->own_busy = false;
}

static void on_keepalive(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, keepalive);
	uint64_t idle = loop_now(s->c.loop) - s->idle_since;
	uint64_t next = s->c.keepalive_ms;
	if (idle < s->c.keepalive_ms)
		next = s->c.keepalive_ms - idle;
	else if (list_empty(&s->flying) && !put_own(s, 'k', build_poll, keepalive_done))
		next = ceiling_wait_ms(s->c.ceiling, loop_now(s->c.loop)) + 1;
	if (s->state != SESSION_CLOSING)
		loop_timer_set(s->c.loop, &s->keepalive, next);
}

static enum err build_logout(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid)};
	return epp_build_logout(out, &cmd, e);
}

static void logout_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                        const char *text)
{
	(void)outcome;
	(void)r; /* 1500 closes in after_answer(); anything else closes by the deadline */
	(void)text;
	owner(c)->own_busy = false;
}

static void try_logout(struct session *s)
{
	if (s->state != SESSION_DRAINING || !list_empty(&s->flying))
		return;
	move(s, SESSION_LOGOUT);
	if (!put_own(s, 'o', build_logout, logout_done)) {
		/* The ceiling is used up: leaving without a word is better than holding up the stop. */
		end(s, SESSION_END_CLEAN, false, "closed without log-out: the command ceiling is used up");
		return;
	}
	watch_oldest(s);
}

void session_drain(struct session *s)
{
	REQUIRE(s->magic == SESSION_MAGIC);
	if (s->state == SESSION_READY) {
		move(s, SESSION_DRAINING);
		loop_timer_cancel(s->c.loop, &s->keepalive);
		loop_timer_cancel(s->c.loop, &s->age);
		try_logout(s);
	} else if (s->state < SESSION_READY) {
		end(s, SESSION_END_CLEAN, true, "closed before it was logged in");
	}
}

static void on_age(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, age);
	LOG(s->c.log, LOG_DEBUG, "session.retire", "retired by age", SESSION_FIELDS(s));
	session_drain(s);
}

static void on_deadline(struct loop_timer *t)
{
	struct session *s = CONTAINER_OF(t, struct session, deadline);
	if (s->state == SESSION_LOGIN && !s->own_busy) {
		try_login(s);
		return;
	}
	if (s->state == SESSION_LOGOUT) {
		end(s, SESSION_END_CLEAN, true, "log-out was not answered");
		return;
	}
	char text[96];
	snprintf(text, sizeof text, "no answer in time while %s", session_state_name(s->state));
	end(s, s->state <= SESSION_GREETING ? SESSION_END_CONNECT : SESSION_END_TIMEOUT, true, text);
}

/* ---- answers ------------------------------------------------------------------------------------------------------- */

/* Codes whose answers are known to come without clTRID: the server could not read the command, or itself failed. */
static bool may_lack_cltrid(int code)
{
	return (code >= 2000 && code <= 2005) || code == 2400 || code >= 2500;
}

static bool fits(struct session *s, const struct session_command *c, const struct epp_response *r)
{
	char text[200];
	if (str_empty(r->trid.client)) {
		if (may_lack_cltrid(epp_response_code(r)))
			return true;
		end(s, SESSION_END_PROTOCOL, true, "an answer without clTRID");
		return false;
	}
	if (str_eq_c(r->trid.client, c->cltrid))
		return true;
	snprintf(text, sizeof text, "an answer with clTRID '%.*s' instead of '%s'",
	         r->trid.client.len > 64 ? 64 : (int)r->trid.client.len, r->trid.client.ptr, c->cltrid);
	end(s, SESSION_END_PROTOCOL, true, text);
	return false;
}

/* What an answer means for the session itself. */
static void after_answer(struct session *s, int code)
{
	unsigned flags = epp_rescode_find(code)->flags;
	char text[64];
	if (s->state == SESSION_CLOSING || s->state == SESSION_LOGIN)
		return;
	if (s->state == SESSION_LOGOUT) {
		end(s, SESSION_END_CLEAN, false, "logged out");
	} else if (flags & EPP_RC_ENDS_SESSION) {
		snprintf(text, sizeof text, "the registry ended the session with %d", code);
		end(s,
		    code == 2502   ? SESSION_END_LIMIT
		    : code == 2501 ? SESSION_END_LOGIN
		                   : SESSION_END_LOST,
		    true, text);
	} else if (flags & EPP_RC_DISCARD) {
		session_drain(s);
	}
}

static void on_response(struct session *s, const struct epp_response *r)
{
	if (list_empty(&s->flying)) {
		end(s, SESSION_END_PROTOCOL, true, "an answer to nothing");
		return;
	}
	struct session_command *c = LIST_ITEM(s->flying.first, struct session_command, node);
	if (!fits(s, c, r))
		return;
	list_remove(&c->node);
	int code = epp_response_code(r);
	if (r->msgq.present && r->msgq.count > 0 && s->state == SESSION_READY)
		s->ev.on_messages(s->arg, r->msgq.count);
	bool was_ready = s->state == SESSION_READY;
	c->done(c, SESSION_ANSWERED, r, NULL);
	after_answer(s, code);
	if (s->state == SESSION_READY || s->state == SESSION_DRAINING)
		watch_oldest(s);
	if (s->state == SESSION_READY && was_ready)
		s->ev.on_room(s->arg, s);
	try_logout(s);
}

static void on_frame(struct session *s, struct str xml)
{
	struct epp_response r;
	struct errmsg e;
	char text[ERRMSG_MAX + 32];
	if (epp_parse(s->c.parser, xml, &r, &e)) {
		snprintf(text, sizeof text, "an answer that cannot be read: %s", e.text);
		end(s, SESSION_END_PROTOCOL, true, text);
	} else if (r.kind == EPP_KIND_GREETING && s->state == SESSION_GREETING) {
		loop_timer_cancel(s->c.loop, &s->deadline);
		on_greeting(s, &r.greeting);
	} else if (r.kind == EPP_KIND_RESPONSE && s->state > SESSION_GREETING) {
		on_response(s, &r);
	} else if (s->state == SESSION_GREETING && r.kind == EPP_KIND_RESPONSE) {
		snprintf(text, sizeof text, "%d instead of a greeting", epp_response_code(&r));
		end(s, epp_response_code(&r) == 2502 ? SESSION_END_LIMIT : SESSION_END_CONNECT, true, text);
	} else {
		end(s, SESSION_END_PROTOCOL, true, "a greeting that nobody asked for");
	}
}

static void bad_frame(struct session *s)
{
	struct str raw = buf_str(&s->in), words;
	char text[ERRMSG_MAX];
	if (epp_frame_is_text(raw, &words))
		snprintf(text, sizeof text, "plain text instead of a frame: %.*s",
		         words.len > 200 ? 200 : (int)words.len, words.ptr);
	else
		snprintf(text, sizeof text, "a frame length of %u", epp_frame_length(raw));
	end(s, SESSION_END_PROTOCOL, true, text);
}

static void read_frames(struct session *s)
{
	for (int i = 0; i < FRAMES_PER_TURN; i++) {
		struct str xml;
		size_t used;
		if (s->state == SESSION_CLOSING)
			return;
		enum err err = epp_frame_next(buf_str(&s->in),
		                              s->state < SESSION_READY ? EPP_FRAME_MAX_BEFORE_LOGIN
		                                                       : EPP_FRAME_MAX_AFTER_LOGIN,
		                              &xml, &used);
		if (err == ERR_AGAIN)
			return;
		if (err) {
			bad_frame(s);
			return;
		}
		on_frame(s, xml);
		buf_consume(&s->in, used);
	}
	loop_defer(s->c.loop, &s->more);
}

static void on_more(struct loop_task *t)
{
	read_frames(CONTAINER_OF(t, struct session, more));
}

/* ---- the stream's events --------------------------------------------------------------------------------------------- */

static void on_stream_open(void *arg)
{
	struct session *s = arg;
	if (s->state != SESSION_DIALLING)
		return;
	move(s, SESSION_GREETING);
	loop_timer_set(s->c.loop, &s->deadline, s->c.greeting_ms);
}

static void on_stream_data(void *arg, struct str data)
{
	struct session *s = arg;
	if (s->state == SESSION_CLOSING)
		return;
	buf_add(&s->in, data);
	if (!buf_ok(&s->in)) {
		end(s, SESSION_END_PROTOCOL, true, "more answers than were asked for");
		return;
	}
	if (!list_in(&s->more.node))
		read_frames(s);
}

static void on_stream_eof(void *arg, bool clean)
{
	struct session *s = arg;
	if (s->state == SESSION_LOGOUT)
		end(s, SESSION_END_CLEAN, false, "logged out");
	else if (buf_len(&s->in) > 0)
		end(s, SESSION_END_LOST, true, "the registry closed in the middle of an answer");
	else
		end(s, s->state <= SESSION_GREETING ? SESSION_END_CONNECT : SESSION_END_LOST, true,
		    clean ? "the registry closed the connection" : "the connection was cut");
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
	s->deadline.fire = on_deadline;
	s->keepalive.fire = on_keepalive;
	s->age.fire = on_age;
	s->more.run = on_more;
	s->opened_ms = s->idle_since = loop_now(c->loop);
	/* One frame at its largest and what a pipelined window brings beside it. */
	buf_init(&s->in, EPP_FRAME_MAX_AFTER_LOGIN + ((size_t)4 << 20));
	struct dial_target target = {
	    .host = c->host,
	    .port = c->port,
	    .source_address = c->source_address,
	    .tls = c->tls,
	    .server_name = c->server_name,
	    .timeout_ms = c->connect_ms,
	};
	s->stream = c->dialer->dial(c->dialer, &target);
	stream_listen(s->stream, &stream_ev, s);
	return s;
}

uint64_t session_id(const struct session *s)
{
	return s->c.id;
}

enum session_state session_state(const struct session *s)
{
	return s->state;
}

uint32_t session_room(const struct session *s)
{
	if (s->state != SESSION_READY || s->flying.count >= s->c.window ||
	    stream_queued(s->stream) > STREAM_HIGH_WATER)
		return 0;
	return s->c.window - (uint32_t)s->flying.count;
}

uint32_t session_in_flight(const struct session *s)
{
	return (uint32_t)s->flying.count;
}

uint64_t session_idle_since(const struct session *s)
{
	return s->idle_since;
}

uint64_t session_greeting_hash(const struct session *s)
{
	return s->greeting_hash;
}
