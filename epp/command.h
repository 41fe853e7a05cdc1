/*
 * Building commands. Each function appends one whole frame, header included, to `out` (usually a stream's own buffer),
 * or changes nothing and returns an error:
 *
 *   ERR_INVALID   a text that XML cannot carry, or a value EPP does not allow here; ERR_RANGE, ERR_TOO_LONG likewise
 *   ERR_FULL      `out` has no room; nothing is wrong with the command
 *
 * The message names the field and the rule, never the value. All texts are borrowed for the call only.
 */
#ifndef VNEPP_EPP_COMMAND_H
#define VNEPP_EPP_COMMAND_H

#include "epp/base/buf.h"
#include "epp/base/err.h"
#include "epp/model.h"

struct epp_ext_attr {
	struct str name;
	struct str value;
};

/*
 * An element of a registry's own, from a configured mapping: a tree. A child without `uri` is in its parent's
 * namespace; one with its own `uri` has its own `prefix`. An empty `prefix` uses a default namespace. `text` comes
 * before the children.
 */
struct epp_ext_element {
	struct str uri;
	struct str prefix;
	struct str name;
	struct str text;
	const struct epp_ext_attr *attrs;
	size_t attr_count;
	const struct epp_ext_element *children;
	size_t child_count;
};

#define EPP_EXT_MAX_DEPTH 16

/* What every command carries. */
struct epp_cmd {
	struct str cltrid;                 /* 3..64 characters */
	const struct epp_ext_element *ext; /* put into <extension>, after the built-in ones */
	size_t ext_count;
};

/* What is paid at most, or "0.00" for nothing (RFC 8748). */
struct epp_fee_limit {
	struct str currency; /* "VND"; empty: none is sent */
	struct str amount;   /* decimal; empty: no fee extension at all */
};

struct epp_login {
	struct str cl_id;
	struct str pw;      /* secret; 6..16 characters, any length from 6 with `login_sec` */
	struct str new_pw;  /* secret; empty: no change */
	struct str version; /* empty: "1.0" */
	struct str lang;    /* empty: "en" */
	const struct str *obj_uris;
	size_t obj_count; /* at least 1 */
	const struct str *ext_uris;
	size_t ext_count;
	bool login_sec; /* the greeting offers RFC 8807: passwords go there */
	struct str agent_app, agent_tech, agent_os;
};

enum err epp_build_login(struct buf *out, const struct epp_cmd *cmd, const struct epp_login *login,
                         struct errmsg *e) MUST_CHECK;
enum err epp_build_logout(struct buf *out, const struct epp_cmd *cmd, struct errmsg *e) MUST_CHECK;
enum err epp_build_poll_req(struct buf *out, const struct epp_cmd *cmd, struct errmsg *e) MUST_CHECK;
enum err epp_build_poll_ack(struct buf *out, const struct epp_cmd *cmd, struct str msg_id,
                            struct errmsg *e) MUST_CHECK;

struct epp_domain_create {
	struct str name;
	unsigned period_years; /* 1..99; 0: not said */
	const struct epp_ns_host *ns;
	size_t ns_count;
	bool ns_as_attrs; /* <hostAttr> rather than <hostObj> (which has no addresses) */
	struct str registrant;
	const struct epp_contact_ref *contacts;
	size_t contact_count;
	struct str auth_info; /* secret; may be empty, the element is always sent */
	const struct epp_ds *ds;
	size_t ds_count;
	struct epp_fee_limit fee;
};

struct epp_domain_renew {
	struct str name;
	date_t cur_exp_date;   /* as the registry shows it, in its own zone */
	unsigned period_years; /* 1..99; 0: not said */
	struct epp_fee_limit fee;
};

/* 1 name or more. */
enum err epp_build_domain_check(struct buf *out, const struct epp_cmd *cmd, const struct str *names,
                                size_t count, struct errmsg *e) MUST_CHECK;
/* `hosts` is "all", "del", "none", "sub" or empty; `auth_info` (secret) may be empty. */
enum err epp_build_domain_info(struct buf *out, const struct epp_cmd *cmd, struct str name, struct str hosts,
                               struct str auth_info, struct errmsg *e) MUST_CHECK;
enum err epp_build_domain_create(struct buf *out, const struct epp_cmd *cmd,
                                 const struct epp_domain_create *create, struct errmsg *e) MUST_CHECK;
enum err epp_build_domain_renew(struct buf *out, const struct epp_cmd *cmd,
                                const struct epp_domain_renew *renew, struct errmsg *e) MUST_CHECK;

/* Which elements <disclose> lists. */
enum epp_disclose {
	EPP_DISCLOSE_NAME_INT = 1 << 0,
	EPP_DISCLOSE_NAME_LOC = 1 << 1,
	EPP_DISCLOSE_ORG_INT = 1 << 2,
	EPP_DISCLOSE_ORG_LOC = 1 << 3,
	EPP_DISCLOSE_ADDR_INT = 1 << 4,
	EPP_DISCLOSE_ADDR_LOC = 1 << 5,
	EPP_DISCLOSE_VOICE = 1 << 6,
	EPP_DISCLOSE_FAX = 1 << 7,
	EPP_DISCLOSE_EMAIL = 1 << 8,
};

struct epp_contact_create {
	struct str id;
	const struct epp_postal *postal; /* 1 or 2, of different types */
	size_t postal_count;
	struct str voice; /* "+84.912345678" */
	struct str voice_ext;
	struct str fax;
	struct str email;
	struct str auth_info; /* secret; may be empty, the element is always sent */
	unsigned disclose;    /* enum epp_disclose, or-ed; 0: no <disclose> */
	bool disclose_flag;
};

enum err epp_build_contact_info(struct buf *out, const struct epp_cmd *cmd, struct str id,
                                struct str auth_info, struct errmsg *e) MUST_CHECK;
enum err epp_build_contact_create(struct buf *out, const struct epp_cmd *cmd,
                                  const struct epp_contact_create *create, struct errmsg *e) MUST_CHECK;

enum err epp_build_host_check(struct buf *out, const struct epp_cmd *cmd, const struct str *names,
                              size_t count, struct errmsg *e) MUST_CHECK;
enum err epp_build_host_create(struct buf *out, const struct epp_cmd *cmd, const struct epp_ns_host *host,
                               struct errmsg *e) MUST_CHECK;

#endif
