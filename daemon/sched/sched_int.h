/* Shared by the files of the scheduler: sched.c (life, accounts), sched_claim.c (out of the store), sched_drive.c
 * (through the registry), sched_finish.c (into the store), sched_name.c (one transform per name), sched_hold.c (pauses),
 * sched_money.c (what costs, while there is no money), sched_line.c (accounts that share a ceiling), sched_class.c (classes with a
 * limit of their own). */
#ifndef VNEPP_SCHED_INT_H
#define VNEPP_SCHED_INT_H

#include "daemon/sched/caps.h"
#include "daemon/sched/fair.h"
#include "daemon/sched/pace.h"
#include "daemon/sched/sched.h"
#include "daemon/store/store_held.h"
#include "epp/base/map.h"

/* Steps of one finish operation: as much as a turn of a large window brings, and far below what a transaction bears. */
#define FINISH_MAX 512
/* Finish operations under way before sending pauses: the disk is behind. */
#define FINISH_DEPTH_MAX 16
/* A job may not wait in memory for its name longer than the queue is deep: beyond it is put back for a while. */
#define NAME_WAITERS_MAX 64
/* A claim is made when this part of what may be ready is missing: often enough to hide the disk's time, seldom enough
 * to be one row for many items. */
#define CLAIM_PART       4
#define NAME_PUT_BACK_MS 60000
/* Longer than an item that is sent again is away; one that was cancelled meanwhile never comes. */
#define NAME_KEPT_MS 120000
/* What has begun goes before what has not, but for one command in ten: looks after a crash stop nothing for long. */
#define BEGUN_IN_A_ROW   9
#define BILLING_PAUSE_MS 300000     /* a deposit is topped up by people */
#define DELAY_PARKED     UINT64_MAX /* instead of a delay: until it is let go (sched_money.c) */
/* … or until the next whole NAME_PUT_BACK_MS of the clock, not before half of it: all that wait for a name come back at
 * the same moments, in their order, and whoever came later does not overtake. */
#define DELAY_NAME_BUSY (UINT64_MAX - 1)
#define STORE_RETRY_MS  1000
#define OPEN_PAGE       256
#define EXPEDITE_PAGE   1000  /* items moved by one operation: bounds the writer's time */
#define RETRY_AFTER_MS  1000  /* an item that provably did not happen is sent again soon */
#define RETRY_LATER_MS  60000 /* … unless so much is being repeated that the registry is better left alone */

/* What one claim (or one page of open items) brought: the memory behind its jobs. */
struct sched_group {
	struct arena arena;
	struct sched_job *jobs; /* owned */
	uint32_t left;          /* jobs not freed yet */
};

struct sched_job {
	struct job job;
	struct session_command cmd;
	struct list_node node; /* in ready, begun, flying, waiting, ending, or a name's waiters */
	struct loop_timer timer;
	struct sched_account *account;
	struct sched_group *group;
	struct name_lock *name; /* held, or waited for */
	item_id_t item;
	batch_id_t batch;
	uint64_t claim;
	uint32_t partner, offset;
	uint32_t trace;    /* of the request that brought it, as its clTRIDs have it; 0: none, or not known */
	uint8_t lane;      /* in which it was claimed */
	bool paid;         /* years of it are charged; not known of what a start takes up */
	bool decided;      /* its decision came with the claim */
	bool probe;        /* goes out to see whether there is money again */
	uint32_t letters;  /* of commands sent, as bits: a second one of a kind needs another clTRID */
	uint32_t unstored; /* steps handed to the store and not on disk yet */
	bool holds_name;
	bool parked;      /* in `waiting`, to be sent when what was reported is on disk */
	bool end_held;    /* in `ending`, to be recorded when what was reported is on disk */
	uint64_t held_ms; /* the delay of the held end */
	uint64_t sent_us; /* monotonic */
	date_t
	    taken_day; /* of the create in flight, which may come to count as one of a taken name; 0: none */
};

struct name_lock {
	struct sched *sched;
	struct sched_job *holder; /* NULL: an item that is not in memory holds it */
	/* It is sent again soon; 0: it is at rest (pending, needs a person). */
	item_id_t kept_for;
	struct loop_timer kept; /* when it is not waited for any more */
	struct list waiters;    /* sched_job.node, oldest first */
	char *name;             /* owned */
};

struct sched_money {
	bool out;        /* the registry has refused for lack of it */
	uint32_t probes; /* paid items that may be claimed meanwhile */
	bool unparking, wanted;
	bool all,
	    paging_all; /* everything parked is to be let go even while the money is out; the page under way is one */
	struct store_unpark op;
	struct loop_timer probe, retry;
};

