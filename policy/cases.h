/*
 * Test cases of the rules, as files: facts, an instant, and what is to come out.
 *
 *   cases:
 *     - id: E01
 *       about: the 18th birthday
 *       at: 2026-11-20T09:00:00+07:00
 *       facts: {op: create, zone: id.vn, ...}
 *       expect: {outcome: grant, reason: OK, free_years: 2}
 *       expect_strict: {...}       # under the reading "strict", when it differs
 *
 *
 * A case about another choice than the site's names it, and runs under that alone:
 *
 *       switches: {undecided-continuation: hold}
 *
 * A reading is a site file: the rules' own is "default", and each "NAME-site.yaml" beside the cases is reading NAME.
 * Every case runs under every reading.
 */
#ifndef VNEPP_POLICY_CASES_H
#define VNEPP_POLICY_CASES_H

#include "policy/check.h"
#include "policy/policy.h"

struct policy_test_counts {
	size_t files, readings, cases; /* read */
	size_t passed, failed;         /* case under a reading */
	bool reached_all;              /* with `coverage`: rules, clauses and boundaries */
};

/*
 * Runs all cases of a folder. What differs is an error in `d` at the expectation's place; so are broken files. `out` gets
 * a summary (text), or one line per case and reading (JSON); with `coverage` also what the cases do not reach. True when
 * everything could be read and nothing failed.
 */
bool policy_test_run(const char *rules_dir, const char *cases_dir, enum policy_form form, bool coverage,
                     struct diag *d, struct buf *out, struct policy_test_counts *counts) MUST_CHECK;

struct arena;
struct yaml_node;
/*
 * Reads the mapping `facts` of a case; what is not given is missing. Texts point to the nodes' arena, evidence into it.
 * False, with errors in `d`, when something is wrong.
 */
bool policy_facts_read(struct arena *arena, struct diag *d, struct yaml_node *map, struct policy_facts *out);
/* A case's `at` and `facts` as JSON, as the above and `policy explain` take it. */
void policy_facts_print(const struct policy_facts *f, struct buf *out);
/* The declared facts among them against a rule set: false, with errors in `d`, when it cannot take them. */
bool policy_facts_check(const struct policy_ruleset *r, struct diag *d, struct yaml_node *map);

#endif
