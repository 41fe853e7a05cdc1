/* What a name is and how it lives. */
#include "epp/base/check.h"
#include "tests/regsim/rs_int.h"

#define MS_PER_DAY 86400000LL

const char *const rs_status_names[RS_STATUS_COUNT] = {
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "pendingCreate",
    "pendingDelete",
    "serverDeleteProhibited",
    "serverHold",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
};

static bool label_ok(struct str l)
{
	if (l.len == 0 || l.len > 63 || l.ptr[0] == '-' || l.ptr[l.len - 1] == '-')
		return false;
	for (size_t i = 0; i < l.len; i++) {
		char c = l.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return l.len < 4 || l.ptr[2] != '-' || l.ptr[3] != '-' || str_starts(l, STR("xn--"));
}

bool rs_rules_name_ok(struct str name)
{
	if (name.len == 0 || name.len > 253)
		return false;
	size_t labels = 0;
	for (struct str rest = name; rest.ptr; labels++) {
		bool more = rest.len && memchr(rest.ptr, '.', rest.len);
		struct str label = str_split(&rest, '.');
		if (!label_ok(label))
			return false;
		if (!more)
			break;
	}
	return labels >= 1;
}

/* The zone in which the name is exactly one label: of id.vn and vn, "a.id.vn" belongs to id.vn, and "id.vn" to none. */
const struct regsim_zone *rs_rules_zone(const struct regsim *sim, struct str name)
{
	const char *dot = memchr(name.ptr, '.', name.len);
	if (!dot)
		return NULL;
	struct str parent = str_make(dot + 1, name.len - (size_t)(dot + 1 - name.ptr));
	const struct regsim_zone *found = NULL;
	for (size_t i = 0; i < sim->o.zone_count; i++) {
		if (str_eq_c(name, sim->o.zones[i].name))
			return NULL;
		if (str_eq_c(parent, sim->o.zones[i].name))
			found = &sim->o.zones[i];
	}
	return found;
}

instant_ms_t rs_rules_expiry(const struct regsim *sim, instant_ms_t from, int years)
{
	int offset = sim->o.date_offset_s;
	date_t day = date_of_instant(from, offset);
	instant_ms_t midnight = instant_of_date(day, offset);
	instant_ms_t then = instant_of_date(date_add_years(day, years, false), offset);
	return sim->o.expire_midnight ? then : then + (from - midnight);
}

static void unlink_id(const struct rs_table *t, struct str name)
{
	struct rs_object *o = rs_table_find(t, name);
	if (o && o->links)
		o->links--;
}

void rs_rules_remove(struct regsim *sim, struct rs_object *d)
{
	struct rs_record r;
	if (d->registrant)
		rs_table_at(&sim->contacts, d->registrant)->links--;
	for (size_t at = 0; rs_record_next(d, &at, &r);) {
		if (r.tag == 'c')
			unlink_id(&sim->contacts, str_make(r.text.ptr + 1, r.text.len - 1));
		if (r.tag == 'N')
			unlink_id(&sim->hosts, r.text);
	}
	d->registrant = 0;
	d->extra_len = 0;
	d->status = 0;
	d->exists = false;
}

struct rs_object *rs_rules_settle(struct regsim *sim, struct rs_object *d)
{
	if (!d || !d->exists || d->expires == INSTANT_NONE || (d->status & RS_STATUS_PENDING_CREATE))
		return d;
	instant_ms_t now = loop_wall(sim->loop);
	instant_ms_t gone = d->expires + (sim->o.renew_days + sim->o.revoke_days) * MS_PER_DAY;
	if (now < gone)
		return d;
	struct regsim_entry e = {.at = now,
	                         .account = sim->accounts[d->sponsor].login,
	                         .op = REGSIM_OP_EXPIRE,
	                         .kind = REGSIM_KIND_DOMAIN,
	                         .committed = true,
	                         .expires = d->expires};
	if (sim->o.ledger != REGSIM_LEDGER_OFF)
		rs_ledger_add(sim, &e, rs_object_name(d), STR_NONE);
	rs_rules_remove(sim, d);
	return d;
}

struct rs_object *rs_rules_existing(const struct rs_table *t, struct str name)
{
	struct rs_object *o = rs_table_find(t, name);
	return o && o->exists ? o : NULL;
}

struct rs_object *rs_rules_domain(struct regsim *sim, struct str name)
{
	struct rs_object *d = rs_rules_settle(sim, rs_table_find(&sim->domains, name));
	return d && d->exists ? d : NULL;
}

uint32_t rs_rules_status(const struct regsim *sim, const struct rs_object *d)
{
	uint32_t s = d->status;
	if ((s & RS_STATUS_PENDING_CREATE) || d->expires == INSTANT_NONE)
		return s;
	instant_ms_t now = loop_wall(sim->loop);
	if (now >= d->expires)
		s |= RS_STATUS_SERVER_HOLD;
	if (now >= d->expires + sim->o.renew_days * MS_PER_DAY)
		s |= RS_STATUS_PENDING_DELETE;
	return s;
}
