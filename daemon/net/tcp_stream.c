/*
 * Streams on libuv's TCP and pipe handles.
 *
 * Happy path: tcp_stream_opened() adopts a connected handle and starts reading; at the end of a turn pump() tries to
 * write all of `out` at once; what is left moves to `sending` for one uv_write(). Closing: all written -> uv_shutdown()
 * -> read and drop until the peer ends too, or is silent, or TCP_LINGER_MAX_MS -> uv_close().
 * Failures: a read or write error is on_eof(not clean) and the end of the stream; a stream that did not close well is
 * closed by a reset, so that the peer cannot take a part for the whole. While opening there may be no handle; the
 * opener is told to stop.
 * Callbacks of libuv that come after the end find the state ENDED and do nothing; the handle's close callback is the
 * last.
 */
#include "daemon/net/tcp_stream.h"
#include "daemon/core/loop_uv.h"
#include "daemon/net/stream_core.h"
#include "daemon/net/sock_addr.h"
#include "epp/base/alloc.h"

#include <stdlib.h>
#include <sys/socket.h>

/* One read; large enough for four TLS records, and shared by all streams of a thread: a view of it is delivered. */
#define READ_BYTES (64u << 10)
/* What an idle connection keeps of its buffers. */
#define KEEP_BYTES (16u << 10)

struct tcp_stream {
	struct stream_core core;
	struct tcp_opener *opener;   /* borrowed; while opening */
	struct tcp_watcher *watcher; /* borrowed */
	uv_stream_t *handle;         /* owned; NULL while opening */
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct buf sending; /* what `write` is about */
	bool writing, shutting, shut, peer_ended;
	uint64_t linger_until_ms; /* when shut */
	struct stream_peer peer;
};

static _Thread_local char read_space[READ_BYTES];

static struct tcp_stream *tcp_of(const struct stream_core *c)
{
	return CONTAINER_OF(c, struct tcp_stream, core);
}

static void end_by_uv(struct tcp_stream *t, int code, const char *doing)
{
	char text[160];
	snprintf(text, sizeof text, "%s: %s", doing, uv_strerror(code));
	core_end(&t->core, loop_uv_err(code), text);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	(void)h;
	(void)suggested;
	*b = uv_buf_init(read_space, READ_BYTES);
}

static void read_ended(struct tcp_stream *t)
{
	t->peer_ended = true;
	uv_read_stop(t->handle);
	if (t->core.state == STREAM_OPEN)
		core_eof(&t->core, true);
	else if (t->shut)
		core_end(&t->core, OK, "closed");
}

/* Our bytes are out: waits for the peer to end, or to be silent. */
static void linger(struct tcp_stream *t)
{
	uint64_t now = loop_now(t->core.loop), left = t->linger_until_ms > now ? t->linger_until_ms - now : 0;
	loop_timer_set(t->core.loop, &t->core.deadline, left < TCP_LINGER_MS ? left : TCP_LINGER_MS);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b)
{
	struct tcp_stream *t = h->data;
	if (n > 0 && t->shut) {
		linger(t);
	} else if (n > 0) {
		core_data(&t->core, str_make(b->base, (size_t)n));
	} else if (n == UV_EOF) {
		read_ended(t);
	} else if (n < 0 && t->shut) {
		core_end(&t->core, OK, "closed"); /* our bytes are out; it dropped its own */
	} else if (n < 0) {
		core_eof(&t->core, false);
		end_by_uv(t, (int)n, "reading");
	}
}

static void set_reading(struct stream_core *c, bool on)
{
	struct tcp_stream *t = tcp_of(c);
	if (!t->handle || t->peer_ended)
		return;
	if (on)
		uv_read_start(t->handle, on_alloc, on_read); /* already reading is fine */
	else
		uv_read_stop(t->handle);
}

/* ---- writing ---- */

static void on_shutdown(uv_shutdown_t *r, int status)
{
	struct tcp_stream *t = r->data;
	if (t->core.state == STREAM_ENDED)
		return;
	t->shut = true;
	t->linger_until_ms = loop_now(t->core.loop) + TCP_LINGER_MAX_MS;
	if (status != 0)
		end_by_uv(t, status, "closing");
	else if (t->peer_ended)
		core_end(&t->core, OK, "closed");
	else
		linger(t);
}

static void linger_over(struct loop_timer *timer)
{
	struct tcp_stream *t = tcp_of(CONTAINER_OF(timer, struct stream_core, deadline));
	if (t->shut)
		core_end(&t->core, OK, "closed");
	else
		core_end(&t->core, ERR_TIMEOUT, "the peer did not take the last bytes in time");
}

static void say_goodbye(struct tcp_stream *t)
{
	if (t->shutting)
		return;
	t->shutting = true;
	t->shutdown.data = t;
	int r = uv_shutdown(&t->shutdown, t->handle, on_shutdown);
	if (r != 0)
		end_by_uv(t, r, "closing");
}

static void on_written(uv_write_t *r, int status);

/* Hands what the system did not take at once to one request. */
static void queue_rest(struct tcp_stream *t)
{
	struct buf empty = t->sending;
	t->sending = t->core.out;
	t->core.out = empty;
	uv_buf_t b = uv_buf_init(buf_data(&t->sending), (unsigned)buf_len(&t->sending));
	t->write.data = t;
	int r = uv_write(&t->write, t->handle, &b, 1, on_written);
	if (r == 0)
		t->writing = true;
	else
		end_by_uv(t, r, "writing");
}

