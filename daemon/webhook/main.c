/*
 * vnepp-webhookd: tells partners of what becomes of their items, by signed messages over HTTPS.
 *
 *   vnepp-webhookd [--config FILE]             runs until SIGTERM or SIGINT; SIGHUP reloads configuration and secrets
 *   vnepp-webhookd --check [--config FILE]     reports every error of the configuration and the secrets, starts nothing
 *   vnepp-webhookd --status [--json]           how the receivers fare
 *   vnepp-webhookd --metrics                   the same for Prometheus
 *   vnepp-webhookd --enable PARTNER            switches a receiver on again
 */
#include "daemon/core/config_webhook.h"
#include "daemon/webhook/webhook_metrics.h"
#include "daemon/webhook/webhook_run.h"
#include "daemon/webhook/webhook_status.h"
#include "epp/base/buf.h"

#include <getopt.h>
#include <stdio.h>

#define DEFAULT_CONFIG "/etc/vnepp-webhook/webhooks.yaml"

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum action { ACTION_RUN, ACTION_CHECK, ACTION_STATUS, ACTION_METRICS, ACTION_ENABLE };

struct options {
	const char *path, *partner;
	enum action action;
	bool json;
	bool several; /* more than one action was asked for */
};

/* With every finding on stderr. */
static struct config_webhook *load(const char *path)
{
	struct diag d;
	struct buf text;
	diag_init(&d);
	buf_init(&text, 16u << 20);
	struct config_webhook *c = config_webhook_load(path, &d);
	diag_print(&d, &text);
	(void)fwrite(buf_data(&text), 1, buf_len(&text), stderr); /* nothing is left to do without a stderr */
	buf_fini(&text);
	diag_fini(&d);
	return c;
}

static int report(enum err err, const struct errmsg *e)
{
	if (err)
		fprintf(stderr, "vnepp-webhookd: %s\n", e->text);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static int act(const struct options *o)
{
	struct errmsg e;
	int code = EXIT_FINE;
	struct config_webhook *c = load(o->path);
	if (!c)
		return EXIT_FAILED;
	switch (o->action) {
	case ACTION_RUN: return webhook_run(o->path, c) ? EXIT_FINE : EXIT_FAILED;
	case ACTION_CHECK: printf("%s: fine (%zu receivers)\n", o->path, c->count); break;
	case ACTION_STATUS: code = report(webhook_status_print(c, o->json, stdout, &e), &e); break;
	case ACTION_METRICS: code = report(webhook_metrics_print(c, stdout, &e), &e); break;
	case ACTION_ENABLE:
		code = report(webhook_status_enable(c, o->partner, &e), &e);
		if (code == EXIT_FINE)
			printf("%s is switched on; what waits is sent\n", o->partner);
		break;
	}
	config_webhook_free(c);
	return code;
}

static int usage(FILE *out, int code)
{
	fprintf(
	    out,
	    "usage: vnepp-webhookd [--check | --status [--json] | --metrics | --enable PARTNER] [--config "
	    "FILE]\n"
	    "  --config FILE     configuration (default " DEFAULT_CONFIG ")\n"
	    "  --check           report every error of the configuration and the secrets, start nothing\n"
	    "  --status          each receiver: state, messages that wait, last success, last trouble\n"
	    "  --json            the same for programs\n"
	    "  --metrics         the same for Prometheus: a file for the node exporter's textfile collector\n"
	    "  --enable PARTNER  deliver again to a receiver that was switched off (it answered 410, or "
	    "took\n"
	    "                    nothing for days); what waits for it is sent\n"
	    "  --version, --help\n");
	return code;
}

static void choose(struct options *o, enum action action)
{
	o->several = o->several || o->action != ACTION_RUN;
	o->action = action;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"check", no_argument, NULL, 'k'},
	                                        {"status", no_argument, NULL, 's'},
	                                        {"json", no_argument, NULL, 'j'},
	                                        {"metrics", no_argument, NULL, 'm'},
	                                        {"enable", required_argument, NULL, 'e'},
	                                        {"version", no_argument, NULL, 'v'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	struct options o = {.path = DEFAULT_CONFIG};
	int opt;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c': o.path = optarg; break;
		case 'k': choose(&o, ACTION_CHECK); break;
		case 's': choose(&o, ACTION_STATUS); break;
		case 'm': choose(&o, ACTION_METRICS); break;
		case 'j': o.json = true; break;
		case 'e':
			choose(&o, ACTION_ENABLE);
			o.partner = optarg;
			break;
		case 'v': printf("vnepp-webhookd %s\n", VNEPP_VERSION); return EXIT_FINE;
		case 'h': return usage(stdout, EXIT_FINE);
		default: return usage(stderr, EXIT_USAGE);
		}
	}
	if (optind < argc || o.several || (o.json && o.action != ACTION_STATUS))
		return usage(stderr, EXIT_USAGE);
	return act(&o);
}
