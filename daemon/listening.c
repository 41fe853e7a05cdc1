/* Listeners, passed or opened. */
#include "daemon/listening.h"
#include "daemon/net/listener.h"
#include "epp/base/logapi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define API     "api"
#define CONTROL "control"
#define FEED    "feed"
#define WEB     "admin"

enum err listening_init(struct listening *l, struct errmsg *e)
{
	*l = (struct listening){.api = NULL};
	return sdlisten_init(&l->passed, e);
}

static bool is_passed(const struct listening *l, const char *name)
{
	for (size_t i = 0; i < l->passed.count; i++)
		if (l->passed.fds[i].fd >= 0 && strcmp(l->passed.fds[i].name, name) == 0)
			return true;
	return false;
}

bool listening_has_web(const struct listening *l, const struct config *c)
{
	return c->admin_listen_count > 0 || is_passed(l, WEB);
}

/* What is shown there is for this machine alone, whoever opened the socket. */
static enum err open_passed_web(struct listening *l, struct loop *loop, struct listener_config *c,
                                struct errmsg *e)
{
	int fd;
	for (size_t i = 0; (fd = sdlisten_take(&l->passed, WEB)) >= 0; i++) {
		c->address = WEB;
		c->fd = fd;
		enum err err =
		    i < ARRAY_LEN(l->web)
		        ? listener_open(&l->web[i], loop, c, e)
		        : err_set(e, ERR_CONFIG, "more than %zu sockets named 'admin'", ARRAY_LEN(l->web));
		if (!err && !listener_is_local(l->web[i]))
			err =
			    err_set(e, ERR_CONFIG,
			            "the socket named 'admin' is on %s: other machines could reach it; use a "
			            "loopback address or a Unix socket",
			            listener_address(l->web[i]));
		if (err)
			return err;
	}
	return OK;
}

enum err listening_open_web(struct listening *l, struct loop *loop, const struct config *config,
                            const struct listening_to *to, uint32_t max_connections, struct errmsg *e)
{
	struct listener_config c = {.unix_mode = 0660,
	                            .max_connections = max_connections,
	                            .on_stream = to->on_stream,
	                            .arg = to->arg};
	enum err err = OK;
	if (is_passed(l, WEB))
		return open_passed_web(l, loop, &c, e);
	for (size_t i = 0; i < config->admin_listen_count && !err; i++) {
		c.address = config->admin_listen[i];
		err = listener_open(&l->web[i], loop, &c, e);
	}
	return err;
}

enum err listening_open_api(struct listening *l, struct loop *loop, const struct config *config,
                            struct tls_ctx *tls, const struct listening_to *to, struct errmsg *e)
{
	struct listener_config c = {.address = config->api_listen,
	                            .fd = sdlisten_take(&l->passed, API),
	                            .tls = tls,
	                            .max_connections = config->api_max_connections,
	                            .max_per_address = config->api_max_per_address,
	                            .on_stream = to->on_stream,
	                            .make_room = to->make_room,
	                            .arg = to->arg};
	return listener_open(&l->api, loop, &c, e);
}

static enum err open_socket(struct listening *l, struct listener **into, struct loop *loop, const char *path,
                            const char *name, const struct listening_to *to, struct errmsg *e)
{
	struct listener_config c = {.address = path ? path : name,
	                            .fd = sdlisten_take(&l->passed, name),
	                            .unix_mode = 0660,
	                            .on_stream = to->on_stream,
	                            .arg = to->arg};
	if (!path && c.fd < 0)
		return OK;
	enum err err = listener_open(into, loop, &c, e);
	if (!err && listener_port(*into))
		err = err_set(e, ERR_CONFIG,
		              "the socket named '%s' is not a Unix socket: nobody knows who asks", name);
	return err;
}

enum err listening_open_control(struct listening *l, struct loop *loop, const struct config *config,
                                const struct listening_to *to, struct errmsg *e)
{
	return open_socket(l, &l->control, loop, config->control_socket, CONTROL, to, e);
}

enum err listening_open_feed(struct listening *l, struct loop *loop, const struct config *config,
                             const struct listening_to *to, struct errmsg *e)
{
	return open_socket(l, &l->feed, loop, config->feed_socket, FEED, to, e);
}

#define OTHER_FILES 256 /* sessions of registries, the store, the log, what operators connect */

void listening_raise_files(const struct config *c, struct log *log)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l); /* systemd has given what it gives, and may forbid to ask */
	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= (rlim_t)c->api_max_connections + OTHER_FILES)
		return;
	LOG(log, LOG_WARNING, "listen.files",
	    "fewer files may be open than api.max_connections needs: raise LimitNOFILE, or lower it",
	    F_U64("files", l.rlim_cur), F_U64("max_connections", c->api_max_connections));
}

void listening_opened(struct listening *l, struct log *log)
{
	const char *left = sdlisten_left(&l->passed);
	if (left)
		LOG(log, LOG_WARNING, "listen.unknown",
		    "a socket was passed under a name that is none of api, control, feed, admin: it is "
		    "closed",
		    F_C("name", left));
	sdlisten_fini(&l->passed);
}

enum err listening_write_ports(const struct listening *l, const char *path, struct errmsg *e)
{
	char tmp[4096];
	if (!path)
		return OK;
	if (snprintf(tmp, sizeof tmp, "%s.new", path) >= (int)sizeof tmp)
		return err_set(e, ERR_TOO_LONG, "--ports-file: the path is too long");
	FILE *f = fopen(tmp, "we");
	if (!f)
		return err_set(e, ERR_IO, "%s: %s", tmp, strerror(errno));
	fprintf(f, "api=%u\n", listener_port(l->api));
	for (size_t i = 0; i < ARRAY_LEN(l->web); i++)
		if (l->web[i] && listener_port(l->web[i]))
			fprintf(f, "admin=%u\n", listener_port(l->web[i]));
	if (fclose(f) != 0 || rename(tmp, path) != 0)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	return OK;
}

void listening_close(struct listening *l)
{
	listener_close(&l->api);
	listener_close(&l->control);
	listener_close(&l->feed);
	sdlisten_fini(&l->passed);
}

void listening_close_web(struct listening *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->web); i++)
		listener_close(&l->web[i]);
}
