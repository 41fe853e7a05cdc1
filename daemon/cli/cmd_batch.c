/* vnepp batch, vnepp cancel: one batch as a whole. */
#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/follow.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/table.h"

#include <jansson.h>
#include <stdlib.h>

struct batch_args {
	bool follow, summary, json;
};

static const struct opt batch_opts[] = {
    {"follow", 'f', OPT_FLAG, offsetof(struct batch_args, follow), NULL,
     "show progress until nothing moves without a person, then the summary", NULL, 0, 0},
    {"summary", 's', OPT_FLAG, offsetof(struct batch_args, summary), NULL,
     "lines by state, by decision, and reasons with their clause", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct batch_args, json), NULL, "print as JSON", NULL, 0, 0},
};

static const struct opt cancel_opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct batch_args, json), NULL, "print the gateway's answer as JSON", NULL,
     0, 0},
};

static void print_status(const char *id, const struct batches_status *s, struct buf *out)
{
	static const struct table_column columns[] = {{"state", false, 0}, {"lines", true, 0}};
	struct table t;
	buf_printf(out, "Batch %s: %llu lines, %llu still moving\n\n", id, (unsigned long long)s->lines,
	           (unsigned long long)s->moving);
	table_init(&t, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < s->state_count; i++) {
		table_cell(&t, str_c(s->states[i].name));
		table_number(&t, s->states[i].lines);
	}
	table_print(&t, out);
	table_fini(&t);
}

static void print_status_json(const char *id, const struct batches_status *s, struct buf *out)
{
	json_t *counts = json_object();
	for (size_t i = 0; i < s->state_count; i++)
		json_object_set_new(counts, s->states[i].name, json_integer((json_int_t)s->states[i].lines));
	json_t *doc = json_pack("{s:s, s:I, s:I, s:o}", "batch", id, "lines", (json_int_t)s->lines, "moving",
	                        (json_int_t)s->moving, "states", counts);
	char *text = json_dumps(doc, JSON_INDENT(2));
	buf_printf(out, "%s\n", text ? text : "{}");
	free(text);
	json_decref(doc);
}

static int show_status(struct http_client *h, const char *id, bool json)
{
	struct batches_status s = {0};
	struct errmsg e = {""};
	struct buf out;
	int64_t wait_ms;
	enum err err = batches_get(h, id, &s, &wait_ms, &e);
	if (err) {
		cli_error("batch %s: %s", id, e.text);
		return err == ERR_CANCELED ? CLI_INTERRUPTED : CLI_FAILED;
	}
	buf_init(&out, 64u << 10);
	(json ? print_status_json : print_status)(id, &s, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

/* Opens the connection for a command about one batch; NULL (told) when the id or the connection is wrong. */
static struct http_client *open_for(struct cli *cli, const char *id)
{
	struct http_client *h = NULL;
	struct errmsg e = {""};
	interrupt_install();
	if (!batches_id_valid(id))
		cli_error("'%s' is not a batch id", id);
	else if (http_client_new(&cli->conn, &h, &e))
		cli_error("%s", e.text);
	return h;
}

static int run_batch(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct batch_args *a = args;
	(void)count; /* exactly one */
	struct http_client *h = open_for(cli, operands[0]);
	if (!h)
		return CLI_USAGE;
	int result = a->follow    ? follow_batch(h, operands[0], a->json)
	             : a->summary ? follow_summary(h, operands[0], a->json)
	                          : show_status(h, operands[0], a->json);
	http_client_free(h);
	return result;
}

static void add_account(struct buf *out, const char *id, json_t *doc)
{
	const char *state;
	json_t *lines;
	buf_printf(out, "Batch %s: %lld lines cancelled, %lld were too far gone", id,
	           (long long)json_integer_value(json_object_get(doc, "cancelled")),
	           (long long)json_integer_value(json_object_get(doc, "too_late")));
	const char *before = " (";
	json_object_foreach(json_object_get(doc, "too_late_states"), state, lines)
	{
		buf_printf(out, "%s%lld %s", before, (long long)json_integer_value(lines), state);
		before = ", ";
	}
	buf_printf(out, "%s\n", *before == ',' ? ")" : "");
}

static int print_cancelled(const char *id, struct str body, bool json)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	if (json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		add_account(&out, id, doc);
	bool printed = cli_print(&out);
	json_decref(doc);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

static int run_cancel(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct batch_args *a = args;
	char path[BATCHES_ID_MAX + 32];
	struct http_client_response r;
	struct errmsg e = {""};
	(void)count; /* exactly one */
	struct http_client *h = open_for(cli, operands[0]);
	if (!h)
		return CLI_USAGE;
	int result = CLI_FAILED;
	(void)snprintf(path, sizeof path, "/v1/batches/%s/cancel", operands[0]);
	http_client_response_init(&r);
	enum err err =
	    http_client_send(h, &(struct http_client_request){.method = "POST", .path = path}, &r, &e);
	if (!err && r.status / 100 != 2)
		err = batches_refused(&r, &e);
	if (err)
		cli_error("batch %s: %s", operands[0], e.text);
	else
		result = print_cancelled(operands[0], buf_str(&r.body), a->json);
	http_client_response_fini(&r);
	http_client_free(h);
	return result;
}

const struct cli_command cmd_batch = {
    .name = "batch",
    .operands = "ID",
    .summary = "where a batch stands",
    .help =
        "With --follow or --summary the exit status is that of submit: 0 all lines done, 1 none, 3 some.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = batch_opts,
    .opt_count = ARRAY_LEN(batch_opts),
    .args_size = sizeof(struct batch_args),
    .run = run_batch,
};

const struct cli_command cmd_cancel = {
    .name = "cancel",
    .operands = "ID",
    .summary = "cancel what was not sent yet of a batch",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = cancel_opts,
    .opt_count = ARRAY_LEN(cancel_opts),
    .args_size = sizeof(struct batch_args),
    .run = run_cancel,
};
