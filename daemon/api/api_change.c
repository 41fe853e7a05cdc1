/* One change as partners read it: in pages, in streams, and in what the delivery process fetches. */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"
#include "daemon/store/store_changes.h"
#include "epp/name.h"

/* Of a name, not of an item. */
static void notice_members(struct buf *b, const struct store_change *c)
{
	struct errmsg e = {{0}};
	struct epp_name name;
	json_out_str_in(b, "notice", STR("starts_to_cost"));
	json_out_str_in(b, "domain", c->domain);
	json_out_str_in(b, "domain_unicode",
	                epp_name_parse(c->domain, &name, &e) ? c->domain : str_c(name.unicode));
	json_out_date_in(b, "on", c->on);
	json_out_time_in(b, "expires", c->expires);
	json_out_time_in(b, "at", c->at);
	json_out_close(b, '}');
}

void api_change_json(struct buf *b, const struct store_change *c)
{
	char cursor[STORE_CURSOR_MAX];
	json_out_open(b, '{');
	json_out_str_in(b, "cursor", str_c(store_cursor_format(cursor, &c->cursor)));
	json_out_str_in(b, "kind", c->notice ? STR("notice") : STR("item"));
	if (c->notice) {
		notice_members(b, c);
		return;
	}
	json_out_str_in(b, "ref", c->ref);
	json_out_key(b, "batch");
	buf_printf(b, "\"%llu\"", (unsigned long long)c->batch);
	json_out_u64_in(b, "line", c->line);
	json_out_str_in(b, "op", str_c(item_op_name(c->op)));
	json_out_str_in(b, "domain", c->domain);
	json_out_str_in(b, "state", str_c(item_state_name(c->state)));
	if (c->code)
		json_out_u64_in(b, "code", (uint64_t)c->code);
	else
		json_out_null_in(b, "code");
	json_out_text_in(b, "reason", c->reason);
	json_out_text_in(b, "fault", str_c(item_fault_name(c->fault)));
	json_out_time_in(b, "expires", c->expires);
	json_out_time_in(b, "at", c->at);
	json_out_close(b, '}');
}
