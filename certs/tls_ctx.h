/*
 * A TLS configuration made of files: certificate authorities, certificate chain, private key. One per role and
 * credential; every connection takes a session from it. Immutable once loaded and counted by reference, so that a
 * reload loads a new one and swaps pointers; connections keep the one they began with. References are counted on the
 * loop's thread only; whoever holds one may take sessions, and the text of their failures, in any thread.
 *
 * TLS 1.2 or newer, ECDHE with AEAD ciphers, keys of at least 112 bits' strength (RSA 2048) and no SHA-1 in signatures, no compression, no renegotiation, no tickets or session cache on servers
 * (every connection shows its certificate).
 */
#ifndef VNEPP_CERTS_TLS_CTX_H
#define VNEPP_CERTS_TLS_CTX_H

#include "certs/cert_info.h"
#include "epp/base/err.h"

#include <stdbool.h>

struct ssl_st;
struct ssl_ctx_st;
struct tls_ctx;

enum tls_role {
	TLS_CLIENT, /* verifies the chain and the name of the server */
	TLS_SERVER,
};

/* What a server wants of its clients; clients ignore it. */
enum tls_peer_cert {
	TLS_PEER_REQUIRED, /* no certificate, or one that does not verify: no connection */
	TLS_PEER_OPTIONAL, /* none is fine, one that does not verify is not */
	TLS_PEER_NONE,     /* not asked for */
};

/* The texts are borrowed during tls_ctx_load(). All files are PEM. */
struct tls_profile {
	enum tls_role role;
	const char
	    *ca_file; /* whom to trust; NULL: a client trusts the system's, a server needs TLS_PEER_NONE */
	const char *crl_file;  /* revocation lists of that authority; NULL: nothing is known to be revoked */
	const char *cert_file; /* leaf first, then intermediates; a client may have none (NULL) */
	const char *key_file;  /* must not be readable by others: mode 0640 or stricter */
	enum tls_peer_cert peer_cert;
};

/*
 * Loads and checks everything: the files, that the key fits the certificate, the key's permissions. ERR_NOT_FOUND,
 * ERR_DENIED, ERR_CERT or ERR_CONFIG with a text that names the file and says how to mend it. A certificate that has
 * expired is loaded all the same (other parts of the gateway must go on): see tls_ctx_cert()->not_after.
 */
enum err tls_ctx_load(struct tls_ctx **out, const struct tls_profile *p, struct errmsg *m) MUST_CHECK;
struct tls_ctx *tls_ctx_ref(struct tls_ctx *c) MUST_CHECK;
/* Sets *c to NULL; NULL inside is fine. */
void tls_ctx_unref(struct tls_ctx **c);

/* Our own certificate; NULL when there is none. Valid as long as the context. */
const struct cert_info *tls_ctx_cert(const struct tls_ctx *c);
/* "3.0.17": the library in use. */
const char *tls_ctx_library(void);
enum tls_role tls_ctx_role(const struct tls_ctx *c);

/* For the TLS stream: a session in the context's role. `server_name` (host name or IP address) is sent as SNI and
 * must be in the server's certificate; needed by clients, ignored by servers. The caller frees it with SSL_free(). */
enum err tls_ctx_session(struct tls_ctx *c, const char *server_name, struct ssl_st **out,
                         struct errmsg *m) MUST_CHECK;
/*
 * Translates the failure of an SSL call, empties OpenSSL's error queue, fills `m`: ERR_CERT when a certificate was
 * refused (by us or by the peer: the text says which and why), ERR_PROTOCOL when the peer does not speak TLS, else
 * ERR_TLS.
 */
enum err tls_ctx_failure(struct ssl_st *ssl, struct errmsg *m);

#endif
