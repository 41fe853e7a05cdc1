/*
 * From the greeting to being logged in.
 *
 * Happy path: the greeting speaks EPP 1.0 and offers every object and extension that is required; the others are the
 * intersection of offer and configuration; <login> goes when the ceiling allows; 1000 makes the session READY.
 *
 * Failure modes
 *  - Something required is not offered: UNSUITABLE, which names what is missing. Trying again would not help.
 *  - The language is not offered: English, or the first that is.
 *  - The log-in is refused: 2502 is a LIMIT; what says that the login or the form of the command is wrong is LOGIN
 *    (do not hammer); a server that failed, and codes that say nothing of the log-in itself, are LOST.
 */
#include "daemon/net/stream.h"
#include "daemon/session/session_int.h"
#include "epp/base/alloc.h"
#include "epp/command.h"
#include "epp/ns.h"
#include "epp/rescode.h"

#include <stdio.h>

/* ---- the log-in ------------------------------------------------------------------------------------------------------ */

static enum err build_login(struct session_command *c, struct buf *out, struct errmsg *e)
{
	struct session *s = session_of_own(c);
	const struct session_extension *x = &s->c.login_ext;
	struct epp_cmd cmd = {.cltrid = str_c(c->cltrid), .ext = x->list, .ext_count = x->count};
	struct epp_login login = {
	    .cl_id = str_c(s->c.login),
	    .pw = str_c(secret_reveal(s->c.password)),
	    .new_pw = str_c(secret_reveal(s->c.new_password)),
	    .lang = str_c(s->language),
	    .obj_uris = s->obj_uris,
	    .obj_count = s->obj_count,
	    .ext_uris = s->ext_uris,
	    .ext_count = s->ext_count,
	    .login_sec = session_has_extension(s, str_c(EPP_URI_LOGINSEC)),
	    .agent_app = STR("vnepp"),
	};
	return epp_build_login(out, &cmd, &login, e);
}

static void become_ready(struct session *s)
{
	session_move(s, SESSION_READY);
	s->ready_ms = loop_now(s->c.loop);
	loop_timer_cancel(s->c.loop, &s->deadline);
	loop_timer_set(s->c.loop, &s->keepalive, s->c.keepalive_ms);
	loop_timer_set(s->c.loop, &s->age, s->c.max_age_ms);
	LOG(s->c.log, LOG_INFO, "session.ready", "logged in", SESSION_FIELDS(s),
	    F_C("peer", stream_peer(s->stream)->address), F_C("tls", stream_peer(s->stream)->tls_version),
	    F_U64("took_ms", s->ready_ms - s->opened_ms));
	s->ev.on_ready(s->arg, s);
}

static enum session_end refusal_end(int code)
{
	const struct epp_rescode *rc = epp_rescode_find(code);
	if (code == 2502)
		return SESSION_END_LIMIT;
	return rc->cls == EPP_RC_AUTH || rc->cls == EPP_RC_PERMANENT ? SESSION_END_LOGIN : SESSION_END_LOST;
}

static void login_done(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
                       const char *text)
{
	struct session *s = session_of_own(c);
	char why[ERRMSG_MAX];
	s->own_busy = false;
	if (outcome != SESSION_ANSWERED)
		return;
	(void)text;
	int code = s->login_code = epp_response_code(r);
	if (r->ext.login_sec.event_count > 0)
		s->ev.on_login_events(s->arg, s, &r->ext.login_sec);
	if (epp_rescode_ok(code) && !(epp_rescode_find(code)->flags & EPP_RC_ENDS_SESSION)) {
		become_ready(s);
		return;
	}
	snprintf(why, sizeof why, "log-in answered %d %.*s", code,
	         r->results[0].msg.len > 200 ? 200 : (int)r->results[0].msg.len, r->results[0].msg.ptr);
	session_finish(s, refusal_end(code), false, why);
}

void session_try_login(struct session *s)
{
	uint64_t now = loop_now(s->c.loop);
	if (session_put_own(s, 'l', build_login, login_done))
		return;
	uint64_t wait = session_claim_wait_ms(s);
	loop_timer_set(s->c.loop, &s->deadline, now + wait < s->give_up_at ? wait : s->give_up_at - now);
}

/* ---- the greeting ---------------------------------------------------------------------------------------------------- */

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

static bool offers(const struct epp_greeting *g, struct str uri)
{
	return epp_list_has(&g->obj_uris, uri) || epp_list_has(&g->ext_uris, uri);
}

/* Names what is required and not offered; false: nothing. */
static bool lacks(const struct session *s, const struct epp_greeting *g, char *text, size_t size)
{
	size_t n = 0;
	if (g->versions.count > 0 && !epp_list_has(&g->versions, STR("1.0"))) {
		snprintf(text, size, "the greeting does not offer EPP version 1.0");
		return true;
	}
	if (!epp_list_has(&g->obj_uris, str_c(EPP_URI_DOMAIN)))
		n = (size_t)snprintf(text, size, "the greeting does not offer domain objects");
	for (size_t i = 0; i < s->c.required_count && n < size; i++)
		if (!offers(g, str_c(s->c.required[i])))
			n += (size_t)snprintf(text + n, size - n, "%s%s",
			                      n ? ", " : "the greeting does not offer ", s->c.required[i]);
	return n > 0;
}

static void choose_language(struct session *s, const struct epp_greeting *g)
{
	struct str want = str_c(s->c.language), choice = want;
	if (g->langs.count > 0 && !epp_list_has(&g->langs, want))
		choice = epp_list_has(&g->langs, STR("en")) ? STR("en") : g->langs.items[0];
	if (!str_copy(s->language, sizeof s->language, choice))
		snprintf(s->language, sizeof s->language, "en");
	if (!str_eq_c(want, s->language))
		LOG(s->c.log, LOG_DEBUG, "session.language", "the configured language is not offered",
		    SESSION_FIELDS(s), F_C("configured", s->c.language), F_C("used", s->language));
}

void session_greeted(struct session *s, const struct epp_greeting *g)
{
	char text[ERRMSG_MAX];
	loop_timer_cancel(s->c.loop, &s->deadline);
	s->ev.on_greeting(s->arg, s, g);
	if (!session_is(s, SESSION_GREETING))
		return;
	if (lacks(s, g, text, sizeof text)) {
		session_finish(s, SESSION_END_UNSUITABLE, true, text);
		return;
	}
	s->obj_uris = xcalloc(s->c.object_count + 1, sizeof *s->obj_uris);
	s->ext_uris = xcalloc(s->c.extension_count + 1, sizeof *s->ext_uris);
	s->obj_count = intersect(&g->obj_uris, s->c.objects, s->c.object_count, s->obj_uris);
	s->ext_count = intersect(&g->ext_uris, s->c.extensions, s->c.extension_count, s->ext_uris);
	choose_language(s, g);
	session_move(s, SESSION_LOGIN);
	s->give_up_at = loop_now(s->c.loop) + s->c.login_ms;
	session_try_login(s);
}
