/*
 * Reading XML: the one small interface around libxml2, so that the parser can be replaced. A streaming parser that is
 * reused from document to document; no DOM.
 *
 * Elements and attributes are told by namespace and local name, never by prefix. UTF-8 (with or without a byte order
 * mark) and UTF-16 are read; a DOCTYPE is refused before parsing, and so are documents over the limits below; there
 * are no entities but the five of XML, and no network.
 */
#ifndef VNEPP_EPP_XML_H
#define VNEPP_EPP_XML_H

#include "epp/base/buf.h"
#include "epp/base/err.h"
#include "epp/ns.h"

#define XML_MAX_BYTES ((size_t)4 * 1024 * 1024) /* of one document; framing sets a lower one */
#define XML_MAX_DEPTH 64                        /* the deepest real response has 9 levels */
#define XML_MAX_NAME  256                       /* bytes of a name with its prefix */
#define XML_MAX_ATTRS 256                       /* per element: libxml2 2.9 takes quadratic time over them */
#define XML_MAX_TEXT  ((size_t)256 * 1024)      /* bytes of one attribute's or one element's own text */
#define XML_MAX_ELEMENTS \
	8000 /* of one document; an answer of 40 KB, the longest that was seen, has a thousand */
#define XML_NAME_OTHER (-1)

struct xml_attr {
	enum epp_ns ns;  /* EPP_NS_NONE for the usual attribute without prefix */
	struct str name; /* local name */
	struct str value;
};

/* One start or end tag. All of it is valid only during the call. */
struct xml_elem {
	enum epp_ns ns;
	int name;       /* its place in the parser's table of names, or XML_NAME_OTHER */
	struct str uri; /* empty without namespace */
	struct str local;
	struct str prefix; /* to be shown, not to be compared */
	const struct xml_attr *attrs;
	size_t attr_count;
	unsigned depth; /* the document element is 1 */
};

/* What the reader of a document gets. `start` returning false ends the parse with ERR_PROTOCOL. Any may be NULL. */
struct xml_reader {
	bool (*start)(void *arg, const struct xml_elem *elem);
	/* A piece of text: one element's text may come in several. */
	void (*text)(void *arg, struct str piece);
	void (*end)(void *arg, const struct xml_elem *elem);
};

struct xml_parser;

/* `names` (borrowed, for as long as the parser lives) are the local names that `xml_elem.name` tells apart. */
struct xml_parser *xml_parser_new(const char *const *names, size_t name_count) MUST_CHECK;
void xml_parser_free(struct xml_parser *p);

/*
 * Parses one whole document. ERR_XML: not well-formed or over a limit; the calls made until then stand. The message
 * has the line but never text of the document. Not to be called from inside a reader.
 */
enum err xml_parse(struct xml_parser *p, struct str doc, const struct xml_reader *reader, void *arg,
                   struct errmsg *e) MUST_CHECK;

/* The attribute without namespace, or the empty string. */
struct str xml_elem_attr(const struct xml_elem *elem, const char *name);
/* How many times the parser's context was thrown away because names had filled its dictionary. */
unsigned long xml_parser_recycled(const struct xml_parser *p);

#endif
