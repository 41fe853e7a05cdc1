/*
 * What waits: items in WAITING (the partner must add something) and REVIEW (a person must look), and what ends the
 * waiting. Both back ends keep, for each such item, since when it waits and the key of its subject in the departments'
 * lists.
 */
#ifndef VNEPP_STORE_STORE_HELD_H
#define VNEPP_STORE_STORE_HELD_H

#include "daemon/store/store.h"
#include "daemon/store/store_intake.h"
#include "daemon/store/store_message.h"
#include "daemon/store/store_read.h"

#define STORE_HELD_MAX 500 /* rows of one reading operation, items of one writing one */

/* What the policy says of an item that waits, when it is asked again. */
struct store_again {
	const struct decider *decider; /* borrowed until done */
	const struct quota *quotas;    /* of the programme; borrowed until done */
	size_t quota_count;
	instant_ms_t now;
};

enum store_decide_how {
	STORE_DECIDE_EVIDENCE, /* the partner adds evidence: it is decided again */
	STORE_DECIDE_APPROVE,  /* a person approves what the rules leave to a person: it is decided again */
	STORE_DECIDE_REFUSE,   /* a person refuses: REFUSED with the person's words */
	STORE_DECIDE_RETRY,    /* the partner wants another attempt: FAILED or REFUSED, it is decided again */
};

/*
 * One item that waits. EVIDENCE: WAITING or REVIEW; APPROVE and REFUSE: REVIEW. RETRY: FAILED (the attempt gets the next
 * number) or REFUSED; while it moves or waits nothing happens (`repeated`). ERR_NOT_FOUND: there is no such item of this
 * partner; ERR_CONFLICT: it does not wait, and `before` says where it stands; ERR_TOO_LONG: more evidence than an item
 * can have. Evidence that is all there already changes nothing (`repeated`), wherever the item stands.
 */
struct store_decide {
	struct store_op op;
	enum store_decide_how how;
	item_id_t item;   /* in: or 0 and (partner, ref) */
	uint32_t partner; /* in: 0: any */
	struct str ref;
	const struct item_evidence *evidence; /* in: EVIDENCE; borrowed until done */
	size_t evidence_count;
	const struct item_request
	    *added;         /* in: EVIDENCE: declared facts and the sex, where the item lacks them; or NULL */
	struct str by, why; /* in: who, and the person's words; borrowed until done */
	struct store_again again;      /* in */
	enum item_state before, state; /* out: where it stood, where it stands */
	batch_id_t batch;              /* out */
	char reason[32];               /* out: of the decision */
	bool repeated;                 /* out */
};

/* REVIEW since `before` or longer: REFUSED with REVIEW_EXPIRED. At most `limit` of them; `next`: since when the one that
 * has waited longest is waiting then; INSTANT_NONE: nobody. */
struct store_expire {
	struct store_op op;
	instant_ms_t before, now; /* in */
	uint32_t limit;           /* in */
	uint32_t expired;         /* out */
	instant_ms_t next;        /* out */
};

/* What waits for a person, oldest first. */
struct store_get_held {
	struct store_op op;
	enum item_state state;    /* in: WAITING or REVIEW */
	instant_ms_t after_since; /* in: the last row of the page before; 0 and 0: from the first */
	item_id_t after_item;
	uint32_t limit; /* in: at most STORE_HELD_MAX */
	struct arena *arena;
	struct store_row *rows; /* out */
	instant_ms_t *since;    /* out: of each */
	size_t count;
	bool more;
};

/*
 * Renewals in REVIEW of names that the ledger does not know, and of which no registry was asked yet: with payload, by
 * ascending number.
 */
struct store_get_unread {
	struct store_op op;
	item_id_t after; /* in */
	uint32_t limit;  /* in: at most STORE_HELD_MAX */
	struct arena *arena;
	struct store_row *rows; /* out */
	size_t count;
	bool more;
};

