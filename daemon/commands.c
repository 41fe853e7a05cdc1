/* The commands of the control socket: each is one call of the gateway, answered when that has an answer. */
#include "daemon/commands.h"
#include "daemon/admin/admin_proto.h"
#include "daemon/core/config.h"
#include "daemon/gateway.h"
#include "daemon/gateway_observe.h"
#include "epp/base/alloc.h"

#include <jansson.h>
#include <stdlib.h>

struct status_question {
	struct commands *m;
	struct admin_conn *c;
};

/* `why`: it starts, or the store cannot be read; the rest can be told all the same. */
static void on_status(void *arg, const char *why, json_t *moving)
{
	struct status_question *q = arg;
	json_t *status = gateway_status(q->m->gateway);
	gateway_observe_add(q->m->observer, status);
	if (!why)
		json_object_set(status, "items", json_object_get(moving, "items"));
	json_decref(moving);
	admin_reply(q->c, status);
	free(q);
}

static void run_status(void *arg, struct admin_conn *c, const json_t *args)
{
	struct status_question *q = xcalloc(1, sizeof *q);
	(void)args;
	*q = (struct status_question){arg, c};
	gateway_moving(q->m->gateway, 0, on_status, q);
}

static void on_imported(void *arg, const char *why, uint64_t added, uint64_t replaced)
{
	struct admin_conn *c = arg;
	if (why)
		admin_reply_error(c, why);
	else
		admin_reply(c, json_pack("{s:I, s:I}", "added", (json_int_t)added, "replaced",
		                         (json_int_t)replaced));
}

static void run_import(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_import(m->gateway, json_object_get(args, "rows"), on_imported, c);
}

static void run_reload(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	m->reload(m->arg, c);
}

static void on_paused(void *arg, const char *why, json_t *pauses)
{
	if (why)
		admin_reply_error(arg, why);
	else
		admin_reply(arg, json_pack("{s:O}", "pauses", pauses));
}

static void run_pause(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_pause(m->gateway, args, true, on_paused, c);
}

static void run_resume(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_pause(m->gateway, args, false, on_paused, c);
}

static void on_resolved(void *arg, const char *why)
{
	if (why)
		admin_reply_error(arg, why);
	else
		admin_reply(arg, json_object());
}

static void run_resolve(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_resolve(m->gateway, args, on_resolved, c);
}

static void on_item(void *arg, const char *why, json_t *item)
{
	if (why)
		admin_reply_error(arg, why);
	else
		admin_reply(arg, item);
}

static void run_item(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t id = json_integer_value(json_object_get(args, "item")),
	           after = json_integer_value(json_object_get(args, "after"));
	if (json_object_get(args, "item"))
		gateway_item(m->gateway, id > 0 ? (uint64_t)id : 0, on_item, c);
	else
		gateway_items_open(m->gateway, after > 0 ? (uint64_t)after : 0, on_item, c);
}

static void run_limits(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	gateway_limits(m->gateway, on_item, c);
}

static void run_queue(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	gateway_queue(m->gateway, on_item, c);
}

static void run_messages(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t id = json_integer_value(json_object_get(args, "message"));
	gateway_messages(m->gateway, id > 0 ? (uint64_t)id : 0, json_is_true(json_object_get(args, "all")),
	                 on_item, c);
}

static void run_message_done(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t id = json_integer_value(json_object_get(args, "message"));
	gateway_message_done(m->gateway, id > 0 ? (uint64_t)id : 0,
	                     json_string_value(json_object_get(args, "why")), on_resolved, c);
}

static struct gateway_asker asker_of(const struct admin_conn *c, struct admin_asker *who)
{
	if (!admin_asker(c, who))
		return (struct gateway_asker){.login = NULL};
	return (struct gateway_asker){.uid = who->uid, .login = who->login};
}

static void run_policy(enum gateway_policy_step step, void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	struct admin_asker who;
	struct gateway_asker asker = asker_of(c, &who);
	gateway_policy(m->gateway, step, args, &asker, on_item, c);
}

static void run_stage(void *arg, struct admin_conn *c, const json_t *args)
{
	run_policy(GATEWAY_POLICY_STAGE, arg, c, args);
}

static void run_activate(void *arg, struct admin_conn *c, const json_t *args)
{
	run_policy(GATEWAY_POLICY_ACTIVATE, arg, c, args);
}

static void run_confirm(void *arg, struct admin_conn *c, const json_t *args)
{
	run_policy(GATEWAY_POLICY_CONFIRM, arg, c, args);
}

static void run_rollback(void *arg, struct admin_conn *c, const json_t *args)
{
	run_policy(GATEWAY_POLICY_ROLL_BACK, arg, c, args);
}

