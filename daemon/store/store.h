/*
 * The durable store: what a back end does (struct store_backend), what an operation is, and those of a start. The others
 * are in headers of their own, by subject: enum store_op_type names them.
 *
 * An operation is a struct owned by the caller, filled with its input, handed to an executor, and given back exactly
 * once, later, on the loop's thread, through op.done with op.err set and the output filled in. A back end runs a group
 * of operations synchronously in one transaction, each in a savepoint of its own: one bad operation does not spoil
 * the group. Nothing is given back before the transaction is on disk. When the commit itself fails, every operation of
 * the group fails with ERR_DISK and nothing of it has happened; but when the process ends at this moment, the next one may
 * find that it has, as after any crash before an answer.
 *
 * Shape of the data (design.md section 2.7), append-shaped:
 *   batch    one row per submission; invisible until published
 *   item     one wide row per new line, never updated but for what it takes (money, a grant, quotas, its last day); id
 *            ascending in input order
 *   line     only for lines that repeat an older `ref`: (batch, line) -> item
 *   work     per batch, account, lane and deadline: the items not claimed yet (a cursor and how many); the earliest
 *            deadline goes first, then the order of admission
 *   ready    items to be sent again, to go ahead, or parked: (account, partner, lane, due, not_before, item)
 *   claim    the runs of items handed to the sender and not all finished yet; clTRIDs follow from (epoch, id, offset)
 *   result   appended: (seq, item, partner, attempt, state, blob); with
 *   publication  when a batch appeared, between which results: the change feed
 *   held     items in WAITING and REVIEW: since when, and their subject in the departments' lists
 *   note     what came later: added evidence, a person's decision
 *   list     the departments' lists and those of names, and their rows by the key of a subject or name
 *   told     names of which their partner was told that they begin to cost
 *   domain   the ledger of names      grant  the ledger of subjects      contact  contacts known to exist
 *   rules    rule sets, whole, for ever      rules_step  what became of them: who, when, why
 *   text     interned decision texts  meta   epoch, keys                 message  poll messages
 *
 * An item's state is its newest result's; without one, SENDING while a claim holds it, else what intake decided.
 */
#ifndef VNEPP_STORE_STORE_H
#define VNEPP_STORE_STORE_H

#include "daemon/core/loop.h"
#include "daemon/job/decide.h"
#include "daemon/job/item.h"
#include "epp/base/arena.h"
#include "epp/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_CHUNK_MAX \
	1000 /* lines of one intake operation: bounds the writer's time and what a crash throws away */
#define STORE_PAGE_MAX 1000 /* rows of one reading operation */
#define STORE_NAME_MAX 64   /* partner and account names, with NUL */

typedef uint64_t item_id_t;  /* from 1 */
typedef uint64_t batch_id_t; /* from 1 */

enum store_op_type {
	STORE_REGISTER,    /* names of partners and accounts to numbers */
	STORE_RECOVER,     /* start-up: new epoch, orphans removed, open claims turned to UNKNOWN */
	STORE_REKEY,       /* another secret key for the keys of subjects */
	STORE_SETTING,     /* what an operator has set, and a restart must not forget */
	STORE_BATCH_BEGIN, /* store_intake.h; writer */
	STORE_BATCH_CHUNK,
	STORE_BATCH_PUBLISH,
	STORE_BATCH_ABORT,
	STORE_BATCH_CANCEL,
	STORE_EXPEDITE, /* store_send.h: what has become urgent goes ahead */
	STORE_UNPARK,   /* what was parked may be claimed again */
	STORE_LEASE,    /* part of a daily cap, before it is used */
	STORE_CLAIM,
	STORE_FINISH,
	STORE_MESSAGE, /* store_message.h: a poll message and its effects */
	STORE_MESSAGE_DONE,
	STORE_RULES_KEEP, /* store_rules.h: a rule set for ever, and what has happened to it */
	STORE_IMPORT,     /* store_domains.h: names and grants from before */
	STORE_DECIDE,     /* store_held.h: an item that waits is decided again, or by a person */
	STORE_EXPIRE,     /* what has waited for a person too long is refused */
	STORE_LOOKED,     /* what a registry says of a renewal that waits */
	STORE_NOTIFY,     /* store_changes.h: partners are told of what is to come */
	STORE_LIST_BEGIN, /* store_list.h: a department's list comes */
	STORE_LIST_ROWS,
	STORE_LIST_PUBLISH,
	STORE_LIST_DROP,
	STORE_LIST_UNDO,
	STORE_LIST_DECIDE, /* what waited for it is decided again */
	STORE_QUEUES,      /* store_send.h: which (account, partner, lane) have work; reader or writer */
	STORE_PREVIEW,     /* store_preview.h: what intake would make of lines; reader or writer */
	STORE_GET_BATCH,   /* store_read.h; reader */
	STORE_GET_ITEMS,
	STORE_GET_ITEM,
	STORE_GET_CHANGES, /* store_changes.h: the change feed */
	STORE_GET_HELD,    /* what waits for somebody */
	STORE_GET_NOTES,   /* what was added to an item later */
	STORE_GET_UNREAD,  /* renewals that wait because nobody knows the name's history */
	STORE_GET_LISTS,
	STORE_GET_NAMED, /* lists that have a name */
	STORE_GET_OPEN,  /* items that are not resting and not queued: for reconciliation after a start */
	STORE_GET_DOMAIN,
	STORE_GET_DOMAINS, /* store_domains.h: names that end soon */
	STORE_GET_MESSAGES,
	STORE_GET_RULES,
	STORE_GET_RULES_STEPS,
	STORE_GET_RECORDS, /* decisions with the facts that they used */
	STORE_GET_USED,    /* store_figures.h: what is used of quotas */
	STORE_GET_COUNTS,
	STORE_GET_DEPTHS,  /* reader: what waits in the queues, and since when */
	STORE_HISTORY_ADD, /* writer: figures of this moment, for plots */
	STORE_PROGRESS,    /* writer: counts names that were registered since it was asked last */
	STORE_TIDY,        /* writer: a little of what can wait until there is little else to do */
	STORE_GET_HISTORY, /* reader */
	STORE_GET_PROGRESS,
	STORE_OP__COUNT
};

