/* Problem details (RFC 9457). */
#include "daemon/api/api_int.h"
#include "daemon/api/json_out.h"

#include <stdio.h>

void api_problem_answer(struct http_request *r, const struct api_problem *p)
{
	struct http_field fields[3 + API_LIMIT_FIELDS];
	struct buf b;
	char retry[24];
	size_t n = 0;
	buf_init(&b, API_ANSWER_MAX);
	json_out_open(&b, '{');
	json_out_str_in(&b, "type", arena_printf(r->arena, "urn:vnepp:problem:%s", p->type));
	json_out_str_in(&b, "title", str_c(p->title));
	json_out_u64_in(&b, "status", (uint64_t)p->status);
	if (!str_empty(p->detail))
		json_out_str_in(&b, "detail", p->detail);
	if (p->extra)
		p->extra(&b, p->arg);
	json_out_close(&b, '}');
	fields[n++] = HTTP_FIELD("Content-Type", STR("application/problem+json"));
	if (p->retry_after_s) {
		snprintf(retry, sizeof retry, "%llu", (unsigned long long)p->retry_after_s);
		fields[n++] = HTTP_FIELD("Retry-After", str_c(retry));
	}
	if (p->allow)
		fields[n++] = HTTP_FIELD("Allow", str_c(p->allow));
	for (size_t i = 0; i < p->field_count && i < API_LIMIT_FIELDS; i++)
		fields[n++] = p->fields[i];
	http_respond(r, p->status, fields, n, buf_str(&b));
	buf_fini(&b);
}

void api_problem_not_found(struct http_request *r, const char *what)
{
	api_problem_answer(r, &(struct api_problem){.status = 404,
	                                            .type = "not-found",
	                                            .title = "There is no such resource",
	                                            .detail = str_c(what)});
}

void api_problem_parameter(struct http_request *r, struct str what)
{
	api_problem_answer(r, &(struct api_problem){.status = 400,
	                                            .type = "bad-parameter",
	                                            .title = "A parameter cannot be read",
	                                            .detail = what});
}

static void number_or_null(struct buf *b, const char *key, uint32_t n)
{
	if (n)
		json_out_u64_in(b, key, n);
	else
		json_out_null_in(b, key);
}

void api_problem_errors(struct buf *b, const void *errors)
{
	const struct line_errors *e = errors;
	json_out_u64_in(b, "bad_lines", e->bad_lines);
	json_out_u64_in(b, "error_count", e->total);
	json_out_open_in(b, "errors", '[');
	for (size_t i = 0; i < e->count; i++) {
		const struct line_error *x = &e->list[i];
		json_out_open(b, '{');
		json_out_u64_in(b, "line", x->at.line);
		number_or_null(b, "text_line", x->at.text_line);
		number_or_null(b, "column", x->at.column);
		json_out_text_in(b, "field", x->field);
		json_out_str_in(b, "reason", str_c(x->reason));
		json_out_str_in(b, "expected", x->expected);
		json_out_close(b, '}');
	}
	json_out_close(b, ']');
}

void api_problem_store(struct api *a, struct http_request *r, const struct store_op *op)
{
	bool later = err_class(op->err) == ERR_CLASS_RETRY;
	LOG(a->log, LOG_ERROR, "api.store_failed", "a request failed in the store", F_U64("op", op->type),
	    F_C("error", err_name(op->err)), F_C("text", op->errmsg.text));
	if (!r)
		return;
	struct api_problem p = {.status = later ? 503 : 500,
	                        .type = later ? "store-unavailable" : "internal",
	                        .title =
	                            later ? "The store cannot take this at the moment" : "Internal error",
	                        .detail = str_c(err_text(op->err)),
	                        .retry_after_s = later ? API_RETRY_BUSY_S : 0};
	api_problem_answer(r, &p);
}
