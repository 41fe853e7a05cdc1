/* A question to the gateway: sent, answered or refused. */
#include "daemon/cli/ask.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/problem.h"
#include "daemon/cli/source.h"

#include <stdio.h>
#include <string.h>

#define REFUSAL_MAX (1u << 20)

bool ask_item_path(const char *ref, const char *rest, char out[ASK_PATH_MAX])
{
	char segment[3 * ASK_REF_MAX + 1];
	struct str text = str_c(ref);
	if (text.len == 0 || text.len > ASK_REF_MAX) {
		cli_error("'%s' is not a reference: 1 to %d bytes", ref, ASK_REF_MAX);
		return false;
	}
	(void)snprintf(out, ASK_PATH_MAX, "/v1/items/%s%s", str_percent(segment, sizeof segment, text), rest);
	return true;
}

static int print_answer(const struct ask *a, const struct http_client_response *r)
{
	struct buf out;
	struct str body = buf_str(&r->body);
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	const json_t *result = json_object_get(doc, "result");
	bool refused = strcmp(cli_text(result ? result : doc, "state"), "refused") == 0;
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	if (a->json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		a->words(doc, r->status, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	json_decref(doc);
	return printed && !refused ? CLI_DONE : CLI_FAILED;
}

static int print_refusal(const struct ask *a, const struct http_client_response *r)
{
	struct buf out;
	buf_init(&out, REFUSAL_MAX);
	(void)problem_print(a->about, r->status, buf_str(&r->body), &out);
	(void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&out)));
	buf_fini(&out);
	return CLI_FAILED;
}

int ask_gateway(struct cli *cli, const struct ask *a)
{
	struct http_client *h = NULL;
	struct http_client_response r;
	struct errmsg e = {""};
	int result = CLI_FAILED;
	interrupt_install();
	if (http_client_new(&cli->conn, &h, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	http_client_response_init(&r);
	if (http_client_send(h, &a->request, &r, &e))
		cli_error("%s", e.text);
	else
		result = r.status / 100 == 2 ? print_answer(a, &r) : print_refusal(a, &r);
	http_client_response_fini(&r);
	http_client_free(h);
	return result;
}

int ask_gateway_of_file(struct cli *cli, const char *path, const char *file, const struct ask *a)
{
	struct source s;
	struct errmsg e = {""};
	struct ask with = *a;
	if (source_open(file, &s, &e)) {
		cli_error("%s", e.text);
		return CLI_USAGE;
	}
	with.about = s.name;
	with.request = (struct http_client_request){.method = "POST",
	                                            .path = path,
	                                            .content_type = "application/json",
	                                            .body = s.file,
	                                            .body_len = s.len_bytes};
	int result = ask_gateway(cli, &with);
	source_close(&s);
	return result;
}
