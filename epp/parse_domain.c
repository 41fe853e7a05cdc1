/* <domain:infData> (RFC 5731). */
#include "epp/parse_int.h"

static struct epp_domain_inf *domain(struct epp_parser *p)
{
	return &p->out->data.domain;
}

static bool start_contact(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_domain_inf *d = domain(p);
	struct epp_contact_ref *c = PARSE_PUSH(p, struct epp_contact_ref, d->contacts, d->contact_count);
	c->type = parse_copy(p, str_trim(xml_elem_attr(el, "type")));
	p->item = c;
	return true;
}

static bool push_ns(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_domain_inf *d = domain(p);
	(void)el;
	p->item = PARSE_PUSH(p, struct epp_ns_host, d->ns, d->ns_count);
	return true;
}

static bool start_host_name(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_domain_inf *d = domain(p);
	(void)el;
	p->item = (struct epp_ns_host *)(uintptr_t)&d->ns[d->ns_count - 1];
	return true;
}

static bool start_host_addr(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_domain_inf *d = domain(p);
	struct epp_ns_host *h = (struct epp_ns_host *)(uintptr_t)&d->ns[d->ns_count - 1];
	return parse_start_addr(p, el, PARSE_PUSH(p, struct epp_addr, h->addrs, h->addr_count));
}

static void end_host(struct epp_parser *p, struct str text)
{
	struct epp_domain_inf *d = domain(p);
	struct str *at = PARSE_PUSH(p, struct str, d->hosts, d->host_count);
	*at = parse_copy(p, text);
}

static const struct rule host_attr[] = {
    {EPP_NS_DOMAIN, N_hostName, RULE_ITEM_TEXT, offsetof(struct epp_ns_host, name), NULL, start_host_name,
     NULL, NULL},
    {EPP_NS_DOMAIN, N_hostAddr, RULE_ITEM_TEXT, offsetof(struct epp_addr, text), NULL, start_host_addr, NULL,
     NULL},
};
static SCOPE(scope_host_attr, host_attr);

static const struct rule ns[] = {
    {EPP_NS_DOMAIN, N_hostObj, RULE_ITEM_TEXT, offsetof(struct epp_ns_host, name), NULL, push_ns, NULL, NULL},
    R_SCOPE(DOMAIN, hostAttr, scope_host_attr, push_ns),
};
static SCOPE(scope_ns, ns);

static const struct rule domain_inf[] = {
    R_TEXT(DOMAIN, name, data.domain.c.name),
    R_TEXT(DOMAIN, roid, data.domain.c.roid),
    {EPP_NS_DOMAIN, N_status, RULE_ITEM_TEXT, offsetof(struct epp_status, text), NULL, parse_start_status,
     NULL, NULL},
    R_TEXT(DOMAIN, registrant, data.domain.registrant),
    {EPP_NS_DOMAIN, N_contact, RULE_ITEM_TEXT, offsetof(struct epp_contact_ref, id), NULL, start_contact,
     NULL, NULL},
    R_SCOPE(DOMAIN, ns, scope_ns, NULL),
    R_CALL(DOMAIN, host, NULL, end_host),
    R_TEXT(DOMAIN, clID, data.domain.c.cl_id),
    R_TEXT(DOMAIN, crID, data.domain.c.cr_id),
    R_TIME(DOMAIN, crDate, data.domain.c.cr_date),
    R_TEXT(DOMAIN, upID, data.domain.c.up_id),
    R_TIME(DOMAIN, upDate, data.domain.c.up_date),
    R_TIME(DOMAIN, exDate, data.domain.ex_date),
    R_TIME(DOMAIN, trDate, data.domain.c.tr_date),
    R_CALL(DOMAIN, authInfo, parse_start_auth, parse_end_auth),
};
SCOPE(parse_scope_domain_inf, domain_inf);