static void run_withdraw(void *arg, struct admin_conn *c, const json_t *args)
{
	run_policy(GATEWAY_POLICY_WITHDRAW, arg, c, args);
}

static void run_review(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t item = json_integer_value(json_object_get(args, "item"));
	if (json_object_get(args, "item"))
		gateway_review_show(m->gateway, item > 0 ? (uint64_t)item : 0, on_item, c);
	else
		gateway_review_list(m->gateway, on_item, c);
}

static void review_decide(bool approve, void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	struct admin_asker who;
	struct gateway_asker asker = asker_of(c, &who);
	gateway_review_decide(m->gateway, approve, args, &asker, on_item, c);
}

static void run_approve(void *arg, struct admin_conn *c, const json_t *args)
{
	review_decide(true, arg, c, args);
}

static void run_refuse(void *arg, struct admin_conn *c, const json_t *args)
{
	review_decide(false, arg, c, args);
}

static void run_list(enum gateway_list_step step, void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	struct admin_asker who;
	struct gateway_asker asker = asker_of(c, &who);
	gateway_list(m->gateway, step, args, &asker, on_item, c);
}

#define LIST_COMMAND(name, step)                                              \
	static void name(void *arg, struct admin_conn *c, const json_t *args) \
	{                                                                     \
		run_list(step, arg, c, args);                                 \
	}
LIST_COMMAND(run_list_begin, GATEWAY_LIST_BEGIN)
LIST_COMMAND(run_list_rows, GATEWAY_LIST_ROWS)
LIST_COMMAND(run_list_preview, GATEWAY_LIST_PREVIEW)
LIST_COMMAND(run_list_publish, GATEWAY_LIST_PUBLISH)
LIST_COMMAND(run_list_drop, GATEWAY_LIST_DROP)
LIST_COMMAND(run_list_undo, GATEWAY_LIST_UNDO)
LIST_COMMAND(run_list_check, GATEWAY_LIST_CHECK)
LIST_COMMAND(run_lists, GATEWAY_LIST_TELL)

static void run_policy_status(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t limit = json_integer_value(json_object_get(args, "limit"));
	gateway_policy_status(m->gateway, limit > 0 && limit <= UINT32_MAX ? (uint32_t)limit : 0, on_item, c);
}

static void run_policy_kept(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t limit = json_integer_value(json_object_get(args, "limit"));
	gateway_policy_kept(m->gateway, json_string_value(json_object_get(args, "revision")),
	                    limit > 0 && limit <= UINT32_MAX ? (uint32_t)limit : 0, on_item, c);
}

static void run_policy_records(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t item = json_integer_value(json_object_get(args, "item")),
	           after = json_integer_value(json_object_get(args, "after")),
	           limit = json_integer_value(json_object_get(args, "limit"));
	gateway_policy_records(m->gateway, item > 0 ? (uint64_t)item : 0, after > 0 ? (uint64_t)after : 0,
	                       limit > 0 && limit <= UINT32_MAX ? (uint32_t)limit : 0, on_item, c);
}

static void run_sessions(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_sessions(m->gateway));
}

static void run_certs(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_observe_certificates(m->observer));
}

static void run_errors(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_observe_errors(m->observer));
}

static void run_partners(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	gateway_partners(m->gateway, on_item, c);
}

static void run_ready(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_observe_ready(m->observer));
}

static void run_store(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	gateway_store(m->gateway, on_item, c);
}

static void run_config(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_config(m->gateway));
}

static void run_version(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	(void)args;
	admin_reply(c, gateway_version(m->gateway));
}

static void run_moving(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t batch = json_integer_value(json_object_get(args, "batch"));
	gateway_moving(m->gateway, batch > 0 ? (uint64_t)batch : 0, on_item, c);
}

static void run_drain(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_drain(m->gateway, !json_is_true(json_object_get(args, "end")));
	gateway_moving(m->gateway, 0, on_item, c);
}

static void run_reconcile(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	json_int_t item = json_integer_value(json_object_get(args, "item"));
	gateway_reconcile(m->gateway, item > 0 ? (uint64_t)item : 0, on_resolved, c);
}

static bool on_frame(void *arg, json_t *frame)
{
	return admin_event(arg, frame);
}

static bool is_gone(void *arg)
{
	return admin_is_gone(arg);
}

static void run_trace(void *arg, struct admin_conn *c, const json_t *args)
{
	static const struct gateway_trace_events ev = {on_frame, is_gone, on_item};
	struct commands *m = arg;
	struct admin_asker who;
	struct gateway_asker asker = asker_of(c, &who);
	gateway_trace(m->gateway, args, &asker, &ev, c);
}

