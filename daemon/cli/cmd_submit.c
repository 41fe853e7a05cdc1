/*
 * vnepp submit: hands a file in, waits and tries again as the gateway says, and follows the batch.
 *
 * Happy path: open, hash, POST, 202 with a Location, follow. What can go wrong: bad lines (422, all of them printed),
 * limits and a busy gateway (429, 503, 409 with Retry-After: waited for), a lost connection (sent again under the same
 * key: the gateway answers with the batch that it has).
 */
#include "daemon/cli/batches.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/follow.h"
#include "daemon/cli/http_client.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/problem.h"
#include "daemon/cli/source.h"

#include <jansson.h>
#include <stdlib.h>

#define TOLD_TRIES    200  /* waits that the gateway asked for */
#define LOST_TRIES    6    /* connections lost or not made */
#define LOST_FIRST_MS 1000 /* doubles */
#define TOLD_MS       5000 /* when 429 or 503 do not say how long */

enum format { FORMAT_AUTO, FORMAT_NDJSON, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"auto", "ndjson", "json", "csv", NULL};
static const char *const content_types[] = {NULL, "application/x-ndjson", "application/json", "text/csv"};

static const char *const admission_names[] = {"all", "valid", NULL};
static const char *const priority_names[] = {"normal", "bulk", NULL};

struct submit_args {
	bool follow, json, dry_run, check;
	int format, admission, priority; /* admission: 1 takes the valid lines of a file with bad ones */
	const char *idempotency_key;
};

static const struct opt opts[] = {
    {"follow", 'f', OPT_FLAG, offsetof(struct submit_args, follow), NULL,
     "show progress until nothing moves without a person, then a summary", NULL, 0, 0},
    {"format", 0, OPT_CHOICE, offsetof(struct submit_args, format), "auto|ndjson|json|csv",
     "of the file; auto: by its name (.ndjson, .jsonl, .json, .csv)", format_names, 0, 0},
    {"idempotency-key", 'k', OPT_TEXT, offsetof(struct submit_args, idempotency_key), "KEY",
     "default: made of content, file name, admission and priority", NULL, 0, 0},
    {"admission", 0, OPT_CHOICE, offsetof(struct submit_args, admission), "all|valid",
     "a file with bad lines: take none of it (all), or the valid lines", admission_names, 0, 0},
    {"priority", 0, OPT_CHOICE, offsetof(struct submit_args, priority), "normal|bulk",
     "bulk: in no hurry, behind everything else (a tenth of the capacity is sure)", priority_names, 0, 0},
    {"dry-run", 'n', OPT_FLAG, offsetof(struct submit_args, dry_run), NULL,
     "only say what would become of every line, and what it would cost; nothing is handed in", NULL, 0, 0},
    {"check", 0, OPT_FLAG, offsetof(struct submit_args, check), NULL,
     "with --dry-run: ask the registry, too, which names are free", NULL, 0, 0},
    {"json", 0, OPT_FLAG, offsetof(struct submit_args, json), NULL, "print the result as JSON", NULL, 0, 0},
};

struct submission {
	const struct submit_args *args;
	struct source source;
	struct http_client *http;
	struct http_client_response response;
	const char *content_type;
	char id[BATCHES_ID_MAX], key[SOURCE_KEY_LEN + 16];
};

static enum format format_of(const char *name)
{
	struct str s = str_c(name);
	if (str_ends(s, STR(".ndjson")) || str_ends(s, STR(".jsonl")))
		return FORMAT_NDJSON;
	if (str_ends(s, STR(".json")))
		return FORMAT_JSON;
	return str_ends(s, STR(".csv")) ? FORMAT_CSV : FORMAT_AUTO;
}

static bool wait_for(const char *why, int64_t ms)
{
	(void)fprintf(stderr, "vnepp: %s; trying again in %.1f s\n", why, (double)ms / 1000);
	return interrupt_sleep_ms((uint64_t)ms);
}

/* 409 without Retry-After is a refusal: the key belongs to another file. */
static bool told_to_wait(const struct http_client_response *r)
{
	return r->status == 429 || r->status == 503 || (r->status == 409 && r->retry_after_ms >= 0);
}

/* What the gateway compares under a key is more than the file. */
static const char *key_of(struct submission *s)
{
	const struct submit_args *a = s->args;
	if (a->idempotency_key)
		return a->idempotency_key;
	(void)snprintf(s->key, sizeof s->key, "%s%s%s", s->source.key, a->admission ? "-valid" : "",
	               a->priority ? "-bulk" : "");
	return s->key;
}

