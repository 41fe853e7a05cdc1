/* The grammar of commands: which element may stand where, in which order, and what it means. */
#ifndef VNEPP_RS_GRAMMAR_H
#define VNEPP_RS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#define RS_NS_EPP      "urn:ietf:params:xml:ns:epp-1.0"
#define RS_NS_DOMAIN   "urn:ietf:params:xml:ns:domain-1.0"
#define RS_NS_CONTACT  "urn:ietf:params:xml:ns:contact-1.0"
#define RS_NS_HOST     "urn:ietf:params:xml:ns:host-1.0"
#define RS_NS_SECDNS   "urn:ietf:params:xml:ns:secDNS-1.1"
#define RS_NS_FEE      "urn:ietf:params:xml:ns:epp:fee-1.0"
#define RS_NS_LOGINSEC "urn:ietf:params:xml:ns:epp:loginSec-1.0"

/* Where the reader stands: the element that is open. */
enum rs_state {
	RS_DOC,
	RS_EPP,
	RS_COMMAND,
	RS_LOGIN,
	RS_LOGIN_OPTIONS,
	RS_LOGIN_SVCS,
	RS_LOGIN_EXT,
	RS_CHECK,
	RS_INFO,
	RS_CREATE,
	RS_RENEW,
	RS_UPDATE,
	RS_DELETE, /* the EPP element, object inside */
	RS_NAMES,
	RS_DOM_INFO,
	RS_DOM_CREATE,
	RS_DOM_RENEW,
	RS_DOM_UPDATE,
	RS_DOM_CHANGE,
	RS_DOM_CHG,
	RS_NS,
	RS_HOST_ATTR,
	RS_AUTH,
	RS_CON_NAMES,
	RS_CON_INFO,
	RS_CON_CREATE,
	RS_POSTAL,
	RS_ADDR,
	RS_HOST_CREATE,
	RS_EXTENSION,
	RS_SEC_CREATE,
	RS_SEC_DS,
	RS_SEC_KEY,
	RS_FEE_COMMAND,
	RS_FEE_CHECK,
	RS_FEE_CHECK_COMMAND,
	RS_LOGINSEC,
	RS_LEAF,  /* text only */
	RS_EMPTY, /* neither text nor elements */
	RS_ANY,   /* anything, looked at only for extension values */
	RS_SKIP,  /* anything, ignored: after an error, or not ours */
	RS__COUNT,
};

enum rs_act {
	RS_ACT_NONE,
	RS_ACT_OP,   /* arg: enum regsim_op */
	RS_ACT_KIND, /* arg: enum regsim_kind */
	RS_ACT_FAIL, /* arg: code */
	RS_ACT_POLL,
	RS_ACT_STR,  /* arg: offset of a struct str; flag: offset of a bool set with it */
	RS_ACT_LIST, /* arg: offset of a struct rs_list; `tag` goes to the item, `attr` is kept */
	RS_ACT_PERIOD,
	RS_ACT_OPEN, /* as LIST, at the start of an element that has children (or none): an item without text */
	RS_ACT_CHANGE, /* arg: '+' or '-' for what follows */
	RS_ACT_FLAG,   /* sets `flag` */
};

struct rs_rule {
	enum rs_state in;
	const char *uri, *local;
	enum rs_state next;
	int rank;    /* children come in rising rank */
	bool repeat; /* the same rank may come again */
	enum rs_act act;
	size_t arg, flag;
	char tag;
	const char *attr;
};

/* Sorted by `in`. */
extern const struct rs_rule rs_rules[];
extern const size_t rs_rule_count;

#endif
