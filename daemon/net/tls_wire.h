/*
 * What OpenSSL reads and writes for a connection: it takes ciphertext from a view and appends its own to a buffer. No
 * I/O of its own; one thread at a time.
 */
#ifndef VNEPP_NET_TLS_WIRE_H
#define VNEPP_NET_TLS_WIRE_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

struct ssl_st;

struct tls_wire {
	struct str feed;  /* not read yet */
	struct buf *said; /* borrowed; NULL: there is nobody to write to */
};

/* From here on `ssl` reads and writes `w`, which must live as long as it. */
void tls_wire_attach(struct tls_wire *w, struct ssl_st *ssl);

#endif
