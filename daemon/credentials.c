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
	const struct diag_source *source; /* the main file */
	instant_ms_t now;
};

/* A file and where it is named. */
struct named_file {
	const char *path;
	struct config_place at;
};

static struct diag_pos pos_of(const struct checking *k, const struct config_place *at)
{
	return (struct diag_pos){k->source, at->line, at->column, at->width};
}

/* What was read of it is there already, with its text. */
static const struct diag_source *source_of(struct diag *d, const char *path)
{
	for (size_t i = 0; i < d->source_count; i++)
		if (strcmp(d->sources[i]->name, path) == 0)
			return d->sources[i];
	return diag_add_source(d, path, STR_NONE);
}

/* The first of them that the words name. */
static struct config_place place_in(const char *words, const struct named_file *files, size_t count)
{
	char quoted[4200];
	for (size_t i = 0; i < count; i++) {
		snprintf(quoted, sizeof quoted, "'%s'", files[i].path ? files[i].path : "");
		if (files[i].path && strstr(words, quoted))
			return files[i].at;
	}
	return (struct config_place){0};
}

static void check_validity(const struct checking *k, const char *whose, const char *what,
                           const struct named_file *file, const struct cert_info *cert)
{
	struct errmsg m = {""};
	enum cert_validity v = cert ? cert_info_validity(cert, k->now, &m) : CERT_VALID;
	if (v == CERT_VALID)
		return;
	diag_add(k->d, v == CERT_RUNS_OUT ? DIAG_WARNING : DIAG_ERROR, pos_of(k, &file->at), "%s: %s '%s' %s",
	         whose, what, file->path, m.text);
	if (v == CERT_NOT_YET)
		diag_help(k->d, "is this machine's clock right?");
	else if (cert->is_list)
		diag_help(k->d, "one that has run out refuses everybody: fetch a new one and reload");
	else
		diag_help(k->d, "put a new one into its place and reload; the fingerprint changes with it");
}

/* Of several the first; one that has ended makes everybody's certificate worthless. */
static void check_authority(const struct checking *k, const char *whose, const struct named_file *file)
{
	struct cert_info authority;
	if (file->path && cert_info_load(&authority, file->path, NULL) == OK)
		check_validity(k, whose, "authority", file, &authority);
}

static void check_list(const struct checking *k, const char *whose, const struct named_file *file)
{
	struct cert_info list;
	if (file->path && cert_info_load_list(&list, file->path, NULL) == OK)
		check_validity(k, whose, "revocation list", file, &list);
}

static void check_password(const struct checking *k, const char *whose, const struct named_file *file)
{
	struct secret_box password;
	struct errmsg e;
	if (!file->path)
		return; /* reported where it was read, or not given */
	if (credentials_password(file->path, &password, &e)) {
		diag_error(k->d, pos_of(k, &file->at), "%s: password file %s", whose, e.text);
		return;
	}
	size_t n = strlen(password.hidden);
	secret_wipe(&password);
	if (n >= EPP_PASSWORD_MIN && n <= EPP_PASSWORD_MAX)
		return;
	diag_warning(k->d, pos_of(k, &file->at),
	             "%s: the password has %zu characters; EPP has room for %d to %d", whose, n,
	             EPP_PASSWORD_MIN, EPP_PASSWORD_MAX);
	diag_help(k->d, "only a registry that offers loginSec (RFC 8807) can take it");
}

/* Some of the files was refused when the configuration was read, and that was reported. */
static bool was_refused(const struct named_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!files[i].path && files[i].at.line > 0)
			return true;
	return false;
}

enum { FILE_KEY, FILE_CERTIFICATE, FILE_CRL, FILE_CA, FILES };

static void check_account(const struct checking *k, const struct config_registry *r,
                          const struct config_account *a)
{
	const struct named_file files[FILES] = {{a->key, a->key_at},
	                                        {a->certificate, a->certificate_at},
	                                        {r->crl_file, r->crl_at},
	                                        {r->ca_file, r->ca_at}},
	                        password = {a->password_file, a->password_at},
	                        next = {a->new_password_file, a->new_password_at};
	char whose[160];
	struct tls_ctx *tls;
	struct errmsg e;
	snprintf(whose, sizeof whose, "account %s/%s", r->name, a->name);
	check_password(k, whose, &password);
	check_password(k, whose, &next);
	if (was_refused(files, FILES) || !a->certificate != !a->key)
		return;
	if (credentials_account_tls(r, a, &tls, &e)) {
		struct config_place at = place_in(e.text, files, FILES);
		diag_error(k->d, pos_of(k, &at), "%s: %s", whose, e.text);
		return;
	}
	check_validity(k, whose, "certificate", &files[FILE_CERTIFICATE], tls_ctx_cert(tls));
	tls_ctx_unref(&tls);
}

