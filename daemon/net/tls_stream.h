/*
 * TLS over any stream, itself a stream. on_open comes when the handshake is done and the peer's certificate has been
 * verified (a client: chain and name); stream_peer() has its names from then on. Its address is the lower stream's.
 *
 * In TLS 1.3 a client is open before the server has judged the client's certificate: a refusal arrives later, as
 * on_closed with ERR_CERT and the server's reason.
 */
#ifndef VNEPP_NET_TLS_STREAM_H
#define VNEPP_NET_TLS_STREAM_H

#include "daemon/core/loop.h"

#include <stdint.h>

struct stream;
struct tls_ctx;
struct tls_turns;

/*
 * Takes over `lower` (which may still be opening; nobody else may use it afterwards, and it must not have delivered
 * data yet) and takes a reference of `ctx`. `server_name` is for clients: SNI, and the name that the certificate must
 * bear. The handshake must be done `handshake_ms` from now. Never NULL; failures come as on_closed.
 */
struct stream *tls_stream_new(struct loop *loop, struct stream *lower, struct tls_ctx *ctx,
                              const char *server_name, uint64_t handshake_ms);
/* A server's handshake takes its turns there; a reference is taken. Before the lower stream opens. */
void tls_stream_take_turns(struct stream *s, struct tls_turns *t);
/* From the moment when the lower stream opens, the handshake has so long, whatever was left until then. Before that. */
void tls_stream_set_handshake(struct stream *s, uint64_t handshake_ms);

#endif
