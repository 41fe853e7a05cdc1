/* vnepp item: one item, and what holds it. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

#include <errno.h>
#include <stdlib.h>

struct item_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct item_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct item_args *a = args;
	char *end;
	(void)count; /* one */
	errno = 0;
	long long id = strtoll(operands[0], &end, 10);
	if (errno || *end || id < 1) {
		cli_error("'%s' is not the number of an item, as the log and results have it", operands[0]);
		return CLI_USAGE;
	}
	return answer_ask(cli, json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_ITEM, "item", (json_int_t)id),
	                  a->json);
}

const struct cli_command cmd_item = {
    .name = "item",
    .operands = "NUMBER",
    .summary = "one item: where it stands, what holds it, and who can change that (operators)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct item_args),
    .run = run,
};