static void check_api(const struct checking *k, const struct config *c)
{
	const struct named_file files[FILES] = {{c->api_key, c->api_key_at},
	                                        {c->api_certificate, c->api_certificate_at},
	                                        {c->api_client_crl, c->api_client_crl_at},
	                                        {c->api_client_ca, c->api_client_ca_at}};
	struct tls_ctx *tls;
	struct errmsg e;
	if (was_refused(files, FILES) || !c->api_certificate || !c->api_key || !c->api_client_ca)
		return;
	if (credentials_api_tls(c, &tls, &e)) {
		struct config_place at = place_in(e.text, files, FILES);
		diag_error(k->d, pos_of(k, &at), "api: %s", e.text);
		return;
	}
	check_validity(k, "api", "certificate", &files[FILE_CERTIFICATE], tls_ctx_cert(tls));
	check_list(k, "api", &files[FILE_CRL]);
	check_authority(k, "api", &files[FILE_CA]);
	tls_ctx_unref(&tls);
}

void credentials_check(const struct config *c, instant_ms_t now, struct diag *d)
{
	struct checking k = {.d = d, .source = source_of(d, c->path), .now = now};
	char whose[160];
	check_api(&k, c);
	for (size_t i = 0; i < c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i];
		const struct named_file list = {r->crl_file, r->crl_at}, ca = {r->ca_file, r->ca_at};
		snprintf(whose, sizeof whose, "registry %s", r->name);
		check_list(&k, whose, &list);
		check_authority(&k, whose, &ca);
		for (size_t n = 0; n < r->account_count; n++)
			check_account(&k, r, &r->accounts[n]);
	}
}

/* ---- watch ------------------------------------------------------------------------------------------------------------ */

static void say_validity(const char *whose, const char *file, const struct cert_info *cert, instant_ms_t now,
                         struct log *log)
{
	struct errmsg m = {""};
	switch (cert_info_validity(cert, now, &m)) {
	case CERT_VALID: break;
	case CERT_RUNS_OUT:
		LOG(log, LOG_WARNING, "certificate.runs_out", m.text, F_C("whose", whose), F_C("file", file));
		break;
	default:
		LOG(log, LOG_ERROR, "certificate.invalid", m.text, F_C("whose", whose), F_C("file", file));
		break;
	}
}

/* A file that cannot be read any more is no matter of dates: the next reload tells. */
static void watch_one(const char *whose, const char *file, instant_ms_t now, struct log *log)
{
	struct cert_info cert;
	if (file && cert_info_load(&cert, file, NULL) == OK)
		say_validity(whose, file, &cert, now, log);
}

static void watch_list(const char *whose, const char *file, instant_ms_t now, struct log *log)
{
	struct cert_info list;
	if (file && cert_info_load_list(&list, file, NULL) == OK)
		say_validity(whose, file, &list, now, log);
}

void credentials_watch(const struct config *c, instant_ms_t now, struct log *log)
{
	char whose[160];
	watch_one("api", c->api_certificate, now, log);
	watch_one("the partners' authority", c->api_client_ca, now, log);
	watch_list("the partners' revocation list", c->api_client_crl, now, log);
	for (size_t i = 0; i < c->registry_count; i++) {
		const struct config_registry *r = &c->registries[i];
		snprintf(whose, sizeof whose, "the authority of registry %s", r->name);
		watch_one(whose, r->ca_file, now, log);
		snprintf(whose, sizeof whose, "the revocation list of registry %s", r->name);
		watch_list(whose, r->crl_file, now, log);
		for (size_t n = 0; n < r->account_count; n++) {
			snprintf(whose, sizeof whose, "account %s/%s", r->name, r->accounts[n].name);
			watch_one(whose, r->accounts[n].certificate, now, log);
		}
	}
}
