/*
 * Certificates and keys of the accounts, watched: a new pair is taken without a reload.
 *
 * Happy path: every other second the files are looked at ─▶ they have changed, and have not since the last look (both are
 * written by then) ─▶ the pair is loaded off to the side ─▶ the sessions in use finish what is in flight and log out, new ones
 * come with the new certificate.
 *
 * Failure modes: the key does not fit, a file is missing or open to others, the certificate is not valid now: refused, logged
 * once, the old pair stays until the files change again. A reload is under way: looked at after it.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WATCH_MS 2000

/* What a file looks like from outside; all 0: it is not there. */
struct watch_file {
	uint64_t inode, size;
	int64_t changed_ns;
};

struct watch_pair {
	struct watch_file certificate, key;
};

struct gateway_watch {
	struct gateway *gateway;
	struct loop_timer tick;
	struct watch_pair *taken,
	    *seen; /* owned; by account: what is in use or was refused; at the last look */
};

static struct watch_file look_at(const char *path)
{
	struct stat st;
	if (!path || stat(path, &st) != 0)
		return (struct watch_file){0};
	return (struct watch_file){.inode = st.st_ino,
	                           .size = (uint64_t)st.st_size,
	                           .changed_ns =
	                               (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
}

static bool same_file(const struct watch_file *a, const struct watch_file *b)
{
	return a->inode == b->inode && a->size == b->size && a->changed_ns == b->changed_ns;
}

static bool same(const struct watch_pair *a, const struct watch_pair *b)
{
	return same_file(&a->certificate, &b->certificate) && same_file(&a->key, &b->key);
}

/* The way that will be in use: its configuration is the one in force. */
static const struct gateway_pool *way_of(const struct gateway_account *a)
{
	return a->next ? a->next : a->way;
}

static struct watch_pair look(const struct gateway_account *a)
{
	const struct config_account *c = way_of(a)->account_config;
	return (struct watch_pair){look_at(c->certificate), look_at(c->key)};
}

/* The system's time, not a sandbox's: it is what the registry will judge by. */
static enum err check_dates(const struct gateway *g, const struct gateway_pool *w, struct errmsg *e)
{
	const struct cert_info *cert = w->tls ? tls_ctx_cert(w->tls) : NULL;
	instant_ms_t now = loop_wall(g->env.loop) - g->env.loop->clock->shift_ms;
	struct errmsg why;
	enum cert_validity v = cert ? cert_info_validity(cert, now, &why) : CERT_VALID;
	if (v == CERT_VALID || v == CERT_RUNS_OUT)
		return OK;
	return err_set(e, ERR_CERT, "the certificate %s", why.text);
}

static void take(struct gateway_account *a)
{
	struct gateway *g = a->gateway;
	const struct gateway_pool *now = way_of(a);
	struct gateway_pool *next = NULL;
	struct errmsg e;
	enum err err =
	    gateway_pool_prepare(g, now->config, now->registry_config, now->account_config, &next, &e);
	if (!err && memcmp(&next->digest, &now->digest, sizeof now->digest) == 0) {
		gateway_pool_free(next); /* touched, or a reload was faster */
		return;
	}
	if (!err)
		err = check_dates(g, next, &e);
	if (err) {
		gateway_pool_free(next);
		LOG(g->env.log, LOG_ERROR, "certificate.refused", e.text,
		    F_C("registry", a->registry->config->name), F_C("account", a->config->name),
		    F_C("file", now->account_config->certificate));
		return;
	}
	LOG(g->env.log, LOG_NOTICE, "certificate.taken", "a new certificate is in use from now on",
	    F_C("registry", a->registry->config->name), F_C("account", a->config->name),
	    F_C("file", now->account_config->certificate),
	    F_C("subject", next->tls && tls_ctx_cert(next->tls) ? tls_ctx_cert(next->tls)->subject : ""));
	gateway_account_replace(a, next);
}

static void on_tick(struct loop_timer *t)
{
	struct gateway_watch *w = CONTAINER_OF(t, struct gateway_watch, tick);
	struct gateway *g = w->gateway;
	for (size_t i = 0; !g->reload && i < gateway_account_count(g); i++) {
		struct gateway_account *a = gateway_account_at(g, i);
		struct watch_pair now;
		if (a->closed)
			continue;
		now = look(a);
		bool quiet = same(&now, &w->seen[i]);
		w->seen[i] = now;
		if (!quiet || same(&now, &w->taken[i]))
			continue;
		w->taken[i] = now;
		take(a);
	}
	loop_timer_set(g->env.loop, t, WATCH_MS);
}

void gateway_watch_start(struct gateway *g)
{
	size_t n = gateway_account_count(g);
	if (g->env.plain)
		return; /* there are no certificates */
	struct gateway_watch *w = xcalloc(1, sizeof *w);
	w->gateway = g;
	w->taken = xcalloc(n + 1, sizeof *w->taken);
	w->seen = xcalloc(n + 1, sizeof *w->seen);
	for (size_t i = 0; i < n; i++)
		w->taken[i] = w->seen[i] = look(gateway_account_at(g, i));
	w->tick.fire = on_tick;
	loop_timer_set(g->env.loop, &w->tick, WATCH_MS);
	g->watch = w;
}

void gateway_watch_stop(struct gateway *g)
{
	if (g->watch)
		loop_timer_cancel(g->env.loop, &g->watch->tick);
}

void gateway_watch_free(struct gateway *g)
{
	struct gateway_watch *w = g->watch;
	if (!w)
		return;
	gateway_watch_stop(g);
	free(w->taken);
	free(w->seen);
	free(w);
	g->watch = NULL;
}
