/*
 * The policy: facts about one create or renewal in, a decision out. The law is in rule files (policy/rules); this code
 * knows only the vocabulary they are written in.
 *
 * A rule set is immutable after loading and may be used from any thread. policy_decide() is total and deterministic:
 * no I/O, no clock, no floating point, no allocation; the same facts and rule set give the same decision and the
 * same printed bytes. All dates are Hanoi dates (UTC+07:00).
 */
#ifndef VNEPP_POLICY_POLICY_H
#define VNEPP_POLICY_POLICY_H

#include "epp/base/buf.h"
#include "epp/base/date.h"
#include "epp/base/diag.h"
#include "epp/base/err.h"
#include "epp/base/hash.h"
#include "epp/base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* ---- facts ---- */

enum policy_op { POLICY_CREATE, POLICY_RENEW, POLICY_OP__COUNT };
enum policy_kind {
	POLICY_KIND_NONE, /* not given */
	POLICY_CITIZEN,
	POLICY_ENTERPRISE,
	POLICY_HOUSEHOLD, /* "household_business" */
	POLICY_COOPERATIVE,
	POLICY_OTHER,
	POLICY_KIND__COUNT
};
enum policy_gender { POLICY_GENDER_UNKNOWN, POLICY_MALE, POLICY_FEMALE, POLICY_GENDER__COUNT };
enum policy_result { POLICY_UNCONFIRMED, POLICY_CONFIRMED, POLICY_CONTRADICTED, POLICY_RESULT__COUNT };
enum policy_flag { POLICY_UNKNOWN, POLICY_NO, POLICY_YES }; /* a yes/no that may be missing */
enum policy_listed { POLICY_NOT_LISTED, POLICY_RESERVED, POLICY_BLOCKED, POLICY_LISTED__COUNT };

/* Names as in design.md section 3: "create", "household_business", "male", "confirmed" ... */
extern const char *const policy_op_names[];     /* NULL-terminated, like the others */
extern const char *const policy_kind_names[];   /* [POLICY_KIND_NONE] is "none" */
extern const char *const policy_gender_names[]; /* [POLICY_GENDER_UNKNOWN] is "unknown" */
extern const char *const policy_result_names[];
extern const char *const policy_listed_names[]; /* "none", "reserved", "blocked" */

struct policy_evidence {
	struct str type; /* "ekyc", "document_check", "certificate", ... (the rule files say which count) */
	struct str issuer, reference;
	date_t date; /* DATE_NONE when not given */
	enum policy_result result;
};

/*
 * A fact that the rule files themselves declare (section `facts`): its value as text: "true", "12", "2026-11-20" or one
 * of its codes. One that the rule set does not know, or whose value is not of its type, counts as missing.
 */
#define POLICY_GIVEN_NAME_MAX 40
struct policy_given {
	struct str name, value;
};

/* An entry of a list of names that are kept back. What is known of the list is told, and decides nothing. */
struct policy_name_list {
	enum policy_listed
	    kind;      /* POLICY_NOT_LISTED: no list in force has the name, and the rest says nothing */
	uint64_t list; /* its number; 0: not known */
	uint32_t line;
	bool label; /* the list has the label under every zone, not this very name */
	struct str issuer;
	date_t date; /* of the list */
};

/*
 * What is known. A fact that is missing is an empty view, DATE_NONE, POLICY_UNKNOWN or a negative number; start from
 * POLICY_FACTS_NONE. Views are read only during policy_decide().
 */
struct policy_facts {
	enum policy_op op;
	instant_ms_t at; /* when the decision is taken; INSTANT_NONE: missing */
	struct str zone; /* "id.vn"; policy_zone_of() */
	int name_length; /* characters of the label that is registered (U-form), for fees of short names */
	bool name_idn;
	int period; /* years; negative: not given */

	enum policy_kind kind;
	struct str citizenship; /* ISO 3166-1 alpha-2, "VN" */
	enum policy_gender gender;
	date_t birth_date;
	struct str id_number, tax_code, registration_number;
	date_t founded_on, registered_on;     /* first certificate, never an amendment (A5) */
	enum policy_flag registration_exempt; /* POLICY_UNKNOWN counts as not declared, that is NO */
	struct str province, province_list;   /* two-digit code of the address and the list that it is from */

	struct str name; /* as people write it: for them alone, it decides nothing */

	const struct policy_evidence *evidence;
	size_t evidence_count;

	const struct policy_given *given; /* declared facts */
	size_t given_count;

	/* Codes of reasons, separated by spaces: a person in charge has looked at them, and vouches for what the rules leave to
	 * a person. A check that fails with `review` for one of them is an exception then, shown as such. Other doubts, what is
	 * missing, and what refuses, hold all the same. */
	struct str approved;

	bool charge;         /* if_not_free: charge */
	int64_t max_fee_vnd; /* with charge; negative: not given, nothing may be bought */

