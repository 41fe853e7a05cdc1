/*
 * The form of rule files as a JSON Schema (2020-12), for editors to complete and check while a file is written. It says
 * what the loader takes as form: keys, kinds of values, words of closed lists. What only the whole set of files can tell
 * (that an id exists, that days follow each other) is `policy check`'s.
 */
#ifndef VNEPP_POLICY_SCHEMA_H
#define VNEPP_POLICY_SCHEMA_H

#include "epp/base/buf.h"

void policy_schema_print(struct buf *out);

#endif
