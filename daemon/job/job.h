/*
 * A job: one claimed item on its way through the registry. It is a state machine without I/O: told what the registry
 * answered, it says what to do next. The scheduler sends, waits and stores for it.
 *
 *              ┌──────────────────────────── (2303, once: what it refers to is made) ──┐
 *              ▼                                                                       │
 *   begin ─▶ CONTACT ─▶ (2302) CONTACT_LOOK ─┐                                         │
 *     │        └─▶ HOST_CHECK ─▶ HOST … ─────▼                                         │
 *     ├──────────────▶ CHECK ─────────▶ TRANSFORM ─▶ done, failed, pending, queued (not carried out)
 *     │                                      │ unknown (closed, timeout, 2400, unreadable …)
 *     └─ (after a restart: unknown) ─▶ settle ─▶ LOOK (<info>) ─▶ done, failed, pending, again, needs a person
 *                                         ▲        │ "does not exist": once more after settling
 *                                         └────────┘ the look itself failed: later, slower each time
 *
 * A transform command is never repeated before LOOK has proved, twice, that the first did not happen (design.md 2.3).
 */
#ifndef VNEPP_JOB_JOB_H
#define VNEPP_JOB_JOB_H

#include "daemon/job/item.h"
#include "epp/base/err.h"
#include "epp/response.h"

struct rng;

#define JOB_ATTEMPTS_MAX   3 /* of what provably did not happen */
#define JOB_MESSAGE_MAX    256
#define JOB_LOOK_MIN_MS    1000     /* between two looks that failed, however short the settling delay is */
#define JOB_LOOK_MAX_MS    600000   /* between two looks at a registry that hides the answer */
#define JOB_LOOK_GIVEUP_MS 86400000 /* a day of looking: then a person decides */

/* What becomes of the fee that we expect (RFC 8748), where the registry's greeting offers it. */
enum job_fee {
	JOB_FEE_OFF,     /* nothing is said of it */
	JOB_FEE_WARN,    /* it is said; when the registry refuses it, the command goes again without it */
	JOB_FEE_ENFORCE, /* it is said; when the registry refuses it, a person must look */
};

/* What the registry's greeting offers, as bits. */
enum { JOB_OFFERS_SECDNS = 1, JOB_OFFERS_FEE = 2 };

#define JOB_AUTH_MAX 64 /* characters of authInfo */

/* What a job needs to know of the registry and account it goes to. Borrowed. */
struct job_registry {
	struct str login; /* our clID: the sponsor that <info> must show */
	bool ns_as_attrs, check_first;
	unsigned check_names; /* that one <check> may ask about; 0: any number */
	enum job_fee fee;
	unsigned auth_length; /* of the authInfo of new objects; 0: it is left empty */
	struct rng *rng;      /* for authInfo, which is made for each command and kept nowhere (RFC 9154) */
	int date_offset_s;
	uint64_t settle_ms;
	uint64_t slow_ms;                  /* an answer that takes longer is a sign of trouble; 0: none is */
	const struct epp_dialect *dialect; /* the registry's own extensions; NULL: none */
};

struct config_registry;
struct config_account;
/* Borrows from the configuration. */
struct job_registry job_registry_of(const struct config_registry *r, const struct config_account *a);

enum job_phase {
	JOB_CONTACT,
	JOB_CONTACT_LOOK,
	JOB_HOST_CHECK, /* which name servers the registry does not know */
	JOB_HOST,       /* one of them is created */
	JOB_CHECK,
	JOB_TRANSFORM,
	JOB_LOOK,
	JOB_OVER,
	JOB_PHASE__COUNT
};

/* What the scheduler is to do. */
enum job_next {
	JOB_SEND, /* job_build() and send */
	JOB_WAIT, /* job_waited() after wait_ms */
	JOB_END,  /* job->result is the end: store it */
};

struct job {
	const struct job_registry *registry;
	struct item_request request;               /* views into whatever the owner decoded it from */
	struct str decision_common, decision_item; /* JSON members, where the dialect asks for the decision */
	char contact_id[ITEM_CONTACT_MAX];
	bool contact_known, contact_made; /* made: known to exist now, to be stored */
	enum job_phase phase;
	int attempt;
	bool checked;  /* a <check> came before the transform */
	bool again;    /* it was begun before; perhaps something was sent, although no attempt was counted */
	bool reading;  /* only <info> is asked, for a person: see job_begin_read() */
	bool in_doubt; /* a transform may have been carried out */
	/* No transform of this item left before. The scheduler sets it: when the first is sent, before that (and for
	 * later attempts, of which the first may still come true) when the item was admitted. */
	instant_ms_t sent_at;
	unsigned offers;          /* set before each job_build() */
	int64_t expected_vnd;     /* by the decision, in total; negative: not known */
	bool fee_sent, fee_alone; /* the command says what we expect; the registry has refused that (2004) */
	bool mended;              /* after 2303: what the name refers to was made, or is being made */
	uint16_t hosts_missing;   /* bits of request.ns */
	bool hosts_known;
	int contact_tries; /* contacts sent that the registry did not know afterwards */
	int absent;        /* looks in a row that found nothing, or nothing changed */
	int looks;
	uint64_t wait_ms, looked_ms;
	bool stops_account; /* 2104: the account has no money; with QUEUED */
	bool report; /* result has a step to be recorded although the job goes on (UNKNOWN, RECONCILING) */
	struct item_result result;
	bool not_sent;    /* with QUEUED: nothing left, the attempt does not count */
	bool lacks_facts; /* job_build() failed for facts that the registry's mapping demands */
	char message[JOB_MESSAGE_MAX], cltrid[65], svtrid[65];
};

/* `j` has registry, request, contact_id, contact_known, attempt, again set, the rest zero; sent_at is set afterwards. */
enum job_next job_begin(struct job *j);
/* An item found in UNKNOWN or RECONCILING after a start; `sent_at` is the earliest moment it may have been sent. */
enum job_next job_begin_look(struct job *j, instant_ms_t sent_at);
/* Asks with <check> before the create that would be sent next, unless that was done. True: it will. */
bool job_check_first(struct job *j);
/* Only asks what the registry says of the name: ends with result.message, for people, and what it says of dates. */
enum job_next job_begin_read(struct job *j);
/* The letter of the phase for clTRIDs: c, i, h, n, k, t, q. */
char job_step_letter(const struct job *j);
bool job_is_transform(const struct job *j);
/* On to the command that follows when the registry agrees to everything; false: there is none. For showing them. */
bool job_step(struct job *j);
/* Appends the phase's command. ERR_* of the builder: the job cannot be sent, job_unbuildable() tells. */
enum err job_build(struct job *j, struct str cltrid, struct buf *out, struct errmsg *e) MUST_CHECK;
/* `cltrid` of the command; `now` wall time. */
enum job_next job_answered(struct job *j, const struct epp_response *r, const char *cltrid, instant_ms_t now);
/* The command's outcome is not known: `text` says why. */
enum job_next job_lost(struct job *j, const char *cltrid, const char *text, instant_ms_t now);
enum job_next job_unbuildable(struct job *j, const char *text);
enum job_next job_waited(struct job *j);
/* Ends it early: what has not been sent goes back to the queue under `reason` (static), what is in doubt stays UNKNOWN.
 * Only while the phase's command is not under way. */
void job_put_back(struct job *j, const char *reason, const char *why);

/* Done, and the registry charges, or would have had us expect, another fee than the decision. */
bool job_fee_differs(const struct job *j);

#endif
