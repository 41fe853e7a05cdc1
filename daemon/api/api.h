/*
 * The partners' HTTPS API (design.md section 3): batches in, results out. A partner is its TLS client certificate.
 *
 * The object owns the HTTP server; whoever wires the gateway hands it streams (http_server_on_stream with api_http()).
 * All calls and callbacks are on the loop's thread.
 *
 *   POST /v1/batches[?admission=valid][&priority=bulk][&dry_run=true]   NDJSON, JSON array or CSV, streamed; 202 only after the commit
 *   GET  /v1/batches/{id}                counts by state; ETag
 *   GET  /v1/batches/{id}/items          results in input order, pages by ?after= and ?limit=, ?state=; JSON, NDJSON, CSV
 *   POST /v1/batches/{id}/cancel         cancels what was not sent
 *   GET  /v1/batches/{id}/events         its changes as server-sent events, resumed by Last-Event-ID
 *   GET  /v1/changes                     all of a partner's changes in order, by ?after= and ?limit=; ?wait= seconds
 *   GET  /v1/items/{ref}                 one result
 *   POST /v1/items/{ref}/retry           a failed or refused item is decided and tried again
 *   POST /v1/domains                     one item; waits up to "Prefer: wait=N" seconds for it
 *   GET  /v1/domains?expiring=30d        names that expire or begin to cost in that time
 *   GET  /v1/domains/{name}              what we know of a name of this partner's
 *   POST /v1/decisions                   one item decided and explained; nothing of it is kept
 *   GET  /v1/openapi.json                the contract: OpenAPI 3.1
 *   GET  /v1/limits                      what this partner may do, and what of it is used
 *
 * Errors are problem details (RFC 9457) with type "urn:vnepp:problem:…".
 */
#ifndef VNEPP_API_API_H
#define VNEPP_API_API_H

#include "daemon/sched/sched.h"
#include "epp/base/attr.h"
#include "epp/base/date.h"
#include "epp/base/str.h"

#include <stddef.h>
#include <stdint.h>

struct api;
struct arena;
struct buf;
struct config;
struct decider;
struct json_t;
struct http_server;
struct log;
struct loop;
struct meter;
struct store_executor;
struct store_change;
struct store_row;

/* What holds an item that has not ended. */
struct api_held {
	const char *by;  /* "pause", "registry", "turn", "evidence", … (static); "nothing": it has ended */
	const char *who; /* who can change it: "operator", "partner", "policy admin", "registry", "nobody" */
	instant_ms_t until; /* INSTANT_NONE: nobody knows */
	char detail[256];
};

/* What the API asks of whoever wires it. */
struct api_owner {
	/* A batch is durable: there is new work. */
	void (*on_published)(void *arg);
	/* Why nothing can be admitted now (503), a text that lives on; NULL: it can. */
	const char *(*admission_closed)(void *arg);
	void (*explain)(void *arg, const struct store_row *row, struct api_held *out);
	/* This partner's limits: an object, which `done` takes over; NULL and the reason. Now or later, exactly once. */
	void (*limits)(void *arg, const char *partner,
	               void (*done)(void *ctx, const char *why, struct json_t *limits), void *ctx);
	/* sched_ask_names(): are these names free? NULL: nobody can be asked. */
	void (*ask_names)(void *arg, uint32_t account, uint32_t partner, const struct str *names,
	                  size_t count, uint64_t wait_ms, sched_asked_cb done, void *ctx);
	void *arg;
};

struct api_deps {
	struct loop *loop;                      /* borrowed, like the next three */
	struct store_executor *writer, *reader; /* may be the same */
	struct log *log;
	struct config *config;       /* a reference is taken */
	const uint32_t *partner_ids; /* by config->partners; copied */
	/* By partner, then registry: account_ids[partner * config->registry_count + registry]; 0: may not use it. Copied. */
	const uint32_t *account_ids;
	struct decider *decider; /* a reference is taken */
	struct meter *meter;     /* borrowed; NULL: nobody counts */
	struct api_owner owner;
};

struct api *api_new(const struct api_deps *deps) MUST_CHECK;
/*
 * Frees, with whatever is under way (without an answer). Every store operation must have come back, or its executor must
 * be gone; every connection must be closed.
 */
void api_free(struct api *a);

struct http_server *api_http(struct api *a);
/* One change as partners read it, a JSON object (api_change.c). */
void api_change_json(struct buf *b, const struct store_change *c);
/* Requests not answered, and answers whose store operation is under way; not those who wait for changes. */
size_t api_active(const struct api *a);
/* From now on; requests under way finish with what they began with. Limiter use is carried over by partner name. */
void api_set_config(struct api *a, struct config *config, const uint32_t *partner_ids,
                    const uint32_t *account_ids);
void api_set_decider(struct api *a, struct decider *d);
/*
 * The words for people that partners read in a result. What the policy refused or holds is told in Vietnamese and in English,
 * unless a person has said why. Points into `row`, the rules or `scratch`; empty: there are none.
 */
struct str api_result_message(const struct store_row *row, const struct decider *d, struct arena *scratch);
/* What a partner has used of its rate, and how often it came near it or beyond it. */
struct api_rate {
	uint64_t used;        /* of the burst, now */
	uint64_t empty_in_ms; /* until nothing is used */
	uint32_t near, over;
	uint32_t uploads; /* under way */
	uint32_t near_uploads, over_uploads, near_queued, over_queued;
};
void api_rate_of(const struct api *a, const char *partner, struct api_rate *out);
/* Of a partner's allowance of lines, millionths that are used up now; 0 without a limit or when nobody has asked yet. */
int64_t api_limit_used_ppm(const struct api *a, const char *partner);
/* No new requests on old connections; uploads under way go on. */
void api_drain(struct api *a);

#endif
