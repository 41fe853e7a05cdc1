/* Building an SSL_CTX from files, and sessions from it. */
#include "certs/tls_ctx.h"
#include "certs/tls_failure.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* TLS 1.2: forward secrecy and AEAD only. TLS 1.3 has nothing else. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls_ctx {
	unsigned refs;
	enum tls_role role;
	SSL_CTX *ssl; /* owned */
	bool has_cert;
	struct cert_info cert;
};

/* OpenSSL's own words for what has just failed. */
static const char *reason(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_last_error());
	return s ? s : "unreadable";
}

static enum err no_file(const char *what, const char *file, struct errmsg *m)
{
	enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED;
	return err_set(m, e, "%s '%s': %s", what, file, strerror(errno));
}

/* Opens for reading, so that a missing file is told from a bad one. */
static enum err open_file(FILE **out, const char *what, const char *file, struct errmsg *m)
{
	*out = fopen(file, "re");
	return *out ? OK : no_file(what, file, m);
}

static enum err check_file(const char *what, const char *file, struct errmsg *m)
{
	FILE *f;
	enum err e = open_file(&f, what, file, m);
	if (e == OK)
		fclose(f);
	return e;
}

/* ---- authorities ---- */

static enum err load_authorities(struct tls_ctx *c, const struct tls_profile *p, struct errmsg *m)
{
	static const char what[] = "CA file";
	if (!p->ca_file) {
		if (p->role == TLS_SERVER && p->peer_cert != TLS_PEER_NONE)
			return err_set(m, ERR_CONFIG,
			               "a server that asks for client certificates needs a CA file");
		if (p->role == TLS_CLIENT && SSL_CTX_set_default_verify_paths(c->ssl) != 1)
			return err_set(m, ERR_CONFIG,
			               "the system's certificate authorities cannot be loaded");
		return OK;
	}
	enum err e = check_file(what, p->ca_file, m);
	if (e != OK)
		return e;
	if (SSL_CTX_load_verify_locations(c->ssl, p->ca_file, NULL) != 1)
		return err_set(m, ERR_CERT, "%s '%s': no certificates in PEM form (%s)", what, p->ca_file,
		               reason());
	if (p->role == TLS_SERVER && p->peer_cert != TLS_PEER_NONE)
		SSL_CTX_set_client_CA_list(c->ssl, SSL_load_client_CA_file(p->ca_file));
	return OK;
}

/*
 * A list that has run out refuses everybody: whoever keeps lists must keep them up to date, or a revoked certificate would
 * come in again in silence.
 */
static enum err load_revoked(struct tls_ctx *c, const struct tls_profile *p, struct errmsg *m)
{
	static const char what[] = "revocation list";
	if (!p->crl_file)
		return OK;
	enum err e = check_file(what, p->crl_file, m);
	if (e != OK)
		return e;
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (!lookup || X509_load_crl_file(lookup, p->crl_file, X509_FILETYPE_PEM) < 1)
		return err_set(m, ERR_CERT, "%s '%s': no list in PEM form (%s)", what, p->crl_file, reason());
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return OK;
}

/* ---- certificate and key ---- */

static enum err load_chain(struct tls_ctx *c, const char *file, struct errmsg *m)
{
	static const char what[] = "certificate";
	enum err e = check_file(what, file, m);
	if (e != OK)
		return e;
	if (SSL_CTX_use_certificate_chain_file(c->ssl, file) != 1)
		return err_set(m, ERR_CERT,
		               "%s '%s': not a chain of certificates in PEM form, leaf first (%s)", what,
		               file, reason());
	cert_info_read(&c->cert, SSL_CTX_get0_certificate(c->ssl));
	c->has_cert = true;
	return OK;
}

static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return 0;
}

static enum err read_key(EVP_PKEY **out, const char *file, struct errmsg *m)
{
	FILE *f;
	enum err e = open_file(&f, "private key", file, m);
	if (e != OK)
		return e;
	struct stat st;
	if (fstat(fileno(f), &st) != 0)
		e = no_file("private key", file, m);
	else if (st.st_mode & S_IRWXO)
		e = err_set(m, ERR_DENIED,
		            "private key '%s' is open to everybody (mode %04o): run 'chmod o= %s', and think "
		            "about whether "
		            "somebody has copied it",
		            file, (unsigned)(st.st_mode & 07777), file);
	else if (!(*out = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL)))
		e = err_set(m, ERR_CERT,
		            "private key '%s': not a key in PEM form without a passphrase (%s); 'openssl "
		            "pkey -in %s' "
		            "shows whether it is one",
		            file, reason(), file);
	fclose(f);
	return e;
}

