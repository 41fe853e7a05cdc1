#include "epp/message.h"

static const char *const kind_names[EPP_MESSAGE__COUNT] = {"other", "pending", "transfer", "change",
                                                           "balance"};

const char *epp_message_kind_name(enum epp_message_kind k)
{
	return kind_names[k];
}

static void read_pending(const struct epp_response *r, struct epp_message *m)
{
	const struct epp_pan *p = &r->data.pan;
	m->kind = EPP_MESSAGE_PENDING;
	m->is_domain = r->data.kind == EPP_RES_DOMAIN_PAN;
	m->name = p->name;
	m->trid = p->trid;
	m->ok = p->ok;
	if (!m->is_domain && !p->ok)
		m->attention = "a contact or host that was pending was refused";
}

/* RFC 5731, section 3.1.3: reID asks for the name, acID has it. */
static void read_transfer(const struct epp_response *r, struct str login, struct epp_message *m)
{
	const struct epp_trn *t = &r->data.trn;
	bool over = str_eq_c(t->status, "clientApproved") || str_eq_c(t->status, "serverApproved");
	m->kind = EPP_MESSAGE_TRANSFER;
	m->is_domain = true;
	m->name = t->name;
	if (over && !str_eq(t->re_id, login)) {
		m->fate = EPP_FATE_GONE;
	} else if (over) {
		m->attention = "a name was transferred to us: say whose it is, with vnepp ledger import";
	} else if (str_eq_c(t->status, "pending")) {
		m->attention = "somebody asks to transfer a name: it is approved or refused at the registry";
	}
}

static bool is_removal(const struct epp_change_poll *c)
{
	return str_eq_c(c->operation, "autoPurge") ||
	       ((str_eq_c(c->operation, "delete") || str_eq_c(c->operation, "autoDelete")) &&
	        str_eq_c(c->op, "purge"));
}

static void read_change(const struct epp_response *r, struct str login, struct epp_message *m)
{
	const struct epp_change_poll *c = &r->ext.change_poll;
	const struct epp_domain_inf *d = &r->data.domain;
	m->kind = EPP_MESSAGE_CHANGE;
	m->is_domain = r->data.kind == EPP_RES_DOMAIN_INF;
	if (!m->is_domain) {
		m->attention = c->present && !str_eq(c->who, login)
		                   ? "the registry has changed something that is no name"
		                   : NULL;
		return;
	}
	m->name = d->c.name;
	if (c->present && (c->before || str_eq(c->who, login)))
		return; /* how it was, or what we did ourselves */
	if (is_removal(c) || (!str_empty(d->c.cl_id) && !str_eq(d->c.cl_id, login))) {
		m->fate = EPP_FATE_GONE;
	} else if (str_eq_c(c->operation, "autoRenew") && d->ex_date.at != INSTANT_NONE) {
		m->fate = EPP_FATE_EXPIRES;
		m->expires = d->ex_date.at;
	} else {
		m->attention = "the registry has changed a name";
	}
}

void epp_message_read(const struct epp_response *r, struct str login, struct epp_message *out)
{
	*out = (struct epp_message){.expires = INSTANT_NONE};
	switch (r->data.kind) {
	case EPP_RES_DOMAIN_PAN:
	case EPP_RES_CONTACT_PAN:
	case EPP_RES_HOST_PAN: read_pending(r, out); return;
	case EPP_RES_DOMAIN_TRN: read_transfer(r, login, out); return;
	default: break;
	}
	if (r->ext.change_poll.present || r->data.kind == EPP_RES_DOMAIN_INF)
		read_change(r, login, out);
	else if (r->ext.unhandled.count)
		out->attention = "it is in a namespace that we did not log in with (RFC 9038)";
	else
		out->attention = "it is not understood";
}

bool epp_message_has_mark(struct str text, const char *const *marks, size_t count)
{
	for (size_t k = 0; k < count; k++) {
		struct str mark = str_c(marks[k]);
		for (size_t i = 0; mark.len && i + mark.len <= text.len; i++)
			if (str_eq_nocase(str_make(text.ptr + i, mark.len), mark))
				return true;
	}
	return false;
}
