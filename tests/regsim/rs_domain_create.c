/* Domain create: everything is checked before anything is changed. */
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_reply.h"

#include <arpa/inet.h>

#define NS_MAX 13 /* as many as fit into a classic DNS answer */

/* False: answered. */
static bool name_ok(struct rs_exec *x, struct str name, const struct regsim_zone **zone)
{
	if (!rs_rules_name_ok(name)) {
		rs_reply_fail(x, 2005, "not a host name");
		return false;
	}
	*zone = rs_rules_zone(x->sim, name);
	if (!*zone) {
		rs_reply_fail(x, 2306, "not in a zone served here");
		return false;
	}
	for (size_t i = 0; i < x->sim->o.reserved_count; i++)
		if (rs_fault_glob(x->sim->o.reserved[i], name)) {
			rs_reply_fail(x, 2306, "reserved");
			return false;
		}
	return true;
}

/* The contact of that id if this account may use it; NULL: answered. */
static struct rs_object *usable_contact(struct rs_exec *x, struct str id)
{
	struct rs_object *c = rs_rules_existing(&x->sim->contacts, id);
	if (!c)
		rs_reply_fail(x, 2303, "no such contact");
	else if (c->sponsor != x->session->account->index)
		rs_reply_fail(x, 2201, "another's contact");
	else
		return c;
	return NULL;
}

static bool contacts_ok(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	if (!c->has_registrant && !x->sim->o.registrant_optional) {
		rs_reply_fail(x, 2003, "registrant");
		return false;
	}
	if (c->has_registrant && !usable_contact(x, c->registrant))
		return false;
	for (const struct rs_item *i = c->contacts.first; i; i = i->next) {
		bool known = str_eq(i->attr, STR("admin")) || str_eq(i->attr, STR("tech")) ||
		             str_eq(i->attr, STR("billing"));
		if (!known) {
			rs_reply_fail(x, 2005, "contact type");
			return false;
		}
		if (!usable_contact(x, i->text))
			return false;
	}
	return true;
}

static bool address_ok(const struct rs_item *i)
{
	unsigned char raw[16];
	return inet_pton(i->tag == '6' ? AF_INET6 : AF_INET, i->text.ptr, raw) == 1;
}

static bool name_servers_ok(struct rs_exec *x)
{
	size_t hosts = 0, objects = 0;
	int code = 0;
	for (const struct rs_item *i = x->cmd->ns.first; i && !code; i = i->next) {
		bool address = i->tag == '4' || i->tag == '6';
		hosts += !address;
		objects += i->tag == 'N';
		if (address ? !address_ok(i) : !rs_rules_name_ok(i->text))
			code = 2005;
		else if (i->tag == 'N' && !rs_rules_existing(&x->sim->hosts, i->text))
			code = 2303;
	}
	if (!code && objects && objects != hosts)
		code = 2001;
	if (!code && hosts > NS_MAX)
		code = 2306;
	if (!code && x->cmd->has_ns && !hosts)
		code = 2003;
	if (code)
		rs_reply_fail(x, code, "ns");
	return code == 0;
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdefABCDEF", s.ptr[i]))
			return false;
	return s.len && s.len % 2 == 0;
}

/* A dsData is d, then t a y g; a keyData k, then F P A K. */
static bool ds_ok(struct rs_exec *x)
{
	static const char *const orders[] = {"dtayg", "kFPAK"};
	for (const struct rs_item *i = x->cmd->ds.first; i;) {
		const char *order = orders[i->tag == 'k'];
		for (; *order; order++, i = i->next) {
			uint64_t n;
			bool number = strchr("taFPAy", *order) != NULL;
			bool fits = i && i->tag == *order &&
			            (!number || (str_to_u64(i->text, &n) && n <= UINT16_MAX)) &&
			            (*order != 'g' || is_hex(i->text)) && (*order != 'K' || i->text.len);
			if (!fits) {
				rs_reply_fail(x, i && i->tag == *order ? 2005 : 2003, "secDNS");
				return false;
			}
		}
	}
	return true;
}

static void keep_ds(struct regsim *sim, const struct rs_item *i)
{
	while (i) {
		bool key = i->tag == 'k';
		struct arena *a = &sim->scratch;
		const struct rs_item *v[4];
		for (int n = 0; n < 4; n++)
			v[n] = i = i->next;
		i = i->next;
		rs_record_put(sim, key ? 'K' : 'D',
		              arena_printf(a, "%s %s %s %s", v[0]->text.ptr, v[1]->text.ptr, v[2]->text.ptr,
		                           v[3]->text.ptr));
	}
}

static void keep(struct rs_exec *x, struct rs_object *d)
{
	struct regsim *sim = x->sim;
	const struct rs_command *c = x->cmd;
	buf_clear(&sim->record);
	rs_record_put(sim, 'A', c->auth_pw);
	for (const struct rs_item *i = c->contacts.first; i; i = i->next) {
		char typed[64];
		size_t len = i->text.len < sizeof typed - 1 ? i->text.len : sizeof typed - 1;
		typed[0] = i->attr.ptr[0];
		memcpy(typed + 1, i->text.ptr, len);
		rs_record_put(sim, 'c', str_make(typed, len + 1));
		rs_table_find(&sim->contacts, i->text)->links++;
	}
	for (const struct rs_item *i = c->ns.first; i; i = i->next) {
		rs_record_put(sim, i->tag, i->text);
		if (i->tag == 'N')
			rs_table_find(&sim->hosts, i->text)->links++;
	}
	keep_ds(sim, c->ds.first);
	rs_record_store(sim, d);
	if (c->has_registrant) {
		struct rs_object *r = rs_table_find(&sim->contacts, c->registrant);
		d->registrant = r->id;
		r->links++;
	}
}

static void answer(struct rs_exec *x, const struct rs_object *d, int years)
{
	const char *p = rs_reply_prefix(x->sim, "domain");
	bool pending = d->status & RS_STATUS_PENDING_CREATE;
	rs_reply_ok(x, pending ? 1001 : 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_DOMAIN, "creData");
	rs_reply_leaf(x, p, "name", NULL, STR_NONE, rs_object_name(d));
	rs_reply_date(x, p, "crDate", d->created);
	if (!pending)
		rs_reply_date(x, p, "exDate", d->expires);
	rs_reply_close(x, p, "creData");
	rs_domain_fee_answer(x, "creData", years);
}

static struct rs_object *place(struct rs_exec *x, struct str name, int years)
{
	struct rs_object *d = rs_table_add(&x->sim->domains, name);
	d->created = x->now;
	d->updated = INSTANT_NONE;
	d->expires = x->expires = rs_rules_expiry(x->sim, x->now, years);
	d->sponsor = d->creator = (uint16_t)x->session->account->index;
	d->status = 0;
	d->exists = true;
	d->times_created++;
	return d;
}

void rs_domain_create(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const struct regsim_zone *zone;
	int years;
	struct str name = rs_domain_name(x);
	if (!name_ok(x, name, &zone) || !rs_domain_period(x, &years))
		return;
	if (!x->cmd->has_auth)
		return rs_reply_fail(x, 2003, "authInfo");
	if (rs_rules_domain(sim, name))
		return rs_reply_fail(x, 2302, "");
	if (!contacts_ok(x) || !name_servers_ok(x) || !ds_ok(x))
		return;
	if (!rs_domain_charge(x, zone, true, 0, years))
		return;
	struct rs_object *d = place(x, name, years);
	keep(x, d);
	x->committed = true;
	sim->stats.domains_created++;
	if (rs_pending_wanted(sim, name))
		rs_pending_start(x, d, x->fee);
	answer(x, d, years);
}
