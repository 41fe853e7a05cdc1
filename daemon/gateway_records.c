/* Decisions as they were taken, with the facts that they used: for replaying and explaining them. */
#include "daemon/gateway_int.h"
#include "daemon/store/store_rules.h"
#include "epp/base/hash.h"
#include "epp/base/map.h"

#include <jansson.h>

#define RECORDS_DEFAULT 500
#define RECORDS_BYTES \
	(700u << 10) /* of an answer's texts: the line stays below ADMIN_LINE_MAX with its quotes */

struct records {
	struct gateway_call call;
	struct store_get_records op;
	uint64_t only; /* 0: all */
};

static json_t *text(struct str s)
{
	return json_stringn(s.ptr ? s.ptr : "", s.len);
}

/* Decisions along the same path share their common members. */
static size_t common_index(struct map *known, json_t *commons, struct str common, size_t *bytes)
{
	uintptr_t at = (uintptr_t)map_get(known, common);
	if (at)
		return at - 1;
	*bytes += 2 * common.len; /* its quotes are escaped */
	json_array_append_new(commons, text(common));
	(void)map_put(known, common, (void *)json_array_size(commons)); /* new */
	return json_array_size(commons) - 1;
}

static json_t *row_json(const struct store_record *r, size_t common, struct arena *arena)
{
	char *hex = arena_alloc(arena, 2 * r->record.len + 1);
	hash_hex(hex, (const uint8_t *)r->record.ptr, r->record.len);
	return json_pack("{s:I, s:I, s:o, s:o, s:I, s:o, s:s}", "item", (json_int_t)r->item, "seq",
	                 (json_int_t)r->seq, "ref", text(r->ref), "domain", text(r->domain), "common",
	                 (json_int_t)common, "detail", text(r->detail), "record", hex);
}

static json_t *answer_of(struct records *r)
{
	json_t *commons = json_array(), *list = json_array();
	item_id_t after = r->op.after;
	bool cut = false;
	size_t bytes = 0;
	struct map known;
	map_init(&known);
	for (size_t i = 0; i < r->op.count && !cut; i++) {
		const struct store_record *row = &r->op.rows[i];
		if (row->seq == 0 && bytes > RECORDS_BYTES) { /* whole items only */
			after = r->op.rows[i - 1].item;
			cut = true;
			break;
		}
		if (r->only && row->item != r->only)
			continue;
		size_t common = common_index(&known, commons, row->common, &bytes);
		json_array_append_new(list, row_json(row, common, &r->call.arena));
		bytes += row->ref.len + row->domain.len + 2 * row->detail.len + 2 * row->record.len + 100;
	}
	map_fini(&known);
	return json_pack("{s:o, s:o, s:I, s:b}", "commons", commons, "decisions", list, "after",
	                 (json_int_t)after, "more", !r->only && (cut || r->op.more));
}

static void on_read(struct store_op *op)
{
	struct records *r = CONTAINER_OF(op, struct records, op.op);
	if (op->err)
		gateway_call_end(&r->call, op->errmsg.text, NULL);
	else if (r->only && (r->op.count == 0 || r->op.rows[0].item != r->only))
		gateway_call_end(&r->call, "there is no such item", NULL);
	else
		gateway_call_end(&r->call, NULL, answer_of(r));
}

void gateway_policy_records(struct gateway *g, uint64_t item, uint64_t after, uint32_t limit,
                            gateway_answer_cb done, void *arg)
{
	struct records *r = gateway_question_new(g, sizeof *r, done, arg);
	if (!r)
		return;
	r->only = item;
	r->op = (struct store_get_records){.op = {.type = STORE_GET_RECORDS, .done = on_read},
	                                   .after = item ? item - 1 : after,
	                                   .limit = item                     ? 1
	                                            : limit == 0             ? RECORDS_DEFAULT
	                                            : limit < STORE_PAGE_MAX ? limit
	                                                                     : STORE_PAGE_MAX,
	                                   .arena = &r->call.arena};
	g->env.reader->submit(g->env.reader, &r->op.op);
}
