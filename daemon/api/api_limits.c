/*
 * What a partner may do and has used: GET /v1/limits, and the RateLimit fields of what answers a batch
 * (draft-ietf-httpapi-ratelimit-headers: a policy "lines" for the burst, "day" for new lines on a day in Hanoi).
 *
 * Happy path: whoever wires the gateway gathers the figures, the same that `vnepp limits` shows ─▶ 200. When the store
 * cannot be read: 503.
 */
#include "daemon/api/api_int.h"

#include <jansson.h>
#include <stdlib.h>

#define DAY_S 86400

static void answer(struct api_call *c, const json_t *limits)
{
	struct http_field fields[] = {HTTP_FIELD("Content-Type", STR("application/json")),
	                              HTTP_FIELD("Cache-Control", STR("no-store"))};
	char *text = json_dumps(limits, JSON_COMPACT | JSON_ENSURE_ASCII);
	http_respond(c->http, 200, fields, ARRAY_LEN(fields), str_c(text));
	free(text);
}

static void on_limits(void *arg, const char *why, json_t *limits)
{
	struct api_call *c = arg;
	if (c->http && limits)
		answer(c, limits);
	else if (c->http)
		api_problem_answer(c->http,
		                   &(struct api_problem){.status = 503,
		                                         .type = "store-unavailable",
		                                         .title = "The limits cannot be told at the moment",
		                                         .detail = str_c(why),
		                                         .retry_after_s = API_RETRY_BUSY_S});
	json_decref(limits);
	api_call_end(c);
}

void api_get_limits(const struct api_request *q)
{
	if (!api_accept_json(q->http))
		return;
	struct api_call *c = api_call_new(q, sizeof *c, NULL);
	q->api->owner.limits(q->api->owner.arg, q->partner->name, on_limits, c);
}

/* ---- the fields ------------------------------------------------------------------------------------------------------------ */

static bool enforced(const struct limit *l)
{
	return l->max && !l->shadow;
}

static struct str policy_of(struct arena *a, const struct config_partner *p)
{
	const struct limit *rate = &p->lines_per_second, *day = &p->lines_per_day;
	struct str text = STR_NONE;
	if (enforced(rate))
		text =
		    arena_printf(a, "\"lines\";q=%u;w=%u", p->burst, (p->burst + rate->max - 1) / rate->max);
	if (enforced(day))
		text = arena_printf(a, "%.*s%s\"day\";q=%u;w=%d", STR_ARG(text), text.len ? ", " : "",
		                    day->max, DAY_S);
	return text;
}

static struct str left_of_burst(struct arena *a, const struct api *api, uint32_t partner)
{
	uint64_t now = api->loop->clock->mono_us(api->loop->clock);
	const struct api_limiter *l = api_limiter_find(&api->limiters, partner);
	uint64_t left = gcra_left(&l->gcra, now),
	         full_us = l->gcra.empty_us > now ? l->gcra.empty_us - now : 0;
	return arena_printf(a, "\"lines\";r=%llu;t=%llu", (unsigned long long)left,
	                    (unsigned long long)((full_us + 999999) / 1000000));
}

/* Until the next midnight in Hanoi. */
static struct str left_of_day(struct arena *a, const struct api *api, const struct store_room *r)
{
	instant_ms_t now = loop_wall(api->loop);
	instant_ms_t ends = instant_of_date(date_of_instant(now, HANOI_OFFSET_S) + 1, HANOI_OFFSET_S);
	uint64_t used = r->today + (r->day_full ? 0 : r->adding);
	return arena_printf(a, "\"day\";r=%llu;t=%lld",
	                    (unsigned long long)(used < r->per_day.max ? r->per_day.max - used : 0),
	                    (long long)(ends - now + 999) / 1000);
}

size_t api_limit_fields(struct arena *a, const struct api *api, const struct config_partner *p,
                        uint32_t partner, const struct store_room *room,
                        struct http_field out[API_LIMIT_FIELDS])
{
	struct str policy = policy_of(a, p), left = STR_NONE;
	if (enforced(&p->lines_per_second))
		left = left_of_burst(a, api, partner);
	if (room && enforced(&room->per_day))
		left = arena_printf(a, "%.*s%s%.*s", STR_ARG(left), left.len ? ", " : "",
		                    STR_ARG(left_of_day(a, api, room)));
	if (policy.len == 0)
		return 0;
	out[0] = HTTP_FIELD("RateLimit-Policy", policy);
	if (left.len == 0)
		return 1;
	out[1] = HTTP_FIELD("RateLimit", left);
	return 2;
}
