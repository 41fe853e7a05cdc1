/*
 * One step of a TLS handshake: as far as what has come reaches. Everything that it touches is in here or named here, so
 * that a step may run in another thread than the rest of the connection.
 */
#ifndef VNEPP_NET_TLS_HANDSHAKE_H
#define VNEPP_NET_TLS_HANDSHAKE_H

#include "certs/cert_info.h"
#include "daemon/net/tls_wire.h"
#include "epp/base/err.h"

#include <stdbool.h>

struct ssl_st;
struct stream_peer;
struct tls_ctx;

struct tls_handshake {
	struct tls_ctx *ctx;     /* borrowed */
	const char *server_name; /* borrowed; a client's */
	struct tls_wire *wire;   /* borrowed; its `feed` is what has come */
	struct ssl_st *ssl;      /* borrowed, or NULL: made by the step, and then the caller's */
	/* What came of it. */
	struct buf said; /* for the peer; an alert, too */
	bool done;       /* the peer's certificate is verified */
	bool has_cert;   /* `peer` is filled, when done */
	struct cert_info peer;
	enum err why; /* OK: it goes on when more has come, or is done */
	struct errmsg text;
};

void tls_handshake_init(struct tls_handshake *h);
void tls_handshake_fini(struct tls_handshake *h);
/* In any thread. */
void tls_handshake_step(struct tls_handshake *h);
/* When it is done: the peer's names, as its certificate has them. */
void tls_handshake_names(const struct tls_handshake *h, struct stream_peer *out);

#endif
