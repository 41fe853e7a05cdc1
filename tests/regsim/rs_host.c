/* Host check, info, create and delete. */
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_linked.h"
#include "tests/regsim/rs_reply.h"

#include <arpa/inet.h>

static const struct rs_linked kind = {"host", RS_NS_HOST, "name", 'H'};

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
	struct rs_object *h = rs_linked_add(x, &sim->hosts, name);
	struct rs_object *parent = parent_of(sim, name, &inside);
	if (parent)
		parent->links++;
	for (const struct rs_item *i = x->cmd->ns.first; i; i = i->next)
		rs_record_put(sim, i->tag, i->text);
	sim->stats.hosts_created++;
	rs_linked_created(x, &kind, h);
}

static void info(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const char *p = rs_reply_prefix(sim, "host");
	const struct rs_object *h = rs_rules_existing(&sim->hosts, rs_domain_name(x));
	struct rs_record r;
	if (!h)
		return rs_reply_fail(x, 2303, "");
	rs_linked_info(x, &kind, h);
	for (size_t at = 0; rs_record_next(h, &at, &r);)
		rs_reply_leaf(x, p, "addr", "ip", r.tag == '6' ? STR("v6") : STR("v4"), r.text);
	rs_linked_info_by(x, &kind, h);
	rs_reply_close(x, p, "infData");
}

static void delete (struct rs_exec *x)
{
	bool inside;
	struct rs_object *h = rs_linked_to_delete(x, &x->sim->hosts, rs_domain_name(x));
	if (!h)
		return;
	struct rs_object *parent = parent_of(x->sim, rs_object_name(h), &inside);
	if (parent && parent->links)
		parent->links--;
	rs_linked_delete(x, h);
}

void rs_host(struct rs_exec *x)
{
	switch (x->cmd->op) {
	case REGSIM_OP_CHECK: return rs_linked_check(x, &kind, &x->sim->hosts, rs_rules_name_ok);
	case REGSIM_OP_INFO: return info(x);
	case REGSIM_OP_CREATE: return create(x);
	case REGSIM_OP_DELETE: return delete (x);
	default: return rs_reply_fail(x, 2101, "");
	}
}
