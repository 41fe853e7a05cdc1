/*
 * Rule sets as they are kept: the list, or one of them whole.
 *
 * A beginning of a revision is looked for in the newest STORE_PAGE_MAX ones; older ones are found by their whole name.
 */
#include "daemon/gateway_policy.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define KEPT_DEFAULT 50
#define SCHEME       "sha256:"
#define REVISION_LEN (strlen(SCHEME) + 64)

struct kept {
	struct gateway_call call;
	struct store_get_rules op;
	char named
	    [RULES_REVISION_MAX]; /* a beginning that is looked for; empty: the list is what was asked for */
	char one[RULES_REVISION_MAX];
	struct errmsg e;
};

static void submit(struct kept *k, void (*done)(struct store_op *op), struct str revision, uint32_t limit)
{
	struct store_executor *reader = k->call.gateway->env.reader;
	k->op = (struct store_get_rules){.op = {.type = STORE_GET_RULES, .done = done},
	                                 .revision = revision,
	                                 .limit = limit,
	                                 .arena = &k->call.arena};
	reader->submit(reader, &k->op.op);
}

static void on_one(struct store_op *op)
{
	struct kept *k = CONTAINER_OF(op, struct kept, op.op);
	if (op->err)
		gateway_call_end(&k->call, op->errmsg.text, NULL);
	else
		gateway_call_end(&k->call, NULL, policy_kept_json(k->call.gateway, &k->op.rows[0]));
}

static void read_one(struct kept *k, struct str revision)
{
	(void)snprintf(k->one, sizeof k->one, "%.*s", STR_ARG(revision));
	submit(k, on_one, str_c(k->one), 0);
}

static bool begins(struct str revision, const char *named)
{
	return str_starts(revision, str_c(named)) ||
	       str_starts(str_make(revision.ptr + strlen(SCHEME), revision.len - strlen(SCHEME)),
	                  str_c(named));
}

static void pick(struct kept *k)
{
	const struct store_rules_row *found = NULL;
	for (size_t i = 0; i < k->op.count; i++) {
		if (k->op.rows[i].revision.len < strlen(SCHEME) || !begins(k->op.rows[i].revision, k->named))
			continue;
		if (found) {
			(void)err_set(&k->e, ERR_CONFLICT,
			              "more than one rule set begins with '%s': say more of it", k->named);
			gateway_call_end(&k->call, k->e.text, NULL);
			return;
		}
		found = &k->op.rows[i];
	}
	if (found) {
		read_one(k, found->revision);
		return;
	}
	(void)err_set(&k->e, ERR_NOT_FOUND, "no rule set that begins with '%s' is kept", k->named);
	gateway_call_end(&k->call, k->e.text, NULL);
}

static void on_list(struct store_op *op)
{
	struct kept *k = CONTAINER_OF(op, struct kept, op.op);
	if (op->err) {
		gateway_call_end(&k->call, op->errmsg.text, NULL);
		return;
	}
	if (k->named[0]) {
		pick(k);
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < k->op.count; i++)
		json_array_append_new(list, policy_kept_json(k->call.gateway, &k->op.rows[i]));
	gateway_call_end(&k->call, NULL, json_pack("{s:o, s:b}", "kept", list, "more", k->op.more));
}

/* What stands for a revision by its state; NULL: `name` is none of these words. */
static const char *by_state(const struct gateway *g, const char *name)
{
	return strcmp(name, "active") == 0   ? g->policy->life.active
	       : strcmp(name, "staged") == 0 ? g->policy->life.staged.revision
	                                     : NULL;
}

void gateway_policy_kept(struct gateway *g, const char *revision, uint32_t limit, gateway_answer_cb done,
                         void *arg)
{
	struct kept *k = gateway_question_new(g, sizeof *k, done, arg);
	if (!k)
		return;
	const char *meant = revision ? by_state(g, revision) : NULL;
	if (!revision)
		submit(k, on_list, STR_NONE,
		       limit == 0               ? KEPT_DEFAULT
		       : limit < STORE_PAGE_MAX ? limit
		                                : STORE_PAGE_MAX);
	else if (meant && !*meant)
		gateway_call_end(&k->call, "nothing is staged", NULL);
	else if (meant)
		read_one(k, str_c(meant));
	else if (!*revision || !str_copy(k->named, sizeof k->named, str_c(revision)))
		gateway_call_end(&k->call,
		                 "a revision is \"sha256:\" and 64 digits, or the beginning of that", NULL);
	else if (strlen(revision) == REVISION_LEN)
		read_one(k, str_c(revision));
	else
		submit(k, on_list, STR_NONE, STORE_PAGE_MAX);
}
