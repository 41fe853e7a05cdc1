/* vnepp decide: what the gateway would make of one item, and why. */
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/problem.h"
#include "daemon/cli/source.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct decide_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct decide_args, json), NULL, "print the gateway's answer as JSON",
     NULL, 0, 0},
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void print_words(const json_t *doc, struct buf *out)
{
	const json_t *result = json_object_get(doc, "result"), *told = json_object_get(doc, "told");
	const json_t *decision = json_object_get(result, "decision");
	const json_t *fee = json_object_get(json_object_get(decision, "fee_vnd"), "expected");
	const char *until = text_of(decision, "eligible_until");
	buf_printf(out, "%s: %s %s (%s)\n", text_of(result, "domain"), text_of(result, "state"),
	           text_of(result, "reason"), text_of(decision, "outcome"));
	if (json_is_integer(fee))
		buf_printf(out, "fee: %lld VND\n", (long long)json_integer_value(fee));
	if (*until)
		buf_printf(out, "free until: %s\n", until);
	buf_printf(out, "%s%s%s%s", text_of(told, "vi"), *text_of(told, "vi") ? "\n\n" : "",
	           text_of(told, "en"), *text_of(told, "en") ? "\n" : "");
}

static int print_answer(struct str body, bool json)
{
	struct buf out;
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	const char *state = text_of(json_object_get(doc, "result"), "state");
	bool refused = strcmp(state, "refused") == 0;
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	if (json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		print_words(doc, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	json_decref(doc);
	return printed && !refused ? CLI_DONE : CLI_FAILED;
}

static int print_refusal(const char *file, const struct http_client_response *r)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	(void)problem_print(file, r->status, buf_str(&r->body), &out);
	(void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&out)));
	buf_fini(&out);
	return CLI_FAILED;
}

static int ask(struct http_client *h, const struct source *s, bool json)
{
	struct http_client_response r;
	struct errmsg e = {""};
	struct http_client_request q = {.method = "POST",
	                                .path = "/v1/decisions",
	                                .content_type = "application/json",
	                                .body = s->file,
	                                .body_len = s->len_bytes};
	int result = CLI_FAILED;
	http_client_response_init(&r);
	if (http_client_send(h, &q, &r, &e))
		cli_error("%s", e.text);
	else
		result = r.status == 200 ? print_answer(buf_str(&r.body), json) : print_refusal(s->name, &r);
	http_client_response_fini(&r);
	return result;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct decide_args *a = args;
	struct http_client *h = NULL;
	struct source s;
	struct errmsg e = {""};
	(void)count; /* one */
	interrupt_install();
	if (source_open(operands[0], &s, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	int result = CLI_USAGE;
	if (http_client_new(&cli->conn, &h, &e))
		cli_error("%s", e.text);
	else
		result = ask(h, &s, a->json);
	http_client_free(h);
	source_close(&s);
	return result;
}

const struct cli_command cmd_decide = {
    .name = "decide",
    .operands = "FILE|-",
    .summary =
        "what the gateway would make of one item, what it would cost, and why; nothing is kept or sent",
    .help = "FILE is one item as in a batch, as JSON; it needs no \"ref\". --json has the whole explanation: "
            "the rules "
            "that\n"
            "were asked, each with its clause, and the nearest change that would change the outcome. For a "
            "whole file:\n"
            "'vnepp submit --dry-run FILE'. Exit status 1 when the item would be refused.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct decide_args),
    .run = run,
};
