/*
 * The only file that includes libxml2. One push-parser context is kept and reset for each document: its dictionary of
 * names stays warm, so a known name is told by the address of its interned string. A peer who sends ever new names
 * would fill that dictionary; then the context is thrown away and made anew.
 */
#include "epp/xml.h"

#include "epp/base/alloc.h"
#include "epp/base/arena.h"
#include "epp/base/check.h"
#include "epp/xml_int.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/dict.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_COMPACT)
/* A session meets a few hundred names in its life. */
#define DICT_MAX_NAMES 4096
#define DICT_MAX_BYTES ((size_t)512 * 1024)
#define SLOTS          1024 /* power of two, four times the known names at least */
/* The store for UTF-16 and libxml2's input are given back when they have grown beyond this. */
#define KEEP_BYTES ((size_t)64 * 1024)

struct slot {
	const xmlChar *key; /* interned in the context's dictionary; NULL: free */
	size_t len;
	int id;
};

struct xml_parser {
	xmlParserCtxtPtr ctxt;    /* owned */
	const char *const *names; /* borrowed */
	size_t name_count;
	struct slot local[SLOTS]; /* interned local name -> place in `names` */
	struct slot uris[SLOTS];  /* interned URI -> enum epp_ns */
	struct buf utf8;          /* a document that came as UTF-16 */
	struct arena values;      /* owned; attributes that had to be decoded */
	unsigned long recycled;

	/* of the document being read */
	const struct xml_reader *reader;
	void *arg;
	unsigned depth, elements;
	unsigned lines;   /* cut off before libxml2 saw it */
	size_t text_run;  /* bytes of text since the last tag */
	const char *stop; /* why we have stopped, or NULL */
	enum err stop_err;
	int code; /* libxml2's first error */
	int line;
	struct xml_attr attrs[XML_MAX_ATTRS];
};

static size_t slot_of(const xmlChar *key)
{
	return (size_t)(((uintptr_t)key * 0x9e3779b97f4a7c15u) >> 54) & (SLOTS - 1);
}

static void slot_put(struct slot *slots, const xmlChar *key, size_t len, int id)
{
	size_t i = slot_of(key);
	while (slots[i].key)
		i = (i + 1) & (SLOTS - 1);
	slots[i] = (struct slot){key, len, id};
}

static const struct slot *slot_get(const struct slot *slots, const xmlChar *key)
{
	size_t i = slot_of(key);
	while (slots[i].key && slots[i].key != key)
		i = (i + 1) & (SLOTS - 1);
	return slots[i].key ? &slots[i] : NULL;
}

static struct str view(const xmlChar *s)
{
	return str_c((const char *)s);
}

static void stop(struct xml_parser *p, enum err err, const char *why)
{
	if (!p->stop) {
		p->stop = why;
		p->stop_err = err;
		p->line = xmlSAX2GetLineNumber(p->ctxt);
	}
	xmlStopParser(p->ctxt);
}

static enum epp_ns ns_of(const struct xml_parser *p, const xmlChar *uri, struct str *text)
{
	*text = STR("");
	if (!uri)
		return EPP_NS_NONE;
	const struct slot *s = slot_get(p->uris, uri);
	*text = s ? str_make((const char *)uri, s->len) : view(uri);
	return s ? (enum epp_ns)s->id : epp_ns_find(*text);
}

static void fill_elem(struct xml_parser *p, struct xml_elem *el, const xmlChar *local, const xmlChar *prefix,
                      const xmlChar *uri)
{
	const struct slot *s = slot_get(p->local, local);
	el->name = s ? s->id : XML_NAME_OTHER;
	el->local = s ? str_make((const char *)local, s->len) : view(local);
	el->prefix = view(prefix);
	el->ns = ns_of(p, uri, &el->uri);
	el->attrs = p->attrs;
	el->attr_count = 0;
	el->depth = p->depth;
}

/*
 * Without substitution of entities (which we never turn on), libxml2 leaves each '&' of an attribute as "&#38;", whatever
 * way it was written, for a second pass that only its DOM makes.
 */
