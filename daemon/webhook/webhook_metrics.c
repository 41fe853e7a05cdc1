/* The receivers' standing as gauges, one family after the other. */
#include "daemon/webhook/webhook_metrics.h"
#include "daemon/core/config_webhook.h"
#include "daemon/core/stats.h"
#include "daemon/webhook/webhook_queue.h"
#include "daemon/webhook/webhook_status.h"
#include "epp/base/alloc.h"

#include <stdlib.h>

#define METRICS_MAX (16u << 20)

enum figure { WAITING, OLDEST, DELIVERED, OFF, FAILING, FIGURES };

static const struct {
	const char *name, *help;
} figures[FIGURES] = {
    [WAITING] = {"vnepp_webhook_waiting", "Messages that are not delivered yet."},
    [OLDEST] = {"vnepp_webhook_oldest_timestamp_seconds",
                "Since when the oldest of them waits; 0: none does."},
    [DELIVERED] = {"vnepp_webhook_delivered_timestamp_seconds", "The last success; 0: never."},
    [OFF] = {"vnepp_webhook_off", "1: switched off, nothing is delivered until somebody switches it on."},
    [FAILING] = {"vnepp_webhook_failing", "1: the last attempt failed."},
};

struct receiver_figures {
	struct stats_value values[FIGURES];
	char labels
	    [128]; /* a name in the configuration has 64 bytes at most, and none that would be escaped */
};

struct page {
	struct stats stats;
	struct receiver_figures *receivers; /* owned */
	size_t count;
};

static void add_to_page(void *arg, const struct webhook_standing *s)
{
	struct page *p = arg;
	struct receiver_figures *r = &p->receivers[p->count++];
	const int64_t values[FIGURES] = {[WAITING] = s->waiting,
	                                 [OLDEST] = s->oldest_ms / 1000,
	                                 [DELIVERED] = s->fortune.delivered_ms / 1000,
	                                 [OFF] = s->fortune.off_ms != 0,
	                                 [FAILING] = !s->fortune.off_ms && s->fortune.trouble.len};
	snprintf(r->labels, sizeof r->labels, "partner=\"%s\"", s->partner.ptr);
	for (int i = 0; i < FIGURES; i++) {
		stats_register(&p->stats, &r->values[i], STATS_GAUGE, figures[i].name, figures[i].help,
		               r->labels);
		stats_set(&r->values[i], values[i]);
	}
}

enum err webhook_metrics_print(const struct config_webhook *c, FILE *out, struct errmsg *e)
{
	struct page p = {.receivers = xcalloc(c->count + 1, sizeof *p.receivers)};
	struct buf text;
	stats_init(&p.stats);
	buf_init(&text, METRICS_MAX);
	enum err err = webhook_status_each(c, add_to_page, &p, e);
	if (!err)
		stats_write(&p.stats, STATS_PROMETHEUS, &text);
	(void)fwrite(buf_data(&text), 1, buf_len(&text), out); /* a closed pipe is the reader's affair */
	for (size_t i = 0; i < p.count; i++)
		for (int k = 0; k < FIGURES; k++)
			stats_unregister(&p.receivers[i].values[k].entry);
	stats_fini(&p.stats);
	buf_fini(&text);
	free(p.receivers);
	return err;
}
