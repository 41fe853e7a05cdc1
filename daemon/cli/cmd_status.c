/* vnepp status: what the daemon is doing, from its control socket. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/answer.h"

struct status_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct status_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct status_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, json_pack("{s:s}", "cmd", ADMIN_CMD_STATUS), a->json);
}

const struct cli_command cmd_status = {
    .name = "status",
    .operands = "",
    .summary = "what the daemon is doing (operators)",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct status_args),
    .run = run,
};
