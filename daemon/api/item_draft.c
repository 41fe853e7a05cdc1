/* The members of an item, where they stand, and what is wrong with them. */
#include "daemon/api/item_draft.h"

#include <stdarg.h>
#include <stdio.h>

#define TOP(name, type, field, max)                                                \
	{                                                                          \
		name, ITEM_VALUE_##type, offsetof(struct item_request, field), max \
	}
#define APP(name, type, max)                                                         \
	{                                                                            \
#name, ITEM_VALUE_##type, offsetof(struct item_applicant, name), max \
	}
#define ADDR(name, type, max)                                                      \
	{                                                                          \
#name, ITEM_VALUE_##type, offsetof(struct item_address, name), max \
	}
#define REP(name, type, max)                                                              \
	{                                                                                 \
#name, ITEM_VALUE_##type, offsetof(struct item_representative, name), max \
	}
#define EVI(name, type, max)                                                        \
	{                                                                           \
#name, ITEM_VALUE_##type, offsetof(struct item_evidence, name), max \
	}
#define DS(name, type, max)                                                   \
	{                                                                     \
#name, ITEM_VALUE_##type, offsetof(struct item_ds, name), max \
	}

/* Of the texts' sizes: 255 is what postalLineType and its kind take. */
static const struct item_member top_members[] = {
    TOP("ref", REF, ref, ITEM_REF_MAX),
    TOP("op", OP, op, 0),
    TOP("domain", DOMAIN, domain, 0),
    TOP("period", PERIOD, period, 0),
    TOP("applicant", OBJECT, applicant, ITEM_GROUP_APPLICANT),
    {"contacts", ITEM_VALUE_OBJECT, 0, ITEM_GROUP_CONTACTS},
    TOP("evidence", EVIDENCE, evidence, 0),
    TOP("ns", NS, ns, 0),
    TOP("ds", DS, ds, 0),
    TOP("services", SERVICES, services, 0),
    TOP("if_not_free", IF_NOT_FREE, if_not_free, 0),
    TOP("max_fee_vnd", FEE, max_fee_vnd, 0),
    TOP("cur_exp_date", DATE, cur_exp_date, 0),
    TOP("facts", FACTS, facts, 0),
};
static const struct item_member applicant_members[] = {
    APP(kind, KIND, 0),
    APP(name, TEXT, 255),
    APP(citizenship, COUNTRY, 255),
    APP(birth_date, DATE, 0),
    APP(gender, GENDER, 0),
    APP(id_number, CODE, 32),
    APP(phone, PHONE, 17),
    APP(email, EMAIL, 254),
    APP(address, OBJECT, ITEM_GROUP_ADDRESS),
    APP(tax_code, CODE, 32),
    APP(founded_on, DATE, 0),
    APP(registration_number, CODE, 64),
    APP(registered_on, DATE, 0),
    APP(registration_exempt, BOOL, 0),
    APP(representative, OBJECT, ITEM_GROUP_REPRESENTATIVE),
};
static const struct item_member address_members[] = {
    ADDR(street, TEXT, 255),
    ADDR(ward, TEXT, 255),
    ADDR(district, TEXT, 255),
    ADDR(province, PROVINCE, 255),
    ADDR(province_list, LIST_DATE, 10),
    ADDR(country, COUNTRY, 255),
};
static const struct item_member representative_members[] = {
    REP(name, TEXT, 255),
    REP(position, TEXT, 255),
    REP(id_number, CODE, 32),
};
static const struct item_member contact_members[] = {
    TOP("registrant", CONTACT, registrant, 16),
    TOP("admin", CONTACT, admin, 16),
    TOP("tech", CONTACT, tech, 16),
    TOP("billing", CONTACT, billing, 16),
};
static const struct item_member evidence_members[] = {
    EVI(type, WORD, 32), EVI(issuer, TEXT, 255), EVI(reference, TEXT, 128),
    EVI(date, DATE, 0),  EVI(result, RESULT, 0),
};
static const struct item_member ns_members[] = {
    {"name", ITEM_VALUE_HOST, offsetof(struct item_ns, name), 0},
    {"addrs", ITEM_VALUE_ADDRS, offsetof(struct item_ns, addrs), 0},
};
static const struct item_member ds_members[] = {
    DS(key_tag, U16, 0),
    DS(alg, U8, 0),
    DS(digest_type, U8, 0),
    DS(digest, HEX, 256),
};

static const struct {
	const struct item_member *members;
	size_t count;
	const char *path; /* before the member's name; %d is the index */
} groups[ITEM_GROUP__COUNT] = {
    [ITEM_GROUP_TOP] = {top_members, ARRAY_LEN(top_members), ""},
    [ITEM_GROUP_APPLICANT] = {applicant_members, ARRAY_LEN(applicant_members), "applicant"},
    [ITEM_GROUP_ADDRESS] = {address_members, ARRAY_LEN(address_members), "applicant.address"},
    [ITEM_GROUP_REPRESENTATIVE] = {representative_members, ARRAY_LEN(representative_members),
                                   "applicant.representative"},
    [ITEM_GROUP_CONTACTS] = {contact_members, ARRAY_LEN(contact_members), "contacts"},
    [ITEM_GROUP_EVIDENCE] = {evidence_members, ARRAY_LEN(evidence_members), "evidence"},
    [ITEM_GROUP_NS] = {ns_members, ARRAY_LEN(ns_members), "ns"},
    [ITEM_GROUP_DS] = {ds_members, ARRAY_LEN(ds_members), "ds"},
    [ITEM_GROUP_FACTS] = {NULL, 0, "facts"},
};

