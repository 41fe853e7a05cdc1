/* The folders that the policy commands work on when none is named. */
#ifndef VNEPP_CLI_POLICY_FOLDER_H
#define VNEPP_CLI_POLICY_FOLDER_H

#include "epp/base/arena.h"

#define RULES_IN_TREE   "policy/rules"
#define RULES_INSTALLED "/etc/vnepp/rules"

/* The first operand, else RULES_IN_TREE where it exists, else RULES_INSTALLED. */
const char *policy_rules_folder(char **operands, size_t count);
/* "cases" beside the rules' folder, in the arena. */
const char *policy_cases_folder(struct arena *arena, const char *rules);

#endif
