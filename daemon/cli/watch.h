/*
 * A question asked again and again, its answer shown anew each time: on a terminal in place, elsewhere one after the
 * other with the time between; with JSON one line per answer.
 */
#ifndef VNEPP_CLI_WATCH_H
#define VNEPP_CLI_WATCH_H

#include "daemon/cli/cli.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct watch_args {
	bool json, watch;
	uint32_t every; /* seconds; 0: not given */
};

#define WATCH_EVERY_S 2

/* Two more options, for commands with others of their own; `type` has a struct watch_args named `watch`. */
#define WATCH_MORE(type)                                                                            \
	{                                                                                           \
	    "watch", 'w', OPT_FLAG, offsetof(type, watch.watch), NULL, "show it anew until Ctrl-C", \
	    NULL,    0,   0},                                                                       \
	{                                                                                           \
		"every", 0, OPT_NUMBER, offsetof(type, watch.every), "SECONDS",                     \
		    "with --watch: how often (2)", NULL, 1, 3600                                    \
	}

/* The options --json, --watch and --every of a command whose arguments are a struct watch_args. */
extern const struct opt watch_opts[];
#define WATCH_OPTS 3

/* Takes over `request`; `print` NULL: tables. An exit status: Ctrl-C ends watching well, a daemon that is gone does not. */
int watch_ask(struct cli *cli, json_t *request, const struct watch_args *a,
              void (*print)(json_t *answer, struct buf *out));

#endif
