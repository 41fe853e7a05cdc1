/* Domain commands: the common part, renewal and deletion. */
#include "tests/regsim/rs_domain.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_grammar.h"
#include "tests/regsim/rs_reply.h"

#include <stdlib.h>

struct str rs_domain_name(struct rs_exec *x)
{
	struct str name = arena_str(&x->sim->scratch, x->cmd->names.first->text);
	char *p = (char *)name.ptr;
	for (size_t i = 0; i < name.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + ('a' - 'A'));
	return name;
}

bool rs_domain_period(struct rs_exec *x, int *years)
{
	const struct rs_command *c = x->cmd;
	uint64_t n = 1;
	if (c->has_period && !str_to_u64(c->period, &n)) {
		rs_reply_fail(x, 2005, "period");
		return false;
	}
	bool unit_ok = !c->has_period || str_eq(c->period_unit, STR("y"));
	if (!unit_ok || n < (uint64_t)x->sim->o.min_years || n > (uint64_t)x->sim->o.max_years) {
		rs_reply_fail(x, 2004, unit_ok ? "period is out of range" : "period is counted in years");
		return false;
	}
	*years = (int)n;
	return true;
}

/* What the client said that it expects to pay must be enough (RFC 8748). */
static bool fee_fits(const struct rs_exec *x, int64_t take)
{
	const struct rs_command *c = x->cmd;
	double sum = 0;
	if (!c->has_fee || !c->fees.count)
		return true;
	if (!str_empty(c->fee_currency) && !str_eq(c->fee_currency, STR("VND")))
		return false;
	for (const struct rs_item *i = c->fees.first; i; i = i->next)
		sum += strtod(i->text.ptr, NULL);
	return sum >= (double)take;
}

bool rs_domain_charge(struct rs_exec *x, const struct regsim_zone *z, bool create, int years_held, int years)
{
	int64_t cover, take;
	struct rs_account *a = x->session->account;
	rs_account_price(z, create, years_held, years, &cover, &take);
	if (!fee_fits(x, take)) {
		rs_reply_fail(x, 2004, "the fee differs");
		return false;
	}
	if (a->limits.balance_vnd < cover) {
		rs_reply_fail(x, 2104, "the balance does not cover it");
		return false;
	}
	rs_account_take(x->sim, a, take);
	x->fee = take;
	return true;
}

int rs_domain_years_held(const struct regsim *sim, const struct rs_object *d)
{
	int from, to, month, day;
	date_split(date_of_instant(d->created, sim->o.date_offset_s), &from, &month, &day);
	date_split(date_of_instant(d->expires, sim->o.date_offset_s), &to, &month, &day);
	return to - from;
}

void rs_record_put(struct regsim *sim, char tag, struct str text)
{
	size_t len = text.len > UINT16_MAX ? UINT16_MAX : text.len;
	buf_byte(&sim->record, tag);
	buf_byte(&sim->record, (char)(len & 0xff));
	buf_byte(&sim->record, (char)(len >> 8));
	buf_append(&sim->record, text.ptr, len);
}

void rs_record_store(struct regsim *sim, struct rs_object *o)
{
	size_t len = buf_len(&sim->record);
	char *copy = rs_pool_alloc(&sim->pool, len);
	if (len)
		memcpy(copy, buf_data(&sim->record), len);
	o->extra = copy;
	o->extra_len = (uint32_t)len;
}

void rs_domain_fee_answer(struct rs_exec *x, const char *local, int years)
{
	struct arena *a = &x->sim->scratch;
	if (!x->session->fee || !x->cmd->has_fee)
		return;
	rs_reply_ext(x);
	rs_reply_object(x, "fee", RS_NS_FEE, local);
	rs_reply_leaf(x, "fee", "currency", NULL, STR_NONE, STR("VND"));
	if (years) {
		buf_printf(x->out, "<fee:period unit=\"y\">%d</fee:period>", years);
		struct str fee = arena_printf(a, "%lld", (long long)x->fee);
		rs_reply_leaf(x, "fee", "fee", NULL, STR_NONE, fee);
		fee = arena_printf(a, "%lld", (long long)x->session->account->limits.balance_vnd);
		rs_reply_leaf(x, "fee", "balance", NULL, STR_NONE, fee);
	}
	rs_reply_close(x, "fee", local);
}

/* The sponsor's own, existing domain; NULL: answered. */
static struct rs_object *own_domain(struct rs_exec *x)
{
	struct rs_object *d = rs_rules_domain(x->sim, rs_domain_name(x));
	if (!d)
		rs_reply_fail(x, 2303, "");
	else if (d->sponsor != x->session->account->index)
		rs_reply_fail(x, 2201, "");
	else
		return d;
	return NULL;
}

/* 0: may be renewed until `then`; otherwise the code, and why. */
static int renewable(const struct rs_exec *x, const struct rs_object *d, instant_ms_t then, const char **why)
{
	const struct regsim_options *o = &x->sim->o;
	uint32_t barred = RS_STATUS_CLIENT_RENEW | RS_STATUS_SERVER_RENEW | RS_STATUS_PENDING_CREATE |
	                  RS_STATUS_PENDING_DELETE;
	*why = "";
	if (rs_rules_status(x->sim, d) & barred)
		return 2304;
	date_t day;
	*why = "curExpDate";
	if (str_empty(x->cmd->cur_exp))
		return 2003;
	if (!date_parse(x->cmd->cur_exp, &day))
		return 2005;
	*why = "curExpDate is not the expiry date";
	if (day != date_of_instant(d->expires, o->date_offset_s))
		return o->bad_exp_code;
	*why = "too early";
	if (o->renew_window_days && x->now < d->expires - o->renew_window_days * 86400000LL)
		return 2105;
	*why = "longer than the longest term";
	return then > rs_rules_expiry(x->sim, x->now, o->max_years) ? 2105 : 0;
}

