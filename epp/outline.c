#include "epp/outline.h"

#include "epp/base/buf.h"
#include "epp/redact.h"
#include "epp/xml.h"

#define LEVELS   8
#define TEXT_MAX 4096 /* of one element; names, identifiers and messages are far shorter */

struct reading {
	struct epp_outline *out;
	struct arena *arena;
	struct buf text;
	/* The way to where we are: local names in the arena, and whether each is EPP's own. */
	struct str path[LEVELS + 1];
	bool own[LEVELS + 1];
	enum epp_ns ns[LEVELS + 1];
};

static const char *const kind_names[EPP_OUTLINE__COUNT] = {"other",   "greeting", "hello",
                                                           "command", "response", "extension"};

const char *epp_outline_kind_name(enum epp_outline_kind k)
{
	return kind_names[k];
}

/* ---- where we are -------------------------------------------------------------------------------------------------------- */

static bool is_at(const struct reading *r, unsigned level, const char *local)
{
	return r->own[level] && str_eq_c(r->path[level], local);
}

static bool in_response(const struct reading *r, const char *part)
{
	return r->out->kind == EPP_OUTLINE_RESPONSE && is_at(r, 3, part);
}

static bool is_object(enum epp_ns ns)
{
	return ns != EPP_NS_OTHER && ns != EPP_NS_NONE && epp_ns_kind(ns) == EPP_NS_OBJECT;
}

/* ---- start tags ----------------------------------------------------------------------------------------------------------- */

static struct str keep(struct reading *r, struct str s)
{
	return arena_str(r->arena, str_trim(s));
}

static void add_uri(struct reading *r, struct str *list, size_t *count, struct str uri)
{
	for (size_t i = 0; i < *count; i++)
		if (str_eq(list[i], uri))
			return;
	if (*count < EPP_OUTLINE_URIS && !str_empty(uri))
		list[(*count)++] = keep(r, uri);
}

static void begin_document(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	if (el->ns != EPP_NS_EPP || !is_at(r, 1, "epp"))
		return;
	for (int k = EPP_OUTLINE_GREETING; k < EPP_OUTLINE__COUNT; k++)
		if (o->kind == EPP_OUTLINE_OTHER && str_eq_c(el->local, kind_names[k]))
			o->kind = (enum epp_outline_kind)k;
}

static void begin_part(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	if (el->ns != EPP_NS_EPP)
		return;
	if (o->kind == EPP_OUTLINE_COMMAND && str_empty(o->verb) && !str_eq_c(el->local, "extension") &&
	    !str_eq_c(el->local, "clTRID")) {
		o->verb = keep(r, el->local);
		o->poll_op = keep(r, xml_elem_attr(el, "op"));
		o->poll_id = keep(r, xml_elem_attr(el, "msgID"));
	}
	if (in_response(r, "result") && o->result_count++ < EPP_OUTLINE_RESULTS) {
		uint64_t code;
		if (str_to_u64(str_trim(xml_elem_attr(el, "code")), &code) && code < 10000)
			o->results[o->result_count - 1].code = (int)code;
	}
	if (in_response(r, "msgQ")) {
		o->msg_count = keep(r, xml_elem_attr(el, "count"));
		o->msg_id = keep(r, xml_elem_attr(el, "id"));
	}
}

static void begin_object(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	bool data = in_response(r, "resData");
	bool command = o->kind == EPP_OUTLINE_COMMAND && !is_at(r, 3, "extension") && !is_at(r, 3, "login");
	if (is_at(r, 3, "extension"))
		add_uri(r, o->extensions, &o->extension_count, el->uri);
	if ((!data && !command) || el->ns == EPP_NS_EPP || !str_empty(o->object))
		return;
	o->object = keep(r, el->uri);
	if (data)
		o->verb = keep(r, el->local);
}

static bool on_start(void *arg, const struct xml_elem *el)
{
	struct reading *r = arg;
	buf_clear(&r->text);
	if (el->depth > LEVELS)
		return true;
	r->path[el->depth] = keep(r, el->local);
	r->own[el->depth] = el->ns == EPP_NS_EPP;
	r->ns[el->depth] = el->ns;
	switch (el->depth) {
	case 2: begin_document(r, el); break;
	case 3: begin_part(r, el); break;
	case 4: begin_object(r, el); break;
	default: break;
	}
	return true;
}

