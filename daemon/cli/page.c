/* One page of the gateway's, asked for until it comes. */
#include "daemon/cli/page.h"

#include "daemon/cli/batches.h"
#include "daemon/cli/interrupt.h"

#define PATIENCE_MS (120 * 1000) /* a restart of the gateway takes seconds */
#define STEP_MS     1000

/* ERR_BUSY: come again, in *wait_ms. */
static enum err ask(struct http_client *h, const char *path, json_t **doc, int64_t *wait_ms, struct errmsg *e)
{
	struct http_client_response r;
	json_error_t je;
	http_client_response_init(&r);
	enum err err =
	    http_client_send(h, &(struct http_client_request){.method = "GET", .path = path}, &r, e);
	*wait_ms = r.retry_after_ms;
	if (!err && r.status != 200)
		err = batches_refused(&r, e);
	if (!err && !(*doc = json_loadb(buf_data(&r.body), buf_len(&r.body), 0, &je)))
		err = err_set(e, ERR_PROTOCOL, "the answer is no JSON: %s", je.text);
	http_client_response_fini(&r);
	return err;
}

static bool is_passing(enum err err)
{
	return err == ERR_BUSY || err == ERR_CONNECT || err == ERR_CLOSED || err == ERR_TIMEOUT ||
	       err == ERR_RESOLVE;
}

enum err page_get(struct http_client *h, const char *path, json_t **doc, struct errmsg *e)
{
	uint64_t lost_ms = 0;
	*doc = NULL;
	for (;;) {
		int64_t wait_ms = -1;
		enum err err = ask(h, path, doc, &wait_ms, e);
		if (interrupt_seen() && err)
			return err_set(e, ERR_CANCELED, "interrupted");
		if (!is_passing(err) || lost_ms >= PATIENCE_MS)
			return err;
		uint64_t ms = wait_ms > 0 ? (uint64_t)wait_ms : STEP_MS;
		if (lost_ms == 0)
			(void)fprintf(stderr, "vnepp: %s; asking again in %.1f s\n", e->text,
			              (double)ms / 1000);
		lost_ms += ms;
		if (!interrupt_sleep_ms(ms))
			return err_set(e, ERR_CANCELED, "interrupted");
	}
}
