/*
 * A reload.
 *
 * Happy path: every file is read and checked ─▶ the gateway takes configuration and rules ─▶ the listeners, the log and the
 * token follow. What can go wrong comes first, and changes nothing: it is logged, and told to whoever asked.
 */
#include "certs/tls_ctx.h"
#include "daemon/admin/http_admin.h"
#include "daemon/credentials.h"
#include "daemon/daemon.h"
#include "daemon/files.h"
#include "daemon/gateway.h"
#include "daemon/gateway_observe.h"
#include "daemon/gateway_policy.h"
#include "daemon/net/listener.h"
#include "epp/base/alloc.h"
#include "policy/policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void daemon_load_token(struct daemon *d)
{
	if (d->http_admin && !http_admin_load_token(d->http_admin, d->config->admin_token_file))
		LOG(&d->log.log, LOG_ERROR, "admin.token_unreadable", "the token stays as it was",
		    F_C("file", d->config->admin_token_file));
}

struct reload {
	struct daemon *daemon;
	struct admin_conn *asker; /* NULL: a signal */
	struct config *config;
	struct tls_ctx *tls;
};

static void reload_over(struct reload *r, const char *why)
{
	struct daemon *d = r->daemon;
	if (why)
		LOG(&d->log.log, LOG_ERROR, "config.refused", why, F_C("file", d->config_path));
	gateway_observe_reloaded(d->observer, why == NULL);
	if (r->asker && why)
		admin_reply_error(r->asker, why);
	else if (r->asker)
		admin_reply(r->asker, gateway_policy_summary(d->gateway));
	sdnotify_ready(&d->notify);
	config_unref(&r->config);
	tls_ctx_unref(&r->tls);
	free(r);
}

/* Where we listen is taken from the configuration at start. */
static void tell_admin_listen(struct daemon *d, const struct config *c)
{
	bool same = d->config->admin_listen_count == c->admin_listen_count;
	for (size_t i = 0; i < c->admin_listen_count && same; i++)
		same = strcmp(d->config->admin_listen[i], c->admin_listen[i]) == 0;
	if (!same)
		LOG(&d->log.log, LOG_WARNING, "config.restart_needed",
		    "another admin.listen is taken up at the next start",
		    F_C("listen", c->admin_listen_count ? c->admin_listen[0] : "none"));
}

static void on_reloaded(void *arg, const char *why)
{
	struct reload *r = arg;
	struct daemon *d = r->daemon;
	if (!why) {
		listener_set_tls(d->listening.api, r->tls);
		listener_set_limits(d->listening.api, r->config->api_max_connections,
		                    r->config->api_max_per_address);
		log_set_level(&d->log, (enum log_level)r->config->log_level);
		tell_admin_listen(d, r->config);
		config_unref(&d->config);
		d->config = config_ref(r->config);
		daemon_load_token(d);
		credentials_watch(d->config, files_wall(), &d->log.log);
	}
	reload_over(r, why);
}

/* Everything that can fail comes first; the switch itself cannot. */
void daemon_reload(void *arg, struct admin_conn *asker)
{
	struct daemon *d = arg;
	struct reload *r = xcalloc(1, sizeof *r);
	struct policy_ruleset *rules;
	struct errmsg e;
	struct diag found;
	struct buf text;
	*r = (struct reload){.daemon = d, .asker = asker};
	sdnotify_reloading(&d->notify, &d->clock);
	diag_init(&found);
	buf_init(&text, 1u << 20);
	if (!files_load(d->config_path, &found, &r->config, &rules)) {
		files_print_findings(&found);
		diag_print(&found, &text);
		reload_over(r, buf_cstr(&text));
	} else if (credentials_api_tls(r->config, &r->tls, &e)) {
		policy_unref(&rules);
		reload_over(r, e.text);
	} else {
		gateway_reload(d->gateway, r->config, rules, on_reloaded, r);
		policy_unref(&rules);
	}
	buf_fini(&text);
	diag_fini(&found);
}