static enum err load_key(struct tls_ctx *c, const struct tls_profile *p, struct errmsg *m)
{
	EVP_PKEY *key = NULL;
	enum err e = read_key(&key, p->key_file, m);
	if (e != OK)
		return e;
	if (SSL_CTX_use_PrivateKey(c->ssl, key) != 1 || SSL_CTX_check_private_key(c->ssl) != 1)
		e = err_set(m, ERR_CERT, "private key '%s' does not belong to the certificate '%s' (%s)",
		            p->key_file, p->cert_file, reason());
	EVP_PKEY_free(key);
	return e;
}

static enum err load_identity(struct tls_ctx *c, const struct tls_profile *p, struct errmsg *m)
{
	if (!p->cert_file != !p->key_file)
		return err_set(m, ERR_CONFIG,
		               "a certificate and its private key must be given together; '%s' is alone",
		               p->cert_file ? p->cert_file : p->key_file);
	if (!p->cert_file)
		return p->role == TLS_CLIENT
		           ? OK
		           : err_set(m, ERR_CONFIG, "a server needs a certificate and its private key");
	enum err e = load_chain(c, p->cert_file, m);
	return e == OK ? load_key(c, p, m) : e;
}

/* ---- the context ---- */

static void set_rules(SSL_CTX *ssl, const struct tls_profile *p)
{
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_security_level(ssl, 2); /* whatever the system's configuration says */
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	                             SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	if (p->role == TLS_SERVER)
		SSL_CTX_set_num_tickets(ssl, 0);
	INVARIANT(SSL_CTX_set_cipher_list(ssl, CIPHERS_1_2) == 1);
	int verify = SSL_VERIFY_PEER;
	if (p->role == TLS_SERVER && p->peer_cert == TLS_PEER_REQUIRED)
		verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	if (p->role == TLS_SERVER && p->peer_cert == TLS_PEER_NONE)
		verify = SSL_VERIFY_NONE;
	SSL_CTX_set_verify(ssl, verify, tls_failure_note);
}

enum err tls_ctx_load(struct tls_ctx **out, const struct tls_profile *p, struct errmsg *m)
{
	*out = NULL;
	ERR_clear_error();
	struct tls_ctx *c = xcalloc(1, sizeof *c);
	c->refs = 1;
	c->role = p->role;
	c->ssl = SSL_CTX_new(p->role == TLS_SERVER ? TLS_server_method() : TLS_client_method());
	INVARIANT(c->ssl);
	set_rules(c->ssl, p);
	enum err e = load_authorities(c, p, m);
	if (e == OK)
		e = load_revoked(c, p, m);
	if (e == OK)
		e = load_identity(c, p, m);
	ERR_clear_error();
	if (e != OK)
		tls_ctx_unref(&c);
	*out = c;
	return e;
}

struct tls_ctx *tls_ctx_ref(struct tls_ctx *c)
{
	c->refs++;
	return c;
}

void tls_ctx_unref(struct tls_ctx **c)
{
	struct tls_ctx *old = *c;
	*c = NULL;
	if (!old || --old->refs > 0)
		return;
	SSL_CTX_free(old->ssl);
	free(old);
}

const struct cert_info *tls_ctx_cert(const struct tls_ctx *c)
{
	return c->has_cert ? &c->cert : NULL;
}

enum tls_role tls_ctx_role(const struct tls_ctx *c)
{
	return c->role;
}

/* ---- sessions ---- */

static bool set_expected_name(SSL *ssl, const char *name)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
		return true; /* an address: no SNI (RFC 6066 section 3) */
	ERR_clear_error();
	char host[256];
	size_t len = strlen(name);
	if (len && name[len - 1] == '.')
		len--; /* certificates and SNI have no root dot */
	if (len == 0 || !str_copy(host, sizeof host, str_make(name, len)))
		return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum err tls_ctx_session(struct tls_ctx *c, const char *server_name, SSL **out, struct errmsg *m)
{
	*out = NULL;
	SSL *ssl = SSL_new(c->ssl);
	INVARIANT(ssl);
	if (c->role == TLS_SERVER) {
		SSL_set_accept_state(ssl);
	} else {
		SSL_set_connect_state(ssl);
		if (!server_name || !set_expected_name(ssl, server_name)) {
			SSL_free(ssl);
			ERR_clear_error();
			return err_set(m, ERR_INVALID, "'%s' is no host name that a certificate could bear",
			               server_name ? server_name : "");
		}
	}
	*out = ssl;
	return OK;
}

const char *tls_ctx_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
