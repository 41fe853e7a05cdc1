/* vnepp decide: what the gateway would make of one item, and why. */
#include "daemon/cli/ask.h"

struct decide_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct decide_args, json), NULL, "print the gateway's answer as JSON",
     NULL, 0, 0},
};

static void print_words(const json_t *doc, int status, struct buf *out)
{
	const json_t *result = json_object_get(doc, "result"), *told = json_object_get(doc, "told");
	const json_t *decision = json_object_get(result, "decision");
	const json_t *fee = json_object_get(json_object_get(decision, "fee_vnd"), "expected");
	const char *until = cli_text(decision, "eligible_until");
	(void)status; /* 200 */
	buf_printf(out, "%s: %s %s (%s)\n", cli_text(result, "domain"), cli_text(result, "state"),
	           cli_text(result, "reason"), cli_text(decision, "outcome"));
	if (json_is_integer(fee))
		buf_printf(out, "fee: %lld VND\n", (long long)json_integer_value(fee));
	if (*until)
		buf_printf(out, "free until: %s\n", until);
	buf_printf(out, "%s%s%s%s", cli_text(told, "vi"), *cli_text(told, "vi") ? "\n\n" : "",
	           cli_text(told, "en"), *cli_text(told, "en") ? "\n" : "");
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct decide_args *a = args;
	(void)count; /* one */
	return ask_gateway_of_file(cli, "/v1/decisions", operands[0],
	                           &(struct ask){.json = a->json, .words = print_words});
}

const struct cli_command cmd_decide = {
    .name = "decide",
    .operands = "FILE|-",
    .summary =
        "what the gateway would make of one item, what it would cost, and why; nothing is kept or sent",
    .help = "FILE is one item as in a batch, as JSON; it needs no \"ref\". --json has the whole explanation: "
            "the rules "
            "that\n"
            "were asked, each with its clause, and the nearest change that would change the outcome. For a "
            "whole file:\n"
            "'vnepp submit --dry-run FILE'. Exit status 1 when the item would be refused.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct decide_args),
    .run = run,
};
