/*
 * What a registry says of itself over many connections: objects and extensions, its clock, and the security events of
 * log-ins (RFC 8807). What changes is logged once, with what it was; what stays is not logged at every connection.
 */
#ifndef VNEPP_SESSION_REGISTRY_VIEW_H
#define VNEPP_SESSION_REGISTRY_VIEW_H

#include "epp/base/arena.h"
#include "epp/base/date.h"
#include "epp/base/logapi.h"
#include "epp/response.h"

#include <stdbool.h>

struct registry_view {
	struct log *log;                /* borrowed */
	const char *registry, *account; /* borrowed */
	uint64_t skew_warn_ms;          /* 0: never */
	struct arena uris_arena;
	struct str *uris; /* sorted, each once; of the last greeting */
	size_t uri_count;
	bool greeted, skew_told;
	uint64_t greetings, changes;
	int64_t skew_ms;       /* registry's clock minus ours, at the last greeting that had one */
	uint64_t events_known; /* hash of the last log-in events */
	/* From the last events; INSTANT_NONE: not said. */
	instant_ms_t password_expires, certificate_expires;
};

void registry_view_init(struct registry_view *v, struct log *log, const char *registry, const char *account,
                        uint64_t skew_warn_ms);
void registry_view_fini(struct registry_view *v);
void registry_view_greeting(struct registry_view *v, const struct epp_greeting *g, instant_ms_t now);
void registry_view_login_events(struct registry_view *v, const struct epp_login_sec *events);

#endif
