/* vnepp evidence import, list, undo: the departments' lists of new enterprises and household businesses. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/list_import.h"

#include <jansson.h>

struct import_args {
	const char *issuer, *date, *type;
	int kind;
	bool preview, json;
};

static const char *const kinds[] = {"enterprise", "household", NULL};

static const struct opt import_opts[] = {
    {"issuer", 0, OPT_TEXT, offsetof(struct import_args, issuer), "NAME",
     "the department that has issued it (needed)", NULL, 0, 0},
    {"date", 0, OPT_TEXT, offsetof(struct import_args, date), "DATE", "of the list, YYYY-MM-DD (needed)",
     NULL, 0, 0},
    {"kind", 0, OPT_CHOICE, offsetof(struct import_args, kind), "KIND", "enterprise (default) or household",
     kinds, 0, 0},
    {"type", 0, OPT_TEXT, offsetof(struct import_args, type), "TYPE",
     "evidence that an entry is, as the rule files name it (finance_department_list)", NULL, 0, 0},
    {"preview", 0, OPT_FLAG, offsetof(struct import_args, preview), NULL,
     "only say what would be added, and what would become of the applications that wait", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct import_args, json), NULL, "print the result as JSON", NULL, 0, 0},
};

static enum err read_list(struct list_file *f, FILE *in, const struct list_import *args, struct errmsg *e)
{
	date_t until = DATE_NONE;
	(void)!date_parse(str_c(args->date), &until); /* list_import_asked() has seen that it can be */
	return list_file_read(f, args->file, in, args->kind == kinds[1], until, e);
}

static int run_import(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct import_args *a = args;
	(void)count; /* one */
	interrupt_install();
	if (!list_import_asked(a->issuer, a->date))
		return CLI_USAGE;
	struct list_import import = {.file = operands[0],
	                             .kind = kinds[a->kind],
	                             .type = a->type ? a->type : "finance_department_list",
	                             .issuer = a->issuer,
	                             .date = a->date,
	                             .preview = a->preview,
	                             .json = a->json};
	return list_import(cli, &import, read_list);
}

struct list_args {
	const char *why;
	bool json;
};

static const struct opt list_opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct list_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static const struct opt undo_opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct list_args, why), "TEXT", "kept with the list (needed)", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct list_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static int run_list(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct list_args *a = args;
	(void)operands, (void)count; /* none */
	return answer_ask(cli, json_pack("{s:s}", "cmd", ADMIN_CMD_LISTS), a->json);
}

static int run_undo(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct list_args *a = args;
	long long list;
	(void)count; /* one */
	if (!answer_number(operands[0], "a list, as 'vnepp evidence list' has it", &list))
		return CLI_USAGE;
	return answer_ask(cli,
	                  json_pack("{s:s, s:I, s:s?}", "cmd", ADMIN_CMD_LIST_UNDO, "list", (json_int_t)list,
	                            "why", a->why),
	                  a->json);
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
    .opts = list_opts,
    .opt_count = ARRAY_LEN(list_opts),
    .args_size = sizeof(struct list_args),
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
    .opts = undo_opts,
    .opt_count = ARRAY_LEN(undo_opts),
    .args_size = sizeof(struct list_args),
    .run = run_undo,
};
