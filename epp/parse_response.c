/* The greeting, and everything of a response but the object data and the extensions (RFC 5730). */
#include "epp/parse_int.h"

/* ---- greeting ---- */

static bool start_greeting(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	if (p->out->kind != EPP_KIND_NONE) {
		p->second = true;
		return false;
	}
	p->out->kind = EPP_KIND_GREETING;
	return true;
}

static const struct rule svc_extension[] = {
    R_LIST(EPP, extURI, greeting.ext_uris),
};
static SCOPE(scope_svc_extension, svc_extension);

static const struct rule svc_menu[] = {
    R_LIST(EPP, version, greeting.versions),
    R_LIST(EPP, lang, greeting.langs),
    R_LIST(EPP, objURI, greeting.obj_uris),
    R_SCOPE(EPP, svcExtension, scope_svc_extension, NULL),
};
static SCOPE(scope_svc_menu, svc_menu);

static const struct rule greeting[] = {
    R_TEXT(EPP, svID, greeting.sv_id),
    R_TIME(EPP, svDate, greeting.sv_date),
    R_SCOPE(EPP, svcMenu, scope_svc_menu, NULL),
};
static SCOPE(scope_greeting, greeting);

/* ---- result ---- */

static bool start_result(struct epp_parser *p, const struct xml_elem *el)
{
	uint64_t code;
	struct epp_response *r = p->out;
	struct epp_result *res = PARSE_PUSH(p, struct epp_result, r->results, r->result_count);
	if (!str_to_u64(str_trim(xml_elem_attr(el, "code")), &code) || code < 1000 || code > 9999)
		p->bad_code = true;
	else
		res->code = (int)code;
	p->item = res;
	return true;
}

static bool start_msg(struct epp_parser *p, const struct xml_elem *el)
{
	((struct epp_result *)p->item)->lang = parse_attr(p, el, "lang");
	return true;
}

static bool push_value(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_result *res = p->item;
	(void)el;
	p->value = PARSE_PUSH(p, struct epp_value, res->values, res->value_count);
	p->value_secret = false;
	return true;
}

/* <value> holds one element, echoed from our command, with whatever it holds. */
static void child_of_value(struct epp_parser *p, const struct xml_elem *el)
{
	if (str_empty(p->value->name)) {
		p->value->uri = parse_copy(p, el->uri);
		p->value->name = parse_copy(p, el->local);
	}
	if (parse_is_secret(el->local))
		p->value_secret = true;
}

static void end_value(struct epp_parser *p, struct str text)
{
	p->value->text = p->value_secret ? STR("[removed]") : parse_copy(p, text);
}

/* RFC 9038: the reason reads "<namespace URI> not in login services". */
static void end_reason(struct epp_parser *p, struct str text)
{
	const struct str tail = STR(" not in login services");
	p->value->reason = parse_copy(p, text);
	if (str_ends(text, tail))
		parse_list_add_once(p, &p->out->ext.unhandled,
		                    str_trim(str_make(text.ptr, text.len - tail.len)));
}

static const struct rule ext_value[] = {
    {EPP_NS_EPP, N_value, RULE_CALL, 0, NULL, NULL, end_value, child_of_value},
    R_CALL(EPP, reason, NULL, end_reason),
};
static SCOPE(scope_ext_value, ext_value);

static const struct rule result[] = {
    {EPP_NS_EPP, N_msg, RULE_ITEM_TEXT, offsetof(struct epp_result, msg), NULL, start_msg, NULL, NULL},
    {EPP_NS_EPP, N_value, RULE_CALL, 0, NULL, push_value, end_value, child_of_value},
    R_SCOPE(EPP, extValue, scope_ext_value, push_value),
};
static SCOPE(scope_result, result);

/* ---- message queue and transaction ids ---- */

static bool start_msgq(struct epp_parser *p, const struct xml_elem *el)
{
	struct epp_msgq *q = &p->out->msgq;
	if (q->present)
		return false;
	q->present = true;
	if (!str_to_u64(str_trim(xml_elem_attr(el, "count")), &q->count))
		q->count = UINT64_MAX;
	q->id = parse_copy(p, str_trim(xml_elem_attr(el, "id")));
	return true;
}

static const struct rule msgq[] = {
    R_TIME(EPP, qDate, msgq.q_date),
    R_TEXT(EPP, msg, msgq.msg),
};
static SCOPE(scope_msgq, msgq);

static const struct rule trid[] = {
    R_TEXT(EPP, clTRID, trid.client),
    R_TEXT(EPP, svTRID, trid.server),
};
static SCOPE(scope_trid, trid);

static const struct rule pa_trid[] = {
    R_TEXT(EPP, clTRID, data.pan.trid.client),
    R_TEXT(EPP, svTRID, data.pan.trid.server),
};
SCOPE(parse_scope_pa_trid, pa_trid);

/* ---- the frame of it all ---- */

static bool start_response(struct epp_parser *p, const struct xml_elem *el)
{
	(void)el;
	if (p->out->kind != EPP_KIND_NONE) {
		p->second = true;
		return false;
	}
	p->out->kind = EPP_KIND_RESPONSE;
	return true;
}

static const struct rule response[] = {
    R_SCOPE(EPP, result, scope_result, start_result),     R_SCOPE(EPP, trID, scope_trid, NULL),
    R_SCOPE(EPP, resData, parse_scope_resdata, NULL),     R_SCOPE(EPP, msgQ, scope_msgq, start_msgq),
    R_SCOPE(EPP, extension, parse_scope_extension, NULL),
};
static SCOPE(scope_response, response);

static const struct rule epp[] = {
    R_SCOPE(EPP, response, scope_response, start_response),
    R_SCOPE(EPP, greeting, scope_greeting, start_greeting),
};
static SCOPE(scope_epp, epp);

static const struct rule document[] = {
    R_SCOPE(EPP, epp, scope_epp, NULL),
};
SCOPE(parse_scope_document, document);
