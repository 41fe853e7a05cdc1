/* How many columns of a terminal a text takes. Vietnamese in NFC or NFD, and wide characters of the Far East. */
#ifndef VNEPP_CLI_WIDTH_H
#define VNEPP_CLI_WIDTH_H

#include "epp/base/buf.h"
#include "epp/base/str.h"

#include <stddef.h>

/* Columns of `s` as width_append() prints it. */
size_t width_of(struct str s);
/*
 * Appends `s` cut to `columns` (a cut text ends with "…"); control characters and bytes that are not UTF-8 become '?':
 * peer text must not drive the terminal. Returns the columns used.
 */
size_t width_append(struct buf *out, struct str s, size_t columns);

#endif
