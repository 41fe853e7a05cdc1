/*
 * Which password a log-in uses, and how a new one takes the place of the old (RFC 5730 <newPW>).
 *
 * An operator writes the new password into a file of its own beside the old one's, so both are durable before anything
 * happens; neither is ever dropped by us. Nothing is kept about how far a change has come: the new password is tried
 * first, and only when it is refused the change is asked for with the old one. A crash, a lost answer or a restored
 * backup at any point therefore finds a password that works, at the price of one refused log-in when a change begins.
 *
 *   TRY_NEW ──accepted──▶ NEW          (it was changed before)
 *      │  ▲
 *      │  └─────── no answer ────────┐ (it may have been changed)
 *      └──refused (2200 …)──▶ CHANGE ┴─accepted──▶ NEW
 *                                │
 *                                └─the new one is not to the registry's liking (2306 …)──▶ OLD
 */
#ifndef VNEPP_SESSION_PASSWORD_H
#define VNEPP_SESSION_PASSWORD_H

#include "epp/base/secret.h"

#include <stdbool.h>

enum password_step {
	PASSWORD_OLD, /* also: there is no new one */
	PASSWORD_TRY_NEW,
	PASSWORD_CHANGE,
	PASSWORD_NEW,
};

struct password {
	struct secret old_pw, new_pw; /* borrowed; new_pw none: no change is wanted */
	enum password_step step;
};

void password_init(struct password *p, struct secret old_pw, struct secret new_pw);
/* For <pw>. */
struct secret password_current(const struct password *p);
/* For <newPW>; may be none. */
struct secret password_wanted(const struct password *p);

enum password_verdict {
	PASSWORD_AGAIN,     /* log in again at once, as password_current() says now */
	PASSWORD_GIVE_UP,   /* nothing is left to try */
	PASSWORD_NOT_TAKEN, /* as AGAIN: the new one was refused, the old one is used on */
};
/* A log-in of this step was refused with `code`, which says that trying it again is of no use. */
enum password_verdict password_refused(struct password *p, int code);
/* One was accepted; true: the password has been changed by it. */
bool password_accepted(struct password *p);
/* One ended without an answer that says whether it happened. */
void password_unanswered(struct password *p);
/* An operator wants everything to be tried again. */
void password_reset(struct password *p);

#endif
