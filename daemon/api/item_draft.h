/*
 * A batch line on its way to a struct item_request: the members that an item may have, how each is read and checked,
 * and what must hold between them. The readers (item_json.c, item_csv.c) only bring the values here, so that the same
 * content gives the same request, and the same errors, in every format.
 */
#ifndef VNEPP_API_ITEM_DRAFT_H
#define VNEPP_API_ITEM_DRAFT_H

#include "daemon/api/line_error.h"
#include "daemon/job/item.h"
#include "epp/name.h"

#include <stdbool.h>
#include <stdint.h>

#define ITEM_PERIOD_MAX   10 /* years; RFC 5731 allows 99, registries 10 */
#define ITEM_FEE_MAX      1000000000000ll
#define ITEM_SERVICES_MAX 16

struct policy_ruleset;

/* The objects that an item is made of. */
enum item_group {
	ITEM_GROUP_TOP,
	ITEM_GROUP_APPLICANT,
	ITEM_GROUP_ADDRESS,
	ITEM_GROUP_REPRESENTATIVE,
	ITEM_GROUP_CONTACTS,
	ITEM_GROUP_EVIDENCE,
	ITEM_GROUP_NS,
	ITEM_GROUP_DS,
	ITEM_GROUP_FACTS, /* members are the rule files' */
	ITEM_GROUP__COUNT
};

/* How a member is written and checked. From ITEM_VALUE__COMPOUND on: not one value. */
enum item_value_type {
	ITEM_VALUE_REF,
	ITEM_VALUE_OP,
	ITEM_VALUE_DOMAIN,
	ITEM_VALUE_HOST,
	ITEM_VALUE_PERIOD,
	ITEM_VALUE_DATE,
	ITEM_VALUE_IF_NOT_FREE,
	ITEM_VALUE_FEE,
	ITEM_VALUE_KIND,
	ITEM_VALUE_GENDER,
	ITEM_VALUE_TEXT,
	ITEM_VALUE_CODE,
	ITEM_VALUE_WORD,
	ITEM_VALUE_PHONE,
	ITEM_VALUE_EMAIL,
	ITEM_VALUE_COUNTRY,
	ITEM_VALUE_PROVINCE,
	ITEM_VALUE_LIST_DATE, /* a date kept as text */
	ITEM_VALUE_BOOL,
	ITEM_VALUE_CONTACT,
	ITEM_VALUE_RESULT,
	ITEM_VALUE_U8,
	ITEM_VALUE_U16,
	ITEM_VALUE_HEX,
	ITEM_VALUE__COMPOUND,
	ITEM_VALUE_OBJECT = ITEM_VALUE__COMPOUND,
	ITEM_VALUE_EVIDENCE,
	ITEM_VALUE_NS,
	ITEM_VALUE_ADDRS,
	ITEM_VALUE_DS,
	ITEM_VALUE_SERVICES,
	ITEM_VALUE_FACTS
};

struct item_member {
	const char *name;
	enum item_value_type type;
	uint16_t offset; /* in the struct of its group (TOP: struct item_request) */
	uint16_t max;    /* bytes of a text; ITEM_VALUE_OBJECT: the group */
};

struct item_draft {
	struct item_request *req;   /* caller's */
	struct arena *arena;        /* borrowed: texts of the request go there */
	struct line_errors *errors; /* borrowed */
	const char *text;           /* borrowed: the line as it came, for columns */
	uint32_t line;
	uint32_t text_line; /* in which it begins; item_draft_begin() makes it `line` */
	bool op_known;
	bool no_ref;                           /* it need not have one: it is not kept */
	bool bad;                              /* this line has an error */
	uint32_t given[ITEM_GROUP__COUNT];     /* bit per member that was given */
	const char *at[ITEM_GROUP__COUNT][32]; /* of the values of those; not of entries of lists */
	struct epp_name name;                  /* the domain, when it is well-formed */
};

/* A value as a format gives it. */
struct item_value {
	enum { ITEM_GIVEN_TEXT, ITEM_GIVEN_INT, ITEM_GIVEN_BOOL, ITEM_GIVEN_CELL, ITEM_GIVEN_OTHER } kind;
	struct str text; /* TEXT; CELL: text that may stand for any type; OTHER: what it is, "an array" */
	int64_t number;  /* INT, BOOL */
};

/* Where a value goes. */
struct item_place {
	enum item_group group;
	int index;      /* in evidence, ns, ds; -1 elsewhere */
	const char *at; /* of the value, in the line's text; NULL: not known */
};

/* Empties `req` and begins a line, of which `text` is the first byte. */
void item_draft_begin(struct item_draft *d, struct item_request *req, struct arena *arena,
                      struct line_errors *errors, uint32_t line, const char *text);
/* The members of a group, and what comes before their names in paths. */
const struct item_member *item_group_members(enum item_group g, size_t *count);
/* The member called `name`, or NULL. */
const struct item_member *item_group_find(enum item_group g, struct str name);

/* Notes that a member is given; false, and an error, when it was before. */
bool item_draft_mark(struct item_draft *d, struct item_place p, const struct item_member *m);
/* Reads one value into the member (of `base`, the struct of the group). Errors are noted. */
void item_draft_set(struct item_draft *d, struct item_place p, const struct item_member *m, void *base,
                    const struct item_value *v);
/* The struct that an entry of a list is read into; NULL, and an error, when there are too many. */
void *item_draft_entry(struct item_draft *d, enum item_group g, const char *at);
/* One address of a name server; one service. */
void item_draft_add_address(struct item_draft *d, struct item_place p, struct item_ns *ns,
                            const struct item_value *v);
void item_draft_add_service(struct item_draft *d, const char *at, const struct item_value *v);
/* One declared fact; the arguments are copied. Whether the rules know it, item_draft_check_facts() says. */
void item_draft_add_fact(struct item_draft *d, const char *at, struct str name, const struct item_value *v);
/* False, with errors, when the rule set does not declare one of the facts or its value is not of the type. */
bool item_draft_check_facts(struct item_draft *d, const struct policy_ruleset *rules);
/* A name that a declared fact can have. */
bool item_fact_name_ok(struct str name);
/* Required members of a finished entry of a list. */
void item_draft_check_entry(struct item_draft *d, enum item_group g, int index, uint32_t given,
                            const char *at);
/* What must hold between the members. True: the request is good. */
bool item_draft_finish(struct item_draft *d);

/* An error at a member (NULL: the group as a whole). Where its value stands is known when it was given. */
void item_draft_error(struct item_draft *d, struct item_place p, const char *member, const char *reason,
                      const char *fmt, ...) PRINTF(5, 6);
/* An unknown member, with the nearest that we know. */
void item_draft_unknown(struct item_draft *d, struct item_place p, struct str name);

#endif
