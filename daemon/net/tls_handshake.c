/*
 * Happy path: the first step makes the session; each goes on until OpenSSL wants more; the last one leaves the peer's
 * names.
 * Failure: why and text. OpenSSL keeps its errors by thread, so they are read where the step was made.
 */
#include "daemon/net/tls_handshake.h"
#include "certs/tls_ctx.h"
#include "daemon/net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define SAID_MAX (1u << 20) /* chains of certificates are a few KiB */

void tls_handshake_init(struct tls_handshake *h)
{
	*h = (struct tls_handshake){0};
	buf_init(&h->said, SAID_MAX);
}

void tls_handshake_fini(struct tls_handshake *h)
{
	buf_fini(&h->said);
}

static void make_session(struct tls_handshake *h)
{
	h->why = tls_ctx_session(h->ctx, h->server_name, &h->ssl, &h->text);
	if (h->why == OK)
		tls_wire_attach(h->wire, h->ssl);
}

static void read_peer(struct tls_handshake *h)
{
	X509 *cert = SSL_get1_peer_certificate(h->ssl);
	h->has_cert = cert;
	if (cert)
		cert_info_read(&h->peer, cert);
	X509_free(cert);
}

void tls_handshake_step(struct tls_handshake *h)
{
	if (!h->ssl)
		make_session(h);
	if (h->why != OK)
		return;
	h->wire->said = &h->said;
	ERR_clear_error();
	int r = SSL_do_handshake(h->ssl);
	h->done = r == 1;
	if (h->done)
		read_peer(h);
	else if (SSL_get_error(h->ssl, r) != SSL_ERROR_WANT_READ)
		h->why = err_wrap(&h->text, tls_ctx_failure(h->ssl, &h->text), "TLS handshake");
	h->wire->said = NULL;
}

void tls_handshake_names(const struct tls_handshake *h, struct stream_peer *out)
{
	const struct cert_info *ci = &h->peer;
	if (!h->has_cert)
		return;
	_Static_assert(sizeof out->san_dns == sizeof ci->san_dns && sizeof out->san_uri == sizeof ci->san_uri,
	               "the names fit");
	memcpy(out->subject, ci->subject, sizeof out->subject);
	memcpy(out->fingerprint, ci->fingerprint, sizeof out->fingerprint);
	memcpy(out->spki_pin, ci->spki_pin, sizeof out->spki_pin);
	memcpy(out->san_dns, ci->san_dns, sizeof ci->san_dns);
	memcpy(out->san_uri, ci->san_uri, sizeof ci->san_uri);
	out->not_after = ci->not_after;
}
