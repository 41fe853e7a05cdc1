/*
 * What a session receives: frames out of bytes, answers to commands.
 *
 * Happy path: bytes ─▶ frames ─▶ parsed ─▶ paired with the oldest command in flight ─▶ its done() ─▶ what the code means
 * for the session.
 *
 * Failure modes: see session.c. Many frames at once are handled over several turns, and reading is paused until then.
 */
#include "daemon/net/stream.h"
#include "daemon/session/session_int.h"
#include "epp/frame.h"
#include "epp/rescode.h"

#include <stdio.h>

/* Frames handled before the loop gets its turn: one busy registry must not keep the others waiting. */
#define FRAMES_PER_TURN 256
#define SHOWN_TEXT_MAX  200
#define SHOWN_BYTES     16

/* ---- answers ------------------------------------------------------------------------------------------------------- */

/*
 * Codes whose answers are known to come without clTRID: the server could not read the command, or itself failed. Others
 * that end a session may as well be notices that nobody asked for: nothing is concluded from them for a command.
 */
static bool may_lack_cltrid(int code)
{
	return (code >= 2000 && code <= 2005) || code == 2400 || code == 2500;
}

/*
 * The registry says that it closes. Unasked, as idle or overfull registries do, that is no breach of protocol, and its
 * 2501 is about a time limit rather than our password.
 */
static void ended_by(struct session *s, int code, bool asked)
{
	char text[64];
	snprintf(text, sizeof text, "the registry ended the session with %d", code);
	session_finish(s,
	               code == 2502            ? SESSION_END_LIMIT
	               : code == 2501 && asked ? SESSION_END_LOGIN
	                                       : SESSION_END_LOST,
	               true, text);
}

static void unasked(struct session *s, int code)
{
	if (epp_rescode_find(code)->flags & EPP_RC_ENDS_SESSION)
		ended_by(s, code, false);
	else
		session_finish(s, SESSION_END_PROTOCOL, true, "an answer to nothing");
}

/* The command that `r` answers; NULL: the session has been ended. */
static struct session_command *paired(struct session *s, const struct epp_response *r, int code)
{
	char text[ERRMSG_MAX];
	if (list_empty(&s->flying)) {
		unasked(s, code);
		return NULL;
	}
	struct session_command *c = LIST_ITEM(s->flying.first, struct session_command, node);
	if (str_eq_c(r->trid.client, c->cltrid))
		return c;
	if (!str_empty(r->trid.client)) {
		snprintf(text, sizeof text, "an answer with clTRID '%.*s' instead of '%s'",
		         r->trid.client.len > EPP_TRID_MAX ? EPP_TRID_MAX : (int)r->trid.client.len,
		         r->trid.client.ptr, c->cltrid);
		session_finish(s, SESSION_END_PROTOCOL, true, text);
		return NULL;
	}
	/* A command of our own is not an object's fate: order is enough. */
	if (c == &s->own || may_lack_cltrid(code))
		return c;
	if (epp_rescode_find(code)->flags & EPP_RC_ENDS_SESSION)
		unasked(s, code);
	else
		session_finish(s, SESSION_END_PROTOCOL, true, "an answer without clTRID");
	return NULL;
}

/* What an answer means for the session itself. */
static void after_answer(struct session *s, int code)
{
	unsigned flags = epp_rescode_find(code)->flags;
	if (!session_is(s, SESSION_READY) && !session_is(s, SESSION_DRAINING))
		return;
	if (flags & EPP_RC_ENDS_SESSION) {
		ended_by(s, code, true);
	} else if (flags & EPP_RC_DISCARD) {
		s->discard = true;
		session_drain(s);
	}
}

