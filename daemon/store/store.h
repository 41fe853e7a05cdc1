/*
 * The durable store: what a back end does (struct store_backend), and the operations themselves.
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
#include "daemon/core/quota.h"
#include "daemon/job/decide.h"
#include "daemon/job/item.h"
#include "daemon/store/store_hold.h"
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
	STORE_BATCH_BEGIN, /* writer */
	STORE_BATCH_CHUNK,
	STORE_BATCH_PUBLISH,
	STORE_BATCH_ABORT,
	STORE_BATCH_CANCEL,
	STORE_EXPEDITE, /* what has become urgent goes ahead */
	STORE_UNPARK,   /* what was parked may be claimed again */
	STORE_LEASE,    /* part of a daily cap, before it is used */
	STORE_CLAIM,
	STORE_FINISH,
	STORE_MESSAGE, /* a poll message and its effects */
	STORE_MESSAGE_DONE,
	STORE_RULES_KEEP, /* a rule set for ever, and what has happened to it */
	STORE_IMPORT,     /* names and grants from before */
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
	STORE_QUEUES,      /* which (account, partner, lane) have work; reader or writer */
	STORE_PREVIEW,     /* store_preview.h: what intake would make of lines; reader or writer */
	STORE_GET_BATCH,   /* reader */
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
	STORE_GET_USED,    /* what is used of quotas */
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

/* ---- start-up ---------------------------------------------------------------------------------------------------- */

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

/* ---- intake ------------------------------------------------------------------------------------------------------ */

/* What a partner may have in the store: lines that wait to be sent, and new ones on a day in Hanoi. */
struct store_room {
	struct limit queued, per_day; /* in */
	uint64_t waiting, adding,
	    today; /* out: now; what a publication would add; admitted today. Those with a limit */
	bool queue_full, day_full; /* out: a limit is reached; in shadow it only says so */
};

/* A key is its batch's for so long after the publication; then it may begin another one. */
#define STORE_KEY_KEPT_DAYS 30
#define STORE_KEY_KEPT_MS   (STORE_KEY_KEPT_DAYS * 86400000ll)

struct store_batch_begin {
	struct store_op op;
	uint32_t partner;           /* in */
	struct str idempotency_key; /* in: borrowed until done; empty: none */
	instant_ms_t now;           /* in */
	uint32_t trace;             /* in: of the request, as clTRIDs have it; 0: none */
	struct store_room
	    room; /* nothing is left, and the key is not known: ERR_FULL, and no batch is made */
	batch_id_t
	    batch; /* out: the new batch; with ERR_EXISTS the published one under this key, with ERR_BUSY
	                               one that is still being received */
	uint8_t payload_hash[32]; /* out with ERR_EXISTS: what that batch's body hashed to */
};

enum store_line_outcome {
	STORE_LINE_NEW,      /* stored */
	STORE_LINE_SAME,     /* this ref with this content is known: the old item answers */
	STORE_LINE_CONFLICT, /* this ref is known with other content: an error */
	STORE_LINE_BUSY,     /* this ref is in another upload, which is not finished */
	STORE_LINE_TWICE, /* an earlier line of this very upload has this ref, with this content: an error */
};

struct store_line {
	/* in: views borrowed until done */
	uint32_t line; /* from 1, in the body */
	uint32_t account;
	uint8_t lane;
	struct str payload; /* item_encode() */
	const struct item_request
	    *request; /* its decoded form; NULL: the back end decodes it when its turn comes */
	char contact_id[ITEM_CONTACT_MAX]; /* contact to create first, or "" */
	/* out */
	enum store_line_outcome outcome;
	item_id_t item;
	enum item_state state; /* SAME: as it was decided, or of its newest result */
	char reason[32];
};

struct store_batch_chunk {
	struct store_op op;
	batch_id_t batch; /* in */
	uint32_t partner; /* in */
	const struct decider
	    *decider; /* in: borrowed until done; decides each line in order, within the transaction */
	const struct quota
	    *quotas; /* in: of the programme; borrowed until done. A line beyond one is REFUSED */
	size_t quota_count;
	instant_ms_t now;         /* in */
	struct store_line *lines; /* in/out: caller's; at most STORE_CHUNK_MAX */
	size_t count;
};

struct store_batch_publish {
	struct store_op op;
	batch_id_t batch;         /* in */
	uint8_t payload_hash[32]; /* in */
	instant_ms_t now;         /* in */
	struct store_room room;   /* more than there is: ERR_FULL, and it is not published */
};

