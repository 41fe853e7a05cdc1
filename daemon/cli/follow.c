/* Polling a batch with its entity tag: an unchanged one costs the gateway next to nothing. */
#include "daemon/cli/follow.h"

#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/summary.h"
#include "epp/base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define POLL_MS      300
#define LOST_MAX_MS  (120 * 1000) /* a restart of the gateway takes seconds */
#define LOST_STEP_MS 1000

static bool add_item(void *arg, const json_t *item)
{
	summary_add(arg, item);
	return !interrupt_seen();
}

static bool print_summary(const struct summary *s, const char *id, bool json)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	if (json) {
		json_t *doc = summary_json(s), *all = json_pack("{s:s}", "batch", id);
		json_object_update(all, doc);
		char *text = json_dumps(all, JSON_INDENT(2));
		buf_printf(&out, "%s\n", text ? text : "{}");
		free(text);
		json_decref(doc);
		json_decref(all);
	} else {
		buf_printf(&out, "Batch %s: %llu of %llu lines done\n\n", id,
		           (unsigned long long)summary_done(s), (unsigned long long)summary_lines(s));
		summary_print(s, &out);
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

int follow_summary(struct http_client *h, const char *id, bool json)
{
	struct errmsg e = {""};
	struct summary *s = summary_new();
	enum err err = batches_each_item(h, id, NULL, add_item, s, &e);
	int result = CLI_FAILED;
	if (err)
		cli_error("batch %s: %s", id, e.text);
	else if (print_summary(s, id, json))
		result = summary_exit(s);
	summary_free(s);
	return err == ERR_CANCELED ? CLI_INTERRUPTED : result;
}

static int on_interrupt(const char *id)
{
	(void)fprintf(stderr, "The batch goes on without us. Follow it with: vnepp batch %s --follow\n", id);
	return CLI_INTERRUPTED;
}

/* Whether it is worth asking again. `*lost_ms` adds up while nothing is heard. */
static bool may_recover(enum err err, uint64_t *lost_ms)
{
	bool passing = err == ERR_BUSY || err == ERR_CONNECT || err == ERR_CLOSED || err == ERR_TIMEOUT ||
	               err == ERR_RESOLVE;
	return passing && *lost_ms < LOST_MAX_MS;
}

static uint64_t after_trouble(struct progress *p, const struct errmsg *e, int64_t wait_ms, uint64_t *lost_ms)
{
	uint64_t ms = wait_ms > 0 ? (uint64_t)wait_ms : LOST_STEP_MS;
	progress_clear(p);
	if (*lost_ms == 0 || wait_ms > 0)
		(void)fprintf(stderr, "vnepp: %s; asking again in %.1f s\n", e->text, (double)ms / 1000);
	*lost_ms += ms;
	return ms;
}

int follow_batch(struct http_client *h, const char *id, bool json)
{
	struct clock clock;
	struct progress p;
	struct batches_status s = {0};
	uint64_t lost_ms = 0, sleep_ms = 0;
	bool heard = false;
	clock_init_system(&clock, 0);
	progress_init(&p, stderr);
	do {
		struct errmsg e = {""};
		int64_t wait_ms = -1;
		enum err err =
		    interrupt_sleep_ms(sleep_ms) ? batches_get(h, id, &s, &wait_ms, &e) : ERR_CANCELED;
		if (err == ERR_CANCELED) {
			progress_clear(&p);
			return on_interrupt(id);
		}
		if (err && !may_recover(err, &lost_ms)) {
			progress_clear(&p);
			cli_error("batch %s: %s", id, e.text);
			return CLI_FAILED;
		}
		sleep_ms = err ? after_trouble(&p, &e, wait_ms, &lost_ms) : POLL_MS;
		heard = !err;
		if (heard) {
			lost_ms = 0;
			progress_update(&p, s.lines - s.moving, s.lines, clock.mono_us(&clock));
		}
	} while (!heard || s.moving);
	progress_clear(&p);
	return follow_summary(h, id, json);
}
