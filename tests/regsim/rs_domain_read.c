/* Domain check and info. */
#include "tests/regsim/rs_domain.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_reply.h"

/* Why a name cannot be had; NULL: it can. Reasons have at most 32 characters (RFC 5731's schema). */
static const char *obstacle(struct regsim *sim, struct str name)
{
	if (!rs_rules_name_ok(name))
		return "Not a host name";
	if (!rs_rules_zone(sim, name))
		return "Zone not served";
	for (size_t i = 0; i < sim->o.reserved_count; i++)
		if (rs_fault_glob(sim->o.reserved[i], name))
			return "Reserved";
	return rs_rules_domain(sim, name) ? "In use" : NULL;
}

static struct str lower(struct arena *a, struct str s)
{
	struct str out = arena_str(a, s);
	for (size_t i = 0; i < out.len; i++)
		if (out.ptr[i] >= 'A' && out.ptr[i] <= 'Z')
			((char *)out.ptr)[i] = (char)(out.ptr[i] | 0x20);
	return out;
}

/* One command of <fee:check> for one name. */
static void fee_of(struct rs_exec *x, struct str name, const struct rs_item *command)
{
	const struct regsim_zone *z = rs_rules_zone(x->sim, name);
	const struct rs_object *d = rs_rules_domain(x->sim, name);
	bool create = str_eq(command->attr, STR("create"));
	const struct rs_item *period = command->next && command->next->tag == 'p' ? command->next : NULL;
	uint64_t years = 1;
	bool ok = z && (create || str_eq(command->attr, STR("renew"))) &&
	          (!period || (str_to_u64(period->text, &years) && years >= 1 && years <= 99));
	buf_lit(x->out, "<fee:command name=\"");
	rs_reply_escape(x->out, command->attr);
	buf_lit(x->out, "\">");
	if (ok) {
		int64_t cover, take;
		rs_account_price(z, create, create || !d ? 0 : rs_domain_years_held(x->sim, d), (int)years,
		                 &cover, &take);
		buf_printf(x->out, "<fee:period unit=\"y\">%d</fee:period><fee:fee>%lld</fee:fee>",
		           (int)years, (long long)take);
	} else {
		buf_lit(x->out, "<fee:reason>Not offered</fee:reason>");
	}
	buf_lit(x->out, "</fee:command>");
}

static void fee_check(struct rs_exec *x)
{
	rs_reply_ext(x);
	rs_reply_object(x, "fee", RS_NS_FEE, "chkData");
	rs_reply_leaf(x, "fee", "currency", NULL, STR_NONE, STR("VND"));
	for (const struct rs_item *i = x->cmd->names.first; i; i = i->next) {
		struct str name = lower(&x->sim->scratch, i->text);
		buf_lit(x->out, "<fee:cd avail=\"1\">");
		rs_reply_leaf(x, "fee", "objID", NULL, STR_NONE, name);
		for (const struct rs_item *c = x->cmd->fee_commands.first; c; c = c->next)
			if (c->tag == 'm')
				fee_of(x, name, c);
		buf_lit(x->out, "</fee:cd>");
	}
	rs_reply_close(x, "fee", "chkData");
}

void rs_domain_check(struct rs_exec *x)
{
	const char *p = rs_reply_prefix(x->sim, "domain");
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_DOMAIN, "chkData");
	for (const struct rs_item *i = x->cmd->names.first; i; i = i->next) {
		struct str name = lower(&x->sim->scratch, i->text);
		const char *why = obstacle(x->sim, name);
		rs_reply_open(x, p, "cd");
		rs_reply_leaf(x, p, "name", "avail", why ? STR("0") : STR("1"), name);
		if (why)
			rs_reply_leaf(x, p, "reason", NULL, STR_NONE, str_c(why));
		rs_reply_close(x, p, "cd");
	}
	rs_reply_close(x, p, "chkData");
	if (x->session->fee && x->cmd->has_fee)
		fee_check(x);
}

static void write_status(struct rs_exec *x, const char *p, const struct rs_object *d)
{
	uint32_t status = rs_rules_status(x->sim, d);
	bool served = !str_empty(rs_record_find(d, 'N')) || !str_empty(rs_record_find(d, 'H'));
	for (int i = 0; i < RS_STATUS_COUNT; i++)
		if (status & (1u << i))
			rs_reply_leaf(x, p, "status", "s", str_c(rs_status_names[i]), STR_NONE);
	if (!status)
		rs_reply_leaf(x, p, "status", "s", served ? STR("ok") : STR("inactive"), STR_NONE);
}

