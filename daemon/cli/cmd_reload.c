/* vnepp reload: configuration, partners, limits, certificates and rules as they are in the files now. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/policy_status.h"

struct reload_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct reload_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct reload_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask_with(cli, json_pack("{s:s}", "cmd", ADMIN_CMD_RELOAD), a->json,
	                       policy_status_print);
}

const struct cli_command cmd_reload = {
    .name = "reload",
    .operands = "",
    .summary = "take up changed files: configuration, partners, limits, certificates (operators)",
    .help =
        "As SIGHUP, with an answer: what is wrong with the files, and then nothing has changed; or which "
        "rule set is\n"
        "in force. With policy.activate `files` the folder's rules come into force, too; with `staged` they "
        "do not,\n"
        "and it says when they differ from those in force.\n",
    .uses = CLI_USES_SOCKET,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct reload_args),
    .run = run,
};
