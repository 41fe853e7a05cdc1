/*
 * A hard ceiling: no window of one second, wherever it begins, holds more than `limit` events. Exact, because the
 * moments of the last `limit` events are kept (8 bytes each). After init it counts as just used up, so that a restart
 * cannot send twice the allowed number within one second.
 *
 * An event is taken before its bytes are written; what counts is when they have left. So whoever takes tells afterwards:
 *
 *   ceiling_take() ─▶ its bytes leave in the same turn ─▶ ceiling_left()
 *                 └─▶ they do not, the other side does not read ─▶ ceiling_hold(): its place stays free until they leave
 *                      or never will ─▶ ceiling_release()
 *
 * Some commands go before the others: log-ins, keepalives, polls, log-outs. They are few, and without them nothing goes
 * at all, but under a ceiling that is always used up they would lose every race. Such a command makes a claim: as long
 * as one waits, ceiling_wait_us() and ceiling_take() leave its place free.
 *
 * All moments are monotonic microseconds, read when they are told; they only grow.
 */
#ifndef VNEPP_CORE_CEILING_H
#define VNEPP_CORE_CEILING_H

#include <stdbool.h>
#include <stdint.h>

#define CEILING_WINDOW_US    1000000
#define CEILING_NEAR_PERCENT 80
/*
 * What a second allows leaves as a stream, not at once: a way of some milliseconds more or less would push much of it into
 * the next second. An even stream while there is much to do: so what the disk's, the registry's or the machine's
 * hesitation has cost is caught up, twice as fast, without putting off what comes behind; a place that is used later than
 * it could be is lost. What a late timer has cost is caught up at once. Where little was sent lately, twice as fast, too:
 * who asks for one name does not wait for an even stream.
 */
#define CEILING_STREAM_TIMES  2
#define CEILING_LITTLE_PART   4 /* of a second's worth */
#define CEILING_CATCH_UP_US   20000
#define CEILING_HESITATION_US 250000 /* beyond it there was nothing to send */
#define CEILING_MAX           100000 /* commands per second; beyond that a ceiling protects nobody */

struct ceiling {
	uint64_t *at_us; /* owned ring of moments, oldest at `head`; NULL without a limit */
	uint32_t limit;  /* 0: none */
	uint32_t head;
	uint32_t claims;    /* that wait */
	uint32_t unsent;    /* taken, and nothing said yet of their leaving: the newest of `at_us` */
	uint32_t held;      /* taken, and known to wait for the other side: not in `at_us` */
	uint64_t stream_us; /* when the next one would leave in the fastest stream */
	uint64_t even_us;   /* … and in an even one */
	bool shadow;        /* nothing waits; what would have had to is counted */
	uint64_t taken;     /* since init */
	uint64_t near;      /* of them, taken when CEILING_NEAR_PERCENT of a window was used */
	uint64_t over;      /* of them, beyond the limit: only a shadow's */
};

/* Embedded in whoever claims; zeroed before first use. */
struct ceiling_claim {
	bool waiting;
};

void ceiling_init(struct ceiling *c, uint32_t per_second, uint64_t now_us);
void ceiling_fini(struct ceiling *c);
/* A changed limit counts as just used up. */
void ceiling_set(struct ceiling *c, uint32_t per_second, uint64_t now_us);
/* Takes one if allowed now. */
bool ceiling_take(struct ceiling *c, uint64_t now_us);
/*
 * `n` of what was taken have left by now, not when they were taken: building and encrypting takes its time, and a second
 * must not begin before what it counts from has left.
 */
void ceiling_left(struct ceiling *c, uint32_t n, uint64_t now_us);
/* `n` of what was taken wait in a buffer of ours, for nobody knows how long. */
void ceiling_hold(struct ceiling *c, uint32_t n);
/* `n` of these have left by now, or were dropped. */
void ceiling_release(struct ceiling *c, uint32_t n, uint64_t now_us);
/* Until another one has its place in the stream; 0: now. */
uint64_t ceiling_stream_wait_us(const struct ceiling *c, uint64_t now_us);
/* Until the next may be taken; 0: now. */
uint64_t ceiling_wait_us(const struct ceiling *c, uint64_t now_us);

/* Takes one if allowed now, before all who made no claim; otherwise the claim waits until it is called again. */
bool ceiling_take_first(struct ceiling *c, struct ceiling_claim *claim, uint64_t now_us);
/* Gives the claim up; fine when none waits. */
void ceiling_unclaim(struct ceiling *c, struct ceiling_claim *claim);
/* Events within the last window. */
uint32_t ceiling_used(const struct ceiling *c, uint64_t now_us);
/* Until ceiling_take_first() may succeed; 0: now. */
uint64_t ceiling_claim_wait_us(const struct ceiling *c, uint64_t now_us);

#endif
