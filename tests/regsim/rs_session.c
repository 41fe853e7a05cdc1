/* Greeting, log-in, log-out and the poll queue. */
#include "epp/base/alloc.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_int.h"
#include "tests/regsim/rs_reply.h"

#include <stdlib.h>

#define PASSWORD_MIN   6
#define PASSWORD_MAX   16 /* RFC 5730; loginSec lifts it */
#define PASSWORD_ABOVE 128

void rs_session_greeting(struct regsim *sim, struct buf *out)
{
	char date[TIME_TEXT_MAX];
	buf_lit(out,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"" RS_NS_EPP "\"><greeting><svID>");
	rs_reply_escape(out, str_c(sim->o.server_id));
	buf_lit(out, "</svID><svDate>");
	buf_add(out, str_c(instant_format(date, loop_wall(sim->loop), sim->o.date_offset_s, true)));
	buf_lit(out, "</svDate><svcMenu><version>1.0</version><lang>en</lang><lang>vi</lang>"
	             "<objURI>" RS_NS_DOMAIN "</objURI><objURI>" RS_NS_CONTACT "</objURI><objURI>" RS_NS_HOST
	             "</objURI>");
	if (sim->o.ext_uri_count) {
		buf_lit(out, "<svcExtension>");
		for (size_t i = 0; i < sim->o.ext_uri_count; i++) {
			buf_lit(out, "<extURI>");
			rs_reply_escape(out, str_c(sim->o.ext_uris[i]));
			buf_lit(out, "</extURI>");
		}
		buf_lit(out, "</svcExtension>");
	}
	buf_lit(out, "</svcMenu><dcp><access><all/></access><statement><purpose><admin/><prov/></purpose>"
	             "<recipient><ours/></recipient><retention><legal/></retention></statement></dcp>"
	             "</greeting></epp>");
}

static bool offers(const struct regsim *sim, struct str uri)
{
	for (size_t i = 0; i < sim->o.ext_uri_count; i++)
		if (str_eq_c(uri, sim->o.ext_uris[i]))
			return true;
	return false;
}

static bool chosen(const struct rs_list *l, const char *uri)
{
	for (const struct rs_item *i = l->first; i; i = i->next)
		if (str_eq_c(i->text, uri))
			return true;
	return false;
}

/* False: answered. */
static bool services_ok(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	if (str_empty(c->clid) || !c->has_pw || str_empty(c->version) || str_empty(c->lang) ||
	    !c->obj_uris.count) {
		rs_reply_fail(x, 2003, "clID, pw, version, lang and objURI are required");
		return false;
	}
	if (!str_eq(c->version, STR("1.0"))) {
		rs_reply_fail(x, 2100, "version");
		return false;
	}
	if (!str_eq(c->lang, STR("en")) && !str_eq(c->lang, STR("vi"))) {
		rs_reply_fail(x, 2102, "lang");
		return false;
	}
	for (const struct rs_item *i = c->obj_uris.first; i; i = i->next) {
		if (str_eq_c(i->text, RS_NS_DOMAIN) || str_eq_c(i->text, RS_NS_CONTACT) ||
		    str_eq_c(i->text, RS_NS_HOST))
			continue;
		rs_reply_fail(x, 2307, i->text.ptr);
		return false;
	}
	for (const struct rs_item *i = c->ext_uris.first; i; i = i->next) {
		if (!offers(x->sim, i->text)) {
			rs_reply_fail(x, 2103, i->text.ptr);
			return false;
		}
	}
	return true;
}

static void refuse(struct rs_exec *x, const char *why)
{
	unsigned most = x->sim->o.max_login_failures;
	x->session->failures++;
	rs_reply_fail(x, most && x->session->failures >= most ? 2501 : 2200, why);
}

/* Texts of a password that must count: those of loginSec when the placeholder stands in the command. */
static struct str password(const struct regsim *sim, struct str plain, struct str sec)
{
	return offers(sim, STR(RS_NS_LOGINSEC)) && str_eq(plain, STR("[LOGIN-SECURITY]")) ? sec : plain;
}

