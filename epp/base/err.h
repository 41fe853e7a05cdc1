/*
 * The one error enum. 0 is success. Foreign codes (libuv, OpenSSL, SQLite, libxml2) are translated into these
 * by the wrapper that calls the library, and nowhere else.
 */
#ifndef VNEPP_BASE_ERR_H
#define VNEPP_BASE_ERR_H

#include "epp/base/attr.h"

/* What can be done about an error. */
enum err_class {
	ERR_CLASS_NONE,      /* success */
	ERR_CLASS_RETRY,     /* the same call may succeed later */
	ERR_CLASS_PERMANENT, /* the same call will fail again */
	ERR_CLASS_CALLER,    /* the caller gave something wrong */
	ERR_CLASS_PEER,      /* the other side broke its contract */
};

/* name, class, text */
#define ERR_CODES(X)                                                                         \
	X(OK, NONE, "success")                                                               \
	X(ERR_AGAIN, RETRY, "more input is needed")                                          \
	X(ERR_BUSY, RETRY, "busy, try later")                                                \
	X(ERR_FULL, RETRY, "a limit is reached")                                             \
	X(ERR_TIMEOUT, RETRY, "timed out")                                                   \
	X(ERR_CANCELED, RETRY, "canceled")                                                   \
	X(ERR_CLOSED, RETRY, "closed")                                                       \
	X(ERR_CONNECT, RETRY, "cannot connect")                                              \
	X(ERR_RESOLVE, RETRY, "cannot resolve the host name")                                \
	X(ERR_IO, PERMANENT, "input/output error")                                           \
	X(ERR_DISK, RETRY, "the store cannot be written")                                    \
	X(ERR_CORRUPT, PERMANENT, "stored data is damaged")                                  \
	X(ERR_LOCKED, PERMANENT, "in use by another process")                                \
	X(ERR_NOT_FOUND, PERMANENT, "not found")                                             \
	X(ERR_EXISTS, PERMANENT, "exists already")                                           \
	X(ERR_CONFLICT, PERMANENT, "conflicts with what is stored")                          \
	X(ERR_INVALID, CALLER, "not valid")                                                  \
	X(ERR_TOO_LONG, CALLER, "longer than allowed")                                       \
	X(ERR_RANGE, CALLER, "out of range")                                                 \
	X(ERR_SYNTAX, CALLER, "syntax error")                                                \
	X(ERR_DENIED, PERMANENT, "not permitted")                                            \
	X(ERR_CONFIG, CALLER, "configuration is not valid")                                  \
	X(ERR_TLS, PEER, "TLS failure")                                                      \
	X(ERR_CERT, PEER, "certificate is not acceptable")                                   \
	X(ERR_PEER_EOF, PEER, "the peer closed the connection")                              \
	X(ERR_TRUNCATED, PEER, "the peer closed without saying so (truncation is possible)") \
	X(ERR_FRAME, PEER, "bad EPP frame")                                                  \
	X(ERR_XML, PEER, "bad XML")                                                          \
	X(ERR_PROTOCOL, PEER, "the peer broke the protocol")                                 \
	X(ERR_UNSUPPORTED, PERMANENT, "not supported")                                       \
	X(ERR_LOGIN, PEER, "log-in refused")                                                 \
	X(ERR_INTERNAL, PERMANENT, "internal error")

enum err {
#define X(name, cls, text) name,
	ERR_CODES(X)
#undef X
	    ERR__COUNT
};

/* "ERR_TIMEOUT"; never NULL. */
const char *err_name(enum err e);
/* "timed out"; never NULL. */
const char *err_text(enum err e);
enum err_class err_class(enum err e);

/* Room for the message of a failure: whoever detects it fills it, callers add context in front. */
#define ERRMSG_MAX 384
struct errmsg {
	char text[ERRMSG_MAX];
};

/* Fills `m` (may be NULL) and returns `e`, so that a failure is one line: return err_set(m, ERR_RANGE, "…"). */
enum err err_set(struct errmsg *m, enum err e, const char *fmt, ...) PRINTF(3, 4);
/* Puts "context: " before what is there; returns `e`. `m` may be NULL. */
enum err err_wrap(struct errmsg *m, enum err e, const char *fmt, ...) PRINTF(3, 4);

#endif
