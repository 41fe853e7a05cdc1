/* What xml.c does before libxml2 sees a document. Private to epp/xml*.c. */
#ifndef VNEPP_EPP_XML_INT_H
#define VNEPP_EPP_XML_INT_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

/*
 * Brings a document to UTF-8 without byte order mark and without XML declaration: `*out` lies in `in` or (from UTF-16)
 * in `store`. `*lines` is how many line ends were cut off. ERR_XML for another encoding, bad UTF-8 or UTF-16, and NUL.
 */
enum err xml_decode(struct str in, struct buf *store, struct str *out, unsigned *lines,
                    struct errmsg *e) MUST_CHECK;

/*
 * The cheap look before parsing, in one pass: refuses a DOCTYPE and what is over the limits of xml.h. It judges nothing
 * else: the parser tells what is not well-formed. `lines` were cut off before.
 */
enum err xml_scan(struct str doc, unsigned lines, struct errmsg *e) MUST_CHECK;

/* Length of the well-formed UTF-8 character at `p` (a byte >= 0x80) that XML allows; 0 when there is none. */
size_t xml_char_len(const unsigned char *p, size_t left) MUST_CHECK;

#endif
