/* vnepp evidence add: a partner completes an item that waits. */
#include "daemon/cli/ask.h"

struct add_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct add_args, json), NULL, "print the item's result as JSON", NULL, 0,
     0},
};

static void print_words(const json_t *item, int status, struct buf *out)
{
	(void)status; /* 200 */
	buf_printf(out, "%s: %s %s%s%s\n", cli_text(item, "domain"), cli_text(item, "state"),
	           cli_text(item, "reason"), *cli_text(item, "message") ? "\n" : "",
	           cli_text(item, "message"));
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct add_args *a = args;
	char path[ASK_PATH_MAX];
	(void)count; /* two */
	if (!ask_item_path(operands[0], "/evidence", path))
		return CLI_USAGE;
	return ask_gateway_of_file(cli, path, operands[1],
	                           &(struct ask){.json = a->json, .words = print_words});
}

const struct cli_command cmd_evidence_add = {
    .name = "evidence add",
    .operands = "REF FILE|-",
    .summary = "add evidence to an item of yours that waits; it is decided again at once",
    .help =
        "FILE is JSON: one object, or an array of them, as an item's \"evidence\" in a batch:\n"
        "  "
        "{\"type\":\"ekyc\",\"issuer\":\"…\",\"reference\":\"K-991\",\"date\":\"2026-11-18\",\"result\":"
        "\"confirmed\"}\n"
        "or {\"evidence\": [...], \"facts\": {\"attended\": true}, \"applicant\": {\"gender\": \"female\"}}: "
        "of these "
        "what the\n"
        "item lacks; what it says already stays.\n"
        "The same evidence may be sent again: it changes nothing. Exit status 1 when the item is refused.\n",
    .uses = CLI_USES_API,
    .min_operands = 2,
    .max_operands = 2,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct add_args),
    .run = run,
};
