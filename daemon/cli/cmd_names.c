/* vnepp names import, list, undo, check: lists of names that are kept back. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/list_import.h"
#include "daemon/cli/list_kept.h"
#include "daemon/cli/name_file.h"

#include <jansson.h>

struct import_args {
	struct list_import import;
	int kind;
};

static const char *const kinds[] = {"reserved", "blocked", NULL};

static const struct opt import_opts[] = {
    {"issuer", 0, OPT_TEXT, offsetof(struct import_args, import.issuer), "NAME", "who has issued it (needed)",
     NULL, 0, 0},
    {"date", 0, OPT_TEXT, offsetof(struct import_args, import.date), "DATE",
     "of the list, YYYY-MM-DD (needed)", NULL, 0, 0},
    {"kind", 0, OPT_CHOICE, offsetof(struct import_args, kind), "KIND",
     "reserved (default): for whoever has a right to it; or blocked: for nobody", kinds, 0, 0},
    {"replaces", 0, OPT_NUMBER, offsetof(struct import_args, import.replaces), "LIST",
     "a list of the same kind that counts no more from that moment on", NULL, 1, UINT32_MAX},
    {"preview", 0, OPT_FLAG, offsetof(struct import_args, import.preview), NULL,
     "only say what would be added, and what would become of the applications that wait", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct import_args, import.json), NULL, "print the result as JSON", NULL,
     0, 0},
};

static enum err read_list(struct list_file *f, FILE *in, const struct list_import *args, struct errmsg *e)
{
	return name_file_read(f, args->file, in, e);
}

static int run_import(struct cli *cli, void *args, char **operands, size_t count)
{
	struct import_args *a = args;
	(void)count; /* one */
	a->import.file = operands[0];
	a->import.kind = kinds[a->kind];
	a->import.type = "";
	a->import.names = true;
	return list_import(cli, &a->import, read_list);
}

static int run_list(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)operands, (void)count; /* none */
	return list_kept_show(cli, args, true);
}

static int run_undo(struct cli *cli, void *args, char **operands, size_t count)
{
	(void)count; /* one */
	return list_kept_undo(cli, args, operands[0], true);
}

static int run_check(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct list_kept *a = args;
	(void)count; /* one */
	return answer_ask(cli, json_pack("{s:s, s:s}", "cmd", ADMIN_CMD_NAMES_CHECK, "name", operands[0]),
	                  a->json);
}

const struct cli_command cmd_names_import = {
    .name = "names import",
    .operands = "FILE|-",
    .summary = "bring in a list of names that are reserved, or blocked for everybody (policy)",
    .help =
        "FILE has one name on each line (\"vietcombank.com.vn\", or \"vietcombank\" or \"vietcombank.*\" for "
        "the "
        "label in\n"
        "every zone; '#' begins a remark), or is CSV with a column name. Names may have Vietnamese letters. "
        "A "
        "file with\n"
        "errors is not imported: all of them are printed. From then on no such name is registered without "
        "more: a\n"
        "blocked one is refused, a reserved one goes to a person, and the answer names the list, its issuer "
        "and date.\n"
        "What waits or is queued for such a name is decided again. A new edition of a list replaces the old "
        "one with\n"
        "--replaces.\n",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = import_opts,
    .opt_count = ARRAY_LEN(import_opts),
    .args_size = sizeof(struct import_args),
    .run = run_import,
};

const struct cli_command cmd_names_list = {
    .name = "names list",
    .operands = "",
    .summary = "the lists of names, newest first: who, when, in force or undone (policy)",
    .uses = CLI_USES_SOCKET,
    .opts = list_kept_show_opts,
    .opt_count = LIST_KEPT_SHOW_OPTS,
    .args_size = sizeof(struct list_kept),
    .run = run_list,
};

const struct cli_command cmd_names_undo = {
    .name = "names undo",
    .operands = "LIST",
    .summary =
        "a list keeps no name back any more; what waits for a person because of it is decided again (policy)",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = list_kept_undo_opts,
    .opt_count = LIST_KEPT_UNDO_OPTS,
    .args_size = sizeof(struct list_kept),
    .run = run_undo,
};

const struct cli_command cmd_names_check = {
    .name = "names check",
    .operands = "NAME",
    .summary = "which lists in force have a name, and what it means for it",
    .uses = CLI_USES_SOCKET,
    .min_operands = 1,
    .max_operands = 1,
    .opts = list_kept_show_opts,
    .opt_count = LIST_KEPT_SHOW_OPTS,
    .args_size = sizeof(struct list_kept),
    .run = run_check,
};
