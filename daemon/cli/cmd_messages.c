/* vnepp messages, vnepp message: what the registries' poll queues have brought for people. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

#include <string.h>

struct messages_args {
	bool all, json;
};

struct message_args {
	const char *why;
	bool json;
};

static const struct opt list_opts[] = {
    {"all", 0, OPT_FLAG, offsetof(struct messages_args, all), NULL, "also those that nobody need look at",
     NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct messages_args, json), NULL, "print the daemon's answer as JSON",
     NULL, 0, 0},
};

static const struct opt one_opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct message_args, why), "TEXT", "done: kept with the message", NULL, 0,
     0},
    {"json", 0, OPT_FLAG, offsetof(struct message_args, json), NULL, "print the daemon's answer as JSON",
     NULL, 0, 0},
};

static int run_list(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct messages_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, json_pack("{s:s, s:b}", "cmd", ADMIN_CMD_MESSAGES, "all", a->all), a->json);
}

static int run_one(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct message_args *a = args;
	long long number;
	if (!answer_number(operands[0], "a message, as 'vnepp messages' lists it", &number))
		return CLI_USAGE;
	if (count == 2 && strcmp(operands[1], "done") != 0) {
		cli_error("'%s' is nothing that can be said of a message; 'done' is", operands[1]);
		return CLI_USAGE;
	}
	return answer_ask(cli,
	                  json_pack("{s:s, s:I, s:s?}", "cmd",
	                            count == 2 ? ADMIN_CMD_MESSAGE_DONE : ADMIN_CMD_MESSAGES, "message",
	                            (json_int_t)number, "why", a->why),
	                  a->json);
}

const struct cli_command cmd_messages = {
    .name = "messages",
    .operands = "",
    .summary = "messages of the registries that wait for a person (operators)",
    .uses = CLI_USES_SOCKET,
    .opts = list_opts,
    .opt_count = ARRAY_LEN(list_opts),
    .args_size = sizeof(struct messages_args),
    .run = run_list,
};

const struct cli_command cmd_message = {
    .name = "message",
    .operands = "NUMBER [done]",
    .summary = "one message as it came, secrets removed; 'done --why TEXT' takes it off the list (operators)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 2,
    .opts = one_opts,
    .opt_count = ARRAY_LEN(one_opts),
    .args_size = sizeof(struct message_args),
    .run = run_one,
};
