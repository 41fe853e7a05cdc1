/* What the control socket can ask (daemon/admin/admin_proto.h), as a table for admin_init(). */
#ifndef VNEPP_COMMANDS_H
#define VNEPP_COMMANDS_H

#include "daemon/admin/admin.h"

struct gateway;
struct gateway_observer;

/* What the commands work on; the `arg` of admin_init(). */
struct commands {
	struct gateway *gateway; /* borrowed, as the next one */
	struct gateway_observer *observer;
	/* Reloads, and answers `asker` when that is over. */
	void (*reload)(void *arg, struct admin_conn *asker);
	void *arg;
};

extern const struct admin_command commands_table[];
/* What can be asked on the feed socket: changes, and nothing else. */
extern const struct admin_command commands_feed[];

#endif
