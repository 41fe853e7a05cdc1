/*
 * Prints a frame as an indented outline. What is shown comes from the parser's events alone, up to the first error: a
 * secret in a malformed place is never reached, and what is not understood is not shown.
 */
#include "epp/redact.h"

#include "epp/base/map.h"
#include "epp/frame.h"
#include "epp/redact_int.h"

#define TEXT_MAX   ((size_t)4 * 1024 * 1024)
#define FRAMES_MAX 10000 /* in one file */

struct redact {
	const struct epp_redact_opts *opts;
	struct buf *out;                 /* borrowed */
	struct buf text;                 /* of the element being read, since its last child */
	bool line_open;                  /* the name of an element stands there, nothing behind it */
	unsigned secret;                 /* depth of the element whose content is not shown; 0: none */
	bool numbers[XML_MAX_DEPTH + 2]; /* by depth: numbers may be shown */
	bool phone[XML_MAX_DEPTH + 2];   /* by depth: contact voice or fax */
	uint64_t uri[XML_MAX_DEPTH + 2]; /* by depth: hash of the namespace */
	unsigned depth;
};

static void indent(struct redact *r, unsigned depth)
{
	for (unsigned i = 1; i < depth; i++)
		buf_lit(r->out, "  ");
}

/* "+84.912345678" in its place is a telephone number, though it has nine digits. */
static bool is_phone(struct str s)
{
	size_t dot = 1;
	if (s.len < 4 || s.ptr[0] != '+')
		return false;
	while (dot < s.len && s.ptr[dot] >= '0' && s.ptr[dot] <= '9')
		dot++;
	if (dot < 2 || dot > 4 || dot + 1 >= s.len || s.ptr[dot] != '.')
		return false;
	for (size_t i = dot + 1; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return true;
}

static void flush_text(struct redact *r)
{
	struct str text = str_trim(buf_str(&r->text));
	if (!str_empty(text)) {
		if (r->line_open) {
			buf_lit(r->out, ": ");
		} else {
			indent(r, r->depth + 1);
			buf_lit(r->out, "| ");
		}
		redact_show(r->out, text, r->numbers[r->depth] || (r->phone[r->depth] && is_phone(text)));
		r->line_open = true;
	}
	if (r->line_open)
		buf_byte(r->out, '\n');
	r->line_open = false;
	buf_clear(&r->text);
}

static void show_name(struct redact *r, const struct xml_elem *el)
{
	uint64_t uri = map_hash(el->uri);
	struct str prefix = el->ns == EPP_NS_EPP ? STR("") : epp_ns_prefix(el->ns);
	if (el->ns == EPP_NS_OTHER || el->ns == EPP_NS_NONE)
		prefix = el->prefix;
	if (!str_empty(prefix)) {
		redact_show(r->out, prefix, false);
		buf_byte(r->out, ':');
	}
	redact_show(r->out, el->local, false);
	if (el->ns == EPP_NS_OTHER && r->uri[el->depth - 1] != uri) {
		buf_lit(r->out, " {");
		redact_show(r->out, el->uri, false);
		buf_byte(r->out, '}');
	}
	r->uri[el->depth] = uri;
}

static void show_attrs(struct redact *r, const struct xml_elem *el)
{
	for (size_t i = 0; i < el->attr_count; i++) {
		const struct xml_attr *a = &el->attrs[i];
		buf_byte(r->out, ' ');
		redact_show(r->out, a->name, false);
		buf_lit(r->out, "=\"");
		if (redact_is_secret(a->name, r->opts))
			buf_lit(r->out, "[removed]");
		else
			redact_show(r->out, a->value, r->numbers[el->depth]);
		buf_byte(r->out, '"');
	}
}

static bool on_start(void *arg, const struct xml_elem *el)
{
	struct redact *r = arg;
	if (r->secret)
		return true;
	flush_text(r);
	r->depth = el->depth;
	r->numbers[el->depth] = redact_shows_numbers(el);
	r->phone[el->depth] =
	    el->ns == EPP_NS_CONTACT && (str_eq_c(el->local, "voice") || str_eq_c(el->local, "fax"));
	indent(r, el->depth);
	show_name(r, el);
	r->line_open = true;
	if (redact_is_secret(el->local, r->opts)) {
		r->secret = el->depth;
		buf_lit(r->out, ": [removed]");
	} else {
		show_attrs(r, el);
	}
	return true;
}

static void on_text(void *arg, struct str piece)
{
	struct redact *r = arg;
	if (!r->secret)
		buf_add(&r->text, piece);
}

static void on_end(void *arg, const struct xml_elem *el)
{
	struct redact *r = arg;
	if (r->secret && el->depth != r->secret)
		return;
	r->secret = 0;
	flush_text(r);
	r->depth = el->depth - 1;
}

static void print_document(struct redact *r, struct xml_parser *xml, struct str doc)
{
	static const struct xml_reader reader = {on_start, on_text, on_end};
	struct errmsg e = {{0}};
	struct buf clean;
	buf_init(&clean, TEXT_MAX);
	bool utf16 = doc.len >= 2 && (!doc.ptr[0] || !doc.ptr[1] || (unsigned char)doc.ptr[0] >= 0xfe);
	size_t bad = utf16 ? 0 : redact_clean(&clean, doc);
	if (bad && buf_ok(&clean)) {
		buf_printf(r->out, "-- %zu bytes that are not UTF-8 are shown as '?'\n", bad);
		doc = buf_str(&clean);
	}
	r->depth = 0;
	r->secret = 0;
	r->line_open = false;
	r->uri[0] = 0;
	if (xml_parse(xml, doc, &reader, r, &e) != OK) {
		/* The text before the break may be half of a number: it is not shown. */
		buf_clear(&r->text);
		flush_text(r);
		buf_lit(r->out, "-- broken here, the rest is not shown: ");
		buf_add(r->out, str_c(e.text));
		buf_byte(r->out, '\n');
	}
	buf_fini(&clean);
}

/* A header's first byte is 0 for any frame under 16 MB; UTF-16 begins with a mark, '<' or 00 '<'. */
static bool has_header(struct str s)
{
	if (s.len < EPP_FRAME_HEADER || s.ptr[0] != '\0')
		return false;
	return !(s.ptr[1] == '<' && s.ptr[2] == '\0');
}

static void print_framed(struct redact *r, struct xml_parser *xml, struct str *rest)
{
	size_t len = epp_frame_length(*rest);
	if (len <= EPP_FRAME_HEADER) {
		buf_printf(r->out, "-- a frame header that says %zu bytes, the rest is not shown\n", len);
		*rest = STR_NONE;
		return;
	}
	buf_printf(r->out, "-- frame of %zu bytes", len);
	if (len > rest->len) {
		buf_printf(r->out, ", only %zu are there", rest->len);
		len = rest->len;
	}
	buf_byte(r->out, '\n');
	print_document(r, xml, str_make(rest->ptr + EPP_FRAME_HEADER, len - EPP_FRAME_HEADER));
	*rest = str_make(rest->ptr + len, rest->len - len);
}

enum err epp_redact_print_opts(struct str frame, const struct epp_redact_opts *opts, struct buf *out)
{
	struct xml_parser *xml = xml_parser_new(NULL, 0);
	struct redact r = {.opts = opts, .out = out};
	buf_init(&r.text, TEXT_MAX);
	if (has_header(frame)) {
		for (unsigned i = 0; i < FRAMES_MAX && has_header(frame); i++)
			print_framed(&r, xml, &frame);
		if (!str_empty(str_trim(frame)))
			buf_printf(out, "-- %zu bytes that are no frame are not shown\n", frame.len);
	} else {
		print_document(&r, xml, frame);
	}
	buf_fini(&r.text);
	xml_parser_free(xml);
	return buf_ok(out) ? OK : ERR_FULL;
}

enum err epp_redact_print(struct str frame, struct buf *out)
{
	return epp_redact_print_opts(frame, NULL, out);
}
