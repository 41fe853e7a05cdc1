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
    {"json", 0, OPT_FLAG, offsetof(struct batch_args, json), NULL, "print the gateway's answer as JSON", NULL,
     0, 0},
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

static bool print_answer(struct str body)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed;
}

/* True with a 2xx answer in `r`; else the user is told. */
static bool ask_about(struct http_client *h, const char *method, const char *id, const char *what,
                      struct http_client_response *r)
{
	char path[BATCHES_ID_MAX + 32];
	struct errmsg e = {""};
	(void)snprintf(path, sizeof path, "/v1/batches/%s%s", id, what); /* ids are checked to be shorter */
	enum err err =
	    http_client_send(h, &(struct http_client_request){.method = method, .path = path}, r, &e);
	if (!err && r->status / 100 != 2)
		err = batches_refused(r, &e);
	if (err)
		cli_error("batch %s: %s", id, e.text);
	return !err;
}

static int show_status(struct http_client *h, const char *id, bool json)
{
	struct http_client_response r;
	struct batches_status s = {0};
	struct errmsg e = {""};
	struct buf out;
	int result = CLI_FAILED;
	http_client_response_init(&r);
	buf_init(&out, 64u << 10);
	if (!ask_about(h, "GET", id, "", &r)) {
		result = interrupt_seen() ? CLI_INTERRUPTED : CLI_FAILED;
	} else if (batches_read_status(buf_str(&r.body), &s, &e)) {
		cli_error("batch %s: %s", id, e.text);
	} else if (json) {
		result = print_answer(buf_str(&r.body)) ? CLI_DONE : CLI_FAILED;
	} else {
		print_status(id, &s, &out);
		result = cli_print(&out) ? CLI_DONE : CLI_FAILED;
	}
	buf_fini(&out);
	http_client_response_fini(&r);
	return result;
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

static long long number(const json_t *doc, const char *key)
{
	return (long long)json_integer_value(json_object_get(doc, key));
}

/* "WHAT (3 done, 1 sending)" */
static void add_part(struct buf *out, const json_t *doc, const char *states, long long lines,
                     const char *what)
{
	const char *state, *before = " (";
	json_t *n, *of = json_object_get(doc, states);
	buf_printf(out, "  %lld %s", lines, what);
	json_object_foreach(of, state, n)
	{
		buf_printf(out, "%s%lld %s", before, (long long)json_integer_value(n), state);
		before = ", ";
	}
	buf_printf(out, "%s\n", *before == ',' ? ")" : "");
}

static void add_account(struct buf *out, const char *id, json_t *doc)
{
	buf_printf(out, "Batch %s: %lld of %lld lines cancelled\n", id, number(doc, "cancelled"),
	           number(doc, "lines"));
	if (number(doc, "too_late"))
		add_part(out, doc, "too_late_states", number(doc, "too_late"), "were too far gone");
	if (number(doc, "over"))
		add_part(out, doc, "over_states", number(doc, "over"),
		         "were over before, and nothing was sent");
	if (number(doc, "repeated"))
		add_part(out, doc, "", number(doc, "repeated"),
		         "belong to an earlier batch: cancel that one");
}

static int print_cancelled(const char *id, struct str body)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	add_account(&out, id, doc);
	bool printed = cli_print(&out);
	json_decref(doc);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

static int run_cancel(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct batch_args *a = args;
	struct http_client_response r;
	(void)count; /* exactly one */
	struct http_client *h = open_for(cli, operands[0]);
	if (!h)
		return CLI_USAGE;
	int result = CLI_FAILED;
	http_client_response_init(&r);
	if (ask_about(h, "POST", operands[0], "/cancel", &r))
		result = !a->json                         ? print_cancelled(operands[0], buf_str(&r.body))
		         : print_answer(buf_str(&r.body)) ? CLI_DONE
		                                          : CLI_FAILED;
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
    .help =
        "Every line is accounted for: cancelled, too far gone (being sent, or done), over before (refused,\n"
        "cancelled), or handed in by an earlier batch, which this leaves alone.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = cancel_opts,
    .opt_count = ARRAY_LEN(cancel_opts),
    .args_size = sizeof(struct batch_args),
    .run = run_cancel,
};
