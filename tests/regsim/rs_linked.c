/* Contacts and hosts, as far as they are alike: see rs_linked.h. */
#include "tests/regsim/rs_linked.h"
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_reply.h"

static const char *open_data(struct rs_exec *x, const struct rs_linked *k, const char *local)
{
	const char *p = rs_reply_prefix(x->sim, k->prefix);
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, k->uri, local);
	return p;
}

void rs_linked_check(struct rs_exec *x, const struct rs_linked *k, const struct rs_table *t,
                     bool (*good)(struct str name))
{
	const char *p = open_data(x, k, "chkData");
	for (const struct rs_item *i = x->cmd->names.first; i; i = i->next) {
		bool used = rs_rules_existing(t, i->text);
		rs_reply_open(x, p, "cd");
		rs_reply_leaf(x, p, k->key, "avail", used || !good(i->text) ? STR("0") : STR("1"), i->text);
		if (used)
			rs_reply_leaf(x, p, "reason", NULL, STR_NONE, STR("In use"));
		rs_reply_close(x, p, "cd");
	}
	rs_reply_close(x, p, "chkData");
}

struct rs_object *rs_linked_add(struct rs_exec *x, struct rs_table *t, struct str name)
{
	struct rs_object *o = rs_table_add(t, name);
	o->created = x->now;
	o->updated = o->expires = INSTANT_NONE;
	o->sponsor = o->creator = (uint16_t)x->session->account->index;
	o->exists = true;
	o->times_created++;
	buf_clear(&x->sim->record);
	return o;
}

void rs_linked_created(struct rs_exec *x, const struct rs_linked *k, struct rs_object *o)
{
	rs_record_store(x->sim, o);
	x->committed = true;
	const char *p = open_data(x, k, "creData");
	rs_reply_leaf(x, p, k->key, NULL, STR_NONE, rs_object_name(o));
	rs_reply_date(x, p, "crDate", o->created);
	rs_reply_close(x, p, "creData");
}

void rs_linked_info(struct rs_exec *x, const struct rs_linked *k, const struct rs_object *o)
{
	const char *p = open_data(x, k, "infData");
	rs_reply_leaf(x, p, k->key, NULL, STR_NONE, rs_object_name(o));
	buf_printf(x->out, "<%s%sroid>%c%u-SIM", p, *p ? ":" : "", k->roid, o->id);
	rs_reply_close(x, p, "roid");
	rs_reply_leaf(x, p, "status", "s", o->links ? STR("linked") : STR("ok"), STR_NONE);
}

void rs_linked_info_by(struct rs_exec *x, const struct rs_linked *k, const struct rs_object *o)
{
	const char *p = rs_reply_prefix(x->sim, k->prefix);
	rs_reply_leaf(x, p, "clID", NULL, STR_NONE, str_c(x->sim->accounts[o->sponsor].login));
	rs_reply_leaf(x, p, "crID", NULL, STR_NONE, str_c(x->sim->accounts[o->creator].login));
	rs_reply_date(x, p, "crDate", o->created);
}

struct rs_object *rs_linked_to_delete(struct rs_exec *x, const struct rs_table *t, struct str name)
{
	struct rs_object *o = rs_rules_existing(t, name);
	if (!o)
		rs_reply_fail(x, 2303, "");
	else if (o->sponsor != x->session->account->index)
		rs_reply_fail(x, 2201, "");
	else if (o->links)
		rs_reply_fail(x, 2305, "in use");
	else
		return o;
	return NULL;
}

void rs_linked_delete(struct rs_exec *x, struct rs_object *o)
{
	o->exists = false;
	x->committed = true;
	rs_reply_ok(x, 1000);
}
