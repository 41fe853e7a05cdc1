/*
 * The scheduler: takes items out of the store as the registries have room, drives their jobs, and stores every
 * outcome. For the loop's thread.
 *
 * Order: what has begun or is in doubt, with a tenth for what has not; lanes by number, with a tenth for the last one;
 * partners by weight inside a lane (fair.h); inside a partner as the store says. One outstanding transform per name,
 * across all partners, until it is final.
 */
#ifndef VNEPP_SCHED_SCHED_H
#define VNEPP_SCHED_SCHED_H

#include "daemon/core/limits.h"
#include "daemon/core/loop.h"
#include "daemon/job/job.h"
#include "daemon/session/pool.h"
#include "daemon/store/store.h"
#include "daemon/store/store_send.h"
#include "epp/base/logapi.h"

struct caps;
struct meter;
struct meter_account;
struct sched;
struct sched_account;

struct sched_config {
	struct loop *loop;
	struct store_executor *writer;
	struct log *log;
	struct meter *meter; /* NULL: nobody counts */
	uint32_t epoch;
	/* A reference of the decider in force, released by the scheduler. */
	struct decider *(*decider)(void *arg);
	/* A partner's share beside others, from 1. NULL: all are equal. Asked whenever a partner has new work. */
	uint32_t (*weight)(void *arg, uint32_t partner);
	/* A partner's name, for the log. NULL: none is logged. */
	const char *(*partner)(void *arg, uint32_t partner);
	/* The store has begun (true) or ceased (false) to refuse writing: admission follows. */
	void (*on_store)(void *arg, bool failing);
	/* After sched_stop(): every job has ended and is stored. */
	void (*on_stopped)(void *arg);
	void *arg;
};

struct sched *sched_new(const struct sched_config *c);
/* After on_stopped, or when nothing was ever started. */
void sched_free(struct sched *s);

/* An account and its registry's limits, borrowed. `id` is the store's number. Nothing is sent before it has a pool. */
struct sched_account *sched_add_account(struct sched *s, uint32_t id, const char *registry,
                                        const char *account, struct limits *limits);
/* The pool and the facts from now on; the former pool must be drained. `pool` is borrowed, `facts` copied. */
void sched_set_account(struct sched_account *a, struct pool *pool, const struct job_registry *facts);
/* What its registry takes on a day; borrowed. */
void sched_cap_account(struct sched_account *a, struct caps *caps);
/* Nothing more of this lane goes to the registry today. */
bool sched_is_used_up(const struct sched_account *a, uint8_t lane);
/* Where its commands are counted; borrowed. */
void sched_meter_account(struct sched_account *a, struct meter_account *m);
/* The pool may have room. */
void sched_on_room(struct sched_account *a);
/* Takes up items whose outcome was open when the last run ended, then starts on the queue. */
void sched_start(struct sched *s);
/* New work has been stored. */
void sched_kick(struct sched *s);
/* Reads what the registries say of names whose history nobody knows, for the renewals that wait on that account. */
void sched_read(struct sched *s);
/* An item that is RECONCILING since a message approved it: reads its dates from the registry. */
void sched_look(struct sched *s, item_id_t item);
/*
 * A hold: nothing of what it names is claimed, and what was claimed and not begun goes back. 0: any. What is in flight
 * or in doubt is seen through.
 */
struct sched_hold {
	uint32_t account, partner;
	uint8_t lane;
	struct store_hold of; /* of that: a zone, a grant, what costs money; nothing said: all */
};
#define SCHED_HOLDS_MAX 64
/* The holds from now on, instead of the former ones; at most SCHED_HOLDS_MAX; copied. */
void sched_set_holds(struct sched *s, const struct sched_hold *holds, size_t count);
/* Everything of it, or what costs money of it. */
bool sched_is_held(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane);
bool sched_is_held_paid(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane);
/* Some of it: a zone or a grant. */
bool sched_is_held_partly(const struct sched *s, uint32_t account, uint32_t partner, uint8_t lane);
/* This item, by its zone or its grant; `common`: its decision, as JSON members. */
bool sched_is_held_item(const struct sched *s, const struct store_queue_key *queue, struct str domain,
                        bool paid, struct str common);
/* The registry has refused for lack of money (2104): only what is free is sent. */
bool sched_out_of_money(const struct sched_account *a);

/* ---- names asked about (sched_ask.c) ---- */

enum sched_name_is { SCHED_NAME_UNKNOWN, SCHED_NAME_FREE, SCHED_NAME_TAKEN };
struct sched_name_answer {
	enum sched_name_is is;
	struct str reason; /* the registry's words; or, UNKNOWN, what has happened; may be empty */
};
/* `why`: some of it is not known, and why; NULL: everything was answered. Valid during the call. */
typedef void (*sched_asked_cb)(void *arg, const char *why, const struct sched_name_answer *answers,
                               size_t count);
/*
 * Asks an account's registry whether these names (ASCII form; copied) are free, several with each <check>, within the limits,
 * the window and the day's cap, for at most `wait_ms`. `done` once, later; never after sched_free(). From `partner`: what is
 * paused for it is not asked.
 */
void sched_ask_names(struct sched *s, uint32_t account, uint32_t partner, const struct str *names,
                     size_t count, uint64_t wait_ms, sched_asked_cb done, void *arg);

/* A pending item was settled: its name is free again. */
void sched_settled(struct sched *s, struct str domain);
/* Nothing new; what was not sent goes back, what is in flight is waited for. */
void sched_stop(struct sched *s);

struct sched_stats {
	uint64_t jobs, ready, in_flight, waiting; /* now */
	uint64_t claimed, done, failed, unknown;  /* since start */
	bool store_failing, stopping;
};
void sched_stats(const struct sched *s, struct sched_stats *out);

#endif
