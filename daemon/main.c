/*
 * vneppd: options, signals, files and sockets around the gateway.
 *
 *   vneppd [--config FILE]            runs until SIGTERM or SIGINT; SIGHUP reloads configuration, partners and rules
 *   vneppd --rotate-key [--config FILE]   changes the secret key of hashed identity numbers, while no daemon runs
 *   vneppd --check [--config FILE]    reports every error of configuration, credentials and rules, starts nothing
 */
#include "daemon/admin/http_admin.h"
#include "daemon/core/config.h"
#include "daemon/credentials.h"
#include "daemon/daemon.h"
#include "daemon/files.h"
#include "daemon/gateway.h"
#include "daemon/gateway_observe.h"
#include "daemon/net/http1.h"
#include "daemon/net/listener.h"
#include "daemon/rotate.h"
#include "certs/tls_ctx.h"
#include "policy/policy.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DEFAULT_CONFIG  "/etc/vnepp/vneppd.yaml"
#define CERTIFICATES_MS 86400000 /* certificates that run out are named once a day */

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- status page ------------------------------------------------------------------------------------------------------ */

static void on_point(void *arg, int64_t at_ms, const int64_t *values, size_t count)
{
	struct daemon *d = arg;
	if (d->http_admin)
		http_admin_point(d->http_admin, at_ms, values, count);
}

/* Open before the store is recovered: health must be known while that takes its time. */
static enum err open_http_admin(struct daemon *d, struct errmsg *e)
{
	struct http_admin_deps deps = {.loop = &d->loop.loop,
	                               .log = &d->log.log,
	                               .stats = &d->meter.stats,
	                               .reader = d->reader,
	                               .series = gateway_observe_series,
	                               .refresh = gateway_observe_refresh,
	                               .checks = gateway_observe_checks,
	                               .status = gateway_observe_status,
	                               .arg = d->observer};
	if (!listening_has_web(&d->listening, d->config))
		return OK;
	d->http_admin = http_admin_new(&deps);
	daemon_load_token(d);
	struct listening_to to = {.on_stream = http_server_on_stream,
	                          .arg = http_admin_server(d->http_admin)};
	return listening_open_web(&d->listening, &d->loop.loop, d->config, &to, HTTP_ADMIN_CONNECTIONS, e);
}

/* By the configuration in force. */
static unsigned roles_of(void *arg, const struct admin_asker *who)
{
	const struct daemon *d = arg;
	return config_roles_of(d->config, who->uid, who->gid, who->groups, who->group_count);
}

/* ---- listening, signals ------------------------------------------------------------------------------------------------- */

static void stop(struct daemon *d);

static void on_signal(void *arg, int signum)
{
	struct daemon *d = arg;
	LOG(&d->log.log, LOG_NOTICE, "signal", strsignal(signum), F_I64("signal", signum));
	if (signum == SIGHUP && d->ready)
		daemon_reload(d, NULL);
	else if (signum != SIGHUP)
		stop(d);
}

static void close_listeners(struct daemon *d)
{
	listening_close(&d->listening);
	admin_close(&d->admin);
	admin_close(&d->feed);
}

static void fail(struct daemon *d, const char *why)
{
	LOG(&d->log.log, LOG_ERROR, "start.failed", why, F_C("instance", d->config->instance));
	d->exit_code = EXIT_FAILED;
}

static enum err open_listeners(struct daemon *d, struct errmsg *e)
{
	struct listening_to api = {http_server_on_stream, gateway_http(d->gateway), http_server_make_room},
	                    control = {.on_stream = admin_on_stream, .arg = &d->admin},
	                    feed = {.on_stream = admin_on_stream, .arg = &d->feed};
	listening_raise_files(d->config, &d->log.log);
	enum err err = listening_open_api(&d->listening, &d->loop.loop, d->config, d->api_tls, &api, e);
	if (!err)
		err = listening_open_control(&d->listening, &d->loop.loop, d->config, &control, e);
	if (!err)
		err = listening_open_feed(&d->listening, &d->loop.loop, d->config, &feed, e);
	if (!err)
		listening_opened(&d->listening, &d->log.log);
	return err ? err : listening_write_ports(&d->listening, d->ports_file, e);
}

static void on_watchdog(struct loop_timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, watchdog);
	sdnotify_watchdog(&d->notify);
	loop_timer_set(&d->loop.loop, t, sdnotify_watchdog_ms(&d->notify));
}

static void on_log_tick(struct loop_timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, log_tick);
	log_tick(&d->log);
	loop_timer_set(&d->loop.loop, t, LOG_TICK_MS);
}

static void on_certificates(struct loop_timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, certificates);
	credentials_watch(d->config, files_wall(), &d->log.log);
	loop_timer_set(&d->loop.loop, t, CERTIFICATES_MS);
}

