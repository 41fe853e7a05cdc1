/* What the builders share: the outline of a command, and texts with their limits. Private to epp/build_*.c. */
#ifndef VNEPP_EPP_BUILD_INT_H
#define VNEPP_EPP_BUILD_INT_H

#include "epp/command.h"
#include "epp/ns.h"
#include "epp/xml_out.h"

#define CLID_MIN  3 /* eppcom clIDType */
#define CLID_MAX  16
#define LABEL_MAX 255 /* eppcom labelType */

struct build {
	struct xml_out w;
	struct buf *out; /* borrowed */
	size_t at;       /* where the frame begins */
	const struct epp_cmd *cmd;
	bool in_extension; /* <extension> is open */
};

/* Header, declaration and <epp><command>. `cmd` NULL: only <epp>. */
void build_begin(struct build *b, struct buf *out, const struct epp_cmd *cmd);
/* The configured extensions, clTRID and all end tags; what went wrong is told in `e` and the frame is gone then. */
enum err build_end(struct build *b, struct errmsg *e) MUST_CHECK;
/* Before each built-in extension: opens <extension> the first time. */
void build_extension(struct build *b);
void build_ext_tree(struct build *b, const struct epp_ext_element *el);

/* A text of `min` to `max` characters; white space at its ends and doubled is refused: the other side would drop it. */
void build_token(struct build *b, const char *field, struct str s, size_t min, size_t max);
/* A text of `min` to `max` characters that is more than white space. */
void build_line(struct build *b, const char *field, struct str s, size_t min, size_t max);

#define build_lit(b, lit) xml_out_lit(&(b)->w, lit)
/* <tag>text</tag> */
#define build_token_elem(b, tag, s, min, max) \
	(build_lit((b), "<" tag ">"), build_token((b), tag, (s), (min), (max)), build_lit((b), "</" tag ">"))
#define build_line_elem(b, tag, s, min, max) \
	(build_lit((b), "<" tag ">"), build_line((b), tag, (s), (min), (max)), build_lit((b), "</" tag ">"))

void build_fail(struct build *b, enum err err, const char *field, const char *why);
/* "v4" or "v6" goes before: <open ip="v6">address</close> with `open` and `close` as constants. */
void build_addr(struct build *b, const char *field, const struct epp_addr *a);
/* fee:create or fee:renew; nothing without an amount. */
void build_fee(struct build *b, bool renew, const struct epp_fee_limit *fee);
/* Many <tag>text</tag>; none is an error. */
void build_names(struct build *b, const char *field, const struct str *names, size_t count, size_t min,
                 size_t max);

#endif
