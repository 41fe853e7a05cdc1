/* Questions and commands of people on their way through the store. */
#include "daemon/gateway_int.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdlib.h>

void *gateway_call_new(struct gateway *g, size_t size, gateway_answer_cb done, void *arg)
{
	struct gateway_call *c = xcalloc(1, size);
	*c = (struct gateway_call){.gateway = g, .done = done, .arg = arg};
	arena_init(&c->arena);
	return c;
}

void *gateway_question_new(struct gateway *g, size_t size, gateway_answer_cb done, void *arg)
{
	if (g->running)
		return gateway_call_new(g, size, done, arg);
	done(arg, "the gateway is starting", NULL);
	return NULL;
}

void gateway_call_end(struct gateway_call *c, const char *why, json_t *answer)
{
	if (why)
		json_decref(answer);
	c->done(c->arg, why, why ? NULL : answer);
	arena_fini(&c->arena);
	free(c);
}

const char *gateway_wrong(const struct store_op *op, const char *not_found)
{
	if (op->err == ERR_NOT_FOUND && not_found)
		return not_found;
	return op->err ? op->errmsg.text : NULL;
}