static void write_out(struct tcp_stream *t)
{
	struct buf *out = &t->core.out;
	uv_buf_t b = uv_buf_init(buf_data(out), (unsigned)buf_len(out));
	int n = uv_try_write(t->handle, &b, 1);
	if (n == UV_EAGAIN)
		n = 0;
	if (n < 0) {
		end_by_uv(t, n, "writing");
		return;
	}
	buf_consume(out, (size_t)n);
	if (buf_len(out))
		queue_rest(t);
	else
		buf_reset(out, KEEP_BYTES);
	core_drained(&t->core);
}

static void pump(struct stream_core *c)
{
	struct tcp_stream *t = tcp_of(c);
	if (t->writing || (c->state != STREAM_OPEN && c->state != STREAM_CLOSING))
		return;
	if (buf_len(&c->out))
		write_out(t);
	if (c->state == STREAM_CLOSING && !t->writing)
		say_goodbye(t);
}

static void on_written(uv_write_t *r, int status)
{
	struct tcp_stream *t = r->data;
	t->writing = false;
	buf_reset(&t->sending, KEEP_BYTES);
	if (t->core.state == STREAM_ENDED)
		return;
	if (status != 0) {
		core_eof(&t->core, false);
		end_by_uv(t, status, "writing");
		return;
	}
	core_drained(&t->core);
	pump(&t->core);
}

static size_t in_flight(const struct stream_core *c)
{
	return buf_len(&tcp_of(c)->sending);
}

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *h)
{
	struct tcp_stream *t = h->data;
	free(h);
	t->handle = NULL;
	core_gone(&t->core);
}

static void release(struct stream_core *c)
{
	struct tcp_stream *t = tcp_of(c);
	if (t->opener)
		t->opener->cancel(t->opener);
	t->opener = NULL;
	if (!t->handle) {
		core_gone(c);
		return;
	}
	bool reset = c->why != OK && t->handle->type == UV_TCP && !t->shutting;
	if (!reset || uv_tcp_close_reset((uv_tcp_t *)t->handle, on_handle_closed) != 0)
		uv_close((uv_handle_t *)t->handle, on_handle_closed);
}

static void destroy(struct stream_core *c)
{
	struct tcp_stream *t = tcp_of(c);
	struct tcp_watcher *w = t->watcher;
	buf_fini(&t->sending);
	free(t);
	if (w)
		w->gone(w);
}

static const struct stream_peer *peer(const struct stream_core *c)
{
	return &tcp_of(c)->peer;
}

static const struct stream_impl impl = {.pump = pump,
                                        .in_flight = in_flight,
                                        .set_reading = set_reading,
                                        .release = release,
                                        .destroy = destroy,
                                        .peer = peer};

/* ---- opening ---- */

struct tcp_stream *tcp_stream_new(struct loop *loop, struct tcp_opener *o)
{
	struct tcp_stream *t = xcalloc(1, sizeof *t);
	core_init(&t->core, loop, &impl);
	t->core.deadline.fire = linger_over;
	buf_init(&t->sending, STREAM_MAX_QUEUED);
	t->opener = o;
	return t;
}

/* Who was at the other end when it connected. Left out when the system does not say. */
static void read_credentials(struct tcp_stream *t)
{
	struct stream_peer *p = &t->peer;
	struct ucred cred;
	uv_os_fd_t fd;
	socklen_t len = sizeof cred;
	snprintf(p->address, sizeof p->address, "unix");
	if (uv_fileno((const uv_handle_t *)t->handle, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return;
	p->local = true;
	p->uid = cred.uid;
	p->gid = cred.gid;
	p->pid = cred.pid;
	len = sizeof p->groups;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, p->groups, &len) == 0)
		p->group_count = (uint32_t)(len / sizeof p->groups[0]);
}

static void read_peer_address(struct tcp_stream *t)
{
	if (t->handle->type == UV_TCP)
		sock_addr_of_peer((uv_tcp_t *)t->handle, t->peer.address, sizeof t->peer.address);
	else
		read_credentials(t);
}

void tcp_stream_opened(struct tcp_stream *t, uv_stream_t *handle)
{
	REQUIRE(!t->handle);
	t->opener = NULL;
	t->handle = handle;
	handle->data = t;
	if (t->core.state == STREAM_ENDED)
		return; /* closed meanwhile: the release that is on its way closes the handle */
	if (handle->type == UV_TCP)
		uv_tcp_nodelay((uv_tcp_t *)handle, 1);
	read_peer_address(t);
	core_open(&t->core);
	if (core_reads(&t->core))
		set_reading(&t->core, true);
}

void tcp_stream_failed(struct tcp_stream *t, enum err why, const char *text)
{
	t->opener = NULL;
	core_end(&t->core, why, text);
}

void tcp_stream_watch(struct tcp_stream *t, struct tcp_watcher *w)
{
	t->watcher = w;
}

struct stream *tcp_stream_base(struct tcp_stream *t)
{
	return &t->core.base;
}
