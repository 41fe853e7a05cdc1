/* Host check, info, create and delete. */
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_reply.h"

#include <arpa/inet.h>

/* The domain of this registry under which the name lies; NULL: none (yet, or it is an outside name). */
static struct rs_object *parent_of(struct regsim *sim, struct str name, bool *inside)
{
	*inside = false;
	for (const char *dot = memchr(name.ptr, '.', name.len); dot;) {
		struct str rest = str_make(dot + 1, name.len - (size_t)(dot + 1 - name.ptr));
		if (rs_rules_zone(sim, rest)) {
			*inside = true;
			return rs_rules_domain(sim, rest);
		}
		dot = memchr(rest.ptr, '.', rest.len);
	}
	return NULL;
}

static void check(struct rs_exec *x)
{
	const char *p = rs_reply_prefix(x->sim, "host");
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_HOST, "chkData");
	for (const struct rs_item *i = x->cmd->names.first; i; i = i->next) {
		bool used = rs_rules_existing(&x->sim->hosts, i->text);
		rs_reply_open(x, p, "cd");
		rs_reply_leaf(x, p, "name", "avail", used || !rs_rules_name_ok(i->text) ? STR("0") : STR("1"),
		              i->text);
		if (used)
			rs_reply_leaf(x, p, "reason", NULL, STR_NONE, STR("In use"));
		rs_reply_close(x, p, "cd");
	}
	rs_reply_close(x, p, "chkData");
}

static bool addresses_ok(const struct rs_list *l)
{
	unsigned char raw[16];
	for (const struct rs_item *i = l->first; i; i = i->next)
		if (inet_pton(i->tag == '6' ? AF_INET6 : AF_INET, i->text.ptr, raw) != 1)
			return false;
	return true;
}

/* False: answered. */
static bool place_ok(struct rs_exec *x, struct str name)
{
	bool inside;
	const struct rs_object *parent = parent_of(x->sim, name, &inside);
	if (!inside)
		return true;
	if (!parent)
		rs_reply_fail(x, 2303, "the domain above it");
	else if (parent->sponsor != x->session->account->index)
		rs_reply_fail(x, 2201, "another's domain");
	else if (!x->cmd->ns.count)
		rs_reply_fail(x, 2003, "an address");
	else
		return true;
	return false;
}

static void create(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	struct str name = rs_domain_name(x);
	bool inside;
	if (!rs_rules_name_ok(name) || !memchr(name.ptr, '.', name.len))
		return rs_reply_fail(x, 2005, "not a host name");
	if (!addresses_ok(&x->cmd->ns))
		return rs_reply_fail(x, 2005, "address");
	if (rs_rules_existing(&sim->hosts, name))
		return rs_reply_fail(x, 2302, "");
	if (!place_ok(x, name))
		return;
	struct rs_object *h = rs_table_add(&sim->hosts, name);
	struct rs_object *parent = parent_of(sim, name, &inside);
	h->created = x->now;
	h->updated = h->expires = INSTANT_NONE;
	h->sponsor = h->creator = (uint16_t)x->session->account->index;
	h->exists = true;
	h->times_created++;
	if (parent)
		parent->links++;
	buf_clear(&sim->record);
	for (const struct rs_item *i = x->cmd->ns.first; i; i = i->next)
		rs_record_put(sim, i->tag, i->text);
	rs_record_store(sim, h);
	sim->stats.hosts_created++;
	x->committed = true;
	const char *p = rs_reply_prefix(sim, "host");
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_HOST, "creData");
	rs_reply_leaf(x, p, "name", NULL, STR_NONE, name);
	rs_reply_date(x, p, "crDate", h->created);
	rs_reply_close(x, p, "creData");
}

static void info(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const char *p = rs_reply_prefix(sim, "host");
	const struct rs_object *h = rs_rules_existing(&sim->hosts, rs_domain_name(x));
	struct rs_record r;
	if (!h)
		return rs_reply_fail(x, 2303, "");
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_HOST, "infData");
	rs_reply_leaf(x, p, "name", NULL, STR_NONE, rs_object_name(h));
	buf_printf(x->out, "<%s%sroid>H%u-SIM", p, *p ? ":" : "", h->id);
	rs_reply_close(x, p, "roid");
	rs_reply_leaf(x, p, "status", "s", h->links ? STR("linked") : STR("ok"), STR_NONE);
	for (size_t at = 0; rs_record_next(h, &at, &r);)
		rs_reply_leaf(x, p, "addr", "ip", r.tag == '6' ? STR("v6") : STR("v4"), r.text);
	rs_reply_leaf(x, p, "clID", NULL, STR_NONE, str_c(sim->accounts[h->sponsor].login));
	rs_reply_leaf(x, p, "crID", NULL, STR_NONE, str_c(sim->accounts[h->creator].login));
	rs_reply_date(x, p, "crDate", h->created);
	rs_reply_close(x, p, "infData");
}

static void delete (struct rs_exec *x)
{
	bool inside;
	struct rs_object *h = rs_rules_existing(&x->sim->hosts, rs_domain_name(x));
	if (!h)
		return rs_reply_fail(x, 2303, "");
	if (h->sponsor != x->session->account->index)
		return rs_reply_fail(x, 2201, "");
	if (h->links)
		return rs_reply_fail(x, 2305, "in use");
	struct rs_object *parent = parent_of(x->sim, rs_object_name(h), &inside);
	if (parent && parent->links)
		parent->links--;
	h->exists = false;
	x->committed = true;
	rs_reply_ok(x, 1000);
}

void rs_host(struct rs_exec *x)
{
	switch (x->cmd->op) {
	case REGSIM_OP_CHECK: return check(x);
	case REGSIM_OP_INFO: return info(x);
	case REGSIM_OP_CREATE: return create(x);
	case REGSIM_OP_DELETE: return delete (x);
	default: return rs_reply_fail(x, 2101, "");
	}
}