	struct policy_name_list name_list; /* create: the list that has the name */

	/* from the ledger */
	int prior_grants;              /* of the subject in this zone, used up or deleted ones too (A19) */
	enum policy_flag prior_paid;   /* the subject earlier registered a paid name in the zone */
	enum policy_flag name_known;   /* renewal: the ledger knows the name's history (A37) */
	enum policy_flag name_granted; /* renewal: it carries a grant */
	enum policy_flag ownership_changed; /* renewal: another holder than the one who got the grant */
	struct str grant;                   /* renewal: grant id, when recorded */
	date_t grant_from;                  /* renewal: first free day */
	int free_years_used;                /* renewal: as counted by the ledger */
	date_t expires_on;                  /* renewal: current expiry date in Hanoi */
};

#define POLICY_FACTS_NONE                                        \
	((struct policy_facts){.at = INSTANT_NONE,               \
	                       .birth_date = DATE_NONE,          \
	                       .founded_on = DATE_NONE,          \
	                       .registered_on = DATE_NONE,       \
	                       .period = -1,                     \
	                       .max_fee_vnd = -1,                \
	                       .name_list = {.date = DATE_NONE}, \
	                       .prior_grants = -1,               \
	                       .grant_from = DATE_NONE,          \
	                       .free_years_used = -1,            \
	                       .expires_on = DATE_NONE})

/* The zone of a name: what follows its first label ("id.vn", "vn"); empty for a name of one label. */
struct str policy_zone_of(struct str domain);

/* ---- rule sets ---- */

struct policy_ruleset;

struct policy_text {
	const char *name; /* for messages */
	struct str text;
};

/*
 * Loads all "*.yaml" of a folder in order of their names. `site_path`: the site file, in place of the folder's own
 * site.yaml when that is there; NULL: the folder's own. NULL, and all errors at once in `d`, when there was any.
 */
struct policy_ruleset *policy_load_dir(const char *dir, const char *site_path, struct diag *d) MUST_CHECK;
/* The same from memory. */
struct policy_ruleset *policy_load_texts(const struct policy_text *texts, size_t count,
                                         struct diag *d) MUST_CHECK;
/* A switch and the option that it shall stand at, whatever the site file says. */
struct policy_choice {
	struct str id, option;
};
struct policy_ruleset *policy_load_dir_choosing(const char *dir, const char *site_path,
                                                const struct policy_choice *choices, size_t choice_count,
                                                struct diag *d) MUST_CHECK;
struct policy_ruleset *policy_ref(struct policy_ruleset *r);
void policy_unref(struct policy_ruleset **r); /* NULLs *r; the last one frees */
/* "sha256:…" over the canonical content: comments, layout and the split into files do not count. */
const char *policy_revision(const struct policy_ruleset *r);
/* The canonical content itself: one JSON text that policy_load_texts() takes back to the same revision. */
struct str policy_canonical(const struct policy_ruleset *r);

/* A6: the day of admission is that of the registration, whenever it is sent (else the day of sending, or the registry's). */
bool policy_admission_counts(const struct policy_ruleset *r);
/* A35: what turned ineligible in our own queue is refused (else held for a person). Neither is ever charged. */
bool policy_refuses_ineligible(const struct policy_ruleset *r);

/* Checks and conditions of grants in force under its switches. */
size_t policy_rule_count(const struct policy_ruleset *r);

/* Can the rule set take this declared fact? ERR_INVALID: it is not declared, or the value is none; `e` says what is. */
enum err policy_given_check(const struct policy_ruleset *r, const struct policy_given *g,
                            struct errmsg *e) MUST_CHECK;

enum policy_lang { POLICY_VI, POLICY_EN };
/* What an applicant is told for a reason or flag code; empty when there is no such code. */
struct str policy_reason_message(const struct policy_ruleset *r, struct str code, enum policy_lang lang);
/* What the applicant can do about it; empty when there is nothing to be said. */
struct str policy_reason_advice(const struct policy_ruleset *r, struct str code, enum policy_lang lang);

/* There is a grant of this id. */
bool policy_has_grant(const struct policy_ruleset *r, struct str id);
/* A named number of the rule files (section `values`) on a date; false: none is in force. */
bool policy_value(const struct policy_ruleset *r, struct str id, date_t on, int64_t *out) MUST_CHECK;
#define POLICY_REVIEW_PERIOD "review-period" /* days that an item waits for a person; then it is refused */
/* Some check asks whether a list has the name: without one, such lists mean nothing. */
bool policy_asks_name_lists(const struct policy_ruleset *r);
/* Some condition counts evidence of this type. */
bool policy_counts_evidence(const struct policy_ruleset *r, struct str type);

/* ---- decisions ---- */

