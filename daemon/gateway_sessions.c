/* Every EPP session and endpoint, for operators. */
#include "daemon/gateway_int.h"
#include "daemon/session/pool_view.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *day_of(instant_ms_t t)
{
	char out[DATE_TEXT_MAX];
	return t == INSTANT_NONE ? json_null()
	                         : json_string(date_format(out, date_of_instant(t, HANOI_OFFSET_S)));
}

static json_t *place(const char *host, uint16_t port)
{
	char text[300];
	snprintf(text, sizeof text, "%s:%u", host, port);
	return gateway_text(str_c(text));
}

static void add_sessions(json_t *list, const struct gateway_account *a)
{
	uint32_t max = a->way->account_config->sessions;
	struct pool_session_view *s = xcalloc(max, sizeof *s);
	const struct cert_info *ours = a->way->tls ? tls_ctx_cert(a->way->tls) : NULL;
	size_t n = pool_view_sessions(a->pool, s, max);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    list,
		    json_pack("{s:I, s:s, s:s, s:o, s:o, s:s, s:I, s:i, s:i, s:o, s:o, s:o}", "session",
		              (json_int_t)s[i].id, "registry", a->registry->config->name, "account",
		              a->config->name, "endpoint", place(s[i].host, s[i].port), "address",
		              gateway_text(str_c(s[i].address)), "state", session_state_name(s[i].state),
		              "age_s", (json_int_t)(s[i].age_ms / 1000), "window", (int)s[i].window,
		              "in_flight", (int)s[i].in_flight, "tls", gateway_text(str_c(s[i].tls_version)),
		              "our_certificate_until", day_of(ours ? ours->not_after : INSTANT_NONE),
		              "their_certificate_until", day_of(s[i].peer_expires)));
	free(s);
}

static void add_endpoints(json_t *list, const struct gateway_account *a)
{
	size_t max = a->way->registry_config->endpoint_count;
	struct pool_endpoint_view *e = xcalloc(max + 1, sizeof *e);
	size_t n = pool_view_endpoints(a->pool, e, max);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
		                      json_pack("{s:s, s:s, s:o, s:s, s:i, s:i, s:i, s:I}", "registry",
		                                a->registry->config->name, "account", a->config->name,
		                                "endpoint", place(e[i].host, e[i].port), "state", e[i].state,
		                                "sessions", (int)e[i].use, "connecting", (int)e[i].connecting,
		                                "failures", (int)e[i].failures, "retry_in_s",
		                                (json_int_t)((e[i].retry_in_ms + 999) / 1000)));
	free(e);
}

json_t *gateway_sessions(struct gateway *g)
{
	json_t *sessions = json_array(), *endpoints = json_array();
	for (size_t i = 0; g->running && i < gateway_account_count(g); i++) {
		const struct gateway_account *a = gateway_account_at(g, i);
		add_sessions(sessions, a);
		if (!a->closed)
			add_endpoints(endpoints, a);
	}
	return json_pack("{s:o, s:o}", "sessions", sessions, "endpoints", endpoints);
}
