/*
 * POST /v1/items/{ref}/evidence: a partner adds what an item waits for.
 *
 * Happy path: the body is read and checked as in a batch ─▶ STORE_DECIDE adds it and decides the item again ─▶ the item
 * is read ─▶ 200 with its result, the same as GET would say.
 *
 * Failure modes: a bad body: 422 with every error; nothing was added. No such item of this partner: 404. It does not wait:
 * 409 with where it stands; but evidence that is all there already is answered as if it had just been added, so that the
 * call can be repeated. The store cannot write: 503, nothing was added.
 */
#include "daemon/api/api_body.h"
#include "daemon/api/api_redecide.h"
#include "daemon/api/item_json.h"

#define BODY_MAX (64u << 10) /* sixteen pieces with the longest texts have less than half of it */

struct evidence_call {
	struct api_body body;
	struct line_errors errors;
	struct arena scratch;
	struct item_request req;
	struct api_redecide again;
	struct str ref;
};

static void release(struct api_call *c)
{
	struct evidence_call *x = CONTAINER_OF(c, struct evidence_call, body.call);
	line_errors_fini(&x->errors);
	arena_fini(&x->scratch);
	api_redecide_release(&x->again);
	api_body_release(&x->body);
}

static struct api_problem not_added(const struct api_redecide *x, const struct store_op *op)
{
	bool conflict = op->err == ERR_CONFLICT;
	if (op->err == ERR_EXISTS)
		return (struct api_problem){.status = 409,
		                            .type = "said-otherwise",
		                            .title = "The item says otherwise already",
		                            .detail = str_c(op->errmsg.text),
		                            .extra = api_redecide_state,
		                            .arg = &x->decide};
	return (struct api_problem){.status = conflict ? 409 : 422,
	                            .type = conflict ? "not-waiting" : "too-much-evidence",
	                            .title = conflict ? "The item does not wait for evidence"
	                                              : "An item cannot have that many pieces of evidence",
	                            .detail = str_c(op->errmsg.text),
	                            .extra = api_redecide_state,
	                            .arg = &x->decide};
}

static void on_decided(struct api_redecide *x)
{
	LOG(x->call->api->log, LOG_INFO, "evidence.added", "to an item that waited", API_REDECIDE_FIELDS(x));
}

static void on_complete(struct api_body *b)
{
	struct evidence_call *x = CONTAINER_OF(b, struct evidence_call, body);
	struct str text = buf_str(&b->text);
	struct item_draft d;
	item_draft_begin(&d, &x->req, &b->call.arena, &x->errors, 1, text.ptr);
	if (!item_json_read_evidence(&d, &x->scratch, text) ||
	    !item_draft_check_facts(&d, decider_rules(b->call.api->decider))) {
		api_body_end_with(b, &(struct api_problem){.status = 422,
		                                           .type = "bad-evidence",
		                                           .title = "The evidence is not right",
		                                           .detail = STR("Nothing was added."),
		                                           .extra = api_problem_errors,
		                                           .arg = &x->errors});
		return;
	}
	x->again = (struct api_redecide){.decide = {.how = STORE_DECIDE_EVIDENCE,
	                                            .evidence = x->req.evidence,
	                                            .evidence_count = x->req.evidence_count,
	                                            .added = &x->req},
	                                 .on_decided = on_decided,
	                                 .problem = not_added,
	                                 .status = 200,
	                                 .status_repeated = 200};
	api_redecide_submit(&x->again, &b->call, x->ref);
}

void api_add_evidence(const struct api_request *q)
{
	if (!api_accept_json(q->http) || !api_is_open(q))
		return;
	struct evidence_call *x = api_body_new(q, sizeof *x, BODY_MAX, on_complete, release);
	if (!x)
		return;
	arena_init(&x->scratch);
	line_errors_init(&x->errors, &x->body.call.arena);
	x->ref = arena_str(&x->body.call.arena, q->arg);
}
