/*
 * Opening a connection to a named endpoint, behind an interface: DNS + TCP + TLS in production, memory in simulation.
 */
#ifndef VNEPP_NET_DIAL_H
#define VNEPP_NET_DIAL_H

#include "epp/base/attr.h"
#include "epp/base/err.h"

#include <stdint.h>

struct loop;
struct stream;
struct tls_ctx;

struct dial_target {
	const char *host; /* name or address */
	uint16_t port;
	const char *source_address; /* local address to bind, or NULL */
	struct tls_ctx *tls;        /* client context; NULL for plain TCP */
	const char *server_name;    /* SNI and the name that the certificate must bear; NULL: host */
	uint64_t timeout_ms;        /* for resolving, connecting to each address in turn, and the handshake */
	uint64_t
	    handshake_ms; /* for the handshake from when TCP has connected; 0: what is left of timeout_ms */
};

struct dialer {
	/*
	 * Returns at once a stream that is still opening (see stream.h: on_open or on_closed follows). Copies what it
	 * needs of `target`, but borrows target->tls until on_closed. Never NULL.
	 */
	struct stream *(*dial)(struct dialer *d, const struct dial_target *target);
};

/* The production dialer; embedded, lives as long as its loop. */
struct dialer_net {
	struct dialer dialer;
	struct loop *loop; /* borrowed; a struct loop_uv's */
};

void dialer_net_init(struct dialer_net *d, struct loop *loop);

#endif
