/*
 * The daemon's feed socket (admin_proto.h, ADMIN_CMD_CHANGES).
 *
 *   away ──connect──▶ free ──ask──▶ asking ──answer──▶ free
 *     ▲                 │              │
 *     └──── closed, broken, silent ◀───┘      and again after WEBHOOK_FEED_RETRY_MS
 *
 * Happy path: a line is written, a line comes back. Failure modes: nobody listens, or the daemon ends: away, told
 * once each time; an answer that is no JSON object, too long, or does not come: the connection is closed and the
 * question asked again on another one. Asking again is harmless.
 */
#include "daemon/webhook/webhook_feed.h"
#include "daemon/admin/admin_proto.h"
#include "epp/base/alloc.h"
#include "epp/base/buf.h"
#include "epp/base/check.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (8u << 20) /* a page is 100 changes of some hundred bytes */
#define PIECE      (64u << 10)

struct webhook_feed {
	const char *path;
	int fd; /* -1: away */
	bool asking;
	uint64_t next_ms;  /* away: when to try again */
	uint64_t until_ms; /* asking: how long to wait */
	struct buf in, out;
	size_t scanned; /* of `in`: no end of line in there */
};

struct webhook_feed *webhook_feed_new(const char *path)
{
	struct webhook_feed *f = xcalloc(1, sizeof *f);
	f->path = path;
	f->fd = -1;
	buf_init(&f->in, ANSWER_MAX);
	buf_init(&f->out, ADMIN_LINE_MAX);
	return f;
}

static void hang_up(struct webhook_feed *f)
{
	if (f->fd >= 0)
		(void)close(f->fd); /* what is lost is asked again */
	f->fd = -1;
	f->asking = false;
	f->scanned = 0;
	buf_clear(&f->in);
	buf_clear(&f->out);
}

void webhook_feed_free(struct webhook_feed *f)
{
	if (!f)
		return;
	hang_up(f);
	buf_fini(&f->in);
	buf_fini(&f->out);
	free(f);
}

static void lost(struct webhook_feed *f, uint64_t now_ms, const char *why, struct webhook_feed_news *out)
{
	hang_up(f);
	f->next_ms = now_ms + WEBHOOK_FEED_RETRY_MS;
	out->event = WEBHOOK_FEED_LOST;
	(void)snprintf(out->text, sizeof out->text, "%s", why);
}

static void connect_to(struct webhook_feed *f, uint64_t now_ms, struct webhook_feed_news *out)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!str_copy(to.sun_path, sizeof to.sun_path, str_c(f->path))) {
		lost(f, now_ms, "the path is too long", out);
		return;
	}
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A Unix socket connects at once or not at all. */
	if (f->fd < 0 || connect(f->fd, (struct sockaddr *)&to, sizeof to) != 0)
		lost(f, now_ms, strerror(errno), out);
	else
		out->event = WEBHOOK_FEED_CONNECTED;
}

/* False: it is lost, which is told. */
static bool write_some(struct webhook_feed *f, uint64_t now_ms, struct webhook_feed_news *out)
{
	while (buf_len(&f->out)) {
		ssize_t n = send(f->fd, buf_data(&f->out), buf_len(&f->out), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n < 0) {
			lost(f, now_ms, strerror(errno), out);
			return false;
		}
		buf_consume(&f->out, (size_t)n);
	}
	return true;
}

/* The same; *end says that the daemon has hung up. */
static bool read_some(struct webhook_feed *f, uint64_t now_ms, bool *end, struct webhook_feed_news *out)
{
	ssize_t n;
	*end = false;
	do {
		char *room = buf_reserve(&f->in, PIECE);
		if (!room) {
			lost(f, now_ms, "an answer that is too long", out);
			return false;
		}
		n = recv(f->fd, room, PIECE, 0);
		if (n > 0)
			buf_commit(&f->in, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	*end = n == 0;
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
		lost(f, now_ms, strerror(errno), out);
		return false;
	}
	return true;
}

static void take_line(struct webhook_feed *f, struct str line, uint64_t now_ms, struct webhook_feed_news *out)
{
	json_t *answer = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, NULL);
	if (!f->asking || !json_is_object(answer)) {
		json_decref(answer);
		lost(f, now_ms, "an answer that makes no sense", out);
		return;
	}
	buf_consume(&f->in, line.len + 1);
	f->scanned = 0;
	f->asking = false;
	if (json_is_true(json_object_get(answer, "ok"))) {
		out->event = WEBHOOK_FEED_ANSWERED;
		out->answer = answer;
		return;
	}
	const char *why = json_string_value(json_object_get(answer, "error"));
	out->event = WEBHOOK_FEED_REFUSED;
	(void)snprintf(out->text, sizeof out->text, "%s", why ? why : "refused without a reason");
	json_decref(answer);
}

/* The whole line at the front without its end; false: there is none yet. */
static bool next_line(struct webhook_feed *f, struct str *line)
{
	struct str all = buf_str(&f->in);
	const char *lf =
	    all.len > f->scanned ? memchr(all.ptr + f->scanned, '\n', all.len - f->scanned) : NULL;
	f->scanned = all.len;
	if (lf)
		*line = str_make(all.ptr, (size_t)(lf - all.ptr));
	return lf != NULL;
}

void webhook_feed_turn(struct webhook_feed *f, uint64_t now_ms, struct webhook_feed_news *out)
{
	struct str line;
	bool end;
	*out = (struct webhook_feed_news){.event = WEBHOOK_FEED_NOTHING};
	if (f->fd < 0) {
		if (now_ms >= f->next_ms)
			connect_to(f, now_ms, out);
		return;
	}
	if (!write_some(f, now_ms, out) || !read_some(f, now_ms, &end, out))
		return;
	if (next_line(f, &line))
		take_line(f, line, now_ms, out);
	else if (end)
		lost(f, now_ms, "the daemon has hung up", out);
	else if (f->asking && now_ms >= f->until_ms)
		lost(f, now_ms, "the daemon does not answer", out);
}

bool webhook_feed_is_free(const struct webhook_feed *f)
{
	return f->fd >= 0 && !f->asking;
}

void webhook_feed_ask(struct webhook_feed *f, uint64_t now_ms, const char *partner, const char *after,
                      const char *from)
{
	REQUIRE(webhook_feed_is_free(f));
	json_t *q = json_pack("{s:s, s:s, s:s}", "cmd", ADMIN_CMD_CHANGES, "partner", partner,
	                      after ? "after" : "from", after ? after : from);
	char *text = json_dumps(q, JSON_COMPACT);
	INVARIANT(text);
	buf_add(&f->out, str_c(text));
	buf_byte(&f->out, '\n');
	free(text);
	json_decref(q);
	f->asking = true;
	f->until_ms = now_ms + WEBHOOK_FEED_ANSWER_MS;
}

int webhook_feed_fd(const struct webhook_feed *f, short *events)
{
	*events = (short)(POLLIN | (buf_len(&f->out) ? POLLOUT : 0));
	return f->fd;
}
