/* HTTPS to the gateway, one request at a time over one kept connection (libcurl). Ctrl-C ends a transfer. */
#ifndef VNEPP_CLI_HTTP_CLIENT_H
#define VNEPP_CLI_HTTP_CLIENT_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

#include <stdint.h>
#include <stdio.h>

#define HTTP_CLIENT_BODY_MAX (64u << 20) /* of an answer: a page of 1,000 results is about 2 MB */

struct conn;
struct http_client;

struct http_client_request {
	const char *method;          /* "GET" */
	const char *path;            /* "/v1/…", with the query */
	const char *accept;          /* NULL: application/json */
	const char *content_type;    /* of the body */
	const char *idempotency_key; /* NULL: none */
	const char *etag;            /* NULL; otherwise 304 may be the answer */
	FILE *body;                  /* borrowed; read from its beginning; NULL: none */
	uint64_t body_len;
};

struct http_client_response {
	int status;
	char location[512], etag[128], content_type[128], link[512]; /* "" when not given */
	int64_t retry_after_ms;                                      /* -1: not told */
	struct buf body;
};

/* ERR_CONFIG: no URL, or files that cannot be read. Borrows what `c` points to. */
enum err http_client_new(const struct conn *c, struct http_client **out, struct errmsg *e) MUST_CHECK;
void http_client_free(struct http_client *h);

void http_client_response_init(struct http_client_response *r);
void http_client_response_fini(struct http_client_response *r);
/*
 * OK whenever there was an answer, whatever its status. ERR_CONNECT, ERR_RESOLVE, ERR_TIMEOUT: not reached; ERR_CLOSED:
 * lost on the way, the request may have been executed; ERR_TLS, ERR_CERT: not trusted, here or there; ERR_CANCELED:
 * Ctrl-C; ERR_TOO_LONG: a body over the limit; ERR_IO: the request's own file cannot be read.
 */
enum err http_client_send(struct http_client *h, const struct http_client_request *q,
                          struct http_client_response *r, struct errmsg *e) MUST_CHECK;

#endif
