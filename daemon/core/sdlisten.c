/* Listening sockets from outside. */
#include "daemon/core/sdlisten.h"
#include "epp/base/str.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FD 3

/* How many are meant for us. */
static uint64_t given(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t count, who;
	if (!fds || !pid || !str_to_u64(str_c(fds), &count) || !str_to_u64(str_c(pid), &who))
		return 0;
	return who == (uint64_t)getpid() ? count : 0;
}

static bool is_listening(int fd)
{
	int on = 0, type = 0;
	socklen_t len = sizeof on;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) != 0 || !on)
		return false;
	len = sizeof type;
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

static enum err read_fds(struct sdlisten *l, uint64_t count, struct errmsg *e)
{
	struct str names = str_c(getenv("LISTEN_FDNAMES"));
	if (count > SDLISTEN_MAX)
		return err_set(e, ERR_CONFIG, "LISTEN_FDS: %llu sockets were passed, there is room for %d",
		               (unsigned long long)count, SDLISTEN_MAX);
	for (; l->count < count; l->count++) {
		int fd = FIRST_FD + (int)l->count;
		struct str name = str_split(&names, ':');
		l->fds[l->count].fd = fd;
		if (!str_copy(l->fds[l->count].name, SDLISTEN_NAME_MAX, name))
			l->fds[l->count].name[0] = '\0';
		if (!is_listening(fd))
			return err_set(e, ERR_CONFIG,
			               "LISTEN_FDS: descriptor %d is no listening stream socket", fd);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* nothing is started by us that could inherit it */
	}
	return OK;
}

enum err sdlisten_init(struct sdlisten *l, struct errmsg *e)
{
	*l = (struct sdlisten){.count = 0};
	enum err err = read_fds(l, given(), e);
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	return err;
}

int sdlisten_take(struct sdlisten *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++) {
		int fd = l->fds[i].fd;
		if (fd < 0 || strcmp(l->fds[i].name, name) != 0)
			continue;
		l->fds[i].fd = -1;
		return fd;
	}
	return -1;
}

const char *sdlisten_left(const struct sdlisten *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->fds[i].fd >= 0)
			return l->fds[i].name;
	return NULL;
}

void sdlisten_fini(struct sdlisten *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->fds[i].fd >= 0)
			(void)close(l->fds[i].fd); /* nobody has used it */
	l->count = 0;
}
