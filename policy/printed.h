/* Reading a decision back that policy_print_common() and policy_print_item() have printed. */
#ifndef VNEPP_POLICY_PRINTED_H
#define VNEPP_POLICY_PRINTED_H

#include "epp/base/arena.h"
#include "epp/base/str.h"

/*
 * The value at `path` among printed members ("\"outcome\":\"grant\",…"): names separated by dots; of a list its first
 * entry. Texts come without quotes and escapes, from `arena` when there were any; empty: not there, null, an empty
 * list, an object, or no JSON of ours.
 */
struct str policy_printed_get(struct str members, struct str path, struct arena *arena);

#endif
