/*
 * The files that prove who we are: the API's certificate, and each registry account's password, certificate and key.
 * Loaded at start and reload, checked by `vneppd --check`, watched for certificates that run out.
 */
#ifndef VNEPP_CREDENTIALS_H
#define VNEPP_CREDENTIALS_H

#include "epp/base/date.h"
#include "epp/base/err.h"

struct config;
struct config_account;
struct config_registry;
struct diag;
struct log;
struct secret_box;
struct tls_ctx;

/* The first line of the file. */
enum err credentials_password(const char *path, struct secret_box *out, struct errmsg *e) MUST_CHECK;
enum err credentials_api_tls(const struct config *c, struct tls_ctx **out, struct errmsg *e) MUST_CHECK;
enum err credentials_account_tls(const struct config_registry *r, const struct config_account *a,
                                 struct tls_ctx **out, struct errmsg *e) MUST_CHECK;
/*
 * Loads all of them and throws them away again: what is wrong, whose it is, in `d`. A certificate that is not valid at
 * `now` (the system's time, not a sandbox's) is an error, one that will not be for long a warning.
 */
void credentials_check(const struct config *c, instant_ms_t now, struct diag *d);
/* The same about the dates of certificates, for the log of a daemon that goes on. */
void credentials_watch(const struct config *c, instant_ms_t now, struct log *log);

#endif
