/* Where rules and their cases are. */
#include "daemon/cli/policy_folder.h"

#include <sys/stat.h>

const char *policy_rules_folder(char **operands, size_t count)
{
	struct stat st;
	if (count)
		return operands[0];
	return stat(RULES_IN_TREE, &st) == 0 && S_ISDIR(st.st_mode) ? RULES_IN_TREE : RULES_INSTALLED;
}

const char *policy_cases_folder(struct arena *arena, const char *rules)
{
	struct str s = str_c(rules);
	while (s.len > 1 && s.ptr[s.len - 1] == '/')
		s.len--;
	size_t end = s.len;
	while (end && s.ptr[end - 1] != '/')
		end--;
	return arena_printf(arena, "%.*scases", (int)end, s.ptr).ptr;
}
