/*
 * What is inside <resData>: which object's data it is, and the kinds that all objects share (check, create, renew,
 * transfer, pending action). <info> of a domain and of a contact have files of their own.
 */
#include "epp/parse_int.h"

#include "epp/base/check.h"

/* ---- pieces of <info> that objects share; a union's common part is at the same place in all three ---- */

_Static_assert(offsetof(struct epp_domain_inf, c) == 0 && offsetof(struct epp_contact_inf, c) == 0 &&
                   offsetof(struct epp_host_inf, c) == 0,
               "the common part comes first");

bool parse_start_status(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_inf_common *c = &p->out->data.domain.c;
	struct epp_status *s = PARSE_PUSH(p, struct epp_status, c->statuses, c->status_count);
	s->value = parse_copy(p, str_trim(xml_elem_attr(el, "s")));
	p->item = s;
	return true;
}

bool parse_start_auth(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	p->out->data.domain.c.has_auth_info = true;
	return true;
}

void parse_end_auth(struct epp_parser *p, struct str text)
{
	p->out->data.domain.c.auth_info = parse_copy(p, text);
}

bool parse_start_addr(struct epp_parser *p, const struct xml_elem *el, struct epp_addr *addr)
{
	addr->v6 = str_eq_c(str_trim(xml_elem_attr(el, "ip")), "v6");
	p->item = addr;
	return true;
}

static bool start_host_addr(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_host_inf *h = &p->out->data.host;
	return parse_start_addr(p, el, PARSE_PUSH(p, struct epp_addr, h->addrs, h->addr_count));
}

static void clear_common(struct epp_inf_common *c)
{
	c->cr_date.at = c->up_date.at = c->tr_date.at = INSTANT_NONE;
}

/* ---- check ---- */

static bool push_check(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_chk *c = &p->out->data.chk;
	(void)el;
	p->item = PARSE_PUSH(p, struct epp_chk_item, c->items, c->count);
	return true;
}

static bool start_check_name(struct epp_parser *p, const struct xml_elem *el)
{
	((struct epp_chk_item *)p->item)->avail = parse_bool_attr(el, "avail", false);
	return true;
}

#define CHECK_NAME(ns, nm)                                                                      \
	{                                                                                       \
		EPP_NS_##ns, N_##nm, RULE_ITEM_TEXT, offsetof(struct epp_chk_item, name), NULL, \
		    start_check_name, NULL, NULL                                                \
	}

static const struct rule check_item[] = {
    CHECK_NAME(DOMAIN, name),
    CHECK_NAME(CONTACT, id),
    CHECK_NAME(HOST, name),
    R_ITEM(DOMAIN, reason, struct epp_chk_item, reason),
    R_ITEM(CONTACT, reason, struct epp_chk_item, reason),
    R_ITEM(HOST, reason, struct epp_chk_item, reason),
};
static SCOPE(scope_check_item, check_item);

static const struct rule check[] = {
    R_SCOPE(DOMAIN, cd, scope_check_item, push_check),
    R_SCOPE(CONTACT, cd, scope_check_item, push_check),
    R_SCOPE(HOST, cd, scope_check_item, push_check),
};
static SCOPE(scope_check, check);

/* ---- create, renew ---- */

static const struct rule created[] = {
    R_TEXT(DOMAIN, name, data.cre.name),       R_TIME(DOMAIN, crDate, data.cre.cr_date),
    R_TIME(DOMAIN, exDate, data.cre.ex_date),  R_TEXT(CONTACT, id, data.cre.name),
    R_TIME(CONTACT, crDate, data.cre.cr_date), R_TEXT(HOST, name, data.cre.name),
    R_TIME(HOST, crDate, data.cre.cr_date),
};
static SCOPE(scope_created, created);

/* ---- transfer ---- */

static const struct rule transfer[] = {
    R_TEXT(DOMAIN, name, data.trn.name),      R_TEXT(DOMAIN, trStatus, data.trn.status),
    R_TEXT(DOMAIN, reID, data.trn.re_id),     R_TIME(DOMAIN, reDate, data.trn.re_date),
    R_TEXT(DOMAIN, acID, data.trn.ac_id),     R_TIME(DOMAIN, acDate, data.trn.ac_date),
    R_TIME(DOMAIN, exDate, data.trn.ex_date),
};
static SCOPE(scope_transfer, transfer);

/* ---- pending action ---- */

static bool start_pa_name(struct epp_parser *p, const struct xml_elem *el)
{
	p->out->data.pan.ok = parse_bool_attr(el, "paResult", false);
	return true;
}

#define PA_NAME(ns, nm)                                                                             \
	{                                                                                           \
		EPP_NS_##ns, N_##nm, RULE_TEXT, RES(data.pan.name), NULL, start_pa_name, NULL, NULL \
	}

