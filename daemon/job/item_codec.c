/*
 * The stored form of requests and results: a version byte, then fields in ascending order of their tags, each a tag
 * byte and a value. Absent fields are left out. Numbers are varints (signed ones zigzag), texts a varint length and
 * bytes. Lists open with their tag once per element. The same request always gives the same bytes.
 */
#include "daemon/job/item.h"

#define REQUEST_VERSION 1
#define RESULT_VERSION  2 /* another number, so that neither is ever read as the other */

enum tag {
	T_OP = 1,
	T_REF,
	T_DOMAIN,
	T_DOMAIN_U,
	T_PERIOD,
	T_CUR_EXP,
	T_IF_NOT_FREE,
	T_MAX_FEE,
	T_KIND,
	T_NAME,
	T_CITIZENSHIP,
	T_ID_NUMBER,
	T_TAX_CODE,
	T_REG_NUMBER,
	T_PHONE,
	T_EMAIL,
	T_GENDER,
	T_BIRTH,
	T_FOUNDED,
	T_REGISTERED,
	T_EXEMPT,
	T_STREET,
	T_WARD,
	T_DISTRICT,
	T_PROVINCE,
	T_PROVINCE_LIST,
	T_COUNTRY,
	T_REGISTRANT,
	T_ADMIN,
	T_TECH,
	T_BILLING,
	T_EVIDENCE, /* type; then its other members under the next four tags */
	T_EV_ISSUER,
	T_EV_REFERENCE,
	T_EV_RESULT,
	T_EV_DATE,
	T_NS, /* name; then its addresses */
	T_NS_ADDR,
	T_DS, /* key tag; then three more, always there */
	T_DS_ALG,
	T_DS_TYPE,
	T_DS_DIGEST,
	T_SERVICES,
	T_FACT, /* name; then its value, always there */
	T_FACT_VALUE,
	T_REP_NAME,
	T_REP_POSITION,
	T_REP_ID_NUMBER,
	T__COUNT,
	T_R_STATE = 1,
	T_R_ATTEMPT,
	T_R_CODE,
	T_R_FAULT,
	T_R_RETRYABLE,
	T_R_REASON,
	T_R_MESSAGE,
	T_R_NEEDS,
	T_R_CREATED,
	T_R_EXPIRES,
	T_R_CLTRID,
	T_R_SVTRID,
	T_R_CHARGED,
	T_R_AT,
	T_R_PAST_BOUNDARY,
};

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void put_varint(struct buf *out, uint64_t v)
{
	char bytes[10];
	size_t n = 0;
	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (char)(v | 0x80);
	bytes[n++] = (char)v;
	buf_append(out, bytes, n);
}

static void put_u(struct buf *out, int tag, uint64_t v)
{
	buf_byte(out, (char)tag);
	put_varint(out, v);
}

