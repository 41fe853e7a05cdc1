/*
 * POST /v1/items/{ref}/retry: a failed or refused item is tried again under the same reference.
 *
 * Happy path: STORE_DECIDE decides it anew, under the rules in force now and with the evidence that was added since ─▶ the
 * item is read ─▶ 202 with where it stands. While it moves or waits, nothing happens and the answer is 200: so the call can
 * be repeated. No such item of this partner: 404. It is done or cancelled: 409. The store cannot write: 503.
 */
#include "daemon/api/api_body.h"
#include "daemon/api/api_redecide.h"

struct retry_call {
	struct api_call call;
	struct api_redecide again;
};

static void release(struct api_call *c)
{
	api_redecide_release(&CONTAINER_OF(c, struct retry_call, call)->again);
}

static struct api_problem not_retryable(const struct api_redecide *x, const struct store_op *op)
{
	return (struct api_problem){.status = 409,
	                            .type = "not-retryable",
	                            .title = "Only what failed or was refused is tried again",
	                            .detail = str_c(op->errmsg.text),
	                            .extra = api_redecide_state,
	                            .arg = &x->decide};
}

static void on_decided(struct api_redecide *x)
{
	LOG(x->call->api->log, LOG_INFO, "item.retried", "on the partner's wish", API_REDECIDE_FIELDS(x));
}

void api_retry_item(const struct api_request *q)
{
	if (!api_accept_json(q->http) || !api_is_open(q))
		return;
	struct retry_call *x = api_call_new(q, sizeof *x, release);
	x->again = (struct api_redecide){.decide.how = STORE_DECIDE_RETRY,
	                                 .on_decided = on_decided,
	                                 .problem = not_retryable,
	                                 .status = 202,
	                                 .status_repeated = 200};
	api_redecide_submit(&x->again, &x->call, arena_str(&x->call.arena, q->arg));
}
