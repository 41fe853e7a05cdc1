/*
 * One account's way to its registry: credentials and sessions, made from one configuration, which it keeps.
 *
 * Happy path: gateway_pool_prepare() loads everything that can fail ─▶ gateway_pool_open() ─▶ messages are stored as
 * they come ─▶ gateway_pool_close() ─▶ the sessions log out ─▶ gateway_pool_closed() is told.
 *
 * Failure modes: a file cannot be loaded: nothing was opened, the way in use stays. A message is still being stored when
 * the sessions are gone: closed is told after it.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"
#include "epp/base/hash.h"
#include "epp/dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (1u << 20) /* a chain of certificates is some kilobytes */

/* ---- preparing ------------------------------------------------------------------------------------------------------- */

/* A file that cannot be read is reported by whoever loads it. */
static void add_file(struct sha256_stream *h, const char *path)
{
	char block[4096];
	size_t n, left = FILE_MAX_BYTES;
	FILE *f = path ? fopen(path, "re") : NULL;
	while (f && left > 0 && (n = fread(block, 1, sizeof block < left ? sizeof block : left, f)) > 0) {
		sha256_stream_add(h, str_make(block, n));
		left -= n;
	}
	if (f)
		fclose(f);
	explicit_bzero(block, sizeof block);
}

/* What makes this way different from another: what is configured, and what the files hold. */
static void digest(struct gateway_pool *w)
{
	struct sha256_stream *h = sha256_stream_new();
	sha256_stream_add(h, str_make((const char *)w->account_config->digest,
	                              sizeof w->account_config->digest));
	/* The limits file may say otherwise than the account's own entry, of which the digest was made. */
	uint32_t widths[] = {w->account_config->sessions, w->account_config->window};
	sha256_stream_add(h, str_make((const char *)widths, sizeof widths));
	add_file(h, w->registry_config->ca_file);
	add_file(h, w->registry_config->crl_file);
	add_file(h, w->account_config->certificate);
	add_file(h, w->account_config->key);
	add_file(h, w->account_config->password_file);
	add_file(h, w->account_config->new_password_file);
	sha256_stream_finish(h, &w->digest);
}

/* Of a session only this is known. */
static struct str session_fact(void *arg, enum epp_fact fact, struct str name, size_t entry)
{
	const struct gateway_pool *w = arg;
	(void)name, (void)entry;
	return fact == EPP_FACT__LOGIN ? str_c(w->account_config->login) : STR_NONE;
}

static size_t no_entries(void *arg, enum epp_fact_list list)
{
	(void)arg, (void)list;
	return 0;
}

/* The registry's own elements on the sessions' commands: the same on each, so they are made once. */
static enum err extend_sessions(struct gateway_pool *w, struct errmsg *e)
{
	const struct epp_dialect *d = w->registry_config->mapping;
	const struct epp_fact_source source = {session_fact, no_entries, w};
	const struct {
		enum epp_dialect_command command;
		struct session_extension *to;
	} all[] = {{EPP_DIALECT_SESSION_LOGIN, &w->login_ext},
	           {EPP_DIALECT_SESSION_POLL, &w->poll_ext},
	           {EPP_DIALECT_SESSION_LOGOUT, &w->logout_ext}};
	enum err err = OK;
	for (size_t i = 0; d && i < ARRAY_LEN(all) && !err; i++)
		err = epp_dialect_write(d, all[i].command, &source, &w->ext_arena, &all[i].to->list,
		                        &all[i].to->count, e);
	return err;
}

enum err gateway_pool_prepare(struct gateway *g, struct config *config, const struct config_registry *r,
                              const struct config_account *a, struct gateway_pool **out, struct errmsg *e)
{
	struct gateway_pool *w = xcalloc(1, sizeof *w);
	w->gateway = g;
	w->config = config_ref(config);
	w->registry_config = r;
	w->account_config = a;
	w->endpoints = xcalloc(r->endpoint_count, sizeof *w->endpoints);
	for (size_t i = 0; i < r->endpoint_count; i++)
		w->endpoints[i] = (struct pool_endpoint){r->endpoints[i].host, r->endpoints[i].port};
	digest(w);
	arena_init(&w->ext_arena);
	enum err err = extend_sessions(w, e);
	if (!err)
		err = credentials_password(a->password_file, &w->password, e);
	if (!err && a->new_password_file)
		err = credentials_password(a->new_password_file, &w->new_password, e);
	if (!err && !g->env.plain)
		err = credentials_account_tls(r, a, &w->tls, e);
	if (err)
		gateway_pool_free(w);
	else
		*out = w;
	return err;
}

