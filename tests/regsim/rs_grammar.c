/* The table. Ranks give the order that the schemas ask for; a choice shares a rank. */
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_command.h"

#define AT(member) offsetof(struct rs_command, member)
/* clang-format off */
#define E(in, local, next, rank, ...) {in, RS_NS_EPP, local, next, rank, false, __VA_ARGS__}
#define D(in, local, next, rank, rep, ...) {in, RS_NS_DOMAIN, local, next, rank, rep, __VA_ARGS__}
#define C(in, local, next, rank, rep, ...) {in, RS_NS_CONTACT, local, next, rank, rep, __VA_ARGS__}
#define H(in, local, next, rank, rep, ...) {in, RS_NS_HOST, local, next, rank, rep, __VA_ARGS__}
#define S(in, local, next, rank, rep, ...) {in, RS_NS_SECDNS, local, next, rank, rep, __VA_ARGS__}
#define F(in, local, next, rank, rep, ...) {in, RS_NS_FEE, local, next, rank, rep, __VA_ARGS__}
#define L(in, local, next, rank, ...) {in, RS_NS_LOGINSEC, local, next, rank, false, __VA_ARGS__}
#define NOTHING           RS_ACT_NONE, 0, 0, 0, NULL
#define OP(op)            RS_ACT_OP, REGSIM_OP_##op, 0, 0, NULL
#define KIND(k)           RS_ACT_KIND, REGSIM_KIND_##k, 0, 0, NULL
#define FAIL(code)        RS_ACT_FAIL, code, 0, 0, NULL
#define TEXT(m)           RS_ACT_STR, AT(m), 0, 0, NULL
#define TEXT_FLAG(m, f)   RS_ACT_STR, AT(m), AT(f), 0, NULL
#define LIST(m, tag, a)   RS_ACT_LIST, AT(m), 0, tag, a
#define OPEN(m, tag, a)   RS_ACT_OPEN, AT(m), 0, tag, a
#define FLAG(f)           RS_ACT_FLAG, 0, AT(f), 0, NULL

