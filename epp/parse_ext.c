/* The extensions of a response: secDNS (RFC 5910), rgp (3915), fee (8748), loginSec (8807), changePoll (8590). */
#include "epp/parse_int.h"

/* ---- secDNS ---- */

static bool start_secdns(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	p->out->ext.secdns.present = true;
	return true;
}

static bool push_ds(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_secdns *s = &p->out->ext.secdns;
	(void)el;
	p->item = PARSE_PUSH(p, struct epp_ds, s->ds, s->ds_count);
	return true;
}

/* A number that does not fit is none of ours: 0, which no key tag or algorithm in use has. */
static unsigned small_number(struct str text, unsigned max)
{
	uint64_t n;
	return str_to_u64(text, &n) && n <= max ? (unsigned)n : 0;
}

static void end_key_tag(struct epp_parser *p, struct str text)
{
	((struct epp_ds *)p->item)->key_tag = small_number(text, 0xffff);
}

static void end_alg(struct epp_parser *p, struct str text)
{
	((struct epp_ds *)p->item)->alg = small_number(text, 0xff);
}

static void end_digest_type(struct epp_parser *p, struct str text)
{
	((struct epp_ds *)p->item)->digest_type = small_number(text, 0xff);
}

static void end_sig_life(struct epp_parser *p, struct str text)
{
	if (!str_to_u64(text, &p->out->ext.secdns.max_sig_life))
		p->out->ext.secdns.max_sig_life = 0;
}

static bool count_key(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	p->out->ext.secdns.key_count++;
	return false;
}

static const struct rule ds_data[] = {
    R_CALL(SECDNS, keyTag, NULL, end_key_tag),
    R_CALL(SECDNS, alg, NULL, end_alg),
    R_CALL(SECDNS, digestType, NULL, end_digest_type),
    R_ITEM(SECDNS, digest, struct epp_ds, digest),
};
static SCOPE(scope_ds_data, ds_data);

static const struct rule secdns[] = {
    R_CALL(SECDNS, maxSigLife, NULL, end_sig_life),
    R_SCOPE(SECDNS, dsData, scope_ds_data, push_ds),
    R_SCOPE(SECDNS, keyData, scope_ds_data, count_key),
};
static SCOPE(scope_secdns, secdns);

/* ---- rgp ---- */

static bool start_rgp_status(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_rgp *r = &p->out->ext.rgp;
	struct epp_status *s = PARSE_PUSH(p, struct epp_status, r->statuses, r->status_count);
	s->value = parse_copy(p, str_trim(xml_elem_attr(el, "s")));
	p->item = s;
	return true;
}

static const struct rule rgp[] = {
    {EPP_NS_RGP, N_rgpStatus, RULE_ITEM_TEXT, offsetof(struct epp_status, text), NULL, start_rgp_status, NULL,
     NULL},
};
static SCOPE(scope_rgp, rgp);

/* ---- fee ---- */

static bool start_fee_data(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	p->out->ext.fee.present = true;
	return true;
}

static bool add_amount(struct epp_parser *p, const struct xml_elem *el, struct epp_fee_amount *a)
{
	a->credit = el->name == N_credit;
	a->description = parse_attr(p, el, "description");
	p->item = a;
	return true;
}

static bool start_amount(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_fee *f = &p->out->ext.fee;
	return add_amount(p, el, PARSE_PUSH(p, struct epp_fee_amount, f->fees, f->fee_count));
}

static struct epp_fee_quote *last_quote(struct epp_parser *p)
{
	struct epp_fee *f = &p->out->ext.fee;
	return (struct epp_fee_quote *)(uintptr_t)&f->quotes[f->quote_count - 1];
}

static bool start_quote_amount(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_fee_quote *q = last_quote(p);
	return add_amount(p, el, PARSE_PUSH(p, struct epp_fee_amount, q->fees, q->fee_count));
}

static bool start_quote_cd(struct epp_parser *p, const struct xml_elem *el)
{
	p->quote_name = STR("");
	p->quote_avail = parse_bool_attr(el, "avail", true);
	return true;
}

static void end_quote_obj(struct epp_parser *p, struct str text)
{
	p->quote_name = parse_copy(p, text);
}

static bool push_quote(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_fee *f = &p->out->ext.fee;
	struct epp_fee_quote *q = PARSE_PUSH(p, struct epp_fee_quote, f->quotes, f->quote_count);
	q->name = p->quote_name;
	q->avail = p->quote_avail;
	q->command = parse_attr(p, el, "name");
	return true;
}

static bool start_quote_period(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_fee_quote *q = last_quote(p);
	q->period_unit = parse_attr(p, el, "unit");
	p->item = q;
	return true;
}

static bool start_quote_reason(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	p->item = last_quote(p);
	return true;
}

#define AMOUNT(nm, st)                                                                                       \
	{                                                                                                    \
		EPP_NS_FEE, N_##nm, RULE_ITEM_TEXT, offsetof(struct epp_fee_amount, amount), NULL, st, NULL, \
		    NULL                                                                                     \
	}

