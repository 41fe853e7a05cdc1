/* Answers, written straight into a buffer. */
#include "tests/regsim/rs_reply.h"
#include "epp/base/check.h"
#include "tests/regsim/rs_grammar.h"

#include <string.h>

static const struct {
	int code;
	const char *text;
} texts[] = {
    {1000, "Command completed successfully"},
    {1001, "Command completed successfully; action pending"},
    {1300, "Command completed successfully; no messages"},
    {1301, "Command completed successfully; ack to dequeue"},
    {1500, "Command completed successfully; ending session"},
    {2000, "Unknown command"},
    {2001, "Command syntax error"},
    {2002, "Command use error"},
    {2003, "Required parameter missing"},
    {2004, "Parameter value range error"},
    {2005, "Parameter value syntax error"},
    {2100, "Unimplemented protocol version"},
    {2101, "Unimplemented command"},
    {2102, "Unimplemented option"},
    {2103, "Unimplemented extension"},
    {2104, "Billing failure"},
    {2105, "Object is not eligible for renewal"},
    {2200, "Authentication error"},
    {2201, "Authorization error"},
    {2202, "Invalid authorization information"},
    {2302, "Object exists"},
    {2303, "Object does not exist"},
    {2304, "Object status prohibits operation"},
    {2305, "Object association prohibits operation"},
    {2306, "Parameter value policy error"},
    {2307, "Unimplemented object service"},
    {2308, "Data management policy violation"},
    {2400, "Command failed"},
    {2500, "Command failed; server closing connection"},
    {2501, "Authentication error; server closing connection"},
    {2502, "Session limit exceeded; server closing connection"},
};

const char *rs_reply_text(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "Result";
}

void rs_reply_escape(struct buf *out, struct str text)
{
	size_t from = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c != '&' && c != '<' && c != '>' && c != '"')
			continue;
		buf_append(out, text.ptr + from, i - from);
		from = i + 1;
		buf_add(out, str_c(c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;"));
	}
	buf_append(out, text.ptr + from, text.len - from);
}

const char *rs_reply_prefix(const struct regsim *sim, const char *usual)
{
	return sim->o.prefix ? sim->o.prefix : usual;
}

static void open_result(struct rs_exec *x, int code)
{
	buf_clear(x->out);
	buf_lit(x->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"" RS_NS_EPP
	                "\"><response><result code=\"");
	buf_u64(x->out, (unsigned)code);
	buf_lit(x->out, "\"><msg>");
	buf_add(x->out, str_c(rs_reply_text(code)));
	buf_lit(x->out, "</msg>");
	x->code = code;
	x->res_open = x->ext_open = false;
}

static size_t queue_count(const struct rs_exec *x)
{
	return x->session->account ? x->session->account->queue.count : 0;
}

static void message_text(struct rs_exec *x)
{
	char date[TIME_TEXT_MAX];
	buf_lit(x->out, "\"><qDate>");
	buf_add(x->out, str_c(instant_format(date, x->head->at, x->sim->o.date_offset_s, true)));
	buf_lit(x->out, "</qDate><msg>");
	rs_reply_escape(x->out, str_c(x->head->text));
	buf_lit(x->out, "</msg></msgQ>");
}

static void message_queue(struct rs_exec *x)
{
	if (!x->ack && !x->head)
		return;
	buf_lit(x->out, "<msgQ count=\"");
	buf_u64(x->out, queue_count(x));
	buf_lit(x->out, "\" id=\"");
	buf_u64(x->out, x->ack ? x->ack_id : x->head->id);
	if (x->head_full)
		message_text(x);
	else
		buf_lit(x->out, "\"/>");
}

void rs_reply_ok(struct rs_exec *x, int code)
{
	open_result(x, code);
	buf_lit(x->out, "</result>");
	message_queue(x);
}

