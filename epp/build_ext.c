/* Command extensions: fee (RFC 8748), and trees of a registry's own that come from configuration. */
#include "epp/build_int.h"

/* More on one element than any mapping has; keeps the search for doubles cheap. */
#define EXT_MAX_ATTRS 64

/* ---- fee ---- */

static bool is_decimal(struct str s)
{
	size_t dots = 0;
	for (size_t i = 0; i < s.len; i++) {
		bool dot = s.ptr[i] == '.';
		dots += dot;
		if (dots > 1 || (!dot && (s.ptr[i] < '0' || s.ptr[i] > '9')))
			return false;
	}
	return s.len > dots && s.len <= 32;
}

static bool is_currency(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 'A' || s.ptr[i] > 'Z')
			return false;
	}
	return s.len == 3;
}

void build_fee(struct build *b, bool renew, const struct epp_fee_limit *fee)
{
	if (str_empty(fee->amount))
		return;
	build_extension(b);
	if (renew)
		build_lit(b, "<fee:renew xmlns:fee=\"" EPP_URI_FEE "\">");
	else
		build_lit(b, "<fee:create xmlns:fee=\"" EPP_URI_FEE "\">");
	if (!str_empty(fee->currency)) {
		if (!is_currency(fee->currency))
			build_fail(b, ERR_INVALID, "fee:currency", "is not three capital letters");
		build_token_elem(b, "fee:currency", fee->currency, 3, 3);
	}
	if (!is_decimal(fee->amount))
		build_fail(b, ERR_INVALID, "fee:fee", "is not a decimal number");
	build_token_elem(b, "fee:fee", fee->amount, 1, 32);
	if (renew)
		build_lit(b, "</fee:renew>");
	else
		build_lit(b, "</fee:create>");
}

/* ---- configured trees ---- */

static void put_tag(struct build *b, struct str prefix, struct str name)
{
	if (!str_empty(prefix)) {
		xml_out_name(&b->w, "a prefix of an extension", prefix);
		build_lit(b, ":");
	}
	xml_out_name(&b->w, "an element name of an extension", name);
}

/* A prefix that begins with "xml" in any case of letters belongs to XML. */
static bool is_reserved(struct str s)
{
	return s.len >= 3 && str_eq_nocase(str_make(s.ptr, 3), STR("xml"));
}

static void put_declaration(struct build *b, const struct epp_ext_element *el)
{
	if (is_reserved(el->prefix))
		build_fail(b, ERR_INVALID, "a prefix of an extension", "begins with xml");
	build_lit(b, " xmlns");
	if (!str_empty(el->prefix)) {
		build_lit(b, ":");
		xml_out_name(&b->w, "a prefix of an extension", el->prefix);
	}
	build_lit(b, "=\"");
	xml_out_attr(&b->w, "a namespace of an extension", el->uri);
	build_lit(b, "\"");
}

static void put_attrs(struct build *b, const struct epp_ext_element *el)
{
	if (el->attr_count > EXT_MAX_ATTRS) {
		build_fail(b, ERR_RANGE, "an element of an extension", "has too many attributes");
		return;
	}
	for (size_t i = 0; i < el->attr_count; i++) {
		const struct epp_ext_attr *a = &el->attrs[i];
		for (size_t k = 0; k < i; k++) {
			if (str_eq(el->attrs[k].name, a->name))
				build_fail(b, ERR_INVALID, "an attribute of an extension", "is there twice");
		}
		if (is_reserved(a->name))
			build_fail(b, ERR_INVALID, "an attribute of an extension", "begins with xml");
		build_lit(b, " ");
		xml_out_name(&b->w, "an attribute name of an extension", a->name);
		build_lit(b, "=\"");
		xml_out_attr(&b->w, "an attribute of an extension", a->value);
		build_lit(b, "\"");
	}
}

static void put_tree(struct build *b, const struct epp_ext_element *el, struct str prefix, unsigned depth)
{
	if (depth > EPP_EXT_MAX_DEPTH) {
		build_fail(b, ERR_RANGE, "an extension", "is nested too deep");
		return;
	}
	bool declares = !str_empty(el->uri);
	if (declares)
		prefix = el->prefix;
	build_lit(b, "<");
	put_tag(b, prefix, el->name);
	if (declares)
		put_declaration(b, el);
	put_attrs(b, el);
	if (str_empty(el->text) && el->child_count == 0) {
		build_lit(b, "/>");
		return;
	}
	build_lit(b, ">");
	xml_out_text(&b->w, "a text of an extension", el->text);
	for (size_t i = 0; i < el->child_count && b->w.err == OK; i++)
		put_tree(b, &el->children[i], prefix, depth + 1);
	build_lit(b, "</");
	put_tag(b, prefix, el->name);
	build_lit(b, ">");
}

void build_ext_tree(struct build *b, const struct epp_ext_element *el)
{
	if (str_empty(el->uri))
		build_fail(b, ERR_INVALID, "an extension", "has no namespace");
	put_tree(b, el, STR(""), 1);
}
