/* vnepp pause, vnepp resume: what is not sent for the time being. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"

struct pause_args {
	const char *registry, *account, *partner, *lane, *zone, *grant, *why;
	bool paid, all, json;
};

#define SCOPE_OPTS                                                                                             \
	{"registry", 0, OPT_TEXT, offsetof(struct pause_args, registry), "NAME", "all accounts there",         \
	 NULL,       0, 0},                                                                                    \
	    {"account", 0, OPT_TEXT, offsetof(struct pause_args, account), "REGISTRY/ACCOUNT", "this account", \
	     NULL,      0, 0},                                                                                 \
	    {"partner", 0, OPT_TEXT, offsetof(struct pause_args, partner), "NAME", "this partner's items",     \
	     NULL,      0, 0},                                                                                 \
	    {"lane", 0, OPT_TEXT, offsetof(struct pause_args, lane), "LANE", "urgent, renew, create or bulk",  \
	     NULL,   0, 0},                                                                                    \
	    {"zone", 0, OPT_TEXT, offsetof(struct pause_args, zone), "ZONE", "names under it, such as id.vn",  \
	     NULL,   0, 0},                                                                                    \
	    {"grant",  0,                                                                                      \
	     OPT_TEXT, offsetof(struct pause_args, grant),                                                     \
	     "ID",     "what this grant of the rules makes free",                                              \
	     NULL,     0,                                                                                      \
	     0},                                                                                               \
	    {"paid", 0, OPT_FLAG, offsetof(struct pause_args, paid), NULL, "only what costs money",            \
	     NULL,   0, 0},                                                                                    \
	{                                                                                                      \
		"json", 0, OPT_FLAG, offsetof(struct pause_args, json), NULL,                                  \
		    "print the daemon's answer as JSON", NULL, 0, 0                                            \
	}

static const struct opt pause_opts[] = {
    SCOPE_OPTS,
    {"why", 0, OPT_TEXT, offsetof(struct pause_args, why), "TEXT", "shown beside it", NULL, 0, 0},
    {"all", 0, OPT_FLAG, offsetof(struct pause_args, all), NULL, "everything", NULL, 0, 0},
};

static const struct opt resume_opts[] = {SCOPE_OPTS};

static json_t *request_of(const char *cmd, const struct pause_args *a)
{
	return json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:b}", "cmd", cmd, "only",
	                 a->paid ? "paid" : NULL, "registry", a->registry, "account", a->account, "partner",
	                 a->partner, "lane", a->lane, "zone", a->zone, "grant", a->grant, "why", a->why,
	                 "all", a->all);
}

static int run_pause(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct pause_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, request_of(ADMIN_CMD_PAUSE, a), a->json);
}

static int run_resume(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct pause_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, request_of(ADMIN_CMD_RESUME, a), a->json);
}

const struct cli_command cmd_pause = {
    .name = "pause",
    .operands = "",
    .summary = "send nothing of what is named, until it is resumed (operators)",
    .help =
        "Names given together narrow it: --registry vnnic --lane create pauses the creates at that "
        "registry.\n"
        "--zone and --grant stop one part of the programme and leave the rest: --grant youth-id, say, when "
        "its rule is\n"
        "in doubt. --paid keeps what is free going. A message of the registry that the deposit runs low "
        "pauses so, too.\n"
        "What is in flight, and what is being reconciled, is seen through. A pause holds over a restart.\n",
    .uses = CLI_USES_SOCKET,
    .opts = pause_opts,
    .opt_count = ARRAY_LEN(pause_opts),
    .args_size = sizeof(struct pause_args),
    .run = run_pause,
};

const struct cli_command cmd_resume = {
    .name = "resume",
    .operands = "",
    .summary = "send again what was paused under the same names; without names everything (operators)",
    .uses = CLI_USES_SOCKET,
    .opts = resume_opts,
    .opt_count = ARRAY_LEN(resume_opts),
    .args_size = sizeof(struct pause_args),
    .run = run_resume,
};