/* An account's place among those that share a ceiling (sched_line.c). */
struct sched_line {
	bool waits;         /* it has something to send, and the ceiling holds it back */
	bool urgent;        /* what it would send next is urgent or in doubt */
	uint32_t passed;    /* urgent commands of others since its last one */
	uint64_t last_sent; /* in the order of all */
};

struct sched_account {
	struct list_node node;
	struct sched_line line;
	struct sched *sched;
	uint32_t id;
	const char *registry, *name;
	struct pool *pool;
	struct meter_account *meter; /* borrowed, or NULL */
	struct limits *limits;
	struct caps *caps; /* borrowed; NULL: none */
	struct pace pace;
	struct job_registry facts;
	struct list ready; /* claimed, and nothing of it was sent */
	struct list begun; /* to be sent, too: looks, and what follows a first command */
	struct list flying, waiting, ending;
	struct list questions;                       /* of names (sched_ask.c), with some still to be sent */
	size_t asking;                               /* their commands under way */
	uint32_t jobs_in_a_row;                      /* commands of jobs since the last of them */
	uint64_t class_comes_us[LIMIT_CLASS__COUNT]; /* sched_class.c */
	bool held_back;          /* nothing is sent, only because of the limits of classes */
	uint32_t begun_in_a_row; /* commands of `begun` since the last one of `ready` */
	struct fair fair;        /* which queues have work, and whose turn it is */
	struct fair_turn turn;   /* of the claim under way */
	struct store_claim claim;
	struct sched_group *claim_group; /* of the claim under way */
	bool claim_failed; /* it is made again as it was: somebody must find out when the disk works */
	bool claiming, no_money;
	struct sched_money money;
	struct loop_timer pause, ceiling_timer;
	struct loop_task pump;
};

struct finish_group {
	struct store_finish op;
	struct sched *sched;
	struct arena texts;
	struct store_step steps[FINISH_MAX];
	struct sched_job *jobs[FINISH_MAX]; /* whose step it is; it ends with one that leaves_claim */
	struct list_node node;
	struct loop_timer retry;
	bool failed; /* counted in sched.retrying */
};

struct sched {
	struct sched_config c;
	struct list accounts;
	struct map names;             /* A-labels -> struct name_lock */
	struct finish_group *filling; /* owned; NULL: none */
	struct loop_hook flush;
	size_t finishing;        /* operations under way */
	size_t retrying;         /* operations that failed and are not stored yet, under way or not */
	struct list idle_groups; /* finish_group.node: kept for re-use */
	struct store_queues queues_op;
	struct arena queues_arena;
	bool queues_busy, queues_again;
	struct store_expedite expedite_op;
	bool expediting;
	struct store_get_open open_op;
	struct arena open_arena;
	bool opening;
	struct store_get_unread read_op; /* sched_read.c */
	struct sched_group *read_group;  /* of the page under way */
	item_id_t read_after;
	size_t reading_jobs;
	bool read_again;
	size_t looking;                           /* sched_look() operations under way */
	struct sched_hold holds[SCHED_HOLDS_MAX]; /* texts in holds_arena */
	size_t hold_count;
	struct arena holds_arena;
	struct list questions; /* all of them; owned */
	struct loop_timer next_ready, open_retry;
	struct loop_task stopped;
	uint64_t query_counter, line_order;
	bool started, stopping, store_failing, told_stopped;
	struct sched_stats stats;
};

/* sched.c */
void sched_pump_later(struct sched_account *a);
/* `op` has failed: says so once. */
void sched_store_failed(struct sched *s, const struct store_op *op);
/* An operation went well; while outcomes still wait to be stored again that proves nothing. */
void sched_store_works(struct sched *s);
/* No claims for so long; never shortens a pause. */
void sched_pause(struct sched_account *a, uint64_t ms);
void sched_job_free(struct sched_job *j);
void sched_stop_check(struct sched *s);

/* sched_line.c */
void sched_line_enter(struct sched_account *a);
void sched_line_leave(struct sched_account *a);
/* The ceiling has a place: true: it is another account's, which is woken, and `a` after it. */
bool sched_line_yields(struct sched_account *a);
void sched_line_sent(struct sched_account *a);

/* sched_hold.c */
/* A ready job that is in no list goes back when it is held and has not begun: true. */
bool sched_job_put_back_held(struct sched_job *j);
/* Those of a queue that name a zone or a grant: for its claim. */
size_t sched_fine_holds(const struct sched *s, const struct store_queue_key *queue, struct arena *arena,
                        const struct store_hold **out);

