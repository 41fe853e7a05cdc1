/* The daemon's own parts around the gateway: main.c starts and stops them, reload.c exchanges what they run on. */
#ifndef VNEPP_DAEMON_H
#define VNEPP_DAEMON_H

#include "daemon/admin/admin.h"
#include "daemon/commands.h"
#include "daemon/core/log.h"
#include "daemon/core/log_ring.h"
#include "daemon/core/loop_uv.h"
#include "daemon/core/meter.h"
#include "daemon/core/sdnotify.h"
#include "daemon/listening.h"
#include "daemon/net/dial.h"
#include "epp/base/rng.h"

struct config;
struct gateway;
struct gateway_observer;
struct http_admin;
struct store_executor;
struct tls_ctx;

struct daemon {
	const char *config_path, *ports_file;
	struct clock clock;
	struct rng rng;
	struct loop_uv loop;
	struct log_sink log;
	struct sdnotify notify;
	struct dialer_net dialer;
	struct config *config;
	struct tls_ctx *api_tls;
	struct store_executor *writer, *reader;
	struct gateway *gateway;
	struct listening listening;
	struct admin admin, feed;
	struct commands commands;
	struct meter meter;
	struct log_ring ring;
	struct gateway_observer *observer;
	struct http_admin *http_admin; /* NULL: not configured */
	struct loop_timer watchdog, certificates, log_tick;
	struct loop_timer ending; /* looks whether all requests are over */
	unsigned ending_looks;
	bool ready, stopped;
	int exit_code;
};

/* `arg` is the daemon. Reads everything anew; `asker` (NULL: a signal) is told how it went. */
void daemon_reload(void *arg, struct admin_conn *asker);
/* The administration token's file, read anew. */
void daemon_load_token(struct daemon *d);

#endif
