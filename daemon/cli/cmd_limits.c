/* vnepp limits: an operator's, all of them; a partner's own. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/ask.h"
#include "daemon/cli/watch.h"

static void print_words(const json_t *limits, int status, struct buf *out)
{
	(void)status;                        /* 200 */
	answer_print((json_t *)limits, out); /* only read */
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct watch_args *a = args;
	(void)operands, (void)count; /* none */
	if (!cli->conn.url || cli->conn.socket)
		return watch_ask(cli, json_pack("{s:s}", "cmd", ADMIN_CMD_LIMITS), a, NULL);
	if (a->watch || a->every) {
		cli_error("--watch and --every go with a control socket");
		return CLI_USAGE;
	}
	return ask_gateway(cli, &(struct ask){.request = {.method = "GET", .path = "/v1/limits"},
	                                      .about = "limits",
	                                      .json = a->json,
	                                      .words = print_words});
}

const struct cli_command cmd_limits = {
    .name = "limits",
    .operands = "",
    .summary =
        "every limit: used, left, when it resets, how often it was near or exceeded; with --url, our own",
    .help =
        "near: how often something was taken when 80 % were used; over: how often more was asked for than "
        "there is.\n"
        "A limit in shadow is counted and not enforced; limits.yaml has them all. Operators ask over the "
        "control\n"
        "socket; a partner, whose gateway is given by a URL, sees its own.\n",
    .uses = CLI_USES_EITHER,
    .opts = watch_opts,
    .opt_count = WATCH_OPTS,
    .args_size = sizeof(struct watch_args),
    .run = run,
};
