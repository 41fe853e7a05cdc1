/*
 * A listening socket: TCP or Unix, with limits, and TLS on top when wanted.
 */
#ifndef VNEPP_NET_LISTENER_H
#define VNEPP_NET_LISTENER_H

#include "epp/base/attr.h"
#include "epp/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define LISTENER_HANDSHAKE_MS \
	10000 /* a satellite link needs two seconds; an attacker should not get a minute */

struct listener;
struct loop;
struct stream;
struct tls_ctx;

/* The texts are borrowed during listener_open(). */
struct listener_config {
	const char
	    *address; /* "192.0.2.1:8443", "[::1]:8443", port 0 for a free one; "/path" for a Unix socket */
	/* > 0: a listening stream socket that is open already; taken over whether opening succeeds or not. `address` then only
	 * says what for. */
	int fd;
	uint32_t unix_mode;       /* permissions of a Unix socket, e.g. 0660; 0: 0600 */
	struct tls_ctx *tls;      /* server context, a reference is taken; NULL for none */
	uint32_t max_connections; /* 0: 1024 */
	uint32_t
	    max_per_address; /* connections of one peer address; 0: no limit of its own. Not for Unix sockets */
	/* A new connection, to be given to stream_listen() at once. It is still opening: on_open comes when it is
	 * usable (TLS: handshake done), on_closed when it never was. */
	void (*on_stream)(void *arg, struct stream *s);
	/* Over a limit: ends a connection that is missed least, of that peer address or (NULL) of any; it need not be gone when
	 * this returns. False: there is none, the new one is refused. NULL: all beyond a limit are. */
	bool (*make_room)(void *arg, const char *host);
	void *arg;
};

struct listener_stats {
	uint64_t accepted, refused; /* refused: over a limit, and none made room */
	uint32_t open;              /* connections now */
};

/*
 * ERR_BUSY (in use), ERR_DENIED, ERR_CONFIG (unreadable address), ERR_IO; the text names the address. A dead Unix
 * socket file in the way is replaced; one that answers is ERR_BUSY. `loop` is a struct loop_uv's.
 */
enum err listener_open(struct listener **out, struct loop *loop, const struct listener_config *c,
                       struct errmsg *m) MUST_CHECK;
/* Stops accepting and sets *l to NULL; connections live on. The loop must run once more. NULL inside is fine. */
void listener_close(struct listener **l);

/* New connections use `tls` (a reference is taken; NULL: none) from now on. */
void listener_set_tls(struct listener *l, struct tls_ctx *tls);
void listener_set_limits(struct listener *l, uint32_t max_connections, uint32_t max_per_address);
/* Whether only this machine can connect: a Unix socket, or a loopback address. */
bool listener_is_local(const struct listener *l);
/* The real address, with the port that was chosen: "127.0.0.1:40123". Valid as long as the listener. */
const char *listener_address(const struct listener *l);
/* 0 for a Unix socket. */
uint16_t listener_port(const struct listener *l);
void listener_stats(const struct listener *l, struct listener_stats *out);

#endif