enum policy_outcome {
	POLICY_GRANT,
	POLICY_GRANT_PARTIAL, /* some years free, some paid */
	POLICY_NO_GRANT,      /* may go on at full fee */
	POLICY_REVIEW,        /* held */
	POLICY_REJECT,        /* not sent */
	POLICY_OUTCOME__COUNT
};
extern const char *const policy_outcome_names[]; /* "grant", "grant_partial", ... */

/* What follows from the outcome and from what the partner allows to be charged. */
enum policy_action { POLICY_SEND, POLICY_HOLD, POLICY_REFUSE };

#define POLICY_REASONS_MAX 16
#define POLICY_FLAGS_MAX   8
#define POLICY_CITES_MAX   24
#define POLICY_NEEDS_MAX   8
#define POLICY_KEY_MAX     96

struct policy_word;   /* a reason, flag or need: policy_code() */
struct policy_clause; /* of the rule set */
struct policy_grant;
struct policy_waiver;
struct policy_plan;
struct policy_programme;

enum policy_role {
	POLICY_ROLE_ELIGIBILITY,
	POLICY_ROLE_WAIVER,
	POLICY_ROLE_TERM,
	POLICY_ROLE_REASON,
	POLICY_ROLE_FLAG
};

struct policy_cite {
	const struct policy_clause *clause;
	enum policy_role role;
};

/* Points into the rule set (valid while a reference to it is held), never into the facts. */
struct policy_decision {
	const struct policy_ruleset *rules; /* borrowed */
	enum policy_outcome outcome;
	enum policy_action action;
	const struct policy_word *reasons[POLICY_REASONS_MAX]; /* the first is the main one */
	const struct policy_word *flags[POLICY_FLAGS_MAX];
	const char *needs[POLICY_NEEDS_MAX]; /* names of missing facts, "evidence" among them */
	struct policy_cite cites[POLICY_CITES_MAX];
	uint8_t reason_count, flag_count, need_count, cite_count;

	const struct policy_grant *grant;                    /* NULL when none fits */
	const struct policy_waiver *waiver;                  /* NULL when none is in force */
	const struct policy_plan *plan;                      /* NULL: no provincial plan */
	const struct policy_programme *programme;            /* NULL: none on that date */
	char province[4], province_list[24], area_before[4]; /* attribution; "" when not known */

	int free_years, charged_years;
	date_t decided_on;            /* Hanoi date */
	date_t free_from, free_until; /* first free day, first paid day; DATE_NONE without a grant */
	date_t eligible_until;        /* last day on which the same facts get the grant; DATE_NONE */
	int64_t levy_vnd, maintenance_vnd, expected_vnd; /* to be paid; negative: not known */
	char key
	    [POLICY_KEY_MAX]; /* one grant per key: "id.vn/citizen/0682…"; "" for renewals or without a number */
};

void policy_decide(const struct policy_ruleset *r, const struct policy_facts *f, struct policy_decision *out);

/* The code of a reason or flag, such as "AGE_UNDER_18". */
struct str policy_code(const struct policy_word *w);
/* The main reason's code. */
struct str policy_main_reason(const struct policy_decision *d);
/* "64/2025/TT-BTC"; empty when there is none. */
struct str policy_waiver_name(const struct policy_decision *d);
/*
 * The subject's keys, without deciding: for reserving grants, and for knowing an applicant again. The first is the
 * decision's `key`; the rest are of the other numbers that one household gives (A36), where the rules count them
 * together. Returns how many; 0: there is no number.
 */
#define POLICY_NUMBERS_MAX 3
size_t policy_subject_keys(const struct policy_ruleset *r, const struct policy_facts *f,
                           char out[POLICY_NUMBERS_MAX][POLICY_KEY_MAX]);
/* Names in the zone can be free. */
bool policy_grants_in(const struct policy_ruleset *r, struct str zone);

/*
 * The decision object of design.md section 3 as two lists of JSON members without braces: "{" common "," item "}".
 * `common` is equal for all items that were decided along the same path: outcome, grant, reasons, flags, needs, waiver,
 * attribution, cites, rules. `item` varies: free_years, charged_years, free_from, free_until, eligible_until, fee_vnd.
 * A grant under rules with `readings` has `services` and `services_until` (null: as long as the name is held), too. "stage" is the caller's to add. Both append.
 */
void policy_print_common(const struct policy_decision *d, struct buf *out);
void policy_print_item(const struct policy_decision *d, struct buf *out);
/*
 * `,"name_list":{"list":3,"line":17,"kind":"blocked","match":"label","issuer":"…","date":"…"}`: the list that keeps the name
 * back, as one more member; nothing when none does.
 */
void policy_print_name_list(const struct policy_name_list *l, struct buf *out);
/* Out of a decision as it was printed (its members): views point into `members` or `a`. NOT_LISTED: it has none. */
struct policy_name_list policy_read_name_list(struct str members, struct arena *a);

#endif
