/* vnepp retry: a partner wants an item that failed or was refused to be tried again. */
#include "daemon/cli/ask.h"

struct retry_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct retry_args, json), NULL, "print the item's result as JSON", NULL, 0,
     0},
};

static void print_words(const json_t *item, int status, struct buf *out)
{
	buf_printf(out, "%s: %s %s%s%s%s\n", cli_text(item, "domain"), cli_text(item, "state"),
	           cli_text(item, "reason"),
	           status == 200 ? " (it moves or waits already; nothing has happened)" : "",
	           *cli_text(item, "message") ? "\n" : "", cli_text(item, "message"));
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct retry_args *a = args;
	char path[ASK_PATH_MAX];
	(void)count; /* one */
	if (!ask_item_path(operands[0], "/retry", path))
		return CLI_USAGE;
	return ask_gateway(cli, &(struct ask){.request = {.method = "POST", .path = path},
	                                      .about = operands[0],
	                                      .json = a->json,
	                                      .words = print_words});
}

const struct cli_command cmd_retry = {
    .name = "retry",
    .operands = "REF",
    .summary = "try an item of yours that failed or was refused again, under the same reference",
    .help =
        "It is decided anew, under the rules in force now and with the evidence that was added since. While "
        "it "
        "moves or\n"
        "waits nothing happens, so the command can be repeated. Exit status 1 when it is refused again.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct retry_args),
    .run = run,
};
