/* vnepp resolve: an operator decides what the gateway could not tell apart. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

#include <errno.h>
#include <stdlib.h>

struct resolve_args {
	const char *why, *expires, *created;
	bool json;
};

static const struct opt opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct resolve_args, why), "TEXT", "kept with the item (needed)", NULL, 0,
     0},
    {"expires", 0, OPT_TEXT, offsetof(struct resolve_args, expires), "DATE",
     "done: when the name now expires, as the registry says", NULL, 0, 0},
    {"created", 0, OPT_TEXT, offsetof(struct resolve_args, created), "DATE", "done: when it was created",
     NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct resolve_args, json), NULL, "print the daemon's answer as JSON",
     NULL, 0, 0},
};

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct resolve_args *a = args;
	char *end;
	(void)count; /* two */
	errno = 0;
	long long id = strtoll(operands[0], &end, 10);
	if (errno || *end || id < 1) {
		cli_error("'%s' is not the number of an item, as the log and results have it", operands[0]);
		return CLI_USAGE;
	}
	return answer_ask(cli,
	                  json_pack("{s:s, s:I, s:s, s:s?, s:s?, s:s?}", "cmd", ADMIN_CMD_RESOLVE, "item",
	                            (json_int_t)id, "outcome", operands[1], "why", a->why, "expires",
	                            a->expires, "created", a->created),
	                  a->json);
}

const struct cli_command cmd_resolve = {
    .name = "resolve",
    .operands = "NUMBER done|failed|retry",
    .summary =
        "decide an item that waits for a person: it was done, it was not, or send it again (operators)",
    .help = "Look first: 'vnepp item NUMBER' shows what was seen, the registry's own page shows what is. "
            "'failed' gives\n"
            "the applicant's grant back; 'retry' sends the command again, and a name that turns out to exist "
            "is looked\n"
            "at, not refused.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 2,
    .max_operands = 2,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct resolve_args),
    .run = run,
};
