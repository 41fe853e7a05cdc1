/* vnepp policy stage, activate, confirm, rollback, withdraw, status: how a rule set comes into force, and out of it. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/policy_folder.h"
#include "daemon/cli/policy_status.h"
#include "daemon/cli/watch.h"
#include "policy/lint.h"
#include "policy/policy.h"

#include <stdio.h>

#define FINDINGS_MAX (64u << 20)

struct stage_args {
	struct watch_args watch; /* of status alone */
	const char *as, *why, *at, *site, *confirm_within;
	uint32_t limit;
	bool json;
};

#define AS_AND_JSON                                                                              \
	{"as",     0,                                                                            \
	 OPT_TEXT, offsetof(struct stage_args, as),                                              \
	 "PERSON", "who does it (default: the login's name; the login is recorded in any case)", \
	 NULL,     0,                                                                            \
	 0},                                                                                     \
	{                                                                                        \
		"json", 0, OPT_FLAG, offsetof(struct stage_args, json), NULL,                    \
		    "print the daemon's answer as JSON", NULL, 0, 0                              \
	}
#define WHY                                                                                                  \
	{                                                                                                    \
		"why", 0, OPT_TEXT, offsetof(struct stage_args, why), "TEXT", "kept with the step", NULL, 0, \
		    0                                                                                        \
	}