/* What a registry says of it: a note for the person who decides. ERR_NOT_FOUND: it does not wait for that any more. */
struct store_looked {
	struct store_op op;
	item_id_t item;      /* in */
	struct str by, says; /* in: whose account; borrowed until done */
	instant_ms_t now;
};

enum store_note_kind {
	STORE_NOTE_EVIDENCE,
	STORE_NOTE_APPROVED,
	STORE_NOTE_REFUSED,
	STORE_NOTE_REGISTRY,
	STORE_NOTE_FACTS
};

/* What was added to an item after it was admitted. */
struct store_note {
	enum store_note_kind kind;
	instant_ms_t at;
	struct str by;    /* the partner's name as given, who decided, or the registry's account */
	struct str codes; /* APPROVED: the reasons that it is of, separated by spaces */
	struct str why;   /* the person's words, or the registry's */
	struct item_evidence evidence; /* EVIDENCE */
};

struct store_get_notes {
	struct store_op op;
	item_id_t item; /* in */
	struct arena *arena;
	struct store_note *notes; /* out: oldest first */
	size_t count;
};

/* ---- shared by the back ends (store_held.c) ---- */

/* The account of a cancellation: of so many lines, so many of them its own; and an item that cannot be cancelled. */
void store_cancel_begin(struct store_batch_cancel *o, uint64_t lines, uint64_t own);
void store_cancel_left(struct store_batch_cancel *o, enum item_state state);
/* Created on a day on which the decision's grant was no more to be had (lane_due() of the create: the day after its last). */
bool store_past_boundary(enum item_op op, date_t grant_from, instant_ms_t due, const struct item_result *r);
/* What becomes of a pending item when the registry's message decides it; fills in `look` and `past_boundary` of the message.
 * `last`: what the answer with 1001 said, which holds for dates. */
struct item_result store_settled_result(struct store_message *o, enum item_op op, date_t grant_from,
                                        instant_ms_t due, struct item_result last);
/* Another item of this gateway did it before: this one has failed. */
struct item_result store_taken_result(enum item_op op, struct item_result r);
/* DECIDE: the item waits for whoever this is (`before`); ERR_CONFLICT: it does not. */
enum err store_must_wait(struct store_decide *o) MUST_CHECK;
/* One piece of evidence as it is stored; views point into `blob`. */
void store_evidence_encode(const struct item_evidence *e, struct buf *out);
enum err store_evidence_decode(struct str blob, struct item_evidence *out) MUST_CHECK;
/* What a partner adds of facts: as it is stored; into the request, where that says nothing yet. False: damaged. */
void store_facts_encode(const struct item_request *added, struct buf *out);
bool store_facts_merge(struct item_request *r, struct str blob);
/* Anything of it is new to the request: *any. ERR_EXISTS: the request says otherwise already; ERR_TOO_LONG: too many. */
enum err store_facts_compare(const struct item_request *r, const struct item_request *added, bool *any,
                             struct errmsg *e) MUST_CHECK;
/* The request has this very piece. */
bool store_evidence_has(const struct item_request *r, const struct item_evidence *e);
/* The codes of a decision's reasons, separated by spaces, from `a`; `common`: its shared members as they are stored. */
struct str store_reasons_of(struct str common, struct arena *a) MUST_CHECK;
/* An approval as it is stored: the codes that it is of, and the person's words. */
struct str store_approval_make(struct str codes, struct str why, struct arena *a) MUST_CHECK;
void store_approval_split(struct str body, struct str *codes, struct str *why);
/* What is recorded when an item was decided again, or ends refused. */
struct item_result store_again_result(const struct decide_outcome *d, int attempt, instant_ms_t now);
/* RETRY: it is decided again. Else op.err is set, or `repeated`. */
bool store_may_retry(struct store_decide *o);
struct item_result store_refused_result(struct str reason, struct str words, int attempt, instant_ms_t now);

#endif
