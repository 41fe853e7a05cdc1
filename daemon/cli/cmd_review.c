/* vnepp review: applications that wait for a person in charge of the policy, and the person's decision. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

struct review_args {
	const char *why;
	bool json;
};

static const struct opt read_opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct review_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static const struct opt decide_opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct review_args, why), "TEXT", "kept with the item (needed)", NULL, 0,
     0},
    {"json", 0, OPT_FLAG, offsetof(struct review_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static int run_list(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct review_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, json_pack("{s:s}", "cmd", ADMIN_CMD_REVIEW), a->json);
}

static int ask_of_item(struct cli *cli, const struct review_args *a, const char *cmd, const char *number)
{
	long long item;
	if (!answer_number(number, "an item, as 'vnepp review list' has it", &item))
		return CLI_USAGE;
	return answer_ask(cli,
	                  json_pack("{s:s, s:I, s:s?}", "cmd", cmd, "item", (json_int_t)item, "why", a->why),
	                  a->json);
}

static int run_show(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)count; /* one */
	return ask_of_item(cli, args, ADMIN_CMD_REVIEW, operands[0]);
}

static int run_approve(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)count; /* one */
	return ask_of_item(cli, args, ADMIN_CMD_APPROVE, operands[0]);
}

static int run_refuse(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)count; /* one */
	return ask_of_item(cli, args, ADMIN_CMD_REFUSE, operands[0]);
}

const struct cli_command cmd_review_list = {
    .name = "review list",
    .operands = "",
    .summary =
        "applications that wait for a person, oldest first, and when each is refused undecided (policy)",
    .uses = CLI_USES_SOCKET,
    .opts = read_opts,
    .opt_count = ARRAY_LEN(read_opts),
    .args_size = sizeof(struct review_args),
    .run = run_list,
};

const struct cli_command cmd_review_show = {
    .name = "review show",
    .operands = "ITEM",
    .summary =
        "one of them: its reasons in words, the applicant, the evidence, what the registry says (policy)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = read_opts,
    .opt_count = ARRAY_LEN(read_opts),
    .args_size = sizeof(struct review_args),
    .run = run_show,
};

const struct cli_command cmd_review_approve = {
    .name = "review approve",
    .operands = "ITEM",
    .summary = "vouch for what the rules leave to a person, and have the item decided again (policy)",
    .help = "The approval is an exception that is recorded with who, when and why, and that the decision "
            "shows. What "
            "the\nrules refuse stays refused, and what is missing is still asked for: the answer says so. "
            "A\nrenewal of a name without history goes on at full fee; bring its grant in with 'vnepp ledger "
            "import' first where\nit is free.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = decide_opts,
    .opt_count = ARRAY_LEN(decide_opts),
    .args_size = sizeof(struct review_args),
    .run = run_approve,
};

const struct cli_command cmd_review_refuse = {
    .name = "review refuse",
    .operands = "ITEM",
    .summary = "refuse it; the partner reads your words in the result (policy)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = decide_opts,
    .opt_count = ARRAY_LEN(decide_opts),
    .args_size = sizeof(struct review_args),
    .run = run_refuse,
};