static void extra_value(struct rs_exec *x, const char *reason)
{
	static const char *const uris[] = {"", RS_NS_DOMAIN, RS_NS_CONTACT, RS_NS_HOST, ""};
	const struct rs_item *name = x->cmd->names.first;
	buf_lit(x->out, "<extValue><value>");
	if (name && uris[x->cmd->kind][0]) {
		const char *local = x->cmd->kind == REGSIM_KIND_CONTACT ? "id" : "name";
		buf_printf(x->out, "<o:%s xmlns:o=\"%s\">", local, uris[x->cmd->kind]);
		rs_reply_escape(x->out, name->text);
		buf_printf(x->out, "</o:%s>", local);
	} else {
		buf_lit(x->out, "<undef/>");
	}
	buf_lit(x->out, "</value><reason>");
	rs_reply_escape(x->out, str_c(reason));
	buf_lit(x->out, "</reason></extValue>");
}

void rs_reply_fail(struct rs_exec *x, int code, const char *reason)
{
	open_result(x, code);
	if (reason && *reason)
		extra_value(x, reason);
	buf_lit(x->out, "</result>");
	message_queue(x);
	x->hang_up = x->hang_up || code >= 2500;
}

void rs_reply_res(struct rs_exec *x)
{
	if (!x->res_open)
		buf_lit(x->out, "<resData>");
	x->res_open = true;
}

static void close_res(struct rs_exec *x)
{
	if (x->res_open)
		buf_lit(x->out, "</resData>");
	x->res_open = false;
}

void rs_reply_ext(struct rs_exec *x)
{
	close_res(x);
	if (!x->ext_open)
		buf_lit(x->out, "<extension>");
	x->ext_open = true;
}

void rs_reply_end(struct rs_exec *x)
{
	char sv[24];
	INVARIANT(x->code != 0);
	close_res(x);
	if (x->ext_open)
		buf_lit(x->out, "</extension>");
	x->ext_open = false;
	buf_lit(x->out, "<trID>");
	if (!str_empty(x->cltrid)) {
		buf_lit(x->out, "<clTRID>");
		rs_reply_escape(x->out, x->cltrid);
		buf_lit(x->out, "</clTRID>");
	}
	buf_lit(x->out, "<svTRID>");
	buf_add(x->out, str_c(regsim_svtrid(sv, x->svtrid)));
	buf_lit(x->out, "</svTRID></trID></response></epp>");
}

static void qualified(struct buf *out, const char *prefix, const char *local)
{
	if (*prefix) {
		buf_add(out, str_c(prefix));
		buf_byte(out, ':');
	}
	buf_add(out, str_c(local));
}

void rs_reply_object(struct rs_exec *x, const char *prefix, const char *uri, const char *local)
{
	buf_byte(x->out, '<');
	qualified(x->out, prefix, local);
	buf_add(x->out, *prefix ? STR(" xmlns:") : STR(" xmlns"));
	buf_add(x->out, str_c(prefix));
	buf_lit(x->out, "=\"");
	buf_add(x->out, str_c(uri));
	buf_lit(x->out, "\">");
}

void rs_reply_open(struct rs_exec *x, const char *prefix, const char *local)
{
	buf_byte(x->out, '<');
	qualified(x->out, prefix, local);
	buf_byte(x->out, '>');
}

void rs_reply_close(struct rs_exec *x, const char *prefix, const char *local)
{
	buf_lit(x->out, "</");
	qualified(x->out, prefix, local);
	buf_byte(x->out, '>');
}

void rs_reply_leaf(struct rs_exec *x, const char *prefix, const char *local, const char *attr,
                   struct str value, struct str text)
{
	buf_byte(x->out, '<');
	qualified(x->out, prefix, local);
	if (attr) {
		buf_byte(x->out, ' ');
		buf_add(x->out, str_c(attr));
		buf_lit(x->out, "=\"");
		rs_reply_escape(x->out, value);
		buf_byte(x->out, '"');
	}
	buf_byte(x->out, '>');
	rs_reply_escape(x->out, text);
	rs_reply_close(x, prefix, local);
}

void rs_reply_date(struct rs_exec *x, const char *prefix, const char *local, instant_ms_t t)
{
	char text[TIME_TEXT_MAX];
	rs_reply_leaf(x, prefix, local, NULL, STR_NONE,
	              str_c(instant_format(text, t, x->sim->o.date_offset_s, false)));
}
