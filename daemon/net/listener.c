/*
 * A listening socket.
 *
 * Happy path: on_connection() makes a handle, accepts, counts it, makes the stream (with TLS on top), tells the owner,
 * and only then opens it. When the stream has gone, the counts go down.
 * Failures: over a limit another connection makes room, whoever is missed least; when there is none, the new one is
 * accepted and reset (left in the backlog, it would keep the loop busy). Accept errors (out of descriptors) are counted
 * as refused.
 * Closing: the socket closes; the memory stays until its close callback has come and the last connection is gone.
 */
#include "daemon/net/listener.h"
#include "certs/tls_ctx.h"
#include "daemon/core/loop_uv.h"
#include "daemon/net/sock_addr.h"
#include "daemon/net/stream.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_stream.h"
#include "daemon/net/tls_turns.h"
#include "epp/base/alloc.h"
#include "epp/base/map.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG             511 /* the kernel cuts it to its own limit */
#define DEFAULT_CONNECTIONS 1024

union any_handle {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

struct listener {
	struct loop *loop;
	union any_handle socket;
	bool is_unix, closing, socket_closed;
	struct tls_ctx *tls;     /* a reference, or NULL */
	struct tls_turns *turns; /* a reference */
	uint32_t max_connections, max_per_address;
	void (*on_stream)(void *arg, struct stream *s);
	bool (*make_room)(void *arg, const char *host);
	void *arg;
	char address[128]; /* a Unix socket's path is at most 107 bytes */
	uint16_t port;
	struct listener_stats stats;
	struct map by_address; /* of struct per_address, which it owns */
};

/* One per peer address with connections. */
struct per_address {
	uint32_t open;
	char host[64];
};

/* One per connection: takes it off the counts. */
struct ticket {
	struct tcp_watcher watcher;
	struct listener *l;
	struct per_address *from; /* NULL for Unix sockets */
};

static void free_when_done(struct listener *l)
{
	if (!l->closing || !l->socket_closed || l->stats.open)
		return;
	map_fini(&l->by_address);
	tls_turns_unref(&l->turns);
	tls_ctx_unref(&l->tls);
	free(l);
}

/* ---- counting ---- */

static void on_gone(struct tcp_watcher *w)
{
	struct ticket *t = CONTAINER_OF(w, struct ticket, watcher);
	struct listener *l = t->l;
	l->stats.open--;
	if (t->from && --t->from->open == 0) {
		map_del(&l->by_address, str_c(t->from->host));
		free(t->from);
	}
	free(t);
	free_when_done(l);
}

static struct per_address *count_address(struct listener *l, const char *host)
{
	struct per_address *p = map_get(&l->by_address, str_c(host));
	if (!p) {
		p = xcalloc(1, sizeof *p);
		snprintf(p->host, sizeof p->host, "%s", host);
		map_put(&l->by_address, str_c(p->host), p);
	}
	p->open++;
	return p;
}

static bool make_room(const struct listener *l, const char *host)
{
	return l->make_room && l->make_room(l->arg, host);
}

/* There is a place for it, or one is being made. */
static bool has_room(struct listener *l, const char *host)
{
	const struct per_address *p = l->is_unix ? NULL : map_get(&l->by_address, str_c(host));
	if (p && l->max_per_address && p->open >= l->max_per_address)
		return make_room(l, host);
	return l->stats.open < l->max_connections || make_room(l, NULL);
}

static struct ticket *ticket_new(struct listener *l, const char *host)
{
	struct ticket *t = xcalloc(1, sizeof *t);
	t->watcher.gone = on_gone;
	t->l = l;
	t->from = l->is_unix ? NULL : count_address(l, host);
	l->stats.open++;
	l->stats.accepted++;
	return t;
}

/* ---- accepting ---- */

static void init_handle(struct listener *l, union any_handle *h)
{
	uv_loop_t *uv = loop_uv_of(l->loop);
	INVARIANT((l->is_unix ? uv_pipe_init(uv, &h->pipe, 0) : uv_tcp_init(uv, &h->tcp)) == 0);
}

static void on_refused_closed(uv_handle_t *h)
{
	free(h);
}

static void refuse(struct listener *l, union any_handle *h)
{
	l->stats.refused++;
	if (l->is_unix || uv_tcp_close_reset(&h->tcp, on_refused_closed) != 0)
		uv_close(&h->handle, on_refused_closed);
}

static void read_host(const struct listener *l, const union any_handle *h, char *out, size_t size)
{
	struct sockaddr_storage ss;
	int len = sizeof ss;
	out[0] = '\0';
	if (!l->is_unix && uv_tcp_getpeername(&h->tcp, (struct sockaddr *)&ss, &len) == 0)
		sock_addr_host(out, size, (const struct sockaddr *)&ss);
}

/* A connection that nobody has opened needs nobody to stop. */
static void nothing_to_cancel(struct tcp_opener *o)
{
	(void)o;
}

static struct tcp_opener no_opener = {nothing_to_cancel};

static void admit(struct listener *l, union any_handle *h, const char *host)
{
	struct ticket *ticket = ticket_new(l, host);
	struct tcp_stream *t = tcp_stream_new(l->loop, &no_opener);
	tcp_stream_watch(t, &ticket->watcher);
	struct stream *s = tcp_stream_base(t);
	if (l->tls) {
		s = tls_stream_new(l->loop, s, l->tls, NULL, LISTENER_HANDSHAKE_MS);
		tls_stream_take_turns(s, l->turns);
	}
	l->on_stream(l->arg, s);
	tcp_stream_opened(t, &h->stream);
}

static void on_connection(uv_stream_t *server, int status)
{
	struct listener *l = server->data;
	if (status != 0) {
		l->stats.refused++;
		return;
	}
	union any_handle *h = xcalloc(1, sizeof *h);
	init_handle(l, h);
	char host[64];
	if (uv_accept(server, &h->stream) != 0) {
		refuse(l, h);
		return;
	}
	read_host(l, h, host, sizeof host);
	if (has_room(l, host))
		admit(l, h, host);
	else
		refuse(l, h);
}

/* ---- opening ---- */

static enum err cannot_listen(const struct listener *l, int code, struct errmsg *m)
{
	return err_set(m, loop_uv_err(code), "cannot listen on %s: %s", l->address, uv_strerror(code));
}

static enum err open_tcp(struct listener *l, struct errmsg *m)
{
	struct sockaddr_storage ss = {0};
	if (sock_addr_parse(str_c(l->address), &ss) != OK)
		return err_set(m, ERR_CONFIG,
		               "cannot listen on '%s': not an address with a port (192.0.2.1:8443, "
		               "[::1]:8443) and not an "
		               "absolute path",
		               l->address);
	int r = uv_tcp_bind(&l->socket.tcp, (const struct sockaddr *)&ss, 0);
	if (r == 0)
		r = uv_listen(&l->socket.stream, BACKLOG, on_connection);
	int len = sizeof ss;
	if (r == 0)
		r = uv_tcp_getsockname(&l->socket.tcp, (struct sockaddr *)&ss, &len);
	if (r != 0)
		return cannot_listen(l, r, m);
	sock_addr_format(l->address, sizeof l->address, (const struct sockaddr *)&ss);
	l->port = ntohs(ss.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&ss)->sin6_port
	                                         : ((const struct sockaddr_in *)&ss)->sin_port);
	return OK;
}

