/*
 * The whole scheduler in one process under a virtual clock, between a store that is nothing but heaps of numbers and a
 * registry that answers after a while: a hundred million commands in minutes. Whatever happens is recorded in `h`.
 *
 * The store keeps to the contract of daemon/store/store.h: of one queue the earliest deadline first, then input order.
 */
#ifndef VNEPP_TESTS_PROOF_MARKET_H
#define VNEPP_TESTS_PROOF_MARKET_H

#include "daemon/job/lane.h"
#include "daemon/sched/sched.h"
#include "epp/base/rng.h"
#include "tests/proof/proof.h"

#define MARKET_WALL_START 1795140000000ll /* 2026-11-20T09:00:00+07:00 */
#define MARKET_ACCOUNT    1

struct line {
	uint64_t key;
	uint32_t item;
};

/* The smallest key first, then the smallest item. */
struct line_heap {
	struct line *at; /* owned */
	size_t count, cap;
};

struct flight {
	struct session_command *cmd;
	uint64_t at_ms;
	uint32_t item;
	int say; /* a code, or one of market.c's */
	char letter;
};

struct pool {
	struct flight *flights; /* owned; a ring, as many as slots */
	uint32_t slots, first, count;
	uint64_t latency_ms;
	struct loop_timer answer;
};

struct market {
	struct clock clock;
	uint64_t now_us;
	struct rng rng;
	struct proof_history h;
	struct limits limits;
	uint32_t class_limits[PROOF_CLASSES];
	struct pool pool;
	/* the scheduler's process: a crash leaves it behind as it stands */
	struct loop *loop;
	struct sched *sched;
	struct sched_account *account;
	bool stopped;
	/* the store */
	struct store_executor store;
	struct store_op *op_first, *op_last; /* carried out, not given back yet */
	struct loop_timer give_back;
	struct line_heap queues[PROOF_PARTNERS][LANE__COUNT]; /* by deadline */
	struct line_heap later;                               /* by moment */
	uint32_t *open;                                       /* owned; what a crash left in doubt */
	size_t open_count, open_at;
	bool endless[PROOF_PARTNERS]; /* has creates at all times */
	uint32_t epoch;
	uint64_t claims;
	unsigned trouble; /* of a thousand commands so many go wrong */
	bool troubled;    /* some did since the start */
	bool check_first; /* from the next start on */
	struct buf payloads[ITEM_OP__COUNT];
	size_t name_at[ITEM_OP__COUNT];
	char why[256]; /* the first thing that was wrong; empty: none */
};

void market_init(struct market *m, uint64_t seed, uint32_t slots, uint64_t latency_ms, uint32_t limit);
void market_fini(struct market *m);
/* A new process on what the store holds; every limit counts as just used up. */
void market_boot(struct market *m);
/* It is gone at once; what was in its hands is in doubt. */
void market_crash(struct market *m);
/* It puts everything away and ends. */
void market_stop(struct market *m);
/* `of`: of each class alone; 0: none. */
void market_set_limit(struct market *m, uint32_t limit, const uint32_t of[PROOF_CLASSES]);
/* A line for a partner. `due` PROOF_NEVER: none. Followed by market_kick(). */
void market_add(struct market *m, uint32_t partner, uint8_t lane, uint64_t due, bool contact);
void market_kick(struct market *m);
void market_run_for(struct market *m, uint64_t ms);
/* Time passes without a process. */
void market_run_none(struct market *m, uint64_t ms);
size_t market_waiting(const struct market *m);
void market_wrong(struct market *m, const char *fmt, ...) PRINTF(2, 3);

/* market_store.c, for market.c */
void market_store_init(struct market *m);
void market_store_fini(struct market *m);
/* What the process had in its hands is in doubt; after a stop that is only what it said so of. */
void market_store_crash(struct market *m, bool killed);
/* Of a clock that nobody has set. */
instant_ms_t market_wall_of(uint64_t mono_ms);

static inline uint64_t market_now(const struct market *m)
{
	return m->now_us / 1000;
}

#endif
