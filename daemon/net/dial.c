/*
 * The production dialer.
 *
 * Happy path: dial() hands out a stream (TLS over TCP when wanted) and starts a name look-up; on_resolved() makes the
 * list of addresses; try_next() makes a handle and connects; on_connected() gives the handle to the TCP stream.
 * Failures: a look-up error ends the stream; a failing or too slow address is followed by the next one (each gets an
 * equal share of the time that is left); after the last one the stream ends with the last error and all its words. The
 * deadline for all of it ends the stream wherever it is.
 * Cancelled: the stream goes at once; the attempt lives on, without a stream, until libuv's callbacks have come. A
 * look-up cannot be stopped once it runs.
 */
#include "daemon/net/dial.h"
#include "daemon/core/loop_uv.h"
#include "daemon/net/sock_addr.h"
#include "daemon/net/stream.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_stream.h"
#include "epp/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

/* An address gets at least so much of the time that is left, even when there are many. */
#define ATTEMPT_MIN_MS 250

/* A connect request ends only with its callback, which may come after the next attempt has begun: one for each. */
struct attempt {
	uv_tcp_t handle; /* first: the memory is freed through it */
	uv_connect_t connect;
};

struct dial {
	struct tcp_opener opener;
	struct loop *loop;
	struct tcp_stream *tcp; /* borrowed; NULL when it has gone or got its connection */
	uv_getaddrinfo_t lookup;
	struct addrinfo *addresses, *next; /* owned; the one to try next */
	struct attempt *attempt;           /* owned; the one that runs */
	struct loop_timer attempt_deadline, deadline;
	int refs; /* callbacks of libuv that will come, and 1 while there is a stream */
	char host[256], source[64];
	char trying[80]; /* the address being tried */
	enum err why;
	char text[256]; /* the last failure */
};

static void try_next(struct dial *d);

static void unref(struct dial *d)
{
	if (--d->refs > 0)
		return;
	if (d->addresses)
		uv_freeaddrinfo(d->addresses);
	free(d);
}

/* Leaves the stream alone from now on. */
static void detach(struct dial *d)
{
	loop_timer_cancel(d->loop, &d->attempt_deadline);
	loop_timer_cancel(d->loop, &d->deadline);
	d->tcp = NULL;
	unref(d);
}

static void give_up(struct dial *d, enum err why, const char *text)
{
	struct tcp_stream *t = d->tcp;
	detach(d);
	tcp_stream_failed(t, why, text);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct dial *d = h->data;
	free(h);
	unref(d);
}

/* The handle's memory stays until its close callback; a connect callback comes before it. */
static void drop_attempt(struct dial *d)
{
	if (!d->attempt)
		return;
	uv_close((uv_handle_t *)&d->attempt->handle, on_handle_closed);
	d->attempt = NULL;
}

static void cancel(struct tcp_opener *o)
{
	struct dial *d = CONTAINER_OF(o, struct dial, opener);
	drop_attempt(d);
	uv_cancel(
	    (uv_req_t *)&d->lookup); /* refused when it runs or is over; its callback counts either way */
	detach(d);
}

static void note_failure(struct dial *d, enum err why, const char *text)
{
	d->why = why;
	snprintf(d->text, sizeof d->text, "%s: %s", d->trying, text);
}

/* ---- connecting ---- */

static uint64_t time_left(const struct dial *d)
{
	uint64_t now = loop_now(d->loop);
	return d->deadline.at_ms > now ? d->deadline.at_ms - now : 0;
}

static void on_connected(uv_connect_t *r, int status)
{
	struct dial *d = r->data;
	if (!d->tcp || status == UV_ECANCELED) {
		unref(d);
		return;
	}
	if (status != 0) {
		note_failure(d, loop_uv_err(status), uv_strerror(status));
		drop_attempt(d);
		try_next(d);
	} else {
		struct tcp_stream *t = d->tcp;
		uv_tcp_t *h = &d->attempt->handle;
		d->attempt = NULL;
		d->refs--; /* the handle's close callback is no more ours; the connect callback's is still held */
		detach(d);
		tcp_stream_opened(t, (uv_stream_t *)h);
	}
	unref(d);
}

static int bind_source(struct dial *d, int family)
{
	if (!d->source[0])
		return 0;
	struct sockaddr_storage ss = {0};
	int r = strchr(d->source, ':') ? uv_ip6_addr(d->source, 0, (struct sockaddr_in6 *)&ss)
	                               : uv_ip4_addr(d->source, 0, (struct sockaddr_in *)&ss);
	if (r == 0 && ss.ss_family != family)
		return UV_EADDRNOTAVAIL; /* an IPv6 address of the peer for an IPv4 source: the next one may fit */
	return r == 0 ? uv_tcp_bind(&d->attempt->handle, (const struct sockaddr *)&ss, 0) : r;
}