const struct rs_rule rs_rules[] = {
	E(RS_DOC, "epp", RS_EPP, 1, NOTHING),
	E(RS_EPP, "hello", RS_EMPTY, 1, OP(HELLO)),
	E(RS_EPP, "command", RS_COMMAND, 1, NOTHING),
	E(RS_EPP, "extension", RS_SKIP, 1, FAIL(2101)),

	E(RS_COMMAND, "login", RS_LOGIN, 1, OP(LOGIN)),
	E(RS_COMMAND, "logout", RS_EMPTY, 1, OP(LOGOUT)),
	E(RS_COMMAND, "poll", RS_EMPTY, 1, RS_ACT_POLL, 0, 0, 0, NULL),
	E(RS_COMMAND, "create", RS_CREATE, 1, OP(CREATE)),
	E(RS_COMMAND, "info", RS_INFO, 1, OP(INFO)),
	E(RS_COMMAND, "check", RS_CHECK, 1, OP(CHECK)),
	E(RS_COMMAND, "renew", RS_RENEW, 1, OP(RENEW)),
	E(RS_COMMAND, "update", RS_UPDATE, 1, OP(UPDATE)),
	E(RS_COMMAND, "delete", RS_DELETE, 1, OP(DELETE)),
	E(RS_COMMAND, "transfer", RS_SKIP, 1, OP(TRANSFER)),
	E(RS_COMMAND, "extension", RS_EXTENSION, 2, NOTHING),
	E(RS_COMMAND, "clTRID", RS_LEAF, 3, TEXT_FLAG(cltrid, has_cltrid)),

	E(RS_LOGIN, "clID", RS_LEAF, 1, TEXT(clid)),
	E(RS_LOGIN, "pw", RS_LEAF, 2, TEXT_FLAG(pw, has_pw)),
	E(RS_LOGIN, "newPW", RS_LEAF, 3, TEXT_FLAG(new_pw, has_new_pw)),
	E(RS_LOGIN, "options", RS_LOGIN_OPTIONS, 4, NOTHING),
	E(RS_LOGIN, "svcs", RS_LOGIN_SVCS, 5, NOTHING),
	E(RS_LOGIN_OPTIONS, "version", RS_LEAF, 1, TEXT(version)),
	E(RS_LOGIN_OPTIONS, "lang", RS_LEAF, 2, TEXT(lang)),
	{RS_LOGIN_SVCS, RS_NS_EPP, "objURI", RS_LEAF, 1, true, LIST(obj_uris, 'u', NULL)},
	E(RS_LOGIN_SVCS, "svcExtension", RS_LOGIN_EXT, 2, NOTHING),
	{RS_LOGIN_EXT, RS_NS_EPP, "extURI", RS_LEAF, 1, true, LIST(ext_uris, 'u', NULL)},

	D(RS_CHECK, "check", RS_NAMES, 1, false, KIND(DOMAIN)),
	C(RS_CHECK, "check", RS_CON_NAMES, 1, false, KIND(CONTACT)),
	H(RS_CHECK, "check", RS_NAMES, 1, false, KIND(HOST)),
	D(RS_INFO, "info", RS_DOM_INFO, 1, false, KIND(DOMAIN)),
	C(RS_INFO, "info", RS_CON_INFO, 1, false, KIND(CONTACT)),
	H(RS_INFO, "info", RS_NAMES, 1, false, KIND(HOST)),
	D(RS_CREATE, "create", RS_DOM_CREATE, 1, false, KIND(DOMAIN)),
	C(RS_CREATE, "create", RS_CON_CREATE, 1, false, KIND(CONTACT)),
	H(RS_CREATE, "create", RS_HOST_CREATE, 1, false, KIND(HOST)),
	D(RS_RENEW, "renew", RS_DOM_RENEW, 1, false, KIND(DOMAIN)),
	D(RS_UPDATE, "update", RS_DOM_UPDATE, 1, false, KIND(DOMAIN)),
	C(RS_UPDATE, "update", RS_SKIP, 1, false, FAIL(2101)),
	H(RS_UPDATE, "update", RS_SKIP, 1, false, FAIL(2101)),
	D(RS_DELETE, "delete", RS_NAMES, 1, false, KIND(DOMAIN)),
	C(RS_DELETE, "delete", RS_CON_NAMES, 1, false, KIND(CONTACT)),
	H(RS_DELETE, "delete", RS_NAMES, 1, false, KIND(HOST)),

	D(RS_NAMES, "name", RS_LEAF, 1, true, LIST(names, 0, NULL)),
	H(RS_NAMES, "name", RS_LEAF, 1, true, LIST(names, 0, NULL)),
	D(RS_DOM_INFO, "name", RS_LEAF, 1, false, LIST(names, 0, "hosts")),
	D(RS_DOM_INFO, "authInfo", RS_AUTH, 2, false, FLAG(has_auth)),
	D(RS_DOM_CREATE, "name", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	D(RS_DOM_CREATE, "period", RS_LEAF, 2, false, RS_ACT_PERIOD, 0, 0, 0, "unit"),
	D(RS_DOM_CREATE, "ns", RS_NS, 3, false, FLAG(has_ns)),
	D(RS_DOM_CREATE, "registrant", RS_LEAF, 4, false, TEXT_FLAG(registrant, has_registrant)),
	D(RS_DOM_CREATE, "contact", RS_LEAF, 5, true, LIST(contacts, 'c', "type")),
	D(RS_DOM_CREATE, "authInfo", RS_AUTH, 6, false, FLAG(has_auth)),
	D(RS_DOM_RENEW, "name", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	D(RS_DOM_RENEW, "curExpDate", RS_LEAF, 2, false, TEXT(cur_exp)),
	D(RS_DOM_RENEW, "period", RS_LEAF, 3, false, RS_ACT_PERIOD, 0, 0, 0, "unit"),
	D(RS_DOM_UPDATE, "name", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	D(RS_DOM_UPDATE, "add", RS_DOM_CHANGE, 2, false, RS_ACT_CHANGE, '+', 0, 0, NULL),
	D(RS_DOM_UPDATE, "rem", RS_DOM_CHANGE, 3, false, RS_ACT_CHANGE, '-', 0, 0, NULL),
	D(RS_DOM_UPDATE, "chg", RS_DOM_CHG, 4, false, NOTHING),
	D(RS_DOM_CHANGE, "ns", RS_NS, 1, false, FLAG(has_ns)),
	D(RS_DOM_CHANGE, "contact", RS_LEAF, 2, true, LIST(contacts, 'c', "type")),
	D(RS_DOM_CHANGE, "status", RS_LEAF, 3, true, LIST(statuses, 's', "s")),
	D(RS_DOM_CHG, "registrant", RS_LEAF, 1, false, TEXT_FLAG(registrant, has_registrant)),
	D(RS_DOM_CHG, "authInfo", RS_AUTH, 2, false, FLAG(has_auth)),
	D(RS_NS, "hostObj", RS_LEAF, 1, true, LIST(ns, 'N', NULL)),
	D(RS_NS, "hostAttr", RS_HOST_ATTR, 1, true, NOTHING),
	D(RS_HOST_ATTR, "hostName", RS_LEAF, 1, false, LIST(ns, 'H', NULL)),
	D(RS_HOST_ATTR, "hostAddr", RS_LEAF, 2, true, LIST(ns, '4', "ip")),
	D(RS_AUTH, "pw", RS_LEAF, 1, false, TEXT(auth_pw)),
	C(RS_AUTH, "pw", RS_LEAF, 1, false, TEXT(auth_pw)),
	D(RS_AUTH, "null", RS_EMPTY, 1, false, NOTHING),

	C(RS_CON_NAMES, "id", RS_LEAF, 1, true, LIST(names, 0, NULL)),
	C(RS_CON_INFO, "id", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	C(RS_CON_INFO, "authInfo", RS_AUTH, 2, false, FLAG(has_auth)),
	C(RS_CON_CREATE, "id", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	C(RS_CON_CREATE, "postalInfo", RS_POSTAL, 2, true, OPEN(fields, 'T', "type")),
	C(RS_CON_CREATE, "voice", RS_LEAF, 3, false, LIST(fields, 'v', NULL)),
	C(RS_CON_CREATE, "fax", RS_LEAF, 4, false, LIST(fields, 'f', NULL)),
	C(RS_CON_CREATE, "email", RS_LEAF, 5, false, LIST(fields, 'e', NULL)),
	C(RS_CON_CREATE, "authInfo", RS_AUTH, 6, false, FLAG(has_auth)),
	C(RS_CON_CREATE, "disclose", RS_ANY, 7, false, NOTHING),
	C(RS_POSTAL, "name", RS_LEAF, 1, false, LIST(fields, 'n', NULL)),
	C(RS_POSTAL, "org", RS_LEAF, 2, false, LIST(fields, 'o', NULL)),
	C(RS_POSTAL, "addr", RS_ADDR, 3, false, NOTHING),
	C(RS_ADDR, "street", RS_LEAF, 1, true, LIST(fields, 's', NULL)),
	C(RS_ADDR, "city", RS_LEAF, 2, false, LIST(fields, 'y', NULL)),
	C(RS_ADDR, "sp", RS_LEAF, 3, false, LIST(fields, 'p', NULL)),
	C(RS_ADDR, "pc", RS_LEAF, 4, false, LIST(fields, 'z', NULL)),
	C(RS_ADDR, "cc", RS_LEAF, 5, false, LIST(fields, 'C', NULL)),

	H(RS_HOST_CREATE, "name", RS_LEAF, 1, false, LIST(names, 0, NULL)),
	H(RS_HOST_CREATE, "addr", RS_LEAF, 2, true, LIST(ns, '4', "ip")),

	S(RS_EXTENSION, "create", RS_SEC_CREATE, 1, true, NOTHING),
	S(RS_EXTENSION, "update", RS_ANY, 1, true, NOTHING),
	F(RS_EXTENSION, "check", RS_FEE_CHECK, 1, true, FLAG(has_fee)),
	F(RS_EXTENSION, "create", RS_FEE_COMMAND, 1, true, FLAG(has_fee)),
	F(RS_EXTENSION, "renew", RS_FEE_COMMAND, 1, true, FLAG(has_fee)),
	L(RS_EXTENSION, "loginSec", RS_LOGINSEC, 1, NOTHING),
	S(RS_SEC_CREATE, "maxSigLife", RS_LEAF, 1, false, NOTHING),
	S(RS_SEC_CREATE, "dsData", RS_SEC_DS, 2, true, OPEN(ds, 'd', NULL)),
	S(RS_SEC_CREATE, "keyData", RS_SEC_KEY, 2, true, OPEN(ds, 'k', NULL)),
	S(RS_SEC_DS, "keyTag", RS_LEAF, 1, false, LIST(ds, 't', NULL)),
	S(RS_SEC_DS, "alg", RS_LEAF, 2, false, LIST(ds, 'a', NULL)),
	S(RS_SEC_DS, "digestType", RS_LEAF, 3, false, LIST(ds, 'y', NULL)),
	S(RS_SEC_DS, "digest", RS_LEAF, 4, false, LIST(ds, 'g', NULL)),
	S(RS_SEC_DS, "keyData", RS_SKIP, 5, false, NOTHING),
	S(RS_SEC_KEY, "flags", RS_LEAF, 1, false, LIST(ds, 'F', NULL)),
	S(RS_SEC_KEY, "protocol", RS_LEAF, 2, false, LIST(ds, 'P', NULL)),
	S(RS_SEC_KEY, "alg", RS_LEAF, 3, false, LIST(ds, 'A', NULL)),
	S(RS_SEC_KEY, "pubKey", RS_LEAF, 4, false, LIST(ds, 'K', NULL)),
	F(RS_FEE_COMMAND, "currency", RS_LEAF, 1, false, TEXT(fee_currency)),
	F(RS_FEE_COMMAND, "fee", RS_LEAF, 2, true, LIST(fees, 'f', NULL)),
	F(RS_FEE_COMMAND, "credit", RS_LEAF, 3, true, NOTHING),
	F(RS_FEE_CHECK, "currency", RS_LEAF, 1, false, TEXT(fee_currency)),
	F(RS_FEE_CHECK, "command", RS_FEE_CHECK_COMMAND, 2, true, OPEN(fee_commands, 'm', "name")),
	F(RS_FEE_CHECK_COMMAND, "period", RS_LEAF, 1, false, LIST(fee_commands, 'p', "unit")),
	L(RS_LOGINSEC, "userAgent", RS_ANY, 1, NOTHING),
	L(RS_LOGINSEC, "pw", RS_LEAF, 2, TEXT(sec_pw)),
	L(RS_LOGINSEC, "newPW", RS_LEAF, 3, TEXT(sec_new_pw)),
};
/* clang-format on */
const size_t rs_rule_count = sizeof rs_rules / sizeof rs_rules[0];