/* A socket file that nobody answers on is left from a process that is gone. */
static enum err clear_path(const struct listener *l, struct errmsg *m)
{
	struct stat st;
	if (lstat(l->address, &st) != 0)
		return OK;
	if (!S_ISSOCK(st.st_mode))
		return err_set(m, ERR_CONFIG, "cannot listen on %s: there is a file that is no socket",
		               l->address);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	if (!str_copy(un.sun_path, sizeof un.sun_path, str_c(l->address)))
		return err_set(m, ERR_CONFIG, "cannot listen on %s: the path is too long", l->address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(m, ERR_IO, "cannot listen on %s: %s", l->address, strerror(errno));
	bool answers = connect(fd, (const struct sockaddr *)&un, sizeof un) == 0 || errno == EAGAIN;
	close(fd);
	if (answers)
		return err_set(m, ERR_BUSY, "cannot listen on %s: another process does", l->address);
	if (unlink(l->address) != 0)
		return err_set(m, ERR_DENIED, "cannot replace the old socket %s: %s", l->address,
		               strerror(errno));
	return OK;
}

static enum err open_unix(struct listener *l, uint32_t mode, struct errmsg *m)
{
	enum err e = clear_path(l, m);
	if (e != OK)
		return e;
	/* Nobody may connect before the permissions are set. */
	mode_t old = umask(0177);
	int r = uv_pipe_bind(&l->socket.pipe, l->address);
	umask(old);
	if (r == 0 && mode && chmod(l->address, (mode_t)mode) != 0)
		r = uv_translate_sys_error(errno);
	if (r == 0)
		r = uv_listen(&l->socket.stream, BACKLOG, on_connection);
	return r == 0 ? OK : cannot_listen(l, r, m);
}

/* What address it has, in words. */
static void name_socket(struct listener *l, const struct sockaddr_storage *ss, socklen_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)ss;
	if (l->is_unix) {
		size_t max = len > offsetof(struct sockaddr_un, sun_path)
		                 ? len - offsetof(struct sockaddr_un, sun_path)
		                 : 0;
		(void)snprintf(l->address, sizeof l->address, "%.*s", (int)max, un->sun_path);
		return;
	}
	sock_addr_format(l->address, sizeof l->address, (const struct sockaddr *)ss);
	l->port = ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port
	                                          : ((const struct sockaddr_in *)ss)->sin_port);
}

