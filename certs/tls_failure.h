/* Remembering why a certificate was refused. Private to certs/. */
#ifndef VNEPP_CERTS_TLS_FAILURE_H
#define VNEPP_CERTS_TLS_FAILURE_H

struct x509_store_ctx_st;

/* A verify callback of OpenSSL: changes no verdict, notes the certificate that failed for tls_ctx_failure(). */
int tls_failure_note(int ok, struct x509_store_ctx_st *store);

#endif
