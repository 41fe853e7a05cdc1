/* What a request for a batch asks for, and the reasons to refuse it before its body is read. */
#include "daemon/api/intake_int.h"
#include "daemon/api/json_out.h"
#include "daemon/core/ceiling.h"

#define NEAR_PART 5 /* of the burst: less is left than that: 80 % are used */

static void refuse(struct http_request *r, int status, const char *type, const char *title, struct str detail)
{
	struct api_problem p = {.status = status, .type = type, .title = title, .detail = detail};
	api_problem_answer(r, &p);
}

static bool is_any(struct str s, const char *a, const char *b)
{
	return str_eq_nocase(s, str_c(a)) || str_eq_nocase(s, str_c(b));
}

static bool read_coding(struct http_request *r, bool *gzip)
{
	struct str coding = http_header(r, "Content-Encoding");
	*gzip = is_any(coding, "gzip", "x-gzip");
	if (*gzip || is_any(coding, "", "identity"))
		return true;
	struct http_field accept =
	    HTTP_FIELD("Accept-Encoding", STR("gzip, identity")); /* RFC 9110 15.5.16 */
	struct api_problem p = {.status = 415,
	                        .type = "unsupported-coding",
	                        .title = "This content coding is not read here",
	                        .detail = STR("gzip, or not compressed"),
	                        .fields = &accept,
	                        .field_count = 1};
	api_problem_answer(r, &p);
	return false;
}

static bool read_format(struct http_request *r, enum split_format *out)
{
	struct str type;
	bool utf8 = api_content_type(r, &type);
	if (utf8 && str_eq_nocase(type, STR("application/x-ndjson")))
		*out = SPLIT_NDJSON;
	else if (utf8 && str_eq_nocase(type, STR("application/json")))
		*out = SPLIT_JSON;
	else if (utf8 && str_eq_nocase(type, STR("text/csv")))
		*out = SPLIT_CSV;
	else
		utf8 = false;
	if (utf8)
		return true;
	refuse(r, 415, "unsupported-media-type", "This media type is not read here",
	       STR("application/x-ndjson, application/json or text/csv, in UTF-8"));
	return false;
}

static bool read_key(struct http_request *r, struct str *out)
{
	size_t count = http_header_count(r, "Idempotency-Key");
	*out = http_header(r, "Idempotency-Key");
	bool ok = count == 0 || (count == 1 && out->len > 0 && out->len <= INTAKE_KEY_MAX);
	for (size_t i = 0; ok && i < out->len; i++)
		ok = out->ptr[i] > 0x20 && out->ptr[i] < 0x7F;
	if (!ok)
		refuse(r, 400, "bad-idempotency-key", "The Idempotency-Key cannot be used",
		       count > 1 ? STR("This request has more than one.")
		                 : STR("1 to 255 visible ASCII characters"));
	return ok;
}

static bool read_admission(struct http_request *r, bool *valid)
{
	struct str text;
	*valid = false;
	if (!http_query(r, "admission", &text) || str_eq(text, STR("all")))
		return true;
	*valid = str_eq(text, STR("valid"));
	if (!*valid)
		api_problem_parameter(r, STR("admission: all or valid"));
	return *valid;
}

static bool read_priority(struct http_request *r, bool *bulk)
{
	struct str text;
	*bulk = false;
	if (!http_query(r, "priority", &text) || str_eq(text, STR("normal")))
		return true;
	*bulk = str_eq(text, STR("bulk"));
	if (!*bulk)
		api_problem_parameter(r, STR("priority: normal or bulk"));
	return *bulk;
}

static bool read_dry(struct http_request *r, struct intake_asked *out)
{
	struct str text;
	if (!http_query(r, "dry_run", &text) || str_eq(text, STR("false")))
		return true;
	out->dry = str_eq(text, STR("true"));
	if (!out->dry)
		api_problem_parameter(r, STR("dry_run: true or false"));
	return out->dry && api_accept_items(r, &out->dry_as);
}

/* Only a dry run asks the registries: what is handed in is decided by the create itself. */
static bool read_check(struct http_request *r, struct intake_asked *out)
{
	struct str text;
	if (!http_query(r, "check", &text) || str_eq(text, STR("false")))
		return true;
	out->check = str_eq(text, STR("true"));
	if (!out->check)
		api_problem_parameter(r, STR("check: true or false"));
	else if (!out->dry)
		refuse(r, 400, "bad-parameter", "A query parameter makes no sense here",
		       STR("check=true goes with dry_run=true"));
	return out->check && out->dry;
}

