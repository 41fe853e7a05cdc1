/* Loading TLS contexts, certificate facts, and dev-ca.sh. Runs in the top folder of the tree. */
#include "certs/tls_ctx.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/ssl.h>
#include <cmocka.h>

static struct folder dir;

static void run(const char *fmt, const char *a)
{
	char command[512];
	int n = snprintf(command, sizeof command, "%s '%s'%s", fmt, dir.path, a);
	assert_true(n > 0 && n < (int)sizeof command);
	assert_int_equal(system(command), 0);
}

static int make_dir(void **state)
{
	(void)state;
	folder_make(&dir);
	run("certs/dev-ca.sh", " extra");
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return folder_remove(&dir);
}

static const char *at(const char *name)
{
	return folder_at(&dir, name);
}

static struct tls_profile server_profile(void)
{
	return (struct tls_profile){.role = TLS_SERVER,
	                            .ca_file = at("ca.pem"),
	                            .cert_file = at("api.pem"),
	                            .key_file = at("api.key")};
}

static void assert_fails(const struct tls_profile *p, enum err want, const char *words)
{
	struct tls_ctx *c;
	struct errmsg m = {""};
	enum err e = tls_ctx_load(&c, p, &m);
	assert_null(c);
	if (e != want || !strstr(m.text, words))
		fail_msg("expected %s with '%s', got %s: %s", err_name(want), words, err_name(e), m.text);
}

static void loads_both_roles(void **state)
{
	(void)state;
	struct tls_ctx *c, *other;
	struct errmsg m;
	struct tls_profile p = server_profile();
	assert_int_equal(tls_ctx_load(&c, &p, &m), OK);
	assert_int_equal(tls_ctx_role(c), TLS_SERVER);
	assert_string_equal(tls_ctx_cert(c)->subject, "CN=gateway API,O=vnepp test");
	other = tls_ctx_ref(c);
	tls_ctx_unref(&c);
	assert_null(c);
	SSL *ssl;
	assert_int_equal(tls_ctx_session(other, NULL, &ssl, &m), OK);
	assert_int_equal(SSL_get_min_proto_version(ssl), TLS1_2_VERSION);
	SSL_free(ssl);
	tls_ctx_unref(&other);
	tls_ctx_unref(&other);

	struct tls_profile client = {.role = TLS_CLIENT, .ca_file = at("ca.pem")};
	assert_int_equal(tls_ctx_load(&c, &client, &m), OK);
	assert_null(tls_ctx_cert(c));
	assert_int_equal(tls_ctx_session(c, "registry.example.", &ssl, &m), OK);
	assert_string_equal(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), "registry.example");
	SSL_free(ssl);
	assert_int_equal(tls_ctx_session(c, "::1", &ssl, &m), OK);
	assert_null(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	SSL_free(ssl);
	assert_int_equal(tls_ctx_session(c, NULL, &ssl, &m), ERR_INVALID);
	assert_int_equal(tls_ctx_session(c, ".", &ssl, &m), ERR_INVALID);
	tls_ctx_unref(&c);
}

static void names_the_file_that_is_missing_or_bad(void **state)
{
	(void)state;
	struct tls_profile p = server_profile();
	p.ca_file = at("none.pem");
	assert_fails(&p, ERR_NOT_FOUND, "none.pem': No such file");
	folder_put_as(&dir, "text.pem", "no certificate\n", 0600);
	folder_put_as(&dir, "empty.pem", "", 0600);
	p = server_profile();
	p.ca_file = at("text.pem");
	assert_fails(&p, ERR_CERT, "text.pem': no certificates in PEM form");
	p = server_profile();
	p.cert_file = at("empty.pem");
	assert_fails(&p, ERR_CERT, "certificate '");
	p = server_profile();
	p.key_file = at("api.pem");
	assert_fails(&p, ERR_CERT, "not a key in PEM form");
	p = server_profile();
	p.key_file = at("none.key");
	assert_fails(&p, ERR_NOT_FOUND, "private key '");
	p = server_profile();
	p.key_file = at("gateway.key");
	assert_fails(&p, ERR_CERT, "does not belong to the certificate");
}

static void refuses_a_key_that_everybody_may_read(void **state)
{
	(void)state;
	struct tls_profile p = server_profile();
	static const mode_t bad[] = {0644, 0604, 0602, 0601}, good[] = {0600, 0400, 0640};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(chmod(p.key_file, bad[i]), 0);
		assert_fails(&p, ERR_DENIED, "chmod o= ");
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct tls_ctx *c;
		assert_int_equal(chmod(p.key_file, good[i]), 0);
		assert_int_equal(tls_ctx_load(&c, &p, NULL), OK);
		tls_ctx_unref(&c);
	}
}

static void refuses_a_key_with_a_passphrase(void **state)
{
	(void)state;
	char command[512];
	snprintf(command, sizeof command, "openssl pkey -in '%s' -aes256 -passout pass:secret -out '%s'",
	         at("api.key"), at("locked.key"));
	assert_int_equal(system(command), 0);
	struct tls_profile p = server_profile();
	p.key_file = at("locked.key");
	assert_int_equal(chmod(p.key_file, 0600), 0);
	assert_fails(&p, ERR_CERT, "without a passphrase");
}

