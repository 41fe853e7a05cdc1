/*
 * An item: one line of a batch, one thing that a partner wants done to one name. This header is its shape; what is
 * asked (struct item_request), where it stands (enum item_state), how it ended (struct item_result).
 *
 * Views point into memory of whoever filled the struct (an arena, a row's buffer) and live as long as that.
 */
#ifndef VNEPP_JOB_ITEM_H
#define VNEPP_JOB_ITEM_H

#include "epp/base/arena.h"
#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/err.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define ITEM_REF_MAX       64         /* bytes; a partner's own reference */
#define ITEM_PAYLOAD_MAX   (64 << 10) /* an encoded request; a line is capped below that already */
#define ITEM_NS_MAX        13         /* RFC 1035 era limit that registries keep */
#define ITEM_NS_ADDR_MAX   8
#define ITEM_DS_MAX        8
#define ITEM_EVIDENCE_MAX  16
#define ITEM_FACTS_MAX     16
#define ITEM_FACT_NAME_MAX 40
#define ITEM_CONTACT_MAX   17 /* RFC 5730 clIDType: 3 to 16 characters, and a NUL */

enum item_op { ITEM_CREATE, ITEM_RENEW, ITEM_OP__COUNT };
const char *item_op_name(enum item_op op);

/*
 * Where an item stands (design.md section 3).
 *
 *   intake ─▶ QUEUED ─▶ SENDING ─▶ DONE | FAILED | PENDING | UNKNOWN
 *          ├▶ WAITING (needs something)      UNKNOWN ─▶ RECONCILING ─▶ DONE | FAILED | PENDING | QUEUED | NEEDS_HUMAN
 *          ├▶ REVIEW (needs a person)        PENDING ─▶ DONE | FAILED
 *          └▶ REFUSED                        QUEUED | WAITING | REVIEW ─▶ CANCELLED
 */
enum item_state {
	ITEM_QUEUED,
	ITEM_WAITING,
	ITEM_REVIEW,
	ITEM_REFUSED,
	ITEM_SENDING,
	ITEM_DONE,
	ITEM_FAILED,
	ITEM_PENDING,
	ITEM_UNKNOWN,
	ITEM_RECONCILING,
	ITEM_NEEDS_HUMAN,
	ITEM_CANCELLED,
	ITEM_STATE__COUNT
};
extern const char *const item_state_names[ITEM_STATE__COUNT + 1]; /* NULL-terminated */
const char *item_state_name(enum item_state s);
bool item_state_parse(struct str name, enum item_state *out) MUST_CHECK;
/* The table of allowed moves. */
bool item_state_may(enum item_state from, enum item_state to);
/* Nothing moves it any more, but for a new attempt or a late message of the registry. */
bool item_state_final(enum item_state s);
/* Nothing moves it without a person or the partner: final, or WAITING, REVIEW, NEEDS_HUMAN. */
bool item_state_resting(enum item_state s);

enum applicant_kind {
	APPLICANT_NONE,
	APPLICANT_CITIZEN,
	APPLICANT_ENTERPRISE,
	APPLICANT_HOUSEHOLD,
	APPLICANT_COOPERATIVE,
	APPLICANT_OTHER,
	APPLICANT__COUNT
};
const char *applicant_kind_name(enum applicant_kind k); /* "household_business" … */

enum gender { GENDER_UNKNOWN, GENDER_MALE, GENDER_FEMALE };

struct item_address {
	struct str street, ward, district, province, province_list, country; /* province: two-digit code */
};

/* Who acts for an organisation. */
struct item_representative {
	struct str name, position, id_number;
};

struct item_applicant {
	enum applicant_kind kind;
	struct str name, citizenship, id_number, tax_code, registration_number, phone, email;
	enum gender gender;
	date_t birth_date, founded_on, registered_on; /* DATE_NONE when not given */
	bool registration_exempt;
	struct item_address address;
	struct item_representative representative;
};

struct item_evidence {
	struct str type, issuer, reference, result;
	date_t date; /* DATE_NONE when not given */
};

/* A fact that the rule files declare, as text; which there are, and their types, the rule set says. */
struct item_fact {
	struct str name, value;
};

struct item_ns {
	struct str name;
	struct str addrs[ITEM_NS_ADDR_MAX];
	uint8_t addr_count;
};

struct item_ds {
	uint16_t key_tag;
	uint8_t alg, digest_type;
	struct str digest; /* upper-case hexadecimal */
};

enum item_if_not_free { ITEM_REFUSE, ITEM_CHARGE };

/* What the partner asked for. */
struct item_request {
	enum item_op op;
	struct str ref;
	struct str domain;   /* A-labels, lower case */
	struct str domain_u; /* U-labels, NFC */
	int period;          /* years */
	date_t cur_exp_date; /* renew */
	enum item_if_not_free if_not_free;
	int64_t max_fee_vnd; /* with ITEM_CHARGE; -1 when not given */
	struct item_applicant applicant;
	struct str registrant, admin, tech,
	    billing; /* contact identifiers at the registry; empty: none given */
	struct item_evidence evidence[ITEM_EVIDENCE_MAX];
	struct item_ns ns[ITEM_NS_MAX];
	struct item_ds ds[ITEM_DS_MAX];
	struct item_fact facts[ITEM_FACTS_MAX]; /* in order of their names */
	uint8_t evidence_count, ns_count, ds_count, fact_count;
	struct str services; /* comma separated, as given */
};

/*
 * The stored form: tagged fields, absent ones left out, the same request always the same bytes (two sendings of one
 * line are compared by it). `ref` and `domain` are stored beside it as columns and are part of it too.
 */
void item_encode(const struct item_request *r, struct buf *out);
/* Views point into `blob`. ERR_CORRUPT when it is not what item_encode() makes. */
enum err item_decode(struct str blob, struct item_request *out) MUST_CHECK;

/* Whose fault an unhappy end is. */
enum item_fault { FAULT_NONE, FAULT_PARTNER, FAULT_POLICY, FAULT_REGISTRY, FAULT_GATEWAY, FAULT__COUNT };
const char *item_fault_name(enum item_fault f); /* NULL for FAULT_NONE */

/* One attempt's outcome, or a step on the way to it. */
struct item_result {
	enum item_state state;
	int attempt; /* from 1 */
	int code;    /* EPP result code, 0 when there was no answer */
	enum item_fault fault;
	bool retryable;
	struct str reason;             /* a stable code of ours, e.g. "NAME_TAKEN"; may be empty */
	struct str message;            /* for people; peer text is possible */
	struct str needs;              /* comma separated: what is missing, for WAITING */
	instant_ms_t created, expires; /* INSTANT_NONE when not known */
	struct str cl_trid, sv_trid;
	int64_t charged_vnd; /* -1 when not known */
	/* Created when the decision said that it would no longer be free: the registry's create date is the one that counts. */
	bool past_boundary;
	instant_ms_t at;
};

void item_result_encode(const struct item_result *r, struct buf *out);
enum err item_result_decode(struct str blob, struct item_result *out) MUST_CHECK;

#endif