/* True: whoever lifts that asks for the queues again. */
bool sched_lane_waits(const struct sched_account *a, uint32_t partner, uint8_t lane);
void sched_stop_turns(struct sched_account *a);

/* sched_caps.c */
/* Its next command may leave on this day. */
bool sched_caps_may(const struct sched_job *j);
/* What has not begun and cannot leave today goes back. */
void sched_caps_put_back(struct sched_account *a);
/* Before the send of a create that was not checked. False: it is checked first. */
bool sched_caps_risk(struct sched_job *j);
void sched_caps_sent(struct sched_job *j, enum limit_class class);
void sched_caps_answered(struct sched_job *j, enum session_outcome outcome, int code);

/* sched_class.c */
/* What may be claimed of each lane besides what is here of it; LANE__COUNT places. */
void sched_class_room(const struct sched_account *a, uint32_t want, uint32_t *room);
/* Urgent items that their class holds back go back for a while, but for a part of what is wanted. */
void sched_class_let_pass(struct sched_account *a, uint32_t want);

/* sched_money.c */
void sched_money_init(struct sched_account *a);
void sched_money_stop(struct sched_account *a);
/* What is parked is let go, unless the money is out; `all`: even then, since what is free is among it. */
void sched_money_release(struct sched_account *a, bool all);
/* Paid items that one claim of this queue may bring. */
uint32_t sched_money_paid_max(const struct sched_account *a, uint32_t partner, uint8_t lane);
void sched_money_claimed(struct sched_job *j);
/* Before its end is recorded. */
void sched_money_ended(struct sched_job *j);

/* sched_claim.c */
void sched_refresh(struct sched *s);
void sched_claim(struct sched_account *a);
void sched_open(struct sched *s);

struct sched_account *sched_account_of(struct sched *s, uint32_t id);
struct sched_group *sched_group_new(void);
void sched_group_drop(struct sched_group *g);

/* sched_read.c: a job that only reads has ended, or is given up. */
void sched_read_ended(struct sched_job *j);
void sched_read_dropped(struct sched_job *j);

/* sched_drive.c */
void sched_drive(struct sched_job *j, enum job_next next);
bool sched_send(struct sched_job *j);
/* Of its next command. */
enum limit_class sched_class_of(const struct sched_job *j);
void sched_put_back(struct sched_job *j, const char *reason, const char *why, uint64_t delay_ms);
#define SCHED_STOPPED   "STOPPING", "stopped", 0
#define SCHED_PAUSED    "PAUSED", "paused by an operator", 0
#define SCHED_PAID_HELD "PAUSED", "what costs money is paused", DELAY_PARKED
#define SCHED_FINE_HELD "PAUSED", "its zone or its grant is paused", DELAY_PARKED
#define SCHED_NO_MONEY  "BILLING", "the account has no money (2104)", DELAY_PARKED
#define SCHED_NAME_BUSY "NAME_BUSY", "the name has a command that is not settled yet", DELAY_NAME_BUSY

/* sched_ask.c: a question goes next, rather than one of the `jobs`; the registry takes one today; the first group of the one
 * whose turn it is is sent (false: it cannot be built); it was. */
bool sched_ask_turn(const struct sched_account *a, bool jobs);
bool sched_ask_may(struct sched_account *a);
bool sched_ask_send(struct sched_account *a);
void sched_ask_sent(struct sched_account *a);
void sched_ask_stop(struct sched *s);
void sched_ask_fini(struct sched *s);

/* sched_finish.c: records job->result as a step; with `end` the job leaves. Steps of one job reach the disk in order. */
void sched_record(struct sched_job *j, bool end, uint64_t delay_ms);
void sched_finish_fini(struct sched *s);

/* sched_name.c */
/* True: the job holds the name now. False: it waits in the name's list (or was put back). */
bool sched_name_take(struct sched_job *j);
/* Gives it to the next waiter, who becomes ready. `rest`: an item at rest keeps it. */
void sched_name_release(struct sched_job *j, bool rest);
/* It is sent again soon, and nobody overtakes it. */
void sched_name_keep(struct sched_job *j);
void sched_name_rest(struct sched *s, struct str domain);
void sched_name_settled(struct sched *s, struct str domain);
/* The item that was at rest goes on itself: its lock is its own again. */
void sched_name_adopt(struct sched_job *j);
/* Stopping: whoever waits for a name goes back. */
void sched_name_stop(struct sched *s);
void sched_name_fini(struct sched *s);

#endif