void gateway_pool_free(struct gateway_pool *w)
{
	if (!w)
		return;
	if (w->pool)
		pool_free(w->pool);
	tls_ctx_unref(&w->tls);
	secret_wipe(&w->password);
	secret_wipe(&w->new_password);
	arena_fini(&w->message_arena);
	arena_fini(&w->ext_arena);
	free(w->endpoints);
	config_unref(&w->config);
	free(w);
}

struct job_registry gateway_pool_facts(const struct gateway_pool *w)
{
	struct job_registry facts = job_registry_of(w->registry_config, w->account_config);
	facts.rng = w->gateway->env.rng;
	return facts;
}

/* ---- pools ------------------------------------------------------------------------------------------------------------- */

static void on_room(void *arg)
{
	sched_on_room(((struct gateway_pool *)arg)->account->sched);
}

static void on_drained(void *arg)
{
	struct gateway_pool *w = arg;
	w->drained = true;
	if (!w->storing)
		gateway_pool_closed(w);
}

void gateway_pool_open(struct gateway_pool *w, struct gateway_account *a)
{
	static const struct pool_events ev = {.on_room = on_room,
	                                      .on_message = gateway_message,
	                                      .on_drained = on_drained};
	const struct config_registry *r = w->registry_config;
	struct gateway_env *env = &w->gateway->env;
	struct pool_config c = {
	    .session = {.loop = env->loop,
	                .dialer = env->dialer,
	                .limits = &a->registry->limits,
	                .log = env->log,
	                .tap = &a->tap,
	                .registry = r->name,
	                .account = w->account_config->name,
	                .server_name = r->server_name,
	                .source_address = r->source_address,
	                .tls = w->tls,
	                .login = w->account_config->login,
	                .password = secret_in(&w->password),
	                .language = r->language,
	                .login_ext = w->login_ext,
	                .poll_ext = w->poll_ext,
	                .logout_ext = w->logout_ext,
	                .objects = r->objects,
	                .object_count = r->object_count,
	                .extensions = r->extensions,
	                .extension_count = r->extension_count,
	                .required = r->required,
	                .required_count = r->required_count,
	                .window = w->account_config->window,
	                .connect_ms = r->connect_ms,
	                .tls_ms = r->tls_ms,
	                .greeting_ms = r->greeting_ms,
	                .login_ms = r->login_ms,
	                .answer_ms = r->answer_ms,
	                .logout_ms = r->logout_ms,
	                .keepalive_ms = r->keepalive_ms,
	                .max_age_ms = r->max_age_ms},
	    .new_password = secret_in(&w->new_password),
	    .endpoints = w->endpoints,
	    .endpoint_count = r->endpoint_count,
	    .sessions = w->account_config->sessions,
	    .session_limit = &a->sessions,
	    .window_limit = &a->window,
	    .backoff_min_ms = r->backoff_min_ms,
	    .backoff_max_ms = r->backoff_max_ms,
	    .poll_ms = r->poll_ms,
	    .skew_warn_ms = r->skew_warn_ms,
	    .rng = env->rng,
	    .date_offset_s = r->date_offset_s,
	    .epoch = w->gateway->epoch,
	};
	if (a->opened)
		snprintf(c.session.trid_prefix, sizeof c.session.trid_prefix, "S%u.%u", a->id, a->opened);
	else
		snprintf(c.session.trid_prefix, sizeof c.session.trid_prefix, "S%u", a->id);
	a->opened++;
	w->account = a;
	w->pool = pool_new(&c, &ev, w);
}

void gateway_pool_close(struct gateway_pool *w)
{
	pool_drain(w->pool);
}
