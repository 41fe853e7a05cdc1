/* One application out of a file, for whoever wants it decided: an item as partners send it, or the facts of a case. */
#ifndef VNEPP_CLI_POLICY_INPUT_H
#define VNEPP_CLI_POLICY_INPUT_H

#include "epp/base/arena.h"
#include "policy/policy.h"

struct policy_input {
	struct policy_facts facts;    /* texts in the arena given */
	bool has_date;                /* `facts.at` was in the file, as in a case */
	bool no_ledger;               /* an item that tells nothing of earlier names: as if there were none */
	struct yaml_node *facts_node; /* the mapping that may have declared facts */
};

/*
 * Reads `path` ("-": standard input). `line`: the line of an NDJSON file, 0 for the whole. `id`: the case of a file of
 * cases, NULL for a file with one item or one mapping of facts. False, with errors in `d`, when something is wrong.
 */
bool policy_input_read(struct arena *arena, struct diag *d, const char *path, uint32_t line, const char *id,
                       struct policy_input *out) MUST_CHECK;

#endif
