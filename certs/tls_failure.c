/* OpenSSL's errors in our words, translated in one place. */
#include "certs/tls_failure.h"
#include "certs/tls_ctx.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- which certificate was refused ---- */

static int note_index = -1;
static CRYPTO_ONCE note_once = CRYPTO_ONCE_STATIC_INIT;

static void free_note(void *parent, void *note, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(note);
}

static void make_index(void)
{
	note_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_note);
	INVARIANT(note_index >= 0);
}

int tls_failure_note(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	INVARIANT(CRYPTO_THREAD_run_once(&note_once, make_index) == 1);
	if (ok || !ssl || !cert || SSL_get_ex_data(ssl, note_index))
		return ok;
	struct cert_info ci;
	cert_info_read(&ci, cert);
	char text[ERRMSG_MAX];
	snprintf(text, sizeof text, "%.120s%s%.120s", ci.subject[0] ? ci.subject : "no subject",
	         ci.san_dns[0][0] ? ", for " : "", ci.san_dns[0]);
	char *note = xstrdup(text);
	if (SSL_set_ex_data(ssl, note_index, note) != 1)
		free(note);
	return ok;
}

/* ---- our verdict on the peer's certificate ---- */

static enum err wrong_name(SSL *ssl, const char *who, struct errmsg *m)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char *ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	const char *host = X509_VERIFY_PARAM_get0_host(param, 0);
	err_set(m, ERR_CERT, "the peer's certificate (%s) is not for '%s'", who, host ? host : ip ? ip : "");
	OPENSSL_free(ip);
	return ERR_CERT;
}

static enum err refused_by_us(SSL *ssl, long verdict, struct errmsg *m)
{
	INVARIANT(CRYPTO_THREAD_run_once(&note_once, make_index) == 1);
	const char *note = SSL_get_ex_data(ssl, note_index);
	const char *who = note ? note : "unknown subject";
	switch (verdict) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH: return wrong_name(ssl, who, m);
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return err_set(m, ERR_CERT, "the peer's certificate (%s) has expired", who);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return err_set(m, ERR_CERT, "the peer's certificate (%s) is not valid yet: is a clock wrong?",
		               who);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return err_set(m, ERR_CERT, "the peer's certificate (%s) comes from an unknown CA: %s", who,
		               X509_verify_cert_error_string(verdict));
	default:
		return err_set(m, ERR_CERT, "the peer's certificate (%s) is refused: %s", who,
		               X509_verify_cert_error_string(verdict));
	}
}

/* ---- what the error queue says ---- */

static const struct {
	int reason;
	enum err err;
	const char *text;
} reasons[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, ERR_CERT, "the peer has shown no certificate"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, ERR_CERT, "the peer requires a certificate of us"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, ERR_CERT, "the peer refuses our certificate: bad certificate"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, ERR_CERT,
     "the peer refuses our certificate: unsupported kind"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, ERR_CERT, "the peer refuses our certificate: revoked"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, ERR_CERT, "the peer refuses our certificate: expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, ERR_CERT, "the peer refuses our certificate"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, ERR_CERT, "the peer refuses our certificate: unknown CA"},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, ERR_CERT, "the peer refuses our certificate: access denied"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, ERR_TLS, "the peer refuses our TLS versions (1.2 and 1.3)"},
    {SSL_R_UNSUPPORTED_PROTOCOL, ERR_TLS, "the peer speaks only TLS versions older than 1.2"},
    {SSL_R_NO_SHARED_CIPHER, ERR_TLS, "no cipher in common with the peer"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, ERR_TLS,
     "the peer breaks off the handshake (no cipher in common, or it wants another certificate)"},
    {SSL_R_WRONG_VERSION_NUMBER, ERR_PROTOCOL, "the peer does not speak TLS"},
    {SSL_R_UNKNOWN_PROTOCOL, ERR_PROTOCOL, "the peer does not speak TLS"},
    {SSL_R_HTTP_REQUEST, ERR_PROTOCOL, "the peer speaks plain HTTP, not TLS"},
    {SSL_R_HTTPS_PROXY_REQUEST, ERR_PROTOCOL, "the peer speaks plain HTTP, not TLS"},
};

static enum err from_queue(unsigned long code, struct errmsg *m)
{
	if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
		for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
			if (reasons[i].reason == ERR_GET_REASON(code))
				return err_set(m, reasons[i].err, "%s", reasons[i].text);
	}
	const char *text = ERR_reason_error_string(code);
	return err_set(m, ERR_TLS, "TLS failure: %s", text ? text : "the peer broke off");
}

enum err tls_ctx_failure(SSL *ssl, struct errmsg *m)
{
	unsigned long code = ERR_get_error();
	ERR_clear_error();
	long verdict = SSL_get_verify_result(ssl);
	bool ours =
	    ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED;
	return ours && verdict != X509_V_OK ? refused_by_us(ssl, verdict, m) : from_queue(code, m);
}