/* Removes an unpublished batch with all its items, refs and reserved grants. */
struct store_batch_abort {
	struct store_op op;
	batch_id_t batch;
};

/* Cancels what is QUEUED, WAITING or REVIEW; grants go back. */
struct store_batch_cancel {
	struct store_op op;
	batch_id_t batch;                 /* in */
	uint32_t partner;                 /* in: must own it, else ERR_NOT_FOUND */
	instant_ms_t now;                 /* in */
	uint64_t cancelled;               /* out */
	uint64_t too_late;                /* out: being sent, or ended */
	uint64_t late[ITEM_STATE__COUNT]; /* out: of these, in each state */
};

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct store_queue_key {
	uint32_t account, partner;
	uint8_t lane;
};

/* Queues with anything to claim now. */
struct store_queues {
	struct store_op op;
	instant_ms_t now;             /* in */
	struct store_queue_key *keys; /* out: from `arena` */
	size_t count;                 /* out */
	instant_ms_t next_ready; /* out: when the next waiting retry becomes claimable; INSTANT_NONE: none */
	instant_ms_t
	    next_urgent; /* out: when the first item in a lower lane becomes urgent: STORE_EXPEDITE is due;
	                                    INSTANT_NONE: none */
	struct arena *arena; /* in: borrowed */
};

/*
 * Items that were never sent and are urgent (daemon/job/lane.h) leave their place for the urgent lane, where the
 * one that is due first goes first. At most `limit` at once; `more`: there may be others.
 */
struct store_expedite {
	struct store_op op;
	instant_ms_t now; /* in */
	uint32_t limit;   /* in */
	uint32_t moved;   /* out */
	bool more;        /* out */
};

/*
 * Parked: in the queue, and not to be claimed before STORE_UNPARK lets it. What costs money is parked while the account
 * has none, so that it is neither tried again and again nor in the way of what is free. As a `not_before`.
 */
#define STORE_PARKED \
	9007199254740991ll  /* milliseconds; the partial index in sqlite_schema.c has this very number */
#define STORE_PARK_MAX 1000 /* items parked by one claim: bounds the writer's time */

/* Parked items of one account, oldest first, may be claimed from now on. */
struct store_unpark {
	struct store_op op;
	uint32_t account; /* in */
	uint32_t limit;   /* in */
	instant_ms_t now; /* in */
	uint32_t moved;   /* out */
	bool more;        /* out: there may be others */
};

/*
 * Part of what may be used on a day: put down before it is used, so that after a crash what was put down counts as used.
 * What is put down for a day in all never passes `max`.
 */
struct store_lease {
	struct store_op op;
	const char *scope; /* in: borrowed; begins with STORE_LEASE_SCOPE */
	date_t day;        /* in: in Hanoi */
	uint64_t max;      /* in */
	uint64_t wanted;   /* in: at least 1 */
	uint64_t granted;  /* out: 0 to wanted */
	uint64_t total;    /* out: put down for that day, with this */
};
#define STORE_LEASE_SCOPE "day/"

/* A claimed item; views live in the operation's arena. */
struct store_claimed {
	item_id_t item;
	batch_id_t batch;
	uint32_t partner, line;
	uint32_t offset;       /* in the claim: (epoch, claim, offset, trace) makes the clTRID */
	uint32_t trace;        /* of the batch: store_batch_begin */
	int attempt;           /* from 1 */
	bool again;            /* it has been claimed before: something may have been sent, counted or not */
	instant_ms_t admitted; /* nothing was sent for it before */
	bool paid;             /* the decision says that years of it are charged */
	int64_t fee_vnd;       /* expected by the decision in force, in total; negative: not known */
	bool contact_known;
	char contact_id[ITEM_CONTACT_MAX];
	struct str payload;
	struct str decision_common, decision_item; /* the decision in force as JSON members; when wanted */
};

/*
 * Up to `max` items of one queue: the earliest deadline first, then oldest first, repeated ones
 * before new ones. Committed before it is given back: from
 * then on, after a crash, each of them is UNKNOWN. Items decided on another Hanoi date or under another revision are
 * decided again; what is no longer free becomes REVIEW (fault: gateway) and is not among the claimed. Of items that cost
 * money at most `paid_max` are claimed; others are parked, and so are those that a hold names.
 */