static struct str decode_amp(struct xml_parser *p, struct str s)
{
	static const char amp[] = "&#38;";
	const char *from = s.ptr, *end = s.ptr + s.len;
	if (!s.len || !memchr(s.ptr, '&', s.len))
		return s;
	char *copy = arena_alloc(&p->values, s.len);
	size_t n = 0;
	while (from < end) {
		copy[n++] = *from;
		from += (size_t)(end - from) >= sizeof(amp) - 1 && memcmp(from, amp, sizeof(amp) - 1) == 0
		            ? sizeof(amp) - 1
		            : 1;
	}
	return str_make(copy, n);
}

/* libxml2 gives an attribute as five pointers: local name, prefix, URI, begin and end of the value. */
static void fill_attrs(struct xml_parser *p, struct xml_elem *el, int count, const xmlChar **raw)
{
	for (int i = 0; i < count; i++, raw += 5) {
		struct str uri;
		struct xml_attr *a = &p->attrs[el->attr_count++];
		a->name = view(raw[0]);
		a->ns = ns_of(p, raw[2], &uri);
		a->value = decode_amp(p, str_make((const char *)raw[3], (size_t)(raw[4] - raw[3])));
	}
}

static void on_start(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int ns_count,
                     const xmlChar **ns, int attr_count, int defaulted, const xmlChar **attrs)
{
	struct xml_parser *p = arg;
	struct xml_elem el;
	(void)ns_count;
	(void)ns;
	(void)defaulted;
	p->text_run = 0;
	if (++p->depth > XML_MAX_DEPTH || attr_count > XML_MAX_ATTRS || ++p->elements > XML_MAX_ELEMENTS) {
		stop(p, ERR_XML, "over a limit of depth, attributes or elements");
		return;
	}
	fill_elem(p, &el, local, prefix, uri);
	fill_attrs(p, &el, attr_count, attrs);
	if (p->reader->start && !p->reader->start(p->arg, &el))
		stop(p, ERR_PROTOCOL, "not what was expected here");
}

static void on_end(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_parser *p = arg;
	struct xml_elem el;
	p->text_run = 0;
	fill_elem(p, &el, local, prefix, uri);
	p->depth--;
	if (p->reader->end)
		p->reader->end(p->arg, &el);
}

static void on_text(void *arg, const xmlChar *text, int len)
{
	struct xml_parser *p = arg;
	p->text_run += (size_t)len;
	if (p->text_run > XML_MAX_TEXT)
		stop(p, ERR_XML, "the text of an element is too long");
	else if (p->reader->text)
		p->reader->text(p->arg, str_make((const char *)text, (size_t)len));
}

/* Only the first error counts; a namespace error (an undeclared prefix) is none for us. */
static void on_error(void *arg, xmlErrorPtr error)
{
	struct xml_parser *p = arg;
	if (error->level != XML_ERR_FATAL || p->code != 0)
		return;
	p->code = error->code;
	p->line = error->line;
}

static void context_init(struct xml_parser *p)
{
	xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .ignorableWhitespace = on_text,
	    .cdataBlock = on_text,
	    .serror = on_error,
	};
	p->ctxt = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
	REQUIRE(p->ctxt);
	xmlCtxtUseOptions(p->ctxt, OPTIONS);
	memset(p->local, 0, sizeof(p->local));
	memset(p->uris, 0, sizeof(p->uris));
	for (size_t i = 0; i < p->name_count; i++) {
		const xmlChar *key = xmlDictLookup(p->ctxt->dict, (const xmlChar *)p->names[i], -1);
		slot_put(p->local, key, strlen(p->names[i]), (int)i);
	}
	for (int i = EPP_NS_OTHER + 1; i < EPP_NS__COUNT; i++) {
		struct str uri = epp_ns_uri((enum epp_ns)i);
		slot_put(p->uris, xmlDictLookup(p->ctxt->dict, (const xmlChar *)uri.ptr, -1), uri.len, i);
	}
}

struct xml_parser *xml_parser_new(const char *const *names, size_t name_count)
{
	REQUIRE(name_count <= SLOTS / 4);
	xmlInitParser();
	struct xml_parser *p = xcalloc(1, sizeof(*p));
	p->names = names;
	p->name_count = name_count;
	buf_init(&p->utf8, XML_MAX_BYTES * 2);
	arena_init(&p->values);
	context_init(p);
	return p;
}

