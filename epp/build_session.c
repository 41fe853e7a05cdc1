/* login, logout and poll (RFC 5730), with passwords of any length by loginSec (RFC 8807). */
#include "epp/build_int.h"

/* RFC 8807, section 4.1: what stands in <pw> when the password is in the extension. */
#define PW_ELSEWHERE "[LOGIN-SECURITY]"
#define PW_MIN       6
#define PW_MAX       16
/* A limit of our own on what has none. */
#define LONG_PW_MAX 1024
#define URI_MAX     255
#define AGENT_MAX   128
#define LANG_MAX    16

static void put_passwords(struct build *b, const struct epp_login *l)
{
	bool new_pw = !str_empty(l->new_pw);
	if (l->login_sec) {
		build_lit(b, "<pw>" PW_ELSEWHERE "</pw>");
		if (new_pw)
			build_lit(b, "<newPW>" PW_ELSEWHERE "</newPW>");
		return;
	}
	build_token_elem(b, "pw", l->pw, PW_MIN, PW_MAX);
	if (new_pw)
		build_token_elem(b, "newPW", l->new_pw, PW_MIN, PW_MAX);
}

static void put_options(struct build *b, const struct epp_login *l)
{
	build_lit(b, "<options>");
	build_token_elem(b, "version", str_empty(l->version) ? STR("1.0") : l->version, 3, 8);
	build_token_elem(b, "lang", str_empty(l->lang) ? STR("en") : l->lang, 1, LANG_MAX);
	build_lit(b, "</options><svcs>");
	build_names(b, "objURI", l->obj_uris, l->obj_count, 1, URI_MAX);
	if (l->ext_count) {
		build_lit(b, "<svcExtension>");
		build_names(b, "extURI", l->ext_uris, l->ext_count, 1, URI_MAX);
		build_lit(b, "</svcExtension>");
	}
	build_lit(b, "</svcs>");
}

static void put_user_agent(struct build *b, const struct epp_login *l)
{
	if (str_empty(l->agent_app) && str_empty(l->agent_tech) && str_empty(l->agent_os))
		return;
	build_lit(b, "<loginSec:userAgent>");
	if (!str_empty(l->agent_app))
		build_token_elem(b, "loginSec:app", l->agent_app, 1, AGENT_MAX);
	if (!str_empty(l->agent_tech))
		build_token_elem(b, "loginSec:tech", l->agent_tech, 1, AGENT_MAX);
	if (!str_empty(l->agent_os))
		build_token_elem(b, "loginSec:os", l->agent_os, 1, AGENT_MAX);
	build_lit(b, "</loginSec:userAgent>");
}

static void put_login_sec(struct build *b, const struct epp_login *l)
{
	build_extension(b);
	build_lit(b, "<loginSec:loginSec xmlns:loginSec=\"" EPP_URI_LOGINSEC "\">");
	put_user_agent(b, l);
	build_token_elem(b, "loginSec:pw", l->pw, PW_MIN, LONG_PW_MAX);
	if (!str_empty(l->new_pw))
		build_token_elem(b, "loginSec:newPW", l->new_pw, PW_MIN, LONG_PW_MAX);
	build_lit(b, "</loginSec:loginSec>");
}

enum err epp_build_login(struct buf *out, const struct epp_cmd *cmd, const struct epp_login *login,
                         struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<login>");
	build_token_elem(&b, "clID", login->cl_id, CLID_MIN, CLID_MAX);
	put_passwords(&b, login);
	put_options(&b, login);
	build_lit(&b, "</login>");
	if (login->login_sec)
		put_login_sec(&b, login);
	return build_end(&b, e);
}

enum err epp_build_logout(struct buf *out, const struct epp_cmd *cmd, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<logout/>");
	return build_end(&b, e);
}

enum err epp_build_poll_req(struct buf *out, const struct epp_cmd *cmd, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<poll op=\"req\"/>");
	return build_end(&b, e);
}

enum err epp_build_poll_ack(struct buf *out, const struct epp_cmd *cmd, struct str msg_id, struct errmsg *e)
{
	struct build b;
	build_begin(&b, out, cmd);
	build_lit(&b, "<poll op=\"ack\" msgID=\"");
	if (str_empty(msg_id) || msg_id.len > LABEL_MAX)
		build_fail(&b, ERR_INVALID, "msgID", "is missing or too long");
	xml_out_attr(&b.w, "msgID", msg_id);
	build_lit(&b, "\"/>");
	return build_end(&b, e);
}
