/* A rule set by name: a folder of rule files, or a revision that the daemon keeps. */
#ifndef VNEPP_CLI_POLICY_SOURCE_H
#define VNEPP_CLI_POLICY_SOURCE_H

#include "daemon/cli/cli.h"
#include "epp/base/diag.h"

#include <jansson.h>

struct policy_ruleset;
struct control;

struct policy_source {
	struct cli *cli;
	struct control *control; /* NULL: not asked yet */
};

void policy_source_init(struct policy_source *s, struct cli *cli);
void policy_source_fini(struct policy_source *s);
/*
 * A folder, else "sha256:…", its beginning of 6 digits or more, "active" or "staged". `site`: for a folder, may be NULL.
 * NULL, with errors in `d`.
 */
struct policy_ruleset *policy_source_load(struct policy_source *s, const char *name, const char *site,
                                          struct diag *d) MUST_CHECK;
/* Asks the daemon (takes over `request`); NULL, with the daemon's words in `e`. The answer is the caller's. */
json_t *policy_source_ask(struct policy_source *s, json_t *request, struct errmsg *e) MUST_CHECK;

#endif