static void limit_members(struct buf *b, const void *arg)
{
	const instant_ms_t *at = arg;
	char text[TIME_TEXT_MAX];
	json_out_str_in(b, "retry_at", str_c(instant_format(text, at[0], HANOI_OFFSET_S, true)));
	json_out_u64_in(b, "retry_after_ms", (uint64_t)at[1]);
}

static void refuse_rate(const struct api_request *q, struct api_problem *p)
{
	struct http_field fields[API_LIMIT_FIELDS];
	p->fields = fields;
	p->field_count = api_limit_fields(q->http->arena, q->api, q->partner, q->partner_id, NULL, fields);
	api_problem_answer(q->http, p);
}

/* The partner's rate: a batch begins when the debt of the last one is paid. */
bool intake_check_rate(const struct api_request *q)
{
	struct clock *clock = q->api->loop->clock;
	struct api_limiter *l = api_limiter_at(&q->api->limiters, q->partner_id);
	uint64_t now_us = clock->mono_us(clock), wait_us = gcra_wait_us(&l->gcra, 1, now_us);
	uint64_t wait_ms = (wait_us + 999) / 1000;
	if (wait_us == 0) {
		l->near += l->gcra.rate && gcra_left(&l->gcra, now_us) < l->gcra.burst / NEAR_PART;
		return true;
	}
	l->over++;
	if (q->partner->lines_per_second.shadow)
		return true;
	instant_ms_t arg[2] = {loop_wall(q->api->loop) + (instant_ms_t)wait_ms, (instant_ms_t)wait_ms};
	struct api_problem p = {.status = 429,
	                        .type = "rate-limited",
	                        .title = "This partner's rate is used up",
	                        .detail = arena_printf(q->http->arena, "%u lines per second, bursts of %u.",
	                                               q->partner->lines_per_second.max, q->partner->burst),
	                        .retry_after_s = (wait_ms + 999) / 1000,
	                        .extra = limit_members,
	                        .arg = arg};
	refuse_rate(q, &p);
	return false;
}

void intake_charge(const struct api_call *call, uint64_t lines)
{
	struct clock *clock = call->api->loop->clock;
	gcra_charge(&api_limiter_at(&call->api->limiters, call->partner_id)->gcra, lines,
	            clock->mono_us(clock));
}

static bool is_near(uint64_t used, uint32_t max)
{
	return max && used * 100 > (uint64_t)max * CEILING_NEAR_PERCENT;
}

void intake_count_queued(const struct api_call *call, const struct store_room *r)
{
	struct api_limiter *l = api_limiter_at(&call->api->limiters, call->partner_id);
	l->over_queued += r->queue_full;
	l->near_queued += !r->queue_full && is_near(r->waiting + r->adding, r->queued.max);
}

static bool check_uploads(const struct api_request *q)
{
	struct api_limiter *l = api_limiter_at(&q->api->limiters, q->partner_id);
	const struct limit *max = &q->partner->uploads;
	if (!max->max || l->uploads < max->max) {
		l->near_uploads += is_near(l->uploads + 1, max->max);
		return true;
	}
	l->over_uploads++;
	if (max->shadow)
		return true;
	struct api_problem p = {
	    .status = 429,
	    .type = "rate-limited",
	    .title = "This partner sends too many batches at a time",
	    .detail = arena_printf(q->http->arena,
	                           "At most %u are received at a time; send this one when another "
	                           "has been answered.",
	                           max->max),
	    .retry_after_s = API_RETRY_BUSY_S};
	refuse_rate(q, &p);
	return false;
}

static bool check_size(const struct api_request *q)
{
	const struct config *c = q->api->view->config;
	if (q->http->content_length == HTTP_LENGTH_UNKNOWN ||
	    q->http->content_length <= c->api_max_body_bytes)
		return true;
	refuse(q->http, 413, "body-too-large", "The body is too large",
	       arena_printf(q->http->arena, "At most %llu bytes; divide the file.",
	                    (unsigned long long)c->api_max_body_bytes));
	return false;
}

void intake_begin(const struct api_request *q)
{
	struct intake_asked asked = {0};
	if (read_format(q->http, &asked.format) && read_coding(q->http, &asked.gzip) &&
	    read_key(q->http, &asked.key) && read_admission(q->http, &asked.admit_valid) &&
	    read_priority(q->http, &asked.bulk) && read_dry(q->http, &asked) && read_check(q->http, &asked) &&
	    check_size(q) && api_is_open(q) && intake_check_rate(q) && check_uploads(q))
		intake_start(q, &asked);
}