static void write_contacts(struct rs_exec *x, const char *p, const struct rs_object *d)
{
	struct rs_record r;
	if (d->registrant) {
		struct str id = rs_object_name(rs_table_at(&x->sim->contacts, d->registrant));
		rs_reply_leaf(x, p, "registrant", NULL, STR_NONE, id);
	}
	for (size_t at = 0; rs_record_next(d, &at, &r);) {
		if (r.tag != 'c')
			continue;
		char t = r.text.ptr[0];
		struct str type = t == 'a' ? STR("admin") : t == 't' ? STR("tech") : STR("billing");
		rs_reply_leaf(x, p, "contact", "type", type, str_make(r.text.ptr + 1, r.text.len - 1));
	}
}

static void write_name_servers(struct rs_exec *x, const char *p, const struct rs_object *d)
{
	struct rs_record r;
	bool any = false, attr = false;
	for (size_t at = 0; rs_record_next(d, &at, &r);) {
		if (!strchr("NH46", r.tag))
			continue;
		if (!any)
			rs_reply_open(x, p, "ns");
		any = true;
		if (r.tag == 'N') {
			rs_reply_leaf(x, p, "hostObj", NULL, STR_NONE, r.text);
			continue;
		}
		if (r.tag == 'H') {
			if (attr)
				rs_reply_close(x, p, "hostAttr");
			attr = true;
			rs_reply_open(x, p, "hostAttr");
			rs_reply_leaf(x, p, "hostName", NULL, STR_NONE, r.text);
		} else {
			rs_reply_leaf(x, p, "hostAddr", "ip", r.tag == '6' ? STR("v6") : STR("v4"), r.text);
		}
	}
	if (attr)
		rs_reply_close(x, p, "hostAttr");
	if (any)
		rs_reply_close(x, p, "ns");
}

static void write_dates(struct rs_exec *x, const char *p, const struct rs_object *d)
{
	rs_reply_leaf(x, p, "clID", NULL, STR_NONE, str_c(x->sim->accounts[d->sponsor].login));
	rs_reply_leaf(x, p, "crID", NULL, STR_NONE, str_c(x->sim->accounts[d->creator].login));
	rs_reply_date(x, p, "crDate", d->created);
	if (d->updated != INSTANT_NONE) {
		rs_reply_leaf(x, p, "upID", NULL, STR_NONE, str_c(x->sim->accounts[d->sponsor].login));
		rs_reply_date(x, p, "upDate", d->updated);
	}
	if (d->expires != INSTANT_NONE)
		rs_reply_date(x, p, "exDate", d->expires);
}

static void write_secdns(struct rs_exec *x, const struct rs_object *d)
{
	static const char *const ds[] = {"keyTag", "alg", "digestType", "digest"};
	static const char *const key[] = {"flags", "protocol", "alg", "pubKey"};
	struct rs_record r;
	bool any = false;
	for (size_t at = 0; rs_record_next(d, &at, &r);) {
		if (r.tag != 'D' && r.tag != 'K')
			continue;
		if (!any) {
			rs_reply_ext(x);
			rs_reply_object(x, "sec", RS_NS_SECDNS, "infData");
		}
		any = true;
		const char *outer = r.tag == 'K' ? "keyData" : "dsData";
		rs_reply_open(x, "sec", outer);
		for (int i = 0; i < 4; i++) {
			struct str value =
			    i < 3 ? str_split(&r.text, ' ') : r.text; /* a key may hold spaces */
			rs_reply_leaf(x, "sec", (r.tag == 'K' ? key : ds)[i], NULL, STR_NONE, value);
		}
		rs_reply_close(x, "sec", outer);
	}
	if (any)
		rs_reply_close(x, "sec", "infData");
}

void rs_domain_info(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const char *p = rs_reply_prefix(sim, "domain");
	struct rs_object *d = rs_rules_domain(sim, rs_domain_name(x));
	if (!d)
		return rs_reply_fail(x, 2303, "");
	bool sponsor = d->sponsor == x->session->account->index;
	bool opened = x->cmd->has_auth && str_eq(x->cmd->auth_pw, rs_record_find(d, 'A'));
	if (x->cmd->has_auth && !opened)
		return rs_reply_fail(x, 2202, "");
	if (sim->o.hide_from_others && !sponsor && !opened)
		return rs_reply_fail(x, 2201, "");
	x->expires = d->expires;
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_DOMAIN, "infData");
	rs_reply_leaf(x, p, "name", NULL, STR_NONE, rs_object_name(d));
	buf_printf(x->out, "<%s%sroid>D%u-SIM", p, *p ? ":" : "", d->id);
	rs_reply_close(x, p, "roid");
	write_status(x, p, d);
	write_contacts(x, p, d);
	write_name_servers(x, p, d);
	write_dates(x, p, d);
	if (sponsor || opened) {
		rs_reply_open(x, p, "authInfo");
		rs_reply_leaf(x, p, "pw", NULL, STR_NONE, rs_record_find(d, 'A'));
		rs_reply_close(x, p, "authInfo");
	}
	rs_reply_close(x, p, "infData");
	if (x->session->secdns)
		write_secdns(x, d);
}
