/* What 'vnepp evidence' and 'vnepp names' ask of lists that are in force or were. */
#include "daemon/cli/list_kept.h"

#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

#include <jansson.h>

#define JSON_OPT                                                             \
	{                                                                    \
		"json", 0, OPT_FLAG, offsetof(struct list_kept, json), NULL, \
		    "print the daemon's answer as JSON", NULL, 0, 0          \
	}

const struct opt list_kept_show_opts[LIST_KEPT_SHOW_OPTS] = {JSON_OPT};

const struct opt list_kept_undo_opts[LIST_KEPT_UNDO_OPTS] = {
    {"why", 0, OPT_TEXT, offsetof(struct list_kept, why), "TEXT", "kept with the list (needed)", NULL, 0, 0},
    JSON_OPT,
};

int list_kept_show(struct cli *cli, const struct list_kept *args, bool names)
{
	return answer_ask(cli, json_pack("{s:s, s:b}", "cmd", ADMIN_CMD_LISTS, "names", names), args->json);
}

int list_kept_undo(struct cli *cli, const struct list_kept *args, const char *list, bool names)
{
	long long number;
	if (!answer_number(list,
	                   names ? "a list, as 'vnepp names list' has it"
	                         : "a list, as 'vnepp evidence list' has it",
	                   &number))
		return CLI_USAGE;
	return answer_ask(cli,
	                  json_pack("{s:s, s:I, s:s?}", "cmd", ADMIN_CMD_LIST_UNDO, "list",
	                            (json_int_t)number, "why", args->why),
	                  args->json);
}