static void refuses_profiles_that_make_no_sense(void **state)
{
	(void)state;
	struct tls_profile p = server_profile();
	p.ca_file = NULL;
	assert_fails(&p, ERR_CONFIG, "needs a CA file");
	p = server_profile();
	p.cert_file = p.key_file = NULL;
	assert_fails(&p, ERR_CONFIG, "a server needs a certificate");
	p = (struct tls_profile){.role = TLS_CLIENT, .ca_file = at("ca.pem"), .cert_file = at("gateway.pem")};
	assert_fails(&p, ERR_CONFIG, "must be given together");
	p = server_profile();
	p.ca_file = NULL;
	p.peer_cert = TLS_PEER_NONE;
	struct tls_ctx *c;
	assert_int_equal(tls_ctx_load(&c, &p, NULL), OK);
	tls_ctx_unref(&c);
}

static void an_expired_certificate_loads_and_tells(void **state)
{
	(void)state;
	struct tls_profile p = server_profile();
	p.cert_file = at("expired.pem");
	p.key_file = at("expired.key");
	struct tls_ctx *c;
	assert_int_equal(tls_ctx_load(&c, &p, NULL), OK);
	assert_true(tls_ctx_cert(c)->not_after < (instant_ms_t)time(NULL) * 1000);
	tls_ctx_unref(&c);
}

static void reads_the_facts_of_a_certificate(void **state)
{
	(void)state;
	struct cert_info ci;
	struct errmsg m;
	assert_int_equal(cert_info_load(&ci, at("hoasen.pem"), &m), OK);
	assert_string_equal(ci.subject, "CN=hoasen,O=vnepp test");
	assert_string_equal(ci.issuer, "CN=vnepp throw-away CA,O=vnepp test");
	assert_string_equal(ci.san_uri[0], "urn:vnepp:partner:hoasen");
	assert_string_equal(ci.san_dns[0], "hoasen.partner.example");
	assert_string_equal(ci.san_dns[1], "");
	instant_ms_t days = (ci.not_after - ci.not_before) / 86400000;
	assert_int_equal(days, 825);
	/* The openssl command sees the same hashes. */
	char command[768];
	snprintf(
	    command, sizeof command,
	    "test \"$(openssl x509 -in '%s' -outform DER | sha256sum | cut -c1-64)\" = %s && test "
	    "\"$(openssl x509 "
	    "-in '%s' -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)\" = %s",
	    at("hoasen.pem"), ci.fingerprint, at("hoasen.pem"), ci.spki_pin);
	assert_int_equal(system(command), 0);
	assert_int_equal(cert_info_load(&ci, at("none.pem"), &m), ERR_NOT_FOUND);
	assert_int_equal(cert_info_load(&ci, at("hoasen.key"), &m), ERR_CERT);
	assert_non_null(strstr(m.text, "hoasen.key"));
}

/* A name that cannot be kept whole is left out, never cut: a part of a name is somebody else's name. */
static void leaves_out_names_that_do_not_fit(void **state)
{
	(void)state;
	char command[1024], label[64];
	memset(label, 'a', 60);
	label[60] = '\0';
	snprintf(command, sizeof command,
	         "cd '%s' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "
	         "x.key -out x.pem "
	         "-subj '/O=%s/O=%s/O=%s/O=%s/O=%s/CN=anphat' -addext "
	         "'subjectAltName=DNS:%s.%s.%s.example,DNS:short.example,"
	         "email:a@b.example' 2>/dev/null",
	         dir.path, label, label, label, label, label, label, label, label);
	assert_int_equal(system(command), 0);
	struct cert_info ci;
	assert_int_equal(cert_info_load(&ci, at("x.pem"), NULL), OK);
	assert_string_equal(ci.subject, "");
	assert_string_equal(ci.san_dns[0], "short.example");
	assert_string_equal(ci.san_dns[1], "");
}

static void dev_ca_keeps_what_is_there_and_keeps_out_of_the_tree(void **state)
{
	(void)state;
	struct stat before, after;
	assert_int_equal(stat(at("ca.pem"), &before), 0);
	assert_int_equal(unlink(at("hoasen.pem")), 0);
	run("certs/dev-ca.sh", "");
	assert_int_equal(stat(at("ca.pem"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(stat(at("hoasen.key"), &after), 0);
	assert_int_equal(after.st_mode & 0777, 0600);
	assert_int_not_equal(system("certs/dev-ca.sh certs/keys 2>/dev/null"), 0);
	assert_int_not_equal(system("certs/dev-ca.sh 2>/dev/null"), 0);
	assert_int_not_equal(access("certs/keys", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loads_both_roles),
	    cmocka_unit_test(names_the_file_that_is_missing_or_bad),
	    cmocka_unit_test(refuses_a_key_that_everybody_may_read),
	    cmocka_unit_test(refuses_a_key_with_a_passphrase),
	    cmocka_unit_test(refuses_profiles_that_make_no_sense),
	    cmocka_unit_test(an_expired_certificate_loads_and_tells),
	    cmocka_unit_test(reads_the_facts_of_a_certificate),
	    cmocka_unit_test(leaves_out_names_that_do_not_fit),
	    cmocka_unit_test(dev_ca_keeps_what_is_there_and_keeps_out_of_the_tree),
	};
	return cmocka_run_group_tests_name("tls_ctx", tests, make_dir, remove_dir);
}
