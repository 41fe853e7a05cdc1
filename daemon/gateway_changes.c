/*
 * Changes of one partner, for vnepp-webhookd on the feed socket.
 *
 * Happy path: a cursor ─▶ the reading connection ─▶ a page, with the cursor to go on from. What can go wrong: a
 * partner that is not configured, a cursor that is none, a store that cannot be read: an error text, and the asker
 * comes again.
 */
#include "daemon/api/api.h"
#include "daemon/gateway_int.h"
#include "daemon/store/store_changes.h"

#include <jansson.h>
#include <string.h>

#define LIMIT        100
#define CHANGE_BYTES (64u << 10) /* one change as JSON; a ref, a name and a reason are short */

struct changes_call {
	struct gateway_call call;
	struct store_get_changes get;
};

/* NULL: a change is longer than any that we make. */
static json_t *page(const struct store_get_changes *g)
{
	char cursor[STORE_CURSOR_MAX];
	json_t *list = json_array();
	struct buf b;
	buf_init(&b, CHANGE_BYTES);
	bool fine = true;
	for (size_t i = 0; i < g->count && fine; i++) {
		buf_clear(&b);
		api_change_json(&b, &g->rows[i]);
		fine = buf_ok(&b) &&
		       json_array_append_new(list, json_loadb(buf_data(&b), buf_len(&b), 0, NULL)) == 0;
	}
	buf_fini(&b);
	if (!fine) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:o, s:s, s:b}", "changes", list, "next", store_cursor_format(cursor, &g->cursor),
	                 "more", (int)g->more);
}

static void on_changes(struct store_op *op)
{
	struct changes_call *c = CONTAINER_OF(op, struct changes_call, get.op);
	json_t *answer = op->err ? NULL : page(&c->get);
	const char *why = op->err ? op->errmsg.text : "a change that cannot be written down";
	gateway_call_end(&c->call, answer ? NULL : why, answer);
}

/* NULL: `get` is filled. */
static const char *read_args(const struct gateway *g, const json_t *args, struct store_get_changes *get)
{
	const char *after = json_string_value(json_object_get(args, "after"));
	const char *from = json_string_value(json_object_get(args, "from"));
	json_int_t limit = json_integer_value(json_object_get(args, "limit"));
	get->partner = gateway_partner_id(g, json_string_value(json_object_get(args, "partner")));
	if (!get->partner)
		return "no such partner is configured";
	if (after ? !store_cursor_parse(str_c(after), &get->cursor)
	          : !from || (strcmp(from, "now") != 0 && strcmp(from, "beginning") != 0))
		return "'after' is the cursor of an answer before; without it, 'from' is 'now' or "
		       "'beginning'";
	get->from = !after && strcmp(from, "now") == 0 ? STORE_CHANGES_NOW : STORE_CHANGES_CURSOR;
	get->limit = limit > 0 && limit < LIMIT ? (uint32_t)limit : LIMIT;
	return NULL;
}

void gateway_changes(struct gateway *g, const json_t *args, gateway_answer_cb done, void *arg)
{
	struct changes_call *c = gateway_question_new(g, sizeof *c, done, arg);
	if (!c)
		return;
	c->get = (struct store_get_changes){.op = {.type = STORE_GET_CHANGES, .done = on_changes},
	                                    .arena = &c->call.arena};
	const char *why = read_args(g, args, &c->get);
	if (why)
		gateway_call_end(&c->call, why, NULL);
	else
		g->env.reader->submit(g->env.reader, &c->get.op);
}
