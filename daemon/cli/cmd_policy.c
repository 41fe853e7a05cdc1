/* vnepp policy check, vnepp policy test: for those who edit rule files. */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "policy/cases.h"
#include "policy/check.h"
#include "policy/lint.h"
#include "policy/policy.h"

#include <stdio.h>

#define REPORT_MAX (64u << 20)

struct policy_args {
	bool json, coverage;
	const char *site, *cases;
};

static const struct opt check_opts[] = {
    {"site", 0, OPT_TEXT, offsetof(struct policy_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct policy_args, json), NULL, "print the report as JSON", NULL, 0, 0},
};

static const struct opt test_opts[] = {
    {"cases", 0, OPT_TEXT, offsetof(struct policy_args, cases), "DIR",
     "folder of case files (default: \"cases\" beside the rules)", NULL, 0, 0},
    {"coverage", 0, OPT_FLAG, offsetof(struct policy_args, coverage), NULL,
     "show which rules, clauses and boundaries the cases do not reach", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct policy_args, json), NULL, "one JSON line per case", NULL, 0, 0},
};

static int run_check(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct policy_args *a = args;
	struct diag diag;
	struct buf out;
	(void)cli;
	diag_init(&diag);
	buf_init(&out, REPORT_MAX);
	struct policy_ruleset *r = policy_load_dir(policy_rules_folder(operands, count), a->site, &diag);
	if (r)
		policy_lint(r, &diag);
	policy_check_print(r, &diag, a->json ? POLICY_JSON : POLICY_TEXT, &out);
	bool printed = cli_print(&out);
	int result = !r || !printed ? CLI_FAILED : diag.warnings ? CLI_PARTLY : CLI_DONE;
	policy_unref(&r);
	buf_fini(&out);
	diag_fini(&diag);
	return result;
}

static int run_test(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct policy_args *a = args;
	struct policy_test_counts counts = {0};
	struct diag diag;
	struct buf out, findings;
	const char *rules = policy_rules_folder(operands, count);
	const char *cases = a->cases ? a->cases : policy_cases_folder(&cli->arena, rules);
	diag_init(&diag);
	buf_init(&out, REPORT_MAX);
	buf_init(&findings, REPORT_MAX);
	bool passed = policy_test_run(rules, cases, a->json ? POLICY_JSON : POLICY_TEXT, a->coverage, &diag,
	                              &out, &counts);
	diag_print(&diag, &findings);
	(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
	             stderr); /* nothing is left to do without a stderr */
	bool printed = cli_print(&out);
	buf_fini(&findings);
	buf_fini(&out);
	diag_fini(&diag);
	if (!passed || !printed)
		return CLI_FAILED;
	return a->coverage && !counts.reached_all ? CLI_PARTLY : CLI_DONE;
}

const struct cli_command cmd_policy_check = {
    .name = "policy check",
    .operands = "[DIR]",
    .summary = "check rule files, show every error with its place",
    .help = "DIR: " RULES_IN_TREE " where it exists, else " RULES_INSTALLED
            ". All findings at once: errors, then\n"
            "what is doubtful in rules that load: rules that can never fire, that repeat or contradict each "
            "other, days\n"
            "that nothing covers, words that are missing. The report lists what is expected but not in "
            "force, and the\n"
            "unverified sources, with whether the site file accepts them.\n"
            "Exit status: 0 nothing found, 1 errors (the rules do not load), 2 usage, 3 warnings only.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = 1,
    .opts = check_opts,
    .opt_count = ARRAY_LEN(check_opts),
    .args_size = sizeof(struct policy_args),
    .run = run_check,
};

const struct cli_command cmd_policy_test = {
    .name = "policy test",
    .operands = "[DIR]",
    .summary = "run the cases of the rules",
    .help = "Every case runs under every reading: the rules' own site file, and each NAME-site.yaml beside "
            "the cases; a case with `switches` runs under these alone. --coverage: each rule passing and "
            "failing,\n"
            "each clause that something rests on which decides, each dated or numeric limit on both sides.\n"
            "Exit status: 0 all pass, 1 some do not, 2 usage, 3 all pass, but not everything is reached.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = 1,
    .opts = test_opts,
    .opt_count = ARRAY_LEN(test_opts),
    .args_size = sizeof(struct policy_args),
    .run = run_test,
};
