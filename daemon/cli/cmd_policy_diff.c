/* vnepp policy diff: what a change of the rules changes. */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_source.h"
#include "policy/diff.h"

#include <stdio.h>

#define REPORT_MAX (256u << 20)

struct diff_args {
	bool json;
	const char *site;
	int words;
};

static const char *const word_names[] = {"en", "vi", NULL};

static const struct opt opts[] = {
    {"words", 0, OPT_CHOICE, offsetof(struct diff_args, words), "en|vi",
     "the report in English or in Vietnamese", word_names, 0, 0},
    {"site", 0, OPT_TEXT, offsetof(struct diff_args, site), "FILE",
     "site file for both, in place of each folder's own site.yaml", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct diff_args, json), NULL, "print the regions as JSON", NULL, 0, 0},
};

enum { SAME = 0, CHANGES = 1, NOT_LOADED = 3 };

static int compare(struct cli *cli, const struct diff_args *a, char **operands, struct diag *diag,
                   struct buf *out)
{
	struct policy_source source;
	policy_source_init(&source, cli);
	struct policy_ruleset *from = policy_source_load(&source, operands[0], a->site, diag);
	struct policy_ruleset *to = policy_source_load(&source, operands[1], a->site, diag);
	policy_source_fini(&source);
	int result = NOT_LOADED;
	if (from && to) {
		struct policy_diff *d = policy_diff_new(from, to);
		policy_diff_print(d, a->json ? POLICY_JSON : POLICY_TEXT, a->words ? POLICY_VI : POLICY_EN,
		                  out);
		bool same = !policy_diff_regions(d) && !policy_diff_texts(d) && policy_diff_is_complete(d);
		result = same ? SAME : CHANGES;
		policy_diff_free(&d);
	}
	policy_unref(&from);
	policy_unref(&to);
	return result;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct diag diag;
	struct buf out, findings;
	(void)count;
	diag_init(&diag);
	buf_init(&out, REPORT_MAX);
	buf_init(&findings, REPORT_MAX);
	int result = compare(cli, args, operands, &diag, &out);
	diag_print(&diag, &findings);
	(void)fwrite(buf_data(&findings), 1, buf_len(&findings),
	             stderr); /* nothing is left to do without it */
	if (!cli_print(&out) || !buf_ok(&out))
		result = NOT_LOADED;
	buf_fini(&findings);
	buf_fini(&out);
	diag_fini(&diag);
	return result;
}

const struct cli_command cmd_policy_diff = {
    .name = "policy diff",
    .operands = "FROM TO",
    .summary = "what a change of the rules changes: which inputs, and how",
    .help =
        "FROM, TO: folders of rule files, or revisions that the daemon keeps (`vnepp policy kept`): active, "
        "staged, sha256:….\n"
        "First exactly the inputs whose outcome, main reason, reasons or "
        "cited clauses\n"
        "change, as regions: where they lie, the rule that makes the difference, and one example with both "
        "decisions,\n"
        "in the form that `vnepp policy explain` takes. Then every text that differs: words, fees, plans, "
        "sources, rules.\n"
        "What a partner lets be charged is left out of the comparison: a change of fees is among the "
        "texts.\n"
        "So is what a person approves: what is compared is what the rules say before anybody has looked.\n"
        "Exit status: 0 the same, 1 something changes, 2 usage, 3 one of them does not load.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 2,
    .max_operands = 2,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct diff_args),
    .run = run,
};
