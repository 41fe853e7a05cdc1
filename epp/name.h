/*
 * Domain names: ASCII and Vietnamese IDN (IDNA 2008), in both forms.
 *
 * A label holds a-z, 0-9, '-' and, in an IDN, the letters of Vietnamese in NFC; no hyphen first or last, none at places
 * 3 and 4 but in "xn--"; at most 63 bytes per label and 253 in all, in the ASCII form. Upper case is folded. Anything
 * else is refused: '_', empty labels, other scripts' look-alikes, an xn-- label that does not come back the same.
 */
#ifndef VNEPP_EPP_NAME_H
#define VNEPP_EPP_NAME_H

#include "epp/base/err.h"
#include "epp/base/str.h"

#define EPP_NAME_ASCII_MAX   253
#define EPP_NAME_UNICODE_MAX 760 /* an ASCII byte stands for at most one letter of three bytes */
#define EPP_NAME_LABELS_MAX  127

struct epp_name {
	char ascii[EPP_NAME_ASCII_MAX + 1];     /* A-labels, lower case, no dot at the end; NUL-terminated */
	char unicode[EPP_NAME_UNICODE_MAX + 1]; /* U-labels; NUL-terminated */
	size_t ascii_len;
	size_t unicode_len;
	unsigned labels;
	bool idn; /* some label has letters outside ASCII */
};

/*
 * Reads a name in either form (the forms may be mixed by label; one dot at the end is taken off). ERR_INVALID or
 * ERR_TOO_LONG with a text for the partner, which may quote the label.
 */
enum err epp_name_parse(struct str in, struct epp_name *out, struct errmsg *e) MUST_CHECK;

/* Whether the name is directly under `zone` (ASCII form, lower case): `*label` is then what stands before it. */
bool epp_name_under(const struct epp_name *n, struct str zone, struct str *label);

#endif
