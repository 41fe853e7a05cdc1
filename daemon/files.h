/* The files that the daemon is started from: configuration and rules, and what `vneppd --check` says of all of them. */
#ifndef VNEPP_FILES_H
#define VNEPP_FILES_H

#include "epp/base/date.h"
#include "epp/base/diag.h"

#include <stdbool.h>

struct config;
struct policy_ruleset;

/*
 * Both, or neither, with every finding in `d`. When the folder's rules do not activate by themselves, broken ones are no
 * reason to do without the configuration: then they are NULL. References, for the caller.
 */
bool files_load(const char *path, struct diag *d, struct config **config, struct policy_ruleset **rules);
/* Everything that can be looked at is, whatever else is wrong; findings go to stderr. An exit status: 0, or 1. */
int files_check(const char *path);
void files_print_findings(const struct diag *d);
/* The system's time, whatever a sandbox's clock says: certificates know no other. */
instant_ms_t files_wall(void);

#endif
