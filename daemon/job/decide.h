/*
 * From an item and what the ledger knows to a decision: the bridge between a batch line and policy/.
 *
 * A decider is immutable after it was made and may be used from any thread; snapshots are counted by reference.
 * decide_item() is total and deterministic: the same request, ledger facts and instant give the same bytes.
 */
#ifndef VNEPP_JOB_DECIDE_H
#define VNEPP_JOB_DECIDE_H

#include "daemon/job/item.h"
#include "epp/base/buf.h"
#include "epp/base/date.h"

struct policy_ruleset;

#define DECIDE_KEY_LEN \
	16 /* bytes of the keyed hash of (zone, subject kind, identity number); 128 bits do not collide */

struct decider;

/*
 * Secret keys, so that stored keys of subjects tell nothing. They are a chain: a subject's text is hashed under the first,
 * that hash under the second, and so on. A rotation adds one and hashes what is stored once more, which needs no identity
 * number, not even for what was imported; a key that became known is useless without the newest. The first one alone makes
 * the identifiers of contacts, which a rotation must not change.
 */
#define DECIDE_KEYS_MAX 32
struct decide_keys {
	uint32_t count;
	uint8_t key[DECIDE_KEYS_MAX][32];
};

/* Takes over one reference of `rules`. One key; a chain. */
struct decider *decider_new(struct policy_ruleset *rules, const uint8_t hmac_key[32]);
struct decider *decider_new_keys(struct policy_ruleset *rules, const struct decide_keys *keys);
/* A stored key of a subject under one more key of the chain. */
void decide_rekey(const uint8_t hmac_key[32], uint8_t key[DECIDE_KEY_LEN]);
struct decider *decider_ref(struct decider *d);
void decider_unref(struct decider **d); /* NULLs *d */
/* "sha256:…" of the rule set. */
const char *decider_revision(const struct decider *d);
const struct policy_ruleset *decider_rules(const struct decider *d);

/* The grant that a decision, as JSON members, names; empty: none. In `arena` when it had to be written. */
struct str decide_grant_of(struct str common, struct arena *arena);
/* It names this one. */
bool decide_took_grant(struct str common, struct str grant);
/*
 * The applicant as the ledger knows it: a key for each of its numbers that count as one (a household may give three).
 * Taking a grant takes all of them; whoever comes with any of them has had it. `paid` stands for having had a paid name in
 * the zone, where names can be free. None without a number.
 */
#define DECIDE_NUMBERS_MAX 3
#define DECIDE_MARK_MAX    (DECIDE_NUMBERS_MAX * DECIDE_KEY_LEN)
struct decide_subject {
	uint8_t keys[DECIDE_MARK_MAX]; /* one after the other */
	uint32_t count;
	uint8_t paid[DECIDE_KEY_LEN];
	bool has_paid;
};
void decide_subject(const struct decider *d, const struct item_request *r, struct decide_subject *out);

/*
 * The subject's key in the departments' lists (new enterprises, household businesses): of the number by which the
 * subject is known (a household's certificate, else its tax code, else its owner's number), whatever the zone. False: no such subject, or no number.
 */
bool decide_list_key(const struct decider *d, enum applicant_kind kind, struct str number,
                     uint8_t key[DECIDE_KEY_LEN]);
bool decide_list_subject(const struct decider *d, const struct item_request *r, uint8_t key[DECIDE_KEY_LEN]);

/* An entry of a department's list: it is one more evidence of the decision. Views live as long as the store's operation. */
struct decide_listed {
	uint64_t list; /* its number; 0: the subject is in none */
	uint32_t line;
	struct str type, issuer;
	date_t date; /* of the list */
	date_t
	    on; /* founded or registered, as the list says; another date than the applicant's contradicts it */
};

/*
 * The keys under which lists of names may have a name: of the name itself, and of its first label, which a list may have
 * under every zone. Names are in ASCII form, lower case.
 */
