/* vnepp evidence import, list, undo: the departments' lists of new enterprises and household businesses. */
#include "daemon/cli/list_import.h"
#include "daemon/cli/list_kept.h"

struct import_args {
	struct list_import import;
	int kind;
};

static const char *const kinds[] = {"enterprise", "household", NULL};

static const struct opt import_opts[] = {
    {"issuer", 0, OPT_TEXT, offsetof(struct import_args, import.issuer), "NAME",
     "the department that has issued it (needed)", NULL, 0, 0},
    {"date", 0, OPT_TEXT, offsetof(struct import_args, import.date), "DATE",
     "of the list, YYYY-MM-DD (needed)", NULL, 0, 0},
    {"kind", 0, OPT_CHOICE, offsetof(struct import_args, kind), "KIND", "enterprise (default) or household",
     kinds, 0, 0},
    {"type", 0, OPT_TEXT, offsetof(struct import_args, import.type), "TYPE",
     "evidence that an entry is, as the rule files name it (finance_department_list)", NULL, 0, 0},
    {"preview", 0, OPT_FLAG, offsetof(struct import_args, import.preview), NULL,
     "only say what would be added, and what would become of the applications that wait", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct import_args, import.json), NULL, "print the result as JSON", NULL,
     0, 0},
};

static enum err read_list(struct list_file *f, FILE *in, const struct list_import *args, struct errmsg *e)
{
	date_t until = DATE_NONE;
	(void)!date_parse(str_c(args->date), &until); /* list_import() has seen that it can be */
	return list_file_read(f, args->file, in, args->kind == kinds[1], until, e);
}

static int run_import(struct cli *cli, void *args, char **operands, size_t count)
{
	struct import_args *a = args;
	(void)count; /* one */
	a->import.file = operands[0];
	a->import.kind = kinds[a->kind];
	if (!a->import.type)
		a->import.type = "finance_department_list";
	return list_import(cli, &a->import, read_list);
}

static int run_list(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return list_kept_show(cli, args, false);
}

static int run_undo(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)count; /* one */
	return list_kept_undo(cli, args, operands[0], false);
}

const struct cli_command cmd_evidence_import = {
    .name = "evidence import",
    .operands = "FILE|-",
    .summary = "bring in a department's list of new enterprises or household businesses (policy)",
    .help = "FILE is CSV with a header (commas, semicolons or tabs) or one JSON object per line: number (or "
            "tax_code,\n"
            "registration_number), date (or founded_on, registered_on), name, province. A file with errors "
            "is not "
            "imported:\n"
            "all of them are printed. From then on each entry is evidence of decisions, which name the list "
            "and the "
            "line; an\n"
            "applicant who declares another date than the list goes to a person. What waits for an entry is "
            "decided "
            "again.\n"
            "Numbers are kept as keyed hashes only.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = import_opts,
    .opt_count = ARRAY_LEN(import_opts),
    .args_size = sizeof(struct import_args),
    .run = run_import,
};

const struct cli_command cmd_evidence_list = {
    .name = "evidence list",
    .operands = "",
    .summary = "the departments' lists, newest first: who, when, in force or undone (policy)",
    .uses = CLI_USES_SOCKET,
    .opts = list_kept_show_opts,
    .opt_count = LIST_KEPT_SHOW_OPTS,
    .args_size = sizeof(struct list_kept),
    .run = run_list,
};

const struct cli_command cmd_evidence_undo = {
    .name = "evidence undo",
    .operands = "LIST",
    .summary =
        "a list counts no more; what waits or is queued on the strength of it is decided again (policy)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = list_kept_undo_opts,
    .opt_count = LIST_KEPT_UNDO_OPTS,
    .args_size = sizeof(struct list_kept),
    .run = run_undo,
};
