/* vnepp items: the results of a batch, one per input line and in input order. */
#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/results.h"
#include "daemon/cli/table.h"
#include "daemon/job/item.h"

#include <stdlib.h>
#include <unistd.h>

enum format { FORMAT_AUTO, FORMAT_TABLE, FORMAT_JSON, FORMAT_NDJSON, FORMAT_CSV };
static const char *const format_names[] = {"auto", "table", "json", "ndjson", "csv", NULL};

struct items_args {
	const char *state, *output;
	int format;
};

static const struct opt opts[] = {
    {"state", 's', OPT_WORD, offsetof(struct items_args, state), "STATE", "only lines in this state",
     item_state_names, 0, 0},
    {"format", 0, OPT_CHOICE, offsetof(struct items_args, format), "auto|table|json|ndjson|csv",
     "auto: a table on a terminal, NDJSON elsewhere", format_names, 0, 0},
    {"output", 'o', OPT_TEXT, offsetof(struct items_args, output), "FILE",
     "write to a file, which appears when it is complete", NULL, 0, 0},
};

/* Where a page's results go. */
struct writing {
	FILE *out;
	enum format format;
	struct table table;
	uint64_t count;
};

static const char *reason_of(const json_t *item)
{
	const char *own = cli_text(item, "reason");
	const char *first = json_string_value(
	    json_array_get(json_object_get(json_object_get(item, "decision"), "reasons"), 0));
	return *own ? own : first ? first : "";
}

static void add_row(struct table *t, const json_t *item)
{
	char code[24] = "";
	json_int_t n = json_integer_value(json_object_get(item, "code"));
	if (n > 0)
		(void)snprintf(code, sizeof code, "%lld", (long long)n);
	json_int_t line = json_integer_value(json_object_get(item, "line"));
	table_number(t, line > 0 ? (unsigned long long)line : 0);
	table_cell(t, str_c(cli_text(item, "ref")));
	table_cell(t, str_c(cli_text(item, "op")));
	table_cell(t, str_c(cli_text(item, "domain")));
	table_cell(t, str_c(cli_text(item, "state")));
	table_cell(t, str_c(code));
	table_cell(t, str_c(cli_text(json_object_get(item, "decision"), "outcome")));
	table_cell(t, str_c(reason_of(item)));
	table_cell(t, str_c(cli_text(item, "expires_on")));
	table_cell(t, str_c(cli_text(item, "message")));
}

static bool on_item(void *arg, const json_t *item)
{
	struct writing *w = arg;
	char *text = NULL;
	w->count++;
	switch (w->format) {
	case FORMAT_TABLE: add_row(&w->table, item); break;
	case FORMAT_CSV: break; /* written by pages */
	case FORMAT_JSON:
		(void)fputs(w->count > 1 ? ",\n" : "", w->out);
		text = json_dumps(item, JSON_COMPACT);
		(void)fputs(text ? text : "null", w->out);
		break;
	case FORMAT_AUTO:
	case FORMAT_NDJSON:
		text = json_dumps(item, JSON_COMPACT);
		(void)fprintf(w->out, "%s\n", text ? text : "null");
		break;
	}
	free(text);
	return !interrupt_seen() && !ferror(w->out);
}

static void write_begin(struct writing *w, const char *id)
{
	static const struct table_column columns[] = {{"line", true, 0},      {"ref", false, 24},
	                                              {"op", false, 0},       {"domain", false, 40},
	                                              {"state", false, 0},    {"code", true, 0},
	                                              {"decision", false, 0}, {"reason", false, 28},
	                                              {"expires", false, 0},  {"message", false, 60}};
	table_init(&w->table, columns, ARRAY_LEN(columns));
	if (w->format == FORMAT_JSON)
		(void)fprintf(w->out, "{\"batch\":\"%s\",\"items\":[\n", id);
}

static void write_end(struct writing *w)
{
	struct buf out;
	buf_init(&out, 256u << 20);
	table_print(&w->table, &out);
	(void)fwrite(buf_data(&out), 1, buf_len(&out), w->out); /* looked at when the file is closed */
	if (w->format == FORMAT_JSON)
		(void)fputs("\n]}\n", w->out);
	buf_fini(&out);
}

static enum err write_items(struct http_client *h, struct arena *arena, const struct items_args *a,
                            const char *id, struct errmsg *e)
{
	struct results_file f;
	struct writing w = {.format = (enum format)a->format};
	struct errmsg closing = {""};
	enum err err = results_open(&f, a->output, arena, e);
	if (err)
		return err;
	w.out = f.out;
	if (w.format == FORMAT_AUTO)
		w.format = isatty(fileno(f.out)) ? FORMAT_TABLE : FORMAT_NDJSON;
	write_begin(&w, id);
	if (w.format == FORMAT_CSV)
		err = batches_write_csv(h, id, a->state, f.out, e);
	else
		err = batches_each_item(h, id, a->state, on_item, &w, e);
	if (!err)
		write_end(&w);
	enum err closed = results_close(&f, !err, &closing);
	table_fini(&w.table);
	if (closed)
		*e = closing; /* a full disk is why the rest stopped */
	return closed ? closed : err;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct items_args *a = args;
	struct http_client *h;
	struct errmsg e = {""};
	(void)count; /* exactly one */
	interrupt_install();
	if (!batches_id_valid(operands[0])) {
		cli_error("'%s' is not a batch id", operands[0]);
		return CLI_USAGE;
	}
	if (http_client_new(&cli->conn, &h, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	enum err err = write_items(h, &cli->arena, a, operands[0], &e);
	if (err)
		cli_error("batch %s: %s", operands[0], e.text);
	http_client_free(h);
	return !err ? CLI_DONE : interrupt_seen() ? CLI_INTERRUPTED : CLI_FAILED;
}

const struct cli_command cmd_items = {
    .name = "items",
    .operands = "ID",
    .summary = "the results of a batch, in input order",
    .help =
        "States: queued waiting review refused sending done failed pending unknown reconciling needs_human\n"
        "cancelled.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct items_args),
    .run = run,
};
