/*
 * What a registry's TLS may be and may not: our client against a server of plain OpenSSL that refuses nothing, over
 * memory. Certificates that are revoked, weak, of another time; renegotiation, key update, an end without a good-bye.
 */
#include "certs/tls_ctx.h"
#include "epp/base/check.h"
#include "tests/harness/folder.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct folder dir;

static const char *file(const char *name)
{
	return folder_at(&dir, name);
}

/* Two ends, and what is on its way between them. */
struct pair {
	SSL *client, *server;
	struct tls_ctx *ours;
	SSL_CTX *theirs;
	struct errmsg why;
	enum err err; /* of the client's handshake */
};

static SSL_CTX *careless_server(const char *name, int version)
{
	char path[64];
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(c, 0);
	SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0");
	SSL_CTX_set_max_proto_version(c, version);
	snprintf(path, sizeof path, "%s.pem", name);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(c, file(path)), 1);
	snprintf(path, sizeof path, "%s.key", name);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(c, file(path), SSL_FILETYPE_PEM), 1);
	return c;
}

static void turn(struct pair *p)
{
	for (int i = 0; i < 20 && !p->err; i++) {
		int rc = SSL_do_handshake(p->client), error = SSL_get_error(p->client, rc);
		if (rc != 1 && error != SSL_ERROR_WANT_READ)
			p->err = tls_ctx_failure(p->client, &p->why);
		(void)SSL_do_handshake(p->server); /* what goes wrong there shows here */
		ERR_clear_error();
	}
}

static void open_pair(struct pair *p, const char *server, const char *crl, int version)
{
	BIO *a, *b;
	struct tls_profile profile = {.role = TLS_CLIENT, .ca_file = file("ca.pem"), .crl_file = crl};
	*p = (struct pair){.theirs = careless_server(server, version)};
	assert_int_equal(tls_ctx_load(&p->ours, &profile, &p->why), OK);
	assert_int_equal(tls_ctx_session(p->ours, "localhost", &p->client, &p->why), OK);
	p->server = SSL_new(p->theirs);
	assert_int_equal(BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16), 1);
	SSL_set_bio(p->client, a, a);
	SSL_set_bio(p->server, b, b);
	SSL_set_connect_state(p->client);
	SSL_set_accept_state(p->server);
	turn(p);
}

static void close_pair(struct pair *p)
{
	SSL_free(p->client);
	SSL_free(p->server);
	SSL_CTX_free(p->theirs);
	tls_ctx_unref(&p->ours);
}

static void certificates(void **state)
{
	static const struct {
		const char *server, *crl, *words; /* words NULL: it is good */
	} cases[] = {
	    {"registry", NULL, NULL},
	    {"registry", "ca.crl", NULL},
	    {"revoked", NULL, NULL}, /* nobody said so */
	    {"revoked", "ca.crl", "revoked"},
	    {"registry", "outdated.crl", "CRL has expired"},
	    {"expired", NULL, "expired"},
	    {"future", NULL, "not valid yet"},
	    {"wrong-name", NULL, "localhost"},
	    {"weak-key", NULL, "key too weak"},
	    {"weak-hash", NULL, "digest algorithm too weak"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct pair p;
		char crl[192] = "";
		if (cases[i].crl)
			snprintf(crl, sizeof crl, "%s", file(cases[i].crl));
		open_pair(&p, cases[i].server, crl[0] ? crl : NULL, 0);
		bool refused = p.err != OK;
		if (refused != (cases[i].words != NULL) || (refused && !strstr(p.why.text, cases[i].words)))
			fail_msg("%s with %s: %s", cases[i].server, cases[i].crl ? cases[i].crl : "no list",
			         refused ? p.why.text : "taken");
		if (refused)
			assert_int_equal(p.err, ERR_CERT);
		close_pair(&p);
	}
}

static void a_list_that_cannot_be_read_is_said(void **state)
{
	struct tls_ctx *c;
	struct errmsg m;
	(void)state;
	struct tls_profile p = {.role = TLS_CLIENT,
	                        .ca_file = file("ca.pem"),
	                        .crl_file = file("nowhere.crl")};
	assert_int_equal(tls_ctx_load(&c, &p, &m), ERR_NOT_FOUND);
	p.crl_file = file("ca.pem");
	p.ca_file = file("ca.pem");
	assert_int_equal(tls_ctx_load(&c, &p, &m), ERR_CERT);
	assert_non_null(strstr(m.text, "revocation list"));
}

static void old_protocols_are_refused(void **state)
{
	struct pair p;
	(void)state;
	open_pair(&p, "registry", NULL, TLS1_1_VERSION);
	assert_int_not_equal(p.err, OK);
	close_pair(&p);
}

/* Before TLS 1.3 a server may ask to begin anew, with another certificate: it is refused, and what was agreed stays. */
static void renegotiation_is_refused(void **state)
{
	struct pair p;
	char got[8];
	(void)state;
	open_pair(&p, "registry", NULL, TLS1_2_VERSION);
	assert_int_equal(p.err, OK);
	assert_string_equal(SSL_get_version(p.client), "TLSv1.2");
	assert_int_equal(SSL_renegotiate(p.server), 1);
	(void)SSL_do_handshake(p.server); /* asks */
	int rc = SSL_read(p.client, got, sizeof got);
	assert_int_equal(SSL_get_error(p.client, rc), SSL_ERROR_WANT_READ); /* answered with no */
	rc = SSL_read(p.server, got, sizeof got);
	assert_true(rc <= 0);
	assert_int_equal(SSL_num_renegotiations(p.client), 0);
	ERR_clear_error();
	close_pair(&p);
}

static void new_keys_are_taken_in_the_middle(void **state)
{
	struct pair p;
	char got[16];
	(void)state;
	open_pair(&p, "registry", NULL, 0);
	assert_int_equal(p.err, OK);
	assert_string_equal(SSL_get_version(p.client), "TLSv1.3");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_write(p.server, "before", 6), 6);
		assert_int_equal(SSL_key_update(p.server, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(p.server, "after", 5), 5);
		assert_int_equal(SSL_read(p.client, got, sizeof got), 6);
		assert_int_equal(SSL_read(p.client, got, sizeof got), 5);
		assert_memory_equal(got, "after", 5);
		assert_int_equal(SSL_write(p.client, "answer", 6), 6);
		assert_int_equal(SSL_read(p.server, got, sizeof got), 6);
	}
	close_pair(&p);
}

static int make_files(void **state)
{
	char command[256];
	(void)state;
	folder_make(&dir);
	snprintf(command, sizeof command, "certs/dev-ca.sh '%s' extra", dir.path);
	return system(command);
}

static int remove_files(void **state)
{
	(void)state;
	return folder_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(certificates),
	    cmocka_unit_test(a_list_that_cannot_be_read_is_said),
	    cmocka_unit_test(old_protocols_are_refused),
	    cmocka_unit_test(renegotiation_is_refused),
	    cmocka_unit_test(new_keys_are_taken_in_the_middle),
	};
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
