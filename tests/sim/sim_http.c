/* A partner's HTTP client on a stream in memory: one request, one answer, one connection. */
#include "epp/base/check.h"
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 30000

static void answer(struct sim_http *h, int status, struct str head, struct str body)
{
	void (*done)(void *, int, struct str, struct str) = h->done;
	h->done = NULL;
	loop_timer_cancel(&h->world->v.loop, &h->patience);
	if (done)
		done(h->arg, status, head, body);
}

static const char *find(struct str s, const char *what)
{
	return s.len ? memmem(s.ptr, s.len, what, strlen(what)) : NULL;
}

/* Undoes chunked coding in place; false: not complete. */
static bool unchunk(struct str body, struct buf *out)
{
	const char *at = body.ptr, *end = body.ptr + body.len;
	for (;;) {
		const char *eol = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (!eol)
			return false;
		size_t n = strtoul(at, NULL, 16);
		if (n == 0)
			return true;
		if ((size_t)(end - eol) < n + 4)
			return false;
		buf_append(out, eol + 2, n);
		at = eol + 2 + n + 2;
	}
}

static void look(struct sim_http *h, bool closed)
{
	struct str all = buf_str(&h->in);
	const char *end = find(all, "\r\n\r\n");
	if (!end || !h->done)
		return;
	struct str head = str_make(all.ptr, (size_t)(end - all.ptr) + 2);
	struct str body = str_make(end + 4, all.len - head.len - 2);
	int status = atoi(all.ptr + strlen("HTTP/1.1 "));
	const char *length = find(head, "Content-Length: ");
	struct buf plain;
	if (status == 100) {
		buf_consume(&h->in, head.len + 2);
		look(h, closed);
		return;
	}
	buf_init(&plain, 16u << 20);
	if (find(head, "Transfer-Encoding: chunked")) {
		if (unchunk(body, &plain))
			answer(h, status, head, buf_str(&plain));
	} else if (status == 304 ||
	           (length && body.len >= strtoul(length + strlen("Content-Length: "), NULL, 10))) {
		answer(h, status, head, body);
	}
	buf_fini(&plain);
	(void)closed; /* an answer that is cut is no answer */
}

static void on_open(void *arg)
{
	struct sim_http *h = arg;
	stream_write(h->stream, str_c(h->request));
	stream_write(h->stream, h->body);
}

static void on_data(void *arg, struct str data)
{
	struct sim_http *h = arg;
	buf_add(&h->in, data);
	look(h, false);
	if (!h->done)
		stream_close(h->stream);
}

static void on_eof(void *arg, bool clean)
{
	struct sim_http *h = arg;
	(void)clean;
	stream_close(h->stream);
}

static void on_closed(void *arg, enum err why, const char *text)
{
	struct sim_http *h = arg;
	(void)why;
	(void)text;
	h->stream = NULL;
	h->busy = false;
	answer(h, 0, STR_NONE, STR_NONE);
}

static void on_patience(struct loop_timer *t)
{
	struct sim_http *h = CONTAINER_OF(t, struct sim_http, patience);
	if (h->stream)
		stream_abort(h->stream);
}

void sim_http_init(struct sim_http *h, struct sim_world *w, int partner)
{
	char node[16];
	*h = (struct sim_http){.world = w, .patience = {.fire = on_patience}};
	snprintf(node, sizeof node, "partner%d", partner);
	mem_dialer_init(&h->dialer, w->net, node);
	h->dialer.identity = (struct stream_peer){.address = "memory", .tls = true};
	snprintf(h->dialer.identity.san_dns[0], sizeof h->dialer.identity.san_dns[0], "partner%d.sim",
	         partner);
	snprintf(h->dialer.identity.fingerprint, sizeof h->dialer.identity.fingerprint, "%064d", partner);
	buf_init(&h->in, 32u << 20);
}

void sim_http_send(struct sim_http *h, const char *method, const char *path, const char *headers,
                   struct str body, void (*done)(void *arg, int status, struct str head, struct str body),
                   void *arg)
{
	static const struct stream_events ev = {
	    .on_open = on_open, .on_data = on_data, .on_eof = on_eof, .on_closed = on_closed};
	struct dial_target target = {.host = "api", .port = 443, .timeout_ms = 5000};
	REQUIRE(!h->busy);
	h->busy = true;
	h->done = done;
	h->arg = arg;
	h->body = body;
	buf_clear(&h->in);
	snprintf(h->request, sizeof h->request,
	         "%s %s HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", method,
	         path, body.len, headers);
	loop_timer_set(&h->world->v.loop, &h->patience, PATIENCE_MS);
	h->stream = h->dialer.dialer.dial(&h->dialer.dialer, &target);
	stream_listen(h->stream, &ev, h);
}
