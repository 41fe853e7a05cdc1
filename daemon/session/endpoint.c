/* Which endpoint is next. */
#include "daemon/session/endpoint.h"
#include "epp/base/alloc.h"
#include "epp/base/check.h"

#include <stdlib.h>

#define DOUBLINGS_MAX 16 /* of the shortest back-off; the ceiling is reached long before */

void endpoints_init(struct endpoints *e, size_t count, uint64_t backoff_min_ms, uint64_t backoff_max_ms,
                    struct rng *rng)
{
	REQUIRE(count > 0);
	*e = (struct endpoints){.list = xcalloc(count, sizeof *e->list),
	                        .count = count,
	                        .backoff_min_ms = backoff_min_ms,
	                        .backoff_max_ms = backoff_max_ms,
	                        .rng = rng};
	endpoints_reset(e);
}

void endpoints_fini(struct endpoints *e)
{
	free(e->list);
	*e = (struct endpoints){0};
}

size_t endpoints_pick(const struct endpoints *e, uint64_t now_ms, uint64_t *wait_ms)
{
	*wait_ms = ENDPOINT_NEVER;
	for (size_t i = 0; i < e->count; i++) {
		const struct endpoint *p = &e->list[i];
		uint64_t at = p->retry_at_ms;
		if (p->barred)
			continue;
		if (p->works_from_ms <= now_ms)
			return i;
		if (p->works_from_ms != ENDPOINT_NEVER) {
			at = p->works_from_ms;
		} else if (p->connecting > 0) {
			/* Nothing is known against it: what its probe brings is waited for. */
			if (p->failures == 0)
				return ENDPOINT_NONE;
			continue;
		} else if (at <= now_ms) {
			return i;
		}
		*wait_ms = at - now_ms < *wait_ms ? at - now_ms : *wait_ms;
	}
	return ENDPOINT_NONE;
}

void endpoints_dialled(struct endpoints *e, size_t i)
{
	e->list[i].connecting++;
}

void endpoints_ready(struct endpoints *e, size_t i, uint64_t now_ms)
{
	struct endpoint *p = &e->list[i];
	uint64_t from = p->failures ? now_ms + e->backoff_min_ms : now_ms;
	endpoints_given_up(e, i);
	p->works_from_ms = from < p->works_from_ms ? from : p->works_from_ms;
}

void endpoints_given_up(struct endpoints *e, size_t i)
{
	REQUIRE(e->list[i].connecting > 0);
	e->list[i].connecting--;
}

void endpoints_lost(struct endpoints *e, size_t i)
{
	e->list[i].works_from_ms = ENDPOINT_NEVER;
}

/* From half of the exponential time to all of it, so that many gateways do not come back at one moment. */
static uint64_t backoff_ms(const struct endpoints *e, uint32_t failures)
{
	uint32_t doublings = failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : failures;
	uint64_t ms = e->backoff_min_ms << doublings;
	if (ms > e->backoff_max_ms)
		ms = e->backoff_max_ms;
	return ms / 2 + rng_below(e->rng, ms / 2 + 1);
}

void endpoints_failed(struct endpoints *e, size_t i, uint64_t dialled_at_ms, uint64_t now_ms)
{
	struct endpoint *p = &e->list[i];
	p->works_from_ms = ENDPOINT_NEVER;
	if (p->failures > 0 && dialled_at_ms <= p->failed_at_ms)
		return;
	p->failures++;
	p->failed_at_ms = now_ms;
	p->retry_at_ms = now_ms + backoff_ms(e, p->failures);
}

bool endpoints_bar(struct endpoints *e, size_t i)
{
	bool none = true;
	e->list[i].barred = true;
	e->list[i].works_from_ms = ENDPOINT_NEVER;
	for (size_t k = 0; k < e->count; k++)
		none = none && e->list[k].barred;
	return none;
}

void endpoints_settled(struct endpoints *e, size_t i)
{
	e->list[i].failures = 0;
}

void endpoints_reset(struct endpoints *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct endpoint *p = &e->list[i];
		*p = (struct endpoint){.host = p->host,
		                       .port = p->port,
		                       .works_from_ms = ENDPOINT_NEVER,
		                       .connecting = p->connecting};
	}
}
