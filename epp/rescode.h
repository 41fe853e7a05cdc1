/* EPP result codes (RFC 5730, section 3): what each is called and what it means for the command and the session. */
#ifndef VNEPP_EPP_RESCODE_H
#define VNEPP_EPP_RESCODE_H

#include <stdbool.h>

enum epp_rescode_class {
	EPP_RC_UNKNOWN,      /* not a code of EPP, or none that the range tells anything about */
	EPP_RC_SUCCESS,      /* done */
	EPP_RC_PENDING,      /* accepted, the outcome comes by poll (1001) */
	EPP_RC_MESSAGE,      /* done, of the poll queue: 1300 empty, 1301 a message */
	EPP_RC_PERMANENT,    /* refused: the command or a value is wrong or against policy */
	EPP_RC_OBJECT_STATE, /* refused because of what the object is, or is not */
	EPP_RC_BILLING,      /* refused for money: stops the account, not the item (2104) */
	EPP_RC_AUTH,         /* refused: not permitted, wrong authInfo or password */
	EPP_RC_SESSION,      /* refused: not logged in, or the session limit; says nothing about the object */
	EPP_RC_RETRY,        /* the server failed: the outcome of a transform command is unknown */
};

enum epp_rescode_flag {
	EPP_RC_ENDS_SESSION = 1 << 0, /* the server closes: 1500, 2500, 2501, 2502 */
	EPP_RC_DISCARD = 1 << 1,      /* the session is of no use to us any more (also 2002, 2200) */
	EPP_RC_ALARM = 1 << 2,        /* somebody must look; do not try again by yourself (2200, 2501) */
	EPP_RC_AMBIGUOUS = 1 << 3,    /* a transform command may or may not have happened (2400, 2500) */
};

struct epp_rescode {
	int code;
	const char *name; /* "OBJECT_EXISTS" */
	enum epp_rescode_class cls;
	unsigned flags;   /* enum epp_rescode_flag, or-ed */
	const char *text; /* the RFC's words */
};

/*
 * Never NULL. A code that the RFC does not list is judged by its first two digits as RFC 5730 wants (10xx success, 15xx
 * ends the session, 20xx-23xx permanent, 24xx and 25xx server failure), has the name "OTHER" and the code 0.
 */
const struct epp_rescode *epp_rescode_find(int code);
/* The n-th code of the list; NULL past the end. */
const struct epp_rescode *epp_rescode_at(unsigned n);
/* 1000..1999 */
bool epp_rescode_ok(int code);
/* "billing" */
const char *epp_rescode_class_name(enum epp_rescode_class cls);

#endif
