/* One JSON line each way over a Unix socket, blocking. */
#include "daemon/cli/control.h"

#include "daemon/admin/admin_proto.h"
#include "daemon/cli/interrupt.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MS  60000 /* an import of 1,000 rows takes well under a second */
#define READ_BYTES 16384

struct control {
	int fd;
	uint32_t patience_ms; /* between two lines */
	struct buf in;
};

enum err control_open(const char *path, struct control **out, struct errmsg *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	if (!str_copy(addr.sun_path, sizeof addr.sun_path, str_c(path)))
		return err_set(e, ERR_TOO_LONG, "the control socket's name is too long: %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, ERR_IO, "no socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
		int why = errno;
		(void)close(fd); /* nothing was written */
		return err_set(e, ERR_CONNECT, "cannot reach the daemon at %s: %s", path, strerror(why));
	}
	struct control *c = xcalloc(1, sizeof *c);
	c->fd = fd;
	c->patience_ms = ANSWER_MS;
	buf_init(&c->in, ADMIN_LINE_MAX + READ_BYTES);
	*out = c;
	return OK;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	(void)close(c->fd); /* every answer has been read */
	buf_fini(&c->in);
	free(c);
}

static enum err send_all(struct control *c, struct str data, struct errmsg *e)
{
	while (data.len) {
		ssize_t n = send(c->fd, data.ptr, data.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR && !interrupt_seen())
			continue;
		if (n < 0)
			return interrupt_seen()
			           ? ERR_CANCELED
			           : err_set(e, ERR_CLOSED, "the daemon hung up: %s", strerror(errno));
		data = str_make(data.ptr + n, data.len - (size_t)n);
	}
	return OK;
}

static enum err receive_some(struct control *c, struct errmsg *e)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int ready = poll(&p, 1, (int)c->patience_ms);
	if (interrupt_seen())
		return ERR_CANCELED;
	if (ready < 0 && errno == EINTR)
		return OK;
	if (ready <= 0)
		return err_set(e, ERR_TIMEOUT, "the daemon does not answer");
	char *room = buf_reserve(&c->in, READ_BYTES);
	if (!room)
		return err_set(e, ERR_TOO_LONG, "the daemon's answer is too long");
	ssize_t n = recv(c->fd, room, READ_BYTES, 0);
	if (n <= 0)
		return err_set(e, ERR_CLOSED, "the daemon hung up");
	buf_commit(&c->in, (size_t)n);
	return OK;
}

static enum err receive_line(struct control *c, struct str *line, struct errmsg *e)
{
	for (;;) {
		struct str have = buf_str(&c->in);
		const char *end = have.len ? memchr(have.ptr, '\n', have.len) : NULL;
		if (end) {
			*line = str_make(have.ptr, (size_t)(end - have.ptr));
			return OK;
		}
		enum err err = receive_some(c, e);
		if (err)
			return err;
	}
}

static enum err read_object(struct control *c, json_t **out, struct errmsg *e)
{
	struct str line;
	json_error_t why;
	enum err err = receive_line(c, &line, e);
	if (err)
		return err;
	*out = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &why);
	buf_consume(&c->in, line.len + 1);
	if (json_is_object(*out))
		return OK;
	json_decref(*out);
	*out = NULL;
	return err_set(e, ERR_PROTOCOL, "the daemon's answer is not a JSON object");
}

static enum err read_answer(struct control *c, control_event_cb on_event, void *arg, json_t **answer,
                            struct errmsg *e)
{
	enum err err;
	while (!(err = read_object(c, answer, e)) && on_event && json_object_get(*answer, "event")) {
		bool wanted = on_event(arg, *answer);
		json_decref(*answer);
		*answer = NULL;
		if (!wanted)
			return ERR_CANCELED;
	}
	if (err || json_is_true(json_object_get(*answer, "ok")))
		return err;
	const char *text = json_string_value(json_object_get(*answer, "error"));
	return err_set(e, ERR_DENIED, "%s", text ? text : "the daemon refused without saying why");
}

static enum err call(struct control *c, json_t *request, control_event_cb on_event, void *arg,
                     json_t **answer, struct errmsg *e)
{
	struct buf line;
	*answer = NULL;
	char *text = json_dumps(request, JSON_COMPACT);
	if (!text)
		return err_set(e, ERR_INTERNAL, "the request is not valid UTF-8");
	buf_init(&line, ADMIN_LINE_MAX);
	buf_append(&line, text, strlen(text));
	buf_byte(&line, '\n');
	free(text);
	enum err err = buf_ok(&line)
	                   ? send_all(c, buf_str(&line), e)
	                   : err_set(e, ERR_TOO_LONG, "the request is longer than the protocol allows");
	buf_fini(&line);
	return err ? err : read_answer(c, on_event, arg, answer, e);
}

enum err control_call(struct control *c, json_t *request, json_t **answer, struct errmsg *e)
{
	return call(c, request, NULL, NULL, answer, e);
}

enum err control_call_events(struct control *c, json_t *request, uint32_t patience_ms,
                             control_event_cb on_event, void *arg, json_t **answer, struct errmsg *e)
{
	uint32_t before = c->patience_ms;
	c->patience_ms = patience_ms;
	enum err err = call(c, request, on_event, arg, answer, e);
	c->patience_ms = before;
	return err;
}