static void put_i(struct buf *out, int tag, int64_t v)
{
	put_u(out, tag, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void put_text(struct buf *out, int tag, struct str s)
{
	if (s.len == 0)
		return;
	put_u(out, tag, s.len);
	buf_add(out, s);
}

static void put_date(struct buf *out, int tag, date_t d)
{
	if (d != DATE_NONE)
		put_i(out, tag, d);
}

static void put_applicant(struct buf *out, const struct item_applicant *a)
{
	if (a->kind == APPLICANT_NONE)
		return;
	put_u(out, T_KIND, a->kind);
	put_text(out, T_NAME, a->name);
	put_text(out, T_CITIZENSHIP, a->citizenship);
	put_text(out, T_ID_NUMBER, a->id_number);
	put_text(out, T_TAX_CODE, a->tax_code);
	put_text(out, T_REG_NUMBER, a->registration_number);
	put_text(out, T_PHONE, a->phone);
	put_text(out, T_EMAIL, a->email);
	if (a->gender != GENDER_UNKNOWN)
		put_u(out, T_GENDER, a->gender);
	put_date(out, T_BIRTH, a->birth_date);
	put_date(out, T_FOUNDED, a->founded_on);
	put_date(out, T_REGISTERED, a->registered_on);
	if (a->registration_exempt)
		put_u(out, T_EXEMPT, 1);
	put_text(out, T_STREET, a->address.street);
	put_text(out, T_WARD, a->address.ward);
	put_text(out, T_DISTRICT, a->address.district);
	put_text(out, T_PROVINCE, a->address.province);
	put_text(out, T_PROVINCE_LIST, a->address.province_list);
	put_text(out, T_COUNTRY, a->address.country);
}

static void put_representative(struct buf *out, const struct item_representative *r)
{
	put_text(out, T_REP_NAME, r->name);
	put_text(out, T_REP_POSITION, r->position);
	put_text(out, T_REP_ID_NUMBER, r->id_number);
}

/* Elements of a list are opened by their first member, which is therefore written even when it is empty. */
static void put_opening(struct buf *out, int tag, struct str s)
{
	put_u(out, tag, s.len);
	buf_add(out, s);
}

static void put_lists(struct buf *out, const struct item_request *r)
{
	for (size_t i = 0; i < r->evidence_count; i++) {
		const struct item_evidence *e = &r->evidence[i];
		put_opening(out, T_EVIDENCE, e->type);
		put_text(out, T_EV_ISSUER, e->issuer);
		put_text(out, T_EV_REFERENCE, e->reference);
		put_text(out, T_EV_RESULT, e->result);
		put_date(out, T_EV_DATE, e->date);
	}
	for (size_t i = 0; i < r->ns_count; i++) {
		put_opening(out, T_NS, r->ns[i].name);
		for (size_t k = 0; k < r->ns[i].addr_count; k++)
			put_text(out, T_NS_ADDR, r->ns[i].addrs[k]);
	}
	for (size_t i = 0; i < r->ds_count; i++) {
		put_u(out, T_DS, r->ds[i].key_tag);
		put_u(out, T_DS_ALG, r->ds[i].alg);
		put_u(out, T_DS_TYPE, r->ds[i].digest_type);
		put_text(out, T_DS_DIGEST, r->ds[i].digest);
	}
}

void item_encode(const struct item_request *r, struct buf *out)
{
	buf_byte(out, REQUEST_VERSION);
	put_u(out, T_OP, r->op);
	put_text(out, T_REF, r->ref);
	put_text(out, T_DOMAIN, r->domain);
	if (!str_eq(r->domain, r->domain_u))
		put_text(out, T_DOMAIN_U, r->domain_u);
	put_u(out, T_PERIOD, (uint64_t)r->period);
	put_date(out, T_CUR_EXP, r->cur_exp_date);
	if (r->if_not_free != ITEM_REFUSE)
		put_u(out, T_IF_NOT_FREE, r->if_not_free);
	if (r->max_fee_vnd >= 0)
		put_i(out, T_MAX_FEE, r->max_fee_vnd);
	put_applicant(out, &r->applicant);
	put_text(out, T_REGISTRANT, r->registrant);
	put_text(out, T_ADMIN, r->admin);
	put_text(out, T_TECH, r->tech);
	put_text(out, T_BILLING, r->billing);
	put_lists(out, r);
	put_text(out, T_SERVICES, r->services);
	for (size_t i = 0; i < r->fact_count; i++) {
		put_opening(out, T_FACT, r->facts[i].name);
		put_opening(out, T_FACT_VALUE, r->facts[i].value);
	}
	if (r->applicant.kind != APPLICANT_NONE)
		put_representative(out, &r->applicant.representative);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

struct cursor {
	const unsigned char *at, *end;
	bool bad;
};

static uint64_t get_varint(struct cursor *c)
{
	uint64_t v = 0;
	for (unsigned shift = 0; c->at < c->end && shift < 64; shift += 7) {
		unsigned char b = *c->at++;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

static int64_t get_i(struct cursor *c)
{
	uint64_t v = get_varint(c);
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* A number at most `max`. */
static unsigned get_max(struct cursor *c, unsigned max)
{
	uint64_t v = get_varint(c);
	if (v > max)
		c->bad = true;
	return c->bad ? 0 : (unsigned)v;
}

static struct str get_text(struct cursor *c)
{
	uint64_t n = get_varint(c);
	if (c->bad || n > (uint64_t)(c->end - c->at)) {
		c->bad = true;
		return STR_NONE;
	}
	struct str s = str_make((const char *)c->at, (size_t)n);
	c->at += n;
	return s;
}

static date_t get_date(struct cursor *c)
{
	int64_t v = get_i(c);
	if (v <= INT32_MIN || v > INT32_MAX)
		c->bad = true;
	return c->bad ? DATE_NONE : (date_t)v;
}

static void read_applicant(struct cursor *c, int tag, struct item_applicant *a)
{
	switch (tag) {
	case T_KIND: a->kind = (enum applicant_kind)get_max(c, APPLICANT__COUNT - 1); break;
	case T_NAME: a->name = get_text(c); break;
	case T_CITIZENSHIP: a->citizenship = get_text(c); break;
	case T_ID_NUMBER: a->id_number = get_text(c); break;
	case T_TAX_CODE: a->tax_code = get_text(c); break;
	case T_REG_NUMBER: a->registration_number = get_text(c); break;
	case T_PHONE: a->phone = get_text(c); break;
	case T_EMAIL: a->email = get_text(c); break;
	case T_GENDER: a->gender = (enum gender)get_max(c, GENDER_FEMALE); break;
	case T_BIRTH: a->birth_date = get_date(c); break;
	case T_FOUNDED: a->founded_on = get_date(c); break;
	case T_REGISTERED: a->registered_on = get_date(c); break;
	case T_EXEMPT: a->registration_exempt = get_max(c, 1); break;
	case T_STREET: a->address.street = get_text(c); break;
	case T_WARD: a->address.ward = get_text(c); break;
	case T_DISTRICT: a->address.district = get_text(c); break;
	case T_PROVINCE: a->address.province = get_text(c); break;
	case T_PROVINCE_LIST: a->address.province_list = get_text(c); break;
	case T_COUNTRY: a->address.country = get_text(c); break;
	case T_REP_NAME: a->representative.name = get_text(c); break;
	case T_REP_POSITION: a->representative.position = get_text(c); break;
	case T_REP_ID_NUMBER: a->representative.id_number = get_text(c); break;
	default: c->bad = true;
	}
}

static void read_evidence(struct cursor *c, int tag, struct item_request *r)
{
	if (tag == T_EVIDENCE && r->evidence_count < ITEM_EVIDENCE_MAX)
		r->evidence[r->evidence_count++] =
		    (struct item_evidence){.type = get_text(c), .date = DATE_NONE};
	else if (tag == T_EVIDENCE || r->evidence_count == 0)
		c->bad = true;
	if (c->bad || tag == T_EVIDENCE)
		return;
	struct item_evidence *e = &r->evidence[r->evidence_count - 1];
	switch (tag) {
	case T_EV_ISSUER: e->issuer = get_text(c); break;
	case T_EV_REFERENCE: e->reference = get_text(c); break;
	case T_EV_RESULT: e->result = get_text(c); break;
	default: e->date = get_date(c);
	}
}

static void read_ns(struct cursor *c, int tag, struct item_request *r)
{
	if (tag == T_NS && r->ns_count < ITEM_NS_MAX) {
		struct item_ns *ns = &r->ns[r->ns_count++];
		ns->name = get_text(c);
		ns->addr_count = 0;
	} else if (tag == T_NS_ADDR && r->ns_count > 0 &&
	           r->ns[r->ns_count - 1].addr_count < ITEM_NS_ADDR_MAX) {
		struct item_ns *ns = &r->ns[r->ns_count - 1];
		ns->addrs[ns->addr_count++] = get_text(c);
	} else {
		c->bad = true;
	}
}

static void read_ds(struct cursor *c, int tag, struct item_request *r)
{
	if (tag == T_DS && r->ds_count < ITEM_DS_MAX)
		r->ds[r->ds_count++] = (struct item_ds){.key_tag = (uint16_t)get_max(c, UINT16_MAX)};
	else if (tag == T_DS || r->ds_count == 0)
		c->bad = true;
	if (c->bad || tag == T_DS)
		return;
	struct item_ds *d = &r->ds[r->ds_count - 1];
	switch (tag) {
	case T_DS_ALG: d->alg = (uint8_t)get_max(c, UINT8_MAX); break;
	case T_DS_TYPE: d->digest_type = (uint8_t)get_max(c, UINT8_MAX); break;
	default: d->digest = get_text(c);
	}
}

static void read_fact(struct cursor *c, int tag, struct item_request *r)
{
	if (tag == T_FACT && r->fact_count < ITEM_FACTS_MAX)
		r->facts[r->fact_count++] = (struct item_fact){.name = get_text(c)};
	else if (tag == T_FACT_VALUE && r->fact_count > 0)
		r->facts[r->fact_count - 1].value = get_text(c);
	else
		c->bad = true;
}

static void read_request(struct cursor *c, int tag, struct item_request *r)
{
	switch (tag) {
	case T_OP: r->op = (enum item_op)get_max(c, ITEM_OP__COUNT - 1); break;
	case T_REF: r->ref = get_text(c); break;
	case T_DOMAIN: r->domain = r->domain_u = get_text(c); break;
	case T_DOMAIN_U: r->domain_u = get_text(c); break;
	case T_PERIOD: r->period = (int)get_max(c, INT32_MAX); break;
	case T_CUR_EXP: r->cur_exp_date = get_date(c); break;
	case T_IF_NOT_FREE: r->if_not_free = (enum item_if_not_free)get_max(c, ITEM_CHARGE); break;
	case T_MAX_FEE: r->max_fee_vnd = get_i(c); break;
	case T_REGISTRANT: r->registrant = get_text(c); break;
	case T_ADMIN: r->admin = get_text(c); break;
	case T_TECH: r->tech = get_text(c); break;
	case T_BILLING: r->billing = get_text(c); break;
	case T_SERVICES: r->services = get_text(c); break;
	case T_FACT:
	case T_FACT_VALUE: read_fact(c, tag, r); break;
	case T_EVIDENCE:
	case T_EV_ISSUER:
	case T_EV_REFERENCE:
	case T_EV_RESULT:
	case T_EV_DATE: read_evidence(c, tag, r); break;
	case T_NS:
	case T_NS_ADDR: read_ns(c, tag, r); break;
	case T_DS:
	case T_DS_ALG:
	case T_DS_TYPE:
	case T_DS_DIGEST: read_ds(c, tag, r); break;
	default: read_applicant(c, tag, &r->applicant);
	}
}

/* Only what is read is set: the lists are large, and most of them are empty. */
static void clear_request(struct item_request *r)
{
	r->op = ITEM_CREATE;
	r->ref = r->domain = r->domain_u = STR_NONE;
	r->period = 0;
	r->cur_exp_date = DATE_NONE;
	r->if_not_free = ITEM_REFUSE;
	r->max_fee_vnd = -1;
	r->applicant = (struct item_applicant){.birth_date = DATE_NONE,
	                                       .founded_on = DATE_NONE,
	                                       .registered_on = DATE_NONE};
	r->registrant = r->admin = r->tech = r->billing = r->services = STR_NONE;
	r->evidence_count = r->ns_count = r->ds_count = r->fact_count = 0;
}

static bool open_blob(struct str blob, unsigned char version, struct cursor *c)
{
	*c = (struct cursor){(const unsigned char *)blob.ptr, (const unsigned char *)blob.ptr + blob.len,
	                     false};
	return blob.len > 0 && *c->at++ == version;
}

enum err item_decode(struct str blob, struct item_request *out)
{
	struct cursor c;
	clear_request(out);
	if (!open_blob(blob, REQUEST_VERSION, &c))
		return ERR_CORRUPT;
	while (c.at < c.end && !c.bad) {
		int tag = *c.at++;
		read_request(&c, tag, out);
	}
	return c.bad || out->domain.len == 0 ? ERR_CORRUPT : OK;
}

/* ---- results ------------------------------------------------------------------------------------------------------- */

static void put_instant(struct buf *out, int tag, instant_ms_t t)
{
	if (t != INSTANT_NONE)
		put_i(out, tag, t);
}

void item_result_encode(const struct item_result *r, struct buf *out)
{
	buf_byte(out, RESULT_VERSION);
	put_u(out, T_R_STATE, r->state);
	put_u(out, T_R_ATTEMPT, (uint64_t)r->attempt);
	if (r->code)
		put_u(out, T_R_CODE, (uint64_t)r->code);
	if (r->fault)
		put_u(out, T_R_FAULT, r->fault);
	if (r->retryable)
		put_u(out, T_R_RETRYABLE, 1);
	put_text(out, T_R_REASON, r->reason);
	put_text(out, T_R_MESSAGE, r->message);
	put_text(out, T_R_NEEDS, r->needs);
	put_instant(out, T_R_CREATED, r->created);
	put_instant(out, T_R_EXPIRES, r->expires);
	put_text(out, T_R_CLTRID, r->cl_trid);
	put_text(out, T_R_SVTRID, r->sv_trid);
	if (r->charged_vnd >= 0)
		put_i(out, T_R_CHARGED, r->charged_vnd);
	put_instant(out, T_R_AT, r->at);
	if (r->past_boundary)
		put_u(out, T_R_PAST_BOUNDARY, 1);
}

static void read_result(struct cursor *c, int tag, struct item_result *r)
{
	switch (tag) {
	case T_R_STATE: r->state = (enum item_state)get_max(c, ITEM_STATE__COUNT - 1); break;
	case T_R_ATTEMPT: r->attempt = (int)get_max(c, INT32_MAX); break;
	case T_R_CODE: r->code = (int)get_max(c, 9999); break;
	case T_R_FAULT: r->fault = (enum item_fault)get_max(c, FAULT__COUNT - 1); break;
	case T_R_RETRYABLE: r->retryable = get_max(c, 1); break;
	case T_R_REASON: r->reason = get_text(c); break;
	case T_R_MESSAGE: r->message = get_text(c); break;
	case T_R_NEEDS: r->needs = get_text(c); break;
	case T_R_CREATED: r->created = get_i(c); break;
	case T_R_EXPIRES: r->expires = get_i(c); break;
	case T_R_CLTRID: r->cl_trid = get_text(c); break;
	case T_R_SVTRID: r->sv_trid = get_text(c); break;
	case T_R_CHARGED: r->charged_vnd = get_i(c); break;
	case T_R_AT: r->at = get_i(c); break;
	case T_R_PAST_BOUNDARY: r->past_boundary = get_max(c, 1); break;
	default: c->bad = true;
	}
}

enum err item_result_decode(struct str blob, struct item_result *out)
{
	struct cursor c;
	*out = (struct item_result){
	    .created = INSTANT_NONE, .expires = INSTANT_NONE, .charged_vnd = -1, .at = INSTANT_NONE};
	if (!open_blob(blob, RESULT_VERSION, &c))
		return ERR_CORRUPT;
	while (c.at < c.end && !c.bad) {
		int tag = *c.at++;
		read_result(&c, tag, out);
	}
	return c.bad ? ERR_CORRUPT : OK;
}
