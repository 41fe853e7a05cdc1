/*
 * The administration listener: figures, health and the status page, on this machine alone (http_access.h).
 *
 *   GET /livez                 200 "ok": the loop turns                                              open
 *   GET /readyz[?verbose]      200, or 503 with what is missing                                     open
 *   GET /metrics               Prometheus text or OpenMetrics, by Accept                            open
 *   GET /                      the status page, or the form for the token (401)                     token or user
 *   POST /login, /logout       token=…: gives a cookie; takes it away                               open
 *   GET /status.json           what the page shows (gateway_observe.h has its members)              token or user
 *   GET /history.json?step=S   {"step":S,"series":{"queued":[[time, mean, highest], …], …}}          token or user
 *   GET /events                server-sent events: "status" every two seconds, "point" with figures token or user
 *
 * For the loop's thread.
 */
#ifndef VNEPP_ADMIN_HTTP_ADMIN_H
#define VNEPP_ADMIN_HTTP_ADMIN_H

#include "epp/base/attr.h"
#include "epp/base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define HTTP_ADMIN_CONNECTIONS 64 /* browsers of some operators, Prometheus, health checks */
#define HTTP_ADMIN_EVENTS_MAX  16 /* streams of events at once; beyond: 503 */
#define HTTP_ADMIN_EVENT_MS    2000
#define HTTP_ADMIN_STATUS_MAX  (4u << 20)
#define HTTP_ADMIN_CHECKS_MAX  64

struct http_admin;
struct http_server;
struct log;
struct loop;
struct stats;
struct store_executor;

enum http_admin_health { HTTP_ADMIN_FINE, HTTP_ADMIN_WARNS, HTTP_ADMIN_FAILS };

/* One line of /readyz. */
struct http_admin_check {
	enum http_admin_health health; /* FAILS: not ready */
	char name[96], text[192];      /* "store", "registry sim/anphat"; what is wrong, or how it is */
};

/* Borrowed for its life. */
struct http_admin_deps {
	struct loop *loop;
	struct log *log;
	struct stats *stats;
	struct store_executor *reader; /* for history; NULL: there is none */
	const char *const *series;     /* names of the history's series, NULL-terminated; by their number */
	/* Brings figures up to date that nobody counts. */
	void (*refresh)(void *arg);
	size_t (*checks)(void *arg, struct http_admin_check *out, size_t max);
	/* Appends one JSON object without line breaks. */
	void (*status)(void *arg, struct buf *out);
	void *arg;
};

struct http_admin *http_admin_new(const struct http_admin_deps *deps) MUST_CHECK;
/* Every connection must be closed, every operation of the store back. */
void http_admin_free(struct http_admin *a);
/* Connections are given to http_server_on_stream() of this. */
struct http_server *http_admin_server(struct http_admin *a);
/* The first line of a file, or NULL for none; cookies of another token end. False: it cannot be read. */
bool http_admin_load_token(struct http_admin *a, const char *file) MUST_CHECK;
/* Figures of a moment for the plots that are open: values in the order of the series, INT64_MIN: nothing to say. */
void http_admin_point(struct http_admin *a, int64_t at_ms, const int64_t *values, size_t count);
/* Ends the streams of events; no further requests on old connections. */
void http_admin_drain(struct http_admin *a);

#endif
