/*
 * Telling systemd how we are (sd_notify(3)), without its library: datagrams to the socket that NOTIFY_SOCKET names.
 * Does nothing when nobody asked. Never blocks; a message that cannot be sent is lost, as systemd's own library has it.
 */
#ifndef VNEPP_CORE_SDNOTIFY_H
#define VNEPP_CORE_SDNOTIFY_H

#include "epp/base/attr.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct clock;

struct sdnotify {
	int fd; /* owned; -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_len;
	uint64_t watchdog_ms;
};

/* Reads NOTIFY_SOCKET ("/path" or "@abstract"), WATCHDOG_USEC and WATCHDOG_PID. */
void sdnotify_init(struct sdnotify *n);
void sdnotify_fini(struct sdnotify *n);

static inline bool sdnotify_is_on(const struct sdnotify *n)
{
	return n->fd >= 0;
}

/* How often sdnotify_watchdog() should be called: half of what systemd waits; 0: not at all. */
static inline uint64_t sdnotify_watchdog_ms(const struct sdnotify *n)
{
	return n->watchdog_ms;
}

/* The start, or a reload, is complete. */
void sdnotify_ready(struct sdnotify *n);
/* A reload begins; sdnotify_ready() ends it. `clock`: the system's. */
void sdnotify_reloading(struct sdnotify *n, struct clock *clock);
void sdnotify_stopping(struct sdnotify *n);
void sdnotify_watchdog(struct sdnotify *n);
/* One line for `systemctl status`; control characters become spaces, it is cut at 500 bytes. */
void sdnotify_status(struct sdnotify *n, const char *fmt, ...) PRINTF(2, 3);

#endif