static void renew(struct rs_exec *x)
{
	struct regsim *sim = x->sim;
	const char *why;
	int years;
	struct rs_object *d = own_domain(x);
	if (!d || !rs_domain_period(x, &years))
		return;
	instant_ms_t then =
	    d->expires == INSTANT_NONE ? INSTANT_NONE : rs_rules_expiry(sim, d->expires, years);
	int code = renewable(x, d, then, &why);
	if (code)
		return rs_reply_fail(x, code, why);
	const struct regsim_zone *z = rs_rules_zone(sim, rs_object_name(d));
	if (z && !rs_domain_charge(x, z, false, rs_domain_years_held(sim, d), years))
		return;
	d->expires = x->expires = then;
	d->updated = x->now;
	d->times_renewed++;
	sim->stats.domains_renewed++;
	x->committed = true;
	const char *p = rs_reply_prefix(sim, "domain");
	rs_reply_ok(x, 1000);
	rs_reply_res(x);
	rs_reply_object(x, p, RS_NS_DOMAIN, "renData");
	rs_reply_leaf(x, p, "name", NULL, STR_NONE, rs_object_name(d));
	rs_reply_date(x, p, "exDate", d->expires);
	rs_reply_close(x, p, "renData");
	rs_domain_fee_answer(x, "renData", years);
}

static void delete (struct rs_exec *x)
{
	struct rs_object *d = own_domain(x);
	if (!d)
		return;
	if (rs_rules_status(x->sim, d) &
	    (RS_STATUS_CLIENT_DELETE | RS_STATUS_SERVER_DELETE | RS_STATUS_PENDING_CREATE))
		return rs_reply_fail(x, 2304, "");
	if (d->links)
		return rs_reply_fail(x, 2305, "hosts under it");
	rs_rules_remove(x->sim, d);
	x->committed = true;
	rs_reply_ok(x, 1000);
}

static uint32_t status_bit(struct str name, int last)
{
	for (int i = 0; i <= last; i++)
		if (str_eq_c(name, rs_status_names[i]))
			return 1u << i;
	return 0;
}

/* Statuses, registrant and authInfo can be changed; name servers and contacts are answered 2102. */
void rs_domain_update(struct rs_exec *x)
{
	const struct rs_command *c = x->cmd;
	struct rs_object *d = own_domain(x);
	if (!d)
		return;
	if (rs_rules_status(x->sim, d) &
	    (RS_STATUS_SERVER_UPDATE | RS_STATUS_PENDING_CREATE | RS_STATUS_PENDING_DELETE))
		return rs_reply_fail(x, 2304, "");
	if (c->has_ns || c->contacts.count)
		return rs_reply_fail(x, 2102, "name servers and contacts cannot be changed here");
	uint32_t status = d->status;
	for (const struct rs_item *i = c->statuses.first; i; i = i->next) {
		uint32_t bit = status_bit(i->attr, RS_STATUS_CLIENT_LAST);
		if (!bit)
			return rs_reply_fail(x, 2306, "only client statuses");
		status = i->change == '-' ? status & ~bit : status | bit;
	}
	struct rs_object *to = c->has_registrant ? rs_rules_existing(&x->sim->contacts, c->registrant) : NULL;
	if (c->has_registrant && !to)
		return rs_reply_fail(x, 2303, "registrant");
	if (to && to->sponsor != d->sponsor)
		return rs_reply_fail(x, 2201, "registrant");
	if (to) {
		if (d->registrant)
			rs_table_at(&x->sim->contacts, d->registrant)->links--;
		d->registrant = to->id;
		to->links++;
	}
	if (c->has_auth) {
		struct rs_record r;
		buf_clear(&x->sim->record);
		rs_record_put(x->sim, 'A', c->auth_pw);
		for (size_t at = 0; rs_record_next(d, &at, &r);)
			if (r.tag != 'A')
				rs_record_put(x->sim, r.tag, r.text);
		rs_record_store(x->sim, d);
	}
	d->status = status;
	d->updated = x->now;
	x->committed = true;
	rs_reply_ok(x, 1000);
}

bool regsim_domain_status(struct regsim *sim, struct str name, const char *status, bool on)
{
	struct rs_object *d = rs_rules_domain(sim, name);
	uint32_t bit = status_bit(str_c(status), RS_STATUS_COUNT - 1);
	if (!d || !bit)
		return false;
	d->status = on ? d->status | bit : d->status & ~bit;
	return true;
}

void rs_domain(struct rs_exec *x)
{
	switch (x->cmd->op) {
	case REGSIM_OP_CHECK: return rs_domain_check(x);
	case REGSIM_OP_INFO: return rs_domain_info(x);
	case REGSIM_OP_CREATE: return rs_domain_create(x);
	case REGSIM_OP_RENEW: return renew(x);
	case REGSIM_OP_UPDATE: return rs_domain_update(x);
	case REGSIM_OP_DELETE: return delete (x);
	default: return rs_reply_fail(x, 2101, "");
	}
}
