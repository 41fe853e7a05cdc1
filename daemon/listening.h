/*
 * Where the daemon listens: the partners' API, the control socket, the feed for webhooks, the administration
 * listener. Each takes the sockets that the service manager has passed under its name ("api", "control", "feed",
 * "admin"), or else opens what is configured.
 */
#ifndef VNEPP_LISTENING_H
#define VNEPP_LISTENING_H

#include "daemon/core/config.h"
#include "daemon/core/sdlisten.h"
#include "epp/base/err.h"

struct listener;
struct log;
struct loop;
struct stream;
struct tls_ctx;

struct listening {
	struct sdlisten passed;
	struct listener *api, *control, *feed, *web[CONFIG_ADMIN_LISTEN_MAX]; /* owned; NULL: closed */
};

/* Who gets the connections. */
struct listening_to {
	void (*on_stream)(void *arg, struct stream *s);
	void *arg;
	bool (*make_room)(void *arg, const char *host); /* listener.h; may be NULL */
};

/* Once, at the start: what was passed. ERR_CONFIG when it is nothing to listen on. */
enum err listening_init(struct listening *l, struct errmsg *e) MUST_CHECK;
/* The process may open as many files as the system lets it; a warning when these are not enough for the connections. */
void listening_raise_files(const struct config *c, struct log *log);
/* Whether there is an administration listener: configured, or passed. */
bool listening_has_web(const struct listening *l, const struct config *c);
enum err listening_open_web(struct listening *l, struct loop *loop, const struct config *c,
                            const struct listening_to *to, uint32_t max_connections,
                            struct errmsg *e) MUST_CHECK;
enum err listening_open_api(struct listening *l, struct loop *loop, const struct config *c,
                            struct tls_ctx *tls, const struct listening_to *to, struct errmsg *e) MUST_CHECK;
enum err listening_open_control(struct listening *l, struct loop *loop, const struct config *c,
                                const struct listening_to *to, struct errmsg *e) MUST_CHECK;
/* A socket for vnepp-webhookd alone, where changes can be read and nothing else asked. */
enum err listening_open_feed(struct listening *l, struct loop *loop, const struct config *c,
                             const struct listening_to *to, struct errmsg *e) MUST_CHECK;
/* Everything is open: what was passed and is not ours is named in the log and closed. */
void listening_opened(struct listening *l, struct log *log);
/* "api=PORT", "admin=PORT", for scripts: written whole, then renamed into place. `path` NULL: nothing. */
enum err listening_write_ports(const struct listening *l, const char *path, struct errmsg *e) MUST_CHECK;
/* The API and the control socket; and what is left. The loop must run once more. */
void listening_close(struct listening *l);
void listening_close_web(struct listening *l);

#endif