void decide_name_key(const struct decider *d, struct str name, uint8_t key[DECIDE_KEY_LEN]);
void decide_label_key(const struct decider *d, struct str label, uint8_t key[DECIDE_KEY_LEN]);
/* Both of a name. */
struct decide_name_keys {
	uint8_t name[DECIDE_KEY_LEN], label[DECIDE_KEY_LEN];
};
struct decide_name_keys decide_name_keys(const struct decider *d, struct str name);

/* An entry of a list of names that are kept back. Views live as long as the store's operation. */
struct decide_named {
	uint64_t list; /* its number; 0: the name is in none */
	uint32_t line;
	bool blocked; /* for nobody; else reserved for whoever has a right to it */
	bool label;   /* the list has the label under every zone */
	struct str issuer;
	date_t date; /* of the list */
};

/* What the store knows at this moment. */
struct decide_ledger {
	bool subject_has_grant; /* another item holds or has used the grant of this subject */
	bool subject_had_paid;  /* it has registered a paid name in the zone */
	bool name_known;        /* the name is in our ledger */
	bool name_foreign;      /* … but belongs to another partner */
	bool name_granted;      /* it carries a grant */
	struct str grant;       /* … which; empty: the item that made it is not known */
	date_t grant_from;      /* first free day; DATE_NONE without a grant */
	date_t expires_on;      /* Hanoi date; DATE_NONE when not known */
	bool ownership_changed; /* a renewal says who holds the name, and that is not who got its grant */
	struct decide_listed listed;
	struct decide_named named;
	struct str approved; /* codes of reasons that a person has approved, separated by spaces */
};

/* AGAIN: while it waited for something, or for a person. */
enum decide_stage { DECIDE_ADMISSION, DECIDE_SENDING, DECIDE_PREVIEW, DECIDE_AGAIN };

struct decide_outcome {
	enum item_state state; /* QUEUED, WAITING, REVIEW or REFUSED */
	enum item_fault fault;
	bool takes_grant; /* reserve the subject key for this item */
	char reason[32];  /* main reason code */
	char needs[64];   /* what is missing, for WAITING */
	int free_years, charged_years;
	struct str zone;              /* view into the request's name */
	char province[4];             /* that it is attributed to; "" when none */
	int64_t fee_vnd;              /* expected in total */
	date_t decided_on;            /* Hanoi date of the decision */
	date_t free_from, free_until; /* DATE_NONE when they do not apply */
	date_t eligible_until;        /* the last day to send it; DATE_NONE: any day will do */
	/* Views into the buffer given to decide_item(): JSON members without braces, and the facts used (record.h). */
	struct str common, item, record;
};

/* What an item keeps of its subject: the keys of a grant that it takes, or, sent at full fee, the one that says so. */
struct str decide_mark(const struct decide_subject *s, const struct decide_outcome *out);

/* The moment as of which an item is decided again: now, or (A6) when it was admitted. */
instant_ms_t decide_moment(const struct decider *d, date_t admitted_on, instant_ms_t now);
/* A35: what turned ineligible while it waited is refused, not held for a person. */
bool decide_refuses_ineligible(const struct decider *d);

/* A quota of the programme is used up: refused, whatever the rules say. */
void decide_beyond_quota(struct decide_outcome *out);
/* `scratch` is cleared and holds the texts; reuse it. */
void decide_item(const struct decider *d, const struct item_request *r, const struct decide_ledger *ledger,
                 enum decide_stage stage, instant_ms_t now, struct buf *scratch, struct decide_outcome *out);

/*
 * Why decide_item() says what it says of these: policy/explain.h's JSON object into `tree`, and what the applicant is told
 * into `vi` and `en`. Appends; nothing at all for another partner's name, which no rule decides.
 */
void decide_explain(const struct decider *d, const struct item_request *r, const struct decide_ledger *ledger,
                    instant_ms_t now, struct buf *tree, struct buf *vi, struct buf *en);

/*
 * The registry identifier of the applicant's contact under one account: the same applicant data always gives the same
 * one, so creating it twice is harmless. Empty when the request names a registrant itself or has no applicant.
 */
void decide_contact_id(const struct decider *d, uint32_t account, const struct item_request *r,
                       char out[ITEM_CONTACT_MAX]);

#endif
