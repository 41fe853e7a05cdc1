/* vnepp policy schema, vnepp policy show: the form of rule files, and a rule set as one text. */
#include "daemon/cli/cli.h"
#include "daemon/cli/policy_folder.h"
#include "policy/policy.h"
#include "policy/schema.h"

#include <stdio.h>

#define TEXT_MAX (32u << 20)

struct show_args {
	const char *site;
};

static const struct opt show_opts[] = {
    {"site", 0, OPT_TEXT, offsetof(struct show_args, site), "FILE",
     "site file in place of the folder's own site.yaml", NULL, 0, 0},
};

static int run_schema(struct cli *cli, void *args, char **operands, size_t count)
{
	struct buf out;
	(void)cli, (void)args, (void)operands, (void)count;
	buf_init(&out, TEXT_MAX);
	policy_schema_print(&out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

static int run_show(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct show_args *a = args;
	struct diag d;
	struct buf out;
	(void)cli;
	diag_init(&d);
	buf_init(&out, TEXT_MAX);
	struct policy_ruleset *r = policy_load_dir(policy_rules_folder(operands, count), a->site, &d);
	if (r)
		buf_add(&out, policy_canonical(r));
	else
		diag_print(&d, &out);
	if (!r)
		(void)fwrite(buf_data(&out), 1, buf_len(&out), stderr); /* nothing is left to do without it */
	bool printed = r && cli_print(&out);
	policy_unref(&r);
	buf_fini(&out);
	diag_fini(&d);
	return printed ? CLI_DONE : CLI_FAILED;
}

const struct cli_command cmd_policy_schema = {
    .name = "policy schema",
    .operands = "",
    .summary = "the form of rule files as a JSON Schema, for editors",
    .help = "It is installed as vnepp-rules.schema.json. Editors with the YAML language server take it from "
            "the first line\n"
            "of a file: # yaml-language-server: $schema=/usr/share/vnepp/vnepp-rules.schema.json\n",
    .uses = CLI_USES_NOTHING,
    .run = run_schema,
};

const struct cli_command cmd_policy_show = {
    .name = "policy show",
    .operands = "[DIR]",
    .summary = "the whole rule set as one JSON text, of which the revision is the checksum",
    .help = "The text is itself a rule file: loaded alone it is the same revision.\n",
    .uses = CLI_USES_NOTHING,
    .max_operands = 1,
    .opts = show_opts,
    .opt_count = ARRAY_LEN(show_opts),
    .args_size = sizeof(struct show_args),
    .run = run_show,
};
