/*
 * One EPP session: a connection from dialling to closed, with log-in, a window of commands in flight, and answers
 * paired in order. It knows EPP, not jobs. A session is used once; the pool makes a new one for the next connection.
 * session.c has the drawing.
 *
 * Every command handed in ends exactly once, later, never from inside a session_*() call: ANSWERED; NOT_SENT when not
 * one of its bytes left; UNKNOWN otherwise.
 */
#ifndef VNEPP_SESSION_SESSION_H
#define VNEPP_SESSION_SESSION_H

#include "daemon/core/limits.h"
#include "epp/base/buf.h"
#include "epp/base/err.h"
#include "epp/base/list.h"
#include "epp/base/logapi.h"
#include "epp/base/secret.h"
#include "epp/response.h"
#include "epp/trid.h"

#include <stdbool.h>
#include <stdint.h>

struct dialer;
struct loop;
struct session;
struct tls_ctx;

enum session_state {
	SESSION_DIALLING,
	SESSION_GREETING,
	SESSION_LOGIN,
	SESSION_READY,
	SESSION_DRAINING,
	SESSION_LOGOUT,
	SESSION_CLOSING,
	SESSION_STATE__COUNT
};
const char *session_state_name(enum session_state s);

enum session_outcome {
	SESSION_ANSWERED, /* `r` is the answer */
	SESSION_UNKNOWN,  /* it may have been carried out, or not: `text` says what happened to the session */
	SESSION_NOT_SENT, /* it was never written: `text` as above */
};

/* A command; embedded in what waits for it. */
struct session_command {
	struct list_node node;
	char cltrid[EPP_TRID_MAX + 1]; /* set by the caller; unique for ever */
	/* Appends the whole frame (epp_build_*). On failure nothing was appended. */
	enum err (*build)(struct session_command *c, struct buf *out, struct errmsg *e);
	/* `r` is valid during the call; may hand in further commands. */
	void (*done)(struct session_command *c, enum session_outcome outcome, const struct epp_response *r,
	             const char *text);
	enum limit_class class; /* set by the caller, who has taken from its limits */
	uint64_t sent_ms;       /* out: loop time */
	uint64_t session; /* out: the number of the session that sent it last, as in the log; 0: none has */
	/* The session's: */
	uint64_t sent_pos, end_pos; /* bytes written before this command, and with it */
	enum { SESSION_LEAVING, SESSION_HELD, SESSION_LEFT } way;
};

/* Why a session ended. */
enum session_end {
	SESSION_END_CLEAN,      /* we logged out */
	SESSION_END_CONNECT,    /* never got a greeting */
	SESSION_END_LOGIN,      /* log-in refused in a way that trying again cannot mend: do not hammer */
	SESSION_END_LIMIT,      /* the registry has no room for another session (2502) */
	SESSION_END_LOST,       /* closed or broken by the other side */
	SESSION_END_TIMEOUT,    /* an answer did not come */
	SESSION_END_PROTOCOL,   /* what came was not EPP, or not the answer to our command */
	SESSION_END_UNSUITABLE, /* the greeting lacks what we need */
	SESSION_END_DISCARDED,  /* it was not logged in any more (2002, 2200): we closed it */
	SESSION_END__COUNT
};
const char *session_end_name(enum session_end e);

struct session_events {
	/* What the registry says of itself; valid during the call. */
	void (*on_greeting)(void *arg, struct session *s, const struct epp_greeting *g);
	/* The answer to the log-in, good or bad, had security events (RFC 8807); valid during the call. */
	void (*on_login_events)(void *arg, struct session *s, const struct epp_login_sec *events);
	void (*on_ready)(void *arg, struct session *s);
	/* A place in the window has become free. */
	void (*on_room)(void *arg, struct session *s);
	/* A response said that messages are waiting. */
	void (*on_messages)(void *arg, uint64_t count);
	/* The last event; the session is freed when it returns. All commands have ended before. */
	void (*on_closed)(void *arg, struct session *s, enum session_end why, const char *text);
};

/* Somebody who looks at the frames that go by: with secrets in them. May change at any time. */
struct session_tap {
	/* `frame` is valid during the call; nothing of the session may be called. NULL: nobody looks. */
	void (*frame)(void *arg, uint64_t session, bool sent, struct str frame);
	void *arg;
};

/* Everything borrowed for the session's life. */
struct epp_ext_element;

/* What a registry wants of its own on the session's own commands; borrowed. */
struct session_extension {
	const struct epp_ext_element *list;
	size_t count;
};

struct session_config {
	struct loop *loop;
	struct dialer *dialer;
	struct limits *limits; /* log-in, keepalive and log-out count, too; told what has left */
	struct epp_parser *parser;
	struct log *log;
	const struct session_tap *tap;  /* may be NULL */
	const char *registry, *account; /* for logs */
	const char *host, *server_name, *source_address;
	uint16_t port;
	struct tls_ctx *tls;
	const char *login, *language;
	struct secret password, new_password; /* new_password: asked for at log-in; none: no change */
	const char *const *objects, *const *extensions; /* what we can use; the greeting decides */
	const char *const *required;                    /* without one of these we do not log in */
	size_t object_count, extension_count, required_count;
	struct session_extension login_ext, poll_ext, logout_ext;
	uint32_t window;
	uint64_t connect_ms, tls_ms, greeting_ms, login_ms, answer_ms, logout_ms, keepalive_ms, max_age_ms;
	uint64_t id;          /* unique in this process */
	char trid_prefix[24]; /* makes the clTRIDs of log-in, poll and log-out unique */
};

/* Starts dialling. `c` is copied. Never NULL. */
struct session *session_new(const struct session_config *c, const struct session_events *ev, void *arg);
uint64_t session_id(const struct session *s);
enum session_state session_state(const struct session *s);
/*
 * Commands that should be handed in now: free places in the window, 0 while the registry does not read. Handing in as
 * many as this said once is always allowed, even when it says less meanwhile.
 */
uint32_t session_room(const struct session *s);
/* Free places in the window, whatever waits to be written. */
uint32_t session_places(const struct session *s);
uint32_t session_in_flight(const struct session *s);
/* The code that answered the log-in; 0: none did. */
int session_login_code(const struct session *s);
/* How many commands of others ended as UNKNOWN when it closed. */
uint32_t session_lost(const struct session *s);
/* Loop time of becoming ready; 0: never. */
uint64_t session_ready_since(const struct session *s);
/* At most the configured window, at least 1. Commands in flight stay. */
void session_set_window(struct session *s, uint32_t window);
/*
 * Sends when session_places() > 0. The frame leaves at the end of the turn together with others. An error (of the
 * builder) means: not sent, done is not called. The caller takes from the limits in the same turn.
 */
enum err session_send(struct session *s, struct session_command *c, struct errmsg *e) MUST_CHECK;
/* No further commands; logs out when those in flight have ended, then on_closed. */
void session_drain(struct session *s);
/* Breaks it; commands in flight end as UNKNOWN or NOT_SENT. */
void session_abort(struct session *s, enum session_end why, const char *text);
/* Agreed upon by configuration and greeting. */
bool session_has_extension(const struct session *s, struct str uri);

#endif
