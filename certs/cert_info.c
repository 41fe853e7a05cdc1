/* Reading certificates into plain text. */
#include "certs/cert_info.h"
#include "epp/base/hash.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* RFC 2253 text; empty when it does not fit. */
static void read_name(char *out, size_t size, X509_NAME *name)
{
	out[0] = '\0';
	BIO *b = BIO_new(BIO_s_mem());
	if (!b)
		return;
	char *text;
	if (X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0) {
		long n = BIO_get_mem_data(b, &text);
		if (n > 0 && !str_copy(out, size, str_make(text, (size_t)n)))
			out[0] = '\0';
	}
	BIO_free(b);
}

static void read_names(struct cert_info *out, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t dns = 0, uri = 0;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
		if (g->type != GEN_DNS && g->type != GEN_URI)
			continue;
		const ASN1_IA5STRING *ia5 = g->d.ia5;
		struct str s =
		    str_make((const char *)ASN1_STRING_get0_data(ia5), (size_t)ASN1_STRING_length(ia5));
		/* A name with a NUL inside would read as a shorter one: str_copy() refuses it. */
		if (g->type == GEN_DNS && dns < CERT_NAMES)
			dns += str_copy(out->san_dns[dns], CERT_NAME_MAX, s);
		else if (g->type == GEN_URI && uri < CERT_NAMES)
			uri += str_copy(out->san_uri[uri], CERT_NAME_MAX, s);
	}
	GENERAL_NAMES_free(names);
}

static instant_ms_t read_time(const ASN1_TIME *t)
{
	struct tm tm;
	if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
		return INSTANT_NONE;
	return (instant_ms_t)timegm(&tm) * 1000;
}

static void hash_der(char *out, unsigned char *der, int len)
{
	out[0] = '\0';
	if (len <= 0)
		return;
	struct sha256 h;
	hash_sha256(str_make((const char *)der, (size_t)len), &h);
	hash_hex(out, h.bytes, sizeof h.bytes);
	OPENSSL_free(der);
}

void cert_info_read(struct cert_info *out, X509 *cert)
{
	*out = (struct cert_info){.subject = ""};
	read_name(out->subject, sizeof out->subject, X509_get_subject_name(cert));
	read_name(out->issuer, sizeof out->issuer, X509_get_issuer_name(cert));
	read_names(out, cert);
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	hash_der(out->fingerprint, der, len);
	der = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	hash_der(out->spki_pin, der, len);
	out->not_before = read_time(X509_get0_notBefore(cert));
	out->not_after = read_time(X509_get0_notAfter(cert));
}

enum err cert_info_load(struct cert_info *out, const char *file, struct errmsg *m)
{
	FILE *f = fopen(file, "re");
	if (!f)
		return err_set(m, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "%s: %s", file,
		               strerror(errno));
	X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	if (!cert) {
		ERR_clear_error();
		return err_set(m, ERR_CERT, "%s: no certificate in PEM form in it", file);
	}
	cert_info_read(out, cert);
	X509_free(cert);
	return OK;
}

/* False: there is none left. */
static bool read_list(struct cert_info *out, FILE *f)
{
	X509_CRL *list = PEM_read_X509_CRL(f, NULL, NULL, NULL);
	if (!list)
		return false;
	*out = (struct cert_info){.is_list = true};
	read_name(out->subject, sizeof out->subject, X509_CRL_get_issuer(list));
	out->not_before = read_time(X509_CRL_get0_lastUpdate(list));
	out->not_after = read_time(X509_CRL_get0_nextUpdate(list));
	X509_CRL_free(list);
	return true;
}

enum err cert_info_load_list(struct cert_info *out, const char *file, struct errmsg *m)
{
	struct cert_info one;
	size_t n = 0;
	FILE *f = fopen(file, "re");
	if (!f)
		return err_set(m, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "%s: %s", file,
		               strerror(errno));
	while (read_list(&one, f))
		if (n++ == 0 || one.not_after < out->not_after)
			*out = one;
	fclose(f);
	ERR_clear_error(); /* the end of the file is one */
	return n ? OK : err_set(m, ERR_CERT, "%s: no revocation list in PEM form in it", file);
}

#define DAY_MS 86400000ll

static instant_ms_t runs_out_ms(const struct cert_info *c)
{
	instant_ms_t quarter = (c->not_after - c->not_before) / 4;
	if (!c->is_list)
		return CERT_RUNS_OUT_DAYS * DAY_MS;
	return quarter < CERT_LIST_RUNS_OUT_DAYS * DAY_MS ? quarter : CERT_LIST_RUNS_OUT_DAYS * DAY_MS;
}

enum cert_validity cert_info_validity(const struct cert_info *c, instant_ms_t now, struct errmsg *m)
{
	char text[TIME_TEXT_MAX];
	if (c->not_before == INSTANT_NONE || c->not_after == INSTANT_NONE) {
		(void)err_set(m, ERR_CERT, "has dates that cannot be read");
		return CERT_EXPIRED;
	}
	if (now < c->not_before) {
		(void)err_set(m, ERR_CERT, "is not valid before %s",
		              instant_format(text, c->not_before, 0, false));
		return CERT_NOT_YET;
	}
	instant_format(text, c->not_after, 0, false);
	if (now > c->not_after) {
		(void)err_set(m, ERR_CERT, "has expired on %s", text);
		return CERT_EXPIRED;
	}
	if (c->not_after - now > runs_out_ms(c))
		return CERT_VALID;
	(void)err_set(m, ERR_CERT, "expires on %s, in %lld days", text,
	              (long long)((c->not_after - now) / DAY_MS));
	return CERT_RUNS_OUT;
}
