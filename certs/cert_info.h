/* What we want to know of a certificate, as plain text. */
#ifndef VNEPP_CERTS_CERT_INFO_H
#define VNEPP_CERTS_CERT_INFO_H

#include "epp/base/date.h"
#include "epp/base/err.h"

#include <stdbool.h>

struct x509_st;

#define CERT_NAMES    4
#define CERT_NAME_MAX 128

struct cert_info {
	char subject[256];    /* RFC 2253; empty when longer (a cut name could be somebody else's) */
	char issuer[256];     /* the same */
	char fingerprint[65]; /* SHA-256 of the certificate (DER), lower-case hex */
	char spki_pin[65];    /* SHA-256 of its public key (SubjectPublicKeyInfo, DER), lower-case hex */
	char san_dns[CERT_NAMES]
	            [CERT_NAME_MAX]; /* first names; too long or with a NUL byte inside: left out */
	char san_uri[CERT_NAMES][CERT_NAME_MAX];
	instant_ms_t not_before, not_after;
	bool is_list; /* of revoked certificates: who signed it, when it was made, when the next one is due */
};

#define CERT_RUNS_OUT_DAYS 30 /* a registry's certificate takes weeks of letters */
/* Lists live from hours to months: told in the last quarter of their life, three days before the end at most. */
#define CERT_LIST_RUNS_OUT_DAYS 3

enum cert_validity {
	CERT_VALID,
	CERT_RUNS_OUT, /* valid, and not for long any more */
	CERT_EXPIRED,
	CERT_NOT_YET,
};
/* `m` gets the words for anything but CERT_VALID: "has expired on …". Dates that cannot be read are CERT_EXPIRED. */
enum cert_validity cert_info_validity(const struct cert_info *c, instant_ms_t now, struct errmsg *m);

void cert_info_read(struct cert_info *out, struct x509_st *cert);
/* The first certificate of a PEM file. */
enum err cert_info_load(struct cert_info *out, const char *file, struct errmsg *m) MUST_CHECK;
/* The list of revoked certificates in a PEM file; of several the one that ends first. `subject` is who signed it. */
enum err cert_info_load_list(struct cert_info *out, const char *file, struct errmsg *m) MUST_CHECK;

#endif
