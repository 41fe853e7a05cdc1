/* sd_notify without libsystemd. */
#include "daemon/core/sdnotify.h"
#include "epp/base/clock.h"
#include "epp/base/str.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATUS_MAX 512

static bool parse_address(const char *text, struct sockaddr_un *out, socklen_t *len)
{
	size_t n = strlen(text);
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((text[0] != '/' && text[0] != '@') || n < 2 || n >= sizeof out->sun_path)
		return false;
	memcpy(out->sun_path, text, n);
	if (text[0] == '@')
		out->sun_path[0] = '\0';
	/* an abstract name is counted without a final NUL, a path with it */
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (text[0] == '/'));
	return true;
}

static uint64_t watchdog_interval(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, who;
	if (!usec || !str_to_u64(str_c(usec), &us) || us == 0)
		return 0;
	if (pid && (!str_to_u64(str_c(pid), &who) || who != (uint64_t)getpid()))
		return 0; /* meant for somebody else */
	return us / 2000 ? us / 2000 : 1;
}

void sdnotify_init(struct sdnotify *n)
{
	const char *address = getenv("NOTIFY_SOCKET");
	*n = (struct sdnotify){.fd = -1};
	if (!address || !parse_address(address, &n->to, &n->to_len))
		return;
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0)
		n->watchdog_ms = watchdog_interval();
}

void sdnotify_fini(struct sdnotify *n)
{
	if (n->fd >= 0)
		(void)close(n->fd); /* nothing is buffered */
	*n = (struct sdnotify){.fd = -1};
}

static void tell(struct sdnotify *n, const char *text)
{
	if (n->fd < 0)
		return;
	/* The result is not looked at: there is nobody else to tell. */
	(void)sendto(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&n->to,
	             n->to_len);
}

void sdnotify_ready(struct sdnotify *n)
{
	tell(n, "READY=1");
}

void sdnotify_reloading(struct sdnotify *n, struct clock *clock)
{
	char text[64];
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock->mono_us(clock));
	tell(n, text);
}

void sdnotify_stopping(struct sdnotify *n)
{
	tell(n, "STOPPING=1");
}

void sdnotify_watchdog(struct sdnotify *n)
{
	tell(n, "WATCHDOG=1");
}

void sdnotify_status(struct sdnotify *n, const char *fmt, ...)
{
	char text[STATUS_MAX] = "STATUS=";
	size_t head = strlen(text);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text + head, sizeof text - head, fmt, ap);
	va_end(ap);
	for (char *c = text + head; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	tell(n, text);
}
