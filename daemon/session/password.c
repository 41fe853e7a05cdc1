/* Which password is next. */
#include "daemon/session/password.h"
#include "epp/rescode.h"

#include <stddef.h>

void password_reset(struct password *p)
{
	if (p->step != PASSWORD_NEW)
		p->step = secret_is_set(p->new_pw) ? PASSWORD_TRY_NEW : PASSWORD_OLD;
}

void password_init(struct password *p, struct secret old_pw, struct secret new_pw)
{
	*p = (struct password){.old_pw = old_pw, .new_pw = new_pw};
	password_reset(p);
}

struct secret password_current(const struct password *p)
{
	return p->step == PASSWORD_TRY_NEW || p->step == PASSWORD_NEW ? p->new_pw : p->old_pw;
}

struct secret password_wanted(const struct password *p)
{
	return p->step == PASSWORD_CHANGE ? p->new_pw : secret_none();
}

enum password_verdict password_refused(struct password *p, int code)
{
	bool wrong = epp_rescode_find(code)->cls == EPP_RC_AUTH;
	if (p->step == PASSWORD_TRY_NEW && wrong) {
		p->step = PASSWORD_CHANGE;
		return PASSWORD_AGAIN;
	}
	if (p->step == PASSWORD_CHANGE && !wrong) {
		p->step = PASSWORD_OLD;
		return PASSWORD_NOT_TAKEN;
	}
	return PASSWORD_GIVE_UP;
}

bool password_accepted(struct password *p)
{
	bool changed = p->step == PASSWORD_CHANGE;
	if (p->step != PASSWORD_OLD)
		p->step = PASSWORD_NEW;
	return changed;
}

void password_unanswered(struct password *p)
{
	if (p->step == PASSWORD_CHANGE)
		p->step = PASSWORD_TRY_NEW;
}
