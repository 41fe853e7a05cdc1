/*
 * Sockets that the service manager has opened for us (sd_listen_fds(3)), without its library: LISTEN_FDS descriptors from
 * 3 on, their names in LISTEN_FDNAMES. A restart then loses no connection, and a port below 1024 needs no privilege.
 */
#ifndef VNEPP_CORE_SDLISTEN_H
#define VNEPP_CORE_SDLISTEN_H

#include "epp/base/attr.h"
#include "epp/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SDLISTEN_MAX      8
#define SDLISTEN_NAME_MAX 64

struct sdlisten {
	struct {
		int fd; /* owned until taken; -1: taken */
		char name[SDLISTEN_NAME_MAX];
	} fds[SDLISTEN_MAX];
	size_t count;
};

/* Reads the environment, and removes it: children must not think that it is meant for them. None is no error. ERR_CONFIG: more
 * than there is room for, or what is no listening stream socket. */
enum err sdlisten_init(struct sdlisten *l, struct errmsg *e) MUST_CHECK;
/* The next one of that name, from now on the caller's; -1: there is none (left). */
int sdlisten_take(struct sdlisten *l, const char *name);
/* The name of one that nobody has taken, or NULL. */
const char *sdlisten_left(const struct sdlisten *l);
/* Closes what nobody has taken. */
void sdlisten_fini(struct sdlisten *l);

#endif
