/*
 * Where the gateway is and who we are: from options, then the environment, then the profile file. An explicit place
 * always wins over a later one, value by value.
 *
 *   option      environment     profile
 *   --url       VNEPP_URL       url          https://host:port
 *   --cert      VNEPP_CERT      cert         our certificate (PEM), with its chain
 *   --key       VNEPP_KEY       key          its private key (PEM)
 *   --ca        VNEPP_CA        ca           authority of the gateway's certificate; absent: the system's
 *   --socket    VNEPP_SOCKET    socket       control socket (operators)
 *   --profile   VNEPP_CONFIG                 the file; $XDG_CONFIG_HOME or ~/.config, /vnepp/vnepp.yaml
 *
 * File names in a profile are relative to its folder.
 */
#ifndef VNEPP_CLI_CONN_H
#define VNEPP_CLI_CONN_H

#include "epp/base/arena.h"
#include "epp/base/err.h"

#define CONN_SOCKET_DEFAULT "/run/vnepp/control.sock"

struct conn {
	const char *url, *cert, *key, *ca, *socket, *profile; /* NULL: not given */
};

/*
 * Fills what is NULL; texts live in `arena` or where they came from. A profile that is there but wrong, or was named
 * and is not there, is ERR_CONFIG: the findings have been printed to stderr.
 */
enum err conn_resolve(struct conn *c, struct arena *arena, struct errmsg *e) MUST_CHECK;

#endif
