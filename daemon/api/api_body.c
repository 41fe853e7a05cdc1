/* Small bodies, read whole. */
#include "daemon/api/api_body.h"

static void on_body(struct http_request *r, struct str data)
{
	buf_add(&((struct api_body *)r->arg)->text, data);
}

static void on_body_end(struct http_request *r)
{
	struct api_body *b = r->arg;
	b->complete = true;
	if (buf_ok(&b->text)) {
		b->on_complete(b);
		return;
	}
	api_body_end_with(b, &(struct api_problem){.status = 413,
	                                           .type = "too-large",
	                                           .title = "The body is too large",
	                                           .detail = arena_printf(&b->call.arena, "at most %zu bytes",
	                                                                  b->max_bytes)});
}

static void on_abort(struct http_request *r, enum err why)
{
	struct api_body *b = r->arg;
	(void)why;
	b->call.http = NULL;
	if (!b->complete) /* nothing is under way */
		api_call_end(&b->call);
}

static bool is_json(struct http_request *r)
{
	struct str type, coding = http_header(r, "Content-Encoding");
	if (api_content_type(r, &type) && str_eq_nocase(type, STR("application/json")) &&
	    (str_empty(coding) || str_eq_nocase(coding, STR("identity"))))
		return true;
	api_problem_answer(r, &(struct api_problem){.status = 415,
	                                            .type = "unsupported-media-type",
	                                            .title = "This media type is not read here",
	                                            .detail =
	                                                STR("application/json, in UTF-8, not compressed")});
	return false;
}

void *api_body_new(const struct api_request *q, size_t size, size_t max_bytes,
                   void (*on_complete)(struct api_body *b), void (*release)(struct api_call *c))
{
	static const struct http_events ev = {.on_body = on_body,
	                                      .on_body_end = on_body_end,
	                                      .on_abort = on_abort};
	if (!is_json(q->http))
		return NULL;
	struct api_body *b = api_call_new(q, size, release);
	b->max_bytes = max_bytes;
	b->on_complete = on_complete;
	buf_init(&b->text, max_bytes);
	q->http->ev = &ev;
	return b;
}

void api_body_release(struct api_body *b)
{
	buf_fini(&b->text);
}

void api_body_end_with(struct api_body *b, const struct api_problem *p)
{
	if (b->call.http)
		api_problem_answer(b->call.http, p);
	api_call_end(&b->call);
}
