/* Throw-away certificates for tests, made once per process by certs/dev-ca.sh and removed when it ends. */
#ifndef VNEPP_TESTS_TEST_CERTS_H
#define VNEPP_TESTS_TEST_CERTS_H

struct tls_ctx;

/* The folder with everything of "dev-ca.sh FOLDER extra". Tests run in the top folder of the tree. */
const char *test_certs_dir(void);
/* "FOLDER/name"; kept until the process ends. */
const char *test_certs_path(const char *name);
/* A client (server) context that trusts `ca` and shows `name` ("ca", "gateway"); name NULL: shows none. */
struct tls_ctx *test_certs_client(const char *ca, const char *name);
/* The same, and looks into that revocation list ("ca", "outdated"). */
struct tls_ctx *test_certs_client_crl(const char *ca, const char *name, const char *crl);
/* Requires a client certificate of `ca`. */
struct tls_ctx *test_certs_server(const char *ca, const char *name);

#endif
