/*
 * A printer of EPP frames for people: indented, decoded, and unable to print a password, authInfo or an identity number.
 *
 *   epp command
 *     login
 *       clID: ClientX
 *       pw: [removed]
 *
 * What is removed: everything inside pw, newPW, authInfo and the elements named in the options (any namespace, upper and
 * lower case alike); 9- and 12-digit numbers in all texts but transaction ids, host and domain names, keys, fees and
 * times; comments and processing instructions; and what follows a '<' in a text. Control characters are shown as \xNN.
 *
 * Elements of namespaces that are not built in are named, but what stands in them is "[hidden]": a registry's own
 * extensions carry birth dates, names and identity papers under names that nobody here knows. Shown are those that the
 * options know to be open, and those of poll messages (1301), which people must be able to read.
 */
#ifndef VNEPP_EPP_REDACT_H
#define VNEPP_EPP_REDACT_H

#include "epp/base/buf.h"
#include "epp/base/err.h"

#include <stdbool.h>

struct epp_dialect_known;

struct epp_redact_opts {
	const struct str *names; /* local names of more elements and attributes to remove */
	size_t name_count;
	const struct epp_dialect_known *known; /* of a mapping: which are open, what they are filled from */
	size_t known_count;
	bool notes; /* print that behind the element */
};

/*
 * `frame` may have its length header or not, may be cut off, malformed or no EPP at all: what can be read is printed,
 * followed by a line that says where and why it broke; the rest is not shown. Always OK but ERR_FULL when `out` is full.
 */
enum err epp_redact_print(struct str frame, struct buf *out) MUST_CHECK;
enum err epp_redact_print_opts(struct str frame, const struct epp_redact_opts *opts,
                               struct buf *out) MUST_CHECK;

/* A text of a registry (a message, a reason) for a log: 9- and 12-digit numbers become "[number removed]". */
void epp_redact_text(struct str text, struct buf *out);

#endif
