/* Files that prove who we are. What is read is a secret: it is wiped where it is not kept. */
#include "daemon/credentials.h"
#include "certs/tls_ctx.h"
#include "daemon/core/config.h"
#include "epp/base/diag.h"
#include "epp/base/logapi.h"
#include "epp/base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* RFC 5730 pwType; longer ones need the loginSec extension (RFC 8807), which only the registry's greeting tells. */
#define EPP_PASSWORD_MIN 6
#define EPP_PASSWORD_MAX 16

enum err credentials_password(const char *path, struct secret_box *out, struct errmsg *e)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
	char *line = fgets(out->hidden, sizeof out->hidden, f);
	fclose(f);
	if (!line)
		return err_set(e, ERR_CONFIG, "%s: the first line must be the password", path);
	out->hidden[strcspn(out->hidden, "\r\n")] = '\0';
	if (out->hidden[0] == '\0')
		return err_set(e, ERR_CONFIG, "%s: the first line is empty; it must be the password", path);
	return OK;
}

enum err credentials_api_tls(const struct config *c, struct tls_ctx **out, struct errmsg *e)
{
	struct tls_profile p = {.role = TLS_SERVER,
	                        .ca_file = c->api_client_ca,
	                        .crl_file = c->api_client_crl,
	                        .cert_file = c->api_certificate,
	                        .key_file = c->api_key,
	                        .peer_cert = TLS_PEER_REQUIRED};
	return tls_ctx_load(out, &p, e);
}

enum err credentials_account_tls(const struct config_registry *r, const struct config_account *a,
                                 struct tls_ctx **out, struct errmsg *e)
{
	struct tls_profile p = {.role = TLS_CLIENT,
	                        .ca_file = r->ca_file,
	                        .crl_file = r->crl_file,
	                        .cert_file = a->certificate,
	                        .key_file = a->key};
	return tls_ctx_load(out, &p, e);
}

/* ---- check ---------------------------------------------------------------------------------------------------------- */

struct checking {
	struct diag *d;
	struct diag_pos pos;
	instant_ms_t now;
};

static void check_dates(const struct checking *k, const char *whose, const char *file,
                        const struct tls_ctx *tls)
{
	struct errmsg m = {""};
	const struct cert_info *cert = tls_ctx_cert(tls);
	enum cert_validity v = cert ? cert_info_validity(cert, k->now, &m) : CERT_VALID;
	if (v == CERT_VALID)
		return;
	diag_add(k->d, v == CERT_RUNS_OUT ? DIAG_WARNING : DIAG_ERROR, k->pos, "%s: certificate '%s' %s",
	         whose, file, m.text);
	if (v == CERT_NOT_YET)
		diag_help(k->d, "is this machine's clock right?");
	else
		diag_help(k->d, "put a new one into its place and reload; the fingerprint changes with it");
}

static void check_password(const struct checking *k, const char *whose, const char *file)
{
	struct secret_box password;
	struct errmsg e;
	if (credentials_password(file, &password, &e)) {
		diag_error(k->d, k->pos, "%s: password file %s", whose, e.text);
		return;
	}
	size_t n = strlen(password.hidden);
	secret_wipe(&password);
	if (n >= EPP_PASSWORD_MIN && n <= EPP_PASSWORD_MAX)
		return;
	diag_warning(k->d, k->pos, "%s: the password has %zu characters; EPP has room for %d to %d", whose, n,
	             EPP_PASSWORD_MIN, EPP_PASSWORD_MAX);
	diag_help(k->d, "only a registry that offers loginSec (RFC 8807) can take it");
}

static void check_account(const struct checking *k, const struct config_registry *r,
                          const struct config_account *a)
{
	char whose[160];
	struct tls_ctx *tls;
	struct errmsg e;
	snprintf(whose, sizeof whose, "account %s/%s", r->name, a->name);
	check_password(k, whose, a->password_file);
	if (a->new_password_file)
		check_password(k, whose, a->new_password_file);
	if (credentials_account_tls(r, a, &tls, &e)) {
		diag_error(k->d, k->pos, "%s: %s", whose, e.text);
		return;
	}
	check_dates(k, whose, a->certificate, tls);
	tls_ctx_unref(&tls);
}

void credentials_check(const struct config *c, instant_ms_t now, struct diag *d)
{
	struct checking k = {.d = d, .now = now};
	struct tls_ctx *tls;
	struct errmsg e;
	k.pos.source = diag_add_source(d, c->path, STR_NONE);
	if (credentials_api_tls(c, &tls, &e)) {
		diag_error(d, k.pos, "api: %s", e.text);
	} else {
		check_dates(&k, "api", c->api_certificate, tls);
		tls_ctx_unref(&tls);
	}
	for (size_t i = 0; i < c->registry_count; i++)
		for (size_t n = 0; n < c->registries[i].account_count; n++)
			check_account(&k, &c->registries[i], &c->registries[i].accounts[n]);
}

/* ---- watch ------------------------------------------------------------------------------------------------------------ */

/* A file that cannot be read any more is no matter of dates: the next reload tells. */
static void watch_one(const char *whose, const char *file, instant_ms_t now, struct log *log)
{
	struct cert_info cert;
	struct errmsg m = {""};
	if (!file || cert_info_load(&cert, file, &m))
		return;
	switch (cert_info_validity(&cert, now, &m)) {
	case CERT_VALID: break;
	case CERT_RUNS_OUT:
		LOG(log, LOG_WARNING, "certificate.runs_out", m.text, F_C("whose", whose), F_C("file", file));
		break;
	default:
		LOG(log, LOG_ERROR, "certificate.invalid", m.text, F_C("whose", whose), F_C("file", file));
		break;
	}
}

void credentials_watch(const struct config *c, instant_ms_t now, struct log *log)
{
	char whose[160];
	watch_one("api", c->api_certificate, now, log);
	for (size_t i = 0; i < c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i];
		for (size_t n = 0; n < r->account_count; n++) {
			snprintf(whose, sizeof whose, "account %s/%s", r->name, r->accounts[n].name);
			watch_one(whose, r->accounts[n].certificate, now, log);
		}
	}
}