static void on_ready(void *arg, const char *why)
{
	struct daemon *d = arg;
	struct errmsg e;
	if (why) {
		fail(d, why);
		loop_uv_stop(&d->loop);
		return;
	}
	d->ready = true;
	if (open_listeners(d, &e)) {
		fail(d, e.text);
		stop(d);
		return;
	}
	LOG(&d->log.log, LOG_NOTICE, "ready", "listening", F_C("api", listener_address(d->listening.api)),
	    F_C("control", d->config->control_socket), F_C("feed", d->config->feed_socket),
	    F_C("version", VNEPP_VERSION));
	sdnotify_ready(&d->notify);
	d->certificates.fire = on_certificates;
	on_certificates(&d->certificates);
	d->log_tick.fire = on_log_tick;
	on_log_tick(&d->log_tick);
	if (sdnotify_watchdog_ms(&d->notify) > 0) {
		d->watchdog.fire = on_watchdog;
		loop_timer_set(&d->loop.loop, &d->watchdog, sdnotify_watchdog_ms(&d->notify));
	}
}

/* As a crash, which loses nothing. */
static void on_given_up(void *arg)
{
	(void)arg;
	_exit(EXIT_FAILED);
}

#define ENDING_LOOK_MS   5 /* once everything else has stopped */
#define ENDING_LOOKS_MAX 2000

/* Uploads that were cut are taken back: the store must still be there for that. */
static void on_ending(struct loop_timer *t)
{
	struct daemon *d = CONTAINER_OF(t, struct daemon, ending);
	if (gateway_requests(d->gateway) == 0)
		loop_uv_stop(&d->loop);
	else if (++d->ending_looks > ENDING_LOOKS_MAX)
		on_given_up(d);
	else
		loop_timer_set(&d->loop.loop, t, ENDING_LOOK_MS);
}

static void on_stopped(void *arg)
{
	struct daemon *d = arg;
	d->stopped = true;
	gateway_observe_stop(d->observer);
	http_server_abort(gateway_http(d->gateway));
	d->ending.fire = on_ending;
	loop_timer_set(&d->loop.loop, &d->ending, 0);
}

static void stop(struct daemon *d)
{
	sdnotify_stopping(&d->notify);
	close_listeners(d);
	gateway_stop(d->gateway);
	if (!d->ready)
		loop_uv_stop(&d->loop);
}

/* ---- life ----------------------------------------------------------------------------------------------------------------- */

static enum err open_store(struct daemon *d, struct errmsg *e)
{
	struct store_backend *writer, *reader;
	enum err err = store_sqlite_open(d->config->store_path, NULL, &writer, e);
	if (err)
		return err;
	err = store_sqlite_open_reader(d->config->store_path, NULL, &reader, e);
	if (err) {
		writer->ops->close(writer);
		return err;
	}
	d->writer = store_thread_new(&d->loop.loop, writer, "store");
	d->reader = store_thread_new(&d->loop.loop, reader, "reader");
	store_thread_meter(d->writer, &d->meter.writer);
	store_thread_meter(d->reader, &d->meter.reader);
	return OK;
}

static enum err start(struct daemon *d, struct policy_ruleset *rules, struct errmsg *e)
{
	static const int signums[] = {SIGTERM, SIGINT, SIGHUP};
	enum err err = credentials_api_tls(d->config, &d->api_tls, e);
	if (!err)
		err = open_store(d, e);
	if (err)
		return err;
	dialer_net_init(&d->dialer, &d->loop.loop);
	struct gateway_env env = {.loop = &d->loop.loop,
	                          .rng = &d->rng,
	                          .dialer = &d->dialer.dialer,
	                          .writer = d->writer,
	                          .reader = d->reader,
	                          .log = &d->log.log,
	                          .meter = &d->meter,
	                          .on_ready = on_ready,
	                          .on_stopped = on_stopped,
	                          .on_given_up = on_given_up,
	                          .arg = d};
	err = gateway_new(&env, d->config, rules, &d->gateway, e);
	if (err)
		return err;
	struct gateway_observe_env look = {.gateway = d->gateway,
	                                   .meter = &d->meter,
	                                   .ring = &d->ring,
	                                   .sink = &d->log,
	                                   .on_point = on_point,
	                                   .arg = d};
	d->observer = gateway_observe_new(&look);
	d->commands = (struct commands){
	    .gateway = d->gateway, .observer = d->observer, .reload = daemon_reload, .arg = d};
	admin_init(&d->admin, &d->loop.loop, commands_table, &d->commands);
	admin_init(&d->feed, &d->loop.loop, commands_feed, &d->commands);
	d->admin.access =
	    (struct admin_access){.roles_of = roles_of, .role_names = config_role_names, .arg = d};
	err = open_http_admin(d, e);
	if (err)
		return err;
	loop_uv_signals(&d->loop, signums, ARRAY_LEN(signums), on_signal, d);
	gateway_start(d->gateway);
	return OK;
}

