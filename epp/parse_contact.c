/* <contact:infData> (RFC 5733). */
#include "epp/parse_int.h"

static bool start_postal(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_contact_inf *c = &p->out->data.contact;
	if (c->postal_count == ARRAY_LEN(c->postal))
		return false;
	struct epp_postal *pi = &c->postal[c->postal_count++];
	pi->type = parse_copy(p, str_trim(xml_elem_attr(el, "type")));
	p->item = pi;
	return true;
}

static void end_street(struct epp_parser *p, struct str text)
{
	struct epp_postal *pi = p->item;
	if (pi->street_count < EPP_STREETS)
		pi->street[pi->street_count++] = parse_copy(p, text);
}

static bool start_voice(struct epp_parser *p, const struct xml_elem *el)
{
	p->out->data.contact.voice_ext = parse_attr(p, el, "x");
	return true;
}

static const struct rule addr[] = {
    R_CALL(CONTACT, street, NULL, end_street),  R_ITEM(CONTACT, city, struct epp_postal, city),
    R_ITEM(CONTACT, sp, struct epp_postal, sp), R_ITEM(CONTACT, pc, struct epp_postal, pc),
    R_ITEM(CONTACT, cc, struct epp_postal, cc),
};
static SCOPE(scope_addr, addr);

static const struct rule postal[] = {
    R_ITEM(CONTACT, name, struct epp_postal, name),
    R_ITEM(CONTACT, org, struct epp_postal, org),
    R_SCOPE(CONTACT, addr, scope_addr, NULL),
};
static SCOPE(scope_postal, postal);

static const struct rule contact_inf[] = {
    R_TEXT(CONTACT, id, data.contact.c.name),
    R_TEXT(CONTACT, roid, data.contact.c.roid),
    {EPP_NS_CONTACT, N_status, RULE_ITEM_TEXT, offsetof(struct epp_status, text), NULL, parse_start_status,
     NULL, NULL},
    R_SCOPE(CONTACT, postalInfo, scope_postal, start_postal),
    {EPP_NS_CONTACT, N_voice, RULE_TEXT, RES(data.contact.voice), NULL, start_voice, NULL, NULL},
    R_TEXT(CONTACT, fax, data.contact.fax),
    R_TEXT(CONTACT, email, data.contact.email),
    R_TEXT(CONTACT, clID, data.contact.c.cl_id),
    R_TEXT(CONTACT, crID, data.contact.c.cr_id),
    R_TIME(CONTACT, crDate, data.contact.c.cr_date),
    R_TEXT(CONTACT, upID, data.contact.c.up_id),
    R_TIME(CONTACT, upDate, data.contact.c.up_date),
    R_TIME(CONTACT, trDate, data.contact.c.tr_date),
    R_CALL(CONTACT, authInfo, parse_start_auth, parse_end_auth),
};
SCOPE(parse_scope_contact_inf, contact_inf);