/* ---- texts ---------------------------------------------------------------------------------------------------------------- */

static void on_text(void *arg, struct str piece)
{
	struct reading *r = arg;
	if (buf_len(&r->text) + piece.len <= TEXT_MAX)
		buf_add(&r->text, piece);
}

static void take(struct reading *r, struct str *to)
{
	if (str_empty(*to))
		*to = keep(r, buf_str(&r->text));
}

static void end_of_part(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	if (o->kind == EPP_OUTLINE_GREETING && str_eq_c(el->local, "svID"))
		take(r, &o->server);
	else if (o->kind == EPP_OUTLINE_GREETING && str_eq_c(el->local, "svDate"))
		take(r, &o->date);
	else if (o->kind == EPP_OUTLINE_COMMAND && str_eq_c(el->local, "clTRID"))
		take(r, &o->cltrid);
}

static void end_of_result(struct reading *r)
{
	struct epp_outline *o = r->out;
	struct buf words;
	if (o->result_count == 0 || o->result_count > EPP_OUTLINE_RESULTS)
		return;
	buf_init(&words, 2 * TEXT_MAX);
	epp_redact_text(buf_str(&r->text), &words);
	o->results[o->result_count - 1].message = keep(r, buf_str(&words));
	buf_fini(&words);
}

static void end_in_part(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	if (in_response(r, "trID"))
		take(r, str_eq_c(el->local, "clTRID") ? &o->cltrid : &o->svtrid);
	else if (in_response(r, "result") && str_eq_c(el->local, "msg"))
		end_of_result(r);
	else if (is_at(r, 3, "login") && str_eq_c(el->local, "clID"))
		take(r, &o->login);
	else if (str_eq_c(el->local, "objURI"))
		add_uri(r, o->objects, &o->object_count, buf_str(&r->text));
}

/* Only of objects that are built in: what a name is elsewhere, nobody here knows. */
static void end_in_object(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	bool login_list =
	    el->ns == EPP_NS_EPP && (str_eq_c(el->local, "objURI") || str_eq_c(el->local, "extURI"));
	if (login_list && str_eq_c(el->local, "extURI"))
		add_uri(r, o->extensions, &o->extension_count, buf_str(&r->text));
	else if (login_list)
		add_uri(r, o->objects, &o->object_count, buf_str(&r->text));
	if (!is_object(el->ns) || r->ns[4] != el->ns)
		return;
	if (str_eq_c(el->local, el->ns == EPP_NS_CONTACT ? "id" : "name"))
		take(r, &o->name);
	else if (str_eq_c(el->local, "crDate"))
		take(r, &o->created);
	else if (str_eq_c(el->local, "exDate"))
		take(r, &o->expires);
}

/* <check> has its names one level deeper in answers, and log-in lists stand in <svcs>. */
static void end_deeper(struct reading *r, const struct xml_elem *el)
{
	struct epp_outline *o = r->out;
	if (el->ns == EPP_NS_EPP && str_eq_c(el->local, "extURI"))
		add_uri(r, o->extensions, &o->extension_count, buf_str(&r->text));
	else if (is_object(el->ns) && str_eq_c(r->path[5], "cd") &&
	         str_eq_c(el->local, el->ns == EPP_NS_CONTACT ? "id" : "name"))
		take(r, &o->name);
}

static void on_end(void *arg, const struct xml_elem *el)
{
	struct reading *r = arg;
	switch (el->depth) {
	case 3: end_of_part(r, el); break;
	case 4: end_in_part(r, el); break;
	case 5: end_in_object(r, el); break;
	case 6: end_deeper(r, el); break;
	default: break;
	}
	buf_clear(&r->text);
}

enum err epp_outline_read(struct str xml, struct arena *arena, struct epp_outline *out, struct errmsg *e)
{
	static const struct xml_reader reader = {on_start, on_text, on_end};
	struct reading r = {.out = out, .arena = arena};
	struct xml_parser *p = xml_parser_new(NULL, 0);
	*out = (struct epp_outline){.kind = EPP_OUTLINE_OTHER};
	buf_init(&r.text, TEXT_MAX);
	enum err err = xml_parse(p, xml, &reader, &r, e);
	if (out->result_count > EPP_OUTLINE_RESULTS)
		out->result_count = EPP_OUTLINE_RESULTS;
	buf_fini(&r.text);
	xml_parser_free(p);
	return err;
}