static const struct rule pending[] = {
    PA_NAME(DOMAIN, name),
    PA_NAME(CONTACT, id),
    PA_NAME(HOST, name),
    R_SCOPE(DOMAIN, paTRID, parse_scope_pa_trid, NULL),
    R_SCOPE(CONTACT, paTRID, parse_scope_pa_trid, NULL),
    R_SCOPE(HOST, paTRID, parse_scope_pa_trid, NULL),
    R_TIME(DOMAIN, paDate, data.pan.date),
    R_TIME(CONTACT, paDate, data.pan.date),
    R_TIME(HOST, paDate, data.pan.date),
};
static SCOPE(scope_pending, pending);

/* ---- host info ---- */

static const struct rule host_inf[] = {
    R_TEXT(HOST, name, data.host.c.name),
    R_TEXT(HOST, roid, data.host.c.roid),
    {EPP_NS_HOST, N_status, RULE_ITEM_TEXT, offsetof(struct epp_status, text), NULL, parse_start_status, NULL,
     NULL},
    {EPP_NS_HOST, N_addr, RULE_ITEM_TEXT, offsetof(struct epp_addr, text), NULL, start_host_addr, NULL, NULL},
    R_TEXT(HOST, clID, data.host.c.cl_id),
    R_TEXT(HOST, crID, data.host.c.cr_id),
    R_TIME(HOST, crDate, data.host.c.cr_date),
    R_TEXT(HOST, upID, data.host.c.up_id),
    R_TIME(HOST, upDate, data.host.c.up_date),
    R_TIME(HOST, trDate, data.host.c.tr_date),
};
static SCOPE(scope_host_inf, host_inf);

/* ---- which data it is ---- */

/* The kinds of one object are in this order: chk, inf, cre, ren, trn, pan (EPP_RES_NONE where there is none). */
static const struct {
	enum epp_ns ns;
	enum epp_res_kind chk, inf, cre, ren, trn, pan;
} kinds[] = {
    {EPP_NS_DOMAIN, EPP_RES_DOMAIN_CHK, EPP_RES_DOMAIN_INF, EPP_RES_DOMAIN_CRE, EPP_RES_DOMAIN_REN,
     EPP_RES_DOMAIN_TRN, EPP_RES_DOMAIN_PAN},
    {EPP_NS_CONTACT, EPP_RES_CONTACT_CHK, EPP_RES_CONTACT_INF, EPP_RES_CONTACT_CRE, EPP_RES_NONE,
     EPP_RES_NONE, EPP_RES_CONTACT_PAN},
    {EPP_NS_HOST, EPP_RES_HOST_CHK, EPP_RES_HOST_INF, EPP_RES_HOST_CRE, EPP_RES_NONE, EPP_RES_NONE,
     EPP_RES_HOST_PAN},
};

static enum epp_res_kind kind_of(const struct xml_elem *el)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].ns != el->ns)
			continue;
		switch (el->name) {
		case N_chkData: return kinds[i].chk;
		case N_infData: return kinds[i].inf;
		case N_creData: return kinds[i].cre;
		case N_renData: return kinds[i].ren;
		case N_trnData: return kinds[i].trn;
		case N_panData: return kinds[i].pan;
		default: return EPP_RES_NONE;
		}
	}
	return EPP_RES_NONE;
}

static bool start_data(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_resdata *d = &p->out->data;
	if (!parse_claim(p, kind_of(el)))
		return false;
	switch (el->name) {
	case N_infData:
		clear_common(&d->domain.c);
		if (d->kind == EPP_RES_DOMAIN_INF)
			d->domain.ex_date.at = INSTANT_NONE;
		break;
	case N_creData:
	case N_renData: d->cre.cr_date.at = d->cre.ex_date.at = INSTANT_NONE; break;
	case N_trnData: d->trn.re_date.at = d->trn.ac_date.at = d->trn.ex_date.at = INSTANT_NONE; break;
	case N_panData: d->pan.date.at = INSTANT_NONE; break;
	default: break;
	}
	return true;
}

static bool other_data(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	(void)parse_claim(p, EPP_RES_OTHER); /* the first one counts, known or not */
	return false;
}

static const struct rule resdata[] = {
    R_SCOPE(DOMAIN, creData, scope_created, start_data),
    R_SCOPE(DOMAIN, infData, parse_scope_domain_inf, start_data),
    R_SCOPE(DOMAIN, renData, scope_created, start_data),
    R_SCOPE(DOMAIN, chkData, scope_check, start_data),
    R_SCOPE(DOMAIN, panData, scope_pending, start_data),
    R_SCOPE(DOMAIN, trnData, scope_transfer, start_data),
    R_SCOPE(CONTACT, creData, scope_created, start_data),
    R_SCOPE(CONTACT, infData, parse_scope_contact_inf, start_data),
    R_SCOPE(CONTACT, chkData, scope_check, start_data),
    R_SCOPE(CONTACT, panData, scope_pending, start_data),
    R_SCOPE(HOST, creData, scope_created, start_data),
    R_SCOPE(HOST, infData, scope_host_inf, start_data),
    R_SCOPE(HOST, chkData, scope_check, start_data),
    R_SCOPE(HOST, panData, scope_pending, start_data),
};
const struct scope parse_scope_resdata = {resdata, ARRAY_LEN(resdata), other_data};