/* One that somebody else has bound: it is only listened on. */
static enum err open_given(struct listener *l, const struct listener_config *c, struct errmsg *m)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof ss;
	bool known = getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0;
	l->is_unix = ss.ss_family == AF_UNIX;
	init_handle(l, &l->socket);
	l->socket.handle.data = l;
	if (!known || (!l->is_unix && ss.ss_family != AF_INET && ss.ss_family != AF_INET6)) {
		(void)close(c->fd); /* nothing was done with it */
		return err_set(m, ERR_CONFIG, "the socket that was passed for %s is neither TCP nor Unix",
		               c->address);
	}
	int r = l->is_unix ? uv_pipe_open(&l->socket.pipe, c->fd) : uv_tcp_open(&l->socket.tcp, c->fd);
	if (r != 0)
		(void)close(c->fd); /* as above */
	else
		r = uv_listen(&l->socket.stream, BACKLOG, on_connection);
	name_socket(l, &ss, len);
	return r == 0 ? OK : cannot_listen(l, r, m);
}

bool listener_is_local(const struct listener *l)
{
	struct sockaddr_storage ss;
	return l->is_unix || (sock_addr_parse(str_c(l->address), &ss) == OK &&
	                      sock_addr_is_loopback((const struct sockaddr *)&ss));
}

enum err listener_open(struct listener **out, struct loop *loop, const struct listener_config *c,
                       struct errmsg *m)
{
	*out = NULL;
	struct listener *l = xcalloc(1, sizeof *l);
	l->loop = loop;
	l->is_unix = c->address[0] == '/';
	l->on_stream = c->on_stream;
	l->make_room = c->make_room;
	l->arg = c->arg;
	map_init(&l->by_address);
	l->turns = tls_turns_new(loop, tls_turns_threads());
	listener_set_limits(l, c->max_connections, c->max_per_address);
	listener_set_tls(l, c->tls);
	enum err e;
	if (c->fd > 0) {
		e = open_given(l, c, m);
		if (e != OK)
			listener_close(&l);
		*out = l;
		return e;
	}
	init_handle(l, &l->socket);
	l->socket.handle.data = l;
	if (!str_copy(l->address, sizeof l->address, str_c(c->address)))
		e = err_set(m, ERR_CONFIG, "cannot listen on '%s': too long", c->address);
	else
		e = l->is_unix ? open_unix(l, c->unix_mode, m) : open_tcp(l, m);
	if (e != OK)
		listener_close(&l);
	*out = l;
	return e;
}

static void on_socket_closed(uv_handle_t *h)
{
	struct listener *l = h->data;
	l->socket_closed = true;
	free_when_done(l);
}

void listener_close(struct listener **l)
{
	struct listener *old = *l;
	*l = NULL;
	if (!old)
		return;
	old->closing = true;
	uv_close(&old->socket.handle, on_socket_closed);
}

/* ---- the rest ---- */

void listener_set_tls(struct listener *l, struct tls_ctx *tls)
{
	struct tls_ctx *fresh = tls ? tls_ctx_ref(tls) : NULL;
	tls_ctx_unref(&l->tls);
	l->tls = fresh;
}

void listener_set_limits(struct listener *l, uint32_t max_connections, uint32_t max_per_address)
{
	l->max_connections = max_connections ? max_connections : DEFAULT_CONNECTIONS;
	l->max_per_address = max_per_address;
}

const char *listener_address(const struct listener *l)
{
	return l->address;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

void listener_stats(const struct listener *l, struct listener_stats *out)
{
	*out = l->stats;
}