static const struct opt stage_opts[] = {
    {"at", 0, OPT_TEXT, offsetof(struct stage_args, at), "WHEN",
     "now: as soon as it is approved; or a date (00:00 in Hanoi) or a time with its zone", NULL, 0, 0},
    {"site", 0, OPT_TEXT, offsetof(struct stage_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
    WHY,
    AS_AND_JSON,
};

static const struct opt activate_opts[] = {
    {"confirm-within", 0, OPT_TEXT, offsetof(struct stage_args, confirm_within), "TIME",
     "unless it is confirmed in this time (15m, 2h), the previous rule set comes back", NULL, 0, 0},
    WHY,
    AS_AND_JSON,
};

static const struct opt step_opts[] = {WHY, AS_AND_JSON};

static const struct opt status_opts[] = {
    {"limit", 0, OPT_NUMBER, offsetof(struct stage_args, limit), "N", "so many steps of the history (50)",
     NULL, 1, 1000},
    {"json", 0, OPT_FLAG, offsetof(struct stage_args, watch.json), NULL, "print the daemon's answer as JSON",
     NULL, 0, 0},
    WATCH_MORE(struct stage_args),
};

static int ask(struct cli *cli, json_t *request, const struct stage_args *a)
{
	return answer_ask_with(cli, request, a->json, policy_status_print);
}

static int simple(struct cli *cli, const char *cmd, const struct stage_args *a)
{
	return ask(cli, json_pack("{s:s, s:s?, s:s?}", "cmd", cmd, "as", a->as, "why", a->why), a);
}

/* Every finding, as `policy check` shows them. */
static void print_findings(const struct diag *d)
{
	struct buf out;
	buf_init(&out, FINDINGS_MAX);
	diag_print(d, &out);
	(void)fwrite(buf_data(&out), 1, buf_len(&out), stderr); /* nothing is left to do without a stderr */
	buf_fini(&out);
}

static int run_stage(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct stage_args *a = args;
	struct diag d;
	if (!a->at) {
		cli_error("say when it shall take effect: --at now, or --at DATE");
		return CLI_USAGE;
	}
	diag_init(&d);
	struct policy_ruleset *r = policy_load_dir(policy_rules_folder(operands, count), a->site, &d);
	if (r)
		policy_lint(r, &d);
	print_findings(&d);
	diag_fini(&d);
	if (!r) {
		cli_error("nothing is staged: the rule set does not load");
		return CLI_FAILED;
	}
	struct str text = policy_canonical(r);
	json_t *request = json_pack("{s:s, s:s#, s:s, s:s?, s:s?}", "cmd", ADMIN_CMD_POLICY_STAGE, "text",
	                            text.ptr, (int)text.len, "at", a->at, "as", a->as, "why", a->why);
	policy_unref(&r);
	return ask(cli, request, a);
}

static int run_activate(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct stage_args *a = args;
	return ask(cli,
	           json_pack("{s:s, s:s?, s:s?, s:s?, s:s?}", "cmd", ADMIN_CMD_POLICY_ACTIVATE, "revision",
	                     count ? operands[0] : NULL, "confirm_within", a->confirm_within, "as", a->as,
	                     "why", a->why),
	           a);
}

static int run_confirm(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return simple(cli, ADMIN_CMD_POLICY_CONFIRM, args);
}

static int run_rollback(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return simple(cli, ADMIN_CMD_POLICY_ROLLBACK, args);
}

static int run_withdraw(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return simple(cli, ADMIN_CMD_POLICY_WITHDRAW, args);
}

static int run_status(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct stage_args *a = args;
	(void)operands, (void)count; /* none */
	return watch_ask(cli, json_pack("{s:s, s:i}", "cmd", ADMIN_CMD_POLICY_STATUS, "limit", (int)a->limit),
	                 &a->watch, policy_status_print);
}

const struct cli_command cmd_policy_stage = {
    .name = "policy stage",
    .operands = "[DIR]",
    .summary = "hand a rule set to the daemon, for another person to activate",
    .help = "The folder is checked first, as `policy check` does; a rule set that does not load stages "
            "nothing. It "
            "takes the\n"
            "place of what was staged before. Another person, with a login of their own, activates it; in a "
            "sandbox, or with\n"
            "policy.activate `files`, the same one may.\n",
    .uses = CLI_USES_SOCKET,
    .max_operands = 1,
    .opts = stage_opts,
    .opt_count = ARRAY_LEN(stage_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_stage,
};

const struct cli_command cmd_policy_activate = {
    .name = "policy activate",
    .operands = "[REVISION]",
    .summary = "approve what is staged: it takes effect now, or at its date",
    .help =
        "Not by whoever staged it: the login counts, as the kernel tells it (with sudo everybody is root).\n"
        "REVISION, or its beginning, makes sure that what was looked at is still what is staged.\n"
        "What takes effect at a date does so by itself, also when the daemon was not running then.\n"
        "--confirm-within counts from when it takes effect, over restarts, too.\n",
    .uses = CLI_USES_SOCKET,
    .max_operands = 1,
    .opts = activate_opts,
    .opt_count = ARRAY_LEN(activate_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_activate,
};

const struct cli_command cmd_policy_confirm = {
    .name = "policy confirm",
    .operands = "",
    .summary = "keep what was activated with --confirm-within",
    .uses = CLI_USES_SOCKET,
    .opts = step_opts,
    .opt_count = ARRAY_LEN(step_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_confirm,
};

const struct cli_command cmd_policy_rollback = {
    .name = "policy rollback",
    .operands = "",
    .summary = "back to the previous rule set, at once; needs --why",
    .help = "One person may do it. What was decided stays decided; what waits to be sent is decided again.\n",
    .uses = CLI_USES_SOCKET,
    .opts = step_opts,
    .opt_count = ARRAY_LEN(step_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_rollback,
};

const struct cli_command cmd_policy_withdraw = {
    .name = "policy withdraw",
    .operands = "",
    .summary = "drop what is staged, approved or not; needs --why",
    .uses = CLI_USES_SOCKET,
    .opts = step_opts,
    .opt_count = ARRAY_LEN(step_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_withdraw,
};

const struct cli_command cmd_policy_status = {
    .name = "policy status",
    .operands = "",
    .summary = "which rule set is in force, what is staged, who did what and why",
    .uses = CLI_USES_SOCKET,
    .opts = status_opts,
    .opt_count = ARRAY_LEN(status_opts),
    .args_size = sizeof(struct stage_args),
    .run = run_status,
};