static void stop_executor(struct store_executor *x)
{
	if (x)
		store_thread_stop(x);
}

static void free_executor(struct store_executor *x)
{
	if (x)
		store_thread_free(x);
}

/* The gateway goes before the loop, the loop's last turns bring the last completions. */
static void finish(struct daemon *d)
{
	close_listeners(d);
	listening_close_web(&d->listening);
	if (d->http_admin) {
		http_admin_drain(d->http_admin);
		http_server_abort(http_admin_server(d->http_admin));
	}
	if (d->observer)
		gateway_observe_stop(d->observer);
	/* The writer closes last: whoever does folds the log into the file. */
	stop_executor(d->reader);
	stop_executor(d->writer);
	loop_timer_cancel(&d->loop.loop, &d->watchdog);
	loop_timer_cancel(&d->loop.loop, &d->certificates);
	loop_timer_cancel(&d->loop.loop, &d->log_tick);
	loop_timer_cancel(&d->loop.loop, &d->ending);
	loop_uv_settle(&d->loop);
	if (d->http_admin)
		http_admin_free(d->http_admin);
	if (d->observer)
		gateway_observe_free(d->observer);
	if (d->gateway)
		gateway_free(d->gateway);
	free_executor(d->writer);
	free_executor(d->reader);
	tls_ctx_unref(&d->api_tls);
	loop_uv_fini(&d->loop);
}

/* A transaction takes some megabytes and gives them back, many times a second: they are kept rather than returned to
 * the system each time. */
static void keep_memory(void)
{
	(void)mallopt(M_TOP_PAD, 4 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
}

/* Passwords, keys and identity numbers are in memory: nobody gets them as a core file, or by looking into the process as
 * its own user. */
static void keep_private(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0); /* cannot fail with this value */
}

static int run(const char *path, const char *ports_file)
{
	struct daemon d = {.config_path = path, .ports_file = ports_file};
	struct policy_ruleset *rules;
	struct errmsg e;
	struct diag found;
	diag_init(&found);
	bool fine = files_load(path, &found, &d.config, &rules);
	files_print_findings(&found);
	diag_fini(&found);
	if (!fine)
		return EXIT_FAILED;
	keep_memory();
	keep_private();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a full disk, and no end */
	clock_init_system(&d.clock, d.config->clock_shift_ms);
	rng_init_kernel(&d.rng);
	log_open(&d.log, d.config->log_format, (enum log_level)d.config->log_level, STDERR_FILENO, &d.clock);
	log_ring_init(&d.ring);
	d.log.ring = &d.ring;
	meter_init(&d.meter);
	sdnotify_init(&d.notify);
	loop_uv_init(&d.loop, &d.clock);
	if (listening_init(&d.listening, &e) || start(&d, rules, &e))
		fail(&d, e.text);
	else
		loop_uv_run(&d.loop);
	policy_unref(&rules);
	finish(&d);
	LOG(&d.log.log, LOG_NOTICE, "stopped", d.exit_code ? "failed" : "all outcomes are stored",
	    F_C("instance", d.config->instance));
	sdnotify_fini(&d.notify);
	meter_fini(&d.meter);
	log_close(&d.log);
	log_ring_fini(&d.ring);
	config_unref(&d.config);
	return d.exit_code;
}

static int usage(FILE *out, int code)
{
	fprintf(
	    out,
	    "usage: vneppd [--check | --rotate-key] [--config FILE] [--ports-file FILE]\n"
	    "  --config FILE      configuration (default " DEFAULT_CONFIG ")\n"
	    "  --check            report every error of configuration, credentials and rules, start nothing\n"
	    "  --rotate-key       hash the stored keys of subjects once more under a new secret key, start "
	    "nothing; the\n"
	    "                     daemon must not be running\n"
	    "  --ports-file FILE  write the chosen ports there when ready (api=PORT, admin=PORT)\n"
	    "  --version, --help\n");
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"check", no_argument, NULL, 'k'},
	                                        {"rotate-key", no_argument, NULL, 'r'},
	                                        {"ports-file", required_argument, NULL, 'p'},
	                                        {"version", no_argument, NULL, 'v'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	const char *path = DEFAULT_CONFIG, *ports_file = NULL;
	bool check_only = false, rotate = false;
	int opt;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c': path = optarg; break;
		case 'k': check_only = true; break;
		case 'r': rotate = true; break;
		case 'p': ports_file = optarg; break;
		case 'v': printf("vneppd %s\n", VNEPP_VERSION); return EXIT_FINE;
		case 'h': return usage(stdout, EXIT_FINE);
		default: return usage(stderr, EXIT_USAGE);
		}
	}
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	if (rotate && !check_only)
		return rotate_key(path);
	return check_only ? files_check(path) : run(path, ports_file);
}