static int start_attempt(struct dial *d, const struct addrinfo *ai)
{
	sock_addr_format(d->trying, sizeof d->trying, ai->ai_addr);
	struct attempt *a = d->attempt = xcalloc(1, sizeof *a);
	INVARIANT(uv_tcp_init(loop_uv_of(d->loop), &a->handle) == 0);
	a->handle.data = a->connect.data = d;
	d->refs++; /* its close callback */
	int r = bind_source(d, ai->ai_family);
	if (r == 0)
		r = uv_tcp_connect(&a->connect, &a->handle, ai->ai_addr, on_connected);
	if (r == 0)
		d->refs++; /* the connect callback */
	return r;
}

static void set_attempt_deadline(struct dial *d)
{
	uint64_t left = 1;
	for (const struct addrinfo *ai = d->next; ai; ai = ai->ai_next)
		left++;
	uint64_t share = time_left(d) / left;
	loop_timer_set(d->loop, &d->attempt_deadline, share > ATTEMPT_MIN_MS ? share : ATTEMPT_MIN_MS);
}

static void try_next(struct dial *d)
{
	loop_timer_cancel(d->loop, &d->attempt_deadline);
	while (d->next) {
		const struct addrinfo *ai = d->next;
		d->next = ai->ai_next;
		int r = start_attempt(d, ai);
		if (r == 0) {
			set_attempt_deadline(d);
			return;
		}
		note_failure(d, loop_uv_err(r), uv_strerror(r));
		drop_attempt(d);
	}
	give_up(d, d->why, d->text);
}

static void attempt_late(struct loop_timer *t)
{
	struct dial *d = CONTAINER_OF(t, struct dial, attempt_deadline);
	note_failure(d, ERR_TIMEOUT, "timed out while connecting");
	drop_attempt(d);
	try_next(d);
}

static void all_late(struct loop_timer *t)
{
	struct dial *d = CONTAINER_OF(t, struct dial, deadline);
	char text[400];
	if (d->attempt)
		snprintf(text, sizeof text, "%s: timed out while connecting", d->trying);
	else
		snprintf(text, sizeof text, "%s: timed out while resolving the name", d->host);
	drop_attempt(d);
	uv_cancel((uv_req_t *)&d->lookup);
	give_up(d, ERR_TIMEOUT, text);
}

/* ---- resolving ---- */

static void on_resolved(uv_getaddrinfo_t *r, int status, struct addrinfo *res)
{
	struct dial *d = CONTAINER_OF(r, struct dial, lookup);
	d->addresses = d->next = res;
	if (d->tcp && status == 0 && res) {
		d->why = ERR_RESOLVE;
		try_next(d);
	} else if (d->tcp) {
		char text[400];
		snprintf(text, sizeof text, "%s: %s", d->host, status ? uv_strerror(status) : "no address");
		give_up(d, ERR_RESOLVE, text);
	}
	unref(d);
}

static void start_lookup(struct dial *d, uint16_t port)
{
	char service[8];
	snprintf(service, sizeof service, "%u", port);
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
	                         .ai_socktype = SOCK_STREAM,
	                         .ai_protocol = IPPROTO_TCP,
	                         .ai_flags = AI_ADDRCONFIG};
	/* A literal address needs no configured interface of its family (::1 on a host without IPv6). */
	struct in6_addr literal;
	if (uv_inet_pton(AF_INET, d->host, &literal) == 0 || uv_inet_pton(AF_INET6, d->host, &literal) == 0)
		hints.ai_flags = AI_NUMERICHOST;
	int r = uv_getaddrinfo(loop_uv_of(d->loop), &d->lookup, on_resolved, d->host, service, &hints);
	if (r == 0) {
		d->refs++;
		return;
	}
	char text[400];
	snprintf(text, sizeof text, "%s: %s", d->host, uv_strerror(r));
	give_up(d, ERR_RESOLVE, text);
}

static struct stream *dial(struct dialer *dialer, const struct dial_target *target)
{
	struct loop *loop = CONTAINER_OF(dialer, struct dialer_net, dialer)->loop;
	struct dial *d = xcalloc(1, sizeof *d);
	d->loop = loop;
	d->refs = 1;
	d->opener.cancel = cancel;
	d->attempt_deadline.fire = attempt_late;
	d->deadline.fire = all_late;
	loop_timer_set(loop, &d->deadline, target->timeout_ms);
	d->tcp = tcp_stream_new(loop, &d->opener);
	struct stream *s = tcp_stream_base(d->tcp);
	/* Made before anything can fail, so that it is told. */
	if (target->tls) {
		s = tls_stream_new(loop, s, target->tls,
		                   target->server_name ? target->server_name : target->host,
		                   target->timeout_ms);
		if (target->handshake_ms)
			tls_stream_set_handshake(s, target->handshake_ms);
	}
	bool fits = str_copy(d->host, sizeof d->host, str_c(target->host)) &&
	            str_copy(d->source, sizeof d->source, str_c(target->source_address));
	if (fits)
		start_lookup(d, target->port);
	else
		give_up(d, ERR_INVALID, "the host name or the source address is too long");
	return s;
}

void dialer_net_init(struct dialer_net *d, struct loop *loop)
{
	*d = (struct dialer_net){.dialer = {.dial = dial}, .loop = loop};
}