struct store_claim {
	struct store_op op;
	struct store_queue_key queue;   /* in */
	uint32_t max;                   /* in */
	uint32_t paid_max;              /* in: UINT32_MAX: any number */
	const struct store_hold *holds; /* in: borrowed until done */
	size_t hold_count;              /* in */
	bool want_decisions;            /* in: the registry is told of them */
	const struct decider *decider;  /* in: borrowed until done */
	instant_ms_t now;               /* in */
	struct arena *arena;            /* in: borrowed */
	uint64_t claim;                 /* out; 0 when nothing was claimed */
	struct store_claimed *items;    /* out: from arena */
	size_t count;                   /* out */
	bool more;                      /* out: the queue may hold more */
	uint32_t held;                  /* out: turned to REVIEW */
	uint32_t parked;                /* out */
};

enum store_name_effect { STORE_NAME_NONE, STORE_NAME_CREATED, STORE_NAME_RENEWED };
enum store_grant_effect { STORE_GRANT_KEEP, STORE_GRANT_RELEASE };

/* One step of one item. */
struct store_step {
	item_id_t item;
	uint64_t claim; /* the claim that held it, 0 when none does (reconciliation after a start) */
	bool
	    leaves_claim; /* this step ends its being sent (anything but RECONCILING and UNKNOWN in the same run) */
	struct item_result
	    result; /* views borrowed until done; result.state QUEUED: send again at not_before */
	instant_ms_t not_before; /* for QUEUED; STORE_PARKED: parked */
	bool not_sent;           /* QUEUED because nothing was sent: the attempt does not count */
	enum store_name_effect name;
	enum store_grant_effect grant;
	bool past_boundary; /* out: item_result.past_boundary, as it is recorded */
	char
	    contact_created[ITEM_CONTACT_MAX]; /* a contact now known to exist at the item's account, or "" */
};

struct store_finish {
	struct store_op op;
	struct store_step *steps; /* in: caller's */
	size_t count;
	instant_ms_t now;
};

/*
 * A poll message with all its effects, stored before it is acknowledged: a panData settles the item whose create is
 * pending; a name that is gone belongs to nobody (its renewal is refused), one that the registry renewed expires later.
 * What a person should look at waits until STORE_MESSAGE_DONE.
 */
struct store_message {
	struct store_op op;
	uint32_t account;                /* in */
	struct str id, kind, text, body; /* in: borrowed; `body`: the frame for people, without secrets */
	instant_ms_t at;                 /* in */
	instant_ms_t now;
	struct str domain;  /* in: the name it is about, A-labels; empty: none */
	bool is_pan;        /* in: pending action of a domain */
	struct str cl_trid; /* in: paTRID, may be empty */
	bool pan_approved;  /* in */
	bool gone;          /* in: `domain` is the account's no more */
	instant_ms_t
	    expires; /* in: it expires then, when that is later than we know; INSTANT_NONE: nothing new */
	struct str attention; /* in: why a person should look at it; empty: nobody needs to */
	const char *setting;  /* in: a setting to write with it (STORE_SETTING), or NULL */
	struct str setting_value;
	item_id_t settled;  /* out: the item it settled, or 0 */
	bool look;          /* out: approved, but its dates are not known: RECONCILING, <info> must tell */
	bool known;         /* out: `domain` was one of the account's */
	bool waits;         /* out: for a person; also a panData that settles nothing */
	bool past_boundary; /* out: of what it settled, as item_result.past_boundary */
	bool duplicate;     /* out: this message was stored before; nothing else has happened */
};

/* A person has dealt with it. ERR_NOT_FOUND: there is none, or nobody waits for it. */
struct store_message_done {
	struct store_op op;
	uint64_t message; /* in */
	struct str why;   /* in: borrowed */
	instant_ms_t now; /* in */
};

#define STORE_MESSAGES_MAX 500 /* rows of one reading operation */

struct store_message_row {
	uint64_t message; /* the store's number */
	uint32_t account;
	struct str id, kind, text, domain, attention, done_why;
	struct str body; /* only of a single one */
	item_id_t item;  /* that it settled, or 0 */
	instant_ms_t at, stored, done_at;
	bool waits; /* for a person */
};

/* What is used of a quota in a period. Partners' lines are under "lines/NUMBER",
 * registries' daily caps under STORE_LEASE_SCOPE, the programme's quotas under their names. */
struct store_used {
	struct str scope;
	date_t begin; /* of the period */
	uint64_t used;
};

struct store_get_used {
	struct store_op op;
	struct arena *arena;
	struct store_used *list; /* out: by scope, then begin */
	size_t count;
};