struct store_executor;

struct store_op {
	struct loop_msg msg;             /* carries it back to the loop */
	struct store_op *next;           /* the executor's queue */
	struct store_executor *executor; /* whose it is until done */
	enum store_op_type type;
	enum err err;
	struct errmsg errmsg;
	void (*done)(struct store_op *op);
};

/* ---- start-up and upkeep ------------------------------------------------------------------------------------------- */

/* Numbers are given once and kept for ever: a name that is known keeps its number. */
struct store_register {
	struct store_op op;
	bool is_account;    /* in: account ("registry/account") or partner names */
	const char **names; /* in: borrowed */
	uint32_t *ids;      /* out: caller's, `count` entries, from 1 */
	size_t count;
};

struct store_recover {
	struct store_op op;
	instant_ms_t now;        /* in */
	uint32_t epoch;          /* out: grows with every start */
	struct decide_keys keys; /* out: the first is made at the first start; kept */
	uint64_t orphans;        /* out: batches removed because they were never published */
	uint64_t unknown; /* out: items that were being sent when the last run ended without saying so */
};

/*
 * One more key for the keys of subjects: everything that is stored is hashed once more under it, all or nothing. Deciders
 * that were made before find nothing any more, so it is for a store that nobody else uses. ERR_FULL: DECIDE_KEYS_MAX.
 */
struct store_rekey {
	struct store_op op;
	uint32_t keys;   /* out: in the chain now */
	uint64_t hashes; /* out: that were hashed */
};

/* Reads a setting, or writes it when `value` has a pointer. Names are ours. */
struct store_setting {
	struct store_op op;
	const char *name;    /* in */
	struct str value;    /* in: borrowed until done; out, when read: empty when there is none */
	struct arena *arena; /* in, when read: borrowed */
};

/* Some milliseconds of work that makes later operations cheaper; nothing that anybody reads changes. */
struct store_tidy {
	struct store_op op;
	bool more; /* out: there is more of it */
};

/* ---- back ends and executors --------------------------------------------------------------------------------------- */

struct store_backend;

struct store_backend_ops {
	/* Runs the group in one transaction; sets each op's err and output. Any thread, one at a time. */
	void (*run)(struct store_backend *b, struct store_op **ops, size_t count);
	void (*close)(struct store_backend *b); /* frees */
};

struct store_backend {
	const struct store_backend_ops *ops;
};

/* The version of the tables that this program makes and reads. */
int store_sqlite_schema(void);
/* "3.40.1": the library in use. */
const char *store_sqlite_library(void);
/*
 * SQLite, WAL, synchronous=FULL. `vfs`: NULL for the system's files. Takes an exclusive lock beside the file
 * (ERR_LOCKED with the holder's pid in the message); creates or migrates the schema.
 */
enum err store_sqlite_open(const char *path, const char *vfs, struct store_backend **out,
                           struct errmsg *e) MUST_CHECK;
/* A reading connection to the same file; runs reading operations only (ERR_DENIED for others). */
enum err store_sqlite_open_reader(const char *path, const char *vfs, struct store_backend **out,
                                  struct errmsg *e) MUST_CHECK;

/*
 * In memory, for tests and simulation only: the same meaning in the simplest form, and the model that others are
 * compared with. Nothing is durable; it lives until it is closed. `rng` makes the first start's key.
 */
struct rng;
struct store_backend *store_mem_new(struct rng *rng) MUST_CHECK;

struct store_executor {
	/* From the loop's thread. `op` belongs to the executor until op->done. */
	void (*submit)(struct store_executor *x, struct store_op *op);
	/* Operations handed in and not given back yet. */
	size_t (*pending)(const struct store_executor *x);
};

/* One thread that owns a back end and runs whatever has gathered as one group. Takes over `b`. */
struct store_executor *store_thread_new(struct loop *loop, struct store_backend *b, const char *thread_name);
/* Counts and times its groups from now on; borrowed, before the first submit. */
struct meter_store;
void store_thread_meter(struct store_executor *x, struct meter_store *m);
/* Finishes what was handed in (their done is called by the loop turns that follow), stops the thread, closes the back
 * end. No submit after it. */
void store_thread_stop(struct store_executor *x);
/* After the last done came back. */
void store_thread_free(struct store_executor *x);

#define STORE_INLINE_MAX_DELAY_MS 50
/* Runs in the loop's own thread after a delay drawn from `rng` (NULL: next turn): for simulation and tests. */
struct store_executor *store_inline_new(struct loop *loop, struct store_backend *b, struct rng *rng);
void store_inline_free(struct store_executor *x); /* drops what was not run, without done: a crash */

#endif
