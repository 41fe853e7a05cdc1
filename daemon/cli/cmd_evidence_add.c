/* vnepp evidence add: a partner completes an item that waits. */
#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/problem.h"
#include "daemon/cli/source.h"

#include <jansson.h>
#include <stdlib.h>

#define REF_MAX 64 /* bytes, as the gateway takes them */

struct add_args {
	bool json;
};

static const struct opt opts[] = {
    {"json", 0, OPT_FLAG, offsetof(struct add_args, json), NULL, "print the item's result as JSON", NULL, 0,
     0},
};

/* A reference may have characters that mean something in a path. */
static bool path_of(const char *ref, char *out, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	size_t n = (size_t)snprintf(out, size, "/v1/items/");
	struct str rest = str_c(ref);
	if (!rest.len || rest.len > REF_MAX)
		return false;
	for (size_t i = 0; i < rest.len; i++) {
		bool keep = strchr(plain, rest.ptr[i]) != NULL;
		n += (size_t)snprintf(out + n, size - n, keep ? "%c" : "%%%02X",
		                      keep ? rest.ptr[i] : (unsigned char)rest.ptr[i]);
	}
	(void)snprintf(out + n, size - n, "/evidence");
	return true;
}

static int print_result(struct str body, bool json)
{
	struct buf out;
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	const char *state = json_string_value(json_object_get(doc, "state"));
	const char *message = json_string_value(json_object_get(doc, "message"));
	const char *reason = json_string_value(json_object_get(doc, "reason"));
	bool refused = state && strcmp(state, "refused") == 0;
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	if (json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		buf_printf(&out, "%s: %s %s%s%s\n", json_string_value(json_object_get(doc, "domain")),
		           state ? state : "?", reason ? reason : "", message ? "\n" : "",
		           message ? message : "");
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

static int send_evidence(struct http_client *h, const char *path, const struct source *s, bool json)
{
	struct http_client_response r;
	struct errmsg e = {""};
	struct http_client_request q = {.method = "POST",
	                                .path = path,
	                                .content_type = "application/json",
	                                .body = s->file,
	                                .body_len = s->len_bytes};
	int result = CLI_FAILED;
	http_client_response_init(&r);
	if (http_client_send(h, &q, &r, &e))
		cli_error("%s", e.text);
	else
		result = r.status == 200 ? print_result(buf_str(&r.body), json) : print_refusal(s->name, &r);
	http_client_response_fini(&r);
	return result;
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	const struct add_args *a = args;
	char path[32 + 3 * REF_MAX];
	struct http_client *h = NULL;
	struct source s;
	struct errmsg e = {""};
	(void)count; /* two */
	interrupt_install();
	if (!path_of(operands[0], path, sizeof path)) {
		cli_error("'%s' is not a reference: 1 to %d bytes", operands[0], REF_MAX);
		return CLI_USAGE;
	}
	if (source_open(operands[1], &s, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	int result = CLI_USAGE;
	if (http_client_new(&cli->conn, &h, &e))
		cli_error("%s", e.text);
	else
		result = send_evidence(h, path, &s, a->json);
	http_client_free(h);
	source_close(&s);
	return result;
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
        "The same evidence may be sent again: it changes nothing. Exit status 1 when the item is refused.\n",
    .uses = CLI_USES_API,
    .min_operands = 2,
    .max_operands = 2,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct add_args),
    .run = run,
};
