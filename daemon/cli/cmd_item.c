/* vnepp item: one item, what holds it, and an operator's decision on what the gateway could not tell apart. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

#include <string.h>

struct item_args {
	const char *why, *expires, *created;
	bool json;
};

static const struct opt opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct item_args, why), "TEXT", "resolve: kept with the item (needed)",
     NULL, 0, 0},
    {"expires", 0, OPT_TEXT, offsetof(struct item_args, expires), "DATE",
     "resolve done: when the name now expires, as the registry says", NULL, 0, 0},
    {"created", 0, OPT_TEXT, offsetof(struct item_args, created), "DATE", "resolve done: when it was created",
     NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct item_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static json_t *decision(long long item, const char *outcome, const struct item_args *a)
{
	return json_pack("{s:s, s:I, s:s, s:s?, s:s?, s:s?}", "cmd", ADMIN_CMD_RESOLVE, "item",
	                 (json_int_t)item, "outcome", outcome, "why", a->why, "expires", a->expires,
	                 "created", a->created);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct item_args *a = args;
	long long item;
	if (!answer_number(operands[0], "an item, as the log and results have it", &item))
		return CLI_USAGE;
	if (count == 1)
		return answer_ask(cli,
		                  json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_ITEM, "item", (json_int_t)item),
		                  a->json);
	if (count != 3 || strcmp(operands[1], "resolve") != 0) {
		cli_error(
		    "an item can be shown, or decided: vnepp item %lld resolve done|failed|retry --why TEXT",
		    item);
		return CLI_USAGE;
	}
	return answer_ask(cli, decision(item, operands[2], a), a->json);
}

const struct cli_command cmd_item = {
    .name = "item",
    .operands = "NUMBER [resolve done|failed|retry]",
    .summary = "one item: where it stands, what holds it, and who can change that; or decide it (operators)",
    .help =
        "'resolve' decides an item in needs_human: it was done, it was not, or send it again. Look first: "
        "'vnepp item\n"
        "NUMBER' shows what was seen, the registry's own page shows what is. 'failed' gives the applicant's "
        "grant back;\n"
        "'retry' sends the command again, and a name that turns out to exist is looked at, not refused.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 3,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct item_args),
    .run = run,
};
