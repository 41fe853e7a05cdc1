/*
 * The canonical layout of rule files, and of any YAML that epp/base/yaml.h takes. Comments stay: each before or behind the
 * entry that it stands at, and what would lose or move a word is refused instead.
 *
 *   two spaces for each depth, lists inside their keys, one blank line at most, no blanks at the end of a line, double
 *   quotes where there were any, {a: b} and [a, b] as they were written while they fit into 120 columns.
 */
#ifndef VNEPP_POLICY_FORMAT_H
#define VNEPP_POLICY_FORMAT_H

#include "epp/base/buf.h"
#include "epp/base/diag.h"

/*
 * Appends the text in canonical layout. False, with errors in `d`, when it cannot be read or the result would not say the
 * same; nothing is to be written then.
 */
bool policy_format(const char *name, struct str text, struct diag *d, struct buf *out) MUST_CHECK;

#endif