static enum err send_until_answered(struct submission *s, struct errmsg *e)
{
	static const char *const paths[] = {"/v1/batches", "/v1/batches?admission=valid",
	                                    "/v1/batches?priority=bulk",
	                                    "/v1/batches?admission=valid&priority=bulk"};
	char path[96];
	(void)snprintf(path, sizeof path, "%s%s%s", paths[s->args->admission + 2 * s->args->priority],
	               !s->args->dry_run                         ? ""
	               : s->args->admission || s->args->priority ? "&dry_run=true"
	                                                         : "?dry_run=true",
	               s->args->check ? "&check=true" : "");
	struct http_client_request q = {.method = "POST",
	                                .path = path,
	                                .content_type = s->content_type,
	                                .idempotency_key = key_of(s),
	                                .body = s->source.file,
	                                .body_len = s->source.len_bytes};
	for (int told = 0, lost = 0;;) {
		enum err err = http_client_send(s->http, &q, &s->response, e);
		bool passing =
		    err == ERR_CONNECT || err == ERR_CLOSED || err == ERR_TIMEOUT || err == ERR_RESOLVE;
		if (passing && lost < LOST_TRIES) {
			if (!wait_for(e->text, (int64_t)LOST_FIRST_MS << lost++))
				return ERR_CANCELED;
			continue;
		}
		if (err || !told_to_wait(&s->response) || told++ >= TOLD_TRIES)
			return err;
		int64_t ms = s->response.retry_after_ms;
		(void)batches_refused(&s->response, e); /* for its text */
		if (!wait_for(e->text, ms >= 0 ? ms : TOLD_MS))
			return ERR_CANCELED;
	}
}

static int on_refused(struct submission *s)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	size_t bad = problem_print(s->source.name, s->response.status, buf_str(&s->response.body), &out);
	(void)fwrite(buf_data(&out), 1, buf_len(&out), stderr); /* nothing is left to do without a stderr */
	if (bad)
		(void)fprintf(stderr, "Nothing of this file was taken. Mend the %s and send it again.\n",
		              bad == 1 ? "line" : "lines");
	buf_fini(&out);
	return CLI_FAILED;
}

/* With --admission valid: the lines that were left out. */
static size_t show_left_out(const struct submission *s)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	size_t bad = problem_print_lines(s->source.name, buf_str(&s->response.body), &out);
	(void)fwrite(buf_data(&out), 1, buf_len(&out), stderr); /* nothing is left to do without a stderr */
	buf_fini(&out);
	return bad;
}