void item_draft_begin(struct item_draft *d, struct item_request *req, struct arena *arena,
                      struct line_errors *errors, uint32_t line, const char *text)
{
	*req = (struct item_request){.max_fee_vnd = -1, .cur_exp_date = DATE_NONE};
	req->applicant.birth_date = req->applicant.founded_on = req->applicant.registered_on = DATE_NONE;
	d->req = req;
	d->arena = arena;
	d->errors = errors;
	d->text = text;
	d->line = d->text_line = line;
	d->bad = d->op_known = d->no_ref = false;
	d->name.ascii_len = 0;
	memset(d->given, 0, sizeof d->given);
}

const struct item_member *item_group_members(enum item_group g, size_t *count)
{
	*count = groups[g].count;
	return groups[g].members;
}

const struct item_member *item_group_find(enum item_group g, struct str name)
{
	for (size_t i = 0; i < groups[g].count; i++) {
		const struct item_member *m = &groups[g].members[i];
		if (name.len && m->name[0] == name.ptr[0] && str_eq_c(name, m->name))
			return m;
	}
	return NULL;
}

/* ---- errors -------------------------------------------------------------------------------------------------------- */

static void path_of(char *out, size_t size, struct item_place p, struct str member)
{
	const char *group = groups[p.group].path;
	const char *dot = *group && member.len ? "." : "";
	int n = (int)(member.len < LINE_ERROR_QUOTED ? member.len : LINE_ERROR_QUOTED);
	if (p.index >= 0)
		snprintf(out, size, "%s[%d]%s%.*s", group, p.index, dot, n, n ? member.ptr : "");
	else
		snprintf(out, size, "%s%s%.*s", group, dot, n, n ? member.ptr : "");
}

/* Where in the text it stands; without `at` it is said of the item, which begins there. */
static struct line_place place_of(const struct item_draft *d, const char *at)
{
	struct line_place p = {d->line, d->text_line, at ? 1 : 0};
	bool same_line = true;
	for (; at && at > d->text; at--) {
		same_line &= at[-1] != '\n';
		p.text_line += at[-1] == '\n';
		p.column += same_line && ((unsigned char)at[-1] & 0xC0) != 0x80;
	}
	return p;
}

/* Where an error is told that is found when the whole item is known. */
static const char *given_at(const struct item_draft *d, struct item_place p, const char *member)
{
	const struct item_member *m =
	    !p.at && p.index < 0 && member ? item_group_find(p.group, str_c(member)) : NULL;
	size_t i = m ? (size_t)(m - groups[p.group].members) : 0;
	return m && d->given[p.group] & 1u << i ? d->at[p.group][i] : p.at;
}

void item_draft_error(struct item_draft *d, struct item_place p, const char *member, const char *reason,
                      const char *fmt, ...)
{
	char path[128], text[ERRMSG_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	path_of(path, sizeof path, p, str_c(member));
	line_errors_add(d->errors, place_of(d, given_at(d, p, member)), str_c(path), reason, "%s", text);
	d->bad = true;
}

void item_draft_unknown(struct item_draft *d, struct item_place p, struct str name)
{
	const char *names[32], *near;
	char path[256];
	size_t n = 0;
	for (; n < groups[p.group].count; n++)
		names[n] = groups[p.group].members[n].name;
	names[n] = NULL;
	near = line_error_nearest(name, names);
	path_of(path, sizeof path, p, name);
	if (near)
		line_errors_add(d->errors, place_of(d, p.at), str_c(path), "UNKNOWN_MEMBER", "'%s'", near);
	else
		line_errors_add(d->errors, place_of(d, p.at), str_c(path), "UNKNOWN_MEMBER",
		                "a member that GET /v1/openapi.json lists");
	d->bad = true;
}

bool item_draft_mark(struct item_draft *d, struct item_place p, const struct item_member *m)
{
	uint32_t bit = 1u << (m - groups[p.group].members);
	if (d->given[p.group] & bit) {
		item_draft_error(d, p, m->name, "DUPLICATE", "this member only once");
		return false;
	}
	d->given[p.group] |= bit;
	d->at[p.group][m - groups[p.group].members] = p.at;
	return true;
}

/* ---- lists ----------------------------------------------------------------------------------------------------------- */

void *item_draft_entry(struct item_draft *d, enum item_group g, const char *at)
{
	struct item_request *r = d->req;
	uint8_t *count = g == ITEM_GROUP_EVIDENCE ? &r->evidence_count
	                 : g == ITEM_GROUP_NS     ? &r->ns_count
	                                          : &r->ds_count;
	int max = g == ITEM_GROUP_EVIDENCE ? ITEM_EVIDENCE_MAX
	          : g == ITEM_GROUP_NS     ? ITEM_NS_MAX
	                                   : ITEM_DS_MAX;
	if (*count == max) {
		item_draft_error(d, (struct item_place){g, -1, at}, NULL, "TOO_MANY", "at most %d entries",
		                 max);
		return NULL;
	}
	unsigned i = (*count)++;
	d->given[g] = 0;
	if (g == ITEM_GROUP_EVIDENCE) {
		r->evidence[i].date = DATE_NONE;
		return &r->evidence[i];
	}
	return g == ITEM_GROUP_NS ? (void *)&r->ns[i] : (void *)&r->ds[i];
}
