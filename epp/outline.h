/*
 * What a frame is, at a glance: of any EPP server or client, command or answer, whole or broken. It reads only the
 * protocol's own skeleton (RFC 5730), so that whatever extensions a frame has are no obstacle, and takes nothing that
 * could be a secret: no password, no authInfo, nothing of namespaces that are not built in but their names.
 */
#ifndef VNEPP_EPP_OUTLINE_H
#define VNEPP_EPP_OUTLINE_H

#include "epp/base/arena.h"
#include "epp/base/err.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum epp_outline_kind {
	EPP_OUTLINE_OTHER, /* no EPP */
	EPP_OUTLINE_GREETING,
	EPP_OUTLINE_HELLO,
	EPP_OUTLINE_COMMAND,
	EPP_OUTLINE_RESPONSE,
	EPP_OUTLINE_EXTENSION, /* a protocol extension: <extension> in the place of a command */
	EPP_OUTLINE__COUNT
};

#define EPP_OUTLINE_RESULTS 16 /* more are counted and not kept; the same for the lists */
#define EPP_OUTLINE_URIS    64

struct epp_outline_result {
	int code; /* 0: none that could be read */
	struct str message;
};

struct epp_outline {
	enum epp_outline_kind kind;
	struct str verb;              /* "create", "poll", "login"; of an answer the data: "infData" */
	struct str object;            /* its namespace; empty: none */
	struct str name;              /* of a domain or host, or a contact's identifier */
	struct str poll_op, poll_id;  /* op and msgID of <poll> */
	struct str login;             /* clID of <login> */
	struct str server, date;      /* svID and svDate of a greeting */
	struct str created, expires;  /* as the frame has them */
	struct str msg_count, msg_id; /* of <msgQ> */
	struct str cltrid, svtrid;
	struct epp_outline_result results[EPP_OUTLINE_RESULTS];
	size_t result_count;
	struct str extensions
	    [EPP_OUTLINE_URIS]; /* namespaces inside <extension>, or that a greeting or log-in names */
	size_t extension_count;
	struct str objects[EPP_OUTLINE_URIS]; /* that a greeting or log-in names */
	size_t object_count;
};

/* "response" … */
const char *epp_outline_kind_name(enum epp_outline_kind k);
/* As far as the frame can be read; an error (ERR_XML) says where it breaks. Texts are in `arena`. */
enum err epp_outline_read(struct str xml, struct arena *arena, struct epp_outline *out, struct errmsg *e);

#endif
