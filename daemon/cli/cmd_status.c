/* vnepp status, limits, queue: what the daemon is doing, and what holds it back. */
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

static int ask(struct cli *cli, const struct status_args *a, const char *cmd)
{
	return answer_ask(cli, json_pack("{s:s}", "cmd", cmd), a->json);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return ask(cli, args, ADMIN_CMD_STATUS);
}

static int run_limits(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return ask(cli, args, ADMIN_CMD_LIMITS);
}

static int run_queue(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return ask(cli, args, ADMIN_CMD_QUEUE);
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

const struct cli_command cmd_limits = {
    .name = "limits",
    .operands = "",
    .summary = "every limit: used, left, when it resets, how often it was near or exceeded (operators)",
    .help = "near: how often something was taken when 80 % were used; over: how often more was asked for "
            "than there "
            "is.\n"
            "A limit in shadow is counted and not enforced; limits.yaml has them all.\n",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct status_args),
    .run = run_limits,
};

const struct cli_command cmd_queue = {
    .name = "queue",
    .operands = "",
    .summary = "what waits to be sent, by account, lane and partner (operators)",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct status_args),
    .run = run_queue,
};