/* Messages, newest first. */
struct store_get_messages {
	struct store_op op;
	uint64_t message; /* in: this one, with its body; 0: many */
	bool waiting;     /* in: only those that wait for a person */
	uint32_t limit;   /* in: at most STORE_MESSAGES_MAX */
	struct arena *arena;
	struct store_message_row *rows; /* out */
	size_t count;
	bool more;
};

/* A name from before this gateway's time. */
struct store_import_row {
	struct str domain;
	uint32_t partner, account;
	instant_ms_t created, expires;
	date_t grant_from;             /* DATE_NONE: paid */
	struct decide_subject subject; /* who has it; none: count and has_paid are 0 */
};

struct store_import {
	struct store_op op;
	struct store_import_row *rows; /* in: caller's; at most STORE_CHUNK_MAX */
	size_t count;
	uint64_t added, replaced; /* out */
};

/* ---- rule sets --------------------------------------------------------------------------------------------------- */

/* One step on a rule set's way into force and out of it. Texts may be empty. */
struct store_rules_step {
	struct str step;          /* a word of the caller's, such as "staged" */
	struct str revision;      /* which is about */
	struct str person, login; /* who, as given; whose login it came from */
	struct str why;
	instant_ms_t at;
};

/*
 * Keeps a rule set under its revision, for ever, together with steps and a setting: all of it or nothing. A revision
 * that is kept already stays as it is. Without a text it must be kept already (ERR_NOT_FOUND, nothing has happened).
 */
struct store_rules_keep {
	struct store_op op;
	struct str revision,
	    text;         /* in: borrowed; `revision` empty: none is kept; `text`: policy_canonical() */
	instant_ms_t now; /* in: when it was first seen */
	const struct store_rules_step *steps; /* in: borrowed */
	size_t step_count;
	const char *setting; /* in: a setting to write with it (STORE_SETTING), or NULL */
	struct str setting_value;
	bool added; /* out: it was not kept before */
};

struct store_rules_row {
	struct str revision;
	struct str text; /* only of a single one */
	instant_ms_t first_seen;
};

/* Rule sets, the one that was first seen last first. */
struct store_get_rules {
	struct store_op op;
	struct str revision; /* in: this one, with its text (ERR_NOT_FOUND); empty: many */
	uint32_t limit;      /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_rules_row *rows; /* out */
	size_t count;
	bool more;
};

/* What became of rule sets, newest first. */
struct store_get_rules_steps {
	struct store_op op;
	uint32_t limit; /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_rules_step *rows; /* out */
	size_t count;
	bool more;
};

/* A decision as it was taken: at admission, and each later one. */
struct store_record {
	item_id_t item;
	uint64_t seq; /* of the result that carries it; 0: at admission */
	struct str ref, domain;
	struct str common, detail; /* JSON members */
	struct str record;         /* daemon/job/record.h */
};