#define VIEW     CONFIG_ROLE_BIT(CONFIG_ROLE_VIEWER)
#define OPERATE  CONFIG_ROLE_BIT(CONFIG_ROLE_OPERATOR)
#define ADMIN    CONFIG_ROLE_BIT(CONFIG_ROLE_ADMIN)
#define STAGE    CONFIG_ROLE_BIT(CONFIG_ROLE_POLICY_STAGE)
#define ACTIVATE CONFIG_ROLE_BIT(CONFIG_ROLE_POLICY_ACTIVATE)
#define POLICY   (STAGE | ACTIVATE | OPERATE) /* applications and lists: an official, or an operator for one */

/* What shows an applicant's data is for operators and officials; going back to the former rule set must not wait for one person. */
const struct admin_command commands_table[] = {
    {ADMIN_CMD_STATUS, VIEW, run_status},
    {ADMIN_CMD_PAUSE, OPERATE, run_pause},
    {ADMIN_CMD_RESUME, OPERATE, run_resume},
    {ADMIN_CMD_ITEM, VIEW, run_item},
    {ADMIN_CMD_LIMITS, VIEW, run_limits},
    {ADMIN_CMD_QUEUE, VIEW, run_queue},
    {ADMIN_CMD_MESSAGES, OPERATE, run_messages},
    {ADMIN_CMD_MESSAGE_DONE, OPERATE, run_message_done},
    {ADMIN_CMD_RESOLVE, OPERATE, run_resolve},
    {ADMIN_CMD_SESSIONS, VIEW, run_sessions},
    {ADMIN_CMD_CERTS, VIEW, run_certs},
    {ADMIN_CMD_STORE, VIEW, run_store},
    {ADMIN_CMD_PARTNERS, VIEW, run_partners},
    {ADMIN_CMD_ERRORS, VIEW, run_errors},
    {ADMIN_CMD_CONFIG, VIEW, run_config},
    {ADMIN_CMD_VERSION, VIEW, run_version},
    {ADMIN_CMD_READY, VIEW, run_ready},
    {ADMIN_CMD_MOVING, VIEW, run_moving},
    {ADMIN_CMD_DRAIN, OPERATE, run_drain},
    {ADMIN_CMD_RECONCILE, OPERATE, run_reconcile},
    {ADMIN_CMD_TRACE, ADMIN, run_trace},
    {ADMIN_CMD_IMPORT, ADMIN, run_import},
    {ADMIN_CMD_RELOAD, OPERATE, run_reload},
    {ADMIN_CMD_REVIEW, POLICY, run_review},
    {ADMIN_CMD_APPROVE, POLICY, run_approve},
    {ADMIN_CMD_REFUSE, POLICY, run_refuse},
    {ADMIN_CMD_LIST_BEGIN, POLICY, run_list_begin},
    {ADMIN_CMD_LIST_ROWS, POLICY, run_list_rows},
    {ADMIN_CMD_LIST_PREVIEW, POLICY, run_list_preview},
    {ADMIN_CMD_LIST_PUBLISH, POLICY, run_list_publish},
    {ADMIN_CMD_LIST_DROP, POLICY, run_list_drop},
    {ADMIN_CMD_LIST_UNDO, POLICY, run_list_undo},
    {ADMIN_CMD_NAMES_CHECK, VIEW, run_list_check},
    {ADMIN_CMD_LISTS, VIEW, run_lists},
    {ADMIN_CMD_POLICY_STAGE, STAGE, run_stage},
    {ADMIN_CMD_POLICY_ACTIVATE, ACTIVATE, run_activate},
    {ADMIN_CMD_POLICY_CONFIRM, ACTIVATE, run_confirm},
    {ADMIN_CMD_POLICY_ROLLBACK, STAGE | ACTIVATE | OPERATE, run_rollback},
    {ADMIN_CMD_POLICY_WITHDRAW, STAGE | ACTIVATE, run_withdraw},
    {ADMIN_CMD_POLICY_STATUS, VIEW, run_policy_status},
    {ADMIN_CMD_POLICY_KEPT, VIEW, run_policy_kept},
    {ADMIN_CMD_POLICY_RECORDS, OPERATE | STAGE | ACTIVATE, run_policy_records},
    {NULL, 0, NULL}};

static void run_changes(void *arg, struct admin_conn *c, const json_t *args)
{
	struct commands *m = arg;
	gateway_changes(m->gateway, args, on_item, c);
}

const struct admin_command commands_feed[] = {{ADMIN_CMD_CHANGES, VIEW, run_changes}, {NULL, 0, NULL}};
