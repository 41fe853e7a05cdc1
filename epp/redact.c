/*
 * Prints a frame as an indented outline. What is shown comes from the parser's events alone, up to the first error: a
 * secret in a malformed place is never reached, and what is not understood is not shown.
 */
#include "epp/redact.h"

#include "epp/base/map.h"
#include "epp/dialect.h"
#include "epp/frame.h"
#include "epp/redact_int.h"

#define TEXT_MAX   ((size_t)4 * 1024 * 1024)
#define NOTE_MAX   ((size_t)64 * 1024) /* names of facts */
#define FRAMES_MAX 10000               /* in one file */

struct redact {
	const struct epp_redact_opts *opts;
	struct buf *out;                 /* borrowed */
	struct buf text;                 /* of the element being read, since its last child */
	bool line_open;                  /* the name of an element stands there, nothing behind it */
	unsigned secret;                 /* depth of the element whose content is not shown; 0: none */
	bool numbers[XML_MAX_DEPTH + 2]; /* by depth: numbers may be shown */
	bool phone[XML_MAX_DEPTH + 2];   /* by depth: contact voice or fax */
	uint64_t uri[XML_MAX_DEPTH + 2]; /* by depth: hash of the namespace */
	bool strange[XML_MAX_DEPTH + 2]; /* by depth: not of a namespace that is built in */
	bool hidden[XML_MAX_DEPTH + 2];  /* by depth: its text is not shown */
	bool poll;                       /* the answer is a poll message: strange elements are shown */
	struct buf note;                 /* goes to the end of the line */
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
		if (r->hidden[r->depth])
			buf_lit(r->out, "[hidden]");
		else
			redact_show(r->out, text,
			            r->numbers[r->depth] || (r->phone[r->depth] && is_phone(text)));
		r->line_open = true;
	}
	if (r->line_open && buf_len(&r->note))
		buf_printf(r->out, "  (%s)", buf_cstr(&r->note));
	if (r->line_open)
		buf_byte(r->out, '\n');
	buf_clear(&r->note);
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

/* What the options know of an element's text (`attr` empty) or attribute; NULL: nothing. */
static const struct epp_dialect_known *known_of(const struct redact *r, const struct xml_elem *el,
                                                struct str attr)
{
	for (size_t i = 0; r->opts && i < r->opts->known_count; i++) {
		const struct epp_dialect_known *k = &r->opts->known[i];
		if (str_eq(k->element, el->local) && str_eq(k->attr, attr) && str_eq(k->uri, el->uri))
			return k;
	}
	return NULL;
}

static void add_note(struct redact *r, const struct epp_dialect_known *k)
{
	if (!k || !r->opts->notes)
		return;
	if (buf_len(&r->note))
		buf_lit(&r->note, "; ");
	if (k->attr.len)
		buf_printf(&r->note, "%.*s: ", STR_ARG(k->attr));
	buf_add(&r->note, k->note);
}

/* An undeclared prefix may have been a declared one before the frame was damaged. */
static bool is_strange(const struct redact *r, const struct xml_elem *el)
{
	if (el->ns == EPP_NS_OTHER)
		return true;
	/* Without a prefix it has the protocol's namespace, which has nothing to do in there. */
	if (el->ns == EPP_NS_EPP)
		return r->strange[el->depth - 1];
	if (el->ns != EPP_NS_NONE)
		return false;
	return r->strange[el->depth - 1] || el->prefix.len ||
	       (el->local.len && memchr(el->local.ptr, ':', el->local.len));
}

static void judge(struct redact *r, const struct xml_elem *el)
{
	const struct epp_dialect_known *k = known_of(r, el, STR_NONE);
	if (el->ns == EPP_NS_EPP && str_eq_c(el->local, "result") &&
	    str_eq_c(xml_elem_attr(el, "code"), "1301"))
		r->poll = true;
	r->strange[el->depth] = is_strange(r, el);
	r->hidden[el->depth] = r->strange[el->depth] && !r->poll && !(k && k->open);
	add_note(r, k);
}

static bool hides_attr(struct redact *r, const struct xml_elem *el, struct str name)
{
	const struct epp_dialect_known *k = known_of(r, el, name);
	add_note(r, k);
	return r->strange[el->depth] && !r->poll && !(k && k->open);
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
		else if (hides_attr(r, el, a->name))
			buf_lit(r->out, "[hidden]");
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
	judge(r, el);
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
	r->strange[0] = r->poll = false;
	buf_clear(&r->note);
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
	buf_init(&r.note, NOTE_MAX);
	if (has_header(frame)) {
		for (unsigned i = 0; i < FRAMES_MAX && has_header(frame); i++)
			print_framed(&r, xml, &frame);
		if (!str_empty(str_trim(frame)))
			buf_printf(out, "-- %zu bytes that are no frame are not shown\n", frame.len);
	} else {
		print_document(&r, xml, frame);
	}
	buf_fini(&r.text);
	buf_fini(&r.note);
	xml_parser_free(xml);
	return buf_ok(out) ? OK : ERR_FULL;
}

enum err epp_redact_print(struct str frame, struct buf *out)
{
	return epp_redact_print_opts(frame, NULL, out);
}