/* All decisions of up to `limit` items of published batches behind `after`, oldest first, of one item together. */
struct store_get_records {
	struct store_op op;
	item_id_t after; /* in: 0: from the first on; out: the last item that was looked at */
	uint32_t limit;  /* in: at most STORE_PAGE_MAX */
	struct arena *arena;
	struct store_record *rows; /* out */
	size_t count;
	bool more;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct store_batch_info {
	batch_id_t batch;
	uint32_t partner;
	uint64_t lines, items; /* lines in the body; new items among them */
	uint64_t counts
	    [ITEM_STATE__COUNT]; /* of the lines (a repeated line counts in the state of the item it points at) */
	instant_ms_t created;
	uint64_t version; /* grows with every change: the ETag */
};

struct store_get_batch {
	struct store_op op;
	batch_id_t batch;             /* in */
	uint32_t partner;             /* in: 0: any (operators) */
	struct store_batch_info info; /* out */
};

/* One line's item as it stands; views live in the arena. */
struct store_row {
	item_id_t item;
	batch_id_t batch;
	uint32_t line, partner, account;
	enum item_op op;
	uint8_t lane; /* as it was admitted */
	enum item_state state;
	struct str ref, domain;
	struct str payload;                        /* only with want_payload */
	struct str decision_common, decision_item; /* JSON members */
	struct item_result result;                 /* the newest; .at INSTANT_NONE when there is none */
	char intake_reason[32];                    /* main reason of the decision at intake */
	bool paid;                                 /* as decided at intake: years of it are charged */
	enum item_fault intake_fault;
	instant_ms_t admitted;
	instant_ms_t waits_since; /* in REVIEW: since then; INSTANT_NONE: it is not */
	instant_ms_t
	    not_before; /* QUEUED again: it waits until then; INSTANT_NONE: it is not, or for something else */
};

/* Lines of a batch in input order. */
struct store_get_items {
	struct store_op op;
	batch_id_t batch;       /* in */
	uint32_t partner;       /* in: 0: any */
	uint32_t after_line;    /* in: 0: from the first */
	uint32_t limit;         /* in: at most STORE_PAGE_MAX */
	bool by_state;          /* in */
	enum item_state state;  /* in, with by_state */
	struct arena *arena;    /* in: borrowed */
	struct store_row *rows; /* out */
	size_t count;           /* out */
	bool more;              /* out */
};

struct store_get_item {
	struct store_op op;
	item_id_t item;    /* in: or 0 and (partner, ref) */
	uint32_t partner;  /* in: 0: any */
	struct str ref;    /* in */
	bool want_payload; /* in */
	struct arena *arena;
	struct store_row row; /* out */
};

/* Items in UNKNOWN, RECONCILING, PENDING or NEEDS_HUMAN, by ascending id. */
struct store_get_open {
	struct store_op op;
	item_id_t after; /* in */
	uint32_t limit;  /* in */
	struct arena *arena;
	struct store_row *rows; /* out, with payload */
	size_t count;
	bool more;
};

struct store_get_domain {
	struct store_op op;
	struct str domain;             /* in: borrowed */
	uint32_t partner;              /* out: owner */
	uint32_t account;              /* out */
	instant_ms_t created, expires; /* out */
	date_t grant_from, free_until; /* out */
};

struct store_get_counts {
	struct store_op op;
	uint64_t items[ITEM_STATE__COUNT]; /* over everything stored */
	uint64_t batches, domains, grants, messages_waiting;
};

/* ---- figures over time ------------------------------------------------------------------------------------------- */

/* One queue: an account's, for a partner, in a lane. */
struct store_depth {
	struct store_queue_key queue;
	uint64_t items; /* waiting; of a batch with several lanes or accounts, at most so many */
	instant_ms_t oldest;
};

struct store_partner_depth {
	uint32_t partner;
	uint64_t items; /* QUEUED, of published batches */
};

struct store_get_depths {
	struct store_op op;
	struct arena *arena;               /* in: borrowed */
	uint64_t items[ITEM_STATE__COUNT]; /* out: over everything stored, as store_get_counts */
	struct store_depth *depths;        /* out */
	size_t count;
	struct store_partner_depth *partners; /* out: those with anything queued, exactly */
	size_t partner_count;
};

/*
 * History is kept at falling resolution: every figure goes into a point of each of these steps, and a point is dropped
 * when it is older than the step's reach. Nothing is lost by a restart.
 */
#define STORE_HISTORY_STEPS 4
struct store_history_step {
	uint32_t step_s, keep_s;
};
extern const struct store_history_step store_history_steps[STORE_HISTORY_STEPS];

struct store_history_add {
	struct store_op op;
	instant_ms_t at;       /* in */
	const int64_t *values; /* in: caller's; the index is the series, INT64_MIN: nothing to say */
	size_t count;
};

struct store_point {
	uint32_t series;
	instant_ms_t at; /* the beginning of the step */
	int64_t count, sum, high;
};

struct store_get_history {
	struct store_op op;
	uint32_t step_s; /* in: one of store_history_steps */
	instant_ms_t from;
	struct arena *arena;
	struct store_point *points; /* out: by series, then time */
	size_t count;
};

#define STORE_PROGRESS_MAX \
	2000 /* results looked at by one operation: some milliseconds of the writer's time */

struct store_progress {
	struct store_op op;
	bool more; /* out: ask again */
};

/* Some milliseconds of work that makes later operations cheaper; nothing that anybody reads changes. */
struct store_tidy {
	struct store_op op;
	bool more; /* out: there is more of it */
};

/* Names registered through this gateway. */
struct store_progress_row {
	struct str zone, province; /* as decided: "68@2025-07-01", a code and its list; or empty */
	uint64_t names, granted;
};

struct store_get_progress {
	struct store_op op;
	date_t from, to; /* in: Hanoi dates of registration, both included */
	struct arena *arena;
	struct store_progress_row *rows; /* out */
	size_t count;
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

/*
 * SQLite, WAL, synchronous=FULL. `vfs`: NULL for the system's files. Takes an exclusive lock beside the file
 * (ERR_LOCKED with the holder's pid in the message); creates or migrates the schema.
 */
/* The version of the tables that this program makes and reads. */
int store_sqlite_schema(void);
/* "3.40.1": the library in use. */
const char *store_sqlite_library(void);
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
