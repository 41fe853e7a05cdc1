/*
 * The control socket's server: lines of JSON on streams (admin_proto.h). Who may connect is decided by the socket
 * file's permissions, what they may ask by their roles. For the loop's thread.
 */
#ifndef VNEPP_ADMIN_ADMIN_H
#define VNEPP_ADMIN_ADMIN_H

#include "epp/base/attr.h"
#include "epp/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admin_conn;
struct json_t;
struct loop;
struct stream;

#define ADMIN_IDLE_MS 600000 /* a forgotten client need not stay for ever */

/* One command. */
struct admin_command {
	const char *name;
	unsigned roles; /* bits: whoever has one of these may ask */
	/*
	 * `args` is borrowed for the call. Answers with admin_reply() now or later, exactly once; `c` stays valid until then,
	 * also when the peer has gone.
	 */
	void (*run)(void *arg, struct admin_conn *c, const struct json_t *args);
};

#define ADMIN_LOGIN_MAX 64

/* Who is at the other end, in the kernel's words. */
struct admin_asker {
	uint32_t uid;
	char login[ADMIN_LOGIN_MAX]; /* the user's name; "uid 1000" when the system has none for it */
	uint32_t gid;
	const uint32_t *groups; /* borrowed from the connection */
	size_t group_count;
};

/* Who may ask what. */
struct admin_access {
	/* The roles of whoever asks, as bits. */
	unsigned (*roles_of)(void *arg, const struct admin_asker *who);
	const char *const *role_names; /* by bit; NULL-terminated */
	void *arg;
};

struct admin {
	struct loop *loop;
	const struct admin_command *commands; /* NULL name at the end */
	void *arg;
	struct list conns;
	struct admin_access access; /* without roles_of: whoever may connect may ask everything */
};

/* For a command, while it is started. False: the kernel does not say (no Unix socket), or the peer has gone. */
bool admin_asker(const struct admin_conn *c, struct admin_asker *out) MUST_CHECK;

void admin_init(struct admin *a, struct loop *loop, const struct admin_command *commands, void *arg);
/* Takes over a stream; fits listener_config.on_stream with the admin as `arg`. */
void admin_on_stream(void *admin, struct stream *s);
/* Takes over `answer`; adds "ok": true. */
void admin_reply(struct admin_conn *c, struct json_t *answer);
/* A line before the answer; takes over `event`, which has a member "event". False: the peer is gone or does not read, and it
 * was dropped. */
bool admin_event(struct admin_conn *c, struct json_t *event);
bool admin_is_gone(const struct admin_conn *c);
/* {"ok":false,"error":text} */
void admin_reply_error(struct admin_conn *c, const char *text);
/* Closes every connection. */
void admin_close(struct admin *a);

#endif
