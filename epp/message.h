/*
 * What a message of the poll queue says (RFC 5730, section 2.9.2.3): the outcome of a pending action, a transfer, a change
 * that somebody else made (RFC 8590), money that runs low, or something that only a person understands.
 */
#ifndef VNEPP_EPP_MESSAGE_H
#define VNEPP_EPP_MESSAGE_H

#include "epp/response.h"

enum epp_message_kind {
	EPP_MESSAGE_OTHER,
	EPP_MESSAGE_PENDING,  /* panData: a pending action is over */
	EPP_MESSAGE_TRANSFER, /* trnData */
	EPP_MESSAGE_CHANGE, /* changeData (RFC 8590), or a name's infData: what the registry has done to it */
	EPP_MESSAGE_BALANCE, /* the deposit runs low */
	EPP_MESSAGE__COUNT
};

/* What it means for a name that we knew as ours. */
enum epp_message_fate {
	EPP_FATE_NONE,
	EPP_FATE_GONE,    /* transferred away, or purged */
	EPP_FATE_EXPIRES, /* renewed by the registry itself: `expires` */
};

struct epp_message {
	enum epp_message_kind kind;
	enum epp_message_fate fate;
	bool is_domain;            /* it is about a domain, and `name` is its name */
	struct str name;           /* as the registry wrote it; a view into the response */
	struct epp_trid_pair trid; /* PENDING: of the command that it settles */
	bool ok;                   /* PENDING: carried out */
	instant_ms_t expires;      /* with EPP_FATE_EXPIRES */
	const char *attention;     /* why a person should look at it (static); NULL: nobody needs to */
};

/* `login`: our clID, to tell what we did from what others did, and ours from theirs. */
void epp_message_read(const struct epp_response *r, struct str login, struct epp_message *out);
/* "pending", "transfer", … */
const char *epp_message_kind_name(enum epp_message_kind k);

/*
 * Registries say each in their own words that money runs low. The message has one of these marks (a namespace, an
 * element's name, a word; upper and lower case of ASCII alike): then it is one. `text`: the frame as
 * epp_redact_print() has it.
 */
bool epp_message_has_mark(struct str text, const char *const *marks, size_t count);

#endif
