/* vnepp policy kept: rule sets as the daemon keeps them, for whoever asks what a decision was based on. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/table.h"

struct kept_args {
	uint32_t limit;
	bool json;
};

static const struct opt opts[] = {
    {"limit", 0, OPT_NUMBER, offsetof(struct kept_args, limit), "N", "so many, newest first (50)", NULL, 1,
     1000},
    {"json", 0, OPT_FLAG, offsetof(struct kept_args, json), NULL, "print the daemon's answer as JSON", NULL,
     0, 0},
};

static struct str text(const json_t *o, const char *key)
{
	const json_t *s = json_object_get(o, key);
	return str_make(json_string_value(s), json_string_length(s));
}

static void print_list(json_t *answer, struct buf *out)
{
	static const struct table_column columns[] = {{"first seen", false, 0},
	                                              {"revision", false, 0},
	                                              {"", false, 0}};
	struct table t;
	size_t i;
	json_t *row;
	table_init(&t, columns, ARRAY_LEN(columns));
	json_array_foreach(json_object_get(answer, "kept"), i, row)
	{
		table_cell(&t, text(row, "first_seen"));
		table_cell(&t, text(row, "revision"));
		table_cell(&t, text(row, "state"));
	}
	table_print(&t, out);
	table_fini(&t);
	if (json_is_true(json_object_get(answer, "more")))
		buf_lit(out, "older ones are left out: --limit N shows more\n");
}

/* The text alone, to the byte: its SHA-256 is the revision. */
static void print_one(json_t *answer, struct buf *out)
{
	buf_add(out, text(answer, "text"));
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct kept_args *a = args;
	return answer_ask_with(cli,
	                       json_pack("{s:s, s:s?, s:i}", "cmd", ADMIN_CMD_POLICY_KEPT, "revision",
	                                 count ? operands[0] : NULL, "limit", (int)a->limit),
	                       a->json, count ? print_one : print_list);
}

const struct cli_command cmd_policy_kept = {
    .name = "policy kept",
    .operands = "[REVISION]",
    .summary = "rule sets that the daemon keeps for ever; or the text of one",
    .help = "REVISION: as a decision names it, or its beginning, or `active` or `staged`. The text is itself "
            "a rule "
            "file: in a folder\n"
            "of its own it can be checked, tested, explained with, and staged again.\n",
    .uses = CLI_USES_SOCKET,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct kept_args),
    .run = run,
};