/* False: answered. */
static bool change_password(struct rs_exec *x, struct rs_account *a)
{
	struct str fresh = password(x->sim, x->cmd->new_pw, x->cmd->sec_new_pw);
	size_t most = offers(x->sim, STR(RS_NS_LOGINSEC)) ? PASSWORD_ABOVE : PASSWORD_MAX;
	if (fresh.len < PASSWORD_MIN || fresh.len > most) {
		rs_reply_fail(x, 2005, "newPW");
		return false;
	}
	if (str_eq_c(fresh, a->password)) {
		rs_reply_fail(x, 2306, "newPW is the old password");
		return false;
	}
	free(a->password);
	a->password = xmemdup0(fresh.ptr, fresh.len);
	return true;
}

static void enter(struct rs_exec *x, struct rs_account *a)
{
	struct regsim_stats *st = &x->sim->stats;
	const struct rs_command *c = x->cmd;
	*x->session = (struct rs_session){.account = a,
	                                  .domain = chosen(&c->obj_uris, RS_NS_DOMAIN),
	                                  .contact = chosen(&c->obj_uris, RS_NS_CONTACT),
	                                  .host = chosen(&c->obj_uris, RS_NS_HOST),
	                                  .secdns = chosen(&c->ext_uris, RS_NS_SECDNS),
	                                  .fee = chosen(&c->ext_uris, RS_NS_FEE),
	                                  .subject = x->session->subject};
	a->sessions++;
	st->sessions_now++;
	if (st->sessions_now > st->sessions_most)
		st->sessions_most = st->sessions_now;
	x->committed = true;
	rs_reply_ok(x, 1000);
}

void rs_session_login(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	if (x->session->account)
		return rs_reply_fail(x, 2002, "already logged in");
	if (x->sim->refuse_logins) {
		x->sim->refuse_logins--;
		return refuse(x, "");
	}
	if (!services_ok(x))
		return;
	struct rs_account *a = rs_account_find(x->sim, c->clid);
	if (!a || !str_eq_c(password(x->sim, c->pw, c->sec_pw), a->password))
		return refuse(x, "");
	if (a->subject && !strstr(x->session->subject, a->subject))
		return refuse(x, "the certificate is not this account's");
	if (a->limits.max_sessions && a->sessions >= a->limits.max_sessions)
		return rs_reply_fail(x, 2502, "too many sessions");
	if (c->has_new_pw && !change_password(x, a))
		return;
	enter(x, a);
}

void rs_session_leave(struct regsim *sim, struct rs_session *s)
{
	if (!s->account)
		return;
	s->account->sessions--;
	sim->stats.sessions_now--;
	s->account = NULL;
}

void rs_session_logout(struct rs_exec *x)
{
	rs_reply_ok(x, 1500);
	x->hang_up = true;
}

static void poll_request(struct rs_exec *x)
{
	const struct list *queue = &x->session->account->queue;
	if (list_empty(queue))
		return rs_reply_ok(x, 1300);
	x->head = LIST_ITEM(queue->first, struct rs_message, node);
	x->head_full = true;
	rs_reply_ok(x, 1301);
	if (x->head->res_data[0]) {
		rs_reply_res(x);
		buf_add(x->out, str_c(x->head->res_data));
	}
}

static void poll_ack(struct rs_exec *x)
{
	uint64_t id;
	if (str_empty(x->cmd->msg_id))
		return rs_reply_fail(x, 2003, "msgID");
	if (!str_to_u64(x->cmd->msg_id, &id))
		return rs_reply_fail(x, 2005, "msgID");
	list_for_each (n, &x->session->account->queue) {
		struct rs_message *m = LIST_ITEM(n, struct rs_message, node);
		if (m->id != id)
			continue;
		list_remove(&m->node);
		free(m->text);
		free(m->res_data);
		free(m);
		x->ack = x->committed = true;
		x->ack_id = id;
		return rs_reply_ok(x, 1000);
	}
	rs_reply_fail(x, 2303, "no such message");
}

void rs_poll(struct rs_exec *x)
{
	if (str_eq(x->cmd->poll_op, STR("req")))
		poll_request(x);
	else if (str_eq(x->cmd->poll_op, STR("ack")))
		poll_ack(x);
	else
		rs_reply_fail(x, 2001, "op is req or ack");
}
