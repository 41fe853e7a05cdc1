/*
 * The endpoints of a pool, and to which of them the next connection goes: fail-over in the configured order, back-off
 * with jitter and a ceiling, and a circuit breaker for each. No loop and no I/O: the caller tells what happened.
 *
 *   working ──lost──▶ doubtful ──failed──▶ out ──time passes──▶ doubtful (half open)
 *      ▲                  └──ready──▶ working                      one probe at a time
 *
 * A working endpoint takes any number of connections at once, a doubtful one a single probe, one that is out none. After
 * failures a probe must stay for the shortest back-off before the others follow: some registries hang up after log-in.
 * All are doubtful at first: a wrong password is then tried once, not once per session.
 */
#ifndef VNEPP_SESSION_ENDPOINT_H
#define VNEPP_SESSION_ENDPOINT_H

#include "epp/base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENDPOINT_NONE  SIZE_MAX
#define ENDPOINT_NEVER UINT64_MAX

struct endpoint {
	const char *host; /* borrowed */
	uint16_t port;
	uint64_t works_from_ms; /* NEVER: doubtful or out */
	uint32_t failures;      /* since it last worked for a while */
	uint32_t connecting;    /* under way */
	bool barred;            /* lacks what we need: not tried again until a reset */
	uint64_t retry_at_ms;   /* not before */
	uint64_t failed_at_ms;
};

struct endpoints {
	struct endpoint *list; /* owned */
	size_t count;
	uint64_t backoff_min_ms, backoff_max_ms;
	struct rng *rng;
};

/* All doubtful; the caller fills in host and port. */
void endpoints_init(struct endpoints *e, size_t count, uint64_t backoff_min_ms, uint64_t backoff_max_ms,
                    struct rng *rng);
void endpoints_fini(struct endpoints *e);

/* Where to connect now, or ENDPOINT_NONE; `*wait_ms` is then when to ask again, NEVER: a probe will tell. */
size_t endpoints_pick(const struct endpoints *e, uint64_t now_ms, uint64_t *wait_ms);
void endpoints_dialled(struct endpoints *e, size_t i);
/* A connection that was under way has logged in. */
void endpoints_ready(struct endpoints *e, size_t i, uint64_t now_ms);
/* One that was under way has ended before. That alone says nothing of the endpoint. */
void endpoints_given_up(struct endpoints *e, size_t i);
/* A connection that had been ready was lost: the next one is a probe, at once. */
void endpoints_lost(struct endpoints *e, size_t i);
/* One failed. Those that were dialled before the last failure tell nothing new. */
void endpoints_failed(struct endpoints *e, size_t i, uint64_t dialled_at_ms, uint64_t now_ms);
/* It cannot be used as it is. True: no other endpoint is left. */
bool endpoints_bar(struct endpoints *e, size_t i);
/* It worked long enough that older failures count no more. */
void endpoints_settled(struct endpoints *e, size_t i);
/* All doubtful again, and may be tried at once. */
void endpoints_reset(struct endpoints *e);

#endif
