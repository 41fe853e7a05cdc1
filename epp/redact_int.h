/* What redact.c and redact_text.c share: how a text is shown. Private to them. */
#ifndef VNEPP_EPP_REDACT_INT_H
#define VNEPP_EPP_REDACT_INT_H

#include "epp/redact.h"
#include "epp/xml.h"

/* White space is folded, control characters are escaped; identity numbers are removed unless `numbers`. */
void redact_show(struct buf *out, struct str text, bool numbers);
/* What a frame may hold that is no XML at all: every byte that is not UTF-8 (and NUL) becomes '?'. How many did. */
size_t redact_clean(struct buf *out, struct str in);
/* Elements and attributes whose content is never shown. */
bool redact_is_secret(struct str local, const struct epp_redact_opts *opts);
/* Elements whose numbers are no identity numbers: transaction ids, hosts, keys, fees. */
bool redact_shows_numbers(const struct xml_elem *el);

#endif
