/*
 * The registry's messages for people: what there is, one of them as it came, and that it has been dealt with.
 *
 * Happy path: the reading connection finds them ─▶ answered; or the writer notes what was done ─▶ answered.
 */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdlib.h>

#define WHY_MAX 300

struct question {
	struct gateway_call call;
	struct store_get_messages get;
};

struct note {
	struct store_message_done op;
	struct arena arena;
	gateway_done_cb done;
	void *arg;
};

static json_t *describe(const struct gateway *g, const struct store_message_row *r)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "message", (json_int_t)r->message,
	                 "at", gateway_moment(r->at), "account",
	                 json_string(gateway_account_name(g, r->account)), "kind", gateway_text(r->kind),
	                 "domain", gateway_text(r->domain), "item",
	                 r->item ? json_integer((json_int_t)r->item) : json_null(), "attention",
	                 gateway_text(r->attention), "text", gateway_text(r->text), "waits", r->waits);
}

static void on_list(struct store_op *op)
{
	struct question *q = CONTAINER_OF(op, struct question, get.op);
	json_t *list = json_array();
	for (size_t i = 0; !op->err && i < q->get.count; i++)
		json_array_append_new(list, describe(q->call.gateway, &q->get.rows[i]));
	gateway_call_end(&q->call, gateway_wrong(op, NULL),
	                 json_pack("{s:o, s:b}", "messages", list, "more", q->get.more));
}

static void on_one(struct store_op *op)
{
	struct question *q = CONTAINER_OF(op, struct question, get.op);
	if (op->err) {
		gateway_call_end(&q->call, op->errmsg.text, NULL);
		return;
	}
	const struct store_message_row *r = &q->get.rows[0];
	json_t *a = describe(q->call.gateway, r);
	json_object_set_new(a, "id", gateway_text(r->id));
	json_object_set_new(a, "stored", gateway_moment(r->stored));
	json_object_set_new(a, "done", gateway_moment(r->done_at));
	json_object_set_new(a, "why", gateway_text(r->done_why));
	json_object_set_new(a, "frame", gateway_text(r->body));
	gateway_call_end(&q->call, NULL, a);
}

void gateway_messages(struct gateway *g, uint64_t message, bool all, gateway_answer_cb done, void *arg)
{
	struct question *q = gateway_question_new(g, sizeof *q, done, arg);
	if (!q)
		return;
	q->get = (struct store_get_messages){.op = {.type = STORE_GET_MESSAGES,
	                                            .done = message ? on_one : on_list},
	                                     .message = message,
	                                     .waiting = !all,
	                                     .limit = STORE_MESSAGES_MAX,
	                                     .arena = &q->call.arena};
	g->env.reader->submit(g->env.reader, &q->get.op);
}

static void on_noted(struct store_op *op)
{
	struct note *n = CONTAINER_OF(op, struct note, op.op);
	n->done(n->arg, gateway_wrong(op, NULL));
	arena_fini(&n->arena);
	free(n);
}

void gateway_message_done(struct gateway *g, uint64_t message, const char *why, gateway_done_cb done,
                          void *arg)
{
	const char *wrong = !g->running || g->stopping ? "the gateway is starting or stopping"
	                    : !message                 ? "a message is named by its number, from 1"
	                    : !why || !*why            ? "say why: it is kept with the message"
	                                               : NULL;
	if (wrong) {
		done(arg, wrong);
		return;
	}
	struct note *n = xcalloc(1, sizeof *n);
	*n = (struct note){.done = done, .arg = arg};
	arena_init(&n->arena);
	n->op = (struct store_message_done){.op = {.type = STORE_MESSAGE_DONE, .done = on_noted},
	                                    .message = message,
	                                    .why = arena_printf(&n->arena, "%.*s", WHY_MAX, why),
	                                    .now = loop_wall(g->env.loop)};
	g->env.writer->submit(g->env.writer, &n->op.op);
}
