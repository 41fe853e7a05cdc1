/*
 * Writing XML into a buffer. Constants go in as they are, everything else through the escaping functions: they cannot
 * write a character that XML 1.0 does not allow. The first mistake is remembered and told once at the end.
 */
#ifndef VNEPP_EPP_XML_OUT_H
#define VNEPP_EPP_XML_OUT_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

struct xml_out {
	struct buf *buf;   /* borrowed */
	enum err err;      /* OK, or the first failure */
	const char *field; /* what was being written then; a constant */
	const char *why;   /* a constant */
};

static inline void xml_out_init(struct xml_out *w, struct buf *buf)
{
	*w = (struct xml_out){.buf = buf};
}

/* A literal of our own markup. */
#define xml_out_lit(w, lit) buf_append((w)->buf, "" lit, sizeof(lit) - 1)

/* Element content: escapes & < > and carriage return. Not UTF-8, or a character XML forbids: ERR_INVALID on `field`. */
void xml_out_text(struct xml_out *w, const char *field, struct str text);
/* The value of an attribute in double quotes, without the quotes; also escapes " and white space. */
void xml_out_attr(struct xml_out *w, const char *field, struct str value);
/* A name (ASCII letters, digits, '_', '-', '.'; begins with a letter or '_'); ERR_INVALID otherwise. */
void xml_out_name(struct xml_out *w, const char *field, struct str name);
/* The same rule, asked. */
bool xml_out_is_name(struct str name);
void xml_out_u64(struct xml_out *w, unsigned long long value);
/* Remembers a failure of the caller's own finding; only the first counts. */
void xml_out_fail(struct xml_out *w, enum err err, const char *field, const char *why);
/* The characters of well-formed UTF-8; SIZE_MAX when it is not. */
size_t xml_out_chars(struct str text);

#endif