static const struct rule quote[] = {
    {EPP_NS_FEE, N_period, RULE_ITEM_TEXT, offsetof(struct epp_fee_quote, period), NULL, start_quote_period,
     NULL, NULL},
    AMOUNT(fee, start_quote_amount),
    AMOUNT(credit, start_quote_amount),
    {EPP_NS_FEE, N_reason, RULE_ITEM_TEXT, offsetof(struct epp_fee_quote, reason), NULL, start_quote_reason,
     NULL, NULL},
};
static SCOPE(scope_quote, quote);

static const struct rule quote_cd[] = {
    R_CALL(FEE, objID, NULL, end_quote_obj),
    R_SCOPE(FEE, command, scope_quote, push_quote),
};
static SCOPE(scope_quote_cd, quote_cd);

static const struct rule fee_data[] = {
    R_TEXT(FEE, currency, ext.fee.currency),
    AMOUNT(fee, start_amount),
    AMOUNT(credit, start_amount),
    R_TEXT(FEE, balance, ext.fee.balance),
    R_TEXT(FEE, creditLimit, ext.fee.credit_limit),
    R_SCOPE(FEE, cd, scope_quote_cd, start_quote_cd),
};
static SCOPE(scope_fee_data, fee_data);

/* ---- loginSec ---- */

static bool start_event(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_login_sec *l = &p->out->ext.login_sec;
	struct epp_login_event *ev = PARSE_PUSH(p, struct epp_login_event, l->events, l->event_count);
	ev->type = parse_attr(p, el, "type");
	ev->name = parse_attr(p, el, "name");
	ev->level = parse_attr(p, el, "level");
	ev->value = parse_attr(p, el, "value");
	ev->duration = parse_attr(p, el, "duration");
	ev->ex_date.at = INSTANT_NONE;
	if (!str_empty(xml_elem_attr(el, "exDate")))
		parse_time(p, &ev->ex_date, str_trim(xml_elem_attr(el, "exDate")));
	p->item = ev;
	return true;
}

static const struct rule login_sec[] = {
    {EPP_NS_LOGINSEC, N_event, RULE_ITEM_TEXT, offsetof(struct epp_login_event, text), NULL, start_event,
     NULL, NULL},
};
static SCOPE(scope_login_sec, login_sec);

/* ---- changePoll ---- */

static bool start_change(struct epp_parser *p, const struct xml_elem *el)
{
	p->out->ext.change_poll.present = true;
	p->out->ext.change_poll.before = str_eq_c(xml_elem_attr(el, "state"), "before");
	return true;
}

static bool start_operation(struct epp_parser *p, const struct xml_elem *el)
{
	p->out->ext.change_poll.op = parse_attr(p, el, "op");
	return true;
}

static const struct rule change_poll[] = {
    {EPP_NS_CHANGEPOLL, N_operation, RULE_TEXT, RES(ext.change_poll.operation), NULL, start_operation, NULL,
     NULL},
    R_TIME(CHANGEPOLL, date, ext.change_poll.date),
    R_TEXT(CHANGEPOLL, svTRID, ext.change_poll.sv_trid),
    R_TEXT(CHANGEPOLL, who, ext.change_poll.who),
    R_TEXT(CHANGEPOLL, caseId, ext.change_poll.case_id),
    R_TEXT(CHANGEPOLL, reason, ext.change_poll.reason),
};
static SCOPE(scope_change_poll, change_poll);

/* ---- which extension it is ---- */

static bool other_extension(struct epp_parser *p, const struct xml_elem *el)
{
	if (el->ns != EPP_NS_OTHER && el->ns != EPP_NS_NONE)
		return false;
	if (!str_empty(el->uri))
		parse_list_add_once(p, &p->out->ext.unknown_uris, el->uri);
	p->unknown_depth = 1;
	buf_clear(&p->text);
	return true;
}

static const struct rule extension[] = {
    R_SCOPE(SECDNS, infData, scope_secdns, start_secdns),
    R_SCOPE(RGP, infData, scope_rgp, NULL),
    R_SCOPE(RGP, upData, scope_rgp, NULL),
    R_SCOPE(FEE, creData, scope_fee_data, start_fee_data),
    R_SCOPE(FEE, renData, scope_fee_data, start_fee_data),
    R_SCOPE(FEE, trnData, scope_fee_data, start_fee_data),
    R_SCOPE(FEE, updData, scope_fee_data, start_fee_data),
    R_SCOPE(FEE, delData, scope_fee_data, start_fee_data),
    R_SCOPE(FEE, chkData, scope_fee_data, start_fee_data),
    R_SCOPE(LOGINSEC, loginSecData, scope_login_sec, NULL),
    R_SCOPE(CHANGEPOLL, changeData, scope_change_poll, start_change),
};
const struct scope parse_scope_extension = {extension, ARRAY_LEN(extension), other_extension};
