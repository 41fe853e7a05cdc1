/* vnepp retry: a partner wants an item that failed or was refused to be tried again. */
#include "daemon/cli/cli.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/problem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define REF_MAX 64 /* bytes, as the gateway takes them */

struct retry_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct retry_args, json), NULL, "print the item's result as JSON", NULL, 0,
     0},
};

/* A reference may have characters that mean something in a path. */
static bool path_of(const char *ref, char *out, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	size_t n = (size_t)snprintf(out, size, "/v1/items/"), len = strlen(ref);
	if (len == 0 || len > REF_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool keep = strchr(plain, ref[i]) != NULL;
		n += (size_t)snprintf(out + n, size - n, keep ? "%c" : "%%%02X", (unsigned char)ref[i]);
	}
	(void)snprintf(out + n, size - n, "/retry");
	return true;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int print_result(int status, struct str body, bool json)
{
	struct buf out;
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	bool refused = strcmp(text_of(doc, "state"), "refused") == 0;
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	if (json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		buf_printf(&out, "%s: %s %s%s%s%s\n", text_of(doc, "domain"), text_of(doc, "state"),
		           text_of(doc, "reason"),
		           status == 200 ? " (it moves or waits already; nothing has happened)" : "",
		           *text_of(doc, "message") ? "\n" : "", text_of(doc, "message"));
	bool printed = cli_print(&out);
	buf_fini(&out);
	json_decref(doc);
	return printed && !refused ? CLI_DONE : CLI_FAILED;
}

static int print_refusal(const char *ref, const struct http_client_response *r)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	(void)problem_print(ref, r->status, buf_str(&r->body), &out);
	(void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&out)));
	buf_fini(&out);
	return CLI_FAILED;
}

static int ask(struct http_client *h, const char *ref, const char *path, bool json)
{
	struct http_client_response r;
	struct errmsg e = {""};
	struct http_client_request q = {.method = "POST", .path = path};
	int result = CLI_FAILED;
	http_client_response_init(&r);
	if (http_client_send(h, &q, &r, &e))
		cli_error("%s", e.text);
	else
		result = r.status / 100 == 2 ? print_result(r.status, buf_str(&r.body), json)
		                             : print_refusal(ref, &r);
	http_client_response_fini(&r);
	return result;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct retry_args *a = args;
	char path[32 + 3 * REF_MAX];
	struct http_client *h = NULL;
	struct errmsg e = {""};
	(void)count; /* one */
	interrupt_install();
	if (!path_of(operands[0], path, sizeof path)) {
		cli_error("'%s' is not a reference: 1 to %d bytes", operands[0], REF_MAX);
		return CLI_USAGE;
	}
	if (http_client_new(&cli->conn, &h, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	int result = ask(h, operands[0], path, a->json);
	http_client_free(h);
	return result;
}

const struct cli_command cmd_retry = {
    .name = "retry",
    .operands = "REF",
    .summary = "try an item of yours that failed or was refused again, under the same reference",
    .help =
        "It is decided anew, under the rules in force now and with the evidence that was added since. While "
        "it "
        "moves or\n"
        "waits nothing happens, so the command can be repeated. Exit status 1 when it is refused again.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct retry_args),
    .run = run,
};
