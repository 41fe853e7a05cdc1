/*
 * vnepp changes: what has become of a partner's items, and notices of names that begin to cost, in one order for ever.
 *
 * Happy path: page after page from a cursor on, one line each; with --follow the gateway holds the request until there is
 * something new. Ctrl-C, or the end: the cursor from which it goes on.
 */
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/page.h"

#include <stdlib.h>
#include <string.h>

#define CURSOR_MAX 64
#define PAGE       "500"
#define WAIT_S     "30"

struct changes_args {
	const char *after;
	bool follow, json;
};

static const struct opt opts[] = {
    {"after", 0, OPT_TEXT, offsetof(struct changes_args, after), "CURSOR|now",
     "only what came after; now: nothing that is there already (default: from the beginning)", NULL, 0, 0},
    {"follow", 'f', OPT_FLAG, offsetof(struct changes_args, follow), NULL, "go on as more comes", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct changes_args, json), NULL, "one JSON object on each line", NULL, 0,
     0},
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	return text ? text : "";
}

/* Text of others: nothing that could move a terminal's cursor. */
static void add_cell(struct buf *out, const char *text, int width)
{
	int columns = 0;
	for (const char *s = text; *s; s++) {
		bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
		buf_byte(out, control ? '?' : *s);
		columns += ((unsigned char)*s & 0xC0) != 0x80;
	}
	buf_printf(out, "%*s", columns < width ? width - columns + 2 : 2, "");
}

static void add_line(struct buf *out, const json_t *c)
{
	add_cell(out, text_of(c, "at"), 25);
	if (strcmp(text_of(c, "kind"), "notice") == 0) {
		add_cell(out, "notice", 12);
		buf_printf(out, "%s costs from %s on\n", text_of(c, "domain_unicode"), text_of(c, "on"));
		return;
	}
	add_cell(out, text_of(c, "state"), 12);
	add_cell(out, text_of(c, "ref"), 20);
	add_cell(out, text_of(c, "domain"), 28);
	buf_printf(out, "%s\n", text_of(c, "reason"));
}

static bool print_page(const json_t *doc, bool json)
{
	struct buf out;
	const json_t *c;
	size_t i;
	buf_init(&out, 64u << 20);
	json_array_foreach(json_object_get(doc, "changes"), i, c)
	{
		char *text = json ? json_dumps(c, JSON_COMPACT) : NULL;
		if (text)
			buf_printf(&out, "%s\n", text);
		else if (!json)
			add_line(&out, c);
		free(text);
	}
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

static bool is_cursor(const char *text)
{
	return strcmp(text, "now") == 0 ||
	       (*text && strlen(text) < CURSOR_MAX && !text[strspn(text, "0123456789-")]);
}

/* One page from `cursor` on, which moves; *more: there is more at once. */
static enum err next_page(struct http_client *h, const struct changes_args *a, char cursor[CURSOR_MAX],
                          bool *more, struct errmsg *e)
{
	char path[CURSOR_MAX + 64];
	json_t *doc;
	(void)snprintf(path, sizeof path, "/v1/changes?limit=" PAGE "%s%s%s", *cursor ? "&after=" : "",
	               cursor, a->follow ? "&wait=" WAIT_S : "");
	enum err err = page_get(h, path, &doc, e);
	if (err)
		return err;
	const char *next = text_of(doc, "next");
	*more = json_is_true(json_object_get(doc, "more"));
	if (!print_page(doc, a->json))
		err = err_set(e, ERR_IO, "standard output cannot be written");
	else if (is_cursor(next))
		(void)snprintf(cursor, CURSOR_MAX, "%s", next);
	json_decref(doc);
	return err;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct changes_args *a = args;
	char cursor[CURSOR_MAX] = "";
	struct http_client *h;
	struct errmsg e = {""};
	enum err err = OK;
	bool more = true;
	(void)operands, (void)count; /* none */
	interrupt_install();
	if (a->after && !is_cursor(a->after)) {
		cli_error("'%s' is not a cursor: \"now\", or what 'vnepp changes' has told", a->after);
		return CLI_USAGE;
	}
	(void)snprintf(cursor, sizeof cursor, "%s", a->after ? a->after : "");
	if (http_client_new(&cli->conn, &h, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	while (!err && (more || a->follow))
		err = interrupt_seen() ? ERR_CANCELED : next_page(h, a, cursor, &more, &e);
	http_client_free(h);
	if (err && err != ERR_CANCELED)
		cli_error("%s", e.text);
	if (*cursor)
		(void)fprintf(stderr, "Go on from here with: vnepp changes --after %s\n", cursor);
	return !err ? CLI_DONE : err == ERR_CANCELED ? CLI_INTERRUPTED : CLI_FAILED;
}

const struct cli_command cmd_changes = {
    .name = "changes",
    .operands = "",
    .summary = "what has become of our items, in order, and which names begin to cost",
    .help = "One line for each change, oldest first. A notice says, once for each name, that its free years "
            "end: a "
            "renewal\n"
            "beyond that day must be allowed to be charged. stderr tells the cursor from which to go on.\n",
    .uses = CLI_USES_API,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct changes_args),
    .run = run,
};