static void on_response(struct session *s, const struct epp_response *r)
{
	int code = epp_response_code(r);
	if (session_is(s, SESSION_LOGOUT)) {
		session_finish(s, s->discard ? SESSION_END_DISCARDED : SESSION_END_CLEAN, false,
		               "logged out");
		return;
	}
	struct session_command *c = paired(s, r, code);
	if (!c)
		return;
	session_leave_answered(s, c);
	list_remove(&c->node);
	if (r->cut)
		LOG(s->c.log, LOG_WARNING, "session.answer_cut",
		    "an answer lists more than is kept: what is beyond 2,048 entries is not looked at",
		    F_C("registry", s->c.registry), F_C("account", s->c.account), F_C("cltrid", c->cltrid));
	bool was_ready = session_is(s, SESSION_READY), was_login = session_is(s, SESSION_LOGIN);
	if (was_ready && r->msgq.present && r->msgq.count > 0)
		s->ev.on_messages(s->arg, r->msgq.count);
	c->done(c, SESSION_ANSWERED, r, NULL);
	if (was_login)
		return; /* login_done() has decided */
	after_answer(s, code);
	if (session_is(s, SESSION_READY) || session_is(s, SESSION_DRAINING))
		session_watch_oldest(s);
	if (session_is(s, SESSION_READY) && was_ready)
		s->ev.on_room(s->arg, s);
	session_try_logout(s);
}

/* ---- frames ---------------------------------------------------------------------------------------------------------- */

static void on_frame(struct session *s, struct str xml)
{
	struct epp_response r;
	struct errmsg e;
	char text[ERRMSG_MAX + 32];
	bool greeting = session_is(s, SESSION_GREETING);
	if (epp_parse(s->c.parser, xml, &r, &e)) {
		snprintf(text, sizeof text, "an answer that cannot be read: %s", e.text);
		session_finish(s, SESSION_END_PROTOCOL, true, text);
	} else if (r.kind == EPP_KIND_GREETING && greeting) {
		session_greeted(s, &r.greeting);
	} else if (r.kind == EPP_KIND_RESPONSE && !greeting) {
		on_response(s, &r);
	} else if (greeting) {
		snprintf(text, sizeof text, "%d instead of a greeting", epp_response_code(&r));
		session_finish(s, epp_response_code(&r) == 2502 ? SESSION_END_LIMIT : SESSION_END_CONNECT,
		               true, text);
	} else {
		session_finish(s, SESSION_END_PROTOCOL, true, "a greeting that nobody asked for");
	}
}

static void bad_frame(struct session *s)
{
	struct str raw = buf_str(&s->in), words;
	char text[ERRMSG_MAX], hex[SHOWN_BYTES * 2 + 1] = "";
	if (epp_frame_is_text(raw, &words)) {
		snprintf(text, sizeof text, "plain text instead of a frame: %.*s",
		         words.len > SHOWN_TEXT_MAX ? SHOWN_TEXT_MAX : (int)words.len, words.ptr);
	} else {
		for (size_t i = 0; i < raw.len && i < SHOWN_BYTES; i++)
			snprintf(hex + 2 * i, 3, "%02x", (unsigned char)raw.ptr[i]);
		snprintf(text, sizeof text, "a frame length of %u: the bytes are %s", epp_frame_length(raw),
		         hex);
	}
	session_finish(s, SESSION_END_PROTOCOL, true, text);
}

/* False: there is no whole frame, or the session is over. */
static bool read_one(struct session *s)
{
	struct str xml;
	size_t used;
	if (session_is(s, SESSION_CLOSING))
		return false;
	enum err err = epp_frame_next(buf_str(&s->in),
	                              sm_state(&s->sm) < SESSION_READY ? EPP_FRAME_MAX_BEFORE_LOGIN
	                                                               : EPP_FRAME_MAX_AFTER_LOGIN,
	                              &xml, &used);
	if (err == ERR_AGAIN)
		return false;
	if (err) {
		bad_frame(s);
		return false;
	}
	session_show(s, false, xml);
	on_frame(s, xml);
	buf_consume(&s->in, used);
	return true;
}

void session_read(struct session *s)
{
	for (int i = 0; i < FRAMES_PER_TURN; i++) {
		if (!read_one(s)) {
			if (!session_is(s, SESSION_CLOSING))
				stream_resume(s->stream);
			return;
		}
	}
	stream_pause(s->stream);
	loop_defer(s->c.loop, &s->more);
}

void session_read_rest(struct session *s)
{
	loop_cancel_task(&s->more);
	while (read_one(s))
		;
}