static int on_taken(struct submission *s)
{
	struct buf out;
	struct str body = buf_str(&s->response.body);
	if (!batches_id_of_location(s->response.location, s->id)) {
		cli_error("the gateway took the file but did not say where: status %d", s->response.status);
		return CLI_FAILED;
	}
	if (s->args->follow) {
		(void)fprintf(stderr, "Batch %s is taken and safe.\n", s->id);
		return follow_batch(s->http, s->id, s->args->json);
	}
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	struct batches_status status = {0};
	bool known = batches_read_status(body, &status, NULL) == OK;
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	long long left_out = json_integer_value(json_object_get(doc, "bad_lines"));
	json_decref(doc);
	if (s->args->json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else if (left_out && known)
		buf_printf(&out,
		           "Batch %s: %llu lines are taken and safe, %lld left out. Follow it with: vnepp "
		           "batch %s --follow\n",
		           s->id, (unsigned long long)status.lines, left_out, s->id);
	else
		buf_printf(&out, "Batch %s is taken and safe. Follow it with: vnepp batch %s --follow\n",
		           s->id, s->id);
	bool printed = cli_print(&out);
	buf_fini(&out);
	return printed ? CLI_DONE : CLI_FAILED;
}

/* What the registry says of the names, and each that is not free. */
static void add_names(const struct submission *s, const json_t *doc, struct buf *out)
{
	const json_t *check = json_object_get(doc, "check");
	const json_t *item;
	size_t i;
	if (!check)
		return;
	json_array_foreach(json_object_get(doc, "items"), i, item)
	{
		const json_t *said = json_object_get(item, "registry"),
		             *free = json_object_get(said, "available");
		const char *reason = json_string_value(json_object_get(said, "reason"));
		if (!json_is_true(json_object_get(said, "asked")) || json_is_true(free))
			continue;
		buf_printf(out, "%s:%lld: %s %s%s%s\n", s->source.name,
		           (long long)json_integer_value(json_object_get(item, "line")),
		           cli_text(item, "domain"), json_is_false(free) ? "is not free" : "is not known",
		           reason ? ": " : "", reason ? reason : "");
	}
	buf_printf(out, "At the registry: %lld free, %lld not free, %lld not known\n",
	           (long long)json_integer_value(json_object_get(check, "available")),
	           (long long)json_integer_value(json_object_get(check, "taken")),
	           (long long)json_integer_value(json_object_get(check, "unknown")));
}

/* Of a dry run: lines by state, and what they would cost. */
static void add_forecast(const struct submission *s, const struct batches_status *status, const json_t *doc,
                         struct buf *out)
{
	const json_t *fee = json_object_get(doc, "fee_vnd");
	long long unknown = json_integer_value(json_object_get(fee, "unknown_lines"));
	buf_printf(out, "Of %llu lines would be:", (unsigned long long)status->lines);
	for (size_t i = 0, n = 0; i < status->state_count; i++)
		if (status->states[i].lines)
			buf_printf(out, "%s %llu %s", n++ ? "," : "",
			           (unsigned long long)status->states[i].lines, status->states[i].name);
	buf_printf(out, "\nExpected fee: %lld VND",
	           (long long)json_integer_value(json_object_get(fee, "expected")));
	if (unknown)
		buf_printf(out, ", and %lld lines whose fee is not known", unknown);
	buf_byte(out, '\n');
	add_names(s, doc, out);
	buf_lit(out, "Nothing was handed in. --json tells every line.\n");
}

static int on_forecast(struct submission *s)
{
	struct buf out;
	struct str body = buf_str(&s->response.body);
	struct batches_status status = {0};
	struct errmsg e = {""};
	size_t left_out = show_left_out(s);
	json_t *doc = json_loadb(body.ptr, body.len, 0, NULL);
	if (!doc || batches_read_status(body, &status, &e)) {
		cli_error("the gateway's answer cannot be read: status %d", s->response.status);
		json_decref(doc);
		return CLI_FAILED;
	}
	buf_init(&out, HTTP_CLIENT_BODY_MAX);
	if (s->args->json)
		buf_printf(&out, "%.*s\n", STR_ARG(str_trim(body)));
	else
		add_forecast(s, &status, doc, &out);
	bool printed = cli_print(&out);
	buf_fini(&out);
	json_decref(doc);
	return !printed ? CLI_FAILED : left_out ? CLI_PARTLY : CLI_DONE;
}

static int on_accepted(struct submission *s)
{
	if (s->args->dry_run)
		return on_forecast(s);
	size_t left_out = show_left_out(s);
	int result = on_taken(s);
	return result == CLI_DONE && left_out ? CLI_PARTLY : result;
}

static int submit(struct submission *s)
{
	struct errmsg e = {""};
	enum err err = send_until_answered(s, &e);
	if (err == ERR_CANCELED) {
		(void)fprintf(stderr,
		              "Interrupted. The same command sends the same batch: nothing is done twice.\n");
		return CLI_INTERRUPTED;
	}
	if (err) {
		cli_error("%s: %s", s->source.name, e.text);
		return CLI_FAILED;
	}
	return s->response.status / 100 == 2 ? on_accepted(s) : on_refused(s);
}

static int run(struct cli *cli, void *args, char **operands, size_t count)
{
	struct submission s = {.args = args};
	struct errmsg e = {""};
	(void)count; /* exactly one */
	enum format format = s.args->format ? (enum format)s.args->format : format_of(operands[0]);
	if (format == FORMAT_AUTO) {
		cli_error("%s: which format? Give --format ndjson, json or csv", operands[0]);
		return CLI_USAGE;
	}
	if (s.args->check && !s.args->dry_run) {
		cli_error("--check goes with --dry-run: what is handed in is asked by its create");
		return CLI_USAGE;
	}
	s.content_type = content_types[format];
	interrupt_install();
	int result = CLI_FAILED;
	http_client_response_init(&s.response);
	enum err err = source_open(operands[0], &s.source, &e);
	if (!err)
		err = http_client_new(&cli->conn, &s.http, &e);
	if (err)
		cli_error("%s", e.text);
	else
		result = submit(&s);
	http_client_free(s.http);
	http_client_response_fini(&s.response);
	source_close(&s.source);
	return err == ERR_CONFIG ? CLI_USAGE : result;
}

const struct cli_command cmd_submit = {
    .name = "submit",
    .operands = "FILE|-",
    .summary = "hand in a batch",
    .help =
        "The file may be sent again at any time: the same content under the same name is the same batch, and "
        "the\n"
        "same ref with the same content is the same item. Bad lines are all listed, and then none is taken.\n"
        "Ctrl-C while following leaves the batch running. Exit status: 0 all lines done, 1 failed or "
        "refused,\n"
        "2 usage, 3 some lines done.\n",
    .uses = CLI_USES_API,
    .min_operands = 1,
    .max_operands = 1,
    .opts = opts,
    .opt_count = ARRAY_LEN(opts),
    .args_size = sizeof(struct submit_args),
    .run = run,
};