void xml_parser_free(struct xml_parser *p)
{
	if (!p)
		return;
	xmlFreeParserCtxt(p->ctxt);
	buf_fini(&p->utf8);
	arena_fini(&p->values);
	free(p);
}

/* libxml2's own messages quote the document, so we have our own. */
static const char *words_for(int code)
{
	switch (code) {
	case XML_ERR_DOCUMENT_EMPTY:
	case XML_ERR_DOCUMENT_START: return "there is no XML document";
	case XML_ERR_DOCUMENT_END: return "the document ends too early, or something follows it";
	case XML_ERR_TAG_NAME_MISMATCH: return "an end tag does not fit its start tag";
	case XML_ERR_TAG_NOT_FINISHED: return "an element is not finished";
	case XML_ERR_GT_REQUIRED: return "a tag is not finished";
	case XML_ERR_LT_IN_ATTRIBUTE: return "'<' in the value of an attribute";
	case XML_ERR_ATTRIBUTE_REDEFINED: return "an attribute is given twice";
	case XML_ERR_ATTRIBUTE_NOT_STARTED:
	case XML_ERR_ATTRIBUTE_NOT_FINISHED:
	case XML_ERR_ATTRIBUTE_WITHOUT_VALUE: return "an attribute is malformed";
	case XML_ERR_UNDECLARED_ENTITY:
	case XML_WAR_UNDECLARED_ENTITY: return "an entity that XML does not have";
	case XML_ERR_INVALID_CHAR:
	case XML_ERR_INVALID_CHARREF: return "a character that XML does not allow";
	case XML_ERR_NAME_REQUIRED: return "a name is missing (after '<' or '&')";
	default: return "not well-formed";
	}
}

static enum err outcome(struct xml_parser *p, struct errmsg *e)
{
	unsigned line = (unsigned)(p->line > 0 ? p->line : 1) + p->lines;
	if (p->stop)
		return err_set(e, p->stop_err, "line %u: %s", line, p->stop);
	if (p->code == 0 && !p->ctxt->wellFormed)
		p->code = p->ctxt->errNo;
	if (!p->ctxt->wellFormed)
		return err_set(e, ERR_XML, "line %u: %s (XML error %d)", line, words_for(p->code), p->code);
	return OK;
}

/* Keeps what a peer can make us keep bounded. */
static void tidy(struct xml_parser *p)
{
	buf_reset(&p->utf8, KEEP_BYTES);
	arena_reset(&p->values);
	if (xmlDictSize(p->ctxt->dict) <= DICT_MAX_NAMES && xmlDictGetUsage(p->ctxt->dict) <= DICT_MAX_BYTES)
		return;
	xmlFreeParserCtxt(p->ctxt);
	context_init(p);
	p->recycled++;
}

enum err xml_parse(struct xml_parser *p, struct str doc, const struct xml_reader *reader, void *arg,
                   struct errmsg *e)
{
	struct str text;
	enum err err = xml_decode(doc, &p->utf8, &text, &p->lines, e);
	if (err == OK)
		err = xml_scan(text, p->lines, e);
	if (err == OK) {
		p->reader = reader;
		p->arg = arg;
		p->depth = p->elements = 0;
		p->text_run = 0;
		p->stop = NULL;
		p->code = 0;
		p->line = 0;
		xmlCtxtResetPush(p->ctxt, NULL, 0, NULL, NULL);
		xmlParseChunk(p->ctxt, text.ptr, (int)text.len, 1);
		err = outcome(p, e);
	}
	tidy(p);
	return err;
}

struct str xml_elem_attr(const struct xml_elem *elem, const char *name)
{
	for (size_t i = 0; i < elem->attr_count; i++) {
		if (elem->attrs[i].ns == EPP_NS_NONE && str_eq_c(elem->attrs[i].name, name))
			return elem->attrs[i].value;
	}
	return STR("");
}

unsigned long xml_parser_recycled(const struct xml_parser *p)
{
	return p->recycled;
}
