/* vnepp item: one item, what holds it, and an operator's decision on what the gateway could not tell apart; or all whose
 * outcome is open. */
#include "daemon/admin/admin_proto.h"
#include "daemon/cli/answer.h"
#include "daemon/cli/watch.h"

#include <string.h>

struct item_args {
	struct watch_args watch;
	const char *why, *expires, *created, *state;
};

#define PAGES_MAX 1000 /* more than anybody reads; an answer that never ends is a fault of the daemon */

static const char *const open_states[] = {"pending", "unknown", "reconciling", "needs_human", NULL};

static const struct opt opts[] = {
    {"why", 0, OPT_TEXT, offsetof(struct item_args, why), "TEXT", "resolve: kept with the item (needed)",
     NULL, 0, 0},
    {"expires", 0, OPT_TEXT, offsetof(struct item_args, expires), "DATE",
     "resolve done: when the name now expires, as the registry says", NULL, 0, 0},
    {"created", 0, OPT_TEXT, offsetof(struct item_args, created), "DATE", "resolve done: when it was created",
     NULL, 0, 0},
    {"state", 0, OPT_WORD, offsetof(struct item_args, state), "STATE",
     "without a number: only those in pending, unknown, reconciling or needs_human", open_states, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct item_args, watch.json), NULL, "print the daemon's answer as JSON",
     NULL, 0, 0},
    WATCH_MORE(struct item_args),
};

static json_t *decision(long long item, const char *outcome, const struct item_args *a)
{
	return json_pack("{s:s, s:I, s:s, s:s?, s:s?, s:s?}", "cmd", ADMIN_CMD_RESOLVE, "item",
	                 (json_int_t)item, "outcome", outcome, "why", a->why, "expires", a->expires,
	                 "created", a->created);
}

/* ---- what is open -------------------------------------------------------------------------------------------------------- */

static json_t *page_after(json_int_t after)
{
	return json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_ITEM, "after", after);
}

/* Adds a page's items to `all`; *after: the last one. False: there are no more. */
static bool take_page(const json_t *page, const char *state, json_t *all, json_int_t *after)
{
	json_t *item;
	size_t i;
	json_array_foreach(json_object_get(page, "items"), i, item)
	{
		const char *is = json_string_value(json_object_get(item, "state"));
		*after = json_integer_value(json_object_get(item, "item"));
		if (!state || (is && strcmp(is, state) == 0))
			json_array_append(all, item);
	}
	return json_is_true(json_object_get(page, "more"));
}

static int list_open(struct cli *cli, const struct item_args *a)
{
	json_t *all = json_array(), *page = NULL;
	json_int_t after = 0;
	bool more = true;
	int result = CLI_DONE;
	for (size_t n = 0; result == CLI_DONE && more && n < PAGES_MAX; n++) {
		result = answer_get(cli, page_after(after), &page);
		more = result == CLI_DONE && take_page(page, a->state, all, &after);
		json_decref(page);
		page = NULL;
	}
	if (result == CLI_DONE)
		result = answer_show(json_pack("{s:I, s:O}", "count", (json_int_t)json_array_size(all),
		                               "items", all),
		                     a->watch.json);
	json_decref(all);
	return result;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct item_args *a = args;
	long long item;
	if (count == 0 && (a->watch.watch || a->watch.every)) {
		cli_error("one item is watched: vnepp item NUMBER --watch; 'vnepp top' and 'vnepp status' "
		          "show how many there are");
		return CLI_USAGE;
	}
	if (count == 0)
		return list_open(cli, a);
	if (!answer_number(operands[0], "an item, as the log and results have it", &item))
		return CLI_USAGE;
	if (count == 1)
		return watch_ask(cli,
		                 json_pack("{s:s, s:I}", "cmd", ADMIN_CMD_ITEM, "item", (json_int_t)item),
		                 &a->watch, NULL);
	if (a->watch.watch || a->watch.every) {
		cli_error("one item is watched: vnepp item %lld --watch", item);
		return CLI_USAGE;
	}
	if (count != 3 || strcmp(operands[1], "resolve") != 0) {
		cli_error(
		    "an item can be shown, or decided: vnepp item %lld resolve done|failed|retry --why TEXT",
		    item);
		return CLI_USAGE;
	}
	return answer_ask(cli, decision(item, operands[2], a), a->watch.json);
}

const struct cli_command cmd_item = {
    .name = "item",
    .operands = "[NUMBER [resolve done|failed|retry]]",
    .summary =
        "one item: where it stands, what holds it, and who can change that; or decide it; without a number "
        "those whose outcome is open (operators)",
    .help =
        "'resolve' decides an item in needs_human: it was done, it was not, or send it again. Look first: "
        "'vnepp item\n"
        "NUMBER' shows what was seen, the registry's own page shows what is. 'failed' gives the applicant's "
        "grant back;\n"
        "'retry' sends the command again, and a name that turns out to exist is looked at, not refused.\n",
    .uses = CLI_USES_SOCKET,
    .max_operands = 3,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct item_args),
    .run = run,
};
